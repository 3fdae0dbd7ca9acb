#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What engines and scripts are used to from other runtimes, and no specification says: words that they look for, statuses, line ends, defaults.
# tests/conformance runs those runtimes' own tests.
# shellcheck disable=SC2154

load helpers/common

setup() {
        ward_setup
        needs_root
}

teardown() { remove_all; }

@test "environment: HOME is that of the passwd that the config mounts" {
        local file=$WORK/passwd dir=$WORK/etc bind='{type: "bind", options: ["bind"]}' mounts wanted
        make_bundle sh -c 'echo "HOME=$HOME"'
        edit '.process.env = ["PATH=/bin"]'
        cp "$BUNDLE/config.json" "$WORK/config"
        mkdir "$dir" "$dir-fifo" "$dir-link"
        echo 'root:x:0:0::/of-image:/bin/sh' >"$BUNDLE/rootfs/etc/passwd"
        echo 'root:x:0:0::/of-file:/bin/sh' >"$file"
        echo 'root:x:0:0::/of-directory:/bin/sh' >"$dir/passwd"
        mkfifo "$dir-fifo/passwd" "$WORK/fifo"
        ln -s "$file" "$dir-link/passwd"
        while read -r wanted mounts; do
                jq --arg file "$file" --arg dir "$dir" --arg fifo "$WORK/fifo" ".mounts += [$mounts]" "$WORK/config" >"$BUNDLE/config.json"
                run -0 timeout 20 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
                [[ $output == "HOME=$wanted" ]] || { echo "$mounts"; shown; }
        done <<-END
		/of-image
		/of-file $bind + {destination: "/etc/passwd", source: \$file}
		/of-file $bind + {destination: "//etc/./passwd", source: \$file}
		/of-directory $bind + {destination: "/etc/", source: \$dir}
		/of-directory $bind + {destination: "/etc/passwd", source: \$file}, $bind + {destination: "/etc", source: \$dir}
		/of-file $bind + {destination: "/etc", source: \$dir}, $bind + {destination: "/etc/passwd", source: \$file}
		/ {destination: "/etc", type: "tmpfs"}
		/of-image {destination: "/etc", type: "tmpfs", options: ["tmpcopyup"]}
		/ $bind + {destination: "/etc", source: (\$dir + "-fifo")}
		/ $bind + {destination: "/etc/passwd", source: \$fifo}
		/ $bind + {destination: "/etc", source: (\$dir + "-link")}
		/of-image $bind + {destination: "/etc-other", source: \$dir}
	END
}

