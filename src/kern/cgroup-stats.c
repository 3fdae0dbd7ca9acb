/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a group uses. Each figure is a row of the table: where it is in either version, and its unit there. A file is read once for all of
 * its rows, which stand together.
 */
#include "kern/cgroup.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "kern/cgroup-private.h"

#define NSEC_PER_USEC 1000ULL

struct figure {
        enum cgroup_controller controller;
        int version;
        char file[28], key[20]; /* no key: the file is one number, or "max" */
        uint64_t unit;
        size_t offset; /* in struct cgroup_stats */
};

#define AT(field) offsetof(struct cgroup_stats, field)

static const struct figure figures[] = {
        /* clang-format off */
        {CGROUP_CPUACCT, 1, "cpuacct.usage", "", 1, AT(cpu_usage_nsec)},
        {CGROUP_CPUACCT, 1, "cpuacct.usage_user", "", 1, AT(cpu_user_nsec)},
        {CGROUP_CPUACCT, 1, "cpuacct.usage_sys", "", 1, AT(cpu_system_nsec)},
        {CGROUP_CPU, 1, "cpu.stat", "nr_periods", 1, AT(cpu_periods)},
        {CGROUP_CPU, 1, "cpu.stat", "nr_throttled", 1, AT(cpu_throttled_periods)},
        {CGROUP_CPU, 1, "cpu.stat", "throttled_time", 1, AT(cpu_throttled_nsec)},
        {CGROUP_MEMORY, 1, "memory.usage_in_bytes", "", 1, AT(memory_usage_bytes)},
        {CGROUP_MEMORY, 1, "memory.max_usage_in_bytes", "", 1, AT(memory_max_usage_bytes)},
        {CGROUP_MEMORY, 1, "memory.limit_in_bytes", "", 1, AT(memory_limit_bytes)},
        {CGROUP_MEMORY, 1, "memory.failcnt", "", 1, AT(memory_fail_count)},
        {CGROUP_MEMORY, 1, "memory.stat", "total_cache", 1, AT(memory_cache_bytes)},
        {CGROUP_MEMORY, 1, "memory.stat", "total_rss", 1, AT(memory_rss_bytes)},
        {CGROUP_MEMORY, 1, "memory.stat", "total_swap", 1, AT(memory_swap_bytes)},
        {CGROUP_MEMORY, 1, "memory.oom_control", "oom_kill", 1, AT(oom_kills)},
        {CGROUP_PIDS, 1, "pids.current", "", 1, AT(pids_current)},
        {CGROUP_PIDS, 1, "pids.max", "", 1, AT(pids_limit)},
        {CGROUP_PIDS, 1, "pids.peak", "", 1, AT(pids_max_usage)},
        {CGROUP_PIDS, 1, "pids.events", "max", 1, AT(pids_fail_count)},
        /* cpu.stat of v2 is there without the controller; its throttling figures are not. */
        {CGROUP_CONTROLLER_COUNT, 2, "cpu.stat", "usage_usec", NSEC_PER_USEC, AT(cpu_usage_nsec)},
        {CGROUP_CONTROLLER_COUNT, 2, "cpu.stat", "user_usec", NSEC_PER_USEC, AT(cpu_user_nsec)},
        {CGROUP_CONTROLLER_COUNT, 2, "cpu.stat", "system_usec", NSEC_PER_USEC, AT(cpu_system_nsec)},
        {CGROUP_CPU, 2, "cpu.stat", "nr_periods", 1, AT(cpu_periods)},
        {CGROUP_CPU, 2, "cpu.stat", "nr_throttled", 1, AT(cpu_throttled_periods)},
        {CGROUP_CPU, 2, "cpu.stat", "throttled_usec", NSEC_PER_USEC, AT(cpu_throttled_nsec)},
        {CGROUP_MEMORY, 2, "memory.current", "", 1, AT(memory_usage_bytes)},
        {CGROUP_MEMORY, 2, "memory.peak", "", 1, AT(memory_max_usage_bytes)},
        {CGROUP_MEMORY, 2, "memory.max", "", 1, AT(memory_limit_bytes)},
        {CGROUP_MEMORY, 2, "memory.events", "max", 1, AT(memory_fail_count)},
        {CGROUP_MEMORY, 2, "memory.events", "oom_kill", 1, AT(oom_kills)},
        {CGROUP_MEMORY, 2, "memory.events", "oom_group_kill", 1, AT(oom_group_kills)},
        {CGROUP_MEMORY, 2, "memory.stat", "file", 1, AT(memory_cache_bytes)},
        {CGROUP_MEMORY, 2, "memory.stat", "anon", 1, AT(memory_rss_bytes)},
        {CGROUP_MEMORY, 2, "memory.swap.current", "", 1, AT(memory_swap_bytes)},
        {CGROUP_MEMORY, 2, "memory.swap.peak", "", 1, AT(memory_swap_max_usage_bytes)},
        {CGROUP_PIDS, 2, "pids.current", "", 1, AT(pids_current)},
        {CGROUP_PIDS, 2, "pids.max", "", 1, AT(pids_limit)},
        {CGROUP_PIDS, 2, "pids.peak", "", 1, AT(pids_max_usage)},
        {CGROUP_PIDS, 2, "pids.events", "max", 1, AT(pids_fail_count)},
        /* clang-format on */
};

