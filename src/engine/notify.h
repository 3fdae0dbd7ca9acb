/* SPDX-License-Identifier: Apache-2.0 */
/* What an engine asked to be told of a new process: its pid in a file, its pidfd or terminal through a socket. */
#ifndef ENGINE_NOTIFY_H
#define ENGINE_NOTIFY_H

#include <sys/types.h>

#include "base/err.h"

/* Connects to the unix socket at @path on the host; @what is for messages. Returns a descriptor. */
int notify_connect(const char *path, const char *what, struct ward_err *err);

/* The same, where the other side may take @sec seconds to accept, and later to take what is sent to it: -EAGAIN. 0: for ever. */
int notify_connect_within(const char *path, const char *what, unsigned sec, struct ward_err *err);

/* Writes @pid to the file @path on the host. NULL: nothing to do. Returns 1 when that is a file of its own, which goes when the process is not to be, or
 * 0 for what was there as something else. */
int notify_pid_file(const char *path, pid_t pid, struct ward_err *err);

/* Sends @pidfd to the socket at @path. NULL: nothing to do. */
int notify_pidfd(const char *path, int pidfd, struct ward_err *err);

#endif
