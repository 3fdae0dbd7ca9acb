/* SPDX-License-Identifier: Apache-2.0 */
/* procfs of the host; see proc.h. */
#include "kern/proc.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/digits.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/procfs.h"
#include "base/text.h"

#define PROC_ROOT_INODE 1

/* "Groups:" is the longest line: 65536 numbers (credentials(7), NGROUPS_MAX) of up to ten digits. */
#define STATUS_MAX (1 << 20)

int proc_open(struct ward_err *err)
{
        _cleanup_close_
        int fd = openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        struct statfs fs;
        struct stat st;

        if (fd < 0)
                return err_errno(err, "open /proc");
        if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
                return err_errno(err, "find out what is mounted on /proc");
        /* The root of every procfs is inode 1: a bind of a directory below is not what /proc has to be. */
        if (fs.f_type != PROC_SUPER_MAGIC || st.st_ino != PROC_ROOT_INODE) {
                int r = err_set(err, -ENODEV, "use /proc: what is mounted there is not procfs");

                (void)err_hint(err, "mount it: mount -t proc proc /proc");
                return r;
        }
        return TAKE_FD(fd);
}

#define NAME_ROOM 128

/* "PID/DIRECTORY/PATH" */
static void name_of(pid_t pid, const char *directory, const char *path, char ret_name[static NAME_ROOM])
{
        char *at = digits_put(ret_name, (uint64_t)pid, 10);

        while (*directory != '\0')
                *at++ = *directory++;
        while (*path != '\0' && at < ret_name + NAME_ROOM - 1)
                *at++ = *path++;
        *at = '\0';
}

int proc_open_of(int proc_fd, pid_t pid, const char *path, int flags, struct ward_err *err)
{
        char name[NAME_ROOM];
        int fd;

        name_of(pid, "/", path, name);
        fd = openat(proc_fd, name, flags | O_CLOEXEC);
        if (fd < 0)
                return err_errno(err, "open /proc/%s", name);
        return fd;
}

int proc_write_of(int proc_fd, pid_t pid, const char *path, const char *text, size_t len, struct ward_err *err)
{
        _cleanup_close_
        int fd = proc_open_of(proc_fd, pid, path, O_WRONLY, err);
        const int shown = (int)(len > 0 && text[len - 1] == '\n' ? len - 1 : len);
        ssize_t n;

        if (fd < 0)
                return fd;
        n = write(fd, text, len);
        if (n < 0)
                return err_errno(err, "write '%.*s' to /proc/%d/%s", shown, text, pid, path);
        if ((size_t)n != len)
                return err_code(err, -EIO, "write '%.*s' to /proc/%d/%s whole", shown, text, pid, path);
        return 0;
}

/* /proc/PID/stat as a string. */
static int read_stat(int proc_fd, pid_t pid, char *text, size_t size, struct ward_err *err)
{
        _cleanup_close_
        int fd = proc_open_of(proc_fd, pid, "stat", O_RDONLY, err);
        ssize_t n;

        if (fd < 0)
                return fd;
        n = read(fd, text, size - 1);
        if (n < 0)
                return err_errno(err, "read /proc/%d/stat", pid);
        text[n] = '\0';
        return 0;
}

int proc_start_ticks(int proc_fd, pid_t pid, uint64_t *ret_ticks, struct ward_err *err)
{
        char text[1024];
        int r = read_stat(proc_fd, pid, text, sizeof(text), err);

        if (r >= 0 && procfs_stat_start(text, ret_ticks) < 0)
                return err_set(err, -EBADMSG, "read the start time from /proc/%d/stat: it is not as proc(5) says", pid);
        return r;
}

int proc_stat(int proc_fd, pid_t pid, struct procfs_stat *ret_stat, bool *ret_ended, struct ward_err *err)
{
        char text[1024];
        struct procfs_stat stat;
        int r = read_stat(proc_fd, pid, text, sizeof(text), err);

        if (r >= 0 && procfs_stat_parse(text, &stat) < 0)
                return err_set(err, -EBADMSG, "read /proc/%d/stat: it is not as proc(5) says", pid);
        if (r < 0)
                return r;
        *ret_stat = stat;
        if (ret_ended != NULL)
                *ret_ended = procfs_stat_has_ended(text);
        return 0;
}

