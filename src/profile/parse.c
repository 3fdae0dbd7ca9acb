/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a profile's file becomes settings, by the table of keys; see load.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "profile/load.h"

/* One file that is being read. */
struct parsing {
        struct reader *reader;
        struct arena *arena;
        struct ward_err *err;
        const char *file;
        struct profile_text *out;
        unsigned lines[128]; /* where each key was seen, by its place in the table */
};

static const char *with_dashes(const char *name, struct arena *arena)
{
        char *copy = arena_strdup(arena, name);

        for (char *c = copy; c != NULL && *c != '\0'; c++)
                if (*c == '_')
                        *c = '-';
        return copy;
}

const struct profile_key *profiles_key(const char *name)
{
        for (size_t i = 0; i < profile_key_count; i++) {
                if (strcmp(profile_keys[i].name, name) == 0)
                        return &profile_keys[i];
                for (size_t j = 0; j < ELEMENTS(profile_keys[i].also) && profile_keys[i].also[j] != NULL; j++)
                        if (strcmp(profile_keys[i].also[j], name) == 0)
                                return &profile_keys[i];
        }
        return NULL;
}

int profiles_key_hint(const char *name, struct arena *arena, struct ward_err *err)
{
        static const struct {
                const char *name, *hint;
        } others[] = {
                {"security-opt",
                 "its words are keys: seccomp, apparmor, label, smack, mask, unmask, no-new-privileges"},
                {"ports", "ward opens no ports: 'network: host' has the machine's"},
                {"image", "ROOT stands on the command line: ward run --profile NAME ROOT COMMAND"},
                {"command", "the command stands on the command line: ward run --profile NAME ROOT COMMAND"},
                {"<<", "there are no merge keys; write 'include: NAME'"},
                {"extends", "write 'include: NAME'"},
        };
        const char **names = arena_new(arena, const char *, profile_key_count * 4), *near;
        size_t count = 0;

        if (names == NULL)
                return err_oom(err);
        for (size_t i = 0; i < ELEMENTS(others); i++)
                if (strcmp(others[i].name, name) == 0)
                        return err_hint(err, "%s", others[i].hint);
        for (size_t i = 0; i < profile_key_count; i++) {
                names[count++] = profile_keys[i].name;
                for (size_t j = 0; j < ELEMENTS(profile_keys[i].also) && profile_keys[i].also[j] != NULL; j++)
                        names[count++] = profile_keys[i].also[j];
        }
        near = text_nearest(name, names, count);
        return near != NULL ? err_hint(err, "did you mean '%s'?", near)
                            : err_hint(err, "'ward profile keys' lists them");
}

static int unknown_key(struct parsing *p, const struct reader_token *token, const char *name)
{
        (void)reader_fail(p->reader, token->at, "unknown key '%s'", token->text);
        return profiles_key_hint(name, p->arena, p->err);
}

/* ---- values ------------------------------------------------------------------------------------------------------------------ */

int profile_expand(const char *value, struct arena *arena, const char **ret_value, const char **ret_missing,
                   struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};
        char directory[4096];
        const char *at = value;

        *ret_missing = NULL;
        if (strncmp(at, "~/", 2) == 0 || (at[0] == '~' && (at[1] == ':' || at[1] == '\0'))) {
                const char *home = secure_getenv("HOME");

                if (home == NULL)
                        *ret_missing = "HOME";
                text_puts(&text, home != NULL ? home : "");
                at++;
        }
        while (*at != '\0') {
                size_t plain = strcspn(at, "$"), len;
                const char *name, *found;

                text_add(&text, at, plain);
                at += plain;
                if (at[0] == '\0')
                        break;
                len = at[1] == '{' ? strcspn(at + 2, "}") : 0;
                if (len == 0 || at[2 + len] == '\0') {
                        text_add(&text, at++, 1);
                        continue;
                }
                name = arena_strndup(arena, at + 2, len);
                if (name == NULL)
                        return err_oom(err);
                /* What a shell left in PWD may be out of date. */
                found = strcmp(name, "PWD") == 0 ? getcwd(directory, sizeof(directory)) : secure_getenv(name);
                if (found == NULL)
                        *ret_missing = name;
                text_puts(&text, found != NULL ? found : "");
                at += len + 3;
        }
        if (text_failed(&text))
                return err_oom(err);
        *ret_value = arena_strndup(arena, text.data != NULL ? text.data : "", text.len);
        return *ret_value == NULL ? err_oom(err) : 0;
}

