/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits as properties of a unit (systemd.resource-control(5)). They are in force in the container's group whatever systemd knows of them. In the
 * scope's own they count against its neighbours, where weights and protections mean something, and systemd shows them.
 *
 * What is told is what the kernel has in the group: so a part of a limit that an update leaves alone, and what `unified` says, is told right.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "engine/unit.h"

#define USEC_PER_SEC 1000000U
/* systemd keeps a quota as a whole percentage of a processor: rounded down it would be less than the container's own. */
#define QUOTA_STEP_USEC 10000U
#define SET_MAX 4096 /* processors, memory nodes */

/* A limit that is looked at: its group, and where its properties go. */
struct telling {
        struct unit_words *words;
        const struct cgroup_hierarchy *hierarchy;
        const char *path;
        bool own; /* it is the unit's own group, which systemd writes to, and not one below it */
        struct ward_err *err;
};

static void add_number(struct unit_words *words, const char *property, uint64_t number)
{
        unit_add(words, property);
        unit_add(words, "t");
        unit_add(words, arena_printf(words->arena, "%" PRIu64, number));
}

static int read_line(const struct telling *telling, const char *file, char **ret_text)
{
        int r = cgroup_file_read(telling->hierarchy, telling->path, file, ret_text, telling->err);

        if (r >= 0)
                (*ret_text)[strcspn(*ret_text, "\n")] = '\0';
        return r;
}

/* A number, or "max", which is the largest one; io.weight has "default " in front. */
static int tell_number(const struct telling *telling, const char *file, const char *property)
{
        _cleanup_free_ char *text = NULL;
        const char *number;
        uint64_t value;
        int r = read_line(telling, file, &text);

        if (r < 0)
                return r;
        number = strncmp(text, "default ", 8) == 0 ? text + 8 : text;
        add_number(telling->words, property, number_parse(number, UINT64_MAX, &value) < 0 ? UINT64_MAX : value);
        return 0;
}

/* An idle group has no weight: 0 is systemd's word for it. */
static int tell_weight(const struct telling *telling, const char *file, const char *property)
{
        _cleanup_free_ char *idle = NULL;

        if (cgroup_file_read(telling->hierarchy, telling->path, "cpu.idle", &idle, NULL) < 0 || idle[0] != '1')
                return tell_number(telling, file, property);
        add_number(telling->words, property, 0);
        return 0;
}

/* A group that may have more at times would be held back by one around it that may not. */
static void add_quota(const struct telling *telling, const char *quota, const char *period, const char *burst_file,
                      const char *property)
{
        _cleanup_free_ char *burst = NULL;
        uint64_t quota_usec, period_usec, per_sec = UINT64_MAX;
        bool bursts = !telling->own &&
                      cgroup_file_read(telling->hierarchy, telling->path, burst_file, &burst, NULL) >= 0 &&
                      burst[0] != '0';

        if (!bursts && number_parse(quota, UINT64_MAX / USEC_PER_SEC, &quota_usec) == 0 &&
            number_parse(period, USEC_PER_SEC, &period_usec) == 0 && period_usec > 0) {
                per_sec = quota_usec * USEC_PER_SEC / period_usec;
                per_sec = (per_sec + QUOTA_STEP_USEC - 1) / QUOTA_STEP_USEC * QUOTA_STEP_USEC;
                add_number(telling->words, "CPUQuotaPeriodUSec", period_usec);
        }
        add_number(telling->words, property, per_sec);
}

/* "QUOTA PERIOD" */
static int tell_quota(const struct telling *telling, const char *file, const char *property)
{
        _cleanup_free_ char *text = NULL;
        int r = read_line(telling, file, &text);
        char *rest = text;
        const char *quota;

        if (r < 0)
                return r;
        quota = strsep(&rest, " ");
        add_quota(telling, quota, rest == NULL ? "" : rest, "cpu.max.burst", property);
        return 0;
}

/* In two files, either of which is asked for. Of a group below the unit's own systemd is told none: the kernel would refuse it a larger one before
 * systemd knows of it. */
static int tell_quota_v1(const struct telling *telling, const char *file, const char *property)
{
        _cleanup_free_ char *quota = NULL, *period = NULL;
        int r;

        (void)file;
        if (!telling->own)
                return 0;
        r = read_line(telling, "cpu.cfs_quota_us", &quota);
        if (r >= 0)
                r = read_line(telling, "cpu.cfs_period_us", &period);
        if (r < 0)
                return r;
        add_quota(telling, quota, period, "cpu.cfs_burst_us", property);
        return 0;
}

/* "0-2,7" as bytes of a mask, the lowest first; no bytes are every processor or node. */
static int tell_set(const struct telling *telling, const char *file, const char *property)
{
        unsigned char mask[SET_MAX / 8] = {0};
        _cleanup_free_ char *text = NULL;
        size_t bytes = 0;
        int r = read_line(telling, file, &text);
        char *rest = text;

        if (r < 0)
                return r;
        for (const char *range; (range = strsep(&rest, ",")) != NULL && *range != '\0';) {
                unsigned first, last;
                int count = sscanf(range, "%u-%u", &first, &last);

                if (count == 1)
                        last = first;
                for (unsigned i = first; count > 0 && i <= last && i < SET_MAX; i++) {
                        mask[i / 8] |= (unsigned char)(1u << i % 8);
                        bytes = i / 8 + 1 > bytes ? i / 8 + 1 : bytes;
                }
        }
        unit_add(telling->words, property);
        unit_add(telling->words, "ay");
        unit_add(telling->words, arena_printf(telling->words->arena, "%zu", bytes));
        for (size_t i = 0; i < bytes; i++)
                unit_add(telling->words, arena_printf(telling->words->arena, "%u", mask[i]));
        return 0;
}

