/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups: limits of block devices, huge pages and networks, files of v2 by their names, values as they are converted, and groups
 * that processes join later; on the real hierarchies of the machine where it has them.
 */
#include <dirent.h>
#include <stdlib.h>

#include "cgroup-fixture.h"
#include "kern/cgroup-knobs.h"

#define MIB (1024 * 1024LL)

static int set_limit(struct fixture *f, struct cgroup_limit limit)
{
        return cgroup_set(&f->layout, f->group, &limit, 1, NULL, &f->err);
}

static void expect_words(const struct fixture *f, int r, int want, const char *message, const char *hint)
{
        assert_int_equal(r, want);
        if (strstr(f->err.message, message) == NULL)
                fail_msg("'%s' is not in: %s", message, f->err.message);
        if (strstr(f->err.hint, hint) == NULL)
                fail_msg("'%s' is not in: %s", hint, f->err.hint);
}

static void test_values(void **state)
{
        static const struct {
                struct cgroup_limit limit;
                enum form form;
                const char *want;
        } cases[] = {
                {{CGROUP_BLKIO_WEIGHT, 10}, FORM_NUMBER, "10"},
                {{CGROUP_BLKIO_WEIGHT, 10}, FORM_IO_WEIGHT, "1"},
                {{CGROUP_BLKIO_WEIGHT, 11}, FORM_IO_WEIGHT, "11"},
                {{CGROUP_BLKIO_WEIGHT, 100}, FORM_IO_WEIGHT, "910"},
                {{CGROUP_BLKIO_WEIGHT, 500}, FORM_IO_WEIGHT, "4950"},
                {{CGROUP_BLKIO_WEIGHT, 1000}, FORM_IO_WEIGHT, "10000"},
                {{CGROUP_BLKIO_WEIGHT_DEVICE, 100, .major = 8, .minor = 16}, FORM_DEVICE, "8:16 100"},
                {{CGROUP_BLKIO_WEIGHT_DEVICE, 0, .major = 8, .minor = 16}, FORM_DEVICE, "8:16 0"},
                {{CGROUP_BLKIO_WEIGHT_DEVICE, 0, .major = 8, .minor = 16}, FORM_DEVICE_DEFAULT, "8:16 default"},
                {{CGROUP_BLKIO_WEIGHT_DEVICE, 100, .major = 8, .minor = 16}, FORM_DEVICE_DEFAULT, "8:16 100"},
                {{CGROUP_BLKIO_WEIGHT_DEVICE, 100, .major = 8, .minor = 16}, FORM_DEVICE_IO_WEIGHT, "8:16 910"},
                {{CGROUP_BLKIO_WEIGHT_DEVICE, 0, .major = 8, .minor = 16}, FORM_DEVICE_IO_WEIGHT, "8:16 default"},
                {{CGROUP_BLKIO_READ_BPS, -1, .major = 4095, .minor = 1048575},
                 FORM_RBPS,
                 "4095:1048575 rbps=18446744073709551615"},
                {{CGROUP_BLKIO_WRITE_BPS, 0, .major = 8}, FORM_WBPS, "8:0 wbps=max"},
                {{CGROUP_BLKIO_READ_IOPS, 7, .major = 8}, FORM_RIOPS, "8:0 riops=7"},
                {{CGROUP_BLKIO_WRITE_IOPS, 7, .major = 8}, FORM_WIOPS, "8:0 wiops=7"},
                {{CGROUP_BLKIO_READ_IOPS, 0, .major = 8}, FORM_DEVICE_IOPS, "8:0 0"},
                {{CGROUP_BLKIO_READ_IOPS, 4294967294, .major = 8}, FORM_DEVICE_IOPS, "8:0 4294967294"},
                {{CGROUP_BLKIO_READ_IOPS, 4294967297, .major = 8}, FORM_DEVICE_IOPS, "8:0 4294967295"},
                {{CGROUP_BLKIO_READ_IOPS, -1, .major = 8}, FORM_DEVICE_IOPS, "8:0 4294967295"},
                {{CGROUP_HUGETLB_MAX, -1, .key = "2MB"}, FORM_LARGE, "18446744073709551615"},
                {{CGROUP_NET_PRIORITY, 4294967295, .key = "eth0"}, FORM_KEY_NUMBER, "eth0 4294967295"},
                {{CGROUP_RDMA_MAX, .key = "mlx5_0", .text = "hca_handle=2"}, FORM_KEY_TEXT, "mlx5_0 hca_handle=2"},
                {{CGROUP_CPU_WEIGHT, 1}, FORM_SHARES, "10"},
                {{CGROUP_CPU_WEIGHT, 100}, FORM_SHARES, "1024"},
                {{CGROUP_CPU_WEIGHT, 10000}, FORM_SHARES, "102400"},
                {{CGROUP_CPU_WEIGHT_NICE, -20}, FORM_NICE, "88818"},
                {{CGROUP_CPU_WEIGHT_NICE, 19}, FORM_NICE, "15"},
                {{CGROUP_IO_WEIGHT, 100}, FORM_BFQ, "100"},
                {{CGROUP_IO_WEIGHT, 10000}, FORM_BFQ, "1000"},
                {{CGROUP_IO_WEIGHT, 1}, FORM_BLKIO, "10"},
                {{CGROUP_IO_WEIGHT, 100}, FORM_BLKIO, "500"},
                {{CGROUP_IO_WEIGHT_DEVICE, 0, .major = 8}, FORM_DEVICE_BFQ, "8:0 default"},
                {{CGROUP_IO_WEIGHT_DEVICE, 200, .major = 8}, FORM_DEVICE_BLKIO, "8:0 1000"},
                {{CGROUP_IO_LATENCY, 25000, .major = 8}, FORM_DEVICE_TARGET, "8:0 target=25000"},
                {{CGROUP_IO_COST_QOS, .major = 8, .text = "enable=1"}, FORM_DEVICE_TEXT, "8:0 enable=1"},
                {{CGROUP_CPU_UCLAMP_MIN, 1250}, FORM_PERCENT, "12.50"},
                {{CGROUP_CPU_UCLAMP_MAX, -1}, FORM_PERCENT, "max"},
                {{CGROUP_CPUSET_PARTITION, .text = "isolated"}, FORM_EXCLUSIVE, "1"},
                {{CGROUP_CPUSET_PARTITION, .text = "isolated"}, FORM_BALANCE, "0"},
                {{CGROUP_CPUSET_PARTITION, .text = "member"}, FORM_EXCLUSIVE, "0"},
                {{CGROUP_MISC_MAX, -1, .key = "sev"}, FORM_KEY_MAX, "sev max"},
                {{CGROUP_MISC_MAX, 10, .key = "sev"}, FORM_KEY_MAX, "sev 10"},
        };
        struct set set = {0};

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                char value[CGROUP_VALUE_MAX];

                assert_int_equal(cgroup_value_print(&set, NULL, &cases[i].limit, cases[i].form, value, NULL), 1);
                assert_string_equal(value, cases[i].want);
        }
}

