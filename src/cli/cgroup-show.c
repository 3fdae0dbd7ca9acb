/* SPDX-License-Identifier: Apache-2.0 */
/* ward cgroup tree, list, controllers: what there is. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/cgroup.h"

#define DEPTH_MAX 64 /* levels that are drawn; what is deeper is indented no further */

/* ---- tree ---- */

struct tree {
        struct option_list groups;
        bool full, kernel, no_processes;
        unsigned format;
};

/* How a tree is drawn. */
struct lines {
        const char *branch, *last, *through, *blank;
        size_t columns; /* 0: any */
        bool last_at[DEPTH_MAX];
};

static struct lines lines_begin(bool full)
{
        struct lines lines = {.branch = "|-", .last = "`-", .through = "| ", .blank = "  "};
        struct winsize size;

        if (cli_has_utf8()) {
                lines.branch = "\u251c\u2500";
                lines.last = "\u2514\u2500";
                lines.through = "\u2502 ";
        }
        if (!full && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
                lines.columns = size.ws_col;
        return lines;
}

static void indent(struct text *text, const struct lines *lines, unsigned depth, bool is_last)
{
        for (unsigned i = 1; i < depth && i < DEPTH_MAX; i++)
                text_puts(text, lines->last_at[i] ? lines->blank : lines->through);
        if (depth > 0)
                text_puts(text, is_last ? lines->last : lines->branch);
}

/* Whether no node that follows is beside it. */
static bool is_last(const struct group_node *nodes, size_t count, size_t at)
{
        for (size_t i = at + 1; i < count && nodes[i].depth >= nodes[at].depth; i++)
                if (nodes[i].depth == nodes[at].depth)
                        return false;
        return true;
}

static bool is_shown(const struct tree *o, const struct group_node *node, const char *name)
{
        return o->kernel || strcmp(node->path, "/") != 0 || name[0] != '[';
}

static void add_processes(struct text *text, struct cli *cli, const struct tree *o, struct lines *lines,
                          const struct group_node *nodes, size_t count, size_t at)
{
        const struct group_node *node = &nodes[at];
        bool groups_follow = at + 1 < count && nodes[at + 1].depth > node->depth;
        size_t shown = 0, left = 0;
        int width = 1;

        for (size_t i = 0; i < node->pid_count; i++) {
                const char *name = group_process_name(&cli->arena, node->pids[i]);

                left += name != NULL && is_shown(o, node, name);
        }
        for (pid_t last = node->pid_count > 0 ? node->pids[node->pid_count - 1] : 0; last > 9; last /= 10)
                width++;
        for (size_t i = 0; i < node->pid_count; i++) {
                const char *name = group_process_name(&cli->arena, node->pids[i]);
                char *plain = name == NULL ? NULL : cli_printable(&cli->arena, name);
                size_t used = 2 * ((size_t)node->depth + 1) + (size_t)width + 1;

                if (plain == NULL || !is_shown(o, node, plain))
                        continue;
                if (lines->columns > used && strlen(plain) > lines->columns - used)
                        plain[lines->columns - used] = '\0';
                indent(text, lines, node->depth + 1, ++shown == left && !groups_follow);
                text_printf(text, "%*d %s\n", width, (int)node->pids[i], plain);
        }
}

static void add_names(struct text *text, const struct groups *groups, uint32_t hierarchies)
{
        const char *gap = "  [";

        for (size_t i = 0; i < groups->layout.count; i++)
                if ((hierarchies & 1U << i) != 0) {
                        text_printf(text, "%s%s", gap, groups->layout.hierarchies[i].identity);
                        gap = " ";
                }
        text_puts(text, "]");
}

/* Each group once, with the hierarchies that have it where these are others than those of the group above. */
static void add_tree(struct text *text, struct cli *cli, const struct tree *o, const struct groups *groups,
                     const struct group *group, const struct group_node *nodes, size_t count)
{
        struct lines lines = lines_begin(o->full);
        uint32_t above[DEPTH_MAX + 1] = {0};

        for (size_t i = 0; i < count; i++) {
                const struct group_node *node = &nodes[i];
                unsigned depth = node->depth < DEPTH_MAX ? node->depth : DEPTH_MAX - 1;
                const char *name = depth == 0 ? node->path : strrchr(node->path, '/') + 1;
                bool last = is_last(nodes, count, i);

                indent(text, &lines, depth, last);
                lines.last_at[depth] = last;
                text_puts(text, cli_printable(&cli->arena, name));
                above[depth] = node->hierarchies;
                if (depth == 0 ? group->named : above[depth - 1] != node->hierarchies)
                        add_names(text, groups, node->hierarchies);
                text_puts(text, "\n");
                add_processes(text, cli, o, &lines, nodes, count, i);
        }
}

static void add_tree_json(struct text *text, struct cli *cli, const struct groups *groups,
                          const struct group_node *nodes, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                text_puts(text, i == 0 ? "\n  {" : ",\n  {");
                cgroup_add_member(text, "", "group", nodes[i].path);
                text_puts(text, ", \"hierarchies\": ");
                cgroup_add_hierarchies(text, groups, nodes[i].hierarchies);
                text_puts(text, ", \"processes\": [");
                for (size_t p = 0; p < nodes[i].pid_count; p++) {
                        const char *name = group_process_name(&cli->arena, nodes[i].pids[p]);

                        text_printf(text, "%s{\"pid\": %d, ", p == 0 ? "" : ", ", (int)nodes[i].pids[p]);
                        cgroup_add_member(text, "", "command", name == NULL ? "?" : name);
                        text_puts(text, "}");
                }
                text_puts(text, "]}");
        }
}

