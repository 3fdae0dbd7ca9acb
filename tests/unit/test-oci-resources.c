/* SPDX-License-Identifier: Apache-2.0 */
/* linux.resources, which `update` reads alone: what is read of it, and what is refused, where and with which words. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model/oci.h"
#include "oci-text.h"

static void test_resources(void **state)
{
        static const char text[] = "{\"devices\":[{\"allow\":false,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c\","
                                   "\"major\":1,\"minor\":3,\"access\":\"rw\"},"
                                   "{\"allow\":true,\"type\":\"b\",\"major\":8}],\n"
                                   "\"memory\":{\"limit\":1048576,\"reservation\":-1,\"swap\":2097152,\"swappiness\":"
                                   "60,\"disableOOMKiller\":true,\"checkBeforeUpdate\":true},\n"
                                   "\"cpu\":{\"shares\":512,\"quota\":-1,\"period\":100000,\"burst\":0,\"idle\":1,"
                                   "\"cpus\":\"0-3,8\",\"mems\":\"\",\"realtimePeriod\":9},\n"
                                   "\"pids\":{\"limit\":100},\"blockIO\":{},\"hugepageLimits\":[ ],\"unified\":null}";
        _cleanup_arena_ struct arena arena = {0};
        struct spec_resources resources;
        struct ward_err err = {0};

        assert_int_equal(oci_parse_resources(text, strlen(text), "r.json", &arena, &resources, &err), 0);
        assert_int_equal(resources.device_rule_count, 3);
        assert_true(!resources.device_rules[0].allow && resources.device_rules[0].type == SPEC_DEVICE_ALL);
        assert_true(resources.device_rules[0].major == -1 && resources.device_rules[0].mknod);
        assert_true(resources.device_rules[1].allow && !resources.device_rules[1].mknod);
        assert_int_equal(resources.device_rules[1].minor, 3);
        assert_true(resources.device_rules[2].minor == -1 && resources.device_rules[2].read);
        assert_int_equal(resources.memory.limit.value, 1048576);
        assert_string_equal(resources.memory.limit.origin.field, "memory.limit");
        assert_true(resources.memory.reservation.given && resources.memory.reservation.value == -1);
        assert_true(resources.memory.disable_oom_killer.value == 1 && resources.memory.check_before_update);
        assert_true(resources.cpu.quota.given && resources.cpu.quota.value == -1);
        assert_true(resources.cpu.burst.given && !resources.cpu.rt_runtime.given);
        assert_string_equal(resources.cpu.cpus, "0-3,8");
        assert_null(resources.cpu.mems);
        assert_int_equal(resources.pids.value, 100);
        assert_int_equal(resources.pids.origin.line, 4);
}

static void check_resource_refusals(const struct refusal *refusals, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                _cleanup_arena_ struct arena arena = {0};
                struct spec_resources resources;
                struct ward_err err = {0};

                assert_int_equal(oci_parse_resources(refusals[i].text, strlen(refusals[i].text), "r.json", &arena,
                                                     &resources, &err),
                                 -EINVAL);
                assert_string_equal(err.message, refusals[i].message);
                assert_string_equal(err.hint, refusals[i].hint);
        }
}

static void test_resources_refused(void **state)
{
        static const struct refusal refusals[] = {
                {"{\"memory\":{\"limit\":-2}}",
                 "r.json:1:20: memory.limit: the number must be from -1 to 9223372036854775807", ""},
                {"{\"memory\":{\"limit\":2,\"swap\":1}}", "r.json:1:29: memory: swap (1) is below limit (2)",
                 "swap is the sum of memory and swap space"},
                {"{\"memory\":{\"swappiness\":101}}",
                 "r.json:1:25: memory.swappiness: the number must be from 0 to 100", ""},
                {"{\"memory\":{\"limt\":1}}", "r.json:1:12: memory.limt: unknown field", "did you mean 'limit'?"},
                {"{\"cpu\":{\"cpus\":\"all\"}}",
                 "r.json:1:16: cpu.cpus: 'all' is not a list as in cpuset(7), like \"0-3,8\"", ""},
                {"{\"pids\":{\"limit\":\"7\"}}", "r.json:1:18: pids.limit: expected a number, found a string", ""},
                {"{\"devices\":[{\"type\":\"c\"}]}", "r.json:1:13: devices[0]: the required field 'allow' is missing",
                 ""},
                {"{\"devices\":[{\"allow\":true,\"access\":\"x\"}]}",
                 "r.json:1:36: devices[0].access: 'x' has none of the letters r, w and m", ""},
                {"{\"devices\":[{\"allow\":true,\"major\":1}]}",
                 "r.json:1:13: devices[0]: with numbers the rule needs the type c or b", ""},
        };

        check_resource_refusals(refusals, ELEMENTS(refusals));
}

static void test_more_resources(void **state)
{
        static const char text[] =
                "{\"memory\":{\"kernel\":-1,\"kernelTCP\":5,\"useHierarchy\":false,\"disableOOMKiller\":false},\n"
                "\"blockIO\":{\"weight\":0,\"leafWeight\":1000,\"weightDevice\":[{\"major\":8,\"minor\":16,\"weight\":"
                "10},"
                "{\"major\":0,\"minor\":0,\"weight\":0}],\n"
                "\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":18446744073709551615}],"
                "\"throttleWriteIOPSDevice\":[{\"major\":4095,\"minor\":1048575,\"rate\":0},\n"
                "{\"major\":1,\"minor\":1,\"rate\":2}]},\n"
                "\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4194304},{\"pageSize\":\"16GB\",\"limit\":0}],\n"
                "\"network\":{\"classID\":4294967295,\"priorities\":[{\"name\":\"eth0.100\",\"priority\":0}]},\n"
                "\"rdma\":{\"mlx5_1\":{\"hcaHandles\":3},\"rxe\":{\"hcaHandles\":1,\"hcaObjects\":4294967295}},\n"
                "\"pids\":{},\"unified\":{\"memory.high\":\"max\",\"a.b\":\"x\\ny\"}}";
        _cleanup_arena_ struct arena arena = {0};
        struct spec_resources r;
        struct ward_err err = {0};

        if (oci_parse_resources(text, strlen(text), "r.json", &arena, &r, &err) < 0)
                fail_msg("%s", err.message);
        assert_true(r.memory.kernel.given && r.memory.kernel.value == -1 && r.memory.kernel_tcp.value == 5);
        assert_true(r.memory.use_hierarchy.given && r.memory.use_hierarchy.value == 0);
        assert_true(r.memory.disable_oom_killer.given && r.memory.disable_oom_killer.value == 0);
        assert_string_equal(r.memory.use_hierarchy.origin.field, "memory.useHierarchy");
        assert_true(!r.block_io.weight.given && r.block_io.leaf_weight.value == 1000);
        assert_int_equal(r.block_io.weight_device_count, 2);
        assert_int_equal(r.block_io.weight_devices[0].minor, 16);
        assert_true(r.block_io.weight_devices[0].weight.value == 10 && !r.block_io.weight_devices[0].leaf_weight.given);
        assert_true(r.block_io.weight_devices[1].weight.given && r.block_io.weight_devices[1].weight.value == 0);
        assert_int_equal(r.block_io.throttles[SPEC_READ_BPS].count, 1);
        assert_int_equal(r.block_io.throttles[SPEC_READ_BPS].devices[0].rate, UINT64_MAX);
        assert_int_equal(r.block_io.throttles[SPEC_WRITE_BPS].count, 0);
        assert_int_equal(r.block_io.throttles[SPEC_WRITE_IOPS].count, 2);
        assert_int_equal(r.block_io.throttles[SPEC_WRITE_IOPS].devices[0].minor, 1048575);
        assert_string_equal(r.block_io.throttles[SPEC_WRITE_IOPS].devices[1].origin.field,
                            "blockIO.throttleWriteIOPSDevice");
        assert_int_equal(r.block_io.throttles[SPEC_WRITE_IOPS].devices[1].origin.index, 1);
        assert_int_equal(r.block_io.throttles[SPEC_WRITE_IOPS].devices[1].origin.line, 4);
        assert_int_equal(r.hugepage_limit_count, 2);
        assert_string_equal(r.hugepage_limits[1].page_size, "16GB");
        assert_int_equal(r.hugepage_limits[0].limit, 4194304);
        assert_true(r.class_id.given && r.class_id.value == UINT32_MAX);
        assert_int_equal(r.priority_count, 1);
        assert_string_equal(r.priorities[0].interface, "eth0.100");
        assert_int_equal(r.rdma_count, 2);
        assert_true(!r.rdma[0].objects.given && r.rdma[1].objects.value == UINT32_MAX);
        assert_string_equal(r.rdma[0].device, "mlx5_1");
        assert_string_equal(r.rdma[0].origin.field, "rdma.mlx5_1");
        assert_false(r.pids.given);
        assert_int_equal(r.unified_count, 2);
        assert_string_equal(r.unified[1].file, "a.b");
        assert_string_equal(r.unified[1].value, "x\ny");
        assert_string_equal(r.unified[0].origin.field, "unified.memory.high");
}

static void test_more_resources_refused(void **state)
{
        static const char size[] = "write it as the kernel's files have it: 64KB, 2MB, 1GB",
                          form[] = "a key is CONTROLLER.SETTING, like memory.high";
        static const struct refusal refusals[] = {
                {"{\"memory\":{\"useHierarchy\":1}}",
                 "r.json:1:27: memory.useHierarchy: expected true or false, found a number", ""},
                {"{\"memory\":{\"kernel\":-2}}",
                 "r.json:1:21: memory.kernel: the number must be from -1 to 9223372036854775807", ""},
                {"{\"blockIO\":{\"weight\":9}}",
                 "r.json:1:22: blockIO.weight: a weight is 10 to 1000, or 0 for none of its own", ""},
                {"{\"blockIO\":{\"leafWeight\":1001}}",
                 "r.json:1:26: blockIO.leafWeight: a weight is 10 to 1000, or 0 for none of its own", ""},
                {"{\"blockIO\":{\"weight\":65536}}", "r.json:1:22: blockIO.weight: the number must be from 0 to 65535",
                 ""},
                {"{\"blockIO\":{\"wieght\":10}}", "r.json:1:13: blockIO.wieght: unknown field",
                 "did you mean 'weight'?"},
                {"{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0}]}}",
                 "r.json:1:29: blockIO.weightDevice[0]: it needs 'weight' or 'leafWeight', or both", ""},
                {"{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"weight\":10}]}}",
                 "r.json:1:29: blockIO.weightDevice[0]: the required field 'minor' is missing", ""},
                {"{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0}]}}",
                 "r.json:1:38: blockIO.throttleReadBpsDevice[0]: the required field 'rate' is missing", ""},
                {"{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":-1,\"minor\":0,\"rate\":1}]}}",
                 "r.json:1:47: blockIO.throttleReadBpsDevice[0].major: the number must be from 0 to 4095", ""},
                {"{\"blockIO\":{\"throttleWriteIOPSDevice\":[{\"major\":8,\"minor\":0,\"rate\":-1}]}}",
                 "r.json:1:68: blockIO.throttleWriteIOPSDevice[0].rate: the number must be from 0 to "
                 "18446744073709551615",
                 ""},
                {"{\"blockIO\":{\"throttleWriteIOPSDevice\":{}}}",
                 "r.json:1:39: blockIO.throttleWriteIOPSDevice: expected an array, found an object", ""},
                {"{\"hugepageLimits\":[{\"pageSize\":\"2M\",\"limit\":1}]}",
                 "r.json:1:32: hugepageLimits[0].pageSize: '2M' is not the size of a huge page", size},
                {"{\"hugepageLimits\":[{\"pageSize\":\"../2MB\",\"limit\":1}]}",
                 "r.json:1:32: hugepageLimits[0].pageSize: '../2MB' is not the size of a huge page", size},
                {"{\"hugepageLimits\":[{\"pageSize\":\"02MB\",\"limit\":1}]}",
                 "r.json:1:32: hugepageLimits[0].pageSize: '02MB' is not the size of a huge page", size},
                {"{\"hugepageLimits\":[{\"pageSize\":\"2MB\"}]}",
                 "r.json:1:20: hugepageLimits[0]: the required field 'limit' is missing", ""},
                {"{\"network\":{\"classID\":4294967296}}",
                 "r.json:1:23: network.classID: the number must be from 0 to 4294967295", ""},
                {"{\"network\":{\"priorities\":[{\"name\":\"eth0 1\",\"priority\":1}]}}",
                 "r.json:1:35: network.priorities[0].name: 'eth0 1' is not the name of a network interface", ""},
                {"{\"network\":{\"priorities\":[{\"name\":\"eth0\"}]}}",
                 "r.json:1:27: network.priorities[0]: the required field 'priority' is missing", ""},
                {"{\"rdma\":{\"mlx5_0\":{}}}",
                 "r.json:1:19: rdma.mlx5_0: it needs 'hcaHandles' or 'hcaObjects', or both", ""},
                {"{\"rdma\":{\"a b\":{\"hcaHandles\":1}}}",
                 "r.json:1:16: rdma.a b: 'a b' is not the name of an RDMA device", ""},
                {"{\"rdma\":{\"a\":{\"hcaHandles\":4294967296}}}",
                 "r.json:1:28: rdma.a.hcaHandles: the number must be from 0 to 4294967295", ""},
                {"{\"unified\":{\"../memory.high\":\"1\"}}",
                 "r.json:1:30: unified.../memory.high: '../memory.high' is a path, not a file of the container's group",
                 "did you mean 'memory.high'?"},
                {"{\"unified\":{\"memory\":\"1\"}}",
                 "r.json:1:22: unified.memory: 'memory' is not the name of a controller's file", form},
                {"{\"unified\":{\"memoryhigh\":\"1\"}}",
                 "r.json:1:26: unified.memoryhigh: 'memoryhigh' is not the name of a controller's file",
                 "did you mean 'memory.high'?"},
                {"{\"unified\":{\".\":\"1\"}}", "r.json:1:17: unified..: '.' is not the name of a controller's file",
                 form},
                {"{\"unified\":{\"cgroup.procs\":\"1\"}}",
                 "r.json:1:28: unified.cgroup.procs: 'cgroup.procs' is not a setting: it moves processes", ""},
                {"{\"unified\":{\"memory.high\":\"\"}}", "r.json:1:27: unified.memory.high: the value is empty", ""},
                {"{\"unified\":{\"memory.high\":1}}",
                 "r.json:1:27: unified.memory.high: expected a string, found a number", ""},
        };

        check_resource_refusals(refusals, ELEMENTS(refusals));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_resources),
                cmocka_unit_test(test_resources_refused),
                cmocka_unit_test(test_more_resources),
                cmocka_unit_test(test_more_resources_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
