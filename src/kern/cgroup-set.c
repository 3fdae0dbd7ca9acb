/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits: they are written to the files that the table says (cgroup-knobs-table.c), in an order that the kernel takes, and what it
 * refuses is put into words.
 *
 * The kernel refuses with EINVAL what contradicts a value that is still in force: a memory limit above the old limit of memory plus
 * swap, a quota that is too much for the old period, a burst above the old quota. Which one must go first depends on whether
 * they grow or shrink, so a value that is refused in this way is tried again once another one has been accepted.
 */
#include "kern/cgroup.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "kern/cgroup-knobs.h"

#define CONTROLLERS_MAX 65536 /* of /proc/cgroups */

uint32_t cgroup_limit_controllers(const struct cgroup_limit *limit)
{
        if (limit->knob == CGROUP_UNIFIED)
                return cgroup_controller_bit(limit->key, strcspn(limit->key, "."));
        if (cgroup_knobs[limit->knob].controller == CGROUP_CONTROLLER_COUNT)
                return 0;
        return 1U << cgroup_knobs[limit->knob].controller;
}

const struct cgroup_hierarchy *cgroup_knob_hierarchy(const struct cgroup_layout *layout, enum cgroup_knob knob)
{
        enum cgroup_controller controller = cgroup_knobs[knob].controller;

        return controller == CGROUP_CONTROLLER_COUNT ? cgroup_unified(layout) : cgroup_with(layout, controller);
}

static const struct knob_files *files_of(const struct knob *knob, const struct cgroup_hierarchy *hierarchy)
{
        return hierarchy->version == 1 ? &knob->v1 : &knob->v2;
}

const char *cgroup_knob_name(const struct cgroup_limit *limit, const char *pattern, char name[NAME_MAX + 1])
{
        const char *star = strchr(pattern, '*');

        if (star == NULL)
                return pattern;
        (void)snprintf(name, NAME_MAX + 1, "%.*s%s%s", (int)(star - pattern), pattern, limit->key, star + 1);
        return name;
}

bool cgroup_limit_anyway(const struct cgroup_limit *limit)
{
        const struct knob *knob = &cgroup_knobs[limit->knob];

        return knob->has_anyway && limit->value == knob->anyway;
}

/* ---- errors ---- */

/* The limit is below what the group uses, and the kernel could not free enough (v1; v2 would have killed). */
static int explain_usage(const struct set *set, const struct cgroup_hierarchy *hierarchy, int64_t limit,
                         struct ward_err *err)
{
        _cleanup_free_ char *usage = NULL;

        if (cgroup_file_read(hierarchy, set->path, "memory.usage_in_bytes", &usage, NULL) < 0)
                return -EBUSY;
        (void)err_set(err, -EBUSY,
                      "set memory.limit to %" PRId64
                      " bytes: the group '%s' uses %.*s, and the kernel could not free enough of it",
                      limit, set->path, (int)strcspn(usage, "\n"), usage);
        (void)err_hint(err, "set a limit above what is in use, or end some of its processes first");
        return -EBUSY;
}

int cgroup_explain_missing(const struct cgroup_hierarchy *hierarchy, const char *path, const char *doing,
                           enum cgroup_controller controller, struct ward_err *err)
{
        uint32_t given;
        _cleanup_close_
        int group = cgroup_open(hierarchy, path, NULL, O_PATH);

        if (group < 0)
                return err_code(err, group, "%s: open the control group '%s' in '%s'", doing, path, hierarchy->mount);
        if (hierarchy->version != 2 || controller == CGROUP_CONTROLLER_COUNT ||
            cgroup_controllers(hierarchy, path, &given, NULL) < 0)
                return 0;
        if ((given & 1U << controller) != 0)
                return 0;
        (void)err_set(err, -ENOENT, "%s: the control group '%s' in '%s' was not given the %s controller", doing, path,
                      hierarchy->mount, controller == CGROUP_BLKIO ? "io" : cgroup_controller_names[controller]);
        (void)err_hint(err, "the group above must give it (cgroup.subtree_control)");
        return -ENOENT;
}

