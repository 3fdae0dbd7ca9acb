/* SPDX-License-Identifier: Apache-2.0 */
/* ward gc: removes what a crash, a power cut or a killed program left. */
#include <stdlib.h>

#include "base/json.h"
#include "cli/cli.h"

enum { TABLE, JSON };
static const char *const formats[] = {"table", "json", NULL};

#define FORMAT_VERSION 1
#define COLUMNS 4

struct gc {
        bool all, force, dry_run;
        unsigned format;
};

/* What was reported: cells of the table, row after row, with a row for the titles in front. */
struct result {
        struct arena *arena;
        const char **cells;
        size_t rows, room;
        bool failed, short_of_memory;
        struct text json;
};

static void add_row(struct result *result, const char *const row[COLUMNS])
{
        if (result->rows == result->room) {
                size_t room = result->room * 2 + 8;
                const char **larger = reallocarray(result->cells, room, COLUMNS * sizeof(*larger));

                if (larger == NULL) {
                        result->short_of_memory = true;
                        return;
                }
                result->cells = larger;
                result->room = room;
        }
        for (size_t i = 0; i < COLUMNS; i++)
                result->cells[result->rows * COLUMNS + i] = cli_printable(result->arena, row[i]);
        result->rows++;
}

static void add_item(void *data, const struct engine_gc_item *item)
{
        const char *kind = engine_gc_kind_names[item->kind], *what = engine_gc_result_names[item->result];
        static const char *const keys[COLUMNS] = {"kind", "name", "result", "why"};
        const char *const row[COLUMNS] = {kind, item->name, what, item->why};
        struct result *result = data;

        result->failed |= item->result == ENGINE_GC_FAILED;
        for (size_t i = 0; i < COLUMNS; i++) {
                text_printf(&result->json, "%s\"%s\": ", i > 0 ? ", " : result->rows > 1 ? ",\n  {" : "\n  {", keys[i]);
                json_write_string(&result->json, row[i]);
        }
        text_puts(&result->json, "}");
        add_row(result, row);
}

static int print(const struct result *result, const struct gc *o, struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};

        if (result->short_of_memory || text_failed(&result->json))
                return err_oom(err);
        if (o->format == JSON)
                text_printf(&text, "{\"version\": %d, \"dryRun\": %s, \"items\": [%s%s]}\n", FORMAT_VERSION,
                            o->dry_run ? "true" : "false", result->json.len > 0 ? result->json.data : "",
                            result->json.len > 0 ? "\n" : "");
        else if (result->rows == 1)
                text_puts(&text, "Nothing to remove.\n");
        else if (cli_table(&text, result->cells, result->rows, COLUMNS) < 0)
                return err_oom(err);
        return cli_print(&text, err);
}

static int gc(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct gc *o = options;
        const char *const titles[COLUMNS] = {"WHAT", "NAME", o->dry_run ? "WOULD BE" : "RESULT", "WHY"};
        struct result result = {.arena = &cli->arena};
        const struct engine_gc_options engine = {
                .dry_run = o->dry_run,
                .stopped = o->all,
                .force = o->force,
                .report = add_item,
                .data = &result,
        };
        int r, shown;

        add_row(&result, titles);
        r = engine_gc(&cli->store, &engine, err);
        /* What was done is said also when the rest could not be. */
        shown = print(&result, o, r < 0 ? NULL : err);
        free(result.cells);
        text_done(&result.json);
        return r < 0 ? r : shown < 0 ? shown : result.failed ? EXIT_FAILURE : 0;
}

static const struct option_entry entries[] = {
        {.name = "all", .letter = 'a', .help = "stopped containers, too", OPTION_FLAG(struct gc, all)},
        {.name = "force",
         .letter = 'f',
         .help = "end what runs in containers whose state is lost",
         OPTION_FLAG(struct gc, force)},
        {.name = "dry-run", .help = "show what would be done, do nothing", OPTION_FLAG(struct gc, dry_run)},
        {.name = "format",
         .arg = "table|json",
         .help = "how to show it (default: table)",
         OPTION_WORD(struct gc, format, formats)},
};

const struct cli_verb cli_gc = {
        .name = "gc",
        .command =
                {
                        .name = "ward gc",
                        .operands = "[OPTIONS]",
                        .summary = "Remove what crashed or killed programs left: unfinished starts, containers that\n"
                                   "were to be removed at their end, those of an earlier boot or with damaged state,\n"
                                   "control groups and ids that nobody has. What runs stays; so does what has\n"
                                   "stopped, unless --all is given.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct gc),
        .needs_store = true,
        .run = gc,
};
