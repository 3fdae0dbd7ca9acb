/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the memory of a group is used for while it stands at its limit. The kernel says it in its log when it ends a process, but not to everyone;
 * on cgroup v2 whoever may read the group is told when the limit is met (cgroup-v2.rst, memory.events), which is before.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/cgroup-private.h"

int cgroup_memory_watch(const struct cgroup_layout *layout, const char *path)
{
        const struct cgroup_hierarchy *hierarchy = cgroup_with(layout, CGROUP_MEMORY);

        if (hierarchy == NULL || hierarchy->version != 2)
                return -EOPNOTSUPP;
        return cgroup_open(hierarchy, path, "memory.events", O_RDONLY);
}

int cgroup_memory_seen(int fd, uint64_t *ret_kills)
{
        char text[512];
        ssize_t n = pread(fd, text, sizeof(text) - 1,
                          0); /* and poll(2) waits for the next change (kernfs_generic_poll()) */

        if (n < 0)
                return -errno;
        text[n] = '\0';
        *ret_kills = cgroup_text_number(text, "oom_kill");
        return *ret_kills == UINT64_MAX ? -EBADMSG : 0;
}

static uint64_t read_number(const struct cgroup_hierarchy *hierarchy, const char *path, const char *file)
{
        _cleanup_free_ char *text = NULL;

        return cgroup_file_read(hierarchy, path, file, &text, NULL) < 0 ? UINT64_MAX : cgroup_text_number(text, "");
}

int cgroup_memory_use(const struct cgroup_layout *layout, const char *path, struct memory_use *ret_use)
{
        const struct cgroup_hierarchy *hierarchy = cgroup_with(layout, CGROUP_MEMORY);
        _cleanup_free_ char *stat = NULL;
        int r;

        if (hierarchy == NULL || hierarchy->version != 2)
                return -EOPNOTSUPP;
        r = cgroup_file_read(hierarchy, path, "memory.stat", &stat, NULL);
        if (r < 0)
                return r;
        *ret_use = (struct memory_use){
                .usage_bytes = read_number(hierarchy, path, "memory.current"),
                .limit_bytes = read_number(hierarchy, path, "memory.max"),
                .anon_bytes = cgroup_text_number(stat, "anon"),
                .file_bytes = cgroup_text_number(stat, "file"),
                .shmem_bytes = cgroup_text_number(stat, "shmem"),
                .kernel_bytes = cgroup_text_number(stat, "kernel"),
                .swap_bytes = read_number(hierarchy, path, "memory.swap.current"),
        };
        return 0;
}
