/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "arches.h"
#include "base/fd.h"
#include "base/syscalls.h"
#include "kern/seccomp-narrow.h"
#include "kern/seccomp.h"

#define ALLOW SCMP_ACT_ALLOW
#define EPERM_ SCMP_ACT_ERRNO(EPERM)
#define ENOSYS_ SCMP_ACT_ERRNO(ENOSYS)
#define X32 0x40000000u
#define HIGH (1ull << 32) /* a bit that the kernel doesn't see in a 32-bit argument */

struct fixture {
        struct arena arena;
        struct seccomp_builder *builder;
        struct seccomp_filter filter;
};

static void start(struct fixture *f, uint32_t action, const uint32_t *arches, size_t count)
{
        memset(f, 0, sizeof(*f));
        assert_int_equal(seccomp_builder_new(action, arches, count, &f->builder, NULL), 0);
}

static void rule(struct fixture *f, const char *name, uint32_t action)
{
        assert_int_equal(seccomp_builder_rule(f->builder, name, action, NULL, 0, NULL), 0);
}

static void rule_if(struct fixture *f, const char *name, uint32_t action, uint32_t index, int op, uint64_t a,
                    uint64_t b)
{
        struct seccomp_compare compare = {index, op, a, b};

        assert_int_equal(seccomp_builder_rule(f->builder, name, action, &compare, 1, NULL), 0);
}

static void finish(struct fixture *f)
{
        assert_int_equal(seccomp_builder_finish(f->builder, &f->arena, &f->filter, NULL), 0);
        f->builder = seccomp_builder_free(f->builder);
}

static void done(struct fixture *f)
{
        f->builder = seccomp_builder_free(f->builder);
        arena_done(&f->arena);
}

static uint32_t answer(struct fixture *f, uint32_t arch, uint32_t nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
        const uint64_t args[6] = {a0, a1, a2};

        return seccomp_filter_answer(&f->filter, arch, nr, args);
}

static uint32_t native(struct fixture *f, const char *name, uint64_t a0, uint64_t a1, uint64_t a2)
{
        return answer(f, seccomp_arch_native(), (uint32_t)syscall_number(name), a0, a1, a2);
}

static void test_actions(void **state)
{
        struct fixture f;

        start(&f, EPERM_, NULL, 0);
        rule(&f, "read", ALLOW);
        rule(&f, "write", SCMP_ACT_ERRNO(7));
        rule(&f, "mseal", ALLOW); /* newer than libseccomp */
        finish(&f);
        assert_int_equal(native(&f, "read", 0, 0, 0), ALLOW);
        assert_int_equal(native(&f, "write", 0, 0, 0), SCMP_ACT_ERRNO(7));
        assert_int_equal(native(&f, "mkdirat", 0, 0, 0), EPERM_);
        assert_int_equal(native(&f, "mseal", 0, 0, 0), ALLOW);
        done(&f);
}

static void test_newer(void **state)
{
        static const uint32_t refusing[] = {EPERM_, SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD, SCMP_ACT_TRAP};
        static const uint32_t open[] = {ALLOW, SCMP_ACT_LOG, SCMP_ACT_NOTIFY, SCMP_ACT_TRACE(3)};
        struct fixture f;

        for (size_t i = 0; i < ELEMENTS(refusing); i++) {
                start(&f, refusing[i], NULL, 0);
                rule(&f, "openat2", ALLOW);          /* 437 */
                rule(&f, "faccessat2", refusing[i]); /* 439: says nothing, and shows that it was known */
                finish(&f);
                for (uint32_t nr = 0; nr < 440; nr++)
                        assert_int_equal(answer(&f, NATIVE_ARCH, nr, 0, 0, 0), nr == 437 ? ALLOW : refusing[i]);
                assert_int_equal(answer(&f, NATIVE_ARCH, 440, 0, 0, 0), ENOSYS_);
                assert_int_equal(answer(&f, NATIVE_ARCH, 900, 0, 0, 0), ENOSYS_);
                assert_int_equal(answer(&f, COMPAT_ARCH, 439, 0, 0, 0), refusing[i]);
                assert_int_equal(answer(&f, COMPAT_ARCH, 440, 0, 0, 0), ENOSYS_);
                assert_int_equal(answer(&f, COMPAT_ARCH, UINT32_MAX, 0, 0, 0), ENOSYS_);
                done(&f);
        }
        for (size_t i = 0; i < ELEMENTS(open); i++) {
                start(&f, open[i], NULL, 0);
                rule(&f, "mkdirat", EPERM_);
                finish(&f);
                assert_int_equal(answer(&f, NATIVE_ARCH, 900, 0, 0, 0), open[i]);
                done(&f);
        }
        /* A profile that names old calls only still knew all old calls. */
        start(&f, SCMP_ACT_KILL_PROCESS, NULL, 0);
        rule(&f, "read", ALLOW);
        finish(&f);
        assert_int_equal(answer(&f, NATIVE_ARCH, 423, 0, 0, 0), SCMP_ACT_KILL_PROCESS);
        assert_int_equal(answer(&f, NATIVE_ARCH, 424, 0, 0, 0), ENOSYS_);
        done(&f);
}

