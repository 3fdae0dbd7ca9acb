/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON reader; see json.h.
 *
 * Invariants: json->at never passes json->end, and no byte behind the end is read; json->line and line_start belong to
 * json->at, which holds because a line feed can stand only between tokens; path[0 ... depth) names the value that is
 * being read, where a step with key NULL and index -1 (between two elements) is left out.
 */
#include "base/json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json-string.h"
#include "base/text.h"

#define FIELD_MAX 64
#define PATH_TEXT_MAX 256
#define NO_STEP ((struct json_step){NULL, -1, 0})

void json_init(struct json *json, const char *text, size_t len, const char *file, struct arena *arena,
               struct ward_err *err)
{
        *json = (struct json){
                .file = file,
                .at = text,
                .end = text + len,
                .line_start = text,
                .line = 1,
                .arena = arena,
                .err = err,
        };
}

/* ------------------------------------------------------------------------------------------------ errors and positions */

static void pass_space(struct json *json)
{
        const char *at = json->at, *end = json->end;

        /* Half of an indented text is spaces. */
        for (;; at++) {
                while (at < end && *at == ' ')
                        at++;
                if (at == end || *at > ' ')
                        break;
                if (*at == '\n') {
                        json->line++;
                        json->line_start = at + 1;
                        json->column_base = 0;
                } else if (*at != '\t' && *at != '\r')
                        break;
        }
        json->at = at;
}

/* Most tokens have nothing before them. */
__attribute__((always_inline)) static inline void skip_space(struct json *json)
{
        if (json->at < json->end && *json->at <= ' ')
                pass_space(json);
}

static struct json_position position_of(const struct json *json, const char *at)
{
        return (struct json_position){json->line, (unsigned)(at - json->line_start) + 1 + json->column_base};
}

struct json_position json_position(struct json *json)
{
        skip_space(json);
        return position_of(json, json->at);
}

/* "mounts[3].type: ", or nothing at the top. What does not fit is cut. */
static void path_text(const struct json *json, char *buffer, size_t size)
{
        size_t len = 0;

        buffer[0] = '\0';
        for (unsigned i = 0; i < json->depth && len < size; i++) {
                const struct json_step *step = &json->path[i];
                int more = 0;

                if (step->key != NULL)
                        more = snprintf(buffer + len, size - len, "%s%s", len > 0 ? "." : "", step->key);
                else if (step->index >= 0)
                        more = snprintf(buffer + len, size - len, "[%d]", step->index);
                len += more > 0 ? (size_t)more : 0;
        }
        if (len >= size)
                memcpy(buffer + size - sizeof("..."), "...", sizeof("..."));
}

/* A message holds words of the input, and ends on a terminal: no control characters, those of Unicode's C1 included. */
static void make_printable(char *text)
{
        for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++)
                if (*c < 0x20 || *c == 0x7f || (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0))
                        *c = '?';
}

int json_fail(struct json *json, struct json_position where, const char *format, ...)
{
        char path[PATH_TEXT_MAX], message[WARD_ERR_MESSAGE_MAX];
        va_list args;

        if (json->err == NULL)
                return -EINVAL;
        va_start(args, format);
        (void)vsnprintf(message, sizeof(message), format, args);
        va_end(args);
        path_text(json, path, sizeof(path));
        (void)err_set(json->err, -EINVAL, "%s:%u:%u: %s%s%s", json->file, where.line, where.column, path,
                      path[0] != '\0' ? ": " : "", message);
        make_printable(json->err->message);
        return -EINVAL;
}

int json_fail_word(struct json *json, struct json_position where, const char *what, const char *word,
                   const char *const *words, size_t count)
{
        const char *nearest = text_nearest(word, words, count);

        (void)json_fail(json, where, "unknown %s '%s'", what, word);
        if (nearest != NULL)
                (void)err_hint(json->err, "did you mean '%s'?", nearest);
        return -EINVAL;
}

/* The byte that the next token begins with; NUL at the end, where no token begins with. */
__attribute__((always_inline)) static inline char peek(struct json *json)
{
        skip_space(json);
        return json->at < json->end ? *json->at : '\0';
}

/* Passes @word if it is what the text goes on with. */
static bool literal(struct json *json, const char *word)
{
        size_t len = strlen(word);

        skip_space(json);
        if ((size_t)(json->end - json->at) < len || memcmp(json->at, word, len) != 0)
                return false;
        json->at += len;
        return true;
}

