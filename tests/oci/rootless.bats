#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# An engine calls ward-oci for an ordinary user: podman.
# shellcheck disable=SC2016,SC2034,SC2154
# bats file_tags=once

load helpers/operations
load helpers/rootless

setup_file() { rootless_setup_file; }
teardown_file() { rootless_teardown_file; }

setup() {
        rootless_setup
        IMAGE=(box) NEW=(--network none) POD_NEW=() EXEC_MISSING=127 AT_ONCE=(-t 0) SCOPE=libpod
}

teardown() {
        [[ -z ${HERE:-} ]] || engine rm -f -a -t 0 >/dev/null 2>&1 || true
        ward_teardown
}

engine() { his_podman "$@"; }

@test "run: the command's words, variables, directory, user, input, status" { op_run; }
@test "mounts: a read-only root, a bind, a tmpfs" { op_mounts; }
@test "hooks: a program of the machine brings a file of the machine into the container" { op_hooks; }
@test "confine: capabilities, a filter, no_new_privs, a sysctl, masked paths" { op_confine; }
@test "detach: ps, wait, rm" { op_detach; }
@test "exec: a variable, a directory, a user, input, status; in the background" { op_exec; }
@test "tty: of run and of exec" { op_tty; }
@test "logs: both streams" { op_logs; }
@test "top" { op_top; }
@test "stats" { needs_his_groups; op_stats; }
@test "pause: nothing goes on, and unpause" { needs_his_groups; op_pause; }
@test "limits: memory, processes, a processor's time" { needs_his_groups; op_limits; }
@test "update: those of a container that runs" { needs_his_groups; op_update; }
@test "oom: is known for what it was" {
        needs_his_groups
        podman_misses_oom
        op_oom
}

@test "kill: a signal that the program takes, and one that it does not; start again" { op_kill; }
@test "stop: and start, restart, rm -f" { op_stop; }
@test "codes: 127 for a command that is not there, 126 for one that can't be executed, 137 for one that was killed" { op_codes; }
@test "build: steps as root and as a user, and one that fails" { op_build --network none; }
@test "pod: namespaces of its first container; stop, start, rm" { op_pod; }
@test "checkpoint" { skip "podman checkpoints for root alone"; }

@test "who can have no groups is shown those that he is in, and writes to none of them" {
        [[ $MANAGER == cgroupfs ]] || skip "he can have groups here"
        as_him mkdir bundle
        as_him ./bin/runtime spec --rootless -b bundle
        jq '.root.path = "../rootfs" | .process.terminal = false | .process.args = ["sh", "-c", "ls /sys/fs/cgroup; mkdir /sys/fs/cgroup/pids/new"] |
                .mounts = [(.mounts[] | select(.destination | startswith("/sys") | not)),
                        {destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev"]}]' \
                bundle/config.json >config.json
        mv config.json bundle/config.json
        run as_him ./bin/runtime --root "$HERE/run/state" run -b bundle "$ID"
        expect_in_output pids memory "Permission denied"
        [[ $status != 0 && -z $(find /sys/fs/cgroup -maxdepth 3 -name new -type d) ]]
}

@test "ward sandbox inside: by default behind Landlock and the filter; what is allowed more is used" {
        local box=(nest /w/ward sandbox --verify sh -c 'touch /made 2>/dev/null || echo closed')
        [[ -z ${WARD_SANITIZED:-} ]] || skip "a sanitized program can't look for leaks there"
        rootfs "$WORK/nest"
        put_ward_in_root "$WORK/nest"
        tar -C "$WORK/nest" -c . | engine import - nest >/dev/null 2>&1
        run -0 engine run --rm "${NEW[@]}" "${box[@]}"
        expect_in_output "Landlock and the filter alone are in force" "landlock abi" "ward: verified: " closed
        run -123 engine run --rm "${NEW[@]}" nest /w/ward sandbox --require namespaces echo started
        run -0 engine run --rm "${NEW[@]}" --security-opt seccomp=unconfined "${box[@]}"
        expect_in_output "it has no processes of its own" "/usr read-only, no network" closed
        run -0 engine run --rm "${NEW[@]}" --security-opt seccomp=unconfined --security-opt unmask=ALL "${box[@]:0:3}" -v "${box[@]:3}"
        expect_in_output "namespaces user,cgroup,ipc,uts,net,pid,mnt" closed
        expect_not_in_output "here:"
}