static void test_arches(void **state)
{
        static const uint32_t mips[] = {SCMP_ARCH_MIPSEL64};
        const uint32_t own = (uint32_t)syscall_number("mkdirat"),
                       compat = (uint32_t)syscall_number_on(COMPAT_ARCH, "mkdirat");
        struct fixture f;

        /* None asked for: native and compat, and an open default opens nothing else (V15). */
        start(&f, ALLOW, NULL, 0);
        rule(&f, "mkdirat", EPERM_);
        finish(&f);
        assert_int_equal(answer(&f, NATIVE_ARCH, own, 0, 0, 0), EPERM_);
        assert_int_equal(answer(&f, COMPAT_ARCH, compat, 0, 0, 0), EPERM_);
        assert_int_equal(answer(&f, FOREIGN_ARCH, own, 0, 0, 0), SCMP_ACT_KILL_PROCESS);
        done(&f);
        /* Programs of another machine can't run here: no rule is made for them, and the native architecture stays covered. */
        start(&f, EPERM_, mips, ELEMENTS(mips));
        rule(&f, "mseal", ALLOW);
        finish(&f);
        assert_int_equal(answer(&f, SCMP_ARCH_MIPSEL64, 5462, 0, 0, 0), SCMP_ACT_KILL_PROCESS);
        assert_int_equal(answer(&f, NATIVE_ARCH, 462, 0, 0, 0), ALLOW);
        assert_int_equal(answer(&f, COMPAT_ARCH, 462, 0, 0, 0), SCMP_ACT_KILL_PROCESS);
        done(&f);
}

#ifdef __x86_64__
static void test_x32(void **state)
{
        static const uint32_t asked[] = {SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32};
        struct fixture f;

        start(&f, ALLOW, NULL, 0);
        rule(&f, "mkdir", EPERM_);
        finish(&f);
        assert_int_equal(answer(&f, SCMP_ARCH_X86_64, X32 | 83, 0, 0, 0), ENOSYS_);
        assert_int_equal(answer(&f, SCMP_ARCH_X86_64, X32, 0, 0, 0), ENOSYS_);
        assert_int_equal(answer(&f, SCMP_ARCH_X86_64, UINT32_MAX, 0, 0, 0), ENOSYS_);
        done(&f);
        /* Asked for; its own calls from 512 don't make the profile look new. */
        start(&f, EPERM_, asked, ELEMENTS(asked));
        rule(&f, "mkdir", ALLOW);
        rule(&f, "rt_sigaction", ALLOW);
        finish(&f);
        assert_int_equal(answer(&f, SCMP_ARCH_X86_64, X32 | 83, 0, 0, 0), ALLOW);
        assert_int_equal(answer(&f, SCMP_ARCH_X86_64, X32 | 512, 0, 0, 0), ALLOW);
        assert_int_equal(answer(&f, SCMP_ARCH_X86_64, X32 | 84, 0, 0, 0), EPERM_);
        assert_int_equal(answer(&f, SCMP_ARCH_X86_64, X32 | 470, 0, 0, 0), ENOSYS_);
        assert_int_equal(answer(&f, SCMP_ARCH_X86_64, 83, 0, 0, 0), ALLOW);
        assert_int_equal(answer(&f, SCMP_ARCH_X86, 39, 0, 0, 0), ALLOW);
        done(&f);
}
#endif

/* The values around @value, and those that only differ where a 32-bit argument has no bits. */
static void check_operator(int op, uint64_t value, uint64_t mask)
{
        const uint64_t around[] = {0, 1, value - 1, value, value + 1, value | 0x100, UINT32_MAX, value ^ 0x80000000u};
        struct fixture f;

        start(&f, EPERM_, NULL, 0);
        if (op == SCMP_CMP_MASKED_EQ) {
                rule_if(&f, "ioctl", ALLOW, 1, op, mask, value);
                rule_if(&f, "mmap", ALLOW, 1, op, mask, value);
        } else {
                rule_if(&f, "ioctl", ALLOW, 1, op, value, 0);
                rule_if(&f, "mmap", ALLOW, 1, op, value, 0);
        }
        finish(&f);
        for (size_t i = 0; i < 2 * ELEMENTS(around); i++) {
                uint64_t given = around[i / 2] + (i % 2 != 0 ? HIGH : 0), seen = (uint32_t)given;

                for (int wide = 0; wide < 2; wide++) {
                        bool match = op == SCMP_CMP_EQ   ? seen == value
                                     : op == SCMP_CMP_NE ? seen != value
                                     : op == SCMP_CMP_LT ? seen < value
                                     : op == SCMP_CMP_LE ? seen <= value
                                     : op == SCMP_CMP_GT ? seen > value
                                     : op == SCMP_CMP_GE ? seen >= value
                                                         : (seen & mask) == value;

                        assert_int_equal(native(&f, wide ? "mmap" : "ioctl", 0, given, 0), match ? ALLOW : EPERM_);
                        seen = given;
                }
                /* A 32-bit architecture, where no argument has 64 bits (90 is mmap on i386). */
                assert_int_equal(answer(&f, COMPAT_ARCH, 90, 0, given, 0),
                                 answer(&f, COMPAT_ARCH, 90, 0, (uint32_t)given, 0));
        }
        done(&f);
}

