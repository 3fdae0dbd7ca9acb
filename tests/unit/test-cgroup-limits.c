/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups: limits, devices, processes and figures, on the real hierarchies of the machine.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "cgroup-fixture.h"
#include "kern/proc.h"

#define MIB (1024 * 1024LL)

static int set_one(struct fixture *f, enum cgroup_knob knob, int64_t value)
{
        struct cgroup_limit limit = {knob, value, NULL};

        return cgroup_set(&f->layout, f->group, &limit, 1, NULL, &f->err);
}

static void set_unified(struct fixture *f, const char *file, const char *text, int want)
{
        struct cgroup_limit limit = {.knob = CGROUP_UNIFIED, .key = file, .text = text};
        int r = cgroup_set(&f->layout, f->group, &limit, 1, NULL, &f->err);

        if (want == 0)
                ok_or_fail(f, r);
        assert_int_equal(r, want);
}

/* The file of v1 or v2 holds what is wanted there. */
static void expect(struct fixture *f, enum cgroup_controller controller, const char *v1, const char *v1_want,
                   const char *v2, const char *v2_want)
{
        const struct cgroup_hierarchy *hierarchy = cgroup_with(&f->layout, controller);

        if (hierarchy->version == 1)
                expect_file(hierarchy, f->group, v1, v1_want);
        else
                expect_file(hierarchy, f->group, v2, v2_want);
}

static int succeed(void)
{
        return 0;
}

static void test_cpuset(void **state)
{
        struct fixture *f = *state;
        const struct cgroup_hierarchy *hierarchy = need_controller(f, CGROUP_CPUSET);
        struct cgroup_limit cpu0[] = {{CGROUP_CPUSET_CPUS, 0, "0"}, {CGROUP_CPUSET_MEMS, 0, "0"}};
        struct cgroup_limit bad = {CGROUP_CPUSET_CPUS, 0, "7000"};
        _cleanup_free_ char *cpus = NULL;

        make_everywhere(f, f->below);
        ok_or_fail(f, cgroup_file_read(hierarchy, f->below, "cpuset.cpus", &cpus, &f->err));
        if (hierarchy->version == 1)
                assert_true(cpus[0] >= '0' && cpus[0] <= '9');
        assert_int_equal(exit_status(child(f, f->below, succeed)), 0);
        ok_or_fail(f, cgroup_set(&f->layout, f->below, cpu0, 2, NULL, &f->err));
        expect_file(hierarchy, f->below, "cpuset.cpus", "0");
        assert_true(cgroup_set(&f->layout, f->below, &bad, 1, NULL, &f->err) < 0);
        assert_non_null(strstr(f->err.message, "cpu.cpus"));
        assert_true(f->err.hint[0] != '\0');
}

