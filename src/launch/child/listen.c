/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A filter that leaves calls to an agent: its listener goes over the agent's socket, with the container process state, before anything else.
 *
 * Behind the filter any call may be refused, or wait for an agent that has no listener yet. So another thread, which the filter does not
 * bind (it is loaded without SECCOMP_FILTER_FLAG_TSYNC), sends it: the table of descriptors is the same one. This thread makes no call
 * meanwhile, it looks at memory. That no side waits for one that is gone holds here, too: a signal ends both or none. What fails, the sender
 * says, and ends the process, whatever the filter says to that.
 */
#include <linux/errno.h>
#include <linux/ioctl.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/time_types.h>
#include <linux/types.h>
#include <linux/uio.h>

#include "launch/child/child.h"
#include "launch/child/sys.h"

#define MESSAGE_NOSIGNAL 0x4000
#define SOCKET_LEVEL 1 /* SOL_SOCKET */
#define RIGHTS 1       /* SCM_RIGHTS */
#define SEEK_TO_END 2
#define STACK_BYTES 8192
#define LOOK_NSEC 20000               /* between two looks for the listener */
#define NOT_YET (-0x7fffffff)         /* no errno */
#define LOOKS_MAX (UINT64_C(1) << 33) /* longer than the sender may take */
#define EXIT_FAILED 125

struct sender {
        struct child *child;
        int socket, state;
        const char *text; /* the container process state, mapped */
        uint64_t len;
        int listener; /* written by the other thread: NOT_YET, or what seccomp(2) answered */
        int alive;    /* the kernel writes 0 when the sender makes no use of its stack any more (set_tid_address(2)) */
};

/* struct cmsghdr of sendmsg(2) on 64-bit kernels, with one descriptor. */
struct right {
        uint64_t len;
        int level, type;
        int fd, padding;
};

static _Noreturn void give_up(const struct sender *sender, enum step step, long error)
{
        (void)child_send(sender->child, RECORD_FAILED, step, (int)-error, 0);
        sys_leave(EXIT_FAILED);
}

/* The descriptor goes with the first byte. A socket takes as much as fits, and SO_SNDTIMEO ends the wait for more room. */
static void send_all(const struct sender *sender)
{
        struct right right = {.len = 16 + sizeof(int), .level = SOCKET_LEVEL, .type = RIGHTS, .fd = sender->listener};
        struct iovec data = {.iov_base = (void *)sender->text, .iov_len = sender->len};
        struct child_message message = {.iov = &data, .iov_count = 1, .control = &right, .control_len = sizeof(right)};

        while (data.iov_len > 0) {
                long n = sys3(sendmsg, sender->socket, &message, MESSAGE_NOSIGNAL);

                if (n == -EINTR)
                        continue;
                if (n < 0)
                        give_up(sender, STEP_AGENT_SEND, n);
                data.iov_base = (char *)data.iov_base + n;
                data.iov_len -= (uint64_t)n;
                message.control = 0;
                message.control_len = 0;
        }
}

/* The other thread. */
static void send_listener(void *argument)
{
        struct sender *sender = argument;
        const struct __kernel_timespec pause = {.tv_nsec = LOOK_NSEC};
        const uint64_t nobody = 0;

        while (__atomic_load_n(&sender->listener, __ATOMIC_ACQUIRE) == NOT_YET)
                (void)sys2(nanosleep, &pause, 0);
        if (sender->listener < 0)
                return;
        /* A listener answers that nobody asks by this number; what an outer filter made up in place of one does not. */
        if (sys3(ioctl, sender->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &nobody) != -ENOENT)
                give_up(sender, STEP_PROVE, -EPERM);
        send_all(sender);
        (void)sys1(close, sender->socket);
        (void)sys1(close, sender->state);
        (void)sys1(close, sender->listener);
}

static int map_state(struct sender *sender)
{
        long r = sys3(lseek, sender->state, 0, SEEK_TO_END);

        if (r <= 0)
                return r < 0 ? (int)r : -ENODATA;
        sender->len = (uint64_t)r;
        r = sys6(mmap, 0, sender->len, PROT_READ, MAP_PRIVATE, sender->state, 0);
        /* mmap(2): an error is one of the last 4095 addresses. */
        if (r < 0 && r > -4096)
                return (int)r;
        sender->text = (const char *)r;
        return 0;
}

int child_listen(struct child *child, const struct op *op)
{
        const unsigned long flags =
                CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;
        _Alignas(16) char stack[STACK_BYTES];
        struct sender sender = {
                .child = child,
                .socket = child->slots[op->seccomp.agent_slot],
                .state = child->slots[op->seccomp.state_slot],
                .listener = NOT_YET,
                .alive = 1,
        };
        uint64_t looks = 0;
        long r;

        child->step = STEP_AGENT_STATE;
        r = map_state(&sender);
        if (r < 0)
                return (int)r;
        child->step = STEP_AGENT_THREAD;
        r = sys_thread(flags, stack + sizeof(stack), &sender.alive, send_listener, &sender);
        if (r < 0)
                return (int)r;
        child->step = STEP_ITSELF;
        r = sys3(seccomp, SECCOMP_SET_MODE_FILTER, op->seccomp.flags, op->seccomp.program);
        __atomic_store_n(&sender.listener, (int)r, __ATOMIC_RELEASE);
        while (__atomic_load_n(&sender.alive, __ATOMIC_ACQUIRE) != 0)
                /* Of a real-time policy on one processor, without a call to give way by: the sender never runs. */
                if (looks++ == LOOKS_MAX)
                        sys_leave(EXIT_FAILED);
                else if (r >= 0 && op->seccomp.yields)
                        (void)sys0(sched_yield);
                else
                        sys_pause();
        return r < 0 ? (int)r : 0;
}
