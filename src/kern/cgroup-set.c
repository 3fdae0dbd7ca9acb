/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits: one table says which file each knob is in either version and how its value is written there; docs/CGROUPS.md is the same
 * table for people.
 *
 * The kernel refuses with EINVAL what contradicts a value that is still in force: a memory limit above the old limit of memory plus
 * swap, a quota that is too much for the old period, a burst above the old quota. Which one must go first depends on whether
 * they grow or shrink, so a value that is refused in this way is tried again once another one has been accepted.
 */
#include "kern/cgroup.h"

#include <assert.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "kern/cgroup-private.h"

#define VALUE_MAX 64

/* How a value is written. */
enum form {
        FORM_NUMBER, /* as it is; -1 stays -1 */
        FORM_MAX,    /* -1 is "max" */
        FORM_NONE,   /* -1 is 0: no protection */
        FORM_TEXT,
        FORM_WEIGHT, /* shares to weight */
        FORM_SWAP,   /* memory plus swap to swap alone */
        FORM_QUOTA,  /* "quota period" of cpu.max */
        FORM_PERIOD,
};

struct knob {
        const char *field; /* of the OCI runtime specification's linux.resources */
        enum cgroup_controller controller;
        const char *v1, *v2; /* NULL: this version has no such knob */
        enum form v1_form, v2_form;
};

static const struct knob knobs[CGROUP_KNOB_COUNT] = {
        /* clang-format off */
        [CGROUP_MEMORY_LIMIT] = {"memory.limit", CGROUP_MEMORY, "memory.limit_in_bytes", "memory.max", FORM_NUMBER, FORM_MAX},
        [CGROUP_MEMORY_RESERVATION] = {"memory.reservation", CGROUP_MEMORY, "memory.soft_limit_in_bytes", "memory.low", FORM_NUMBER, FORM_NONE},
        [CGROUP_MEMORY_SWAP] = {"memory.swap", CGROUP_MEMORY, "memory.memsw.limit_in_bytes", "memory.swap.max", FORM_NUMBER, FORM_SWAP},
        [CGROUP_MEMORY_SWAPPINESS] = {"memory.swappiness", CGROUP_MEMORY, "memory.swappiness", NULL, FORM_NUMBER, 0},
        [CGROUP_MEMORY_OOM_DISABLE] = {"memory.disableOOMKiller", CGROUP_MEMORY, "memory.oom_control", NULL, FORM_NUMBER, 0},
        [CGROUP_MEMORY_OOM_GROUP] = {"unified[memory.oom.group]", CGROUP_MEMORY, NULL, "memory.oom.group", 0, FORM_NUMBER},
        [CGROUP_CPU_SHARES] = {"cpu.shares", CGROUP_CPU, "cpu.shares", "cpu.weight", FORM_NUMBER, FORM_WEIGHT},
        [CGROUP_CPU_PERIOD] = {"cpu.period", CGROUP_CPU, "cpu.cfs_period_us", "cpu.max", FORM_NUMBER, FORM_PERIOD},
        [CGROUP_CPU_QUOTA] = {"cpu.quota", CGROUP_CPU, "cpu.cfs_quota_us", "cpu.max", FORM_NUMBER, FORM_QUOTA},
        [CGROUP_CPU_BURST] = {"cpu.burst", CGROUP_CPU, "cpu.cfs_burst_us", "cpu.max.burst", FORM_NUMBER, FORM_NUMBER},
        [CGROUP_CPU_IDLE] = {"cpu.idle", CGROUP_CPU, "cpu.idle", "cpu.idle", FORM_NUMBER, FORM_NUMBER},
        [CGROUP_CPU_RT_PERIOD] = {"cpu.realtimePeriod", CGROUP_CPU, "cpu.rt_period_us", NULL, FORM_NUMBER, 0},
        [CGROUP_CPU_RT_RUNTIME] = {"cpu.realtimeRuntime", CGROUP_CPU, "cpu.rt_runtime_us", NULL, FORM_NUMBER, 0},
        [CGROUP_CPUSET_CPUS] = {"cpu.cpus", CGROUP_CPUSET, "cpuset.cpus", "cpuset.cpus", FORM_TEXT, FORM_TEXT},
        [CGROUP_CPUSET_MEMS] = {"cpu.mems", CGROUP_CPUSET, "cpuset.mems", "cpuset.mems", FORM_TEXT, FORM_TEXT},
        [CGROUP_PIDS_MAX] = {"pids.limit", CGROUP_PIDS, "pids.max", "pids.max", FORM_MAX, FORM_MAX},
        /* clang-format on */
};

