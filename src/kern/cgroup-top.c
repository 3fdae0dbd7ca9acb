/* SPDX-License-Identifier: Apache-2.0 */
/* Which groups there are: found at first, and told by inotify(7) from then on; see cgroup-top.h. cgroup-top-read.c reads them. */
#include "kern/cgroup-top.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/cgroup-private.h"
#include "kern/cgroup-top-private.h"

#define BUCKETS_FIRST 1024
#define BIT(hierarchy) (UINT32_C(1) << (hierarchy))

/* IN_MODIFY comes for every file of the directory that somebody writes to. */
#define WATCHED (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY | IN_ONLYDIR)

/* ---- finding a group by its parent and name, or by a watch ---- */

static size_t hash_name(const struct cgroup_top *tree, const struct tree_node *parent, const char *name)
{
        uint64_t hash = UINT64_C(14695981039346656037) ^ parent->group.id;

        for (; *name != '\0'; name++)
                hash = (hash ^ (unsigned char)*name) * UINT64_C(1099511628211);
        return (size_t)(hash ^ hash >> 32) & (tree->buckets - 1);
}

static size_t hash_watch(const struct cgroup_top *tree, int wd)
{
        return (size_t)(unsigned)wd & (tree->buckets - 1);
}

static struct tree_node *node_find(const struct cgroup_top *tree, const struct tree_node *parent, const char *name)
{
        struct tree_node *node = tree->nodes[hash_name(tree, parent, name)];

        while (node != NULL && !(node->group.parent == &parent->group && strcmp(node->group.name, name) == 0))
                node = node->next;
        return node;
}

static struct tree_node *node_of(const struct cgroup_group *group)
{
        return (struct tree_node *)(void *)(uintptr_t)group;
}

const struct cgroup_group *cgroup_top_next(const struct cgroup_group *group)
{
        if (group->child != NULL)
                return group->child;
        while (group != NULL && group->next == NULL)
                group = group->parent;
        return group == NULL ? NULL : group->next;
}

static void hash_node(struct cgroup_top *tree, struct tree_node *node)
{
        struct tree_node **bucket = &tree->nodes[hash_name(tree, node_of(node->group.parent), node->group.name)];

        node->next = *bucket;
        *bucket = node;
}

static void hash_watched(struct cgroup_top *tree, struct tree_watch *watch)
{
        struct tree_watch **bucket = &tree->watches[hash_watch(tree, watch->wd)];

        watch->next = *bucket;
        *bucket = watch;
}

/* Twice as many buckets, when there are as many groups as buckets. There are several watches for each group. */
static int grow(struct cgroup_top *tree)
{
        size_t buckets = tree->buckets == 0 ? BUCKETS_FIRST : tree->buckets * 2;
        struct tree_node **nodes = calloc(buckets, sizeof(struct tree_node *));
        struct tree_watch **watches = calloc(buckets, sizeof(struct tree_watch *));

        if (nodes == NULL || watches == NULL) {
                free(nodes);
                free(watches);
                return -ENOMEM;
        }
        free(tree->nodes);
        free(tree->watches);
        tree->nodes = nodes;
        tree->watches = watches;
        tree->buckets = buckets;
        for (const struct cgroup_group *group = tree->top == NULL ? NULL : &tree->top->group; group != NULL;
             group = cgroup_top_next(group)) {
                struct tree_node *node = node_of(group);

                if (node != tree->top)
                        hash_node(tree, node);
                for (size_t i = 0; i < tree->layout->count; i++)
                        if (node->watches[i].wd >= 0)
                                hash_watched(tree, &node->watches[i]);
        }
        return 0;
}

/* ---- groups come and go ---- */

static struct tree_node *node_new(struct cgroup_top *tree, struct tree_node *parent, const char *path, const char *name)
{
        size_t base = strcmp(path, "/") == 0 ? 0 : strlen(path), len = name == NULL ? 0 : strlen(name) + 1;
        size_t head = sizeof(struct tree_node) + tree->layout->count * sizeof(struct tree_watch);
        struct tree_node *node;
        char *copy;

