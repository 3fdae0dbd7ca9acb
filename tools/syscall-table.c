/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Run by the build: prints libseccomp's names and numbers of system calls as a C file, src/base/syscalls.h's table.
 *
 *      syscall-table CPU       the architectures whose programs a kernel on CPU (as meson names it) can run
 *
 * The table has no pointer, so that it costs a start no relocation: the programs need libseccomp when they are built, not when they run.
 */
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))
#define FAMILY_MAX 3
#define NAMES_MAX 2048

/* Where each architecture's numbers begin; the last range is of arch/arm/include/uapi/asm/unistd.h's private calls. */
static const int ranges[][2] = {{0, 1000}, {4000, 5000}, {5000, 6000}, {6000, 7000}, {0xf0000, 0xf0010}};

static const uint32_t every_arch[] = {
        SCMP_ARCH_X86,    SCMP_ARCH_X86_64,    SCMP_ARCH_ARM,      SCMP_ARCH_AARCH64, SCMP_ARCH_MIPS,
        SCMP_ARCH_MIPS64, SCMP_ARCH_MIPS64N32, SCMP_ARCH_PPC,      SCMP_ARCH_PPC64,   SCMP_ARCH_S390,
        SCMP_ARCH_S390X,  SCMP_ARCH_PARISC,    SCMP_ARCH_PARISC64, SCMP_ARCH_RISCV64,
};

static const struct family {
        const char *cpu;
        uint32_t arches[FAMILY_MAX]; /* the native one first */
        size_t count;
} families[] = {
        {"x86_64", {SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32}, 3},
        {"aarch64", {SCMP_ARCH_AARCH64, SCMP_ARCH_ARM}, 2},
};

static int compare(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Every name that some architecture has, sorted. */
static size_t collect(char **names)
{
        size_t count = 0, kept = 0;

        for (size_t a = 0; a < ELEMENTS(every_arch); a++)
                for (size_t r = 0; r < ELEMENTS(ranges); r++)
                        for (int number = ranges[r][0]; number < ranges[r][1]; number++) {
                                char *name = seccomp_syscall_resolve_num_arch(every_arch[a], number);

                                if (name == NULL)
                                        continue;
                                if (count == ELEMENTS(every_arch) * NAMES_MAX)
                                        abort();
                                names[count++] = name;
                        }
        qsort(names, count, sizeof(*names), compare);
        for (size_t i = 0; i < count; i++)
                if (kept == 0 || strcmp(names[kept - 1], names[i]) != 0)
                        names[kept++] = names[i];
                else
                        free(names[i]);
        return kept;
}

/* The own numbers of calls that libseccomp numbers by their multiplexer. */
static void print_direct(uint32_t arch, char *const *names, size_t count)
{
        for (int number = ranges[0][0]; number < ranges[0][1]; number++) {
                char *name = seccomp_syscall_resolve_num_arch(arch, number), **found;

                if (name == NULL)
                        continue;
                found = bsearch(&name, names, count, sizeof(*names), compare);
                if (found == NULL)
                        abort();
                if (seccomp_syscall_resolve_name_arch(arch, name) < 0)
                        printf("        {0x%x, %zu, %d}, /* %s */\n", arch, (size_t)(found - names), number, name);
                free(name);
        }
}

static void print(const struct family *family, char *const *names, size_t count)
{
        const struct scmp_version *version = seccomp_version();
        size_t offset = 0;

        printf("#include \"base/syscalls-table.h\"\n\nconst char syscall_table_version[] = \"%u.%u.%u\";\n",
               version->major, version->minor, version->micro);
        printf("const uint32_t syscall_table_arches[SYSCALL_TABLE_ARCHES] = {");
        for (size_t a = 0; a < family->count; a++)
                printf("0x%x, ", family->arches[a]);
        printf("};\nconst size_t syscall_table_count = %zu;\nconst char syscall_table_names[] =\n", count);
        for (size_t i = 0; i < count; i++)
                printf("        \"%s\\0\"\n", names[i]);
        printf("        ;\nconst struct syscall_table_entry syscall_table[] = {\n");
        for (size_t i = 0; i < count; i++) {
                printf("        {%zu, {", offset);
                for (size_t a = 0; a < family->count; a++)
                        printf("%d, ", seccomp_syscall_resolve_name_arch(family->arches[a], names[i]));
                printf("}},\n");
                offset += strlen(names[i]) + 1;
        }
        printf("};\nconst struct syscall_table_direct syscall_table_direct[] = {\n");
        for (size_t a = 0; a < family->count; a++)
                print_direct(family->arches[a], names, count);
        /* An end that is no architecture, so that the list has a length wherever nothing is multiplexed. */
        printf("        {0, 0, 0},\n};\n");
}

int main(int argc, char **argv)
{
        static char *names[ELEMENTS(every_arch) * NAMES_MAX];

        for (size_t i = 0; argc == 2 && i < ELEMENTS(families); i++)
                if (strcmp(families[i].cpu, argv[1]) == 0) {
                        print(&families[i], names, collect(names));
                        return fflush(stdout) == 0 ? 0 : 1;
                }
        fprintf(stderr, "usage: syscall-table CPU, which is x86_64 or aarch64\n");
        return 2;
}
