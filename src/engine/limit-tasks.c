/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of the target's processes and threads: changed, and made as they were. A process that was made after the change has what its parent had
 * then; it is given what the target's first process had before. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/names.h"
#include "engine/limit-private.h"
#include "kern/proc.h"

static const char *word_of(enum task_kind kind, int resource)
{
        static const char *const words[] = {
                [TASK_NICE] = "nice", [TASK_IOPRIO] = "ioprio", [TASK_OOM_SCORE_ADJ] = "oom_score_adj"};

        return kind == TASK_RLIMIT ? rlimit_names[resource] : words[kind];
}

static bool kind_of(const char *word, enum task_kind *ret_kind, int *ret_resource)
{
        *ret_resource = 0;
        for (int kind = TASK_NICE; kind < TASK_RLIMIT; kind++)
                if (strcmp(word, word_of((enum task_kind)kind, 0)) == 0) {
                        *ret_kind = (enum task_kind)kind;
                        return true;
                }
        *ret_kind = TASK_RLIMIT;
        *ret_resource = name_index(word, rlimit_names, RLIMIT_NAME_COUNT);
        return *ret_resource >= 0;
}

/* ---- which processes ---- */

struct processes {
        pid_t *pids;
        size_t count;
};

static int add_pid(struct limiting *l, struct processes *to, pid_t pid)
{
        for (size_t i = 0; i < to->count; i++)
                if (to->pids[i] == pid)
                        return 0;
        return LIMIT_ADD(l, to->pids, to->count, {pid}) ? 0 : -ENOMEM;
}

/* The descendants of who is in the list already. */
static int add_descendants(struct limiting *l, struct processes *to, struct ward_err *err)
{
        struct proc_process *list;
        size_t count, before;
        int r = proc_list(l->proc, l->arena, &list, &count, err);

        do {
                before = to->count;
                for (size_t i = 0; i < count && r >= 0; i++)
                        for (size_t j = 0; j < before && r >= 0; j++)
                                if (list[i].stat.parent == to->pids[j])
                                        r = add_pid(l, to, list[i].pid);
        } while (r >= 0 && to->count > before);
        return r == -ENOMEM ? err_oom(err) : r;
}

static int find_processes(struct limiting *l, struct processes *to, struct ward_err *err)
{
        int r = 0;

        if (l->target.kind == TARGET_PROCESS && !l->target.ended)
                r = add_pid(l, to, l->target.pid);
        for (size_t i = 0; i < l->layout.count && r >= 0; i++) {
                const char *path = l->target.kind == TARGET_PROCESS ? l->to[i] : l->target.paths[i];
                struct cgroup_layout alone = cgroup_alone(&l->layout.hierarchies[i]);
                pid_t *pids = NULL;
                size_t count = 0;

                if (path != NULL && strcmp(path, "/") != 0)
                        r = cgroup_pids(&alone, path, &pids, &count, err);
                for (size_t j = 0; j < count && r >= 0; j++)
                        r = add_pid(l, to, pids[j]);
                free(pids);
        }
        if (r == -ENOMEM)
                return err_oom(err);
        if (r >= 0 && l->target.kind == TARGET_PROCESS && l->options != NULL && l->options->tree && !l->target.ended)
                r = add_descendants(l, to, err);
        return r;
}

/* ---- changing ---- */

static bool is_per_thread(enum task_kind kind)
{
        return kind == TASK_NICE || kind == TASK_IOPRIO;
}

static const struct store_limit_setting *find_saved(const struct limiting *l, pid_t pid, uint64_t start,
                                                    const char *word)
{
        for (size_t i = 0; i < l->record.setting_count; i++) {
                const struct store_limit_setting *saved = &l->record.settings[i];

                if (saved->pid == pid && saved->start_ticks == start && strcmp(saved->what, word) == 0)
                        return saved;
        }
        return NULL;
}

