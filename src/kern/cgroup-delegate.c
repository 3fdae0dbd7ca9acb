/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups of cgroup v2 that were delegated to who is not root (cgroups(7), "Cgroups delegation").
 *
 * Who owns his group may make groups below it. They get controllers only when he is no process in it himself (the "no internal processes"
 * rule), and whoever is moved must stay below it: so its processes are put into a group beside those that are made.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/cgroup-private.h"

#define CALLERS CGROUP_CALLERS
#define FREEZER "cgroup.freeze"
#define MOVE_ROUNDS 1   /* after the first one */
#define MOVE_MSEC 30000 /* of moving processes that go on making others, and of waiting for those that end */

/* 1, 0, or -errno when that can't be told. faccessat2(2), which looks at the effective ids, may be refused by a filter around this program;
 * the older call, which glibc asks on ENOSYS alone, looks at the real ones: they are the same, this program is never set-user-ID. */
static int may_write(int fd, const char *name)
{
        if (faccessat(fd, name, W_OK, AT_EACCESS) == 0 ||
            (errno == EPERM && syscall(SYS_faccessat, fd, name, W_OK) == 0))
                return 1;
        return errno == EACCES || errno == EROFS ? 0 : -errno;
}

int cgroup_controllers(const struct cgroup_hierarchy *hierarchy, const char *path, uint32_t *ret_controllers,
                       struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        int r = cgroup_file_read(hierarchy, path, "cgroup.controllers", &text, err);

        if (r < 0)
                return r;
        *ret_controllers = cgroup_controllers_parse(text, " \n");
        return 0;
}

int cgroup_delegated(const struct cgroup_hierarchy *hierarchy, struct arena *arena, const char **ret_path,
                     uint32_t *ret_controllers, struct ward_err *err)
{
        size_t len = strlen(hierarchy->own_path), tail = strlen("/" CALLERS);
        _cleanup_close_
        int fd = -EBADF;
        struct stat st;
        char *path;
        int r;

        if (hierarchy->version != 2 || len <= 1)
                return 0; /* the root of a hierarchy is nobody's to give away */
        /* Moved there by an earlier start. */
        if (len > tail && strcmp(hierarchy->own_path + len - tail, "/" CALLERS) == 0)
                len -= tail;
        path = arena_strndup(arena, hierarchy->own_path, len);
        if (path == NULL)
                return err_oom(err);
        fd = cgroup_open(hierarchy, path, NULL, O_RDONLY | O_DIRECTORY);
        if (fd < 0 || fstat(fd, &st) < 0)
                return err_code(err, fd < 0 ? fd : -errno, "look at the caller's own group '%s'", path);
        r = st.st_uid != geteuid() ? 0 : may_write(fd, "cgroup.procs");
        if (r < 0)
                return err_code(err, r, "look at the caller's own group '%s'", path);
        if (r == 0)
                return 0;
        r = cgroup_controllers(hierarchy, path, ret_controllers, err);
        if (r < 0)
                return r;
        *ret_path = path;
        return 1;
}

int cgroup_has_room(const struct cgroup_hierarchy *hierarchy, const char *path, struct ward_err *err)
{
        _cleanup_close_
        int fd = strcmp(path, "/") == 0 ? -EBADF : cgroup_open(hierarchy, path, NULL, O_PATH | O_DIRECTORY);
        int r = strcmp(path, "/") == 0 ? may_write(hierarchy->fd, ".") : fd < 0 ? fd : may_write(fd, ".");

        if (r == -ENOENT || r == -EACCES || r == -EROFS)
                return 0;
        return r < 0 ? err_code(err, r, "look at the group '%s%s'", hierarchy->mount, path) : r;
}

/* Moves each process once. Returns how many there were, and in *@ret_moved how many of them had not ended. */
static int move_all(const struct cgroup_hierarchy *hierarchy, const char *path, int callers, int *ret_moved,
                    struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        char number[16], *rest;
        int count = 0, r;
        pid_t pid;

        *ret_moved = 0;
        r = cgroup_file_read(hierarchy, path, "cgroup.procs", &text, err);
        if (r < 0)
                return r;
        for (rest = text; (pid = cgroup_text_next_pid(&rest)) != 0; count++) {
                (void)snprintf(number, sizeof(number), "%d", pid);
                r = fd_write_file(callers, "cgroup.procs", number, err);
                if (r < 0 && r != -ESRCH)
                        return err_wrap(err, "move process %d out of the group '%s'", pid, path);
                *ret_moved += r >= 0;
        }
        return count;
}

/* Whether the caller is in the group or below it, where it must not be frozen. */
static bool is_own(const struct cgroup_hierarchy *hierarchy, const char *path)
{
        size_t len = strlen(path);

        return strncmp(hierarchy->own_path, path, len) == 0 &&
               (hierarchy->own_path[len] == '/' || hierarchy->own_path[len] == '\0');
}

static bool is_thawed(const struct cgroup_hierarchy *hierarchy, const char *path)
{
        _cleanup_free_ char *text = NULL;

        return cgroup_file_read(hierarchy, path, FREEZER, &text, NULL) >= 0 && *text == '0';
}

/*
 * Moves processes out of the group @path into the one of @callers, which may be below it, until none is left. Those that go on making others as fast as they
 * are moved are frozen (5.2) meanwhile: who is frozen forks no more, and can be moved. Returns how many were left.
 */
static int move_until_empty(const struct cgroup_hierarchy *hierarchy, const char *path, int callers,
                            struct ward_err *err)
{
        bool frozen = false;
        struct cgroup_wait wait;
        int r, moved;

