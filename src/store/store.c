/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state root and its entries; see store.h. state.json itself is in state.c.
 *
 * The lock of an entry is flock(2) on its directory: the lock needs no file of its own, and a directory that was
 * removed while someone waited for it is told by its link count of 0. Unlocking is explicit, because a lock belongs to the open
 * file description, which children that were cloned meanwhile share.
 */
#include "store/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/digits.h"
#include "base/fd.h"
#include "base/procfs.h"
#include "base/text.h"

#define CACHE_NAME ".cache"
#define GROUP_NAME "group"
#define DESTROY_TRIES 10 /* somebody who writes does so once or twice */
#define LOCK_WAIT_MSEC 10000
#define CREATE_TRIES 1000 /* whoever tidies up meanwhile takes it away once each */

/*
 * All that ward makes in an entry: nothing else in it is ever removed. First the files that one normally has, state.json last of them: while it is
 * there, a removal that was cut short can be repeated.
 */
static const char *const entry_names[] = {"start",          "config.json",     GROUP_NAME,   "state.json",
                                          "state.json.new", STORE_MADE,        STORE_ROOT,   STORE_AGENT,
                                          STORE_EXIT,       STORE_EXIT ".new", STORE_SIGNAL, STORE_SIGNAL ".new",
                                          STORE_READY,      STORE_READY ".new"};
#define ENTRY_NAMES_NORMAL 4

/* What was opened is checked, not what the path may name later. */
static int check_root(int fd, const char *path, struct ward_err *err)
{
        struct stat st, root;

        if (fstat(fd, &st) < 0)
                return err_errno(err, "look at the state directory '%s'", path);
        if (st.st_uid != geteuid()) {
                (void)err_set(err, -EPERM, "state directory '%s' belongs to user %u, not to you (%u)", path, st.st_uid,
                              geteuid());
                (void)err_mistake(err, MISTAKE_STATE_OWNER);
                (void)err_hint(err, "name a directory of your own with --root");
                return -EPERM;
        }
        /* Others may list it: what it holds is closed to them. Who may write it puts his own entries there. */
        if ((st.st_mode & 022) != 0) {
                (void)err_set(err, -EPERM, "state directory '%s' can be written by other users (mode %04o)", path,
                              st.st_mode & 07777);
                (void)err_mistake(err, MISTAKE_STATE_OPEN);
                (void)err_hint(err, "close it with: chmod 700 '%s'", path);
                return -EPERM;
        }
        /* "/.", "/etc/.." and a bind of it are it, too. One that ward has made has the sticky bit, and needs no look. */
        if ((st.st_mode & S_ISVTX) == 0 && stat("/", &root) == 0 && st.st_dev == root.st_dev &&
            st.st_ino == root.st_ino) {
                (void)err_set(err, -EINVAL, "state directory '%s' is the machine's root directory", path);
                (void)err_mistake(err, MISTAKE_STATE_PATH);
                return err_hint(err, "name a directory that is for the state of containers alone, such as /run/ward");
        }
        return 0;
}

/* As mkdir -p with mode 0700; the sticky bit on the last one keeps a cleaner of $XDG_RUNTIME_DIR away. */
static int make_root(const char *path, struct ward_err *err)
{
        _cleanup_free_ char *copy = strdup(path);

        if (copy == NULL)
                return err_oom(err);
        for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                if (mkdirat(AT_FDCWD, copy, 0700) < 0 && errno != EEXIST)
                        return err_errno(err, "make the directory '%s' for the state", copy);
                *slash = '/';
        }
        if (mkdirat(AT_FDCWD, copy, 01700) < 0 && errno != EEXIST)
                return err_errno(err, "make the state directory '%s'", path);
        return 0;
}

