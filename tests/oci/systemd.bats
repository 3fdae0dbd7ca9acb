#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Who makes the control groups: systemd, of which a scope is asked, or nobody. What systemd knows is asked of systemctl, what is in force is read
# from the groups' files. On a machine without systemd only the refusals and the manager `disabled` can be tried.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load helpers/common

setup() {
        ward_setup
        SCOPE=ward-$ID.scope
}

teardown() { remove_all; }

# ---- what takes systemd ----------------------------------------------------------------------------------------------------------

# The manager that is asked: the machine's of its root, else the user's own.
manager() { if is_machine_root; then systemctl "$@"; else systemctl --user "$@"; fi; }

needs_systemd() {
        [[ -d /run/systemd/system ]] || skip "systemd does not run here"
        is_machine_root || ((EUID != 0)) || skip "root of a user namespace has no manager of units"
        manager show >/dev/null || unable "needs a bus with systemd"
        oci features | jq -e .linux.cgroup.systemd >/dev/null || unable "needs a build with libsystemd"
}

needs_systems_own() { is_machine_root || skip "an ordinary user's manager has not all controllers"; }

# As make_bundle, for whoever runs the test.
bundle_of() {
        if is_machine_root; then
                make_bundle "$@"
                return
        fi
        BUNDLE=$WORK/bundle
        mkdir "$BUNDLE"
        rootfs "$BUNDLE/rootfs"
        oci spec --rootless -b "$BUNDLE"
        edit '.process.terminal = false | .process.args = $ARGS.positional' --args -- "$@"
}

create() { oci --systemd-cgroup create -b "$BUNDLE" "$ID" 3>&-; }
begin() { create && oci start "$ID"; }

# property NAME [UNIT]
property() { manager show -P "$1" "${2:-$SCOPE}"; }
is_unit() { [[ $(property LoadState "$1") == loaded ]]; }
is_gone() { ! is_unit "$1"; }


# The group of the container's first process, in v2 or else in the hierarchy that systemd counts processes in.
group_of() { sed -n 's/^0:://p; s/^[0-9]*:name=systemd://p' "/proc/$1/cgroup" | grep "scope" | tail -n 1; }
own_folder() {
        local folder=/sys/fs/cgroup
        [[ ! -d /sys/fs/cgroup/systemd ]] || folder=/sys/fs/cgroup/systemd
        echo "$folder$(group_of "$1")"
}

# figure FILE [CONTROLLER]: of the container's group.
figure() {
        local folder=/sys/fs/cgroup
        [[ ! -d /sys/fs/cgroup/$2 ]] || folder=/sys/fs/cgroup/$2
        cat "$folder$(group_of "$(init_pid)")/$1"
}

is_v2() { [[ -e /sys/fs/cgroup/cgroup.controllers ]]; }

# bats test_tags=systemd-criu
@test "checkpoint lets the scope go, and restore asks for it again" {
        needs_systemd
        needs_systems_own
        needs_criu
        bundle_of sleep 1000
        edit '.linux.resources.pids.limit = 55'
        oci --systemd-cgroup run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&-
        group=$(group_of "$(init_pid)")
        oci checkpoint --image-path "$WORK/images" "$ID"
        wait_until 10 is_gone "$SCOPE"
        oci --systemd-cgroup restore -d --image-path "$WORK/images" -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&-
        is_unit "$SCOPE"
        [[ $(group_of "$(init_pid)") == "$group" ]]
        [[ $(figure pids.max pids) == 55 ]]
        oci delete --force "$ID"
        wait_until 10 is_gone "$SCOPE"
}

