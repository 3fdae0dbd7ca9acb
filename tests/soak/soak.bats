#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Many starts and stops, and nothing is left. What is counted, and how, is told in tests/soak/measure.c; './dev soak' does it 50 times as often.

load ../helpers

setup() {
        needs_root
        # What a sanitized program leaves does not depend on how often, and it is slow.
        CYCLES=2000 MANY=1000 NAMESPACES=300
        [[ -z ${WARD_SANITIZED:-} ]] || CYCLES=300 MANY=60 NAMESPACES=40
        ward_setup
}

teardown() {
        ward_teardown
}

# soak OPTION N...: shows the table when something is left.
soak() {
        # Not in $WORK: an ordinary user has to get there.
        TMPDIR=/tmp "$WARD_SOURCE/tests/soak/run" "$WARD_BUILD" "$@" >table 2>&1 3>&- || { cat table; return 1; }
        grep -qx 'Nothing is left.' table
}

# Before and after: descriptors, memory, mounts, groups, keys, processes, and the state directory.
@test "2,000 starts and stops in every way leave nothing" {
        soak --cycles "$CYCLES"
        grep -q "^$CYCLES starts and stops" table
        # All that has to be equal was counted.
        (($(grep -cE ' as before +ok$' table) >= 8))
}

@test "1,000 containers at once start, are all known, and stop" {
        soak --many "$MANY"
        grep -q "^$MANY containers at once" table
}

@test "no start leaves a namespace" {
        soak --namespaces "$NAMESPACES"
        grep -q "^$NAMESPACES starts with room for" table
}
