/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root `host`: a copy-on-write view of the machine's own system files.
 *
 * An allow-list. /usr, /opt, /etc, /var, and bin, sbin, lib... where these are directories, are views (kern/overlay.h); where those are
 * symbolic links, they are copied. The other directories that a system has are there and empty. Nothing else of / has a name.
 *
 * Of a view the container reads what other users of the machine may read, by the kernel's own check at each access. Below /etc, /var and /opt
 * what it could not read has no name either, so that programs make their own (apt its lists/partial, useradd its shadow).
 *
 * For who is not root of the machine (host_options.users) it is made in a user namespace of his, with what he may do there:
 *
 *      the machine's files     belong to nobody; they can't be written to, chmod and chown of them are refused
 *      directories             below /etc and /var, and /usr if asked for, are the container's, made beforehand: names in them can be made,
 *                              removed and replaced. Elsewhere that holds for the top of a view alone
 *      mounts of the machine   can't be parted from what holds them. A directory with one below is no view; each of its entries is
 *      secrets                 with more ids than one as for root. With one, what he may read as its owner or by a group is hidden where
 *                              it is found when the container starts; what comes later can be read
 */
#ifndef LAUNCH_HOST_H
#define LAUNCH_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "kern/idmap.h"

struct host_options {
        uint32_t id_base, id_count; /* ids 0 ... count-1 of the container are base ... on the machine; at least 1 */
        uint64_t size_bytes;        /* of the tmpfs that takes the changes; at least 1 */
        const char *keep;           /* a directory that takes them in its place and keeps them, or NULL */
        int kept;                   /* that directory, of host_open_kept() */
        bool read_only; /* /usr, /etc and so on can't be changed; / itself can, until the child makes it read-only */

        /* For who is not root: the container's ids, with 0 for the caller's own whatever they are inside. NULL: for root. */
        const struct idmap *users;
        bool stackable;    /* one overlay for each view: it can hold those of another `host` */
        bool writable_usr; /* also below its top */
        void (*progress)(
                size_t directories); /* it takes a second; 0 at the end. Called in another process. May be NULL */
};

/* What the changes may take when nobody says: half of the container's memory, and 512 MiB when that is not limited (-1). */
uint64_t host_default_size(int64_t memory_limit);

/* Opens the directory that keeps the changes of a root, and locks it: it is one container's at a time, as long as the caller has it open.
 * Errors: -EPERM when others may write to it, -EBUSY, those of open(2). */
int host_open_kept(const char *path, struct ward_err *err);

/*
 * Returns a descriptor of the root, a detached tree for engine_options.root_fd; all that it costs goes with the last mount of it. The
 * changes are charged to the memory of who makes them. The caller has one thread. Errors: -EINVAL where the machine's own root is an overlay, -EPERM,
 * -EBUSY when another container uses the kept directory, those of mount(2).
 */
int host_root(const struct host_options *options, struct ward_err *err);

#endif
