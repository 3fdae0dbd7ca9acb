/* SPDX-License-Identifier: Apache-2.0 */
/* What a config.json says of processors, memory nodes, disk turns, network devices and caches: read, and refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "model/oci.h"
#include "oci-text.h"

static void test_schedule(void **state)
{
        static const char text[] =
                CONFIG("\"process\":{\"cwd\":\"/\",\"scheduler\":{\"policy\":\"SCHED_FIFO\",\"priority\":99,"
                       "\"flags\":[\"SCHED_FLAG_RESET_ON_FORK\",\"SCHED_FLAG_UTIL_CLAMP_MAX\"]},\n"
                       "\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":7},\n"
                       "\"execCPUAffinity\":{\"initial\":\"\",\"final\":\"0-1,64,8190-8191\"}},\n"
                       "\"linux\":{\"memoryPolicy\":{\"mode\":\"MPOL_PREFERRED_MANY\",\"nodes\":\"3,1023\","
                       "\"flags\":[\"MPOL_F_NUMA_BALANCING\",\"MPOL_F_RELATIVE_NODES\"]},"
                       "\"personality\":{\"domain\":\"LINUX\",\"flags\":[]}}");
        _cleanup_spec_ struct ward_spec spec = {0};
        struct ward_err err = {0};
        const struct spec_process *process = &spec.process;

        assert_int_equal(parse(text, &spec, &err), 0);
        assert_true(process->scheduler.given && process->io_priority.given && spec.memory_policy.given);
        assert_int_equal(process->scheduler.policy, 1);
        assert_int_equal(process->scheduler.priority, 99);
        assert_int_equal(process->scheduler.flags, 0x41);
        assert_string_equal(process->scheduler.origin.field, "process.scheduler");
        assert_int_equal(process->io_priority.class, 2);
        assert_int_equal(process->io_priority.level, 7);
        assert_null(process->affinity_initial.text); /* empty is none */
        assert_string_equal(process->affinity_final.origin.field, "process.execCPUAffinity.final");
        assert_true(process->affinity_final.bits[0] == 3);
        assert_true(process->affinity_final.bits[1] == 1);
        assert_true(process->affinity_final.bits[127] == UINT64_C(3) << 62);
        assert_true(process->affinity_final.bits[126] == 0);
        assert_int_equal(spec.memory_policy.mode, 5);
        assert_int_equal(spec.memory_policy.flags, 0x6000);
        assert_true(spec.memory_policy.nodes.bits[0] == 8);
        assert_true(spec.memory_policy.nodes.bits[15] == UINT64_C(1) << 63);
}

#define SCHEDULER(rest) PROCESS("\"scheduler\":{" rest "}")
#define AFFINITY(list) PROCESS("\"execCPUAffinity\":{\"final\":\"" list "\"}")
#define POLICY(rest) LINUX("\"memoryPolicy\":{" rest "}")
#define IN_SCHEDULER "config.json:2:34: process.scheduler: "
#define IN_POLICY "config.json:2:25: linux.memoryPolicy: "

