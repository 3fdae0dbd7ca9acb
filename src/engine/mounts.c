/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounts of a container that runs: added and taken away by a process that joins its mount namespace (launch/plan-live.c).
 *
 * What is added stands in the state before it is attached, by the id of its mount, so that whoever dies half way leaves nothing that can't be
 * taken away again. What is taken away is what was added, and nothing else that its name may lead to by then.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/procfs.h"
#include "engine/stored.h"
#include "kern/clone.h"
#include "kern/proc.h"
#include "kern/require.h"
#include "launch/launch.h"

#define MOUNTINFO_MAX (64u << 20) /* bytes: a kernel allows 100,000 mounts by default */

struct change {
        struct stored stored;
        struct ward_spec spec; /* that the container was created with */
        struct spec_namespace joined[SPEC_NS_COUNT];
        struct plan_live live;
        struct store_mount *mounts; /* the state's, with room for what is added */
};

static void change_done(struct change *change)
{
        spec_done(&change->spec);
        stored_done(&change->stored);
}

#define _cleanup_change_ _cleanup_(change_done)

/* @more: how many mounts may be added. Initialises @change also when it fails. */
static int open_change(struct change *change, struct store *store, const char *id, const char *file, size_t more,
                       struct ward_err *err)
{
        static const unsigned allowed = 1u << ENGINE_CREATED | 1u << ENGINE_RUNNING | 1u << ENGINE_PAUSED;
        struct store_state *state = &change->stored.state;
        struct site *site;
        int r;

        memset(change, 0, sizeof(*change));
        r = stored_open(&change->stored, store, id, true, err);
        if (r >= 0)
                r = stored_require(&change->stored, allowed, "change the mounts of", err);
        if (r >= 0)
                r = stored_spec(&change->stored.entry, &change->spec, err);
        if (r >= 0)
                r = stored_site(&change->stored, &site, err);
        if (r >= 0)
                r = stored_namespaces(&change->stored, false, change->joined, "mounts", err);
        if (r < 0)
                return r;
        if (change->spec.ns[SPEC_NS_MOUNT].mode != SPEC_NS_NEW || change->joined[SPEC_NS_MOUNT].mode != SPEC_NS_JOIN)
                return err_set(err, -EINVAL,
                               "change the mounts of container '%s': it has no mount namespace of its own", id);
        if (change->spec.mount_label != NULL || change->spec.process.smack_label != NULL)
                site_find_modules(site, &change->spec.process, NULL, change->spec.mount_label != NULL);
        change->mounts = arena_new(&change->stored.arena, struct store_mount, state->mount_count + more + 1);
        if (change->mounts == NULL)
                return err_oom(err);
        if (state->mount_count > 0)
                memcpy(change->mounts, state->mounts, state->mount_count * sizeof(*change->mounts));
        state->mounts = change->mounts;
        change->live = (struct plan_live){&change->spec, file, change->joined, &site->place};
        return 0;
}

/* The process that joins. */
static int clone_joining(struct change *change, const struct plan *plan, struct launch *launch, struct ward_err *err)
{
        const struct store_state *state = &change->stored.state;
        struct launch_given given = LAUNCH_GIVEN_NONE;
        int r;

        given.proc = stored_proc(&change->stored, NULL);
        given.lock = change->stored.entry.lock;
        given.rootfs = state->rootfs;
        r = launch_open(launch, plan, NULL, NULL, &given, err);
        if (r < 0)
                return r;
        /* The namespace files were opened by pid: they are init's if init is still there. */
        if (pidfd_ended(change->stored.pidfd)) {
                (void)err_set(err, -ESRCH, "change the mounts of container '%s': it has just ended", state->id);
                return err_mistake(err, MISTAKE_NOT_RUNNING);
        }
        return launch_clone(launch, -EBADF, err);
}

/* It has done everything: what it made stays. */
static int end_joining(struct launch *launch, struct ward_err *err)
{
        siginfo_t info;
        int r = launch_await(launch, PHASE_RUNNING, err);

        if (r < 0)
                return r;
        (void)pidfd_wait(launch->pidfd, false, false, &info);
        launch_release(launch);
        return 0;
}

