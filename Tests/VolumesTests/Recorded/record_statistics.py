"""Records NumPy's percentiles, means and standard deviations of small volumes, for StatisticsTests.

    python record_statistics.py > statistics.json

Voxel n of the 16-bit volume is ((n * 2654435761) mod 2^32) >> 16, minus 32768, and then every third one divided by 64
towards zero; the float volume is that times 0.37 in 32-bit arithmetic. The mask holds the voxels with n mod 5 < 2.
"""
import json
import sys

import numpy as np

PERCENTS = [0, 0.5, 2, 25, 33.3, 50, 75, 98, 99.5, 100]


def describe(values):
    wide = values.astype(np.float64)
    return {"percentiles": np.percentile(wide, PERCENTS).tolist(), "mean": wide.mean(), "std": wide.std(),
            "min": wide.min(), "max": wide.max()}


n = np.arange(23 * 17 * 11, dtype=np.uint64)
integers = ((n * 2654435761) % (1 << 32) >> 16).astype(np.int64) - 32768
integers[::3] = np.trunc(integers[::3] / 64).astype(np.int64)
integers = integers.astype(np.int16)
floats = integers.astype(np.float32) * np.float32(0.37)
mask = n % 5 < 2
json.dump({"made by": f"record_statistics.py, NumPy {np.__version__}", "percents": PERCENTS,
           "int16": describe(integers), "int16 masked": describe(integers[mask]),
           "float": describe(floats), "float masked": describe(floats[mask]),
           "float clamped": describe(np.clip(floats, -500, 2500))}, sys.stdout, indent=1)