/* Takes @path. */
static int open_root(char *path, struct store *ret_store, struct ward_err *err)
{
        _cleanup_free_ char *owned = path;
        _cleanup_close_
        int fd = -EBADF;
        size_t len = strlen(path);
        int r;

        /* A slash at the end would make the kernel follow a symlink in spite of O_NOFOLLOW (path_resolution(7)). */
        while (len > 1 && path[len - 1] == '/')
                path[--len] = '\0';
        fd = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT) {
                r = make_root(path, err);
                if (r < 0)
                        return r;
                fd = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        }
        if (fd < 0 && (errno == ELOOP || errno == ENOTDIR)) {
                (void)err_set(err, -ENOTDIR, "state directory '%s' is not a directory, or is a symbolic link", path);
                (void)err_mistake(err, MISTAKE_STATE_PATH);
                (void)err_hint(err, "give the path of a real directory with --root");
                return -ENOTDIR;
        }
        if (fd < 0) {
                r = err_errno(err, "open the state directory '%s'", path);
                if (r == -EACCES) {
                        (void)err_mistake(err, MISTAKE_STATE_OWNER);
                        (void)err_hint(err, "name a directory of your own with --root");
                }
                return r;
        }
        r = check_root(fd, path, err);
        if (r < 0)
                return r;
        *ret_store = (struct store){.fd = TAKE_FD(fd), .path = TAKE_PTR(owned)};
        return 0;
}

/* The same; one that was made while its file system could be written is as good as none. Takes @path. */
static int open_default(char *path, struct store *ret_store, struct ward_err *err)
{
        struct statvfs fs;
        int r = open_root(path, ret_store, err);

        if (r < 0 || fstatvfs(ret_store->fd, &fs) < 0 || (fs.f_flag & ST_RDONLY) == 0)
                return r;
        r = err_set(err, -EROFS, "the state directory '%s' is on a read-only file system", ret_store->path);
        store_close(ret_store);
        return r;
}

/* Uid 0 of a user namespace does not own /run. The first one maps every id to itself (user_namespaces(7)). */
static bool in_user_namespace(void)
{
        _cleanup_free_ char *map = NULL;

        return fd_read_file(AT_FDCWD, "/proc/self/uid_map", 4096, &map, NULL, NULL) >= 0 && !procfs_map_is_whole(map);
}

/* Without a login session there is no runtime directory; in /tmp others may have been there first, which open_root() finds out (V34). */
static int open_runtime_dir(struct store *ret_store, struct ward_err *err)
{
        const char *runtime_dir = secure_getenv("XDG_RUNTIME_DIR");
        bool session = runtime_dir != NULL && *runtime_dir == '/';
        char *path;
        int r;

        if ((session ? asprintf(&path, "%s/ward", runtime_dir) : asprintf(&path, "/tmp/ward-%u", geteuid())) < 0)
                return err_oom(err);
        r = open_default(path, ret_store, err);
        if (r == -EACCES && session)
                return err_hint(err,
                                "XDG_RUNTIME_DIR is '%s', which is somebody else's, as behind su(1): unset it, or name "
                                "another directory with --root",
                                runtime_dir);
        /* In a service with a read-only system there may be nothing else that can be written (systemd.exec(5), ProtectSystem=strict). */
        if (r == -EROFS && asprintf(&path, "/dev/shm/ward-%u", geteuid()) >= 0)
                r = open_root(path, ret_store, err);
        return r;
}

int store_open(const char *path, struct store *ret_store, struct ward_err *err)
{
        char *copy;
        int r;

        if (path == NULL && geteuid() != 0)
                return open_runtime_dir(ret_store, err);
        if (path != NULL && *path == '\0')
                return err_set(err, -EINVAL, "the path of the state directory is empty");
        copy = strdup(path == NULL ? "/run/ward" : path);
        if (copy == NULL)
                return err_oom(err);
        r = path == NULL ? open_default(copy, ret_store, err) : open_root(copy, ret_store, err);
        if (path == NULL && (r == -EROFS || ((r == -EPERM || r == -EACCES) && in_user_namespace())))
                return open_runtime_dir(ret_store, err);
        return r;
}

void store_close(struct store *store)
{
        store->fd = fd_close(store->fd);
        free((char *)store->path);
        store->path = NULL;
}

void store_warn(const struct store *store, const struct ward_err *what)
{
        if (store->warn != NULL)
                store->warn(store->warn_data, what);
}

static bool id_char(char c, bool first)
{
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '+' ||
               (!first && (c == '.' || c == '-'));
}

