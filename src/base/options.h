/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command lines: one table per command, from which its options are read and its --help is written.
 *
 *      struct create { const char *bundle; bool keep; struct option_list env; };
 *      static const struct option_entry entries[] = {
 *              { .name = "bundle", .letter = 'b', .arg = "DIR", .help = "...", OPTION_TEXT(struct create, bundle) },
 *              { .name = "keep", .help = "...", OPTION_FLAG(struct create, keep) },
 *              { .name = "env", .letter = 'e', .arg = "KEY=VALUE", .help = "...", OPTION_LIST(struct create, env) },
 *      };
 *
 * Understood: --name, --name=VALUE, --name VALUE, -n, -nVALUE, -n=VALUE, -n VALUE, letters in one word (-it), --flag=true and
 * --flag=false (and what Go's strconv takes for them, as engines write it), and "--", behind which nothing is an option. Of an option given twice the last one holds, lists collect. An
 * unknown option is an error that suggests the nearest one; nothing is accepted and ignored. --help is understood
 * everywhere, -h where the table does not use the letter; --help-all shows what --help leaves out.
 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

enum option_kind {
        OPTION_KIND_FLAG,   /* bool */
        OPTION_KIND_TEXT,   /* const char *, not empty */
        OPTION_KIND_NUMBER, /* uint64_t from 0 to @max, decimal */
        OPTION_KIND_WORD,   /* unsigned: the index of the value in @words */
        OPTION_KIND_SET,    /* unsigned: becomes @max; the option takes no value */
        OPTION_KIND_LIST,   /* struct option_list */
        OPTION_KIND_CALL,   /* whatever @read makes of the value */
};

/* The values of an option that may be repeated, in order. Memory is of the arena, the strings are of argv. */
struct option_list {
        const char **items;
        size_t count;
};

/* Reads @value into @target. Returns 0 or -errno with @err set; the name of the option is put in front of the message. */
typedef int (*option_reader)(void *target, const char *value, struct arena *arena, struct ward_err *err);

struct option_entry {
        char name[32];  /* without dashes; no pointer, as it would be relocated at every start */
        char letter;    /* 0: none */
        char arg[40];   /* what the value is called in --help; "": the option takes none */
        char help[196]; /* one line without a full stop */
        bool rare;      /* --help leaves it to --help-all: the first screen is for what people use every day */
        bool hidden;    /* in no help: a second spelling, or of no use any more */
        enum option_kind kind;
        size_t offset;            /* of the target in the structure that options_parse() fills in */
        uint64_t max;             /* NUMBER, SET */
        const char *const *words; /* WORD: ends with NULL */
        option_reader read;       /* CALL */
};

#define OPTION_FLAG(type, member) .kind = OPTION_KIND_FLAG, .offset = offsetof(type, member)
#define OPTION_TEXT(type, member) .kind = OPTION_KIND_TEXT, .offset = offsetof(type, member)
#define OPTION_NUMBER(type, member, most) .kind = OPTION_KIND_NUMBER, .offset = offsetof(type, member), .max = (most)
#define OPTION_WORD(type, member, list) .kind = OPTION_KIND_WORD, .offset = offsetof(type, member), .words = (list)
#define OPTION_SET(type, member, to) .kind = OPTION_KIND_SET, .offset = offsetof(type, member), .max = (to)
#define OPTION_LIST(type, member) .kind = OPTION_KIND_LIST, .offset = offsetof(type, member)
#define OPTION_CALL(type, member, reader) .kind = OPTION_KIND_CALL, .offset = offsetof(type, member), .read = (reader)

/* An option that people know from other programs and that is not there: an error that says what to do instead. No pointers, as above. */
struct option_foreign {
        char name[20]; /* without dashes; one that ends with '-' stands for all that begin so */
        char letter;   /* 0: none */
        char hint[150];
};

struct option_command {
        const char *name;     /* as typed: "ward-oci create" */
        const char *operands; /* "[OPTIONS] ID" */
        const char *summary;  /* what it does: one sentence; may have newlines */
        const char *notes;    /* behind the options in --help; NULL: none */
        const struct option_entry *entries;
        size_t count;
        const struct option_entry
                *more; /* the table of another command, of which this one has those that @more_names says; NULL: none */
        size_t more_count;
        const char *const *more_names; /* NULL-terminated */
        const struct option_foreign
                *foreign; /* asked where @entries know of none; ends with one without a name; NULL: none */
        unsigned operands_min, operands_max; /* how many words that are no options it takes; UINT_MAX: any */
        unsigned separator; /* behind that many operands, one "--" is none: `exec NAME -- COMMAND`; 0: it is */
        option_reader
                dashed; /* reads the word behind a dash whose first letter is no option, into the whole target: kill -9; NULL: an error */
        bool options_anywhere; /* options may also follow operands: `delete ID --force` */
        bool one_dash;         /* `-name` is `--name`, also where its letters are options */
        bool argp;             /* -? is --help, and --usage prints the first line of it: argp(3) */
};

#define OPTIONS_HELP 1
#define OPTIONS_HELP_ALL 2
#define OPTIONS_USAGE 3

/*
 * Reads the @*argc words at @argv (without the command's own name) into @target and leaves the operands in @argv, *@argc of
 * them. Returns 0, OPTIONS_HELP, OPTIONS_HELP_ALL or OPTIONS_USAGE when --help, --help-all or --usage was met (then nothing else counts), or -errno: -EINVAL, -ENOMEM.
 */
int options_parse(const struct option_command *command, int *argc, char **argv, void *target, struct arena *arena,
                  struct ward_err *err);

/* The option called @name, without dashes; NULL: there is none. */
const struct option_entry *options_find(const struct option_command *command, const char *name);

/* As if the option stood on the command line with @value, before what options_parse() reads afterwards. Returns 0 or -errno. */
int options_set(const struct option_command *command, const struct option_entry *entry, const char *value, void *target,
                struct arena *arena, struct ward_err *err);

/* Appends the text of --help, or with @all of --help-all, at most 80 columns wide. */
void options_help(const struct option_command *command, bool all, struct text *text);

/* bool: as of OPTION_FLAG, for a reader of one's own; @value may be NULL. */
int option_read_flag(void *target, const char *value, struct arena *arena, struct ward_err *err);

/* Readers for OPTION_CALL that several commands share; the target's type is in the name. */
int option_read_i64(void *target, const char *value, struct arena *arena, struct ward_err *err);

/* int64_t: a number of bytes with a unit as docker writes it: 64m, 1.5GiB, 1048576. */
int option_read_bytes(void *target, const char *value, struct arena *arena, struct ward_err *err);

#endif
