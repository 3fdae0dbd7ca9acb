/* SPDX-License-Identifier: Apache-2.0 */
/* libyaml is asked by a program of its own, so that no start loads it; see yaml.h. */
#include "profile/yaml.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/spawn.h"
#include "engine/helper.h"

#define HELPER "yaml"
#define EVENTS_MAX (32u << 20) /* of the longest profile they are 10 MB */

static int talk(int channel, const char *text, size_t len, struct text *events)
{
        char buffer[8192];
        ssize_t n;

        while (len > 0) {
                n = send(channel, text, len, MSG_NOSIGNAL);
                if (n < 0 && errno != EINTR)
                        return -errno;
                text += n > 0 ? n : 0;
                len -= n > 0 ? (size_t)n : 0;
        }
        if (shutdown(channel, SHUT_WR) < 0)
                return -errno;
        for (;;) {
                n = recv(channel, buffer, sizeof(buffer), 0);
                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n == 0)
                        return 0;
                if (n > 0 && events->len + (size_t)n > EVENTS_MAX)
                        return -EFBIG;
                if (n > 0)
                        text_add(events, buffer, (size_t)n);
        }
}

int profile_events(const char *text, size_t len, struct text *events, struct ward_err *err)
{
        _cleanup_arena_ struct arena arena = {0};
        _cleanup_close_
        int channel = -EBADF, other = -EBADF;
        char *argv[] = {(char *)helper_path(&arena, HELPER), NULL};
        int ends[2], r, status = 0;
        pid_t pid;

        if (argv[0] == NULL)
                return err_oom(err);
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
                return err_errno(err, "make a socket for the helper '%s'", argv[0]);
        channel = ends[0];
        other = ends[1];
        r = spawn_program(argv, other, STDIN_FILENO, &pid);
        if (r < 0) {
                (void)err_code(err, r, "execute the helper '%s'", argv[0]);
                return err_hint(
                        err, "it comes with ward when that is built with libyaml; WARD_LIBEXEC names another folder");
        }
        other = fd_close(other);
        r = talk(channel, text, len, events);
        channel = fd_close(channel);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                ;
        if (r >= 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
                r = -EPIPE;
        if (r >= 0 && text_failed(events))
                return err_oom(err);
        return r < 0 ? err_code(err, r, "ask the helper '%s' what stands in the file", argv[0]) : 0;
}
