#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# mounts add and remove: what is mounted in a container that runs, and taken away again.
# shellcheck disable=SC2154

load helpers/common

setup() {
        ward_setup
        needs_root
        ! newest_calls_refused || unable "mounts are added with the newest calls alone"
        make_bundle sleep 100
        edit '.root.readonly = false'
        mkdir -p "$WORK/data/sub"
        echo data >"$WORK/data/file"
}

teardown() {
        remove_all
}

USERS='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
        | .linux.gidMappings = .linux.uidMappings'

# mounts JQ-EXPRESSION: $WORK/mounts.json, with $data for the directory of the host.
mounts() { jq -n --arg data "$WORK/data" "$1" >"$WORK/mounts.json"; }

mounted() { oci exec "$ID" cat /proc/self/mountinfo; }

# bats test_tags=vm
@test "what is added is there with its options, and goes when it is removed" {
        oci run -d -b "$BUNDLE" "$ID"
        mounts '[{destination: "/new/dir", type: "bind", source: $data, options: ["rbind", "ro", "nosuid"]},
                 {destination: "/new/file", source: ($data + "/file"), options: ["bind", "nodev"]},
                 {destination: "/scratch", type: "tmpfs", source: "name", options: ["noexec", "size=64k", "mode=750"]},
                 {destination: "/scratch/below/dir", type: "bind", source: ($data + "/sub"), options: ["rbind"]}]'
        run -0 oci mounts add "$ID" "$WORK/mounts.json"
        expect_output ""
        run -0 mounted
        [[ $output =~ /new/dir\ ro,nosuid && $output =~ /new/file\ rw,nodev && $output =~ /scratch\ rw,noexec[^$'\n']*tmpfs\ name\ rw,(seclabel,)?size=64k,mode=750 ]] || shown
        [[ $output == *" /scratch/below/dir "* ]] || shown
        [[ $(oci exec "$ID" cat /new/dir/file) == data && $(oci exec "$ID" cat /new/file) == data ]]
        oci exec "$ID" touch /scratch/below/dir/x
        [[ -e $WORK/data/sub/x ]]
        run ! oci exec "$ID" touch /new/dir/x

        run -0 oci mounts remove "$ID" "$WORK/mounts.json"
        run -0 mounted
        [[ $output != *" /new/"* && $output != *" /scratch"* ]] || shown
        [[ -e $WORK/data/sub/x && -e $WORK/data/file ]]
        # Once is enough, and the container has nothing of it in its state.
        fails_with "nothing was added there" oci mounts remove "$ID" "$WORK/mounts.json"
        [[ $(jq 'has("mounts")' "$WORK/state/$ID/state.json") == false ]]
}

# bats test_tags=matrix-vm
@test "in a user namespace a new file system is the container's" {
        edit "$USERS"
        chown -R 100000:100000 "$BUNDLE/rootfs"
        oci run -d -b "$BUNDLE" "$ID"
        mounts '[{destination: "/scratch", type: "tmpfs"}, {destination: "/plain", source: $data, options: ["bind"]},
                 {destination: "/dev/queues", type: "mqueue"}]'
        oci mounts add "$ID" - <"$WORK/mounts.json"
        run -0 oci exec "$ID" stat -c '%n %u' /scratch /plain/file
        expect_output $'/scratch 0\n/plain/file 65534'
        oci exec "$ID" sh -c 'echo scratch >/scratch/file'
        oci mounts remove "$ID" "$WORK/mounts.json"
        run -0 mounted
        [[ $output != *" /scratch "* && $output != *" /plain "* && $output != *queues* ]] || shown
}

# bats test_tags=matrix-vm
@test "in a user namespace a bind with idmap shows its owners" {
        needs_machine_root "to map the owners of a mount"
        edit "$USERS"
        chown -R 100000:100000 "$BUNDLE/rootfs"
        oci run -d -b "$BUNDLE" "$ID"
        chmod 1777 "$WORK/data"
        mounts '[{destination: "/owned", source: $data, options: ["bind", "idmap"]}]'
        oci mounts add "$ID" "$WORK/mounts.json"
        run -0 oci exec "$ID" stat -c %u /owned/file
        expect_output 0
        oci exec "$ID" sh -c 'echo inside >/owned/inside'
        [[ $(stat -c %u "$WORK/data/inside") == 0 ]]
}

@test "a paused and a created container are mounted in, too; one that has ended is not" {
        mounts '[{destination: "/new", type: "tmpfs"}]'
        oci create -b "$BUNDLE" "$ID"
        oci mounts add "$ID" "$WORK/mounts.json"
        oci start "$ID"
        [[ $(mounted) == *" /new "* ]]
        oci pause "$ID"
        oci mounts remove "$ID" "$WORK/mounts.json"
        oci resume "$ID"
        [[ $(mounted) != *" /new "* ]]
        oci kill "$ID" KILL
        wait_until 10 has_status "$ID" stopped
        fails_with "it is stopped" oci mounts add "$ID" "$WORK/mounts.json"
}

@test "a relative source lies in the bundle" {
        mkdir "$BUNDLE/more"
        echo bundle >"$BUNDLE/more/file"
        oci run -d -b "$BUNDLE" "$ID"
        mounts '[{destination: "new", source: "more", options: ["bind"]}]'
        oci mounts add "$ID" "$WORK/mounts.json"
        [[ $(oci exec "$ID" cat /new/file) == bundle ]]
}

