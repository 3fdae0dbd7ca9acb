/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups: the parsers on captured texts, and everything else on the real hierarchies of the machine, in groups of our own
 * which are removed again. What needs root is skipped without it, and fails where WARD_MUST_WORK=1 says that it must work.
 */
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "cgroup-fixture.h"

/* ---- parsers: no privilege, no machine ---- */

struct captured {
        struct arena arena;
        struct cgroup_layout layout;
        cgroup_layout_open open; /* NULL: nothing is opened */
};

static void parse(struct captured *captured, const char *mountinfo, const char *self_cgroup)
{
        struct ward_err err = {0};
        char *mounts = arena_strdup(&captured->arena, mountinfo), *self = arena_strdup(&captured->arena, self_cgroup);

        assert_int_equal(cgroup_layout_parse(&captured->arena, mounts, self, captured->open, &captured->layout, &err),
                         0);
}

static void captured_done(struct captured *captured)
{
        arena_done(&captured->arena);
}

static void test_parse_hybrid(void **state)
{
        _cleanup_(captured_done) struct captured c = {0};
        const struct cgroup_hierarchy *memory, *unified;

        parse(&c,
              "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
              "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
              "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"
              "33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct\n"
              "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
              "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd\n"
              "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n",
              "9:name=systemd:/\n"
              "8:pids:/\n"
              "4:memory:/some/group\n"
              "2:cpuacct:/\n"
              "1:cpu:/\n"
              "0::/user.slice\n");
        assert_int_equal(c.layout.count, 5); /* pids is not mounted */
        memory = cgroup_with(&c.layout, CGROUP_MEMORY);
        unified = cgroup_unified(&c.layout);
        assert_non_null(memory);
        assert_int_equal(memory->version, 1);
        assert_int_equal(memory->controllers, BIT(MEMORY));
        assert_string_equal(memory->name, "memory");
        assert_string_equal(memory->mount, "/sys/fs/cgroup/memory");
        assert_string_equal(memory->own_path, "/some/group");
        assert_non_null(unified);
        assert_int_equal(unified->version, 2);
        assert_string_equal(unified->name, "unified");
        assert_string_equal(unified->own_path, "/user.slice");
        assert_null(cgroup_with(&c.layout, CGROUP_PIDS));
        assert_string_equal(c.layout.hierarchies[0].name, "systemd");
        assert_int_equal(c.layout.hierarchies[0].controllers, 0);
        assert_ptr_not_equal(cgroup_with(&c.layout, CGROUP_CPU), cgroup_with(&c.layout, CGROUP_CPUACCT));
        for (size_t i = 0; i < c.layout.count; i++)
                assert_true(c.layout.hierarchies[i].fd < 0);
}

static void test_parse_unified(void **state)
{
        _cleanup_(captured_done) struct captured c = {0};

        parse(&c,
              "24 30 0:22 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw\n"
              "35 24 0:30 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 "
              "rw,nsdelegate,memory_recursiveprot\n"
              "36 24 0:31 / /sys/fs/pstore rw,nosuid,nodev,noexec,relatime shared:10 - pstore pstore rw\n",
              "0::/user.slice/user-1000.slice/session-2.scope\n");
        assert_int_equal(c.layout.count, 1);
        assert_ptr_equal(cgroup_unified(&c.layout), &c.layout.hierarchies[0]);
        assert_string_equal(c.layout.hierarchies[0].mount, "/sys/fs/cgroup");
        assert_string_equal(c.layout.hierarchies[0].own_path, "/user.slice/user-1000.slice/session-2.scope");
}

