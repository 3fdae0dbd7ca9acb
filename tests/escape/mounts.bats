#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# V23, V24, V37: mounts that travel back to the host, read-only trees, and mounts of the host around the root.
# shellcheck disable=SC2154

load helpers/escape

setup() { escape_setup; }
teardown() { escape_teardown; }

# Runs the bundle on a host all of whose mounts are shared, as systemd makes them, with a shared tmpfs at $WORK/vol; says what was mounted
# there that was not before.
on_shared_host() {
        # shellcheck disable=SC2016
        unshare -m --propagation private bash -c '
                mount --make-rshared / && mkdir -p "$1/vol" && mount -t tmpfs vol "$1/vol" && mkdir -p "$1/vol/sub" && echo vol >"$1/vol/file"
                cp /proc/self/mountinfo "$1/mounts"
                timeout 20 "${@:2}"
                echo "status $?"
                diff "$1/mounts" /proc/self/mountinfo | sed -n "s/^>/ON THE HOST:/p"
                [[ -c /dev/null && -z $(find "$1/vol/sub" -mindepth 1) ]] || echo "ON THE HOST: changed"
        ' on_shared_host "$WORK" "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
}

@test "V23: with every propagation of the root, nothing that is mounted inside is mounted on the host" {
        local word
        make_bundle sh -c '/bin/probe mount-over /tmp; /bin/probe mount-over /proc/timer_list; /bin/probe mount-over /dev/null'
        with_probe
        edit '.process.capabilities |= (.bounding += ["CAP_SYS_ADMIN"] | .effective += ["CAP_SYS_ADMIN"] | .permitted += ["CAP_SYS_ADMIN"])'
        for word in private rprivate shared rshared slave rslave unbindable runbindable ""; do
                edit --arg word "$word" 'if $word == "" then del(.linux.rootfsPropagation) else .linux.rootfsPropagation = $word end'
                run on_shared_host
                # The file that is bound over others lies on the root, which may be unbindable.
                [[ $word == *unbindable ]] && output=${output//mount EINVAL/mount done}
                [[ $output == *"mount done"*"mount done"*"mount done"*"status 0" && $output != *"ON THE HOST"* ]] || { echo "$word"; shown; }
        done
}

@test "V23: a device of a user namespace, over which the container mounts, is not the host's" {
        make_bundle sh -c '/bin/probe mount-over /dev/null; /bin/probe mount-over /proc/timer_list'
        with_probe
        edit '.process.capabilities |= (.bounding += ["CAP_SYS_ADMIN"] | .effective += ["CAP_SYS_ADMIN"] | .permitted += ["CAP_SYS_ADMIN"])
              | .linux.namespaces += [{type: "user"}]
              | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
        run on_shared_host
        [[ $output == *"mount done"*"status 0" && $output != *"ON THE HOST"* ]] || shown
}

@test "V23: with every propagation of a bind, only what its word allows comes back" {
        local word
        make_bundle /bin/probe mount-over /vol/sub
        with_probe
        edit '.process.capabilities |= (.bounding += ["CAP_SYS_ADMIN"] | .effective += ["CAP_SYS_ADMIN"] | .permitted += ["CAP_SYS_ADMIN"])'
        cp "$BUNDLE/config.json" "$WORK/config"
        for word in "" private rprivate slave rslave unbindable runbindable; do
                jq --arg word "$word" --arg source "$WORK/vol" '.mounts += [{destination: "/vol", type: "bind", source: $source,
                       options: (["rbind", $word] - [""])}]' "$WORK/config" >"$BUNDLE/config.json"
                run on_shared_host
                [[ $output == *"mount done"*"status 0" && $output != *"ON THE HOST"* ]] || { echo "$word"; shown; }
        done
        # A shared one is a peer of the host's: that is what was asked for, and shows that the test can fail.
        for word in shared rshared; do
                jq --arg word "$word" --arg source "$WORK/vol" '.mounts += [{destination: "/vol", type: "bind", source: $source,
                       options: ["rbind", $word]}]' "$WORK/config" >"$BUNDLE/config.json"
                run on_shared_host
                [[ $output == *"mount done"*"status 0"*"ON THE HOST"*/vol/sub* ]] || { echo "$word"; shown; }
        done
}

