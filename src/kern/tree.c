/* SPDX-License-Identifier: Apache-2.0 */
/* Detached mounts; see tree.h. */
#include "kern/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/fd.h"

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

int tree_clone(int dirfd, const char *path, bool recursive)
{
        int fd = open_tree(dirfd, path,
                           OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT |
                                   (recursive ? AT_RECURSIVE : 0));

        return fd < 0 ? -errno : fd;
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
