/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a container's walls; see strength.h. */
#include "model/strength.h"

#include <errno.h>
#include <string.h>

#include "base/json.h"

#define FORMAT_VERSION 1

const char *const strength_names[STRENGTH_COUNT] = {
        [STRENGTH_NAMESPACES] = "namespaces",
        [STRENGTH_IDS] = "ids",
        [STRENGTH_CAPS] = "caps",
        [STRENGTH_SECCOMP] = "seccomp",
        [STRENGTH_NO_NEW_PRIVS] = "no-new-privileges",
        [STRENGTH_CGROUP] = "cgroup",
        [STRENGTH_DEVICES] = "devices",
        [STRENGTH_PATHS] = "paths",
        [STRENGTH_KEYRING] = "keyring",
        [STRENGTH_LSM] = "lsm",
        [STRENGTH_LANDLOCK] = "landlock",
};

void strength_line(const struct strength *strength, bool utf8, struct text *text)
{
        for (int i = 0; i < STRENGTH_COUNT; i++) {
                const struct strength_part *part = &strength->parts[i];

                text_printf(text, "%s%s %s",
                            i == 0 ? ""
                            : utf8 ? " · "
                                   : "; ",
                            strength_names[i], part->detail[0] != '\0' ? part->detail : "no");
                if (!part->whole && part->why[0] != '\0')
                        text_printf(text, " (%s)", part->why);
        }
}

void strength_json(const struct strength *strength, struct text *text)
{
        text_printf(text, "{\"version\": %d, \"strength\": {", FORMAT_VERSION);
        for (int i = 0; i < STRENGTH_COUNT; i++) {
                const struct strength_part *part = &strength->parts[i];

                text_printf(text, "%s\"%s\": {\"whole\": %s, \"inForce\": ", i == 0 ? "" : ", ", strength_names[i],
                            part->whole ? "true" : "false");
                json_write_string(text, part->detail);
                text_puts(text, ", \"missing\": ");
                json_write_string(text, part->whole ? "" : part->why);
                text_puts(text, "}");
        }
        text_puts(text, "}}\n");
}

static int read_word(const char *word, size_t len, unsigned *walls, struct ward_err *err)
{
        char copy[64] = "";
        const char *near;

        for (int i = 0; i < STRENGTH_COUNT; i++)
                if (strlen(strength_names[i]) == len && strncmp(word, strength_names[i], len) == 0) {
                        *walls |= 1u << i;
                        return 0;
                }
        if (len == strlen("all") && strncmp(word, "all", len) == 0) {
                *walls |= (1u << STRENGTH_COUNT) - 1;
                return 0;
        }
        if (len < sizeof(copy))
                memcpy(copy, word, len);
        near = text_nearest(copy, strength_names, STRENGTH_COUNT);
        (void)err_set(
                err, -EINVAL,
                "'%.*s' is not one of: namespaces, ids, caps, seccomp, no-new-privileges, cgroup, devices, paths, "
                "keyring, lsm, landlock, all",
                (int)len, word);
        (void)err_mistake(err, MISTAKE_WORD);
        return near == NULL ? -EINVAL : err_hint(err, "did you mean '%s'?", near);
}

int strength_read(const char *words, unsigned *ret_walls, struct ward_err *err)
{
        unsigned walls = 0;

        for (const char *at = words;;) {
                size_t len = strcspn(at, ",");
                int r = read_word(at, len, &walls, err);

                if (r < 0)
                        return r;
                if (at[len] == '\0')
                        break;
                at += len + 1;
        }
        *ret_walls |= walls;
        return 0;
}

int strength_require(const struct strength *strength, unsigned walls, struct ward_err *err)
{
        for (int i = 0; i < STRENGTH_COUNT; i++) {
                const struct strength_part *part = &strength->parts[i];

                if ((walls & 1u << i) == 0 || part->whole)
                        continue;
                (void)err_set(err, -EPERM, "option '--require': %s: %s", strength_names[i],
                              part->why[0] != '\0' ? part->why : "not in force");
                (void)err_mistake(err, MISTAKE_WALL);
                return err_hint(err, "%s",
                                part->hint[0] != '\0' ? part->hint
                                                      : "leave out what opens it, or take it out of --require");
        }
        return 0;
}
