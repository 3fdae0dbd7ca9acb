#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The life of a container: create, start, run, state, kill, delete.
# shellcheck disable=SC2154

load helpers/common

setup() {
        ward_setup
        needs_root
}

teardown() {
        remove_all
}

# The groups of the test, deepest first, whoever made them.
remove_groups() { find /sys/fs/cgroup -depth -type d -path "*/$ID*" -exec rmdir {} +; }

# bats test_tags=vm
@test "create, start, kill, delete: each status on the way" {
        make_bundle sleep 100
        oci create -b "$BUNDLE" "$ID"
        has_status "$ID" created
        oci start "$ID"
        has_status "$ID" running
        oci kill "$ID" KILL
        wait_until 5 has_status "$ID" stopped
        [[ $(oci state "$ID" | jq .pid) == 0 ]]
        oci delete "$ID"
        fails_with "" oci state "$ID"
        [[ -z $(groups_of "$ID") ]]
}

@test "run in the foreground only forwards signals: what a first process does not handle leaves it alone" {
        make_bundle sh -c 'echo ready; sleep 1; exit 5'
        "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID" >out 3>&- &
        local pid=$! status=0
        wait_until 10 grep -q ready out
        kill -TERM "$pid"
        wait "$pid" || status=$?
        ((status == 5))
}

@test "state says what runc says" {
        make_bundle sleep 100
        edit --arg root "$BUNDLE/rootfs" '.root.path = $root | .annotations = {"org.test.key": "value \"q\""}'
        oci run -d -b "$BUNDLE" "$ID"
        oci state "$ID" >"$WORK/state.json"
        jq -e --arg id "$ID" --arg bundle "$BUNDLE" --arg rootfs "$BUNDLE/rootfs" \
                '.id == $id and .bundle == $bundle and .rootfs == $rootfs and .status == "running" and .pid > 1
                 and .annotations["org.test.key"] == "value \"q\"" and (.ociVersion | startswith("1."))
                 and (.created | test("^20.*Z$")) and has("owner")' "$WORK/state.json"
        [[ $(tr '\0' ' ' </proc/"$(jq .pid "$WORK/state.json")"/cmdline) == "sleep 100 " ]]
        oci list | grep -Eq "^$ID +[0-9]+ +running +$BUNDLE +20.*Z +root"
        [[ $(oci list -f json | jq -c '[.[].id]') == "[\"$ID\"]" ]]
        [[ $(oci list -q) == "$ID" ]]
}

# bats test_tags=vm
@test "run gives the program's output and its status, and leaves nothing" {
        make_bundle sh -c 'echo out; echo err >&2; exit 7'
        run -7 --separate-stderr oci run -b "$BUNDLE" "$ID"
        [[ $output == out && $stderr == err ]]
        nothing_left
        make_bundle sh -c 'echo ready; sleep 100'
        become_oci run -b "$BUNDLE" "$ID" >"$WORK/out" 3>&- &
        local pid=$! result=0
        wait_until 5 grep -q ready "$WORK/out"
        oci kill "$ID" KILL
        wait "$pid" || result=$?
        ((result == 137))
}

@test "run reads standard input to its end" {
        make_bundle cat
        run -0 oci run -b "$BUNDLE" "$ID" <<<"through"
        [[ $output == through ]]
}

@test "run, its hooks too, where SIGCHLD is ignored" {
        make_bundle sh -c 'exit 7'
        edit '.hooks.createRuntime = [{path: "/bin/true"}]'
        run -7 env --ignore-signal=CHLD "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        run -7 env --ignore-signal=CHLD "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm --name "$ID" "$BUNDLE/rootfs" sh -c 'exit 7'
}

# ignored FILE: the signals that a process ignores, as its status has them.
ignored() { sed -n 's/^SigIgn:\t0*//p' "$1"; }

