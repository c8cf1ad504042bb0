"""The trees that the audit and its peer read: synthetic scans of a scanner's size, of a prepared one's, and many small volumes."""
import os
import pathlib
import subprocess

BUILT = pathlib.Path(os.environ["IRIS_BUILT"])
PROJECT = BUILT.parent.parent
WORK = PROJECT / ".build-bench" / "audit"

# name of the measurement: manifest, patients, size
TREES = {
    "clinical volumes": ("amos22", 16, "clinical"),
    "large volumes": ("amos22", 16, "large"),
    "small volumes": ("msd", 100, "standard"),
}


def made(manifest, patients, size, folder):
    """A folder of synthetic scans, made when it is not there."""
    if not folder.exists():
        WORK.mkdir(parents=True, exist_ok=True)
        part = folder.with_suffix(".part")
        subprocess.run(["rm", "-rf", part], check=True)
        subprocess.run([BUILT / "iris", "phantom", manifest, "--output", part, "--cases", str(patients), "--size", size],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=PROJECT)
        part.rename(folder)
    return folder


def tree(name):
    """The manifest and the folder of a tree."""
    manifest, patients, size = TREES[name]
    return manifest, made(manifest, patients, size, WORK / f"{manifest}-{size}")


def one_case(name):
    """A tree of one such case."""
    manifest, _, size = TREES[name]
    return made(manifest, 1, size, WORK / f"{manifest}-{size}-one")


def files(name):
    """Its volumes, in order."""
    return sorted(path for path in tree(name)[1].rglob("*.nii*") if not path.name.startswith("._"))
