/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock (landlock(7)): whether this kernel has it, and how much of it. Rulesets are the child's (launch/child/landlock.c): their paths are of its root. */
#ifndef KERN_LANDLOCK_H
#define KERN_LANDLOCK_H

#include "base/err.h"

/*
 * The version of its interface that is in force here, from 1 on. -EOPNOTSUPP with the reason, and what would allow it, where there is none: the kernel
 * was built without it (ENOSYS), or booted without it (EOPNOTSUPP), or a filter of an outer sandbox refuses the call.
 */
int landlock_abi(struct ward_err *err);

/* The bits of the repairs that this kernel has (Linux 6.15); 0: none, or it does not tell. */
unsigned landlock_errata(void);

#endif