static int fail_expected(struct json *json, const char *expected)
{
        struct json_position where = json_position(json);
        const char *found = NULL;

        if (json->at == json->end)
                return json_fail(json, where, "expected %s, found the end of the text", expected);
        switch (*json->at) {
        case '{':
                found = "an object";
                break;
        case '[':
                found = "an array";
                break;
        case '"':
                found = "a string";
                break;
        case '-':
        case '0' ... '9':
                found = "a number";
                break;
        default:
                if (literal(json, "true") || literal(json, "false"))
                        return json_fail(json, where, "expected %s, found true or false", expected);
                if (literal(json, "null"))
                        return json_fail(json, where, "expected %s, found null", expected);
                if (*json->at > 0x20 && *json->at < 0x7f)
                        return json_fail(json, where, "expected %s, found '%c'", expected, *json->at);
                return json_fail(json, where, "expected %s, found byte 0x%02x", expected, (unsigned char)*json->at);
        }
        return json_fail(json, where, "expected %s, found %s", expected, found);
}

/* ------------------------------------------------------------------------------------------------------------- strings */

struct slice {
        const char *start;
        size_t len;
        bool escaped;
};

/* Checks the string that json->at stands at and passes it. The slice is what is between the quotes. */
static int scan_string(struct json *json, struct slice *ret_slice)
{
        const char *start = json->at + 1, *why, *at;
        bool escaped;

        at = json_string_scan(start, json->end, &escaped, &why);
        if (why != NULL)
                return json_fail(json, position_of(json, at), "%s", why);
        *ret_slice = (struct slice){start, (size_t)(at - start), escaped};
        json->at = at + 1;
        return 0;
}

/* A copy of a slice without its escapes, which make it shorter. */
static const char *copy_slice(struct json *json, struct slice slice)
{
        char *copy;

        if (!slice.escaped)
                return arena_strndup(json->arena, slice.start, slice.len);
        copy = arena_alloc(json->arena, slice.len + 1, 1);
        if (copy != NULL)
                json_string_unescape(copy, slice.start, slice.len);
        return copy;
}

int json_string(struct json *json, const char **ret_string)
{
        struct slice slice;
        const char *copy;
        int r;

        if (peek(json) != '"')
                return fail_expected(json, "a string");
        r = scan_string(json, &slice);
        if (r < 0)
                return r;
        copy = copy_slice(json, slice);
        if (copy == NULL)
                return err_oom(json->err);
        *ret_string = copy;
        return 0;
}

/* ------------------------------------------------------------------------------------------------------ other scalars */

bool json_is_null(struct json *json)
{
        return peek(json) == 'n' && literal(json, "null");
}

int json_bool(struct json *json, bool *ret_value)
{
        if (literal(json, "true"))
                *ret_value = true;
        else if (literal(json, "false"))
                *ret_value = false;
        else
                return fail_expected(json, "true or false");
        return 0;
}

static const char *digits(const char *at, const char *end)
{
        while (at < end && *at >= '0' && *at <= '9')
                at++;
        return at;
}

/* Passes a number by the grammar of RFC 8259. @ret_integer: it has neither fraction nor exponent. */
static int scan_number(struct json *json, bool *ret_integer)
{
        const char *at = json->at, *end = json->end, *part;
        bool integer = true;

        if (*at == '-')
                at++;
        part = at;
        at = digits(at, end);
        if (at == part || (*part == '0' && at - part > 1))
                return json_fail(json, json_position(json), "malformed number");
        if (at < end && *at == '.') {
                integer = false;
                part = at + 1;
                at = digits(part, end);
                if (at == part)
                        return json_fail(json, json_position(json), "malformed number");
        }
        if (at < end && (*at == 'e' || *at == 'E')) {
                integer = false;
                part = at + 1;
                if (part < end && (*part == '+' || *part == '-'))
                        part++;
                at = digits(part, end);
                if (at == part)
                        return json_fail(json, json_position(json), "malformed number");
        }
        json->at = at;
        *ret_integer = integer;
        return 0;
}

