/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of groups: saved before they are changed, written, read back, judged, and restored. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "engine/limit-private.h"

/* What v1 shows of a memory limit that is none: the largest number of whole pages. */
#define V1_UNLIMITED "9223372036854771712"

/* The hierarchy of a limit, as an index of the layout; -1: none has it. */
static int hierarchy_of(const struct limiting *l, const struct cgroup_limit *limit)
{
        const struct cgroup_hierarchy *h = cgroup_limit_hierarchy(&l->layout, limit);

        return h == NULL ? -1 : (int)(h - l->layout.hierarchies);
}

static bool is_saved(const struct limiting *l, const char *hierarchy, const struct cgroup_saved *saved)
{
        for (size_t i = 0; i < l->record.value_count; i++) {
                const struct store_limit_value *value = &l->record.values[i];

                if (strcmp(value->hierarchy, hierarchy) == 0 && strcmp(value->file, saved->file) == 0 &&
                    strcmp(value->slot, saved->slot) == 0)
                        return true;
        }
        return false;
}

int limit_values_save(struct limiting *l, struct ward_err *err)
{
        for (size_t i = 0; i < l->limits.count; i++) {
                int at = hierarchy_of(l, &l->limits.limits[i]), r;
                struct cgroup_saved saved[CGROUP_SAVED_MAX];
                size_t count = 0;

                if (at < 0 || l->to[at] == NULL)
                        continue;
                r = cgroup_save(&l->layout.hierarchies[at], l->to[at], &l->limits.limits[i], l->arena, saved, &count,
                                err);
                for (size_t j = 0; j < count && r >= 0; j++) {
                        const char *hierarchy = l->layout.hierarchies[at].identity;

                        if (!is_saved(l, hierarchy, &saved[j]) &&
                            !LIMIT_ADD(l, l->record.values, l->record.value_count,
                                       {hierarchy, saved[j].file, saved[j].slot, saved[j].text}))
                                r = err_oom(err);
                }
                if (r < 0)
                        return r;
        }
        return 0;
}

/* The limits of one hierarchy; with @at -1 those that none has, which cgroup_set() says why. */
static int set_hierarchy(const struct limiting *l, int at, struct ward_err *err)
{
        const struct cgroup_layout none = {.count = 0};
        struct cgroup_limit *limits = arena_new(l->arena, struct cgroup_limit, l->limits.count + 1);
        size_t *index = arena_new(l->arena, size_t, l->limits.count + 1), count = 0, failed = 0;
        char where[256];
        int r;

        if (limits == NULL || index == NULL)
                return err_oom(err);
        for (size_t i = 0; i < l->limits.count; i++) {
                if (hierarchy_of(l, &l->limits.limits[i]) != at)
                        continue;
                index[count] = i;
                limits[count++] = l->limits.limits[i];
        }
        if (count == 0)
                return 0;
        if (at < 0) {
                r = cgroup_set(&none, "/none", limits, count, &failed, err);
        } else {
                const struct cgroup_layout alone = cgroup_alone(&l->layout.hierarchies[at]);

                r = cgroup_set(&alone, l->to[at], limits, count, &failed, err);
        }
        if (r < 0)
                (void)err_wrap(err, "%s",
                               spec_origin_text(&l->limits.origins[index[failed]], NULL, where, sizeof(where)));
        return r;
}

int limit_values_check(const struct limiting *l, struct ward_err *err)
{
        return set_hierarchy(l, -1, err);
}

int limit_values_set(struct limiting *l, struct ward_err *err)
{
        int r = 0;

        for (size_t i = 0; i < l->layout.count && r >= 0; i++)
                if (l->to[i] != NULL)
                        r = set_hierarchy(l, (int)i, err);
        return r;
}

/* ---- what became of it ---- */

/* A number of a file; a word for none is the largest. */
static uint64_t number_of(const char *text)
{
        uint64_t number;
        char digits[32];

        (void)snprintf(digits, sizeof(digits), "%.*s", (int)strspn(text, "0123456789"), text);
        return strcmp(text, V1_UNLIMITED) == 0 || number_parse(digits, UINT64_MAX, &number) < 0 ? UINT64_MAX : number;
}

/* Whether a group above may hold less: a limit that holds all that is below it, too. */
static bool is_inherited(enum cgroup_knob knob)
{
        return knob == CGROUP_MEMORY_LIMIT || knob == CGROUP_MEMORY_HIGH || knob == CGROUP_PIDS_MAX ||
               knob == CGROUP_MEMORY_SWAP || knob == CGROUP_MEMORY_SWAP_ONLY;
}

