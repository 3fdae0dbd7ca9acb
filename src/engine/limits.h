/* SPDX-License-Identifier: Apache-2.0 */
/* The resources of a spec as limits of a group, each with the place where it was written. */
#ifndef ENGINE_LIMITS_H
#define ENGINE_LIMITS_H

#include "kern/cgroup.h"
#include "model/limit-words.h"
#include "model/spec.h"

struct limits {
        const struct cgroup_limit *limits;
        const struct spec_origin *origins; /* one for each */
        size_t count;
        size_t wanted;        /* of them: those that a group is needed for */
        uint32_t controllers; /* bit n: a limit needs a group with enum cgroup_controller n */
};

/* Memory comes from @arena; texts are those of @resources. @pids: whether its limit of processes is one. */
int limits_collect(struct limits *limits, struct arena *arena, const struct spec_resources *resources, bool pids,
                   struct ward_err *err);

/* The limits that a word can be, at most as many as there is room for. Returns how many; 0: it is a rule about devices. */
#define LIMITS_KNOBS_MAX 8
size_t limits_knobs(const struct limit_word *word, enum cgroup_knob knobs[LIMITS_KNOBS_MAX]);

/* Whether the knob is one of a device or key, of which a group can have many. */
bool limits_is_keyed(enum cgroup_knob knob);

/* This machine, for limit_words_parse(). */
const struct limit_machine *limits_machine(struct arena *arena);

#endif
