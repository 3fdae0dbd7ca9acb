/* SPDX-License-Identifier: Apache-2.0 */
/* Probes of namespaces and processes, and what all of them share; see probe.h. */
#include "kern/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/libc.h"
#include "kern/caps.h"

static int write_text(const char *path, const char *text)
{
        return fd_write_file(AT_FDCWD, path, text, NULL);
}

/* A user namespace with one id, the caller's, as root. */
static int become_root(void)
{
        uid_t uid = geteuid();
        gid_t gid = getegid();
        char map[32];
        int r;

        if (unshare(CLONE_NEWUSER) < 0)
                return -errno;
        r = write_text("/proc/self/setgroups", "deny");
        (void)snprintf(map, sizeof(map), "0 %u 1", uid);
        if (r >= 0)
                r = write_text("/proc/self/uid_map", map);
        (void)snprintf(map, sizeof(map), "0 %u 1", gid);
        return r < 0 ? r : write_text("/proc/self/gid_map", map);
}

static int run(probe_function probe, bool boxed)
{
        int status, r;
        pid_t pid = fork();

        if (pid < 0)
                return -errno;
        if (pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
                (void)prctl(PR_SET_DUMPABLE, 1);
                r = boxed ? become_root() : 0;
                _exit(r < 0 ? -r : -probe());
        }
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        return WIFEXITED(status) ? -WEXITSTATUS(status) : PROBE_KILLED;
}

int probe_run(probe_function probe)
{
        return run(probe, false);
}

int probe_run_boxed(probe_function probe)
{
        return run(probe, true);
}

bool probe_has_rights(void)
{
        struct caps_pair own;

        return caps_own(&own) >= 0 && (own.effective >> CAP_SYS_ADMIN & 1) != 0;
}

int probe_take_rights(void)
{
        return probe_has_rights() ? 0 : become_root();
}

static int answer(long r)
{
        return r < 0 ? -errno : 0;
}

static int in_new(int flag)
{
        int r = probe_take_rights();

        return r < 0 ? r : answer(unshare(flag));
}

int probe_user(void)
{
        int r = become_root();

        /* Where a security module takes the capabilities away, what it is for fails. */
        if (r >= 0)
                r = answer(unshare(CLONE_NEWUTS));
        return r < 0 ? r : answer(sethostname("probe", 5));
}

int probe_mount(void)
{
        int r = in_new(CLONE_NEWNS);

        return r < 0 ? r : answer(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL)); /* host path: in a copy of it */
}

int probe_pid(void)
{
        int r = in_new(CLONE_NEWPID), status;
        pid_t pid;

        if (r < 0)
                return r;
        pid = fork();
        if (pid == 0)
                _exit(getpid() != 1);
        if (pid < 0 || waitpid(pid, &status, 0) < 0)
                return -errno;
        return status == 0 ? 0 : -EPERM;
}

int probe_ipc(void)
{
        return in_new(CLONE_NEWIPC);
}

int probe_uts(void)
{
        int r = in_new(CLONE_NEWUTS);

        return r < 0 ? r : answer(sethostname("probe", 5));
}

int probe_net(void)
{
        return in_new(CLONE_NEWNET);
}

int probe_cgroup(void)
{
        return in_new(CLONE_NEWCGROUP);
}

int probe_time(void)
{
        int r = in_new(CLONE_NEWTIME);

        return r < 0 ? r : write_text("/proc/self/timens_offsets", "monotonic 1 0");
}

int probe_clone3(void)
{
        struct clone_args args = {.exit_signal = SIGCHLD};
        long pid = syscall(SYS_clone3, &args, sizeof(args));

        if (pid == 0)
                _exit(0);
        return answer(pid);
}

int probe_pidfd(void)
{
        int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

        if (fd < 0)
                return -errno;
        if (syscall(SYS_pidfd_getfd, fd, fd, 0) < 0)
                return -errno;
        return answer(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
}

int probe_close_range(void)
{
        return answer(syscall(SYS_close_range, ~0U, ~0U, 0));
}

int probe_openat2(void)
{
        const struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};

        return answer(syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how))); /* host path: nothing is read */
}

int probe_keyring(void)
{
        return answer(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL));
}
