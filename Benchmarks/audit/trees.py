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
    "large volumes": ("amos22", 8, "large"),
    "small volumes": ("msd", 100, "standard"),
}


def tree(name):
    """The folder of a tree, made when it is not there."""
    manifest, patients, size = TREES[name]
    folder = WORK / f"{manifest}-{size}"
    if not folder.exists():
        WORK.mkdir(parents=True, exist_ok=True)
        part = folder.with_suffix(".part")
        subprocess.run(["rm", "-rf", part], check=True)
        subprocess.run([BUILT / "iris", "phantom", manifest, "--output", part, "--cases", str(patients), "--size", size],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=PROJECT)
        part.rename(folder)
    return manifest, folder


def files(name):
    """Its volumes, in order."""
    return sorted(path for path in tree(name)[1].rglob("*.nii*") if not path.name.startswith("._"))
