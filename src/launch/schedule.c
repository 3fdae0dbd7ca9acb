/* SPDX-License-Identifier: Apache-2.0 */
/* What only the parent has the rights to do: the OOM score of the child, and the ops that are by_parent, its scheduling. */
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kern/proc.h"
#include "launch/launch.h"

static bool is_own(const struct op *op)
{
        return (op->type == OP_SCHEDULER && op->scheduler.by_parent) ||
               (op->type == OP_IO_PRIORITY && op->io_priority.by_parent);
}

/* The child is not reaped: its pid is nobody else's. */
static int apply(pid_t pid, const struct op *op)
{
        const struct op_scheduler *scheduler = &op->scheduler;
        struct sched_attr attr = {.size = sizeof(attr)};

        if (op->type == OP_IO_PRIORITY)
                return syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid, op->io_priority.value) < 0 ? -errno : 0;
        attr.sched_policy = scheduler->policy;
        attr.sched_flags = scheduler->flags;
        attr.sched_nice = scheduler->nice;
        attr.sched_priority = scheduler->priority;
        attr.sched_runtime = scheduler->runtime_nsec;
        attr.sched_deadline = scheduler->deadline_nsec;
        attr.sched_period = scheduler->period_nsec;
        return syscall(SYS_sched_setattr, pid, &attr, 0) < 0 ? -errno : 0;
}

int launch_oom_score(const struct launch *launch, const struct spec_process *process, const char *file,
                     struct ward_err *err)
{
        char text[16], where[256];
        int len, r;

        if (!process->oom_score_given || launch->plan->has[OP_OOM_SCORE])
                return 0;
        len = snprintf(text, sizeof(text), "%d", process->oom_score_adj);
        r = proc_write_of(launch->proc_fd, launch->pid, "oom_score_adj", text, (size_t)len, err);
        if (r == -EACCES) {
                (void)err_mistake(err, MISTAKE_RIGHTS);
                (void)err_hint(err, LAUNCH_OOM_SCORE_HINT);
        }
        if (r < 0)
                (void)err_wrap(err, "%s", spec_origin_text(&process->oom_score_origin, file, where, sizeof(where)));
        return r;
}

int launch_schedule(struct launch *launch, struct ward_err *err)
{
        const struct plan *plan = launch->plan;
        bool waited = false, any = plan->has[OP_SCHEDULER] || plan->has[OP_IO_PRIORITY];

        for (uint32_t i = 0; any && i < plan->op_count; i++) {
                const struct op *op = &plan->ops[i];
                int r = 0;

                if (!is_own(op))
                        continue;
                if (!waited)
                        r = launch_await(launch, PHASE_CONFINE, err);
                if (r < 0)
                        return r;
                waited = true;
                r = apply(launch->pid, op);
                if (r < 0) {
                        const struct record record = {.kind = RECORD_FAILED, .op = i, .type = op->type, .errnum = -r};

                        /* In the words of the child, which does the same where it has the rights. */
                        return launch_report(plan, "", launch->filter, &record, NULL, err);
                }
        }
        return waited ? launch_say(launch, MESSAGE_SCHEDULED, err) : 0;
}
