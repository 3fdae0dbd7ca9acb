/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root `host` for who is not root of the machine; see host-user.h.
 *
 * The tree belongs to the user namespace of the process that made it, which lives on in it alone; that of the container is another one
 * with the same ids, and attaches it like any detached tree.
 */
#include "launch/host-user.h"

#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/libc.h"
#include "kern/clone.h"
#include "kern/proc.h"
#include "kern/userns.h"

/* Root of the namespace, in no group of the caller's where that can be had. */
static int become_root(const struct idmap *users, struct ward_err *err)
{
        bool groups = users->gid_count > 1 || users->gid[0].count > 1;

        if ((groups && setgroups(0, NULL) < 0) || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
                return err_errno(err, "become root of a user namespace");
        /* Or what is mounted below would appear in the machine's namespace. */
        if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) /* host path: of the copy of its mounts */
                return err_errno(err, "make the mounts of a new namespace private");
        return 0;
}

_Noreturn static void child(const struct host_options *options,
                            int (*make)(const struct host_options *options, struct ward_err *err), int socket,
                            pid_t parent)
{
        struct ward_err err = {0}; /* sent, with the tree's descriptor when there is one */
        char byte;
        int fd;

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent || recv(socket, &byte, 1, 0) != 1)
                _exit(1);
        fd = become_root(options->users, &err);
        if (fd >= 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* which new credentials have cleared */
                fd = getppid() != parent ? -ESRCH : make(options, &err);
        }
        _exit(fd_send(socket, &err, sizeof(err), fd < 0 ? -EBADF : fd) < 0);
}

static int map_and_wait(const struct host_options *options, int proc, pid_t pid, int socket, struct ward_err *err)
{
        struct ward_err theirs;
        bool denied;
        int r = idmap_write(proc, pid, options->users, &denied, err);

        if (r < 0)
                return r;
        (void)send(socket, "", 1, MSG_NOSIGNAL); /* its death shows below */
        r = fd_receive(socket, &theirs, sizeof(theirs));
        if (r == -EPIPE)
                return err_set(err, r, "make the root 'host': the process that does it died");
        if (r >= 0)
                return r;
        if (err != NULL)
                *err = theirs;
        return -theirs.errnum;
}

int host_in_namespace(const struct host_options *options,
                      int (*make)(const struct host_options *options, struct ward_err *err), struct ward_err *err)
{
        _cleanup_close_
        int ours = -EBADF, theirs = -EBADF, pidfd = -EBADF, proc = proc_open(err);
        pid_t pid, self = getpid();
        siginfo_t info;
        int pair[2], r;

        r = proc < 0 ? proc : userns_check(proc, err);
        if (r < 0)
                return r;
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return err_errno(err, "make a pair of sockets");
        ours = pair[0];
        theirs = pair[1];
        pid = clone_child(CLONE_NEWUSER | CLONE_NEWNS, -EBADF, &pidfd);
        if (pid < 0) {
                (void)err_code(err, pid, "make a user namespace for the root 'host'");
                return pid == -EPERM ? err_hint(err, "the filter of a container around this program forbids new user "
                                                     "namespaces, or it runs in a chroot")
                                     : pid;
        }
        if (pid == 0) {
                (void)fd_close(ours); /* or its end would not show in the other one */
                child(options, make, theirs, self);
        }
        theirs = fd_close(theirs);
        r = map_and_wait(options, proc, pid, ours, err);
        if (r < 0)
                pidfd_kill_child(pidfd, pid);
        (void)pidfd_wait(pidfd, false, false, &info);
        return r;
}
