/* SPDX-License-Identifier: Apache-2.0 */
/* /dev: nodes, links, and the terminal. */
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/socket.h>
#include <linux/stat.h>

#include <asm/ioctls.h>
#include <asm/statfs.h>
#include <asm/termbits.h>
#include <asm/termios.h>

#include "launch/child/child.h"
#include "launch/child/sys.h"

#define FLAG_PATH 010000000
#define FLAG_CLOEXEC 02000000

/* The directory that shall hold @name, which may have parents of its own ("net/tun"); *@ret_name is its last component. */
static int node_directory(struct child *child, const struct op_dev *dev, int directory, const char *name,
                          const char **ret_name)
{
        char path[PATH_MAX];
        uint32_t at = 0, last = 0;

        *ret_name = name;
        for (uint32_t i = 0; name[i] != '\0'; i++)
                if (name[i] == '/')
                        last = i;
        if (last == 0)
                return directory;
        if (child_length(dev->directory) + last + 2 > sizeof(path))
                return -ENAMETOOLONG;
        for (const char *c = dev->directory; *c != '\0'; c++)
                path[at++] = *c;
        path[at++] = '/';
        for (uint32_t i = 0; i < last; i++)
                path[at++] = name[i];
        path[at] = '\0';
        *ret_name = name + last + 1;
        return child_target(child, path, TARGET_NO_SYMLINK, true);
}

/* A node that is there already must be the one that was asked for. */
static int prove_node(int directory, const char *name, const struct op_node *node)
{
        uint64_t major = (node->device >> 8) & 0xfff, minor = (node->device & 0xff) | ((node->device >> 12) & 0xfff00);
        struct statx st;
        int r = (int)sys5(statx, directory, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st);

        if (r < 0)
                return r;
        if ((st.stx_mode & S_IFMT) != (node->mode & S_IFMT) ||
            (!S_ISFIFO(st.stx_mode) && (st.stx_rdev_major != major || st.stx_rdev_minor != minor)))
                return -EEXIST;
        return 0;
}

/* mknod(2), but for a node that is there already and is the right one. In the root file system itself it is looked for first: the undo log
 * must not name what the image ships. */
static int make_special(struct child *child, const struct op_dev *dev, int directory, bool of_root, const char *name,
                        const struct op_node *node)
{
        int r;

        if (of_root) {
                r = prove_node(directory, name, node);
                if (r == -ENOENT)
                        child_note(child, dev->directory, node->name, 'n');
                else if (r < 0)
                        return r;
        }
        r = (int)sys4(mknodat, directory, name, node->mode, node->device);
        if (r == -EEXIST)
                r = prove_node(directory, name, node);
        if (r >= 0 && (node->uid != 0 || node->gid != 0))
                r = (int)sys5(fchownat, directory, name, node->uid, node->gid, AT_SYMLINK_NOFOLLOW);
        return r;
}

/* The host's node bound on an empty file. Whatever the image has there is opened as a path only: a pipe would block. */
static int bind_node(struct child *child, const struct op_dev *dev, int directory, bool of_root, const char *name,
                     const struct op_node *node)
{
        struct open_how how = {
                .flags = FLAG_PATH | O_NOFOLLOW | FLAG_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
        };
        int target, r;

        target = (int)sys4(openat2, directory, name, &how, sizeof(how));
        if (target == -ENOENT) {
                if (of_root)
                        child_note(child, dev->directory, node->name, 'f');
                r = (int)sys4(mknodat, directory, name, S_IFREG | 0666, 0);
                if (r < 0 && r != -EEXIST)
                        return r;
                target = (int)sys4(openat2, directory, name, &how, sizeof(how));
        }
        if (target < 0)
                return target;
        r = child_attach(child, child->slots[node->slot], target);
        (void)sys1(close, target);
        return r;
}

/* @of_root: of @dev_directory. */
static int make_node(struct child *child, const struct op_dev *dev, int dev_directory, bool of_root,
                     const struct op_node *node)
{
        const char *name;
        int directory, r = of_root;

        directory = node_directory(child, dev, dev_directory, node->name, &name);
        if (directory < 0)
                return directory;
        child->step = STEP_NODE;
        if (directory != dev_directory)
                r = child_of_root(child, directory);
        if (r >= 0)
                r = node->slot != SLOT_NONE ? bind_node(child, dev, directory, r > 0, name, node)
                                            : make_special(child, dev, directory, r > 0, name, node);
        if (directory != dev_directory)
                (void)sys1(close, directory);
        return r;
}

/* A link, unless the image has an entry of that name, which is as good. */
static int make_link(struct child *child, const struct op_dev *dev, int directory, bool of_root,
                     const struct op_link *link)
{
        struct statx st;
        int r;

        child->step = STEP_LINK;
        if (of_root) {
                if (sys5(statx, directory, link->name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st) >= 0)
                        return 0;
                child_note(child, dev->directory, link->name, 'l');
        }
        r = (int)sys3(symlinkat, link->target, directory, link->name);
        return r == -EEXIST ? 0 : r;
}

