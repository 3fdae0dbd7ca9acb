/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OP_STEP: a root that begins empty is filled, in the order in which it was asked for.
 *
 * Sources are opened before there is a root (trees.c): what lies on the machine's root from then on would be a part of each clone of it. Destinations are resolved as all paths in the container (paths.c), but that the last component is never followed: nothing is
 * mounted on what a link leads to. What is missing stays when the sandbox ends, where it was made on a file system that does.
 */
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/stat.h>

#include "launch/child/child.h"
#include "launch/child/sys.h"

#define FLAG_PATH 010000000
#define FLAG_CLOEXEC 02000000
#define DIRECTORY_MODE 0755
#define FILE_MODE 0444
#define ANY_TYPE 0
#define DATA_MAX 4096 /* of a mount's options: mount(2) */

static const struct op_mount scratch = {.type = "tmpfs", .attr = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};

int child_do_scratch(struct child *child, const struct op *op)
{
        int fd = child_new_mount(child, &scratch, ""), r;

        (void)op;
        if (fd < 0)
                return fd;
        /* Attached, because no tree can be cloned from a mount that is not (open_tree(2), before Linux 6.15); below the root, and gone with
         * the pivot. */
        r = child_cover_root(child, fd);
        if (r >= 0)
                child->scratch = fd;
        return r;
}

/* Opens an entry of a directory that was resolved, not what a link there leads to. */
static int open_entry(int parent, const char *name)
{
        struct open_how how = {
                .flags = FLAG_PATH | O_NOFOLLOW | FLAG_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
        };

        return (int)sys4(openat2, parent, name, &how, sizeof(how));
}

static int open_directory(struct child *child, const char *path)
{
        return child_open(child, path, FLAG_PATH | O_DIRECTORY, 0);
}

/* Makes the directories of @path that are missing, one after the other, each below the one that was resolved before. */
static int make_parents(struct child *child, char path[static PATH_MAX], uint32_t mode)
{
        int parent = open_directory(child, "");

        for (uint32_t start = 0, end; parent >= 0; start = end + 1) {
                char kept;
                int fd, r;

                for (end = start; path[end] != '\0' && path[end] != '/'; end++)
                        ;
                kept = path[end];
                path[end] = '\0';
                r = (int)sys3(mkdirat, parent, path + start, mode);
                fd = r < 0 && r != -EEXIST ? r : open_directory(child, path);
                (void)sys1(close, parent);
                parent = fd;
                path[end] = kept;
                if (kept == '\0')
                        break;
        }
        return parent;
}

/* The directory that holds, or shall hold, the destination; *@ret_name is the last component, "." for the root itself. */
static int open_parent(struct child *child, const struct op_step *step, const char **ret_name)
{
        uint32_t slash = child_length(step->path);
        char path[PATH_MAX];
        int fd;

        child->step = STEP_MAKE_TARGET;
        if (slash >= sizeof(path))
                return -ENAMETOOLONG;
        *ret_name = slash == 0 ? "." : step->path;
        while (slash > 0 && step->path[slash] != '/')
                slash--;
        if (slash > 0)
                *ret_name = step->path + slash + 1;
        for (uint32_t i = 0; i < slash; i++)
                path[i] = step->path[i];
        path[slash] = '\0';
        fd = open_directory(child, path);
        return fd == -ENOENT ? make_parents(child, path, step->parent_mode) : fd;
}

static int make_target(struct child *child, const struct op_step *step, bool directory, uint32_t mode)
{
        const char *name;
        int parent = open_parent(child, step, &name), r;

        if (parent < 0)
                return parent;
        if (directory) {
                r = (int)sys3(mkdirat, parent, name, mode);
        } else {
                r = (int)sys4(openat, parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | FLAG_CLOEXEC,
                              mode);
                if (r >= 0)
                        (void)sys1(close, r);
        }
        r = r < 0 && r != -EEXIST ? r : open_entry(parent, name);
        (void)sys1(close, parent);
        return r;
}

