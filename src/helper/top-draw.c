/* SPDX-License-Identifier: Apache-2.0 */
/* Drawing with ncurses(3ncurses); see top-view.h. A screen that is too narrow for all columns has those that matter most. */
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <langinfo.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "helper/top-view.h"

#define NAME_MIN 24
#define CELL_MAX 64
#define BAR 8
#define SPARK 10
#define HEAD_LINES 4 /* the title, the machine, a blank one, the columns */
#define OOM_ROUNDS 60
#define NSEC_PER_SEC UINT64_C(1000000000)
#define USEC_PER_SEC UINT64_C(1000000)

enum { PLAIN, RED, YELLOW, GREEN, DIM };

static bool colored, unicode;

void draw_begin(bool color)
{
        unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
        colored = color && has_colors();
        if (!colored)
                return;
        (void)start_color();
        (void)use_default_colors();
        (void)init_pair(RED, COLOR_RED, -1);
        (void)init_pair(YELLOW, COLOR_YELLOW, -1);
        (void)init_pair(GREEN, COLOR_GREEN, -1);
        (void)init_pair(DIM, COLOR_CYAN, -1);
}

int draw_rows(void)
{
        return LINES > HEAD_LINES + 1 ? LINES - HEAD_LINES - 1 : 0;
}

static void paint(int color, bool on)
{
        int what = colored ? COLOR_PAIR(color) : color == RED || color == YELLOW ? A_BOLD : A_NORMAL;

        if (color == PLAIN)
                return;
        if (on)
                (void)attron(what);
        else
                (void)attroff(what);
}

/* Writes at most @width columns of text that has one for each character, and fills up with blanks. */
static void put(const char *text, int width, int color)
{
        int used = 0;

        paint(color, true);
        for (; *text != '\0' && used < width; used++) {
                int len = 1;

                while (((unsigned char)text[len] & 0xc0) == 0x80)
                        len++;
                (void)addnstr(text, len);
                text += len;
        }
        paint(color, false);
        for (; used < width; used++)
                (void)addch(' ');
}

static void put_right(const char *text, int width, int color)
{
        int len = (int)strlen(text);

        for (; len < width; width--)
                (void)addch(' ');
        put(text, width, color);
}

/* ---- bars and sparklines ---- */

static int level_color(uint64_t part, uint64_t whole)
{
        return part >= whole - whole / 10 ? RED : part >= whole - whole / 4 ? YELLOW : GREEN;
}

/* How much of @whole is used, in @width columns; nothing where there is no limit. */
static void put_bar(uint64_t part, uint64_t whole, int width)
{
        char bar[CELL_MAX * 4];
        size_t len = 0;
        int full;

        if (part == TOP_NONE || whole == TOP_NONE || whole == 0) {
                put("", width, PLAIN);
                return;
        }
        full = (int)((unsigned __int128)(part < whole ? part : whole) * (unsigned)width / whole);
        full = full == 0 && part > 0 ? 1 : full;
        for (int i = 0; i < width && i < CELL_MAX; i++) {
                const char *cell = unicode ? (i < full ? "█" : "░") : (i < full ? "#" : ".");

                memcpy(bar + len, cell, strlen(cell));
                len += strlen(cell);
        }
        bar[len] = '\0';
        put(bar, width, level_color(part, whole));
}

/* The last rounds of a figure, the newest on the right; @floor: what is at least the top of the line. */
static void put_spark(const struct view *view, const struct history *history, int which, uint64_t floor, int width)
{
        static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
        static const char *const letters[] = {" ", "_", ".", ",", "-", "=", "+", "*", "#"};
        const uint64_t *values = history->values[which];
        uint64_t most = floor;
        char line[CELL_MAX * 4];
        size_t len = 0;

        for (int i = 0; i < width; i++) {
                uint64_t value = values[(view->round - (unsigned)i) % HISTORY_MAX];

                if ((unsigned)i < history->count && value != TOP_NONE && value > most)
                        most = value;
        }
        for (int i = width - 1; i >= 0; i--) {
                uint64_t value = (unsigned)i < history->count ? values[(view->round - (unsigned)i) % HISTORY_MAX] : 0;
                size_t level =
                        value == TOP_NONE || most == 0 ? 0 : (size_t)(((unsigned __int128)value * 8 + most - 1) / most);
                const char *cell = unicode ? blocks[level] : letters[level];

                memcpy(line + len, cell, strlen(cell));
                len += strlen(cell);
        }
        line[len] = '\0';
        put(line, width, DIM);
}