@test "V23: a bind with two words about its propagation is what both say" {
        local words
        make_bundle sh -c 'grep " /vol " /proc/self/mountinfo; /bin/probe mount-over /vol/sub'
        with_probe
        edit '.process.capabilities |= (.bounding += ["CAP_SYS_ADMIN"] | .effective += ["CAP_SYS_ADMIN"] | .permitted += ["CAP_SYS_ADMIN"])'
        cp "$BUNDLE/config.json" "$WORK/config"
        with_words() {
                jq --arg words "$1" --arg source "$WORK/vol" '.mounts += [{destination: "/vol", type: "bind", source: $source,
                       options: (["rbind"] + ($words | split(" ")))}]' "$WORK/config" >"$BUNDLE/config.json"
        }
        for words in "rslave shared" "slave shared" "rslave rshared" "rprivate rshared" "rshared rslave"; do
                with_words "$words"
                run on_shared_host
                [[ $output == *"mount done"*"status 0" && $output != *"ON THE HOST"* ]] || { echo "$words"; shown; }
                case $words in
                *slave*shared) [[ $output == *" /vol "*" shared:"*" master:"* ]] ;;
                rprivate*) [[ $output == *" /vol "*" shared:"* && $output != *" master:"* ]] ;;
                *) [[ $output == *" /vol "*" master:"* && $output != *" shared:"* ]] ;;
                esac || { echo "$words"; shown; }
        done
        with_words "slave shared slave"
        run on_shared_host
        [[ $output == *"mount on '/vol': there are more than two words about its propagation"*"status 1"* ]] || shown
}

@test "V23: what the runtime mounts never appears on the host through a shared bind" {
        local change
        make_bundle true
        edit --arg source "$WORK/vol" '.mounts += [{destination: "/vol", type: "bind", source: $source, options: ["rbind", "rshared"]}]'
        cp "$BUNDLE/config.json" "$WORK/config"
        for change in '.mounts += [{destination: "/vol/sub", type: "tmpfs"}]' \
                '.mounts += [{destination: "/vol/../vol/./sub", type: "bind", source: "/usr/bin", options: ["bind"]}]' \
                '.linux.maskedPaths += ["/vol/file"]' '.linux.readonlyPaths += ["/vol/sub"]' \
                '.linux.devices = [{path: "/vol/sub/node", type: "c", major: 1, minor: 3}]'; do
                jq "$change" "$WORK/config" >"$BUNDLE/config.json"
                run on_shared_host
                [[ $output == *"a shared bind"*"status 1"* && $output != *"ON THE HOST"* ]] || { echo "$change"; shown; }
        done
        # By links of the image.
        for link in data etc/resolv.conf proc/x; do
                make_bundle true
                mkdir -p "$BUNDLE/rootfs/vol"
                jq '.mounts += [{destination: "/data/new", type: "tmpfs"}, {destination: "/etc/resolv.conf", type: "bind", source: "/etc/hostname", options: ["bind"]}]
                    | .linux.maskedPaths += ["/data"] | .root.readonly = false' "$WORK/config" >"$BUNDLE/config.json"
                [[ $link == proc/x ]] || ln -s "/vol/sub" "$BUNDLE/rootfs/$link"
                run on_shared_host
                [[ $output == *status* && $output != *"ON THE HOST"* ]] || { echo "$link"; shown; }
        done
}

# Of two shared binds the second is made while the first is there.
@test "V23: a link of the image does not lead one shared bind into another" {
        local target
        make_bundle true
        edit --arg source "$WORK/vol" --arg other "$WORK/other" '.root.readonly = false
              | .mounts += [{destination: "/vol", type: "bind", source: $source, options: ["rbind", "rshared"]},
                            {destination: "/lnk", type: "bind", source: $other, options: ["rbind", "rshared"]}]'
        mkdir -p "$WORK/other" "$BUNDLE/rootfs/vol"
        for target in /vol/sub vol/sub ../vol/sub; do
                ln -sfn "$target" "$BUNDLE/rootfs/lnk"
                run on_shared_host
                [[ $output == *"status 1"* && $output != *"ON THE HOST"* ]] || { echo "$target"; shown; }
        done
        # Side by side they work.
        rm "$BUNDLE/rootfs/lnk"
        run on_shared_host
        [[ $output == *"status 0"* && $output != *"ON THE HOST"* ]] || shown
}

