#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What the runtime specification leaves to be done with what a config has too much or too little of, and what the suites of other runtimes
# (tests/conformance) found beside that.
# shellcheck disable=SC2154

load helpers/common

setup() {
        ward_setup
        needs_root
}

teardown() { remove_all; }

@test "unknown properties are passed over wherever they are, but for slips of the pen; names may be in any case" {
        make_bundle sh -c 'pwd; ulimit -n'
        edit '.future = {a: 1} | .process.colour = "red" | .process.user.nick = [] | .root.shape = 1 | .mounts[0].weight = 3 | .linux.walls = {}
              | .linux.resources = {heat: 1, pids: {limit: 99, mood: "mild"}} | .hooks = {afterwards: []}
              | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", note: 1, syscalls: [{names: ["acct"], action: "SCMP_ACT_ERRNO", why: ""}]}
              | .process.rlimits = [{TYPE: "RLIMIT_NOFILE", Hard: 77, soft: 77, x: 1}] | .process.CWD = .process.cwd | del(.process.cwd)'
        run -0 oci run -b "$BUNDLE" "$ID"
        expect_output $'/\n77'
        edit '.linux.maskedPath = []'
        fails_with "linux.maskedPath: unknown field.*did you mean 'maskedPaths'" oci run -b "$BUNDLE" "$ID"
}

@test "capabilities that nobody knows, or that the caller hasn't, are warned of and left out" {
        make_bundle grep -E 'Cap(Prm|Bnd)' /proc/self/status
        edit '.process.capabilities = {bounding: ["CAP_KILL", "CAP_NEWER"], permitted: ["CAP_KILL", "CAP_NEWER"]}'
        run -0 oci run -b "$BUNDLE" "$ID"
        expect_in_output "unknown capabilities are ignored: CAP_NEWER"
        [[ $(grep -c $'\t0000000000000020$' <<<"$output") == 2 ]]
        edit '.process.capabilities.bounding[1] = "CAP_SYS_ADMIM" | .process.capabilities.permitted = []'
        run -0 oci run -b "$BUNDLE" "$ID"
        expect_in_output "did you mean 'CAP_SYS_ADMIN'?"
        edit '.process.capabilities = {bounding: ["CAP_KILL", "CAP_SYS_TIME"], permitted: ["CAP_KILL", "CAP_SYS_TIME"]}'
        run -0 setpriv --bounding-set=-sys_time "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        expect_in_output "capabilities that the caller hasn't are ignored: CAP_SYS_TIME"
        expect_in_output $'CapPrm:\t0000000000000020'
        edit '.process.args = ["sleep", "100"]'
        oci run -d -b "$BUNDLE" "$ID"
        run -0 oci exec --cap CAP_NEWER --cap CAP_CHOWN "$ID" grep CapPrm /proc/self/status
        expect_in_output "unknown capability 'CAP_NEWER' is ignored"
        expect_in_output 0000000002000021
        run -0 oci exec -p <(echo '{"cwd":"/","args":["true"],"capabilities":{"bounding":["CAP_NEWER"]}}') "$ID"
        expect_in_output "unknown capabilities are ignored: CAP_NEWER"
}

@test "what Go's readers make 0 of is 0 where that gives nobody anything" {
        make_bundle sh -c 'id -g; ionice'
        edit '.process.user = {uid: 0} | .process.ioPriority = {class: "IOPRIO_CLASS_IDLE"}'
        run -0 oci run -b "$BUNDLE" "$ID"
        expect_output $'0\nidle'
        edit '.process.user = {}'
        run -0 oci run -b "$BUNDLE" "$ID"
        expect_output $'0\nidle'
        edit '.process.user.uid = 7'
        fails_with "process.user: the required field 'gid' is missing" oci run -b "$BUNDLE" "$ID"
        edit '.process.user = {uid: null, gid: 7}'
        fails_with "process.user: the required field 'uid' is missing" oci run -b "$BUNDLE" "$ID"
        edit '.process.user.uid = 7'
        edit '.process.user.gid = 7 | .process.ioPriority.class = "IOPRIO_CLASS_BE"'
        fails_with "process.ioPriority: the required field 'priority' is missing" oci run -b "$BUNDLE" "$ID"
}

