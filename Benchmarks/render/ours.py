"""`iris-bench render` on a prepared store: synthetic abdomens of a scanner's size, brought to 1.5 mm as any dataset is."""
import os
import pathlib
import shutil
import subprocess

BUILT = pathlib.Path(os.environ["IRIS_BUILT"])
PROJECT = BUILT.parent.parent
WORK = PROJECT / ".build-bench" / "render"
CASES = 6


def run(*arguments):
    subprocess.run([BUILT / "iris", *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=PROJECT)


store = WORK / "store"
if not store.exists():
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    # Patients without labels are among them.
    run("phantom", "amos22", "--output", WORK / "amos22", "--cases", str(CASES + 2), "--size", "clinical")
    run("prepare", "amos22", "--source", WORK / "amos22", "--store", WORK / "store.part", "--jobs", "1")
    shutil.rmtree(WORK / "amos22")
    (WORK / "store.part").rename(store)
subprocess.run([BUILT / "iris-bench", "render", "--store", store, "--sources", str(CASES)], check=True)
