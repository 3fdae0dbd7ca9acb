/* SPDX-License-Identifier: Apache-2.0 */
/* From a name to control groups; see target.h. */
#include "engine/target.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "engine/stored.h"
#include "engine/unit.h"
#include "kern/proc.h"

const char *const target_kind_names[TARGET_KIND_COUNT] = {[TARGET_CONTAINER] = "container",
                                                          [TARGET_PROCESS] = "process",
                                                          [TARGET_GROUP] = "group",
                                                          [TARGET_UNIT] = "unit"};

static const struct {
        const char *prefix;
        enum target_kind kind;
} prefixes[] = {{"container:", TARGET_CONTAINER},
                {"pid:", TARGET_PROCESS},
                {"process:", TARGET_PROCESS},
                {"group:", TARGET_GROUP},
                {"unit:", TARGET_UNIT}};

/* Kinds of units that have processes (systemd.resource-control(5)). */
static const char *const unit_kinds[] = {".service", ".scope", ".slice", ".socket", ".mount", ".swap"};

static bool is_unit(const char *name)
{
        const char *dot = strrchr(name, '.');

        for (size_t i = 0; dot != NULL && dot != name && i < ELEMENTS(unit_kinds); i++)
                if (strcmp(dot, unit_kinds[i]) == 0)
                        return true;
        return false;
}

static bool is_container(struct store *store, const char *name)
{
        struct store_entry entry;

        if (store_enter(store, name, false, &entry, NULL) < 0)
                return false;
        store_leave(&entry);
        return true;
}

static int find_kind(struct store *store, const char *name, struct target *target, struct ward_err *err)
{
        bool container = is_container(store, name), number = number_parse(name, INT32_MAX, &(uint64_t){0}) >= 0;

        for (size_t i = 0; i < ELEMENTS(prefixes); i++)
                if (strncmp(name, prefixes[i].prefix, strlen(prefixes[i].prefix)) == 0) {
                        target->kind = prefixes[i].kind;
                        target->name = name + strlen(prefixes[i].prefix);
                        return 0;
                }
        target->name = name;
        if (container && (number || is_unit(name))) {
                (void)err_set(err, -EINVAL, "'%s' is a container, and could be %s, too", name,
                              number ? "a process" : "a unit of systemd");
                return err_hint(err, "write container:%s or %s:%s", name, number ? "pid" : "unit", name);
        }
        target->kind = number           ? TARGET_PROCESS
                       : name[0] == '/' ? TARGET_GROUP
                       : is_unit(name)  ? TARGET_UNIT
                                        : TARGET_CONTAINER;
        return 0;
}

/* ---- a group ---- */

/* Whether the group is there: 1, 0 or -errno. */
static int has_group(const struct cgroup_hierarchy *hierarchy, const char *path, struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        int r = cgroup_file_read(hierarchy, path, "cgroup.procs", &text, err);

        /* EOPNOTSUPP: a threaded one has no list of processes. */
        return r >= 0 || r == -EOPNOTSUPP ? 1 : r == -ENOENT || r == -ENODEV ? 0 : r;
}

/* The path of a directory of cgroupfs, below the one hierarchy that is mounted there. */
static int find_mounted(const struct cgroup_layout *layout, const char *name, struct arena *arena,
                        struct target *target, struct ward_err *err)
{
        for (size_t i = 0; i < layout->count; i++) {
                const struct cgroup_hierarchy *hierarchy = &layout->hierarchies[i];
                size_t len = strlen(hierarchy->mount);
                int r;

                if (strncmp(name, hierarchy->mount, len) != 0 || name[len] != '/')
                        continue;
                r = cgroup_path_check(name + len, err);
                if (r >= 0)
                        r = has_group(hierarchy, name + len, err);
                if (r <= 0)
                        return r;
                target->paths[i] = arena_strdup(arena, name + len);
                return target->paths[i] == NULL ? err_oom(err) : 1;
        }
        return 0;
}

static int find_group(const struct cgroup_layout *layout, const char *path, struct arena *arena, struct target *target,
                      struct ward_err *err)
{
        size_t len = strlen(path);
        int r = cgroup_path_check(path, err), found = 0;