/* ---- columns ---- */

static void put_flags(const struct view *view, const struct row *row, int width)
{
        uint64_t periods = row->head->values[TOP_THROTTLED_PERIODS];
        bool throttled = periods != TOP_NONE && periods > 0;
        bool oom = row->history->oom_round != 0 && view->round - row->history->oom_round < OOM_ROUNDS;

        put(throttled ? "THR " : "", 4, YELLOW);
        put(oom ? "OOM" : "", width - 4, RED);
}

static void put_cpu(const struct view *view, const struct row *row, int width)
{
        const uint64_t *values = row->head->values;
        char text[TOP_TEXT_MAX];

        if (!view->cpu_time)
                (void)top_percent_text(text, values[TOP_CPU], NSEC_PER_SEC);
        else if (view->raw)
                (void)top_number_text(text, values[TOP_CPU_NSEC]);
        else
                (void)top_time_text(text, values[TOP_CPU_NSEC]);
        put_right(text, width, PLAIN);
}

static void put_bytes(const struct view *view, uint64_t bytes, int width)
{
        char text[TOP_TEXT_MAX];

        (void)(view->raw ? top_number_text : top_bytes_text)(text, bytes);
        put_right(text, width, PLAIN);
}

static void put_memory(const struct view *view, const struct row *row, int width)
{
        put_bytes(view, row->head->values[TOP_MEMORY], width);
}

static void put_read(const struct view *view, const struct row *row, int width)
{
        put_bytes(view, row->head->values[TOP_READ], width);
}

static void put_written(const struct view *view, const struct row *row, int width)
{
        put_bytes(view, row->head->values[TOP_WRITTEN], width);
}

static void put_tasks(const struct view *view, const struct row *row, int width)
{
        char text[TOP_TEXT_MAX];

        (void)top_number_text(text, row->head->values[TOP_TASKS]);
        put_right(text, width, PLAIN);
}

static void put_stall(const struct view *view, const struct row *row, int width)
{
        uint64_t pressure = top_pressure(row->head->values);
        char text[TOP_TEXT_MAX];

        (void)top_percent_text(text, pressure, USEC_PER_SEC);
        put_right(text, width, pressure == TOP_NONE || pressure < USEC_PER_SEC / 10 ? PLAIN : YELLOW);
}

static void put_cpu_bar(const struct view *view, const struct row *row, int width)
{
        put_bar(row->head->values[TOP_CPU], row->head->values[TOP_CPU_LIMIT], width);
}

static void put_memory_bar(const struct view *view, const struct row *row, int width)
{
        put_bar(row->head->values[TOP_MEMORY], row->head->values[TOP_MEMORY_LIMIT], width);
}

static void put_tasks_bar(const struct view *view, const struct row *row, int width)
{
        put_bar(row->head->values[TOP_TASKS], row->head->values[TOP_TASKS_LIMIT], width);
}

static void put_cpu_spark(const struct view *view, const struct row *row, int width)
{
        put_spark(view, row->history, HISTORY_CPU, NSEC_PER_SEC / 10, width);
}

static void put_memory_spark(const struct view *view, const struct row *row, int width)
{
        uint64_t limit = row->head->values[TOP_MEMORY_LIMIT];

        put_spark(view, row->history, HISTORY_MEMORY, limit == TOP_NONE ? 0 : limit, width);
}

static void put_stall_spark(const struct view *view, const struct row *row, int width)
{
        put_spark(view, row->history, HISTORY_PRESSURE, USEC_PER_SEC / 10, width);
}