int proc_compare(const void *a, const void *b)
{
        const pid_t *left = a, *right = b;

        return *left < *right ? -1 : *left > *right;
}

/* The names of a directory that are numbers, ascending, in @arena. */
static int list_numbers(int dirfd, const char *path, struct arena *arena, pid_t **ret_list, size_t *ret_count)
{
        int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *dir = fd < 0 ? NULL : fdopendir(fd);
        pid_t *list = NULL;
        size_t count = 0;
        const struct dirent *item;

        if (dir == NULL) {
                int r = -errno;

                (void)fd_close(fd);
                return r;
        }
        while ((item = readdir(dir)) != NULL) {
                uint64_t number;

                if (number_parse(item->d_name, INT32_MAX, &number) < 0)
                        continue;
                if ((count & (count - 1)) == 0) {
                        pid_t *larger = arena_new(arena, pid_t, count == 0 ? 1 : count * 2);

                        if (larger == NULL)
                                break;
                        if (count > 0)
                                memcpy(larger, list, count * sizeof(*list));
                        list = larger;
                }
                list[count++] = (pid_t)number;
        }
        (void)closedir(dir);
        if (item != NULL)
                return -ENOMEM;
        if (count > 1)
                qsort(list, count, sizeof(*list), proc_compare);
        *ret_list = list;
        *ret_count = count;
        return 0;
}

int proc_list(int proc_fd, struct arena *arena, struct proc_process **ret_list, size_t *ret_count, struct ward_err *err)
{
        struct proc_process *list;
        size_t count, kept = 0;
        pid_t *pids;
        int r = list_numbers(proc_fd, ".", arena, &pids, &count);

        if (r < 0)
                return err_code(err, r, "list the processes in /proc");
        list = arena_new(arena, struct proc_process, count + 1);
        if (list == NULL)
                return err_oom(err);
        for (size_t i = 0; i < count; i++) {
                list[kept].pid = pids[i];
                kept += proc_stat(proc_fd, pids[i], &list[kept].stat, NULL, NULL) >= 0;
        }
        *ret_list = list;
        *ret_count = kept;
        return 0;
}

int proc_threads(int proc_fd, pid_t pid, struct arena *arena, pid_t **ret_threads, size_t *ret_count,
                 struct ward_err *err)
{
        char path[NAME_ROOM];
        int r;

        name_of(pid, "/", "task", path);
        r = list_numbers(proc_fd, path, arena, ret_threads, ret_count);
        return r < 0 ? err_code(err, r, "list the threads in /proc/%s", path) : 0;
}

int proc_has_executed(int proc_fd, pid_t pid, struct ward_err *err)
{
        char text[1024];
        bool never;
        int r = read_stat(proc_fd, pid, text, sizeof(text), err);

        if (r < 0)
                return r;
        if (procfs_stat_never_executed(text, &never) < 0)
                return err_set(err, -EBADMSG, "read the flags from /proc/%d/stat: it is not as proc(5) says", pid);
        return !never;
}

int proc_exit_status(int proc_fd, pid_t pid, uint64_t ticks, int *ret_status)
{
        uint64_t started, inode;
        char text[1024];
        int r = read_stat(proc_fd, pid, text, sizeof(text), NULL);

        if (r < 0)
                return r;
        if (procfs_stat_start(text, &started) < 0 || started != ticks || !procfs_stat_has_ended(text))
                return -ENOENT;
        /* The same right is asked for to see its namespaces. */
        if (proc_namespace_inode(proc_fd, pid, "pid", &inode, NULL) < 0)
                return -EACCES;
        return procfs_stat_exit_status(text, ret_status);
}

int proc_namespace_inode(int proc_fd, pid_t pid, const char *name, uint64_t *ret_inode, struct ward_err *err)
{
        char path[NAME_ROOM];
        struct stat st;

        name_of(pid, "/ns/", name, path);
        if (fstatat(proc_fd, path, &st, 0) < 0)
                return err_errno(err, "look at /proc/%s", path);
        *ret_inode = st.st_ino;
        return 0;
}

