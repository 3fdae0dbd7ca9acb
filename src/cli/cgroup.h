/* SPDX-License-Identifier: Apache-2.0 */
/* ward cgroup: what its commands share. Each has a table of options of its own. */
#ifndef CLI_CGROUP_H
#define CLI_CGROUP_H

#include "cli/cli.h"
#include "engine/group.h"

struct cgroup_command {
        const char *name, *also[2]; /* @also: what it may be called, too; NULL: nothing more */
        const char *summary;        /* one line for the help of `ward cgroup` */
        struct option_command command;
        size_t options_size;
        bool starts; /* it exits with the status of a program */
        int (*run)(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err);
};

extern const struct cgroup_command cgroup_create_command, cgroup_delete_command, cgroup_set_command, cgroup_get_command,
        cgroup_exec_command, cgroup_classify_command, cgroup_tree_command, cgroup_list_command, cgroup_freeze_command,
        cgroup_thaw_command, cgroup_kill_command, cgroup_stat_command, cgroup_events_command, cgroup_watch_command,
        cgroup_controllers_command;

enum { CGROUP_TABLE, CGROUP_JSON };
extern const char *const cgroup_formats[];

#define CGROUP_FORMAT_VERSION 1

/* -g CONTROLLERS:PATH as libcgroup has it, which may be given more than once. */
#define CGROUP_GROUPS_OPTION(type, member)                                                                      \
        {                                                                                                       \
                .name = "group", .letter = 'g', .arg = "[CONTROLLERS:]PATH", .help = "the group, by an option", \
                OPTION_LIST(type, member)                                                                       \
        }

#define CGROUP_FORMAT_OPTION(type, member)                                                        \
        {                                                                                         \
                .name = "format", .arg = "table|json", .help = "how to show it (default: table)", \
                OPTION_WORD(type, member, cgroup_formats)                                         \
        }

/* Whether a value of -g is controllers without a path. */
bool cgroup_is_list(const char *text);

/*
 * The groups that -g and then the operands name; *@ret_groups lives in the arena of @groups. @find: each is there, and group->hierarchies are those that
 * have it. An error when there is none. What -g names without a path are controllers for the operands: `-g cpu,memory a b`.
 */
int cgroup_targets(const struct groups *groups, const struct option_list *options, int count, char **operands,
                   bool find, struct group **ret_groups, size_t *ret_count, struct ward_err *err);

/* For each of them; one that fails keeps no other from its turn. Returns 0, or the exit status of an error. */
int cgroup_each(struct cli *cli, const struct option_list *options, int count, char **operands, bool find,
                int (*act)(const struct groups *groups, struct group *group, const void *what, struct ward_err *err),
                const void *what, struct ward_err *err);

/* Adds "key": and a JSON string, with @before in front. */
void cgroup_add_member(struct text *text, const char *before, const char *key, const char *value);

/* Adds a JSON array of the names of hierarchies: "cpu,cpuacct", "unified". */
void cgroup_add_hierarchies(struct text *text, const struct groups *groups, uint32_t hierarchies);

#endif
