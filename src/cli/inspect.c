/* SPDX-License-Identifier: Apache-2.0 */
/* ward inspect: what containers were created with and how they are. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/names.h"
#include "cli/cli.h"
#include "model/print.h"

enum { TABLE, JSON };
static const char *const formats[] = {"table", "json", NULL};

#define FORMAT_VERSION 1

struct inspect {
        unsigned format;
};

/* One container, and what is known of it. */
struct found {
        struct engine_info info;
        struct ward_spec spec;
        bool ended;
        struct ending ending;
};

static void add_member(struct text *text, const char *key, const char *value)
{
        text_printf(text, "\"%s\": ", key);
        json_write_string(text, value == NULL ? "" : value);
        text_puts(text, ", ");
}

/* What only state.json says. */
static void add_stored(struct text *text, const struct engine_info *info, const char *key, const char *value)
{
        if (info->damage == NULL)
                add_member(text, key, value);
        else
                text_printf(text, "\"%s\": null, ", key);
}

static void add_json(struct text *text, const struct found *found)
{
        const struct store_state *state = &found->info.state;

        text_puts(text, "{");
        add_member(text, "name", state->id);
        add_member(text, "status", engine_status_names[found->info.status]);
        if (found->info.damage != NULL)
                add_member(text, "damage", found->info.damage);
        text_printf(text, "\"pid\": %d, \"created\": ", found->info.pid);
        cli_add_created(text, &found->info);
        text_puts(text, ", ");
        add_stored(text, &found->info, "root", state->rootfs);
        add_stored(text, &found->info, "command", state->command);
        add_stored(text, &found->info, "program", state->program);
        add_member(text, "cgroup", state->cgroup_path);
        text_puts(text, "\"ending\": ");
        if (found->ended)
                ending_print(&found->ending, text);
        else
                text_puts(text, "null");
        if (found->info.damage == NULL)
                text_printf(text, ", \"hostUidBase\": %u, \"config\": ", state->host_uid_base);
        else
                text_puts(text, ", \"hostUidBase\": null, \"config\": ");
        spec_print(&found->spec, text);
        text_puts(text, "}");
}

/* What comes from the container must not speak to the terminal. */
static void add_line(struct text *text, const char *key, const char *value)
{
        text_printf(text, "%-14s", key);
        for (const char *c = value; *c != '\0'; c++)
                text_printf(text, "%c", *c < ' ' || *c > '~' ? '?' : *c);
        text_puts(text, "\n");
}

static void add_namespaces(struct text *text, const struct ward_spec *spec)
{
        static const char *const modes[] = {
                [SPEC_NS_INHERIT] = "the caller's", [SPEC_NS_NEW] = "own", [SPEC_NS_JOIN] = "joined"};

        for (int ns = 0; ns < SPEC_NS_COUNT; ns++)
                text_printf(text, "%-14s%-8s %s\n", ns == 0 ? "namespaces" : "", spec_ns_names[ns],
                            modes[spec->ns[ns].mode]);
}

static void add_maps(struct text *text, const char *key, const struct spec_id_map *maps, size_t count)
{
        for (size_t i = 0; i < count; i++)
                text_printf(text, "%-14s%u to %u are %u to %u of the machine\n", i == 0 ? key : "",
                            maps[i].container_id, maps[i].container_id + maps[i].count - 1, maps[i].host_id,
                            maps[i].host_id + maps[i].count - 1);
}

static void add_caps(struct text *text, uint64_t caps)
{
        text_printf(text, "%-14s", "capabilities");
        for (int cap = 0; cap < CAP_NAME_COUNT; cap++)
                if ((caps >> cap & 1) != 0)
                        text_printf(text, "%s ", cap_names[cap] + strlen("CAP_"));
        text_puts(text, caps == 0 ? "none\n" : "\n");
}

static void add_limit(struct text *text, const char *key, const struct spec_i64 *limit)
{
        if (limit->given)
                text_printf(text, "%-14s%" PRId64 "\n", key, limit->value);
}

static void add_mounts(struct text *text, const struct ward_spec *spec)
{
        for (size_t i = 0; i < spec->mount_count; i++) {
                const struct spec_mount *mount = &spec->mounts[i];
                _cleanup_text_ struct text line = {0};

                text_printf(&line, "%s %s%s", mount->destination, mount->bind ? "is " : "is a new ",
                            mount->bind ? mount->source : mount->type);
                if (!text_failed(&line))
                        add_line(text, i == 0 ? "mounts" : "", line.data);
        }
}

/* "0.2 s of processor time, 16 MiB of memory, 3 processes": what is known of it. */
static void add_used(struct text *text, const struct ending *ending)
{
        _cleanup_text_ struct text line = {0};

        if (ending->wall_usec != ENDING_UNKNOWN_NUMBER) {
                ending_add_time(&line, ending->wall_usec);
                text_puts(&line, " long, ");
        }
        if (ending->cpu.usage_usec != ENDING_UNKNOWN_NUMBER) {
                ending_add_time(&line, ending->cpu.usage_usec);
                text_puts(&line, " of processor time, ");
        }
        if (ending->memory.peak_bytes != ENDING_UNKNOWN_NUMBER) {
                ending_add_bytes(&line, ending->memory.peak_bytes);
                text_puts(&line, " of memory at most, ");
        }
        if (ending->processes.peak != ENDING_UNKNOWN_NUMBER)
                text_printf(&line, "%" PRIu64 " processes at most, ", ending->processes.peak);
        if (line.len < 2 || text_failed(&line))
                return;
        line.data[line.len - 2] = '\0';
        add_line(text, "used", line.data);
}

