/* SPDX-License-Identifier: Apache-2.0 */
/* Labels of Smack: which the kernel takes, and which it would take for something else. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/smack.h"

static char longest[SMACK_LABEL_MAX + 2];

static void test_taken(void **state)
{
        static const char *const labels[] = {"_",   "^",     "?", "web",  "User::App::org.example",
                                             "a-b", "a=b,c", "~", longest};

        (void)state;
        memset(longest, 'x', SMACK_LABEL_MAX);
        longest[SMACK_LABEL_MAX] = '\0';
        for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
                assert_int_equal(smack_label_check(labels[i], NULL), 0);
}

static void test_refused(void **state)
{
        static const struct {
                const char *label, *why;
        } cases[] = {
                {"", "it is empty"},
                {"*", "no process can have it"},
                {"@", "no process can have it"},
                {"-web", "does not begin with '-'"},
                {"a b", "without blanks"},
                {" a", "without blanks"},
                {"a/b", "without blanks"},
                {"a\\b", "without blanks"},
                {"it's", "without blanks"},
                {"\"", "without blanks"},
                {"a\n", "without blanks"},
                {"caf\xc3\xa9", "printable ASCII"},
                {"a\x7f", "printable ASCII"},
                {longest, "255 characters at most"},
        };

        (void)state;
        memset(longest, 'x', SMACK_LABEL_MAX + 1);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct ward_err err = {0};

                assert_int_equal(smack_label_check(cases[i].label, &err), -EINVAL);
                assert_non_null(strstr(err.message, cases[i].why));
                assert_int_not_equal(err.hint[0], '\0');
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_taken),
                cmocka_unit_test(test_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
