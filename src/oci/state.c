/* SPDX-License-Identifier: Apache-2.0 */
/* ward-oci state: what is known of one container, as the runtime specification and runc write it; and how it ended, which they have no member for. */
#include "oci/oci.h"

static int state(struct oci *oci, const void *options, int count, char **operands, struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};
        const struct ending *ending = NULL;
        struct engine_info info;
        struct ending record;
        int r = engine_info(&oci->store, operands[0], &oci->arena, &info, err);

        if (r < 0)
                return r;
        if (info.status == ENGINE_STOPPED && info.damage == NULL &&
            engine_ending(&oci->store, operands[0], &oci->arena, &record, NULL) >= 0)
                ending = &record;
        oci_add_state(&text, &info, ending, true);
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
