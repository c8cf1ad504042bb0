"""`iris audit` of whole trees with one job: decoded bytes, or files, per second of processor time, beyond one case.

An audit of one case of the same kind is subtracted, bytes and time: the start of the program, its manifests and its first buffers
have nothing to do with the number of files, and libdeflate is measured without any. Every byte is decompressed, digested, counted
and checked; cases are compared with each other.
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


def beyond_one_case(name, amount, *options, repetitions=5):
    """How much more of what the summary counts a second of processor time takes in."""
    manifest, folder = tree(name)
    done = []
    for source in (folder, one_case(name)):
        seconds, output = shortest(["audit", manifest, "--source", source, "--jobs", "1", "--json", *options], repetitions)
        done.append((json.loads(output)["summary"][amount], seconds))
    (whole, whole_seconds), (one, one_seconds) = done
    return (whole - one) / (whole_seconds - one_seconds)


for name in TREES:
    figure(f"{name}, full audit", "iris", beyond_one_case(name, "voxelBytes") / 1e6, "MB/s")
figure("small volumes, --fast", "iris", beyond_one_case("small volumes", "files", "--fast", repetitions=20), "files/s")
