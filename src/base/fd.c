/* SPDX-License-Identifier: Apache-2.0 */
/* File descriptors; see fd.h. */
#include "base/fd.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/digits.h"
#include "base/text.h"

int fd_close(int fd)
{
        int saved = errno;

        if (fd >= 0)
                (void)close(fd);
        errno = saved;
        return -EBADF;
}

int fd_open_beneath(int dirfd, const char *path, int flags)
{
        const struct open_how how = {
                .flags = (uint64_t)(flags | O_CLOEXEC),
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
        };
        long fd = syscall(SYS_openat2, dirfd, path, &how, sizeof(how));

        return fd < 0 ? -errno : (int)fd;
}

int fd_open_standard(struct ward_err *err)
{
        /* open(2) takes the lowest number that is free. Not close-on-exec: it stands for what would be inherited. */
        for (int fd = 0; fd <= STDERR_FILENO; fd++)
                if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0) /* host path */
                        return err_errno(err, "open /dev/null for a standard stream that is closed");
        return 0;
}

int fd_read_all(int fd, const char *name, size_t limit, char **ret_text, size_t *ret_len, struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        size_t room = 0, len = 0;

        /* procfs and cgroupfs report a size of 0, so the size is found by reading (proc(5)). */
        for (;;) {
                ssize_t n;

                if (len == room) {
                        size_t more = room == 0 ? 4096 : 2 * room;
                        char *larger = realloc(text, more + 1);

                        if (larger == NULL)
                                return err_oom(err);
                        text = larger;
                        room = more;
                }
                n = read(fd, text + len, room - len);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return err_errno(err, "read '%s'", name);
                if (n == 0)
                        break;
                len += (size_t)n;
                if (len > limit)
                        return err_set(err, -EFBIG, "read '%s': it is larger than %zu bytes", name, limit);
        }
        text[len] = '\0';
        *ret_text = TAKE_PTR(text);
        if (ret_len != NULL)
                *ret_len = len;
        return 0;
}

void fd_close_inherited(void)
{
        DIR *fds = opendir("/proc/self/fd");
        uint64_t number;

        for (const struct dirent *entry; fds != NULL && (entry = readdir(fds)) != NULL;)
                if (number_parse(entry->d_name, INT_MAX, &number) >= 0 && number > STDERR_FILENO &&
                    fcntl((int)number, F_GETFD) == 0)
                        (void)close((int)number);
        if (fds != NULL)
                (void)closedir(fds);
}

void fd_self_path(int fd, char ret_path[static FD_SELF_PATH_MAX])
{
        static const char directory[] = "/proc/self/fd/";

        memcpy(ret_path, directory, sizeof(directory));
        *digits_put(ret_path + sizeof(directory) - 1, (uint64_t)fd, 10) = '\0';
}

bool fd_has(int dirfd, const char *name)
{
        struct stat st;

        return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int fd_read_file(int dirfd, const char *path, size_t limit, char **ret_text, size_t *ret_len, struct ward_err *err)
{
        _cleanup_close_
        int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

        if (fd < 0)
                return err_errno(err, "open '%s'", path);
        return fd_read_all(fd, path, limit, ret_text, ret_len, err);
}

int fd_write_file(int dirfd, const char *path, const char *text, struct ward_err *err)
{
        _cleanup_close_
        int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        size_t len = strlen(text);
        ssize_t n;

        if (fd < 0)
                return err_errno(err, "open '%s' for writing", path);
        do
                n = write(fd, text, len);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return err_errno(err, "write '%s' to '%s'", text, path);
        if ((size_t)n != len)
                return err_code(err, -EIO, "write '%s' to '%s' whole", text, path);
        return 0;
}

int fd_write_all(int fd, const void *data, size_t len)
{
        const char *bytes = data;

        while (len > 0) {
                ssize_t n = write(fd, bytes, len);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                bytes += n;
                len -= (size_t)n;
        }
        return 0;
}

int fd_send(int socket, const void *record, size_t size, int fd)
{
        union {
                struct cmsghdr header;
                char room[CMSG_SPACE(sizeof(int))];
        } control = {0};
        struct iovec data = {.iov_base = (void *)(uintptr_t)record, .iov_len = size};
        struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};

        if (fd >= 0) {
                message.msg_control = &control;
                message.msg_controllen = sizeof(control.room);
                control.header.cmsg_level = SOL_SOCKET;
                control.header.cmsg_type = SCM_RIGHTS;
                control.header.cmsg_len = CMSG_LEN(sizeof(int));
                memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
        }
        return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

ssize_t fd_receive_some(int socket, void *ret_data, size_t size, int *ret_fd)
{
        union {
                struct cmsghdr header;
                char room[CMSG_SPACE(sizeof(int))];
        } control;
        struct iovec data = {.iov_base = ret_data, .iov_len = size};
        /* Not CMSG_SPACE(), which has room for two: what does not fit the kernel closes. */
        struct msghdr message = {
                .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_LEN(sizeof(int))};
        const struct cmsghdr *header;
        ssize_t n;

        do
                n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return -errno;
        *ret_fd = -EBADF;
        header = CMSG_FIRSTHDR(&message);
        if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
            header->cmsg_len == CMSG_LEN(sizeof(int)))
                memcpy(ret_fd, CMSG_DATA(header), sizeof(*ret_fd));
        return n;
}

int fd_receive(int socket, void *ret_record, size_t size)
{
        _cleanup_close_
        int fd = -EBADF;

        return fd_receive_some(socket, ret_record, size, &fd) == (ssize_t)size ? TAKE_FD(fd) : -EPIPE;
}
