#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# ward cgroup: groups are made, limited, entered, watched and removed, on whatever layout this machine has. What a command says is compared with the kernel's own
# files.

load helpers/common

setup() {
        ward_setup
        needs_machine_root "control groups by themselves"
        G=/$ID
}

teardown() {
        ward cgroup delete -rk "$G" 2>/dev/null || true
        [[ -z ${GIVEN:-} ]] || echo "${GIVEN[1]}" >"${GIVEN[0]}" || true
        ward_teardown
}

cg() { ward cgroup "$@"; }

# mount_of CONTROLLER: where the hierarchy that has it is mounted.
mount_of() { cg controllers --format json | jq -r --arg c "$1" '.hierarchies[] | select(.controllers | index($c)) | .mount'; }
version_of() { cg controllers --format json | jq -r --arg c "$1" '.hierarchies[] | select(.controllers | index($c)) | .cgroup'; }
# is_v2 [CONTROLLER]: a kernel can have some of them for one version alone.
is_v2() { [[ $(version_of "${1:-memory}") == 2 ]]; }
needs_v1() { ! is_v2 || unable "memory is on cgroup v2"; }
needs_v2() { { is_v2 && is_v2 cpu; } || unable "memory or cpu is on cgroup v1 here; the test machine with v2 runs this"; }

# kernel V1FILE V2FILE: what the file of the group says that this machine has.
kernel() {
        local file=$1 controller
        [[ $file != x ]] || file=$2
        controller=${file%%.*}
        ! is_v2 "$controller" || file=$2
        head -n 1 "$(mount_of "$controller")$G/a/$file"
}

sleeper() {
        sleep 1000 3>&- &
        PID=$!
        wait_until 10 is_program sleep "$PID"
}
in_group() { grep -qE ":$1\$" "/proc/$2/cgroup"; }
# That of v1 shows as state D, that of v2 by where the process waits in the kernel.
frozen() { grep -q '^State:.D' "/proc/$1/status" || grep -qE 'freez|get_signal' "/proc/$1/wchan"; }
thawed() { ! frozen "$1"; }
gone() { ! grep -q '^State:.[^ZX]' "/proc/$1/status" 2>/dev/null; }
has_two_threads() { grep -q '^Threads:.2$' "/proc/$1/status"; }
# Everything is open when it waits.
watches() { ls -l "/proc/$1/fd" | grep -q eventpoll && grep -q '^State:.S' "/proc/$1/status"; }
says() { grep -qE "$1" watch.out; }

# bats test_tags=vm
@test "create makes a group everywhere, or where it is said; delete removes it" {
        local mount
        cg create "$G/a"
        for mount in $(cg controllers --format json | jq -r '.hierarchies[].mount'); do
                [[ -d $mount$G/a ]] || { echo "not in $mount"; return 1; }
        done
        cg create "$G/a"
        fails_with 1 "groups are below it.*-r deletes them" ward cgroup delete "$G"
        cg delete -r "$G"
        [[ -z $(find /sys/fs/cgroup -name "$ID") ]]
        ward cgroup cgcreate -g "memory,pids:$G/a"
        [[ -d $(mount_of memory)$G/a && -d $(mount_of pids)$G/a ]]
        [[ $(cg list "memory:$G") == *":$G/a" ]]
        # A name does not speak to the terminal.
        mkdir "$(mount_of pids)$G/a/"$'caf\xc3\xa9\e[31m'
        [[ $(cg list "pids:$G") == *":$G/a/"$'caf\xc3\xa9?[31m' ]]
        rmdir "$(mount_of pids)$G/a/"$'caf\xc3\xa9\e[31m'
        [[ $(mount_of memory) == "$(mount_of cpu)" || ! -d $(mount_of cpu)$G ]]
        # The same directory by its path.
        [[ $(cg tree -p "$(mount_of memory)$G/a") == "$G/a"* ]]
        cg delete "$G/a"
        fails_with 1 "there is no control group '$G/a'.*ward cgroup create" ward cgroup delete "$G/a"
        fails_with 1 "neither a controller nor a hierarchy.*did you mean 'memory'" ward cgroup create "memry:$G"
        fails_with 1 "'9' is no mode.*775" ward cgroup create -f 9 "$G/a"
        fails_with 1 "root of the hierarchy" ward cgroup create /
        fails_with 1 "component '..'" ward cgroup create "$G/../x"
}