static int save(struct limiting *l, pid_t task, const struct engine_limit_setting *wanted, struct ward_err *err)
{
        const char *word = word_of(wanted->kind, wanted->resource);
        struct task_setting before;
        uint64_t start;
        int r = proc_start_ticks(l->proc, task, &start, err);

        if (r >= 0)
                r = task_get(l->proc, task, wanted->kind, wanted->resource, &before, err);
        if (r < 0 || find_saved(l, task, start, word) != NULL)
                return r;
        return LIMIT_ADD(l, l->record.settings, l->record.setting_count, {task, start, word, before.value, before.hard})
                       ? 0
                       : err_oom(err);
}

/* What is done with each thread or process of the target. A process that ends meanwhile is none of them any more. */
typedef int (*task_visitor)(struct limiting *l, pid_t task, const struct engine_limit_setting *wanted,
                            struct ward_err *err);

static int visit(struct limiting *l, const struct processes *of, const struct engine_limit_setting *wanted,
                 task_visitor act, struct ward_err *err)
{
        for (size_t i = 0; i < of->count; i++) {
                pid_t *tasks = &of->pids[i];
                size_t count = 1;
                int r = 0;

                if (is_per_thread(wanted->kind))
                        r = proc_threads(l->proc, of->pids[i], l->arena, &tasks, &count, err);
                for (size_t j = 0; j < count && r >= 0; j++) {
                        r = act(l, tasks[j], wanted, err);
                        r = r == -ESRCH || r == -ENOENT ? 0 : r;
                }
                if (r < 0 && r != -ESRCH && r != -ENOENT)
                        return r;
        }
        return 0;
}

static int set(struct limiting *l, pid_t task, const struct engine_limit_setting *wanted, struct ward_err *err)
{
        int r = task_set(l->proc, task, wanted->kind, wanted->resource, &wanted->setting, err);

        return r < 0 && r != -ESRCH ? err_wrap(err, "%s", wanted->origin) : r;
}

static const char *print(const struct limiting *l, enum task_kind kind, int64_t value, int64_t hard)
{
        static const char *const classes[] = {"none", "realtime", "best-effort", "idle"};

        if (kind == TASK_IOPRIO) {
                unsigned class = (unsigned)value >> 13;

                return arena_printf(l->arena, class == 0 || class == 3 ? "%s" : "%s:%u",
                                    class < 4 ? classes[class] : "?", (unsigned)value & 7);
        }
        if (kind != TASK_RLIMIT)
                return arena_printf(l->arena, "%lld", (long long)value);
        return arena_concat(
                l->arena, value == TASK_UNLIMITED ? "unlimited" : arena_printf(l->arena, "%lld", (long long)value), ":",
                hard == TASK_UNLIMITED ? "unlimited" : arena_printf(l->arena, "%lld", (long long)hard));
}

/* A row of the first process, and how many others there are. */
static int report(struct limiting *l, const struct processes *of, const struct engine_limit_setting *wanted,
                  struct ward_err *err)
{
        const char *word = word_of(wanted->kind, wanted->resource), *where, *before = NULL, *after;
        const struct store_limit_setting *saved;
        struct task_setting now;
        uint64_t start;

        for (size_t i = 0; i < of->count; i++) {
                if (proc_start_ticks(l->proc, of->pids[i], &start, NULL) < 0 ||
                    task_get(l->proc, of->pids[i], wanted->kind, wanted->resource, &now, NULL) < 0)
                        continue;
                saved = find_saved(l, of->pids[i], start, word);
                if (saved != NULL)
                        before = print(l, wanted->kind, saved->value, saved->hard);
                after = print(l, wanted->kind, now.value, now.hard);
                where = of->count == 1 ? arena_printf(l->arena, "process %d", of->pids[i])
                                       : arena_printf(l->arena, "process %d and %zu more", of->pids[i], of->count - 1);
                return where == NULL || after == NULL ||
                                       !LIMIT_ADD(l, l->report->rows, l->report->row_count,
                                                  {word, where, before, after})
                               ? err_oom(err)
                               : 0;
        }
        return 0;
}