static bool id_valid(const char *id)
{
        size_t len = 0;

        for (; id[len] != '\0'; len++)
                if (len == STORE_ID_MAX || !id_char(id[len], len == 0))
                        return false;
        return len > 0;
}

static void say_invalid(const char *id, struct ward_err *err)
{
        size_t bad = 0;

        while (id_char(id[bad], bad == 0))
                bad++;
        (void)err_set(err, -EINVAL, "container id '%s' is not valid: invalid character `%c` in the ID", id,
                      id[bad] > ' ' && id[bad] < 0x7f ? id[bad] : '?');
}

int store_id_check(const char *id, struct ward_err *err)
{
        size_t len = strlen(id);

        if (id_valid(id))
                return 0;
        if (len == 0)
                (void)err_set(err, -EINVAL, "container id is empty");
        else if (len > STORE_ID_MAX)
                (void)err_set(err, -EINVAL, "container id of %zu bytes is too long", len);
        else
                say_invalid(id, err);
        (void)err_mistake(err, MISTAKE_NAME);
        (void)err_hint(err,
                       "an id has letters, digits and _ + . -, begins with none of . and -, and has at most %d bytes",
                       STORE_ID_MAX);
        return -EINVAL;
}

enum wait {
        WAIT_NOT,
        WAIT_SOME, /* most hold it for a moment; but a hook may run in its own time, and a program that it calls would wait for it */
        WAIT_EVER, /* for who has made the container, and has still to see to its end */
};

/* Waits for the lock for as long as @wait says. Returns 1 when the directory was removed meanwhile: then the id may name another one. */
static int take_lock(int fd, enum wait wait, struct ward_err *err)
{
        const struct timespec pause = {.tv_nsec = 1000000};
        struct stat st;
        int r;

        for (unsigned waited = 0;; waited++) {
                r = flock(fd, wait == WAIT_EVER ? LOCK_EX : LOCK_EX | LOCK_NB);
                if (r >= 0 || (errno != EINTR && (errno != EWOULDBLOCK || wait != WAIT_SOME)))
                        break;
                if (waited == LOCK_WAIT_MSEC) {
                        (void)err_set(err, -EBUSY,
                                      "lock the container's state: another process makes, changes or deletes the "
                                      "container, and has not been done with it for %d s",
                                      LOCK_WAIT_MSEC / 1000);
                        return err_hint(err, "try again later; a hook can't change the container that it runs for");
                }
                (void)nanosleep(&pause, NULL);
        }
        if (r < 0 || fstat(fd, &st) < 0)
                return err_errno(err, "lock the container's state");
        return st.st_nlink == 0;
}

static int fail_taken(struct store *store, const char *id, struct ward_err *err)
{
        (void)err_set(err, -EEXIST, "container '%s' exists already in '%s'", id, store->path);
        (void)err_mistake(err, MISTAKE_NAME_TAKEN);
        (void)err_hint(err, "choose another, or remove that container: 'ward rm %s' or 'ward-oci delete %s'", id, id);
        return -EEXIST;
}

static int fail_absent(struct store *store, const char *id, struct ward_err *err)
{
        _cleanup_arena_ struct arena arena = {0};
        const char *const *ids;
        const char *near = NULL;
        size_t count;

        if (store_list(store, &arena, &ids, &count, NULL) >= 0)
                near = text_nearest(id, ids, count);
        /* Engines look for "does not exist" (podman's libpod, containerd's shim). */
        (void)err_set(err, -ENOENT, "container '%s' does not exist in '%s'", id, store->path);
        (void)err_mistake(err, MISTAKE_NO_CONTAINER);
        if (near != NULL)
                (void)err_hint(err, "did you mean '%s'?", near);
        else
                (void)err_hint(err,
                               "'ward ps -a' and 'ward-oci list' show the containers; another --root holds other ones");
        return -ENOENT;
}

static void close_dir(DIR **dir)
{
        if (*dir != NULL)
                (void)closedir(*dir);
}

/* Takes @fd. NULL with errno set. */
static DIR *read_dir(int fd)
{
        DIR *dir = fd < 0 ? NULL : fdopendir(fd);

        if (dir == NULL)
                (void)fd_close(fd);
        return dir;
}