/* Turns the kernel's refusal to take @value for @file into words. Returns @code. */
static int explain(const struct set *set, const struct cgroup_hierarchy *hierarchy, const struct cgroup_limit *limit,
                   const char *file, const char *value, int code, struct ward_err *err)
{
        const struct knob *knob = &cgroup_knobs[limit->knob];
        char name[CGROUP_VALUE_MAX], doing[CGROUP_VALUE_MAX + 8];

        if (err == NULL)
                return code;
        if (code == -EBUSY && limit->knob == CGROUP_MEMORY_LIMIT)
                return explain_usage(set, hierarchy, limit->value, err);
        (void)cgroup_limit_name(limit, name);
        if (code == -ENOENT) {
                int r;

                (void)snprintf(doing, sizeof(doing), "set %s", name);
                r = cgroup_explain_missing(hierarchy, set->path, doing, knob->controller, err);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < cgroup_reason_count; i++) {
                const struct reason *reason = &cgroup_reasons[i];

                if (reason->knob != limit->knob || reason->code != code ||
                    (reason->version != 0 && reason->version != hierarchy->version))
                        continue;
                (void)err_set(err, code, "set %s to '%s' in the control group '%s' (%s/.../%s): %s", name, value,
                              set->path, hierarchy->mount, file, reason->why);
                (void)err_hint(err, "%s", reason->hint);
                if (limit->knob == CGROUP_CPUSET_CPUS || limit->knob == CGROUP_CPUSET_MEMS)
                        (void)err_mistake(err, MISTAKE_CPUSET);
                return code;
        }
        if (code == -ENOENT)
                return err_set(err, code,
                               "set %s: the control group '%s' in '%s' has no file '%s': this kernel lacks it", name,
                               set->path, hierarchy->mount, file);
        (void)err_wrap(err, "set %s", name);
        return code;
}

/* Whether /proc/cgroups lists @controller: 1; 0: the kernel has no such controller of v1; -1: it was disabled when the machine started. */
static int kernel_has(enum cgroup_controller controller)
{
        _cleanup_free_ char *text = NULL;
        size_t len = strlen(cgroup_controller_names[controller]);

        if (fd_read_file(AT_FDCWD, "/proc/cgroups", CONTROLLERS_MAX, &text, NULL, NULL) < 0)
                return 0;
        for (char *line = text; line != NULL; line = strchr(line, '\n')) {
                unsigned id, groups, enabled;

                line += *line == '\n';
                if (strncmp(line, cgroup_controller_names[controller], len) == 0 && line[len] == '\t')
                        return sscanf(line + len, "%u %u %u", &id, &groups, &enabled) == 3 && enabled == 0 ? -1 : 1;
        }
        return 0;
}

/* No hierarchy has the controller: what would bring it. */
static int explain_absent(const char *name, enum cgroup_controller controller, struct ward_err *err)
{
        const char *word = cgroup_controller_names[controller];
        int has;

        if (err == NULL)
                return -EOPNOTSUPP;
        (void)err_set(err, -EOPNOTSUPP, "set %s: no mounted control group hierarchy has the %s controller", name, word);
        has = kernel_has(controller);
        if (has > 0)
                return err_hint(err,
                                "leave this limit out, or mount the controller, which this kernel has (%s): mkdir "
                                "/sys/fs/cgroup/%s && mount -t cgroup -o %s %s /sys/fs/cgroup/%s",
                                cgroup_options[controller], word, word, word, word);
        if (has < 0)
                return err_hint(err, "leave this limit out, or start the machine without cgroup_disable=%s", word);
        return err_hint(err, "leave this limit out, or use a kernel with %s", cgroup_options[controller]);
}

/* ---- writing ---- */

