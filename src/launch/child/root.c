/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the machine's root to the container's: the tree is laid over the root of the new mount namespace, and later takes its place.
 *
 * The root of the namespace is not always the process's own: it is another one where the caller is in a chroot(2). pivot_root(2) exchanges the
 * process's own alone; the machine's would stay above the container, in its namespace, for everybody who joins it, whom setns(2) leads to
 * the namespace's root, and for who climbs out of his root with CAP_SYS_CHROOT. So the tree always lies on the namespace's root, and that
 * one goes; what is found by a path of the host until then is found from the caller's. Where something is mounted on the caller's root, that is the
 * namespace's, and the caller's below it: that one goes behind the other.
 *
 * Until then hooks of the host, and whoever mounts something on the machine's root, of which the namespace's is a slave, can lay any number of mounts
 * between the two roots. Behind the pivot they are on the container's, the machine's root among them: they are counted by nobody, but taken away until
 * it is proved that nothing is left there.
 */
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <linux/stat.h>

#include "launch/child/child.h"
#include "launch/child/sys.h"

#define FLAG_PATH 010000000
#define FLAG_CLOEXEC 02000000
#define DETACH 2          /* MNT_DETACH of umount2(2) */
#define DETACHES_MAX 1000 /* of mounts on the root, while others make more */

static int open_directory(const char *path)
{
        return (int)sys4(openat, AT_FDCWD, path, FLAG_PATH | O_DIRECTORY | FLAG_CLOEXEC, 0);
}

static bool is_same(const struct statx *a, const struct statx *b)
{
        return (a->stx_mask & b->stx_mask & STATX_MNT_ID) != 0 && a->stx_mnt_id == b->stx_mnt_id &&
               a->stx_ino == b->stx_ino && a->stx_dev_major == b->stx_dev_major && a->stx_dev_minor == b->stx_dev_minor;
}

/* Makes the directory @fd the process's root. */
static int go_to(int fd)
{
        int r = (int)sys1(fchdir, fd);

        return r < 0 ? r : (int)sys1(chroot, ".");
}

/* setns(2) into the own mount namespace: the root of the process, and its directory, are the namespace's then. */
static int go_to_top(void)
{
        int self = (int)sys2(pidfd_open, sys0(getpid), 0), r;

        if (self < 0)
                self = (int)sys4(openat, AT_FDCWD, "/proc/self/ns/mnt", O_RDONLY | FLAG_CLOEXEC, 0);
        if (self < 0)
                return self;
        r = (int)sys2(setns, self, CLONE_NEWNS);
        (void)sys1(close, self);
        return r;
}

/* Opens both roots, child->top and child->caller, when they are two. The working directory, which nothing but a hook may look for, stays where the
 * child may enter it: in a user namespace it may not enter somebody's private home, and is in the root then. */
static int find_top(struct child *child)
{
        struct statx own = {0}, top = {0};
        int here = open_directory("."), root = open_directory("/"), r;

        child->step = STEP_TOP;
        r = root < 0 ? root : (int)sys5(statx, root, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &own);
        if (r >= 0)
                r = go_to_top();
        if (r >= 0)
                r = (int)sys5(statx, AT_FDCWD, "/", 0, STATX_INO | STATX_MNT_ID, &top);
        if (r >= 0 && !is_same(&own, &top)) {
                child->top = open_directory("/");
                child->caller = root;
                root = -EBADF;
                r = child->top < 0 ? child->top : go_to(child->caller);
        }
        if (root >= 0)
                (void)sys1(close, root);
        if (here >= 0) {
                (void)sys1(fchdir, here);
                (void)sys1(close, here);
        }
        return r;
}

static int go_to_one_of(const struct child *child, int which)
{
        return child->top < 0 ? 0 : go_to(which);
}

static int propagate(struct child *child, uint64_t flags)
{
        child->step = STEP_ITSELF;
        return (int)sys5(mount, 0, "/", 0, flags, 0);
}

