/* SPDX-License-Identifier: Apache-2.0 */
/* What isolation this machine can give the caller: every primitive tried, what blocks it, and what would allow it. */
#ifndef ENGINE_DOCTOR_H
#define ENGINE_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

enum doctor_state {
        DOCTOR_OK,
        DOCTOR_LIMITED, /* a part of it works */
        DOCTOR_NO,
        DOCTOR_INFO, /* a setting: neither good nor bad */
};

/* As the table and JSON name them: "ok" ... */
extern const char *const doctor_states[];

struct doctor_check {
        const char *group, *name;
        enum doctor_state state;
        bool needed;        /* without it no container starts by default */
        const char *detail; /* what was found; "" where there is nothing to say */
        const char *why;    /* what blocks it; "" where nothing does */
        const char *how;    /* the command that would allow it, or what to do; "" where ward knows none */
};

/*
 * Tries everything, each in a process of its own; leaves nothing behind. @user: the caller's name for /etc/subuid, NULL: not known. What is returned lives
 * in @arena. Errors: -ENOMEM, and where /proc can't be believed.
 */
int engine_doctor(const char *user, struct arena *arena, struct doctor_check **ret_checks, size_t *ret_count,
                  struct ward_err *err);

#endif
