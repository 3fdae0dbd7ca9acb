/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the figures of groups, over descriptors that stay open; see cgroup-top.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/procfs.h"
#include "base/text.h"
#include "kern/cgroup-private.h"
#include "kern/cgroup-top-private.h"

void cgroup_top_drop(struct cgroup_top *tree, struct tree_node *node, size_t source, int state)
{
        if (node->files[source] >= 0) {
                (void)fd_close(node->files[source]);
                tree->files--;
        }
        node->files[source] = state;
}

/* A file of the group, open. *@ret_kept: it stays so. -errno; -ENOENT is remembered until something is written in the directory or above. */
static int file_open(struct cgroup_top *tree, struct tree_node *node, size_t source, bool *ret_kept)
{
        const struct cgroup_source *from = &cgroup_sources[source];
        int fd = node->files[source];

        *ret_kept = true;
        if (fd >= 0)
                return fd;
        if (fd == FILE_ABSENT)
                return -ENOENT;
        fd = cgroup_top_at(tree, node, (unsigned)tree->sources[source].hierarchy, from->file, O_RDONLY);
        if (fd < 0) {
                if (fd != -EMFILE && fd != -ENFILE && fd != -ENOMEM)
                        node->files[source] = FILE_ABSENT;
                return fd;
        }
        /* What is read once is not worth a descriptor. */
        *ret_kept = !from->steady && tree->files < tree->files_max;
        if (*ret_kept) {
                node->files[source] = fd;
                tree->files++;
        }
        return fd;
}

static bool is_kernel_thread(const char *pid, size_t len)
{
        char path[64], stat[1024];
        ssize_t n;
        _cleanup_close_
        int fd = -EBADF;

        (void)snprintf(path, sizeof(path), "/proc/%.*s/stat", (int)len, pid);
        fd = open(path, O_RDONLY | O_CLOEXEC); /* host path: procfs, by a number of the kernel's */
        n = fd < 0 ? -1 : read(fd, stat, sizeof(stat) - 1);
        if (n <= 0)
                return false;
        stat[n] = '\0';
        return procfs_stat_is_kernel_thread(stat);
}

/* Counts the lines of a cgroup.procs. The kernel gives whole ones as long as the buffer is larger than a page. */
static int count_processes(struct cgroup_top *tree, int fd, uint64_t *ret_count)
{
        uint64_t count = 0;
        off_t at = 0;
        ssize_t n;

        while ((n = pread(fd, tree->text, sizeof(tree->text), at)) > 0) {
                for (const char *line = tree->text, *end; line < tree->text + n; line = end + 1) {
                        end = memchr(line, '\n', (size_t)(tree->text + n - line));
                        if (end == NULL)
                                break;
                        count += tree->kernel_threads || !is_kernel_thread(line, (size_t)(end - line));
                }
                at += n;
        }
        if (n < 0)
                return -errno;
        *ret_count = count;
        return 0;
}

/* -errno: it could not be read; -ENOENT: there is no such file. */
static int source_read(struct cgroup_top *tree, struct tree_node *node, size_t source, uint64_t *figures)
{
        const struct cgroup_source *from = &cgroup_sources[source];
        bool kept;
        int fd = file_open(tree, node, source, &kept), r = 0;
        ssize_t n;

        if (fd < 0)
                return fd;
        if (from->form == CGROUP_FORM_PROCS) {
                r = count_processes(tree, fd, &figures[CGROUP_FIGURE_PROCESSES]);
        } else {
                n = pread(fd, tree->text, sizeof(tree->text) - 1, 0);
                if (n < 0)
                        r = -errno;
                /* A part of the disks would be a wrong sum. */
                tree->text[n < 0 || n == sizeof(tree->text) - 1 ? 0 : n] = '\0';
                if (tree->text[0] != '\0' || n == 0)
                        cgroup_source_parse(from, tree->text, figures);
        }
        if (!kept)
                (void)fd_close(fd);
        /* The group has gone, or the controller was taken from it: whether there is another one shows in the next round. */
        if (r == -ENODEV)
                cgroup_top_drop(tree, node, source, FILE_UNOPENED);
        return r;
}

/* What only writing changes and nobody has written to is as it was. */
static void source_keep(const struct cgroup_source *source, const uint64_t *before, uint64_t *figures)
{
        for (size_t i = 0; i < source->count; i++)
                if (figures[source->figures[i].figure] == CGROUP_FIGURE_NONE)
                        figures[source->figures[i].figure] = before[source->figures[i].figure];
}

/* ---- the machine itself, of which the root of a hierarchy does not say everything ---- */

