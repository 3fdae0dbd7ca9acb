/* SPDX-License-Identifier: Apache-2.0 */
/* ward top: what control groups use, round after round; on a terminal a helper draws them (engine/top.h), elsewhere they are printed here. */
#include "engine/top.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/cli.h"

#define FORMAT_VERSION 1
#define NSEC_PER_SEC UINT64_C(1000000000)
#define USEC_PER_SEC UINT64_C(1000000)
#define DELAY_DEFAULT_USEC USEC_PER_SEC
#define DELAY_MAX_SEC 86400
#define DEPTH_MAX 4096

enum { TABLE, JSON };
static const char *const formats[] = {"table", "json", NULL};
enum { PERCENTAGE, TIME };
static const char *const cpu_words[] = {"percentage", "time", NULL};
/* What is odd says no. */
static const char *const yes_words[] = {"yes", "no", "true", "false", "1", "0", NULL};

struct given {
        bool given;
        uint64_t number;
};

struct top {
        unsigned order, format, cpu, recursive;
        bool batch, raw, user_processes, processes, once;
        struct given rounds, depth;
        uint64_t delay_usec;
        uint32_t columns; /* bit n: the n-th of them */
};

/* ---- columns ---- */

enum unit { COUNT, BYTES, CPU, NSEC, USEC_SHARE };

static const struct column {
        const char *word, *title, *member; /* of --columns, of the table, of JSON */
        enum top_value value;
        enum unit unit;
        bool usual;
} columns[] = {
        {"tasks", "TASKS", "tasks", TOP_TASKS, COUNT, true},
        {"tasks-limit", "TASKS-MAX", "tasks_limit", TOP_TASKS_LIMIT, COUNT, false},
        {"cpu", "%CPU", "cpu_percent", TOP_CPU, CPU, true},
        {"cpu-time", "CPU-TIME", "cpu_nsec", TOP_CPU_NSEC, NSEC, false},
        {"cpu-limit", "%CPU-MAX", "cpu_limit_percent", TOP_CPU_LIMIT, CPU, false},
        {"throttled", "%THROTTLED", "throttled_percent", TOP_THROTTLED, CPU, false},
        {"throttled-periods", "THROTTLED", "throttled_periods", TOP_THROTTLED_PERIODS, COUNT, false},
        {"memory", "MEMORY", "memory_bytes", TOP_MEMORY, BYTES, true},
        {"memory-limit", "MEM-MAX", "memory_limit_bytes", TOP_MEMORY_LIMIT, BYTES, false},
        {"oom", "OOM", "oom_kills", TOP_OOM_KILLS, COUNT, false},
        {"input", "INPUT/S", "read_bytes_per_second", TOP_READ, BYTES, true},
        {"output", "OUTPUT/S", "written_bytes_per_second", TOP_WRITTEN, BYTES, true},
        {"cpu-pressure", "%CPU-WAIT", "cpu_pressure_percent", TOP_CPU_PRESSURE, USEC_SHARE, false},
        {"memory-pressure", "%MEM-WAIT", "memory_pressure_percent", TOP_MEMORY_PRESSURE, USEC_SHARE, false},
        {"io-pressure", "%IO-WAIT", "io_pressure_percent", TOP_IO_PRESSURE, USEC_SHARE, false},
};

#define COLUMN_WIDTH 10

static uint32_t bit(size_t which)
{
        return UINT32_C(1) << which;
}

static int unknown_column(const char *word, struct ward_err *err)
{
        const char *words[ELEMENTS(columns) + 1] = {"all"}, *near;
        _cleanup_text_ struct text list = {0};

        for (size_t i = 0; i < ELEMENTS(columns); i++) {
                words[i + 1] = columns[i].word;
                text_printf(&list, ", %s", columns[i].word);
        }
        near = text_nearest(word, words, ELEMENTS(words));
        (void)err_set(err, -EINVAL, "there is no column '%s'", word);
        (void)err_mistake(err, MISTAKE_WORD);
        if (near != NULL)
                return err_hint(err, "did you mean '%s'?", near);
        return err_hint(err, "the columns are: all%s", text_failed(&list) ? "" : list.data);
}

