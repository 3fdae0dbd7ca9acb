/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child's interpreter over a kernel that answers what the input says.
 *
 * The first bytes choose the ops of a plan, the others the answers: each call takes one byte, small ones are success, others an
 * errno. What a call would fill in is filled from the input, within what the kernel guarantees of it. Broken when: a program is
 * executed although a call failed without which it must not run, or with nothing said of a failure; more than one failure is said; or the
 * child goes on for ever. The sanitizers see the rest.
 */
#include <asm/statfs.h>
#include <asm/unistd.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/ioctl.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/stat.h>
#include <linux/types.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/wait.h>

#include <asm/siginfo.h>

#include "launch/child/child.h"

#include "fuzz.h"

#define CHILD_MOCK
#include "launch/child/sys.h"

#define CALLS_MAX 2000000
#define OPS_MAX 12
#define SLOTS 8

static struct {
        jmp_buf end;
        const uint8_t *data;
        size_t size;
        unsigned long calls;
        int next_fd;
        unsigned failures; /* records of failure that were sent */
        bool must_not_run; /* a call failed without which no program may run */
        bool sent_to_hook; /* this is the process of a hook by now */
        bool restricted;   /* by Landlock; asked once more, it answers another way */
        bool pivoted;      /* pivot_root(2) was called, and did */
        bool unmounted;    /* fsmount(2) failed: mount(2) has to do it */
        void (*thread)(void *);
        void *argument;
        int *alive;
        long dropping; /* 1 + the capability that was to be dropped last: what is read of it then decides */
} fuzz;

static uint8_t next(void)
{
        if (fuzz.size == 0)
                return 0;
        fuzz.size--;
        return *fuzz.data++;
}

static void fill(void *target, size_t len)
{
        for (size_t i = 0; i < len; i++)
                ((uint8_t *)target)[i] = next();
}

/* 0 for success; the commonest errnos come up often. */
static int chosen_errno(void)
{
        static const int common[] = {ENOENT, EEXIST, EAGAIN, EINTR,   ELOOP,
                                     ENOSYS, EPERM,  EINVAL, ENOTDIR, ECONNABORTED};
        uint8_t byte = next();

        if (byte < 192)
                return 0;
        return byte < 192 + 50 ? common[(byte - 192) % 10] : byte - 192;
}

/* Calls whose failure is the op's failure, whatever the errno. */
static bool is_vital(long number, long a)
{
        switch (number) {
        case __NR_capset:
        case __NR_setresuid:
        case __NR_setresgid:
        case __NR_setgroups:
        case __NR_seccomp:
        case __NR_landlock_create_ruleset:
        case __NR_landlock_restrict_self:
        case __NR_pivot_root:
        case __NR_umount2:
        case __NR_chroot:
        case __NR_mount_setattr:
        case __NR_unshare:
        case __NR_setns:
        case __NR_prlimit64:
        case __NR_close_range:
        case __NR_sethostname:
        case __NR_mount:
        case __NR_capget:
        case __NR_getresuid:
        case __NR_getresgid:
        case __NR_sched_setaffinity:
        case __NR_sched_getaffinity:
        case __NR_sched_setattr:
        case __NR_sched_getattr:
        case __NR_set_mempolicy:
        case __NR_get_mempolicy:
        case __NR_ioprio_set:
        case __NR_ioprio_get:
                return true;
        case __NR_prctl:
                return a == PR_SET_NO_NEW_PRIVS || a == PR_CAP_AMBIENT;
        default:
                return false;
        }
}

/* Of the caller's root, where it is another one than the namespace's: it is not the root of a mount, or does not lie below. */
static bool is_expected(long number, long a, int error)
{
        return error == EINVAL && (number == __NR_pivot_root ? fuzz.pivoted : number == __NR_mount && a == 0);
}

