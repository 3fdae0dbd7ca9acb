#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Calls that a filter leaves to a seccomp agent (SCMP_ACT_NOTIFY, listenerPath), which is helpers/agent.py.
# shellcheck disable=SC2154

load helpers/common

setup() {
        ward_setup
        needs_root
        AGENT=$WORK/agent.socket
        OUT=$WORK/agent.out
}

teardown() {
        [[ -z ${PID:-} ]] || kill "$PID" 2>/dev/null || true
        remove_all
}

# agent OPTION...: starts it in the background; what it says is in $OUT.
agent() {
        rm -f "$AGENT"
        timeout -k 1 60 "$HELPERS/agent.py" "$AGENT" "$@" >"$OUT" 2>&1 3>&- &
        PID=$!
        wait_until 60 test -S "$AGENT"
}

# It ended well. What it was told of is one line of JSON for each process.
agent_done() {
        wait "$PID" || { cat "$OUT"; return 1; }
        PID=
}

told() { grep '^{' "$OUT" | jq "$@"; }

# leave CALL... : those go to the agent, all others are allowed.
leave() {
        edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: $agent, listenerMetadata: "of \"ours\"",
                syscalls: [{names: $ARGS.positional, action: "SCMP_ACT_NOTIFY"}]} | .root.readonly = false' \
                --arg agent "$AGENT" --args -- "$@"
}

# hold: a second passes between the connection and the listener.
hold() { edit '.hooks.startContainer = [{path: "/bin/sleep", args: ["sleep", "1"]}]'; }

# bats test_tags=matrix-vm
@test "the agent gets the listener with the state, and answers: as it is, an errno, a value, a descriptor" {
        make_bundle sh -c 'mkdir /tmp/a && ls -d /tmp/a; chmod 700 /tmp/a; hostname; echo fds: /proc/self/fd/*'
        edit '.annotations = {"org.test.key": "value"}'
        leave mkdir chmod fchmodat uname
        agent --ends mkdir=continue chmod=errno:EXDEV fchmodat=errno:EXDEV uname=value:0
        run -0 oci run -b "$BUNDLE" "$ID"
        agent_done
        expect_in_output "/tmp/a" "chmod: /tmp/a: Invalid cross-device link"
        grep -q '^mkdir [0-9]*$' "$OUT"
        grep -q '^chmod [0-9]*$' "$OUT"
        told -e --arg id "$ID" --arg bundle "$BUNDLE" '.ociVersion == .state.ociVersion and .fds == ["seccompFd"] and .pid > 1
                and .metadata == "of \"ours\"" and .state.id == $id and .state.pid == .pid and .state.status == "creating"
                and .state.bundle == $bundle and .state.annotations == {"org.test.key": "value"}'
        # Of the socket, the listener and the state nothing is left in the program.
        [[ ${lines[-1]} == "fds: /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3" ]]
}

@test "a descriptor that the agent puts into the program" {
        make_bundle cat /tmp/absent
        echo "from outside" >"$WORK/file"
        leave open openat
        agent "open=fd:$WORK/file" "openat=fd:$WORK/file"
        run -0 oci run -b "$BUNDLE" "$ID"
        agent_done
        expect_output "from outside"
}

# bats test_tags=matrix-vm
@test "a container that is created has no connection until it is started; each process that joins has one of its own" {
        make_bundle sh -c 'mkdir /tmp/first; sleep 100'
        leave mkdir
        agent --ends --times 3 mkdir=errno:EDQUOT
        oci create -b "$BUNDLE" "$ID" >"$WORK/first" 2>&1
        [[ ! -s $OUT ]]
        run -1 oci exec "$ID" mkdir /tmp/second
        expect_in_output "Disk quota exceeded"
        oci start "$ID"
        wait_until 10 grep -q "Disk quota exceeded" "$WORK/first"
        run -1 oci exec "$ID" mkdir /tmp/third
        expect_in_output "Disk quota exceeded"
        local init
        init=$(oci state "$ID" | jq .pid)
        oci delete --force "$ID"
        agent_done
        [[ $(told -s 'length') == 3 ]]
        told -se --argjson init "$init" '[.[] | .state.pid == $init] | all'
        [[ $(told -s -c '[.[].state.status]') == '["created","creating","running"]' ]]
        told -se --argjson init "$init" '.[0].pid != $init and .[1].pid == $init and .[2].pid != $init'
}