        if (tree->count >= tree->buckets && grow(tree) < 0)
                return NULL;
        node = calloc(1, head + base + len + 2);
        if (node == NULL)
                return NULL;
        copy = (char *)node + head;
        (void)snprintf(copy, base + len + 2, "%s%s%s", base == 0 && name != NULL ? "" : path, name == NULL ? "" : "/",
                       name == NULL ? "" : name);
        node->group.id = ++tree->next_id;
        node->group.path = copy;
        node->group.name = strrchr(copy, '/') + 1;
        for (size_t i = 0; i < CGROUP_SOURCE_COUNT; i++)
                node->files[i] = FILE_UNOPENED;
        for (unsigned i = 0; i < tree->layout->count; i++)
                node->watches[i] = (struct tree_watch){.wd = -1, .hierarchy = i, .node = node};
        tree->count++;
        if (parent == NULL)
                return node;
        node->group.depth = parent->group.depth + 1;
        node->group.parent = &parent->group;
        node->group.next = parent->group.child;
        if (node->group.next != NULL)
                node->group.next->previous = &node->group;
        parent->group.child = &node->group;
        hash_node(tree, node);
        return node;
}

static void unwatch(struct cgroup_top *tree, struct tree_watch *watch)
{
        struct tree_watch **at = watch->wd < 0 ? NULL : &tree->watches[hash_watch(tree, watch->wd)];

        if (at == NULL)
                return;
        while (*at != watch)
                at = &(*at)->next;
        *at = watch->next;
        /* The directory of a group that has gone stays in memory until then. All watches go with their descriptor. */
        if (tree->inotify >= 0)
                (void)inotify_rm_watch(tree->inotify, watch->wd);
        watch->wd = -1;
}

static void node_free(struct cgroup_top *tree, struct tree_node *node)
{
        struct cgroup_group *group = &node->group;

        for (size_t i = 0; node->queued != 0 && i < tree->queued; i++)
                if (tree->queue[i].node == node)
                        tree->queue[i].node = NULL;
        for (size_t i = 0; i < CGROUP_SOURCE_COUNT; i++)
                cgroup_top_drop(tree, node, i, FILE_UNOPENED);
        for (size_t i = 0; i < tree->layout->count; i++)
                unwatch(tree, &node->watches[i]);
        if (group->parent != NULL) {
                struct tree_node **at = &tree->nodes[hash_name(tree, node_of(group->parent), group->name)];

                while (*at != node)
                        at = &(*at)->next;
                *at = node->next;
                if (group->previous != NULL)
                        group->previous->next = group->next;
                else
                        group->parent->child = group->next;
                if (group->next != NULL)
                        group->next->previous = group->previous;
        }
        tree->count--;
        free(group->label);
        free(node);
}

/* The deepest of the groups that were made first below @group, or itself: children before parents. */
static struct cgroup_group *deepest(struct cgroup_group *group)
{
        while (group->child != NULL)
                group = group->child;
        return group;
}

/* A hierarchy has a group, and so those below it, no more; one that no hierarchy has is forgotten, but for the top. */
static void leave(struct cgroup_top *tree, struct tree_node *top, unsigned hierarchy)
{
        struct cgroup_group *group = deepest(&top->group), *next;

        for (bool last = false; !last; group = next) {
                struct tree_node *node = node_of(group);

                last = node == top;
                next = last ? NULL : group->next != NULL ? deepest(group->next) : group->parent;
                if ((node->in & BIT(hierarchy)) == 0)
                        continue;
                node->in &= ~BIT(hierarchy);
                for (size_t i = 0; i < CGROUP_SOURCE_COUNT; i++)
                        if (tree->sources[i].hierarchy == (int)hierarchy)
                                cgroup_top_drop(tree, node, i, FILE_UNOPENED);
                unwatch(tree, &node->watches[hierarchy]);
                if (node->in == 0 && group->parent != NULL)
                        node_free(tree, node);
        }
}

static int enqueue(struct cgroup_top *tree, struct tree_node *node, unsigned hierarchy)
{
        if ((node->queued & BIT(hierarchy)) != 0)
                return 0;
        if (tree->queued == tree->queue_room) {
                size_t room = tree->queue_room == 0 ? 256 : tree->queue_room * 2;
                struct tree_queued *queue = reallocarray(tree->queue, room, sizeof(*queue));

                if (queue == NULL)
                        return -ENOMEM;
                tree->queue = queue;
                tree->queue_room = room;
        }
        tree->queue[tree->queued++] = (struct tree_queued){node, hierarchy};
        node->queued |= BIT(hierarchy);
        return 0;
}

