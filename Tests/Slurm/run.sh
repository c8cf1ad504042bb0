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
export IRIS=$folder/iris IRIS_HOME=$repository PARTS=$folder/parts STORE=$folder/merged

# What the jobs run: it notes job, process and how many processors it may use, and becomes the program.
cat > iris <<NOTE
#!/usr/bin/env bash
echo "\$SLURM_JOB_ID \$\$ \$(env --unset=OMP_NUM_THREADS nproc)" >> "$folder/processes"
exec "$iris" "\$@"
NOTE
chmod +x iris
: > processes
processes() { awk -v job="$1" '$1 == job {print $2}' processes; }
processors() { awk -v job="$1" '$1 == job {print $3}' processes | sort -u | paste -sd ' '; }

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
copied() { awk '$1 == "store" {table = 1; next} NF != 4 {table = 0} table {sum += $2} END {print sum + 0}' "iris-merge-$1.log"; }
# What stands where, and when each file last changed.
files_of() { find "$1/volumes" -type f -printf '%P %i %C@\n' | sort | sha256sum; }
# TRIES COMMAND ...: tries it four times a second until it succeeds.
try_until() { local try; for try in $(seq "$1"); do "${@:2}" && return; sleep 0.25; done; "${@:2}"; }
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

# ---- The audit, whose success the preparation waits for.
# Tasks are bound to their processors, as clusters do it, so that it shows how many those are.
export SLURM_CPU_BIND=cores
audit=$(submit --cpus-per-task=2 "$repository/docs/cluster/audit.sbatch")
await "$audit" 300
if [ $# -lt 3 ]; then check "the audit passed" COMPLETED "$(state "$audit")"; fi
check "the audit has the processors it asked for" 2 "$(processors "$audit")"
[ -s "iris-audit-$audit.html" ] || fail "the audit left no report"

# ---- Preparation: an array of parts, then the merge that waits for it, beside one machine's store.
"$iris" prepare "$DATASET" --source "$SOURCE" --store "$folder/alone" 2> /dev/null > /dev/null || [ $? -eq 1 ]
expected=$(digest "$folder/alone")
[ -n "$expected" ] || fail "the store of one machine has no digest"
array=$(submit --array=1-3 --cpus-per-task=2 "$repository/docs/cluster/prepare.sbatch")
merge=$(submit --dependency="afterok:$array" --cpus-per-task=2 "$repository/docs/cluster/merge.sbatch")
await "$array" 300
check "every task of the array completed" COMPLETED "$(state "$array")"
numbers=$(scontrol -o show job "$array" | sed -n 's/^JobId=\([0-9]*\) .*/\1/p')
check "each has the processors it asked for" "2 2 2" "$(for number in $numbers; do processors "$number"; done | paste -sd ' ')"
await "$merge" 300
merged=$(state "$merge")
if [ $# -lt 3 ]; then check "the merge waited for them and completed" COMPLETED "$merged"; fi
check "the merge has the processors it asked for" 2 "$(processors "$merge")"
unset SLURM_CPU_BIND
mapfile -t parts < <(find "$PARTS" -name index.sqlite -printf '%h\n' | sort)
[ "${#parts[@]}" -ge 2 ] || fail "the cases are not spread over parts"
check "the merged store is the store of one machine" "$expected" "$(digest "$STORE")"
for part in "${parts[@]}"; do
    part_digest=$(digest "$part")
    [ -n "$part_digest" ] && [ "$part_digest" != "$expected" ] || fail "$part is the whole store: nothing was divided"
done
pass "no part is the whole"

# Every case was copied the first time, so a second time could copy, too.
cases=$(find "$STORE/volumes" -name image.nii | wc -l)
[ "$cases" -ge 2 ] || fail "the merged store holds $cases cases"
if [ $# -lt 3 ]; then check "the merge copied every case" "$cases" "$(copied "$merge")"; fi
files=$(files_of "$STORE")
again=$(submit --cpus-per-task=2 "$repository/docs/cluster/merge.sbatch")
await "$again" 300
check "a second merge ends as the first" "$merged" "$(state "$again")"
check "a second merge changes nothing" "$expected" "$(digest "$STORE")"
check "a second merge copies nothing" 0 "$(copied "$again")"
if [ $# -lt 3 ]; then check "a second merge touches no file" "$files" "$(files_of "$STORE")"; fi

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

# ---- A part that is told that its time is over goes back into the queue.
# Held until Slurm has told them, so that nothing depends on who is faster, the program or a busy Slurm.
hold() { kill -STOP $(processes "$1"); }
is_told() { # JOB: whether SIGUSR1 (bit 9) or SIGTERM (bit 14) waits for each of its processes, or has ended it
    local process pending
    for process in $(processes "$1"); do
        pending=$(sed -n 's/^ShdPnd:\t//p' "/proc/$process/status" 2> /dev/null || true)
        [ -z "$pending" ] || [ $((0x$pending & 0x4200)) -ne 0 ] || return 1
    done
}
is_started() { [ -n "$(processes "$1")" ]; }
has_said_so() { grep -q "stopped by the scheduler" "$1"; }
# As --signal=B:USR1 does some time before the limit.
signal_ahead() { scancel --batch --signal=USR1 "$1"; }
restarts() { scontrol -o show job "$1" | sed -n 's/.* Restarts=\([0-9]*\) .*/\1/p'; }

part=$(PARTS=$folder/told submit --array=1 --cpus-per-task=1 "$repository/docs/cluster/prepare.sbatch")
try_until 240 is_started "$part" || fail "the part did not start"
hold "$part" || fail "the part ended before it could be held"
signal_ahead "${part}_1"
try_until 240 is_told "$part" || fail "Slurm has not told the part after 60 s: $(state "$part")"
kill -CONT $(processes "$part") 2> /dev/null || true
try_until 480 has_said_so "iris-prepare-${part}_1.log" || fail "the part was told to end but did not go back into the queue"
resume_now "${part}_1"
await "$part" 300
check "a part that was told to end completes after all" "COMPLETED 1" "$(state "$part") $(restarts "$part")"
check "and holds every case" "$expected" "$(digest "$folder/told/1")"

# ---- One of several tasks is told so. The leading one bears the number of the whole array, so that what is said of it could be
# taken to mean all.
tasks_of() { scontrol -o show job "$1" | sed -n 's/^JobId=\([0-9]*\) .* ArrayTaskId=\([0-9]*\) .*/\1 \2/p'; }
# Each as soon as it starts: a part of a few small cases lasts half a second.
hold_three() {
    local process held=' ' try
    for try in $(seq 3000); do
        for process in $(awk -v first="$1" '$1 >= first {print $2}' processes); do
            [[ $held == *" $process "* ]] || { kill -STOP "$process" && held+="$process "; } || return 1
        done
        [ "$(wc -w <<< "$held")" -lt 3 ] || return 0
        sleep 0.02
    done
    return 1
}
was_requeued() { [ "$(restarts "$1")" = 1 ]; }
# What Slurm sends the program for a more urgent job.
make_room() { scancel --signal=TERM "$1"; }

told_alone() { # NAME ASK
    local name=$1 array number task told='' siblings=() merge
    array=$(PARTS=$folder/$name submit --array=1-3 --cpus-per-task=1 "$repository/docs/cluster/prepare.sbatch")
    hold_three "$array" || fail "$name: the tasks did not start, or ended before they could be held: $(state "$array")"
    while read -r number task; do
        if [ "$number" = "$array" ]; then told=${array}_$task; else siblings+=("$number"); fi
    done < <(tasks_of "$array")
    check "$name: one of three tasks bears the array's number" 2 "${#siblings[@]}"
    "$2" "$told"
    try_until 240 is_told "$array" || fail "$name: Slurm has not told the task after 60 s: $(state "$told")"
    kill -CONT $(processes "$array") 2> /dev/null || true
    try_until 480 has_said_so "iris-prepare-$told.log" || fail "$name: the task was told to end but did not go back into the queue"
    try_until 240 was_requeued "$told" || fail "$name: the task was not queued anew: $(state "$told")"
    for number in "${siblings[@]}"; do
        check "$name: a task beside it goes on" "RUNNING 0" "$(state "$number") $(restarts "$number")"
        if is_told "$number"; then fail "$name: a task beside it was told, too"; fi
        kill -CONT $(processes "$number")
    done
    resume_now "$told"
    await "$array" 300
    check "$name: every task completes, and it alone was begun twice" "COMPLETED 1 0 0" \
        "$(state "$array") $(restarts "$told") $(restarts "${siblings[0]}") $(restarts "${siblings[1]}")"
    merge=$(PARTS=$folder/$name STORE=$folder/$name-merged submit --cpus-per-task=2 "$repository/docs/cluster/merge.sbatch")
    await "$merge" 300
    check "$name: the parts hold every case" "$expected" "$(digest "$folder/$name-merged")"
}
told_alone task-out-of-time signal_ahead
told_alone task-pushed-aside make_room

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
    try_until 480 test -s "$name/log.jsonl" || fail "$name did not start to train"
    hold "$job" || fail "$name ended before it could be held: raise STEPS"
    "$2" "$job"
    try_until 240 is_told "$job" || fail "Slurm has not told $name after 60 s: $(state "$job")"
    kill -CONT $(processes "$job") 2> /dev/null || true
    try_until 480 has_said_so "iris-train-$job.log" || fail "$name was told to end but did not go back into the queue: $(state "$job")"
    [ -n "$(find "$name/checkpoints" -name 'step-*.safetensors')" ] || fail "$name wrote no checkpoint when asked to end"
    resume_now "$job"
    await "$job" 600
    check "$name: completed after all" COMPLETED "$(state "$job")"
    [ "$(restarts "$job")" -ge 1 ] || fail "$name was not queued anew"
    check "$name: weights of the undisturbed training" "$(weights undisturbed)" "$(weights "$name")"
}
urgent_job() { submit --partition=urgent --nodes=2 --ntasks-per-node=1 --cpus-per-task=2 --wrap 'sleep 2' > /dev/null; }
pushed_aside preempted urgent_job
pushed_aside out-of-time signal_ahead

job=$(SLURM_CPU_BIND=cores RUN=$folder/cancelled submit_training --cpus-per-task=2)
try_until 480 test -s cancelled/log.jsonl || fail "the training did not start"
check "both processes have the processors they asked for" "2" "$(processors "$job")"
check "both processes noted themselves" 2 "$(processes "$job" | wc -l)"
scancel "$job"
await "$job" 60
check "a cancelled training stays so" CANCELLED "$(state "$job")"

echo "Slurm: $checks checks passed"
