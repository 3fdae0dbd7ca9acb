#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# V6, V19-V22, V31, V32, V34: strings of a config, of the command line and of the machine that lead somewhere else.
# shellcheck disable=SC2154

load helpers/escape

setup() { escape_setup; }
teardown() { escape_teardown; }

@test "V6: nothing but procfs is mounted on /proc, and nothing below that a write could be led to" {
        local mount
        make_bundle sh -c 'echo RAN'
        cp "$BUNDLE/config.json" "$WORK/config"
        while read -r mount; do
                jq --argjson mount "$mount" '.mounts += [$mount]' "$WORK/config" >"$BUNDLE/config.json"
                refuses "/proc"
        done <<-END
		{"destination": "/proc", "type": "bind", "source": "$CANARY", "options": ["rbind"]}
		{"destination": "/proc", "type": "bind", "source": "/proc/sys", "options": ["rbind"]}
		{"destination": "/proc", "type": "bind", "source": "/proc/1", "options": ["rbind"]}
		{"destination": "/proc", "type": "tmpfs"}
		{"destination": "/./proc/", "type": "tmpfs"}
		{"destination": "/tmp/../proc", "type": "tmpfs"}
		{"destination": "/../proc", "type": "overlay"}
		{"destination": "/proc/self/attr", "type": "bind", "source": "$CANARY", "options": ["bind"]}
		{"destination": "/proc/1/attr", "type": "tmpfs"}
		{"destination": "/proc/thread-self/attr/exec", "type": "bind", "source": "$CANARY/marker", "options": ["bind"]}
		{"destination": "//proc//sys/kernel/domainname", "type": "bind", "source": "$CANARY/marker", "options": ["bind"]}
		{"destination": "/proc/sys", "type": "tmpfs"}
		{"destination": "/proc/meminfo/../self", "type": "tmpfs"}
		{"destination": "/proc/self/uid_map", "type": "bind", "source": "$CANARY/marker", "options": ["bind"]}
	END
        # What lxcfs replaces may be replaced.
        jq --arg source "$CANARY/marker" '.mounts += [{destination: "/proc/meminfo", type: "bind", source: $source, options: ["bind", "ro"]}]
           | .process.args = ["cat", "/proc/meminfo"]' "$WORK/config" >"$BUNDLE/config.json"
        [[ $(oci run -b "$BUNDLE" "$ID") == "host marker" ]]
}

