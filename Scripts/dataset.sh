#!/usr/bin/env bash
# Prepares or audits a raw dataset or, when nobody has fetched it yet, a synthetic stand-in in the same layout.
#
# usage: Scripts/dataset.sh TARGET NAME VARIABLE FOLDER ORIGIN STORE
#   TARGET    the make target, prepare-... or audit-...
#   NAME      the dataset's manifest, such as amos22
#   VARIABLE  the make variable that names the raw folder, such as AMOS22
#   FOLDER    its value
#   ORIGIN    "file" when that is the default, anything else when the user gave it
#   STORE     the folder of the store
# CONFIG in the environment names a preparation other than the default.
set -euo pipefail
target=$1 verb=${1%%-*} name=$2 variable=$3 folder=$4 origin=$5 store=$6
iris=${IRIS:-.build/release/iris}

run() {
    if [ "$verb" = prepare ]; then
        "$iris" prepare "$name" --source "$1" --store "$2" ${CONFIG:+--config "$CONFIG"}
    else
        "$iris" audit "$name" --source "$1"
    fi
}

if [ -d "$folder" ]; then
    run "$folder" "$store"
    exit
fi
if [ "$origin" != file ]; then
    echo "error: $variable=$folder: expected the folder of $name but found none. Correct the path, or leave $variable out to work with synthetic data." >&2
    exit 2
fi

phantom=datasets/phantom/raw/$name
{
    echo
    echo "$folder is absent: $name has not been fetched. This is where it comes from:"
    echo
    "$iris" manifest show "$name" || true
    echo
    echo "Unpack it to $folder, or name its folder: make $target $variable=/path/to/it"
    echo
    echo "=================================================================================="
    echo "  SYNTHETIC DATA: until then a phantom in the same layout stands in, $phantom."
    echo "  It shows that everything runs. It says nothing about patients."
    [ "$verb" = audit ] || echo "  Its store is datasets/phantom/store."
    echo "=================================================================================="
    echo
} >&2
if [ ! -d "$phantom" ]; then
    # Made under another name first: an interrupted run leaves no half a dataset behind.
    rm -rf "$phantom.part"
    mkdir -p "$phantom.part"
    "$iris" phantom "$name" --output "$phantom.part" >&2
    mv "$phantom.part" "$phantom"
fi
run "$phantom" datasets/phantom/store
