/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"

struct fixture {
        int pair[2], next; /* @next: the descriptor that the next one gets */
};

static int set_up(void **state)
{
        static struct fixture fixture;

        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fixture.pair), 0);
        fixture.next = fcntl(fixture.pair[0], F_DUPFD_CLOEXEC, 3);
        assert_int_equal(close(fixture.next), 0);
        *state = &fixture;
        return 0;
}

static int tear_down(void **state)
{
        const struct fixture *fixture = *state;

        (void)close(fixture->pair[0]);
        (void)close(fixture->pair[1]);
        return 0;
}

/* No descriptor is open that was not before. */
static void assert_none_left(const struct fixture *fixture)
{
        int next = fcntl(fixture->pair[0], F_DUPFD_CLOEXEC, 3);

        assert_int_equal(next, fixture->next);
        assert_int_equal(close(next), 0);
}

static void test_record(void **state)
{
        const struct fixture *fixture = *state;
        uint64_t record = 0;
        int fd;

        assert_int_equal(fd_send(fixture->pair[0], &(uint64_t){42}, sizeof(record), fixture->pair[0]), 0);
        fd = fd_receive(fixture->pair[1], &record, sizeof(record));
        assert_int_equal(fd, fixture->next);
        assert_int_equal(record, 42);
        assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
        assert_int_equal(close(fd), 0);
        assert_int_equal(fd_send(fixture->pair[0], &record, sizeof(record), -EBADF), 0);
        assert_int_equal(fd_receive(fixture->pair[1], &record, sizeof(record)), -EBADF);
        assert_int_equal(shutdown(fixture->pair[0], SHUT_WR), 0);
        assert_int_equal(fd_receive(fixture->pair[1], &record, sizeof(record)), -EPIPE);
        assert_none_left(fixture);
}

/* The descriptor of a record that is none is closed. */
static void test_short_record(void **state)
{
        const struct fixture *fixture = *state;
        uint64_t record = 0;

        assert_int_equal(fd_send(fixture->pair[0], "x", 1, fixture->pair[0]), 0);
        assert_int_equal(fd_receive(fixture->pair[1], &record, sizeof(record)), -EPIPE);
        assert_none_left(fixture);
}

/* One at a time, whatever is sent. */
static void test_two_descriptors(void **state)
{
        const struct fixture *fixture = *state;
        union {
                struct cmsghdr header;
                char room[CMSG_SPACE(2 * sizeof(int))];
        } control = {
                .header = {.cmsg_len = CMSG_LEN(2 * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
        uint64_t record = 42;
        struct iovec data = {.iov_base = &record, .iov_len = sizeof(record)};
        struct msghdr message = {
                .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control.room)};
        int fd;

        memcpy(CMSG_DATA(&control.header), fixture->pair, sizeof(fixture->pair));
        assert_int_equal(sendmsg(fixture->pair[0], &message, 0), (int)sizeof(record));
        fd = fd_receive(fixture->pair[1], &record, sizeof(record));
        assert_true(fd >= 0);
        assert_int_equal(close(fd), 0);
        assert_none_left(fixture);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_record, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_short_record, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_two_descriptors, set_up, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
