/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a container to end, and killing it when it does not. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "base/names.h"
#include "base/text.h"
#include "engine/stored.h"
#include "kern/clone.h"

static const char *annotation(const struct stored *stored, const char *key)
{
        for (const char *const *pair = stored->state.annotations; pair != NULL && pair[0] != NULL; pair += 2)
                if (strcmp(pair[0], key) == 0)
                        return pair[1];
        return NULL;
}

/* What the container's annotations, which may come from anywhere, say of its end; nonsense is as good as nothing. */
static void own_wish(const struct stored *stored, int *signal, int *timeout_sec)
{
        const char *name = annotation(stored, ENGINE_STOP_SIGNAL), *seconds = annotation(stored, ENGINE_STOP_TIMEOUT);
        uint64_t number;

        if (*signal == 0)
                *signal = name == NULL ? -1 : signal_number(name);
        if (*signal <= 0)
                *signal = SIGTERM;
        if (*timeout_sec < 0)
                *timeout_sec = seconds != NULL && number_parse(seconds, INT32_MAX / 1000, &number) >= 0
                                       ? (int)number
                                       : ENGINE_STOP_TIMEOUT_SEC;
}

static bool ends_within(int pidfd, int timeout_sec)
{
        struct pollfd ready = {.fd = pidfd, .events = POLLIN};
        int n;

        do
                n = poll(&ready, 1, timeout_sec > INT32_MAX / 1000 ? -1 : timeout_sec * 1000);
        while (n < 0 && errno == EINTR);
        return n > 0;
}

/* Tells the container whose entry is open, and no later one of its id, as it is by now. -ESRCH: there is nobody to tell. */
static int tell(struct stored *stored, int signal, struct ward_err *err)
{
        int r = store_lock(&stored->entry, err);

        if (r < 0)
                return r == -ENOENT ? -ESRCH : r; /* it was deleted meanwhile */
        r = pidfd_ended(stored->pidfd) ? -ESRCH : stored_find_status(stored, err);
        if (r >= 0)
                r = stored_kill(stored, signal, false, "stop", err);
        store_unlock(&stored->entry);
        return r;
}

int engine_stop(struct store *store, const char *id, int signal, int timeout_sec, struct ward_err *err)
{
        _cleanup_stored_ struct stored stored;
        int r;

        /* Without the lock, which others need while we wait; the pidfd is init's whatever they do. */
        r = stored_open(&stored, store, id, false, err);
        if (r < 0 || stored.status == ENGINE_STOPPED || stored.pidfd < 0)
                return r;
        own_wish(&stored, &signal, &timeout_sec);
        /* A created or paused one can't hear. */
        if (stored.status == ENGINE_RUNNING) {
                r = tell(&stored, signal, err);
                if (r < 0 && r != -ESRCH)
                        return r;
                if (ends_within(stored.pidfd, timeout_sec))
                        return 0;
        }
        r = tell(&stored, SIGKILL, err);
        if (r < 0)
                return r == -ESRCH ? 0 : r;
        return ends_within(stored.pidfd, ENGINE_STOP_TIMEOUT_SEC)
                       ? 0
                       : err_set(err, -ETIMEDOUT, "stop container '%s': it was killed, and has not ended yet", id);
}
