/* SPDX-License-Identifier: Apache-2.0 */
/* What is set for one process or thread by its number, and can be set for it by others: its turn on processors and disks, its place before the OOM
 * killer, its resource limits. */
#ifndef KERN_TASK_H
#define KERN_TASK_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* No limit of a resource (getrlimit(2), RLIM_INFINITY). */
#define TASK_UNLIMITED (-1)

/* A setting of a thread (nice, ioprio) or of a process. */
struct task_setting {
        int64_t value; /* nice: -20 to 19; ioprio: class << 13 | level (ioprio_set(2)); oom_score_adj: -1000 to 1000; the soft limit */
        int64_t hard; /* of a resource limit */
};

enum task_kind {
        TASK_NICE,          /* of each thread: setpriority(2), "C library/kernel differences" */
        TASK_IOPRIO,        /* of each thread */
        TASK_OOM_SCORE_ADJ, /* of the process, and of those that share its memory (proc_pid_oom_score_adj(5)) */
        TASK_RLIMIT,        /* of the process (prlimit(2)) */
};

/* @resource: of TASK_RLIMIT, RLIMIT_*. Errors: -ESRCH when it has ended; -EPERM, -EACCES with what it takes. */
int task_get(int proc_fd, pid_t pid, enum task_kind kind, int resource, struct task_setting *ret_setting,
             struct ward_err *err);
int task_set(int proc_fd, pid_t pid, enum task_kind kind, int resource, const struct task_setting *setting,
             struct ward_err *err);

#endif
