/* SPDX-License-Identifier: Apache-2.0 */
/* The resources of a spec as limits of a group; see limits.h. */
#include "engine/limits.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>

#include "base/fd.h"
#include "base/text.h"

/* The numbers that are one limit each. Engines send 0 for what nobody asked for, and runc writes none of these: docker's update of one limit has
 * all of them. */
static const struct {
        enum cgroup_knob knob;
        size_t offset;   /* of a struct spec_i64 in struct spec_resources */
        bool zero_means; /* 0 is a value like others */
} numbers[] = {
        {CGROUP_MEMORY_LIMIT, offsetof(struct spec_resources, memory.limit)},
        {CGROUP_MEMORY_RESERVATION, offsetof(struct spec_resources, memory.reservation)},
        {CGROUP_MEMORY_SWAP, offsetof(struct spec_resources, memory.swap)},
        {CGROUP_MEMORY_SWAPPINESS, offsetof(struct spec_resources, memory.swappiness), true},
        {CGROUP_MEMORY_KERNEL, offsetof(struct spec_resources, memory.kernel)},
        {CGROUP_MEMORY_KERNEL_TCP, offsetof(struct spec_resources, memory.kernel_tcp)},
        {CGROUP_MEMORY_OOM_DISABLE, offsetof(struct spec_resources, memory.disable_oom_killer), true},
        {CGROUP_MEMORY_HIERARCHY, offsetof(struct spec_resources, memory.use_hierarchy), true},
        {CGROUP_CPU_SHARES, offsetof(struct spec_resources, cpu.shares)},
        {CGROUP_CPU_PERIOD, offsetof(struct spec_resources, cpu.period)},
        {CGROUP_CPU_QUOTA, offsetof(struct spec_resources, cpu.quota)},
        {CGROUP_CPU_BURST, offsetof(struct spec_resources, cpu.burst), true},
        {CGROUP_CPU_IDLE, offsetof(struct spec_resources, cpu.idle), true},
        {CGROUP_CPU_RT_PERIOD, offsetof(struct spec_resources, cpu.rt_period)},
        {CGROUP_CPU_RT_RUNTIME, offsetof(struct spec_resources, cpu.rt_runtime)},
        {CGROUP_BLKIO_WEIGHT, offsetof(struct spec_resources, block_io.weight)},
        {CGROUP_BLKIO_LEAF_WEIGHT, offsetof(struct spec_resources, block_io.leaf_weight)},
        {CGROUP_NET_CLASS, offsetof(struct spec_resources, class_id), true},
        {CGROUP_MEMORY_MIN, offsetof(struct spec_resources, memory.min), true},
        {CGROUP_MEMORY_LOW, offsetof(struct spec_resources, memory.low), true},
        {CGROUP_MEMORY_HIGH, offsetof(struct spec_resources, memory.high), true},
        {CGROUP_MEMORY_OOM_GROUP, offsetof(struct spec_resources, memory.oom_group), true},
        {CGROUP_MEMORY_SWAP_ONLY, offsetof(struct spec_resources, memory.swap_only), true},
        {CGROUP_MEMORY_SWAP_HIGH, offsetof(struct spec_resources, memory.swap_high), true},
        {CGROUP_MEMORY_ZSWAP_MAX, offsetof(struct spec_resources, memory.zswap_max), true},
        {CGROUP_MEMORY_ZSWAP_WRITEBACK, offsetof(struct spec_resources, memory.zswap_writeback), true},
        {CGROUP_CPU_WEIGHT, offsetof(struct spec_resources, cpu.weight)},
        {CGROUP_CPU_WEIGHT_NICE, offsetof(struct spec_resources, cpu.weight_nice), true},
        {CGROUP_CPU_UCLAMP_MIN, offsetof(struct spec_resources, cpu.uclamp_min), true},
        {CGROUP_CPU_UCLAMP_MAX, offsetof(struct spec_resources, cpu.uclamp_max), true},
        {CGROUP_IO_WEIGHT, offsetof(struct spec_resources, block_io.io_weight)},
        {CGROUP_MAX_DEPTH, offsetof(struct spec_resources, max_depth), true},
        {CGROUP_MAX_DESCENDANTS, offsetof(struct spec_resources, max_descendants), true},
};

/* What is collected; there is room for all. */
struct collection {
        struct cgroup_limit *limits;
        struct spec_origin *origins;
        size_t count;
};

static void add(struct collection *to, struct cgroup_limit limit, const struct spec_origin *origin)
{
        to->limits[to->count] = limit;
        to->origins[to->count++] = *origin;
}

