/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups: limits that are read back, trees of groups, processes that are moved between them, events that are waited for, device rules that are
 * added to; on the real hierarchies of the machine.
 */
#include <stdlib.h>
#include <sys/xattr.h>

#include "cgroup-fixture.h"
#include "kern/cgroup-knobs.h"
#include "kern/clone.h"
#include "kern/proc.h"

#define MIB (1024 * 1024LL)

static void expect_words(const struct fixture *f, int r, int want, const char *message, const char *hint)
{
        assert_int_equal(r, want);
        if (strstr(f->err.message, message) == NULL)
                fail_msg("'%s' is not in: %s", message, f->err.message);
        if (strstr(f->err.hint, hint) == NULL)
                fail_msg("'%s' is not in: %s", hint, f->err.hint);
}

/* ---- reading back ---- */

static const char *get(struct fixture *f, struct cgroup_limit limit)
{
        const struct cgroup_hierarchy *hierarchy = cgroup_knob_hierarchy(&f->layout, limit.knob);
        const char *text = NULL;

        ok_or_fail(f, cgroup_get(hierarchy, f->group, limit.knob, &limit, &f->arena, &text, &f->err));
        return text;
}

static void test_get(void **state)
{
        static const struct {
                struct cgroup_limit limit;
                const char *v1, *v2;
        } cases[] = {
                {{CGROUP_MEMORY_LIMIT, 64 * MIB}, "67108864", "67108864"},
                {{CGROUP_PIDS_MAX, 7}, "7", "7"},
                {{CGROUP_CPU_QUOTA, 50000}, "50000", "50000"},
                {{CGROUP_CPU_PERIOD, 200000}, "200000", "200000"},
                {{CGROUP_CPU_SHARES, 2048}, "2048", "174"},
                {{CGROUP_CPU_WEIGHT, 200}, "2048", "200"},
                {{CGROUP_CPU_WEIGHT_NICE, 5}, "336", "5"},
                {{CGROUP_CPUSET_CPUS, .text = "0"}, "0", "0"},
        };
        struct fixture *f = *state;

        make_everywhere(f, f->group);
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                const struct cgroup_hierarchy *hierarchy = cgroup_knob_hierarchy(&f->layout, cases[i].limit.knob);
                const char *want, *got;

                if (hierarchy == NULL)
                        continue;
                want = hierarchy->version == 1 ? cases[i].v1 : cases[i].v2;
                ok_or_fail(f, cgroup_set(&f->layout, f->group, &cases[i].limit, 1, NULL, &f->err));
                got = get(f, cases[i].limit);
                if (strcmp(got, want) != 0)
                        fail_msg("%s: '%s'", cgroup_knobs[cases[i].limit.knob].field, got);
        }
}

/* Of a disk that nothing is set for; of a file with several figures; of a version that has no such file. */
static void test_get_parts(void **state)
{
        struct fixture *f = *state;
        const struct cgroup_hierarchy *memory = need_controller(f, CGROUP_MEMORY);
        const struct cgroup_hierarchy *blkio = cgroup_with(&f->layout, CGROUP_BLKIO);
        struct cgroup_limit disk = {CGROUP_BLKIO_READ_BPS, .major = 250, .minor = 77};
        const char *text;
        int r;

        make_everywhere(f, f->group);
        if (blkio != NULL && blkio->version == 1)
                assert_string_equal(get(f, disk), "0");
        if (memory->version == 1) {
                assert_string_equal(get(f, (struct cgroup_limit){CGROUP_MEMORY_OOM_DISABLE}), "0");
                r = cgroup_get(memory, f->group, CGROUP_MEMORY_LOW, NULL, &f->arena, &text, &f->err);
                expect_words(f, r, -ENOENT, "memory.low: it needs cgroup v2", "memory.reservation");
        } else {
                r = cgroup_get(memory, f->group, CGROUP_MEMORY_SWAPPINESS, NULL, &f->arena, &text, &f->err);
                expect_words(f, r, -ENOENT, "memory.swappiness: it needs cgroup v1", "");
        }
        r = cgroup_get(memory, "/ward-test-none", CGROUP_MEMORY_LIMIT, NULL, &f->arena, &text, &f->err);
        assert_int_equal(r, -ENOENT);
}