static void test_schedule_refused(void **state)
{
        static const char list_hint[] = "write numbers from 0 to 8191 and ranges, as in \"0-3,7\"";
        static const struct refusal refusals[] = {
                {SCHEDULER(""), IN_SCHEDULER "the required field 'policy' is missing", ""},
                {SCHEDULER("\"policy\":\"SCHED_FIFOS\""),
                 "config.json:2:44: process.scheduler.policy: unknown scheduling policy 'SCHED_FIFOS'",
                 "did you mean 'SCHED_FIFO'?"},
                {SCHEDULER("\"policy\":\"SCHED_ISO\""),
                 "config.json:2:44: process.scheduler.policy: SCHED_ISO is in no kernel of Linux: only its number is "
                 "reserved",
                 "take SCHED_RR or SCHED_OTHER"},
                {SCHEDULER("\"policy\":\"SCHED_RR\""), IN_SCHEDULER "SCHED_RR needs a priority from 1 to 99",
                 "add \"priority\": 1"},
                {SCHEDULER("\"policy\":\"SCHED_RR\",\"priority\":100"),
                 "config.json:2:66: process.scheduler.priority: the number must be from 0 to 99", ""},
                {SCHEDULER("\"policy\":\"SCHED_BATCH\",\"priority\":1"),
                 IN_SCHEDULER "SCHED_BATCH has no priority: SCHED_FIFO and SCHED_RR have one", ""},
                {SCHEDULER("\"policy\":\"SCHED_OTHER\",\"nice\":20"),
                 "config.json:2:65: process.scheduler.nice: the number must be from -20 to 19", ""},
                {SCHEDULER("\"policy\":\"SCHED_OTHER\",\"nice\":-21"),
                 "config.json:2:65: process.scheduler.nice: the number must be from -20 to 19", ""},
                {SCHEDULER("\"policy\":\"SCHED_OTHER\",\"runtime\":5000"),
                 IN_SCHEDULER "SCHED_OTHER has no runtime, deadline and period: SCHED_DEADLINE has them", ""},
                {SCHEDULER("\"policy\":\"SCHED_OTHER\",\"flags\":[\"SCHED_FLAG_RECLAIM\"]"),
                 IN_SCHEDULER "SCHED_FLAG_RECLAIM and SCHED_FLAG_DL_OVERRUN are of SCHED_DEADLINE, not of SCHED_OTHER",
                 ""},
                {SCHEDULER("\"policy\":\"SCHED_OTHER\",\"flags\":[\"SCHED_FLAG_RESET_ON_FOR\"]"),
                 "config.json:2:67: process.scheduler.flags[0]: unknown scheduling flag 'SCHED_FLAG_RESET_ON_FOR'",
                 "did you mean 'SCHED_FLAG_RESET_ON_FORK'?"},
                {SCHEDULER("\"policy\":\"SCHED_DEADLINE\",\"runtime\":1023,\"deadline\":5000"),
                 IN_SCHEDULER "SCHED_DEADLINE needs a runtime of at least 1024 nanoseconds", ""},
                {SCHEDULER("\"policy\":\"SCHED_DEADLINE\",\"runtime\":5000,\"deadline\":4000,\"period\":6000"),
                 IN_SCHEDULER "SCHED_DEADLINE needs runtime <= deadline <= period, these are 5000, 4000, 6000", ""},
                {SCHEDULER("\"policy\":\"SCHED_DEADLINE\",\"runtime\":4000,\"deadline\":5000,\"period\":4500"),
                 IN_SCHEDULER "SCHED_DEADLINE needs runtime <= deadline <= period, these are 4000, 5000, 4500", ""},
                {PROCESS("\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\"}"),
                 "config.json:2:35: process.ioPriority: the required field 'priority' is missing", ""},
                {PROCESS("\"ioPriority\":{\"class\":\"IOPRIO_CLASS_NONE\",\"priority\":1}"),
                 "config.json:2:44: process.ioPriority.class: unknown I/O priority class 'IOPRIO_CLASS_NONE'",
                 "did you mean 'IOPRIO_CLASS_BE'?"},
                {PROCESS("\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":8}"),
                 "config.json:2:73: process.ioPriority.priority: the number must be from 0 to 7", ""},
                {AFFINITY("0-"), "config.json:2:49: process.execCPUAffinity.final: '0-' is no list of processors",
                 list_hint},
                {AFFINITY("3-1"), "config.json:2:49: process.execCPUAffinity.final: '3-1' is no list of processors",
                 list_hint},
                {AFFINITY("1,,2"), "config.json:2:49: process.execCPUAffinity.final: '1,,2' is no list of processors",
                 list_hint},
                {AFFINITY("1,"), "config.json:2:49: process.execCPUAffinity.final: '1,' is no list of processors",
                 list_hint},
                {AFFINITY(" 1"), "config.json:2:49: process.execCPUAffinity.final: ' 1' is no list of processors",
                 list_hint},
                {AFFINITY("8192"), "config.json:2:49: process.execCPUAffinity.final: '8192' is no list of processors",
                 list_hint},
                {AFFINITY("4294967296"),
                 "config.json:2:49: process.execCPUAffinity.final: '4294967296' is no list of processors", list_hint},
                {POLICY("\"mode\":\"MPOL_BINDING\""),
                 "config.json:2:33: linux.memoryPolicy.mode: unknown memory policy 'MPOL_BINDING'",
                 "did you mean 'MPOL_BIND'?"},
                {POLICY("\"mode\":\"MPOL_BIND\""), IN_POLICY "MPOL_BIND needs nodes",
                 "add \"nodes\": \"0\", or more of them"},
                {POLICY("\"mode\":\"MPOL_LOCAL\",\"nodes\":\"0\""), IN_POLICY "MPOL_LOCAL takes no nodes", ""},
                {POLICY("\"mode\":\"MPOL_BIND\",\"nodes\":\"1024\""),
                 "config.json:2:53: linux.memoryPolicy.nodes: '1024' is no list of memory nodes",
                 "write numbers from 0 to 1023 and ranges, as in \"0-3,7\""},
                {POLICY("\"mode\":\"MPOL_DEFAULT\",\"flags\":[\"MPOL_F_STATIC_NODES\"]"),
                 IN_POLICY "MPOL_F_RELATIVE_NODES and MPOL_F_STATIC_NODES need nodes", ""},
                {POLICY("\"mode\":\"MPOL_BIND\",\"nodes\":\"0\",\"flags\":[\"MPOL_F_STATIC_NODES\","
                        "\"MPOL_F_RELATIVE_NODES\"]"),
                 IN_POLICY "MPOL_F_RELATIVE_NODES and MPOL_F_STATIC_NODES exclude each other", ""},
                {POLICY("\"mode\":\"MPOL_INTERLEAVE\",\"nodes\":\"0\",\"flags\":[\"MPOL_F_NUMA_BALANCING\"]"),
                 IN_POLICY "MPOL_F_NUMA_BALANCING is of MPOL_BIND and MPOL_PREFERRED_MANY, not of MPOL_INTERLEAVE", ""},
                {LINUX("\"personality\":{\"domain\":\"LINUX\",\"flags\":[\"X\"]}"),
                 "config.json:2:51: linux.personality.flags[0]: unknown flag 'X'",
                 "the specification knows no flag: leave the list empty"},
                {CONFIG("\"process\":{\"cwd\":\"/\",\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":2000,"
                        "\"deadline\":3000}},\"hooks\":{\"startContainer\":[{\"path\":\"/h\"}]}"),
                 IN_SCHEDULER "a process of SCHED_DEADLINE can't start the startContainer hooks",
                 "add SCHED_FLAG_RESET_ON_FORK to its flags"},
        };

        check_refusals(refusals, ELEMENTS(refusals));
}

