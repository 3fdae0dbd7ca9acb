/* SPDX-License-Identifier: Apache-2.0 */
/* The capabilities of processes and files, read (capabilities(7)). */
#ifndef KERN_CAPS_H
#define KERN_CAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define CAPS_XATTR_MAX 64

/* Of the caller: those that it has, and those that it may pass on or take: bit n is capability n. */
struct caps_pair {
        uint64_t effective, permitted;
};

/* -errno where that can't be asked (capget(2)). */
int caps_own(struct caps_pair *ret_own);

struct caps_sets {
        uint64_t inheritable, permitted, effective, bounding, ambient;
        uint64_t no_new_privs, seccomp; /* seccomp: its mode */
        uint64_t uid;                   /* the effective one */
};

/* Of a thread, or of a process's first one. Errors: -ENOENT or -ESRCH, it has ended or never was; -EACCES; -EBADMSG. */
int caps_read(int proc_fd, pid_t tid, struct caps_sets *ret_sets, struct ward_err *err);

/* The caller's own securebits (prctl(2), PR_GET_SECUREBITS): of others the kernel does not tell. */
int caps_securebits(unsigned *ret_bits, struct ward_err *err);

/* The attribute of the file @path, which is followed: how many bytes of @data it has, 0 when there is none, or -errno. */
int caps_read_file(const char *path, void *data, struct ward_err *err);

/* The same of the file that a process executes. */
int caps_read_program(int proc_fd, pid_t pid, void *data, struct ward_err *err);

#endif
