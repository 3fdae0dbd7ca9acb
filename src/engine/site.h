/* SPDX-License-Identifier: Apache-2.0 */
/* Where a start happens: the machine's cgroups, the caller's rights, and the container's group with its limits. */
#ifndef ENGINE_SITE_H
#define ENGINE_SITE_H

#include "engine/engine.h"
#include "engine/limits.h"
#include "engine/unit.h"
#include "launch/plan.h"

struct site {
        struct arena arena;
        struct cgroup_layout layout;
        struct place place;
        struct place_hierarchy hierarchies[CGROUP_HIERARCHY_MAX]; /* those in which the container has a group */
        uint32_t used;        /* bit n: the n-th hierarchy of the layout is one of them */
        struct limits limits; /* of a spec: what is written into its group */
        uint32_t left_out; /* bit n: enum cgroup_controller n is not asked for, and costs too much to make by default */
        unsigned made
                [CGROUP_HIERARCHY_MAX]; /* directories that this start made in each: the group and its missing parents */
        const char *
                absent; /* of an existing container: a hierarchy that has a group of it, and is not mounted here; NULL: none */
        unsigned parents;                      /* of an existing container: how many parents were made with it */
        enum engine_groups groups;             /* who makes them, of a start */
        struct unit unit;                      /* its name.scope is NULL where systemd has no part in it */
        const char *mark;                      /* for the groups that are made (kern/cgroup.h); NULL: none */
        const struct cgroup_hierarchy *marked; /* whose group gets it: site_marked() */
        const char *delegated; /* the group that was delegated to the caller, who is not root; NULL: none */
        bool own_users; /* the container has a new user namespace, or no root of its own: it gets no device of the machine */
        bool devices_open;  /* who is not root could not have them refused by the group */
        bool groups_wanted; /* the config asks for limits or names the group: without it the start fails */
};

#define _cleanup_site_ _cleanup_(site_done)

/* Finds out, for a start. @proc: the host's procfs (kern/proc.h); only who has proved it believes what it says (V6). @spec and @options NULL:
 * for an existing container, whose group is @group. */
int site_read(struct site *site, int proc, const struct ward_spec *spec, const struct engine_options *options,
              const char *group, struct ward_err *err);
void site_done(struct site *site);

/* The hierarchies in which the container has a group, by their identities; they live in the site. NULL: memory is short. */
const char *site_used(struct site *site);

/* Takes for used those that site_used() said when the container was made. */
void site_use(struct site *site, const char *used);

/* Looks which of the security modules that @process names, and @landlock (may be NULL), are in force; site_read() does so for a @spec. */
void site_find_modules(struct site *site, const struct spec_process *process, const struct spec_landlock *landlock,
                       bool labels_mounts);

/* The mark of the groups of container @id of @store; it lives in the site. NULL: there is no memory, or no name for the store. */
const char *site_mark(struct site *site, const struct store *store, const char *id);

/* The hierarchy whose groups carry the marks, NULL: there is none. */
const struct cgroup_hierarchy *site_marked(const struct site *site);

/* Whose the container's group is: 1: it has the mark of container @id of @store; 0: none, or there is no such group; -EEXIST: the mark of another one;
 * or another -errno with what was wrong. */
int site_whose(struct site *site, const struct store *store, const char *id, struct ward_err *err);

/* How many parents of the group are missing in every hierarchy. */
unsigned site_missing_parents(const struct site *site);

/*
 * Has systemd make the scope that the container's group will be in, where the site says so: from then on it is known which group that is. The
 * helper is in it until site_release_unit(), which is due when the container's first process is. site_tell_unit() has systemd know the limits
 * that are in force, site_stop_unit() has it forget the scope, whose groups are removed before.
 */
int site_start_unit(struct site *site, struct ward_err *err);
void site_release_unit(struct site *site);
int site_tell_unit(struct site *site, const struct limits *limits, struct ward_err *err);
void site_stop_unit(struct site *site);

/* The group of cgroup v2 that a process joins: the container's, or another one below it, for which site_set_unified_group() borrows @group. */
const char *site_unified_group(const struct site *site);
void site_set_unified_group(struct site *site, const char *group);

/* Has the user's manager move a process into the container's group, as he himself could not. */
int site_attach(struct site *site, pid_t pid, struct ward_err *err);

/* Makes the v2 group. *@ret_fd: a descriptor for clone_child(), or -EBADF where there is no v2 hierarchy. */
int site_make_unified(struct site *site, int *ret_fd, struct ward_err *err);

/* Makes the v1 groups, and writes the limits and device rules into all. */
int site_make_groups(struct site *site, const struct ward_spec *spec, struct ward_err *err);

/*
 * An existing container gets groups that were not made with it, because no limit asked for them. site_widen() enables the controllers of
 * v2 and says which hierarchies (bit n: the n-th of the layout) are missing: they are among the used ones from now on. Their groups are
 * made next, and the container's processes join them last, when its limits are there.
 */
int site_widen(struct site *site, const struct limits *limits, uint32_t *ret_widened, struct ward_err *err);
int site_make_widened(struct site *site, uint32_t widened, struct ward_err *err);
int site_join_widened(const struct site *site, uint32_t widened, struct ward_err *err);

/* How many parents were made with the group in every hierarchy: they go with it when the container is deleted. */
unsigned site_made_parents(const struct site *site);

/* Whether there is a limit of processes: nobody wrote the default one, and where no hierarchy has the controller it is left out. */
bool site_limits_pids(const struct site *site, const struct spec_resources *resources);

/* Writes @limits into the groups. @file and their origins name the input in errors. @in_use: what could be set is set back when something can't be. */
int site_set_limits(struct site *site, const struct limits *limits, const char *file, bool in_use,
                    struct ward_err *err);

/* Writes the device rules of @resources and those of every container. @in_use: processes are in the group, and it is left alone when it has
 * them already. */
int site_set_devices(struct site *site, const struct spec_resources *resources, bool in_use, struct ward_err *err);

/* The same for one that runs, and then @more, which come after all of them. */
int site_add_devices(struct site *site, const struct spec_resources *resources, const struct cgroup_device_rule *more,
                     size_t count, struct ward_err *err);

/* Opens, for each group of the container, the file by which a process joins it that writes "0" there. @fds has room for CGROUP_HIERARCHY_MAX; they are
 * the caller's, also when it fails: *@count of them. */
int site_open_joins(const struct site *site, int *fds, size_t *count, struct ward_err *err);

/* Removes the groups. @all: every hierarchy's; otherwise what this start made. */
int site_remove_groups(struct site *site, bool all, struct ward_err *err);

#endif
