/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root `host`: a copy-on-write view of the machine's own system files.
 *
 * An allow-list. /usr, /opt, /etc, /var, and bin, sbin, lib... where these are directories, are views (kern/overlay.h); where those are
 * symbolic links, they are copied. The other directories that a system has are there and empty. Nothing else of / has a name.
 *
 * Of a view the container reads what other users of the machine may read, by the kernel's own check at each access. Below /etc, /var and /opt
 * what it could not read has no name either, so that programs make their own (apt its lists/partial, useradd its shadow).
 */
#ifndef LAUNCH_HOST_H
#define LAUNCH_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct host_options {
        uint32_t id_base, id_count; /* ids 0 ... count-1 of the container are base ... on the machine; at least 1 */
        uint64_t size_bytes;        /* of the tmpfs that takes the changes; at least 1 */
        int keep_fd;                /* a directory that takes them in its place and keeps them; -EBADF: none */
        bool read_only; /* /usr, /etc and so on can't be changed; / itself can, until the child makes it read-only */
};

/* What the changes may take when nobody says: half of the container's memory, and 512 MiB when that is not limited (-1). */
uint64_t host_default_size(int64_t memory_limit);

/*
 * Returns a descriptor of the root, a detached tree for engine_options.root_fd; all that it costs goes with the last mount of it. The
 * changes are charged to the memory of who makes them. Needs root. Errors: -EINVAL where the machine's own root is an overlay, -EPERM,
 * -EBUSY when another container uses the kept directory, those of mount(2).
 */
int host_root(const struct host_options *options, struct ward_err *err);

#endif
