/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounts of the container.
 *
 * A file system or a tree is made detached, gets its attributes, and is attached by descriptor: move_mount(2) with empty paths on both
 * sides. Where the new mount API is refused (an old kernel, a filter of an outer sandbox), mount(2) is used on /proc/self/fd/N of the
 * same descriptors. No path of the container is ever handed to mount(2).
 */
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/stat.h>

#include <asm/statfs.h>

#include "launch/child/child.h"
#include "launch/child/sys.h"

#define FLAG_PATH 010000000
#define FLAG_CLOEXEC 02000000
#define FINDS_MAX 1000 /* of a name that others exchange */
#define DATA_MAX 4096  /* of a mount's options: mount(2) */

static bool starts_with(const char *string, const char *start)
{
        while (*start != '\0')
                if (*string++ != *start++)
                        return false;
        return true;
}

static bool same(const char *a, const char *b)
{
        for (; *a == *b && *a != '\0'; a++)
                b++;
        return *a == *b;
}

/* Old kernels answer ENOSYS; filters that predate a call answer ENOSYS or EPERM. */
static bool is_missing(long r)
{
        return r == -ENOSYS || r == -EPERM;
}

static int set_attributes(int fd, unsigned flags, uint64_t set, uint64_t clear, uint64_t propagation)
{
        struct mount_attr attr = {.attr_set = set, .attr_clr = clear, .propagation = propagation};

        return (int)sys5(mount_setattr, fd, "", AT_EMPTY_PATH | flags, &attr, sizeof(attr));
}

int child_attributes(int fd, unsigned flags, uint64_t set)
{
        return set_attributes(fd, flags, set, 0, 0);
}