#define DEVICES(rest) LINUX("\"namespaces\":[{\"type\":\"network\"}],\n\"netDevices\":{" rest "}")
#define RDT(rest) LINUX("\"intelRdt\":{" rest "}")

static void test_machine(void **state)
{
        static const char text[] =
                LINUX("\"namespaces\":[{\"type\":\"network\"}],\"netDevices\":{\"eth0\":{},\"a.1\":{\"name\":\"e%d\"},"
                      "\"b\":{\"name\":\"e%d\"}},\n\"intelRdt\":{\"closID\":\"/\",\"schemata\":[\"L2:0=f\",\"L3:0=1\"],"
                      "\"memBwSchema\":\"MB:0=20\",\"l3CacheSchema\":\"L3:0=f\",\"enableCMT\":false}");
        _cleanup_spec_ struct ward_spec spec = {0}, own = {0};
        struct ward_err err = {0};

        assert_int_equal(parse(text, &spec, &err), 0);
        assert_int_equal(spec.net_device_count, 3);
        assert_string_equal(spec.net_devices[0].name, "eth0");
        assert_string_equal(spec.net_devices[0].new_name, "eth0");
        assert_string_equal(spec.net_devices[1].new_name, "e%d");
        assert_string_equal(spec.net_devices[1].origin.field, "linux.netDevices.a.1");
        assert_true(spec.rdt.given && !spec.rdt.monitoring);
        assert_string_equal(spec.rdt.clos_id, "/");
        assert_string_equal(spec.rdt.lines[0], "L3:0=f");
        assert_string_equal(spec.rdt.lines[1], "MB:0=20");
        assert_string_equal(spec.rdt.lines[2], "L2:0=f");
        assert_string_equal(spec.rdt.lines[3], "L3:0=1");
        assert_null(spec.rdt.lines[4]);
        assert_int_equal(parse(RDT("\"closID\":\"\""), &own, &err), 0);
        assert_true(own.rdt.given);
        assert_null(own.rdt.clos_id);
        assert_null(own.rdt.lines[0]);
}

