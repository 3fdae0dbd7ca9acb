/* SPDX-License-Identifier: Apache-2.0 */
/* ward cgroup events, watch: what happens to a group. */
#include <inttypes.h>
#include <string.h>
#include <sys/time.h>

#include "base/json.h"
#include "cli/cgroup.h"
#include "model/limit-values.h"

/* ---- events ---- */

struct events {
        struct option_list groups;
        unsigned format;
};

/* Where v1 freezes, the group of v2 beside it does not know (kern/cgroup.h, cgroup_frozen()). */
static int tell_frozen(const struct cgroup_layout *layout, const char *path, struct cgroup_event *event,
                       struct ward_err *err)
{
        bool frozen;
        int r = strcmp(event->what, "frozen") == 0 ? cgroup_frozen(layout, path, &frozen, err) : -ENODATA;

        if (r < 0 || frozen == (event->after != 0))
                return r == -ENODATA ? 0 : r;
        event->file = "freezer.state";
        event->after = frozen;
        return 0;
}

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
                        r = tell_frozen(&its, targets[i].path, &event, err);
                        if (r < 0)
                                break;
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