static void test_narrow(void **state)
{
        static const int ops[] = {SCMP_CMP_EQ, SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE, SCMP_CMP_GT, SCMP_CMP_GE};
        struct fixture f;

        for (size_t i = 0; i < ELEMENTS(ops); i++) {
                check_operator(ops[i], 0x5412, 0);
                check_operator(ops[i], 40, 0);
                check_operator(ops[i], 0x80000000u, 0);
        }
        check_operator(SCMP_CMP_MASKED_EQ, 0x400, 0xff00);
        check_operator(SCMP_CMP_MASKED_EQ, 0, 0x7e020000);
        /* The classic mistake: a deny that is passed by setting a high bit. */
        start(&f, ALLOW, NULL, 0);
        rule_if(&f, "ioctl", EPERM_, 1, SCMP_CMP_EQ, 0x5412, 0);
        finish(&f);
        assert_int_equal(native(&f, "ioctl", 0, 0x5412 | HIGH, 0), EPERM_);
        done(&f);
        /* A sign-extended constant means its low word; an order no 32-bit value has never holds. */
        start(&f, EPERM_, NULL, 0);
        rule_if(&f, "ioctl", ALLOW, 1, SCMP_CMP_EQ, 0xffffffff80045430, 0);
        rule_if(&f, "prctl", ALLOW, 0, SCMP_CMP_GT, 3 * HIGH, 0);
        rule_if(&f, "kill", ALLOW, 0, SCMP_CMP_LT, 3 * HIGH, 0);
        finish(&f);
        assert_int_equal(native(&f, "ioctl", 0, 0x80045430, 0), ALLOW);
        assert_int_equal(native(&f, "prctl", 5 * HIGH, 0, 0), EPERM_);
        assert_int_equal(native(&f, "kill", 5 * HIGH, 0, 0), ALLOW);
        done(&f);
        /* 64-bit masks of 64-bit arguments have two halves. */
        start(&f, EPERM_, NULL, 0);
        rule_if(&f, "mmap", ALLOW, 0, SCMP_CMP_MASKED_EQ, 0xff000000000000ff, 0x1100000000000022);
        rule_if(&f, "munmap", ALLOW, 0, SCMP_CMP_MASKED_EQ, 0, 0);
        finish(&f);
        assert_int_equal(native(&f, "mmap", 0x1134567890abcd22, 0, 0), ALLOW);
        assert_int_equal(native(&f, "mmap", 0x1034567890abcd22, 0, 0), EPERM_);
        assert_int_equal(native(&f, "mmap", 0x1134567890abcd23, 0, 0), EPERM_);
        assert_int_equal(native(&f, "munmap", 77, 0, 0), ALLOW);
        done(&f);
}

