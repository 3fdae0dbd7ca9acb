#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Which processors, memory nodes and disk turns a container's processes get, and what kind of machine they see: read from the kernel.
# shellcheck disable=SC2154

load helpers/common

setup() {
        ward_setup
        needs_root
}

teardown() { remove_all; }

# exec_pid ARGUMENT...: starts a process by `exec -d`; it keeps nothing open by which a caller would wait for its end.
exec_pid() {
        oci exec -d --pid-file "$WORK/pid" "$@" >"$WORK/out" 2>&1 </dev/null || { cat "$WORK/out" >&2; return 1; }
        cat "$WORK/pid"
}

# process FILTER: $WORK/process.json, the config's process with a command of its own, changed by the filter.
process() { jq ".process | .args = [\"sleep\", \"100\"] | $1" <"$BUNDLE/config.json" >"$WORK/process.json"; }

# field PID NAME: a field of /proc/PID/status.
field() { sed -n "s/^$2:\t*//p" "/proc/$1/status"; }

# A group of cgroup v1 has no real-time budget of its own (CONFIG_RT_GROUP_SCHED): 10 ms of 1 s.
give_realtime() {
        [[ ! -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ]] ||
                edit '.linux.resources.cpu += {realtimeRuntime: 10000, realtimePeriod: 1000000}'
}

@test "scheduler: SCHED_BATCH with a nice value, of init and of what is executed" {
        make_bundle sleep 100
        edit '.process.scheduler = {policy: "SCHED_BATCH", nice: 7}'
        oci run -d -b "$BUNDLE" "$ID"
        [[ $(chrt -p "$(init_pid)") == *"policy: SCHED_BATCH"* ]]
        [[ $(ps -o ni= -p "$(init_pid)") -eq 7 ]]
        pid=$(exec_pid "$ID" sleep 100)
        [[ $(chrt -p "$pid") == *"policy: SCHED_BATCH"* ]]
        [[ $(ps -o ni= -p "$pid") -eq 7 ]]
}

@test "scheduler: a lower nice value of what is executed" {
        needs_machine_root "a lower nice value"
        make_bundle sleep 100
        oci run -d -b "$BUNDLE" "$ID"
        process '.scheduler = {policy: "SCHED_OTHER", nice: -5}'
        pid=$(exec_pid -p "$WORK/process.json" "$ID")
        [[ $(chrt -p "$pid") == *"policy: SCHED_OTHER"* ]]
        [[ $(ps -o ni= -p "$pid") -eq -5 ]]
}

@test "scheduler: create sets it before start, also in a user namespace" {
        needs_machine_root "a lower nice value"
        make_bundle sleep 100
        edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 200000, size: 65536}]
              | .linux.gidMappings = .linux.uidMappings | .process.user = {uid: 1000, gid: 1000}
              | .process.scheduler = {policy: "SCHED_OTHER", nice: -11}
              | .process.ioPriority = {class: "IOPRIO_CLASS_RT", priority: 1}'
        chown -R 200000:200000 "$BUNDLE/rootfs"
        oci create -b "$BUNDLE" "$ID"
        [[ $(ps -o ni= -p "$(init_pid)") -eq -11 ]]
        [[ $(ionice -p "$(init_pid)") == "realtime: prio 1" ]]
        oci start "$ID"
        [[ $(ps -o ni= -p "$(init_pid)") -eq -11 ]]
        pid=$(exec_pid "$ID" sleep 100)
        [[ $(ps -o ni= -p "$pid") -eq -11 ]]
        [[ $(ionice -p "$pid") == "realtime: prio 1" ]]
}

@test "scheduler: a flag by which what is forked loses it" {
        needs_machine_root "a lower nice value"
        make_bundle sh -c 'sleep 100 & wait'
        edit '.process.scheduler = {policy: "SCHED_OTHER", nice: -9, flags: ["SCHED_FLAG_RESET_ON_FORK"]}'
        oci run -d -b "$BUNDLE" "$ID"
        [[ $(chrt -p "$(init_pid)") == *"SCHED_OTHER|SCHED_RESET_ON_FORK"* ]]
        [[ $(ps -o ni= -p "$(init_pid)") -eq -9 ]]
        # A process that joins is cloned, and is what the config says all the same.
        pid=$(exec_pid "$ID" sleep 100)
        [[ $(chrt -p "$pid") == *"SCHED_OTHER|SCHED_RESET_ON_FORK"* ]]
        [[ $(ps -o ni= -p "$pid") -eq -9 ]]
        wait_until 5 pgrep -P "$(init_pid)" sleep
        [[ $(ps -o ni= -p "$(pgrep -P "$(init_pid)" sleep)") -eq 0 ]]
}