# bats test_tags=vm
@test "a hierarchy whose mount is hidden is used where it is mounted, too" {
        cg controllers --format json | jq -c '.hierarchies[].controllers' | sort >wanted
        mkdir elsewhere
        run -0 unshare --mount --propagation private bash -c '
                mount --rbind /sys/fs/cgroup elsewhere && mount -t tmpfs none /sys/fs/cgroup && exec "$0" --root state cgroup controllers --format json' "$WARD_BUILD/bin/ward"
        jq -c '.hierarchies[].controllers' <<<"$output" | sort | diff wanted -
        [[ -z $(jq -r '.hierarchies[].mount | select(startswith("/sys/fs/cgroup"))' <<<"$output") ]] || shown
}

@test "limits are set by any of their words and read back" {
        cg create "$G/a"
        cg set "$G/a" memory.max=64M CPUQuota=50% pids-limit=10 cpu.weight=200
        [[ $(kernel memory.limit_in_bytes memory.max) == 67108864 ]]
        [[ $(kernel pids.max pids.max) == 10 ]]
        is_v2 cpu || [[ $(kernel cpu.cfs_quota_us x) == 50000 && $(kernel cpu.shares x) == 2048 ]]
        ! is_v2 cpu || [[ $(kernel x cpu.max) == "50000 100000" && $(kernel x cpu.weight) == 200 ]]
        cg cgset -r memory.limit_in_bytes=32M -r cpu.shares=1024 -r cpus=0.25 "$G/a"
        [[ $(kernel memory.limit_in_bytes memory.max) == 33554432 ]]
        [[ $(cg get -v "$G/a" MemoryMax) == 33554432 ]]
        [[ $(cg get "$G/a" TasksMax) == "pids.max: 10" ]]
        [[ $(cg get --format json "$G/a" memory | jq -r '.groups[0].values[0].value') == 33554432 ]]
        [[ $(cg get "$G/a" cpu.stat) == "cpu.stat: "* ]]
        is_v2 cpu || [[ $(kernel cpu.cfs_quota_us x) == 25000 && $(kernel cpu.shares x) == 1024 ]]
        ! is_v2 cpu || [[ $(kernel x cpu.max) == "25000 100000" && $(kernel x cpu.weight) == 100 ]]
        # A file that is no limit, and its name alone by -g.
        [[ $(cg get -a -g "pids:$G/a") == *"pids.current: 0"* ]]
        fails_with 1 "did you mean 'MemoryMax'" ward cgroup set "$G/a" MemoryMx=1
        # With -g the controllers, a group by its path, and names behind it, as cgget has it.
        [[ $(cg cgget -g pids "$G/a") == "pids.max: 10" && $(cg cgget -g pids,cpu "$G/a" pids.current) == "pids.current: 0" ]]
        fails_with 1 "neither a limit nor a file" ward cgroup get "$G/a" pids.nothing
        fails_with 1 "'1Q': it is no number of bytes.*E106" ward cgroup set "$G/a" memory.max=1Q
        fails_with 1 "'1k': it is less than a page of memory.*E106" ward cgroup set "$G/a" memory.max=1k
        fails_with 1 "'1k': it is less than a page of memory.*E106" ward limit -m 1k "$G/a"
        fails_with 1 "nothing is to be set" ward cgroup set "$G/a"
        # What is refused was found before anything was written.
        fails_with 1 "memory" ward cgroup set "$G/a" pids.max=3 memory.limit=64M memory.swap=1M
        [[ $(kernel pids.max pids.max) == 10 ]]
}

