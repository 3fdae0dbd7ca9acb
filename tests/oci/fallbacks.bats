#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Where a system call is missing (ENOSYS) or refused by the filter of an outer sandbox (EPERM), a container either runs as it would
# otherwise, with every protection, or not at all, and the message names the call. docs/REQUIREMENTS.md has the list.
# shellcheck disable=SC2016,SC2154

load helpers/common

setup() {
        ward_setup
        needs_root
        # The search for leaks needs some of the denied calls itself.
        export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
        make_bundle sh -c "$(look)"
        edit '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["swapoff"], "action": "SCMP_ACT_ERRNO"}]}
                | .linux.resources.pids.limit = 77 | .root.readonly = true | .process.user.umask = 23
                | .mounts += [{"destination": "/data", "source": "'"$WORK"'/data", "options": ["bind", "ro", "nosuid", "nodev", "noexec"]}]'
        mkdir data bundle/rootfs/data
}

teardown() {
        remove_all
}

# What a container can see of its own isolation; equal in every run, whatever of the machine is in it. A mount's superblock options and
# source are its own affair.
look() {
        cat <<'TEXT'
exec 2>&1
grep -E '^(Cap|NoNewPrivs|Seccomp|Groups|Uid|Gid|NSpid|Umask)' /proc/self/status | grep -v NSpid
awk '{ print $4, $5, $6, ($7 == "-" ? "private" : "propagates") }' /proc/self/mountinfo
cat /proc/self/limits /proc/self/cgroup /sys/fs/cgroup/pids/pids.max /proc/sys/net/ipv4/ip_forward
echo "id $(id) session $(cut -d' ' -f6 /proc/self/stat) pid $$ host $(hostname)"
ls /proc/1/fd
for path in /proc/keys /proc/timer_list; do stat -c '%n %F %t:%T' $path; done
ls -A /sys/firmware /proc/acpi
for path in /x /data/x /proc/sys/kernel/panic /sys/x /sys/fs/cgroup/x; do ( : >$path ) && echo "wrote $path"; done
ls -lA /dev | awk '{ print $1, $3, $4, $5, $6, $NF }' | grep -v ' 0 '
ip link | grep -o '^[0-9]*: [a-z0-9]*:.*[<,]UP'
TEXT
}

# What is refused here is said here alone.
OCI=$(itself ward-oci)
DENY=$WARD_BUILD/tests/shim/deny
deny() { "$DENY" "$@"; }

# The same filter depth as in the runs that are compared with it; nothing calls swapon.
reference() {
        deny ENOSYS swapon -- "$OCI" --root "$WORK/state" run -b "$BUNDLE" "$ID" >reference
        # It looks where there is something to see.
        grep -q '^NoNewPrivs:.*1' reference
        grep -q '^Seccomp_filters:.*2' reference
        grep -q '/data ro,nosuid,nodev,noexec.* private$' reference
        grep -q '^/proc/keys character special file 1:3$' reference
        grep -q '^77$' reference
        ! grep wrote reference || return 1
        [[ $(wc -l <reference) -gt 60 ]]
}

# runs_alike CODE CALL...
runs_alike() {
        local code=$1
        shift
        timeout 20 "$DENY" "$code" "$@" -- "$OCI" --root "$WORK/state" run -b "$BUNDLE" "$ID" >seen 2>said ||
                { echo "$code $*: status $?"; cat said; return 1; }
        [[ ! -s said ]] || { echo "$code $*:"; cat said; return 1; }
        diff reference seen || { echo "$code $*: not as without"; return 1; }
        nothing_left
}

# refuses CODE CALL...: the first is named, and nothing of the container ran.
refuses() {
        local result=0
        timeout 20 "$DENY" "$1" "${@:2}" -- "$OCI" --root "$WORK/state" run -b "$BUNDLE" "$ID" >seen 2>said || result=$?
        ((result == 1)) || { echo "$1 $2: status $result"; cat said seen; return 1; }
        grep -qw "$2" said || { echo "$1 $2: the message does not name it"; cat said; return 1; }
        [[ ! -s seen ]] || { echo "$1 $2: something ran"; cat seen; return 1; }
        nothing_left
}

# The first column of a table of docs/REQUIREMENTS.md: calls_of HEADING.
calls_of() { sed -n "/^## $1/,/^## /p" "$WARD_SOURCE/docs/REQUIREMENTS.md" | sed -n 's/^| `\([a-z0-9_]*\)` .*/\1/p'; }

@test "what has a fall-back: the container is the same" {
        local call
        reference
        [[ $(calls_of "What has a fall-back" | wc -l) -ge 6 ]]
        for call in $(calls_of "What has a fall-back"); do
                runs_alike ENOSYS "$call"
                runs_alike EPERM "$call"
        done
}

@test "the whole new mount interface that has a fall-back, and clone3, at once" {
        reference
        runs_alike ENOSYS fsopen fsconfig fsmount move_mount clone3 faccessat2
        runs_alike EPERM fsopen fsconfig fsmount move_mount clone3 faccessat2
}

@test "what is needed: a refusal that names it, and nothing is left" {
        local call
        [[ $(calls_of 'What is needed$' | wc -l) -ge 15 ]]
        for call in $(calls_of 'What is needed$'); do
                refuses ENOSYS "$call"
                refuses EPERM "$call"
        done
}