@test "what the caller ignores is not ignored by the program, by what is executed and by hooks, but for HUP" {
        local kind hooks='{}'
        make_bundle sh -c 'cat /proc/self/status; exec sleep 100'
        for kind in createRuntime createContainer poststart; do
                hooks=$(jq -c --arg kind "$kind" --arg to "$WORK/$kind" '.[$kind] = [{path: "/bin/sh", args: ["sh", "-c", "cat /proc/self/status >\($to)"]}]' <<<"$hooks")
        done
        edit --argjson hooks "$hooks" '.root.readonly = false | .hooks = $hooks
                | .hooks.startContainer = [{path: "/bin/busybox", args: ["cp", "/proc/self/status", "/in"]}]'
        (
                trap "" HUP INT QUIT USR1 PIPE ALRM TERM CHLD TSTP TTIN TTOU XFSZ
                become_oci run -d -b "$BUNDLE" "$ID" 3>&- </dev/null >"$WORK/program" 2>&1
        )
        (
                trap "" HUP INT QUIT USR1 PIPE TERM CHLD
                become_oci exec "$ID" cat /proc/self/status >"$WORK/exec"
        )
        wait_until 5 grep -q SigIgn "$WORK/program"
        for kind in "$WORK"/{program,exec,createRuntime,createContainer,poststart} "$BUNDLE/rootfs/in"; do
                [[ $(ignored "$kind") == 1 ]] || { echo "$kind"; grep Sig "$kind"; false; }
        done
        oci delete --force "$ID"
        nothing_left
}

@test "run --keep leaves the stopped container" {
        make_bundle true
        oci run --keep -b "$BUNDLE" "$ID"
        has_status "$ID" stopped
        oci delete "$ID"
}

@test "run forwards signals" {
        make_bundle sh -c 'trap "echo got; exit 3" TERM; echo ready; while :; do sleep 0.05; done'
        become_oci run -b "$BUNDLE" "$ID" >"$WORK/out" 3>&- &
        local pid=$! result=0
        wait_until 5 grep -q ready "$WORK/out"
        kill -TERM "$pid"
        wait "$pid" || result=$?
        [[ $result -eq 3 && $(tail -1 "$WORK/out") == got ]]
}

@test "an id is taken only once" {
        make_bundle sleep 100
        oci create -b "$BUNDLE" "$ID"
        fails_with "exist" oci create -b "$BUNDLE" "$ID"
        has_status "$ID" created
        oci start "$ID"
        fails_with "" oci start "$ID"
        has_status "$ID" running
}

# bats test_tags=matrix-vm
@test "a start whose directory was tidied away before it was locked does not take another container's for its own" {
        local pid init
        needs_program strace
        make_bundle sleep 100
        oci run -d -b "$BUNDLE" "$ID-first" 3>&-
        oci delete --force "$ID-first"
        # Between making the directory of the state and opening it.
        traced strace -qq -o trace -e trace=mkdirat -e inject=mkdirat:delay_exit=2000000:when=1 \
                "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -d -b "$BUNDLE" "$ID" >said 2>&1 3>&- &
        pid=$!
        wait_until 5 test -d "$WORK/state/$ID"
        oci delete --force "$ID"
        oci run -d -b "$BUNDLE" "$ID" 3>&-
        init=$(oci state "$ID" | jq .pid)
        ! wait $pid || return 1
        # A container without its state is in nobody's way but in that of the next test.
        has_status "$ID" running || {
                kill -KILL "$init"
                wait_until 10 has_ended "$init"
                find /sys/fs/cgroup -depth -type d -name "$ID" -exec rmdir {} \;
                return 1
        }
        grep -q 'exists already' said || { cat said; return 1; }
}

# With a manager of systemd's the group goes as soon as its last process has.
# bats test_tags=vm
@test "a group that goes while it is read has gone, which is no error" {
        local files=() file
        needs_program strace
        make_bundle sleep 100
        oci run -d -b "$BUNDLE" "$ID"
        while read -r file; do files+=(-P "$file"); done < <(find /sys/fs/cgroup -path "*/$ID/freezer.state" -o -path "*/$ID/cgroup.events")
        run -0 traced strace -qq -o trace "${files[@]}" -e trace=read -e inject=read:error=ENODEV "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" state "$ID"
        [[ $(jq -r .status <<<"$output") == running ]] || shown
        grep -q INJECTED trace
}

@test "delete refuses a running container, with --force ends it" {
        make_bundle sleep 100
        oci run -d -b "$BUNDLE" "$ID"
        fails_with "(running|not stopped)" oci delete "$ID"
        has_status "$ID" running
        oci delete --force "$ID"
        nothing_left
}