@test "V23: without a mount namespace of its own nothing is masked, mounted or run" {
        local change
        make_bundle sh -c 'echo RAN'
        cp "$BUNDLE/config.json" "$WORK/config"
        for change in . 'del(.linux.readonlyPaths)' 'del(.linux.maskedPaths)' 'del(.linux.maskedPaths, .linux.readonlyPaths)' \
                'del(.linux.maskedPaths, .linux.readonlyPaths, .mounts)'; do
                jq "del(.linux.namespaces[] | select(.type == \"mount\")) | $change" "$WORK/config" >"$BUNDLE/config.json"
                refuses "mount namespace"
        done
        jq '.linux.namespaces |= map(if .type == "mount" then .path = "/proc/self/ns/mnt" else . end)' "$WORK/config" >"$BUNDLE/config.json"
        refuses "mount namespace"
}

@test "V23: no mount of the host is left in the container, on top of its own or below" {
        make_bundle cat /proc/self/mountinfo
        edit '.linux.namespaces += [{type: "cgroup"}]'
        run -0 oci run -b "$BUNDLE" "$ID"
        awk '{ print $5 }' <<<"$output" | grep -v '^/sys/fs/cgroup/' | sort >"$WORK/mounted"
        jq -r '["/"] + [.mounts[].destination] + .linux.maskedPaths + .linux.readonlyPaths | .[]' "$BUNDLE/config.json" | sort -u >"$WORK/wanted"
        # Who can't make a device node binds the host's.
        is_machine_root || { printf '/dev/%s\n' null zero full random urandom tty; cat "$WORK/wanted"; } | sort -u -o "$WORK/wanted"
        # What is to be masked may not be there; nothing is mounted twice.
        [[ -z $(uniq -d "$WORK/mounted") && -z $(comm -23 "$WORK/mounted" "$WORK/wanted") ]] || shown
        grep -qx / "$WORK/mounted"
}

# Until the pivot the container's copy of the machine's mounts is a slave of theirs: what is mounted on the machine's root comes between that and the container's.
@test "V37: what somebody mounts on the machine's root meanwhile does not keep it over the container's" {
        local times
        make_bundle sh -c 'ls /..; cat "/..$0/marker"' "$CANARY"
        edit --arg work "$WORK" '.hooks = {createContainer: [{path: "/bin/sh", env: ["PATH=/bin:/usr/bin"], timeout: 60,
                args: ["sh", "-c", "touch \($work)/ready; until [ -e \($work)/mounted ]; do sleep 0.02; done"]}]}'
        for times in 1 3; do
                rm -f "$WORK/ready" "$WORK/mounted"
                run unshare -m --propagation private bash -c '
                        mount --make-rshared /
                        "${@:3}" &
                        until [[ -e $1/ready ]]; do kill -0 $! 2>/dev/null || exit 1; sleep 0.02; done
                        for ((i = 0; i < $2; i++)); do mount --bind / /; done
                        touch "$1/mounted"
                        wait $!' bash "$WORK" $times "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
                [[ $output == "$(ls "$BUNDLE/rootfs")"$'\n'*"can't open"* && $output != *"host marker"* ]] || { echo "$times"; shown; }
        done
}