static bool is_bytes(enum cgroup_knob knob)
{
        return knob == CGROUP_MEMORY_LIMIT || knob == CGROUP_MEMORY_RESERVATION || knob == CGROUP_MEMORY_HIGH ||
               knob == CGROUP_MEMORY_LOW || knob == CGROUP_MEMORY_MIN;
}

/* "the group '/a' above holds it to 1048576"; NULL: none does. */
static const char *held_by(const struct limiting *l, const struct cgroup_hierarchy *h, const char *path,
                           const struct cgroup_limit *limit, uint64_t own)
{
        char *above = arena_strdup(l->arena, path);

        while (above != NULL) {
                char *slash = strrchr(above, '/');
                const char *text;

                if (slash == NULL || slash == above)
                        return NULL;
                *slash = '\0';
                if (cgroup_get(h, above, limit->knob, limit, l->arena, &text, NULL) >= 0 && number_of(text) < own)
                        return arena_printf(l->arena, "void: the group '%s' above has %s", above, text);
        }
        return NULL;
}

/* A list of processors or nodes that the groups above cut down. */
static const char *cut_down(const struct limiting *l, const struct cgroup_hierarchy *h, const char *path,
                            const struct cgroup_limit *limit, const char *after)
{
        bool cpus = limit->knob == CGROUP_CPUSET_CPUS;
        const char *file = h->version == 2 ? cpus ? "cpuset.cpus.effective" : "cpuset.mems.effective"
                           : cpus          ? "cpuset.effective_cpus"
                                           : "cpuset.effective_mems";
        char *text = NULL;
        const char *note = NULL;

        if (cgroup_file_read(h, path, file, &text, NULL) >= 0) {
                text[strcspn(text, "\n")] = '\0';
                if (strcmp(text, after) != 0)
                        note = arena_printf(l->arena, "in force: %s, what the groups above leave of it", text);
        }
        free(text);
        return note;
}

static const char *judge(const struct limiting *l, const struct cgroup_hierarchy *h, const char *path,
                         const struct cgroup_limit *limit, const char *after)
{
        uint64_t own = number_of(after);

        if (limit->knob == CGROUP_CPUSET_CPUS || limit->knob == CGROUP_CPUSET_MEMS)
                return cut_down(l, h, path, limit, after);
        if (is_inherited(limit->knob) && own != UINT64_MAX) {
                const char *held = held_by(l, h, path, limit, own);

                if (held != NULL)
                        return held;
        }
        if (is_bytes(limit->knob) && limit->value >= 0 && own != (uint64_t)limit->value)
                return arena_printf(l->arena, "the kernel made it so of %" PRId64, limit->value);
        return NULL;
}

static const char *readable(const char *text)
{
        return text != NULL && strcmp(text, V1_UNLIMITED) == 0 ? "max" : text;
}

/* The file with what says which part of it is meant. */
static const char *label_of(const struct limiting *l, const char *file, const char *slot)
{
        size_t len = strcspn(slot, "=");

        return *slot == '\0' ? file : arena_printf(l->arena, "%s %.*s", file, (int)len, slot);
}

/* The text that a slot has, without what only says which slot it is: "8:0 rbps=1048576" is 1048576. */
static const char *value_of(const char *slot, const char *text)
{
        size_t len = strlen(slot);

        if (len == 0 || strncmp(text, slot, len) != 0)
                return text;
        return text + len + (text[len] == ' ');
}

/* How the slot of a limit is now, by the same words as before. */
static const char *now_of(const struct limiting *l, size_t at, const struct cgroup_limit *limit,
                          const struct store_limit_value *value)
{
        struct cgroup_saved saved[CGROUP_SAVED_MAX];
        size_t count = 0;

        if (cgroup_save(&l->layout.hierarchies[at], l->to[at], limit, l->arena, saved, &count, NULL) < 0)
                return NULL;
        for (size_t i = 0; i < count; i++)
                if (strcmp(saved[i].file, value->file) == 0 && strcmp(saved[i].slot, value->slot) == 0)
                        return value_of(saved[i].slot, saved[i].text);
        return NULL;
}