static void test_cpu(void **state)
{
        struct fixture *f = *state;
        struct cgroup_limit half[] = {{CGROUP_CPU_QUOTA, 50000}, {CGROUP_CPU_PERIOD, 100000}, {CGROUP_CPU_SHARES, 512}};
        /* Not in the order of the kernel: the burst is above the old quota, and the quota is the old one in a tenth of the period. */
        struct cgroup_limit fast[] = {
                {CGROUP_CPU_BURST, 60000}, {CGROUP_CPU_PERIOD, 1000000}, {CGROUP_CPU_QUOTA, 500000}};
        struct cgroup_limit slow[] = {{CGROUP_CPU_QUOTA, 1000}, {CGROUP_CPU_BURST, 500}, {CGROUP_CPU_PERIOD, 2000}};
        size_t failed = 99;

        need_controller(f, CGROUP_CPU);
        make_everywhere(f, f->group);
        ok_or_fail(f, cgroup_set(&f->layout, f->group, half, 3, NULL, &f->err));
        expect(f, CGROUP_CPU, "cpu.cfs_quota_us", "50000", "cpu.max", "50000 100000");
        expect(f, CGROUP_CPU, "cpu.shares", "512", "cpu.weight", "59");
        ok_or_fail(f, cgroup_set(&f->layout, f->group, fast, 3, NULL, &f->err));
        expect(f, CGROUP_CPU, "cpu.cfs_period_us", "1000000", "cpu.max", "500000 1000000");
        expect(f, CGROUP_CPU, "cpu.cfs_burst_us", "60000", "cpu.max.burst", "60000");
        ok_or_fail(f, cgroup_set(&f->layout, f->group, slow, 3, NULL, &f->err));
        expect(f, CGROUP_CPU, "cpu.cfs_burst_us", "500", "cpu.max.burst", "500");
        ok_or_fail(f, set_one(f, CGROUP_CPU_BURST, 0));
        ok_or_fail(f, set_one(f, CGROUP_CPU_QUOTA, -1));
        expect(f, CGROUP_CPU, "cpu.cfs_quota_us", "-1", "cpu.max", "max 2000");
        ok_or_fail(f, set_one(f, CGROUP_CPU_PERIOD, 100000));
        expect(f, CGROUP_CPU, "cpu.cfs_period_us", "100000", "cpu.max", "max 100000");
        fast[0] = (struct cgroup_limit){CGROUP_CPU_SHARES, 1};
        if (need_controller(f, CGROUP_CPU)->version == 1) {
                assert_int_equal(cgroup_set(&f->layout, f->group, half, 3, NULL, &f->err), 0);
                slow[2] = fast[0];
                assert_int_equal(cgroup_set(&f->layout, f->group, slow, 3, &failed, &f->err), -EINVAL);
                assert_int_equal(failed, 2);
                assert_non_null(strstr(f->err.message, "2 to 262144"));
                expect_file(need_controller(f, CGROUP_CPU), f->group, "cpu.cfs_quota_us", "50000");
        } else {
                ok_or_fail(f, cgroup_set(&f->layout, f->group, fast, 1, NULL, &f->err));
                expect(f, CGROUP_CPU, "", "", "cpu.weight", "1");
        }
        ok_or_fail(f, set_one(f, CGROUP_CPU_IDLE, 1));
        expect(f, CGROUP_CPU, "cpu.idle", "1", "cpu.idle", "1");
        assert_true(set_one(f, CGROUP_CPU_SHARES, 1024) < 0);
        assert_non_null(strstr(f->err.message, "idle"));
        half[0].value = 10;
        assert_int_equal(cgroup_set(&f->layout, f->group, half, 2, &failed, &f->err), -EINVAL);
        assert_int_equal(failed, 0);
        assert_non_null(strstr(f->err.message, "cpu.quota"));
}

