/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/options.h"

static const char *const formats[] = {"table", "json", NULL};

struct target {
        bool interactive, tty, keep;
        const char *bundle;
        uint64_t fds;
        unsigned format;
        struct option_list env;
        int64_t limit;
};

static const struct option_entry entries[] = {
        {.name = "interactive", .letter = 'i', .help = "keep standard input", OPTION_FLAG(struct target, interactive)},
        {.name = "tty", .letter = 't', .help = "a terminal", OPTION_FLAG(struct target, tty)},
        {.name = "keep", .help = "keep it", OPTION_FLAG(struct target, keep)},
        {.name = "bundle", .letter = 'b', .arg = "DIR", .help = "the bundle", OPTION_TEXT(struct target, bundle)},
        {.name = "preserve-fds", .arg = "N", .help = "descriptors", OPTION_NUMBER(struct target, fds, 100)},
        {.name = "format",
         .letter = 'f',
         .arg = "table|json",
         .help = "a very long text about formats that cannot possibly fit on a single line of a terminal",
         OPTION_WORD(struct target, format, formats)},
        {.name = "env", .letter = 'e', .arg = "KEY=VALUE", .help = "environment", OPTION_LIST(struct target, env)},
        {.name = "limit", .arg = "N", .help = "limit", OPTION_CALL(struct target, limit, option_read_i64)},
        {.name = "json", .letter = 'j', .help = "the same as --format json", OPTION_SET(struct target, format, 1)},
};

static const struct option_foreign foreign[] = {
        {.name = "systemd-cgroup", .letter = 'p', .hint = "systemd is asked anyhow"},
        {.name = "log-", .hint = "write to a file"},
        {.name = ""},
};

static struct option_command command = {
        .name = "test",
        .operands = "[OPTIONS] ID [WORD...]",
        .summary = "Test options.",
        .entries = entries,
        .count = ELEMENTS(entries),
        .foreign = foreign,
        .operands_min = 1,
        .operands_max = 3,
};

struct parsed {
        struct target target;
        struct arena arena;
        struct ward_err err;
        char *words[16];
        int count, r;
};

/* Parses the words up to NULL. Free with arena_done(&parsed->arena). */
static void parse(struct parsed *parsed, ...)
{
        va_list args;
        char *word;

        *parsed = (struct parsed){0};
        va_start(args, parsed);
        while ((word = va_arg(args, char *)) != NULL)
                parsed->words[parsed->count++] = word;
        va_end(args);
        parsed->r =
                options_parse(&command, &parsed->count, parsed->words, &parsed->target, &parsed->arena, &parsed->err);
}

static void test_spellings(void **state)
{
        struct parsed p;

        parse(&p, "-it", "--bundle=a b", "--preserve-fds", "100", "-fjson", "-e", "A=1", "--env=B=2", "-eC", "c1", "-x",
              NULL);
        assert_int_equal(p.r, 0);
        assert_true(p.target.interactive && p.target.tty && !p.target.keep);
        assert_string_equal(p.target.bundle, "a b");
        assert_int_equal(p.target.fds, 100);
        assert_int_equal(p.target.format, 1);
        assert_int_equal(p.target.env.count, 3);
        assert_string_equal(p.target.env.items[0], "A=1");
        assert_string_equal(p.target.env.items[1], "B=2");
        assert_string_equal(p.target.env.items[2], "C");
        assert_int_equal(p.count, 2);
        assert_string_equal(p.words[0], "c1");
        assert_string_equal(p.words[1], "-x");
        arena_done(&p.arena);

        /* Letters end at the first that takes a value; the last of two holds; a lone dash is an operand. */
        parse(&p, "-itbdir", "-b", "other", "--tty=false", "--keep=true", "--limit", "-1", "-", NULL);
        assert_int_equal(p.r, 0);
        assert_string_equal(p.target.bundle, "other");
        assert_true(p.target.interactive && !p.target.tty && p.target.keep);
        assert_int_equal(p.target.limit, -1);
        assert_int_equal(p.count, 1);
        assert_string_equal(p.words[0], "-");
        arena_done(&p.arena);

        /* As Go's readers take them: a value behind a letter's equals sign, six words for each truth, one dash. */
        parse(&p, "-i=T", "-t=0", "-b=dir=x", "-e=A=1", "-f=json", "--keep=1", "c1", NULL);
        assert_int_equal(p.r, 0);
        assert_true(p.target.interactive && !p.target.tty && p.target.keep);
        assert_string_equal(p.target.bundle, "dir=x");
        assert_string_equal(p.target.env.items[0], "A=1");
        assert_int_equal(p.target.format, 1);
        arena_done(&p.arena);
        command.one_dash = true;
        parse(&p, "-bundle", "x", "-keep=false", "-env=A", "-it", "-bundel", "c1", NULL);
        command.one_dash = false;
        assert_int_equal(p.r, 0);
        assert_string_equal(p.target.bundle, "undel");
        assert_string_equal(p.target.env.items[0], "A");
        assert_true(p.target.interactive && p.target.tty && !p.target.keep);
        arena_done(&p.arena);
}

