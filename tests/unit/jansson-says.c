/* SPDX-License-Identifier: Apache-2.0 */
/* What jansson says about a text: a file of its own because base/json.h and jansson.h share names. */
#include "jansson-says.h"

#include <jansson.h>

bool jansson_accepts(const char *text, size_t len)
{
        json_error_t error;
        json_t *tree =
                json_loadb(text, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);
        bool accepted = tree != NULL;

        json_decref(tree);
        return accepted;
}

struct jansson_object *jansson_read(const char *text, size_t len)
{
        json_error_t error;
        json_t *tree = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);

        if (tree != NULL && !json_is_object(tree)) {
                json_decref(tree);
                tree = NULL;
        }
        return (struct jansson_object *)tree;
}

void jansson_done(struct jansson_object *object)
{
        json_decref((json_t *)object);
}

const char *jansson_text(const struct jansson_object *object, const char *key)
{
        return json_string_value(json_object_get((const json_t *)object, key));
}

int64_t jansson_number(const struct jansson_object *object, const char *key)
{
        return json_integer_value(json_object_get((const json_t *)object, key));
}