/* Looks for the mount @id in the list that the child told. 1: *@ret_peers (owned, or NULL) is its peer group; 0: it is not in there. */
static int find_mount(const struct launch *launch, uint32_t id, char **ret_peers, struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        struct procfs_mount line;
        const char *peers;
        char number[12];
        char *rest;
        int r;

        (void)snprintf(number, sizeof(number), "%u", id);
        r = fd_read_all(launch->mounts, "mountinfo of the container", MOUNTINFO_MAX, &text, NULL, err);
        if (r < 0)
                return r;
        for (rest = text; (r = procfs_next_mount(&rest, &line)) != 0;) {
                if (r < 0 || strcmp(line.id, number) != 0)
                        continue;
                peers = ret_peers == NULL ? NULL : procfs_mount_peers(&line);
                if (peers == NULL)
                        return 1;
                *ret_peers = strdup(peers);
                return *ret_peers == NULL ? err_oom(err) : 1;
        }
        return 0;
}

static int refuse_shared(const struct change *change, const struct spec_mount *mount, const char *point,
                         struct ward_err *err)
{
        char where[256];

        (void)err_set(err, -EINVAL,
                      "%s: mount on '%s': that leads into a shared bind: what is mounted there appears on the host, "
                      "in '%s'",
                      spec_origin_text(&mount->origin, change->live.file, where, sizeof(where)), mount->destination,
                      point);
        return err_hint(err, "mount it elsewhere, or make that bind rslave or private");
}

/* A mount inside of one that is the peer of one of the caller's would be made there, too, whether the caller says so or a link of the container
 * leads there (V23). */
static int check_peers(const struct change *change, const struct launch *launch, const struct spec_mount *mount,
                       struct ward_err *err)
{
        _cleanup_free_ char *text = NULL, *peers = NULL;
        _cleanup_close_
        int own = -EBADF;
        struct procfs_mount line;
        char *rest;
        int r;

        r = find_mount(launch, launch->mount_of_target, &peers, err);
        if (r < 0)
                return r;
        if (r == 0)
                return err_set(err, -ESTALE, "mount on '%s': what it lies in was unmounted just now",
                               mount->destination);
        if (peers == NULL)
                return 0;
        own = proc_open_of(launch->proc_fd, getpid(), "mountinfo", O_RDONLY, err);
        if (own < 0)
                return own;
        r = fd_read_all(own, "mountinfo", MOUNTINFO_MAX, &text, NULL, err);
        if (r < 0)
                return r;
        for (rest = text; (r = procfs_next_mount(&rest, &line)) != 0;) {
                const char *other = r < 0 ? NULL : procfs_mount_peers(&line);

                if (other == NULL || strcmp(other, peers) != 0)
                        continue;
                path_unescape(line.point);
                return refuse_shared(change, mount, line.point, err);
        }
        return 0;
}

/* Takes away the mount @id on @destination. What is not there any more, the container has taken away itself. */
static int remove_one(struct change *change, const char *destination, uint32_t id, struct ward_err *err)
{
        _cleanup_(plan_done) struct plan plan = {0};
        _cleanup_launch_ struct launch launch = LAUNCH_NONE;
        int r;

        r = plan_live_remove(&change->live, destination, id, &plan, err);
        if (r >= 0)
                r = clone_joining(change, &plan, &launch, err);
        if (r >= 0)
                r = launch_await_mounts(&launch, err);
        if (r >= 0)
                r = find_mount(&launch, id, NULL, err);
        if (r <= 0)
                return r;
        r = launch_say(&launch, MESSAGE_MOUNTS_SEEN, err);
        return r < 0 ? r : end_joining(&launch, err);
}

static int attach_all(struct change *change, struct launch *launch, const struct spec_mount *mounts, size_t count,
                      struct ward_err *err)
{
        struct store_state *state = &change->stored.state;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < count; i++) {
                r = launch_await_mounts(launch, err);
                if (r >= 0)
                        r = check_peers(change, launch, &mounts[i], err);
                if (r < 0)
                        return r;
                change->mounts[state->mount_count++] =
                        (struct store_mount){mounts[i].destination, launch->mount_of_tree};
                r = store_write(&change->stored.entry, state, err);
                if (r >= 0)
                        r = launch_say(launch, MESSAGE_MOUNTS_SEEN, err);
        }
        return r < 0 ? r : end_joining(launch, err);
}