static int read_columns(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        uint32_t *set = target;
        char *rest = arena_strdup(arena, value);

        if (rest == NULL)
                return err_oom(err);
        *set = 0;
        for (char *word; (word = text_next(&rest, ',')) != NULL;) {
                size_t i = 0;

                while (i < ELEMENTS(columns) && strcmp(columns[i].word, word) != 0)
                        i++;
                if (strcmp(word, "all") == 0)
                        *set = bit(ELEMENTS(columns)) - 1;
                else if (i < ELEMENTS(columns))
                        *set |= bit(i);
                else
                        return unknown_column(word, err);
        }
        return 0;
}

/* ---- other options ---- */

static int read_given(void *target, const char *value, uint64_t max, struct ward_err *err)
{
        struct given *given = target;

        given->given = true;
        if (number_parse(value, max, &given->number) >= 0)
                return 0;
        (void)err_set(err, -EINVAL, "'%s' is not a whole number from 0 to %llu", value, (unsigned long long)max);
        (void)err_mistake(err, MISTAKE_NUMBER);
        return err_hint(err, "write digits alone");
}

static int read_rounds(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        return read_given(target, value, UINT32_MAX, err);
}

static int read_depth(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        return read_given(target, value, DEPTH_MAX, err);
}

/* "1", "0.5", "500ms", "2min": seconds, where no unit says otherwise. */
static int read_delay(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        static const struct {
                const char *name;
                uint64_t usec;
        } units[] = {{"", USEC_PER_SEC}, {"s", USEC_PER_SEC}, {"ms", 1000}, {"us", 1}, {"min", 60 * USEC_PER_SEC}};
        size_t whole_len = strspn(value, "0123456789"), part_len = 0, unit = 0;
        const char *whole = arena_strndup(arena, value, whole_len), *rest = value + whole_len;
        uint64_t number, usec, part = 0, scale = 1;

        if (whole == NULL)
                return err_oom(err);
        if (*rest == '.')
                part_len = strspn(++rest, "0123456789");
        for (size_t i = 0; i < part_len && i < 6; i++) {
                part = part * 10 + (uint64_t)(rest[i] - '0');
                scale *= 10;
        }
        while (unit < ELEMENTS(units) && strcmp(units[unit].name, rest + part_len) != 0)
                unit++;
        if (unit < ELEMENTS(units) && number_parse(whole, DELAY_MAX_SEC * USEC_PER_SEC, &number) >= 0 &&
            (value[whole_len] != '.' || part_len > 0) && !__builtin_mul_overflow(number, units[unit].usec, &usec) &&
            usec <= DELAY_MAX_SEC * USEC_PER_SEC && usec + part * units[unit].usec / scale > 0) {
                *(uint64_t *)target = usec + part * units[unit].usec / scale;
                return 0;
        }
        (void)err_set(err, -EINVAL, "'%s' is no time between two rounds, of a day at most", value);
        (void)err_mistake(err, MISTAKE_NUMBER);
        return err_hint(err, "write seconds, or a number and one of us, ms, s, min: 0.5, 500ms, 2min");
}

/* ---- printing ---- */

/* A row and what it is put in order by. */
struct place {
        uint64_t key;
        const struct top_row *row;
};

static int compare_places(const void *a, const void *b)
{
        const struct place *one = a, *other = b;

        if (one->key != other->key)
                return one->key > other->key ? -1 : 1;
        return strcmp(one->row->path, other->row->path);
}

static size_t cell_text(char *text, const struct top *o, const struct column *column, uint64_t value)
{
        switch (column->unit) {
        case COUNT:
                break;
        case BYTES:
                return o->raw ? top_number_text(text, value) : top_bytes_text(text, value);
        case CPU:
                return top_percent_text(text, value, NSEC_PER_SEC);
        case NSEC:
                return o->raw ? top_number_text(text, value) : top_time_text(text, value);
        case USEC_SHARE:
                return top_percent_text(text, value, USEC_PER_SEC);
        }
        return top_number_text(text, value);
}

static void add_right(struct text *text, const char *cell, size_t len, size_t width)
{
        static const char blanks[] = "                                ";

        text_add(text, blanks, 2 + (len < width ? width - len : 0));
        text_add(text, cell, len);
}

static void add_padded(struct text *text, const char *cell, size_t width)
{
        static const char blanks[] = "                                ";
        size_t len = strlen(cell);

        text_add(text, cell, len);
        while (len < width) {
                size_t more = width - len < strlen(blanks) ? width - len : strlen(blanks);

                text_add(text, blanks, more);
                len += more;
        }
}