@test "calls that the start itself makes behind the filter may be left to the agent, or be refused" {
        local nnp
        for nnp in true false; do
                make_bundle busybox true
                leave capset capget prctl execve sendto sendmsg write close exit_group nanosleep sched_yield
                edit --argjson nnp $nnp '.process.noNewPrivileges = $nnp'
                agent
                run -0 oci run -b "$BUNDLE" "$ID"
                agent_done
                grep -q '^execve [0-9]*$' "$OUT"
                # All calls.
                edit '.linux.seccomp.defaultAction = "SCMP_ACT_NOTIFY" | .linux.seccomp.syscalls = []'
                agent
                run -0 oci run -b "$BUNDLE" "$ID"
                agent_done
                grep -q '^execve [0-9]*$' "$OUT"
        done
        # No call at all but the program's own, which are not enough for it: it is executed, and ends by that.
        make_bundle /bin/busybox true
        leave write
        edit '.linux.seccomp.defaultAction = "SCMP_ACT_KILL_PROCESS" | .linux.seccomp.syscalls += [{names: ["execve"], action: "SCMP_ACT_ALLOW"}]'
        agent
        run oci run -b "$BUNDLE" "$ID"
        agent_done
        expect_status 159
        [[ $(told .state.id) == "\"$ID\"" ]]
}

@test "in new user and time namespaces, and with a terminal's session" {
        make_bundle sh -c 'mkdir /tmp/a; grep -e Seccomp -e Threads -e NoNewPrivs /proc/self/status'
        leave mkdir
        edit '.linux.namespaces += [{type: "user"}, {type: "time"}] | .linux.timeOffsets = {boottime: {secs: 100}}
                | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
        agent mkdir=value:0
        run -0 oci run -b "$BUNDLE" "$ID"
        agent_done
        expect_output $'Threads:\t1\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t'"$(newest_calls_refused && echo 2 || echo 1)"
}

@test "a state that is larger than the socket's room arrives whole" {
        make_bundle true
        leave mkdir
        local text
        text=$(head -c 600000 /dev/zero | tr '\0' x)
        printf '%s' "$text" >"$WORK/long"
        edit --rawfile long "$WORK/long" '.annotations = {long: $long}'
        agent
        run -0 oci run -b "$BUNDLE" "$ID"
        agent_done
        [[ $(told '.state.annotations.long | length') == 600000 ]]
}

@test "nobody to answer: the program does not run, and nothing is left" {
        make_bundle touch /tmp/ran
        leave mkdir
        fails_with "failed to connect with seccomp agent: find its socket '$AGENT': No such file" oci run -b "$BUNDLE" "$ID"
        fails_with "failed to connect with seccomp agent: find its socket '$AGENT': No such file" oci create -b "$BUNDLE" "$ID"
        touch "$AGENT"
        fails_with "failed to connect with seccomp agent.*Socket operation on non-socket" oci run -b "$BUNDLE" "$ID"
        rm "$AGENT"
        # Bound, and nobody listens any more.
        python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$AGENT"
        fails_with "connect to the seccomp agent '$AGENT': Connection refused" oci run -b "$BUNDLE" "$ID"
        rm "$AGENT"
        python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); time.sleep(60)' "$AGENT" 3>&- &
        PID=$!
        wait_until 10 test -S "$AGENT"
        fails_with "connect to the seccomp agent .*wrong type for socket.*SOCK_STREAM" oci run -b "$BUNDLE" "$ID"
        kill "$PID"
        hold
        agent --close
        fails_with "send its listener to the seccomp agent at '$AGENT': Broken pipe" oci run -b "$BUNDLE" "$ID"
        agent_done
        [[ ! -e $BUNDLE/rootfs/tmp/ran ]]
        nothing_left
}