/* From left to right; a lower rank is left out later. */
static const struct column {
        const char *title;
        int width, rank;
        bool left;
        void (*put)(const struct view *view, const struct row *row, int width);
} columns[] = {
        {"", 7, 3, true, put_flags},
        {"TASKS", 6, 4, false, put_tasks},
        {"OF MAX", BAR, 12, true, put_tasks_bar},
        {"%CPU", 8, 1, false, put_cpu},
        {"", SPARK, 5, true, put_cpu_spark},
        {"OF MAX", BAR, 11, true, put_cpu_bar},
        {"MEMORY", 8, 2, false, put_memory},
        {"", SPARK, 9, true, put_memory_spark},
        {"OF MAX", BAR, 6, true, put_memory_bar},
        {"READ/S", 8, 7, false, put_read},
        {"WRITE/S", 8, 8, false, put_written},
        {"%WAIT", 6, 4, false, put_stall},
        {"", SPARK, 10, true, put_stall_spark},
};

/* Which columns there is room for; returns what is left for the name. */
static int choose(bool chosen[])
{
        int left = COLS;

        memset(chosen, 0, ELEMENTS(columns) * sizeof(*chosen));
        for (int rank = 1; rank <= (int)ELEMENTS(columns); rank++)
                for (size_t i = 0; i < ELEMENTS(columns); i++)
                        if (columns[i].rank == rank && left - columns[i].width - 1 >= NAME_MIN) {
                                chosen[i] = true;
                                left -= columns[i].width + 1;
                        }
        return left;
}

/* ---- lines ---- */

static void put_name(const struct view *view, const struct row *row, int width)
{
        bool plain = strcmp(row->kind, "group") == 0 || strcmp(row->kind, "machine") == 0;
        const char *mark = row->child == NO_ROW   ? "  "
                           : row->history->folded ? (unicode ? "▸ " : "+ ")
                                                  : (unicode ? "▾ " : "- ");
        int indent = view->flat ? 0 : (int)row->depth * 2, kind = (int)strlen(row->kind) + 1;

        if (!view->flat) {
                indent = indent > width / 2 ? width / 2 : indent;
                put("", indent, PLAIN);
                put(mark, 2, PLAIN);
                width -= indent + 2;
        }
        if (!plain && width > kind) {
                put(row->kind, kind, DIM);
                width -= kind;
        }
        if (!view->flat || plain) {
                put(plain && view->flat ? row->path : row->name, width, PLAIN);
                return;
        }
        kind = (int)strlen(row->name) + 1 < width ? (int)strlen(row->name) + 1 : width;
        put(row->name, kind, PLAIN);
        put(row->path, width - kind, DIM);
}

static void draw_row(const struct view *view, const struct row *row, int line, const bool chosen[], int name,
                     bool selected)
{
        (void)move(line, 0);
        if (selected)
                (void)attron(A_REVERSE);
        put_name(view, row, name);
        for (size_t i = 0; i < ELEMENTS(columns); i++)
                if (chosen[i]) {
                        (void)addch(' ');
                        columns[i].put(view, row, columns[i].width);
                }
        if (selected)
                (void)attroff(A_REVERSE);
}

static void draw_titles(const struct view *view, const bool chosen[], int name)
{
        (void)move(HEAD_LINES - 1, 0);
        (void)attron(A_BOLD);
        put(view->flat ? "GROUP" : "  GROUP", name, PLAIN);
        for (size_t i = 0; i < ELEMENTS(columns); i++)
                if (chosen[i]) {
                        const char *title = columns[i].put == put_cpu && view->cpu_time ? "CPU" : columns[i].title;

                        (void)addch(' ');
                        (columns[i].left ? put : put_right)(title, columns[i].width, PLAIN);
                }
        (void)attroff(A_BOLD);
}

