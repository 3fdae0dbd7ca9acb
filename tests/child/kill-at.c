/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kills one side of a start at a boundary between two system calls.
 *
 *      kill-at parent|child N COMMAND [ARGUMENT...] -- CLEANUP [ARGUMENT...]
 *
 * COMMAND runs under ptrace(2). Its own process is the parent side; every process that it makes is the child side, until it has executed
 * another program. At the N-th system call of that side, before it is made, that process gets SIGKILL, and all others go on untraced.
 * When the command has ended, CLEANUP is run, and after that nothing may be left of the command: what is still there is waited
 * for, as this process is its reaper (prctl(2), PR_SET_CHILD_SUBREAPER). "kill-at: status N" on standard error is the command's.
 *
 * Exit status: 0 the side was killed; 3 it made fewer calls, and the command ended by itself with status 0; 4 the command hung; 5 the cleanup
 * failed; 6 a process was left; 7 the command failed although nobody was killed; 2 anything else.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

#define SECONDS_MAX 20
#define OPTIONS \
        (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC)
#define TRACED_MAX 64

enum { KILLED = 0, OTHER = 2, NOT_REACHED = 3, HUNG = 4, CLEANUP_FAILED = 5, LEFT = 6, FAILED = 7 };

struct traced {
        pid_t pid;
        bool entered; /* the next stop is the end of a call */
};

struct run {
        bool child_side;
        uint64_t until, calls;
        pid_t command;
        struct traced traced[TRACED_MAX];
        size_t count;
        bool killed, ended;
        int status; /* of the command */
};

static void die(const char *what)
{
        (void)fprintf(stderr, "kill-at: %s: %s\n", what, strerror(errno));
        exit(OTHER);
}

static void on_alarm(int signal)
{
        (void)signal;
}

static struct traced *find(struct run *run, pid_t pid)
{
        for (size_t i = 0; i < run->count; i++)
                if (run->traced[i].pid == pid)
                        return &run->traced[i];
        if (run->count == TRACED_MAX)
                die("too many processes");
        run->traced[run->count] = (struct traced){.pid = pid};
        return &run->traced[run->count++];
}

static void forget(struct run *run, pid_t pid)
{
        for (size_t i = 0; i < run->count; i++)
                if (run->traced[i].pid == pid) {
                        run->traced[i] = run->traced[--run->count];
                        return;
                }
}

static pid_t start(char **argv, bool trace)
{
        pid_t pid = fork();

        if (pid < 0)
                die("fork");
        if (pid > 0)
                return pid;
        if (trace && (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0 || raise(SIGSTOP) != 0))
                die("be traced");
        execvp(argv[0], argv);
        die(argv[0]);
        return -1;
}

/* A call of the side in question is about to be made. True when the process was killed instead. */
static bool count_call(struct run *run, struct traced *traced)
{
        traced->entered = !traced->entered;
        if (!traced->entered || run->killed || (traced->pid != run->command) != run->child_side)
                return false;
        if (++run->calls < run->until)
                return false;
        (void)kill(traced->pid, SIGKILL);
        run->killed = true;
        return true;
}

/* One stop of one process. */
static void on_stop(struct run *run, pid_t pid, int status)
{
        int signal = WSTOPSIG(status), event = status >> 16;
        struct traced *traced = find(run, pid);

        if (signal == (SIGTRAP | 0x80) && count_call(run, traced))
                return;
        /* A new process is traced from its birth, before it is heard of. */
        if (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK) {
                unsigned long born;

                if (ptrace(PTRACE_GETEVENTMSG, pid, 0, &born) == 0)
                        (void)find(run, (pid_t)born);
        }
        /* The container's program, or a hook: no longer what is tested. */
        if (event == PTRACE_EVENT_EXEC && pid != run->command) {
                forget(run, pid);
                (void)ptrace(PTRACE_DETACH, pid, 0, 0);
                return;
        }
        if (signal == (SIGTRAP | 0x80) || event != 0 || signal == SIGSTOP || signal == SIGTRAP)
                signal = 0;
        if (run->killed) {
                forget(run, pid);
                (void)ptrace(PTRACE_DETACH, pid, 0, signal);
                return;
        }
        (void)ptrace(PTRACE_SYSCALL, pid, 0, signal);
}

