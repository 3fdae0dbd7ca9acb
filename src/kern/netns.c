/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network namespace from outside; see netns.h. /proc/sys/net shows the settings of the namespace of who looks (proc_sys_net(5)), in whatever mount
 * of procfs: the process needs to enter no other one.
 */
#include "kern/netns.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/clone.h"

enum step { STEP_ENTER, STEP_LOOPBACK, STEP_SETTING, STEP_DONE };

static const char *const step_words[] = {
        [STEP_ENTER] = "enter the network namespace",
        [STEP_LOOPBACK] = "bring up its loopback device",
        [STEP_SETTING] = "write its setting",
};

struct result {
        enum step step;
        int errnum;
        size_t index;
};

static int loopback_up(void)
{
        struct ifreq request = {.ifr_name = "lo"};
        _cleanup_close_
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0)
                return -errno;
        request.ifr_flags |= IFF_UP;
        return ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
}

static int write_setting(int directory, const struct netns_setting *setting)
{
        _cleanup_close_
        int fd = openat(directory, setting->path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

        return fd < 0 || write(fd, setting->value, strlen(setting->value)) < 0 ? -errno : 0;
}

static void work(int netns, int settings_fd, const struct netns_setting *settings, size_t count, struct result *result)
{
        int r = setns(netns, CLONE_NEWNET) < 0 ? -errno : 0;

        if (r >= 0) {
                result->step = STEP_LOOPBACK;
                r = loopback_up();
        }
        for (size_t i = 0; i < count && r >= 0; i++) {
                result->step = STEP_SETTING;
                result->index = i;
                r = write_setting(settings_fd, &settings[i]);
        }
        if (r >= 0)
                result->step = STEP_DONE;
        result->errnum = -r;
}

int netns_set_up(int netns, const struct netns_setting *settings, size_t count, size_t *ret_failed,
                 struct ward_err *err)
{
        _cleanup_close_
        int from = -EBADF, to = -EBADF, pidfd = -EBADF, directory = -EBADF;
        struct result result = {.step = STEP_ENTER};
        siginfo_t info;
        int ends[2];
        ssize_t n;
        pid_t pid;

        *ret_failed = count;
        directory = openat(AT_FDCWD, "/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (directory < 0)
                return err_errno(err, "open /proc/sys");
        if (pipe2(ends, O_CLOEXEC) < 0)
                return err_errno(err, "make a pipe");
        from = ends[0];
        to = ends[1];
        pid = clone_child(0, -EBADF, &pidfd);
        if (pid < 0)
                return err_code(err, pid, "make a process to enter the network namespace");
        if (pid == 0) {
                work(netns, directory, settings, count, &result);
                (void)!write(to, &result, sizeof(result));
                _exit(0);
        }
        to = fd_close(to);
        do
                n = read(from, &result, sizeof(result));
        while (n < 0 && errno == EINTR);
        (void)pidfd_wait(pidfd, false, false, &info);
        if (n != sizeof(result))
                return err_set(err, -EPIPE, "enter the network namespace: the process that was to do it has ended");
        if (result.step == STEP_DONE)
                return 0;
        if (result.step != STEP_SETTING)
                return err_code(err, -result.errnum, "%s", step_words[result.step]);
        *ret_failed = result.index;
        return err_code(err, -result.errnum, "%s '%s'", step_words[result.step], settings[result.index].path);
}
