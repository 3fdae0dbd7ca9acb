/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OP_TREES: the root and the sources of binds, cloned by the child.
 *
 * Who starts without root's rights has none over the mounts of the machine's namespace, and can clone none of them there (open_tree(2)); in
 * the copy of it that came with the container's own user namespace he can. The paths are the configuration's, walked with his own
 * rights before anything of the container is in place.
 */
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/stat.h>

#include <asm/statfs.h>

#include "launch/child/child.h"
#include "launch/child/sys.h"

#define FLAG_PATH 010000000
#define FLAG_CLOEXEC 02000000
#define PROC_ROOT_INODE 1 /* of every procfs */

static int prove_procfs(int fd)
{
        struct statfs fs;
        struct statx st;
        int r = (int)sys2(fstatfs, fd, &fs);

        if (r >= 0)
                r = (int)sys5(statx, fd, "", AT_EMPTY_PATH, STATX_INO, &st);
        if (r < 0)
                return r;
        return fs.f_type == PROC_SUPER_MAGIC && st.stx_ino == PROC_ROOT_INODE ? 0 : -EINVAL;
}

/* The encoding of makedev(3) in glibc, which the plan's number has. */
static uint64_t device_number(const struct statx *st)
{
        uint64_t major = st->stx_rdev_major, minor = st->stx_rdev_minor;

        return (major & 0xfffff000) << 32 | (major & 0xfff) << 8 | (minor & 0xffffff00) << 12 | (minor & 0xff);
}

/* What is mounted over it in the container must not appear anywhere else (V23). */
static int prove_device(struct child *child, int fd, uint64_t device)
{
        struct mount_attr private = {.propagation = 1 << 18 /* MS_PRIVATE */};
        struct statx st;
        int r = (int)sys5(statx, fd, "", AT_EMPTY_PATH, STATX_TYPE, &st);

        if (r < 0)
                return r;
        if ((!S_ISCHR(st.stx_mode) && !S_ISBLK(st.stx_mode)) || device_number(&st) != device)
                return -ENODEV;
        child->step = STEP_PROPAGATION;
        return (int)sys5(mount_setattr, fd, "", AT_EMPTY_PATH, &private, sizeof(private));
}

/* A descriptor's mount is one of the caller's namespace, of which nothing can be cloned here: what its path leads to in this one is, when it is
 * proved to be the same file. */
static int clone_open(struct child *child, int fd)
{
        char path[PATH_MAX];
        int tree, r = child_find_path(child, fd, path);

        if (r < 0)
                return r;
        tree = (int)sys3(open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
        r = tree < 0 ? tree : child_is_same_file(fd, tree);
        if (r == 0) {
                child->step = STEP_PROVE;
                r = -ESTALE;
        }
        if (r < 0 && tree >= 0)
                (void)sys1(close, tree);
        (void)sys1(close, fd);
        return r < 0 ? r : tree;
}

static int open_slot(struct child *child, const struct slot *slot)
{
        unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (slot->recursive ? AT_RECURSIVE : 0);

        child->step = STEP_SOURCE;
        if (slot->kind == SLOT_OPEN)
                return clone_open(child, slot->number);
        if (slot->kind == SLOT_PATH)
                return (int)sys4(openat, AT_FDCWD, slot->path, FLAG_PATH | O_DIRECTORY | FLAG_CLOEXEC, 0);
        return (int)sys3(open_tree, AT_FDCWD, slot->path, flags);
}

int child_do_trees(struct child *child, const struct op *op)
{
        (void)op;
        for (uint32_t i = 0; i < child->plan->slot_count; i++) {
                const struct slot *slot = &child->plan->slots[i];
                int fd, r = 0;

                if (!slot->by_child)
                        continue;
                child->value = i;
                fd = open_slot(child, slot);
                if (fd == -ENOENT && slot->optional)
                        continue;
                if (fd < 0)
                        return fd;
                if (slot->kind == SLOT_PROCFS_TREE)
                        r = prove_procfs(fd);
                else if (slot->kind == SLOT_DEVICE)
                        r = prove_device(child, fd, slot->device);
                if (r < 0)
                        return r;
                child->slots[i] = fd;
        }
        return 0;
}
