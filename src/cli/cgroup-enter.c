/* SPDX-License-Identifier: Apache-2.0 */
/* ward cgroup exec and classify: processes get into groups. */
#include <string.h>
#include <unistd.h>

#include "cli/cgroup.h"

/* The groups that -g names; without it the first operand is one, which is then taken off. */
static int take_groups(const struct groups *groups, const struct option_list *options, int *count, char ***operands,
                       struct group **ret_groups, size_t *ret_count, struct ward_err *err)
{
        int own = options->count == 0 && *count > 0 ? 1 : 0, r;

        r = cgroup_targets(groups, options, own, *operands, true, ret_groups, ret_count, err);
        *count -= own;
        *operands += own;
        return r;
}

/* ---- exec ---- */

struct exec {
        struct option_list groups;
};

static int not_started(const char *program, struct cli *cli, struct ward_err *err)
{
        int code = errno;

        cli->failure = code == ENOENT ? 127 : 126;
        (void)err_code(err, -code, "execute '%s'", program);
        return code == ENOENT ? err_hint(err, "is it installed, and in PATH?") : -code;
}

static int exec(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct exec *o = options;
        _cleanup_groups_ struct groups groups = {.arena = NULL};
        const char *const *argv;
        struct group *targets;
        size_t found;
        int r = groups_open(&groups, &cli->arena, err);

        if (r >= 0)
                r = take_groups(&groups, &o->groups, &count, &operands, &targets, &found, err);
        if (r < 0)
                return r;
        if (count == 0) {
                (void)err_set(err, -EINVAL, "cgroup exec: no command");
                (void)err_mistake(err, MISTAKE_NO_COMMAND);
                return err_hint(err, "write GROUP COMMAND, or -g CONTROLLERS:PATH COMMAND");
        }
        argv = cli_argv(cli, count, operands);
        if (argv == NULL)
                return err_oom(err);
        for (size_t i = 0; i < found; i++) {
                r = group_enter(&groups, &targets[i], err);
                if (r < 0)
                        return r;
        }
        (void)execvp(argv[0], (char *const *)argv);
        return not_started(argv[0], cli, err);
}

static const struct option_entry exec_entries[] = {CGROUP_GROUPS_OPTION(struct exec, groups)};

const struct cgroup_command cgroup_exec_command = {
        .name = "exec",
        .also = {"cgexec"},
        .command =
                {
                        .name = "ward cgroup exec",
                        .operands = "GROUP|-g GROUP... COMMAND [ARGUMENT...]",
                        .summary = "Run a program in a control group: in every hierarchy that has it, or in those\n"
                                   "that are named. Nothing else of the program's surroundings changes.",
                        .entries = exec_entries,
                        .count = ELEMENTS(exec_entries),
                        .operands_max = UINT_MAX,
                },
        .options_size = sizeof(struct exec),
        .starts = true,
        .run = exec,
};

/* ---- classify ---- */

struct classify {
        struct option_list groups;
        bool threads;
};

static int move_one(const struct groups *groups, const struct group *targets, size_t found, const char *word,
                    bool threads, struct ward_err *err)
{
        uint64_t pid;
        int r = number_parse(word, INT32_MAX, &pid);

        if (r < 0 || pid == 0) {
                (void)err_set(err, -EINVAL, "'%s' is no process", word);
                (void)err_mistake(err, MISTAKE_NUMBER);
                return err_hint(err, "write its number, as 'ps' shows it");
        }
        r = 0;
        for (size_t i = 0; r >= 0 && i < found; i++)
                r = group_classify(groups, &targets[i], (pid_t)pid, threads, err);
        return r;
}

static int classify(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct classify *o = options;
        _cleanup_groups_ struct groups groups = {.arena = NULL};
        struct group *targets;
        size_t found;
        int status = 0, r = groups_open(&groups, &cli->arena, err);

        if (r >= 0)
                r = take_groups(&groups, &o->groups, &count, &operands, &targets, &found, err);
        if (r < 0)
                return r;
        if (count == 0) {
                (void)err_set(err, -EINVAL, "cgroup classify: no process is named");
                (void)err_mistake(err, MISTAKE_OPERANDS);
                return err_hint(err, "write GROUP PID..., or -g CONTROLLERS:PATH PID...");
        }
        for (int i = 0; i < count; i++) {
                struct ward_err failed = {0};

                if (move_one(&groups, targets, found, operands[i], o->threads, &failed) >= 0)
                        continue;
                cli_error(cli, &failed);
                status = cli->failure;
        }
        return status;
}

static const struct option_entry classify_entries[] = {
        CGROUP_GROUPS_OPTION(struct classify, groups),
        {.name = "threads",
         .help = "PID is a single thread, which alone is moved",
         OPTION_FLAG(struct classify, threads)},
};

const struct cgroup_command cgroup_classify_command = {
        .name = "classify",
        .also = {"cgclassify"},
        .command =
                {
                        .name = "ward cgroup classify",
                        .operands = "GROUP|-g GROUP... PID...",
                        .summary = "Move processes with all of their threads into a control group: in every\n"
                                   "hierarchy that has it, or in those that are named. Children that they have\n"
                                   "already stay where they are.",
                        .entries = classify_entries,
                        .count = ELEMENTS(classify_entries),
                        .operands_max = UINT_MAX,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct classify),
        .run = classify,
};
