/* SPDX-License-Identifier: Apache-2.0 */
/* The child's interpreter where it waits for another process, or makes one; as test-child.c. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <asm/unistd.h>

#include <cmocka.h>

#include "child-fixture.h"

/* Every wait ends when the other side is gone, and nothing is executed. */
static void test_other_side_gone(void **state)
{
        const struct op waits[] = {
                {.type = OP_WAIT, .number = MESSAGE_MAPPED},
                {.type = OP_WAIT, .number = MESSAGE_HOOKS_DONE},
                {.type = OP_WAIT_START, .slot = SLOT_NONE},
                {.type = OP_WAIT_START, .slot = FD_LISTENER},
        };
        struct fixture f;

        (void)state;
        for (size_t i = 0; i < ELEMENTS_OF(waits); i++) {
                fixture_prepare(&f, &waits[i], 1);
                mock.messages[0].end_of_file = true;
                assert_int_equal(mock_run(&f.child), MOCK_EXITED);
                fixture_assert_failed(&f, STEP_CHANNEL, EPIPE);
        }
}

static void test_wrong_message(void **state)
{
        const struct op op = {.type = OP_WAIT, .number = MESSAGE_CGROUPS};
        struct fixture f;

        (void)state;
        fixture_prepare(&f, &op, 1);
        mock.messages[0].byte = MESSAGE_START;
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        fixture_assert_failed(&f, STEP_CHANNEL, EPROTO);
        for (unsigned count = 0; count < 4; count++) {
                fixture_prepare(&f, &op, 1);
                mock.messages[0].byte = MESSAGE_CGROUPS;
                mock.messages[0].fd_count = count;
                mock.messages[0].fds[0] = 33;
                assert_int_equal(mock_run(&f.child), count == 1 ? MOCK_EXECUTED : MOCK_EXITED);
                if (count == 1)
                        assert_int_equal(f.slots[FD_TASKS], 33);
                else
                        fixture_assert_failed(&f, STEP_CHANNEL, EPROTO);
        }
}

/* One that connects and goes away, or says something else, does not start the container; the next one does. */
static void test_start_after_a_false_one(void **state)
{
        const struct op op = {.type = OP_WAIT_START, .slot = FD_LISTENER};
        struct fixture f;

        (void)state;
        fixture_prepare(&f, &op, 1);
        mock.messages[0].byte = MESSAGE_START;
        mock.messages[1].end_of_file = true;
        mock.messages[2].byte = MESSAGE_MAPPED;
        mock.messages[3].byte = MESSAGE_START;
        assert_int_equal(mock_run(&f.child), MOCK_EXECUTED);
        assert_int_equal(f.child.channel, 22); /* the third connection */
}

static void test_interrupted(void **state)
{
        const struct op op = {.type = OP_WAIT, .number = MESSAGE_HOOKS_DONE};
        struct fixture f;

        (void)state;
        fixture_prepare(&f, &op, 1);
        mock.messages[0].byte = MESSAGE_HOOKS_DONE;
        mock.answer_of = __NR_recvmsg;
        mock.answer = -EINTR;
        mock.answer_times = 3;
        assert_int_equal(mock_run(&f.child), MOCK_EXECUTED);
}

/* The first process of two says who goes on, and ends without a record of failure. */
static void test_clone_ends_the_first(void **state)
{
        const struct op op = {.type = OP_CLONE};
        struct fixture f;

        (void)state;
        fixture_prepare(&f, &op, 1);
        mock.clone_answer = 77;
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        assert_int_equal(mock.record_count, 1);
        assert_int_equal(mock.records[0].kind, RECORD_CLONED);
        assert_int_equal(mock.records[0].value, 77);
        assert_int_equal(mock.exit_status, 0);
}

/* One that was cloned itself may be in a pid namespace that it joined, where the new one has another number than outside: it sends a pidfd. */
static void test_second_clone(void **state)
{
        const struct op ops[] = {{.type = OP_CLONE}, {.type = OP_CLONE}};
        struct fixture f;

        (void)state;
        fixture_prepare(&f, ops, 2);
        mock.answer_of = __NR_clone3; /* the first time in the new process */
        mock.answer_times = 1;
        mock.clone_answer = 77;
        mock.sent_fd = -1;
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        assert_int_equal(mock.record_count, 0);
        assert_true(mock.sent_fd >= 0);
        assert_int_equal(mock.exit_status, 0);
}

/* The first process confines itself as the program will be, and executes ward-init with the number of the new one. It sends no record: the
 * program's process does. Whatever fails, that one is told, and waited for, before the first one ends. */
