/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OP_VERIFY: what is forbidden is tried, by the process that is about to become the program, with nothing but the program's rights, behind its filter.
 *
 * A trial that is refused proves what it says whatever refuses it. One that is let through ends the start.
 */
#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/in.h>
#include <linux/socket.h>

#include "launch/child/child.h"
#include "launch/child/sys.h"

#define FLAG_CLOEXEC 02000000
#define INTERNET 2 /* AF_INET */
#define DATAGRAM 2 /* SOCK_DGRAM */
#define TRIED_FDS 256

/* For reading: Landlock refuses nobody a descriptor that is only a path. */
static bool is_hidden(const struct spec_verify *what)
{
        int fd = -ENOENT;

        for (uint32_t i = 0; fd < 0 && i < sizeof(what->hidden) / sizeof(*what->hidden); i++)
                if (what->hidden[i] != NULL)
                        fd = (int)sys4(openat, AT_FDCWD, what->hidden[i],
                                       O_RDONLY | O_NONBLOCK | O_NOCTTY | FLAG_CLOEXEC, 0);
        if (fd >= 0)
                (void)sys1(close, fd);
        return fd < 0;
}

/* A file without a name, so that nothing is left where it can be made. */
static bool is_read_only(const struct spec_verify *what)
{
        int fd = what->read_only == NULL
                         ? -EROFS
                         : (int)sys4(openat, AT_FDCWD, what->read_only,
                                     O_WRONLY | 020000000 /* O_TMPFILE */ | O_DIRECTORY | FLAG_CLOEXEC, 0600);

        if (fd >= 0)
                (void)sys1(close, fd);
        return fd < 0;
}

static bool has_caps(uint64_t caps)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct seen[2] = {{~0U, ~0U, ~0U}, {~0U, ~0U, ~0U}};

        /* A filter that refuses the question leaves it unanswered: that is no proof. */
        return sys2(capget, &header, seen) >= 0 && seen[0].permitted == (uint32_t)caps &&
               seen[1].permitted == (uint32_t)(caps >> 32) && (seen[0].effective & ~seen[0].permitted) == 0;
}

/* Connecting a datagram socket looks for a way, and sends nothing (udp(7)). The address is one for documentation (RFC 5737): a way to it is one to the
 * world. */
static bool is_cut_off(void)
{
        const struct sockaddr_in far = {.sin_family = INTERNET, .sin_port = 0x0900, .sin_addr = {.s_addr = 0x010200c0}};
        int fd = (int)sys3(socket, INTERNET, DATAGRAM | FLAG_CLOEXEC, 0), r;

        if (fd < 0)
                return true;
        r = (int)sys3(connect, fd, &far, sizeof(far));
        (void)sys1(close, fd);
        return r < 0;
}

/* In a pid namespace of its own the caller's number may be this process's own, which the caller's would be nowhere else. */
static bool is_alone(const struct spec_verify *what)
{
        return sys0(getpid) == (long)what->caller || sys2(kill, what->caller, 0) < 0;
}

static bool holds_nothing(const struct child *child)
{
        for (int fd = 3; fd < TRIED_FDS; fd++)
                if (fd != child->channel && sys3(fcntl, fd, F_GETFD, 0) >= 0)
                        return false;
        return true;
}

/* Taking the label that everything has by default. Where the file can't be opened there is no way to it. */
static bool keeps_label(void)
{
        int fd = (int)sys4(openat, AT_FDCWD, "/proc/self/attr/smack/current", O_WRONLY | O_NOCTTY | FLAG_CLOEXEC, 0);
        long n;

        if (fd < 0)
                return true;
        n = sys3(write, fd, "_", 1);
        (void)sys1(close, fd);
        return n < 0;
}

int child_do_verify(struct child *child, const struct op *op)
{
        const struct spec_verify *what = op->verify.what;
        const bool refused[VERIFY_COUNT] = {
                [VERIFY_HIDDEN] = is_hidden(what),
                [VERIFY_READ_ONLY] = is_read_only(what),
                [VERIFY_CAPS] = has_caps(op->verify.caps),
                [VERIFY_NETWORK] = !what->network || is_cut_off(),
                /* The kernel itself looks at the arguments first, and finds no memory there. */
                [VERIFY_CALL] = !what->call || sys5(add_key, 0, 0, 0, 0, 0) != -EFAULT,
                [VERIFY_PROCESSES] = !what->processes || is_alone(what),
                [VERIFY_DESCRIPTORS] = holds_nothing(child),
                [VERIFY_LABEL] = !what->label || keeps_label(),
        };

        child->step = STEP_PROVE;
        for (uint32_t i = 0; i < VERIFY_COUNT; i++)
                if (!refused[i]) {
                        child->value = i;
                        return -EPERM;
                }
        return 0;
}
