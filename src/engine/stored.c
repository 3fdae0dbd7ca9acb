/* SPDX-License-Identifier: Apache-2.0 */
/* An existing container; see stored.h. */
#include "engine/stored.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/clone.h"
#include "kern/proc.h"
#include "kern/require.h"
#include "model/oci.h"

const char *const engine_status_names[] = {
        [ENGINE_CREATING] = "creating", [ENGINE_CREATED] = "created", [ENGINE_RUNNING] = "running",
        [ENGINE_PAUSED] = "paused",     [ENGINE_STOPPED] = "stopped",
};

const char *const stored_ns_files[SPEC_NS_COUNT] = {
        [SPEC_NS_USER] = "user", [SPEC_NS_CGROUP] = "cgroup", [SPEC_NS_IPC] = "ipc",   [SPEC_NS_UTS] = "uts",
        [SPEC_NS_NET] = "net",   [SPEC_NS_PID] = "pid",       [SPEC_NS_TIME] = "time", [SPEC_NS_MOUNT] = "mnt",
};

int stored_proc(struct stored *stored, struct ward_err *err)
{
        if (stored->proc < 0)
                stored->proc = proc_open(err);
        return stored->proc;
}

int stored_pidfd(const struct store_state *state, int proc)
{
        _cleanup_close_
        int pidfd = -EBADF;
        uint64_t ticks, ns;
        int r;

        if (state->pid <= 0)
                return -ESRCH;
        pidfd = pidfd_open_pid(state->pid);
        /* pidfd_open(2): EINVAL for the id of a thread, which a reused number may be. */
        if (pidfd < 0)
                return pidfd == -EINVAL ? -ESRCH : pidfd;
        /* The start time is read after the pidfd was opened: if it is right, the pidfd is of that process. */
        r = proc_start_ticks(proc, state->pid, &ticks, NULL);
        if (r < 0)
                return r == -ENOENT ? -ESRCH : r;
        if (ticks != state->pid_start_ticks || pidfd_ended(pidfd))
                return -ESRCH;
        /* Another user's process does not show its namespaces (ptrace(2)). */
        r = proc_namespace_inode(proc, state->pid, "pid", &ns, NULL);
        if (r < 0 && r != -ENOENT && r != -EACCES)
                return r;
        return r >= 0 && state->pid_ns_inode != 0 && ns != state->pid_ns_inode ? -ESRCH : TAKE_FD(pidfd);
}

static int read_site(struct stored *stored, struct site *ret_site, struct ward_err *err)
{
        int proc = stored_proc(stored, err), r;

        if (proc < 0)
                return proc;
        r = site_read(ret_site, proc, NULL, NULL, stored->state.cgroup_path, err);
        if (r < 0)
                return r;
        if (stored->state.cgroup_hierarchies != NULL)
                site_use(ret_site, stored->state.cgroup_hierarchies);
        ret_site->parents = stored->state.cgroup_made;
        ret_site->unit.name.scope = stored->state.cgroup_unit;
        return 0;
}

int stored_site(struct stored *stored, struct site **ret_site, struct ward_err *err)
{
        if (!stored->site_known) {
                int r = read_site(stored, &stored->site, err);

                if (r < 0) {
                        site_done(&stored->site);
                        return r;
                }
                stored->site_known = true;
        }
        *ret_site = &stored->site;
        return 0;
}

int stored_check_group(struct stored *stored, const struct store *store, struct ward_err *err)
{
        struct site *site;
        int r;

        if (stored->pidfd >= 0 || stored->state.cgroup_path == NULL)
                return 0;
        r = stored_site(stored, &site, err);
        if (r >= 0)
                r = site_whose(site, store, stored->state.id, err);
        if (r != -EEXIST)
                return r < 0 ? r : 0;
        stored->state.cgroup_path = site->place.cgroup_path = site->unit.name.scope = NULL;
        return 0;
}

/* 1, 0 or -errno. Without a group in a freezer there is nothing that could be frozen. */
static int is_frozen(struct stored *stored, struct ward_err *err)
{
        struct site *site;
        bool frozen = false;
        int r;

        if (stored->state.cgroup_path == NULL)
                return 0;
        r = stored_site(stored, &site, err);
        if (r >= 0)
                r = cgroup_frozen(&site->layout, stored->state.cgroup_path, &frozen, err);
        return r == -ENOENT ? 0 : r < 0 ? r : frozen;
}

/* What is said of it decides whether it is killed or removed: what can't be found out is an error, not a guess. */
static int find_status(struct stored *stored, struct ward_err *err)
{
        struct stat st;
        int r;

        if (stored->state.pid == 0)
                return ENGINE_CREATING;
        if (stored->pidfd < 0)
                return ENGINE_STOPPED;
        if (fstatat(stored->entry.fd, "start", &st, AT_SYMLINK_NOFOLLOW) == 0) {
                stored->waits = true;
                /* The mark of `pause`: a start need not read the freezer. */
                r = (st.st_mode & S_ISVTX) == 0 ? 0 : is_frozen(stored, err);
                return r < 0 ? r : r > 0 ? ENGINE_PAUSED : ENGINE_CREATED;
        }
        if (errno != ENOENT)
                return err_errno(err, "find out whether container '%s' was started", stored->state.id);
        r = is_frozen(stored, err);
        return r < 0 ? r : r > 0 ? ENGINE_PAUSED : ENGINE_RUNNING;
}

int stored_find_status(struct stored *stored, struct ward_err *err)
{
        int r = find_status(stored, err);

        if (r >= 0)
                stored->status = (enum engine_status)r;
        return r;
}