/* Until the command has ended. */
static void trace(struct run *run, char **argv)
{
        int status;

        run->command = start(argv, true);
        if (waitpid(run->command, &status, 0) < 0 || !WIFSTOPPED(status))
                die("start the command");
        (void)find(run, run->command);
        if (ptrace(PTRACE_SETOPTIONS, run->command, 0, OPTIONS) < 0 || ptrace(PTRACE_SYSCALL, run->command, 0, 0) < 0)
                die("trace the command");
        while (!run->ended) {
                pid_t pid = waitpid(-1, &status, __WALL);

                if (pid < 0 && errno == EINTR) {
                        (void)fprintf(stderr, "kill-at: the command hangs\n");
                        exit(HUNG);
                }
                if (pid < 0 && errno == ECHILD)
                        return;
                if (pid < 0)
                        die("wait");
                if (WIFSTOPPED(status)) {
                        on_stop(run, pid, status);
                        continue;
                }
                forget(run, pid);
                if (pid == run->command) {
                        run->ended = true;
                        run->status = status;
                }
        }
}

/* Whoever is still traced goes on alone: a container that waits for its start. */
static void detach_all(struct run *run)
{
        for (size_t i = 0; i < run->count; i++) {
                int status;

                if (kill(run->traced[i].pid, SIGSTOP) == 0 && waitpid(run->traced[i].pid, &status, __WALL) > 0 &&
                    WIFSTOPPED(status))
                        (void)ptrace(PTRACE_DETACH, run->traced[i].pid, 0, 0);
                (void)kill(run->traced[i].pid, SIGCONT);
        }
}

static int clean_up(char **argv)
{
        pid_t pid = start(argv, false);
        int status;

        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        die("wait for the cleanup");
                else
                        return HUNG;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
                (void)fprintf(stderr, "kill-at: the cleanup ended with %#x\n", status);
                return CLEANUP_FAILED;
        }
        /* What is ours now must end by itself, and soon. */
        (void)alarm(5);
        for (;;) {
                pid = waitpid(-1, &status, __WALL);
                if (pid < 0 && errno == ECHILD)
                        return 0;
                if (pid < 0)
                        break;
        }
        (void)fprintf(stderr, "kill-at: a process is left\n");
        return LEFT;
}

int main(int argc, char **argv)
{
        const struct sigaction action = {.sa_handler = on_alarm};
        struct run run = {0};
        int split = 3, r;

        while (split < argc && strcmp(argv[split], "--") != 0)
                split++;
        if (split + 1 >= argc || split == 3) {
                (void)fprintf(stderr, "usage: kill-at parent|child N COMMAND... -- CLEANUP...\n");
                return OTHER;
        }
        argv[split] = NULL;
        run.child_side = strcmp(argv[1], "child") == 0;
        if (number_parse(argv[2], INT32_MAX, &run.until) < 0)
                die("the number of a call");
        if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
                die("become the reaper");
        (void)sigaction(SIGALRM, &action, NULL);
        (void)alarm(SECONDS_MAX);
        trace(&run, argv + 3);
        detach_all(&run);
        r = clean_up(argv + split + 1);
        if (r != 0)
                return r;
        if (WIFEXITED(run.status))
                (void)fprintf(stderr, "kill-at: status %d\n", WEXITSTATUS(run.status));
        if (run.killed)
                return KILLED;
        if (!WIFEXITED(run.status) || WEXITSTATUS(run.status) != 0)
                return FAILED;
        return NOT_REACHED;
}
