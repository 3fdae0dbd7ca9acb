/* SPDX-License-Identifier: Apache-2.0 */
/* The words of Landlock: what is read of them, what is refused and with which words, and what a kernel of each ABI is asked for. */
#include <errno.h>
#include <linux/landlock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/uapi.h"
#include "model/landlock.h"

#define ALL 0xffff
#define READ_ONLY (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

static const struct spec_origin origin = {.field = "--landlock", .index = -1};

static void read_words(const char *words, struct arena *arena, struct spec_landlock *landlock)
{
        struct ward_err err = {0};

        if (landlock_read(words, &origin, arena, landlock, &err) < 0)
                fail_msg("%s: %s", words, err.message);
        assert_true(landlock->given);
        assert_string_equal(landlock->text, words);
}

static void test_read(void **state)
{
        static const struct {
                const char *words;
                uint64_t fs, net, scope;
                uint32_t flags;
                unsigned abi;
                bool best_effort;
        } cases[] = {
                {"fs", ALL, 0, 0, 0, 0, false},
                {"system", ALL, 0, 0, 0, 0, false},
                {"ro:/", ALL, 0, 0, 0, 0, false},
                {"tcp", 0, 3, 0, 0, 4, false},
                {"tcp-connect:443", 0, 3, 0, 0, 4, false},
                {"tcp-connect:443,tcp-bind:any", 0, 2, 0, 0, 4, false},
                {"tcp-connect:any,tcp-bind:0", 0, 1, 0, 0, 4, false},
                {"scope", 0, 0, 3, 0, 6, false},
                {"scope:signal", 0, 0, 2, 0, 6, false},
                {"scope:abstract", 0, 0, 1, 0, 6, false},
                {"scope:abstract,scope:signal,log", 0, 0, 3, 2, 7, false},
                {"fs,log:no-start,log:no-nested", ALL, 0, 0, 5, 7, false},
                {"fs,abi:3", ALL, 0, 0, 0, 3, false},
                {"tcp,abi:3", 0, 3, 0, 0, 4, false},
                {"best-effort,scope", 0, 0, 3, 0, 6, true},
                {"refer:/a", ALL, 0, 0, 0, 2, false},
                {"ioctl-dev+truncate:/a", ALL, 0, 0, 0, 0, false},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct arena arena _cleanup_arena_ = {0};
                struct spec_landlock landlock = {0};

                read_words(cases[i].words, &arena, &landlock);
                if (landlock.fs != cases[i].fs || landlock.net != cases[i].net || landlock.scope != cases[i].scope ||
                    landlock.flags != cases[i].flags || landlock.abi != cases[i].abi ||
                    landlock.best_effort != cases[i].best_effort)
                        fail_msg("%s", cases[i].words);
        }
}

static void test_rules(void **state)
{
        struct arena arena _cleanup_arena_ = {0};
        struct spec_landlock landlock = {0};

        (void)state;
        read_words("ro:/usr,rw:/a\\,b\\\\c\\d,read-file+make:/x y,tcp-bind:0,tcp-connect:65535", &arena, &landlock);
        assert_int_equal(landlock.path_count, 3);
        assert_string_equal(landlock.paths[0].path, "/usr");
        assert_int_equal(landlock.paths[0].rights, READ_ONLY);
        assert_string_equal(landlock.paths[1].path, "/a,b\\c\\d");
        assert_int_equal(landlock.paths[1].rights, ALL);
        assert_string_equal(landlock.paths[2].path, "/x y");
        assert_int_equal(landlock.paths[2].rights, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                                           LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM |
                                                           LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO);
        assert_false(landlock.paths[0].optional);
        assert_int_equal(landlock.port_count, 2);
        assert_int_equal(landlock.ports[0].port, 0);
        assert_int_equal(landlock.ports[0].rights, LANDLOCK_ACCESS_NET_BIND_TCP);
        assert_int_equal(landlock.ports[1].port, 65535);
        assert_int_equal(landlock.ports[1].rights, LANDLOCK_ACCESS_NET_CONNECT_TCP);
        read_words("system,system", &arena, &landlock);
        for (size_t i = 0; i < landlock.path_count; i++)
                assert_true(landlock.paths[i].optional && landlock.paths[i].path[0] == '/');
}

