/* SPDX-License-Identifier: Apache-2.0 */
/* ward-oci run: create and start in one. */
#include "oci/bundle.h"

struct run {
        struct bundle_options bundle;
        bool detach, keep, no_subreaper;
};

static int run(struct oci *oci, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct run *o = options;
        _cleanup_bundle_ struct bundle bundle = {0};
        struct engine_exit end = {0};
        /* A config that is named may be a pipe, which is read only once. */
        int r = engine_protect_program(oci->argv, o->bundle.config != NULL, err);

        if (r >= 0)
                r = bundle_load(oci, &o->bundle, operands[0], &bundle, err);
        if (r >= 0)
                r = bundle_take_notify_socket(oci, &bundle, err);
        if (r >= 0)
                r = engine_protect_program(oci->argv, bundle.spec.ns[SPEC_NS_PID].mode != SPEC_NS_NEW, err);
        if (r < 0)
                return r;
        bundle.engine.detach = o->detach;
        bundle.engine.keep = o->keep;
        bundle.engine.terminal_relay = !o->detach;
        r = engine_run(&oci->store, &bundle.spec, &bundle.engine, &end, err);
        if (r < 0)
                return r;
        if (end.oom_killed)
                oci_log(oci, OCI_LOG_WARNING, MISTAKE_OUT_OF_MEMORY,
                        "the kernel's OOM killer ended a process of the container",
                        "raise linux.resources.memory.limit");
        return o->detach ? 0 : end.status;
}

static const struct option_entry entries[] = {
        BUNDLE_PATH_ENTRIES,
        {.name = "detach", .letter = 'd', .help = "return when the program runs", OPTION_FLAG(struct run, detach)},
        {.name = "keep", .help = "leave the stopped container for 'delete'", OPTION_FLAG(struct run, keep)},
        BUNDLE_START_ENTRIES,
        {.name = "no-subreaper",
         .help = "never adopt orphans (ward never does)",
         OPTION_FLAG(struct run, no_subreaper)},
};

const struct oci_verb oci_run = {
        .name = "run",
        .command =
                {
                        .name = "ward-oci run",
                        .operands = "[OPTIONS] ID",
                        .summary = "Create a container from a bundle and run its program.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .operands_min = 1,
                        .operands_max = 1,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct run),
        .needs_store = true,
        .run = run,
};
