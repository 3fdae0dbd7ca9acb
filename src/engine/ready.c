/* SPDX-License-Identifier: Apache-2.0 */
/* A service that says when it is ready; see ready.h. */
#include "engine/ready.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/clone.h"

#define NAME READY_DIRECTORY "/" READY_DIRECTORY
#define NEW_NAME READY_DIRECTORY ".new"
#define SAID_MAX 4096 /* bytes of a message that are looked at */

int ready_prepare(const struct store_entry *entry, struct ward_err *err)
{
        /* Whoever the program is may go through the directory, whatever our umask says. */
        if (mkdirat(entry->fd, READY_DIRECTORY, 0755) < 0 || fchmodat(entry->fd, READY_DIRECTORY, 0755, 0) < 0)
                return err_errno(err, "make the directory for the container's socket for sd_notify(3)");
        return 0;
}

/* The directory is as good as the container's: what is read-only there it can remount, and then every name in it leads where the container wants
 * (chmod(2) follows links). So the socket gets its mode where the container reaches nothing, and then its name by rename(2), which follows none and
 * replaces what an earlier start left. */
int ready_listen(const struct store_entry *entry, struct ward_err *err)
{
        _cleanup_close_
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct sockaddr_un address = {.sun_family = AF_UNIX};

        (void)unlinkat(entry->fd, NEW_NAME, 0); /* of a start that died, and can be tried again */
        (void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" NEW_NAME, entry->fd);
        if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
            fchmodat(entry->fd, NEW_NAME, 0777, 0) < 0 || renameat(entry->fd, NEW_NAME, entry->fd, NAME) < 0)
                return err_errno(err, "make the container's socket for sd_notify(3)");
        return TAKE_FD(fd);
}

static int send_to(const char *target, const char *message)
{
        _cleanup_close_
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        size_t len = strlen(target);

        if (fd < 0)
                return -errno;
        if (len >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        memcpy(address.sun_path, target, len);
        if (*target == '@')
                address.sun_path[0] = '\0'; /* unix(7): an abstract name, as long as the address says */
        return sendto(fd, message, strlen(message), MSG_NOSIGNAL, (const struct sockaddr *)&address,
                      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0
                       ? -errno
                       : 0;
}

/* Whether a line of the message is "READY=1". */
static bool says_ready(const char *message)
{
        static const char word[] = "READY=1";

        for (const char *line = message; line != NULL; line = strchr(line, '\n')) {
                line += *line == '\n';
                if (strncmp(line, word, strlen(word)) == 0 &&
                    (line[strlen(word)] == '\n' || line[strlen(word)] == '\0'))
                        return true;
        }
        return false;
}

/* 1: ready; 0: not yet, and there is no more for now. */
static int read_messages(int fd)
{
        char message[SAID_MAX + 1];
        ssize_t n;

        while ((n = recv(fd, message, SAID_MAX, MSG_DONTWAIT)) >= 0) {
                message[n] = '\0';
                if (says_ready(message))
                        return 1;
        }
        return 0;
}

void ready_pass(int fd, int pidfd, const char *target, pid_t main_pid, const struct store *warnings)
{
        struct pollfd ready[] = {{.fd = fd, .events = POLLIN}, {.fd = pidfd, .events = POLLIN}};
        char main_text[32];
        struct ward_err what;
        int r = 0;

        /* What it said last is still there when it has ended. */
        for (bool ended = false; (r = read_messages(fd)) == 0 && !ended; ended = ready[1].revents != 0)
                (void)poll(ready, ELEMENTS(ready), -1);
        if (r == 0)
                return;
        r = send_to(target, "READY=1");
        (void)snprintf(main_text, sizeof(main_text), "MAINPID=%d", main_pid);
        if (r >= 0 && main_pid > 0)
                r = send_to(target, main_text);
        if (r >= 0)
                return;
        (void)err_code(&what, r, "pass on to NOTIFY_SOCKET, '%s', that the container is ready", target);
        store_warn(warnings, &what);
}

pid_t ready_pass_aside(int fd, int pidfd, const char *target, int *ret_pidfd, struct ward_err *err)
{
        const struct store silent = {.fd = -EBADF};
        pid_t pid = clone_child(0, -EBADF, ret_pidfd);

        if (pid < 0)
                return err_code(err, pid, "make a process that waits for the container to be ready");
        if (pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                ready_pass(fd, pidfd, target, 0, &silent);
                _exit(0);
        }
        return pid;
}
