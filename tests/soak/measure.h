/* SPDX-License-Identifier: Apache-2.0 */
/* What a machine has before and after, as far as it can be told apart from what others do on it meanwhile. */
#ifndef SOAK_MEASURE_H
#define SOAK_MEASURE_H

#include "soak.h"

enum figure {
        FIGURE_MOUNTS,        /* in the own mount namespace */
        FIGURE_GROUPS,        /* below the own group, and those with the run's name elsewhere, in all hierarchies */
        FIGURE_DYING,         /* v2: removed groups below the own one that something still refers to */
        FIGURE_STATE_FILES,   /* entries below the state root */
        FIGURE_STATE_BYTES,   /* what they hold */
        FIGURE_PROCESSES,     /* children of this process */
        FIGURE_FDS,           /* of this process */
        FIGURE_KERNEL_BYTES,  /* the kernel's memory on the account of the own group */
        FIGURE_MEMORY_BYTES,  /* all memory on its account */
        FIGURE_MEMORY_GROUPS, /* of the machine, as the next ones: others are at work, too */
        FIGURE_KEYS,
        FIGURE_SLABS,
        FIGURE_COUNT = FIGURE_SLABS + 5,
};

#define FIGURE_NONE UINT64_MAX /* this machine does not say */

/* Makes the groups of the run, puts this process into one for its memory, and finds out where the figures are. */
void measure_begin(const struct soak *soak);

void measure(const struct soak *soak, uint64_t values[FIGURE_COUNT]);

/* The same when what the kernel does later has settled: memory and groups get no fewer for a while. */
void measure_settled(const struct soak *soak, uint64_t values[FIGURE_COUNT]);

/* Waits until what the kernel does later is done, at most a minute; fills in @after, prints the table, and returns whether all is as it was.
 * @starts: how many there were. */
bool measure_compare(const struct soak *soak, const uint64_t before[FIGURE_COUNT], uint64_t after[FIGURE_COUNT],
                     uint64_t starts);

/* A line of the table. */
bool measure_line(const char *name, uint64_t before, uint64_t after, uint64_t allowed);

/* Takes this process out of the groups and removes them. */
void measure_end(const struct soak *soak);

#endif
