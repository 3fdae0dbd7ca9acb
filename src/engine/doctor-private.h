/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the doctor share. */
#ifndef ENGINE_DOCTOR_PRIVATE_H
#define ENGINE_DOCTOR_PRIVATE_H

#include <stdint.h>

#include "engine/doctor.h"
#include "kern/probe.h"

#define DOCTOR_CHECKS_MAX 128

struct doctor {
        struct arena *arena;
        struct doctor_check *checks;
        size_t count;
        const char *user;
        int proc;             /* the machine's /proc */
        bool root;            /* the caller has the rights of root over what it asks for */
        bool initial_users;   /* and is in no user namespace */
        uint64_t filters;     /* seccomp filters around the caller */
        const char *no_users; /* what would allow user namespaces, where the caller can make none; NULL: he can */
};

/* Appends one; NULLs become "". */
void doctor_add(struct doctor *doctor, const struct doctor_check *check);

/* The text of a file of the machine up to its first newline, in the arena; NULL: it can't be read. */
const char *doctor_read(struct doctor *doctor, const char *path);

/* doctor-machine.c: the place itself; ids; control groups; security modules; helpers; settings. */
void doctor_look_at_place(struct doctor *doctor);
void doctor_look_at_ids(struct doctor *doctor);
void doctor_look_at_groups(struct doctor *doctor);
void doctor_look_at_helpers(struct doctor *doctor);

/* doctor-modules.c */
void doctor_look_at_modules(struct doctor *doctor);
void doctor_look_at_settings(struct doctor *doctor);

#endif