int child_attach(struct child *child, int tree, int target)
{
        char from[CHILD_FD_PATH_MAX], to[CHILD_FD_PATH_MAX];
        int r;

        child->step = STEP_ATTACH;
        r = (int)sys5(move_mount, tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
        if (!is_missing(r))
                return r;
        child_fd_path(tree, from);
        child_fd_path(target, to);
        return (int)sys5(mount, from, to, 0, MS_MOVE, 0);
}

/* "mode=" and the octal digits of a directory's mode: tmpfs(5). */
#define MODE_MAX sizeof("mode=07777")

/* The mode of the directory that a tmpfs is mounted on, where it is there and the tmpfs is to have it; else an empty string. */
static void find_mode(struct child *child, const struct op_mount *mount, char text[static MODE_MAX])
{
        static const char key[] = "mode=";
        uint32_t mode, at = 0;
        int fd;

        text[0] = '\0';
        fd = mount->keep_mode ? child_open(child, mount->target, FLAG_PATH, 0) : -ENOENT;
        if (fd < 0)
                return; /* child_target() says why, if that is wrong */
        if (child_is_directory(fd, &mode) == 1) {
                for (; key[at] != '\0'; at++)
                        text[at] = key[at];
                for (int shift = 9; shift >= 0; shift -= 3)
                        text[at++] = (char)('0' + (mode >> shift & 7));
                text[at] = '\0';
        }
        (void)sys1(close, fd);
}

/* A new superblock by fsopen(2): a detached mount, or -errno. @mode: of find_mode(). */
int child_new_mount(struct child *child, const struct op_mount *mount, const char *mode)
{
        /* What is filled first becomes read-only afterwards. */
        uint64_t attr = mount->copy_up ? mount->attr & ~(uint64_t)MOUNT_ATTR_RDONLY : mount->attr;
        int fs, r = 0, fd;

        child->step = STEP_FSOPEN;
        fs = (int)sys2(fsopen, mount->type, FSOPEN_CLOEXEC);
        if (fs < 0)
                return fs;
        child->step = STEP_PARAMETER;
        if (mount->source != NULL)
                r = (int)sys5(fsconfig, fs, FSCONFIG_SET_STRING, "source", mount->source, 0);
        for (uint32_t i = 0; r >= 0 && i < mount->parameter_count; i++) {
                const struct op_parameter *p = &mount->parameters[i];

                child->value = i;
                r = (int)sys5(fsconfig, fs, p->value == NULL ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING, p->key,
                              p->value, 0);
        }
        if (r >= 0 && mount->superblock_readonly)
                r = (int)sys5(fsconfig, fs, FSCONFIG_SET_FLAG, "ro", 0, 0);
        child->step = r >= 0 ? STEP_CREATE : child->step;
        if (r >= 0 && *mode != '\0')
                r = (int)sys5(fsconfig, fs, FSCONFIG_SET_STRING, "mode", mode + sizeof("mode"), 0);
        if (r >= 0)
                r = (int)sys5(fsconfig, fs, FSCONFIG_CMD_CREATE, 0, 0, 0);
        fd = r;
        if (r >= 0) {
                child->step = STEP_FSMOUNT;
                fd = (int)sys3(fsmount, fs, FSMOUNT_CLOEXEC, attr);
        }
        (void)sys1(close, fs);
        return fd;
}

/* "size=64k" and "mode=0710" become "size=64k,mode=0710". False: too long for mount(2), which takes a page. */
static bool join_data(const char *data, const char *mode, char both[static DATA_MAX])
{
        uint32_t at = 0;

        for (const char *c = data == 0 ? "" : data; *c != '\0'; c++) {
                if (at >= DATA_MAX - MODE_MAX - 1)
                        return false;
                both[at++] = *c;
        }
        if (at > 0)
                both[at++] = ',';
        for (; *mode != '\0'; mode++)
                both[at++] = *mode;
        both[at] = '\0';
        return true;
}

/* The same by mount(2) onto a target descriptor. */
static int mount_legacy(struct child *child, const struct op_mount *mount, int target, const char *mode)
{
        char path[CHILD_FD_PATH_MAX], both[DATA_MAX];
        const char *data = *mode == '\0' ? mount->data : both;
        int r;

        child->step = STEP_MOUNT_LEGACY;
        if (data == both && !join_data(mount->data, mode, both))
                return -E2BIG;
        child_fd_path(target, path);
        r = (int)sys5(mount, mount->source == NULL ? "none" : mount->source, path, mount->type, mount->mount_flags,
                      data);
        if (r >= 0 && mount->propagation != 0) {
                child->step = STEP_PROPAGATION;
                target = child_open(child, mount->target, FLAG_PATH, 0);
                if (target < 0)
                        return target;
                child_fd_path(target, path);
                r = (int)sys5(mount, 0, path, 0, mount->propagation, 0);
                (void)sys1(close, target);
        }
        return r;
}

/* What is mounted on /proc and /sys is kept at hand, else @fd is closed. */
static void keep_kernel(struct child *child, const char *target, int fd)
{
        int *kept = same(target, "proc") ? &child->proc : same(target, "sys") ? &child->sys : NULL;

        if (kept != NULL && *kept >= 0)
                (void)sys1(close, *kept);
        if (kept != NULL)
                *kept = fd;
        else
                (void)sys1(close, fd);
}

/* Opens what shall be masked or made read-only. Below /proc and /sys from those mounts themselves: somebody else who has the root file
 * system may rename the directories that they lie on, and what has their name then is not what is to be hidden (V5). */
static int open_kernel(struct child *child, const char *path)
{
        struct open_how how = {.flags = FLAG_PATH | FLAG_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};

        if (child->proc >= 0 && starts_with(path, "proc/"))
                return (int)sys4(openat2, child->proc, path + 5, &how, sizeof(how));
        if (child->sys >= 0 && starts_with(path, "sys/"))
                return (int)sys4(openat2, child->sys, path + 4, &how, sizeof(how));
        return child_open(child, path, FLAG_PATH, 0);
}

/* Whether it is the root of a mount of this file system. */
static bool is_root_of(int fd, long magic)
{
        struct statfs fs;
        struct statx st;

        return sys2(fstatfs, fd, &fs) >= 0 && fs.f_type == magic &&
               sys5(statx, fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) >= 0 &&
               (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/* mount(2) gives no descriptor of what it mounted, and whoever renames directories of the root leads the name to another one for a moment: what
 * is found by it is kept when it is what was mounted (V5). */
static int keep_legacy(struct child *child, const struct op_mount *mount)
{
        bool proc = same(mount->target, "proc") && same(mount->type, "proc");

        if (!proc && !(same(mount->target, "sys") && same(mount->type, "sysfs")))
                return 0;
        child->step = STEP_PROVE;
        for (int i = 0; i < FINDS_MAX; i++) {
                int fd = child_open(child, mount->target, FLAG_PATH, 0);

                if (fd >= 0 && is_root_of(fd, proc ? PROC_SUPER_MAGIC : SYSFS_MAGIC)) {
                        keep_kernel(child, mount->target, fd);
                        return 0;
                }
                if (fd >= 0)
                        (void)sys1(close, fd);
        }
        return -ESTALE;
}

static int copy_up(struct child *child, const struct op_mount *mount, int fd)
{
        int from, r;

        child->step = STEP_COPY_UP;
        from = child_open(child, mount->target, O_RDONLY | O_DIRECTORY, 0);
        if (from < 0)
                return from;
        r = child_copy_tree(child, from, fd);
        (void)sys1(close, from);
        return r;
}

static int make_directories(struct child *child, const struct op_mount *mount, int fd)
{
        int r = 0;

        child->step = STEP_MAKE_TARGET;
        for (uint32_t i = 0; r >= 0 && mount->directories != NULL && mount->directories[i] != NULL; i++) {
                r = (int)sys3(mkdirat, fd, mount->directories[i], 0755);
                if (r == -EEXIST)
                        r = 0; /* two of them have one name: nobody else reaches this tmpfs */
        }
        return r;
}

int child_do_mount(struct child *child, const struct op *op)
{
        const struct op_mount *mount = &op->mount;
        char mode[MODE_MAX];
        int target, fd, r;

        find_mode(child, mount, mode);
        target = child_mount_target(child, mount->target, mount->target_kind, true);
        if (target < 0)
                return target;
        fd = child_new_mount(child, mount, mode);
        /* A refusal that is the kernel's own comes again. */
        if (is_missing(fd) && !mount->copy_up) {
                r = mount_legacy(child, mount, target, mode);
                if (r >= 0)
                        r = keep_legacy(child, mount);
        } else if (fd < 0) {
                r = fd;
        } else {
                r = mount->copy_up ? copy_up(child, mount, fd) : make_directories(child, mount, fd);
                if (r >= 0 && mount->copy_up && (mount->attr & MOUNT_ATTR_RDONLY) != 0)
                        r = set_attributes(fd, 0, MOUNT_ATTR_RDONLY, 0, 0);
                if (r >= 0)
                        r = child_attach(child, fd, target);
                if (r >= 0 && mount->propagation != 0) {
                        child->step = STEP_PROPAGATION;
                        r = set_attributes(fd, 0, 0, 0, mount->propagation);
                }
                keep_kernel(child, mount->target, fd);
        }
        (void)sys1(close, target);
        return r;
}

int child_bind_attributes(struct child *child, const struct op_bind *bind, int fd)
{
        uint64_t all = bind->recursive_propagation ? bind->propagation : 0, top = bind->propagation ^ all;
        bool all_attr = (bind->rattr_set | bind->rattr_clear) != 0, top_attr = (bind->attr_set | bind->attr_clear) != 0;
        int r = 0;

        if (bind->propagation_before != 0) {
                child->step = STEP_PROPAGATION;
                r = set_attributes(fd, bind->recursive_before ? AT_RECURSIVE : 0, 0, 0, bind->propagation_before);
        }
        if (r >= 0 && (all_attr || all != 0)) {
                child->step = all_attr ? STEP_ATTRIBUTES : STEP_PROPAGATION;
                r = set_attributes(fd, AT_RECURSIVE, bind->rattr_set, bind->rattr_clear, all);
        }
        if (r >= 0 && (top_attr || top != 0)) {
                child->step = top_attr ? STEP_ATTRIBUTES : STEP_PROPAGATION;
                r = set_attributes(fd, 0, bind->attr_set, bind->attr_clear, top);
        }
        return r;
}

/* The detached tree that a bind attaches. */
static int bind_tree(struct child *child, const struct op_bind *bind)
{
        if (bind->slot != SLOT_NONE)
                return child->slots[bind->slot];
        child->step = STEP_SOURCE;
        return (int)sys3(open_tree, AT_FDCWD, bind->host_path, OPEN_TREE_CLONE | FLAG_CLOEXEC | AT_SYMLINK_NOFOLLOW);
}

int child_do_bind(struct child *child, const struct op *op)
{
        const struct op_bind *bind = &op->bind;
        int tree, target, r;

        tree = bind_tree(child, bind);
        if (tree < 0)
                return tree;
        child->step = STEP_SOURCE;
        r = bind->slot == SLOT_NONE ? 1 /* a group is a directory */ : child_is_directory(tree, NULL);
        if (r < 0)
                return r;
        target = child_mount_target(child, bind->target, bind->target_kind, r == 1);
        if (target < 0)
                return target;
        r = child_bind_attributes(child, bind, tree);
        if (r >= 0)
                r = child_attach(child, tree, target);
        (void)sys1(close, target);
        keep_kernel(child, bind->target, tree);
        return r;
}

int child_do_remount(struct child *child, const struct op *op)
{
        int fd, r;

        child->step = STEP_OPEN_TARGET;
        fd = child_open(child, op->bind.target, FLAG_PATH, 0);
        if (fd < 0)
                return fd;
        r = child_bind_attributes(child, &op->bind, fd);
        (void)sys1(close, fd);
        return r;
}

int child_do_reconfigure(struct child *child, const struct op *op)
{
        char path[CHILD_FD_PATH_MAX];
        int fd, r;

        /* A whole file system is changed: an image's link must not make it the host's, on which the root lies (V1). */
        child->step = STEP_OPEN_TARGET;
        fd = child_open(child, op->mount.target, FLAG_PATH, RESOLVE_NO_SYMLINKS);
        if (fd == -ELOOP)
                child->step = STEP_TARGET_SYMLINK;
        if (fd < 0)
                return fd;
        child_fd_path(fd, path);
        child->step = STEP_ATTRIBUTES;
        r = (int)sys5(mount, 0, path, 0, MS_REMOUNT | op->mount.mount_flags, op->mount.data);
        (void)sys1(close, fd);
        return r;
}

int child_do_root_attr(struct child *child, const struct op *op)
{
        return child_bind_attributes(child, &op->bind, child->root);
}

/* The source of file masks: the host's /dev/null, opened before the pivot and proved to be it (V5). */
static int null_device(struct child *child)
{
        struct statx st;
        int r;

        if (child->null >= 0)
                return child->null;
        child->step = STEP_SOURCE;
        child->null = (int)sys4(openat, AT_FDCWD, "/dev/null", FLAG_PATH | O_NOFOLLOW | FLAG_CLOEXEC, 0);
        if (child->null < 0)
                return child->null;
        r = (int)sys5(statx, child->null, "", AT_EMPTY_PATH, STATX_TYPE, &st);
        if (r < 0)
                return r;
        if (!S_ISCHR(st.stx_mode) || st.stx_rdev_major != 1 || st.stx_rdev_minor != 3) {
                child->step = STEP_PROVE;
                return -ENODEV;
        }
        return child->null;
}

/* What covers a masked directory. */
static const struct op_mount empty_directory = {
        .type = "tmpfs",
        .superblock_readonly = true,
        .attr = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
        .mount_flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
};

static int clone_of(struct child *child, int fd)
{
        child->step = STEP_SOURCE;
        return (int)sys3(open_tree, fd, "", OPEN_TREE_CLONE | FLAG_CLOEXEC | AT_EMPTY_PATH);
}

/* Covers the directory @target with an empty read-only tmpfs: attached at its first target, cloned for later ones. */
static int mask_directory(struct child *child, int target)
{
        bool first = child->empty < 0;
        int tree, r;

        tree = first ? child_new_mount(child, &empty_directory, "") : clone_of(child, child->empty);
        if (first && is_missing(tree))
                return mount_legacy(child, &empty_directory, target, "");
        r = tree < 0 ? tree : child_attach(child, tree, target);
        if (first && r >= 0)
                child->empty = tree;
        else if (tree >= 0)
                (void)sys1(close, tree);
        return r;
}

int child_do_mask(struct child *child, const struct op *op)
{
        int target, tree, r;

        child->step = STEP_OPEN_TARGET;
        target = open_kernel(child, op->path);
        if (target == -ENOENT || target == -ENOTDIR)
                return 0; /* config-linux.md: a path that does not exist needs no mask */
        if (target < 0)
                return target;
        r = child_is_directory(target, NULL);
        if (r == 1) {
                r = mask_directory(child, target);
        } else if (r == 0) {
                r = null_device(child);
                tree = r < 0 ? r : clone_of(child, r);
                r = tree < 0 ? tree : child_attach(child, tree, target);
                if (tree >= 0)
                        (void)sys1(close, tree);
        }
        (void)sys1(close, target);
        return r;
}

/* Who needs the directory says so if it can't be had. */
int child_do_directory(struct child *child, const struct op *op)
{
        int fd = child_target(child, op->path, TARGET_DIRECTORY, true);

        if (fd == -EACCES || fd == -EPERM || fd == -EROFS || fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP)
                return 0;
        if (fd < 0)
                return fd;
        (void)sys1(close, fd);
        return 0;
}

int child_do_readonly(struct child *child, const struct op *op)
{
        int target, tree, r;

        child->step = STEP_OPEN_TARGET;
        target = open_kernel(child, op->path);
        if (target == -ENOENT || target == -ENOTDIR)
                return 0;
        if (target < 0)
                return target;
        child->step = STEP_SOURCE;
        tree = (int)sys3(open_tree, target, "", OPEN_TREE_CLONE | FLAG_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
        r = tree;
        if (tree >= 0) {
                child->step = STEP_ATTRIBUTES;
                r = set_attributes(tree, AT_RECURSIVE, MOUNT_ATTR_RDONLY, 0, 0);
                if (r >= 0)
                        r = child_attach(child, tree, target);
                (void)sys1(close, tree);
        }
        (void)sys1(close, target);
        return r;
}
