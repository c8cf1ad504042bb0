"""`iris audit` of whole trees with one job: decoded bytes per second of processor time, less that of an audit of
one small case's headers.

What that takes, the start of the program and its manifests, has nothing to do with the files; libdeflate is measured without any.

Every byte is decompressed, digested, counted and checked; cases are compared with each other.
"""
import json
import os
import subprocess

from measure import figure
from trees import BUILT, PROJECT, TREES, one_case, tree


def shortest(arguments, repetitions=5):
    times, output = [], ""
    for _ in range(repetitions):
        run = subprocess.Popen([BUILT / "iris", *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=PROJECT)
        output = run.stdout.read()
        _, status, usage = os.wait4(run.pid, 0)
        times.append(usage.ru_utime + usage.ru_stime)
        if os.waitstatus_to_exitcode(status) == 2:
            raise SystemExit(f"iris {arguments} could not run")
    return min(times), output


fast = ["--jobs", "1", "--json", "--fast"]
start, output = shortest(["audit", tree("small volumes")[0], *fast, "--source", one_case("small volumes")], 20)
few = json.loads(output)["summary"]["files"]
for name in TREES:
    manifest, folder = tree(name)
    arguments = ["audit", manifest, "--source", folder, "--jobs", "1", "--json"]
    seconds, output = shortest(arguments)
    summary = json.loads(output)["summary"]
    figure(f"{name}, full audit", "iris", summary["voxelBytes"] / 1e6 / (seconds - start), "MB/s")
    if summary["files"] > 100:
        seconds, _ = shortest(["audit", manifest, *fast, "--source", folder], 20)
        figure(f"{name}, --fast", "iris", (summary["files"] - few) / (seconds - start), "files/s")
