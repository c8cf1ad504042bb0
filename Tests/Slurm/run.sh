#!/usr/bin/env bash
# Runs the jobs of docs/cluster on a Slurm of this one machine, with two nodes of two processors each, and checks what they leave.
#
# usage: Tests/Slurm/run.sh IRIS [DATASET SOURCE]
#   IRIS      the program
#   DATASET   a manifest's name, and the raw folder; phantoms of AMOS22 when absent
# KEEP=1 leaves the folder with logs and stores behind. Needs slurm-wlm and munge (Debian), and to be run as root.
set -euo pipefail
repository=$(cd "$(dirname "$0")/../.." && pwd)
. "$repository/Tests/Slurm/one-machine.sh"
iris=$(realpath "$1")
missing=$(for program in slurmctld slurmd sbatch srun munged; do command -v "$program" > /dev/null || echo "$program"; done)
if [ -n "$missing" ]; then
    echo "Slurm is absent ($(echo $missing)): its tests are skipped. To run them: apt-get install slurm-wlm munge" >&2
    exit 0
fi
folder=$(mktemp -d "${TMPDIR:-/tmp}/iris-slurm.XXXXXX")
finish() { stop_slurm "$folder/slurm"; [ -n "${KEEP:-}" ] && echo "left in $folder" >&2 || rm -rf "$folder"; }
trap finish EXIT
cd "$folder"
export IRIS=$iris IRIS_HOME=$repository PARTS=$folder/parts STORE=$folder/merged

checks=0
pass() { checks=$((checks + 1)); printf 'ok   %s\n' "$1"; }
fail() { printf 'FAIL %s\n' "$1"; tail -n 5 "$folder"/*.log 2>/dev/null >&2 || true; exit 1; }
check() { if [ "$2" = "$3" ]; then pass "$1"; else fail "$1: expected $2 but found $3"; fi; }
digest() { "$iris" store verify --store "$1" --json | sed -n 's/.*"digest" : "\(.*\)".*/\1/p'; }
# Submits, prints the job's number.
submit() { sbatch --parsable --mem=0 "$@"; }
state() { scontrol -o show job "$1" | sed -n 's/.* JobState=\([A-Z_]*\) .*/\1/p' | sort -u | tr '\n' ' ' | sed 's/ $//'; }
# What is requeued waits two minutes by default.
resume_now() { for _ in 1 2 3; do sleep 1; scontrol update JobId="$1" StartTime=now 2> /dev/null || true; done; }
await() { # JOB SECONDS: until the job, or every task of the array, has ended
    local try
    for try in $(seq $((2 * $2))); do
        case " $(state "$1") " in *PENDING*|*RUNNING*|*COMPLETING*|*CONFIGURING*|*REQUEUED*) sleep 0.5 ;; *) return ;; esac
    done
    fail "job $1 has not ended after $2 s: $(state "$1")"
}

start_slurm "$folder/slurm" 2

