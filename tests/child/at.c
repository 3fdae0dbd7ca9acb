/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does something to a command at one of its system calls, or at one of its allocations.
 *
 *      at [--report FD] [--also PID] [--symbols START,MAIN[,ALLOCATOR...]] ACTION COMMAND [ARGUMENT...]
 *
 *      list                    nothing; every call is reported
 *      kill PROCESS N          PROCESS gets SIGKILL before it makes its N-th call
 *      fail PROCESS N ERRNO    the N-th call of PROCESS is not made and fails with this number; close(2), which always closes (Linux
 *                              manual page, "Dealing with error returns from close()"), is made, and fails; exit(2) is left alone
 *      memory N                the N-th allocation of the command fails: the allocator is called with more than there can be
 *
 * COMMAND runs under ptrace(2). It is process 0; what it makes is 1, 2 ... in the order of birth, until it executes another program.
 * A process named by --also, which is none of its children, is process 1. Calls are counted from 1 on, those of the command from its
 * program's first instruction on. Once the thing is done, calls are not looked at any more, only ends.
 *
 * --symbols: addresses as the program's file has them. With MAIN it is told apart what the C library does before it: "startup".
 * Allocators have their size as first argument (malloc), or as second one (calloc, realloc, memalign), which is then written s:ADDRESS.
 *
 * What was seen is written to the descriptor of --report, one line each:
 *
 *      call PROCESS N NAME [startup]                   list
 *      allocations N                                   list
 *      hit PROCESS N NAME [startup]                    the thing was done; for fail: the end of the call was seen, with its error
 *      crashed PROCESS SIGNAL                          a process of the command died by a signal that is not SIGKILL
 *      hung PROCESS STATE                              nothing happened for 5 seconds, and nobody was about to do anything
 *      ended STATUS                                    of the command, as a shell has it
 *
 * The exit status is 0 when the command could be run at all. Whoever is still there then goes on untraced: ptrace(2), a tracer's end.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"

#define SILENCE_SEC 5     /* without any stop or end: a hang, unless a process is runnable */
#define SILENCES_MAX 12   /* for a machine that is busy with something else */
#define SETTLE_TRIES 5000 /* of a millisecond: until who outlives the command sleeps */
#define OPTIONS \
        (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC)
/* Who is refused a call tries each of them in a process of its own, to name what is refused. */
#define PROCESSES_MAX 512
#define SYMBOLS_MAX 16

enum action { LIST, KILL, FAIL, MEMORY };

struct process {
        pid_t pid; /* 0: gone, or not traced any more */
        uint64_t calls;
        bool failing; /* the next stop is the end of the call that was not made */
        bool inside;  /* a call, as far as its stops say */
};

struct symbol {
        uint64_t address; /* in the file, until the program is there: see place() */
        bool second;      /* the size is the second argument */
        long word;        /* what stands there without the breakpoint */
};

struct run {
        enum action action;
        uint64_t process, number;
        int error;
        FILE *report;
        pid_t also;
        uint64_t start;
        struct symbol files[SYMBOLS_MAX], placed[SYMBOLS_MAX]; /* the first is main */
        size_t symbol_count;
        bool executed, startup, acted, stopped;
        uint64_t allocations;
        struct process processes[PROCESSES_MAX];
        size_t count;
};

static void die(const char *what)
{
        (void)fprintf(stderr, "at: %s: %s\n", what, strerror(errno));
        exit(EXIT_FAILURE);
}

static void on_alarm(int signal)
{
        (void)signal;
}

/* ---- registers ---- */

#if defined(__x86_64__)
#define PC rip
#define FIRST rdi
#define SECOND rsi
#define RESULT rax
#define NUMBER orig_rax
#define BREAKPOINT_BEHIND 1 /* where the program counter is after the breakpoint */
static const unsigned char breakpoint[] = {0xcc};

/* ptrace(2)'s older calls: User-Mode-Linux has no others. */
static void get_registers(pid_t pid, struct user_regs_struct *registers)
{
        (void)ptrace(PTRACE_GETREGS, pid, NULL, registers);
}

