# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# Limits have an effect, whichever version of control groups has the controller; that the figures are written is tested elsewhere.
#
# bats file_tags=vm

load helpers/common

setup() {
        ward_setup
        needs_root
}

teardown() { remove_all; }

# figure FILE...: what these files say of the container's groups; each hierarchy has some of them.
figure() {
        local name files=()
        for name in "$@"; do
                mapfile -t -O "${#files[@]}" files < <(find /sys/fs/cgroup -path "*/$ID/$name")
        done
        cat "${files[@]}"
}

@test "memory: what goes over the limit is ended, and events and status tell" {
        local events
        make_bundle sh -c 'tail /dev/zero & wait $!; echo "status $?"; sleep 100'
        edit '.linux.resources.memory.limit = 16777216'
        become_oci run -b "$BUNDLE" "$ID" >"$WORK/out" 3>&- &
        local run=$!
        wait_until 60 grep -q "status 137" "$WORK/out"
        events=$(oci events --stats "$ID")
        [[ $(figure memory.events memory.oom_control | awk '$1 == "oom_kill" { print $2 }') -ge 1 ]]
        jq -e '.data.memory.usage.limit == 16777216 and .data.memory.usage.failcnt > 0' <<<"$events"
        oci delete --force "$ID"
        wait "$run" || true
}

@test "memory: events says when the OOM killer was there" {
        make_bundle sh -c 'while [ ! -e /tmp/go ]; do sleep 0.1; done; tail /dev/zero & wait $!; sleep 100'
        edit '.linux.resources.memory.limit = 16777216 | .root.readonly = false'
        oci run -d -b "$BUNDLE" "$ID"
        become_oci events --interval 100ms "$ID" >"$WORK/events" 3>&- &
        local events=$!
        wait_until 30 grep -q '"stats"' "$WORK/events"
        touch "$BUNDLE/rootfs/tmp/go"
        wait_until 60 grep -q '"oom"' "$WORK/events"
        grep '"oom"' "$WORK/events" | head -n 1 | jq -e --arg id "$ID" '.id == $id'
        oci kill "$ID" KILL
        # It ends with the container.
        wait "$events"
}

