/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network devices, moved from one network namespace to another; see netdev.h.
 *
 * A socket belongs to the namespace that it was made in, so that one process with two sockets speaks to both. It is a child made for that, which
 * calls nothing that takes a lock of the library: the caller may have threads, and none of them changes its namespace.
 */
#include "kern/netdev.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/clone.h"

#define REPLY_SIZE 32768     /* what the kernel sends of a dump at once, at most */
#define ADDRESSES_SIZE 32768 /* some 400 addresses */
#define NAMES_MAX 10000      /* numbers that are tried for "%d" */

enum move_step {
        MOVE_ENTER,
        MOVE_FIND,
        MOVE_NAME,
        MOVE_READ,
        MOVE_TRANSFER,
        MOVE_ADDRESS,
        MOVE_UP,
};

static const char *const step_words[] = {
        [MOVE_ENTER] = "enter its namespace",
        [MOVE_FIND] = "find it",
        [MOVE_NAME] = "give it the name",
        [MOVE_READ] = "read its addresses",
        [MOVE_TRANSFER] = "move it",
        [MOVE_ADDRESS] = "give it an address that it had",
        [MOVE_UP] = "bring it up",
};

/* What the child says at its end. */
struct result {
        int step, errnum;
        struct netdev_move move;
};

/* A message that is being written. */
struct request {
        struct nlmsghdr header;
        char body[1024];
};

struct worker {
        int sockets[2]; /* in the namespace that it is in, and in the other one */
        int namespaces[2];
        char name[NETDEV_NAME_SIZE], new_name[NETDEV_NAME_SIZE];
        unsigned index, flags;
        uint32_t sequence;
        enum move_step step;
        char addresses[ADDRESSES_SIZE]; /* RTM_NEWADDR messages as the kernel wrote them */
        size_t used;
        char reply[REPLY_SIZE];
};

static void begin(struct worker *w, struct request *request, uint16_t type, uint16_t flags, const void *body,
                  size_t len)
{
        memset(request, 0, sizeof(*request));
        request->header = (struct nlmsghdr){
                .nlmsg_len = (uint32_t)NLMSG_LENGTH(len),
                .nlmsg_type = type,
                .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
                .nlmsg_seq = ++w->sequence,
        };
        memcpy(NLMSG_DATA(&request->header), body, len);
}

/* Appends an attribute. false: there is no room. */
static bool add(struct request *request, uint16_t type, const void *data, size_t len)
{
        size_t at = NLMSG_ALIGN(request->header.nlmsg_len);
        struct rtattr attribute = {.rta_len = (uint16_t)RTA_LENGTH(len), .rta_type = type};

        if (at + RTA_SPACE(len) > sizeof(*request))
                return false;
        memcpy((char *)request + at, &attribute, sizeof(attribute));
        memcpy((char *)request + at + RTA_LENGTH(0), data, len);
        request->header.nlmsg_len = (uint32_t)(at + RTA_LENGTH(len));
        return true;
}

/* Handles one message of an answer: 1 when it was the last one, 0, or -errno. */
typedef int (*handler)(struct worker *w, const struct nlmsghdr *message);

