/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/text.h"
#include "jansson-says.h"

/* ------------------------------------------------------------------------------- a small record with all kinds of fields */

struct record {
        const char *name;
        bool flag;
        uint64_t size;
        int64_t balance;
        const char **words;
        size_t word_count;
        char keys[64];
        struct json_position balance_at;
};

static int read_name(struct json *json, void *target)
{
        return json_string(json, &((struct record *)target)->name);
}

static int read_flag(struct json *json, void *target)
{
        return json_bool(json, &((struct record *)target)->flag);
}

static int read_size(struct json *json, void *target)
{
        return json_u64(json, UINT32_MAX, &((struct record *)target)->size);
}

static int read_balance(struct json *json, void *target)
{
        struct record *record = target;

        record->balance_at = json_position(json, json->at);
        return json_i64(json, INT64_MIN, INT64_MAX, &record->balance);
}

static int read_word(struct json *json, void *target)
{
        return json_string(json, target);
}

static int read_words(struct json *json, void *target)
{
        struct record *record = target;

        return json_list(json, sizeof(*record->words), read_word, &record->words, &record->word_count);
}

static int read_map_value(struct json *json, void *target)
{
        struct record *record = target;
        uint64_t value;
        size_t used = strlen(record->keys);
        int r;

        r = json_u64(json, 9, &value);
        if (r < 0)
                return r;
        (void)snprintf(record->keys + used, sizeof(record->keys) - used, "%s=%d;", json->path[json->depth - 1].key,
                       (int)value);
        return 0;
}

static int read_map(struct json *json, void *target)
{
        return json_map(json, read_map_value, target);
}

static int read_record(struct json *json, void *target);

static int read_records(struct json *json, void *target)
{
        return json_array(json, read_record, target);
}

static const struct json_field fields[] = {
        {"name", read_name, JSON_REQUIRED},
        {"flag", read_flag},
        {"size", read_size},
        {"balance", read_balance},
        {"words", read_words},
        {"map", read_map},
        {"records", read_records},
        {"exotic", NULL, JSON_UNSUPPORTED},
        {"comment", NULL, JSON_IGNORED},
};

static int read_record(struct json *json, void *target)
{
        return json_object(json, fields, ELEMENTS(fields), JSON_REFUSE_UNKNOWN, target);
}

static int read_text(const char *text, size_t len, struct arena *arena, struct record *record, struct ward_err *err)
{
        struct json json;
        int r;

        assert_int_equal(json_init(&json, text, len, "t.json", arena, err), 0);
        r = read_record(&json, record);
        return r < 0 ? r : json_end(&json);
}

static void test_values(void **state)
{
        static const char text[] =
                " {\"name\": \"a\\u00e9\\ud83d\\ude00\\\"\\\\\\/\\b\\f\\n\\r\\t\",\n \"flag\":true,\n"
                "  \"size\": 4294967295, \"balance\": -9223372036854775808,\n"
                "\t\"words\": [\"0\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"\"],\r\n"
                "  \"map\": { \"k\\u0031\": 1, \"k2\": 2 }, \"exotic\": [ ], \"comment\": {\"x\":[1.5e3]} } ";
        _cleanup_arena_ struct arena arena = {0};
        struct ward_err err = {0};
        struct record record = {0};

        assert_int_equal(read_text(text, strlen(text), &arena, &record, &err), 0);
        assert_string_equal(record.name, "a\xc3\xa9\xf0\x9f\x98\x80\"\\/\b\f\n\r\t");
        assert_true(record.flag);
        assert_int_equal(record.size, UINT32_MAX);
        assert_true(record.balance == INT64_MIN);
        assert_int_equal(record.balance_at.line, 3);
        assert_int_equal(record.balance_at.column, 34);
        assert_int_equal(record.word_count, 10);
        assert_string_equal(record.words[8], "8");
        assert_string_equal(record.words[9], "");
        assert_string_equal(record.keys, "k1=1;k2=2;");
}

