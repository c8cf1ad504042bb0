#!/usr/bin/env python3
"""Lists links of Markdown files that lead nowhere; exit status 1 when there are any.

usage: Scripts/links.py FILE ...

A link to a file must lead to one inside the working folder; one to a heading (#name) to a heading of that file. Addresses on
the web are not looked at.
"""
import pathlib
import re
import sys
import urllib.parse

LINK = re.compile(r"!?\[[^\]]*\]\(<?([^()\s<>]+)>?(?:\s+\"[^\"]*\")?\)")
FENCE = re.compile(r"^ {0,3}(```|~~~).*?^ {0,3}\1\s*$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6} (.*?)\s*#*$", re.MULTILINE)


def prose(file):
    """The text without its code blocks, whose brackets and hashes mean something else; lines keep their numbers."""
    return FENCE.sub(lambda block: "\n" * block.group().count("\n"), file.read_text(encoding="utf-8"))


def anchors(file):
    """The names under which a file's headings can be reached: small letters, spaces to hyphens, other marks dropped."""
    names = set()
    for heading in HEADING.findall(prose(file)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = base = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        count = 0
        while name in names:
            count += 1
            name = f"{base}-{count}"
        names.add(name)
    return names


def fault(file, link, bounds):
    """What is wrong with a link of a file, or None."""
    address = urllib.parse.urlsplit(link)
    if address.scheme or address.netloc:
        return None
    path = urllib.parse.unquote(address.path)
    target = (file.parent / path).resolve() if path else file.resolve()
    if not target.is_relative_to(bounds):
        return "leads out of the folder"
    if not target.exists():
        return "no such file"
    if address.fragment and target.suffix == ".md" and address.fragment not in anchors(target):
        return f"no such heading in {target.relative_to(bounds)}"
    return None


def main():
    bounds, found, links = pathlib.Path.cwd().resolve(), 0, 0
    for name in sys.argv[1:]:
        file = pathlib.Path(name)
        for number, line in enumerate(prose(file).splitlines(), start=1):
            for link in LINK.findall(re.sub(r"`[^`]*`", "", line)):
                links += 1
                what = fault(file, link, bounds)
                if what:
                    found += 1
                    print(f"{name}:{number}: {link}: {what}")
    if not links:
        print("expected Markdown files with links but found none", file=sys.stderr)
        return 2
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
