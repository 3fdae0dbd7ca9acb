/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounts of a container that runs: OP_MAKE, OP_ENTER, OP_ADD, OP_REMOVE.
 *
 * What shall be mounted is there, detached, before the container's mount namespace is joined; inside, paths are resolved as at a start
 * (paths.c), and what is attached or taken away is a descriptor. Whoever is in there may exchange names meanwhile, mount something over a target,
 * and have any file system where the container has /proc.
 */
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/mount.h>
#include <linux/stat.h>

#include "launch/child/child.h"
#include "launch/child/sys.h"

#define FLAG_PATH 010000000
#define FLAG_CLOEXEC 02000000
#define DETACH 2 /* MNT_DETACH of umount2(2) */

int child_do_make(struct child *child, const struct op *op)
{
        int fd = child_new_mount(child, &op->mount, "");

        if (fd < 0)
                return fd;
        child->slots[op->mount.slot] = fd;
        return 0;
}

int child_do_enter(struct child *child, const struct op *op)
{
        /* setns(2) has made it this process's own root. */
        int fd = (int)sys4(openat, AT_FDCWD, "/", FLAG_PATH | O_DIRECTORY | FLAG_CLOEXEC, 0);

        (void)op;
        if (fd < 0)
                return fd;
        child->root = fd;
        return 0;
}

static int mount_of(int fd, uint32_t *ret_id)
{
        struct statx st;
        int r = (int)sys5(statx, fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st);

        if (r >= 0)
                *ret_id = (uint32_t)st.stx_mnt_id;
        return r;
}

/* The parent can't read the list itself: it may have no right to look into a process of the container's user namespace, and this is the list
 * as seen from the namespace's own root, wherever the container's init has changed its root to. */
static int tell_mounts(struct child *child, uint32_t target, uint32_t tree)
{
        int fd = child_proc_open(child, "self/mountinfo", O_RDONLY), r;

        child->step = STEP_MOUNTS;
        if (fd < 0)
                return fd;
        r = child_send_mounts(child, fd, target, tree);
        (void)sys1(close, fd);
        return r < 0 ? r : child_wait(child, MESSAGE_MOUNTS_SEEN);
}

/* @target is open: from here on it does not matter who renames what. */
static int attach_there(struct child *child, const struct op_bind *bind, int tree, int target)
{
        uint32_t ids[2];
        int r;

        child->step = STEP_MOUNTS;
        r = mount_of(target, &ids[0]);
        if (r >= 0)
                r = mount_of(tree, &ids[1]);
        if (r >= 0)
                r = tell_mounts(child, ids[0], ids[1]);
        if (r >= 0)
                r = child_bind_attributes(child, bind, tree);
        if (r < 0)
                return r;
        child->step = STEP_ATTACH;
        return (int)sys5(move_mount, tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

static bool is_in(const char *path, const char *directory)
{
        while (*directory != '\0')
                if (*path++ != *directory++)
                        return false;
        return *path == '\0' || *path == '/';
}

/* What the plan has compared are names: a link leads elsewhere, that of a target or that of what is kept. */
static int check_kept(struct child *child, const struct op_bind *bind, int target)
{
        char where[PATH_MAX], kept[PATH_MAX];
        int r;

        if (bind->kept == NULL)
                return 0;
        child->step = STEP_MOUNTS;
        r = child_find_path(child, target, where);
        for (uint32_t i = 0; r >= 0 && bind->kept[i] != NULL; i++) {
                int fd = child_open(child, bind->kept[i], FLAG_PATH, 0);

                if (fd < 0)
                        continue; /* it is not there: nothing masks it */
                r = child_find_path(child, fd, kept);
                (void)sys1(close, fd);
                if (r >= 0 && (is_in(kept, where) || is_in(where, kept))) {
                        child_tell_text(child, where, child_length(where));
                        child->value = i;
                        child->step = STEP_TARGET_KEPT;
                        r = -EINVAL;
                }
        }
        return r;
}

int child_do_add(struct child *child, const struct op *op)
{
        int tree = child->slots[op->bind.slot], target, r;

        child->step = STEP_SOURCE;
        r = child_is_directory(tree, NULL);
        if (r < 0)
                return r;
        target = child_mount_target(child, op->bind.target, op->bind.target_kind, r == 1);
        if (target < 0)
                return target;
        r = check_kept(child, &op->bind, target);
        if (r >= 0)
                r = attach_there(child, &op->bind, tree, target);
        (void)sys1(close, target);
        return r;
}

/* umount2(2) takes a path alone: the one of the descriptor, below procfs that was proved, which the working directory is. The container's own /proc
 * could be anything. */
static int detach(struct child *child, int fd)
{
        char path[CHILD_FD_PATH_MAX];
        int r;

        child_fd_path(fd, path);
        r = (int)sys1(fchdir, child->slots[child_proc_slot(child->plan)]);
        return r < 0 ? r : (int)sys2(umount2, path + sizeof("/proc"), DETACH);
}

int child_do_remove(struct child *child, const struct op *op)
{
        uint32_t id;
        int fd, r;

        r = tell_mounts(child, 0, 0);
        if (r < 0)
                return r;
        child->step = STEP_OPEN_TARGET;
        fd = child_open(child, op->remove.target, FLAG_PATH, 0);
        if (fd < 0)
                return fd;
        r = mount_of(fd, &id);
        if (r >= 0 && id != op->remove.mount) {
                child->step = STEP_OTHER_MOUNT;
                r = -ESTALE;
        }
        if (r >= 0) {
                child->step = STEP_ITSELF;
                r = detach(child, fd);
        }
        (void)sys1(close, fd);
        return r;
}