/* What the path does not say already. */
static void add_name(struct text *text, const struct group_name *name)
{
        if (name->kind == GROUP_PLAIN || name->kind == GROUP_MACHINE) {
                text_add(text, "\n", 1);
                return;
        }
        text_add(text, "  ", 2);
        text_puts(text, group_kind_names[name->kind]);
        text_add(text, " ", 1);
        text_puts(text, name->name);
        text_add(text, "\n", 1);
}

static void add_table(struct text *text, const struct top *o, const struct place *places, size_t count)
{
        static const char title[] = "CONTROL GROUP";
        size_t width = strlen(title);

        for (size_t i = 0; i < count; i++) {
                size_t len = strlen(places[i].row->shown);

                width = len > width ? len : width;
        }
        add_padded(text, title, width);
        for (size_t i = 0; i < ELEMENTS(columns); i++)
                if ((o->columns & bit(i)) != 0)
                        add_right(text, columns[i].title, strlen(columns[i].title), COLUMN_WIDTH);
        text_puts(text, "  NAME\n");
        for (size_t i = 0; i < count; i++) {
                const struct top_row *row = places[i].row;

                add_padded(text, row->shown, width);
                for (size_t c = 0; c < ELEMENTS(columns); c++)
                        if ((o->columns & bit(c)) != 0) {
                                char cell[TOP_TEXT_MAX];
                                size_t len = cell_text(cell, o, &columns[c], row->values[columns[c].value]);

                                add_right(text, cell, len, COLUMN_WIDTH);
                        }
                add_name(text, row->name);
        }
}

/* A number with two decimals. */
static void add_hundredths(struct text *text, uint64_t hundredths)
{
        const char decimals[] = {'.', (char)('0' + hundredths / 10 % 10), (char)('0' + hundredths % 10)};

        text_number(text, hundredths / 100);
        text_add(text, decimals, sizeof(decimals));
}

static void add_member(struct text *text, const char *key, const char *value)
{
        text_puts(text, key);
        json_write_string(text, value);
}

/* What is not known has no member. */
static void add_group(struct text *text, const struct top *o, const struct top_row *row)
{
        add_member(text, "{\"path\": ", row->utf8 ? row->path : row->shown);
        add_member(text, ", \"kind\": ", group_kind_names[row->name->kind]);
        add_member(text, ", \"name\": ", row->name->name);
        for (size_t i = 0; i < ELEMENTS(columns); i++) {
                uint64_t value = row->values[columns[i].value];

                if ((o->columns & bit(i)) == 0 || value == TOP_NONE)
                        continue;
                text_add(text, ", \"", 3);
                text_puts(text, columns[i].member);
                text_add(text, "\": ", 3);
                if (columns[i].unit == CPU)
                        add_hundredths(text, value / (NSEC_PER_SEC / 10000));
                else if (columns[i].unit == USEC_SHARE)
                        add_hundredths(text, value / (USEC_PER_SEC / 10000));
                else
                        text_number(text, value);
        }
        text_add(text, "}", 1);
}

static void add_json(struct text *text, const struct top *o, const struct top_round *round, const struct place *places)
{
        struct timespec now = {0};

        (void)clock_gettime(CLOCK_REALTIME, &now);
        text_printf(text, "{\"version\": %d, \"time\": \"", FORMAT_VERSION);
        cli_add_time(text, (uint64_t)now.tv_sec * USEC_PER_SEC);
        text_printf(text, "\", \"interval_usec\": %llu, \"cpus\": %u, \"groups\": [",
                    (unsigned long long)(round->interval_nsec / 1000), round->cpus);
        for (size_t i = 0; i < round->count; i++) {
                if (i > 0)
                        text_add(text, ", ", 2);
                add_group(text, o, places[i].row);
        }
        text_puts(text, "]}\n");
}

static int print_round(struct text *text, const struct top *o, const struct top_round *round, bool first,
                       struct ward_err *err)
{
        _cleanup_free_ struct place *places = calloc(round->count + 1, sizeof(*places));

        if (places == NULL)
                return err_oom(err);
        for (size_t i = 0; i < round->count; i++)
                places[i] = (struct place){top_key(round->rows[i].values, o->order, o->cpu == TIME), &round->rows[i]};
        qsort(places, round->count, sizeof(*places), compare_places);
        text->len = 0;
        if (o->format == JSON) {
                add_json(text, o, round, places);
        } else {
                if (!first)
                        text_add(text, "\n", 1);
                add_table(text, o, places, round->count);
        }
        return cli_print(text, err);
}

