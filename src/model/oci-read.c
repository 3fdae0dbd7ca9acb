/* SPDX-License-Identifier: Apache-2.0 */
/* Small readers that the parts of config.json share; see oci-read.h. */
#include "model/oci-read.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *const oci_no_strings[1] = {NULL};

char *oci_append(char *at, const char *string)
{
        size_t len = strlen(string);

        memcpy(at, string, len);
        return at + len;
}

int oci_origin(struct json *json, struct spec_origin *ret_origin)
{
        struct json_position where = json_position(json, json->at);
        const char *field = json_place(json);

        if (field == NULL)
                return err_oom(json->err);
        *ret_origin = (struct spec_origin){field, json->depth > 0 ? json->path[json->depth - 1].index : -1, where.line,
                                           where.column};
        return 0;
}

int oci_fail_at(struct json *json, const struct spec_origin *origin, const char *format, ...)
{
        struct json_position where = {origin->line, origin->column};
        char message[WARD_ERR_MESSAGE_MAX];
        va_list args;

        va_start(args, format);
        (void)vsnprintf(message, sizeof(message), format, args);
        va_end(args);
        if (origin->index >= 0)
                return json_fail_at(json, where, "%s[%d]: %s", origin->field, origin->index, message);
        return json_fail_at(json, where, "%s: %s", origin->field, message);
}

int oci_read_string(struct json *json, void *target)
{
        return json_string(json, target);
}

int oci_read_absolute(struct json *json, void *target)
{
        const char *where = json->at;
        const char *path;
        int r;

        r = json_string(json, &path);
        if (r < 0)
                return r;
        if (path[0] != '/')
                return json_fail(json, where, "'%s' is not an absolute path", path);
        *(const char **)target = path;
        return 0;
}

int oci_read_bool(struct json *json, void *target)
{
        return json_bool(json, target);
}

static int read_u32(struct json *json, uint32_t max, uint32_t *ret_value)
{
        uint64_t value;
        int r;

        r = json_u64(json, max, &value);
        if (r < 0)
                return r;
        *ret_value = (uint32_t)value;
        return 0;
}

int oci_read_u32(struct json *json, void *target)
{
        return read_u32(json, UINT32_MAX, target);
}

int oci_read_id(struct json *json, void *target)
{
        return read_u32(json, OCI_ID_MAX, target);
}

int oci_read_strings(struct json *json, void *target)
{
        const char **strings = NULL, **ended;
        size_t count;
        int r;

        r = json_list(json, sizeof(*strings), oci_read_string, &strings, &count);
        if (r < 0)
                return r;
        ended = arena_new(json->arena, const char *, count + 1);
        if (ended == NULL)
                return err_oom(json->err);
        if (count > 0)
                memcpy(ended, strings, count * sizeof(*strings));
        *(const char *const **)target = ended;
        return 0;
}

static int read_number(struct json *json, int64_t min, struct spec_i64 *number)
{
        int r;

        r = oci_origin(json, &number->origin);
        if (r < 0)
                return r;
        number->given = true;
        return json_i64(json, min, INT64_MAX, &number->value);
}

int oci_read_i64(struct json *json, void *target)
{
        return read_number(json, -1, target);
}

int oci_read_amount(struct json *json, void *target)
{
        return read_number(json, 0, target);
}

int oci_read_bounded(struct json *json, struct spec_i64 *number, int64_t max)
{
        int r = oci_origin(json, &number->origin);

        if (r < 0)
                return r;
        number->given = true;
        return json_i64(json, 0, max, &number->value);
}

int oci_read_paths_element(struct json *json, void *target)
{
        struct spec_path *path = target;
        int r;

        r = oci_origin(json, &path->origin);
        if (r < 0)
                return r;
        return oci_read_absolute(json, &path->path);
}

void *oci_list_add(struct json *json, struct oci_list *list, size_t size)
{
        if (list->count == list->room) {
                size_t room = list->room == 0 ? 8 : 2 * list->room;
                char *grown = arena_alloc(json->arena, room, size);

                if (grown == NULL) {
                        (void)err_oom(json->err);
                        return NULL;
                }
                if (list->count > 0)
                        memcpy(grown, list->elements, list->count * size);
                list->elements = grown;
                list->room = room;
        }
        return list->elements + list->count++ * size;
}

int oci_word(struct json *json, const char *what, const char *const *words, size_t count)
{
        const char *where = json->at;
        const char *word;
        int r;

        r = json_string(json, &word);
        if (r < 0)
                return r;
        for (size_t i = 0; i < count; i++)
                if (words[i][0] == word[0] && strcmp(words[i], word) == 0)
                        return (int)i;
        return json_fail_word(json, where, what, word, words, count);
}