int child_do_propagation(struct child *child, const struct op *op)
{
        int r = find_top(child);

        if (r < 0)
                return r;
        /* Where it lies below the namespace's root, what goes from it would go from the machine's. EINVAL: it is not the root of a mount. */
        if (child->top >= 0)
                r = propagate(child, op->number);
        if (r < 0 && r != -EINVAL)
                return r;
        child->step = STEP_TOP;
        r = go_to_one_of(child, child->top);
        if (r >= 0)
                r = propagate(child, op->number);
        if (r < 0)
                return r;
        child->step = STEP_TOP;
        return go_to_one_of(child, child->caller);
}

/* Moves @tree to @path, or with "" to the directory @at. */
static int move_to(struct child *child, int tree, int at, const char *path)
{
        char from[CHILD_FD_PATH_MAX], to[CHILD_FD_PATH_MAX];
        int r;

        child->step = STEP_ATTACH;
        r = (int)sys5(move_mount, tree, "", at, path,
                      MOVE_MOUNT_F_EMPTY_PATH | (*path == '\0' ? MOVE_MOUNT_T_EMPTY_PATH : 0));
        /* As is_missing() of mounts.c. */
        if (r != -ENOSYS && r != -EPERM)
                return r;
        child_fd_path(tree, from);
        if (*path == '\0') {
                child_fd_path(at, to);
                path = to;
        }
        return (int)sys5(mount, from, path, 0, MS_MOVE, 0);
}

/* Over the root of this namespace: no path of the host has to be walked with the ids of the container. pivot_root(2) wants a mount point
 * that is below the current root, which this is. */
int child_cover_root(struct child *child, int tree)
{
        int r;

        child->step = STEP_TOP;
        r = go_to_one_of(child, child->top);
        if (r >= 0)
                r = move_to(child, tree, AT_FDCWD, "/");
        if (r < 0)
                return r;
        child->step = STEP_TOP;
        return go_to_one_of(child, child->caller);
}

int child_do_root(struct child *child, const struct op *op)
{
        int tree = child->slots[op->slot], r;
        struct mount_attr slave = {.propagation = MS_SLAVE};

        /* The clone of a shared mount is its peer: without this, whatever is mounted in the container would appear on the host
         * (mount_namespaces(7)). */
        child->step = STEP_PROPAGATION;
        r = (int)sys5(mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &slave, sizeof(slave));
        if (r < 0)
                return r;
        r = child_cover_root(child, tree);
        if (r >= 0)
                child->root = tree;
        return r;
}

static void forget(int *fd)
{
        if (*fd >= 0)
                (void)sys1(close, *fd);
        *fd = -EBADF;
}

/* With the caller's ids, who has opened it before, and while no root lies over the namespace's: behind that a ".." that arrives there leads into the
 * image. Who is another one by the user namespace that he joined may not get there. */
int child_do_root_path(struct child *child, const struct op *op)
{
        int fd = open_directory(op->path);

        if (fd >= 0)
                child->root_path = fd;
        return fd >= 0 || fd == -EACCES ? 0 : fd;
}

/*
 * Hooks that work in the mount namespace expect the host's tree there, and the container's at the path of its root (config.md, "createRuntime",
 * "createContainer": before pivot_root); those of GPUs bind libraries of the one into the other. The root stays where it is if there is no way to that
 * path, or another directory by now; if it is in another mount namespace (EINVAL: /proc/PID/cwd), or "/" itself (ELOOP).
 */
int child_do_show_root(struct child *child, const struct op *op)
{
        int r;

        if (op->number == 0) {
                r = child->root_at_path ? child_cover_root(child, child->root) : 0;
                child->root_at_path = false;
                forget(&child->root_path);
                return r;
        }
        r = child->root_path < 0 ? 0 : child_is_same_file(child->root_path, child->root);
        if (r <= 0)
                return r;
        r = move_to(child, child->root, child->root_path, "");
        child->root_at_path = r >= 0;
        return r == -EINVAL || r == -ELOOP ? 0 : r;
}