@test "scheduler: the idle policy" {
        make_bundle sleep 100
        edit '.process.scheduler = {policy: "SCHED_IDLE"}'
        oci run -d -b "$BUNDLE" "$ID"
        [[ $(chrt -p "$(init_pid)") == *"policy: SCHED_IDLE"* ]]
}

@test "scheduler: a budget, which hooks of the container can't be started from" {
        make_bundle sleep 100
        edit '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 1000000, deadline: 50000000, period: 100000000}'
        if oci run -d -b "$BUNDLE" "$ID" >"$WORK/out" 2>&1 3>&-; then
                [[ $(chrt -p "$(init_pid)") == *"policy: SCHED_DEADLINE"*1000000/50000000/100000000* ]]
                oci delete --force "$ID"
        else
                # A cpuset, or a kernel without it: told, and nothing is left.
                grep -q 'process.scheduler.*be scheduled by SCHED_DEADLINE' "$WORK/out"
                nothing_left
        fi
        edit '.hooks.startContainer = [{path: "/bin/true"}]'
        fails_with "process.scheduler: a process of SCHED_DEADLINE can't start the startContainer hooks" \
                oci run -d -b "$BUNDLE" "$ID"
}

@test "scheduler: real time, where the container's group has a budget" {
        needs_machine_root "real time"
        make_bundle sleep 100
        give_realtime
        edit '.process.scheduler = {policy: "SCHED_FIFO", priority: 11}'
        oci run -d -b "$BUNDLE" "$ID"
        [[ $(chrt -p "$(init_pid)") == *"policy: SCHED_FIFO"*"priority: 11" ]]
        process '.scheduler = {policy: "SCHED_RR", priority: 3}'
        pid=$(exec_pid -p "$WORK/process.json" "$ID")
        [[ $(chrt -p "$pid") == *"policy: SCHED_RR"*"priority: 3" ]]
}

@test "scheduler: what the kernel refuses is told with its place and its reason" {
        [[ -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ]] || unable "the groups of this machine have no real-time budget to lack"
        make_bundle true
        edit '.process.scheduler = {policy: "SCHED_FIFO", priority: 11}'
        fails_with "process.scheduler \(.*config.json line [0-9]+\): be scheduled by SCHED_FIFO: Operation not permitted" \
                oci run -b "$BUNDLE" "$ID"
        [[ $output == *realtimeRuntime* ]]
        fails_with "be scheduled by SCHED_FIFO" oci create -b "$BUNDLE" "$ID"
        nothing_left
}