static int report_limit(struct limiting *l, const struct cgroup_limit *limit, struct ward_err *err)
{
        int at = hierarchy_of(l, limit);
        const struct cgroup_hierarchy *h = at < 0 ? NULL : &l->layout.hierarchies[at];
        struct cgroup_saved saved[CGROUP_SAVED_MAX];
        size_t count = 0;

        if (h == NULL || l->to[at] == NULL || cgroup_save(h, l->to[at], limit, l->arena, saved, &count, NULL) < 0)
                return 0;
        for (size_t i = 0; i < count; i++) {
                const struct store_limit_value *before = NULL;
                const char *label, *after;

                for (size_t j = 0; j < l->record.value_count && before == NULL; j++)
                        if (strcmp(l->record.values[j].hierarchy, h->identity) == 0 &&
                            strcmp(l->record.values[j].file, saved[i].file) == 0 &&
                            strcmp(l->record.values[j].slot, saved[i].slot) == 0)
                                before = &l->record.values[j];
                if (before == NULL)
                        continue;
                label = label_of(l, saved[i].file, saved[i].slot);
                after = now_of(l, (size_t)at, limit, before);
                if (label == NULL || after == NULL)
                        continue;
                /* Two limits can be one line: a quota and its period. */
                for (size_t j = 0; j < l->report->row_count && label != NULL; j++)
                        if (strcmp(l->report->rows[j].limit, label) == 0)
                                label = NULL;
                if (label != NULL &&
                    !LIMIT_ADD(l, l->report->rows, l->report->row_count,
                               {label, limit_where(l, (size_t)at), readable(value_of(before->slot, before->text)),
                                readable(after), judge(l, h, l->to[at], limit, after)}))
                        return err_oom(err);
        }
        return 0;
}

int limit_values_report(struct limiting *l, struct ward_err *err)
{
        int r = 0;

        for (size_t i = 0; i < l->limits.count && r >= 0; i++)
                r = report_limit(l, &l->limits.limits[i], err);
        return r;
}

/* ---- and back ---- */

int limit_values_restore(const struct limiting *l, struct ward_err *err)
{
        for (size_t i = 0; i < l->layout.count; i++) {
                const struct cgroup_hierarchy *h = &l->layout.hierarchies[i];
                struct cgroup_saved *saved = arena_new(l->arena, struct cgroup_saved, l->record.value_count + 1);
                size_t count = 0;
                int r;

                if (saved == NULL)
                        return err_oom(err);
                for (size_t j = 0; j < l->record.value_count && l->to[i] != NULL; j++) {
                        const struct store_limit_value *value = &l->record.values[j];

                        if (strcmp(value->hierarchy, h->identity) == 0 && strcmp(value->file, LIMIT_DEVICES_LIST) != 0)
                                saved[count++] = (struct cgroup_saved){value->file, value->slot, value->text};
                }
                r = count == 0 ? 0 : cgroup_restore(h, l->to[i], saved, count, err);
                /* The group is gone, and its limits with it. */
                if (r < 0 && r != -ENOENT)
                        return r;
        }
        return 0;
}

int limit_values_tell(struct limiting *l, const char *unit, struct ward_err *err)
{
        struct unit_words words = {.arena = l->arena};
        int r = 0;

        for (size_t i = 0; i < l->record.value_count && r >= 0; i++) {
                const struct store_limit_value *value = &l->record.values[i];
                const struct cgroup_limit limit = {.knob = CGROUP_UNIFIED, .key = value->file};
                const struct limits one = {&limit, NULL, 1, 1, cgroup_limit_controllers(&limit)};
                size_t before = words.count;

                /* Systemd's own rules are beside ward's on v2, and none of its business on v1. */
                if (strcmp(value->file, LIMIT_DEVICES_LIST) == 0)
                        continue;
                for (size_t at = 0; at < l->layout.count && r >= 0; at++) {
                        const struct cgroup_layout alone = cgroup_alone(&l->layout.hierarchies[at]);

                        if (l->to[at] != NULL && strcmp(l->layout.hierarchies[at].identity, value->hierarchy) == 0)
                                r = unit_limits(&words, &alone, l->to[at], l->record.scope == NULL, &one, err);
                }
                /* What is below a scope of ward's own is left alone anyway, and what is undone (there are no options then) may be taken away. */
                if (r >= 0 && words.count == before && l->record.scope == NULL && l->options != NULL)
                        r = limit_note(
                                l, err,
                                "%s: systemd has no property for it here, and may take it away at a daemon-reload",
                                value->file);
        }
        if (r < 0 || words.count == 0)
                return r;
        r = unit_set(unit, geteuid() != 0, &words, err);
        if (r < 0 && err != NULL) {
                struct ward_err told = *err;

                r = limit_note(l, err, "systemd was not told, and may take the limits away at a daemon-reload: %s",
                               told.message);
        }
        return r;
}

