/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Meeting the parent, the one that starts, and hooks.
 *
 * Every wait is a receive on a socket, so the death of the other side is seen as end of file and ends this process: a half-made
 * container never goes on alone.
 */
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include <linux/uio.h>
#include <linux/wait.h>

#include <asm/siginfo.h>
#include <asm/signal.h>

#include "base/uapi.h"
#include "launch/child/child.h"
#include "launch/child/sys.h"

#define FLAG_CLOEXEC 02000000
#define MESSAGE_NOSIGNAL 0x4000
#define MESSAGE_CLOEXEC 0x40000000
#define MEMORY_CLOEXEC 1 /* MFD_CLOEXEC: linux/memfd.h takes more than is there */
#define RIGHTS_MAX 253   /* unix(7): SCM_RIGHTS carries at most this many */

/* struct cmsghdr of recvmsg(2) on 64-bit kernels, with its descriptors. */
struct rights {
        uint64_t len;
        int level, type;
        int fds[RIGHTS_MAX];
};

int child_send(struct child *child, enum record_kind kind, enum step step, int errnum, uint32_t value)
{
        struct record record = {
                .kind = kind,
                .phase = child->phase,
                .op = child->op,
                .type = child->plan->ops[child->op].type,
                .step = step,
                .errnum = errnum,
                .value = value,
        };

        if (child->trace) {
                struct __kernel_timespec now;

                if (sys2(clock_gettime, 1 /* CLOCK_MONOTONIC */, &now) >= 0)
                        record.time_nsec = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
        }
        return (int)sys6(sendto, child->channel, &record, sizeof(record), MESSAGE_NOSIGNAL, 0, 0);
}

int child_send_fd(int socket, const void *data, uint32_t len, int fd)
{
        struct iovec part = {.iov_base = (void *)data, .iov_len = len};
        struct {
                uint64_t len;
                int level, type;
                int fd;
                int padding;
        } control = {.len = 8 + 4 + 4 + 4, .level = 1 /* SOL_SOCKET */, .type = 1 /* SCM_RIGHTS */, .fd = fd};
        struct child_message message = {
                .iov = &part, .iov_count = 1, .control = &control, .control_len = sizeof(control)};

        return (int)sys3(sendmsg, socket, &message, MESSAGE_NOSIGNAL);
}

int child_send_mounts(struct child *child, int mounts, uint32_t target, uint32_t tree)
{
        const struct record record = {
                .kind = RECORD_MOUNTS,
                .phase = child->phase,
                .op = child->op,
                .type = child->plan->ops[child->op].type,
                .value = target,
                .tree = tree,
        };

        child->step = STEP_CHANNEL;
        return child_send_fd(child->channel, &record, sizeof(record), mounts);
}

/* What the hook wrote goes with it. That it failed is said once more behind this op, to nobody who would listen. */
static void send_failed_hook(struct child *child, int errnum, int output)
{
        const struct record record = {
                .kind = RECORD_FAILED,
                .phase = child->phase,
                .op = child->op,
                .type = OP_HOOKS,
                .step = child->step,
                .errnum = errnum,
                .value = child->value,
        };

        (void)child_send_fd(child->channel, &record, sizeof(record), output);
}

int child_do_report(struct child *child, const struct op *op)
{
        int r;

        child->phase = (enum phase)op->number;
        child->step = STEP_CHANNEL;
        r = child_send(child, RECORD_PHASE, STEP_ITSELF, 0, 0);
        return r < 0 ? r : 0;
}

/* Puts the descriptors that came with @message into its slots, in their order. */
static int take_rights(struct child *child, enum message message, const struct rights *rights, uint64_t len)
{
        uint64_t count = len < 16 ? 0 : (rights->len - 16) / sizeof(int), next = 0;

        for (uint32_t i = 0; i < child->plan->slot_count; i++) {
                if (child->plan->slots[i].late != message)
                        continue;
                if (next == count)
                        return -EPROTO;
                child->slots[i] = rights->fds[next++];
        }
        return next == count ? 0 : -EPROTO;
}

/* Waits on @fd for @message, and for the descriptors of its slots unless it comes @bare. -EPIPE when the other side is gone. */
static int wait_message(struct child *child, int fd, enum message message, bool bare)
{
        struct rights rights;
        uint8_t byte = 0;
        struct iovec data = {.iov_base = &byte, .iov_len = 1};
        struct child_message header = {.iov = &data, .iov_count = 1, .control = &rights, .control_len = sizeof(rights)};
        long n;

        child->step = STEP_CHANNEL;
        do
                n = sys3(recvmsg, fd, &header, MESSAGE_CLOEXEC);
        while (n == -EINTR);
        if (n < 0)
                return (int)n;
        if (n == 0)
                return -EPIPE;
        if (byte != message)
                return -EPROTO;
        if (bare)
                return header.control_len < sizeof(int) ? 0 : -EPROTO;
        return take_rights(child, message, &rights, header.control_len);
}

