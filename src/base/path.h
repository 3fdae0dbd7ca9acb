/* SPDX-License-Identifier: Apache-2.0 */
/* Paths as text: nothing here resolves a path. */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include "base/err.h"
#include "base/mem.h"

/* Puts the current directory in front of a relative path. *@ret_path lives in @arena, or is @path itself. Errors: getcwd(3), -ENOMEM. */
int path_absolute(const char *path, struct arena *arena, const char **ret_path, struct ward_err *err);

/* An absolute path without "//", "." and "..", as docker and podman read those of a container: by the text, whatever is a link. NULL: no memory. */
const char *path_clean(const char *path, struct arena *arena);

/* How many names a cleaned path has. */
size_t path_depth(const char *path);

/* "\040" and its like, as mountinfo writes blanks, backslashes and '#' in names (proc(5)), become what they stand for; in place. */
void path_unescape(char *text);

#endif
