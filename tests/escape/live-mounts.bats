#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# V1, V2, V5, V9, V23: mounts that are made in a container that runs, and attacks it while they are.
# shellcheck disable=SC2154

load helpers/escape

setup() {
        ! newest_calls_refused || unable "mounts are added with the newest calls alone"
        escape_setup
        mkdir -p "$WORK/data/sub"
        echo data >"$WORK/data/file"
}

teardown() { escape_teardown; }

# mounts JQ-EXPRESSION: $WORK/mounts.json, with $data for a directory of the host.
mounts() { jq -n --arg data "$WORK/data" "$1" >"$WORK/mounts.json"; }

mounted() { oci exec "$ID" cat /proc/self/mountinfo; }

@test "V1: a target that is a link out of the root lies in the root" {
        local link users
        for users in . "$USER_NAMESPACE"; do
                make_bundle sleep 100
                edit ".root.readonly = false | $users"
                [[ $users == . ]] || chown -R 100000:100000 "$BUNDLE/rootfs"
                for link in "$CANARY/dir" "../../../../../../../..$CANARY/dir" "/proc/1/root$CANARY/dir" "/proc/self/cwd" "/proc/self/fd/3/dir"; do
                        ln -sfn "$link" "$BUNDLE/rootfs/link"
                        oci run -d -b "$BUNDLE" "$ID"
                        mounts '[{destination: "/link", source: $data, options: ["bind"]}, {destination: "/link/new", type: "tmpfs"},
                                 {destination: "/link/file", source: ($data + "/file"), options: ["bind"]}]'
                        run oci mounts add "$ID" "$WORK/mounts.json"
                        ((status == 0 || status == 1)) || shown
                        run oci mounts remove "$ID" "$WORK/mounts.json"
                        ((status == 0 || status == 1)) || shown
                        oci delete --force "$ID"
                        audit_end
                done
        done
}

@test "V2: a target below a directory that the container exchanges with a link to the host's" {
        local added=0
        make_bundle sleep 300
        edit '.root.readonly = false'
        mkdir "$BUNDLE/rootfs/data"
        ln -s "$CANARY" "$BUNDLE/rootfs/trap"
        oci run -d -b "$BUNDLE" "$ID"
        "$ATTACKERS/swap" "$BUNDLE/rootfs/data" "$BUNDLE/rootfs/trap" >"$WORK/swap" 3>&- &
        swapper=$!
        wait_until 5 grep -q ready "$WORK/swap"
        mounts '[{destination: "/data/dir", type: "tmpfs"}, {destination: "/data/dir/sub", source: $data, options: ["rbind"]},
                 {destination: "/data/marker", source: ($data + "/file"), options: ["bind"]}]'
        for ((i = 0; i < ${WARD_RACE_STARTS:-60}; i++)); do
                ! oci mounts add "$ID" "$WORK/mounts.json" >>"$WORK/out" 2>&1 || added=$((added + 1))
                oci mounts remove "$ID" "$WORK/mounts.json" >>"$WORK/out" 2>&1 || true
        done
        kill "$swapper"
        wait "$swapper" || true
        ! grep -E "AddressSanitizer|killed by signal|unknown" "$WORK/out" || return 1
        ((added > 0))
}

@test "V5: remove takes no mask away, whatever is asked for and wherever a link leads meanwhile" {
        local before
        make_bundle sleep 100
        edit '.root.readonly = false'
        mkdir "$BUNDLE/rootfs/place"
        oci run -d -b "$BUNDLE" "$ID"
        before=$(mounted)
        for destination in /proc/kcore /proc/timer_list /sys/firmware /proc /sys /dev; do
                mounts "[{destination: \"$destination\"}]"
                fails_with "nothing was added there" oci mounts remove "$ID" "$WORK/mounts.json"
        done
        [[ $(mounted) == "$before" ]]

        # The name leads to something else when it is removed: to a mask, to /proc, to a mount of the config.
        for link in /proc/timer_list /sys/firmware /proc /dev/shm; do
                mounts '[{destination: "/way/place", type: "tmpfs", source: "added"}]'
                [[ $link != /proc/timer_list ]] || mounts '[{destination: "/way/place", source: ($data + "/file"), options: ["bind"]}]'
                rm -rf "$BUNDLE/rootfs/way"
                mkdir "$BUNDLE/rootfs/way"
                oci mounts add "$ID" "$WORK/mounts.json"
                mv "$BUNDLE/rootfs/way" "$BUNDLE/rootfs/away"
                mkdir "$BUNDLE/rootfs/way"
                ln -s "$link" "$BUNDLE/rootfs/way/place"
                fails_with "something else is there" oci mounts remove "$ID" "$WORK/mounts.json"
                rm -r "$BUNDLE/rootfs/way"
                mv "$BUNDLE/rootfs/away" "$BUNDLE/rootfs/way"
                oci mounts remove "$ID" "$WORK/mounts.json"
                [[ $(mounted) == "$before" ]] || { mounted; return 1; }
        done
}

