/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first instructions of ward-oci, before libc's own: who comes into a container's sight runs from a read-only clone of the program's file
 * (kern/self.h), and what libc does at its start would be done twice: in a virtual machine, where the hypervisor answers each of some forty
 * CPUID instructions, that is most of the time that executing a static program takes.
 *
 * This is a short cut and no protection: what it doesn't do, for whatever reason, main() does, and says what is wrong. There is no relocation,
 * no thread-local storage and no libc here yet: raw system calls and the stack that the kernel made (execve(2), getauxval(3)).
 */
#include <asm/statfs.h>
#include <linux/auxvec.h>
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdbool.h>
#include <stddef.h>

#include "launch/child/sys.h"

#define READ_ONLY 1 /* ST_RDONLY of statvfs(3) */

/* Made by the kernel for main(), and the entry of libc's start. */
void oci_entry(const unsigned long *stack) __attribute__((used, visibility("hidden")));

__asm__(".globl ward_oci_entry\n"
        ".hidden ward_oci_entry\n"
        ".type ward_oci_entry, @function\n"
        "ward_oci_entry:\n\t"
        "endbr64\n\t"
        "xor %ebp, %ebp\n\t"
        "mov %rsp, %rdi\n\t"
        "call oci_entry\n\t"
        "xor %edx, %edx\n\t" /* no function for exit(3): x86-64 psABI, "Process Initialization" */
        "jmp _start\n"
        ".size ward_oci_entry, . - ward_oci_entry\n");

static bool begins(const char *text, const char *beginning)
{
        while (*beginning != '\0' && *text == *beginning) {
                text++;
                beginning++;
        }
        return *beginning == '\0';
}

static bool same(const char *a, const char *b)
{
        return begins(a, b) && begins(b, a);
}

/* The verbs that are in a container's sight (struct oci_verb). Another word that is one of these costs an execve(2). */
static bool is_in_sight(const char *word)
{
        static const char exec[] = "exec", create[] = "create";

        return same(word, exec) || same(word, create);
}

/* Its name for the program is "/dev/fd/N" when a descriptor was executed: then this has been done. */
static bool was_started_by_descriptor(const unsigned long *auxv)
{
        for (; auxv[0] != AT_NULL; auxv += 2)
                if (auxv[0] == AT_EXECFN)
                        return begins((const char *)auxv[1], "/dev/fd/");
        return true;
}

void oci_entry(const unsigned long *stack)
{
        const char *const *argv = (const char *const *)(stack + 1), *const *envp = argv + stack[0] + 1;
        const char *const *last = envp;
        struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
        struct statfs fs = {0};
        bool in_sight = false;
        long tree;

        for (size_t i = 1; i < stack[0]; i++)
                in_sight = in_sight || is_in_sight(argv[i]);
        while (*last != NULL)
                last++;
        if (!in_sight || was_started_by_descriptor((const unsigned long *)(last + 1)) || sys0(geteuid) != 0)
                return;
        /* A /proc that somebody made up would choose what is executed (V6). */
        if (sys2(statfs, "/proc", &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
                return;
        if (sys2(statfs, "/proc/self/exe", &fs) < 0 || (fs.f_flags & READ_ONLY) != 0)
                return;
        tree = sys3(open_tree, AT_FDCWD, "/proc/self/exe", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        if (tree < 0)
                return;
        if (sys5(mount_setattr, tree, "", AT_EMPTY_PATH, &attributes, sizeof(attributes)) == 0)
                (void)sys5(execveat, tree, "", argv, envp, AT_EMPTY_PATH);
        (void)sys1(close, tree);
}
