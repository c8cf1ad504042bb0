#!/usr/bin/env bash
# From nothing to a report of a trained model: makes a synthetic dataset, audits and prepares it, trains a toy, and
# evaluates it beside the same network untrained.
#
# usage: Scripts/demo.sh FOLDER
set -euo pipefail
folder=$1
iris=${IRIS:-.build/release/iris}
start=$SECONDS

say() { printf '\n==> [%d s] %s\n' $((SECONDS - start)) "$*" >&2; }

rm -rf "$folder"
mkdir -p "$folder"
say "Twenty synthetic patients, in the official layout of M&Ms: the heart in cine MR, at two moments of the beat"
"$iris" phantom mnms --output "$folder/mnms" --cases 20
say "Is every file there, intact and labelled as the manifest says?"
"$iris" audit mnms --source "$folder/mnms" --html "$folder/audit.html"
say "Raw files to one grid, one orientation, one index"
"$iris" prepare mnms --source "$folder/mnms" --store "$folder/store" --config configs/prepare/demo.yaml
"$iris" store verify --store "$folder/store"
say "What the model will see: one episode, a reference with its mask and another patient to segment"
"$iris" episodes show 0 --store "$folder/store" --config configs/episodes/demo.yaml --seed 1 --png "$folder/episode.png"

say "Train on the patients of the training part"
"$iris" train --config configs/train/demo.yaml --store "$folder/store" --output "$folder/run"

say "The same network with the weights it started from"
# Beside a copy of the files that it names, wherever the folders lie.
cp -r configs "$folder/configs"
sed -e 's/^steps:.*/steps: 1/' -e 's/peak: [0-9.]*/peak: 1e-12/' -e 's/^validation:.*/validation: {episodes: 0}/' \
    configs/train/demo.yaml > "$folder/configs/train/untrained.yaml"
"$iris" train --config "$folder/configs/train/untrained.yaml" --store "$folder/store" --output "$folder/untrained"

evaluate() {
    "$iris" evaluate --checkpoint "$1" --store "$folder/store" --split test --split-list official \
        --reference-split train --references 3 --ledger "$folder/ledger.json" --strategy "$2" --output "$3"
}
say "Evaluate both on patients that neither has seen: the untrained one by one reference, the trained one in every way"
evaluate "$folder/untrained/checkpoints/step-00000001.safetensors" one-shot "$folder/untrained/evaluation"
evaluate "$folder/run/best.safetensors" all "$folder/evaluation"

say "What training brought: Dice of one reference, trained (B) against untrained (A)"
"$iris" compare "$folder/untrained/evaluation/result.json" "$folder/evaluation/result.json" |
    grep -E '^strategy| dice ' | tee "$folder/gain.txt"
# A demonstration that learnt nothing is a fault: of the mean over classes at least 0.5 must be gained.
awk '$3 == "dice" && $4 == "all" { gain = $6 } END { exit !(gain >= 0.5) }' "$folder/gain.txt" ||
    { echo "error: expected training to raise Dice by 0.5 or more but found the above. Run iris doctor, then report it." >&2; exit 1; }

cat >&2 <<END

==> [$((SECONDS - start)) s] Done. Open in a browser:

    $folder/evaluation/report.html   how well the toy segments, with the worst and the best cases as pictures
    $folder/audit.html               what the audit looked at

and look at $folder/episode.png. All data is synthetic: the scores say that everything runs and learns, nothing about patients.
END
