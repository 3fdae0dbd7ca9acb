/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces, what belongs to each of them, and the cgroups. */
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/if.h>
#include <linux/keyctl.h>
#include <linux/openat2.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/socket.h>
#include <linux/sockios.h>

#include "launch/child/child.h"
#include "launch/child/sys.h"

#define FLAG_CLOEXEC 02000000

int child_do_setns(struct child *child, const struct op *op)
{
        return (int)sys2(setns, child->slots[op->ns.slot], op->ns.type);
}

int child_do_unshare(struct child *child, const struct op *op)
{
        return (int)sys1(unshare, op->number);
}

int child_do_become_root(struct child *child, const struct op *op)
{
        int r;

        /* Groups first: setgroups(2) needs CAP_SETGID, which this process still has in its new user namespace. The groups of the
         * caller must not come along (V11); they are dropped again, and checked, before the program starts. */
        child->step = STEP_SETGID;
        r = (int)sys3(setresgid, 0, 0, 0);
        if (r < 0)
                return r;
        child->step = STEP_SETUID;
        r = (int)sys3(setresuid, 0, 0, 0);
        /* prctl(2): the death signal is cleared when credentials change. */
        return r < 0 ? r : (int)sys2(prctl, PR_SET_PDEATHSIG, 9);
}

int child_proc_slot(const struct plan *plan)
{
        for (uint32_t i = 0; i < plan->slot_count; i++)
                if (plan->slots[i].kind == SLOT_PROC)
                        return (int)i;
        return SLOT_NONE;
}

/* procfs is proved by the parent; below it no mount and no link but the kernel's own "self" is crossed, so that nobody can
 * have put another file where the attribute was (V6). */
int child_proc_open(struct child *child, const char *path, uint64_t flags)
{
        struct open_how how = {
                .flags = flags | FLAG_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS,
        };
        int slot = child_proc_slot(child->plan);

        child->step = STEP_PROC_OPEN;
        if (slot == SLOT_NONE)
                return -EBADF;
        return (int)sys4(openat2, child->slots[slot], path, &how, sizeof(how));
}

int child_proc_write(struct child *child, const char *path, const char *data, uint32_t len)
{
        int fd = child_proc_open(child, path, O_WRONLY);
        long n;

        if (fd < 0)
                return fd;
        child->step = STEP_PROC_WRITE;
        n = sys3(write, fd, data, len);
        (void)sys1(close, fd);
        if (n < 0)
                return (int)n;
        return (uint64_t)n == len ? 0 : -EIO;
}

int child_do_time_offsets(struct child *child, const struct op *op)
{
        int r, fd;

        r = (int)sys1(unshare, CLONE_NEWTIME);
        if (r < 0)
                return r;
        /* Without an offset there is nothing to write, which the kernel would take for a mistake. */
        if (op->text.len > 0)
                r = child_proc_write(child, "self/timens_offsets", op->text.string, op->text.len);
        if (r < 0)
                return r;
        /* time_namespaces(7): unshare(2) moves only children; this process enters by setns(2). The file is a magic link, so it
         * is opened without the rule against them, from procfs that was proved. */
        child->step = STEP_PROC_OPEN;
        fd = (int)sys4(openat, child->slots[child_proc_slot(child->plan)], "self/ns/time_for_children",
                       O_RDONLY | FLAG_CLOEXEC, 0);
        if (fd < 0)
                return fd;
        child->step = STEP_ITSELF;
        r = (int)sys2(setns, fd, CLONE_NEWTIME);
        (void)sys1(close, fd);
        return r;
}

int child_do_loopback_up(struct child *child, const struct op *op)
{
        struct ifreq request = {.ifr_name = "lo"};
        int fd, r;

        fd = (int)sys3(socket, 2 /* AF_INET */, 2 /* SOCK_DGRAM */ | FLAG_CLOEXEC, 0);
        if (fd < 0)
                return fd;
        request.ifr_flags = IFF_UP;
        r = (int)sys3(ioctl, fd, SIOCSIFFLAGS, &request);
        (void)sys1(close, fd);
        return r;
}

int child_do_hostname(struct child *child, const struct op *op)
{
        return (int)sys2(sethostname, op->text.string, op->text.len);
}

int child_do_domainname(struct child *child, const struct op *op)
{
        return (int)sys2(setdomainname, op->text.string, op->text.len);
}

int child_do_sysctl(struct child *child, const struct op *op)
{
        char path[256] = "sys/";
        uint32_t at = 4;

        for (const char *c = op->sysctl.path; *c != '\0'; c++) {
                if (at == sizeof(path) - 1)
                        return -ENAMETOOLONG;
                path[at++] = *c;
        }
        path[at] = '\0';
        return child_proc_write(child, path, op->sysctl.value, op->sysctl.len);
}

int child_do_keyring(struct child *child, const struct op *op)
{
        /* keyctl(2): without a name the new keyring is anonymous; a name would join one of that name that somebody prepared. */
        int r = (int)sys2(keyctl, KEYCTL_JOIN_SESSION_KEYRING, 0);

        /* A kernel without keys has no keyring to leak: then no call of the family is there. */
        if (r == -ENOSYS && sys3(keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0) == -ENOSYS)
                return 0;
        return r;
}

int child_do_join_cgroups(struct child *child, const struct op *op)
{
        for (uint32_t i = 0; i < op->cgroups.count; i++) {
                int fd = child->slots[op->cgroups.slots[i]], r;

                child->step = STEP_GROUP;
                child->value = i;
                /* "0" is the writer: the one form that takes no RCU grace period on v1 (kern/cgroup.h). The file was opened by the
                 * parent: the right to write it is the opener's, and this process may be root of a user namespace only. */
                r = (int)sys3(write, fd, "0", 1);
                (void)sys1(close, fd);
                if (r != 1)
                        return r < 0 ? r : -EIO;
        }
        return 0;
}
