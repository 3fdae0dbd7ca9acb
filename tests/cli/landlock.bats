#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016
#
# ward run --landlock: what the words say is what the kernel refuses, and nothing more.

load helpers/common

setup() {
        with_root
        needs_landlock 7
        mkdir "$ROOT"/{open,closed}
        echo open >"$ROOT/open/file"
        echo closed >"$ROOT/closed/file"
}

teardown() { remove_all; }

# needs_landlock ABI
needs_landlock() {
        local abi
        ! newest_calls_refused || unable "Landlock's calls are refused here"
        abi=$(ward doctor landlock | sed -n 's/.* abi \([0-9]*\),.*/\1/p')
        ((${abi:=0} >= $1)) || unable "needs ABI $1 of Landlock, and this kernel has $abi"
}

# python WORDS...: a program of the machine's Python in the root host, whose text is standard input.
python() {
        cat >"$WORK/program.py"
        ward run --rm --name "$ID" -v "$WORK/program.py:/tmp/program.py:ro" "$@" host python3 /tmp/program.py
}

@test "files: read-only, writable, all others closed; and so for who joins" {
        run here --landlock ro:/bin,ro:/open,rw:/tmp @ sh -c 'cat /open/file; cat /closed/file; echo x >/open/new; echo x >/open/file; echo x >/tmp/new; cat /tmp/new; ls /; ls /open; rm /open/file'
        expect_output "$(printf '%s\n' open "cat: can't open '/closed/file': Permission denied" "sh: can't create /open/new: Permission denied" \
                "sh: can't create /open/file: Permission denied" x "ls: can't open '/': Permission denied" file "rm: can't remove '/open/file': Permission denied")"
        become_ward run --name "$ID" --landlock ro:/bin --landlock ro:/open "$ROOT" sleep 100 3>&- &
        PID=$!
        wait_until 20 ward exec "$ID" true
        run -1 ward exec "$ID" cat /open/file /closed/file
        expect_output $'open\ncat: can\'t open \'/closed/file\': Permission denied'
        run -0 ward inspect "$ID"
        [[ $output =~ landlock\ +ro:/bin,ro:/open ]] || shown
        run -0 ward inspect --format json "$ID"
        [[ $(jq -r '.containers[0].config.annotations["ward.landlock"]' <<<"$output") == ro:/bin,ro:/open ]] || shown
        ward kill "$ID"
        wait "$PID" || true
}

@test "rights by name; a file moves between directories only with refer; a program that may not be executed" {
        run here --landlock ro:/bin,read+make+remove+write:/open,read+make+remove+write:/closed @ sh -c 'ln /open/file /closed/ln; mv /open/file /open/moved; cat /open/moved'
        expect_output $'ln: /closed/ln: Invalid cross-device link\nopen' || expect_in_output "ross-device" $'\nopen'
        run -0 here --landlock ro:/bin,rw:/open,rw:/closed @ sh -c 'ln /open/moved /closed/ln && cat /closed/ln'
        expect_output open
        run -126 here --landlock read:/bin @ true
        expect_in_output "execute 'true': permission denied" "Landlock's rules"
        run -125 here --landlock ro:/missing @ true
        expect_in_output "--landlock: make the rules of Landlock: open '/missing': No such file" "when it starts"
        # Of a file, with all rights that there are.
        run -1 here --landlock ro:/bin,rw:/open/moved @ sh -c 'echo more >>/open/moved && cat /open/moved /closed/file'
        expect_output $'open\nmore\ncat: can\'t open \'/closed/file\': Permission denied'
}

@test "TCP: one port on either side, any, none" {
        needs_host
        text='
import socket
def tried(name, *address):
        s = socket.socket()
        try:
                getattr(s, name)(address)
                print(name, address[1], "done")
        except OSError as e:
                print(name, address[1], e.strerror)
for port in 7001, 7002:
        tried("bind", "127.0.0.1", port)
        tried("connect", "127.0.0.1", port)
'
        run -0 python --landlock tcp-bind:7001,tcp-connect:7002 <<<"$text"
        expect_output $'bind 7001 done\nconnect 7001 Permission denied\nbind 7002 Permission denied\nconnect 7002 Connection refused'
        run -0 python --landlock tcp-bind:any,tcp-connect:7001 <<<"$text"
        expect_output $'bind 7001 done\nconnect 7001 Connection refused\nbind 7002 done\nconnect 7002 Permission denied'
        run -0 python --landlock tcp <<<"$text"
        expect_output $'bind 7001 Permission denied\nconnect 7001 Permission denied\nbind 7002 Permission denied\nconnect 7002 Permission denied'
}

