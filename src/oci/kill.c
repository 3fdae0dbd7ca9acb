/* SPDX-License-Identifier: Apache-2.0 */
/* ward-oci kill: sends a signal. */
#include <string.h>
#include <strings.h>

#include "oci/oci.h"

struct kill {
        bool all;
};

/* Number or name, with or without SIG, in any case: 9, KILL, sigkill, RTMIN+3, RTMAX-1. */
static int parse_signal(const char *word, int *ret_signal, struct ward_err *err)
{
        const char *name = strncasecmp(word, "SIG", 3) == 0 ? word + 3 : word;
        const char *names[_NSIG];
        size_t count = 0;
        uint64_t number;
        const char *near;

        if (number_parse(word, _NSIG - 1, &number) == 0) {
                *ret_signal = (int)number;
                return 0;
        }
        for (int i = 1; i < _NSIG; i++) {
                const char *known = sigabbrev_np(i);

                if (known == NULL)
                        continue;
                if (strcasecmp(known, name) == 0) {
                        *ret_signal = i;
                        return 0;
                }
                names[count++] = known;
        }
        if (strncasecmp(name, "RTMIN", 5) == 0 || strncasecmp(name, "RTMAX", 5) == 0) {
                bool up = strncasecmp(name, "RTMIN", 5) == 0;

                if (name[5] == '\0')
                        number = 0;
                else if (name[5] != (up ? '+' : '-') ||
                         number_parse(name + 6, (uint64_t)(SIGRTMAX - SIGRTMIN), &number) < 0)
                        return err_set(err, -EINVAL, "'%s' is not a signal", word);
                *ret_signal = up ? SIGRTMIN + (int)number : SIGRTMAX - (int)number;
                return 0;
        }
        near = text_nearest(name, names, count);
        (void)err_set(err, -EINVAL, "'%s' is not a signal", word);
        if (near != NULL)
                (void)err_hint(err, "did you mean '%s'?", near);
        else
                (void)err_hint(err, "'kill -l' lists the names; numbers go from 1 to %d", _NSIG - 1);
        return -EINVAL;
}

static int kill_container(struct oci *oci, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct kill *o = options;
        int signal = SIGTERM, r;

        if (count == 2) {
                r = parse_signal(operands[1], &signal, err);
                if (r < 0)
                        return r;
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
