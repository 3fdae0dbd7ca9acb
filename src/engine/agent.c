/* SPDX-License-Identifier: Apache-2.0 */
/* The seccomp agent; see agent.h. */
#include "engine/agent.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "engine/hooks.h"
#include "engine/notify.h"
#include "model/seccomp.h"

/* How long it may take to accept a connection, or to read what is sent to it. */
#define PATIENCE_SEC 10

/* What names an agent where the profile does not. */
#define RECEIVER "run.oci.seccomp.receiver"

static const char *place_of(const struct ward_spec *spec, char where[static 256])
{
        return spec_origin_text(&spec->seccomp.origin, spec->seccomp.file != NULL ? spec->seccomp.file : spec->file,
                                where, 256);
}

int agent_find(struct agent *agent, const struct ward_spec *spec, const struct seccomp_filter *filter,
               struct arena *arena, struct ward_err *err)
{
        struct seccomp_listener listener;
        char where[256];
        int r;

        if ((filter->flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) == 0)
                return 0;
        r = seccomp_profile_listener(spec->seccomp.text, spec->seccomp.len, spec->file, arena, &listener, err);
        if (r < 0)
                return r;
        if (listener.path == NULL)
                listener.path = spec_annotation(spec, RECEIVER);
        if (listener.path == NULL || listener.path[0] == '\0') {
                (void)err_set(err, -EINVAL, "%s: SCMP_ACT_NOTIFY leaves calls to a listener, and none is named",
                              place_of(spec, where));
                return err_hint(err, "give 'listenerPath' the path of the seccomp agent's socket");
        }
        if (listener.path[0] != '/') {
                (void)err_set(err, -EINVAL, "%s: the path of the seccomp agent's socket, '%s', is not absolute",
                              place_of(spec, where), listener.path);
                return err_hint(err, "write it from '/' on: processes that join later are told of there, too");
        }
        agent->path = listener.path;
        agent->metadata = listener.metadata;
        return 0;
}

/* What to do when it is not there, or is not what it should be. */
static int hint_for(int code, struct ward_err *err)
{
        if (code == -ENOENT || code == -ECONNREFUSED)
                return err_hint(err, "the seccomp agent must be there when the container is created and started");
        if (code == -EAGAIN)
                return err_hint(err, "it has let %d seconds pass without accepting", PATIENCE_SEC);
        if (code == -EPROTOTYPE)
                return err_hint(err, "its socket must be of the type SOCK_STREAM");
        return code;
}

int agent_prepare(struct agent *agent, struct ward_err *err)
{
        struct stat st;
        int r = 0;

        if (agent->path == NULL)
                return 0;
        if (stat(agent->path, &st) < 0) /* host path: the config names it */
                r = err_errno(err, "failed to connect with seccomp agent: find its socket '%s'", agent->path);
        else if (!S_ISSOCK(st.st_mode))
                r = err_code(err, -ENOTSOCK, "failed to connect with seccomp agent: find its socket '%s'", agent->path);
        if (r < 0)
                return hint_for(r, err);
        agent->state = memfd_create("state", MFD_CLOEXEC);
        return agent->state < 0 ? err_errno(err, "make a memory file for the state for the seccomp agent") : 0;
}

int agent_write(const struct agent *agent, const struct store_state *state, const char *status, pid_t init, pid_t pid,
                struct ward_err *err)
{
        _cleanup_text_ struct text json = {0};
        int r;

        if (agent->path == NULL)
                return 0;
        text_puts(&json, "{\"ociVersion\":");
        json_write_string(&json, state->oci_version);
        text_printf(&json, ",\"fds\":[\"seccompFd\"],\"pid\":%d", pid);
        if (agent->metadata != NULL) {
                text_puts(&json, ",\"metadata\":");
                json_write_string(&json, agent->metadata);
        }
        text_puts(&json, ",\"state\":");
        hooks_state(state, status, init, &json);
        text_puts(&json, "}");
        if (text_failed(&json))
                return err_oom(err);
        r = fd_write_all(agent->state, json.data, json.len);
        return r < 0 ? err_code(err, r, "write the state for the seccomp agent") : 0;
}

int agent_note(const struct agent *agent, int entry, struct ward_err *err)
{
        _cleanup_close_
        int fd = -EBADF;
        int r;

        if (agent->path == NULL)
                return 0;
        fd = openat(entry, STORE_AGENT, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        r = fd < 0 ? -errno : fd_write_all(fd, agent->path, strlen(agent->path));
        return r < 0 ? err_code(err, r, "note who the seccomp agent is") : 0;
}

int agent_recall(struct agent *agent, int entry, struct arena *arena, struct ward_err *err)
{
        _cleanup_free_ char *path = NULL;
        int r;

        r = fd_read_file(entry, STORE_AGENT, PATH_MAX, &path, NULL, err);
        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return r;
        agent->path = arena_strdup(arena, path);
        return agent->path == NULL ? err_oom(err) : 0;
}

int agent_connect(const struct agent *agent, int *ret_socket, struct ward_err *err)
{
        int fd;

        if (agent->path == NULL) {
                *ret_socket = -EBADF;
                return 0;
        }
        fd = notify_connect_within(agent->path, "seccomp agent", PATIENCE_SEC, err);
        if (fd < 0) {
                (void)err_wrap(err, "failed to connect with seccomp agent");
                return hint_for(fd, err);
        }
        *ret_socket = fd;
        return 0;
}

void agent_done(struct agent *agent)
{
        agent->state = fd_close(agent->state);
}
