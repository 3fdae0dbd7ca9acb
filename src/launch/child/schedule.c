/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which processors, memory nodes and disk turns the process gets.
 *
 * Each is proved by reading back what the kernel made of it: it may narrow a set, and never widen it.
 */
#include <linux/errno.h>
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <linux/sched/types.h>

#include "launch/child/child.h"
#include "launch/child/sys.h"

/* Whether of what was asked for something is there, and nothing else. */
static bool is_part(const uint64_t *seen, const uint64_t *asked, uint32_t words)
{
        bool some = false;

        for (uint32_t i = 0; i < words; i++) {
                if ((seen[i] & ~asked[i]) != 0)
                        return false;
                some |= seen[i] != 0;
        }
        return some;
}

int child_do_affinity(struct child *child, const struct op *op)
{
        uint64_t seen[SPEC_CPUS_MAX / 64]; /* too large to be cleared without a call of memset(3) */
        int r = (int)sys3(sched_setaffinity, 0, op->set.bit_count / 8, op->set.bits);

        if (r < 0)
                return r;
        child->step = STEP_PROVE;
        r = (int)sys3(sched_getaffinity, 0, sizeof(seen), seen);
        if (r < 0)
                return r;
        /* The call returns how many bytes it has written. */
        return is_part(seen, op->set.bits, (uint32_t)r / sizeof(seen[0])) ? 0 : -EPERM;
}

int child_do_memory_policy(struct child *child, const struct op *op)
{
        const struct op_memory_policy *policy = &op->memory_policy;
        const uint32_t asked = policy->mode | policy->flags;
        uint64_t seen[SPEC_NODES_MAX / 64] = {0};
        uint32_t mode = UINT32_MAX;
        int r;

        /* set_mempolicy(2): maxnode is one more than there are bits. */
        r = (int)sys3(set_mempolicy, asked, policy->nodes.bits, policy->nodes.text == 0 ? 0 : SPEC_NODES_MAX + 1);
        if (r < 0)
                return r;
        child->step = STEP_PROVE;
        r = (int)sys5(get_mempolicy, &mode, seen, SPEC_NODES_MAX + 1, 0, 0);
        if (r < 0)
                return r;
        /* get_mempolicy(2): preferring no node is the same as the local one. */
        if (policy->nodes.text == 0)
                return mode == asked || policy->mode == MPOL_PREFERRED ? 0 : -EPERM;
        return mode == asked && is_part(seen, policy->nodes.bits, SPEC_NODES_MAX / 64) ? 0 : -EPERM;
}

/* What sched_setattr(2) keeps is not compared, nor what the policy does not know. */
static bool is_scheduled(const struct sched_attr *seen, const struct op_scheduler *asked)
{
        uint64_t period = asked->period_nsec != 0 ? asked->period_nsec : asked->deadline_nsec;

        if ((asked->flags & SCHED_FLAG_KEEP_POLICY) != 0)
                return true;
        if (seen->sched_policy != asked->policy || ((seen->sched_flags ^ asked->flags) & SCHED_FLAG_RESET_ON_FORK) != 0)
                return false;
        if ((asked->flags & SCHED_FLAG_KEEP_PARAMS) != 0)
                return true;
        switch (asked->policy) {
        case SCHED_NORMAL:
        case SCHED_BATCH:
                return seen->sched_nice == asked->nice;
        case SCHED_FIFO:
        case SCHED_RR:
                return seen->sched_priority == asked->priority;
        case SCHED_DEADLINE:
                return seen->sched_runtime == asked->runtime_nsec && seen->sched_deadline == asked->deadline_nsec &&
                       seen->sched_period == period;
        default:
                return true;
        }
}

int child_do_scheduler(struct child *child, const struct op *op)
{
        const struct op_scheduler *asked = &op->scheduler;
        struct sched_attr attr = {
                .size = sizeof(attr),
                .sched_policy = asked->policy,
                .sched_flags = asked->flags,
                .sched_nice = asked->nice,
                .sched_priority = asked->priority,
                .sched_runtime = asked->runtime_nsec,
                .sched_deadline = asked->deadline_nsec,
                .sched_period = asked->period_nsec,
        };
        struct sched_attr seen = {.sched_policy = UINT32_MAX}; /* a filter may fake the call */
        int r = asked->by_parent ? 0 : (int)sys3(sched_setattr, 0, &attr, 0);

        if (r < 0)
                return r;
        child->step = STEP_PROVE;
        r = (int)sys4(sched_getattr, 0, &seen, sizeof(seen), 0);
        if (r < 0)
                return r;
        return is_scheduled(&seen, asked) ? 0 : -EPERM;
}

int child_do_io_priority(struct child *child, const struct op *op)
{
        uint32_t value = op->io_priority.value;
        int r = op->io_priority.by_parent ? 0 : (int)sys3(ioprio_set, IOPRIO_WHO_PROCESS, 0, value);

        if (r < 0)
                return r;
        child->step = STEP_PROVE;
        r = (int)sys2(ioprio_get, IOPRIO_WHO_PROCESS, 0);
        if (r < 0)
                return r;
        return (uint32_t)r == value ? 0 : -EPERM;
}
