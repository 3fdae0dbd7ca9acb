/* SPDX-License-Identifier: Apache-2.0 */
/* Limits for what runs already; see limit.h. */
#include "engine/limit-private.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "kern/oom-log.h"
#include "kern/proc.h"

#define ANY_FILE (1u << CGROUP_CONTROLLER_COUNT) /* of v2: one that every group has */

bool limit_add(struct arena *arena, void *array_pointer, size_t *count, size_t size, const void *item)
{
        void **array = array_pointer;

        /* Full at each power of two: then it moves to one of twice its size. */
        if ((*count & (*count - 1)) == 0) {
                void *larger = arena_alloc(arena, *count == 0 ? 1 : *count * 2, size);

                if (larger == NULL)
                        return false;
                if (*count > 0)
                        memcpy(larger, *array, *count * size);
                *array = larger;
        }
        memcpy((char *)*array + *count * size, item, size);
        (*count)++;
        return true;
}

int limit_note(struct limiting *l, struct ward_err *err, const char *format, ...)
{
        char text[512];
        const char *note;
        va_list args;

        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        for (size_t i = 0; i < l->report->note_count; i++)
                if (strcmp(l->report->notes[i], text) == 0)
                        return 0;
        note = arena_strdup(l->arena, text);
        return note != NULL && LIMIT_ADD(l, l->report->notes, l->report->note_count, {note}) ? 0 : err_oom(err);
}

const char *limit_where(const struct limiting *l, size_t hierarchy)
{
        return arena_concat(l->arena, l->layout.hierarchies[hierarchy].mount, l->to[hierarchy]);
}

void limit_recorded_groups(struct limiting *l)
{
        for (size_t i = 0; i < l->layout.count; i++) {
                l->to[i] = NULL;
                for (size_t j = 0; j < l->record.group_count; j++)
                        if (strcmp(l->record.groups[j].hierarchy, l->layout.hierarchies[i].identity) == 0)
                                l->to[i] = l->record.groups[j].path;
        }
}

/* ---- beginning and end ---- */

/* The number of a process and the id of a container are used again: that they are the same is told by when (the first of) its processes began. */
static bool begins_once(const struct target *target)
{
        return target->kind == TARGET_PROCESS || target->kind == TARGET_CONTAINER;
}

/* The record of the target; a process that has ended is known by its number alone: the last one that had it. */
static int find_record(struct limiting *l, struct ward_err *err)
{
        const char *kind = target_kind_names[l->target.kind];
        struct store_limit *all;
        size_t count;
        int r;

        if (l->records < 0)
                return 0;
        r = store_limits_read(l->records, false, l->arena, &all, &count, err);
        for (size_t i = 0; r >= 0 && i < count; i++) {
                bool same = strcmp(all[i].kind, kind) == 0 && strcmp(all[i].name, l->target.name) == 0;

                if (same && begins_once(&l->target) && !l->target.ended)
                        same = all[i].start_ticks == l->target.start_ticks;
                if (!same || (l->known && all[i].start_ticks < l->record.start_ticks))
                        continue;
                l->record = all[i];
                l->known = true;
        }
        return r;
}

static void finish(struct limiting *l)
{
        limit_release(l);
        cgroup_layout_done(&l->layout);
        l->proc = fd_close(l->proc);
        store_limits_close(l->store, l->records);
}

#define _cleanup_limiting_ _cleanup_(finish)

static int begin(struct limiting *l, const char *target, bool write, struct ward_err *err)
{
        int r;

        l->proc = proc_open(err);
        r = l->proc < 0 ? l->proc : cgroup_layout_read(l->arena, &l->layout, err);
        if (r >= 0)
                r = target_find(l->store, &l->layout, l->proc, target, l->arena, &l->target, err);
        if (r < 0)
                return r;
        l->report->kind = target_kind_names[l->target.kind];
        l->report->name = l->target.name;
        l->records = store_limits_open(l->store, write, err);
        if (l->records == -ENOENT && !write)
                return 0;
        if (l->records < 0)
                return l->records;
        r = find_record(l, err);
        if (r >= 0 && !l->known)
                l->record = (struct store_limit){
                        .kind = l->report->kind,
                        .name = l->target.name,
                        .start_ticks = begins_once(&l->target) ? l->target.start_ticks : 0,
                };
        return r;
}

/* ---- setting ---- */

