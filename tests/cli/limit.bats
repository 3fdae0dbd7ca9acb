#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2030,SC2031
#
# ward limit: what runs already is limited, and let go again; the limits hold where they are set, and nowhere else.
#
# WARD_TEST_FULL=1 bats tests/cli/limit.bats measures, too, and says what it found.

load ../helpers

setup() {
        ward_setup
        LOAD=$WARD_BUILD/tests/cli/load
        NICE=$(nice)
        PIDS=()
}

teardown() {
        ward limit --undo "${PID:-0}" >/dev/null 2>&1 || true
        ward limit --undo "/$ID" >/dev/null 2>&1 || true
        ward_oci delete --force "$ID" >/dev/null 2>&1 || true
        ((${#PIDS[@]} == 0)) || kill -KILL "${PIDS[@]}" 2>/dev/null || true
        [[ -z ${TREE:-} ]] || kill -KILL -- -"$TREE" 2>/dev/null || true
        # Who has failed may not know all of them.
        # shellcheck disable=SC2046
        kill -KILL $(jobs -rp) 2>/dev/null || true
        wait 2>/dev/null || true
        ward gc >/dev/null || true
        wait_until 5 remove_groups || true
        [[ -z ${OWN:-} ]] || rm -rf "$OWN"
        ward_teardown
}

# ---- processes in groups of the test's own, in every hierarchy ------------------------------------------------------------------

# The directories of all hierarchies.
hierarchies() { awk '$(NF-2) ~ /^cgroup2?$/ { print $5 }' /proc/self/mountinfo; }

# The directory in which FILE, of one version or the other, is a file of the group of the process: of_group PID FILE...
file_of() {
        local pid=$1 mount path controllers file
        shift
        while IFS=: read -r _ controllers path; do
                while read -r mount; do
                        case $controllers in
                        "") [[ $(stat -fc %T "$mount") == cgroup2fs ]] || continue ;;
                        *) [[ ${mount##*/} == "$controllers" || ${mount##*/} == "${controllers#name=}" ]] || continue ;;
                        esac
                        for file in "$@"; do
                                [[ ! -e $mount$path/$file ]] || { echo "$mount$path/$file"; return; }
                        done
                done < <(hierarchies)
        done <"/proc/$pid/cgroup"
        return 1
}

value_of() { cat "$(file_of "$@")"; }

make_groups() {
        local mount file
        needs_machine_root "groups of v1 are made by root"
        while read -r mount; do
                mkdir "$mount/$ID"
                for file in cpuset.cpus cpuset.mems; do
                        [[ ! -e $mount/$file || -e $mount/cgroup.controllers ]] || cat "$mount/$file" >"$mount/$ID/$file"
                done
        done < <(hierarchies)
}

remove_groups() {
        local mount ok=true
        while read -r mount; do
                [[ ! -d $mount/$ID ]] || find "$mount/$ID" -depth -type d -exec rmdir {} + 2>/dev/null || ok=false
        done < <(hierarchies)
        $ok
}

join_groups() {
        local mount
        while read -r mount; do
                [[ ! -d $mount/$ID ]] || echo "$BASHPID" >"$mount/$ID/cgroup.procs"
        done < <(hierarchies)
}

# begin WORD...: tests/cli/helpers/load.c in the test's groups; its number in $PID. `tell` gives it a line.
begin() {
        [[ -p in ]] || mkfifo in
        (
                join_groups
                exec setsid "$LOAD" "$@" <in >out 2>&1 3>&-
        ) &
        PID=$!
        PIDS+=("$PID")
        exec 6>in
        wait_until 5 is_begun
}
is_begun() { [[ $(<"/proc/$PID/comm") == load ]]; }
tell() { echo go >&6; }
says() { grep -q "^$1" out; }
lines() { (($(wc -l <out) == $1)); }
is_gone() { ! kill -0 "$1" 2>/dev/null || grep -q '^State:.[ZX]' "/proc/$1/status"; }
groups_as_before() { ! grep -q "ward-" "/proc/$1/cgroup" && grep -q ":/$ID\$" "/proc/$1/cgroup"; }
no_groups() { [[ -z $(find /sys/fs/cgroup -path "*$ID/*" -type d) ]]; }

# told WORD...: for who runs this by hand.
told() { [[ -z ${WARD_TEST_FULL:-} ]] || echo "# $*" >&3; }

# row LIMIT: the line of a table, as "BEFORE AFTER".
row() { awk -v limit="$1" '$1 == limit { print $2, $3 }' <<<"$output"; }

# ---- what limits do -------------------------------------------------------------------------------------------------------------

# bats test_tags=vm
@test "a memory hog is killed in its own group alone, and the cause is said" {
        make_groups
        begin memory 64
        hog=$PID
        join_groups_sleep=$(
                (
                        join_groups
                        exec sleep 1000 >/dev/null 2>&1 3>&-
                ) &
                echo $!
        )
        PIDS+=("$join_groups_sleep")
        run ward limit --memory 16M --memory-swap 16M "$hog"
        [[ $status == 0 || $output == *swap* ]] || shown
        ((status == 0)) || run ward limit --memory 16M "$hog"
        expect_status 0
        tell
        wait_until 20 is_gone "$hog"
        [[ ! -s out ]] || { cat out; false; }
        kill -0 "$join_groups_sleep"
        run ward limit "$hog"
        expect_status 0
        expect_in_output "the OOM killer ended 1 of its processes" "process $hog has ended"
        told "64 MiB at a limit of 16 MiB: $(grep -o "the OOM killer ended 1 of its processes" <<<"$output"), and no other"
        ward limit --undo "$hog"
        wait_until 5 no_groups
}

# bats test_tags=vm
@test "a fork bomb is stopped at its limit" {
        make_groups
        begin bomb 200
        TREE=$PID
        ward limit --pids 20 "$PID"
        tell
        wait_until 10 says made
        [[ $(<out) == "made 19" ]] || { cat out; false; }
        run ward limit "$PID"
        expect_in_output "at the limit of processes it could not make another one"
        told "at a limit of 20 processes it $(<out)"
        ward limit --undo "$PID"
        groups_as_before "$PID"
        # Those that were made since come back, too.
        no_groups
}

# bats test_tags=vm
@test "a device is denied to a process that runs, allowed again, and everything with --undo" {
        make_groups
        begin open /dev/null
        tell
        tell
        wait_until 5 lines 1
        ward limit --device-deny 'c 1:3 w' "$PID"
        tell
        wait_until 5 lines 2
        ward limit --device 'c 1:3 w' "$PID"
        tell
        wait_until 5 lines 3
        ward limit --device-deny 'a *:* rwm' "$PID"
        tell
        wait_until 5 lines 4
        ward limit --undo "$PID"
        tell
        wait_until 5 lines 5
        diff out <(printf '%s\n' opened "Operation not permitted" opened "Operation not permitted" opened)
        told "/dev/null to write; with c 1:3 w denied; allowed; with everything denied; undone: $(paste -sd, out)"
}

# bats test_tags=full
@test "the rate of a disk is held" {
        local disk
        make_groups
        [[ -n ${WARD_TEST_FULL:-} ]] || unable "takes some seconds: WARD_TEST_FULL=1"
        disk=$(readlink -f "/sys/dev/block/$(stat -c %Hd:%Ld "$WORK")")
        [[ ! -e $disk/partition ]] || disk=${disk%/*}
        disk=${disk##*/}
        [[ -b /dev/$disk ]] || skip "the test's directory is on no disk"
        begin write "$WORK/data" 8
        run ward limit --device-write-bps "/dev/$disk:2M" "$PID"
        expect_status 0
        tell
        wait_until 60 says took
        told "8 MiB at 2 MiB/s $(<out) ms"
        (($(awk '{ print $2 }' out) > 3000)) || { cat out; false; }
        # And without it.
        ward limit --undo "$PID"
        begin write "$WORK/data" 8
        tell
        wait_until 60 says took
        told "8 MiB without that $(<out) ms"
        (($(awk '{ print $2 }' out) < 2500)) || { cat out; false; }
}

# bats test_tags=full
@test "half a processor is half a processor" {
        local used
        make_groups
        [[ -n ${WARD_TEST_FULL:-} ]] || unable "takes ten seconds: WARD_TEST_FULL=1"
        begin spin 10
        ward limit --cpus 0.5 "$PID"
        # Before others, so that half of one is to be had also while the machine is busy.
        echo 10000 >"$(dirname "$(file_of "$PID" cpu.max cpu.shares)")/../cpu.weight" 2>/dev/null ||
                echo 262144 >"$(dirname "$(file_of "$PID" cpu.shares)")/../cpu.shares"
        tell
        wait_until 60 says used
        used=$(awk '{ print $2 }' out)
        told "at half a processor it used $used ms of 10000"
        echo "used $used ms of 10000"
        ((used >= 4700 && used <= 5300))
}

# ---- a tree ---------------------------------------------------------------------------------------------------------------------

# begin_tree: 200 processes that go on making others, each one in so many ms; $TREE is their session. An emulated processor has not so much time.
begin_tree() {
        local pause=200
        ! grep -qsE 'QEMU|User Mode Linux' /proc/cpuinfo /sys/class/dmi/id/sys_vendor || pause=4000
        begin forks "${WARD_TEST_PAUSE:-$pause}"
        TREE=$PID
        tell
        wait_until 120 says ready
}

end_tree() {
        kill -KILL -- -"$TREE"
        wait "$PID" 2>/dev/null || true
        TREE=
}

# moved_whole: once, and back again.
moved_whole() {
        ward limit --tree --memory 1G --pids 5000 "$PID" >moved
        run "$LOAD" outside "$TREE" ward-limit
        expect_status 0
        ward limit --undo "$PID"
}

# bats test_tags=vm
@test "a tree of 200 processes that go on making others is moved whole, and back" {
        local rounds=2 round
        make_groups
        ! grep -qsE 'QEMU|User Mode Linux' /proc/cpuinfo /sys/class/dmi/id/sys_vendor || rounds=1
        [[ -z ${WARD_TEST_FULL:-} ]] || rounds=${WARD_TEST_ROUNDS:-100}
        begin_tree
        for ((round = 1; round <= rounds; round++)); do
                # Not the same ones for ever.
                ((round % 20 != 0)) || { end_tree; begin_tree; }
                moved_whole
                told "round $round: ${lines[0]#inside } processes, none outside"
                groups_as_before "$PID"
                no_groups
        done
        end_tree
}

has_threads() { (($(find "/proc/$PID/task" -mindepth 1 -maxdepth 1 | wc -l) == $1)); }

# bats test_tags=vm
@test "a process is moved with all of its threads, and back" {
        make_groups
        needs_program python3
        (
                join_groups
                exec python3 -c 'import threading, time
for _ in range(30): threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
time.sleep(1000)' >/dev/null 2>&1 3>&-
        ) &
        PID=$!
        PIDS+=("$PID")
        wait_until 20 has_threads 31
        ward limit --pids 100 --memory 200M "$PID"
        [[ $(value_of "$PID" pids.current) == 31 && -z $(grep -L ward-limit "/proc/$PID"/task/*/cgroup) ]]
        ward limit --undo "$PID"
        [[ -z $(grep -l ward-limit "/proc/$PID"/task/*/cgroup) ]]
        groups_as_before "$PID"
        no_groups
}

# ---- before and after -----------------------------------------------------------------------------------------------------------

# bats test_tags=matrix-vm
@test "what was there before is shown, written down, and there again, however many limits were set" {
        make_groups
        begin open /dev/null
        FILES=$(awk '/^Max open files/ { print $4 ":" $5 }' "/proc/$PID/limits")
        run ward limit --memory 64M --cpus 0.25 --pids 10 --nice 5 --ioprio idle --oom-score-adj 300 --ulimit nofile=100:20000 "$PID"
        expect_status 0
        [[ $(row nice) == "$NICE 5" && $(row oom_score_adj) == "0 300" && $(row pids.max) == "max 10" ]] || shown
        [[ $(awk '/^Max open files/ { print $4 }' "/proc/$PID/limits") == 100 ]]
        [[ $(ionice -p "$PID") == idle ]]
        [[ $(value_of "$PID" pids.max) == 10 ]]
        run ward limit -p TasksMax=30 --nice 7 -p MemoryMax=32M "$PID"
        expect_status 0
        [[ $(row pids.max) == "max 30" && $(row nice) == "$NICE 7" ]] || shown
        [[ $(value_of "$PID" memory.limit_in_bytes memory.max) == 33554432 ]]
        run ward limit "$PID"
        [[ $(row pids.max) == "max 30" && $(row nice) == "$NICE 7" ]] || shown
        run -0 ward limit --undo "$PID"
        [[ $(row pids.max) == "30 max" && $(row nice) == "7 $NICE" && $(row RLIMIT_NOFILE) == "100:20000 $FILES" ]] || shown
        groups_as_before "$PID"
        no_groups
        [[ $(ps -o ni= -p "$PID" | tr -d ' ') == "$NICE" && $(<"/proc/$PID/oom_score_adj") == 0 && $(ionice -p "$PID") != idle ]]
        run -1 ward limit --undo "$PID"
        expect_in_output "'ward limit' has set none"
}

# bats test_tags=vm
@test "a group: what the kernel rounds and what a group above makes void is said; and its values come back" {
        make_groups
        begin open /dev/null
        run ward limit --memory 100000000 --nice 3 "/$ID"
        expect_status 0
        expect_in_output "99999744" "the kernel made it so of 100000000"
        run ward limit --memory 200M "$PID"
        expect_status 0
        expect_in_output "void: the group '/$ID" "above has 99999744"
        ward limit --undo "$PID"
        ward limit --memory 50M "/$ID"
        ward limit --undo "/$ID"
        [[ $(value_of "$PID" memory.limit_in_bytes memory.max) =~ ^(max|9223372036854771712)$ ]]
        [[ $(ps -o ni= -p "$PID" | tr -d ' ') == "$NICE" ]]
}

# bats test_tags=vm
@test "a group that was given device rules by others has them again" {
        make_groups
        begin open /dev/null
        run ward cgroup get "/$ID" devices.list
        ward limit --device-deny 'c 1:3 w' "/$ID"
        tell
        tell
        wait_until 5 lines 1
        ward limit --undo "/$ID"
        tell
        wait_until 5 lines 2
        diff out <(printf '%s\n' "Operation not permitted" opened)
}

@test "as JSON" {
        make_groups
        begin open /dev/null
        ward limit --pids 5 --format json "$PID" >json
        jq -e --arg pid "$PID" '.target == $pid and .kind == "process" and .moved == 1 and .limits[0].before == "max" and .limits[0].after == "5"' json
        ward limit --undo --format json "$PID" | jq -e '.undone and .limits[0].before == "5" and .limits[0].after == "max"'
}

# ---- a container ----------------------------------------------------------------------------------------------------------------

# bats test_tags=vm
@test "a container is limited as by update, and has what it had again" {
        local init cpus=()
        needs_root
        [[ ! -d /sys/fs/cgroup/cpuset ]] && ! grep -qw cpuset /sys/fs/cgroup/cgroup.controllers || cpus=(--cpuset-cpus 0)
        bundle b '.process.args = ["sleep", "1000"]' '.linux.resources.pids.limit = 50'
        ward_oci run -d -b b "$ID" 3>&-
        init=$(ward_oci state "$ID" | jq .pid)
        run ward limit --pids 20 --memory 64M "${cpus[@]}" --device-deny 'c 1:3 w' --nice 4 "$ID"
        [[ $status == 0 || $output == *"Operation not permitted"* || $output == *"may make no group"* ]] || shown
        ((status == 0)) || unable "needs every hierarchy"
        [[ $(row pids.max) == "50 20" && $(row nice) == "$NICE 4" ]] || shown
        [[ $(value_of "$init" pids.max) == 20 ]]
        run ward_oci exec "$ID" sh -c 'echo x >/dev/null'
        ((status != 0)) || ! is_machine_root || { echo "/dev/null could be written"; false; }
        ward limit --undo "$ID"
        [[ $(value_of "$init" pids.max) == 50 && $(ps -o ni= -p "$init" | tr -d ' ') == "$NICE" ]]
        ward_oci exec "$ID" sh -c 'echo x >/dev/null'
        ward_oci delete --force "$ID"
        run ward gc
        expect_output "Nothing to remove."
}

# bats test_tags=matrix-vm
@test "what was done to a container is not done to another one that has its name later" {
        local init
        needs_machine_root
        bundle b '.process.args = ["sleep", "1000"]' '.linux.resources.pids.limit = 50'
        ward_oci run -d -b b "$ID" 3>&-
        ward limit --pids 20 --device 'c 10:229 rwm' "$ID"
        ward_oci delete --force "$ID"
        rm -r b
        bundle b '.process.args = ["sleep", "1000"]' '.linux.resources.pids.limit = 40'
        ward_oci run -d -b b "$ID" 3>&-
        init=$(ward_oci state "$ID" | jq .pid)
        run -1 ward limit --undo "$ID"
        [[ $(value_of "$init" pids.max) == 40 ]]
        ward limit --device 'c 10:200 rwm' "$ID"
        if [[ -d /sys/fs/cgroup/devices ]]; then
                value_of "$init" devices.list | grep -q "c 10:200 rwm"
                ! value_of "$init" devices.list | grep "c 10:229" || return 1
        fi
        run ward gc
        expect_in_output "limits" "container $ID" "what was limited is gone"
        ward limit --undo "$ID"
        [[ $(value_of "$init" pids.max) == 40 ]]
        ward_oci delete --force "$ID"
        ward gc
}

# ---- who is limited -------------------------------------------------------------------------------------------------------------

# bats test_tags=matrix-vm
@test "a process that is stopped or in a frozen group, and the caller's own shell" {
        make_groups
        begin open /dev/null
        kill -STOP "$PID"
        ward limit --tree --pids 10 "$PID"
        [[ $(value_of "$PID" pids.max) == 10 ]]
        ward limit --undo "$PID"
        kill -CONT "$PID"
        ward cgroup freeze "/$ID"
        ward limit --tree --pids 10 --memory 64M "$PID"
        tell
        tell
        sleep 0.2
        [[ ! -s out ]] || { echo "it went on"; false; }
        ward limit --undo "$PID"
        sleep 0.2
        [[ ! -s out ]] || { echo "it went on when it came back"; false; }
        ward cgroup thaw "/$ID"
        wait_until 5 lines 1
        told "frozen: nothing in 0.4 s; thawed: $(<out)"
        groups_as_before "$PID"
        ( join_groups; ward limit --tree --pids 100 "$BASHPID"; grep -q ward-limit "/proc/$BASHPID/cgroup"; ward limit --undo "$BASHPID" )
}

# bats test_tags=matrix-vm
@test "who can't be limited: why" {
        make_groups
        # That of a pid namespace of its own: whatever is broken, the machine's stays free.
        run -1 unshare --pid --fork --mount-proc "$WARD_BUILD/bin/ward" --root "$WORK/state" limit --pids 10 1
        expect_in_output "can hold the whole machine" "--force"
        run -1 ward limit --pids 10 4194000
        expect_in_output "there is none, or it has ended"
        sleep 0 3>&- &
        PIDS+=($!)
        wait_until 5 is_gone $!
        run -1 ward limit --pids 10 $!
        expect_in_output "has ended"
        run -1 ward limit --pids 10 "/no/such/$ID"
        expect_in_output "no hierarchy has the control group"
        run -1 ward limit --tree --pids 10 "/$ID"
        expect_in_output "--tree is for a process"
        run -1 ward limit "/$ID"
        expect_in_output "has set none"
        run -1 ward limit --undo --pids 4 "/$ID"
        expect_in_output "--undo and a limit are both given"
        run -1 ward limit --memroy 4M "/$ID"
        expect_in_output "memory"
        run -1 ward limit -p MemroyMax=4M "/$ID"
        expect_in_output MemoryMax
        run -1 ward limit --ioprio fast "/$ID"
        expect_in_output "best-effort"
        run -1 ward limit --cpuset-cpus 4000 "/$ID"
        no_groups
}

# bats test_tags=matrix-vm
@test "a limit that can't be set leaves nothing behind" {
        make_groups
        begin open /dev/null
        run -1 ward limit --pids 10 --cpuset-cpus 4000 "$PID"
        groups_as_before "$PID"
        no_groups
        run -1 ward limit --undo "$PID"
}

# bats test_tags=matrix-vm
@test "gc removes what is written down of who has ended, with his groups, and leaves the others" {
        make_groups
        begin open /dev/null
        ward limit --pids 10 "$PID"
        first=$PID
        run ward gc
        expect_output "Nothing to remove."
        kill -KILL "$first"
        wait_until 5 is_gone "$first"
        run ward gc --dry-run
        expect_in_output "limits" "process $first" "what was limited is gone"
        ward gc
        no_groups
        run -1 ward limit --undo "$first"
}

# ---- without root ---------------------------------------------------------------------------------------------------------------

# bats test_tags=without-systemd
@test "an ordinary user is told how to get limits, and can set what needs no group" {
        local pid nicer=$((NICE < 19 ? NICE + 1 : 19))
        needs_root
        [[ ! -d /run/systemd/system ]] || unable "systemd runs here: see below"
        OWN=$(mktemp -d /tmp/ward.XXXXXX)
        chown 65534:65534 "$OWN"
        pid=$(as_nobody sh -c 'sleep 1000 >/dev/null 2>&1 3>&- & echo $!')
        PIDS+=("$pid")
        run -1 as_nobody "$WARD_BUILD/bin/ward" --root "$OWN" limit --pids 10 "$pid"
        expect_in_output sudo
        run as_nobody "$WARD_BUILD/bin/ward" --root "$OWN" limit --nice "$nicer" --ulimit nofile=50:100 "$pid"
        expect_status 0
        [[ $(ps -o ni= -p "$pid" | tr -d ' ') == "$nicer" ]]
}

@test "every word of docs/CGROUPS.md for ward is an option, and those of docker's for update" {
        local word
        ward limit --help-all >help
        for word in $(awk -F' *\\| *' '/^\| limit /,/^$/ { gsub(",", "", $7); gsub(",", "", $8); print $7, $8 }' "$WARD_SOURCE/docs/CGROUPS.md" |
                tr ' ' '\n' | grep -E '^[a-z][a-z-]+$' | grep -vE 'docker|ward|oom-kill-disable'); do
                grep -qE "^ .*--$word( |\$)" help || { echo "no option --$word"; return 1; }
        done
        grep -q -- --cpu-rt-runtime help
        run -1 ward limit --restart always $$
        expect_in_output E110
}

@test "without systemd a unit has no group: it is said, and what to name" {
        [[ ! -d /run/systemd/system ]] || skip "systemd runs here"
        run -1 ward limit nosuch.service
        expect_in_output "unit 'nosuch.service': systemd does not run here" "name a control group by its path"
        run -1 ward cgroup get unit:nosuch pids.max
        expect_in_output "unit 'nosuch': systemd does not run here" "name a control group by its path"
}

# ---- systemd --------------------------------------------------------------------------------------------------------------------

needs_systemd() {
        [[ -d /run/systemd/system ]] || unable "systemd does not run here"
        manager show >/dev/null || unable "needs a bus with systemd"
}

manager() { if is_machine_root; then systemctl "$@"; else systemctl --user "$@"; fi; }
as_unit() { if is_machine_root; then systemd-run "$@"; else systemd-run --user "$@"; fi; }

# bats test_tags=systemd
@test "a unit: systemd is told, and a daemon-reload changes nothing; and back" {
        local unit=ward-$ID.service pid before
        needs_systemd
        as_unit --unit="$unit" -p MemoryMax=300M sleep 1000
        pid=$(manager show -P MainPID "$unit")
        PIDS+=("$pid")
        # 314572800; but beside v1 systemd does nothing with a controller that is on v2.
        before=$(value_of "$pid" memory.limit_in_bytes memory.max || echo max)
        [[ $before == 314572800 || -d /sys/fs/cgroup/unified ]]
        run ward limit --memory 200M --pids 30 --cpus 0.335 "$unit"
        expect_status 0
        [[ $(row memory.max) != *"max" && $(row pids.max) == *" 30" ]] || shown
        [[ $(manager show -P TasksMax "$unit") == 30 && $(manager show -P CPUQuotaPerSecUSec "$unit") == 340ms ]] || shown
        [[ $(value_of "$pid" cpu.cfs_quota_us cpu.max) =~ ^33500( 100000)?$ ]] || shown
        manager daemon-reload
        [[ $(value_of "$pid" pids.max) == 30 ]]
        [[ $(value_of "$pid" cpu.cfs_quota_us cpu.max) =~ ^3[34][05]00( 100000)?$ ]]
        [[ $(value_of "$pid" memory.limit_in_bytes memory.max) == 209715200 ]]
        ward limit --undo "$unit"
        [[ $(value_of "$pid" memory.limit_in_bytes memory.max) == "$before" ]]
        [[ $(value_of "$pid" cpu.cfs_quota_us cpu.max) =~ ^(-1|max\ 100000)$ ]]
        manager daemon-reload
        [[ $(value_of "$pid" memory.limit_in_bytes memory.max) == "$before" ]]
        manager stop "$unit"
        ward gc >/dev/null
}

# bats test_tags=systemd-v2
@test "a process of a unit gets a scope of its own, and comes back" {
        local unit=ward-$ID.service pid group
        needs_systemd
        as_unit --unit="$unit" sh -c "sleep 1000 & exec sleep 1000"
        pid=$(manager show -P MainPID "$unit")
        group=$(<"/proc/$pid/cgroup")
        run ward limit --tree --memory 100M --pids 20 "$pid"
        expect_status 0
        # Beside v1 no controller of v2 is systemd's, and the group is below the unit's own.
        [[ $(<"/proc/$pid/cgroup") == *"ward-limit-$pid"*.scope/limit || (-d /sys/fs/cgroup/unified && $(<"/proc/$pid/cgroup") == *"/$unit/ward-limit-$pid"*) ]]
        [[ $(value_of "$pid" pids.max) == 20 ]]
        manager daemon-reload
        [[ $(value_of "$pid" memory.max) == 104857600 && $(value_of "$pid" pids.max) == 20 ]]
        ward limit --undo "$pid"
        [[ $(<"/proc/$pid/cgroup") == "$group" ]]
        manager stop "$unit"
}

# ---- an ordinary user with a manager of his own: what it is for root, it is for his own processes ---------------------------------

needs_own_manager() {
        needs_systemd
        ((EUID != 0)) || skip "is about an ordinary user"
}

# in_scope COMMAND...: in a group that was delegated to him.
in_scope() { systemd-run --user --scope --quiet -p Delegate=yes "$@"; }

group_of() { sed -n 's/^0:://p' "/proc/$1/cgroup"; }
# Its process, in $pid. A scope that is just being made has no group yet.
is_in_scope() {
        local group
        group=$(systemctl --user show -P ControlGroup "ward-$ID.scope")
        [[ -n $group ]] || return 1
        pid=$(cat "/sys/fs/cgroup$group/cgroup.procs") || return 1
        [[ $pid =~ ^[0-9]+$ ]] && is_program load "$pid"
}
scope_is_gone() { [[ $(systemctl --user is-active "$1") == inactive ]]; }

# bats test_tags=systemd-user
@test "an ordinary user: a fork bomb of his session is stopped, and let go" {
        local pid
        needs_own_manager
        begin bomb 100
        run ward limit --pids 10 --memory 100M "$PID"
        expect_status 0
        [[ $(value_of "$PID" pids.max) == 10 ]]
        tell
        wait_until 60 says made
        [[ $(<out) == "made 9" ]] || { cat out; false; }
        run ward limit --undo "$PID"
        expect_status 0
        [[ $(value_of "$PID" pids.max) != 10 ]]
        pkill -KILL -P "$PID" || true
}

# bats test_tags=systemd-user
@test "an ordinary user: a memory hog of his own is killed in its own group alone, and the cause is said" {
        local scope
        needs_own_manager
        # Of his session: systemd makes a scope, which goes with its last process.
        begin memory 64
        ward limit --memory 16M --memory-swap 16M "$PID"
        scope=$(group_of "$PID" | grep -o 'ward-limit-[^/]*[.]scope')
        tell
        wait_until 60 is_gone "$PID"
        [[ ! -s out ]] || { cat out; false; }
        wait_until 60 scope_is_gone "$scope"
        run ward limit "$PID"
        expect_in_output "process $PID has ended"
        [[ $output == *"the OOM killer ended process $PID (load)"* || $output == *"went with it, as $scope was removed"* ]] || shown
        ward limit --undo "$PID"
        # Of a group that was delegated to him, which stays.
        rm -f in out
        mkfifo in
        # shellcheck disable=SC2016
        in_scope sh -c '"$1" memory 64 <in >out 2>&1 & echo $! >pid; exec sleep 1000' sh "$LOAD" 3>&- &
        PIDS+=("$!")
        exec 6>in
        wait_until 60 test -s pid
        PID=$(<pid)
        wait_until 60 is_begun
        run ward limit --memory 16M --memory-swap 16M "$PID"
        expect_status 0
        tell
        wait_until 60 is_gone "$PID"
        run ward limit "$PID"
        expect_in_output "the OOM killer ended 1 of its processes" "process $PID has ended"
        ward limit --undo "$PID"
        kill -0 "${PIDS[-1]}"
}

# bats test_tags=systemd-user
@test "an ordinary user: a process of a delegated scope is limited below it, frozen, and comes back" {
        local group pid
        needs_own_manager
        mkfifo in
        in_scope --unit="ward-$ID" "$LOAD" open /dev/null <in >out 2>&1 3>&- &
        exec 6>in
        wait_until 60 is_in_scope
        PIDS+=("$pid")
        group=$(group_of "$pid")
        [[ $group == *"/ward-$ID.scope" ]]
        run ward limit --pids 10 --memory 100M --cpus 0.5 "$pid"
        expect_status 0
        [[ $(group_of "$pid") == "$group/ward-limit-$pid"* && $(value_of "$pid" cpu.max) == "50000 100000" ]] ||
                { cat "/proc/$pid/cgroup"; shown; }
        ward cgroup freeze "$(group_of "$pid")"
        tell
        tell
        sleep 1
        [[ ! -s out ]] || { echo "it went on"; false; }
        ward cgroup thaw "$(group_of "$pid")"
        wait_until 20 lines 1
        # Programs of the kernel that guard devices are loaded by root, and user managers are not given disks.
        run ward limit --device-deny 'c 1:3 w' "$pid"
        expect_status 1
        expect_in_output "root"
        run ward limit --io-max "$(findmnt -nvo SOURCE -T /):wbps=1M" "$pid"
        [[ $status == 0 ]] || expect_in_output "io" "Delegate="
        ward limit --undo "$pid"
        [[ $(group_of "$pid") == "$group" ]]
}

# bats test_tags=systemd-user
@test "an ordinary user: a tree of 200 processes that go on making others is moved whole" {
        needs_own_manager
        begin_tree
        moved_whole
        end_tree
}

# bats test_tags=systemd-user
@test "an ordinary user: half a processor is half a processor" {
        local used
        needs_own_manager
        [[ -n ${WARD_TEST_FULL:-} ]] || skip "takes ten seconds: WARD_TEST_FULL=1"
        begin spin 10
        ward limit --cpus 0.5 "$PID"
        tell
        wait_until 120 says used
        used=$(awk '{ print $2 }' out)
        told "at half a processor it used $used ms of 10000"
        echo "used $used ms of 10000"
        ((used >= 4700 && used <= 5300))
}

# bats test_tags=systemd-user
@test "an ordinary user: a start leaves a unit alone that systemd has not handed on" {
        needs_own_manager
        # shellcheck disable=SC2016
        run systemd-run --user --scope --quiet sh -c '"$0" --root "$1" run --rm --strength host true && cat /proc/self/cgroup' "$WARD_BUILD/bin/ward" "$WORK/state"
        expect_status 0
        expect_in_output "none is delegated" .scope
        expect_not_in_output ward-callers
        run systemd-run --user --scope --quiet "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm -m 64m host true
        expect_status 125
        expect_in_output Delegate=yes
        # shellcheck disable=SC2016
        run in_scope sh -c '"$0" --root "$1" run --rm -m 64m --strength host true && cat /proc/self/cgroup' "$WARD_BUILD/bin/ward" "$WORK/state"
        expect_status 0
        expect_in_output "memory 64m" ward-callers
}

# bats test_tags=systemd-user
@test "an ordinary user: one command is limited in a delegated scope; without one he is told how to get it" {
        needs_own_manager
        rootfs "$WORK/root"
        run in_scope "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm --name "$ID" -m 16m --status-fd 9 "$WORK/root" tail /dev/zero 9>status
        expect_status 137
        tail -n 1 status | jq -e '.ending | .reason == "out-of-memory" and .memory.oomKills == 1 and .memory.limitBytes == 16777216'
        run in_scope "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm --name "$ID" --pids-limit 6 --status-fd 9 "$WORK/root" \
                sh -c 'for i in 1 2 3 4 5 6 7 8 9; do sleep 1 & done; wait; exit 4' 9>status
        [[ $status != 0 ]] && expect_in_output "ran out of processes" E510
        run ward run --rm --name "$ID" -m 16m "$WORK/root" true
        [[ $status == 0 ]] || expect_in_output "systemd-run --user --scope -p Delegate=yes"
        sleep 1000 3>&- &
        PIDS+=($!)
        run -1 env -u XDG_RUNTIME_DIR -u DBUS_SESSION_BUS_ADDRESS "$WARD_BUILD/bin/ward" --root "$WORK/state" limit --pids 10 $!
        expect_in_output "systemd-run --user --scope -p Delegate=yes"
        run -1 env -u XDG_RUNTIME_DIR -u DBUS_SESSION_BUS_ADDRESS "$WARD_BUILD/bin/ward" cgroup create "$(group_of $!)/x"
        expect_in_output "Delegate=yes"
}