@test "what says nothing is passed over: an empty propagation, null in an update; id mappings without a user namespace are not" {
        make_bundle sleep 100
        edit '.linux.rootfsPropagation = "" | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}] | .linux.gidMappings = .linux.uidMappings'
        fails_with "id mappings are given and no user namespace" oci run -b "$BUNDLE" "$ID"
        edit 'del(.linux.uidMappings, .linux.gidMappings)'
        oci run -d -b "$BUNDLE" "$ID"
        run -0 oci update -r - "$ID" <<<null
}

@test "poststop hooks that fail are warnings, and the others run; a poststart hook that fails stops the container" {
        make_bundle sleep 100
        # shellcheck disable=SC2016
        edit --arg log "$WORK/log" '.hooks = {poststop: [{path: "/bin/false"}, {path: "/bin/sh", args: ["sh", "-c", "cat >>" + $log]}]}'
        oci run -d -b "$BUNDLE" "$ID"
        run -0 oci delete --force "$ID"
        expect_in_output "error running poststop hook #0"
        [[ $(jq -r .status "$WORK/log") == stopped ]]
        edit '.process.args = ["true"]'
        run -0 oci run -b "$BUNDLE" "$ID"
        expect_in_output "error running poststop hook #0"
        [[ $(jq -r .status "$WORK/log") == $'stopped\nstopped' ]]
        edit '.process.args = ["sleep", "100"] | .hooks = {poststart: [{path: "/bin/false"}]}'
        oci create -b "$BUNDLE" "$ID" 3>&-
        fails_with "error running poststart hook #0" oci start "$ID"
        wait_until 10 has_status "$ID" stopped
        oci delete "$ID"
}

@test "hooks behind the creation find the container created, as the lifecycle says" {
        make_bundle true
        # shellcheck disable=SC2016
        edit --arg log "$WORK/log" '.hooks = ([("prestart", "createRuntime", "createContainer")
              | {key: ., value: [{path: "/bin/sh", args: ["sh", "-c", "cat >>" + $log]}]}] | from_entries)'
        run -0 oci run -b "$BUNDLE" "$ID"
        [[ $(jq -r .status "$WORK/log" | sort | uniq -c | tr -s ' ') == " 3 created" ]]
}

# bats test_tags=vm
@test "exec --cgroup takes a group below the container's, with cgroup v1 for one controller" {
        needs_machine_root "groups beside its own"
        local one=/sys/fs/cgroup/memory
        make_bundle sleep 100
        edit --arg path "/$ID" '.linux.cgroupsPath = $path'
        oci run -d -b "$BUNDLE" "$ID"
        fails_with " .. is not a sub cgroup path" oci exec --cgroup .. "$ID" true
        fails_with "adding pid to .*/nonexistent/cgroup.procs: no such file or directory" oci exec --cgroup nonexistent "$ID" true
        fails_with "unknown controller 'whaaat'" oci exec --cgroup whaaat:/ "$ID" true
        run -0 oci exec --cgroup / "$ID" cat /proc/self/cgroup
        expect_output "$(oci exec "$ID" cat /proc/1/cgroup)"
        [[ -d $one/$ID ]] || return 0
        fails_with "adding pid to .*/memory/$ID/sub/cgroup.procs" oci exec --cgroup memory:sub "$ID" true
        mkdir "$one/$ID/sub"
        oci exec -d --cgroup memory:sub --pid-file "$WORK/pid" "$ID" sleep 100 </dev/null >/dev/null 2>&1
        [[ $(cat "$one/$ID/sub/cgroup.procs") == "$(cat "$WORK/pid")" ]]
        [[ $(grep :pids: "/proc/$(cat "$WORK/pid")/cgroup") == *"/$ID" ]]
}

