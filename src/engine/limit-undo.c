/* SPDX-License-Identifier: Apache-2.0 */
/* Back to how it was before the first change: values, settings, processes to the groups that they came from; and the records of what is gone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/limit-private.h"
#include "kern/proc.h"

#define REMOVE_TIMEOUT_MSEC 30000 /* for those who are on their way out */

/* ---- where they came from ---- */

struct way {
        const struct limiting *l;
        const struct cgroup_hierarchy *h;
        const struct store_limit_group *group;
};

static bool is_there(const struct cgroup_hierarchy *h, const char *path)
{
        /* A small file that every group has. */
        const char *file = h->version == 2 ? "cgroup.controllers" : "notify_on_release";
        char *text = NULL;
        bool there = strcmp(path, "/") == 0 || cgroup_file_read(h, path, file, &text, NULL) >= 0;

        free(text);
        return there;
}

/* The group that processes stepped aside into, beside the one that was made; NULL: none did. */
static const char *beside(const struct way *way)
{
        char *parent = arena_strdup(way->l->arena, way->group->path),
             *slash = parent == NULL ? NULL : strrchr(parent, '/');
        const char *path;

        if (slash == NULL || way->h->version != 2)
                return NULL;
        *slash = '\0';
        path = arena_concat(way->l->arena, parent, "/" CGROUP_CALLERS);
        return path != NULL && is_there(way->h, path) ? path : NULL;
}

static const char *where_to(void *data, pid_t pid, uint64_t start_ticks)
{
        const struct way *way = data;
        const char *from = way->group->from, *aside;
        char *above;

        for (size_t i = 0; i < way->l->record.process_count; i++) {
                const struct store_limit_process *process = &way->l->record.processes[i];

                if (process->pid == pid && process->start_ticks == start_ticks &&
                    strcmp(process->hierarchy, way->h->identity) == 0 && is_there(way->h, process->from))
                        return process->from;
        }
        aside = beside(way);
        if (aside != NULL && strlen(from) == strlen(aside) - strlen("/" CGROUP_CALLERS) &&
            strncmp(aside, from, strlen(from)) == 0)
                return aside;
        if (is_there(way->h, from))
                return from;
        /* It is gone: the nearest one above that is not. */
        above = arena_strdup(way->l->arena, from);
        while (above != NULL && strrchr(above, '/') != NULL && strrchr(above, '/') != above) {
                *strrchr(above, '/') = '\0';
                if (is_there(way->h, above))
                        return above;
        }
        return "/";
}

/* Those that stepped aside come back when the last of the groups beside them is gone. */
static int refill(const struct way *way, struct ward_err *err)
{
        const char *aside = beside(way);
        char *parent;

        if (aside == NULL)
                return 0;
        parent = arena_strndup(way->l->arena, aside, strlen(aside) - strlen("/" CGROUP_CALLERS));
        if (parent == NULL)
                return err_oom(err);
        return *parent == '\0' ? 0 : cgroup_refill(way->h, parent, err);
}

/* Empties and removes the group that was made in one hierarchy. */
static int take_back(const struct limiting *l, size_t i, const struct store_limit_group *group, struct ward_err *err)
{
        const struct cgroup_hierarchy *h = &l->layout.hierarchies[i];
        struct way way = {l, h, group};
        int r;

        if (!is_there(h, group->path))
                return 0;
        r = cgroup_evict(h, group->path, l->proc, where_to, &way, err);
        if (r >= 0)
                r = cgroup_remove(h, group->path, 0, REMOVE_TIMEOUT_MSEC, err);
        return r < 0 ? r : refill(&way, err);
}

static int undo_process(struct limiting *l, struct ward_err *err)
{
        for (size_t i = 0; i < l->layout.count; i++)
                for (size_t j = 0; j < l->record.group_count; j++) {
                        const struct store_limit_group *group = &l->record.groups[j];
                        int r;

                        if (strcmp(group->hierarchy, l->layout.hierarchies[i].identity) != 0 || group->from == NULL)
                                continue;
                        r = take_back(l, i, group, err);
                        if ((r == -EACCES || r == -EPERM) && l->record.scope != NULL) {
                                r = limit_values_restore(l, err);
                                return r < 0 ? r
                                             : limit_note(l, err,
                                                          "the processes stay in %s, without limits: the kernel lets "
                                                          "you move none "
                                                          "back to a group that is not yours",
                                                          l->record.scope);
                        }
                        if (r < 0)
                                return r;
                }
        if (l->record.scope != NULL)
                (void)unit_stop(l->record.scope, geteuid() != 0, NULL);
        return 0;
}

