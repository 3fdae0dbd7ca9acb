/* SPDX-License-Identifier: Apache-2.0 */
/* What filters answer whatever the arguments are: against the interpreter, on filters of ward's, of libseccomp's, and of hand. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "arches.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "kern/verdict.h"

#define ALLOW SECCOMP_RET_ALLOW
#define REFUSE(code) (SECCOMP_RET_ERRNO | (code))
#define ARGS 16 /* seccomp_data.args[0], the lower half */

static const uint64_t values[] = {0,          1,          2,          5,          7,          8,
                                  0x5412,     0x7e020000, 0xfffffffe, UINT32_MAX, 1ull << 32, (1ull << 32) + 5,
                                  5ull << 32, UINT64_MAX};

static struct seccomp_filter by_hand(const struct sock_filter *code, size_t count)
{
        return (struct seccomp_filter){.code = (struct sock_filter *)(uintptr_t)code, .count = (uint16_t)count};
}

#define HAND(...)                                          \
        by_hand((const struct sock_filter[]){__VA_ARGS__}, \
                sizeof((const struct sock_filter[]){__VA_ARGS__}) / sizeof(struct sock_filter))

static void find(const struct seccomp_filter *filters, size_t count, uint32_t nr, struct arena *arena,
                 struct verdict *ret_verdict)
{
        const struct verdict_side side = {.filters = filters, .count = count};

        assert_int_equal(verdict_find(&side, 1, NATIVE_ARCH, nr, nr, arena, ret_verdict, NULL), 0);
}

static uint32_t interpreted(const struct seccomp_filter *filters, size_t count, uint32_t nr, const uint64_t args[6])
{
        uint32_t strictest = ALLOW;

        for (size_t i = 0; i < count; i++) {
                uint32_t answer = verdict_normal(seccomp_filter_answer(&filters[i], NATIVE_ARCH, nr, args));

                if ((int32_t)(answer & SECCOMP_RET_ACTION_FULL) < (int32_t)(strictest & SECCOMP_RET_ACTION_FULL))
                        strictest = answer;
        }
        return strictest;
}

/* The verdict and the interpreter agree about every combination of values in three arguments, and about the example of each case. */
static void check(const struct seccomp_filter *filters, size_t count, uint32_t nr)
{
        struct arena arena = {0};
        struct verdict verdict;

        find(filters, count, nr, &arena, &verdict);
        assert_true(verdict.complete);
        for (size_t i = 0; i < ELEMENTS(values) * ELEMENTS(values) * ELEMENTS(values); i++) {
                const uint64_t args[6] = {values[i % ELEMENTS(values)], values[i / ELEMENTS(values) % ELEMENTS(values)],
                                          values[i / ELEMENTS(values) / ELEMENTS(values)],
                                          values[i % ELEMENTS(values)]};
                const struct verdict_case *one = verdict_case_of(&verdict, nr, args);

                assert_non_null(one);
                assert_int_equal(one->answers[0], interpreted(filters, count, nr, args));
        }
        for (size_t i = 0; i < verdict.case_count; i++) {
                uint64_t args[6];

                assert_true(verdict_example(&verdict, i, args));
                assert_ptr_equal(verdict_case_of(&verdict, nr, args), &verdict.cases[i]);
                assert_int_equal(verdict.cases[i].answers[0], interpreted(filters, count, nr, args));
        }
        arena_done(&arena);
}

static void expect_words(const struct seccomp_filter *filters, size_t count, uint32_t nr, const char *words)
{
        struct arena arena = {0};
        struct text text = {0};
        struct verdict verdict;

        find(filters, count, nr, &arena, &verdict);
        verdict_print(&verdict, 1, &text);
        assert_string_equal(text.data, words);
        text_done(&text);
        arena_done(&arena);
}

