/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `ward top` shows of a group, and how its rounds reach the program that draws them (libexec/ward/top): over a stream socket, both ends of
 * which are of one build. ward sends rounds, each a head with its rows behind it; the other side sends keys, a byte each, or TOP_FAILED and why it
 * ends, in words.
 */
#ifndef BASE_TOP_H
#define BASE_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOP_NONE UINT64_MAX /* it is not known; of a limit: there is none */

enum top_value {
        TOP_TASKS, /* or processes: enum top_count */
        TOP_TASKS_LIMIT,
        TOP_CPU,               /* nanoseconds used in each second */
        TOP_CPU_LIMIT,         /* the same, that may be used */
        TOP_CPU_NSEC,          /* used so far */
        TOP_THROTTLED,         /* nanoseconds in each second in which its processors were held back by the limit */
        TOP_THROTTLED_PERIODS, /* of the limit, in which they were, since the round before */
        TOP_MEMORY,            /* bytes */
        TOP_MEMORY_LIMIT,
        TOP_OOM_KILLS,  /* so far */
        TOP_OOM_RECENT, /* since the round before */
        TOP_READ,       /* bytes in each second */
        TOP_WRITTEN,
        TOP_CPU_PRESSURE, /* microseconds in each second in which some process waited: a millionth is 1 */
        TOP_MEMORY_PRESSURE,
        TOP_IO_PRESSURE,
        TOP_VALUE_COUNT,
};

enum top_order { TOP_BY_CPU, TOP_BY_PATH, TOP_BY_TASKS, TOP_BY_MEMORY, TOP_BY_IO, TOP_BY_PRESSURE };
extern const char *const top_order_words[]; /* ends with NULL */

/* What is counted as TOP_TASKS. */
enum top_count {
        TOP_COUNT_TASKS,     /* threads, as pids.current has them */
        TOP_COUNT_USER,      /* processes, but for the kernel's threads */
        TOP_COUNT_PROCESSES, /* processes */
};

/* What rows are put in order by, the largest first; 0: not known. */
uint64_t top_key(const uint64_t values[TOP_VALUE_COUNT], enum top_order order, bool cpu_time);

/* The largest of the pressures; TOP_NONE: none is known. */
uint64_t top_pressure(const uint64_t values[TOP_VALUE_COUNT]);

/* ---- for people: at most TOP_TEXT_MAX bytes with the NUL ---- */

#define TOP_TEXT_MAX 24

/* "-" for TOP_NONE everywhere. Each returns its length. */
size_t top_number_text(char *text, uint64_t number);
size_t top_bytes_text(char *text, uint64_t bytes);                  /* 17B, 1.5K, 24.0M */
size_t top_percent_text(char *text, uint64_t part, uint64_t whole); /* 12.5 */
size_t top_time_text(char *text, uint64_t nsec);                    /* 350ms, 12.3s, 4min 2s, 3h 5min */

/* ---- the socket ---- */

#define TOP_SOCKET 3 /* of the program that draws */
#define TOP_FAILED '!'

/* Keys that change what ward does; the others are the drawing program's own. */
#define TOP_KEYS " +-Pkr"

struct top_head {
        uint32_t size; /* of what comes behind it, in bytes */
        uint32_t rows;
        uint64_t interval_nsec; /* since the round before; 0: there was none */
        uint64_t delay_usec;
        uint32_t cpus;
        uint8_t count, recursive; /* enum top_count */
        uint8_t unused[2];
};

/* A row has its kind, name and path behind it, each with its NUL, and zeros up to a multiple of 8 bytes. A group's parent is a row before it. */
struct top_row_head {
        uint64_t id;
        uint32_t parent; /* number of its row; UINT32_MAX: none */
        uint32_t size;   /* with what is behind it */
        uint64_t values[TOP_VALUE_COUNT];
};

#endif
