/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program's own file, kept from being written by a container (V8).
 *
 * A process that is in a container before it executes a program of the container still runs the host's file, and so does one whose
 * program names "/proc/self/exe" as its interpreter. Through /proc/PID/exe another process of the container can open that file, and write
 * it as soon as nobody executes it any more, if the rights on it allow. They don't when the program was started from a mount that is
 * read-only and that no mount namespace holds, so that nobody can make it writable again (mount_setattr(2)); or, where such a mount can't
 * be made, from a sealed copy in memory.
 */
#ifndef KERN_SELF_H
#define KERN_SELF_H

#include "base/err.h"

/*
 * Returns 0 when the program's file can't be written through /proc/PID/exe of this process and its children. Otherwise starts the
 * program again with @argv and @envp, from a file for which that holds, and returns only with an error. To be called before anything was
 * read from a descriptor that the second start needs.
 */
int self_protect(char *const argv[], char *const envp[], struct ward_err *err);

/*
 * Makes the tables that the program's start has filled in read-only (elf(5), PT_GNU_RELRO). glibc's start does that itself; musl leaves it to a
 * loader, which a static program has none of. Errors: those of mprotect(2).
 */
int self_seal_tables(struct ward_err *err);

#endif
