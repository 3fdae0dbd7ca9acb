#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# exec, ps, pause, resume, update and events: what is done with a running container.
# shellcheck disable=SC2154

load helpers/common

setup() {
        ward_setup
        needs_root
        make_bundle sleep 100
        edit '.process.env += ["BASE=1"] | .linux.maskedPaths -= ["/proc/kmsg"]'
        oci run -d -b "$BUNDLE" "$ID"
}

teardown() {
        [[ -z ${ELSEWHERE:-} ]] || oci delete --force "$ID"
        [[ -z ${ELSEWHERE:-} ]] || rmdir "$ELSEWHERE"
        remove_all
        [[ -z ${GIVEN:-} ]] || echo "-$GIVEN" >/sys/fs/cgroup/unified/cgroup.subtree_control
}

# bats test_tags=matrix-vm
@test "exec runs inside, gives output and status" {
        run -5 --separate-stderr oci exec "$ID" sh -c 'cat /proc/1/cmdline | tr "\0" " "; hostname; echo e >&2; exit 5'
        [[ $output == "sleep 100 "* && $stderr == e ]]
        run -143 oci exec "$ID" sh -c 'kill -TERM $$'
        run -0 oci exec "$ID" cat <<<"input"
        [[ $output == input ]]
}

# bats test_tags=vm
@test "exec is in every namespace and group of the container" {
        local ns pid
        pid=$(oci state "$ID" | jq .pid)
        for ns in pid net ipc uts mnt user cgroup; do
                [[ $(oci exec "$ID" readlink /proc/self/ns/$ns) == "$(readlink "/proc/$pid/ns/$ns")" ]]
        done
        [[ $(oci exec "$ID" cat /proc/self/cgroup) == "$(oci exec "$ID" cat /proc/1/cgroup)" ]]
}

@test "exec of a user whose RLIMIT_NPROC has room for one process more, and no more" {
        local user=$((100000 + BASHPID % 100000))
        needs_machine_root "a user of its own"
        oci delete --force "$ID"
        edit --argjson user "$user" '.process.user = {uid: $user, gid: $user} | .process.rlimits = [{type: "RLIMIT_NPROC", soft: 2, hard: 3}]'
        oci run -d -b "$BUNDLE" "$ID"
        jq '.process | .args = ["cat", "/proc/self/limits"]' "$BUNDLE/config.json" >"$WORK/process"
        run -0 oci exec --process "$WORK/process" "$ID" </dev/null
        [[ $(tr -s " " <<<"$output") == *"processes 2 3 "* ]] || shown
        # The next one is one too many.
        jq '.args = ["sh", "-c", "cat & wait"]' "$WORK/process" >"$WORK/forks"
        run oci exec --process "$WORK/forks" "$ID"
        [[ $status -ne 0 && $output == *fork* ]] || shown
}

# give_controller: $CONTROLLER is one that a group of cgroup v2 can give to those below it.
give_controller() {
        local top=/sys/fs/cgroup/unified
        CONTROLLER=memory # none of threads, which a group with processes may give, too
        [[ -d $top ]] || return 0
        read -r CONTROLLER _ <$top/cgroup.controllers || unable "has no controller in its cgroup v2"
        ! grep -qw "$CONTROLLER" $top/cgroup.subtree_control || return 0
        echo "+$CONTROLLER" >$top/cgroup.subtree_control
        GIVEN=$CONTROLLER
}