int child_wait(struct child *child, enum message message)
{
        return wait_message(child, child->channel, message, false);
}

int child_do_wait(struct child *child, const struct op *op)
{
        return child_wait(child, (enum message)op->number);
}

static void leave_by_signal(int signal)
{
        sys_leave(128 + signal);
}

/* The first process of a pid namespace gets no signal that it does not ask for, but KILL (pid_namespaces(7)): who ends a container that was never
 * started would wait for nothing. What who made it ignores stays ignored; execve(2) takes the handlers away. */
static void ask_for_signals(void)
{
        static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
        struct sigaction before = {0},
                         leaving = {
                                 .sa_handler = leave_by_signal,
#ifdef SA_RESTORER
                                 /* Without it the kernel of x86-64 calls no handler; nobody returns there. */
                                 .sa_flags = SA_RESTORER,
                                 .sa_restorer = (__sigrestore_t)leave_by_signal,
#endif
                         };

        for (uint32_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
                if (sys4(rt_sigaction, ending[i], 0, &before, SIGSET_BYTES) >= 0 && before.sa_handler == SIG_DFL)
                        (void)sys4(rt_sigaction, ending[i], &leaving, 0, SIGSET_BYTES);
}

int child_do_wait_start(struct child *child, const struct op *op)
{
        int r, connection;

        /* The creator answers when the state is written: from then on the container can be found, and may outlive it. */
        r = wait_message(child, child->channel, MESSAGE_START, op->slot != SLOT_NONE);
        if (r < 0)
                return r;
        child->step = STEP_ITSELF;
        r = (int)sys2(prctl, PR_SET_PDEATHSIG, 0);
        if (r < 0 || op->slot == SLOT_NONE)
                return r;

        ask_for_signals();
        /* The creator that is gone by now does not have to know. */
        child->step = STEP_CHANNEL;
        r = child_send(child, RECORD_PHASE, STEP_ITSELF, 0, 0);
        if (r < 0 && r != -EPIPE)
                return r;
        child->step = STEP_ITSELF;
        (void)sys1(close, child->channel);
        child->channel = -EBADF;
        do {
                r = connection = (int)sys4(accept4, child->slots[op->slot], 0, 0, FLAG_CLOEXEC);
                if (r == -EINTR || r == -ECONNABORTED)
                        continue;
                if (r < 0)
                        return r;
                r = wait_message(child, connection, MESSAGE_START, false);
                if (r < 0)
                        (void)sys1(close, connection); /* it went away before it said so: wait for the next */
        } while (r < 0);
        child->channel = connection;
        (void)sys1(close, child->slots[op->slot]);
        return 0;
}

long child_make_process(uint64_t flags, int exit_signal, int *pidfd)
{
        struct clone_args args = {
                .flags = flags | (pidfd == 0 ? 0 : CLONE_PIDFD),
                .pidfd = (uint64_t)(uintptr_t)pidfd,
                .exit_signal = (uint64_t)exit_signal,
        };
        long pid = sys2(clone3, &args, sizeof(args));

        if (pid != -ENOSYS && pid != -EPERM)
                return pid;
        return sys5(clone, args.flags | args.exit_signal, 0, pidfd, 0, 0);
}

/* Behind another OP_CLONE this process may be in a pid namespace that it joined: what it calls the new one means nothing to ward. */
static bool is_second_clone(const struct child *child)
{
        for (uint32_t i = 0; i < child->op; i++)
                if (child->plan->ops[i].type == OP_CLONE)
                        return true;
        return false;
}

int child_do_clone(struct child *child, const struct op *op)
{
        const struct record record = {.kind = RECORD_CLONED, .phase = child->phase, .op = child->op, .type = OP_CLONE};
        const bool second = is_second_clone(child);
        int pidfd = -EBADF;
        /* CLONE_PARENT: the new process is the child of ward, which waits for it, not of this one. The exit signal is inherited. */
        long pid = child_make_process(op->number | CLONE_PARENT, 0, second ? &pidfd : 0);

        if (pid < 0)
                return (int)pid;
        if (pid == 0)
                return (int)sys2(prctl, PR_SET_PDEATHSIG, SIGKILL);
        if (second)
                (void)child_send_fd(child->channel, &record, sizeof(record), pidfd);
        else
                (void)child_send(child, RECORD_CLONED, STEP_ITSELF, 0, (uint32_t)pid);
        sys_leave(0);
}

/* What the container's program is confined by, for a program of its image that is run before it. The agent's listener is the former's alone: what a
 * filter leaves to an agent is answered with ENOSYS here (seccomp(2), SECCOMP_RET_USER_NOTIF). The op that fails is in @child. */
static int confine_hook(struct child *child)
{
        const uint32_t of_listener = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;

        for (child->op++; child->op < child->plan->op_count; child->op++) {
                const struct op *op = &child->plan->ops[child->op];
                int r;

                child->step = STEP_ITSELF;
                child->value = 0;
                if (op->type == OP_SECCOMP)
                        r = (int)sys3(seccomp, SECCOMP_SET_MODE_FILTER, op->seccomp.flags & ~of_listener,
                                      op->seccomp.program);
                else
                        r = op->type == OP_RESTRICT ? child_do_restrict(child, op) : child_take_rights(child, op);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* @fd becomes standard output and standard error; -EBADF: they stay as they are. */
static bool take_output(int fd)
{
        return fd < 0 || (sys3(dup3, fd, 1, 0) >= 0 && sys3(dup3, fd, 2, 0) >= 0);
}

/* In the hook's own process: the state on standard input, then the program. */
static _Noreturn void become_hook(struct child *child, const struct op_hooks *hooks, const struct op_hook *hook,
                                  int output)
{
        const struct op callers = {.type = OP_CLOSE_FDS, .number = 3};
        int state = child->slots[hooks->slot], r;

        if (sys1(umask, child->umask) >= 0 && sys3(lseek, state, 0, 0) >= 0 && sys3(dup3, state, 0, 0) >= 0 &&
            take_output(output)) {
                r = child_do_close_fds(child, &callers);
                /* Of the host's: what they look for in their directory must not be the image's (CVE-2025-23266), wherever the caller is. */
                if (r >= 0 && !hooks->confined)
                        r = (int)sys1(chdir, "/");
                if (r >= 0 && hooks->confined)
                        r = confine_hook(child);
                if (r < 0)
                        (void)child_send(child, RECORD_FAILED, child->step, -r, child->value);
                else
                        (void)sys3(execve, hook->path, hook->argv, hook->envp);
        }
        sys_leave(127);
}

/* Waits until the process ends or @timeout_sec passed (0: no limit). Returns its status as a shell counts, 128+n when signal n ended it, or -ETIMEDOUT
 * after it was killed. */
static int reap(long pid, int pidfd, uint32_t timeout_sec)
{
        struct pollfd ready = {.fd = pidfd, .events = POLLIN};
        struct __kernel_timespec timeout = {.tv_sec = timeout_sec};
        siginfo_t info;
        bool late = false;
        long r;

        do
                r = sys5(ppoll, &ready, 1, timeout_sec == 0 ? 0 : &timeout, 0, 0); /* the kernel counts the time down */
        while (r == -EINTR);
        if (r == 0) {
                late = true;
                (void)sys2(kill, pid, SIGKILL); /* not reaped yet: the number is still its own */
        }
        do
                r = sys5(waitid, P_PIDFD, pidfd, &info, WEXITED, 0);
        while (r == -EINTR);
        if (late)
                return -ETIMEDOUT;
        if (r < 0)
                return (int)r;
        return info.si_code == 1 /* CLD_EXITED */ ? info.si_status : 128 + info.si_status;
}

/* What a hook of the host writes is not the container's output; a memory file never blocks it, and nobody has to wait for its end. A program of the
 * image writes where the container's own does: -EBADF. */
static int output_file(const struct op_hooks *hooks)
{
        return hooks->confined ? -EBADF : (int)sys2(memfd_create, "hook", MEMORY_CLOEXEC);
}

int child_do_hooks(struct child *child, const struct op *op)
{
        for (uint32_t i = 0; i < op->hooks.count; i++) {
                const struct op_hook *hook = &op->hooks.hooks[i];
                int pidfd = -EBADF, output, status;
                long pid;

                child->value = i;
                child->step = STEP_HOOK_RUN;
                output = output_file(&op->hooks);
                if (output < 0 && !op->hooks.confined)
                        return output;
                pid = child_make_process(0, SIGCHLD, &pidfd);
                if (pid < 0)
                        return (int)pid;
                if (pid == 0)
                        become_hook(child, &op->hooks, hook, output);
                status = reap(pid, pidfd, hook->timeout_sec);
                (void)sys1(close, pidfd);
                if (status < 0 && status != -ETIMEDOUT)
                        return status;
                child->step = status == -ETIMEDOUT ? STEP_HOOK_TIMEOUT : STEP_HOOK_STATUS;
                if (status != 0) {
                        if (output >= 0)
                                send_failed_hook(child, status < 0 ? -status : status, output);
                        return status < 0 ? status : -status;
                }
                if (output >= 0)
                        (void)sys1(close, output);
        }
        return 0;
}