static long read_message(void *argument)
{
        struct {
                void *name;
                int name_len;
                struct {
                        uint8_t *base;
                        uint64_t len;
                } * iov;
                uint64_t iov_count;
                uint8_t *control;
                uint64_t control_len;
                unsigned flags;
        } *header = argument;
        uint64_t count = next() % 16, len = 16 + sizeof(int) * count;

        if (next() % 8 == 0 || fuzz.size == 0)
                return 0;
        *header->iov->base = next() % 7;
        if (count == 0 || len > header->control_len) {
                header->control_len = 0;
                return 1;
        }
        memcpy(header->control, &len, sizeof(len));
        for (uint64_t i = 0; i < count; i++)
                memcpy(header->control + 16 + sizeof(int) * i, &fuzz.next_fd, sizeof(int));
        header->control_len = len;
        return 1;
}

/* Entries as getdents64(2) lays them out. */
static long read_directory(uint8_t *buffer, size_t size)
{
        size_t used = 0, count = next() % 4;

        for (size_t i = 0; i < count; i++) {
                size_t name = 1 + next() % 40;
                uint16_t length = (uint16_t)((19 + name + 1 + 7) & ~(size_t)7);

                if (used + length > size)
                        break;
                memset(buffer + used, 0, length);
                memcpy(buffer + used + 16, &length, sizeof(length));
                for (size_t j = 0; j < name; j++)
                        buffer[used + 19 + j] = (uint8_t)("./ab"[next() % 4]);
                used += length;
        }
        return (long)used;
}

static long read_link(char *buffer, size_t size)
{
        size_t len = next() % 8 == 0 ? size : next() % 64U;

        for (size_t i = 0; i < len; i++)
                buffer[i] = "/.ab"[fuzz.size == 0 ? i % 4 : next() % 4];
        return (long)len;
}

static long read_cwd(char *buffer, size_t size)
{
        static const char paths[2][16] = {"/", "(unreachable)/"};

        memcpy(buffer, paths[next() % 2], size < 16 ? size : 16);
        return 2;
}

static void check_execution(void)
{
        if (fuzz.sent_to_hook)
                longjmp(fuzz.end, 1);
        if (fuzz.must_not_run || fuzz.unmounted || fuzz.failures > 0)
                abort();
}

static long read_bounding(long cap)
{
        bool has = next() % 2 != 0;

        if (has && fuzz.dropping == cap + 1 && !fuzz.sent_to_hook)
                fuzz.must_not_run = true;
        return has;
}

static long succeed(long number, long a, long b, long c, long d, long e)
{
        switch (number) {
        case __NR_openat2:
                /* Of the root: nothing is mounted on it. */
                return strcmp((const char *)b, "..") == 0 ? -EISDIR : fuzz.next_fd++ % 1000 + 20;
        case __NR_openat:
        case __NR_open_tree:
        case __NR_fsopen:
        case __NR_fsmount:
        case __NR_socket:
        case __NR_accept4:
                return fuzz.next_fd++ % 1000 + 20;
        case __NR_recvmsg:
                return read_message((void *)b);
        case __NR_getdents64:
                return read_directory((uint8_t *)b, (size_t)c);
        case __NR_readlinkat:
                return read_link((char *)c, (size_t)d);
        case __NR_getcwd:
                return read_cwd((char *)a, (size_t)b);
        case __NR_statx:
                fill((void *)e, sizeof(struct statx));
                return 0;
        case __NR_fstatfs:
                fill((void *)b, sizeof(struct statfs));
                return 0;
        case __NR_pivot_root:
                fuzz.pivoted = true;
                return 0;
        case __NR_mount:
                fuzz.unmounted = false;
                return 0;
        case __NR_getresuid:
        case __NR_getresgid:
                fill((void *)a, 4);
                fill((void *)b, 4);
                fill((void *)c, 4);
                return 0;
        case __NR_capget:
                fill((void *)b, 2 * sizeof(struct __user_cap_data_struct));
                return 0;
        case __NR_sched_getaffinity:
                fill((void *)c, (size_t)b);
                return b;
        case __NR_get_mempolicy:
                *(uint32_t *)a = next() % 4U;
                fill((void *)b, (size_t)c / 8);
                return 0;
        case __NR_sched_getattr:
                fill((void *)b, (size_t)c);
                return 0;
        case __NR_ioprio_get:
        case __NR_personality:
                return next() << 13;
        case __NR_waitid:
                memset((void *)c, 0, sizeof(siginfo_t));
                ((siginfo_t *)c)->si_status = next() % 3;
                return 0;
        case __NR_clone3:
                if ((((const struct clone_args *)a)->flags & CLONE_PIDFD) != 0 && next() % 2 == 0)
                        fuzz.sent_to_hook = true;
                else if (next() % 2 == 0)
                        return 77;
                return fuzz.sent_to_hook ? 0 : (((const struct clone_args *)a)->flags & CLONE_PIDFD) != 0 ? 77 : 0;
        case __NR_prctl:
                return a == PR_CAPBSET_READ ? read_bounding(b) : a == PR_GET_NO_NEW_PRIVS ? next() % 2 : 0;
        case __NR_sendfile:
        case __NR_ppoll:
        case __NR_getgroups:
                return next() % 3;
        case __NR_write:
                return next() % 8 == 0 ? next() : c;
        case __NR_sendto:
                fuzz.failures += ((const struct record *)b)->kind == RECORD_FAILED;
                return c;
        case __NR_lseek:
                return c == SEEK_END ? next() % 4 : 0;
        case __NR_mmap:
                return (long)"{}\n";
        case __NR_sendmsg:
                return 1;
        case __NR_ioctl:
                return b == (long)SECCOMP_IOCTL_NOTIF_ID_VALID ? -ENOENT : 0;
        case __NR_landlock_create_ruleset:
                return 20;
        case __NR_landlock_add_rule:
                return b == 0 ? -EINVAL : 0;
        case __NR_landlock_restrict_self:
                fuzz.restricted = !fuzz.restricted;
                return fuzz.restricted ? 0 : -EBADF;
        case __NR_sched_yield:
                child_mock_pause();
                return 0;
        default:
                return 0;
        }
}

