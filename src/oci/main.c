/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ward-oci: an OCI runtime with the command line of runc and crun. Here: the global options, the table of verbs, and
 * what is said when a verb fails.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fd.h"
#include "base/syscalls.h"
#include "oci/oci.h"

static const struct oci_verb *const verbs[] = {
        &oci_checkpoint, &oci_create, &oci_delete, &oci_events, &oci_exec,   &oci_features, &oci_kill,
        &oci_list,       &oci_mounts, &oci_pause,  &oci_plan,   &oci_ps,     &oci_restore,  &oci_resume,
        &oci_run,        &oci_spec,   &oci_start,  &oci_state,  &oci_update,
};

#define PROGRAM "ward-oci" /* what the names of all commands begin with */
#define LINE_COLUMNS 80

enum { LOG_TEXT, LOG_JSON };
static const char *const log_formats[] = {"text", "json", NULL};
static const char *const managers[] = {
        [ENGINE_GROUPS_FS] = "cgroupfs",
        [ENGINE_GROUPS_SYSTEMD] = "systemd",
        [ENGINE_GROUPS_NONE] = "disabled",
        NULL,
};
static const char *const log_levels[] = {"error", "warning", "info", "debug", NULL};

struct globals {
        const char *root, *log, *criu;
        unsigned log_format, log_level, groups;
        bool debug, trace, version, systemd;
};

/* Whether errors of control groups are passed over is what it means to runc; ward goes by what the kernel allows, and passes over none. */
static int read_rootless(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        bool rootless;

        if (*value == '\0' || strcasecmp(value, "auto") == 0 || option_read_flag(&rootless, value, arena, NULL) == 0)
                return 0;
        (void)err_set(err, -EINVAL, "'%s' is not one of: auto|true|false", value);
        return err_mistake(err, MISTAKE_WORD);
}

static const struct option_entry entries[] = {
        {.name = "root",
         .arg = "DIR",
         .help = "where state is kept (default for root: /run/ward)",
         OPTION_TEXT(struct globals, root)},
        {.name = "log",
         .arg = "FILE",
         .help = "append errors to this, too: a file, journald:NAME, syslog:NAME",
         OPTION_TEXT(struct globals, log)},
        {.name = "log-format",
         .arg = "text|json",
         .help = "form of what is logged",
         OPTION_WORD(struct globals, log_format, log_formats)},
        {.name = "log-level",
         .arg = "LEVEL",
         .help = "error, warning (default), info or debug",
         OPTION_WORD(struct globals, log_level, log_levels)},
        {.name = "debug", .help = "the same as --log-level debug", OPTION_FLAG(struct globals, debug)},
        {.name = "trace", .help = "print the phases of a start with nanoseconds", OPTION_FLAG(struct globals, trace)},
        {.name = "rootless",
         .arg = "WORD",
         .help = "auto, true or false, which are the same",
         .kind = OPTION_KIND_CALL,
         .read = read_rootless},
        {.name = "cgroup-manager",
         .arg = "cgroupfs|systemd|disabled",
         .help = "who makes control groups (default: cgroupfs)",
         OPTION_WORD(struct globals, groups, managers)},
        {.name = "systemd-cgroup",
         .help = "the same as --cgroup-manager systemd",
         OPTION_FLAG(struct globals, systemd)},
        {.name = "version", .letter = 'v', .help = "print the version", OPTION_FLAG(struct globals, version)},
        {.name = "version", .letter = 'V', .hidden = true, OPTION_FLAG(struct globals, version)},
        {.name = "criu", .arg = "PATH", .hidden = true, OPTION_TEXT(struct globals, criu)},
};

static const struct option_command global_command = {
        .name = "ward-oci",
        .operands = "[OPTIONS] VERB ...",
        .summary = "Open Container Initiative runtime: isolated processes from bundles\n"
                   "Verbs: create start run exec kill delete, state list ps events, pause resume\n"
                   "update mounts, checkpoint restore, spec plan features.\n"
                   "'ward-oci VERB --help' says more.",
        .entries = entries,
        .count = ELEMENTS(entries),
        .operands_max = UINT_MAX,
        .one_dash = true,
        .argp = true,
};

