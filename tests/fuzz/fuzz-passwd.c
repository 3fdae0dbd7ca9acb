/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The word of --user, the root's passwd and its group, with NULs between them. Where both files are as passwd(5) and group(5) say, glibc's fgetpwent()
 * and fgetgrent() find the same user, home and groups.
 */
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdbool.h>

#include "base/mem.h"
#include "engine/user.h"
#include "fuzz.h"

#define ID_MAX (UINT32_MAX - 1)

static bool is_id(const char *text, size_t len)
{
        uint64_t id;

        for (; len > 1 && *text == '0'; len--)
                text++;
        return len > 0 && len <= 10 && strspn(text, "0123456789") >= len && sscanf(text, "%" SCNu64, &id) == 1 &&
               id <= ID_MAX;
}

/* A line about whose meaning there is no doubt: @colons of them, names without blanks, no NIS, ids that are ids. */
static bool is_plain_line(const char *line, size_t len, size_t colons)
{
        const char *field = line;
        size_t count = 0;

        for (size_t i = 0; i < len; i++)
                if ((unsigned char)line[i] <= ' ' || (unsigned char)line[i] >= 0x7f)
                        return false;
        if (len == 0 || strchr(":+-#", *line) != NULL)
                return false;
        for (const char *at = line; at <= line + len; at++) {
                if (at < line + len && *at != ':')
                        continue;
                if ((count == 2 || (count == 3 && colons == 6)) && !is_id(field, (size_t)(at - field)))
                        return false;
                if (count == 3 && colons == 3 && (at > field) && (*field == ',' || at[-1] == ','))
                        return false;
                count++;
                field = at + 1;
        }
        return count == colons + 1;
}

static bool is_plain(const char *text, size_t colons)
{
        while (*text != '\0') {
                size_t len = strcspn(text, "\n");

                if (!is_plain_line(text, len, colons) || strstr(text, ",,") != NULL)
                        return false;
                text += len + (text[len] == '\n');
        }
        return true;
}

static FILE *open_text(const char *text)
{
        FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

        EXPECT(file != NULL);
        return file;
}

static bool names(const char *word, size_t len, const char *name, uint32_t id)
{
        uint64_t number;

        if (len > 0 && strspn(word, "0123456789") >= len)
                return is_id(word, len) && sscanf(word, "%" SCNu64, &number) == 1 && number == id;
        return strlen(name) == len && memcmp(name, word, len) == 0;
}

static void check_groups(const char *groups, const char *name, const struct user *user)
{
        FILE *file = open_text(groups);
        const struct group *group;
        size_t count = 0;

        while ((group = fgetgrent(file)) != NULL) {
                bool member = false;

                for (char *const *other = group->gr_mem; *other != NULL; other++)
                        member |= strcmp(*other, name) == 0;
                if (!member)
                        continue;
                EXPECT(count < user->group_count && user->groups[count] == group->gr_gid);
                count++;
        }
        EXPECT(count == user->group_count);
        fclose(file);
}

/* @found is what ward made of it, or its failure. */
static void compare(const char *word, const char *passwd, const char *groups, int found, const struct user *user)
{
        size_t len = strcspn(word, ":");
        const struct passwd *entry;
        FILE *file;

        if (*passwd == '\0' || *groups == '\0' || !is_plain(passwd, 6) || !is_plain(groups, 3))
                return;
        file = open_text(passwd);
        while ((entry = fgetpwent(file)) != NULL && !names(word, len, entry->pw_name, entry->pw_uid))
                ;
        if (entry == NULL) {
                EXPECT(found < 0 || is_id(word, len));
        } else if (word[len] == '\0') {
                EXPECT(found >= 0 && user->uid == entry->pw_uid && user->gid == entry->pw_gid);
                EXPECT(strcmp(user->home, *entry->pw_dir == '/' ? entry->pw_dir : "/") == 0);
                check_groups(groups, entry->pw_name, user);
        } else if (found >= 0) {
                EXPECT(user->uid == entry->pw_uid && user->group_count == 0);
        }
        fclose(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *word = fuzz_part(&data, &size), *passwd = fuzz_part(&data, &size),
                            *groups = fuzz_part(&data, &size);
        _cleanup_free_ char *passwd_copy = strdup(passwd), *groups_copy = strdup(groups);
        _cleanup_arena_ struct arena arena = {0};
        struct ward_err err = {0};
        struct user user;
        int r;

        EXPECT(passwd_copy != NULL && groups_copy != NULL);
        r = user_parse(passwd_copy, groups_copy, word, &arena, &user, &err);
        EXPECT(r >= 0 || err.errnum != 0);
        if (r >= 0)
                EXPECT(user.home[0] == '/' && user.uid <= ID_MAX && user.gid <= ID_MAX);
        compare(word, passwd, groups, r, &user);
        return 0;
}
