/* SPDX-License-Identifier: Apache-2.0 */
/* Control groups by their names: made, deleted, entered; see group.h. */
#include "engine/group.h"

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "engine/unit.h"
#include "engine/user.h"

#define UNIT "unit:" /* in front of the name of one of systemd's, as in engine/target.h */

#define KILL_TIMEOUT_MSEC 10000
#define FREEZE_TIMEOUT_MSEC 10000
#define REMOVE_TIMEOUT_MSEC 500

/* What a v2 group gets when nobody says it, and what a threaded one can have at all. */
#define USUAL (1U << CGROUP_CPU | 1U << CGROUP_BLKIO | 1U << CGROUP_MEMORY | 1U << CGROUP_PIDS)
#define THREADED (1U << CGROUP_CPU | 1U << CGROUP_CPUSET | 1U << CGROUP_PIDS | 1U << CGROUP_PERF_EVENT)

int groups_open(struct groups *groups, struct arena *arena, struct ward_err *err)
{
        int r;

        *groups = (struct groups){.arena = arena};
        r = cgroup_layout_read(arena, &groups->layout, err);
        if (r < 0)
                return r;
        if (groups->layout.count == 0) {
                (void)err_set(err, -EOPNOTSUPP, "this machine has no control groups mounted");
                return err_hint(err, "mount -t cgroup2 none /sys/fs/cgroup");
        }
        return 0;
}

void groups_close(struct groups *groups)
{
        cgroup_layout_done(&groups->layout);
}

/* ---- names ---- */

static uint32_t all_hierarchies(const struct groups *groups)
{
        return (1U << groups->layout.count) - 1;
}

/* Adds what one word of CONTROLLERS means. */
static int read_controller(const struct groups *groups, const char *word, struct group *group, struct ward_err *err)
{
        const struct cgroup_layout *layout = &groups->layout;
        const char *near;

        for (size_t i = 0; i < layout->count; i++)
                if (strcmp(layout->hierarchies[i].identity, word) == 0) {
                        group->hierarchies |= 1U << i;
                        return 0;
                }
        for (enum cgroup_controller c = 0; c < CGROUP_CONTROLLER_COUNT; c++) {
                const struct cgroup_hierarchy *hierarchy = cgroup_with(layout, c);

                if (strcmp(cgroup_controller_names[c], word) != 0 && !(c == CGROUP_BLKIO && strcmp(word, "io") == 0))
                        continue;
                if (hierarchy == NULL) {
                        (void)err_set(err, -EOPNOTSUPP, "no mounted control group hierarchy has the %s controller",
                                      word);
                        return err_hint(err, "'ward cgroup controllers' shows what there is");
                }
                group->hierarchies |= 1U << (hierarchy - layout->hierarchies);
                group->controllers |= 1U << c;
                return 0;
        }
        near = text_nearest(word, cgroup_controller_names, CGROUP_CONTROLLER_COUNT);
        (void)err_set(err, -EINVAL, "'%s' is neither a controller nor a hierarchy of this machine", word);
        (void)err_mistake(err, MISTAKE_WORD);
        return near != NULL ? err_hint(err, "did you mean '%s'?", near)
                            : err_hint(err, "'ward cgroup controllers' shows what there is");
}

static int read_controllers(const struct groups *groups, const char *list, size_t len, struct group *group,
                            struct ward_err *err)
{
        char *rest = arena_strndup(groups->arena, list, len);
        int r = 0;

        if (rest == NULL)
                return err_oom(err);
        group->named = true;
        if (strcmp(rest, "*") == 0) {
                group->hierarchies = all_hierarchies(groups);
                return 0;
        }
        for (const char *word; r >= 0 && (word = text_next(&rest, ',')) != NULL;)
                r = read_controller(groups, word, group, err);
        return r;
}

