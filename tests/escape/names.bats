#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# V21, V31, V32, V34: ids, strings, pids and files that are not what they are called.
# shellcheck disable=SC2154

load helpers/escape

setup() { escape_setup; }
teardown() { escape_teardown; }

@test "V21: ids that are paths, patterns, commands, or too long" {
        local id verb
        make_bundle sh -c 'echo RAN'
        for id in /abs "$CANARY" "a b" '%s%n' '$(id)' '`id`' .. . ../x x/../y "" "$(printf 'a%.0s' {1..300})" $'a\nb' $'a\n' -x .hidden 'a;b' 'a*' 'ä' 'a:b' '~'; do
                for verb in run create; do
                        run oci "$verb" -b "$BUNDLE" -- "$id"
                        [[ $status -eq 1 && $output != *RAN* && $output == *"id"* ]] || { echo "id '$id'"; shown; }
                done
                for verb in start state kill delete "delete --force" pause resume ps events; do
                        # shellcheck disable=SC2086
                        run oci $verb -- "$id"
                        [[ $status -eq 1 ]] || { echo "$verb of '$id'"; shown; }
                done
                run oci exec -- "$id" true
                [[ $status -eq 255 ]] || shown
                audit_end
        done
        [[ -z $(ls -A "$WORK/state" | grep -v '^.cache$') ]]
        # The longest one that is allowed works.
        id=${ID}$(printf 'a%.0s' $(seq $((255 - ${#ID}))))
        [[ $(oci run -b "$BUNDLE" "$id") == RAN ]]
}

@test "V31: NUL in a string of the config or of a process" {
        local field
        make_bundle sh -c 'echo RAN'
        cp "$BUNDLE/config.json" "$WORK/config"
        for field in .process.args[0] .process.env[0] .process.cwd .hostname .root.path .mounts[0].destination .mounts[0].type \
                .mounts[1].options[0] '.annotations["a"]' .linux.maskedPaths[0] .linux.cgroupsPath .linux.namespaces[0].path \
                '.linux.sysctl["net.ipv4.ip_forward"]' .process.apparmorProfile .ociVersion .hooks.prestart[0].path \
                '.linux.seccomp.syscalls[0].names[0]' .linux.devices[0].path; do
                jq "$field = \"/x@NUL@y\"" "$WORK/config" | sed 's/@NUL@/\\u0000/' >"$BUNDLE/config.json"
                refuses "NUL|u0000"
        done
        jq '.annotations["k@NUL@y"] = "v"' "$WORK/config" | sed 's/@NUL@/\\u0000/' >"$BUNDLE/config.json"
        refuses "NUL|u0000"
        cp "$WORK/config" "$BUNDLE/config.json"
        printf '\0' >>"$BUNDLE/config.json"
        refuses "config.json"
        cp "$WORK/config" "$BUNDLE/config.json"
        edit '.process.args = ["sleep", "100"]'
        oci run -d -b "$BUNDLE" "$ID"
        jq '.process | .args = ["sh", "-c", "echo RAN@NUL@"]' "$WORK/config" | sed 's/@NUL@/\\u0000/' >"$WORK/process"
        run -255 oci exec --process "$WORK/process" "$ID"
        [[ $output != *RAN* && $output =~ NUL|u0000 ]] || shown
}

@test "V32: a pid that another process has by now is not signalled" {
        local stranger state=$WORK/state/$ID/state.json change verb
        make_bundle sleep 100
        sleep 1000 3>&- &
        stranger=$!
        # Another start time; and the right one, as if the clock had come round, in another pid namespace; in the same one, another time.
        for change in '.pid = $pid' '.pid = $pid | .pidStartTicks = $ticks' '.pid = ($pid)'; do
                [[ $change != *"("* ]] || edit 'del(.linux.namespaces[] | select(.type == "pid"))'
                oci run -d -b "$BUNDLE" "$ID"
                cp "$state" "$WORK/state.json"
                jq --argjson pid $stranger --argjson ticks "$(sed 's/.*) //' /proc/$stranger/stat | cut -d ' ' -f 20)" "$change" \
                        "$WORK/state.json" >"$state"
                has_status "$ID" stopped
                run oci kill "$ID" KILL
                run oci exec "$ID" true
                ((status != 0))
                run oci delete "$ID"
                run oci delete --force "$ID"
                kill -0 $stranger
                run ! grep -q '^State:[[:space:]]Z' /proc/$stranger/status
                has_ended "$(jq .pid "$WORK/state.json")"
        done
        kill $stranger
        wait $stranger || true
}

@test "V34: what the program uses was made before by another user" {
        local open=$WORK/open
        make_bundle sh -c 'echo RAN'
        mkdir -m 1777 "$open"
        chmod 755 "$WORK" "$BATS_RUN_TMPDIR"
        on_root() { run "$WARD_BUILD/bin/ward-oci" --root "$open/$1" run -b "$BUNDLE" "$ID"; }
        # What it leads to is root's own and closed to others: nothing but the link is wrong.
        mkdir -m 700 "$CANARY/closed"
        as_nobody ln -s "$CANARY/closed" "$open/link"
        audit_begin
        on_root link
        [[ $status -eq 1 && $output != *RAN* ]] || shown
        on_root link/
        [[ $status -eq 1 && $output != *RAN* ]] || shown
        as_nobody mkdir -m 700 "$open/foreign"
        on_root foreign
        [[ $status -eq 1 && $output == *"belongs to user 65534"* ]] || shown
        mkdir -m 777 "$open/wide"
        on_root wide
        [[ $status -eq 1 && $output == *"written by other users"* ]] || shown
        mkdir -m 700 "$open/own"
        # A container's directory, and the cache, in a root that is ours.
        ln -s "$CANARY" "$open/own/$ID"
        on_root own
        [[ $status -eq 1 && $output != *RAN* ]] || shown
        rm "$open/own/$ID"
        ln -s "$CANARY" "$open/own/.cache"
        jq '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO"}]}' \
                "$BUNDLE/config.json" >"$BUNDLE/new" && mv "$BUNDLE/new" "$BUNDLE/config.json"
        on_root own
        audit_end
        # The pid file: no link is followed.
        as_nobody ln -s "$CANARY/marker" "$open/pid"
        run "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run --pid-file "$open/pid" -b "$BUNDLE" "$ID"
        [[ $status -eq 1 && $output != *RAN* ]] || shown
        # An ordinary user's state, where root is told to look for it.
        as_nobody mkdir -m 700 "$open/user"
        run env XDG_RUNTIME_DIR="$open/user" "$WARD_BUILD/bin/ward-oci" --root "$open/user" list
        ((status == 1)) || shown
}

# create_with_notify: a container in whose directory of the socket for sd_notify(3) a process of its own may write: it is mounted read-only, which
# CAP_SYS_ADMIN can undo. in_notify COMMAND: such a process.
create_with_notify() {
        make_bundle sleep 100
        grant CAP_SYS_ADMIN
        NOTIFY_SOCKET=$WORK/socket oci create -b "$BUNDLE" "$ID" >"$WORK/out" 2>&1 3>&-
}

in_notify() { oci exec "$ID" sh -c 'mount -o remount,bind,rw none "$0" && cd "$0" && eval "$1"' "$WORK/socket" "$1"; }

@test "V34: the socket for sd_notify(3) is exchanged for a link to a file of the host, as soon as it is there" {
        local attack start
        needs_program strace
        chmod 600 "$CANARY/marker"
        audit_begin
        create_with_notify
        in_notify "ln -s '$CANARY/marker' link && echo ready && until [ -S notify ]; do :; done; mv link notify && echo exchanged" >"$WORK/attack" 2>&1 3>&- &
        attack=$!
        wait_until 20 grep -q ready "$WORK/attack"
        NOTIFY_SOCKET=$WORK/socket traced strace -qq -o "$WORK/trace" -e trace=bind,renameat -e inject=bind,renameat:delay_exit=1000000 \
                "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" start "$ID" 3>&- &
        start=$!
        wait "$attack"
        grep -q exchanged "$WORK/attack"
        has_begun() { [[ $(tr '\0' ' ' <"/proc/$(init_pid)/cmdline") == "sleep 100 " ]]; }
        wait_until 20 has_begun
        oci kill "$ID" KILL
        wait "$start"
        [[ $(stat -c %a "$CANARY/marker") == 600 ]]
}

@test "V34: what a container leaves in the directory of its socket is removed, however deep it is" {
        create_with_notify
        # More levels than a process has descriptors.
        in_notify 'mkdir -p "$(printf "d/%.0s" $(seq 1500))" "$(printf "e/%.0s" $(seq 70))"; for d in $(seq 100); do cd d; done; touch file'
        [[ -n $(find "$WORK/state/$ID/notify" -name file) ]]
        oci delete --force "$ID"
        [[ ! -e $WORK/state/$ID ]]
}
