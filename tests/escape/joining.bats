#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# V9: what of a joining process the container can reach.
# shellcheck disable=SC2154

load helpers/escape

setup() { escape_setup; }
teardown() { escape_teardown; }

# hunts STOPPED-BY...: a program in the container looks into every process that appears, while the commands run.
hunt_while() {
        "$@"
        touch "$BUNDLE/rootfs/tmp/stop"
        wait_until 10 grep -q '^seen' "$WORK/hunt"
        cat "$WORK/hunt"
}

exec_25() {
        local i
        for i in {1..25}; do
                oci exec --cap CAP_SYS_ADMIN "$ID" sleep 0.02
        done
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

@test "V9: a container that joins another's pid and user namespaces is not looked into from there" {
        local pid other=$WORK/other i
        make_bundle /bin/probe hunt "${CANARY#/}/marker" /tmp/stop
        with_probe
        chmod 1777 "$BUNDLE/rootfs/tmp"
        edit '.root.readonly = false | .linux.namespaces += [{type: "user"}]
              | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
        grant CAP_SYS_PTRACE CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_SYS_ADMIN CAP_KILL
        oci run -d -b "$BUNDLE" "$ID" >"$WORK/hunt" 3>&-
        wait_until 5 grep -q ready "$WORK/hunt"
        pid=$(oci state "$ID" | jq .pid)
        bundle "$other" '.linux.namespaces |= map(select(.type != "pid"))' \
                ".linux.namespaces += [{type: \"pid\", path: \"/proc/$pid/ns/pid\"}, {type: \"user\", path: \"/proc/$pid/ns/user\"}]"
        jq --argjson caps "$(jq .process.capabilities "$BUNDLE/config.json")" '.process.capabilities = $caps' \
                "$other/config.json" >"$other/new" && mv "$other/new" "$other/config.json"
        join_20() { for i in {1..20}; do oci run -b "$other" "$ID-$i"; done; }
        run -0 hunt_while join_20
        [[ $output != *HOST* ]] || shown
        [[ ${lines[-1]#seen } -ge 10 ]] || shown
}