static int check(const struct limiting *l, struct ward_err *err)
{
        const struct engine_limit_options *o = l->options;

        if (o->tree && l->target.kind != TARGET_PROCESS)
                return err_set(err, -EINVAL, "--tree is for a process: %s '%s' has all of its processes in its group",
                               target_kind_names[l->target.kind], l->target.name);
        if (l->target.kind != TARGET_PROCESS)
                return 0;
        if (l->target.ended)
                return err_set(err, -ESRCH, "limit process %d: there is none, or it has ended", l->target.pid);
        if (l->target.pid != 1 || o->force)
                return 0;
        (void)err_set(err, -EPERM, "limit process 1: what holds it can hold the whole machine%s",
                      o->tree ? ", which is its tree" : "");
        return err_hint(err, "name another process; --force does it all the same");
}

/* The controllers that a group is needed for. */
static uint32_t wanted_controllers(const struct limiting *l)
{
        uint32_t wanted = l->limits.controllers;

        for (size_t i = 0; i < l->limits.count; i++)
                if (cgroup_limit_controllers(&l->limits.limits[i]) == 0)
                        wanted |= ANY_FILE;
        if (l->options->resources->device_rule_count > 0)
                wanted |= cgroup_with(&l->layout, CGROUP_DEVICES) != NULL ? 1u << CGROUP_DEVICES : ANY_FILE;
        return wanted;
}

/* Memory that is in use is charged to the group that it was taken in (memory.rst, "Memory Ownership"). */
static int note_memory(struct limiting *l, struct ward_err *err)
{
        if (l->report->moved == 0 || (l->limits.controllers & 1u << CGROUP_MEMORY) == 0)
                return 0;
        return limit_note(l, err,
                          "memory that is in use already stays charged to the group that the processes came from");
}

static int limit_groups(struct limiting *l, struct ward_err *err)
{
        uint32_t wanted = wanted_controllers(l);
        int r = limit_values_check(l, err);

        if (r >= 0 && wanted != 0)
                r = limit_place(l, wanted, err);
        if (r >= 0)
                r = limit_values_save(l, err);
        if (r >= 0)
                r = store_limit_write(l->records, &l->record, err);
        if (r >= 0)
                r = limit_values_set(l, err);
        if (r >= 0)
                r = limit_devices_set(l, l->options->resources, err);
        if (r >= 0 && l->target.kind == TARGET_PROCESS)
                r = limit_move(l, err);
        if (r >= 0 && l->record.scope != NULL)
                r = limit_values_tell(l, l->record.scope, err);
        else if (r >= 0 && l->target.kind == TARGET_UNIT)
                r = limit_values_tell(l, l->target.name, err);
        /* When it is told of some, systemd writes others as it knows them. */
        if (r >= 0 && l->target.kind == TARGET_UNIT)
                r = limit_values_set(l, err);
        return r;
}

static int limit_all(struct limiting *l, struct ward_err *err)
{
        int r = l->target.kind == TARGET_CONTAINER ? limit_container(l, err) : limit_groups(l, err);

        if (r >= 0)
                r = limit_values_report(l, err);
        if (r >= 0)
                r = limit_tasks_set(l, err);
        return r < 0 ? r : note_memory(l, err);
}

/* A row for each limit and setting of the record. */
static int show_rows(struct limiting *l, struct ward_err *err)
{
        int r = limit_values_show(l, err);

        if (r >= 0)
                r = limit_tasks_show(l, err);
        for (size_t i = 0; i < l->record.device_count && r >= 0; i++)
                if (!LIMIT_ADD(l, l->report->rows, l->report->row_count, {"devices", "", "", l->record.devices[i]}))
                        r = err_oom(err);
        return r;
}

/* Systemd removes a scope with its last process, and what its groups have counted goes with it: then the kernel's log is asked. */
static int show_scope(struct limiting *l, struct ward_err *err)
{
        const struct cgroup_hierarchy *unified = cgroup_unified(&l->layout);
        const char *path = unified == NULL ? NULL : l->to[unified - l->layout.hierarchies];
        struct oom_log log;

        if (l->record.scope == NULL || path == NULL || cgroup_there(unified, path) != 0)
                return 0;
        if (oom_log_find(path, 0, 0, l->arena, &log) >= 0)
                return limit_note(l, err,
                                  "the OOM killer ended process %" PRIu64 " (%s), which was at the limit of memory",
                                  log.pid, log.victim);
        if (oom_log_readable())
                return 0;
        return limit_note(
                l, err,
                "what its group has counted went with it, as %s was removed by systemd after its last process; "
                "whether that was ended for want of memory the kernel's log says: sudo journalctl -k. The "
                "group of a process stays that was started in one that is delegated",
                l->record.scope);
}

