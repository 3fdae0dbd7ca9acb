/* SPDX-License-Identifier: Apache-2.0 */
/* ward limit: limits for what runs already, and back again. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli/limit.h"

#define FORMAT_VERSION 1
#define COLUMNS 4

static void add_member(struct text *text, const char *before, const char *key, const char *value)
{
        text_printf(text, "%s\"%s\": ", before, key);
        if (value == NULL)
                text_puts(text, "null");
        else
                json_write_string(text, value);
}

static void add_json(struct text *text, const struct engine_limit_report *report, bool undone)
{
        text_printf(text, "{\"version\": %d", FORMAT_VERSION);
        add_member(text, ", ", "kind", report->kind);
        add_member(text, ", ", "target", report->name);
        text_printf(text, ", \"undone\": %s, \"moved\": %zu, \"limits\": [", undone ? "true" : "false", report->moved);
        for (size_t i = 0; i < report->row_count; i++) {
                add_member(text, i == 0 ? "\n  {" : ",\n  {", "limit", report->rows[i].limit);
                add_member(text, ", ", "where", report->rows[i].where);
                add_member(text, ", ", "before", report->rows[i].before);
                add_member(text, ", ", "after", report->rows[i].after);
                add_member(text, ", ", "note", report->rows[i].note);
                text_puts(text, "}");
        }
        text_puts(text, report->row_count == 0 ? "], \"refused\": [" : "\n], \"refused\": [");
        for (size_t i = 0; i < report->refusal_count; i++) {
                text_printf(text, "%s{\"pid\": %d", i == 0 ? "\n  " : ",\n  ", report->refusals[i].pid);
                add_member(text, ", ", "name", report->refusals[i].name);
                add_member(text, ", ", "why", report->refusals[i].why);
                text_puts(text, "}");
        }
        text_puts(text, report->refusal_count == 0 ? "], \"notes\": [" : "\n], \"notes\": [");
        for (size_t i = 0; i < report->note_count; i++) {
                text_puts(text, i == 0 ? "\n  " : ",\n  ");
                json_write_string(text, report->notes[i]);
        }
        text_puts(text, report->note_count == 0 ? "]}\n" : "\n]}\n");
}

static int add_table(struct cli *cli, struct text *text, const struct engine_limit_report *report)
{
        static const char *const titles[COLUMNS] = {"LIMIT", "BEFORE", "AFTER", "WHERE"};
        const char *(*rows)[COLUMNS] = arena_alloc(&cli->arena, report->row_count + 1, sizeof(*rows));

        if (rows == NULL)
                return -ENOMEM;
        memcpy(rows[0], titles, sizeof(titles));
        for (size_t i = 0; i < report->row_count; i++) {
                const struct engine_limit_row *row = &report->rows[i];

                rows[i + 1][0] = row->limit;
                rows[i + 1][1] = row->before == NULL ? "?" : *row->before == '\0' ? "-" : row->before;
                rows[i + 1][2] = row->after == NULL ? "gone" : *row->after == '\0' ? "-" : row->after;
                rows[i + 1][3] = cli_printable(&cli->arena, row->where);
        }
        return cli_table(text, &rows[0][0], report->row_count + 1, COLUMNS);
}

static int add_text(struct cli *cli, struct text *text, const struct engine_limit_report *report)
{
        if (report->row_count > 0 && add_table(cli, text, report) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < report->row_count; i++)
                if (report->rows[i].note != NULL)
                        text_printf(text, "%s: %s\n", report->rows[i].limit, report->rows[i].note);
        for (size_t i = 0; i < report->note_count; i++)
                text_printf(text, "%s\n", report->notes[i]);
        return 0;
}

static int print(struct cli *cli, const struct limit *o, const struct engine_limit_report *report, struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};
        int r;

        if (o->format == LIMIT_FORMAT_JSON)
                add_json(&text, report, o->undo);
        else if (add_text(cli, &text, report) < 0)
                return err_oom(err);
        r = text.len == 0 ? 0 : cli_print(&text, err);
        for (size_t i = 0; i < report->refusal_count && r >= 0 && o->format != LIMIT_FORMAT_JSON; i++) {
                const struct engine_limit_refusal *refusal = &report->refusals[i];
                const char *message = arena_printf(&cli->arena, "process %d (%s) stays as it is: %s", refusal->pid,
                                                   refusal->name, refusal->why);

                if (message == NULL)
                        return err_oom(err);
                cli_warning(cli, MISTAKE_NONE, cli_printable(&cli->arena, message), "");
        }
        return r < 0 ? r : report->refusal_count > 0 ? EXIT_FAILURE : 0;
}

/* A word that is neither a number nor a path nor a unit is taken for a container's name, and may be a program's. */
static int blame_target(const char *word, struct ward_err *err)
{
        if (err->code == MISTAKE_NO_CONTAINER && strchr(word, ':') == NULL && strncmp(err->hint, "did you", 7) != 0)
                (void)err_hint(err,
                               "'ward ps' lists containers; a program of the machine goes by its number: ward limit "
                               "... $(pidof -s %s)",
                               word);
        return -err->errnum;
}

int limit_run(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct limit *o = options;
        struct spec_resources resources = {0};
        struct engine_limit_options engine = {
                .target = operands[0], .tree = o->tree, .force = o->force, .resources = &resources};
        struct engine_limit_setting *settings = NULL;
        struct engine_limit_report report;
        int r = limit_read(cli, o, &resources, &settings, &engine.setting_count, err);

        if (r < 0)
                return r;
        engine.settings = settings;
        if (o->undo &&
            (engine.setting_count > 0 || memcmp(&resources, &(struct spec_resources){0}, sizeof(resources)) != 0)) {
                (void)err_set(err, -EINVAL, "limit: --undo and a limit are both given");
                (void)err_mistake(err, MISTAKE_CONFLICT);
                return err_hint(err, "undo first, and set the new limit then");
        }
        if (o->undo)
                r = engine_limit_undo(&cli->store, operands[0], &cli->arena, &report, err);
        else
                r = engine_limit(&cli->store, &engine, &cli->arena, &report, err);
        return r < 0 ? blame_target(operands[0], err) : print(cli, o, &report, err);
}