/* ---- what is in force, and how often it was reached ---- */

static int show_value(struct limiting *l, size_t at, const struct store_limit_value *value, struct ward_err *err)
{
        const char *now = NULL, *label = label_of(l, value->file, value->slot);
        char *text = NULL;

        if (cgroup_file_read(&l->layout.hierarchies[at], l->to[at], value->file, &text, NULL) >= 0) {
                const char *line = text, *found;
                size_t device = strcspn(value->slot, " ");

                while (*value->slot != '\0' && line != NULL &&
                       (strncmp(line, value->slot, device) != 0 || line[device] != ' ')) {
                        line = strchr(line, '\n');
                        line = line == NULL || line[1] == '\0' ? NULL : line + 1;
                }
                if (line != NULL && *value->slot != '\0') {
                        found = value->slot[device] == ' ' ? strstr(line, value->slot + device + 1) : line + device + 1;
                        if (found != NULL && value->slot[device] == ' ')
                                found += strlen(value->slot + device + 1);
                        now = found == NULL ? NULL
                                            : arena_strndup(l->arena, found,
                                                            strcspn(found, value->slot[device] == ' ' ? " \n" : "\n"));
                } else if (line != NULL) {
                        now = arena_strndup(l->arena, line, strcspn(line, "\n"));
                }
        }
        free(text);
        if (label == NULL ||
            !LIMIT_ADD(l, l->report->rows, l->report->row_count,
                       {label, limit_where(l, at), readable(value_of(value->slot, value->text)), readable(now)}))
                return err_oom(err);
        return 0;
}

struct counted {
        enum cgroup_controller controller;
        int version; /* 0: either */
        const char *file, *key;
        const char *before, *behind; /* the number, in a sentence */
};

/* The number behind the key goes up when the limit is reached. */
static int show_count(struct limiting *l, size_t at, const struct counted *counted, struct ward_err *err)
{
        char *text = NULL;
        uint64_t number = 0;

        if (cgroup_file_read(&l->layout.hierarchies[at], l->to[at], counted->file, &text, NULL) < 0)
                return 0;
        for (const char *line = text; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n')
                if (strncmp(line, counted->key, strlen(counted->key)) == 0)
                        number = number_of(line + strlen(counted->key));
        free(text);
        if (number == 0 || number == UINT64_MAX)
                return 0;
        return limit_note(l, err, "%s%" PRIu64 "%s", counted->before, number, counted->behind);
}

int limit_values_show(struct limiting *l, struct ward_err *err)
{
        int r = 0;

        for (size_t i = 0; i < l->layout.count && r >= 0; i++)
                for (size_t j = 0; j < l->record.value_count && r >= 0 && l->to[i] != NULL; j++)
                        if (strcmp(l->record.values[j].hierarchy, l->layout.hierarchies[i].identity) == 0 &&
                            strcmp(l->record.values[j].file, LIMIT_DEVICES_LIST) != 0)
                                r = show_value(l, i, &l->record.values[j], err);
        return r;
}

int limit_counts_show(struct limiting *l, struct ward_err *err)
{
        static const char oom[] = "the OOM killer ended ",
                          oom_behind[] = " of its processes, which were at the limit of memory";
        static const struct counted counts[] = {
                {CGROUP_MEMORY, 1, "memory.oom_control", "oom_kill ", oom, oom_behind},
                {CGROUP_MEMORY, 2, "memory.events", "oom_kill ", oom, oom_behind},
                {CGROUP_MEMORY, 2, "memory.events", "high ", "at memory.high its processes were held back ", " times"},
                {CGROUP_PIDS, 0, "pids.events", "max ", "at the limit of processes it could not make another one ",
                 " times"},
                {CGROUP_CPU, 0, "cpu.stat", "nr_throttled ", "at the limit of processor time it was held back in ",
                 " periods"},
        };
        int r = 0;

        for (size_t i = 0; i < l->layout.count && r >= 0; i++) {
                const struct cgroup_hierarchy *h = &l->layout.hierarchies[i];

                for (size_t j = 0; j < ELEMENTS(counts) && r >= 0 && l->to[i] != NULL; j++)
                        if ((h->controllers & 1u << counts[j].controller) != 0 &&
                            (counts[j].version == 0 || counts[j].version == h->version))
                                r = show_count(l, i, &counts[j], err);
        }
        return r;
}
