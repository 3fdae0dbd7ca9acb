/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value of a profile's text changed; see profile.h. The text is not written anew from what was read, which would lose comments: the reader says where the value
 * stands, and what is there is replaced. What comes out is read again, and has to differ by that value alone; else the text is refused, and a person does it.
 */
#include <string.h>

#include "profile/load.h"

struct span {
        size_t from, to; /* bytes of the text */
};

/* The value of the key, as the text has it. */
struct found {
        bool there;
        struct span key;
        enum reader_kind kind;
        struct span whole;    /* TEXT: the value; else from its first character to behind its last */
        bool flow;            /* a list or a map in brackets */
        size_t element;       /* where its last element begins, and */
        size_t last;          /* where the last text in it ends; 0: it is empty */
        bool replace;         /* there is an element about the same: */
        struct span replaced; /* its text; of a map the value, which may be nothing */
};

struct editing {
        const char *text, *file;
        size_t len;
        struct arena *arena;
        struct ward_err *err;
        struct profile_setting wanted;
};

static int too_hard(const struct editing *e)
{
        (void)err_set(e->err, -ENOTSUP, "%s: '%s' is not written so that it can be changed by itself", e->file,
                      e->wanted.key->name);
        (void)err_mistake(e->err, MISTAKE_PROFILE_FORM);
        return err_hint(e->err, "change it in an editor, and 'ward profile check' it");
}

/* The byte at a line and a column, which counts characters. */
static size_t offset_of(const struct editing *e, struct reader_position at)
{
        const char *c = e->text, *end = e->text + e->len;

        for (unsigned line = 1; line < at.line && c < end; line++) {
                const char *feed = memchr(c, '\n', (size_t)(end - c));

                c = feed == NULL ? end : feed + 1;
        }
        for (unsigned column = 1; column < at.column && c < end; column++)
                for (c++; c < end && ((unsigned char)*c & 0xc0) == 0x80;)
                        c++;
        return (size_t)(c - e->text);
}

static struct span span_of(const struct editing *e, const struct reader_token *token)
{
        return (struct span){offset_of(e, token->at), offset_of(e, token->end)};
}

static size_t line_start(const struct editing *e, size_t at)
{
        while (at > 0 && e->text[at - 1] != '\n')
                at--;
        return at;
}

static size_t next_line(const struct editing *e, size_t at)
{
        while (at < e->len && e->text[at] != '\n')
                at++;
        return at < e->len ? at + 1 : at;
}

/* ---- finding ------------------------------------------------------------------------------------------------------------------ */

/* What is said of one element: whether it is about the same as what is wanted. */
static bool is_same(const struct editing *e, const char *value)
{
        const struct profile_setting there = {.key = e->wanted.key, .value = value};

        return value != NULL && profile_replaces(&e->wanted, &there);
}

/* The inside of a list or a map. In a map a name and its value are one element. */
static int find_elements(struct editing *e, struct reader *reader, bool map, struct found *found)
{
        const char *name = NULL;
        unsigned depth = 1;
        int r;

        for (;;) {
                struct reader_token token;

                r = reader_next(reader, &token);
                if (r < 0)
                        return r;
                depth += token.kind == READER_LIST || token.kind == READER_MAP;
                if (token.kind == READER_CLOSE && --depth == 0) {
                        found->whole.to = found->flow ? offset_of(e, token.end) : found->last;
                        return 0;
                }
                if (token.kind == READER_CLOSE) {
                        if (e->text[offset_of(e, token.at)] == '}')
                                found->last = offset_of(e, token.end);
                        continue;
                }
                if ((depth == 1 || (depth == 2 && token.kind != READER_TEXT)) && (!map || name == NULL))
                        found->element = offset_of(e, token.at);
                if (token.kind != READER_TEXT)
                        continue;
                if (!token.none || *token.text != '\0' || token.end.column > token.at.column)
                        found->last = offset_of(e, token.end);
                if (depth != 1)
                        continue;
                if (map && name == NULL) {
                        name = token.text;
                        continue;
                }
                if (is_same(e, map ? arena_concat(e->arena, name, "=", token.text) : token.text)) {
                        found->replace = true;
                        found->replaced = span_of(e, &token);
                        if (token.none && *token.text == '\0')
                                found->replaced.from = found->replaced.to = found->last;
                }
                name = NULL;
        }
}

