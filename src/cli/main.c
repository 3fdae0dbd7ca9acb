/* SPDX-License-Identifier: Apache-2.0 */
/* ward: process isolation for people. Here: the global options, the table of verbs, and what is said when a verb fails. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/syscalls.h"
#include "cli/cli.h"
#include "cli/help.h"

static const struct cli_verb *const verbs[] = {&cli_run,    &cli_ps,      &cli_inspect, &cli_exec,    &cli_kill,
                                               &cli_stop,   &cli_rm,      &cli_gc,      &cli_top,     &cli_cgroup,
                                               &cli_limit,  &cli_seccomp, &cli_caps,    &cli_profile, &cli_apparmor,
                                               &cli_doctor, &cli_sandbox};

struct globals {
        const char *root;
        bool version;
};

static const struct option_entry entries[] = {
        {.name = "root",
         .arg = "DIR",
         .help = "where state is kept (default for root: /run/ward)",
         OPTION_TEXT(struct globals, root)},
        {.name = "version", .letter = 'v', .help = "print the version", OPTION_FLAG(struct globals, version)},
};

static const struct option_command global_command = {
        .name = "ward",
        .operands = "[OPTIONS] VERB ...",
        .summary = "Run programs in isolation, and look after what runs.\n"
                   "\n"
                   "  run ROOT COMMAND    run a program in a container; ROOT: a directory, or 'host'\n"
                   "  sandbox COMMAND     run a program of this machine in a box\n"
                   "  ps                  list containers\n"
                   "  inspect NAME...     show what containers were created with\n"
                   "  exec NAME COMMAND   run another program in a running container\n"
                   "  kill NAME...        send a signal to containers\n"
                   "  stop NAME...        ask containers to end, and kill those that do not\n"
                   "  rm NAME...          remove stopped containers\n"
                   "  limit TARGET        limit what runs: a container, a process, a group, a unit\n"
                   "  gc                  remove what crashed or killed programs left\n"
                   "  top                 show what control groups use, live\n"
                   "  cgroup COMMAND      make, limit, look at and end control groups\n"
                   "  seccomp WORD ...    system call filters: explain, test, compare, compile them\n"
                   "  caps WORD ...       capabilities of processes and files, and what they allow\n"
                   "  profile WORD ...    profiles for 'run': list, show, check, compare them\n"
                   "  apparmor WORD ...   AppArmor profiles for containers\n"
                   "  doctor              what isolation this machine can give, and what blocks it\n"
                   "  help [VERB|E204]    show this text, a verb's options, or what an error means\n"
                   "  version             print the version",
        .entries = entries,
        .count = ELEMENTS(entries),
        .operands_max = UINT_MAX,
};

static const struct cli_verb *find_verb(const char *name, struct ward_err *err)
{
        const char *names[ELEMENTS(verbs) + 2] = {"help", "version"};

        for (size_t i = 0; i < ELEMENTS(verbs); i++) {
                if (strcmp(verbs[i]->name, name) == 0 || (verbs[i]->also != NULL && strcmp(verbs[i]->also, name) == 0))
                        return verbs[i];
                names[i + 2] = verbs[i]->name;
        }
        (void)err_set(err, -EINVAL, "unknown verb '%s'", name);
        (void)err_mistake(err, MISTAKE_VERB);
        (void)cli_suggest("", name, names, ELEMENTS(names), "'ward help' lists the verbs", err);
        return NULL;
}

/* Words without options of their own: behind them stand ward's, and ward's help tells of them. */
static bool is_plain(const char *word)
{
        return strcmp(word, "help") == 0 || strcmp(word, "version") == 0;
}

static int print_help(const struct option_command *command, bool all, struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};

        options_help(command, all, &text);
        return cli_print(&text, err);
}

static int help(int count, char **words, struct ward_err *err)
{
        const struct cli_verb *verb;

        if (count == 0 || is_plain(words[0]))
                return print_help(&global_command, true, err);
        if (help_is_about_errors(words[0]))
                return help_errors(words[0], err);
        verb = find_verb(words[0], err);
        if (verb == NULL)
                return -EINVAL;
        return count > 1 && verb->help != NULL ? verb->help(words[1], err) : print_help(&verb->command, false, err);
}

