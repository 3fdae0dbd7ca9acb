/* SPDX-License-Identifier: Apache-2.0 */
/* procfs of the host, by a handle that was proved to be procfs, and what it says of a process. */
#ifndef KERN_PROC_H
#define KERN_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/procfs.h"

/* Opens /proc (O_PATH). -ENODEV when something else is mounted there (V6), with what to do. */
int proc_open(struct ward_err *err);

/* What makes a pid the same process: its start in clock ticks since boot (proc(5), field 22 of stat). */
int proc_start_ticks(int proc_fd, pid_t pid, uint64_t *ret_ticks, struct ward_err *err);

/* What the stat of a process, or of one thread by its own number, says. *@ret_ended (may be NULL): the whole process has ended and waits for being
 * reaped. -ENOENT or -ESRCH: there is none. */
int proc_stat(int proc_fd, pid_t pid, struct procfs_stat *ret_stat, bool *ret_ended, struct ward_err *err);

struct proc_process {
        pid_t pid;
        struct procfs_stat stat;
};

/* All processes that can be seen, ascending; those that end meanwhile may be missing. They live in @arena. */
int proc_list(int proc_fd, struct arena *arena, struct proc_process **ret_list, size_t *ret_count,
              struct ward_err *err);

/* Two pids for qsort(3) and bsearch(3). */
int proc_compare(const void *a, const void *b);

/* The threads of a process, ascending, in @arena. -ENOENT or -ESRCH: it has ended. */
int proc_threads(int proc_fd, pid_t pid, struct arena *arena, pid_t **ret_threads, size_t *ret_count,
                 struct ward_err *err);

/* Whether the process has executed a program since it was made; it may have ended, but for being reaped. Returns 1, 0 or -errno. */
int proc_has_executed(int proc_fd, pid_t pid, struct ward_err *err);

/* How the process that started at @ticks ended, as waitpid(2) counts, if its parent has not reaped it: -ENOENT otherwise; -EACCES for who may not look
 * into it (ptrace(2)), to whom the kernel says 0. */
int proc_exit_status(int proc_fd, pid_t pid, uint64_t ticks, int *ret_status);

/* st_ino of /proc/PID/ns/@name. */
int proc_namespace_inode(int proc_fd, pid_t pid, const char *name, uint64_t *ret_inode, struct ward_err *err);

/* The whole /proc/PID/status, owned by the caller: free(3). */
int proc_status(int proc_fd, pid_t pid, char **ret_text, struct ward_err *err);

/* The number that the process has in its own pid namespace: in the caller's, where the kernel has no other ones. */
int proc_pid_inside(int proc_fd, pid_t pid, pid_t *ret_pid, struct ward_err *err);

/* The pid of the process behind @pidfd, in the pid namespace of that procfs. -ESRCH: it has none there, or has been reaped. */
int proc_pid_of(int proc_fd, int pidfd, pid_t *ret_pid);

/* Whether the process leaves the signal to its default action: it neither blocks, ignores, catches nor waits for it. Returns 1, 0 or
 * -errno, also where it may not be looked at. */
int proc_signal_is_default(int proc_fd, pid_t pid, int signal, struct ward_err *err);

/* Opens /proc/PID/@path with the @flags of open(2): namespace files and the like. Returns a descriptor or -errno. */
int proc_open_of(int proc_fd, pid_t pid, const char *path, int flags, struct ward_err *err);

/* Writes @len bytes of @text to /proc/PID/@path by one write(2). */
int proc_write_of(int proc_fd, pid_t pid, const char *path, const char *text, size_t len, struct ward_err *err);

/* The user namespace of the caller is the initial one, as far as its uid map tells: it maps every id to itself. */
int proc_initial_user_namespace(int proc_fd, bool *ret_initial, struct ward_err *err);

#endif