long child_mock(long number, long a, long b, long c, long d, long e, long f)
{
        int error;

        (void)f;
        if (++fuzz.calls == CALLS_MAX)
                abort();
        if (number == __NR_exit_group)
                longjmp(fuzz.end, 1);
        /* Nobody connects any more: the kernel would wait for ever. */
        error = number == __NR_accept4 && fuzz.size == 0 ? EBADF : chosen_errno();
        if (number == __NR_prctl && a == PR_CAPBSET_DROP)
                fuzz.dropping = b + 1;
        if (number == __NR_execve) {
                check_execution();
                if (error == 0)
                        longjmp(fuzz.end, 1);
                return -error;
        }
        /* Said or not, it is over: a record that could not be sent counts too. */
        if (error != 0 && number == __NR_sendto)
                fuzz.failures += ((const struct record *)b)->kind == RECORD_FAILED;
        if (error != 0) {
                if (is_vital(number, a) && !is_expected(number, a, error) && !fuzz.sent_to_hook)
                        fuzz.must_not_run = true;
                if (number == __NR_fsmount)
                        fuzz.unmounted = true;
                return -error;
        }
        return succeed(number, a, b, c, d, e);
}

long child_mock_thread(unsigned long flags, void *stack, int *alive, void (*run)(void *), void *argument)
{
        long r = child_mock(__NR_clone, (long)flags, (long)stack, 0, (long)alive, 0, 0);

        if (r < 0)
                return r;
        fuzz.thread = run;
        fuzz.argument = argument;
        fuzz.alive = alive;
        return 78;
}

void child_mock_pause(void)
{
        if (fuzz.thread == NULL)
                abort();
        fuzz.thread(fuzz.argument);
        *fuzz.alive = 0;
        fuzz.thread = NULL;
}

static const char *const argv[] = {"x", NULL};
static const char *const candidates[] = {"/a/x", "/b/x", NULL};
static const struct op_parameter parameters[] = {{"size", "1"}, {"flag", NULL}};
static const struct op_node nodes[] = {{.name = "null", .mode = 0020666, .device = 0x103, .slot = SLOT_NONE},
                                       {.name = "a/b/c", .mode = 0020666, .device = 0x103, .uid = 5, .slot = SLOT_NONE},
                                       {.name = "x/tty", .mode = 0020666, .device = 0x500, .slot = 2}};