int child_do_link(struct child *child, const struct op *op)
{
        const struct op_link *link = &op->link.link;
        const char *prefix = op->link.directory[0] == '.' && op->link.directory[1] == '\0' ? 0 : op->link.directory;
        char text[PATH_MAX];
        int directory = child_target(child, op->link.directory, TARGET_DIRECTORY, true), r;
        uint32_t noted;
        long n;

        if (directory < 0)
                return directory;
        noted = child->shared == 0 ? 0 : child->shared->used;
        child->step = STEP_LINK_NONE;
        n = sys4(readlinkat, directory, link->name, text, sizeof(text));
        if (n == -ENOENT) {
                child->step = STEP_LINK;
                r = child_of_root(child, directory);
                if (r > 0)
                        child_note(child, prefix, link->name, 'l');
                if (r >= 0)
                        r = (int)sys3(symlinkat, link->target, directory, link->name);
                if (r < 0 && child->shared != 0)
                        child->shared->used = noted;
        } else {
                /* EINVAL: no link. */
                r = n >= 0 && child_is_text(text, n, link->target) ? 0 : n < 0 && n != -EINVAL ? (int)n : -EEXIST;
        }
        (void)sys1(close, directory);
        return r;
}

int child_do_dev(struct child *child, const struct op *op)
{
        const struct op_dev *dev = &op->dev;
        bool of_root;
        int directory, r;

        /* The image may ship /dev as a symlink (V3). */
        directory = child_target(child, dev->directory, TARGET_NO_SYMLINK, true);
        if (directory < 0)
                return directory;
        r = child_of_root(child, directory);
        of_root = r > 0;
        for (uint32_t i = 0; r >= 0 && i < dev->node_count; i++) {
                child->value = i;
                r = make_node(child, dev, directory, of_root, &dev->nodes[i]);
        }
        for (uint32_t i = 0; r >= 0 && i < dev->link_count; i++) {
                child->value = i;
                r = make_link(child, dev, directory, of_root, &dev->links[i]);
        }
        (void)sys1(close, directory);
        return r;
}

/* Sends the master to whoever holds the terminal: the console socket of runc's documentation (docs/terminals). */
static int send_master(struct child *child, int socket, int master)
{
        static const char name[] = "/dev/ptmx";

        child->step = STEP_CONSOLE_SEND;
        return child_send_fd(socket, name, sizeof(name) - 1, master);
}

/* The slave at /dev/console, whatever the image had there: no link is followed (V4). */
static int bind_console(struct child *child, int slave)
{
        int tree, target, r;

        child->step = STEP_SOURCE;
        tree = (int)sys3(open_tree, slave, "", OPEN_TREE_CLONE | FLAG_CLOEXEC | AT_EMPTY_PATH);
        if (tree < 0)
                return tree;
        target = child_target(child, "dev/console", TARGET_NO_SYMLINK, false);
        r = target < 0 ? target : child_attach(child, tree, target);
        if (target >= 0)
                (void)sys1(close, target);
        (void)sys1(close, tree);
        return r;
}

/* A new pair from the container's own devpts, proved to be one. *@ret_slave has the other end. Returns the master. */
static int open_pair(struct child *child, int *ret_slave)
{
        struct statfs fs;
        int master, slave, unlock = 0, r;

        child->step = STEP_PTMX;
        master = child_open(child, "dev/pts/ptmx", O_RDWR | O_NOCTTY, RESOLVE_NO_SYMLINKS);
        if (master < 0)
                return master;
        child->step = STEP_PTY;
        r = (int)sys2(fstatfs, master, &fs);
        if (r >= 0 && fs.f_type != DEVPTS_SUPER_MAGIC)
                r = -ENODEV;
        if (r >= 0)
                r = (int)sys3(ioctl, master, TIOCSPTLCK, &unlock);
        slave = r < 0 ? r : (int)sys3(ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY | FLAG_CLOEXEC);
        if (slave < 0) {
                (void)sys1(close, master);
                return slave;
        }
        *ret_slave = slave;
        return master;
}

/* A new terminal puts a carriage return in front of each newline (termios(3), ONLCR). */
static int make_plain(int slave)
{
        struct termios mode;
        int r = (int)sys3(ioctl, slave, TCGETS, &mode);

        if (r < 0)
                return r;
        mode.c_oflag &= ~(tcflag_t)ONLCR;
        return (int)sys3(ioctl, slave, TCSETS, &mode);
}

int child_do_terminal(struct child *child, const struct op *op)
{
        const struct op_terminal *terminal = &op->terminal;
        struct winsize size = {.ws_row = terminal->rows, .ws_col = terminal->columns};
        int master, slave = -EBADF, r = 0;

        master = open_pair(child, &slave);
        if (master < 0)
                return master;
        if (size.ws_row != 0 || size.ws_col != 0)
                r = (int)sys3(ioctl, slave, TIOCSWINSZ, &size);
        if (r >= 0 && terminal->plain)
                r = make_plain(slave);
        if (r >= 0 && terminal->uid != 0)
                r = (int)sys3(fchown, slave, terminal->uid, -1);
        if (r >= 0 && terminal->bind_console)
                r = bind_console(child, slave);
        if (r >= 0)
                r = send_master(child, child->slots[terminal->console_slot], master);
        (void)sys1(close, master);
        if (r < 0)
                return r;
        child->step = STEP_STDIO;
        for (int fd = 0; r >= 0 && fd <= 2; fd++)
                r = (int)sys3(dup3, slave, fd, 0);
        (void)sys1(close, slave);
        return r < 0 ? r : 0;
}
