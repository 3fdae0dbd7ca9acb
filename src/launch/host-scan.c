/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which names are hidden; see host-scan.h.
 *
 * The walk goes by descriptors and follows no symbolic link. @lower is the id-mapped clone of the machine's directory: the owners that
 * it shows are those that the middle layer's directories need, and no mount of the machine is on it.
 */
#include "launch/host-scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/overlay.h"

#define DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

bool host_others_may(const struct stat *st)
{
        switch (st->st_mode & S_IFMT) {
        case S_IFDIR:
                return (st->st_mode & (S_IROTH | S_IXOTH)) == (S_IROTH | S_IXOTH);
        case S_IFREG:
        case S_IFIFO:
                return (st->st_mode & S_IROTH) != 0;
        case S_IFLNK:
                return true;
        default:
                return false;
        }
}

static int set_times(int fd, const struct stat *like)
{
        const struct timespec times[2] = {like->st_atim, like->st_mtim};

        return futimens(fd, times);
}

int host_make_like(int dirfd, const char *name, const struct stat *like)
{
        _cleanup_close_
        int fd = -EBADF;
        bool fresh = mkdirat(dirfd, name, 0700) >= 0;

        if (!fresh && errno != EEXIST)
                return -errno;
        fd = openat(dirfd, name, DIRECTORY);
        if (fd < 0)
                return -errno;
        /* The owner first: chown(2) clears set-id bits. */
        if (fresh && (fchown(fd, like->st_uid, like->st_gid) < 0 || fchmod(fd, like->st_mode & 07777) < 0 ||
                      set_times(fd, like) < 0))
                return -errno;
        return TAKE_FD(fd);
}

/* A directory on the way down. Its twin in the middle layer is made when a name in it is hidden. */
struct level {
        struct level *parent;
        const char *name;
        struct stat st, upper_st;
        int middle;
        int upper; /* -EBADF also where the container has put something else there, or has made it a directory of its own */
        unsigned depth;
};

static int make_twin(const struct host_scan *scan, int dirfd, const char *name, const struct stat *like)
{
        struct stat st = *like;

        if (scan->own) {
                st.st_uid = geteuid();
                st.st_gid = getegid();
        }
        return host_make_like(dirfd, name, &st);
}

static int level_middle(const struct host_scan *scan, struct level *level)
{
        int above;

        if (level->middle >= 0)
                return level->middle;
        above = level_middle(scan, level->parent);
        if (above < 0)
                return above;
        return level->middle = make_twin(scan, above, level->name, &level->st);
}

#define PROGRESS_STEP 256 /* directories */

static int level_upper(struct host_scan *scan, struct level *level)
{
        int fd;

        if (level->parent->upper < 0)
                return 0;
        fd = make_twin(scan, level->parent->upper, level->name, &level->st);
        if (fd == -ENOTDIR || fd == -ELOOP)
                return 0;
        if (fd < 0)
                return fd;
        if (overlay_is_opaque(fd) || fstat(fd, &level->upper_st) < 0)
                (void)fd_close(fd);
        else
                level->upper = fd;
        scan->directories++;
        if (scan->progress != NULL && scan->directories % PROGRESS_STEP == 0)
                scan->progress(scan->directories);
        return 0;
}

static int hide(const struct host_scan *scan, struct level *level, const char *name)
{
        int fd = level_middle(scan, level), r;

        if (fd < 0)
                return fd;
        r = overlay_whiteout(fd, name);
        return r == -EEXIST ? 0 : r;
}

static int scan_level(struct host_scan *scan, int fd, struct level *level);

static int scan_entry(struct host_scan *scan, int dirfd, const struct dirent *entry, struct level *level)
{
        struct level below = {
                .parent = level, .name = entry->d_name, .middle = -EBADF, .upper = -EBADF, .depth = level->depth + 1};
        int r = 0, fd;

        if (entry->d_type == DT_LNK || (!scan->hide && entry->d_type == DT_REG))
                return 0;
        if (fstatat(dirfd, entry->d_name, &below.st, AT_SYMLINK_NOFOLLOW) < 0)
                return 0;
        if (!host_others_may(&below.st))
                return scan->hide ? hide(scan, level, entry->d_name) : 0;
        if (!S_ISDIR(below.st.st_mode))
                return 0;
        if (below.depth >= scan->depth)
                return scan->must ? hide(scan, level, entry->d_name) : 0;
        fd = openat(dirfd, entry->d_name, DIRECTORY);
        if (fd < 0)
                return errno == ENOENT || errno == EACCES || errno == ENOTDIR || errno == ELOOP ? 0 : -errno;
        r = level_upper(scan, &below);
        if (r >= 0)
                r = scan_level(scan, fd, &below);
        else
                (void)fd_close(fd);
        below.middle = fd_close(below.middle);
        below.upper = fd_close(below.upper);
        return r;
}

