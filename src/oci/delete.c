/* SPDX-License-Identifier: Apache-2.0 */
/* ward-oci delete: removes a stopped container, or every one of a pattern; --force ends it first. */
#include "oci/oci.h"

struct delete
{
        bool force, regex;
};

static int delete_one(struct oci *oci, const char *id, const void *what, struct ward_err *err)
{
        const struct delete *o = what;

        return engine_delete(&oci->store, id, o->force, err);
}

static int delete (struct oci *oci, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct delete *o = options;

        return o->regex ? oci_each(oci, operands[0], delete_one, o, err) : delete_one(oci, operands[0], o, err);
}

static const struct option_entry entries[] = {
        {.name = "force",
         .letter = 'f',
         .help = "kill what still runs; no error if there is no such container",
         OPTION_FLAG(struct delete, force)},
        {.name = "regex",
         .letter = 'r',
         .help = "ID is a regular expression: every container that it fits",
         OPTION_FLAG(struct delete, regex)},
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
