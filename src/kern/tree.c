/* SPDX-License-Identifier: Apache-2.0 */
/* Detached mounts; see tree.h. */
#include "kern/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/libc.h"
#include "kern/careful.h"
#include "kern/clone.h"

#define SMACK_ATTRIBUTE "security.SMACK64"

static int set_number(int fs, const char *key, uint64_t value)
{
        char text[24];

        (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
        return fsconfig(fs, FSCONFIG_SET_STRING, key, text, 0) < 0 ? -errno : 0;
}

int tree_make(int fs, uint64_t attributes)
{
        int fd;

        if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
                return -errno;
        fd = fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)attributes);
        return fd < 0 ? -errno : fd;
}

int tree_tmpfs(uint64_t bytes, uint64_t inodes, uint64_t attributes)
{
        _cleanup_close_
        int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
        int r;

        if (fs < 0)
                return -errno;
        r = set_number(fs, "size", bytes);
        if (r >= 0)
                r = set_number(fs, "nr_inodes", inodes);
        if (r >= 0 && fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0755", 0) < 0)
                r = -errno;
        return r < 0 ? r : tree_make(fs, attributes);
}

/* The right is asked for before the path is looked at. */
bool tree_may_clone(void)
{
        int r = careful_syscall(SYS_open_tree, -EBADF, (long)"", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC, 0, 0);

        return r < 0 && r != -EPERM;
}

int tree_clone(int dirfd, const char *path, bool recursive)
{
        int fd = open_tree(dirfd, path,
                           OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT |
                                   (recursive ? AT_RECURSIVE : 0));

        return fd < 0 ? -errno : fd;
}

static bool is_own(const char *file, int ns)
{
        struct stat own, other;

        return stat(file, &own) == 0 && fstat(ns, &other) == 0 && own.st_dev == other.st_dev &&
               own.st_ino == other.st_ino;
}

/* Of a directory that something is mounted on. */
static int clone_tmpfs(int root, const char *path)
{
        _cleanup_close_
        int fd = fd_open_beneath(root, path, O_PATH | O_DIRECTORY), tree = -EBADF;
        struct statx st;
        struct statfs fs;
        int r;

        if (fd < 0)
                return fd;
        if (fstatfs(fd, &fs) < 0 || statx(fd, "", AT_EMPTY_PATH, 0, &st) < 0)
                return -errno;
        if ((st.stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0)
                return -ENOENT;
        if (fs.f_type != TMPFS_MAGIC)
                return -EINVAL;
        tree = tree_clone(fd, "", false);
        r = tree < 0 ? tree : tree_private(tree);
        return r < 0 ? r : TAKE_FD(tree);
}

/* A tree that a process of its own makes: a mount can be cloned only in the mount namespace that it belongs to. It has what the caller has open.
 * @flags: of clone_child(). */
static int made_elsewhere(uint64_t flags, int (*make)(const void *what), const void *what)
{
        _cleanup_close_
        int ours = -EBADF, theirs = -EBADF, pidfd = -EBADF;
        int pair[2], code = 0, fd;
        siginfo_t info;
        pid_t pid;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return -errno;
        ours = pair[0];
        theirs = pair[1];
        pid = clone_child(flags, -EBADF, &pidfd);
        if (pid < 0)
                return pid;
        if (pid == 0) {
                code = make(what);
                _exit(fd_send(theirs, &code, sizeof(code), code < 0 ? -EBADF : code) < 0);
        }
        theirs = fd_close(theirs);
        fd = fd_receive(ours, &code, sizeof(code));
        (void)pidfd_wait(pidfd, false, false, &info);
        return fd == -EBADF && code < 0 ? code : fd;
}

struct node {
        int fs;
        const char *name;
};

/* The namespace is new, and a copy of the caller's: what is attached in it is nowhere else. */
static int clone_attached(const void *what)
{
        const struct node *node = what;

        if (mount(NULL, "/", NULL, MS_PRIVATE, NULL) < 0 ||
            move_mount(node->fs, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
                return -errno;
        return tree_clone(node->fs, node->name, false);
}

int tree_node(uint32_t mode, uint64_t device, uint32_t uid, uint32_t gid, const char *label)
{
        static const char name[] = "node";
        char path[64];
        _cleanup_close_
        int fs = tree_tmpfs(4096, 4, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
        int r;

        if (fs < 0)
                return fs;
        if (mknodat(fs, name, mode, device) < 0 || fchownat(fs, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 ||
            fchmodat(fs, name, mode & 07777, 0) < 0) /* the umask took from the mode */
                return -errno;
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", fs, name);
        if (label != NULL && lsetxattr(path, SMACK_ATTRIBUTE, label, strlen(label), 0) < 0 && errno != EPERM)
                return -errno;
        r = tree_clone(fs, name, false);
        /* Before Linux 6.15 a file of a mount that is attached nowhere can't be cloned. */
        return r != -EINVAL ? r : made_elsewhere(CLONE_NEWNS, clone_attached, &(struct node){fs, name});
}

struct place {
        int user_ns, mount_ns;
        const char *path;
};

/* The owner of that namespace has rights over this process: so it is not dumpable, which leaves it to the root of the caller's (ptrace(2)). */
static int clone_in(const void *what)
{
        const struct place *place = what;
        bool own = is_own("/proc/self/ns/user", place->user_ns);
        int root, r;

        if (prctl(PR_SET_DUMPABLE, 0) < 0 || (!own && setns(place->user_ns, CLONE_NEWUSER) < 0) ||
            setns(place->mount_ns, CLONE_NEWNS) < 0)
                return -errno;
        root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC); /* of the namespace */
        r = root < 0 ? -errno : clone_tmpfs(root, place->path);
        (void)fd_close(root);
        return r;
}

int tree_of_namespace(int user_ns, int mount_ns, const char *path)
{
        return made_elsewhere(0, clone_in, &(struct place){user_ns, mount_ns, path});
}

int tree_attributes(int fd, uint64_t set, uint64_t clear, bool recursive)
{
        struct mount_attr attr = {.attr_set = set, .attr_clr = clear};

        if (mount_setattr(fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr, sizeof(attr)) < 0)
                return -errno;
        return 0;
}

int tree_private(int fd)
{
        struct mount_attr attr = {.propagation = MS_PRIVATE};

        return mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

void tree_log(int fs, char *buffer, size_t size)
{
        size_t used = 0;

        /* One message per read(2), "e overlay: text\n": e an error, w a warning, i information. The last error is kept. */
        for (;;) {
                char line[256];
                ssize_t n = read(fs, line, sizeof(line) - 1);

                if (n <= 2)
                        break;
                line[n] = '\0';
                if (line[0] != 'e')
                        continue;
                line[strcspn(line, "\n")] = '\0';
                used = (size_t)snprintf(buffer, size, "%s", line + 2);
        }
        if (used == 0 && size > 0)
                buffer[0] = '\0';
}
