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
        fails_with 125 "'lots' is not a number of bytes" here -m lots @ true
        fails_with 125 "not a number of processors" here --cpus none @ true
        fails_with 125 "not a number of processors" here --cpus 0.001 @ true
        fails_with 125 "not a whole number" here --pids-limit many @ true
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
        fails_with 125 "option '-d' is not supported yet" here -d @ true
}

@test "--help fits a screen, --help-all has the rest" {
        run -0 ward run --help
        ((${#lines[@]} <= 24)) || { echo "${#lines[@]} lines"; shown; }
        expect_in_output --volume --help-all
        expect_not_in_output --cpuset-cpus
        run -0 ward run --help-all
        expect_in_output --volume --cpuset-cpus --stop-timeout
}
