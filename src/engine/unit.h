/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scope of systemd for a container: what only systemd can do is asked of it by a helper program (src/helper/systemd.c), which is started for
 * that and is the one that is linked with systemd's library.
 *
 * A scope lives as long as a process is in it, so the helper that has made it is in it itself until the container's first process is.
 */
#ifndef ENGINE_UNIT_H
#define ENGINE_UNIT_H

#include <sys/types.h>

#include "engine/limits.h"
#include "kern/cgroup.h"
#include "model/spec.h"
#include "model/unit.h"

/* Of the container's group below that of the scope, which systemd keeps to itself (docs/CGROUPS.md, "systemd"). */
#define UNIT_GROUP "container"

struct unit {
        struct unit_name name;
        bool user;         /* the caller's own manager, not that of the machine */
        const char *group; /* the container's below that of the scope */
        struct unit_words words;
        int channel;  /* owned, while the helper is in the scope */
        pid_t helper; /* 0: it is not */
};

/* What linux.cgroupsPath and the annotations of @spec say of the unit of container @id; memory comes from @arena. */
int unit_read(struct unit *unit, const struct ward_spec *spec, const char *id, bool user, struct arena *arena,
              struct ward_err *err);

/* Has systemd make the scope. *@ret_path is its control group, with the helper in it; it lives in @arena. -EEXIST: there is one. */
int unit_start(struct unit *unit, struct arena *arena, const char **ret_path, struct ward_err *err);

/* Adds as properties what the group @path has of @limits, which are in force there, as far as systemd knows them (docs/CGROUPS.md). @own: it is
 * the unit's own group, and not one below it. */
int unit_limits(struct unit_words *words, const struct cgroup_layout *layout, const char *path, bool own,
                const struct limits *limits, struct ward_err *err);

/* The helper leaves the scope, and is gone. */
void unit_release(struct unit *unit);

/* Has systemd move the process into the group @below ("/container") that of the scope: what an ordinary user may not do where the process is
 * in none of his manager's groups. */
int unit_attach(const char *scope, bool user, const char *below, pid_t pid, struct ward_err *err);

/* The control group of a unit that is active: *@ret_path lives in @arena. -ENOENT: there is no such unit, or it is not loaded. */
int unit_group(const char *unit, bool user, struct arena *arena, const char **ret_path, struct ward_err *err);

/* Whether it has Delegate=: managers of users write that down nowhere else. A unit that the manager does not know has not. */
bool unit_is_delegated(const char *unit, bool user);

/*
 * Whether the group @path is in a unit of systemd's that has no Delegate=yes. Its user owns its directory all the same when the unit is of his own manager;
 * but systemd takes away again what controllers are given to groups in it.
 */
bool unit_keeps(const struct cgroup_hierarchy *hierarchy, const char *path);

/* Sets properties for as long as the unit lives. */
int unit_set(const char *scope, bool user, const struct unit_words *words, struct ward_err *err);

/* Has systemd forget the unit: it is stopped, if it is still there, and not listed as failed. */
int unit_stop(const char *scope, bool user, struct ward_err *err);

#endif