/* With whatever is below what is mounted there. */
static int hide(const char *path)
{
        int r;

        do
                r = (int)sys2(umount2, path, DETACH);
        while (r == 0);
        if (r == -EINVAL || r == -EPERM)
                r = (int)sys5(mount, "none", path, "tmpfs", MS_RDONLY, 0);
        return r == -ENOENT ? 0 : r;
}

/*
 * What lies below a root that was entered by chroot(2) is still in the mount namespace, and as long as a procfs or sysfs with nothing on it is
 * there, a user namespace made in the container may mount one of its own, without the container's masks (mount_namespaces(7),
 * "Restrictions on mount namespaces"). What may not be detached, as in a user namespace, is covered.
 */
static int hide_old(struct child *child)
{
        int r;

        child->step = STEP_DETACH_OLD;
        r = hide("/proc");
        return r < 0 ? r : hide("/sys");
}

/* Whether something is mounted on the root, which is this process's own: ".." leads to it from there (path_resolution(7)). What is found is a directory
 * either way, and can't be opened for writing, so that nothing has to be closed. */
static int is_covered(const struct child *child)
{
        const struct open_how how = {.flags = O_WRONLY | FLAG_CLOEXEC, .resolve = RESOLVE_NO_XDEV};
        int r = (int)sys4(openat2, child->root, "..", &how, sizeof(how));

        if (r == -EISDIR)
                return 0;
        return r == -EXDEV ? 1 : r < 0 ? r : -ENOTDIR;
}

/* Takes away what is mounted on the root, the working directory: ".", as umount2(2) takes it, is the topmost mount there. What arrives on that meanwhile
 * goes with it, and what it is gone from gets nothing any more. */
static int uncover(struct child *child)
{
        int r;

        child->step = STEP_DETACH_OLD;
        r = is_covered(child);
        for (int i = 0; r > 0 && i < DETACHES_MAX; i++) {
                r = (int)sys2(umount2, ".", DETACH);
                if (r >= 0)
                        r = is_covered(child);
        }
        return r > 0 ? -EBUSY : r;
}

/* @which: the root that goes, where there are two. */
static int pivot_from(struct child *child, int which)
{
        int r;

        child->step = STEP_TOP;
        r = go_to_one_of(child, which);
        if (r < 0)
                return r;
        child->step = STEP_CHDIR;
        r = (int)sys1(fchdir, child->root);
        if (r < 0)
                return r;
        /* pivot_root(2), NOTES: with "." twice the old root is stacked on the new one. */
        child->step = STEP_PIVOT;
        return (int)sys2(pivot_root, ".", ".");
}

/* Behind pivot_root(2) the old root is on the new one, or what lay on it. */
static int detach_old(struct child *child)
{
        int r;

        child->step = STEP_DETACH_OLD;
        r = (int)sys2(umount2, ".", DETACH);
        return r >= 0 ? uncover(child) : r;
}

static int pivot(struct child *child)
{
        int r = pivot_from(child, child->top);

        if (r >= 0)
                r = detach_old(child);
        if (r < 0 || child->top < 0)
                return r;
        r = pivot_from(child, child->caller);
        /* It does not lie below; or nobody may take away what lies on it, as in a user namespace (mount_namespaces(7)). */
        if (r == -EINVAL) {
                child->step = STEP_TOP;
                return go_to(child->root);
        }
        return r >= 0 ? detach_old(child) : r;
}

/* The machine's root stays in the namespace. */
static int change_root(struct child *child)
{
        int r = child->top >= 0 ? hide_old(child) : 0;

        if (r < 0)
                return r;
        child->step = STEP_TOP;
        r = go_to_one_of(child, child->top);
        if (r >= 0)
                r = hide_old(child);
        if (r < 0)
                return r;
        child->step = STEP_CHDIR;
        r = (int)sys1(fchdir, child->root);
        if (r < 0)
                return r;
        child->step = STEP_PIVOT;
        r = (int)sys1(chroot, ".");
        return r < 0 ? r : uncover(child);
}

int child_do_pivot(struct child *child, const struct op *op)
{
        int r = op->number == 0 ? change_root(child) : pivot(child);

        if (r < 0)
                return r;
        forget(&child->top);
        forget(&child->caller);
        return 0;
}
