# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
#
# Engines of an ordinary user, who has ids of his own by newuidmap, and control groups where a manager of systemd's makes them for him; his things
# are in $HERE for all tests of a file.

load ../helpers

USER_ID=12346
BOUNDING=() # newuidmap has its rights from its file

can_be_rootless() { is_machine_root && ! newest_calls_refused && command -v podman buildah newuidmap setpriv >/dev/null; }

rootless_setup_file() {
        can_be_rootless || return 0
        export HERE RUNTIME_DIR ADDED= MANAGER=cgroupfs
        HERE=$(mktemp -d -t ward-rootless.XXXXXX)
        chmod 755 "$HERE"
        add_user
        rootfs "$HERE/rootfs"
        # He may not be able to reach the build.
        mkdir -p "$HERE"/{bin,run,libexec/ward}
        cp "$WARD_OCI" "$HERE/bin/runtime"
        RUNTIME_DIR=$HERE/run
        if systemd_has_groups; then
                cp "$WARD_LIBEXEC/systemd-unit" "$HERE/libexec/ward/"
                begin_manager
        fi
        # The engines' own default for limits may be above what a machine allows.
        cat >"$HERE/containers.conf" <<-END
        [containers]
        default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
        [engine]
        runtime = "ward"
        events_logger = "file"
        cgroup_manager = "$MANAGER"
        [engine.runtimes]
        ward = ["$HERE/bin/runtime"]
	END
        chown -R "$USER_ID:$USER_ID" "$HERE"
        tar -C "$HERE/rootfs" -c . | his_podman import - box >/dev/null 2>&1
}

rootless_teardown_file() {
        [[ -n ${HERE:-} ]] || return 0
        his_podman rm -f -a -t 0 >/dev/null 2>&1 || true
        # What other ids of his have goes, and then the process that keeps them.
        as_him podman unshare rm -rf "$HERE/.local" "$HERE/.config" "$HERE/.cache" >/dev/null 2>&1 || true
        his_podman system migrate >/dev/null 2>&1 || true
        [[ $MANAGER != systemd ]] || end_manager
        remove_user
        rm -rf --one-file-system "$HERE"
}

rootless_setup() {
        ward_setup
        needs_root
        needs_machine_root "newuidmap has its rights from a file of the machine's root"
        needs_program podman buildah newuidmap setpriv
        ! newest_calls_refused || unable "the filter that refuses the newest calls takes newuidmap its rights (no_new_privs)"
        cd "$HERE" || return 1 # the directory of the tests is closed
}

# As for who has a manager without being logged in.
begin_manager() {
        loginctl enable-linger "$ADDED"
        systemctl start "user@$USER_ID.service"
        RUNTIME_DIR=/run/user/$USER_ID MANAGER=systemd
}

end_manager() {
        loginctl disable-linger "$ADDED"
        systemctl stop "user@$USER_ID.service"
}

as_him() {
        plain_user env HOME="$HERE" USER="$ADDED" XDG_RUNTIME_DIR="$RUNTIME_DIR" DBUS_SESSION_BUS_ADDRESS="unix:path=$RUNTIME_DIR/bus" WARD_LIBEXEC="$HERE/libexec/ward" \
                CONTAINERS_CONF="$HERE/containers.conf" "$@"
}
manager() { as_him systemctl --user "$@"; }
his_podman() { as_him podman --storage-driver vfs "$@"; }
his_buildah() { as_him buildah --storage-driver vfs "$@"; }

needs_his_groups() { [[ $MANAGER == systemd ]] || skip "podman has groups for an ordinary user on cgroup v2 with systemd alone, with whatever runtime"; }