/* Swap alone on v1 is written with the memory that it comes on top of. */
static void test_swap_alone(void **state)
{
        struct fixture *f = *state;
        const struct cgroup_hierarchy *memory = need_controller(f, CGROUP_MEMORY);
        struct cgroup_limit swap = {CGROUP_MEMORY_SWAP_ONLY, 16 * MIB}, limit = {CGROUP_MEMORY_LIMIT, 32 * MIB};
        int r;

        make_everywhere(f, f->group);
        if (memory->version == 1) {
                r = cgroup_set(&f->layout, f->group, &swap, 1, NULL, &f->err);
                if (r == -ENOENT)
                        return; /* swap is not counted here */
                expect_words(f, r, -EINVAL, "has no limit of memory", "set the memory limit too");
        }
        ok_or_fail(f, cgroup_set(&f->layout, f->group, &limit, 1, NULL, &f->err));
        r = cgroup_set(&f->layout, f->group, &swap, 1, NULL, &f->err);
        if (r == -ENOENT)
                return;
        ok_or_fail(f, r);
        assert_string_equal(get(f, swap), memory->version == 1 ? "50331648" : "16777216");
}

/* The root has no limits, and what it alone has is no group's. */
static void test_root(void **state)
{
        struct fixture *f = *state;
        const struct cgroup_limit limit = {CGROUP_PIDS_MAX, 7},
                                  cost = {CGROUP_IO_COST_QOS, .major = 8, .text = "enable=0"};
        const struct cgroup_hierarchy *io = cgroup_with(&f->layout, CGROUP_BLKIO);

        need_controller(f, CGROUP_PIDS);
        expect_words(f, cgroup_set(&f->layout, "/", &limit, 1, NULL, &f->err), -EINVAL, "has no limits", "below it");
        make_everywhere(f, f->group);
        if (io != NULL && io->version == 2)
                expect_words(f, cgroup_set(&f->layout, f->group, &cost, 1, NULL, &f->err), -EINVAL, "whole machine",
                             "'/'");
        if (io != NULL && io->version == 1)
                expect_words(f, cgroup_set(&f->layout, "/", &cost, 1, NULL, &f->err), -EOPNOTSUPP,
                             "io.cost.qos of 8:0: it needs cgroup v2; here blkio is on cgroup v1", "leave it out");
}

/* ---- trees and processes ---- */

static void test_tree(void **state)
{
        static const char *const below[] = {"a", "a-b", "a/z", "a/c"};
        static const char *const order[] = {"", "/a", "/a/c", "/a/z", "/a-b"};
        struct fixture *f = *state;
        const struct cgroup_hierarchy *hierarchy = need_controller(f, CGROUP_PIDS);
        const char *const *paths;
        size_t count;
        char path[128];

        make_everywhere(f, f->group);
        for (size_t i = 0; i < ELEMENTS(below); i++) {
                (void)snprintf(path, sizeof(path), "%s/%s", f->group, below[i]);
                ok_or_fail(f, cgroup_make(hierarchy, path, 0, NULL, NULL, &f->err));
        }
        ok_or_fail(f, cgroup_tree(hierarchy, f->group, &f->arena, &paths, &count, &f->err));
        assert_int_equal(count, ELEMENTS(order));
        for (size_t i = 0; i < count; i++) {
                (void)snprintf(path, sizeof(path), "%s%s", f->group, order[i]);
                assert_string_equal(paths[i], path);
        }
        assert_int_equal(cgroup_tree(hierarchy, "/ward-test-none", &f->arena, &paths, &count, &f->err), -ENOENT);
        ok_or_fail(f, cgroup_tree(hierarchy, "/", &f->arena, &paths, &count, &f->err));
        assert_string_equal(paths[0], "/");
        assert_true(count > ELEMENTS(order));
}

