/* SPDX-License-Identifier: Apache-2.0 */
/* Freezing and thawing a container. */
#include <fcntl.h>
#include <sys/stat.h>

#include "engine/stored.h"

#define FREEZE_TIMEOUT_MSEC 10000

/* One that waits for its start is asked for that alone, unless its socket says that it may be frozen (stored_find_status()). */
static int mark(const struct stored *stored, bool frozen, struct ward_err *err)
{
        struct stat st;

        if (!stored->waits)
                return 0;
        if (fstatat(stored->entry.fd, "start", &st, AT_SYMLINK_NOFOLLOW) < 0 ||
            fchmodat(stored->entry.fd, "start", (st.st_mode & 0777) | (frozen ? S_ISVTX : 0), 0) < 0)
                return err_errno(err, "mark the start socket of container '%s'", stored->state.id);
        return 0;
}

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
        r = frozen ? mark(&stored, true, err) : 0;
        if (r >= 0)
                r = cgroup_freeze(&site->layout, stored.state.cgroup_path, frozen, FREEZE_TIMEOUT_MSEC, err);
        return r < 0 || frozen ? r : mark(&stored, false, err);
}

int engine_pause(struct store *store, const char *id, struct ward_err *err)
{
        return set_frozen(store, id, true, err);
}

int engine_resume(struct store *store, const char *id, struct ward_err *err)
{
        return set_frozen(store, id, false, err);
}
