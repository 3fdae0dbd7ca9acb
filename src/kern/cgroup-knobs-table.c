/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limits as tables: which file each is in either version and how its value is written there, why the kernel refuses it, and what
 * a kernel without a controller was built without. docs/CGROUPS.md is the same for people.
 */
#include "kern/cgroup-knobs.h"

#include <errno.h>

#include "base/mem.h"

const struct knob cgroup_knobs[CGROUP_KNOB_COUNT] = {
        /* clang-format off */
        [CGROUP_MEMORY_LIMIT] = {.field = "memory.limit", .controller = CGROUP_MEMORY, .v1 = {"memory.limit_in_bytes", FORM_NUMBER}, .v2 = {"memory.max", FORM_MAX}},
        [CGROUP_MEMORY_RESERVATION] = {.field = "memory.reservation", .controller = CGROUP_MEMORY, .v1 = {"memory.soft_limit_in_bytes", FORM_NUMBER}, .v2 = {"memory.low", FORM_NONE}},
        [CGROUP_MEMORY_SWAP] = {.field = "memory.swap", .controller = CGROUP_MEMORY, .v1 = {"memory.memsw.limit_in_bytes", FORM_NUMBER}, .v2 = {"memory.swap.max", FORM_SWAP}},
        [CGROUP_MEMORY_SWAPPINESS] = {.field = "memory.swappiness", .controller = CGROUP_MEMORY, .v1 = {"memory.swappiness", FORM_NUMBER}},
        [CGROUP_MEMORY_OOM_DISABLE] = {.field = "memory.disableOOMKiller", .controller = CGROUP_MEMORY, .v1 = {"memory.oom_control", FORM_NUMBER}, .has_anyway = true, .anyway = 0},
        [CGROUP_MEMORY_KERNEL] = {.field = "memory.kernel", .controller = CGROUP_MEMORY, .v1 = {"memory.kmem.limit_in_bytes", FORM_NUMBER}, .read_back = true, .has_anyway = true, .anyway = -1},
        [CGROUP_MEMORY_KERNEL_TCP] = {.field = "memory.kernelTCP", .controller = CGROUP_MEMORY, .v1 = {"memory.kmem.tcp.limit_in_bytes", FORM_NUMBER}, .read_back = true, .has_anyway = true, .anyway = -1},
        [CGROUP_MEMORY_HIERARCHY] = {.field = "memory.useHierarchy", .controller = CGROUP_MEMORY, .v1 = {"memory.use_hierarchy", FORM_NUMBER}, .has_anyway = true, .anyway = 1},
        [CGROUP_CPU_SHARES] = {.field = "cpu.shares", .controller = CGROUP_CPU, .v1 = {"cpu.shares", FORM_NUMBER}, .v2 = {"cpu.weight", FORM_WEIGHT}},
        [CGROUP_CPU_PERIOD] = {.field = "cpu.period", .controller = CGROUP_CPU, .v1 = {"cpu.cfs_period_us", FORM_NUMBER}, .v2 = {"cpu.max", FORM_PERIOD}},
        [CGROUP_CPU_QUOTA] = {.field = "cpu.quota", .controller = CGROUP_CPU, .v1 = {"cpu.cfs_quota_us", FORM_NUMBER}, .v2 = {"cpu.max", FORM_QUOTA}},
        [CGROUP_CPU_BURST] = {.field = "cpu.burst", .controller = CGROUP_CPU, .v1 = {"cpu.cfs_burst_us", FORM_NUMBER}, .v2 = {"cpu.max.burst", FORM_NUMBER}},
        [CGROUP_CPU_IDLE] = {.field = "cpu.idle", .controller = CGROUP_CPU, .v1 = {"cpu.idle", FORM_NUMBER}, .v2 = {"cpu.idle", FORM_NUMBER}},
        [CGROUP_CPU_RT_PERIOD] = {.field = "cpu.realtimePeriod", .controller = CGROUP_CPU, .v1 = {"cpu.rt_period_us", FORM_NUMBER}},
        [CGROUP_CPU_RT_RUNTIME] = {.field = "cpu.realtimeRuntime", .controller = CGROUP_CPU, .v1 = {"cpu.rt_runtime_us", FORM_NUMBER}},
        [CGROUP_CPUSET_CPUS] = {.field = "cpu.cpus", .controller = CGROUP_CPUSET, .v1 = {"cpuset.cpus", FORM_TEXT}, .v2 = {"cpuset.cpus", FORM_TEXT}},
        [CGROUP_CPUSET_MEMS] = {.field = "cpu.mems", .controller = CGROUP_CPUSET, .v1 = {"cpuset.mems", FORM_TEXT}, .v2 = {"cpuset.mems", FORM_TEXT}},
        [CGROUP_PIDS_MAX] = {.field = "pids.limit", .controller = CGROUP_PIDS, .v1 = {"pids.max", FORM_MAX}, .v2 = {"pids.max", FORM_MAX}},
        [CGROUP_BLKIO_WEIGHT] = {.field = "blockIO.weight", .controller = CGROUP_BLKIO, .v1 = {"blkio.bfq.weight", FORM_NUMBER, "blkio.weight", FORM_NUMBER}, .v2 = {"io.bfq.weight", FORM_NUMBER, "io.weight", FORM_IO_WEIGHT}, .either = true},
        [CGROUP_BLKIO_LEAF_WEIGHT] = {.field = "blockIO.leafWeight", .controller = CGROUP_BLKIO, .v1 = {"blkio.leaf_weight", FORM_NUMBER}},
        [CGROUP_BLKIO_WEIGHT_DEVICE] = {.field = "blockIO.weightDevice.weight", .controller = CGROUP_BLKIO, .v1 = {"blkio.bfq.weight_device", FORM_DEVICE_DEFAULT, "blkio.weight_device", FORM_DEVICE}, .v2 = {"io.bfq.weight", FORM_DEVICE_DEFAULT, "io.weight", FORM_DEVICE_IO_WEIGHT}, .either = true},
        [CGROUP_BLKIO_LEAF_WEIGHT_DEVICE] = {.field = "blockIO.weightDevice.leafWeight", .controller = CGROUP_BLKIO, .v1 = {"blkio.leaf_weight_device", FORM_DEVICE}},
        [CGROUP_BLKIO_READ_BPS] = {.field = "blockIO.throttleReadBpsDevice", .controller = CGROUP_BLKIO, .v1 = {"blkio.throttle.read_bps_device", FORM_DEVICE}, .v2 = {"io.max", FORM_RBPS}},
        [CGROUP_BLKIO_WRITE_BPS] = {.field = "blockIO.throttleWriteBpsDevice", .controller = CGROUP_BLKIO, .v1 = {"blkio.throttle.write_bps_device", FORM_DEVICE}, .v2 = {"io.max", FORM_WBPS}},
        [CGROUP_BLKIO_READ_IOPS] = {.field = "blockIO.throttleReadIOPSDevice", .controller = CGROUP_BLKIO, .v1 = {"blkio.throttle.read_iops_device", FORM_DEVICE}, .v2 = {"io.max", FORM_RIOPS}},
        [CGROUP_BLKIO_WRITE_IOPS] = {.field = "blockIO.throttleWriteIOPSDevice", .controller = CGROUP_BLKIO, .v1 = {"blkio.throttle.write_iops_device", FORM_DEVICE}, .v2 = {"io.max", FORM_WIOPS}},
        [CGROUP_HUGETLB_MAX] = {.field = "hugepageLimits", .controller = CGROUP_HUGETLB, .v1 = {"hugetlb.*.limit_in_bytes", FORM_LARGE, "hugetlb.*.rsvd.limit_in_bytes", FORM_LARGE}, .v2 = {"hugetlb.*.max", FORM_LARGE, "hugetlb.*.rsvd.max", FORM_LARGE}},
        [CGROUP_NET_CLASS] = {.field = "network.classID", .controller = CGROUP_NET_CLS, .v1 = {"net_cls.classid", FORM_NUMBER}},
        [CGROUP_NET_PRIORITY] = {.field = "network.priorities", .controller = CGROUP_NET_PRIO, .v1 = {"net_prio.ifpriomap", FORM_KEY_NUMBER}},
        [CGROUP_RDMA_MAX] = {.field = "rdma", .controller = CGROUP_RDMA, .v1 = {"rdma.max", FORM_KEY_TEXT}, .v2 = {"rdma.max", FORM_KEY_TEXT}},
        [CGROUP_UNIFIED] = {.field = "unified", .controller = CGROUP_CONTROLLER_COUNT, .v2 = {"*", FORM_TEXT}},
        /* clang-format on */
};

