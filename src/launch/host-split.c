/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directories of the machine with mounts below, for who is not root.
 *
 * The mounts of a namespace that was copied by a less privileged user are locked together: none can be cloned without those below
 * (mount_namespaces(7)), and what has some below is no layer of an overlay. So such a directory is made anew: a directory with nothing
 * below becomes a view, one with mounts below is split in turn, links and files are copied.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "launch/host-private.h"
#include "launch/host-scan.h"

#define DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define COPY "copy"    /* in the store: what is not whole yet */
#define VIEWS_MAX 2000 /* each costs a tenth of a millisecond, and mounts: /proc/sys/fs/mount-max */
#define MAGIC_ZFS 0x2fc12fc1
#define MAGIC_BCACHEFS 0xca451a4e

/* What holds files of the machine. Anything else (proc, FUSE, NFS) has rules of its own for who may read it. */
static const uint32_t plain_file_systems[] = {
        EXT4_SUPER_MAGIC,     XFS_SUPER_MAGIC,       BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC, SQUASHFS_MAGIC,
        EROFS_SUPER_MAGIC_V1, OVERLAYFS_SUPER_MAGIC, TMPFS_MAGIC,       MAGIC_ZFS,        MAGIC_BCACHEFS,
};

bool host_has_mounts(const struct host *host, const char *path)
{
        for (size_t i = 0; i < host->mount_point_count; i++)
                if (host_is_below(host->mount_points[i], path))
                        return true;
        return false;
}

static bool is_mount_point(const struct host *host, const char *path)
{
        for (size_t i = 0; i < host->mount_point_count; i++)
                if (strcmp(host->mount_points[i], path) == 0)
                        return true;
        return false;
}

static bool is_plain(int fd)
{
        struct statfs fs;

        if (fstatfs(fd, &fs) < 0)
                return false;
        for (size_t i = 0; i < ELEMENTS(plain_file_systems); i++)
                if ((uint32_t)fs.f_type == plain_file_systems[i])
                        return true;
        return false;
}

/* Under its name it is whole: who cut an earlier start short has left a part of it under another one. */
static int copy_file(const struct host *host, const struct host_place *at, const char *name, const char *path,
                     struct ward_err *err)
{
        _cleanup_close_
        int from = openat(at->from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), to = -EBADF;
        struct stat st;
        ssize_t n;
        int r = 0;

        /* What is gone, or can't be read by the caller, is not there. What is kept has been copied before. */
        if (from < 0 || fstat(from, &st) < 0 || !S_ISREG(st.st_mode) || !host_others_may(&st) || fd_has(at->to, name))
                return 0;
        (void)unlinkat(host->store_dir, COPY, 0);
        to = openat(host->store_dir, COPY, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (to < 0)
                return err_errno(err, "copy the file /%s", path);
        do
                n = sendfile(to, from, NULL, 1 << 20);
        while (n > 0);
        const struct timespec times[2] = {st.st_atim, st.st_mtim};

        if (n < 0 || fchmod(to, st.st_mode & 0777) < 0 || futimens(to, times) < 0 ||
            (linkat(host->store_dir, COPY, at->to, name, 0) < 0 && errno != EEXIST)) {
                r = err_errno(err, "copy the file /%s, since other file systems are mounted beside it", path);
                if (r == -ENOSPC)
                        r = err_hint(err, "give it more room with --host-size");
        }
        (void)unlinkat(host->store_dir, COPY, 0);
        return r;
}

static int add_directory(struct host *host, const struct host_place *at, const char *name, const char *path,
                         const struct stat *st, struct host_kind kind, struct ward_err *err)
{
        _cleanup_close_
        int made = host_make_directory(host, at->to, name, st, err), fd = -EBADF;
        bool mappable;

        if (made < 0)
                return made == -ENOTDIR || made == -ELOOP ? 0 : made; /* kept: the container has replaced it */
        fd = openat(at->from, name, DIRECTORY);
        if (fd < 0 || (is_mount_point(host, path) && !is_plain(fd)))
                return 0;
        if (host_has_mounts(host, path))
                return host_split(host, &(const struct host_place){fd, made}, path, kind, err);
        if (host->view_count >= VIEWS_MAX) {
                (void)err_set(err, -E2BIG,
                              "make a view of /%s: more than %d directories lie beside mounts of the machine", path,
                              VIEWS_MAX);
                return err_hint(err, "run it as root, where mounts don't divide what is shown");
        }
        return host_add_view(host, fd, path, kind, &mappable, err);
}

static int add_entry(struct host *host, const struct host_place *at, const char *name, const char *path,
                     struct host_kind kind, struct ward_err *err)
{
        struct stat st;

        if (fstatat(at->from, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0 || !host_others_may(&st))
                return 0;
        if (S_ISLNK(st.st_mode))
                return host_copy_link(host, at, name, path, err);
        if (S_ISREG(st.st_mode))
                return copy_file(host, at, name, path, err);
        return S_ISDIR(st.st_mode) ? add_directory(host, at, name, path, &st, kind, err) : 0;
}

int host_split(struct host *host, const struct host_place *at, const char *path, struct host_kind kind,
               struct ward_err *err)
{
        int fd = openat(at->from, ".", DIRECTORY), r = 0;
        DIR *directory = fd < 0 ? NULL : fdopendir(fd);
        const struct dirent *entry;

        if (directory == NULL) {
                r = err_errno(err, "read the directory /%s", path);
                (void)fd_close(fd);
                return r;
        }
        while (r >= 0 && (entry = readdir(directory)) != NULL) {
                const char *below;

                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                below = arena_concat(&host->arena, path, "/", entry->d_name);
                r = below == NULL ? err_oom(err) : add_entry(host, at, entry->d_name, below, kind, err);
        }
        (void)closedir(directory);
        return r;
}