/* A hierarchy has a group: it will be listed, and read. */
static int enter(struct cgroup_top *tree, struct tree_node *node, unsigned hierarchy)
{
        node->in |= BIT(hierarchy);
        node->stale |= BIT(hierarchy);
        return enqueue(tree, node, hierarchy);
}

/* ---- listing directories ---- */

int cgroup_top_at(const struct cgroup_top *tree, const struct tree_node *node, unsigned hierarchy, const char *file,
                  int flags)
{
        const struct cgroup_hierarchy *in = &tree->layout->hierarchies[hierarchy];
        int fd;

        if (node->group.path[1] != '\0')
                return cgroup_open(in, node->group.path, file, flags);
        fd = openat(in->fd, file == NULL ? "." : file, flags | O_CLOEXEC | O_NOFOLLOW);
        return fd < 0 ? -errno : fd;
}

/* inotify takes names alone; this one is of the directory that is open, whatever it is called meanwhile. */
static void add_watch(struct cgroup_top *tree, struct tree_watch *watch, int directory)
{
        char name[FD_SELF_PATH_MAX];

        if (watch->wd >= 0)
                return;
        fd_self_path(directory, name);
        watch->wd = tree->inotify < 0 ? -1 : inotify_add_watch(tree->inotify, name, WATCHED);
        if (watch->wd < 0)
                tree->unwatched = true;
        else
                hash_watched(tree, watch);
}

/* What getdents64(2) fills in. */
struct entry {
        uint64_t ino, off;
        unsigned short len;
        unsigned char type;
        char name[];
};

static int meet(struct cgroup_top *tree, struct tree_node *parent, unsigned hierarchy, const char *name)
{
        struct tree_node *node;

        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
                return 0;
        node = node_find(tree, parent, name);
        if (node == NULL)
                node = node_new(tree, parent, parent->group.path, name);
        if (node == NULL)
                return -ENOMEM;
        node->met |= BIT(hierarchy);
        return (node->in & BIT(hierarchy)) != 0 ? 0 : enter(tree, node, hierarchy);
}

static int meet_all(struct cgroup_top *tree, struct tree_node *node, unsigned hierarchy, int directory)
{
        long n;

        while ((n = syscall(SYS_getdents64, directory, tree->text, sizeof(tree->text))) > 0)
                for (const char *at = tree->text; at < tree->text + n;) {
                        const struct entry *entry = (const struct entry *)(const void *)at;
                        int r = entry->type == DT_DIR ? meet(tree, node, hierarchy, entry->name) : 0;

                        if (r < 0)
                                return r;
                        at += entry->len;
                }
        return n < 0 ? -errno : 0;
}

/* A directory of cgroupfs has a link for each group in it beside its own two: most groups have none, and dozens of files to list. */
static bool has_groups(int directory)
{
        struct stat status;

        return fstat(directory, &status) < 0 || status.st_nlink != 2;
}

/* Lists the groups of one. The watch comes first: what is made meanwhile is in the list, or told, or both. */
static int list(struct cgroup_top *tree, struct tree_node *node, unsigned hierarchy)
{
        int r = 0;
        _cleanup_close_
        int directory = cgroup_top_at(tree, node, hierarchy, NULL, O_RDONLY | O_DIRECTORY);

        if (directory < 0) {
                /* It has gone, or is out of reach: too deep for a path, or not the caller's to see. */
                if (directory == -ENOENT || directory == -ENODEV)
                        leave(tree, node, hierarchy);
                tree->unwatched = true;
                return directory == -ENOMEM ? directory : 0;
        }
        add_watch(tree, &node->watches[hierarchy], directory);
        if (node->group.depth < tree->depth && has_groups(directory))
                r = meet_all(tree, node, hierarchy, directory);
        if (r < 0) {
                if (r == -ENOENT || r == -ENODEV)
                        leave(tree, node, hierarchy);
                return r == -ENOMEM ? r : 0;
        }
        for (struct cgroup_group *child = node->group.child, *next; child != NULL; child = next) {
                struct tree_node *below = node_of(child);

                next = child->next;
                if ((below->in & ~below->met & BIT(hierarchy)) != 0)
                        leave(tree, below, hierarchy);
                else
                        below->met &= ~BIT(hierarchy);
        }
        return 0;
}

