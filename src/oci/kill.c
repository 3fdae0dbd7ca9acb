/* SPDX-License-Identifier: Apache-2.0 */
/* ward-oci kill: sends a signal. */
#include "base/names.h"
#include "oci/oci.h"

struct kill {
        bool all;
};

static int kill_container(struct oci *oci, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct kill *o = options;
        int signal = SIGTERM;

        if (count == 2) {
                signal = signal_number(operands[1]);
                if (signal < 0)
                        return signal_unknown(operands[1], err);
        }
        return engine_kill(&oci->store, operands[0], signal, o->all, err);
}

static const struct option_entry entries[] = {
        {.name = "all",
         .letter = 'a',
         .help = "send it to every process of the container",
         OPTION_FLAG(struct kill, all)},
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
