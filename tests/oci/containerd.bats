#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# An engine calls ward-oci: containerd with its shim for runc, driven by ctr, over a root file system on disk.
# shellcheck disable=SC2016,SC2034,SC2154
# bats file_tags=once

load helpers/operations
load helpers/engine

ENGINE_GROUP=default # ctr's own

ctr() { inside ctr -a /run/containerd.sock "$@"; }
answers() { ctr version >/dev/null 2>&1; }

# Ends what a container of run_in_ctr runs whose output counts: with containerd what is printed just before the end may be lost on a busy machine,
# with whatever runtime.
LINGER='; status=$?; usleep 300000; exit $status'

# run_in_ctr OPTION... ROOT ID COMMAND...
run_in_ctr() { ctr run --runc-binary "$WARD_OCI" "${GROUPS_BY[@]}" --rootfs "$@"; }

setup_file() {
        cat >"$BATS_FILE_TMPDIR/config.toml" <<-END
        version = 2
        root = "$BATS_FILE_TMPDIR/root"
        state = "/run/containerd-state"
        disabled_plugins = ["io.containerd.grpc.v1.cri"]
        [grpc]
        address = "/run/containerd.sock"
	END
        engine_start containerd --config "$BATS_FILE_TMPDIR/config.toml"
}

teardown_file() { engine_stop; }

setup() {
        engine_setup containerd
        IMAGE=$BATS_FILE_TMPDIR/image UNIT=ctr-$ID.scope GROUPS_BY=()
        ! systemd_has_groups || GROUPS_BY=(--runc-systemd-cgroup --cgroup "$(engine_slice):ctr:$ID")
}

teardown() {
        if answers; then
                ctr task delete -f "$ID" || true
                ctr container delete "$ID" || true
        fi >/dev/null 2>&1
        [[ -z ${IMAGE:-} ]] || find "$IMAGE/tmp" -mindepth 1 -delete 2>/dev/null || true # the root is the same for all
        ward_teardown
}

stopped() { [[ $(ctr task ls) =~ $ID\ .*STOPPED ]]; }

# started OPTION... -- COMMAND...: in the background; its pid is in PID.
started() {
        local options=()
        while [[ $1 != -- ]]; do options+=("$1"); shift; done
        shift
        run_in_ctr -d "${options[@]}" "$IMAGE" "$ID" "$@" 3>&-
        PID=$(ctr task ls | awk -v id="$ID" '$1 == id { print $2 }')
}

@test "run: output, variables, directory, input, status" {
        run -7 run_in_ctr --rm --env A="a b" --cwd /etc "$IMAGE" "$ID" sh -c 'echo "$A $PWD $(id -u)"; (exit 7)'"$LINGER"
        expect_output "a b /etc 0"
        run -0 run_in_ctr --rm "$IMAGE" "$ID" sh -c 'read -r line; echo "$line"'"$LINGER" <<<"from outside" # ctr does not hand on its end
        expect_output "from outside"
}

@test "mounts: a read-only root, a bind, a tmpfs" {
        echo outside >file
        run -0 run_in_ctr --rm --read-only --mount "type=bind,src=$WORK,dst=/root,options=rbind:ro" --mount type=tmpfs,src=none,dst=/tmp,options=rw \
                "$IMAGE" "$ID" sh -c 'cat /root/file; touch /root/x 2>/dev/null || echo bind is read-only; touch /x 2>/dev/null || echo root is; touch /tmp/x && echo written'"$LINGER"
        expect_output $'outside\nbind is read-only\nroot is\nwritten'
}

@test "confine: capabilities, a filter, no_new_privs, masked paths" {
        run -0 run_in_ctr --rm --seccomp --cap-drop CAP_KILL "$IMAGE" "$ID" \
                sh -c 'grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status; wc -c </proc/timer_list; ls /sys/firmware | wc -l'"$LINGER"
        expect_output $'CapEff:\t00000000a80425db\nNoNewPrivs:\t1\nSeccomp:\t2\n0\n0'
}

@test "detach: containers, tasks, delete" {
        started -- sh -c 'until test -e /tmp/go; do usleep 20000; done; exit 5'
        run -0 ctr container ls -q
        expect_output "$ID"
        touch "/proc/$PID/root/tmp/go"
        wait_until 10 stopped
        run ctr task delete "$ID"
        expect_in_output "exit code 5"
        ctr container delete "$ID"
}

