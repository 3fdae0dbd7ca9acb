/* SPDX-License-Identifier: Apache-2.0 */
/* What bubblewrap's sandboxes have beside their file system: a user namespace in the first one, a first process that stays, and waiting. */
#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/time_types.h>
#include <linux/wait.h>

#include <asm/signal.h>

#include "launch/child/child.h"
#include "launch/child/sys.h"

#define FLAG_CLOEXEC 02000000
#define LOCKS_MAX 64
#define YIELDS 200 /* before it sleeps between two looks */
#define LOOK_NSEC 20000

void child_number(uint64_t number, char text[static CHILD_NUMBER_MAX])
{
        char digits[CHILD_NUMBER_MAX];
        uint32_t count = 0, at = 0;

        do {
                digits[count++] = (char)('0' + number % 10);
                number /= 10;
        } while (number > 0);
        while (count > 0)
                text[at++] = digits[--count];
        text[at] = '\0';
}

/* "INSIDE OUTSIDE 1": a single id, which a process may map for itself when it is its own (user_namespaces(7)). */
static int map(struct child *child, const char *path, uint32_t inside, uint32_t outside)
{
        char line[2 * CHILD_NUMBER_MAX + 4];
        uint32_t at;

        child_number(inside, line);
        at = child_length(line);
        line[at++] = ' ';
        child_number(outside, line + at);
        at += child_length(line + at);
        line[at++] = ' ';
        line[at++] = '1';
        return child_proc_write(child, path, line, at);
}

int child_do_nest(struct child *child, const struct op *op)
{
        const struct op_nest *nest = &op->nest;
        int r = 0;

        /* The setting is the outer namespace's, and counts the one that is made now: whoever is in that can't raise it. */
        if (nest->last)
                r = child_proc_write(child, "sys/user/max_user_namespaces", "1", 1);
        if (r < 0)
                return r;
        child->step = STEP_ITSELF;
        r = (int)sys1(unshare, CLONE_NEWUSER);
        /* Who maps his own group by himself may not drop groups that deny him something (user_namespaces(7)). */
        if (r >= 0)
                r = child_proc_write(child, "self/setgroups", "deny", 4);
        if (r >= 0)
                r = map(child, "self/uid_map", nest->uid, nest->outer_uid);
        if (r >= 0)
                r = map(child, "self/gid_map", nest->gid, nest->outer_gid);
        return r;
}

int child_do_no_users(struct child *child, const struct op *op)
{
        (void)op;
        child->step = STEP_PROVE;
        return sys1(unshare, CLONE_NEWUSER) < 0 ? 0 : -EPERM;
}

int child_do_block(struct child *child, const struct op *op)
{
        char byte;
        long n;

        (void)child;
        do
                n = sys3(read, op->number, &byte, 1);
        while (n == -EINTR);
        (void)sys1(close, op->number);
        return n < 0 ? (int)n : 0;
}

int child_do_first_chdir(struct child *child, const struct op *op)
{
        int r = -ENOENT;

        for (uint32_t i = 0; r < 0 && op->paths[i] != NULL; i++) {
                child->directory = i;
                r = child_chdir(child, op->paths[i]);
        }
        return r;
}

int child_do_parent_death(struct child *child, const struct op *op)
{
        (void)child;
        return (int)sys2(prctl, PR_SET_PDEATHSIG, op->number);
}

/* A lock of fcntl(2) belongs to the process that has taken it, and no process that it makes. */
static int take_locks(struct child *child, const char *const *locks, int fds[static LOCKS_MAX])
{
        uint32_t count = 0;

        for (; locks != NULL && locks[count] != NULL; count++) {
                struct flock lock = {.l_type = F_RDLCK};
                int fd, r;

                child->step = STEP_LOCK;
                child->value = count;
                fd = count == LOCKS_MAX
                             ? -EMFILE
                             : (int)sys4(openat, AT_FDCWD, locks[count], O_RDONLY | O_NOCTTY | FLAG_CLOEXEC, 0);
                if (fd < 0)
                        return fd;
                fds[count] = fd;
                r = (int)sys3(fcntl, fd, F_SETLK, &lock);
                if (r < 0)
                        return r;
        }
        return (int)count;
}

