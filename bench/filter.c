/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many instructions the kernel executes for a call under a filter of ward's and under libseccomp's of the same profile: for every way that
 * the arguments can lead through it, as kern/verdict.h finds them. It runs nothing, so the numbers are the same every time.
 *
 *      filter-cost [PROFILE]           ward's default profile, or a file
 *      filter-cost --time [PROFILE]    and how long getpid(2) and a failing ioctl(2) take under each filter, which differs from run to run
 *
 * The kernel itself skips a filter for calls that it allows whatever their arguments are (since Linux 5.11), so that getpid takes as long as under an empty
 * filter; ioctl, one of whose arguments is compared, shows what a filter costs.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/syscalls.h"
#include "kern/verdict.h"
#include "launch/filter.h"

#define PROFILE_MAX (1 << 20)

/* CHOWN DAC_OVERRIDE FOWNER KILL SETGID SETUID SETPCAP NET_BIND_SERVICE */
static const struct seccomp_context context = {.caps = 0x5eb, .kernel_major = 6, .kernel_minor = 1};

static const char *const calls[] = {"openat", "socket", "clone", "ioctl", "personality", "getpid"};

static void die(const char *what, const struct ward_err *err)
{
        (void)fprintf(stderr, "filter: %s: %s\n", what, err != NULL ? err->message : strerror(errno));
        exit(EXIT_FAILURE);
}

/* libseccomp's filter of the same rules. What it refuses (a condition on a call that it allows outright) is left out, as runc leaves it. */
static struct seccomp_filter by_libseccomp(const struct seccomp_profile *profile, unsigned tree, struct arena *arena)
{
        scmp_filter_ctx ctx = seccomp_init(profile->default_action);
        int fd = memfd_create("filter", MFD_CLOEXEC);
        struct seccomp_filter filter = {0};
        off_t size;

        if (ctx == NULL || fd < 0)
                die("libseccomp", NULL);
        for (size_t i = 0; i < profile->arch_count; i++)
                (void)seccomp_arch_add(ctx, profile->arches[i]);
        (void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, tree);
        for (size_t i = 0; i < profile->rule_count; i++) {
                const struct seccomp_rule *rule = &profile->rules[i];
                struct scmp_arg_cmp args[6];

                for (size_t a = 0; a < rule->arg_count; a++)
                        args[a] = (struct scmp_arg_cmp){rule->args[a].index, (enum scmp_compare)rule->args[a].op,
                                                        rule->args[a].value, rule->args[a].value_two};
                for (size_t n = 0; n < rule->name_count; n++) {
                        int number = seccomp_syscall_resolve_name(rule->names[n]);

                        if (number != __NR_SCMP_ERROR && rule->action != profile->default_action)
                                (void)seccomp_rule_add_array(ctx, rule->action, number, (unsigned)rule->arg_count,
                                                             args);
                }
        }
        if (seccomp_export_bpf(ctx, fd) < 0)
                die("libseccomp's filter", NULL);
        size = lseek(fd, 0, SEEK_END);
        filter.count = (uint16_t)((size_t)size / sizeof(*filter.code));
        filter.code = arena_new(arena, struct sock_filter, filter.count);
        if (filter.code == NULL || pread(fd, filter.code, (size_t)size, 0) != size)
                die("read libseccomp's filter", NULL);
        (void)close(fd);
        seccomp_release(ctx);
        return filter;
}

static int compare(const void *a, const void *b)
{
        uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

        return x < y ? -1 : x > y;
}

static void print(const char *name, uint32_t *costs, size_t count)
{
        qsort(costs, count, sizeof(*costs), compare);
        printf("  %-14s%4zu %7u %7u %7u\n", name, count, costs[0], costs[count / 2], costs[count - 1]);
}

static void measure(const char *who, const struct seccomp_filter *filter)
{
        const struct verdict_side side = {.filters = filter, .count = 1};
        static uint32_t all[65536];
        _cleanup_arena_ struct arena arena = {0};
        size_t count = 0;

        printf("%s: %u instructions\n  %-14s%4s %7s %7s %7s\n", who, filter->count, "", "ways", "least", "median",
               "most");
        for (size_t i = 0; i < ELEMENTS(calls); i++) {
                uint32_t nr = (uint32_t)syscall_number(calls[i]);
                struct ward_err err = {0};
                struct verdict verdict;

                if (verdict_find(&side, 1, syscall_arch_native(), nr, nr, &arena, &verdict, &err) < 0)
                        die(calls[i], &err);
                if (!verdict.complete || verdict.cost_count > ELEMENTS(all) - count)
                        die("a filter with too many ways", NULL);
                memcpy(&all[count], verdict.costs, verdict.cost_count * sizeof(*all));
                print(calls[i], &all[count], verdict.cost_count);
                count += i == ELEMENTS(calls) - 1 ? 0 : verdict.cost_count;
        }
        print("but getpid", all, count);
}

