/* SPDX-License-Identifier: Apache-2.0 */
/* ward cgroup set and get: limits and files of groups. */
#include <string.h>

#include "cli/cgroup.h"

/* ---- set ---- */

struct set {
        struct option_list groups, settings;
        const char *from;
};

/* NAME=VALUE, and not a group: those of named hierarchies have an equals sign, too. */
static bool is_setting(const char *word)
{
        size_t len = strcspn(word, "=/:");

        return word[len] == '=' && len > 0 && strncmp(word, "name=", strlen("name=")) != 0;
}

static int read_setting(struct arena *arena, const char *word, struct group_setting *ret_setting, struct ward_err *err)
{
        size_t len = strcspn(word, "=");

        if (word[len] == '\0' || len == 0) {
                (void)err_set(err, -EINVAL, "'%s' is no setting", word);
                (void)err_mistake(err, MISTAKE_FORM);
                return err_hint(err, "write NAME=VALUE: memory.max=512M");
        }
        ret_setting->name = arena_strndup(arena, word, len);
        ret_setting->value = word + len + 1;
        return ret_setting->name == NULL ? err_oom(err) : 0;
}

struct settings {
        struct group_setting *list;
        size_t count;
        const char *from; /* the group whose limits are copied first; NULL: none */
};

static int set_one(const struct groups *groups, struct group *group, const void *what, struct ward_err *err)
{
        const struct settings *settings = what;
        struct group from;
        int r = 0;

        if (settings->from != NULL) {
                r = group_read(groups, settings->from, &from, err);
                if (r >= 0)
                        r = group_find(groups, &from, err);
                if (r >= 0)
                        r = group_copy(groups, &from, group, err);
        }
        return r < 0 ? r : group_set(groups, group, settings->list, settings->count, err);
}

static int set(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct set *o = options;
        struct settings settings = {
                .from = o->from,
                .list = arena_new(&cli->arena, struct group_setting, o->settings.count + (size_t)count + 1)};
        int named = 0, r = settings.list == NULL ? err_oom(err) : 0;

        for (size_t i = 0; r >= 0 && i < o->settings.count; i++)
                r = read_setting(&cli->arena, o->settings.items[i], &settings.list[settings.count++], err);
        for (int i = 0; r >= 0 && i < count; i++)
                if (is_setting(operands[i]))
                        r = read_setting(&cli->arena, operands[i], &settings.list[settings.count++], err);
                else
                        operands[named++] = operands[i];
        if (r >= 0 && settings.count == 0 && o->from == NULL) {
                (void)err_set(err, -EINVAL, "nothing is to be set");
                (void)err_mistake(err, MISTAKE_OPERANDS);
                return err_hint(err, "write GROUP NAME=VALUE: ward cgroup set /a memory.max=512M");
        }
        return r < 0 ? r : cgroup_each(cli, &o->groups, named, operands, true, set_one, &settings, err);
}

static const struct option_entry set_entries[] = {
        CGROUP_GROUPS_OPTION(struct set, groups),
        {.name = "set",
         .letter = 'r',
         .arg = "NAME=VALUE",
         .help = "what is to be set, by an option",
         OPTION_LIST(struct set, settings)},
        {.name = "copy-from",
         .arg = "GROUP",
         .help = "first all limits as that group has them",
         OPTION_TEXT(struct set, from)},
};

const struct cgroup_command cgroup_set_command = {
        .name = "set",
        .also = {"cgset"},
        .command =
                {
                        .name = "ward cgroup set",
                        .operands = "[OPTIONS] GROUP... NAME=VALUE...",
                        .summary = "Set limits of control groups. NAME is a file of cgroup v1 or v2 (memory.max,\n"
                                   "cpu.shares), a property of systemd (MemoryMax, CPUQuota), an option of docker\n"
                                   "(cpus, pids-limit) or a field of the OCI runtime specification (memory.limit);\n"
                                   "what this machine has in another form is converted. Values have units: 512M,\n"
                                   "1.5G, 50%, 25ms.",
                        .entries = set_entries,
                        .count = ELEMENTS(set_entries),
                        .operands_max = UINT_MAX,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct set),
        .run = set,
};

/* ---- get ---- */

struct get {
        struct option_list groups, names;
        bool all, bare, values;
        unsigned format;
};

/* "memory.max: 512", the lines of a longer value below each other. */
static void add_value(struct text *text, const struct group_value *value, bool values_only)
{
        const char *at = value->text;

        if (!values_only)
                text_printf(text, "%s: ", value->file);
        do {
                size_t len = strcspn(at, "\n");

                text_add(text, at, len);
                text_puts(text, "\n");
                at += len;
                if (*at == '\n' && !values_only)
                        text_puts(text, "\t");
                at += *at == '\n';
        } while (*at != '\0');
}

