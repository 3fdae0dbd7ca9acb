/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "arches.h"
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

/* The table that the build made is what the library itself says, both ways. */
static void test_table(void **state)
{
        static const uint32_t arches[] = {SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32, SCMP_ARCH_AARCH64,
                                          SCMP_ARCH_ARM};
        int known = 0;

        assert_int_equal(syscall_arch_native(), seccomp_arch_native());
        assert_false(syscall_arch_known(SCMP_ARCH_MIPS));
        for (size_t a = 0; a < ELEMENTS(arches); a++) {
                int base = arches[a] == SCMP_ARCH_X32 ? 0x40000000 : 0;

                for (int number = base; number < base + 1000 && syscall_arch_known(arches[a]); number++) {
                        _cleanup_free_ char *name = seccomp_syscall_resolve_num_arch(arches[a], number);

                        if (name == NULL)
                                continue;
                        known++;
                        assert_true(syscall_number_on(arches[a], name) == number ||
                                    syscall_direct_on(arches[a], name) == number);
                        for (size_t b = 0; b < ELEMENTS(arches); b++)
                                if (syscall_arch_known(arches[b]))
                                        assert_int_equal(syscall_number_on(arches[b], name),
                                                         seccomp_syscall_resolve_name_arch(arches[b], name));
                }
        }
        assert_true(known > 600);
#ifdef __x86_64__
        assert_int_equal(syscall_direct_on(SCMP_ARCH_X86, "accept4"), 364);
#endif
        assert_int_equal(syscall_direct_on(COMPAT_ARCH, "accept"), -1);
        assert_int_equal(syscall_direct_on(NATIVE_ARCH, "accept4"), -1);
        assert_true(syscall_number_on(SCMP_ARCH_MIPS, "read") < 0);
}

static void test_signals(void **state)
{
        struct ward_err err = {0};

        assert_int_equal(signal_number("9"), 9);
        assert_int_equal(signal_number("KILL"), SIGKILL);
        assert_int_equal(signal_number("SigTerm"), SIGTERM);
        assert_int_equal(signal_number("usr1"), SIGUSR1);
        assert_int_equal(signal_number("SIGIO"), SIGIO);
        assert_int_equal(signal_number("poll"), SIGIO);
        assert_int_equal(signal_number("IOT"), SIGABRT);
        assert_int_equal(signal_number("CLD"), SIGCHLD);
        assert_int_equal(signal_number("RTMIN"), SIGRTMIN);
        assert_int_equal(signal_number("SIGRTMIN+3"), SIGRTMIN + 3);
        assert_int_equal(signal_number("rtmax-1"), SIGRTMAX - 1);
        assert_int_equal(signal_number("RTMIN-1"), -1);
        assert_int_equal(signal_number("RTMIN+99"), -1);
        assert_int_equal(signal_number("65"), -1);
        assert_int_equal(signal_number("-9"), -1);
        assert_int_equal(signal_number(""), -1);
        assert_int_equal(signal_unknown("SIGTREM", &err), -EINVAL);
        assert_string_equal(err.message, "'SIGTREM' is not a signal");
        assert_string_equal(err.hint, "did you mean 'TERM'?");
        assert_int_equal(signal_unknown("nonsense", &err), -EINVAL);
        assert_non_null(strstr(err.hint, "kill -l"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_signals),  cmocka_unit_test(test_caps),  cmocka_unit_test(test_rlimits),
                cmocka_unit_test(test_syscalls), cmocka_unit_test(test_table),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