/* An integer as sign and size. @ret_huge: it does not fit in 64 bits. */
static int read_integer(struct json *json, bool *ret_negative, uint64_t *ret_size, bool *ret_huge)
{
        struct json_position where = json_position(json);
        const char *at = json->at;
        bool integer, negative, huge = false;
        uint64_t size = 0;
        char c = peek(json);
        int r;

        if (c != '-' && (c < '0' || c > '9'))
                return fail_expected(json, "a number");
        r = scan_number(json, &integer);
        if (r < 0)
                return r;
        if (!integer)
                return json_fail(json, where, "expected an integer, written without fraction and exponent");
        negative = *at == '-';
        for (at += negative; at < json->at; at++)
                if (__builtin_mul_overflow(size, 10, &size) ||
                    __builtin_add_overflow(size, (uint64_t)(*at - '0'), &size))
                        huge = true;
        *ret_negative = negative;
        *ret_size = size;
        *ret_huge = huge;
        return 0;
}

int json_u64(struct json *json, uint64_t max, uint64_t *ret_value)
{
        struct json_position where = json_position(json);
        bool negative, huge;
        uint64_t size;
        int r;

        r = read_integer(json, &negative, &size, &huge);
        if (r < 0)
                return r;
        if (huge || size > max || (negative && size > 0))
                return json_fail(json, where, "the number must be from 0 to %llu", (unsigned long long)max);
        *ret_value = size;
        return 0;
}

int json_i64(struct json *json, int64_t min, int64_t max, int64_t *ret_value)
{
        struct json_position where = json_position(json);
        bool negative, huge;
        uint64_t size;
        int64_t value;
        int r;

        r = read_integer(json, &negative, &size, &huge);
        if (r < 0)
                return r;
        /* In two's complement the negation is exact up to INT64_MIN itself. */
        value = (int64_t)(negative ? 0 - size : size);
        if (huge || size > (uint64_t)INT64_MAX + negative || value < min || value > max)
                return json_fail(json, where, "the number must be from %lld to %lld", (long long)min, (long long)max);
        *ret_value = value;
        return 0;
}

/* --------------------------------------------------------------------------------------------------- objects and arrays */

static int enter(struct json *json, char open, const char *what)
{
        if (peek(json) != open)
                return fail_expected(json, what);
        if (json->depth == JSON_DEPTH_MAX)
                return json_fail(json, json_position(json), "nested more than %d deep", JSON_DEPTH_MAX);
        json->at++;
        json->path[json->depth++] = NO_STEP;
        return 0;
}

/* Before each element: passes the comma. Returns 1: there is another one; 0: the end, which was passed. */
static int next(struct json *json, char close, bool first)
{
        char c;

        json->path[json->depth - 1] = NO_STEP;
        c = peek(json);
        if (c == close) {
                json->at++;
                json->depth--;
                return 0;
        }
        if (first)
                return 1;
        if (c != ',')
                return fail_expected(json, close == '}' ? "',' or '}'" : "',' or ']'");
        json->at++;
        return 1;
}

/* A key with the colon behind it. */
static int read_key(struct json *json, struct slice *ret_key)
{
        int r;

        if (peek(json) != '"')
                return fail_expected(json, "a key in double quotes");
        r = scan_string(json, ret_key);
        if (r < 0)
                return r;
        if (peek(json) != ':')
                return fail_expected(json, "':'");
        json->at++;
        return 0;
}

/* Names are short, and most differ in the first byte. */
static inline bool is_name(const char *name, const char *key, size_t len)
{
        size_t at = 0;

        while (at < len && name[at] == key[at])
                at++;
        return at == len && name[len] == '\0';
}

static const struct json_field *find_field(const struct json_field *fields, size_t count, const char *key, size_t len)
{
        for (size_t i = 0; i < count; i++)
                if (is_name(fields[i].name, key, len))
                        return &fields[i];
        for (size_t i = 0; i < count; i++)
                if (strncasecmp(fields[i].name, key, len) == 0 && fields[i].name[len] == '\0')
                        return &fields[i];
        return NULL;
}

/* Something is there that @field can't be honoured for: anything but null and what is empty. */
static int check_unsupported(struct json *json, struct json_position where)
{
        const char *text;
        size_t len;
        char open = peek(json);
        int r;

        r = json_skip(json, &text, &len);
        if (r < 0)
                return r;
        if (open == '{' || open == '[') {
                size_t blank = 1 + strspn(text + 1, " \t\r\n");

                if (blank == len - 1)
                        return 0;
        }
        (void)json_fail(json, where, "not honoured yet");
        return err_hint(json->err, "remove the field, or use a runtime that has it");
}

static int unknown_field(struct json *json, const struct json_field *fields, size_t count, enum json_unknown unknown,
                         struct json_position where, const char *key)
{
        const char *names[FIELD_MAX], *nearest;
        const char *text;
        size_t len;

