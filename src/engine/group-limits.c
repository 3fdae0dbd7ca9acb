/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits and files of a group, set and read by their names; see group.h.
 *
 * A name is looked for among the words for limits first: those are converted to what this machine has, whichever version's they are. What is none of them
 * is a file of the group, written as it stands.
 */
#include "engine/group.h"

#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"

#define NO_KEY "*"

/* ---- setting ---- */

/* What is not there, because the group is not, or has not got the controller. */
static int hint_missing(const struct group *group, int code, struct ward_err *err)
{
        if (code != -ENOENT || (err != NULL && err->hint[0] != '\0' && strstr(err->hint, "subtree_control") == NULL))
                return code;
        return err_hint(err, "'ward cgroup create -g CONTROLLER:%s' makes it, and gives it the controller",
                        group->path);
}

/* Frozen or thawed, in the words of either version. Returns 1; 0: it is another name. */
static int set_frozen(const struct groups *groups, const struct group *group, const struct group_setting *setting,
                      struct ward_err *err)
{
        bool v1 = strcmp(setting->name, "freezer.state") == 0, frozen;
        int r;

        if (!v1 && strcmp(setting->name, "cgroup.freeze") != 0)
                return 0;
        frozen = strcmp(setting->value, v1 ? "FROZEN" : "1") == 0;
        if (!frozen && strcmp(setting->value, v1 ? "THAWED" : "0") != 0) {
                (void)err_set(err, -EINVAL, "'%s': '%s': it is neither frozen nor thawed", setting->name,
                              setting->value);
                return err_hint(err, "write %s", v1 ? "FROZEN or THAWED" : "1 or 0");
        }
        r = group_freeze(groups, group, frozen, err);
        return r < 0 ? r : 1;
}

/* The hierarchy of a file that is of no controller: the first of the group's that has it. */
static const struct cgroup_hierarchy *find_file(const struct groups *groups, const struct group *group,
                                                const char *file)
{
        const struct cgroup_hierarchy *hierarchy = cgroup_file_hierarchy(&groups->layout, file);

        for (size_t i = 0; hierarchy == NULL && i < groups->layout.count; i++) {
                struct arena arena _cleanup_arena_ = {0};
                const char *const *files;
                size_t count;

                if ((group->hierarchies & 1U << i) == 0 ||
                    cgroup_files(&groups->layout.hierarchies[i], group->path, &arena, &files, &count, NULL) < 0)
                        continue;
                for (size_t f = 0; f < count; f++)
                        if (strcmp(files[f], file) == 0)
                                hierarchy = &groups->layout.hierarchies[i];
        }
        return hierarchy;
}

/* Neither a word nor a file. */
static int explain_name(const struct groups *groups, const struct group *group, const char *name, struct ward_err *err)
{
        const struct cgroup_hierarchy *hierarchy = cgroup_file_hierarchy(&groups->layout, name);
        const char *word = limit_words_nearest(name);
        char near[NAME_MAX + 1];

        (void)err_set(err, -EINVAL, "'%s' is neither a limit nor a file of the control group '%s'", name, group->path);
        (void)err_mistake(err, MISTAKE_WORD);
        if (word != NULL)
                return err_hint(err, "did you mean '%s'?", word);
        for (size_t i = 0; i < groups->layout.count; i++)
                if ((group->hierarchies & 1U << i) != 0 &&
                    (hierarchy == NULL || hierarchy == &groups->layout.hierarchies[i]) &&
                    cgroup_file_nearest(&groups->layout.hierarchies[i], group->path, name, near))
                        return err_hint(err, "did you mean '%s'?", near);
        return err_hint(err, "'ward cgroup get --all %s' lists its files", group->path);
}

static int set_file(const struct groups *groups, const struct group *group, const struct group_setting *setting,
                    struct ward_err *err)
{
        const struct cgroup_hierarchy *hierarchy = find_file(groups, group, setting->name);
        int r;

        if (hierarchy == NULL || strchr(setting->name, '/') != NULL)
                return explain_name(groups, group, setting->name, err);
        r = cgroup_file_write(hierarchy, group->path, setting->name, setting->value, err);
        if (r == -ENOENT && cgroup_there(hierarchy, group->path) > 0)
                return explain_name(groups, group, setting->name, err);
        return r < 0 ? hint_missing(group, r, err) : 0;
}

static int add_rules(const struct groups *groups, const struct group *group, const struct spec_resources *resources,
                     struct ward_err *err)
{
        static const char types[] = {[SPEC_DEVICE_CHAR] = 'c', [SPEC_DEVICE_BLOCK] = 'b', [SPEC_DEVICE_ALL] = 'a'};
        struct cgroup_device_rule *rules =
                arena_new(groups->arena, struct cgroup_device_rule, resources->device_rule_count + 1);

