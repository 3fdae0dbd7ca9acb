/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which hierarchies there are, where they are mounted, and which group the caller is in: cgroups(7), proc_pid_cgroup(5),
 * proc_pid_mountinfo(5).
 *
 * Each line of /proc/self/cgroup is a hierarchy; its mount is looked for in /proc/self/mountinfo. This is read at every start of a
 * container, so it takes two system calls for each hierarchy, three for the controllers of v2, and seven for the two files. openat(2)
 * by name: musl's open(3) makes another call for O_CLOEXEC, as kernels before 2.6.23 needed it.
 */
#include "kern/cgroup.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/procfs.h"
#include "kern/cgroup-private.h"

#define MOUNTINFO_MAX (64UL << 20) /* a host with a hundred thousand mounts */
#define SELF_CGROUP_MAX 65536      /* PATH_MAX for each of at most CGROUP_HIERARCHY_MAX lines */
#define MOUNT_MAX 64               /* cgroup mounts that are looked at; a hierarchy can be mounted many times */

const char *const cgroup_controller_names[CGROUP_CONTROLLER_COUNT] = {
        [CGROUP_CPU] = "cpu",         [CGROUP_CPUACCT] = "cpuacct",   [CGROUP_CPUSET] = "cpuset",
        [CGROUP_MEMORY] = "memory",   [CGROUP_DEVICES] = "devices",   [CGROUP_FREEZER] = "freezer",
        [CGROUP_BLKIO] = "blkio",     [CGROUP_PIDS] = "pids",         [CGROUP_HUGETLB] = "hugetlb",
        [CGROUP_NET_CLS] = "net_cls", [CGROUP_NET_PRIO] = "net_prio", [CGROUP_PERF_EVENT] = "perf_event",
        [CGROUP_RDMA] = "rdma",       [CGROUP_MISC] = "misc",         [CGROUP_DMEM] = "dmem",
};

/* One line of mountinfo that mounts a hierarchy; all strings are inside the text. */
struct cgroup_mount {
        int version;
        const char *root;  /* which group of the hierarchy is mounted, as seen from the caller's cgroup namespace */
        const char *point; /* where */
        size_t point_len;
        const char *options; /* of the superblock: the controllers, or name=NAME */
        bool alone;          /* it is one option */
};

uint32_t cgroup_controller_bit(const char *name, size_t len)
{
        if (len == 2 && memcmp(name, "io", 2) == 0)
                return 1U << CGROUP_BLKIO;
        for (size_t i = 0; i < CGROUP_CONTROLLER_COUNT; i++)
                if (cgroup_controller_names[i][0] == name[0] && strncmp(cgroup_controller_names[i], name, len) == 0 &&
                    cgroup_controller_names[i][len] == '\0')
                        return 1U << i;
        return 0;
}

uint32_t cgroup_controllers_parse(const char *list, const char *separators)
{
        uint32_t bits = 0;

        for (;;) {
                size_t len = strcspn(list, separators);

                bits |= cgroup_controller_bit(list, len);
                if (list[len] == '\0')
                        return bits;
                list += len + 1;
        }
}

/* The line of a hierarchy's mount as such. False: it mounts something else. */
static bool mount_of(struct procfs_mount *line, struct cgroup_mount *ret_mount)
{
        int version = strcmp(line->type, "cgroup") == 0 ? 1 : strcmp(line->type, "cgroup2") == 0 ? 2 : 0;

        if (version == 0)
                return false;
        path_unescape(line->root);
        path_unescape(line->point);
        /* The first word is rw or ro. */
        if (line->options[0] == 'r' && line->options[1] != '\0' && line->options[2] == ',')
                line->options += 3;
        *ret_mount = (struct cgroup_mount){version,       line->root,
                                           line->point,   strlen(line->point),
                                           line->options, strchr(line->options, ',') == NULL};
        return true;
}

/* The next line that seems to mount a hierarchy; NULL: there is none. There may be thousands of others, and few of them have a dash.
 * A space within a field is written as \040. */
