/* SPDX-License-Identifier: Apache-2.0 */
/* Making a process; see clone.h. */
#include "kern/clone.h"

#include <errno.h>
#include <linux/sched.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIGNAL_COUNT 64

/* What CLONE_CLEAR_SIGHAND does: no handler of the caller runs in the child. The kernel's own call, because sigaction(3) hides two
 * signals of the C library, whose handlers have to go, too. */
static void clear_handlers(void)
{
        /* The kernel's struct sigaction begins with the handler: 0 is the default, 1 is to ignore. */
        unsigned long now[4] = {0}, none[4] = {0};

        for (long signal = 1; signal <= SIGNAL_COUNT; signal++)
                if (syscall(SYS_rt_sigaction, signal, NULL, now, SIGNAL_COUNT / 8) == 0 && now[0] > 1)
                        (void)syscall(SYS_rt_sigaction, signal, none, NULL, SIGNAL_COUNT / 8);
}

void clone_default_signals(void)
{
        const unsigned long by_default[4] = {0};

        for (long signal = SIGINT; signal <= SIGSYS; signal++)
                if (signal != SIGKILL && signal != SIGSTOP)
                        (void)syscall(SYS_rt_sigaction, signal, by_default, NULL, SIGNAL_COUNT / 8);
}

static pid_t by_clone(uint64_t flags, int *ret_pidfd)
{
        /* The order of clone(2)'s arguments differs between architectures; on x86-64 and arm64 the third is the pidfd's place. */
        pid_t pid = (pid_t)syscall(SYS_clone, flags | CLONE_PIDFD | SIGCHLD, NULL, ret_pidfd, NULL, NULL);

        if (pid == 0)
                clear_handlers();
        return pid;
}

pid_t clone_child(uint64_t flags, int cgroup_fd, int *ret_pidfd)
{
        int pidfd = -EBADF;
        struct clone_args args = {
                .flags = flags | CLONE_PIDFD | CLONE_CLEAR_SIGHAND | (cgroup_fd >= 0 ? CLONE_INTO_CGROUP : 0),
                .pidfd = (uint64_t)(uintptr_t)&pidfd,
                .exit_signal = SIGCHLD,
                .cgroup = cgroup_fd >= 0 ? (uint64_t)cgroup_fd : 0,
        };
        pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));

        /* EPERM: the kernel's own answer, which clone(2) repeats, or that of a filter which does not know clone3(2). */
        if (pid < 0 && (errno == ENOSYS || errno == EPERM)) {
                if (cgroup_fd >= 0)
                        return -EOPNOTSUPP;
                pid = by_clone(flags, &pidfd);
        }
        if (pid < 0)
                return -errno;
        if (pid > 0)
                *ret_pidfd = pidfd;
        return pid;
}

int pidfd_open_pid(pid_t pid)
{
        int fd = (int)syscall(SYS_pidfd_open, pid, 0);

        return fd < 0 ? -errno : fd;
}

int pidfd_signal(int pidfd, int signal)
{
        return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

void pidfd_kill_child(int pidfd, pid_t pid)
{
        int r = pidfd_signal(pidfd, SIGKILL);

        if (r == -ENOSYS || r == -EPERM)
                (void)kill(pid, SIGKILL);
}

int pidfd_wait(int pidfd, bool peek, bool no_hang, siginfo_t *ret_info)
{
        int r;

        ret_info->si_pid = 0;
        do
                r = waitid(P_PIDFD, (id_t)pidfd, ret_info, WEXITED | (peek ? WNOWAIT : 0) | (no_hang ? WNOHANG : 0));
        while (r < 0 && errno == EINTR);
        return r < 0 ? -errno : 0;
}

bool pidfd_ended(int pidfd)
{
        struct pollfd ready = {.fd = pidfd, .events = POLLIN};

        return poll(&ready, 1, 0) > 0; /* pidfd_open(2): readable when the process has ended */
}

int pidfd_exit_status(const siginfo_t *info)
{
        return info->si_code == CLD_EXITED ? info->si_status : 128 + info->si_status;
}