int limit_tasks_set(struct limiting *l, struct ward_err *err)
{
        struct processes of = {.count = 0};
        int r = l->options->setting_count == 0 ? 0 : find_processes(l, &of, err);

        for (size_t i = 0; i < l->options->setting_count && r >= 0; i++)
                r = visit(l, &of, &l->options->settings[i], save, err);
        if (r >= 0 && l->options->setting_count > 0)
                r = store_limit_write(l->records, &l->record, err);
        for (size_t i = 0; i < l->options->setting_count && r >= 0; i++) {
                r = visit(l, &of, &l->options->settings[i], set, err);
                if (r >= 0)
                        r = report(l, &of, &l->options->settings[i], err);
        }
        return r;
}

int limit_tasks_show(struct limiting *l, struct ward_err *err)
{
        struct processes of = {.count = 0};
        int r = l->record.setting_count == 0 ? 0 : find_processes(l, &of, err);

        for (size_t i = 0; i < l->record.setting_count && r >= 0; i++) {
                struct engine_limit_setting setting = {.origin = NULL};
                bool seen = false;

                for (size_t j = 0; j < i && !seen; j++)
                        seen = strcmp(l->record.settings[j].what, l->record.settings[i].what) == 0;
                if (!seen && kind_of(l->record.settings[i].what, &setting.kind, &setting.resource))
                        r = report(l, &of, &setting, err);
        }
        return r;
}

/* ---- and back ---- */

/* One that can't be made as it was is said, and keeps no other from it. */
static int restore(struct limiting *l, pid_t task, const struct engine_limit_setting *wanted, struct ward_err *err)
{
        const char *word = word_of(wanted->kind, wanted->resource);
        struct engine_limit_setting was = *wanted;
        const struct store_limit_setting *saved;
        struct ward_err local = {0};
        struct task_setting now;
        uint64_t start;

        if (proc_start_ticks(l->proc, task, &start, NULL) < 0 ||
            task_get(l->proc, task, wanted->kind, wanted->resource, &now, NULL) < 0)
                return 0;
        saved = find_saved(l, task, start, word);
        if (saved != NULL)
                was.setting = (struct task_setting){saved->value, saved->hard};
        if (now.value == was.setting.value && now.hard == was.setting.hard)
                return 0;
        for (size_t i = 0; i < l->report->refusal_count; i++)
                if (l->report->refusals[i].pid == task && strcmp(l->report->refusals[i].name, word) == 0)
                        return 0;
        if (task_set(l->proc, task, was.kind, was.resource, &was.setting, &local) >= 0 || local.errnum == ESRCH)
                return 0;
        /* The soft limit up to where it can be had. */
        if (was.kind == TASK_RLIMIT && (was.setting.value == TASK_UNLIMITED || was.setting.value > now.hard))
                was.setting.value = now.hard;
        if (was.kind == TASK_RLIMIT) {
                was.setting.hard = now.hard;
                (void)task_set(l->proc, task, was.kind, was.resource, &was.setting, NULL);
        }
        return LIMIT_ADD(
                       l, l->report->refusals, l->report->refusal_count,
                       {task, word, arena_concat(l->arena, local.message, *local.hint == '\0' ? "" : "; ", local.hint)})
                       ? 0
                       : err_oom(err);
}

int limit_tasks_restore(struct limiting *l, struct ward_err *err)
{
        struct processes of = {.count = 0};
        int r = l->record.setting_count == 0 ? 0 : find_processes(l, &of, err);

        for (size_t i = 0; i < l->record.setting_count && r >= 0; i++) {
                const struct store_limit_setting *saved = &l->record.settings[i];
                struct engine_limit_setting first = {.setting = {saved->value, saved->hard}};
                bool seen = false;
                uint64_t start;

                if (!kind_of(saved->what, &first.kind, &first.resource))
                        continue;
                if (proc_start_ticks(l->proc, saved->pid, &start, NULL) >= 0 && start == saved->start_ticks)
                        r = restore(l, saved->pid, &first, err);
                for (size_t j = 0; j < i && !seen; j++)
                        seen = strcmp(l->record.settings[j].what, saved->what) == 0;
                if (!seen && r >= 0)
                        r = visit(l, &of, &first, restore, err);
        }
        return r;
}
