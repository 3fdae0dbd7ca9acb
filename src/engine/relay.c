/* SPDX-License-Identifier: Apache-2.0 */
/* The foreground; see relay.h. */
#include "engine/relay.h"

#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/clone.h"

_Static_assert(sizeof(struct termios) <= sizeof(((struct relay *)0)->saved), "struct relay has room for a termios");

/* Everything that can be caught, but what reports a fault of this process itself and what concerns its own children and terminal. */
static void forwarded(sigset_t *set)
{
        static const int own[] = {SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,  SIGTRAP, SIGABRT, SIGSYS,
                                  SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG,  SIGPIPE};

        (void)sigfillset(set);
        for (size_t i = 0; i < ELEMENTS(own); i++)
                (void)sigdelset(set, own[i]);
}

int relay_begin(struct relay *relay, bool terminal, bool input, struct ward_err *err)
{
        sigset_t set;

        *relay = (struct relay)RELAY_NONE;
        relay->input = input;
        forwarded(&set);
        relay->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        if (relay->signals < 0)
                return err_errno(err, "receive signals");
        if (sigprocmask(SIG_BLOCK, &set, &relay->before) < 0) {
                relay->signals = fd_close(relay->signals);
                return err_errno(err, "block the signals that are forwarded");
        }
        if (terminal && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, relay->socket) < 0)
                return err_errno(err, "make a socket for the terminal");
        return 0;
}

void relay_size(uint16_t *ret_rows, uint16_t *ret_columns)
{
        struct winsize size = {0};

        if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0)
                (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
        *ret_rows = size.ws_row;
        *ret_columns = size.ws_col;
}

static int receive_master(struct relay *relay, struct ward_err *err)
{
        char name[64];
        struct iovec data = {.iov_base = name, .iov_len = sizeof(name)};
        union {
                struct cmsghdr header;
                char room[CMSG_SPACE(sizeof(int))];
        } control = {0};
        struct msghdr message = {
                .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};

        relay->socket[1] = fd_close(relay->socket[1]);
        if (recvmsg(relay->socket[0], &message, MSG_CMSG_CLOEXEC) <= 0 || control.header.cmsg_type != SCM_RIGHTS ||
            control.header.cmsg_len != CMSG_LEN(sizeof(int)))
                return err_set(err, -EPROTO, "receive the container's terminal: nothing came");
        memcpy(&relay->master, CMSG_DATA(&control.header), sizeof(int));
        return 0;
}

