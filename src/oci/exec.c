/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ward-oci exec: another process in a running container. It is the container's own process with what the options change, or
 * the one that --process describes as a whole.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/names.h"
#include "model/oci.h"
#include "oci/bundle.h"

/* 4294967295 is (uid_t)-1, "no change" to setresuid(2). */
#define ID_MAX (UINT32_MAX - 1)

struct user {
        bool given, gid_given;
        uint32_t uid, gid;
};

struct no_new_privs {
        bool given, set;
};

struct exec {
        bool detach, tty, ignore_paused;
        struct no_new_privs no_new_privs;
        struct user user;
        struct option_list env, caps, groups, cgroups;
        const char *process, *cwd, *console_socket, *pid_file, *pidfd_socket, *process_label, *apparmor;
        uint64_t preserve_fds;
};

static int read_id(const char *word, const char *what, uint32_t *ret_id, struct ward_err *err)
{
        uint64_t id;

        if (number_parse(word, ID_MAX, &id) < 0) {
                (void)err_set(err, -EINVAL, "'%s' is not a %s", word, what);
                (void)err_hint(err, "write numbers from 0 to %u: UID or UID:GID; names are not looked up", ID_MAX);
                return -EINVAL;
        }
        *ret_id = (uint32_t)id;
        return 0;
}

/* UID or UID:GID, each part by its own strict reading (V12). */
static int read_user(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        struct user user = {.given = true};
        const char *colon = strchr(value, ':');
        const char *uid = colon == NULL ? value : arena_strndup(arena, value, (size_t)(colon - value));
        int r;

        if (uid == NULL)
                return err_oom(err);
        r = read_id(uid, "user id", &user.uid, err);
        if (r < 0)
                return r;
        if (colon != NULL) {
                user.gid_given = true;
                r = read_id(colon + 1, "group id", &user.gid, err);
                if (r < 0)
                        return r;
        }
        *(struct user *)target = user;
        return 0;
}

/* --no-new-privs=false takes away what the container's process has; who calls could write it into --process, too. */
static int read_no_new_privs(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        struct no_new_privs *option = target;

        option->given = true;
        return option_read_flag(&option->set, value, arena, err);
}

static size_t count_strings(const char *const *strings)
{
        size_t count = 0;

        while (strings[count] != NULL)
                count++;
        return count;
}

/* Replaces the variables that are there already and appends the others. */
static int apply_env(const struct option_list *list, struct arena *arena, struct spec_process *process,
                     struct ward_err *err)
{
        size_t count = count_strings(process->envp);
        const char **envp = arena_new(arena, const char *, count + list->count + 1);

        if (envp == NULL)
                return err_oom(err);
        memcpy(envp, process->envp, count * sizeof(*envp));
        for (size_t i = 0; i < list->count; i++) {
                const char *item = list->items[i], *equals = strchr(item, '=');
                size_t at = 0;

                if (equals == NULL || equals == item)
                        return err_set(err, -EINVAL, "option '--env': '%s' is not KEY=VALUE", item);
                while (at < count && strncmp(envp[at], item, (size_t)(equals - item) + 1) != 0)
                        at++;
                envp[at] = item;
                if (at == count)
                        count++;
        }
        process->envp = envp;
        return 0;
}

/* Other runtimes go on without it, and so may who calls them: nobody has more rights for it. */
static void warn_unknown(const struct oci *oci, const char *name)
{
        const char *near = cap_nearest(name);
        char message[128], hint[64] = "";

        (void)snprintf(message, sizeof(message), "option '--cap': unknown capability '%.64s' is ignored", name);
        if (near != NULL)
                (void)snprintf(hint, sizeof(hint), "did you mean '%s'?", near);
        oci_log(oci, OCI_LOG_WARNING, MISTAKE_NONE, message, hint);
}

/* As runc does: bounding, effective and permitted; ambient only what the container's process may inherit, because an inheritable
 * capability that nobody asked for survives an exec of a file with file capabilities (V10). */
static void apply_caps(const struct oci *oci, const struct option_list *list, struct spec_process *process)
{
        uint64_t added = 0;

        for (size_t i = 0; i < list->count; i++) {
                int cap = cap_number(list->items[i]);

                if (cap >= 0)
                        added |= UINT64_C(1) << cap;
                else
                        warn_unknown(oci, list->items[i]);
        }
        if (added == 0)
                return;
        process->caps.given = true;
        process->caps.bounding |= added;
        process->caps.effective |= added;
        process->caps.permitted |= added;
        process->caps.ambient |= added & process->caps.inheritable;
        process->caps_origin = (struct spec_origin){.field = "--cap", .index = -1};
}

static int apply_groups(const struct option_list *list, struct arena *arena, struct spec_process *process,
                        struct ward_err *err)
{
        uint32_t *groups = arena_new(arena, uint32_t, process->group_count + list->count + 1);

