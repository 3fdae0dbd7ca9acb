/* SPDX-License-Identifier: Apache-2.0 */
/* src/profile: what was read and is shown as a file reads back to the same meaning; a mistake has a place. */
#include "fuzz.h"
#include "profile/load.h"

static int read(const char *text, size_t len, struct arena *arena, struct profile *ret, struct ward_err *err)
{
        struct profile_text parsed;
        int r = profile_parse(text, len, "f", arena, &parsed, err);

        if (r < 0)
                return r;
        *ret = (struct profile){.description = parsed.description, .settings = parsed.settings, .count = parsed.count};
        profile_settle(ret);
        return 0;
}

/* One value is changed or taken away, or the text is refused; what other keys have stays. */
static void edit(const char *text, size_t size, const struct profile *before, struct arena *arena)
{
        static const struct {
                const char *key, *value;
        } edits[] = {{"memory", "1g"}, {"volume", "/a b:/c"}, {"env", "A=x # y"},    {"tmpfs", "/run:size=1m,exec"},
                     {"env", NULL},    {"volume", NULL},      {"read-only", "true"}, {"memory", NULL}};

        for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
                const struct profile_key *key = profiles_key(edits[i].key);
                _cleanup_text_ struct text out = {0};
                struct ward_err err = {0};
                struct profile after;
                size_t others = 0;

                if (profiles_edit(text, size, "f", key, edits[i].value, arena, &out, &err) < 0) {
                        EXPECT(err.errnum != 0);
                        continue;
                }
                EXPECT(read(out.data != NULL ? out.data : "", out.len, arena, &after, &err) >= 0);
                for (size_t j = 0; j < before->count; j++)
                        others += before->settings[j].key != key;
                for (size_t j = 0; j < after.count; j++)
                        others -= after.settings[j].key != key;
                EXPECT(others == 0);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_arena_ struct arena arena = {0};
        _cleanup_text_ struct text shown = {0}, differences = {0};
        struct profile first, second;
        struct ward_err err = {0};
        bool differ;

        if (read((const char *)data, size, &arena, &first, &err) < 0) {
                EXPECT(err.errnum != 0 && strncmp(err.message, "f:", 2) == 0);
                return 0;
        }
        EXPECT(err.errnum == 0);
        for (size_t i = 0; i < first.count; i++)
                EXPECT(first.settings[i].line > 0 && first.settings[i].column > 0 && first.settings[i].value != NULL);
        (void)profiles_blame(&first, "option '--volume': x");
        profiles_print(&first, "f", &shown);
        EXPECT(read(shown.data, shown.len, &arena, &second, &err) >= 0);
        EXPECT(first.count == second.count);
        EXPECT(profiles_diff(&first, &second, false, &arena, &differences, &differ, &err) == 0 && !differ);
        edit((const char *)data, size, &first, &arena);
        return 0;
}
