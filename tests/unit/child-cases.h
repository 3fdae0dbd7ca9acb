/* SPDX-License-Identifier: Apache-2.0 */
/* What test-child.c and its table of ops share. */
#ifndef TESTS_UNIT_CHILD_CASES_H
#define TESTS_UNIT_CHILD_CASES_H

#include "child-mock.h"

#define IGNORED (-1)
#define STEPS_MAX 64

/* A call that an op makes, and the step that the record names when that call fails. IGNORED: the op goes on. */
struct call_case {
        const char *call;
        int step;
};

struct op_case {
        const char *name;
        struct op op;
        void (*prepare)(struct child *child);
        struct call_case calls[STEPS_MAX];
};

extern const struct op_case op_cases[];
extern const size_t op_case_count;

/* A call that answers with an error once. */
struct fallback_case {
        const char *name;
        long number;
        int errnum;
        const char *call; /* what is done in its place; NULL: it fails */
        enum step step;
        const struct op *op;
};

extern const struct fallback_case fallback_cases[];
extern const size_t fallback_case_count;

/* The table of descriptors in these tests. */
enum { FD_PROC, FD_ROOT, FD_TREE, FD_FILE_TREE, FD_LISTENER, FD_CONSOLE, FD_STATE, FD_TASKS, FD_COUNT };
#define FD_FIRST 10 /* slot n holds descriptor FD_FIRST + n */

#endif
