/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bpf(2), as far as control groups need it: a program of type cgroup device is loaded and attached to a cgroup v2 group.
 * Plain system calls; needs CAP_BPF or CAP_SYS_ADMIN in the first user namespace, and CAP_NET_ADMIN for attaching.
 */
#ifndef KERN_CGROUP_BPF_H
#define KERN_CGROUP_BPF_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Loads a program that decides on access to devices. *@ret_fd is owned by the caller. @name is at most 15 characters. */
int bpf_device_load(const struct bpf_insn *program, size_t count, const char *name, int *ret_fd, struct ward_err *err);

/* Attaches @program to the v2 group @group (a descriptor that is not O_PATH) beside the programs of others (BPF_F_ALLOW_MULTI: all of them must
 * allow an access), in place of one of the same @name that is there, and proves that it is attached. */
int bpf_device_attach(int group, int program, const char *name, struct ward_err *err);

/* The kernel's number of a loaded program; that of the program @name that is attached to @group: -ENOENT when there is none. */
int bpf_device_program_id(int program, uint32_t *ret_id);
int bpf_device_attached_id(int group, const char *name, uint32_t *ret_id);

#endif
