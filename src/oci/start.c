/* SPDX-License-Identifier: Apache-2.0 */
/* ward-oci start: lets the program of a created container begin. */
#include "oci/oci.h"

static int start(struct oci *oci, const void *options, int count, char **operands, struct ward_err *err)
{
        return engine_start(&oci->store, operands[0], oci_notify_socket(), err);
}

const struct oci_verb oci_start = {
        .name = "start",
        .command =
                {
                        .name = "ward-oci start",
                        .operands = "ID",
                        .summary = "Start the program of a created container.",
                        .operands_min = 1,
                        .operands_max = 1,
                        .options_anywhere = true,
                },
        .needs_store = true,
        .run = start,
};
