/* SPDX-License-Identifier: Apache-2.0 */
/* Changing the limits of a container. */
#include "engine/stored.h"

int engine_update(struct store *store, const char *id, const struct spec_resources *resources, struct ward_err *err)
{
        _cleanup_stored_ struct stored stored;
        struct site *site;
        int r;

        r = stored_open(&stored, store, id, true, err);
        if (r >= 0)
                r = stored_require(&stored, 1u << ENGINE_CREATED | 1u << ENGINE_RUNNING | 1u << ENGINE_PAUSED, "update",
                                   err);
        if (r >= 0)
                r = stored_site(&stored, &site, err);
        if (r < 0)
                return r;
        if (stored.state.cgroup_path == NULL)
                return err_set(err, -EOPNOTSUPP, "update container '%s': it has no cgroup", id);
        return site_set_limits(site, resources, "resources", err);
}