# bats test_tags=matrix-vm
@test "set --copy-from: what another group has set, and then more" {
        cg create "$G/a" "$G/b"
        cg set "$G/b" memory.max=64M cpus=0.5 pids.max=7 cpu.weight=300
        ! is_v2 || cg set "$G/b" memory.high=32M memory.oom.group=1
        cg cgset --copy-from "$G/b" -r pids.max=9 "$G/a"
        [[ $(kernel memory.limit_in_bytes memory.max) == 67108864 && $(kernel pids.max pids.max) == 9 ]]
        is_v2 cpu || [[ $(kernel cpu.cfs_quota_us x) == 50000 && $(kernel cpu.shares x) == 3072 ]]
        ! is_v2 || [[ $(kernel x memory.high) == 33554432 && $(kernel x memory.oom.group) == 1 ]]
        diff <(cg get "$G/a" | grep -v pids.max) <(cg get "$G/b" | grep -v pids.max)
        # An idle group has no weight.
        cg set "$G/b" cpu.idle=1
        cg set --copy-from "$G/b" "$G/a"
        [[ $(kernel cpu.idle cpu.idle) == 1 ]]
        cg set "$G/b" cpu.idle=0 cpu.weight=200
        cg set --copy-from "$G/b" "$G/a"
        [[ $(kernel cpu.shares cpu.weight) == 2048 || $(kernel cpu.shares cpu.weight) == 200 ]]
        # Only where both are, and again it changes nothing.
        cg set --copy-from "pids:$G/b" "$G/a"
        [[ $(kernel pids.max pids.max) == 7 ]]
        fails_with 1 "there is no control group '$G/c'" ward cgroup set --copy-from "$G/c" "$G/a"
}

@test "what cgroup v1 lacks is named" {
        needs_v1
        cg create "$G/a"
        fails_with 1 "memory.high: it needs cgroup v2; here memory is on cgroup v1" ward cgroup set "$G/a" memory.high=1M
        fails_with 1 "memory.low: it needs cgroup v2.*memory.reservation" ward cgroup set "$G/a" MemoryLow=1M
        fails_with 1 "io.latency of 8:0: it needs cgroup v2" ward cgroup set "$G/a" "io.latency=8:0 1ms"
        fails_with 1 "needs a controller|needs cgroup v2|io.cost.qos" ward cgroup set / "io.cost.qos=8:0 enable=0"
        # Swap alone becomes both together.
        cg set "$G/a" memory.max=32M memory.swap.max=16M
        [[ $(kernel memory.memsw.limit_in_bytes x) == 50331648 ]]
        fails_with 1 "needs cgroup v2.*--level" ward cgroup watch --pressure memory:some:150ms/1s "memory:$G/a"
}

# bats test_tags=v2
@test "the settings that cgroup v2 alone has" {
        needs_v2
        cg create "$G/a"
        cg set "$G/a" MemoryHigh=48M memory.min=1M MemoryLow=2M memory.swap.max=0 memory.oom.group=1 cgroup.max.depth=3 cpu.weight.nice=5
        [[ $(kernel x memory.high) == 50331648 && $(kernel x memory.min) == 1048576 && $(kernel x memory.low) == 2097152 ]]
        [[ $(kernel x memory.swap.max) == 0 && $(kernel x memory.oom.group) == 1 && $(kernel x cpu.weight.nice) == 5 ]]
        [[ $(head -n 1 "$(mount_of memory)$G/a/cgroup.max.depth") == 3 ]]
        fails_with 1 "setting of the whole machine.*group '/'" ward cgroup set "$G/a" "io.cost.qos=8:0 enable=0"
        fails_with 1 "threaded, and nothing else" ward cgroup set "$G/a" cgroup.type=domain
        fails_with 1 "was not given the cpuset controller.*ward cgroup create -g CONTROLLER" ward cgroup set "$G/a" cpuset.cpus=0
        cg create -g "cpuset:$G/a"
        cg set "$G/a" cpuset.cpus=0
        # The group above is no partition, so this one can't be.
        fails_with 1 "the kernel says: \(.*partition needs" ward cgroup set "$G/a" cpuset.cpus.partition=root
        # Threads, and who is in the way.
        cg create --threaded "cpu:$G/t/one"
        [[ $(cg get -v "$G/t/one" cgroup.type) == threaded ]]
        sleeper
        cg classify "$G/a" "$PID"
        fails_with 1 "processes of its own.*--vacate" ward cgroup create "$G/a/b"
        cg create --vacate "$G/a/b"
        in_group "$G/a/ward-callers" "$PID"
        fails_with 1 "gives controllers to groups below it" ward cgroup classify "$G/a" "$PID"
        cg kill "$G"
        gone "$PID"
}

