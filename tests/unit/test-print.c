/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model/limit-words.h"
#include "model/oci.h"
#include "model/print.h"

/* The rich config is also a seed of the fuzz targets. */
static void read_file(const char *name, struct text *text)
{
        char path[512], buffer[4096];
        size_t len;
        FILE *file;

        (void)snprintf(path, sizeof(path), "%s/oci/%s", CORPUS, name);
        file = fopen(path, "re");
        assert_non_null(file);
        while ((len = fread(buffer, 1, sizeof(buffer), file)) > 0)
                text_add(text, buffer, len);
        (void)fclose(file);
        assert_false(text_failed(text));
}

static void check_mounts(const struct ward_spec *a, const struct ward_spec *b)
{
        assert_int_equal(a->mount_count, b->mount_count);
        for (size_t i = 0; i < a->mount_count; i++) {
                const struct spec_mount *m = &a->mounts[i], *n = &b->mounts[i];

                assert_string_equal(m->destination, n->destination);
                assert_int_equal(m->bind, n->bind);
                assert_int_equal(m->recursive, n->recursive);
                assert_int_equal(m->remount, n->remount);
                assert_int_equal(m->remount_fs, n->remount_fs);
                assert_int_equal(m->copy_up, n->copy_up);
                assert_int_equal(m->copy_symlink, n->copy_symlink);
                assert_int_equal(m->idmap, n->idmap);
                assert_int_equal(m->idmap_recursive, n->idmap_recursive);
                assert_int_equal(m->attr_set, n->attr_set);
                assert_int_equal(m->attr_clear, n->attr_clear);
                assert_int_equal(m->rattr_set, n->rattr_set);
                assert_int_equal(m->rattr_clear, n->rattr_clear);
                assert_int_equal(m->superblock_flags, n->superblock_flags);
                assert_int_equal(m->propagation, n->propagation);
                assert_int_equal(m->propagation_before, n->propagation_before);
                assert_int_equal(m->maps.uid_count, n->maps.uid_count);
                assert_int_equal(m->data == NULL, n->data == NULL);
                if (m->data != NULL)
                        assert_string_equal(m->data, n->data);
        }
}

static void check_resources(const struct spec_resources *a, const struct spec_resources *b)
{
        assert_int_equal(a->memory.limit.value, b->memory.limit.value);
        assert_int_equal(a->memory.swap.value, b->memory.swap.value);
        assert_int_equal(a->memory.disable_oom_killer.value, b->memory.disable_oom_killer.value);
        assert_int_equal(a->cpu.quota.value, b->cpu.quota.value);
        assert_int_equal(a->cpu.rt_period.value, b->cpu.rt_period.value);
        assert_int_equal(a->cpu.idle.given, b->cpu.idle.given);
        assert_int_equal(a->pids.value, b->pids.value);
        assert_int_equal(a->block_io.weight.value, b->block_io.weight.value);
        assert_int_equal(a->block_io.weight_device_count, b->block_io.weight_device_count);
        for (int kind = 0; kind < SPEC_THROTTLE_COUNT; kind++) {
                assert_int_equal(a->block_io.throttles[kind].count, b->block_io.throttles[kind].count);
                for (size_t i = 0; i < a->block_io.throttles[kind].count; i++)
                        assert_int_equal(a->block_io.throttles[kind].devices[i].rate,
                                         b->block_io.throttles[kind].devices[i].rate);
        }
        assert_int_equal(a->hugepage_limit_count, b->hugepage_limit_count);
        assert_int_equal(a->priority_count, b->priority_count);
        assert_int_equal(a->rdma_count, b->rdma_count);
        assert_int_equal(a->unified_count, b->unified_count);
        assert_int_equal(a->device_rule_count, b->device_rule_count);
        for (size_t i = 0; i < a->device_rule_count; i++) {
                assert_int_equal(a->device_rules[i].allow, b->device_rules[i].allow);
                assert_int_equal(a->device_rules[i].type, b->device_rules[i].type);
                assert_int_equal(a->device_rules[i].major, b->device_rules[i].major);
                assert_int_equal(a->device_rules[i].minor, b->device_rules[i].minor);
                assert_int_equal(a->device_rules[i].mknod, b->device_rules[i].mknod);
        }
}

