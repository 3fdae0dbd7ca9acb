/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The groups that hold limits. A process gets one of its own below the group that it is in, in each hierarchy that has a limit to hold; in v1 that is
 * another path in each.
 *
 * In v2 a group with processes gives no controllers to groups below it (cgroups(7), "no internal processes"): the others in it are moved into a
 * group beside the new one first, where all that held them goes on doing so. Where systemd has the tree it has to be asked: it makes a scope beside,
 * and the group is below that. In a unit that it has handed on it lets everyone do as he likes.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/limit-private.h"

#define GROUP_BELOW "limit" /* of the scope's own, which systemd keeps to itself */

static const char *join(struct arena *arena, const char *path, const char *name)
{
        return arena_concat(arena, strcmp(path, "/") == 0 ? "" : path, "/", name);
}

static size_t index_of(const struct limiting *l, const struct cgroup_hierarchy *hierarchy)
{
        return (size_t)(hierarchy - l->layout.hierarchies);
}

static const struct store_limit_group *recorded(const struct limiting *l, size_t i)
{
        for (size_t j = 0; j < l->record.group_count; j++)
                if (strcmp(l->record.groups[j].hierarchy, l->layout.hierarchies[i].identity) == 0)
                        return &l->record.groups[j];
        return NULL;
}

/* ---- v2 ---- */

/* Whether systemd has this hierarchy: it does where it runs, and not in one of its own. */
static bool is_systemds(const struct limiting *l)
{
        for (size_t i = 0; i < l->layout.count; i++)
                if (strcmp(l->layout.hierarchies[i].identity, "name=systemd") == 0)
                        return false;
        return fd_has(AT_FDCWD, "/run/systemd/system");
}

static bool ends_with(const char *text, size_t len, const char *end)
{
        size_t end_len = strlen(end);

        return len > end_len && memcmp(text + len - end_len, end, end_len) == 0;
}

/* The length of the part of @path that is a unit's with processes, the innermost; 0: none. *@ret_slice: the innermost slice above it. */
static size_t unit_of(const char *path, struct arena *arena, bool user, const char **ret_slice)
{
        size_t unit = 0;
        bool outer = !user; /* a user's own slices are those below his manager's service */

        *ret_slice = user ? "app.slice" : "-.slice";
        for (size_t at = 1; path[at] != '\0';) {
                size_t len = strcspn(path + at, "/");

                if (ends_with(path + at, len, ".slice") && outer && (unit == 0 || user))
                        *ret_slice = arena_strndup(arena, path + at, len);
                if (user && strncmp(path + at, "user@", 5) == 0)
                        outer = true;
                if (ends_with(path + at, len, ".service") || ends_with(path + at, len, ".scope"))
                        unit = at + len;
                at += len + (path[at + len] == '/');
        }
        return unit;
}

/* The machine's manager marks the groups of such a unit; a user's has not the right to, and is asked. */
static bool is_handed_on(const struct cgroup_hierarchy *h, const char *unit)
{
        return cgroup_handed_on(h, unit) || (geteuid() != 0 && unit_is_delegated(strrchr(unit, '/') + 1, true));
}

/* A container of ward's own would not be entered any more by `exec`. */
static int refuse_container(const struct limiting *l, const struct cgroup_hierarchy *h, const char *path,
                            struct ward_err *err)
{
        const char *mark = "none has this";

        if (cgroup_has_mark(h, path, true, mark) != -EEXIST && cgroup_has_mark(h, path, false, mark) != -EEXIST)
                return 0;
        (void)err_set(err, -EBUSY, "limit process %d: it is in the group '%s' of a container", l->target.pid, path);
        return err_hint(err, "limit the container: ward limit NAME; 'ward ps' lists their names");
}

