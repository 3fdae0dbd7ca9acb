#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# An engine calls ward-oci: dockerd with containerd below it, over an image that is imported, in namespaces of its own.
# shellcheck disable=SC2016,SC2034,SC2154
# bats file_tags=once

load helpers/operations
load helpers/engine

ENGINE_GROUP=ward-docker-${BATS_RUN_TMPDIR##*-}

docker() { DOCKER_HOST=unix:///run/docker.sock inside docker "$@"; }
answers() { docker version >/dev/null 2>&1; }

setup_file() {
        # Docker's own default for open files may be above what this machine allows.
        cat >"$BATS_FILE_TMPDIR/daemon.json" <<-END
        {"storage-driver": "vfs", "bridge": "none", "iptables": false, "ip6tables": false, "cgroup-parent": "$(engine_parent)",
         "data-root": "$BATS_FILE_TMPDIR/root", "exec-root": "/run/docker", "pidfile": "/run/docker.pid",
         "experimental": true, "hosts": ["unix:///run/docker.sock"], "exec-opts": ["native.cgroupdriver=$(engine_driver)"],
         "default-ulimits": {"nofile": {"Name": "nofile", "Hard": 1024, "Soft": 1024}},
         "runtimes": {"ward": {"path": "$WARD_OCI"}}, "default-runtime": "ward"}
	END
        # BuildKit takes the first runc of PATH, whatever runtimes docker has been told.
        mkdir "$BATS_FILE_TMPDIR/bin"
        printf '%s\n' '#!/bin/sh' "echo \" \$* \" >>'$BATS_FILE_TMPDIR/calls'" "exec '$WARD_OCI' \"\$@\"" >"$BATS_FILE_TMPDIR/bin/runc"
        chmod 755 "$BATS_FILE_TMPDIR/bin/runc"
        engine_start dockerd --config-file "$BATS_FILE_TMPDIR/daemon.json"
        [[ ! -d $BATS_FILE_TMPDIR/image ]] || tar -C "$BATS_FILE_TMPDIR/image" -c . | docker import - box >/dev/null
}

teardown_file() {
        if [[ -d $BATS_FILE_TMPDIR/image ]]; then
                docker ps -aq | while read -r id; do docker rm -f "$id"; done
        fi
        engine_stop
}

setup() {
        # Its C library starts threads without clone3(2) only where the kernel is said not to know the call.
        [[ " ${REFUSED[*]} " != *" EPERM "* ]] || unable "Docker's own hook is run behind the filter, and makes no threads where clone3 is answered with EPERM"
        engine_setup dockerd
        IMAGE=(box) NEW=(--network none) EXEC_MISSING=127 SCOPE=docker
        is_docker_20 && EXEC_MISSING=126 # as it was then
        return 0
}

teardown() {
        for id in $([[ ! -d $BATS_FILE_TMPDIR/image ]] || docker ps -aq --filter "name=$ID"); do docker rm -f "$id" >/dev/null; done
        ward_teardown
}

engine() { docker "$@"; }
is_docker_20() { [[ $(dockerd --version) == *" 20."* ]]; }

@test "run: the command's words, variables, directory, user, input, status" { op_run; }
@test "mounts: a read-only root, a bind, a tmpfs" { op_mounts; }
@test "confine: capabilities, a filter, no_new_privs, a sysctl, masked paths" { op_confine; }
@test "detach: ps, wait, rm" { op_detach; }
@test "exec: a variable, a directory, a user, input, status; in the background" { op_exec; }
@test "tty: of run and of exec" { op_tty; }
@test "logs: both streams" { op_logs; }
@test "top" { op_top; }
@test "stats" {
        [[ $(docker info -f '{{.CgroupDriver}}') == "$(engine_driver)" ]]
        op_stats
}

@test "pause: nothing goes on, and unpause" { op_pause; }
@test "limits: memory, processes, a processor's time" { op_limits; }
@test "update: those of a container that runs" { op_update; }
@test "oom: is known for what it was" { op_oom; }
@test "kill: a signal that the program takes, and one that it does not; start again" { op_kill; }
@test "stop: and start, restart, rm -f" { op_stop; }
@test "codes: 127 for a command that is not there, 126 for one that can't be executed, 137 for one that was killed" { op_codes; }

@test "build: steps as root and as a user, and one that fails; by the builder of old and by BuildKit" {
        DOCKER_BUILDKIT=0 op_build --network none
        # Newer clients need a plugin for the other.
        is_docker_20 || docker buildx version >/dev/null 2>&1 || return 0
        : >"$BATS_FILE_TMPDIR/calls"
        DOCKER_BUILDKIT=1 op_build --network none
        grep -q ' run ' "$BATS_FILE_TMPDIR/calls"
}

@test "checkpoint: and start from it" {
        needs_criu
        # In a network namespace of its own docker 28 looks for that of process 0, with whatever runtime.
        NEW=(--network host)
        started sh -c 'i=0; while :; do i=$((i + 1)); echo "$i"; usleep 50000; done'
        counts_beyond() { (($(docker logs "$ID" | tail -n 1) > $1)); }
        wait_until 20 counts_beyond 5
        docker checkpoint create "$ID" one
        is exited
        saved=$(docker logs "$ID" | tail -n 1)
        docker start --checkpoint one "$ID"
        wait_until 20 counts_beyond "$saved"
}

@test "ward run inside a docker container: with what it asks for it works, without it what is missing is named" {
        local in_box=(docker run --rm --network none) inner=(nest /w/ward --root /run/state run --rm --strength /inner id -u)
        [[ -z ${WARD_SANITIZED:-} ]] || skip "a sanitized program can't look for leaks there"
        rootfs "$WORK/nest"
        put_ward_in_root "$WORK/nest"
        tar -C "$WORK/nest" -c . | docker import - nest >/dev/null
        run -125 "${in_box[@]}" "${inner[@]}"
        expect_in_output "has taken CAP_SYS_ADMIN" "--cap-add SYS_ADMIN" "systempaths=unconfined"
        run -125 "${in_box[@]}" --cap-add SYS_ADMIN --security-opt seccomp=unconfined "${inner[@]}"
        expect_in_output "parts of /proc are masked by an outer container"
        run -0 "${in_box[@]}" --cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt systempaths=unconfined "${inner[@]}"
        expect_in_output "ids 65536 own" "shows control groups read-only"
        grep -qx 0 <<<"$output" # docker passes on two outputs, each in its order
}

@test "ward sandbox inside a docker container: by default behind Landlock and the filter; what is allowed more is used" {
        local in_box=(docker run --rm --network none) box=(nest /w/ward sandbox --verify sh -c 'touch /made 2>/dev/null || echo closed')
        needs_sandbox
        [[ -z ${WARD_SANITIZED:-} ]] || skip "a sanitized program can't look for leaks there"
        rootfs "$WORK/nest"
        put_ward_in_root "$WORK/nest"
        tar -C "$WORK/nest" -c . | docker import - nest >/dev/null
        run -0 "${in_box[@]}" "${box[@]}"
        expect_in_output "no namespaces are to be had here: Landlock and the filter alone are in force" "landlock abi" "ward: verified: " closed
        run -123 "${in_box[@]}" nest /w/ward sandbox --require namespaces echo started
        expect_in_output "option '--require': namespaces"
        run -0 "${in_box[@]}" --read-only --user 1000 "${box[@]}"
        expect_in_output "Landlock and the filter alone are in force" closed
        run -0 "${in_box[@]}" --security-opt seccomp=unconfined "${box[@]}"
        expect_in_output "it has no processes of its own" "/usr read-only, no network" closed
        run -0 "${in_box[@]}" --security-opt seccomp=unconfined --security-opt systempaths=unconfined "${box[@]:0:3}" -v "${box[@]:3}"
        expect_in_output "namespaces user,cgroup,ipc,uts,net,pid,mnt" closed
        expect_not_in_output "here:"
}
