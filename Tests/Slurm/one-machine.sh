# Sourced: a Slurm of this one machine in a folder of its own, on loopback, beside any that is installed and configured.
#
#   start_slurm FOLDER CORES    starts munged, slurmctld and two slurmd; exports SLURM_CONF
#   stop_slurm FOLDER           ends them, by the process ids they wrote

start_slurm() {
    local folder=$1 cores=$2 first=${SLURM_TEST_PORT:-27817}
    mkdir -p "$folder"/{state,spool-one,spool-two,munge,temporary,temporary-one,temporary-two}
    chmod 0755 "$folder" "$folder/munge"
    dd if=/dev/urandom of="$folder/munge/key" bs=1024 count=1 status=none
    chmod 0600 "$folder/munge/key"
    munged --force --socket="$folder/munge/socket" --key-file="$folder/munge/key" --pid-file="$folder/munge/pid" \
        --log-file="$folder/munge/log" --seed-file="$folder/munge/seed"
    cat > "$folder/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
SlurmctldPort=$first
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
CryptoType=crypto/munge
TmpFS=$folder/temporary
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool-%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd-%n.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd-%n.log
ProctrackType=proctrack/linuxproc
# Binds tasks to processors where a job asks for it (SLURM_CPU_BIND=cores).
TaskPlugin=task/affinity
TaskPluginParam=None
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$folder/jobs.txt
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=2,sched_min_interval=100000,batch_sched_delay=0,bf_interval=2,preempt_send_user_signal
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=1
KillWait=10
MinJobAge=600
ReturnToService=2
NodeName=one NodeAddr=127.0.0.1 NodeHostname=$(hostname -s) Port=$((first + 1)) CPUs=$cores State=UNKNOWN
NodeName=two NodeAddr=127.0.0.1 NodeHostname=$(hostname -s) Port=$((first + 2)) CPUs=$cores State=UNKNOWN
PartitionName=normal Nodes=one,two Default=YES MaxTime=INFINITE PriorityTier=1 GraceTime=60 State=UP
PartitionName=urgent Nodes=one,two MaxTime=INFINITE PriorityTier=2 State=UP
CONF
    export SLURM_CONF=$folder/slurm.conf
    slurmctld
    # As on two machines, each node has temporary files of its own: PMIx's would meet in one folder.
    local node try
    for node in one two; do
        unshare --mount sh -c "mount --bind '$folder/temporary-$node' '$folder/temporary' && exec slurmd -N $node"
    done
    for try in $(seq 60); do
        [ "$(sinfo -h -N -p normal -t idle -o %N 2>/dev/null | wc -l)" -eq 2 ] && return
        sleep 0.5
    done
    echo "Slurm did not come up:" >&2
    tail -n 5 "$folder"/*.log "$folder/munge/log" >&2
    return 1
}

stop_slurm() {
    local folder=$1 file pid
    # Jobs outlive their Slurm.
    if [ -s "$folder/slurmctld.pid" ]; then
        scancel --user="$(id -un)" 2> /dev/null || true
        for _ in $(seq 100); do [ -n "$(squeue --noheader 2> /dev/null || true)" ] || break; sleep 0.1; done
    fi
    for file in "$folder"/slurmd-*.pid "$folder/slurmctld.pid" "$folder/munge/pid"; do
        [ -s "$file" ] || continue
        pid=$(< "$file")
        kill "$pid" 2>/dev/null || continue
        # The next one still needs the one after it, to say goodbye.
        for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    done
}
