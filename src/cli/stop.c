/* SPDX-License-Identifier: Apache-2.0 */
/* ward stop: asks containers to end, and kills those that do not. */
#include "base/names.h"
#include "cli/cli.h"

struct stop {
        const char *signal;
        struct spec_i64 time;
};

struct how {
        int signal, timeout_sec;
};

static int stop_one(struct cli *cli, const char *name, const void *what, struct ward_err *err)
{
        const struct how *how = what;

        return engine_stop(&cli->store, name, how->signal, how->timeout_sec, err);
}

static int stop(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct stop *o = options;
        struct how how = {.signal = o->signal == NULL ? 0 : signal_number(o->signal),
                          .timeout_sec = o->time.given ? (int)o->time.value : -1};

        if (how.signal < 0) {
                (void)signal_unknown(o->signal, err);
                return err_wrap(err, "option '--signal'");
        }
        return cli_each(cli, count, operands, stop_one, &how);
}

static int read_time(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        struct spec_i64 *time = target;
        int r = cli_read_seconds(value, arena, &time->value, err);

        time->given = r >= 0;
        return r;
}

static const struct option_entry entries[] = {
        {.name = "signal",
         .letter = 's',
         .arg = "SIGNAL",
         .help = "a name or a number (default: its --stop-signal)",
         OPTION_TEXT(struct stop, signal)},
        {.name = "time",
         .letter = 't',
         .arg = "SECONDS",
         .help = "then it is killed (default: its --stop-timeout)",
         OPTION_CALL(struct stop, time, read_time)},
};

const struct cli_verb cli_stop = {
        .name = "stop",
        .command =
                {
                        .name = "ward stop",
                        .operands = "[OPTIONS] NAME...",
                        .summary = "Ask containers to end, and kill those that do not.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .operands_min = 1,
                        .operands_max = UINT_MAX,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct stop),
        .needs_store = true,
        .run = stop,
};