static void test_null_is_absent(void **state)
{
        static const char text[] = "{\"name\":\"x\",\"flag\":null,\"words\":null,\"exotic\":null}";
        _cleanup_arena_ struct arena arena = {0};
        struct ward_err err = {0};
        struct record record = {0};

        assert_int_equal(read_text(text, strlen(text), &arena, &record, &err), 0);
        assert_false(record.flag);
        assert_null(record.words);
}

struct refusal {
        const char *text, *message, *hint;
};

static void test_refused(void **state)
{
        static const struct refusal refusals[] = {
                {"", "t.json:1:1: expected an object, found the end of the text", ""},
                {"[]", "t.json:1:1: expected an object, found an array", ""},
                {"{}", "t.json:1:1: the required field 'name' is missing", ""},
                {"{\"name\":null}", "t.json:1:2: name: this field is required", ""},
                {"{\"name\":\"a\"", "t.json:1:12: expected ',' or '}', found the end of the text", ""},
                {"{\"name\":\"a\"}\n x", "t.json:2:2: expected the end of the text, found 'x'", ""},
                {"{\"name\":\"a\",}", "t.json:1:13: expected a key in double quotes, found '}'", ""},
                {"{\"name\" \"a\"}", "t.json:1:9: expected ':', found a string", ""},
                {"{\"name\":7}", "t.json:1:9: name: expected a string, found a number", ""},
                {"{\"name\":\"a\nb\"}",
                 "t.json:1:11: name: a string may not hold a control character unless it is written as \\u00XX", ""},
                {"{\"name\":\"a\\u0000\"}", "t.json:1:11: name: a string may not hold a NUL character", ""},
                {"{\"name\":\"\\x\"}", "t.json:1:10: name: malformed escape in a string", ""},
                {"{\"name\":\"\\ud800\"}", "t.json:1:10: name: malformed escape in a string", ""},
                {"{\"name\":\"\\udc00\\ud800\"}", "t.json:1:10: name: malformed escape in a string", ""},
                {"{\"name\":\"\xc0\x80\"}", "t.json:1:10: name: not UTF-8", ""},
                {"{\"name\":\"\xed\xa0\x80\"}", "t.json:1:10: name: not UTF-8", ""},
                {"{\"name\":\"\xf4\x90\x80\x80\"}", "t.json:1:10: name: not UTF-8", ""},
                {"{\"name\":\"ab", "t.json:1:12: name: this string has no end", ""},
                {"{\"size\":4294967296}", "t.json:1:9: size: the number must be from 0 to 4294967295", ""},
                {"{\"size\":-1}", "t.json:1:9: size: the number must be from 0 to 4294967295", ""},
                {"{\"size\":18446744073709551616}", "t.json:1:9: size: the number must be from 0 to 4294967295", ""},
                {"{\"size\":1.0}", "t.json:1:9: size: expected an integer, written without fraction and exponent", ""},
                {"{\"size\":1e3}", "t.json:1:9: size: expected an integer, written without fraction and exponent", ""},
                {"{\"size\":007}", "t.json:1:9: size: malformed number", ""},
                {"{\"size\":-}", "t.json:1:9: size: malformed number", ""},
                {"{\"size\":1.}", "t.json:1:9: size: malformed number", ""},
                {"{\"size\":\"7\"}", "t.json:1:9: size: expected a number, found a string", ""},
                {"{\"balance\":9223372036854775808}",
                 "t.json:1:12: balance: the number must be from -9223372036854775808 to 9223372036854775807", ""},
                {"{\"flag\":1}", "t.json:1:9: flag: expected true or false, found a number", ""},
                {"{\"flag\":tru}", "t.json:1:9: flag: expected true or false, found 't'", ""},
                {"{\"words\":[\"a\" \"b\"]}", "t.json:1:15: words: expected ',' or ']', found a string", ""},
                {"{\"words\":[\"a\",\n  {}]}", "t.json:2:3: words[1]: expected a string, found an object", ""},
                {"{\"map\":{\"a\":1,\"b\":10}}", "t.json:1:19: map.b: the number must be from 0 to 9", ""},
                {"{\"map\":{\"a\":1,\"b\":2,\"\\u0061\":3}}", "t.json:1:21: map: 'a' is given twice", ""},
                {"{\"flag\":true,\"flag\":true}", "t.json:1:14: flag: this field is given twice", ""},
                {"{\"nam\":\"x\"}", "t.json:1:2: nam: unknown field", "did you mean 'name'?"},
                {"{\"quotas\":\"x\"}", "t.json:1:2: quotas: unknown field", ""},
                {"{\"a\\u001b[31m\":\"x\"}", "t.json:1:2: a?[31m: unknown field", ""},
                {"{\"name\":\"a\",\"exotic\":{\"b\":1}}", "t.json:1:13: exotic: not honoured yet",
                 "remove the field, or use a runtime that has it"},
                {"{\"name\":\"a\",\"comment\":{\"b\":[1,2,]}}", "t.json:1:33: comment: expected a value, found ']'",
                 ""},
                {"{\"name\":\"a\",\"records\":[{\"name\":\"b\"},\n{\"name\":\"c\",\"words\":[7]}]}",
                 "t.json:2:22: records[1].words[0]: expected a string, found a number", ""},
        };

        for (size_t i = 0; i < ELEMENTS(refusals); i++) {
                _cleanup_arena_ struct arena arena = {0};
                struct ward_err err = {0};
                struct record record = {0};

                assert_int_equal(read_text(refusals[i].text, strlen(refusals[i].text), &arena, &record, &err), -EINVAL);
                assert_string_equal(err.message, refusals[i].message);
                assert_string_equal(err.hint, refusals[i].hint);
                assert_int_equal(err.errnum, EINVAL);
        }
}