static void test_parse_joint(void **state)
{
        _cleanup_(captured_done) struct captured c = {0};
        const struct cgroup_hierarchy *cpu;

        parse(&c,
              "25 18 0:20 / /sys/fs/cgroup ro,nosuid,nodev,noexec shared:8 - tmpfs tmpfs ro,mode=755\n"
              "26 25 0:21 / /sys/fs/cgroup/systemd rw,nosuid shared:9 - cgroup cgroup "
              "rw,xattr,release_agent=/usr/lib/systemd/systemd-cgroups-agent,name=systemd\n"
              "30 25 0:25 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid,nodev shared:11 - cgroup cgroup rw,cpu,cpuacct\n"
              "31 25 0:26 / /sys/fs/cgroup/net_cls,net_prio rw,nosuid shared:12 - cgroup cgroup rw,net_cls,net_prio\n",
              "11:net_cls,net_prio:/\n"
              "5:cpu,cpuacct:/system.slice\n"
              "1:name=systemd:/system.slice/a:b.service\n"
              "0::/never/mounted\n");
        assert_int_equal(c.layout.count, 3);
        cpu = cgroup_with(&c.layout, CGROUP_CPU);
        assert_non_null(cpu);
        assert_ptr_equal(cpu, cgroup_with(&c.layout, CGROUP_CPUACCT));
        assert_string_equal(cpu->name, "cpu,cpuacct");
        assert_string_equal(cpu->own_path, "/system.slice");
        assert_string_equal(c.layout.hierarchies[2].own_path, "/system.slice/a:b.service");
        assert_int_equal(cgroup_with(&c.layout, CGROUP_NET_PRIO)->controllers, BIT(NET_CLS) | BIT(NET_PRIO));
        assert_null(cgroup_unified(&c.layout));
}

/* Inside a container: only its own group is mounted; and seen from a new cgroup namespace over an old mount. */
static void test_parse_inside(void **state)
{
        _cleanup_(captured_done) struct captured bound = {0}, above = {0}, chosen = {0};

        parse(&bound, "99 90 0:32 /docker/c1 /sys/fs/cgroup/memory ro,nosuid master:15 - cgroup cgroup rw,memory\n",
              "4:memory:/docker/c1/inner\n");
        assert_int_equal(bound.layout.count, 1);
        assert_string_equal(bound.layout.hierarchies[0].own_path, "/inner");

        parse(&above, "99 90 0:32 /../.. /sys/fs/cgroup rw - cgroup2 cgroup rw\n", "0::/\n");
        assert_int_equal(above.layout.count, 1);
        assert_string_equal(above.layout.hierarchies[0].own_path, "/");

        /* "/docker/c10" is not below "/docker/c1"; the mount of the whole hierarchy is preferred, wherever it stands. */
        parse(&chosen,
              "98 90 0:32 /docker/c1 /a rw - cgroup cgroup rw,pids\n"
              "99 90 0:32 /docker/c10 /b rw - cgroup cgroup rw,pids\n"
              "97 90 0:33 /x /c rw - cgroup cgroup rw,memory\n"
              "96 90 0:33 / /d rw - cgroup cgroup rw,memory\n",
              "5:pids:/docker/c10\n4:memory:/x/y\n");
        assert_int_equal(chosen.layout.count, 2);
        assert_string_equal(chosen.layout.hierarchies[0].mount, "/b");
        assert_string_equal(chosen.layout.hierarchies[0].own_path, "/");
        assert_string_equal(chosen.layout.hierarchies[1].mount, "/d");
        assert_string_equal(chosen.layout.hierarchies[1].own_path, "/x/y");
}

static int open_the_others(struct cgroup_hierarchy *hierarchy, struct ward_err *err)
{
        return strncmp(hierarchy->mount, "/hidden", strlen("/hidden")) != 0;
}