# bats test_tags=systemd
@test "create: a scope of systemd with the container's group below it, and delete: nothing of either" {
        needs_systemd
        bundle_of sleep 1000
        create
        [[ $(property ActiveState) == active && $(property Delegate) == yes ]]
        [[ $(property CollectMode) == inactive-or-failed && $(property Description) == "container $ID" ]]
        [[ $(property DefaultDependencies) == no && $(property TasksAccounting) == yes ]]
        is_machine_root && [[ $(property Slice) == system.slice ]] || [[ $(property Slice) == user.slice ]]
        [[ $(group_of "$(init_pid)") == "$(property ControlGroup)/container" ]]
        [[ $(cat "$(own_folder "$(init_pid)")/cgroup.procs") == "$(init_pid)" ]]
        # Who asked for it is in it no more.
        [[ $(find "$(own_folder "$(init_pid)")/.." -mindepth 1 -type d) == */container ]]
        [[ -z $(pgrep -f "systemd-unit start .* $SCOPE") ]]
        [[ -z $(cat "$(own_folder "$(init_pid)")/../cgroup.procs") ]]
        jq -e --arg scope "$SCOPE" '.cgroupUnit == $scope' "$WORK/state/$ID/state.json"
        oci start "$ID"
        has_status "$ID" running
        oci delete --force "$ID"
        is_gone "$SCOPE"
}

# bats test_tags=systemd
@test "exec, ps, pause, events, kill: as in any other group" {
        local pid
        needs_systemd
        bundle_of sh -c 'trap "exit 3" TERM; while :; do sleep 0.1; done'
        begin
        oci exec -d --pid-file "$WORK/pid" "$ID" sleep 1000 3>&-
        pid=$(cat "$WORK/pid")
        [[ $(group_of "$pid") == "$(group_of "$(init_pid)")" ]]
        [[ $(oci ps -f json "$ID" | jq "index($pid)") != null ]]
        oci pause "$ID"
        has_status "$ID" paused
        oci resume "$ID"
        oci events --stats "$ID" | jq -e '.data.pids.current >= 2'
        oci kill "$ID" TERM
        wait_until 20 has_status "$ID" stopped
        oci delete "$ID"
        is_gone "$SCOPE"
}

# bats test_tags=systemd
@test "run: its output, its status, and a scope that is gone with it, also when the start fails" {
        needs_systemd
        bundle_of sh -c 'echo in; exit 7'
        run -7 oci --cgroup-manager=systemd run -b "$BUNDLE" "$ID"
        expect_output in
        is_gone "$SCOPE"
        edit '.process.args = ["nosuchprogram"]'
        run oci --cgroup-manager=systemd run -b "$BUNDLE" "$ID"
        [[ $status -ne 0 ]]
        expect_in_output nosuchprogram
        is_gone "$SCOPE"
        nothing_left
}

# bats test_tags=systemd
@test "cgroupsPath: slice, prefix and name, as engines write it; one that is there is refused" {
        needs_systemd
        bundle_of sleep 1000
        SCOPE=libpod-$ID.scope
        edit --arg path "ward-test.slice:libpod:$ID" '.linux.cgroupsPath = $path'
        begin
        [[ $(property Slice) == ward-test.slice ]]
        [[ $(group_of "$(init_pid)") == */ward.slice/ward-test.slice/"$SCOPE"/container ]]
        run oci --systemd-cgroup create -b "$BUNDLE" "$ID-2"
        expect_status 1
        expect_in_output "'$SCOPE'" already "choose another id" "stop $SCOPE"
        oci delete --force "$ID"
        is_gone "$SCOPE"
        # Its name is free again.
        begin
        oci delete --force "$ID"
        manager stop ward-test.slice ward.slice
}