static void add_json(struct text *text, const struct groups *groups, const struct group *group,
                     const struct group_value *values, size_t count)
{
        text_puts(text, "{");
        cgroup_add_member(text, "", "group", group->path);
        text_puts(text, ", \"hierarchies\": ");
        cgroup_add_hierarchies(text, groups, group->hierarchies);
        text_puts(text, ", \"values\": [");
        for (size_t i = 0; i < count; i++) {
                text_puts(text, i == 0 ? "\n    {" : ",\n    {");
                cgroup_add_member(text, "", "name", values[i].asked);
                cgroup_add_member(text, ", ", "hierarchy", values[i].hierarchy->identity);
                cgroup_add_member(text, ", ", "file", values[i].file);
                cgroup_add_member(text, ", ", "value", values[i].text);
                text_puts(text, "}");
        }
        text_puts(text, count == 0 ? "]}" : "\n  ]}");
}

static int get_values(const struct groups *groups, const struct get *o, const struct group *group,
                      const struct option_list *names, const struct group_value **ret_values, size_t *ret_count,
                      struct ward_err *err)
{
        if (names->count == 0)
                return group_get_all(groups, group, o->all, ret_values, ret_count, err);
        return group_get(groups, group, names->items, names->count, ret_values, ret_count, err);
}

/* Whether -g has a path, so that no operand has to. */
static bool has_path(const struct option_list *groups)
{
        for (size_t i = 0; i < groups->count; i++)
                if (!cgroup_is_list(groups->items[i]))
                        return true;
        return false;
}

/* Names are those of -r, and then every operand is a group; or what stands behind the first one. */
static int split(struct cli *cli, const struct get *o, int *count, char **operands, struct option_list *ret_names,
                 struct ward_err *err)
{
        int groups = o->names.count > 0 || *count == 0 ? *count : has_path(&o->groups) ? 0 : 1;

        *ret_names = o->names;
        if (groups == *count)
                return 0;
        ret_names->count = (size_t)(*count - groups);
        ret_names->items = arena_new(&cli->arena, const char *, ret_names->count);
        if (ret_names->items == NULL)
                return err_oom(err);
        for (int i = groups; i < *count; i++)
                ret_names->items[i - groups] = operands[i];
        *count = groups;
        return 0;
}

static int get(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct get *o = options;
        _cleanup_groups_ struct groups groups = {.arena = NULL};
        _cleanup_text_ struct text text = {0};
        struct option_list names;
        struct group *targets;
        size_t found = 0;
        int r = groups_open(&groups, &cli->arena, err);

        if (r >= 0)
                r = split(cli, o, &count, operands, &names, err);
        if (r >= 0)
                r = cgroup_targets(&groups, &o->groups, count, operands, true, &targets, &found, err);
        if (r >= 0 && o->format == CGROUP_JSON)
                text_printf(&text, "{\"version\": %d, \"groups\": [", CGROUP_FORMAT_VERSION);
        for (size_t i = 0; r >= 0 && i < found; i++) {
                const struct group_value *values;
                size_t value_count;

                r = get_values(&groups, o, &targets[i], &names, &values, &value_count, err);
                if (r >= 0 && o->format == CGROUP_JSON) {
                        text_puts(&text, i == 0 ? "\n  " : ",\n  ");
                        add_json(&text, &groups, &targets[i], values, value_count);
                        continue;
                }
                if (r >= 0 && found > 1 && !o->bare)
                        text_printf(&text, "%s%s:\n", i == 0 ? "" : "\n", targets[i].path);
                for (size_t v = 0; r >= 0 && v < value_count; v++)
                        add_value(&text, &values[v], o->values);
        }
        if (r < 0)
                return r;
        if (o->format == CGROUP_JSON)
                text_puts(&text, "\n]}\n");
        return cli_print(&text, err);
}

static const struct option_entry get_entries[] = {
        CGROUP_GROUPS_OPTION(struct get, groups),
        {.name = "get",
         .letter = 'r',
         .arg = "NAME",
         .help = "what is to be shown, by an option; all operands are groups then",
         OPTION_LIST(struct get, names)},
        {.name = "all", .letter = 'a', .help = "every file, not just limits", OPTION_FLAG(struct get, all)},
        {.name = "no-headers", .letter = 'n', .help = "no names of groups", OPTION_FLAG(struct get, bare)},
        {.name = "values-only", .letter = 'v', .help = "no names of files", OPTION_FLAG(struct get, values)},
        CGROUP_FORMAT_OPTION(struct get, format),
};

const struct cgroup_command cgroup_get_command = {
        .name = "get",
        .also = {"cgget", "show"},
        .command =
                {
                        .name = "ward cgroup get",
                        .operands = "[OPTIONS] GROUP [NAME...]",
                        .summary = "Show limits of control groups as the kernel has them: all, or those that are\n"
                                   "named by the words of 'ward cgroup set', or any file. What is shown is the file\n"
                                   "that has it here.",
                        .entries = get_entries,
                        .count = ELEMENTS(get_entries),
                        .operands_max = UINT_MAX,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct get),
        .run = get,
};
