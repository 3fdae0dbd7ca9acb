/* SPDX-License-Identifier: Apache-2.0 */
/* base/json.c: whatever the bytes, skipping and walking a text agree, except about keys that come twice, which only a walk sees. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "fuzz.h"

static int walk(struct json *json, void *target)
{
        const char *text, *string;
        const char *where = json->at;
        size_t len;
        int64_t number;
        int r;

        if (json->at == json->end)
                return json_fail(json, where, "end");
        switch (*json->at) {
        case '{':
                return json_map(json, walk, target);
        case '[':
                return json_array(json, walk, target);
        case '"':
                r = json_string(json, &string);
                if (r >= 0)
                        json_write_string(target, string);
                return r;
        case '1' ... '9':
                /* Numbers that are no integer of 64 bits are refused here and not by the other side: not compared. */
                return json_skip(json, &text, &len);
        case '0':
                return json_i64(json, 0, 0, &number) < 0 ? -EDOM : 0;
        default:
                return json_skip(json, &text, &len);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_arena_ struct arena arena = {0};
        _cleanup_text_ struct text written = {0};
        struct ward_err skip_err = {0}, walk_err = {0};
        struct json json;
        const char *text;
        size_t len;
        int skipped, walked;

        EXPECT(json_init(&json, (const char *)data, size, "f", &arena, &skip_err) == 0);
        skipped = json_skip(&json, &text, &len);
        if (skipped >= 0)
                skipped = json_end(&json);
        EXPECT(json_init(&json, (const char *)data, size, "f", &arena, &walk_err) == 0);
        walked = walk(&json, &written);
        if (walked >= 0)
                walked = json_end(&json);
        if (walked == -EDOM)
                return 0;
        if (walked >= 0 && skipped < 0)
                abort();
        if (skipped >= 0 && walked < 0 && strstr(walk_err.message, "given twice") == NULL)
                abort();
        return 0;
}
