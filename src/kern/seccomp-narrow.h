/* SPDX-License-Identifier: Apache-2.0 */
/* Which arguments of a system call have 32 or 16 bits, whatever the register holds. */
#ifndef KERN_SECCOMP_NARROW_H
#define KERN_SECCOMP_NARROW_H

#include <stdbool.h>
#include <stddef.h>

/* Bit i: of argument i of @name a 64-bit kernel reads at most 32 bits. 0 for a call that the table does not have. */
unsigned seccomp_narrow_args(const char *name);

/* Bit i: it reads 16 bits of it. @old_ids: on an architecture of 32 bits, whose setuid(2) and chown(2) are older than longer ids. */
unsigned seccomp_short_args(const char *name, bool old_ids);

/* The table's names, for the test that they are sorted and known. */
size_t seccomp_narrow_count(void);
const char *seccomp_narrow_name(size_t index);

#endif