# bats test_tags=vm
@test "exec where the container's program has handed its controllers on is in the group that this has moved to" {
        local group=/sys/fs/cgroup/$ID init asked dir
        needs_machine_root "the controllers of its groups"
        give_controller
        oci delete --force "$ID"
        [[ ! -d /sys/fs/cgroup/unified ]] || group=/sys/fs/cgroup/unified/$ID
        edit --arg controller "$CONTROLLER" '.linux.namespaces += [{type: "cgroup"}] | (.mounts[] | select(.type == "cgroup") | .options) -= ["ro"]
              | .process.args = ["sh", "-c", "cd /sys/fs/cgroup; [ ! -d unified ] || cd unified; mkdir -p inner/most
                                 echo 0 >inner/most/cgroup.procs && echo +$0 >cgroup.subtree_control && echo +$0 >inner/cgroup.subtree_control && exec sleep 100", $controller]'
        oci run -d -b "$BUNDLE" "$ID" 3>&-
        wait_until 10 grep -qw "$CONTROLLER" "$group/inner/cgroup.subtree_control"
        run -0 oci exec "$ID" grep ^0: /proc/self/cgroup
        expect_output 0::/inner/most
        # One that is not born in it.
        jq '.process | .args = ["grep", "^0:", "/proc/self/cgroup"] | .execCPUAffinity = {initial: "0"}' "$BUNDLE/config.json" >process.json
        run -0 oci exec -p process.json "$ID"
        expect_output 0::/inner/most
        # A group that is asked for, in every hierarchy, is that or none.
        while read -r dir; do mkdir -p "$dir"/{inner,other}; done < <(groups_of "$ID")
        run -0 oci exec --cgroup other "$ID" grep ^0: /proc/self/cgroup
        expect_output 0::/other
        for asked in / inner; do
                fails_with "gives controllers to groups below it.*--cgroup PATH" oci exec --cgroup $asked "$ID" true
        done
        # Where init has been taken out of the container's groups nobody follows it.
        init=$(init_pid)
        ELSEWHERE=${group%/*}/$ID-elsewhere
        mkdir "$ELSEWHERE"
        echo "$init" >"$ELSEWHERE/cgroup.procs"
        fails_with "its group '.*/$ID' gives controllers.*init is in none" oci exec "$ID" true
}

# elsewhere SCRIPT COMMAND...: in a mount namespace of its own, after the script.
elsewhere() {
        unshare -m --propagation private sh -c "$1"' && shift && exec "$@"' sh "$@"
}

@test "exec where a hierarchy with a group of the container is not mounted is refused" {
        local one=/sys/fs/cgroup/devices
        [[ -d $one ]] || one=/sys/fs/cgroup
        edit '.linux.resources.cpu.cpus = "0"'
        oci run -d -b "$BUNDLE" "$ID-all"
        run elsewhere "umount -R $one" "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" exec "$ID-all" sh -c 'echo RAN'
        [[ $status -eq 255 && $output == *"not mounted here"* && $output != *RAN* ]] || shown
        run -0 oci exec "$ID-all" cat /proc/self/cgroup
        [[ $output == "$(oci exec "$ID-all" cat /proc/1/cgroup)" ]] || shown
}

# bats test_tags=vm
@test "a hierarchy that was mounted later than the container was made does no harm" {
        [[ ${WARD_IN_VM:-} == 1 ]] || unable "mounts a hierarchy for the whole machine: in test machines alone"
        mkdir later
        elsewhere "mount -t cgroup -o none,name=$ID later later" true || unable "the right to mount another hierarchy of groups is missing"
        # shellcheck disable=SC2016
        run elsewhere "mount -t cgroup -o none,name=$ID later later" \
                sh -c '"$@" exec '"$ID"' cat /proc/1/cgroup /proc/self/cgroup; "$@" delete --force '"$ID" sh \
                "$WARD_BUILD/bin/ward-oci" --root "$WORK/state"
        expect_status 0
        [[ $(wc -l <<<"$output") -eq $(sort -u <<<"$output" | wc -l)*2 ]] || shown
        nothing_left
}

@test "exec: what an image's passwd leads to is not read if it only looks like a file" {
        rm "$BUNDLE/rootfs/etc/passwd"
        ln -s /proc/kmsg "$BUNDLE/rootfs/etc/passwd"
        run -0 timeout -s KILL 10 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" exec "$ID" sh -c 'echo $HOME'
        expect_output /
}

@test "exec: a lease on the container's passwd keeps nobody out" {
        needs_program python3
        python3 -c '
import fcntl, os, signal, sys, time
signal.signal(signal.SIGIO, signal.SIG_IGN)
fcntl.fcntl(os.open(sys.argv[1], os.O_RDWR), fcntl.F_SETLEASE, fcntl.F_WRLCK)
print("leased", flush=True)
time.sleep(100)' "$BUNDLE/rootfs/etc/passwd" >"$WORK/leased" 3>&- &
        local pid=$!
        wait_until 10 grep -q leased "$WORK/leased"
        run -125 timeout -s KILL 20 "$WARD_BUILD/bin/ward" --root "$WORK/state" exec -u root "$ID" true
        expect_in_output "open the root's /etc/passwd: a process holds a lease on it" "in a minute"
        run -0 timeout -s KILL 20 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" exec "$ID" sh -c 'echo $HOME'
        expect_output /
        kill "$pid"
        wait "$pid" || true
        ward exec -u root "$ID" true
}

@test "exec: environment, directory, user, groups" {
        run -0 oci exec -e A=1 -e BASE=2 --env 'B=x y' --cwd /tmp "$ID" sh -c 'echo $A $BASE $B; pwd'
        [[ $output == $'1 2 x y\n/tmp' ]]
        run -0 oci exec -u 1000:1001 -g 7 -g 8 "$ID" sh -c 'id -u; id -g; grep Groups /proc/self/status'
        [[ ${lines[0]} == 1000 && ${lines[1]} == 1001 && ${lines[2]} =~ 7\ 8 ]]
        run -0 oci exec -u 1000 "$ID" sh -c 'id -u; id -g'
        [[ $output == $'1000\n0' ]]
        fails_with "is not an absolute path" oci exec --cwd tmp "$ID" true
        fails_with "is not KEY=VALUE" oci exec -e A "$ID" true
        fails_with "/no/such/dir" oci exec --cwd /no/such/dir "$ID" true
        fails_with "/no/such/program" oci exec "$ID" /no/such/program
}

@test "exec: capabilities are the container's, and those that are added" {
        run -0 oci exec "$ID" grep -E '^(Cap|NoNew)' /proc/self/status
        [[ $output =~ CapInh:[[:space:]]0+$'\n' && $output =~ CapEff:[[:space:]]0*20000420 && $output =~ CapBnd:[[:space:]]0*20000420 ]]
        [[ $output =~ NoNewPrivs:[[:space:]]1 ]]
        run -0 oci exec --no-new-privs=false "$ID" grep NoNew /proc/self/status
        [[ $output =~ NoNewPrivs:[[:space:]]0 ]]
        run -0 oci exec --cap CAP_SYS_CHROOT "$ID" grep -E '^Cap' /proc/self/status
        [[ $output =~ CapInh:[[:space:]]0+$'\n' && $output =~ CapEff:[[:space:]]0*20040420 && $output =~ CapBnd:[[:space:]]0*20040420 ]]
        run -0 oci exec -c CAP_SYS_CHRUT "$ID" true
        [[ $output =~ "unknown capability 'CAP_SYS_CHRUT' is ignored".*CAP_SYS_CHROOT ]]
}

@test "exec --process describes the whole process" {
        local option
        cat >"$WORK/process.json" <<-'END'
        {"args": ["sh", "-c", "id -u; pwd; echo $X"], "cwd": "/tmp", "env": ["PATH=/bin", "X=y"], "user": {"uid": 42, "gid": 43}}
	END
        run -0 oci exec -p "$WORK/process.json" "$ID"
        [[ $output == $'42\n/tmp\ny' ]]
        fails_with "describes the whole process" oci exec -p "$WORK/process.json" "$ID" ls
        for option in "-u 1" "-e X=1" "-g 7" "-c CAP_KILL" "--cwd /" "--apparmor none" --no-new-privs=false; do
                # shellcheck disable=SC2086  # an option and its value
                fails_with "describes the whole process" oci exec -p "$WORK/process.json" $option "$ID"
        done
        printf '{"args": ["sh"], "cwd": "/", "usr": {}}' >"$WORK/bad.json"
        fails_with "bad.json:1:.*usr" oci exec -p "$WORK/bad.json" "$ID"
}

@test "exec --process takes the capabilities and the umask that it does not name from the container" {
        local container
        make_bundle sleep 100
        edit '.process.user.umask = 23 | .process.capabilities = ([("bounding", "permitted", "effective") | {key: ., value: ["CAP_KILL", "CAP_CHOWN"]}] | from_entries)'
        oci run -d -b "$BUNDLE" "$ID-own"
        shown_by() { oci exec -p <(echo "$1") "$ID-own"; }
        container=$(grep -E '^(Cap|Umask)' "/proc/$(oci state "$ID-own" | jq .pid)/status")
        [[ $container == *CapEff:$'\t'0000000000000021* && $container == *0027* ]] || { echo "$container"; return 1; }
        run -0 shown_by '{"cwd": "/", "args": ["grep", "-E", "^(Cap|Umask)", "/proc/self/status"]}'
        expect_output "$container"
        run -0 shown_by '{"cwd": "/", "args": ["grep", "-E", "^(CapEff|Umask)", "/proc/self/status"], "capabilities": {}, "user": {"uid": 0, "gid": 0, "umask": 63}}'
        expect_output $'Umask:\t0077\nCapEff:\t0000000000000000'
        oci delete --force "$ID-own"
}

@test "exec --process takes limits, OOM score and its turn on disks from the container where it names none" {
        local shown=(sh -c "grep -E '^Max (open files|core)' /proc/self/limits; cat /proc/self/oom_score_adj; sleep 100")
        make_bundle sleep 100
        edit '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 77, hard: 78}] | .process.oomScoreAdj = 345 |
                .process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6} | .process.scheduler = {policy: "SCHED_BATCH", nice: 5}'
        oci run -d -b "$BUNDLE" "$ID-own"
        begun() { # begun FILTER: what a process with the filter's fields is shown, and is for others
                jq -n "{cwd: \"/\", args: \$ARGS.positional} + $1" --args -- "${shown[@]}" >"$WORK/process.json"
                oci exec -d --pid-file "$WORK/pid" -p "$WORK/process.json" "$ID-own" >"$WORK/out" 2>&1 </dev/null || return 1
                wait_until 20 grep -q '^[0-9]' "$WORK/out"
                grep -o -E '^[0-9]+$|files +[0-9]+ +[0-9]+' "$WORK/out" | tr -s ' '
                ionice -p "$(<"$WORK/pid")"
                ps -o cls=,ni= -p "$(<"$WORK/pid")" | tr -s ' '
        }
        run -0 begun '{}'
        expect_output $'files 77 78\n345\nbest-effort: prio 6\n B 5'
        run -0 begun '{rlimits: [{type: "RLIMIT_NOFILE", soft: 66, hard: 67}], oomScoreAdj: 456,
                ioPriority: {class: "IOPRIO_CLASS_IDLE", priority: 0}, scheduler: {policy: "SCHED_OTHER", nice: 6}}'
        expect_output $'files 66 67\n456\nidle\n TS 6'
        oci delete --force "$ID-own"
}