static void build(struct arena *arena, struct seccomp_filter *ret_filter)
{
        static const struct {
                const char *name;
                uint32_t action;
                struct seccomp_compare compares[2];
                size_t count;
        } rules[] = {
                {"read", ALLOW, {{0}}, 0},
                {"write", REFUSE(7), {{1, SCMP_CMP_GT, 5, 0}, {2, SCMP_CMP_NE, 1ull << 32, 0}}, 2},
                {"write", REFUSE(8), {{1, SCMP_CMP_EQ, (1ull << 32) + 5, 0}}, 1},
                {"write", ALLOW, {{0, SCMP_CMP_LE, 7, 0}}, 1},
                {"ioctl", ALLOW, {{0}}, 0},
                {"ioctl", REFUSE(1), {{1, SCMP_CMP_EQ, 0x5412, 0}}, 1},
                {"ioctl", REFUSE(1), {{1, SCMP_CMP_EQ, 0x5413, 0}}, 1},
                {"ioctl", SECCOMP_RET_KILL_PROCESS, {{0, SCMP_CMP_GE, 8, 0}}, 1},
                {"clone", ALLOW, {{0, SCMP_CMP_MASKED_EQ, 0x7e020000, 0}}, 1},
                {"mmap", ALLOW, {{1, SCMP_CMP_MASKED_EQ, 0xffffffff00000000, 5ull << 32}}, 1},
                {"mmap", REFUSE(9), {{1, SCMP_CMP_LT, 1ull << 32, 0}, {0, SCMP_CMP_GE, 5, 0}}, 2},
        };
        struct seccomp_builder *builder;

        assert_int_equal(seccomp_builder_new(REFUSE(1), NULL, 0, &builder, NULL), 0);
        for (size_t i = 0; i < ELEMENTS(rules); i++)
                assert_int_equal(seccomp_builder_rule(builder, rules[i].name, rules[i].action, rules[i].compares,
                                                      rules[i].count, NULL),
                                 0);
        assert_int_equal(seccomp_builder_finish(builder, arena, ret_filter, NULL), 0);
        builder = seccomp_builder_free(builder);
}

static const char *const calls[] = {"read", "write", "ioctl", "clone", "mmap", "getpid"};

static void test_own(void **state)
{
        struct arena arena = {0};
        struct seccomp_filter filter;

        build(&arena, &filter);
        for (size_t i = 0; i < ELEMENTS(calls); i++)
                check(&filter, 1, (uint32_t)syscall_number(calls[i]));
        expect_words(&filter, 1, (uint32_t)syscall_number("read"), "allow");
        expect_words(&filter, 1, (uint32_t)syscall_number("clone"),
                     "((u32)arg0 & 0x7e020000) == 0: allow; otherwise EPERM");
        expect_words(&filter, 1, (uint32_t)syscall_number("ioctl"),
                     "(u32)arg0 > 7: kill process; (u32)arg1 is 0x5412 or 0x5413: EPERM; otherwise allow");
        arena_done(&arena);
}

/* libseccomp compares both halves of an argument, in another order. */
static void test_libseccomp(void **state)
{
        for (unsigned tree = 1; tree <= 2; tree++) {
                scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(1));
                static struct sock_filter code[BPF_MAXINSNS];
                int fd = memfd_create("filter", 0);
                struct seccomp_filter filter;

                assert_int_equal(seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, tree), 0);
                assert_int_equal(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(write), 2, SCMP_A1(SCMP_CMP_GT, 5),
                                                  SCMP_A2(SCMP_CMP_NE, 1ull << 32)),
                                 0);
                assert_int_equal(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
                                                  SCMP_A1(SCMP_CMP_EQ, (1ull << 32) + 5)),
                                 0);
                assert_int_equal(seccomp_rule_add(ctx, SCMP_ACT_ERRNO(7), SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, 7)),
                                 0);
                assert_int_equal(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                                                  SCMP_A0(SCMP_CMP_MASKED_EQ, 0x7e020000, 0)),
                                 0);
                assert_int_equal(seccomp_export_bpf(ctx, fd), 0);
                seccomp_release(ctx);
                filter = by_hand(code, (size_t)pread(fd, code, sizeof(code), 0) / sizeof(code[0]));
                (void)close(fd);
                for (size_t i = 0; i < ELEMENTS(calls); i++)
                        check(&filter, 1, (uint32_t)syscall_number(calls[i]));
                /* What the two halves say is said of the whole. */
                expect_words(&filter, 1, (uint32_t)syscall_number("ioctl"),
                             "arg1 == 0x100000005: allow; arg1 == 7: E2BIG; otherwise EPERM");
        }
}

