# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# What forbids user namespaces is named before anything fails half way, with the command that would allow them: sysctls, and Ubuntu's restriction
# by AppArmor, with the profile that comes with ward. Settings of the machine are files in a mount namespace of the test's own.

load ../helpers

setup() {
        ward_setup
        needs_machine_root "it mounts over files of /proc"
        # bats' own directory is closed to others.
        HERE=$(mktemp -d -t "$ID.XXXXXX")
        chmod 755 "$HERE"
        mkdir -m 700 "$HERE/state"
        chown 65534:65534 "$HERE/state"
        cp "$WARD_BUILD/bin/ward" "$HERE/ward"
        rootfs "$HERE/rootfs"
        cd "$HERE" || return 1
        printf '0\n' >"$WORK/0"
        printf '1\n' >"$WORK/1"
        printf 'unconfined\n' >"$WORK/unconfined"
}

teardown() { ward_teardown "$HERE"; }

# with SETTING VALUE COMMAND...: where the kernel.SETTING is VALUE and AppArmor leaves who calls alone. The command has the number of the shell, whose file
# is mounted over.
# shellcheck disable=SC2016
with() {
        rm -rf "$WORK/real"
        unshare --mount --propagation private bash -c '
                mkdir "$1/real" && mount --bind /proc/sys/kernel "$1/real" && mount -t tmpfs settings /proc/sys/kernel &&
                        mkdir /proc/sys/kernel/random && mount --bind "$1/real/random" /proc/sys/kernel/random && cp "$1/$3" "/proc/sys/kernel/$2" &&
                        mount --bind "$1/unconfined" "/proc/$$/attr/current" || exit 99
                shift 3
                exec "$@"' _ "$WORK" "$@"
}

NOBODY=(setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all --inh-caps=-all)

# refused_by SETTING VALUE TEXT...: ward run ends with 125 before it made anything, and says these; so does the doctor, and sandbox of what it goes on without.
refused_by() {
        local setting=$1 value=$2 root
        shift 2
        for root in "$HERE/rootfs" host; do
                run -125 with "$setting" "$value" "${NOBODY[@]}" "$HERE/ward" --root "$HERE/state" run --rm "$root" true
                expect_in_output "$@"
        done
        # A filter around it would be to blame, too.
        if ! newest_calls_refused; then
                run with "$setting" "$value" "${NOBODY[@]}" "$HERE/ward" --root "$HERE/state" sandbox true
                expect_in_output "$@"
        fi
        run -1 with "$setting" "$value" "${NOBODY[@]}" "$HERE/ward" doctor user
        expect_in_output "$@"
}

@test "Ubuntu's restriction: named, and ward's profile is offered" {
        refused_by apparmor_restrict_unprivileged_userns 1 "kernel.apparmor_restrict_unprivileged_userns" "apparmor/ward-userns" "apparmor_parser -r"
        [[ -r $WARD_SOURCE/data/apparmor/ward-userns ]]
}

@test "Debian's sysctl" {
        refused_by unprivileged_userns_clone 0 "kernel.unprivileged_userns_clone" "sysctl -w kernel.unprivileged_userns_clone=1"
}

@test "none at all: root is told, too" {
        # shellcheck disable=SC2016
        run -125 unshare --user --map-root-user bash -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"' _ "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm "$HERE/rootfs" true
        expect_in_output "user.max_user_namespaces" "sysctl -w user.max_user_namespaces=15000"
}

@test "a security module that refuses: its rule is named" {
        local deny=$WARD_BUILD/tests/shim/deny
        newest_calls_refused && unable "the filter that refuses the newest calls is around it already"
        run -125 traced "$deny" EACCES clone3 clone -- "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm "$HERE/rootfs" true
        expect_in_output "make a process in new namespaces: Permission denied" "userns,"
}