# The caller's root is the lower one of two then: whoever mounts on his root stays below.
@test "V37: of a machine whose root is covered by another mount nothing stays below the container's" {
        local kind times users sleeper
        unshare --user sleep 100 3>&- &
        sleeper=$!
        wait_until 5 is_program sleep $sleeper
        echo 0 0 1000 | tee /proc/$sleeper/{uid,gid}_map
        # Below a root of the caller's no user namespace can be made, but joined.
        for users in . '.linux.namespaces += [{type: "user", path: $path}] | .mounts |= map(select(.destination == "/proc"))'; do
                make_bundle probe uncover "$CANARY/marker"
                with_probe
                grant CAP_SYS_ADMIN CAP_SYS_CHROOT
                edit --arg path "/proc/$sleeper/ns/user" "$users"
                for times in private:1 private:3 shared:1 shared:3; do
                        kind=${times%:*}
                        run unshare -m --propagation private bash -c '
                                mount "--make-r$2" /
                                for ((i = 0; i < $3; i++)); do mount --bind / /; done
                                cp /proc/self/mountinfo "$1/mounts"
                                "${@:4}"
                                echo "status $?"
                                diff "$1/mounts" /proc/self/mountinfo | sed -n "s/^[<>]/ON THE HOST:/p"' bash \
                                "$WORK" "$kind" "${times#*:}" "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
                        # What lies below in a user namespace nobody in it can uncover.
                        [[ $output == umount*"status 0"* && $output != *uncovered* && $output != *"ON THE HOST"* ]] || { echo "$times $users"; shown; }
                        [[ $users != . || $output == *"umount done"* ]] || shown
                done
        done
        kill $sleeper
        wait $sleeper || true
}

# The attack is one: where the caller is another namespace's root it finds what lies below.
@test "V37: the attacker finds what lies below the root of a mount namespace" {
        run -0 unshare -m --propagation private sh -c 'mount --rbind / / && exec nsenter --mount=/proc/self/ns/mnt "$@"' sh \
                "$ATTACKERS/probe" uncover "$CANARY/marker"
        [[ $output == "umount done"$'\n'"uncovered: host marker"* ]] || shown
}

@test "V23: below a root that is only changed into, there is no /proc or /sys for a user namespace to take as its right to one without masks" {
        make_bundle unshare -mrpf sh -c 'mount -t proc none /proc && echo MOUNTED; mount -t sysfs none /sys && echo MOUNTED'
        edit '.process.capabilities |= map_values(. + ["CAP_SETFCAP"])'
        run oci run --no-pivot -b "$BUNDLE" "$ID"
        [[ $status -ne 0 && $output == *"permission denied"* && $output != *MOUNTED* ]] || shown
        edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 200000, size: 65536}]
              | .linux.gidMappings = .linux.uidMappings'
        chown -R 200000:200000 "$BUNDLE/rootfs"
        run oci run --no-pivot -b "$BUNDLE" "$ID"
        [[ $status -ne 0 && $output == *"permission denied"* && $output != *MOUNTED* ]] || shown
}

@test "V24: rro makes the mounts below read-only too, ro that of the bind, and rootfs and paths keep their words" {
        make_bundle sh -c 'for f in /vol/new /vol/sub/new; do touch $f 2>/dev/null && echo "wrote $f"; done; true'
        # shellcheck disable=SC2016
        with_options() {
                jq --arg source "$WORK/vol" --argjson options "$1" '.mounts = (.mounts | map(select(.destination != "/vol")))
                     + [{destination: "/vol", type: "bind", source: $source, options: $options}]' "$BUNDLE/config.json" >"$BUNDLE/new"
                mv "$BUNDLE/new" "$BUNDLE/config.json"
                unshare -m --propagation private bash -c 'mkdir -p "$1/vol" && mount -t tmpfs vol "$1/vol" && mkdir "$1/vol/sub" &&
                        mount -t tmpfs sub "$1/vol/sub" && shift && exec "$@"' sh "$WORK" \
                        "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        }
        run -0 with_options '["rbind", "rro"]'
        [[ -z $output ]] || shown
        run -0 with_options '["rbind", "ro"]'
        [[ $output == "wrote /vol/sub/new" ]] || shown
        run -0 with_options '["rbind", "ro", "rro"]'
        [[ -z $output ]] || shown
        run -0 with_options '["rbind"]'
        [[ $output == $'wrote /vol/new\nwrote /vol/sub/new' ]] || shown
        # readonlyPaths are recursive.
        edit '.linux.readonlyPaths += ["/vol"]'
        run -0 with_options '["rbind"]'
        [[ -z $output ]] || shown
}