@test "V5: nothing is mounted where it would undo a mask or a read-only path of the config" {
        local before destination
        make_bundle sleep 100
        edit '.linux.maskedPaths += ["/srv/secret/key"] | .linux.readonlyPaths += ["/srv/fixed"]'
        mkdir -p "$BUNDLE"/rootfs/srv/{secret,fixed}
        echo key >"$BUNDLE/rootfs/srv/secret/key"
        oci run -d -b "$BUNDLE" "$ID"
        before=$(mounted)
        for destination in /sys /sys/firmware /sys/firmware/x /proc /proc/sys /proc/timer_list /proc/self/attr /srv /srv/secret /srv/secret/key \
                /srv/fixed/in /srv/./x/../secret/; do
                mounts "[{destination: \"$destination\", source: \"$BUNDLE/rootfs/srv\", options: [\"rbind\"]}]"
                fails_with 'masks a path there|only procfs|/proc is in use' oci mounts add "$ID" "$WORK/mounts.json"
        done
        [[ $(mounted) == "$before" ]]
}

@test "V5, V6: no link leads a mount over a mask, a read-only path or procfs" {
        local before link masks
        for masks in true false; do
                make_bundle sleep 100
                edit --argjson masks $masks '.root.readonly = false | if $masks then .linux.maskedPaths += ["/srv/link/key"] | .linux.readonlyPaths += ["/srv/fixed"]
                        else del(.linux.maskedPaths, .linux.readonlyPaths) end'
                mkdir -p "$BUNDLE"/rootfs/srv/{secret,fixed/in} "$BUNDLE"/rootfs/below
                ln -s secret "$BUNDLE/rootfs/srv/link"
                echo key >"$BUNDLE/rootfs/srv/secret/key"
                oci run -d -b "$BUNDLE" "$ID"
                before=$(mounted)
                for link in /proc proc/sys /proc/tty /sys /sys/firmware /srv ../srv/secret /srv/fixed /srv/fixed/in; do
                        [[ $masks == true || $link == /proc ]] || continue
                        # As the container would.
                        oci exec "$ID" ln -sfn "$link" /data
                        mounts '[{destination: "/data", source: $data, options: ["rbind"]}]'
                        fails_with "leads( that)? to '/(proc|sys|srv)" oci mounts add "$ID" "$WORK/mounts.json"
                        mounts '[{destination: "/data", type: "tmpfs"}]'
                        fails_with "leads( that)? to '/(proc|sys|srv)" oci mounts add "$ID" "$WORK/mounts.json"
                done
                if [[ $masks == true ]]; then
                        # A masked path that is named through a link.
                        mounts '[{destination: "/srv/secret", type: "tmpfs"}]'
                        fails_with "leads to '/srv/secret', and the config masks '/srv/link/key'" oci mounts add "$ID" "$WORK/mounts.json"
                        # A mask's own, below procfs.
                        oci exec "$ID" ln -sfn /proc/timer_list /data
                        mounts '[{destination: "/data", source: ($data + "/file"), options: ["bind"]}]'
                        fails_with "leads to '/proc/timer_list', and the config masks '/proc/timer_list'" oci mounts add "$ID" "$WORK/mounts.json"
                fi
                [[ $(mounted) == "$before" ]]
                # Other links lead where they lead.
                oci exec "$ID" ln -sfn /below /data
                mounts '[{destination: "/data", source: $data, options: ["rbind"]}]'
                oci mounts add "$ID" "$WORK/mounts.json"
                [[ $(oci exec "$ID" cat /below/file) == data ]]
                oci mounts remove "$ID" "$WORK/mounts.json"
                [[ $(mounted) == "$before" ]]
                oci delete --force "$ID"
        done
}

