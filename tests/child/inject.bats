# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Every system call and every allocation of a command fails in turn, and either side is killed at every boundary between two system calls:
# tests/child/inject does it and judges. Here a sample of it; all of it with WARD_TEST_FULL=1, and with ./dev inject. WARD_TEST_PART=K/N: one part of
# the sample, where several machines share it.

load ../helpers

setup() {
        needs_root
        ward_setup
        needs_program nm
}

teardown() {
        ward_teardown
}

# inject ACTION STEP SANITIZED_STEP COMMAND...: each STEP-th place. A sanitized program makes many more calls, most of them its own. No step is
# a multiple of 5, so that each meets all five errors. With ONE_ERROR they are places of those where each call fails once.
inject() {
        local action=$1 step=${WARD_SANITIZED:+$3}
        [[ -z ${WARD_TEST_FULL:-} ]] || step=1 ONE_ERROR=
        "$WARD_SOURCE/tests/child/inject" --build "$WARD_BUILD" --step "${step:-$2}" --part "${WARD_TEST_PART:-0/1}" ${ONE_ERROR:+--one-error} "$action" "${@:4}" >"$WORK/said" 2>&1 3>&- ||
                { cat "$WORK/said"; return 1; }
        sed 's/^/# /' "$WORK/said" >&3
}

# Each call once: the other commands make most of the same ones.
@test "run: system calls fail" { ONE_ERROR=1 inject fail 1 7 run; }
@test "create: system calls fail" { inject fail 11 31 create; }
@test "start: system calls fail" { inject fail 1 13 start; }
@test "exec: system calls fail" { inject fail 7 31 exec; }
@test "kill: system calls fail" { inject fail 3 13 kill; }
@test "delete: system calls fail" { inject fail 3 13 delete; }
@test "pause: system calls fail" { inject fail 7 29 pause; }
@test "list: system calls fail" { inject fail 7 29 list; }
@test "state: system calls fail" { inject fail 7 29 state; }

@test "other ways to run, to start and to execute: system calls fail" {
        inject fail 61 181 run-cold run-hooks run-user run-nodes run-below run-terminal exec-user
        inject fail 7 31 start-hooks
        inject fail 13 61 run-notify
        inject fail 3 31 start-notify
        inject fail 17 61 exec-notify
}

@test "a paused one, and one whose state is damaged: system calls fail" {
        inject fail 11 61 kill-paused delete-paused kill-damaged delete-damaged state-damaged
}

@test "run: either side is killed" { inject kill 7 23 run; }
@test "create: either side is killed" { inject kill 7 23 create; }
@test "start: either side is killed" { inject kill 1 7 start; }
@test "exec: either side is killed" { inject kill 7 23 exec; }
@test "kill: it is killed itself" { inject kill 7 13 kill; }
@test "delete: it is killed" { inject kill 3 13 delete; }

@test "groups with parents of their own, nodes in the root, hooks: either side is killed" {
        inject kill 13 61 run-below run-nodes run-hooks run-notify exec-notify
        inject kill 2 13 start-notify
}

@test "memory is short" {
        [[ -z ${WARD_SANITIZED:-} ]] || unable "the sanitizer's allocator is in its library, where no breakpoint is set"
        inject memory 1 - run create start exec kill delete list state run-hooks start-hooks kill-damaged state-damaged
}

@test "the first process of --init can't be executed: it says why" {
        local at=(traced "${REFUSED[@]}" "$WARD_SOURCE/build/tests/child/at" --report 9) command=("$(itself ward)" --root "$WORK/state" run --rm --init "$WORK/root" true) place
        rootfs "$WORK/root"
        # The first start compiles the filter, and the number of the call differs.
        "${REFUSED[@]}" "${command[@]}"
        place=$("${at[@]}" list "${command[@]}" 9>&1 | awk '$4 == "execveat" { print $2, $3 }' | tail -n 1)
        # shellcheck disable=SC2086
        run "${at[@]}" fail $place 13 "${command[@]}" 9>"$WORK/report"
        grep -q "^hit $place" "$WORK/report"
        grep -qx 'ended 125' "$WORK/report"
        expect_output "ward: --init: stay as the first process, and make the program's: Permission denied"
        rm -r "$WORK/state/.cache"
}
