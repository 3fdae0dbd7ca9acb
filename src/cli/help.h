/* SPDX-License-Identifier: Apache-2.0 */
/* ward help: what the number of an error stands for. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct help_mistake {
        enum mistake mistake;
        const char *title;
        const char *text;
};

/* In the order of their numbers. */
extern const struct help_mistake help_mistakes[];
extern const size_t help_mistake_count;

/* Whether @word asks for an error ("E204", "e204", "204"), or for the list of all ("errors"). */
bool help_is_about_errors(const char *word);

/* Prints it. */
int help_errors(const char *word, struct ward_err *err);

#endif
