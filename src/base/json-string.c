/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of JSON strings: UTF-8 (RFC 3629), escapes (RFC 8259 section 7), and writing them; see json-string.h. */
#include "base/json-string.h"

#include <stddef.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

/* Bytes that a string is written with as they are. */
static const bool plain[256] = {[0x20 ... 0x21] = true, [0x23 ... 0x5b] = true, [0x5d ... 0xff] = true};

/* The length of the UTF-8 sequence at @at, 2 to 4; 0: malformed, overlong, a surrogate or beyond U+10FFFF (RFC 3629). */
static size_t utf8_len(const char *at)
{
        const unsigned char *c = (const unsigned char *)at;
        size_t len = c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : 2;
        uint32_t code;

        if (c[0] < 0xc2 || c[0] > 0xf4)
                return 0;
        code = c[0] & (0x7fu >> len);
        for (size_t i = 1; i < len; i++) {
                if ((c[i] & 0xc0) != 0x80)
                        return 0;
                code = code << 6 | (c[i] & 0x3f);
        }
        if ((len == 3 && code < 0x800) || (len == 4 && code < 0x10000) || code > 0x10ffff ||
            (code >= 0xd800 && code < 0xe000))
                return 0;
        return len;
}

/* The four hexadecimal digits at @at; UINT32_MAX when they are not. */
static uint32_t hex4(const char *at)
{
        uint32_t code = 0;

        for (int i = 0; i < 4; i++) {
                char c = at[i];

                if (c >= '0' && c <= '9')
                        code = code << 4 | (uint32_t)(c - '0');
                else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
                        code = code << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
                else
                        return UINT32_MAX;
        }
        return code;
}

/* The escape at @at, which is a backslash: the number of its bytes, and the code point. 0: malformed. */
static size_t escape(const char *at, uint32_t *ret_code)
{
        static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
        const char *letter;
        uint32_t high, low;

        if (at[1] == '\0')
                return 0;
        letter = strchr(letters, at[1]);
        if (letter != NULL) {
                *ret_code = (uint32_t)meanings[letter - letters];
                return 2;
        }
        if (at[1] != 'u')
                return 0;
        high = hex4(at + 2);
        if (high == UINT32_MAX || (high >= 0xdc00 && high < 0xe000))
                return 0;
        if (high < 0xd800 || high >= 0xe000) {
                *ret_code = high;
                return 6;
        }
        if (at[6] != '\\' || at[7] != 'u')
                return 0;
        low = hex4(at + 8);
        if (low < 0xdc00 || low >= 0xe000)
                return 0;
        *ret_code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        return 12;
}

static char *put_utf8(char *out, uint32_t code)
{
        if (code < 0x80) {
                *out++ = (char)code;
                return out;
        }
        if (code < 0x800)
                *out++ = (char)(0xc0 | code >> 6);
        else if (code < 0x10000) {
                *out++ = (char)(0xe0 | code >> 12);
                *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        } else {
                *out++ = (char)(0xf0 | code >> 18);
                *out++ = (char)(0x80 | (code >> 12 & 0x3f));
                *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        }
        *out++ = (char)(0x80 | (code & 0x3f));
        return out;
}

const char *json_string_scan(struct json_slice *string, const char *end)
{
        for (char *at = string->end;;) {
                uint32_t code;
                size_t len;

                string->end = at = json_string_plain(at);
                if (at == end)
                        return "this string has no end";
                if (*at == '"')
                        return NULL;
                if (*at == '\0')
                        return "a string may not hold a NUL character";
                if ((unsigned char)*at < 0x20)
                        return "a string may not hold a control character unless it is written as \\u00XX";
                if (*at == '\\') {
                        string->escaped = true;
                        len = escape(at, &code);
                        if (len == 0)
                                return "malformed escape in a string";
                        if (code == 0)
                                return "a string may not hold a NUL character";
                } else {
                        len = utf8_len(at);
                        if (len == 0)
                                return "not UTF-8";
                }
                at += len;
        }
}

void json_string_unescape(struct json_slice *string)
{
        const char *at = string->start;
        char *out = string->start;

        while (at < string->end) {
                uint32_t code;

                if (*at != '\\') {
                        *out++ = *at++;
                        continue;
                }
                at += escape(at, &code);
                out = put_utf8(out, code);
        }
        string->end = out;
}

/* Where @text ceases to be UTF-8: its end, when all of it is. */
static const char *utf8_end(const char *text, size_t len)
{
        const char *at = text, *end = text + len;

        for (;;) {
                size_t passed;

                for (uint64_t words[2]; end - at >= (ptrdiff_t)sizeof(words); at += sizeof(words)) {
                        memcpy(words, at, sizeof(words));
                        if (((words[0] | words[1]) & UINT64_MAX / 255 << 7) != 0)
                                break;
                }
                while (at < end && (unsigned char)*at < 0x80)
                        at++;
                passed = at < end ? utf8_len(at) : 0;
                if (passed == 0)
                        return at;
                at += passed;
        }
}

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* @exact: bytes that are no UTF-8 are written as they are. */
static void write_string(struct text *text, const char *string, bool exact)
{
        const char *at = string;

        text_add(text, "\"", 1);
        while (*at != '\0') {
                const char *start = at, *end;

                while (plain[(unsigned char)*at])
                        at++;
                end = exact ? at : utf8_end(start, (size_t)(at - start));
                text_add(text, start, (size_t)(end - start));
                if (end < at) {
                        text_puts(text, REPLACEMENT);
                        at = end + 1;
                } else if (*at == '"' || *at == '\\')
                        text_printf(text, "\\%c", *at++);
                else if (*at != '\0')
                        text_printf(text, "\\u%04x", (unsigned)*at++);
        }
        text_add(text, "\"", 1);
}

void json_write_string(struct text *text, const char *string)
{
        write_string(text, string, false);
}

void json_write_exact(struct text *text, const char *string)
{
        write_string(text, string, true);
}

bool json_is_utf8(const char *text)
{
        return *utf8_end(text, strlen(text)) == '\0';
}

int json_check(const char *text, size_t len, const char *file, struct ward_err *err)
{
        const char *at = utf8_end(text, len);
        struct ward_err why;
        struct json json = {.file = file, .text = text, .line_start = text, .line = 1, .err = &why};

        if (at == text + len)
                return 0;
        for (const char *c = text; c < at; c++)
                if (*c == '\n') {
                        json.line++;
                        json.line_start = c + 1;
                }
        (void)json_fail(&json, at, "not UTF-8");
        return err_set(err, -EILSEQ, "write it as JSON: %s", why.message);
}
