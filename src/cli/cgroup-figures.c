/* SPDX-License-Identifier: Apache-2.0 */
/* ward cgroup stat, events, watch: what a group uses, and what happens to it. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <sys/time.h>

#include "base/json.h"
#include "cli/cgroup.h"
#include "model/limit-values.h"

/* ---- stat ---- */

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
        {"oomKills", "OOM kills", AT(oom_kills), UNIT_NUMBER},
        {"tasks", "tasks", AT(pids_current), UNIT_NUMBER},
        {"tasksLimit", "tasks limit", AT(pids_limit), UNIT_NUMBER},
};

static uint64_t figure(const struct cgroup_stats *stats, size_t index)
{
        return *(const uint64_t *)(const void *)((const char *)stats + figures[index].offset);
}

/* A figure that this layout does not have, or a limit that is none. v1 shows none as the largest number of whole pages. */
static bool is_none(const struct cgroup_stats *stats, size_t index)
{
        uint64_t value = figure(stats, index);

        return value == UINT64_MAX || (figures[index].offset == AT(memory_limit_bytes) && value > INT64_MAX / 2) ||
               (figures[index].offset == AT(pids_limit) && value == 0);
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

static void add_stat_json(struct text *text, const struct group *group, const struct cgroup_stats *stats,
                          const struct cgroup_details *details)
{
        text_puts(text, "{");
        cgroup_add_member(text, "", "group", group->path);
        for (size_t i = 0; i < ELEMENTS(figures); i++)
                if (!is_none(stats, i))
                        text_printf(text, ", \"%s\": %" PRIu64, figures[i].name, figure(stats, i));
        add_pressure_json(text, details);
        text_puts(text, "}");
}

static int add_stat(struct text *text, struct arena *arena, const struct cgroup_stats *stats,
                    const struct cgroup_details *details)
{
        const char *rows[ELEMENTS(figures) + ELEMENTS(pressures) * ELEMENTS(kinds)][2];
        size_t count = 0;

        for (size_t i = 0; i < ELEMENTS(figures); i++) {
                if (is_none(stats, i))
                        continue;
                rows[count][0] = figures[i].title;
                rows[count++][1] = print_figure(arena, figure(stats, i), figures[i].unit);
        }
        for (size_t p = 0; p < ELEMENTS(pressures); p++)
                for (size_t k = 0; k < ELEMENTS(kinds); k++) {
                        const struct cgroup_pressure *of = &pressure(details, p)[k];

                        if (!of->given)
                                continue;
                        rows[count][0] = arena_printf(arena, "%s pressure, %s", pressures[p].name, kinds[k]);
                        rows[count++][1] =
                                arena_printf(arena, "%u.%02u%% of 10 s, %u.%02u%% of 60 s, %u.%02u%% of 300 s",
                                             of->average[0] / 100, of->average[0] % 100, of->average[1] / 100,
                                             of->average[1] % 100, of->average[2] / 100, of->average[2] % 100);
                }
        return cli_table(text, &rows[0][0], count, 2);
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
                        add_stat_json(&text, &targets[i], &stats, &details);
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

/* ---- events ---- */

struct events {
        struct option_list groups;
        unsigned format;
};

static int events(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct events *o = options;
        _cleanup_groups_ struct groups groups = {.arena = NULL};
        _cleanup_(cgroup_watch_done) struct cgroup_watch *watch = NULL;
        _cleanup_text_ struct text text = {0};
        struct cgroup_event event;
        struct group *targets;
        size_t found = 0, shown = 0;
        int r = groups_open(&groups, &cli->arena, err);

        if (r >= 0)
                r = cgroup_targets(&groups, &o->groups, count, operands, true, &targets, &found, err);
        if (o->format == CGROUP_JSON)
                text_printf(&text, "{\"version\": %d, \"events\": [", CGROUP_FORMAT_VERSION);
        for (size_t i = 0; r >= 0 && i < found; i++) {
                const struct cgroup_layout its = group_layout(&groups, &targets[i]);

                cgroup_watch_done(&watch);
                r = cgroup_watch_open(&its, targets[i].path, NULL, 0, &watch, err);
                if (r >= 0 && found > 1 && o->format != CGROUP_JSON)
                        text_printf(&text, "%s%s:\n", i == 0 ? "" : "\n", targets[i].path);
                for (size_t at = 0; r >= 0 && cgroup_watch_counter(watch, at, &event); at++) {
                        if (o->format != CGROUP_JSON) {
                                text_printf(&text, "%s: %s %" PRIu64 "\n", event.file, event.what, event.after);
                                continue;
                        }
                        text_puts(&text, shown++ == 0 ? "\n  {" : ",\n  {");
                        cgroup_add_member(&text, "", "group", targets[i].path);
                        cgroup_add_member(&text, ", ", "file", event.file);
                        cgroup_add_member(&text, ", ", "event", event.what);
                        text_printf(&text, ", \"count\": %" PRIu64 "}", event.after);
                }
        }
        if (r < 0)
                return r;
        if (o->format == CGROUP_JSON)
                text_puts(&text, "\n]}\n");
        return cli_print(&text, err);
}

static const struct option_entry events_entries[] = {
        CGROUP_GROUPS_OPTION(struct events, groups),
        CGROUP_FORMAT_OPTION(struct events, format),
};

const struct cgroup_command cgroup_events_command = {
        .name = "events",
        .command =
                {
                        .name = "ward cgroup events",
                        .operands = "[OPTIONS] GROUP...",
                        .summary = "Show how often it has happened that control groups met their limits, and whether\n"
                                   "they have processes and are frozen.",
                        .entries = events_entries,
                        .count = ELEMENTS(events_entries),
                        .operands_max = UINT_MAX,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct events),
        .run = events,
};

/* ---- watch ---- */

struct watch {
        struct option_list pressures, levels;
        struct spec_i64 timeout_usec;
        uint64_t count;
        unsigned format;
};

static int bad_pressure(const char *value, struct ward_err *err)
{
        (void)err_set(err, -EINVAL, "option '--pressure': '%s' is no threshold", value);
        (void)err_mistake(err, MISTAKE_FORM);
        return err_hint(err, "write RESOURCE:[some|full:]WAITED/WINDOW: memory:some:150ms/1s, io:full:500ms/2s");
}

/* memory:some:150ms/1s */
static int read_pressure(struct arena *arena, const char *value, struct cgroup_trigger *ret_trigger,
                         struct ward_err *err)
{
        static const char *const resources[] = {"cpu", "memory", "io", "irq"};
        char *rest = arena_strdup(arena, value);
        const char *resource = rest == NULL ? NULL : text_next(&rest, ':'), *stall;
        int64_t stall_usec, window_usec;

        if (resource == NULL)
                return err_oom(err);
        for (size_t i = 0; i < ELEMENTS(resources); i++)
                if (strcmp(resource, resources[i]) == 0)
                        ret_trigger->resource = resources[i];
        if (ret_trigger->resource == NULL || rest == NULL)
                return bad_pressure(value, err);
        ret_trigger->full = strncmp(rest, "full:", strlen("full:")) == 0;
        if (ret_trigger->full || strncmp(rest, "some:", strlen("some:")) == 0)
                rest += strlen("some:");
        stall = text_next(&rest, '/');
        if (rest == NULL || !limit_time(stall, 1, &stall_usec) || !limit_time(rest, 1, &window_usec) ||
            stall_usec <= 0 || window_usec < stall_usec)
                return bad_pressure(value, err);
        ret_trigger->stall_usec = (uint64_t)stall_usec;
        ret_trigger->window_usec = (uint64_t)window_usec;
        return 0;
}

static int read_triggers(struct arena *arena, const struct watch *o, struct cgroup_trigger **ret_triggers,
                         struct ward_err *err)
{
        static const char *const levels[] = {"low", "medium", "critical"};
        struct cgroup_trigger *triggers =
                arena_new(arena, struct cgroup_trigger, o->pressures.count + o->levels.count + 1);

        if (triggers == NULL)
                return err_oom(err);
        for (size_t i = 0; i < o->pressures.count; i++) {
                int r = read_pressure(arena, o->pressures.items[i], &triggers[i], err);

                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < o->levels.count; i++) {
                struct cgroup_trigger *trigger = &triggers[o->pressures.count + i];

                for (size_t j = 0; j < ELEMENTS(levels); j++)
                        if (strcmp(levels[j], o->levels.items[i]) == 0)
                                trigger->level = levels[j];
                if (trigger->level == NULL) {
                        (void)err_set(err, -EINVAL, "option '--level': '%s' is no level", o->levels.items[i]);
                        (void)err_mistake(err, MISTAKE_WORD);
                        return err_hint(err, "write low, medium or critical");
                }
        }
        *ret_triggers = triggers;
        return 0;
}

/* One line for each event, which is written at once. */
static int tell(const struct watch *o, const struct group *group, const struct cgroup_event *event,
                struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};
        bool counted = event->before != event->after;
        struct timeval now;

        (void)gettimeofday(&now, NULL);
        text_puts(&text, o->format == CGROUP_JSON ? "{\"time\": \"" : "");
        cli_add_time(&text, (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_usec);
        if (o->format == CGROUP_JSON) {
                cgroup_add_member(&text, "\", ", "group", group->path);
                cgroup_add_member(&text, ", ", "event", event->what);
                if (*event->file != '\0')
                        cgroup_add_member(&text, ", ", "file", event->file);
                if (counted)
                        text_printf(&text, ", \"before\": %" PRIu64 ", \"after\": %" PRIu64, event->before,
                                    event->after);
                text_puts(&text, "}\n");
        } else {
                text_printf(&text, " %s%s%s", event->file, *event->file == '\0' ? "" : ": ", event->what);
                if (counted)
                        text_printf(&text, " %" PRIu64 " -> %" PRIu64, event->before, event->after);
                text_puts(&text, "\n");
        }
        return cli_print(&text, err);
}

static int watch_group(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct watch *o = options;
        _cleanup_groups_ struct groups groups = {.arena = NULL};
        _cleanup_(cgroup_watch_done) struct cgroup_watch *watch = NULL;
        struct cgroup_trigger *triggers = NULL;
        int timeout_msec = o->timeout_usec.given ? (int)(o->timeout_usec.value / 1000) : -1;
        struct cgroup_event event;
        struct group group;
        uint64_t told = 0;
        int r = groups_open(&groups, &cli->arena, err);

        if (r >= 0)
                r = read_triggers(&cli->arena, o, &triggers, err);
        if (r >= 0)
                r = group_read(&groups, operands[0], &group, err);
        if (r >= 0)
                r = group_find(&groups, &group, err);
        if (r >= 0) {
                const struct cgroup_layout its = group_layout(&groups, &group);

                r = cgroup_watch_open(&its, group.path, triggers, o->pressures.count + o->levels.count, &watch, err);
        }
        while (r >= 0 && (o->count == 0 || told < o->count)) {
                r = cgroup_watch_next(watch, timeout_msec, &event, err);
                if (r == 0)
                        return 0;
                if (r > 0) {
                        r = tell(o, &group, &event, err);
                        told++;
                }
        }
        return r < 0 ? r : 0;
}

/* Milliseconds in an int is what a wait can take. */
static int read_timeout(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        struct spec_i64 *timeout = target;

        timeout->given = limit_time(value, 1000000, &timeout->value) && timeout->value <= INT64_C(2000000000) * 1000;
        if (timeout->given)
                return 0;
        (void)err_set(err, -EINVAL, "'%s' is no time", value);
        (void)err_mistake(err, MISTAKE_FORM);
        return err_hint(err, "write seconds, or another unit: 30, 500ms, 2min");
}

static const struct option_entry watch_entries[] = {
        {.name = "pressure",
         .arg = "RESOURCE:[some|full:]WAITED/WINDOW",
         .help = "v2: tell when processes waited so long, like memory:some:150ms/1s",
         OPTION_LIST(struct watch, pressures)},
        {.name = "level",
         .arg = "low|medium|critical",
         .help = "v1: tell when memory is so short",
         OPTION_LIST(struct watch, levels)},
        {.name = "timeout",
         .arg = "TIME",
         .help = "end when nothing has happened for so long",
         OPTION_CALL(struct watch, timeout_usec, read_timeout)},
        {.name = "count",
         .letter = 'n',
         .arg = "N",
         .help = "end after so many events",
         OPTION_NUMBER(struct watch, count, UINT64_MAX)},
        CGROUP_FORMAT_OPTION(struct watch, format),
};

const struct cgroup_command cgroup_watch_command = {
        .name = "watch",
        .command =
                {
                        .name = "ward cgroup watch",
                        .operands = "[OPTIONS] GROUP",
                        .summary = "Tell what happens to a control group, a line for each event: limits that are\n"
                                   "met, OOM kills, the last process gone, pressure above a threshold, until the\n"
                                   "group is removed.",
                        .entries = watch_entries,
                        .count = ELEMENTS(watch_entries),
                        .operands_min = 1,
                        .operands_max = 1,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct watch),
        .run = watch_group,
};
