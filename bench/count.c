/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many instructions a start takes in user space, and how many system calls: of every process from the runtime's first instruction to
 * the execve(2) of the container's program, one step after the other (ptrace(2), PTRACE_SINGLESTEP). Unlike a time it is the same every time.
 *
 *      count PROGRAM COMMAND [ARGUMENT...]     PROGRAM is the path that the container executes, as it is written to execve(2)
 *
 * Prints both numbers. A string instruction counts once, however often it repeats: its address stays the same. What the kernel does for
 * a call is not counted. x86-64 alone.
 */
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define TASKS_MAX 4096

static const long options =
        PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;

static struct task {
        pid_t pid; /* 0: the slot is free */
        uint64_t last;
        bool calling; /* it was at a SYSCALL instruction */
} tasks[TASKS_MAX];

static uint64_t instructions, calls;

static void die(const char *what)
{
        (void)fprintf(stderr, "count: %s: %s\n", what, strerror(errno));
        exit(EXIT_FAILURE);
}

static struct task *task_of(pid_t pid)
{
        struct task *empty = NULL;

        for (size_t i = 0; i < TASKS_MAX; i++) {
                if (tasks[i].pid == pid)
                        return &tasks[i];
                if (tasks[i].pid == 0 && empty == NULL)
                        empty = &tasks[i];
        }
        if (empty == NULL) {
                errno = E2BIG;
                die("more processes at once than expected");
        }
        *empty = (struct task){.pid = pid};
        return empty;
}

/* Whether the task is about to execute @program: its first argument to execve(2) is that. */
static bool executes(pid_t pid, const struct user_regs_struct *regs, const char *program)
{
        char path[4096] = "";
        struct iovec here = {path, sizeof(path) - 1}, there = {(void *)regs->rdi, sizeof(path) - 1};

        if (regs->rax != 59)
                return false;
        /* The string may end close to the end of the mapped memory. */
        for (size_t room = sizeof(path) - 1; room > 0; room /= 2) {
                here.iov_len = there.iov_len = room;
                if (process_vm_readv(pid, &here, 1, &there, 1, 0) > 0)
                        return strcmp(path, program) == 0;
        }
        return false;
}

/* Counts the instruction that the task is at. True: it is the execve(2) that ends its part. */
static bool count_step(struct task *task, const char *program)
{
        struct user_regs_struct regs;
        uint64_t code;

        if (ptrace(PTRACE_GETREGS, task->pid, NULL, &regs) < 0)
                return false;
        if (task->last == regs.rip)
                return false;
        task->last = regs.rip;
        errno = 0;
        code = (uint64_t)ptrace(PTRACE_PEEKTEXT, task->pid, regs.rip, NULL);
        if (errno != 0)
                return false;
        instructions++;
        if ((code & 0xffff) != 0x050f) /* SYSCALL */
                return false;
        calls++;
        return executes(task->pid, &regs, program);
}

int main(int argc, char **argv)
{
        pid_t first, pid;
        int status, result = EXIT_FAILURE;

        if (argc < 3) {
                (void)fprintf(stderr, "usage: count PROGRAM COMMAND [ARGUMENT...]\n");
                return EXIT_FAILURE;
        }
        first = fork();
        if (first < 0)
                die("fork");
        if (first == 0) {
                if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
                        die("ptrace");
                (void)execvp(argv[2], argv + 2);
                die(argv[2]);
        }
        if (waitpid(first, &status, 0) < 0 || !WIFSTOPPED(status) ||
            ptrace(PTRACE_SETOPTIONS, first, NULL, options) < 0)
                die("trace the command");
        for (pid = first; pid > 0; pid = waitpid(-1, &status, __WALL)) {
                struct task *task = task_of(pid);
                int signal = 0;

                if (!WIFSTOPPED(status)) {
                        if (pid == first)
                                result = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
                        task->pid = 0;
                        continue;
                }
                if (WSTOPSIG(status) == SIGTRAP || WSTOPSIG(status) == SIGSTOP) {
                        /* At an event the step that made it was counted. */
                        if (status >> 16 == 0 && count_step(task, argv[1])) {
                                (void)ptrace(PTRACE_DETACH, pid, NULL, NULL);
                                task->pid = 0;
                                continue;
                        }
                } else {
                        signal = WSTOPSIG(status);
                }
                if (ptrace(PTRACE_SINGLESTEP, pid, NULL, signal) < 0 && errno != ESRCH)
                        die("step");
        }
        (void)printf("%llu %llu\n", (unsigned long long)instructions, (unsigned long long)calls);
        return result;
}
