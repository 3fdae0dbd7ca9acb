/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups of the machine as things of their own, whoever is in them: what `ward cgroup` does. A group is a path that is the same in all
 * hierarchies, or in those of some controllers.
 */
#ifndef ENGINE_GROUP_H
#define ENGINE_GROUP_H

#include "base/err.h"
#include "base/mem.h"
#include "engine/limits.h"
#include "kern/cgroup.h"

/* The machine's hierarchies. Strings that come from here live in @arena. */
struct groups {
        struct arena *arena;
        struct cgroup_layout layout;
};

int groups_open(struct groups *groups, struct arena *arena, struct ward_err *err);
void groups_close(struct groups *groups);

#define _cleanup_groups_ _cleanup_(groups_close)

struct group {
        const char *path;     /* with one slash in front; "/" is the root */
        uint32_t hierarchies; /* bit n: layout.hierarchies[n] */
        uint32_t controllers; /* those that were named; 0: none were */
        bool named;           /* controllers or hierarchies were */
};

/*
 * Reads PATH, CONTROLLERS:PATH, a directory below a hierarchy's mount point, or unit:NAME, one of systemd's (the machine's for root, else the user's). CONTROLLERS is a list with commas of controllers, of named hierarchies
 * ("name=systemd") and "unified" for v2; "*" is all. PATH begins at the root of the hierarchies, "./PATH" and "." at the caller's own group. Without
 * CONTROLLERS all hierarchies are meant.
 */
int group_read(const struct groups *groups, const char *text, struct group *ret_group, struct ward_err *err);

/* Leaves those of group->hierarchies that have the group. -ENOENT when none has, or when it was named with hierarchies and one of them has not. */
int group_find(const struct groups *groups, struct group *group, struct ward_err *err);

struct group_create {
        bool threaded;     /* v2: for threads (cgroups(7), "Thread mode") */
        const char *owner; /* USER[:GROUP] of this machine, to whom it is delegated; NULL: the caller */
        const char *tasks; /* USER[:GROUP] who may move processes into it, and nothing else; NULL: the owner alone */
        struct cgroup_modes modes;
        bool vacate; /* v2: processes of the group above, which keep it from giving controllers away, are moved below it */
};

/* Makes it in each of group->hierarchies. On v2 it gets the named controllers, or without names cpu, io, memory and pids. A failure leaves none that was not
 * there before. */
int group_create(const struct groups *groups, const struct group *group, const struct group_create *options,
                 struct ward_err *err);

enum group_leave {
        GROUP_LEAVE_REFUSE, /* a group with processes is not deleted */
        GROUP_LEAVE_MOVE,   /* they are moved to the group above */
        GROUP_LEAVE_KILL,
};

/* @below: also the groups below it; else a group that has any is refused. */
int group_delete(const struct groups *groups, struct group *group, bool below, enum group_leave leave,
                 struct ward_err *err);

/* The part of the layout that group->hierarchies are: what is done with it concerns no others. Its descriptors are those of @groups. */
struct cgroup_layout group_layout(const struct groups *groups, const struct group *group);

/* As cgroup_freeze(), but refuses a group that has processes where nothing freezes them. */
int group_freeze(const struct groups *groups, const struct group *group, bool frozen, struct ward_err *err);

/* Sends @signal to all processes of the group and below; SIGKILL also ends frozen ones, and it is waited until all have gone. */
int group_kill(const struct groups *groups, const struct group *group, int signal, struct ward_err *err);

/* Moves the calling process, which has one thread, into the group; moves a process, or a single thread. */
int group_enter(const struct groups *groups, const struct group *group, struct ward_err *err);
int group_classify(const struct groups *groups, const struct group *group, pid_t pid, bool thread,
                   struct ward_err *err);

/* ---- limits ---- */

/* A word of model/limit-words.h, or a file of the group, and its value. */
struct group_setting {
        const char *name, *value;
};

/* Sets what @from has set otherwise, in the hierarchies of @to where @from is, too: limits, and neither processes nor rules about devices. */
int group_copy(const struct groups *groups, const struct group *from, const struct group *to, struct ward_err *err);

/* Limits are checked before the first is written; files are written last, in the order given. */
int group_set(const struct groups *groups, const struct group *group, const struct group_setting *settings,
              size_t count, struct ward_err *err);

struct group_value {
        const char *asked; /* the word that was asked for */
        const struct cgroup_hierarchy *hierarchy;
        const char *file; /* that has it here */
        const char *text; /* all of it, without the last newline */
};

/* What the words say here; each may be in several files, or be "devices.list". */
int group_get(const struct groups *groups, const struct group *group, const char *const *names, size_t count,
              const struct group_value **ret_values, size_t *ret_count, struct ward_err *err);

/* Every limit that the group has, or with @all every file that can be read. */
int group_get_all(const struct groups *groups, const struct group *group, bool all,
                  const struct group_value **ret_values, size_t *ret_count, struct ward_err *err);

/* ---- trees ---- */

struct group_node {
        const char *path;
        uint32_t hierarchies; /* that have it */
        unsigned depth;       /* below where the tree begins */
        const pid_t *pids;    /* in it in one of these; in the root only those that are in no other group */
        size_t pid_count;
};

/* The group and all below it in group->hierarchies, each before those below it. @pids: with the processes in them. */
int group_tree(const struct groups *groups, const struct group *group, bool pids, struct group_node **ret_nodes,
               size_t *ret_count, struct ward_err *err);

/* A process as ps(1) shows it: its command line with blanks, or its name in brackets. "?" when it has gone. NULL when memory is short. */
const char *group_process_name(struct arena *arena, pid_t pid);

#endif