@test "a start that finds no agent can be tried again; one whose agent goes away has failed" {
        make_bundle touch /tmp/ran
        leave mkdir
        hold
        agent --deaf
        oci create -b "$BUNDLE" "$ID" >/dev/null 2>&1
        kill "$PID"
        wait "$PID" || true
        fails_with "connect to the seccomp agent '$AGENT': Connection refused" oci start "$ID"
        has_status "$ID" created
        agent --close
        fails_with "send its listener to the seccomp agent: Broken pipe" oci start "$ID"
        agent_done
        wait_until 5 has_status "$ID" stopped
        [[ ! -e $BUNDLE/rootfs/tmp/ran ]]
        oci delete "$ID"
}

@test "an agent that accepts nothing does not hold up a start for ever" {
        make_bundle true
        leave mkdir
        agent --deaf
        # One connection fits into its queue, which is empty only when it accepts.
        python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); print("connected", flush=True); time.sleep(60)' "$AGENT" >"$WORK/other" 3>&- &
        local other=$!
        wait_until 10 grep -q connected "$WORK/other"
        SECONDS=0
        fails_with "connect to the seccomp agent .*Resource temporarily unavailable.*10 seconds" oci run -b "$BUNDLE" "$ID"
        ((SECONDS >= 9 && SECONDS < 25))
        kill "$other" "$PID"
}

@test "an agent that refuses the program, or is gone when it is asked for it: the start fails and says so" {
        make_bundle true
        leave execve
        agent execve=errno:EACCES
        fails_with "execute 'true': permission denied" oci run -b "$BUNDLE" "$ID"
        agent_done
        agent --drop
        fails_with "execute 'true': Function not implemented" oci run -b "$BUNDLE" "$ID"
        agent_done
        # Nor can its refusal be told: every call is left to who is gone.
        edit '.linux.seccomp.defaultAction = "SCMP_ACT_NOTIFY" | .linux.seccomp.syscalls = []'
        agent --drop
        fails_with "execute 'true': the seccomp agent lets neither" oci run -b "$BUNDLE" "$ID"
        agent_done
        nothing_left
        # Whoever started it has nobody else reap it meanwhile.
        agent --drop
        oci create -b "$BUNDLE" "$ID" >/dev/null 2>&1
        run oci start "$ID"
        [[ $status -eq 0 || $output == *"execute 'true': the seccomp agent lets neither"* ]] || shown
        agent_done
        oci delete --force "$ID"
}

@test "a program that waits for an answer can be killed" {
        make_bundle sh -c 'echo ready; mkdir /tmp/a'
        leave mkdir
        agent --silent
        become_oci run -b "$BUNDLE" "$ID" >"$WORK/out" 2>&1 3>&- &
        local pid=$! result=0
        wait_until 10 grep -q ready "$WORK/out"
        oci kill "$ID" KILL
        wait "$pid" || result=$?
        ((result == 137))
}

@test "what names no agent, or one that can't be found from everywhere, is refused; without SCMP_ACT_NOTIFY it is not looked at" {
        make_bundle true
        leave mkdir
        edit '.linux.seccomp |= del(.listenerPath, .listenerMetadata)'
        fails_with "SCMP_ACT_NOTIFY leaves calls to a listener, and none is named" oci run -b "$BUNDLE" "$ID"
        fails_with "SCMP_ACT_NOTIFY leaves calls to a listener, and none is named" oci plan -b "$BUNDLE"
        edit '.linux.seccomp.listenerPath = "agent.socket"'
        fails_with "'agent.socket', is not absolute" oci run -b "$BUNDLE" "$ID"
        edit '.linux.seccomp.listenerPath = "" | .linux.seccomp.listenerMetadata = "x"'
        fails_with "linux.seccomp.listenerMetadata: it may not be given without 'listenerPath'" oci run -b "$BUNDLE" "$ID"
        edit '.linux.seccomp |= {defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/nonexistent/socket", listenerMetadata: "x"}'
        run -0 oci run -b "$BUNDLE" "$ID"
}