static void add_end(struct text *text, const struct ending *ending)
{
        _cleanup_text_ struct text line = {0};

        ending_sentence(ending, &line);
        if (!text_failed(&line))
                add_line(text, "end", line.data);
        if (ending->ended_usec != ENDING_UNKNOWN_NUMBER) {
                text_printf(text, "%-14s", "ended");
                cli_add_time(text, ending->ended_usec);
                text_puts(text, "\n");
        }
        add_used(text, ending);
}

static void add_table(struct text *text, const struct found *found)
{
        const struct store_state *state = &found->info.state;
        const struct ward_spec *spec = &found->spec;

        add_line(text, "name", state->id);
        add_line(text, "status", engine_status_names[found->info.status]);
        if (found->info.pid != 0)
                text_printf(text, "%-14s%d\n", "pid", found->info.pid);
        if (found->ended)
                add_end(text, &found->ending);
        text_printf(text, "%-14s", "created");
        if (state->created_usec == 0)
                text_puts(text, "?");
        else
                cli_add_time(text, state->created_usec);
        text_puts(text, "\n");
        add_line(text, "root", state->rootfs == NULL ? "?" : state->rootfs);
        add_line(text, "command", state->command == NULL ? "?" : state->command);
        text_printf(text, "%-14s%u:%u\n", "user", spec->process.uid, spec->process.gid);
        add_line(text, "directory", spec->process.cwd);
        add_maps(text, "users", spec->id_maps.uid, spec->id_maps.uid_count);
        add_maps(text, "groups", spec->id_maps.gid, spec->id_maps.gid_count);
        add_namespaces(text, spec);
        add_caps(text, spec->process.caps.bounding);
        add_line(text, "privileges", spec->process.no_new_privs ? "no new ones" : "set-user-id programs raise them");
        add_line(text, "seccomp", spec->seccomp.text == NULL ? "none" : "a filter");
        if (spec->process.apparmor_profile != NULL)
                add_line(text, "apparmor", spec->process.apparmor_profile);
        if (spec->process.selinux_label != NULL)
                add_line(text, "selinux", spec->process.selinux_label);
        if (spec->process.smack_label != NULL)
                add_line(text, "smack", spec->process.smack_label);
        add_line(text, "landlock", spec->landlock.given ? spec->landlock.text : "none");
        add_line(text, "cgroup", state->cgroup_path == NULL ? "none" : state->cgroup_path);
        add_limit(text, "memory", &spec->resources.memory.limit);
        add_limit(text, "cpu quota", &spec->resources.cpu.quota);
        add_limit(text, "pids", &spec->resources.pids);
        add_mounts(text, spec);
}

/* A record that can't be read is told, and keeps nothing else from being shown. */
static int find_ending(struct cli *cli, const char *name, struct found *found, struct ward_err *err)
{
        struct ward_err why;
        int r;

        found->ended = found->info.status == ENGINE_STOPPED && found->info.damage == NULL;
        if (!found->ended)
                return 0;
        r = engine_ending(&cli->store, name, &cli->arena, &found->ending, &why);
        if (r == -EBADMSG) {
                ending_init(&found->ending);
                cli_warning(cli, MISTAKE_NONE, why.message, "how it ended is shown as unknown");
        } else if (r < 0) {
                *err = why;
                return r;
        }
        return 0;
}

/* Digits are as a rule a process. */
static int blame_name(const char *name, struct ward_err *err)
{
        if (err->code == MISTAKE_NO_CONTAINER && name[strspn(name, "0123456789")] == '\0')
                (void)err_hint(
                        err,
                        "a process is looked at with 'ward caps of %s' and 'ward seccomp explain %s'; 'ward ps -a' "
                        "lists containers",
                        name, name);
        return -err->errnum;
}

static int inspect(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct inspect *o = options;
        _cleanup_text_ struct text text = {0};

        if (o->format == JSON)
                text_printf(&text, "{\"version\": %d, \"containers\": [", FORMAT_VERSION);
        for (int i = 0; i < count; i++) {
                struct found found;
                int r = engine_info(&cli->store, operands[i], &cli->arena, &found.info, err);

                if (r >= 0 && found.info.damage != NULL)
                        cli_warn_damage(cli, &found.info);
                if (r >= 0)
                        r = engine_spec(&cli->store, operands[i], &cli->arena, &found.spec, err);
                if (r >= 0)
                        r = find_ending(cli, operands[i], &found, err);
                if (r < 0)
                        return blame_name(operands[i], err);
                text_puts(&text, i == 0 ? "" : o->format == JSON ? ",\n" : "\n");
                if (o->format == JSON)
                        add_json(&text, &found);
                else
                        add_table(&text, &found);
        }
        if (o->format == JSON)
                text_puts(&text, "]}\n");
        return cli_print(&text, err);
}

static const struct option_entry entries[] = {
        {.name = "format",
         .arg = "table|json",
         .help = "how to show them (default: table)",
         OPTION_WORD(struct inspect, format, formats)},
};

const struct cli_verb cli_inspect = {
        .name = "inspect",
        .command =
                {
                        .name = "ward inspect",
                        .operands = "[OPTIONS] NAME...",
                        .summary = "Show what containers were created with, and how they are.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .operands_min = 1,
                        .operands_max = UINT_MAX,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct inspect),
        .needs_store = true,
        .run = inspect,
};
