/* SPDX-License-Identifier: Apache-2.0 */
/* A container: limits are set as by `update`, in its groups, and its state says which these are. */
#include <string.h>

#include "engine/limit-private.h"
#include "engine/stored.h"

struct setting {
        struct limiting *l;
        const struct site *site;
};

/* The groups are there, and nothing is set: how it is now is written down. */
static int save(void *data, struct ward_err *err)
{
        const struct setting *setting = data;
        struct limiting *l = setting->l;
        /* The site goes before the report is made. */
        const char *path = arena_strdup(l->arena, setting->site->place.cgroup_path);
        int r;

        if (path == NULL)
                return err_oom(err);
        for (size_t i = 0; i < l->layout.count; i++) {
                const char *identity = l->layout.hierarchies[i].identity;
                bool known = false;

                for (size_t j = 0; j < setting->site->layout.count; j++)
                        if (strcmp(setting->site->layout.hierarchies[j].identity, identity) == 0 &&
                            (setting->site->used >> j & 1) != 0)
                                l->to[i] = path;
                for (size_t j = 0; j < l->record.group_count; j++)
                        known |= strcmp(l->record.groups[j].hierarchy, identity) == 0;
                if (l->to[i] != NULL && !known &&
                    !LIMIT_ADD(l, l->record.groups, l->record.group_count, {identity, l->to[i], NULL}))
                        return err_oom(err);
        }
        r = limit_values_save(l, err);
        return r < 0 ? r : store_limit_write(l->records, &l->record, err);
}

/* The config's rules, those of the record, and those that come now. */
static int set_devices(struct limiting *l, struct stored *stored, struct site *site, struct ward_err *err)
{
        const struct spec_resources *wanted = l->options == NULL ? NULL : l->options->resources;
        _cleanup_spec_ struct ward_spec spec = {0};
        struct cgroup_device_rule *rules = NULL;
        size_t count = 0;
        int r = stored_spec(&stored->entry, &spec, err);

        for (size_t i = 0; wanted != NULL && i < wanted->device_rule_count && r >= 0; i++) {
                const char *word = limit_device_word(l, &wanted->device_rules[i]);

                if (word == NULL || !LIMIT_ADD(l, l->record.devices, l->record.device_count, {word}) ||
                    !LIMIT_ADD(l, l->report->rows, l->report->row_count,
                               {"devices", arena_strdup(l->arena, site->place.cgroup_path), "", word}))
                        r = err_oom(err);
        }
        if (r >= 0 && wanted != NULL)
                r = store_limit_write(l->records, &l->record, err);
        /* An undo has none. */
        if (r >= 0 && wanted != NULL)
                r = limit_devices_read(l, &rules, &count, err);
        return r < 0 ? r : site_add_devices(site, &spec.resources, rules, count, err);
}

int limit_container(struct limiting *l, struct ward_err *err)
{
        const struct spec_resources *wanted = l->options->resources;
        _cleanup_stored_ struct stored stored;
        struct setting setting = {.l = l};
        struct site *site;
        int r;

        r = stored_open_updatable(&stored, l->store, l->target.name, err);
        if (r >= 0)
                r = stored_site(&stored, &site, err);
        if (r < 0)
                return r;
        if (stored.state.cgroup_path == NULL && (l->limits.count > 0 || wanted->device_rule_count > 0))
                return err_set(err, -EOPNOTSUPP, "limit container '%s': it has no cgroup", l->target.name);
        setting.site = site;
        if (l->limits.count > 0)
                r = stored_limit(&stored, site, &l->limits, save, &setting, err);
        if (r >= 0 && l->limits.count > 0)
                r = site_tell_unit(site, &l->limits, err);
        if (r >= 0 && wanted->device_rule_count > 0)
                r = set_devices(l, &stored, site, err);
        return r;
}

int limit_container_undo(struct limiting *l, struct ward_err *err)
{
        _cleanup_stored_ struct stored stored;
        struct site *site;
        int r;

        r = stored_open(&stored, l->store, l->target.name, true, err);
        if (r >= 0)
                r = stored_site(&stored, &site, err);
        if (r >= 0)
                r = limit_values_restore(l, err);
        if (r >= 0 && l->record.device_count > 0)
                r = set_devices(l, &stored, site, err);
        if (r >= 0 && site->unit.name.scope != NULL)
                r = limit_values_tell(l, site->unit.name.scope, err);
        return r;
}
