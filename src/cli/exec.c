/* SPDX-License-Identifier: Apache-2.0 */
/* ward exec: another program in a running container, with the rights of the first one. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/cli.h"
#include "engine/relay.h"
#include "engine/user.h"

struct exec {
        bool interactive, tty, detach;
        const char *workdir, *user;
        struct option_list env;
};

/* The root that the container's first process has. That it is still that process is asked again when its root is open (V32). */
static int open_root(struct cli *cli, const char *name, struct ward_err *err)
{
        struct engine_info before, after;
        _cleanup_close_
        int fd = -EBADF;
        char path[64];
        int r = engine_info(&cli->store, name, &cli->arena, &before, err);

        if (r < 0)
                return r;
        (void)snprintf(path, sizeof(path), "/proc/%d/root", before.pid);
        fd = before.pid == 0 ? -EBADF : open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        r = engine_info(&cli->store, name, &cli->arena, &after, err);
        if (r < 0)
                return r;
        if (fd < 0 || after.pid != before.pid || after.state.pid_start_ticks != before.state.pid_start_ticks) {
                (void)err_set(err, -ESRCH, "look into container '%s': it is not running", name);
                (void)err_mistake(err, MISTAKE_NOT_RUNNING);
                return err_hint(err, "'ward ps' lists those that run");
        }
        return TAKE_FD(fd);
}

static int set_user(struct cli *cli, const struct exec *o, const char *name, struct spec_process *process,
                    struct ward_err *err)
{
        const char *home;
        struct option_list variables = {.items = &home, .count = 1};
        struct user user;
        _cleanup_close_
        int root = open_root(cli, name, err);
        int r;

        if (root < 0)
                return root;
        r = user_read(root, o->user, &cli->arena, &user, err);
        if (r < 0)
                return err_wrap(err, "option '--user'");
        process->uid = user.uid;
        process->gid = user.gid;
        process->groups = user.groups;
        process->group_count = user.group_count;
        process->user_origin = CLI_ORIGIN("--user");
        home = arena_concat(&cli->arena, "HOME=", user.home);
        return home == NULL ? err_oom(err) : cli_apply_env(cli, &variables, &process->envp, err);
}

static int build(struct cli *cli, const struct exec *o, int count, char **operands, struct spec_process *process,
                 struct ward_err *err)
{
        static const char *term = "TERM=xterm";
        const struct option_list variables = {.items = &term, .count = o->tty ? 1 : 0};
        struct ward_spec spec;
        int r = engine_spec(&cli->store, operands[0], &cli->arena, &spec, err);

        if (r < 0)
                return r;
        *process = spec.process;
        process->argv = cli_argv(cli, count - 1, operands + 1);
        if (process->argv == NULL)
                return err_oom(err);
        process->args_origin = CLI_ORIGIN(NULL);
        process->terminal = o->tty;
        process->rows = process->columns = 0;
        if (o->tty)
                relay_size(&process->rows, &process->columns);
        if (o->workdir != NULL) {
                if (*o->workdir != '/') {
                        (void)err_set(err, -EINVAL, "option '--workdir': '%s' is not an absolute path", o->workdir);
                        (void)err_mistake(err, MISTAKE_RELATIVE);
                        return err_hint(err, "write it from / on: it is a path inside the container");
                }
                process->cwd = o->workdir;
                process->cwd_origin = CLI_ORIGIN("--workdir");
        }
        if (o->user != NULL)
                r = set_user(cli, o, operands[0], process, err);
        if (r >= 0)
                r = cli_apply_env(cli, &variables, &process->envp, err);
        return r < 0 ? r : cli_apply_env(cli, &o->env, &process->envp, err);
}

/* What is left alone has nobody who reads it: its output goes nowhere, while ward's own messages still come. */
static int run_detached(struct cli *cli, const struct engine_exec_options *how, const struct engine_options *engine,
                        struct engine_exit *end, struct ward_err *err)
{
        _cleanup_close_
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        _cleanup_close_
        int messages = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
        int r;

        if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
                return err_errno(err, "open /dev/null for the program's input and output");
        r = engine_exec(&cli->store, how, engine, end, err);
        if (messages >= 0)
                (void)dup2(messages, STDERR_FILENO);
        return r;
}

static int exec(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct exec *o = options;
        const struct engine_options engine = {
                .id = operands[0],
                .program = "ward",
                .detach = o->detach,
                .no_input = !o->interactive,
                .terminal_relay = !o->detach,
                .root_fd = -EBADF,
        };
        struct spec_process process;
        const struct engine_exec_options how = {.process = &process};
        struct engine_exit end = {0};
        int r;

        if (o->detach && (o->tty || o->interactive)) {
                (void)err_set(err, -EINVAL, "option '--detach': nobody would be there for the terminal or the input");
                (void)err_mistake(err, MISTAKE_CONFLICT);
                return err_hint(err, "leave -i and -t out, or --detach");
        }
        r = build(cli, o, count, operands, &process, err);
        if (r >= 0 && !o->interactive && !o->tty && !o->detach)
                r = cli_close_input(err);
        if (r < 0)
                return r;
        r = o->detach ? run_detached(cli, &how, &engine, &end, err)
                      : engine_exec(&cli->store, &how, &engine, &end, err);
        if (r < 0) {
                cli->failure = end.status != 0 ? end.status : CLI_EXIT_FAILED;
                return cli_blame_order(operands[1], "NAME", err);
        }
        return o->detach ? 0 : end.status;
}

static const struct option_entry entries[] = {
        {.name = "interactive", .letter = 'i', .help = "pass standard input on", OPTION_FLAG(struct exec, interactive)},
        {.name = "tty", .letter = 't', .help = "give it a terminal of its own", OPTION_FLAG(struct exec, tty)},
        {.name = "detach", .letter = 'd', .help = "return when it runs", OPTION_FLAG(struct exec, detach)},
        {.name = "env",
         .letter = 'e',
         .arg = "KEY[=VALUE]",
         .help = "set a variable, or pass yours on",
         OPTION_LIST(struct exec, env)},
        {.name = "workdir", .letter = 'w', .arg = "DIR", .help = "start there", OPTION_TEXT(struct exec, workdir)},
        {.name = "user",
         .letter = 'u',
         .arg = "USER[:GROUP]",
         .help = "run as, by the container's names or by number",
         OPTION_TEXT(struct exec, user)},
};

const struct cli_verb cli_exec = {
        .name = "exec",
        .command =
                {
                        .name = "ward exec",
                        .operands = "[OPTIONS] NAME COMMAND...",
                        .summary = "Run another program in a running container.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .separator = 1,
                        .operands_min = 2,
                        .operands_max = UINT_MAX,
                },
        .options_size = sizeof(struct exec),
        .needs_store = true,
        .starts = true,
        .in_sight = true,
        .run = exec,
};
