/* SPDX-License-Identifier: Apache-2.0 */
/* System calls that a filter around the caller may answer with its end, as those of systemd do (systemd.exec(5), SystemCallFilter=): made by another process. */
#ifndef KERN_CAREFUL_H
#define KERN_CAREFUL_H

#include <stdbool.h>

/* A filter is around the caller, or one can't be excluded. */
bool careful_is_filtered(void);

/*
 * What the system call @number answers, which must change nothing: at most 99, or -errno. -EPERM, too, where it ends who makes it. Without a filter
 * around the caller it is made by the caller.
 */
int careful_syscall(long number, long a, long b, long c, long d, long e);

#endif
