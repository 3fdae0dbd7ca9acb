/* SPDX-License-Identifier: Apache-2.0 */
/* The foreground; see relay.h. */
#include "engine/relay.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/names.h"
#include "kern/clone.h"

_Static_assert(sizeof(struct termios) <= sizeof(((struct relay *)0)->saved), "struct relay has room for a termios");

#define REST_MSEC 20

/* Everything that can be caught, but what reports a fault of this process itself and what concerns its own children and terminal. */
static void forwarded(sigset_t *set, bool carried)
{
        static const int own[] = {SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,  SIGTRAP, SIGABRT, SIGSYS,
                                  SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG,  SIGPIPE};

        (void)sigfillset(set);
        for (size_t i = 0; i < ELEMENTS(own); i++)
                (void)sigdelset(set, own[i]);
        /* Whoever stops reading shall be the program's loss, not this process's end: see unread(). */
        if (carried)
                (void)sigaddset(set, SIGPIPE);
}

static int make_pipes(struct relay *relay, struct ward_err *err)
{
        for (int i = 0; i < 2; i++)
                if (pipe2(relay->output[i], O_CLOEXEC) < 0)
                        return err_errno(err, "make a pipe for what the container writes");
        return 0;
}

int relay_begin(struct relay *relay, bool terminal, bool input, bool pipes, struct ward_err *err)
{
        sigset_t set;
        int r;

        *relay = (struct relay)RELAY_NONE;
        relay->input = input;
        r = pipes ? make_pipes(relay, err) : 0;
        if (r < 0)
                return r;
        forwarded(&set, terminal || pipes);
        /* By its number: where this is refused, a C library may try an older call. */
        relay->signals = (int)syscall(SYS_signalfd4, -1, &set, _NSIG / 8, SFD_CLOEXEC | SFD_NONBLOCK);
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

bool relay_plain(void)
{
        return isatty(STDOUT_FILENO) == 0;
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

        relay->socket[1] = fd_close(relay->socket[1]);
        if (fd_receive_some(relay->socket[0], name, sizeof(name), &relay->master) <= 0 || relay->master < 0)
                return err_set(err, -EPROTO, "receive the container's terminal: nothing came");
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
        /* What is typed waits for who does not read it, and this process for nobody. */
        if (fcntl(relay->master, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
                return err_errno(err, "prepare the container's terminal");
        resize(relay);
        if (!relay->input || tcgetattr(STDIN_FILENO, &mode) < 0)
                return 0; /* no terminal outside: bytes are carried as they come */
        memcpy(relay->saved, &mode, sizeof(mode));
        cfmakeraw(&mode);
        relay->raw = tcsetattr(STDIN_FILENO, TCSANOW, &mode) == 0;
        return 0;
}

void relay_rest(struct relay *relay)
{
        struct pollfd ready = {.fd = relay->socket[0], .events = POLLIN};
        char data[PIPE_BUF];
        ssize_t n;

        /* Nobody is there any more who would send it later. */
        if (ready.fd < 0 || poll(&ready, 1, 0) <= 0 || receive_master(relay, NULL) < 0)
                return;
        ready.fd = relay->master;
        /* What is written to a terminal takes its way to the other end in the kernel's own time. */
        while (poll(&ready, 1, REST_MSEC) > 0 && (n = read(relay->master, data, sizeof(data))) > 0)
                if (fd_write_all(STDOUT_FILENO, data, (size_t)n) < 0)
                        return;
}

/* Returns whether there was one for the process. */
static bool forward_signals(struct relay *relay, int pidfd, struct watch *watch)
{
        struct signalfd_siginfo info;
        bool forwarded = false;

        while (read(relay->signals, &info, sizeof(info)) == sizeof(info)) {
                if (info.ssi_signo == SIGWINCH && relay->master >= 0) {
                        resize(relay);
                        continue;
                }
                if (info.ssi_signo == SIGPIPE && (pid_t)info.ssi_pid == getpid())
                        continue; /* of a write(2) here */
                if (signal_ends((int)info.ssi_signo))
                        relay->passed_on = info;
                if (watch == NULL || !watch_signal(watch, (int)info.ssi_signo))
                        (void)pidfd_signal(pidfd, (int)info.ssi_signo); /* ESRCH: it has ended, which the loop sees */
                forwarded = true;
        }
        return forwarded;
}

#define FLOW_BYTES 65536 /* what a pipe holds */

/* Bytes on their way. They are written when there is room for them: whoever does not read keeps nothing else from its turn, neither signals nor
 * the end of the time. */
struct flow {
        int from, to;
        size_t at, len;
        char *data; /* owned: FLOW_BYTES */
};

/* Reads what is there into an empty flow. Returns false at the end. EIO: the last slave of the terminal was closed (pty(7) has it for the
 * master). */
static bool flow_fill(struct flow *flow)
{
        ssize_t n = read(flow->from, flow->data, FLOW_BYTES);

        if (n < 0 && (errno == EINTR || errno == EAGAIN))
                return true;
        flow->at = 0;
        flow->len = n < 0 ? 0 : (size_t)n;
        return n > 0;
}

/* Writes as much as is taken: a pipe that is ready takes PIPE_BUF bytes at once (pipe(7)). Returns false when nobody will take the rest. */
static bool flow_drain(struct flow *flow)
{
        struct pollfd room = {.fd = flow->to, .events = POLLOUT};

        do {
                ssize_t n = write(flow->to, flow->data + flow->at, flow->len < PIPE_BUF ? flow->len : PIPE_BUF);

                if (n < 0 && (errno == EINTR || errno == EAGAIN))
                        return true;
                flow->at += n < 0 ? 0 : (size_t)n;
                flow->len -= n < 0 ? flow->len : (size_t)n;
                if (n < 0)
                        return false;
        } while (flow->len > 0 && poll(&room, 1, 0) > 0);
        return true;
}

enum {
        POLL_PROCESS,
        POLL_SIGNALS,
        POLL_MASTER,
        POLL_INPUT,
        POLL_OUTPUT,
        POLL_ERROR,
        POLL_ERROR_OUT,
        POLL_MEMORY,
        POLL_COUNT
};

/* Where the two flows of output are read, and written. */
static const int poll_from[] = {POLL_MASTER, POLL_ERROR}, poll_to[] = {POLL_OUTPUT, POLL_ERROR_OUT};

/* What relay_run() does in turn. */
struct turn {
        struct pollfd ready[POLL_COUNT];
        struct watch *watch;
        struct flow in;     /* to the terminal's master */
        struct flow out[2]; /* from there, or from the pipes for standard output and error */
        bool in_open, out_open[2];
        bool ended;   /* the process */
        bool hurried; /* it was asked to end, or had to: then nobody waits for long until the rest is read */
        bool wasted;  /* the rest */
};

#define END_AGAIN_MSEC 300
#define GIVE_UP_MSEC 1000

static bool flows_empty(const struct turn *turn)
{
        return turn->out[0].len == 0 && turn->out[1].len == 0;
}

/* Waits for what is polled, and until a cap of the container is to be looked at. Returns how many are ready. */
static int wait_ready(struct relay *relay, struct turn *turn)
{
        int left = turn->watch != NULL && !turn->ended ? watch_wait_msec(turn->watch) : -1;

        if (relay->input_ended && (left < 0 || left > END_AGAIN_MSEC))
                left = END_AGAIN_MSEC;
        /* What the process wrote before its end is still carried: all that is there, and nothing is waited for but its reader. */
        if (turn->ended)
                left = flows_empty(turn) || turn->wasted ? 0 : turn->hurried ? GIVE_UP_MSEC : -1;
        return poll(turn->ready, POLL_COUNT, left);
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

/* Asks for what the flows have room or bytes for. A descriptor that nothing is asked of would tell of its other end's closing for ever. */
static void turn_ask(struct turn *turn, const struct relay *relay, int pidfd)
{
        struct pollfd *ready = turn->ready;

        ready[POLL_PROCESS] = (struct pollfd){.fd = turn->ended ? -EBADF : pidfd, .events = POLLIN};
        ready[POLL_SIGNALS] = (struct pollfd){.fd = relay->signals, .events = POLLIN};
        ready[POLL_MEMORY] = (struct pollfd){
                .fd = turn->watch == NULL || turn->ended ? -EBADF : watch_memory_fd(turn->watch), .events = POLLPRI};
        ready[POLL_INPUT] =
                (struct pollfd){.fd = turn->in_open && turn->in.len == 0 ? STDIN_FILENO : -EBADF, .events = POLLIN};
        for (int i = 0; i < 2; i++) {
                const struct flow *out = &turn->out[i];
                short events = (short)((turn->out_open[i] && out->len == 0 ? POLLIN : 0) |
                                       (i == 0 && turn->in.len > 0 ? POLLOUT : 0));

                ready[poll_from[i]] = (struct pollfd){.fd = events == 0 ? -EBADF : out->from, .events = events};
                ready[poll_to[i]] = (struct pollfd){.fd = out->len > 0 ? out->to : -EBADF, .events = POLLOUT};
        }
}

/*
 * Nobody reads it any more, and the program is told so as it would be without this process between. At a pipe that is a SIGPIPE. A terminal has
 * none; it is hung up, as where a window is closed: a SIGHUP, and EIO for who goes on writing (write(2)). Were it read and thrown away instead,
 * a program that writes for ever would never end where "ward run -t ... | head" wants it to.
 */
static void unread(struct turn *turn, struct relay *relay, int i)
{
        relay->output[i][0] = fd_close(relay->output[i][0]);
        if (i != 0 || relay->master < 0)
                return;
        /* First, as the EIO comes before the kernel's signal. */
        if (turn->watch != NULL && !turn->ended)
                (void)watch_signal(turn->watch, SIGHUP);
        relay->master = fd_close(relay->master);
        turn->in_open = relay->input_ended = false;
        turn->in.len = 0;
}

/* One flow of output. Returns whether any of it was there or went. */
static bool carry_output(struct turn *turn, struct relay *relay, int i)
{
        struct flow *out = &turn->out[i];

        if (turn->ready[poll_to[i]].revents != 0) {
                turn->out_open[i] &= flow_drain(out);
                if (!turn->out_open[i])
                        unread(turn, relay, i);
                return true;
        }
        if (!turn->out_open[i] || out->len != 0 || (turn->ready[poll_from[i]].revents & ~POLLOUT) == 0)
                return false;
        turn->out_open[i] = flow_fill(out);
        if (turn->watch != NULL)
                out->len = watch_output(turn->watch, out->len);
        return true;
}

/* What is typed is a signal where the terminal takes it for one (termios(3), ISIG), to the processes in its foreground. */
static void signal_typed(const struct turn *turn, const struct relay *relay)
{
        struct termios mode;

        if (turn->watch == NULL || turn->ended || tcgetattr(relay->master, &mode) < 0 || (mode.c_lflag & ISIG) == 0 ||
            tcgetpgrp(relay->master) != turn->watch->pid)
                return;
        for (size_t i = 0; i < turn->in.len; i++) {
                unsigned char typed = (unsigned char)turn->in.data[i];

                if ((typed == mode.c_cc[VINTR] && watch_signal(turn->watch, SIGINT)) ||
                    (typed == mode.c_cc[VQUIT] && watch_signal(turn->watch, SIGQUIT)))
                        return;
        }
}

/* Carries what can be. Returns whether any of the process's output was there or went. */
static bool turn_carry(struct turn *turn, struct relay *relay)
{
        const struct pollfd *ready = turn->ready;
        bool more;

        if (ready[POLL_INPUT].revents != 0 && !flow_fill(&turn->in)) {
                end_input(relay);
                turn->in_open = false;
        } else if (ready[POLL_INPUT].revents != 0) {
                signal_typed(turn, relay);
        }
        if (turn->in.len > 0 && (ready[POLL_MASTER].revents & ~POLLIN) != 0)
                turn->in_open &= flow_drain(&turn->in);
        more = carry_output(turn, relay, 0);
        return carry_output(turn, relay, 1) || more;
}

static void turn_done(struct turn *turn)
{
        free(turn->in.data);
        for (int i = 0; i < 2; i++)
                free(turn->out[i].data);
}

/* Room for what flows at all. */
static int turn_begin(struct turn *turn, struct ward_err *err)
{
        struct flow *flows[] = {&turn->in, &turn->out[0], &turn->out[1]};
        const bool open[] = {turn->in_open, turn->out_open[0], turn->out_open[1]};

        for (size_t i = 0; i < ELEMENTS(flows); i++) {
                flows[i]->data = open[i] ? malloc(FLOW_BYTES) : NULL;
                if (open[i] && flows[i]->data == NULL)
                        return err_oom(err);
        }
        return 0;
}

int relay_run(struct relay *relay, int pidfd, struct watch *watch, struct ward_err *err)
{
        int from = relay->master >= 0 ? relay->master : relay->output[0][0];
        _cleanup_(turn_done) struct turn turn = {
                .watch = watch,
                .in = {.from = STDIN_FILENO, .to = relay->master},
                .out = {{.from = from, .to = STDOUT_FILENO}, {.from = relay->output[1][0], .to = STDERR_FILENO}},
                .in_open = relay->master >= 0 && relay->input,
                .out_open = {from >= 0, relay->output[1][0] >= 0},
        };

        int begun = turn_begin(&turn, err);

        for (int i = 0; i < 2; i++)
                relay->output[i][1] = fd_close(relay->output[i][1]);
        if (begun < 0)
                return begun;
        for (;;) {
                bool more;
                int n, r;

                turn_ask(&turn, relay, pidfd);
                n = wait_ready(relay, &turn);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return err_errno(err, "wait for the container");
                if (n == 0 && relay->input_ended && turn.out_open[0] && !turn.ended)
                        end_input(relay);
                turn.wasted = turn.wasted || (n == 0 && turn.ended);
                if (turn.ready[POLL_MEMORY].revents != 0)
                        watch_memory(watch);
                r = watch == NULL || turn.ended ? 0 : watch_look(watch, err);
                if (r < 0)
                        return r;
                turn.hurried |= watch != NULL && watch->hit != ENDING_UNKNOWN;
                if (turn.ready[POLL_SIGNALS].revents != 0)
                        turn.hurried |= forward_signals(relay, pidfd, watch);
                more = turn_carry(&turn, relay);
                if (turn.ended && !more && (flows_empty(&turn) || turn.wasted))
                        return 0;
                turn.ended = turn.ended || turn.ready[POLL_PROCESS].revents != 0;
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
        for (int i = 0; i < 2; i++)
                for (int end = 0; end < 2; end++)
                        relay->output[i][end] = fd_close(relay->output[i][end]);
}