@test "exec --process without args is refused" {
        local args
        for args in '' '"args": null, ' '"args": [], '; do
                printf '{%s"cwd": "/"}' "$args" >"$WORK/process.json"
                run timeout 20 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" exec -p "$WORK/process.json" "$ID"
                [[ $status == 255 && $output == *"process.json"*"args"* ]] || shown
        done
}

@test "exec --detach returns at once, with a pid file" {
        oci exec -d --pid-file "$WORK/pid" "$ID" sleep 99
        [[ $(tr '\0' ' ' <"/proc/$(<"$WORK/pid")/cmdline") == "sleep 99 " ]] # it was executed before exec returned
        oci ps -f json "$ID" | jq -e --argjson pid "$(<"$WORK/pid")" 'index($pid) != null and length == 2'
}

@test "exec --pid-file: the file goes with what could not be executed" {
        local how
        # Which is seen by nobody before it is executed.
        printf '\177ELF, cut short' >"$BUNDLE/rootfs/tmp/broken"
        chmod 755 "$BUNDLE/rootfs/tmp/broken"
        for how in "" -d; do
                # shellcheck disable=SC2086  # no word or one
                fails_with "/tmp/broken" oci exec $how --pid-file "$WORK/pid" "$ID" /tmp/broken
                [[ ! -e $WORK/pid ]]
        done
        # What is no file of its own stays.
        mkfifo "$WORK/fifo"
        timeout 20 cat "$WORK/fifo" >"$WORK/got" 3>&- &
        fails_with "/tmp/broken" oci exec --pid-file "$WORK/fifo" "$ID" /tmp/broken
        wait $!
        [[ -p $WORK/fifo && $(<"$WORK/got") -gt 1 ]]
        oci exec --pid-file "$WORK/pid" "$ID" true
        [[ $(<"$WORK/pid") -gt 1 ]]
}