/* All that is in force counts, the strictest first, and of two that are as strict the newer one. */
static void test_several(void **state)
{
        struct arena arena = {0};
        struct seccomp_filter filters[2];
        struct verdict verdict;

        filters[0] = HAND(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGS), BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 5, 0, 1),
                          BPF_STMT(BPF_RET | BPF_K, REFUSE(3)), BPF_STMT(BPF_RET | BPF_K, ALLOW));
        build(&arena, &filters[1]);
        for (size_t i = 0; i < ELEMENTS(calls); i++)
                check(filters, 2, (uint32_t)syscall_number(calls[i]));
        expect_words(filters, 2, (uint32_t)syscall_number("read"), "(u32)arg0 > 5: ESRCH; otherwise allow");
        expect_words(filters, 2, (uint32_t)syscall_number("getpid"), "(u32)arg0 > 5: ESRCH; otherwise EPERM");
        find(filters, 0, 1, &arena, &verdict);
        assert_int_equal(verdict.case_count, 1);
        assert_int_equal(verdict.cases[0].answers[0], ALLOW);
        arena_done(&arena);
}

/* Two sides beside each other: where they differ, and where another program says the same. */
static void test_difference(void **state)
{
        struct arena arena = {0};
        struct seccomp_filter one =
                HAND(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGS), BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 6, 0, 1),
                     BPF_STMT(BPF_RET | BPF_K, REFUSE(3)), BPF_STMT(BPF_RET | BPF_K, ALLOW));
        struct seccomp_filter same =
                HAND(BPF_STMT(BPF_LDX | BPF_IMM, 5), BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGS), BPF_STMT(BPF_ST, 3),
                     BPF_STMT(BPF_LD | BPF_IMM, 9), BPF_STMT(BPF_LD | BPF_MEM, 3),
                     BPF_JUMP(BPF_JMP | BPF_JGT | BPF_X, 0, 1, 0), BPF_STMT(BPF_RET | BPF_K, ALLOW),
                     BPF_STMT(BPF_LD | BPF_IMM, REFUSE(3)), BPF_STMT(BPF_RET | BPF_A, 0));
        struct seccomp_filter other =
                HAND(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGS), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 7, 1, 0),
                     BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 5, 1, 0), BPF_STMT(BPF_RET | BPF_K, ALLOW),
                     BPF_STMT(BPF_RET | BPF_K, REFUSE(3)));
        const struct verdict_side alike[] = {{.filters = &one, .count = 1}, {.filters = &same, .count = 1}};
        const struct verdict_side unlike[] = {{.filters = &one, .count = 1}, {.filters = &other, .count = 1}};
        struct verdict verdict;
        size_t differ = 0;

        check(&same, 1, 1);
        assert_int_equal(verdict_find(alike, 2, NATIVE_ARCH, 1, 1, &arena, &verdict, NULL), 0);
        for (size_t i = 0; i < verdict.case_count; i++)
                assert_int_equal(verdict.cases[i].answers[0], verdict.cases[i].answers[1]);
        assert_int_equal(verdict_find(unlike, 2, NATIVE_ARCH, 1, 1, &arena, &verdict, NULL), 0);
        for (size_t i = 0; i < verdict.case_count; i++) {
                const struct verdict_case *found = &verdict.cases[i];
                bool differs = found->answers[0] != found->answers[1];

                assert_int_equal(differs,
                                 found->count == 1 && found->tests[0].op == VERDICT_EQ && found->tests[0].value == 7);
                differ += differs;
        }
        assert_int_equal(differ, 1);
        arena_done(&arena);
}

/* A number can be unknown, too: what is answered to all that have no name. */
static void test_numbers(void **state)
{
        struct arena arena = {0};
        struct seccomp_filter filter;
        struct verdict verdict;
        const struct verdict_side side = {.filters = &filter, .count = 1};
        const uint64_t none[6] = {0};

        build(&arena, &filter);
        assert_int_equal(verdict_find(&side, 1, NATIVE_ARCH, 0, 0x3fffffff, &arena, &verdict, NULL), 0);
        for (uint32_t nr = 0; nr < 600; nr++)
                assert_int_equal(verdict_case_of(&verdict, nr, none)->answers[0],
                                 seccomp_filter_answer(&filter, NATIVE_ARCH, nr, none));
        assert_int_equal(verdict_find(&side, 1, NATIVE_ARCH, 424, 0x3fffffff, &arena, &verdict, NULL), 0);
        assert_int_equal(verdict.case_count, 1);
        assert_int_equal(verdict.cases[0].answers[0], REFUSE(ENOSYS));
        assert_int_equal(verdict_find(&side, 1, FOREIGN_ARCH, 0, UINT32_MAX, &arena, &verdict, NULL), 0);
        assert_int_equal(verdict.cases[0].answers[0], SECCOMP_RET_KILL_PROCESS);
        arena_done(&arena);
}

