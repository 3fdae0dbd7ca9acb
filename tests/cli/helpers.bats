#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The helpers themselves: what the other suites rely on to fail does fail.

load ../helpers

setup() { ward_setup; }
teardown() { cd / && umount "$WORK/leak" 2>/dev/null; rm -rf --one-file-system "$WORK"; }

ended() { ! grep -q '^State:.[^ZX]' "/proc/$1/status" 2>/dev/null; }

@test "teardown finds nothing where nothing was left, or compiled filters alone" {
        mkdir -p kept state/.cache
        run ward_teardown
        expect_status 0
        expect_output ""
}

@test "teardown finds a mount, and takes it away" {
        needs_root
        mkdir leak
        mount -t tmpfs tmpfs leak
        run ward_teardown
        expect_status 1
        expect_in_output "mount $WORK/leak"
        run ! grep -F "$WORK" /proc/self/mountinfo
}

@test "teardown finds state, in a further directory, too" {
        mkdir -p state/forgotten
        run ward_teardown
        expect_status 1
        expect_in_output forgotten
        mkdir -p "$WORK"
        : >"$WORK/before"
        mkdir -p "$WORK/other/state/abandoned"
        run ward_teardown "$WORK/other"
        expect_status 1
        expect_in_output abandoned
}

@test "teardown finds a process, and ends it" {
        rootfs root
        "$WORK/root/bin/sleep" 60 3>&- &
        wait_until 5 grep -qx sleep "/proc/$!/comm"
        run ward_teardown
        expect_status 1
        expect_in_output "process $!"
        wait_until 5 ended $!
}

@test "teardown finds a group, and removes it with what is in it; a job that nothing shows to be the test's ends, too" {
        needs_root
        local group job
        group=$(find /sys/fs/cgroup -maxdepth 2 -name cgroup.procs -printf '%h\n' -quit)/$ID
        mkdir -p "$group-1/below" || unable "groups can't be made here"
        sleep 60 3>&- &
        job=$!
        sh -c 'echo $$ >"$1/below/cgroup.procs"; exec setsid sleep 60' sh "$group-1" 3>&- &
        wait_until 5 grep -q . "$group-1/below/cgroup.procs"
        run ward_teardown
        expect_status 1
        expect_in_output "group $group-1"
        [[ ! -e $group-1 ]]
        wait_until 5 ended "$job"
}

@test "expectations fail on what they do not find" {
        run echo some text
        run ! expect_output "some"
        run echo some text
        run ! expect_in_output some other
        run false
        run ! expect_status 0
}