static void test_memory(void **state)
{
        struct fixture *f = *state;
        const struct cgroup_hierarchy *hierarchy = need_controller(f, CGROUP_MEMORY);
        struct cgroup_limit limits[] = {{CGROUP_MEMORY_LIMIT, 64 * MIB}, {CGROUP_MEMORY_SWAP, 96 * MIB}};
        const struct cgroup_limit lifted = {CGROUP_MEMORY_SWAP, -1, .if_there = true};
        bool swap;
        size_t failed = 99;

        make_everywhere(f, f->group);
        swap = cgroup_file_write(hierarchy, f->group,
                                 hierarchy->version == 1 ? "memory.memsw.limit_in_bytes" : "memory.swap.max",
                                 hierarchy->version == 1 ? "-1" : "max", NULL) >= 0;
        ok_or_fail(f, cgroup_set(&f->layout, f->group, limits, swap ? 2 : 1, NULL, &f->err));
        expect(f, CGROUP_MEMORY, "memory.limit_in_bytes", "67108864", "memory.max", "67108864");
        ok_or_fail(f, set_one(f, CGROUP_MEMORY_RESERVATION, 32 * MIB));
        expect(f, CGROUP_MEMORY, "memory.soft_limit_in_bytes", "33554432", "memory.low", "33554432");
        if (!swap) {
                ok_or_fail(f, cgroup_set(&f->layout, f->group, &lifted, 1, NULL, &f->err));
                assert_int_equal(cgroup_set(&f->layout, f->group, limits, 2, &failed, &f->err), -ENOENT);
                assert_int_equal(failed, 1);
                assert_non_null(strstr(f->err.message, "swap"));
                return;
        }
        expect(f, CGROUP_MEMORY, "memory.memsw.limit_in_bytes", "100663296", "memory.swap.max", "33554432");
        /* Raising both, then lowering both: each needs another order. */
        limits[0].value = limits[1].value = 128 * MIB;
        ok_or_fail(f, cgroup_set(&f->layout, f->group, limits, 2, NULL, &f->err));
        expect(f, CGROUP_MEMORY, "memory.limit_in_bytes", "134217728", "memory.swap.max", "0");
        limits[0].value = limits[1].value = 32 * MIB;
        ok_or_fail(f, cgroup_set(&f->layout, f->group, limits, 2, NULL, &f->err));
        expect(f, CGROUP_MEMORY, "memory.memsw.limit_in_bytes", "33554432", "memory.max", "33554432");
        /* Swap below memory, and swap without a limit of memory. */
        limits[1].value = 16 * MIB;
        assert_int_equal(cgroup_set(&f->layout, f->group, limits, 2, &failed, &f->err), -EINVAL);
        assert_int_equal(failed, 1);
        limits[0].value = -1;
        assert_int_equal(cgroup_set(&f->layout, f->group, limits, 2, &failed, &f->err), -EINVAL);
        assert_int_equal(set_one(f, CGROUP_MEMORY_SWAP, 16 * MIB), -EINVAL);
        assert_non_null(strstr(f->err.message, "memory.swap"));
        assert_true(f->err.hint[0] != '\0');
        if (hierarchy->version == 1) {
                assert_int_equal(set_one(f, CGROUP_MEMORY_LIMIT, 64 * MIB), -EINVAL);
                assert_non_null(strstr(f->err.message, "memory plus swap"));
        }
        /* No limit of memory means none of swap, unless it is said. */
        ok_or_fail(f, set_one(f, CGROUP_MEMORY_LIMIT, -1));
        expect(f, CGROUP_MEMORY, "memory.limit_in_bytes", "9223372036854771712", "memory.max", "max");
}

static void test_other_limits(void **state)
{
        struct fixture *f = *state;
        const struct cgroup_hierarchy *memory = need_controller(f, CGROUP_MEMORY);
        struct cgroup_limit nowhere = {CGROUP_PIDS_MAX, 7};
        struct cgroup_layout none = {.count = 0};

        need_controller(f, CGROUP_PIDS);
        make_everywhere(f, f->group);
        ok_or_fail(f, set_one(f, CGROUP_PIDS_MAX, 7));
        expect(f, CGROUP_PIDS, "pids.max", "7", "pids.max", "7");
        ok_or_fail(f, set_one(f, CGROUP_PIDS_MAX, -1));
        expect(f, CGROUP_PIDS, "pids.max", "max", "pids.max", "max");
        if (memory->version == 1) {
                ok_or_fail(f, set_one(f, CGROUP_MEMORY_SWAPPINESS, 7));
                expect_file(memory, f->group, "memory.swappiness", "7");
                ok_or_fail(f, set_one(f, CGROUP_MEMORY_OOM_DISABLE, 1));
                expect_file(memory, f->group, "memory.oom_control", "oom_kill_disable 1");
                set_unified(f, "memory.oom.group", "1", -EOPNOTSUPP);
        } else {
                set_unified(f, "memory.oom.group", "1", 0);
                expect_file(memory, f->group, "memory.oom.group", "1");
                assert_int_equal(set_one(f, CGROUP_MEMORY_SWAPPINESS, 7), -EOPNOTSUPP);
        }
        assert_non_null(strstr(f->err.message, "cgroup v"));
        assert_int_equal(cgroup_set(&none, f->group, &nowhere, 1, NULL, &f->err), -EOPNOTSUPP);
        assert_non_null(strstr(f->err.message, "pids"));
        /* A group that is not there is named. */
        assert_int_equal(cgroup_set(&f->layout, f->below, &nowhere, 1, NULL, &f->err), -ENOENT);
        assert_non_null(strstr(f->err.message, f->below));
}

