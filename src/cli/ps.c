/* SPDX-License-Identifier: Apache-2.0 */
/* ward ps: the containers of the state directory. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "cli/cli.h"

enum { TABLE, JSON };
static const char *const formats[] = {"table", "json", NULL};

#define FORMAT_VERSION 1
#define COMMAND_MAX 40 /* columns */

struct ps {
        bool all, quiet;
        unsigned format;
};

static void add_member(struct text *text, const char *before, const char *key, const char *value)
{
        text_printf(text, "%s\"%s\": ", before, key);
        json_write_string(text, value == NULL ? "" : value);
}

/* How one ended, in a word or two; NULL: it has not. */
static const char *end_of(struct cli *cli, const struct engine_info *info)
{
        _cleanup_text_ struct text text = {0};
        struct ending ending;

        if (info->status != ENGINE_STOPPED || info->damage != NULL)
                return NULL;
        if (engine_ending(&cli->store, info->state.id, &cli->arena, &ending, NULL) < 0)
                ending_init(&ending); /* it was removed meanwhile, or its record is damaged */
        ending_short(&ending, &text);
        return text_failed(&text) ? NULL : arena_strdup(&cli->arena, text.data);
}

static void add_json(struct text *text, struct cli *cli, const struct engine_info *infos, size_t count)
{
        text_printf(text, "{\"version\": %d, \"containers\": [", FORMAT_VERSION);
        for (size_t i = 0; i < count; i++) {
                const struct store_state *state = &infos[i].state;
                const char *end = end_of(cli, &infos[i]);

                add_member(text, i == 0 ? "\n  {" : ",\n  {", "name", state->id);
                add_member(text, ", ", "status", engine_status_names[infos[i].status]);
                text_printf(text, ", \"pid\": %d", infos[i].pid);
                text_puts(text, ", \"created\": ");
                cli_add_created(text, &infos[i]);
                add_member(text, ", ", "root", state->rootfs);
                add_member(text, ", ", "command", state->command);
                add_member(text, ", ", "program", state->program);
                if (end != NULL)
                        add_member(text, ", ", "end", end);
                if (infos[i].damage != NULL)
                        add_member(text, ", ", "damage", infos[i].damage);
                text_puts(text, "}");
        }
        text_puts(text, count == 0 ? "]}\n" : "\n]}\n");
}

/* "5 minutes ago", in the largest unit that leaves a whole number. */
static const char *age(uint64_t created_usec, struct arena *arena)
{
        static const struct {
                uint64_t seconds;
                const char *name;
        } units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
        uint64_t now = (uint64_t)time(NULL), seconds = now - created_usec / 1000000;

        if (created_usec == 0)
                return "?";
        if (now <= created_usec / 1000000)
                return "now";
        for (size_t i = 0;; i++)
                if (seconds >= units[i].seconds) {
                        uint64_t n = seconds / units[i].seconds;

                        return arena_printf(arena, "%" PRIu64 " %s%s ago", n, units[i].name, n == 1 ? "" : "s");
                }
}

static char *shortened(const char *command, struct arena *arena)
{
        char *copy = cli_printable(arena, command == NULL ? "?" : command);

        if (copy != NULL && strlen(copy) > COMMAND_MAX)
                memcpy(copy + COMMAND_MAX - 3, "...", 4);
        return copy;
}

#define COLUMNS 7

/* Without stopped ones nobody has ended. */
static int add_table(struct text *text, struct cli *cli, const struct engine_info *infos, size_t count, bool all)
{
        static const char *const titles[COLUMNS] = {"NAME", "STATUS", "END", "PID", "CREATED", "ROOT", "COMMAND"};
        struct arena *arena = &cli->arena;
        const char **cells = arena_new(arena, const char *, (count + 1) * COLUMNS), **cell = cells;

        if (cells == NULL)
                return -ENOMEM;
        for (size_t i = 0; i < COLUMNS; i++)
                if (all || strcmp(titles[i], "END") != 0)
                        *cell++ = titles[i];
        for (size_t i = 0; i < count; i++) {
                const char *end = all ? end_of(cli, &infos[i]) : NULL;

                *cell++ = infos[i].state.id;
                *cell++ = engine_status_names[infos[i].status];
                if (all)
                        *cell++ = end == NULL ? "-" : end;
                *cell++ = infos[i].pid == 0 ? "-" : arena_printf(arena, "%d", infos[i].pid);
                *cell++ = age(infos[i].state.created_usec, arena);
                *cell++ = shortened(infos[i].state.rootfs, arena);
                *cell++ = shortened(infos[i].state.command, arena);
        }
        return cli_table(text, cells, count + 1, (size_t)(cell - cells) / (count + 1));
}

static int ps(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct ps *o = options;
        _cleanup_text_ struct text text = {0};
        struct engine_info *infos;
        size_t found, shown = 0;
        int r = engine_list(&cli->store, &cli->arena, &infos, &found, err);

        if (r < 0)
                return r;
        for (size_t i = 0; i < found; i++)
                if (infos[i].damage != NULL)
                        cli_warn_damage(cli, &infos[i]);
        for (size_t i = 0; i < found; i++)
                if (o->all || (infos[i].status != ENGINE_STOPPED && infos[i].status != ENGINE_CREATING))
                        infos[shown++] = infos[i];
        if (o->quiet)
                for (size_t i = 0; i < shown; i++)
                        text_printf(&text, "%s\n", infos[i].state.id);
        else if (o->format == JSON)
                add_json(&text, cli, infos, shown);
        else if (add_table(&text, cli, infos, shown, o->all) < 0)
                return err_oom(err);
        return cli_print(&text, err);
}

static const struct option_entry entries[] = {
        {.name = "all", .letter = 'a', .help = "stopped ones, too", OPTION_FLAG(struct ps, all)},
        {.name = "quiet", .letter = 'q', .help = "names alone", OPTION_FLAG(struct ps, quiet)},
        {.name = "format",
         .arg = "table|json",
         .help = "how to show them (default: table)",
         OPTION_WORD(struct ps, format, formats)},
};

const struct cli_verb cli_ps = {
        .name = "ps",
        .also = "ls",
        .command =
                {
                        .name = "ward ps",
                        .operands = "[OPTIONS]",
                        .summary = "List the containers that run.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct ps),
        .needs_store = true,
        .run = ps,
};