        cgroup_wait_begin(&wait, MOVE_MSEC);
        for (unsigned round = 0;; round++) {
                r = move_all(hierarchy, path, callers, &moved, err);
                if (r <= 0 || (round > MOVE_ROUNDS && !cgroup_wait_again(&wait)))
                        break;
                if (round == MOVE_ROUNDS && !is_own(hierarchy, path) && is_thawed(hierarchy, path))
                        frozen = cgroup_file_write(hierarchy, path, FREEZER, "1", NULL) >= 0;
                /* Each move takes an RCU grace period where the kernel is busy, and so any time; but the frozen are moved once, and make no others. */
                if (round == MOVE_ROUNDS || (frozen && moved > 0))
                        cgroup_wait_begin(&wait, MOVE_MSEC);
        }
        if (frozen)
                (void)cgroup_file_write(hierarchy, path, FREEZER, "0", NULL);
        return r;
}

int cgroup_vacate(const struct cgroup_hierarchy *hierarchy, const char *path, struct ward_err *err)
{
        _cleanup_close_
        int group = cgroup_open(hierarchy, path, NULL, O_RDONLY | O_DIRECTORY), callers = -EBADF;
        int r;

        if (group < 0)
                return err_code(err, group, "open the group '%s'", path);
        if (mkdirat(group, CALLERS, 0755) < 0 && errno != EEXIST)
                return err_errno(err, "make the group '%s/" CALLERS "'", path);
        callers = openat(group, CALLERS, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (callers < 0)
                return err_errno(err, "open the group '%s/" CALLERS "'", path);
        r = move_until_empty(hierarchy, path, callers, err);
        return r > 0 ? err_set(err, -EBUSY, "empty the group '%s': processes go on being made in it", path) : r;
}

bool cgroup_handed_on(const struct cgroup_hierarchy *hierarchy, const char *path)
{
        static const char *const names[] = {"trusted.delegate", "user.delegate"};
        _cleanup_close_
        int group = cgroup_open(hierarchy, path, NULL, O_RDONLY | O_DIRECTORY);
        char value;

        for (size_t i = 0; group >= 0 && i < ELEMENTS(names); i++)
                if (fgetxattr(group, names[i], &value, 1) == 1 && value == '1')
                        return true;
        return false;
}

int cgroup_withdraw(const struct cgroup_hierarchy *hierarchy, const char *path, struct ward_err *err)
{
        static const char file[] = "cgroup.subtree_control";
        _cleanup_free_ char *enabled = NULL; /* "cpu memory" */
        _cleanup_text_ struct text change = {0};
        int r = cgroup_file_read(hierarchy, path, file, &enabled, err);

        if (r < 0)
                return r;
        for (const char *word = enabled; *word != '\0';) {
                size_t len = strcspn(word, " \n");

                if (len > 0)
                        text_printf(&change, "%s-%.*s", change.len == 0 ? "" : " ", (int)len, word);
                word += len + strspn(word + len, " \n");
        }
        if (text_failed(&change))
                return err_oom(err);
        return change.len == 0 ? 0 : cgroup_file_write(hierarchy, path, file, change.data, err);
}

/* 1: nothing but @child is below the open group @path, if that. */
static int has_only(int group, const char *path, const char *child, bool *ret_there, struct ward_err *err)
{
        _cleanup_text_ struct text below = {0};

        if (cgroup_groups_queue(group, path, &below) < 0)
                return err_oom(err);
        *ret_there = below.len > 0;
        for (size_t at = 0; at < below.len; at += strlen(below.data + at) + 1)
                if (strcmp(below.data + at, child) != 0)
                        return 0;
        return 1;
}

int cgroup_only_below(const struct cgroup_hierarchy *hierarchy, const char *path, const char *child,
                      struct ward_err *err)
{
        _cleanup_close_
        int group = cgroup_open(hierarchy, path, NULL, O_RDONLY | O_DIRECTORY);
        bool there;

        return group < 0 ? err_code(err, group, "open the group '%s'", path)
                         : has_only(group, path, child, &there, err);
}

int cgroup_refill(const struct cgroup_hierarchy *hierarchy, const char *path, struct ward_err *err)
{
        _cleanup_close_
        int group = cgroup_open(hierarchy, path, NULL, O_RDONLY | O_DIRECTORY);
        char callers[PATH_MAX];
        bool there;
        int r;

        if (group < 0)
                return group == -ENOENT ? 0 : err_code(err, group, "open the group '%s'", path);
        if (snprintf(callers, sizeof(callers), "%s/" CALLERS, path) >= (int)sizeof(callers))
                return err_set(err, -ENAMETOOLONG, "the path of the control group '%s' is too long", path);
        r = has_only(group, path, callers, &there, err);
        if (r <= 0)
                return r;
        r = cgroup_withdraw(hierarchy, path, err);
        if (r >= 0 && there)
                r = move_until_empty(hierarchy, callers, group, err);
        if (r > 0)
                return err_set(err, -EBUSY, "empty the group '%s': processes go on being made in it", callers);
        cgroup_vacated(hierarchy, path);
        return r < 0 ? r : 1;
}

void cgroup_vacated(const struct cgroup_hierarchy *hierarchy, const char *path)
{
        char callers[PATH_MAX];
        int len = snprintf(callers, sizeof(callers), "%s/" CALLERS, path);

        if (len < (int)sizeof(callers))
                (void)cgroup_remove(hierarchy, callers, 0, 0, NULL);
}