static int print_version(struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};

        text_printf(&text, "ward version " WARD_VERSION "\nlibseccomp: %s\n", syscall_table_version);
        return cli_print(&text, err);
}

static int run_verb(struct cli *cli, const struct cli_verb *verb, int count, char **words, struct ward_err *err)
{
        void *options = arena_alloc(&cli->arena, 1, verb->options_size + 1);
        int r;

        if (options == NULL)
                return err_oom(err);
        if (verb->starts)
                cli->failure = CLI_EXIT_FAILED;
        r = engine_protect_program(cli->argv, verb->in_sight, err);
        if (r < 0)
                return r;
        if (verb->other != NULL && count > 0 && strcmp(words[0], verb->other) == 0)
                return verb->run_other(cli, count - 1, words + 1, err);
        r = cli_parse(cli, &verb->command, verb->options_size, &count, words, options, err);
        if (r == OPTIONS_HELP || r == OPTIONS_HELP_ALL)
                return print_help(&verb->command, r == OPTIONS_HELP_ALL, err);
        if (r < 0)
                return err_wrap(err, "%s", verb->name);
        if (verb->needs_store) {
                r = cli_open_store(cli, err);
                if (r < 0)
                        return r;
        }
        r = verb->run(cli, options, count, words, err);
        if (r < 0)
                cli_blame_profile(cli, err);
        if (verb->needs_store)
                store_close(&cli->store);
        return r;
}

static int run_command_line(struct cli *cli, int count, char **words, struct ward_err *err)
{
        struct globals globals = {0};
        const struct cli_verb *verb;
        int r = options_parse(&global_command, &count, words, &globals, &cli->arena, err), behind;

        if (r == 0 && count > 0 && is_plain(words[0])) {
                behind = count - 1;
                r = options_parse(&global_command, &behind, words + 1, &globals, &cli->arena, err);
                count = behind + 1;
        }
        cli->root = globals.root;
        if (r < 0)
                return r;
        if (r > 0 || (count == 0 && !globals.version))
                return print_help(&global_command, true, err);
        if (globals.version || strcmp(words[0], "version") == 0)
                return print_version(err);
        if (strcmp(words[0], "help") == 0)
                return help(count - 1, words + 1, err);
        verb = find_verb(words[0], err);
        return verb == NULL ? -EINVAL : run_verb(cli, verb, count - 1, words + 1, err);
}

/* A link of that name takes bubblewrap's place for whoever looks for it by its name. */
static bool is_called(const char *program, const char *name)
{
        const char *slash = strrchr(program, '/');

        return strcmp(slash == NULL ? program : slash + 1, name) == 0;
}

static int run_as_bwrap(struct cli *cli, int argc, char **argv, struct ward_err *err)
{
        int r = engine_protect_program(cli->argv, false, err);

        cli->speaks_as = "bwrap";
        cli->failure = EXIT_FAILURE;
        return r < 0 ? r : cli_sandbox.run_other(cli, argc - 1, argv + 1, err);
}

int main(int argc, char **argv)
{
        struct cli cli = {.store = {.fd = -EBADF}, .color = cli_wants_color(STDERR_FILENO), .failure = EXIT_FAILURE};
        struct ward_err err = {0};
        int r = engine_seal_tables(&err);

        if (r >= 0)
                r = fd_open_standard(&err);
        /* Where who started us ignores it, children that have ended are gone before they are asked about (wait(2), "NOTES"). */
        (void)signal(SIGCHLD, SIG_DFL);
        /* A copy: options move in front of operands as they are read, and engine_protect_program() wants them as they were. */
        cli.argv = arena_new(&cli.arena, char *, (size_t)argc + 1);
        if (cli.argv == NULL) {
                r = err_oom(&err);
        } else if (r >= 0) {
                memcpy(cli.argv, argv, (size_t)argc * sizeof(*argv));
                r = argc > 0 && is_called(argv[0], "bwrap")
                            ? run_as_bwrap(&cli, argc, argv, &err)
                            : run_command_line(&cli, argc > 0 ? argc - 1 : 0, argv + (argc > 0 ? 1 : 0), &err);
        }
        if (r < 0)
                cli_error(&cli, &err);
        arena_done(&cli.arena);
        return r < 0 ? cli.failure : r;
}