static int start_scope(struct limiting *l, size_t i, const char *slice, const char *name, struct ward_err *err)
{
        const struct cgroup_hierarchy *h = &l->layout.hierarchies[i];
        bool user = geteuid() != 0;
        int r;

        l->scope = (struct unit){
                .name = {.slice = slice, .scope = arena_concat(l->arena, name, ".scope")},
                .user = user,
                .group = GROUP_BELOW,
                .words = {.arena = l->arena},
                .channel = -EBADF,
        };
        if (slice == NULL || l->scope.name.scope == NULL)
                return err_oom(err);
        l->record.scope = l->scope.name.scope;
        unit_add(&l->scope.words, "Description");
        unit_add(&l->scope.words, "s");
        unit_add(&l->scope.words, arena_printf(l->arena, "limits of process %d", l->target.pid));
        r = unit_start(&l->scope, l->arena, &l->scope_path, err);
        if (r < 0 && user)
                return err_hint(
                        err, "limits without root take a manager of the user's own, or a group that was delegated to "
                             "him: log in "
                             "with a session, or 'loginctl enable-linger'; or start the program in a group of its own: "
                             "systemd-run --user --scope -p Delegate=yes COMMAND");
        if (r < 0)
                return r;
        /* The scope's controllers can be handed on when its helper has stepped aside. */
        r = cgroup_vacate(h, l->scope_path, err);
        l->to[i] = join(l->arena, l->scope_path, GROUP_BELOW);
        return r < 0 ? r : l->to[i] == NULL ? err_oom(err) : 0;
}

/* Where the new group of v2 is. */
static int choose_unified(struct limiting *l, size_t i, const char *name, struct ward_err *err)
{
        const struct cgroup_hierarchy *h = &l->layout.hierarchies[i];
        const char *from = l->target.paths[i], *slice, *unit;
        size_t len = strlen(from), tail = strlen("/" CGROUP_CALLERS);
        int r = strcmp(from, "/") == 0 ? 0 : refuse_container(l, h, from, err);

        if (r < 0)
                return r;
        if (strcmp(from, "/") != 0 && is_systemds(l)) {
                unit = arena_strndup(l->arena, from, unit_of(from, l->arena, geteuid() != 0, &slice));
                if (unit == NULL)
                        return err_oom(err);
                /* What is in no unit somebody else has made beside systemd. */
                if (*unit != '\0' && !is_handed_on(h, unit))
                        return start_scope(l, i, slice, name, err);
        }
        /* Its processes stepped aside for another one's limits. */
        if (len > tail && strcmp(from + len - tail, "/" CGROUP_CALLERS) == 0)
                from = arena_strndup(l->arena, from, len - tail);
        l->to[i] = from == NULL ? NULL : join(l->arena, from, name);
        return l->to[i] == NULL ? err_oom(err) : 0;
}

/* ---- a process ---- */

static int explain_refused(const struct limiting *l, size_t i, int code, struct ward_err *err)
{
        if ((code != -EACCES && code != -EPERM && code != -EROFS) || geteuid() == 0)
                return code;
        (void)err_wrap(err, "limit process %d", l->target.pid);
        if (l->layout.hierarchies[i].version == 1)
                return err_hint(err, "in '%s', of cgroup v1, groups are made by root: use sudo",
                                l->layout.hierarchies[i].mount);
        return err_hint(err,
                        "its group was not delegated to you. With systemd: start it by 'systemd-run --user --scope -p "
                        "Delegate=yes COMMAND', or ask for Delegate=yes in its unit (systemd.resource-control(5)); "
                        "else use sudo");
}

/*
 * The group above gives its controllers away, for which it must have no process. Those that count threads (cpu, cpuset, pids) it would give away all the
 * same, and be the root of a threaded tree then, in which the new group can have nobody (cgroups(7), "Thread mode").
 */
static int vacate_above(const struct limiting *l, size_t i, uint32_t controllers, struct ward_err *err)
{
        const struct cgroup_hierarchy *h = &l->layout.hierarchies[i];
        size_t len = (size_t)(strrchr(l->to[i], '/') - l->to[i]);
        const char *above = arena_strndup(l->arena, l->to[i], len);
        int r;

        if (above == NULL)
                return err_oom(err);
        if (h->version != 2 || controllers == 0 || len == 0 || l->record.scope != NULL)
                return 0;
        r = cgroup_vacate(h, above, err);
        return r < 0 ? explain_refused(l, i, r, err) : 0;
}