/* Takes @fd. */
static int scan_level(struct host_scan *scan, int fd, struct level *level)
{
        DIR *directory = fdopendir(fd);
        const struct dirent *entry;
        int r = 0;

        if (directory == NULL) {
                r = -errno;
                (void)fd_close(fd);
                return r;
        }
        while (r >= 0 && (entry = readdir(directory)) != NULL) {
                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                if (scan->budget == 0) {
                        r = scan->must ? -E2BIG : 0;
                        break;
                }
                scan->budget--;
                r = scan_entry(scan, dirfd(directory), entry, level);
        }
        /* Filling a twin has changed its time; the container shall see the directory's own, or what it has made of it. */
        if (level->middle >= 0)
                (void)set_times(level->middle, &level->st);
        if (level->upper >= 0)
                (void)set_times(level->upper, &level->upper_st);
        (void)closedir(directory);
        return r;
}

int host_scan(struct host_scan *scan, struct ward_err *err)
{
        struct level top = {.middle = scan->middle, .upper = scan->upper};
        int r = 0;

        scan->depth = scan->must ? HOST_SCAN_DEPTH : HOST_SCAN_SHALLOW;
        for (;; scan->depth = HOST_SCAN_DEPTH) {
                int fd = openat(scan->lower, ".", DIRECTORY);

                if (fd < 0 || fstat(fd, &top.st) < 0 || (scan->upper >= 0 && fstat(scan->upper, &top.upper_st) < 0)) {
                        r = err_errno(err, "look for files that others may not read");
                        (void)fd_close(fd);
                        return r;
                }
                r = scan_level(scan, fd, &top);
                if (r < 0 || scan->depth == HOST_SCAN_DEPTH)
                        break;
        }
        if (r == -ENOSPC && scan->directories > 0) {
                (void)err_code(err, r, "make the directories that the container may change");
                return err_hint(err, "give it more room with --host-size, or a directory of yours with --keep");
        }
        if (r == -E2BIG || (r == -ENOSPC && scan->must)) {
                (void)err_set(err, -E2BIG, "hide what others may not read: there is too much to look through");
                return err_hint(err, "with --userns auto the kernel hides it, and nothing is looked through; it takes "
                                     "a line for this user in /etc/subuid and /etc/subgid");
        }
        return r < 0 ? err_code(err, r,
                                "hide files that others may not read, and make the directories that it may "
                                "change")
                     : 0;
}

static int hide_last(int lower, int middle, const char *name)
{
        _cleanup_close_
        int fd = -EBADF;
        struct stat st;
        int r;

        if (fstatat(lower, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return 0;
        if (!S_ISDIR(st.st_mode)) {
                r = overlay_whiteout(middle, name);
                return r == -EEXIST ? 0 : r;
        }
        st.st_mode |=
                S_IROTH | S_IXOTH; /* what is under a mount point may have any mode; what shows is another directory */
        fd = host_make_like(middle, name, &st);
        r = fd < 0 ? fd : overlay_opaque(fd);
        return r < 0 ? r : 1;
}

int host_hide_mount_point(int lower_fd, int middle_fd, const char *path, struct ward_err *err)
{
        _cleanup_close_
        int lower = openat(lower_fd, ".", DIRECTORY), middle = openat(middle_fd, ".", DIRECTORY);
        const char *rest = path;
        int r = lower < 0 || middle < 0 ? -errno : 0;

        while (r >= 0) {
                size_t len = strcspn(rest, "/");
                char name[256];
                struct stat st;
                int next;

                if (len >= sizeof(name))
                        return err_set(err, -ENAMETOOLONG, "hide what is under the mount point /%s: a name is too long",
                                       path);
                memcpy(name, rest, len);
                name[len] = '\0';
                if (rest[len] == '\0') {
                        r = hide_last(lower, middle, name);
                        break;
                }
                rest += len + 1;
                next = openat(lower, name, DIRECTORY);
                if (next < 0)
                        return 0;
                (void)fd_close(lower);
                lower = next;
                if (fstat(lower, &st) < 0 || !host_others_may(&st))
                        return 0;
                r = next = host_make_like(middle, name, &st);
                if (next >= 0) {
                        (void)fd_close(middle);
                        middle = next;
                }
        }
        return r < 0 ? err_code(err, r, "hide what is under the mount point /%s", path) : r;
}