/* Why the kernel refuses, where its errno says more to who knows the kernel than to others. @version 0: either. */
static const struct reason {
        enum cgroup_knob knob;
        int version, code;
        const char *why, *hint;
} reasons[] = {
        /* clang-format off */
        {CGROUP_MEMORY_LIMIT, 1, -EINVAL, "it is above the group's limit of memory plus swap",
         "set memory.swap too, to at least the memory limit, or to -1"},
        {CGROUP_MEMORY_SWAP, 1, -EINVAL, "it is below the group's memory limit",
         "memory.swap counts memory and swap together: set it to at least memory.limit"},
        {CGROUP_MEMORY_SWAP, 0, -ENOENT, "this kernel does not count swap by control group",
         "leave the swap limit out, or boot with swapaccount=1 (a kernel built with CONFIG_SWAP)"},
        {CGROUP_MEMORY_OOM_DISABLE, 0, -EINVAL, "the OOM killer of the root group cannot be switched off", ""},
        {CGROUP_CPU_SHARES, 0, -EINVAL, "an idle group (cpu.idle 1) has no shares", "set only one of cpu.shares and cpu.idle"},
        {CGROUP_CPU_PERIOD, 0, -EINVAL, "a period is 1000 to 1000000 microseconds, and the quota's part of it at most that of the parent group",
         "100000 is the usual period"},
        {CGROUP_CPU_QUOTA, 0, -EINVAL, "a quota is at least 1000 microseconds, and its part of the period at most that of the parent group",
         "compare with the quota and period of the parent group"},
        {CGROUP_CPU_BURST, 0, -EINVAL, "a burst is at most the quota", "set cpu.quota to at least the burst"},
        {CGROUP_CPU_BURST, 0, -ENOENT, "this kernel has no burst (it came with 5.14)", ""},
        {CGROUP_CPU_IDLE, 0, -EINVAL, "cpu.idle is 0 or 1", ""},
        {CGROUP_CPU_IDLE, 0, -ENOENT, "this kernel has no idle groups (they came with 5.15)", ""},
        {CGROUP_CPU_RT_PERIOD, 0, -ENOENT, "this kernel does not divide real time among groups (CONFIG_RT_GROUP_SCHED)", ""},
        {CGROUP_CPU_RT_PERIOD, 0, -EINVAL, "the parent group has not so much real time to give", "raise cpu.rt_runtime_us of the groups above first"},
        {CGROUP_CPU_RT_RUNTIME, 0, -ENOENT, "this kernel does not divide real time among groups (CONFIG_RT_GROUP_SCHED)", ""},
        {CGROUP_CPU_RT_RUNTIME, 0, -EINVAL, "the parent group has not so much real time to give", "raise cpu.rt_runtime_us of the groups above first"},
        {CGROUP_CPUSET_CPUS, 0, -EINVAL, "it is not a list of processors that are there", "write it as in '0-2,7'; /sys/devices/system/cpu/online has the list"},
        {CGROUP_CPUSET_CPUS, 0, -ERANGE, "it names a processor that this kernel cannot have", "/sys/devices/system/cpu/online has the list"},
        {CGROUP_CPUSET_CPUS, 0, -EACCES, "the parent group may not use all of these processors", "use a part of the parent's cpuset.cpus"},
        {CGROUP_CPUSET_CPUS, 0, -ENOSPC, "processes are in the group, which an empty list would leave without a processor", ""},
        {CGROUP_CPUSET_MEMS, 0, -EINVAL, "it is not a list of memory nodes that are there", "write it as in '0-1'; /sys/devices/system/node/online has the list"},
        {CGROUP_CPUSET_MEMS, 0, -ERANGE, "it names a memory node that this kernel cannot have", "/sys/devices/system/node/online has the list"},
        {CGROUP_CPUSET_MEMS, 0, -EACCES, "the parent group may not use all of these memory nodes", "use a part of the parent's cpuset.mems"},
        {CGROUP_CPUSET_MEMS, 0, -ENOSPC, "processes are in the group, which an empty list would leave without memory", ""},
        /* clang-format on */
};

struct set {
        const struct cgroup_layout *layout;
        const char *path;
        const struct cgroup_limit *limits;
        size_t count;
};

enum cgroup_controller cgroup_knob_controller(enum cgroup_knob knob)
{
        return knobs[knob].controller;
}

static const struct cgroup_limit *limit_find(const struct set *set, enum cgroup_knob knob)
{
        for (size_t i = 0; i < set->count; i++)
                if (set->limits[i].knob == knob)
                        return &set->limits[i];
        return NULL;
}