@test "kill, kill -s, delete -rk: a threaded group, whose processes are listed above it" {
        grep -q ' cgroup2 ' /proc/mounts || unable "needs cgroup v2"
        local how
        cg create "unified:$G"
        cg create --threaded "unified:$G/t"
        for how in "kill" "kill -s TERM" "delete -rk"; do
                sleeper
                cg classify "unified:$G" "$PID"
                cg classify "unified:$G/t" "$PID"
                in_group "$G/t" "$PID"
                # shellcheck disable=SC2086  # words
                cg $how "unified:$G/t"
                wait_until 10 gone "$PID"
        done
        [[ ! -e $(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)$G/t ]]
        # One thread of a process that is elsewhere otherwise.
        cg create --threaded "unified:$G/t"
        python3 -c 'import threading, time; threading.Thread(target=time.sleep, args=(1000,)).start(); time.sleep(1000)' 3>&- &
        PID=$!
        wait_until 10 has_two_threads "$PID"
        cg classify "unified:$G" "$PID"
        cg classify --threads "unified:$G/t" "$(ls "/proc/$PID/task" | tail -n 1)"
        cg kill "unified:$G/t"
        wait_until 10 gone "$PID"
}

# bats test_tags=vm
@test "processes are moved, shown, frozen, thawed and ended" {
        cg create "$G/a"
        [[ $(cg exec "$G/a" cat /proc/self/cgroup | grep -c ":$G/a\$") == $(cg controllers --format json | jq '.hierarchies | length') ]]
        run -3 ward cgroup exec "$G/a" sh -c 'exit 3'
        run -127 ward cgroup exec "$G/a" nosuchprogram
        [[ $(cg exec -g "memory:$G/a" grep -c ":$G/a\$" /proc/self/cgroup) == 1 ]]
        sleeper
        cg classify "$G/a" "$PID"
        in_group "$G/a" "$PID"
        run -0 ward cgroup tree "$G"
        [[ ${lines[0]} == "$G" && ${lines[1]} == *a && ${lines[2]} == *"$PID sleep 1000" ]] || shown
        [[ $(cg tree --format json "$G" | jq -r '.groups[] | select(.processes | length > 0) | .group') == "$G/a" ]]
        bash -c 'exec -a "$1" sleep 1000' bash $'caf\xe9' 3>&- &
        local other=$!
        wait_until 5 grep -q ^caf "/proc/$other/cmdline"
        cg classify "$G/a" $other
        cg tree --format json "$G" | iconv -f UTF-8 -t UTF-8 | jq -e '[.groups[].processes[].command] | any(startswith("caf\ufffd"))' >/dev/null
        kill "$other"
        wait_until 5 gone "$other"
        cg freeze "$G/a"
        frozen "$PID"
        cg events "$G/a" | grep -qE '(cgroup.events|freezer.state): frozen 1$'
        [[ $(cg events --format json "$G/a" | jq '[.events[] | select(.event == "frozen") | .count] == [1]') == true ]]
        cg thaw "$G/a"
        wait_until 5 thawed "$PID"
        cg events "$G/a" | grep -q 'cgroup.events: frozen 0$'
        fails_with 1 "1 processes are in it" ward cgroup delete -r "$G"
        [[ -d $(mount_of memory)$G/a ]]
        cg kill -s STOP "$G/a"
        wait_until 5 grep -q '^State:.T' "/proc/$PID/status"
        [[ $(cg stat --format json "$G/a" | jq '.groups[0].tasks') == 1 ]]
        cg stat "$G/a" | grep -qE '^tasks +1$'
        cg kill "$G/a"
        gone "$PID"
        fails_with 1 "there is no such process" ward cgroup classify "$G/a" 4194303
        fails_with 1 "thread of the kernel" ward cgroup classify "$G/a" "$(pgrep -x kthreadd || unable "no thread of the kernel is seen")"
        fails_with 1 "is no process" ward cgroup classify "$G/a" me
        sleeper
        cg classify "memory:$G/a" "$PID"
        cg delete -r --move "$G"
        run ! in_group "$G.*" "$PID"
        kill "$PID"
}