/* The version that has the knob's controller on this machine has no such file. */
static int explain_version(const struct knob *knob, const struct cgroup_hierarchy *hierarchy, const char *name,
                           struct ward_err *err)
{
        (void)err_set(err, -EOPNOTSUPP, "set %s: it needs cgroup v%d; here %s is on cgroup v%d ('%s')", name,
                      3 - hierarchy->version, cgroup_controller_names[knob->controller], hierarchy->version,
                      hierarchy->mount);
        if (knob->nearest[0] != '\0')
                return err_hint(err, "leave it out; cgroup v%d has %s in its place", hierarchy->version, knob->nearest);
        return err_hint(err, "leave it out");
}

/* No hierarchy that the caller may use has the knob's controller. */
static int explain_none(const struct set *set, const struct knob *knob, const char *name, struct ward_err *err)
{
        if (knob->controller == CGROUP_CONTROLLER_COUNT) {
                (void)err_set(err, -EOPNOTSUPP, "set %s: it needs cgroup v2, which is not mounted on this machine",
                              name);
                return err_hint(err, "leave it out");
        }
        for (size_t i = 0; i < set->layout->count; i++) {
                const struct cgroup_hierarchy *denied = &set->layout->hierarchies[i];

                if (!denied->denied || (denied->controllers & 1U << knob->controller) == 0)
                        continue;
                (void)err_set(err, -EACCES, "set %s: the caller may make no group in '%s', which has the %s controller",
                              name, denied->mount, cgroup_controller_names[knob->controller]);
                return err_hint(err, "leave this limit out, or run it with sudo");
        }
        return explain_absent(name, knob->controller, err);
}

/* Finds the hierarchy of a limit: NULL when there is nothing to be written. -EOPNOTSUPP with the reason when the limit cannot be set on
 * this machine. */
static int hierarchy_find(const struct set *set, const struct cgroup_limit *limit,
                          const struct cgroup_hierarchy **ret_hierarchy, struct ward_err *err)
{
        const struct knob *knob = &cgroup_knobs[limit->knob];
        const struct cgroup_hierarchy *hierarchy;
        bool in_root = strspn(set->path, "/") == strlen(set->path);
        char name[CGROUP_VALUE_MAX];

        if (limit->knob == CGROUP_UNIFIED)
                return cgroup_unified_find(set, limit, ret_hierarchy, err);
        hierarchy = cgroup_knob_hierarchy(set->layout, limit->knob);
        if (cgroup_limit_anyway(limit) && (hierarchy == NULL || files_of(knob, hierarchy)->file[0] == '\0')) {
                *ret_hierarchy = NULL;
                return 0;
        }
        (void)cgroup_limit_name(limit, name);
        if (hierarchy == NULL)
                return explain_none(set, knob, name, err);
        if (files_of(knob, hierarchy)->file[0] == '\0')
                return explain_version(knob, hierarchy, name, err);
        if (knob->root != in_root) {
                (void)err_set(err, -EINVAL, "set %s: %s", name,
                              knob->root ? "it is a setting of the whole machine, which the root of cgroup v2 alone has"
                                         : "the root of a hierarchy has no limits");
                return knob->root ? err_hint(err, "set it in the group '/'") : err_hint(err, "name a group below it");
        }
        *ret_hierarchy = hierarchy;
        return 0;
}

/* memory.limit -1 means that swap is unlimited too, unless it says otherwise; v1 would refuse it below an old limit of both. */
static int memory_unlimit(const struct set *set, const struct cgroup_hierarchy *hierarchy)
{
        int r = cgroup_file_write(hierarchy, set->path, cgroup_knobs[CGROUP_MEMORY_SWAP].v1.file, "-1", NULL);

        return r < 0 ? r
                     : cgroup_file_write(hierarchy, set->path, cgroup_knobs[CGROUP_MEMORY_LIMIT].v1.file, "-1", NULL);
}

