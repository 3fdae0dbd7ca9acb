/* SPDX-License-Identifier: Apache-2.0 */
/* ward rm: removes containers. */
#include "cli/cli.h"

struct rm {
        bool force;
};

static int remove_one(struct cli *cli, const char *name, const void *what, struct ward_err *err)
{
        const struct rm *o = what;

        return engine_delete(&cli->store, name, o->force, err);
}

static int rm(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        return cli_each(cli, count, operands, remove_one, options);
}

static const struct option_entry entries[] = {
        {.name = "force", .letter = 'f', .help = "kill it first, if it runs", OPTION_FLAG(struct rm, force)},
};

const struct cli_verb cli_rm = {
        .name = "rm",
        .command =
                {
                        .name = "ward rm",
                        .operands = "[OPTIONS] NAME...",
                        .summary = "Remove stopped containers.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .operands_min = 1,
                        .operands_max = UINT_MAX,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct rm),
        .needs_store = true,
        .run = rm,
};
