#!/usr/bin/env python3
"""Runs the shell blocks of the tutorials as they stand, each tutorial in an empty folder of its own, and compares what they
print with what the tutorials show.

usage: Scripts/tutorials.py [--program FILE] [FILE ...]       default: docs/tutorials/*.md

Blocks that open with ```sh are commands. They run in one bash that stops at the first failure, so a step whose exit status is
not 0 by design says so in the tutorial itself. PATH begins with the folder of `iris`; IRIS_SOURCE is the folder of the source
tree. A block that opens with ```sh needs=MODULE is left out, and that is said, where python3 cannot import the module.

Blocks that open with ```output show lines of what the commands before them print, in this order. "…" in them stands for any
text, and so does a number before a unit of time or speed (s, /s). In a block that opens with ```output within=0.2, numbers with a
decimal point may differ by so much: the end of a training depends on the processor and on the number of threads.

All other blocks are shown only.
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
BLOCK = re.compile(r"^```(\S*)(?: (?:needs|within)=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "---- end of block"
TOKEN = re.compile(
    r"(?P<any>…)|(?P<speed>\d+(?:\.\d+)?(?=\s?\w*/s\b|\s+s\b))|(?P<decimal>\d+\.\d+)|(?P<space>\s+)|(?P<plain>.)")
PATTERNS = {"any": ".*", "speed": r"\d+(?:\.\d+)?", "decimal": r"(\d+\.\d+)", "space": r"\s+"}


def matches(shown, line, within):
    """Whether a line of output is what a tutorial shows, but for so much in numbers with a decimal point."""
    tokens = list(TOKEN.finditer(shown.strip()))
    pattern = "".join(PATTERNS.get(token.lastgroup) or re.escape(token.group()) for token in tokens)
    decimals = [float(token.group()) for token in tokens if token.lastgroup == "decimal"]
    found = re.fullmatch(pattern, line.strip())
    return found is not None and all(abs(float(a) - b) <= within for a, b in zip(found.groups(), decimals))


def missing(shown, output, within):
    """The first line of a shown block that the output does not hold behind the lines before it; None when all are there."""
    rest = iter(output)
    for line in filter(str.strip, shown.splitlines()):
        if not any(matches(line, candidate, within) for candidate in rest):
            return line
    return None


def can_import(module):
    return subprocess.run(["python3", "-c", f"import {module}"], capture_output=True, check=False).returncode == 0


def run(tutorial, program):
    """Whether all commands ended well and printed what is shown."""
    commands, shown, left_out, is_left_out = [], [], set(), False
    for kind, option, text in BLOCK.findall(tutorial.read_text(encoding="utf-8")):
        if kind == "sh":
            is_left_out = bool(option) and not can_import(option)
            if is_left_out:
                left_out.add(option)
            else:
                commands.append(text)
        elif kind == "output" and not is_left_out:
            shown.append((len(commands), float(option or 0), text))
    script = "set -euo pipefail\nexec 9> trace; BASH_XTRACEFD=9; set -x\n" + "".join(
        f"{text}{{ echo; echo '{MARK}'; }} 2> /dev/null\n" for text in commands)
    with tempfile.TemporaryDirectory(prefix="iris-tutorial-") as folder:
        environment = os.environ | {
            "PATH": f"{program.parent}:{os.environ['PATH']}", "IRIS_SOURCE": str(ROOT), "IRIS_HOME": str(ROOT),
            "OMP_WAIT_POLICY": "passive",
        }
        start = time.monotonic()
        done = subprocess.run(
            ["bash", "-c", script], cwd=folder, env=environment, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        seconds = time.monotonic() - start
        last = (pathlib.Path(folder) / "trace").read_text(encoding="utf-8").splitlines()[-1:]
    if done.returncode:
        print("\n".join(done.stdout.splitlines()[-40:]))
        print(f"{tutorial.name}: FAILED with status {done.returncode} at {''.join(last)}")
        return False
    outputs = [[]] + [text.splitlines() for text in done.stdout.split(MARK)]
    for block, within, text in shown:
        line = missing(text, outputs[block], within)
        if line is not None:
            print("\n".join(outputs[block]))
            print(f"{tutorial.name}: FAILED: the above is printed, but the tutorial shows: {line}")
            return False
    lines = sum(text.count("\n") for text in commands)
    absent = "".join(f"; left out what needs {module}" for module in sorted(left_out))
    print(f"{tutorial.name}: {lines} lines of commands, {len(shown)} blocks of output as shown, {seconds:.0f} s{absent}")
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / ".build/release/iris")
    parser.add_argument("tutorials", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    program = arguments.program.resolve()
    if program.name != "iris" or not program.exists():
        sys.exit(f"{arguments.program}: expected the program iris. Build it with make build.")
    tutorials = arguments.tutorials or sorted((ROOT / "docs/tutorials").glob("*.md"))
    results = [run(tutorial, program) for tutorial in tutorials]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