/* What begins with ./ lies beside the profile. */
static int beside(struct parsing *p, const struct reader_token *token, const char **value)
{
        const char *slash = strrchr(p->file, '/');

        if (strncmp(*value, "./", 2) != 0)
                return 0;
        *value =
                slash == NULL ? *value : arena_printf(p->arena, "%.*s/%s", (int)(slash - p->file), p->file, *value + 2);
        return *value == NULL ? err_oom(p->err) : 0;
}

/* Where the value names something of this machine, whether it is there. */
static bool is_there(const struct profile_key *key, const char *value, struct arena *arena)
{
        const char *path = arena_strndup(arena, value, strcspn(value, ":"));

        return !key->if_there || path == NULL || access(path, F_OK) == 0;
}

static int add_to(struct parsing *p, struct profile_setting **list, size_t *count, const struct reader_token *token,
                  const struct profile_key *key, const char *value, bool absent)
{
        if (*count == PROFILE_SETTINGS_MAX)
                return reader_fail(p->reader, token->at, "a profile has at most %d settings", PROFILE_SETTINGS_MAX);
        if (!profile_grow(list, *count, p->arena))
                return err_oom(p->err);
        (*list)[(*count)++] = (struct profile_setting){
                .key = key,
                .value = value,
                .absent = absent,
                .file = p->file,
                .line = token->at.line,
                .column = token->at.column,
        };
        return 0;
}

static int check_none(struct parsing *p, const struct profile_key *key, const struct reader_token *token)
{
        if (!token->none && *token->text != '\0')
                return 0;
        (void)reader_fail(p->reader, token->at, "%s: there is no value", key->name);
        return err_hint(p->err, "write %s: %s", key->name, key->value);
}

static int add_value(struct parsing *p, const struct profile_key *key, const struct reader_token *token,
                     const char *value)
{
        struct profile_text *out = p->out;
        const char *missing = NULL;
        int r = 0;

        if (key->section == PROFILE_FILE) {
                if (key->kind == PROFILE_TEXT) {
                        out->description = value;
                        return 0;
                }
                if (strcmp(key->name, "include") == 0)
                        return add_to(p, &out->includes, &out->include_count, token, key, value, false);
                value = with_dashes(value, p->arena);
                if (value == NULL)
                        return err_oom(p->err);
                if (profiles_key(value) == NULL || profiles_key(value)->option == NULL)
                        return unknown_key(p, token, value);
                return add_to(p, &out->resets, &out->reset_count, token, profiles_key(value), value, false);
        }
        if (key->path)
                r = profile_expand(value, p->arena, &value, &missing, p->err);
        if (r >= 0 && key->own_file)
                r = beside(p, token, &value);
        if (r < 0)
                return r;
        if (missing != NULL && !key->if_there) {
                (void)reader_fail(p->reader, token->at, "%s: the variable %s is not set", key->name, missing);
                return err_hint(p->err, "set it, or write the path itself");
        }
        return add_to(p, &out->settings, &out->count, token, key, value,
                      missing != NULL || !is_there(key, value, p->arena));
}

/* true and false alone: who writes "no" shall not wonder whether YAML takes it for one. */
static int read_flag(struct parsing *p, const struct profile_key *key, const struct reader_token *token)
{
        static const char *const yes[] = {"yes", "on", "1", "y"}, *const no[] = {"no", "off", "0", "n"};

        if (strcmp(token->text, "true") == 0 || strcmp(token->text, "false") == 0)
                return add_value(p, key, token, token->text);
        (void)reader_fail(p->reader, token->at, "%s: '%s' is not true or false", key->name, token->text);
        for (size_t i = 0; i < ELEMENTS(yes); i++)
                if (strcasecmp(token->text, yes[i]) == 0 || strcasecmp(token->text, no[i]) == 0)
                        return err_hint(p->err, "write %s", strcasecmp(token->text, yes[i]) == 0 ? "true" : "false");
        return err_hint(p->err, "write %s: true or %s: false", key->name, key->name);
}

