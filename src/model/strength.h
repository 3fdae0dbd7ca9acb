/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How strong the walls of a container are: what is in force, what is missing and why. Pure data, in words; engine/strength.c fills it in from
 * what a start has really put in force.
 */
#ifndef MODEL_STRENGTH_H
#define MODEL_STRENGTH_H

#include <stdbool.h>

#include "base/err.h"
#include "base/text.h"

enum strength_wall {
        STRENGTH_NAMESPACES,
        STRENGTH_IDS,
        STRENGTH_CAPS,
        STRENGTH_SECCOMP,
        STRENGTH_NO_NEW_PRIVS,
        STRENGTH_CGROUP,
        STRENGTH_DEVICES,
        STRENGTH_PATHS,
        STRENGTH_KEYRING,
        STRENGTH_LSM,
        STRENGTH_LANDLOCK,
        STRENGTH_COUNT,
};

/* As --require and JSON name them: "namespaces", "ids" ... */
extern const char *const strength_names[STRENGTH_COUNT];

struct strength_part {
        bool whole;       /* all of it is in force; false: some or nothing */
        char detail[192]; /* what is: "user,mnt,pid"; empty: nothing */
        char why[128];    /* what is missing, and the reason */
        char hint[160];   /* what would bring it; empty: nothing that ward knows */
};

struct strength {
        struct strength_part parts[STRENGTH_COUNT];
};

/* One line without its end: "namespaces user,mnt,pid · ids 65536 of its own · ..."; with semicolons for who can't show that. */
void strength_line(const struct strength *strength, bool utf8, struct text *text);

/* An object with a format version. */
void strength_json(const struct strength *strength, struct text *text);

/* The bits of the walls that @words, separated by commas, name; "all" means every one. -EINVAL with a suggestion. */
int strength_read(const char *words, unsigned *ret_walls, struct ward_err *err);

/* -EPERM, in words, when one of @walls is not whole. */
int strength_require(const struct strength *strength, unsigned walls, struct ward_err *err);

#endif
