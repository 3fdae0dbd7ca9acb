/* SPDX-License-Identifier: Apache-2.0 */
/* ward apparmor: profiles for containers, shown, loaded, listed and removed. */
#include "engine/apparmor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/json.h"
#include "cli/cli.h"
#include "model/apparmor.h"
#include "model/oci.h"

#define FORMAT_VERSION 1

static const char *const formats[] = {"table", "json", NULL};
enum { TABLE, JSON };

struct apparmor {
        const char *name;
        bool complain;
        unsigned format;
};

/* A config.json, which has a slash or ends so, or a container; with no operand what every container has by default. */
static int make_profile(struct cli *cli, const struct apparmor *o, int count, char **words, const char **ret_text,
                        const char **ret_name, struct ward_err *err)
{
        const char *of = count == 0 ? NULL : words[0], *name = o->name;
        _cleanup_spec_ struct ward_spec config = {0};
        struct ward_spec stored = {0};
        bool file = of != NULL &&
                    (strchr(of, '/') != NULL || (strlen(of) > 5 && strcmp(of + strlen(of) - 5, ".json") == 0));
        _cleanup_free_ char *text = NULL;
        size_t len;
        int r = 0;

        if (file && name == NULL) {
                (void)err_set(err, -EINVAL, "apparmor: the profile of a file needs a name");
                (void)err_mistake(err, MISTAKE_OPERANDS);
                return err_hint(err, "add --name NAME");
        }
        if (name == NULL)
                name = of == NULL ? APPARMOR_DEFAULT : arena_concat(&cli->arena, "ward-", of);
        if (name == NULL)
                return err_oom(err);
        if (file) {
                r = fd_read_file(AT_FDCWD, of, OCI_CONFIG_MAX, &text, &len, err);
                if (r >= 0)
                        r = oci_parse(text, len, of, &config, err);
        } else if (of != NULL) {
                r = store_open(cli->root, &cli->store, err);
                if (r >= 0) {
                        r = engine_spec(&cli->store, of, &cli->arena, &stored, err);
                        store_close(&cli->store);
                }
        }
        if (r < 0)
                return r;
        *ret_name = name;
        return engine_apparmor_profile(file         ? &config
                                       : of != NULL ? &stored
                                                    : NULL,
                                       name, o->complain, &cli->arena, ret_text, err);
}

static int show(struct cli *cli, const void *options, int count, char **words, struct ward_err *err)
{
        const struct apparmor *o = options;
        _cleanup_text_ struct text text = {0};
        const char *profile, *name;
        int r = make_profile(cli, o, count, words, &profile, &name, err);

        if (r < 0)
                return r;
        text_puts(&text, profile);
        return cli_print(&text, err);
}

static int load(struct cli *cli, const void *options, int count, char **words, struct ward_err *err)
{
        const struct apparmor *o = options;
        _cleanup_text_ struct text text = {0};
        const char *profile, *name;
        int r = make_profile(cli, o, count, words, &profile, &name, err);

        if (r >= 0)
                r = engine_apparmor_load(profile, err);
        if (r < 0)
                return r;
        text_printf(&text, "%s (%s)\n", name, o->complain ? "complain" : "enforce");
        return cli_print(&text, err);
}

static int list(struct cli *cli, const void *options, int count, char **words, struct ward_err *err)
{
        const struct apparmor *o = options;
        _cleanup_text_ struct text text = {0};
        struct engine_apparmor *profiles;
        size_t found;
        int r = engine_apparmor_list(&cli->arena, &profiles, &found, err);

        (void)count;
        (void)words;
        if (r < 0)
                return r;
        if (o->format == JSON)
                text_printf(&text, "{\"version\": %d, \"profiles\": [", FORMAT_VERSION);
        for (size_t i = 0; i < found; i++) {
                if (o->format == TABLE) {
                        text_printf(&text, "%s (%s)\n", profiles[i].name, profiles[i].mode);
                        continue;
                }
                text_puts(&text, i == 0 ? "{\"name\": " : ",\n{\"name\": ");
                json_write_string(&text, profiles[i].name);
                text_puts(&text, ", \"mode\": ");
                json_write_string(&text, profiles[i].mode);
                text_puts(&text, "}");
        }
        if (o->format == JSON)
                text_puts(&text, "]}\n");
        return cli_print(&text, err);
}

static int remove_one(struct cli *cli, const char *name, const void *what, struct ward_err *err)
{
        (void)cli;
        (void)what;
        return engine_apparmor_remove(name, err);
}

static int remove_all(struct cli *cli, const void *options, int count, char **words, struct ward_err *err)
{
        (void)options;
        (void)err;
        return cli_each(cli, count, words, remove_one, NULL);
}

enum { TAKES_NAME = 1 << 0, TAKES_FORMAT = 1 << 1 };

static const struct cli_action words[] = {
        {"show", "[CONTAINER|CONFIG.json]", 0, 1, TAKES_NAME, show},
        {"load", "[CONTAINER|CONFIG.json]", 0, 1, TAKES_NAME, load},
        {"list", "", 0, 0, TAKES_FORMAT, list},
        {"remove", "NAME...", 1, INT_MAX, 0, remove_all},
};
static const struct cli_actions actions = {"apparmor", "show", words, ELEMENTS(words)};

static int apparmor(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct apparmor *o = options;
        const struct cli_given given[] = {
                {o->name != NULL, TAKES_NAME, "--name"},
                {o->complain, TAKES_NAME, "--complain"},
                {o->format != TABLE, TAKES_FORMAT, "--format"},
        };
        const struct cli_action *action = cli_action(&actions, given, ELEMENTS(given), count, operands, err);

        return action == NULL ? -EINVAL : action->run(cli, o, count - 1, operands + 1, err);
}

static const struct option_entry entries[] = {
        {.name = "name",
         .arg = "NAME",
         .help = "of the profile (default: ward-default, or ward-CONTAINER)",
         OPTION_TEXT(struct apparmor, name)},
        {.name = "complain",
         .help = "log what it does not allow, and let it through",
         OPTION_FLAG(struct apparmor, complain)},
        {.name = "format",
         .arg = "table|json",
         .help = "how to show the list (default: table)",
         OPTION_WORD(struct apparmor, format, formats)},
};

const struct cli_verb cli_apparmor = {
        .name = "apparmor",
        .command =
                {
                        .name = "ward apparmor",
                        .operands = "[OPTIONS] show|load|list|remove ...",
                        .summary = "AppArmor profiles for containers.\n"
                                   "\n"
                                   "  show [CONTAINER|CONFIG.json]  the profile for what a container may do; without\n"
                                   "                                an operand ward-default, for every container\n"
                                   "  load [CONTAINER|CONFIG.json]  the same, loaded (by apparmor_parser)\n"
                                   "  list                          the profiles that are loaded\n"
                                   "  remove NAME...                take them out of the kernel",
                        .notes = "'ward run --security-opt apparmor=NAME' has one in force.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .operands_min = 1,
                        .operands_max = UINT_MAX,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct apparmor),
        .run = apparmor,
};
