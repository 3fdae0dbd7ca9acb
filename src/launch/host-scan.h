/* SPDX-License-Identifier: Apache-2.0 */
/* Which names below a directory are hidden, as a middle layer of whiteouts. Part of launch/host. */
#ifndef LAUNCH_HOST_SCAN_H
#define LAUNCH_HOST_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/err.h"

/* Others may read the file @st, or read and enter the directory. A socket or device is nothing to read. */
bool host_others_may(const struct stat *st);

/* Makes the directory @name below @dirfd unless it exists, with the mode, owner and times of @like, and opens it. -errno when it can't. */
int host_make_like(int dirfd, const char *name, const struct stat *like);

/*
 * What is prepared for the names below @lower: @budget of them are looked at, HOST_SCAN_DEPTH levels. Where another user reads the machine's
 * files it is a courtesy to programs, and what comes behind is left as it is: names near the top come first, for a program's lock lies there, and
 * somebody's million of files further down. Where nothing else hides them (@must), more names are an error, -E2BIG, and a directory at the last
 * level is hidden. What is unreadable to the caller is left alone.
 */
#define HOST_SCAN_DEPTH 24
#define HOST_SCAN_SHALLOW 4
#define HOST_SCAN_NAMES 20000
struct host_scan {
        int lower;
        int middle; /* gets a whiteout for each name that others may not read */
        int upper;  /* gets each directory that they may, for its owner can change what is in it; -EBADF: none */
        bool hide;  /* without it there are no whiteouts */
        bool must;
        bool own;                             /* whatever is made belongs to the caller, who may give nothing away */
        size_t budget;                        /* counted down */
        unsigned depth;                       /* host_scan()'s own: of this walk */
        void (*progress)(size_t directories); /* called now and then; may be NULL */
        size_t directories;                   /* that are in @upper */
};
int host_scan(struct host_scan *scan, struct ward_err *err);

/* Hides what lies under the mount point @path (relative to @lower_fd): a directory becomes an empty one, a file goes. Returns 1 for a
 * directory, 0 for a file or when others can't come there anyhow. */
int host_hide_mount_point(int lower_fd, int middle_fd, const char *path, struct ward_err *err);

#endif
