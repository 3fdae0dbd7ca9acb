/* SPDX-License-Identifier: Apache-2.0 */
/* Moving processes between groups, giving groups to others, and why the kernel refuses either. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/procfs.h"
#include "base/words.h"
#include "kern/cgroup-private.h"

#define DELEGATE_MAX 4096 /* of /sys/kernel/cgroup/delegate */

/* Whether the process is a thread of the kernel, which stays where it is. */
static bool is_kernel_thread(pid_t pid)
{
        _cleanup_free_ char *text = NULL;
        char path[32];

        (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
        return fd_read_file(AT_FDCWD, path, 4096, &text, NULL, NULL) >= 0 && procfs_stat_is_kernel_thread(text);
}

/* v2: what the group is, and whether it gives controllers away. */
static bool gives_controllers(const struct cgroup_hierarchy *hierarchy, const char *path)
{
        _cleanup_free_ char *text = NULL;

        return cgroup_file_read(hierarchy, path, "cgroup.subtree_control", &text, NULL) >= 0 &&
               text[strspn(text, " \n")] != '\0';
}

static bool is_invalid(const struct cgroup_hierarchy *hierarchy, const char *path)
{
        _cleanup_free_ char *text = NULL;

        return cgroup_file_read(hierarchy, path, "cgroup.type", &text, NULL) >= 0 &&
               strncmp(text, "domain invalid", strlen("domain invalid")) == 0;
}

/* What stands behind the errno: the words, and what to do. */
static void reason_of(const struct cgroup_hierarchy *hierarchy, const char *path, pid_t pid, int code,
                      const char **ret_why, const char **ret_hint)
{
        bool v2 = hierarchy->version == 2;

        *ret_why = errno_text(-code);
        *ret_hint = "";
        if (code == -ESRCH) {
                *ret_why = "there is no such process";
        } else if (code == -EINVAL && pid > 0 && is_kernel_thread(pid)) {
                *ret_why = "it is a thread of the kernel, and those stay in the root";
        } else if (code == -EINVAL) {
                *ret_why = "the kernel keeps it where it is, or it is scheduled in real time and the group has no time "
                           "for that";
                *ret_hint = "'chrt -p PID' shows how it is scheduled; cpu.rt_runtime_us gives a group such time";
        } else if (code == -EBUSY && v2 && gives_controllers(hierarchy, path)) {
                *ret_why = "the group gives controllers to groups below it, and so can have no processes of its own";
                *ret_hint = "move it into a group below that one, or make one there";
        } else if (code == -EOPNOTSUPP && v2 && is_invalid(hierarchy, path)) {
                *ret_why = "the group is below a threaded one and not threaded itself, so it can have nobody";
                *ret_hint = "make it threaded: ward cgroup create --threaded GROUP";
        } else if (code == -EOPNOTSUPP && v2) {
                *ret_why = "a single thread can be moved only between groups of the same threaded tree, a process only "
                           "to a domain";
                *ret_hint = "'ward cgroup get GROUP cgroup.type' says what a group is";
        } else if (code == -EACCES || code == -EPERM) {
                *ret_why = v2 ? "the caller may not: it has to own the group, and cgroup.procs of the nearest group "
                                "above both where it is and where it shall be"
                              : "the caller may not: it has to own the group's tasks file, and the process";
                *ret_hint = "run it with sudo, or move processes only within a group that was delegated to this user";
        } else if (code == -ENOSPC) {
                *ret_why = "the group has no processors or no memory nodes";
                *ret_hint = "set cpuset.cpus and cpuset.mems of the group first";
        } else if (code == -ENOENT) {
                *ret_why = "there is no such control group";
                *ret_hint = "make it: ward cgroup create GROUP";
        } else if (code == -ENODEV) {
                *ret_why = "the group has just been removed";
        }
}

static int explain(const struct cgroup_hierarchy *hierarchy, const char *path, pid_t pid, int code,
                   struct ward_err *err)
{
        char who[48] = "this process";
        const char *why, *hint;

        if (err == NULL)
                return code;
        reason_of(hierarchy, path, pid, code, &why, &hint);
        if (pid > 0)
                (void)snprintf(who, sizeof(who), "process %d", (int)pid);
        (void)err_set(err, code, "move %s into the control group '%s' of '%s': %s", who, path, hierarchy->mount, why);
        return err_hint(err, "%s", hint);
}

int cgroup_move(const struct cgroup_hierarchy *hierarchy, const char *path, pid_t pid, bool thread,
                struct ward_err *err)
{
        const char *file = !thread ? "cgroup.procs" : hierarchy->version == 1 ? "tasks" : "cgroup.threads";
        char number[16];
        int r;

        (void)snprintf(number, sizeof(number), "%d", (int)pid);
        r = cgroup_file_write(hierarchy, path, file, number, NULL);
        return r < 0 ? explain(hierarchy, path, pid, r, err) : 0;
}

int cgroup_enter(const struct cgroup_hierarchy *hierarchy, const char *path, struct ward_err *err)
{
        int r = cgroup_file_write(hierarchy, path, hierarchy->version == 1 ? "tasks" : "cgroup.procs", "0", NULL);

        return r < 0 ? explain(hierarchy, path, 0, r, err) : 0;
}

/* ---- owners ---- */

static int own_file(int group, const char *file, uid_t uid, gid_t gid)
{
        /* Not every kernel has every file. */
        if (fchownat(group, file, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
                return -errno;
        return 0;
}

/* The kernel lists what of a v2 group goes to whom it is delegated. */
static int own_listed(int group, uid_t uid, gid_t gid)
{
        static const char usual[] = "cgroup.procs\ncgroup.threads\ncgroup.subtree_control\n";
        _cleanup_free_ char *text = NULL;
        char *rest;
        int r = 0;

        if (fd_read_file(AT_FDCWD, "/sys/kernel/cgroup/delegate", DELEGATE_MAX, &text, NULL, NULL) < 0)
                text = strdup(usual);
        if (text == NULL)
                return -ENOMEM;
        rest = text;
        for (const char *file; r >= 0 && (file = text_next(&rest, '\n')) != NULL;)
                if (*file != '\0' && strchr(file, '/') == NULL)
                        r = own_file(group, file, uid, gid);
        return r;
}

int cgroup_own(const struct cgroup_hierarchy *hierarchy, const char *path, uid_t uid, gid_t gid, struct ward_err *err)
{
        _cleanup_close_
        int group = cgroup_open(hierarchy, path, NULL, O_RDONLY);
        int r = group < 0 ? group : fchown(group, uid, gid) < 0 ? -errno : 0;

        if (r >= 0 && hierarchy->version == 2)
                r = own_listed(group, uid, gid);
        if (r >= 0 && hierarchy->version == 1)
                r = own_file(group, "cgroup.procs", uid, gid);
        if (r >= 0 && hierarchy->version == 1)
                r = own_file(group, "tasks", uid, gid);
        if (r < 0)
                return err_code(err, r, "give the control group '%s%s' to user %u", hierarchy->mount, path, uid);
        return 0;
}

/* v1 has tasks, v2 cgroup.threads; both have cgroup.procs. */
static bool moves_processes(const char *file)
{
        return strcmp(file, "tasks") == 0 || strcmp(file, "cgroup.procs") == 0 || strcmp(file, "cgroup.threads") == 0;
}

int cgroup_own_tasks(const struct cgroup_hierarchy *hierarchy, const char *path, uid_t uid, gid_t gid,
                     struct ward_err *err)
{
        _cleanup_close_
        int group = cgroup_open(hierarchy, path, NULL, O_RDONLY);
        int r = group < 0 ? group : own_file(group, "cgroup.procs", uid, gid);

        if (r >= 0)
                r = own_file(group, hierarchy->version == 1 ? "tasks" : "cgroup.threads", uid, gid);
        return r < 0 ? err_code(err, r, "let user %u move processes into the control group '%s%s'", uid,
                                hierarchy->mount, path)
                     : 0;
}

static int set_mode(int group, const char *file, uint32_t mode)
{
        struct stat st;

        if (fstatat(group, file, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return 0;
        /* Of each right those who have it are at most all; of one that the owner has not, nobody. */
        return fchmodat(group, file, mode & ((st.st_mode & S_IRWXU) >> 6) * 0111, 0) < 0 ? -errno : 0;
}

int cgroup_set_modes(const struct cgroup_hierarchy *hierarchy, const char *path, const struct cgroup_modes *modes,
                     struct arena *arena, struct ward_err *err)
{
        _cleanup_close_
        int group = cgroup_open(hierarchy, path, NULL, O_RDONLY);
        const char *const *files;
        size_t count;
        int r = group < 0 ? err_code(err, group, "open the control group '%s%s'", hierarchy->mount, path)
                          : cgroup_files(hierarchy, path, arena, &files, &count, err);

        if (r < 0)
                return r;
        for (size_t i = 0; r >= 0 && i < count; i++) {
                uint32_t mode =
                        moves_processes(files[i]) && modes->tasks != CGROUP_MODE_KEPT ? modes->tasks : modes->files;

                if (mode != CGROUP_MODE_KEPT)
                        r = set_mode(group, files[i], mode);
        }
        if (r >= 0 && modes->group != CGROUP_MODE_KEPT && fchmod(group, modes->group) < 0)
                r = -errno;
        return r < 0 ? err_code(err, r, "set the modes of the control group '%s%s'", hierarchy->mount, path) : 0;
}
