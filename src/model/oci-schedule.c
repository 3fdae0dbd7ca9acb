/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which processors, memory nodes and disk turns a process of config.json gets: process.scheduler, process.ioPriority,
 * process.execCPUAffinity and linux.memoryPolicy.
 *
 * What the kernel would take and then not look at (a flag for MPOL_DEFAULT) is refused: it can only be a mistake. But for a nice value of a policy
 * that has none: engines write one for every policy.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <string.h>

#include "base/text.h"
#include "model/oci-read.h"
#include "model/schedule-words.h"

#define ISO 4                 /* SCHED_ISO: the number is reserved, and in no kernel */
#define WEIGHTED_INTERLEAVE 6 /* MPOL_WEIGHTED_INTERLEAVE, Linux 6.9: newer than Debian 12's headers */
#define RUNTIME_MIN_NSEC 1024 /* sched(7), "SCHED_DEADLINE" */

static const struct schedule_word policies[] = {
        {"SCHED_OTHER", SCHED_NORMAL},      {"SCHED_FIFO", SCHED_FIFO}, {"SCHED_RR", SCHED_RR},
        {"SCHED_BATCH", SCHED_BATCH},       {"SCHED_ISO", ISO},         {"SCHED_IDLE", SCHED_IDLE},
        {"SCHED_DEADLINE", SCHED_DEADLINE},
};
static const struct schedule_word scheduler_flags[] = {
        {"SCHED_FLAG_RESET_ON_FORK", SCHED_FLAG_RESET_ON_FORK},
        {"SCHED_FLAG_RECLAIM", SCHED_FLAG_RECLAIM},
        {"SCHED_FLAG_DL_OVERRUN", SCHED_FLAG_DL_OVERRUN},
        {"SCHED_FLAG_KEEP_POLICY", SCHED_FLAG_KEEP_POLICY},
        {"SCHED_FLAG_KEEP_PARAMS", SCHED_FLAG_KEEP_PARAMS},
        {"SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN},
        {"SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX},
};
static const struct schedule_word classes[] = {
        {"IOPRIO_CLASS_RT", IOPRIO_CLASS_RT},
        {"IOPRIO_CLASS_BE", IOPRIO_CLASS_BE},
        {"IOPRIO_CLASS_IDLE", IOPRIO_CLASS_IDLE},
};
static const struct schedule_word modes[] = {
        {"MPOL_DEFAULT", MPOL_DEFAULT},       {"MPOL_BIND", MPOL_BIND},
        {"MPOL_INTERLEAVE", MPOL_INTERLEAVE}, {"MPOL_WEIGHTED_INTERLEAVE", WEIGHTED_INTERLEAVE},
        {"MPOL_PREFERRED", MPOL_PREFERRED},   {"MPOL_PREFERRED_MANY", MPOL_PREFERRED_MANY},
        {"MPOL_LOCAL", MPOL_LOCAL},
};
static const struct schedule_word mode_flags[] = {
        {"MPOL_F_NUMA_BALANCING", MPOL_F_NUMA_BALANCING},
        {"MPOL_F_RELATIVE_NODES", MPOL_F_RELATIVE_NODES},
        {"MPOL_F_STATIC_NODES", MPOL_F_STATIC_NODES},
};

const struct schedule_words schedule_policies = {policies, ELEMENTS(policies)};
const struct schedule_words schedule_flags = {scheduler_flags, ELEMENTS(scheduler_flags)};
const struct schedule_words schedule_classes = {classes, ELEMENTS(classes)};
const struct schedule_words memory_modes = {modes, ELEMENTS(modes)};
const struct schedule_words memory_flags = {mode_flags, ELEMENTS(mode_flags)};

const char *schedule_word_name(const struct schedule_words *words, uint32_t value)
{
        for (size_t i = 0; i < words->count; i++)
                if (words->words[i].value == value)
                        return words->words[i].name;
        return NULL;
}

size_t schedule_word_names(const struct schedule_words *words, const char *names[static SCHEDULE_WORDS_MAX])
{
        for (size_t i = 0; i < words->count; i++)
                names[i] = words->words[i].name;
        return words->count;
}

static int read_word(struct json *json, const char *what, const struct schedule_words *words, uint32_t *ret_value)
{
        const char *names[SCHEDULE_WORDS_MAX];
        int index = oci_word(json, what, names, schedule_word_names(words, names));

        if (index < 0)
                return index;
        *ret_value = words->words[index].value;
        return 0;
}

/* ----------------------------------------------------------------------------------------------------------- scheduler */

static int read_policy(struct json *json, void *target)
{
        const char *where = json->at;
        struct spec_scheduler *scheduler = target;
        int r;

        r = read_word(json, "scheduling policy", &schedule_policies, &scheduler->policy);
        if (r < 0 || scheduler->policy != ISO)
                return r;
        (void)json_fail(json, where, "SCHED_ISO is in no kernel of Linux: only its number is reserved");
        return err_hint(json->err, "take SCHED_RR or SCHED_OTHER");
}

static int read_nice(struct json *json, void *target)
{
        int64_t nice;
        int r;

        r = json_i64(json, -20, 19, &nice);
        if (r < 0)
                return r;
        *(int32_t *)target = (int32_t)nice;
        return 0;
}

static int read_priority(struct json *json, void *target)
{
        uint64_t priority;
        int r;

        r = json_u64(json, 99, &priority);
        if (r < 0)
                return r;
        *(uint32_t *)target = (uint32_t)priority;
        return 0;
}

static int read_scheduler_flag(struct json *json, void *target)
{
        uint32_t flag;
        int r = read_word(json, "scheduling flag", &schedule_flags, &flag);

        if (r >= 0)
                *(uint64_t *)target |= flag;
        return r;
}

static int read_scheduler_flags(struct json *json, void *target)
{
        return json_array(json, read_scheduler_flag, target);
}

static int read_time(struct json *json, void *target)
{
        return json_u64(json, INT64_MAX, target); /* sched_setattr(2): the highest bit may not be set */
}

static const struct json_field scheduler_fields[] = {
        {"policy", read_policy, JSON_REQUIRED},
        JSON_FIELD("nice", struct spec_scheduler, nice, read_nice, 0),
        JSON_FIELD("priority", struct spec_scheduler, priority, read_priority, 0),
        JSON_FIELD("flags", struct spec_scheduler, flags, read_scheduler_flags, 0),
        JSON_FIELD("runtime", struct spec_scheduler, runtime_nsec, read_time, 0),
        JSON_FIELD("deadline", struct spec_scheduler, deadline_nsec, read_time, 0),
        JSON_FIELD("period", struct spec_scheduler, period_nsec, read_time, 0),
};

/* sched(7): a budget of @runtime in each @period, to be had before @deadline. Without a period it is the deadline. */
static int check_deadline(struct json *json, const char *where, const struct spec_scheduler *scheduler)
{
        uint64_t period = scheduler->period_nsec != 0 ? scheduler->period_nsec : scheduler->deadline_nsec;

        if (scheduler->runtime_nsec < RUNTIME_MIN_NSEC)
                return json_fail(json, where, "SCHED_DEADLINE needs a runtime of at least %d nanoseconds",
                                 RUNTIME_MIN_NSEC);
        if (scheduler->runtime_nsec > scheduler->deadline_nsec || scheduler->deadline_nsec > period)
                return json_fail(json, where,
                                 "SCHED_DEADLINE needs runtime <= deadline <= period, these are %" PRIu64 ", %" PRIu64
                                 ", %" PRIu64,
                                 scheduler->runtime_nsec, scheduler->deadline_nsec, period);
        return 0;
}

static int check_scheduler(struct json *json, const char *where, const struct spec_scheduler *scheduler)
{
        uint32_t policy = scheduler->policy;
        bool realtime = policy == SCHED_FIFO || policy == SCHED_RR;
        const char *name = schedule_word_name(&schedule_policies, policy);

        /* sched_setattr(2): what is kept is not taken from here. */
        if ((scheduler->flags & (SCHED_FLAG_KEEP_POLICY | SCHED_FLAG_KEEP_PARAMS)) != 0)
                return 0;
        if (realtime && scheduler->priority == 0) {
                (void)json_fail(json, where, "%s needs a priority from 1 to 99", name);
                return err_hint(json->err, "add \"priority\": 1");
        }
        if (!realtime && scheduler->priority != 0)
                return json_fail(json, where, "%s has no priority: SCHED_FIFO and SCHED_RR have one", name);
        if (policy == SCHED_DEADLINE)
                return check_deadline(json, where, scheduler);
        if ((scheduler->runtime_nsec | scheduler->deadline_nsec | scheduler->period_nsec) != 0)
                return json_fail(json, where, "%s has no runtime, deadline and period: SCHED_DEADLINE has them", name);
        if ((scheduler->flags & (SCHED_FLAG_RECLAIM | SCHED_FLAG_DL_OVERRUN)) != 0)
                return json_fail(json, where,
                                 "SCHED_FLAG_RECLAIM and SCHED_FLAG_DL_OVERRUN are of SCHED_DEADLINE, not of %s", name);
        return 0;
}

int oci_read_scheduler(struct json *json, void *target)
{
        const char *where = json->at;
        struct spec_scheduler *scheduler = target;
        int r;

        r = oci_origin(json, &scheduler->origin);
        if (r >= 0)
                r = json_object(json, scheduler_fields, ELEMENTS(scheduler_fields), JSON_SKIP_UNKNOWN, scheduler);
        if (r < 0)
                return r;
        scheduler->given = true;
        if (scheduler->policy != SCHED_NORMAL && scheduler->policy != SCHED_BATCH)
                scheduler->nice = 0;
        return check_scheduler(json, where, scheduler);
}

/* ------------------------------------------------------------------------------------------------------- disk priority */

struct io_priority {
        struct spec_io_priority *priority;
        bool level_given;
};

static int read_io_class(struct json *json, void *target)
{
        return read_word(json, "I/O priority class", &schedule_classes,
                         &((struct io_priority *)target)->priority->class);
}

static int read_io_level(struct json *json, void *target)
{
        struct io_priority *io = target;
        uint64_t level;
        int r;

        r = json_u64(json, IOPRIO_NR_LEVELS - 1, &level);
        if (r < 0)
                return r;
        io->priority->level = (uint32_t)level;
        io->level_given = true;
        return 0;
}

static const struct json_field io_fields[] = {
        {"class", read_io_class, JSON_REQUIRED},
        {"priority", read_io_level},
};

int oci_read_io_priority(struct json *json, void *target)
{
        const char *where = json->at;
        struct io_priority io = {.priority = target};
        int r;

        r = oci_origin(json, &io.priority->origin);
        if (r < 0)
                return r;
        io.priority->given = true;
        r = json_object(json, io_fields, ELEMENTS(io_fields), JSON_SKIP_UNKNOWN, &io);
        if (r < 0)
                return r;
        /* ioprio_set(2): the idle class has no levels; in the others 0 would be the highest, which nobody gets unasked. */
        if (!io.level_given && io.priority->class != IOPRIO_CLASS_IDLE)
                return json_fail(json, where, "the required field 'priority' is missing");
        return 0;
}

/* --------------------------------------------------------------------------------------------------------------- lists */

/* Digits at @at, without sign or blank. Returns what stands behind them; NULL: there are none, or the number is above @max. */
static const char *read_digits(const char *at, uint32_t max, uint32_t *ret_number)
{
        uint32_t number = 0;

        if (*at < '0' || *at > '9')
                return NULL;
        for (; *at >= '0' && *at <= '9'; at++) {
                number = number * 10 + (uint32_t)(*at - '0');
                if (number > max)
                        return NULL;
        }
        *ret_number = number;
        return at;
}

/* "0-3,7": what cpuset(7) calls the list format. */
static int read_set(struct json *json, const char *what, uint32_t bit_count, struct spec_set *set)
{
        const char *where = json->at;
        const char *text, *at;
        uint64_t *bits;
        int r;

        r = oci_origin(json, &set->origin);
        if (r >= 0)
                r = json_string(json, &text);
        if (r < 0 || text[0] == '\0')
                return r;
        bits = arena_new(json->arena, uint64_t, bit_count / 64);
        if (bits == NULL)
                return err_oom(json->err);
        for (at = text;; at++) {
                uint32_t first, last;

                at = read_digits(at, bit_count - 1, &first);
                last = first;
                if (at != NULL && *at == '-')
                        at = read_digits(at + 1, bit_count - 1, &last);
                if (at == NULL || (*at != ',' && *at != '\0') || last < first) {
                        (void)json_fail(json, where, "'%s' is no list of %s", text, what);
                        return err_hint(json->err, "write numbers from 0 to %u and ranges, as in \"0-3,7\"",
                                        bit_count - 1);
                }
                for (uint32_t n = first; n <= last; n++)
                        bits[n / 64] |= UINT64_C(1) << n % 64;
                if (*at == '\0')
                        break;
        }
        set->text = text;
        set->bits = bits;
        set->bit_count = bit_count;
        return 0;
}

static int read_cpus(struct json *json, void *target)
{
        return read_set(json, "processors", SPEC_CPUS_MAX, target);
}

static const struct json_field affinity_fields[] = {
        JSON_FIELD("initial", struct spec_process, affinity_initial, read_cpus, 0),
        JSON_FIELD("final", struct spec_process, affinity_final, read_cpus, 0),
};

int oci_read_affinity(struct json *json, void *target)
{
        return json_object(json, affinity_fields, ELEMENTS(affinity_fields), JSON_SKIP_UNKNOWN, target);
}

/* ------------------------------------------------------------------------------------------------------- memory policy */

static int read_mode(struct json *json, void *target)
{
        return read_word(json, "memory policy", &memory_modes, target);
}

static int read_nodes(struct json *json, void *target)
{
        return read_set(json, "memory nodes", SPEC_NODES_MAX, target);
}

static int read_mode_flag(struct json *json, void *target)
{
        uint32_t flag;
        int r = read_word(json, "flag of a memory policy", &memory_flags, &flag);

        if (r >= 0)
                *(uint32_t *)target |= flag;
        return r;
}

static int read_mode_flags(struct json *json, void *target)
{
        return json_array(json, read_mode_flag, target);
}

static const struct json_field policy_fields[] = {
        JSON_FIELD("mode", struct spec_memory_policy, mode, read_mode, JSON_REQUIRED),
        JSON_FIELD("nodes", struct spec_memory_policy, nodes, read_nodes, 0),
        JSON_FIELD("flags", struct spec_memory_policy, flags, read_mode_flags, 0),
};

/* set_mempolicy(2): which modes take nodes, and which flags. */
static int check_memory_policy(struct json *json, const char *where, const struct spec_memory_policy *policy)
{
        const uint32_t nodes_flags = MPOL_F_RELATIVE_NODES | MPOL_F_STATIC_NODES;
        const char *name = schedule_word_name(&memory_modes, policy->mode);
        bool without = policy->mode == MPOL_DEFAULT || policy->mode == MPOL_LOCAL;

        if (without && policy->nodes.text != NULL)
                return json_fail(json, where, "%s takes no nodes", name);
        if (!without && policy->nodes.text == NULL && policy->mode != MPOL_PREFERRED) {
                (void)json_fail(json, where, "%s needs nodes", name);
                return err_hint(json->err, "add \"nodes\": \"0\", or more of them");
        }
        if (policy->nodes.text == NULL && (policy->flags & nodes_flags) != 0)
                return json_fail(json, where, "MPOL_F_RELATIVE_NODES and MPOL_F_STATIC_NODES need nodes");
        if ((policy->flags & nodes_flags) == nodes_flags)
                return json_fail(json, where, "MPOL_F_RELATIVE_NODES and MPOL_F_STATIC_NODES exclude each other");
        if ((policy->flags & MPOL_F_NUMA_BALANCING) != 0 && policy->mode != MPOL_BIND &&
            policy->mode != MPOL_PREFERRED_MANY)
                return json_fail(json, where,
                                 "MPOL_F_NUMA_BALANCING is of MPOL_BIND and MPOL_PREFERRED_MANY, not of %s", name);
        return 0;
}

int oci_read_memory_policy(struct json *json, void *target)
{
        const char *where = json->at;
        struct spec_memory_policy *policy = target;
        int r;

        r = oci_origin(json, &policy->origin);
        if (r >= 0)
                r = json_object(json, policy_fields, ELEMENTS(policy_fields), JSON_SKIP_UNKNOWN, policy);
        if (r < 0)
                return r;
        policy->given = true;
        return check_memory_policy(json, where, policy);
}