#define CALLS 30000
#define ROUNDS 60

struct times {
        double getpid, ioctl; /* nanoseconds of processor time for a call, the least of all rounds */
};

static double since(const struct timespec *start)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        return ((double)(now.tv_sec - start->tv_sec) * 1e9 + (double)(now.tv_nsec - start->tv_nsec)) / CALLS;
}

/* One round, in a process of its own: a filter stays. NULL: without one. */
static void take_time(const struct seccomp_filter *filter, struct times *least)
{
        struct times *times = mmap(NULL, sizeof(*times), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        pid_t pid = times == MAP_FAILED ? -1 : fork();

        if (pid < 0)
                die("make a process", NULL);
        if (pid == 0) {
                struct sock_fprog program = {0};
                struct timespec start;

                if (filter != NULL) {
                        program = (struct sock_fprog){.len = filter->count, .filter = filter->code};
                        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
                            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
                                _exit(1);
                }
                (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
                for (int i = 0; i < CALLS; i++)
                        (void)syscall(SYS_getpid);
                times->getpid = since(&start);
                (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
                for (int i = 0; i < CALLS; i++)
                        (void)syscall(SYS_ioctl, -1, FIONREAD, 0);
                times->ioctl = since(&start);
                _exit(0);
        }
        (void)waitpid(pid, NULL, 0);
        if (times->getpid > 0 && times->getpid < least->getpid)
                least->getpid = times->getpid;
        if (times->ioctl > 0 && times->ioctl < least->ioctl)
                least->ioctl = times->ioctl;
        (void)munmap(times, sizeof(*times));
}

static void compare_times(const struct seccomp_filter *filters, const char *const *names, size_t count)
{
        struct times least[8];

        for (size_t i = 0; i < count; i++)
                least[i] = (struct times){1e9, 1e9};
        for (int round = 0; round < ROUNDS; round++)
                for (size_t i = 0; i < count; i++)
                        take_time(filters[i].count > 0 ? &filters[i] : NULL, &least[i]);
        printf("%-26s %14s %14s\n", "ns for a call (to empty)", "getpid", "ioctl");
        for (size_t i = 0; i < count; i++)
                printf("  %-24s %6.1f (%.2f) %7.1f (%.2f)\n", names[i], least[i].getpid,
                       least[i].getpid / least[1].getpid, least[i].ioctl, least[i].ioctl / least[1].ioctl);
}

int main(int argc, char **argv)
{
        _cleanup_free_ char *text = NULL;
        struct spec_seccomp profile = {
                .text = filter_default_profile, .len = filter_default_profile_len, .origin = {.line = 1, .column = 1}};
        bool timed = argc > 1 && strcmp(argv[1], "--time") == 0;
        const char *file = argc > 1 + timed ? argv[1 + timed] : "default";
        static struct sock_filter empty[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
        static const char *const names[] = {"no filter", "an empty filter", "ward", "libseccomp, its own order",
                                            "libseccomp, binary tree"};
        struct seccomp_filter filters[ELEMENTS(names)] = {[1] = {.code = empty, .count = 1}};
        _cleanup_arena_ struct arena arena = {0};
        struct seccomp_profile parsed;
        struct ward_err err = {0};

        if (argc > 1 + timed && fd_read_file(AT_FDCWD, file, PROFILE_MAX, &text, &profile.len, &err) < 0)
                die("read the profile", &err);
        profile.text = text != NULL ? text : profile.text;
        if (filter_get(&profile, file, &context, -EBADF, &arena, &filters[2], NULL, &err) < 0 ||
            seccomp_profile_parse(profile.text, profile.len, file, 1, 1, &context, &arena, &parsed, &err) < 0)
                die("compile the profile", &err);
        filters[3] = by_libseccomp(&parsed, 1, &arena);
        filters[4] = by_libseccomp(&parsed, 2, &arena);
        for (size_t i = 2; i < ELEMENTS(names); i++)
                measure(names[i], &filters[i]);
        if (timed)
                compare_times(filters, names, ELEMENTS(names));
        return 0;
}
