/* SPDX-License-Identifier: Apache-2.0 */
/* What processes and files may: their capabilities. */
#ifndef ENGINE_CAPS_H
#define ENGINE_CAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/mem.h"
#include "kern/caps.h"
#include "model/caps.h"

struct caps_thread {
        pid_t tid;
        struct caps_sets sets;
};

struct caps_process {
        pid_t pid;
        const char *name; /* of the program, as the process says */
        struct caps_sets sets;
        const struct caps_thread *threads; /* those that differ from the first one */
        size_t thread_count, different;    /* how many there are, and of them in @threads */
        bool own_users;     /* it is in another user namespace than the caller: there its capabilities count */
        int securebits;     /* of the caller itself; -1: the kernel doesn't tell */
        bool program_known; /* the file that it executes could be looked at */
        bool program_has;   /* and has capabilities */
        struct caps_file program;
};

/* Of a process; @pid 0: the caller. Strings live in @arena. */
int caps_of_process(pid_t pid, struct arena *arena, struct caps_process *ret_process, struct ward_err *err);

/* Of a file. *@ret_has: whether it has any. -EBADMSG: an attribute of a form that is not known. */
int caps_of_file(const char *path, struct caps_file *ret_file, bool *ret_has, struct ward_err *err);

/* Calls @report for each file at @path and below it that has capabilities; links are not followed, other file systems are. What can't be looked into is
 * passed over, and counted in *@ret_closed. */
int caps_below(const char *path, int (*report)(void *data, const char *path, const struct caps_file *file), void *data,
               size_t *ret_closed, struct ward_err *err);

#endif
