#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Why a container ended: each cap is met for real and named right, and so is whoever sent a signal, and what the kernel did.
# shellcheck disable=SC2154,SC2016

load helpers/common

USER_ID=12346

setup() { with_root; }

teardown() {
        [[ -n ${HERE:-} ]] && { home_teardown; return; }
        remove_all
}

# judged OPTIONS... @ COMMAND...: the container's output; what --status-fd said is in the file `status`.
judged() { here --status-fd 9 "$@" 9>status; }

# verdict FILTER: of the last line, which has the end.
verdict() { tail -n 1 status | jq -e "$1" >/dev/null || { cat status; return 1; }; }

# ended FILTER: of the record of a container that is kept.
ended() { ward inspect --format json "$ID" | jq -e ".containers[0].ending | $1" >/dev/null || { ward inspect --format json "$ID" | jq .containers[0].ending; return 1; }; }

# The kernel's log, from which the figures of a lack of memory are.
reads_log() { is_machine_root && dmesg >/dev/null 2>&1; }

# ---- caps ------------------------------------------------------------------------------------------------------------------

# bats test_tags=matrix-vm
@test "none is met by a program that ends by itself, and then nothing is said" {
        run -5 --separate-stderr judged --timeout 1h --cpu-time 1m --output-limit 1k -m 64m --pids-limit 50 @ sh -c 'echo out; echo err >&2; exit 5'
        [[ $output == out && $stderr == err ]] || shown
        verdict '."exit-code" == 5 and .option == null and (.ending | .reason == "exited" and .exitCode == 5 and .signal == null and .limit == null and
                .outputBytes == 8 and .sender == null and .oom == null and .memory.oomKills == 0 and .processes.limitHits == 0 and .processes.limit == 50 and
                .memory.limitBytes == 67108864 and .memory.peakBytes > 4096 and .cpu.usageUsec > 0 and .wallUsec > 0 and .endedUsec > .startedUsec)'
}

@test "one thread has no more processor time than there was time" {
        for _ in {1..5}; do
                here --status-fd 9 @ true 9>status
                verdict '.ending | .cpu.usageUsec > 0 and .wallUsec >= .cpu.usageUsec and .startedUsec + .wallUsec == .endedUsec'
        done
}

@test "--timeout" {
        fails_with 124 "ran out of time.*after 0.3 s .--timeout 300ms..*E507.*--timeout" judged --timeout 300ms @ sleep 100
        verdict '."exit-code" == 124 and .option == "--timeout 300ms" and (.ending | .reason == "timeout" and .limit == 300000 and .wallUsec >= 300000 and .signalName == "SIGKILL")'
}

@test "--timeout ends one that is frozen, too" {
        ward run --timeout 2 --name "$ID" "$ROOT" sleep 100 3>&- &
        PID=$!
        wait_until 10 runs "$ID"
        ward_oci pause "$ID"
        ended_with 124
        ended '.reason == "timeout"'
}

# bats test_tags=matrix-vm
@test "--cpu-time is that of all processes together, also of those that have ended" {
        run -124 judged --cpu-time 0.4 @ sh -c 'burn() { while :; do :; done; }; burn & burn & burn & wait'
        expect_in_output "after 0.4 s of processor time (--cpu-time 0.4)" E508
        verdict '.option == "--cpu-time 0.4" and (.ending | .reason == "cpu-time" and .limit == 400000 and .cpu.usageUsec >= 400000)'
        # No process of these comes near to it.
        run -124 judged --cpu-time 200ms @ sh -c 'while :; do /bin/true; done'
        verdict '.ending.reason == "cpu-time"'
}

@test "--cpu-time is no time in which it waits" {
        run -0 judged --cpu-time 500ms @ sleep 0.7
        expect_output ""
        verdict '.ending.reason == "exited" and .ending.wallUsec > 500000'
}

@test "--output-limit cuts off what is over, of both outputs together, and no byte before" {
        run -0 judged --output-limit 12 @ sh -c 'echo 12345; echo 67890 >&2'
        expect_output $'12345\n67890'
        verdict '.ending.outputBytes == 12'
        run -124 judged --output-limit 11 @ sh -c 'echo 12345; echo 67890; sleep 100'
        [[ $output == $'12345\n67890ward: '*"after 11 bytes of output (--output-limit 11)"*E509* ]] || shown
        run -124 judged --output-limit 11 @ sh -c 'echo 12345 >&2; echo 67890; sleep 100'
        verdict '.ending | .reason == "output-limit" and .limit == 11 and .outputBytes == 11'
        here --output-limit 1m @ yes 2>said | cat >got || true
        [[ $(stat -c %s got) == 1048576 ]]
}

