/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in a YAML text, event after event, as the program that has libyaml says it (libexec/ward/yaml): it reads the text from a stream socket to its end,
 * and answers with these records over the same one. Both ends are of one build.
 */
#ifndef BASE_EVENTS_H
#define BASE_EVENTS_H

#include <stdint.h>

enum event_kind {
        EVENT_DOCUMENT, /* one begins */
        EVENT_TEXT,
        EVENT_ALIAS,
        EVENT_LIST, /* its elements follow, then EVENT_CLOSE */
        EVENT_MAP,  /* keys and values by turns, then EVENT_CLOSE */
        EVENT_CLOSE,
        EVENT_END,   /* the last one: it was YAML to its end; or */
        EVENT_ERROR, /* here it is none: the text says why */
};

enum {
        EVENT_HAS_ANCHOR = 1 << 0,
        EVENT_HAS_TAG = 1 << 1,
        EVENT_IS_PLAIN = 1 << 2, /* a text without quotes */
};

/* @len bytes of text follow, which may hold any byte. Lines and columns count from 1, columns in characters; the end is behind the last one. */
struct event {
        uint32_t kind, flags;
        uint32_t line, column, end_line, end_column;
        uint32_t len;
};

#endif
