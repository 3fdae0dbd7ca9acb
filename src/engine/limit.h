/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits for what runs already: a container, a process or a tree of them, a control group, a unit of systemd (engine/target.h); and back again.
 *
 * A process is moved into a group of its own, below the one that it is in: what held it until then goes on holding it. Others have a group, and the
 * limits are written there. How all was before the first change is written down (store/limits.h) before anything is changed, and outlives the program.
 */
#ifndef ENGINE_LIMIT_H
#define ENGINE_LIMIT_H

#include "engine/engine.h"
#include "kern/task.h"
#include "model/spec.h"

/* A setting of processes: each thread's, or each process's (kern/task.h). */
struct engine_limit_setting {
        enum task_kind kind;
        int resource; /* of TASK_RLIMIT */
        struct task_setting setting;
        const char *origin; /* where it was written: "--nice 5" */
};

struct engine_limit_options {
        const char *target;
        bool tree;                              /* a process with all its descendants */
        bool force;                             /* process 1, too */
        const struct spec_resources *resources; /* with device rules */
        const struct engine_limit_setting *settings;
        size_t setting_count;
};

/* A limit as it was, and as the kernel says that it is. */
struct engine_limit_row {
        const char *limit;          /* the file of the group, or the setting: "memory.max", "nice" */
        const char *where;          /* the group's directory, or "process 1234" */
        const char *before, *after; /* NULL: not known */
        const char *note; /* what is to be known of it: rounded, held lower by a group above ...; NULL: nothing */
};

/* A process that could not be moved or set. */
struct engine_limit_refusal {
        pid_t pid;
        const char *name, *why;
};

struct engine_limit_report {
        const char *kind, *name; /* of the target */
        size_t moved;            /* processes */
        struct engine_limit_row *rows;
        size_t row_count;
        struct engine_limit_refusal *refusals;
        size_t refusal_count;
        const char **notes;
        size_t note_count;
};

/* Sets the limits, and says in *@ret_report what became of them; it lives in @arena. With nothing to be set: the limits that were set, and what
 * the kernel counts of their being reached. */
int engine_limit(struct store *store, const struct engine_limit_options *options, struct arena *arena,
                 struct engine_limit_report *ret_report, struct ward_err *err);

/* Makes all as it was before the first engine_limit() of the target. -ENOENT: nothing was changed. */
int engine_limit_undo(struct store *store, const char *target, struct arena *arena,
                      struct engine_limit_report *ret_report, struct ward_err *err);

/* Reports, and unless @dry_run removes, the records of targets that are gone, with the groups that were made for them: for engine_gc(). */
int engine_limit_tidy(struct store *store, bool dry_run,
                      void (*report)(void *data, const char *name, const char *failed), void *data,
                      struct ward_err *err);

#endif
