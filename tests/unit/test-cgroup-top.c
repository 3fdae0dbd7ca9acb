/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups that are looked at again and again: the texts of their files, and, on the real hierarchies of the machine, groups that come, go,
 * are renamed and written to between two rounds.
 */
#include <limits.h>
#include <sys/stat.h>

#include "cgroup-fixture.h"
#include "kern/cgroup-top.h"

#define NONE CGROUP_FIGURE_NONE
#define ALL ((UINT32_C(1) << CGROUP_FIGURE_COUNT) - 1)

/* ---- texts ---- */

static const struct {
        const char *file;
        int version;
        const char *text;
        enum cgroup_figure figure;
        uint64_t want;
} texts[] = {
        {"cpuacct.usage", 1, "123456789\n", CGROUP_FIGURE_CPU_NSEC, 123456789},
        {"cpuacct.usage", 1, "", CGROUP_FIGURE_CPU_NSEC, NONE},
        {"cpuacct.usage", 1, "18446744073709551616\n", CGROUP_FIGURE_CPU_NSEC, NONE},
        {"cpu.stat", 2, "usage_usec 12\nuser_usec 7\nnr_periods 9\nnr_throttled 3\nthrottled_usec 5\n",
         CGROUP_FIGURE_CPU_NSEC, 12000},
        {"cpu.stat", 2, "usage_usec 12\nnr_throttled 3\nthrottled_usec 5\n", CGROUP_FIGURE_THROTTLED_NSEC, 5000},
        {"cpu.stat", 2, "usage_usec 12\n", CGROUP_FIGURE_THROTTLED, NONE},
        {"cpu.stat", 2, "usage_usec 18446744073709551615\n", CGROUP_FIGURE_CPU_NSEC, NONE},
        {"cpu.stat", 2, "usage_usecs 12\nx usage_usec 12\n", CGROUP_FIGURE_CPU_NSEC, NONE},
        {"cpu.stat", 1, "nr_periods 9\nnr_throttled 3\nthrottled_time 5\n", CGROUP_FIGURE_THROTTLED_NSEC, 5},
        {"cpu.cfs_quota_us", 1, "-1\n", CGROUP_FIGURE_QUOTA_USEC, NONE},
        {"cpu.cfs_quota_us", 1, "50000\n", CGROUP_FIGURE_QUOTA_USEC, 50000},
        {"cpu.max", 2, "max 100000\n", CGROUP_FIGURE_QUOTA_USEC, NONE},
        {"cpu.max", 2, "max 100000\n", CGROUP_FIGURE_PERIOD_USEC, 100000},
        {"cpu.max", 2, "50000 20000\n", CGROUP_FIGURE_QUOTA_USEC, 50000},
        {"cpu.max", 2, "50000 20000\n", CGROUP_FIGURE_PERIOD_USEC, 20000},
        {"memory.limit_in_bytes", 1, "9223372036854771712\n", CGROUP_FIGURE_MEMORY_LIMIT, NONE},
        {"memory.limit_in_bytes", 1, "104857600\n", CGROUP_FIGURE_MEMORY_LIMIT, 104857600},
        {"memory.max", 2, "max\n", CGROUP_FIGURE_MEMORY_LIMIT, NONE},
        {"memory.max", 2, "4096\n", CGROUP_FIGURE_MEMORY_LIMIT, 4096},
        {"memory.oom_control", 1, "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n", CGROUP_FIGURE_OOM_KILLS, 2},
        {"memory.events", 2, "low 0\nmax 7\noom 1\noom_kill 4\noom_group_kill 0\n", CGROUP_FIGURE_OOM_KILLS, 4},
        {"blkio.throttle.io_service_bytes_recursive", 1,
         "8:0 Read 512\n8:0 Write 4096\n8:0 Total 4608\n259:1 Read 8\n259:1 Write 1\nTotal 4617\n", CGROUP_FIGURE_READ,
         520},
        {"blkio.throttle.io_service_bytes_recursive", 1, "8:0 Read 512\n8:0 Write 4096\n259:1 Write 1\n",
         CGROUP_FIGURE_WRITTEN, 4097},
        {"blkio.throttle.io_service_bytes_recursive", 1, "Total 0\n", CGROUP_FIGURE_READ, 0},
        {"blkio.bfq.io_service_bytes_recursive", 1, "Total 0\n", CGROUP_FIGURE_READ, NONE},
        {"blkio.bfq.io_service_bytes_recursive", 1, "8:0 Read 5\n", CGROUP_FIGURE_READ, 5},
        {"io.stat", 2, "8:0 rbytes=512 wbytes=7 rios=1 wios=1 dbytes=0 dios=0\n8:16 \n252:0 wbytes=3 rbytes=1\n",
         CGROUP_FIGURE_READ, 513},
        {"io.stat", 2, "8:0 rbytes=512 wbytes=7 rios=1\n252:0 wbytes=3 rbytes=1\n", CGROUP_FIGURE_WRITTEN, 10},
        {"io.stat", 2, "8:0 rbytes=18446744073709551615\n8:1 rbytes=2\n", CGROUP_FIGURE_READ, 2},
        {"io.stat", 2, "", CGROUP_FIGURE_READ, 0},
        {"io.stat", 2, "8:0 rbytes=", CGROUP_FIGURE_READ, 0},
        {"pids.current", 2, "17\n", CGROUP_FIGURE_TASKS, 17},
        {"pids.max", 1, "max\n", CGROUP_FIGURE_TASKS_LIMIT, NONE},
        {"cpu.pressure", 2,
         "some avg10=0.00 avg60=0.10 avg300=0.00 total=4711\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=3\n",
         CGROUP_FIGURE_CPU_STALL_USEC, 4711},
        {"io.pressure", 2, "full avg10=0.00 total=3\n", CGROUP_FIGURE_IO_STALL_USEC, NONE},
        {"io.pressure", 2, "some avg10=0.00\nfull total=3\n", CGROUP_FIGURE_IO_STALL_USEC, NONE},
};

