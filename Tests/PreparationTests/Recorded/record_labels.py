"""Label voxels per case and class on the prepared grid of 1.5 mm, by nibabel and numpy alone.

usage: record_labels.py SHARED_DATA > labels.json        (nibabel 5, numpy 2)

Nearest-neighbour picking on a grid whose first voxel is the first of the RAS-ordered source and which has
round(n * spacing / 1.5) voxels along an axis of n; of two equally near voxels the later one.
"""
import csv
import glob
import json
import os
import sys

import nibabel
import numpy as np

ROOT = sys.argv[1]
STEP = 1.5


def picked(labels, affine, spacing=None):
    orientation = nibabel.orientations.io_orientation(affine)
    lengths = np.linalg.norm(affine[:3, :3], axis=0) if spacing is None else np.array(spacing)
    labels = nibabel.orientations.apply_orientation(np.asarray(labels), orientation)
    ordered = np.empty(3)
    for axis, (world, _) in enumerate(orientation):
        ordered[int(world)] = lengths[axis]
    places = []
    for count, length in zip(labels.shape, ordered):
        places.append(np.clip(np.floor(np.arange(max(1, int(np.rint(count * length / STEP)))) * STEP / length + 0.5)
                              .astype(int), 0, count - 1))
    return labels[np.ix_(*places)]


def counts(labels):
    values, voxels = np.unique(labels, return_counts=True)
    return {str(int(value)): int(n) for value, n in zip(values, voxels) if value > 0}


def stem(path):
    return os.path.basename(path).removesuffix(".gz").removesuffix(".nii")


def main():
    found = {}
    for path in glob.glob(f"{ROOT}/amos22/labels*/*.nii.gz"):
        image, name = nibabel.load(path), stem(path)
        labels = np.asarray(image.dataobj)
        if int(name.removeprefix("amos_")) > 500:
            labels = np.where(np.isin(labels, [14, 15]), 0, labels)
        found.setdefault("amos22", {})[name] = counts(picked(labels, image.affine))
    for path in glob.glob(f"{ROOT}/bcv/RawData/Training/label/*.nii.gz"):
        name = stem(path).replace("label", "img")
        affine = nibabel.load(f"{ROOT}/bcv/RawData/Training/img/{name}.nii.gz").affine
        found.setdefault("bcv", {})[name] = counts(picked(nibabel.load(path).dataobj, affine))
    for path in glob.glob(f"{ROOT}/lits/segmentation-*.nii"):
        name = stem(path).replace("segmentation", "volume")
        affine = nibabel.load(f"{ROOT}/lits/{name}.nii").affine
        found.setdefault("lits", {})[name] = counts(
            picked(nibabel.load(path).dataobj, affine, (1, 1, 1.7) if name == "volume-28" else None))
    for path in glob.glob(f"{ROOT}/kits19/data/case_*/segmentation.nii.gz"):
        image = nibabel.load(path)
        found.setdefault("kits19", {})[os.path.basename(os.path.dirname(path))] = counts(
            picked(image.dataobj, image.affine))
    with open(glob.glob(f"{ROOT}/mnms/*.csv")[0], encoding="utf-8") as table:
        frames = {row["External code"]: row for row in csv.DictReader(table)}
    for path in glob.glob(f"{ROOT}/mnms/**/*_sa_gt.nii.gz", recursive=True):
        image, code = nibabel.load(path), stem(path).removesuffix("_sa_gt")
        for phase in ["ED", "ES"]:
            labels = np.asarray(image.dataobj)[..., int(frames[code][phase])]
            found.setdefault("mnms", {})[f"{code}_{phase}"] = counts(picked(labels, image.affine))
    for path in glob.glob(f"{ROOT}/brain_structure/*/mask/*_graymatter.nii"):
        maps = [nibabel.load(path.replace("graymatter", tissue)) for tissue in ["graymatter", "whitematter", "csf"]]
        shares = np.stack([image.get_fdata() for image in maps])
        labels = np.where(shares.max(0) > 0, shares.argmax(0) + 1, 0)
        found.setdefault("brain-aging", {})[stem(path).removesuffix("_probmask_graymatter")] = counts(
            picked(labels, maps[0].affine))
    for path in glob.glob(f"{ROOT}/Task04_Hippocampus/labelsTr/hippocampus_*.nii.gz"):
        image = nibabel.load(path)
        found.setdefault("task04-hippocampus", {})[stem(path)] = counts(picked(image.dataobj, image.affine))
    rows = [f' "{name}": {{\n' + ",\n".join(f'  "{case}": {json.dumps(cases[case])}' for case in sorted(cases)) + "\n }"
            for name, cases in sorted(found.items())]
    print("{\n" + ",\n".join(rows) + "\n}")


main()