@test "scheduler: an ordinary user may be slower, and not faster" {
        make_bundle awk '{ print $19 }' /proc/self/stat
        chmod -R a+rX "$WORK"
        chmod 755 "$BATS_RUN_TMPDIR"
        edit '.linux.namespaces |= map(select(.type != "network")) + [{type: "user"}] | del(.linux.resources)
              | .linux.uidMappings = [{containerID: 0, hostID: 65534, size: 1}] | .linux.gidMappings = .linux.uidMappings
              | .mounts |= map(select(.type != "cgroup" and .type != "sysfs")
                               | .options = ((.options // []) | map(select(test("gid=") | not))))
              | .process.scheduler = {policy: "SCHED_BATCH", nice: 6}'
        mkdir -m 777 "$WORK/own"
        run as_nobody "$WARD_BUILD/bin/ward-oci" --root "$WORK/own/state" run -b "$BUNDLE" "$ID"
        expect_status 0
        expect_output 6
        edit '.process.scheduler.nice = -6'
        fails_with "process.scheduler.*: be scheduled by SCHED_BATCH: (Operation not permitted|Permission denied)" \
                as_nobody "$WARD_BUILD/bin/ward-oci" --root "$WORK/own/state" run -b "$BUNDLE" "$ID"
        [[ $output == *RLIMIT_NICE* ]]
        edit 'del(.process.scheduler) | .process.ioPriority = {class: "IOPRIO_CLASS_IDLE", priority: 0}'
        run as_nobody "$WARD_BUILD/bin/ward-oci" --root "$WORK/own/state" run -b "$BUNDLE" "$ID"
        expect_status 0
        edit '.process.ioPriority.class = "IOPRIO_CLASS_RT"'
        fails_with "set the I/O priority IOPRIO_CLASS_RT 0: Operation not permitted" \
                as_nobody "$WARD_BUILD/bin/ward-oci" --root "$WORK/own/state" run -b "$BUNDLE" "$ID"
}

@test "ioPriority: each class, of init and of what is executed" {
        make_bundle sleep 100
        edit '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}'
        oci run -d -b "$BUNDLE" "$ID"
        [[ $(ionice -p "$(init_pid)") == "best-effort: prio 6" ]]
        pid=$(exec_pid "$ID" sleep 100)
        [[ $(ionice -p "$pid") == "best-effort: prio 6" ]]
        process '.ioPriority = {class: "IOPRIO_CLASS_IDLE", priority: 3}'
        pid=$(exec_pid -p "$WORK/process.json" "$ID")
        [[ $(ionice -p "$pid") == "idle" ]]
}

@test "ioPriority: the class for real time" {
        needs_machine_root "the class for real time"
        make_bundle sleep 100
        oci run -d -b "$BUNDLE" "$ID"
        process '.ioPriority = {class: "IOPRIO_CLASS_RT", priority: 0}'
        pid=$(exec_pid -p "$WORK/process.json" "$ID")
        [[ $(ionice -p "$pid") == "realtime: prio 0" ]]
}

@test "execCPUAffinity: of what is executed, not of init" {
        make_bundle sleep 100
        last=$(($(nproc --all) - 1))
        all=$(field self Cpus_allowed_list)
        edit --arg last "$last" '.process.execCPUAffinity = {initial: "0", final: $last}'
        oci run -d -b "$BUNDLE" "$ID"
        [[ $(field "$(init_pid)" Cpus_allowed_list) == "$all" ]]
        pid=$(exec_pid "$ID" sleep 100)
        [[ $(field "$pid" Cpus_allowed_list) == "$last" ]]
        # Without `final` the kernel decides: what was set before stays where no cpuset changes it.
        process '.execCPUAffinity = {initial: "0"}'
        pid=$(exec_pid -p "$WORK/process.json" "$ID")
        [[ $(field "$pid" Cpus_allowed_list) == 0 ]]
        # Of processors that are not there none is got; of a range that passes the last one, the others.
        process '.execCPUAffinity = {final: "0-8191"}'
        pid=$(exec_pid -p "$WORK/process.json" "$ID")
        [[ $(field "$pid" Cpus_allowed_list) == "$all" ]]
        process '.execCPUAffinity = {final: "8191"}'
        fails_with "execCPUAffinity.final \(.*line [0-9]+\): run on the processors 8191: Invalid argument" \
                oci exec -p "$WORK/process.json" "$ID"
        [[ $output == *"run on the processors 8191: Invalid argument"*"none of them is online"* ]]
}

@test "execCPUAffinity: a cpuset of the container is the limit" {
        (($(nproc --all) > 1)) || unable "the machine has one processor"
        make_bundle sleep 100
        edit '.linux.resources.cpu = {cpus: "1"}'
        oci run -d -b "$BUNDLE" "$ID"
        process '.execCPUAffinity = {initial: "0", final: "0-1"}'
        pid=$(exec_pid -p "$WORK/process.json" "$ID")
        [[ $(field "$pid" Cpus_allowed_list) == 1 ]]
        process '.execCPUAffinity = {initial: "1", final: "0"}'
        fails_with "run on the processors 0: Invalid argument" oci exec -p "$WORK/process.json" "$ID"
        [[ $output == *linux.resources.cpu.cpus* ]]
}

@test "personality: what uname says, of init and of what is executed" {
        [[ $(uname -m) == x86_64 ]] || unable "the machine's name under LINUX32 is known for x86_64 alone"
        make_bundle sh -c 'uname -m; sleep 100'
        edit '.linux.personality = {domain: "LINUX32", flags: []}'
        oci run -b "$BUNDLE" "$ID" >"$WORK/out" 3>&- &
        wait_until 5 grep -q . "$WORK/out"
        [[ $(<"$WORK/out") == i686 ]]
        [[ $(cat "/proc/$(init_pid)/personality") == 00000008 ]]
        [[ $(oci exec "$ID" uname -m) == i686 ]]
        oci kill "$ID" KILL
        wait $! || true
        edit '.linux.personality.domain = "LINUX" | .process.args = ["uname", "-m"]'
        [[ $(oci run -b "$BUNDLE" "$ID") == x86_64 ]]
}

@test "memoryPolicy: each mode, in numa_maps of init and of what is executed" {
        [[ -e /proc/self/numa_maps ]] || unable "this kernel knows no memory nodes (CONFIG_NUMA)"
        make_bundle grep -m 1 stack /proc/self/numa_maps
        while read -r mode nodes flags seen; do
                # Newer than some kernels that the tests run on.
                [[ $mode != MPOL_WEIGHTED_INTERLEAVE || $(printf '6.9\n%s\n' "$(uname -r)" | sort -V | head -n 1) == 6.9 ]] || continue
                edit --arg mode "$mode" --arg nodes "$nodes" --arg flags "$flags" \
                        '.linux.memoryPolicy = ({mode: $mode} + if $nodes == "-" then {} else {nodes: $nodes} end
                                                + if $flags == "-" then {} else {flags: ($flags | split(","))} end)'
                run oci run -b "$BUNDLE" "$ID"
                [[ $output =~ ^[0-9a-f]+\ "$seen"\  ]] || { echo "$mode: wanted $seen in: $output"; return 1; }
        done <<-END
		MPOL_DEFAULT - - default
		MPOL_LOCAL - - local
		MPOL_BIND 0 - bind:0
		MPOL_BIND 0 MPOL_F_STATIC_NODES bind=static:0
		MPOL_BIND 0 MPOL_F_RELATIVE_NODES,MPOL_F_NUMA_BALANCING bind=relative|balancing:0
		MPOL_INTERLEAVE 0 MPOL_F_RELATIVE_NODES interleave=relative:0
		MPOL_WEIGHTED_INTERLEAVE 0 - weighted interleave:0
		MPOL_PREFERRED 0 - prefer:0
		MPOL_PREFERRED - - local
		MPOL_PREFERRED_MANY 0 - prefer (many):0
	END
        edit '.linux.memoryPolicy = {mode: "MPOL_INTERLEAVE", nodes: "0"} | .process.args = ["sleep", "100"]'
        oci run -d -b "$BUNDLE" "$ID"
        [[ $(oci exec "$ID" grep -m 1 stack /proc/self/numa_maps) == *" interleave:0 "* ]]
}

@test "memoryPolicy: nodes that the machine has not are refused" {
        [[ -e /proc/self/numa_maps ]] || unable "this kernel knows no memory nodes (CONFIG_NUMA)"
        make_bundle true
        edit '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "1023"}'
        fails_with "linux.memoryPolicy \(.*line [0-9]+\): set the memory policy MPOL_BIND for the nodes 1023: Invalid argument" \
                oci run -b "$BUNDLE" "$ID"
        [[ $output == *"/sys/devices/system/node/online"* ]]
        nothing_left
}

@test "consoleSize: of the terminal of what is executed; without a terminal it is ignored" {
        make_bundle sleep 100
        edit '.process.terminal = false | .process.consoleSize = {height: 33, width: 77}'
        oci run -d -b "$BUNDLE" "$ID"
        process '.args = ["stty", "size"] | .terminal = true | .consoleSize = {height: 21, width: 43}'
        "$HELPERS/receive.py" console "$WORK/socket" >"$WORK/out" 2>&1 3>&- &
        receiver=$!
        wait_until 5 test -S "$WORK/socket"
        oci exec -d --console-socket "$WORK/socket" -p "$WORK/process.json" "$ID"
        wait "$receiver"
        grep -q '^21 43' "$WORK/out"
}

# The propagation of the root, without numbers, as RUNTIME shows it where all mounts of the machine are shared.
root_propagation() {
        unshare --mount --propagation shared "$@" run -b "$BUNDLE" "$ID" |
                awk '$5 == "/" { for (i = 7; $i != "-"; i++) { sub(/:.*/, "", $i); printf "%s ", $i } }'
}

@test "rootfsPropagation: each word, as the kernel shows the root, and as runc has slave and private" {
        make_bundle cat /proc/self/mountinfo
        while read -r word seen; do
                edit --arg word "$word" '.linux.rootfsPropagation = $word'
                own=$(root_propagation "$WARD_BUILD/bin/ward-oci" --root "$WORK/state")
                [[ ${own% } == "$seen" ]] || { echo "$word: $own"; return 1; }
                # runc leaves the other words without effect where it pivots.
                [[ ! $word =~ slave|private ]] || ! command -v runc >/dev/null ||
                        [[ $(root_propagation runc --root "$WORK/runc" 2>&1) == "$own" ]] ||
                        { echo "$word: ward-oci $own, runc $(root_propagation runc --root "$WORK/runc" 2>&1)"; return 1; }
        done <<-END
		shared shared master
		rshared shared master
		slave master
		rslave master
		private
		rprivate
		unbindable unbindable
		runbindable unbindable
	END
}

@test "timeOffsets: both clocks are ahead inside, of init and of what is executed" {
        [[ -e /proc/self/ns/time ]] || unable "this kernel has no time namespaces (CONFIG_TIME_NS)"
        make_bundle sleep 100
        edit '.linux.namespaces += [{type: "time"}]
              | .linux.timeOffsets = {boottime: {secs: 86400, nanosecs: 5}, monotonic: {secs: 7200}}'
        oci run -d -b "$BUNDLE" "$ID"
        [[ $(tr -s ' ' <"/proc/$(init_pid)/timens_offsets") == "monotonic 7200 0"$'\n'"boottime 86400 5" ]]
        inside=$(oci exec "$ID" cut -d. -f1 /proc/uptime)
        own=$(cut -d. -f1 /proc/uptime)
        ((inside - own >= 86399 && inside - own <= 86402))
}

@test "intelRdt: a machine without it refuses, before anything is made" {
        [[ ! -d /sys/fs/resctrl ]] || unable "this machine has resctrl: tests/unit/test-resctrl.c has the other half"
        make_bundle true
        edit '.linux.intelRdt = {closID: "gold", schemata: ["L3:0=f"], enableMonitoring: true}'
        fails_with "linux.intelRdt \(config.json line [0-9]+\): this kernel, or the processor, has no resource control" \
                oci run -b "$BUNDLE" "$ID"
        [[ $output == *CONFIG_X86_CPU_RESCTRL* ]]
        fails_with "linux.intelRdt" oci create -b "$BUNDLE" "$ID"
        nothing_left
}

@test "features names what the parser takes" {
        oci features >"$WORK/features"
        [[ $(jq -r .ociVersionMax "$WORK/features") == 1.3.0 ]]
        [[ $(jq -c '.linux | [.intelRdt.enabled, .intelRdt.schemata, .intelRdt.monitoring, .netDevices.enabled]' "$WORK/features") == "[true,true,true,true]" ]]
        make_bundle true
        cp "$BUNDLE/config.json" "$WORK/plain.json"
        for mode in $(jq -r '.linux.memoryPolicy.modes[]' "$WORK/features"); do
                jq --arg mode "$mode" '.linux.memoryPolicy = ({mode: $mode}
                        + if $mode | test("DEFAULT|LOCAL") then {} else {nodes: "0"} end)' "$WORK/plain.json" >"$WORK/one.json"
                oci plan -f "$WORK/one.json" | grep -q "set the memory policy $mode"
        done
        for flag in $(jq -r '.linux.memoryPolicy.flags[]' "$WORK/features"); do
                jq --arg flag "$flag" '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: [$flag]}' \
                        "$WORK/plain.json" >"$WORK/one.json"
                oci plan -f "$WORK/one.json" | grep -q 'set the memory policy MPOL_BIND for the nodes 0: flags 0x'
        done
}