static const struct cgroup_source *source_find(const char *file, int version)
{
        for (size_t i = 0; i < CGROUP_SOURCE_COUNT; i++)
                if (strcmp(cgroup_sources[i].file, file) == 0 &&
                    (cgroup_sources[i].version == 0 || cgroup_sources[i].version == version))
                        return &cgroup_sources[i];
        fail_msg("there is no source '%s'", file);
        return NULL;
}

static void test_texts(void **state)
{
        (void)state;
        for (size_t i = 0; i < ELEMENTS(texts); i++) {
                uint64_t figures[CGROUP_FIGURE_COUNT];

                memset(figures, 0xff, sizeof(figures));
                cgroup_source_parse(source_find(texts[i].file, texts[i].version), texts[i].text, figures);
                if (figures[texts[i].figure] != texts[i].want)
                        fail_msg("%s '%s': %llu, not %llu", texts[i].file, texts[i].text,
                                 (unsigned long long)figures[texts[i].figure], (unsigned long long)texts[i].want);
        }
}

static void test_first_source_stands(void **state)
{
        uint64_t figures[CGROUP_FIGURE_COUNT];

        (void)state;
        memset(figures, 0xff, sizeof(figures));
        figures[CGROUP_FIGURE_CPU_NSEC] = 1;
        cgroup_source_parse(source_find("cpu.stat", 2), "usage_usec 12\nnr_throttled 3\n", figures);
        assert_int_equal(figures[CGROUP_FIGURE_CPU_NSEC], 1);
        assert_int_equal(figures[CGROUP_FIGURE_THROTTLED], 3);
}

/* ---- on the machine ---- */

/* One round; the group @path in it, or NULL. */
static const struct cgroup_group *look(struct fixture *f, struct cgroup_top *tree, const char *path)
{
        const struct cgroup_group *group;
        size_t count, met = 0;

        ok_or_fail(f, cgroup_top_round(tree, &group, &count, &f->err));
        const struct cgroup_group *found = NULL;
        for (; group != NULL; group = cgroup_top_next(group)) {
                met++;
                if (strcmp(group->path, path) == 0)
                        found = group;
        }
        assert_int_equal(met, count);
        return found;
}

static struct cgroup_top *open_tree(struct fixture *f, uint32_t figures, unsigned depth, unsigned files_max)
{
        struct cgroup_top_options options = {
                .path = f->group, .depth = depth, .figures = figures, .files_max = files_max};
        struct cgroup_top *tree;

        ok_or_fail(f, cgroup_top_open(&f->layout, &options, &tree, &f->err));
        return tree;
}

static void make_one(struct fixture *f, const char *path)
{
        for (size_t i = 0; i < f->layout.count; i++)
                ok_or_fail(f, cgroup_make(&f->layout.hierarchies[i], path, 0, NULL, NULL, &f->err));
}

