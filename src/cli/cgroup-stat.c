/* SPDX-License-Identifier: Apache-2.0 */
/* ward cgroup stat: what a group uses, and for how long it waits. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/json.h"
#include "cli/cgroup.h"

struct stat_options {
        struct option_list groups;
        unsigned format;
};

enum unit { UNIT_NSEC, UNIT_BYTES, UNIT_NUMBER };

#define AT(member) offsetof(struct cgroup_stats, member)

static const struct {
        const char *name; /* in JSON, with its unit */
        const char *title;
        size_t offset;
        enum unit unit;
} figures[] = {
        {"cpuUsageNsec", "cpu usage", AT(cpu_usage_nsec), UNIT_NSEC},
        {"cpuUserNsec", "cpu user", AT(cpu_user_nsec), UNIT_NSEC},
        {"cpuSystemNsec", "cpu system", AT(cpu_system_nsec), UNIT_NSEC},
        {"cpuPeriods", "cpu periods", AT(cpu_periods), UNIT_NUMBER},
        {"cpuThrottledPeriods", "cpu periods throttled", AT(cpu_throttled_periods), UNIT_NUMBER},
        {"cpuThrottledNsec", "cpu time throttled", AT(cpu_throttled_nsec), UNIT_NSEC},
        {"memoryUsageBytes", "memory usage", AT(memory_usage_bytes), UNIT_BYTES},
        {"memoryPeakBytes", "memory peak", AT(memory_max_usage_bytes), UNIT_BYTES},
        {"memoryLimitBytes", "memory limit", AT(memory_limit_bytes), UNIT_BYTES},
        {"memoryLimitHits", "memory limit hits", AT(memory_fail_count), UNIT_NUMBER},
        {"memoryFilesBytes", "memory of files", AT(memory_cache_bytes), UNIT_BYTES},
        {"memoryAnonymousBytes", "memory anonymous", AT(memory_rss_bytes), UNIT_BYTES},
        {"swapUsageBytes", "swap usage", AT(memory_swap_bytes), UNIT_BYTES},
        {"swapPeakBytes", "swap peak", AT(memory_swap_max_usage_bytes), UNIT_BYTES},
        {"oomKills", "OOM kills", AT(oom_kills), UNIT_NUMBER},
        {"oomGroupKills", "OOM kills of all", AT(oom_group_kills), UNIT_NUMBER},
        {"tasks", "tasks", AT(pids_current), UNIT_NUMBER},
        {"tasksPeak", "tasks peak", AT(pids_max_usage), UNIT_NUMBER},
        {"tasksLimit", "tasks limit", AT(pids_limit), UNIT_NUMBER},
        {"tasksLimitHits", "tasks limit hits", AT(pids_fail_count), UNIT_NUMBER},
};

static uint64_t figure(const struct cgroup_stats *stats, size_t index)
{
        return *(const uint64_t *)(const void *)((const char *)stats + figures[index].offset);
}

/* A figure that this layout does not have, or a limit that is none. v1 shows none as the largest number of whole pages. */
static bool is_none(const struct cgroup_stats *stats, size_t index)
{
        uint64_t value = figure(stats, index);

        return value == UINT64_MAX || (figures[index].offset == AT(memory_limit_bytes) && value > INT64_MAX / 2);
}

static const char *print_figure(struct arena *arena, uint64_t value, enum unit unit)
{
        static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
        double bytes = (double)value;
        size_t at = 0;

        if (unit == UNIT_NUMBER)
                return arena_printf(arena, "%" PRIu64, value);
        if (unit == UNIT_NSEC)
                return arena_printf(arena, "%" PRIu64 ".%03u s", value / 1000000000,
                                    (unsigned)(value % 1000000000 / 1000000));
        for (; bytes >= 1024 && at + 1 < ELEMENTS(units); at++)
                bytes /= 1024;
        return at == 0 ? arena_printf(arena, "%" PRIu64 " B", value) : arena_printf(arena, "%.1f %s", bytes, units[at]);
}