static uint64_t *figure_at(struct cgroup_stats *stats, const struct figure *figure)
{
        return (uint64_t *)((char *)stats + figure->offset);
}

uint64_t cgroup_text_number(const char *text, const char *key)
{
        size_t len = strlen(key);
        char number[24];
        uint64_t value;

        while (len > 0 && !(strncmp(text, key, len) == 0 && text[len] == ' ')) {
                text = strchr(text, '\n');
                if (text == NULL || *++text == '\0')
                        return UINT64_MAX;
        }
        text += len == 0 ? 0 : len + 1;
        len = strcspn(text, " \n");
        if (len >= sizeof(number))
                return UINT64_MAX;
        memcpy(number, text, len);
        number[len] = '\0';
        return number_parse(number, UINT64_MAX, &value) < 0 ? UINT64_MAX : value;
}

/* The hierarchy that a figure is read from on this machine, or NULL. */
static const struct cgroup_hierarchy *figure_hierarchy(const struct cgroup_layout *layout, const struct figure *figure)
{
        const struct cgroup_hierarchy *hierarchy = figure->controller == CGROUP_CONTROLLER_COUNT
                                                           ? cgroup_unified(layout)
                                                           : cgroup_with(layout, figure->controller);

        return hierarchy != NULL && hierarchy->version == figure->version ? hierarchy : NULL;
}

/* Reads the file of @figure into *@text, unless it is the one of @previous, which is there already. NULL: no such file. */
static int figure_read(const struct cgroup_hierarchy *hierarchy, const char *path, const struct figure *figure,
                       const struct figure *previous, char **text, struct ward_err *err)
{
        int r;

        if (previous != NULL && previous->version == figure->version && strcmp(previous->file, figure->file) == 0)
                return 0;
        free(*text);
        *text = NULL;
        r = cgroup_file_read(hierarchy, path, figure->file, text, err);
        /* Not every kernel has every file, and not every group every controller. */
        return r == -ENOENT || r == -EOPNOTSUPP ? 0 : r;
}

/* Whether any hierarchy has the group. */
static bool group_exists(const struct cgroup_layout *layout, const char *path)
{
        for (size_t i = 0; i < layout->count; i++) {
                _cleanup_close_
                int group = cgroup_open(&layout->hierarchies[i], path, NULL, O_PATH);

                if (group >= 0)
                        return true;
        }
        return false;
}

int cgroup_stats_read(const struct cgroup_layout *layout, const char *path, struct cgroup_stats *ret_stats,
                      struct ward_err *err)
{
        const struct figure *previous = NULL;
        _cleanup_free_ char *text = NULL;
        struct cgroup_stats stats;
        int r;

        r = cgroup_path_check_root(path, err);
        if (r < 0)
                return r;
        if (!group_exists(layout, path))
                return err_set(err, -ENOENT, "read what the control group '%s' uses: there is no such group", path);
        memset(&stats, 0xff, sizeof(stats));
        for (const struct figure *figure = figures; figure < figures + ELEMENTS(figures); figure++) {
                const struct cgroup_hierarchy *hierarchy = figure_hierarchy(layout, figure);
                uint64_t *value = figure_at(&stats, figure), number;

                /* In a hybrid layout the figures of v1 stand; cpu.stat of v2 helps out where cpuacct is missing. */
                if (hierarchy == NULL || *value != UINT64_MAX)
                        continue;
                r = figure_read(hierarchy, path, figure, previous, &text, err);
                if (r < 0)
                        return r;
                previous = figure;
                number = text == NULL ? UINT64_MAX : cgroup_text_number(text, figure->key);
                *value = number > UINT64_MAX / figure->unit ? UINT64_MAX : number * figure->unit;
        }
        *ret_stats = stats;
        return 0;
}

int cgroup_cpu_usage(const struct cgroup_layout *layout, const char *path, uint64_t *ret_nsec, struct ward_err *err)
{
        for (const struct figure *figure = figures; figure < figures + ELEMENTS(figures); figure++) {
                const struct cgroup_hierarchy *hierarchy = figure_hierarchy(layout, figure);
                _cleanup_free_ char *text = NULL;
                uint64_t number;
                int r;

                if (figure->offset != AT(cpu_usage_nsec) || hierarchy == NULL)
                        continue;
                r = cgroup_file_read(hierarchy, path, figure->file, &text, err);
                if (r < 0)
                        return r;
                number = cgroup_text_number(text, figure->key);
                if (number == UINT64_MAX)
                        return err_set(err, -EBADMSG, "measure the processor time of '%s': '%s' has no figure", path,
                                       figure->file);
                *ret_nsec = number * figure->unit;
                return 0;
        }
        return err_set(err, -EOPNOTSUPP,
                       "measure processor time: no mounted control group hierarchy counts it (cpuacct, cgroup v2)");
}
