"""`iris audit` of whole trees with one job: decoded bytes per second of processor time, less that of a start of the program.

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


start, _ = shortest(["audit", "--codes"])
for name in TREES:
    manifest, folder = tree(name)
    arguments = ["audit", manifest, "--source", folder, "--jobs", "1", "--json"]
    seconds, output = shortest(arguments)
    summary = json.loads(output)["summary"]
    figure(f"{name}, full audit", "iris", summary["voxelBytes"] / 1e6 / (seconds - start), "MB/s")
    if summary["files"] > 100:
        # Loading the manifests takes as long as the headers of a hundred files, so that is not counted either.
        fast = ["audit", manifest, "--jobs", "1", "--json", "--fast", "--source"]
        single, output = shortest([*fast, one_case(name)], 20)
        files = summary["files"] - json.loads(output)["summary"]["files"]
        seconds, _ = shortest([*fast, folder], 20)
        figure(f"{name}, --fast", "iris", files / (seconds - single), "files/s")
