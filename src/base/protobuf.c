/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of protocol buffers; see protobuf.h. */
#include "base/protobuf.h"

#include <errno.h>
#include <string.h>

/* The forms of a field: the low three bits of what stands in front of it. */
enum { FORM_VARINT, FORM_64_BITS, FORM_BYTES, FORM_32_BITS = 5 };

static void add_varint(struct text *message, uint64_t value)
{
        char bytes[10];
        size_t n = 0;

        for (; value > 0x7f; value >>= 7)
                bytes[n++] = (char)(value | 0x80);
        bytes[n++] = (char)value;
        text_add(message, bytes, n);
}

static void add_bytes(struct text *message, unsigned field, const char *data, size_t len)
{
        add_varint(message, (uint64_t)field << 3 | FORM_BYTES);
        add_varint(message, len);
        text_add(message, data, len);
}

void protobuf_number(struct text *message, unsigned field, uint64_t value)
{
        add_varint(message, (uint64_t)field << 3 | FORM_VARINT);
        add_varint(message, value);
}

void protobuf_string(struct text *message, unsigned field, const char *string)
{
        add_bytes(message, field, string, strlen(string));
}

void protobuf_message(struct text *message, unsigned field, const struct text *inner)
{
        message->failed |= inner->failed;
        add_bytes(message, field, inner->data == NULL ? "" : inner->data, inner->len);
}

/* Ten bytes of seven bits are the most that 64 bits take. */
static bool take_varint(const char **message, size_t *len, uint64_t *ret_value)
{
        uint64_t value = 0;

        for (unsigned shift = 0; shift < 70 && *len > 0; shift += 7) {
                uint8_t byte = (uint8_t) * (*message)++;

                (*len)--;
                value |= (uint64_t)(byte & 0x7f) << shift;
                if ((byte & 0x80) == 0) {
                        *ret_value = value;
                        return true;
                }
        }
        return false;
}

int protobuf_next(const char **message, size_t *len, struct protobuf_field *ret_field)
{
        struct protobuf_field field = {0};
        uint64_t key, size = 0;
        bool known;

        if (*len == 0)
                return 0;
        if (!take_varint(message, len, &key) || key >> 3 == 0 || key >> 3 > UINT32_MAX >> 3)
                return -EBADMSG;
        field.number = (unsigned)(key >> 3);
        switch (key & 7) {
        case FORM_VARINT:
                known = take_varint(message, len, &field.value);
                break;
        case FORM_BYTES:
                known = take_varint(message, len, &size);
                break;
        case FORM_64_BITS:
        case FORM_32_BITS:
                known = true;
                size = (key & 7) == FORM_64_BITS ? 8 : 4;
                break;
        default:
                known = false;
        }
        if (!known || size > *len)
                return -EBADMSG;
        field.data = (key & 7) == FORM_VARINT ? NULL : *message;
        field.len = (size_t)size;
        *message += size;
        *len -= (size_t)size;
        *ret_field = field;
        return 1;
}