/* Impossible ways are not shown, and what can't be known is not guessed. */
static void test_limits(void **state)
{
        static struct sock_filter many[BPF_MAXINSNS];
        struct seccomp_filter filter =
                HAND(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGS), BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 9, 0, 2),
                     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 4, 0, 1), BPF_STMT(BPF_RET | BPF_K, REFUSE(1)),
                     BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 1, 0), BPF_STMT(BPF_RET | BPF_K, ALLOW),
                     BPF_STMT(BPF_RET | BPF_K, REFUSE(2)));
        struct arena arena = {0};
        struct verdict verdict;

        check(&filter, 1, 1);
        expect_words(&filter, 1, 1, "((u32)arg0 & 0x1) == 0: allow; otherwise ENOENT");
        /* Of two values all but one are excluded. */
        filter = HAND(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGS), BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 2, 4, 0),
                      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 3, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, 0),
                      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 2, 1, 0), BPF_STMT(BPF_RET | BPF_K, REFUSE(1)),
                      BPF_STMT(BPF_RET | BPF_K, ALLOW));
        expect_words(&filter, 1, 1, "allow");
        /* What is computed. */
        filter = HAND(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGS), BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1),
                      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 4, 0, 1), BPF_STMT(BPF_RET | BPF_K, REFUSE(1)),
                      BPF_STMT(BPF_RET | BPF_K, ALLOW));
        find(&filter, 1, 1, &arena, &verdict);
        assert_false(verdict.complete);
        assert_int_equal(verdict.case_count, 0);
        /* More ways than there is time for: each bit of four arguments one after the other, whose answers all differ. */
        for (unsigned i = 0; i < 40; i++) {
                many[2 * i] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGS + 8 * (i / 8));
                many[2 * i + 1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1u << i % 32, 0, 0);
        }
        many[80] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, ALLOW);
        filter = by_hand(many, 81);
        find(&filter, 1, 1, &arena, &verdict);
        assert_false(verdict.complete);
        arena_done(&arena);
}

static void test_strict(void **state)
{
        struct arena arena = {0};
        const struct seccomp_filter *filter = seccomp_strict_filter(&arena);

        for (size_t i = 0; syscall_name_at(i) != NULL; i++) {
                const char *name = syscall_name_at(i);
                int number = syscall_number(name);
                bool allowed = strcmp(name, "read") == 0 || strcmp(name, "write") == 0 || strcmp(name, "exit") == 0 ||
                               strcmp(name, "rt_sigreturn") == 0;

                if (number >= 0)
                        expect_words(filter, 1, (uint32_t)number, allowed ? "allow" : "kill thread");
        }
        arena_done(&arena);
}

static void test_normal(void **state)
{
        assert_int_equal(verdict_normal(ALLOW | 5), ALLOW);
        assert_int_equal(verdict_normal(REFUSE(0xffff)), REFUSE(4095));
        assert_int_equal(verdict_normal(0x00010000), SECCOMP_RET_KILL_PROCESS);
        assert_int_equal(verdict_normal(SECCOMP_RET_TRACE | 7), SECCOMP_RET_TRACE | 7);
        assert_int_equal(verdict_normal(SECCOMP_RET_USER_NOTIF | 7), SECCOMP_RET_USER_NOTIF);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_own),        cmocka_unit_test(test_libseccomp), cmocka_unit_test(test_several),
                cmocka_unit_test(test_difference), cmocka_unit_test(test_numbers),    cmocka_unit_test(test_limits),
                cmocka_unit_test(test_strict),     cmocka_unit_test(test_normal),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
