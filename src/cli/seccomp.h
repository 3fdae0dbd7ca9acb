/* SPDX-License-Identifier: Apache-2.0 */
/* ward seccomp: what its files share. */
#ifndef CLI_SECCOMP_H
#define CLI_SECCOMP_H

#include "cli/cli.h"
#include "engine/filters.h"

#define SECCOMP_FORMAT_VERSION 1

struct seccomp_shown {
        struct cli *cli;
        bool json, all; /* @all: also what is allowed, call by call */
        size_t arch;    /* syscall_arch_at() */
        char **names;   /* these calls alone; none: all */
        int name_count;
};

/* seccomp-show.c: what @filters answer to every call. */
int seccomp_show(const struct seccomp_shown *how, const struct filters *filters, struct text *text,
                 struct ward_err *err);

/* What two answer differently. *@ret_differ: anything. */
int seccomp_show_difference(const struct seccomp_shown *how, const struct filters *first, const struct filters *second,
                            bool *ret_differ, struct text *text, struct ward_err *err);

/* A name or a number of the architecture @arch. -EINVAL: there is no such call there, with the nearest name. */
int seccomp_call_number(struct cli *cli, size_t arch, const char *word, uint32_t *ret_nr, struct ward_err *err);

#endif