/* The number of a disk, not of a partition. */
static void find_disk(struct cgroup_limit *limit)
{
        DIR *dir = opendir("/sys/block");
        const struct dirent *entry;
        bool found = false;

        while (dir != NULL && !found && (entry = readdir(dir)) != NULL) {
                char path[300], text[32] = "";
                FILE *file;

                (void)snprintf(path, sizeof(path), "/sys/block/%s/dev", entry->d_name);
                file = fopen(path, "re");
                if (file == NULL)
                        continue;
                found = fgets(text, sizeof(text), file) != NULL &&
                        sscanf(text, "%u:%u", &limit->major, &limit->minor) == 2;
                (void)fclose(file);
        }
        if (dir != NULL)
                (void)closedir(dir);
        need(found, "this machine has no disk");
}

static void make_with(struct fixture *f, enum cgroup_controller controller)
{
        need(geteuid() == 0, "making control groups takes root");
        ok_or_fail(f, cgroup_make(need_controller(f, controller), f->group, 1U << controller, NULL, NULL, &f->err));
}

/* Whether the group has this file. */
static bool has_file(const struct fixture *f, enum cgroup_controller controller, const char *file)
{
        _cleanup_close_
        int fd = cgroup_open(cgroup_with(&f->layout, controller), f->group, file, O_RDONLY);

        return fd >= 0;
}

