/* SPDX-License-Identifier: Apache-2.0 */
/* bin/strings.c under names of its own, beside what the standard says of each function. What it reads ends where a page ends that nobody may read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define PAGE 4096UL
#define LENGTH_MAX 70UL /* four blocks and a part of one */

size_t tested_strlen(const char *string);
char *tested_strchrnul(const char *string, int c);
void *tested_memchr(const void *memory, int c, size_t size);
int tested_strcmp(const char *a, const char *b);
int tested_strncmp(const char *a, const char *b, size_t size);
int tested_memcmp(const void *a, const void *b, size_t size);

/* Two pages, each between two that nobody may read. */
static char *pages[2];

static int map_pages(void **state)
{
        for (size_t i = 0; i < 2; i++) {
                char *memory = mmap(NULL, 3 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

                if (memory == MAP_FAILED || mprotect(memory + PAGE, PAGE, PROT_READ | PROT_WRITE) < 0)
                        return -1;
                pages[i] = memory + PAGE;
        }
        return 0;
}

static int sign(int number)
{
        return (number > 0) - (number < 0);
}

/* Calls @check for each length, at the beginning of a page and at its end. What lies around the text is what is looked for in it. */
static void at_both_ends(void (*check)(char *text, size_t len))
{
        for (size_t len = 0; len <= LENGTH_MAX; len++)
                for (size_t shift = 0; shift < 17; shift++)
                        for (size_t end = 0; end < 2; end++) {
                                char *text = end == 0 ? pages[0] + shift : pages[0] + PAGE - len - 1 - shift;

                                memset(pages[0], 'x', PAGE);
                                memset(text, 'a', len);
                                text[len] = '\0';
                                check(text, len);
                        }
}

static void check_search(char *text, size_t len)
{
        assert_int_equal(tested_strlen(text), len);
        assert_ptr_equal(tested_strchrnul(text, 'x'), text + len);
        assert_ptr_equal(tested_strchrnul(text, '\0'), text + len);
        assert_null(tested_memchr(text, 'x', len));
        assert_ptr_equal(tested_memchr(text, '\0', len + 1), text + len);
        assert_ptr_equal(tested_memchr(text, '\0', SIZE_MAX), text + len);
        for (size_t at = 0; at < len; at++) {
                text[at] = 'x';
                assert_int_equal(tested_strlen(text), len);
                assert_ptr_equal(tested_strchrnul(text, 'x'), text + at);
                assert_ptr_equal(tested_strchrnul(text, 256 + 'x'), text + at);
                assert_ptr_equal(tested_memchr(text, 'x', len), text + at);
                assert_ptr_equal(tested_memchr(text, 'x', at + 1), text + at);
                assert_null(tested_memchr(text, 'x', at));
                text[at] = 'a';
        }
}

static void test_search(void **state)
{
        at_both_ends(check_search);
}

static void check_alike(const char *a, const char *b, size_t len)
{
        assert_int_equal(tested_strcmp(a, b), 0);
        assert_int_equal(tested_strncmp(a, b, SIZE_MAX), 0);
        assert_int_equal(tested_memcmp(a, b, len + 1), 0);
}

/* Where @a and @b differ alone at @at. */
static void check_other(const char *a, const char *b, size_t at, size_t len, int expected)
{
        assert_int_equal(sign(tested_strcmp(a, b)), expected);
        assert_int_equal(sign(tested_strcmp(b, a)), -expected);
        assert_int_equal(sign(tested_strncmp(a, b, at + 1)), expected);
        assert_int_equal(tested_strncmp(a, b, at), 0);
        assert_int_equal(sign(tested_memcmp(a, b, len)), expected);
        assert_int_equal(tested_memcmp(a, b, at), 0);
}

static void check_comparison(char *text, size_t len)
{
        for (size_t shift = 0; shift < 17; shift++) {
                char *other = pages[1] + PAGE - len - 1 - shift;

                memset(pages[1], 'y', PAGE);
                memcpy(other, text, len + 1);
                check_alike(text, other, len);
                for (size_t at = 0; at < len; at++) {
                        other[at] = 'b';
                        check_other(text, other, at, len, -1);
                        other[at] = (char)0xe4; /* bytes are compared as numbers without a sign */
                        check_other(text, other, at, len, -1);
                        other[at] = '\0';
                        check_other(text, other, at, len, 1);
                        other[at] = 'a';
                }
        }
}

static void test_comparison(void **state)
{
        at_both_ends(check_comparison);
}

/* Of no byte nothing is read. */
static void test_nothing(void **state)
{
        const char *nowhere = pages[0] + PAGE;

        assert_null(tested_memchr(nowhere, 'x', 0));
        assert_int_equal(tested_memcmp(nowhere, nowhere, 0), 0);
        assert_int_equal(tested_strncmp(nowhere, nowhere, 0), 0);
}

/* What lies behind the end of both strings counts for memory alone. */
static void test_behind_the_end(void **state)
{
        static const char a[32] = "same\0one", b[32] = "same\0two";

        assert_int_equal(tested_strcmp(a, b), 0);
        assert_int_equal(tested_strncmp(a, b, sizeof(a)), 0);
        assert_int_equal(sign(tested_memcmp(a, b, sizeof(a))), -1);
        assert_int_equal(tested_memcmp(a, b, 5), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_search),
                cmocka_unit_test(test_comparison),
                cmocka_unit_test(test_nothing),
                cmocka_unit_test(test_behind_the_end),
        };

        return cmocka_run_group_tests(tests, map_pages, NULL);
}
