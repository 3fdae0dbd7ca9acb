/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stopwatch of the bench: small and static, so that what it adds to each measurement is small and the same for all.
 *
 *      launch pair COUNT GAP_MSEC A B               A and B in turn, each after a quiet time; prints "A_nsec B_nsec" per line
 *      launch cpu COUNT GAP_MSEC A B                the same with the processors' time that each took, in user space and in the kernel
 *      launch rate COUNT PARALLEL --run PROGRAM...  COUNT runs, PARALLEL at a time; prints the nsec of all
 *      launch hwm PROGRAM...                        prints the VmHWM of the program in kB when it ends
 *
 * A and B are each [--before PROGRAM...] --run PROGRAM...: what comes before is not timed. "@N@" in an argument becomes a number that no other run of this launch has. Every program has to exit 0.
 *
 * VmHWM is read at the exit stop of ptrace: wait4()'s ru_maxrss would carry the launcher's own size over vfork and exec.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGS_MAX 64
#define ARG_SIZE 512
#define PARALLEL_MAX 1024

struct side {
        char **before, **run;
        size_t before_count, run_count;
};

static void must(bool ok, const char *what)
{
        if (ok)
                return;
        fprintf(stderr, "launch: %s: %s\n", what, strerror(errno));
        _exit(1);
}