@test "what is bound on the path of a device takes its place, and the device's rule stays" {
        make_bundle sh -c 'cat /dev/foo /dev/full /elsewhere; test -c /dev/bar && echo bar'
        needs_machine_root "others make no nodes"
        echo bound >"$WORK/file"
        # shellcheck disable=SC2016
        edit --arg file "$WORK/file" '.linux.devices = [("/dev/foo", "/dev/bar", "/elsewhere") | {path: ., type: "c", major: 1, minor: 11}]
              | .linux.resources.devices += [{allow: true, type: "c", major: 1, minor: 11, access: "r"}]
              | .mounts += [("/dev/foo", "/dev/full", "/elsewhere") | {destination: ., source: $file, options: ["bind"]}]'
        touch "$BUNDLE/rootfs/elsewhere"
        run -0 oci run -b "$BUNDLE" "$ID"
        expect_output $'bound\nbound\nbound\nbar'
        edit '.process.args = ["sh", "-c", "test -c /dev/mine && dd if=/dev/mine count=0 && echo opened"] | .mounts += [{destination: "/dev/mine", source: "/dev/kmsg", options: ["bind"]}]
              | .process.capabilities[] += ["CAP_SYSLOG"] | .linux.devices += [{path: "/dev/mine", type: "c", major: 1, minor: 11}]'
        [[ ! -c /dev/kmsg ]] || { run -0 oci run -b "$BUNDLE" "$ID"; expect_in_output opened; }
}

@test "devices of a container with a user namespace have the owner and the mode that are asked for" {
        needs_machine_root "others make no nodes"
        make_bundle sh -c 'stat -c "%t %T %a %u:%g" /dev/foo /dev/net/mine /elsewhere; cat /dev/foo'
        edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 200000, size: 100}]
              | .linux.gidMappings = .linux.uidMappings | .linux.devices = [
              {path: "/dev/foo", type: "c", major: 1, minor: 3, uid: 10, gid: 11, fileMode: 420},
              {path: "/dev/net/mine", type: "c", major: 1, minor: 5}, {path: "/elsewhere", type: "b", major: 240, minor: 7, fileMode: 0}]'
        chown -R 200000:200000 "$BUNDLE/rootfs"
        if newest_calls_refused; then
                fails_with "linux.devices\[0\].*make the node of the device '/dev/foo'.*refuses what ward needs:.*fsopen" oci run -b "$BUNDLE" "$ID"
                return
        fi
        run -0 oci run -b "$BUNDLE" "$ID"
        expect_output $'1 3 644 10:11\n1 5 666 0:0\nf0 7 0 0:0'
        edit '.linux.devices[0].gid = 100'
        fails_with "linux.devices\[0\].*the device's gid 100 is not mapped" oci run -b "$BUNDLE" "$ID"
}

@test "a user namespace without mappings has the caller's user, which is warned of" {
        make_bundle sh -c 'cat /proc/self/uid_map /proc/self/gid_map | tr -s " "'
        edit '.linux.namespaces += [{type: "user"}] | .mounts |= map(if .type == "devpts" then .options -= ["gid=5"] else . end)'
        run -0 --separate-stderr oci run -b "$BUNDLE" "$ID"
        expect_output $' 0 0 1\n 0 0 1'
        [[ $stderr == *"no id mappings: its user is the caller"* ]]
}

@test "options of a file system mean nothing to a bind, and all that they do to a new one" {
        make_bundle sh -c 'grep -E " /(bound|new) " /proc/self/mountinfo'
        mkdir "$WORK/source"
        edit --arg source "$WORK/source" '.mounts += [
              {destination: "/bound", source: $source, options: ["bind", "nosuid", "mode=755", "size=1k"]},
              {destination: "/new", type: "tmpfs", source: "x", options: ["sync", "dirsync", "lazytime", "size=64k"]}]'
        run -0 oci run -b "$BUNDLE" "$ID"
        [[ ${lines[0]} == *" /bound "*nosuid* && ${lines[1]} == *" - tmpfs x "*sync* && ${lines[1]} == *dirsync* && ${lines[1]} == *size=64k* ]]
        edit '.mounts[-2].options[1] = "nosiud"'
        fails_with "unknown option of a bind mount 'nosiud'" oci run -b "$BUNDLE" "$ID"
        # crun's, with the reason why they can't be had.
        for word in src-nofollow dest-nofollow rsync rdirsync rmand; do
                edit --arg word "$word" '.mounts[-2] = {destination: "/srv", type: "bind", source: "/usr", options: ["rbind", $word]}'
                fails_with "'$word' (is not honoured: no link can be bound|acts on whole file systems)" oci run -b "$BUNDLE" "$ID"
        done
}