static void test_move(void **state)
{
        struct fixture *f = *state;
        const struct cgroup_hierarchy *hierarchy = need_controller(f, CGROUP_PIDS);
        const pid_t *pids;
        size_t count;
        pid_t pid;

        make_tree(f);
        pid = child(f, f->group, NULL);
        ok_or_fail(f, cgroup_members(hierarchy, f->group, &f->arena, &pids, &count, &f->err));
        assert_true(count == 1 && pids[0] == pid);
        ok_or_fail(f, cgroup_move(hierarchy, f->below, pid, false, &f->err));
        ok_or_fail(f, cgroup_members(hierarchy, f->group, &f->arena, &pids, &count, &f->err));
        assert_int_equal(count, 0);
        ok_or_fail(f, cgroup_members(hierarchy, f->below, &f->arena, &pids, &count, &f->err));
        assert_true(count == 1 && pids[0] == pid);
        expect_words(f, cgroup_move(hierarchy, f->below, 4194303, false, &f->err), -ESRCH, "no such process", "");
        expect_words(f, cgroup_move(hierarchy, "/ward-test-none", pid, false, &f->err), -ENOENT,
                     "no such control group", "ward cgroup create");
}

/* ---- events ---- */

static void test_watch(void **state)
{
        const struct cgroup_trigger level = {.level = "low"},
                                    pressure = {.resource = "memory", .stall_usec = 1, .window_usec = 1};
        struct fixture *f = *state;
        const struct cgroup_hierarchy *memory = need_controller(f, CGROUP_MEMORY);
        struct cgroup_watch *watch = NULL;
        struct cgroup_event event = {0};
        bool populated = cgroup_unified(&f->layout) != NULL;
        int r;

        assert_int_equal(cgroup_watch_open(&f->layout, f->group, NULL, 0, &watch, &f->err), -ENOENT);
        make_everywhere(f, f->group);
        r = cgroup_watch_open(&f->layout, f->group, &level, 1, &watch, &f->err);
        if (memory->version == 2)
                expect_words(f, r, -EOPNOTSUPP, "it needs cgroup v1", "--pressure");
        cgroup_watch_done(&watch);
        r = cgroup_watch_open(&f->layout, f->group, &pressure, 1, &watch, &f->err);
        assert_true(r < 0); /* such a window is none */
        ok_or_fail(f, cgroup_watch_open(&f->layout, f->group, NULL, 0, &watch, &f->err));
        assert_true(cgroup_watch_counter(watch, 0, &event));
        assert_int_equal(cgroup_watch_next(watch, 0, &event, &f->err), 0);
        (void)child(f, f->group, NULL);
        if (populated) {
                assert_int_equal(cgroup_watch_next(watch, 10000, &event, &f->err), 1);
                assert_string_equal(event.what, "populated");
                assert_true(event.before == 0 && event.after == 1);
        }
        assert_int_equal(cgroup_kill(&f->layout, f->group, 5000, &f->err), 0);
        if (populated) {
                assert_int_equal(cgroup_watch_next(watch, 10000, &event, &f->err), 1);
                assert_true(event.before == 1 && event.after == 0);
        }
        while (wait(NULL) > 0)
                ;
        for (size_t i = 0; i < f->layout.count; i++)
                ok_or_fail(f, cgroup_remove(&f->layout.hierarchies[i], f->group, 0, 2000, &f->err));
        assert_int_equal(cgroup_watch_next(watch, 10000, &event, &f->err), 1);
        assert_string_equal(event.what, "removed");
        assert_int_equal(cgroup_watch_next(watch, 0, &event, &f->err), 0);
        cgroup_watch_done(&watch);
}

