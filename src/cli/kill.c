/* SPDX-License-Identifier: Apache-2.0 */
/* ward kill: sends a signal to the first process of containers. */
#include <signal.h>

#include "base/names.h"
#include "cli/cli.h"

struct kill {
        const char *signal;
};

static int kill_one(struct cli *cli, const char *name, const void *what, struct ward_err *err)
{
        return engine_kill(&cli->store, name, *(const int *)what, false, err);
}

static int kill_containers(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct kill *o = options;
        int signal = o->signal == NULL ? SIGKILL : signal_number(o->signal);

        if (signal < 0) {
                (void)signal_unknown(o->signal, err);
                return err_wrap(err, "option '--signal'");
        }
        return cli_each(cli, count, operands, kill_one, &signal);
}

static const struct option_entry entries[] = {
        {.name = "signal",
         .letter = 's',
         .arg = "SIGNAL",
         .help = "a name or a number (default: KILL)",
         OPTION_TEXT(struct kill, signal)},
};

const struct cli_verb cli_kill = {
        .name = "kill",
        .command =
                {
                        .name = "ward kill",
                        .operands = "[OPTIONS] NAME...",
                        .summary = "Send a signal to the first process of containers.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .operands_min = 1,
                        .operands_max = UINT_MAX,
                        .dashed = cli_read_dashed_signal,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct kill),
        .needs_store = true,
        .run = kill_containers,
};
