/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ward-init PID: the first process of a container that asked for one (--init). PID is the container's program, its child.
 *
 * It forwards every signal to the program, reaps whatever process ends and has no other parent, and ends as the program does. The kernel
 * gives the first process of a pid namespace only those signals that it has a handler for or blocks (pid_namespaces(7)): all were blocked
 * before it was executed (child/init.c), and it waits for them.
 *
 * A program of its own, in memory, and not the process that set the container up: that one holds the environment and the command line of
 * ward's caller, which the container could read in /proc/1. Without libc it has one page of code.
 */
#include <linux/errno.h>
#include <linux/wait.h>

#include <asm/signal.h>

#include "launch/child/sys.h"

#define SIGSET_BYTES 8    /* sizeof(sigset_t) of the kernel */
#define FAILED_STATUS 125 /* of a plan that no process executes */

static const uint64_t all_signals = UINT64_MAX;

/* Reaps all that has ended; with the program ends, too. */
static void reap(long program)
{
        int status;
        long pid;

        while ((pid = sys4(wait4, -1, &status, WNOHANG, 0)) > 0)
                if (pid == program)
                        sys_leave((status & 0x7f) == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f)); /* wait(2) */
        /* Its parent has ended before the program was cloned: there is nobody to look after. */
        if (pid == -ECHILD)
                sys_leave(FAILED_STATUS);
}

__attribute__((noreturn, used)) void init_main(const long *stack);

/* @stack: the number of arguments, and pointers to them, as the kernel left them. */
void init_main(const long *stack)
{
        const char *number = stack[0] > 1 ? (const char *)stack[2] : "";
        long program = 0;

        while (*number >= '0' && *number <= '9')
                program = program * 10 + (*number++ - '0');
        if (program == 0)
                sys_leave(FAILED_STATUS);
        for (;;) {
                long signal = sys4(rt_sigtimedwait, &all_signals, 0, 0, SIGSET_BYTES);

                if (signal == SIGCHLD)
                        reap(program);
                else if (signal > 0)
                        (void)sys2(kill, program, signal);
                else if (signal != -EINTR)
                        sys_leave(FAILED_STATUS);
        }
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall init_main\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n\tmov x29, #0\n\tmov x0, sp\n\tbl init_main\n");
#endif
