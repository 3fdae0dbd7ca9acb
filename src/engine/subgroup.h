/* SPDX-License-Identifier: Apache-2.0 */
/* The groups below a container's that a process executed in it asks to be in. */
#ifndef ENGINE_SUBGROUP_H
#define ENGINE_SUBGROUP_H

#include "engine/site.h"

/*
 * Each of @wanted (NULL-terminated) is PATH, for every hierarchy, or CONTROLLER[,CONTROLLER...]:PATH, for those of cgroup v1 that have the
 * controllers, with names as in /proc/self/cgroup (memory, name=systemd). They are below the container's group, and are there already. The last one that names a
 * hierarchy holds. What they say is kept in @arena. @id is the container's, for messages.
 */
int subgroup_choose(struct site *site, const char *id, const char *const *wanted, struct arena *arena,
                    struct ward_err *err);

#endif
