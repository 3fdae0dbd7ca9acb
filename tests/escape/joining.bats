#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# V9: what of a joining process the container can reach.
# shellcheck disable=SC2154

load helpers/escape

setup() { escape_setup; }
teardown() {
        # Who is held up goes on: what is deleted waits for him.
        [[ -z ${WORK:-} ]] || : >"$WORK/go"
        escape_teardown
}

# hunts STOPPED-BY...: a program in the container looks into every process that appears, while the commands run.
hunt_while() {
        "$@"
        touch "$BUNDLE/rootfs/tmp/stop"
        wait_until 10 grep -q '^seen' "$WORK/hunt"
        cat "$WORK/hunt"
}

# slowly OPTION CALLS COMMAND...: the runtime waits in front of each of these system calls, and with -f its children do.
slowly() {
        local option=$1 calls=$2
        shift 2
        traced strace ${option:+"$option"} -o "$WORK/trace" -e "trace=$calls" \
                -e "inject=$calls:delay_enter=300000" "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" "$@"
}

exec_25() {
        local i
        for i in {1..25}; do
                oci exec --cap CAP_SYS_ADMIN "$ID" sleep 0.02
        done
        # Before it closes its descriptors nobody has seen it.
        slowly -f close_range exec --cap CAP_SYS_ADMIN "$ID" sleep 0.02
}