/* Rounds come at even times, however long one takes. */
static void wait_until(struct timespec *next, uint64_t delay_usec)
{
        struct timespec now;
        uint64_t nsec = (uint64_t)next->tv_nsec + delay_usec * 1000;

        next->tv_sec += (time_t)(nsec / NSEC_PER_SEC);
        next->tv_nsec = (long)(nsec % NSEC_PER_SEC);
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec > next->tv_sec || (now.tv_sec == next->tv_sec && now.tv_nsec >= next->tv_nsec))
                *next = now;
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL) == EINTR)
                ;
}

/* The first round, of no interval, is not printed: each that is has figures of a second. */
static int batch(struct engine_top *top, const struct top *o, uint64_t rounds, struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};
        struct top_round round;
        struct timespec next;
        int r;

        r = engine_top_round(top, &round, err);
        (void)clock_gettime(CLOCK_MONOTONIC, &next);
        for (uint64_t i = 0; r >= 0 && (rounds == 0 || i < rounds); i++) {
                wait_until(&next, o->delay_usec);
                r = engine_top_round(top, &round, err);
                if (r >= 0)
                        r = print_round(&text, o, &round, i == 0, err);
        }
        return r;
}

/* ---- the verb ---- */

static uint32_t values_of(const struct top *o, bool screen)
{
        static const uint32_t of_order[] = {
                [TOP_BY_PATH] = 0,
                [TOP_BY_TASKS] = UINT32_C(1) << TOP_TASKS,
                [TOP_BY_CPU] = UINT32_C(1) << TOP_CPU,
                [TOP_BY_MEMORY] = UINT32_C(1) << TOP_MEMORY,
                [TOP_BY_IO] = UINT32_C(1) << TOP_READ | UINT32_C(1) << TOP_WRITTEN,
                [TOP_BY_PRESSURE] = UINT32_C(1) << TOP_CPU_PRESSURE | UINT32_C(1) << TOP_MEMORY_PRESSURE |
                                    UINT32_C(1) << TOP_IO_PRESSURE,
        };
        uint32_t values = of_order[o->order];

        if (screen)
                return (UINT32_C(1) << TOP_VALUE_COUNT) - 1;
        for (size_t i = 0; i < ELEMENTS(columns); i++)
                values |= (o->columns & bit(i)) != 0 ? UINT32_C(1) << columns[i].value : 0;
        return values;
}

static int check_terminal(struct ward_err *err)
{
        const char *term = getenv("TERM");

        if (term != NULL && *term != '\0' && strcmp(term, "dumb") != 0)
                return 0;
        (void)err_set(err, -EINVAL, "show control groups on this terminal: TERM %s",
                      term == NULL || *term == '\0' ? "is not set" : "is 'dumb'");
        return err_hint(err, "'ward top --batch' needs no terminal; else name its type: TERM=xterm ward top");
}

static int check_conflicts(struct top *o, struct ward_err *err)
{
        if (o->user_processes && o->processes) {
                (void)err_set(err, -EINVAL, "options '-P' and '-k': tasks are counted in one way");
                (void)err_mistake(err, MISTAKE_CONFLICT);
                return err_hint(err, "choose one of them");
        }
        if (o->once && o->rounds.given) {
                (void)err_set(err, -EINVAL, "options '-1' and '--iterations' both say how many rounds");
                (void)err_mistake(err, MISTAKE_CONFLICT);
                return err_hint(err, "choose one of them");
        }
        return 0;
}

/* Where nothing is said: the columns of the table, with the CPU's as --cpu says; in JSON everything. */
static void choose_columns(struct top *o)
{
        if (o->columns != 0)
                return;
        for (size_t i = 0; i < ELEMENTS(columns); i++) {
                enum top_value value = columns[i].value;
                bool usual = value == TOP_CPU        ? o->cpu == PERCENTAGE
                             : value == TOP_CPU_NSEC ? o->cpu == TIME
                                                     : columns[i].usual;

                if (usual || o->format == JSON)
                        o->columns |= bit(i);
        }
}

