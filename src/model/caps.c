/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of capabilities; see caps.h. */
#include "model/caps.h"

#include <endian.h>
#include <linux/capability.h>
#include <string.h>
#include <strings.h>

#define FLAGS 8 /* of a capability of a file: effective, inheritable, permitted */

/* By name, with or without "CAP_". -1: there is none. */
static int number_of(const char *name, struct arena *arena)
{
        int cap = cap_number(name);
        const char *whole;

        if (cap >= 0)
                return cap;
        whole = arena_concat(arena, "CAP_", name);
        return whole == NULL ? -1 : cap_number(whole);
}

static bool read_mask(const char *word, uint64_t *ret_mask)
{
        const char *digits = word + (strncasecmp(word, "0x", 2) == 0 ? 2 : 0);
        size_t len = strlen(digits);
        uint64_t mask = 0;

        if (len == 0 || len > 16 || strspn(digits, "0123456789abcdefABCDEF") != len)
                return false;
        for (; *digits != '\0'; digits++)
                mask = mask << 4 | (uint64_t)(*digits <= '9' ? *digits - '0' : (*digits | 0x20) - 'a' + 10);
        *ret_mask = mask;
        return true;
}

int caps_parse(const char *word, struct arena *arena, uint64_t *ret_caps, struct ward_err *err)
{
        char *names = arena_strdup(arena, word), *name;
        const char *near;
        uint64_t caps = 0;

        if (names == NULL)
                return err_oom(err);
        if (strcasecmp(word, "all") == 0 || strcasecmp(word, "none") == 0) {
                *ret_caps = strcasecmp(word, "all") == 0 ? CAPS_ALL : 0;
                return 0;
        }
        while ((name = text_next(&names, ',')) != NULL) {
                int cap = number_of(name, arena);

                if (cap < 0 && read_mask(word, ret_caps))
                        return 0;
                if (cap < 0) {
                        (void)err_set(err, -EINVAL, "'%s' is neither a capability nor a mask of them", name);
                        (void)err_mistake(err, MISTAKE_CAPABILITY);
                        near = cap_nearest(name);
                        if (near != NULL)
                                return err_hint(err, "did you mean '%s'?", near);
                        return err_hint(err, "'ward caps explain' lists the names; a mask is written as in "
                                             "/proc/PID/status");
                }
                caps |= UINT64_C(1) << cap;
        }
        *ret_caps = caps;
        return 0;
}

/* The names have no lower case elsewhere. */
static void add_name(struct text *text, unsigned cap)
{
        if (cap >= CAP_NAME_COUNT) {
                text_printf(text, "%u", cap);
                return;
        }
        for (const char *c = cap_names[cap]; *c != '\0'; c++)
                text_printf(text, "%c", *c >= 'A' && *c <= 'Z' ? *c | 0x20 : *c);
}

void caps_print(uint64_t caps, const char *between, struct text *text)
{
        const char *before = "";

        if (caps == 0)
                text_puts(text, "none");
        for (unsigned cap = 0; cap < 64; cap++) {
                if ((caps >> cap & 1) == 0)
                        continue;
                text_puts(text, before);
                add_name(text, cap);
                before = between;
        }
}

/* Little-endian words wherever they are. */
static uint32_t word_at(const void *data, size_t index)
{
        uint32_t word;

        memcpy(&word, (const char *)data + index * sizeof(word), sizeof(word));
        return le32toh(word);
}

int caps_file_parse(const void *data, size_t len, struct caps_file *ret_file)
{
        static const struct {
                uint32_t magic;
                size_t words;
        } revisions[] = {{VFS_CAP_REVISION_1, 3}, {VFS_CAP_REVISION_2, 5}, {VFS_CAP_REVISION_3, 6}};
        struct caps_file file = {0};
        uint32_t magic;

        if (len < sizeof(uint32_t))
                return -EBADMSG;
        magic = word_at(data, 0);
        for (unsigned i = 0; i < ELEMENTS(revisions); i++)
                if ((magic & VFS_CAP_REVISION_MASK) == revisions[i].magic &&
                    len == revisions[i].words * sizeof(uint32_t))
                        file.revision = i + 1;
        if (file.revision == 0)
                return -EBADMSG;
        file.effective = (magic & VFS_CAP_FLAGS_EFFECTIVE) != 0;
        file.permitted = word_at(data, 1);
        file.inheritable = word_at(data, 2);
        if (file.revision > 1) {
                file.permitted |= (uint64_t)word_at(data, 3) << 32;
                file.inheritable |= (uint64_t)word_at(data, 4) << 32;
        }
        if (file.revision == 3)
                file.root_id = word_at(data, 5);
        *ret_file = file;
        return 0;
}

/* Effective is what is in either set, if the bit for all of them is set (capabilities(7), "File capabilities"). */
static unsigned flags_of(const struct caps_file *file, unsigned cap)
{
        bool permitted = (file->permitted >> cap & 1) != 0, inheritable = (file->inheritable >> cap & 1) != 0;

        return (permitted || inheritable ? file->effective : 0u) | inheritable * 2u | permitted * 4u;
}

void caps_file_print(const struct caps_file *file, struct text *text)
{
        const char *between = "";

        for (unsigned flags = FLAGS - 1; flags > 1; flags--) {
                uint64_t caps = 0;

                for (unsigned cap = 0; cap < 64; cap++)
                        if (flags_of(file, cap) == flags)
                                caps |= UINT64_C(1) << cap;
                if (caps == 0)
                        continue;
                text_puts(text, between);
                caps_print(caps, ",", text);
                text_printf(text, "=%s%s%s", (flags & 1) != 0 ? "e" : "", (flags & 2) != 0 ? "i" : "",
                            (flags & 4) != 0 ? "p" : "");
                between = " ";
        }
        if (*between == '\0')
                text_puts(text, "=");
        if (file->revision == 3)
                text_printf(text, " [rootid=%u]", file->root_id);
}
