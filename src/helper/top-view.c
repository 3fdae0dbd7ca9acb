/* SPDX-License-Identifier: Apache-2.0 */
/* The groups of a round as a tree or a list, and what is remembered of each; see top-view.h. */
#include "helper/top-view.h"

#include <stdlib.h>
#include <string.h>

/* ---- what stays from round to round ---- */

static struct history *history_of(struct view *view, uint64_t id)
{
        struct history **bucket = &view->histories[id % BUCKETS], *found = *bucket;

        while (found != NULL && found->id != id)
                found = found->next;
        if (found != NULL)
                return found;
        found = calloc(1, sizeof(*found));
        if (found == NULL)
                return NULL;
        found->id = id;
        found->next = *bucket;
        *bucket = found;
        return found;
}

static void remember(struct history *history, const uint64_t *values, uint64_t round)
{
        size_t at = round % HISTORY_MAX;

        history->values[HISTORY_CPU][at] = values[TOP_CPU];
        history->values[HISTORY_MEMORY][at] = values[TOP_MEMORY];
        history->values[HISTORY_PRESSURE][at] = top_pressure(values);
        history->round = round;
        history->count++;
        if (values[TOP_OOM_RECENT] != TOP_NONE && values[TOP_OOM_RECENT] > 0)
                history->oom_round = round;
}

static void forget(struct view *view, uint64_t before)
{
        for (size_t i = 0; i < BUCKETS; i++)
                for (struct history **at = &view->histories[i]; *at != NULL;) {
                        struct history *history = *at;

                        if (history->round >= before) {
                                at = &history->next;
                                continue;
                        }
                        *at = history->next;
                        free(history);
                }
}

/* ---- a round ---- */

/* The next NUL-terminated word before @end; NULL: there is none. */
static const char *next_word(const char **at, const char *end)
{
        const char *word = *at, *nul = memchr(word, '\0', (size_t)(end - word));

        if (nul == NULL)
                return NULL;
        *at = nul + 1;
        return word;
}

static bool read_row(struct view *view, const char *at, size_t left, size_t number)
{
        const struct top_row_head *head = (const struct top_row_head *)(const void *)at;
        struct row *row = &view->rows[number];
        const char *words = at + sizeof(*head), *end;

        if (left < sizeof(*head) || head->size > left || head->size < sizeof(*head) || head->size % 8 != 0 ||
            (head->parent != UINT32_MAX && head->parent >= number))
                return false;
        end = at + head->size;
        *row = (struct row){.head = head, .child = NO_ROW, .next = NO_ROW};
        row->kind = next_word(&words, end);
        row->name = row->kind == NULL ? NULL : next_word(&words, end);
        row->path = row->name == NULL ? NULL : next_word(&words, end);
        if (row->path == NULL)
                return false;
        row->depth = head->parent == UINT32_MAX ? 0 : view->rows[head->parent].depth + 1;
        row->history = history_of(view, head->id);
        if (row->history == NULL)
                return false;
        remember(row->history, head->values, view->round);
        return true;
}

bool view_take(struct view *view, const struct top_head *head, char *message)
{
        struct row *rows = calloc((size_t)head->rows + 1, sizeof(*rows));
        size_t *shown = calloc((size_t)head->rows + 1, sizeof(*shown));
        size_t at = 0;

        free(view->message);
        free(view->rows);
        free(view->shown);
        view->message = message;
        view->rows = rows;
        view->shown = shown;
        view->count = view->shown_count = 0;
        view->head = *head;
        view->round++;
        if (rows == NULL || shown == NULL)
                return false;
        for (; view->count < head->rows; view->count++) {
                if (!read_row(view, message + at, head->size - at, view->count))
                        return false;
                at += rows[view->count].head->size;
        }
        forget(view, view->round);
        return view_arrange(view);
}

/* ---- the order ---- */

struct place {
        const struct row *row;
        size_t number;
};

static int compare(const void *a, const void *b)
{
        const struct row *one = ((const struct place *)a)->row, *other = ((const struct place *)b)->row;

        if (one->key != other->key)
                return one->key > other->key ? -1 : 1;
        return strcmp(one->path, other->path);
}

/* Depth first, without the groups below folded ones. */
static void show_tree(struct view *view)
{
        for (size_t at = view->count == 0 ? NO_ROW : 0; at != NO_ROW;) {
                const struct row *row = &view->rows[at];

                view->shown[view->shown_count++] = at;
                if (row->child != NO_ROW && !row->history->folded) {
                        at = row->child;
                        continue;
                }
                while (at != NO_ROW && view->rows[at].next == NO_ROW)
                        at = view->rows[at].head->parent == UINT32_MAX ? NO_ROW : view->rows[at].head->parent;
                at = at == NO_ROW ? NO_ROW : view->rows[at].next;
        }
}

bool view_arrange(struct view *view)
{
        struct place *places = calloc(view->count + 1, sizeof(*places));

        if (places == NULL)
                return false;
        for (size_t i = 0; i < view->count; i++) {
                struct row *row = &view->rows[i];

                row->key = top_key(row->head->values, view->order, view->cpu_time);
                row->child = row->next = NO_ROW;
                places[i] = (struct place){row, i};
        }
        qsort(places, view->count, sizeof(*places), compare);
        view->shown_count = 0;
        /* Each is put in front of those that come behind it. */
        for (size_t i = view->count; !view->flat && i-- > 0;) {
                struct row *row = &view->rows[places[i].number];

                if (row->head->parent == UINT32_MAX)
                        continue;
                row->next = view->rows[row->head->parent].child;
                view->rows[row->head->parent].child = places[i].number;
        }
        if (view->flat)
                for (size_t i = 0; i < view->count; i++)
                        view->shown[view->shown_count++] = places[i].number;
        else
                show_tree(view);
        free(places);
        return true;
}

size_t view_selected(const struct view *view)
{
        for (size_t i = 0; i < view->shown_count; i++)
                if (view->rows[view->shown[i]].head->id == view->selected)
                        return i;
        return 0;
}

void view_select(struct view *view, size_t which)
{
        if (view->shown_count == 0)
                return;
        which = which < view->shown_count ? which : view->shown_count - 1;
        view->selected = view->rows[view->shown[which]].head->id;
}

void view_done(struct view *view)
{
        forget(view, UINT64_MAX);
        free(view->message);
        free(view->rows);
        free(view->shown);
}
