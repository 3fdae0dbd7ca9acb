/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups of resctrl, over a directory that looks like the file system: no machine of the tests has the hardware. What the kernel does when a
 * directory is made or removed there, the files in it, mkdirat(2) and unlinkat(2) do here.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "kern/resctrl.h"

#define DEFAULT_SCHEMA "    MB:0=100;1=100\n    L3:0=7ff;1=7ff\n"

int __real_mkdirat(int at, const char *path, mode_t mode);
int __real_unlinkat(int at, const char *path, int flags);
int __wrap_mkdirat(int at, const char *path, mode_t mode);
int __wrap_unlinkat(int at, const char *path, int flags);

static int root;
static int full; /* errno of the next directory that is made; 0: it is made */

static void put_file(int at, const char *name, const char *text)
{
        _cleanup_close_
        int fd = openat(at, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        assert_true(fd >= 0);
        assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
}

static char *content(const char *name)
{
        char *text;
        size_t len;

        assert_int_equal(fd_read_file(root, name, 1 << 16, &text, &len, NULL), 0);
        return text;
}

static bool is_there(const char *name)
{
        return faccessat(root, name, F_OK, 0) == 0;
}

static void fill_group(int group, bool monitor)
{
        put_file(group, "tasks", "");
        if (monitor)
                return;
        put_file(group, "schemata", DEFAULT_SCHEMA);
        assert_int_equal(__real_mkdirat(group, "mon_groups", 0755), 0);
}

int __wrap_mkdirat(int at, const char *path, mode_t mode)
{
        _cleanup_close_
        int group = -EBADF;

        if (full != 0) {
                errno = full;
                return -1;
        }
        if (__real_mkdirat(at, path, mode) < 0)
                return -1;
        group = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(group >= 0);
        fill_group(group, strstr(path, "mon_groups/") != NULL);
        return 0;
}

int __wrap_unlinkat(int at, const char *path, int flags)
{
        static const char *const files[] = {"tasks", "schemata"};
        _cleanup_close_
        int group = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (group < 0)
                return -1;
        for (size_t i = 0; i < 2; i++)
                (void)__real_unlinkat(group, files[i], 0);
        (void)__real_unlinkat(group, "mon_groups", AT_REMOVEDIR);
        return __real_unlinkat(at, path, flags);
}

static int setup(void **state)
{
        static char path[64];

        (void)snprintf(path, sizeof(path), "/tmp/test-resctrl.XXXXXX");
        assert_non_null(mkdtemp(path));
        root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(root >= 0);
        fill_group(root, false);
        assert_int_equal(__real_mkdirat(root, "info", 0755), 0);
        put_file(root, "info/last_cmd_status", "Mask out of range\n");
        full = 0;
        *state = path;
        return 0;
}

static int teardown(void **state)
{
        static const char *const left[] = {"info/last_cmd_status", "tasks", "schemata"};

        for (size_t i = 0; i < 3; i++)
                (void)__real_unlinkat(root, left[i], 0);
        (void)__real_unlinkat(root, "info", AT_REMOVEDIR);
        (void)__real_unlinkat(root, "mon_groups", AT_REMOVEDIR);
        (void)close(root);
        /* Fails, and with it the test, if a group was left. */
        return rmdir(*state);
}

static const char *const none[] = {NULL};
static const char *const lines[] = {"L3:0=7f0;1=1f", "MB:0=20;1=70", NULL};

static void test_own_group(void **state)
{
        const struct resctrl_want want = {.group = "c1", .own = true, .schema = none, .monitor = "c1"};
        _cleanup_free_ char *tasks = NULL, *monitored = NULL, *schema = NULL;
        struct resctrl_made made;
        struct ward_err err = {0};

        assert_int_equal(resctrl_prepare(root, &want, &made, &err), 0);
        assert_true(made.group && made.monitor);
        assert_int_equal(resctrl_join(root, &want, 4711, &err), 0);
        tasks = content("c1/tasks");
        assert_string_equal(tasks, "4711\n");
        monitored = content("c1/mon_groups/c1/tasks");
        assert_string_equal(monitored, "4711\n");
        schema = content("c1/schemata");
        assert_string_equal(schema, DEFAULT_SCHEMA); /* nothing was written */
        assert_int_equal(resctrl_remove(root, &want, &made, &err), 0);
        assert_false(is_there("c1"));
        assert_int_equal(resctrl_remove(root, &want, &made, &err), 0); /* it is gone already */
}

static void test_own_group_is_there(void **state)
{
        const struct resctrl_want want = {.group = "c1", .own = true, .schema = none};
        const struct resctrl_made theirs = {.group = true};
        struct resctrl_made made = {true, true};
        struct ward_err err = {0};

        assert_int_equal(__wrap_mkdirat(root, "c1", 0755), 0);
        assert_int_equal(resctrl_prepare(root, &want, &made, &err), -EEXIST);
        assert_string_equal(err.message, "the resctrl group 'c1' is there already");
        assert_false(made.group || made.monitor);
        assert_int_equal(resctrl_remove(root, &want, &made, &err), 0);
        assert_true(is_there("c1"));
        assert_int_equal(resctrl_remove(root, &want, &theirs, &err), 0);
}

/* Each line is written by itself, in its order: the last one stays in a file that is no kernel's. */
static void test_named_group(void **state)
{
        const struct resctrl_want want = {.group = "gold", .schema = lines};
        _cleanup_free_ char *schema = NULL;
        struct resctrl_made made;
        struct ward_err err = {0};

        assert_int_equal(resctrl_prepare(root, &want, &made, &err), 0);
        assert_true(made.group && !made.monitor);
        schema = content("gold/schemata");
        assert_non_null(strstr(schema, "MB:0=20;1=70\n"));
        assert_int_equal(strncmp(schema, "MB:0=20;1=70\n", 13), 0);
        assert_int_equal(resctrl_remove(root, &want, &made, &err), 0);
        assert_false(is_there("gold"));
}

static void test_compare(void **state)
{
        static const struct {
                const char *line;
                bool same;
        } cases[] = {
                {"L3:0=7f0;1=1f", true},  {"L3:0=7F0", true},
                {"L3:1=01f;0=7f0", true}, {"L3: 0=7f0 ;1=1f", true},
                {"MB:0=20", true},        {"MB:0=20;1=71", false},
                {"L3:0=7f", false},       {"L3:0=7f0;1=1f;2=1", false},
                {"L2:0=1", false},        {"L:0=7f0", false},
                {"L3:0", false},          {"L3:00=7f0", true},
        };

        assert_int_equal(__wrap_mkdirat(root, "gold", 0755), 0);
        /* As the kernel pads numbers. */
        put_file(root, "gold/schemata", "    MB:0= 20;1= 70\n    L3:0=7f0;1=01f\n");
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const char *const one[] = {cases[i].line, NULL};
                const struct resctrl_want want = {.group = "gold", .schema = one};
                struct resctrl_made made = {true, true};
                struct ward_err err = {0};

                if (resctrl_prepare(root, &want, &made, &err) != (cases[i].same ? 0 : -EEXIST))
                        fail_msg("%s: %s", cases[i].line, err.message);
                assert_false(made.group);
        }
        assert_int_equal(__wrap_unlinkat(root, "gold", AT_REMOVEDIR), 0);
}