/* A variable without a value is the caller's own; of everything else a value is wanted. */
static bool may_lack_value(const struct profile_key *key)
{
        return strcmp(key->name, "env") == 0;
}

/* NAME=VALUE, in a list. */
static bool is_pair(const struct profile_key *key, const char *text)
{
        const size_t name = strcspn(text, "=");

        return name > 0 && (may_lack_value(key) || (text[name] == '=' && text[name + 1] != '\0'));
}

static int read_one(struct parsing *p, const struct profile_key *key, const struct reader_token *token)
{
        int r = check_none(p, key, token);

        if (r >= 0 && key->kind == PROFILE_MAP && !is_pair(key, token->text)) {
                (void)reader_fail(p->reader, token->at, "%s: '%s' is not NAME=VALUE", key->name, token->text);
                return err_hint(p->err, "write %s", key->value);
        }
        return r < 0 ? r : key->kind == PROFILE_FLAG ? read_flag(p, key, token) : add_value(p, key, token, token->text);
}

static int wants_text(struct parsing *p, const struct profile_key *key, const struct reader_token *token)
{
        if (token->kind == READER_TEXT)
                return 0;
        (void)reader_fail(p->reader, token->at, "%s: a value is wanted here, not a %s", key->name,
                          token->kind == READER_MAP ? "map" : "list");
        return err_hint(p->err, key->kind == PROFILE_LIST || key->kind == PROFILE_WORDS ? "write - %s" : "write %s",
                        key->value);
}

/* {type: bind, src: /a, dst: /b, ro: true} becomes type=bind,src=/a,dst=/b,ro. */
static int read_words(struct parsing *p, const struct profile_key *key, const struct reader_token *at)
{
        _cleanup_text_ struct text text = {0};
        struct reader_token name, token;
        const char *value, *missing;
        int r;

        for (;;) {
                r = reader_next(p->reader, &name);
                if (r < 0)
                        return r;
                if (name.kind == READER_CLOSE)
                        break;
                r = reader_next(p->reader, &token);
                if (r >= 0)
                        r = wants_text(p, key, &token);
                if (r >= 0)
                        r = profile_expand(token.text, p->arena, &value, &missing, p->err);
                if (r < 0)
                        return r;
                if (missing != NULL)
                        return reader_fail(p->reader, token.at, "%s: the variable %s is not set", key->name, missing);
                if (strchr(value, ',') != NULL || strpbrk(name.text, ",=") != NULL)
                        return reader_fail(p->reader, token.at, "%s: '%s' can't hold a comma", key->name, name.text);
                if (strcmp(value, "false") == 0)
                        continue;
                text_printf(&text, "%s%s", text.len > 0 ? "," : "", name.text);
                if (strcmp(value, "true") != 0 && !token.none)
                        text_printf(&text, "=%s", value);
        }
        if (text_failed(&text) || (value = arena_strndup(p->arena, text.len > 0 ? text.data : "", text.len)) == NULL)
                return err_oom(p->err);
        if (*value == '\0')
                return reader_fail(p->reader, at->at, "%s: there is no word in it", key->name);
        return add_to(p, &p->out->settings, &p->out->count, at, key, value, false);
}

static int read_list(struct parsing *p, const struct profile_key *key)
{
        for (;;) {
                struct reader_token token;
                int r = reader_next(p->reader, &token);

                if (r < 0 || token.kind == READER_CLOSE)
                        return r;
                if (token.kind == READER_MAP && key->kind == PROFILE_WORDS)
                        r = read_words(p, key, &token);
                else
                        r = wants_text(p, key, &token);
                if (r >= 0 && token.kind == READER_TEXT)
                        r = read_one(p, key, &token);
                if (r < 0)
                        return r;
        }
}

