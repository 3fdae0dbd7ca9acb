/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of capabilities and the attribute of files; /proc/PID/status. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/procfs.h"
#include "base/syscalls.h"
#include "model/caps.h"

static void test_parse(void **state)
{
        static const struct {
                const char *word;
                int code;
                uint64_t caps;
        } cases[] = {
                {"CAP_CHOWN", 0, 1},
                {"chown,Cap_Kill", 0, 0x21},
                {"all", 0, 0x1ffffffffff},
                {"NONE", 0, 0},
                {"0x20", 0, 0x20},
                {"00000000a80425fb", 0, 0xa80425fb},
                {"ffffffffffffffff", 0, UINT64_MAX},
                {"bpf", 0, 1ull << 39}, /* a name, not the mask 0xb.. */
                {"10000000000000000", -EINVAL, 0},
                {"chown,", -EINVAL, 0},
                {"", -EINVAL, 0},
                {"0x", -EINVAL, 0},
                {"-1", -EINVAL, 0},
                {"chown,20", -EINVAL, 0},
        };
        struct arena arena = {0};

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                struct ward_err err = {0};
                uint64_t caps = 0;

                assert_int_equal(caps_parse(cases[i].word, &arena, &caps, &err), cases[i].code);
                assert_int_equal(caps, cases[i].caps);
                assert_int_equal(err.errnum, -cases[i].code);
        }
        arena_done(&arena);
}

static void expect_file(const void *data, size_t len, const char *words)
{
        struct caps_file file;
        struct text text = {0};

        assert_int_equal(caps_file_parse(data, len, &file), 0);
        caps_file_print(&file, &text);
        assert_string_equal(text.data, words);
        text_done(&text);
}

static void test_file(void **state)
{
        static const uint8_t one[] = {0, 0, 0, 1, 1, 0, 0, 0, 0x20, 0, 0, 0};
        static const uint8_t two[] = {1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
        static const uint8_t three[] = {1, 0, 0, 3, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xa0, 0x86, 1, 0};
        static const uint8_t none[] = {1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        struct caps_file file;

        expect_file(one, sizeof(one), "cap_chown=p cap_kill=i");
        expect_file(two, sizeof(two), "cap_net_raw,cap_checkpoint_restore=ep");
        expect_file(three, sizeof(three), "cap_chown=eip [rootid=100000]");
        expect_file(none, sizeof(none), "=");
        for (size_t len = 0; len < sizeof(three); len++)
                assert_int_equal(caps_file_parse(three, len, &file), -EBADMSG);
        assert_int_equal(caps_file_parse(two, sizeof(two) - 4, &file), -EBADMSG);
        assert_int_equal(caps_file_parse("\0\0\0\x04\0\0\0\0\0\0\0\0", 12, &file), -EBADMSG);
}

static void test_meanings(void **state)
{
        for (size_t i = 0; i < CAP_NAME_COUNT; i++)
                assert_non_null(caps_meanings[i]);
}

static void test_status(void **state)
{
        static const char status[] =
                "Name:\tCapEff: "
                "ff\nUid:\t1000\t1\t2\t3\nCapEff:\t00000000a80425fb\nSeccomp:\t2\nSeccomp_filters:\t11\nLast:\t7";
        uint64_t number = 5;

        assert_int_equal(procfs_status_number(status, "CapEff:", 16, &number), 0);
        assert_int_equal(number, 0xa80425fb);
        assert_int_equal(procfs_status_number(status, "Uid:", 10, &number), 0);
        assert_int_equal(number, 1000);
        assert_int_equal(procfs_status_number(status, "Seccomp:", 10, &number), 0);
        assert_int_equal(number, 2);
        assert_int_equal(procfs_status_number(status, "Last:", 10, &number), 0);
        assert_int_equal(number, 7);
        assert_int_equal(procfs_status_number(status, "CapAmb:", 16, &number), -ENOENT);
        assert_int_equal(procfs_status_number(status, "Name:", 10, &number), -ENOENT);
        assert_int_equal(procfs_status_number("X:\t99999999999999999999", "X:", 10, &number), -ENOENT);
        assert_int_equal(number, 7);
        assert_int_equal(procfs_status_pid_inside("Name:\tx\nNSpid:\t812\t31\t5\nNSpgid:\t9\n", &number), 0);
        assert_int_equal(number, 5);
        assert_int_equal(procfs_status_pid_inside("Name:\tx\nNSpid:\t812\n", &number), 0);
        assert_int_equal(number, 812);
        assert_int_equal(procfs_status_pid_inside("Name:\tNSpid:\t4\n", &number), -ENOENT);
}

static int count(void *data, const char *call)
{
        ++*(size_t *)data;
        return syscall_number(call) == SYSCALL_UNKNOWN ? -EINVAL : 0;
}

/* Names and numbers, there and back; every group has members, and only such that are known. */
static void test_calls(void **state)
{
        struct arena arena = {0};
        size_t members;

        for (size_t arch = 0; syscall_arch_at(arch) != 0; arch++) {
                assert_non_null(syscall_arch_name(arch));
                for (size_t i = 0; syscall_name_at(i) != NULL; i++) {
                        int number = syscall_number_on(syscall_arch_at(arch), syscall_name_at(i));
                        const char *name;

                        if (number < 0)
                                continue;
                        name = syscall_name_on(syscall_arch_at(arch), number);
                        assert_non_null(name);
                        assert_int_equal(syscall_number_on(syscall_arch_at(arch), name), number);
                }
                assert_null(syscall_name_on(syscall_arch_at(arch), 100000));
                assert_null(syscall_name_on(syscall_arch_at(arch), -101));
        }
        for (const struct syscall_group *group = syscall_groups; group->name[0] != '\0'; group++) {
                members = 0;
                assert_int_equal(syscall_group_each(group->name, &arena, count, &members), 0);
                assert_true(members > 0 || strcmp(group->name, "@cpu-emulation") == 0 ||
                            strcmp(group->name, "@obsolete") == 0);
                assert_true(group == syscall_groups || strcmp(group[-1].name, group->name) < 0);
        }
        members = 0;
        assert_int_equal(syscall_group_each("@known", &arena, count, &members), 0);
        assert_true(members > 381);
        assert_int_equal(syscall_group_each("@nosuch", &arena, count, &members), -ENOENT);
        assert_string_equal(syscall_nearest("@file-sytem", &arena), "@file-system");
        arena_done(&arena);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse),  cmocka_unit_test(test_file),  cmocka_unit_test(test_meanings),
                cmocka_unit_test(test_status), cmocka_unit_test(test_calls),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
