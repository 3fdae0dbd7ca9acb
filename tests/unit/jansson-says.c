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