static void test_throttle(void **state)
{
        static const struct {
                enum cgroup_knob knob;
                const char *v1, *v2;
        } cases[] = {
                {CGROUP_BLKIO_READ_BPS, "blkio.throttle.read_bps_device", "rbps=1048576"},
                {CGROUP_BLKIO_WRITE_BPS, "blkio.throttle.write_bps_device", "wbps=1048576"},
                {CGROUP_BLKIO_READ_IOPS, "blkio.throttle.read_iops_device", "riops=1048576"},
                {CGROUP_BLKIO_WRITE_IOPS, "blkio.throttle.write_iops_device", "wiops=1048576"},
        };
        struct fixture *f = *state;
        struct cgroup_limit disk = {.value = MIB};
        bool v2;

        find_disk(&disk);
        make_with(f, CGROUP_BLKIO);
        v2 = cgroup_with(&f->layout, CGROUP_BLKIO)->version == 2;
        need(has_file(f, CGROUP_BLKIO, v2 ? "io.max" : cases[0].v1), "this kernel does not throttle block devices");
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                const char *file = v2 ? "io.max" : cases[i].v1;
                _cleanup_free_ char *text = NULL;
                struct cgroup_limit wrong = {.knob = cases[i].knob, .value = 1, .major = 4095, .minor = 7};
                char want[64];

                disk.knob = cases[i].knob;
                disk.value = MIB;
                ok_or_fail(f, set_limit(f, disk));
                ok_or_fail(f, cgroup_file_read(cgroup_with(&f->layout, CGROUP_BLKIO), f->group, file, &text, &f->err));
                (void)snprintf(want, sizeof(want), v2 ? "%u:%u " : "%u:%u 1048576", disk.major, disk.minor);
                assert_non_null(strstr(text, want));
                assert_non_null(strstr(text, v2 ? cases[i].v2 : want));
                /* None again. */
                disk.value = 0;
                ok_or_fail(f, set_limit(f, disk));
                expect_file(cgroup_with(&f->layout, CGROUP_BLKIO), f->group, file, "");
                expect_words(f, set_limit(f, wrong), -ENODEV, "of 4095:7 to '4095:7 ", "lsblk");
                assert_non_null(strstr(f->err.message, "no disk has this number"));
        }
}

static void test_weights(void **state)
{
        struct fixture *f = *state;
        const struct cgroup_hierarchy *hierarchy = need_controller(f, CGROUP_BLKIO);
        struct cgroup_limit weight = {CGROUP_BLKIO_WEIGHT, 200}, leaf = {CGROUP_BLKIO_LEAF_WEIGHT, 200},
                            device = {CGROUP_BLKIO_WEIGHT_DEVICE, 200, .major = 4095, .minor = 7};
        static const struct {
                const char *file, *want;
        } v1[] = {{"blkio.bfq.weight", "200"}, {"blkio.weight", "200"}},
          v2[] = {{"io.bfq.weight", "default 200"}, {"io.weight", "default 1920"}};
        bool any = false;

        make_with(f, CGROUP_BLKIO);
        for (size_t i = 0; i < ELEMENTS(v1); i++)
                any |= has_file(f, CGROUP_BLKIO, hierarchy->version == 1 ? v1[i].file : v2[i].file);
        if (any) {
                ok_or_fail(f, set_limit(f, weight));
                for (size_t i = 0; i < ELEMENTS(v1); i++)
                        if (hierarchy->version == 1 && has_file(f, CGROUP_BLKIO, v1[i].file))
                                expect_file(hierarchy, f->group, v1[i].file, v1[i].want);
                        else if (hierarchy->version == 2 && has_file(f, CGROUP_BLKIO, v2[i].file))
                                expect_file(hierarchy, f->group, v2[i].file, v2[i].want);
                expect_words(f, set_limit(f, device), -ENODEV, "no disk has this number", "lsblk");
        } else {
                expect_words(f, set_limit(f, weight), -ENOENT, "no weights for block devices", "bfq");
                expect_words(f, set_limit(f, device), -ENOENT, "no weights for block devices", "bfq");
        }
        if (hierarchy->version == 1 && !has_file(f, CGROUP_BLKIO, "blkio.leaf_weight"))
                expect_words(f, set_limit(f, leaf), -ENOENT, "CFQ", "leave leafWeight out");
        if (hierarchy->version == 2)
                expect_words(f, set_limit(f, leaf), -EOPNOTSUPP, "it needs cgroup v1", "cgroup v2");
}