const struct reason cgroup_reasons[] = {
        /* clang-format off */
        {CGROUP_MEMORY_LIMIT, 1, -EINVAL, "it is above the group's limit of memory plus swap",
         "set memory.swap too, to at least the memory limit, or to -1"},
        {CGROUP_MEMORY_SWAP, 1, -EINVAL, "it is below the group's memory limit",
         "memory.swap counts memory and swap together: set it to at least memory.limit"},
        {CGROUP_MEMORY_SWAP, 0, -ENOENT, "this kernel does not count swap by control group",
         "leave the swap limit out, or boot with swapaccount=1 (a kernel built with CONFIG_SWAP)"},
        {CGROUP_MEMORY_OOM_DISABLE, 0, -EINVAL, "the OOM killer of the root group cannot be switched off", ""},
        {CGROUP_CPU_SHARES, 0, -EINVAL, "an idle group (cpu.idle 1) has no shares", "set only one of cpu.shares and cpu.idle"},
        {CGROUP_CPU_PERIOD, 0, -EINVAL, "a period is 1000 to 1000000 microseconds, and the quota's part of it at most that of the parent group",
         "100000 is the usual period"},
        {CGROUP_CPU_QUOTA, 0, -EINVAL, "a quota is at least 1000 microseconds, and its part of the period at most that of the parent group",
         "compare with the quota and period of the parent group"},
        {CGROUP_CPU_BURST, 0, -EINVAL, "a burst is at most the quota", "set cpu.quota to at least the burst"},
        {CGROUP_CPU_BURST, 0, -ENOENT, "this kernel has no burst (it came with 5.14)", ""},
        {CGROUP_CPU_IDLE, 0, -EINVAL, "cpu.idle is 0 or 1", ""},
        {CGROUP_CPU_IDLE, 0, -ENOENT, "this kernel has no idle groups (they came with 5.15)", ""},
        {CGROUP_CPU_RT_PERIOD, 0, -ENOENT, "this kernel does not divide real time among groups (CONFIG_RT_GROUP_SCHED)", ""},
        {CGROUP_CPU_RT_PERIOD, 0, -EINVAL, "the parent group has not so much real time to give", "raise cpu.rt_runtime_us of the groups above first"},
        {CGROUP_CPU_RT_RUNTIME, 0, -ENOENT, "this kernel does not divide real time among groups (CONFIG_RT_GROUP_SCHED)", ""},
        {CGROUP_CPU_RT_RUNTIME, 0, -EINVAL, "the parent group has not so much real time to give", "raise cpu.rt_runtime_us of the groups above first"},
        {CGROUP_CPUSET_CPUS, 0, -EINVAL, "it is not a list of processors that are there", "write it as in '0-2,7'; /sys/devices/system/cpu/online has the list"},
        {CGROUP_CPUSET_CPUS, 0, -ERANGE, "it names a processor that this kernel cannot have", "/sys/devices/system/cpu/online has the list"},
        {CGROUP_CPUSET_CPUS, 0, -EACCES, "the parent group may not use all of these processors", "use a part of the parent's cpuset.cpus"},
        {CGROUP_CPUSET_CPUS, 0, -ENOSPC, "processes are in the group, which an empty list would leave without a processor", ""},
        {CGROUP_CPUSET_MEMS, 0, -EINVAL, "it is not a list of memory nodes that are there", "write it as in '0-1'; /sys/devices/system/node/online has the list"},
        {CGROUP_CPUSET_MEMS, 0, -ERANGE, "it names a memory node that this kernel cannot have", "/sys/devices/system/node/online has the list"},
        {CGROUP_CPUSET_MEMS, 0, -EACCES, "the parent group may not use all of these memory nodes", "use a part of the parent's cpuset.mems"},
        {CGROUP_CPUSET_MEMS, 0, -ENOSPC, "processes are in the group, which an empty list would leave without memory", ""},
        {CGROUP_MEMORY_KERNEL, 1, -ENOENT, "this kernel does not limit the kernel's memory on its own", "leave kernel out: limit counts that memory too"},
        {CGROUP_MEMORY_KERNEL, 1, -EOPNOTSUPP, "this kernel no longer limits the kernel's memory on its own (since 5.16)", "leave kernel out: limit counts that memory too"},
        {CGROUP_MEMORY_KERNEL_TCP, 1, -ENOENT, "this kernel does not limit the memory of TCP on its own", "leave kernelTCP out"},
        {CGROUP_MEMORY_KERNEL_TCP, 1, -EOPNOTSUPP, "this kernel no longer limits the memory of TCP on its own", "leave kernelTCP out"},
        {CGROUP_MEMORY_HIERARCHY, 1, -EINVAL, "groups below share the limits of this one whatever is written (since 5.11)", "leave useHierarchy out, or set it to true"},
        {CGROUP_MEMORY_HIERARCHY, 1, -ENOENT, "groups below share the limits of this one, always", "leave useHierarchy out, or set it to true"},
        {CGROUP_BLKIO_WEIGHT, 1, -ENOENT, "this kernel has no weights for block devices (CONFIG_BFQ_GROUP_IOSCHED)", "leave the weight out, or 'modprobe bfq' and choose bfq as the scheduler of the disks"},
        {CGROUP_BLKIO_WEIGHT, 2, -ENOENT, "this kernel has no weights for block devices (CONFIG_BFQ_GROUP_IOSCHED, CONFIG_BLK_CGROUP_IOCOST)", "leave the weight out, or 'modprobe bfq' and choose bfq as the scheduler of the disks"},
        {CGROUP_BLKIO_LEAF_WEIGHT, 1, -ENOENT, "leaf weights were those of the CFQ scheduler, which went with Linux 5.0", "leave leafWeight out: groups below have weights of their own"},
        {CGROUP_BLKIO_WEIGHT_DEVICE, 1, -ENOENT, "this kernel has no weights for block devices (CONFIG_BFQ_GROUP_IOSCHED)", "leave weightDevice out, or 'modprobe bfq' and choose bfq as the device's scheduler"},
        {CGROUP_BLKIO_WEIGHT_DEVICE, 2, -ENOENT, "this kernel has no weights for block devices (CONFIG_BFQ_GROUP_IOSCHED, CONFIG_BLK_CGROUP_IOCOST)", "leave weightDevice out, or 'modprobe bfq' and choose bfq as the device's scheduler"},
        {CGROUP_BLKIO_WEIGHT_DEVICE, 0, -EOPNOTSUPP, "the scheduler of the device keeps no weights", "choose one that does: echo bfq >/sys/dev/block/MAJOR:MINOR/queue/scheduler"},
        {CGROUP_BLKIO_WEIGHT_DEVICE, 0, -ENODEV, "no disk has this number", "'lsblk' lists the disks and their numbers; a partition has no weight"},
        {CGROUP_BLKIO_LEAF_WEIGHT_DEVICE, 1, -ENOENT, "leaf weights were those of the CFQ scheduler, which went with Linux 5.0", "leave leafWeight out: groups below have weights of their own"},
        {CGROUP_BLKIO_READ_BPS, 0, -ENODEV, "no disk has this number", "'lsblk' lists the disks and their numbers; a partition can't be throttled"},
        {CGROUP_BLKIO_READ_BPS, 0, -ENOENT, "this kernel does not throttle block devices (CONFIG_BLK_DEV_THROTTLING)", ""},
        {CGROUP_BLKIO_WRITE_BPS, 0, -ENODEV, "no disk has this number", "'lsblk' lists the disks and their numbers; a partition can't be throttled"},
        {CGROUP_BLKIO_WRITE_BPS, 0, -ENOENT, "this kernel does not throttle block devices (CONFIG_BLK_DEV_THROTTLING)", ""},
        {CGROUP_BLKIO_READ_IOPS, 0, -ENODEV, "no disk has this number", "'lsblk' lists the disks and their numbers; a partition can't be throttled"},
        {CGROUP_BLKIO_READ_IOPS, 0, -ENOENT, "this kernel does not throttle block devices (CONFIG_BLK_DEV_THROTTLING)", ""},
        {CGROUP_BLKIO_WRITE_IOPS, 0, -ENODEV, "no disk has this number", "'lsblk' lists the disks and their numbers; a partition can't be throttled"},
        {CGROUP_BLKIO_WRITE_IOPS, 0, -ENOENT, "this kernel does not throttle block devices (CONFIG_BLK_DEV_THROTTLING)", ""},
        {CGROUP_HUGETLB_MAX, 0, -ENOENT, "this kernel has no huge pages of this size", "'ls /sys/kernel/mm/hugepages' lists the sizes"},
        {CGROUP_NET_PRIORITY, 1, -ENODEV, "there is no such interface where ward runs", "'ip link' lists them"},
        {CGROUP_NET_PRIORITY, 1, -EINVAL, "there is no such interface where ward runs", "'ip link' lists them"},
        {CGROUP_RDMA_MAX, 0, -ENODEV, "there is no such RDMA device", "'ls /sys/class/infiniband' lists them"},
        {CGROUP_RDMA_MAX, 0, -EINVAL, "there is no such RDMA device", "'ls /sys/class/infiniband' lists them"},
        /* clang-format on */
};