/* Lists what is queued, and what is queued by that. */
static int list_queued(struct cgroup_top *tree)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < tree->queued; i++) {
                struct tree_queued queued = tree->queue[i];

                if (queued.node == NULL)
                        continue;
                queued.node->queued &= ~BIT(queued.hierarchy);
                tree->queue[i].node = NULL;
                if ((queued.node->in & BIT(queued.hierarchy)) != 0)
                        r = list(tree, queued.node, queued.hierarchy);
        }
        for (size_t i = 0; i < tree->queued; i++)
                if (tree->queue[i].node != NULL)
                        tree->queue[i].node->queued = 0;
        tree->queued = 0;
        return r;
}

/* ---- what inotify tells ---- */

/* Everything, @all; or what no watch tells of. */
static int enqueue_all(struct cgroup_top *tree, bool all)
{
        int r = 0;

        for (const struct cgroup_group *group = &tree->top->group; r >= 0 && group != NULL;
             group = cgroup_top_next(group)) {
                struct tree_node *node = node_of(group);

                for (unsigned i = 0; r >= 0 && i < tree->layout->count; i++)
                        if ((node->in & BIT(i)) != 0 && (all || node->watches[i].wd < 0)) {
                                node->stale |= BIT(i);
                                r = enqueue(tree, node, i);
                        }
        }
        return r;
}

static int heed(struct cgroup_top *tree, const struct inotify_event *event)
{
        struct tree_watch *watch = event->wd < 0 ? NULL : tree->watches[hash_watch(tree, event->wd)];
        struct tree_node *child;

        if ((event->mask & IN_Q_OVERFLOW) != 0)
                return enqueue_all(tree, true);
        while (watch != NULL && watch->wd != event->wd)
                watch = watch->next;
        /* It was told of one that has been taken away. */
        if (watch == NULL || event->len == 0)
                return 0;
        if ((event->mask & IN_MODIFY) != 0) {
                watch->node->stale |= BIT(watch->hierarchy);
                /* Files of the groups below come and go with it, without an event of their own. */
                if (strcmp(event->name, "cgroup.subtree_control") == 0)
                        for (struct cgroup_group *group = watch->node->group.child; group != NULL; group = group->next)
                                node_of(group)->stale |= BIT(watch->hierarchy);
        }
        if ((event->mask & IN_ISDIR) == 0 || watch->node->group.depth >= tree->depth)
                return 0;
        /* One that went and came back by the same name is another group. */
        child = (event->mask & (IN_DELETE | IN_MOVED_FROM)) == 0 ? NULL : node_find(tree, watch->node, event->name);
        if (child != NULL)
                leave(tree, child, watch->hierarchy);
        return (event->mask & (IN_CREATE | IN_MOVED_TO)) == 0 ? 0 : enqueue(tree, watch->node, watch->hierarchy);
}

static int heed_all(struct cgroup_top *tree)
{
        char events[8192] __attribute__((aligned(8)));
        ssize_t n;

        while (tree->inotify >= 0 && (n = read(tree->inotify, events, sizeof(events))) > 0)
                for (const char *at = events; at < events + n;) {
                        const struct inotify_event *event = (const struct inotify_event *)(const void *)at;
                        int r = heed(tree, event);

                        if (r < 0)
                                return r;
                        at += sizeof(*event) + event->len;
                }
        return 0;
}

/* ---- a round ---- */

/* No watch tells of the group that was asked for itself: a hierarchy can come to have it, or another one of its path, or none. */
static int enter_top(struct cgroup_top *tree)
{
        for (unsigned i = 0; i < tree->layout->count; i++) {
                bool is_in = (tree->top->in & BIT(i)) != 0;
                struct stat status;
                _cleanup_close_
                int fd = -EBADF;
                int r = 0;

                if ((tree->used & BIT(i)) == 0 || (is_in && tree->top->group.path[1] == '\0'))
                        continue;
                fd = cgroup_top_at(tree, tree->top, i, NULL, O_PATH | O_DIRECTORY);
                if (fd < 0 || fstat(fd, &status) < 0)
                        status.st_ino = 0;
                if (is_in && status.st_ino != tree->top_inodes[i])
                        leave(tree, tree->top, i);
                tree->top_inodes[i] = status.st_ino;
                if (fd >= 0 && (tree->top->in & BIT(i)) == 0)
                        r = enter(tree, tree->top, i);
                if (r < 0)
                        return r;
        }
        return 0;
}

int cgroup_top_round(struct cgroup_top *tree, const struct cgroup_group **ret_top, size_t *ret_count,
                     struct ward_err *err)
{
        int r = heed_all(tree);