static const struct {
        const char *name;
        size_t offset;
} pressures[] = {
        {"cpu", offsetof(struct cgroup_details, cpu_pressure)},
        {"memory", offsetof(struct cgroup_details, memory_pressure)},
        {"io", offsetof(struct cgroup_details, io_pressure)},
};
static const char *const kinds[] = {"some", "full"};

static const struct cgroup_pressure *pressure(const struct cgroup_details *details, size_t index)
{
        return (const struct cgroup_pressure *)(const void *)((const char *)details + pressures[index].offset);
}

/* What is read and written of a disk. */
struct disk {
        uint32_t major, minor;
        uint64_t bytes[2], requests[2];
};

static const char *const directions[] = {"Read", "Write"};

/* The disks that something was counted of, each once. */
static int find_disks(struct arena *arena, const struct cgroup_details *details, struct disk **ret_disks,
                      size_t *ret_count)
{
        const struct cgroup_io_list *lists = details->io;
        struct disk *disks =
                arena_new(arena, struct disk, lists[CGROUP_IO_BYTES].count + lists[CGROUP_IO_SERVICED].count + 1);
        size_t count = 0;

        if (disks == NULL)
                return -ENOMEM;
        for (enum cgroup_io_kind kind = CGROUP_IO_BYTES; kind <= CGROUP_IO_SERVICED; kind++)
                for (const struct cgroup_io *io = lists[kind].ios; io < lists[kind].ios + lists[kind].count; io++) {
                        struct disk *disk = disks;

                        while (disk < disks + count && (disk->major != io->major || disk->minor != io->minor))
                                disk++;
                        if (disk == disks + count)
                                disks[count++] = (struct disk){.major = io->major, .minor = io->minor};
                        for (size_t d = 0; d < ELEMENTS(directions); d++)
                                if (strcmp(io->op, directions[d]) == 0)
                                        (kind == CGROUP_IO_BYTES ? disk->bytes : disk->requests)[d] = io->value;
                }
        *ret_disks = disks;
        *ret_count = count;
        return 0;
}

/* ---- as JSON ---- */

/* One of the lists that follow the figures: its first item has its name in front. */
static void add_item(struct text *text, const char *list, size_t index)
{
        if (index == 0)
                text_printf(text, ", \"%s\": [{", list);
        else
                text_puts(text, ", {");
}

static int add_lists_json(struct text *text, struct arena *arena, const struct cgroup_details *details)
{
        struct disk *disks;
        size_t count;

        if (find_disks(arena, details, &disks, &count) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < count; i++) {
                add_item(text, "io", i);
                text_printf(text,
                            "\"device\": \"%u:%u\", \"readBytes\": %" PRIu64 ", \"writtenBytes\": %" PRIu64
                            ", \"readRequests\": %" PRIu64 ", \"writtenRequests\": %" PRIu64 "}%s",
                            disks[i].major, disks[i].minor, disks[i].bytes[0], disks[i].bytes[1], disks[i].requests[0],
                            disks[i].requests[1], i + 1 == count ? "]" : "");
        }
        for (size_t i = 0; i < details->hugetlb_count; i++) {
                const struct cgroup_hugetlb *pages = &details->hugetlb[i];

                add_item(text, "hugetlb", i);
                cgroup_add_member(text, "", "size", pages->size);
                if (pages->usage != UINT64_MAX)
                        text_printf(text, ", \"usageBytes\": %" PRIu64, pages->usage);
                if (pages->max != UINT64_MAX)
                        text_printf(text, ", \"peakBytes\": %" PRIu64, pages->max);
                if (pages->fail_count != UINT64_MAX)
                        text_printf(text, ", \"limitHits\": %" PRIu64, pages->fail_count);
                text_puts(text, i + 1 == details->hugetlb_count ? "}]" : "}");
        }
        for (size_t i = 0; i < details->rdma_current.count; i++) {
                const struct cgroup_rdma *rdma = &details->rdma_current.devices[i];

                add_item(text, "rdma", i);
                cgroup_add_member(text, "", "device", rdma->device);
                text_printf(text, ", \"handles\": %u, \"objects\": %u}%s", rdma->handles, rdma->objects,
                            i + 1 == details->rdma_current.count ? "]" : "");
        }
        return 0;
}