/* The path of a group behind the caller's own, which has to be the same wherever it is looked for. */
static int own_path(const struct groups *groups, const struct group *group, const char **ret_path, struct ward_err *err)
{
        const struct cgroup_hierarchy *first = NULL;

        for (size_t i = 0; i < groups->layout.count; i++) {
                const struct cgroup_hierarchy *hierarchy = &groups->layout.hierarchies[i];

                if ((group->hierarchies & 1U << i) == 0)
                        continue;
                if (first != NULL && strcmp(first->own_path, hierarchy->own_path) != 0) {
                        (void)err_set(err, -EINVAL, "'.' is the group '%s' in '%s', and '%s' in '%s'", first->own_path,
                                      first->mount, hierarchy->own_path, hierarchy->mount);
                        return err_hint(err, "say which: CONTROLLERS:./PATH");
                }
                first = hierarchy;
        }
        assert(first != NULL); /* a group is in a hierarchy at least */
        *ret_path = first->own_path;
        return 0;
}

/* A path in the file system that leads to a group: the hierarchy, and what is behind its mount point. NULL: it is none. */
static const char *below_mount(const struct groups *groups, const char *text, struct group *group)
{
        const char *best = NULL;
        size_t longest = 0;

        for (size_t i = 0; i < groups->layout.count; i++) {
                const char *mount = groups->layout.hierarchies[i].mount;
                size_t len = strlen(mount);

                if (len <= longest || strncmp(text, mount, len) != 0 || (text[len] != '/' && text[len] != '\0'))
                        continue;
                longest = len;
                best = text + len;
                group->hierarchies = 1U << i;
        }
        group->named |= best != NULL;
        return best;
}

int group_read(const struct groups *groups, const char *text, struct group *ret_group, struct ward_err *err)
{
        const char *colon = strchr(text, ':'), *slash = strchr(text, '/'), *front = "", *path = text, *below;
        struct group group = {.hierarchies = 0};
        const char *unit = strncmp(text, UNIT, strlen(UNIT)) == 0 ? text + strlen(UNIT) : NULL;
        char *end;
        int r = 0;

        if (unit != NULL) {
                r = unit_group(unit, geteuid() != 0, groups->arena, &path, err);
                group.hierarchies = all_hierarchies(groups);
        } else if (colon != NULL && colon > text && (slash == NULL || slash > colon)) {
                r = read_controllers(groups, text, (size_t)(colon - text), &group, err);
                path = colon + 1;
        } else {
                below = below_mount(groups, text, &group);
                if (below == NULL)
                        group.hierarchies = all_hierarchies(groups);
                else
                        path = below;
        }
        if (r >= 0 && path[0] == '.' && (path[1] == '/' || path[1] == '\0')) {
                r = own_path(groups, &group, &front, err);
                path++;
        }
        if (r < 0)
                return err_wrap(err, "group '%s'", text);
        path += strspn(path, "/");
        front += strspn(front, "/");
        end = arena_concat(groups->arena, "/", front, *front == '\0' || *path == '\0' ? "" : "/", path);
        if (end == NULL)
                return err_oom(err);
        group.path = end;
        for (end += strlen(end); end - 1 > group.path && end[-1] == '/';)
                *--end = '\0';
        r = strcmp(group.path, "/") == 0 ? 0 : cgroup_path_check(group.path, err);
        if (r < 0)
                return r;
        *ret_group = group;
        return 0;
}

static bool has_group(const struct cgroup_hierarchy *hierarchy, const char *path)
{
        return strcmp(path, "/") == 0 || cgroup_there(hierarchy, path) > 0;
}

int group_find(const struct groups *groups, struct group *group, struct ward_err *err)
{
        const struct cgroup_hierarchy *missing = NULL;
        uint32_t found = 0;

        for (size_t i = 0; i < groups->layout.count; i++) {
                if ((group->hierarchies & 1U << i) == 0)
                        continue;
                if (has_group(&groups->layout.hierarchies[i], group->path))
                        found |= 1U << i;
                else
                        missing = &groups->layout.hierarchies[i];
        }
        if (found == 0 || (group->named && missing != NULL)) {
                (void)err_set(err, -ENOENT, "there is no control group '%s' in %s%s%s", group->path,
                              found == 0 && !group->named ? "any hierarchy" : "'",
                              found == 0 && !group->named ? "" : missing->mount,
                              found == 0 && !group->named ? "" : "'");
                return err_hint(err, "'ward cgroup tree' shows what there is, 'ward cgroup create' makes one");
        }
        group->hierarchies = found;
        return 0;
}

/* ---- making ---- */