/* Sends, and hands each message of the answer to @handle until it is over. */
static int ask(struct worker *w, int socket, const struct request *request, handler handle)
{
        ssize_t n;
        int r = 0;

        do
                n = send(socket, request, request->header.nlmsg_len, 0);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return -errno;
        while (r == 0) {
                const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)w->reply;
                struct sockaddr_nl from = {0};
                socklen_t from_len = sizeof(from);
                unsigned left;

                do
                        n = recvfrom(socket, w->reply, sizeof(w->reply), MSG_TRUNC, (struct sockaddr *)&from,
                                     &from_len);
                while (n < 0 && errno == EINTR);
                if (n < 0)
                        return -errno;
                /* Who has rights over a namespace that is joined can write to this socket, too (netlink(7)): 0 is the kernel. */
                if (from.nl_pid != 0)
                        continue;
                if ((size_t)n > sizeof(w->reply))
                        return -EMSGSIZE;
                for (left = (unsigned)n; r == 0 && NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
                        if (message->nlmsg_seq != request->header.nlmsg_seq)
                                continue;
                        if ((message->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
                                return -EAGAIN;
                        if (message->nlmsg_type == NLMSG_DONE)
                                return 0;
                        if (message->nlmsg_type == NLMSG_ERROR) {
                                const struct nlmsgerr *error = NLMSG_DATA(message);

                                return error->error;
                        }
                        if (handle != NULL)
                                r = handle(w, message);
                }
        }
        return r < 0 ? r : 0;
}

static int take_link(struct worker *w, const struct nlmsghdr *message)
{
        const struct ifinfomsg *link = NLMSG_DATA(message);

        if (message->nlmsg_type != RTM_NEWLINK || message->nlmsg_len < NLMSG_LENGTH(sizeof(*link)))
                return -EPROTO;
        w->index = (unsigned)link->ifi_index;
        w->flags = link->ifi_flags;
        return 1;
}

static int find_link(struct worker *w, int socket, const char *name)
{
        const struct ifinfomsg any = {.ifi_family = AF_UNSPEC};
        struct request request;

        begin(w, &request, RTM_GETLINK, 0, &any, sizeof(any));
        if (!add(&request, IFLA_IFNAME, name, strlen(name) + 1))
                return -EMSGSIZE;
        return ask(w, socket, &request, take_link);
}

/* rtnetlink(7): permanent addresses of global scope; the others are the kernel's own or have a lease that somebody else renews. */
static int keep_address(struct worker *w, const struct nlmsghdr *message)
{
        const struct ifaddrmsg *address = NLMSG_DATA(message);
        const struct rtattr *attribute = IFA_RTA(address);
        unsigned left = (unsigned)IFA_PAYLOAD(message);
        uint32_t flags;

        if (message->nlmsg_type != RTM_NEWADDR || message->nlmsg_len < NLMSG_LENGTH(sizeof(*address)))
                return -EPROTO;
        flags = address->ifa_flags;
        for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
                if (attribute->rta_type == IFA_FLAGS)
                        memcpy(&flags, RTA_DATA(attribute), sizeof(flags));
        if (address->ifa_index != w->index || address->ifa_scope != RT_SCOPE_UNIVERSE || (flags & IFA_F_PERMANENT) == 0)
                return 0;
        if (w->used + NLMSG_ALIGN(message->nlmsg_len) > sizeof(w->addresses))
                return -E2BIG;
        memcpy(w->addresses + w->used, message, message->nlmsg_len);
        w->used += NLMSG_ALIGN(message->nlmsg_len);
        return 0;
}

static int read_addresses(struct worker *w)
{
        const struct ifaddrmsg all = {.ifa_family = AF_UNSPEC};
        struct request request;
        int r;

        /* A dump during which something changed is made anew (rtnetlink(7), NLM_F_DUMP_INTR). */
        do {
                w->used = 0;
                begin(w, &request, RTM_GETADDR, NLM_F_DUMP, &all, sizeof(all));
                r = ask(w, w->sockets[0], &request, keep_address);
        } while (r == -EAGAIN);
        return r;
}

/* The attributes of an address that are its own. A label begins with the device's name: the kernel makes it anew where it is nothing else. */
static bool copy_attribute(const struct worker *w, struct request *request, const struct rtattr *attribute)
{
        const void *data = RTA_DATA(attribute);
        size_t len = RTA_PAYLOAD(attribute);
        uint32_t flags;

        switch (attribute->rta_type) {
        case IFA_LABEL:
                return strncmp(data, w->name, len) == 0 || add(request, IFA_LABEL, data, len);
        case IFA_FLAGS:
                memcpy(&flags, data, sizeof(flags));
                flags &= ~(uint32_t)(IFA_F_PERMANENT | IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED |
                                     IFA_F_SECONDARY);
                return add(request, IFA_FLAGS, &flags, sizeof(flags));
        case IFA_ADDRESS:
        case IFA_LOCAL:
        case IFA_BROADCAST:
        case IFA_CACHEINFO:
        case IFA_RT_PRIORITY:
        case IFA_PROTO:
                return add(request, attribute->rta_type, data, len);
        default:
                return true;
        }
}

static int add_addresses(struct worker *w, int socket)
{
        const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)w->addresses;
        unsigned left = (unsigned)w->used;
        int r = 0;

        for (; r >= 0 && NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
                struct ifaddrmsg address = *(const struct ifaddrmsg *)NLMSG_DATA(message);
                const struct rtattr *attribute = IFA_RTA((const struct ifaddrmsg *)NLMSG_DATA(message));
                unsigned rest = (unsigned)IFA_PAYLOAD(message);
                struct request request;

                address.ifa_index = w->index;
                address.ifa_flags = 0; /* IFA_FLAGS has them all */
                begin(w, &request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &address, sizeof(address));
                for (; r >= 0 && RTA_OK(attribute, rest); attribute = RTA_NEXT(attribute, rest))
                        r = copy_attribute(w, &request, attribute) ? 0 : -EMSGSIZE;
                if (r >= 0)
                        r = ask(w, socket, &request, NULL);
        }
        return r;
}