static void add_texts(struct collection *to, const struct spec_resources *resources)
{
        const struct spec_cpu *cpu = &resources->cpu;

        /* A group becomes threaded before it has anything that such a group can't have. */
        if (resources->group_type != NULL)
                add(to, (struct cgroup_limit){.knob = CGROUP_TYPE, .text = resources->group_type},
                    &resources->group_type_origin);
        if (cpu->cpus != NULL)
                add(to, (struct cgroup_limit){.knob = CGROUP_CPUSET_CPUS, .text = cpu->cpus}, &cpu->cpus_origin);
        if (cpu->mems != NULL)
                add(to, (struct cgroup_limit){.knob = CGROUP_CPUSET_MEMS, .text = cpu->mems}, &cpu->mems_origin);
        if (cpu->partition != NULL)
                add(to, (struct cgroup_limit){.knob = CGROUP_CPUSET_PARTITION, .text = cpu->partition},
                    &cpu->partition_origin);
}

static const enum cgroup_knob extra_knobs[SPEC_EXTRA_COUNT] = {
        [SPEC_IO_WEIGHT] = CGROUP_IO_WEIGHT_DEVICE, [SPEC_IO_LATENCY] = CGROUP_IO_LATENCY,
        [SPEC_IO_COST_QOS] = CGROUP_IO_COST_QOS,    [SPEC_IO_COST_MODEL] = CGROUP_IO_COST_MODEL,
        [SPEC_MISC_MAX] = CGROUP_MISC_MAX,          [SPEC_DMEM_MIN] = CGROUP_DMEM_MIN,
        [SPEC_DMEM_LOW] = CGROUP_DMEM_LOW,          [SPEC_DMEM_MAX] = CGROUP_DMEM_MAX,
};

static void add_extras(struct collection *to, const struct spec_resources *resources)
{
        for (size_t i = 0; i < resources->extra_count; i++) {
                const struct spec_extra *extra = &resources->extras[i];

                add(to,
                    (struct cgroup_limit){.knob = extra_knobs[extra->kind],
                                          .value = extra->value,
                                          .text = extra->text,
                                          .key = extra->key,
                                          .major = extra->major,
                                          .minor = extra->minor},
                    &extra->origin);
        }
}

static void add_weight(struct collection *to, enum cgroup_knob knob, const struct spec_weight_device *device,
                       const struct spec_i64 *weight)
{
        if (weight->given)
                add(to,
                    (struct cgroup_limit){
                            .knob = knob, .value = weight->value, .major = device->major, .minor = device->minor},
                    &weight->origin);
}

static const enum cgroup_knob throttle_knobs[SPEC_THROTTLE_COUNT] = {
        [SPEC_READ_BPS] = CGROUP_BLKIO_READ_BPS,
        [SPEC_WRITE_BPS] = CGROUP_BLKIO_WRITE_BPS,
        [SPEC_READ_IOPS] = CGROUP_BLKIO_READ_IOPS,
        [SPEC_WRITE_IOPS] = CGROUP_BLKIO_WRITE_IOPS,
};

static void add_devices(struct collection *to, const struct spec_block_io *io)
{
        for (size_t i = 0; i < io->weight_device_count; i++) {
                const struct spec_weight_device *device = &io->weight_devices[i];

                add_weight(to, CGROUP_BLKIO_WEIGHT_DEVICE, device, &device->weight);
                add_weight(to, CGROUP_BLKIO_LEAF_WEIGHT_DEVICE, device, &device->leaf_weight);
        }
        for (int kind = 0; kind < SPEC_THROTTLE_COUNT; kind++)
                for (size_t i = 0; i < io->throttles[kind].count; i++) {
                        const struct spec_throttle_device *device = &io->throttles[kind].devices[i];

                        add(to,
                            (struct cgroup_limit){.knob = throttle_knobs[kind],
                                                  .value = (int64_t)device->rate,
                                                  .major = device->major,
                                                  .minor = device->minor},
                            &device->origin);
                }
}

/* rdma.max takes at most what fits into an int, and has a word for all of it (rdma.rst). */
static const char *rdma_figures(struct arena *arena, const struct spec_rdma *rdma)
{
        const struct {
                const char *key;
                const struct spec_i64 *number;
        } figures[] = {{"hca_handle=", &rdma->handles}, {"hca_object=", &rdma->objects}};
        const char *text = "";

        for (size_t i = 0; i < ELEMENTS(figures) && text != NULL; i++) {
                const struct spec_i64 *number = figures[i].number;
                const char *gap = *text == '\0' ? "" : " ";

                if (number->given && number->value < INT32_MAX)
                        text = arena_printf(arena, "%s%s%s%d", text, gap, figures[i].key, (int)number->value);
                else if (number->given)
                        text = arena_concat(arena, text, gap, figures[i].key, "max");
        }
        return text;
}