        if (groups == NULL)
                return err_oom(err);
        if (process->group_count > 0)
                memcpy(groups, process->groups, process->group_count * sizeof(*groups));
        for (size_t i = 0; i < list->count; i++) {
                int r = read_id(list->items[i], "group id", &groups[process->group_count + i], err);

                if (r < 0)
                        return err_wrap(err, "option '--additional-gids'");
        }
        process->groups = groups;
        process->group_count += list->count;
        return 0;
}

static int apply_options(struct oci *oci, const struct exec *o, struct spec_process *process, struct ward_err *err)
{
        int r = apply_env(&o->env, &oci->arena, process, err);

        if (r == 0)
                r = apply_groups(&o->groups, &oci->arena, process, err);
        if (r < 0)
                return r;
        apply_caps(oci, &o->caps, process);
        if (o->user.given) {
                process->uid = o->user.uid;
                process->gid = o->user.gid_given ? o->user.gid : process->gid;
                process->user_origin = (struct spec_origin){.field = "--user", .index = -1};
        }
        if (o->cwd != NULL) {
                if (*o->cwd != '/')
                        return err_set(err, -EINVAL, "option '--cwd': '%s' is not an absolute path", o->cwd);
                process->cwd = o->cwd;
                process->cwd_origin = (struct spec_origin){.field = "--cwd", .index = -1};
        }
        if (o->apparmor != NULL) {
                process->apparmor_profile = o->apparmor;
                process->apparmor_origin = (struct spec_origin){.field = "--apparmor", .index = -1};
        }
        if (o->process_label != NULL) {
                process->selinux_label = o->process_label;
                process->selinux_origin = (struct spec_origin){.field = "--process-label", .index = -1};
        }
        if (o->no_new_privs.given)
                process->no_new_privs = o->no_new_privs.set;
        return 0;
}

/* What --process describes is complete: an option beside it that would change it is a contradiction. Other runtimes pass over it, and run the process
 * as another user, or in another place, than was asked for. */
static int read_process(struct oci *oci, const struct exec *o, int count, struct spec_process *ret_process,
                        struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        size_t len;
        int r;

        if (count > 1 || o->user.given || o->env.count + o->caps.count + o->groups.count > 0 || o->cwd != NULL ||
            o->apparmor != NULL || o->process_label != NULL || o->no_new_privs.given) {
                (void)err_set(err, -EINVAL, "exec: '%s' describes the whole process", o->process);
                return err_hint(err, "change it there; beside --process, leave out the command, --user, --env, --cap, "
                                     "--cwd, --additional-gids, --apparmor, --process-label and --no-new-privs");
        }
        r = fd_read_file(AT_FDCWD, o->process, OCI_CONFIG_MAX, &text, &len, err);
        if (r < 0)
                return r;
        r = oci_parse_process(text, len, o->process, &oci->arena, ret_process, err);
        return r < 0 ? r : oci_warn_caps(oci, &ret_process->caps, err);
}

/* As runc writes it: a number of sixteen. */
static void log_affinity(const struct oci *oci, const struct spec_set *cpus)
{
        _cleanup_text_ struct text text = {0};
        bool begun = false;

        if (oci->log_level < OCI_LOG_DEBUG)
                return;
        text_puts(&text, "nsexec: affinity: 0x");
        for (size_t i = cpus->bit_count / 64; i-- > 0;) {
                if (begun)
                        text_printf(&text, "%016" PRIx64, cpus->bits[i]);
                else if (cpus->bits[i] != 0 || i == 0)
                        text_printf(&text, "%" PRIx64, cpus->bits[i]);
                begun = begun || cpus->bits[i] != 0;
        }
        if (!text_failed(&text))
                oci_log(oci, OCI_LOG_DEBUG, MISTAKE_NONE, text.data, NULL);
}

static const struct spec_origin tty_origin = {.field = "--tty", .index = -1};

struct command {
        struct oci *oci;
        const struct exec *options;
        int count;
        char **words;
};

/* Without --process: the container's own process with another command, and what the options change. */
static int describe(void *context, const struct ward_spec *spec, struct spec_process *ret_process, struct ward_err *err)
{
        const struct command *command = context;
        const char **argv = arena_new(&command->oci->arena, const char *, (size_t)command->count + 1);
        int r;

        if (argv == NULL)
                return err_oom(err);
        memcpy(argv, command->words, (size_t)command->count * sizeof(*argv));
        *ret_process = spec->process;
        ret_process->argv = argv;
        ret_process->args_origin = (struct spec_origin){.field = "the command line", .index = -1};
        ret_process->terminal = command->options->tty;
        ret_process->terminal_origin = tty_origin;
        r = apply_options(command->oci, command->options, ret_process, err);
        if (r >= 0 && ret_process->affinity_initial.text != NULL)
                log_affinity(command->oci, &ret_process->affinity_initial);
        return r;
}