@test "environment: the last setting of a variable counts, and an empty HOME is none" {
        make_bundle sh -c 'env; echo end'
        edit '.process.env = ["ONE=two", "HOME=", "PATH=/bin", "ONE=", "ONE=three", "ONEMORE=1", "HOME="]'
        run -0 oci run -b "$BUNDLE" "$ID"
        [[ $(grep -c '^ONE=' <<<"$output") == 1 && $(grep -c '^HOME=' <<<"$output") == 1 ]]
        expect_in_output "ONE=three"
        expect_in_output "ONEMORE=1"
        [[ $(sed -n 's/^HOME=//p' <<<"$output") == /* ]]
        edit '.process.env = ["HOME=", "HOME=/elsewhere", "PATH=/bin"]'
        run -0 oci run -b "$BUNDLE" "$ID"
        expect_in_output "HOME=/elsewhere"
}

@test "environment: a thousand variables, each once" {
        make_bundle sh -c 'env | grep -c ^V'
        edit '.process.env = ["PATH=/bin"] + [range(2000) | "V\(. % 1000)=\(.)"]'
        run -0 oci run -b "$BUNDLE" "$ID"
        expect_output 1000
}

@test "a terminal whose output is read by a program puts no carriage return in front of a newline" {
        make_bundle sh -c 'echo a; echo b; test -t 1'
        edit '.process.terminal = true'
        [[ $(oci run -b "$BUNDLE" "$ID" | od -An -c | tr -s ' ') == ' a \n b \n' ]]
        edit '.process.args = ["sleep", "100"] | .process.terminal = false'
        oci run -d -b "$BUNDLE" "$ID"
        [[ $(oci exec -t "$ID" sh -c 'echo a; test -t 1' | od -An -c | tr -s ' ') == ' a \n' ]]
}

@test "a container runs on all processors, not only on those that the caller is confined to" {
        (($(nproc) > 1)) || unable "there is one processor"
        local all one
        all=$(sed -n 's/^Cpus_allowed:\t//p' /proc/self/status)
        make_bundle sh -c 'grep ^Cpus_allowed: /proc/self/status; exec sleep 100'
        edit '.process.args[2] = "exec sleep 100"'
        one=$(sed -n 's/^Cpus_allowed_list:\t\([0-9]*\).*/\1/p' /proc/self/status)
        taskset -c "$one" "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -d -b "$BUNDLE" "$ID"
        [[ $(sed -n 's/^Cpus_allowed:\t//p' "/proc/$(init_pid)/status") == "$all" ]]
        run -0 taskset -c "$one" "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" exec "$ID" grep ^Cpus_allowed: /proc/self/status
        expect_in_output "$all"
}

@test "kill KILL ends every process of a container that has no pid namespace of its own, also when its init has ended" {
        make_bundle sleep 100
        edit '.linux.namespaces |= map(select(.type != "pid"))'
        oci run -d -b "$BUNDLE" "$ID"
        oci exec -d --pid-file "$WORK/pid" "$ID" sleep 100 </dev/null >/dev/null 2>&1
        oci kill "$ID" KILL
        wait_until 10 has_ended "$(cat "$WORK/pid")"
        wait_until 10 has_status "$ID" stopped
        oci delete "$ID"
        oci run -d -b "$BUNDLE" "$ID"
        oci exec -d --pid-file "$WORK/pid" "$ID" sleep 100 </dev/null >/dev/null 2>&1
        kill -9 "$(init_pid)"
        wait_until 10 has_status "$ID" stopped
        ! has_ended "$(cat "$WORK/pid")" || return 1
        oci kill "$ID" KILL
        wait_until 10 has_ended "$(cat "$WORK/pid")"
        # Another signal is init's alone, and it is not there.
        fails_with "container not running" oci kill "$ID" TERM
        oci delete "$ID"
}

@test "words that engines look for: does not exist, container not running, cannot exec in a paused container" {
        fails_with "does not exist" oci state "$ID"
        make_bundle sleep 100
        oci run -d -b "$BUNDLE" "$ID"
        oci pause "$ID"
        fails_with "cannot exec in a paused container" oci exec "$ID" true
        oci resume "$ID"
        # The status of exec itself is not one that programs end with.
        run -255 oci exec "$ID" /no/such/program
        run -255 oci exec --pid-file /no/such/directory/pid "$ID" true
        run -255 oci exec nobody true
        run -1 oci exec "$ID" false
        oci kill "$ID" KILL
        wait_until 10 has_status "$ID" stopped
        fails_with "container not running" oci kill "$ID" 0
        run -0 oci kill --all "$ID" 0
}

@test "hooks that fail are named by kind and number, and what one said through the container's terminal is shown" {
        make_bundle true
        local kind
        for kind in prestart createRuntime createContainer startContainer poststart; do
                edit --arg kind "$kind" '.hooks = {($kind): [{path: "/bin/true"}, {path: "/bin/false"}]}'
                run -1 oci run -b "$BUNDLE" "$ID"
                expect_in_output "error running $kind hook #1: '/bin/false'"
                oci delete --force "$ID"
        done
        edit '.process.terminal = true | .hooks = {startContainer: [{path: "/bin/ls", args: ["ls", "/no/such/place"]}]}'
        run -1 oci run -b "$BUNDLE" "$ID"
        expect_in_output "/no/such/place"
}

@test "hooks find the bundle's files by their names there; where it is gone poststop runs all the same" {
        local from=$PWD
        make_bundle true
        mkdir "$WORK/elsewhere"
        edit --arg file "$WORK/said" '.hooks = (reduce ("prestart", "createRuntime", "poststart", "poststop") as $kind ({}; .[$kind] =
                [{path: "/bin/sh", args: ["sh", "-c", "cat name && echo \($kind) in $(pwd) >>\($file)"], env: ["PATH=/bin:/usr/bin"]}]))'
        touch "$BUNDLE/name"
        cd "$WORK/elsewhere"
        run -0 oci run -b "$BUNDLE" "$ID"
        [[ $(<"$WORK/said") == "prestart in $BUNDLE
createRuntime in $BUNDLE
poststart in $BUNDLE
poststop in $BUNDLE" ]] || { cat "$WORK/said"; false; }
        edit --arg file "$WORK/said" '.hooks = {poststop: [{path: "/bin/sh", args: ["sh", "-c", "echo in $(pwd) >\($file)"]}]}'
        oci create -b "$BUNDLE" "$ID" </dev/null >/dev/null 3>&-
        oci start "$ID"
        wait_until 10 has_status "$ID" stopped
        mv "$BUNDLE" "$WORK/gone"
        oci delete "$ID"
        mv "$WORK/gone" "$BUNDLE"
        [[ $(<"$WORK/said") == "in $WORK/elsewhere" ]] || { cat "$WORK/said"; false; }
        cd "$from"
}

@test "a startContainer hook without an environment has the container's" {
        make_bundle true
        # shellcheck disable=SC2016
        edit '.process.env = ["ONE=two", "PATH=/bin"]
              | .hooks = {startContainer: [{path: "/bin/sh", args: ["sh", "-c", "echo one $ONE home $HOME"]}]}'
        run -0 oci run -b "$BUNDLE" "$ID"
        [[ $output =~ "one two home /" ]]
        edit '.hooks.startContainer[0].env = []'
        run -0 oci run -b "$BUNDLE" "$ID"
        [[ $output != *two* ]]
}

@test "an empty path of a namespace is none" {
        make_bundle readlink /proc/self/ns/uts
        edit '.linux.namespaces |= map(.path = "")'
        run -0 oci run -b "$BUNDLE" "$ID"
        [[ $output == uts:* && $output != "$(readlink /proc/self/ns/uts)" ]]
        edit '.linux.namespaces[0].path = "relative"'
        fails_with "'relative' is not an absolute path" oci run -b "$BUNDLE" "$ID"
}

@test "sockets that systemd or an engine hands over are the container's" {
        make_bundle sh -c 'echo "$LISTEN_FDS $LISTEN_PID $LISTEN_FDNAMES"; cat <&3 <&4; ls /proc/self/fd'
        echo first >"$WORK/first"
        echo second >"$WORK/second"
        # The shell's pid is the runtime's.
        run -0 sh -c 'LISTEN_FDS=1 LISTEN_PID=$$ LISTEN_FDNAMES=a.socket exec "$@" 3<"$0/first" 4<"$0/second"' "$WORK" \
                "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run --preserve-fds 1 -b "$BUNDLE" "$ID"
        [[ ${lines[0]} == "1 1 a.socket" && ${lines[1]} == second ]]
        # Those of another process are not meant, and a number that is none is said.
        edit '.process.args[2] = "echo \"<$LISTEN_FDS>\"; ls /proc/self/fd"'
        run -0 env LISTEN_FDS=1 LISTEN_PID=1 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID" 3<"$WORK/first"
        [[ ${lines[0]} == "<>" ]]
        fails_with "LISTEN_FDS.*'many' is no number" env LISTEN_FDS=many "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        # An engine that does not say whose they are means the container's.
        run -0 env LISTEN_FDS=1 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID" 3<"$WORK/first"
        [[ ${lines[0]} == "<1>" ]]
}

@test "an ambient capability that can't be in force is warned of" {
        make_bundle grep ^CapAmb /proc/self/status
        edit '.process.capabilities.inheritable = ["CAP_KILL"] | .process.capabilities.ambient = ["CAP_KILL", "CAP_CHOWN", "CAP_SETUID", "CAP_AUDIT_WRITE"]'
        run -0 oci run -b "$BUNDLE" "$ID"
        expect_in_output "can't raise ambient capability CAP_CHOWN: " "; nor is CAP_SETUID, CAP_AUDIT_WRITE"
        [[ $output != *"capability CAP_KILL"* && $output == *0000000000000020* ]]
}

@test "kill and delete take a regular expression" {
        make_bundle sleep 100
        local name
        for name in a b other; do
                oci run -d -b "$BUNDLE" "$ID-$name"
        done
        fails_with "'\\(' is no regular expression" oci delete --regex '('
        oci kill -r "^$ID-[ab]\$" KILL
        wait_until 10 has_status "$ID-a" stopped
        wait_until 10 has_status "$ID-b" stopped
        has_status "$ID-other" running
        # The one that runs is named, and the others go all the same.
        fails_with "'$ID-other': it is running" oci delete --regex "^$ID"
        [[ $(oci list -q) == "$ID-other" ]]
        oci delete --force --regex "^$ID"
        [[ -z $(oci list -q) ]]
        oci delete --regex "^nobody"
}

@test "a tmpfs without a mode has that of the directory that it is mounted on" {
        make_bundle stat -c %a /place /place/new
        edit '.mounts += [{destination: "/place", type: "tmpfs", source: "tmpfs"}, {destination: "/place/new", type: "tmpfs", source: "tmpfs"}]'
        mkdir "$BUNDLE/rootfs/place"
        chmod 1710 "$BUNDLE/rootfs/place"
        run -0 oci run -b "$BUNDLE" "$ID"
        expect_output $'1710\n1777'
        run -0 "$WARD_BUILD/tests/shim/deny" ENOSYS fsopen -- "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        expect_in_output 1710
        edit '.mounts[-2].options = ["mode=700", "size=1m"]'
        run -0 oci run -b "$BUNDLE" "$ID"
        expect_output $'700\n1777'
}

@test "a bind that is id-mapped as the container's user namespace, which is joined, has that one's map" {
        needs_machine_root "an id-mapped mount of the machine's files"
        make_bundle sleep 100
        edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 200000, size: 65536}]
              | .linux.gidMappings = .linux.uidMappings'
        chown -R 200000:200000 "$BUNDLE/rootfs"
        oci run -d -b "$BUNDLE" "$ID"
        mkdir "$WORK/source"
        touch "$WORK/source/file"
        # shellcheck disable=SC2016
        edit --arg ns "/proc/$(init_pid)/ns/user" --arg source "$WORK/source" 'del(.linux.uidMappings, .linux.gidMappings)
              | .linux.namespaces |= map(if .type == "user" then .path = $ns else . end) | .process.args = ["stat", "-c", "%u", "/mapped/file"]
              | .mounts += [{destination: "/mapped", type: "bind", source: $source, options: ["bind", "idmap"]}]'
        mkdir -p "$BUNDLE/rootfs/mapped"
        run -0 oci run -b "$BUNDLE" "$ID-joins"
        expect_output 0
}

