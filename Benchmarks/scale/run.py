"""A store of a million cases: made once as an index without volumes, then opened, drawn from and planned with.

    python Benchmarks/scale/run.py [--cases 1000000] [--store DIR] [--keep]

Needs 16 kB of disk for each case, and two to seven minutes for a million. `make bench SECTIONS=scale` runs it; the store
goes afterwards unless --keep is given. Only the index and its catalogue are large; few volumes exist.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILT = ROOT / ".build" / "release"


def row(name, value, unit):
    print(f"  {name:<52}{value:>12.4g} {unit}", flush=True)


def whole_program(store):
    """`iris episodes plan` of one episode: seconds by the clock and megabytes of memory."""
    start = time.perf_counter()
    command = [BUILT / "iris", "episodes", "plan", "--store", store, "--config", "paper", "--count", "1", "--json"]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    plan = json.loads(program.stdout.read())
    _, status, usage = os.wait4(program.pid, 0)
    if status != 0 or not plan["references"]:
        raise SystemExit(f"iris episodes plan ended with status {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - start, usage.ru_maxrss / 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--store", type=pathlib.Path, default=ROOT / ".build-bench" / "scale", help="where the store is made")
    parser.add_argument("--keep", action="store_true", help="leave the store for another run, which then uses it and leaves it too")
    options = parser.parse_args()
    index = options.store / "index.sqlite"
    is_made_here = not index.exists()
    if is_made_here:
        start = time.perf_counter()
        subprocess.run([BUILT / "iris-bench", "large-index", "--cases", str(options.cases), "--output", options.store], check=True)
        row("making the index", time.perf_counter() - start, "s")
    row("index.sqlite", index.stat().st_size / 1e9, "GB")
    measured = subprocess.run([BUILT / "iris-bench", "scale", "--store", options.store], check=True, text=True,
                              stdout=subprocess.PIPE, cwd=ROOT).stdout
    for line in measured.splitlines():
        entry = json.loads(line)
        row(entry["name"], entry["value"], entry["unit"])
    row("index.catalogue", (options.store / "index.catalogue").stat().st_size / 1e9, "GB")
    runs = [whole_program(options.store) for _ in range(3)]
    row("iris episodes plan, one episode, whole program", min(seconds for seconds, _ in runs), "s")
    row("its memory, files in place counted too", min(memory for _, memory in runs), "MB")
    if is_made_here and not options.keep:
        shutil.rmtree(options.store)


if __name__ == "__main__":
    main()
