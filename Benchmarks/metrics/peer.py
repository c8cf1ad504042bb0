"""surface-distance and MONAI on the object of `iris-bench metrics`, for the names that it prints."""
import numpy as np
import scipy.ndimage

# surface-distance 0.1 names functions by where SciPy and NumPy once had them.
np.Inf = np.inf
scipy.ndimage.filters = scipy.ndimage
scipy.ndimage.morphology = scipy.ndimage

import monai.metrics
import surface_distance.metrics as deepmind
import torch
from measure import figure, measure

torch.set_num_threads(1)
SHAPE, SPACING = (300, 300, 250), (1.0, 1.0, 1.0)


def triangle(t):
    return 4 * np.abs(t - np.floor(t) - 0.5) - 1


def mask(shift):
    i, j, k = np.meshgrid(*[np.arange(n, dtype=np.float64) for n in SHAPE], indexing="ij")
    x, y, z = i - (150 + shift[0]), j - (150 + shift[1]), k - (125 + shift[2])
    waves = 1 + 0.04 * triangle(x / 40) * triangle(y / 35) * triangle(z / 30)
    body = (x / 100) ** 2 + (y / 75) ** 2 + (z / 60) ** 2 <= waves
    return body & ((x - 60) ** 2 + (y + 60) ** 2 + (z + 20) ** 2 > 60 * 60)


reference, prediction = mask((0, 0, 0)), mask((3, -2, 1))
tensors = [torch.from_numpy(m[None, None].astype(np.float32)) for m in (prediction, reference)]


def surfels():
    distances = deepmind.compute_surface_distances(reference, prediction, SPACING)
    return (deepmind.compute_surface_dice_at_tolerance(distances, 1), deepmind.compute_robust_hausdorff(distances, 100),
            deepmind.compute_robust_hausdorff(distances, 95), deepmind.compute_average_surface_distance(distances))


def hd95():
    return monai.metrics.compute_hausdorff_distance(*tensors, include_background=True, percentile=95, spacing=SPACING)


def monai_all():
    return (monai.metrics.compute_surface_dice(*tensors, [1.0], include_background=True, spacing=SPACING), hd95(),
            monai.metrics.compute_hausdorff_distance(*tensors, include_background=True, spacing=SPACING),
            monai.metrics.compute_average_surface_distance(
                *tensors, include_background=True, symmetric=True, spacing=SPACING))


figure("metrics: voxels of the object", "NumPy", int(reference.sum()), "voxels")
figure("metrics: HD95 of the object", "surface-distance", surfels()[2], "mm")
measure("metrics: surface Dice, Hausdorff, HD95, ASSD", "surface-distance", surfels)
measure("metrics: surface Dice, Hausdorff, HD95, ASSD", "MONAI", monai_all)
measure("metrics: HD95 of border voxels", "MONAI", hd95)