static void add_pressure_json(struct text *text, const struct cgroup_details *details)
{
        const char *gap = ", \"pressure\": {";

        for (size_t p = 0; p < ELEMENTS(pressures); p++)
                for (size_t k = 0; k < ELEMENTS(kinds); k++) {
                        const struct cgroup_pressure *figures_of = &pressure(details, p)[k];

                        if (!figures_of->given)
                                continue;
                        text_printf(text,
                                    "%s\"%s.%s\": {\"avg10\": %u.%02u, \"avg60\": %u.%02u, \"avg300\": %u.%02u, "
                                    "\"totalUsec\": %" PRIu64 "}",
                                    gap, pressures[p].name, kinds[k], figures_of->average[0] / 100,
                                    figures_of->average[0] % 100, figures_of->average[1] / 100,
                                    figures_of->average[1] % 100, figures_of->average[2] / 100,
                                    figures_of->average[2] % 100, figures_of->total_usec);
                        gap = ", ";
                }
        if (*gap != '\0' && gap[2] == '\0')
                text_puts(text, "}");
}

static int add_stat_json(struct text *text, struct arena *arena, const struct group *group,
                         const struct cgroup_stats *stats, const struct cgroup_details *details)
{
        text_puts(text, "{");
        cgroup_add_member(text, "", "group", group->path);
        for (size_t i = 0; i < ELEMENTS(figures); i++)
                if (!is_none(stats, i))
                        text_printf(text, ", \"%s\": %" PRIu64, figures[i].name, figure(stats, i));
        if (add_lists_json(text, arena, details) < 0)
                return -ENOMEM;
        add_pressure_json(text, details);
        text_puts(text, "}");
        return 0;
}

/* ---- as a table ---- */

struct rows {
        struct arena *arena;
        const char *(*rows)[2];
        size_t count;
};

/* Takes NULL for want of memory, which is seen at the end. */
static void add_row(struct rows *rows, const char *title, const char *value)
{
        rows->rows[rows->count][0] = title;
        rows->rows[rows->count++][1] = value;
}

static void add_lists(struct rows *rows, const struct cgroup_details *details, const struct disk *disks, size_t count)
{
        struct arena *arena = rows->arena;

        for (size_t i = 0; i < count; i++)
                add_row(rows, arena_printf(arena, "disk %u:%u", disks[i].major, disks[i].minor),
                        arena_printf(arena, "read %s in %" PRIu64 " requests, written %s in %" PRIu64,
                                     print_figure(arena, disks[i].bytes[0], UNIT_BYTES), disks[i].requests[0],
                                     print_figure(arena, disks[i].bytes[1], UNIT_BYTES), disks[i].requests[1]));
        for (size_t i = 0; i < details->hugetlb_count; i++)
                if (details->hugetlb[i].usage != UINT64_MAX)
                        add_row(rows, arena_printf(arena, "huge pages of %s", details->hugetlb[i].size),
                                print_figure(arena, details->hugetlb[i].usage, UNIT_BYTES));
        for (size_t i = 0; i < details->rdma_current.count; i++) {
                const struct cgroup_rdma *rdma = &details->rdma_current.devices[i];

                add_row(rows, arena_printf(arena, "RDMA %s", rdma->device),
                        arena_printf(arena, "%u handles, %u objects", rdma->handles, rdma->objects));
        }
}