# In a mount namespace of its own the machine's /proc is a fake one: what would have been written to a task's files is not.
@test "V6: a machine whose /proc is no procfs, or a part of one" {
        local fake
        make_bundle sh -c 'echo RAN'
        oci_on_fake() {
                unshare -m --propagation private sh -c \
                        'mount --bind "$1" /proc 2>/dev/null; shift; exec "$@"' sh "$1" "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        }
        mkdir -p "$CANARY/proc/self/attr" "$CANARY/proc/self/ns"
        audit_begin
        for fake in "$CANARY/proc" /proc/sys; do
                run oci_on_fake "$fake"
                [[ $status -ne 0 && $output != *RAN* ]] || shown
        done
}

@test "V19: release_agent cannot be written from inside, nor after unshare" {
        make_bundle sh -c 'find /sys/fs/cgroup /proc -name release_agent 2>/dev/null | while read -r f; do echo /ward-was-here >"$f" && echo WRITTEN; done
                           mkdir /sys/fs/cgroup/memory/new /sys/fs/cgroup/new && echo WRITTEN
                           echo 0 >/sys/fs/cgroup/memory/tasks && echo WRITTEN
                           /bin/probe release-agent'
        with_probe
        edit '.root.readonly = false'
        run --separate-stderr oci run -b "$BUNDLE" "$ID"
        [[ $output == "unshare "* && $output != *WRITTEN* ]] || shown
        # With a cgroup namespace, too, and with the rights to make namespaces and mounts.
        edit '.linux.namespaces += [{type: "cgroup"}]'
        run --separate-stderr oci run -b "$BUNDLE" "$ID"
        [[ $output == "unshare "* && $output != *WRITTEN* ]] || shown
        ! grep -q ward-was-here /sys/fs/cgroup/*/release_agent
}

@test "V20: a group path that leads elsewhere" {
        local path stranger group
        make_bundle sh -c 'echo RAN'
        cp "$BUNDLE/config.json" "$WORK/config"
        for path in ".." "../$ID" "/../$ID" "/$ID/../../x" "$ID/.." "/" "//" "/." "." "/$ID/./x" "/../../../../..$CANARY/group" $'/a\nb' \
                "/$(printf 'x%.0s' {1..300})"; do
                jq --arg path "$path" '.linux.cgroupsPath = $path' "$WORK/config" >"$BUNDLE/config.json"
                refuses "(group path|cgroupsPath)"
        done
        jq '.linux.cgroupsPath = "/a@NUL@b"' "$WORK/config" | sed 's/@NUL@/\\u0000/' >"$BUNDLE/config.json"
        refuses "NUL|u0000"
        # An absolute path is one below the hierarchy's root, wherever it seems to point.
        jq --arg path "$CANARY/$ID" '.linux.cgroupsPath = $path | .process.args = ["true"]' "$WORK/config" >"$BUNDLE/config.json"
        oci run -b "$BUNDLE" "$ID"
        [[ ! -e $CANARY/$ID ]]
        make_bundle sleep 100
        oci run -d -b "$BUNDLE" "$ID"
        for path in ../../x /../x $'a\nb' ..; do
                run oci exec --cgroup "$path" "$ID" sh -c 'echo RAN'
                [[ $status -ne 0 && $output != *RAN* ]] || shown
        done
}

@test "V20: a group that has processes is not taken, limited, or killed" {
        local group=/sys/fs/cgroup/unified stranger
        [[ -d $group ]] || group=/sys/fs/cgroup
        [[ -f $group/cgroup.procs ]] || unable "has no cgroup v2"
        mkdir "$group/$ID-taken"
        sleep 100 3>&- &
        stranger=$!
        echo $stranger >"$group/$ID-taken/cgroup.procs"
        make_bundle sh -c 'echo RAN'
        edit --arg path "/$ID-taken" '.linux.cgroupsPath = $path'
        refuses "has processes already"
        run oci delete --force "$ID"
        kill -0 $stranger
        kill $stranger
        wait $stranger || true
        rmdir "$group/$ID-taken"
}

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
                [[ $status -eq 1 ]] || shown
                audit_end
        done
        [[ -z $(ls -A "$WORK/state" | grep -v '^.cache$') ]]
        # The longest one that is allowed works.
        id=${ID}$(printf 'a%.0s' $(seq $((255 - ${#ID}))))
        [[ $(oci run -b "$BUNDLE" "$id") == RAN ]]
}

@test "V22: settings of the whole machine are refused, however they are spelt" {
        local key value
        make_bundle sh -c 'echo RAN'
        cp "$BUNDLE/config.json" "$WORK/config"
        for key in kernel.core_pattern kernel.panic kernel/core_pattern vm.swappiness fs.file-max kernel.hostname kernel.modprobe \
                'net/../kernel.x' net/../kernel/panic net..kernel net.ipv4/../../kernel.panic net/./x /net/x net/ .net net//x '' / . .. \
                kernel.shmmaxx fs.mqueue net kernel.domainname/../panic 'net.ipv4.ip_forward '; do
                # The value that is there: a runtime that takes it does no harm.
                value=$(cat "/proc/sys/${key//.//}" 2>/dev/null) || value=1
                jq --arg key "$key" --arg value "$value" '.linux.sysctl = {($key): $value}' "$WORK/config" >"$BUNDLE/config.json"
                refuses "sysctl"
        done
        # Of a namespace that the container has not got.
        for key in net.ipv4.ip_forward:network kernel.shmmax:ipc kernel.domainname:uts fs.mqueue.msg_max:ipc; do
                value=${key%:*}
                jq --arg key "${key%:*}" --arg ns "${key#*:}" --arg value "$(cat "/proc/sys/${value//.//}")" \
                        '.linux.sysctl = {($key): $value} | .linux.namespaces |= map(select(.type != $ns)) | del(.hostname)' \
                        "$WORK/config" >"$BUNDLE/config.json"
                refuses "host's"
        done
        # With a namespace of its own it is written there, and only there.
        jq '.linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.domainname": "inside"} | .process.args = ["cat", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/kernel/domainname"]' \
                "$WORK/config" >"$BUNDLE/config.json"
        [[ $(oci run -b "$BUNDLE" "$ID") == $'1\ninside' ]]
}

@test "V22: a namespace that is joined may be the host's own: it is not changed" {
        local ns change
        make_bundle sh -c 'echo RAN'
        cp "$BUNDLE/config.json" "$WORK/config"
        ln -s "/proc/$$/ns/net" "$WORK/net" # a link is not looked at, the namespace is
        for ns in "network /proc/self/ns/net" "network $WORK/net" "ipc /proc/$$/ns/ipc" "uts /proc/$$/ns/uts" "mount /proc/$$/ns/mnt"; do
                case $ns in
                # The values that are there: a runtime that takes them does no harm.
                network*) change=".linux.sysctl = {\"net.ipv4.ip_default_ttl\": \"$(cat /proc/sys/net/ipv4/ip_default_ttl)\"}" ;;
                ipc*) change=".linux.sysctl = {\"kernel.shm_rmid_forced\": \"$(cat /proc/sys/kernel/shm_rmid_forced)\"}" ;;
                uts*) change=".hostname = \"$(cat /proc/sys/kernel/hostname)\"" ;;
                mount*) change='.mounts = [] | .root.readonly = false | .linux.maskedPaths = [] | .linux.readonlyPaths = []' ;;
                esac
                jq --arg type "${ns%% *}" --arg path "${ns#* }" \
                        ".linux.namespaces |= map(if .type == \$type then .path = \$path else . end) | del(.hostname) | $change" \
                        "$WORK/config" >"$BUNDLE/config.json"
                refuses "host's own"
        done
        # Joined and not changed, it is what the config asks for.
        jq '.linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/net" else . end)' "$WORK/config" >"$BUNDLE/config.json"
        [[ $(oci run -b "$BUNDLE" "$ID") == RAN ]]
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
        run -1 oci exec --process "$WORK/process" "$ID"
        [[ $output != *RAN* && $output =~ NUL|u0000 ]] || shown
}

@test "V32: a pid that another process has by now is not signalled" {
        local stranger state=$WORK/state/$ID/state.json change verb
        make_bundle sleep 100
        sleep 1000 3>&- &
        stranger=$!
        # Another start time; and the right one, as if the clock had come round, in another pid namespace.
        for change in '.pid = $pid' '.pid = $pid | .pidStartTicks = $ticks'; do
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
                ! grep -q '^State:[[:space:]]Z' /proc/$stranger/status
                has_ended "$(jq .pid "$WORK/state.json")"
        done
        kill $stranger
        wait $stranger || true
}

# For other users: none of ours has a home that they can reach.
as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }

@test "V34: what the program uses was made before by another user" {
        local open=$WORK/open
        make_bundle sh -c 'echo RAN'
        mkdir -m 1777 "$open"
        chmod 755 "$WORK" "$BATS_RUN_TMPDIR"
        on_root() { run "$WARD_BUILD/bin/ward-oci" --root "$open/$1" run -b "$BUNDLE" "$ID"; }
        as_nobody ln -s "$CANARY" "$open/link"
        on_root link
        [[ $status -eq 1 && $output != *RAN* ]] || shown
        on_root link/
        [[ $status -eq 1 && $output != *RAN* ]] || shown
        as_nobody mkdir -m 700 "$open/foreign"
        on_root foreign
        [[ $status -eq 1 && $output == *"belongs to user 65534"* ]] || shown
        mkdir -m 777 "$open/wide"
        on_root wide
        [[ $status -eq 1 && $output == *"open to other users"* ]] || shown
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