static void test_raw_nul(void **state)
{
        static const char text[] = "{\"name\":\"a\0b\"}";
        _cleanup_arena_ struct arena arena = {0};
        struct ward_err err = {0};
        struct record record = {0};

        assert_int_equal(read_text(text, sizeof(text) - 1, &arena, &record, &err), -EINVAL);
        assert_string_equal(err.message, "t.json:1:11: name: a string may not hold a NUL character");
}

/* Under the sanitizers: nothing is read behind the end of a text that fills its memory. */
static void test_end_of_a_large_text(void **state)
{
        for (size_t len = 4096; len < 4096 + 32; len++) {
                _cleanup_arena_ struct arena arena = {0};
                char *text = arena_alloc(&arena, len, 1);
                struct ward_err err = {0};
                struct json json;
                const char *string;

                assert_non_null(text);
                memset(text, 'a', len);
                text[0] = '"';
                assert_int_equal(json_init(&json, text, len, "t.json", &arena, &err), 0);
                assert_int_equal(json_string(&json, &string), -EINVAL);
                assert_non_null(strstr(err.message, ": this string has no end"));
        }
}

static void test_every_prefix_is_refused(void **state)
{
        static const char text[] =
                "{\"name\":\"\\ud83d\\ude00\xc3\xa9\",\"size\":1,\"map\":{\"a\":1},\"comment\":[-1.5e+3,null]}";

        for (size_t len = 0; len + 1 < sizeof(text); len++) {
                _cleanup_arena_ struct arena arena = {0};
                struct ward_err err = {0};
                struct record record = {0};

                assert_int_equal(read_text(text, len, &arena, &record, &err), -EINVAL);
                assert_int_equal(read_text(text, len, &arena, &record, NULL), -EINVAL);
        }
}

static void test_unknown_fields_may_be_skipped(void **state)
{
        static const char text[] = "{\"name\":\"n\",\"vendor\":{\"a\":1}}", near[] = "{\"name\":\"n\",\"sizes\":1}";
        _cleanup_arena_ struct arena arena = {0};
        struct ward_err err = {0};
        struct record record = {0};
        struct json json;

        assert_int_equal(json_init(&json, text, strlen(text), "t.json", &arena, &err), 0);
        assert_int_equal(json_object(&json, fields, ELEMENTS(fields), JSON_SKIP_UNKNOWN, &record), 0);
        assert_int_equal(json_init(&json, near, strlen(near), "t.json", &arena, &err), 0);
        assert_int_equal(json_object(&json, fields, ELEMENTS(fields), JSON_SKIP_UNKNOWN, &record), -EINVAL);
        assert_string_equal(err.message, "t.json:1:13: sizes: unknown field");
        assert_string_equal(err.hint, "did you mean 'size'?");
}