static const struct op_link links[] = {{"fd", "/proc/self/fd"}};
static const int tasks[] = {3, 4};
static const struct op_hook hooks[] = {{"/h", argv, argv, 1}, {"/i", argv, argv, 0}};
static const uint32_t groups[] = {1, 2};
static const uint64_t bits[SPEC_CPUS_MAX / 64] = {1};

static const struct spec_landlock_path rule_paths[] = {{"/a", 12, false}, {"/b", 4, true}};
static const struct spec_landlock_port rule_ports[] = {{80, 1}};

static const struct op menu[] = {
        {.type = OP_SETNS, .ns = {1, CLONE_NEWNET}},
        {.type = OP_UNSHARE, .number = CLONE_NEWNET},
        {.type = OP_CLONE, .number = CLONE_NEWPID},
        {.type = OP_BECOME_ROOT},
        {.type = OP_TIME_OFFSETS, .text = {"boottime 1 0\n", 13}},
        {.type = OP_LOOPBACK_UP},
        {.type = OP_HOSTNAME, .text = {"box", 3}},
        {.type = OP_SYSCTL, .sysctl = {"net/ipv4/ip_forward", "1", 1}},
        {.type = OP_KEYRING},
        {.type = OP_WAIT, .number = MESSAGE_CGROUPS},
        {.type = OP_REPORT, .number = PHASE_HOOKS},
        {.type = OP_WAIT_START, .slot = SLOT_NONE},
        {.type = OP_WAIT_START, .slot = 5},
        {.type = OP_JOIN_CGROUPS, .cgroups = {tasks, 2}},
        {.type = OP_HOOKS, .hooks = {.kind = "startContainer", .hooks = hooks, .count = 2, .slot = 6}},
        {.type = OP_PROPAGATION, .number = 0x84000},
        {.type = OP_ROOT, .slot = 1},
        {.type = OP_MOUNT,
         .mount = {.target = "a/b/c", .type = "tmpfs", .parameters = parameters, .parameter_count = 2, .data = ""}},
        {.type = OP_MOUNT,
         .mount = {.target = "p", .target_kind = TARGET_NO_SYMLINK, .type = "proc", .propagation = 1}},
        {.type = OP_MOUNT, .mount = {.target = "t", .type = "tmpfs", .copy_up = true}},
        {.type = OP_BIND, .bind = {.target = "a/../b", .slot = 2, .attr_set = 1, .rattr_set = 1, .propagation = 1}},
        {.type = OP_BIND, .bind = {.target = "c", .slot = SLOT_NONE, .host_path = "/sys/fs/cgroup"}},
        {.type = OP_REMOUNT, .bind = {.target = "c", .attr_set = 1}},
        {.type = OP_RECONFIGURE, .mount = {.target = "c", .data = ""}},
        {.type = OP_DEV, .dev = {"dev", nodes, 3, links, 1}},
        {.type = OP_LINK, .link = {".", {"l", "t"}}},
        {.type = OP_MASK, .path = "m"},
        {.type = OP_READONLY, .path = "r"},
        {.type = OP_ROOT_ATTR, .bind = {.slot = SLOT_NONE, .attr_set = 1}},
        {.type = OP_PIVOT, .number = 1},
        {.type = OP_PIVOT, .number = 0},
        {.type = OP_TERMINAL, .terminal = {.console_slot = 7, .rows = 1, .columns = 1, .uid = 1, .bind_console = true}},
        {.type = OP_SETSID},
        {.type = OP_OUTPUT, .output = {{7, 7}}},
        {.type = OP_PERSONALITY, .number = 8},
        {.type = OP_OOM_SCORE, .text = {"7", 1}},
        {.type = OP_HIDE},
        {.type = OP_ROOT_PATH, .path = "/bundle/rootfs"},
        {.type = OP_SHOW_ROOT, .number = 1},
        {.type = OP_SHOW_ROOT},
        {.type = OP_RLIMIT, .rlimit = {7, 1, 1}},
        {.type = OP_LSM, .lsm = {"attr/exec", "x", 1, false}},
        {.type = OP_SMACK, .lsm = {NULL, "x", 1, false}},
        {.type = OP_BOUNDING, .number = 5},
        {.type = OP_IDS, .ids = {.groups = groups, .group_count = 2, .keep_caps = true, .setgroups = true}},
        {.type = OP_CAPS, .caps = {0, 0, 0}},
        {.type = OP_AMBIENT, .number = 3},
        {.type = OP_NO_NEW_PRIVS},
        {.type = OP_UMASK, .number = 022},
        {.type = OP_CHDIR, .text = {"/", 1}},
        {.type = OP_FIND_EXEC, .exec = {candidates, argv, argv}},
        {.type = OP_CLOSE_FDS, .number = 3},
        {.type = OP_TREES},
        {.type = OP_INIT, .slot = 6},
        {.type = OP_SECCOMP},
        {.type = OP_AFFINITY, .set = {"0", bits, SPEC_CPUS_MAX, {0}}},
        {.type = OP_MEMORY_POLICY, .memory_policy = {2, 0, {"0", bits, SPEC_NODES_MAX, {0}}}},
        {.type = OP_SCHEDULER, .scheduler = {.policy = 1, .priority = 1}},
        {.type = OP_SCHEDULER, .scheduler = {.policy = 3, .nice = 1, .by_parent = true}},
        {.type = OP_IO_PRIORITY, .io_priority = {0x4000, false}},
        {.type = OP_SECCOMP, .seccomp = {NULL, SECCOMP_FILTER_FLAG_NEW_LISTENER, 7, 6, false}},
        {.type = OP_SECCOMP, .seccomp = {NULL, SECCOMP_FILTER_FLAG_NEW_LISTENER, 7, 6, true}},
        {.type = OP_MAKE,
         .mount = {.target = "t", .type = "tmpfs", .parameters = parameters, .parameter_count = 2, .slot = 4}},
        {.type = OP_ENTER},
        {.type = OP_ADD, .bind = {.target = "a/b", .slot = 2, .attr_set = 1, .propagation = 1}},
        {.type = OP_REMOVE, .remove = {.target = "a/b", .mount = 1}},
        {.type = OP_RULESET, .ruleset = {0xfff, 3, 3, rule_paths, rule_ports, 2, 1, 5}},
        {.type = OP_RESTRICT, .restrict_self = {5, 0}},
        {.type = OP_EXEC, .exec = {candidates, argv, argv}},
};