/* The path of the group above; "/" is above those directly below it. */
static const char *path_above(struct arena *arena, const char *path)
{
        const char *slash = strrchr(path, '/');

        return slash == NULL || slash == path ? "/" : arena_strndup(arena, path, (size_t)(slash - path));
}

static int make_one(const struct groups *groups, const struct cgroup_hierarchy *hierarchy, const struct group *group,
                    const struct group_create *options, unsigned *made, struct ward_err *err)
{
        bool v2 = hierarchy->version == 2;
        uint32_t controllers = (group->controllers != 0 ? group->controllers : USUAL) & hierarchy->controllers;
        int r;

        if (options->threaded)
                controllers &= THREADED;
        r = cgroup_make(hierarchy, group->path, v2 ? controllers : 0, NULL, made, err);
        if (r == -EBUSY && v2 && options->vacate) {
                const char *above = path_above(groups->arena, group->path);

                if (above == NULL)
                        return err_oom(err);
                r = strcmp(above, "/") == 0 ? r : cgroup_vacate(hierarchy, above, err);
                if (r >= 0)
                        r = cgroup_make(hierarchy, group->path, controllers, NULL, made, err);
        } else if (r == -EBUSY && v2) {
                return err_hint(err,
                                "a group of cgroup v2 with processes of its own can't give controllers away: --vacate "
                                "moves them into a group 'ward-callers' beside the new one");
        }
        return r;
}

static int finish_one(const struct groups *groups, const struct cgroup_hierarchy *hierarchy, const struct group *group,
                      const struct group_create *options, const struct user *owner, const struct user *tasks,
                      struct ward_err *err)
{
        const struct cgroup_limit type = {.knob = CGROUP_TYPE, .text = "threaded"};
        int r = 0;

        if (options->threaded && hierarchy->version == 2)
                r = cgroup_set(&groups->layout, group->path, &type, 1, NULL, err);
        if (r >= 0 && options->owner != NULL)
                r = cgroup_own(hierarchy, group->path, owner->uid, owner->gid, err);
        if (r >= 0 && options->tasks != NULL)
                r = cgroup_own_tasks(hierarchy, group->path, tasks->uid, tasks->gid, err);
        if (r >= 0)
                r = cgroup_set_modes(hierarchy, group->path, &options->modes, groups->arena, err);
        return r;
}

static int read_owner(const struct groups *groups, const char *word, struct user *ret_owner, struct ward_err *err)
{
        _cleanup_close_
        int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC); /* host path: the owner is a user of the machine */

        if (root < 0)
                return err_errno(err, "open '/'");
        return user_read(root, word, groups->arena, ret_owner, err);
}

int group_create(const struct groups *groups, const struct group *group, const struct group_create *options,
                 struct ward_err *err)
{
        const struct cgroup_layout *layout = &groups->layout;
        unsigned made[CGROUP_HIERARCHY_MAX] = {0};
        struct user owner = {0}, tasks = {0};
        size_t done = 0;
        int r = cgroup_path_check(group->path, err);

        if (r >= 0 && options->threaded && cgroup_unified(layout) == NULL) {
                (void)err_set(err, -EOPNOTSUPP, "make a threaded group: it needs cgroup v2, which is not mounted here");
                return err_hint(err, "a group of v1 takes single threads as it is: ward cgroup classify --threads");
        }
        if (r >= 0 && options->owner != NULL)
                r = read_owner(groups, options->owner, &owner, err);
        if (r >= 0 && options->tasks != NULL)
                r = read_owner(groups, options->tasks, &tasks, err);
        for (size_t i = 0; r >= 0 && i < layout->count; i++, done = i) {
                if ((group->hierarchies & 1U << i) == 0)
                        continue;
                r = make_one(groups, &layout->hierarchies[i], group, options, &made[i], err);
                if (r >= 0)
                        r = finish_one(groups, &layout->hierarchies[i], group, options, &owner, &tasks, err);
                if (r < 0)
                        done = i;
        }
        for (size_t i = 0; r < 0 && i <= done && i < layout->count; i++)
                if (made[i] > 0)
                        (void)cgroup_remove(&layout->hierarchies[i], group->path, made[i] - 1, REMOVE_TIMEOUT_MSEC,
                                            NULL);
        return r;
}

/* ---- deleting ---- */