static bool is_dot(const char *name)
{
        return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* A directory that was just opened. Returns 1, 0 or -errno. */
static int is_empty(int dirfd)
{
        _Alignas(struct dirent) char items[1024];
        const struct dirent *item;
        long n;

        while ((n = syscall(SYS_getdents64, dirfd, items, sizeof(items))) > 0)
                for (long at = 0; at < n; at += item->d_reclen) {
                        item = (const struct dirent *)(const void *)(items + at);
                        if (!is_dot(item->d_name))
                                return 0;
                }
        return n < 0 ? -errno : 1;
}

int store_create(struct store *store, const char *id, struct store_entry *ret_entry, struct ward_err *err)
{
        int r = store_id_check(id, err);

        if (r < 0)
                return r;
        for (unsigned tries = 0; tries < CREATE_TRIES; tries++) {
                _cleanup_close_
                int fd = -EBADF;

                if (mkdirat(store->fd, id, 0700) < 0)
                        return errno == EEXIST ? fail_taken(store, id, err)
                                               : err_errno(err, "make the state directory of container '%s' in '%s'",
                                                           id, store->path);
                fd = openat(store->fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                /* Before it was locked it looked as if its maker had died: whoever tidies up may have taken it away. */
                if (fd < 0 && errno == ENOENT)
                        continue;
                r = fd < 0 ? err_errno(err, "open the state of container '%s'", id) : take_lock(fd, WAIT_SOME, err);
                if (r < 0) {
                        (void)unlinkat(store->fd, id, AT_REMOVEDIR);
                        return r;
                }
                if (r > 0)
                        continue;
                /* Then somebody else may have made it again, too, and have been done with it before the lock was had. */
                r = is_empty(fd);
                if (r == 0)
                        return fail_taken(store, id, err);
                if (r < 0) {
                        (void)unlinkat(store->fd, id, AT_REMOVEDIR);
                        return err_code(err, r, "look at the state directory of container '%s'", id);
                }
                ret_entry->lock = fd;
                ret_entry->fd = TAKE_FD(fd);
                return 0;
        }
        (void)err_set(err, -EAGAIN,
                      "make the state directory of container '%s' in '%s': it disappears as soon as it is made", id,
                      store->path);
        return err_hint(err, "something removes what is made there, or the filter of a sandbox around ward only "
                             "pretends to make it");
}

int store_enter(struct store *store, const char *id, bool lock, struct store_entry *ret_entry, struct ward_err *err)
{
        int r = store_id_check(id, err);

        if (r < 0)
                return r;
        for (;;) {
                _cleanup_close_
                int fd = openat(store->fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

                if (fd < 0 && errno == ENOENT)
                        return fail_absent(store, id, err);
                if (fd < 0)
                        return err_errno(err, "open the state of container '%s' in '%s'", id, store->path);
                r = lock ? take_lock(fd, WAIT_SOME, err) : 0;
                if (r < 0)
                        return r;
                if (r > 0)
                        continue;
                ret_entry->lock = lock ? fd : -EBADF;
                ret_entry->fd = TAKE_FD(fd);
                return 0;
        }
}

static int lock_entry(struct store_entry *entry, enum wait wait, struct ward_err *err)
{
        int r = take_lock(entry->fd, wait, err);

        if (r > 0)
                return err_set(err, -ENOENT, "lock the container's state: it was deleted meanwhile");
        if (r == 0)
                entry->lock = entry->fd;
        return r;
}

int store_lock(struct store_entry *entry, struct ward_err *err)
{
        return lock_entry(entry, WAIT_EVER, err);
}

int store_try_lock(struct store_entry *entry, struct ward_err *err)
{
        return lock_entry(entry, WAIT_NOT, err);
}

void store_unlock(struct store_entry *entry)
{
        if (entry->lock >= 0)
                (void)flock(entry->lock, LOCK_UN);
        entry->lock = -EBADF;
}

void store_leave(struct store_entry *entry)
{
        store_unlock(entry);
        entry->fd = fd_close(entry->fd);
}

int store_note_group(const struct store_entry *entry, const char *path, unsigned parents, struct ward_err *err)
{
        char target[PATH_MAX], *at = digits_put(target, parents, 10);
        size_t len = strlen(path);

        if (len + DIGITS_MAX + 2 > sizeof(target))
                return err_set(err, -ENAMETOOLONG, "note the control group '%s': its path is too long", path);
        *at++ = ':';
        memcpy(at, path, len + 1);
        if (symlinkat(target, entry->fd, GROUP_NAME) < 0)
                return err_errno(err, "note the control group '%s'", path);
        return 0;
}

int store_noted_group(const struct store_entry *entry, struct arena *arena, const char **ret_path,
                      unsigned *ret_parents)
{
        char target[PATH_MAX], *path;
        ssize_t len = readlinkat(entry->fd, GROUP_NAME, target, sizeof(target) - 1);
        uint64_t parents;

        if (len < 0)
                return errno == EINVAL ? -ENOENT : -errno; /* EINVAL: no link */
        target[len] = '\0';
        path = strchr(target, ':');
        if (path == NULL)
                return -ENOENT;
        *path++ = '\0';
        if (number_parse(target, PATH_MAX, &parents) < 0 || path[0] != '/')
                return -ENOENT;
        path = arena_strdup(arena, path);
        if (path == NULL)
                return -ENOMEM;
        *ret_path = path;
        *ret_parents = (unsigned)parents;
        return 0;
}

#define FILE_MAX (64u << 10) /* bytes: of those beside state.json and config.json */

int store_put_file(const struct store_entry *entry, const char *name, const char *text, size_t len,
                   struct ward_err *err)
{
        _cleanup_close_
        int fd = -EBADF;
        char temporary[64];
        int r;

        (void)snprintf(temporary, sizeof(temporary), "%s.new", name);
        fd = openat(entry->fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
                return err_errno(err, "write the file '%s' of the container's state", name);
        r = fd_write_all(fd, text, len);
        if (r == 0 && renameat(entry->fd, temporary, entry->fd, name) < 0)
                r = -errno;
        if (r == 0)
                return 0;
        (void)unlinkat(entry->fd, temporary, 0);
        return err_code(err, r, "write the file '%s' of the container's state", name);
}

int store_get_file(const struct store_entry *entry, const char *name, char **ret_text, size_t *ret_len,
                   struct ward_err *err)
{
        return fd_read_file(entry->fd, name, FILE_MAX, ret_text, ret_len, err);
}

/* A directory below @dirfd, without following a link or crossing into something that was mounted there. */
static int open_below(int dirfd, const char *name)
{
        struct open_how how = {
                .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
        };

        int fd = (int)syscall(SYS_openat2, dirfd, name, &how, sizeof(how));
        struct stat above, st;

        if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
                return fd;
        /* A filter refuses it. A name without a slash leads nowhere but to what it names. */
        fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd >= 0 && (fstat(dirfd, &above) < 0 || fstat(fd, &st) < 0 || st.st_dev != above.st_dev)) {
                fd = fd_close(fd);
                errno = EXDEV;
        }
        return fd < 0 ? -1 : fd;
}

/* Gives the directory @name a name in @top that nothing there has. */
static int lift(int from, const char *name, int top, unsigned *lifted)
{
        char to[32];

        do {
                (void)snprintf(to, sizeof(to), "lifted.%u", (*lifted)++);
                if (renameat(from, name, top, to) == 0)
                        return 0;
        } while (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR);
        return -errno;
}

/* Takes away what is in @directory, below which directories that are not empty are moved up into @top, and wait for the next time. */
static int remove_content(int directory, int top, unsigned *lifted)
{
        _cleanup_(close_dir) DIR *dir = read_dir(open_below(directory, "."));
        struct dirent *item;

        if (dir == NULL)
                return -errno;
        while (errno = 0, (item = readdir(dir)) != NULL) {
                _cleanup_close_
                int fd = -EBADF;
                int r;

                if (is_dot(item->d_name) || unlinkat(directory, item->d_name, 0) == 0 ||
                    (errno == EISDIR && unlinkat(directory, item->d_name, AT_REMOVEDIR) == 0))
                        continue;
                if (errno != ENOTEMPTY)
                        return -errno;
                if (directory != top) {
                        r = lift(directory, item->d_name, top, lifted);
                        if (r < 0)
                                return r;
                        continue;
                }
                fd = open_below(directory, item->d_name);
                r = fd < 0 ? -errno : remove_content(fd, top, lifted);
                if (r < 0)
                        return r;
                if (unlinkat(directory, item->d_name, AT_REMOVEDIR) < 0)
                        return -errno;
        }
        return -errno;
}

/* The directory that a container is shown, with what it has left there, which may be deeper than the stack, or than there are descriptors. */
static int remove_shown(int entry_fd, const char *name)
{
        _cleanup_close_
        int top = open_below(entry_fd, name);
        unsigned lifted = 0, before;
        int r;

        if (top < 0)
                return -errno;
        do {
                before = lifted;
                r = remove_content(top, top, &lifted);
        } while (r == 0 && lifted > before);
        return r < 0 ? r : unlinkat(entry_fd, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

/* Whether something else than the socket is in the directory that a container is shown. */
static bool has_more(int entry_fd, const char *shown)
{
        _cleanup_(close_dir) DIR *dir = read_dir(open_below(entry_fd, shown));
        struct dirent *item;

        while (dir != NULL && (item = readdir(dir)) != NULL)
                if (!is_dot(item->d_name) && strcmp(item->d_name, STORE_READY) != 0)
                        return true;
        return false;
}

static bool is_entry_name(const char *name)
{
        for (size_t i = 0; i < ELEMENTS(entry_names); i++)
                if (strcmp(name, entry_names[i]) == 0)
                        return true;
        return false;
}

/* Goes through what is in an entry, and with @remove takes away what is ward's. The first name that is not lands in @ret_foreign, or "". */
static int walk_entry(int entry_fd, bool remove, char ret_foreign[NAME_MAX + 1])
{
        _cleanup_(close_dir) DIR *dir = read_dir(openat(entry_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        struct dirent *item;
        int r;

        *ret_foreign = '\0';
        if (dir == NULL)
                return -errno;
        while (errno = 0, (item = readdir(dir)) != NULL) {
                const char *name = item->d_name;

                if (is_dot(name))
                        continue;
                /* What a container has put there can't be told from anybody's: it goes with the state that says whose it is. */
                if (!is_entry_name(name) || (!remove && strcmp(name, STORE_READY) == 0 && has_more(entry_fd, name))) {
                        if (*ret_foreign == '\0')
                                (void)snprintf(ret_foreign, NAME_MAX + 1, "%s", name);
                        continue;
                }
                /* ENOENT: its writer, who needs no lock for how it ended, has given it its name meanwhile. */
                if (!remove || unlinkat(entry_fd, name, 0) == 0 || errno == ENOENT)
                        continue;
                if (errno != EISDIR)
                        return -errno;
                if (strcmp(name, STORE_READY) == 0)
                        r = remove_shown(entry_fd, name);
                else
                        r = unlinkat(entry_fd, name, AT_REMOVEDIR) < 0 ? -errno : 0;
                if (r < 0)
                        return r;
        }
        return -errno;
}

int store_check_own(struct store *store, const char *id, const struct store_entry *entry, struct ward_err *err)
{
        char foreign[NAME_MAX + 1];
        struct stat st;
        int r = fstat(entry->fd, &st) < 0 ? -errno : walk_entry(entry->fd, false, foreign);

        if (r < 0)
                return err_code(err, r, "look at what is in '%s/%s'", store->path, id);
        if (*foreign != '\0')
                (void)err_set(err, -ENOTEMPTY, "'%s/%s' is not the state of a container: '%s' in it is not ward's",
                              store->path, id, foreign);
        else if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
                (void)err_set(err, -ENOTEMPTY,
                              "'%s/%s' is not the state of a container: ward makes directories with mode 0700 that are "
                              "yours, and this one has mode %04o and is user %u's",
                              store->path, id, st.st_mode & 07777, st.st_uid);
        else
                return 0;
        (void)err_mistake(err, MISTAKE_STATE_PATH);
        (void)err_hint(err, "name a directory with --root that is for containers alone; what is in the way there, "
                            "look at and remove yourself");
        return -ENOTEMPTY;
}

int store_destroy(struct store *store, const char *id, struct store_entry *entry, struct ward_err *err)
{
        char foreign[NAME_MAX + 1] = "";
        int r;

        for (size_t i = 0; i < ENTRY_NAMES_NORMAL; i++)
                (void)unlinkat(entry->fd, entry_names[i], 0);
        r = unlinkat(store->fd, id, AT_REMOVEDIR) < 0 ? -errno : 0;
        for (size_t tries = 0; r == -ENOTEMPTY && tries < DESTROY_TRIES && *foreign == '\0'; tries++) {
                r = walk_entry(entry->fd, true, foreign);
                if (r == 0 && unlinkat(store->fd, id, AT_REMOVEDIR) < 0)
                        r = -errno;
        }
        store_leave(entry);
        if (r == 0 || r == -ENOENT)
                return 0;
        (void)err_code(err, r, "remove the state of container '%s' in '%s'", id, store->path);
        if (r == -EBUSY || r == -EXDEV)
                (void)err_hint(err, "something is mounted there: findmnt -R '%s/%s' shows it", store->path, id);
        else if (r == -ENOTEMPTY)
                (void)err_hint(err, "'%s/%s/%s' is not ward's: look at it, and remove it yourself", store->path, id,
                               *foreign != '\0' ? foreign : STORE_READY);
        return r;
}

static int compare_ids(const void *a, const void *b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Appends @id to the array, which is moved when it is full: to twice its size. */
static int add_id(struct arena *arena, const char ***ids, size_t *count, const char *id)
{
        if ((*count & (*count - 1)) == 0) {
                const char **larger = arena_new(arena, const char *, *count == 0 ? 1 : *count * 2);

                if (larger == NULL)
                        return -ENOMEM;
                if (*count > 0)
                        memcpy(larger, *ids, *count * sizeof(*larger));
                *ids = larger;
        }
        (*ids)[*count] = arena_strdup(arena, id);
        return (*ids)[(*count)++] == NULL ? -ENOMEM : 0;
}

int store_list(struct store *store, struct arena *arena, const char *const **ret_ids, size_t *ret_count,
               struct ward_err *err)
{
        _cleanup_(close_dir) DIR *dir = read_dir(openat(store->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        const char **ids = NULL;
        struct dirent *item;
        size_t count = 0;

        if (dir == NULL)
                return err_errno(err, "list the state directory '%s'", store->path);
        while (errno = 0, (item = readdir(dir)) != NULL)
                if (id_valid(item->d_name) && (item->d_type == DT_DIR || item->d_type == DT_UNKNOWN) &&
                    add_id(arena, &ids, &count, item->d_name) < 0)
                        return err_oom(err);
        if (errno != 0)
                return err_errno(err, "list the state directory '%s'", store->path);
        if (count > 1)
                qsort(ids, count, sizeof(*ids), compare_ids);
        *ret_ids = ids;
        *ret_count = count;
        return 0;
}

int store_identity(const struct store *store, char ret_identity[STORE_IDENTITY_MAX], struct ward_err *err)
{
        char link[FD_SELF_PATH_MAX], path[STORE_IDENTITY_MAX - 32], *at;
        struct stat st;
        ssize_t len;

        fd_self_path(store->fd, link);
        len = readlink(link, path, sizeof(path));
        if (len < 0 || fstat(store->fd, &st) < 0)
                return err_errno(err, "look at the state directory '%s'", store->path);
        at = digits_put(ret_identity, st.st_dev, 16);
        *at++ = ' ';
        memcpy(at, path, (size_t)len);
        at[len] = '\0';
        return 0;
}

int store_cache(struct store *store, bool make)
{
        int fd = openat(store->fd, CACHE_NAME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        if (make && fd < 0 && errno == ENOENT && (mkdirat(store->fd, CACHE_NAME, 0700) == 0 || errno == EEXIST))
                fd = openat(store->fd, CACHE_NAME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}