/* umode_t has 16 bits: a mode with others set is the same mode. */
static void test_short(void **state)
{
        static const struct {
                int op;
                uint64_t a, b;
        } rules[] = {
                {SCMP_CMP_EQ, 04755, 0},
                {SCMP_CMP_NE, 04755, 0},
                {SCMP_CMP_LT, 04755, 0},
                {SCMP_CMP_LE, 04755, 0},
                {SCMP_CMP_GT, 04755, 0},
                {SCMP_CMP_GE, 04755, 0},
                {SCMP_CMP_GE, 0x10000, 0},
                {SCMP_CMP_EQ, 0x10000 | 04755, 0},
                {SCMP_CMP_MASKED_EQ, 04000, 04000},
                {SCMP_CMP_MASKED_EQ, 0xff0fff, 04755},
        };
        static const uint64_t modes[] = {0, 0644, 04754, 04755, 04756, 0xffff};
        static const uint64_t unseen[] = {0x10000, 0x80000000, HIGH, HIGH | 0x30000};
        struct fixture f;

        for (size_t i = 0; i < ELEMENTS(rules); i++) {
                start(&f, ALLOW, NULL, 0);
                rule_if(&f, "fchmod", EPERM_, 1, rules[i].op, rules[i].a, rules[i].b);
                rule_if(&f, "fchmodat", EPERM_, 2, rules[i].op, rules[i].a, rules[i].b);
                finish(&f);
                for (size_t j = 0; j < ELEMENTS(modes) * ELEMENTS(unseen); j++) {
                        uint64_t mode = modes[j / ELEMENTS(unseen)], high = unseen[j % ELEMENTS(unseen)];
                        uint32_t same = native(&f, "fchmod", 0, mode, 0);

                        assert_int_equal(native(&f, "fchmod", 0, mode | high, 0), same);
                        assert_int_equal(native(&f, "fchmodat", 0, 0, mode | high), same);
                        assert_int_equal(answer(&f, COMPAT_ARCH, 94, 0, mode | high, 0), same);
                }
                done(&f);
        }
        /* setuid(2) of i386 and ARM takes 16 bits, setuid32(2) 32. */
        start(&f, ALLOW, NULL, 0);
        rule_if(&f, "setuid", EPERM_, 0, SCMP_CMP_EQ, 0, 0);
        rule_if(&f, "setuid32", EPERM_, 0, SCMP_CMP_EQ, 0, 0);
        finish(&f);
        assert_int_equal(native(&f, "setuid", HIGH, 0, 0), EPERM_);
        assert_int_equal(native(&f, "setuid", 0x10000, 0, 0), ALLOW);
        assert_int_equal(answer(&f, COMPAT_ARCH, 23, 0x10000, 0, 0), EPERM_);
        assert_int_equal(answer(&f, COMPAT_ARCH, 213, 0x10000, 0, 0), ALLOW);
        done(&f);
}

static void test_narrow_table(void **state)
{
        for (size_t i = 0; i < seccomp_narrow_count(); i++) {
                const char *name = seccomp_narrow_name(i);

                if (syscall_number(name) == SYSCALL_UNKNOWN)
                        fail_msg("'%s' of the table is not a system call", name);
                if (i > 0 && strcmp(seccomp_narrow_name(i - 1), name) >= 0)
                        fail_msg("'%s' is not in its place", name);
                assert_int_not_equal(seccomp_narrow_args(name), 0);
        }
        assert_int_equal(seccomp_narrow_args("socket"), 7);
        assert_int_equal(seccomp_narrow_args("mmap"), 1u << 4);
        assert_int_equal(seccomp_narrow_args("munmap"), 0);
        assert_int_equal(seccomp_narrow_args("zzz"), 0);
        assert_int_equal(seccomp_narrow_args(""), 0);
}

/* Calls whose arguments the kernel takes as 64 bits, or that have none, or no meaning since long. */
static const char *const wide_calls[] = {
        "_sysctl",
        "acct",
        "adjtimex",
        "afs_syscall",
        "brk",
        "capget",
        "capset",
        "chdir",
        "chroot",
        "clone3",
        "create_module",
        "epoll_ctl_old",
        "epoll_wait_old",
        "execve",
        "fork",
        "get_kernel_syms",
        "get_mempolicy",
        "get_thread_area",
        "getcpu",
        "getcwd",
        "getegid",
        "geteuid",
        "getgid",
        "getpgrp",
        "getpid",
        "getpmsg",
        "getppid",
        "getresgid",
        "getresuid",
        "gettid",
        "gettimeofday",
        "getuid",
        "getxattr",
        "init_module",
        "inotify_init",
        "io_cancel",
        "io_destroy",
        "io_getevents",
        "io_pgetevents",
        "io_submit",
        "kexec_load",
        "lgetxattr",
        "link",
        "listxattr",
        "llistxattr",
        "lookup_dcookie",
        "lremovexattr",
        "lstat",
        "mincore",
        "mlock",
        "mount",
        "mprotect",
        "mq_unlink",
        "mremap",
        "mseal",
        "munlock",
        "munlockall",
        "munmap",
        "nanosleep",
        "nfsservctl",
        "pause",
        "pipe",
        "pivot_root",
        "pkey_alloc",
        "putpmsg",
        "query_module",
        "remap_file_pages",
        "removexattr",
        "rename",
        "restart_syscall",
        "rmdir",
        "rseq_slice_yield",
        "rt_sigpending",
        "rt_sigreturn",
        "rt_sigsuspend",
        "rt_sigtimedwait",
        "sched_yield",
        "security",
        "set_mempolicy_home_node",
        "set_robust_list",
        "set_thread_area",
        "set_tid_address",
        "setsid",
        "settimeofday",
        "shmdt",
        "sigaltstack",
        "stat",
        "statfs",
        "swapoff",
        "symlink",
        "sync",
        "sysinfo",
        "time",
        "times",
        "truncate",
        "tuxcall",
        "uname",
        "unlink",
        "unshare",
        "uprobe",
        "uretprobe",
        "uselib",
        "utime",
        "utimes",
        "vfork",
        "vhangup",
        "vserver",
};