@test "V9: a joining process, before CAP_SYS_PTRACE of the host's root in the container" {
        make_bundle /bin/probe hunt "${CANARY#/}/marker" /tmp/stop
        with_probe
        edit '.root.readonly = false'
        # exec adds CAP_SYS_ADMIN: the hunter must not see a process with more than that, on the way to it.
        grant CAP_SYS_PTRACE CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_SYS_ADMIN CAP_KILL
        oci run -d -b "$BUNDLE" "$ID" >"$WORK/hunt" 3>&-
        wait_until 5 grep -q ready "$WORK/hunt"
        run -0 hunt_while exec_25
        [[ $output != *HOST* && $output != *RIGHTS* ]] || shown
        # It did look at many of them: the test can fail.
        [[ ${lines[-1]#seen } -ge 15 ]] || shown
}

# hunter JQ-FILTER CAP...: a container with a hunter in it, and $WORK/other, a bundle that joins its pid and, where there is one, user namespace.
hunter() {
        local pid other=$WORK/other
        make_bundle /bin/probe hunt "${CANARY#/}/marker" /tmp/stop
        with_probe
        chmod 1777 "$BUNDLE/rootfs/tmp"
        edit ".root.readonly = false | $1"
        shift
        grant "$@"
        oci run -d -b "$BUNDLE" "$ID" >"$WORK/hunt" 3>&-
        wait_until 5 grep -q ready "$WORK/hunt"
        pid=$(oci state "$ID" | jq .pid)
        bundle "$other"
        jq --slurpfile hunter "$BUNDLE/config.json" --arg root "$BUNDLE/rootfs" --arg pid "$pid" '.root.path = $root
                | .process.capabilities = $hunter[0].process.capabilities | .linux.namespaces |= map(select(.type != "pid"))
                | .linux.namespaces += [$hunter[0].linux.namespaces[].type | select(. == "pid" or . == "user")
                        | {type: ., path: "/proc/\($pid)/ns/\(.)"}]' "$other/config.json" >"$other/new"
        mv "$other/new" "$other/config.json"
}

@test "V9: a container that joins another's pid and user namespaces is not looked into from there" {
        hunter "$USER_NAMESPACE" CAP_SYS_PTRACE CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_SYS_ADMIN CAP_KILL
        join_20() {
                local i
                for i in {1..20}; do
                        oci run -b "$WORK/other" "$ID-$i"
                done
        }
        run -0 hunt_while join_20
        [[ $output != *HOST* ]] || shown
        [[ ${lines[-1]#seen } -ge 10 ]] || shown
}

joins() {
        slowly "" sendto,sendmsg exec "$ID" true
        slowly "" sendto,sendmsg run -b "$WORK/other" "$ID-2"
}

is_hidden() {
        run -0 hunt_while joins
        [[ $output != *HOST* && $output != *INSIDE* ]] || shown
        # Both were seen: the test can fail.
        [[ $(grep -c ^runtime <<<"$output") -ge 2 ]] || shown
}

# The runtime's messages to the child come late: it waits, in the sight of the container, where it is most worth to be looked into.
@test "V9: a joining process is hidden from CAP_SYS_PTRACE of the user namespace that it joins" {
        hunter "$USER_NAMESPACE" CAP_SYS_PTRACE CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_SYS_ADMIN CAP_KILL
        is_hidden
}

# It has not loaded the filter yet: who could make it do something else would have got round that.
@test "V9: a joining process is hidden from processes with the same user and the same rights" {
        hunter . CAP_KILL CAP_AUDIT_WRITE
        is_hidden
}

# Whoever shares its /dev/shm enters its namespaces for a moment, and a container in the machine's pid namespace sees that process.
@test "V9: who fetches a container's /dev/shm is hidden from it" {
        make_bundle true
        with_probe
        chmod 1777 "$BUNDLE/rootfs/tmp"
        "$WARD_BUILD/bin/ward" --root "$WORK/state" run --name "$ID" --pid host --cap-add SYS_PTRACE --cap-add SYS_ADMIN --cap-add SYS_CHROOT \
                --security-opt seccomp=unconfined "$BUNDLE/rootfs" /bin/probe hunt "${CANARY#/}/marker" /tmp/stop >"$WORK/hunt" 2>&1 3>&- &
        wait_until 10 grep -q ready "$WORK/hunt"
        # It waits in the container's namespaces, where it has what it inherited.
        fetches() {
                traced strace -f -o "$WORK/trace" -e trace=setns -e inject=setns:delay_exit=500000 \
                        "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm --name "$ID-2" --ipc "container:$ID" "$BUNDLE/rootfs" true
        }
        hunt_while fetches >/dev/null
        (($(grep -c 'setns.* = 0' "$WORK/trace") >= 2))
        # That the machine's processes have more rights is no news.
        output=$(grep -v ^RIGHTS "$WORK/hunt" | sort | uniq -c)
        [[ $output != *HOST* && $output != *INSIDE* ]] || shown
        # It was seen: the test can fail.
        [[ $output == *runtime* ]] || shown
}

# The first thread of a container's init may end while another one lives, and that one may execute a program, which makes it init again: for a
# moment init's namespaces can't be looked at, as often as it likes.
@test "V9: what joins is in all namespaces of the container, or does not run, whichever of them can't be looked at" {
        local at=$WARD_SOURCE/build/tests/child/at n count=0 namespaces=(/proc/self/ns/*)
        make_bundle sleep 100
        oci run -d -b "$BUNDLE" "$ID"
        run -0 traced "$at" --report 4 list "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" exec "$ID" true 4>calls
        for n in $(awk '$2 == 0 && $4 == "newfstatat" { print $3 }' calls); do
                run traced "$at" --report 4 fail 0 "$n" 2 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" exec "$ID" \
                        sh -c 'cd /proc/self/ns && for ns in cgroup ipc mnt net pid uts; do readlink $ns; done' 4>report
                grep -q ^hit report || unable "system calls can't be traced here"
                [[ $output != *"mnt:["* || $output == "$(cd "/proc/$(oci state "$ID" | jq .pid)/ns" && readlink cgroup ipc mnt net pid uts)" ]] || shown
                count=$((count + 1))
        done
        ((count >= ${#namespaces[@]}))
}

# held_up: the createContainer hook holds the child up between its state, by which it is found, and what hides the machine, until $WORK/go is there.
held_up() {
        rm -f "$WORK/go" "$WORK/going"
        edit --arg go "$WORK/go" '.hooks.createContainer = [{path: "/bin/sh",
                args: ["sh", "-c", "cat >/dev/null; touch \($go)ing; until [ -e \($go) ]; do sleep 0.05; done"], env: ["PATH=/bin:/usr/bin"]}]'
}

@test "V9: nothing joins a container that is still being made, whose masks are not there yet" {
        local verb maker
        make_bundle sleep 100
        held_up
        for verb in create "run --detach"; do
                rm -f "$WORK/go" "$WORK/going"
                # shellcheck disable=SC2086  # a verb and its option
                oci $verb -b "$BUNDLE" "$ID" 3>&- >/dev/null 2>&1 &
                maker=$!
                wait_until 10 test -e "$WORK/going"
                wait_until 10 test -s "$WORK/state/$ID/state.json"
                run -255 oci exec "$ID" sh -c 'echo RAN; cat /proc/timer_list'
                [[ $output != *RAN* && $output == *"still being created"* ]] || shown
                # Who comes a moment too early is let in when it is made.
                oci exec "$ID" sh -c 'echo RAN; cat /proc/timer_list; : >/proc/sys/kernel/domainname' 3>&- >"$WORK/seen" 2>&1 &
                sleep 0.3
                touch "$WORK/go"
                wait "$maker"
                wait $! || true
                [[ $(head -n 1 "$WORK/seen") == RAN && $(wc -l <"$WORK/seen") -eq 2 ]] || { cat "$WORK/seen"; false; }
                grep -q "Read-only" "$WORK/seen"
                oci delete --force "$ID"
        done
}

@test "V9: a poststart hook may execute in the container that it belongs to" {
        make_bundle sleep 100
        edit --arg oci "$WARD_BUILD/bin/ward-oci" --arg state "$WORK/state" --arg id "$ID" '.hooks.poststart = [{path: $oci,
                args: ["ward-oci", "--root", $state, "exec", $id, "touch", "/dev/shm/from-hook"]}]'
        oci run -d -b "$BUNDLE" "$ID" 3>&-
        oci exec "$ID" test -e /dev/shm/from-hook
}

# user_hunter: the same for an ordinary user, in $HERE: his container's root has his number outside, and no capability.
user_hunter() {
        USER_ID=12345 BOUNDING=(--bounding-set=-all)
        HERE=$(mktemp -d -t "$ID.XXXXXX")
        chmod 755 "$HERE"
        cp "$WARD_BUILD/bin/ward-oci" "$ATTACKERS/probe" "$HERE"
        mkdir -m 700 "$HERE/state" "$HERE/bundle"
        rootfs "$HERE/bundle/rootfs"
        cp "$ATTACKERS/probe" "$HERE/bundle/rootfs/bin/probe"
        BUNDLE=$HERE/bundle
        ward_oci spec --rootless -b "$BUNDLE"
        edit --arg user "$USER_ID" '.process.terminal = false | .root.readonly = false | .process.capabilities = {}
                | .linux.uidMappings[0].hostID = ($user | tonumber) | .linux.gidMappings[0].hostID = ($user | tonumber)
                | .mounts |= map(select(.destination | startswith("/sys") | not))'
        chown -R "$USER_ID:$USER_ID" "$HERE"
}

his_oci() { plain_user env -C "$HERE" -u XDG_RUNTIME_DIR "$HERE/ward-oci" --root "$HERE/state" "$@"; }

@test "V9: a joining process is hidden from the container of an ordinary user, whose root it is outside, too" {
        user_hunter
        edit --arg marker "${CANARY#/}/marker" '.process.args = ["/bin/probe", "hunt", $marker, "/tmp/stop"]'
        his_oci run -d -b "$BUNDLE" "$ID" >"$WORK/hunt" 3>&-
        wait_until 10 grep -q ready "$WORK/hunt"
        exec_slowly() {
                local i
                for i in {1..5}; do
                        traced strace -o "$WORK/trace" -e trace=sendto,sendmsg -e inject=sendto,sendmsg:delay_enter=200000 \
                                setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups env -C "$HERE" "$HERE/ward-oci" --root "$HERE/state" exec "$ID" true
                done
        }
        run -0 hunt_while exec_slowly
        [[ $output != *HOST* && $output != *INSIDE* ]] || shown
        # It was seen: the test can fail.
        [[ $(grep -c ^runtime <<<"$output") -ge 3 ]] || shown
        his_oci delete --force "$ID"
        # While it waits for its start nobody joins it, who would have its filter and its rights, and could make it do things without them.
        edit '.process.oomScoreAdj = 500 | .process.args = ["sleep", "100"]'
        chown -R "$USER_ID:$USER_ID" "$BUNDLE"
        his_oci create -b "$BUNDLE" "$ID" 3>&- </dev/null
        fails_with "only root may look into its init" his_oci exec "$ID" true
        his_oci start "$ID"
        run -0 his_oci exec "$ID" cat /proc/1/oom_score_adj /proc/self/oom_score_adj
        expect_output $'500\n500'
        his_oci delete --force "$ID"
        edit '.process.oomScoreAdj = -5'
        chown -R "$USER_ID:$USER_ID" "$BUNDLE"
        fails_with "set oom_score_adj to -5.*Permission denied" his_oci run -b "$BUNDLE" "$ID"
        expect_in_output "choose one from 0 on"
        rm -rf --one-file-system "$HERE"
}

# Until its program is executed the container's init has no filter yet, and what its caller has.
@test "V9: an init that waits for its start is hidden from what executes in its container" {
        local users
        for users in . "$USER_NAMESPACE"; do
                make_bundle true
                edit "$users | .process.noNewPrivileges = true"
                SECRET=hunter2 oci create -b "$BUNDLE" "$ID" 3>&- </dev/null
                run -0 oci exec "$ID" sh -c 'cat /proc/1/comm; cat /proc/self/environ >/dev/null && cat /proc/1/environ; readlink /proc/1/exe; true 3<>/proc/1/mem; ls /proc/1/cwd/; true'
                [[ ${lines[0]} == ward* || ${lines[0]} =~ ^[0-9] ]] || shown
                [[ $output != *hunter2* && $(grep -c 'ermission denied' <<<"$output") -ge 3 ]] || shown
                oci start "$ID"
                oci delete --force "$ID"
        done
}

@test "V9: an init is hidden from the hooks that its image has for its start" {
        local users
        for users in . "$USER_NAMESPACE"; do
                make_bundle true
                edit "$users"' | .hooks = {startContainer: [{path: "/bin/sh", args: ["sh", "-c", "cat /proc/self/environ >/dev/null && cat /proc/1/environ; readlink /proc/1/exe; cat /proc/1/comm; true"], env: ["PATH=/bin"]}]}'
                SECRET=hunter2 run -0 oci run -b "$BUNDLE" "$ID"
                [[ $output != *hunter2* && $output != *exe* && $output == *"ermission denied"* ]] || shown
        done
}