static char *line_of_hierarchy(char *mountinfo)
{
        char *at = mountinfo == NULL ? NULL : strchr(mountinfo, '-'), *newline;

        while (at != NULL &&
               (at == mountinfo || at[1] != ' ' || strncmp(at - 1, " - cgroup", strlen(" - cgroup")) != 0))
                at = strchr(at + 1, '-');
        if (at == NULL)
                return NULL;
        while ((newline = memchr(mountinfo, '\n', (size_t)(at - mountinfo))) != NULL)
                mountinfo = newline + 1;
        return mountinfo;
}

/* Fills in @mounts, at most MOUNT_MAX; returns how many. */
static size_t mounts_parse(char *mountinfo, struct cgroup_mount *mounts)
{
        struct procfs_mount mount;
        size_t count = 0;

        while (count < MOUNT_MAX && (mountinfo = line_of_hierarchy(mountinfo)) != NULL) {
                size_t i;

                if (procfs_next_mount(&mountinfo, &mount) <= 0 || !mount_of(&mount, &mounts[count]))
                        continue;
                /* A later mount on the same place hides the earlier one. */
                for (i = 0; i < count && (mounts[i].point_len != mounts[count].point_len ||
                                          memcmp(mounts[i].point, mounts[count].point, mounts[i].point_len) != 0);
                     i++)
                        ;
                mounts[i] = mounts[count];
                if (i == count)
                        count++;
        }
        return count;
}

static bool is_root(const char *path)
{
        return path[0] == '/' && path[1] == '\0';
}

/* The part of the group @path that lies below the group @root, with its slash; NULL when it does not lie there. */
static const char *path_below(const char *path, const char *root)
{
        size_t len;

        if (is_root(root))
                return path;
        len = strlen(root);
        if (strncmp(path, root, len) != 0)
                return NULL;
        if (path[len] == '\0')
                return "/";
        return path[len] == '/' ? path + len : NULL;
}

/* Whether a mount is the hierarchy of a /proc/self/cgroup line with this list. */
static bool is_of(const struct cgroup_mount *mount, const char *controllers)
{
        const char *options = mount->options;

        if (mount->version != 1 || (mount->alone && options[0] != controllers[0]))
                return false;
        for (;;) {
                size_t i = 0;

                while (controllers[i] != ',' && controllers[i] != '\0' && options[i] == controllers[i])
                        i++;
                if ((controllers[i] == ',' || controllers[i] == '\0') && (options[i] == ',' || options[i] == '\0'))
                        return true;
                while (options[i] != ',' && options[i] != '\0')
                        i++;
                if (options[i] == '\0')
                        return false;
                options += i + 1;
        }
}

/* The mount to work through: one of the whole hierarchy, else one with the caller's group in it, else the first. */
static struct cgroup_mount *mount_choose(struct cgroup_mount *mounts, size_t count, const char *controllers,
                                         const char *path)
{
        struct cgroup_mount *best = NULL;
        int best_rank = -1;

        for (struct cgroup_mount *mount = mounts; mount < mounts + count && best_rank < 2; mount++) {
                bool same = *controllers == '\0' ? mount->version == 2 : is_of(mount, controllers);
                int rank;

                if (!same)
                        continue;
                rank = is_root(mount->root) ? 2 : path_below(path, mount->root) != NULL ? 1 : 0;
                if (rank > best_rank) {
                        best = mount;
                        best_rank = rank;
                }
        }
        return best;
}

/* Most are the root. */
static const char *copy_group(struct arena *arena, const char *path)
{
        return is_root(path) ? "/" : arena_strdup(arena, path);
}

static int hierarchy_fill(struct arena *arena, const struct cgroup_mount *mount, const char *controllers,
                          const char *path, struct cgroup_hierarchy *ret_hierarchy, struct ward_err *err)
{
        const char *below = path_below(path, mount->root);
        struct cgroup_hierarchy hierarchy = {
                .version = mount->version, .identity = "unified", .name = "unified", .fd = -EBADF};

        hierarchy.mount = arena_strndup(arena, mount->point, mount->point_len);
        /* A group outside of what is mounted (the mount's root is "/../.." then) has no path here. */
        hierarchy.own_path = below == NULL ? "/" : copy_group(arena, below);
        hierarchy.root = copy_group(arena, mount->root);
        if (mount->version == 1)
                hierarchy.identity = arena_strdup(arena, controllers);
        if (hierarchy.mount == NULL || hierarchy.own_path == NULL || hierarchy.root == NULL ||
            hierarchy.identity == NULL)
                return err_oom(err);
        if (mount->version == 1) {
                const char *slash = memrchr(hierarchy.mount, '/', mount->point_len);

                hierarchy.name = slash == NULL ? hierarchy.mount : slash + 1;
                hierarchy.controllers = cgroup_controllers_parse(controllers, ",");
        }
        *ret_hierarchy = hierarchy;
        return 0;
}

