/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles for people and programs: as one file with the place of each setting, as a difference, and the table of keys; see profile.h. */
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/options.h"
#include "profile/load.h"

#define COMMENT_COLUMN 40

const char *profiles_option_value(const struct profile_setting *setting, struct arena *arena)
{
        return setting->key->prefix == NULL ? setting->value
                                            : arena_concat(arena, setting->key->prefix, setting->value);
}

/* Whether @message is about the option: "--volume /a:/b", "option '--volume'". */
static bool names_option(const char *message, const char *option)
{
        const size_t len = strlen(option);

        for (const char *at = strstr(message, "--"); at != NULL; at = strstr(at + 2, "--"))
                if (strncmp(at + 2, option, len) == 0 && at[2 + len] != '\0' && strchr(" ':=", at[2 + len]) != NULL)
                        return true;
        return false;
}

const struct profile_setting *profiles_blame(const struct profile *profile, const char *message)
{
        const struct profile_setting *found = NULL;
        size_t best = 0;

        for (size_t i = 0; i < profile->count; i++) {
                const struct profile_setting *setting = &profile->settings[i];
                const char *value = setting->value;
                /* Of a value with a name the message may hold the name alone; a path stands for itself. */
                const size_t len = setting->key->kind == PROFILE_MAP ? strcspn(value, "=") : strlen(value);

                if (setting->absent || len < best || memmem(message, strlen(message), value, len) == NULL ||
                    !(names_option(message, setting->key->option) || strchr(value, '/') != NULL))
                        continue;
                best = len;
                found = setting;
        }
        return found;
}

/* ---- as a file ------------------------------------------------------------------------------------------------------------------ */

/* Whether a text is itself without quotes, wherever it stands. */
static bool is_plain(const char *text, size_t len)
{
        static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:,@+=%-";

        for (size_t i = 0; i < len; i++)
                if (strchr(letters, text[i]) == NULL)
                        return false;
        return len > 0 && strchr("-:,@%=.", text[0]) == NULL && text[len - 1] != ':' &&
               !(len == 4 && memcmp(text, "null", 4) == 0);
}

/* Control characters, and what YAML takes for the end of a line or for a mark of byte order. */
static bool is_escaped(unsigned c)
{
        return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff;
}

static void add_quoted(struct text *text, const char *value, size_t len)
{
        text_puts(text, "\"");
        for (size_t i = 0; i < len;) {
                const unsigned char *at = (const unsigned char *)value + i;
                size_t size = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
                unsigned c = at[0];

                if (size > len - i)
                        size = 1;
                if (size == 2)
                        c = (at[0] & 0x1fU) << 6 | (at[1] & 0x3fU);
                else if (size == 3)
                        c = (at[0] & 0x0fU) << 12 | (at[1] & 0x3fU) << 6 | (at[2] & 0x3fU);
                else if (size == 4)
                        c = 0x10000; /* none of those is escaped */
                if (c == '"' || c == '\\')
                        text_puts(text, "\\");
                if (is_escaped(c))
                        text_printf(text, "\\u%04X", c);
                else
                        text_add(text, value + i, size);
                i += size;
        }
        text_puts(text, "\"");
}

void profile_add_text(struct text *text, const char *value, size_t len, bool flow)
{
        if (is_plain(value, len) && !(flow && memchr(value, ',', len) != NULL))
                text_add(text, value, len);
        else
                add_quoted(text, value, len);
}

static void add_text(struct text *text, const char *value)
{
        profile_add_text(text, value, strlen(value), false);
}

static void add_place(struct text *text, size_t line_start, const struct profile_setting *setting)
{
        size_t width = text->len - line_start;

        text_printf(text, "%*s# %s:%u%s\n", width < COMMENT_COLUMN ? (int)(COMMENT_COLUMN - width) : 2, "",
                    setting->file, setting->line, setting->absent ? ", not on this machine" : "");
}

static bool is_one(const struct profile_key *key)
{
        return key->kind == PROFILE_FLAG || key->kind == PROFILE_TEXT || key->kind == PROFILE_BYTES;
}

static void add_element(struct text *text, const struct profile_setting *setting)
{
        const char *value = setting->value;
        const size_t name = strcspn(value, "="), start = text->len;

        if (setting->key->kind != PROFILE_MAP) {
                text_puts(text, "  - ");
                add_text(text, value);
        } else {
                text_puts(text, "  ");
                profile_add_text(text, value, name, false);
                text_puts(text, ":");
                if (value[name] == '=') {
                        text_puts(text, " ");
                        add_text(text, value + name + 1);
                }
        }
        add_place(text, start, setting);
}

