/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON reader; see json.h.
 *
 * Invariants: json->at never passes json->end, where a NUL ends whatever is going on; json->line and line_start belong to
 * json->at, which holds because a line feed can stand only between tokens; path[0 ... depth) names the value that is
 * being read, where a step with key NULL and index -1 (between two elements) is left out. The text is a copy of the reader's own, in which a
 * string that was read is ended by a NUL in place of its closing quote: nothing goes back there.
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
#define NO_STEP ((struct json_step){NULL, -1, 0, NULL})

/* ------------------------------------------------------------------------------------------------ errors and positions */

static void pass_space(struct json *json)
{
        char *at = json->at;

        /* Half of an indented text is spaces. */
        for (;; at++) {
                while (*at == ' ')
                        at++;
                if (*at > ' ')
                        break;
                if (*at == '\n') {
                        json->line++;
                        json->line_start = at + 1;
                } else if (*at != '\t' && *at != '\r')
                        break;
        }
        json->at = at;
}

/* Passes white space, of which most tokens have none before them. The byte that the next token begins with; NUL at the end: no token begins so. */
__attribute__((always_inline)) static inline char peek(struct json *json)
{
        if (*json->at <= ' ')
                pass_space(json);
        return *json->at;
}

int json_init(struct json *json, const char *text, size_t len, const char *file, struct arena *arena,
              struct ward_err *err)
{
        char *copy = len > SIZE_MAX - JSON_BEHIND ? NULL : arena_alloc(arena, len + JSON_BEHIND, 1);

        if (copy == NULL)
                return err_oom(err);
        if (len > 0)
                memcpy(copy, text, len);
        *json = (struct json){
                .file = file,
                .at = copy,
                .text = copy,
                .end = copy + len,
                .line_start = copy,
                .line = 1,
                .arena = arena,
                .err = err,
        };
        (void)peek(json);
        return 0;
}

struct json_position json_position(const struct json *json, const char *at)
{
        const char *start = json->line_start;
        unsigned line = json->line;

        if (at < start) {
                for (const char *back = at; back < start; back++)
                        line -= *back == '\n';
                for (start = at; start > json->text && start[-1] != '\n';)
                        start--;
        }
        return (struct json_position){line + json->line_base,
                                      (unsigned)(at - start) + 1 + (start == json->text ? json->column_base : 0)};
}

/* The keys up to @last with points between them, in the arena. */
static const char *join_keys(struct json *json, const struct json_step *last)
{
        size_t len = 0;
        char *keys, *at;

        for (const struct json_step *step = json->path; step <= last; step++)
                if (step->key != NULL)
                        len += step->len + 1;
        keys = at = arena_alloc(json->arena, len + 1, 1);
        for (const struct json_step *step = json->path; keys != NULL && step <= last; step++) {
                if (step->key == NULL)
                        continue;
                if (at != keys)
                        *at++ = '.';
                memcpy(at, step->key, step->len);
                at += step->len;
        }
        return keys;
}

