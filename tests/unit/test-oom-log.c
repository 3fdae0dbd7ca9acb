/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's log on processes that were ended for want of memory, as Linux 6.18 writes it on cgroup v1 and Linux 6.1 on v2. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kern/oom-log.h"

static const char v1[] =
        "<4>[  100.349000] tail invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
        "<6>[  100.349010] memory: usage 16384kB, limit 16384kB, failcnt 25\n"
        "<6>[  100.349011] memory+swap: usage 16384kB, limit 9007199254740988kB, failcnt 0\n"
        "<6>[  100.349012] kmem: usage 128kB, limit 9007199254740988kB, failcnt 0\n"
        "<6>[  100.349013] Memory cgroup stats for /c1:\n"
        "<6>[  100.349014] cache 4096\n"
        "<6>[  100.349015] rss 1\n"
        "<6>[  100.349016] total_cache 8192\n"
        "<6>[  100.349017] total_rss 16601088\n"
        "<6>[  100.349018] total_rss_huge 0\n"
        "<6>[  100.349019] total_shmem 0\n"
        "<6>[  100.349020] total_swap 12288\n"
        "<6>[  100.349021] Tasks state (memory values in pages):\n"
        "<6>[  100.349022] [  28307] 1879048192 28307     4576     4364     4032      332         0    69632        0  "
        "           0 tail\n"
        "<6>[  100.349115] "
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/c1,task_memcg=/"
        "c1,task=tail,pid=28307,uid=1879048192\n"
        "<3>[  100.349133] Memory cgroup out of memory: Killed process 28307 (tail) total-vm:18304kB\n";

static const char v2[] = "<6>[  200.000001] memory: usage 65536kB, limit 65536kB, failcnt 90\n"
                         "<6>[  200.000002] swap: usage 8kB, limit 9007199254740988kB, failcnt 0\n"
                         "<6>[  200.000003] Memory cgroup stats for /box.slice/c1:\n"
                         "<6>[  200.000004] anon 60000000\n"
                         "<6>[  200.000005] file 5000000\n"
                         "<6>[  200.000006] kernel 700000\n"
                         "<6>[  200.000007] kernel_stack 16384\n"
                         "<6>[  200.000008] shmem 4096\n"
                         "<6>[  200.000009] "
                         "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=c1,mems_allowed=0,oom_memcg=/"
                         "box.slice,task_memcg=/box.slice/c1/inner,task=a,b=c "
                         "d,pid=77,uid=0\n"
                         "[  201.000000] an unlucky line\n"
                         "<6>[  201.000001] memory: usage 9kB, limit 9kB, failcnt 1\n"
                         "<6>[  201.000002] "
                         "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=c2,mems_allowed=0,oom_memcg=/"
                         "c11,task_memcg=/c11,task=other,pid=78,uid=0\n"
                         "<6>[  202.000002] "
                         "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/"
                         ",mems_allowed=0,global_oom,task_memcg=/c1,task=machine,pid=79,uid=0\n";

static int find(const char *log, const char *path, uint64_t since_usec, uint64_t pid, struct arena *arena,
                struct oom_log *ret_log)
{
        char *text = arena_strdup(arena, log);

        assert_non_null(text);
        return oom_log_parse(text, path, since_usec, pid, arena, ret_log);
}

static void test_v1(void **state)
{
        struct arena arena _cleanup_arena_ = {0};
        struct oom_log log;

        assert_int_equal(find(v1, "/c1", 0, 0, &arena, &log), 0);
        assert_string_equal(log.victim, "tail");
        assert_string_equal(log.group, "/c1");
        assert_int_equal(log.pid, 28307);
        assert_int_equal(log.uid, 1879048192);
        assert_int_equal(log.use.usage_bytes, 16 << 20);
        assert_int_equal(log.use.limit_bytes, 16 << 20);
        assert_int_equal(log.use.kernel_bytes, 128 << 10);
        assert_int_equal(log.use.anon_bytes, 16601088);
        assert_int_equal(log.use.file_bytes, 8192);
        assert_int_equal(log.use.shmem_bytes, 0);
        assert_int_equal(log.use.swap_bytes, 12288);
}

static void test_v2(void **state)
{
        struct arena arena _cleanup_arena_ = {0};
        struct oom_log log;

        assert_int_equal(find(v2, "/c1", 0, 0, &arena, &log), 0);
        assert_string_equal(log.victim, "a,b=c d");
        assert_string_equal(log.group, "/box.slice");
        assert_int_equal(log.pid, 77);
        assert_int_equal(log.use.anon_bytes, 60000000);
        assert_int_equal(log.use.kernel_bytes, 700000);
        assert_int_equal(log.use.swap_bytes, 8192);
}

/* Neither another group whose name begins alike, nor the whole machine's lack of memory, nor what was long before. */
static void test_others(void **state)
{
        struct arena arena _cleanup_arena_ = {0};
        struct oom_log log;

        assert_int_equal(find(v2, "/c", 0, 0, &arena, &log), -ENOENT);
        assert_int_equal(find(v2, "/slice/c1", 0, 0, &arena, &log), -ENOENT);
        assert_int_equal(find(v2, "/c11", 0, 0, &arena, &log), 0);
        assert_string_equal(log.victim, "other");
        assert_int_equal(log.use.anon_bytes, UINT64_MAX);
        assert_int_equal(find(v1, "/c1", 101000000, 0, &arena, &log), 0);
        assert_int_equal(find(v1, "/c1", 103000000, 0, &arena, &log), -ENOENT);
        assert_int_equal(find("", "/c1", 0, 0, &arena, &log), -ENOENT);
        assert_int_equal(find("oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/c1,task_memcg=/c1,task=x", "/c1", 0, 0,
                              &arena, &log),
                         -ENOENT);
}

/* A process that is asked for is found also where another one was ended later. */
static void test_asked_for(void **state)
{
        struct arena arena _cleanup_arena_ = {0};
        char both[sizeof(v1) + sizeof(v2)];
        struct oom_log log;

        memcpy(both, v1, sizeof(v1) - 1);
        memcpy(both + sizeof(v1) - 1, v2, sizeof(v2));
        assert_int_equal(find(both, "/c1", 0, 0, &arena, &log), 0);
        assert_int_equal(log.pid, 77);
        assert_int_equal(find(both, "/c1", 0, 28307, &arena, &log), 0);
        assert_int_equal(log.pid, 28307);
        assert_int_equal(log.use.anon_bytes, 16601088);
        assert_int_equal(find(both, "/c1", 0, 5, &arena, &log), 0);
        assert_int_equal(log.pid, 77);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_v1),
                cmocka_unit_test(test_v2),
                cmocka_unit_test(test_others),
                cmocka_unit_test(test_asked_for),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
