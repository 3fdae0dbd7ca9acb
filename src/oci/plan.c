/* SPDX-License-Identifier: Apache-2.0 */
/* ward-oci plan: the steps of a start, without doing any of them. */
#include "oci/bundle.h"

enum { TABLE, JSON };
static const char *const formats[] = {"table", "json", NULL};

struct plan {
        struct bundle_options bundle;
        unsigned format;
};

static int plan(struct oci *oci, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct plan *o = options;
        const char *id = count == 0 ? "container" : operands[0];
        _cleanup_bundle_ struct bundle bundle = {0};
        _cleanup_text_ struct text text = {0};
        int r = bundle_load(oci, &o->bundle, id, &bundle, err);

        if (r == 0)
                r = engine_plan(&bundle.spec, &bundle.engine, o->format == JSON, &text, err);
        return r < 0 ? r : oci_print(&text, err);
}

static const struct option_entry entries[] = {
        BUNDLE_PATH_ENTRIES,
        {.name = "format",
         .arg = "table|json",
         .help = "how to print it (default: table)",
         OPTION_WORD(struct plan, format, formats)},
        BUNDLE_START_ENTRIES,
};

const struct oci_verb oci_plan = {
        .name = "plan",
        .command =
                {
                        .name = "ward-oci plan",
                        .operands = "[OPTIONS] [ID]",
                        .summary = "Print the steps that 'create' would take, and take none.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .operands_max = 1,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct plan),
        .run = plan,
};
