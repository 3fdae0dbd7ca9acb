/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root `host`; see host.h.
 *
 * All of it is made detached here, and put together by kern/overlay.h. Three file systems:
 *
 *      scratch (tmpfs)                     middle/N: whiteouts for view N
 *      store (tmpfs, or the kept dir)      root: what becomes /    upper/NAME, work/NAME: the changes of a view
 *      the machine's own                   one id-mapped, read-only clone for each view; read by descriptor, never by a path of the container
 *
 * A directory that is a mount point of the machine is a view of its own, since an overlay does not cross mounts. Where that can't be
 * (its file system can't be id-mapped: FUSE, proc, an overlay) it is empty.
 *
 * For who is not root the same code runs in a user namespace (launch/host-user.h): nothing is id-mapped there, all ids are those of the
 * namespace, and directories with mounts below are split (launch/host-split.c).
 */
#include "launch/host.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/libc.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/procfs.h"
#include "base/text.h"
#include "kern/idmap.h"
#include "kern/overlay.h"
#include "kern/proc.h"
#include "kern/require.h"
#include "kern/tree.h"
#include "launch/host-private.h"
#include "launch/host-scan.h"
#include "launch/host-user.h"

#define DEFAULT_SIZE (UINT64_C(512) << 20)
#define SCRATCH_SIZE (UINT64_C(16) << 20)
#define SCRATCH_INODES (20 * HOST_SCAN_NAMES)
#define BYTES_PER_INODE 2048 /* an empty file costs kernel memory too, which "size" does not count */
#define MOUNTINFO_MAX (16U << 20)
#define KEPT "host"                          /* below the kept directory: for nobody but the container, which owns it */
#define NAME_MAX_VIEW 128                    /* of struct overlay_view */
#define NAMES_OF_USER (10 * HOST_SCAN_NAMES) /* who is not root needs the directories, too */
#define NAMES_OF_ALL (100 * HOST_SCAN_NAMES)

/* /usr and its like are not looked through: they have a hundred times as many names as /etc, and hardly a hidden one. */
static const struct system_name {
        const char *name;
        struct host_kind kind;
} system_names[] = {
        {"bin", {.program = true}},   {"etc", {.scanned = true, .changes = true}},
        {"lib", {.program = true}},   {"lib32", {.program = true}},
        {"lib64", {.program = true}}, {"libx32", {.program = true}},
        {"opt", {.scanned = true}},   {"sbin", {.program = true}},
        {"usr", {.program = true}},   {"var", {.scanned = true, .changes = true}},
};

static const struct {
        const char *name;
        mode_t mode;
} empty_names[] = {
        {"boot", 0755}, {"dev", 0755}, {"home", 0755}, {"media", 0755}, {"mnt", 0755},  {"proc", 0755},
        {"root", 0700}, {"run", 0755}, {"srv", 0755},  {"sys", 0755},   {"tmp", 01777},
};

static void host_done(struct host *host)
{
        int *const fds[] = {&host->slash, &host->proc,      &host->ids,  &host->scratch, &host->middle,
                            &host->store, &host->store_dir, &host->root, &host->upper,   &host->work};

        for (size_t i = 0; i < host->view_count; i++) {
                (void)fd_close(host->views[i].lower);
                (void)fd_close(host->views[i].middle);
        }
        for (size_t i = 0; i < ELEMENTS(fds); i++)
                *fds[i] = fd_close(*fds[i]);
        arena_done(&host->arena);
}

uint64_t host_default_size(int64_t memory_limit)
{
        return memory_limit > 1 ? (uint64_t)memory_limit / 2 : DEFAULT_SIZE;
}

static int compare_paths(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The mount points of this namespace. Sorted, one that holds another comes before it. */
static int read_mount_points(struct host *host, struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        struct procfs_mount mount;
        size_t lines = 0, n = 0;
        char *rest;
        int r;

        r = fd_read_file(host->proc, "self/mountinfo", MOUNTINFO_MAX, &text, NULL, err);
        if (r < 0)
                return r;
        for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
                lines++;
        host->mount_points = arena_new(&host->arena, char *, lines + 1);
        if (host->mount_points == NULL)
                return err_oom(err);
        for (rest = text; (r = procfs_next_mount(&rest, &mount)) != 0;) {
                if (r < 0)
                        return err_set(err, -EBADMSG, "read /proc/self/mountinfo: a line is not as proc(5) says");
                path_unescape(mount.point);
                host->mount_points[n] = arena_strdup(&host->arena, mount.point + 1);
                if (host->mount_points[n++] == NULL)
                        return err_oom(err);
        }
        qsort(host->mount_points, n, sizeof(host->mount_points[0]), compare_paths);
        host->mount_point_count = n;
        return 0;
}

int host_make_directory(const struct host *host, int dirfd, const char *name, const struct stat *like,
                        struct ward_err *err)
{
        const struct host_options *options = host->options;
        struct stat st = *like;
        int fd;

        /* Whose the machine's directories are has no id here: they are the container's, who may change what is in them. */
        if (options->users != NULL)
                st.st_uid = st.st_gid = 0;
        /* From the ids that show outside to those in the store. */
        if (st.st_uid - options->id_base < options->id_count)
                st.st_uid = st.st_uid - options->id_base + host->store_base;
        if (st.st_gid - options->id_base < options->id_count)
                st.st_gid = st.st_gid - options->id_base + host->store_base;
        fd = host_make_like(dirfd, name, &st);
        return fd < 0 ? err_code(err, fd, "make the directory '%s' for the container's root", name) : fd;
}

static struct stat owned(const struct host *host, mode_t mode)
{
        return (struct stat){
                .st_mode = S_IFDIR | mode,
                .st_uid = host->options->id_base,
                .st_gid = host->options->id_base,
                .st_atim.tv_nsec = UTIME_OMIT,
                .st_mtim.tv_nsec = UTIME_OMIT,
        };
}

static int open_kept_error(const char *path, struct ward_err *err)
{
        return err_errno(err, "open the directory that keeps the changes, '%s'", path);
}

int host_open_kept(const char *path, struct ward_err *err)
{
        struct stat st;
        _cleanup_close_
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* host path: the caller names it */

        if (fd < 0 || fstat(fd, &st) < 0)
                return open_kept_error(path, err);
        if (st.st_uid != geteuid() || (st.st_mode & 022) != 0) {
                (void)err_set(err, -EPERM, "keep the changes in this directory: other users may write to it");
                (void)err_mistake(err, MISTAKE_KEEP_SHARED);
                return err_hint(err, "make it yours: chown \"$(id -un)\" DIR; chmod go-w DIR");
        }
        /* overlayfs would find out, too, but only when what lies there has been changed. */
        if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
                if (errno != EWOULDBLOCK)
                        return err_errno(err, "lock the directory that keeps the changes, '%s'", path);
                (void)err_set(err, -EBUSY, "keep the changes in this directory: it is in use by another container");
                return err_hint(err, "stop the other one, or take another directory");
        }
        return TAKE_FD(fd);
}

/* A kept store has the ids that its container had first, so that a file's owner means the same when the range is another now. */
static int open_kept(struct host *host, struct ward_err *err)
{
        const char *path = host->options->keep;
        const struct stat closed = owned(host, 0700);
        struct stat st, locked;
        /* Once more, since a mount can be cloned only in the mount namespace that it belongs to. */
        _cleanup_close_
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* host path: the caller names it */

        if (fd < 0 || fstat(fd, &st) < 0 || fstat(host->options->kept, &locked) < 0)
                return open_kept_error(path, err);
        if (st.st_dev != locked.st_dev || st.st_ino != locked.st_ino)
                return err_set(err, -EBUSY,
                               "open the directory that keeps the changes, '%s': it has just been replaced", path);
        if (fstatat(fd, KEPT, &st, AT_SYMLINK_NOFOLLOW) >= 0)
                host->store_base = st.st_uid;
        if (host->store_base == 0 && host->options->id_base != 0) {
                (void)err_set(err, -EPERM, "go on with the kept changes: they were made with the ids of the machine");
                return err_hint(err, "use them with the machine's ids again, or keep to another directory");
        }
        host->store_dir = host_make_directory(host, fd, KEPT, &closed, err);
        if (host->store_dir < 0)
                return host->store_dir;
        host->store = tree_clone(host->store_dir, "", false);
        return host->store < 0 ? err_code(err, host->store, "clone the mount of the directory that keeps the changes")
                               : 0;
}

static int map_kept(struct host *host, struct ward_err *err)
{
        const struct idmap_range range = {host->store_base, host->options->id_base, host->options->id_count};
        const struct idmap map = {.uid = &range, .gid = &range, .uid_count = 1, .gid_count = 1};
        _cleanup_close_
        int ids = -EBADF;
        int r;

        if (host->store_base == host->options->id_base)
                return 0;
        ids = idmap_namespace(host->proc, &map, err);
        if (ids < 0)
                return ids;
        r = idmap_tree(host->store, ids, false);
        return r < 0 ? err_code(err, r, "map the owners of the kept changes, from %u to %u", host->store_base,
                                host->options->id_base)
                     : 0;
}

static int open_store(struct host *host, struct ward_err *err)
{
        const struct host_options *options = host->options;
        const struct stat shown = owned(host, 0755);
        int r = 0;

        if (options->keep != NULL) {
                r = open_kept(host, err);
        } else {
                host->store =
                        tree_tmpfs(options->size_bytes, options->size_bytes / BYTES_PER_INODE + 1024, MOUNT_ATTR_NODEV);
                host->store_dir =
                        host->store < 0 ? -EBADF : openat(host->store, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                if (host->store < 0 || host->store_dir < 0)
                        r = err_code(err, host->store < 0 ? host->store : -errno,
                                     "make a tmpfs of %llu bytes for the changes",
                                     (unsigned long long)options->size_bytes);
        }
        if (r >= 0)
                r = host->root = host_make_directory(host, host->store_dir, "root", &shown, err);
        if (r >= 0)
                r = host->upper = host_make_directory(host, host->store_dir, "upper", &shown, err);
        if (r >= 0)
                r = host->work = host_make_directory(host, host->store_dir, "work", &shown, err);
        return r < 0 ? r : map_kept(host, err);
}

static int open_bases(struct host *host, struct ward_err *err)
{
        const struct idmap_range range = {0, host->options->id_base, host->options->id_count};
        const struct idmap map = {.uid = &range, .gid = &range, .uid_count = 1, .gid_count = 1};
        const struct stat shown = owned(host, 0755);
        int r;

        host->proc = proc_open(err);
        if (host->proc < 0)
                return host->proc;
        host->slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC); /* host path: it is what is shown */
        if (host->slash < 0)
                return err_errno(err, "open /");
        if (host->options->users == NULL) {
                host->ids = idmap_namespace(host->proc, &map, err);
                if (host->ids < 0)
                        return host->ids;
        }
        host->scratch = tree_tmpfs(SCRATCH_SIZE, SCRATCH_INODES, MOUNT_ATTR_NODEV);
        if (host->scratch < 0) {
                (void)err_code(err, host->scratch, "make a tmpfs to assemble the container's root in");
                if (host->scratch == -EPERM)
                        (void)err_hint(err, "run it as root");
                return require_explain(host->scratch, err);
        }
        r = open_store(host, err);
        if (r >= 0)
                r = host->middle = host_make_directory(host, host->scratch, "middle", &shown, err);
        return r;
}

/* The name of a view's directories in the store: its path, with all but letters, digits and "._-" as %XX. */
static const char *store_name(struct host *host, const char *path)
{
        _cleanup_text_ struct text text = {0};

        for (const char *c = path; *c != '\0'; c++)
                if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '.' ||
                    *c == '_' || *c == '-')
                        text_add(&text, c, 1);
                else
                        text_printf(&text, "%%%02X", (unsigned)(unsigned char)*c);
        return text_failed(&text) ? NULL : arena_strdup(&host->arena, text.data);
}

