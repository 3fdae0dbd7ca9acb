/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of a sandbox's walls can be built here: inside a container, in a service of systemd with its own restrictions, under a filter.
 *
 * It is tried, each in a process of its own (kern/probe.h), and takes some milliseconds: for who could not start with all of them.
 */
#ifndef ENGINE_WALLS_H
#define ENGINE_WALLS_H

#include <stdbool.h>

#include "model/spec.h"

struct walls {
        bool ns[SPEC_NS_COUNT]; /* a namespace of its own; but for the user namespace with the rights of one, or else with the caller's. Not SPEC_NS_TIME */
        bool root;              /* a root that consists of mounts */
        bool proc;              /* a new procfs, for a pid namespace of its own */
        bool sys;               /* a new sysfs, for a network namespace of its own */
        bool keyring;
};

void walls_try(struct walls *ret_walls);

/* A filter of system calls is around the caller: it may end who makes a call that it refuses, as systemd's do. */
bool walls_are_filtered(void);

/* Nothing is missing: what failed has another cause. */
bool walls_are_whole(const struct walls *walls);

#endif