@test "exec: options end at the id, the rest is the command's" {
        run -0 oci exec "$ID" echo -e --cwd -- x
        [[ $output == *"--cwd -- x" ]]
}

@test "exec in a stopped or a created container is refused" {
        oci create -b "$BUNDLE" "$ID-created"
        oci kill "$ID" KILL
        wait_until 5 has_status "$ID" stopped
        fails_with "(stopped|not running)" oci exec "$ID" true
}

# bats test_tags=matrix-vm
@test "ps shows the container's processes, in each form" {
        local pid
        pid=$(oci state "$ID" | jq .pid)
        [[ $(oci ps --format json "$ID") == "[$pid]" ]]
        ps -ef >"$WORK/ps" 2>&1 || unable "ps(1) fails on this kernel: $(cat "$WORK/ps")"
        run -0 oci ps "$ID"
        [[ ${#lines[@]} -eq 2 && ${lines[0]} =~ ^UID\ +PID && ${lines[1]} =~ \ $pid\ .*sleep\ 100 ]]
        run -0 oci ps "$ID" -o pid,comm
        [[ ${#lines[@]} -eq 2 && ${lines[1]} =~ $pid\ +sleep ]]
        fails_with "no column PID" oci ps "$ID" -o comm
        fails_with "ps failed" oci ps "$ID" --no-such-option
}

# bats test_tags=vm
@test "pause freezes, resume thaws" {
        oci pause "$ID"
        has_status "$ID" paused
        fails_with "paused" oci exec "$ID" true
        oci resume "$ID"
        has_status "$ID" running
        run -0 oci exec "$ID" echo thawed
        [[ $output == thawed ]]
        fails_with "" oci resume "$ID"
}

# bats test_tags=matrix-vm
@test "a created container can be paused: then it is neither started nor deleted before it is resumed, or killed" {
        oci create -b "$BUNDLE" "$ID-created"
        oci pause "$ID-created"
        has_status "$ID-created" paused
        fails_with "it is paused" timeout 20 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" start "$ID-created"
        fails_with "it is paused" timeout 20 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" delete "$ID-created"
        fails_with "it is paused" oci pause "$ID-created"
        oci resume "$ID-created"
        has_status "$ID-created" created
        oci start "$ID-created"
        has_status "$ID-created" running
        oci delete --force "$ID-created"
        oci create -b "$BUNDLE" "$ID-created"
        oci pause "$ID-created"
        oci kill "$ID-created" KILL
        wait_until 10 has_status "$ID-created" stopped
        oci delete "$ID-created"
}

# bats test_tags=matrix-vm
@test "delete --force ends a paused container" {
        oci pause "$ID"
        oci delete --force "$ID"
        nothing_left
}

# The value of a limit in the first hierarchy that has one of the files. @2 is v1's name, @3 is v2's.
limit_of() {
        local group file
        for group in $(groups_of "$1"); do
                for file in "$2" "$3"; do
                        [[ ! -e $group/$file ]] || { cat "$group/$file"; return; }
                done
        done
        return 1
}

# bats test_tags=vm
@test "update: options and a file; what is not named stays" {
        oci update --memory 64m --pids-limit 33 "$ID"
        [[ $(limit_of "$ID" memory.limit_in_bytes memory.max) == 67108864 ]]
        [[ $(limit_of "$ID" pids.max pids.max) == 33 ]]
        oci update -r - "$ID" <<<'{"pids": {"limit": 44}}'
        [[ $(limit_of "$ID" pids.max pids.max) == 44 ]]
        [[ $(limit_of "$ID" memory.limit_in_bytes memory.max) == 67108864 ]]
        oci update --cpu-quota 20000 --cpu-period 50000 "$ID"
        [[ $(limit_of "$ID" cpu.cfs_quota_us cpu.max) =~ ^20000 ]]
        oci update --pids-limit -1 "$ID"
        [[ $(limit_of "$ID" pids.max pids.max) == max ]]
        fails_with "no limit is given" oci update "$ID"
        fails_with "both given" oci update --memory 1g -r - "$ID"
        fails_with "is not a number of bytes" oci update --memory 1x "$ID"
        fails_with "standard input:1:.*memry" oci update -r - "$ID" <<<'{"memry": {}}'
}

@test "update: checkBeforeUpdate refuses a limit below what is in use" {
        oci exec "$ID" sh -c 'dd if=/dev/zero of=/dev/shm/file bs=1M count=24' || unable "has no /dev/shm of that size"
        echo '{"memory": {"limit": 8388608, "checkBeforeUpdate": true}}' >limits
        fails_with "are in use" oci update -r limits "$ID"
        echo '{"memory": {"limit": 67108864, "checkBeforeUpdate": true}}' >limits
        oci update -r limits "$ID"
}

# bats test_tags=vm
@test "events: figures once, and as long as the container runs" {
        oci events --stats "$ID" | jq -e --arg id "$ID" '.type == "stats" and .id == $id and .data.pids.current == 1
                and .data.memory.usage.usage > 0 and .data.cpu.usage.total > 0'
        # What runc has of the kernel is there as the kernel has it: memory.stat whole, and swap with the memory that is not swapped.
        oci events --stats "$ID" | jq -e '(.data.memory.raw | length > 10) and (.data.memory.swap == null or .data.memory.swap.usage > 0)'
        [[ ! -e /sys/fs/cgroup/cpuacct/cpuacct.usage_all ]] ||
                oci events --stats "$ID" | jq -e --argjson cpus "$(grep -c '^[0-9]' /sys/fs/cgroup/cpuacct/cpuacct.usage_all)" \
                        '.data.cpu.usage | (.percpu | length == $cpus) and (.percpu_user | length == $cpus) and (.percpu_kernel | length == $cpus)'
        become_oci events --interval 50ms "$ID" >"$WORK/events" 3>&- &
        local pid=$!
        wait_until 5 test -s "$WORK/events"
        oci kill "$ID" KILL
        wait_until 10 test ! -d "/proc/$pid"
        wait "$pid"
        jq -es 'length > 0 and all(.type == "stats")' "$WORK/events"
        fails_with "is not a duration" oci events --interval 5 "$ID"
        local time
        for time in 1x 1.x . .s 1s2 -1s 99999999h; do
                fails_with "is not a duration" oci events --interval "$time" nobody
        done
        for time in 1.5s .5m 1h1m1.25s 1us 1µs 7ns; do
                fails_with "does not exist" oci events --interval "$time" nobody
        done
        fails_with "longer than 0" oci events --interval 0.0s nobody
}
