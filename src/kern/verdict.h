/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What filters answer to a system call whatever its arguments are: the whole answer, not that to a sample.
 *
 * The program is walked with the arguments as unknowns. Where a jump depends on one, both ways are gone, each with what is known from then on,
 * so that the ways that are left are those that some arguments lead to. What comes out is a list of cases, of which the first one that
 * holds answers, and the last one always holds.
 *
 * Filters may be those of any process: nothing in them is trusted, and the walk ends. One that computes with arguments, or has more ways than
 * VERDICT_STEPS_MAX instructions show, is said to be so (@complete), and never guessed at.
 */
#ifndef KERN_VERDICT_H
#define KERN_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "kern/seccomp.h"

#define VERDICT_STEPS_MAX 200000
#define VERDICT_CASES_MAX 1000
#define VERDICT_SIDES_MAX 2

/* Words of struct seccomp_data, 32 bits each, in the machine's byte order. */
#define VERDICT_WORD_NR 0
#define VERDICT_WORD_ARGS 4
#define VERDICT_WORDS 16

enum verdict_op {
        VERDICT_EQ,
        VERDICT_NE,
        VERDICT_GT,
        VERDICT_LE,
};

/* (word & mask) OP value */
struct verdict_test {
        uint8_t word;
        enum verdict_op op;
        uint32_t mask, value;
};

struct verdict_case {
        const struct verdict_test *tests; /* all of them have to hold */
        size_t count;
        uint32_t answers[VERDICT_SIDES_MAX]; /* SECCOMP_RET_* with its data, one of each side */
};

struct verdict {
        bool complete; /* false: there are arguments that the cases say nothing about */
        const struct verdict_case *cases;
        size_t case_count;
        const uint32_t *costs; /* how many instructions the kernel executes, one for each way through the programs */
        size_t cost_count;
};

/* Filters that are in force together: the strictest answer counts (seccomp(2)). */
struct verdict_side {
        const struct seccomp_filter *filters; /* the newest first */
        size_t count;
        bool strict; /* it stands for the strict mode */
};

/*
 * What the @side_count sides answer to the calls @first to @last of @arch (AUDIT_ARCH_*). Two sides are walked together: a case that has
 * two answers is a difference between them. Memory comes from @arena. Errors: -ENOMEM.
 */
int verdict_find(const struct verdict_side *sides, size_t side_count, uint32_t arch, uint32_t first, uint32_t last,
                 struct arena *arena, struct verdict *ret_verdict, struct ward_err *err);

/* The case that @nr with @args is; NULL only if the verdict is not complete. */
const struct verdict_case *verdict_case_of(const struct verdict *verdict, uint32_t nr, const uint64_t args[6]);

/* Finds arguments that are of the case @index, for a verdict about one number. False: none was found, which does not mean that there are none. */
bool verdict_example(const struct verdict *verdict, size_t index, uint64_t args[6]);

/* An answer as the kernel takes it: unknown actions kill, and what an action has no use for is gone. */
uint32_t verdict_normal(uint32_t answer);

/* verdict-words.c: "(u32)arg0 is 3 to 9 or 17: EPERM; otherwise allow", two sides as "EPERM → allow"; and as members of a JSON object: complete,
 * cases. */
struct text;
void verdict_print(const struct verdict *verdict, size_t side_count, struct text *text);
void verdict_print_json(const struct verdict *verdict, size_t side_count, struct text *text);

#endif
