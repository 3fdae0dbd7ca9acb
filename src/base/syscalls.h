/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls by name. Knows what libseccomp knows, and what came to Linux after Debian 12's libseccomp 2.5.4 was made: the profiles
 * of docker and podman name those. Pure data; who uses it links libseccomp.
 */
#ifndef BASE_SYSCALLS_H
#define BASE_SYSCALLS_H

#include <limits.h>

#include "base/mem.h"

#define SYSCALL_UNKNOWN INT_MIN    /* no such name on any architecture */
#define SYSCALL_ELSEWHERE (-20000) /* known, and not on this architecture; libseccomp has more such negative numbers */

/* The newest number that ward knows: uniform over the architectures. Raise it with the table in syscalls.c. */
#define SYSCALL_NEWEST 469

/* The number of @name on the native architecture; a negative one when it is known on others only; SYSCALL_UNKNOWN. */
int syscall_number(const char *name);

/* The name that is nearest to @name, to be suggested; NULL when none is near. Memory comes from @arena. */
const char *syscall_nearest(const char *name, struct arena *arena);

#endif