static void check_schedule(const struct ward_spec *a, const struct ward_spec *b)
{
        const struct spec_process *p = &a->process, *q = &b->process;

        assert_int_equal(p->scheduler.given, q->scheduler.given);
        assert_int_equal(p->scheduler.policy, q->scheduler.policy);
        assert_int_equal(p->scheduler.flags, q->scheduler.flags);
        assert_int_equal(p->scheduler.deadline_nsec, q->scheduler.deadline_nsec);
        assert_int_equal(p->io_priority.class, q->io_priority.class);
        assert_int_equal(p->io_priority.level, q->io_priority.level);
        assert_int_equal(p->affinity_final.bit_count, q->affinity_final.bit_count);
        if (p->affinity_final.bits != NULL)
                assert_memory_equal(p->affinity_final.bits, q->affinity_final.bits, SPEC_CPUS_MAX / 8);
        assert_int_equal(a->memory_policy.mode, b->memory_policy.mode);
        assert_int_equal(a->memory_policy.flags, b->memory_policy.flags);
        assert_int_equal(a->net_device_count, b->net_device_count);
        assert_int_equal(a->rdt.given, b->rdt.given);
        assert_int_equal(a->rdt.monitoring, b->rdt.monitoring);
}

/* Read, write, read, write: both specs agree where it matters most, and both texts to the byte, which covers the rest. */
static void round_trip(const char *name)
{
        _cleanup_text_ struct text input = {0}, first = {0}, second = {0};
        _cleanup_spec_ struct ward_spec a = {0}, b = {0};
        struct ward_err err = {0};

        read_file(name, &input);
        assert_int_equal(oci_parse(input.data, input.len, name, &a, &err), 0);
        spec_print(&a, &first);
        assert_false(text_failed(&first));
        if (oci_parse(first.data, first.len, "printed", &b, &err) < 0)
                fail_msg("%s in %s", err.message, first.data);
        spec_print(&b, &second);
        assert_string_equal(first.data, second.data);

        check_mounts(&a, &b);
        check_resources(&a.resources, &b.resources);
        for (int ns = 0; ns < SPEC_NS_COUNT; ns++)
                assert_int_equal(a.ns[ns].mode, b.ns[ns].mode);
        for (int kind = 0; kind < SPEC_HOOK_COUNT; kind++)
                assert_int_equal(a.hooks[kind].count, b.hooks[kind].count);
        assert_memory_equal(&a.process.caps, &b.process.caps, sizeof(a.process.caps));
        assert_int_equal(a.process.rlimit_count, b.process.rlimit_count);
        assert_int_equal(a.process.umask, b.process.umask);
        assert_int_equal(a.process.oom_score_adj, b.process.oom_score_adj);
        assert_int_equal(a.masked_path_count, b.masked_path_count);
        assert_int_equal(a.readonly_path_count, b.readonly_path_count);
        assert_int_equal(a.sysctl_count, b.sysctl_count);
        assert_int_equal(a.annotation_count, b.annotation_count);
        assert_int_equal(a.device_count, b.device_count);
        assert_int_equal(a.seccomp.len, b.seccomp.len);
        assert_int_equal(a.rootfs_propagation, b.rootfs_propagation);
        assert_int_equal(a.personality, b.personality);
        check_schedule(&a, &b);
        assert_int_equal(a.boottime.seconds, b.boottime.seconds);
}

static void test_rich(void **state)
{
        round_trip("rich.json");
}

static void test_default(void **state)
{
        round_trip("default.json");
}

