/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is limited in tests/cli/limit.bats. Each begins its work when it has read a line from standard input:
 *
 *      load forks MSEC         200 processes that go on making others, one in such a time, some of which outlive their parents; says "ready" when all are
 *                              there
 *      load memory MIB         touches so much memory, says "touched", and sleeps
 *      load spin SECONDS       works, and says how many milliseconds of processor time each 10 seconds, or the whole, gave
 *      load bomb N             makes children until there are N or it fails, says how many there are, and sleeps
 *      load open FILE          says of each further line whether FILE can be opened for writing
 *      load write FILE MIB     writes past the page cache, and says how many milliseconds that took
 *
 * And this one at once: it says which processes of a session are in no group with such a word in its path, and how many are in one. That takes
 * less time than it takes the processes to be others.
 *
 *      load outside SESSION WORD
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

#define MIB (1UL << 20)
#define TEXT_MAX 4096

static long long now_msec(clockid_t clock)
{
        struct timespec now;

        (void)clock_gettime(clock, &now);
        return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void say(const char *word, long long number)
{
        (void)(number < 0 ? printf("%s\n", word) : printf("%s %lld\n", word, number));
        (void)fflush(stdout);
}

static bool await_line(void)
{
        char byte;

        while (read(STDIN_FILENO, &byte, 1) == 1)
                if (byte == '\n')
                        return true;
        return false;
}

/* A third of the children end at once and leave one of their own behind, which is nobody's descendant then. */
static _Noreturn void work(unsigned seed, unsigned pause_msec)
{
        srandom(seed);
        for (;;) {
                pid_t child = fork();

                if (child == 0) {
                        (void)usleep(1000 + (useconds_t)random() % 5000);
                        if (seed % 3 == 0 && fork() == 0)
                                (void)usleep(20000 + (useconds_t)random() % 30000);
                        _exit(0);
                }
                while (waitpid(-1, NULL, WNOHANG) > 0)
                        ;
                (void)usleep(1000 * (pause_msec / 2 + (useconds_t)random() % pause_msec));
        }
}

/* They begin together, when all are there. */
static _Noreturn void forks(unsigned count, unsigned pause_msec)
{
        int gate[2];
        char byte;

        if (pipe(gate) < 0)
                exit(1);
        for (unsigned i = 0; i < count; i++)
                if (fork() == 0) {
                        (void)close(gate[1]);
                        if (read(gate[0], &byte, 1) != 0)
                                exit(1);
                        work(i, pause_msec);
                }
        (void)close(gate[1]);
        say("ready", -1);
        for (;;)
                (void)pause();
}

static int memory(unsigned long mib)
{
        char *area = mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (area == MAP_FAILED)
                return 1;
        for (unsigned long at = 0; at < mib * MIB; at += 4096)
                area[at] = 1;
        say("touched", -1);
        for (;;)
                (void)pause();
}

static int spin(long long seconds)
{
        long long begin = now_msec(CLOCK_MONOTONIC), used = now_msec(CLOCK_PROCESS_CPUTIME_ID);
        volatile unsigned number = 0;

        while (now_msec(CLOCK_MONOTONIC) < begin + seconds * 1000)
                for (int i = 0; i < 100000; i++)
                        number++;
        say("used", now_msec(CLOCK_PROCESS_CPUTIME_ID) - used);
        return 0;
}

static _Noreturn void bomb(unsigned most)
{
        unsigned made = 0;

        for (; made < most; made++) {
                pid_t child = fork();

                if (child < 0)
                        break;
                if (child == 0)
                        for (;;)
                                (void)pause();
        }
        say("made", made);
        for (;;)
                (void)pause();
}

static int open_often(const char *path)
{
        while (await_line()) {
                int fd = open(path, O_WRONLY | O_CLOEXEC);

                say(fd < 0 ? strerror(errno) : "opened", -1);
                if (fd >= 0)
                        (void)close(fd);
        }
        return 0;
}

static int write_direct(const char *path, unsigned long mib)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
        long long begin = now_msec(CLOCK_MONOTONIC);
        void *block = aligned_alloc(4096, MIB);

        if (fd < 0 || block == NULL)
                return 1;
        memset(block, 1, MIB);
        for (unsigned long i = 0; i < mib; i++)
                if (write(fd, block, MIB) != (ssize_t)MIB)
                        return 1;
        say("took", now_msec(CLOCK_MONOTONIC) - begin);
        return 0;
}

/* Reads /proc/PID/@name; false: it has ended. */
static bool read_of(const char *pid, const char *name, char text[TEXT_MAX])
{
        char path[64];
        ssize_t n = -1;
        int fd;

        (void)snprintf(path, sizeof(path), "/proc/%.20s/%s", pid, name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
                n = read(fd, text, TEXT_MAX - 1);
                (void)close(fd);
        }
        text[n < 0 ? 0 : n] = '\0';
        return n > 0;
}

/* One that ends has no group any more (PF_EXITING). */
static int outside(int session, const char *word)
{
        DIR *proc = opendir("/proc");
        int inside = 0, missed = 0;

        for (struct dirent *entry; proc != NULL && (entry = readdir(proc)) != NULL;) {
                char groups[TEXT_MAX], stat[TEXT_MAX], state, *rest;
                int parent, group, of;
                unsigned flags;

                /* The group first: who is in none of the new ones then, and lives on, was missed. */
                if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || !read_of(entry->d_name, "cgroup", groups) ||
                    !read_of(entry->d_name, "stat", stat) || (rest = strrchr(stat, ')')) == NULL ||
                    sscanf(rest, ") %c %d %d %d %*d %*d %u", &state, &parent, &group, &of, &flags) != 5 ||
                    of != session || (flags & 4) != 0)
                        continue;
                if (strstr(groups, word) != NULL) {
                        inside++;
                        continue;
                }
                missed++;
                (void)printf("outside: %s, child of %d, state %c: %s", entry->d_name, parent, state, groups);
        }
        if (proc != NULL)
                (void)closedir(proc);
        say("inside", inside);
        return missed > 0 || inside == 0;
}

int main(int argc, char **argv)
{
        uint64_t number = 0;
        const char *what = argc > 2 ? argv[1] : "";

        if (argc > 2)
                (void)number_parse(argv[argc - 1], UINT32_MAX, &number);
        if (strcmp(what, "outside") == 0)
                return argc == 4 && number_parse(argv[2], INT32_MAX, &number) >= 0 ? outside((int)number, argv[3]) : 1;
        if (!await_line())
                return 1;
        if (strcmp(what, "forks") == 0)
                forks(200, number == 0 ? 1 : (unsigned)number);
        if (strcmp(what, "memory") == 0)
                return memory(number);
        if (strcmp(what, "spin") == 0)
                return spin((long long)number);
        if (strcmp(what, "bomb") == 0)
                bomb((unsigned)number);
        if (strcmp(what, "open") == 0)
                return open_often(argv[2]);
        return strcmp(what, "write") == 0 && argc > 3 ? write_direct(argv[2], number) : 1;
}
