/* SPDX-License-Identifier: Apache-2.0 */
/* Making a process: clone3(2), with clone(2) where that is refused; and what a pidfd answers. */
#ifndef KERN_CLONE_H
#define KERN_CLONE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * Makes a child like fork(2), in new namespaces by @flags (CLONE_NEW*). @cgroup_fd: a cgroup v2 directory that it is born in, or -EBADF.
 * Returns the child's pid in the parent and 0 in the child; in the parent *@ret_pidfd is owned by the caller.
 * Handlers of signals are reset in the child. Errors: those of clone3(2); with @cgroup_fd -EOPNOTSUPP when clone3(2) is missing or refused.
 */
pid_t clone_child(uint64_t flags, int cgroup_fd, int *ret_pidfd);

/* In the child, before it executes a program that shall not ignore what the caller ignores, but for SIGHUP: as the container's (launch/child/child.c). */
void clone_default_signals(void);

/* pidfd_open(2), pidfd_send_signal(2). Return a descriptor or 0, or -errno. */
int pidfd_open_pid(pid_t pid);
int pidfd_signal(int pidfd, int signal);

/* Ends an own child that was not reaped yet: by its @pid where pidfd_send_signal(2) is missing or refused. */
void pidfd_kill_child(int pidfd, pid_t pid);

/* Waits for the child behind @pidfd and reaps it. *@ret_info as waitid(2) fills it in. With @peek it is not reaped; with @no_hang it may be
 * running still: then ret_info->si_pid is 0. Returns 0 or -errno. */
int pidfd_wait(int pidfd, bool peek, bool no_hang, siginfo_t *ret_info);

/* Whether the process behind @pidfd has ended (or is a zombie). */
bool pidfd_ended(int pidfd);

/* The exit status as a shell counts: 128 + signal for a killed one. */
int pidfd_exit_status(const siginfo_t *info);

#endif
