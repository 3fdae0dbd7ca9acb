/* SPDX-License-Identifier: Apache-2.0 */
/* ward-oci mounts: mounts of a container that runs, added and removed, with crun's spelling. */
#include <string.h>

#include "model/oci.h"
#include "oci/oci.h"

static int mounts(struct oci *oci, const void *options, int count, char **operands, struct ward_err *err)
{
        const char *action = operands[0], *id = operands[1], *name;
        _cleanup_free_ char *text = NULL;
        const struct spec_mount *list;
        size_t len, list_count;
        bool add = strcmp(action, "add") == 0;
        int r;

        (void)options;
        (void)count;
        if (!add && strcmp(action, "remove") != 0) {
                (void)err_set(err, -EINVAL, "mounts: '%s' is not one of: add, remove", action);
                return err_hint(err, "for example: ward-oci mounts add %s mounts.json", id);
        }
        r = oci_read_input(operands[2], &name, &text, &len, err);
        if (r < 0)
                return r;
        r = add ? oci_parse_mounts(text, len, name, &oci->arena, &list, &list_count, err)
                : oci_parse_destinations(text, len, name, &oci->arena, &list, &list_count, err);
        if (r < 0)
                return r;
        return add ? engine_add_mounts(&oci->store, id, name, list, list_count, err)
                   : engine_remove_mounts(&oci->store, id, name, list, list_count, err);
}

const struct oci_verb oci_mounts = {
        .name = "mounts",
        .command =
                {
                        .name = "ward-oci mounts",
                        .operands = "add|remove ID FILE",
                        .summary = "Mount in a container that runs, and take away what was mounted so.\n"
                                   "FILE is a JSON array in the form of config.json's mounts; - is standard input.",
                        .operands_min = 3,
                        .operands_max = 3,
                        .options_anywhere = true,
                },
        .needs_store = true,
        .run = mounts,
};