static void add_key(struct text *text, const struct profile *profile, const struct profile_key *key)
{
        bool begun = false;

        for (size_t i = 0; i < profile->count; i++) {
                const struct profile_setting *setting = &profile->settings[i];
                size_t start = text->len;

                if (setting->key != key)
                        continue;
                if (!begun)
                        text_printf(text, "%s:", key->name);
                if (is_one(key)) {
                        text_puts(text, " ");
                        add_text(text, setting->value);
                        add_place(text, start, setting);
                } else {
                        if (!begun)
                                text_puts(text, "\n");
                        add_element(text, setting);
                }
                begun = true;
        }
}

void profiles_print(const struct profile *profile, const char *title, struct text *text)
{
        text_printf(text, "# %s\n", title);
        for (size_t i = 0; i < profile->file_count; i++)
                text_printf(text, "#   %s\n", profile->files[i]);
        if (profile->description != NULL) {
                text_puts(text, "\ndescription: ");
                add_quoted(text, profile->description, strlen(profile->description));
                text_puts(text, "\n");
        }
        for (int section = PROFILE_FILE + 1; section < PROFILE_SECTION_COUNT; section++) {
                bool begun = false;

                for (size_t k = 0; k < profile_key_count; k++) {
                        const struct profile_key *key = &profile_keys[k];
                        const size_t before = text->len;

                        if ((int)key->section != section)
                                continue;
                        if (!begun)
                                text_printf(text, "\n# %s\n", profile_sections[section]);
                        const size_t head = text->len;

                        add_key(text, profile, key);
                        if (!begun && text->len == head && !text_failed(text)) {
                                text->len = before; /* nothing of this section so far */
                                text->data[before] = '\0';
                        } else {
                                begun = true;
                        }
                }
        }
}

static void json_field(struct text *text, const char *name, const char *value)
{
        json_write_string(text, name);
        text_puts(text, ": ");
        if (value == NULL)
                text_puts(text, "null");
        else
                json_write_string(text, value);
}

static void json_setting(struct text *text, const struct profile_setting *setting)
{
        text_puts(text, "{");
        json_field(text, "key", setting->key->name);
        text_puts(text, ", ");
        json_field(text, "value", setting->value);
        text_puts(text, ", ");
        json_field(text, "option", setting->key->option);
        text_puts(text, ", ");
        json_field(text, "file", setting->file);
        text_printf(text, ", \"line\": %u, \"column\": %u, \"absent\": %s}", setting->line, setting->column,
                    setting->absent ? "true" : "false");
}

void profiles_json(const struct profile *profile, const char *title, struct text *text)
{
        text_printf(text, "{\"version\": %d, ", PROFILES_FORMAT_VERSION);
        json_field(text, "name", title);
        text_puts(text, ", ");
        json_field(text, "description", profile->description);
        text_puts(text, ", \"files\": [");
        for (size_t i = 0; i < profile->file_count; i++) {
                text_puts(text, i == 0 ? "" : ", ");
                json_write_string(text, profile->files[i]);
        }
        text_puts(text, "],\n \"settings\": [");
        for (size_t i = 0; i < profile->count; i++) {
                text_puts(text, i == 0 ? "\n  " : ",\n  ");
                json_setting(text, &profile->settings[i]);
        }
        text_puts(text, "]}\n");
}

/* ---- differences ------------------------------------------------------------------------------------------------------------------ */

/* What is written differently and means the same has one form: bytes as a number, capabilities without CAP_, rw is what a volume is anyway. */
static const char *meaning(const struct profile_setting *setting, struct arena *arena)
{
        const char *value = setting->value;
        const size_t len = strlen(value);
        int64_t bytes;

        if (setting->key->kind == PROFILE_BYTES && option_read_bytes(&bytes, value, arena, NULL) >= 0)
                return arena_printf(arena, "%lld", (long long)bytes);
        if (strncmp(setting->key->name, "cap-", 4) == 0) {
                char *name = arena_strdup(arena, strncasecmp(value, "CAP_", 4) == 0 ? value + 4 : value);

                for (char *c = name; c != NULL && *c != '\0'; c++)
                        if (*c >= 'a' && *c <= 'z')
                                *c = (char)(*c - 'a' + 'A');
                return name;
        }
        if (setting->key->about == PROFILE_ABOUT_TARGET && len > 3 && strcmp(value + len - 3, ":rw") == 0)
                return arena_strndup(arena, value, len - 3);
        return value;
}

struct difference {
        const struct profile_key *key;
        const char *first, *second; /* NULL: not there */
};

