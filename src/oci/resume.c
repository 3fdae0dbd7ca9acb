/* SPDX-License-Identifier: Apache-2.0 */
/* ward-oci resume: thaws what pause froze. */
#include "oci/oci.h"

static int resume(struct oci *oci, const void *options, int count, char **operands, struct ward_err *err)
{
        return engine_resume(&oci->store, operands[0], err);
}

const struct oci_verb oci_resume = {
        .name = "resume",
        .command =
                {
                        .name = "ward-oci resume",
                        .operands = "ID",
                        .summary = "Let the processes of a paused container go on.",
                        .operands_min = 1,
                        .operands_max = 1,
                        .options_anywhere = true,
                },
        .needs_store = true,
        .run = resume,
};
