/* SPDX-License-Identifier: Apache-2.0 */
/* Id maps of user namespaces (user_namespaces(7)), and id-mapped mounts (mount_setattr(2)). */
#ifndef KERN_IDMAP_H
#define KERN_IDMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/text.h"

struct idmap_range {
        uint32_t inside, outside, count;
};

struct idmap {
        const struct idmap_range *uid, *gid;
        size_t uid_count, gid_count;
};

/* Appends the ranges as uid_map and gid_map take them. */
void idmap_text(const struct idmap_range *ranges, size_t count, struct text *text);

/*
 * Writes the maps of the new user namespace of process @pid. Where the caller may not write them itself (more than its own id, without
 * CAP_SETUID and CAP_SETGID), newuidmap(1) and newgidmap(1) do it by /etc/subuid and /etc/subgid. A single map of the caller's own gid needs
 * setgroups denied first (CVE-2014-8989); *@ret_setgroups_denied says whether that was done.
 */
int idmap_write(int proc_fd, pid_t pid, const struct idmap *map, bool *ret_setgroups_denied, struct ward_err *err);

/* A descriptor of a new user namespace with these maps, for id-mapped mounts alone; nobody lives in it. */
int idmap_namespace(int proc_fd, const struct idmap *map, struct ward_err *err);

/* Id-maps the detached tree behind @tree_fd. -EINVAL where a file system of the tree can't be id-mapped. */
int idmap_tree(int tree_fd, int namespace_fd, bool recursive);

#endif
