/* SPDX-License-Identifier: Apache-2.0 */
/* Units of systemd as data: names out of linux.cgroupsPath, and values of annotations in GVariant's text form. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "model/unit.h"

static void test_names(void **state)
{
        static const struct {
                const char *path;
                bool user;
                const char *slice, *scope;
        } cases[] = {
                {NULL, false, "system.slice", "ward-c1.scope"},
                {NULL, true, "user.slice", "ward-c1.scope"},
                {"machine.slice:libpod:5f", false, "machine.slice", "libpod-5f.scope"},
                {"kubepods-besteffort.slice:cri-containerd:5f", false, "kubepods-besteffort.slice",
                 "cri-containerd-5f.scope"},
                {":docker:5f", false, "system.slice", "docker-5f.scope"},
                {"::5f", true, "user.slice", "5f.scope"},
                {"-.slice:a:b@1", false, "-.slice", "a-b@1.scope"},
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_arena_ struct arena arena = {0};
                struct unit_name name;
                struct ward_err err = {0};

                assert_int_equal(unit_name_read(cases[i].path, "c1", cases[i].user, &arena, &name, &err), 0);
                assert_string_equal(name.slice, cases[i].slice);
                assert_string_equal(name.scope, cases[i].scope);
                assert_int_equal(err.errnum, 0);
        }
}

static void test_refused_names(void **state)
{
        static const struct {
                const char *path, *id, *says;
        } cases[] = {
                {"/c1", "c1", "'/c1' is not SLICE:PREFIX:NAME"},
                {"a.slice:b", "c1", "is not SLICE:PREFIX:NAME"},
                {"a.slice:b:c:d", "c1", "is not SLICE:PREFIX:NAME"},
                {"a:b:c", "c1", "'a' is no slice"},
                {".slice:b:c", "c1", "'.slice' is no slice"},
                {"a.slice:b:", "c1", "has no name"},
                {"a.slice:b:c.slice", "c1", "'c.slice' is a slice"},
                {"a.slice/b.slice:b:c", "c1", "'/' is in its name"},
                {"a.slice:b:c d", "c1", "' ' is in its name"},
                {NULL, "a+b", "'+' is in its name"},
        };
        char longer[300] = "a.slice::";

        memset(longer + strlen(longer), 'x', 250);
        for (size_t i = 0; i <= ELEMENTS(cases); i++) {
                bool last = i == ELEMENTS(cases);
                _cleanup_arena_ struct arena arena = {0};
                struct unit_name name;
                struct ward_err err = {0};

                assert_true(unit_name_read(last ? longer : cases[i].path, last ? "c1" : cases[i].id, false, &arena,
                                           &name, &err) < 0);
                assert_non_null(strstr(err.message, last ? "is longer than 255" : cases[i].says));
        }
}

static void join(const struct unit_words *words, struct text *text)
{
        for (size_t i = 0; i < words->count; i++)
                text_printf(text, "%s%s", i == 0 ? "" : "|", words->list[i]);
}

static void test_properties(void **state)
{
        static const struct {
                const char *name, *value, *words;
        } cases[] = {
                {"CollectMode", "'inactive'", "CollectMode|s|inactive"},
                {"Description", "\"it's \\\"this\\\"\\n\\\\b\"", "Description|s|it's \"this\"\n\\b"},
                {"DefaultDependencies", "true", "DefaultDependencies|b|true"},
                {"SendSIGHUP", " boolean  false ", "SendSIGHUP|b|false"},
                {"KillSignal", "-5", "KillSignal|i|-5"},
                {"KillSignal", "@i 0x10", "KillSignal|i|16"},
                {"CPUWeight", "uint64 18446744073709551615", "CPUWeight|t|18446744073709551615"},
                {"A2", "int64 -9223372036854775808", "A2|x|-9223372036854775808"},
                {"A2", "byte 0377", "A2|y|255"},
                {"A2", "-0", "A2|i|0"},
                {"A2", "objectpath '/a'", "A2|o|/a"},
                {"After", "['a.service', \"b.service\"]", "After|as|2|a.service|b.service"},
                {"After", "@as []", "After|as|0"},
                {"AllowedCPUs", "[byte 0x03, 1]", "AllowedCPUs|ay|2|3|1"},
                {"AllowedCPUs", "@ay [1]", "AllowedCPUs|ay|1|1"},
                /* As unit files have it. */
                {"TimeoutStopSec", "uint64 7", "TimeoutStopUSec|t|7000000"},
                {"RuntimeMaxSec", "0", "RuntimeMaxUSec|t|0"},
                {"TimeoutStopUSec", "uint64 7", "TimeoutStopUSec|t|7"},
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_arena_ struct arena arena = {0};
                _cleanup_text_ struct text text = {0};
                struct unit_words words = {.arena = &arena};
                struct ward_err err = {0};

                assert_int_equal(unit_property_read(cases[i].name, cases[i].value, &words, &err), 0);
                join(&words, &text);
                assert_string_equal(text.data, cases[i].words);
                assert_null(words.list[words.count]);
        }
}

