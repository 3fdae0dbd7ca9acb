/* SPDX-License-Identifier: Apache-2.0 */
/* Id maps; see idmap.h. */
#include "kern/idmap.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/libc.h"
#include "base/spawn.h"
#include "base/text.h"
#include "kern/clone.h"
#include "kern/proc.h"

void idmap_text(const struct idmap_range *ranges, size_t count, struct text *text)
{
        for (size_t i = 0; i < count; i++)
                text_printf(text, "%u %u %u\n", ranges[i].inside, ranges[i].outside, ranges[i].count);
}

static int write_map(int proc_fd, pid_t pid, const char *file, const struct idmap_range *ranges, size_t count,
                     struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};

        idmap_text(ranges, count, &text);
        if (text_failed(&text))
                return err_oom(err);
        return proc_write_of(proc_fd, pid, file, text.data, text.len, err);
}

/* newuidmap PID INSIDE OUTSIDE COUNT ... */
static int run_helper(const char *program, pid_t pid, const struct idmap_range *ranges, size_t count,
                      struct ward_err *err)
{
        struct arena arena _cleanup_arena_ = {0};
        char **argv = arena_new(&arena, char *, 3 + 3 * count);
        int status, r;
        pid_t helper;
        size_t n = 0;

        if (argv == NULL)
                return err_oom(err);
        argv[n++] = arena_strdup(&arena, program);
        argv[n++] = arena_printf(&arena, "%d", pid);
        for (size_t i = 0; i < count; i++) {
                argv[n++] = arena_printf(&arena, "%u", ranges[i].inside);
                argv[n++] = arena_printf(&arena, "%u", ranges[i].outside);
                argv[n++] = arena_printf(&arena, "%u", ranges[i].count);
        }
        for (size_t i = 0; i < n; i++)
                if (argv[i] == NULL)
                        return err_oom(err);
        r = spawn_program(argv, -EBADF, -EBADF, &helper);
        if (r < 0) {
                (void)err_code(err, r, "run %s to map ids of process %d", program, pid);
                (void)err_mistake(err, MISTAKE_NEWUIDMAP);
                return err_hint(err, "install it: apt-get install uidmap");
        }
        while (waitpid(helper, &status, 0) < 0)
                if (errno != EINTR)
                        return err_errno(err, "wait for %s", program);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
                (void)err_set(err, -EPERM, "map ids of process %d: %s refused them", pid, program);
                (void)err_mistake(err, MISTAKE_SUBORDINATE_IDS);
                return err_hint(err, "the ranges must be in /etc/subuid and /etc/subgid for this user");
        }
        return 0;
}

static bool is_single_own(const struct idmap_range *ranges, size_t count, uint32_t own)
{
        return count == 1 && ranges[0].count == 1 && ranges[0].outside == own;
}

int idmap_write(int proc_fd, pid_t pid, const struct idmap *map, bool *ret_setgroups_denied, struct ward_err *err)
{
        int r;

        *ret_setgroups_denied = false;
        if (geteuid() == 0) {
                r = write_map(proc_fd, pid, "uid_map", map->uid, map->uid_count, err);
                if (r >= 0)
                        r = write_map(proc_fd, pid, "gid_map", map->gid, map->gid_count, err);
                /* user_namespaces(7), "Since Linux 5.12, if the process is mapping ID 0"; or no CAP_SETUID. */
                return r == -EPERM ? err_hint(err, "the container around this program has no CAP_SETFCAP, which giving "
                                                   "its root to another one takes: start it with --cap-add SETFCAP")
                                   : r;
        }
        if (is_single_own(map->uid, map->uid_count, geteuid()))
                r = write_map(proc_fd, pid, "uid_map", map->uid, map->uid_count, err);
        else
                r = run_helper("newuidmap", pid, map->uid, map->uid_count, err);
        if (r < 0)
                return r;
        if (!is_single_own(map->gid, map->gid_count, getegid()))
                return run_helper("newgidmap", pid, map->gid, map->gid_count, err);
        r = proc_write_of(proc_fd, pid, "setgroups", "deny", 4, err);
        if (r >= 0)
                r = write_map(proc_fd, pid, "gid_map", map->gid, map->gid_count, err);
        *ret_setgroups_denied = r >= 0;
        return r;
}

int idmap_namespace(int proc_fd, const struct idmap *map, struct ward_err *err)
{
        _cleanup_close_
        int pidfd = -EBADF;
        bool denied;
        siginfo_t info;
        pid_t pid, self = getpid();
        int fd, r;

        pid = clone_child(CLONE_NEWUSER, -EBADF, &pidfd);
        if (pid < 0)
                return err_code(err, pid, "make a user namespace for an id-mapped mount");
        if (pid == 0) {
                /* Until it is killed below, or the parent dies; its namespace is all that is wanted. */
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                while (getppid() == self) /* else it has died already */
                        (void)pause();
                _exit(0);
        }
        r = idmap_write(proc_fd, pid, map, &denied, err);
        fd = r < 0 ? r : proc_open_of(proc_fd, pid, "ns/user", O_RDONLY, err);
        pidfd_kill_child(pidfd, pid);
        (void)pidfd_wait(pidfd, false, false, &info);
        return fd;
}

int idmap_tree(int tree_fd, int namespace_fd, bool recursive)
{
        struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)namespace_fd};

        if (syscall(SYS_mount_setattr, tree_fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr,
                    sizeof(attr)) < 0)
                return -errno;
        return 0;
}
