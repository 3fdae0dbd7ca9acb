/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device rules of a target: they are kept as words in its record, and put in force as a whole where the kernel takes a whole (v2, a BPF program), one
 * by one on top of what is there where it does not (v1).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "engine/limit-private.h"

/* "deny c 1:* rw" */
const char *limit_device_word(const struct limiting *l, const struct spec_device_rule *rule)
{
        const char *type = rule->type == SPEC_DEVICE_ALL ? "a" : rule->type == SPEC_DEVICE_BLOCK ? "b" : "c";
        const char *major = rule->major < 0 ? "*" : arena_printf(l->arena, "%" PRId64, rule->major);
        const char *minor = rule->minor < 0 ? "*" : arena_printf(l->arena, "%" PRId64, rule->minor);

        return arena_concat(l->arena, rule->allow ? "allow " : "deny ", type, " ", major, ":", minor, " ",
                            rule->read ? "r" : "", rule->write ? "w" : "", rule->mknod ? "m" : "");
}

static bool read_number(const char *text, int64_t *ret_number)
{
        long long number;

        *ret_number = -1;
        if (strcmp(text, "*") == 0)
                return true;
        if (sscanf(text, "%lld", &number) != 1 || number < 0)
                return false;
        *ret_number = number;
        return true;
}

int limit_devices_read(const struct limiting *l, struct cgroup_device_rule **ret_rules, size_t *ret_count,
                       struct ward_err *err)
{
        struct cgroup_device_rule *rules = arena_new(l->arena, struct cgroup_device_rule, l->record.device_count + 1);

        if (rules == NULL)
                return err_oom(err);
        for (size_t i = 0; i < l->record.device_count; i++) {
                char what[8], type, major[24], minor[24], access[4];

                if (sscanf(l->record.devices[i], "%7s %c %23[^:]:%23s %3s", what, &type, major, minor, access) != 5 ||
                    !read_number(major, &rules[i].major) || !read_number(minor, &rules[i].minor))
                        return err_set(err, -EBADMSG, "the record of '%s' is damaged: '%s' is no rule of devices",
                                       l->record.name, l->record.devices[i]);
                rules[i].allow = strcmp(what, "allow") == 0;
                rules[i].type = type;
                rules[i].access = arena_strdup(l->arena, access);
                if (rules[i].access == NULL)
                        return err_oom(err);
        }
        *ret_rules = rules;
        *ret_count = l->record.device_count;
        return 0;
}

/* The hierarchy that keeps devices, as an index of the layout; -1: none. */
static int hierarchy_of(const struct limiting *l)
{
        const struct cgroup_hierarchy *h = cgroup_with(&l->layout, CGROUP_DEVICES);

        h = h == NULL ? cgroup_unified(&l->layout) : h;
        return h == NULL ? -1 : (int)(h - l->layout.hierarchies);
}

/* Of a group that is not removed at the end, what it had. */
static int save_list(struct limiting *l, size_t at, struct ward_err *err)
{
        const struct cgroup_layout alone = cgroup_alone(&l->layout.hierarchies[at]);
        const char *text;
        int r;

        if (l->record.device_count > 0 || l->target.kind == TARGET_PROCESS)
                return 0;
        r = cgroup_get_devices(&alone, l->to[at], l->arena, &text, err);
        if (r >= 0 && !LIMIT_ADD(l, l->record.values, l->record.value_count,
                                 {alone.hierarchies[0].identity, LIMIT_DEVICES_LIST, "", text}))
                r = err_oom(err);
        return r < 0 ? r : 0;
}