/* What is hidden behind another mount is passed over for the next best one, for both versions; a hierarchy without any is missing. */
static void test_parse_hidden(void **state)
{
        _cleanup_(captured_done) struct captured c = {.open = open_the_others};

        parse(&c,
              "90 24 0:30 / /hidden/memory rw - cgroup cgroup rw,memory\n"
              "91 24 0:30 /x /part rw - cgroup cgroup rw,memory\n"
              "92 24 0:30 / /hidden-too rw - cgroup cgroup rw,memory\n"
              "93 24 0:30 / /whole rw - cgroup cgroup rw,memory\n"
              "94 24 0:31 / /hidden/pids rw - cgroup cgroup rw,pids\n"
              "95 24 0:32 / /hidden/unified rw - cgroup2 cgroup rw\n"
              "96 24 0:32 /y /group rw - cgroup2 cgroup rw\n",
              "5:pids:/\n4:memory:/x/y\n0::/y\n");
        assert_int_equal(c.layout.count, 2);
        assert_string_equal(c.layout.hierarchies[0].mount, "/whole");
        assert_string_equal(c.layout.hierarchies[0].own_path, "/x/y");
        assert_string_equal(c.layout.hierarchies[1].mount, "/group");
        assert_string_equal(c.layout.hierarchies[1].own_path, "/");
}

static void test_parse_odd(void **state)
{
        _cleanup_(captured_done) struct captured octal = {0}, hidden = {0}, none = {0}, broken = {0};

        parse(&octal, "35 24 0:30 / /mnt/a\\040b\\134c\\011\\012/d rw - cgroup2 my\\040source rw\n", "0::/\n");
        assert_string_equal(octal.layout.hierarchies[0].mount, "/mnt/a b\\c\t\n/d");

        /* Two mounts on one place: the later one is what is seen. */
        parse(&hidden,
              "35 24 0:30 / /m rw - cgroup cgroup rw,pids\n"
              "36 24 0:31 / /m rw - cgroup cgroup rw,memory\n",
              "5:pids:/\n4:memory:/\n");
        assert_int_equal(hidden.layout.count, 1);
        assert_int_equal(hidden.layout.hierarchies[0].controllers, BIT(MEMORY));

        parse(&none, "22 27 0:21 / /proc rw - proc proc rw\n", "0::/\n");
        assert_int_equal(none.layout.count, 0);

        parse(&broken, "35 24 - cgroup2 x rw\n36 - cgroup\n - \n\n37 24 0:3 / /ok rw - cgroup2 x rw",
              "\n0\n:\n::\n0::x\n0::/");
        assert_int_equal(broken.layout.count, 1);
        assert_string_equal(broken.layout.hierarchies[0].mount, "/ok");
}

static void test_parse_controllers(void **state)
{
        assert_int_equal(cgroup_controller_bit("io", 2), BIT(BLKIO));
        assert_int_equal(cgroup_controller_bit("blkio", 5), BIT(BLKIO));
        assert_int_equal(cgroup_controller_bit("cpu", 3), BIT(CPU));
        assert_int_equal(cgroup_controller_bit("cpuset", 6), BIT(CPUSET));
        assert_int_equal(cgroup_controller_bit("cpuse", 5), 0);
        assert_int_equal(cgroup_controller_bit("", 0), 0);
        for (size_t i = 0; i < CGROUP_CONTROLLER_COUNT; i++)
                assert_int_equal(cgroup_controller_bit(cgroup_controller_names[i], strlen(cgroup_controller_names[i])),
                                 1U << i);
}

static void test_weight(void **state)
{
        assert_int_equal(cgroup_weight_from_shares(0), 1);
        assert_int_equal(cgroup_weight_from_shares(2), 1);
        assert_int_equal(cgroup_weight_from_shares(1024), 100);
        assert_int_equal(cgroup_weight_from_shares(262144), 10000);
        assert_int_equal(cgroup_weight_from_shares(UINT64_MAX), 10000);
        for (uint64_t shares = 2; shares <= 262144; shares += 1 + shares / 64) {
                double l = log2((double)shares), weight = ceil(pow(10, (l * l + 125 * l) / 612.0 - 7.0 / 34.0));

                assert_int_equal(cgroup_weight_from_shares(shares), (uint64_t)weight);
        }
}

