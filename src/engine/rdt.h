/* SPDX-License-Identifier: Apache-2.0 */
/* The container's share of caches and memory bandwidth (config-linux.md, "IntelRdt"). Nothing is done for a spec without it. */
#ifndef ENGINE_RDT_H
#define ENGINE_RDT_H

#include "kern/resctrl.h"
#include "model/spec.h"

struct rdt {
        int root; /* owned: the mounted file system, -EBADF: none is wanted */
        struct resctrl_made made;
};

/* Before anything is made: the machine has it. */
int rdt_open(struct rdt *rdt, const struct ward_spec *spec, struct ward_err *err);

/* Makes the groups of container @id and moves its init into them. */
int rdt_give(struct rdt *rdt, const struct ward_spec *spec, const char *id, pid_t pid, struct ward_err *err);

/* Undoes what rdt_give() made, for a start that failed. */
void rdt_take_back(struct rdt *rdt, const struct ward_spec *spec, const char *id);

void rdt_done(struct rdt *rdt);

/* Moves a process that is executed in the container. */
int rdt_join(const struct ward_spec *spec, const char *id, pid_t pid, struct ward_err *err);

/* Removes what goes with the container: the monitoring group, and the group that nobody named. */
int rdt_remove(const struct ward_spec *spec, const char *id, struct ward_err *err);

#endif