static int add_stat(struct text *text, struct arena *arena, const struct cgroup_stats *stats,
                    const struct cgroup_details *details)
{
        struct rows rows = {.arena = arena};
        struct disk *disks;
        size_t count;

        if (find_disks(arena, details, &disks, &count) < 0)
                return -ENOMEM;
        rows.rows = arena_alloc(arena,
                                ELEMENTS(figures) + count + details->hugetlb_count + details->rdma_current.count +
                                        ELEMENTS(pressures) * ELEMENTS(kinds),
                                sizeof(*rows.rows));
        if (rows.rows == NULL)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTS(figures); i++)
                if (!is_none(stats, i))
                        add_row(&rows, figures[i].title, print_figure(arena, figure(stats, i), figures[i].unit));
        add_lists(&rows, details, disks, count);
        for (size_t p = 0; p < ELEMENTS(pressures); p++)
                for (size_t k = 0; k < ELEMENTS(kinds); k++) {
                        const struct cgroup_pressure *of = &pressure(details, p)[k];

                        if (!of->given)
                                continue;
                        add_row(&rows, arena_printf(arena, "%s pressure, %s", pressures[p].name, kinds[k]),
                                arena_printf(arena, "%u.%02u%% of 10 s, %u.%02u%% of 60 s, %u.%02u%% of 300 s",
                                             of->average[0] / 100, of->average[0] % 100, of->average[1] / 100,
                                             of->average[1] % 100, of->average[2] / 100, of->average[2] % 100));
                }
        for (size_t i = 0; i < rows.count; i++)
                if (rows.rows[i][0] == NULL || rows.rows[i][1] == NULL)
                        return -ENOMEM;
        return cli_table(text, &rows.rows[0][0], rows.count, 2);
}

static int stat_groups(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct stat_options *o = options;
        _cleanup_groups_ struct groups groups = {.arena = NULL};
        _cleanup_text_ struct text text = {0};
        struct group *targets;
        size_t found = 0;
        int r = groups_open(&groups, &cli->arena, err);

        if (r >= 0)
                r = cgroup_targets(&groups, &o->groups, count, operands, true, &targets, &found, err);
        if (o->format == CGROUP_JSON)
                text_printf(&text, "{\"version\": %d, \"groups\": [", CGROUP_FORMAT_VERSION);
        for (size_t i = 0; r >= 0 && i < found; i++) {
                const struct cgroup_layout its = group_layout(&groups, &targets[i]);
                struct cgroup_details details;
                struct cgroup_stats stats;

                r = cgroup_stats_read(&its, targets[i].path, &stats, err);
                if (r >= 0)
                        r = cgroup_details_read(&its, targets[i].path, &cli->arena, &details, err);
                if (r < 0)
                        return r;
                if (o->format == CGROUP_JSON) {
                        text_puts(&text, i == 0 ? "\n  " : ",\n  ");
                        if (add_stat_json(&text, &cli->arena, &targets[i], &stats, &details) < 0)
                                return err_oom(err);
                        continue;
                }
                if (found > 1)
                        text_printf(&text, "%s%s:\n", i == 0 ? "" : "\n", targets[i].path);
                if (add_stat(&text, &cli->arena, &stats, &details) < 0)
                        return err_oom(err);
        }
        if (r < 0)
                return r;
        if (o->format == CGROUP_JSON)
                text_puts(&text, "\n]}\n");
        return cli_print(&text, err);
}

static const struct option_entry stat_entries[] = {
        CGROUP_GROUPS_OPTION(struct stat_options, groups),
        CGROUP_FORMAT_OPTION(struct stat_options, format),
};

const struct cgroup_command cgroup_stat_command = {
        .name = "stat",
        .command =
                {
                        .name = "ward cgroup stat",
                        .operands = "[OPTIONS] GROUP...",
                        .summary = "Show what control groups use, and for which part of the time they wait.",
                        .entries = stat_entries,
                        .count = ELEMENTS(stat_entries),
                        .operands_max = UINT_MAX,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct stat_options),
        .run = stat_groups,
};
