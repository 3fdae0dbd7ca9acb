/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A service that says when it is ready (sd_notify(3)): the container's program says so to a socket of ours, in a directory of the container's entry
 * that is mounted in it, and what it says is passed on to the socket in NOTIFY_SOCKET of whoever starts it. The one of the machine is not shown to it:
 * it would take more than READY=1, and in another user namespace nobody may write to it.
 */
#ifndef ENGINE_READY_H
#define ENGINE_READY_H

#include <sys/types.h>

#include "base/err.h"
#include "store/store.h"

/* Makes the directory, so that it can be mounted. */
int ready_prepare(const struct store_entry *entry, struct ward_err *err);

/* Makes the socket. Returns a descriptor, owned by the caller. Before the program starts. */
int ready_listen(const struct store_entry *entry, struct ward_err *err);

/* Waits until it was said on @fd, or @pidfd has ended, and tells the socket @target (a path, or "@" and an abstract name). @main_pid: also whom to
 * watch from now on; 0: the caller stays it. @warnings gets what can't be told. */
void ready_pass(int fd, int pidfd, const char *target, pid_t main_pid, const struct store *warnings);

/* The same by a process that goes on beside the caller and ends with it. *@ret_pidfd, owned by the caller, and the pid. */
pid_t ready_pass_aside(int fd, int pidfd, const char *target, int *ret_pidfd, struct ward_err *err);

#endif