@test "delete of a created container that was never started, by force" {
        make_bundle sleep 100
        oci create -b "$BUNDLE" "$ID"
        oci delete --force "$ID"
        nothing_left
}

# bats test_tags=matrix-vm
@test "kill: TERM by default, by number, to all" {
        make_bundle sh -c 'trap "exit 0" TERM; trap "" USR1; while :; do sleep 0.05; done'
        oci run -d -b "$BUNDLE" "$ID"
        oci kill "$ID" USR1
        oci kill "$ID" 0
        has_status "$ID" running
        wait_until 5 oci exec "$ID" true
        oci kill "$ID"
        wait_until 5 has_status "$ID" stopped
        fails_with "(not running|stopped)" oci kill "$ID" KILL
        oci delete "$ID"

        make_bundle sh -c 'sleep 100 & sleep 100 & wait'
        oci run -d -b "$BUNDLE" "$ID"
        oci kill --all "$ID" KILL
        wait_until 5 has_status "$ID" stopped
}

@test "a container that was never started ends by the signals that end a program, but for those that its creator ignores" {
        local signal
        make_bundle sleep 100
        for signal in HUP INT QUIT TERM; do
                # Who runs the tests may ignore some.
                env --default-signal "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" create -b "$BUNDLE" "$ID" 3>&-
                oci kill "$ID" USR2
                has_status "$ID" created
                oci kill "$ID" "$signal"
                wait_until 5 has_status "$ID" stopped
                oci delete "$ID"
        done
        (trap "" HUP; become_oci create -b "$BUNDLE" "$ID" 3>&- </dev/null >/dev/null 2>&1)
        oci kill "$ID" HUP
        sleep 0.3
        has_status "$ID" created
        # The program is not told of it: it has the handlers and what is ignored that it would have had.
        oci start "$ID"
        has_status "$ID" running
        [[ $(sed -n 's/^SigCgt:\t//p' "/proc/$(init_pid)/status") == 0000000000000000 ]]
        (((0x$(sed -n 's/^SigIgn:\t//p' "/proc/$(init_pid)/status") & 1) == 1))
        oci delete --force "$ID"
}

@test "a hook has all of the time that it was given, however long that is" {
        make_bundle true
        # A thousand times that is 704 in 32 bits.
        edit '.hooks.poststart = [{path: "/bin/sleep", args: ["sleep", "1"], timeout: 4294968}]'
        run -0 oci run -b "$BUNDLE" "$ID"
}

# bats test_tags=vm
@test "a start that waits for a hook keeps nobody from killing and deleting the container" {
        local kind verb how pid
        for kind in startContainer poststart; do
                for verb in start run; do
                        for how in "kill $ID KILL" "delete --force $ID"; do
                                make_bundle sleep 100
                                # One writes below the container's root, the other where the machine's root is.
                                edit --arg kind "$kind" --arg at "$([[ $kind == poststart ]] && echo "$BUNDLE/rootfs")" '.root.readonly = false
                                        | .hooks[$kind] = [{path: "/bin/sh", args: ["sh", "-c", "echo hook >\($at)/tmp/hook; exec sleep 100"]}]'
                                rm -f said
                                if [[ $verb == run ]]; then
                                        become_oci run -d -b "$BUNDLE" "$ID" >said 2>&1 3>&- &
                                else
                                        oci create -b "$BUNDLE" "$ID" >said 2>&1 3>&-
                                        become_oci start "$ID" >>said 2>&1 3>&- &
                                fi
                                pid=$!
                                wait_until 10 test -s "$BUNDLE/rootfs/tmp/hook"
                                has_status "$ID" running
                                # shellcheck disable=SC2086
                                timeout 60 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" $how || { echo "$verb, $kind: $how"; return 1; }
                                # A hook of the host does not end with the container.
                                [[ $kind != poststart ]] || pkill -KILL -P "$pid"
                                ! wait "$pid" || { echo "$verb, $kind: $how: it has succeeded"; return 1; }
                                [[ $kind != startContainer ]] || grep -Eq "its init (ended|was killed)" said || { cat said; return 1; }
                                [[ $how == delete* || $verb == run ]] || { wait_until 5 has_status "$ID" stopped; oci delete "$ID"; }
                                nothing_left
                        done
                done
        done
}

