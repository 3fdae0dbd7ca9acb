/* SPDX-License-Identifier: Apache-2.0 */
/* The words of process.scheduler, process.ioPriority and linux.memoryPolicy: one table each, read by oci-schedule.c, written by print.c and shown
 * by `ward-oci features`. */
#ifndef MODEL_SCHEDULE_WORDS_H
#define MODEL_SCHEDULE_WORDS_H

#include <stddef.h>
#include <stdint.h>

struct schedule_word {
        const char *name;
        uint32_t value;
};

struct schedule_words {
        const struct schedule_word *words;
        size_t count;
};

extern const struct schedule_words schedule_policies; /* SCHED_* */
extern const struct schedule_words schedule_flags;    /* SCHED_FLAG_* */
extern const struct schedule_words schedule_classes;  /* IOPRIO_CLASS_* */
extern const struct schedule_words memory_modes;      /* MPOL_* */
extern const struct schedule_words memory_flags;      /* MPOL_F_* */

#define SCHEDULE_WORDS_MAX 8

/* The name of @value; NULL: it has none. */
const char *schedule_word_name(const struct schedule_words *words, uint32_t value);

/* The names of a table, for what takes a list of strings. Returns how many. */
size_t schedule_word_names(const struct schedule_words *words, const char *names[static SCHEDULE_WORDS_MAX]);

#endif
