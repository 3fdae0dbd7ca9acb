#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# An engine calls ward-oci: podman, over a root file system on disk, so that no image has to be fetched.
# shellcheck disable=SC2016,SC2034,SC2154

load helpers/operations
load ../helpers

setup() {
        ward_setup
        needs_root
        needs_program podman
        rootfs "$WORK/rootfs"
        # podman's own default may be above what this machine allows.
        echo 'containers.default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]' >containers.conf
        export CONTAINERS_CONF=$WORK/containers.conf
        POD_NEW=() NEW=(--network none)
        IMAGE=(--rootfs "$WORK/rootfs") EXEC_MISSING=127 AT_ONCE=(-t 0) SCOPE=libpod
}

teardown() {
        remove_own_podman
        ward_teardown
}

engine() { own_podman "$WARD_OCI" "$@"; }

image() { tar -C "$WORK/rootfs" -c . | engine import - box >/dev/null 2>&1; }

@test "run: the command's words, variables, directory, user, input, status" { op_run; }

@test "mounts: a read-only root, a bind, a tmpfs" {
        if newest_calls_refused; then
                # podman asks for tmpcopyup, which takes a detached mount.
                run -126 engine run --rm "${NEW[@]}" --tmpfs /tmp "${IMAGE[@]}" true
                expect_in_output "open the file system type"
                return
        fi
        op_mounts
}

@test "hooks: a program of the machine brings a file of the machine into the container" { op_hooks; }
@test "confine: capabilities, a filter, no_new_privs, a sysctl, masked paths" { op_confine; }
@test "detach: ps, wait, rm" { op_detach; }
@test "exec: a variable, a directory, a user, input, status; in the background" { op_exec; }
@test "tty: of run and of exec" { op_tty; }
@test "logs: both streams" { op_logs; }
@test "top" { op_top; }
@test "stats" { op_stats; }
@test "pause: nothing goes on, and unpause" { op_pause; }
@test "limits: memory, processes, a processor's time" { op_limits; }
@test "update: those of a container that runs" { op_update; }

@test "oom: is known for what it was" {
        [[ -e /sys/fs/cgroup/cgroup.controllers ]] || skip "conmon does not see it on cgroup v1, with whatever runtime"
        podman_misses_oom
        op_oom
}

@test "kill: a signal that the program takes, and one that it does not; start again" { op_kill; }
@test "stop: and start, restart, rm -f" { op_stop; }
@test "codes: 127 for a command that is not there, 126 for one that can't be executed, 137 for one that was killed" { op_codes; }

@test "build: steps as root and as a user, and one that fails" {
        needs_machine_root "names of images are kept below /var/cache/containers"
        image
        op_build --network none
}

@test "pod: namespaces of its first container; stop, start, rm" {
        needs_machine_root "names of images are kept below /var/cache/containers"
        image
        op_pod
}

@test "checkpoint: and restore, also through an archive" {
        needs_criu
        image
        engine run -d --name pod1 "${NEW[@]}" box sh -c 'i=0; while :; do i=$((i + 1)); echo "$i"; usleep 50000; done' 3>&-
        logged() { engine logs pod1 | tail -n 1; }
        counts_beyond() { (($(logged) > $1)); }
        wait_until 20 counts_beyond 5
        engine container checkpoint pod1
        [[ $(engine inspect -f '{{.State.Checkpointed}}' pod1) == true ]]
        saved=$(logged)
        engine container restore pod1
        wait_until 20 counts_beyond "$saved"
        engine container checkpoint -e "$WORK/archive.tar" pod1
        saved=$(logged)
        engine rm -f pod1
        engine container restore -i "$WORK/archive.tar"
        wait_until 20 counts_beyond "$saved"
        engine rm -f -t 0 pod1
}
