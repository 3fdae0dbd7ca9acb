/* SPDX-License-Identifier: Apache-2.0 */
/* What the plan-*.c files share: appending ops and slots, and the parts that plan.c puts in order. Nobody else includes it. */
#ifndef LAUNCH_PLAN_BUILD_H
#define LAUNCH_PLAN_BUILD_H

#include "launch/plan.h"

/* Appends an op of @type and returns it; NULL when memory is short. */
struct op *plan_add(struct plan *plan, enum op_type type, const struct spec_origin *origin);

/* Appends a slot and returns its number; -ENOMEM (a table full is the same to the caller). */
int plan_slot(struct plan *plan, const struct slot *slot);

/* Has the tree of @slot id-mapped: by @maps, or, if they are NULL, by those of the container's user namespace. The new one of a start is
 * not there before the clone, so that the tree comes with MESSAGE_MAPPED; everything else is known before. */
void plan_map_tree(const struct ward_spec *spec, const struct spec_id_maps *maps, bool recursive, struct slot *slot);

/* "/a//b/./c" → "a/b/c"; ".." is resolved by text. It may lie in @path. NULL when memory is short. */
const char *plan_inside(struct plan *plan, const char *path);

/* Appends an op that is a number, or a text. Returns 0 or -ENOMEM. */
int plan_add_number(struct plan *plan, enum op_type type, uint64_t number, const struct spec_origin *origin);
int plan_add_text(struct plan *plan, enum op_type type, const char *text, const struct spec_origin *origin);

/* The mounts from the @*next one on: all, or those that need no group. */
int plan_mounts(struct plan *plan, const struct ward_spec *spec, const struct place *place, bool before_groups,
                size_t *next, struct ward_err *err);
/* A read-only /dev becomes so when everything in it is made. */
int plan_readonly_dev(struct plan *plan, const struct ward_spec *spec);
/* Binds that are peers of the host's mounts. They come when everything else is mounted, because a mount inside of one would appear on
 * the host and stay there, whether the config says so or a link of the image leads there (V23). */
int plan_shared_binds(struct plan *plan, const struct ward_spec *spec, const struct place *place, struct ward_err *err);
/* When all mounts are planned: the targets of those that come to lie in a fresh tmpfs are made in it while nobody can reach it, without a walk. */
int plan_directories(struct plan *plan, const struct ward_spec *spec);

/* Parts of the two above that plan-live.c has, too. Whether anything may be mounted on @target; the words for what may not. */
int plan_check_target(const struct ward_spec *spec, const struct spec_mount *mount, const char *target,
                      struct ward_err *err);
int plan_refuse_mount(struct ward_err *err, const struct ward_spec *spec, const struct spec_mount *mount,
                      const char *why, const char *hint);
/* Whether the kernel knows the label that the spec gives to files of new file systems. */
int plan_check_label(const struct ward_spec *spec, const struct place *place, struct ward_err *err);
/* Append an OP_BIND, an OP_MOUNT. */
int plan_add_bind(struct plan *plan, const struct ward_spec *spec, const struct spec_mount *mount, const char *target,
                  struct ward_err *err);
int plan_add_new(struct plan *plan, const struct ward_spec *spec, const struct spec_mount *mount, const char *target);
/* An empty root, scratch space for the steps that need some, and the steps of @spec. */
int plan_empty_root(struct plan *plan, const struct ward_spec *spec);
int plan_steps(struct plan *plan, const struct ward_spec *spec);
/* Appends an OP_FIND_EXEC or OP_EXEC of the process's program. */
int plan_exec_op(struct plan *plan, enum op_type type, const struct spec_process *process, const char *const *envp);
/* Whether @path is @directory or in it, both as plan_inside() made them. */
bool plan_is_below(const char *path, const char *directory);

/* Nobody can look into the process from here on (OP_HIDE). */
int plan_hide(struct plan *plan);
/* Joins @ns, which is the caller's no more, by a slot of its own. */
int plan_join(struct plan *plan, const struct spec_namespace *ns, enum spec_ns which);
/* Becomes root of the user namespace that was joined, where it has one. */
int plan_become_root(struct plan *plan, const struct ward_spec *spec, const struct spec_origin *origin);
/* Leaves to the child the trees that an ordinary user can't open. An id map takes root's rights, and is refused where it is made. */
void plan_leave_to_child(struct plan *plan);
/* The end of making a plan: @r with words, and without the plan, when it failed. */
int plan_end(struct plan *plan, int r, struct ward_err *err);

int plan_dev(struct plan *plan, const struct ward_spec *spec, const struct place *place, struct ward_err *err);
/* The terminal of @process, where it has one. */
int plan_terminal(struct plan *plan, const struct spec_process *process, const struct place *place, bool bind_console,
                  struct ward_err *err);

/* The label of Smack that @process has, if it has one. @other_users: behind a user namespace. */
int plan_smack(struct plan *plan, const struct spec_process *process, const struct place *place, bool other_users,
               struct ward_err *err);

/* @join: the process joins a pid namespace, by a clone as late as can be. It gets a session of its own, so that the caller's terminal
 * is out of reach (V18). */
int plan_process(struct plan *plan, const struct spec_process *process, const struct spec_landlock *landlock,
                 const struct place *place, const struct sock_fprog *filter, uint32_t filter_flags,
                 const struct op_hooks *start_hooks, bool join, struct ward_err *err);

#endif