static void set_registers(pid_t pid, struct user_regs_struct *registers)
{
        (void)ptrace(PTRACE_SETREGS, pid, NULL, registers);
}
#elif defined(__aarch64__)
#define PC pc
#define FIRST regs[0]
#define SECOND regs[1]
#define RESULT regs[0]
#define NUMBER regs[8]
#define BREAKPOINT_BEHIND 0
static const unsigned char breakpoint[] = {0x00, 0x00, 0x20, 0xd4};

static void get_registers(pid_t pid, struct user_regs_struct *registers)
{
        struct iovec data = {registers, sizeof(*registers)};

        (void)ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &data);
}

static void set_registers(pid_t pid, struct user_regs_struct *registers)
{
        struct iovec data = {registers, sizeof(*registers)};

        (void)ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &data);
}
#endif

/* At the begin of a call: it is not made (seccomp(2): -1 is no call). */
static void skip_call(pid_t pid)
{
#if defined(__x86_64__)
        struct user_regs_struct registers = {0};

        get_registers(pid, &registers);
        registers.orig_rax = (unsigned long long)-1;
        set_registers(pid, &registers);
#elif defined(__aarch64__)
        int none = -1;
        struct iovec data = {&none, sizeof(none)};

        (void)ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &data);
#endif
}

/* ---- processes ---- */

static struct process *find(struct run *run, pid_t pid)
{
        for (size_t i = 0; i < run->count; i++)
                if (run->processes[i].pid == pid)
                        return &run->processes[i];
        if (run->count == PROCESSES_MAX)
                die("too many processes");
        run->processes[run->count] = (struct process){.pid = pid};
        return &run->processes[run->count++];
}

static size_t index_of(const struct run *run, const struct process *process)
{
        return (size_t)(process - run->processes);
}

/* The letter of proc_pid_stat(5); 'X' when there is no such process. */
static char state_of(pid_t pid)
{
        char path[32], text[512], *behind;
        ssize_t n = -1;
        int fd;

        (void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0)
                n = read(fd, text, sizeof(text) - 1);
        (void)close(fd);
        text[n < 0 ? 0 : n] = '\0';
        behind = strrchr(text, ')');
        return behind == NULL ? 'X' : behind[2];
}

static void resume(struct run *run, pid_t pid, int signal)
{
        bool calls = !run->acted && run->action != MEMORY;

        (void)ptrace(calls ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0, signal);
}

/* ---- breakpoints ---- */

/* Where the program was loaded: its entry by the auxiliary vector, less the entry that its file has. */
static uint64_t load_address(const struct run *run, pid_t pid)
{
        uint64_t pairs[128], address = 0;
        char path[32];
        ssize_t n;
        int fd;

        (void)snprintf(path, sizeof(path), "/proc/%d/auxv", pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        n = fd < 0 ? -1 : read(fd, pairs, sizeof(pairs));
        if (n < 0)
                die(path);
        (void)close(fd);
        for (size_t i = 0; i + 1 < (size_t)n / sizeof(pairs[0]); i += 2)
                if (pairs[i] == AT_ENTRY)
                        address = pairs[i + 1] - run->start;
        return address;
}

static void insert(pid_t pid, struct symbol *symbol)
{
        long word;

        errno = 0;
        symbol->word = word = ptrace(PTRACE_PEEKTEXT, pid, symbol->address, 0);
        if (errno != 0)
                die("read the program");
        memcpy(&word, breakpoint, sizeof(breakpoint));
        if (ptrace(PTRACE_POKETEXT, pid, symbol->address, word) < 0)
                die("set a breakpoint");
}

/* A new program: main is met first, the allocators count from there on. */
static void place(struct run *run, pid_t pid)
{
        uint64_t address;

        if (run->symbol_count == 0)
                return;
        run->startup = true;
        address = load_address(run, pid);
        for (size_t i = 0; i < run->symbol_count; i++) {
                run->placed[i] = run->files[i];
                run->placed[i].address += address;
        }
        insert(pid, &run->placed[0]);
}

static struct symbol *symbol_at(struct run *run, uint64_t address)
{
        for (size_t i = 0; i < run->symbol_count; i++)
                if (run->placed[i].address == address)
                        return &run->placed[i];
        return NULL;
}

/* The instruction under the breakpoint is executed, and the breakpoint set again. */
static void step_over(struct run *run, pid_t pid, struct symbol *symbol)
{
        int status;

        if (ptrace(PTRACE_POKETEXT, pid, symbol->address, symbol->word) < 0)
                die("take a breakpoint away");
        if (symbol == &run->placed[0])
                return;
        if (ptrace(PTRACE_SINGLESTEP, pid, 0, 0) < 0 || waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
                die("step over a breakpoint");
        insert(pid, symbol);
}

/* True when the stop was that of a breakpoint. */
static bool on_breakpoint(struct run *run, pid_t pid)
{
        struct user_regs_struct registers = {0};
        struct symbol *symbol;

        get_registers(pid, &registers);
        symbol = symbol_at(run, registers.PC - BREAKPOINT_BEHIND);
        if (symbol == NULL)
                return false;
        registers.PC -= BREAKPOINT_BEHIND;
        if (symbol == &run->placed[0]) {
                run->startup = false;
                if (run->action == LIST || run->action == MEMORY)
                        for (size_t i = 1; i < run->symbol_count; i++)
                                insert(pid, &run->placed[i]);
        } else if (++run->allocations == run->number && run->action == MEMORY) {
                if (symbol->second)
                        registers.SECOND = SIZE_MAX / 2 + 1;
                else
                        registers.FIRST = SIZE_MAX / 2 + 1;
                run->acted = true;
                (void)fprintf(run->report, "hit 0 %ju allocation\n", (uintmax_t)run->number);
        }
        set_registers(pid, &registers);
        step_over(run, pid, symbol);
        return true;
}

/* ---- system calls ---- */

static void note(const struct run *run, const char *what, const struct process *process, uint64_t nr)
{
        char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)nr);

        (void)fprintf(run->report, "%s %zu %ju %s%s\n", what, index_of(run, process), (uintmax_t)process->calls,
                      name == NULL ? "?" : name, run->startup && index_of(run, process) == 0 ? " startup" : "");
        free(name);
}