        if (rules == NULL)
                return err_oom(err);
        for (size_t i = 0; i < resources->device_rule_count; i++) {
                const struct spec_device_rule *rule = &resources->device_rules[i];

                rules[i] = (struct cgroup_device_rule){
                        .allow = rule->allow,
                        .type = types[rule->type],
                        .major = rule->major,
                        .minor = rule->minor,
                        .access = arena_concat(groups->arena, rule->read ? "r" : "", rule->write ? "w" : "",
                                               rule->mknod ? "m" : ""),
                };
                if (rules[i].access == NULL)
                        return err_oom(err);
        }
        return cgroup_add_devices(&groups->layout, group->path, rules, resources->device_rule_count, err);
}

/* Whether the name is one that this function's caller writes as a file. */
static bool is_file(const char *name)
{
        return limit_words_find(name) == NULL;
}

int group_set(const struct groups *groups, const struct group *group, const struct group_setting *settings,
              size_t count, struct ward_err *err)
{
        const struct limit_machine *machine = limits_machine(groups->arena);
        struct spec_resources resources = {0};
        struct limits limits;
        int r = machine == NULL ? err_oom(err) : 0;

        for (size_t i = 0; r >= 0 && i < count; i++)
                if (!is_file(settings[i].name))
                        r = limit_words_parse(groups->arena, machine, settings[i].name, settings[i].value,
                                              settings[i].name, &resources, err);
        if (r >= 0)
                r = limits_collect(&limits, groups->arena, &resources, resources.pids.given, err);
        if (r >= 0) {
                size_t failed;

                r = cgroup_set(&groups->layout, group->path, limits.limits, limits.count, &failed, err);
                if (r < 0) {
                        if (err != NULL && strstr(err->message, limits.origins[failed].field) == NULL)
                                (void)err_wrap(err, "limit '%s'", limits.origins[failed].field);
                        return hint_missing(group, r, err);
                }
        }
        if (r >= 0 && resources.device_rule_count > 0)
                r = add_rules(groups, group, &resources, err);
        for (size_t i = 0; r >= 0 && i < count; i++) {
                if (!is_file(settings[i].name))
                        continue;
                r = set_frozen(groups, group, &settings[i], err);
                if (r == 0)
                        r = set_file(groups, group, &settings[i], err);
        }
        return r < 0 ? r : 0;
}

/* ---- getting ---- */

struct values {
        struct arena *arena;
        struct group_value *list;
        size_t count, room;
};

/* A file that was asked for twice is shown once. */
static int add_value(struct values *values, const char *asked, const struct cgroup_hierarchy *hierarchy,
                     const char *file, const char *text)
{
        size_t len = strlen(text);

        for (size_t i = 0; i < values->count; i++)
                if (values->list[i].hierarchy == hierarchy && strcmp(values->list[i].file, file) == 0)
                        return 0;
        if (values->count == values->room) {
                size_t room = values->room * 2 + 16;
                struct group_value *larger = arena_new(values->arena, struct group_value, room);

                if (larger == NULL)
                        return -ENOMEM;
                if (values->count > 0)
                        memcpy(larger, values->list, values->count * sizeof(*larger));
                values->list = larger;
                values->room = room;
        }
        while (len > 0 && text[len - 1] == '\n')
                len--;
        text = arena_strndup(values->arena, text, len);
        if (text == NULL)
                return -ENOMEM;
        values->list[values->count++] = (struct group_value){asked, hierarchy, file, text};
        return 0;
}

/* Reads a whole file. @quiet: one that can't be read is passed over. */
static int get_file(struct values *values, const char *asked, const struct cgroup_hierarchy *hierarchy,
                    const char *path, const char *file, bool quiet, struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        int r = cgroup_file_read(hierarchy, path, file, &text, quiet ? NULL : err);

        if (r < 0)
                return quiet ? 0 : r;
        return add_value(values, asked, hierarchy, file, text) < 0 ? err_oom(err) : 0;
}

/* The part of a name that is a size of huge pages. */
static const char *size_of(struct arena *arena, const char *name)
{
        const char *dot = strchr(name, '.');

        return dot == NULL || strncmp(name, "hugetlb.", 8) != 0 ? NULL
                                                                : arena_strndup(arena, dot + 1, strcspn(dot + 1, "."));
}

