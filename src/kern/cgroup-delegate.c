/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups of cgroup v2 that were delegated to who is not root (cgroups(7), "Cgroups delegation").
 *
 * Who owns his group may make groups below it. They get controllers only when he is no process in it himself (the "no internal processes"
 * rule), and whoever is moved must stay below it: so its processes are put into a group beside those that are made.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/cgroup-private.h"

#define CALLERS "ward-callers"
#define ROUNDS_MAX 16 /* of moving processes that go on making others */

int cgroup_delegated(const struct cgroup_hierarchy *hierarchy, struct arena *arena, const char **ret_path,
                     uint32_t *ret_controllers, struct ward_err *err)
{
        size_t len = strlen(hierarchy->own_path), tail = strlen("/" CALLERS);
        _cleanup_free_ char *controllers = NULL;
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
        if (st.st_uid != geteuid() || faccessat(fd, "cgroup.procs", W_OK, AT_EACCESS) < 0)
                return 0;
        r = cgroup_file_read(hierarchy, path, "cgroup.controllers", &controllers, err);
        if (r < 0)
                return r;
        *ret_controllers = 0;
        for (const char *word = controllers; *word != '\0';) {
                size_t word_len = strcspn(word, " \n");

                *ret_controllers |= cgroup_controller_bit(word, word_len);
                word += word_len + strspn(word + word_len, " \n");
        }
        *ret_path = path;
        return 1;
}

bool cgroup_has_room(const struct cgroup_hierarchy *hierarchy, const char *path)
{
        _cleanup_close_
        int fd = -EBADF;

        if (strcmp(path, "/") == 0)
                return faccessat(hierarchy->fd, ".", W_OK, AT_EACCESS) == 0;
        fd = cgroup_open(hierarchy, path, NULL, O_PATH | O_DIRECTORY);
        return fd >= 0 && faccessat(fd, ".", W_OK, AT_EACCESS) == 0;
}

/* Moves each process once. Returns how many there were. */
static int move_all(const struct cgroup_hierarchy *hierarchy, const char *path, int callers, struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        char number[16], *rest;
        int moved = 0, r;
        pid_t pid;

        r = cgroup_file_read(hierarchy, path, "cgroup.procs", &text, err);
        if (r < 0)
                return r;
        for (rest = text; (pid = cgroup_text_next_pid(&rest)) != 0; moved++) {
                (void)snprintf(number, sizeof(number), "%d", pid);
                r = fd_write_file(callers, "cgroup.procs", number, err);
                if (r < 0 && r != -ESRCH)
                        return err_wrap(err, "move process %d out of the group '%s'", pid, path);
        }
        return moved;
}

int cgroup_vacate(const struct cgroup_hierarchy *hierarchy, const char *path, struct ward_err *err)
{
        _cleanup_close_
        int group = cgroup_open(hierarchy, path, NULL, O_RDONLY | O_DIRECTORY), callers = -EBADF;
        int r = 1;

        if (group < 0)
                return err_code(err, group, "open the group '%s'", path);
        if (mkdirat(group, CALLERS, 0755) < 0 && errno != EEXIST)
                return err_errno(err, "make the group '%s/" CALLERS "'", path);
        callers = openat(group, CALLERS, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (callers < 0)
                return err_errno(err, "open the group '%s/" CALLERS "'", path);
        for (int i = 0; r > 0 && i < ROUNDS_MAX; i++)
                r = move_all(hierarchy, path, callers, err);
        return r > 0 ? err_set(err, -EBUSY, "empty the group '%s': processes go on being made in it", path) : r;
}