@test "a start whose container was deleted while it waited for a hook leaves alone the one that has its name by then" {
        local pid
        make_bundle sleep 100
        edit '.mounts += [{destination: "/made/here", type: "tmpfs", source: "tmpfs"}] | .root.readonly = false'
        cp "$BUNDLE/config.json" config
        edit --arg at "$WORK/ran" '.hooks.poststart = [{path: "/bin/sh", args: ["sh", "-c", "echo hook >\($at); exec sleep 100"]}]'
        become_oci run -d -b "$BUNDLE" "$ID" >said 2>&1 3>&- &
        pid=$!
        wait_until 10 test -s "$WORK/ran"
        oci delete --force "$ID"
        mv config "$BUNDLE/config.json"
        oci run -d -b "$BUNDLE" "$ID" 3>&-
        pkill -KILL -P "$pid"
        ! wait "$pid" || return 1
        has_status "$ID" running
        oci exec "$ID" grep -q ' /made/here ' /proc/mounts
        [[ -d $BUNDLE/rootfs/made/here ]]
}

@test "kill --all fails when it can't reach a process" {
        local at=$WARD_SOURCE/build/tests/child/at n
        make_bundle sh -c 'trap "" USR1; sleep 100 & wait'
        oci run -d -b "$BUNDLE" "$ID"
        traced "$at" --report 4 list "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" kill --all "$ID" USR1 4>calls
        # The first is that of init, from its state; EMFILE.
        n=$(awk '$2 == 0 && $4 == "pidfd_open" { print $3 }' calls | sed -n 2p)
        run traced "$at" --report 4 fail 0 "$n" 24 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" kill --all "$ID" USR1 4>report
        grep -q ^hit report || unable "system calls can't be traced here"
        expect_in_output "Too many open files"
}

@test "a group that was removed again while it was made is said to be that" {
        local at=$WARD_SOURCE/build/tests/child/at n
        make_bundle true
        oci run -b "$BUNDLE" "$ID"
        # With pipes as below, which are made ready for the container.
        run -0 traced "$at" --report 4 list "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID" 4>calls
        # It is opened behind the second directory that is made, of which the first is that of the state.
        n=$(awk '$4 == "mkdirat" { made++ } made == 2 && $4 == "openat2" { print $3; exit }' calls)
        [[ -n $n ]] || unable "system calls can't be traced here"
        run traced "$at" fail 0 "$n" 2 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        expect_in_output "make the group: No such file or directory"
}

@test "--pid-file holds the pid of init" {
        make_bundle sleep 100
        (cd "$WORK" && oci create -b "$BUNDLE" --pid-file pid "$ID")
        [[ $(<"$WORK/pid") == "$(oci state "$ID" | jq .pid)" ]]
}

@test "--pid-file that cannot be written fails and leaves nothing" {
        make_bundle sleep 100
        fails_with "No such file or directory" oci run -d -b "$BUNDLE" --pid-file /nonexistent/pid "$ID"
        nothing_left
}

@test "a program that is not there fails by name and leaves nothing" {
        make_bundle /no/such/program
        fails_with "/no/such/program" oci run -b "$BUNDLE" "$ID"
        nothing_left
        make_bundle /etc/passwd
        fails_with "/etc/passwd.*[Pp]ermission denied" oci run -b "$BUNDLE" "$ID"
        make_bundle true
        edit '.process.cwd = "/etc/passwd/dir"'
        fails_with "/etc/passwd/dir" oci run -b "$BUNDLE" "$ID"
        edit '.process.cwd = "/" | .root.path = "/no/such/root"'
        fails_with "/no/such/root" oci run -b "$BUNDLE" "$ID"
        nothing_left
}

# bats test_tags=matrix-vm
@test "a failed start leaves the host's mounts as they were" {
        make_bundle true
        edit '.mounts += [{destination: "/tmp", type: "nosuchfs", source: "x"}]'
        local before
        before=$(</proc/self/mountinfo)
        fails_with "nosuchfs" oci run -b "$BUNDLE" "$ID"
        [[ $(</proc/self/mountinfo) == "$before" ]]
}

