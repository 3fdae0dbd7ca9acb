/* SPDX-License-Identifier: Apache-2.0 */
/* Freezing and thawing a container. */
#include "engine/stored.h"

#define FREEZE_TIMEOUT_MSEC 10000

static int set_frozen(struct store *store, const char *id, bool frozen, struct ward_err *err)
{
        unsigned allowed = frozen ? 1u << ENGINE_CREATED | 1u << ENGINE_RUNNING : 1u << ENGINE_PAUSED;
        _cleanup_stored_ struct stored stored;
        struct site *site;
        int r;

        r = stored_open(&stored, store, id, true, err);
        if (r >= 0)
                r = stored_require(&stored, allowed, frozen ? "pause" : "resume", err);
        if (r >= 0)
                r = stored_site(&stored, &site, err);
        if (r < 0)
                return r;
        if (stored.state.cgroup_path == NULL)
                return err_set(err, -EOPNOTSUPP, "%s container '%s': it has no cgroup", frozen ? "pause" : "resume",
                               id);
        return cgroup_freeze(&site->layout, stored.state.cgroup_path, frozen, FREEZE_TIMEOUT_MSEC, err);
}

int engine_pause(struct store *store, const char *id, struct ward_err *err)
{
        return set_frozen(store, id, true, err);
}

int engine_resume(struct store *store, const char *id, struct ward_err *err)
{
        return set_frozen(store, id, false, err);
}