/* ---- conversions ---- */

static double binary_logarithm(uint64_t number)
{
        int whole = 63 - __builtin_clzll(number);
        double rest = (double)number / (double)(1ULL << whole), logarithm = whole;

        /* One bit of the logarithm for each squaring. Nothing else needs libm, which a static program would then carry. */
        for (double bit = 0.5; bit > 1e-12; bit /= 2) {
                rest *= rest;
                if (rest >= 2) {
                        rest /= 2;
                        logarithm += bit;
                }
        }
        return logarithm;
}

/* ceil(10 ^ ((L * L + 125 * L) / 612 - 7 / 34)), L = log2(shares): the curve through 2 = 1, 1024 = 100, 262144 = 10000 that runc 1.3.2
 * and crun 1.23 brought. The result is found as the least weight whose logarithm is not below the exponent. */
uint64_t cgroup_weight_from_shares(uint64_t shares)
{
        const double log2_of_10 = 3.321928094887362, rounding = 1e-9;
        uint64_t low = 1, high = 10000;
        double l, exponent;

        if (shares <= 2)
                return low;
        if (shares >= 262144)
                return high;
        l = binary_logarithm(shares);
        exponent = ((l * l + 125 * l) / 612 - 7.0 / 34) * log2_of_10;
        while (low < high) {
                uint64_t middle = (low + high) / 2;

                if (binary_logarithm(middle) >= exponent - rounding)
                        high = middle;
                else
                        low = middle + 1;
        }
        return low;
}

/* memory.max of the group as a number; -1 is "max". */
static int memory_limit_read(const struct set *set, const struct cgroup_hierarchy *hierarchy, int64_t *ret_limit,
                             struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        uint64_t limit;
        int r;

        r = cgroup_file_read(hierarchy, set->path, "memory.max", &text, err);
        if (r < 0)
                return r;
        text[strcspn(text, "\n")] = '\0';
        *ret_limit = number_parse(text, INT64_MAX, &limit) < 0 ? -1 : (int64_t)limit;
        return 0;
}

/* memory.swap of the specification counts memory and swap together, memory.swap.max only swap. */
static int swap_convert(const struct set *set, const struct cgroup_hierarchy *hierarchy, int64_t both,
                        int64_t *ret_swap, struct ward_err *err)
{
        const struct cgroup_limit *limit = limit_find(set, CGROUP_MEMORY_LIMIT);
        int64_t memory = limit == NULL ? -1 : limit->value;
        int r;

        if (both < 0) {
                *ret_swap = -1;
                return 0;
        }
        if (limit == NULL) {
                r = memory_limit_read(set, hierarchy, &memory, err);
                if (r < 0)
                        return r;
        }
        if (memory < 0) {
                (void)err_set(err, -EINVAL,
                              "memory.swap %" PRId64 ": without a limit of memory there is none of memory plus swap",
                              both);
                (void)err_hint(err, "set memory.limit too");
                return -EINVAL;
        }
        if (both < memory) {
                (void)err_set(err, -EINVAL, "memory.swap %" PRId64 " is below memory.limit %" PRId64, both, memory);
                (void)err_hint(err, "memory.swap counts memory and swap together: set it to at least memory.limit");
                return -EINVAL;
        }
        *ret_swap = both - memory;
        return 0;
}

/* cpu.max holds the quota and the period. A quota alone leaves the period; a period needs the quota in front of it. */
static int period_convert(const struct set *set, const struct cgroup_hierarchy *hierarchy, int64_t period,
                          char value[VALUE_MAX], struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        int r;

        r = cgroup_file_read(hierarchy, set->path, "cpu.max", &text, err);
        if (r < 0)
                return r;
        (void)snprintf(value, VALUE_MAX, "%.*s %" PRId64, (int)strcspn(text, " \n"), text, period);
        return 0;
}

static void number_print(char value[VALUE_MAX], int64_t number, const char *none)
{
        if (number < 0 && none != NULL)
                (void)snprintf(value, VALUE_MAX, "%s", none);
        else
                (void)snprintf(value, VALUE_MAX, "%" PRId64, number);
}