/* The begin of a call. True when the process was killed. */
static bool on_entry(struct run *run, struct process *process, uint64_t nr)
{
        process->calls++;
        if (run->action == LIST)
                note(run, "call", process, nr);
        if (run->acted || index_of(run, process) != run->process || process->calls != run->number)
                return false;
        if (run->action == KILL) {
                note(run, "hit", process, nr);
                (void)kill(process->pid, SIGKILL);
                run->acted = true;
                return true;
        }
        if (run->action == FAIL) {
                note(run, "tried", process, nr);
                /* It has no failure. Who looks for something now and again may be at another call than it was when they were listed. */
                if (nr == SYS_exit || nr == SYS_exit_group) {
                        run->acted = true;
                        return false;
                }
                if (nr != SYS_close)
                        skip_call(process->pid);
                process->failing = true;
        }
        return false;
}

struct stop {
        bool entry;
        uint64_t nr;    /* at the entry */
        int64_t result; /* at the exit */
};

/* Which stop of a call it is. A kernel without PTRACE_GET_SYSCALL_INFO (before 5.3, and User-Mode-Linux) does not say, but they take turns. */
static bool look(const struct process *process, struct stop *ret_stop)
{
        struct __ptrace_syscall_info info = {0};
        struct user_regs_struct registers = {0};

        if (ptrace(PTRACE_GET_SYSCALL_INFO, process->pid, sizeof(info), &info) > 0) {
                *ret_stop = (struct stop){info.op == PTRACE_SYSCALL_INFO_ENTRY, info.entry.nr, 0};
                if (info.op == PTRACE_SYSCALL_INFO_EXIT)
                        *ret_stop = (struct stop){.result = info.exit.rval};
                return info.op == PTRACE_SYSCALL_INFO_ENTRY || info.op == PTRACE_SYSCALL_INFO_EXIT;
        }
        if (errno != EIO)
                return false;
        get_registers(process->pid, &registers);
        *ret_stop = (struct stop){!process->inside, registers.NUMBER, (int64_t)registers.RESULT};
        return true;
}