bool stored_is_unfinished(const struct store_entry *entry)
{
        return fd_has(entry->fd, STORE_MADE);
}

void stored_init(struct stored *stored)
{
        memset(stored, 0, sizeof(*stored));
        stored->pidfd = stored->proc = stored->entry.fd = stored->entry.lock = -EBADF;
}

int stored_hold(struct stored *stored, const char *id, struct ward_err *err)
{
        int r = store_read(&stored->entry, &stored->arena, &stored->state, err), proc;

        if (r < 0)
                return r;
        proc = stored->state.pid > 0 ? stored_proc(stored, err) : -ESRCH;
        stored->pidfd = proc < 0 ? proc : stored_pidfd(&stored->state, proc);
        /* Only what is known to have ended is stopped. */
        if (stored->pidfd < 0 && stored->pidfd != -ESRCH)
                return require_explain(err_code(err, stored->pidfd, "look at the init of container '%s'", id), err);
        return 0;
}

int stored_look(struct stored *stored, const char *id, struct ward_err *err)
{
        int r = stored_hold(stored, id, err);

        if (r >= 0)
                r = stored_find_status(stored, err);
        return r < 0 ? r : 0;
}

int stored_refuse_unborn(struct store_entry *entry, const char *id, struct ward_err *err)
{
        int r = store_has_state(entry) ? 0 : store_try_lock(entry, NULL);

        if (r != -EWOULDBLOCK) {
                store_unlock(entry);
                return 0;
        }
        (void)err_set(err, -EBUSY, "use container '%s': it is still being created", id);
        return err_hint(err, "wait until it is; 'ward rm -f %s' or 'ward-oci delete --force %s' ends who creates it",
                        id, id);
}

int stored_open(struct stored *stored, struct store *store, const char *id, bool lock, struct ward_err *err)
{
        struct ward_err why;
        int r;

        stored_init(stored);
        r = store_enter(store, id, lock, &stored->entry, err);
        if (r < 0)
                return r;
        r = stored_look(stored, id, lock ? err : &why);
        if (r == -EBADMSG && !lock) {
                r = stored_refuse_unborn(&stored->entry, id, err);
                if (r < 0)
                        return r;
                /* Its maker may have been done just now. */
                stored_done(stored);
                stored_init(stored);
                r = store_enter(store, id, false, &stored->entry, err);
                return r < 0 ? r : stored_look(stored, id, err);
        }
        if (r < 0 && !lock && err != NULL)
                *err = why;
        return r;
}

void stored_done(struct stored *stored)
{
        stored->pidfd = fd_close(stored->pidfd);
        stored->proc = fd_close(stored->proc);
        if (stored->site_known)
                site_done(&stored->site);
        store_leave(&stored->entry);
        arena_done(&stored->arena);
}

int stored_namespaces(struct stored *stored, bool any, struct spec_namespace *ret_joined, const char *field,
                      struct ward_err *err)
{
        int proc = stored_proc(stored, err);
        pid_t self = getpid();

        if (proc < 0)
                return proc;
        for (int i = 0; i < SPEC_NS_COUNT; i++) {
                /* Joining one's own user namespace is an error, and one's own mount namespace changes the root directory. */
                bool compared = !any || i == SPEC_NS_USER || i == SPEC_NS_MOUNT;
                uint64_t theirs, own = 0;
                int r = proc_namespace_inode(proc, stored->state.pid, stored_ns_files[i], &theirs, err);
                int mine = 0;

                if (r < 0 || compared)
                        mine = proc_namespace_inode(proc, self, stored_ns_files[i], &own, r < 0 ? NULL : err);

                /* A kernel without this kind has it for nobody. An init whose first thread has ended shows none either, and is alive as
                 * long as another thread is, which may execute a program and be init again: what it hides for a moment is not left out. */
                if (r == -ENOENT && mine == -ENOENT)
                        continue;
                if (r == -EACCES && stored->status == ENGINE_CREATED) {
                        (void)err_set(
                                err, -EACCES,
                                "join the namespaces of container '%s': its program is not executed yet, and until "
                                "then only root may look into its init",
                                stored->state.id);
                        return err_hint(err, "start it first");
                }
                if (r < 0 || mine < 0)
                        return r < 0 ? r : mine;
                if (theirs == own)
                        continue;
                ret_joined[i].mode = SPEC_NS_JOIN;
                ret_joined[i].origin.field = field;
                ret_joined[i].origin.index = -1;
                ret_joined[i].path =
                        arena_printf(&stored->arena, "/proc/%d/ns/%s", stored->state.pid, stored_ns_files[i]);
                if (ret_joined[i].path == NULL)
                        return err_oom(err);
        }
        return 0;
}

int stored_require(const struct stored *stored, unsigned allowed, const char *verb, struct ward_err *err)
{
        if ((allowed >> stored->status & 1) != 0)
                return 0;
        (void)err_set(err, stored->status == ENGINE_STOPPED ? -ESRCH : -EBUSY, "%s container '%s': it is %s", verb,
                      stored->state.id, engine_status_names[stored->status]);
        if (stored->status != ENGINE_STOPPED)
                return -EBUSY;
        (void)err_mistake(err, MISTAKE_NOT_RUNNING);
        return err_hint(err, "it can only be removed, and run anew");
}

int stored_spec(const struct store_entry *entry, struct ward_spec *ret_spec, struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        size_t len;
        int r;

        r = fd_read_file(entry->fd, "config.json", OCI_CONFIG_MAX, &text, &len, err);
        return r < 0 ? r : oci_parse(text, len, "config.json", ret_spec, err);
}
