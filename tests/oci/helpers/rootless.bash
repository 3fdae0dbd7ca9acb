# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
#
# Engines of an ordinary user, who has ids of his own by newuidmap and, where a manager of systemd's gives them, groups; his things are in $HERE for all
# tests of a file.

load ../helpers

USER_ID=${WARD_ENGINE_USER:-12346}
BOUNDING=() # newuidmap has its rights from its file

can_be_rootless() { is_machine_root && ! newest_calls_refused && command -v podman buildah newuidmap setpriv >/dev/null; }

# The group of the user's manager, below which what he starts has limits.
user_group() { echo "/sys/fs/cgroup/user.slice/user-$USER_ID.slice/user@$USER_ID.service"; }
has_manager() { [[ -d $(user_group) ]]; }

rootless_setup_file() {
        can_be_rootless || return 0
        local manager=cgroupfs runtime
        export HERE ADDED=
        HERE=$(mktemp -d -t ward-rootless.XXXXXX)
        chmod 755 "$HERE"
        getent passwd "$USER_ID" | grep -qv '^wardtest' || add_user
        rootfs "$HERE/rootfs"
        # He may not be able to reach the build; with a manager it has to be where it finds its helper.
        cp "$WARD_OCI" "$HERE/runtime"
        runtime=$HERE/runtime
        ! has_manager || manager=systemd runtime=$WARD_OCI
        # The engines' own default for limits may be above what this machine allows.
        cat >"$HERE/containers.conf" <<-END
        [containers]
        default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
        [engine]
        runtime = "ward"
        events_logger = "file"
        cgroup_manager = "$manager"
        [engine.runtimes]
        ward = ["$runtime"]
	END
        mkdir "$HERE/run"
        chown -R "$USER_ID:$USER_ID" "$HERE"
        tar -C "$HERE/rootfs" -c . | his_podman import - box >/dev/null 2>&1
}

rootless_teardown_file() {
        [[ -n ${HERE:-} ]] || return 0
        his_podman rm -f -a -t 0 >/dev/null 2>&1 || true
        # What other ids of his have goes, and then the process that keeps them.
        as_him podman unshare rm -rf "$HERE/.local" "$HERE/.config" "$HERE/.cache" >/dev/null 2>&1 || true
        his_podman system migrate >/dev/null 2>&1 || true
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
        if has_manager; then
                mkdir -p "$(user_group)/engines"
                echo $$ >"$(user_group)/engines/cgroup.procs"
        fi
}

as_him() {
        local run=$HERE/run
        ! has_manager || run=/run/user/$USER_ID
        plain_user env HOME="$HERE" XDG_RUNTIME_DIR="$run" DBUS_SESSION_BUS_ADDRESS="unix:path=$run/bus" \
                CONTAINERS_CONF="$HERE/containers.conf" "$@"
}
his_podman() { as_him podman --storage-driver vfs "$@"; }
his_buildah() { as_him buildah --storage-driver vfs "$@"; }

needs_groups() { has_manager || skip "podman has groups for an ordinary user on cgroup v2 with systemd alone, with whatever runtime"; }
