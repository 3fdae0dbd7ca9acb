/* SPDX-License-Identifier: Apache-2.0 */
/* System calls by name; see syscalls.h. */
#include "base/syscalls.h"

#include <errno.h>
#include <seccomp.h>
#include <string.h>

#include "base/syscalls-table.h"
#include "base/text.h"

#define X32_BIT 0x40000000

#ifdef __x86_64__
#define ON_X86_64(number) (number)
#else
#define ON_X86_64(number) SYSCALL_ELSEWHERE
#endif

/* The first number of the one table that all architectures have shared since Linux 5.1. */
#define UNIFORM_FIRST 424

/* Newer than libseccomp 2.5.4, up to Linux 7.0. Names in place: a pointer would cost every start a relocation. */
static const struct {
        char name[20];
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
        {"file_setattr", 469},                     /* 6.17 */
        {"listns", 470},                           /* 6.19 */
        {"rseq_slice_yield", SYSCALL_NEWEST},      /* 7.0 */
        {"uretprobe", ON_X86_64(335)},             /* 6.11 */
        {"uprobe", ON_X86_64(336)},                /* 6.18 */
        {"riscv_hwprobe", SYSCALL_ELSEWHERE},      /* 6.4 */
        {"riscv_flush_icache", SYSCALL_ELSEWHERE}, /* 4.15 */
};

uint32_t syscall_arch_native(void)
{
        return syscall_table_arches[0];
}

/* The column of @arch in the table; -1: it has none. */
static int column_of(uint32_t arch)
{
        for (int i = 0; i < SYSCALL_TABLE_ARCHES; i++)
                if (syscall_table_arches[i] == arch)
                        return i;
        return -1;
}

bool syscall_arch_known(uint32_t arch)
{
        return column_of(arch) >= 0;
}

static const char *name_of(const struct syscall_table_entry *entry)
{
        return syscall_table_names + entry->name;
}

static const struct syscall_table_entry *find(const char *name)
{
        size_t low = 0, high = syscall_table_count;

        while (low < high) {
                size_t middle = (low + high) / 2;
                int order = strcmp(name, name_of(&syscall_table[middle]));

                if (order == 0)
                        return &syscall_table[middle];
                if (order < 0)
                        high = middle;
                else
                        low = middle + 1;
        }
        return NULL;
}

/* A call that libseccomp doesn't know. */
static int newer_number_on(int column, const char *name)
{
        for (size_t i = 0; i < ELEMENTS(newer); i++) {
                if (strcmp(newer[i].name, name) != 0)
                        continue;
                if (column == 0 || newer[i].number < 0)
                        return newer[i].number;
                if (column < 0 || newer[i].number < UNIFORM_FIRST)
                        return SYSCALL_ELSEWHERE;
                return newer[i].number + (syscall_table_arches[column] == SCMP_ARCH_X32 ? X32_BIT : 0);
        }
        return SYSCALL_UNKNOWN;
}

int syscall_number_on(uint32_t arch, const char *name)
{
        const struct syscall_table_entry *entry = find(name);
        int column = column_of(arch);

        if (entry == NULL)
                return newer_number_on(column, name);
        return column < 0 ? SYSCALL_ELSEWHERE : entry->numbers[column];
}

int syscall_number(const char *name)
{
        return syscall_number_on(syscall_table_arches[0], name);
}

int syscall_direct_on(uint32_t arch, const char *name)
{
        for (const struct syscall_table_direct *direct = syscall_table_direct; direct->arch != 0; direct++)
                if (direct->arch == arch && strcmp(name_of(&syscall_table[direct->entry]), name) == 0)
                        return direct->number;
        return -1;
}

uint32_t syscall_arch_at(size_t index)
{
        return index < SYSCALL_TABLE_ARCHES ? syscall_table_arches[index] : 0;
}

