/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths inside the container's root.
 *
 * The root file system may be hostile: any component may be a symlink, and another process may exchange components at any moment.
 * So nothing is resolved but by openat2(2) with RESOLVE_IN_ROOT from the root's descriptor, and what is missing is made
 * relative to a descriptor that was resolved so. A string is never joined to a path of the host (V1, V2).
 */
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <linux/stat.h>

#include <asm/statfs.h>

#include "launch/child/child.h"
#include "launch/child/sys.h"

#define LINKS_MAX 40      /* as path_resolution(7) */
#define RACE_RETRIES 1000 /* openat2(2): EAGAIN when a ".." was raced by a rename; a swapper in a loop needs patience */

/* fcntl(2) values that only libc headers have in this combination. */
#define FLAG_PATH 010000000
#define FLAG_CLOEXEC 02000000

int child_open(struct child *child, const char *path, uint64_t flags, uint64_t resolve)
{
        struct open_how how = {
                .flags = flags | FLAG_CLOEXEC,
                .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve,
        };
        int r = -EAGAIN;

        for (int i = 0; i < RACE_RETRIES && r == -EAGAIN; i++)
                r = (int)sys4(openat2, child->root, path[0] == '\0' ? "." : path, &how, sizeof(how));
        return r;
}

int child_open_as_program(const struct child *child, const char *path, uint64_t flags)
{
        const struct open_how how = {.flags = flags | FLAG_PATH | FLAG_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS};
        int r = (int)sys4(openat2, AT_FDCWD, path, &how, sizeof(how));

        /* Services of systemd have no openat2(2) where set-user-id files are forbidden (systemd.exec(5), RestrictSUIDSGID=), and filters that don't know
         * it answer EPERM. */
        if ((r == -ENOSYS || r == -EPERM) && child->plan->callers_root)
                r = (int)sys4(openat, AT_FDCWD, path, how.flags, 0);
        return r;
}

int child_is_same_file(int a, int b)
{
        struct statx first, second;
        int r = (int)sys5(statx, a, "", AT_EMPTY_PATH, STATX_INO, &first);

        if (r >= 0)
                r = (int)sys5(statx, b, "", AT_EMPTY_PATH, STATX_INO, &second);
        if (r < 0)
                return r;
        return first.stx_ino == second.stx_ino && first.stx_dev_major == second.stx_dev_major &&
               first.stx_dev_minor == second.stx_dev_minor;
}

int child_is_directory(int fd, uint32_t *ret_mode)
{
        struct statx st;
        int r = (int)sys5(statx, fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_MODE, &st);

        if (r < 0)
                return r;
        if (ret_mode != NULL)
                *ret_mode = st.stx_mode;
        return S_ISDIR(st.stx_mode) ? 1 : 0;
}

void child_fd_path(int fd, char path[static CHILD_FD_PATH_MAX])
{
        static const char prefix[] = "/proc/self/fd/";
        char digits[12];
        uint32_t count = 0, at = 0;

        do
                digits[count++] = (char)('0' + fd % 10);
        while ((fd /= 10) > 0);
        for (; prefix[at] != '\0'; at++)
                path[at] = prefix[at];
        while (count > 0)
                path[at++] = digits[--count];
        path[at] = '\0';
}

bool child_is_text(const char *text, long len, const char *wanted)
{
        long at = 0;

        while (at < len && text[at] == wanted[at] && wanted[at] != '\0')
                at++;
        return at == len && wanted[at] == '\0';
}

int child_of_root(struct child *child, int directory)
{
        struct statx st;
        int r;

        if (child->shared == NULL)
                return 0;
        if (child->root_mount == 0) {
                r = (int)sys5(statx, child->root, "", AT_EMPTY_PATH, STATX_MNT_ID, &st);
                if (r < 0)
                        return r;
                child->root_mount = st.stx_mnt_id;
        }
        r = (int)sys5(statx, directory, "", AT_EMPTY_PATH, STATX_MNT_ID, &st);
        return r < 0 ? r : st.stx_mnt_id == child->root_mount;
}

static uint32_t put_made(struct shared *shared, uint32_t at, const char *text)
{
        for (; *text != '\0'; text++)
                shared->made[at++] = *text;
        return at;
}

void child_note(struct child *child, const char *prefix, const char *path, char kind)
{
        struct shared *shared = child->shared;
        uint32_t len = (prefix == NULL ? 0 : child_length(prefix) + 1) + child_length(path), at = shared->used;

        if (len + 2 > sizeof(shared->made) - at)
                return;
        shared->made[at++] = kind;
        if (prefix != NULL) {
                at = put_made(shared, at, prefix);
                shared->made[at++] = '/';
        }
        at = put_made(shared, at, path);
        shared->made[at++] = '\0';
        shared->used = at;
}

/* Makes the missing entry @name in the directory @parent. Returns O_PATH of it, or -EEXIST when something is there that could not
 * be followed: a dangling symlink. */