static int show(struct limiting *l, struct ward_err *err)
{
        int r;

        if (!l->known && l->target.ended) {
                (void)err_set(err, -ESRCH, "show the limits of process %s: there is no such process", l->target.name);
                return err_hint(err, "'pgrep -l NAME' and 'ps' show the numbers of those that run");
        }
        if (!l->known) {
                (void)err_set(err, -ENOENT, "show the limits of %s '%s': 'ward limit' has set none", l->report->kind,
                              l->target.name);
                return err_hint(err, "give some: ward limit --memory 512M --cpus 0.5 %s", l->target.name);
        }
        limit_recorded_groups(l);
        r = show_rows(l, err);
        if (r >= 0)
                r = limit_counts_show(l, err);
        if (r >= 0 && l->target.ended)
                r = limit_note(l, err, "process %s has ended", l->target.name);
        return r < 0 ? r : show_scope(l, err);
}

int engine_limit(struct store *store, const struct engine_limit_options *options, struct arena *arena,
                 struct engine_limit_report *ret_report, struct ward_err *err)
{
        const struct spec_resources *resources = options->resources;
        struct engine_limit_report report = {0};
        _cleanup_limiting_ struct limiting l = {.arena = arena,
                                                .store = store,
                                                .options = options,
                                                .proc = -EBADF,
                                                .records = -EBADF,
                                                .report = &report};
        int r = limits_collect(&l.limits, arena, resources, resources->pids.given, err);
        bool nothing;

        if (r < 0)
                return r;
        nothing = l.limits.count == 0 && resources->device_rule_count == 0 && options->setting_count == 0;
        r = begin(&l, options->target, !nothing, err);
        if (r >= 0)
                r = nothing ? show(&l, err) : check(&l, err);
        if (r >= 0 && !nothing) {
                l.record.tree |= options->tree;
                r = limit_all(&l, err);
                /* A first change that can't be made leaves nothing behind. */
                if (r < 0 && !l.known) {
                        struct engine_limit_report ignored = {0};

                        limit_release(&l);
                        l.report = &ignored;
                        (void)limit_undo(&l, NULL);
                }
        }
        if (r < 0)
                return r;
        *ret_report = report;
        return 0;
}

/* ---- and back ---- */

/* The groups whose limits hold the target now. A process has left those that were made for it. */
static int find_groups(struct limiting *l, struct ward_err *err)
{
        int r;

        if (l->target.kind != TARGET_PROCESS)
                return 0;
        memset(l->to, 0, sizeof(l->to));
        r = cgroup_paths_of(&l->layout, l->proc, l->target.pid, l->arena, l->to, err);
        return r == -ESRCH || r == -ENOENT ? 0 : r;
}

/* What was in force, which is in the rows already, and what is in its place. */
static int report_undone(struct limiting *l, struct ward_err *err)
{
        struct engine_limit_report now = {0}, *report = l->report;
        int r = find_groups(l, err);

        l->report = &now;
        if (r >= 0)
                r = limit_values_show(l, err);
        /* The others of these groups were never the target. */
        if (l->target.kind == TARGET_PROCESS)
                memset(l->to, 0, sizeof(l->to));
        if (r >= 0)
                r = limit_tasks_show(l, err);
        l->report = report;
        for (size_t i = 0; i < report->row_count && r >= 0; i++) {
                struct engine_limit_row *row = &report->rows[i];

                row->before = row->after;
                row->after = NULL;
                for (size_t j = 0; j < now.row_count; j++)
                        if (strcmp(now.rows[j].limit, row->limit) == 0) {
                                row->where = now.rows[j].where;
                                row->after = now.rows[j].after;
                        }
        }
        return r;
}

int engine_limit_undo(struct store *store, const char *target, struct arena *arena,
                      struct engine_limit_report *ret_report, struct ward_err *err)
{
        struct engine_limit_report report = {0};
        _cleanup_limiting_ struct limiting l = {
                .arena = arena, .store = store, .proc = -EBADF, .records = -EBADF, .report = &report};
        int r = begin(&l, target, false, err);

        if (r < 0)
                return r;
        if (!l.known)
                return err_set(err, -ENOENT, "undo the limits of %s '%s': 'ward limit' has set none", report.kind,
                               l.target.name);
        limit_recorded_groups(&l);
        r = l.target.ended ? 0 : show_rows(&l, err);
        if (r >= 0)
                r = limit_undo(&l, err);
        if (r >= 0)
                r = report_undone(&l, err);
        if (r < 0)
                return r;
        *ret_report = report;
        return 0;
}