static void remove_one(struct fixture *f, const char *path)
{
        for (size_t i = 0; i < f->layout.count; i++)
                ok_or_fail(f, cgroup_remove(&f->layout.hierarchies[i], path, 0, 2000, &f->err));
}

static void come_and_go(struct fixture *f, unsigned files_max)
{
        struct cgroup_top *tree = open_tree(f, ALL, UINT_MAX, files_max);
        char deep[128];
        const struct cgroup_group *group = look(f, tree, f->below);
        uint64_t id;

        assert_non_null(group);
        assert_string_equal(group->name, "below");
        assert_int_equal(group->depth, 1);
        assert_string_equal(group->parent->path, f->group);
        id = group->id;
        (void)snprintf(deep, sizeof(deep), "%s/deep/er", f->below);
        assert_null(look(f, tree, deep));
        make_one(f, deep);
        group = look(f, tree, deep);
        assert_non_null(group);
        assert_int_equal(group->depth, 3);
        assert_int_equal(look(f, tree, f->below)->id, id);

        /* Gone and back between two rounds: another group, whose files can be read. */
        remove_one(f, f->below);
        make_one(f, f->below);
        group = look(f, tree, f->below);
        assert_non_null(group);
        assert_int_not_equal(group->id, id);
        if (cgroup_with(&f->layout, CGROUP_PIDS) != NULL && cgroup_with(&f->layout, CGROUP_PIDS)->version == 1)
                assert_int_equal(group->now.figures[CGROUP_FIGURE_TASKS], 0);
        assert_null(look(f, tree, deep));
        remove_one(f, f->below);
        assert_null(look(f, tree, f->below));
        cgroup_top_close(tree);
}

static void test_come_and_go(void **state)
{
        struct fixture *f = *state;

        make_tree(f);
        come_and_go(f, 1000);
}

/* Descriptors for three files in all. */
static void test_few_descriptors(void **state)
{
        struct fixture *f = *state;

        make_tree(f);
        come_and_go(f, 3);
}

static void test_renamed(void **state)
{
        struct fixture *f = *state;
        const struct cgroup_hierarchy *hierarchy = need_controller(f, CGROUP_PIDS);
        struct cgroup_top *tree;
        char from[300], to[300], path[128];

        need(hierarchy->version == 1, "only v1 renames groups");
        make_tree(f);
        tree = open_tree(f, CGROUP_FIGURE(TASKS), UINT_MAX, 100);
        assert_non_null(look(f, tree, f->below));
        (void)snprintf(from, sizeof(from), "%s%s", hierarchy->mount, f->below);
        (void)snprintf(to, sizeof(to), "%s%s/else", hierarchy->mount, f->group);
        (void)snprintf(path, sizeof(path), "%s/else", f->group);
        assert_int_equal(rename(from, to), 0);
        assert_null(look(f, tree, f->below));
        assert_non_null(look(f, tree, path));
        assert_int_equal(look(f, tree, path)->now.figures[CGROUP_FIGURE_TASKS], 0);
        assert_int_equal(rename(to, from), 0);
        cgroup_top_close(tree);
}

static void write_file(struct fixture *f, const struct cgroup_hierarchy *hierarchy, const char *file, const char *value)
{
        ok_or_fail(f, cgroup_file_write(hierarchy, f->group, file, value, &f->err));
}

/* Limits are read again when somebody writes them, and not before. */
static void test_limits(void **state)
{
        struct fixture *f = *state;
        const struct cgroup_hierarchy *pids = need_controller(f, CGROUP_PIDS);
        struct cgroup_top *tree;

        make_tree(f);
        tree = open_tree(f, CGROUP_FIGURE(TASKS_LIMIT) | CGROUP_FIGURE(TASKS), UINT_MAX, 100);
        assert_int_equal(look(f, tree, f->group)->now.figures[CGROUP_FIGURE_TASKS_LIMIT], NONE);
        write_file(f, pids, "pids.max", "77");
        assert_int_equal(look(f, tree, f->group)->now.figures[CGROUP_FIGURE_TASKS_LIMIT], 77);
        assert_int_equal(look(f, tree, f->group)->now.figures[CGROUP_FIGURE_TASKS_LIMIT], 77);
        write_file(f, pids, "pids.max", "max");
        assert_int_equal(look(f, tree, f->group)->now.figures[CGROUP_FIGURE_TASKS_LIMIT], NONE);
        cgroup_top_close(tree);
}

