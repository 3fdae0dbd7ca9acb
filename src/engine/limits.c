/* SPDX-License-Identifier: Apache-2.0 */
/* The resources of a spec as limits of a group; see limits.h. */
#include "engine/limits.h"

#include <stddef.h>

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

static void add_texts(struct collection *to, const struct spec_cpu *cpu)
{
        if (cpu->cpus != NULL)
                add(to, (struct cgroup_limit){.knob = CGROUP_CPUSET_CPUS, .text = cpu->cpus}, &cpu->cpus_origin);
        if (cpu->mems != NULL)
                add(to, (struct cgroup_limit){.knob = CGROUP_CPUSET_MEMS, .text = cpu->mems}, &cpu->mems_origin);
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

static void add_devices(struct collection *to, const struct spec_block_io *io)
{
        static const enum cgroup_knob knobs[SPEC_THROTTLE_COUNT] = {
                [SPEC_READ_BPS] = CGROUP_BLKIO_READ_BPS,
                [SPEC_WRITE_BPS] = CGROUP_BLKIO_WRITE_BPS,
                [SPEC_READ_IOPS] = CGROUP_BLKIO_READ_IOPS,
                [SPEC_WRITE_IOPS] = CGROUP_BLKIO_WRITE_IOPS,
        };

        for (size_t i = 0; i < io->weight_device_count; i++) {
                const struct spec_weight_device *device = &io->weight_devices[i];

                add_weight(to, CGROUP_BLKIO_WEIGHT_DEVICE, device, &device->weight);
                add_weight(to, CGROUP_BLKIO_LEAF_WEIGHT_DEVICE, device, &device->leaf_weight);
        }
        for (int kind = 0; kind < SPEC_THROTTLE_COUNT; kind++)
                for (size_t i = 0; i < io->throttles[kind].count; i++) {
                        const struct spec_throttle_device *device = &io->throttles[kind].devices[i];

                        add(to,
                            (struct cgroup_limit){.knob = knobs[kind],
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
        size_t count = ELEMENTS(numbers) + 4 + 2 * r->block_io.weight_device_count + r->hugepage_limit_count +
                       r->priority_count + r->rdma_count + r->unified_count;

        for (int kind = 0; kind < SPEC_THROTTLE_COUNT; kind++)
                count += r->block_io.throttles[kind].count;
        return count;
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

                if (number->given && (number->value != 0 || numbers[i].zero_means))
                        add(&to, (struct cgroup_limit){.knob = numbers[i].knob, .value = number->value},
                            &number->origin);
        }
        if (pids)
                add(&to, (struct cgroup_limit){.knob = CGROUP_PIDS_MAX, .value = resources->pids.value},
                    &resources->pids.origin);
        add_texts(&to, &resources->cpu);
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
