/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles: what a program shall see and may do, in a file that a person reads.
 *
 *      a profile's file -> reader.c -> profiles_load(): settings, each with the place where it stands -> profiles_next(): an option and its value
 *
 * A setting is an option of a verb with another spelling: whoever has an option table takes a profile (base/options.h), and the readers of the
 * options are those of the profile's values. One table (keys-table.c) says which keys there are; files are read, shown, checked, compared and
 * documented by it.
 */
#ifndef PROFILE_PROFILE_H
#define PROFILE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

enum profile_section {
        PROFILE_FILE, /* the profile itself */
        PROFILE_VIEW,
        PROFILE_NETWORK,
        PROFILE_RIGHTS,
        PROFILE_LIMITS,
        PROFILE_DEVICES,
        PROFILE_PROGRAM,
        PROFILE_SECTION_COUNT,
};

enum profile_kind {
        PROFILE_FLAG,  /* true or false */
        PROFILE_TEXT,  /* one value; of two the later holds */
        PROFILE_BYTES, /* the same: 512m and 0.5g are equal */
        PROFILE_LIST,  /* values; they collect */
        PROFILE_MAP,   /* NAME: VALUE, or NAME=VALUE in a list; of two for one name the later holds */
        PROFILE_WORDS, /* a list of maps, whose entries become the words of one value: type=bind,ro */
};

/* What of a value says what it is about: a later one about the same takes the place of the earlier. */
enum profile_about {
        PROFILE_ABOUT_WHOLE,  /* the value itself */
        PROFILE_ABOUT_TARGET, /* SRC:DST[:WORDS]: DST */
        PROFILE_ABOUT_PATH,   /* PATH[:WORDS] */
};

struct profile_key {
        const char *name;    /* in a file */
        const char *also[3]; /* spelled so elsewhere; '_' is '-' in all of them */
        enum profile_section section;
        enum profile_kind kind;
        const char *option; /* what it is on the command line, without dashes; NULL: nothing */
        const char *prefix; /* what stands in front of the value there: "mask=" */
        enum profile_about about;
        bool path;         /* it may begin with ~/ and hold ${NAME} */
        bool own_file;     /* beginning with ./ it is a file beside the profile */
        bool if_there;     /* left out where the machine does not have what it names */
        bool host;         /* for the root `host` alone: left out for a directory */
        const char *value; /* for documentation: what it looks like */
        const char *help;  /* one line without a full stop */
};

extern const struct profile_key profile_keys[];
extern const size_t profile_key_count;
extern const char *const profile_sections[PROFILE_SECTION_COUNT]; /* their titles */

/* The key by its name, or by another that it is known by; NULL: there is none. */
const struct profile_key *profiles_key(const char *name);

/* The hint of an error about a key that there is not: what is meant by it, else the nearest. Returns the error. */
int profiles_key_hint(const char *name, struct arena *arena, struct ward_err *err);

struct profile_setting {
        const struct profile_key *key;
        const char *value; /* without the prefix */
        bool absent;       /* it names something that this machine does not have */
        const char *file;
        unsigned line, column;
};

/* One profile, or several after each other, with everything that they include. Memory is of the arena. */
struct profile {
        const char *description; /* of the first; NULL: none */
        struct profile_setting *settings;
        size_t count;
        const char **files; /* all that were read, in order */
        size_t file_count;
};

#define PROFILES_FILES_MAX 64  /* files that one command reads */
#define PROFILES_PLACES_MAX 16 /* folders that are looked in */
#define PROFILES_NAMES_MAX 512

/* The file in which the caller adds to the profile @name. *@ret_path: NULL, he has no home. */
int profiles_own_file(struct arena *arena, const char *name, const char **ret_path, struct ward_err *err);

/* Whether @word names a file, and not a profile by its name. */
bool profiles_is_file(const char *word);

/* All that there are, in the order of their names. */
int profiles_names(struct arena *arena, const char ***ret_names, size_t *ret_count, struct ward_err *err);

/* The file of the profile called @name. *@ret_path: NULL, there is none. */
int profiles_find(struct arena *arena, const char *name, const char **ret_path, struct ward_err *err);

/*
 * Reads the profiles that @words name, one after the other: a name, or a file when it has a '/' or ends in .yaml. For a name the first folder that has
 * NAME.yaml counts, and behind it all .yaml files in NAME.d of all folders, by their names and the caller's last. The folders, the most important first:
 * the caller's own, of which root reads only what is root's and nobody else can write; /etc/ward/profiles; and those that come with ward. The last two are
 * replaced by what $WARD_PROFILES names, separated by ':'. Errors: what can't be read (-ENOENT ...), and mistakes
 * in a file with line and column (-EINVAL).
 */
int profiles_load(const char *const *words, size_t count, struct arena *arena, struct profile *ret_profile,
                  struct ward_err *err);

/* The command line has @value for the option @option, which holds: what the profile has to the contrary goes. */
void profiles_override(struct profile *profile, const char *option, const char *value);

/* The value as the option takes it. NULL: memory is short. */
const char *profiles_option_value(const struct profile_setting *setting, struct arena *arena);

/* The setting that a message of the verb is about, or NULL: its option and its value are in it. */
const struct profile_setting *profiles_blame(const struct profile *profile, const char *message);

#define PROFILES_FORMAT_VERSION 1 /* of all that is told of profiles as JSON */

/* The profile as one file, that can be read again: each setting with the place that it is from, or as JSON. */
void profiles_print(const struct profile *profile, const char *title, struct text *text);
void profiles_json(const struct profile *profile, const char *title, struct text *text);

/* What two profiles mean differently: order, spelling, comments and files do not count. *@ret_differ. As lines "- key: value", or as JSON. */
int profiles_diff(const struct profile *first, const struct profile *second, bool json, struct arena *arena,
                  struct text *text, bool *ret_differ, struct ward_err *err);

/*
 * Changes one value of a profile's text, and nothing else of it: comments, order and spelling stay. @value: what the key gets; of a key with several one more,
 * or in the place of one about the same; NULL: the key goes with all its values. *@out is added to. -ENOTSUP: the text is written so that it takes a person.
 */
int profiles_edit(const char *text, size_t len, const char *file, const struct profile_key *key, const char *value,
                  struct arena *arena, struct text *out, struct ward_err *err);

/* The table of keys as a person reads it, and as docs/PROFILES.md has it. */
void profiles_document(bool markdown, struct text *text);

#endif
