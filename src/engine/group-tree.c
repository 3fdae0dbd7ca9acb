/* SPDX-License-Identifier: Apache-2.0 */
/* The groups of several hierarchies as one tree; see group.h. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "engine/group.h"

#define COMMAND_MAX 4096 /* of a command line that is read */

/* By name, component by component: a slash comes before everything else. */
static int path_compare(const char *a, const char *b)
{
        while (*a != '\0' && *a == *b) {
                a++;
                b++;
        }
        return (*a == '/' ? 1 : *(const unsigned char *)a) - (*b == '/' ? 1 : *(const unsigned char *)b);
}

static int node_compare(const void *a, const void *b)
{
        return path_compare(((const struct group_node *)a)->path, ((const struct group_node *)b)->path);
}

static int pid_compare(const void *a, const void *b)
{
        return (*(const pid_t *)a > *(const pid_t *)b) - (*(const pid_t *)a < *(const pid_t *)b);
}

static unsigned depth_of(const char *path)
{
        unsigned depth = 0;

        for (const char *c = path; *c != '\0'; c++)
                depth += *c == '/' && c[1] != '\0' && c[1] != '/';
        return depth;
}

/* Adds the groups of one hierarchy; each is a node of its own until they are merged. */
static int add_hierarchy(const struct groups *groups, const struct group *group, size_t index, bool pids,
                         struct group_node **nodes, size_t *count, struct ward_err *err)
{
        const struct cgroup_hierarchy *hierarchy = &groups->layout.hierarchies[index];
        const char *const *paths;
        struct group_node *longer;
        size_t found;
        int r = cgroup_tree(hierarchy, group->path, groups->arena, &paths, &found, err);

        if (r < 0)
                return r;
        longer = arena_new(groups->arena, struct group_node, *count + found + 1);
        if (longer == NULL)
                return err_oom(err);
        if (*count > 0)
                memcpy(longer, *nodes, *count * sizeof(*longer));
        for (size_t i = 0; i < found; i++) {
                struct group_node node = {.path = paths[i], .hierarchies = 1U << index};

                node.depth = depth_of(paths[i]) - depth_of(group->path);
                r = pids ? cgroup_members(hierarchy, paths[i], groups->arena, &node.pids, &node.pid_count, err) : 0;
                if (r == -ENOENT || r == -ENODEV)
                        continue; /* it has just gone */
                if (r < 0)
                        return r;
                longer[(*count)++] = node;
        }
        *nodes = longer;
        return 0;
}

/* @into gets the processes of @from. */
static int merge_pids(struct arena *arena, struct group_node *into, const struct group_node *from)
{
        pid_t *pids = arena_new(arena, pid_t, into->pid_count + from->pid_count + 1);
        size_t kept = 0, count = into->pid_count;

        if (pids == NULL)
                return -ENOMEM;
        if (count > 0)
                memcpy(pids, into->pids, count * sizeof(*pids));
        if (from->pid_count > 0)
                memcpy(pids + count, from->pids, from->pid_count * sizeof(*pids));
        count += from->pid_count;
        qsort(pids, count, sizeof(*pids), pid_compare);
        for (size_t i = 0; i < count; i++)
                if (kept == 0 || pids[kept - 1] != pids[i])
                        pids[kept++] = pids[i];
        into->pids = pids;
        into->pid_count = kept;
        return 0;
}

/* Who is in the root of one hierarchy and in a group of another is shown there alone. */
static int thin_root(struct arena *arena, struct group_node *nodes, size_t count)
{
        struct group_node others = {0};
        pid_t *kept = arena_new(arena, pid_t, nodes[0].pid_count + 1);
        size_t n = 0;

        if (kept == NULL)
                return -ENOMEM;
        for (size_t i = 1; i < count; i++)
                if (nodes[i].pid_count > 0 && merge_pids(arena, &others, &nodes[i]) < 0)
                        return -ENOMEM;
        for (size_t i = 0; i < nodes[0].pid_count; i++)
                if (others.pid_count == 0 || bsearch(&nodes[0].pids[i], others.pids, others.pid_count,
                                                     sizeof(*others.pids), pid_compare) == NULL)
                        kept[n++] = nodes[0].pids[i];
        nodes[0].pids = kept;
        nodes[0].pid_count = n;
        return 0;
}

int group_tree(const struct groups *groups, const struct group *group, bool pids, struct group_node **ret_nodes,
               size_t *ret_count, struct ward_err *err)
{
        struct group_node *nodes = NULL;
        size_t count = 0, kept = 0;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < groups->layout.count; i++)
                if ((group->hierarchies & 1U << i) != 0)
                        r = add_hierarchy(groups, group, i, pids, &nodes, &count, err);
        if (r < 0)
                return r;
        if (count > 0)
                qsort(nodes, count, sizeof(*nodes), node_compare);
        for (size_t i = 0; i < count; i++) {
                if (kept == 0 || strcmp(nodes[kept - 1].path, nodes[i].path) != 0) {
                        nodes[kept++] = nodes[i];
                        continue;
                }
                nodes[kept - 1].hierarchies |= nodes[i].hierarchies;
                if (nodes[i].pid_count > 0 && merge_pids(groups->arena, &nodes[kept - 1], &nodes[i]) < 0)
                        return err_oom(err);
        }
        if (kept > 0 && strcmp(nodes[0].path, "/") == 0 && thin_root(groups->arena, nodes, kept) < 0)
                return err_oom(err);
        *ret_nodes = nodes;
        *ret_count = kept;
        return 0;
}

const char *group_process_name(struct arena *arena, pid_t pid)
{
        _cleanup_free_ char *text = NULL, *name = NULL;
        char path[48];
        size_t len = 0;

        (void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
        (void)fd_read_file(AT_FDCWD, path, COMMAND_MAX * 32, &text, &len, NULL);
        while (len > 0 && text[len - 1] == '\0')
                len--;
        len = len > COMMAND_MAX ? COMMAND_MAX : len;
        for (size_t i = 0; i < len; i++)
                text[i] = text[i] == '\0' ? ' ' : text[i];
        if (len > 0)
                return arena_strndup(arena, text, len);
        (void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
        if (fd_read_file(AT_FDCWD, path, 64, &name, NULL, NULL) < 0)
                return "?";
        return arena_printf(arena, "[%.*s]", (int)strcspn(name, "\n"), name);
}