# follow: `events` in the background, which would next look by itself in an hour; "end STATUS" is its last line.
follow() {
        { timeout 100 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" events --interval 1h "$ID" && echo "end $?"; } >"$WORK/events" 3>&- &
        wait_until 30 grep -q '"stats"' "$WORK/events"
}

@test "memory: events says at once that the OOM killer ended the container, and ends" {
        make_bundle sh -c 'while [ ! -e /tmp/go ]; do sleep 0.1; done; exec tail /dev/zero'
        edit '.linux.resources.memory.limit = 16777216 | .root.readonly = false'
        oci run -d -b "$BUNDLE" "$ID"
        follow
        touch "$BUNDLE/rootfs/tmp/go"
        wait_until 60 grep -q '^end 0$' "$WORK/events"
        [[ $(grep -c '"oom"' "$WORK/events") == 1 ]]
}

@test "memory: events has a line for each process that the OOM killer ended" {
        make_bundle sh -c 'while [ ! -e /tmp/go ]; do sleep 0.1; done
                for i in 1 2 3; do tail /dev/zero & wait $!; done; sleep 1000'
        edit '.linux.resources.memory.limit = 16777216 | .root.readonly = false'
        oci run -d -b "$BUNDLE" "$ID"
        follow
        touch "$BUNDLE/rootfs/tmp/go"
        three() { [[ $(grep -c '"oom"' "$WORK/events") == 3 ]]; }
        wait_until 60 three
        oci kill "$ID" KILL
        wait_until 60 grep -q '^end 0$' "$WORK/events"
        three
        [[ $(grep -c '"stats"' "$WORK/events") == 1 ]]
}

@test "memory: an update to no limit takes away that of swap, too" {
        make_bundle sleep 1000
        edit '.linux.resources.memory = {limit: 33554432, swap: 67108864}'
        oci run -d -b "$BUNDLE" "$ID"
        [[ -n $(figure memory.memsw.limit_in_bytes memory.swap.max) ]] || unable "this kernel does not count swap by control group"
        [[ $(figure memory.memsw.limit_in_bytes memory.swap.max) =~ ^(67108864|33554432)$ ]]
        oci update --memory -1 "$ID"
        [[ $(figure memory.memsw.limit_in_bytes memory.swap.max) =~ ^(max|9223372036854771712)$ ]]
        oci update --memory 33554432 --memory-swap 67108864 "$ID"
        oci update -r - "$ID" <<<'{"memory": {"limit": -1, "swap": 0}}'
        [[ $(figure memory.memsw.limit_in_bytes memory.swap.max) =~ ^(max|9223372036854771712)$ ]]
        [[ $(figure memory.limit_in_bytes memory.max) =~ ^(max|9223372036854771712)$ ]]
}

@test "pids: no more processes than allowed, and more after an update" {
        make_bundle sh -c 'while :; do sleep 1; done'
        edit '.linux.resources.pids.limit = 4'
        oci run -d -b "$BUNDLE" "$ID"
        # shellcheck disable=SC2016
        run oci exec "$ID" sh -c 'for i in 1 2 3 4 5 6; do sleep 5 & done; echo "started"'
        expect_in_output "can't fork"
        oci update --pids-limit 50 "$ID"
        run -0 oci exec "$ID" sh -c 'for i in 1 2 3 4 5 6; do sleep 5 & done; echo "started"'
        expect_output started
}

@test "pids: a limit of 0 is none at all below 1.3.0, and from there on one, of which a warning tells" {
        local version limit
        local -A warned=([1.3.0]=1)
        for version in 1.0.2-dev 1.2.1 1.3.0; do
                make_bundle sleep 100
                edit --arg version $version '.ociVersion = $version | .linux.resources.pids.limit = 0'
                oci run -d -b "$BUNDLE" "$ID" >"$WORK/said" 2>&1 3>&-
                limit=max
                [[ $version != 1.3.0 ]] || limit=0
                [[ $(figure pids.max) == "$limit" ]] || { figure pids.max; return 1; }
                [[ $(grep -c "with the limit 0 of processes" "$WORK/said") == "${warned[$version]:-0}" ]] || { cat "$WORK/said"; return 1; }
                [[ $limit == 0 ]] || oci exec "$ID" sh -c '(true); true'
                # What says nothing leaves what is.
                oci update --pids-limit 50 "$ID"
                run -0 oci update --pids-limit 0 "$ID"
                [[ $limit == 0 ]] || limit=50
                [[ $(figure pids.max) == "$limit" ]] || { figure pids.max; return 1; }
                oci update --pids-limit 50 "$ID"
                run -0 oci update -r - "$ID" <<<'{"pids": {"limit": 0}}'
                [[ $(figure pids.max) == "$limit" ]] || { figure pids.max; return 1; }
                [[ $limit == 50 || $output == *"-1 is no limit"* ]] || shown
                oci delete --force "$ID"
        done
}

@test "cpu: a quota holds the container back" {
        make_bundle sh -c 'while :; do :; done'
        edit '.linux.resources.cpu = {quota: 10000, period: 100000}'
        oci run -d -b "$BUNDLE" "$ID"
        throttled() { figure cpu.stat | awk '$1 == "nr_throttled" && $2 > 2 { yes = 1 } END { exit !yes }'; }
        wait_until 60 throttled
        oci events --stats "$ID" | jq -e '.data.cpu.throttling.throttledPeriods > 2'
}

@test "cpus: the container runs on those that are listed" {
        local last
        last=$(sed 's/.*[-,]//' /sys/devices/system/cpu/online)
        make_bundle grep Cpus_allowed_list /proc/self/status
        edit --arg last "$last" '.linux.resources.cpu.cpus = $last'
        run oci run -b "$BUNDLE" "$ID"
        [[ $output != *"no mounted control group hierarchy has"* ]] || unable "this kernel has no cpuset controller"
        expect_status 0
        [[ $output == *[[:space:]]"$last" ]] || shown
}

@test "devices: what is not listed can't be opened, what is listed can" {
        local major minor
        needs_machine_root "others make neither nodes nor device rules"
        read -r major minor < <(stat -c '%Hr %Lr' /dev/mem /dev/kmsg 2>/dev/null | tail -n 1)
        make_bundle sh -c 'mknod /tmp/node c "$0" "$1" && dd if=/tmp/node of=/dev/null bs=1 count=0 && echo OPENED; echo ok >/dev/null && echo null' \
                "$major" "$minor"
        edit '.root.readonly = false | .process.capabilities[] += ["CAP_MKNOD", "CAP_SYSLOG"]'
        run -0 oci run -b "$BUNDLE" "$ID"
        expect_in_output "Operation not permitted" null
        expect_not_in_output OPENED
        rm -f "$BUNDLE/rootfs/tmp/node"
        edit --argjson major "$major" --argjson minor "$minor" \
                '.linux.resources.devices += [{allow: true, type: "c", major: $major, minor: $minor, access: "rm"}]'
        run -0 oci run -b "$BUNDLE" "$ID"
        expect_in_output OPENED null
}

@test "a group of the config's own is made below others, has the limit, and goes with them" {
        make_bundle sleep 100
        edit --arg path "/$ID-above/between/$ID" '.linux.cgroupsPath = $path | .linux.resources.memory.limit = 33554432'
        oci run -d -b "$BUNDLE" "$ID"
        [[ $(figure memory.max memory.limit_in_bytes) == 33554432 ]]
        run -0 oci exec "$ID" true
        oci delete --force "$ID"
        [[ -z $(find /sys/fs/cgroup -name "$ID-above*") ]]
}
