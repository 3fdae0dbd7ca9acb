/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copy-on-write views of directories (overlayfs), and the tree that they make up.
 *
 * A view is two overlays, one on the other:
 *
 *      writable    upper (read-write)            mounted with all capabilities
 *      readable    middle (whiteouts) : lower    mounted with the ids of nobody and without CAP_DAC_OVERRIDE
 *
 * The kernel checks every access to a layer of an overlay with the credentials of who mounted it, on top of the check of who accesses
 * (Documentation/filesystems/overlayfs.rst, "Permission model"). So what the mode of a lower file denies to "other" stays denied
 * through the view, whatever capability the one inside has and whatever happens to the file later: copying up, renaming, linking,
 * and changing the mode read it by way of the readable overlay. The middle layer hides names for good.
 *
 * In a user namespace of one id nobody can be had, and the machine's files are out of reach of its capabilities anyhow: their owners have no
 * id there. There a view is one overlay, upper : middle : lower, and what "other" may not read is what the caller may not read.
 *
 * Everything is put together by a short-lived child in a mount namespace of its own: kernels before 6.15 take only attached mounts as
 * layers, and attach only to attached ones. What is left is a detached tree behind a descriptor.
 */
#ifndef KERN_OVERLAY_H
#define KERN_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct overlay_view {
        const char *
                path; /* where it is attached below the root, "var/log": a directory there, no symbolic link on the way */
        const char *name; /* its directories in the store; at most 128 of [A-Za-z0-9._%-] */
        int lower;        /* a detached mount, borrowed: it is used up */
        bool optional;    /* nothing is attached when @path is not there (any more) */
};

/* For struct overlay_tree: nobody of the initial user namespace, the largest valid id, which owns no file; and none at all. */
#define OVERLAY_NOBODY UINT32_C(4294967294)
#define OVERLAY_NO_READER UINT32_MAX

struct overlay_tree {
        const struct overlay_view *views; /* a view comes behind the one that holds its path */
        size_t view_count;
        int scratch; /* a detached tmpfs, borrowed, used up. It has middle/N for view N: the whiteouts */
        int store;   /* a detached mount, borrowed, used up: root, upper/NAME, work/NAME */
        uint32_t
                owner; /* uid and gid that own what the overlays make for themselves; an id-mapped store needs an image of it */
        uint32_t reader; /* uid and gid of nobody */
        bool user_xattr; /* the caller is root of a user namespace alone: no directory of the lower layers can be renamed */
        bool read_only; /* the views are; the root is not, so that it can be given mount points */
        bool exclusive; /* refuse a store that another tree uses (-EBUSY) */
};

/*
 * Returns a descriptor of the detached tree: the store's root with the views on it, none of whose device nodes can be used.
 * Needs CAP_SYS_ADMIN, and CAP_SETUID and CAP_SETGID for a reader. Errors: those of clone(2) and mount(2); -EINVAL when overlays are stacked too deep.
 */
int overlay_assemble(const struct overlay_tree *tree, struct ward_err *err);

/* Hides the name @name of the directory @dirfd of a middle layer, and of all layers below. Returns 0 or -errno. */
int overlay_whiteout(int dirfd, const char *name);

/* Makes the directory behind @fd of a middle layer hide what the layers below have in theirs. Returns 0 or -errno. */
int overlay_opaque(int fd);

/* Whether the directory behind @fd of an upper layer with user_xattr hides what is below. */
bool overlay_is_opaque(int fd);

#endif
