/* SPDX-License-Identifier: Apache-2.0 */
/* Removing a container, whatever state it or its files are in. */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/hooks.h"
#include "engine/stored.h"
#include "kern/clone.h"
#include "launch/undo.h"

#define KILL_TIMEOUT_MSEC 10000

static void wait_ended(int pidfd)
{
        struct pollfd ready = {.fd = pidfd, .events = POLLIN};

        while (poll(&ready, 1, KILL_TIMEOUT_MSEC) < 0 && errno == EINTR)
                ;
}

/* Ends whatever the container still has, init first: with its pid namespace everything in it goes. */
static int kill_all(struct stored *stored, struct site *site, struct ward_err *err)
{
        const char *group = stored->state.cgroup_path;

        if (stored->pidfd >= 0)
                (void)pidfd_signal(stored->pidfd, SIGKILL);
        if (stored->status == ENGINE_PAUSED && group != NULL)
                (void)cgroup_freeze(&site->layout, group, false, KILL_TIMEOUT_MSEC, NULL);
        if (stored->pidfd >= 0)
                wait_ended(stored->pidfd);
        return group == NULL ? 0 : cgroup_kill(&site->layout, group, KILL_TIMEOUT_MSEC, err);
}

/* A start that was killed half way could not take away what it had made in the root file system. */
static void undo_unfinished(const struct store_entry *entry)
{
        _cleanup_close_
        int fd = openat(entry->fd, STORE_MADE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        struct shared made;

        if (fd >= 0 && read(fd, &made, sizeof(made)) == sizeof(made))
                launch_undo(&made);
}

/* The state can't be read: the group has the name that it gets without a word in the config, and holds the processes. */
static int delete_damaged(struct store *store, const char *id, struct stored *stored, struct ward_err *err)
{
        _cleanup_spec_ struct ward_spec spec = {0};
        _cleanup_site_ struct site site = {0};
        int r;

        if (stored_spec(&stored->entry, &spec, NULL) < 0)
                spec.ns[SPEC_NS_MOUNT].mode = SPEC_NS_NEW;
        r = site_read(&site, &spec, id, NULL, err);
        if (r >= 0)
                r = cgroup_kill(&site.layout, site.place.cgroup_path, KILL_TIMEOUT_MSEC, err);
        if (r >= 0)
                r = site_remove_groups(&site, true, err);
        if (r < 0)
                return r;
        undo_unfinished(&stored->entry);
        return store_destroy(store, id, &stored->entry, err);
}

int engine_delete(struct store *store, const char *id, bool force, struct ward_err *err)
{
        _cleanup_stored_ struct stored stored;
        struct site *site;
        int r;

        r = stored_open(&stored, store, id, true, err);
        if (r == -ENOENT && force)
                return 0;
        if ((r == -EBADMSG || r == -ESTALE) && force)
                return delete_damaged(store, id, &stored, err);
        if (r < 0)
                return r;
        if (!force && (stored.status == ENGINE_RUNNING || stored.status == ENGINE_PAUSED)) {
                (void)err_set(err, -EBUSY, "delete container '%s': it is %s", id, engine_status_names[stored.status]);
                return err_hint(err, "kill it first, or use --force");
        }
        r = stored_site(&stored, &site, err);
        if (r >= 0)
                r = kill_all(&stored, site, err);
        if (r >= 0)
                r = site_remove_groups(site, true, err);
        if (r < 0)
                return r;
        undo_unfinished(&stored.entry);
        (void)hooks_run_stored(&stored.entry, &stored.state, SPEC_HOOK_POSTSTOP, "stopped", err);
        return store_destroy(store, id, &stored.entry, err);
}
