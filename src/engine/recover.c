/* SPDX-License-Identifier: Apache-2.0 */
/* A container whose state can't be read; see recover.h. */
#include "engine/recover.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "kern/clone.h"
#include "kern/proc.h"

/* The group that the entry names; else the config's; else the one that a container gets without a word in the config. */
static int find_path(const char *id, struct stored *stored, struct site *site, enum claim *ret_claim,
                     struct ward_err *err)
{
        _cleanup_spec_ struct ward_spec spec = {0};
        const char *path;
        int r;

        *ret_claim = CLAIM_GUESSED;
        r = store_noted_group(&stored->entry, &stored->arena, &path, &site->parents);
        if (r < 0 && r != -ENOENT)
                return err_code(err, r, "find out which control group container '%s' has", id);
        if (r >= 0 && cgroup_path_check(path, NULL) >= 0)
                *ret_claim = CLAIM_NOTED;
        else if (stored_spec(&stored->entry, &spec, NULL) >= 0 && spec.cgroups_path != NULL)
                path = arena_concat(&stored->arena, spec.cgroups_path[0] == '/' ? "" : "/", spec.cgroups_path);
        else
                path = arena_concat(&stored->arena, "/", id);
        if (path == NULL)
                return err_oom(err);
        r = cgroup_path_check(path, err);
        site->place.cgroup_path = path;
        return r;
}

int recover_group(struct store *store, const char *id, struct stored *stored, struct site *ret_site,
                  enum claim *ret_claim, struct ward_err *err)
{
        int proc = stored_proc(stored, err);
        int r = proc < 0 ? proc : site_read(ret_site, proc, NULL, NULL, NULL, err);

        if (r >= 0)
                r = find_path(id, stored, ret_site, ret_claim, err);
        if (r < 0)
                return r;
        /* In which hierarchies it has groups is not known any more. */
        ret_site->used = UINT32_MAX;
        r = site_whose(ret_site, store, id, err);
        if (r < 0 && r != -EEXIST)
                return r;
        if (r != 0)
                *ret_claim = r > 0 ? CLAIM_MARKED : CLAIM_FOREIGN;
        return 0;
}

bool recover_kill_unborn(struct store *store, const char *id)
{
        _cleanup_stored_ struct stored stored;
        _cleanup_site_ struct site site = {0};
        enum claim claim;

        stored_init(&stored);
        if (store_enter(store, id, false, &stored.entry, NULL) < 0 || !stored_is_unfinished(&stored.entry) ||
            store_try_lock(&stored.entry, NULL) != -EWOULDBLOCK)
                return false;
        return recover_group(store, id, &stored, &site, &claim, NULL) >= 0 && claim == CLAIM_MARKED &&
               cgroup_signal(&site.layout, site.place.cgroup_path, SIGKILL, NULL) >= 0;
}

/* 1, 0 or -errno. */
static int is_listed(const struct site *site, pid_t pid, struct ward_err *err)
{
        _cleanup_free_ pid_t *pids = NULL;
        size_t count = 0;
        int r = cgroup_pids(&site->layout, site->place.cgroup_path, &pids, &count, err);

        if (r < 0)
                return r;
        for (size_t i = 0; i < count; i++)
                if (pids[i] == pid)
                        return 1;
        return 0;
}

/* The oldest process of the group: everyone else in it was made by init, or joined it. 0: it is empty. */
static int find_init(const struct site *site, int proc, struct store_state *state, struct ward_err *err)
{
        _cleanup_free_ pid_t *pids = NULL;
        size_t count = 0;
        int r;

        r = cgroup_pids(&site->layout, site->place.cgroup_path, &pids, &count, err);
        if (r < 0)
                return r;
        state->pid = 0;
        for (size_t i = 0; i < count; i++) {
                uint64_t ticks, ns;

                r = proc_start_ticks(proc, pids[i], &ticks, NULL);
                if (r >= 0 && (state->pid == 0 || ticks < state->pid_start_ticks))
                        r = proc_namespace_inode(proc, pids[i], "pid", &ns, NULL);
                else if (r >= 0)
                        continue;
                if (r == -ENOENT || r == -ESRCH)
                        continue; /* it has just ended */
                if (r < 0)
                        return err_code(err, r, "look at process %d of container '%s'", pids[i], state->id);
                state->pid = pids[i];
                state->pid_start_ticks = ticks;
                state->pid_ns_inode = ns;
        }
        return 0;
}

/* Its init by a pidfd; a process that got its number meanwhile is not in the group. */
static int hold_init(struct stored *stored, struct ward_err *err)
{
        int proc = stored_proc(stored, err);
        int r = proc < 0 ? proc : find_init(&stored->site, proc, &stored->state, err);

        if (r < 0 || stored->state.pid == 0)
                return r;
        stored->pidfd = stored_pidfd(&stored->state, proc);
        if (stored->pidfd < 0 && stored->pidfd != -ESRCH)
                return err_code(err, stored->pidfd, "look at the init of container '%s'", stored->state.id);
        r = stored->pidfd < 0 ? 1 : is_listed(&stored->site, stored->state.pid, err);
        if (r == 0)
                stored->pidfd = fd_close(stored->pidfd);
        return r;
}

/* What is known of it beside its processes. */
static int fill(struct stored *stored, const char *id, struct ward_err *err)
{
        struct store_state *state = &stored->state;
        struct ward_spec spec = {0};
        struct stat st;

        if (fstat(stored->entry.fd, &st) < 0)
                return err_errno(err, "look at the state of container '%s'", id);
        state->id = arena_strdup(&stored->arena, id);
        if (state->id == NULL)
                return err_oom(err);
        state->owner = st.st_uid;
        if (stored_spec(&stored->entry, &spec, NULL) >= 0) {
                state->oci_version = spec.oci_version;
                state->rootfs = spec.rootfs;
                arena_join(&stored->arena, &spec.arena);
        }
        return 0;
}

int recover(struct stored *stored, struct store *store, const char *id, int code, struct ward_err *err)
{
        struct ward_err why;
        enum claim claim = CLAIM_GUESSED;
        int r = fill(stored, id, &why);

        if (r >= 0)
                r = recover_group(store, id, stored, &stored->site, &claim, &why);
        if (r < 0) {
                site_done(&stored->site);
        } else {
                stored->site_known = true;
                if (claim_holds(claim, code == -ESTALE))
                        stored->state.cgroup_path = stored->site.place.cgroup_path;
                else if (code != -ESTALE)
                        return code;
        }
        if (r >= 0 && stored->state.cgroup_path != NULL)
                r = hold_init(stored, &why);
        if (r >= 0 && stored_is_unfinished(&stored->entry))
                stored->status = ENGINE_CREATING;
        else if (r >= 0 && stored->state.pid == 0)
                stored->status = ENGINE_STOPPED; /* nobody is in its group */
        else if (r >= 0)
                r = stored_find_status(stored, &why);
        if (r < 0 && err != NULL)
                *err = why;
        return r;
}
