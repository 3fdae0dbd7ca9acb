/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removing what nobody is there for any more; see engine.h.
 *
 * Whether somebody is at work on a container is told by the lock of its entry, which no process outlives. Whether a group is ward's is told by
 * its mark (kern/cgroup.h); a group without one is touched only where the container's own entry names it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/delete.h"
#include "engine/limit.h"
#include "engine/recover.h"
#include "kern/proc.h"
#include "launch/filter.h"
#include "store/ranges.h"

#define FILTER_UNUSED_DAYS 7

const char *const engine_gc_kind_names[] = {
        [ENGINE_GC_CONTAINER] = "container", [ENGINE_GC_GROUP] = "group",   [ENGINE_GC_IDS] = "ids",
        [ENGINE_GC_FILTERS] = "filters",     [ENGINE_GC_LIMITS] = "limits",
};

const char *const engine_gc_result_names[] = {
        [ENGINE_GC_REMOVED] = "removed",
        [ENGINE_GC_LEFT] = "left",
        [ENGINE_GC_FAILED] = "failed",
};

struct gc {
        struct store *store;
        const struct engine_gc_options *options;
        enum engine_gc_kind kind; /* of what is looked at */
        const char *name;
};

static void report(const struct gc *gc, enum engine_gc_result result, const char *why)
{
        const struct engine_gc_item item = {.kind = gc->kind, .result = result, .name = gc->name, .why = why};

        if (gc->options->report != NULL)
                gc->options->report(gc->options->data, &item);
}

static void report_done(const struct gc *gc, int r, const char *why, const struct ward_err *err)
{
        report(gc, r < 0 ? ENGINE_GC_FAILED : ENGINE_GC_REMOVED, r < 0 ? err->message : why);
}

/* Processes in the group: then it is reported and stays. @force_helps: --force would end them. */
static bool leave_used(const struct gc *gc, const struct site *site, const char *why, bool force_helps)
{
        const char *path = site->place.cgroup_path;
        _cleanup_free_ pid_t *pids = NULL;
        char text[WARD_ERR_MESSAGE_MAX];
        struct ward_err err;
        size_t count = 0;

        if (path == NULL || (gc->options->force && force_helps))
                return false;
        if (cgroup_pids(&site->layout, path, &pids, &count, &err) < 0) {
                report(gc, ENGINE_GC_FAILED, err.message);
                return true;
        }
        if (count == 0)
                return false;
        (void)snprintf(text, sizeof(text), "%s, and %zu process%s in control group '%s', the first is %d: %s", why,
                       count, count == 1 ? " is" : "es are", path, (int)pids[0],
                       force_helps ? "--force ends them" : "nothing says that they are its own");
        report(gc, ENGINE_GC_LEFT, text);
        return true;
}

/* The process that was to remove the container began before the container's init did: one of that number that began later is another. */
static bool remover_lives(const struct store_state *state)
{
        _cleanup_close_
        int proc = proc_open(NULL);
        uint64_t ticks;
        int r;

        r = proc < 0 ? proc : proc_start_ticks(proc, state->remover, &ticks, NULL);
        /* Only who is known to be gone is. */
        return r < 0 ? r != -ENOENT && r != -ESRCH : ticks <= state->pid_start_ticks;
}

/* Why a container whose state could be read is removed, or NULL: it stays. */
static const char *judge(const struct gc *gc, const struct stored *stored)
{
        if (stored->status != ENGINE_STOPPED && stored->status != ENGINE_CREATING)
                return NULL;
        if (stored_is_unfinished(&stored->entry))
                return "its start was cut short";
        if (stored->state.remover != 0 && !remover_lives(&stored->state))
                return "it has ended, and who was to remove it is gone";
        return gc->options->stopped ? "it has stopped" : NULL;
}