/* The groups that were named, or the root of all. */
static int targets_or_root(const struct groups *groups, const struct option_list *options, int count, char **operands,
                           struct group **ret_targets, size_t *ret_found, struct ward_err *err)
{
        char root[] = "/", *roots[] = {root};

        if (count == 0 && options->count == 0)
                return cgroup_targets(groups, options, 1, roots, true, ret_targets, ret_found, err);
        return cgroup_targets(groups, options, count, operands, true, ret_targets, ret_found, err);
}

static int tree(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct tree *o = options;
        _cleanup_groups_ struct groups groups = {.arena = NULL};
        _cleanup_text_ struct text text = {0};
        struct group *targets;
        size_t found = 0;
        int r = groups_open(&groups, &cli->arena, err);

        if (r >= 0)
                r = targets_or_root(&groups, &o->groups, count, operands, &targets, &found, err);
        if (o->format == CGROUP_JSON)
                text_printf(&text, "{\"version\": %d, \"groups\": [", CGROUP_FORMAT_VERSION);
        for (size_t i = 0; r >= 0 && i < found; i++) {
                struct group_node *nodes;
                size_t node_count;

                r = group_tree(&groups, &targets[i], !o->no_processes, &nodes, &node_count, err);
                if (r < 0)
                        break;
                text_puts(&text, i > 0 && node_count > 0 && o->format == CGROUP_JSON ? "," : "");
                if (o->format == CGROUP_JSON)
                        add_tree_json(&text, cli, &groups, nodes, node_count);
                else
                        add_tree(&text, cli, o, &groups, &targets[i], nodes, node_count);
        }
        if (r < 0)
                return r;
        if (o->format == CGROUP_JSON)
                text_puts(&text, "\n]}\n");
        return cli_print(&text, err);
}

static const struct option_entry tree_entries[] = {
        CGROUP_GROUPS_OPTION(struct tree, groups),
        {.name = "full", .letter = 'l', .help = "do not cut command lines", OPTION_FLAG(struct tree, full)},
        {.name = "kernel", .letter = 'k', .help = "threads of the kernel, too", OPTION_FLAG(struct tree, kernel)},
        {.name = "no-processes", .letter = 'p', .help = "groups alone", OPTION_FLAG(struct tree, no_processes)},
        CGROUP_FORMAT_OPTION(struct tree, format),
};

