/* SPDX-License-Identifier: Apache-2.0 */
/* What forbids user namespaces; see userns.h. */
#include "kern/userns.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "kern/clone.h"

/* The file's first number as it is written, with its newline, or "". A setting that this kernel does not have forbids nothing. */
static bool reads(int proc_fd, const char *path, const char *value)
{
        _cleanup_free_ char *text = NULL;

        return fd_read_file(proc_fd, path, 256, &text, NULL, NULL) >= 0 && strncmp(text, value, strlen(value)) == 0 &&
               (text[strlen(value)] == '\n' || text[strlen(value)] == '\0');
}

/* Ubuntu since 23.10: the namespace is made, and its capabilities are refused, to who is confined by no profile that allows it. */
static bool apparmor_restricts(int proc_fd)
{
        return reads(proc_fd, "sys/kernel/apparmor_restrict_unprivileged_userns", "1") &&
               (reads(proc_fd, "self/attr/apparmor/current", "unconfined") ||
                reads(proc_fd, "self/attr/current", "unconfined"));
}

int userns_check(int proc_fd, struct ward_err *err)
{
        if (reads(proc_fd, "sys/user/max_user_namespaces", "0")) {
                (void)err_set(err, -ENOSPC, "make a user namespace: the sysctl user.max_user_namespaces is 0");
                (void)err_mistake(err, MISTAKE_USERNS_OFF);
                return err_hint(err,
                                "as root: sysctl -w user.max_user_namespaces=15000; or, as root, give --userns host");
        }
        if (reads(proc_fd, "sys/kernel/unprivileged_userns_clone", "0")) {
                (void)err_set(err, -EPERM,
                              "make a user namespace: the sysctl kernel.unprivileged_userns_clone forbids it to "
                              "ordinary users");
                (void)err_mistake(err, MISTAKE_USERNS_OFF);
                return err_hint(err, "as root: sysctl -w kernel.unprivileged_userns_clone=1; or run it as root");
        }
        if (apparmor_restricts(proc_fd)) {
                (void)err_set(err, -EPERM,
                              "make a user namespace: AppArmor takes its capabilities from programs without a profile "
                              "(kernel.apparmor_restrict_unprivileged_userns)");
                (void)err_mistake(err, MISTAKE_USERNS_OFF);
                return err_hint(err, "as root: cp " WARD_DATA
                                     "/apparmor/ward-userns /etc/apparmor.d/ward && apparmor_parser -r "
                                     "/etc/apparmor.d/ward (it names the places of this program); or sysctl -w "
                                     "kernel.apparmor_restrict_unprivileged_userns=0; or run it as root");
        }
        return 0;
}

/* Root of that namespace has rights over this process, which is the caller but for its number: so it is not dumpable (ptrace(2)). 1, 0 or -errno. */
static int look_inside(int ns)
{
        char first = 0;
        int file;

        if (prctl(PR_SET_DUMPABLE, 0) < 0 || setns(ns, CLONE_NEWUSER) < 0)
                return -errno;
        file = open("/proc/self/setgroups", O_RDONLY | O_CLOEXEC);
        return file < 0 || read(file, &first, 1) != 1 ? -EIO : first == 'd';
}

bool userns_denies_setgroups(const char *path)
{
        _cleanup_close_
        int ns = open(path, O_RDONLY | O_CLOEXEC), pidfd = -EBADF;
        siginfo_t info = {0};
        pid_t pid = ns < 0 ? -EBADF : clone_child(0, -EBADF, &pidfd);

        if (pid == 0)
                _exit(look_inside(ns) == 1);
        return pid > 0 && pidfd_wait(pidfd, false, false, &info) >= 0 && info.si_code == CLD_EXITED &&
               info.si_status == 1;
}