@test "the default bundle: own namespaces, hostname, read-only root, masked paths" {
        local ns
        make_bundle sh -c 'hostname; ls -A /proc/acpi /sys/firmware 2>/dev/null; touch /x 2>&1; cat /proc/kcore | wc -c;
                echo pid $$; for n in pid net ipc uts mnt cgroup user; do readlink /proc/self/ns/$n; done; ip -o link | wc -l'
        edit '.hostname = "inside"'
        run -0 oci run -b "$BUNDLE" "$ID"
        [[ ${lines[0]} == inside ]]
        [[ $output == *"touch: /x: Read-only file system"* ]]
        [[ $output == *$'\n0\n'* && $output == *"pid 1"* ]]
        for ns in pid net ipc uts mnt; do
                [[ $output != *"$(readlink "/proc/self/ns/$ns")"* ]]
        done
        [[ $output == *"$(readlink /proc/self/ns/user)"* ]]
}

@test "capabilities, no_new_privs, ids and limits are exactly the config's" {
        make_bundle sh -c 'grep -E "^(Cap|NoNewPrivs|Uid|Gid|Groups)" /proc/self/status; ulimit -n; umask'
        edit '.process.user = {uid: 1000, gid: 1001, additionalGids: [5, 6], umask: 63}'
        run -0 oci run -b "$BUNDLE" "$ID"
        [[ $output =~ CapInh:[[:space:]]0+$'\n' && $output =~ CapBnd:[[:space:]]0*20000420 ]]
        [[ $output =~ NoNewPrivs:[[:space:]]1 && $output =~ Uid:[[:space:]]1000[[:space:]]1000[[:space:]]1000 ]]
        [[ $output =~ Gid:[[:space:]]1001 && $output =~ Groups:[[:space:]](5\ 6|5\ 6\ 1001) ]]
        [[ $output == *$'\n1024\n0077' ]]
}

@test "the environment is the config's, and the caller's descriptors stay out" {
        make_bundle sh -c 'env | sort; ls /proc/self/fd'
        edit '.process.env = ["PATH=/bin", "A=b c"]'
        run -0 env SECRET=1 bash -c 'exec 7</etc/passwd; "$@"' _ "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        [[ $output == *"A=b c"* && $output != *SECRET* ]]
        [[ $output != *$'\n7'* ]]
}

@test "--preserve-fds passes descriptors on" {
        make_bundle sh -c 'cat <&3; cat <&4'
        run -0 bash -c 'exec 3<<<three 4<<<four 5<<<five; "$@"' _ \
                "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run --preserve-fds 2 -b "$BUNDLE" "$ID"
        [[ $output == $'three\nfour' ]]
}

@test "a container that has ended while nobody looked is stopped, and its pid is not killed" {
        make_bundle true
        oci run -d -b "$BUNDLE" "$ID"
        wait_until 5 has_status "$ID" stopped
        fails_with "" oci kill "$ID" KILL
        oci delete "$ID"
}

@test "a damaged state file: delete --force still ends and removes" {
        make_bundle sleep 100
        oci run -d -b "$BUNDLE" "$ID"
        local pid
        pid=$(oci state "$ID" | jq .pid)
        truncate -s 20 "$WORK/state/$ID/state.json"
        [[ $(oci state "$ID" | jq -r .damage) == *damaged* ]]
        fails_with "damaged.*delete --force" oci exec "$ID" true
        oci list -q | grep -qx "$ID"
        oci delete --force "$ID"
        has_ended "$pid"
        nothing_left
}

# bats test_tags=vm
@test "the group of a container that has ended can be another one's by now: that is left alone" {
        local verb first init
        needs_machine_root
        for verb in "delete $ID-first" "kill --all $ID-first KILL" "delete --force $ID-first"; do
                make_bundle sleep 100
                edit --arg at "/$ID/same" '.linux.cgroupsPath = $at'
                oci run -d -b "$BUNDLE" "$ID-first" 3>&-
                oci kill "$ID-first" KILL
                wait_until 5 has_status "$ID-first" stopped
                # As systemd does when the last process of a scope has gone.
                wait_until 5 remove_groups
                oci run -d -b "$BUNDLE" "$ID" 3>&-
                run -1 oci ps "$ID-first"
                # shellcheck disable=SC2086
                [[ $verb == kill* ]] && run -1 oci $verb || oci $verb
                has_status "$ID" running
                oci exec "$ID" true
                [[ -n $(groups_of "$ID") ]]
                oci delete --force "$ID-first"
                has_status "$ID" running
                oci delete --force "$ID"
                nothing_left
        done
}

