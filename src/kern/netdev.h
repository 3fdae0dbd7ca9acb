/* SPDX-License-Identifier: Apache-2.0 */
/* Network devices, moved from one network namespace to another with their addresses (rtnetlink(7), network_namespaces(7)). */
#ifndef KERN_NETDEV_H
#define KERN_NETDEV_H

#include <stdbool.h>

#include "base/err.h"

#define NETDEV_NAME_SIZE 16 /* IFNAMSIZ */

struct netdev_move {
        char name[NETDEV_NAME_SIZE]; /* that it has now */
        bool was_up;
};

/*
 * Moves the device @name of the namespace behind @from into the one behind @to, as @new_name, in which "%d" at the end is the first free number;
 * gives it the addresses that it had (permanent ones of global scope) and brings it up, if @up. It is all done, or nothing of it: a device
 * whose address is refused goes back. By a process of its own: the caller enters no namespace.
 * Errors: -ENODEV no such device, -EEXIST the name is taken in @to, -EINVAL it is of a kind that can't be moved, -EPERM.
 */
int netdev_move(int from, int to, const char *name, const char *new_name, bool up, struct netdev_move *ret_move,
                struct ward_err *err);

#endif