int limit_devices_set(struct limiting *l, const struct spec_resources *resources, struct ward_err *err)
{
        size_t first = l->record.device_count, count;
        struct cgroup_device_rule *rules;
        struct cgroup_layout alone;
        int at = hierarchy_of(l), r;

        if (resources == NULL || resources->device_rule_count == 0)
                return 0;
        if (at < 0 || l->to[at] == NULL)
                return err_set(
                        err, -EOPNOTSUPP,
                        "set device rules: neither the devices controller of cgroup v1 nor cgroup v2 is mounted");
        r = save_list(l, (size_t)at, err);
        for (size_t i = 0; i < resources->device_rule_count && r >= 0; i++) {
                const char *word = limit_device_word(l, &resources->device_rules[i]);

                if (word == NULL || !LIMIT_ADD(l, l->record.devices, l->record.device_count, {word}) ||
                    !LIMIT_ADD(l, l->report->rows, l->report->row_count,
                               {"devices", limit_where(l, (size_t)at), "", word}))
                        r = err_oom(err);
        }
        if (r >= 0)
                r = limit_devices_read(l, &rules, &count, err);
        if (r >= 0)
                r = store_limit_write(l->records, &l->record, err);
        if (r < 0)
                return r;
        alone = cgroup_alone(&l->layout.hierarchies[at]);
        return cgroup_add_devices(&alone, l->to[at], rules + first, count - first, err);
}

/* A line of devices.list, which allows, or of what was written down of a v2 group. */
static bool read_line(const struct limiting *l, const char *line, struct cgroup_device_rule *ret_rule)
{
        bool deny = strncmp(line, "deny ", strlen("deny ")) == 0;
        char type, major[24], minor[24], access[4];

        line += deny ? strlen("deny ") : strncmp(line, "allow ", strlen("allow ")) == 0 ? strlen("allow ") : 0;
        if (sscanf(line, "%c %23[^:]:%23s %3s", &type, major, minor, access) != 4 ||
            !read_number(major, &ret_rule->major) || !read_number(minor, &ret_rule->minor))
                return false;
        ret_rule->allow = !deny;
        ret_rule->type = type;
        ret_rule->access = arena_strdup(l->arena, access);
        return ret_rule->access != NULL;
}

/* The rules that the group had. @default_allows: before any of them. */
static int read_list(const struct limiting *l, const char *list, bool default_allows,
                     struct cgroup_device_rule **ret_rules, size_t *ret_count, struct ward_err *err)
{
        char *rest = arena_strdup(l->arena, list);
        struct cgroup_device_rule *rules = arena_new(l->arena, struct cgroup_device_rule, strlen(list) + 2);
        size_t count = 1;

        if (rest == NULL || rules == NULL)
                return err_oom(err);
        rules[0] = (struct cgroup_device_rule){default_allows, 'a', -1, -1, "rwm"};
        for (const char *line; (line = text_next(&rest, '\n')) != NULL && *line != '\0';)
                count += read_line(l, line, &rules[count]);
        *ret_rules = rules;
        *ret_count = count;
        return 0;
}

/* Where v1 allows everything by default it does not show what it refuses all the same: there what was refused is allowed again, and nothing else. */
static int allow_again(const struct limiting *l, const struct cgroup_layout *alone, const char *path,
                       struct ward_err *err)
{
        struct cgroup_device_rule *rules;
        size_t count, denied = 0;
        int r = limit_devices_read(l, &rules, &count, err);

        if (r < 0)
                return r;
        for (size_t i = 0; i < count; i++)
                if (!rules[i].allow) {
                        rules[denied] = rules[i];
                        rules[denied++].allow = true;
                }
        return denied == 0 ? 0 : cgroup_add_devices(alone, path, rules, denied, err);
}

int limit_devices_undo(struct limiting *l, struct ward_err *err)
{
        int at = hierarchy_of(l), r;
        struct cgroup_device_rule *rules = NULL;
        struct cgroup_layout alone;
        const char *list = NULL;
        size_t count = 0;

        for (size_t i = 0; i < l->record.value_count; i++)
                if (strcmp(l->record.values[i].file, LIMIT_DEVICES_LIST) == 0)
                        list = l->record.values[i].text;
        if (list == NULL || at < 0 || l->to[at] == NULL)
                return 0;
        alone = cgroup_alone(&l->layout.hierarchies[at]);
        if (alone.hierarchies[0].version == 1 && list[0] == 'a')
                return allow_again(l, &alone, l->to[at], err);
        r = read_list(l, list, alone.hierarchies[0].version == 2, &rules, &count, err);
        return r < 0 ? r : cgroup_set_devices(&alone, l->to[at], rules, count, err);
}