static const char *const rich_words[] = {"1.3.0",
                                         "\"terminal\": true",
                                         "\"height\": 24",
                                         "\"umask\": 18",
                                         "additionalGids",
                                         "CAP_CHECKPOINT_RESTORE",
                                         "RLIMIT_CORE",
                                         "18446744073709551615",
                                         "apparmorProfile",
                                         "selinuxLabel",
                                         "-17",
                                         "\"readonly\": true",
                                         "\"hostname\": \"h\"",
                                         "\"domainname\": \"d\"",
                                         "strictatime",
                                         "mode=755,size=65536k",
                                         "rbind",
                                         "rro",
                                         "rnoatime",
                                         "rslave",
                                         "\"exec\"",
                                         "\"sync\"",
                                         "lazytime",
                                         "iversion",
                                         "remount",
                                         "tmpcopyup",
                                         "copy-symlink",
                                         "unbindable",
                                         "nosymfollow",
                                         "rsuid",
                                         "ridmap",
                                         "prestart",
                                         "createRuntime",
                                         "createContainer",
                                         "startContainer",
                                         "poststart",
                                         "poststop",
                                         "\"timeout\": 3",
                                         "org.example.a",
                                         "/run/netns/n",
                                         "100000",
                                         "\"secs\": -7",
                                         "/dev/fuse",
                                         "/a/b",
                                         "1048576",
                                         "checkBeforeUpdate",
                                         "realtimeRuntime",
                                         "\"cpus\": \"0-1\"",
                                         "\"limit\": 64",
                                         "\"kernel\": -1",
                                         "\"kernelTCP\": 7340032",
                                         "\"useHierarchy\": true",
                                         "\"weight\": 11",
                                         "\"leafWeight\": 12",
                                         "\"weight\": 501",
                                         "\"leafWeight\": 301",
                                         "\"leafWeight\": 0",
                                         "throttleReadBpsDevice",
                                         "18446744073709551614",
                                         "throttleWriteBpsDevice",
                                         "\"rate\": 602",
                                         "throttleReadIOPSDevice",
                                         "\"minor\": 1048575",
                                         "throttleWriteIOPSDevice",
                                         "\"rate\": 604",
                                         "\"pageSize\": \"64KB\"",
                                         "18446744073709551613",
                                         "\"classID\": 1048577",
                                         "\"priority\": 4294967294",
                                         "\"mlx5_1\"",
                                         "\"hcaHandles\": 3",
                                         "\"hcaObjects\": 4294967293",
                                         "\"memory.high\": \"max\"",
                                         "8:0 rbps=1\\u000a8:16 wiops=2",
                                         "rootfsPropagation",
                                         "/proc/keys",
                                         "/proc/sys",
                                         "kernel.shmmax",
                                         "SCMP_ACT_ERRNO",
                                         "mountLabel",
                                         "LINUX32",
                                         "SCHED_DEADLINE",
                                         "SCHED_FLAG_RECLAIM",
                                         "\"runtime\": 2000",
                                         "\"deadline\": 3000",
                                         "\"period\": 4000",
                                         "IOPRIO_CLASS_IDLE",
                                         "\"priority\": 6",
                                         "\"initial\": \"7\"",
                                         "\"final\": \"0-3,7\"",
                                         "MPOL_BIND",
                                         "\"nodes\": \"0-1\"",
                                         "MPOL_F_STATIC_NODES",
                                         "MPOL_F_NUMA_BALANCING",
                                         "\"eth0\": {",
                                         "net%d",
                                         "\"closID\": \"gold\"",
                                         "L3:0=f",
                                         "MB:0=20",
                                         "L2:0=f",
                                         "\"enableMonitoring\": true"};

/* Nothing of the rich config is lost: each of its words is in what is printed. */
static void test_nothing_is_lost(void **state)
{
        _cleanup_text_ struct text input = {0}, printed = {0};
        _cleanup_spec_ struct ward_spec spec = {0};
        struct ward_err err = {0};

        read_file("rich.json", &input);
        assert_int_equal(oci_parse(input.data, input.len, "rich.json", &spec, &err), 0);
        spec_print(&spec, &printed);
        for (size_t i = 0; i < ELEMENTS(rich_words); i++)
                if (strstr(printed.data, rich_words[i]) == NULL)
                        fail_msg("'%s' is not in %s", rich_words[i], printed.data);
}

