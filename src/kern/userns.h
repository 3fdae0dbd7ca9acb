/* SPDX-License-Identifier: Apache-2.0 */
/* User namespaces (user_namespaces(7)): whether an ordinary user may make one here, and what forbids it. */
#ifndef KERN_USERNS_H
#define KERN_USERNS_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Whether the caller may make a user namespace and have capabilities in it, as far as the settings of the machine tell: 0, or -EPERM or -ENOSPC
 * with the setting that forbids it and the command that allows it. @proc_fd: the machine's /proc, or another directory like it. What a
 * filter of an outer sandbox forbids is seen only when it is tried.
 */
int userns_check(int proc_fd, struct ward_err *err);

/* Whether the user namespace @path, which is not the caller's own, denies setgroups(2): a process of its own joins it and looks. Of one that can't be
 * joined nothing is known: false. */
bool userns_denies_setgroups(const char *path);

#endif