static void collect_known(const struct gc *gc, struct stored *stored)
{
        const char *why = judge(gc, stored);
        struct ward_err err = {0};
        struct site *site;
        int r;

        if (why == NULL)
                return;
        r = stored_check_group(stored, gc->store, &err);
        if (r >= 0)
                r = stored_site(stored, &site, &err);
        if (r < 0) {
                report(gc, ENGINE_GC_FAILED, err.message);
                return;
        }
        /* Before its state says that it was started, nothing of the container runs, and what is there dies with its maker. */
        if (!stored_is_unfinished(&stored->entry) && leave_used(gc, site, why, true))
                return;
        if (!gc->options->dry_run)
                r = delete_known(gc->store, gc->name, stored, &err);
        report_done(gc, r, why, &err);
}

static void collect_damaged(const struct gc *gc, struct stored *stored, bool stale)
{
        bool missing = !store_has_state(&stored->entry), unfinished = missing && stored_is_unfinished(&stored->entry);
        const char *why = stale        ? "it is of an earlier boot"
                          : unfinished ? "its start was cut short"
                          : missing    ? "its state is missing"
                                       : "its state is damaged";
        _cleanup_site_ struct site site = {0};
        struct ward_err err = {0};
        enum claim claim;
        bool own, others;
        int r = store_check_own(gc->store, gc->name, &stored->entry, &err);

        if (r == -ENOTEMPTY) {
                report(gc, ENGINE_GC_LEFT, err.message);
                return;
        }
        if (r >= 0)
                r = recover_group(gc->store, gc->name, stored, &site, &claim, &err);
        if (r < 0) {
                report(gc, ENGINE_GC_FAILED, err.message);
                return;
        }
        own = claim_holds(claim, stale);
        others = claim == CLAIM_FOREIGN || (stale && !own);
        if (!others && !(own && unfinished) && leave_used(gc, &site, why, own))
                return;
        if (!gc->options->dry_run)
                r = delete_damaged(gc->store, gc->name, stored, own ? &site : NULL, &err);
        report_done(gc, r, why, &err);
}

static void collect_entry(const struct gc *gc)
{
        _cleanup_stored_ struct stored stored;
        struct ward_err err;
        int r;

        stored_init(&stored);
        r = store_enter(gc->store, gc->name, false, &stored.entry, &err);
        if (r >= 0)
                r = store_try_lock(&stored.entry, &err);
        /* It was deleted meanwhile, or somebody is at work on it. */
        if (r == -ENOENT || r == -EWOULDBLOCK)
                return;
        if (r >= 0)
                r = stored_look(&stored, gc->name, &err);
        if (r >= 0)
                collect_known(gc, &stored);
        else if (r == -EBADMSG || r == -ESTALE)
                collect_damaged(gc, &stored, r == -ESTALE);
        else if (r == -EPROTONOSUPPORT)
                report(gc, ENGINE_GC_LEFT, err.message);
        else
                report(gc, ENGINE_GC_FAILED, err.message);
}

static int collect_entries(struct gc *gc, struct ward_err *err)
{
        _cleanup_arena_ struct arena arena = {0};
        const char *const *ids;
        size_t count;
        int r = store_list(gc->store, &arena, &ids, &count, err);

        gc->kind = ENGINE_GC_CONTAINER;
        for (size_t i = 0; r >= 0 && i < count; i++) {
                gc->name = ids[i];
                collect_entry(gc);
        }
        return r < 0 ? r : 0;
}

/* A mark is "ID DEVICE PATH" (site_mark()). Returns whether it is of this state root's path; *@ret_same: and of its device. */
static bool read_mark(const char *mark, const char *identity, char id[STORE_ID_MAX + 1], bool *ret_same)
{
        size_t len = strcspn(mark, " ");
        const char *device = mark + len + 1;

        if (mark[len] != ' ' || len > STORE_ID_MAX || strchr(device, ' ') == NULL ||
            strcmp(strchr(device, ' '), strchr(identity, ' ')) != 0)
                return false;
        memcpy(id, mark, len);
        id[len] = '\0';
        *ret_same = strcmp(device, identity) == 0;
        return store_id_check(id, NULL) >= 0;
}

