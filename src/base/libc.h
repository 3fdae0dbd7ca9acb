/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the two C libraries differ in. musl (Debian 12: 1.2.3) has neither the mount API nor statx(2): there the kernel's headers say what they
 * take, and they are called by number. Include it in place of <sys/mount.h>.
 */
#ifndef BASE_LIBC_H
#define BASE_LIBC_H

#include <stddef.h>
#include <sys/mount.h>
#include <sys/stat.h>

#ifndef __GLIBC__
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258 /* elf(5) */
#endif

static inline int fsopen(const char *type, unsigned flags) /* 5.2, as the next four */
{
        return (int)syscall(SYS_fsopen, type, flags);
}

static inline int fsconfig(int fd, unsigned command, const char *key, const void *value, int aux)
{
        return (int)syscall(SYS_fsconfig, fd, command, key, value, aux);
}

static inline int fsmount(int fd, unsigned flags, unsigned attributes)
{
        return (int)syscall(SYS_fsmount, fd, flags, attributes);
}

static inline int open_tree(int dirfd, const char *path, unsigned flags)
{
        return (int)syscall(SYS_open_tree, dirfd, path, flags);
}

static inline int move_mount(int from_dirfd, const char *from, int to_dirfd, const char *to, unsigned flags)
{
        return (int)syscall(SYS_move_mount, from_dirfd, from, to_dirfd, to, flags);
}

static inline int mount_setattr(int dirfd, const char *path, unsigned flags, struct mount_attr *attr,
                                size_t size) /* 5.12 */
{
        return (int)syscall(SYS_mount_setattr, dirfd, path, flags, attr, size);
}

#ifndef STATX_TYPE /* musl 1.2.5 has it */
#include <linux/stat.h>

static inline int statx(int dirfd, const char *path, int flags, unsigned mask, struct statx *ret_stat) /* 4.11 */
{
        return (int)syscall(SYS_statx, dirfd, path, flags, mask, ret_stat);
}
#endif
#endif

#endif
