#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# V8: nothing in a container gets to write the runtime's own file, by way of /proc/PID/exe of a process that still runs it. The container has
# every capability and the host's root for root, and a hunter in it; the runtime is a copy, which may be lost.
# shellcheck disable=SC2154

load helpers/escape

setup() {
        escape_setup
        # strace and the search for leaks exclude each other.
        export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
        cp "$(itself ward-oci)" "$WORK/ward-oci"
        sha256sum "$WORK/ward-oci" >"$WORK/sum"
        INODE=$(stat -c %i "$WORK/ward-oci")
        make_bundle /hunter 100
        edit '.process.capabilities |= map_values(["CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_CHOWN", "CAP_FOWNER"])
                | .process.noNewPrivileges = false | .root.readonly = false | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
        install "$WARD_BUILD/tests/escape/hunter" "$BUNDLE/rootfs/hunter"
        # The interpreter is the runtime again, which waits until somebody reads its log.
        printf '#!/proc/self/exe --log=/log\n' >"$BUNDLE/rootfs/again"
        chmod 755 "$BUNDLE/rootfs/again"
        mkfifo "$BUNDLE/rootfs/log"
        libraries "$BUNDLE/rootfs"
}

# The libraries of a development build, which is not static.
libraries() {
        local file
        for file in $(ldd "$WORK/ward-oci" | grep -o '/[^ ]*'); do
                [[ ! -f $file ]] || install -D "$file" "$1$file"
        done
}

teardown() {
        rm -rf -- ${OPEN:+"$OPEN"}
        escape_teardown
}

# The hunter can't write the file, but while it tries to open it the kernel refuses to execute it for a moment (docs/SECURITY.md), also to this
# shell, which says 126 then: tried again.
copy() {
        local status
        for _ in {1..20}; do
                status=0
                "${REFUSED[@]}" "$WORK/ward-oci" --root "$WORK/state" "$@" || status=$?
                [[ $status -eq 126 ]] || break
        done
        return "$status"
}

start_hunter() {
        copy run -d -b "$BUNDLE" "$ID" >"$WORK/hunted" 2>&1
        wait_until 5 grep -q seen "$WORK/hunted"
}

# The runtime that waits for a reader of its log is let go; the hunter has all the time before and some after.
let_go() {
        wait_until 10 grep -q "^seen $INODE\$" "$WORK/hunted"
        timeout 10 cat "$BUNDLE/rootfs/log" >"$WORK/logged"
        sleep 0.3
}

unharmed() {
        ! grep -E "^(opened|wrote) $INODE\$" "$WORK/hunted" || return 1
        sha256sum --quiet -c "$WORK/sum"
}

@test "V8: the hunter can do it: a file that is not protected is overwritten" {
        start_hunter
        cp "$WORK/ward-oci" "$BUNDLE/rootfs/victim"
        INODE=$(stat -c %i "$BUNDLE/rootfs/victim")
        copy exec "$ID" /victim --log=/log state x &
        let_go
        wait
        wait_until 5 grep -q "^wrote $INODE\$" "$WORK/hunted"
        [[ $(head -n 1 "$BUNDLE/rootfs/victim") == '#!/bin/false' ]]
}

# What is executed is the hunter itself, the one file of the container that is always busy.
@test "V8: exec: 25 times, and with the runtime as the program's interpreter" {
        start_hunter
        for _ in {1..25}; do
                copy exec "$ID" /hunter 0 >>"$WORK/hunted"
        done
        copy exec "$ID" /again &
        let_go
        wait $! || true
        unharmed
        # Also while somebody tries to open the file for writing: from a sealed copy in memory, whose inode is another. The clone is executed
        # before libc's start, where the build has that, and tried again behind it.
        for busy in 1 1..2; do
                strace -o "$WORK/trace" -e trace=memfd_create,execveat -e inject=execveat:error=ETXTBSY:when=$busy \
                        "$WORK/ward-oci" --root "$WORK/state" exec "$ID" /hunter 0 >>"$WORK/hunted"
                ! grep -q memfd_create "$WORK/trace" || break
        done
        grep -q 'memfd_create("ward".*) = ' "$WORK/trace"
        unharmed
        # And where mounts can't be cloned.
        for _ in {1..5}; do
                strace -o "$WORK/trace" -e trace=open_tree,memfd_create,execveat -e inject=open_tree:error=EPERM \
                        "$WORK/ward-oci" --root "$WORK/state" exec "$ID" /hunter 0 >>"$WORK/hunted"
        done
        grep -q 'memfd_create("ward".*) = ' "$WORK/trace"
        grep -q 'execveat(.*) = 0' "$WORK/trace"
        unharmed
        ! grep ^wrote "$WORK/hunted" || return 1
}

