/* SPDX-License-Identifier: Apache-2.0 */
/* Programs in memory; see sealed.h. */
#include "kern/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "base/uapi.h"

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

int sealed_new(const char *name)
{
        int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

        /* Before Linux 6.3 every memory file may be executed, and the flag is not known. */
        if (fd < 0 && errno == EINVAL)
                fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
        return fd < 0 ? -errno : fd;
}

int sealed_finish(int fd)
{
        char path[FD_SELF_PATH_MAX];
        int again;

        if (fcntl(fd, F_ADD_SEALS, SEALS) < 0)
                return -errno;
        /* execve(2), ETXTBSY: not by way of a descriptor that is open for writing. */
        fd_self_path(fd, path);
        again = open(path, O_RDONLY | O_CLOEXEC);
        return again < 0 ? -errno : again;
}

_Bool sealed_is(int fd)
{
        int seals = fcntl(fd, F_GET_SEALS);

        return seals >= 0 && (seals & SEALS) == SEALS;
}