static uint64_t now_nsec(void)
{
        struct timespec now;

        must(clock_gettime(CLOCK_MONOTONIC, &now) == 0, "clock");
        return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* A decimal number, or an exit with status 2. */
static uint64_t number(const char *digits)
{
        uint64_t value = 0;

        for (const char *c = digits; *c; c++) {
                if (*c < '0' || *c > '9' || value > UINT32_MAX) {
                        fprintf(stderr, "launch: not a number: '%s'\n", digits);
                        _exit(2);
                }
                value = value * 10 + (uint64_t)(*c - '0');
        }
        return value;
}

/* Copies @args to @ret_args with every @N@ replaced by @serial. */
static void expand(char **args, size_t count, unsigned int serial, char storage[][ARG_SIZE], char **ret_args)
{
        must(count > 0 && count < ARGS_MAX, "arguments");
        for (size_t i = 0; i < count; i++) {
                const char *mark = strstr(args[i], "@N@");

                if (mark)
                        snprintf(storage[i], ARG_SIZE, "%.*s%u%s", (int)(mark - args[i]), args[i], serial, mark + 3);
                ret_args[i] = mark ? storage[i] : args[i];
        }
        ret_args[count] = NULL;
}

/* Starts a program with its output going nowhere. vfork: the time must not depend on the size of this process. */
static pid_t spawn(char **args, size_t count, unsigned int serial)
{
        static char storage[ARGS_MAX][ARG_SIZE];
        static char *expanded[ARGS_MAX];
        pid_t pid;

        expand(args, count, serial, storage, expanded);
        pid = vfork();
        if (pid == 0) {
                dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
                execv(expanded[0], expanded);
                _exit(127);
        }
        must(pid > 0, "vfork");
        return pid;
}

static uint64_t nsec_of(struct timeval time)
{
        return ((uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec) * 1000;
}

/* Waits for @pid and reaps whatever a runtime leaves to this process on the way. Returns the processors' time that it took. */
static uint64_t finish(pid_t pid, const char *name)
{
        struct rusage usage;
        int status;
        pid_t got;

        do
                got = wait4(-1, &status, 0, &usage);
        while (got > 0 && got != pid);
        must(got == pid, "wait");
        if (status != 0) {
                fprintf(stderr, "launch: '%s' ended with wait status %#x\n", name, (unsigned int)status);
                _exit(1);
        }
        return nsec_of(usage.ru_utime) + nsec_of(usage.ru_stime);
}

static void quiet(unsigned int msec)
{
        const struct timespec gap = {.tv_sec = msec / 1000, .tv_nsec = (long)(msec % 1000) * 1000000};

        if (msec > 0)
                nanosleep(&gap, NULL);
}

static uint64_t measure(const struct side *side, unsigned int serial, unsigned int gap_msec, bool cpu)
{
        uint64_t begin, cpu_nsec;

        if (side->before)
                (void)finish(spawn(side->before, side->before_count, serial), side->before[0]);
        quiet(gap_msec);
        begin = now_nsec();
        cpu_nsec = finish(spawn(side->run, side->run_count, serial), side->run[0]);
        return cpu ? cpu_nsec : now_nsec() - begin;
}

/* How many of @args come before the next option. */
static size_t until_option(char **args, size_t count)
{
        size_t i = 0;

        while (i < count && strcmp(args[i], "--before") != 0 && strcmp(args[i], "--run") != 0)
                i++;
        return i;
}

/* Reads one side off @args; returns how many arguments it took. */
static size_t parse_side(char **args, size_t count, struct side *ret_side)
{
        size_t i = 0;

        if (i < count && strcmp(args[i], "--before") == 0) {
                ret_side->before = args + ++i;
                ret_side->before_count = until_option(args + i, count - i);
                i += ret_side->before_count;
        }
        if (i >= count || strcmp(args[i], "--run") != 0) {
                fprintf(stderr, "launch: expected --run\n");
                _exit(2);
        }
        ret_side->run = args + ++i;
        ret_side->run_count = until_option(args + i, count - i);
        return i + ret_side->run_count;
}

static int pair(char **args, size_t count, bool cpu)
{
        struct side sides[2] = {{0}};
        uint64_t rounds = number(args[0]), gap = number(args[1]);
        size_t used = 2;

        for (size_t i = 0; i < 2; i++)
                used += parse_side(args + used, count - used, &sides[i]);
        must(used == count, "arguments after the two sides");
        for (unsigned int i = 0; i < rounds; i++) {
                uint64_t a = measure(&sides[0], 2 * i, (unsigned int)gap, cpu);
                uint64_t b = measure(&sides[1], 2 * i + 1, (unsigned int)gap, cpu);

                printf("%llu %llu\n", (unsigned long long)a, (unsigned long long)b);
        }
        return 0;
}

/* Forgets @pid; false when it is none of @running: a stranger that a runtime left to this process. */
static bool forget(pid_t *running, size_t *count, pid_t pid)
{
        for (size_t i = 0; i < *count; i++) {
                if (running[i] != pid)
                        continue;
                running[i] = running[--*count];
                return true;
        }
        return false;
}

static int rate(char **args, size_t count)
{
        struct side side = {0};
        uint64_t total = number(args[0]), parallel = number(args[1]), started = 0, begin;
        pid_t running[PARALLEL_MAX];
        size_t running_count = 0;

        parse_side(args + 2, count - 2, &side);
        must(parallel > 0 && parallel <= PARALLEL_MAX, "how many in parallel");
        begin = now_nsec();
        while (started < total || running_count > 0) {
                int status;
                pid_t pid;

                while (started < total && running_count < parallel)
                        running[running_count++] = spawn(side.run, side.run_count, (unsigned int)started++);
                pid = waitpid(-1, &status, 0);
                must(pid > 0, "wait");
                if (forget(running, &running_count, pid) && status != 0) {
                        fprintf(stderr, "launch: a run ended with wait status %#x\n", (unsigned int)status);
                        return 1;
                }
        }
        printf("%llu\n", (unsigned long long)(now_nsec() - begin));
        return 0;
}

static void print_hwm(pid_t pid)
{
        char path[64], line[256];
        FILE *file;

        snprintf(path, sizeof(path), "/proc/%d/status", pid);
        file = fopen(path, "re");
        must(file, path);
        while (fgets(line, sizeof(line), file))
                if (strncmp(line, "VmHWM:", 6) == 0)
                        printf("%s", line + 6 + strspn(line + 6, " \t"));
        fclose(file);
}

static int hwm(char **args)
{
        int status;
        pid_t pid = fork();

        must(pid >= 0, "fork");
        if (pid == 0) {
                dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
                must(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0, "ptrace");
                raise(SIGSTOP);
                execv(args[0], args);
                _exit(127);
        }
        must(waitpid(pid, &status, 0) == pid, "wait");
        must(ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL) == 0, "ptrace options");
        for (long signal = 0;;) {
                must(ptrace(PTRACE_CONT, pid, NULL, signal) == 0, "ptrace cont");
                must(waitpid(pid, &status, 0) == pid, "wait");
                if (!WIFSTOPPED(status))
                        return status == 0 ? 0 : 1;
                signal = 0;
                if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8))
                        print_hwm(pid);
                else if (WSTOPSIG(status) != SIGTRAP)
                        signal = WSTOPSIG(status);
        }
}

int main(int argc, char **argv)
{
        /* A container that outlives the runtime that started it comes to this process, which reaps it. */
        must(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0, "subreaper");
        if (argc > 4 && strcmp(argv[1], "pair") == 0)
                return pair(argv + 2, (size_t)argc - 2, false);
        if (argc > 4 && strcmp(argv[1], "cpu") == 0)
                return pair(argv + 2, (size_t)argc - 2, true);
        if (argc > 4 && strcmp(argv[1], "rate") == 0)
                return rate(argv + 2, (size_t)argc - 2);
        if (argc > 2 && strcmp(argv[1], "hwm") == 0)
                return hwm(argv + 2);
        fprintf(stderr, "usage: launch pair|cpu|rate|hwm ...; the head of bench/launch.c explains\n");
        return 2;
}