static void test_machine_refused(void **state)
{
        static const char name_hint[] = "1 to 15 bytes without '/', ':' and blanks; \"%d\" at its end is a free number";
        static const char group_hint[] = "a name without '/', or \"/\" for the group that everything is in at first";
        static const char line_hint[] = "write RESOURCE:DOMAIN=VALUE, as in \"L3:0=ff;1=f\" or \"MB:0=20\"";
        static const struct refusal refusals[] = {
                {DEVICES("\"a/b\":{}"), "config.json:3:21: linux.netDevices.a/b: 'a/b' is no name of a network device",
                 ""},
                {DEVICES("\"a%d\":{}"), "config.json:3:21: linux.netDevices.a%d: 'a%d' is no name of a network device",
                 ""},
                {DEVICES("\"abcdefghijklmnop\":{}"),
                 "config.json:3:34: linux.netDevices.abcdefghijklmnop: 'abcdefghijklmnop' is no name of a network "
                 "device",
                 ""},
                {DEVICES("\"a\":{\"name\":\"b c\"}"),
                 "config.json:3:27: linux.netDevices.a.name: 'b c' is no name for a network device", name_hint},
                {DEVICES("\"a\":{\"name\":\"%d%d\"}"),
                 "config.json:3:27: linux.netDevices.a.name: '%d%d' is no name for a network device", name_hint},
                {DEVICES("\"a\":{\"name\":\"%s\"}"),
                 "config.json:3:27: linux.netDevices.a.name: '%s' is no name for a network device", name_hint},
                {DEVICES("\"a\":{\"name\":\"b\"},\"b\":{}"),
                 "config.json:3:36: linux.netDevices.b: two devices would have the name 'b' in the container", ""},
                {DEVICES("\"a\":{\"nam\":\"b\"}"), "config.json:3:20: linux.netDevices.a.nam: unknown field",
                 "did you mean 'name'?"},
                {LINUX("\"netDevices\":{\"a\":{}}"),
                 "config.json:2:28: linux.netDevices.a: this network device would be the host's: the container has no "
                 "network namespace of its own",
                 "add {\"type\": \"network\"} to linux.namespaces, or remove this"},
                {RDT("\"closID\":\"..\""),
                 "config.json:2:31: linux.intelRdt.closID: '..' is no name of a resctrl group", group_hint},
                {RDT("\"closID\":\"a/b\""),
                 "config.json:2:31: linux.intelRdt.closID: 'a/b' is no name of a resctrl group", group_hint},
                {RDT("\"closID\":\"mon_groups\""),
                 "config.json:2:31: linux.intelRdt.closID: 'mon_groups' is no name of a resctrl group", group_hint},
                {RDT("\"l3CacheSchema\":\"L2:0=f\""),
                 "config.json:2:38: linux.intelRdt.l3CacheSchema: 'L2:0=f' is no schema of L3:", line_hint},
                {RDT("\"memBwSchema\":\"20\""),
                 "config.json:2:36: linux.intelRdt.memBwSchema: '20' is no schema of MB:", line_hint},
                {RDT("\"schemata\":[\"L3:0=f\",\"L3:0=f\\nL2:0=1\"]"),
                 "config.json:2:43: linux.intelRdt.schemata[1]: a schema is one line", ""},
                {RDT("\"schemata\":[\"x\"]"), "config.json:2:34: linux.intelRdt.schemata[0]: 'x' is no schema",
                 line_hint},
                {RDT("\"enableMBM\":true"),
                 "config.json:2:34: linux.intelRdt.enableMBM: enableMonitoring has replaced this field",
                 "what is monitored is the hardware's choice: write \"enableMonitoring\": true"},
        };

        check_refusals(refusals, ELEMENTS(refusals));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_schedule),
                cmocka_unit_test(test_schedule_refused),
                cmocka_unit_test(test_machine),
                cmocka_unit_test(test_machine_refused),
        };

        return cmocka_run_group_tests_name("oci-machine", tests, NULL, NULL);
}
