/* SPDX-License-Identifier: Apache-2.0 */
/* Which arguments of a system call have 32 bits, whatever the register holds. */
#ifndef KERN_SECCOMP_NARROW_H
#define KERN_SECCOMP_NARROW_H

#include <stddef.h>

/* Bit i: argument i of @name is a 32-bit one. 0 for a call that the table does not have. */
unsigned seccomp_narrow_args(const char *name);

/* The table's names, for the test that they are sorted and known. */
size_t seccomp_narrow_count(void);
const char *seccomp_narrow_name(size_t index);

#endif