        if (r >= 0)
                r = enter_top(tree);
        if (r >= 0 && tree->unwatched) {
                tree->unwatched = false;
                r = enqueue_all(tree, false);
        }
        if (r >= 0)
                r = list_queued(tree);
        if (r < 0)
                return err_oom(err);
        if (tree->top->in == 0)
                return err_set(err, -ENOENT, "the control group '%s' has gone", tree->top->group.path);
        for (const struct cgroup_group *group = &tree->top->group; group != NULL; group = cgroup_top_next(group))
                cgroup_top_read(tree, node_of(group));
        *ret_top = &tree->top->group;
        *ret_count = tree->count;
        return 0;
}

/* ---- what is wanted ---- */

static int source_hierarchy(const struct cgroup_layout *layout, const struct cgroup_source *source)
{
        const struct cgroup_hierarchy *hierarchy = source->controller == CGROUP_CONTROLLER_COUNT
                                                           ? cgroup_unified(layout)
                                                           : cgroup_with(layout, source->controller);

        if (hierarchy == NULL || (source->version != 0 && source->version != hierarchy->version))
                return -1;
        return (int)(hierarchy - layout->hierarchies);
}

static void want(struct cgroup_top *tree, const struct cgroup_top_options *options)
{
        tree->figures = options->figures;
        tree->kernel_threads = options->kernel_threads;
        for (size_t i = 0; i < CGROUP_SOURCE_COUNT; i++) {
                uint32_t gives = cgroup_source_gives(&cgroup_sources[i]) & options->figures;
                int hierarchy = gives == 0 ? -1 : source_hierarchy(tree->layout, &cgroup_sources[i]);

                tree->sources[i].gives = gives;
                tree->sources[i].hierarchy = hierarchy;
                tree->used |= hierarchy < 0 ? 0 : BIT(hierarchy);
        }
}

/* Whether a hierarchy's root is the machine's, and not that of a cgroup namespace: cgroups(7) has the files. */
static bool is_machine(const struct cgroup_top *tree)
{
        const struct cgroup_hierarchy *first = &tree->layout->hierarchies[0];

        if (tree->top->group.path[1] != '\0' || tree->layout->count == 0)
                return false;
        return first->version == 2 ? !fd_has(first->fd, "cgroup.events") : fd_has(first->fd, "release_agent");
}

int cgroup_top_open(const struct cgroup_layout *layout, const struct cgroup_top_options *options,
                    struct cgroup_top **ret_tree, struct ward_err *err)
{
        _cleanup_cgroup_top_ struct cgroup_top *tree = calloc(1, sizeof(*tree));
        const char *path = options->path + strspn(options->path, "/");
        char clean[PATH_MAX];
        size_t len = strlen(path);

        if (tree == NULL)
                return err_oom(err);
        tree->inotify = -EBADF;
        if (*path != '\0' && cgroup_path_check(path, err) < 0)
                return err_wrap(err, "show the control group '%s'", options->path);
        while (len > 0 && path[len - 1] == '/')
                len--;
        (void)snprintf(clean, sizeof(clean), "/%.*s", (int)len, path);
        tree->layout = layout;
        tree->depth = options->depth;
        tree->files_max = options->files_max;
        tree->top = grow(tree) < 0 ? NULL : node_new(tree, NULL, clean, NULL);
        if (tree->top == NULL)
                return err_oom(err);
        tree->machine = is_machine(tree);
        want(tree, options);
        if (enter_top(tree) < 0)
                return err_oom(err);
        if (tree->top->in == 0 && layout->count == 0) {
                (void)err_set(err, -ENOENT, "no hierarchy of control groups is mounted");
                return err_hint(err, "mount one: mount -t cgroup2 none /sys/fs/cgroup");
        }
        if (tree->top->in == 0)
                return err_set(err, -ENOENT, "no hierarchy has a control group '%s'", clean);
        tree->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        *ret_tree = TAKE_PTR(tree);
        return 0;
}

void cgroup_top_close(struct cgroup_top *tree)
{
        if (tree == NULL)
                return;
        tree->inotify = fd_close(tree->inotify);
        while (tree->top != NULL) {
                struct tree_node *node = node_of(deepest(&tree->top->group));

                if (node == tree->top)
                        tree->top = NULL;
                node_free(tree, node);
        }
        free(tree->nodes);
        free(tree->watches);
        free(tree->queue);
        free(tree);
}
