/* SPDX-License-Identifier: Apache-2.0 */
/* libseccomp's names and numbers, as tools/syscall-table.c prints them at build time. Only syscalls.c reads them. */
#ifndef BASE_SYSCALLS_TABLE_H
#define BASE_SYSCALLS_TABLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __x86_64__
#define SYSCALL_TABLE_ARCHES 3
#else
#define SYSCALL_TABLE_ARCHES 2
#endif

struct syscall_table_entry {
        uint32_t name; /* offset in syscall_table_names */
        int32_t numbers[SYSCALL_TABLE_ARCHES];
};

/* A call that is reached through socketcall(2) or ipc(2), too: those numbers are negative in the table, and here is its own. */
struct syscall_table_direct {
        uint32_t arch;
        uint32_t entry; /* of syscall_table */
        int32_t number;
};

extern const uint32_t syscall_table_arches[SYSCALL_TABLE_ARCHES]; /* SCMP_ARCH_*; the native one first */
extern const char syscall_table_names[];
extern const struct syscall_table_entry syscall_table[]; /* sorted by name */
extern const size_t syscall_table_count;
extern const struct syscall_table_direct syscall_table_direct[]; /* ends with an @arch of 0 */

#endif
