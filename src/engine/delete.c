/* SPDX-License-Identifier: Apache-2.0 */
/* Removing a container, whatever state it or its files are in. */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/delete.h"
#include "engine/hooks.h"
#include "engine/rdt.h"
#include "engine/recover.h"
#include "kern/clone.h"
#include "launch/undo.h"

#define KILL_TIMEOUT_MSEC 10000

#define LOOK_MSEC 100 /* how often the group is looked at meanwhile */

static bool is_empty(const struct site *site, const char *group)
{
        _cleanup_free_ pid_t *pids = NULL;
        size_t count = 0;

        return group != NULL && cgroup_pids(&site->layout, group, &pids, &count, NULL) >= 0 && count == 0;
}

static bool has_zombies(void)
{
        siginfo_t info = {0};

        return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 && info.si_pid != 0;
}

/* Init ends when all of its pid namespace have been reaped (pid_namespaces(7)). What the caller has executed in it is the caller's child, which it can't
 * reap as long as it is in here. A zombie is in no group, and keeps none from being removed. */
static void wait_ended(int pidfd, const struct site *site, const char *group)
{
        struct pollfd ready = {.fd = pidfd, .events = POLLIN};

        for (int msec = 0, r; msec < KILL_TIMEOUT_MSEC && (r = poll(&ready, 1, LOOK_MSEC)) <= 0;) {
                if (has_zombies() && is_empty(site, group))
                        return;
                msec += r == 0 ? LOOK_MSEC : 0; /* a signal is no time */
        }
}

/* Ends whatever the container still has, init first: with its pid namespace everything in it goes. */
static int kill_all(struct stored *stored, struct site *site, struct ward_err *err)
{
        const char *group = stored->state.cgroup_path;
        int r = stored->pidfd >= 0 ? pidfd_signal(stored->pidfd, SIGKILL) : -ESRCH;

        if (r < 0 && r != -ESRCH && group == NULL)
                return err_code(err, r, "kill the init of container '%s'", stored->state.id);
        if (r >= 0 && stored->status == ENGINE_PAUSED && group != NULL)
                r = cgroup_freeze(&site->layout, group, false, KILL_TIMEOUT_MSEC, NULL);
        /* Else there is nothing to wait for: what is done to the group ends it. So it is with who is frozen below it. */
        if (r >= 0 && (group == NULL || !cgroup_holds_below(&site->layout, group)))
                wait_ended(stored->pidfd, site, group);
        if (group == NULL && r >= 0 && !pidfd_ended(stored->pidfd))
                return err_set(err, -EBUSY, "kill the init of container '%s': it has not ended after %d ms",
                               stored->state.id, KILL_TIMEOUT_MSEC);
        return group == NULL ? 0 : cgroup_kill(&site->layout, group, KILL_TIMEOUT_MSEC, err);
}

/* A start that was killed half way could not take away what it had made in the root file system. */
static void undo_unfinished(const struct store_entry *entry)
{
        _cleanup_close_
        int fd = openat(entry->fd, STORE_MADE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        char root[PATH_MAX];
        ssize_t len = readlinkat(entry->fd, STORE_ROOT, root, sizeof(root));
        struct shared made;

        if (fd < 0 || len < 0 || (size_t)len == sizeof(root) || read(fd, &made, sizeof(made)) != sizeof(made))
                return;
        root[len] = '\0';
        launch_undo(root, &made);
}

int delete_group(struct site *site, struct ward_err *err)
{
        int r = cgroup_kill(&site->layout, site->place.cgroup_path, KILL_TIMEOUT_MSEC, err);

        return r < 0 ? r : site_remove_groups(site, true, err);
}

/* What the config says of resctrl. One that can't be read is no reason to keep the container: its groups can be removed by hand. */
static int remove_rdt(const struct store_entry *entry, const char *id, struct ward_err *err)
{
        _cleanup_spec_ struct ward_spec spec = {0};

        return stored_spec(entry, &spec, NULL) < 0 ? 0 : rdt_remove(&spec, id, err);
}

int delete_damaged(struct store *store, const char *id, struct stored *stored, struct site *site, struct ward_err *err)
{
        int r = site == NULL ? 0 : delete_group(site, err);

        if (r >= 0)
                r = remove_rdt(&stored->entry, id, err);
        if (r < 0)
                return r;
        undo_unfinished(&stored->entry);
        return store_destroy(store, id, &stored->entry, err);
}

int delete_known(struct store *store, const char *id, struct stored *stored, struct ward_err *err)
{
        _cleanup_spec_ struct ward_spec spec = {0};
        struct site *site;
        bool readable;
        int r = stored_check_group(stored, store, err);

        if (r >= 0)
                r = stored_site(stored, &site, err);
        /* Before the wait for the end, in which this time is lost. One that can't be read is no reason to keep the container. */
        readable = r >= 0 && stored_spec(&stored->entry, &spec, NULL) >= 0;
        if (r >= 0)
                r = kill_all(stored, site, err);
        if (r >= 0)
                r = site_remove_groups(site, true, err);
        if (r >= 0)
                site_stop_unit(site);
        if (r >= 0 && stored->state.resctrl && readable)
                r = rdt_remove(&spec, id, err);
        if (r < 0)
                return r;
        undo_unfinished(&stored->entry);
        if (readable)
                hooks_run_poststop(store, &spec, &stored->state);
        return store_destroy(store, id, &stored->entry, err);
}

static int force_damaged(struct store *store, const char *id, struct stored *stored, bool stale, struct ward_err *err)
{
        _cleanup_site_ struct site site = {0};
        enum claim claim;
        int r = store_check_own(store, id, &stored->entry, err);

        if (r >= 0)
                r = recover_group(store, id, stored, &site, &claim, err);
        if (r < 0)
                return r;
        return delete_damaged(store, id, stored, claim_holds(claim, stale) ? &site : NULL, err);
}

/* Who shall be killed dies while everything else is found out. */
static int open_and_kill(struct stored *stored, struct store *store, const char *id, bool force, struct ward_err *err)
{
        int r;

        stored_init(stored);
        if (force)
                (void)recover_kill_unborn(store, id);
        r = store_enter(store, id, true, &stored->entry, err);
        if (r >= 0)
                r = stored_hold(stored, id, err);
        if (r >= 0 && force && stored->pidfd >= 0)
                (void)pidfd_signal(stored->pidfd, SIGKILL); /* kill_all() says what is wrong */
        return r < 0 ? r : stored_find_status(stored, err);
}

int engine_delete(struct store *store, const char *id, bool force, struct ward_err *err)
{
        _cleanup_stored_ struct stored stored;
        int r;

        r = open_and_kill(&stored, store, id, force, err);
        if (r == -ENOENT && force)
                return 0;
        if ((r == -EBADMSG || r == -ESTALE) && force)
                return force_damaged(store, id, &stored, r == -ESTALE, err);
        if (r < 0)
                return r;
        if (!force && (stored.status == ENGINE_RUNNING || stored.status == ENGINE_PAUSED)) {
                (void)err_set(err, -EBUSY, "delete container '%s': it is %s", id, engine_status_names[stored.status]);
                (void)err_mistake(err, MISTAKE_RUNNING);
                return err_hint(err, "kill it first, or use --force");
        }
        return delete_known(store, id, &stored, err);
}
