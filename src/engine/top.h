/* SPDX-License-Identifier: Apache-2.0 */
/* All control groups and what they use, round after round: for `ward top`. */
#ifndef ENGINE_TOP_H
#define ENGINE_TOP_H

#include <stdbool.h>

#include "base/top.h"
#include "model/group-name.h"
#include "store/store.h"

struct engine_top_options {
        const char *group; /* its path, or a container of the store; NULL: all groups */
        unsigned depth;    /* how many levels below it; UINT_MAX: all */
        uint32_t values;   /* which: bit n is enum top_value n */
        enum top_count count;
        bool recursive; /* of processes: those of the groups below count, too */
};

/* A group. It lives until the next round. */
struct top_row {
        uint64_t id;      /* of this group alone */
        const char *path; /* as it is */
        const char
                *shown; /* the same for a terminal, to which a name must not speak: printable ASCII, the rest is '?' */
        bool utf8;      /* the path is UTF-8 */
        const struct group_name *name; /* printable ASCII, too */
        unsigned depth;
        size_t parent;                    /* its row; SIZE_MAX: none */
        uint64_t values[TOP_VALUE_COUNT]; /* TOP_NONE: not known, or not asked for */
};

struct top_round {
        const struct top_row *rows; /* parents first */
        size_t count;
        uint64_t
                interval_nsec; /* since the round before: what is said of a second is the mean of that time; 0: there was none */
        unsigned cpus; /* processors that are online */
};

struct engine_top;

/* @store is borrowed. It raises the soft limit of open files (RLIMIT_NOFILE) to the hard one, as files of groups stay open. Errors: there is no
 * such group; no hierarchy is mounted. */
int engine_top_open(struct store *store, const struct engine_top_options *options, struct engine_top **ret_top,
                    struct ward_err *err);
void engine_top_close(struct engine_top *top);

static inline void engine_top_close_pointer(struct engine_top **top)
{
        engine_top_close(*top);
}
#define _cleanup_top_ _cleanup_(engine_top_close_pointer)

/* Looks at all groups. The first round knows nothing of what is said of a second. */
int engine_top_round(struct engine_top *top, struct top_round *ret_round, struct ward_err *err);

/* What the program that draws is begun with. */
struct engine_top_screen {
        uint64_t delay_usec;
        uint64_t rounds; /* 0: until it is ended by a key */
        enum top_order order;
        bool raw, cpu_time, color;
};

/* Shows rounds on the terminal that is standard input and output, by libexec/ward/top, and heeds its keys until it ends. SIGINT is ignored
 * meanwhile: the terminal sends it to both. */
int engine_top_screen(struct engine_top *top, const struct engine_top_screen *screen, struct ward_err *err);

/* Counts something else from the next round on. */
int engine_top_count(struct engine_top *top, enum top_count count, bool recursive, struct ward_err *err);
void engine_top_counts(const struct engine_top *top, enum top_count *ret_count, bool *ret_recursive);

#endif
