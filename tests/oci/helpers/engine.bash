# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# An engine's daemon for all tests of a file, in a mount and a network namespace of its own, with a /run of its own, in which systemd and its bus
# are where the machine has them.
#
# The file has ENGINE_GROUP, the group of all its containers.

load ../helpers

# The same as a slice of systemd's; a dash would be one more slice above it.
engine_slice() { echo "${ENGINE_GROUP//-/_}.slice"; }
# As engines are told it.
engine_parent() { if systemd_has_groups; then engine_slice; else echo "/$ENGINE_GROUP"; fi; }
engine_driver() { if systemd_has_groups; then echo systemd; else echo cgroupfs; fi; }

# inside COMMAND...: where the daemon runs. (bats ends where "<" does not find its file.)
inside() { nsenter -m -n -t "$(cat "$BATS_FILE_TMPDIR/holder" 2>/dev/null)" -- "$@"; }

# engine_start DAEMON ARGUMENT...: and the file's own answers() says when it is there. What the file has put into $BATS_FILE_TMPDIR/bin goes before other
# programs of the same name.
engine_start() {
        ((EUID == 0)) || return 0
        PATH=$BATS_FILE_TMPDIR/bin:$("$WARD_SOURCE/tests/engines/unpack"):$PATH || return 0
        export PATH
        mkdir "$BATS_FILE_TMPDIR/run"
        # shellcheck disable=SC2016
        unshare -m -n --propagation private sh -ec '
                mount -t tmpfs run "$0/run"
                for name in systemd dbus; do
                        [ ! -d "/run/$name" ] || { mkdir "$0/run/$name" && mount --rbind "/run/$name" "$0/run/$name"; }
                done
                mount -n --move "$0/run" /run # there is no table of mounts in it yet
                ip link set lo up
                echo $$ >"$0/holder"
                exec "$@"' "$BATS_FILE_TMPDIR" "$@" >"$BATS_FILE_TMPDIR/log" 2>&1 3>&- &
        wait_until 10 test -s "$BATS_FILE_TMPDIR/holder"
        wait_until 60 answers_or_gone "$!"
        answers || return 0
        rootfs "$BATS_FILE_TMPDIR/image"
}

# engine_stop: and takes the group of the file's containers away.
engine_stop() {
        local holder
        [[ -s $BATS_FILE_TMPDIR/holder ]] || return 0
        holder=$(<"$BATS_FILE_TMPDIR/holder")
        kill "$holder"
        wait_until 20 has_gone "$holder"
        ! systemd_has_groups || systemctl stop "$(engine_slice)"
        find /sys/fs/cgroup/*/"$ENGINE_GROUP" /sys/fs/cgroup/"$ENGINE_GROUP" -depth -type d -exec rmdir {} \; 2>/dev/null || true
}

answers_or_gone() { answers || [[ ! -e /proc/$1/root ]]; }
has_gone() { [[ ! -e /proc/$1/root ]]; }

engine_setup() {
        ward_setup
        needs_root
        needs_program "$1" nsenter
        answers || unable "$1 does not start here: $(tail -n 1 "$BATS_FILE_TMPDIR/log")"
}