static int make_entry(struct child *child, int parent, const char *name, const char *whole, bool directory)
{
        struct open_how how = {
                .flags = FLAG_PATH | O_NOFOLLOW | FLAG_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
        };
        uint32_t noted = child->shared == NULL ? 0 : child->shared->used;
        int r;

        child->step = STEP_MAKE_TARGET;
        r = child_of_root(child, parent);
        if (r < 0)
                return r;
        if (r > 0)
                child_note(child, NULL, whole, directory ? 'd' : 'f');
        if (directory) {
                r = (int)sys3(mkdirat, parent, name, 0755);
        } else {
                r = (int)sys4(openat, parent, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | FLAG_CLOEXEC, 0644);
                if (r >= 0)
                        (void)sys1(close, r);
        }
        if (r < 0) {
                if (child->shared != NULL)
                        child->shared->used = noted;
                return r;
        }
        return (int)sys4(openat2, parent, name, &how, sizeof(how));
}

/* Rewrites @path, whose component [@start, @end) is a symlink in @parent, so that the link's text stands in its place. "." and ".." are
 * resolved by text; that cannot leave the root, because the result is resolved from the root again. */
static int splice_link(int parent, char path[static PATH_MAX], uint32_t start, uint32_t end)
{
        char link[PATH_MAX], joined[PATH_MAX];
        char *name = path + start, kept = path[end];
        uint32_t at = 0, from;
        long len;

        path[end] = '\0';
        len = sys4(readlinkat, parent, name, link, sizeof(link));
        path[end] = kept;
        /* No link: another start made the same entry at this moment. The next walk finds it. */
        if (len < 0)
                return len == -EINVAL ? 0 : (int)len;
        if ((uint64_t)start + (uint64_t)len + child_length(path + end) + 2 > PATH_MAX)
                return -ENAMETOOLONG;
        if (link[0] != '/')
                for (; at < start; at++)
                        joined[at] = path[at];
        for (long i = 0; i < len; i++)
                joined[at++] = link[i];
        for (from = end; path[from] != '\0'; from++)
                joined[at++] = path[from];
        joined[at] = '\0';

        at = 0;
        for (from = 0; joined[from] != '\0';) {
                uint32_t stop;

                while (joined[from] == '/')
                        from++;
                for (stop = from; joined[stop] != '\0' && joined[stop] != '/'; stop++)
                        ;
                if (stop - from == 2 && joined[from] == '.' && joined[from + 1] == '.') {
                        while (at > 0 && path[--at] != '/')
                                ;
                } else if (stop > from && !(stop - from == 1 && joined[from] == '.')) {
                        if (at > 0)
                                path[at++] = '/';
                        for (; from < stop; from++)
                                path[at++] = joined[from];
                }
                from = stop;
        }
        path[at] = '\0';
        return 0;
}

/* Most often the last component alone is missing. Opens the directory in front of it, and returns where the component begins; 0, and the
 * root, when the walk has to begin at the root. */
static uint32_t open_parent(struct child *child, char path[static PATH_MAX], uint64_t resolve, int *ret_parent)
{
        uint32_t slash = child_length(path);
        int fd;

        *ret_parent = child->root;
        while (slash > 0 && path[slash] != '/')
                slash--;
        if (slash == 0)
                return 0;
        path[slash] = '\0';
        fd = child_open(child, path, FLAG_PATH | O_DIRECTORY, resolve);
        path[slash] = '/';
        if (fd < 0)
                return 0;
        *ret_parent = fd;
        return slash + 1;
}

/* One walk over the components of @path. Returns the target's O_PATH descriptor, -errno, or -EEXIST after a link was spliced in, or somebody else made
 * something: walk again. @resolve: as child_open(). @missing: the whole path was looked for, and is not there. *@ret_made: the target was made. */
static int walk(struct child *child, char path[static PATH_MAX], bool directory, uint64_t resolve, bool missing,
                bool *ret_made)
{
        int parent, fd = -EBADF;
        uint32_t start = open_parent(child, path, resolve, &parent), end;

        for (;; start = end + 1) {
                char kept;
                bool last;

                for (end = start; path[end] != '\0' && path[end] != '/'; end++)
                        ;
                kept = path[end];
                last = kept == '\0';
                path[end] = '\0';
                child->step = STEP_OPEN_TARGET;
                fd = last && missing ? -ENOENT : child_open(child, path, FLAG_PATH | (last ? 0 : O_DIRECTORY), resolve);
                *ret_made = fd == -ENOENT;
                if (fd == -ENOENT) {
                        fd = make_entry(child, parent, path + start, path, !last || directory);
                        if (fd == -EEXIST && (resolve & RESOLVE_NO_SYMLINKS) == 0) {
                                int r;

                                path[end] = kept;
                                child->step = STEP_TARGET_SYMLINK;
                                r = splice_link(parent, path, start, end);
                                fd = r < 0 ? r : -EEXIST;
                        }
                }
                if (parent != child->root)
                        (void)sys1(close, parent);
                if (fd < 0 || last)
                        return fd;
                path[end] = kept;
                parent = fd;
        }
}

