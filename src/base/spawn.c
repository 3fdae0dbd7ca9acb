/* SPDX-License-Identifier: Apache-2.0 */
/* Running another program; see spawn.h. */
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

extern char **environ;

static int by_posix_spawn(char *const argv[], int fd, int as, pid_t *ret_pid)
{
        posix_spawn_file_actions_t actions;
        int r = posix_spawn_file_actions_init(&actions);

        if (r != 0)
                return -r;
        /* Where both are the same, this takes its close-on-exec away. */
        if (fd >= 0)
                r = posix_spawn_file_actions_adddup2(&actions, fd, as);
        if (r == 0)
                r = posix_spawnp(ret_pid, argv[0], &actions, NULL, argv, environ);
        (void)posix_spawn_file_actions_destroy(&actions);
        return -r;
}

/* A failure of the child comes back by a pipe, which the program's begin closes. */
static int by_fork(char *const argv[], int fd, int as, pid_t *ret_pid)
{
        _cleanup_close_
        int from = -EBADF, to = -EBADF;
        int ends[2], failure = 0;
        ssize_t n;
        pid_t pid;

        if (pipe2(ends, O_CLOEXEC) < 0)
                return -errno;
        from = ends[0];
        to = ends[1];
        pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0) {
                if (to == as)
                        to = fcntl(to, F_DUPFD_CLOEXEC, as + 1);
                if (fd < 0 || (fd == as ? fcntl(fd, F_SETFD, 0) : dup2(fd, as)) >= 0)
                        (void)execvp(argv[0], argv);
                failure = errno;
                (void)!write(to, &failure, sizeof(failure));
                _exit(127);
        }
        to = fd_close(to);
        do
                n = read(from, &failure, sizeof(failure));
        while (n < 0 && errno == EINTR);
        if (n != sizeof(failure)) {
                *ret_pid = pid;
                return 0;
        }
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                ;
        return -failure;
}

/* glibc makes the process by clone3(2), and by clone(2) on ENOSYS alone: filters that don't know the call answer EPERM. */
int spawn_program(char *const argv[], int fd, int as, pid_t *ret_pid)
{
        int r = by_posix_spawn(argv, fd, as, ret_pid);

        return r == -EPERM ? by_fork(argv, fd, as, ret_pid) : r;
}