/* Makes the group l->to[i]; it is written down before. */
static int make_group(struct limiting *l, size_t i, uint32_t controllers, struct ward_err *err)
{
        const struct cgroup_hierarchy *h = &l->layout.hierarchies[i];
        int r;

        if (!LIMIT_ADD(l, l->record.groups, l->record.group_count, {h->identity, l->to[i], l->target.paths[i]}))
                return err_oom(err);
        r = store_limit_write(l->records, &l->record, err);
        if (r >= 0)
                r = vacate_above(l, i, controllers, err);
        if (r < 0)
                return r;
        r = cgroup_make(h, l->to[i], controllers, NULL, NULL, err);
        return r < 0 ? explain_refused(l, i, r, err) : 0;
}

static int place_process(struct limiting *l, size_t i, uint32_t controllers, struct ward_err *err)
{
        const struct cgroup_hierarchy *h = &l->layout.hierarchies[i];
        const struct store_limit_group *group = recorded(l, i);
        char name[64];
        int r = 0;

        if (group != NULL) {
                l->to[i] = group->path;
                if (h->version == 1)
                        return 0;
                r = vacate_above(l, i, controllers, err);
                return r < 0 ? r : cgroup_make(h, group->path, controllers, NULL, NULL, err);
        }
        if (l->target.paths[i] == NULL)
                return err_set(err, -ENOENT, "limit process %d: its group in '%s' is outside of what is mounted there",
                               l->target.pid, h->mount);
        (void)snprintf(name, sizeof(name), "ward-limit-%d-%llx", l->target.pid,
                       (unsigned long long)l->target.start_ticks);
        if (h->version == 2)
                r = choose_unified(l, i, name, err);
        else
                l->to[i] = join(l->arena, l->target.paths[i], name);
        if (r >= 0 && l->to[i] == NULL)
                r = err_oom(err);
        return r < 0 ? r : make_group(l, i, controllers, err);
}

/* ---- what has a group ---- */

static int place_group(struct limiting *l, size_t i, uint32_t controllers, struct ward_err *err)
{
        const struct cgroup_hierarchy *h = &l->layout.hierarchies[i];
        const char *path = l->target.paths[i];
        int r = 0;

        if (path == NULL) {
                (void)err_set(err, -ENOENT, "limit %s '%s': it has no group in '%s'", target_kind_names[l->target.kind],
                              l->target.name, h->mount);
                return l->target.kind == TARGET_UNIT
                               ? err_hint(err,
                                          "systemd makes it when it is asked to count there: systemctl set-property "
                                          "--runtime %s MemoryAccounting=yes CPUAccounting=yes IOAccounting=yes",
                                          l->target.name)
                               : err_hint(err, "limit one of its processes, or with --tree all: ward limit --tree PID");
        }
        if (h->version == 2)
                r = cgroup_make(h, path, controllers, NULL, NULL, err);
        if (r < 0)
                return r;
        l->to[i] = path;
        if (recorded(l, i) == NULL && !LIMIT_ADD(l, l->record.groups, l->record.group_count, {h->identity, path, NULL}))
                return err_oom(err);
        return 0;
}

/* A tree is frozen while it is moved, by the hierarchy that can and that it is moved in anyway, or by v1's freezer. */
static uint32_t wanted_freezer(const struct limiting *l)
{
        return l->target.kind == TARGET_PROCESS && l->options->tree && cgroup_with(&l->layout, CGROUP_FREEZER) != NULL
                       ? 1u << CGROUP_FREEZER
                       : 0;
}

int limit_place(struct limiting *l, uint32_t wanted, struct ward_err *err)
{
        uint32_t freezer = wanted == 0 ? 0 : wanted_freezer(l);
        int r = 0;

        for (size_t i = 0; i < l->layout.count && r >= 0; i++) {
                const struct cgroup_hierarchy *h = &l->layout.hierarchies[i];
                uint32_t here = h->controllers & wanted;
                bool files = h->version == 2 && (wanted & 1u << CGROUP_CONTROLLER_COUNT) != 0, holds = false;

                if (here == 0 && !files && recorded(l, i) == NULL) {
                        holds = (h->controllers & freezer) != 0;
                        if (!holds)
                                continue;
                }
                r = l->target.kind == TARGET_PROCESS ? place_process(l, i, here, err) : place_group(l, i, here, err);
                /* Who may not freeze goes without. */
                if (r < 0 && holds) {
                        l->to[i] = NULL;
                        r = 0;
                }
        }
        return r;
}