/* Closes what is neither standard input, output and error nor among @kept. */
static void keep_only(const int *kept, uint32_t count)
{
        uint32_t at = 3;

        for (;;) {
                uint32_t next = UINT32_MAX;

                for (uint32_t i = 0; i < count; i++)
                        if (kept[i] >= 0 && (uint32_t)kept[i] >= at && (uint32_t)kept[i] < next)
                                next = (uint32_t)kept[i];
                if (next > at)
                        (void)sys3(close_range, at, next - 1, 0);
                if (next == UINT32_MAX)
                        return;
                at = next + 1;
        }
}

/* A process of the sandbox with the same ids may look into the first one, and make it do things: it has no capability, the program's filter, and
 * nothing of the environment that its caller has not given to the program. Whoever enters the sandbox opens its namespaces by this process, which
 * its owner may do as long as it is dumpable (prctl(2)). */
static int confine_first(struct child *child, const struct op_stay *how)
{
        volatile char *environment = how->environment;
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct none[2] = {{0}, {0}};
        int r = (int)sys2(capset, &header, none);

        if (r >= 0)
                r = (int)sys5(prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
        for (uint64_t i = 0; i < how->environment_len; i++)
                environment[i] = '\0';
        for (uint32_t i = child->op + 1; r >= 0 && i < child->plan->op_count; i++)
                if (child->plan->ops[i].type == OP_SECCOMP)
                        r = child_do_seccomp(child, &child->plan->ops[i]);
        return r;
}

/* Reaps, says how the program ended, and ends when no process is left that it would have to wait for; or says why it can't wait (-errno): a filter may
 * answer wait4(2) with anything. */
static _Noreturn void stay(int ended, long program)
{
        int status = 0, own = -ECHILD;
        long pid;

        while ((pid = sys4(wait4, -1, &status, 0, 0)) > 0 || pid == -EINTR)
                if (pid == program) {
                        own = (status & 0x7f) == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f); /* wait(2) */
                        (void)sys3(write, ended, &own, sizeof(own));
                        (void)sys1(close, ended);
                }
        if (own >= 0)
                sys_leave(own);
        own = pid < 0 ? (int)pid : -EIO;
        (void)sys3(write, ended, &own, sizeof(own));
        sys_leave(1);
}

/* Until the first process is confined, which it says in memory: behind the filter no call of its can be counted on. */
static int wait_confined(const uint32_t *confined, long first)
{
        const struct __kernel_timespec pause = {.tv_nsec = LOOK_NSEC};

        for (uint32_t looks = 0; __atomic_load_n(confined, __ATOMIC_ACQUIRE) == 0; looks++) {
                if (sys0(getppid) != first)
                        return -ESRCH;
                if (looks < YIELDS)
                        (void)sys0(sched_yield);
                else
                        (void)sys2(nanosleep, &pause, 0);
        }
        return 0;
}

int child_do_stay(struct child *child, const struct op *op)
{
        const struct op_stay *how = &op->stay;
        uint32_t *confined;
        int kept[2 + LOCKS_MAX] = {child->slots[how->ended_slot], how->sync_fd}, locks, r;
        long self = sys0(getpid), page, pid;

        locks = take_locks(child, how->locks, kept + 2);
        if (locks < 0)
                return locks;
        r = how->die_with_parent ? 0 : (int)sys2(prctl, PR_SET_PDEATHSIG, 0);
        if (r < 0)
                return r;
        child->step = STEP_ITSELF;
        page = sys6(mmap, 0, sizeof(*confined), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        /* mmap(2): an error is one of the last 4095 addresses. */
        if (page < 0 && page > -4096)
                return (int)page;
        confined = (uint32_t *)page;
        pid = child_make_process(0, SIGCHLD, 0);
        if (pid < 0)
                return (int)pid;
        if (pid > 0) {
                keep_only(kept, 2 + (uint32_t)locks);
                if (confine_first(child, how) < 0)
                        sys_leave(1);
                __atomic_store_n(confined, 1, __ATOMIC_RELEASE);
                stay(kept[0], pid);
        }
        /* The first one holds it alone; what else it keeps is close-on-exec. */
        if (how->sync_fd >= 0)
                (void)sys1(close, how->sync_fd);
        r = (int)sys2(prctl, PR_SET_PDEATHSIG, SIGKILL);
        return r < 0 ? r : wait_confined(confined, self);
}
