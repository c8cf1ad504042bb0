"""The same CT through the steps of the paper's public code, in SimpleITK and NumPy on one thread.

Those steps: read; image to 1.5 mm by a B-spline in plane and then the nearest slice; labels to 1.5 mm by the nearest voxel;
crop to the labels and 10 x 30 x 30 voxels (k, j, i) of context; clip to [-991, 500]; mean and deviation; write float32 and
int8. Its re-direction step, which here would change nothing, is left out.
"""
import os
import pathlib
import resource

import numpy as np
import SimpleITK as sitk
from measure import figure, measure

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
work = pathlib.Path(os.environ["IRIS_BUILT"]).parent.parent / ".build-bench" / "prepare"
output = work / "peer"
output.mkdir(parents=True, exist_ok=True)


def to_spacing(image, spacing, interpolator):
    size = [int(np.round(n * s / t)) for n, s, t in zip(image.GetSize(), image.GetSpacing(), spacing)]
    return sitk.Resample(image, size, sitk.Transform(), interpolator, image.GetOrigin(), spacing, image.GetDirection(),
                         0.0, image.GetPixelID())


def prepare():
    image = sitk.ReadImage(str(work / "amos22" / "imagesTr" / "amos_0001.nii.gz"))
    label = sitk.ReadImage(str(work / "amos22" / "labelsTr" / "amos_0001.nii.gz"))
    through = image.GetSpacing()[2]
    image = to_spacing(image, (1.5, 1.5, through), sitk.sitkBSpline)
    image = to_spacing(image, (1.5, 1.5, 1.5), sitk.sitkNearestNeighbor)
    label = to_spacing(label, (1.5, 1.5, through), sitk.sitkNearestNeighbor)
    label = to_spacing(label, (1.5, 1.5, 1.5), sitk.sitkNearestNeighbor)
    voxels, labels = sitk.GetArrayFromImage(image).astype(np.float32), sitk.GetArrayFromImage(label).astype(np.int8)
    places = np.nonzero(labels)
    box = tuple(slice(max(0, p.min() - c), min(n, p.max() + c)) for p, c, n in zip(places, (10, 30, 30), labels.shape))
    voxels, labels = np.clip(voxels[box], -991, 500), labels[box]
    voxels = (voxels - voxels.mean()) / voxels.std()
    np.save(output / "amos_0001.npy", voxels)
    np.save(output / "amos_0001_gt.npy", labels)


measure("one CT, from its files to prepared files", "SimpleITK", prepare, at_least=2)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
figure("peak memory", "SimpleITK", peak, "MB")
figure("peak memory, in raw volumes", "SimpleITK", peak / (512 * 512 * 200 * 2 / 2**20), "")
