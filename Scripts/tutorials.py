#!/usr/bin/env python3
"""Runs the shell blocks of the tutorials as they stand, each tutorial in an empty folder of its own.

usage: Scripts/tutorials.py [--program FILE] [FILE ...]       default: docs/tutorials/*.md

Blocks that open with ```sh are commands; all other blocks are shown only. The blocks of a tutorial run in one bash that stops
at the first failure, so a step whose exit status is not 0 by design says so in the tutorial itself. PATH begins with the
folder of `iris`; IRIS_SOURCE is the folder of the source tree.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(tutorial, program):
    """The seconds it took; None when a command failed, whose output is then printed."""
    commands = "set -euo pipefail\n" + "".join(BLOCK.findall(tutorial.read_text(encoding="utf-8")))
    with tempfile.TemporaryDirectory(prefix="iris-tutorial-") as folder:
        environment = os.environ | {
            "PATH": f"{program.parent}:{os.environ['PATH']}", "IRIS_SOURCE": str(ROOT), "IRIS_HOME": str(ROOT),
            "OMP_WAIT_POLICY": "passive",
        }
        start = time.monotonic()
        done = subprocess.run(
            ["bash", "-x", "-c", commands], cwd=folder, env=environment, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        seconds = time.monotonic() - start
    if done.returncode:
        print("\n".join(done.stdout.splitlines()[-40:]))
        print(f"{tutorial.name}: FAILED with status {done.returncode}")
        return None
    print(f"{tutorial.name}: {commands.count(chr(10)) - 1} lines of commands, {seconds:.0f} s")
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / ".build/release/iris")
    parser.add_argument("tutorials", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    program = arguments.program.resolve()
    if program.name != "iris" or not program.exists():
        sys.exit(f"{arguments.program}: expected the program iris. Build it with make build.")
    tutorials = arguments.tutorials or sorted((ROOT / "docs/tutorials").glob("*.md"))
    failed = [tutorial for tutorial in tutorials if run(tutorial, program) is None]
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
