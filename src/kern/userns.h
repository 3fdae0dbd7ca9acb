/* SPDX-License-Identifier: Apache-2.0 */
/* User namespaces (user_namespaces(7)): whether an ordinary user may make one here, and what forbids it. */
#ifndef KERN_USERNS_H
#define KERN_USERNS_H

#include "base/err.h"

/*
 * Whether the caller may make a user namespace and have capabilities in it, as far as the settings of the machine tell: 0, or -EPERM or -ENOSPC
 * with the setting that forbids it and the command that allows it. @proc_fd: the machine's /proc, or another directory like it. What a
 * filter of an outer sandbox forbids is seen only when it is tried.
 */
int userns_check(int proc_fd, struct ward_err *err);

#endif
