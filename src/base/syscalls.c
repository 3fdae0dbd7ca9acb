/* SPDX-License-Identifier: Apache-2.0 */
/* System calls by name; see syscalls.h. */
#include "base/syscalls.h"

#include <seccomp.h>
#include <string.h>

#include "base/text.h"

#ifdef __x86_64__
#define ON_X86_64(number) (number)
#else
#define ON_X86_64(number) SYSCALL_ELSEWHERE
#endif

/* Newer than libseccomp 2.5.4, up to Linux 6.18. From 424 on every architecture gives a call the same number. */
static const struct {
        const char *name;
        int number;
} newer[] = {
        {"cachestat", 451},                        /* 6.5 */
        {"fchmodat2", 452},                        /* 6.6 */
        {"map_shadow_stack", 453},                 /* 6.6 */
        {"futex_wake", 454},                       /* 6.7 */
        {"futex_wait", 455},                       /* 6.7 */
        {"futex_requeue", 456},                    /* 6.7 */
        {"statmount", 457},                        /* 6.8 */
        {"listmount", 458},                        /* 6.8 */
        {"lsm_get_self_attr", 459},                /* 6.8 */
        {"lsm_set_self_attr", 460},                /* 6.8 */
        {"lsm_list_modules", 461},                 /* 6.8 */
        {"mseal", 462},                            /* 6.10 */
        {"setxattrat", 463},                       /* 6.13 */
        {"getxattrat", 464},                       /* 6.13 */
        {"listxattrat", 465},                      /* 6.13 */
        {"removexattrat", 466},                    /* 6.13 */
        {"open_tree_attr", 467},                   /* 6.15 */
        {"file_getattr", 468},                     /* 6.17 */
        {"file_setattr", SYSCALL_NEWEST},          /* 6.17 */
        {"uretprobe", ON_X86_64(335)},             /* 6.11 */
        {"uprobe", ON_X86_64(336)},                /* 6.18 */
        {"riscv_hwprobe", SYSCALL_ELSEWHERE},      /* 6.4 */
        {"riscv_flush_icache", SYSCALL_ELSEWHERE}, /* 4.15 */
};

int syscall_number(const char *name)
{
        int number = seccomp_syscall_resolve_name(name);

        if (number != __NR_SCMP_ERROR)
                return number;
        for (size_t i = 0; i < ELEMENTS(newer); i++)
                if (strcmp(newer[i].name, name) == 0)
                        return newer[i].number;
        return SYSCALL_UNKNOWN;
}

const char *syscall_nearest(const char *name, struct arena *arena)
{
        const char **names = arena_new(arena, const char *, SYSCALL_NEWEST + ELEMENTS(newer));
        size_t count = 0;

        if (names == NULL)
                return NULL;
        for (int number = 0; number < SYSCALL_NEWEST; number++) {
                _cleanup_free_ char *known = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);

                names[count] = known != NULL ? arena_strdup(arena, known) : NULL;
                if (names[count] != NULL)
                        count++;
        }
        for (size_t i = 0; i < ELEMENTS(newer); i++)
                names[count++] = newer[i].name;
        return text_nearest(name, names, count);
}