# pretends CALL [OPTION...]: the call is answered as if it had been made, and was not. Nothing of the container runs, and the machine stays as it was:
# a start that believed it might change the caller's own namespaces, which are the test's for that.
pretends() {
        timeout -s KILL 20 unshare --mount --uts --net --ipc --propagation private -- "$DENY" NOTHING "$1" -- "$OCI" --root "$WORK/state" run "${@:2}" -b "$BUNDLE" "$ID" \
                >seen 2>said && { echo "$1: it ran"; cat seen; return 1; }
        grep -qw "${NAMED:-$1}" said || { echo "$1: the message does not say so"; cat said; return 1; }
        [[ ! -s seen ]] || { echo "$1: something ran"; cat seen; return 1; }
        nothing_left
}

@test "what is pretended to be done: a refusal, and nothing is left" {
        local call
        for call in umount2 pivot_root mount move_mount mount_setattr open_tree unshare close_range prlimit64 keyctl seccomp setgroups capset prctl \
                clone3 sethostname; do
                # The sanitizer's own start believes it, too, and ends.
                [[ $call == prlimit64 && -n ${WARD_SANITIZED:-} ]] || pretends "$call"
        done
        pretends chroot --no-pivot
        pretends fchdir --no-pivot
        NAMED=setsid pretends setsid
        NAMED="no effect" pretends umask
        NAMED=disappears pretends mkdirat
}

@test "what is pretended to be done: no process joins a container" {
        local call
        edit '.process.args = ["sleep", "100"]'
        oci run -d -b "$BUNDLE" "$ID"
        for call in setns keyctl close_range seccomp; do
                run -255 deny NOTHING "$call" -- "$OCI" --root "$WORK/state" exec "$ID" echo RAN
                [[ $output != *RAN* && $output == *"answers $call as if"* ]] || { echo "$call"; shown; }
        done
}

@test "no way at all to make a process" {
        refuses ENOSYS clone3 clone
        refuses EPERM clone3 clone
}

@test "a call that the config alone asks for" {
        edit '.domainname = "example"'
        refuses ENOSYS setdomainname
        refuses EPERM setdomainname
        edit 'del(.domainname)'
        refuses EPERM keyctl
        refuses ENOSYS seccomp
        refuses EPERM seccomp
        deny EPERM keyctl -- "$OCI" --root "$WORK/state" run --no-new-keyring -b "$BUNDLE" "$ID" >seen
        edit '.mounts |= map(if .destination == "/dev/shm" then .options += ["tmpcopyup"] else . end)'
        refuses ENOSYS fsopen
}

@test "a run whose end can't be waited for says so, and the container stays for delete" {
        edit '.process.args = ["true"]'
        run -1 deny ENOSYS waitid -- "$OCI" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        expect_in_output waitid
        has_status "$ID" stopped
        oci delete "$ID"
}

@test "exec joins by clone where clone3 is missing or refused" {
        local code
        edit '.process.args = ["sleep", "100"]'
        oci run -d -b "$BUNDLE" "$ID"
        oci exec "$ID" sh -c 'grep -E "^(Cap|NoNew|Seccomp:)" /proc/self/status; echo $PPID; cat /proc/self/cgroup' >reference
        for code in ENOSYS EPERM; do
                deny "$code" clone3 -- "$OCI" --root "$WORK/state" exec "$ID" \
                        sh -c 'grep -E "^(Cap|NoNew|Seccomp:)" /proc/self/status; echo $PPID; cat /proc/self/cgroup' >seen
                diff reference seen
                run -0 deny "$code" clone3 -- "$OCI" --root "$WORK/state" ps "$ID"
                expect_in_output "sleep 100"
                run -255 deny "$code" setns -- "$OCI" --root "$WORK/state" exec "$ID" true
                expect_in_output setns
                run -255 deny "$code" pidfd_open -- "$OCI" --root "$WORK/state" exec "$ID" true
                expect_in_output pidfd_open
                # A container whose init can't be looked at is not taken for a stopped one.
                run -1 deny "$code" pidfd_open -- "$OCI" --root "$WORK/state" delete "$ID"
                expect_in_output pidfd_open
                run -1 deny "$code" pidfd_send_signal -- "$OCI" --root "$WORK/state" kill "$ID" KILL
                expect_in_output pidfd_send_signal
        done
        has_status "$ID" running
        oci delete --force "$ID"
}

@test "a failed start ends its child without pidfd_send_signal" {
        edit '.hooks.createRuntime = [{"path": "/bin/false"}]'
        run -1 timeout 20 "$DENY" ENOSYS pidfd_send_signal -- "$OCI" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        expect_in_output createRuntime
        nothing_left
        edit '.hooks.createRuntime = [{"path": "/bin/sleep", "args": ["sleep", "60"], "timeout": 1}]'
        run -1 timeout 20 "$DENY" EPERM pidfd_send_signal -- "$OCI" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        expect_in_output "longer than its timeout"
}

@test "the document and the program know the same calls" {
        diff <(sed -n 's/^ *{"\([a-z0-9_]*\)", "\([0-9.]*\).*/\1 \2/p' "$WARD_SOURCE/src/kern/require.c" | sort) \
                <(sed -n 's/^| `\([a-z0-9_]*\)` *| \([0-9.]*\) .*/\1 \2/p' "$WARD_SOURCE/docs/REQUIREMENTS.md" | sort)
}