/* On a hybrid layout the group would not be the only one to get the controller, and there are runtimes that then run no more (docs/CGROUPS.md). */
static void need_given(struct fixture *f, enum cgroup_controller controller)
{
        const struct cgroup_hierarchy *hierarchy = need_controller(f, controller);
        _cleanup_free_ char *given = NULL;
        bool is_given;

        if (hierarchy->version == 1 || f->layout.count == 1)
                return;
        ok_or_fail(f, fd_read_file(hierarchy->fd, "cgroup.subtree_control", 4096, &given, NULL, &f->err));
        is_given = strstr(given, cgroup_controller_names[controller]) != NULL;
        free(TAKE_PTR(given)); /* a skip does not come back */
        need(is_given, "beside cgroup v1 the root of v2 gives this controller to no group");
}

static void test_hugetlb(void **state)
{
        struct fixture *f = *state;
        const struct cgroup_hierarchy *hierarchy = need_controller(f, CGROUP_HUGETLB);
        struct cgroup_limit two = {CGROUP_HUGETLB_MAX, 4 * MIB + 5, .key = "2MB"},
                            none = {CGROUP_HUGETLB_MAX, 1, .key = "3MB"};
        bool v1 = hierarchy->version == 1;

        need_given(f, CGROUP_HUGETLB);
        make_with(f, CGROUP_HUGETLB);
        need(has_file(f, CGROUP_HUGETLB, v1 ? "hugetlb.2MB.limit_in_bytes" : "hugetlb.2MB.max"),
             "this machine has no huge pages of 2 MiB");
        ok_or_fail(f, set_limit(f, two));
        expect_file(hierarchy, f->group, v1 ? "hugetlb.2MB.limit_in_bytes" : "hugetlb.2MB.max", "4194304");
        if (has_file(f, CGROUP_HUGETLB, v1 ? "hugetlb.2MB.rsvd.limit_in_bytes" : "hugetlb.2MB.rsvd.max"))
                expect_file(hierarchy, f->group, v1 ? "hugetlb.2MB.rsvd.limit_in_bytes" : "hugetlb.2MB.rsvd.max",
                            "4194304");
        two.value = -1; /* the largest there is */
        ok_or_fail(f, set_limit(f, two));
        if (!v1)
                expect_file(hierarchy, f->group, "hugetlb.2MB.max", "max");
        expect_words(f, set_limit(f, none), -ENOENT, "set hugepageLimits[3MB] to '1'", "/sys/kernel/mm/hugepages");
}

/* What v1 had and newer kernels no longer have, and v2 never had. */
static void test_obsolete(void **state)
{
        struct fixture *f = *state;
        const struct cgroup_hierarchy *memory = need_controller(f, CGROUP_MEMORY);
        struct cgroup_limit kernel = {CGROUP_MEMORY_KERNEL, MIB}, tcp = {CGROUP_MEMORY_KERNEL_TCP, MIB},
                            share = {CGROUP_MEMORY_HIERARCHY, 1};
        int r;

        make_with(f, CGROUP_MEMORY);
        r = set_limit(f, kernel);
        if (memory->version == 2) {
                expect_words(f, r, -EOPNOTSUPP, "set memory.kernel: cgroup v2", "cgroup v1");
                expect_words(f, set_limit(f, tcp), -EOPNOTSUPP, "set memory.kernelTCP: cgroup v2", "cgroup v1");
        } else {
                /* Either it is a limit, or it is said that it is none. */
                if (r < 0)
                        expect_words(f, r, r, "set memory.kernel to '1048576'", "limit counts that memory too");
                else
                        expect_file(memory, f->group, "memory.kmem.limit_in_bytes", "1048576");
                r = set_limit(f, tcp);
                if (r < 0)
                        expect_words(f, r, r, "set memory.kernelTCP to '1048576'", "leave kernelTCP out");
                else
                        expect_file(memory, f->group, "memory.kmem.tcp.limit_in_bytes", "1048576");
        }
        /* What is so anyway is no mistake. */
        kernel.value = tcp.value = -1;
        ok_or_fail(f, set_limit(f, kernel));
        ok_or_fail(f, set_limit(f, tcp));
        ok_or_fail(f, set_limit(f, share));
        share.value = 0;
        if (memory->version == 2)
                expect_words(f, set_limit(f, share), -EOPNOTSUPP, "set memory.useHierarchy", "leave it out");
        else if (has_file(f, CGROUP_MEMORY, "memory.use_hierarchy") && set_limit(f, share) < 0)
                expect_words(f, set_limit(f, share), -EINVAL, "share the limits", "set it to true");
}