static int top(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        struct top o = *(const struct top *)options;
        bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
        bool screen = terminal && !o.batch && o.format == TABLE;
        uint64_t rounds = o.once ? 1 : o.rounds.given ? o.rounds.number : terminal || o.batch ? 0 : 1;
        _cleanup_top_ struct engine_top *top = NULL;
        int r = check_conflicts(&o, err);

        if (r >= 0 && screen)
                r = check_terminal(err);
        if (r < 0)
                return r;
        choose_columns(&o);
        o.delay_usec = o.delay_usec == 0 ? DELAY_DEFAULT_USEC : o.delay_usec;
        r = engine_top_open(&cli->store,
                            &(struct engine_top_options){
                                    .group = count > 0 ? operands[0] : NULL,
                                    .depth = o.depth.given ? (unsigned)o.depth.number : UINT_MAX,
                                    .values = values_of(&o, screen),
                                    .count = o.user_processes ? TOP_COUNT_USER
                                             : o.processes    ? TOP_COUNT_PROCESSES
                                                              : TOP_COUNT_TASKS,
                                    .recursive = o.recursive % 2 == 0,
                            },
                            &top, err);
        if (r < 0)
                return r;
        if (!screen)
                return batch(top, &o, rounds, err);
        return engine_top_screen(top,
                                 &(struct engine_top_screen){
                                         .delay_usec = o.delay_usec,
                                         .rounds = rounds,
                                         .order = o.order,
                                         .raw = o.raw,
                                         .cpu_time = o.cpu == TIME,
                                         .color = cli_wants_color(STDOUT_FILENO),
                                 },
                                 err);
}

#define BY(word, key, which)                                                                            \
        {                                                                                               \
                .name = "by-" word, .letter = (key), .help = "the same as --order " word, .rare = true, \
                OPTION_SET(struct top, order, (which)),                                                 \
        }

static const struct option_entry entries[] = {
        {.name = "order",
         .arg = "path|tasks|cpu|memory|io|pressure",
         .help = "what comes first, by words or -p -t -c -m -i (default: cpu)",
         OPTION_WORD(struct top, order, top_order_words)},
        BY("path", 'p', TOP_BY_PATH),
        BY("tasks", 't', TOP_BY_TASKS),
        BY("cpu", 'c', TOP_BY_CPU),
        BY("memory", 'm', TOP_BY_MEMORY),
        BY("io", 'i', TOP_BY_IO),
        {.name = "batch", .letter = 'b', .help = "print, whatever the terminal", OPTION_FLAG(struct top, batch)},
        {.name = "iterations",
         .letter = 'n',
         .arg = "N",
         .help = "so many rounds (default on a terminal and with -b: no end, or 0; else 1)",
         OPTION_CALL(struct top, rounds, read_rounds)},
        {.name = "once", .letter = '1', .help = "one round", .rare = true, OPTION_FLAG(struct top, once)},
        {.name = "delay",
         .letter = 'd',
         .arg = "TIME",
         .help = "between two rounds: 1, 0.5, 500ms, 2min (default: 1)",
         OPTION_CALL(struct top, delay_usec, read_delay)},
        {.name = "depth",
         .arg = "N",
         .help = "so many levels of groups (default: all)",
         OPTION_CALL(struct top, depth, read_depth)},
        {.name = "raw", .letter = 'r', .help = "numbers as they are", OPTION_FLAG(struct top, raw)},
        {.name = "cpu",
         .arg = "percentage|time",
         .help = "how to show the use of processors (default: percentage)",
         .rare = true,
         OPTION_WORD(struct top, cpu, cpu_words)},
        {.name = "user-processes",
         .letter = 'P',
         .help = "count processes, without the kernel's, in place of threads",
         .rare = true,
         OPTION_FLAG(struct top, user_processes)},
        {.name = "processes",
         .letter = 'k',
         .help = "count processes in place of threads",
         OPTION_FLAG(struct top, processes)},
        {.name = "recursive",
         .arg = "yes|no",
         .help = "count processes of the groups below, too (default: yes)",
         .rare = true,
         OPTION_WORD(struct top, recursive, yes_words)},
        {.name = "columns",
         .arg = "LIST",
         .help = "tasks,cpu,memory,input,output (the default) and tasks-limit, cpu-time, cpu-limit, throttled, "
                 "throttled-periods, memory-limit, oom, cpu-pressure, memory-pressure, io-pressure; or all",
         OPTION_CALL(struct top, columns, read_columns)},
        {.name = "format",
         .arg = "table|json",
         .help = "json: a line with an object for each round",
         OPTION_WORD(struct top, format, formats)},
};

const struct cli_verb cli_top = {
        .name = "top",
        .command =
                {
                        .name = "ward top",
                        .operands = "[OPTIONS] [GROUP|NAME]",
                        .summary = "Show what control groups use: all of them, or GROUP, or the container NAME.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .operands_max = 1,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct top),
        .needs_store = true,
        .run = top,
};
