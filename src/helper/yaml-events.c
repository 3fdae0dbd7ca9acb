/* SPDX-License-Identifier: Apache-2.0 */
/* What libyaml finds in a text; no other file includes yaml.h. Nothing is judged here: who reads the records does. */
#include "helper/yaml-events.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "base/events.h"

static void add(struct text *out, struct event event, const yaml_mark_t *from, const yaml_mark_t *to, const char *text)
{
        event.line = (uint32_t)from->line + 1;
        event.column = (uint32_t)from->column + 1;
        event.end_line = (uint32_t)to->line + 1;
        event.end_column = (uint32_t)to->column + 1;
        text_add(out, (const char *)&event, sizeof(event));
        text_add(out, text, event.len);
}

/* libyaml's own messages, of which some say more by what they were at. */
static void add_error(const yaml_parser_t *parser, struct text *out)
{
        const yaml_mark_t *mark = parser->error == YAML_READER_ERROR ? &parser->mark : &parser->problem_mark;
        char message[256];

        (void)snprintf(message, sizeof(message), "%s%s%s",
                       parser->problem != NULL ? parser->problem : "it can't be read",
                       parser->context != NULL ? ", " : "", parser->context != NULL ? parser->context : "");
        add(out, (struct event){.kind = EVENT_ERROR, .len = (uint32_t)strlen(message)}, mark, mark, message);
}

static uint32_t properties(const unsigned char *anchor, const unsigned char *tag)
{
        return (anchor != NULL ? EVENT_HAS_ANCHOR : 0U) | (tag != NULL ? EVENT_HAS_TAG : 0U);
}

static void add_event(const yaml_event_t *found, struct text *out)
{
        struct event event = {0};
        const char *text = "";

        switch (found->type) {
        case YAML_DOCUMENT_START_EVENT:
                event.kind = EVENT_DOCUMENT;
                break;
        case YAML_SCALAR_EVENT:
                event.kind = EVENT_TEXT;
                event.flags = properties(found->data.scalar.anchor, found->data.scalar.tag) |
                              (found->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? EVENT_IS_PLAIN : 0U);
                event.len = (uint32_t)found->data.scalar.length;
                text = (const char *)found->data.scalar.value;
                break;
        case YAML_ALIAS_EVENT:
                event.kind = EVENT_ALIAS;
                break;
        case YAML_SEQUENCE_START_EVENT:
                event.kind = EVENT_LIST;
                event.flags = properties(found->data.sequence_start.anchor, found->data.sequence_start.tag);
                break;
        case YAML_MAPPING_START_EVENT:
                event.kind = EVENT_MAP;
                event.flags = properties(found->data.mapping_start.anchor, found->data.mapping_start.tag);
                break;
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT:
                event.kind = EVENT_CLOSE;
                break;
        case YAML_STREAM_END_EVENT:
                event.kind = EVENT_END;
                break;
        default: /* where the stream begins, and where a document ends */
                return;
        }
        add(out, event, &found->start_mark, &found->end_mark, text);
}

void yaml_events(const char *text, size_t len, struct text *out)
{
        yaml_parser_t parser;
        bool end = false;

        if (yaml_parser_initialize(&parser) == 0) {
                out->failed = true;
                return;
        }
        yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
        while (!end) {
                yaml_event_t event;

                if (yaml_parser_parse(&parser, &event) == 0) {
                        add_error(&parser, out);
                        break;
                }
                end = event.type == YAML_STREAM_END_EVENT;
                add_event(&event, out);
                yaml_event_delete(&event);
        }
        yaml_parser_delete(&parser);
}
