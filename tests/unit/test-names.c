/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "base/names.h"
#include "base/syscalls.h"

static void test_caps(void **state)
{
        for (size_t i = 0; i < CAP_NAME_COUNT; i++)
                assert_int_equal(cap_number(cap_names[i]), i);
        assert_int_equal(cap_number("cap_sys_admin"), 21);
        assert_int_equal(cap_number("CAP_CHECKPOINT_RESTORE"), 40);
        assert_int_equal(cap_number("SYS_ADMIN"), -1);
        assert_int_equal(cap_number("21"), -1);
        assert_string_equal(cap_nearest("net_raw"), "CAP_NET_RAW");
        assert_string_equal(cap_nearest("CAP_SYS_ADMN"), "CAP_SYS_ADMIN");
        assert_null(cap_nearest("everything"));
}

static void test_rlimits(void **state)
{
        for (int i = 0; i < RLIMIT_NAME_COUNT; i++) {
                assert_non_null(rlimit_names[i]);
                assert_int_equal(name_index(rlimit_names[i], rlimit_names, RLIMIT_NAME_COUNT), i);
        }
        assert_int_equal(RLIM_NLIMITS, RLIMIT_NAME_COUNT);
}

static void test_syscalls(void **state)
{
        static const char *const elsewhere[] = {"arm_fadvise64_64", "s390_pci_mmio_read", "riscv_hwprobe",
                                                "_newselect",       "socketcall",         "sync_file_range2"};
        static const struct {
                const char *name;
                int number;
        } newer[] = {{"cachestat", 451}, {"fchmodat2", 452},     {"map_shadow_stack", 453}, {"futex_wake", 454},
                     {"mseal", 462},     {"removexattrat", 466}, {"file_setattr", 469}};
        _cleanup_arena_ struct arena arena = {0};

        assert_int_equal(syscall_number("openat2"), SYS_openat2);
        for (size_t i = 0; i < ELEMENTS(newer); i++)
                assert_int_equal(syscall_number(newer[i].name), newer[i].number);
        for (size_t i = 0; i < ELEMENTS(elsewhere); i++) {
                assert_true(syscall_number(elsewhere[i]) < 0);
                assert_int_not_equal(syscall_number(elsewhere[i]), SYSCALL_UNKNOWN);
        }
        assert_int_equal(syscall_number("opneat"), SYSCALL_UNKNOWN);
        assert_int_equal(syscall_number(""), SYSCALL_UNKNOWN);
        assert_string_equal(syscall_nearest("opneat2", &arena), "openat2");
        assert_string_equal(syscall_nearest("mseall", &arena), "mseal");
        assert_null(syscall_nearest("completely_different", &arena));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_caps),
                cmocka_unit_test(test_rlimits),
                cmocka_unit_test(test_syscalls),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
