#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Hooks before pivot_root(2) that work on the container's mounts, as those do that bring drivers of the machine's into it.
# shellcheck disable=SC2016,SC2154

load helpers/common

setup() {
        ward_setup
        needs_root
}

teardown() { remove_all; }

USERS='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
        | .linux.gidMappings = .linux.uidMappings'

# A container that prints two files which hooks bring, how many mounts it has, and what it sees of the machine's.
make_visited() {
        make_bundle sh -c "cat /lib/runtime /lib/container 2>&1; grep -c . /proc/self/mountinfo; ls -d $WORK 2>&1; true"
        mkdir -p "$BUNDLE/rootfs/lib" "$BUNDLE/rootfs/data"
        touch "$BUNDLE/rootfs/lib/runtime" "$BUNDLE/rootfs/lib/container"
        echo brought-by-runtime >"$WORK/runtime"
        echo brought-by-container >"$WORK/container"
        chmod 644 "$WORK/runtime" "$WORK/container"
        edit --arg source "$WORK" '.mounts += [{destination: "/data", type: "bind", source: $source, options: ["bind", "ro"]}]'
}

# add_hooks: as config.json is. The root has a procfs, the nodes of /dev and the bind when they run.
add_hooks() {
        local root=$BUNDLE/rootfs
        edit --arg root "$root" --arg work "$WORK" --arg see "ls -d $root/proc/1 $root/dev/null $root/data/runtime" \
                '.hooks = {createRuntime: [{path: "/bin/sh", args: ["sh", "-ec", "enter=\"nsenter -m -t $(jq -r .pid)\"
                        $enter \($see) >\($work)/runtime.saw
                        $enter mount --bind \($work)/runtime \($root)/lib/runtime"], env: ["PATH=/bin:/sbin:/usr/bin:/usr/sbin"]}],
                createContainer: [{path: "/bin/sh", args: ["sh", "-ec", "\($see) >\($work)/container.saw
                        mount --bind \($work)/container \($root)/lib/container"], env: ["PATH=/bin:/sbin:/usr/bin:/usr/sbin"]}]}'
}

# What both hooks saw, and the container has: @1 mounts.
visited() {
        local root=$BUNDLE/rootfs
        expect_status 0
        expect_in_output brought-by-runtime brought-by-container "ls: $WORK"
        [[ ${lines[2]} == "$1" ]] || shown
        diff "$WORK/runtime.saw" <(printf '%s\n' "$root/data/runtime" "$root/dev/null" "$root/proc/1")
        diff "$WORK/container.saw" <(printf '%s\n' "$root/data/runtime" "$root/dev/null" "$root/proc/1")
        rm "$WORK"/*.saw
}

@test "hooks find all mounts made, at the root's path beside the machine's files, and what they mount there is the container's" {
        local how without flags
        make_visited
        cp "$BUNDLE/config.json" "$WORK/plain.json"
        for how in plain read-only users chroot linked; do
                cp "$WORK/plain.json" "$BUNDLE/config.json"
                flags=()
                case $how in
                read-only) edit '.root.readonly = true' ;;
                users)
                        edit "$USERS"
                        # Container's root has to reach the root by its path.
                        chmod a+x "$BATS_RUN_TMPDIR" "$WORK" "$BUNDLE" "$BUNDLE/rootfs"
                        touch "$WORK/container.saw"
                        chown 100000 "$WORK/container.saw"
                        ;;
                chroot) flags=(--no-pivot) ;;
                # From ".." in the root a path goes on in what lies over it.
                linked) edit --arg path "/etc/..$BUNDLE/rootfs" '.root.path = $path' ;;
                esac
                run -0 oci run "${flags[@]}" -b "$BUNDLE" "$ID"
                without=$(grep -x '[0-9]*' <<<"$output")
                add_hooks
                run oci run "${flags[@]}" -b "$BUNDLE" "$ID"
                echo "$how"
                visited $((without + 2))
                # Nothing of it is the machine's.
                run ! grep "$BUNDLE/rootfs" /proc/self/mountinfo
        done
}

@test "hooks find the root also where the users of the container may not walk to it" {
        make_visited
        chmod 700 "$WORK"
        edit "$USERS | .mounts |= map(select(.destination != \"/data\"))"
        edit --arg root "$BUNDLE/rootfs" --arg file "$WORK/runtime" '.hooks = {createRuntime: [{path: "/bin/sh", args: ["sh", "-c",
                "nsenter -m -t $(jq -r .pid) mount --bind \($file) \($root)/lib/runtime"], env: ["PATH=/bin:/usr/bin"]}]}'
        run -0 oci run -b "$BUNDLE" "$ID"
        expect_in_output brought-by-runtime "ls: $WORK"
}

@test "hooks make nodes in a /dev that is read-only for the container" {
        make_bundle sh -c 'ls /dev/driver; touch /dev/another 2>&1; true'
        edit --arg root "$BUNDLE/rootfs" '(.mounts[] | select(.destination == "/dev") | .options) += ["ro"]
                | .hooks = {createContainer: [{path: "/bin/touch", args: ["touch", "\($root)/dev/driver"]}]}'
        run -0 oci run -b "$BUNDLE" "$ID"
        expect_in_output /dev/driver "Read-only file system"
}

@test "hooks run also where the machine's root is the container's, or the root is named by a process" {
        local path
        make_bundle true
        for path in / "/proc/$$/cwd"; do
                cd "$BUNDLE/rootfs"
                edit --arg path "$path" --arg file "$WORK/ran" '.root = {path: $path, readonly: true} | .process.args = ["true"] | .hooks = {createRuntime: [{path: "/bin/touch", args: ["touch", $file]}]}
                        | .mounts |= map(select(.destination == "/proc"))'
                run -0 oci run -b "$BUNDLE" "$ID"
                rm "$WORK/ran"
        done
}