/* Whether /proc/cgroups has the controller. */
static bool kernel_lists(enum cgroup_controller controller)
{
        _cleanup_free_ char *text = NULL;
        char line[64];

        if (fd_read_file(AT_FDCWD, "/proc/cgroups", 65536, &text, NULL, NULL) < 0)
                return false;
        (void)snprintf(line, sizeof(line), "\n%s\t", cgroup_controller_names[controller]);
        return strstr(text, line) != NULL;
}

static void test_absent(void **state)
{
        static const struct {
                struct cgroup_limit limit;
                enum cgroup_controller controller;
                const char *field, *option;
        } cases[] = {
                {{CGROUP_NET_CLASS, 7}, CGROUP_NET_CLS, "set network.classID: ", "CONFIG_CGROUP_NET_CLASSID"},
                {{CGROUP_NET_PRIORITY, 7, .key = "lo"},
                 CGROUP_NET_PRIO,
                 "set network.priorities[lo]: ",
                 "CONFIG_CGROUP_NET_PRIO"},
                {{CGROUP_RDMA_MAX, .key = "mlx5_0", .text = "hca_handle=2"},
                 CGROUP_RDMA,
                 "set rdma[mlx5_0]: ",
                 "CONFIG_CGROUP_RDMA"},
                {{CGROUP_HUGETLB_MAX, 7, .key = "2MB"},
                 CGROUP_HUGETLB,
                 "set hugepageLimits[2MB]: ",
                 "CONFIG_CGROUP_HUGETLB"},
        };
        struct fixture *f = *state;
        struct cgroup_layout none = {.count = 0};

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                enum cgroup_controller controller = cases[i].controller;
                int r;

                assert_int_equal(cgroup_limit_controllers(&cases[i].limit), 1U << controller);
                r = cgroup_set(&none, "/x", &cases[i].limit, 1, NULL, &f->err);
                expect_words(f, r, -EOPNOTSUPP, cases[i].field,
                             kernel_lists(controller) ? "mount -t cgroup -o " : cases[i].option);
                assert_non_null(strstr(f->err.message, cgroup_controller_names[controller]));
                assert_non_null(strstr(f->err.hint, cases[i].option));
        }
}

static void test_unified(void **state)
{
        struct fixture *f = *state;
        const struct cgroup_hierarchy *unified = cgroup_unified(&f->layout),
                                      *memory = cgroup_with(&f->layout, CGROUP_MEMORY);
        struct cgroup_limit depth = {CGROUP_UNIFIED, .key = "cgroup.max.depth", .text = "9\n\n7\n"},
                            typo = {CGROUP_UNIFIED, .key = "cgroup.max.deep", .text = "7"},
                            high = {CGROUP_UNIFIED, .key = "memory.high", .text = "1048576"},
                            absent = {CGROUP_UNIFIED, .key = "rdma.max", .text = "max"};
        struct cgroup_layout none = {.count = 0};

        expect_words(f, cgroup_set(&none, "/x", &high, 1, NULL, &f->err), -EOPNOTSUPP,
                     "set unified[memory.high]: this machine has no cgroup v2", "fields of its own");
        need(unified != NULL, "cgroup v2 is not mounted");
        make_everywhere(f, f->group);
        assert_int_equal(cgroup_limit_controllers(&depth), 0);
        assert_int_equal(cgroup_limit_controllers(&high), BIT(MEMORY));
        /* One write for each line: the last one stands. */
        ok_or_fail(f, set_limit(f, depth));
        expect_file(unified, f->group, "cgroup.max.depth", "7");
        expect_words(f, set_limit(f, typo), -ENOENT, "has no such file", "did you mean 'cgroup.max.depth'?");
        depth.text = "many";
        expect_words(f, set_limit(f, depth), -EINVAL, "set unified[cgroup.max.depth]: write 'many'", "");
        if (memory != NULL && memory->version == 1)
                expect_words(f, set_limit(f, high), -EOPNOTSUPP, "the memory controller is with cgroup v1 here",
                             "fields of its own");
        if (memory != NULL && memory->version == 2) {
                /* It has the last word. */
                struct cgroup_limit both[] = {{CGROUP_UNIFIED, .key = "memory.max", .text = "2097152"},
                                              {CGROUP_MEMORY_LIMIT, 4 * MIB}};

                ok_or_fail(f, cgroup_set(&f->layout, f->group, both, 2, NULL, &f->err));
                expect_file(unified, f->group, "memory.max", "2097152");
                ok_or_fail(f, set_limit(f, high));
                expect_file(unified, f->group, "memory.high", "1048576");
        }
        if (cgroup_with(&f->layout, CGROUP_RDMA) == NULL)
                expect_words(f, set_limit(f, absent), -EOPNOTSUPP, "has no rdma controller", "CONFIG_CGROUP_RDMA");
}