/* Kernels that no longer have a limit take it, and say in their log that they do nothing. Whole pages are what they count in. */
static int read_back(const struct set *set, const struct cgroup_hierarchy *hierarchy, const struct cgroup_limit *limit,
                     const char *file, const char *value, struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        uint64_t now;
        int r;

        if (limit->value < 0)
                return 0;
        r = cgroup_file_read(hierarchy, set->path, file, &text, err);
        if (r < 0)
                return r;
        /* A partition that can't be is kept as asked for, and marked: "root invalid (Parent is not a partition root)". */
        if (limit->knob == CGROUP_CPUSET_PARTITION) {
                const char *invalid = strstr(text, " invalid");

                if (invalid == NULL)
                        return 0;
                invalid += strcspn(invalid, "(");
                (void)cgroup_file_write(hierarchy, set->path, file, "member", NULL);
                (void)err_set(err, -EBUSY, "set %s to '%s' in the control group '%s': the kernel says: %.*s",
                              cgroup_knobs[limit->knob].field, value, set->path, (int)strcspn(invalid, "\n"), invalid);
                return err_hint(err, "a partition needs cpuset.cpus of its own, which no group beside it uses, below a "
                                     "group that is one or the root");
        }
        now = cgroup_text_number(text, "");
        if (now <= (uint64_t)limit->value)
                return 0;
        return explain(set, hierarchy, limit, file, value, -EOPNOTSUPP, err);
}

/* Writes one file of a limit. -ENOENT: it is not there. */
static int file_write(const struct set *set, const struct cgroup_hierarchy *hierarchy, const struct cgroup_limit *limit,
                      const char *pattern, enum form form, struct ward_err *err)
{
        char number[CGROUP_VALUE_MAX], name[NAME_MAX + 1];
        const char *value = number, *file = cgroup_knob_name(limit, pattern, name);
        int r;

        if (form == FORM_TEXT) {
                value = limit->text;
        } else {
                r = cgroup_value_print(set, hierarchy, limit, form, number, err);
                if (r <= 0)
                        return r;
        }
        r = cgroup_file_write(hierarchy, set->path, file, value, err);
        if (r == -EINVAL && hierarchy->version == 1 && limit->knob == CGROUP_MEMORY_LIMIT && limit->value < 0 &&
            cgroup_limit_find(set, CGROUP_MEMORY_SWAP) == NULL && memory_unlimit(set, hierarchy) >= 0)
                return 0;
        if (r == -ENOENT && (limit->if_there || cgroup_limit_anyway(limit)))
                return 0;
        if (r < 0)
                return explain(set, hierarchy, limit, file, value, r, err);
        return cgroup_knobs[limit->knob].read_back ? read_back(set, hierarchy, limit, file, value, err) : 0;
}

static int limit_write(const struct set *set, const struct cgroup_limit *limit, struct ward_err *err)
{
        const struct knob *knob = &cgroup_knobs[limit->knob];
        const struct cgroup_hierarchy *hierarchy;
        const struct knob_files *files;
        int r, too;

        r = hierarchy_find(set, limit, &hierarchy, err);
        if (r < 0 || hierarchy == NULL)
                return r;
        if (limit->knob == CGROUP_UNIFIED)
                return cgroup_unified_write(set, hierarchy, limit, err);
        files = files_of(knob, hierarchy);
        r = file_write(set, hierarchy, limit, files->file, files->form, err);
        if (files->too[0] == '\0' || (r < 0 && !knob->either))
                return r;
        /* What is said is what was wrong with the file that is there. */
        too = file_write(set, hierarchy, limit, files->too, files->too_form, r != -ENOENT && knob->either ? NULL : err);
        if (knob->either)
                return too >= 0 ? 0 : too == -ENOENT || r >= 0 ? r : too;
        return too == -ENOENT ? 0 : too;
}

