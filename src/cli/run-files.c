/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a bind, changed one by one, here and for good, before it is bound: what the words U (run-bind.c), z and Z (run-relabel.c) ask for. Each is
 * named by the directory that it was found in and never followed, so that who owns the directory can't have a file elsewhere changed; other mounts are left alone.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/run.h"

#define DEPTH_MAX 256

/* A system whose files belong to a container is not one any more. By what it is, as a directory has many names. */
static bool is_system(const struct stat *st)
{
        static const char *const names[] = {"/",     "/bin",       "/boot",      "/dev", "/etc",    "/home",
                                            "/lib",  "/lib64",     "/media",     "/mnt", "/opt",    "/proc",
                                            "/root", "/run",       "/sbin",      "/srv", "/sys",    "/tmp",
                                            "/usr",  "/usr/local", "/usr/share", "/var", "/var/lib"};
        struct stat system;

        for (size_t i = 0; i < ELEMENTS(names); i++)
                if (stat(names[i], &system) == 0 && system.st_dev == st->st_dev && system.st_ino == st->st_ino)
                        return true;
        return false;
}

static int change_below(const struct run_change *change, dev_t device, int dirfd, const char *name, int depth)
{
        int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), r = 0;
        DIR *directory = fd < 0 ? NULL : fdopendir(fd);
        struct dirent *entry;
        struct stat st;

        if (directory == NULL) {
                r = -errno;
                (void)fd_close(fd);
                return r == -ENOENT ? 0 : r;
        }
        for (errno = 0; r >= 0 && (entry = readdir(directory)) != NULL; errno = 0) {
                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_dev != device)
                        continue; /* gone meanwhile, or another mount */
                r = change->file(fd, entry->d_name, change->value);
                if (r >= 0 && S_ISDIR(st.st_mode))
                        r = depth == 0 ? -ELOOP : change_below(change, device, fd, entry->d_name, depth - 1);
                if (r == -ENOENT)
                        r = 0;
        }
        if (r >= 0)
                r = -errno; /* of readdir(), which says so no other way */
        (void)closedir(directory);
        return r;
}

int run_change_files(const struct run_job *job, const struct spec_mount *mount, const struct run_change *change,
                     struct ward_err *err)
{
        _cleanup_close_
        int fd = open(mount->source, O_PATH | O_CLOEXEC);
        struct stat st;
        int r;

        if (fd < 0 && errno == ENOENT)
                return 0; /* said when it is bound, with what to do */
        if (fd < 0 || fstat(fd, &st) < 0)
                return err_errno(err, "option '%s': look at '%s'", mount->origin.field, mount->source);
        if (is_system(&st)) {
                (void)err_set(err, -EINVAL, "option '%s': %s", mount->origin.field, change->of_system);
                (void)err_mistake(err, MISTAKE_OWNERS);
                return err_hint(err, "name a directory of your own");
        }
        if (job->options->dry_run)
                return 0;
        r = change->file(fd, "", change->value);
        if (r >= 0 && S_ISDIR(st.st_mode))
                r = change_below(change, st.st_dev, fd, ".", DEPTH_MAX);
        return r < 0 ? change->explain(mount, change->value, r, err) : 0;
}
