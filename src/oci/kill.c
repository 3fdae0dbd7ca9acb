/* SPDX-License-Identifier: Apache-2.0 */
/* ward-oci kill: sends a signal. */
#include "base/names.h"
#include "oci/oci.h"

struct kill {
        bool all, regex;
};

struct killing {
        const struct kill *options;
        int signal;
};

static int kill_one(struct oci *oci, const char *id, const void *what, struct ward_err *err)
{
        const struct killing *killing = what;

        return engine_kill(&oci->store, id, killing->signal, killing->options->all, err);
}

static int kill_container(struct oci *oci, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct kill *o = options;
        struct killing killing = {o, SIGTERM};

        /* A word that is empty is none, as with other runtimes. */
        if (count == 2 && *operands[1] != '\0') {
                killing.signal = signal_number(operands[1]);
                if (killing.signal < 0)
                        return signal_unknown(operands[1], err);
        }
        return o->regex ? oci_each(oci, operands[0], kill_one, &killing, err)
                        : kill_one(oci, operands[0], &killing, err);
}

static const struct option_entry entries[] = {
        {.name = "all",
         .letter = 'a',
         .help = "send it to every process of the container",
         OPTION_FLAG(struct kill, all)},
        {.name = "regex",
         .letter = 'r',
         .help = "ID is a regular expression: every container that it fits",
         OPTION_FLAG(struct kill, regex)},
};

const struct oci_verb oci_kill = {
        .name = "kill",
        .command =
                {
                        .name = "ward-oci kill",
                        .operands = "[OPTIONS] ID [SIGNAL]",
                        .summary = "Send a signal (a name or a number; default TERM) to a container's init.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .operands_min = 1,
                        .operands_max = 2,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct kill),
        .needs_store = true,
        .run = kill_container,
};
