"""Records what SimpleITK makes of an oblique volume on a grid along the world's axes, for ObliqueResamplingTests.

    python record_oblique.py > oblique.json

The input is voxel n = ((n * 2654435761) mod 2^32) >> 21 minus 1024, 13 x 11 x 9 voxels of 1.1 x 0.9 x 2 mm, turned by 20
degrees about x and then 30 about z (world coordinates LPS, as ITK has them). Places outside of the buffer hold -5000.
"""
import json
import sys

import numpy as np
import SimpleITK as sitk

shape, spacing = (13, 11, 9), (1.1, 0.9, 2.0)
n = np.arange(np.prod(shape), dtype=np.uint64)
values = (((n * 2654435761) % (1 << 32) >> 21).astype(np.int64) - 1024).astype(np.int16)
image = sitk.GetImageFromArray(values.reshape(shape[::-1]))
a, b = np.deg2rad(20), np.deg2rad(30)
about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
about_z = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
image.SetSpacing(spacing)
image.SetDirection((about_z @ about_x).ravel())
image.SetOrigin((3.0, -8.0, 12.0))
labels = sitk.Cast((image + 1024) / 8, sitk.sitkUInt8)
labels.CopyInformation(image)

size, target_spacing, origin = (17, 16, 14), (1.3, 1.3, 1.7), (-2.3, -9.1, 10.4)
lps = np.diag([-1.0, -1.0, 1.0])
matrix = lps @ np.array(image.GetDirection()).reshape(3, 3) @ np.diag(spacing)


def resample(image, interpolator, outside, pixel):
    out = sitk.Resample(image, size, sitk.Transform(), interpolator, origin, target_spacing, np.eye(3).ravel(), outside, pixel)
    return sitk.GetArrayFromImage(out).ravel()


json.dump({
    "made by": f"record_oblique.py, SimpleITK {sitk.Version_VersionString()}",
    "shape": shape, "affine": np.vstack([np.column_stack([matrix, lps @ image.GetOrigin()]), [0, 0, 0, 1]]).tolist(),
    "targetShape": size,
    "targetAffine": np.vstack([np.column_stack([lps @ np.diag(target_spacing), lps @ origin]), [0, 0, 0, 1]]).tolist(),
    "cubic": np.round(resample(image, sitk.sitkBSpline, -5000.0, sitk.sitkFloat32).astype(float), 3).tolist(),
    "linear": np.round(resample(image, sitk.sitkLinear, -5000.0, sitk.sitkFloat32).astype(float), 3).tolist(),
    "nearest": resample(labels, sitk.sitkNearestNeighbor, 0, sitk.sitkUInt8).tolist(),
}, sys.stdout, separators=(",", ":"))
