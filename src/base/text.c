/* SPDX-License-Identifier: Apache-2.0 */
/* Text: a growing buffer, strict numbers, and spelling suggestions; see text.h. */
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digits.h"

#define WORD_MAX 64 /* longer words get no suggestion */
#define SHORT 64    /* what is printed is seldom longer */

static bool reserve(struct text *text, size_t more)
{
        size_t room = text->room == 0 ? 1024 : text->room;
        char *data;

        if (text->failed)
                return false;
        while (room - text->len <= more)
                room *= 2;
        if (room == text->room)
                return true;
        data = realloc(text->data, room);
        if (data == NULL) {
                text->failed = true;
                return false;
        }
        text->data = data;
        text->room = room;
        return true;
}

void text_add(struct text *text, const char *data, size_t len)
{
        if (text->room - text->len <= len && !reserve(text, len))
                return;
        memcpy(text->data + text->len, data, len);
        text->len += len;
        text->data[text->len] = '\0';
}

void text_printf(struct text *text, const char *format, ...)
{
        va_list args, again;
        size_t room;
        int len;

        if (!reserve(text, SHORT))
                return;
        room = text->room - text->len;
        va_start(args, format);
        va_copy(again, args);
        len = vsnprintf(text->data + text->len, room, format, args);
        va_end(args);
        if (len >= 0 && ((size_t)len < room || reserve(text, (size_t)len))) {
                if ((size_t)len >= room)
                        (void)vsnprintf(text->data + text->len, (size_t)len + 1, format, again);
                text->len += (size_t)len;
        }
        va_end(again);
}

void text_number(struct text *text, uint64_t number)
{
        char digits[DIGITS_MAX];

        text_add(text, digits, (size_t)(digits_put(digits, number, 10) - digits));
}

void text_make_printable(char *text)
{
        for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++)
                if (*c < 0x20 || *c == 0x7f)
                        *c = '?';
                else if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
                        c[0] = c[1] = '?';
}

char *text_next(char **text, char separator)
{
        char *part = *text, *end;

        if (part == NULL)
                return NULL;
        end = strchrnul(part, separator);
        *text = *end == '\0' ? NULL : end + 1;
        *end = '\0';
        return part;
}

void text_done(struct text *text)
{
        free(text->data);
        *text = (struct text){0};
}

int number_parse(const char *string, uint64_t max, uint64_t *ret_value)
{
        uint64_t value = 0;

        if (*string == '\0')
                return -EINVAL;
        for (const char *c = string; *c != '\0'; c++)
                if (*c < '0' || *c > '9')
                        return -EINVAL;
        for (const char *c = string; *c != '\0'; c++)
                if (__builtin_mul_overflow(value, 10, &value) ||
                    __builtin_add_overflow(value, (uint64_t)(*c - '0'), &value))
                        return -ERANGE;
        if (value > max)
                return -ERANGE;
        *ret_value = value;
        return 0;
}

static char lower(char c)
{
        return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned least(unsigned a, unsigned b)
{
        return a < b ? a : b;
}

/* Optimal string alignment distance: three rows of the classic table. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
        unsigned rows[3][WORD_MAX + 1];

        for (unsigned j = 0; j <= b_len; j++)
                rows[0][j] = j;
        for (unsigned i = 1; i <= a_len; i++) {
                unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];

                row[0] = i;
                for (unsigned j = 1; j <= b_len; j++) {
                        bool same = lower(a[i - 1]) == lower(b[j - 1]);

                        row[j] = least(least(above[j] + 1, row[j - 1] + 1), above[j - 1] + (same ? 0 : 1));
                        if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
                                row[j] = least(row[j], two_above[j - 2] + 1);
                }
        }
        return rows[a_len % 3][b_len];
}

bool text_is_typo(const char *word, const char *known)
{
        size_t len = strlen(word), other = strlen(known);

        return len <= WORD_MAX && other <= WORD_MAX && distance(word, len, known, other) <= (len < 6 ? 1 : 2);
}

const char *text_nearest(const char *word, const char *const *words, size_t count)
{
        size_t len = strlen(word);
        const char *nearest = NULL;
        unsigned best = (unsigned)(len + 2) / 3 + 1;

        if (len == 0 || len > WORD_MAX)
                return NULL;
        for (size_t i = 0; i < count; i++) {
                size_t other = strlen(words[i]);
                unsigned d;

                if (other > WORD_MAX)
                        continue;
                d = distance(word, len, words[i], other);
                if (d < best) {
                        best = d;
                        nearest = words[i];
                }
        }
        return nearest;
}