static int make_others(void)
{
        for (int i = 0; i < 3; i++)
                if (fork() == 0)
                        break;
        while (pause() < 0)
                ;
        return 0;
}

/* A hierarchy of v1 in which the group was not made at first. */
static void test_join_later(void **state)
{
        struct fixture *f = *state;
        struct cgroup_layout others = {.count = 0};
        const struct cgroup_hierarchy *late = NULL;
        _cleanup_free_ pid_t *pids = NULL;
        size_t count = 0;

        need(geteuid() == 0, "making control groups takes root");
        for (size_t i = 0; i < f->layout.count; i++)
                if (late == NULL && f->layout.hierarchies[i].version == 1 &&
                    (f->layout.hierarchies[i].controllers & (BIT(PIDS) | BIT(CPU) | BIT(MEMORY))) != 0)
                        late = &f->layout.hierarchies[i];
                else
                        others.hierarchies[others.count++] = f->layout.hierarchies[i];
        if (late == NULL)
                return; /* all of it is v2, where a process has one group */
        for (size_t i = 0; i < others.count; i++)
                ok_or_fail(f, cgroup_make(&others.hierarchies[i], f->group, 0, NULL, NULL, &f->err));
        (void)child(f, f->group, make_others);
        for (int i = 0; i < 400 && count < 4; i++) {
                free(TAKE_PTR(pids));
                ok_or_fail(f, cgroup_pids(&others, f->group, &pids, &count, &f->err));
                (void)usleep(5000);
        }
        assert_int_equal(count, 4);
        ok_or_fail(f, cgroup_make(late, f->group, 0, NULL, NULL, &f->err));
        ok_or_fail(f, cgroup_join(&others, late, f->group, &f->err));
        for (size_t i = 0; i < count; i++) {
                _cleanup_free_ char *text = NULL;
                char path[64], want[128];

                (void)snprintf(path, sizeof(path), "/proc/%d/cgroup", pids[i]);
                (void)snprintf(want, sizeof(want), ":%s:%s\n", late->identity, f->group);
                ok_or_fail(f, fd_read_file(AT_FDCWD, path, 65536, &text, NULL, &f->err));
                assert_non_null(strstr(text, want));
        }
}

