/* SPDX-License-Identifier: Apache-2.0 */
/* Sending a signal to a container. */
#include <errno.h>

#include "engine/ending.h"
#include "engine/recover.h"
#include "kern/clone.h"
#include "kern/require.h"

#define FREEZE_TIMEOUT_MSEC 10000

static int kill_init(struct stored *stored, int signal, struct ward_err *err)
{
        int r = stored->pidfd < 0 ? 0 : pidfd_signal(stored->pidfd, signal);

        return r < 0 ? require_explain(err_code(err, r, "send signal %d to container '%s'", signal, stored->state.id),
                                       err)
                     : 0;
}

/* Whether the kernel kills the container's processes with its init: pid_namespaces(7). Where the config is lost nobody knows: then each of those
 * that there may be is killed, and of a container that has ended nothing is expected. */
static bool dies_with_init(const struct stored *stored)
{
        _cleanup_spec_ struct ward_spec spec = {0};

        if (stored_spec(&stored->entry, &spec, NULL) < 0)
                return stored->status == ENGINE_STOPPED;
        return spec.ns[SPEC_NS_PID].mode == SPEC_NS_NEW;
}

static int send_signal(struct stored *stored, int signal, bool all, struct ward_err *err)
{
        const char *group = stored->state.cgroup_path;
        struct site *site;
        int r;

        if (signal == SIGKILL && !all && group != NULL)
                all = !dies_with_init(stored);
        if (stored->status == ENGINE_STOPPED && !(all && group != NULL)) {
                /* In the words that engines look for (containerd's shim). */
                (void)err_set(err, -ESRCH, "kill container '%s': container not running", stored->state.id);
                (void)err_mistake(err, MISTAKE_NOT_RUNNING);
                return err_hint(err, "it has ended: there is nobody to tell");
        }
        if (group == NULL || (!all && signal != SIGKILL))
                return kill_init(stored, signal, err);
        r = stored_site(stored, &site, err);
        /* A container that may write to its groups can have frozen itself below its own. */
        if (r >= 0 && signal == SIGKILL && !all)
                all = cgroup_holds_below(&site->layout, group);
        if (r >= 0)
                r = all ? cgroup_signal(&site->layout, group, signal, err) : kill_init(stored, signal, err);
        /* A frozen process of v1 can't die before it is thawed (cgroups(7)); on v2 it can, and thawing does no harm. */
        if (r >= 0 && signal == SIGKILL && stored->status == ENGINE_PAUSED)
                r = cgroup_freeze(&site->layout, group, false, FREEZE_TIMEOUT_MSEC, err);
        return r;
}

int stored_kill(struct stored *stored, int signal, bool all, const char *verb, struct ward_err *err)
{
        int r;

        /* Before it: who waits for the end may look at once. */
        if (stored->status != ENGINE_STOPPED)
                ending_note_sender(&stored->entry, signal, verb);
        r = send_signal(stored, signal, all, err);
        if (r < 0 && stored->status != ENGINE_STOPPED)
                ending_forget_sender(&stored->entry);
        return r;
}

int engine_kill(struct store *store, const char *id, int signal, bool all, struct ward_err *err)
{
        _cleanup_stored_ struct stored stored;
        bool unborn = signal == SIGKILL && recover_kill_unborn(store, id);
        int r = stored_open(&stored, store, id, true, err);

        if (unborn && r == -ENOENT)
                return 0; /* whoever was making it has undone it */
        if (stored_is_unreadable(r))
                r = recover(&stored, store, id, r, err);
        else if (r >= 0)
                r = stored_check_group(&stored, store, err);
        return r < 0 ? r : stored_kill(&stored, signal, all, "kill", err);
}
