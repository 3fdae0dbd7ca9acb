#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The command line of ward as such: help, messages, what is mistyped, and what is shown without doing it. Anybody can run this.
# shellcheck disable=SC2154

load helpers/common

setup() {
        ward_setup
        ROOT=$WORK/root
        rootfs "$ROOT"
}

teardown() { ward_teardown; }

@test "help of the program and of each verb fits a screen of 80 columns" {
        local verb
        for verb in "" $VERBS; do
                # shellcheck disable=SC2086
                run -0 ward $verb --help
                [[ ${lines[0]} == "Usage: ward"* ]]
                (($(wc -l <<<"$output") <= 30)) || shown
                [[ -z $(awk 'length > 80' <<<"$output") ]] || shown
                # shellcheck disable=SC2086
                [[ $(ward help $verb) == "$output" ]]
                [[ -z $verb || $(ward help) == *"  $verb "* ]]
        done
        [[ $("$WARD_BUILD/bin/ward") == "$(ward help)" ]]
}

@test "version" {
        run -0 ward --version
        [[ ${lines[0]} =~ ^ward\ version\ [0-9]+\.[0-9]+ ]] || shown
        [[ $(ward version) == "$output" ]]
}

@test "what is mistyped has a suggestion" {
        fails_with 1 "unknown verb 'rnu'.*did you mean 'run'" ward rnu
        fails_with 1 "unknown verb 'exce'.*did you mean 'exec'" ward help exce
        fails_with 1 "unknown option '--al'.*did you mean '--all'" ward ps --al
        fails_with 1 "unknown option '--rot'.*did you mean '--root'" ward --rot x ps
}

@test "messages are coloured on a terminal alone, and not with NO_COLOR" {
        run "$TERMINAL" '' "$WARD_BUILD/bin/ward" nosuch
        expect_in_output $'\e['
        NO_COLOR=1 run "$TERMINAL" '' "$WARD_BUILD/bin/ward" nosuch
        expect_in_output "ward: unknown verb 'nosuch'"
        expect_not_in_output $'\e'
        run ward nosuch
        expect_not_in_output $'\e'
}

