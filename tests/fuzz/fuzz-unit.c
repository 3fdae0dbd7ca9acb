/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.cgroupsPath, the name of a property of a unit, and its value, with NULs between them: what is accepted are words that the helper takes,
 * and what is refused has added none.
 */
#include <errno.h>
#include <stdbool.h>

#include "base/text.h"
#include "fuzz.h"
#include "model/unit.h"

static void check_name(const char *path)
{
        _cleanup_arena_ struct arena arena = {0};
        struct ward_err err = {0};
        struct unit_name name;

        if (unit_name_read(path, "c1", false, &arena, &name, &err) < 0) {
                EXPECT(err.errnum > 0 && err.message[0] != '\0');
                return;
        }
        EXPECT(strchr(name.scope, '/') == NULL && strchr(name.slice, '/') == NULL);
        EXPECT(strlen(name.scope) > strlen(".scope") && strlen(name.scope) <= 255 && strlen(name.slice) <= 255);
}

/* The number behind a signature of an array, or one value. */
static void check_words(const struct unit_words *words)
{
        uint64_t count = 1;
        bool array;

        EXPECT(words->count >= 3 && words->list[words->count] == NULL);
        array = words->list[1][0] == 'a';
        EXPECT(strlen(words->list[1]) == (array ? 2 : 1));
        if (array)
                EXPECT(number_parse(words->list[2], SIZE_MAX, &count) == 0);
        EXPECT(words->count == 2 + array + count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char *path = fuzz_part(&data, &size), *name = fuzz_part(&data, &size), *value = fuzz_text(data, size);
        _cleanup_arena_ struct arena arena = {0};
        struct unit_words words = {.arena = &arena};
        struct ward_err err = {0};
        int r;

        check_name(path);
        r = unit_property_read(name, value, &words, &err);
        if (r >= 0)
                check_words(&words);
        else
                EXPECT(r == -EINVAL && err.errnum == EINVAL && words.count == 0);
        free(path);
        free(name);
        free(value);
        return 0;
}
