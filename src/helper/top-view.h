/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of libexec/ward/top share: the rounds that came, the groups in the order in which they are shown, and how. */
#ifndef HELPER_TOP_VIEW_H
#define HELPER_TOP_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/top.h"

#define HISTORY_MAX 32
#define NO_ROW SIZE_MAX

enum { HISTORY_CPU, HISTORY_MEMORY, HISTORY_PRESSURE, HISTORY_COUNT };

/* What stays of a group from round to round. */
struct history {
        uint64_t id;
        struct history *next;                        /* with the same hash */
        uint64_t round;                              /* in which it was last seen */
        uint64_t oom_round;                          /* in which its last OOM kill was seen; 0: none */
        bool folded;                                 /* the groups below are not shown */
        unsigned count;                              /* rounds it has been seen in */
        uint64_t values[HISTORY_COUNT][HISTORY_MAX]; /* of round n at n % HISTORY_MAX */
};

struct row {
        const struct top_row_head *head; /* in the message */
        const char *kind, *name, *path;
        struct history *history;
        size_t child, next; /* rows; NO_ROW: none */
        unsigned depth;
        uint64_t key;
};

#define BUCKETS 4096

struct view {
        struct top_head head;
        char *message; /* the rows of the last whole round, owned */
        struct row *rows;
        size_t count;
        size_t *shown; /* rows, in the order of the screen */
        size_t shown_count;
        uint64_t round;
        struct history *histories[BUCKETS];
        enum top_order order;
        bool raw, cpu_time, flat;
        uint64_t selected; /* the id of a group; 0: the first */
        size_t first;      /* which of @shown is the first on the screen */
};

/* Takes over @message, the @head's rows. False: it is malformed, or memory is short. */
bool view_take(struct view *view, const struct top_head *head, char *message);

/* Puts the rows in order again: after a round, and after a key that changed it. False: memory is short. */
bool view_arrange(struct view *view);
void view_done(struct view *view);

/* Which of @shown is selected. */
size_t view_selected(const struct view *view);
void view_select(struct view *view, size_t which);

/* Draws everything. @message: a line at the bottom; "": the keys. */
void draw_begin(bool color);
void draw(struct view *view, const char *message, bool help);
int draw_rows(void); /* how many groups have room */

#endif