#define NO_KNOB CGROUP_KNOB_COUNT

static const struct told {
        enum cgroup_knob knobs[4]; /* the limits that are in this file */
        int version;
        char file[24], property[24];
        int (*tell)(const struct telling *telling, const char *file, const char *property);
} told[] = {
        /* clang-format off */
        {{CGROUP_MEMORY_LIMIT, NO_KNOB, NO_KNOB, NO_KNOB}, 2, "memory.max", "MemoryMax", tell_number},
        {{CGROUP_MEMORY_HIGH, NO_KNOB, NO_KNOB, NO_KNOB}, 2, "memory.high", "MemoryHigh", tell_number},
        {{CGROUP_MEMORY_RESERVATION, CGROUP_MEMORY_LOW, NO_KNOB, NO_KNOB}, 2, "memory.low", "MemoryLow", tell_number},
        {{CGROUP_MEMORY_MIN, NO_KNOB, NO_KNOB, NO_KNOB}, 2, "memory.min", "MemoryMin", tell_number},
        {{CGROUP_MEMORY_SWAP, CGROUP_MEMORY_SWAP_ONLY, NO_KNOB, NO_KNOB}, 2, "memory.swap.max", "MemorySwapMax", tell_number},
        {{CGROUP_CPU_SHARES, CGROUP_CPU_IDLE, CGROUP_CPU_WEIGHT, CGROUP_CPU_WEIGHT_NICE}, 2, "cpu.weight", "CPUWeight", tell_weight},
        {{CGROUP_CPU_QUOTA, CGROUP_CPU_PERIOD, NO_KNOB, NO_KNOB}, 2, "cpu.max", "CPUQuotaPerSecUSec", tell_quota},
        {{CGROUP_CPUSET_CPUS, NO_KNOB, NO_KNOB, NO_KNOB}, 2, "cpuset.cpus", "AllowedCPUs", tell_set},
        {{CGROUP_CPUSET_MEMS, NO_KNOB, NO_KNOB, NO_KNOB}, 2, "cpuset.mems", "AllowedMemoryNodes", tell_set},
        {{CGROUP_PIDS_MAX, NO_KNOB, NO_KNOB, NO_KNOB}, 2, "pids.max", "TasksMax", tell_number},
        {{CGROUP_BLKIO_WEIGHT, CGROUP_IO_WEIGHT, NO_KNOB, NO_KNOB}, 2, "io.weight", "IOWeight", tell_number},
        {{CGROUP_MEMORY_LIMIT, NO_KNOB, NO_KNOB, NO_KNOB}, 1, "memory.limit_in_bytes", "MemoryLimit", tell_number},
        {{CGROUP_CPU_SHARES, CGROUP_CPU_WEIGHT, CGROUP_CPU_WEIGHT_NICE, NO_KNOB}, 1, "cpu.shares", "CPUShares", tell_number},
        {{CGROUP_CPU_QUOTA, CGROUP_CPU_PERIOD, NO_KNOB, NO_KNOB}, 1, "cpu.cfs_quota_us", "CPUQuotaPerSecUSec", tell_quota_v1},
        {{NO_KNOB, NO_KNOB, NO_KNOB, NO_KNOB}, 1, "cpu.cfs_period_us", "CPUQuotaPerSecUSec", tell_quota_v1},
        {{CGROUP_PIDS_MAX, NO_KNOB, NO_KNOB, NO_KNOB}, 1, "pids.max", "TasksMax", tell_number},
        /* clang-format on */
};

/* Whether a limit is in this file. */
static bool is_in(const struct told *row, const struct cgroup_limit *limit)
{
        if (limit->knob == CGROUP_UNIFIED)
                return strcmp(limit->key, row->file) == 0;
        for (size_t i = 0; i < ELEMENTS(row->knobs); i++)
                if (limit->knob == row->knobs[i])
                        return true;
        return false;
}

int unit_limits(struct unit_words *words, const struct cgroup_layout *layout, const char *path, bool own,
                const struct limits *limits, struct ward_err *err)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTS(told); i++) {
                struct telling telling = {.words = words, .path = path, .own = own, .err = err};
                const struct cgroup_limit *limit = NULL;

                for (size_t j = 0; limit == NULL && j < limits->count; j++)
                        if (is_in(&told[i], &limits->limits[j]) && !cgroup_limit_anyway(&limits->limits[j]))
                                limit = &limits->limits[j];
                for (size_t j = 0; limit != NULL && j < layout->count; j++)
                        if ((layout->hierarchies[j].controllers & cgroup_limit_controllers(limit)) != 0)
                                telling.hierarchy = &layout->hierarchies[j];
                if (telling.hierarchy == NULL || telling.hierarchy->version != told[i].version)
                        continue;
                r = told[i].tell(&telling, told[i].file, told[i].property);
                /* Of io.weight and io.bfq.weight a kernel may have the latter alone, which systemd does not know. */
                if (r == -ENOENT)
                        r = 0;
        }
        if (r >= 0 && words->failed)
                return err_oom(err);
        return r < 0 ? err_wrap(err, "tell systemd of the limits") : 0;
}
