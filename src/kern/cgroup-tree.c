/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of groups, and who is in each. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "kern/cgroup-private.h"

/* By name, component by component: a slash comes before everything else. */
static int path_compare(const void *a, const void *b)
{
        const unsigned char *left = *(const unsigned char *const *)a, *right = *(const unsigned char *const *)b;

        while (*left != '\0' && *left == *right) {
                left++;
                right++;
        }
        return (*left == '/' ? 1 : *left) - (*right == '/' ? 1 : *right);
}

/* The texts of @queue, each with its NUL, as a list. */
static const char **list_of(const struct text *queue, struct arena *arena, size_t *ret_count)
{
        const char **paths;
        size_t count = 0;

        for (size_t i = 0; i < queue->len; i++)
                count += queue->data[i] == '\0';
        paths = arena_new(arena, const char *, count + 1);
        if (paths == NULL)
                return NULL;
        count = 0;
        for (size_t at = 0; at < queue->len; at += strlen(queue->data + at) + 1) {
                paths[count] = arena_strdup(arena, queue->data + at);
                if (paths[count++] == NULL)
                        return NULL;
        }
        *ret_count = count;
        return paths;
}

/* Adds what is below @path. The groups of @queue are replaced by those that are still there. */
static int walk(const struct cgroup_hierarchy *hierarchy, const char *path, struct text *queue, struct text *found)
{
        int r = 0;

        text_add(queue, path, strlen(path) + 1);
        for (size_t at = 0; r >= 0 && at < queue->len && !text_failed(queue);) {
                char here[PATH_MAX];
                _cleanup_close_
                int group = -EBADF;
                int len = snprintf(here, sizeof(here), "%s", queue->data + at);

                at += strlen(queue->data + at) + 1;
                if (len >= (int)sizeof(here))
                        continue; /* nobody can name it: whoever nests so deep keeps nobody from the others */
                group = cgroup_open(hierarchy, here, NULL, O_RDONLY);
                /* It has just gone. That of the caller's own choice has to be there. */
                if ((group == -ENOENT || group == -ENODEV) && found->len > 0)
                        continue;
                if (group < 0)
                        return group;
                text_add(found, here, (size_t)len + 1);
                r = cgroup_groups_queue(group, strcmp(here, "/") == 0 ? "" : here, queue);
        }
        return r < 0 ? r : text_failed(queue) || text_failed(found) ? -ENOMEM : 0;
}

int cgroup_tree(const struct cgroup_hierarchy *hierarchy, const char *path, struct arena *arena,
                const char *const **ret_paths, size_t *ret_count, struct ward_err *err)
{
        _cleanup_text_ struct text queue = {0}, found = {0};
        const char **paths;
        size_t count;
        int r = walk(hierarchy, path, &queue, &found);

        if (r < 0)
                return err_code(err, r, "list the control groups below '%s%s'", hierarchy->mount, path);
        paths = list_of(&found, arena, &count);
        if (paths == NULL)
                return err_oom(err);
        qsort(paths, count, sizeof(*paths), path_compare);
        *ret_paths = paths;
        *ret_count = count;
        return 0;
}

static int pid_compare(const void *a, const void *b)
{
        return (*(const pid_t *)a > *(const pid_t *)b) - (*(const pid_t *)a < *(const pid_t *)b);
}

int cgroup_members(const struct cgroup_hierarchy *hierarchy, const char *path, struct arena *arena,
                   const pid_t **ret_pids, size_t *ret_count, struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        size_t count = 0, lines = 1;
        pid_t *pids, pid;
        char *rest;
        int r = cgroup_file_read(hierarchy, path, "cgroup.procs", &text, err);

        /* A threaded group has threads of processes that are listed above it. */
        if (r == -EOPNOTSUPP)
                r = cgroup_file_read(hierarchy, path, "cgroup.threads", &text, err);
        if (r < 0)
                return r;
        for (const char *c = text; *c != '\0'; c++)
                lines += *c == '\n';
        pids = arena_new(arena, pid_t, lines);
        if (pids == NULL)
                return err_oom(err);
        for (rest = text; (pid = cgroup_text_next_pid(&rest)) != 0;)
                pids[count++] = pid;
        qsort(pids, count, sizeof(*pids), pid_compare);
        *ret_pids = pids;
        *ret_count = count;
        return 0;
}

int cgroup_there(const struct cgroup_hierarchy *hierarchy, const char *path)
{
        _cleanup_close_
        int group = cgroup_open(hierarchy, path, NULL, O_PATH);

        return group >= 0 ? 1 : group == -ENOENT || group == -ENODEV ? 0 : group;
}

const struct cgroup_hierarchy *cgroup_file_hierarchy(const struct cgroup_layout *layout, const char *file)
{
        uint32_t bit = cgroup_controller_bit(file, strcspn(file, "."));

        return bit == 0 ? NULL : cgroup_with(layout, (enum cgroup_controller)__builtin_ctz(bit));
}

int cgroup_files(const struct cgroup_hierarchy *hierarchy, const char *path, struct arena *arena,
                 const char *const **ret_files, size_t *ret_count, struct ward_err *err)
{
        int fd = cgroup_open(hierarchy, path, NULL, O_RDONLY);
        _cleanup_text_ struct text queue = {0};
        struct dirent *entry;
        const char **files;
        size_t count;
        DIR *dir;

        if (fd < 0)
                return err_code(err, fd, "open the control group '%s%s'", hierarchy->mount, path);
        dir = fdopendir(fd);
        if (dir == NULL) {
                (void)fd_close(fd);
                return err_oom(err);
        }
        while ((entry = readdir(dir)) != NULL)
                if (entry->d_type == DT_REG)
                        text_add(&queue, entry->d_name, strlen(entry->d_name) + 1);
        (void)closedir(dir);
        files = text_failed(&queue) ? NULL : list_of(&queue, arena, &count);
        if (files == NULL)
                return err_oom(err);
        qsort(files, count, sizeof(*files), path_compare);
        *ret_files = files;
        *ret_count = count;
        return 0;
}
