/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/procfs.h"
#include "store/ranges.h"

/* Far from what containers of the machine have, so that its processes do not count. */
#define BASE 4000000000u

struct fixture {
        char dir[32], subuid[64], subgid[64], locks[64];
        struct ranges_place place;
};

static int set_up(void **state)
{
        struct fixture *f = calloc(1, sizeof(*f));

        (void)snprintf(f->dir, sizeof(f->dir), "/tmp/test-ranges.XXXXXX");
        assert_non_null(mkdtemp(f->dir));
        (void)snprintf(f->subuid, sizeof(f->subuid), "%s/subuid", f->dir);
        (void)snprintf(f->subgid, sizeof(f->subgid), "%s/subgid", f->dir);
        (void)snprintf(f->locks, sizeof(f->locks), "%s/run/locks", f->dir);
        f->place = (struct ranges_place){f->subuid, f->subgid, f->locks};
        *state = f;
        return 0;
}

static int tear_down(void **state)
{
        struct fixture *f = *state;
        char command[128];
        pid_t pid;

        (void)snprintf(command, sizeof(command), "%s", f->dir);
        pid = fork();
        if (pid == 0) {
                (void)execlp("rm", "rm", "-rf", command, (char *)NULL);
                _exit(127);
        }
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        free(f);
        return 0;
}

static void put(const char *path, const char *text)
{
        FILE *file = fopen(path, "w");

        assert_non_null(file);
        assert_true(fputs(text, file) >= 0);
        assert_int_equal(fclose(file), 0);
}

static void put_both(struct fixture *f, const char *text)
{
        put(f->subuid, text);
        put(f->subgid, text);
}

static void test_line_of_ward(void **state)
{
        struct fixture *f = *state;
        _cleanup_range_ struct range first = RANGE_NONE, second = RANGE_NONE, third = RANGE_NONE;
        struct ward_err err = {0};

        put_both(f,
                 "lxd:100000:65536\nnonsense\nward:x:y\nward:4000000000:2000:3\nward:4000000000:2000\nward:1:65536\n");
        assert_int_equal(ranges_take(&f->place, 1000, &first, &err), 0);
        assert_int_equal(first.base, BASE);
        assert_int_equal(ranges_take(&f->place, 1000, &second, &err), 0);
        assert_int_equal(second.base, BASE + 1000);
        assert_int_equal(ranges_take(&f->place, 1000, &third, &err), -ENOSPC);
        assert_string_equal(err.message, "find ids for the container: all 2000 ids from 4000000000 on are in use");
        assert_non_null(strstr(err.hint, "/etc/subuid"));
        range_done(&first);
        assert_int_equal(ranges_take(&f->place, 1000, &third, &err), 0);
        assert_int_equal(third.base, BASE);
}

static void test_what_both_files_have(void **state)
{
        struct fixture *f = *state;
        _cleanup_range_ struct range range = RANGE_NONE;
        struct ward_err err = {0};

        put(f->subuid, "ward:4000000000:3000\n");
        put(f->subgid, "ward:4000001000:3000\n");
        assert_int_equal(ranges_take(&f->place, 2000, &range, &err), 0);
        assert_int_equal(range.base, BASE + 1000);
        range_done(&range);
        assert_int_equal(ranges_take(&f->place, 2001, &range, &err), -EINVAL);
        assert_non_null(strstr(err.message, "no 2001 ids in common"));
        put(f->subgid, "ward:100:3000\n");
        assert_int_equal(ranges_take(&f->place, 1, &range, &err), -EINVAL);
}

static void test_without_a_line(void **state)
{
        struct fixture *f = *state;
        _cleanup_range_ struct range range = RANGE_NONE;
        struct ward_err err = {0};
        char text[64];

        assert_int_equal(ranges_take(&f->place, 65536, &range, &err), 0);
        assert_true(range.base >= RANGES_DEFAULT_BASE && range.base < RANGES_DEFAULT_BASE + RANGES_DEFAULT_COUNT);
        range_done(&range);
        /* Up to it, and from its end on: nobody has an id of it. */
        (void)snprintf(text, sizeof(text), "a:%u:1\nb:%u:100", RANGES_DEFAULT_BASE - 1,
                       RANGES_DEFAULT_BASE + RANGES_DEFAULT_COUNT);
        put_both(f, text);
        assert_int_equal(ranges_take(&f->place, 65536, &range, &err), 0);
        range_done(&range);
        (void)snprintf(text, sizeof(text), "other:%u:2\n", RANGES_DEFAULT_BASE - 1);
        put(f->subgid, text);
        assert_int_equal(ranges_take(&f->place, 65536, &range, &err), -EEXIST);
        assert_non_null(strstr(err.message, "'other' has ids of the default range"));
        assert_non_null(strstr(err.hint, "./dev setup"));
}

static void *wait_for_end(void *pipe)
{
        char byte;

        (void)read(*(int *)pipe, &byte, 1);
        _exit(0);
}

/* A process in a user namespace with the ids from @base on; it ends when @ret_pipe is closed. @threads: its first thread has ended. -1: this
 * machine does not let us. */
