/* SPDX-License-Identifier: Apache-2.0 */
/* ward cgroup: control groups by themselves, on every layout of them. Here: its commands, and what these share. */
#include "cli/cgroup.h"

#include <string.h>
#include <unistd.h>

#include "base/json.h"

const char *const cgroup_formats[] = {"table", "json", NULL};

static const struct cgroup_command *const commands[] = {
        &cgroup_tree_command,     &cgroup_list_command,   &cgroup_controllers_command, &cgroup_create_command,
        &cgroup_delete_command,   &cgroup_get_command,    &cgroup_set_command,         &cgroup_exec_command,
        &cgroup_classify_command, &cgroup_freeze_command, &cgroup_thaw_command,        &cgroup_kill_command,
        &cgroup_stat_command,     &cgroup_events_command, &cgroup_watch_command,
};

/* ---- what they share ---- */

void cgroup_add_member(struct text *text, const char *before, const char *key, const char *value)
{
        text_printf(text, "%s\"%s\": ", before, key);
        json_write_string(text, value);
}

void cgroup_add_hierarchies(struct text *text, const struct groups *groups, uint32_t hierarchies)
{
        const char *gap = "";

        text_puts(text, "[");
        for (size_t i = 0; i < groups->layout.count; i++) {
                if ((hierarchies & 1U << i) == 0)
                        continue;
                text_puts(text, gap);
                json_write_string(text, groups->layout.hierarchies[i].identity);
                gap = ", ";
        }
        text_puts(text, "]");
}

/* Adds one; @controllers: a list in front of it, NULL: none. */
static int add_target(const struct groups *groups, const char *controllers, const char *text, bool find,
                      struct group *groups_out, size_t *count, struct ward_err *err)
{
        const char *whole = controllers == NULL ? text : arena_concat(groups->arena, controllers, ":", text);
        int r = whole == NULL ? err_oom(err) : group_read(groups, whole, &groups_out[*count], err);

        if (r >= 0 && find)
                r = group_find(groups, &groups_out[*count], err);
        if (r >= 0)
                (*count)++;
        return r;
}

bool cgroup_is_list(const char *text)
{
        return strchr(text, ':') == NULL && strchr(text, '/') == NULL && *text != '.';
}

int cgroup_targets(const struct groups *groups, const struct option_list *options, int count, char **operands,
                   bool find, struct group **ret_groups, size_t *ret_count, struct ward_err *err)
{
        struct group *list = arena_new(groups->arena, struct group, options->count + (size_t)count + 1);
        const char *controllers = NULL;
        size_t found = 0;
        int r = list == NULL ? err_oom(err) : 0;

        for (size_t i = 0; r >= 0 && i < options->count; i++)
                if (cgroup_is_list(options->items[i]) && count > 0)
                        controllers = controllers == NULL
                                              ? options->items[i]
                                              : arena_concat(groups->arena, controllers, ",", options->items[i]);
                else
                        r = add_target(groups, NULL, options->items[i], find, list, &found, err);
        for (int i = 0; r >= 0 && i < count; i++)
                r = add_target(groups, strchr(operands[i], ':') == NULL ? controllers : NULL, operands[i], find, list,
                               &found, err);
        if (r < 0)
                return r;
        if (found == 0) {
                (void)err_set(err, -EINVAL, "no group is named");
                (void)err_mistake(err, MISTAKE_OPERANDS);
                return err_hint(err, "write PATH, CONTROLLERS:PATH, or -g CONTROLLERS:PATH");
        }
        *ret_groups = list;
        *ret_count = found;
        return 0;
}

int cgroup_each(struct cli *cli, const struct option_list *options, int count, char **operands, bool find,
                int (*act)(const struct groups *groups, struct group *group, const void *what, struct ward_err *err),
                const void *what, struct ward_err *err)
{
        _cleanup_groups_ struct groups groups = {.arena = NULL};
        struct group *targets;
        size_t found;
        int status = 0, r = groups_open(&groups, &cli->arena, err);

        if (r >= 0)
                r = cgroup_targets(&groups, options, count, operands, find, &targets, &found, err);
        if (r < 0)
                return r;
        for (size_t i = 0; i < found; i++) {
                struct ward_err failed = {0};

                if (act(&groups, &targets[i], what, &failed) >= 0)
                        continue;
                cli_error(cli, &failed);
                status = cli->failure;
        }
        return status;
}