/* The end of the call that was not made. */
static void on_failed_exit(struct run *run, struct process *process)
{
        struct user_regs_struct registers = {0};
        struct stop stop;

        process->failing = false;
        run->acted = true;
        get_registers(process->pid, &registers);
        registers.RESULT = (unsigned long long)-(long long)run->error;
        set_registers(process->pid, &registers);
        if (look(process, &stop) && !stop.entry && stop.result == -run->error)
                (void)fprintf(run->report, "hit %zu %ju\n", index_of(run, process), (uintmax_t)process->calls);
}

static bool on_call(struct run *run, struct process *process)
{
        struct stop stop;

        if (!run->executed || !look(process, &stop))
                return false;
        if (!stop.entry && process->failing)
                on_failed_exit(run, process);
        process->inside = stop.entry;
        return stop.entry && on_entry(run, process, stop.nr);
}

/* ---- stops ---- */

static void on_stop(struct run *run, pid_t pid, int status)
{
        int signal = WSTOPSIG(status), event = status >> 16;
        struct process *process = find(run, pid);
        bool command = process == run->processes;

        if (signal == (SIGTRAP | 0x80)) {
                if (!on_call(run, process))
                        resume(run, pid, 0);
                return;
        }
        /* A new process is traced from its birth, and numbered before its first stop comes. */
        if (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK) {
                unsigned long born;

                if (ptrace(PTRACE_GETEVENTMSG, pid, 0, &born) == 0)
                        (void)find(run, (pid_t)born);
        }
        if (event == PTRACE_EVENT_EXEC && command) {
                run->executed = true;
                process->inside = true; /* of execve(2) */
                place(run, pid);
        } else if (event == PTRACE_EVENT_EXEC) {
                /* The container's program, or a hook: no longer what is tested. */
                process->pid = 0;
                (void)ptrace(PTRACE_DETACH, pid, 0, 0);
                return;
        }
        if (event != 0 || (signal == SIGTRAP && on_breakpoint(run, pid)))
                signal = 0;
        resume(run, pid, signal);
}

