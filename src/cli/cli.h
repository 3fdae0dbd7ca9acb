/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ward: what its verbs share. Each verb is one file with one struct cli_verb: the table of its options, and the function that turns them
 * into calls of the engine and prints the answer. Nothing is decided here.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/text.h"
#include "engine/engine.h"
#include "model/spec.h"
#include "profile/profile.h"
#include "store/store.h"

/* What a verb that starts programs exits with when it could not: as docker, and as a shell for 126 and 127. */
#define CLI_EXIT_FAILED 125

/* One call of the program. Strings are of argv or of the arena. */
struct cli {
        struct arena arena;
        char **argv;             /* as main() got it, in its order; in the arena */
        struct store store;      /* open while a verb with @needs_store runs */
        const char *root;        /* --root; NULL: the default */
        bool color;              /* messages are for a terminal that wants it */
        struct profile *profile; /* what --profile named; NULL: nothing */
        int failure;             /* the exit status of an error */
        const char *speaks_as;   /* whose messages these are; NULL: ward's */
        bool level_prefix;       /* messages have their level in front, as printk() has it: <3> */
};

struct cli_verb {
        const char *name, *also; /* @also: what it may be called, too; NULL: nothing */
        struct option_command command;
        size_t options_size; /* of the structure that command.entries fill in; zeroed before */
        bool needs_store;
        bool in_sight; /* see engine_protect_program() */
        bool starts;   /* it exits with the status of a program: its own errors are 125 to 127 */
        /* The same with the command line of another program, which is everything behind this first word; NULL: there is none. */
        const char *other;
        int (*run_other)(struct cli *cli, int count, char **words, struct ward_err *err);
        /* `ward help VERB @word`; NULL: the verb has one page alone. */
        int (*help)(const char *word, struct ward_err *err);
        /* Returns the exit status, or -errno with @err set. */
        int (*run)(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err);
};

extern const struct cli_verb cli_apparmor, cli_caps, cli_cgroup, cli_doctor, cli_exec, cli_gc, cli_inspect, cli_kill,
        cli_limit, cli_profile, cli_ps, cli_rm, cli_run, cli_sandbox, cli_seccomp, cli_stop, cli_top;

/* The origin of a value that @option gave: "-v ./src:/src". */
#define CLI_ORIGIN(option)                      \
        (struct spec_origin)                    \
        {                                       \
                .field = (option), .index = -1, \
        }

/* Messages for a person on standard error, with the number that `ward help` explains. */
void cli_error(const struct cli *cli, struct ward_err *err);
void cli_warning(const struct cli *cli, enum mistake mistake, const char *message, const char *hint);

/* Opens cli->store; what its verbs warn of goes to standard error. Who opens it closes it. */
int cli_open_store(struct cli *cli, struct ward_err *err);

/* Whether what is printed may be UTF-8. */
bool cli_has_utf8(void);

/* A copy for a terminal, to which what comes from a container must not speak: control characters and what is not ASCII become '?'. NULL when
 * memory is short. */
char *cli_printable(struct arena *arena, const char *text);

/* foreign-table.c. The hint for a @word behind @verb ("": ward itself) that is none of the @names there: what to type in place of another program's word, else the
 * nearest name, else @otherwise. Returns as err_hint() does. */
int cli_suggest(const char *verb, const char *word, const char *const *names, size_t count, const char *otherwise,
                struct ward_err *err);

/* Adds a table of @rows by @columns cells, row after row, each column as wide as its widest cell. -ENOMEM when a cell is NULL. */
int cli_table(struct text *text, const char *const *cells, size_t rows, size_t columns);

/* Appends a time since the epoch as "2030-01-31T23:59:59Z". */
void cli_add_time(struct text *text, uint64_t usec);

/* When the container was made, as JSON; null: its state, which says it, could not be read. */
void cli_add_created(struct text *text, const struct engine_info *info);

/* Says that the container's state could not be read. */
void cli_warn_damage(const struct cli *cli, const struct engine_info *info);