/* @resolve: as child_open(). */
static int find_target(struct child *child, const char *path, uint64_t resolve, bool directory)
{
        char copy[PATH_MAX];
        bool made = false;
        int fd, r;

        child->step = STEP_OPEN_TARGET;
        fd = child_open(child, path, FLAG_PATH | (directory ? O_DIRECTORY : 0), resolve);
        if (fd >= 0 && directory)
                return fd;
        if (fd == -ENOTDIR)
                fd = child_open(child, path, FLAG_PATH,
                                resolve); /* tells whether it is the target itself that is none */
        if (fd == -ENOENT) {
                uint32_t len = child_length(path);

                if (len >= sizeof(copy))
                        return -ENAMETOOLONG;
                for (uint32_t i = 0; i <= len; i++)
                        copy[i] = path[i];
                fd = -EEXIST;
                for (int links = 0; links < LINKS_MAX && fd == -EEXIST; links++)
                        fd = walk(child, copy, directory, resolve, links == 0, &made);
                if (fd == -EEXIST) {
                        child->step = STEP_TARGET_LOOP;
                        fd = -ELOOP;
                }
        }
        if (fd < 0 || made)
                return fd;
        child->step = STEP_OPEN_TARGET;
        r = child_is_directory(fd, NULL);
        if (r >= 0 && (r == 1) != directory) {
                child->step = STEP_TARGET_TYPE;
                r = directory ? -ENOTDIR : -EISDIR;
        }
        if (r < 0) {
                (void)sys1(close, fd);
                return r;
        }
        return fd;
}

/* Most often there is no link on the way: what is found so is what the path says. *@ret_linked: there was one. */
static int find_linked(struct child *child, const char *path, enum op_target kind, bool directory, bool *ret_linked)
{
        int fd = find_target(child, path, RESOLVE_NO_SYMLINKS, directory);

        *ret_linked = fd == -ELOOP && kind != TARGET_NO_SYMLINK;
        if (*ret_linked)
                return find_target(child, path, 0, directory);
        if (fd == -ELOOP)
                child->step = STEP_TARGET_SYMLINK;
        return fd;
}

int child_target(struct child *child, const char *path, enum op_target kind, bool directory)
{
        bool linked;

        return find_linked(child, path, kind, directory, &linked);
}

void child_tell_text(struct child *child, const char *text, long len)
{
        if (child->shared == NULL || (uint64_t)len >= sizeof(child->shared->text))
                return;
        for (long i = 0; i < len; i++)
                child->shared->text[i] = text[i];
        child->shared->text[len] = '\0';
}

int child_find_path(struct child *child, int fd, char path[static PATH_MAX])
{
        char name[sizeof("self/fd/") + CHILD_NUMBER_MAX] = "self/fd/";
        long n;

        child_number((uint64_t)fd, name + sizeof("self/fd/") - 1);
        n = sys4(readlinkat, child->slots[child_proc_slot(child->plan)], name, path, PATH_MAX - 1);
        if (n < 0)
                return (int)n;
        path[n] = '\0';
        return 0;
}

/* 1: it is the root itself, and no other mount of the same directory. */
static int is_root(const struct child *child, int fd)
{
        struct statx root, st;
        int r = (int)sys5(statx, child->root, "", AT_EMPTY_PATH, STATX_MNT_ID, &root);

        if (r >= 0)
                r = (int)sys5(statx, fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st);
        if (r < 0 || root.stx_mnt_id != st.stx_mnt_id)
                return r;
        return child_is_same_file(child->root, fd);
}

/* 1: it is /dev, in which nodes are made, and would be in what a bind brings. The plan knows it by its name alone. */
static int is_dev(struct child *child, int fd)
{
        int dev = child_open(child, "dev", FLAG_PATH, 0), r;

        if (dev < 0)
                return dev == -ENOENT || dev == -ENOTDIR ? 0 : dev;
        r = child_is_same_file(dev, fd);
        (void)sys1(close, dev);
        return r;
}

static int check_led(struct child *child, int fd)
{
        char where[PATH_MAX];
        struct statfs fs;
        int r;

        child->step = STEP_OPEN_TARGET;
        r = (int)sys2(fstatfs, fd, &fs);
        if (r >= 0)
                r = fs.f_type == PROC_SUPER_MAGIC ? 1 : is_root(child, fd);
        if (r == 0)
                r = is_dev(child, fd);
        if (r <= 0)
                return r;
        if (child_find_path(child, fd, where) >= 0)
                child_tell_text(child, where, child_length(where));
        child->step = STEP_TARGET_LED;
        return -EINVAL;
}

int child_mount_target(struct child *child, const char *path, enum op_target kind, bool directory)
{
        static const char proc[] = "proc";
        uint32_t at = 0;
        bool linked;
        int fd = find_linked(child, path, kind, directory, &linked), r;

        if (fd < 0 || !linked)
                return fd;
        /* procfs itself has links: "net". */
        while (at < sizeof(proc) - 1 && path[at] == proc[at])
                at++;
        if (at == sizeof(proc) - 1 && (path[at] == '\0' || path[at] == '/'))
                return fd;
        r = check_led(child, fd);
        if (r >= 0)
                return fd;
        (void)sys1(close, fd);
        return r;
}