static void draw_title(const struct view *view)
{
        static const char *const counted[] = {"threads", "user processes", "processes"};
        char line[256], delay[TOP_TEXT_MAX];

        (void)top_time_text(delay, view->head.delay_usec * 1000);
        (void)snprintf(line, sizeof(line), "ward top: %zu groups by %s, every %s; tasks are %s%s", view->count,
                       top_order_words[view->order], delay, counted[view->head.count % ELEMENTS(counted)],
                       view->head.count == TOP_COUNT_TASKS || view->head.recursive ? "" : " of the group alone");
        (void)move(0, 0);
        put(line, COLS, PLAIN);
}

/* The first group is the one that holds all: mostly the machine. */
static void draw_whole(const struct view *view)
{
        const uint64_t *values = view->count == 0 ? NULL : view->rows[0].head->values;
        uint64_t all = view->head.cpus * NSEC_PER_SEC;
        static const char *const names[] = {"   wait: cpu ", " memory ", " io "};
        char text[TOP_TEXT_MAX];

        (void)move(1, 0);
        if (values == NULL || COLS < 60)
                return;
        put("CPU ", 4, PLAIN);
        put_bar(values[TOP_CPU], values[TOP_CPU_LIMIT] == TOP_NONE ? all : values[TOP_CPU_LIMIT], BAR * 2);
        (void)top_percent_text(text, values[TOP_CPU], NSEC_PER_SEC);
        (void)printw(" %s%% of %u%%", text, view->head.cpus * 100);
        if (COLS < 80)
                return;
        (void)addstr("   memory ");
        put_bar(values[TOP_MEMORY], values[TOP_MEMORY_LIMIT], BAR * 2);
        (void)top_bytes_text(text, values[TOP_MEMORY]);
        (void)printw(" %s", text);
        for (size_t i = 0; COLS >= 120 && i < ELEMENTS(names); i++) {
                (void)top_percent_text(text, values[TOP_CPU_PRESSURE + i], USEC_PER_SEC);
                (void)printw("%s%s%%", names[i], text);
        }
}

static void draw_help(void)
{
        static const char *const lines[] = {
                "p t c m i s      order by path, tasks, CPU, memory, I/O, stalls",
                "%                CPU as a percentage of a processor, or as time",
                "+ -              more or less time between two rounds",
                "Space            a round now",
                "P                count user processes, or threads again",
                "k                count processes, or threads again",
                "r                with P and k: of the groups below, too, or not",
                "arrows, PageUp, PageDown, Home, End   go to a group",
                "Left Right Enter fold and unfold the groups below one",
                "f                a list, or the tree again",
                "h                this text",
                "q                quit",
                "",
                "THR: held back by its CPU limit.  OOM: processes were killed for memory.",
                "%WAIT: the part of the time in which some process waited for CPU, memory",
                "or I/O, the largest of them.  OF MAX: how much of its limit is used.",
        };

        for (size_t i = 0; i < ELEMENTS(lines) && (int)i < draw_rows(); i++) {
                (void)move(HEAD_LINES - 1 + (int)i, 0);
                put(lines[i], COLS, PLAIN);
        }
}

void draw(struct view *view, const char *message, bool help)
{
        size_t room = (size_t)draw_rows(), selected = view_selected(view);
        bool chosen[ELEMENTS(columns)];
        int name = choose(chosen);

        (void)erase();
        draw_title(view);
        draw_whole(view);
        if (selected < view->first)
                view->first = selected;
        if (room > 0 && selected >= view->first + room)
                view->first = selected - room + 1;
        if (help) {
                draw_help();
        } else {
                draw_titles(view, chosen, name);
                for (size_t i = 0; i < room && view->first + i < view->shown_count; i++)
                        draw_row(view, &view->rows[view->shown[view->first + i]], HEAD_LINES + (int)i, chosen, name,
                                 view->first + i == selected);
        }
        (void)move(LINES - 1, 0);
        put(*message != '\0' ? message : "q quit  h help  p t c m i s order  f list  Space now", COLS - 1, DIM);
        (void)refresh();
}
