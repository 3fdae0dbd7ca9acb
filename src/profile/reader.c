/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of the events of a YAML text; see reader.h. */
#include "profile/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/events.h"
#include "profile/yaml.h"

#define DEPTH_MAX 3 /* the file, a list, a map of words in it */

struct reader {
        struct text events;
        size_t at;
        const char *file;
        struct arena *arena;
        struct ward_err *err;
        unsigned depth;
        bool is_map[DEPTH_MAX + 1], is_value[DEPTH_MAX + 1]; /* of the level: what comes next is a value, not a key */
        bool document;                                       /* one has begun */
};

struct reader *reader_open(const char *text, size_t len, const char *file, struct arena *arena, struct ward_err *err)
{
        struct reader *reader = arena_new(arena, struct reader, 1);

        if (reader == NULL) {
                (void)err_oom(err);
                return NULL;
        }
        reader->file = file;
        reader->arena = arena;
        reader->err = err;
        if (profile_events(text, len, &reader->events, err) >= 0)
                return reader;
        (void)err_wrap(err, "%s", file);
        reader_close(reader);
        return NULL;
}

void reader_close(struct reader *reader)
{
        if (reader != NULL)
                text_done(&reader->events);
}

int reader_fail(struct reader *reader, struct reader_position at, const char *format, ...)
{
        char message[WARD_ERR_MESSAGE_MAX];
        va_list args;

        va_start(args, format);
        (void)vsnprintf(message, sizeof(message), format, args);
        va_end(args);
        (void)err_set(reader->err, -EINVAL, "%s:%u:%u: %s", reader->file, at.line, at.column, message);
        return err_mistake(reader->err, MISTAKE_PROFILE_FORM);
}

static int fail_syntax(struct reader *reader, const struct reader_token *token)
{
        (void)reader_fail(reader, token->at, "that is no YAML: %s", token->text);
        if (strstr(token->text, "cannot start any token") != NULL)
                return err_hint(reader->err,
                                "indent with spaces, and put quotes around a value that begins with a sign");
        return err_hint(reader->err, "write KEY: VALUE, and the elements of a list as - VALUE, indented with spaces");
}

static int fail_feature(struct reader *reader, const struct reader_token *token, const char *what, const char *instead)
{
        (void)reader_fail(reader, token->at, "%s are not for profiles", what);
        return err_hint(reader->err, "%s", instead);
}

/* What a key or a value makes of the level that it stands in. */
static int enter(struct reader *reader, const struct reader_token *token)
{
        unsigned level = reader->depth;
        bool key = level > 0 && reader->is_map[level] && !reader->is_value[level];

        if (key && token->kind != READER_TEXT)
                return reader_fail(reader, token->at, "a key is a word, not a list or a map");
        if (level > 0 && reader->is_map[level])
                reader->is_value[level] = key;
        if (token->kind == READER_TEXT)
                return 0;
        if (level == DEPTH_MAX)
                return reader_fail(reader, token->at, "nothing in a profile is nested that deep");
        reader->depth = level + 1;
        reader->is_map[level + 1] = token->kind == READER_MAP;
        reader->is_value[level + 1] = false;
        return 0;
}

static int take_text(struct reader *reader, const struct event *event, struct reader_token *token)
{
        if (strlen(token->text) != event->len)
                return reader_fail(reader, token->at, "a text can't hold a NUL");
        token->kind = READER_TEXT;
        token->none = (event->flags & EVENT_IS_PLAIN) != 0 &&
                      (event->len == 0 || strcmp(token->text, "~") == 0 || strcmp(token->text, "null") == 0);
        return enter(reader, token);
}

/* Returns 1 for an event that is no token. */
static int take(struct reader *reader, const struct event *event, struct reader_token *token)
{
        static const char include[] =
                "write the value itself; what several profiles share is included: 'include: NAME'";

        if (event->kind == EVENT_ALIAS)
                return fail_feature(reader, token, "aliases", include);
        if ((event->flags & EVENT_HAS_ANCHOR) != 0)
                return fail_feature(reader, token, "anchors", include);
        if ((event->flags & EVENT_HAS_TAG) != 0)
                return fail_feature(reader, token, "tags", "leave the word with '!' out, or put quotes around it");
        switch (event->kind) {
        case EVENT_DOCUMENT:
                if (reader->document)
                        return fail_feature(reader, token, "several documents in one file", "leave one of them");
                reader->document = true;
                return 1;
        case EVENT_TEXT:
                return take_text(reader, event, token);
        case EVENT_LIST:
        case EVENT_MAP:
                token->kind = event->kind == EVENT_MAP ? READER_MAP : READER_LIST;
                return enter(reader, token);
        case EVENT_CLOSE:
                token->kind = READER_CLOSE;
                reader->depth--;
                return 0;
        case EVENT_END:
                token->kind = READER_END;
                return 0;
        default:
                return fail_syntax(reader, token);
        }
}

int reader_next(struct reader *reader, struct reader_token *ret_token)
{
        int r = 1;

        while (r == 1) {
                struct reader_token token = {0};
                struct event event;
                size_t left = reader->events.len - reader->at;

                if (left >= sizeof(event))
                        memcpy(&event, reader->events.data + reader->at, sizeof(event));
                if (left < sizeof(event) || left - sizeof(event) < event.len)
                        return err_set(reader->err, -EPROTO, "%s: the helper's answer is cut short", reader->file);
                token.at = (struct reader_position){event.line, event.column};
                token.end = (struct reader_position){event.end_line, event.end_column};
                token.text = arena_strndup(reader->arena, reader->events.data + reader->at + sizeof(event), event.len);
                if (token.text == NULL)
                        return err_oom(reader->err);
                reader->at += sizeof(event) + event.len;
                r = take(reader, &event, &token);
                if (r == 0)
                        *ret_token = token;
        }
        return r;
}