/* ---- the verb ---- */

static int print_help(const struct option_command *command, bool all, struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};

        options_help(command, all, &text);
        return cli_print(&text, err);
}

static bool is_called(const struct cgroup_command *command, const char *name)
{
        for (size_t i = 0; i < ELEMENTS(command->also); i++)
                if (command->also[i] != NULL && strcmp(command->also[i], name) == 0)
                        return true;
        return strcmp(command->name, name) == 0;
}

static const struct cgroup_command *find_command(const char *name, struct ward_err *err)
{
        const char *names[ELEMENTS(commands)];

        for (size_t i = 0; i < ELEMENTS(commands); i++) {
                if (is_called(commands[i], name))
                        return commands[i];
                names[i] = commands[i]->name;
        }
        (void)err_set(err, -EINVAL, "cgroup: unknown command '%s'", name);
        (void)err_mistake(err, MISTAKE_VERB);
        (void)cli_suggest("cgroup", name, names, ELEMENTS(names), "'ward cgroup --help' lists the commands", err);
        return NULL;
}

static int help(const char *word, struct ward_err *err)
{
        const struct cgroup_command *command = find_command(word, err);

        return command == NULL ? -EINVAL : print_help(&command->command, false, err);
}

static int cgroup(struct cli *cli, const void *unused, int count, char **operands, struct ward_err *err)
{
        const struct cgroup_command *command = find_command(operands[0], err);
        void *options;
        int r;

        (void)unused;
        if (command == NULL)
                return -EINVAL;
        if (command->starts)
                cli->failure = CLI_EXIT_FAILED;
        options = arena_alloc(&cli->arena, 1, command->options_size + 1);
        if (options == NULL)
                return err_oom(err);
        count--;
        operands++;
        r = options_parse(&command->command, &count, operands, options, &cli->arena, err);
        if (r == OPTIONS_HELP || r == OPTIONS_HELP_ALL)
                return print_help(&command->command, r == OPTIONS_HELP_ALL, err);
        if (r < 0)
                return err_wrap(err, "cgroup %s", command->name);
        return command->run(cli, options, count, operands, err);
}

const struct cli_verb cli_cgroup = {
        .name = "cgroup",
        .command =
                {
                        .name = "ward cgroup",
                        .operands = "COMMAND ...",
                        .summary = "Make, limit, look at and end control groups, on cgroup v1, v2 and both.\n"
                                   "\n"
                                   "  tree [GROUP]               show the groups and who is in them\n"
                                   "  list [GROUP]               list the groups, one a line\n"
                                   "  controllers                show which controller is where\n"
                                   "  create GROUP...            make groups\n"
                                   "  delete GROUP...            remove them\n"
                                   "  get GROUP [NAME...]        show limits\n"
                                   "  set GROUP NAME=VALUE...    set limits\n"
                                   "  exec GROUP COMMAND         run a program in a group\n"
                                   "  classify GROUP PID...      move processes into a group\n"
                                   "  freeze, thaw, kill GROUP   stop, continue and end all processes of a group\n"
                                   "  stat GROUP                 show what a group uses\n"
                                   "  events GROUP               show what has happened to it\n"
                                   "  watch GROUP                tell what happens to it, as it happens\n"
                                   "\n"
                                   "GROUP is a path that is the same in all hierarchies (/a/b, a/b, ./b below one's\n"
                                   "own), CONTROLLERS:PATH (cpu,memory:/a), a directory below /sys/fs/cgroup, or\n"
                                   "unit:NAME, a unit of systemd.\n"
                                   "'ward cgroup COMMAND --help' has the options of each.",
                        .operands_min = 1,
                        .operands_max = UINT_MAX,
                },
        .help = help,
        .run = cgroup,
};