static void test_parse_figures(void **state)
{
        char blkio[] = "8:0 Read 512\n8:16 Write 18446744073709551615\n8:16 77\nx:1 Read 3\n8:0 Read -1\nTotal 590\n",
             stat[] =
                     "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n253:7 rbytes=7 cost.usage=8\nbad rbytes=9\n",
             rdma[] = "mlx5_0 hca_handle=2 hca_object=max\nrxe hca_object=7 other=1\n\n",
             pressure[] =
                     "some avg10=1.25 avg60=0.07 avg300=100.00 total=123456789\nfull avg10=0.00 avg60=0.00 avg300=0.00 "
                     "total=5\n",
             broken[] = "some avg10=1.255 avg60=0.07 avg300=100.00 total=123456789\n",
             memory[] = "cache 0\nrss 4096\nbad\nworse -1\n", usage[] = "42 37 \n",
             parts[] = "cpu user system\n0 25 17\n1 30 7\n2 5 1\n1 4\n";
        struct cgroup_io_list lists[CGROUP_IO_COUNT] = {0}, list = {0};
        struct cgroup_rdma_list devices = {0};
        struct cgroup_pressure some = {0};
        struct cgroup_stat_list figures = {0};
        struct cgroup_cpu_list cpus = {0};
        _cleanup_arena_ struct arena arena = {0};

        assert_int_equal(cgroup_io_parse(&arena, blkio, &list), 0);
        assert_int_equal(list.count, 3);
        assert_true(list.ios[0].major == 8 && list.ios[0].minor == 0 && list.ios[0].value == 512);
        assert_string_equal(list.ios[0].op, "Read");
        assert_int_equal(list.ios[1].value, UINT64_MAX);
        assert_int_equal(list.ios[2].value, 77);
        assert_string_equal(list.ios[2].op, "");
        assert_int_equal(cgroup_io_stat_parse(&arena, stat, lists), 0);
        assert_int_equal(lists[CGROUP_IO_BYTES].count, 4);
        assert_int_equal(lists[CGROUP_IO_SERVICED].count, 3);
        assert_string_equal(lists[CGROUP_IO_BYTES].ios[2].op, "Discard");
        assert_int_equal(lists[CGROUP_IO_BYTES].ios[3].major, 253);
        assert_int_equal(lists[CGROUP_IO_BYTES].ios[3].value, 7);
        assert_string_equal(lists[CGROUP_IO_SERVICED].ios[1].op, "Write");
        assert_int_equal(lists[CGROUP_IO_SERVICED].ios[1].value, 4);
        assert_int_equal(cgroup_stat_parse(&arena, memory, &figures), 0);
        assert_int_equal(figures.count, 2);
        assert_string_equal(figures.lines[1].name, "rss");
        assert_int_equal(figures.lines[1].value, 4096);
        assert_int_equal(cgroup_cpus_parse(&arena, usage, parts, &cpus), 0);
        assert_int_equal(cpus.count, 2);
        assert_true(cpus.cpus[1].usage_nsec == 37 && cpus.cpus[1].user_nsec == 30 && cpus.cpus[1].system_nsec == 7);
        assert_int_equal(cgroup_rdma_parse(&arena, rdma, &devices), 0);
        assert_int_equal(devices.count, 2);
        assert_string_equal(devices.devices[0].device, "mlx5_0");
        assert_true(devices.devices[0].handles == 2 && devices.devices[0].objects == UINT32_MAX);
        assert_true(devices.devices[1].handles == 0 && devices.devices[1].objects == 7);
        cgroup_pressure_parse(broken, "some", &some);
        assert_false(some.given);
        cgroup_pressure_parse(pressure, "some", &some);
        assert_true(some.given && some.average[0] == 125 && some.average[1] == 7 && some.average[2] == 10000);
        assert_int_equal(some.total_usec, 123456789);
}

/* What a process of the group writes and waits for is there as far as its files are. */
static void test_details(void **state)
{
        struct fixture *f = *state;
        struct cgroup_details details;

        make_everywhere(f, f->group);
        memset(&details, 0xff, sizeof(details));
        ok_or_fail(f, cgroup_details_read(&f->layout, f->group, &f->arena, &details, &f->err));
        assert_int_equal(details.io[CGROUP_IO_BYTES].count, 0);
        assert_int_equal(details.memory_stat.count > 0, cgroup_with(&f->layout, CGROUP_MEMORY) != NULL);
        if (cgroup_unified(&f->layout) != NULL) {
                _cleanup_free_ char *text = NULL;
                bool there = cgroup_file_read(cgroup_unified(&f->layout), f->group, "cpu.pressure", &text, NULL) >= 0;

                assert_int_equal(details.cpu_pressure[0].given, there);
        }
        assert_int_equal(cgroup_details_read(&f->layout, "", &f->arena, &details, &f->err), -EINVAL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_values),
                cmocka_unit_test(test_parse_figures),
                cmocka_unit_test_setup_teardown(test_details, setup, teardown),
                cmocka_unit_test_setup_teardown(test_throttle, setup, teardown),
                cmocka_unit_test_setup_teardown(test_weights, setup, teardown),
                cmocka_unit_test_setup_teardown(test_hugetlb, setup, teardown),
                cmocka_unit_test_setup_teardown(test_obsolete, setup, teardown),
                cmocka_unit_test_setup_teardown(test_absent, setup, teardown),
                cmocka_unit_test_setup_teardown(test_unified, setup, teardown),
                cmocka_unit_test_setup_teardown(test_join_later, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
