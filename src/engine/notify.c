/* SPDX-License-Identifier: Apache-2.0 */
/* What an engine asked to be told; see notify.h. */
#include "engine/notify.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"

int notify_connect_within(const char *path, const char *what, unsigned sec, struct ward_err *err)
{
        const struct timeval patience = {.tv_sec = sec};
        _cleanup_close_
        int fd = -EBADF;
        struct sockaddr_un address = {.sun_family = AF_UNIX};

        if (strlen(path) >= sizeof(address.sun_path))
                return err_code(err, -ENAMETOOLONG, "connect to the %s '%s'", what, path);
        memcpy(address.sun_path, path, strlen(path));
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
            connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                return err_errno(err, "connect to the %s '%s'", what, path);
        return TAKE_FD(fd);
}

int notify_connect(const char *path, const char *what, struct ward_err *err)
{
        return notify_connect_within(path, what, 0, err);
}

int notify_pid_file(const char *path, pid_t pid, struct ward_err *err)
{
        _cleanup_close_
        int fd = -EBADF;
        char text[16];
        int len, r;

        if (path == NULL)
                return 0;
        fd = openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0644);
        if (fd < 0) {
                r = err_errno(err, "write the pid file '%s'", path);
                (void)err_mistake(err, MISTAKE_FILE_UNWRITABLE);
                return r == -ENOENT ? err_hint(err, "make its directory first") : r;
        }
        len = snprintf(text, sizeof(text), "%d", pid);
        r = fd_write_all(fd, text, (size_t)len);
        return r < 0 ? err_code(err, r, "write the pid file '%s'", path) : 0;
}

int notify_pidfd(const char *path, int pidfd, struct ward_err *err)
{
        _cleanup_close_
        int fd = -EBADF;
        const char byte = 0;
        int r;

        if (path == NULL)
                return 0;
        fd = notify_connect(path, "pidfd socket", err);
        if (fd < 0)
                return fd;
        r = fd_send(fd, &byte, sizeof(byte), pidfd);
        return r < 0 ? err_code(err, r, "send the pidfd to '%s'", path) : 0;
}
