/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making and removing groups, and access to their files.
 *
 * A name directly below a hierarchy's root needs no openat2(2): one component that is neither "." nor ".." can lead neither up nor
 * through a symbolic link. Every longer path goes through cgroup_open().
 */
#include "kern/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "kern/cgroup-private.h"

#define PAUSE_FIRST_NSEC 50000ULL
#define PAUSE_MAX_NSEC 10000000ULL
#define REMOVE_STEPS_MAX 100000 /* groups gone into when a tree of groups is removed */
#define NSEC_PER_MSEC 1000000ULL
#define NSEC_PER_SEC 1000000000ULL

static uint64_t now_nsec(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

void cgroup_wait_begin(struct cgroup_wait *wait, unsigned timeout_msec)
{
        *wait = (struct cgroup_wait){now_nsec() + timeout_msec * NSEC_PER_MSEC, PAUSE_FIRST_NSEC};
}

bool cgroup_wait_again(struct cgroup_wait *wait)
{
        uint64_t now = now_nsec(), pause = wait->pause_nsec;
        struct timespec sleep = {0};

        if (now >= wait->deadline_nsec)
                return false;
        if (pause > wait->deadline_nsec - now)
                pause = wait->deadline_nsec - now;
        sleep.tv_nsec = (long)pause;
        (void)nanosleep(&sleep, NULL);
        wait->pause_nsec = wait->pause_nsec * 2 > PAUSE_MAX_NSEC ? PAUSE_MAX_NSEC : wait->pause_nsec * 2;
        return true;
}

static const char *skip_slashes(const char *path)
{
        while (*path == '/')
                path++;
        return path;
}

/* One component of a path. */
static int component_check(const char *path, const char *component, size_t len, struct ward_err *err)
{
        if ((len == 1 && component[0] == '.') || (len == 2 && component[0] == '.' && component[1] == '.'))
                return err_set(err, -EINVAL, "the control group path '%s' has the component '%.*s'", path, (int)len,
                               component);
        if (len > NAME_MAX)
                return err_set(err, -ENAMETOOLONG, "the control group path '%s' has a component of more than %d bytes",
                               path, NAME_MAX);
        return 0;
}

int cgroup_path_check(const char *path, struct ward_err *err)
{
        const char *at = skip_slashes(path);

        if (*path == '\0')
                return err_set(err, -EINVAL, "the control group path is empty");
        if (*at == '\0')
                return err_set(err, -EINVAL, "the control group path '%s' is the root of the hierarchy, not a group",
                               path);
        if (strlen(path) >= PATH_MAX)
                return err_set(err, -ENAMETOOLONG, "the control group path is longer than %d bytes", PATH_MAX - 1);
        if (strchr(path, '\n') != NULL)
                return err_set(err, -EINVAL, "the control group path has a newline in it");
        for (;;) {
                const char *end = strchrnul(at, '/');
                int r = component_check(path, at, (size_t)(end - at), err);

                if (r < 0 || *end == '\0')
                        return r;
                at = end + 1;
        }
}

int cgroup_path_check_root(const char *path, struct ward_err *err)
{
        return *path == '/' && *skip_slashes(path) == '\0' ? 0 : cgroup_path_check(path, err);
}

int cgroup_open_below(int dirfd, const char *path, int flags)
{
        struct open_how how = {
                .flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
        };
        long fd = syscall(SYS_openat2, dirfd, path, &how, sizeof(how));

        return fd < 0 ? -errno : (int)fd;
}

int cgroup_open(const struct cgroup_hierarchy *hierarchy, const char *path, const char *file, int flags)
{
        char joined[PATH_MAX + NAME_MAX + 2];
        size_t len, file_len;
        int r = cgroup_path_check_root(path, NULL);

        if (r < 0)
                return r;
        path = skip_slashes(path);
        if (*path == '\0')
                path = ".";
        if (file == NULL)
                return cgroup_open_below(hierarchy->fd, path, flags | O_DIRECTORY);
        len = strlen(path);
        file_len = strlen(file);
        if (file_len > NAME_MAX)
                return -ENAMETOOLONG;
        memcpy(joined, path, len);
        joined[len] = '/';
        memcpy(joined + len + 1, file, file_len + 1);
        return cgroup_open_below(hierarchy->fd, joined, flags);
}

/* Returns @code. */
static int hint_delegated(struct ward_err *err, int code)
{
        (void)err_hint(err, "the caller may not write there: run as root, or below a group that was "
                            "delegated to this user (by root, or by systemd: systemd-run --user "
                            "--scope -p Delegate=yes COMMAND)");
        return code;
}

int cgroup_file_write(const struct cgroup_hierarchy *hierarchy, const char *path, const char *file, const char *value,
                      struct ward_err *err)
{
        _cleanup_close_
        int fd = cgroup_open(hierarchy, path, file, O_WRONLY);
        ssize_t n;

        if (fd < 0) {
                (void)err_code(err, fd, "open '%s/%s/%s' for writing", hierarchy->mount, skip_slashes(path), file);
                return fd == -EACCES ? hint_delegated(err, fd) : fd;
        }
        do
                n = write(fd, value, strlen(value));
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return err_errno(err, "write '%s' to '%s/%s/%s'", value, hierarchy->mount, skip_slashes(path), file);
        return 0;
}

int cgroup_file_read(const struct cgroup_hierarchy *hierarchy, const char *path, const char *file, char **ret_text,
                     struct ward_err *err)
{
        _cleanup_close_
        int fd = cgroup_open(hierarchy, path, file, O_RDONLY);
        int r;

        /* ENODEV: the group has gone since it was found, or since it was opened (kernfs_fop_open(), kernfs_seq_start() in fs/kernfs/file.c). */
        if (fd < 0)
                return err_code(err, fd == -ENODEV ? -ENOENT : fd, "open '%s/%s/%s'", hierarchy->mount,
                                skip_slashes(path), file);
        r = fd_read_all(fd, file, CGROUP_FILE_MAX, ret_text, NULL, err);
        if (r == -ENODEV)
                return err_code(err, -ENOENT, "read '%s/%s/%s'", hierarchy->mount, skip_slashes(path), file);
        if (r < 0) {
                (void)err_wrap(err, "%s/%s", hierarchy->mount, skip_slashes(path));
                return r;
        }
        return 0;
}

/* Copies the last component of a checked path; *@ret_parent_len is the length of what comes before it (0: the root). */
static void path_split(const char *path, char name[NAME_MAX + 1], size_t *ret_parent_len)
{
        size_t end = strlen(path), start, parent;

        while (path[end - 1] == '/')
                end--;
        for (start = end; start > 0 && path[start - 1] != '/'; start--)
                ;
        for (parent = start; parent > 0 && path[parent - 1] == '/'; parent--)
                ;
        memcpy(name, path + start, end - start);
        name[end - start] = '\0';
        *ret_parent_len = parent;
}

/* Opens the parent of a checked path as O_PATH: *@ret_fd is the hierarchy's own descriptor for a group below its root, else it is
 * *@ret_owned, which the caller closes. Fills in the last component. Returns 0 or -errno. */
static int parent_open(const struct cgroup_hierarchy *hierarchy, const char *path, char name[NAME_MAX + 1], int *ret_fd,
                       int *ret_owned)
{
        char parent[PATH_MAX];
        size_t len;
        int fd;

        path_split(path, name, &len);
        if (len == 0) {
                *ret_fd = hierarchy->fd;
                return 0;
        }
        memcpy(parent, path, len);
        parent[len] = '\0';
        fd = cgroup_open_below(hierarchy->fd, skip_slashes(parent), O_PATH | O_DIRECTORY);
        if (fd < 0)
                return fd;
        *ret_fd = *ret_owned = fd;
        return 0;
}

unsigned cgroup_missing_parents(const struct cgroup_hierarchy *hierarchy, const char *path)
{
        char parent[PATH_MAX], name[NAME_MAX + 1];
        unsigned missing = 0;
        size_t len = strlen(path);

        if (len >= sizeof(parent))
                return 0;
        memcpy(parent, path, len + 1);
        for (;; missing++) {
                int fd;

                path_split(parent, name, &len);
                if (len == 0)
                        return missing;
                parent[len] = '\0';
                fd = cgroup_open_below(hierarchy->fd, skip_slashes(parent), O_PATH | O_DIRECTORY);
                if (fd != -ENOENT) {
                        (void)fd_close(fd);
                        return missing;
                }
        }
}

/* ---- making ---- */

/* A cpuset group of v1 is born empty and nothing can join it before it has cpus and memory nodes (cpuset(7), ENOSPC), so an empty
 * one gets what its parent has. cgroup.clone_children would do it in the kernel, but is a change to the parent. */
static int cpuset_inherit(int parent, int group, bool is_new, struct ward_err *err)
{
        static const char *const files[] = {"cpuset.cpus", "cpuset.mems"};

        for (size_t i = 0; i < ELEMENTS(files); i++) {
                _cleanup_free_ char *value = NULL, *own = NULL;
                int r;

                if (!is_new) {
                        r = fd_read_file(group, files[i], CGROUP_FILE_MAX, &own, NULL, err);
                        if (r < 0)
                                return r;
                        if (own[strspn(own, "\n")] != '\0')
                                continue;
                }
                r = fd_read_file(parent, files[i], CGROUP_FILE_MAX, &value, NULL, err);
                if (r < 0)
                        return r;
                value[strcspn(value, "\n")] = '\0';
                r = fd_write_file(group, files[i], value, err);
                if (r < 0) {
                        (void)err_wrap(err, "copy '%s' from the parent group", files[i]);
                        return r;
                }
        }
        return 0;
}

/* Gives the controllers of @wanted that the group @dirfd does not give to its children yet (cgroups(7), "subtree_control"). */
static int controllers_enable(int dirfd, uint32_t wanted, struct ward_err *err)
{
        static const char file[] = "cgroup.subtree_control";
        _cleanup_text_ struct text change = {0};
        _cleanup_free_ char *enabled = NULL;
        int r;

        r = fd_read_file(dirfd, file, CGROUP_FILE_MAX, &enabled, NULL, err);
        if (r < 0)
                return r;
        for (char *word = enabled; *word != '\0';) {
                size_t len = strcspn(word, " \n");

                wanted &= ~cgroup_controller_bit(word, len);
                word += len + strspn(word + len, " \n");
        }
        if (wanted == 0)
                return 0;
        for (size_t i = 0; i < CGROUP_CONTROLLER_COUNT; i++)
                if ((wanted & 1U << i) != 0)
                        text_printf(&change, "%s+%s", change.len == 0 ? "" : " ",
                                    i == CGROUP_BLKIO ? "io" : cgroup_controller_names[i]);
        if (text_failed(&change))
                return err_oom(err);
        r = fd_write_file(dirfd, file, change.data, err);
        if (r == -EBUSY) {
                (void)err_hint(
                        err,
                        "a group of cgroup v2 with processes of its own cannot give controllers to groups below it: "
                        "put the group elsewhere, or move those processes to a group of their own");
                return r;
        }
        if (r == -ENOENT) {
                (void)err_hint(err,
                               "the controllers were not delegated to this group: enable them in the groups above, "
                               "with systemd by Delegate=yes; a user's manager has cpu, memory and pids, and others "
                               "if user@.service has them: Delegate=cpu cpuset io memory pids");
                return r;
        }
        if (r == -EOPNOTSUPP)
                return err_hint(err, "a threaded group can have and give cpu, cpuset, pids and perf_event alone; a "
                                     "group that is 'domain invalid' nothing, before it is made threaded itself");
        return r;
}

/* Goes down component by component: makes what is missing, enables controllers, fills in cpusets. On failure, too, *@made counts what
 * was made, and the last of it is the first *@made_len bytes of the path. */
static int make_stepwise(const struct cgroup_hierarchy *hierarchy, const char *path, uint32_t controllers, int *ret_fd,
                         unsigned *made, size_t *made_len, struct ward_err *err)
{
        bool cpuset = hierarchy->version == 1 && (hierarchy->controllers & 1U << CGROUP_CPUSET) != 0;
        _cleanup_close_
        int parent = -EBADF, group = -EBADF;
        int r = 0;

        for (const char *rest = skip_slashes(path); *rest != '\0';) {
                size_t len = strcspn(rest, "/");
                char name[NAME_MAX + 1];
                int dirfd = group < 0 ? hierarchy->fd : group;
                bool is_new;

                memcpy(name, rest, len);
                name[len] = '\0';
                rest = skip_slashes(rest + len);
                if (controllers != 0)
                        r = controllers_enable(dirfd, controllers, err);
                if (r < 0) {
                        (void)err_wrap(err, "above '%s'", name);
                        return r;
                }
                is_new = mkdirat(dirfd, name, 0755) == 0;
                if (!is_new && errno != EEXIST)
                        return err_errno(err, "make the group '%s'", name);
                if (is_new) {
                        (*made)++;
                        *made_len = (size_t)(rest - path);
                }
                (void)fd_close(parent);
                parent = TAKE_FD(group);
                group = cgroup_open_below(dirfd, name, O_RDONLY | O_DIRECTORY);
                if (group < 0)
                        return err_code(err, group, "open the group '%s'", name);
                if (cpuset)
                        r = cpuset_inherit(dirfd, group, is_new, err);
                if (r < 0) {
                        (void)err_wrap(err, "set up the group '%s'", name);
                        return r;
                }
        }
        *ret_fd = TAKE_FD(group);
        return 0;
}

/* One mkdirat(2) when the parent exists and the group needs nothing else. Returns -ENOENT when the parent is missing. */
static int make_last(const struct cgroup_hierarchy *hierarchy, const char *path, bool want_fd, int *ret_fd,
                     unsigned *made)
{
        char name[NAME_MAX + 1];
        _cleanup_close_
        int owned = -EBADF;
        int parent, r;

        r = parent_open(hierarchy, path, name, &parent, &owned);
        if (r < 0)
                return r;
        if (mkdirat(parent, name, 0755) == 0)
                *made = 1;
        else if (errno != EEXIST)
                return -errno;
        /* What exists already may be a file of the parent, such as "tasks". */
        if (!want_fd && *made == 1)
                return 0;
        r = cgroup_open_below(parent, name, O_RDONLY | O_DIRECTORY);
        if (r < 0)
                return r;
        *ret_fd = r;
        return 0;
}

/* Removes what a failed cgroup_make() has made. */
static void make_undo(const struct cgroup_hierarchy *hierarchy, const char *path, size_t made_len, unsigned made)
{
        char made_path[PATH_MAX];

        if (made == 0)
                return;
        memcpy(made_path, path, made_len);
        made_path[made_len] = '\0';
        (void)cgroup_remove(hierarchy, made_path, made - 1, 0, NULL);
}

int cgroup_make(const struct cgroup_hierarchy *hierarchy, const char *path, uint32_t controllers, int *ret_fd,
                unsigned *ret_made, struct ward_err *err)
{
        bool cpuset = hierarchy->version == 1 && (hierarchy->controllers & 1U << CGROUP_CPUSET) != 0;
        _cleanup_close_
        int fd = -EBADF;
        unsigned made = 0;
        size_t made_len = strlen(path);
        int r;

        r = cgroup_path_check(path, err);
        if (r < 0)
                return r;
        controllers = hierarchy->version == 2 ? controllers & hierarchy->controllers : 0;
        r = -ENOENT;
        if (controllers == 0 && !cpuset) {
                r = make_last(hierarchy, path, ret_fd != NULL, &fd, &made);
                /* ENOENT: its parent is missing; or somebody has removed what was just made. */
                if (r < 0 && (r != -ENOENT || made > 0))
                        (void)err_code(err, r, "make the group");
        }
        if (r == -ENOENT && made == 0)
                r = make_stepwise(hierarchy, path, controllers, &fd, &made, &made_len, err);
        if (r < 0) {
                make_undo(hierarchy, path, made_len, made);
                (void)err_wrap(err, "control group '%s/%s'", hierarchy->mount, skip_slashes(path));
                if (r == -EACCES || r == -EPERM || r == -EROFS)
                        (void)hint_delegated(err, r);
                else if (r == -EAGAIN)
                        (void)err_hint(err, "a group above allows no more: cgroup.max.depth or cgroup.max.descendants "
                                            "of it");
                return r;
        }
        if (ret_fd != NULL)
                *ret_fd = TAKE_FD(fd);
        if (ret_made != NULL)
                *ret_made = made;
        return 0;
}

/* ---- removing ---- */

/* Removes the empty groups directly below @dirfd. Returns how many groups are left, with the name of one in @busy, or -errno;
 * *@found counts the groups that were there. */
static int sweep(int dirfd, char busy[NAME_MAX + 1], int *found)
{
        int left = 0, fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct dirent *entry;
        DIR *dir;

        *found = 0;
        if (fd < 0)
                return -errno;
        dir = fdopendir(fd);
        if (dir == NULL) {
                (void)fd_close(fd);
                return -ENOMEM;
        }
        while ((entry = readdir(dir)) != NULL) {
                if (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                (*found)++;
                if (unlinkat(dirfd, entry->d_name, AT_REMOVEDIR) == 0 || errno == ENOENT)
                        continue;
                (void)snprintf(busy, NAME_MAX + 1, "%s", entry->d_name);
                left++;
        }
        (void)closedir(dir);
        return left;
}

/*
 * Removes all groups below @group, deepest first. Whoever lived in there chose how deep they nest, so this goes down and up again
 * with one descriptor and without recursion; ".." is safe in cgroupfs, where no directory can be moved into another one.
 * -EBUSY: a process is in one of them.
 */
static int remove_below(int group)
{
        _cleanup_close_
        int dirfd = cgroup_open_below(group, ".", O_PATH | O_DIRECTORY);
        size_t depth = 0;
        bool descended = false;

        for (unsigned step = 0; dirfd >= 0; step++) {
                char busy[NAME_MAX + 1];
                int found, next, left = sweep(dirfd, busy, &found);

                if (left < 0)
                        return left;
                if (left == 0 && depth == 0)
                        return 0;
                /* A group that could not be removed and has no groups has a process. Nobody may keep this going forever by making
                 * groups as fast as they are removed. */
                if ((descended && found == 0) || step == REMOVE_STEPS_MAX)
                        return -EBUSY;
                descended = left > 0;
                if (descended)
                        next = cgroup_open_below(dirfd, busy, O_PATH | O_DIRECTORY);
                else
                        next = openat(dirfd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
                if (next < 0)
                        return descended ? next : -errno;
                depth = descended ? depth + 1 : depth - 1;
                (void)fd_close(dirfd);
                dirfd = next;
        }
        return dirfd;
}

/* rmdir(2) of a group that was busy: a process of it may be on its way out, or there are groups below it. */
static int remove_busy(int parent, const char *name, unsigned timeout_msec)
{
        struct cgroup_wait wait;

        cgroup_wait_begin(&wait, timeout_msec);
        for (;;) {
                _cleanup_close_
                int group = cgroup_open_below(parent, name, O_PATH | O_DIRECTORY);
                int r;

                if (group < 0)
                        return group == -ENOENT ? 0 : group;
                r = remove_below(group);
                if (r == 0) {
                        if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
                                return 0;
                        r = -errno;
                }
                /* ENOENT and ENODEV: something inside went away by itself in between. */
                if (r != -EBUSY && r != -ENOENT && r != -ENODEV)
                        return r;
                if (!cgroup_wait_again(&wait))
                        return -EBUSY;
        }
}

static int remove_one(const struct cgroup_hierarchy *hierarchy, const char *path, unsigned timeout_msec)
{
        char name[NAME_MAX + 1];
        _cleanup_close_
        int owned = -EBADF;
        int parent, r;

        r = parent_open(hierarchy, path, name, &parent, &owned);
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
                return 0;
        return errno == EBUSY ? remove_busy(parent, name, timeout_msec) : -errno;
}

/* Removes up to @count of the parents of @path, as long as they are empty. One that is missing was not made by who was killed at it. Returns
 * -errno when one stays that nobody uses. */
static int remove_parents(const struct cgroup_hierarchy *hierarchy, const char *path, unsigned count)
{
        char parent_path[PATH_MAX], name[NAME_MAX + 1];
        size_t len;

        (void)snprintf(parent_path, sizeof(parent_path), "%s", path);
        for (; count > 0; count--) {
                _cleanup_close_
                int owned = -EBADF;
                int dirfd, r;

                path_split(parent_path, name, &len);
                parent_path[len] = '\0';
                if (len == 0)
                        return 0;
                r = parent_open(hierarchy, parent_path, name, &dirfd, &owned);
                if (r >= 0 && unlinkat(dirfd, name, AT_REMOVEDIR) < 0)
                        r = -errno;
                if (r == -EBUSY)
                        return 0; /* it has other groups, or processes */
                if (r < 0 && r != -ENOENT)
                        return r;
        }
        return 0;
}

int cgroup_remove(const struct cgroup_hierarchy *hierarchy, const char *path, unsigned parents, unsigned timeout_msec,
                  struct ward_err *err)
{
        int r;

        r = cgroup_path_check(path, err);
        if (r < 0)
                return r;
        r = remove_one(hierarchy, path, timeout_msec);
        if (r == -EBUSY) {
                (void)err_set(err, r, "remove the control group '%s/%s': processes are left in it or below it",
                              hierarchy->mount, skip_slashes(path));
                (void)err_hint(err, "'cat %s/%s/cgroup.procs' lists them; end them first", hierarchy->mount,
                               skip_slashes(path));
                return r;
        }
        if (r >= 0)
                r = remove_parents(hierarchy, path, parents);
        if (r < 0)
                return err_code(err, r, "remove the control group '%s/%s'", hierarchy->mount, skip_slashes(path));
        return 0;
}