static int exec(struct oci *oci, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct exec *o = options;
        struct engine_options engine = {
                .id = operands[0],
                .program = "ward-oci",
                .pid_file = o->pid_file,
                .console_socket = o->console_socket,
                .pidfd_socket = o->pidfd_socket,
                .preserve_fds = (unsigned)o->preserve_fds,
                .detach = o->detach,
                .all_cpus = true,
                .spare_lost_caps = true,
                .terminal_relay = !o->detach,
                .trace = oci_trace(oci, true),
        };
        struct command command = {oci, o, count - 1, operands + 1};
        const char **cgroups = arena_new(&oci->arena, const char *, o->cgroups.count + 1);
        struct engine_exec_options how = {
                .describe = describe, .context = &command, .cgroups = cgroups, .ignore_paused = o->ignore_paused};
        struct spec_process process;
        struct engine_exit end = {0};
        int r;

        if (cgroups == NULL)
                return err_oom(err);
        for (size_t i = 0; i < o->cgroups.count; i++)
                cgroups[i] = o->cgroups.items[i];
        if (o->process != NULL) {
                r = read_process(oci, o, count, &process, err);
                if (r < 0)
                        return r;
                if (o->tty && !process.terminal) {
                        process.terminal = true;
                        process.terminal_origin = tty_origin;
                }
                if (process.affinity_initial.text != NULL)
                        log_affinity(oci, &process.affinity_initial);
                how.process = &process;
                how.file = o->process;
        } else if (count < 2) {
                (void)err_set(err, -EINVAL, "exec: there is no command to run in '%s'", operands[0]);
                (void)err_hint(err, "usage: %s %s", oci_exec.command.name, oci_exec.command.operands);
                return -EINVAL;
        }
        r = engine_exec(&oci->store, &how, &engine, &end, err);
        return r < 0 ? r : o->detach ? 0 : end.status;
}

static const struct option_entry entries[] = {
        {.name = "detach", .letter = 'd', .help = "return when the process runs", OPTION_FLAG(struct exec, detach)},
        {.name = "tty", .letter = 't', .help = "give it a terminal", OPTION_FLAG(struct exec, tty)},
        {.name = "env", .letter = 'e', .arg = "KEY=VALUE", .help = "set a variable", OPTION_LIST(struct exec, env)},
        {.name = "user",
         .letter = 'u',
         .arg = "UID[:GID]",
         .help = "run as this user, by number",
         OPTION_CALL(struct exec, user, read_user)},
        {.name = "additional-gids",
         .letter = 'g',
         .arg = "GID",
         .help = "add a supplementary group",
         OPTION_LIST(struct exec, groups)},
        {.name = "cap", .letter = 'c', .arg = "CAP", .help = "add a capability", OPTION_LIST(struct exec, caps)},
        {.name = "cwd", .arg = "DIR", .help = "directory to start in", OPTION_TEXT(struct exec, cwd)},
        {.name = "process",
         .letter = 'p',
         .arg = "FILE",
         .help = "process as in config.json",
         OPTION_TEXT(struct exec, process)},
        {.name = "console-socket",
         .arg = "PATH",
         .help = "socket that takes the terminal's master",
         OPTION_TEXT(struct exec, console_socket)},
        {.name = "pid-file", .arg = "FILE", .help = "write its pid there", OPTION_TEXT(struct exec, pid_file)},
        {.name = "pidfd-socket",
         .arg = "PATH",
         .help = "socket that takes its pidfd",
         OPTION_TEXT(struct exec, pidfd_socket)},
        {.name = "process-label", .arg = "LABEL", .help = "SELinux label", OPTION_TEXT(struct exec, process_label)},
        {.name = "apparmor", .arg = "PROFILE", .help = "AppArmor profile", OPTION_TEXT(struct exec, apparmor)},
        {.name = "no-new-privs",
         .help = "no privileges by executing",
         OPTION_CALL(struct exec, no_new_privs, read_no_new_privs)},
        {.name = "preserve-fds",
         .arg = "N",
         .help = "pass descriptors 3 to 2+N on",
         OPTION_NUMBER(struct exec, preserve_fds, ENGINE_PRESERVE_FDS_MAX)},
        {.name = "cgroup",
         .arg = "[CONTROLLER,...:]PATH",
         .help = "group below the container's, of cgroup v1 for a controller alone",
         OPTION_LIST(struct exec, cgroups)},
        {.name = "ignore-paused", .help = "also in a paused container", OPTION_FLAG(struct exec, ignore_paused)},
};

const struct oci_verb oci_exec = {
        .name = "exec",
        .command =
                {
                        .name = "ward-oci exec",
                        .operands = "[OPTIONS] ID COMMAND... | [OPTIONS] -p FILE ID",
                        .summary = "Run another process in a running container.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .operands_min = 1,
                        .operands_max = UINT_MAX,
                },
        .options_size = sizeof(struct exec),
        .needs_store = true,
        .in_sight = true,
        .failure = 255, /* as with runc: the program's own statuses are those below */
        .run = exec,
};