        if (r < 0)
                return r;
        if (path[0] != '/')
                return err_set(err, -EINVAL, "the path of a control group begins with '/': '%s'", path);
        while (len > 1 && path[len - 1] == '/')
                len--;
        path = arena_strndup(arena, path, len);
        if (path == NULL)
                return err_oom(err);
        found = find_mounted(layout, path, arena, target, err);
        for (size_t i = 0; found == 0 && r >= 0 && i < layout->count; i++) {
                r = has_group(&layout->hierarchies[i], path, err);
                target->paths[i] = r > 0 ? path : NULL;
        }
        for (size_t i = 0; i < layout->count; i++)
                found |= target->paths[i] != NULL;
        if (r < 0 || found < 0)
                return r < 0 ? r : found;
        if (found > 0)
                return 0;
        (void)err_set(err, -ENOENT, "no hierarchy has the control group '%s'", path);
        return err_hint(err, "/proc/PID/cgroup says which ones a process is in");
}

/* ---- the others ---- */

static int find_unit(const struct cgroup_layout *layout, struct arena *arena, struct target *target,
                     struct ward_err *err)
{
        const char *path;
        int r = unit_group(target->name, geteuid() != 0, arena, &path, err);

        return r < 0 ? r : find_group(layout, path, arena, target, err);
}

static int find_process(const struct cgroup_layout *layout, int proc, struct arena *arena, struct target *target,
                        struct ward_err *err)
{
        struct procfs_stat stat;
        uint64_t number;
        int r = number_parse(target->name, INT32_MAX, &number);

        if (r < 0 || number == 0)
                return err_set(err, -EINVAL, "'%s' is no number of a process", target->name);
        target->pid = (pid_t)number;
        target->name = arena_printf(arena, "%d", target->pid);
        if (target->name == NULL)
                return err_oom(err);
        r = proc_stat(proc, target->pid, &stat, &target->ended, err);
        if (r == -ENOENT || r == -ESRCH) {
                target->ended = true;
                return 0;
        }
        if (r < 0)
                return r;
        target->start_ticks = stat.start_ticks;
        target->flags = stat.flags;
        r = cgroup_paths_of(layout, proc, target->pid, arena, target->paths, err);
        if (r != -ENOENT && r != -ESRCH)
                return r;
        target->ended = true;
        return 0;
}

static int find_container(struct store *store, const struct cgroup_layout *layout, struct arena *arena,
                          struct target *target, struct ward_err *err)
{
        _cleanup_stored_ struct stored stored;
        struct site *site;
        int r = stored_open(&stored, store, target->name, false, err);

        if (r >= 0)
                r = stored_site(&stored, &site, err);
        if (r < 0)
                return r;
        target->pid = stored.status == ENGINE_STOPPED ? 0 : stored.state.pid;
        target->start_ticks = stored.state.pid_start_ticks;
        for (size_t i = 0; stored.state.cgroup_path != NULL && i < layout->count; i++) {
                /* Both have read the same mounts. */
                if (i < site->layout.count && (site->used >> i & 1) == 0)
                        continue;
                target->paths[i] = arena_strdup(arena, stored.state.cgroup_path);
                if (target->paths[i] == NULL)
                        return err_oom(err);
        }
        return 0;
}

int target_find(struct store *store, const struct cgroup_layout *layout, int proc, const char *name,
                struct arena *arena, struct target *ret_target, struct ward_err *err)
{
        struct target target = {.pid = 0};
        int r = find_kind(store, name, &target, err);

        if (r < 0)
                return r;
        if (target.kind == TARGET_CONTAINER)
                r = find_container(store, layout, arena, &target, err);
        else if (target.kind == TARGET_PROCESS)
                r = find_process(layout, proc, arena, &target, err);
        else if (target.kind == TARGET_GROUP)
                r = find_group(layout, target.name, arena, &target, err);
        else
                r = find_unit(layout, arena, &target, err);
        if (r < 0)
                return r;
        *ret_target = target;
        return 0;
}