static void test_depth(void **state)
{
        char text[2 * JSON_DEPTH_MAX + 2];

        for (int depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
                _cleanup_arena_ struct arena arena = {0};
                struct ward_err err = {0};
                struct json json;
                const char *start;
                size_t len;

                memset(text, '[', (size_t)depth);
                memset(text + depth, ']', (size_t)depth);
                assert_int_equal(json_init(&json, text, 2 * (size_t)depth, "t.json", &arena, &err), 0);
                assert_int_equal(json_skip(&json, &start, &len), depth > JSON_DEPTH_MAX ? -EINVAL : 0);
                if (depth > JSON_DEPTH_MAX)
                        assert_string_equal(err.message, "t.json:1:65: nested more than 64 deep");
        }
}

static void test_positions_inside_another_text(void **state)
{
        static const char text[] = "{\"nam\":1}", second_line[] = "{\n \"nam\":1}";
        _cleanup_arena_ struct arena arena = {0};
        struct ward_err err = {0};
        struct record record = {0};
        struct json json;

        assert_int_equal(json_init(&json, text, strlen(text), "t.json", &arena, &err), 0);
        json.line_base = 39;
        json.column_base = 20;
        assert_int_equal(read_record(&json, &record), -EINVAL);
        assert_string_equal(err.message, "t.json:40:22: nam: unknown field");
        assert_int_equal(json_init(&json, second_line, strlen(second_line), "t.json", &arena, &err), 0);
        json.line_base = 39;
        json.column_base = 20;
        assert_int_equal(read_record(&json, &record), -EINVAL);
        assert_string_equal(err.message, "t.json:41:2: nam: unknown field");
}

static void test_long_path(void **state)
{
        _cleanup_text_ struct text text = {0};
        _cleanup_arena_ struct arena arena = {0};
        struct ward_err err = {0};
        struct record record = {0};

        text_puts(&text, "{\"name\":\"n\",\"map\":{\"");
        for (int i = 0; i < 3000; i++)
                text_puts(&text, "x");
        text_puts(&text, "\":true}}");
        assert_int_equal(read_text(text.data, text.len, &arena, &record, &err), -EINVAL);
        assert_non_null(strstr(err.message, "xxx...: expected a number"));
}

/* --------------------------------------------------------------------------------------- against an independent reader */

static int walk(struct json *json, void *target);

static int walk(struct json *json, void *target)
{
        const char *text;
        size_t len;

        if (json->at < json->end && *json->at == '{')
                return json_map(json, walk, target);
        if (json->at < json->end && *json->at == '[')
                return json_array(json, walk, target);
        return json_skip(json, &text, &len);
}

static void compare_with_jansson(const char *text, size_t len)
{
        _cleanup_arena_ struct arena arena = {0};
        struct ward_err err = {0};
        struct json json;
        int r;

        assert_int_equal(json_init(&json, text, len, "t.json", &arena, &err), 0);
        r = walk(&json, NULL);
        if (r >= 0)
                r = json_end(&json);
        if ((r >= 0) != jansson_accepts(text, len))
                fail_msg("ward and jansson differ about '%.*s': %s", (int)len, text, r < 0 ? err.message : "accepted");
}

/* Texts of each grammar rule, then each of them with each byte changed, removed or doubled: some 100,000 texts. */
static void test_against_jansson(void **state)
{
        static const char *const seeds[] = {
                "{\"a\":1,\"b\":[true,false,null],\"c\":{\"d\":\"e\"}}",
                "[0,-0,1.5,1e5,1E+5,-2.25e-3,10]",
                "[\"\\u00e9\\ud83d\\ude00\\n\\/\",\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"]",
                " \t\r\n[ ] ",
                "\"plain\"",
                "[[[{\"a\":[{}]}]]]",
                "{\"a\":1,\"\\u0061\":2}",
        };
        static const char changes[] = "\"\\{}[],:0123456789eE+-.aftnu \n\t\x01\x7f\x80\xc0\xc3\xed\xf4\xff";

        for (size_t i = 0; i < ELEMENTS(seeds); i++) {
                char text[128];
                size_t len = strlen(seeds[i]);

                compare_with_jansson(seeds[i], len);
                for (size_t at = 0; at < len; at++) {
                        for (size_t c = 0; c < sizeof(changes) - 1; c++) {
                                memcpy(text, seeds[i], len);
                                text[at] = changes[c];
                                compare_with_jansson(text, len);
                                memcpy(text + at + 1, seeds[i] + at, len - at);
                                compare_with_jansson(text, len + 1);
                        }
                        memcpy(text, seeds[i], at);
                        memcpy(text + at, seeds[i] + at + 1, len - at - 1);
                        compare_with_jansson(text, len - 1);
                        compare_with_jansson(text, at);
                }
        }
}

