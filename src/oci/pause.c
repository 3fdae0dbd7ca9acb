/* SPDX-License-Identifier: Apache-2.0 */
/* ward-oci pause: freezes all processes of a container. */
#include "oci/oci.h"

static int pause_container(struct oci *oci, const void *options, int count, char **operands, struct ward_err *err)
{
        return engine_pause(&oci->store, operands[0], err);
}

const struct oci_verb oci_pause = {
        .name = "pause",
        .command =
                {
                        .name = "ward-oci pause",
                        .operands = "ID",
                        .summary = "Freeze all processes of a container until 'resume'.",
                        .operands_min = 1,
                        .operands_max = 1,
                        .options_anywhere = true,
                },
        .needs_store = true,
        .run = pause_container,
};