const char *syscall_arch_name(size_t index)
{
        static const struct {
                uint32_t arch;
                const char *name;
        } names[] = {{SCMP_ARCH_X86_64, "x86_64"},
                     {SCMP_ARCH_X86, "i386"},
                     {SCMP_ARCH_X32, "x32"},
                     {SCMP_ARCH_AARCH64, "aarch64"},
                     {SCMP_ARCH_ARM, "arm"}};

        for (size_t i = 0; i < ELEMENTS(names); i++)
                if (names[i].arch == syscall_arch_at(index))
                        return names[i].name;
        return NULL;
}

uint32_t syscall_arch_audit(uint32_t arch)
{
        return arch == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : arch;
}

const char *syscall_name_at(size_t index)
{
        if (index < syscall_table_count)
                return name_of(&syscall_table[index]);
        index -= syscall_table_count;
        return index < ELEMENTS(newer) ? newer[index].name : NULL;
}

const char *syscall_name_on(uint32_t arch, int number)
{
        int column = column_of(arch);

        if (column < 0 || number < 0)
                return NULL;
        for (size_t i = 0; i < syscall_table_count; i++)
                if (syscall_table[i].numbers[column] == number)
                        return name_of(&syscall_table[i]);
        for (size_t i = 0; i < ELEMENTS(newer); i++)
                if (newer_number_on(column, newer[i].name) == number)
                        return newer[i].name;
        for (const struct syscall_table_direct *direct = syscall_table_direct; direct->arch != 0; direct++)
                if (direct->arch == arch && direct->number == number)
                        return name_of(&syscall_table[direct->entry]);
        return NULL;
}

#define GROUP_DEPTH_MAX 4

/* @depth ends a group that is in itself, which the table has not. */
static int each_member(const char *name, unsigned depth, struct arena *arena, int (*take)(void *data, const char *call),
                       void *data)
{
        const struct syscall_group *group = syscall_groups;
        char *words, *word;
        int r = 0;

        for (size_t i = 0; strcmp(name, "@known") == 0; i++) {
                const char *call = syscall_name_at(i);

                r = call == NULL ? 0 : take(data, call);
                if (call == NULL || r < 0)
                        return r;
        }
        while (group->name[0] != '\0' && strcmp(group->name, name) != 0)
                group++;
        if (group->name[0] == '\0' || depth == GROUP_DEPTH_MAX)
                return -ENOENT;
        words = arena_strdup(arena, group->members);
        if (words == NULL)
                return -ENOMEM;
        while (r >= 0 && (word = text_next(&words, ' ')) != NULL) {
                if (*word == '@')
                        r = each_member(word, depth + 1, arena, take, data);
                else if (syscall_number_on(syscall_table_arches[0], word) != SYSCALL_UNKNOWN)
                        r = take(data, word);
        }
        return r;
}

int syscall_group_each(const char *name, struct arena *arena, int (*take)(void *data, const char *call), void *data)
{
        return each_member(name, 0, arena, take, data);
}

/* The group that may have been meant. */
static const char *nearest_group(const char *name, struct arena *arena)
{
        const char **names;
        size_t count = 0;

        while (syscall_groups[count].name[0] != '\0')
                count++;
        names = arena_new(arena, const char *, count + 1);
        if (names == NULL)
                return NULL;
        for (size_t i = 0; i < count; i++)
                names[i] = syscall_groups[i].name;
        names[count] = "@known";
        return text_nearest(name, names, count + 1);
}

const char *syscall_nearest(const char *name, struct arena *arena)
{
        const char **names = arena_new(arena, const char *, syscall_table_count + ELEMENTS(newer));
        size_t count = 0;

        if (*name == '@')
                return nearest_group(name, arena);
        if (names == NULL)
                return NULL;
        for (size_t i = 0; i < syscall_table_count; i++)
                if (syscall_table[i].numbers[0] >= 0)
                        names[count++] = name_of(&syscall_table[i]);
        for (size_t i = 0; i < ELEMENTS(newer); i++)
                names[count++] = newer[i].name;
        return text_nearest(name, names, count);
}