static int use_memory(void)
{
        char *memory = mmap(NULL, 16 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (memory == MAP_FAILED)
                return 1;
        memset(memory, 1, 16 * MIB);
        return 0;
}

static int use_memory_and_stay(void)
{
        if (use_memory() == 0)
                for (;;)
                        pause();
        return 1;
}

static void test_memory_in_use(void **state)
{
        struct fixture *f = *state;
        const struct cgroup_hierarchy *hierarchy = need_controller(f, CGROUP_MEMORY);
        struct cgroup_stats stats = {0};

        make_everywhere(f, f->group);
        (void)child(f, f->group, use_memory_and_stay);
        for (int i = 0; i < 400 && stats.memory_usage_bytes < 16 * MIB; i++) {
                ok_or_fail(f, cgroup_stats_read(&f->layout, f->group, &stats, &f->err));
                (void)usleep(5000);
        }
        assert_true(stats.memory_usage_bytes >= 16 * MIB);
        if (hierarchy->version == 1) {
                /* Locked in by having nowhere to go: memory and swap together are limited. */
                struct cgroup_limit low[] = {{CGROUP_MEMORY_LIMIT, MIB}, {CGROUP_MEMORY_SWAPPINESS, 0}};

                ok_or_fail(f, cgroup_set(&f->layout, f->group, low + 1, 1, NULL, &f->err));
                assert_int_equal(cgroup_set(&f->layout, f->group, low, 1, NULL, &f->err), -EBUSY);
                assert_non_null(strstr(f->err.message, "uses"));
                assert_true(f->err.hint[0] != '\0');
        }
        ok_or_fail(f, cgroup_stats_read(&f->layout, f->group, &stats, &f->err));
        assert_int_equal(stats.oom_kills, 0);
}

static void test_oom(void **state)
{
        struct fixture *f = *state;
        struct cgroup_stats stats;

        need_controller(f, CGROUP_MEMORY);
        make_everywhere(f, f->group);
        ok_or_fail(f, set_one(f, CGROUP_MEMORY_LIMIT, 4 * MIB));
        (void)set_one(f, CGROUP_MEMORY_SWAP, 8 * MIB);
        assert_int_equal(exit_status(child(f, f->group, use_memory)), 128 + SIGKILL);
        ok_or_fail(f, cgroup_stats_read(&f->layout, f->group, &stats, &f->err));
        assert_int_equal(stats.oom_kills, 1);
        assert_int_equal(stats.memory_limit_bytes, 4 * MIB);
        assert_true(stats.memory_max_usage_bytes == UINT64_MAX || stats.memory_max_usage_bytes <= 4 * MIB);
        assert_true(stats.memory_fail_count > 0);
}

/* ---- processes ---- */

static void test_pids(void **state)
{
        struct fixture *f = *state;
        pid_t first, second, *pids = NULL;
        size_t count = 99;

        make_tree(f);
        ok_or_fail(f, cgroup_pids(&f->layout, f->group, &pids, &count, &f->err));
        assert_int_equal(count, 0);
        free(pids);
        first = child(f, f->group, NULL);
        second = child(f, f->below, NULL);
        ok_or_fail(f, cgroup_pids(&f->layout, f->group, &pids, &count, &f->err));
        assert_int_equal(count, 2);
        assert_true(pids[0] < pids[1]);
        assert_true((pids[0] == first && pids[1] == second) || (pids[0] == second && pids[1] == first));
        free(pids);
        ok_or_fail(f, cgroup_pids(&f->layout, f->below, &pids, &count, &f->err));
        assert_int_equal(count, 1);
        assert_int_equal(pids[0], second);
        free(pids);
        ok_or_fail(f, cgroup_signal(&f->layout, f->below, SIGTERM, &f->err));
        assert_int_equal(exit_status(second), 128 + SIGTERM);
        assert_int_equal(waitpid(first, NULL, WNOHANG), 0);
        ok_or_fail(f, cgroup_signal(&f->layout, f->group, SIGUSR1, &f->err));
        assert_int_equal(exit_status(first), 128 + SIGUSR1);
}

/* Every process forks another one and ends: there is no list of pids that stays true. */
static int fork_chain(void)
{
        for (;;) {
                pid_t pid = fork();

                if (pid > 0)
                        _exit(0);
                (void)usleep(500);
                (void)setsid();
        }
}

static void kill_chain(struct fixture *f, const struct cgroup_layout *layout)
{
        pid_t *pids = NULL;
        size_t count = 99;

        /* The links of the chains are orphans: they come to this process, not to a pid 1 that may not reap them. */
        assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
        for (int i = 0; i < 5; i++)
                (void)exit_status(child(f, i % 2 == 0 ? f->below : f->group, fork_chain));
        ok_or_fail(f, cgroup_kill(layout, f->group, 10000, &f->err));
        ok_or_fail(f, cgroup_pids(&f->layout, f->group, &pids, &count, &f->err));
        free(pids);
        assert_int_equal(count, 0);
        while (wait(NULL) > 0)
                ;
}

/* The layout without what @keep refuses; it borrows. */
static struct cgroup_layout layout_without(const struct cgroup_layout *layout, int version,
                                           enum cgroup_controller controller)
{
        struct cgroup_layout rest = {.count = 0};

        for (size_t i = 0; i < layout->count; i++)
                if (layout->hierarchies[i].version != version &&
                    (layout->hierarchies[i].controllers & 1U << controller) == 0)
                        rest.hierarchies[rest.count++] = layout->hierarchies[i];
        return rest;
}

static void test_kill(void **state)
{
        struct fixture *f = *state;

        make_tree(f);
        ok_or_fail(f, cgroup_kill(&f->layout, f->group, 0, &f->err));
        kill_chain(f, &f->layout);
}

static void test_kill_v1(void **state)
{
        struct fixture *f = *state;
        struct cgroup_layout v1 = layout_without(&f->layout, 2, CGROUP_CONTROLLER_COUNT);

        need(cgroup_with(&v1, CGROUP_FREEZER) != NULL, "no freezer of cgroup v1 is mounted");
        make_tree(f);
        kill_chain(f, &v1);
}

static void test_kill_no_freezer(void **state)
{
        struct fixture *f = *state;
        struct cgroup_layout v1 = layout_without(&f->layout, 2, CGROUP_FREEZER);
        pid_t pids[100];

        need(v1.count > 0, "no hierarchy of cgroup v1 is mounted");
        make_tree(f);
        /* Without a freezer nothing holds a chain of forks back, so these stand still; more of them than are signalled at a time. */
        for (size_t i = 0; i < ELEMENTS(pids); i++)
                pids[i] = child(f, i % 2 == 0 ? f->below : f->group, NULL);
        ok_or_fail(f, cgroup_kill(&v1, f->group, 10000, &f->err));
        for (size_t i = 0; i < ELEMENTS(pids); i++)
                assert_int_equal(exit_status(pids[i]), 128 + SIGKILL);
}

static void expect_frozen(struct fixture *f, const char *path, bool want)
{
        bool frozen = !want;

        ok_or_fail(f, cgroup_frozen(&f->layout, path, &frozen, &f->err));
        assert_int_equal(frozen, want);
}

static volatile unsigned *ticks; /* shared with the children */

static int tick(void)
{
        for (;;) {
                (*ticks)++;
                (void)usleep(1000);
        }
        return 0;
}

static bool ticking(void)
{
        unsigned before = *ticks;

        for (int i = 0; i < 500 && *ticks == before; i++)
                (void)usleep(2000);
        return *ticks != before;
}

static void freeze_with(struct fixture *f, const struct cgroup_layout *layout)
{
        bool frozen = false;
        unsigned before;
        pid_t pid;

        ticks = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        assert_ptr_not_equal(ticks, MAP_FAILED);
        pid = child(f, f->below, tick);
        assert_true(ticking());
        ok_or_fail(f, cgroup_freeze(layout, f->group, true, 5000, &f->err));
        before = *ticks;
        ok_or_fail(f, cgroup_frozen(layout, f->group, &frozen, &f->err));
        assert_true(frozen);
        ok_or_fail(f, cgroup_frozen(layout, f->below, &frozen, &f->err));
        assert_true(frozen);
        (void)usleep(20000);
        assert_int_equal(*ticks, before);
        ok_or_fail(f, cgroup_freeze(layout, f->group, false, 5000, &f->err));
        ok_or_fail(f, cgroup_frozen(layout, f->group, &frozen, &f->err));
        assert_false(frozen);
        assert_true(ticking());
        /* A frozen one is killed, whichever group it was frozen by. */
        ok_or_fail(f, cgroup_freeze(layout, f->below, true, 5000, &f->err));
        ok_or_fail(f, cgroup_kill(layout, f->group, 5000, &f->err));
        assert_int_equal(exit_status(pid), 128 + SIGKILL);
        (void)munmap((void *)(uintptr_t)ticks, 4096);
}

static void test_freeze(void **state)
{
        struct fixture *f = *state;

        make_everywhere(f, f->below);
        expect_frozen(f, f->group, false);
        freeze_with(f, &f->layout);
        assert_int_equal(cgroup_freeze(&f->layout, "/ward-test-none", true, 0, &f->err), -ENOENT);
}

static void test_freeze_unified(void **state)
{
        struct fixture *f = *state;
        struct cgroup_layout v2 = layout_without(&f->layout, 1, CGROUP_CONTROLLER_COUNT);

        need(v2.count == 1, "cgroup v2 is not mounted");
        make_everywhere(f, f->below);
        freeze_with(f, &v2);
}

static int spin(void)
{
        for (;;)
                (*ticks)++;
        return 0;
}

/* More busy processes than processors are not frozen at once. */
static void test_freeze_late(void **state)
{
        struct fixture *f = *state;
        pid_t pids[16];
        int r = 0;

        make_everywhere(f, f->group);
        ticks = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        assert_ptr_not_equal(ticks, MAP_FAILED);
        for (size_t i = 0; i < ELEMENTS(pids); i++)
                pids[i] = child(f, f->group, spin);
        for (int i = 0; i < 200 && r == 0; i++) {
                r = cgroup_freeze(&f->layout, f->group, true, 0, &f->err);
                if (r == 0)
                        ok_or_fail(f, cgroup_freeze(&f->layout, f->group, false, 1000, &f->err));
        }
        assert_int_equal(r, -ETIMEDOUT);
        assert_non_null(strstr(f->err.message, f->group));
        assert_non_null(strstr(f->err.message, "running"));
        assert_true(f->err.hint[0] != '\0');
        expect_frozen(f, f->group, false);
        assert_true(ticking());
        ok_or_fail(f, cgroup_kill(&f->layout, f->group, 5000, &f->err));
        for (size_t i = 0; i < ELEMENTS(pids); i++)
                assert_int_equal(exit_status(pids[i]), 128 + SIGKILL);
        (void)munmap((void *)(uintptr_t)ticks, 4096);
}

/* ---- devices ---- */

/* Access to /dev/null and /dev/zero through nodes that are there, as bits: null r 1, null w 2, zero r 4, zero w 8, mknod of null 16. */
static int try_devices(void)
{
        static const struct {
                const char *path;
                int flags;
        } tries[] = {
                {"/dev/null", O_RDONLY}, {"/dev/null", O_WRONLY}, {"/dev/zero", O_RDONLY}, {"/dev/zero", O_WRONLY}};
        char node[64];
        int result = 0;

        for (size_t i = 0; i < ELEMENTS(tries); i++) {
                int fd = open(tries[i].path, tries[i].flags | O_CLOEXEC);

                if (fd >= 0)
                        result |= 1 << i;
                else if (errno != EPERM)
                        return 98;
        }
        (void)snprintf(node, sizeof(node), "/tmp/ward-test-node-%d", (int)getpid());
        if (mknod(node, S_IFCHR | 0600, makedev(1, 3)) == 0)
                result |= 16;
        else if (errno != EPERM)
                return 97;
        (void)unlink(node);
        return result;
}

struct device_case {
        const char *name;
        struct cgroup_device_rule rules[5];
        size_t count;
        int want; /* of try_devices() */
        bool v2_only;
};

static const struct device_case device_cases[] = {
        {"nothing is allowed that no rule allows", {{0}}, 0, 0, false},
        {"read only", {{true, 'c', 1, 3, "r"}}, 1, 1, false},
        {"deny all, then some",
         {{false, 'a', -1, -1, "rwm"}, {true, 'c', 1, 3, "rw"}, {true, 'c', -1, -1, "m"}},
         3,
         19,
         false},
        {"wild minor", {{true, 'c', 1, -1, "r"}, {true, 'c', 1, 5, "w"}}, 2, 13, false},
        {"taken back whole",
         {{true, 'c', 1, 5, "rw"}, {true, 'c', 1, 3, "rwm"}, {false, 'c', 1, 3, "wm"}},
         3,
         13,
         false},
        {"taken back by a wider rule",
         {{true, 'c', 1, 5, "rw"}, {true, 'c', 1, 3, "rwm"}, {false, 'c', -1, 3, "rwm"}},
         3,
         12,
         false},
        {"all allowed", {{true, 'a', -1, -1, "rwm"}}, 1, 31, false},
        {"all but one", {{true, 'a', -1, -1, "rwm"}, {false, 'c', 1, 3, "w"}}, 2, 29, false},
        {"all but one that is given back",
         {{true, 'a', -1, -1, "rwm"}, {false, 'c', 1, 3, "wm"}, {true, 'c', 1, 3, "m"}},
         3,
         29,
         false},
        {"type a with numbers is both types", {{true, 'a', 1, 3, "rw"}}, 1, 3, false},
        {"a block rule is none for characters", {{true, 'b', -1, -1, "rwm"}}, 1, 0, false},
        {"the last all wins", {{true, 'a', -1, -1, "rwm"}, {false, 'a', -1, -1, "rwm"}}, 2, 0, false},
        {"a part taken back", {{true, 'c', 1, -1, "rwm"}, {false, 'c', 1, 3, "w"}}, 2, 29, true},
};

static void devices_with(struct fixture *f, const struct cgroup_layout *layout, bool v2)
{
        for (size_t i = 0; i < ELEMENTS(device_cases); i++) {
                const struct device_case *c = &device_cases[i];
                int r = cgroup_set_devices(layout, f->group, c->rules, c->count, &f->err), got;

                if (c->v2_only && !v2) {
                        assert_int_equal(r, -EOPNOTSUPP);
                        assert_non_null(strstr(f->err.message, "rule 1"));
                        continue;
                }
                ok_or_fail(f, r);
                got = exit_status(child(f, f->group, try_devices));
                if (got != c->want)
                        fail_msg("%s: got %d, want %d", c->name, got, c->want);
        }
}

static void need_machine_root(const char *why)
{
        int proc = proc_open(NULL);
        bool initial = false;

        assert_int_equal(proc_initial_user_namespace(proc, &initial, NULL), 0);
        (void)close(proc);
        need(initial, why);
}

static void test_devices_v1(void **state)
{
        struct fixture *f = *state;

        need_controller(f, CGROUP_DEVICES);
        need_machine_root("needs root of the machine: rules of devices take its CAP_SYS_ADMIN");
        make_everywhere(f, f->group);
        devices_with(f, &f->layout, false);
}

static void test_devices_v2(void **state)
{
        struct fixture *f = *state;
        struct cgroup_layout v2 = layout_without(&f->layout, 1, CGROUP_DEVICES);

        need(v2.count == 1, "cgroup v2 is not mounted");
        need_machine_root("needs root of the machine: the program that guards devices takes CAP_BPF there");
        need(syscall(SYS_bpf, 0, NULL, 0) >= 0 || errno != ENOSYS,
             "bpf(2) is missing: an emulator makes the system calls");
        make_everywhere(f, f->group);
        devices_with(f, &v2, true);
}

static void test_devices_refused(void **state)
{
        static const struct cgroup_device_rule bad[] = {
                {true, 'p', 1, 3, "rw"},   {true, 'c', 1, 3, ""},   {true, 'c', 1, 3, "rx"},
                {true, 'c', 4096, 3, "r"}, {true, 'c', -2, 3, "r"}, {true, 'c', 1, 1 << 20, "r"},
                {true, 'c', 1, 3, NULL},
        };
        struct fixture *f = *state;

        for (size_t i = 0; i < ELEMENTS(bad); i++)
                assert_true(cgroup_set_devices(&f->layout, f->group, &bad[i], 1, &f->err) < 0);
        assert_int_equal(cgroup_set_devices(&(struct cgroup_layout){0}, f->group, NULL, 0, &f->err), -EOPNOTSUPP);
}

/* ---- figures ---- */

static int burn(void)
{
        for (clock_t end = clock() + CLOCKS_PER_SEC / 20; clock() < end;)
                ;
        return 0;
}

static void test_stats(void **state)
{
        struct fixture *f = *state;
        struct cgroup_stats stats = {0};

        make_everywhere(f, f->group);
        assert_int_equal(exit_status(child(f, f->group, burn)), 0);
        (void)child(f, f->group, NULL);
        ok_or_fail(f, cgroup_stats_read(&f->layout, f->group, &stats, &f->err));
        assert_true(stats.cpu_usage_nsec >= 45000000 && stats.cpu_usage_nsec < 60000000000);
        if (cgroup_with(&f->layout, CGROUP_PIDS) != NULL) {
                assert_int_equal(stats.pids_current, 1);
                assert_true(stats.pids_limit == UINT64_MAX);
                ok_or_fail(f, set_one(f, CGROUP_PIDS_MAX, 5));
                ok_or_fail(f, cgroup_stats_read(&f->layout, f->group, &stats, &f->err));
                assert_int_equal(stats.pids_limit, 5);
        }
        if (cgroup_with(&f->layout, CGROUP_MEMORY) != NULL) {
                assert_true(stats.memory_usage_bytes < 1024 * MIB);
                assert_int_equal(stats.oom_kills, 0);
        }
        assert_int_equal(cgroup_stats_read(&f->layout, f->below, &stats, &f->err), -ENOENT);
}

#define WITH_GROUP(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

/* Whether a hierarchy of this version is mounted: what is about the other one can't be tested, and need not be. */
static bool has_version(int version)
{
        _cleanup_arena_ struct arena arena = {0};
        struct cgroup_layout layout = {0};
        bool found = false;

        if (cgroup_layout_read(&arena, &layout, NULL) < 0)
                return false;
        for (size_t i = 0; i < layout.count; i++)
                found = found || layout.hierarchies[i].version == version;
        cgroup_layout_done(&layout);
        return found;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                WITH_GROUP(test_cpuset),
                WITH_GROUP(test_cpu),
                WITH_GROUP(test_memory),
                WITH_GROUP(test_other_limits),
                WITH_GROUP(test_memory_in_use),
                WITH_GROUP(test_oom),
                WITH_GROUP(test_pids),
                WITH_GROUP(test_kill),
                WITH_GROUP(test_freeze),
                WITH_GROUP(test_freeze_late),
                WITH_GROUP(test_devices_refused),
                WITH_GROUP(test_stats),
        };
        const struct CMUnitTest v1[] = {
                WITH_GROUP(test_kill_v1),
                WITH_GROUP(test_kill_no_freezer),
                WITH_GROUP(test_devices_v1),
        };
        const struct CMUnitTest v2[] = {
                WITH_GROUP(test_freeze_unified),
                WITH_GROUP(test_devices_v2),
        };
        int failed = cmocka_run_group_tests(tests, NULL, NULL);

        if (has_version(1))
                failed += cmocka_run_group_tests(v1, NULL, NULL);
        if (has_version(2))
                failed += cmocka_run_group_tests(v2, NULL, NULL);
        return failed;
}