@test "V8: create: its init waits in the sight of what is executed in the container" {
        copy create -b "$BUNDLE" "$ID" >"$WORK/logs" 2>&1
        copy exec -d "$ID" /hunter 100 >"$WORK/hunted" 2>&1
        wait_until 10 grep -q "^seen $INODE\$" "$WORK/hunted"
        copy start "$ID"
        sleep 0.3
        unharmed
}

@test "V8: run in a pid namespace with others" {
        start_hunter
        edit --arg pid "$(copy state "$ID" | jq -r .pid)" '.process.args = ["/again"]
                | (.linux.namespaces[] | select(.type == "pid")).path = "/proc/\($pid)/ns/pid"'
        copy run -b "$BUNDLE" "$ID-2" &
        let_go
        wait $! || true
        unharmed
}

@test "V8: run in a pid namespace of its own: nobody is let in while the program is the runtime" {
        edit '.process.args = ["/again"]'
        copy run -b "$BUNDLE" "$ID" >"$WORK/logs" 2>&1 &
        wait_until 5 has_status "$ID" running
        run copy exec "$ID" /hunter 1
        [[ $status -eq 255 && $output == *"init runs no program of the container yet"*/proc/self/exe* ]] || shown
        timeout 10 cat "$BUNDLE/rootfs/log" >"$WORK/logged"
        wait $! || true
        unharmed
}

@test "V8: the runtime as pid 1 takes its own file out of sight before anything else" {
        printf '#!/proc/self/exe features\n' >"$BUNDLE/rootfs/again"
        edit '.process.args = ["/again"]'
        run -1 strace -f -qq -e trace=execve,execveat -e signal=none -o "$WORK/trace" \
                "$WORK/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        [[ $output == *features* ]]
        # It starts again, and the run outside did not.
        [[ $(grep -c execveat "$WORK/trace") == 1 ]]
        sed -n '\|execve("/again"|,$p' "$WORK/trace" | grep -q execveat
}

@test "V8: the runtime works from a mount that is read-only" {
        needs_program unshare
        # shellcheck disable=SC2016
        unshare --mount --propagation private sh -ec 'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"
                "$1" --root "$2" run -b "$3" "$4"' sh "$WORK/ward-oci" "$WORK/state" "$BUNDLE" "$ID" >"$WORK/hunted" 2>&1 &
        wait_until 5 grep -q seen "$WORK/hunted"
        copy kill "$ID" KILL
        wait $! || true
        unharmed
}

@test "V8: a file that a user's group may write is out of sight for him, too, also where nobody says whether it may" {
        local code words
        needs_program strace
        OPEN=$(mktemp -d -t "$ID.XXXXXX")
        chmod 755 "$OPEN"
        cp "$(itself ward-oci)" "$OPEN/ward-oci"
        cp "$WARD_BUILD/tests/shim/deny" "$OPEN/deny"
        chown 0:1234 "$OPEN/ward-oci"
        chmod 775 "$OPEN/ward-oci"
        # starts_again WORD...
        starts_again() {
                strace -f -qq -e trace=execveat -e signal=none -o "$WORK/trace" setpriv --reuid 1234 --regid 1234 --clear-groups --inh-caps=-all \
                        --bounding-set=-all "$@" "$OPEN/ward-oci" --root "$OPEN/state" exec nothing true || true
                grep -q execveat "$WORK/trace"
        }
        for code in none ENOSYS EPERM; do
                words=("$OPEN/deny" "$code" faccessat2 --)
                [[ $code != none ]] || words=()
                starts_again "${words[@]}" || { echo "$code: it runs from its own file"; return 1; }
        done
        # One that he may not write stays as it is: the test can fail.
        chmod 755 "$OPEN/ward-oci"
        run ! starts_again
}

@test "V6: a /proc that is made up does not choose the program that ward runs again" {
        local verb
        [[ -z ${WARD_SANITIZED:-} ]] || unable "a sanitized program does not start without /proc"
        for verb in exec create; do
                # shellcheck disable=SC2016  # the inner shell's
                run unshare -m --propagation private bash -c 'mount -t tmpfs proc /proc && mkdir /proc/self && ln -s /bin/echo /proc/self/exe && exec "$@"' \
                        bash "$(itself ward-oci)" --root "$WORK/state" "$verb" marker true
                [[ $status -ne 0 && $output != *"$verb marker true" ]] || shown
                expect_in_output "what is mounted there is not procfs"
        done
}

# It is the runtime's own code, and stays as long as the container.
@test "V8: the first process of 'ward run --init' is a file that cannot be written" {
        rootfs "$WORK/root"
        cp "$ATTACKERS/hunter" "$WORK/root/hunter"
        run -0 ward run --rm --init --cap-add SYS_PTRACE --name "$ID" "$WORK/root" /hunter 1
        # The hunter saw two files, itself and the first process.
        [[ $(grep ^seen <<<"$output" | sort -u | wc -l) -eq 2 ]] || shown
        ! grep -E '^(opened|wrote) ' <<<"$output" || shown
}