/* The machine's directory @machine, /@path, as the container's ids and read-only. *@ret_mappable: its file system can be id-mapped. */
static int clone_lower(struct host *host, int machine, const char *path, struct stat *ret_st, bool *ret_mappable,
                       struct ward_err *err)
{
        _cleanup_close_
        int fd = tree_clone(machine, "", false);
        int r;

        if (fd < 0)
                return err_code(err, fd, "clone the mount of /%s", path);
        if (host->options->users != NULL) {
                /* How a mount of the machine updates access times can't be changed here (mount_namespaces(7)). */
                r = tree_attributes(fd, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV, 0, false);
                if (r < 0 || fstat(fd, ret_st) < 0)
                        return err_code(err, r < 0 ? r : -errno, "make a read-only view of /%s", path);
                *ret_mappable = true;
                return TAKE_FD(fd);
        }
        r = idmap_tree(fd, host->ids, false);
        *ret_mappable = r != -EINVAL;
        if (r < 0) {
                (void)err_code(err, r, "show /%s with the container's owners", path);
                if (r == -EPERM)
                        return err_hint(err,
                                        "in a user namespace nobody may map the owners of the machine's files: leave "
                                        "--userns=host out");
                return err_hint(err, "its file system can't be id-mapped (overlay, NFS, FUSE; or Linux before 5.19): "
                                     "use a directory as ROOT instead of 'host'");
        }
        r = tree_attributes(fd, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME, false);
        if (r < 0 || fstat(fd, ret_st) < 0)
                return err_code(err, r < 0 ? r : -errno, "make a read-only view of /%s", path);
        return TAKE_FD(fd);
}

