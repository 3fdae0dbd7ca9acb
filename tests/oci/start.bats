#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# How a start treats the kernel: how it enters its groups, and how little memory it needs.
# shellcheck disable=SC2154

load helpers/common

setup() {
        ward_setup
        needs_root
}

teardown() { remove_all; }

@test "a start writes no cgroup.procs of a v1 hierarchy, and its program is in every group of its own" {
        needs_program strace
        grep -q ' - cgroup ' /proc/self/mountinfo || unable "there is no v1 hierarchy here"
        make_bundle cat /proc/self/cgroup
        run traced strace -f -o "$WORK/trace" -e trace=openat,openat2,open,write "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        expect_status 0
        # Field 2 empty is v2, which is entered by the clone; cpuset and hugetlb have no group unless one is asked for.
        while IFS=: read -r _ controllers path; do
                [[ $controllers == cpuset || $controllers == hugetlb || $path == "$(own_group)/$ID" ]] || { echo "$controllers: $path"; return 1; }
        done <<<"$output"
        grep -q '/tasks"' "$WORK/trace" || { echo "no tasks file was opened: the trace shows nothing"; return 1; }
        # That of v2 alone, where a process can't be cloned into its group.
        [[ $(grep -c cgroup.procs "$WORK/trace") -eq $(newest_calls_refused && echo 1 || echo 0) ]] || { grep cgroup.procs "$WORK/trace"; return 1; }
}

@test "a message to the child that can't be sent ends the start: nobody would answer" {
        local message
        needs_program strace
        make_bundle echo RAN
        # The descriptors, and the word to go on.
        for message in 1 2; do
                        run -1 traced timeout -k 1 20 \
                        strace -qq -o "$WORK/trace" -e trace=sendmsg -e "inject=sendmsg:error=ENOBUFS:when=$message" \
                        "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
                expect_in_output "the container's init" "No buffer space"
                expect_not_in_output RAN
        done
        nothing_left
}

@test "the group's path may have slashes too many" {
        make_bundle sh -c 'cat /proc/self/cgroup'
        edit --arg path "//$ID//c/" '.linux.cgroupsPath = $path | .linux.namespaces |= map(select(.type != "cgroup"))'
        run -0 oci run -b "$BUNDLE" "$ID"
        expect_in_output ":/$ID/c"
        nothing_left
}

@test "a read-only /dev has everything in it, and takes nothing more" {
        make_bundle sh -c 'echo into >/dev/null && [ -c /dev/tty ] && [ -L /dev/fd ] && [ -d /dev/pts ] && ! touch /dev/more'
        edit '(.mounts[] | select(.destination == "/dev")).options += ["ro"]'
        run oci run -b "$BUNDLE" "$ID"
        expect_status 0
        expect_in_output "Read-only file system"
        # Of two on /dev the last one shows.
        edit '.mounts += [.mounts[] | select(.destination == "/dev")] | (.mounts[] | select(.destination == "/dev")).options -= ["ro"]
                | .mounts[-1].options += ["ro"] | .process.args[2] = "! touch /dev/more"'
        run oci run -b "$BUNDLE" "$ID"
        expect_status 0
        expect_in_output "Read-only file system"
        edit '(.mounts[] | select(.destination == "/dev")).options += ["ro"] | .mounts[-1].options -= ["ro"]
                | .process.args = ["touch", "/dev/more"]'
        run -0 oci run -b "$BUNDLE" "$ID"
        nothing_left
}

@test "a device's path may have slashes and dots too many" {
        needs_machine_root "device nodes of its own"
        make_bundle sh -c '[ -c /dev/one ] && [ -c /dev/two ] && [ -c /dev/sub/three ] && [ -c /run/four ] && [ "$(stat -c %t:%T /dev/null)" = 1:5 ] && ls / /dev'
        mkdir -p "$BUNDLE/rootfs/run"
        edit '.root.readonly = false | .linux.devices = [("//dev/one", "/dev/./two", "/dev//sub/three", "/dev/../run/four", "/dev/./null")
                | {path: ., type: "c", major: 1, minor: 5}]'
        run oci run -b "$BUNDLE" "$ID"
        expect_status 0
        [[ $(grep -cE "^(one|two|three|four)$" <<<"$output") -eq 2 ]] || shown
        nothing_left
}

@test "mounts: what is said of a whole tree holds for its top, too, wherever it stands" {
        local words wanted
        make_bundle grep -o ' /vol r[ow]' /proc/self/mountinfo
        mkdir "$WORK/vol"
        cp "$BUNDLE/config.json" "$WORK/config"
        while read -r wanted words; do
                jq --arg words "$words" --arg source "$WORK/vol" '.mounts += [{destination: "/vol", type: "bind", source: $source,
                       options: ($words | split(" "))}]' "$WORK/config" >"$BUNDLE/config.json"
                run -0 oci run -b "$BUNDLE" "$ID"
                [[ $output == " /vol $wanted" ]] || { echo "$words"; shown; }
        done <<-END
		rw rbind ro rrw
		rw rbind rrw ro
		ro rbind rro rw
		ro rbind rw rro
		ro rbind ro
	END
}

@test "a time namespace without offsets" {
        make_bundle sh -c 'readlink /proc/self/ns/time'
        edit '.linux.namespaces += [{"type": "time"}]'
        run -0 oci run -b "$BUNDLE" "$ID"
        [[ $output == time:* && $output != "$(readlink /proc/self/ns/time)" ]] || shown
        nothing_left
}

@test "256 KiB of memory are enough for a static program; under 128 KiB the OOM kill is told" {
        [[ $WARD_BUILD != *asan* ]] || skip "a sanitized start needs more"
        make_bundle /small
        cp "$WARD_BUILD/bench/true" "$BUNDLE/rootfs/small"
        edit '.linux.resources.memory = {limit: 262144}'
        run oci run -b "$BUNDLE" "$ID"
        expect_status 0
        edit '.linux.resources.memory = {limit: 65536}'
        run oci run -b "$BUNDLE" "$ID"
        [[ $status -ne 0 ]]
        [[ $output == *"OOM killer"* || $output == *"want of memory"* ]] || shown
}
