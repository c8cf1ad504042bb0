"""How many altered copies of real and synthetic scans `iris audit` recognises, and how many scans it takes for copies wrongly.

    python Benchmarks/audit/recall.py [TREE ...] [--program .build/release/iris] [--data ../shared/data]

Each tree holds originals and one altered copy of each or of some: parts of them, resampled with SimpleITK, or whole scans with
noise, smoothing, gamma, 8 bits, permuted axes, another scale or resolution. Copies know nothing of their place in the world.
The trees are made once, with fixed random numbers, under .build-bench/copies.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess

import nibabel
import numpy
import SimpleITK

PROJECT = pathlib.Path(__file__).resolve().parents[2]
WORK = PROJECT / ".build-bench" / "copies"
WHOLE = ["noise", "smooth", "gamma", "8bit", "permute", "rescale", "crop", "down", "up"]
SAME_VOXELS = ["noise", "smooth", "gamma", "8bit"]


def load(path):
    """A volume, the first one of a series, with its voxel size alone."""
    stored = nibabel.load(path)
    values = numpy.asarray(stored.dataobj, dtype=numpy.float32)
    if values.ndim == 4:
        values = values[..., 0]
    image = SimpleITK.GetImageFromArray(numpy.ascontiguousarray(values.transpose(2, 1, 0)))
    image.SetSpacing([float(x) for x in stored.header.get_zooms()[:3]])
    return image


def save(image, path, dtype):
    values = SimpleITK.GetArrayFromImage(image).transpose(2, 1, 0)
    values = (values if dtype == numpy.float32 else numpy.rint(values)).astype(dtype)
    nibabel.save(nibabel.Nifti1Image(values, numpy.diag([*image.GetSpacing(), 1])), path)


def with_values(values, spacing):
    image = SimpleITK.GetImageFromArray(numpy.ascontiguousarray(values))
    image.SetSpacing(spacing)
    return image


def resampled(image, spacing, interpolation):
    size = [max(1, int(round(n * s / t))) for n, s, t in zip(image.GetSize(), image.GetSpacing(), spacing)]
    origin = [o + (t - s) / 2 for o, s, t in zip(image.GetOrigin(), image.GetSpacing(), spacing)]
    outside = float(SimpleITK.GetArrayViewFromImage(image).min())
    return SimpleITK.Resample(
        image, size, SimpleITK.Transform(), interpolation, origin, spacing, image.GetDirection(), outside)


def cropped(image, keep, rng):
    size = numpy.array(image.GetSize())
    kept = numpy.minimum(numpy.maximum(8, numpy.round(size * keep)).astype(int), size)
    low = [int(rng.integers(0, s - m + 1)) for s, m in zip(size, kept)]
    return SimpleITK.RegionOfInterest(image, [int(x) for x in kept], low)


def part(image, keep, rng):
    """A box that keeps a fraction of each axis, at another resolution and on another scale, one in four mirrored twice."""
    piece = cropped(image, keep, rng)
    if rng.random() < 0.6:
        spacing = [s * f for s, f in zip(piece.GetSpacing(), rng.uniform(0.7, 1.4, 3))]
    else:
        wanted = float(rng.choice([1.5, 2.0]))
        spacing = [max(wanted, s * 0.7) for s in piece.GetSpacing()]
    piece = resampled(piece, spacing, SimpleITK.sitkBSpline if rng.random() < 0.5 else SimpleITK.sitkLinear)
    values = SimpleITK.GetArrayFromImage(piece) * rng.uniform(0.4, 1.5) + rng.uniform(0, 200)
    span = values.max() - values.min()
    if span < 300 or span > 20000:
        values = (values - values.min()) * (1500 / span)
    if rng.random() < 0.25:
        values = values[:, ::-1, ::-1]
    return with_values(values, piece.GetSpacing()), numpy.int16


def changed(image, kind, rng):
    """A scan altered in one way."""
    values, spacing = SimpleITK.GetArrayFromImage(image).astype(numpy.float32), list(image.GetSpacing())
    low, high = numpy.percentile(values, [0.5, 99.5])
    dtype = numpy.int16
    if kind == "noise":
        values = values + rng.normal(0, 0.01 * (high - low), values.shape)
    elif kind == "smooth":
        values = SimpleITK.GetArrayFromImage(SimpleITK.SmoothingRecursiveGaussian(image, [0.6 * s for s in spacing]))
    elif kind == "gamma":
        values = (high - low) * numpy.clip((values - low) / (high - low), 0, 1) ** 0.7
    elif kind == "8bit":
        values, dtype = 255 * numpy.clip((values - low) / (high - low), 0, 1), numpy.uint8
    elif kind == "permute":
        values, spacing = values.transpose(1, 2, 0)[::-1], [spacing[2], spacing[0], spacing[1]]
    elif kind == "rescale":
        values, dtype = values * 0.37 + 91, numpy.float32
    else:
        if kind == "crop":
            image = cropped(image, 0.6, rng)
        elif kind == "down":
            image = resampled(image, [s * 1.5 for s in spacing], SimpleITK.sitkLinear)
        else:
            image = resampled(image, [s * 0.8 for s in spacing], SimpleITK.sitkBSpline)
        values, spacing = SimpleITK.GetArrayFromImage(image), list(image.GetSpacing())
    if dtype == numpy.int16 and (high - low < 300 or high > 25000):
        values = values * (1500 / (high - low))
    return with_values(values, spacing), dtype


def piece_with_the_same_voxels(image, keep, kind, rng):
    """A box that keeps a fraction of each axis, voxels where they were, altered in one way, one in four mirrored twice."""
    piece, dtype = changed(cropped(image, keep, rng), kind, rng)
    values = SimpleITK.GetArrayFromImage(piece)
    if rng.random() < 0.25:
        values = values[:, ::-1, ::-1]
    return with_values(values, piece.GetSpacing()), dtype


def sources(data):
    def volumes(tree, condition):
        return sorted(path for path in (data / tree).rglob("*.nii*") if not path.name.startswith("._") and condition(path))

    abdomen = sorted(path for tree in ("amos22", "bcv", "lits", "kits19") for path in volumes(
        tree, lambda path: "label" not in path.name and re.search("image|img|volume|imaging", str(path.relative_to(data)))))
    brain = volumes("brain_structure", lambda path: "mask" not in str(path.relative_to(data)))
    hippocampus = volumes("Task04_Hippocampus", lambda path: path.parent.name == "imagesTr")
    return abdomen, brain, hippocampus


def trees(data):
    """For each tree its originals, and for some of their numbers a function that makes the copy."""
    abdomen, brain, hippocampus = sources(data)

    def parts(originals, keep, *key, which=None):
        return originals, [(n, lambda image, n=n: part(image, keep, numpy.random.default_rng([*key, n])))
                           for n in which or range(len(originals))]

    made = {f"abdomen, {keep:.0%} of each axis": parts(abdomen, keep, 1, s) for s, keep in enumerate([0.6, 0.75, 0.9])}
    made["abdomen, 45%"] = parts(abdomen, 0.45, 2)
    for s, keep in enumerate([0.6, 0.7, 0.8, 0.9]):
        made[f"brain, {keep:.0%}"] = parts(brain, keep, 3, s)
    for s, keep in enumerate([0.65, 0.8]):
        made[f"hippocampus, {keep:.0%}"] = parts(hippocampus, keep, 4, s, which=range(s, 160, 2))
    mixed = abdomen + brain + hippocampus[:60]
    for s in range(2):
        made[f"whole, {s + 1}"] = mixed, [
            (n, lambda image, n=n, s=s: changed(image, WHOLE[(n + s * 4) % 9], numpy.random.default_rng([5, s, n])))
            for n in range(s, len(abdomen) + len(brain) + 24, 2)]
    for s, keep in enumerate([0.65, 0.8]):
        made[f"same voxels, {keep:.0%}"] = hippocampus, [
            (n, lambda image, n=n, s=s, keep=keep: piece_with_the_same_voxels(
                image, keep, SAME_VOXELS[n // 2 % 4], numpy.random.default_rng([6, s, n])))
            for n in range(s, 160, 2)]
    return made


def build(name, originals, copies):
    folder = WORK / re.sub("[^a-z0-9]+", "-", name).strip("-")
    if folder.exists():
        return folder
    partial = folder.with_suffix(".part")
    if partial.exists():
        shutil.rmtree(partial)
    images = partial / "imagesTs"
    for part_of_layout in ("imagesTr", "labelsTr", "imagesTs"):
        (partial / part_of_layout).mkdir(parents=True)
    # The layout asks for a training case; this one is like nothing else.
    noise = numpy.random.default_rng(7).normal(100, 30, (40, 40, 40)).astype(numpy.int16)
    box = numpy.zeros(noise.shape, numpy.uint8)
    box[10:20, 10:20, 10:20] = 1
    nibabel.save(nibabel.Nifti1Image(noise, numpy.eye(4)), partial / "imagesTr" / "t_999.nii.gz")
    nibabel.save(nibabel.Nifti1Image(box, numpy.eye(4)), partial / "labelsTr" / "t_999.nii.gz")
    for n, path in enumerate(originals):
        target = images / f"o_{n:03d}.nii.gz"
        if path.suffix == ".gz":
            target.write_bytes(path.read_bytes())
        else:
            nibabel.save(nibabel.load(path), target)
    for n, altered in copies:
        image, dtype = altered(load(originals[n]))
        save(image, images / f"c_{n:03d}.nii.gz", dtype)
    names = sorted((path.name for path in images.iterdir()), key=lambda name: (name[0] != "o", name))
    (partial / "dataset.json").write_text(json.dumps({
        "name": name, "description": "", "tensorImageSize": "3D", "modality": {"0": "MRI"},
        "labels": {"0": "background", "1": "structure"}, "numTraining": 1, "numTest": len(names),
        "training": [{"image": "./imagesTr/t_999.nii.gz", "label": "./labelsTr/t_999.nii.gz"}],
        "test": [f"./imagesTs/{name}" for name in names]}))
    partial.rename(folder)
    return folder


def audit(program, folder):
    """The pairs of numbers that are said to be one scan."""
    done = subprocess.run(
        [program, "audit", "msd", "--source", folder, "--json"], stdout=subprocess.PIPE, cwd=PROJECT, check=False)
    # 1 says that there are findings; a signal that ended the program is negative.
    if done.returncode not in (0, 1):
        raise SystemExit(f"{folder}: iris audit ended with status {done.returncode}")
    pairs = []
    for finding in json.loads(done.stdout)["findings"]:
        if finding["code"] in ("duplicate-image", "near-duplicate-image"):
            ends = re.findall(r"([oc]_\d{3})", finding["case"] + " " + finding["found"])
            if len(ends) < 2:
                raise SystemExit(f"{folder}: expected a finding that names two scans but found {json.dumps(finding)}")
            pairs.append(tuple(ends[:2]))
    return pairs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trees", nargs="*", metavar="TREE", help="those whose names begin so; all by default")
    parser.add_argument("--program", type=pathlib.Path, default=PROJECT / ".build" / "release" / "iris")
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path(
        os.environ.get("IRIS_SHARED_DATA", PROJECT.parent / "shared" / "data")))
    options = parser.parse_args()
    totals = {}
    for name, (originals, copies) in trees(options.data).items():
        if options.trees and not name.startswith(tuple(options.trees)):
            continue
        pairs = audit(options.program.resolve(), build(name, originals, copies))
        wrong = [pair for pair in pairs if pair[0][2:] != pair[1][2:]]
        found = {pair[0][2:] for pair in pairs if pair not in wrong}
        missed = sorted({f"{n:03d}" for n, _ in copies} - found)
        print(f"{name}: {len(copies) - len(missed)} of {len(copies)}, wrong {len(wrong)} {wrong or ''}"
              + (f", missed {' '.join(missed)}" if missed else ""), flush=True)
        total = totals.setdefault(name.split(",")[0] + (", 45%" if "45%" in name else ""), [0, 0, 0])
        for place, count in enumerate((len(copies) - len(missed), len(copies), len(wrong))):
            total[place] += count
    for name, (found, count, wrong) in totals.items():
        print(f"{name}: {found} of {count} recognised, {wrong} wrong")


if __name__ == "__main__":
    main()