# A socket that writes what it gets into a file, for as long as the test.
listen_notify() {
        python3 - "$1" "$2" >/dev/null 2>&1 3>&- <<'PY' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    message = s.recv(4096)
    with open(sys.argv[2], "ab", 0) as f:
        f.write(message + b"\n")
PY
        listener=$!
        wait_until 10 test -S "$1"
}

@test "sd_notify(3): what the program says reaches the socket of who started it, and nothing else does" {
        local listener
        make_bundle python-is-not-there
        listen_notify "$WORK/socket" "$WORK/said"
        # busybox has no client of datagrams: the runtime's own shape is looked at from inside, and spoken to from outside, through the same directory.
        edit '.process.args = ["sh", "-c", "echo \"$NOTIFY_SOCKET\"; ls -l \"${NOTIFY_SOCKET%/notify}\"; touch \"${NOTIFY_SOCKET%/notify}/x\"; sleep 100"]'
        NOTIFY_SOCKET=$WORK/socket oci create -b "$BUNDLE" "$ID" >"$WORK/out" 2>&1 3>&-
        NOTIFY_SOCKET=$WORK/socket "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" start "$ID" 3>&- &
        wait_until 10 test -S "$WORK/state/$ID/notify/notify"
        python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect(sys.argv[1]); s.send(b"STATUS=no\nMAINPID=1"); s.send(b"STATUS=x\nREADY=1")' \
                "$WORK/state/$ID/notify/notify"
        wait "$!"
        kill "$listener"
        [[ $(cat "$WORK/said") == $'READY=1\nMAINPID='$(init_pid) ]]
        wait_until 10 grep -q 'Read-only' "$WORK/out"
        [[ $(head -n 1 "$WORK/out") == "$WORK/socket/notify" ]]
        grep -q '^s.* notify$' "$WORK/out"
        # One that ends without a word, in the foreground, holds nobody up.
        edit '.process.args = ["true"]'
        run -0 env NOTIFY_SOCKET="$WORK/socket" "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID-2"
}

@test "--debug has the phases of a start, with the words that are looked for in runc's" {
        make_bundle sleep 100
        oci --debug --log "$WORK/log" run -d -b "$BUNDLE" "$ID" >"$WORK/out" 2>&1 3>&-
        [[ ! -s $WORK/out ]]
        grep -q 'level=debug msg="nsexec container setup: ' "$WORK/log"
        grep -q 'msg="init: closing the pipe to signal completion: .*exec' "$WORK/log"
        edit '.process.execCPUAffinity = {initial: "0"}'
        run -0 oci --debug exec -p <(jq '.process | .args = ["true"]' "$BUNDLE/config.json") "$ID"
        expect_in_output "setns_init: about to exec"
        expect_in_output "nsexec: affinity: 0x1"
}

@test "a container can be created without a process, executed in and deleted, and not started" {
        make_bundle true
        edit 'del(.process)'
        oci create -b "$BUNDLE" "$ID" 3>&-
        has_status "$ID" created
        fails_with "its config has no process" oci start "$ID"
        has_status "$ID" created
        run -0 oci exec -p <(echo '{"cwd":"/","args":["pwd"]}') "$ID"
        expect_output /
        oci delete "$ID"
        fails_with "process.args is missing" oci run -b "$BUNDLE" "$ID"
        edit '.process = {cwd: "/"}'
        fails_with "process.args is missing" oci create -b "$BUNDLE" "$ID"
}

