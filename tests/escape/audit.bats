#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The audit that all other tests of this folder trust: it notices every kind of change, and forgets none that was taken back.
# shellcheck disable=SC2154

load helpers/escape

setup() { escape_setup; }
teardown() { escape_teardown; }

# notices DO UNDO: two commands of the shell.
notices() {
        eval "$1"
        run audit_end
        eval "$2"
        [[ $status -eq 1 && $output == *"has changed"* ]] || { echo "not noticed: $1"; shown; }
        audit_end
}

@test "the audit notices what an escape would leave" {
        local group=/sys/fs/cgroup/unified/$ID agent
        [[ -d ${group%/*} ]] || group=/sys/fs/cgroup/$ID
        touch -d @1000000000 "$CANARY/dir/file"
        audit_begin
        notices "mount -t tmpfs new '$WORK/canary/pts'" "umount '$WORK/canary/pts'"
        notices "mount --bind /etc/hostname /dev/null" "umount /dev/null"
        notices "mount -o remount,bind,ro /dev" "mount -o remount,bind,rw /dev"
        notices "mkdir '$group'" "rmdir '$group'"
        notices "ip link add audit-a type veth peer name audit-b" "ip link delete audit-a"
        # Where nobody can make nodes, those of /dev are the machine's, and not ours to change.
        if is_machine_root; then
                notices "chmod 600 /dev/null" "chmod 666 /dev/null"
                notices "chown 100000 /dev/zero" "chown 0 /dev/zero"
                notices "mv /dev/full /dev/gone" "mv /dev/gone /dev/full"
                notices "rm /dev/full; mknod -m 666 /dev/full c 1 5" "rm /dev/full; mknod -m 666 /dev/full c 1 7"
        fi
        notices "ln -sf /evil /dev/stdin" "ln -sf '$(readlink /dev/stdin)' /dev/stdin"
        notices "echo 77 >/proc/sys/net/ipv4/ip_default_ttl" "echo 64 >/proc/sys/net/ipv4/ip_default_ttl"
        notices "echo 1 >/proc/sys/net/ipv4/ip_forward" "echo 0 >/proc/sys/net/ipv4/ip_forward"
        notices "hostname changed" "hostname '$(hostname)'"
        # Where root has no keyring yet, one that is made stays.
        ! is_machine_root || ! grep -q ' _uid\.0: ' /proc/keys ||
                notices "key=\$('$ATTACKERS/probe' add-user-key '$ID')" "'$ATTACKERS/probe' remove-user-key \$key"
        # The machine's own, of v1 alone: one that is in use stays as it is.
        agent=$(grep -L . /sys/fs/cgroup/*/release_agent 2>/dev/null | head -n 1)
        [[ -z $agent ]] || notices "echo /bin/true >'$agent'" "echo >'$agent'"
        notices "echo 12345678 >/proc/sys/kernel/shmmax" "echo '$(cat /proc/sys/kernel/shmmax)' >/proc/sys/kernel/shmmax"
}

# What can't be taken back, the times of files, one each.
@test "the audit notices what happened to a directory that no container has" {
        local change
        for change in "touch '$CANARY/new'" "echo x >>'$CANARY/marker'" "echo 'xost marker' >'$CANARY/marker'" "chmod 600 '$CANARY/marker'" \
                "chown 1 '$CANARY/dir'" "touch '$CANARY/dir/file'" "rm '$CANARY/ptmx'" "ln '$CANARY/marker' '$CANARY/dir/hard'" \
                "ln -sf x '$CANARY/console'" "setfattr -n user.x -v y '$CANARY/dir'"; do
                command -v setfattr >/dev/null || [[ $change != setfattr* ]] || continue
                audit_begin
                eval "$change"
                run audit_end
                [[ $status -eq 1 && $output == *"the canary has changed"* ]] || { echo "not noticed: $change"; shown; }
                audit_begin
        done
}