/* NAME: VALUE. */
static int read_map(struct parsing *p, const struct profile_key *key)
{
        size_t first = p->out->count;

        for (;;) {
                struct reader_token name, token;
                const char *value;
                int r = reader_next(p->reader, &name);

                if (r < 0 || name.kind == READER_CLOSE)
                        return r;
                r = reader_next(p->reader, &token);
                if (r >= 0)
                        r = wants_text(p, key, &token);
                if (r >= 0 && !may_lack_value(key))
                        r = check_none(p, key, &token);
                if (r < 0)
                        return r;
                if (*name.text == '\0' || strchr(name.text, '=') != NULL)
                        return reader_fail(p->reader, name.at, "%s: '%s' is no name", key->name, name.text);
                for (size_t i = first; i < p->out->count; i++)
                        if (strncmp(p->out->settings[i].value, name.text, strlen(name.text)) == 0 &&
                            strchr("=", p->out->settings[i].value[strlen(name.text)]) != NULL)
                                return reader_fail(p->reader, name.at, "%s: '%s' is there twice, first in line %u",
                                                   key->name, name.text, p->out->settings[i].line);
                value = token.none ? name.text : arena_concat(p->arena, name.text, "=", token.text);
                r = value == NULL ? err_oom(p->err) : add_value(p, key, &name, value);
                if (r < 0)
                        return r;
        }
}

static bool is_many(const struct profile_key *key)
{
        return key->kind == PROFILE_LIST || key->kind == PROFILE_MAP || key->kind == PROFILE_WORDS;
}

static int read_value(struct parsing *p, const struct profile_key *key)
{
        struct reader_token token;
        int r = reader_next(p->reader, &token);

        if (r < 0)
                return r;
        if (token.kind == READER_LIST && is_many(key))
                return read_list(p, key);
        if (token.kind == READER_MAP && key->kind == PROFILE_MAP)
                return read_map(p, key);
        r = wants_text(p, key, &token);
        return r < 0 ? r : read_one(p, key, &token);
}

static int read_keys(struct parsing *p)
{
        for (;;) {
                const struct profile_key *key;
                struct reader_token token;
                const char *name;
                int r = reader_next(p->reader, &token);

                if (r < 0 || token.kind == READER_CLOSE)
                        return r;
                name = with_dashes(token.text, p->arena);
                if (name == NULL)
                        return err_oom(p->err);
                key = profiles_key(name);
                if (key == NULL)
                        return unknown_key(p, &token, name);
                if (p->lines[key - profile_keys] != 0) {
                        (void)reader_fail(p->reader, token.at, "the key '%s' is there twice, first in line %u",
                                          token.text, p->lines[key - profile_keys]);
                        return err_hint(p->err, "put both under one");
                }
                p->lines[key - profile_keys] = token.at.line;
                r = read_value(p, key);
                if (r < 0)
                        return r;
        }
}

int profile_parse(const char *text, size_t len, const char *file, struct arena *arena, struct profile_text *ret,
                  struct ward_err *err)
{
        _cleanup_reader_ struct reader *reader = reader_open(text, len, file, arena, err);
        struct profile_text out = {0};
        struct parsing p = {.reader = reader, .arena = arena, .err = err, .file = file, .out = &out};
        struct reader_token token;
        int r;

        assert(profile_key_count <= ELEMENTS(p.lines));
        if (reader == NULL)
                return -ENOMEM;
        r = reader_next(reader, &token);
        /* A file without a word, or with comments alone, asks for nothing. */
        if (r >= 0 && token.kind != READER_END && !(token.kind == READER_TEXT && token.none)) {
                if (token.kind != READER_MAP) {
                        (void)reader_fail(reader, token.at, "a profile is a map of keys and values");
                        return err_hint(err, "write KEY: VALUE; 'ward profile keys' lists the keys");
                }
                r = read_keys(&p);
        }
        if (r >= 0 && token.kind != READER_END)
                r = reader_next(reader, &token); /* behind the map nothing may be left */
        if (r >= 0)
                *ret = out;
        return r;
}