static void test_refused(void **state)
{
        static const struct {
                const char *words, *message, *hint;
        } cases[] = {
                {"", "''", "system, ro:PATH"},
                {"fs,", "''", "system, ro:PATH"},
                {"sytem", "'sytem'", "'system'"},
                {"scope:signals", "'scope:signals'", "'scope:signal'"},
                {"log:nostart", "'log:nostart'", "'log:no-start'"},
                {"besteffort", "'besteffort'", "'best-effort'"},
                {"red:/a", "'red:/a': Landlock knows no word 'red'", "'read'"},
                {"read-file+wirte-file:/a", "'wirte-file'", "'write-file'"},
                {"read++write:/a", "''", "system, ro:PATH"},
                {":/a", "''", "system, ro:PATH"},
                {"tcp-conect:1", "'tcp-conect'", "'tcp-connect'"},
                {"rw:a", "'rw:a' does not name an absolute path", "from / on"},
                {"rw:", "'rw:' does not name an absolute path", "from / on"},
                {"tcp-bind:65536", "'tcp-bind:65536': this is no port", "0 to 65535"},
                {"tcp-bind:", "this is no port", "0 to 65535"},
                {"tcp-bind:http", "this is no port", "or any"},
                {"abi:0", "'abi:0'", "from 1 on"},
                {"abi:x,fs", "'abi:x'", "from 1 on"},
                {"log", "'log' refuses nothing", "what stays allowed"},
                {"tcp-bind:any,tcp-connect:any", "refuses nothing", "what stays allowed"},
                {"best-effort", "refuses nothing", "what stays allowed"},
                {"tcp-bind:80,tcp-bind:any", "any port and port 80", "leave one of them out"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct arena arena _cleanup_arena_ = {0};
                struct spec_landlock landlock = {0};
                struct ward_err err = {0};

                assert_int_equal(landlock_read(cases[i].words, &origin, &arena, &landlock, &err), -EINVAL);
                if (strstr(err.message, cases[i].message) == NULL || strstr(err.hint, cases[i].hint) == NULL)
                        fail_msg("%s: %s (%s)", cases[i].words, err.message, err.hint);
                assert_false(landlock.given);
        }
}

/* What each ABI brought (landlock(7), "VERSIONS"). */
static void test_fit(void **state)
{
        static const struct {
                uint64_t fs, net, scope;
                uint32_t flags;
        } abis[] = {{0, 0, 0, 0},      {0x1fff, 0, 0, 0}, {0x3fff, 0, 0, 0}, {0x7fff, 0, 0, 0}, {0x7fff, 3, 0, 0},
                    {0xffff, 3, 0, 0}, {0xffff, 3, 3, 0}, {0xffff, 3, 3, 7}, {0xffff, 3, 3, 7}};
        struct arena arena _cleanup_arena_ = {0};
        struct spec_landlock landlock = {0};

        (void)state;
        read_words("fs,tcp,scope,log,log:no-start,log:no-nested", &arena, &landlock);
        for (unsigned abi = 0; abi < sizeof(abis) / sizeof(abis[0]); abi++) {
                struct landlock_fit fit;

                landlock_fit(&landlock, abi, &fit);
                if (fit.fs != abis[abi].fs || fit.net != abis[abi].net || fit.scope != abis[abi].scope ||
                    fit.flags != abis[abi].flags)
                        fail_msg("ABI %u", abi);
        }
}

static void test_demand(void **state)
{
        struct arena arena _cleanup_arena_ = {0};
        struct spec_landlock landlock = {0};
        struct ward_err err = {0};

        (void)state;
        read_words("ro:/,tcp-connect:1,scope:signal,tcp", &arena, &landlock);
        assert_int_equal(landlock_demand(&landlock, 6, "x", &err), 0);
        assert_int_equal(landlock_demand(&landlock, 5, "x", &err), -EOPNOTSUPP);
        assert_string_equal(err.message, "--landlock: 'scope:signal' takes ABI 6 of Landlock, and this kernel has 5");
        assert_int_equal(landlock_demand(&landlock, 0, "x", &err), -EOPNOTSUPP);
        assert_non_null(strstr(err.message, "not in force in this kernel"));
        /* What no word names follows the kernel. */
        read_words("ro:/", &arena, &landlock);
        assert_int_equal(landlock_demand(&landlock, 1, "x", &err), 0);
        assert_int_equal(landlock_demand(&landlock, 0, "x", &err), -EOPNOTSUPP);
        read_words("ro:/,scope,best-effort", &arena, &landlock);
        assert_int_equal(landlock_demand(&landlock, 0, "x", &err), 0);
}

static void test_print(void **state)
{
        static const struct {
                uint64_t rights;
                const char *text;
        } cases[] = {{READ_ONLY, "ro"}, {ALL, "rw"}, {4, "read-file"}, {0xa, "write-file+read-dir"}};
        const struct landlock_fit fit = {.fs = 1, .net = 2, .scope = 3};
        _cleanup_text_ struct text kinds = {0};

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                _cleanup_text_ struct text text = {0};

                landlock_rights_print(cases[i].rights, &text);
                assert_string_equal(text.data, cases[i].text);
        }
        landlock_kinds(&fit, &kinds);
        assert_string_equal(kinds.data, "files, tcp-connect, signals, abstract sockets");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_read), cmocka_unit_test(test_rules),  cmocka_unit_test(test_refused),
                cmocka_unit_test(test_fit),  cmocka_unit_test(test_demand), cmocka_unit_test(test_print),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
