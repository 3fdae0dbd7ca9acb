/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OP_INIT: this process becomes the container's first one, ward-init (launch/init), and a new one goes on with the plan.
 *
 * The new one waits until the first has executed: until then it holds the memory of ward's caller, which nothing of the container may see.
 */
#include <linux/errno.h>
#include <linux/fcntl.h>

#include <asm/signal.h>

#include "base/uapi.h"
#include "launch/child/child.h"
#include "launch/child/sys.h"

#define FLAG_CLOEXEC 02000000
#define SET_MASK 2 /* SIG_SETMASK */
#define EXIT_FAILED 125

static const uint64_t all_signals = UINT64_MAX, no_signals;

/* What is left of the plan, as far as it takes rights away. */
static int confine(struct child *child)
{
        for (uint32_t i = child->op + 1; i < child->plan->op_count; i++) {
                int r = child_take_rights(child, &child->plan->ops[i]);

                if (r < 0)
                        return r;
        }
        return 0;
}

/* Ends the start when it fails, with its -errno in @executed. Its end is that of every process of its pid namespace, so it waits until the
 * program's has told of the failure. */
static _Noreturn void become_init(struct child *child, int file, long program, int executed)
{
        static const char name[] = "ward-init";
        static const char *const no_variables[] = {0};
        char number[CHILD_NUMBER_MAX];
        const char *argv[] = {name, number, 0};
        int r;

        child_number((uint64_t)program, number);
        /* Its input and output are the program's alone: who reads them sees the end when the program closes them. Marked, not closed:
         * @file and the channel may lie there. */
        r = (int)sys3(close_range, 0, ~0U, CLOSE_RANGE_CLOEXEC);
        if (r >= 0)
                r = confine(child);
        if (r >= 0)
                r = (int)sys5(execveat, file, "", argv, no_variables, AT_EMPTY_PATH);
        if (sys3(write, executed, &r, sizeof(r)) == sizeof(r))
                (void)sys4(wait4, program, 0, 0, 0);
        sys_leave(EXIT_FAILED);
}

int child_do_init(struct child *child, const struct op *op)
{
        int executed[2], r, answer = 0;
        long pid;

        r = (int)sys2(pipe2, executed, FLAG_CLOEXEC);
        if (r >= 0)
                r = (int)sys4(rt_sigprocmask, SET_MASK, &all_signals, 0, SIGSET_BYTES);
        pid = r < 0 ? r : child_make_process(0, SIGCHLD, 0);
        if (pid < 0)
                return (int)pid;
        if (pid > 0)
                become_init(child, child->slots[op->slot], pid, executed[1]);
        child->step = STEP_CHANNEL;
        (void)sys1(close, executed[1]);
        do
                r = (int)sys3(read, executed[0], &answer, sizeof(answer));
        while (r == -EINTR);
        if (r < 0)
                return r;
        (void)sys1(close, executed[0]);
        (void)sys1(close, child->slots[op->slot]);
        child->step = STEP_ITSELF;
        if (answer < 0)
                return answer;
        return (int)sys4(rt_sigprocmask, SET_MASK, &no_signals, 0, SIGSET_BYTES);
}