static void test_check_of_what_was_written(void **state)
{
        static const struct {
                const char *text, *message;
        } refusals[] = {
                {"{\"path\": \"/\xff\"}", "write it as JSON: t.json:1:12: not UTF-8"},
                {"{\n \"path\":\n  \"\xc3\xa9\xc3\"}", "write it as JSON: t.json:3:6: not UTF-8"},
                {"\"12345678\xed\xa0\x80\"", "write it as JSON: t.json:1:10: not UTF-8"},
                {"\xf0\x9f\x98", "write it as JSON: t.json:1:1: not UTF-8"},
        };
        struct ward_err err = {0};

        assert_int_equal(json_check("", 0, "t.json", &err), 0);
        assert_int_equal(json_check("\"a\xf0\x9f\x98\x80 12345678\"", 15, "t.json", &err), 0);
        for (size_t i = 0; i < ELEMENTS(refusals); i++) {
                assert_int_equal(json_check(refusals[i].text, strlen(refusals[i].text), "t.json", &err), -EILSEQ);
                assert_string_equal(err.message, refusals[i].message);
        }
}

static void test_write_string(void **state)
{
        static const char string[] = "a\"b\\c\n\x1b\x7f\xc3\xa9";
        _cleanup_text_ struct text text = {0};
        _cleanup_arena_ struct arena arena = {0};
        struct ward_err err = {0};
        struct json json;
        const char *back;

        json_write_string(&text, string);
        assert_string_equal(text.data, "\"a\\\"b\\\\c\\u000a\\u001b\x7f\xc3\xa9\"");
        assert_int_equal(json_init(&json, text.data, text.len, "t.json", &arena, &err), 0);
        assert_int_equal(json_string(&json, &back), 0);
        assert_string_equal(back, string);
}

/* JSON has nothing for other bytes: for who looks they are replaced one by one, what must be read back as it was keeps them and is found out. */
static void test_write_bytes(void **state)
{
        static const char string[] = "a\xff\xe9\"\xe2\x82\xed\xa0\x80\xc0\xaf\xe2\x82\xac\xf0\x9f\x98\x80\xe2";
        static const char shown[] =
                "\"a\ufffd\ufffd\\\"\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\u20ac\U0001f600\ufffd\"";
        _cleanup_text_ struct text text = {0}, exact = {0};
        struct ward_err err = {0};

        json_write_string(&text, string);
        assert_string_equal(text.data, shown);
        assert_int_equal(json_check(text.data, text.len, "t.json", &err), 0);
        json_write_exact(&exact, string);
        assert_memory_equal(exact.data, "\"a\xff\xe9\\\"\xe2\x82", 8);
        assert_int_equal(json_check(exact.data, exact.len, "t.json", &err), -EILSEQ);
        assert_true(json_is_utf8("a\u20ac"));
        assert_false(json_is_utf8("a\xe2\x82"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_values),
                cmocka_unit_test(test_null_is_absent),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_raw_nul),
                cmocka_unit_test(test_end_of_a_large_text),
                cmocka_unit_test(test_every_prefix_is_refused),
                cmocka_unit_test(test_unknown_fields_may_be_skipped),
                cmocka_unit_test(test_depth),
                cmocka_unit_test(test_positions_inside_another_text),
                cmocka_unit_test(test_long_path),
                cmocka_unit_test(test_against_jansson),
                cmocka_unit_test(test_check_of_what_was_written),
                cmocka_unit_test(test_write_string),
                cmocka_unit_test(test_write_bytes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
