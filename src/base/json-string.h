/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a JSON string, for base/json.c alone. */
#ifndef BASE_JSON_STRING_H
#define BASE_JSON_STRING_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* So many readable bytes there are behind the end of a text; the first is a NUL. */
#define JSON_BEHIND sizeof(uint64_t)

/* Passes the bytes of a string that stand for themselves and need no closer look, eight at a time: the lowest bit of @hits that is set is that of the
 * first byte which is not plain; a borrow can only come from such a one. */
__attribute__((always_inline)) static inline char *json_string_plain(char *at)
{
        const uint64_t ones = UINT64_MAX / 255;
        uint64_t word, hits;

        for (;; at += sizeof(word)) {
                memcpy(&word, at, sizeof(word));
                word = le64toh(word);
                hits = word | (word - ones * ' ') | ((word ^ ones * '"') - ones) | ((word ^ ones * '\\') - ones);
                hits &= ones << 7;
                if (hits != 0)
                        return at + (__builtin_ctzll(hits) >> 3);
        }
}

/* What is between the quotes of a string. */
struct json_slice {
        char *start, *end;
        bool escaped;
};

/* Checks a string on from string->end, which becomes where its closing quote is. What passes needs no second check: it is UTF-8 and holds no NUL,
 * escapes included. Returns NULL, or why it is malformed at string->end. */
const char *json_string_scan(struct json_slice *string, const char *end);

/* Writes a string that was checked without its escapes, which make it shorter, over itself. */
void json_string_unescape(struct json_slice *string);

#endif