/* What of a failed one is there is taken away again; what can't be stays in the state. */
static void take_back(struct change *change, size_t before)
{
        struct store_state *state = &change->stored.state;

        while (state->mount_count > before) {
                const struct store_mount *last = &state->mounts[state->mount_count - 1];

                if (remove_one(change, last->destination, last->id, NULL) < 0)
                        break;
                state->mount_count--;
        }
        (void)store_write(&change->stored.entry, state, NULL);
}

/* A relative source of a bind lies in the bundle, as in its config. */
static int join_sources(struct change *change, const struct spec_mount *mounts, size_t count,
                        const struct spec_mount **ret_mounts, struct ward_err *err)
{
        struct spec_mount *joined = arena_new(&change->stored.arena, struct spec_mount, count + 1);

        if (joined == NULL)
                return err_oom(err);
        for (size_t i = 0; i < count; i++) {
                joined[i] = mounts[i];
                if (!mounts[i].bind || mounts[i].source == NULL || mounts[i].source[0] == '/')
                        continue;
                joined[i].source =
                        arena_printf(&change->stored.arena, "%s/%s", change->stored.state.bundle, mounts[i].source);
                if (joined[i].source == NULL)
                        return err_oom(err);
        }
        *ret_mounts = joined;
        return 0;
}

int engine_add_mounts(struct store *store, const char *id, const char *file, const struct spec_mount *mounts,
                      size_t count, struct ward_err *err)
{
        _cleanup_change_ struct change change;
        _cleanup_(plan_done) struct plan plan = {0};
        _cleanup_launch_ struct launch launch = LAUNCH_NONE;
        size_t before;
        int r;

        r = open_change(&change, store, id, file, count, err);
        if (r >= 0)
                r = join_sources(&change, mounts, count, &mounts, err);
        if (r < 0)
                return r;
        before = change.stored.state.mount_count;
        r = plan_live_add(&change.live, mounts, count, &plan, err);
        if (r >= 0)
                r = clone_joining(&change, &plan, &launch, err);
        if (r >= 0)
                r = attach_all(&change, &launch, mounts, count, err);
        if (r < 0 && change.stored.state.mount_count > before)
                take_back(&change, before);
        return require_explain(r, err);
}

/* The last that was mounted on @destination. */
static int find_added(const struct store_state *state, const struct spec_mount *mount, const char *file,
                      size_t *ret_index, struct ward_err *err)
{
        char where[256];

        for (size_t i = state->mount_count; i > 0; i--)
                if (strcmp(state->mounts[i - 1].destination, mount->destination) == 0) {
                        *ret_index = i - 1;
                        return 0;
                }
        (void)err_set(err, -ENOENT, "%s: remove the mount on '%s': nothing was added there",
                      spec_origin_text(&mount->origin, file, where, sizeof(where)), mount->destination);
        return err_hint(err,
                        "only what 'mounts add' has mounted can be removed, by the destination that was given there");
}

int engine_remove_mounts(struct store *store, const char *id, const char *file, const struct spec_mount *mounts,
                         size_t count, struct ward_err *err)
{
        _cleanup_change_ struct change change;
        struct store_state *state = &change.stored.state;
        size_t index;
        int r;

        r = open_change(&change, store, id, file, 0, err);
        for (size_t i = 0; r >= 0 && i < count; i++)
                r = find_added(state, &mounts[i], file, &index, err);
        /* The last first: it may lie in one before it. */
        for (size_t i = count; r >= 0 && i > 0; i--) {
                r = find_added(state, &mounts[i - 1], file, &index, err);
                if (r >= 0)
                        r = remove_one(&change, state->mounts[index].destination, state->mounts[index].id, err);
                if (r < 0)
                        return require_explain(r, err);
                state->mount_count--;
                memmove(&change.mounts[index], &change.mounts[index + 1],
                        (state->mount_count - index) * sizeof(*change.mounts));
                r = store_write(&change.stored.entry, state, err);
        }
        return require_explain(r, err);
}
