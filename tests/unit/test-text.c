/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"

static void test_number(void **state)
{
        static const char *const refused[] = {
                "", " 7", "7 ", "+7", "-1", "0x10", "1e3", "4294967296", "18446744073709551616"};
        uint64_t value = 42;

        assert_int_equal(number_parse("0", UINT32_MAX, &value), 0);
        assert_int_equal(value, 0);
        assert_int_equal(number_parse("4294967295", UINT32_MAX, &value), 0);
        assert_int_equal(value, UINT32_MAX);
        for (size_t i = 0; i < ELEMENTS(refused); i++) {
                value = 42;
                assert_true(number_parse(refused[i], UINT32_MAX, &value) < 0);
                assert_int_equal(value, 42);
        }
}

static void test_nearest(void **state)
{
        static const char *const words[] = {"network", "mount", "user", "CAP_SYS_ADMIN"};

        assert_string_equal(text_nearest("netwrok", words, ELEMENTS(words)), "network");
        assert_string_equal(text_nearest("cap_sys_admim", words, ELEMENTS(words)), "CAP_SYS_ADMIN");
        assert_null(text_nearest("quota", words, ELEMENTS(words)));
        assert_null(text_nearest("", words, ELEMENTS(words)));
}

static void test_buffer(void **state)
{
        _cleanup_text_ struct text text = {0};

        for (int i = 0; i < 1000; i++)
                text_printf(&text, "%d,", i % 10);
        assert_false(text_failed(&text));
        assert_int_equal(text.len, 2000);
        assert_memory_equal(text.data, "0,1,2,3,4,5,6,7,8,9,0,", 22);
        assert_int_equal(text.data[text.len], '\0');
}

/* Whatever room there is, it is enough for the end, too. */
static void test_room(void **state)
{
        static const char filler[5000];

        for (size_t first = 1; first < 4200; first++) {
                _cleanup_text_ struct text text = {0};

                text_add(&text, filler, first);
                text_add(&text, "x", 1);
                assert_int_equal(text.len, first + 1);
                assert_string_equal(text.data + first, "x");
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_number),
                cmocka_unit_test(test_nearest),
                cmocka_unit_test(test_buffer),
                cmocka_unit_test(test_room),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
