/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A YAML text, token by token, over libyaml's events. A profile needs lists and maps of texts and no more, so what makes YAML large or surprising
 * is refused where it stands: anchors, aliases, tags, a second document, a level below the third. A text is what was written: nobody
 * turns "no" into false or 0640 into 416.
 */
#ifndef PROFILE_READER_H
#define PROFILE_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

enum reader_kind {
        READER_TEXT,
        READER_LIST, /* its elements follow, then READER_CLOSE */
        READER_MAP,  /* the same, each key before its value; a key is always a READER_TEXT */
        READER_CLOSE,
        READER_END,
};

/* From 1 on. Columns are characters, not bytes. */
struct reader_position {
        unsigned line, column;
};

struct reader_token {
        enum reader_kind kind;
        struct reader_position at, end; /* @end is behind its last character */
        const char *text;               /* READER_TEXT: in the arena; holds no NUL */
        bool none;                      /* READER_TEXT: nothing is written there, or the word null */
};

struct reader;

/* Reads @len bytes at @text, which stay where they are until reader_close(). @file is for messages. NULL: memory is short. */
struct reader *reader_open(const char *text, size_t len, const char *file, struct arena *arena, struct ward_err *err);
void reader_close(struct reader *reader);

static inline void reader_close_pointer(struct reader **reader)
{
        reader_close(*reader);
}
#define _cleanup_reader_ _cleanup_(reader_close_pointer)

/* The next token. Returns 0, or -EINVAL or -ENOMEM; after an error nothing more can be read. */
int reader_next(struct reader *reader, struct reader_token *ret_token);

/* An error at @at: "web.yaml:12:7: ...". Returns -EINVAL. */
int reader_fail(struct reader *reader, struct reader_position at, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

#endif
