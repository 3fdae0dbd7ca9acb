/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's network devices that a container gets (config-linux.md, "Network Devices"). */
#ifndef ENGINE_LINKS_H
#define ENGINE_LINKS_H

#include "kern/netdev.h"
#include "launch/launch.h"

struct links {
        int own, container;        /* owned: the network namespaces, -EBADF: not opened */
        struct netdev_move *moved; /* owned: as many as were moved, in the order of the spec */
        size_t count;
};

/* Waits for the child, moves the devices of @spec into its network namespace, and says so. Nothing where there are none. */
int links_give(struct links *links, struct launch *launch, const struct ward_spec *spec, struct ward_err *err);

/* The moving alone: into the network namespace of the process @pid, by the procfs behind @proc. */
int links_move(struct links *links, int proc, pid_t pid, const struct ward_spec *spec, struct ward_err *err);

/* Undoes it for a start that failed, as far as it can be: the devices are as they were. */
void links_take_back(struct links *links, const struct ward_spec *spec);

void links_done(struct links *links);

#endif