@test "copy-symlink: a link is one in the container, wherever it leads; what is none is mounted" {
        # shellcheck disable=SC2016  # the container's shell expands it
        make_bundle sh -c 'for link in /etc/zone /deep/down/link /gone; do readlink $link; done; cat /file'
        ln -s ../usr/share/zone "$WORK/zone"
        ln -s /no/where "$WORK/gone"
        echo content >"$WORK/file"
        edit --arg work "$WORK" '.root.readonly = false | .mounts += [
                {destination: "/etc/zone", type: "bind", source: ($work + "/zone"), options: ["bind", "copy-symlink"]},
                {destination: "/deep/down/link", source: ($work + "/zone"), options: ["rbind", "ro", "copy-symlink"]},
                {destination: "/gone", source: ($work + "/gone"), options: ["bind", "copy-symlink"]},
                {destination: "/file", source: ($work + "/file"), options: ["bind", "ro", "copy-symlink"]}]'
        run -0 oci run -b "$BUNDLE" "$ID"
        [[ $output == "../usr/share/zone
../usr/share/zone
/no/where
content" ]] || shown
        # They are there for the next one, as mounts' targets are; another link, or a file, is not replaced.
        run -0 oci run -b "$BUNDLE" "$ID"
        ln -sfn /other "$BUNDLE/rootfs/gone"
        fails_with "make the link 'gone' in '/'.*File exists" oci run -b "$BUNDLE" "$ID"
        expect_in_output "something else is there already"
        rm "$BUNDLE/rootfs/gone"
        echo >"$BUNDLE/rootfs/gone"
        fails_with "make the link 'gone' in '/'.*File exists" oci run -b "$BUNDLE" "$ID"
        # A start that fails takes away what it has made, and nothing else.
        rm "$BUNDLE/rootfs/etc/zone"
        fails_with "make the link" oci run -b "$BUNDLE" "$ID"
        [[ ! -L $BUNDLE/rootfs/etc/zone && -L $BUNDLE/rootfs/deep/down/link && -f $BUNDLE/rootfs/gone ]] || { ls -lR "$BUNDLE/rootfs/etc"; return 1; }
        rm "$WORK/gone"
        fails_with "mounts\[[0-9]*\].*read the link '$WORK/gone'.*No such file" oci run -b "$BUNDLE" "$ID"
}

@test "copy-symlink leads nowhere out of the root" {
        make_bundle true
        mkdir "$WORK/outside"
        ln -s x "$WORK/link"
        ln -s "$WORK/outside" "$BUNDLE/rootfs/out"
        edit --arg work "$WORK" '.root.readonly = false | .mounts += [{destination: "/out/made", source: ($work + "/link"), options: ["bind", "copy-symlink"]}]'
        run -0 oci run -b "$BUNDLE" "$ID"
        [[ -z $(ls "$WORK/outside") && $(readlink "$BUNDLE/rootfs$WORK/outside/made") == x ]] || { ls -lR "$WORK/outside" "$BUNDLE/rootfs$WORK"; return 1; }
}

@test "a hook that runs in the container reads the pid that the first process has there, and has the umask of the caller" {
        make_bundle true
        mkdir "$BUNDLE/rootfs/log"
        # shellcheck disable=SC2016
        edit --arg host "$WORK" '.root.readonly = false | .hooks = ([("createRuntime", "createContainer", "startContainer")
              | {key: ., value: [{path: "/bin/sh", args: ["sh", "-c", "umask >>$0; cat >>$0",
                                  (if . == "startContainer" then "/log/" else $host + "/" end + .)]}]}] | from_entries)'
        (umask 027 && exec "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" create -b "$BUNDLE" --pid-file "$WORK/pid" "$ID" 3>&-)
        oci start "$ID"
        pid=$(cat "$WORK/pid")
        [[ $(head -n 1 "$WORK/createRuntime") == 0027 && $(tail -n +2 "$WORK/createRuntime" | jq .pid) == "$pid" ]]
        [[ $(head -n 1 "$WORK/createContainer") == 0027 && $(tail -n +2 "$WORK/createContainer" | jq .pid) == 1 ]]
        [[ $(tail -n +2 "$BUNDLE/rootfs/log/startContainer" | jq .pid) == 1 ]]
        wait_until 10 has_status "$ID" stopped
        oci delete "$ID"
        # Its status is long where the caller has many groups.
        rm "$WORK/createContainer" "$BUNDLE/rootfs/log/startContainer"
        if is_machine_root; then
                python3 -c 'import os, sys; os.setgroups(range(100000, 103000)); os.execv(sys.argv[1], sys.argv[1:])' \
                        "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" create -b "$BUNDLE" "$ID" 3>&-
                [[ $(tail -n +2 "$WORK/createContainer" | jq .pid) == 1 ]]
                oci delete --force "$ID"
                rm "$WORK/createContainer"
        fi
        # Without a pid namespace of its own it is the caller's number, and in one that is joined that of there.
        edit '.linux.namespaces |= map(select(.type != "pid")) | .process.args = ["sleep", "100"]'
        oci run -d -b "$BUNDLE" "$ID"
        [[ $(tail -n +2 "$WORK/createContainer" | jq .pid) == "$(init_pid)" ]]
        oci delete --force "$ID"
        edit '.linux.namespaces += [{type: "pid"}] | del(.hooks)'
        oci run -d -b "$BUNDLE" "$ID-first"
        rm "$WORK/createContainer"
        # shellcheck disable=SC2016
        edit --arg ns "/proc/$(oci state "$ID-first" | jq .pid)/ns/pid" --arg log "$WORK/createContainer" \
                '.linux.namespaces |= map(if .type == "pid" then .path = $ns else . end)
                | .hooks.createContainer = [{path: "/bin/sh", args: ["sh", "-c", "cat >$0", $log]}]'
        oci run -d -b "$BUNDLE" "$ID"
        [[ $(jq .pid "$WORK/createContainer") == "$(sed -n 's/^NSpid:.*\t//p' "/proc/$(init_pid)/status")" ]]
}

