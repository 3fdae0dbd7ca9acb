/* SPDX-License-Identifier: Apache-2.0 */
/* What the host*.c files share among themselves. */
#ifndef LAUNCH_HOST_PRIVATE_H
#define LAUNCH_HOST_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "launch/host.h"

struct host_kind {
        bool scanned; /* what others may not read has no name */
        bool program; /* what is installed, not changed, in daily use */
        bool changes; /* of who is not root: the container can change names in all of its directories */
};

struct host_view {
        const char *path, *name;
        struct host_kind kind;
        int lower, middle;
};

struct host {
        const struct host_options *options;
        struct arena arena;
        int slash, proc, ids;
        int scratch, middle;
        int store, store_dir; /* the mount, and its directory without an id map */
        int root, upper, work;
        uint32_t store_base; /* the id in the store that is the container's 0 */
        struct host_view *views;
        size_t view_count, view_room;
        uint32_t reader;     /* of struct overlay_tree */
        char **mount_points; /* sorted, without the leading slash */
        size_t mount_point_count;
};

/* As host_make_like(), with the owner that the store needs. Returns a descriptor. */
int host_make_directory(const struct host *host, int dirfd, const char *name, const struct stat *like,
                        struct ward_err *err);

/* A directory of the machine and its like in the container's root. Both are walked by descriptors: who may write to a part of them can put
 * a symbolic link into a path at any time. */
struct host_place {
        int from, to;
};

/* The machine's symbolic link @name, in the container's root. @path is for messages. */
int host_copy_link(const struct host *host, const struct host_place *at, const char *name, const char *path,
                   struct ward_err *err);

/* A view of the machine's directory @fd, which is /@path, a text of the arena; none when others can't read it. *@ret_mappable: its file
 * system can be id-mapped, as far as root needs that. */
int host_add_view(struct host *host, int fd, const char *path, struct host_kind kind, bool *ret_mappable,
                  struct ward_err *err);

bool host_is_below(const char *path, const char *above);

/* There are mount points of the machine below /@path. */
bool host_has_mounts(const struct host *host, const char *path);

/* The directory @at, which is /@path, in the parts that mounts divide it into. */
int host_split(struct host *host, const struct host_place *at, const char *path, struct host_kind kind,
               struct ward_err *err);

#endif
