# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
#
# Engines of an ordinary user, who has ids of his own by newuidmap and no control groups; his things are in $HERE for all tests of a file.

load ../helpers

USER_ID=12346
BOUNDING=() # newuidmap has its rights from its file

can_be_rootless() { is_machine_root && ! newest_calls_refused && command -v podman buildah newuidmap setpriv >/dev/null; }

rootless_setup_file() {
        can_be_rootless || return 0
        export HERE ADDED=
        HERE=$(mktemp -d -t ward-rootless.XXXXXX)
        chmod 755 "$HERE"
        add_user
        rootfs "$HERE/rootfs"
        cp "$WARD_OCI" "$HERE/runtime" # he may not be able to reach the build
        # The engines' own default for limits may be above what this machine allows.
        cat >"$HERE/containers.conf" <<-END
        [containers]
        default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
        [engine]
        runtime = "ward"
        events_logger = "file"
        cgroup_manager = "cgroupfs"
        [engine.runtimes]
        ward = ["$HERE/runtime"]
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
}

as_him() { plain_user env HOME="$HERE" XDG_RUNTIME_DIR="$HERE/run" CONTAINERS_CONF="$HERE/containers.conf" "$@"; }
his_podman() { as_him podman --storage-driver vfs "$@"; }
his_buildah() { as_him buildah --storage-driver vfs "$@"; }

no_groups() { skip "podman has groups for an ordinary user on cgroup v2 with systemd alone, with whatever runtime"; }