static bool is_wide(const char *name)
{
        for (size_t i = 0; i < ELEMENTS(wide_calls); i++)
                if (strcmp(wide_calls[i], name) == 0)
                        return true;
        return false;
}

/* No call is in neither table because nobody thought of it. */
static void test_every_call(void **state)
{
        const char *name;

        for (size_t i = 0; (name = syscall_name_at(i)) != NULL; i++) {
                bool narrow = seccomp_narrow_args(name) != 0;

                if (syscall_number(name) < 0)
                        continue;
                if (!narrow && !is_wide(name))
                        fail_msg("'%s': which of its arguments have 32 bits? See the kernel's SYSCALL_DEFINE line, and "
                                 "add it to src/kern/seccomp-narrow.c or to wide_calls",
                                 name);
                if (narrow && is_wide(name))
                        fail_msg("'%s' has arguments of 32 bits, and is said to have none", name);
        }
        for (size_t i = 0; i < ELEMENTS(wide_calls); i++)
                if (syscall_number(wide_calls[i]) == SYSCALL_UNKNOWN)
                        fail_msg("'%s' is not a system call", wide_calls[i]);
}

static void test_several(void **state)
{
        const struct seccomp_compare both[] = {{0, SCMP_CMP_EQ, 2, 0}, {1, SCMP_CMP_GE, 5, 0}};
        const struct seccomp_compare twice[] = {{0, SCMP_CMP_EQ, 2, 0}, {0, SCMP_CMP_EQ, 10, 0}};
        struct fixture f;

        start(&f, EPERM_, NULL, 0);
        assert_int_equal(seccomp_builder_rule(f.builder, "socket", ALLOW, both, 2, NULL), 0);
        assert_int_equal(seccomp_builder_rule(f.builder, "socketpair", ALLOW, twice, 2, NULL), 0);
        /* The strictest wins, whichever came first; of two as strict, the one with conditions, then the first. */
        rule(&f, "ioctl", ALLOW);
        rule_if(&f, "ioctl", SCMP_ACT_ERRNO(9), 1, SCMP_CMP_EQ, 5, 0);
        rule_if(&f, "prctl", SCMP_ACT_KILL_PROCESS, 0, SCMP_CMP_EQ, 5, 0);
        rule(&f, "prctl", ALLOW);
        rule(&f, "kill", SCMP_ACT_ERRNO(3));
        rule(&f, "kill", ALLOW);
        rule(&f, "kill", SCMP_ACT_ERRNO(4));
        rule_if(&f, "kill", SCMP_ACT_ERRNO(5), 1, SCMP_CMP_EQ, 9, 0);
        /* The default action on a condition takes out of a grant. */
        rule(&f, "dup3", ALLOW);
        rule_if(&f, "dup3", EPERM_, 0, SCMP_CMP_EQ, 7, 0);
        finish(&f);
        assert_int_equal(native(&f, "socket", 2, 5, 0), ALLOW);
        assert_int_equal(native(&f, "socket", 2, 4, 0), EPERM_);
        assert_int_equal(native(&f, "socket", 3, 5, 0), EPERM_);
        assert_int_equal(native(&f, "socketpair", 2, 0, 0), ALLOW);
        assert_int_equal(native(&f, "socketpair", 10, 0, 0), ALLOW);
        assert_int_equal(native(&f, "socketpair", 3, 0, 0), EPERM_);
        assert_int_equal(native(&f, "ioctl", 0, 4, 0), ALLOW);
        assert_int_equal(native(&f, "ioctl", 0, 5, 0), SCMP_ACT_ERRNO(9));
        assert_int_equal(native(&f, "prctl", 5, 0, 0), SCMP_ACT_KILL_PROCESS);
        assert_int_equal(native(&f, "prctl", 6, 0, 0), ALLOW);
        assert_int_equal(native(&f, "kill", 1, 1, 0), SCMP_ACT_ERRNO(3));
        assert_int_equal(native(&f, "kill", 1, 9, 0), SCMP_ACT_ERRNO(5));
        assert_int_equal(native(&f, "dup3", 7, 0, 0), EPERM_);
        assert_int_equal(native(&f, "dup3", 8, 0, 0), ALLOW);
        done(&f);
}

