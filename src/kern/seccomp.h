/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seccomp filters (seccomp(2)): building one, and reading what one answers. Names and numbers are libseccomp's.
 *
 * What a filter does beside its rules: a system call number newer than any that the profile's author knew gets ENOSYS, not a
 * default action that refuses, so that a C library can fall back (V17); x32 calls on x86-64 get ENOSYS unless that
 * architecture is asked for, and calls of an architecture that the filter does not cover kill the process (V15). Arguments that
 * the kernel reads as 32 or 16 bits are compared as such (V16). Of several rules that match, the strictest action wins.
 */
#ifndef KERN_SECCOMP_H
#define KERN_SECCOMP_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/mem.h"

/* Raised whenever the same profile would compile to another filter than before: part of the cache key. */
#define SECCOMP_TABLE_VERSION 4

struct seccomp_filter {
        struct sock_filter *code; /* lives in an arena; NULL: no filter */
        uint16_t count;           /* instructions */
        uint32_t flags;           /* SECCOMP_FILTER_FLAG_* for seccomp(2) */
        const char *unknown;      /* names of the profile that were left out; in the same arena; NULL: none */
};

struct seccomp_compare {
        uint32_t index; /* argument, 0 to 5 */
        int op;         /* enum scmp_compare */
        uint64_t a, b;  /* as scmp_arg_cmp.datum_a and .datum_b */
};

struct seccomp_builder;

/* Starts a filter that answers @default_action (SCMP_ACT_*). @arches are SCMP_ARCH_*, in addition to the native one; none:
 * the native one and its compat one. *@ret_builder is owned by the caller. Errors: -ENOMEM. */
int seccomp_builder_new(uint32_t default_action, const uint32_t *arches, size_t arch_count,
                        struct seccomp_builder **ret_builder, struct ward_err *err);

/*
 * Adds a rule for the system call @name under the @count comparisons, all of which must hold; if they compare one argument
 * twice, each becomes a rule of its own, as in both OCI runtimes. A rule without comparisons whose action is the default one
 * is left out, likewise. Errors: -EINVAL (unknown name, a comparison that can never hold), -ENOMEM.
 */
int seccomp_builder_rule(struct seccomp_builder *builder, const char *name, uint32_t action,
                         const struct seccomp_compare *compares, size_t count, struct ward_err *err);

/* Compiles into memory of @arena; sets code and count, leaves flags 0. Errors: -E2BIG (more than BPF_MAXINSNS), -ENOMEM. */
int seccomp_builder_finish(struct seccomp_builder *builder, struct arena *arena, struct seccomp_filter *ret_filter,
                           struct ward_err *err);

struct seccomp_builder *seccomp_builder_free(struct seccomp_builder *builder);

/* What @filter answers to system call @nr of @arch (AUDIT_ARCH_*) with @args: a SECCOMP_RET_* value with its data. An interpreter of
 * classic BPF as seccomp(2) defines it, used to say in words why a call was refused. */
uint32_t seccomp_filter_answer(const struct seccomp_filter *filter, uint32_t arch, uint32_t nr, const uint64_t args[6]);

/* The same, and how many instructions it took. */
uint32_t seccomp_filter_run(const struct seccomp_filter *filter, uint32_t arch, uint32_t nr, const uint64_t args[6],
                            uint32_t *ret_steps);

/* Whether @filter lets the native system call @nr through if it has no arguments, without a word to anybody. */
bool seccomp_filter_allows(const struct seccomp_filter *filter, uint32_t nr);

/* Whether @filter, made by a builder, answers SECCOMP_RET_USER_NOTIF to any call. */
bool seccomp_filter_notifies(const struct seccomp_filter *filter);

/* seccomp-flags.c: whether the running kernel takes each of @flags (SECCOMP_FILTER_FLAG_*). -EOPNOTSUPP, with the version that brought it,
 * for one that it does not know. */
int seccomp_flags_check(uint32_t flags, struct ward_err *err);

/* "LOG|SPEC_ALLOW" for a person; one that is not known as a number. */
struct text;
void seccomp_flags_print(uint32_t flags, struct text *text);

/* "allow", "EPERM", "kill process": what an answer means, after verdict_normal() or as it stands in a program. */
void seccomp_answer_print(uint32_t answer, struct text *text);

/* seccomp-disasm.c: @filter as text, one line for each instruction with its number, its bytes, what it does and, where it compares the number of a call,
 * which call that is; with @json an array of objects. -ENOMEM. */
int seccomp_disasm(const struct seccomp_filter *filter, bool json, struct text *text, struct ward_err *err);

/* seccomp-live.c: what /proc/PID/status says of a process, or of a thread. */
struct seccomp_status {
        unsigned mode;         /* SECCOMP_MODE_* */
        uint64_t filter_count; /* UINT64_MAX: this kernel does not say (before Linux 5.9) */
};
int seccomp_status_read(int proc_fd, pid_t pid, struct seccomp_status *ret_status, struct ward_err *err);

/*
 * The filters that are in force in a process or thread, as the kernel has them, the newest first (ptrace(2), PTRACE_SECCOMP_GET_FILTER). It is stopped for a
 * moment. Memory comes from @arena. Errors: -EPERM, it can't be traced; -EACCES, the kernel shows filters to root of the machine alone, and to nobody who is
 * under a filter himself; -EOPNOTSUPP, to nobody (CONFIG_CHECKPOINT_RESTORE); -ENOMEM.
 */
int seccomp_live_filters(pid_t pid, struct arena *arena, struct seccomp_filter **ret_filters, size_t *ret_count,
                         struct ward_err *err);

/* A filter that answers as the strict mode does (SECCOMP_SET_MODE_STRICT). NULL: memory is short. */
const struct seccomp_filter *seccomp_strict_filter(struct arena *arena);

#endif