/* One more element, with no name, at the end of the list. */
static struct host_view *next_view(struct host *host, struct ward_err *err)
{
        if (host->view_count == host->view_room) {
                size_t room = host->view_room == 0 ? 32 : 2 * host->view_room;
                struct host_view *views = arena_new(&host->arena, struct host_view, room);

                if (views == NULL) {
                        (void)err_oom(err);
                        return NULL;
                }
                if (host->view_count > 0)
                        memcpy(views, host->views, host->view_count * sizeof(*views));
                host->views = views;
                host->view_room = room;
        }
        return &host->views[host->view_count];
}

int host_add_view(struct host *host, int fd, const char *path, struct host_kind kind, bool *ret_mappable,
                  struct ward_err *err)
{
        struct host_view *view = next_view(host, err);
        _cleanup_close_
        int lower = -EBADF, upper = -EBADF, work = -EBADF;
        char number[24];
        struct stat st;

        if (view == NULL)
                return -ENOMEM;
        *view = (struct host_view){
                .path = path, .name = store_name(host, path), .kind = kind, .lower = -EBADF, .middle = -EBADF};
        if (view->name == NULL)
                return err_oom(err);
        if (strlen(view->name) > NAME_MAX_VIEW)
                return 0;
        lower = clone_lower(host, fd, path, &st, ret_mappable, err);
        if (lower < 0)
                return lower;
        if (!S_ISDIR(st.st_mode) || !host_others_may(&st))
                return 0;
        upper = host_make_directory(host, host->upper, view->name, &st, err);
        if (upper < 0)
                return upper;
        work = host_make_directory(host, host->work, view->name, &st, err);
        if (work < 0)
                return work;
        (void)snprintf(number, sizeof(number), "%zu", host->view_count);
        if (host->options->users != NULL)
                st.st_uid = st.st_gid = 0;
        view->middle = host_make_like(host->middle, number, &st);
        if (view->middle < 0)
                return err_code(err, view->middle, "make the layer that hides names of /%s", path);
        view->lower = TAKE_FD(lower);
        host->view_count++;
        return 0;
}