/* Whether @fd is a terminal, and its user wants colours there. */
bool cli_wants_color(int fd);

/* Writes @text to standard output. */
int cli_print(const struct text *text, struct ward_err *err);

/* What of @list is KEY=VALUE replaces or follows what is in *@envp; KEY alone takes the caller's value, and takes the variable away when
 * the caller has none, as docker does. */
int cli_apply_env(struct cli *cli, const struct option_list *list, const char *const **envp, struct ward_err *err);

/* NAME=SOFT[:HARD] of --ulimit, the name as in limits.conf(5): nofile=1024:2048. UINT64_MAX is no limit. */
int cli_read_ulimit(struct arena *arena, const char *value, struct spec_rlimit *ret_limit, struct ward_err *err);

/* argv from operands, NULL-terminated. NULL when memory is short. */
const char *const *cli_argv(struct cli *cli, int count, char **operands);

/* action.c. One of the words that come behind a verb, each with operands of its own and some of the verb's options: `ward caps file -r PATH`. */
struct cli_action {
        const char *name, *operands; /* @operands: as a usage line has them; "": none */
        int least, most;             /* how many operands */
        unsigned takes;              /* options that mean something to it, by bits of the verb's own */
        int (*run)(struct cli *cli, const void *what, int count, char **words, struct ward_err *err);
};

#define CLI_ACTIONS_MAX 16

struct cli_actions {
        const char *verb, *example; /* @example: what can come behind the verb */
        const struct cli_action *all;
        size_t count; /* CLI_ACTIONS_MAX at most */
};

/* An option of the verb that not every action takes. */
struct cli_given {
        bool given;
        unsigned bit; /* in struct cli_action's takes */
        const char *name;
};

/* The action that @operands[0] names, when the others are as many as it has and no option was @given that means nothing to it. NULL: @err is set. */
const struct cli_action *cli_action(const struct cli_actions *actions, const struct cli_given *given,
                                    size_t given_count, int count, char **operands, struct ward_err *err);

/* Calls @act for each name. One that fails does not keep the others from their turn: its message is printed. Returns 0, or the exit status of
 * an error. */
int cli_each(struct cli *cli, int count, char **names,
             int (*act)(struct cli *cli, const char *name, const void *what, struct ward_err *err), const void *what);

/*
 * profiles.c, for each verb that has an option "profile" of kind LIST: reads the command line of @count words into @target of @size bytes, and below it the profiles
 * that it names, whose settings are options of the verb. As options_parse() otherwise. Without the word costs nothing.
 */
int cli_parse(struct cli *cli, const struct option_command *command, size_t size, int *count, char **words,
              void *target, struct ward_err *err);

/* The settings of cli->profile as options in @target. @host: the root is `host`. @given: what the command line says, which is before them, and is run here;
 * NULL: nothing is run. */
int cli_apply_profile(struct cli *cli, const struct option_command *command, bool host, const void *given, void *target,
                      struct ward_err *err);

/* Puts the place of the setting that a failure is about in front of its message. */
void cli_blame_profile(const struct cli *cli, struct ward_err *err);

/* Where the program @word was not found: one that begins with '-' was meant as an option, which stands in front of @operand. Returns the error. */
int cli_blame_order(const char *word, const char *operand, struct ward_err *err);

/* -9, -TERM: kill(1)'s spelling of --signal; the target's first member is the text. An option_reader. */
int cli_read_dashed_signal(void *target, const char *value, struct arena *arena, struct ward_err *err);

/* "10", "0.5", "500ms", "1m30s": units as those of sleep(1), and ms. Microseconds. */
int cli_read_duration(const char *value, struct arena *arena, int64_t *ret_usec, struct ward_err *err);

/* The same in whole seconds, never fewer than were asked for; at most INT32_MAX. */
int cli_read_seconds(const char *value, struct arena *arena, int64_t *ret_seconds, struct ward_err *err);

/* Without -i a process's input is empty. */
int cli_close_input(struct ward_err *err);

#endif