# bats test_tags=systemd-v2
@test "limits are in force and known to systemd, and a daemon-reload changes neither" {
        local before
        needs_systemd
        needs_systems_own
        is_v2 || skip "the kernel's other control groups have other properties"
        bundle_of sleep 1000
        edit '.linux.resources += {memory: {limit: 67108864, reservation: 33554432, swap: 100663296}, pids: {limit: 77},
              cpu: {shares: 2048, quota: 33333, period: 100000, cpus: "0-1"},
              unified: {"memory.high": "60000000", "memory.min": "4194304"}}'
        begin
        [[ $(property MemoryMax) == 67108864 && $(property MemoryLow) == 33554432 && $(property TasksMax) == 77 ]]
        [[ $(property MemoryHigh) == "$(figure memory.high)" && $(property MemoryMin) == 4194304 ]]
        [[ ! -e $(own_folder "$(init_pid)")/memory.swap.max || $(property MemorySwapMax) == 33554432 ]]
        [[ $(property CPUWeight) == "$(figure cpu.weight)" && $(property CPUWeight) -gt 100 ]]
        # A whole percentage, and no less than the container has.
        [[ $(property CPUQuotaPerSecUSec) == 340ms && $(property CPUQuotaPeriodUSec) == 100ms ]]
        [[ $(property AllowedCPUs) == 0-1 ]]
        figures() {
                local file
                for file in memory.max memory.low memory.high memory.min pids.max cpu.weight cpu.max cpuset.cpus; do figure $file; done
        }
        before=$(figures)
        [[ $before == *"33333 100000"* ]]
        systemctl daemon-reload
        [[ $(figures) == "$before" && $(property MemoryMax) == 67108864 && $(property TasksMax) == 77 ]]

        oci update --memory 134217728 --memory-swap -1 --pids-limit -1 --cpu-quota -1 "$ID"
        [[ $(figure memory.max) == 134217728 && $(figure pids.max) == max && $(figure cpu.max) == "max 100000" ]]
        [[ $(property MemoryMax) == 134217728 && $(property TasksMax) == infinity && $(property CPUQuotaPerSecUSec) == infinity ]]
        [[ $(property MemoryLow) == 33554432 ]]
        # The scope's own group holds back none of it.
        [[ $(cat "$(own_folder "$(init_pid)")/../memory.max") == 134217728 ]]
        before=$(figures)
        systemctl daemon-reload
        [[ $(figures) == "$before" ]]
        oci delete --force "$ID"
}

# bats test_tags=systemd-v1
@test "limits of cgroup v1 are in force and known to systemd, and a daemon-reload changes neither" {
        needs_systemd
        needs_systems_own
        [[ -d /sys/fs/cgroup/systemd ]] || skip "cgroup v1 is not here"
        bundle_of sleep 1000
        edit '.linux.resources += {pids: {limit: 77}, cpu: {shares: 2048, quota: 50000, period: 100000}}'
        begin
        [[ $(property TasksMax) == 77 && $(property CPUShares) == 2048 ]]
        systemctl daemon-reload
        [[ $(figure pids.max pids) == 77 && $(figure cpu.shares cpu) == 2048 && $(figure cpu.cfs_quota_us cpu) == 50000 ]]
        oci update --pids-limit 99 --cpu-quota 150000 "$ID"
        [[ $(figure pids.max pids) == 99 && $(figure cpu.cfs_quota_us cpu) == 150000 && $(property TasksMax) == 99 ]]
        oci delete --force "$ID"
        [[ -z $(find /sys/fs/cgroup -name "*$ID*") ]]
}

# bats test_tags=systemd-user
@test "an ordinary user's limits are kept by his own manager's controllers" {
        needs_systemd
        is_machine_root && skip "root has all controllers"
        bundle_of sleep 1000
        edit '.linux.resources = {memory: {limit: 67108864}, pids: {limit: 77}}'
        begin
        [[ $(property MemoryMax) == 67108864 && $(property TasksMax) == 77 ]]
        [[ $(figure memory.max) == 67108864 && $(figure pids.max) == 77 ]]
        oci update --pids-limit 78 "$ID"
        [[ $(figure pids.max) == 78 && $(property TasksMax) == 78 ]]
        oci delete --force "$ID"
}

# The kernel's log is a device that every machine has, and that root can read where it is not refused.
# bats test_tags=systemd
@test "devices stay refused after a daemon-reload, and the property of systemd is left alone" {
        needs_systemd
        needs_systems_own
        bundle_of sleep 1000
        edit '.process.capabilities[] |= . + ["CAP_MKNOD"] | .linux.resources.devices = [{allow: false, access: "rwm"}]'
        begin
        oci exec "$ID" sh -c 'mknod /dev/log1 c 1 11 && mknod /dev/null1 c 1 3'
        fails() { run oci exec "$ID" dd if=/dev/log1 of=/dev/null bs=1 count=0; [[ $status -ne 0 && $output == *"not permitted"* ]]; }
        fails
        systemctl daemon-reload
        systemctl set-property --runtime "$SCOPE" CPUWeight=200
        fails
        oci exec "$ID" dd if=/dev/null1 of=/dev/null bs=1 count=0
        [[ $(property DevicePolicy) == auto ]]
        oci delete --force "$ID"
}

