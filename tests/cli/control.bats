#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ps, exec, kill and rm: what is done with containers.
# shellcheck disable=SC2154,SC2016

load helpers/common

setup() { with_root; }
teardown() { remove_all; }

# ---- ps --------------------------------------------------------------------------------------------------------------------

@test "ps lists what runs, with -a what is stopped, with -q names" {
        ward run --name "$ID-ended" "$ROOT" true
        background "$ROOT" sleep 100
        run -0 ward ps
        [[ ${lines[0]} =~ ^NAME\ +STATUS\ +PID\ +CREATED\ +ROOT\ +COMMAND$ && ${#lines[@]} == 2 ]] || shown
        [[ ${lines[1]} =~ ^$ID\ +running\ +[0-9]+\ .*$ROOT\ +sleep\ 100$ ]] || shown
        run -0 ward ps -a
        [[ ${#lines[@]} == 3 ]] || shown
        expect_in_output "$ID-ended"
        run -0 ward ps -q
        expect_output "$ID"
        run -0 ward ps -aq
        expect_output "$ID"$'\n'"$ID-ended"
}

@test "ps --format json, with a version" {
        run -0 ward ps --format json
        jq -e '.version == 1 and .containers == []' <<<"$output"
        background "$ROOT" sleep 100
        run -0 ward ps --format json
        jq -e --arg id "$ID" --arg root "$ROOT" '.containers[0] | .name == $id and .status == "running" and .pid > 1 and
                .root == $root and .command == "sleep 100" and .program == "ward" and (.created | fromdate > 1700000000)' <<<"$output"
}

@test "what a container is called by its command does not speak to the terminal" {
        background "$ROOT" sh -c $'exec sleep 100 # \e[31mred'
        run -0 ward ps
        expect_in_output "# ?[31mred"
        expect_not_in_output $'\e'
}

# ---- exec ------------------------------------------------------------------------------------------------------------------

# bats test_tags=matrix-vm
@test "exec: output, status, input" {
        background -e BASE=1 "$ROOT" sleep 100
        run -9 --separate-stderr ward exec "$ID" sh -c 'echo out; echo err >&2; cat /proc/1/cmdline; exit 9'
        [[ $output == $'out\nsleep' && $stderr == err ]] || [[ $output == out*sleep* && $stderr == err ]] || shown
        run -0 ward exec -i "$ID" cat <<<"typed"
        expect_output typed
        run -0 ward exec "$ID" cat <<<"typed"
        expect_output ""
        fails_with 127 "execute 'nosuch'" ward exec "$ID" nosuch
        fails_with 126 "execute '/etc'" ward exec "$ID" /etc
        fails_with 125 "container '$ID-other' does not exist" ward exec "$ID-other" true
        ward kill "$ID"
        ended_with 137
        fails_with 125 "it is stopped" ward exec "$ID" true
}

@test "exec has the container's namespaces, limits and confinement" {
        local ns pid
        background --pids-limit 20 "$ROOT" sleep 100
        pid=$(init_pid)
        for ns in user pid net ipc uts mnt cgroup; do
                [[ $(ward exec "$ID" readlink "/proc/self/ns/$ns") == "$(readlink "/proc/$pid/ns/$ns")" ]]
        done
        [[ $(ward exec "$ID" grep -E '^(Cap|NoNew|Seccomp)' /proc/self/status) == "$(grep -E '^(Cap|NoNew|Seccomp)' "/proc/$pid/status")" ]]
        run ward exec "$ID" sh -c 'i=0; while [ $i -lt 30 ]; do sleep 1 & i=$((i+1)); done'
        expect_in_output "can't fork"
}

@test "exec -e, -w, -u" {
        echo 'web:x:33:34::/home/web:/bin/sh' >>"$ROOT/etc/passwd"
        echo 'extra:x:40:web' >>"$ROOT/etc/group"
        background -e BASE=1 -e OTHER=2 "$ROOT" sleep 100
        MINE=3 run -0 ward exec -e BASE=4 -e MINE -e OTHER -w /etc "$ID" sh -c 'echo $BASE $MINE $OTHER; pwd'
        expect_output $'4 3\n/etc'
        run -0 ward exec -u web "$ID" sh -c 'id -u; id -G; echo $HOME'
        expect_output $'33\n34 40\n/home/web'
        fails_with 125 "no user 'wbe'.*did you mean 'web'" ward exec -u wbe "$ID" true
        fails_with 125 "not an absolute path" ward exec -w etc "$ID" true
}

@test "exec -u reads the container's own files, and only files" {
        background --tmpfs /etc "$ROOT" sh -c 'echo "new:x:77:0::/:" >/etc/passwd; sleep 100'
        wait_until 5 ward exec -u new "$ID" true
        [[ $(ward exec -u new "$ID" id -u) == 77 ]]
        ward exec "$ID" sh -c 'rm /etc/passwd; mkfifo /etc/passwd'
        fails_with 125 "no regular file" timeout 10 "$WARD_BUILD/bin/ward" --root "$WORK/state" exec -u new "$ID" true
}

@test "exec -t: the terminal is the user's" {
        local user
        background "$ROOT" sleep 100
        for user in 0 1000 1000:1001 7:7; do
                run -0 ward exec -t --user "$user" "$ID" sh -c 'stat -c %u "$(tty)"; echo >"$(tty)" && echo opened; stat -c %u:%g /proc/self' </dev/null
                [[ ${lines[0]%$'\r'} == "${user%:*}" && $output == *opened* ]] || shown
        done
}

@test "exec -t: a terminal of its own" {
        background "$ROOT" sleep 100
        run -0 ward exec -t "$ID" sh -c 'tty; echo $TERM' </dev/null
        expect_in_output /dev/pts/ xterm
        run -5 "$TERMINAL" 'wait:# ,size:44x99,type:stty size,wait:44 99,type:exit 5' \
                "$WARD_BUILD/bin/ward" --root "$WORK/state" exec -it "$ID" sh
}

@test "exec -t: where nobody reads any more, what was executed is told, and the container lives on" {
        background "$ROOT" sleep 100
        { timeout -s KILL 30 "$WARD_BUILD/bin/ward" --root "$WORK/state" exec -t "$ID" sh -c 'trap "exit 9" HUP; while :; do echo; sleep 0.05; done' || echo $? >code; } 2>said | head -n 1
        [[ $(<code) == 9 ]] || { cat code said; return 1; }
        runs "$ID"
}

@test "exec -d returns when it runs, and its output goes nowhere" {
        background "$ROOT" sleep 100
        run -0 ward exec -d "$ID" sh -c 'echo lost; echo lost >&2; exec sleep 77'
        expect_output ""
        ward exec "$ID" ps | grep -q 'sleep 77'
        fails_with 127 "execute 'nosuch'" ward exec -d "$ID" nosuch
        fails_with 125 "nobody would be there" ward exec -dt "$ID" true
}

@test "exec in a frozen container: what thaws it is a command of this program" {
        background "$ROOT" sleep 100
        ward cgroup freeze "$(own_group)/$ID"
        fails_with 125 "cannot exec in a paused container.*ward cgroup thaw '$(own_group)/$ID'" ward exec "$ID" true
        ward cgroup thaw "$(own_group)/$ID"
        run -0 ward exec "$ID" true
}

# ---- kill and rm -----------------------------------------------------------------------------------------------------------

# bats test_tags=matrix-vm
@test "kill: KILL by default, -s by name or number, several at once" {
        background "$ROOT" sh -c 'trap "exit 44" TERM; trap "exit 45" USR1; while :; do sleep 0.05; done'
        fails_with 1 "'TREM' is not a signal.*did you mean 'TERM'" ward kill -s TREM "$ID"
        wait_until 10 ignores_nothing
        ward kill -s sigterm "$ID"
        ended_with 44
        ward rm "$ID"
        background "$ROOT" sh -c 'trap "exit 44" TERM; trap "exit 45" USR1; while :; do sleep 0.05; done'
        wait_until 10 ignores_nothing
        ward kill -s 10 "$ID"
        ended_with 45
        ward rm "$ID"
        background "$ROOT" sleep 100
        # One that is not there does not save the others.
        fails_with 1 "container '$ID-other' does not exist" ward kill "$ID-other" "$ID"
        ended_with 137
        fails_with 1 "not running" ward kill "$ID"
}

# The shell has set its traps: SIGTERM is caught.
ignores_nothing() {
        local caught
        caught=$(sed -n 's/^SigCgt:\t//p' "/proc/$(init_pid)/status")
        (((16#$caught >> 14 & 1) == 1 && (16#$caught >> 9 & 1) == 1))
}

@test "rm: stopped ones; with -f also what runs" {
        background "$ROOT" sleep 100
        fails_with 1 "it is running.*--force" ward rm "$ID"
        run -0 ward rm -f "$ID" "$ID-other"
        ended_with 137
        [[ -z $(ward ps -aq) ]]
        fails_with 1 "does not exist" ward rm "$ID"
}

@test "rm: a hook of the container that fails is a warning, and the container is gone" {
        bundle b '.process.args = ["true"]' '.hooks = {poststop: [{path: "/bin/false"}, {path: "/bin/touch", args: ["touch", "'"$WORK"'/touched"]}]}'
        ward_oci create -b b "$ID" 3>&-
        ward_oci start "$ID"
        wait_until 10 has_stopped
        run -0 ward rm "$ID"
        expect_in_output "ward: " "error running poststop hook #0"
        [[ -e $WORK/touched && -z $(ward ps -aq) ]]
}
has_stopped() { [[ $(ward_oci state "$ID" | jq -r .status) == stopped ]]; }

# ---- the command line ------------------------------------------------------------------------------------------------------

@test "inspect: a table for a person, JSON with the config for a program" {
        background -m 64m -v "$ROOT:/x:ro" "$ROOT" sleep 100
        run -0 ward inspect "$ID"
        expect_in_output "name          $ID" "status        running" "command       sleep 100" "0 to 65535 are" "network  own" "KILL" "memory        67108864" "/x is $ROOT"
        run -0 ward inspect --format json "$ID"
        [[ $(jq -r '.version, .containers[0].name, .containers[0].status, .containers[0].config.linux.resources.memory.limit' <<<"$output") == $'1\n'"$ID"$'\nrunning\n67108864' ]] || shown
        [[ $(jq .containers[0].pid <<<"$output") == "$(init_pid)" ]]
        fails_with 1 "container 'nosuch' does not exist" ward inspect nosuch
}

@test "a container whose state is damaged: the hint is this program's way to remove it" {
        ward run --name "$ID" "$ROOT" true
        echo '{' >"$(find state -name state.json)"
        # What is not known is not said.
        run -0 --separate-stderr ward inspect "$ID"
        [[ $stderr == *"container '$ID': "*"ward rm --force"* ]] || { echo "$stderr"; return 1; }
        grep -qE '^created +\?$' <<<"$output" || shown
        run -0 --separate-stderr ward inspect --format json "$ID"
        [[ $stderr == *"container '$ID': "* ]] || { echo "$stderr"; return 1; }
        jq -e '.containers[0] | (.damage | test("damaged")) and ([.created, .root, .command, .program, .hostUidBase] | all(. == null))' <<<"$output" || shown
        ward ps -a --format json 2>/dev/null | jq -e '.containers[0] | .damage != null and .created == null'
        fails_with 1 "state is damaged.*'ward rm -f'" ward rm "$ID"
        run -0 ward rm -f "$ID"
}

@test "the completions know every verb, option and name" {
        local verb file
        for file in ward.bash _ward ward.fish; do
                for verb in $VERBS; do
                        grep -qw "$verb" "$WARD_SOURCE/completion/$file"
                done
        done
        # shellcheck source=/dev/null
        source "$WARD_SOURCE/completion/ward.bash"
        ward run --name "$ID" "$ROOT" true
        # shellcheck disable=SC2086
        complete_word ward "" ; expect_words $VERBS
        complete_word ward help E20 ; expect_words E201 E202 E203 E204 E205 E206 E207 E208 E209
        complete_word ward help cgroup t ; expect_words tree thaw
        complete_word ward help er ; expect_words errors
        complete_word ward run --cap- ; expect_words --cap-add --cap-drop
        complete_word ward run --network "" ; expect_words none host
        complete_word ward --root "$WORK/state" rm "" ; expect_words "$ID"
        complete_word ward --root "$WORK/state" exec "" ; expect_words
        complete_word ward cgroup t ; expect_words tree thaw
        complete_word ward sandbox --r ; expect_words --rw --ro --require
        complete_word ward sandbox --bwrap --ro- ; expect_words --ro-bind --ro-bind-try --ro-bind-fd --ro-overlay --ro-bind-data
        complete_word ward cgroup delete --m ; expect_words --move
        complete_word ward run --userns "" ; expect_words own auto keep-id host container:
        complete_word ward run --cap-add sys_a ; expect_words SYS_ADMIN
        complete_word ward sandbox --require cap ; expect_words caps
        complete_word ward limit -p MemoryM ; expect_words MemoryMax= MemoryMin=
        # What is behind an option is its value, and no ROOT.
        complete_word ward run -m h ; expect_words
        complete_word ward run --hostname h ; expect_words
        complete_word ward run --rm h ; expect_words host
        mkdir data
        complete_word ward run -v dat ; expect_words data
        complete_word ward sandbox -v busybo
        [[ " ${COMPREPLY[*]} " == *" busybox "* ]]
}

complete_word() {
        COMP_WORDS=("$WARD_BUILD/bin/ward" "${@:2}")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        COMPREPLY=()
        _ward
}

expect_words() { [[ ${COMPREPLY[*]} == "$*" ]] || { echo "wanted: $*; got: ${COMPREPLY[*]}"; return 1; }; }
