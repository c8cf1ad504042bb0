#!/usr/bin/env python3
"""Prints line coverage by module and writes a report of every file, from what tests built with coverage left behind.

usage: Scripts/coverage.py BUILD_FOLDER [REPORT_FOLDER]

BUILD_FOLDER is the one that `swift test --enable-code-coverage` filled, such as .build-coverage/release. The tests' own process
and the programs that they run count together. The report goes to REPORT_FOLDER/index.html, by default BUILD_FOLDER/report.
"""
import collections
import json
import pathlib
import shutil
import subprocess
import sys


def tool(name):
    """The toolchain's own: that of the system may not know the format of its profiles."""
    swift = pathlib.Path(shutil.which("swift")).resolve()
    own = swift.with_name(name)
    return str(own if own.exists() else shutil.which(name))


def main(build, report):
    profiles = sorted((build / "codecov").glob("*.profraw"))
    if not profiles:
        sys.exit(f"{build}/codecov: expected profiles (*.profraw) but found none. Run the tests with --enable-code-coverage.")
    merged = build / "codecov" / "all.profdata"
    # A program that was killed may leave a file cut short, which is left out; how often a line ran does not matter here.
    merge = subprocess.run(
        [tool("llvm-profdata"), "merge", "--sparse", "--failure-mode=all", "-o", merged, *profiles], capture_output=True, text=True)
    if merge.returncode != 0:
        sys.exit(merge.stderr)
    tests = next(build.glob("*.xctest"))
    programs = [build / name for name in ("iris", "stream-consumer") if (build / name).exists()]
    root = pathlib.Path(__file__).resolve().parent.parent
    objects = [tests, *(word for program in programs for word in ("-object", program))]
    options = ["-instr-profile", merged, "--sources", root / "Sources"]
    cov = [tool("llvm-cov")]
    text = subprocess.run([*cov, "export", "--summary-only", *objects, *options], check=True, capture_output=True).stdout
    modules = collections.defaultdict(lambda: [0, 0])
    for file in json.loads(text)["data"][0]["files"]:
        lines = file["summary"]["lines"]
        module = pathlib.Path(file["filename"]).relative_to(root / "Sources").parts[0]
        modules[module][0] += lines["count"]
        modules[module][1] += lines["covered"]
    rows = sorted(modules.items()) + [("all", [sum(n[i] for n in modules.values()) for i in (0, 1)])]
    print(f"{'module':16}{'lines':>8}{'covered':>9}{'percent':>9}")
    for name, (lines, covered) in rows:
        print(f"{name:16}{lines:8}{covered:9}{100 * covered / max(1, lines):8.1f}%")
    shutil.rmtree(report, ignore_errors=True)
    subprocess.run(
        [*cov, "show", "--format=html", f"--output-dir={report}", *objects, *options], check=True, stdout=subprocess.DEVNULL)
    print(f"lines that no test reaches: {report}/index.html", file=sys.stderr)


if len(sys.argv) not in (2, 3):
    sys.exit(__doc__)
folder = pathlib.Path(sys.argv[1])
main(folder, pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else folder / "report")