@test "flags: the kernel gets them, and one that it does not know is refused with its version" {
        make_bundle true
        leave mkdir
        edit '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", "SECCOMP_FILTER_FLAG_TSYNC"]'
        agent
        run -0 oci run -b "$BUNDLE" "$ID"
        agent_done
        oci plan -b "$BUNDLE" >"$WORK/plan"
        grep -q "LOG|NEW_LISTENER|WAIT_KILLABLE_RECV, its listener goes to '$AGENT'" "$WORK/plan"
        # Behind it no filter more can be loaded.
        newest_calls_refused || fails_with "WAIT_KILLABLE_RECV: this kernel, Linux $(uname -r), does not know that flag.*Linux 5.19" \
                "$WARD_BUILD/tests/shim/deny" EINVAL seccomp -- "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        edit '.linux.seccomp.syscalls = []'
        fails_with "linux.seccomp.flags: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is for filters with a listener" oci run -b "$BUNDLE" "$ID"
        edit '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"]'
        oci plan -b "$BUNDLE" >"$WORK/plan"
        grep -q "in force: TSYNC|LOG|SPEC_ALLOW " "$WORK/plan"
        run -0 oci run -b "$BUNDLE" "$ID"
}

@test "the annotation run.oci.seccomp.receiver names the agent where the profile does not" {
        make_bundle sh -c 'mkdir /tmp/a'
        leave mkdir
        edit --arg agent "$AGENT" '.linux.seccomp |= del(.listenerPath, .listenerMetadata) | .annotations["run.oci.seccomp.receiver"] = $agent'
        agent mkdir=value:0
        run -0 oci run -b "$BUNDLE" "$ID"
        agent_done
        told -e 'has("metadata") | not'
}

@test "annotations that would have another filter in force are refused" {
        local key
        for key in run.oci.seccomp_bpf_data run.oci.seccomp.plugins; do
                make_bundle true
                edit --arg key "$key" '.annotations[$key] = "BgAAAAAA/38="'
                fails_with "annotations.$key: not honoured" oci run -b "$BUNDLE" "$ID"
        done
}

@test "inside of a filter that has a listener a second one is refused" {
        make_bundle true
        leave mkdir
        agent
        # seccomp(2): EBUSY. The outer listener is never asked.
        fails_with "put the seccomp filter in force: Device or resource busy.*has a listener already" \
                "$HELPERS/agent.py" --outer "$AGENT" "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
}

@test "where there is no room for the thread that sends the listener the start says so" {
        make_bundle touch /tmp/ran
        leave mkdir
        edit '.linux.resources.pids = {limit: 1}'
        agent
        fails_with "make the thread that sends its listener: Resource temporarily unavailable.*pids.limit" oci run -b "$BUNDLE" "$ID"
        [[ ! -e $BUNDLE/rootfs/tmp/ran ]]
        agent_done
        nothing_left
}

@test "runc tells the same agent the same" {
        needs_program runc
        make_bundle sh -c 'mkdir /tmp/a 2>&1; echo $?'
        leave mkdir
        local runtime
        for runtime in ward runc; do
                agent mkdir=errno:ENOSPC
                if [[ $runtime == runc ]]; then
                        run timeout -k 1 30 runc --root "$WORK/runc" run -b "$BUNDLE" "$ID"
                        runc --root "$WORK/runc" delete --force "$ID" 2>/dev/null || true
                else
                        run oci run -b "$BUNDLE" "$ID"
                fi
                expect_status 0
                agent_done
                printf '%s\n' "$output" >"$WORK/$runtime.output"
                # The versions are those of the runtime here, those of the config there; pids differ.
                told -S 'del(.pid, .state.pid, .ociVersion, .state.ociVersion) | .state.annotations |= (. // {})' >"$WORK/$runtime.told"
        done
        rm -rf "$WORK/runc"
        diff "$WORK/ward.output" "$WORK/runc.output"
        diff "$WORK/ward.told" "$WORK/runc.told"
}

@test "a hook of the container has no agent: what its filter leaves to one is not there" {
        make_bundle sh -c 'mkdir /tmp/program && ls /tmp'
        leave mkdir mkdirat
        edit '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "mkdir /tmp/hook 2>&1; true"]}]'
        agent --ends mkdir=continue mkdirat=continue
        run -0 oci run -b "$BUNDLE" "$ID"
        agent_done
        [[ $output == "mkdir: can't create directory '/tmp/hook': Function not implemented"$'\n'program ]] || shown
}
