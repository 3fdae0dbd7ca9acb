/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of protocol buffers in their wire format, field by field: CRIU is spoken to in it. There are no descriptions of messages: who writes
 * or reads one knows the numbers of its fields.
 */
#ifndef BASE_PROTOBUF_H
#define BASE_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* Appends a field to a message: a number, truth value or enumeration; a string; and the message @inner as a field of another one. */
void protobuf_number(struct text *message, unsigned field, uint64_t value);
void protobuf_string(struct text *message, unsigned field, const char *string);
void protobuf_message(struct text *message, unsigned field, const struct text *inner);

struct protobuf_field {
        unsigned number;
        uint64_t value;   /* of a number; 0 for what has bytes */
        const char *data; /* of a string or a message, in the message that was read; NULL: it is a number */
        size_t len;
};

/* Reads the field at @*message and goes behind it. Returns 1, 0 at the end, or -EBADMSG when it is cut short or of no known form. */
int protobuf_next(const char **message, size_t *len, struct protobuf_field *ret_field);

#endif