/* Of each size that the kernel has. */
static int get_hugetlb(struct values *values, const struct cgroup_hierarchy *hierarchy, const char *path,
                       const char *asked, struct ward_err *err)
{
        const char *tail = hierarchy->version == 1 ? ".limit_in_bytes" : ".max";
        const char *const *files;
        size_t count;
        int r = cgroup_files(hierarchy, path, values->arena, &files, &count, err);

        for (size_t i = 0; r >= 0 && i < count; i++) {
                const char *dot = strncmp(files[i], "hugetlb.", 8) == 0 ? strchr(files[i] + 8, '.') : NULL;

                if (dot != NULL && strcmp(dot, tail) == 0)
                        r = get_file(values, asked, hierarchy, path, files[i], false, err);
        }
        return r;
}

static int get_knob(struct values *values, const struct groups *groups, const struct group *group, const char *asked,
                    enum cgroup_knob knob, bool quiet, struct ward_err *err)
{
        const struct cgroup_hierarchy *hierarchy = cgroup_knob_hierarchy(&groups->layout, knob);
        struct cgroup_limit key = {.key = NO_KEY};
        const char *file, *value;
        int r;

        if (hierarchy == NULL) {
                if (quiet)
                        return 0;
                (void)err_set(err, -EOPNOTSUPP, "get '%s': no mounted control group hierarchy has the controller",
                              asked);
                return err_hint(err, "'ward cgroup controllers' shows what there is");
        }
        if (knob == CGROUP_HUGETLB_MAX) {
                key.key = size_of(groups->arena, asked);
                if (key.key == NULL || strcmp(key.key, "*") == 0)
                        return get_hugetlb(values, hierarchy, group->path, asked, quiet ? NULL : err);
        }
        r = cgroup_knob_file(hierarchy, group->path, knob, &key, groups->arena, &file, quiet ? NULL : err);
        if (r >= 0 && limits_is_keyed(knob))
                return get_file(values, asked, hierarchy, group->path, file, quiet, err);
        /* What a limit alone says is asked first: its words for what is missing are better. */
        if (r >= 0)
                r = cgroup_get(hierarchy, group->path, knob, &key, groups->arena, &value, quiet ? NULL : err);
        if (r < 0)
                return quiet ? 0 : hint_missing(group, r, err);
        return get_file(values, asked, hierarchy, group->path, file, quiet, err);
}

static int get_devices(struct values *values, const struct groups *groups, const struct group *group, const char *asked,
                       struct ward_err *err)
{
        const struct cgroup_hierarchy *hierarchy = cgroup_with(&groups->layout, CGROUP_DEVICES);
        const char *text;
        int r = cgroup_get_devices(&groups->layout, group->path, groups->arena, &text, err);

        if (hierarchy == NULL)
                hierarchy = cgroup_unified(&groups->layout);
        return r < 0 ? r : add_value(values, asked, hierarchy, "devices.list", text) < 0 ? err_oom(err) : 0;
}

static int get_one(struct values *values, const struct groups *groups, const struct group *group, const char *name,
                   struct ward_err *err)
{
        const struct limit_word *word = limit_words_find(name);
        enum cgroup_knob knobs[LIMITS_KNOBS_MAX];
        const struct cgroup_hierarchy *hierarchy;
        size_t count;
        int r = 0;

        if (strcmp(name, "devices.list") == 0 || (word != NULL && word->kind == LIMIT_RULE))
                return get_devices(values, groups, group, name, err);
        if (word != NULL) {
                count = limits_knobs(word, knobs);
                for (size_t i = 0; r >= 0 && i < count; i++)
                        r = get_knob(values, groups, group, name, knobs[i], false, err);
                return r;
        }
        hierarchy = find_file(groups, group, name);
        if (hierarchy == NULL || strchr(name, '/') != NULL)
                return explain_name(groups, group, name, err);
        r = get_file(values, name, hierarchy, group->path, name, false, err);
        return r == -ENOENT && cgroup_there(hierarchy, group->path) > 0 ? explain_name(groups, group, name, err) : r;
}

int group_get(const struct groups *groups, const struct group *group, const char *const *names, size_t count,
              const struct group_value **ret_values, size_t *ret_count, struct ward_err *err)
{
        struct values values = {.arena = groups->arena};
        int r = 0;

        for (size_t i = 0; r >= 0 && i < count; i++)
                r = get_one(&values, groups, group, names[i], err);
        if (r < 0)
                return r;
        *ret_values = values.list;
        *ret_count = values.count;
        return 0;
}

static int get_files(struct values *values, const struct groups *groups, const struct group *group,
                     struct ward_err *err)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < groups->layout.count; i++) {
                const struct cgroup_hierarchy *hierarchy = &groups->layout.hierarchies[i];
                const char *const *files;
                size_t count = 0;

                if ((group->hierarchies & 1U << i) == 0)
                        continue;
                r = cgroup_files(hierarchy, group->path, groups->arena, &files, &count, err);
                for (size_t f = 0; r >= 0 && f < count; f++)
                        r = get_file(values, files[f], hierarchy, group->path, files[f], true, err);
        }
        return r;
}