static int burn(void)
{
        volatile unsigned long long n = 0;

        for (;;)
                n++;
        return 0;
}

static void test_figures(void **state)
{
        struct fixture *f = *state;
        struct cgroup_top *tree;
        const struct cgroup_group *group;
        pid_t pid;

        make_tree(f);
        tree = open_tree(f, CGROUP_FIGURE(CPU_NSEC) | CGROUP_FIGURE(TASKS) | CGROUP_FIGURE(PROCESSES), UINT_MAX, 100);
        pid = child(f, f->below, burn);
        (void)look(f, tree, f->below);
        (void)usleep(200000);
        group = look(f, tree, f->below);
        assert_int_equal(group->now.figures[CGROUP_FIGURE_PROCESSES], 1);
        assert_true(group->before.at_nsec != 0);
        assert_true(group->now.at_nsec - group->before.at_nsec >= 200000000);
        if (group->now.figures[CGROUP_FIGURE_CPU_NSEC] != NONE)
                assert_true(group->now.figures[CGROUP_FIGURE_CPU_NSEC] > group->before.figures[CGROUP_FIGURE_CPU_NSEC]);
        if (cgroup_with(&f->layout, CGROUP_PIDS) != NULL && cgroup_with(&f->layout, CGROUP_PIDS)->version == 1)
                assert_int_equal(group->now.figures[CGROUP_FIGURE_TASKS], 1);
        assert_int_equal(kill(pid, SIGKILL), 0);
        (void)exit_status(pid);
        cgroup_top_close(tree);
}

static void test_depth(void **state)
{
        struct fixture *f = *state;
        struct cgroup_top *tree;
        char deep[128];

        make_tree(f);
        (void)snprintf(deep, sizeof(deep), "%s/deep", f->below);
        make_one(f, deep);
        tree = open_tree(f, ALL, 1, 100);
        assert_null(look(f, tree, deep));
        assert_non_null(look(f, tree, f->below));
        cgroup_top_close(tree);
        tree = open_tree(f, ALL, 0, 100);
        assert_null(look(f, tree, f->below));
        assert_non_null(look(f, tree, f->group));
        cgroup_top_close(tree);
}

/* More than a table of groups begins with, made one by one while it is looked at. */
static void test_many(void **state)
{
        struct fixture *f = *state;
        const struct cgroup_hierarchy *hierarchy = need_controller(f, CGROUP_MEMORY);
        const struct cgroup_group *group;
        struct cgroup_top *tree;
        size_t count;
        char path[128];

        make_tree(f);
        tree = open_tree(f, CGROUP_FIGURE(MEMORY), UINT_MAX, 100);
        for (int i = 0; i < 1200; i++) {
                (void)snprintf(path, sizeof(path), "%s/n%d", f->below, i);
                ok_or_fail(f, cgroup_make(hierarchy, path, 0, NULL, NULL, &f->err));
                if (i % 400 == 0)
                        assert_non_null(look(f, tree, path));
        }
        ok_or_fail(f, cgroup_top_round(tree, &group, &count, &f->err));
        assert_int_equal(count, 1202);
        remove_one(f, f->below);
        assert_null(look(f, tree, f->below));
        cgroup_top_close(tree);
}

static void test_top_goes(void **state)
{
        struct fixture *f = *state;
        struct cgroup_top_options options = {.path = f->group, .figures = ALL};
        const struct cgroup_group *group;
        struct cgroup_top *tree;
        size_t count;

        assert_int_equal(cgroup_top_open(&f->layout, &options, &tree, &f->err), -ENOENT);
        options.path = "/../etc";
        assert_int_equal(cgroup_top_open(&f->layout, &options, &tree, &f->err), -EINVAL);
        make_tree(f);
        tree = open_tree(f, ALL, UINT_MAX, 100);
        assert_non_null(look(f, tree, f->group));
        remove_one(f, f->group);
        assert_int_equal(cgroup_top_round(tree, &group, &count, &f->err), -ENOENT);
        make_tree(f);
        assert_non_null(look(f, tree, f->below));
        cgroup_top_close(tree);
}

#define ON_MACHINE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_texts), cmocka_unit_test(test_first_source_stands),
                ON_MACHINE(test_come_and_go), ON_MACHINE(test_few_descriptors),
                ON_MACHINE(test_renamed),     ON_MACHINE(test_limits),
                ON_MACHINE(test_figures),     ON_MACHINE(test_depth),
                ON_MACHINE(test_many),        ON_MACHINE(test_top_goes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