/* -1 when memory is short. */
static int add_keyed(struct collection *to, struct arena *arena, const struct spec_resources *r)
{
        for (size_t i = 0; i < r->hugepage_limit_count; i++)
                add(to,
                    (struct cgroup_limit){.knob = CGROUP_HUGETLB_MAX,
                                          .value = (int64_t)r->hugepage_limits[i].limit,
                                          .key = r->hugepage_limits[i].page_size},
                    &r->hugepage_limits[i].origin);
        for (size_t i = 0; i < r->priority_count; i++)
                add(to,
                    (struct cgroup_limit){.knob = CGROUP_NET_PRIORITY,
                                          .value = r->priorities[i].priority,
                                          .key = r->priorities[i].interface},
                    &r->priorities[i].origin);
        for (size_t i = 0; i < r->rdma_count; i++) {
                const char *figures = rdma_figures(arena, &r->rdma[i]);

                if (figures == NULL)
                        return -1;
                add(to, (struct cgroup_limit){.knob = CGROUP_RDMA_MAX, .key = r->rdma[i].device, .text = figures},
                    &r->rdma[i].origin);
        }
        for (size_t i = 0; i < r->unified_count; i++)
                add(to,
                    (struct cgroup_limit){
                            .knob = CGROUP_UNIFIED, .key = r->unified[i].file, .text = r->unified[i].value},
                    &r->unified[i].origin);
        return 0;
}

static size_t count_at_most(const struct spec_resources *r)
{
        size_t count = ELEMENTS(numbers) + 6 + r->extra_count + 2 * r->block_io.weight_device_count +
                       r->hugepage_limit_count + r->priority_count + r->rdma_count + r->unified_count;

        for (int kind = 0; kind < SPEC_THROTTLE_COUNT; kind++)
                count += r->block_io.throttles[kind].count;
        return count;
}

/* In a config a memory.limit of -1 is one of memory.swap, too, unless that says otherwise: runc and crun mean it so. What a person wrote in words is one
 * file's. */
static void add_unlimited_swap(struct collection *to, const struct spec_memory *memory)
{
        if (memory->limit.given && memory->limit.value < 0 && !memory->limit.exact && !memory->swap_only.given &&
            (!memory->swap.given || (memory->swap.value == 0 && !memory->swap.exact)))
                add(to, (struct cgroup_limit){.knob = CGROUP_MEMORY_SWAP, .value = -1, .if_there = true},
                    &memory->limit.origin);
}

int limits_collect(struct limits *limits, struct arena *arena, const struct spec_resources *resources, bool pids,
                   struct ward_err *err)
{
        size_t most = count_at_most(resources);
        struct collection to = {
                .limits = arena_new(arena, struct cgroup_limit, most),
                .origins = arena_new(arena, struct spec_origin, most),
        };
        uint32_t controllers = 0;
        size_t wanted = 0;

        if (to.limits == NULL || to.origins == NULL)
                return err_oom(err);
        for (size_t i = 0; i < ELEMENTS(numbers); i++) {
                const struct spec_i64 *number =
                        (const struct spec_i64 *)(const void *)((const char *)resources + numbers[i].offset);

                if (number->given && (number->value != 0 || number->exact || numbers[i].zero_means))
                        add(&to, (struct cgroup_limit){.knob = numbers[i].knob, .value = number->value},
                            &number->origin);
        }
        add_unlimited_swap(&to, &resources->memory);
        if (pids)
                add(&to, (struct cgroup_limit){.knob = CGROUP_PIDS_MAX, .value = resources->pids.value},
                    &resources->pids.origin);
        add_texts(&to, resources);
        add_extras(&to, resources);
        add_devices(&to, &resources->block_io);
        if (add_keyed(&to, arena, resources) < 0)
                return err_oom(err);
        for (size_t i = 0; i < to.count; i++) {
                controllers |= cgroup_limit_controllers(&to.limits[i]);
                wanted += !cgroup_limit_anyway(&to.limits[i]);
        }
        *limits = (struct limits){to.limits, to.origins, to.count, wanted, controllers};
        return 0;
}

/* ---- words ---- */

/* The knob of a word that fills in one member. */
static size_t member_knob(size_t offset, enum cgroup_knob *ret_knob)
{
        static const struct {
                size_t offset;
                enum cgroup_knob knob;
        } others[] = {
                {offsetof(struct spec_resources, pids), CGROUP_PIDS_MAX},
                {offsetof(struct spec_resources, cpu.cpus), CGROUP_CPUSET_CPUS},
                {offsetof(struct spec_resources, cpu.mems), CGROUP_CPUSET_MEMS},
                {offsetof(struct spec_resources, cpu.partition), CGROUP_CPUSET_PARTITION},
                {offsetof(struct spec_resources, group_type), CGROUP_TYPE},
        };

        for (size_t i = 0; i < ELEMENTS(numbers); i++)
                if (numbers[i].offset == offset) {
                        *ret_knob = numbers[i].knob;
                        return 1;
                }
        for (size_t i = 0; i < ELEMENTS(others); i++)
                if (others[i].offset == offset) {
                        *ret_knob = others[i].knob;
                        return 1;
                }
        return 0;
}