const struct cgroup_command cgroup_tree_command = {
        .name = "tree",
        .also = {"cgls"},
        .command =
                {
                        .name = "ward cgroup tree",
                        .operands = "[OPTIONS] [GROUP...]",
                        .summary = "Show control groups as a tree, with the processes in each. Where a machine has\n"
                                   "several hierarchies, their groups are shown as one tree; those that are not in\n"
                                   "the same hierarchies as the group above have the names of theirs behind them.",
                        .entries = tree_entries,
                        .count = ELEMENTS(tree_entries),
                        .operands_max = UINT_MAX,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct tree),
        .run = tree,
};

/* ---- list ---- */

struct list {
        struct option_list groups;
        unsigned format;
};

static void add_list(struct text *text, const struct groups *groups, size_t index, const struct group_node *nodes,
                     size_t count, bool json)
{
        const char *identity = groups->layout.hierarchies[index].identity;

        for (size_t i = 0; i < count; i++) {
                if ((nodes[i].hierarchies & 1U << index) == 0)
                        continue;
                if (!json) {
                        size_t at = text->len;

                        text_printf(text, "%s:%s", identity, nodes[i].path);
                        if (!text_failed(text))
                                text_make_printable(text->data + at);
                        text_puts(text, "\n");
                        continue;
                }
                text_puts(text, text->data[text->len - 1] == '[' ? "\n  {" : ",\n  {");
                cgroup_add_member(text, "", "hierarchy", identity);
                cgroup_add_member(text, ", ", "group", nodes[i].path);
                text_puts(text, "}");
        }
}

static int list(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct list *o = options;
        _cleanup_groups_ struct groups groups = {.arena = NULL};
        _cleanup_text_ struct text text = {0};
        struct group *targets;
        size_t found = 0;
        int r = groups_open(&groups, &cli->arena, err);

        if (r >= 0)
                r = targets_or_root(&groups, &o->groups, count, operands, &targets, &found, err);
        if (o->format == CGROUP_JSON)
                text_printf(&text, "{\"version\": %d, \"groups\": [", CGROUP_FORMAT_VERSION);
        for (size_t i = 0; r >= 0 && i < found; i++) {
                struct group_node *nodes;
                size_t node_count;

                r = group_tree(&groups, &targets[i], false, &nodes, &node_count, err);
                for (size_t h = 0; r >= 0 && h < groups.layout.count; h++)
                        add_list(&text, &groups, h, nodes, node_count, o->format == CGROUP_JSON);
        }
        if (r < 0)
                return r;
        if (o->format == CGROUP_JSON)
                text_puts(&text, "\n]}\n");
        return cli_print(&text, err);
}

static const struct option_entry list_entries[] = {
        CGROUP_GROUPS_OPTION(struct list, groups),
        CGROUP_FORMAT_OPTION(struct list, format),
};

const struct cgroup_command cgroup_list_command = {
        .name = "list",
        .also = {"lscgroup", "ls"},
        .command =
                {
                        .name = "ward cgroup list",
                        .operands = "[OPTIONS] [GROUP...]",
                        .summary = "List control groups as HIERARCHY:PATH, one a line.",
                        .entries = list_entries,
                        .count = ELEMENTS(list_entries),
                        .operands_max = UINT_MAX,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct list),
        .run = list,
};

/* ---- controllers ---- */

struct controllers {
        unsigned format;
};