/* The best mount of the hierarchy that @open takes. Returns 1; 0 when there is none. */
static int hierarchy_choose(struct arena *arena, struct cgroup_mount *mounts, size_t count, const char *controllers,
                            const char *path, cgroup_layout_open open, struct cgroup_hierarchy *ret_hierarchy,
                            struct ward_err *err)
{
        for (;;) {
                struct cgroup_mount *mount = mount_choose(mounts, count, controllers, path);
                int r = mount == NULL ? 0 : hierarchy_fill(arena, mount, controllers, path, ret_hierarchy, err);

                if (mount == NULL || r < 0)
                        return r;
                r = open == NULL ? 1 : open(ret_hierarchy, err);
                if (r != 0)
                        return r;
                mount->version = 0; /* what is hidden is no mount of any hierarchy */
        }
}

int cgroup_layout_parse(struct arena *arena, char *mountinfo, char *self_cgroup, cgroup_layout_open open,
                        struct cgroup_layout *ret_layout, struct ward_err *err)
{
        struct cgroup_mount mounts[MOUNT_MAX];
        size_t mount_count = mounts_parse(mountinfo, mounts);
        _cleanup_(cgroup_layout_done) struct cgroup_layout layout = {.count = 0};

        if (mount_count == 0)
                self_cgroup = NULL;
        /* "4:memory:/user.slice", "1:name=systemd:/", "0::/init.scope". The path can have colons and comes last. */
        for (char *line; (line = text_next(&self_cgroup, '\n')) != NULL;) {
                struct cgroup_hierarchy hierarchy;
                const char *controllers;
                int r;

                (void)text_next(&line, ':');
                controllers = text_next(&line, ':');
                if (line == NULL || *line != '/')
                        continue;
                r = hierarchy_choose(arena, mounts, mount_count, controllers, line, open, &hierarchy, err);
                if (r < 0)
                        return r;
                if (r > 0 && layout.count == CGROUP_HIERARCHY_MAX) {
                        (void)fd_close(hierarchy.fd);
                        return err_set(err, -E2BIG, "more than %d hierarchies are mounted", CGROUP_HIERARCHY_MAX);
                }
                if (r > 0)
                        layout.hierarchies[layout.count++] = hierarchy;
        }
        *ret_layout = layout;
        layout.count = 0;
        return 0;
}

