/* SPDX-License-Identifier: Apache-2.0 */
/* Exit records: what is printed is read back as the same, what is unknown stays so, and what each end is called. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "model/ending.h"

static struct ending full(void)
{
        struct ending ending;

        ending_init(&ending);
        ending.reason = ENDING_OUT_OF_MEMORY;
        ending.signal = SIGKILL;
        ending.core_dumped = 0;
        ending.started_usec = 1700000000000000;
        ending.cpu.usage_usec = 12;
        ending.memory.peak_bytes = 1 << 20;
        ending.memory.oom_kills = 2;
        ending.processes.limit = 100;
        ending.io.read_bytes = 0;
        ending.sender = (struct ending_sender){.by = "ward stop",
                                               .signal = SIGTERM,
                                               .pid = 5,
                                               .uid = 0,
                                               .time_usec = 7,
                                               .passed_on = 0,
                                               .parent = 4,
                                               .parent_command = "a \"shell\""};
        ending.oom = (struct ending_oom){.from = "kernel log",
                                         .victim = "hog",
                                         .pid = 9,
                                         .uid = 1,
                                         .group = "/c1",
                                         .use.usage_bytes = 1 << 24,
                                         .use.limit_bytes = 1 << 24,
                                         .use.anon_bytes = (1 << 24) - 8192,
                                         .use.file_bytes = 8192,
                                         .use.shmem_bytes = 0,
                                         .use.kernel_bytes = ENDING_UNKNOWN_NUMBER,
                                         .use.swap_bytes = 0};
        return ending;
}

static void test_both_ways(void **state)
{
        struct arena arena _cleanup_arena_ = {0};
        _cleanup_text_ struct text first = {0};
        _cleanup_text_ struct text again = {0};
        struct ending ending = full(), read;
        struct ward_err err;
        json_t *json;

        ending_print(&ending, &first);
        json = json_loads(first.data, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(json);
        assert_string_equal(json_string_value(json_object_get(json, "reason")), "out-of-memory");
        assert_string_equal(json_string_value(json_object_get(json, "signalName")), "SIGKILL");
        assert_true(json_is_null(json_object_get(json, "exitCode")));
        assert_true(json_is_null(json_object_get(json_object_get(json, "oom"), "kernelBytes")));
        json_decref(json);
        assert_int_equal(ending_parse(first.data, first.len, &arena, &read, &err), 0);
        ending_print(&read, &again);
        assert_string_equal(first.data, again.data);
        assert_int_equal(read.memory.limit_bytes, ENDING_UNKNOWN_NUMBER);
        assert_int_equal(read.io.read_bytes, 0);
        assert_null(read.sender.command);
}

static void test_unknown(void **state)
{
        static const char later[] = "{\"reason\":\"struck by lightning\",\"volts\":[1,{}],\"exitCode\":4}";
        struct arena arena _cleanup_arena_ = {0};
        _cleanup_text_ struct text text = {0};
        struct ending ending;
        struct ward_err err;
        json_t *json;

        ending_init(&ending);
        ending_print(&ending, &text);
        json = json_loads(text.data, 0, NULL);
        assert_true(json_is_null(json_object_get(json, "sender")) && json_is_null(json_object_get(json, "oom")));
        assert_true(json_is_object(json_object_get(json, "cpu")));
        json_decref(json);
        assert_int_equal(ending_parse(later, sizeof(later) - 2, &arena, &ending, &err), -EBADMSG);
        assert_int_equal(ending_parse(later, sizeof(later) - 1, &arena, &ending, &err), 0);
        assert_int_equal(ending.reason, ENDING_UNKNOWN);
        assert_int_equal(ending.exit_code, 4);
        assert_int_equal(ending_parse("{\"exitCode\":\"4\"}", 16, &arena, &ending, &err), -EBADMSG);
        assert_non_null(strstr(err.message, "record of the end is damaged"));
}

static void says(const struct ending *ending, const char *brief, const char *sentence)
{
        _cleanup_text_ struct text text = {0};
        _cleanup_text_ struct text whole = {0};

        ending_short(ending, &text);
        ending_sentence(ending, &whole);
        assert_string_equal(text.data, brief);
        assert_string_equal(whole.data, sentence);
}

static void test_words(void **state)
{
        struct ending ending;

        ending_init(&ending);
        says(&ending, "unknown", "ended; how is not known, because nobody waited for it");
        ending.reason = ENDING_EXITED;
        ending.exit_code = 3;
        says(&ending, "exit 3", "exited with status 3");
        ending.processes.limit = 5;
        ending.processes.limit_hits = 2;
        says(&ending, "exit 3",
             "exited with status 3; a new process was refused at the limit of 5 processes (2 times)");
        ending_init(&ending);
        ending.reason = ENDING_SIGNAL;
        ending.signal = SIGSYS;
        says(&ending, "SIGSYS", "killed by SIGSYS: as a seccomp filter ends who makes a forbidden system call");
        ending.signal = 36;
        ending.core_dumped = 1;
        says(&ending, "SIGRTMIN+2", "killed by SIGRTMIN+2, with a core dump; who sent it is not known");
        ending = full();
        says(&ending, "out of memory",
             "out of memory: the kernel killed 'hog' (pid 9) at the limit of 16 MiB of the control group '/c1': 15.9 "
             "MiB of "
             "the processes, 8 KiB of files");
        ending.reason = ENDING_SIGNAL;
        ending.signal = SIGTERM;
        ending.memory.oom_kills = 0;
        says(&ending, "SIGTERM",
             "killed by SIGTERM, which 'ward stop' (pid 5) sent for 'a \"shell\"' (pid 4) of user 0");
        ending.sender.passed_on = 1;
        ending.sender.command = "kill";
        says(&ending, "SIGTERM", "killed by SIGTERM, which 'ward stop' passed on from 'kill' (pid 5) of user 0");
        ending.sender.pid = ending.sender.uid = ENDING_UNKNOWN_NUMBER;
        says(&ending, "SIGTERM", "killed by SIGTERM, which 'ward stop' passed on from its terminal");
        /* Another signal than the last one that was sent. */
        ending.signal = SIGKILL;
        says(&ending, "SIGKILL", "killed by SIGKILL; who sent it is not known");
        ending_init(&ending);
        ending.reason = ENDING_CPU_TIME;
        ending.limit = 1250000;
        says(&ending, "cpu time", "ended after 1.25 s of processor time");
        ending.reason = ENDING_TIMEOUT;
        ending.limit = 7005000;
        says(&ending, "timeout", "ended after 7.005 s");
        ending.reason = ENDING_OUTPUT;
        ending.limit = 1536;
        says(&ending, "output limit", "ended after 1.5 KiB of output");
}

static void test_sender(void **state)
{
        struct arena arena _cleanup_arena_ = {0};
        _cleanup_text_ struct text text = {0};
        const struct ending ending = full();
        struct ending_sender read;
        struct ward_err err;

        ending_sender_print(&ending.sender, &text);
        assert_int_equal(ending_sender_parse(text.data, text.len, &arena, &read, &err), 0);
        assert_string_equal(read.by, "ward stop");
        assert_string_equal(read.parent_command, "a \"shell\"");
        assert_int_equal(read.signal, SIGTERM);
        assert_int_equal(ending_sender_parse("[]", 2, &arena, &read, &err), -EBADMSG);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_both_ways),
                cmocka_unit_test(test_unknown),
                cmocka_unit_test(test_words),
                cmocka_unit_test(test_sender),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
