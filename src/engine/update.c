/* SPDX-License-Identifier: Apache-2.0 */
/* Changing the limits of a container. */
#include "engine/rdt.h"
#include "engine/stored.h"

/* memory.checkBeforeUpdate: v2 would end processes, and v1 take from them what can be had back, to get below the limit. */
static int check_memory(const struct site *site, const struct spec_memory *memory, struct ward_err *err)
{
        struct cgroup_stats stats;
        char where[256];
        int r;

        if (!memory->check_before_update || !memory->limit.given || memory->limit.value < 0)
                return 0;
        r = cgroup_stats_read(&site->layout, site->place.cgroup_path, &stats, err);
        if (r < 0 || stats.memory_usage_bytes == UINT64_MAX ||
            stats.memory_usage_bytes <= (uint64_t)memory->limit.value)
                return r;
        (void)err_set(err, -EBUSY, "%s: set it to %lld bytes: %llu are in use",
                      spec_origin_text(&memory->limit.origin, "resources", where, sizeof(where)),
                      (long long)memory->limit.value, (unsigned long long)stats.memory_usage_bytes);
        return err_hint(
                err,
                "set a limit above what is in use, end some of its processes first, or leave checkBeforeUpdate out");
}

int stored_limit(struct stored *stored, struct site *site, const struct limits *limits,
                 int (*before)(void *data, struct ward_err *err), void *data, struct ward_err *err)
{
        const char *hierarchies = stored->state.cgroup_hierarchies;
        uint32_t widened;
        int r;

        r = site_widen(site, limits, &widened, err);
        if (r < 0)
                return r;
        if (widened != 0) {
                stored->state.cgroup_hierarchies = site_used(site);
                if (stored->state.cgroup_hierarchies == NULL)
                        return err_oom(err);
                r = store_write(&stored->entry, &stored->state, err);
                if (r < 0)
                        return r;
                r = site_make_widened(site, widened, err);
        }
        if (r >= 0 && before != NULL)
                r = before(data, err);
        if (r >= 0)
                r = site_set_limits(site, limits, "resources", true, err);
        if (widened == 0)
                return r;
        if (r >= 0)
                return site_join_widened(site, widened, err);
        if (site_remove_groups(site, false, NULL) >= 0) {
                stored->state.cgroup_hierarchies = hierarchies;
                (void)store_write(&stored->entry, &stored->state, NULL);
        }
        return r;
}

int stored_open_updatable(struct stored *stored, struct store *store, const char *id, struct ward_err *err)
{
        int r = stored_open(stored, store, id, true, err);

        return r < 0 ? r
                     : stored_require(stored, 1u << ENGINE_CREATED | 1u << ENGINE_RUNNING | 1u << ENGINE_PAUSED,
                                      "update", err);
}

/* 0 is a limit like others for a config of the newest specification, and a mistake for most who write it. */
static bool counts_pids(const struct store *store, const struct stored *stored, const struct spec_i64 *pids)
{
        bool counts = spec_pids_counts(pids, stored->state.oci_version);
        struct ward_err what;

        if (counts && pids->value == 0) {
                (void)err_set(&what, -EAGAIN, "update container '%s': with the limit 0 of processes it can make none",
                              stored->state.id);
                (void)err_hint(&what, "-1 is no limit");
                store_warn(store, &what);
        }
        return counts;
}

int engine_update(struct store *store, const char *id, const struct spec_resources *resources, struct ward_err *err)
{
        _cleanup_stored_ struct stored stored;
        struct limits limits;
        struct site *site;
        int r;

        r = stored_open_updatable(&stored, store, id, err);
        if (r >= 0)
                r = stored_site(&stored, &site, err);
        if (r < 0)
                return r;
        if (stored.state.cgroup_path == NULL)
                return err_set(err, -EOPNOTSUPP, "update container '%s': it has no cgroup", id);
        r = check_memory(site, &resources->memory, err);
        if (r >= 0)
                r = limits_collect(&limits, &stored.arena, resources, counts_pids(store, &stored, &resources->pids),
                                   err);
        if (r >= 0)
                r = stored_limit(&stored, site, &limits, NULL, NULL, err);
        if (r >= 0)
                r = site_tell_unit(site, &limits, err);
        if (r >= 0 && resources->device_rule_count > 0)
                r = site_set_devices(site, resources, true, err);
        return r;
}

int engine_update_rdt(struct store *store, const char *id, const char *const *schema, struct ward_err *err)
{
        _cleanup_spec_ struct ward_spec spec = {0};
        _cleanup_stored_ struct stored stored;
        int r;

        r = stored_open_updatable(&stored, store, id, err);
        if (r >= 0)
                r = stored_spec(&stored.entry, &spec, err);
        return r < 0 ? r : rdt_change(&spec, id, schema, err);
}
