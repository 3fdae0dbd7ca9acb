/* SPDX-License-Identifier: Apache-2.0 */
/* A network namespace that others made (network_namespaces(7)): what a start does from within it, done from outside. */
#ifndef KERN_NETNS_H
#define KERN_NETNS_H

#include <stddef.h>

#include "base/err.h"

struct netns_setting {
        const char *path; /* below /proc/sys: "net/ipv4/ip_forward" */
        const char *value;
};

/*
 * Brings up the loopback device of the namespace behind @netns and writes the settings, by a process of its own: the caller enters no namespace.
 * *@ret_failed: the index of the setting that was refused, @count when it was something else. Errors: those of setns(2), netdevice(7), and of writing.
 */
int netns_set_up(int netns, const struct netns_setting *settings, size_t count, size_t *ret_failed,
                 struct ward_err *err);

#endif