int limit_undo(struct limiting *l, struct ward_err *err)
{
        int r;

        limit_recorded_groups(l);
        r = limit_tasks_restore(l, err);
        if (r < 0)
                return r;
        if (l->target.kind == TARGET_PROCESS) {
                r = undo_process(l, err);
        } else if (l->target.kind == TARGET_CONTAINER) {
                r = limit_container_undo(l, err);
        } else {
                r = limit_values_restore(l, err);
                if (r >= 0)
                        r = limit_devices_undo(l, err);
                if (r >= 0 && l->target.kind == TARGET_UNIT)
                        r = limit_values_tell(l, l->target.name, err);
        }
        return r < 0 ? r : store_limit_remove(l->records, &l->record, err);
}

/* ---- records of what is gone ---- */

static bool lives(int proc, pid_t pid, uint64_t start_ticks)
{
        struct procfs_stat stat;
        bool ended = true;

        return proc_stat(proc, pid, &stat, &ended, NULL) >= 0 && !ended && stat.start_ticks == start_ticks;
}

/* One whose state can't be read may be the one. */
static bool has_container(const struct limiting *l)
{
        struct store_state state = {0};
        struct store_entry entry;
        bool same;

        if (store_enter(l->store, l->record.name, false, &entry, NULL) < 0)
                return false;
        same = store_read(&entry, l->arena, &state, NULL) < 0 || state.pid_start_ticks == l->record.start_ticks;
        store_leave(&entry);
        return same;
}

/* Whether something of the target is still there. */
static bool is_used(const struct limiting *l)
{
        const struct store_limit *record = &l->record;
        uint64_t pid;

        if (strcmp(record->kind, target_kind_names[TARGET_CONTAINER]) == 0)
                return has_container(l);
        if (strcmp(record->kind, target_kind_names[TARGET_PROCESS]) == 0 &&
            number_parse(record->name, INT32_MAX, &pid) >= 0 && lives(l->proc, (pid_t)pid, record->start_ticks))
                return true;
        for (size_t i = 0; i < record->setting_count; i++)
                if (lives(l->proc, record->settings[i].pid, record->settings[i].start_ticks))
                        return true;
        for (size_t i = 0; i < l->layout.count; i++)
                for (size_t j = 0; j < record->group_count; j++) {
                        struct cgroup_layout alone = cgroup_alone(&l->layout.hierarchies[i]);
                        size_t count = 0;
                        pid_t *pids = NULL;

                        if (strcmp(record->groups[j].hierarchy, l->layout.hierarchies[i].identity) != 0 ||
                            !is_there(&l->layout.hierarchies[i], record->groups[j].path))
                                continue;
                        if (record->groups[j].from == NULL ||
                            cgroup_pids(&alone, record->groups[j].path, &pids, &count, NULL) < 0 || count > 0) {
                                free(pids);
                                return true;
                        }
                        free(pids);
                }
        return false;
}

static int remove_gone(struct limiting *l, const char *boot_id, struct ward_err *err)
{
        int r = 0;

        /* The groups of an earlier boot are gone with it. */
        if (strcmp(boot_id, l->record.boot_id) == 0 && strcmp(l->record.kind, target_kind_names[TARGET_PROCESS]) == 0)
                r = undo_process(l, err);
        return r < 0 ? r : store_limit_remove(l->records, &l->record, err);
}

int engine_limit_tidy(struct store *store, bool dry_run,
                      void (*report)(void *data, const char *name, const char *failed), void *data,
                      struct ward_err *err)
{
        _cleanup_arena_ struct arena arena = {0};
        struct engine_limit_report none = {0};
        struct limiting l = {.arena = &arena, .store = store, .proc = -EBADF, .report = &none};
        char boot_id[STORE_BOOT_ID_LEN + 1];
        struct store_limit *records;
        size_t count = 0;
        int r;

        l.records = store_limits_open(store, false, err);
        if (l.records < 0)
                return l.records == -ENOENT ? 0 : l.records;
        l.proc = proc_open(err);
        r = l.proc < 0 ? l.proc : store_boot_id(boot_id, err);
        if (r >= 0)
                r = cgroup_layout_read(&arena, &l.layout, err);
        if (r >= 0)
                r = store_limits_read(l.records, true, &arena, &records, &count, err);
        for (size_t i = 0; i < count && r >= 0; i++) {
                const char *name = arena_concat(&arena, records[i].kind, " ", records[i].name);
                struct ward_err failed = {0};

                l.record = records[i];
                if (strcmp(boot_id, records[i].boot_id) == 0 && is_used(&l))
                        continue;
                limit_recorded_groups(&l);
                report(data, name == NULL ? records[i].name : name,
                       !dry_run && remove_gone(&l, boot_id, &failed) < 0 ? failed.message : NULL);
        }
        cgroup_layout_done(&l.layout);
        (void)fd_close(l.proc);
        store_limits_close(store, l.records);
        return r;
}