/* Code that grows past what a conditional jump reaches, by every length there is. */
static void test_long(void **state)
{
        for (uint64_t count = 1; count < 140; count++) {
                struct fixture f;

                start(&f, EPERM_, NULL, 0);
                rule(&f, "read", ALLOW);
                for (uint64_t i = 0; i < count; i++)
                        rule_if(&f, "mmap", SCMP_ACT_ERRNO((unsigned)(i % 5) + 2), 0, SCMP_CMP_EQ, i << 30, 0);
                for (uint64_t i = 0; i < count / 3; i++)
                        rule_if(&f, "ioctl", ALLOW, 1, SCMP_CMP_EQ, i, 0);
                rule(&f, "mseal", ALLOW);
                finish(&f);
                for (uint64_t i = 0; i < count + 2; i++) {
                        assert_int_equal(native(&f, "mmap", i << 30, 0, 0),
                                         i < count ? SCMP_ACT_ERRNO((unsigned)(i % 5) + 2) : EPERM_);
                        assert_int_equal(native(&f, "ioctl", 0, i, 0), i < count / 3 ? ALLOW : EPERM_);
                }
                assert_int_equal(native(&f, "read", 0, 0, 0), ALLOW);
                assert_int_equal(native(&f, "mseal", 0, 0, 0), ALLOW);
                assert_int_equal(native(&f, "write", 0, 0, 0), EPERM_);
                assert_int_equal(answer(&f, COMPAT_ARCH, 3, 0, 0, 0), ALLOW);
                assert_int_equal(answer(&f, FOREIGN_ARCH, 3, 0, 0, 0), SCMP_ACT_KILL_PROCESS);
                done(&f);
        }
}

#ifdef __x86_64__
/* On i386 a socket is made by socketcall(1, ...) or by 359; System V semaphores by ipc(CALL | VERSION << 16, ...) or by 393. */
static void test_multiplexed(void **state)
{
        struct fixture f;

        start(&f, EPERM_, NULL, 0);
        rule(&f, "accept4", ALLOW);
        rule(&f, "recv", ALLOW);
        rule(&f, "semget", ALLOW);
        rule_if(&f, "socket", ALLOW, 0, SCMP_CMP_EQ, 2, 0);
        rule(&f, "bind", ALLOW);
        rule_if(&f, "bind", SCMP_ACT_ERRNO(9), 0, SCMP_CMP_EQ, 2, 0);
        finish(&f);
        assert_int_equal(answer(&f, SCMP_ARCH_X86, 364, 0, 0, 0), ALLOW);
        assert_int_equal(answer(&f, SCMP_ARCH_X86, 102, 18, 0, 0), ALLOW);
        assert_int_equal(answer(&f, SCMP_ARCH_X86, 102, 10, 0, 0), ALLOW);
        assert_int_equal(answer(&f, SCMP_ARCH_X86, 102, 9, 0, 0), EPERM_);
        assert_int_equal(answer(&f, SCMP_ARCH_X86, 393, 0, 0, 0), ALLOW);
        assert_int_equal(answer(&f, SCMP_ARCH_X86, 117, 2, 0, 0), ALLOW);
        assert_int_equal(answer(&f, SCMP_ARCH_X86, 117, 0x10002, 0, 0), ALLOW);
        assert_int_equal(answer(&f, SCMP_ARCH_X86, 117, 3, 0, 0), EPERM_);
        assert_int_equal(answer(&f, SCMP_ARCH_X86, 359, 2, 0, 0), ALLOW);
        assert_int_equal(answer(&f, SCMP_ARCH_X86, 359, 3, 0, 0), EPERM_);
        /* Conditions can't be checked there: a grant is not given, a refusal holds. */
        assert_int_equal(answer(&f, SCMP_ARCH_X86, 102, 1, 0, 0), EPERM_);
        assert_int_equal(answer(&f, SCMP_ARCH_X86, 361, 3, 0, 0), ALLOW);
        assert_int_equal(answer(&f, SCMP_ARCH_X86, 102, 2, 0, 0), SCMP_ACT_ERRNO(9));
        done(&f);
}
#endif

static void test_refused(void **state)
{
        const struct seccomp_compare index = {6, SCMP_CMP_EQ, 0, 0}, op = {0, 99, 0, 0},
                                     never = {0, SCMP_CMP_MASKED_EQ, 1, 2};
        struct ward_err err = {0};
        struct fixture f;

        start(&f, EPERM_, NULL, 0);
        assert_int_equal(seccomp_builder_rule(f.builder, "opnat", ALLOW, NULL, 0, &err), -EINVAL);
        assert_non_null(strstr(err.message, "'opnat'"));
        assert_int_equal(seccomp_builder_rule(f.builder, "read", ALLOW, &index, 1, &err), -EINVAL);
        assert_int_equal(seccomp_builder_rule(f.builder, "read", ALLOW, &op, 1, &err), -EINVAL);
        assert_int_equal(seccomp_builder_rule(f.builder, "read", ALLOW, &never, 1, &err), -EINVAL);
        /* Known to another architecture only: nothing to filter here. */
        rule(&f, "breakpoint", ALLOW);
        rule(&f, "riscv_hwprobe", ALLOW);
        /* More than the kernel takes. */
        for (uint64_t i = 0; i < 3000; i++)
                rule_if(&f, "mmap", ALLOW, 0, SCMP_CMP_EQ, i, 0);
        assert_int_equal(seccomp_builder_finish(f.builder, &f.arena, &f.filter, &err), -E2BIG);
        assert_null(f.filter.code);
        done(&f);
}