# bats test_tags=vm
@test "--move brings processes out of a group of cgroup v2, though the one above gives controllers away" {
        local mount controller
        mount=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
        [[ -n $mount ]] && read -r controller _ <"$mount/cgroup.controllers" || unable "needs a controller of cgroup v2"
        grep -qw "$controller" "$mount/cgroup.subtree_control" || GIVEN=("$mount/cgroup.subtree_control" "-$controller")
        # All that is below it: the controllers are taken back.
        cg create "$controller:$G/a/b/c" "$controller:$G/d/e" "$controller:$G/d/f"
        grep -qw "$controller" "$mount$G/a/cgroup.subtree_control" "$mount$G/a/b/cgroup.subtree_control"
        sleeper
        echo "$PID" >"$mount$G/a/b/c/cgroup.procs"
        cg delete -r --move "$mount$G/a/b"
        grep -q "^0::$G/a\$" "/proc/$PID/cgroup"
        # Others are below it, which keep theirs.
        echo "$PID" >"$mount$G/d/e/cgroup.procs"
        cg delete --move "$mount$G/d/e"
        grep -q "^0::$G/d/ward-callers\$" "/proc/$PID/cgroup"
        grep -qw "$controller" "$mount$G/d/f/cgroup.controllers"
        kill "$PID"
}

# In a hierarchy of its own a process is found by what is done with groups of that name.
@test "processes that are in some hierarchies alone are found there" {
        needs_v1
        cg create "$G/a"
        sleeper
        cg classify "memory,pids:$G/a" "$PID"
        fails_with 1 "is not in it in .*where groups are frozen.*classify -g freezer" ward cgroup freeze "$G/a"
        fails_with 1 "1 processes are in it" ward cgroup delete -r "$G"
        fails_with 1 "exists neither in the freezer" ward cgroup freeze "memory:$G/a"
        cg kill "cpu:$G/a"
        run ! gone "$PID"
        cg kill "$G/a"
        gone "$PID"
}

# What the files of blkio or io say was written in the group, in bytes.
written() {
        local dir
        dir=$(mount_of blkio)$(mount_of io)$G/a
        cat "$dir"/io.stat "$dir"/blkio.{bfq,throttle}.io_service_bytes_recursive 2>/dev/null |
                awk '{ for (i = 2; i <= NF; i++) if ($i ~ /^wbytes=/) { sub(/.*=/, "", $i); sum += $i } else if ($i == "Write") sum += $(i + 1) } END { print sum + 0 }'
}

