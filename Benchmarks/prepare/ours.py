"""`iris prepare` of a folder with four synthetic CTs: the whole program, from its start to the indexed store, per CT.

Several, because the other tool's time leaves out the start of its program.
"""
import os
import pathlib
import shutil
import subprocess
import time

from measure import figure, report

built = pathlib.Path(os.environ["IRIS_BUILT"])
work = built.parent.parent / ".build-bench" / "prepare"
data, store = work / "amos22", work / "store"
if not (data / "labelsTr" / "amos_0001.nii.gz").exists():
    subprocess.run([built / "iris-bench", "synthetic", "--output", data], check=True, stdout=subprocess.DEVNULL)
CASES = 4
for folder in ("imagesTr", "labelsTr"):
    for case in range(2, CASES + 1):
        copy = data / folder / f"amos_{case:04}.nii.gz"
        if not copy.exists():
            shutil.copyfile(data / folder / "amos_0001.nii.gz", copy)

times, peak = [], 0
for _ in range(5):
    shutil.rmtree(store, ignore_errors=True)
    start = time.perf_counter()
    program = subprocess.Popen(
        [built / "iris", "prepare", "amos22", "--source", data, "--store", store, "--jobs", "1"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=built.parent.parent)
    messages = program.stderr.read()
    _, status, usage = os.wait4(program.pid, 0)
    times.append((time.perf_counter() - start) * 1e3 / CASES)
    peak = max(peak, usage.ru_maxrss)
    prepared = len(list(store.glob("volumes/amos22/*/label.nii")))
    if prepared != CASES:
        raise SystemExit(f"iris prepare ended with status {os.waitstatus_to_exitcode(status)}: {messages}")
report("one CT, from its files to prepared files", "iris", times)
raw = 512 * 512 * 200 * 2 / 2**20
figure("peak memory", "iris", peak / 1024, "MB")
figure("peak memory, in raw volumes", "iris", peak / 1024 / raw, "")