/* The controllers of a hierarchy, with commas; "-" for none. */
static const char *names_of(struct arena *arena, const struct cgroup_hierarchy *hierarchy)
{
        const char *names = "";

        for (enum cgroup_controller c = 0; names != NULL && c < CGROUP_CONTROLLER_COUNT; c++)
                if ((hierarchy->controllers & 1U << c) != 0)
                        names = arena_concat(arena, names, *names == '\0' ? "" : ",",
                                             c == CGROUP_BLKIO && hierarchy->version == 2 ? "io"
                                                                                          : cgroup_controller_names[c]);
        return names != NULL && *names == '\0' ? "-" : names;
}

static void add_controllers_json(struct text *text, const struct groups *groups)
{
        text_printf(text, "{\"version\": %d, \"hierarchies\": [", CGROUP_FORMAT_VERSION);
        for (size_t i = 0; i < groups->layout.count; i++) {
                const struct cgroup_hierarchy *hierarchy = &groups->layout.hierarchies[i];
                const char *gap = "";

                text_puts(text, i == 0 ? "\n  {" : ",\n  {");
                cgroup_add_member(text, "", "name", hierarchy->identity);
                text_printf(text, ", \"cgroup\": %d", hierarchy->version);
                cgroup_add_member(text, ", ", "mount", hierarchy->mount);
                cgroup_add_member(text, ", ", "own", hierarchy->own_path);
                text_puts(text, ", \"controllers\": [");
                for (enum cgroup_controller c = 0; c < CGROUP_CONTROLLER_COUNT; c++)
                        if ((hierarchy->controllers & 1U << c) != 0) {
                                text_printf(text, "%s\"%s\"", gap,
                                            c == CGROUP_BLKIO && hierarchy->version == 2 ? "io"
                                                                                         : cgroup_controller_names[c]);
                                gap = ", ";
                        }
                text_puts(text, "]}");
        }
        text_puts(text, "\n]}\n");
}

static int controllers(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        enum { COLUMNS = 4 };
        static const char *const titles[COLUMNS] = {"CGROUP", "CONTROLLERS", "MOUNT", "OWN GROUP"};
        const struct controllers *o = options;
        _cleanup_groups_ struct groups groups = {.arena = NULL};
        _cleanup_text_ struct text text = {0};
        const char *(*rows)[COLUMNS];
        int r = groups_open(&groups, &cli->arena, err);

        if (r < 0)
                return r;
        if (o->format == CGROUP_JSON) {
                add_controllers_json(&text, &groups);
                return cli_print(&text, err);
        }
        rows = arena_alloc(&cli->arena, groups.layout.count + 1, sizeof(*rows));
        if (rows == NULL)
                return err_oom(err);
        memcpy(rows[0], titles, sizeof(titles));
        for (size_t i = 0; i < groups.layout.count; i++) {
                const struct cgroup_hierarchy *hierarchy = &groups.layout.hierarchies[i];

                rows[i + 1][0] = hierarchy->version == 1 ? "v1" : "v2";
                rows[i + 1][1] = hierarchy->version == 1 && hierarchy->controllers == 0
                                         ? hierarchy->identity
                                         : names_of(&cli->arena, hierarchy);
                rows[i + 1][2] = cli_printable(&cli->arena, hierarchy->mount);
                rows[i + 1][3] = cli_printable(&cli->arena, hierarchy->own_path);
        }
        if (cli_table(&text, &rows[0][0], groups.layout.count + 1, COLUMNS) < 0)
                return err_oom(err);
        return cli_print(&text, err);
}

static const struct option_entry controllers_entries[] = {CGROUP_FORMAT_OPTION(struct controllers, format)};

const struct cgroup_command cgroup_controllers_command = {
        .name = "controllers",
        .also = {"lssubsys"},
        .command =
                {
                        .name = "ward cgroup controllers",
                        .operands = "[OPTIONS]",
                        .summary = "Show the hierarchies of control groups: of which version each is, which\n"
                                   "controllers it has, where it is mounted, and in which group this program is.",
                        .entries = controllers_entries,
                        .count = ELEMENTS(controllers_entries),
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct controllers),
        .run = controllers,
};