static void test_refused(void **state)
{
        const struct resctrl_want absent = {.group = "gold", .schema = none};
        const struct resctrl_want own = {.group = "c1", .own = true, .schema = none};
        const struct resctrl_want monitored = {.group = "/", .schema = none, .monitor = "c1"};
        struct resctrl_made made;
        struct ward_err err = {0};

        assert_int_equal(resctrl_prepare(root, &absent, &made, &err), -ENOENT);
        assert_non_null(strstr(err.hint, "mkdir /sys/fs/resctrl/gold"));
        assert_int_equal(resctrl_join(root, &absent, 1, &err), -ENOENT);
        full = ENOSPC;
        assert_int_equal(resctrl_prepare(root, &own, &made, &err), -ENOSPC);
        assert_non_null(strstr(err.hint, "no more of them"));
        assert_int_equal(resctrl_prepare(root, &monitored, &made, &err), -ENOSPC);
        assert_false(made.group || made.monitor);
        full = EINVAL;
        assert_int_equal(resctrl_prepare(root, &own, &made, &err), -EINVAL);
        assert_string_equal(err.hint, "the kernel says: Mask out of range");
}

/* A schema that the kernel refuses: the group that was made for it is known, so that it goes. */
static void test_schema_refused(void **state)
{
        const struct resctrl_want want = {.group = "gold", .schema = lines};
        struct resctrl_made made;
        struct ward_err err = {0};

        assert_int_equal(resctrl_prepare(root, &want, &made, &err), 0);
        assert_int_equal(__real_unlinkat(root, "gold/schemata", 0), 0);
        assert_int_equal(resctrl_prepare(root, &want, &made, &err), -ENOENT);
        assert_false(made.group);
        made.group = true;
        assert_int_equal(resctrl_remove(root, &want, &made, &err), 0);
}

static void test_root_group(void **state)
{
        const struct resctrl_want want = {.group = "/", .schema = none, .monitor = "c1"};
        _cleanup_free_ char *tasks = NULL, *monitored = NULL;
        struct resctrl_made made;
        struct ward_err err = {0};

        assert_int_equal(resctrl_prepare(root, &want, &made, &err), 0);
        assert_true(!made.group && made.monitor);
        assert_int_equal(resctrl_join(root, &want, 7, &err), 0);
        tasks = content("tasks");
        assert_string_equal(tasks, "7\n");
        monitored = content("mon_groups/c1/tasks");
        assert_string_equal(monitored, "7\n");
        assert_int_equal(resctrl_remove(root, &want, &made, &err), 0);
        assert_false(is_there("mon_groups/c1"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_own_group, setup, teardown),
                cmocka_unit_test_setup_teardown(test_own_group_is_there, setup, teardown),
                cmocka_unit_test_setup_teardown(test_named_group, setup, teardown),
                cmocka_unit_test_setup_teardown(test_compare, setup, teardown),
                cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
                cmocka_unit_test_setup_teardown(test_schema_refused, setup, teardown),
                cmocka_unit_test_setup_teardown(test_root_group, setup, teardown),
        };

        return cmocka_run_group_tests_name("resctrl", tests, NULL, NULL);
}