/* The same rules through libseccomp, as a second opinion. *@ret_filter is owned by the caller. */
static void by_libseccomp(const char *const *allowed, size_t count, struct seccomp_filter *ret_filter)
{
        _cleanup_close_
        int fd = memfd_create("filter", MFD_CLOEXEC);
        scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
        char *code = NULL;
        size_t len = 0;

        assert_non_null(ctx);
        assert_int_equal(seccomp_arch_add(ctx, COMPAT_ARCH), 0);
        for (size_t i = 0; i < count; i++)
                assert_int_equal(seccomp_rule_add(ctx, ALLOW, seccomp_syscall_resolve_name(allowed[i]), 0), 0);
        assert_int_equal(seccomp_rule_add(ctx, SCMP_ACT_ERRNO(5), SCMP_SYS(mmap), 2, SCMP_A2(SCMP_CMP_GT, 7 + 3 * HIGH),
                                          SCMP_A0(SCMP_CMP_NE, 9)),
                         0);
        assert_int_equal(seccomp_rule_add(ctx, ALLOW, SCMP_SYS(munmap), 1, SCMP_A1(SCMP_CMP_LE, 7 + 3 * HIGH)), 0);
        assert_int_equal(seccomp_export_bpf(ctx, fd), 0);
        seccomp_release(ctx);
        assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
        assert_int_equal(fd_read_all(fd, "filter", 1 << 20, &code, &len, NULL), 0);
        *ret_filter =
                (struct seccomp_filter){.code = (void *)code, .count = (uint16_t)(len / sizeof(struct sock_filter))};
}

static void test_second_opinion(void **state)
{
        static const char *const allowed[] = {"read",  "write", "open",  "close",      "ioctl",      "exit_group",
                                              "mkdir", "kill",  "prctl", "sendfile",   "accept4",    "semget",
                                              "bind",  "recv",  "clone", "faccessat2", "futex_waitv"};
        static const uint64_t values[] = {0,        1,       2, 7, 8, 9, 18, 7 + 3 * HIGH, 8 + 3 * HIGH, 6 + 3 * HIGH,
                                          4 * HIGH, 9 + HIGH};
        const struct seccomp_compare mmap_compares[] = {{2, SCMP_CMP_GT, 7 + 3 * HIGH, 0}, {0, SCMP_CMP_NE, 9, 0}};
        struct seccomp_filter other;
        struct fixture f;

        start(&f, EPERM_, NULL, 0);
        for (size_t i = 0; i < ELEMENTS(allowed); i++)
                rule(&f, allowed[i], ALLOW);
        assert_int_equal(seccomp_builder_rule(f.builder, "mmap", SCMP_ACT_ERRNO(5), mmap_compares, 2, NULL), 0);
        rule_if(&f, "munmap", ALLOW, 1, SCMP_CMP_LE, 7 + 3 * HIGH, 0);
        finish(&f);
        by_libseccomp(allowed, ELEMENTS(allowed), &other);
        /* 91 is munmap on i386 and arm, where libseccomp compares the low word of a value that has a high one too. Newer than the
         * profile is ENOSYS here alone. */
        for (uint32_t nr = 0; nr <= 449; nr++) {
                for (size_t i = 0; i < ELEMENTS(values); i++) {
                        for (size_t j = 0; j < ELEMENTS(values); j++) {
                                const uint64_t args[6] = {values[i], values[j], values[j]};

                                assert_int_equal(seccomp_filter_answer(&f.filter, NATIVE_ARCH, nr, args),
                                                 seccomp_filter_answer(&other, NATIVE_ARCH, nr, args));
                                if (nr != 90 && nr != 91)
                                        assert_int_equal(seccomp_filter_answer(&f.filter, COMPAT_ARCH, nr, args),
                                                         seccomp_filter_answer(&other, COMPAT_ARCH, nr, args));
                        }
                }
        }
        assert_true(f.filter.count < 2 * (unsigned)other.count);
        free(other.code);
        done(&f);
}

