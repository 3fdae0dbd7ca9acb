/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON reader over any bytes: it ends, stays inside them, sets an error exactly when it fails, and gives back what it skipped. */
#include <stdint.h>
#include <stdlib.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_any(struct json *json, void *target);

static int read_any(struct json *json, void *target)
{
        const char *string, *text;
        size_t len;

        switch (json->at < json->end ? *json->at : '\0') {
        case '{':
                return json_map(json, read_any, target);
        case '[':
                return json_array(json, read_any, target);
        case '"':
                return json_string(json, &string);
        default:
                return json_skip(json, &text, &len);
        }
}

static int parse(const char *text, size_t size, json_reader read)
{
        _cleanup_arena_ struct arena arena = {0};
        struct ward_err err = {0};
        struct json json;
        int ret;

        json_init(&json, text, size, "input", &arena, &err);
        ret = read(&json, NULL);
        if (ret >= 0)
                ret = json_end(&json);
        if ((ret < 0) != (err.errnum != 0) || (ret < 0 && err.message[0] == '\0'))
                abort();
        return ret;
}

static int skip_all(struct json *json, void *target)
{
        const char *text;
        size_t len;
        int ret = json_skip(json, &text, &len);

        if (ret >= 0 && (len == 0 || text + len > json->end))
                abort();
        return ret;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        parse((const char *)data, size, read_any);
        parse((const char *)data, size, skip_all);
        return 0;
}
