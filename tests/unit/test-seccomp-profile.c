/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model/seccomp.h"

static int parse(const char *text, const struct seccomp_context *context, struct arena *arena,
                 struct seccomp_profile *profile, struct ward_err *err)
{
        return seccomp_profile_parse(text, strlen(text), "p.json", 1, 1, context, arena, profile, err);
}

static const struct seccomp_context context = {
        .caps = 1 << 21 /* CAP_SYS_ADMIN */, .kernel_major = 6, .kernel_minor = 1};

static void test_oci_form(void **state)
{
        static const char text[] =
                "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,\n"
                " \"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X86_64\"],\n"
                " \"flags\":[\"SECCOMP_FILTER_FLAG_LOG\",\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\"],\n"
                " \"listenerMetadata\":null,\n"
                " \"syscalls\":[\n"
                "  "
                "{\"names\":[\"read\",\"futex_wake\",\"arm_fadvise64_64\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":null}"
                ",\n"
                "  {\"names\":[\"clone\"],\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":7,\"args\":[\n"
                "    {\"index\":0,\"value\":2114060288,\"valueTwo\":0,\"op\":\"SCMP_CMP_MASKED_EQ\"},\n"
                "    {\"index\":5,\"value\":18446744073709551615,\"op\":\"SCMP_CMP_NE\"}]},\n"
                "  {\"names\":[\"mount\"],\"action\":\"SCMP_ACT_KILL_PROCESS\"},\n"
                "  {\"names\":[\"umount2\"],\"action\":\"SCMP_ACT_ERRNO\"}]}";
        _cleanup_arena_ struct arena arena = {0};
        struct seccomp_profile profile;
        struct ward_err err = {0};

        assert_int_equal(parse(text, NULL, &arena, &profile, &err), 0);
        assert_int_equal(profile.default_action, SCMP_ACT_ERRNO(38));
        assert_int_equal(profile.arch_count, 2);
        assert_int_equal(profile.arches[1], SCMP_ARCH_X86);
        assert_int_equal(profile.flags, SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW);
        assert_int_equal(profile.rule_count, 4);
        assert_int_equal(profile.rules[0].action, SCMP_ACT_ALLOW);
        assert_int_equal(profile.rules[0].name_count, 3);
        assert_string_equal(profile.rules[0].names[1], "futex_wake");
        assert_int_equal(profile.rules[0].line, 6);
        assert_int_equal(profile.rules[0].column, 3);
        assert_int_equal(profile.rules[1].action, SCMP_ACT_TRACE(7));
        assert_int_equal(profile.rules[1].arg_count, 2);
        assert_int_equal(profile.rules[1].args[0].op, SCMP_CMP_MASKED_EQ);
        assert_int_equal(profile.rules[1].args[0].value, 2114060288);
        assert_int_equal(profile.rules[1].args[1].index, 5);
        assert_true(profile.rules[1].args[1].value == UINT64_MAX);
        assert_int_equal(profile.rules[2].action, SCMP_ACT_KILL_PROCESS);
        assert_int_equal(profile.rules[3].action, SCMP_ACT_ERRNO(EPERM));
}

static void test_twice_the_same_argument(void **state)
{
        static const char text[] =
                "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"personality\"],"
                "\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":0,\"op\":\"SCMP_CMP_EQ\"},"
                "{\"index\":0,\"value\":8,\"op\":\"SCMP_CMP_EQ\"}]}]}";
        _cleanup_arena_ struct arena arena = {0};
        struct seccomp_profile profile;
        struct ward_err err = {0};

        assert_int_equal(parse(text, NULL, &arena, &profile, &err), 0);
        assert_int_equal(profile.rule_count, 2);
        assert_int_equal(profile.rules[0].arg_count, 1);
        assert_int_equal(profile.rules[1].args[0].value, 8);
        assert_string_equal(profile.rules[1].names[0], "personality");
}

