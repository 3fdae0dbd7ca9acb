/* SPDX-License-Identifier: Apache-2.0 */
/* Probes of network devices and filters, in a network namespace of their own, with which all goes that they make; see probe.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/probe.h"

/* Messages that are sent together. */
struct batch {
        char data[512] __attribute__((aligned(4)));
        size_t len;
        struct nlmsghdr *last;
};

static int in_own_net(void)
{
        int r = probe_take_rights();

        if (r < 0)
                return r;
        return unshare(CLONE_NEWNET) < 0 ? -errno : 0;
}

static void begin(struct batch *batch, uint16_t type, uint16_t flags, const void *body, size_t len)
{
        batch->last = (struct nlmsghdr *)(void *)(batch->data + batch->len);
        *batch->last = (struct nlmsghdr){.nlmsg_len = (uint32_t)NLMSG_LENGTH(len),
                                         .nlmsg_type = type,
                                         .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags)};
        memcpy(NLMSG_DATA(batch->last), body, len);
        batch->len += NLMSG_SPACE(len);
}

static void add(struct batch *batch, uint16_t type, const void *data, size_t len)
{
        const struct rtattr attribute = {.rta_len = (uint16_t)RTA_LENGTH(len), .rta_type = type};

        memcpy(batch->data + batch->len, &attribute, sizeof(attribute));
        if (len > 0)
                memcpy(batch->data + batch->len + RTA_LENGTH(0), data, len);
        batch->len += RTA_SPACE(len);
        batch->last->nlmsg_len = (uint32_t)(batch->len - (size_t)((char *)batch->last - batch->data));
}

/* Sends it, and reads the one acknowledgement that was asked for. */
static int ask(int family, const struct batch *batch)
{
        char reply[1024] __attribute__((aligned(4)));
        const struct nlmsghdr *header = (const struct nlmsghdr *)(const void *)reply;
        _cleanup_close_
        int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family);
        ssize_t n;

        if (fd < 0 || send(fd, batch->data, batch->len, 0) < 0)
                return -errno;
        n = recv(fd, reply, sizeof(reply), 0);
        if (n < 0)
                return -errno;
        if (!NLMSG_OK(header, (size_t)n) || header->nlmsg_type != NLMSG_ERROR)
                return -EPROTO;
        return ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
}

int probe_loopback(void)
{
        struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
        int r = in_own_net(), fd;

        if (r < 0)
                return r;
        fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        return fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
}

static int make_link(const char *kind)
{
        const struct ifinfomsg link = {.ifi_family = AF_UNSPEC};
        struct batch batch = {0};
        size_t at;
        int r = in_own_net();

        if (r < 0)
                return r;
        begin(&batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &link, sizeof(link));
        at = batch.len;
        /* The attribute that holds the kind is as long as what it holds. */
        add(&batch, IFLA_LINKINFO, NULL, 0);
        add(&batch, IFLA_INFO_KIND, kind, strlen(kind) + 1);
        ((struct rtattr *)(void *)(batch.data + at))->rta_len = (uint16_t)(batch.len - at);
        return ask(NETLINK_ROUTE, &batch);
}

int probe_veth(void)
{
        return make_link("veth");
}

int probe_bridge(void)
{
        return make_link("bridge");
}

int probe_nftables(void)
{
        const struct nfgenmsg control = {.nfgen_family = AF_UNSPEC,
                                         .res_id = 0x0a00 /* NFNL_SUBSYS_NFTABLES, big endian */},
                              table = {.nfgen_family = AF_INET};
        struct batch batch = {0};
        int r = in_own_net();

        if (r < 0)
                return r;
        begin(&batch, NFNL_MSG_BATCH_BEGIN, 0, &control, sizeof(control));
        begin(&batch, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_ACK, &table, sizeof(table));
        add(&batch, NFTA_TABLE_NAME, "probe", sizeof("probe"));
        begin(&batch, NFNL_MSG_BATCH_END, 0, &control, sizeof(control));
        return ask(NETLINK_NETFILTER, &batch);
}

int probe_tun(void)
{
        struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
        int r = in_own_net(), fd;

        if (r < 0)
                return r;
        fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC); /* host path: the device */
        return fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0 ? -errno : 0;
}