@test "the manual says everything that help says" {
        local verb option
        for verb in "" $VERBS; do
                # shellcheck disable=SC2086
                for option in $(ward $verb --help-all | grep -oE '^ +(-[a-z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
                        grep -qF -- "*$option*" "$WARD_SOURCE/docs/ward.1.scd" ||
                                { echo "ward $verb $option is not in docs/ward.1.scd"; return 1; }
                done
        done
}

@test "limits that are none" {
        fails_with 125 "'lots': it is no number of bytes" here -m lots @ true
        fails_with 125 "no number of processors" here --cpus none @ true
        fails_with 125 "no number of processors" here --cpus 0.001 @ true
        fails_with 125 "no number" here --pids-limit many @ true
}

@test "--dry-run shows the plan, does nothing, needs no rights, and is the same twice" {
        ward run --dry-run -v /tmp:/data --tmpfs /run "$ROOT" sh >one
        ward run --dry-run -v /tmp:/data --tmpfs /run "$ROOT" sh >two
        diff one two
        grep -q -e '--volume /tmp:/data' one
        grep -q -e '--tmpfs /run' one
        # The root file system of who is not root of the machine belongs to him already.
        [[ $(</proc/self/uid_map) != *4294967295 || $EUID != 0 ]] || grep -q 'id-mapped' one
        run -0 ward run --dry-run --format json "$ROOT" sh
        jq -e '.ops | length > 20' <<<"$output"
        [[ -z $(ls -A state 2>/dev/null) && ! -e $ROOT/run ]]
        fails_with 125 "'--format' is for --dry-run" here --format json @ true
        fails_with 125 "not one of: table, json" here --dry-run --format xml @ true
}

@test "an option that is not there is unknown, with a suggestion" {
        fails_with 125 "unknown option '--volum'.*did you mean '--volume'" here --volum x @ true
}

@test "options of docker's that are not there say what takes their place, each of docs/DOCKER-OPTIONS.md" {
        local option count=0
        fails_with 125 "there is no option '-d' .E110.*'setsid -f ward .*systemd-run ward" here -d @ true
        fails_with 125 "there is no option '-p' .E110.*--network host" here -p80:80 @ true
        fails_with 125 "there is no option '--gpus' .E110.*--device /dev/dri" here --gpus all @ true
        for option in $(sed -n '/^## What docker and podman/,$ s/^| \([^|]*\) |.*/\1/p' "$WARD_SOURCE/docs/DOCKER-OPTIONS.md" | grep -oE -- '`-[^`]+`' | tr -d '`'); do
                fails_with 125 "there is no option '$option' .E110" here "$option" @ true
                [[ ${lines[1]} == "      "?* ]] || shown
                count=$((count + 1))
        done
        ((count > 30))
}

@test "words of other programs say what to type" {
        local word
        # shellcheck disable=SC2043
        for word in start logs pull build images attach pause info unshare nsenter prlimit spec shell capsh aa-genprof bwrap firejail; do
                fails_with 1 "unknown verb '$word' .E101.*(ward|ROOT)" ward "$word"
                [[ $output != *"'ward help' lists"* && $output != *"did you mean"* ]] || shown
        done
        fails_with 1 "'ward ps' lists" ward list
        fails_with 1 "'ward top'" ward stats
        fails_with 1 "'ward top'" ward cgtop
        fails_with 1 "'ward cgroup exec GROUP" ward cgexec
        fails_with 1 "'ward inspect NAME'" ward lsns
        fails_with 1 "'ward cgroup freeze GROUP'" ward pause
        fails_with 1 "'ward cgroup thaw GROUP'" ward cgroup resume
        fails_with 1 "'ward seccomp groups'" ward seccomp list
        fails_with 1 "'ward profile list'" ward profile ls
        [[ $(ward ls) == "$(ward ps)" && $(ward help cgroup ls) == "$(ward cgroup list --help)" ]]
        [[ $(ward help cgroup show) == "$(ward cgroup get --help)" && $(ward help cgroup rm) == "$(ward cgroup delete --help)" ]]
        fails_with 1 "cgroup: unknown command 'nosuch'" ward help cgroup nosuch
}

@test "a sandbox says of others' options what it is already" {
        local option
        for option in --rm -i -t --init --network --unshare-all --unshare-net --ro-bind --bind --proc -u --volume --private; do
                fails_with 125 "sandbox: there is no option '$option' .E110" ward sandbox "$option" ls
                [[ ${lines[1]} == "      "?* && $output != *"did you mean"* ]] || shown
        done
        fails_with 125 "there is no option '-i'.*always so" ward sandbox -it ls
        fails_with 125 "'--bwrap' .E110.*stands first" ward sandbox -v --bwrap ls
}

@test "ROOT that is the name of an image" {
        fails_with 125 "open the root '.*/alpine'.*ward has no images: .*export.* or 'host'" ward run --rm alpine
        fails_with 125 "ward has no images" ward run --rm debian:12 ls
        fails_with 125 "ROOT is a directory with a system" ward run --rm ./debian ls
}

@test "signals, numbers and names as other programs take them" {
        fails_with 1 "container 'nosuch' does not exist" ward kill -9 nosuch
        fails_with 1 "container 'nosuch' does not exist" ward kill -TERM nosuch
        fails_with 1 "kill: 'TREM' is not a signal.*did you mean 'TERM'" ward kill -TREM nosuch
        fails_with 1 "cgroup kill: 'x' is not a signal" ward cgroup kill -x /nosuch
        fails_with 1 "unknown option '-1'.*stands behind '--'" ward seccomp test default read -1
        run -0 ward seccomp test default read -- -1
        fails_with 1 "no group 'swap'.*did you mean '@swap'" ward seccomp groups swap
        fails_with 1 "did you mean 'CAP_NET_ADMIN'" ward caps explain netadmin
        run -0 ward caps explain 21
        expect_in_output "'21' is read as a mask, 0x21" "ward caps explain cap_sys_admin" "cap_kill "
        [[ $(ward caps explain 0x21 2>&1) != *mask* ]]
        fails_with 1 "container '1' does not exist.*'ward caps of 1' and 'ward seccomp explain 1'" ward inspect 1
        fails_with 1 "no such process" ward limit 2147483600
        fails_with 1 "container 'firefox' does not exist.*pidof -s firefox" ward limit firefox
        fails_with 1 "read the capabilities of '/nosuch'.*ward caps of" ward caps file /nosuch
        fails_with 125 "option '--seccomp': read the seccomp profile: open 'nosuch'" here --seccomp nosuch --dry-run @ true
        fails_with 125 "'foo' is not a resource limit.*getrlimit" here --ulimit foo=1 --dry-run @ true
        fails_with 125 "did you mean 'NOFILE'" here --ulimit nofiel=1 --dry-run @ true
        fails_with 125 "is empty .E108" here --dry-run @ ""
}

@test "limits and times as ward limit takes them" {
        run -0 here --dry-run -m 512Mi --memory-reservation 25% --pids-limit max --cpus 50% --timeout 1m30s --stop-timeout 1m500ms @ true
        run -0 here --dry-run -m max --cpus max @ true
        fails_with 125 "'1m30' is not a time|'1m3x' is not a time" here --timeout 1m3x --dry-run @ true
        fails_with 125 "is not a time" here --timeout 9999999999999d --dry-run @ true
        fails_with 125 "is more than" here --stop-timeout 99999d --dry-run @ true
        fails_with 1 "container 'nosuch' does not exist" ward stop -t 1m30s nosuch
}

@test "a runtime directory of somebody else's" {
        needs_root
        needs_program setpriv
        mkdir -m 700 others
        chmod 711 "$WORK"
        run -1 setpriv --reuid 23457 --regid 23457 --clear-groups env XDG_RUNTIME_DIR="$WORK/others" "$WARD_BUILD/bin/ward" ps
        expect_in_output "Permission denied" "XDG_RUNTIME_DIR is '$WORK/others'" "--root"
}

@test "--help fits a screen, --help-all has the rest" {
        run -0 ward run --help
        ((${#lines[@]} <= 24)) || { echo "${#lines[@]} lines"; shown; }
        expect_in_output --volume --help-all
        expect_not_in_output --cpuset-cpus
        run -0 ward run --help-all
        expect_in_output --volume --cpuset-cpus --stop-timeout
}
