#!/usr/bin/env python3
"""Lists public declarations of the libraries without a documentation comment; exit status 1 when there are any.

usage: Scripts/undocumented.py [FOLDER ...]        default: Sources

Members that a protocol of the standard library prescribes (description, ==, hash, encode and so on) say nothing of their own
and need no comment; nor do initialisers that only store their arguments.
"""
import pathlib
import re
import sys

WORDS = r"(?:static|final|mutating|nonmutating|nonisolated|convenience|required|indirect|override|class|borrowing|consuming)\s+"
DECLARATION = re.compile(
    rf"^\s*(?:@\w+(?:\([^)]*\))?\s+)*public(?:\(set\))?\s+(?:{WORDS})*"
    r"(func|var|let|struct|class|enum|init|protocol|subscript|typealias|actor)\b\s*([^\s(:<{=]*)"
)
PRESCRIBED = {
    "description", "debugDescription", "errorDescription", "hash", "encode", "==", "<", "rawValue", "allCases", "makeIterator",
    "next", "makeAsyncIterator",
}


ASSIGNMENT = re.compile(r"^\s*(?:\(self\.[\w. ,]+\)|self\.\w+|\(.*self\..*\)|\w+) = .*$")


def only_stores(lines, number):
    """Whether the initialiser at a line throws nothing and holds nothing but assignments."""
    text, depth, index = "", 0, number
    while index < len(lines):
        text += lines[index] + "\n"
        depth += lines[index].count("{") - lines[index].count("}")
        if "{" in text and depth <= 0:
            break
        index += 1
    signature, _, body = text.partition("{")
    body = body.rsplit("}", 1)[0]
    statements = [line for part in body.splitlines() for line in part.split(";") if line.strip()]
    return "throws" not in signature and all(ASSIGNMENT.match(line) for line in statements)


def undocumented(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        match = DECLARATION.match(line)
        if not match or match[2] in PRESCRIBED:
            continue
        # init(from:) of Decodable, and an override, whose documentation is inherited.
        if "init(from decoder" in line or " override " in line:
            continue
        if match[1] == "init" and only_stores(lines, number):
            continue
        above = number - 1
        while above >= 0 and re.match(r"^\s*(@\w+.*|#if .*|// .*)$", lines[above]):
            above -= 1
        if above < 0 or not lines[above].lstrip().startswith("///"):
            yield number + 1, line.strip()


def main(folders):
    count = 0
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*.swift")):
            for number, line in undocumented(path):
                print(f"{path}:{number}: {line}")
                count += 1
    if count:
        print(f"{count} public declarations without a documentation comment", file=sys.stderr)
    return 1 if count else 0


sys.exit(main(sys.argv[1:] or ["Sources"]))
