/* SPDX-License-Identifier: Apache-2.0 */
/* ward-oci state: what is known of one container, as the runtime specification and runc write it. */
#include "oci/oci.h"

static int state(struct oci *oci, const void *options, int count, char **operands, struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};
        struct engine_info info;
        int r = engine_info(&oci->store, operands[0], &oci->arena, &info, err);

        if (r < 0)
                return r;
        oci_add_state(&text, &info, true);
        text_puts(&text, "\n");
        return oci_print(&text, err);
}

const struct oci_verb oci_state = {
        .name = "state",
        .command =
                {
                        .name = "ward-oci state",
                        .operands = "ID",
                        .summary = "Print the state of a container as JSON.",
                        .operands_min = 1,
                        .operands_max = 1,
                        .options_anywhere = true,
                },
        .needs_store = true,
        .run = state,
};