# bats test_tags=matrix-systemd
@test "annotations are properties of the scope, and name the group below it" {
        needs_systemd
        bundle_of sleep 1000
        edit '.annotations = {"org.systemd.property.TimeoutStopSec": "uint64 7", "org.systemd.property.Description": "\u0027of mine\u0027",
              "org.systemd.property.After": "[\u0027ward-nosuch.service\u0027]", "run.oci.systemd.subgroup": "inner"}'
        begin
        [[ $(property TimeoutStopUSec) == 7s && $(property Description) == "of mine" && $(property After) == *ward-nosuch.service* ]]
        [[ $(group_of "$(init_pid)") == *"/$SCOPE/inner" ]]
        oci delete --force "$ID"
        edit '.annotations = {"org.systemd.property.NoSuchProperty": "true"}'
        run oci --systemd-cgroup create -b "$BUNDLE" "$ID"
        expect_status 1
        expect_in_output "NoSuchProperty" "$SCOPE"
        is_gone "$SCOPE"
}

# bats test_tags=systemd
@test "what is left of a start or a state that was lost is found without systemd's help" {
        needs_systemd
        bundle_of sleep 1000
        begin
        echo '{' >"$WORK/state/$ID/state.json"
        oci delete --force "$ID"
        wait_until 20 is_gone "$SCOPE"
        # It ended by itself, and systemd has taken the scope away.
        edit '.process.args = ["true"]'
        begin
        wait_until 20 has_status "$ID" stopped
        wait_until 20 is_gone "$SCOPE"
        oci delete "$ID"
        nothing_left
}

# bats test_tags=matrix-systemd
@test "a unit that nobody collects is reset by delete" {
        needs_systemd
        bundle_of sleep 1000
        edit '.annotations = {"org.systemd.property.CollectMode": "\u0027inactive\u0027", "org.systemd.property.RuntimeMaxSec": "uint64 1",
              "org.systemd.property.KillSignal": "9"}'
        begin
        wait_until 30 has_status "$ID" stopped
        wait_until 30 eval '[[ $(property ActiveState) == failed ]]'
        oci delete "$ID"
        is_gone "$SCOPE"
}

# bats test_tags=systemd
@test "a start that is killed while the helper is in the scope leaves none" {
        needs_systemd
        needs_program strace
        newest_calls_refused && skip "it is stopped at one of the calls that are refused"
        bundle_of sleep 1000
        # The last one makes the container's process. The helper is begun by one, too, or by clone(2): that is the C library's.
        traced strace -qq -o "$WORK/trace" -e trace=clone3 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" --systemd-cgroup create \
                -b "$BUNDLE" "$ID" 3>&- </dev/null >/dev/null 2>&1
        oci delete --force "$ID"
        run traced timeout -s KILL 60 strace -qq -o "$WORK/trace" -e trace=clone3 -e "inject=clone3:signal=KILL:when=$(grep -c '^clone3' "$WORK/trace")" \
                "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" --systemd-cgroup create -b "$BUNDLE" "$ID" 3>&-
        expect_status 137
        [[ $(readlink "$WORK/state/$ID/group") == *"/$SCOPE/container"* ]]
        wait_until 20 is_gone "$SCOPE"
        [[ -z $(pgrep -f "systemd-unit start .* $SCOPE") ]]
        oci delete --force "$ID"
        nothing_left
}

# bats test_tags=systemd-podman
@test "podman with the cgroup manager systemd: run, exec, stats, pause, stop" {
        local id
        needs_systemd
        needs_machine_root "podman with storage of its own"
        command -v podman >/dev/null || skip "there is no podman here"
        rootfs "$WORK/rootfs"
        engine() {
                podman --root "$WORK/storage" --runroot "$WORK/run" --tmpdir "$WORK/tmp" --storage-driver vfs --events-backend file \
                        --cgroup-manager systemd --runtime "$WARD_BUILD/bin/ward-oci" "$@"
        }
        run engine run --rm --network none --rootfs "$WORK/rootfs" sh -c 'exit 7'
        expect_status 7
        engine run -d --name pod1 --network none -m 64m --pids-limit 50 --cpus 0.5 --rootfs "$WORK/rootfs" sleep 1000 3>&-
        id=$(engine inspect -f '{{.Id}}' pod1)
        SCOPE=libpod-$id.scope
        [[ $(property Slice) == machine.slice && $(property MemoryMax) == 67108864 && $(property TasksMax) == 50 ]]
        [[ $(property CPUQuotaPerSecUSec) == 500ms ]]
        run engine exec pod1 sh -c 'echo in; exit 3'
        expect_status 3
        [[ $(engine stats --no-stream --format '{{.PIDs}}' pod1) == 1 ]]
        engine pause pod1
        [[ $(engine inspect -f '{{.State.Status}}' pod1) == paused ]]
        engine unpause pod1
        engine stop -t 0 pod1
        engine rm pod1
        is_gone "$SCOPE"
}

