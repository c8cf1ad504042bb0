#!/usr/bin/env bash
# Trains, evaluates and reports on Task04_Hippocampus after `make prepare-hippocampus` has filled the store.
#
# usage: Scripts/hippocampus.sh FOLDER STORE RUN TRAINING
#   FOLDER    the raw dataset; where it is absent, the synthetic stand-in that prepare-hippocampus made is used
#   STORE     the folder of the store
#   RUN       the folder of the run; a run that is there goes on where it stopped
#   TRAINING  the training configuration
set -euo pipefail
folder=$1 store=$2 run=$3 training=$4
iris=${IRIS:-.build/release/iris}
split=val references=5 repeats=3

say() { printf '\n==> %s\n' "$*" >&2; }

if [ ! -d "$folder" ]; then
    # A stand-in has too few patients for a validation part: it trains for a moment and is judged by what it trained on.
    folder=datasets/phantom/raw/msd-hippocampus store=datasets/phantom/store run=$run-phantom split=none references=2 repeats=1
    mkdir -p "$run"
    # Beside a copy of the files that it names, wherever the folders lie.
    cp -r configs "$run"
    sed -e 's/^steps:.*/steps: 40/' -e 's/^validation:.*/validation: {episodes: 0}/' \
        -e 's/^checkpoints:.*/checkpoints: {every: 20, keep: 1}/' "$training" > "$run/configs/train/phantom.yaml"
    training=$run/configs/train/phantom.yaml
    say "SYNTHETIC DATA: a short training on phantoms, scored on the phantoms it trained on. It shows that everything runs."
fi

say "Train in $run"
resume=()
if compgen -G "$run/checkpoints/step-*.safetensors" > /dev/null; then resume=(--resume); fi
"$iris" train --config "$training" --store "$store" --output "$run" "${resume[@]}"
checkpoint=$run/best.safetensors
[ -f "$checkpoint" ] || checkpoint=$(ls "$run"/checkpoints/step-*.safetensors | tail -n 1)

say "Evaluate $checkpoint with every strategy"
dataset=$("$iris" store ls --store "$store" --json | sed -n 's/.*"dataset" : "\([^"]*hippocampus[^"]*\)".*/\1/p' | sort -u | head -n 1)
"$iris" evaluate --checkpoint "$checkpoint" --store "$store" --dataset "$dataset" --split "$split" \
    --references "$references" --repeats "$repeats" --strategy all --output "$run/evaluation"

say "What the result hangs on"
"$iris" why "$run/evaluation/result.json" --source "$dataset=$folder"
say "Look at $run/evaluation/report.html"