static bool has(const struct profile *profile, const struct profile_setting *wanted, const char *value,
                struct arena *arena)
{
        for (size_t i = 0; i < profile->count; i++) {
                const struct profile_setting *setting = &profile->settings[i];
                const char *other = setting->key == wanted->key ? meaning(setting, arena) : NULL;

                if (other != NULL && strcmp(other, value) == 0)
                        return true;
        }
        return false;
}

static int collect(const struct profile *of, const struct profile *other, const struct profile_key *key, bool second,
                   struct arena *arena, struct difference *list, size_t *count)
{
        for (size_t i = 0; i < of->count; i++) {
                const struct profile_setting *setting = &of->settings[i];
                const char *value = setting->key == key ? meaning(setting, arena) : "";

                if (value == NULL)
                        return -ENOMEM;
                if (setting->key == key && !has(other, setting, value, arena))
                        list[(*count)++] = (struct difference){key, second ? NULL : setting->value,
                                                               second ? setting->value : NULL};
        }
        return 0;
}

static void print_difference(const struct difference *d, bool json, bool more, struct text *text)
{
        const char *value = d->first != NULL ? d->first : d->second;

        if (json) {
                text_puts(text, more ? ",\n  {" : "\n  {");
                json_field(text, "key", d->key->name);
                text_puts(text, ", ");
                json_field(text, "first", d->first);
                text_puts(text, ", ");
                json_field(text, "second", d->second);
                text_puts(text, "}");
                return;
        }
        text_printf(text, "%c %s: ", d->first != NULL ? '-' : '+', d->key->name);
        add_text(text, value);
        text_puts(text, "\n");
}

int profiles_diff(const struct profile *first, const struct profile *second, bool json, struct arena *arena,
                  struct text *text, bool *ret_differ, struct ward_err *err)
{
        struct difference *list = arena_new(arena, struct difference, first->count + second->count + 1);
        size_t count = 0;

        if (list == NULL)
                return err_oom(err);
        for (size_t k = 0; k < profile_key_count; k++)
                if (collect(first, second, &profile_keys[k], false, arena, list, &count) < 0 ||
                    collect(second, first, &profile_keys[k], true, arena, list, &count) < 0)
                        return err_oom(err);
        if (json)
                text_printf(text, "{\"version\": %d, \"differences\": [", PROFILES_FORMAT_VERSION);
        for (size_t i = 0; i < count; i++)
                print_difference(&list[i], json, i > 0, text);
        if (json)
                text_puts(text, "]}\n");
        *ret_differ = count > 0;
        return text_failed(text) ? err_oom(err) : 0;
}

/* ---- the table of keys ------------------------------------------------------------------------------------------------------------ */

static void document_key(const struct profile_key *key, bool markdown, struct text *text)
{
        if (!markdown) {
                size_t start = text->len;

                text_printf(text, "  %s: %s%s%s", key->name,
                            key->kind == PROFILE_LIST || key->kind == PROFILE_WORDS ? "[" : "", key->value,
                            key->kind == PROFILE_LIST || key->kind == PROFILE_WORDS ? "]" : "");
                text_printf(text, "%*s%s\n", text->len - start < 38 ? (int)(38 - (text->len - start)) : 2, "",
                            key->help);
                return;
        }
        text_printf(text, "| `%s`", key->name);
        for (size_t i = 0; i < ELEMENTS(key->also) && key->also[i] != NULL; i++)
                text_printf(text, " `%s`", key->also[i]);
        text_printf(text, " | %s`%s` | %s%s | ",
                    key->kind == PROFILE_LIST    ? "list of "
                    : key->kind == PROFILE_MAP   ? "map of "
                    : key->kind == PROFILE_WORDS ? "list of "
                                                 : "",
                    key->value, key->help, key->host ? "; with another root it is left out" : "");
        if (key->option != NULL)
                text_printf(text, "`--%s%s%s`", key->option, key->prefix != NULL ? " " : "",
                            key->prefix != NULL ? key->prefix : "");
        text_puts(text, " |\n");
}

void profiles_document(bool markdown, struct text *text)
{
        for (int section = 0; section < PROFILE_SECTION_COUNT; section++) {
                text_printf(text, markdown ? "%s### %s\n\n" : "%s%s\n", section > 0 ? "\n" : "",
                            profile_sections[section]);
                if (markdown)
                        text_puts(text, "| key, other names | value | what it is | option |\n|---|---|---|---|\n");
                for (size_t i = 0; i < profile_key_count; i++)
                        if ((int)profile_keys[i].section == section)
                                document_key(&profile_keys[i], markdown, text);
        }
}