# ---- what takes none -------------------------------------------------------------------------------------------------------------

@test "without systemd its groups are refused in words, and nothing is made" {
        [[ ! -d /run/systemd/system ]] || skip "systemd runs here"
        needs_root
        make_bundle true
        fails_with "start systemd's unit '$SCOPE': systemd does not run here.*leave the cgroup manager systemd out" \
                oci --systemd-cgroup run -b "$BUNDLE" "$ID"
        fails_with "systemd does not run here" oci --cgroup-manager systemd create -b "$BUNDLE" "$ID"
        nothing_left
}

@test "what can be no unit or property is refused before systemd is asked" {
        make_bundle true
        edit '.linux.cgroupsPath = "/a/b"'
        fails_with "cgroupsPath.*'/a/b' is not SLICE:PREFIX:NAME" oci --systemd-cgroup create -b "$BUNDLE" "$ID"
        edit '.linux.cgroupsPath = "a.slice:b:c.slice"'
        fails_with "'c.slice' is a slice" oci --systemd-cgroup create -b "$BUNDLE" "$ID"
        edit 'del(.linux.cgroupsPath) | .annotations = {"org.systemd.property.CollectMode": "inactive"}'
        fails_with "org.systemd.property.CollectMode: 'inactive' is no value.*'text'" oci --systemd-cgroup create -b "$BUNDLE" "$ID"
        edit '.annotations = {"org.systemd.property.Slice": "\u0027a.slice\u0027"}'
        fails_with "Slice: a container's scope needs it as it is" oci --systemd-cgroup create -b "$BUNDLE" "$ID"
        edit '.annotations = {"run.oci.systemd.subgroup": ""}'
        fails_with "run.oci.systemd.subgroup: '' is no name of a group" oci --systemd-cgroup create -b "$BUNDLE" "$ID"
        edit '.annotations = {"run.oci.systemd.subgroup": ".."}'
        fails_with "run.oci.systemd.subgroup.*'[.][.]'" oci --systemd-cgroup create -b "$BUNDLE" "$ID"
        edit 'del(.annotations)'
        fails_with "where systemd makes the control group is not known" oci --systemd-cgroup plan -b "$BUNDLE"
        fails_with "contradict" oci --systemd-cgroup --cgroup-manager=disabled list
        fails_with "'cgroupsfs' is not one of.*did you mean 'cgroupfs'" oci --cgroup-manager=cgroupsfs list
        nothing_left
}

@test "a helper that is missing is named" {
        needs_root
        make_bundle true
        [[ -d /run/systemd/system ]] || {
                needs_machine_root "to mount a /run/systemd/system"
                become() { unshare -m sh -ec 'mount -t tmpfs none /run && mkdir -p /run/systemd/system && exec "$@"' sh "$@"; }
        }
        declare -F become >/dev/null || become() { "$@"; }
        fails_with "execute the helper '$WORK/none/systemd-unit': No such file.*libsystemd" \
                become env WARD_LIBEXEC="$WORK/none" "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" --systemd-cgroup run -b "$BUNDLE" "$ID"
        # One that ends without a word.
        mkdir "$WORK/none"
        cp /bin/true "$WORK/none/systemd-unit"
        fails_with "the helper '$WORK/none/systemd-unit' ended without an answer" \
                become env WARD_LIBEXEC="$WORK/none" "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" --systemd-cgroup run -b "$BUNDLE" "$ID"
        nothing_left
}