# bats test_tags=vm
@test "stat shows peaks, how often limits were met, and what was written to disks" {
        local before disk
        cg create "$G/a"
        cg set "$G/a" pids.max=2
        # shellcheck disable=SC2016
        run cg exec "$G/a" sh -c 'sleep 0.1 & sleep 0.1; (:) & (:)'
        [[ $(cg stat --format json "$G/a" | jq '.groups[0] | .tasksLimit == 2 and .tasksLimitHits > 0 and (.tasksPeak == 2 or .tasksPeak == null) and
                .cpuUsageNsec > 0') == true ]]
        cg stat "$G/a" | grep -qE '^tasks limit hits +[1-9]'
        cg set "$G/a" pids.max=0
        [[ $(cg stat --format json "$G/a" | jq '.groups[0].tasksLimit') == 0 ]]
        cg stat "$G/a" | grep -qE '^tasks limit +0$'
        cg set "$G/a" pids.max=max
        [[ $(cg stat --format json "$G/a" | jq '.groups[0].tasksLimit') == null ]]
        [[ $(cg stat --format json / | jq '.groups[0].cpuUsageNsec > 0') == true ]]
        # Of v1 it is counted for the disks that have a rate.
        disk=$(readlink -f "/sys/dev/block/$(stat -c %Hd:%Ld "$WORK")")
        [[ ! -e $disk/partition ]] || disk=${disk%/*}
        [[ -b /dev/${disk##*/} ]] || skip "the test's directory is on no disk"
        cg set "$G/a" "io.max=/dev/${disk##*/} wbps=1G"
        cg exec "$G/a" dd if=/dev/zero of="$WORK/data" bs=65536 count=2 oflag=direct 2>/dev/null
        before=$(written)
        [[ $(cg stat --format json "$G/a" | jq '[.groups[0].io[]?.writtenBytes] | add // 0') == "$before" ]]
        ((before >= 131072))
        cg stat "$G/a" | grep -qE '^disk [0-9]+:[0-9]+ +read .* requests, written 128.0 KiB in '
}

# bats test_tags=vm
@test "watch tells of an OOM kill, of the limit of tasks, and of the end" {
        cg create "$G/a"
        cg set "$G/a" memory.max=20M
        # Where swap is counted it is none, so that memory runs out.
        cg set "$G/a" memory.swap.max=0 2>/dev/null || true
        "$WARD_BUILD/bin/ward" cgroup watch --timeout 60 "$G/a" >watch.out 2>&1 3>&- &
        wait_until 10 watches $!
        # Who was stopped meanwhile goes on.
        kill -STOP $!
        wait_until 10 grep -q '^State:.T' "/proc/$!/status"
        kill -CONT $!
        # shellcheck disable=SC2016
        run cg exec "$G/a" sh -c 'x=$(head -c 60000000 /dev/zero | tr "\0" a); echo ${#x}'
        wait_until 20 says 'memory\.(events|oom_control): oom_kill 0 -> '
        cg events "$G/a" | grep -qE '^memory\.(events|oom_control): oom_kill [1-9]'
        cg set "$G/a" pids.max=1
        # shellcheck disable=SC2016
        run cg exec "$G/a" sh -c '(:); (:)'
        wait_until 20 says 'pids.events: max 0 -> '
        cg delete -rk "$G"
        wait_until 20 says ' removed$'
        wait
}

# watched WORD...: watch in the background, until the group has gone.
watched() {
        "$WARD_BUILD/bin/ward" cgroup watch --timeout 200 --format json "$@" "$G/a" >watch.out 2>&1 3>&- &
        wait_until 20 watches $!
}

# bats test_tags=matrix-vm
@test "watch tells of pressure: who waits for a processor" {
        [[ -n $(find /sys/fs/cgroup -maxdepth 2 -name cgroup.pressure -print -quit) ]] || unable "this kernel counts no pressure of groups"
        cg create "$G/a"
        cg set "$G/a" cpus=0.1
        fails_with 1 "at most the window, and that at most 10 s" ward cgroup watch --pressure cpu:some:2s/12s "$G/a"
        fails_with 1 "is no threshold" ward cgroup watch --pressure disk:some:1ms/1s "$G/a"
        watched --pressure cpu:200ms/2s --pressure io:full:1s/2s
        sleep 0.3
        [[ ! -s watch.out ]] || { cat watch.out; return 1; }
        # shellcheck disable=SC2016
        cg exec "$G/a" sh -c 'while :; do :; done' 3>&- &
        wait_until 100 says '"event": "some 200000 2000000", "file": "cpu.pressure"'
        cg delete -rk "$G"
        wait_until 20 says '"event": "removed"'
        run ! says 'io.pressure'
        jq -es 'length > 2' watch.out >/dev/null
        wait
}

# bats test_tags=v2
@test "watch tells of pressure: who waits for memory" {
        needs_v2
        cg create "$G/a"
        watched --pressure memory:some:150ms/2s
        # Who gets no more than this waits for memory all the time.
        cg set "$G/a" memory.high=4M
        cg exec "$G/a" tail /dev/zero 3>&- &
        wait_until 100 says '"event": "some 150000 2000000", "file": "memory.pressure"'
        cg delete -rk "$G"
        wait_until 20 says '"event": "removed"'
        wait
}

# bats test_tags=vm
@test "device rules are added to those that a group has" {
        cg create "$G/a"
        cg set "$G/a" "devices.deny=c 1:3 w"
        # shellcheck disable=SC2016
        run cg exec "$G/a" sh -c 'echo x >/dev/null'
        ((status != 0)) || shown
        [[ $(cg exec "$G/a" sh -c 'head -c 1 /dev/zero | wc -c') == 1 ]]
        cg set "$G/a" "devices.deny=c 1:5 r"
        run cg exec "$G/a" head -c 1 /dev/zero
        ((status != 0)) || shown
        run cg exec "$G/a" sh -c 'echo x >/dev/null'
        ((status != 0)) || shown
        cg set "$G/a" "DeviceAllow=/dev/null w"
        cg exec "$G/a" sh -c 'echo x >/dev/null'
        fails_with 1 "it is no rule about devices" ward cgroup set "$G/a" "devices.allow=x 1:3 rwm"
}

# bats test_tags=matrix-vm
@test "a group that was given to a user is his to divide" {
        cg create --owner nobody "$G/a"
        [[ $(stat -c %U "$(mount_of pids)$G/a" "$(mount_of pids)$G/a/cgroup.procs") == $'nobody\nnobody' ]]
        [[ $(stat -c %U "$(mount_of pids)$G/a/pids.max") == root ]]
        # As cgcreate has it: who may only move processes into it; and modes, of which no file has more than its owner can do.
        cg cgcreate -t nobody -d 775 -f 666 -s 640 -g "pids:$G/t"
        [[ $(cd "$(mount_of pids)$G/t" && stat -c %U:%a . cgroup.procs pids.max pids.current) == $'root:775\nnobody:640\nroot:666\nroot:444' ]]
        # The program stands where nobody may go.
        cp "$(itself ward)" "$WORK/ward"
        run as_nobody "$WORK/ward" cgroup create "pids:$G/a/b"
        expect_status 0
        [[ -d $(mount_of pids)$G/a/b ]]
        run as_nobody "$WORK/ward" cgroup create "pids:$G/c"
        expect_status 1
        expect_in_output "delegated to this user" "Delegate=yes"
        run as_nobody "$WORK/ward" cgroup set "pids:$G/a" pids.max=5
        expect_status 1
        expect_in_output "pids.max' for writing: Permission denied" "delegated to this user" "Delegate=yes"
}

@test "it is what libcgroup and systemd-cgls say of the same groups" {
        needs_v1
        needs_program cgcreate cgset cgget cgexec lscgroup
        cgcreate -g "memory,cpu:$G/a"
        cgset -r memory.limit_in_bytes=33554432 -r cpu.shares=512 "$G/a"
        [[ $(cg get -r memory.limit_in_bytes -r cpu.shares "$G/a") == "$(cgget -n -r memory.limit_in_bytes -r cpu.shares "$G/a")" ]]
        [[ $(cg get -a -g "cpu:$G/a" cpu.stat) == "$(cgget -n -r cpu.stat "$G/a")" ]]
        [[ $(cg exec -g "memory,cpu:$G/a" cat /proc/self/cgroup) == "$(cgexec -g "memory,cpu:$G/a" cat /proc/self/cgroup)" ]]
        [[ $(cg list "cpu:$G") == "$(lscgroup "cpu:$G" | sed 's,/$,,')" ]]
        cg create "cpu:$G/b"
        lscgroup "cpu:$G" | grep -q ":$G/b\$"
        sleeper
        cg classify "cpu:$G/a" "$PID"
        command -v systemd-cgls >/dev/null || return 0
        [[ $(LC_ALL=C cg tree -l "$(mount_of cpu)$G/a" | tail -n 1 | tr -d '`| -') == "$(LC_ALL=C systemd-cgls --no-pager -l "$(mount_of cpu)$G/a" | tail -n 1 | tr -d '`| -')" ]]
}