static int find_value(struct editing *e, struct reader *reader, struct found *found)
{
        struct reader_token token;
        int r = reader_next(reader, &token);

        if (r < 0)
                return r;
        found->kind = token.kind;
        found->whole = span_of(e, &token);
        if (token.kind == READER_TEXT)
                return 0;
        found->flow = strchr("[{", e->text[found->whole.from]) != NULL;
        return find_elements(e, reader, token.kind == READER_MAP, found);
}

static int skip_value(struct reader *reader)
{
        unsigned depth = 0;

        for (;;) {
                struct reader_token token;
                int r = reader_next(reader, &token);

                if (r < 0)
                        return r;
                depth += token.kind == READER_LIST || token.kind == READER_MAP;
                depth -= token.kind == READER_CLOSE;
                if (depth == 0)
                        return 0;
        }
}

static int find_key(struct editing *e, struct found *found)
{
        _cleanup_reader_ struct reader *reader = reader_open(e->text, e->len, e->file, e->arena, e->err);
        struct reader_token token;
        int r;

        if (reader == NULL)
                return -ENOMEM;
        r = reader_next(reader, &token);
        if (r < 0 || token.kind != READER_MAP)
                return r; /* a file of comments */
        if (e->len > 0 && e->text[offset_of(e, token.at)] == '{')
                return too_hard(e);
        while ((r = reader_next(reader, &token)) >= 0 && token.kind == READER_TEXT) {
                char *name = arena_strdup(e->arena, token.text);

                for (char *c = name; c != NULL && *c != '\0'; c++)
                        if (*c == '_')
                                *c = '-';
                if (name == NULL)
                        return err_oom(e->err);
                if (profiles_key(name) == e->wanted.key) {
                        found->there = true;
                        found->key = span_of(e, &token);
                        return find_value(e, reader, found);
                }
                r = skip_value(reader);
                if (r < 0)
                        break;
        }
        return r;
}

/* ---- writing ------------------------------------------------------------------------------------------------------------------ */

/* NAME: VALUE in a map, NAME=VALUE in a list. */
static void add_element(const struct editing *e, bool map, bool flow, struct text *out)
{
        const char *value = e->wanted.value;
        const size_t name = strcspn(value, "=");

        if (!map) {
                profile_add_text(out, value, strlen(value), flow);
                return;
        }
        profile_add_text(out, value, name, flow);
        text_puts(out, ":");
        if (value[name] == '=') {
                text_puts(out, " ");
                profile_add_text(out, value + name + 1, strlen(value + name + 1), flow);
        }
}

static void replace(const struct editing *e, struct span span, const char *new, size_t len, struct text *out)
{
        text_add(out, e->text, span.from);
        text_add(out, new, len);
        text_add(out, e->text + span.to, e->len - span.to);
}

static void append_key(const struct editing *e, struct text *out)
{
        const enum profile_kind kind = e->wanted.key->kind;
        const bool many = kind == PROFILE_LIST || kind == PROFILE_MAP || kind == PROFILE_WORDS;

        text_add(out, e->text, e->len);
        if (e->len > 0 && e->text[e->len - 1] != '\n')
                text_puts(out, "\n");
        text_printf(out, many ? "%s:\n%s" : "%s: ", e->wanted.key->name, kind == PROFILE_MAP ? "  " : "  - ");
        add_element(e, kind == PROFILE_MAP, false, out);
        text_puts(out, "\n");
}

/* One more behind the last of a list or a map that has a line for each: with what stands in front of the last one. */
static int append_line(const struct editing *e, const struct found *found, struct text *out)
{
        const size_t start = line_start(e, found->element), behind = next_line(e, found->last - 1);
        const bool map = found->kind == READER_MAP;

        for (size_t i = start; i < found->element; i++)
                if (strchr(map ? " " : " -", e->text[i]) == NULL)
                        return too_hard(e);
        text_add(out, e->text, behind);
        if (behind > 0 && e->text[behind - 1] != '\n')
                text_puts(out, "\n");
        text_add(out, e->text + start, found->element - start);
        add_element(e, map, false, out);
        text_puts(out, "\n");
        text_add(out, e->text + behind, e->len - behind);
        return 0;
}