static int set_up(struct worker *w, int socket)
{
        const struct ifinfomsg link = {
                .ifi_family = AF_UNSPEC, .ifi_index = (int)w->index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
        struct request request;
        int r;

        begin(w, &request, RTM_NEWLINK, NLM_F_ACK, &link, sizeof(link));
        r = ask(w, socket, &request, NULL);
        if (r >= 0)
                r = find_link(w, socket, w->new_name);
        return r < 0 ? r : (w->flags & IFF_UP) != 0 ? 0 : -ENETDOWN;
}

/* The device goes from one namespace of the worker to the other, named w->new_name there. *@ret_moved: it is there, whatever failed behind that. */
static int transfer(struct worker *w, int from, bool up, bool *ret_moved)
{
        const struct ifinfomsg link = {.ifi_family = AF_UNSPEC, .ifi_index = (int)w->index};
        const int32_t target = w->namespaces[!from];
        struct request request;
        int r;

        w->step = MOVE_TRANSFER;
        begin(w, &request, RTM_NEWLINK, NLM_F_ACK, &link, sizeof(link));
        if (!add(&request, IFLA_NET_NS_FD, &target, sizeof(target)) ||
            !add(&request, IFLA_IFNAME, w->new_name, strlen(w->new_name) + 1))
                return -EMSGSIZE;
        r = ask(w, w->sockets[from], &request, NULL);
        if (r < 0)
                return r;
        *ret_moved = true;
        /* It may have another index there. */
        w->step = MOVE_FIND;
        r = find_link(w, w->sockets[!from], w->new_name);
        if (r >= 0) {
                w->step = MOVE_ADDRESS;
                r = add_addresses(w, w->sockets[!from]);
        }
        if (r >= 0 && up) {
                w->step = MOVE_UP;
                r = set_up(w, w->sockets[!from]);
        }
        return r;
}

/* The name in the other namespace is free, or is made so by a number for "%d". */
static int choose_name(struct worker *w, const char *pattern)
{
        const char *percent = strchr(pattern, '%');
        int r = 0;

        for (unsigned n = 0; n < (percent != NULL ? NAMES_MAX : 1); n++) {
                if (percent == NULL)
                        (void)snprintf(w->new_name, sizeof(w->new_name), "%s", pattern);
                else if (snprintf(w->new_name, sizeof(w->new_name), "%.*s%u", (int)(percent - pattern), pattern, n) >=
                         (int)sizeof(w->new_name))
                        return -ENAMETOOLONG;
                r = find_link(w, w->sockets[1], w->new_name);
                if (r < 0)
                        break;
        }
        return r == -ENODEV ? 0 : r < 0 ? r : -EEXIST;
}

static int enter(struct worker *w)
{
        for (int i = 0; i < 2; i++) {
                if (setns(w->namespaces[i], CLONE_NEWNET) < 0)
                        return -errno;
                w->sockets[i] = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
                if (w->sockets[i] < 0)
                        return -errno;
        }
        return 0;
}

static int work(struct worker *w, const char *pattern, bool up, struct netdev_move *move)
{
        bool moved = false;
        unsigned index;
        int r;

        w->step = MOVE_ENTER;
        r = enter(w);
        if (r >= 0) {
                w->step = MOVE_NAME;
                r = choose_name(w, pattern);
        }
        if (r >= 0) {
                w->step = MOVE_FIND;
                r = find_link(w, w->sockets[0], w->name);
        }
        if (r < 0)
                return r;
        index = w->index;
        move->was_up = (w->flags & IFF_UP) != 0;
        w->step = MOVE_READ;
        r = read_addresses(w);
        if (r < 0)
                return r;
        w->index = index;
        memcpy(move->name, w->new_name, sizeof(move->name));
        r = transfer(w, 0, up, &moved);
        if (r < 0 && moved) {
                enum move_step step = w->step;

                if (find_link(w, w->sockets[1], w->new_name) >= 0) {
                        memcpy(w->new_name, w->name, sizeof(w->new_name));
                        (void)transfer(w, 1, move->was_up, &moved);
                }
                w->step = step;
        }
        return r;
}

static _Noreturn void run_worker(int channel, int from, int to, const char *name, const char *pattern, bool up)
{
        struct worker w = {.sockets = {-EBADF, -EBADF}, .namespaces = {from, to}};
        struct result result = {0};

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)snprintf(w.name, sizeof(w.name), "%s", name);
        result.errnum = -work(&w, pattern, up, &result.move);
        result.step = w.step;
        _exit(write(channel, &result, sizeof(result)) == sizeof(result) ? 0 : 1);
}