# The runtime's messages come late: the process waits in the container's namespaces, where it is most worth to be looked into.
@test "V9: who mounts in a container, or unmounts, is hidden from it" {
        make_bundle /bin/probe hunt "${CANARY#/}/marker" /tmp/stop
        with_probe
        # It sees all of the machine's processes, by the machine's own procfs.
        edit '.root.readonly = false | .linux.namespaces |= map(select(.type != "pid")) | .mounts |= map(if .destination == "/proc"
                then {destination: "/proc", type: "bind", source: "/proc", options: ["rbind"]} else . end)'
        grant CAP_SYS_PTRACE CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_SYS_ADMIN CAP_KILL
        edit "$USER_NAMESPACE"
        chmod 1777 "$BUNDLE/rootfs/tmp"
        chown -R 100000:100000 "$BUNDLE/rootfs"
        oci run -d -b "$BUNDLE" "$ID" >"$WORK/hunt" 3>&-
        wait_until 5 grep -q ready "$WORK/hunt"
        mounts '[{destination: "/new", source: $data, options: ["bind"]}]'
        slowly() {
                traced strace -f -o "$WORK/trace" -e trace=setns,umount2 -e inject=setns,umount2:delay_exit=400000 \
                        "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" mounts "$1" "$ID" "$WORK/mounts.json"
                (($(grep -c 'setns.* = 0' "$WORK/trace") >= 2))
        }
        slowly add
        slowly remove
        touch "$BUNDLE/rootfs/tmp/stop"
        wait_until 10 grep -q '^seen' "$WORK/hunt"
        # That the machine's processes have more rights is no news.
        output=$(grep -v ^RIGHTS "$WORK/hunt" | sort | uniq -c)
        [[ $output != *HOST* && $output != *INSIDE* ]] || shown
        # It was seen: the test can fail.
        [[ $output == *runtime* ]] || shown
}

@test "V23: a mount whose target leads into a shared bind is not made there, nor on the host" {
        make_bundle sleep 100
        edit --arg source "$WORK/vol" '.root.readonly = false | .mounts += [{destination: "/vol", type: "bind", source: $source, options: ["rbind", "rshared"]}]'
        ln -s /vol/sub "$BUNDLE/rootfs/link"
        # shellcheck disable=SC2016
        run unshare -m --propagation private bash -c '
                mount --make-rshared / && mkdir -p "$1/vol" && mount -t tmpfs vol "$1/vol" && mkdir -p "$1/vol/sub"
                oci() { "$2" --root "$1/state" "${@:3}"; }
                "$2" --root "$1/state" run -d -b "$3" "$4" </dev/null >/dev/null 2>&1
                cp /proc/self/mountinfo "$1/mounts"
                for destination in /vol/sub /link /vol/new /vol; do
                        echo "[{\"destination\": \"$destination\", \"type\": \"tmpfs\"}]" >"$1/mounts.json"
                        "$2" --root "$1/state" mounts add "$4" "$1/mounts.json"
                        echo "status $?"
                        diff "$1/mounts" /proc/self/mountinfo | sed -n "s/^>/ON THE HOST:/p"
                done
                # Beside it there is room.
                echo "[{\"destination\": \"/other\", \"type\": \"tmpfs\"}]" >"$1/mounts.json"
                "$2" --root "$1/state" mounts add "$4" "$1/mounts.json" && echo added
                diff "$1/mounts" /proc/self/mountinfo | sed -n "s/^>/ON THE HOST:/p"
                "$2" --root "$1/state" delete --force "$4"
        ' live "$WORK" "$WARD_BUILD/bin/ward-oci" "$BUNDLE" "$ID"
        [[ $(grep -c "leads into a shared bind" <<<"$output") -eq 4 && $(grep -c "status 1" <<<"$output") -eq 4 ]] || shown
        [[ $output == *added* && $output != *"ON THE HOST"* ]] || shown
}