@test "how a hook of the container ended is said as of one outside, also by start" {
        make_bundle true
        # shellcheck disable=SC2016
        edit '.hooks = {startContainer: [{path: "/bin/sh", args: ["sh", "-c", "kill -KILL $$"]}]}'
        fails_with "startContainer hook #0: '/bin/sh' ended with status 137" oci run -b "$BUNDLE" "$ID"
        expect_in_output "a signal ended it"
        oci create -b "$BUNDLE" "$ID" 3>&-
        fails_with "startContainer hook #0: it ended with status 137" oci start "$ID"
        oci delete "$ID"
        edit '.hooks = {startContainer: [{path: "/bin/sleep", args: ["sleep", "100"], timeout: 1}]}'
        fails_with "'/bin/sleep' took longer than its timeout" oci run -b "$BUNDLE" "$ID"
        expect_in_output "raise the hook's timeout"
}

@test "what a hook of the host writes is not the container's output; that of one that fails is in the error, its end above all" {
        local kind
        make_bundle echo program
        edit '.hooks = ([("prestart", "createRuntime", "createContainer", "poststart", "poststop")
              | {key: ., value: [{path: "/bin/sh", args: ["sh", "-c", "echo hook; echo hook >&2"]}]}] | from_entries)'
        run -0 oci run -b "$BUNDLE" "$ID"
        expect_output program
        for kind in prestart createRuntime createContainer poststart; do
                # shellcheck disable=SC2016
                edit --arg kind "$kind" '.process.args = ["sleep", "100"] | .hooks = {($kind): [{path: "/bin/sh", args: ["sh", "-c", "echo before"]},
                        {path: "/bin/sh", args: ["sh", "-c", "sleep 2 & echo out; printf \"err \\033[1m\\n\" >&2; exit 3"], env: ["PATH=/bin:/usr/bin"]}]}'
                fails_with "error running $kind hook #1: '/bin/sh' ended with status 3, stdout and stderr: out err \?\[1m" oci run -b "$BUNDLE" "$ID"
                expect_not_in_output before
        done
        # A pipe that nobody reads would hold it up.
        edit '.hooks = {createContainer: [{path: "/bin/sh", args: ["sh", "-c", "yes | head -c 1000000; echo last words; exit 3"], env: ["PATH=/bin:/usr/bin"]}]}'
        fails_with "y y last words" oci run -b "$BUNDLE" "$ID"
        edit '.hooks = {createRuntime: .hooks.createContainer}'
        fails_with "y y last words" oci run -b "$BUNDLE" "$ID"
}

@test "poststop hooks run when a hook of the start fails, too" {
        local kind
        make_bundle true
        for kind in startContainer poststart; do
                edit --arg kind "$kind" --arg log "$WORK/log" '.hooks = {($kind): [{path: "/bin/false"}],
                        poststop: [{path: "/bin/sh", args: ["sh", "-c", "cat >" + $log]}]}'
                fails_with "error running $kind hook #0" oci run -b "$BUNDLE" "$ID"
                [[ $(jq -r .status "$WORK/log") == stopped ]]
                rm "$WORK/log"
                nothing_left
        done
}
