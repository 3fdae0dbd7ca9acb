/* SPDX-License-Identifier: Apache-2.0 */
/* System calls that may be the end of who makes them; see careful.h. */
#include "kern/careful.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MAX 99 /* in the exit status errors are above it: the largest errno is 133 */

bool careful_is_filtered(void)
{
        return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 0;
}

static int make(long number, const long args[5])
{
        long r = syscall(number, args[0], args[1], args[2], args[3], args[4]);

        return r < 0 ? -errno : r > ANSWER_MAX ? ANSWER_MAX : (int)r;
}

int careful_syscall(long number, long a, long b, long c, long d, long e)
{
        const long args[5] = {a, b, c, d, e};
        int status, r;
        pid_t pid;

        if (!careful_is_filtered())
                return make(number, args);
        pid = fork();
        if (pid == 0) {
                (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
                r = make(number, args);
                _exit(r < 0 ? ANSWER_MAX - r : r);
        }
        if (pid < 0)
                return -errno;
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        if (!WIFEXITED(status))
                return -EPERM;
        return WEXITSTATUS(status) > ANSWER_MAX ? ANSWER_MAX - WEXITSTATUS(status) : WEXITSTATUS(status);
}