static void test_where_options_end(void **state)
{
        struct parsed p;

        parse(&p, "--keep", "--", "-i", "--tty", NULL);
        assert_int_equal(p.r, 0);
        assert_true(p.target.keep && !p.target.interactive && !p.target.tty);
        assert_int_equal(p.count, 2);
        assert_string_equal(p.words[0], "-i");
        arena_done(&p.arena);

        parse(&p, "c1", "--", "x", NULL);
        assert_int_equal(p.count, 3);
        assert_string_equal(p.words[1], "--");
        arena_done(&p.arena);

        command.separator = 1;
        parse(&p, "c1", "--", "--", NULL);
        command.separator = 0;
        assert_int_equal(p.count, 2);
        assert_string_equal(p.words[1], "--");
        arena_done(&p.arena);

        command.options_anywhere = true;
        parse(&p, "c1", "-b", "dir", "x", "-i", "--", "-t", NULL);
        command.options_anywhere = false;
        assert_int_equal(p.r, 0);
        assert_string_equal(p.target.bundle, "dir");
        assert_true(p.target.interactive && !p.target.tty);
        assert_int_equal(p.count, 3);
        assert_string_equal(p.words[0], "c1");
        assert_string_equal(p.words[1], "x");
        assert_string_equal(p.words[2], "-t");
        arena_done(&p.arena);
}

static void test_help(void **state)
{
        _cleanup_text_ struct text text = {0};
        struct parsed p;

        parse(&p, "--keep", "--help", NULL);
        assert_int_equal(p.r, OPTIONS_HELP);
        arena_done(&p.arena);
        parse(&p, "-ih", NULL);
        assert_int_equal(p.r, OPTIONS_HELP);
        arena_done(&p.arena);

        options_help(&command, false, &text);
        assert_false(text_failed(&text));
        assert_non_null(strstr(text.data, "Usage: test [OPTIONS] ID [WORD...]\n\nTest options.\n"));
        assert_non_null(strstr(text.data, "  -b, --bundle DIR         the bundle\n"));
        assert_non_null(strstr(text.data, "      --keep "));
        assert_null(strstr(text.data, "systemd"));
        for (const char *line = text.data, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
                assert_true(end - line <= 80);
                assert_true(end == line || end[-1] != ' ');
        }
}

/* An option that stands for a value of another one: the last of both holds. */
static void test_set(void **state)
{
        struct parsed parsed;

        (void)state;
        parse(&parsed, "-ij", "c1", NULL);
        assert_int_equal(parsed.r, 0);
        assert_int_equal(parsed.target.format, 1);
        assert_true(parsed.target.interactive);
        arena_done(&parsed.arena);
        parse(&parsed, "--json", "-f", "table", "c1", NULL);
        assert_int_equal(parsed.target.format, 0);
        arena_done(&parsed.arena);
}

