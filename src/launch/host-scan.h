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

/* Makes the directory @name below @dirfd unless it exists, with the mode and owner of @like, and opens it. -errno when it can't. */
int host_make_like(int dirfd, const char *name, const struct stat *like);

/*
 * Puts a whiteout into @middle_fd for each name below @lower_fd that others may not read. It is a courtesy to programs, not what keeps
 * the files secret, so it is bounded: *@budget names are looked at (and taken off it), HOST_SCAN_DEPTH levels. What is unreadable to the
 * caller is left alone.
 */
#define HOST_SCAN_DEPTH 24
#define HOST_SCAN_NAMES 20000
int host_scan(int lower_fd, int middle_fd, size_t *budget, struct ward_err *err);

/* Hides what lies under the mount point @path (relative to @lower_fd): a directory becomes an empty one, a file goes. Returns 1 for a
 * directory, 0 for a file or when others can't come there anyhow. */
int host_hide_mount_point(int lower_fd, int middle_fd, const char *path, struct ward_err *err);

#endif