static void test_refused_properties(void **state)
{
        static const struct {
                const char *name, *value, *says;
        } cases[] = {
                {"", "true", "no name of a property"},
                {"2", "true", "no name of a property"},
                {"A.B", "true", "no name of a property"},
                {"Slice", "'a.slice'", "needs it as it is"},
                {"Delegate", "false", "needs it as it is"},
                {"PIDs", "[uint32 1]", "needs it as it is"},
                {"A", "", "there is no text in quotes"},
                {"A", "inactive", "there is no text in quotes"},
                {"A", "'x", "closing quote is missing"},
                {"A", "'x\\", "closing quote is missing"},
                {"A", "'\\u0041'", "\\u is not understood"},
                {"A", "'x' y", "at its byte 4: something stands behind it"},
                {"A", "2147483648", "out of the range"},
                {"A", "byte 256", "out of the range"},
                {"A", "uint32 -1", "out of the range"},
                {"A", "uint64 18446744073709551616", "out of the range"},
                {"A", "0x", "it is no number"},
                {"A", "1.5", "something stands behind it"},
                {"A", "string 1", "a number is not of this type"},
                {"A", "string 0", "a number is not of this type"},
                {"A", "uint32 'a'", "a text is not of this type"},
                {"A", "string true", "of different types"},
                {"A", "[]", "needs its type"},
                {"A", "['a', 1]", "a number is not of this type"},
                {"A", "['a' 'b']", "a comma or the closing bracket is missing"},
                {"A", "['a',", "there is no text in quotes"},
                {"A", "['a'", "a comma or the closing bracket is missing"},
                {"A", "[['a']]", "there is no text in quotes"},
                {"A", "[@as []]", "an array of arrays"},
                {"A", "@as 'a'", "begins with '['"},
                {"A", "uint32 [1]", "not that of an array"},
                {"A", "@a(sv) []", "only basic types"},
                {"A", "@s", "only basic types"},
                {"A", "{'a': 1}", "there is no text in quotes"},
                {"TimeoutStopSec", "'7'", "no number of seconds"},
                {"TimeoutStopSec", "-1", "no number of seconds"},
                {"TimeoutStopSec", "[1]", "no number of seconds"},
                {"TimeoutStopSec", "uint64 18446744073710", "no number of seconds"},
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_arena_ struct arena arena = {0};
                struct unit_words words = {.arena = &arena};
                struct ward_err err = {0};

                if (unit_property_read(cases[i].name, cases[i].value, &words, &err) != -EINVAL)
                        fail_msg("%s %s is taken", cases[i].name, cases[i].value);
                if (strstr(err.message, cases[i].says) == NULL)
                        fail_msg("%s %s: %s", cases[i].name, cases[i].value, err.message);
                assert_int_equal(words.count, 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_refused_names),
                cmocka_unit_test(test_properties),
                cmocka_unit_test(test_refused_properties),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