static void test_refusals(void **state)
{
        static const struct {
                const char *words[3];
                const char *message, *hint;
        } cases[] = {
                {{"--bundel", "x", "c1"}, "unknown option '--bundel'", "did you mean '--bundle'?"},
                {{"--bundel=x", "c1"}, "unknown option '--bundel'", "did you mean '--bundle'?"},
                {{"-bundle", "c1"}, NULL, NULL}, /* the bundle "undle": as getopt(3) reads it */
                {{"-keep", "c1"}, "unknown option '-keep'", "did you mean '--keep'?"},
                {{"--zzz", "c1"}, "unknown option '--zzz'", "'test --help' lists the options"},
                {{"-iz", "c1"}, "unknown option '-z'", "'test --help' lists the options"},
                {{"--help=yes"}, "unknown option '--help'", "did you mean '--help'?"},
                {{"--bundle"}, "option '--bundle' needs a value", "write '--bundle DIR'"},
                {{"-b"}, "option '-b' needs a value", "write '-b DIR'"},
                {{"--bundle=", "c1"}, "option '--bundle': its value is empty", "write '--bundle DIR'"},
                {{"--keep=maybe", "c1"},
                 "option '--keep': it takes no value, or true or false, not 'maybe'",
                 "leave the value out, or write =false"},
                {{"--json=true", "c1"}, "option '--json': it takes no value", "leave the value out"},
                {{"--preserve-fds", "101", "c1"},
                 "option '--preserve-fds': '101' is not a whole number from 0 to 100",
                 "write digits alone"},
                {{"--preserve-fds", "", "c1"},
                 "option '--preserve-fds': '' is not a whole number from 0 to 100",
                 "write digits alone"},
                {{"--preserve-fds", "0x1", "c1"},
                 "option '--preserve-fds': '0x1' is not a whole number from 0 to 100",
                 "write digits alone"},
                {{"--limit=--1", "c1"},
                 "option '--limit': '--1' is not a whole number",
                 "write digits alone, or '-' and digits"},
                {{"-f", "jsn", "c1"}, "option '-f': 'jsn' is not one of: table|json", "did you mean 'json'?"},
                {{"--systemd-cgroup", "c1"}, "there is no option '--systemd-cgroup'", "systemd is asked anyhow"},
                {{"--systemd-cgroup=false", "c1"}, "there is no option '--systemd-cgroup'", "systemd is asked anyhow"},
                {{"-p80", "c1"}, "there is no option '-p'", "systemd is asked anyhow"},
                {{"-itp", "c1"}, "there is no option '-p'", "systemd is asked anyhow"},
                {{"--log-driver=none", "c1"}, "there is no option '--log-driver'", "write to a file"},
                {{NULL}, "an operand is missing", "usage: test [OPTIONS] ID [WORD...]"},
        };
        struct parsed p;

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                parse(&p, cases[i].words[0], cases[i].words[0] == NULL ? NULL : cases[i].words[1],
                      cases[i].words[1] == NULL ? NULL : cases[i].words[2], NULL);
                if (cases[i].message == NULL) {
                        assert_int_equal(p.r, 0);
                } else {
                        assert_true(p.r < 0);
                        assert_int_equal(p.err.errnum, -p.r);
                        assert_string_equal(p.err.message, cases[i].message);
                        assert_string_equal(p.err.hint, cases[i].hint);
                }
                arena_done(&p.arena);
        }
        parse(&p, "a", "b", "c", "d", NULL);
        assert_int_equal(p.r, -EINVAL);
        assert_string_equal(p.err.message, "'d' is one word too many");
        arena_done(&p.arena);
}

static void test_bytes(void **state)
{
        static const struct {
                const char *word;
                int64_t bytes;
        } good[] = {
                {"0", 0},           {"1048576", 1048576}, {"64m", 64 << 20}, {"64M", 64 << 20},
                {"64mb", 64 << 20}, {"64MiB", 64 << 20},  {"2k", 2048},      {"1.5g", 3ll << 29},
                {"7b", 7},          {"1t", 1ll << 40},    {"0.25k", 256},    {"8191t", 8191ll << 40},
        };
        static const char *const bad[] = {"",
                                          "m",
                                          "-1",
                                          " 1",
                                          "1 ",
                                          "1.",
                                          ".5k",
                                          "1x",
                                          "1mm",
                                          "1bb",
                                          "1,5g",
                                          "0x10",
                                          "9223372036854775808",
                                          "8388608t"};
        struct arena arena = {0};
        struct ward_err err;
        int64_t bytes;

        for (size_t i = 0; i < ELEMENTS(good); i++) {
                assert_int_equal(option_read_bytes(&bytes, good[i].word, &arena, &err), 0);
                assert_int_equal(bytes, good[i].bytes);
        }
        for (size_t i = 0; i < ELEMENTS(bad); i++) {
                bytes = 42;
                assert_int_equal(option_read_bytes(&bytes, bad[i], &arena, &err), -EINVAL);
                assert_int_equal(bytes, 42);
        }
        arena_done(&arena);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_spellings), cmocka_unit_test(test_where_options_end),
                cmocka_unit_test(test_help),      cmocka_unit_test(test_refusals),
                cmocka_unit_test(test_set),       cmocka_unit_test(test_bytes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