static pid_t start_with_ids(uint32_t base, bool threads, int *ret_pipe)
{
        int ready[2], hold[2];
        char path[64], line[64];
        pthread_t thread;
        pid_t pid;
        char byte;

        assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
        assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
        pid = fork();
        if (pid == 0) {
                (void)close(hold[1]);
                if (unshare(CLONE_NEWUSER) < 0 ||
                    (threads && pthread_create(&thread, NULL, wait_for_end, &hold[0]) != 0) ||
                    write(ready[1], "x", 1) != 1)
                        _exit(1);
                if (threads)
                        (void)syscall(SYS_exit, 0);
                (void)wait_for_end(&hold[0]);
        }
        (void)close(ready[1]);
        (void)close(hold[0]);
        *ret_pipe = hold[1];
        if (read(ready[0], &byte, 1) == 1) {
                (void)snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
                (void)snprintf(line, sizeof(line), "5 %u 10", base);
                if (fd_write_file(AT_FDCWD, path, line, NULL) == 0) {
                        (void)close(ready[0]);
                        return pid;
                }
        }
        (void)close(ready[0]);
        (void)close(hold[1]);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        return -1;
}

static void test_live_processes(void **state)
{
        struct fixture *f = *state;
        _cleanup_range_ struct range range = RANGE_NONE;
        struct ward_err err = {0};
        int hold;
        pid_t pid = start_with_ids(BASE + 995, false, &hold);
        siginfo_t info;

        if (pid < 0) {
                print_message("skipped: no user namespace with other ids here\n");
                skip();
        }
        put_both(f, "ward:4000000000:3000\n");
        /* The map reaches into the second range. */
        assert_int_equal(ranges_take(&f->place, 1000, &range, &err), 0);
        assert_int_equal(range.base, BASE + 2000);
        range_done(&range);
        /* A zombie uses none. */
        (void)close(hold);
        assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
        assert_int_equal(ranges_take(&f->place, 1000, &range, &err), 0);
        assert_int_equal(range.base, BASE);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* A zombie whose other threads live is none: they have its ids. */
static void test_first_thread_ended(void **state)
{
        struct fixture *f = *state;
        _cleanup_range_ struct range range = RANGE_NONE;
        struct ward_err err = {0};
        const struct timespec pause = {.tv_nsec = 1000000};
        int hold;
        pid_t pid = start_with_ids(BASE, true, &hold);
        char path[64], letter = 0;

        if (pid < 0) {
                print_message("skipped: no user namespace with other ids here\n");
                skip();
        }
        (void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
        while (letter != 'Z') {
                _cleanup_free_ char *stat = NULL;

                (void)nanosleep(&pause, NULL);
                assert_int_equal(fd_read_file(AT_FDCWD, path, 4096, &stat, NULL, &err), 0);
                letter = procfs_stat_state(stat);
        }
        put_both(f, "ward:4000000000:2000\n");
        assert_int_equal(ranges_take(&f->place, 1000, &range, &err), 0);
        assert_int_equal(range.base, BASE + 1000);
        (void)close(hold);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void count_range(void *data, const char *base)
{
        assert_string_equal(base, "4000000000");
        (*(int *)data)++;
}

/* Given back: nothing is left. Killed before it could: the file is, and whoever tidies up takes it, but not one that is held. */
static void test_nothing_is_left(void **state)
{
        struct fixture *f = *state;
        _cleanup_range_ struct range range = RANGE_NONE;
        struct ward_err err = {0};
        char path[128];
        int count = 0;

        assert_int_equal(ranges_tidy(&f->place, false, count_range, &count, &err), 0);
        put_both(f, "ward:4000000000:3000\n");
        assert_int_equal(ranges_take(&f->place, 1000, &range, &err), 0);
        (void)snprintf(path, sizeof(path), "%s/4000000000", f->locks);
        assert_int_equal(access(path, F_OK), 0);
        assert_int_equal(ranges_tidy(&f->place, false, count_range, &count, &err), 0);
        assert_int_equal(count, 0);
        range_done(&range);
        assert_int_equal(access(path, F_OK), -1);
        assert_int_equal(close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
        assert_int_equal(ranges_tidy(&f->place, true, count_range, &count, &err), 0);
        assert_int_equal(count, 1);
        assert_int_equal(access(path, F_OK), 0);
        assert_int_equal(ranges_tidy(&f->place, false, count_range, &count, &err), 0);
        assert_int_equal(count, 2);
        assert_int_equal(access(path, F_OK), -1);
}

static void test_locks_are_private(void **state)
{
        struct fixture *f = *state;
        _cleanup_range_ struct range range = RANGE_NONE;
        struct ward_err err = {0};
        struct stat st;

        put_both(f, "ward:4000000000:3000\n");
        assert_int_equal(ranges_take(&f->place, 1000, &range, &err), 0);
        assert_int_equal(stat(f->locks, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0700);
        assert_int_equal(fcntl(range.lock, F_GETFD), FD_CLOEXEC);
        range_done(&range);
        f->place.locks = f->subuid;
        assert_true(ranges_take(&f->place, 1000, &range, &err) < 0);
        assert_non_null(strstr(err.message, f->subuid));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_line_of_ward, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_what_both_files_have, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_without_a_line, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_live_processes, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_first_thread_ended, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_locks_are_private, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_nothing_is_left, set_up, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