/* O_PATH of the destination, made if it is missing. */
static int open_target(struct child *child, const struct op_step *step, bool directory, uint32_t mode)
{
        int fd, r;
        struct statx st;

        child->step = STEP_OPEN_TARGET;
        fd = child_open(child, step->path, FLAG_PATH | O_NOFOLLOW, 0);
        if (fd == -ENOENT)
                fd = make_target(child, step, directory, mode);
        if (fd < 0)
                return fd;
        child->step = STEP_OPEN_TARGET;
        r = (int)sys5(statx, fd, "", AT_EMPTY_PATH, STATX_TYPE, &st);
        if (r >= 0 && S_ISLNK(st.stx_mode)) {
                child->step = STEP_TARGET_SYMLINK;
                r = -ELOOP;
        } else if (r >= 0 && S_ISDIR(st.stx_mode) != directory) {
                child->step = STEP_TARGET_TYPE;
                r = directory ? -ENOTDIR : -EISDIR;
        }
        if (r < 0)
                (void)sys1(close, fd);
        return r < 0 ? r : fd;
}

/* Attaches @tree, and takes it. What covers the root is the root from here on. */
static int put(struct child *child, const struct op_step *step, int tree, int target)
{
        int r = child_attach(child, tree, target);

        if (r >= 0 && step->path[0] == '\0') {
                child->root = tree;
                return 0;
        }
        (void)sys1(close, tree);
        return r;
}

/* Makes the destination for @tree, attaches that, and takes it. */
static int put_at(struct child *child, const struct op_step *step, int tree, bool directory)
{
        int target = open_target(child, step, directory, directory ? DIRECTORY_MODE : FILE_MODE), r;

        if (target < 0) {
                (void)sys1(close, tree);
                return target;
        }
        r = put(child, step, tree, target);
        (void)sys1(close, target);
        return r;
}

