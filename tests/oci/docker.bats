#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# An engine calls ward-oci: dockerd with containerd below it, over an image that is imported, in namespaces of its own.
# shellcheck disable=SC2154

load helpers/engine

ENGINE_GROUP=ward-docker-${BATS_RUN_TMPDIR##*-}

docker() { DOCKER_HOST=unix:///run/docker.sock inside docker "$@"; }
answers() { docker version >/dev/null 2>&1; }

setup_file() {
        # Docker's own default for open files may be above what this machine allows.
        cat >"$BATS_FILE_TMPDIR/daemon.json" <<-END
        {"storage-driver": "vfs", "bridge": "none", "iptables": false, "ip6tables": false, "cgroup-parent": "/$ENGINE_GROUP",
         "data-root": "$BATS_FILE_TMPDIR/root", "exec-root": "/run/docker", "pidfile": "/run/docker.pid",
         "hosts": ["unix:///run/docker.sock"], "exec-opts": ["native.cgroupdriver=cgroupfs"],
         "default-ulimits": {"nofile": {"Name": "nofile", "Hard": 1024, "Soft": 1024}},
         "runtimes": {"ward": {"path": "$WARD_BUILD/bin/ward-oci"}}, "default-runtime": "ward"}
	END
        engine_start dockerd --config-file "$BATS_FILE_TMPDIR/daemon.json"
        [[ ! -d $BATS_FILE_TMPDIR/image ]] || tar -C "$BATS_FILE_TMPDIR/image" -c . | docker import - box >/dev/null
}

teardown_file() {
        if [[ -d $BATS_FILE_TMPDIR/image ]]; then
                docker ps -aq | while read -r id; do docker rm -f "$id"; done
        fi
        engine_stop
}

setup() { engine_setup dockerd; }
teardown() { ward_teardown; }

@test "docker run: output, input, limits, a user, exit status" {
        run -0 docker info -f '{{.DefaultRuntime}}'
        expect_output ward
        run -7 docker run --rm --network none -m 64m --pids-limit 50 --read-only --tmpfs /tmp:mode=1777 --user 1000 box \
                sh -c 'id -u; touch /x 2>/dev/null || echo read-only; touch /tmp/x && echo written; exit 7'
        expect_output $'1000\nread-only\nwritten'
        run -0 docker run --rm -i --network none box cat <<<"from outside"
        expect_output "from outside"
        run -137 docker run --rm --network none box sh -c 'sh -c "kill -9 \$\$"; exit $?'
}

@test "docker run: a command that is not there is 127, one that can't be executed is 126" {
        run -127 docker run --rm --network none box nosuchcommand
        run -126 docker run --rm --network none box /etc
}

@test "docker exec, logs, top, stats, pause, unpause, update, kill, rm" {
        docker run -d --name one --network none box sh -c 'echo said; exec sleep 1000'
        run -3 docker exec -e X=5 one sh -c 'echo "x=$X"; exit 3'
        expect_output x=5
        run -126 docker exec one nosuchcommand # as with runc
        run -0 docker logs one
        expect_output said
        run -0 docker top one
        expect_in_output "sleep 1000"
        run -0 docker stats --no-stream --format '{{.Name}} {{.PIDs}}' one
        expect_output "one 1"
        docker pause one
        [[ $(docker inspect -f '{{.State.Status}}' one) == paused ]]
        docker unpause one
        docker update -m 48m --memory-swap 48m one
        [[ $(cat /sys/fs/cgroup/memory/"$ENGINE_GROUP"/"$(docker inspect -f '{{.Id}}' one)"/memory.limit_in_bytes 2>/dev/null ||
                cat /sys/fs/cgroup/"$ENGINE_GROUP"/"$(docker inspect -f '{{.Id}}' one)"/memory.max) == $((48 << 20)) ]]
        docker kill one
        wait_until 10 stopped one
        docker rm one
}

stopped() { [[ $(docker inspect -f '{{.State.Status}}' "$1") == exited ]]; }

@test "docker run -t, stop, and a build" {
        run -0 docker run --rm -t --network none box sh -c 'tty; test -c /dev/console && echo console'
        expect_in_output /dev/pts/0 console
        docker run -d --name two --network none box sleep 1000
        docker stop -t 1 two
        [[ $(docker inspect -f '{{.State.ExitCode}}' two) == 137 ]]
        docker rm two
        mkdir build
        printf 'FROM box\nRUN echo built >/built\nCMD cat /built\n' >build/Dockerfile
        tar -C build -c . | DOCKER_BUILDKIT=0 docker build --network none -q -t built -
        run -0 docker run --rm --network none built
        expect_output built
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
        expect_in_output $'\n0' "ids 65536 own" "shows control groups read-only"
}