/* What the root of a v2 hierarchy can give to its groups. The file is shown by one read(2). */
static uint32_t unified_controllers(int fd)
{
        char text[512];
        ssize_t n;
        _cleanup_close_
        int file = openat(fd, "cgroup.controllers", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

        if (file < 0)
                return 0;
        n = read(file, text, sizeof(text) - 1);
        if (n <= 0)
                return 0;
        text[n] = '\0';
        return cgroup_controllers_parse(text, " \n");
}

/* Opens the root and proves that it is cgroupfs. Returns 0 for a mount that is hidden behind another one, 1 otherwise. */
static int hierarchy_open(struct cgroup_hierarchy *hierarchy, struct ward_err *err)
{
        struct statfs fs;
        _cleanup_close_
        int fd = openat(AT_FDCWD, hierarchy->mount, O_PATH | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
                return 0;
        if (fd < 0)
                return err_errno(err, "open the cgroup mount '%s'", hierarchy->mount);
        if (fstatfs(fd, &fs) < 0)
                return err_errno(err, "find the file system of '%s'", hierarchy->mount);
        if (fs.f_type != (hierarchy->version == 2 ? CGROUP2_SUPER_MAGIC : CGROUP_SUPER_MAGIC))
                return 0;
        if (hierarchy->version == 2)
                hierarchy->controllers = unified_controllers(fd);
        hierarchy->fd = TAKE_FD(fd);
        return 1;
}

/* /proc/self/cgroup is made whole by the kernel for the first read(2) (single_open in fs/proc/base.c), which saves the one for EOF
 * when it fits. *@ret_large is for a text that does not. */
static int self_cgroup_read(char *text, size_t size, char **ret_large, struct ward_err *err)
{
        ssize_t n;
        _cleanup_close_
        int fd = openat(AT_FDCWD, "/proc/self/cgroup", O_RDONLY | O_CLOEXEC);

        /* A kernel without control groups has neither the file nor a mount. */
        if (fd < 0 && errno == ENOENT) {
                text[0] = '\0';
                return 0;
        }
        if (fd < 0)
                return err_errno(err, "open '/proc/self/cgroup'");
        n = read(fd, text, size - 1);
        if (n < 0)
                return err_errno(err, "read '/proc/self/cgroup'");
        if ((size_t)n == size - 1)
                return fd_read_file(AT_FDCWD, "/proc/self/cgroup", SELF_CGROUP_MAX, ret_large, NULL, err);
        text[n] = '\0';
        return 0;
}

int cgroup_layout_read(struct arena *arena, struct cgroup_layout *ret_layout, struct ward_err *err)
{
        _cleanup_free_ char *mountinfo = NULL, *large = NULL;
        char self_cgroup[2048];
        int r;

        r = fd_read_file(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &mountinfo, NULL, err);
        if (r >= 0)
                r = self_cgroup_read(self_cgroup, sizeof(self_cgroup), &large, err);
        if (r >= 0)
                r = cgroup_layout_parse(arena, mountinfo, large == NULL ? self_cgroup : large, hierarchy_open,
                                        ret_layout, err);
        if (r < 0)
                (void)err_wrap(err, "read the cgroup layout");
        return r;
}

/* Cuts a line "4:memory:/user.slice" up: its hierarchy's identity, and the path, which may have colons. */
static const char *cut_line(char *line, const char **ret_identity)
{
        (void)text_next(&line, ':');
        *ret_identity = text_next(&line, ':');
        if (*ret_identity != NULL && **ret_identity == '\0')
                *ret_identity = "unified";
        return *ret_identity == NULL || line == NULL || *line != '/' ? NULL : line;
}

int cgroup_paths_of(const struct cgroup_layout *layout, int proc_fd, pid_t pid, struct arena *arena,
                    const char *ret_paths[CGROUP_HIERARCHY_MAX], struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        char name[32], *rest;
        int r;

        (void)snprintf(name, sizeof(name), "%d/cgroup", pid);
        r = fd_read_file(proc_fd, name, SELF_CGROUP_MAX, &text, NULL, err);
        if (r < 0)
                return r;
        memset(ret_paths, 0, CGROUP_HIERARCHY_MAX * sizeof(*ret_paths));
        rest = text;
        for (char *line; (line = text_next(&rest, '\n')) != NULL;) {
                const char *identity, *path = cut_line(line, &identity), *below;

                for (size_t i = 0; path != NULL && i < layout->count; i++) {
                        const struct cgroup_hierarchy *hierarchy = &layout->hierarchies[i];

                        if (strcmp(hierarchy->identity, identity) != 0)
                                continue;
                        below = path_below(path, hierarchy->root);
                        ret_paths[i] = below == NULL ? NULL : arena_strdup(arena, below);
                        if (below != NULL && ret_paths[i] == NULL)
                                return err_oom(err);
                }
        }
        return 0;
}

void cgroup_layout_done(struct cgroup_layout *layout)
{
        for (size_t i = 0; i < layout->count; i++)
                layout->hierarchies[i].fd = fd_close(layout->hierarchies[i].fd);
        layout->count = 0;
}

const struct cgroup_hierarchy *cgroup_with(const struct cgroup_layout *layout, enum cgroup_controller controller)
{
        for (size_t i = 0; i < layout->count; i++)
                if ((layout->hierarchies[i].controllers & 1U << controller) != 0 && !layout->hierarchies[i].denied)
                        return &layout->hierarchies[i];
        return NULL;
}

const struct cgroup_hierarchy *cgroup_unified(const struct cgroup_layout *layout)
{
        for (size_t i = 0; i < layout->count; i++)
                if (layout->hierarchies[i].version == 2)
                        return &layout->hierarchies[i];
        return NULL;
}
