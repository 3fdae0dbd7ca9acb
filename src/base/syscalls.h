/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls by name. Knows what libseccomp knew when ward was built, and what came to Linux after Debian 12's libseccomp 2.5.4 was
 * made: the profiles of docker and podman name those. Architectures are libseccomp's SCMP_ARCH_*, of which those are known whose
 * programs this machine's kernel can run. Pure data.
 */
#ifndef BASE_SYSCALLS_H
#define BASE_SYSCALLS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

#define SYSCALL_UNKNOWN INT_MIN    /* no such name on any architecture */
#define SYSCALL_ELSEWHERE (-20000) /* known, and not on this architecture; libseccomp has more such negative numbers */

/* The newest number that ward knows: uniform over the architectures. Raise it with the table in syscalls.c. */
#define SYSCALL_NEWEST 471

/* The version of the libseccomp whose tables these are: "2.5.4". */
extern const char syscall_table_version[];

/* The architecture that ward is built for. */
uint32_t syscall_arch_native(void);

/* Whether this machine's kernel can run programs of @arch, whose names and numbers are known then. */
bool syscall_arch_known(uint32_t arch);

/* The number of @name on @arch; a negative one when it is known on others only; SYSCALL_UNKNOWN. */
int syscall_number_on(uint32_t arch, const char *name);

/* The same on the native architecture. */
int syscall_number(const char *name);

/* The own number of a call whose number on @arch is, as libseccomp counts, that of a multiplexer (-101 for socket(2) on x86); -1: it has
 * none, the multiplexer is the only way to it. */
int syscall_direct_on(uint32_t arch, const char *name);

/* The architectures whose programs this machine's kernel can run, the native one first, and how people call them: "x86_64". 0, NULL: there are no more. */
uint32_t syscall_arch_at(size_t index);
const char *syscall_arch_name(size_t index);

/* How the kernel tells a filter of @arch (AUDIT_ARCH_*). It is the same number but for x32, whose calls are told by a bit of theirs. */
uint32_t syscall_arch_audit(uint32_t arch);

/* Names in the order of the alphabet, newer ones at the end. NULL: there are no more. */
const char *syscall_name_at(size_t index);

/* The name of the call @number of @arch; NULL: it has none that is known. */
const char *syscall_name_on(uint32_t arch, int number);

/* A group of system calls by systemd's name for it: "@file-system". */
struct syscall_group {
        char name[20];       /* "": behind the last one */
        const char *members; /* names with a blank between them; one that begins with @ is another group */
};

/* Sorted. "@known", every call that has a name, is none of them. */
extern const struct syscall_group syscall_groups[];

/* Calls @take for each call of the group @name, also for those that this architecture has not, until it returns a negative number, which is returned.
 * -ENOENT: there is no such group. */
int syscall_group_each(const char *name, struct arena *arena, int (*take)(void *data, const char *call), void *data);

/* The name that is nearest to @name, to be suggested, of a group where it begins with @; NULL when none is near. Memory comes from @arena. */
const char *syscall_nearest(const char *name, struct arena *arena);

#endif
