/* SPDX-License-Identifier: Apache-2.0 */
/*
 * File descriptors: ownership, and reading and writing small files whole.
 *
 * A descriptor that is none is -EBADF. Every descriptor is close-on-exec from birth. close(2) is called once and never
 * retried: on Linux the descriptor is gone even after EINTR (close(2), NOTES).
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/mem.h"

#define _cleanup_close_ _cleanup_(fd_close_pointer)

/* openat2(2): a path that leads neither above @dirfd nor over a symbolic link. Returns a descriptor, close-on-exec, or -errno. */
int fd_open_beneath(int dirfd, const char *path, int flags);

/* Closes @fd unless it is none; keeps errno. Returns -EBADF, to be stored where the descriptor was. */
int fd_close(int fd);

static inline void fd_close_pointer(int *fd)
{
        *fd = fd_close(*fd);
}

/* Takes the descriptor out of an automatic variable whose cleanup would close it. */
#define TAKE_FD(fd)             \
        ({                      \
                int _fd = (fd); \
                (fd) = -EBADF;  \
                _fd;            \
        })

/* Opens /dev/null as each of standard input, output and error that is closed, before anything else comes to lie there and is taken for it. */
int fd_open_standard(struct ward_err *err);

/* Closes what this process has from whoever executed it but standard input, output and error: all that is not close-on-exec. */
void fd_close_inherited(void);

/* "/proc/self/fd/N", for calls that take only paths. */
#define FD_SELF_PATH_MAX 36
void fd_self_path(int fd, char ret_path[static FD_SELF_PATH_MAX]);

/* Whether something has this name, which is not followed. Not faccessat(2): glibc makes it faccessat2(2), which filters may refuse. */
bool fd_has(int dirfd, const char *name);

/*
 * Reads all of the regular or procfs file @path below @dirfd, which must hold at most @limit bytes. *@ret_text is owned
 * by the caller (free), has a NUL behind it, and its length without that NUL is stored in *@ret_len (may be NULL).
 * Errors: openat(2), read(2), -EFBIG when the file is larger than @limit, -ENOMEM.
 */
int fd_read_file(int dirfd, const char *path, size_t limit, char **ret_text, size_t *ret_len, struct ward_err *err);

/* The same from an open descriptor; @name is for messages. */
int fd_read_all(int fd, const char *name, size_t limit, char **ret_text, size_t *ret_len, struct ward_err *err);

/* Writes @text to the existing file @path below @dirfd by one write(2), as procfs and cgroupfs want it.
 * Errors: openat(2), write(2), -EIO for a short write. */
int fd_write_file(int dirfd, const char *path, const char *text, struct ward_err *err);

/* Writes all of @len bytes, however many write(2) it takes. Returns 0 or -errno. */
int fd_write_all(int fd, const void *data, size_t len);

/* Sends a record over a SOCK_SEQPACKET socket, with a descriptor unless that is none. Returns 0 or -errno. */
int fd_send(int socket, const void *record, size_t size, int fd);

/* Receives up to @size bytes and what descriptor came with them: *@ret_fd is owned by the caller, -EBADF when none did. Returns how many bytes,
 * 0 when the other side has ended, or -errno. */
ssize_t fd_receive_some(int socket, void *ret_data, size_t size, int *ret_fd);

/* Receives one. Returns the descriptor that came with it, owned by the caller; -EBADF when none did; -EPIPE when there is no such record:
 * the other side has ended. */
int fd_receive(int socket, void *ret_record, size_t size);

#endif
