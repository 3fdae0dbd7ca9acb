/* SPDX-License-Identifier: Apache-2.0 */
/* ward cgroup create, delete, freeze, thaw, kill: what is done with whole groups. */
#include <signal.h>
#include <string.h>

#include "base/names.h"
#include "cli/cgroup.h"

/* ---- create ---- */

struct create {
        struct option_list groups;
        const char *owner, *tasks;
        struct spec_i64 modes[3]; /* of the directory, of files, of those that processes are moved by */
        bool threaded, vacate;
};

static uint32_t mode_of(const struct spec_i64 *mode)
{
        return mode->given ? (uint32_t)mode->value : CGROUP_MODE_KEPT;
}

static int create_one(const struct groups *groups, struct group *group, const void *what, struct ward_err *err)
{
        const struct create *o = what;
        const struct group_create options = {
                .threaded = o->threaded,
                .owner = o->owner,
                .tasks = o->tasks,
                .modes = {mode_of(&o->modes[0]), mode_of(&o->modes[1]), mode_of(&o->modes[2])},
                .vacate = o->vacate,
        };

        return group_create(groups, group, &options, err);
}

static int create(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct create *o = options;

        return cgroup_each(cli, &o->groups, count, operands, false, create_one, o, err);
}

/* Three octal digits. */
static int read_mode(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        const char *digits = value + (value[0] == '0' && strlen(value) == 4);

        (void)arena;
        if (strlen(digits) == 3 && digits[strspn(digits, "01234567")] == '\0') {
                *(struct spec_i64 *)target = (struct spec_i64){
                        .given = true,
                        .value = (digits[0] - '0') << 6 | (digits[1] - '0') << 3 | (digits[2] - '0'),
                };
                return 0;
        }
        (void)err_set(err, -EINVAL, "'%s' is no mode", value);
        (void)err_mistake(err, MISTAKE_FORM);
        return err_hint(err, "write three octal digits, as for chmod: 775");
}

static const struct option_entry create_entries[] = {
        CGROUP_GROUPS_OPTION(struct create, groups),
        {.name = "owner",
         .letter = 'a',
         .arg = "USER[:GROUP]",
         .help = "give it to a user, who may then make groups in it",
         OPTION_TEXT(struct create, owner)},
        {.name = "tasks",
         .letter = 't',
         .arg = "USER[:GROUP]",
         .help = "let a user move processes into it, and nothing else",
         OPTION_TEXT(struct create, tasks)},
        {.name = "dperm",
         .letter = 'd',
         .arg = "MODE",
         .help = "mode of the group's directory: 775",
         .rare = true,
         OPTION_CALL(struct create, modes[0], read_mode)},
        {.name = "fperm",
         .letter = 'f',
         .arg = "MODE",
         .help = "mode of its files, as far as their owner has the right: 664",
         .rare = true,
         OPTION_CALL(struct create, modes[1], read_mode)},
        {.name = "tperm",
         .letter = 's',
         .arg = "MODE",
         .help = "mode of the files that processes are moved by",
         .rare = true,
         OPTION_CALL(struct create, modes[2], read_mode)},
        {.name = "threaded", .help = "v2: for threads instead of processes", OPTION_FLAG(struct create, threaded)},
        {.name = "vacate",
         .help = "v2: move processes that are in the group above out of the way",
         OPTION_FLAG(struct create, vacate)},
};

const struct cgroup_command cgroup_create_command = {
        .name = "create",
        .also = {"cgcreate"},
        .command =
                {
                        .name = "ward cgroup create",
                        .operands = "[OPTIONS] GROUP...",
                        .summary = "Make control groups, and the groups above them that are missing. A plain path is\n"
                                   "made in every hierarchy; CONTROLLERS:PATH in those of the controllers, which on\n"
                                   "cgroup v2 the group then gets. One that is there already is no mistake.",
                        .entries = create_entries,
                        .count = ELEMENTS(create_entries),
                        .operands_max = UINT_MAX,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct create),
        .run = create,
};

/* ---- delete ---- */

struct delete
{
        struct option_list groups;
        bool recursive, move, kill;
};

static int delete_one(const struct groups *groups, struct group *group, const void *what, struct ward_err *err)
{
        const struct delete *o = what;

        return group_delete(groups, group, o->recursive,
                            o->kill   ? GROUP_LEAVE_KILL
                            : o->move ? GROUP_LEAVE_MOVE
                                      : GROUP_LEAVE_REFUSE,
                            err);
}