/* Whether a file is one of the controllers that were named, which may be together in a hierarchy with others. @any: also one of no controller. */
static bool is_of(const struct group *group, const char *file, bool any)
{
        uint32_t controller = cgroup_controller_bit(file, strcspn(file, "."));

        return group->controllers == 0 || (controller == 0 && any) || (controller & group->controllers) != 0;
}

int group_get_all(const struct groups *groups, const struct group *group, bool all,
                  const struct group_value **ret_values, size_t *ret_count, struct ward_err *err)
{
        struct values values = {.arena = groups->arena};
        int r = all ? get_files(&values, groups, group, err) : 0;
        size_t kept = 0;

        for (enum cgroup_knob knob = 0; !all && r >= 0 && knob < CGROUP_KNOB_COUNT; knob++) {
                const struct cgroup_hierarchy *hierarchy = cgroup_knob_hierarchy(&groups->layout, knob);

                if (knob != CGROUP_UNIFIED && hierarchy != NULL &&
                    (group->hierarchies & 1U << (hierarchy - groups->layout.hierarchies)) != 0)
                        r = get_knob(&values, groups, group, "", knob, true, err);
        }
        if (r < 0)
                return r;
        for (size_t i = 0; i < values.count; i++) {
                struct group_value *value = &values.list[i];

                if (!is_of(group, value->file, all))
                        continue;
                if (*value->asked == '\0')
                        value->asked = value->file;
                values.list[kept++] = *value;
        }
        *ret_values = values.list;
        *ret_count = kept;
        return 0;
}

/* ---- copying ---- */

/* Whether the group is an idle one, which has no weight of its own. */
static bool is_idle(const struct group_value *values, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (strcmp(values[i].file, "cpu.idle") == 0)
                        return strcmp(values[i].text, "1") == 0;
        return false;
}

/* What is written to the file so that it has what is shown; NULL: it is no limit, or another file has it more exactly. */
static const char *written_as(struct arena *arena, const struct group_value *value, bool idle)
{
        static const char control[] = "oom_kill_disable ";

        if (strcmp(value->file, "cpu.weight.nice") == 0 ||
            (idle && (strcmp(value->file, "cpu.weight") == 0 || strcmp(value->file, "cpu.shares") == 0)))
                return NULL;

        if (strcmp(value->file, "memory.oom_control") == 0 && strncmp(value->text, control, strlen(control)) == 0)
                return arena_strndup(arena, value->text + strlen(control), 1);
        return strcmp(value->file, "cgroup.type") == 0 && strcmp(value->text, "threaded") != 0 ? NULL : value->text;
}

/* Of one hierarchy, what @to has otherwise. */
static int copy_in(const struct groups *groups, const struct cgroup_hierarchy *hierarchy,
                   const struct group_value *values, size_t count, const struct group *to, struct ward_err *err)
{
        struct cgroup_saved *wanted = arena_new(groups->arena, struct cgroup_saved, count + 1);
        size_t wanted_count = 0;

        if (wanted == NULL)
                return err_oom(err);
        for (size_t i = 0; i < count; i++) {
                _cleanup_free_ char *now = NULL;
                const char *text = written_as(groups->arena, &values[i], is_idle(values, count));
                size_t len = strlen(values[i].text);
                int r;

                if (values[i].hierarchy != hierarchy || text == NULL)
                        continue;
                r = cgroup_file_read(hierarchy, to->path, values[i].file, &now, err);
                if (r < 0)
                        return hint_missing(to, r, err);
                if (strncmp(now, values[i].text, len) != 0 || strcmp(now + len + (now[len] == '\n'), "") != 0)
                        wanted[wanted_count++] = (struct cgroup_saved){values[i].file, "", text};
        }
        return cgroup_restore(hierarchy, to->path, wanted, wanted_count, err);
}

int group_copy(const struct groups *groups, const struct group *from, const struct group *to, struct ward_err *err)
{
        const struct group_value *values;
        size_t count;
        int r = group_get_all(groups, from, false, &values, &count, err);

        for (size_t i = 0; r >= 0 && i < groups->layout.count; i++)
                if ((from->hierarchies & to->hierarchies & 1U << i) != 0)
                        r = copy_in(groups, &groups->layout.hierarchies[i], values, count, to, err);
        return r < 0 ? err_wrap(err, "copy the limits of the control group '%s' to '%s'", from->path, to->path) : 0;
}
