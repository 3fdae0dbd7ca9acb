#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The command line: help, refusals, messages, logs, and what needs no container.
# shellcheck disable=SC2154

VERBS="checkpoint create delete events exec features kill list mounts pause plan ps restore resume run spec start state update"

load helpers/common

setup() {
        ward_setup
        BUNDLE=$WORK/bundle
        mkdir -p "$BUNDLE"
}

teardown() {
        remove_all
}

@test "help of the program and of each verb fits 24 lines of 80 columns" {
        local verb lines
        for verb in "" $VERBS; do
                # shellcheck disable=SC2086
                run -0 oci $verb --help
                [[ ${lines[0]} == NAME: && ${lines[1]} == "   ward-oci${verb:+ $verb}"* && ${lines[2]} == "Usage: ward-oci"* ]]
                ((${#lines[@]} <= 24))
                [[ -z $(awk 'length > 80' <<<"$output") ]]
        done
}

@test "the program's help names every verb" {
        local verb
        run -0 oci --help
        for verb in $VERBS; do
                [[ " ${output//[$'\n',.]/ } " == *" $verb "* ]]
        done
}

@test "-h, --help behind other options, and no arguments at all print help" {
        run -0 "$WARD_BUILD/bin/ward-oci"
        expect_in_output "Usage: ward-oci "
        run -0 oci run -h
        expect_in_output "Usage: ward-oci run"
        run -0 oci kill --all --help
        expect_in_output "Usage: ward-oci kill"
        fails_with "No help topic for 'foo'" oci foo -h
        run -0 oci help
        expect_in_output "Usage: ward-oci "
        run -0 oci help kill
        expect_in_output "Usage: ward-oci kill"
        fails_with "No help topic for 'foo'" oci help foo
}

@test "version names the program, the specification and libseccomp" {
        run -0 oci --version
        [[ ${lines[0]} =~ ^ward-oci\ version\ [0-9]+\.[0-9]+ && ${lines[1]} == "commit: ward-oci-"* && ${lines[2]} == "spec: 1."* ]]
        grep -q '^+.*+SECCOMP' <<<"$output"
        [[ ${lines[3]} =~ ^libseccomp:\ 2\. ]]
}

@test "-? is --help and --usage its line, of the program and of each verb" {
        local verb word help
        run -0 oci --help
        help=$output
        run -0 oci '-?'
        [[ $output == "$help" ]]
        run -0 oci --usage
        [[ $output == "Usage: ward-oci [OPTIONS] VERB ..." ]]
        for verb in $VERBS; do
                run -0 oci $verb --help
                help=$output
                run -0 oci $verb '-?'
                [[ $output == "$help" ]]
                run -0 oci $verb --usage
                [[ ${#lines[@]} == 1 && $output == "Usage: ward-oci $verb "* && $help == *"$output"* ]]
        done
        for word in --usage '-?'; do
                run "$WARD_BUILD/bin/ward" "$word"
                [[ $status -ne 0 && $output == *"unknown option '$word'"* ]]
        done
}

@test "an unknown verb or option is refused with the nearest one" {
        fails_with "unknown verb 'creat'.*did you mean 'create'" oci creat x
        fails_with "unknown option '--bundel'.*did you mean '--bundle'" oci create --bundel x c1
        fails_with "unknown option '--rot'.*did you mean '--root'" oci --rot x list
        fails_with "unknown option '-z'.*--help" oci list -z
}

@test "global options that say nothing to ward are accepted as other runtimes do: --rootless, --criu" {
        local word
        for word in auto true false 1 ''; do
                run -0 oci --rootless="$word" --cgroup-manager=cgroupfs list -q
                [[ -z $output ]]
        done
        fails_with "'maybe' is not one of: auto\|true\|false" oci --rootless=maybe list
        run -0 oci --criu /usr/sbin/criu list -q
        [[ $output == *"'--criu' is ignored"*"first 'criu' in PATH"* ]]
}

@test "options in the spellings of runc and crun: one dash, a letter's equals sign, words for true and false" {
        "$WARD_BUILD/bin/ward-oci" spec -bundle "$BUNDLE"
        run -0 "$WARD_BUILD/bin/ward-oci" -root "$WORK/state" list -format=json -quiet=false
        expect_output "[]"
        run -0 oci -debug=0 plan -b="$BUNDLE" -config=config.json
        run -0 oci delete -force nobody
        run -0 oci delete nobody -f=T
        fails_with "does not exist" oci delete -f=false nobody
        fails_with "it takes no value, or true or false, not 'maybe'" oci delete -f=maybe nobody
        fails_with "unknown option '-no-such'" oci delete -no-such nobody
        run -0 oci -version
        [[ $output == "$(oci -V)" && $output == "$(oci --version)" ]]
        fails_with "does not exist" oci exec -env A=1 -user=0:0 -tty=false nobody true
        fails_with "open '/nonexistent/config.json'" oci restore -no-subreaper --image-path /nonexistent --bundle /nonexistent nobody
        fails_with "open '/nonexistent/config.json'" oci create --no-subreaper --bundle /nonexistent nobody
        fails_with "'warn' is not one of: error\|warning\|info\|debug" oci --log-level warn list
}

@test "operands are counted" {
        fails_with "create: an operand is missing.*usage: ward-oci create" oci create
        fails_with "'c2' is one word too many" oci start c1 c2
        fails_with "there is no command to run" oci exec c1
        fails_with "option '--bundle' requires an argument.*'--bundle DIR'" oci create --bundle
        fails_with "'--lsm-mount-context' requires an argument" oci restore --lsm-mount-context
}

@test "ids outside the grammar are refused before anything is made" {
        local id long
        long=$(printf 'x%.0s' {1..300})
        "$WARD_BUILD/bin/ward-oci" spec -b "$BUNDLE"
        for id in /abs 'a b' '%s%n' '$(id)' .. '' "$long" $'a\nb' .hidden; do
                fails_with "container id" oci run -b "$BUNDLE" "$id"
                fails_with "container id" oci state "$id"
                fails_with "container id" oci delete --force "$id"
        done
        fails_with "unknown option" oci state -id
        fails_with "container id" oci state -- -id
}

@test "a container that does not exist is named, with the nearest one that does" {
        fails_with "container 'nobody' does not exist" oci state nobody
        fails_with "container 'nobody' does not exist" oci kill nobody
        fails_with "container 'nobody' does not exist" oci exec nobody true
        fails_with "container 'nobody' does not exist" oci delete nobody
        run -0 oci delete --force nobody
}

@test "signals: names, numbers, and a suggestion" {
        local word
        for word in KILL SIGKILL sigterm 9 RTMIN RTMIN+3 SIGRTMAX-1 SIGIO IOT CLD ''; do
                fails_with "does not exist" oci kill nobody "$word"
        done
        fails_with "'KIL' is not a signal.*'KILL'" oci kill nobody KIL
        fails_with "is not a signal" oci kill nobody 65
        fails_with "is not a signal" oci kill nobody -- -9
        fails_with "is not a signal" oci kill nobody RTMIN+99
}

@test "user ids of exec: only whole numbers below 4294967295" {
        local user
        for user in 4294967295 4294967296 -1 '' ' 7' 7x 0x10 :5 5: 5:-1 5:4294967295 root +5 1:2:3; do
                fails_with "(is not a (user|group) id|is empty)" oci exec -u "$user" nobody true
        done
        fails_with "does not exist" oci exec -u 4294967294:4294967294 nobody true
}

@test "the state root is the caller's own, written by nobody else, and no link" {
        local dir=$WORK/roots
        mkdir -m 700 "$dir"
        run -0 "$WARD_BUILD/bin/ward-oci" --root "$dir/a/b/c" list
        [[ $(stat -c %a "$dir/a/b/c") == *700 && $(stat -c %a "$dir/a") == 700 ]]
        ln -s "$dir/a" "$dir/link"
        fails_with "symbolic link" "$WARD_BUILD/bin/ward-oci" --root "$dir/link" list
        fails_with "symbolic link" "$WARD_BUILD/bin/ward-oci" --root "$dir/link/" list
        for root in / // /. /etc/..; do
                fails_with "is the machine's root directory" "$WARD_BUILD/bin/ward-oci" --root "$root" list
        done
        chmod 755 "$dir/a"
        run -0 "$WARD_BUILD/bin/ward-oci" --root "$dir/a" list
        chmod 775 "$dir/a"
        fails_with "written by other users.*chmod 700" "$WARD_BUILD/bin/ward-oci" --root "$dir/a" list
        ((EUID == 0)) || return 0
        chmod 700 "$dir/a"
        chown 4242 "$dir/a"
        fails_with "belongs to user 4242" "$WARD_BUILD/bin/ward-oci" --root "$dir/a" list
}

@test "errors go to the log in the form that engines read, and to standard error" {
        local log=$WORK/log
        fails_with "^ward-oci: container 'x\"y' does not exist|container id" oci --log "$log" --log-format json state 'x"y'
        [[ $(jq -r .level "$log") == error ]]
        [[ $(jq -r .msg "$log") == *"container id 'x\"y' is not valid"* ]]
        [[ $(jq -r .time "$log") =~ ^20[0-9]{2}-[0-9]{2}-[0-9]{2}T.*Z$ ]]
        run ! oci --log "$log" --log-format json state nobody
        [[ $(jq -s length "$log") == 2 ]]
        [[ $(jq -r .code "$log") == $'E605\nE602' ]]

        run ! oci --log "$log.text" state nobody
        [[ $(<"$log.text") =~ ^time=\".*Z\"\ level=error\ msg=\"container\ \'nobody\'\ does\ not\ exist ]]
        run ! oci --log-format json state nobody
        [[ $(jq -r .level <<<"$output") == error ]]
        run ! oci --log "file:$log.file" --log-format json state nobody
        [[ $(jq -r .level "$log.file") == error ]]
}

# answering_at PATH COMMAND...: the command, and then what it sent to a socket with this path, in mounts of its own.
answering_at() {
        # shellcheck disable=SC2016
        unshare -m --propagation private sh -c 'mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal && mount -t tmpfs tmpfs /dev &&
                mknod -m 666 /dev/null c 1 3 && exec python3 -c "
import socket, subprocess, sys
taken = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
taken.bind(sys.argv[1])
taken.settimeout(20)
subprocess.run(sys.argv[2:], stderr=subprocess.DEVNULL)
sys.stdout.buffer.write(taken.recv(65536).replace(bytes(1), b\"~\"))
" "$@"' sh "$@"
}

@test "errors go to the journal or to syslog, under the name that is given" {
        needs_machine_root "mounts in place of the machine's /run and /dev"
        local message="container 'nobody' does not exist"
        run -0 answering_at /run/systemd/journal/socket "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" --log journald:mine --log-format json state nobody
        [[ ${lines[0]} == PRIORITY=3 && ${lines[1]} == SYSLOG_IDENTIFIER=mine && ${lines[2]} == MESSAGE ]]
        [[ $(jq -r .msg <<<"{${output#*\{}") == "$message"* ]]
        run -0 answering_at /dev/log "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" --log syslog: state nobody
        [[ $output =~ ^"<11>ward-oci["[0-9]+"]: time=".*level=error.*"$message" ]]
        fails_with "write the log 'syslog:".*"$message" unshare -m --propagation private sh -c 'mount -t tmpfs tmpfs /dev && exec "$@"' sh \
                "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" --log syslog:x state nobody
}

@test "a log that cannot be written is said, and the error itself still is" {
        run -1 oci --log /nonexistent/log state nobody
        [[ $output == *"write the log '/nonexistent/log': No such file or directory"* ]]
        [[ $output == *"container 'nobody' does not exist"* ]]
}

@test "--debug records what is done" {
        run -0 oci --debug --log "$WORK/log" list
        grep -q 'level=debug msg="ward-oci list"' "$WORK/log"
        run -0 oci --log "$WORK/log2" list
        [[ ! -e $WORK/log2 ]]
}

@test "in another runtime's place it has that one's name in help and version, and says whose it is" {
        ln -s "$(itself ward-oci)" "$WORK/runc"
        run -0 "$WORK/runc" --help
        [[ ${lines[1]} == "   runc - Open Container Initiative runtime"* ]]
        run -0 "$WORK/runc" list -h
        [[ ${lines[1]} == "   runc list - "* && ${lines[2]} == "Usage: runc list "* ]]
        run -0 "$WORK/runc" -v
        [[ ${lines[0]} =~ ^runc\ version\ [0-9] && ${lines[1]} == "commit: ward-oci-"* ]]
}

@test "output that cannot be written is an error" {
        run -1 bash -c "'$WARD_BUILD/bin/ward-oci' features >/dev/full"
        [[ $output == *"write to standard output: No space left on device"* ]]
}

@test "list of nothing: a header, an empty array, nothing" {
        run -0 oci list
        [[ $output =~ ^ID\ +PID\ +STATUS\ +BUNDLE\ +CREATED\ +OWNER$ ]]
        run -0 oci list -f json
        [[ $output == "[]" ]]
        run -0 oci list --quiet
        [[ -z $output ]]
        fails_with "'jso' is not one of: table\|json.*did you mean 'json'" oci list -f jso
}

@test "spec writes a config that the parser takes, and never overwrites one" {
        cd "$BUNDLE"
        run -0 oci spec
        [[ $(jq -r '.process.args[0]' config.json) == sh ]]
        [[ $(jq -c '[.linux.namespaces[].type]' config.json) == '["pid","network","ipc","uts","mount"]' ]]
        [[ $(jq -r '.process.noNewPrivileges and .root.readonly' config.json) == true ]]
        fails_with "exists already" oci spec
        run -0 oci plan
        rm config.json
        run -0 oci spec --rootless -b "$BUNDLE"
        [[ $(jq -c '.linux.uidMappings[0].hostID' config.json) == "$EUID" ]]
        [[ $(jq -c '[.linux.namespaces[].type]' config.json) == *user* ]]
        run -0 oci plan
        fails_with "make '/nonexistent/config.json': No such file" oci spec -b /nonexistent
        run -0 oci spec -b "$BUNDLE" -f other.json
        cmp other.json <("$WARD_BUILD/bin/ward-oci" spec --file "$WORK/third.json" && cat "$WORK/third.json")
        fails_with "other.json' exists already" oci spec --file other.json
}

@test "a config that is missing or wrong is named with its place" {
        fails_with "open '$BUNDLE/config.json': No such file or directory.*ward-oci spec" oci run -b "$BUNDLE" c1
        printf '{\n  "ociVersion": "1.0.0",\n  "root": {"path": "r"},\n  "proces": {}\n}' >"$BUNDLE/config.json"
        fails_with "config.json:4:[0-9]+:.*proces" oci run -b "$BUNDLE" c1
        printf '{' >"$BUNDLE/broken.json"
        fails_with "broken.json:1:" oci run -b "$BUNDLE" -f broken.json c1
        nothing_left
}

@test "features lists what the parser takes: every word is accepted in a config" {
        oci features >"$WORK/features"
        cd "$BUNDLE"
        oci spec
        # One config that has every namespace, hook, capability, mount option and seccomp word at once.
        jq --slurpfile f "$WORK/features" '$f[0] as $f
                | .linux.namespaces = [$f.linux.namespaces[] | {type: .}]
                | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
                | .linux.gidMappings = .linux.uidMappings
                | .hooks = ([$f.hooks[] | {key: ., value: [{path: "/bin/true"}]}] | from_entries)
                | .process.capabilities.bounding = $f.linux.capabilities
                | .linux.seccomp = {
                        defaultAction: "SCMP_ACT_ALLOW",
                        architectures: $f.linux.seccomp.archs,
                        flags: $f.linux.seccomp.knownFlags,
                        listenerPath: "/run/agent.socket",
                        syscalls: ([$f.linux.seccomp.actions[] | {names: ["getpid"], action: .}]
                                + [$f.linux.seccomp.operators[] | {names: ["getppid"], action: "SCMP_ACT_ERRNO",
                                        args: [{index: 0, value: 1, valueTwo: 1, op: .}]}])}' config.json >all.json
        run -0 oci plan -f all.json
        jq '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
                | .linux.gidMappings = .linux.uidMappings' config.json >user.json
        local word
        for word in $(jq -r '.mountOptions[]' "$WORK/features"); do
                [[ $word != remount ]] || continue
                jq --arg word "$word" '.mounts += [{destination: "/mnt", type: "tmpfs", source: (if $word | test("bind$|idmap$|symlink$")
                        then "/usr" else "tmpfs" end), options: (if $word | test("idmap$|symlink$") then ["bind", $word] else [$word] end)}]' user.json >one.json
                oci plan -f one.json --format json >/dev/null || { echo "refused: $word"; return 1; }
        done
        [[ $(jq -r '.linux.namespaces | index("time") != null' "$WORK/features") == true ]]
        [[ $(jq -r '.annotations["org.opencontainers.runc.checkpoint.enabled"]' "$WORK/features") == true ]]
        [[ $(jq -r '.ociVersionMin' "$WORK/features") == 1.0.0 ]]
        [[ $(jq -c '.linux.seccomp.knownFlags == .linux.seccomp.supportedFlags' "$WORK/features") == true ]]
        [[ $(jq -c '.linux.seccomp | [.actions, .operators, .archs, .knownFlags | length]' "$WORK/features") == '[9,7,23,4]' ]]
}

@test "the completions name every verb" {
        local verb file
        for file in ward-oci.bash _ward-oci ward-oci.fish; do
                for verb in $VERBS; do
                        grep -qw "$verb" "$WARD_SOURCE/completion/$file"
                done
        done
        # shellcheck disable=SC1091
        source "$WARD_SOURCE/completion/ward-oci.bash"
        COMP_WORDS=("$WARD_BUILD/bin/ward-oci" run --de) COMP_CWORD=2
        _ward_oci
        [[ ${COMPREPLY[*]} == --detach ]]
        COMP_WORDS=("$WARD_BUILD/bin/ward-oci" update --l3) COMP_CWORD=2
        _ward_oci
        [[ ${COMPREPLY[*]} == --l3-cache-schema ]]
        COMP_WORDS=("$WARD_BUILD/bin/ward-oci" del) COMP_CWORD=1
        _ward_oci
        [[ ${COMPREPLY[*]} == delete ]]
        COMP_WORDS=("$WARD_BUILD/bin/ward-oci" help del) COMP_CWORD=2
        _ward_oci
        [[ ${COMPREPLY[*]} == delete ]]
}

@test "the manual names every verb and every option" {
        local verb option
        for verb in "" $VERBS; do
                # shellcheck disable=SC2086
                run -0 oci $verb --help-all
                for option in $(grep -oE '^ +(-[a-zA-Z], )?--[a-z0-9-]+' <<<"$output" | grep -oE -- '--[a-z0-9-]+'); do
                        grep -q -- "\*$option\*" "$WARD_SOURCE/docs/ward-oci.1.scd" || { echo "$verb $option"; return 1; }
                done
                [[ -z $verb ]] || grep -q "\*$verb\*" "$WARD_SOURCE/docs/ward-oci.1.scd"
        done
}
