#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# An engine calls ward-oci: containerd with its shim for runc, driven by ctr, over a root file system on disk.
# shellcheck disable=SC2154

load helpers/engine

ENGINE_GROUP=default # ctr's own

ctr() { inside ctr -a /run/containerd.sock "$@"; }
answers() { ctr version >/dev/null 2>&1; }

# run_in_ctr OPTION... ROOT ID COMMAND...
run_in_ctr() { ctr run --runc-binary "$WARD_BUILD/bin/ward-oci" --rootfs "$@"; }

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
        IMAGE=$BATS_FILE_TMPDIR/image
}

teardown() { ward_teardown; }

@test "ctr run: output, a limit, exit status" {
        run -0 run_in_ctr --rm --memory-limit $((64 << 20)) "$IMAGE" "$ID" sh -c 'echo said; id -u'
        expect_output $'said\n0'
        run -7 run_in_ctr --rm "$IMAGE" "$ID" sh -c 'exit 7'
        run ! run_in_ctr --rm "$IMAGE" "$ID" nosuchcommand
        expect_in_output "executable file not found"
}

@test "ctr task: exec, ps, metrics, pause, resume, kill, delete" {
        run_in_ctr -d "$IMAGE" "$ID" sleep 1000
        run -3 ctr task exec --exec-id one "$ID" sh -c 'echo inside; exit 3'
        expect_output inside
        run -0 ctr task ps "$ID"
        (($(wc -l <<<"$output") == 2)) || shown
        run -0 ctr task metrics "$ID"
        expect_in_output pids
        ctr task pause "$ID"
        run -0 ctr task ls
        [[ $output =~ $ID.*PAUSED ]] || shown
        ctr task resume "$ID"
        run -0 ctr task ls
        [[ $output =~ $ID.*RUNNING ]] || shown
        ctr task kill -s KILL "$ID"
        wait_until 10 stopped
        ctr task delete "$ID" || true
        ctr container delete "$ID"
}

stopped() { [[ $(ctr task ls) =~ $ID.*STOPPED ]]; }

@test "ctr run -t: a terminal" {
        run -0 inside script -qec "ctr -a /run/containerd.sock run --rm -t --runc-binary $WARD_BUILD/bin/ward-oci --rootfs $IMAGE $ID tty" /dev/null
        expect_in_output /dev/pts/0
}