static void test_init_stays(void **state)
{
        const struct op ops[] = {{.type = OP_INIT, .slot = FD_STATE},
                                 {.type = OP_SETSID},
                                 {.type = OP_SECCOMP, .seccomp = {NULL, 2}},
                                 {.type = OP_CAPS},
                                 {.type = OP_EXEC, .exec = {fixture_argv, fixture_argv, fixture_envp}}};
        static const char *const calls[] = {"close_range 0 0xffffffff 0x4", "seccomp 1 0x2", "capset", "capget"};
        struct fixture f;
        unsigned at;

        (void)state;
        fixture_prepare(&f, ops, 5);
        mock.clone_answer = 1234;
        assert_int_equal(mock_run(&f.child), MOCK_EXECUTED);
        assert_string_equal(mock.executed, "1234");
        assert_int_equal(mock.record_count, 0);
        at = PROLOGUE + 3; /* pipe2, rt_sigprocmask, clone3 */
        for (size_t i = 0; i < ELEMENTS_OF(calls); i++, at++)
                assert_string_equal(mock.calls[at], calls[i]);
        assert_string_equal(mock.calls[at], "execveat 16");
        for (unsigned fail = PROLOGUE + 3; fail <= at; fail++) {
                fixture_prepare(&f, ops, 5);
                mock.clone_answer = 1234;
                mock.fail_at = (int)fail;
                mock.fail_with = EIO;
                assert_int_equal(mock_run(&f.child), MOCK_EXITED);
                assert_int_equal(mock.exit_status, 125);
                assert_string_equal(mock.calls[mock.call_count - 2], "wait4 1234");
        }
}

static const struct op listen_op = {.type = OP_SECCOMP, .seccomp = {NULL, 0xa, FD_CONSOLE, FD_STATE, false}};

/* The listener goes with the first piece alone, over the agent's socket, however small the pieces are. */
static void test_listener_is_sent(void **state)
{
        struct fixture f;

        (void)state;
        fixture_prepare(&f, &listen_op, 1);
        assert_int_equal(mock_run(&f.child), MOCK_EXECUTED);
        assert_string_equal(mock.sent, "<15+{state}>");
        assert_int_equal(mock.sent_fd, 20); /* what seccomp(2) answered */
        fixture_prepare(&f, &listen_op, 1);
        mock.send_room = 3;
        mock.answer_of = __NR_sendmsg;
        mock.answer = -EINTR;
        mock.answer_times = 2;
        assert_int_equal(mock_run(&f.child), MOCK_EXECUTED);
        assert_string_equal(mock.sent, "<15+{st><15ate><15}>");
}

/* Nothing is executed before the other thread has ended, and none is where the listener could not be sent: that one ends the process. */
static void test_listener_is_waited_for(void **state)
{
        struct op op = listen_op;
        struct fixture f;

        (void)state;
        op.seccomp.yields = true;
        fixture_prepare(&f, &op, 1);
        assert_int_equal(mock_run(&f.child), MOCK_EXECUTED);
        assert_string_equal(mock.calls[PROLOGUE + 4], "sched_yield");
        assert_string_equal(mock.calls[mock.call_count - 2], "close 20");
        fixture_prepare(&f, &op, 1);
        mock.answer_of = __NR_sendmsg;
        mock.answer = -EPIPE;
        mock.answer_times = 1;
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        fixture_assert_failed(&f, STEP_AGENT_SEND, EPIPE);
}

static void test_no_listener(void **state)
{
        struct fixture f;

        (void)state;
        fixture_prepare(&f, &listen_op, 1);
        mock.answer_of = __NR_seccomp;
        mock.answer = -EBUSY;
        mock.answer_times = 1;
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        fixture_assert_failed(&f, STEP_ITSELF, EBUSY);
        assert_string_equal(mock.sent, "");
        /* Made up by an outer filter. */
        fixture_prepare(&f, &listen_op, 1);
        mock.lies = true;
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        fixture_assert_failed(&f, STEP_PROVE, EPERM);
        assert_string_equal(mock.sent, "");
        /* An empty state would be no message, and carry nothing. */
        fixture_prepare(&f, &listen_op, 1);
        mock.state_len = 0;
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        fixture_assert_failed(&f, STEP_AGENT_STATE, ENODATA);
}

static const char *const hook_argv[] = {"h", NULL}, *const hook_envp[] = {NULL};
static const struct op_hook hooks[] = {{"/h1", hook_argv, hook_envp, 0}, {"/h2", hook_argv, hook_envp, 2}};
static const struct op hooks_op = {.type = OP_HOOKS,
                                   .hooks = {.kind = "startContainer", .hooks = hooks, .count = 2, .slot = FD_STATE}};

