#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The helpers themselves: what the other suites rely on to fail does fail.

load ../helpers

setup() { ward_setup; }
teardown() { cd / && umount "$WORK/leak" 2>/dev/null; rm -rf --one-file-system "$WORK"; }

@test "teardown finds nothing where nothing was left" {
        mkdir kept
        run ward_teardown
        expect_status 0
}

@test "teardown finds a mount" {
        needs_root
        mkdir leak
        mount -t tmpfs tmpfs leak
        run ward_teardown
        expect_status 1
        expect_in_output "mount $WORK/leak"
}

@test "teardown finds state" {
        mkdir -p state/forgotten
        run ward_teardown
        expect_status 1
        expect_in_output forgotten
}

@test "teardown finds a process" {
        rootfs root
        "$WORK/root/bin/sleep" 60 3>&- &
        local pid=$!
        run ward_teardown
        kill "$pid"
        expect_status 1
        expect_in_output "process $pid"
}

@test "expectations fail on what they do not find" {
        run echo some text
        run ! expect_output "some"
        run echo some text
        run ! expect_in_output some other
        run false
        run ! expect_status 0
}