static void on_end(struct run *run, pid_t pid, int status)
{
        struct process *process = find(run, pid);

        if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
                (void)fprintf(run->report, "crashed %zu %d\n", index_of(run, process), WTERMSIG(status));
        process->pid = 0;
        if (process != run->processes)
                return;
        run->stopped = true;
        (void)fprintf(run->report, "ended %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* What a process waits in, for who looks into a hang. */
static void report_hang(const struct run *run, const struct process *process)
{
        char path[32], call[128] = "";
        int fd;

        (void)snprintf(path, sizeof(path), "/proc/%d/syscall", process->pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0 && read(fd, call, sizeof(call) - 1) > 0)
                call[strcspn(call, "\n")] = '\0';
        (void)close(fd);
        (void)fprintf(run->report, "hung %zu %c %s\n", index_of(run, process), state_of(process->pid), call);
}

/* After a silence: when nobody is about to do anything, all are ended. */
static void end_hang(struct run *run, unsigned silences)
{
        for (size_t i = 0; silences < SILENCES_MAX && i < run->count; i++)
                if (run->processes[i].pid != 0 && strchr("RD", state_of(run->processes[i].pid)) != NULL)
                        return;
        for (size_t i = 0; i < run->count; i++)
                if (run->processes[i].pid != 0) {
                        report_hang(run, &run->processes[i]);
                        (void)kill(run->processes[i].pid, SIGKILL);
                }
}

static void trace(struct run *run)
{
        const struct itimerval silence = {.it_value.tv_sec = SILENCE_SEC, .it_interval.tv_sec = SILENCE_SEC};
        unsigned silences = 0;
        bool counted = false;
        int status;

        while (!run->stopped) {
                pid_t pid;

                /* Once the thing is done there are no stops any more: the whole rest has that time. */
                if (!counted)
                        (void)setitimer(ITIMER_REAL, &silence, NULL);
                counted = run->acted;
                pid = waitpid(-1, &status, __WALL);
                if (pid < 0 && errno == EINTR)
                        end_hang(run, ++silences);
                else if (pid < 0)
                        die("wait");
                else if (WIFSTOPPED(status))
                        on_stop(run, pid, status);
                else
                        on_end(run, pid, status);
        }
}

/* Who outlives the command is at a wait of its own, or gone, before it is left alone: so that a crash is seen. */
static void settle(struct run *run)
{
        for (int tries = 0; tries < SETTLE_TRIES; tries++) {
                bool busy = false;
                int status;
                pid_t pid;

                while ((pid = waitpid(-1, &status, __WALL | WNOHANG)) > 0)
                        if (WIFSTOPPED(status))
                                on_stop(run, pid, status);
                        else
                                on_end(run, pid, status);
                if (pid < 0)
                        return;
                for (size_t i = 0; i < run->count; i++)
                        busy = busy || (run->processes[i].pid != 0 && state_of(run->processes[i].pid) != 'S');
                if (!busy)
                        return;
                (void)usleep(1000);
        }
}

/* ---- the command line ---- */

static uint64_t number(const char *word, uint64_t max)
{
        uint64_t value;

        errno = EINVAL;
        if (word == NULL || number_parse(word, max, &value) < 0)
                die(word == NULL ? "a number is missing" : word);
        return value;
}

static void read_symbols(struct run *run, char *list)
{
        char *word = strsep(&list, ",");

        run->start = number(word, UINT64_MAX);
        while (run->symbol_count < SYMBOLS_MAX && (word = strsep(&list, ",")) != NULL) {
                struct symbol *symbol = &run->files[run->symbol_count++];

                symbol->second = strncmp(word, "s:", 2) == 0;
                symbol->address = number(word + (symbol->second ? 2 : 0), UINT64_MAX);
        }
}

/* Returns where the command begins. */
static char **read_arguments(struct run *run, char **words)
{
        static const char *const names[] = {[LIST] = "list", [KILL] = "kill", [FAIL] = "fail", [MEMORY] = "memory"};

        run->report = stderr;
        for (words++; words[0] != NULL && strncmp(words[0], "--", 2) == 0; words += 2) {
                if (strcmp(words[0], "--report") == 0) {
                        int fd = (int)number(words[1], INT32_MAX);

                        if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || (run->report = fdopen(fd, "w")) == NULL)
                                die("--report");
                } else if (strcmp(words[0], "--also") == 0) {
                        run->also = (pid_t)number(words[1], INT32_MAX);
                } else if (strcmp(words[0], "--symbols") == 0) {
                        read_symbols(run, words[1]);
                } else {
                        die(words[0]);
                }
        }
        errno = EINVAL;
        for (run->action = LIST; words[0] != NULL && strcmp(words[0], names[run->action]) != 0; run->action++)
                if (run->action == MEMORY)
                        die(words[0]);
        if (words[0] == NULL)
                die("an action is missing");
        words++;
        if (run->action == KILL || run->action == FAIL)
                run->process = number(*words++, PROCESSES_MAX);
        if (run->action != LIST)
                run->number = number(*words++, INT64_MAX);
        if (run->action == FAIL)
                run->error = (int)number(*words++, 4095);
        errno = EINVAL;
        if (words[0] == NULL)
                die("a command is missing");
        return words;
}

/* The command waits, stopped, until it is traced. */
static pid_t start(char **argv)
{
        pid_t pid = fork();
        int status;

        if (pid < 0)
                die("fork");
        if (pid == 0) {
                (void)raise(SIGSTOP);
                execv(argv[0], argv);
                die(argv[0]);
        }
        if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
                die("start the command");
        return pid;
}

int main(int argc, char **argv)
{
        const struct sigaction action = {.sa_handler = on_alarm};
        struct run run = {0};
        char **command = read_arguments(&run, argv);
        pid_t pid;

        (void)argc;
        (void)sigaction(SIGALRM, &action, NULL);
        pid = start(command);
        (void)find(&run, pid);
        if (ptrace(PTRACE_SEIZE, pid, 0, OPTIONS) < 0 || kill(pid, SIGCONT) < 0)
                die("trace the command");
        if (run.also != 0) {
                (void)find(&run, run.also);
                if (ptrace(PTRACE_SEIZE, run.also, 0, OPTIONS) < 0 || ptrace(PTRACE_INTERRUPT, run.also, 0, 0) < 0)
                        die("trace the other process");
        }
        trace(&run);
        if (run.action != KILL)
                settle(&run);
        if (run.action == LIST)
                (void)fprintf(run.report, "allocations %ju\n", (uintmax_t)run.allocations);
        return fclose(run.report) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
