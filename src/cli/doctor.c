/* SPDX-License-Identifier: Apache-2.0 */
/* ward doctor: what isolation this machine can give, what blocks the rest, and what would allow it. */
#include "engine/doctor.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/cli.h"

#define FORMAT_VERSION 1
#define NAME_WIDTH 16
#define STATE_WIDTH 8
#define INFO_WIDTH 44

static const char *const formats[] = {"table", "json", NULL};
enum { TABLE, JSON };

struct doctor {
        unsigned format;
};

static bool is_named(const struct doctor_check *check, int count, char **names)
{
        for (int i = 0; i < count; i++)
                if (strcmp(check->name, names[i]) == 0 || strcmp(check->group, names[i]) == 0)
                        return true;
        return count == 0;
}

/* What was named is wanted; else what no start can do without. */
static bool is_missing(const struct doctor_check *check, bool named)
{
        return check->state == DOCTOR_NO && (named || check->needed);
}

static int check_names(struct cli *cli, const struct doctor_check *checks, size_t count, int names, char **words,
                       struct ward_err *err)
{
        const char **known = arena_new(&cli->arena, const char *, 2 * count), *near;

        if (known == NULL)
                return err_oom(err);
        for (size_t i = 0; i < count; i++) {
                known[2 * i] = checks[i].name;
                known[2 * i + 1] = checks[i].group;
        }
        for (int w = 0; w < names; w++) {
                size_t i = 0;

                while (i < 2 * count && strcmp(known[i], words[w]) != 0)
                        i++;
                if (i < 2 * count)
                        continue;
                near = text_nearest(words[w], known, 2 * count);
                (void)err_set(err, -EINVAL, "doctor: '%s' is no check and no group of checks", words[w]);
                (void)err_mistake(err, MISTAKE_WORD);
                return near == NULL ? err_hint(err, "'ward doctor' lists them all")
                                    : err_hint(err, "did you mean '%s'?", near);
        }
        return 0;
}

static void add_json(struct text *text, const struct doctor_check *check)
{
        const struct {
                const char *key, *value;
        } fields[] = {{"group", check->group},   {"name", check->name}, {"state", doctor_states[check->state]},
                      {"detail", check->detail}, {"why", check->why},   {"how", check->how}};

        for (size_t i = 0; i < ELEMENTS(fields); i++) {
                text_printf(text, "%s\"%s\": ", i == 0 ? "{" : ", ", fields[i].key);
                json_write_string(text, fields[i].value);
        }
        text_printf(text, ", \"needed\": %s}", check->needed ? "true" : "false");
}

/* What has been said of the row above, @said, is not said again. */
static void add_row(struct text *text, const struct doctor_check *check, const char *said, bool color)
{
        static const char *const colors[] = {
                [DOCTOR_OK] = "\033[32m", [DOCTOR_LIMITED] = "\033[33m", [DOCTOR_NO] = "\033[31m", [DOCTOR_INFO] = ""};
        const char *state = check->state == DOCTOR_INFO ? "" : doctor_states[check->state];
        int column = 2 + (check->state == DOCTOR_INFO ? INFO_WIDTH : NAME_WIDTH + 1 + STATE_WIDTH) + 1;

        text_printf(text, "  %-*s ", check->state == DOCTOR_INFO ? INFO_WIDTH : NAME_WIDTH, check->name);
        text_printf(text, "%s%s%s", color ? colors[check->state] : "", state, color && *state != '\0' ? "\033[0m" : "");
        if (*state != '\0' && (*check->detail != '\0' || *check->why != '\0'))
                text_printf(text, "%*s", STATE_WIDTH + 1 - (int)strlen(state), "");
        text_printf(text, "%s%s%s\n", check->detail, *check->detail != '\0' && *check->why != '\0' ? "; " : "",
                    check->why);
        if (*check->how != '\0' && strcmp(check->how, said) != 0)
                text_printf(text, "%*s%s\n", column, "", check->how);
}

static void add_table(struct text *text, const struct doctor_check *checks, size_t count, int names, char **words,
                      bool color)
{
        const char *group = "", *missing = "", *between = "", *said = "";

        for (size_t i = 0; i < count; i++) {
                if (!is_named(&checks[i], names, words))
                        continue;
                if (strcmp(group, checks[i].group) != 0)
                        text_printf(text, "%s%s\n", *group == '\0' ? "" : "\n", checks[i].group);
                group = checks[i].group;
                add_row(text, &checks[i], said, color);
                said = checks[i].how;
        }
        if (names > 0)
                return;
        for (size_t i = 0; i < count; i++)
                if (is_missing(&checks[i], false)) {
                        text_printf(text, "%s%s%s",
                                    *missing == '\0' ? "\nno container can start by default, for want of: " : "",
                                    between, checks[i].name);
                        missing = between = ", ";
                }
        text_puts(text, *missing == '\0' ? "\ncontainers can start here\n" : "\n");
}

static int doctor(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct passwd *self = getpwuid(getuid());
        const struct doctor *o = options;
        _cleanup_text_ struct text text = {0};
        struct doctor_check *checks;
        const char *between = "";
        bool works = true;
        size_t found;
        int r;

        r = engine_doctor(self == NULL ? NULL : self->pw_name, &cli->arena, &checks, &found, err);
        if (r >= 0)
                r = check_names(cli, checks, found, count, operands, err);
        if (r < 0)
                return r;
        for (size_t i = 0; i < found; i++)
                works &= !(is_named(&checks[i], count, operands) && is_missing(&checks[i], count > 0));
        if (o->format == TABLE) {
                add_table(&text, checks, found, count, operands, cli_wants_color(STDOUT_FILENO));
        } else {
                text_printf(&text, "{\"version\": %d, \"works\": %s, \"checks\": [", FORMAT_VERSION,
                            works ? "true" : "false");
                for (size_t i = 0; i < found; i++)
                        if (is_named(&checks[i], count, operands)) {
                                text_puts(&text, between);
                                add_json(&text, &checks[i]);
                                between = ",\n";
                        }
                text_puts(&text, "]}\n");
        }
        r = cli_print(&text, err);
        return r < 0 ? r : works ? 0 : 1;
}

static const struct option_entry entries[] = {
        {.name = "format",
         .arg = "table|json",
         .help = "how to show it (default: table)",
         OPTION_WORD(struct doctor, format, formats)},
};

const struct cli_verb cli_doctor = {
        .name = "doctor",
        .command =
                {
                        .name = "ward doctor",
                        .operands = "[OPTIONS] [CHECK|GROUP...]",
                        .summary = "What isolation this machine can give you: every primitive tried, what\n"
                                   "blocks it, and the command that would allow it.",
                        .notes = "The exit status is 0 when a container can start by default, else 1; of\n"
                                 "checks that are named, 0 when all of them work.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .operands_max = UINT_MAX,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct doctor),
        .run = doctor,
};
