/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resource control of caches and memory bandwidth (Documentation/arch/x86/resctrl.rst): groups of /sys/fs/resctrl, which processes belong to by
 * their tasks files.
 *
 * Names of groups are single components: the caller has checked that.
 */
#ifndef KERN_RESCTRL_H
#define KERN_RESCTRL_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

#define RESCTRL_MOUNT "/sys/fs/resctrl"

/* What a container wants. */
struct resctrl_want {
        const char *group; /* "/" is the root's own */
        bool own;          /* it is made for this container, and must not be there */
        const char *const *
                schema; /* lines of the schemata file, NULL-terminated: of a group that is there they are compared, of one that is
                                      made they are written; none: the group must be there, unless it is @own */
        const char *monitor; /* a group of this name monitors the container; NULL: none */
};

/* What was made for it, to be undone. */
struct resctrl_made {
        bool group, monitor;
};

/* The mounted file system. Returns a descriptor. Errors in words: -EOPNOTSUPP without such a kernel, -ENODEV where it is not mounted. */
int resctrl_open(struct ward_err *err);

/* Makes what is not there. *@ret_made says what, also when it fails half way. */
int resctrl_prepare(int root, const struct resctrl_want *want, struct resctrl_made *ret_made, struct ward_err *err);

/* Moves the process into the group, and into the monitoring one. */
int resctrl_join(int root, const struct resctrl_want *want, pid_t pid, struct ward_err *err);

/* Removes what @made says; what is gone is no error. */
int resctrl_remove(int root, const struct resctrl_want *want, const struct resctrl_made *made, struct ward_err *err);

#endif
