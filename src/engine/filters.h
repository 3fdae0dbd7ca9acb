/* SPDX-License-Identifier: Apache-2.0 */
/* System call filters by what people call them (a profile, a container, a process, a compiled file), and what they answer. */
#ifndef ENGINE_FILTERS_H
#define ENGINE_FILTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "kern/verdict.h"
#include "model/seccomp.h"

struct filters_how {
        const char *root;   /* the state directory; NULL: the default one */
        uint64_t caps;      /* that decide the conditions of a profile */
        bool allow_unknown; /* names in a profile that are not known */
        bool no_network;    /* no sockets but those of AF_UNIX */
};

struct filters {
        const char *title;        /* "process 123", "container 'web'", "the default seccomp profile", a file's name */
        const char *copy;         /* why these are not read from the process itself; NULL: they are, or there is none */
        struct verdict_side side; /* the newest first; none: nothing is refused */
        const struct seccomp_profile *profile; /* NULL: they don't come from one */
        const struct seccomp_listener *listener;
};

/*
 * Finds the filters of @word: "pid:N" or N, a process or thread as the kernel has it; "container:NAME", from what the container was created with;
 * "profile:NAME", one of ward's own (launch/filter.h); a path with a "/", or of a file that is there: a profile in the form of docker or of the OCI, or a filter
 * as it is given to seccomp(2). Without a prefix, ward's own profiles come before files, and containers last. A process whose filters the kernel does not show is
 * answered from the container that it is in; where it is in none, the error says how many filters it has.
 */
int filters_find(const char *word, const struct filters_how *how, struct arena *arena, struct filters *ret_filters,
                 struct ward_err *err);

struct filters_call {
        const char *name;
        uint32_t nr;
        struct verdict verdict;
};

/* Of one architecture: every call that has a name there, by number, and all numbers above them. */
struct filters_arch {
        const char *name;
        const struct filters_call *calls;
        size_t count;
        uint32_t newest; /* the last number that has a name */
        struct verdict rest;
};

/* What the running kernel makes of one side, or of two beside each other: what they answer, but for calls that it asks no filter about (uretprobe, uprobe),
 * on the architecture with the index @arch (syscall_arch_at()). -ENOENT: there are no more. */
int filters_explain(const struct verdict_side *sides, size_t side_count, size_t arch, struct arena *arena,
                    struct filters_arch *ret_arch, struct ward_err *err);

/* What @side answers to a call of an architecture that this machine's kernel doesn't run. */
int filters_foreign(const struct verdict_side *side, struct arena *arena, struct verdict *ret_verdict,
                    struct ward_err *err);

/* What all of @side's filters answer together, and how many instructions they take for it. */
uint32_t filters_answer(const struct verdict_side *side, uint32_t arch, uint32_t nr, const uint64_t args[6],
                        uint32_t *ret_steps);

/* The profile at @path, "-" for standard input, in the OCI form without what is not known (seccomp_profile_print()). */
int filters_resolve(const char *text, size_t len, const char *file, const struct filters_how *how,
                    struct text *ret_text, struct ward_err *err);

enum filters_weight {
        FILTERS_HOLE,   /* a way around what the profile refuses, or a door that is better shut */
        FILTERS_IDLE,   /* it has no effect */
        FILTERS_REMARK, /* worth knowing */
};

extern const char *const filters_weight_names[];

/* Calls @report for each thing in @filters that its author may not have meant. */
int filters_lint(const struct filters *filters, struct arena *arena,
                 void (*report)(void *data, enum filters_weight weight, const char *call, const char *what), void *data,
                 struct ward_err *err);

#endif