@test "a working directory that the root has not is made, also where the root is read-only" {
        make_bundle pwd
        edit '.process.cwd = "/srv/made/here" | .root.readonly = true'
        run -0 oci run -b "$BUNDLE" "$ID"
        expect_output /srv/made/here
        # What stands in its way is said as ever.
        touch "$BUNDLE/rootfs/file"
        edit '.process.cwd = "/file/here"'
        fails_with "process.cwd.*file/here.*: Not a directory" oci run -b "$BUNDLE" "$ID"
        # No link of the image leads the making out of the root.
        ln -s ../../../../.. "$BUNDLE/rootfs/up"
        edit --arg made "/up$WORK/outside" '.process.cwd = $made'
        run -0 oci run -b "$BUNDLE" "$ID"
        [[ ! -e $WORK/outside && -d $BUNDLE/rootfs$WORK/outside ]]
}

@test "a frozen group is no place to start in" {
        needs_machine_root "a group in the roots of the hierarchies"
        local freezer=/sys/fs/cgroup/freezer file=freezer.state frozen=FROZEN
        [[ -e $freezer/tasks ]] || freezer=/sys/fs/cgroup file=cgroup.freeze frozen=1
        make_bundle true
        edit --arg path "/$ID" '.linux.cgroupsPath = $path'
        mkdir "$freezer/$ID"
        echo "$frozen" >"$freezer/$ID/$file"
        fails_with "container's cgroup unexpectedly frozen: '$freezer/$ID'" timeout 20 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        rmdir "$freezer/$ID"
        run -0 oci run -b "$BUNDLE" "$ID"
}