@test "one that fails leaves nothing of all: no mount, no target, no word in the state" {
        local before change
        oci run -d -b "$BUNDLE" "$ID"
        before=$(mounted)
        for change in '{destination: "/c", source: ($data + "/missing"), options: ["bind"]}' \
                '{destination: "/etc/passwd", type: "tmpfs"}' '{destination: "/c", type: "nothing"}' \
                '{destination: "/c", type: "tmpfs", options: ["size=much"]}' '{destination: "/proc/1", type: "tmpfs"}' \
                '{destination: "/etc/passwd/x", source: $data, options: ["bind"]}'; do
                mounts "[{destination: \"/a/b\", type: \"tmpfs\"}, {destination: \"/b\", source: \$data, options: [\"rbind\"]}, $change]"
                fails_with 'mounts\[2\]' oci mounts add "$ID" "$WORK/mounts.json"
                [[ $(mounted) == "$before" ]] || { echo "$change"; mounted; return 1; }
                [[ ! -e $BUNDLE/rootfs/a && ! -e $BUNDLE/rootfs/b && ! -e $BUNDLE/rootfs/c ]] || { echo "$change"; ls "$BUNDLE/rootfs"; return 1; }
                [[ $(jq 'has("mounts")' "$WORK/state/$ID/state.json") == false ]]
        done
}

@test "what can't be honoured in a container that runs is refused in words" {
        local mount words
        oci run -d -b "$BUNDLE" "$ID"
        while IFS='|' read -r mount words; do
                mounts "[$mount]"
                fails_with "$words" oci mounts add "$ID" "$WORK/mounts.json"
        done <<'TABLE'
{destination: "/x", type: "tmpfs", options: ["tmpcopyup"]}|would copy is in use
{destination: "/x", source: $data, options: ["bind", "copy-symlink"]}|no link is made in a container that runs
{destination: "/tmp", options: ["remount", "ro"]}|can't be changed
{destination: "/x", type: "proc"}|can't be added to a container that runs
{destination: "/x", type: "cgroup"}|can't be added to a container that runs
{destination: "/", type: "tmpfs"}|the root itself
{destination: "/x", source: $data, options: ["bind", "nosiud"]}|nosuid
{destination: "/x"}|neither a type nor
{type: "tmpfs"}|destination
TABLE
        echo '{}' >"$WORK/mounts.json"
        fails_with "array" oci mounts add "$ID" "$WORK/mounts.json"
        fails_with "is not one of: add, remove" oci mounts move "$ID" "$WORK/mounts.json"
        mounts '[{destination: "/x", type: "tmpfs"}]'
        fails_with "container 'none' does not exist" oci mounts add none "$WORK/mounts.json"
        edit 'del(.mounts) | .linux.namespaces |= map(if .type == "mount" then .path = "/proc/'"$(oci state "$ID" | jq .pid)"'/ns/mnt" else . end)
                | .root.readonly = false | del(.linux.maskedPaths, .linux.readonlyPaths)'
        oci run -d -b "$BUNDLE" "$ID-joined" || unable "another container's mount namespace can't be joined"
        fails_with "no mount namespace of its own" oci mounts add "$ID-joined" "$WORK/mounts.json"
}

@test "remove takes the last of several on one target, and forgets what the container has unmounted" {
        edit '.process.capabilities |= (.bounding += ["CAP_SYS_ADMIN"] | .effective += ["CAP_SYS_ADMIN"] | .permitted += ["CAP_SYS_ADMIN"])'
        oci run -d -b "$BUNDLE" "$ID"
        mounts '[{destination: "/new", type: "tmpfs", source: "one"}]'
        oci mounts add "$ID" "$WORK/mounts.json"
        mounts '[{destination: "/new", type: "tmpfs", source: "two"}]'
        oci mounts add "$ID" "$WORK/mounts.json"
        oci mounts remove "$ID" "$WORK/mounts.json"
        [[ $(mounted) == *"tmpfs one"* && $(mounted) != *"tmpfs two"* ]]
        oci exec --cap CAP_SYS_ADMIN "$ID" umount /new
        oci mounts remove "$ID" "$WORK/mounts.json"
        fails_with "nothing was added there" oci mounts remove "$ID" "$WORK/mounts.json"
}

@test "an ordinary user mounts in his own container" {
        local own=$WORK/own
        user() { as_nobody "$WARD_BUILD/bin/ward-oci" --root "$own/state" "$@"; }
        chmod 755 "$BATS_RUN_TMPDIR"
        mkdir -p "$own"
        mv "$BUNDLE" "$own/bundle"
        rm "$own/bundle/config.json"
        [[ $EUID -ne 0 ]] || chown -R 65534:65534 "$own"
        user spec --rootless -b "$own/bundle"
        BUNDLE=$own/bundle edit '.process.args = ["sleep", "100"] | .process.terminal = false | .root.readonly = false
                | .mounts |= map(select(.type != "cgroup"))'
        user run -d -b "$own/bundle" "$ID" || unable "an ordinary user can start no container here"
        mounts '[{destination: "/new", type: "tmpfs"}, {destination: "/data", source: $data, options: ["rbind", "ro"]}]'
        user mounts add "$ID" "$WORK/mounts.json"
        run -0 user exec "$ID" cat /data/file /proc/self/mountinfo
        [[ ${lines[0]} == data && $output =~ \ /data\ ro && $output == *" /new "*"tmpfs"* ]] || shown
        user mounts remove "$ID" "$WORK/mounts.json"
        run -0 user exec "$ID" cat /proc/self/mountinfo
        [[ $output != *" /data "* && $output != *" /new "* ]] || shown
        user delete --force "$ID"
}