/* The container of the group gets an entry again for as long as the group is looked at: so nobody starts one of that id meanwhile. */
static void collect_group(const struct gc *gc, const char *id, bool same_root, struct site *site)
{
        static const char why[] = "its container's state is lost";
        struct store_entry entry = {.fd = -EBADF, .lock = -EBADF};
        struct ward_err err = {0};
        int r = 0;

        if (!gc->options->dry_run && store_create(gc->store, id, &entry, &err) < 0)
                return; /* there is one again */
        if (!same_root && !gc->options->force)
                report(gc, ENGINE_GC_LEFT,
                       "it is of a state directory of the same path on another file system, which somebody else may "
                       "see: --force removes it");
        else if (!leave_used(gc, site, why, true)) {
                if (!gc->options->dry_run)
                        r = delete_group(site, &err);
                report_done(gc, r, why, &err);
        }
        if (entry.fd >= 0)
                (void)store_destroy(gc->store, id, &entry, NULL);
}

static bool has_entry(struct store *store, const char *id)
{
        struct store_entry entry;

        if (store_enter(store, id, false, &entry, NULL) < 0)
                return false;
        store_leave(&entry);
        return true;
}

static int collect_groups(struct gc *gc, struct ward_err *err)
{
        _cleanup_site_ struct site site = {0};
        char identity[STORE_IDENTITY_MAX], id[STORE_ID_MAX + 1];
        const struct cgroup_hierarchy *hierarchy;
        struct cgroup_marked *marked = NULL;
        size_t count = 0;
        bool same_root;
        _cleanup_close_
        int proc = proc_open(err);
        int r = proc < 0 ? proc : site_read(&site, proc, NULL, NULL, NULL, err);

        if (r >= 0)
                r = store_identity(gc->store, identity, err);
        if (r < 0)
                return r;
        hierarchy = site_marked(&site);
        if (hierarchy != NULL)
                r = cgroup_find_marked(hierarchy, site.place.root_user, &site.arena, &marked, &count, err);
        gc->kind = ENGINE_GC_GROUP;
        site.used = UINT32_MAX;
        for (size_t i = 0; r >= 0 && i < count; i++) {
                if (!read_mark(marked[i].mark, identity, id, &same_root) || has_entry(gc->store, id))
                        continue;
                site.place.cgroup_path = gc->name = marked[i].path;
                collect_group(gc, id, same_root, &site);
        }
        return r < 0 ? r : 0;
}

static void report_range(void *data, const char *base)
{
        struct gc *gc = data;

        gc->kind = ENGINE_GC_IDS;
        gc->name = base;
        report(gc, ENGINE_GC_REMOVED, "the start that took them is gone");
}

static void report_limit(void *data, const char *name, const char *failed)
{
        struct gc *gc = data;

        gc->kind = ENGINE_GC_LIMITS;
        gc->name = name;
        report(gc, failed != NULL ? ENGINE_GC_FAILED : ENGINE_GC_REMOVED,
               failed != NULL ? failed : "what was limited is gone");
}

static void collect_filters(struct gc *gc)
{
        _cleanup_close_
        int cache = store_cache(gc->store, false);
        size_t count = filter_tidy(cache, FILTER_UNUSED_DAYS, gc->options->dry_run);
        char name[32];

        if (count == 0)
                return;
        (void)snprintf(name, sizeof(name), "%zu", count);
        gc->kind = ENGINE_GC_FILTERS;
        gc->name = name;
        report(gc, ENGINE_GC_REMOVED, "not used for a week");
}

int engine_gc(struct store *store, const struct engine_gc_options *options, struct ward_err *err)
{
        struct gc gc = {.store = store, .options = options};
        int r = collect_entries(&gc, err);

        if (r >= 0)
                r = collect_groups(&gc, err);
        if (r >= 0)
                r = engine_limit_tidy(store, options->dry_run, report_limit, &gc, err);
        if (r >= 0)
                r = ranges_tidy(&ranges_machine, options->dry_run, report_range, &gc, err);
        if (r >= 0)
                collect_filters(&gc);
        return r;
}