static const char *proc_read(struct cgroup_top *tree, const char *path)
{
        ssize_t n;
        _cleanup_close_
        int fd = open(path, O_RDONLY | O_CLOEXEC); /* host path: a file of procfs */

        n = fd < 0 ? -1 : read(fd, tree->text, sizeof(tree->text) - 1);
        tree->text[n < 0 ? 0 : n] = '\0';
        return tree->text;
}

static uint64_t kilobytes(const char *text, const char *key)
{
        const char *line = strstr(text, key);
        uint64_t number = 0;

        if (line == NULL)
                return CGROUP_FIGURE_NONE;
        for (line += strlen(key) + strspn(line + strlen(key), " "); *line >= '0' && *line <= '9'; line++)
                number = number * 10 + (uint64_t)(*line - '0');
        return number << 10;
}

static void machine_memory(struct cgroup_top *tree, uint64_t *figures)
{
        const char *text = proc_read(tree, "/proc/meminfo");
        uint64_t total = kilobytes(text, "MemTotal:"), available = kilobytes(text, "MemAvailable:");

        if (total == CGROUP_FIGURE_NONE || available == CGROUP_FIGURE_NONE || available > total)
                return;
        figures[CGROUP_FIGURE_MEMORY_LIMIT] = total;
        if (figures[CGROUP_FIGURE_MEMORY] == CGROUP_FIGURE_NONE)
                figures[CGROUP_FIGURE_MEMORY] = total - available;
}

/* "0.20 0.18 0.12 1/80 11206": behind the slash all threads (proc_loadavg(5)). */
static void machine_tasks(struct cgroup_top *tree, uint64_t *figures)
{
        const char *slash = strchr(proc_read(tree, "/proc/loadavg"), '/');

        if (slash != NULL)
                figures[CGROUP_FIGURE_TASKS] = cgroup_text_number(slash + 1, "");
}

static void machine_read(struct cgroup_top *tree, uint64_t *figures)
{
        static const struct {
                enum cgroup_figure figure;
                const char *file;
        } stalls[] = {
                {CGROUP_FIGURE_CPU_STALL_USEC, "/proc/pressure/cpu"},
                {CGROUP_FIGURE_MEMORY_STALL_USEC, "/proc/pressure/memory"},
                {CGROUP_FIGURE_IO_STALL_USEC, "/proc/pressure/io"},
        };

        if ((tree->figures & (CGROUP_FIGURE(MEMORY) | CGROUP_FIGURE(MEMORY_LIMIT))) != 0)
                machine_memory(tree, figures);
        if ((tree->figures & CGROUP_FIGURE(TASKS)) != 0 && figures[CGROUP_FIGURE_TASKS] == CGROUP_FIGURE_NONE)
                machine_tasks(tree, figures);
        for (size_t i = 0; i < ELEMENTS(stalls); i++)
                if ((tree->figures & UINT32_C(1) << stalls[i].figure) != 0 &&
                    figures[stalls[i].figure] == CGROUP_FIGURE_NONE)
                        figures[stalls[i].figure] = cgroup_pressure_total(proc_read(tree, stalls[i].file));
}

/* ---- a group ---- */

static bool known(uint32_t gives, const uint64_t *figures)
{
        for (; gives != 0; gives &= gives - 1)
                if (figures[__builtin_ctz(gives)] == CGROUP_FIGURE_NONE)
                        return false;
        return true;
}

void cgroup_top_read(struct cgroup_top *tree, struct tree_node *node)
{
        struct cgroup_reading *now = &node->group.now;
        bool top = node == tree->top;
        uint32_t failed = 0;

        node->group.before = *now;
        memset(now->figures, 0xff, sizeof(now->figures));
        now->at_nsec = cgroup_now_nsec();
        for (size_t i = 0; i < CGROUP_SOURCE_COUNT; i++) {
                int hierarchy = tree->sources[i].hierarchy, r;
                uint32_t bit = hierarchy < 0 ? 0 : UINT32_C(1) << hierarchy;

                if ((node->in & bit) == 0 || (tree->sources[i].silent && !top) ||
                    known(tree->sources[i].gives, now->figures))
                        continue;
                if ((node->stale & bit) != 0 && node->files[i] == FILE_ABSENT)
                        node->files[i] = FILE_UNOPENED;
                if (cgroup_sources[i].steady && (node->stale & bit) == 0) {
                        source_keep(&cgroup_sources[i], node->group.before.figures, now->figures);
                        continue;
                }
                r = source_read(tree, node, i, now->figures);
                if (r < 0 && r != -ENOENT)
                        failed |= bit;
                if (top && cgroup_sources[i].unheard)
                        tree->sources[i].silent = !known(tree->sources[i].gives, now->figures);
        }
        node->stale = failed;
        if (top && tree->machine)
                machine_read(tree, now->figures);
}