@test "--output-limit: a pipe is read as a whole, and its reader gets every byte" {
        needs_program strace
        traced strace -o calls -e trace=read "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm --name "$ID" --output-limit 10m "$ROOT" \
                sh -c 'sleep 0.2; yes 0123456789abcde | head -c 3000000; sleep 0.2' | { sleep 0.5; cat; } >got
        [[ $(stat -c %s got) == 3000000 && $(sort -u got) == 0123456789abcde ]]
        grep -qE '= [1-9][0-9]{4}$' calls
}

is_zombie() { grep -q '^State:.Z' "/proc/$1/status"; }

@test "--output-limit: what is cut off is missing, also where the program has ended by itself before anybody could end it" {
        mkdir go
        become_ward run --name "$ID" --output-limit 3 -v ./go:/go "$ROOT" sh -c 'until [ -e /go/now ]; do sleep 0.05; done; echo 12345' >out 2>&1 3>&- &
        PID=$!
        wait_until 10 runs "$ID"
        local init
        init=$(init_pid)
        kill -STOP "$PID"
        touch go/now
        wait_until 10 is_zombie "$init"
        kill -CONT "$PID"
        ended_with 124
        [[ $(<out) == 123ward:* ]]
        ended '.reason == "output-limit" and .exitCode == 0 and .outputBytes == 3'
}

@test "--output-limit: of a terminal; who reads no more; a user of the container's own; what is planned" {
        run -124 judged -t --output-limit 10 @ sh -c 'echo 12345; echo 67890; sleep 100' </dev/null
        verdict '.ending | .reason == "output-limit" and .outputBytes == 10'
        judged --output-limit 1g @ sh -c 'yes; exit $?' 2>said | head -n 1 >got
        # 1: it was started with SIGPIPE ignored, as systemd starts services.
        verdict '(."exit-code" == 141 or ."exit-code" == 1) and .ending.reason == "exited" and .ending.outputBytes < 1000000'
        run -0 judged -u 7 --output-limit 1m @ sh -c 'echo out >/dev/stdout; echo err >/dev/stderr'
        expect_output $'out\nerr'
        run -0 here --output-limit 1m --dry-run @ true
        expect_in_output "output"
}

# bats test_tags=vm
@test "--memory: the kernel's victim, its group, and what the memory was used for" {
        run -137 judged -m 16m @ tail /dev/zero
        expect_in_output "ran out of memory" "(--memory 16m)" E502
        verdict '."exit-code" == 137 and .option == "--memory 16m" and (.ending | .reason == "out-of-memory" and .signal == 9 and .sender == null and
                .memory.oomKills == 1 and .memory.limitBytes == 16777216 and .memory.limitHits > 0 and .memory.peakBytes > 15000000)'
        reads_log || return 0
        expect_in_output "killed 'tail'" "$ID" "16 MiB"
        verdict '.ending.oom | .from == "kernel log" and .victim == "tail" and .limitBytes == 16777216 and (.group | endswith("/'"$ID"'")) and
                .anonBytes > 12000000 and .anonBytes < .limitBytes and .fileBytes < 4000000'
}

# bats test_tags=systemd-v2
@test "--memory: who may not read the kernel's log is told what was seen just before" {
        [[ -e /sys/fs/cgroup/cgroup.controllers && $(</proc/sys/kernel/dmesg_restrict) == 1 ]] || unable "needs cgroup v2 and a restricted log"
        needs_machine_root "a capability to give away"
        # On a busy machine the memory may be free again when it is looked at: then nothing is said of it, or of what was left.
        for _ in {1..30}; do
                run -137 setpriv --bounding-set=-syslog --inh-caps=-all "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm --name "$ID" -m 32m \
                        --status-fd 9 "$ROOT" tail /dev/zero 9>status
                verdict '.ending | .reason == "out-of-memory" and (.oom | . == null or (.from == "sample" and .victim == null and
                        .limitBytes == 33554432 and .anonBytes <= .limitBytes))'
                if verdict '.ending.oom.anonBytes > 8000000' >/dev/null; then return 0; fi
        done
        false
}

