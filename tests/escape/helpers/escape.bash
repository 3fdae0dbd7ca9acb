# SPDX-License-Identifier: Apache-2.0
# What the files of tests/escape share; a file loads this one alone. Their names carry the rows of docs/SECURITY.md.
# shellcheck shell=bash disable=SC2034,SC2154
#
# Every test stands between two looks at the host: audit_begin notes it, audit_end compares. $CANARY is a directory of the host that
# no container has been given; all that an attack reaches for lies there.

load ../oci/helpers/common

# What the attackers of helpers/*.c are built to; static, so that they run in any root file system.
ATTACKERS=$WARD_BUILD/tests/escape

escape_setup() {
        ward_setup
        needs_root
        CANARY=$WORK/canary
        mkdir -p "$CANARY/dir" "$CANARY/pts"
        for name in ptmx console resolv.conf marker dir/file; do
                echo "host $name" >"$CANARY/$name"
        done
        audit_begin
}

escape_teardown() {
        local ok=true id
        for id in $(oci list -q); do
                oci delete --force "$id"
        done
        audit_end || ok=false
        remove_all || ok=false
        $ok
}

# Names, types, owners, sizes, times and content of the canary; every mount; the groups of this test; all names beside the canary.
host_state() {
        (cd "$CANARY" && find . -printf '%p %y %m %U:%G %s %n %T@ %C@ %l\n' | sort && find . -type f -exec sha256sum {} + | sort -k 2)
        # Other tests, that may run at the same time, mount in directories of their own.
        awk -v work="$WORK" '$5 !~ /\/ward\./ || index($5, work) { print $1, $2, $3, $4, $5, $6, $7, $8 }' /proc/self/mountinfo
        groups_of "$ID"
        stat -c '%n %t:%T %a %u:%g' /dev/null /dev/zero /dev/tty /dev/console /dev/ptmx
        cat /proc/sys/kernel/{core_pattern,hostname,domainname,panic}
}

audit_begin() { host_state >"$WORK/.audit"; }

audit_end() {
        cd / || return 1
        host_state | diff "$WORK/.audit" - >"$WORK/.audit.diff" || {
                echo "the host has changed ('>' is new):"
                cat "$WORK/.audit.diff"
                return 1
        }
}

# with_probe: puts the attacker's program into the image of the bundle.
with_probe() { cp "$ATTACKERS/probe" "$BUNDLE/rootfs/bin/probe"; }

# The start was refused, or it worked and was confined, which the caller looks at. Never did it crash or hang.
refused_or_confined() {
        run timeout 20 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        ((status == 0 || status == 1)) || shown
}

# refuses PATTERN: the config of the bundle is refused with a message that matches, and nothing ran.
refuses() {
        rm -f "$WORK/ran"
        run timeout 20 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        [[ $status -eq 1 && $output =~ $1 ]] || { echo "wanted status 1 and a match of: $1"; shown; }
        [[ $output != *RAN* ]] || { echo "the program ran"; shown; }
}