/*
 * Who gives controllers to groups below him can have no processes of his own (cgroups(7), "no internal processes"): the group @above takes them back if
 * those of @paths are all that is below; else who is moved goes beside them. *@ret_to is where to.
 */
static int make_way(const struct groups *groups, const struct cgroup_hierarchy *hierarchy, const char *above,
                    const char *const *paths, size_t count, const char **ret_to, struct ward_err *err)
{
        int r = cgroup_only_below(hierarchy, above, paths[0], err);

        if (r > 0) {
                /* From the lowest on: what has it given to others can't be taken from (-EBUSY). */
                for (size_t i = count; r >= 0 && i > 0; i--)
                        r = cgroup_withdraw(hierarchy, paths[i - 1], err);
                *ret_to = above;
                return r < 0 ? r : cgroup_withdraw(hierarchy, above, err);
        }
        if (r >= 0)
                r = cgroup_vacate(hierarchy, above, err);
        if (r < 0)
                return r;
        *ret_to = arena_concat(groups->arena, above, "/" CGROUP_CALLERS);
        return *ret_to == NULL ? err_oom(err) : 0;
}

/* Moves who is in the group or below it to the one above. */
static int move_up(const struct groups *groups, const struct cgroup_hierarchy *hierarchy, const char *path,
                   struct ward_err *err)
{
        const char *above = path_above(groups->arena, path);
        const char *const *paths, *to = above;
        size_t count;
        int r = above == NULL ? err_oom(err) : cgroup_tree(hierarchy, path, groups->arena, &paths, &count, err);

        for (size_t i = 0; r >= 0 && i < count; i++) {
                const pid_t *pids;
                size_t pid_count;

                r = cgroup_members(hierarchy, paths[i], groups->arena, &pids, &pid_count, err);
                for (size_t j = 0; r >= 0 && j < pid_count; j++) {
                        r = cgroup_move(hierarchy, to, pids[j], false, err);
                        if (r == -EBUSY && hierarchy->version == 2 && to == above) {
                                r = make_way(groups, hierarchy, above, paths, count, &to, err);
                                if (r >= 0)
                                        r = cgroup_move(hierarchy, to, pids[j], false, err);
                        }
                        if (r == -ESRCH)
                                r = 0;
                }
        }
        return r;
}

static int check_below(const struct groups *groups, const struct cgroup_hierarchy *hierarchy, const char *path,
                       struct ward_err *err)
{
        const char *const *paths;
        size_t count;
        int r = cgroup_tree(hierarchy, path, groups->arena, &paths, &count, err);

        if (r < 0 || count == 1)
                return r;
        (void)err_set(err, -ENOTEMPTY,
                      "delete the control group '%s': %zu groups are below it in '%s', the first is '%s'", path,
                      count - 1, hierarchy->mount, paths[1]);
        return err_hint(err, "-r deletes them, too");
}

/* Before anything is removed: nobody may be in the group or below it in any of the hierarchies. */
static int check_empty(const struct cgroup_layout *layout, const char *path, struct ward_err *err)
{
        _cleanup_free_ pid_t *pids = NULL;
        size_t count;
        int r = cgroup_pids(layout, path, &pids, &count, err);

        if (r < 0 || count == 0)
                return r;
        (void)err_set(err, -EBUSY,
                      "delete the control group '%s': %zu processes are in it or below it, the first is %d", path,
                      count, (int)pids[0]);
        return err_hint(err, "--move moves them to the group above, --kill ends them");
}

int group_delete(const struct groups *groups, struct group *group, bool below, enum group_leave leave,
                 struct ward_err *err)
{
        const struct cgroup_layout *layout = &groups->layout;
        struct cgroup_layout its = {.count = 0};
        int r = cgroup_path_check(group->path, err);

