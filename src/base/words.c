/* SPDX-License-Identifier: Apache-2.0 */
/* The words for errors and signals; see words.h. */
#include "base/words.h"

#include <stddef.h>
#include <string.h>

#include "base/words-table.h"

/* The string that has @skip before it in @words, each with its NUL. */
static const char *nth_word(const char *words, size_t skip)
{
        while (skip-- > 0)
                words += strlen(words) + 1;
        return words;
}

const char *errno_text(int error)
{
        const char *text =
                error < 0 || (size_t)error >= errno_count ? "" : nth_word(errno_words, 2 * (size_t)error + 1);

        return text[0] != '\0' ? text : "unknown error";
}

const char *errno_name(int error)
{
        const char *name = error < 0 || (size_t)error >= errno_count ? "" : nth_word(errno_words, 2 * (size_t)error);

        return name[0] != '\0' ? name : NULL;
}

const char *signal_name(int signal)
{
        const char *name = signal < 0 || (size_t)signal >= signal_count ? "" : nth_word(signal_words, (size_t)signal);

        return name[0] != '\0' ? name : NULL;
}
