/* SPDX-License-Identifier: Apache-2.0 */
/* What an engine asked to be told; see notify.h. */
#include "engine/notify.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
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

static int fail_pid_file(const char *path, int code, struct ward_err *err)
{
        (void)err_code(err, code, "write the pid file '%s'", path);
        (void)err_mistake(err, MISTAKE_FILE_UNWRITABLE);
        return code == -ENOENT ? err_hint(err, "make its directory first") : code;
}

int notify_pid_file(const char *path, pid_t pid, struct ward_err *err)
{
        char text[16], beside[PATH_MAX];
        _cleanup_close_
        int fd = -EBADF;
        bool plain;
        struct stat st;
        int len, r;

        if (path == NULL)
                return 0;
        /* Whoever looks sees a whole number or none: rename(2). What is no file (a pipe, /dev/null) can't be had anew, and a link is not followed. */
        plain = fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) < 0 ? errno == ENOENT : S_ISREG(st.st_mode);
        if (snprintf(beside, sizeof(beside), plain ? "%s.%d" : "%s", path, getpid()) >= (int)sizeof(beside))
                return fail_pid_file(path, -ENAMETOOLONG, err);
        if (plain)
                (void)unlink(beside); /* host path: of a caller who had our number, and was killed */
        fd = openat(AT_FDCWD, beside, O_WRONLY | (plain ? O_CREAT | O_EXCL : 0) | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY,
                    0644);
        if (fd < 0)
                return fail_pid_file(path, -errno, err);
        len = snprintf(text, sizeof(text), "%d", pid);
        r = fd_write_all(fd, text, (size_t)len);
        if (r >= 0 && plain && rename(beside, path) < 0) /* host path: the caller's */
                r = -errno;
        if (r < 0 && plain)
                (void)unlink(beside); /* host path: the caller's */
        return r < 0 ? fail_pid_file(path, r, err) : plain;
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
