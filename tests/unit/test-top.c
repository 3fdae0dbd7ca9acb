/* SPDX-License-Identifier: Apache-2.0 */
/* What `ward top` shows: figures as people read them, and what comes first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/top.h"

static void expect(const char *text, size_t len, const char *want)
{
        assert_string_equal(text, want);
        assert_int_equal(len, strlen(want));
        assert_true(len < TOP_TEXT_MAX);
}

static void test_bytes(void **state)
{
        static const struct {
                uint64_t bytes;
                const char *want;
        } cases[] = {
                {TOP_NONE, "-"},
                {0, "0B"},
                {1023, "1023B"},
                {1024, "1.0K"},
                {1536, "1.5K"},
                {1024 * 1024 - 1, "1023.9K"},
                {1024 * 1024, "1.0M"},
                {UINT64_C(5) << 40, "5.0T"},
                {UINT64_MAX - 1, "15.9E"},
        };
        char text[TOP_TEXT_MAX];

        (void)state;
        for (size_t i = 0; i < ELEMENTS(cases); i++)
                expect(text, top_bytes_text(text, cases[i].bytes), cases[i].want);
}

static void test_percent(void **state)
{
        char text[TOP_TEXT_MAX];

        (void)state;
        expect(text, top_percent_text(text, 0, 1000), "0.0");
        expect(text, top_percent_text(text, 125, 1000), "12.5");
        expect(text, top_percent_text(text, 2000, 1000), "200.0");
        expect(text, top_percent_text(text, 1999, 2000), "100.0");
        expect(text, top_percent_text(text, TOP_NONE, 1000), "-");
        expect(text, top_percent_text(text, UINT64_MAX - 1, 1000), "-");
        expect(text, top_percent_text(text, 1, 0), "-");
}

static void test_time(void **state)
{
        static const struct {
                uint64_t nsec;
                const char *want;
        } cases[] = {
                {TOP_NONE, "-"},
                {0, "0ms"},
                {999999999, "999ms"},
                {12300000000, "12.3s"},
                {242000000000, "4min 2s"},
                {11100000000000, "3h 5min"},
                {UINT64_C(90000000000000), "1d 1h"},
                {UINT64_MAX - 1, "213503d 23h"},
        };
        char text[TOP_TEXT_MAX];

        (void)state;
        for (size_t i = 0; i < ELEMENTS(cases); i++)
                expect(text, top_time_text(text, cases[i].nsec), cases[i].want);
}

static void test_number(void **state)
{
        char text[TOP_TEXT_MAX];

        (void)state;
        expect(text, top_number_text(text, 0), "0");
        expect(text, top_number_text(text, UINT64_MAX - 1), "18446744073709551614");
        expect(text, top_number_text(text, TOP_NONE), "-");
}

/* What is not known comes behind what is nothing. */
static void test_order(void **state)
{
        uint64_t values[TOP_VALUE_COUNT];

        (void)state;
        memset(values, 0xff, sizeof(values));
        for (enum top_order order = 0; top_order_words[order] != NULL; order++)
                assert_int_equal(top_key(values, order, false), 0);
        assert_int_equal(top_pressure(values), TOP_NONE);
        values[TOP_CPU] = 5;
        values[TOP_CPU_NSEC] = 6;
        assert_int_equal(top_key(values, TOP_BY_CPU, false), 6);
        assert_int_equal(top_key(values, TOP_BY_CPU, true), 7);
        values[TOP_READ] = 1;
        assert_int_equal(top_key(values, TOP_BY_IO, false), 0);
        values[TOP_WRITTEN] = 2;
        assert_int_equal(top_key(values, TOP_BY_IO, false), 4);
        values[TOP_IO_PRESSURE] = 0;
        assert_int_equal(top_pressure(values), 0);
        values[TOP_MEMORY_PRESSURE] = 9;
        assert_int_equal(top_key(values, TOP_BY_PRESSURE, false), 10);
        assert_string_equal(top_order_words[TOP_BY_PRESSURE], "pressure");
        assert_string_equal(top_order_words[TOP_BY_PATH], "path");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_bytes),  cmocka_unit_test(test_percent), cmocka_unit_test(test_time),
                cmocka_unit_test(test_number), cmocka_unit_test(test_order),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