/* Limits that the specification has no field for: set by their words, they are printed, read, and printed as the same. */
static void test_beyond(void **state)
{
        static const char *const beyond[] = {
                "memory.min=1048576",
                "memory.low=max",
                "memory.high=2097152",
                "memory.swap.max=0",
                "memory.swap.high=4096",
                "memory.zswap.max=8192",
                "memory.oom.group=1",
                "memory.zswap.writeback=0",
                "cpu.weight=300",
                "cpu.weight.nice=-1",
                "cpu.uclamp.min=12.05",
                "cpu.uclamp.max=max",
                "io.weight=7",
                "cgroup.max.depth=0",
                "cgroup.max.descendants=max",
                "cpuset.cpus.partition=isolated",
                "cgroup.type=threaded",
                "io.weight=8:0 200",
                "io.weight=8:16 default",
                "io.latency=8:0 25000",
                "io.cost.qos=8:0 enable=1 ctrl=auto",
                "misc.max=sev max",
                "misc.max=sev_es 3",
                "dmem.max=drm/0000:03:00.0/vram0 1048576",
        };
        const struct limit_machine machine = {.device = NULL};
        _cleanup_text_ struct text input = {0}, first = {0}, second = {0};
        _cleanup_spec_ struct ward_spec a = {0}, b = {0};
        struct ward_err err = {0};

        read_file("default.json", &input);
        assert_int_equal(oci_parse(input.data, input.len, "default.json", &a, &err), 0);
        for (size_t i = 0; i < ELEMENTS(beyond); i++) {
                size_t len = strcspn(beyond[i], "=");
                const char *name = arena_strndup(&a.arena, beyond[i], len);

                assert_true(limit_words_beyond(name));
                if (limit_words_parse(&a.arena, &machine, name, beyond[i] + len + 1, "", &a.resources, &err) < 0)
                        fail_msg("%s", err.message);
        }
        spec_print(&a, &first);
        for (size_t i = 0; i < ELEMENTS(beyond); i++)
                if (strstr(first.data, beyond[i]) == NULL)
                        fail_msg("'%s' is not in %s", beyond[i], first.data);
        if (oci_parse(first.data, first.len, "printed", &b, &err) < 0)
                fail_msg("%s in %s", err.message, first.data);
        spec_print(&b, &second);
        assert_string_equal(first.data, second.data);
        assert_int_equal(b.resources.memory.low.value, -1);
        assert_int_equal(b.resources.cpu.weight_nice.value, -1);
        assert_true(b.resources.memory.swap_only.given && b.resources.memory.swap_only.exact);
        assert_int_equal(b.resources.extra_count, 7);
}

/* What has a field of its own, or is no limit, is not read there. */
static void test_beyond_refused(void **state)
{
        static const char *const refused[] = {"memory.max=1", "memory.high", "memory.high=x", "devices.allow=a",
                                              "nonsense=1"};

        for (size_t i = 0; i < ELEMENTS(refused); i++) {
                _cleanup_spec_ struct ward_spec spec = {0};
                struct ward_err err = {0};
                char text[256];
                int len = snprintf(text, sizeof(text),
                                   "{\"ociVersion\": \"1.0.2\", \"root\": {\"path\": \"/r\"}, "
                                   "\"linux\": {\"resources\": {\"ward\": [\"%s\"]}}}",
                                   refused[i]);

                assert_int_equal(oci_parse(text, (size_t)len, "t", &spec, &err), -EINVAL);
                assert_non_null(strstr(err.message, "linux.resources.ward[0]"));
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rich),
                cmocka_unit_test(test_default),
                cmocka_unit_test(test_nothing_is_lost),
                cmocka_unit_test(test_beyond),
                cmocka_unit_test(test_beyond_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
