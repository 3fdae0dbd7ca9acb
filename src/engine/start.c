/* SPDX-License-Identifier: Apache-2.0 */
/* Starting a created container: telling its init by its socket. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/agent.h"
#include "engine/hooks.h"
#include "engine/ready.h"
#include "engine/stored.h"
#include "kern/clone.h"
#include "kern/proc.h"
#include "launch/launch.h"

/* Connects to the container's socket by the entry's descriptor, as birth.c bound it. -ECONNREFUSED: nobody listens there any more. */
static int connect_start(const struct stored *stored, struct ward_err *err)
{
        _cleanup_close_
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        struct sockaddr_un address = {.sun_family = AF_UNIX};

        (void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/start", stored->entry.fd);
        if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                return err_errno(err, "tell container '%s' to start", stored->state.id);
        return TAKE_FD(fd);
}

static int check_executed(const struct stored *stored, struct ward_err *err)
{
        _cleanup_close_
        int proc = proc_open(err);

        return proc < 0 ? proc : launch_check_executed(proc, stored->state.pid, stored->state.command, err);
}

/*
 * What comes behind the message: the container's own hooks, those of the host, and the program's word that it is ready. Each of them takes as long
 * as it wants, and some are programs of the image, so nobody waits for them with the lock: the container is known to have been started (its
 * socket is gone), and can be killed, paused and deleted as any that runs. Whoever does so ends the wait here, which is for the connection, whose
 * other end goes with init, or for the pidfd. Nothing is written to the entry any more, which may be gone, and nobody is signalled by his number.
 */
static int wait_started(struct store *store, struct stored *stored, int connection, int ready,
                        const struct agent *agent, const char *notify_socket, struct ward_err *err)
{
        int r;

        store_unlock(&stored->entry);
        r = launch_await_started(connection, stored->pidfd, stored->state.command, err);
        if (r >= 0 && agent->path != NULL)
                r = check_executed(stored, err);
        if (r < 0)
                return r;
        r = hooks_run_poststart(&stored->entry, &stored->state, err);
        if (r < 0)
                (void)pidfd_signal(stored->pidfd, SIGKILL);
        else if (ready >= 0)
                ready_pass(ready, stored->pidfd, notify_socket, stored->state.pid, store);
        return r;
}

int engine_start(struct store *store, const char *id, const char *notify_socket, struct ward_err *err)
{
        _cleanup_stored_ struct stored stored;
        struct arena arena _cleanup_arena_ = {0};
        struct agent agent = AGENT_NONE;
        _cleanup_close_
        int connection = -EBADF, listens = -EBADF, ready = -EBADF;
        const uint8_t message = MESSAGE_START;
        int r;

        r = stored_open(&stored, store, id, true, err);
        if (r >= 0)
                r = stored_require(&stored, 1u << ENGINE_CREATED, "start", err);
        if (r >= 0 && stored.state.command[0] == '\0') {
                (void)err_set(err, -EINVAL, "start container '%s': its config has no process", id);
                return err_hint(err, "delete it, and create one with process.args; 'exec' runs others in it meanwhile");
        }
        if (r < 0)
                return r;
        connection = connect_start(&stored, err);
        if (connection == -ECONNREFUSED) {
                /* Its init has ended since. */
                stored.status = ENGINE_STOPPED;
                return stored_require(&stored, 1u << ENGINE_CREATED, "start", err);
        }
        if (connection < 0)
                return connection;
        /* A start that finds no agent can be tried again. */
        r = agent_recall(&agent, stored.entry.fd, &arena, err);
        if (r >= 0)
                r = agent_connect(&agent, &listens, err);
        if (r >= 0 && notify_socket != NULL && faccessat(stored.entry.fd, READY_DIRECTORY, F_OK, 0) == 0) {
                ready = ready_listen(&stored.entry, err);
                r = ready < 0 ? ready : 0;
        }
        if (r < 0)
                return r;
        /* From here on it is no created container any more, whether its program can be executed or not. */
        if (unlinkat(stored.entry.fd, "start", 0) < 0)
                return err_errno(err, "start container '%s': remove its start socket", id);
        r = fd_send(connection, &message, sizeof(message), listens);
        if (r < 0)
                return err_code(err, r, "tell container '%s' to start", id);
        listens = fd_close(listens);
        return wait_started(store, &stored, connection, ready, &agent, notify_socket, err);
}