if [ $# -ge 3 ]; then
    export DATASET=$2 SOURCE=$(realpath "$3")
else
    export DATASET=amos22 SOURCE=$folder/raw
    "$iris" phantom amos22 --output "$SOURCE" --cases 8 --size tiny 2> /dev/null > /dev/null
fi

# ---- Preparation: an array of parts, then the merge that waits for it, beside one machine's store.
"$iris" prepare "$DATASET" --source "$SOURCE" --store "$folder/alone" 2> /dev/null > /dev/null || [ $? -eq 1 ]
expected=$(digest "$folder/alone")
[ -n "$expected" ] || fail "the store of one machine has no digest"
array=$(submit --array=1-3 --cpus-per-task=1 "$repository/docs/cluster/prepare.sbatch")
merge=$(submit --dependency="afterok:$array" --cpus-per-task=2 "$repository/docs/cluster/merge.sbatch")
await "$array" 300
check "every task of the array completed" COMPLETED "$(state "$array")"
await "$merge" 300
merged=$(state "$merge")
if [ $# -lt 3 ]; then check "the merge waited for them and completed" COMPLETED "$merged"; fi
[ "$(find "$PARTS" -name index.sqlite | wc -l)" -ge 2 ] || fail "the cases are not spread over parts"
check "the merged store is the store of one machine" "$expected" "$(digest "$STORE")"
for part in "$PARTS"/*; do
    [ "$(digest "$part")" != "$expected" ] || fail "$part is the whole store: nothing was divided"
done
pass "no part is the whole"

again=$(submit --cpus-per-task=2 "$repository/docs/cluster/merge.sbatch")
await "$again" 300
check "a second merge ends as the first" "$merged" "$(state "$again")"
check "a second merge changes nothing" "$expected" "$(digest "$STORE")"
check "a second merge copies nothing" 0 "$(awk '$1 == "store" {table = 1; next} NF != 4 {table = 0} table {sum += $2} END {print sum + 0}' "iris-merge-$again.log")"

# ---- A part that Slurm stops half way goes on: killed outright, and requeued.
rm -rf "$PARTS"
array=$(submit --array=1-3 --cpus-per-task=1 "$repository/docs/cluster/prepare.sbatch")
sleep 1
scontrol requeue "${array}_1" 2> /dev/null || true
resume_now "${array}_1"
await "$array" 300
merge=$(STORE=$folder/requeued submit --cpus-per-task=2 "$repository/docs/cluster/merge.sbatch")
await "$merge" 300
check "requeued parts give the same store" "$expected" "$(digest "$folder/requeued")"

# ---- What must be refused.
echo 'spacing: [3, 3, 3]' > coarse.yaml
"$iris" prepare "$DATASET" --source "$SOURCE" --store "$folder/coarse" --config coarse.yaml --shard 1/2 \
    > coarse.log 2>&1 || [ $? -eq 1 ] || fail "preparation with another configuration: $(tail -n 1 coarse.log)"
status=0
"$iris" store merge --store "$STORE" "$folder/coarse" > refusal.txt 2>&1 || status=$?
check "another configuration is refused" 2 "$status"
grep -q "different configurations" refusal.txt || fail "the refusal does not say why: $(cat refusal.txt)"

cp -r "$PARTS" damaged
image=$(find damaged -name image.nii -size +10k | sort | head -n 1)
printf '\377' | dd of="$image" bs=1 seek=5000 conv=notrunc status=none
printf '\001' | dd of="$image" bs=1 seek=5002 conv=notrunc status=none
status=0
mapfile -t parts < <(find damaged -name index.sqlite -printf '%h\n' | sort)
"$iris" store merge --store "$folder/undamaged" "${parts[@]}" > refusal.txt 2>&1 || status=$?
check "a part with a changed byte is refused" 2 "$status"
grep -q "$(basename "$(dirname "$image")")/image.nii" refusal.txt || fail "the refusal does not name the file: $(cat refusal.txt)"

# ---- Training: two processes on two nodes, one of them pushed aside by a more urgent job and queued anew.
printf '%s\n' 'format: 1' 'split: {list: paper, use: [train, test, validation, none]}' 'classes: {perEpisode: [1, 1], minimumVoxels: 1}' \
    'patch: {size: [16, 16, 16]}' > episodes.yaml
train() { # STEPS FILE
    printf '%s\n' 'format: 1' "model: $repository/configs/model/tiny.yaml" 'episodes: episodes.yaml' 'seed: 1' "steps: $1" 'batch: 1' \
        'learningRate: {peak: 0.001}' 'validation: {episodes: 0}' 'checkpoints: {every: 100000, keep: 2}' > "$2"
}
submit_training() {
    submit --nodes=2 --ntasks-per-node=1 --cpus-per-task=1 "$@" "$repository/docs/cluster/train.sbatch"
}
weights() { sha256sum < "$(find "$1/checkpoints" -name 'step-*.safetensors' | sort | tail -n 1)"; }
srun --mpi=list 2>&1 | grep -q pmix || export LAUNCH="mpirun --allow-run-as-root --bind-to none"
steps=${STEPS:-600}
train "$steps" train.yaml
export CONFIG=$folder/train.yaml
undisturbed=$(RUN=$folder/undisturbed submit_training)
await "$undisturbed" 600
check "two processes train" COMPLETED "$(state "$undisturbed")"

# ASK: how the training comes to its end, given the job's number.
pushed_aside() { # NAME ASK
    local name=$1 job
    job=$(RUN=$folder/$name submit_training)
    for _ in $(seq 240); do [ -s "$name/log.jsonl" ] && break; sleep 0.25; done
    [ "$(wc -l < "$name/log.jsonl")" -lt $((steps / 20)) ] || fail "$name ended before it could be stopped: raise STEPS"
    "$2" "$job"
    for _ in $(seq 240); do grep -q "stopped by the scheduler" "iris-train-$job.log" && break; sleep 0.25; done
    grep -q "stopped by the scheduler" "iris-train-$job.log" || fail "$name was not stopped"
    resume_now "$job"
    [ -n "$(find "$name/checkpoints" -name 'step-*.safetensors')" ] || fail "$name wrote no checkpoint when asked to end"
    await "$job" 600
    check "$name: completed after all" COMPLETED "$(state "$job")"
    [ "$(scontrol -o show job "$job" | sed -n 's/.* Restarts=\([0-9]*\) .*/\1/p')" -ge 1 ] || fail "$name was not queued anew"
    check "$name: weights of the undisturbed training" "$(weights undisturbed)" "$(weights "$name")"
}
urgent_job() { submit --partition=urgent --nodes=2 --ntasks-per-node=1 --cpus-per-task=2 --wrap 'sleep 2' > /dev/null; }
# As --signal=B:USR1 does some time before the limit.
signal_ahead() { scancel --batch --signal=USR1 "$1"; }
pushed_aside preempted urgent_job
pushed_aside out-of-time signal_ahead

echo "Slurm: $checks checks passed"
