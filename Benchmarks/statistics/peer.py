"""NumPy's statistics of 267 x 267 x 333 voxels, for the names that `iris-bench statistics` prints."""
import numpy as np
from measure import measure

generator = np.random.default_rng(1)
integers = generator.normal(40, 300, size=(333, 267, 267)).astype(np.int16)
floats = integers.astype(np.float32) + np.float32(0.25)
labelled = generator.random(integers.shape) < 0.08
measure("percentiles 2 and 98, int16", "NumPy", lambda: np.percentile(integers, [2, 98]))
measure("percentiles 2 and 98 of labelled voxels, int16", "NumPy", lambda: np.percentile(integers[labelled], [2, 98]))
measure("percentiles 2 and 98, float", "NumPy", lambda: np.percentile(floats, [2, 98]))
measure("mean and deviation, int16", "NumPy", lambda: (integers.mean(), integers.std()))
measure("mean and deviation, float", "NumPy", lambda: (floats.mean(dtype=np.float64), floats.std(dtype=np.float64)))
