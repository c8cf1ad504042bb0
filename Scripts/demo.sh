#!/usr/bin/env bash
# From nothing to pictures: makes a synthetic dataset, audits it, prepares it and looks at one case.
#
# usage: Scripts/demo.sh FOLDER
set -euo pipefail
folder=$1
iris=${IRIS:-.build/release/iris}

say() { printf '\n==> %s\n' "$*" >&2; }

rm -rf "$folder"
mkdir -p "$folder"
say "A synthetic copy of AMOS22, in its official layout"
"$iris" phantom amos22 --output "$folder/amos22"
say "Is every file there, intact and labelled as the manifest says?"
"$iris" audit amos22 --source "$folder/amos22" --html "$folder/audit.html"
say "Raw files to one grid, one orientation, one index"
"$iris" prepare amos22 --source "$folder/amos22" --store "$folder/store"
"$iris" store verify --store "$folder/store"
say "What the store holds"
"$iris" store ls --store "$folder/store"
case=$("$iris" store ls --store "$folder/store" --json | sed -n 's/.*"case" : "\(.*\)",\{0,1\}$/\1/p' | head -n 1)
"$iris" store show "$case" --store "$folder/store" --png "$folder/$case.png"
say "Look at $folder/audit.html and $folder/$case.png"