# bats test_tags=matrix-vm
@test "a child that the kernel ended is not the program" {
        run -3 judged -m 16m @ sh -c 'tail /dev/zero; exit 3'
        expect_in_output "a process of the container ran out of memory" E502
        verdict '.ending | .reason == "exited" and .exitCode == 3 and .memory.oomKills == 1'
        ! reads_log || verdict '.ending.oom.victim == "tail"'
        # Nor is it the program that somebody else kills later.
        become_ward run -m 16m --name "$ID" "$ROOT" sh -c 'tail /dev/zero; echo ready; sleep 100' >out 2>&1 3>&- &
        PID=$!
        wait_until 20 grep -q ready out
        ward kill "$ID"
        ended_with 137
        ended '.reason == "signal" and .sender.by == "ward kill" and .memory.oomKills == 1'
        run -0 ward inspect "$ID"
        expect_in_output "killed by SIGKILL, which 'ward kill'" "before that 1 of its processes ran out of memory"
        reads_log || return 0
        ward rm "$ID"
        become_ward run -m 16m --name "$ID" "$ROOT" sh -c 'tail /dev/zero; echo ready; sleep 100' >again 2>&1 3>&- &
        PID=$!
        wait_until 20 grep -q ready again
        kill -KILL "$(init_pid)"
        ended_with 137
        ended '.reason == "signal" and .sender == null'
}

# bats test_tags=vm
@test "--pids-limit: what was refused" {
        run judged --pids-limit 6 @ sh -c 'for i in 1 2 3 4 5 6 7 8 9; do sleep 1 & done; wait; exit 4'
        [[ $status != 0 ]] && expect_in_output "ran out of processes" "at its limit of 6" E510
        verdict '.ending | .reason == "exited" and .processes.limit == 6 and .processes.limitHits > 0 and (.processes.peak == 6 or .processes.peak == null)'
}

@test "a cap ends all processes, also in the machine's pid namespace" {
        run -124 judged --pid host --timeout 300ms @ sh -c 'sleep 100 & sleep 100'
        verdict '.ending.reason == "timeout"'
        ward run --name "$ID" --pid host --timeout 300ms "$ROOT" sh -c 'sleep 100 & sleep 100' || (($? == 124))
        wait_until 5 nobody_in_group
}
nobody_in_group() { [[ -z $(ward_oci ps -f json "$ID" | jq '.[]') ]]; }

@test "a cap ends who has frozen himself below the group of his container" {
        local result=0
        [[ -d /sys/fs/cgroup/freezer ]] || unable "has no freezer of cgroup v1, which alone keeps who is frozen from dying"
        needs_machine_root "a container's groups that it may write to"
        # Its output is a file: who is frozen for good keeps a pipe open.
        timeout -k 1 30 "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm --name "$ID" --timeout 2s --userns host -v /sys/fs/cgroup/freezer:/freezer "$ROOT" \
                sh -c "cd /freezer/$ID && mkdir a && echo 0 >a/cgroup.procs && echo said && echo FROZEN >a/freezer.state && echo thawed" >said 2>&1 3>&- || result=$?
        [[ $(head -n 1 said) == said && $result == 124 ]] || { cat said; return 1; }
        ! grep -q thawed said || return 1
}

@test "values of the caps" {
        fails_with 125 "--timeout.*'1x' is not a time.*500ms" here --timeout 1x @ true
        fails_with 125 "--cpu-time.*is not a time" here --cpu-time 1. @ true
        fails_with 125 "--cpu-time.*is not a time" here --cpu-time -1 @ true
        fails_with 125 "--output-limit.*is no limit" here --output-limit 0 @ true
        run -0 here --timeout 0 --cpu-time 0 @ true
        run -0 here --timeout 1.5d --cpu-time 2.25h @ true
}

# ---- the status descriptor ---------------------------------------------------------------------------------------------------

@test "--status-fd: a line at the start, a line at the end; bubblewrap's spelling and members" {
        run -7 here --json-status-fd 9 @ sh -c 'readlink /proc/self/ns/uts; exit 7' 9>status
        [[ $(wc -l <status) == 2 ]]
        head -n 1 status | jq -e --arg id "$ID" --arg uts "$output" '.event == "started" and .id == $id and .pid > 1 and ."child-pid" == .pid and
                "uts:[\(."uts-namespace")]" == $uts and ."mnt-namespace" > 0 and (.time | fromdate > 1700000000)'
        tail -n 1 status | jq -e --arg id "$ID" '.event == "ended" and .id == $id and ."exit-code" == 7'
        # It is none of the program's, and where nobody reads it nothing else is to be seen.
        run -0 judged @ sh -c '[ ! -e /proc/self/fd/9 ]'
        run -0 here --status-fd 9 @ sleep 0.1 9> >(true)
        expect_output ""
}

