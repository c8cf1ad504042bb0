"""SimpleITK and SciPy resampling a CT of 512 x 512 x 200 voxels to 1.5 mm, for the names that `iris-bench resample` prints."""
import numpy as np
import scipy.ndimage
import SimpleITK as sitk
from measure import measure

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
generator = np.random.default_rng(1)
voxels = generator.integers(-1000, 1500, size=(200, 512, 512), dtype=np.int16)
labels = (voxels > 1200).astype(np.uint8)
TARGET = (1.5, 1.5, 1.5)


def resample(image, interpolator, pixel):
    size = [max(1, round(n * s / t)) for n, s, t in zip(image.GetSize(), image.GetSpacing(), TARGET)]
    return sitk.Resample(
        image, size, sitk.Transform(), interpolator, image.GetOrigin(), TARGET, image.GetDirection(), 0.0, pixel)


for in_plane, name in ((0.75, "0.75 mm (samples fall on samples in plane)"), (0.78125, "0.78125 mm")):
    spacing = (in_plane, in_plane, 2.5)
    image, label = sitk.GetImageFromArray(voxels), sitk.GetImageFromArray(labels)
    image.SetSpacing(spacing)
    label.SetSpacing(spacing)
    size = [max(1, round(n * s / t)) for n, s, t in zip(image.GetSize(), spacing, TARGET)]
    steps = [t / s for s, t in zip(spacing, TARGET)][::-1]
    measure(f"cubic, int16 out, {name}", "SimpleITK", lambda: resample(image, sitk.sitkBSpline, sitk.sitkInt16))
    measure(f"cubic, float out, {name}", "SimpleITK", lambda: resample(image, sitk.sitkBSpline, sitk.sitkFloat32))
    measure(f"cubic, float out, {name}", "SciPy", lambda: scipy.ndimage.affine_transform(
        voxels, steps, output_shape=size[::-1], output=np.float32, order=3, mode="mirror"))
    measure(f"linear, int16 out, {name}", "SimpleITK", lambda: resample(image, sitk.sitkLinear, sitk.sitkInt16))
    measure(f"labels, nearest, {name}", "SimpleITK", lambda: resample(label, sitk.sitkNearestNeighbor, sitk.sitkUInt8))