@test "a group that is only called as the container would have been is nobody's to end" {
        local group pid
        needs_machine_root
        for group in /sys/fs/cgroup/{,freezer/,pids/,unified/}; do
                [[ ! -e $group/cgroup.procs || $group -ef /sys/fs/cgroup && ! -e /sys/fs/cgroup/cgroup.controllers ]] || mkdir "$group/$ID"
        done
        sleep 100 3>&- &
        pid=$!
        for group in /sys/fs/cgroup/{,freezer/,pids/,unified/}"$ID"; do
                [[ ! -d $group ]] || echo "$pid" >"$group/cgroup.procs"
        done
        # As a create leaves it that is killed before it has noted a group.
        mkdir -p -m 700 "$WORK/state" "$WORK/state/$ID"
        oci delete --force "$ID"
        [[ ! -e $WORK/state/$ID ]]
        kill -0 "$pid"
        kill -KILL "$pid"
        wait "$pid" || true
        wait_until 5 remove_groups
}

# bats test_tags=vm
@test "create: who waits for a hook of the machine is ended by delete --force and by kill" {
        local kind how pid
        for kind in createRuntime createContainer; do
                for how in "kill $ID KILL" "delete --force $ID"; do
                        make_bundle sleep 100
                        edit --arg kind "$kind" --arg at "$WORK/hook" '.hooks[$kind] = [{path: "/bin/sh", args: ["sh", "-c", "echo hook >\($at); exec sleep 100"]}]'
                        rm -f hook said
                        become_oci create --pid-file "$WORK/pid" -b "$BUNDLE" "$ID" >said 2>&1 3>&- &
                        pid=$!
                        wait_until 10 test -s hook
                        # shellcheck disable=SC2086
                        timeout 60 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" $how
                        ! wait "$pid" || return 1
                        grep -Eq "init (ended|was killed)" said || { cat said; return 1; }
                        [[ ! -e $WORK/pid ]]
                        fails_with "does not exist" oci state "$ID"
                        nothing_left
                done
        done
}

@test "who asks for a container that is being created is told so, and not that it is damaged" {
        local pid verb ward=("$WARD_BUILD/bin/ward" --root "$WORK/state")
        make_bundle sleep 100
        edit --arg at "$WORK" '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "echo >\($at)/hook; until [ -e \($at)/go ]; do sleep 0.05; done"]}]'
        become_oci create -b "$BUNDLE" "$ID" 3>&- &
        pid=$!
        wait_until 10 test -s hook
        for verb in "stop $ID" "limit --pids 50 $ID" "inspect $ID" "exec $ID true" "seccomp explain $ID" "apparmor show $ID" \
                "run --rm --name $ID-2 --network container:$ID $BUNDLE/rootfs true"; do
                # shellcheck disable=SC2086  # words
                run timeout 60 "${ward[@]}" $verb
                [[ $status -ne 0 && $output == *"container '$ID': it is still being created"* && $output == *"ends who creates it"* ]] || { echo "$verb"; shown; return 1; }
        done
        fails_with "still being created" oci exec "$ID" true
        fails_with "still being created" oci events --stats "$ID"
        # Who lists them sees it.
        [[ $(oci state "$ID" | jq -r .status) == creating ]]
        run -0 "${ward[@]}" ps -a
        expect_in_output creating
        touch go
        wait "$pid"
        run -0 "${ward[@]}" inspect "$ID"
        oci delete --force "$ID"
        # Without a maker it is damaged.
        mkdir -m 700 "$WORK/state/$ID"
        fails_with "damaged.*state.json is missing" oci exec "$ID" true
        oci delete --force "$ID"
        nothing_left
}