# failed STATUS CODE OPTIONS... @ COMMAND...: one line, with the words of standard error.
failed() {
        local status=$1 code=$2
        shift 2
        run "-$status" judged "$@"
        jq -es --argjson status "$status" --arg code "$code" --arg said "${lines[0]}" --arg id "$ID" 'length == 1 and (.[0] |
                .event == "failed" and .id == $id and ."exit-code" == $status and .code == $code and "ward: \(.error) [\(.code)]" == $said)' status ||
                { cat status; shown; }
}

@test "--status-fd: a start that fails, early and late; a descriptor that is not there, or that can't be written" {
        failed 127 E204 @ nosuch
        failed 125 E201 ./nosuch true
        failed 125 E401 -u nobody-has-this-name @ true
        failed 125 E501 --memory 4k @ true
        run -125 judged --hostname "$(printf '%065d' 0)" @ true
        jq -e '.event == "failed" and (.error | contains("--hostname"))' status
        run -125 ward sandbox --status-fd 9 --ro /nosuch true 9>status
        jq -e '.event == "failed" and (.error | contains("/nosuch"))' status
        run -125 judged --dry-run ./nosuch true
        [[ ! -s status ]]
        run -3 here --status-fd 9 @ sh -c 'exit 3' 9>/dev/full
        expect_in_output "--status-fd 9" "No space left on device"
        fails_with 125 "--status-fd 9.*9>status|--status-fd 9.*3>status.json" here --status-fd 9 @ true 9>&-
        fails_with 125 "--status-fd 9" here --status-fd 9 @ true 9<"$ROOT/etc/passwd"
}

# ---- signals -----------------------------------------------------------------------------------------------------------------

# A first process that does not catch a signal yet does not get it at all.
catches_term() { ((0x$(awk '/^SigCgt:/ { print $2 }' "/proc/$(init_pid)/status") & 1 << 14)); }

@test "who sent the signal: ward kill, ward stop" {
        background "$ROOT" sleep 100
        ward kill -s WINCH "$ID"
        bash -c '"$@"; exit' mysh "$WARD_BUILD/bin/ward" --root "$WORK/state" kill "$ID"
        ended_with 137
        ended '.reason == "signal" and .signal == 9 and .sender.by == "ward kill" and .sender.uid == '"$EUID"' and .sender.parentCommand == "bash" and
                .sender.pid > 1 and .sender.parent > 1 and .sender.signal == 9 and .sender.passedOn == false'
        run -0 ward inspect "$ID"
        expect_in_output "killed by SIGKILL, which 'ward kill' (pid" "sent for 'bash'" "ended " "used "
        run -0 ward ps -a
        [[ ${lines[1]} =~ ^$ID\ +stopped\ +SIGKILL\ +-\  ]] || shown
        [[ $(ward ps -a --format json | jq -r '.containers[0].end') == SIGKILL ]]
        ward rm "$ID"
        background "$ROOT" sh -c 'trap "exit 3" TERM; while :; do sleep 0.05; done'
        wait_until 10 catches_term
        ward stop "$ID"
        ended_with 3
        ended '.reason == "exited" and .exitCode == 3 and .sender.by == "ward stop" and .sender.signalName == "SIGTERM"'
        run -0 ward ps -a
        [[ ${lines[0]} =~ ^NAME\ +STATUS\ +END\ +PID && ${lines[1]} =~ stopped\ +exit\ 3\  ]] || shown
}

@test "who sent the signal: what ward run passed on, and what came from elsewhere" {
        background "$ROOT" sh -c 'trap "exit 3" TERM; while :; do sleep 0.05; done'
        wait_until 10 catches_term
        kill -TERM "$PID"
        ended_with 3
        ended '.sender | .by == "ward" and .passedOn and .signalName == "SIGTERM" and .pid == '"$BASHPID"' and .uid == '"$EUID"
        ward rm "$ID"
        background "$ROOT" sleep 100
        kill -KILL "$(init_pid)"
        ended_with 137
        ended '.reason == "signal" and .signal == 9 and .sender == null'
        run -0 ward inspect "$ID"
        expect_in_output "killed by SIGKILL; who sent it is not known"
}