int proc_initial_user_namespace(int proc_fd, bool *ret_initial, struct ward_err *err)
{
        _cleanup_close_
        int fd = openat(proc_fd, "self/uid_map", O_RDONLY | O_CLOEXEC);
        char text[128];
        ssize_t n;

        /* A kernel without user namespaces has only the initial one. */
        if (fd < 0 && errno == ENOENT) {
                *ret_initial = true;
                return 0;
        }
        n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
        if (n < 0)
                return err_errno(err, "read /proc/self/uid_map");
        text[n] = '\0';
        *ret_initial = procfs_map_is_whole(text);
        return 0;
}

int proc_status(int proc_fd, pid_t pid, char **ret_text, struct ward_err *err)
{
        _cleanup_close_
        int fd = proc_open_of(proc_fd, pid, "status", O_RDONLY, err);

        return fd < 0 ? fd : fd_read_all(fd, "status", STATUS_MAX, ret_text, NULL, err);
}

int proc_pid_inside(int proc_fd, pid_t pid, pid_t *ret_pid, struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        uint64_t inside;
        int r = proc_status(proc_fd, pid, &text, err);

        if (r < 0)
                return r;
        *ret_pid = procfs_status_pid_inside(text, &inside) < 0 ? pid : (pid_t)inside;
        return 0;
}

int proc_pid_of(int proc_fd, int pidfd, pid_t *ret_pid)
{
        _cleanup_free_ char *text = NULL;
        uint64_t pid = 0;
        char path[64];
        int r;

        /* pidfd_open(2): "Pid" there is 0 for one that can't be seen and -1 for one that is gone. */
        (void)snprintf(path, sizeof(path), "self/fdinfo/%d", pidfd);
        r = fd_read_file(proc_fd, path, STATUS_MAX, &text, NULL, NULL);
        if (r < 0)
                return r;
        if (procfs_status_number(text, "Pid:", 10, &pid) < 0 || pid == 0)
                return -ESRCH;
        *ret_pid = (pid_t)pid;
        return 0;
}

/* As proc(5) has the masks. */
static int masks_leave(int proc_fd, pid_t pid, int signal, struct ward_err *err)
{
        static const char *const others[] = {"SigBlk:", "SigIgn:", "SigCgt:"};
        _cleanup_free_ char *text = NULL;
        int r = proc_status(proc_fd, pid, &text, err);

        for (size_t i = 0; r >= 0 && i < ELEMENTS(others); i++) {
                uint64_t mask;

                r = procfs_status_number(text, others[i], 16, &mask);
                if (r < 0)
                        return err_code(err, r, "look for '%s' in /proc/%d/status", others[i], pid);
                if ((mask >> (signal - 1) & 1) != 0)
                        return 0;
        }
        return r < 0 ? r : 1;
}

/* rt_sigtimedwait(2), by its number here, and by those that it has for 32-bit programs. 1, 0 or -errno. */
static int waits_for_signals(int proc_fd, pid_t pid, struct ward_err *err)
{
        _cleanup_close_
        int fd = proc_open_of(proc_fd, pid, "syscall", O_RDONLY, err);
        char text[256];
        ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
        uint64_t number;

        if (fd < 0)
                return fd;
        if (n < 0)
                return err_errno(err, "read /proc/%d/syscall", pid);
        text[n] = '\0';
        text[strcspn(text, " \n")] = '\0';
        /* "running" and -1 are no numbers. */
        return number_parse(text, UINT32_MAX, &number) >= 0 &&
               (number == SYS_rt_sigtimedwait || number == 177 || number == 421);
}

int proc_signal_is_default(int proc_fd, pid_t pid, int signal, struct ward_err *err)
{
        int r = masks_leave(proc_fd, pid, signal, err), waits;

        if (r <= 0)
                return r;
        /* While it waits for signals (tini, dumb-init, and most that are made to be a first process) the kernel does not show those as blocked, and
         * before and behind that it does. */
        waits = waits_for_signals(proc_fd, pid, err);
        return waits != 0 ? (waits < 0 ? waits : 0) : masks_leave(proc_fd, pid, signal, err);
}
