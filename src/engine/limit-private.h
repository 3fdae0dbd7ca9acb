/* SPDX-License-Identifier: Apache-2.0 */
/* What the limit*.c files share. */
#ifndef ENGINE_LIMIT_PRIVATE_H
#define ENGINE_LIMIT_PRIVATE_H

#include "engine/limit.h"
#include "engine/limits.h"
#include "engine/target.h"
#include "engine/unit.h"
#include "store/limits.h"

/* One call. Everything that is handed out lives in the caller's arena. */
struct limiting {
        struct arena *arena;
        struct store *store;
        const struct engine_limit_options *options; /* NULL: an undo */
        struct cgroup_layout layout;
        int proc;    /* owned */
        int records; /* owned: store_limits_open(); -EBADF: there are none */
        struct target target;
        struct store_limit record;
        bool known; /* the record was there before */
        struct limits limits;
        const char *to[CGROUP_HIERARCHY_MAX]; /* the groups for the limits, in the layout's order; NULL: none wanted */
        struct unit scope;                    /* while its helper is in it; else helper is 0 */
        const char *scope_path;               /* its own group, while it is being started */
        struct engine_limit_report *report;
};

/* Appends to an array of the arena. False when memory is short. */
bool limit_add(struct arena *arena, void *array_pointer, size_t *count, size_t size, const void *item);
#define LIMIT_ADD(l, array, count, ...) \
        limit_add((l)->arena, &(array), &(count), sizeof(*(array)), &(__typeof__(*(array)))__VA_ARGS__)

/* Adds a note to the report. */
int limit_note(struct limiting *l, struct ward_err *err, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The directory of a group, for a person. */
const char *limit_where(const struct limiting *l, size_t hierarchy);

/* ---- limit-place.c ---- */

/* Finds or makes the groups for the limits of the controllers @wanted (bits), and fills in l->to and the record. */
int limit_place(struct limiting *l, uint32_t wanted, struct ward_err *err);

/* Moves the target's processes into them. */
int limit_move(struct limiting *l, struct ward_err *err);

/* The helper of a new scope leaves it. */
void limit_release(struct limiting *l);

/* ---- limit-values.c ---- */

/* Whether this machine has a place for each of l->limits. */
int limit_values_check(const struct limiting *l, struct ward_err *err);

/* They are saved in the record, set, read back for the report, and restored. */
int limit_values_save(struct limiting *l, struct ward_err *err);
int limit_values_set(struct limiting *l, struct ward_err *err);
int limit_values_report(struct limiting *l, struct ward_err *err);
int limit_values_restore(const struct limiting *l, struct ward_err *err);

/* What the record's limits are now, in the groups l->to, and how often they were reached. */
int limit_values_show(struct limiting *l, struct ward_err *err);
int limit_counts_show(struct limiting *l, struct ward_err *err);

/* Systemd is told what is in force in the groups. */
int limit_values_tell(struct limiting *l, const char *unit, struct ward_err *err);

/* ---- limit-devices.c ---- */

/* A value of the record that is no limit, and is restored by limit_devices_undo(). */
#define LIMIT_DEVICES_LIST "devices.list"

/* Adds the rules of @resources to the record, and puts them in force in the group of the devices. */
int limit_devices_set(struct limiting *l, const struct spec_resources *resources, struct ward_err *err);
int limit_devices_undo(struct limiting *l, struct ward_err *err);

/* The rules of the record, in @arena. */
int limit_devices_read(const struct limiting *l, struct cgroup_device_rule **ret_rules, size_t *ret_count,
                       struct ward_err *err);

/* And back into the words of a record: "deny c 1:3 w", in the arena. NULL: memory is short. */
const char *limit_device_word(const struct limiting *l, const struct spec_device_rule *rule);

/* ---- limit-tasks.c ---- */

int limit_tasks_set(struct limiting *l, struct ward_err *err);
int limit_tasks_restore(struct limiting *l, struct ward_err *err);
int limit_tasks_show(struct limiting *l, struct ward_err *err);

/* ---- limit-undo.c ---- */

/* Makes all of the record as it was, and removes it. */
int limit_undo(struct limiting *l, struct ward_err *err);

/* ---- limit-container.c ---- */

int limit_container(struct limiting *l, struct ward_err *err);
int limit_container_undo(struct limiting *l, struct ward_err *err);

/* ---- limit.c ---- */

/* Fills in l->to with the groups of the record. */
void limit_recorded_groups(struct limiting *l);

#endif
