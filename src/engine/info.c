/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of containers: state, list, ps, events. */
#include <fcntl.h>
#include <stdio.h>

#include "base/fd.h"
#include "engine/recover.h"
#include "kern/clone.h"
#include "kern/proc.h"
#include "kern/tree.h"

static int look(struct stored *stored, struct store *store, const char *id, struct ward_err *err)
{
        int r;

        stored_init(stored);
        r = store_enter(store, id, false, &stored->entry, err);
        return r < 0 ? r : stored_look(stored, id, err);
}

/* One that is being made has no state yet, and a lock that its maker holds. Everything else is opened anew: its maker may have been done just
 * now. */
static int look_again(struct stored *stored, struct store *store, const char *id, struct ward_err *err)
{
        if (stored->entry.fd >= 0 && store_try_lock(&stored->entry, NULL) == -EWOULDBLOCK) {
                stored->state.id = arena_strdup(&stored->arena, id);
                stored->status = ENGINE_CREATING;
                return stored->state.id == NULL ? err_oom(err) : 0;
        }
        stored_done(stored);
        return look(stored, store, id, err);
}

int engine_info(struct store *store, const char *id, struct arena *arena, struct engine_info *ret_info,
                struct ward_err *err)
{
        _cleanup_stored_ struct stored stored;
        const char *damage = NULL;
        struct ward_err why = {0};
        bool newer = false;
        int r;

        r = look(&stored, store, id, &why);
        if (r == -EBADMSG)
                r = look_again(&stored, store, id, &why);
        if (stored_is_unreadable(r)) {
                newer = r == -EPROTONOSUPPORT;
                damage = arena_strdup(arena, why.message);
                r = damage == NULL ? err_oom(&why) : recover(&stored, store, id, r, &why);
        }
        if (r < 0) {
                if (err != NULL)
                        *err = why;
                return r;
        }
        arena_join(arena, &stored.arena);
        ret_info->damage = damage;
        ret_info->newer = newer;
        ret_info->state = stored.state;
        ret_info->status = stored.status;
        ret_info->pid = stored.status == ENGINE_STOPPED ? 0 : stored.state.pid;
        return 0;
}

int engine_list(struct store *store, struct arena *arena, struct engine_info **ret_infos, size_t *ret_count,
                struct ward_err *err)
{
        const char *const *ids;
        struct engine_info *infos;
        size_t count, n = 0;
        int r;

        r = store_list(store, arena, &ids, &count, err);
        if (r < 0)
                return r;
        infos = arena_new(arena, struct engine_info, count + 1);
        if (infos == NULL)
                return err_oom(err);
        for (size_t i = 0; i < count; i++) {
                r = engine_info(store, ids[i], arena, &infos[n], err);
                if (r == -ENOENT)
                        continue; /* deleted meanwhile */
                if (r < 0 && !stored_is_unreadable(r))
                        return r;
                if (r < 0)
                        infos[n] = (struct engine_info){
                                .state = {.id = ids[i]}, .status = ENGINE_STOPPED, .damage = "its state is damaged"};
                n++;
        }
        *ret_infos = infos;
        *ret_count = n;
        return 0;
}

int engine_namespace(struct store *store, const char *id, enum spec_ns ns, struct ward_err *err)
{
        _cleanup_stored_ struct stored stored;
        _cleanup_close_
        int proc = -EBADF, fd = -EBADF;
        char path[32];
        int r;

        r = stored_open(&stored, store, id, false, err);
        if (r >= 0)
                r = stored_require(&stored, 1u << ENGINE_CREATED | 1u << ENGINE_RUNNING, "join a namespace of", err);
        if (r < 0)
                return r;
        proc = proc_open(err);
        if (proc < 0)
                return proc;
        (void)snprintf(path, sizeof(path), "ns/%s", stored_ns_files[ns]);
        fd = proc_open_of(proc, stored.state.pid, path, O_RDONLY, err);
        /* The pidfd was proved to be init's; if that still lives, what was opened by its number is init's, too (V32). */
        if (fd >= 0 && pidfd_ended(stored.pidfd)) {
                (void)err_set(err, -ESRCH, "join a namespace of container '%s': it has ended", id);
                return err_mistake(err, MISTAKE_NOT_RUNNING);
        }
        return TAKE_FD(fd);
}

