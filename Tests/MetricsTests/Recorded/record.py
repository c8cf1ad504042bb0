"""Records what surface-distance, MedPy and MONAI say of mask pairs; the tests rebuild the same masks.

Usage: python record.py HIPPOCAMPUS_FOLDER > surface-metrics.json
Needs surface-distance 0.1, MedPy, MONAI, nibabel, NumPy, SciPy.
"""
import json
import pathlib
import sys

import numpy as np
import scipy.ndimage

# surface-distance 0.1 names functions by where SciPy and NumPy once had them.
np.Inf = np.inf
scipy.ndimage.filters = scipy.ndimage
scipy.ndimage.morphology = scipy.ndimage

import medpy.metric.binary as medpy
import monai.metrics
import nibabel
import surface_distance.metrics as deepmind
import surface_distance.lookup_tables as tables
import torch


def blobs(shape, ellipsoids, seed, noise):
    """Ellipsoids and hashed salt, in whole numbers so that every language makes the same voxels."""
    i, j, k = np.meshgrid(*[np.arange(n, dtype=np.int64) for n in shape], indexing="ij")
    mask = np.zeros(shape, bool)
    for ci, cj, ck, wi, wj, wk, r in ellipsoids:
        mask |= (i - ci) ** 2 * wi + (j - cj) ** 2 * wj + (k - ck) ** 2 * wk <= r
    salt = ((i * 73856093) ^ (j * 19349663) ^ (k * 83492791) ^ seed) % 1000 < noise
    return mask ^ salt


def measure(reference, prediction, spacing):
    d = deepmind.compute_surface_distances(reference, prediction, spacing)
    result = {}
    both = reference.any() and prediction.any()
    if reference.any() or prediction.any():
        result["dice"] = 2 * float((reference & prediction).sum()) / float(reference.sum() + prediction.sum())
    if both:
        result["averageReferenceToPrediction"], result["averagePredictionToReference"] = map(
            float, deepmind.compute_average_surface_distance(d))
        result["hausdorff95"] = float(deepmind.compute_robust_hausdorff(d, 95))
        result["hausdorff"] = float(deepmind.compute_robust_hausdorff(d, 100))
        for tolerance in (1, 2, 3):
            result[f"surfaceDice{tolerance}"] = float(deepmind.compute_surface_dice_at_tolerance(d, tolerance))
        result["medpyHD95"] = float(medpy.hd95(prediction, reference, voxelspacing=spacing))
        result["medpyHD"] = float(medpy.hd(prediction, reference, voxelspacing=spacing))
        tensors = [torch.from_numpy(m[None, None].astype(np.float32)) for m in (prediction, reference)]
        result["monaiHD95"] = float(monai.metrics.compute_hausdorff_distance(
            *tensors, include_background=True, percentile=95, spacing=spacing)[0, 0])
    return result


def main():
    folder = pathlib.Path(sys.argv[1])
    rng = np.random.default_rng(20)
    synthetic = []
    for n in range(24):
        shape = [int(v) for v in rng.integers(5, 70, 3)] if n else [1, 7, 9]
        spacing = [float(v) for v in np.round(rng.uniform(0.5, 5, 3), 5)]
        def some(count):
            return [[int(rng.integers(0, s)) for s in shape] + [int(v) for v in rng.integers(1, 5, 3)]
                    + [int(rng.integers(4, 900))] for _ in range(count)]
        pair = []
        for _ in range(2):
            pair.append({"ellipsoids": some(int(rng.integers(1, 4))), "seed": int(rng.integers(0, 1000)),
                         "noise": int(rng.choice([0, 0, 5, 40]))})
        if n == 5:  # far apart, so that the search gives way to the full transform
            shape = [120, 100, 110]
            pair = [{"ellipsoids": [[8, 8, 8, 1, 1, 1, 30]], "seed": 0, "noise": 0},
                    {"ellipsoids": [[110, 90, 100, 1, 1, 1, 50]], "seed": 0, "noise": 0}]
        masks = [blobs(shape, p["ellipsoids"], p["seed"], p["noise"]) for p in pair]
        synthetic.append({"shape": shape, "spacing": spacing, "reference": pair[0], "prediction": pair[1],
                          "answers": measure(masks[0], masks[1], spacing)})
    real = []
    names = sorted(p.name for p in (folder / "labelsTr").glob("hippocampus_*.nii.gz"))
    for n in range(0, 40):
        a, b = names[2 * n], names[2 * n + 1]
        x, y = (np.asarray(nibabel.load(folder / "labelsTr" / m).dataobj) for m in (a, b))
        shape = np.minimum(x.shape, y.shape)
        x, y = (v[: shape[0], : shape[1], : shape[2]] for v in (x, y))
        value = 1 + n % 2
        real.append({"reference": a, "prediction": b, "value": value,
                     "answers": measure(x == value, y == value, [1.0, 1.0, 1.0])})
    areas = {json.dumps(s): [float(v) for v in tables.create_table_neighbour_code_to_surface_area(s)]
             for s in ([1.0, 1.0, 1.0], [0.5, 1.25, 3.0])}
    json.dump({"synthetic": synthetic, "real": real, "areas": areas}, sys.stdout)


main()
