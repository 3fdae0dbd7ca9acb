# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What an escape would leave on the host: host_state prints it, two of its outputs are compared. ../isolated looks at the machine, before
# and after a whole file, and escape.bash at the test's own namespaces, before and after each test.

# host_state WORK ID: what is there and is not for tests at WORK, whose containers and groups carry ID, to change. Others may be at work on
# the machine: of mounts and groups only those count that are known to be ours or in a namespace that is ours alone.
host_state() {
        local work=$1 id=$2 own=${WARD_ISOLATED:+all}
        awk -v work="$work" -v own="$own" 'own || index($0, work) { print "mount", $1, $2, $3, $4, $5, $6, $7, $8 }' /proc/self/mountinfo
        # Groups of others go while we look.
        { find /sys/fs/cgroup -type d -name "*$id*" -printf 'group %p\n' 2>/dev/null || true; } | sort
        cut -d : -s -f 1 /proc/net/dev | sed 's/^ */link /'
        # crun gives its standard input, which may be the machine's /dev/null, to the container's root: owners count where nobody else is.
        find /dev -xdev ! -type l -exec stat -c "%n %F %t:%T %a${own:+ %u:%g}" {} + | sort
        find /dev -xdev -type l -printf '%p -> %l\n' | sort
        settings
        # A new keyring of root's, or a key in the ones that all of root's processes share. Those of a user namespace are shown to who
        # happens to possess them alone (proc_keys(5)).
        grep -q ' 4294967295$' /proc/self/uid_map || return 0
        { awk '$9 ~ /^_uid/ { print "keyring", $1, $5, $6, $7, $9, $10 }' /proc/keys 2>/dev/null || true; } | sort
}

# Settings that tests of ours try to change, and those that would hand the machine over.
settings() {
        (cd /proc/sys && grep -rs . kernel/{core_pattern,core_uses_pid,hostname,domainname,modprobe,panic,printk,shmmax,shm_rmid_forced,sysrq} \
                kernel/{kptr_restrict,dmesg_restrict,perf_event_paranoid,unprivileged_bpf_disabled,yama} \
                vm/{overcommit_memory,swappiness,mmap_min_addr} fs/{file-max,mqueue,suid_dumpable,protected_symlinks} user \
                net/ipv4/{ip_forward,ip_default_ttl,ip_local_port_range,ping_group_range,tcp_syncookies} net/ipv4/conf/{all,default} \
                net/unix | sort) || true
        cat /sys/fs/cgroup/{*/,}release_agent 2>/dev/null || true
}
