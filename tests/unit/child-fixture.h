/* SPDX-License-Identifier: Apache-2.0 */
/* A child over the mocked kernel, for the files test-child*.c. */
#ifndef TESTS_UNIT_CHILD_FIXTURE_H
#define TESTS_UNIT_CHILD_FIXTURE_H

#include "child-cases.h"

#define PROLOGUE 21 /* calls of child_main() before the first op */
#define ELEMENTS_OF(array) (sizeof(array) / sizeof((array)[0]))

struct fixture {
        struct plan plan;
        struct op ops[8];
        struct slot plan_slots[PLAN_SLOTS_MAX];
        int slots[PLAN_SLOTS_MAX];
        struct shared shared;
        struct child child;
};

extern const char *const fixture_argv[], *const fixture_envp[];

/* A child whose plan is the @count ops and then an exec. */
void fixture_prepare(struct fixture *f, const struct op *ops, unsigned count);

/* Runs the child of @c; @fail_at: the call of the op that fails, -1: none. */
enum mock_end fixture_run_case(struct fixture *f, const struct op_case *c, int fail_at);

/* One record says what failed, and the process is gone without having executed anything. */
void fixture_assert_failed(const struct fixture *f, enum step step, int errnum);

#endif