@test "a hook that wants to change its own container is told, and does not wait for ever" {
        make_bundle sleep 100
        edit --arg ward "$WARD_BUILD/bin/ward-oci" --arg root "$WORK/state" --arg id "$ID" --arg at "$WORK/said" \
                '.hooks.poststop = [{path: "/bin/sh", args: ["sh", "-c", "\($ward) --root \($root) kill \($id) KILL >\($at) 2>&1"]}]'
        oci run -d -b "$BUNDLE" "$ID" 3>&-
        oci delete --force "$ID"
        grep -q "a hook can't change the container that it runs for" said
        nothing_left
}

@test "the pid file is whole whenever somebody looks, and goes with a start that fails" {
        local seen i
        make_bundle sleep 100
        : >empty
        while [[ ! -e stop ]]; do
                seen=$(cat "$WORK/pid" 2>/dev/null) && [[ -z $seen ]] && echo empty >>empty
        done 3>&- &
        for i in {1..10}; do
                oci create --pid-file "$WORK/pid" -b "$BUNDLE" "$ID" 3>&-
                [[ $(<"$WORK/pid") == $(init_pid) ]]
                oci delete --force "$ID"
                # That of somebody else: the next one's is another file.
                [[ -e $WORK/pid ]]
                ((i % 2)) || rm "$WORK/pid"
        done
        touch stop
        wait
        [[ ! -s empty ]]
        edit '.process.args = ["/bin/nonesuch"]'
        fails_with nonesuch oci create --pid-file "$WORK/pid" -b "$BUNDLE" "$ID"
        [[ ! -e $WORK/pid ]]
        [[ -z $(compgen -G "$WORK/pid*") ]]
        # What is no file is written to as it is.
        make_bundle true
        mkfifo "$WORK/pipe"
        cat "$WORK/pipe" >read 3>&- &
        oci run --pid-file "$WORK/pipe" -b "$BUNDLE" "$ID" 3>&-
        wait
        grep -Eqx "[0-9]+" read
        [[ -p $WORK/pipe ]]
}

@test "a relative bundle, root and source of a bind are found" {
        make_bundle echo here
        cd "$WORK"
        run -0 oci run -b bundle "$ID"
        [[ $output == here ]]
        cd bundle
        run -0 oci run "$ID"
        [[ $output == here ]]
        mkdir data
        echo content >data/file
        edit '.process.args = ["cat", "/tmp/file"]
                | .mounts += [{destination: "/tmp", source: "data", type: "bind", options: ["bind", "ro"]}]'
        cd /
        run -0 oci run -b "$BUNDLE" "$ID"
        [[ $output == content ]]
}

# bats test_tags=matrix-vm
@test "ten containers at once" {
        local i pids=()
        make_bundle true
        for i in {1..10}; do
                become_oci run -b "$BUNDLE" "$ID-$i" 3>&- &
                pids+=($!)
        done
        for i in "${pids[@]}"; do wait "$i"; done
}

@test "a created container holds nothing that its creator had open" {
        make_bundle true
        oci create -b "$BUNDLE" "$ID" 7</dev/null 8>"$WORK/open"
        pid=$(oci state "$ID" | jq .pid)
        run -0 ls -l "/proc/$pid/fd"
        expect_not_in_output "$WORK/open" " 7 -> "
        oci start "$ID"
}

@test "a creator that is killed half way: delete takes away what it had made in the root file system" {
        make_bundle true
        edit '.mounts = [{destination: "/made/for/this", type: "tmpfs", source: "t"}] + .mounts |
                .hooks = {prestart: [{path: "/bin/sleep", args: ["sleep", "1000"]}]}'
        become_oci run -b "$BUNDLE" "$ID" 3>&- &
        creator=$!
        wait_until 10 test -d "$BUNDLE/rootfs/made/for/this"
        wait_until 10 pgrep -P "$creator" -x sleep
        hook=$(pgrep -P "$creator" -x sleep)
        kill -9 "$creator"
        wait "$creator" || true
        kill "$hook"
        [[ -d $BUNDLE/rootfs/made/for/this ]]
        oci delete --force "$ID"
        [[ ! -e $BUNDLE/rootfs/made ]]
        nothing_left
}
