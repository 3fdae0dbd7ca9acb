/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures of a group that are read again and again: in which file each is, in either version, and how it is read out of the text. Pure data and
 * pure functions; cgroup-top.c reads the files. The texts are taken apart where they are, without memory of their own.
 */
#ifndef KERN_CGROUP_FIGURES_H
#define KERN_CGROUP_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kern/cgroup.h"

enum cgroup_figure {
        CGROUP_FIGURE_CPU_NSEC,       /* used so far */
        CGROUP_FIGURE_THROTTLED,      /* periods in which it was held back */
        CGROUP_FIGURE_THROTTLED_NSEC, /* for how long its processors were held back */
        CGROUP_FIGURE_QUOTA_USEC,     /* in each period */
        CGROUP_FIGURE_PERIOD_USEC,
        CGROUP_FIGURE_MEMORY, /* bytes */
        CGROUP_FIGURE_MEMORY_LIMIT,
        CGROUP_FIGURE_OOM_KILLS, /* processes that the OOM killer has ended */
        CGROUP_FIGURE_READ,      /* bytes, of block devices, so far */
        CGROUP_FIGURE_WRITTEN,
        CGROUP_FIGURE_TASKS, /* threads, of the groups below, too */
        CGROUP_FIGURE_TASKS_LIMIT,
        CGROUP_FIGURE_CPU_STALL_USEC, /* for how long so far some process waited (psi.rst) */
        CGROUP_FIGURE_MEMORY_STALL_USEC,
        CGROUP_FIGURE_IO_STALL_USEC,
        CGROUP_FIGURE_PROCESSES, /* of the group itself */
        CGROUP_FIGURE_COUNT,
};

#define CGROUP_FIGURE_NONE UINT64_MAX /* not known; of a limit: there is none */

/* A set of figures: bit n is figure n. */
#define CGROUP_FIGURE(name) (UINT32_C(1) << CGROUP_FIGURE_##name)

enum cgroup_form {
        CGROUP_FORM_NUMBER,   /* one number, "max" or a negative one: none */
        CGROUP_FORM_NUMBERS,  /* numbers or "max", in the order of the figures */
        CGROUP_FORM_KEYS,     /* a line for each key */
        CGROUP_FORM_BLKIO,    /* "8:0 Read 512", summed up */
        CGROUP_FORM_IO_STAT,  /* "8:0 rbytes=512 wbytes=0", summed up */
        CGROUP_FORM_PRESSURE, /* the total of the line "some" */
        CGROUP_FORM_PROCS,    /* a line for each process; cgroup-top.c counts them */
};

#define CGROUP_SOURCE_FIGURES 3

/* A file of a group and what is in it. */
struct cgroup_source {
        enum cgroup_controller controller; /* CGROUP_CONTROLLER_COUNT: every group of v2 has the file */
        int version;                       /* 0: in either */
        const char *file;
        enum cgroup_form form;
        bool steady;  /* it changes by writing to it alone */
        bool unheard; /* devices: one without any has not counted, and the next source is asked */
        struct {
                enum cgroup_figure figure;
                const char *key; /* KEYS, BLKIO, IO_STAT */
                uint32_t unit;   /* what the number is multiplied with; 0: 1 */
        } figures[CGROUP_SOURCE_FIGURES];
        size_t count;
};

/* In the order in which they are asked: a figure is the first source's that has it. */
#define CGROUP_SOURCE_COUNT 25
extern const struct cgroup_source cgroup_sources[CGROUP_SOURCE_COUNT];

/* The figures that a source has. */
uint32_t cgroup_source_gives(const struct cgroup_source *source);

/* Reads @text, the whole file of @source, into those of its figures that are CGROUP_FIGURE_NONE so far. */
void cgroup_source_parse(const struct cgroup_source *source, const char *text, uint64_t figures[CGROUP_FIGURE_COUNT]);

/* For how many microseconds so far some process waited, out of a file of pressures; CGROUP_FIGURE_NONE where it does not say. */
uint64_t cgroup_pressure_total(const char *text);

/* A limit of memory as v1 shows that there is none: its largest number, down to a page, and whatever is near. */
#define CGROUP_V1_UNLIMITED (UINT64_C(1) << 62)

#endif