/* The kernel takes other numbers for cpu.shares, and makes the nearest of them that there is (__sched_group_set_shares). */
static int shares_check(const struct set *set, const struct cgroup_limit *shares, struct ward_err *err)
{
        const struct cgroup_hierarchy *hierarchy = cgroup_knob_hierarchy(set->layout, CGROUP_CPU_SHARES);

        if (hierarchy == NULL || hierarchy->version != 1 ||
            (shares->value >= CGROUP_SHARES_MIN && shares->value <= CGROUP_SHARES_MAX))
                return 0;
        (void)err_set(err, -EINVAL, "set cpu.shares to %" PRId64 " in the control group '%s': shares are %d to %d",
                      shares->value, set->path, CGROUP_SHARES_MIN, CGROUP_SHARES_MAX);
        (void)err_mistake(err, MISTAKE_NUMBER);
        return err_hint(err, "choose a number between these; 1024 is what every group has");
}

/* What is wrong whatever the kernel says, and would otherwise be found after a part was written. */
static int swap_check(const struct set *set, struct ward_err *err)
{
        const struct cgroup_limit *memory = cgroup_limit_find(set, CGROUP_MEMORY_LIMIT),
                                  *swap = cgroup_limit_find(set, CGROUP_MEMORY_SWAP);

        if (memory == NULL || swap == NULL || swap->value < 0)
                return 0;
        if (memory->value >= 0 && swap->value >= memory->value)
                return 0;
        return cgroup_swap_convert(set, NULL, swap->value, &(int64_t){0}, err);
}

static int limits_check(const struct set *set, size_t *ret_failed, struct ward_err *err)
{
        const struct cgroup_limit *shares = cgroup_limit_find(set, CGROUP_CPU_SHARES);
        int r = shares == NULL ? 0 : shares_check(set, shares, err);

        if (r < 0) {
                *ret_failed = (size_t)(shares - set->limits);
                return r;
        }
        r = swap_check(set, err);
        if (r < 0)
                *ret_failed = (size_t)(cgroup_limit_find(set, CGROUP_MEMORY_SWAP) - set->limits);
        return r;
}

/* Writes those limits that are still @pending and of `unified` or not, trying again what may only have come too early. */
static int write_pending(const struct set *set, bool *pending, bool unified, size_t *ret_failed, struct ward_err *err)
{
        bool progress = true;
        size_t left = 0;

        for (size_t i = 0; i < set->count; i++)
                left += (set->limits[i].knob == CGROUP_UNIFIED) == unified;
        while (left > 0) {
                bool last = !progress;

                progress = false;
                for (size_t i = 0; i < set->count; i++) {
                        int r;

                        if (!pending[i] || (set->limits[i].knob == CGROUP_UNIFIED) != unified)
                                continue;
                        r = limit_write(set, &set->limits[i], err);
                        if (r >= 0) {
                                pending[i] = false;
                                left--;
                                progress = true;
                        } else if (r != -EINVAL || last || left == 1) {
                                *ret_failed = i;
                                return r;
                        }
                }
        }
        return 0;
}

int cgroup_set(const struct cgroup_layout *layout, const char *path, const struct cgroup_limit *limits, size_t count,
               size_t *ret_failed, struct ward_err *err)
{
        const struct set set = {layout, path, limits, count};
        const struct cgroup_hierarchy *hierarchy;
        _cleanup_free_ bool *pending = NULL;
        size_t failed = 0;
        int r;

        r = cgroup_path_check_root(path, err);
        if (r < 0)
                return r;
        pending = malloc(count + 1);
        if (pending == NULL)
                return err_oom(err);
        memset(pending, true, count);
        r = limits_check(&set, &failed, err);
        for (size_t i = 0; i < count && r >= 0; i++) {
                r = hierarchy_find(&set, &limits[i], &hierarchy, err);
                failed = i;
        }
        /* What `unified` says of a file overrides what another field says of it (config-linux.md, "Unified"). */
        if (r >= 0)
                r = write_pending(&set, pending, false, &failed, err);
        if (r >= 0)
                r = write_pending(&set, pending, true, &failed, err);
        if (r < 0 && ret_failed != NULL)
                *ret_failed = failed;
        return r;
}
