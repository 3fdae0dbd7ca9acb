/* SPDX-License-Identifier: Apache-2.0 */
/* What reading a profile's file and finding the files of a profile share; see profile.h. */
#ifndef PROFILE_LOAD_H
#define PROFILE_LOAD_H

#include "profile/profile.h"
#include "profile/reader.h"

#define PROFILE_FILE_MAX (256u << 10) /* bytes */
#define PROFILE_SETTINGS_MAX 2000     /* of everything that one command reads */

/* What is written in one file: settings in its order, and what the keys of the file itself say. */
struct profile_text {
        const char *description;
        struct profile_setting *settings, *includes, *resets;
        size_t count, include_count, reset_count;
};

/* Reads one file's text, without what it includes. @file is for messages, beside it lies what begins with ./; NULL: such is refused. */
int profile_parse(const char *text, size_t len, const char *file, struct arena *arena, struct profile_text *ret,
                  struct ward_err *err);

/* Replaces ~/ and ${NAME} by what the environment has. *@ret_missing: a variable that is not set, or NULL. */
int profile_expand(const char *value, struct arena *arena, const char **ret_value, const char **ret_missing,
                   struct ward_err *err);

/* Room for one more behind @count of them. False: memory is short. */
bool profile_grow(struct profile_setting **list, size_t count, struct arena *arena);

/* Whether both are about the same: the later takes the place of the earlier. */
bool profile_replaces(const struct profile_setting *later, const struct profile_setting *earlier);

/* Appends @value as YAML, with quotes where it takes them; @flow: it stands between brackets. */
void profile_add_text(struct text *text, const char *value, size_t len, bool flow);

/* Leaves of settings about the same the last one. */
void profile_settle(struct profile *profile);

#endif