int host_copy_link(const struct host *host, const struct host_place *at, const char *name, const char *path,
                   struct ward_err *err)
{
        char target[4096];
        ssize_t n = readlinkat(at->from, name, target, sizeof(target) - 1);

        if (n < 0)
                return err_errno(err, "read the symbolic link /%s", path);
        target[n] = '\0';
        if (symlinkat(target, at->to, name) < 0)
                return errno == EEXIST ? 0 : err_errno(err, "make the symbolic link /%s", path);
        if (fchownat(at->to, name, host->store_base, host->store_base, AT_SYMLINK_NOFOLLOW) < 0)
                return err_errno(err, "give the symbolic link /%s to the container", path);
        return 0;
}

static int add_system_name(struct host *host, const struct system_name *entry, struct ward_err *err)
{
        const struct host_place top = {host->slash, host->root};
        const struct stat shown = owned(host, 0755);
        struct host_place below;
        struct stat st;
        bool mappable;
        int r;

        if (fstatat(host->slash, entry->name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
                return errno == ENOENT ? 0 : err_errno(err, "look at /%s", entry->name);
        if (S_ISLNK(st.st_mode))
                return host_copy_link(host, &top, entry->name, entry->name, err);
        if (!S_ISDIR(st.st_mode))
                return 0;
        below.to = host_make_directory(host, host->root, entry->name, &shown, err);
        if (below.to < 0)
                return below.to;
        below.from = openat(host->slash, entry->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (below.from < 0)
                r = err_errno(err, "open /%s", entry->name);
        else if (host->options->users != NULL && host_has_mounts(host, entry->name))
                r = host_split(host, &below, entry->name, entry->kind, err);
        else
                r = host_add_view(host, below.from, entry->name, entry->kind, &mappable, err);
        (void)fd_close(below.from);
        (void)fd_close(below.to);
        return r;
}

bool host_is_below(const char *path, const char *above)
{
        size_t len = strlen(above);

        return strncmp(path, above, len) == 0 && path[len] == '/';
}

/* The view that shows @path: the last one is the deepest, as they are sorted. */
static const struct host_view *view_of(const struct host *host, const char *path)
{
        for (size_t i = host->view_count; i > 0; i--)
                if (host_is_below(path, host->views[i - 1].path))
                        return &host->views[i - 1];
        return NULL;
}

static int add_mount_point(struct host *host, const char *path, struct ward_err *err)
{
        const struct host_view *above = view_of(host, path);
        bool mappable = true;
        _cleanup_close_
        int fd = -EBADF;
        int r;

        if (above == NULL)
                return 0;
        r = host_hide_mount_point(above->lower, above->middle, path + strlen(above->path) + 1, err);
        if (r <= 0)
                return r;
        /* Who may rename a directory above it can have put a symbolic link there. */
        fd = fd_open_beneath(host->slash, path, O_PATH);
        if (fd < 0)
                return 0;
        r = host_add_view(host, fd, path, above->kind, &mappable, err);
        return r < 0 && (!mappable || r == -ENOENT || r == -EACCES) ? 0 : r;
}

static int add_names(struct host *host, struct ward_err *err)
{
        int r;

        for (size_t i = 0; i < ELEMENTS(empty_names); i++) {
                const struct stat st = owned(host, empty_names[i].mode);

                r = host_make_directory(host, host->root, empty_names[i].name, &st, err);
                if (r < 0)
                        return r;
                (void)fd_close(r);
        }
        for (size_t i = 0; i < ELEMENTS(system_names); i++) {
                r = add_system_name(host, &system_names[i], err);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < host->mount_point_count && host->options->users == NULL; i++) {
                if (i > 0 && strcmp(host->mount_points[i], host->mount_points[i - 1]) == 0)
                        continue;
                r = add_mount_point(host, host->mount_points[i], err);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* For who is not root: the directories that are made beforehand, and what is hidden as it is not for his eyes only. */
static int scan_for_user(const struct host *host, const struct host_view *view, struct ward_err *err)
{
        const struct host_options *options = host->options;
        bool walk = options->writable_usr && view->kind.program;
        _cleanup_close_
        int upper = -EBADF;
        struct host_scan scan = {
                .lower = view->lower,
                .middle = view->middle,
                .upper = -EBADF,
                .hide = view->kind.scanned || host->reader == OVERLAY_NO_READER,
                .must = host->reader == OVERLAY_NO_READER,
                .own = true,
                .budget = walk || host->reader == OVERLAY_NO_READER ? NAMES_OF_ALL : NAMES_OF_USER,
                .progress = walk ? options->progress : NULL,
        };
        int r;

        if (!walk && !view->kind.scanned)
                return 0;
        if (!options->read_only && (walk || view->kind.changes)) {
                scan.upper = upper = openat(host->upper, view->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                if (upper < 0)
                        return err_errno(err, "open the directory that takes the changes");
        }
        r = host_scan(&scan, err);
        if (scan.progress != NULL)
                scan.progress(0);
        return r;
}

static int scan_names(const struct host *host, struct ward_err *err)
{
        for (size_t i = 0; i < host->view_count; i++) {
                const struct host_view *view = &host->views[i];
                struct host_scan scan = {.lower = view->lower,
                                         .middle = view->middle,
                                         .upper = -EBADF,
                                         .hide = true,
                                         .budget = HOST_SCAN_NAMES};
                int r = 0;

                if (host->options->users != NULL)
                        r = scan_for_user(host, view, err);
                else if (view->kind.scanned)
                        r = host_scan(&scan, err);
                if (r < 0)
                        return err_wrap(err, "/%s", view->path);
        }
        return 0;
}

static int assemble(struct host *host, struct ward_err *err)
{
        struct overlay_view *views = arena_new(&host->arena, struct overlay_view, host->view_count);
        const struct overlay_tree tree = {
                .views = views,
                .view_count = host->view_count,
                .scratch = host->scratch,
                .store = host->store,
                .owner = host->options->id_base,
                .read_only = host->options->read_only,
                .exclusive = host->options->keep != NULL,
                .reader = host->reader,
                .user_xattr = host->options->users != NULL,
        };

        if (views == NULL)
                return err_oom(err);
        for (size_t i = 0; i < host->view_count; i++)
                views[i] = (struct overlay_view){
                        .path = host->views[i].path,
                        .name = host->views[i].name,
                        .lower = host->views[i].lower,
                        .optional = strchr(host->views[i].path, '/') != NULL,
                };
        return overlay_assemble(&tree, err);
}

/* Who reads the machine's files: nobody. In a user namespace it is the last of its ids, unless that is the only one. */
static uint32_t reader_of(const struct host_options *options)
{
        const struct idmap *users = options->users;
        uint64_t uids = 0, gids = 0;

        if (users == NULL)
                return OVERLAY_NOBODY;
        if (options->stackable) /* as nobody it would take two */
                return OVERLAY_NO_READER;
        for (size_t i = 0; i < users->uid_count; i++)
                uids += users->uid[i].count;
        for (size_t i = 0; i < users->gid_count; i++)
                gids += users->gid[i].count;
        if (uids < 2 || gids < 2)
                return OVERLAY_NO_READER;
        return (uint32_t)(uids < gids ? uids : gids) - 1;
}

static int make(const struct host_options *options, struct ward_err *err)
{
        _cleanup_(host_done) struct host host = {
                .options = options,
                .slash = -EBADF,
                .proc = -EBADF,
                .ids = -EBADF,
                .scratch = -EBADF,
                .middle = -EBADF,
                .store = -EBADF,
                .store_dir = -EBADF,
                .root = -EBADF,
                .upper = -EBADF,
                .work = -EBADF,
                .store_base = options->id_base,
                .reader = reader_of(options),
        };
        int r;

        r = open_bases(&host, err);
        if (r >= 0)
                r = read_mount_points(&host, err);
        if (r >= 0)
                r = add_names(&host, err);
        if (r >= 0)
                r = scan_names(&host, err);
        return r < 0 ? r : assemble(&host, err);
}

int host_root(const struct host_options *options, struct ward_err *err)
{
        struct host_options own = *options;

        if (options->users == NULL)
                return make(options, err);
        own.id_base = 0; /* as the namespace has them */
        own.id_count = 1;
        return host_in_namespace(&own, make, err);
}