static void test_hook_fails(void **state)
{
        struct fixture f;

        (void)state;
        fixture_prepare(&f, &hooks_op, 1);
        mock.wait_status = 3;
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        fixture_assert_failed(&f, STEP_HOOK_STATUS, 3);
        assert_int_equal(mock.records[0].value, 0);
        fixture_prepare(&f, &hooks_op, 1);
        mock.wait_status = 9;
        mock.wait_killed = true;
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        fixture_assert_failed(&f, STEP_HOOK_STATUS, 137);
}

static void test_hook_timeout(void **state)
{
        bool killed = false;
        struct fixture f;

        (void)state;
        fixture_prepare(&f, &hooks_op, 1);
        mock.poll_answer = 0;
        mock.clone_answer = 78;
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        fixture_assert_failed(&f, STEP_HOOK_TIMEOUT, ETIMEDOUT);
        for (unsigned i = 0; i < mock.call_count; i++)
                killed |= strcmp(mock.calls[i], "kill 78 9") == 0;
        assert_true(killed);
}

/* In the hook's process: the state is its standard input, and a memory file takes what it writes; a program that can't be executed ends it with 127. */
static void test_hook_process(void **state)
{
        struct fixture f;

        (void)state;
        fixture_prepare(&f, &hooks_op, 1);
        mock.clone_answer = 0;
        assert_int_equal(mock_run(&f.child), MOCK_EXECUTED);
        assert_string_equal(mock.executed, "/h1");
        assert_string_equal(mock.calls[PROLOGUE], "memfd_create 'hook' 0x1");
        assert_string_equal(mock.calls[PROLOGUE + 2], "umask 0");
        assert_string_equal(mock.calls[PROLOGUE + 3], "lseek 16 0 0");
        assert_string_equal(mock.calls[PROLOGUE + 4], "dup3 16 0");
        assert_string_equal(mock.calls[PROLOGUE + 5], "dup3 20 1");
        assert_string_equal(mock.calls[PROLOGUE + 6], "dup3 20 2");
        assert_string_equal(mock.calls[mock.call_count - 3], "close_range 17 0xfffffffe 0");
        assert_string_equal(mock.calls[mock.call_count - 2], "chdir '/'");
        for (int i = 2; i <= 13; i++) {
                if (i >= 7 && i <= 9)
                        continue; /* looks at standard input, output and error */
                fixture_prepare(&f, &hooks_op, 1);
                mock.clone_answer = 0;
                mock.fail_at = PROLOGUE + i;
                mock.fail_with = EIO;
                assert_int_equal(mock_run(&f.child), MOCK_EXITED);
                assert_int_equal(mock.exit_status, 127);
                assert_null(mock.executed);
        }
}

/* A hook of the container is bound by what the ops behind it take away, first; the agent's listener is not its own. What fails there is said of that
 * op, and the hook is not run. */
static void test_hook_is_confined(void **state)
{
        struct sock_fprog program = {0};
        const uint32_t flags = SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_NEW_LISTENER;
        struct op ops[] = {hooks_op, {.type = OP_SECCOMP, .seccomp = {.program = &program, .flags = flags}}};
        struct fixture f;
        int filter_at = -1;

        (void)state;
        for (int confined = 0; confined < 2; confined++) {
                filter_at = -1;
                ops[0].hooks.confined = confined;
                fixture_prepare(&f, ops, 2);
                mock.clone_answer = 0;
                assert_int_equal(mock_run(&f.child), MOCK_EXECUTED);
                assert_string_equal(mock.executed, "/h1");
                for (int i = 0; i < (int)mock.call_count; i++)
                        if (strcmp(mock.calls[i], "seccomp 1 0x2") == 0)
                                filter_at = i;
                assert_int_equal(filter_at >= 0, confined);
        }
        fixture_prepare(&f, ops, 2);
        mock.clone_answer = 0;
        mock.fail_at = filter_at;
        mock.fail_with = EIO;
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        assert_int_equal(mock.exit_status, 127);
        assert_null(mock.executed);
        assert_int_equal(mock.record_count, 1);
        assert_int_equal(mock.records[0].kind, RECORD_FAILED);
        assert_int_equal(mock.records[0].type, OP_SECCOMP);
        assert_int_equal(mock.records[0].errnum, EIO);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_other_side_gone),
                cmocka_unit_test(test_wrong_message),
                cmocka_unit_test(test_start_after_a_false_one),
                cmocka_unit_test(test_interrupted),
                cmocka_unit_test(test_clone_ends_the_first),
                cmocka_unit_test(test_second_clone),
                cmocka_unit_test(test_init_stays),
                cmocka_unit_test(test_listener_is_sent),
                cmocka_unit_test(test_listener_is_waited_for),
                cmocka_unit_test(test_no_listener),
                cmocka_unit_test(test_hook_fails),
                cmocka_unit_test(test_hook_timeout),
                cmocka_unit_test(test_hook_process),
                cmocka_unit_test(test_hook_is_confined),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