        for (size_t i = 0; i < count; i++)
                names[i] = fields[i].name;
        nearest = text_nearest(key, names, count);
        if (unknown == JSON_SKIP_UNKNOWN && (nearest == NULL || !text_is_typo(key, nearest)))
                return json_skip(json, &text, &len);
        (void)json_fail(json, where, "unknown field");
        if (nearest != NULL)
                (void)err_hint(json->err, "did you mean '%s'?", nearest);
        return -EINVAL;
}

/* One field of an object. A null is as if the field were not there, as in every reader written in Go. */
static int read_field(struct json *json, const struct json_field *fields, size_t count, enum json_unknown unknown,
                      uint64_t *seen, void *target)
{
        struct json_position where = json_position(json);
        const struct json_field *field;
        struct slice slice;
        const char *key, *text;
        size_t len;
        int r;

        r = read_key(json, &slice);
        if (r < 0)
                return r;
        key = slice.start;
        if (slice.escaped) {
                key = copy_slice(json, slice);
                if (key == NULL)
                        return err_oom(json->err);
                slice.len = strlen(key);
        }
        field = slice.len > 0 ? find_field(fields, count, key, slice.len) : NULL;
        if (field == NULL) {
                key = arena_strndup(json->arena, key, slice.len);
                if (key == NULL)
                        return err_oom(json->err);
                json->path[json->depth - 1] = (struct json_step){key, -1, slice.len};
                if (count > 0 && (fields[count - 1].flags & JSON_REST) != 0)
                        return fields[count - 1].read(json, (char *)target + fields[count - 1].offset);
                return unknown_field(json, fields, count, unknown, where, key);
        }
        json->path[json->depth - 1] = (struct json_step){field->name, -1, slice.len};
        if (*seen & UINT64_C(1) << (field - fields)) {
                /* In other case it is another name, which then nobody knows. */
                if (unknown == JSON_SKIP_UNKNOWN && strncmp(field->name, key, slice.len) != 0)
                        return json_skip(json, &text, &len);
                return json_fail(json, where, "this field is given twice");
        }
        *seen |= UINT64_C(1) << (field - fields);
        if (json_is_null(json))
                return field->flags & JSON_REQUIRED ? json_fail(json, where, "this field is required") : 0;
        if (field->flags & JSON_UNSUPPORTED)
                return check_unsupported(json, where);
        if (field->flags & JSON_IGNORED)
                return json_skip(json, &text, &len);
        return field->read(json, (char *)target + field->offset);
}