int engine_shm(struct store *store, const char *id, struct ward_err *err)
{
        _cleanup_close_
        int users = engine_namespace(store, id, SPEC_NS_USER, err), mounts = -EBADF;
        int fd;

        if (users < 0)
                return users;
        mounts = engine_namespace(store, id, SPEC_NS_MOUNT, err);
        if (mounts < 0)
                return mounts;
        fd = tree_of_namespace(users, mounts, "dev/shm");
        return fd == -ENOENT ? fd : fd < 0 ? err_code(err, fd, "share /dev/shm of container '%s'", id) : fd;
}

int engine_spec(struct store *store, const char *id, struct arena *arena, struct ward_spec *ret_spec,
                struct ward_err *err)
{
        _cleanup_(store_leave) struct store_entry entry = {-EBADF, -EBADF};
        struct ward_spec spec = {0};
        struct ward_err why;
        int r;

        r = store_enter(store, id, false, &entry, err);
        if (r < 0)
                return r;
        r = stored_spec(&entry, &spec, &why);
        if (r == -ENOENT) {
                r = stored_refuse_unborn(&entry, id, err);
                if (r >= 0)
                        r = stored_spec(&entry, &spec, err);
        } else if (r < 0 && err != NULL) {
                *err = why;
        }
        if (r < 0)
                return r;
        arena_join(arena, &spec.arena);
        *ret_spec = spec;
        return 0;
}

int engine_pids(struct store *store, const char *id, pid_t **ret_pids, size_t *ret_count, struct ward_err *err)
{
        _cleanup_stored_ struct stored stored;
        struct site *site;
        int r;

        r = stored_open(&stored, store, id, false, err);
        if (r >= 0)
                r = stored_check_group(&stored, store, err);
        if (r >= 0)
                r = stored_site(&stored, &site, err);
        if (r < 0)
                return r;
        if (stored.state.cgroup_path == NULL)
                return err_set(err, -ENODATA, "list the processes of container '%s': it has no cgroup", id);
        return cgroup_pids(&site->layout, stored.state.cgroup_path, ret_pids, ret_count, err);
}

int engine_stats(struct store *store, const char *id, struct arena *arena, struct cgroup_stats *ret_stats,
                 struct cgroup_details *ret_details, struct ward_err *err)
{
        _cleanup_stored_ struct stored stored;
        struct site *site;
        int r;

        r = stored_open(&stored, store, id, false, err);
        if (r >= 0)
                r = stored_require(&stored, 1u << ENGINE_CREATED | 1u << ENGINE_RUNNING | 1u << ENGINE_PAUSED,
                                   "measure", err);
        if (r >= 0)
                r = stored_site(&stored, &site, err);
        if (r < 0)
                return r;
        if (stored.state.cgroup_path == NULL)
                return err_set(err, -ENODATA, "measure container '%s': it has no cgroup", id);
        r = cgroup_details_read(&site->layout, stored.state.cgroup_path, arena, ret_details, err);
        return r < 0 ? r : cgroup_stats_read(&site->layout, stored.state.cgroup_path, ret_stats, err);
}

int engine_watch(struct store *store, const char *id, struct cgroup_watch **ret_watch, int *ret_pidfd,
                 struct ward_err *err)
{
        _cleanup_stored_ struct stored stored;
        _cleanup_(cgroup_watch_done) struct cgroup_watch *watch = NULL;
        struct site *site;
        int r;

        r = stored_open(&stored, store, id, false, err);
        if (r < 0 || stored.status == ENGINE_STOPPED)
                return r;
        r = stored_site(&stored, &site, err);
        if (r < 0)
                return r;
        if (stored.state.cgroup_path != NULL &&
            cgroup_watch_open(&site->layout, stored.state.cgroup_path, NULL, 0, &watch, NULL) >= 0) {
                r = cgroup_watch_end(watch, stored.pidfd, err);
                if (r < 0)
                        return r;
        }
        *ret_watch = TAKE_PTR(watch);
        *ret_pidfd = TAKE_FD(stored.pidfd);
        return 1;
}
