/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/protobuf.h"

/* The examples of the format's own documentation: 150 as field 1, "testing" as field 2, the first as a message in field 3. */
static void test_writing(void **state)
{
        static const char wanted[] = "\x08\x96\x01"
                                     "\x12\x07testing"
                                     "\x1a\x03\x08\x96\x01";
        _cleanup_text_ struct text message = {0};
        _cleanup_text_ struct text inner = {0};

        protobuf_number(&inner, 1, 150);
        protobuf_number(&message, 1, 150);
        protobuf_string(&message, 2, "testing");
        protobuf_message(&message, 3, &inner);
        assert_false(text_failed(&message));
        assert_int_equal(message.len, sizeof(wanted) - 1);
        assert_memory_equal(message.data, wanted, message.len);
}

static void test_both_ways(void **state)
{
        static const uint64_t values[] = {0, 1, 127, 128, 16383, 16384, UINT32_MAX, INT64_MAX, UINT64_MAX};
        _cleanup_text_ struct text message = {0};
        struct text empty = {0};
        struct protobuf_field field;
        const char *data;
        size_t len;

        for (size_t i = 0; i < ELEMENTS(values); i++)
                protobuf_number(&message, (unsigned)(100 * i + 1), values[i]);
        protobuf_string(&message, 7, "");
        protobuf_message(&message, 8, &empty);
        data = message.data;
        len = message.len;
        for (size_t i = 0; i < ELEMENTS(values); i++) {
                assert_int_equal(protobuf_next(&data, &len, &field), 1);
                assert_int_equal(field.number, 100 * i + 1);
                assert_true(field.value == values[i]);
                assert_null(field.data);
        }
        for (unsigned number = 7; number <= 8; number++) {
                assert_int_equal(protobuf_next(&data, &len, &field), 1);
                assert_int_equal(field.number, number);
                assert_non_null(field.data);
                assert_int_equal(field.len, 0);
        }
        assert_int_equal(protobuf_next(&data, &len, &field), 0);
}

/* Forms that ward never writes are passed over. */
static void test_other_forms(void **state)
{
        static const char message[] = "\x09"
                                      "12345678"
                                      "\x15"
                                      "1234"
                                      "\x18\x05";
        const char *data = message;
        size_t len = sizeof(message) - 1;
        struct protobuf_field field;

        assert_int_equal(protobuf_next(&data, &len, &field), 1);
        assert_int_equal(field.len, 8);
        assert_int_equal(protobuf_next(&data, &len, &field), 1);
        assert_int_equal(field.number, 2);
        assert_int_equal(field.len, 4);
        assert_int_equal(protobuf_next(&data, &len, &field), 1);
        assert_int_equal(field.value, 5);
        assert_int_equal(protobuf_next(&data, &len, &field), 0);
}

static void test_refused(void **state)
{
        static const struct {
                const char *text;
                size_t len;
        } refused[] = {
                {"\x08", 1},                                          /* no value */
                {"\x08\x96", 2},                                      /* half of one */
                {"\x80", 1},                                          /* half of a key */
                {"\x12\x05test", 6},                                  /* longer than the message */
                {"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11}, /* as long as can be */
                {"\x09"
                 "1234567",
                 8},
                {"\x15"
                 "123",
                 4},
                {"\x0b", 1},                                              /* a group, a form of long ago */
                {"\x00\x01", 2},                                          /* field 0 */
                {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12}, /* more than 64 bits */
        };

        for (size_t i = 0; i < ELEMENTS(refused); i++) {
                const char *data = refused[i].text;
                size_t len = refused[i].len;
                struct protobuf_field field = {.number = 42};

                assert_int_equal(protobuf_next(&data, &len, &field), -EBADMSG);
                assert_int_equal(field.number, 42);
        }
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_writing),
                cmocka_unit_test(test_both_ways),
                cmocka_unit_test(test_other_forms),
                cmocka_unit_test(test_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
