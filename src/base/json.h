/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A JSON reader that works in place on its copy of the text (RFC 8259, UTF-8), one value after the other, driven by tables of fields.
 *
 * The hot path of ward-oci reads a config on every start, and each mistake in it must be named with line, column and JSON path;
 * a reader that builds a tree first is ten times dearer and has forgotten the positions. Refused: duplicate keys, NUL in
 * a string, numbers out of range, invalid UTF-8, depth over JSON_DEPTH_MAX, anything behind the end. In what is skipped keys
 * are not compared, since nobody reads them. A field that is null counts as absent. A key that is no field's name is that of the field whose name
 * differs in the case of letters alone, as for the readers of runtimes written in Go: what they would do is not left out. Columns count bytes.
 *
 *      static const struct json_field fields[] = {
 *              { "path", read_path, JSON_REQUIRED },
 *              { "type", read_type },
 *      };
 *      r = json_object(json, fields, ELEMENTS(fields), JSON_REFUSE_UNKNOWN, &namespace);
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

#define JSON_DEPTH_MAX 64

struct json_step {
        const char *key; /* a NUL-terminated key of @len bytes, or NULL for an array element */
        int index;
        size_t len;
        const char *place; /* by json_place(), once it was asked */
};

struct json {
        const char *file;
        char *at;
        const char *text, *end, *line_start;
        unsigned line;        /* of *at, from 1 */
        unsigned line_base;   /* added to lines when the text starts inside another one, */
        unsigned column_base; /* and to columns of the first line */
        struct arena *arena;  /* the copy of the text, which strings are parts of, and arrays are made here */
        struct ward_err *err;
        unsigned depth;
        struct json_step path[JSON_DEPTH_MAX];
};

struct json_position {
        unsigned line, column;
};

/* Reads the value that begins at json->at into @target. Returns 0 or -errno with json->err set. */
typedef int (*json_reader)(struct json *json, void *target);

enum {
        JSON_REQUIRED = 1 << 0,
        JSON_UNSUPPORTED = 1 << 1, /* known to the specification, not honoured yet: an error that names the field */
        JSON_IGNORED = 1 << 2,     /* without meaning for ward: skipped */
        JSON_REST =
                1
                << 3, /* the last of the table, without a name: @read is called for each key that no other field has, whatever
                                    * its spelling; the key is in json->path[json->depth - 1].key */
};

struct json_field {
        char name[24];    /* of 23 bytes at most; no pointer, which a static-pie relocates at every start */
        json_reader read; /* NULL with JSON_UNSUPPORTED and JSON_IGNORED */
        unsigned flags;
        size_t offset; /* @read is given the object's target plus this: offsetof(), or 0 for the whole */
};

/* A field that @reader reads into @member of the target. */
#define JSON_FIELD(field, structure, member, reader, flags)       \
        {                                                         \
                field, reader, flags, offsetof(structure, member) \
        }

enum json_unknown {
        JSON_REFUSE_UNKNOWN, /* an unknown key is an error, with a suggestion where one is near */
        JSON_SKIP_UNKNOWN, /* it is skipped, unless it is a known one with a slip of the pen: then it is an error too */
};

/* Copies the text, which the strings are then parts of, to @arena. Returns 0 or -ENOMEM. */
int json_init(struct json *json, const char *text, size_t len, const char *file, struct arena *arena,
              struct ward_err *err);

/* The place of @at, which json->at is or was. */
struct json_position json_position(const struct json *json, const char *at);

/* What holds the value, without indices: "linux.maskedPaths" for each of its elements, and for itself. NULL: memory is short. */
const char *json_place(struct json *json);

/* A whole object by its table; at most 64 fields. */
int json_object(struct json *json, const struct json_field *fields, size_t count, enum json_unknown unknown,
                void *target);

/* An object with free keys: @read is called for each value with the key in json->path[json->depth - 1].key. */
int json_map(struct json *json, json_reader read, void *target);

/* An array: @read is called for each element. */
int json_array(struct json *json, json_reader read, void *target);

/* An array into memory of the arena: @size bytes per element, @read fills one in. *@ret_array, *@ret_count. */
int json_list(struct json *json, size_t size, json_reader read, void *ret_array, size_t *ret_count);

/* Values. Strings live as long as the arena; the byte before one is where it began. Numbers must be integers without fraction or exponent part. */
int json_string(struct json *json, const char **ret_string);
int json_bool(struct json *json, bool *ret_value);
int json_u64(struct json *json, uint64_t max, uint64_t *ret_value);
int json_i64(struct json *json, int64_t min, int64_t max, int64_t *ret_value);
bool json_is_null(struct json *json); /* true: null was read */

/* Skips a value, checking that it is well formed; gives its text. */
int json_skip(struct json *json, const char **ret_text, size_t *ret_len);

bool json_is_utf8(const char *text);

/* Whether what ward has written as @file, with a NUL behind it, can be read back: paths and arguments may hold any byte, JSON only UTF-8. -EILSEQ. */
int json_check(const char *text, size_t len, const char *file, struct ward_err *err);

/* The end of the text must be here. */
int json_end(struct json *json);

/* An error at the value that begins at @where, which json->at is or was: "config.json:12:7: mounts[3].type: ...". Returns -EINVAL. */
int json_fail(struct json *json, const char *where, const char *format, ...) __attribute__((format(printf, 3, 4)));
int json_fail_at(struct json *json, struct json_position where, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* An error for a word that is not one of @words, with a suggestion where one is near. Returns -EINVAL. */
int json_fail_word(struct json *json, const char *where, const char *what, const char *word, const char *const *words,
                   size_t count);

struct text;

/* Writes @string as a JSON string with quotes and escapes, for who looks at it: each byte that is no UTF-8 as U+FFFD, as JSON has nothing for it. */
void json_write_string(struct text *text, const char *string);

/* The same for what is read back and must be as it was: such bytes stay, and json_check() finds them. */
void json_write_exact(struct text *text, const char *string);

#endif
