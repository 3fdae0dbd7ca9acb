/* SPDX-License-Identifier: Apache-2.0 */
/* ward-oci delete: removes a stopped container; --force ends it first. */
#include "oci/oci.h"

struct delete
{
        bool force;
};

static int delete (struct oci *oci, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct delete *o = options;

        return engine_delete(&oci->store, operands[0], o->force, err);
}

static const struct option_entry entries[] = {
        {.name = "force",
         .letter = 'f',
         .help = "kill what still runs; no error if there is no such container",
         OPTION_FLAG(struct delete, force)},
};

const struct oci_verb oci_delete = {
        .name = "delete",
        .command =
                {
                        .name = "ward-oci delete",
                        .operands = "[OPTIONS] ID",
                        .summary = "Remove a stopped container and all that it held.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .operands_min = 1,
                        .operands_max = 1,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct delete),
        .needs_store = true,
        .run = delete,
};
