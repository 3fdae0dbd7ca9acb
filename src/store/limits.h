/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `ward limit` has changed, so that it can be undone: a file of JSON for each target in ROOT/.limits, which holds how it was before the first
 * change. Each is written by rename, and before what it tells of is done. Whoever looks at them holds flock(2) on the directory, which is
 * there as long as a file is in it.
 */
#ifndef STORE_LIMITS_H
#define STORE_LIMITS_H

#include "store/store.h"

/* A group with the limits of the target, in one hierarchy. */
struct store_limit_group {
        const char *hierarchy; /* its identity (kern/cgroup.h) */
        const char *path;
        const char *from; /* it was made for the target, whose processes came from this one; NULL: it was there */
};

/* A limit as it was: what is written to the file to make it so again (struct cgroup_saved of kern/cgroup.h). */
struct store_limit_value {
        const char *hierarchy, *file, *slot, *text;
};

/* A process that came from other groups than its group's @from. */
struct store_limit_process {
        pid_t pid;
        uint64_t start_ticks;
        const char *hierarchy, *from;
};

/* A setting of a process or thread as it was. */
struct store_limit_setting {
        pid_t pid;
        uint64_t start_ticks;
        const char *what;    /* "nice", "ioprio", "oom_score_adj", "RLIMIT_NOFILE" ... */
        int64_t value, hard; /* of a resource limit -1 is none */
};

struct store_limit {
        const char *kind;     /* "process", "container", "group", "unit" */
        const char *name;     /* the pid, the id, the path, the unit */
        uint64_t start_ticks; /* of a process, or of a container's first: with its number or id it is the same */
        bool tree;
        const char *scope;   /* systemd's, which was made for the target; NULL: none */
        const char *boot_id; /* filled in by store_limit_write() */
        const struct store_limit_group *groups;
        size_t group_count;
        const struct store_limit_value *values;
        size_t value_count;
        const struct store_limit_process *processes;
        size_t process_count;
        const struct store_limit_setting *settings;
        size_t setting_count;
        const char *const *devices; /* the rules in force that were added, in their order */
        size_t device_count;
};

/* Opens the directory, with @make made if missing, and locks it. Returns a descriptor; -ENOENT: there is none. */
int store_limits_open(struct store *store, bool make, struct ward_err *err);

/* Closes it, and removes it if it is empty. */
void store_limits_close(struct store *store, int dirfd);

/* All records of this directory, in @arena. One that can't be read is left out, and so, unless @stale, is what is of an earlier boot. */
int store_limits_read(int dirfd, bool stale, struct arena *arena, struct store_limit **ret_limits, size_t *ret_count,
                      struct ward_err *err);

int store_limit_write(int dirfd, const struct store_limit *limit, struct ward_err *err);
int store_limit_remove(int dirfd, const struct store_limit *limit, struct ward_err *err);

#endif