const char *json_place(struct json *json)
{
        struct json_step *last = &json->path[json->depth];

        if (last > json->path && last[-1].key == NULL)
                last--;
        if (last == json->path)
                return "";
        last--;
        if (last->place == NULL)
                last->place = join_keys(json, last);
        return last->place;
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

static int fail(struct json *json, struct json_position where, const char *format, va_list args)
{
        char path[PATH_TEXT_MAX], message[WARD_ERR_MESSAGE_MAX];

        if (json->err == NULL)
                return -EINVAL;
        (void)vsnprintf(message, sizeof(message), format, args);
        path_text(json, path, sizeof(path));
        (void)err_set(json->err, -EINVAL, "%s:%u:%u: %s%s%s", json->file, where.line, where.column, path,
                      path[0] != '\0' ? ": " : "", message);
        return -EINVAL;
}

int json_fail(struct json *json, const char *where, const char *format, ...)
{
        va_list args;
        int r;

        va_start(args, format);
        r = fail(json, json_position(json, where), format, args);
        va_end(args);
        return r;
}

int json_fail_at(struct json *json, struct json_position where, const char *format, ...)
{
        va_list args;
        int r;

        va_start(args, format);
        r = fail(json, where, format, args);
        va_end(args);
        return r;
}

int json_fail_word(struct json *json, const char *where, const char *what, const char *word, const char *const *words,
                   size_t count)
{
        const char *nearest = text_nearest(word, words, count);

        (void)json_fail(json, where, "unknown %s '%s'", what, word);
        if (nearest != NULL)
                (void)err_hint(json->err, "did you mean '%s'?", nearest);
        return -EINVAL;
}

/* Passes @word if it is what the text goes on with. */
static bool literal(struct json *json, const char *word)
{
        size_t len = 0;

        while (word[len] != '\0' && json->at[len] == word[len])
                len++;
        if (word[len] != '\0')
                return false;
        json->at += len;
        return true;
}

static int fail_expected(struct json *json, const char *expected)
{
        const char *where = json->at;
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

/* The rest of pass_string(), on from @at, where something is that needs a closer look. */
static char *pass_special(struct json *json, char *at, bool take)
{
        struct json_slice string = {json->at + 1, at, false};
        const char *why = json_string_scan(&string, json->end);

        if (why != NULL) {
                (void)json_fail(json, string.end, "%s", why);
                return NULL;
        }
        json->at = string.end + 1;
        if (take) {
                if (string.escaped)
                        json_string_unescape(&string);
                *string.end = '\0';
        }
        return string.end;
}

/* Checks the string that json->at stands at, and passes it. With @take what is behind its opening quote becomes a string of its own: no escapes,
 * and a NUL behind it. Returns where that is; NULL: it is malformed. */
__attribute__((always_inline)) static inline char *pass_string(struct json *json, bool take)
{
        char *end = json_string_plain(json->at + 1);

        if (*end != '"')
                return pass_special(json, end, take);
        json->at = end + 1;
        if (take)
                *end = '\0';
        return end;
}

int json_string(struct json *json, const char **ret_string)
{
        const char *start = json->at + 1;

        if (*json->at != '"')
                return fail_expected(json, "a string");
        if (pass_string(json, true) == NULL)
                return -EINVAL;
        *ret_string = start;
        return 0;
}

/* ------------------------------------------------------------------------------------------------------ other scalars */

bool json_is_null(struct json *json)
{
        return literal(json, "null");
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

static char *digits(char *at)
{
        while (*at >= '0' && *at <= '9')
                at++;
        return at;
}

/* Passes a number by the grammar of RFC 8259. @ret_integer: it has neither fraction nor exponent. */
static int scan_number(struct json *json, bool *ret_integer)
{
        char *at = json->at, *part;
        bool integer = true;

        if (*at == '-')
                at++;
        part = at;
        at = digits(at);
        if (at == part || (*part == '0' && at - part > 1))
                return json_fail(json, json->at, "malformed number");
        if (*at == '.') {
                integer = false;
                part = at + 1;
                at = digits(part);
                if (at == part)
                        return json_fail(json, json->at, "malformed number");
        }
        if (*at == 'e' || *at == 'E') {
                integer = false;
                part = at + 1;
                if (*part == '+' || *part == '-')
                        part++;
                at = digits(part);
                if (at == part)
                        return json_fail(json, json->at, "malformed number");
        }
        json->at = at;
        *ret_integer = integer;
        return 0;
}

/* An integer as sign and size. @ret_huge: it does not fit in 64 bits. */
static int read_integer(struct json *json, bool *ret_negative, uint64_t *ret_size, bool *ret_huge)
{
        const char *where = json->at;
        const char *at = json->at;
        bool integer, negative, huge = false;
        uint64_t size = 0;
        char c = *json->at;
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
        const char *where = json->at;
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
        const char *where = json->at;
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

/* Enters an array or an object. Returns 1: it has an element, at which json->at is now; 0: it was empty and is passed. */
static int begin(struct json *json, char open, char close, const char *what)
{
        if (*json->at != open)
                return fail_expected(json, what);
        if (json->depth == JSON_DEPTH_MAX)
                return json_fail(json, json->at, "nested more than %d deep", JSON_DEPTH_MAX);
        json->at++;
        if (peek(json) == close) {
                json->at++;
                return 0;
        }
        json->path[json->depth++] = NO_STEP;
        return 1;
}

/* Behind an element. Returns 1: json->at is at another one; 0: that was the last, and its array or object is passed. */
__attribute__((always_inline)) static inline int next(struct json *json, char close)
{
        char c = peek(json);

        json->at++;
        if (c == ',') {
                (void)peek(json);
                return 1;
        }
        if (c == close) {
                json->depth--;
                return 0;
        }
        json->at--; /* it is neither: not passed */
        json->path[json->depth - 1] = NO_STEP;
        return fail_expected(json, close == '}' ? "',' or '}'" : "',' or ']'");
}

/* A key with the colon behind it, up to its value. Returns where the key ends; NULL: something is malformed. */
__attribute__((always_inline)) static inline char *pass_key(struct json *json, bool take)
{
        char *end;

        if (*json->at != '"') {
                (void)fail_expected(json, "a key in double quotes");
                return NULL;
        }
        end = pass_string(json, take);
        if (end == NULL)
                return NULL;
        if (peek(json) != ':') {
                (void)fail_expected(json, "':'");
                return NULL;
        }
        json->at++;
        (void)peek(json);
        return end;
}

/* The key becomes that of @step, the last of the path. */
__attribute__((always_inline)) static inline int read_key(struct json *json, struct json_step *step)
{
        const char *key = json->at + 1, *end;

        step->key = step->place = NULL;
        end = pass_key(json, true);
        if (end == NULL)
                return -EINVAL;
        step->key = key;
        step->len = (size_t)(end - key);
        return 0;
}

/* What is being read by a table. */
struct object {
        const struct json_field *fields, *expected;
        size_t count;
        struct json_step *step; /* of the path */
        enum json_unknown unknown;
        uint64_t seen; /* a bit for each field */
        void *target;
};

/* The first eight bytes at @at, as a number whose lowest byte is the first. */
static uint64_t head(const char *at)
{
        uint64_t word;

        memcpy(&word, at, sizeof(word));
        return le64toh(word);
}

/* Most texts have the table's order: a search begins behind the field that was found last. */
static const struct json_field *find_field(struct object *object, const char *key, size_t len)
{
        const struct json_field *field = object->expected, *end = object->fields + object->count;
        const char *rest = len < sizeof(uint64_t) ? NULL : key + sizeof(uint64_t);
        uint64_t wanted = rest != NULL ? head(key) : head(key) & ((UINT64_C(1) << 8 * len) - 1);

        for (size_t left = object->count; left > 0; left--, field++) {
                if (field == end)
                        field = object->fields;
                if (head(field->name) == wanted && (rest == NULL || strcmp(field->name + sizeof(wanted), rest) == 0)) {
                        object->expected = field + 1;
                        return field;
                }
        }
        for (field = object->fields; field < end; field++)
                if (strcasecmp(field->name, key) == 0)
                        return field;
        return NULL;
}

/* Something is there that @field can't be honoured for: anything but null and what is empty. */
static int check_unsupported(struct json *json, const char *where)
{
        const char *text;
        size_t len;
        char open = *json->at;
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

static int unknown_field(struct json *json, const struct object *object, const char *where, const char *key)
{
        const char *names[FIELD_MAX], *nearest;
        const char *text;
        size_t len;

        for (size_t i = 0; i < object->count; i++)
                names[i] = object->fields[i].name;
        nearest = text_nearest(key, names, object->count);
        if (object->unknown == JSON_SKIP_UNKNOWN && (nearest == NULL || !text_is_typo(key, nearest)))
                return json_skip(json, &text, &len);
        (void)json_fail(json, where, "unknown field");
        if (nearest != NULL)
                (void)err_hint(json->err, "did you mean '%s'?", nearest);
        return -EINVAL;
}

/* A key that is no field's name. */
static int read_other(struct json *json, const struct object *object, const char *where, const char *key)
{
        const struct json_field *last;

        if (object->count > 0) {
                last = &object->fields[object->count - 1];
                if ((last->flags & JSON_REST) != 0)
                        return last->read(json, (char *)object->target + last->offset);
        }
        return unknown_field(json, object, where, key);
}

/* One field of an object. A null is as if the field were not there, as in every reader written in Go. */
static int read_field(struct json *json, struct object *object)
{
        const char *where = json->at;
        struct json_step *step = object->step;
        const struct json_field *field;
        const char *key, *text;
        uint64_t bit;
        size_t len;

        if (read_key(json, step) < 0)
                return -EINVAL;
        key = step->key;
        field = step->len > 0 ? find_field(object, key, step->len) : NULL;
        if (field == NULL)
                return read_other(json, object, where, key);
        step->key = field->name;
        bit = UINT64_C(1) << (field - object->fields);
        if (object->seen & bit) {
                /* In other case it is another name, which then nobody knows. */
                if (object->unknown == JSON_SKIP_UNKNOWN && strcmp(field->name, key) != 0)
                        return json_skip(json, &text, &len);
                return json_fail(json, where, "this field is given twice");
        }
        object->seen |= bit;
        if (*json->at == 'n' && json_is_null(json))
                return field->flags & JSON_REQUIRED ? json_fail(json, where, "this field is required") : 0;
        if (field->read != NULL)
                return field->read(json, (char *)object->target + field->offset);
        return field->flags & JSON_IGNORED ? json_skip(json, &text, &len) : check_unsupported(json, where);
}

int json_object(struct json *json, const struct json_field *fields, size_t count, enum json_unknown unknown,
                void *target)
{
        struct object object = {fields, fields, count, &json->path[json->depth], unknown, 0, target};
        const char *start = json->at;
        int r;

        for (r = begin(json, '{', '}', "an object"); r > 0; r = next(json, '}')) {
                r = read_field(json, &object);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;
        for (size_t i = 0; i < count; i++)
                if ((fields[i].flags & JSON_REQUIRED) && !(object.seen & UINT64_C(1) << i))
                        return json_fail(json, start, "the required field '%s' is missing", fields[i].name);
        return 0;
}

struct seen_key {
        const char *key, *where;
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
                        const char *a = keys[i - 1].where, *b = keys[i].where;

                        return json_fail(json, a > b ? a : b, "'%s' is given twice", keys[i].key);
                }
        return 0;
}

int json_map(struct json *json, json_reader read, void *target)
{
        _cleanup_free_ struct seen_key *keys = NULL;
        struct json_step *step = &json->path[json->depth];
        size_t count = 0, room = 0;
        int r;

        for (r = begin(json, '{', '}', "an object"); r > 0; r = next(json, '}')) {
                if (count == room) {
                        struct seen_key *grown;

                        room = room == 0 ? 16 : 2 * room;
                        grown = reallocarray(keys, room, sizeof(*keys));
                        if (grown == NULL)
                                return err_oom(json->err);
                        keys = grown;
                }
                keys[count].where = json->at;
                r = read_key(json, step);
                if (r < 0)
                        return r;
                keys[count++].key = step->key;
                r = read(json, target);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : refuse_twins(json, keys, count);
}

int json_array(struct json *json, json_reader read, void *target)
{
        struct json_step *step = &json->path[json->depth];
        int r;

        for (r = begin(json, '[', ']', "an array"); r > 0; r = next(json, ']')) {
                step->index++;
                r = read(json, target);
                if (r < 0)
                        return r;
        }
        return r;
}

int json_list(struct json *json, size_t size, json_reader read, void *ret_array, size_t *ret_count)
{
        struct json_step *step = &json->path[json->depth];
        char *elements = NULL;
        size_t count = 0, room = 0;
        int r;

        for (r = begin(json, '[', ']', "an array"); r > 0; r = next(json, ']')) {
                step->index++;
                if (count == room) {
                        char *grown;

                        room = room == 0 ? 8 : 2 * room;
                        grown = arena_alloc(json->arena, room, size);
                        if (grown == NULL)
                                return err_oom(json->err);
                        if (count > 0)
                                memcpy(grown, elements, count * size);
                        elements = grown;
                }
                r = read(json, elements + count * size);
                if (r < 0)
                        return r;
                count++;
        }
        if (r < 0)
                return r;
        /* @ret_array is the address of a pointer to the caller's element type. */
        memcpy(ret_array, &elements, sizeof(elements));
        *ret_count = count;
        return 0;
}

/* ------------------------------------------------------------------------------------------------------------ skipping */

static int skip_value(struct json *json);

static int skip_elements(struct json *json, char open, char close)
{
        int r;

        for (r = begin(json, open, close, ""); r > 0; r = next(json, close)) {
                if (open == '{' && pass_key(json, false) == NULL)
                        return -EINVAL;
                r = skip_value(json);
                if (r < 0)
                        return r;
        }
        return r;
}

/* Recursion ends at JSON_DEPTH_MAX. */
static int skip_value(struct json *json)
{
        bool integer;

        switch (*json->at) {
        case '{':
                return skip_elements(json, '{', '}');
        case '[':
                return skip_elements(json, '[', ']');
        case '"':
                return pass_string(json, false) != NULL ? 0 : -EINVAL;
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