size_t limits_knobs(const struct limit_word *word, enum cgroup_knob knobs[LIMITS_KNOBS_MAX])
{
        switch (word->kind) {
        case LIMIT_RULE:
                return 0;
        case LIMIT_THROTTLE:
                knobs[0] = throttle_knobs[word->which];
                return 1;
        case LIMIT_IO_MAX:
                memcpy(knobs, throttle_knobs, sizeof(throttle_knobs));
                return ELEMENTS(throttle_knobs);
        case LIMIT_EXTRA:
                knobs[0] = extra_knobs[word->which];
                return 1;
        case LIMIT_WEIGHT_DEVICE:
                knobs[0] = CGROUP_BLKIO_WEIGHT_DEVICE;
                return 1;
        case LIMIT_HUGETLB:
                knobs[0] = CGROUP_HUGETLB_MAX;
                return 1;
        case LIMIT_NETWORK:
                knobs[0] = CGROUP_NET_PRIORITY;
                return 1;
        case LIMIT_RDMA:
                knobs[0] = CGROUP_RDMA_MAX;
                return 1;
        case LIMIT_CPUS:
        case LIMIT_QUOTA:
        case LIMIT_CPU_MAX:
                knobs[0] = CGROUP_CPU_QUOTA;
                knobs[1] = CGROUP_CPU_PERIOD;
                return 2;
        default:
                return member_knob(word->offset, knobs);
        }
}

bool limits_is_keyed(enum cgroup_knob knob)
{
        switch (knob) {
        case CGROUP_HUGETLB_MAX:
        case CGROUP_NET_PRIORITY:
        case CGROUP_RDMA_MAX:
        case CGROUP_UNIFIED:
        case CGROUP_MISC_MAX:
        case CGROUP_DMEM_MIN:
        case CGROUP_DMEM_LOW:
        case CGROUP_DMEM_MAX:
        case CGROUP_BLKIO_WEIGHT_DEVICE:
        case CGROUP_BLKIO_LEAF_WEIGHT_DEVICE:
        case CGROUP_BLKIO_READ_BPS:
        case CGROUP_BLKIO_WRITE_BPS:
        case CGROUP_BLKIO_READ_IOPS:
        case CGROUP_BLKIO_WRITE_IOPS:
        case CGROUP_IO_WEIGHT_DEVICE:
        case CGROUP_IO_LATENCY:
        case CGROUP_IO_COST_QOS:
        case CGROUP_IO_COST_MODEL:
                return true;
        default:
                return false;
        }
}

/* ---- the machine ---- */

static int device_numbers(const char *path, char *ret_type, uint32_t *ret_major, uint32_t *ret_minor,
                          struct ward_err *err)
{
        struct stat st;

        if (stat(path, &st) < 0) /* host path: the user named a device of this machine */
                return err_errno(err, "find the device '%s'", path);
        if (!S_ISBLK(st.st_mode) && !S_ISCHR(st.st_mode)) {
                (void)err_set(err, -ENODEV, "'%s' is no device", path);
                (void)err_mistake(err, MISTAKE_NO_DEVICE);
                return err_hint(err, "'lsblk' lists the disks");
        }
        *ret_type = S_ISBLK(st.st_mode) ? 'b' : 'c';
        *ret_major = major(st.st_rdev);
        *ret_minor = minor(st.st_rdev);
        return 0;
}

/* The smaller of the numbers in the two files that bound how many tasks there can be (proc(5)); 0: that can't be read. */
static uint64_t tasks_most(void)
{
        static const char *const files[] = {"/proc/sys/kernel/pid_max", "/proc/sys/kernel/threads-max"};
        uint64_t most = 0, number;

        for (size_t i = 0; i < ELEMENTS(files); i++) {
                _cleanup_free_ char *text = NULL;

                if (fd_read_file(AT_FDCWD, files[i], 64, &text, NULL, NULL) < 0)
                        continue;
                text[strcspn(text, "\n")] = '\0';
                if (number_parse(text, INT64_MAX, &number) >= 0 && (most == 0 || number < most))
                        most = number;
        }
        return most;
}

const struct limit_machine *limits_machine(struct arena *arena)
{
        struct limit_machine *machine = arena_new(arena, struct limit_machine, 1);
        struct sysinfo info;

        if (machine == NULL)
                return NULL;
        *machine = (struct limit_machine){.tasks = tasks_most(), .device = device_numbers};
        if (sysinfo(&info) == 0) {
                machine->memory_bytes = (uint64_t)info.totalram * info.mem_unit;
                machine->swap_bytes = (uint64_t)info.totalswap * info.mem_unit;
        }
        return machine;
}