/* Programs that the kernel would refuse answer KILL_PROCESS and touch nothing outside. */
static void test_interpreter(void **state)
{
        static const struct {
                struct sock_filter insns[4];
                uint16_t count;
                uint32_t answer;
        } programs[] = {
                {{{0}}, 0, SECCOMP_RET_KILL_PROCESS},
                {{{BPF_LD | BPF_W | BPF_ABS, 0, 0, 64}, {BPF_RET | BPF_A, 0, 0, 0}}, 2, SECCOMP_RET_KILL_PROCESS},
                {{{BPF_LD | BPF_W | BPF_ABS, 0, 0, 2}, {BPF_RET | BPF_A, 0, 0, 0}}, 2, SECCOMP_RET_KILL_PROCESS},
                {{{BPF_LD | BPF_H | BPF_ABS, 0, 0, 0}, {BPF_RET | BPF_A, 0, 0, 0}}, 2, SECCOMP_RET_KILL_PROCESS},
                {{{BPF_LD | BPF_W | BPF_ABS, 0, 0, 0}}, 1, SECCOMP_RET_KILL_PROCESS},
                {{{BPF_JMP | BPF_JA, 0, 0, UINT32_MAX}}, 1, SECCOMP_RET_KILL_PROCESS},
                {{{BPF_JMP | BPF_JA, 0, 0, 1}, {BPF_RET | BPF_K, 0, 0, 0}}, 2, SECCOMP_RET_KILL_PROCESS},
                {{{BPF_JMP | BPF_JEQ | BPF_K, 200, 200, 0}}, 1, SECCOMP_RET_KILL_PROCESS},
                {{{BPF_LD | BPF_MEM, 0, 0, 16}, {BPF_RET | BPF_A, 0, 0, 0}}, 2, SECCOMP_RET_KILL_PROCESS},
                {{{BPF_ST, 0, 0, UINT32_MAX}, {BPF_RET | BPF_A, 0, 0, 0}}, 2, SECCOMP_RET_KILL_PROCESS},
                {{{BPF_ALU | BPF_DIV | BPF_X, 0, 0, 0}, {BPF_RET | BPF_K, 0, 0, 1}}, 2, SECCOMP_RET_KILL_THREAD},
                {{{0xffff, 0, 0, 0}, {BPF_RET | BPF_K, 0, 0, 1}}, 2, SECCOMP_RET_KILL_PROCESS},
                /* And some that it takes. */
                {{{BPF_LD | BPF_W | BPF_LEN, 0, 0, 0}, {BPF_RET | BPF_A, 0, 0, 0}}, 2, 64},
                {{{BPF_LD | BPF_IMM, 0, 0, 6}, {BPF_ALU | BPF_MUL | BPF_K, 0, 0, 7}, {BPF_RET | BPF_A, 0, 0, 0}},
                 3,
                 42},
                {{{BPF_LD | BPF_IMM, 0, 0, 1}, {BPF_ALU | BPF_NEG, 0, 0, 0}, {BPF_RET | BPF_A, 0, 0, 0}},
                 3,
                 UINT32_MAX},
                {{{BPF_LDX | BPF_IMM, 0, 0, 9},
                  {BPF_STX, 0, 0, 15},
                  {BPF_LD | BPF_MEM, 0, 0, 15},
                  {BPF_RET | BPF_A, 0, 0, 0}},
                 4,
                 9},
                {{{BPF_LD | BPF_W | BPF_ABS, 0, 0, 4},
                  {BPF_JMP | BPF_JSET | BPF_K, 0, 1, 0x80000000},
                  {BPF_RET | BPF_K, 0, 0, 3},
                  {BPF_RET | BPF_K, 0, 0, 4}},
                 4,
                 3},
        };
        const uint64_t args[6] = {0};

        for (size_t i = 0; i < ELEMENTS(programs); i++) {
                /* Of exact size, so that the sanitizer sees a step outside. */
                size_t bytes = programs[i].count * sizeof(struct sock_filter);
                _cleanup_free_ struct sock_filter *code = malloc(bytes + (bytes == 0));
                struct seccomp_filter filter = {.code = code, .count = programs[i].count};

                memcpy(code, programs[i].insns, bytes);
                assert_int_equal(seccomp_filter_answer(&filter, SCMP_ARCH_X86_64, 1, args), programs[i].answer);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_actions),      cmocka_unit_test(test_newer),
                cmocka_unit_test(test_arches),
#ifdef __x86_64__
                cmocka_unit_test(test_x32),          cmocka_unit_test(test_multiplexed),
#endif
                cmocka_unit_test(test_narrow),       cmocka_unit_test(test_short),
                cmocka_unit_test(test_narrow_table), cmocka_unit_test(test_every_call),
                cmocka_unit_test(test_several),      cmocka_unit_test(test_long),
                cmocka_unit_test(test_refused),      cmocka_unit_test(test_second_opinion),
                cmocka_unit_test(test_interpreter),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
