/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of a process or thread by its number; see task.h. */
#include "kern/task.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/names.h"
#include "base/text.h"
#include "kern/proc.h"

#define IOPRIO_WHO_THREAD 1 /* IOPRIO_WHO_PROCESS of ioprio_set(2), which means one thread */

static int64_t from_rlim(rlim_t limit)
{
        return limit == RLIM_INFINITY || limit > INT64_MAX ? TASK_UNLIMITED : (int64_t)limit;
}

static rlim_t to_rlim(int64_t limit)
{
        return limit == TASK_UNLIMITED ? RLIM_INFINITY : (rlim_t)limit;
}

static int get_oom(int proc_fd, pid_t pid, int64_t *ret_value)
{
        _cleanup_free_ char *text = NULL;
        char name[48];
        int value, r;

        (void)snprintf(name, sizeof(name), "%d/oom_score_adj", pid);
        r = fd_read_file(proc_fd, name, 64, &text, NULL, NULL);
        if (r < 0)
                return r == -ENOENT ? -ESRCH : r;
        if (sscanf(text, "%d", &value) != 1)
                return -EBADMSG;
        *ret_value = value;
        return 0;
}

int task_get(int proc_fd, pid_t pid, enum task_kind kind, int resource, struct task_setting *ret_setting,
             struct ward_err *err)
{
        struct task_setting setting = {0, 0};
        struct procfs_stat stat;
        struct rlimit limit;
        int r = 0;

        switch (kind) {
        case TASK_NICE:
                r = proc_stat(proc_fd, pid, &stat, NULL, NULL);
                setting.value = stat.nice;
                break;
        case TASK_IOPRIO:
                setting.value = syscall(SYS_ioprio_get, IOPRIO_WHO_THREAD, pid);
                r = setting.value < 0 ? -errno : 0;
                break;
        case TASK_OOM_SCORE_ADJ:
                r = get_oom(proc_fd, pid, &setting.value);
                break;
        case TASK_RLIMIT:
                r = prlimit(pid, (int)resource, NULL, &limit) < 0 ? -errno : 0;
                setting = (struct task_setting){from_rlim(limit.rlim_cur), from_rlim(limit.rlim_max)};
                break;
        }
        if (r < 0)
                return err_code(err, r == -ENOENT ? -ESRCH : r, "look at the settings of process %d", pid);
        *ret_setting = setting;
        return 0;
}

static int refuse(int code, pid_t pid, enum task_kind kind, int resource, struct ward_err *err)
{
        static const struct {
                const char *what, *hint;
        } words[] = {
                [TASK_NICE] = {"nice value", "a lower nice value takes CAP_SYS_NICE, or RLIMIT_NICE of the process "
                                             "(setpriority(2)); another user's process takes root"},
                [TASK_IOPRIO] = {"I/O priority",
                                 "the class realtime takes CAP_SYS_NICE or CAP_SYS_ADMIN (ioprio_set(2)); "
                                 "another user's process takes root"},
                [TASK_OOM_SCORE_ADJ] = {"oom_score_adj",
                                        "a value below what it was set to by who had the right to takes "
                                        "CAP_SYS_RESOURCE (proc_pid_oom_score_adj(5))"},
                [TASK_RLIMIT] = {"limit",
                                 "a hard limit can be raised with CAP_SYS_RESOURCE alone (prlimit(2)); another "
                                 "user's process takes it, too"},
        };

        (void)err_code(err, code, "set the %s of process %d%s%s", words[kind].what, pid,
                       kind == TASK_RLIMIT ? ", " : "", kind == TASK_RLIMIT ? rlimit_names[resource] : "");
        return code == -EPERM || code == -EACCES ? err_hint(err, "%s", words[kind].hint) : code;
}

int task_set(int proc_fd, pid_t pid, enum task_kind kind, int resource, const struct task_setting *setting,
             struct ward_err *err)
{
        const struct rlimit limit = {to_rlim(setting->value), to_rlim(setting->hard)};
        char number[16];
        int r = 0, len;

        switch (kind) {
        case TASK_NICE:
                r = setpriority(PRIO_PROCESS, (id_t)pid, (int)setting->value) < 0 ? -errno : 0;
                break;
        case TASK_IOPRIO:
                r = syscall(SYS_ioprio_set, IOPRIO_WHO_THREAD, pid, (int)setting->value) < 0 ? -errno : 0;
                break;
        case TASK_OOM_SCORE_ADJ:
                len = snprintf(number, sizeof(number), "%d", (int)setting->value);
                r = proc_write_of(proc_fd, pid, "oom_score_adj", number, (size_t)len, NULL);
                r = r == -ENOENT ? -ESRCH : r;
                break;
        case TASK_RLIMIT:
                r = prlimit(pid, (int)resource, &limit, NULL) < 0 ? -errno : 0;
                break;
        }
        return r < 0 ? refuse(r, pid, kind, resource, err) : 0;
}