int json_object(struct json *json, const struct json_field *fields, size_t count, enum json_unknown unknown,
                void *target)
{
        struct json_position start = json_position(json);
        uint64_t seen = 0;
        int r;

        r = enter(json, '{', "an object");
        if (r < 0)
                return r;
        for (bool first = true; (r = next(json, '}', first)) > 0; first = false) {
                r = read_field(json, fields, count, unknown, &seen, target);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;
        for (size_t i = 0; i < count; i++)
                if ((fields[i].flags & JSON_REQUIRED) && !(seen & UINT64_C(1) << i))
                        return json_fail(json, start, "the required field '%s' is missing", fields[i].name);
        return 0;
}

struct seen_key {
        const char *key;
        struct json_position where;
};

static int compare_keys(const void *a, const void *b)
{
        return strcmp(((const struct seen_key *)a)->key, ((const struct seen_key *)b)->key);
}

/* Sorts the keys: a map may have any number of them, and comparing each with each would be a way to keep ward busy. */
static int refuse_twins(struct json *json, struct seen_key *keys, size_t count)
{
        if (count < 2)
                return 0;
        qsort(keys, count, sizeof(*keys), compare_keys);
        for (size_t i = 1; i < count; i++)
                if (strcmp(keys[i - 1].key, keys[i].key) == 0) {
                        struct json_position a = keys[i - 1].where, b = keys[i].where;
                        bool later = a.line > b.line || (a.line == b.line && a.column > b.column);

                        return json_fail(json, later ? a : b, "'%s' is given twice", keys[i].key);
                }
        return 0;
}

static int read_map_key(struct json *json, struct seen_key *ret_key)
{
        struct json_position where = json_position(json);
        struct slice slice;
        const char *key;
        int r;

        r = read_key(json, &slice);
        if (r < 0)
                return r;
        key = copy_slice(json, slice);
        if (key == NULL)
                return err_oom(json->err);
        *ret_key = (struct seen_key){key, where};
        return 0;
}

int json_map(struct json *json, json_reader read, void *target)
{
        _cleanup_free_ struct seen_key *keys = NULL;
        size_t count = 0, room = 0;
        int r;

        r = enter(json, '{', "an object");
        if (r < 0)
                return r;
        for (bool first = true; (r = next(json, '}', first)) > 0; first = false) {
                if (count == room) {
                        struct seen_key *grown;

                        room = room == 0 ? 16 : 2 * room;
                        grown = reallocarray(keys, room, sizeof(*keys));
                        if (grown == NULL)
                                return err_oom(json->err);
                        keys = grown;
                }
                r = read_map_key(json, &keys[count]);
                if (r < 0)
                        return r;
                json->path[json->depth - 1] = (struct json_step){keys[count].key, -1, strlen(keys[count].key)};
                count++;
                r = read(json, target);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : refuse_twins(json, keys, count);
}

int json_array(struct json *json, json_reader read, void *target)
{
        int index = 0, r;

        r = enter(json, '[', "an array");
        if (r < 0)
                return r;
        for (; (r = next(json, ']', index == 0)) > 0; index++) {
                json->path[json->depth - 1].index = index;
                r = read(json, target);
                if (r < 0)
                        return r;
        }
        return r;
}

struct list {
        char *elements;
        size_t count, room, size;
        json_reader read;
};

static int read_element(struct json *json, void *target)
{
        struct list *list = target;
        int r;

        if (list->count == list->room) {
                size_t room = list->room == 0 ? 8 : 2 * list->room;
                char *grown = arena_alloc(json->arena, room, list->size);

                if (grown == NULL)
                        return err_oom(json->err);
                if (list->count > 0)
                        memcpy(grown, list->elements, list->count * list->size);
                list->elements = grown;
                list->room = room;
        }
        r = list->read(json, list->elements + list->count * list->size);
        if (r < 0)
                return r;
        list->count++;
        return 0;
}

int json_list(struct json *json, size_t size, json_reader read, void *ret_array, size_t *ret_count)
{
        struct list list = {.size = size, .read = read};
        int r;

        r = json_array(json, read_element, &list);
        if (r < 0)
                return r;
        /* @ret_array is the address of a pointer to the caller's element type. */
        memcpy(ret_array, &list.elements, sizeof(list.elements));
        *ret_count = list.count;
        return 0;
}

/* ------------------------------------------------------------------------------------------------------------ skipping */

static int skip_value(struct json *json);

static int skip_elements(struct json *json, char open, char close)
{
        int r;

        r = enter(json, open, "");
        if (r < 0)
                return r;
        for (bool first = true; (r = next(json, close, first)) > 0; first = false) {
                struct slice key;

                r = open == '{' ? read_key(json, &key) : 0;
                if (r >= 0)
                        r = skip_value(json);
                if (r < 0)
                        return r;
        }
        return r;
}

/* Recursion ends at JSON_DEPTH_MAX. */
static int skip_value(struct json *json)
{
        struct slice string;
        bool integer;

        switch (peek(json)) {
        case '{':
                return skip_elements(json, '{', '}');
        case '[':
                return skip_elements(json, '[', ']');
        case '"':
                return scan_string(json, &string);
        case '-':
        case '0' ... '9':
                return scan_number(json, &integer);
        default:
                if (literal(json, "true") || literal(json, "false") || literal(json, "null"))
                        return 0;
                return fail_expected(json, "a value");
        }
}

int json_skip(struct json *json, const char **ret_text, size_t *ret_len)
{
        const char *start;
        int r;

        skip_space(json);
        start = json->at;
        r = skip_value(json);
        if (r < 0)
                return r;
        *ret_text = start;
        *ret_len = (size_t)(json->at - start);
        return 0;
}

int json_end(struct json *json)
{
        (void)peek(json);
        if (json->at < json->end)
                return fail_expected(json, "the end of the text");
        return 0;
}

int json_check(const char *text, size_t len, const char *file, struct ward_err *err)
{
        struct ward_err why;
        struct json json;
        const char *start;

        json_init(&json, text, len, file, NULL, &why);
        if (json_skip(&json, &start, &len) == 0)
                return 0;
        return err_set(err, -EILSEQ, "write it as JSON: %s", why.message);
}