/* Each rule is kept or left out by its condition. */
static void test_docker_conditions(void **state)
{
        static const struct {
                const char *condition;
                bool kept;
        } cases[] = {
                {"\"comment\":\"x\"", true},
                {"\"includes\":{},\"excludes\":{}", true},
                {"\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}", true},
                {"\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\",\"CAP_BPF\"]}", false},
                {"\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\",\"CAP_BPF\"]}", false},
                {"\"excludes\":{\"caps\":[\"CAP_BPF\"]}", true},
                {"\"includes\":{\"arches\":[\"s390x\"]}", false},
                {"\"excludes\":{\"arches\":[\"s390x\"]}", true},
                {"\"includes\":{\"arches\":[\"amd64\",\"arm64\",\"x32\"]}", true},
                {"\"excludes\":{\"arches\":[\"amd64\",\"arm64\"]}", false},
                {"\"includes\":{\"minKernel\":\"4.8\"}", true},
                {"\"includes\":{\"minKernel\":\"6.1\"}", true},
                {"\"includes\":{\"minKernel\":\"6.2\"}", false},
                {"\"excludes\":{\"minKernel\":\"6.1\"}", false},
                {"\"excludes\":{\"minKernel\":\"10.0\"}", true},
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_arena_ struct arena arena = {0};
                char text[512];
                struct seccomp_profile profile;
                struct ward_err err = {0};

                (void)snprintf(text, sizeof(text),
                               "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrno\":\"EPERM\",\"syscalls\":[{"
                               "\"name\":\"bpf\","
                               "\"action\":\"SCMP_ACT_ALLOW\",%s}]}",
                               cases[i].condition);
                assert_int_equal(parse(text, &context, &arena, &profile, &err), 0);
                assert_int_equal(profile.rule_count, cases[i].kept);
                assert_int_equal(parse(text, NULL, &arena, &profile, &err), -EINVAL);
        }
}

static void test_arch_map(void **state)
{
        static const char text[] =
                "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"archMap\":["
                "{\"architecture\":\"SCMP_ARCH_S390X\",\"subArchitectures\":[\"SCMP_ARCH_S390\"]},"
                "{\"architecture\":\"SCMP_ARCH_AARCH64\",\"subArchitectures\":[\"SCMP_ARCH_ARM\"]},"
                "{\"architecture\":\"SCMP_ARCH_X86_64\",\"subArchitectures\":[\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"]}]}";
        _cleanup_arena_ struct arena arena = {0};
        struct seccomp_profile profile;
        struct ward_err err = {0};

        assert_int_equal(parse(text, &context, &arena, &profile, &err), 0);
        assert_true(profile.arch_count >= 2);
        assert_int_equal(profile.arches[0], seccomp_arch_native());
}

/* What a bundle names and nobody knows is left out where the default action is as strict, wherever that stands. */
static void test_left_out(void **state)
{
        static const char *const actions[] = {"KILL_PROCESS", "KILL_THREAD", "TRAP", "ERRNO",
                                              "NOTIFY",       "TRACE",       "LOG",  "ALLOW"};

        (void)state;
        for (size_t rule = 0; rule < ELEMENTS(actions); rule++)
                for (size_t otherwise = 0; otherwise < ELEMENTS(actions); otherwise++) {
                        _cleanup_arena_ struct arena arena = {0};
                        struct seccomp_profile profile;
                        struct ward_err err = {0};
                        char text[256];

                        (void)snprintf(text, sizeof(text),
                                       "{\"syscalls\":[{\"names\":[\"read\",\"nocall\"],\"action\":\"SCMP_ACT_%s\"}],"
                                       "\"defaultAction\":\"SCMP_ACT_%s\"}",
                                       actions[rule], actions[otherwise]);
                        if (rule < otherwise) {
                                assert_int_equal(parse(text, NULL, &arena, &profile, &err), -EINVAL);
                                assert_string_equal(err.message, "p.json:1:31: linux.seccomp.syscalls[0].names[1]: "
                                                                 "unknown system call 'nocall'");
                                continue;
                        }
                        assert_int_equal(parse(text, NULL, &arena, &profile, &err), 0);
                        assert_int_equal(profile.rules[0].name_count, 1);
                        assert_int_equal(profile.unknown_count, 1);
                        assert_string_equal(profile.unknown[0].name, "nocall");
                }
}