@test "exec: a directory, a user, status" {
        started -- sleep 1000
        run -3 ctr task exec --exec-id one --cwd /etc --user 1000 "$ID" sh -c 'echo "$PWD $(id -u)"; exit 3'
        expect_output "/etc 1000"
        run ! ctr task exec --exec-id two "$ID" nosuchcommand
        expect_in_output "executable file not found in \$PATH"
        ctr task exec -d --exec-id three "$ID" touch /tmp/made
        wait_until 10 test -e "/proc/$PID/root/tmp/made"
        in_scope "$PID" "$UNIT"
}

@test "tty: of run and of exec" {
        on_terminal() { inside script -qec "ctr -a /run/containerd.sock $1" /dev/null; }
        run -0 on_terminal "run --rm -t --runc-binary $WARD_OCI ${GROUPS_BY[*]} --rootfs $IMAGE $ID tty"
        expect_in_output /dev/pts/0
        started -- sleep 1000
        run -0 on_terminal "task exec -t --exec-id one $ID tty"
        expect_in_output /dev/pts/
}

@test "logs: written to a file" {
        started --log-uri "file://$WORK/log" -- sh -c 'echo said; echo complained >&2'
        wait_until 10 stopped
        [[ $(sort log) == $'complained\nsaid' ]]
}

@test "top: the processes" {
        started -- sh -c 'sleep 1000 & wait'
        two() { (($(ctr task ps "$ID" | wc -l) == 3)); }
        wait_until 10 two
}

@test "stats" {
        started -- sleep 1000
        run -0 ctr task metrics "$ID"
        [[ $output =~ pids\.current\ *1 ]] || shown
        [[ $output =~ memory\.usage(_in_bytes)?\ *[1-9] ]] || shown
}

@test "pause: nothing goes on, and resume" {
        started -- sh -c 'while :; do echo >>/tmp/ticks; usleep 10000; done'
        wait_until 10 test -s "/proc/$PID/root/tmp/ticks"
        ctr task pause "$ID"
        [[ $(ctr task ls) =~ $ID\ .*PAUSED ]]
        ticks=$(wc -c <"/proc/$PID/root/tmp/ticks")
        sleep 0.1
        (($(wc -c <"/proc/$PID/root/tmp/ticks") == ticks))
        ctr task resume "$ID"
        more_ticks() { (($(wc -c <"/proc/$PID/root/tmp/ticks") > ticks)); }
        wait_until 10 more_ticks
}

@test "limits: memory, a processor's time" {
        started --memory-limit $((64 << 20)) --cpus 0.5 -- sleep 1000
        [[ $(of_group "$PID" memory memory.limit_in_bytes memory.max) == $((64 << 20)) ]]
        [[ $(of_group "$PID" cpu cpu.cfs_quota_us cpu.max) =~ ^50000(\ 100000)?$ ]]
        in_scope "$PID" "$UNIT" MemoryMax=$((64 << 20)) CPUQuotaPerSecUSec=500ms
}

@test "oom: is told" {
        ctr events >events 2>&1 3>&- &
        started --memory-limit $((16 << 20)) -- sh -c "$RUN_OUT"
        runs_out "$PID"
        wait_until 10 stopped
        wait_until 10 grep -q /tasks/oom events
        kill "$!"
}

@test "kill: a signal that the program takes, and one that it does not" {
        started -- sh -c 'trap "exit 42" TERM; touch /tmp/ready; while :; do usleep 10000; done'
        wait_until 10 test -e "/proc/$PID/root/tmp/ready"
        ctr task kill -s TERM "$ID"
        wait_until 10 stopped
        run ctr task delete "$ID"
        expect_in_output "exit code 42"
        ctr container delete "$ID"
        started -- sleep 1000
        ctr task kill -s KILL "$ID"
        wait_until 10 stopped
        run ctr task delete "$ID"
        expect_in_output "exit code 137"
        wait_until 10 no_scope "$UNIT"
}

@test "codes: what can't be executed is said" {
        run ! run_in_ctr --rm "$IMAGE" "$ID" nosuchcommand
        expect_in_output "executable file not found in \$PATH"
        run ! run_in_ctr --rm "$IMAGE" "$ID" /etc
        expect_in_output "permission denied"
}

@test "checkpoint: an image of it" {
        needs_criu
        started -- sleep 1000
        ctr task checkpoint --exit --image-path "$WORK/checkpoint" "$ID"
        wait_until 10 stopped
        [[ -s checkpoint/inventory.img ]]
}