static void resize(const struct relay *relay)
{
        struct winsize size;

        if (relay->master >= 0 && ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
                (void)ioctl(relay->master, TIOCSWINSZ, &size);
}

int relay_attach(struct relay *relay, struct ward_err *err)
{
        struct termios mode;
        int r;

        if (relay->socket[0] < 0)
                return 0;
        r = receive_master(relay, err);
        if (r < 0)
                return r;
        resize(relay);
        if (!relay->input || tcgetattr(STDIN_FILENO, &mode) < 0)
                return 0; /* no terminal outside: bytes are carried as they come */
        memcpy(relay->saved, &mode, sizeof(mode));
        cfmakeraw(&mode);
        relay->raw = tcsetattr(STDIN_FILENO, TCSANOW, &mode) == 0;
        return 0;
}

static void forward_signals(struct relay *relay, int pidfd)
{
        struct signalfd_siginfo info;

        while (read(relay->signals, &info, sizeof(info)) == sizeof(info)) {
                if (info.ssi_signo == SIGWINCH && relay->master >= 0)
                        resize(relay);
                else
                        (void)pidfd_signal(pidfd, (int)info.ssi_signo); /* ESRCH: it has ended, which the loop sees */
        }
}

/* Copies what is there. Returns false at the end of @from. */
static bool carry(int from, int to)
{
        char buffer[16384];
        ssize_t n = read(from, buffer, sizeof(buffer));

        if (n < 0 && (errno == EINTR || errno == EAGAIN))
                return true;
        /* EIO: the last slave of the terminal was closed (pty(7) has it for the master). */
        return n > 0 && fd_write_all(to, buffer, (size_t)n) >= 0;
}

enum { POLL_PROCESS, POLL_SIGNALS, POLL_MASTER, POLL_INPUT, POLL_COUNT };

#define END_AGAIN_MSEC 300

static int64_t now_msec(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for what is polled, and ends the process behind @pidfd when it is later than @end (0: never). Returns how many are ready. */
static int wait_ready(struct relay *relay, struct pollfd *ready, nfds_t count, int64_t end, int pidfd)
{
        int64_t left = end == 0 || relay->timed_out ? -1 : end - now_msec();

        if (left < 0 && end != 0 && !relay->timed_out) {
                relay->timed_out = true;
                (void)pidfd_signal(pidfd, SIGKILL);
        }
        if (relay->input_ended && (left < 0 || left > END_AGAIN_MSEC))
                left = END_AGAIN_MSEC;
        return poll(ready, count, left > INT_MAX ? INT_MAX : (int)left);
}

/* A terminal has no other end of input than a character, ^D (termios(3), VEOF). A program that changes its terminal's mode may throw it away
 * (TCSAFLUSH), and one that reads again shall find the end again: it is written as long as the process runs. */
static void end_input(struct relay *relay)
{
        static const char end_of_file = 4;
        struct pollfd room = {.fd = relay->master, .events = POLLOUT};

        relay->input_ended = true;
        /* Who never reads has soon ends enough. */
        if (poll(&room, 1, 0) > 0 && (room.revents & POLLOUT) != 0)
                (void)fd_write_all(relay->master, &end_of_file, 1);
}

int relay_run(struct relay *relay, int pidfd, uint64_t timeout_sec, struct ward_err *err)
{
        int64_t end = timeout_sec == 0 ? 0 : now_msec() + (int64_t)timeout_sec * 1000;
        struct pollfd ready[POLL_COUNT] = {
                [POLL_PROCESS] = {.fd = pidfd, .events = POLLIN},
                [POLL_SIGNALS] = {.fd = relay->signals, .events = POLLIN},
                [POLL_MASTER] = {.fd = relay->master, .events = POLLIN},
                [POLL_INPUT] = {.fd = relay->master >= 0 && relay->input ? STDIN_FILENO : -EBADF, .events = POLLIN},
        };

        for (;;) {
                int n = wait_ready(relay, ready, POLL_COUNT, end, pidfd);

                if (n < 0 && errno != EINTR)
                        return err_errno(err, "wait for the container");
                if (n == 0 && relay->input_ended && ready[POLL_MASTER].fd >= 0)
                        end_input(relay);
                if (n <= 0)
                        continue;
                if (ready[POLL_SIGNALS].revents != 0)
                        forward_signals(relay, pidfd);
                if (ready[POLL_INPUT].revents != 0 && !carry(STDIN_FILENO, relay->master)) {
                        end_input(relay);
                        ready[POLL_INPUT].fd = -EBADF;
                }
                if (ready[POLL_MASTER].revents != 0 && !carry(relay->master, STDOUT_FILENO))
                        ready[POLL_MASTER].fd = -EBADF;
                /* What the process wrote before its end is still carried. */
                else if (ready[POLL_PROCESS].revents != 0 && ready[POLL_MASTER].revents == 0)
                        return 0;
                if (ready[POLL_PROCESS].revents != 0 && ready[POLL_MASTER].fd < 0)
                        return 0;
        }
}

/* Signals that came for a process that had ended just before are dropped: unblocked, they would hit the caller. */
static void restore_signals(struct relay *relay)
{
        struct signalfd_siginfo info;

        while (read(relay->signals, &info, sizeof(info)) == sizeof(info))
                ;
        (void)sigprocmask(SIG_SETMASK, &relay->before, NULL);
}

void relay_done(struct relay *relay)
{
        struct termios mode;

        if (relay->raw) {
                memcpy(&mode, relay->saved, sizeof(mode));
                (void)tcsetattr(STDIN_FILENO, TCSANOW, &mode);
        }
        relay->socket[0] = fd_close(relay->socket[0]);
        relay->socket[1] = fd_close(relay->socket[1]);
        if (relay->signals >= 0)
                restore_signals(relay);
        relay->signals = fd_close(relay->signals);
        relay->master = fd_close(relay->master);
}