@test "scope: no signal to what runs outside, and none of its abstract sockets; its own are its own" {
        local listener
        needs_host
        become_ward run --name "$ID" --landlock scope:signal "$ROOT" sh -c 'sleep 100 & sleep 0.1; kill $! && echo own; while :; do sleep 1; done' >"$WORK/own" 3>&- &
        PID=$!
        wait_until 20 grep -q own "$WORK/own"
        run -1 ward exec "$ID" kill -0 1
        expect_in_output "Operation not permitted"
        run -0 ward exec "$ID" sh -c 'sleep 100 & kill $!'
        ward kill -s KILL "$ID"
        wait "$PID" || true
        ward rm -f "$ID" 2>/dev/null || true

        python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind("\0" + sys.argv[1])
s.listen()
print("listening", flush=True)
while True: s.accept()' "$ID" >"$WORK/listening" 3>&- &
        listener=$!
        wait_until 20 grep -q listening "$WORK/listening"
        text="
import socket
s = socket.socket(socket.AF_UNIX)
try:
        s.connect('\\0$ID')
        print('connected')
except OSError as e:
        print(e.strerror)"
        run -0 python --network host --landlock scope:signal <<<"$text"
        expect_output connected
        run -0 python --network host --landlock scope:abstract <<<"$text"
        expect_output "Operation not permitted"
        kill "$listener"
}

@test "in the strength line and the plan; what a kernel can't do is an error, or left out by best-effort" {
        run -0 --separate-stderr here --strength --landlock system,ro:/bin,tcp,scope @ true
        [[ $stderr == *"landlock abi "[0-9]*": files, tcp-bind, tcp-connect, signals, abstract sockets" ]] || shown
        run -0 --separate-stderr here --strength @ true
        [[ $stderr == *"landlock no (not asked for)" ]] || shown
        run -125 here --require landlock @ true
        expect_in_output "option '--require': landlock: not asked for" "--landlock system"
        run -0 here --require landlock --landlock scope @ true
        run -125 here --landlock fs,ro:/bin,abi:99 @ true
        expect_in_output "'abi:99' takes ABI 99 of Landlock, and this kernel has" "best-effort"
        run -0 here --landlock ro:/bin,abi:99,best-effort @ true
        run -0 ward run --dry-run --name "$ID" --landlock ro:/usr,read-file:/etc,tcp-connect:443,scope "$ROOT" true
        expect_in_output "make the rules of Landlock: refuse files, tcp-bind, tcp-connect, signals, abstract sockets but ro:/usr read-file:/etc tcp-connect:443" \
                "put the rules of Landlock in force"
        for words in sytem "did you mean 'system'" tcp-conect:1 "did you mean 'tcp-connect'" rw:tmp "not name an absolute path"; do
                [[ $words == *" "* ]] || { run ward run --name "$ID" --landlock "$words" "$ROOT" true; continue; }
                [[ $status -eq 125 ]] || shown
                expect_in_output "option '--landlock'" "$words"
        done
}

@test "where Landlock's calls are refused or made up, nothing runs" {
        local deny=$WARD_BUILD/tests/shim/deny call
        run -125 "$deny" ENOSYS landlock_create_ruleset -- "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm --name "$ID" --landlock ro:/bin "$ROOT" echo RAN
        expect_in_output "Landlock is not in force in this kernel"
        expect_not_in_output RAN
        run -0 "$deny" ENOSYS landlock_create_ruleset -- "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm --name "$ID" --landlock ro:/bin,best-effort "$ROOT" echo RAN
        expect_output RAN
        # What comes last is as the execution is.
        for call in landlock_add_rule landlock_restrict_self; do
                run "$deny" EPERM "$call" -- "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm --name "$ID" --landlock ro:/bin,best-effort "$ROOT" echo RAN
                ((status == (${#call} == 17 ? 125 : 126))) || shown
                expect_in_output "rules of Landlock"
                expect_not_in_output RAN
        done
}

@test "with --init, with --privileged, without no_new_privs; and for the program of an ordinary user" {
        run -0 here --init --landlock system,ro:/bin,scope @ sh -c 'kill -0 1 2>/dev/null || echo refused; cat /closed/file 2>/dev/null || echo refused'
        expect_output $'refused\nrefused'
        run -1 here --privileged --landlock ro:/bin @ cat /closed/file
        expect_in_output "Permission denied"
        run here --security-opt no-new-privileges=false --seccomp unconfined --cap-drop ALL --landlock ro:/bin,ro:/proc @ sh -c 'cat /closed/file; grep -E "CapEff|NoNewPrivs" /proc/self/status'
        expect_in_output "Permission denied" $'CapEff:\t0000000000000000' $'NoNewPrivs:\t0'
        run -1 here -u 1000:1000 --landlock ro:/bin @ cat /closed/file
        expect_in_output "Permission denied"
}
