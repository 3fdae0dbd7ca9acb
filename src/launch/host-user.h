/* SPDX-License-Identifier: Apache-2.0 */
/* The root `host` for who is not root of the machine: where it is made. Part of launch/host. */
#ifndef LAUNCH_HOST_USER_H
#define LAUNCH_HOST_USER_H

#include "launch/host.h"

/*
 * Calls @make in a short-lived process that is root of a new user namespace with the ids of @options->users, and of a mount namespace in
 * which nothing of the machine's hears of mounts. Returns the descriptor that it returns, or its error.
 */
int host_in_namespace(const struct host_options *options,
                      int (*make)(const struct host_options *options, struct ward_err *err), struct ward_err *err);

#endif