const size_t cgroup_reason_count = ELEMENTS(cgroup_reasons);

const char *const cgroup_options[CGROUP_CONTROLLER_COUNT] = {
        [CGROUP_CPU] = "CONFIG_CGROUP_SCHED",         [CGROUP_CPUACCT] = "CONFIG_CGROUP_CPUACCT",
        [CGROUP_CPUSET] = "CONFIG_CPUSETS",           [CGROUP_MEMORY] = "CONFIG_MEMCG",
        [CGROUP_DEVICES] = "CONFIG_CGROUP_DEVICE",    [CGROUP_FREEZER] = "CONFIG_CGROUP_FREEZER",
        [CGROUP_BLKIO] = "CONFIG_BLK_CGROUP",         [CGROUP_PIDS] = "CONFIG_CGROUP_PIDS",
        [CGROUP_HUGETLB] = "CONFIG_CGROUP_HUGETLB",   [CGROUP_NET_CLS] = "CONFIG_CGROUP_NET_CLASSID",
        [CGROUP_NET_PRIO] = "CONFIG_CGROUP_NET_PRIO", [CGROUP_PERF_EVENT] = "CONFIG_CGROUP_PERF",
        [CGROUP_RDMA] = "CONFIG_CGROUP_RDMA",         [CGROUP_MISC] = "CONFIG_CGROUP_MISC",
        [CGROUP_DMEM] = "CONFIG_CGROUP_DMEM",
};