static bool is_help(const char *word)
{
        return strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0;
}

/* `help VERB` is `VERB --help`. */
static bool is_help_verb(const char *word)
{
        return strcmp(word, "help") == 0 || strcmp(word, "h") == 0;
}

static const struct oci_verb *find_verb(const char *name, bool help, struct ward_err *err)
{
        const char *names[ELEMENTS(verbs)];
        const char *near;

        for (size_t i = 0; i < ELEMENTS(verbs); i++) {
                if (verbs[i]->name[0] == name[0] && strcmp(verbs[i]->name, name) == 0)
                        return verbs[i];
                names[i] = verbs[i]->name;
        }
        near = text_nearest(name, names, ELEMENTS(names));
        (void)err_set(err, -EINVAL, help ? "No help topic for '%s'" : "unknown verb '%s'", name);
        if (near != NULL)
                (void)err_hint(err, "did you mean '%s'?", near);
        else
                (void)err_hint(err, "'ward-oci --help' lists the verbs");
        return NULL;
}

/* The program under the name that it was called by: where it takes another runtime's place, that is what people and scripts look for. */
static const char *own_name(const struct oci *oci)
{
        const char *name = oci->argv[0] != NULL ? strrchr(oci->argv[0], '/') : NULL;

        name = name != NULL ? name + 1 : oci->argv[0];
        return name == NULL || *name == '\0' ? PROGRAM : name;
}

/* @what: as options_parse() answers. Help begins as runc's and crun's do: with the name, and what it is for where a line has the room. */
static int print_help(struct oci *oci, const struct option_command *command, int what, struct ward_err *err)
{
        const char *summary = command->summary, *lines = strchr(summary, '\n');
        size_t len = strcspn(summary, "\n");
        struct option_command shown = *command;
        _cleanup_text_ struct text text = {0};

        shown.name = arena_concat(&oci->arena, own_name(oci), command->name + strlen(PROGRAM));
        if (shown.name == NULL)
                return err_oom(err);
        if (what == OPTIONS_USAGE) {
                text_printf(&text, "Usage: %s %s\n", shown.name, shown.operands);
                return oci_print(&text, err);
        }
        if (strlen("    - ") + strlen(shown.name) + len > LINE_COLUMNS)
                text_printf(&text, "NAME:\n   %s\n", shown.name);
        else {
                text_printf(&text, "NAME:\n   %s - %.*s\n", shown.name, (int)len, summary);
                shown.summary = lines == NULL ? NULL : lines + 1;
        }
        options_help(&shown, what == OPTIONS_HELP_ALL, &text);
        return oci_print(&text, err);
}

/* The lines that engines read of runc's, and the last of crun's, which says what it was built with. */
static int print_version(struct oci *oci, struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};

        text_printf(&text,
                    "%s version " WARD_VERSION "\ncommit: " PROGRAM "-" WARD_VERSION "\nspec: " OCI_VERSION_MAX
                    "\nlibseccomp: %s\n"
                    "+SYSTEMD +SELINUX +APPARMOR +CAP +SECCOMP +EBPF\n",
                    own_name(oci), syscall_table_version);
        return oci_print(&text, err);
}

static void log_warning(void *data, const struct ward_err *what)
{
        oci_log(data, OCI_LOG_WARNING, what->code, what->message, what->hint);
}