@test "what a signal says by itself" {
        run -159 ward run --name "$ID" --init "$ROOT" sh -c 'kill -SYS $$'
        ward rm "$ID"
        run -139 ward run --name "$ID" --pid host "$ROOT" sh -c 'ulimit -c 0; kill -SEGV $$'
        ended '.reason == "signal" and .signalName == "SIGSEGV" and .coreDumped == false'
        run -0 ward inspect "$ID"
        expect_in_output "killed by SIGSEGV: an access to memory"
}

# ---- a container that nobody waits for -----------------------------------------------------------------------------------------

# detached FILTER COMMAND...: made by create, whose process is not this one's to wait for.
detached() {
        local filter=$1
        shift
        rm -rf b
        bundle b "$filter | .process.args = $(jq -nc '$ARGS.positional' --args "$@")"
        ward_oci create -b b "$ID" >out 2>&1 3>&-
        ward_oci start "$ID"
}
has_stopped() { [[ $(ward_oci state "$ID" | jq -r .status) == stopped ]]; }

# bats test_tags=vm
@test "found out when it is asked for: who sent the signal, and the figures" {
        detached . sleep 100
        ward_oci kill "$ID" KILL
        wait_until 10 has_stopped
        ended '.reason == "signal" and .signal == 9 and .sender.by == "ward-oci kill" and .endedUsec == null and .wallUsec == null and .cpu.usageUsec > 0'
        [[ $(ward_oci state "$ID" | jq -r '.ending.signalName') == SIGKILL ]]
        ward_oci delete "$ID"
        detached . true
        wait_until 10 has_stopped
        ended '(.reason == "unknown" and .exitCode == null or .exitCode == 0) and .signal == null and .sender == null and .cpu.usageUsec > 0'
        [[ $(ward ps -a | tail -n 1) =~ stopped\ +(unknown|exit\ 0)\  ]]
        ward_oci delete "$ID"
}

# bats test_tags=vm
@test "found out when it is asked for: the kernel's victim" {
        reads_log || unable "the kernel's log is not to be read here"
        detached '.linux.resources.memory.limit = 16777216' tail /dev/zero
        wait_until 20 has_stopped
        ended '.reason == "out-of-memory" and .signal == 9 and .memory.oomKills == 1 and .oom.victim == "tail" and .oom.anonBytes > 12000000'
        ward_oci delete "$ID"
}

@test "run --keep of ward-oci keeps the record; delete takes it away" {
        bundle b '.process.args = ["sh", "-c", "exit 9"]'
        run -9 ward_oci run --keep -b b "$ID"
        ended '.reason == "exited" and .exitCode == 9 and .wallUsec > 0'
        [[ $(ward_oci state "$ID" | jq .ending.exitCode) == 9 ]]
        echo '{"version":1,"reason":' >"$WORK/state/$ID/exit.json"
        fails_with 0 "record of the end is damaged.*shown as unknown.*end +ended; how is not known" ward inspect "$ID"
        [[ $(ward ps -a | tail -n 1) =~ stopped\ +unknown\  ]]
        ward_oci delete "$ID"
        [[ ! -e $WORK/state/$ID ]]
}

# ---- an ordinary user ------------------------------------------------------------------------------------------------------------

@test "without a group: a cap that needs one is an error, the others hold, and what nobody counts is unknown" {
        rm -rf "$WORK"
        home_setup
        ROOT=$HERE/root
        rootfs "$ROOT"
        chown -R "$USER_ID:$USER_ID" "$ROOT"
        [[ ! -e /sys/fs/cgroup/cgroup.controllers ]] || unable "the caller may have a group here"
        fails_with 125 "E503" as_user run --rm --cpu-time 1 "$ROOT" true
        run -124 as_user run --rm --timeout 300ms --status-fd 9 "$ROOT" sleep 100 9>"$HERE/status"
        tail -n 1 "$HERE/status" | jq -e '.ending | .reason == "timeout" and .cpu.usageUsec == null and .memory.oomKills == null and .processes.peak == null'
        run -124 as_user run --rm --output-limit 4 "$ROOT" echo 12345
        [[ $output == 1234ward:* ]] || shown
}
