/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A seccomp profile in the JSON of the OCI runtime specification (linux.seccomp) or of docker and podman (with archMap,
 * includes, excludes, the older `name`) → struct seccomp_profile. A name
 * may be that of a group of calls (base/syscalls.h). Unknown syscall names that a rule refuses, actions, operators, flags and keys
 * are errors with a position and a spelling suggestion. No system calls (libseccomp's tables of names are pure data).
 */
#ifndef MODEL_SECCOMP_H
#define MODEL_SECCOMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

struct seccomp_arg {
        uint32_t index; /* 0 to 5 */
        int op;         /* enum scmp_compare of libseccomp */
        uint64_t value;
        uint64_t value_two; /* SCMP_CMP_MASKED_EQ: the value compared with; @value is the mask, as in the OCI spec */
};

struct seccomp_rule {
        uint32_t action;          /* SCMP_ACT_* with its data */
        const char *const *names; /* system calls, each known to libseccomp */
        size_t name_count;
        const struct seccomp_arg *args;
        size_t arg_count;
        unsigned line, column; /* in the input */
};

/* A name that no architecture has, and where it stands. */
struct seccomp_unknown {
        const char *name;
        unsigned line, column;
        int rule, index; /* in the profile, and in the rule's names */
        uint32_t action; /* of the rule, without its data */
};

struct seccomp_profile {
        uint32_t default_action;
        const uint32_t *arches; /* SCMP_ARCH_*; none: the native one and its compat ones */
        size_t arch_count;
        uint32_t flags; /* SECCOMP_FILTER_FLAG_* */
        const struct seccomp_rule *rules;
        size_t rule_count;
        /* Left out of the rules: with context->allow_unknown, and without a context where the rule is not stricter than the default action, which the
         * call then gets. */
        const struct seccomp_unknown *unknown;
        size_t unknown_count;
};

/* Where the calls that the filter leaves to somebody else are decided. */
struct seccomp_listener {
        const char *path;     /* a socket of the host; NULL: none is given */
        const char *metadata; /* what is said there beside it; NULL: nothing */
};

/* What a profile in docker's form is decided by: rules with includes/excludes are kept or left out by these. */
struct seccomp_context {
        uint64_t caps;                       /* the bounding set of the container */
        unsigned kernel_major, kernel_minor; /* of the running kernel */
        bool allow_unknown; /* names that are not known are left out: an old profile may name what is gone, a new one what is not there yet */
        bool no_network; /* whatever the profile says, of sockets only those of AF_UNIX can be made */
};

/*
 * Parses @len bytes. @line and @column are the position of the first byte in @file (1, 1 for a file of its own). @context NULL:
 * only the OCI form is accepted. Memory comes from @arena. Errors: -EINVAL, -ENOMEM.
 */
int seccomp_profile_parse(const char *text, size_t len, const char *file, unsigned line, unsigned column,
                          const struct seccomp_context *context, struct arena *arena,
                          struct seccomp_profile *ret_profile, struct ward_err *err);

/* The same profile in the OCI form, conditions decided, groups and unknown names gone. */
void seccomp_profile_print(const struct seccomp_profile *profile, const struct seccomp_listener *listener,
                           struct text *text);

/* The listener of a profile that has been parsed before, in whichever form: nothing else of it is read. Errors: -EINVAL, -ENOMEM. */
int seccomp_profile_listener(const char *text, size_t len, const char *file, struct arena *arena,
                             struct seccomp_listener *ret_listener, struct ward_err *err);

#endif
