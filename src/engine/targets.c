/* SPDX-License-Identifier: Apache-2.0 */
/* Mount targets; see targets.h. */
#include "engine/targets.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

/* A path of the container: links in it are followed inside of the root. Returns a descriptor or -errno. */
static int open_inside(int root, const char *path, int flags)
{
        struct open_how how = {.flags = (unsigned)(O_PATH | O_CLOEXEC | flags),
                               .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
        int fd = (int)syscall(SYS_openat2, root, *path == '\0' ? "." : path, &how, sizeof(how));

        return fd < 0 ? -errno : fd;
}

/* What does not fit into the log is not undone. */
static int note(struct shared *made, int log, char kind, const char *path)
{
        size_t len = strlen(path) + 2;

        if (len > sizeof(made->made) - made->used)
                return 0;
        made->made[made->used] = kind;
        memcpy(made->made + made->used + 1, path, len - 1);
        made->used += (uint32_t)len;
        return pwrite(log, made, sizeof(*made), 0) == sizeof(*made) ? 0 : -EIO;
}

static int make_one(int root, const char *path, bool directory, struct shared *made, int log)
{
        char parent[PATH_MAX];
        char *slash;
        _cleanup_close_
        int fd = -EBADF;
        int r;

        (void)snprintf(parent, sizeof(parent), "%s", path);
        slash = strrchr(parent, '/');
        if (slash != NULL)
                *slash = '\0';
        else
                parent[0] = '\0';
        fd = open_inside(root, parent, O_DIRECTORY);
        r = fd < 0 ? fd : note(made, log, directory ? 'd' : 'f', path);
        if (r < 0)
                return r;
        path = slash == NULL ? path : path + (slash - parent) + 1;
        return (directory ? mkdirat(fd, path, 0755) : mknodat(fd, path, S_IFREG | 0644, 0)) < 0 ? -errno : 0;
}

/* @path as a start writes it: without slashes at its ends, and none twice. */
static int make(int root, char *path, bool directory, struct shared *made, int log)
{
        int r = 0;

        for (char *end = path; r >= 0 && end != NULL;) {
                _cleanup_close_
                int fd = -EBADF;

                end = strchr(end + 1, '/');
                if (end != NULL)
                        *end = '\0';
                fd = open_inside(root, path, 0);
                if (fd == -ENOENT)
                        r = make_one(root, path, directory || end != NULL, made, log);
                else if (fd < 0)
                        r = fd;
                if (end != NULL)
                        *end = '/';
        }
        return r;
}

/* Without slashes in front, behind, and twice. false: it is the root itself, or too long. */
static bool write_inside(const char *path, char ret_path[PATH_MAX])
{
        size_t len = 0;

        while (*(path += strspn(path, "/")) != '\0') {
                size_t word = strcspn(path, "/");

                if (len + word + 2 > PATH_MAX)
                        return false;
                if (len > 0)
                        ret_path[len++] = '/';
                memcpy(ret_path + len, path, word);
                len += word;
                path += word;
        }
        ret_path[len] = '\0';
        return len > 0;
}

/* Whether it lies on a mount that comes before it. */
static bool is_on_mount(const struct ward_spec *spec, size_t index, const char *path)
{
        char other[PATH_MAX];

        for (size_t i = 0; i < index; i++) {
                size_t len;

                if (!write_inside(spec->mounts[i].destination, other))
                        continue;
                len = strlen(other);
                if (strncmp(path, other, len) == 0 && (path[len] == '/' || path[len] == '\0'))
                        return true;
        }
        return false;
}

int targets_make(const struct ward_spec *spec, const char *rootfs, struct shared *made, int log, struct ward_err *err)
{
        _cleanup_close_
        int root = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC); /* host path: the config's root */

        if (root < 0)
                return err_errno(err, "open the root file system '%s'", rootfs);
        for (size_t i = 0; i < spec->mount_count; i++) {
                const struct spec_mount *mount = &spec->mounts[i];
                bool directory = true;
                char path[PATH_MAX], where[256];
                struct stat st;
                int r;

                if (mount->remount || !write_inside(mount->destination, path) || is_on_mount(spec, i, path))
                        continue;
                if (mount->bind && stat(mount->source, &st) == 0) /* host path: the config's source */
                        directory = S_ISDIR(st.st_mode);
                r = make(root, path, directory, made, log);
                if (r < 0)
                        return err_code(err, r, "%s: make the mount's target '%s' in '%s'",
                                        spec_origin_text(&mount->origin, spec->file, where, sizeof(where)),
                                        mount->destination, rootfs);
        }
        return 0;
}
