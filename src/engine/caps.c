/* SPDX-License-Identifier: Apache-2.0 */
/* What processes and files may; see caps.h. */
#include "engine/caps.h"

#include <dirent.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/proc.h"

#define COMM_MAX 64

static bool same_rights(const struct caps_sets *a, const struct caps_sets *b)
{
        return memcmp(a, b, sizeof(*a)) == 0;
}

static void close_directory(DIR **directory)
{
        if (*directory != NULL)
                (void)closedir(*directory);
}

/* The threads that have other rights than the first one. Who ends meanwhile is passed over. */
static int find_threads(int proc, struct arena *arena, struct caps_process *process, struct ward_err *err)
{
        _cleanup_close_
        int fd = proc_open_of(proc, process->pid, "task", O_RDONLY | O_DIRECTORY, err);
        _cleanup_(close_directory) DIR *directory = fd < 0 ? NULL : fdopendir(fd);
        struct caps_thread *threads = NULL;
        size_t room = 0;

        if (fd < 0)
                return fd;
        if (directory == NULL)
                return err_errno(err, "list the threads of process %d", process->pid);
        TAKE_FD(fd);
        for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
                struct caps_sets sets;
                uint64_t tid;

                if (number_parse(entry->d_name, INT32_MAX, &tid) < 0)
                        continue;
                process->thread_count++;
                if (caps_read(proc, (pid_t)tid, &sets, NULL) < 0 || same_rights(&sets, &process->sets))
                        continue;
                if (process->different == room) {
                        struct caps_thread *larger = arena_new(arena, struct caps_thread, 2 * room + 16);

                        if (larger == NULL)
                                return err_oom(err);
                        if (room > 0)
                                memcpy(larger, threads, room * sizeof(*larger));
                        threads = larger;
                        room = 2 * room + 16;
                }
                threads[process->different++] = (struct caps_thread){.tid = (pid_t)tid, .sets = sets};
        }
        process->threads = threads;
        return 0;
}

static const char *read_name(int proc, pid_t pid, struct arena *arena)
{
        _cleanup_close_
        int fd = proc_open_of(proc, pid, "comm", O_RDONLY, NULL);
        char text[COMM_MAX];
        ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

        return len <= 0 ? "?" : arena_strndup(arena, text, (size_t)len - (text[len - 1] == '\n'));
}

int caps_of_process(pid_t pid, struct arena *arena, struct caps_process *ret_process, struct ward_err *err)
{
        struct caps_process process = {.pid = pid == 0 ? getpid() : pid, .securebits = -1};
        _cleanup_close_
        int proc = proc_open(err);
        uint64_t own, users;
        char data[CAPS_XATTR_MAX];
        unsigned bits;
        int r;

        if (proc < 0)
                return proc;
        r = caps_read(proc, process.pid, &process.sets, err);
        if (r < 0)
                return r == -ENOENT ? err_hint(err, "there is no process %d", process.pid) : r;
        r = find_threads(proc, arena, &process, err);
        if (r >= 0 && process.pid == getpid())
                r = caps_securebits(&bits, err);
        if (r < 0)
                return r;
        if (process.pid == getpid())
                process.securebits = (int)bits;
        process.name = read_name(proc, process.pid, arena);
        if (process.name == NULL)
                return err_oom(err);
        process.own_users = proc_namespace_inode(proc, getpid(), "user", &own, NULL) >= 0 &&
                            proc_namespace_inode(proc, process.pid, "user", &users, NULL) >= 0 && own != users;
        r = caps_read_program(proc, process.pid, data, NULL);
        process.program_known = r >= 0;
        process.program_has = r > 0 && caps_file_parse(data, (size_t)r, &process.program) >= 0;
        *ret_process = process;
        return 0;
}

int caps_of_file(const char *path, struct caps_file *ret_file, bool *ret_has, struct ward_err *err)
{
        char data[CAPS_XATTR_MAX];
        int len = caps_read_file(path, data, err);

        if (len < 0)
                return len;
        *ret_has = len > 0;
        if (len > 0 && caps_file_parse(data, (size_t)len, ret_file) < 0)
                return err_set(err, -EBADMSG, "read the capabilities of '%s': the attribute has no known form", path);
        return 0;
}

static void close_walk(FTS **walk)
{
        if (*walk != NULL)
                (void)fts_close(*walk);
}

int caps_below(const char *path, int (*report)(void *data, const char *path, const struct caps_file *file), void *data,
               size_t *ret_closed, struct ward_err *err)
{
        _cleanup_free_ char *copy = strdup(path);
        char *const roots[] = {copy, NULL};
        _cleanup_(close_walk) FTS *walk = copy == NULL ? NULL : fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
        size_t closed = 0;
        int r = 0;

        if (walk == NULL)
                return copy == NULL ? err_oom(err) : err_errno(err, "walk through '%s'", path);
        for (FTSENT *entry; r >= 0 && (entry = fts_read(walk)) != NULL;) {
                struct caps_file file;
                bool has = false;

                closed += entry->fts_info == FTS_DNR || entry->fts_info == FTS_NS || entry->fts_info == FTS_ERR;
                if (entry->fts_level == 0 && entry->fts_info == FTS_NS)
                        return err_code(err, -entry->fts_errno, "look at '%s'", path);
                if (entry->fts_info == FTS_F && caps_of_file(entry->fts_path, &file, &has, NULL) < 0)
                        closed++;
                if (has)
                        r = report(data, entry->fts_path, &file);
        }
        *ret_closed = closed;
        return r;
}