#define HEAD "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\n"
#define RULE(rest) HEAD "\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\"," rest "}]}"

static void test_refused(void **state)
{
        static const struct {
                const char *text, *message, *hint;
        } cases[] = {
                {"{}", "p.json:1:1: linux.seccomp: the required field 'defaultAction' is missing", ""},
                {"{\"defaultAction\":\"SCMP_ACT_ALOW\"}",
                 "p.json:1:18: linux.seccomp.defaultAction: unknown action 'SCMP_ACT_ALOW'",
                 "did you mean 'SCMP_ACT_ALLOW'?"},
                {"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"defaultErrnoRet\":1}",
                 "p.json:1:53: linux.seccomp: an errno goes with the actions SCMP_ACT_ERRNO and SCMP_ACT_TRACE only",
                 ""},
                {HEAD "\"architectures\":[\"SCMP_ARCH_X86_46\"]}",
                 "p.json:2:18: linux.seccomp.architectures[0]: unknown architecture 'SCMP_ARCH_X86_46'",
                 "did you mean 'SCMP_ARCH_X86_64'?"},
                {HEAD "\"flags\":[\"SECCOMP_FILTER_FLAG_TSINC\"]}",
                 "p.json:2:10: linux.seccomp.flags[0]: unknown flag 'SECCOMP_FILTER_FLAG_TSINC'",
                 "did you mean 'SECCOMP_FILTER_FLAG_TSYNC'?"},
                {HEAD "\"flags\":[\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"]}",
                 "p.json:2:10: linux.seccomp.flags: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is for filters with a "
                 "listener",
                 "take the flag out, or have a rule with the action SCMP_ACT_NOTIFY"},
                {HEAD "\"listenerMetadata\":\"m\"}",
                 "p.json:2:20: linux.seccomp.listenerMetadata: it may not be given without 'listenerPath'", ""},
                {HEAD "\"listenerPath\":\"\",\"listenerMetadata\":\"m\"}",
                 "p.json:2:38: linux.seccomp.listenerMetadata: it may not be given without 'listenerPath'", ""},
                {HEAD "\"listenerPath\":5}",
                 "p.json:2:16: linux.seccomp.listenerPath: expected a string, found a number", ""},
                {HEAD "\"syscalls\":[{\"names\":[\"raed\"],\"action\":\"SCMP_ACT_ERRNO\"}]}",
                 "p.json:2:23: linux.seccomp.syscalls[0].names[0]: unknown system call 'raed'", "did you mean 'read'?"},
                {HEAD "\"syscalls\":[{\"names\":[],\"action\":\"SCMP_ACT_ERRNO\"}]}",
                 "p.json:2:13: linux.seccomp.syscalls[0]: no system call is named", ""},
                {HEAD "\"syscall\":[]}", "p.json:2:1: linux.seccomp.syscall: unknown field",
                 "did you mean 'syscalls'?"},
                {RULE("\"errnoRet\":4096"), "p.json:2:68: linux.seccomp.syscalls[0]: the errno must be from 0 to 4095",
                 ""},
                {RULE("\"errnoRe\":1"), "p.json:2:57: linux.seccomp.syscalls[0].errnoRe: unknown field",
                 "did you mean 'errnoRet'?"},
                {RULE("\"args\":[{\"index\":6,\"value\":0,\"op\":\"SCMP_CMP_EQ\"}]"),
                 "p.json:2:74: linux.seccomp.syscalls[0].args[0].index: the number must be from 0 to 5", ""},
                {RULE("\"args\":[{\"index\":0,\"value\":-1,\"op\":\"SCMP_CMP_EQ\"}]"),
                 "p.json:2:84: linux.seccomp.syscalls[0].args[0].value: the number must be from 0 to "
                 "18446744073709551615",
                 ""},
                {RULE("\"args\":[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EG\"}]"),
                 "p.json:2:91: linux.seccomp.syscalls[0].args[0].op: unknown operator 'SCMP_CMP_EG'",
                 "did you mean 'SCMP_CMP_EQ'?"},
                {RULE("\"args\":[{\"index\":0,\"value\":1}]"),
                 "p.json:2:65: linux.seccomp.syscalls[0].args[0]: the required field 'op' is missing", ""},
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_arena_ struct arena arena = {0};
                struct seccomp_profile profile;
                struct ward_err err = {0};

                assert_int_equal(parse(cases[i].text, NULL, &arena, &profile, &err), -EINVAL);
                assert_string_equal(err.message, cases[i].message);
                assert_string_equal(err.hint, cases[i].hint);
        }
}