static int explain(const struct result *result, const char *name, const char *pattern, struct ward_err *err)
{
        enum move_step step = (enum move_step)result->step;

        (void)err_code(err, -result->errnum, "move the network device '%s' to another namespace: %s%s%s", name,
                       step_words[step], step == MOVE_NAME ? " " : "", step == MOVE_NAME ? pattern : "");
        if (result->errnum == EPERM || result->errnum == EACCES) {
                (void)err_mistake(err, MISTAKE_RIGHTS);
                return err_hint(err,
                                "it takes CAP_NET_ADMIN over both network namespaces: only root of the machine has it");
        }
        if (step == MOVE_FIND && result->errnum == ENODEV)
                return err_hint(err, "'ip link' lists the devices that there are");
        if (step == MOVE_NAME && result->errnum == EEXIST)
                return err_hint(err, "there is a device of that name: choose another, or one with \"%%d\" at its end, "
                                     "for which a free number is taken");
        if (step == MOVE_TRANSFER && result->errnum == EINVAL)
                return err_hint(err, "a device of this kind, as the loopback, stays where it was made");
        return -result->errnum;
}

int netdev_move(int from, int to, const char *name, const char *new_name, bool up, struct netdev_move *ret_move,
                struct ward_err *err)
{
        struct result result = {0};
        _cleanup_close_
        int pidfd = -EBADF, read_end = -EBADF;
        siginfo_t info;
        int ends[2];
        ssize_t n;
        pid_t pid;

        if (pipe2(ends, O_CLOEXEC) < 0)
                return err_errno(err, "make a channel to the process that moves '%s'", name);
        read_end = ends[0];
        pid = clone_child(0, -EBADF, &pidfd);
        if (pid == 0)
                run_worker(ends[1], from, to, name, new_name, up);
        (void)close(ends[1]);
        if (pid < 0)
                return err_code(err, pid, "make a process that moves '%s'", name);
        do
                n = read(read_end, &result, sizeof(result));
        while (n < 0 && errno == EINTR);
        (void)pidfd_wait(pidfd, false, false, &info);
        if (n != sizeof(result) || result.step < 0 || result.step > MOVE_UP)
                return err_set(err, -EPROTO, "move the network device '%s': the process that does it has ended", name);
        if (result.errnum != 0)
                return explain(&result, name, new_name, err);
        *ret_move = result.move;
        return 0;
}
