/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of procfs say, as text: nothing here opens one. Whatever a text holds, it is read within its end.
 */
#ifndef BASE_PROCFS_H
#define BASE_PROCFS_H

#include <stdbool.h>
#include <stdint.h>

/* A line of mountinfo (proc_pid_mountinfo(5)); the strings are inside its text. */
struct procfs_mount {
        const char *id;
        char *optional;                      /* its own options, and the optional fields */
        char *root, *point;                  /* still escaped: path_unescape() */
        const char *type, *source, *options; /* of the file system */
};

/* Cuts the next line off *@text, in place. Returns 1, 0 at the end, or -EBADMSG for a line of another form, behind which it goes on. */
int procfs_next_mount(char **text, struct procfs_mount *ret_mount);

/* The number of the group that the mount shares its mounts with (mount_namespaces(7)); NULL: it shares them with none. Cuts the optional fields up. */
const char *procfs_mount_peers(const struct procfs_mount *mount);

/* From /proc/PID/stat (proc_pid_stat(5)): the state as its letter, NUL when there is none. */
char procfs_stat_state(const char *stat);

/* Whether the whole process has ended: the first thread of one may be a zombie while others live, and is told by their number, field 20. */
bool procfs_stat_has_ended(const char *stat);

/* Whether the process is the one that fork(2) made and has executed nothing since: PF_FORKNOEXEC of linux/sched.h in field 9. It is still told of one
 * that has ended. -EBADMSG when it isn't there. */
int procfs_stat_never_executed(const char *stat, bool *ret_never);

/* Whether it is a thread of the kernel. */
bool procfs_stat_is_kernel_thread(const char *stat);

/* The start of the process in clock ticks since boot, field 22. -EBADMSG when it isn't there. */
int procfs_stat_start(const char *stat, uint64_t *ret_ticks);

/* The number behind @key ("CapEff:") in /proc/PID/status, in base 10 or 16. -ENOENT: there is no such line, or no number in it. */
int procfs_status_number(const char *status, const char *key, unsigned base, uint64_t *ret_number);

/* The process's number in its own pid namespace, the last one behind "NSpid:" in /proc/PID/status. -ENOENT: there is none, with a kernel without pid
 * namespaces. */
int procfs_status_pid_inside(const char *status, uint64_t *ret_pid);

/* How a process ended that is a zombie, as waitpid(2) counts, field 52. It is 0 for who may not look into the process. -EBADMSG when it isn't there. */
int procfs_stat_exit_status(const char *stat, int *ret_status);

/* What is known of a process or thread by one reading of its stat (proc_pid_stat(5)). */
struct procfs_stat {
        char state; /* its letter */
        int parent, group, session;
        uint32_t flags; /* PF_* of linux/sched.h */
        int nice;
        uint64_t start_ticks; /* since boot */
};

/* -EBADMSG for a text of another form. */
int procfs_stat_parse(const char *stat, struct procfs_stat *ret_stat);

/* A line of uid_map or gid_map (user_namespaces(7)). */
struct procfs_map {
        uint32_t inside, outside, count;
};

/* Reads the next line of *@text and goes behind it; false at the end, and at what is none. */
bool procfs_next_map(const char **text, struct procfs_map *ret_map);

/* Whether a map gives every id to itself, as that of the initial user namespace does. */
bool procfs_map_is_whole(const char *text);

#endif
