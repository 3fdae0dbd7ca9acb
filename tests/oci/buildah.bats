#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# An engine calls ward-oci: buildah, with the isolation `oci`. (That of the name `chroot` has no runtime.)
# shellcheck disable=SC2034,SC2154
# bats file_tags=once

load helpers/building
load ../helpers

able() { is_machine_root && command -v buildah >/dev/null; }

setup_file() {
        able || return 0
        # buildah's own default may be above what this machine allows.
        echo 'containers.default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]' >"$BATS_FILE_TMPDIR/containers.conf"
        export CONTAINER CONTAINERS_CONF=$BATS_FILE_TMPDIR/containers.conf BUILDAH_ISOLATION=oci BUILDAH_RUNTIME=$WARD_OCI
        rootfs "$BATS_FILE_TMPDIR/rootfs"
        printf 'FROM scratch\nADD . /\n' | engine bud -q -t box -f - "$BATS_FILE_TMPDIR/rootfs" >/dev/null
        CONTAINER=$(engine from --network none box)
}

teardown_file() { umount -R "$BATS_FILE_TMPDIR/storage/overlay" 2>/dev/null || true; }

setup() {
        ward_setup
        needs_machine_root "names of images are kept below /var/cache/containers"
        needs_program buildah
}

teardown() { ward_teardown; }

engine() { buildah --root "$BATS_FILE_TMPDIR/storage" --runroot "$BATS_FILE_TMPDIR/run" --storage-driver vfs "$@"; }

@test "run: the command's words, variables, directory, user, input, status" { building_run; }
@test "mounts: a bind, a tmpfs" { building_mounts; }
@test "confine: capabilities, a filter, masked paths" { building_confine; }
@test "tty" { building_tty; }
@test "limits: memory, a processor's time" { building_limits; }
@test "codes: what can't be executed is said, 137 for one that was killed" { building_codes; }
@test "build: steps as root and as a user, and one that fails" { building_build; }
