/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seccomp agent: who decides the calls that a filter leaves to somebody else (config-linux.md, "Seccomp", listenerPath).
 *
 * Who makes the process writes the container process state into a memory file when the pid is known. Who starts its program connects to the
 * agent, and hands the connection to the child, which sends the state and the listener over it (launch/child/listen.c): not earlier, because
 * one connection is for one state, and an agent may wait for it. In the order of the functions.
 */
#ifndef ENGINE_AGENT_H
#define ENGINE_AGENT_H

#include <sys/types.h>

#include "base/err.h"
#include "kern/seccomp.h"
#include "model/spec.h"
#include "store/store.h"

struct agent {
        const char *path;     /* of its socket; NULL: the filter leaves nothing to it */
        const char *metadata; /* NULL: none */
        int state;            /* owned: the memory file */
};

#define AGENT_NONE              \
        {                       \
                .state = -EBADF \
        }

/* Who decides what @filter, which was made from @spec's profile, leaves. -EINVAL: it leaves something, and nobody is named. Memory comes from
 * @arena. */
int agent_find(struct agent *agent, const struct ward_spec *spec, const struct seccomp_filter *filter,
               struct arena *arena, struct ward_err *err);

/* Makes the memory file. Fails already when nobody has a socket there. */
int agent_prepare(struct agent *agent, struct ward_err *err);

/* Writes the state of the process @pid of the container of @state, which is @status and whose first process is @init. */
int agent_write(const struct agent *agent, const struct store_state *state, const char *status, pid_t init, pid_t pid,
                struct ward_err *err);

/* Leaves word in the directory @entry of who the agent is, for `start`; and reads it: -EBADF from agent_connect() when there is none. */
int agent_note(const struct agent *agent, int entry, struct ward_err *err);
int agent_recall(struct agent *agent, int entry, struct arena *arena, struct ward_err *err);

/* Connects. *@ret_socket is owned by the caller; -EBADF where there is no agent. */
int agent_connect(const struct agent *agent, int *ret_socket, struct ward_err *err);

void agent_done(struct agent *agent);

#endif