void limit_release(struct limiting *l)
{
        if (l->scope.helper == 0)
                return;
        unit_release(&l->scope);
        if (l->scope_path != NULL && cgroup_unified(&l->layout) != NULL)
                cgroup_vacated(cgroup_unified(&l->layout), l->scope_path);
}

/* ---- moving ---- */

static int ask_systemd(void *data, pid_t pid, struct ward_err *err)
{
        struct limiting *l = data;
        int r = unit_attach(l->record.scope, geteuid() != 0, "/" GROUP_BELOW, pid, err);

        return r < 0 ? r : 1;
}

static bool is_below(const char *path, const char *group)
{
        size_t len = strlen(group);

        return strncmp(path, group, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

/* What holds the processes while they are moved; not where this program is in it itself. */
static const struct cgroup_hierarchy *choose_freezer(const struct limiting *l, bool *ret_keep)
{
        const struct cgroup_hierarchy *choices[] = {cgroup_with(&l->layout, CGROUP_FREEZER),
                                                    cgroup_unified(&l->layout)};

        *ret_keep = false;
        for (size_t n = 0; n < ELEMENTS(choices); n++) {
                size_t i = choices[n] == NULL ? 0 : index_of(l, choices[n]);
                struct cgroup_layout alone;
                bool frozen = false;

                if (choices[n] == NULL || l->to[i] == NULL)
                        continue;
                /* In v2 who comes from a frozen group goes on in another one, unless that is frozen, too. */
                alone = cgroup_alone(choices[n]);
                if (choices[n]->version == 2 && cgroup_frozen(&alone, l->target.paths[i], &frozen, NULL) < 0)
                        frozen = false;
                *ret_keep = frozen;
                if ((l->options->tree || frozen) && !is_below(choices[n]->own_path, l->to[i]))
                        return choices[n];
        }
        return NULL;
}

static int add_moved(struct limiting *l, const struct cgroup_moved *moved, struct ward_err *err)
{
        if (moved->why != NULL)
                return LIMIT_ADD(l, l->report->refusals, l->report->refusal_count,
                                 {moved->pid, moved->name, moved->why})
                               ? 0
                               : err_oom(err);
        l->report->moved++;
        for (size_t i = 0; i < l->layout.count; i++) {
                const struct store_limit_group *group = recorded(l, i);

                if (moved->from[i] == NULL || group == NULL || strcmp(moved->from[i], group->from) == 0)
                        continue;
                if (!LIMIT_ADD(l, l->record.processes, l->record.process_count,
                               {moved->pid, moved->start_ticks, l->layout.hierarchies[i].identity, moved->from[i]}))
                        return err_oom(err);
        }
        return 0;
}

int limit_move(struct limiting *l, struct ward_err *err)
{
        struct cgroup_migration move = {.layout = &l->layout, .proc = l->proc, .data = l};
        struct cgroup_moved *moved;
        size_t count = 0;
        bool any = false;
        int r;

        for (size_t i = 0; i < l->layout.count; i++) {
                move.to[i] = l->to[i];
                any |= l->to[i] != NULL;
        }
        if (!any)
                return 0;
        if (l->record.scope != NULL)
                move.ask = ask_systemd;
        move.freezer = choose_freezer(l, &move.keep_frozen);
        r = cgroup_migrate(&move, l->target.pid, l->target.start_ticks, l->options->tree, l->arena, &moved, &count,
                           err);
        limit_release(l);
        for (size_t i = 0; i < count && r >= 0; i++)
                r = add_moved(l, &moved[i], err);
        return r < 0 ? r : store_limit_write(l->records, &l->record, err);
}