static int set(const struct editing *e, const struct found *found, struct text *out)
{
        const enum profile_kind kind = e->wanted.key->kind;
        const bool many = kind == PROFILE_LIST || kind == PROFILE_MAP || kind == PROFILE_WORDS;
        const char *value = e->wanted.value;
        _cleanup_text_ struct text new = {0};
        struct span span = found->whole;

        if (!found->there) {
                append_key(e, out);
                return 0;
        }
        if (found->kind == READER_TEXT && !many) {
                profile_add_text(&new, value, strlen(value), false);
        } else if (found->kind == READER_TEXT) {
                text_puts(&new, "[");
                text_add(&new, e->text + span.from, span.to - span.from);
                text_puts(&new, ", ");
                profile_add_text(&new, value, strlen(value), true);
                text_puts(&new, "]");
        } else if (found->replace) {
                span = found->replaced;
                if (found->kind == READER_MAP && strchr(value, '=') != NULL)
                        value = strchr(value, '=') + 1;
                else if (found->kind == READER_MAP)
                        return too_hard(e);
                text_puts(&new, span.from == span.to ? " " : "");
                profile_add_text(&new, value, strlen(value), found->flow);
        } else if (!found->flow) {
                return append_line(e, found, out);
        } else {
                span.from = span.to = found->last != 0 ? found->last : found->whole.from + 1;
                text_puts(&new, found->last != 0 ? ", " : "");
                add_element(e, found->kind == READER_MAP, true, &new);
        }
        /* What a block of text has behind it is the end of a line. */
        if (span.to > span.from && e->text[span.to - 1] == '\n')
                text_puts(&new, "\n");
        if (text_failed(&new))
                return err_oom(e->err);
        replace(e, span, new.data, new.len, out);
        return 0;
}

static int unset(const struct editing *e, const struct found *found, struct text *out)
{
        if (!found->there) {
                (void)err_set(e->err, -ENOENT, "%s: there is no '%s'", e->file, e->wanted.key->name);
                return err_mistake(e->err, MISTAKE_PROFILE_FORM);
        }
        replace(e, (struct span){line_start(e, found->key.from), next_line(e, found->whole.to - 1)}, "", 0, out);
        return 0;
}

/* The value as it has to be read from the file. */
static int expect(const struct editing *e, const char **ret_value)
{
        const struct profile_key *key = e->wanted.key;
        const bool many = key->kind != PROFILE_FLAG && key->kind != PROFILE_TEXT && key->kind != PROFILE_BYTES;
        _cleanup_text_ struct text text = {0};
        struct profile_text read;

        text_printf(&text, many ? "%s: [" : "%s: ", key->name);
        profile_add_text(&text, e->wanted.value, strlen(e->wanted.value), many);
        text_puts(&text, many ? "]" : "");
        if (text_failed(&text))
                return err_oom(e->err);
        if (profile_parse(text.data, text.len, e->file, e->arena, &read, NULL) < 0 || read.count != 1)
                return profile_parse(text.data, text.len, "the new value", e->arena, &read, e->err) < 0 ? -EINVAL
                                                                                                        : too_hard(e);
        *ret_value = read.settings[0].value;
        return 0;
}

/* What has to come out is the value, and everything of other keys as it was. */
static bool is_as_wanted(const struct editing *e, const char *value, const struct profile_text *before,
                         const struct profile_text *after)
{
        bool there = false;
        size_t i = 0, j = 0;

        for (;; i++, j++) {
                while (i < before->count && before->settings[i].key == e->wanted.key)
                        i++;
                for (; j < after->count && after->settings[j].key == e->wanted.key; j++)
                        there |= value != NULL && strcmp(after->settings[j].value, value) == 0;
                if (i == before->count || j == after->count)
                        break;
                if (before->settings[i].key != after->settings[j].key ||
                    strcmp(before->settings[i].value, after->settings[j].value) != 0)
                        return false;
        }
        return i == before->count && j == after->count && there == (value != NULL) &&
               before->include_count == after->include_count && before->reset_count == after->reset_count;
}

int profiles_edit(const char *text, size_t len, const char *file, const struct profile_key *key, const char *value,
                  struct arena *arena, struct text *out, struct ward_err *err)
{
        struct editing e = {.text = text,
                            .file = file,
                            .len = len,
                            .arena = arena,
                            .err = err,
                            .wanted = {.key = key, .value = value != NULL ? value : ""}};
        struct profile_text before, after;
        const char *expected = NULL;
        struct found found = {0};
        int r = profile_parse(text, len, file, arena, &before, err);

        if (r >= 0 && value != NULL)
                r = expect(&e, &expected);
        if (r >= 0)
                r = find_key(&e, &found);
        if (r >= 0)
                r = value != NULL ? set(&e, &found, out) : unset(&e, &found, out);
        if (r < 0)
                return r;
        if (text_failed(out))
                return err_oom(err);
        if (profile_parse(out->data != NULL ? out->data : "", out->len, file, arena, &after, NULL) < 0 ||
            !is_as_wanted(&e, expected, &before, &after))
                return too_hard(&e);
        return 0;
}
