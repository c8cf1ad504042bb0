"""Records what SimpleITK and SciPy make of small volumes, for ResamplingTests.

    python record_resampling.py > resampling.json

The input of every case is voxel n = ((n * 2654435761) mod 2^32) >> 21 minus 1024 (whole numbers from -1024 to 1023,
i fastest), which the test makes again. SimpleITK's outputs are left out (null) where it does not follow its own rule:
- half a voxel or more past the last centre, where it writes a constant;
- past the last centre of an axis of two voxels, where its B-spline reflects an index once when it needs two reflections;
- nearest neighbour: halfway between two centres, when halfway is a matter of rounding errors (target / spacing is no power
  of two). It means to take the higher index.
"""
import json
import sys

import numpy as np
import scipy
import scipy.ndimage
import SimpleITK as sitk

CASES = [
    # name, shape (i, j, k), spacing, target
    ("down in plane, up through plane", (23, 19, 7), (0.78125, 0.78125, 2.5), (1.5, 1.5, 1.5)),
    ("every second sample in plane", (22, 18, 6), (0.75, 0.75, 2.5), (1.5, 1.5, 1.5)),
    ("up everywhere", (5, 9, 4), (3.0, 2.2, 5.0), (1.5, 1.5, 1.5)),
    ("down everywhere", (40, 35, 21), (0.6, 0.7, 0.8), (1.5, 1.5, 1.5)),
    ("axes of one and two voxels", (1, 2, 9), (1.0, 1.0, 1.0), (0.7, 0.6, 1.3)),
    ("two, one and three voxels", (2, 1, 3), (2.0, 3.0, 4.0), (1.5, 1.5, 1.5)),
    ("one axis only", (17, 6, 33), (1.5, 1.5, 0.9), (1.5, 1.5, 1.5)),
    ("half steps", (9, 8, 7), (3.0, 3.0, 3.0), (1.5, 1.5, 1.5)),
]


def synthetic(shape):
    n = np.arange(np.prod(shape), dtype=np.uint64)
    values = ((n * 2654435761) % (1 << 32) >> 21).astype(np.int64) - 1024
    return values.astype(np.int16).reshape(shape, order="F")


def grid_mask(masks):
    return masks[0][:, None, None] & masks[1][None, :, None] & masks[2][None, None, :]


def places(size, spacing, target):
    return [np.arange(m) * t / s for m, s, t in zip(size, spacing, target)]


def inside(shape, at):
    return grid_mask([p < n - 0.5 for n, p in zip(shape, at)])


def inside_spline(shape, at):
    return grid_mask([p < n - 0.5 if n != 2 else p <= 1 for n, p in zip(shape, at)])


def decided(at, spacing, target):
    exact = [np.log2(t / s) % 1 == 0 for s, t in zip(spacing, target)]
    return grid_mask([np.full(len(p), True) if e else abs(p - np.floor(p) - 0.5) > 1e-9 for p, e in zip(at, exact)])


def itk(volume, spacing, target, size, interpolator, pixel):
    image = sitk.GetImageFromArray(volume.transpose(2, 1, 0))
    image.SetSpacing(spacing)
    result = sitk.Resample(
        image, [int(s) for s in size], sitk.Transform(), interpolator, image.GetOrigin(), target, image.GetDirection(), 0.0, pixel)
    return sitk.GetArrayFromImage(result).transpose(2, 1, 0)


def rounded(values, keep):
    flat, keep = values.ravel(order="F"), keep.ravel(order="F")
    return [round(float(v), 3) if k else None for v, k in zip(flat, keep)]


cases = []
for name, shape, spacing, target in CASES:
    volume = synthetic(shape)
    size = [max(1, round(n * s / t)) for n, s, t in zip(shape, spacing, target)]
    at = places(size, spacing, target)
    keep = inside(shape, at)
    keep_labels = keep & decided(at, spacing, target)
    labels = (volume.astype(np.int64) + 1024 >> 3).astype(np.uint8)
    affine = scipy.ndimage.affine_transform(
        volume.astype(np.float64), [t / s for t, s in zip(target, spacing)], output_shape=tuple(size), order=3, mode="mirror")
    cases.append({
        "name": name, "shape": shape, "spacing": spacing, "target": target, "size": size,
        "cubicITK": rounded(itk(volume, spacing, target, size, sitk.sitkBSpline, sitk.sitkFloat32), inside_spline(shape, at)),
        "linearITK": rounded(itk(volume, spacing, target, size, sitk.sitkLinear, sitk.sitkFloat32), keep),
        "nearestITK": [int(v) if k else None for v, k in zip(
            itk(labels, spacing, target, size, sitk.sitkNearestNeighbor, sitk.sitkUInt8).ravel(order="F"), keep_labels.ravel(order="F"))],
        "cubicSciPy": rounded(affine, np.ones_like(keep)),
    })
json.dump({"made by": f"record_resampling.py, SimpleITK {sitk.Version_VersionString()}, SciPy {scipy.__version__}",
           "cases": cases}, sys.stdout, separators=(",", ":"))