static void test_path(void **state)
{
        static const char *const refused[] = {"",        "/", "//",     "..",    "/..", "/a/..",
                                              "/a/../b", ".", "/a/./b", "/a\nb", "a/.."};
        static const char *const accepted[] = {"a", "/a", "/a/b/", "//a//b", "/...", "/..a", "/a..", "/system.slice:x"};
        char huge[PATH_MAX + 8], component[NAME_MAX + 3];
        struct ward_err err = {0};

        for (size_t i = 0; i < ELEMENTS(refused); i++)
                assert_int_equal(cgroup_path_check(refused[i], &err), -EINVAL);
        for (size_t i = 0; i < ELEMENTS(accepted); i++)
                assert_int_equal(cgroup_path_check(accepted[i], &err), 0);
        for (size_t i = 0; i < sizeof(huge); i++)
                huge[i] = i % 2 == 0 ? '/' : 'a';
        huge[sizeof(huge) - 1] = '\0';
        assert_int_equal(cgroup_path_check(huge, &err), -ENAMETOOLONG);
        huge[PATH_MAX - 1] = '\0';
        assert_int_equal(cgroup_path_check(huge, &err), 0);
        memset(component, 'a', sizeof(component));
        component[0] = '/';
        component[NAME_MAX + 2] = '\0';
        assert_int_equal(cgroup_path_check(component, &err), -ENAMETOOLONG);
        component[NAME_MAX + 1] = '\0';
        assert_int_equal(cgroup_path_check(component, &err), 0);
}

/* ---- the machine's own hierarchies ---- */

static void test_layout(void **state)
{
        struct fixture *f = *state;

        for (size_t i = 0; i < f->layout.count; i++) {
                struct stat st;

                assert_int_equal(fstat(f->layout.hierarchies[i].fd, &st), 0);
                assert_true(S_ISDIR(st.st_mode));
                assert_int_equal(f->layout.hierarchies[i].own_path[0], '/');
                assert_true((fcntl(f->layout.hierarchies[i].fd, F_GETFD) & FD_CLOEXEC) != 0);
        }
}

static void test_make_remove(void **state)
{
        struct fixture *f = *state;
        char deep[128];

        make_everywhere(f, f->group);
        (void)snprintf(deep, sizeof(deep), "%s/a/b/c", f->group);
        for (size_t i = 0; i < f->layout.count; i++) {
                const struct cgroup_hierarchy *hierarchy = &f->layout.hierarchies[i];
                unsigned made = 7;
                int fd = -EBADF;

                ok_or_fail(f, cgroup_make(hierarchy, f->group, 0, &fd, &made, &f->err));
                assert_int_equal(made, 0);
                assert_true(fd >= 0);
                assert_int_equal(faccessat(fd, "cgroup.procs", F_OK, 0), 0);
                (void)close(fd);
                ok_or_fail(f, cgroup_make(hierarchy, deep, TESTED, NULL, &made, &f->err));
                assert_int_equal(made, 3);
                assert_true(exists(hierarchy, deep));
                /* What was made goes, and not one more. */
                ok_or_fail(f, cgroup_remove(hierarchy, deep, made - 1, 0, &f->err));
                assert_false(exists(hierarchy, deep));
                deep[strlen(f->group) + 2] = '\0';
                assert_false(exists(hierarchy, deep));
                assert_true(exists(hierarchy, f->group));
                deep[strlen(f->group) + 2] = '/';
                /* A tree goes as a whole; what is not there is no error. */
                ok_or_fail(f, cgroup_make(hierarchy, deep, 0, NULL, NULL, &f->err));
                ok_or_fail(f, cgroup_make(hierarchy, f->below, 0, NULL, NULL, &f->err));
                ok_or_fail(f, cgroup_remove(hierarchy, f->group, 0, 0, &f->err));
                assert_false(exists(hierarchy, f->group));
                ok_or_fail(f, cgroup_remove(hierarchy, f->group, 3, 0, &f->err));
                ok_or_fail(f, cgroup_remove(hierarchy, deep, 3, 0, &f->err));
        }
}

