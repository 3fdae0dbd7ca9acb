#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The program is exchanged for another version while containers run: each finds, starts, executes in, changes, kills and deletes what the other made.
# shellcheck disable=SC2154

load helpers/common

# The last commit of each form of the state that an earlier program wrote: without members that were added later.
EARLIER=(0025194bd2ae782197c144a0b1c8b2be6231ca17)
VERSIONS=/var/cache/ward/versions

setup() {
        ward_setup
        needs_root
        make_bundle sh -c 'echo started; exec sleep 100'
        edit '.root.readonly = false'
}

teardown() {
        remove_all
}

# earlier COMMIT: the ward-oci of that commit, built once: OLD.
earlier() {
        local tree=$VERSIONS/$1
        OLD=$tree/build/bin/ward-oci
        [[ ! -x $OLD ]] || return 0
        git -C "$WARD_SOURCE" cat-file -e "$1^{commit}" 2>/dev/null || unable "the history of the repository is not here"
        [[ -w /var/cache ]] || unable "no place for a build of an earlier commit"
        rm -rf "$tree"
        mkdir -p "$tree"
        git -C "$WARD_SOURCE" archive "$1" | tar -x -C "$tree"
        { meson setup "$tree/build" "$tree" && ninja -C "$tree/build" bin/ward-oci; } >"$WORK/build.log" 2>&1 || { cat "$WORK/build.log"; return 1; }
}

# by PROGRAM COMMAND...
by() { "$1" --root "$WORK/state" "${@:2}"; }

# What one program does with a container that the other one has created.
takes_over() {
        local maker=$1 other=$2
        by "$maker" create -b "$BUNDLE" "$ID" >"$WORK/out"
        [[ $(by "$other" state "$ID" | jq -r .status) == created ]]
        by "$other" start "$ID"
        wait_until 10 grep -q started "$WORK/out"
        [[ $(by "$other" list -q) == "$ID" && $(by "$other" list -f json | jq -r '.[].status') == running ]]
        [[ $(by "$other" exec "$ID" sh -c 'cat /proc/1/comm; hostname') == $'sleep\nward' ]]
        by "$other" pause "$ID"
        [[ $(by "$maker" state "$ID" | jq -r .status) == paused ]]
        by "$maker" resume "$ID"
        by "$other" update --cpu-share 512 --cpuset-cpus 0 "$ID"
        by "$other" kill "$ID" KILL
        wait_until 10 has_status "$ID" stopped
        by "$other" delete "$ID"
        nothing_left
}

# A program that can't be executed, and a hook that fails: what init says of it, its `start` understands.
says_why() {
        local maker=$1 other=$2
        cp "$BUNDLE/config.json" "$WORK/config"
        echo garbage >"$BUNDLE/rootfs/bin/garbage"
        chmod +x "$BUNDLE/rootfs/bin/garbage"
        edit '.process.args = ["/bin/garbage"]'
        by "$maker" create -b "$BUNDLE" "$ID"
        run by "$other" start "$ID"
        [[ $status -eq 1 && $output == *"execute '/bin/garbage': Exec format error"* ]] || shown
        by "$other" delete --force "$ID"
        jq '.hooks.startContainer = [{path: "/bin/false"}]' "$WORK/config" >"$BUNDLE/config.json"
        by "$maker" create -b "$BUNDLE" "$ID"
        run by "$other" start "$ID"
        [[ $status -eq 1 && $output == *"startContainer hook "*"ended with status 1"* ]] || shown
        by "$other" delete --force "$ID"
        cp "$WORK/config" "$BUNDLE/config.json"
}

@test "what an earlier program made is the newer one's, and the other way round" {
        local commit new=$WARD_BUILD/bin/ward-oci
        for commit in "${EARLIER[@]}"; do
                earlier "$commit"
                takes_over "$OLD" "$new"
                takes_over "$new" "$OLD"
        done
}

@test "why a program can't be started is understood across versions" {
        local commit new=$WARD_BUILD/bin/ward-oci
        for commit in "${EARLIER[@]}"; do
                earlier "$commit"
                says_why "$OLD" "$new"
                says_why "$new" "$OLD"
        done
}

@test "members of a later version are kept by whoever changes the state" {
        ! newest_calls_refused || unable "mounts are added with the newest calls alone"
        oci run -d -b "$BUNDLE" "$ID" >/dev/null
        jq -c '. + {pidz: 7, later: {"a": [1, null]}}' "$WORK/state/$ID/state.json" >"$WORK/new"
        cp "$WORK/new" "$WORK/state/$ID/state.json"
        echo '[{"destination": "/new", "type": "tmpfs"}]' >"$WORK/mounts.json"
        oci mounts add "$ID" "$WORK/mounts.json"
        [[ $(jq -c '[.pidz, .later, (.mounts | length)]' "$WORK/state/$ID/state.json") == '[7,{"a":[1,null]},1]' ]]
        oci exec "$ID" true
        oci mounts remove "$ID" "$WORK/mounts.json"
        oci kill "$ID" KILL
        wait_until 10 has_status "$ID" stopped
        oci delete "$ID"
}

@test "a later format is refused in words and left alone, but shown and killed" {
        local command
        oci run -d -b "$BUNDLE" "$ID" >/dev/null
        cp "$WORK/state/$ID/state.json" "$WORK/first.json"
        jq -c '{formatVersion: 2, container: .}' "$WORK/first.json" >"$WORK/state/$ID/state.json"
        for command in "exec $ID true" "delete $ID" "delete --force $ID" "update --pids-limit 5 $ID" "pause $ID" "start $ID" "events --stats $ID"; do
                # shellcheck disable=SC2086
                fails_with "format version 2 of a newer ward" oci $command
        done
        run -0 ward gc --force
        [[ -e $WORK/state/$ID/state.json && $(oci list -f json | jq -r '.[].status') == running ]]
        oci kill "$ID" KILL
        wait_until 10 has_status "$ID" stopped
        cp "$WORK/first.json" "$WORK/state/$ID/state.json"
        oci delete "$ID"
}