@test "a machine whose bus does not answer is told apart from one without systemd" {
        needs_machine_root "to mount a /run without a bus"
        [[ -x $WARD_LIBEXEC/systemd-unit ]] || unable "needs a build with libsystemd"
        make_bundle true
        fails_with "start systemd's unit '$SCOPE': open the bus of the system: No such file.*'systemctl start dbus.socket'" \
                unshare -m sh -ec 'mount -t tmpfs none /run && mkdir -p /run/systemd/system && exec "$@"' sh \
                "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" --systemd-cgroup run -b "$BUNDLE" "$ID"
        nothing_left
}

@test "disabled: the container is in the caller's own groups" {
        local pid
        needs_machine_root "whose containers have groups otherwise"
        make_bundle sleep 1000
        edit 'del(.linux.resources) | .linux.namespaces += [{"type": "cgroup"}]'
        oci --cgroup-manager=disabled create -b "$BUNDLE" "$ID" 3>&-
        pid=$(init_pid)
        [[ $(cat "/proc/$pid/cgroup") == "$(cat /proc/self/cgroup)" ]]
        [[ -z $(find /sys/fs/cgroup -name "*$ID*") ]]
        oci start "$ID"
        has_status "$ID" running
        oci exec -d --pid-file "$WORK/pid" "$ID" sleep 1000 3>&-
        [[ $(cat "/proc/$(cat "$WORK/pid")/cgroup") == "$(cat /proc/self/cgroup)" ]]
        # It sees them, as its config asks, and changes nothing.
        oci exec "$ID" sh -c 'for dir in /sys/fs/cgroup /sys/fs/cgroup/*/; do [ ! -e $dir/cgroup.procs ] || echo $dir; done' >"$WORK/shown"
        [[ -s $WORK/shown ]]
        run oci exec "$ID" sh -c "echo 1 >$(head -n 1 "$WORK/shown")/cgroup.procs"
        expect_in_output "Read-only file system"
        fails_with "has no cgroup" oci update --pids-limit 5 "$ID"
        fails_with "no cgroup" oci pause "$ID"
        oci kill "$ID" KILL
        wait_until 5 has_status "$ID" stopped
        oci delete "$ID"
        edit '.process.args = ["true"]'
        run -0 oci --cgroup-manager=disabled run -b "$BUNDLE" "$ID"
}

@test "disabled: what only a group could give is an error that names it" {
        needs_machine_root "whose containers have groups otherwise"
        make_bundle true
        refused() { fails_with "$1.*'disabled' makes none" oci --cgroup-manager=disabled run -b "$BUNDLE" "$ID"; }
        refused "linux.resources.devices\[0\].*refuses devices"
        edit '.linux.resources = {pids: {limit: 50}}'
        refused "linux.resources.pids.limit.*needs a control group"
        edit '.linux.resources = {memory: {limit: 50000000}}'
        refused "linux.resources.memory.limit"
        edit '.linux.resources = {unified: {"cpu.weight": "5"}}'
        refused "linux.resources.unified"
        edit 'del(.linux.resources) | .linux.cgroupsPath = "/x"'
        refused "linux.cgroupsPath.*names a control group"
        edit 'del(.linux.cgroupsPath) | (.mounts[] | select(.type == "cgroup")).options = ["nosuid"]'
        fails_with "/sys/fs/cgroup.*caller's own groups.*add the option ro" oci --cgroup-manager=disabled run -b "$BUNDLE" "$ID"
        # What every group is like is no limit.
        edit '(.mounts[] | select(.type == "cgroup")).options = ["ro"] | .linux.resources = {memory: {useHierarchy: true}, devices: [{allow: true, access: "rwm"}]}'
        run -0 oci --cgroup-manager=disabled run -b "$BUNDLE" "$ID"
        run -0 oci --cgroup-manager=disabled plan -b "$BUNDLE"
        expect_in_output /sys/fs/cgroup/
        nothing_left
}

@test "features says what this build can" {
        local has=false
        [[ ! -x $WARD_LIBEXEC/systemd-unit ]] || has=true
        oci features | jq -e ".linux.cgroup.systemd == $has and .linux.cgroup.systemdUser == $has"
}
