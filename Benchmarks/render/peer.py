"""The patches of `iris-bench render` made with MONAI, TorchIO and batchgeneratorsv2, on one thread, for the same names.

python peer.py [--seconds 10] [--only NAME]

Every tool starts from a float32 image and a uint8 label map in memory, as its users hand them over, of the largest case that
ours.py prepared, and gives a patch of 128 x 128 x 128: cropping, clipping and normalising are left out for them and included for
ours.
All random choices are fixed to the same amounts, applied always.
"""

import argparse
import os
import pathlib
import struct

import numpy as np
import torch
from measure import measure

PATCH, ANGLE = (128, 128, 128), 0.5
STORE = pathlib.Path(os.environ["IRIS_BUILT"]).parent.parent / ".build-bench" / "render" / "store"


def voxels(path):
    """The voxels of a prepared volume, i first."""
    with open(path, "rb") as file:
        header = file.read(352)
    shape, kind = struct.unpack("<3h", header[42:48]), struct.unpack("<h", header[70:72])[0]
    offset = int(struct.unpack("<f", header[108:112])[0])
    return np.fromfile(path, {2: np.uint8, 4: np.int16}[kind], offset=offset).reshape(shape, order="F")


def source():
    largest = max(STORE.glob("volumes/*/*/label.nii"), key=lambda path: path.stat().st_size)
    image, label = voxels(largest.with_name("image.nii")), voxels(largest)
    low, high = np.percentile(image[label > 0], [0.5, 99.5])
    image = np.ascontiguousarray(image, dtype=np.float32).clip(np.float32(low), np.float32(high))
    return ((image - image.mean()) / image.std()).astype(np.float32), np.ascontiguousarray(label)


def cropped(array):
    """The middle of the source, as large as the patch."""
    slices = tuple(slice((n - p) // 2, (n + p) // 2) for n, p in zip(array.shape, PATCH))
    return np.ascontiguousarray(array[slices])


def monai(image, label):
    from monai.transforms import (
        Compose, Rand3DElasticd, RandAdjustContrastd, RandAffined, RandGaussianNoised, RandGaussianSmoothd,
        RandScaleIntensityd, RandScaleIntensityFixedMeand, RandShiftIntensityd)

    both, fixed = ["image", "label"], (ANGLE, ANGLE)
    data = {"image": torch.from_numpy(image)[None], "label": torch.from_numpy(label)[None]}
    affine = RandAffined(
        both, prob=1, rotate_range=[fixed] * 3, spatial_size=PATCH, mode=["bilinear", "nearest"], padding_mode="border",
        cache_grid=True)
    elastic = Rand3DElasticd(
        both, prob=1, sigma_range=(8, 8), magnitude_range=(300, 300), rotate_range=[fixed] * 3, spatial_size=PATCH,
        mode=["bilinear", "nearest"], padding_mode="border")
    steps = [
        RandScaleIntensityd("image", prob=1, factors=(0.1, 0.1)), RandShiftIntensityd("image", prob=1, offsets=(0.05, 0.05)),
        RandScaleIntensityFixedMeand("image", prob=1, factors=(0.1, 0.1), preserve_range=True),
        RandAdjustContrastd("image", prob=1, gamma=(0.9, 0.9), retain_stats=True),
        RandGaussianSmoothd("image", prob=1, sigma_x=(0.75, 0.75), sigma_y=(0.75, 0.75), sigma_z=(0.75, 0.75)),
        RandGaussianNoised("image", prob=1, std=0.05, sample_std=False),
    ]
    yield "render: affine", lambda: affine(dict(data))
    yield "render: affine and elastic", lambda: elastic(dict(data))
    chain = Compose([affine, *steps])
    yield "render: affine and six intensity steps", lambda: chain(dict(data))
    chain_elastic = Compose([elastic, *steps])
    yield "render: elastic and six intensity steps", lambda: chain_elastic(dict(data))


def torchio(image, label):
    import torchio as tio

    # TorchIO transforms what it is given and keeps its size, so it gets the patch itself.
    subject = tio.Subject(
        image=tio.ScalarImage(tensor=torch.from_numpy(cropped(image))[None]),
        label=tio.LabelMap(tensor=torch.from_numpy(cropped(label))[None]))
    degrees = float(np.rad2deg(ANGLE))
    affine = tio.Affine(scales=(1, 1, 1), degrees=(degrees,) * 3, translation=(0, 0, 0))
    elastic = tio.RandomElasticDeformation(num_control_points=9, max_displacement=8, locked_borders=0)
    yield "render: affine", lambda: affine(subject)
    both = tio.Compose([affine, elastic])
    yield "render: affine and elastic", lambda: both(subject)


def batchgeneratorsv2(image, label):
    from batchgeneratorsv2.transforms.intensity.brightness import MultiplicativeBrightnessTransform
    from batchgeneratorsv2.transforms.intensity.contrast import BGContrast, ContrastTransform
    from batchgeneratorsv2.transforms.intensity.gamma import GammaTransform
    from batchgeneratorsv2.transforms.intensity.gaussian_noise import GaussianNoiseTransform
    from batchgeneratorsv2.transforms.noise.gaussian_blur import GaussianBlurTransform
    from batchgeneratorsv2.transforms.spatial.spatial import SpatialTransform
    from batchgeneratorsv2.transforms.utils.compose import ComposeTransforms

    data = {"image": torch.from_numpy(image)[None], "segmentation": torch.from_numpy(label.astype(np.int16))[None]}

    def spatial(elastic):
        return SpatialTransform(
            PATCH, patch_center_dist_from_border=64, random_crop=False, p_elastic_deform=float(elastic),
            elastic_deform_scale=(0.2, 0.2), elastic_deform_magnitude=(0.1, 0.1), p_rotation=1, rotation=(ANGLE, ANGLE),
            p_scaling=0, bg_style_seg_sampling=False)

    steps = [
        MultiplicativeBrightnessTransform((1.1, 1.1), synchronize_channels=True, p_per_channel=1),
        ContrastTransform(BGContrast((1.1, 1.1)), preserve_range=True, synchronize_channels=True, p_per_channel=1),
        GammaTransform(BGContrast((0.9, 0.9)), p_invert_image=0, synchronize_channels=True, p_per_channel=1, p_retain_stats=1),
        GaussianBlurTransform((0.75, 0.75), synchronize_channels=True, synchronize_axes=True, p_per_channel=1),
        GaussianNoiseTransform((0.05, 0.05), p_per_channel=1, synchronize_channels=True),
    ]
    for name, elastic in (("affine", False), ("elastic", True)):
        alone = spatial(elastic)
        yield f"render: {'affine and elastic' if elastic else 'affine'}", lambda alone=alone: alone(**data)
        chain = ComposeTransforms([alone, *steps])
        # Brightness is multiplied only: the package has no shift.
        yield f"render: {name} and six intensity steps", lambda chain=chain: chain(**data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10, help="per measurement, at least 2 patches")
    parser.add_argument("--only", help="one of monai, torchio, batchgeneratorsv2")
    options = parser.parse_args()
    torch.set_num_threads(1)
    np.random.seed(0)
    torch.manual_seed(0)
    image, label = source()
    for tool in (monai, torchio, batchgeneratorsv2):
        if options.only and options.only != tool.__name__:
            continue
        for name, work in tool(image, label):
            measure(name, tool.__name__, work, seconds=options.seconds, at_least=2)


if __name__ == "__main__":
    main()