/* Fills in @value. Returns 1, or 0 when another limit's write carries this one, or -errno. */
static int value_print(const struct set *set, const struct cgroup_hierarchy *hierarchy,
                       const struct cgroup_limit *limit, enum form form, char value[VALUE_MAX], struct ward_err *err)
{
        const struct cgroup_limit *period = limit_find(set, CGROUP_CPU_PERIOD);
        int64_t number = limit->value;
        int r = 0;

        switch (form) {
        case FORM_SWAP:
                r = swap_convert(set, hierarchy, limit->value, &number, err);
                number_print(value, number, "max");
                break;
        case FORM_MAX:
                number_print(value, number, "max");
                break;
        case FORM_NONE:
                number_print(value, number, "0");
                break;
        case FORM_WEIGHT:
                number_print(value, (int64_t)cgroup_weight_from_shares((uint64_t)(number < 0 ? 0 : number)), NULL);
                break;
        case FORM_QUOTA:
                number_print(value, number, "max");
                if (period != NULL) {
                        size_t len = strlen(value);

                        (void)snprintf(value + len, VALUE_MAX - len, " %" PRId64, period->value);
                }
                break;
        case FORM_PERIOD:
                if (limit_find(set, CGROUP_CPU_QUOTA) != NULL)
                        return 0;
                r = period_convert(set, hierarchy, limit->value, value, err);
                break;
        case FORM_NUMBER:
        case FORM_TEXT:
                number_print(value, number, NULL);
                break;
        }
        return r < 0 ? r : 1;
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

/* The file is not there: the group is missing, or a controller was not given to it, or this kernel lacks the file. */
static int explain_missing(const struct set *set, const struct cgroup_hierarchy *hierarchy, const struct knob *knob,
                           const char *file, struct ward_err *err)
{
        const char *controller = cgroup_controller_names[knob->controller];
        _cleanup_close_
        int group = cgroup_open(hierarchy, set->path, NULL, O_PATH);

        if (group < 0)
                return err_code(err, group, "set %s: open the control group '%s' in '%s'", knob->field, set->path,
                                hierarchy->mount);
        (void)err_set(err, -ENOENT, "set %s: the control group '%s' in '%s' has no file '%s'", knob->field, set->path,
                      hierarchy->mount, file);
        if (hierarchy->version == 2)
                (void)err_hint(err, "the group above must give it the %s controller (cgroup.subtree_control)",
                               controller);
        return -ENOENT;
}

/* Turns the kernel's refusal into words. Returns @code. */
static int explain(const struct set *set, const struct cgroup_hierarchy *hierarchy, const struct cgroup_limit *limit,
                   const char *value, int code, struct ward_err *err)
{
        const struct knob *knob = &knobs[limit->knob];
        const char *file = hierarchy->version == 1 ? knob->v1 : knob->v2;

        if (err == NULL)
                return code;
        if (code == -EBUSY && limit->knob == CGROUP_MEMORY_LIMIT)
                return explain_usage(set, hierarchy, limit->value, err);
        for (size_t i = 0; i < ELEMENTS(reasons); i++) {
                const struct reason *reason = &reasons[i];

                if (reason->knob != limit->knob || reason->code != code ||
                    (reason->version != 0 && reason->version != hierarchy->version))
                        continue;
                (void)err_set(err, code, "set %s to '%s' in the control group '%s' (%s/.../%s): %s", knob->field, value,
                              set->path, hierarchy->mount, file, reason->why);
                (void)err_hint(err, "%s", reason->hint);
                if (limit->knob == CGROUP_CPUSET_CPUS || limit->knob == CGROUP_CPUSET_MEMS)
                        (void)err_mistake(err, MISTAKE_CPUSET);
                return code;
        }
        if (code == -ENOENT)
                return explain_missing(set, hierarchy, knob, file, err);
        (void)err_wrap(err, "set %s", knob->field);
        return code;
}

/* ---- writing ---- */

/* Finds the hierarchy of a limit. -EOPNOTSUPP with the reason when the limit cannot be set on this machine. */
static int hierarchy_find(const struct set *set, const struct cgroup_limit *limit,
                          const struct cgroup_hierarchy **ret_hierarchy, struct ward_err *err)
{
        const struct knob *knob = &knobs[limit->knob];
        const char *controller = cgroup_controller_names[knob->controller];
        const struct cgroup_hierarchy *hierarchy = cgroup_with(set->layout, knob->controller);

        for (size_t i = 0; hierarchy == NULL && i < set->layout->count; i++) {
                const struct cgroup_hierarchy *denied = &set->layout->hierarchies[i];

                if (!denied->denied || (denied->controllers & 1U << knob->controller) == 0)
                        continue;
                (void)err_set(err, -EACCES, "set %s: the caller may make no group in '%s', which has the %s controller",
                              knob->field, denied->mount, controller);
                return err_hint(err, "leave this limit out, or run it with sudo");
        }
        if (hierarchy == NULL) {
                (void)err_set(err, -EOPNOTSUPP, "set %s: no mounted control group hierarchy has the %s controller",
                              knob->field, controller);
                (void)err_hint(err, "leave this limit out, or make the controller available (/proc/cgroups lists those "
                                    "of this kernel)");
                return -EOPNOTSUPP;
        }
        if ((hierarchy->version == 1 ? knob->v1 : knob->v2) == NULL) {
                (void)err_set(err, -EOPNOTSUPP,
                              "set %s: cgroup v%d, which has the %s controller on this machine, has no such setting",
                              knob->field, hierarchy->version, controller);
                (void)err_hint(err, "leave it out; it exists in cgroup v%d only", 3 - hierarchy->version);
                return -EOPNOTSUPP;
        }
        *ret_hierarchy = hierarchy;
        return 0;
}

/* memory.limit -1 means that swap is unlimited too, unless it says otherwise; v1 would refuse it below an old limit of both. */
static int memory_unlimit(const struct set *set, const struct cgroup_hierarchy *hierarchy)
{
        int r = cgroup_file_write(hierarchy, set->path, knobs[CGROUP_MEMORY_SWAP].v1, "-1", NULL);

        return r < 0 ? r : cgroup_file_write(hierarchy, set->path, knobs[CGROUP_MEMORY_LIMIT].v1, "-1", NULL);
}

static int limit_write(const struct set *set, const struct cgroup_limit *limit, struct ward_err *err)
{
        const struct knob *knob = &knobs[limit->knob];
        const struct cgroup_hierarchy *hierarchy;
        char number[VALUE_MAX];
        const char *value = number;
        int r;

        r = hierarchy_find(set, limit, &hierarchy, err);
        if (r < 0)
                return r;
        if (knob->v1_form == FORM_TEXT) {
                value = limit->text;
        } else {
                r = value_print(set, hierarchy, limit, hierarchy->version == 1 ? knob->v1_form : knob->v2_form, number,
                                err);
                if (r <= 0)
                        return r;
        }
        r = cgroup_file_write(hierarchy, set->path, hierarchy->version == 1 ? knob->v1 : knob->v2, value, err);
        if (r == -EINVAL && hierarchy->version == 1 && limit->knob == CGROUP_MEMORY_LIMIT && limit->value < 0 &&
            limit_find(set, CGROUP_MEMORY_SWAP) == NULL && memory_unlimit(set, hierarchy) >= 0)
                return 0;
        return r < 0 ? explain(set, hierarchy, limit, value, r, err) : 0;
}

/* What is wrong whatever the kernel says, and would otherwise be found after a part was written. */
static int limits_check(const struct set *set, struct ward_err *err)
{
        const struct cgroup_limit *memory = limit_find(set, CGROUP_MEMORY_LIMIT),
                                  *swap = limit_find(set, CGROUP_MEMORY_SWAP);

        if (memory == NULL || swap == NULL || swap->value < 0)
                return 0;
        if (memory->value >= 0 && swap->value >= memory->value)
                return 0;
        return swap_convert(set, NULL, swap->value, &(int64_t){0}, err);
}

int cgroup_set(const struct cgroup_layout *layout, const char *path, const struct cgroup_limit *limits, size_t count,
               size_t *ret_failed, struct ward_err *err)
{
        const struct set set = {layout, path, limits, count};
        const struct cgroup_hierarchy *hierarchy;
        uint64_t pending;
        bool progress = true;
        int r;

        assert(count < 64);
        pending = (1ULL << count) - 1;
        r = cgroup_path_check(path, err);
        if (r < 0)
                return r;
        r = limits_check(&set, err);
        if (r < 0 && ret_failed != NULL)
                *ret_failed = (size_t)(limit_find(&set, CGROUP_MEMORY_SWAP) - limits);
        for (size_t i = 0; i < count && r >= 0; i++) {
                r = hierarchy_find(&set, &limits[i], &hierarchy, err);
                if (r < 0 && ret_failed != NULL)
                        *ret_failed = i;
        }
        if (r < 0)
                return r;
        while (pending != 0) {
                bool last = !progress;

                progress = false;
                for (size_t i = 0; i < count; i++) {
                        if ((pending & 1ULL << i) == 0)
                                continue;
                        r = limit_write(&set, &limits[i], err);
                        if (r >= 0) {
                                pending &= ~(1ULL << i);
                                progress = true;
                        } else if (r != -EINVAL || last || pending == 1ULL << i) {
                                if (ret_failed != NULL)
                                        *ret_failed = i;
                                return r;
                        }
                }
        }
        return 0;
}
