#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# An engine calls ward-oci: podman, over a root file system on disk, so that no image has to be fetched.
# shellcheck disable=SC2154

load ../helpers

setup() {
        ward_setup
        needs_root
        needs_program podman
        rootfs "$WORK/rootfs"
        # podman's own default for open files may be above what this machine allows.
        LIMITS=(--ulimit nofile=1024:1024 --ulimit nproc=4096:4096 --network none)
}

teardown() {
        remove_own_podman
        ward_teardown
}

engine() { own_podman "$WARD_BUILD/bin/ward-oci" "$@"; }

@test "podman run: output, limits and exit status" {
        run engine run --rm "${LIMITS[@]}" -m 64m --pids-limit 50 --read-only --tmpfs /tmp --user 1000 --rootfs "$WORK/rootfs" \
                sh -c 'id -u; touch /x 2>/dev/null || echo read-only; touch /tmp/x && echo written; exit 7'
        if newest_calls_refused; then
                # podman asks for tmpcopyup, which takes a detached mount.
                expect_status 126
                expect_in_output "open the file system type"
                return
        fi
        expect_status 7
        expect_in_output 1000
        expect_in_output read-only
        expect_in_output written
}

@test "podman run: a command that is not there is 127, one that can't be executed is 126" {
        run -127 engine run --rm "${LIMITS[@]}" --rootfs "$WORK/rootfs" nosuchcommand
        expect_status 127
        run engine run --rm "${LIMITS[@]}" --rootfs "$WORK/rootfs" /etc
        expect_status 126
}

@test "podman exec, pause, unpause, top, stop, rm" {
        engine run -d --name pod1 "${LIMITS[@]}" --rootfs "$WORK/rootfs" sleep 1000
        run engine exec -e X=5 pod1 sh -c 'echo "x=$X"; exit 3'
        expect_status 3
        expect_in_output x=5
        engine pause pod1
        [[ $(engine inspect -f '{{.State.Status}}' pod1) == paused ]]
        engine unpause pod1
        [[ $(engine top pod1 comm) == *sleep* ]]
        engine stop -t 0 pod1
        [[ $(engine inspect -f '{{.State.Status}}' pod1) == exited ]]
        engine rm pod1
}

@test "podman run -t: the container has a terminal of its own" {
        run engine run --rm -t "${LIMITS[@]}" --rootfs "$WORK/rootfs" sh -c 'tty; test -c /dev/console && echo console'
        expect_status 0
        expect_in_output /dev/pts/0
        expect_in_output console
}

@test "podman container checkpoint and restore, also through an archive" {
        needs_criu
        tar -C "$WORK/rootfs" -c . | engine import - counter >/dev/null 2>&1
        engine run -d --name pod1 "${LIMITS[@]}" counter sh -c 'i=0; while :; do i=$((i + 1)); echo "$i"; usleep 50000; done'
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