static int clone_path(const char *path)
{
        return (int)sys3(open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
}

static int bind(struct child *child, const struct op_step *step)
{
        int tree = child->slots[step->slot], r;

        if (tree < 0)
                return 0; /* there was none, and it is optional */
        child->step = STEP_ATTRIBUTES;
        r = child_attributes(tree, AT_RECURSIVE, step->attr);
        if (r < 0 && !step->lax) {
                (void)sys1(close, tree);
                return r;
        }
        r = child_is_directory(tree, NULL);
        return r < 0 ? r : put_at(child, step, tree, r == 1);
}

static int new_file_system(struct child *child, const struct op_step *step)
{
        int tree = child_new_mount(child, step->mount, "");

        return tree < 0 ? tree : put_at(child, step, tree, true);
}

/* Covers @name below @directory with a read-only copy of itself, if this process could write there. */
static int protect(struct child *child, int directory, const char *name)
{
        int target, tree, r;

        r = (int)sys3(faccessat, directory, name, 2 /* W_OK */);
        if (r == -ENOENT || r == -EACCES || r == -EROFS)
                return 0;
        if (r < 0)
                return r;
        target = open_entry(directory, name);
        if (target < 0)
                return target;
        tree = (int)sys3(open_tree, target, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
        r = tree < 0 ? tree : child_attributes(tree, AT_RECURSIVE, MOUNT_ATTR_RDONLY);
        if (r >= 0)
                r = child_attach(child, tree, target);
        if (tree >= 0)
                (void)sys1(close, tree);
        (void)sys1(close, target);
        return r;
}

static int proc(struct child *child, const struct op_step *step)
{
        static const char *const settings[] = {"sys", "sysrq-trigger", "irq", "bus"};
        int tree, fd, r = 0;

        child->step = STEP_SOURCE;
        tree = step->mount != NULL ? child_new_mount(child, step->mount, "") : clone_path(step->source);
        if (tree >= 0 && step->mount == NULL)
                r = child_attributes(tree, AT_RECURSIVE, step->attr);
        if (tree < 0 || r < 0)
                return tree < 0 ? tree : r;
        r = put_at(child, step, tree, true);
        if (r < 0)
                return r;
        child->step = STEP_OPEN_TARGET;
        fd = child_open(child, step->path, FLAG_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS);
        if (fd < 0)
                return fd;
        child->step = STEP_ATTRIBUTES;
        for (uint32_t i = 0; r >= 0 && i < sizeof(settings) / sizeof(*settings); i++)
                r = protect(child, fd, settings[i]);
        (void)sys1(close, fd);
        return r;
}

/* The machine's node @source at @name of the new /dev. @minor -1: any character device. */
static int put_node(struct child *child, int dev, const char *name, const char *source, uint32_t major, int minor)
{
        struct statx st;
        int tree, target, r;

        child->step = STEP_SOURCE;
        tree = (int)sys3(open_tree, AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        if (tree < 0)
                return tree;
        r = (int)sys5(statx, tree, "", AT_EMPTY_PATH, STATX_TYPE, &st);
        if (r >= 0 && (!S_ISCHR(st.stx_mode) ||
                       (minor >= 0 && (st.stx_rdev_major != major || st.stx_rdev_minor != (uint32_t)minor))))
                r = -ENODEV;
        if (r >= 0)
                r = child_attributes(tree, 0, MOUNT_ATTR_NOSUID);
        child->step = STEP_NODE;
        target = r < 0 ? r
                       : (int)sys4(openat, dev, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | FLAG_CLOEXEC,
                                   FILE_MODE);
        if (target >= 0) {
                (void)sys1(close, target);
                target = open_entry(dev, name);
        }
        r = target < 0 ? target : child_attach(child, tree, target);
        if (target >= 0)
                (void)sys1(close, target);
        (void)sys1(close, tree);
        return r;
}

static const struct {
        const char *name, *source;
        uint8_t major, minor;
} nodes[] = {{"null", "/dev/null", 1, 3},     {"zero", "/dev/zero", 1, 5},       {"full", "/dev/full", 1, 7},
             {"random", "/dev/random", 1, 8}, {"urandom", "/dev/urandom", 1, 9}, {"tty", "/dev/tty", 5, 0}};

static const struct {
        const char *name, *text;
} links[] = {{"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"}, {"stderr", "/proc/self/fd/2"},
             {"fd", "/proc/self/fd"},      {"core", "/proc/kcore"},       {"ptmx", "pts/ptmx"}};

static int fill_dev(struct child *child, const struct op_step *step, int dev)
{
        int r = 0, pts, target;

        for (uint32_t i = 0; r >= 0 && i < sizeof(nodes) / sizeof(*nodes); i++) {
                child->value = i;
                r = put_node(child, dev, nodes[i].name, nodes[i].source, nodes[i].major, nodes[i].minor);
        }
        child->step = r < 0 ? child->step : STEP_LINK;
        for (uint32_t i = 0; r >= 0 && i < sizeof(links) / sizeof(*links); i++) {
                child->value = i;
                r = (int)sys3(symlinkat, links[i].text, dev, links[i].name);
        }
        if (r >= 0)
                r = (int)sys3(mkdirat, dev, "shm", DIRECTORY_MODE);
        if (r >= 0)
                r = (int)sys3(mkdirat, dev, "pts", DIRECTORY_MODE);
        pts = r < 0 ? r : child_new_mount(child, step->pts, "");
        target = pts < 0 ? pts : open_entry(dev, "pts");
        r = target < 0 ? target : child_attach(child, pts, target);
        if (target >= 0)
                (void)sys1(close, target);
        if (pts >= 0)
                (void)sys1(close, pts);
        return r >= 0 && step->source != NULL ? put_node(child, dev, "console", step->source, 0, -1) : r;
}

static int dev(struct child *child, const struct op_step *step)
{
        int r = new_file_system(child, step), fd;

        if (r < 0)
                return r;
        child->step = STEP_OPEN_TARGET;
        fd = child_open(child, step->path, FLAG_PATH | O_DIRECTORY, 0);
        if (fd < 0)
                return fd;
        r = fill_dev(child, step, fd);
        (void)sys1(close, fd);
        return r;
}

static int read_only(struct child *child, const struct op_step *step)
{
        int fd, r;

        child->step = STEP_OPEN_TARGET;
        fd = child_open(child, step->path, FLAG_PATH | O_NOFOLLOW, 0);
        if (fd < 0)
                return fd;
        child->step = STEP_ATTRIBUTES;
        r = child_attributes(fd, 0, MOUNT_ATTR_RDONLY);
        (void)sys1(close, fd);
        return r;
}

static int directory(struct child *child, const struct op_step *step)
{
        int fd = open_target(child, step, true, step->mode);

        if (fd < 0)
                return fd;
        (void)sys1(close, fd);
        return 0;
}

/* All that can be read from @from, whatever it is: sendfile(2) takes no pipe. */
static int copy_data(struct child *child, int from, int to)
{
        char buffer[16384];
        long n, written;

        child->step = STEP_DATA;
        for (;;) {
                n = sys3(read, from, buffer, sizeof(buffer));
                if (n == -EINTR)
                        continue;
                if (n <= 0)
                        return (int)n;
                for (long at = 0; at < n; at += written) {
                        written = sys3(write, to, buffer + at, n - at);
                        if (written < 0)
                                return (int)written;
                }
        }
}

static int file(struct child *child, const struct op_step *step)
{
        const char *name;
        int parent = open_parent(child, step, &name), fd, r;

        if (parent < 0)
                return parent;
        fd = (int)sys4(openat, parent, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NOCTTY | FLAG_CLOEXEC,
                       step->mode);
        (void)sys1(close, parent);
        if (fd < 0)
                return fd;
        r = copy_data(child, step->fd, fd);
        (void)sys1(close, fd);
        (void)sys1(close, step->fd);
        return r;
}

static int data(struct child *child, const struct op_step *step)
{
        static const char name[] = "data";
        int fd, tree, r;

        child->step = STEP_DATA;
        fd = (int)sys4(openat, child->scratch, name, O_WRONLY | O_CREAT | O_EXCL | FLAG_CLOEXEC, 0600);
        if (fd < 0)
                return fd;
        r = (int)sys2(fchmod, fd, step->mode);
        if (r >= 0)
                r = copy_data(child, step->fd, fd);
        (void)sys1(close, fd);
        (void)sys1(close, step->fd);
        tree = r < 0 ? r : (int)sys3(open_tree, child->scratch, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        r = tree < 0 ? tree : child_attributes(tree, 0, step->attr);
        if (r >= 0)
                r = put_at(child, step, tree, false);
        else if (tree >= 0)
                (void)sys1(close, tree);
        if (r >= 0)
                r = (int)sys3(unlinkat, child->scratch, name, 0);
        return r;
}

static int make_link(struct child *child, const struct op_step *step)
{
        char text[PATH_MAX];
        const char *name;
        int parent = open_parent(child, step, &name), r;
        long n;

        if (parent < 0)
                return parent;
        child->step = STEP_ITSELF;
        r = (int)sys3(symlinkat, step->source, parent, name);
        if (r == -EEXIST) {
                n = sys4(readlinkat, parent, name, text, sizeof(text));
                child->step = n >= 0 ? STEP_LINK_OTHER : STEP_LINK_NONE;
                if (n >= 0 && child_is_text(text, n, step->source))
                        r = 0;
                else if (n >= 0)
                        child_tell_text(child, text, n);
        }
        (void)sys1(close, parent);
        return r;
}

static int set_mode(struct child *child, const struct op_step *step)
{
        char name[sizeof("self/fd/") + CHILD_NUMBER_MAX] = "self/fd/";
        int fd, r;

        child->step = STEP_OPEN_TARGET;
        fd = child_open(child, step->path, FLAG_PATH | O_NOFOLLOW, 0);
        if (fd < 0)
                return fd;
        /* No descriptor that is only a path can be given to fchmod(2): its name in procfs can, below the one that was proved. */
        child_number((uint64_t)fd, name + sizeof("self/fd/") - 1);
        child->step = STEP_ITSELF;
        r = (int)sys3(fchmodat, child->slots[child_proc_slot(child->plan)], name, step->mode);
        (void)sys1(close, fd);
        return r;
}

/* The options of an overlay, in a page. */
struct options {
        char text[DATA_MAX];
        uint32_t used;
        int failed;
};

static void add(struct options *options, const char *text)
{
        for (; *text != '\0'; text++) {
                if (options->used == sizeof(options->text) - 1) {
                        options->failed = -E2BIG;
                        return;
                }
                options->text[options->used++] = *text;
        }
        options->text[options->used] = '\0';
}

/* A directory by a descriptor of it, so that no character of its path means anything. It stays open until the file system is made. */
static void add_directory(struct options *options, const char *key, int fd)
{
        char path[CHILD_FD_PATH_MAX];

        if (fd < 0) {
                options->failed = options->failed < 0 ? options->failed : fd;
                return;
        }
        child_fd_path(fd, path);
        add(options, key);
        add(options, path);
}

/* A directory of the scratch file system that nobody has used: @kind and the number of this op. */
static int make_scratch(struct child *child, char kind)
{
        char name[1 + CHILD_NUMBER_MAX] = {kind};
        int r;

        child_number(child->op, name + 1);
        r = (int)sys3(mkdirat, child->scratch, name, DIRECTORY_MODE);
        return r < 0 ? r : open_entry(child->scratch, name);
}

/* What it takes to mount, each descriptor close-on-exec, and closed with all that is ours before the program begins. */
static int overlay_options(struct child *child, const struct op_step *step, struct options *options)
{
        const int *layers = child->slots + step->slot;

        child->step = STEP_MOUNT_LEGACY;
        if (step->upper) {
                add_directory(options, "upperdir=", layers[step->layers]);
                add_directory(options, ",workdir=", layers[step->layers + 1]);
                add(options, ",");
        } else if (step->in_memory) {
                add_directory(options, "upperdir=", make_scratch(child, 'u'));
                add_directory(options, ",workdir=", make_scratch(child, 'w'));
                add(options, ",");
        }
        /* overlayfs wants the highest first. */
        for (uint32_t i = step->layers; i > 0; i--)
                add_directory(options, i == step->layers ? "lowerdir=" : ":", layers[i - 1]);
        add(options, ",userxattr");
        return options->failed;
}

static int overlay(struct child *child, const struct op_step *step)
{
        struct options options;
        char path[CHILD_FD_PATH_MAX], name[1 + CHILD_NUMBER_MAX] = {'o'};
        int target, tree, r;

        options.used = 0;
        options.failed = 0;
        r = overlay_options(child, step, &options);
        if (r < 0)
                return r;
        child->step = STEP_MOUNT_LEGACY;
        target = make_scratch(child, 'o');
        if (target < 0)
                return target;
        child_fd_path(target, path);
        r = (int)sys5(mount, "overlay", path, "overlay", MS_NOSUID | MS_NODEV, options.text);
        (void)sys1(close, target);
        if (r < 0)
                return r;
        child_number(child->op, name + 1);
        tree = (int)sys3(open_tree, child->scratch, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        return tree < 0 ? tree : put_at(child, step, tree, true);
}

int child_do_step(struct child *child, const struct op *op)
{
        const struct op_step *step = &op->step;

        switch (step->kind) {
        case SPEC_STEP_BIND:
                return bind(child, step);
        case SPEC_STEP_PROC:
                return proc(child, step);
        case SPEC_STEP_DEV:
                return dev(child, step);
        case SPEC_STEP_TMPFS:
        case SPEC_STEP_MQUEUE:
                return new_file_system(child, step);
        case SPEC_STEP_OVERLAY:
                return overlay(child, step);
        case SPEC_STEP_READONLY:
                return read_only(child, step);
        case SPEC_STEP_DIRECTORY:
                return directory(child, step);
        case SPEC_STEP_FILE:
                return file(child, step);
        case SPEC_STEP_DATA:
                return data(child, step);
        case SPEC_STEP_LINK:
                return make_link(child, step);
        case SPEC_STEP_MODE:
                return set_mode(child, step);
        }
        return -ENOSYS;
}