static void test_refused_in_docker_form(void **state)
{
        static const struct {
                const char *text, *message;
        } cases[] = {
                {RULE("\"name\":\"write\""), "p.json:2:13: syscalls[0]: both 'name' and 'names' are given"},
                {RULE("\"includes\":{\"caps\":[\"CAP_SYS_ADMN\"]}"),
                 "p.json:2:77: syscalls[0].includes.caps[0]: unknown capability 'CAP_SYS_ADMN'"},
                {RULE("\"excludes\":{\"arches\":[\"amd46\"]}"),
                 "p.json:2:79: syscalls[0].excludes.arches[0]: unknown architecture 'amd46'"},
                {RULE("\"includes\":{\"minKernel\":\"4\"}"),
                 "p.json:2:81: syscalls[0].includes.minKernel: '4' is not a kernel version like \"4.8\""},
                {HEAD "\"architectures\":[\"SCMP_ARCH_X86\"],\"archMap\":[]}",
                 "p.json:1:1: both 'architectures' and 'archMap' are given"},
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_arena_ struct arena arena = {0};
                struct seccomp_profile profile;
                struct ward_err err = {0};

                assert_int_equal(parse(cases[i].text, &context, &arena, &profile, &err), -EINVAL);
                assert_string_equal(err.message, cases[i].message);
        }
}

static void test_position_in_config(void **state)
{
        static const char text[] = "{\"defaultAction\":\"SCMP_ACT_NO\"}";
        _cleanup_arena_ struct arena arena = {0};
        struct seccomp_profile profile;
        struct ward_err err = {0};

        assert_int_equal(
                seccomp_profile_parse(text, strlen(text), "config.json", 180, 20, NULL, &arena, &profile, &err),
                -EINVAL);
        assert_string_equal(err.message,
                            "config.json:180:37: linux.seccomp.defaultAction: unknown action 'SCMP_ACT_NO'");
}

static void test_listener(void **state)
{
        static const struct {
                const char *text, *path, *metadata;
        } cases[] = {
                {HEAD
                 "\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_NOTIFY\"}],\"listenerPath\":\"/run/l\"}",
                 "/run/l", NULL},
                {"{\"listenerMetadata\":\"a "
                 "\\\"b\\\"\",\"listenerPath\":\"/run/l\",\"defaultAction\":\"SCMP_ACT_NOTIFY\"}",
                 "/run/l", "a \"b\""},
                {HEAD "\"listenerPath\":\"\",\"listenerMetadata\":\"\"}", NULL, NULL},
                {HEAD "\"flags\":[]}", NULL, NULL},
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_arena_ struct arena arena = {0};
                struct seccomp_listener listener;
                struct seccomp_profile profile;
                struct ward_err err = {0};

                assert_int_equal(parse(cases[i].text, NULL, &arena, &profile, &err), 0);
                assert_int_equal(parse(cases[i].text, &context, &arena, &profile, &err), 0);
                assert_int_equal(
                        seccomp_profile_listener(cases[i].text, strlen(cases[i].text), "p", &arena, &listener, &err),
                        0);
                assert_string_equal(listener.path == NULL ? "-" : listener.path,
                                    cases[i].path == NULL ? "-" : cases[i].path);
                assert_string_equal(listener.metadata == NULL ? "-" : listener.metadata,
                                    cases[i].metadata == NULL ? "-" : cases[i].metadata);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_oci_form),
                cmocka_unit_test(test_twice_the_same_argument),
                cmocka_unit_test(test_docker_conditions),
                cmocka_unit_test(test_arch_map),
                cmocka_unit_test(test_left_out),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_refused_in_docker_form),
                cmocka_unit_test(test_position_in_config),
                cmocka_unit_test(test_listener),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
