/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many instructions a start takes in user space, and how many system calls: of every process, from the runtime's first instruction to
 * the execve(2) of the container's program, one step after the other (ptrace(2), PTRACE_SINGLESTEP). Unlike a time it is the same every time.
 * What the runtime does behind that, until it ends, is counted by itself.
 *
 *      count [-w | -W] PROGRAM COMMAND [ARGUMENT...]    PROGRAM is the path that the container executes, as it is written to execve(2)
 *
 * Prints both numbers, and both of what comes behind. A string instruction counts once, however often it repeats: its address stays the same. What the kernel does for
 * a call is not counted. -w says where: behind the numbers comes a line "at OFFSET COUNT" for each instruction of COMMAND's own file, by
 * its place in the file as it is loaded, and a line "call NUMBER COUNT" for each system call; -W also of what comes behind. x86-64 alone.
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
#define CALLS_MAX 512          /* numbers of system calls */
#define IMAGE_MAX (64UL << 20) /* of the command's file in memory */

static const long options =
        PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;

static struct task {
        pid_t pid; /* 0: the slot is free */
        uint64_t last;
        uint64_t base; /* where the command's file lies in its memory; 0: not asked yet */
} tasks[TASKS_MAX];

static struct {
        uint64_t instructions, calls;
} start, rest, *part = &start;

static uint32_t *at; /* by place in the command's file; NULL: nobody asked */
static bool at_rest; /* also behind the start */
static uint64_t at_call[CALLS_MAX];

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

/* Where the command's file lies: its program headers come right behind the header of 64 bytes (elf(5), getauxval(3)). */
static uint64_t base_of(pid_t pid)
{
        Elf64_auxv_t entry = {0};
        char name[64];
        FILE *file;

        (void)snprintf(name, sizeof(name), "/proc/%d/auxv", pid);
        file = fopen(name, "re");
        while (file != NULL && entry.a_type != AT_PHDR && fread(&entry, sizeof(entry), 1, file) == 1)
                ;
        if (file == NULL || entry.a_type != AT_PHDR)
                die(name);
        (void)fclose(file);
        return entry.a_un.a_val - sizeof(Elf64_Ehdr);
}

static void note_place(struct task *task, const struct user_regs_struct *regs, bool calling)
{
        if (task->base == 0)
                task->base = base_of(task->pid);
        if (regs->rip - task->base < IMAGE_MAX)
                at[regs->rip - task->base]++;
        if (calling && regs->rax < CALLS_MAX)
                at_call[regs->rax]++;
}

static void print_places(void)
{
        for (size_t i = 0; i < IMAGE_MAX; i++)
                if (at[i] > 0)
                        (void)printf("at %zu %u\n", i, at[i]);
        for (size_t i = 0; i < CALLS_MAX; i++)
                if (at_call[i] > 0)
                        (void)printf("call %zu %llu\n", i, (unsigned long long)at_call[i]);
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
        part->instructions++;
        if (at != NULL && (part == &start || at_rest))
                note_place(task, &regs, (code & 0xffff) == 0x050f);
        if ((code & 0xffff) != 0x050f) /* SYSCALL */
                return false;
        part->calls++;
        return executes(task->pid, &regs, program);
}

int main(int argc, char **argv)
{
        pid_t first, pid;
        int status, result = EXIT_FAILURE;

        if (argc > 1 && (strcmp(argv[1], "-w") == 0 || strcmp(argv[1], "-W") == 0)) {
                at_rest = argv[1][1] == 'W';
                at = calloc(IMAGE_MAX, sizeof(*at));
                if (at == NULL)
                        die("memory");
                argv[1] = argv[0];
                argv++;
                argc--;
        }
        if (argc < 3) {
                (void)fprintf(stderr, "usage: count [-w | -W] PROGRAM COMMAND [ARGUMENT...]\n");
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
                        if (status >> 16 == PTRACE_EVENT_EXEC)
                                task->base = 0;
                        if (status >> 16 == 0 && count_step(task, argv[1])) {
                                part = &rest;
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
        (void)printf("%llu %llu %llu %llu\n", (unsigned long long)start.instructions, (unsigned long long)start.calls,
                     (unsigned long long)rest.instructions, (unsigned long long)rest.calls);
        if (at != NULL)
                print_places();
        return result;
}
