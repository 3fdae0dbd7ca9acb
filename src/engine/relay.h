/* SPDX-License-Identifier: Apache-2.0 */
/* The foreground: waiting for a container's process, with signals forwarded and, where it has a terminal, its bytes carried. */
#ifndef ENGINE_RELAY_H
#define ENGINE_RELAY_H

#include <sys/signalfd.h>

#include "engine/engine.h"
#include "engine/watch.h"

struct relay {
        int socket[2];   /* owned: the child sends its terminal's master to [1], it is received on [0] */
        int signals;     /* owned: signalfd */
        sigset_t before; /* the mask of the calling thread, to be restored where there is a signalfd */
        int master;      /* owned: the terminal */
        int output
                [2]
                [2]; /* owned: pipes of the process's standard output and error: [0] is read here, [1] is the child's */
        struct signalfd_siginfo
                passed_on;        /* the last signal that was forwarded and ends programs; its number is 0: none was */
        bool input;               /* what the caller types goes to the terminal */
        bool input_ended;         /* the process is to see the end of its input */
        bool raw;                 /* the caller's terminal was switched to raw mode */
        unsigned char saved[128]; /* its struct termios */
};

#define RELAY_NONE                                                               \
        {                                                                        \
                .socket = {-EBADF, -EBADF}, .signals = -EBADF, .master = -EBADF, \
                .output = {{-EBADF, -EBADF}, {-EBADF, -EBADF}},                  \
        }
#define _cleanup_relay_ _cleanup_(relay_done)

/* Blocks the signals that are forwarded from now on, and with @terminal makes the socket for the master. @input: standard input
 * is carried to the terminal. @pipes: what is written to standard output and error comes through pipes. */
int relay_begin(struct relay *relay, bool terminal, bool input, bool pipes, struct ward_err *err);

/* Receives the master, if there is one, and switches the caller's terminal to raw mode. */
int relay_attach(struct relay *relay, struct ward_err *err);

/* After a start that failed: carries what is left in the container's terminal, where a hook may have said why. */
void relay_rest(struct relay *relay);

/* Until the process behind @pidfd has ended. It is not reaped. @watch: the caps that it is held to; NULL: none. */
int relay_run(struct relay *relay, int pidfd, struct watch *watch, struct ward_err *err);

/* Restores the caller's terminal and signals. */
void relay_done(struct relay *relay);

/* Whether what the container's terminal gives goes to no terminal: it is read by a program then, line by line. */
bool relay_plain(void);

/* The caller's terminal size, 0 where it has none. */
void relay_size(uint16_t *ret_rows, uint16_t *ret_columns);

#endif
