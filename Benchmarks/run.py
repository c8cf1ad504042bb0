"""Runs the measurements under Benchmarks/ and prints each beside the same work done by other tools.

    python Benchmarks/run.py [SECTION ...] [--core N] [--output FILE]

A section is a folder with a `peer.py`, which measures other tools; `iris-bench SECTION` measures this project, unless the
folder has an `ours.py` that does. Both print one line of JSON per measurement, joined here by name, and run on one core. A
folder with a `run.py` measures in its own way, on all cores. One section runs after the other.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
BUILT = HERE.parent / ".build" / "release"
SINGLE_THREAD = {name: "1" for name in (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS")}


def lines(command, core):
    """The measurements that a program prints."""
    environment = {**os.environ, **SINGLE_THREAD, "PYTHONPATH": str(HERE), "IRIS_BUILT": str(BUILT)}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=False,
                          preexec_fn=lambda: os.sched_setaffinity(0, {core}))
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with status {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]


def amount(entry):
    if "value" in entry:
        return f"{entry['value']:.4g} {entry['unit']}"
    return f"{entry['minimumMilliseconds']:.4g} ms"


def size(entry):
    return entry.get("value", entry.get("minimumMilliseconds"))


def table(rows):
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    for row in rows:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def machine(core):
    measured = lines([BUILT / "iris-bench", "machine"], core)
    table([[entry["name"], amount(entry)] for entry in measured])
    return measured


def compare(section, core):
    folder = HERE / section
    own = folder / "ours.py"
    ours = lines([sys.executable, own] if own.exists() else [BUILT / "iris-bench", section], core)
    peers = lines([sys.executable, folder / "peer.py"], core)
    rows = [["", "iris", "other", "", "other / iris"]]
    for entry in ours:
        others = [peer for peer in peers if peer["name"] == entry["name"]]
        if not others:
            rows.append([entry["name"], amount(entry), "", "", ""])
        for peer in others:
            rows.append([entry["name"], amount(entry), amount(peer), peer["tool"], f"{size(peer) / size(entry):.3g}"])
    table(rows)
    return {"iris": ours, "peers": peers}


def main():
    sections = sorted(path.parent.name for path in HERE.glob("*/peer.py"))
    programs = sorted(HERE.glob("*/run.py"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", metavar="SECTION", 
                        help=f"of {', '.join(sections + [path.parent.name for path in programs])}; all but scale, which writes 16 GB, by default")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="the core to run on")
    parser.add_argument("--output", default=HERE.parent / ".build-bench" / "results.json", help="all measurements as JSON")
    options = parser.parse_args()
    unknown = set(options.sections) - set(sections) - {path.parent.name for path in programs}
    if unknown:
        parser.error(f"expected sections of {', '.join(sections + [p.parent.name for p in programs])} but found {', '.join(sorted(unknown))}")
    wanted = options.sections or None

    print("Times are the shortest of several runs, on one core.\n\nmachine")
    results = {"machine before": machine(options.core)}
    for section in sections:
        if wanted is None or section in wanted:
            print(f"\n{section}", flush=True)
            results[section] = compare(section, options.core)
    for program in programs:
        if program.parent.name in (wanted or set(p.parent.name for p in programs) - {"scale"}):
            print(f"\n{program.parent.name}", flush=True)
            subprocess.run([sys.executable, program], check=True)
    print("\nmachine, afterwards")
    results["machine after"] = machine(options.core)
    pathlib.Path(options.output).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(options.output).write_text(json.dumps(results, indent=1))
    additions = [entry["value"] for name in ("machine before", "machine after") for entry in results[name]
                 if entry["name"] == "dependent additions, median"]
    if min(additions) < 0.8 * max(entry["value"] for entry in results["machine before"] if "best" in entry["name"]):
        print("\nThe core was shared with other work for part of the time: the figures above are too high.")


if __name__ == "__main__":
    main()
