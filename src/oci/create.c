/* SPDX-License-Identifier: Apache-2.0 */
/* ward-oci create: a container whose program waits for `start`. */
#include "oci/bundle.h"

struct create {
        struct bundle_options bundle;
        bool no_subreaper;
};

static int create(struct oci *oci, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct create *o = options;
        _cleanup_bundle_ struct bundle bundle = {0};
        int r = bundle_load(oci, &o->bundle, operands[0], &bundle, err);

        if (r >= 0)
                r = bundle_take_notify_socket(oci, &bundle, err);
        return r < 0 ? r : engine_create(&oci->store, &bundle.spec, &bundle.engine, err);
}

static const struct option_entry entries[] = {
        BUNDLE_PATH_ENTRIES,
        BUNDLE_START_ENTRIES,
        {.name = "no-subreaper",
         .rare = true,
         .help = "never adopt orphans (ward never does)",
         OPTION_FLAG(struct create, no_subreaper)},
};

const struct oci_verb oci_create = {
        .name = "create",
        .command =
                {
                        .name = "ward-oci create",
                        .operands = "[OPTIONS] ID",
                        .summary = "Create a container from a bundle; its program waits for 'start'.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .operands_min = 1,
                        .operands_max = 1,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct create),
        .needs_store = true,
        .in_sight = true,
        .run = create,
};