/* The end of a process comes behind what was counted until then. */
static void test_watch_end(void **state)
{
        struct fixture *f = *state;
        struct cgroup_watch *watch = NULL;
        struct cgroup_event event = {0};
        int pidfd, populated = 0;
        pid_t pid;

        make_everywhere(f, f->group);
        pid = child(f, f->group, NULL);
        pidfd = pidfd_open_pid(pid);
        assert_true(pidfd >= 0);
        ok_or_fail(f, cgroup_watch_open(&f->layout, f->group, NULL, 0, &watch, &f->err));
        ok_or_fail(f, cgroup_watch_end(watch, pidfd, &f->err));
        assert_int_equal(cgroup_watch_next(watch, 0, &event, &f->err), 0);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        do {
                assert_int_equal(cgroup_watch_next(watch, 10000, &event, &f->err), 1);
                populated += strcmp(event.what, "populated") == 0;
        } while (strcmp(event.what, "ended") != 0);
        assert_int_equal(populated, cgroup_unified(&f->layout) != NULL);
        assert_int_equal(cgroup_watch_next(watch, 0, &event, &f->err), 0);
        cgroup_watch_done(&watch);
        (void)close(pidfd);
}

/* ---- device rules ---- */

static int try_null(void)
{
        int fd = open("/dev/null", O_WRONLY | O_CLOEXEC), zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

        return (fd >= 0 ? 1 : 0) + (zero >= 0 ? 2 : 0);
}

/* Rules that are added stand behind those that are there; those of another program are not taken for them. */
static void test_devices_added(void **state)
{
        static const struct cgroup_device_rule null = {false, 'c', 1, 3, "w"}, zero = {false, 'c', 1, 5, "r"},
                                               again = {true, 'c', 1, 3, "w"};
        struct fixture *f = *state;
        const struct cgroup_hierarchy *unified = cgroup_unified(&f->layout);
        struct cgroup_layout v2 = {.count = 1};
        int proc = proc_open(NULL), group;
        bool initial = false;
        const char *text;

        assert_int_equal(proc_initial_user_namespace(proc, &initial, NULL), 0);
        (void)close(proc);
        need(unified != NULL, "cgroup v2 is not mounted");
        need(initial && geteuid() == 0,
             "needs root of the machine: the program that guards devices takes CAP_BPF there");
        v2.hierarchies[0] = *unified;
        make_everywhere(f, f->group);
        assert_int_equal(exit_status(child(f, f->group, try_null)), 3);
        ok_or_fail(f, cgroup_add_devices(&v2, f->group, &null, 1, &f->err));
        assert_int_equal(exit_status(child(f, f->group, try_null)), 2);
        ok_or_fail(f, cgroup_add_devices(&v2, f->group, &zero, 1, &f->err));
        assert_int_equal(exit_status(child(f, f->group, try_null)), 0);
        ok_or_fail(f, cgroup_add_devices(&v2, f->group, &again, 1, &f->err));
        assert_int_equal(exit_status(child(f, f->group, try_null)), 1);
        ok_or_fail(f, cgroup_get_devices(&v2, f->group, &f->arena, &text, &f->err));
        assert_string_equal(text, "allow a *:* rwm\ndeny c 1:3 w\ndeny c 1:5 r\nallow c 1:3 w\n");
        group = cgroup_open(unified, f->group, NULL, O_RDONLY);
        assert_true(group >= 0);
        assert_int_equal(fsetxattr(group, "trusted.ward.devices", "1\nallow a *:* rwm\n", 18, 0), 0);
        (void)close(group);
        expect_words(f, cgroup_add_devices(&v2, f->group, &again, 1, &f->err), -EBUSY, "not written down",
                     "all at once");
        assert_int_equal(exit_status(child(f, f->group, try_null)), 1);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_get, setup, teardown),
                cmocka_unit_test_setup_teardown(test_get_parts, setup, teardown),
                cmocka_unit_test_setup_teardown(test_swap_alone, setup, teardown),
                cmocka_unit_test_setup_teardown(test_root, setup, teardown),
                cmocka_unit_test_setup_teardown(test_tree, setup, teardown),
                cmocka_unit_test_setup_teardown(test_move, setup, teardown),
                cmocka_unit_test_setup_teardown(test_watch, setup, teardown),
                cmocka_unit_test_setup_teardown(test_watch_end, setup, teardown),
                cmocka_unit_test_setup_teardown(test_devices_added, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