static void run(const struct plan *plan)
{
        int slots[SLOTS] = {10, 11, 12, 13, 14, 15, 16, 17};
        static struct shared shared;
        struct child child = {.plan = plan,
                              .slots = slots,
                              .channel = 9,
                              .shared = &shared,
                              .root = 11,
                              .null = -EBADF,
                              .empty = -EBADF};

        shared.used = (uint32_t)sizeof(shared.made) - next() * 4U;
        if (setjmp(fuzz.end) == 0)
                child_main(&child);
        if (shared.used > sizeof(shared.made))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static struct slot slots[SLOTS];
        struct plan plan = {0};
        struct op ops[OPS_MAX + 1];
        unsigned count;

        memset(&fuzz, 0, sizeof(fuzz));
        fuzz.data = data;
        fuzz.size = size;
        count = next() % OPS_MAX;
        for (unsigned i = 0; i < count; i++)
                ops[i] = menu[next() % (sizeof(menu) / sizeof(menu[0]))];
        ops[count] = menu[sizeof(menu) / sizeof(menu[0]) - 1];
        plan.ops = ops;
        plan.op_count = count + 1;
        plan.slot_count = SLOTS;
        plan.slots = slots;
        slots[0].kind = SLOT_PROC;
        slots[1].kind = SLOT_ROOT;
        slots[2].kind = SLOT_TREE;
        slots[2].by_child = true;
        slots[2].path = "/tmp";
        slots[3].kind = slots[4].kind = SLOT_TASKS;
        slots[3].late = slots[4].late = MESSAGE_CGROUPS;
        run(&plan);
        return 0;
}