        if (r >= 0)
                r = group_find(groups, group, err);
        if (r >= 0)
                its = group_layout(groups, group);
        for (size_t i = 0; r >= 0 && !below && i < layout->count; i++)
                if ((group->hierarchies & 1U << i) != 0)
                        r = check_below(groups, &layout->hierarchies[i], group->path, err);
        if (r >= 0 && leave == GROUP_LEAVE_KILL)
                r = cgroup_kill(&its, group->path, KILL_TIMEOUT_MSEC, err);
        if (r >= 0 && leave == GROUP_LEAVE_REFUSE)
                r = check_empty(&its, group->path, err);
        /* Where it can fail it is tried first, and everything before anything is removed. */
        for (int version = 2; leave == GROUP_LEAVE_MOVE && version >= 1; version--)
                for (size_t i = 0; r >= 0 && i < layout->count; i++)
                        if ((group->hierarchies & 1U << i) != 0 && layout->hierarchies[i].version == version)
                                r = move_up(groups, &layout->hierarchies[i], group->path, err);
        for (size_t i = 0; r >= 0 && i < layout->count; i++) {
                const struct cgroup_hierarchy *hierarchy = &layout->hierarchies[i];

                if ((group->hierarchies & 1U << i) == 0)
                        continue;
                r = cgroup_remove(hierarchy, group->path, 0, REMOVE_TIMEOUT_MSEC, err);
                if (r == -EBUSY && leave == GROUP_LEAVE_REFUSE)
                        (void)err_hint(err, "--move moves them to the group above, --kill ends them");
        }
        return r;
}

/* ---- all of its processes ---- */

struct cgroup_layout group_layout(const struct groups *groups, const struct group *group)
{
        struct cgroup_layout its = {.mixed = true};

        for (size_t i = 0; i < groups->layout.count; i++)
                if ((group->hierarchies & 1U << i) != 0)
                        its.hierarchies[its.count++] = groups->layout.hierarchies[i];
        return its;
}

/* Everybody who is in the group, wherever, has to be in it where it is frozen. */
static int check_freezable(const struct cgroup_layout *its, const char *path, struct ward_err *err)
{
        const struct cgroup_hierarchy *freezer = cgroup_with(its, CGROUP_FREEZER);
        _cleanup_free_ pid_t *all = NULL, *in = NULL;
        struct cgroup_layout one = {.count = 1};
        size_t all_count, in_count, found = 0;
        int r;

        if (freezer == NULL || cgroup_there(freezer, path) <= 0)
                freezer = cgroup_unified(its);
        if (freezer == NULL)
                return 0; /* cgroup_freeze() says it */
        one.hierarchies[0] = *freezer;
        r = cgroup_pids(its, path, &all, &all_count, err);
        if (r >= 0)
                r = cgroup_pids(&one, path, &in, &in_count, err);
        for (size_t i = 0; r >= 0 && i < all_count; i++) {
                while (found < in_count && in[found] < all[i])
                        found++;
                if (found < in_count && in[found] == all[i])
                        continue;
                (void)err_set(err, -EOPNOTSUPP,
                              "freeze the control group '%s': process %d is not in it in '%s', where groups are "
                              "frozen",
                              path, (int)all[i], freezer->mount);
                return err_hint(err, "move it there: ward cgroup classify -g %s:%s %d", freezer->identity, path,
                                (int)all[i]);
        }
        return r;
}

int group_freeze(const struct groups *groups, const struct group *group, bool frozen, struct ward_err *err)
{
        const struct cgroup_layout its = group_layout(groups, group);
        int r = frozen ? check_freezable(&its, group->path, err) : 0;

        return r < 0 ? r : cgroup_freeze(&its, group->path, frozen, FREEZE_TIMEOUT_MSEC, err);
}

int group_kill(const struct groups *groups, const struct group *group, int signal, struct ward_err *err)
{
        const struct cgroup_layout its = group_layout(groups, group);

        return signal == SIGKILL ? cgroup_kill(&its, group->path, KILL_TIMEOUT_MSEC, err)
                                 : cgroup_signal(&its, group->path, signal, err);
}

/* ---- entering ---- */

int group_enter(const struct groups *groups, const struct group *group, struct ward_err *err)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < groups->layout.count; i++)
                if ((group->hierarchies & 1U << i) != 0)
                        r = cgroup_enter(&groups->layout.hierarchies[i], group->path, err);
        return r;
}

int group_classify(const struct groups *groups, const struct group *group, pid_t pid, bool thread, struct ward_err *err)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < groups->layout.count; i++)
                if ((group->hierarchies & 1U << i) != 0)
                        r = cgroup_move(&groups->layout.hierarchies[i], group->path, pid, thread, err);
        return r;
}
