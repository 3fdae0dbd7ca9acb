/* SPDX-License-Identifier: Apache-2.0 */
/* Marks: whose a group is, in an extended attribute of its directory; see cgroup.h. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include "base/fd.h"
#include "kern/cgroup-private.h"

#define MARK_MAX 8192

static const char *mark_name(bool privileged)
{
        return privileged ? "trusted.ward" : "user.ward";
}

int cgroup_mark(int group_fd, bool privileged, const char *mark)
{
        return fsetxattr(group_fd, mark_name(privileged), mark, strlen(mark), 0) < 0 ? -errno : 0;
}

/* Returns 1; 0 when it has none, or one that nobody of us wrote; or -errno. */
static int mark_read(int group, bool privileged, char mark[MARK_MAX])
{
        ssize_t len = fgetxattr(group, mark_name(privileged), mark, MARK_MAX - 1);

        if (len < 0)
                return errno == ENODATA || errno == ENOTSUP || errno == ERANGE ? 0 : -errno;
        mark[len] = '\0';
        return strlen(mark) == (size_t)len;
}

int cgroup_has_mark(const struct cgroup_hierarchy *hierarchy, const char *path, bool privileged, const char *mark)
{
        _cleanup_close_
        int group = cgroup_open(hierarchy, path, NULL, O_RDONLY);
        char found[MARK_MAX];
        int r = group < 0 ? group : mark_read(group, privileged, found);

        if (r <= 0)
                return r == -ENOENT || r == -ENODEV ? 0 : r;
        return strcmp(found, mark) == 0 ? 1 : -EEXIST;
}

/* An array that grows in its arena: to twice its size when it is full. */
static int marked_add(struct arena *arena, struct cgroup_marked **marked, size_t *count, const char *path,
                      const char *mark)
{
        if ((*count & (*count - 1)) == 0) {
                struct cgroup_marked *larger = arena_new(arena, struct cgroup_marked, *count == 0 ? 1 : *count * 2);

                if (larger == NULL)
                        return -ENOMEM;
                if (*count > 0)
                        memcpy(larger, *marked, *count * sizeof(*larger));
                *marked = larger;
        }
        (*marked)[*count] = (struct cgroup_marked){arena_strdup(arena, path), arena_strdup(arena, mark)};
        if ((*marked)[*count].path == NULL || (*marked)[*count].mark == NULL)
                return -ENOMEM;
        (*count)++;
        return 0;
}

int cgroup_find_marked(const struct cgroup_hierarchy *hierarchy, bool privileged, struct arena *arena,
                       struct cgroup_marked **ret_marked, size_t *ret_count, struct ward_err *err)
{
        _cleanup_text_ struct text queue = {0};
        struct cgroup_marked *marked = NULL;
        size_t count = 0;
        int r = cgroup_groups_queue(hierarchy->fd, "", &queue);

        for (size_t at = 0; r >= 0 && at < queue.len && !text_failed(&queue);) {
                char here[PATH_MAX], mark[MARK_MAX];
                _cleanup_close_
                int group = -EBADF;
                int len = snprintf(here, sizeof(here), "%s", queue.data + at);

                at += (size_t)len + 1;
                if (len >= (int)sizeof(here))
                        continue; /* no group of ours has such a path */
                group = cgroup_open(hierarchy, here, NULL, O_RDONLY);
                if (group < 0)
                        continue; /* it has just gone, or is not for us to see */
                r = mark_read(group, privileged, mark);
                if (r < 0)
                        r = r == -ENOENT || r == -ENODEV ? 0 : r;
                else if (r > 0)
                        r = marked_add(arena, &marked, &count, here, mark);
                else
                        r = cgroup_groups_queue(group, here, &queue);
                r = r == -EACCES ? 0 : r;
        }
        if (r < 0 || text_failed(&queue))
                return err_code(err, r < 0 ? r : -ENOMEM, "look for control groups of ward below '%s'",
                                hierarchy->mount);
        *ret_marked = marked;
        *ret_count = count;
        return 0;
}
