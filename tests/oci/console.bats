#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Terminals and pidfds that are handed to an engine over a socket.
# shellcheck disable=SC2154

load helpers/common

setup() {
        ward_setup
        needs_root
        SOCKET=$WORK/socket
        OUT=$WORK/out
}

teardown() {
        [[ -z ${RECEIVER:-} ]] || kill "$RECEIVER" 2>/dev/null || true
        remove_all
}

# receive KIND [TYPED]: starts the receiver in the background; its output is $OUT.
receive() {
        "$HELPERS/receive.py" "$1" "$SOCKET" "${@:2}" >"$OUT" 2>&1 3>&- &
        RECEIVER=$!
        wait_until 5 test -S "$SOCKET"
}

@test "--console-socket gets the master of the container's own terminal" {
        make_bundle sh -c 'tty; test -c /dev/console; echo $?; stty size; read line; echo "<$line>"'
        edit '.process.terminal = true | .process.consoleSize = {height: 33, width: 77}'
        receive console typed
        oci run -d --console-socket "$SOCKET" -b "$BUNDLE" "$ID"
        wait "$RECEIVER"
        grep -q '^/dev/\(pts/0\|console\)' "$OUT"
        grep -q '^33 77' "$OUT"
        grep -q '^<typed>' "$OUT"
}

@test "run -t, exec -t: where nobody reads any more the terminal is hung up, and nothing stays" {
        make_bundle sh -c 'trap "exit 9" HUP; while :; do echo; sleep 0.05; done'
        edit '.process.terminal = true'
        { timeout -s KILL 30 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID" </dev/null || echo $? >code; } 2>said | head -n 1
        [[ $(<code) == 9 ]] || { cat code said; return 1; }
        edit '.process.terminal = false | .process.args = ["sleep", "100"]'
        oci run -d -b "$BUNDLE" "$ID"
        { timeout -s KILL 30 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" exec -t "$ID" sh -c 'trap "exit 9" HUP; while :; do echo; sleep 0.05; done' </dev/null || echo $? >code; } 2>said | head -n 1
        [[ $(<code) == 9 ]] || { cat code said; return 1; }
        oci delete --force "$ID"
        nothing_left
}

@test "exec -t with a console socket" {
        make_bundle sleep 100
        oci run -d -b "$BUNDLE" "$ID"
        receive console typed
        oci exec -d -t --console-socket "$SOCKET" "$ID" sh -c 'tty; read line; echo "<$line>"'
        wait "$RECEIVER"
        grep -q '^/dev/' "$OUT"
        grep -q '^<typed>' "$OUT"
}

@test "a terminal without anybody to take it is refused, and the other way round" {
        make_bundle true
        edit '.process.terminal = true'
        fails_with "console.socket" oci create -b "$BUNDLE" "$ID"
        fails_with "console.socket" oci run -d -b "$BUNDLE" "$ID"
        edit '.process.terminal = false'
        fails_with "(terminal|console.socket)" oci create --console-socket "$SOCKET" -b "$BUNDLE" "$ID"
        edit '.process.terminal = true'
        fails_with "No such file or directory" oci create --console-socket "$SOCKET" -b "$BUNDLE" "$ID"
        nothing_left
}

@test "exec: a terminal without anybody to take it is refused, and the other way round" {
        make_bundle sleep 100
        oci run -d -b "$BUNDLE" "$ID"
        fails_with "--tty: a terminal is asked for.*--console-socket" oci exec -d -t "$ID" true
        fails_with "use the console socket '$SOCKET': the process is to have no terminal" oci exec -d --console-socket "$SOCKET" "$ID" true
        echo '{"args": ["true"], "cwd": "/", "terminal": true}' >"$WORK/process.json"
        fails_with "terminal \($WORK/process.json line 1\): a terminal is asked for" oci exec -d -p "$WORK/process.json" "$ID"
        fails_with "No such file or directory" oci exec -d -p "$WORK/process.json" --console-socket "$SOCKET" "$ID"
}

@test "--pidfd-socket gets a pidfd of init" {
        [[ $(basename "$WARD_BUILD/bin/ward-oci") == ward-oci ]] || skip "another runtime"
        make_bundle sleep 100
        receive pidfd
        oci run -d --pidfd-socket "$SOCKET" -b "$BUNDLE" "$ID"
        wait_until 5 test -s "$OUT"
        [[ $(<"$OUT") == "$(oci state "$ID" | jq .pid)" ]]
        oci kill "$ID" KILL
        wait "$RECEIVER"
        [[ $(tail -1 "$OUT") == ended ]]
}

@test "the annotation run.oci.pidfd_receiver names such a socket, too" {
        [[ $(basename "$WARD_BUILD/bin/ward-oci") == ward-oci ]] || skip "another runtime"
        make_bundle sleep 100
        receive pidfd
        edit --arg socket "$SOCKET" '.annotations["run.oci.pidfd_receiver"] = $socket'
        oci run -d -b "$BUNDLE" "$ID"
        wait_until 5 test -s "$OUT"
        [[ $(<"$OUT") == "$(oci state "$ID" | jq .pid)" ]]
        oci kill "$ID" KILL
        wait "$RECEIVER"
        [[ $(tail -1 "$OUT") == ended ]]
}