static int run_verb(struct oci *oci, const struct oci_verb *verb, int count, char **words, struct ward_err *err)
{
        struct option_command command = verb->command;
        void *options = arena_alloc(&oci->arena, 1, verb->options_size + 1);
        int r;

        if (options == NULL)
                return err_oom(err);
        if (verb->failure != 0)
                oci->failure = verb->failure;
        r = engine_protect_program(oci->argv, verb->in_sight, err);
        if (r < 0)
                return r;
        command.one_dash = true; /* as runc's, and containerd writes `restore -no-subreaper` */
        command.argp = true;     /* as crun's */
        r = options_parse(&command, &count, words, options, &oci->arena, err);
        if (r > 0)
                return print_help(oci, &verb->command, r, err);
        if (r < 0)
                return err_wrap(err, "%s", verb->name);
        if (verb->needs_store) {
                r = store_open(oci->root, &oci->store, err);
                if (r < 0)
                        return r;
                oci->store.warn = log_warning;
                oci->store.warn_data = oci;
        }
        oci_log(oci, OCI_LOG_DEBUG, MISTAKE_NONE, verb->command.name, NULL);
        r = verb->run(oci, options, count, words, err);
        if (verb->needs_store)
                store_close(&oci->store);
        return r;
}

static int check_globals(const struct oci *oci, const struct globals *globals, struct ward_err *err)
{
        if (globals->systemd && globals->groups == ENGINE_GROUPS_NONE)
                return err_set(err, -EINVAL, "--systemd-cgroup and --cgroup-manager disabled contradict each other");
        if (globals->criu != NULL)
                oci_log(oci, OCI_LOG_WARNING, MISTAKE_NONE, "option '--criu' is ignored, as with runc since 1.1",
                        "the program is the first 'criu' in PATH");
        return 0;
}

static int run_command_line(struct oci *oci, int argc, char **argv, struct ward_err *err)
{
        struct globals globals = {.log_level = OCI_LOG_WARNING};
        int count = argc > 0 ? argc - 1 : 0, r;
        char **words = argv + argc - count;
        const struct oci_verb *verb;

        /* Options move in front of operands as they are read. */
        oci->argv = arena_new(&oci->arena, char *, (size_t)argc + 1);
        if (oci->argv == NULL)
                return err_oom(err);
        memcpy(oci->argv, argv, (size_t)argc * sizeof(*argv));
        r = options_parse(&global_command, &count, words, &globals, &oci->arena, err);
        oci->root = globals.root;
        oci->log = globals.log;
        oci->log_json = globals.log_format == LOG_JSON;
        oci->log_level = globals.debug ? OCI_LOG_DEBUG : globals.log_level;
        oci->trace = globals.trace;
        oci->groups = globals.systemd ? ENGINE_GROUPS_SYSTEMD : (enum engine_groups)globals.groups;
        if (r < 0)
                return r;
        if (globals.version && r == 0)
                return print_version(oci, err);
        if (r > 0 || count == 0 || (count == 1 && is_help_verb(words[0])))
                return print_help(oci, &global_command, r == OPTIONS_USAGE ? r : OPTIONS_HELP_ALL, err);
        if (is_help_verb(words[0])) {
                verb = find_verb(words[1], true, err);
                return verb == NULL ? -EINVAL : print_help(oci, &verb->command, OPTIONS_HELP, err);
        }
        r = check_globals(oci, &globals, err);
        if (r < 0)
                return r;
        verb = find_verb(words[0], count > 1 && is_help(words[1]), err);
        return verb == NULL ? -EINVAL : run_verb(oci, verb, count - 1, words + 1, err);
}

int main(int argc, char **argv)
{
        struct oci oci = {.store = {.fd = -EBADF}, .failure = EXIT_FAILURE};
        struct ward_err err = {0};
        int r;

        /* Where who started us ignores it, children that have ended are gone before they are asked about (wait(2), "NOTES"). */
        (void)signal(SIGCHLD, SIG_DFL);
        r = engine_seal_tables(&err);
        if (r >= 0)
                r = fd_open_standard(&err);
        if (r >= 0)
                r = run_command_line(&oci, argc, argv, &err);
        if (r < 0)
                oci_log(&oci, OCI_LOG_ERROR, err.code, err.message, err.hint);
        arena_done(&oci.arena);
        return r < 0 ? oci.failure : r;
}