/* Deeper than there are descriptors and than a path is long. */
static void test_remove_deep(void **state)
{
        struct fixture *f = *state;
        const struct cgroup_hierarchy *hierarchy;
        int fd;

        make_everywhere(f, f->group);
        hierarchy = &f->layout.hierarchies[0];
        fd = cgroup_open(hierarchy, f->group, NULL, O_PATH);
        assert_true(fd >= 0);
        for (int i = 0; i < 60; i++) {
                char name[120];
                int next;

                memset(name, 'd', sizeof(name) - 1);
                name[sizeof(name) - 1] = '\0';
                if (mkdirat(fd, name, 0755) < 0) {
                        /* SELinux labels by path, and takes none that is longer than a page; or the last one has no label, and
                         * nothing may be made in it. */
                        assert_true(errno == ENAMETOOLONG || errno == EACCES);
                        assert_true(i > 20);
                        break;
                }
                next = openat(fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
                assert_true(next >= 0);
                (void)close(fd);
                fd = next;
        }
        (void)close(fd);
        ok_or_fail(f, cgroup_remove(hierarchy, f->group, 0, 0, &f->err));
        assert_false(exists(hierarchy, f->group));
}

static void test_remove_busy(void **state)
{
        struct fixture *f = *state;
        const struct cgroup_hierarchy *hierarchy;
        pid_t pid;

        make_everywhere(f, f->below);
        hierarchy = &f->layout.hierarchies[0];
        pid = child(f, f->below, NULL);
        assert_int_equal(cgroup_remove(hierarchy, f->below, 0, 5, &f->err), -EBUSY);
        assert_non_null(strstr(f->err.message, f->below + 1));
        assert_int_equal(cgroup_remove(hierarchy, f->group, 0, 5, &f->err), -EBUSY);
        assert_true(exists(hierarchy, f->below));
        /* It goes while removing waits. */
        assert_int_equal(kill(pid, SIGKILL), 0);
        ok_or_fail(f, cgroup_remove(hierarchy, f->group, 0, 2000, &f->err));
        assert_int_equal(exit_status(pid), 128 + SIGKILL);
        assert_false(exists(hierarchy, f->group));
}

static void test_refusals(void **state)
{
        struct fixture *f = *state;
        char path[128];

        make_everywhere(f, f->group);
        for (size_t i = 0; i < f->layout.count; i++) {
                const struct cgroup_hierarchy *hierarchy = &f->layout.hierarchies[i];
                int fd = 4711;
                unsigned made = 4711;

                (void)snprintf(path, sizeof(path), "%s/../ward-escaped", f->group);
                assert_int_equal(cgroup_make(hierarchy, path, 0, &fd, &made, &f->err), -EINVAL);
                assert_int_equal(cgroup_make(hierarchy, "", 0, &fd, &made, &f->err), -EINVAL);
                assert_int_equal(cgroup_make(hierarchy, "/a\nb", 0, &fd, &made, &f->err), -EINVAL);
                assert_int_equal(cgroup_remove(hierarchy, path, 0, 0, &f->err), -EINVAL);
                assert_int_equal(cgroup_remove(hierarchy, "/", 0, 0, &f->err), -EINVAL);
                /* A file of the group is no group. */
                (void)snprintf(path, sizeof(path), "%s/cgroup.procs", f->group);
                assert_int_equal(cgroup_make(hierarchy, path, 0, NULL, &made, &f->err), -ENOTDIR);
                (void)snprintf(path, sizeof(path), "%s/cgroup.procs/x", f->group);
                assert_int_equal(cgroup_make(hierarchy, path, 0, &fd, &made, &f->err), -ENOTDIR);
                assert_int_equal(fd, 4711);
                assert_int_equal(made, 4711);
        }
}

/* A directory with a symbolic link stands in for a hierarchy: nothing follows the link, in the middle or at the end. */
static void test_no_symlink(void **state)
{
        struct cgroup_hierarchy fake = {.version = 1, .name = "fake", .mount = "/fake", .own_path = "/", .fd = -EBADF};
        char top[] = "/tmp/ward-cgroup-XXXXXX", inside[64], outside[64], victim[80], link[80];
        struct ward_err err = {0};

        assert_non_null(mkdtemp(top));
        (void)snprintf(inside, sizeof(inside), "%s/in", top);
        (void)snprintf(outside, sizeof(outside), "%s/out", top);
        (void)snprintf(victim, sizeof(victim), "%s/victim", outside);
        (void)snprintf(link, sizeof(link), "%s/link", inside);
        assert_int_equal(mkdir(inside, 0755) | mkdir(outside, 0755) | mkdir(victim, 0755), 0);
        assert_int_equal(symlink("../out", link), 0);
        fake.fd = open(inside, O_PATH | O_DIRECTORY | O_CLOEXEC);
        assert_true(fake.fd >= 0);

        assert_int_equal(cgroup_make(&fake, "/link/new", 0, NULL, NULL, &err), -ELOOP);
        assert_int_equal(cgroup_make(&fake, "/link/new/deeper", 0, NULL, NULL, &err), -ELOOP);
        assert_true(cgroup_make(&fake, "/link", 0, NULL, NULL, &err) < 0);
        assert_int_equal(cgroup_remove(&fake, "/link/victim", 0, 0, &err), -ELOOP);
        assert_int_equal(cgroup_open(&fake, "/link", "victim", O_PATH), -ELOOP);
        assert_int_equal(access(victim, F_OK), 0);
        assert_int_equal(rmdir(victim), 0);
        assert_int_equal(rmdir(outside), 0); /* nothing was made there */
        assert_int_equal(unlink(link) | rmdir(inside) | rmdir(top), 0);
        (void)close(fake.fd);
}

/* A mount on top of a group is not entered. In a mount namespace of its own. */
static void test_no_mount(void **state)
{
        struct fixture *f = *state;
        const struct cgroup_hierarchy *hierarchy;
        pid_t pid;

        make_everywhere(f, f->below);
        hierarchy = &f->layout.hierarchies[0];
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                char place[256];

                /* The descriptors of before the unshare are in the old namespace. */
                struct cgroup_hierarchy inside = *hierarchy;

                (void)snprintf(place, sizeof(place), "%s%s", hierarchy->mount, f->group);
                if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
                    mount("none", place, "tmpfs", 0, NULL) < 0)
                        _exit(1);
                inside.fd = open(inside.mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
                _exit(cgroup_make(&inside, f->below, 0, NULL, NULL, NULL) == -EXDEV &&
                                      cgroup_open(&inside, f->group, NULL, O_PATH) == -EXDEV
                              ? 0
                              : 2);
        }
        assert_int_equal(exit_status(pid), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse_hybrid),
                cmocka_unit_test(test_parse_unified),
                cmocka_unit_test(test_parse_joint),
                cmocka_unit_test(test_parse_inside),
                cmocka_unit_test(test_parse_odd),
                cmocka_unit_test(test_parse_hidden),
                cmocka_unit_test(test_parse_controllers),
                cmocka_unit_test(test_weight),
                cmocka_unit_test(test_path),
                cmocka_unit_test(test_no_symlink),
                cmocka_unit_test_setup_teardown(test_layout, setup, teardown),
                cmocka_unit_test_setup_teardown(test_make_remove, setup, teardown),
                cmocka_unit_test_setup_teardown(test_remove_deep, setup, teardown),
                cmocka_unit_test_setup_teardown(test_remove_busy, setup, teardown),
                cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
                cmocka_unit_test_setup_teardown(test_no_mount, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
