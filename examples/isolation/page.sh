#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Inside the container: what the kernel tells this process about itself, as lines "KEY|VALUE", and what it is refused, as lines
# "try|WHAT|ANSWER". Then it waits until its input ends, so that the other side can look at it from outside. busybox's programs are enough.

status() { sed -n "s/^$1:[[:space:]]*//p" /proc/self/status; }
names() { for name in "$1"/$2; do printf '%s ' "${name##*/}"; done; }
count() { wc -l | tr -d ' '; }

echo "user|$(id -un) ($(id -u))"
echo "capabilities|$(status CapEff)"
echo "map|$(tr -s ' ' </proc/self/uid_map | sed 's/^ //')"
echo "hostname|$(hostname)"
echo "processes|$(names /proc '[0-9]*' | wc -w | tr -d ' ')"
echo "interfaces|$(names /sys/class/net '*')"
echo "devices|$(find /dev -type b -o -type c | count)"
echo "root|$(awk '$5 == "/" { print $4; exit }' /proc/self/mountinfo), $(names / '*')"
echo "privileges|$(status NoNewPrivs)"
echo "seccomp|$(status Seccomp)"
echo "filters|$(status Seccomp_filters)"
echo "groups|$(sed -n 's/^[0-9]*:[^:]*:\(.*\)/\1/p' /proc/self/cgroup | sort -u | tr '\n' ' ')"

# try WHAT COMMAND...: the command's own last words when it fails.
try() {
        what=$1
        shift
        if answer=$("$@" 2>&1); then
                echo "try|$what|DONE"
        else
                echo "try|$what|refused: $(echo "$answer" | tail -n 1 | sed 's/.*: //')"
        fi
}

# busybox's date says that it can't, and ends as if it could.
set_clock() {
        ! date -s 2000-01-01 2>&1 | grep "can't"
}

# To what it is already: if the kernel let it happen, nothing would have changed.
set_core_pattern() {
        cat /proc/sys/kernel/core_pattern >"$work/pattern"
        cat "$work/pattern" >/proc/sys/kernel/core_pattern
}
raise_limit() {
        for file in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
                [ ! -e "$file" ] || echo 1g >"$file" || return 1
        done
}
# The shell that can't fork any more ends; its children are ended by what it leaves to its trap.
start_many() {
        sh -c 'trap "kill \$pids" EXIT
                while [ "${n:=0}" -lt 80 ]; do
                        sleep 9 >/dev/null 2>&1 &
                        pids="$pids $!" n=$((n + 1))
                done'
}
work=/tmp

try "write a file into the root" touch /written
try "mount a file system" mount -t tmpfs none /tmp
try "make a user namespace of its own" unshare -U true
try "make a device node for the disk" mknod /tmp/disk b 8 0
try "change the machine's clock" set_clock
try "change the host name" hostname other
try "change a setting of the kernel" set_core_pattern
try "read the kernel's log" dmesg
try "load a kernel module" insmod /bin/busybox
try "open a raw network socket" ping -c 1 -W 1 127.0.0.1
try "reach another machine" nc -w 1 192.0.2.1 80
try "change its root" chroot /tmp /bin/true
try "raise its own memory limit" raise_limit
try "start more than 64 processes" start_many
# shellcheck disable=SC2154  # the caller sets it
try "signal a process of the machine ($outside_pid)" kill -0 "$outside_pid"

echo "end|"
cat >/dev/null