static int delete_groups(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct delete *o = options;

        if (o->move && o->kill) {
                (void)err_set(err, -EINVAL, "options '--move' and '--kill' exclude each other");
                return err_mistake(err, MISTAKE_CONFLICT);
        }
        return cgroup_each(cli, &o->groups, count, operands, false, delete_one, o, err);
}

static const struct option_entry delete_entries[] = {
        CGROUP_GROUPS_OPTION(struct delete, groups),
        {.name = "recursive", .letter = 'r', .help = "the groups below it, too", OPTION_FLAG(struct delete, recursive)},
        {.name = "move", .help = "move its processes to the group above", OPTION_FLAG(struct delete, move)},
        {.name = "kill", .letter = 'k', .help = "end its processes", OPTION_FLAG(struct delete, kill)},
};

const struct cgroup_command cgroup_delete_command = {
        .name = "delete",
        .also = {"cgdelete", "rm"},
        .command =
                {
                        .name = "ward cgroup delete",
                        .operands = "[OPTIONS] GROUP...",
                        .summary = "Remove control groups from every hierarchy, or from those that are named. One\n"
                                   "that has processes, or groups below it, stays unless an option says what becomes\n"
                                   "of them.",
                        .entries = delete_entries,
                        .count = ELEMENTS(delete_entries),
                        .operands_max = UINT_MAX,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct delete),
        .run = delete_groups,
};

/* ---- freeze, thaw ---- */

struct freeze {
        struct option_list groups;
};

static int freeze_one(const struct groups *groups, struct group *group, const void *what, struct ward_err *err)
{
        return group_freeze(groups, group, *(const bool *)what, err);
}

static int freeze(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const bool frozen = true;

        return cgroup_each(cli, &((const struct freeze *)options)->groups, count, operands, true, freeze_one, &frozen,
                           err);
}

static int thaw(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const bool frozen = false;

        return cgroup_each(cli, &((const struct freeze *)options)->groups, count, operands, true, freeze_one, &frozen,
                           err);
}

static const struct option_entry freeze_entries[] = {CGROUP_GROUPS_OPTION(struct freeze, groups)};

const struct cgroup_command cgroup_freeze_command = {
        .name = "freeze",
        .command =
                {
                        .name = "ward cgroup freeze",
                        .operands = "GROUP...",
                        .summary = "Stop all processes of control groups and of those below them, until 'ward cgroup\n"
                                   "thaw'.",
                        .entries = freeze_entries,
                        .count = ELEMENTS(freeze_entries),
                        .operands_max = UINT_MAX,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct freeze),
        .run = freeze,
};

const struct cgroup_command cgroup_thaw_command = {
        .name = "thaw",
        .command =
                {
                        .name = "ward cgroup thaw",
                        .operands = "GROUP...",
                        .summary = "Let the processes of frozen control groups go on.",
                        .entries = freeze_entries,
                        .count = ELEMENTS(freeze_entries),
                        .operands_max = UINT_MAX,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct freeze),
        .run = thaw,
};

/* ---- kill ---- */

struct kill {
        const char *signal; /* first: cli_read_dashed_signal() */
        struct option_list groups;
};

static int kill_one(const struct groups *groups, struct group *group, const void *what, struct ward_err *err)
{
        return group_kill(groups, group, *(const int *)what, err);
}

static int kill_groups(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct kill *o = options;
        int signal = o->signal == NULL ? SIGKILL : signal_number(o->signal);

        if (signal < 0) {
                (void)signal_unknown(o->signal, err);
                return err_wrap(err, "option '--signal'");
        }
        return cgroup_each(cli, &o->groups, count, operands, true, kill_one, &signal, err);
}

static const struct option_entry kill_entries[] = {
        CGROUP_GROUPS_OPTION(struct kill, groups),
        {.name = "signal",
         .letter = 's',
         .arg = "SIGNAL",
         .help = "a name or a number (default: KILL)",
         OPTION_TEXT(struct kill, signal)},
};

const struct cgroup_command cgroup_kill_command = {
        .name = "kill",
        .command =
                {
                        .name = "ward cgroup kill",
                        .operands = "[OPTIONS] GROUP...",
                        .summary = "End all processes of control groups and of those below them, frozen ones too,\n"
                                   "and wait until they have gone; or send them another signal.",
                        .entries = kill_entries,
                        .count = ELEMENTS(kill_entries),
                        .operands_max = UINT_MAX,
                        .dashed = cli_read_dashed_signal,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct kill),
        .run = kill_groups,
};
