/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person names to be limited or looked at: a container, a process, a control group, a unit of systemd; and the groups that it is in, one
 * for each hierarchy: in cgroup v1 they need not have the same path.
 *
 *      web, container:web              a container of the state directory
 *      1234, pid:1234                  a process
 *      /a/b, group:/a/b                a control group, in every hierarchy that has it; /sys/fs/cgroup/memory/a/b is that of one
 *      nginx.service, unit:x.scope     a unit of systemd: of the machine's for root, else of the user's own manager
 *
 * A name that could be two of these is taken for none.
 */
#ifndef ENGINE_TARGET_H
#define ENGINE_TARGET_H

#include "kern/cgroup.h"
#include "store/store.h"

enum target_kind {
        TARGET_CONTAINER,
        TARGET_PROCESS,
        TARGET_GROUP,
        TARGET_UNIT,
        TARGET_KIND_COUNT,
};

extern const char *const target_kind_names[TARGET_KIND_COUNT]; /* "container", "process", "group", "unit" */

struct target {
        enum target_kind kind;
        const char *name; /* without its kind in front */
        pid_t pid;        /* a process, or the first one of a container that runs; 0: none */
        uint64_t start_ticks;
        uint32_t flags;                          /* a process: PF_* of linux/sched.h */
        bool ended;                              /* a process that is not there any more, or only waits to be reaped */
        const char *paths[CGROUP_HIERARCHY_MAX]; /* its groups, in the layout's order; NULL: it has none there */
};

/* Finds out. Strings live in @arena. @layout and @proc are the caller's. Errors: -ENOENT when there is none, -EINVAL for a name that could be
 * two things; a process that has ended is no error. */
int target_find(struct store *store, const struct cgroup_layout *layout, int proc, const char *name,
                struct arena *arena, struct target *ret_target, struct ward_err *err);

#endif
