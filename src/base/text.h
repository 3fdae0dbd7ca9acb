/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text: a growing buffer, strict numbers, and spelling suggestions.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

/* A growing text. Zero-initialise it; free with text_done(). When memory runs out it remembers that and ignores what
 * follows, so that only the end result needs a check (text_failed()). */
struct text {
        char *data; /* NUL-terminated once anything was added; NULL before */
        size_t len;
        size_t room;
        bool failed;
};

#define _cleanup_text_ _cleanup_(text_done)

void text_add(struct text *text, const char *data, size_t len);

/* Inline: the length of a literal is known then. */
__attribute__((always_inline)) static inline void text_puts(struct text *text, const char *string)
{
        text_add(text, string, strlen(string));
}

void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_number(struct text *text, uint64_t number); /* decimal; a fifth of what text_printf() takes for it */
void text_done(struct text *text);

static inline bool text_failed(const struct text *text)
{
        return text->failed;
}

/* What comes from an image or a container and ends on a terminal must not speak to it: control characters, those of Unicode's C1 included, become '?'. */
void text_make_printable(char *text);

/* strsep(3) with one separator: cuts *@text behind its next part, which is returned, and lets *@text begin after that. NULL, when *@text is. */
char *text_next(char **text, char separator);

/* Decimal digits only, the whole string, at most @max: no sign, no space, no other base, not empty.
 * Returns 0, -EINVAL (not such a number) or -ERANGE (larger than @max). */
int number_parse(const char *string, uint64_t max, uint64_t *ret_value);

/* The word of @words (count of them) that is nearest to @word, when it is near enough to be meant; else NULL.
 * Near: an edit distance (insert, delete, replace, swap neighbours; case ignored) of at most a third of the length. */
const char *text_nearest(const char *word, const char *const *words, size_t count);

/* Whether @word is so near to @known that nothing else can have been meant: one edit, two from six letters on. */
bool text_is_typo(const char *word, const char *known);

#endif
