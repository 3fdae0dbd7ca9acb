/* SPDX-License-Identifier: Apache-2.0 */
/* YAML by libyaml's events; see reader.h. No other file includes yaml.h. */
#include "profile/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#define DEPTH_MAX 3 /* the file, a list, a map of words in it */

struct reader {
        yaml_parser_t parser;
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

        if (reader == NULL || yaml_parser_initialize(&reader->parser) == 0) {
                (void)err_oom(err);
                return NULL;
        }
        yaml_parser_set_input_string(&reader->parser, (const unsigned char *)text, len);
        reader->file = file;
        reader->arena = arena;
        reader->err = err;
        return reader;
}

void reader_close(struct reader *reader)
{
        if (reader != NULL)
                yaml_parser_delete(&reader->parser);
}

/* A message holds words of the file, and ends on a terminal: no control characters, those of Unicode's C1 included. */
static void make_printable(char *text)
{
        for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++)
                if (*c < 0x20 || *c == 0x7f || (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0))
                        *c = '?';
}

int reader_fail(struct reader *reader, struct reader_position at, const char *format, ...)
{
        char message[WARD_ERR_MESSAGE_MAX];
        va_list args;

        va_start(args, format);
        (void)vsnprintf(message, sizeof(message), format, args);
        va_end(args);
        make_printable(message);
        (void)err_set(reader->err, -EINVAL, "%s:%u:%u: %s", reader->file, at.line, at.column, message);
        return err_mistake(reader->err, MISTAKE_PROFILE_FORM);
}

static struct reader_position position_of(const yaml_mark_t *mark)
{
        return (struct reader_position){(unsigned)mark->line + 1, (unsigned)mark->column + 1};
}

/* libyaml's own messages, of which some say more by what they were at. */
static int fail_syntax(struct reader *reader)
{
        const yaml_parser_t *parser = &reader->parser;
        const yaml_mark_t *mark = parser->error == YAML_READER_ERROR ? &parser->mark : &parser->problem_mark;

        if (parser->error == YAML_MEMORY_ERROR)
                return err_oom(reader->err);
        (void)reader_fail(reader, position_of(mark), "that is no YAML: %s%s%s",
                          parser->problem != NULL ? parser->problem : "it can't be read",
                          parser->context != NULL ? ", " : "", parser->context != NULL ? parser->context : "");
        if (parser->problem != NULL && strstr(parser->problem, "cannot start any token") != NULL)
                return err_hint(reader->err, "indent with spaces, and put quotes around a value that begins with a sign");
        return err_hint(reader->err, "write KEY: VALUE, and the elements of a list as - VALUE, indented with spaces");
}

static int fail_feature(struct reader *reader, const yaml_event_t *event, const char *what, const char *instead)
{
        (void)reader_fail(reader, position_of(&event->start_mark), "%s are not for profiles", what);
        return err_hint(reader->err, "%s", instead);
}

/* What an event has besides its value. */
static int check_properties(struct reader *reader, const yaml_event_t *event)
{
        static const char include[] = "write the value itself; what several profiles share is included: 'include: NAME'";
        const unsigned char *anchor = NULL, *tag = NULL;

        switch (event->type) {
        case YAML_ALIAS_EVENT:
                return fail_feature(reader, event, "aliases", include);
        case YAML_SCALAR_EVENT:
                anchor = event->data.scalar.anchor;
                tag = event->data.scalar.tag;
                break;
        case YAML_SEQUENCE_START_EVENT:
                anchor = event->data.sequence_start.anchor;
                tag = event->data.sequence_start.tag;
                break;
        case YAML_MAPPING_START_EVENT:
                anchor = event->data.mapping_start.anchor;
                tag = event->data.mapping_start.tag;
                break;
        default:
                return 0;
        }
        if (anchor != NULL)
                return fail_feature(reader, event, "anchors", include);
        if (tag != NULL)
                return fail_feature(reader, event, "tags", "leave the word with '!' out, or put quotes around it");
        return 0;
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

static int take_text(struct reader *reader, const yaml_event_t *event, struct reader_token *token)
{
        const char *value = (const char *)event->data.scalar.value;
        const size_t len = event->data.scalar.length;

        if (memchr(value, '\0', len) != NULL)
                return reader_fail(reader, token->at, "a text can't hold a NUL");
        token->kind = READER_TEXT;
        token->text = arena_strndup(reader->arena, value, len);
        token->none = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
                      (len == 0 || strcmp(value, "~") == 0 || strcmp(value, "null") == 0);
        return token->text == NULL ? err_oom(reader->err) : enter(reader, token);
}

/* Returns 1 for an event that is no token. */
static int take(struct reader *reader, const yaml_event_t *event, struct reader_token *token)
{
        int r = check_properties(reader, event);

        if (r < 0)
                return r;
        token->at = position_of(&event->start_mark);
        token->end = position_of(&event->end_mark);
        switch (event->type) {
        case YAML_DOCUMENT_START_EVENT:
                if (reader->document)
                        return fail_feature(reader, event, "several documents in one file", "leave one of them");
                reader->document = true;
                return 1;
        case YAML_SCALAR_EVENT:
                return take_text(reader, event, token);
        case YAML_SEQUENCE_START_EVENT:
        case YAML_MAPPING_START_EVENT:
                token->kind = event->type == YAML_MAPPING_START_EVENT ? READER_MAP : READER_LIST;
                return enter(reader, token);
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT:
                token->kind = READER_CLOSE;
                reader->depth--;
                return 0;
        case YAML_STREAM_END_EVENT:
                token->kind = READER_END;
                return 0;
        default: /* where the stream begins, and where the document ends */
                return 1;
        }
}

int reader_next(struct reader *reader, struct reader_token *ret_token)
{
        int r = 1;

        while (r == 1) {
                struct reader_token token = {0};
                yaml_event_t event;

                if (yaml_parser_parse(&reader->parser, &event) == 0)
                        return fail_syntax(reader);
                r = take(reader, &event, &token);
                yaml_event_delete(&event);
                if (r == 0)
                        *ret_token = token;
        }
        return r;
}
