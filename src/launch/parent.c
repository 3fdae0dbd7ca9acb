/* SPDX-License-Identifier: Apache-2.0 */
/* The parent's half of a start; see launch.h. */
#include <fcntl.h>
#include <linux/limits.h>
#include <linux/magic.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <linux/openat2.h>

#include "base/fd.h"
#include "base/libc.h"
#include "kern/clone.h"
#include "kern/idmap.h"
#include "kern/proc.h"
#include "kern/require.h"
#include "kern/sealed.h"
#include "kern/smack.h"
#include "kern/tree.h"
#include "launch/child/child.h"
#include "launch/describe.h"
#include "launch/filter.h"
#include "launch/launch.h"
#include "launch/program.h"
#include "launch/undo.h"

#define PROC_ROOT_INODE 1    /* of every procfs */
#define DENIED_END_MSEC 2000 /* how long a process that can't go on is given to be gone */

static int slot_error(struct ward_err *err, int code, const struct plan *plan, const struct slot *slot,
                      const char *what)
{
        char where[256];

        return err_code(err, code, "%s: %s '%s'", spec_origin_text(&slot->origin, plan->file, where, sizeof(where)),
                        what, slot->path);
}

static int namespace_error(struct ward_err *err, int code, const struct plan *plan, const struct slot *slot)
{
        (void)slot_error(err, code, plan, slot, "open the namespace");
        if (code == -ENOENT)
                (void)err_hint(err, "'lsns' and 'ip netns' show the namespaces that there are");
        (void)err_mistake(err, MISTAKE_NAMESPACE_FILE);
        return code;
}

/* Detached clone of the tree at a path of the host (open_tree(2)). */
static int clone_tree(const struct slot *slot)
{
        int fd = (int)syscall(SYS_open_tree, AT_FDCWD, slot->path,
                              OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (slot->recursive ? AT_RECURSIVE : 0));

        return fd < 0 ? -errno : fd;
}

static int open_source(const struct plan *plan, const struct slot *slot, struct ward_err *err)
{
        struct mount_attr private = {.propagation = MS_PRIVATE};
        _cleanup_close_
        int fd = clone_tree(slot);
        struct statfs fs;
        struct stat st;

        if (fd < 0)
                return launch_report_tree(plan, slot, STEP_SOURCE, fd, err);
        if (slot->kind == SLOT_PROCFS_TREE && (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC ||
                                               fstat(fd, &st) < 0 || st.st_ino != PROC_ROOT_INODE))
                return launch_report_tree(plan, slot, STEP_SOURCE, -EINVAL, err);
        if (slot->kind == SLOT_DEVICE && fstat(fd, &st) < 0)
                return slot_error(err, -errno, plan, slot, "look at the host's device");
        if (slot->kind == SLOT_DEVICE && ((!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode)) || st.st_rdev != slot->device))
                return launch_report_tree(plan, slot, STEP_SOURCE, -ENODEV, err);
        /* The clone of a shared mount is its peer: a mount that the container makes over its /dev/null would be made over the
         * host's as well (mount_namespaces(7), V23). Root and binds get their propagation from the plan. */
        if (slot->kind == SLOT_DEVICE &&
            syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &private, sizeof(private)) < 0)
                return launch_report_tree(plan, slot, STEP_PROPAGATION, -errno, err);
        return TAKE_FD(fd);
}

static struct idmap_range *ranges_of(struct arena *arena, const struct spec_id_map *maps, size_t count)
{
        struct idmap_range *ranges = arena_new(arena, struct idmap_range, count + 1);

        for (size_t i = 0; ranges != NULL && i < count; i++)
                ranges[i] = (struct idmap_range){maps[i].container_id, maps[i].host_id, maps[i].count};
        return ranges;
}

static int idmap_of(struct arena *arena, const struct spec_id_maps *maps, struct idmap *ret_map)
{
        struct idmap map = {
                .uid = ranges_of(arena, maps->uid, maps->uid_count),
                .gid = ranges_of(arena, maps->gid, maps->gid_count),
                .uid_count = maps->uid_count,
                .gid_count = maps->gid_count,
        };

        if (map.uid == NULL || map.gid == NULL)
                return -ENOMEM;
        *ret_map = map;
        return 0;
}

/* What to do where a file system can't be id-mapped, in the words of the input. */
static const char *idmap_hint(const struct slot *slot)
{
        if (slot->origin.line > 0)
                return "its file system can't be id-mapped: take the option idmap out";
        if (slot->kind == SLOT_ROOT)
                return "its file system, or that of a mount in it, can't be id-mapped: --userns=host does without, or "
                       "unmount what is mounted in it";
        return "its file system, or that of a mount in it, can't be id-mapped: write :noidmap behind the volume, or "
               "give --userns=host";
}

/* Opens a slot's tree, id-mapped by its own maps or by the container's user namespace @user_ns. */
static int open_mapped(struct launch *launch, const struct slot *slot, int user_ns, struct ward_err *err)
{
        struct arena arena _cleanup_arena_ = {0};
        _cleanup_close_
        int tree = -EBADF, own = -EBADF;
        struct idmap map;
        int r;

        tree = open_source(launch->plan, slot, err);
        if (tree < 0)
                return tree;
        if (slot->joined != NULL) {
                own = open(slot->joined, O_RDONLY | O_CLOEXEC | O_NOCTTY); /* host path: of the config */
                if (own < 0)
                        return err_errno(err, "open the user namespace '%s'", slot->joined);
        } else if (slot->maps != NULL) {
                if (idmap_of(&arena, slot->maps, &map) < 0)
                        return err_oom(err);
                own = idmap_namespace(launch->proc_fd, &map, err);
                if (own < 0)
                        return own;
        }
        r = idmap_tree(tree, own >= 0 ? own : user_ns, slot->idmap_recursive);
        if (r < 0) {
                (void)slot_error(err, r, launch->plan, slot, "id-map the mount of");
                (void)err_mistake(err, MISTAKE_IDMAP);
                return err_hint(err, "%s", r == -EINVAL ? idmap_hint(slot) : "it needs root");
        }
        return TAKE_FD(tree);
}

static int open_init(struct ward_err *err)
{
        _cleanup_close_
        int fd = sealed_new("ward-init");
        int r = fd < 0 ? fd : fd_write_all(fd, launch_init_program, launch_init_program_len);

        if (r >= 0)
                r = sealed_finish(fd);
        if (r >= 0)
                return r;
        (void)err_code(err, r, "put ward-init, the container's first process, into memory");
        return r == -EACCES ? err_hint(err, "the sysctl vm.memfd_noexec forbids it; or leave --init out") : r;
}

static int open_slot(struct launch *launch, uint32_t i, const struct launch_given *given, struct ward_err *err)
{
        const struct slot *slot = &launch->plan->slots[i];
        int fd = -EBADF;

        if (slot->late != 0 || slot->by_child)
                return 0;
        switch (slot->kind) {
        case SLOT_TASKS:
        case SLOT_AGENT:
                break; /* always late */
        case SLOT_MADE:
        case SLOT_RULESET:
        case SLOT_OPEN:
        case SLOT_PATH:
                return 0;
        case SLOT_PROC:
                fd = launch->proc_fd;
                break;
        case SLOT_CONSOLE:
                fd = given->console;
                break;
        case SLOT_OUTPUT:
                fd = strcmp(slot->file, "stdout") == 0 ? given->output : given->error;
                break;
        case SLOT_LISTENER:
                fd = given->listener;
                break;
        case SLOT_STATE:
                fd = strcmp(slot->file, "creating") == 0  ? given->state_creating
                     : strcmp(slot->file, "created") == 0 ? given->state_created
                                                          : given->state_process;
                break;
        case SLOT_GIVEN:
                fd = given->root;
                break;
        case SLOT_GIVEN_SHM:
                fd = given->shm;
                break;
        case SLOT_PROCESS:
                fd = given->process;
                break;
        case SLOT_ENDED:
                fd = given->ended;
                break;
        case SLOT_INIT:
                launch->slots[i] = open_init(err);
                return launch->slots[i] < 0 ? launch->slots[i] : 0;
        case SLOT_NAMESPACE:
                launch->slots[i] =
                        open(slot->path, O_RDONLY | O_CLOEXEC | O_NOCTTY); /* host path: the config names it */
                return launch->slots[i] < 0 ? namespace_error(err, -errno, launch->plan, slot) : 0;
        case SLOT_NODE:
                launch->slots[i] = tree_node(slot->mode, slot->device, slot->uid, slot->gid, slot->label);
                return launch->slots[i] < 0
                               ? slot_error(err, launch->slots[i], launch->plan, slot, "make the node of the device")
                               : 0;
        case SLOT_ROOT:
        case SLOT_TREE:
        case SLOT_PROCFS_TREE:
        case SLOT_DEVICE:
                launch->slots[i] =
                        slot->idmap ? open_mapped(launch, slot, -EBADF, err) : open_source(launch->plan, slot, err);
                return launch->slots[i] < 0 ? launch->slots[i] : 0;
        }
        launch->slots[i] = fd;
        launch->borrowed[i] = true;
        return fd < 0 ? err_code(err, fd, "find a descriptor that the plan needs (slot %u)", i) : 0;
}

/* The log of what the child makes: the file that the caller keeps, so that it outlives this process, or just memory. */
static int map_shared(int fd, struct shared **ret_shared, struct ward_err *err)
{
        struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                                     fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED, fd, 0);

        if (shared == MAP_FAILED)
                return err_errno(err, "map memory shared with the container's init");
        *ret_shared = shared;
        return 0;
}

/* Where the log's entries lie. A root that the caller made is thrown away as a whole. */
static const char *find_root(const struct plan *plan, const char *given)
{
        for (uint32_t i = 0; i < plan->slot_count; i++)
                if (plan->slots[i].kind == SLOT_ROOT)
                        return plan->slots[i].path;
        return given;
}

int launch_open(struct launch *launch, const struct plan *plan, const struct seccomp_filter *filter, FILE *trace,
                const struct launch_given *given, struct ward_err *err)
{
        int r;

        memset(launch, 0, sizeof(*launch));
        launch->plan = plan;
        launch->filter = filter;
        launch->trace = trace;
        launch->channel = launch->pidfd = launch->first = launch->mounts = -EBADF;
        launch->lock = given->lock;
        for (uint32_t i = 0; i < plan->slot_count; i++)
                launch->slots[i] = -EBADF;
        launch->proc_fd = given->proc;
        r = require_honest(err);
        if (r < 0)
                return r;
        /* Whoever joins makes nothing, and has no memory in common with who started it. */
        if (plan->has[OP_ROOT] || plan->has[OP_ENTER] || plan->has[OP_SCRATCH])
                r = map_shared(given->made, &launch->shared, err);
        launch->root = find_root(plan, given->rootfs);
        for (uint32_t i = 0; r >= 0 && i < plan->slot_count; i++)
                r = open_slot(launch, i, given, err);
        return r;
}

/* In the new process. On entry: the namespaces of the plan's clone flags, the parent's credentials and a copy of its descriptors. */
static _Noreturn void run_child(struct launch *launch, int channel)
{
        struct child child = {
                .plan = launch->plan,
                .slots = launch->slots,
                .channel = channel,
                .shared = launch->shared,
                .trace = launch->trace != NULL,
                .root = AT_FDCWD,
                .proc = -EBADF,
                .sys = -EBADF,
                .top = -EBADF,
                .caller = -EBADF,
                .null = -EBADF,
                .scratch = -EBADF,
                .root_path = -EBADF,
                .empty = -EBADF,
                .phase = PHASE_CLONE,
        };

        child_main(&child);
}

/* The label of Smack that the child takes behind a user namespace; NULL: none. */
static const char *label_to_offer(const struct plan *plan)
{
        for (uint32_t i = 0; plan->has[OP_SMACK] && i < plan->op_count; i++)
                if (plan->ops[i].type == OP_SMACK && plan->ops[i].lsm.offered)
                        return plan->ops[i].lsm.label;
        return NULL;
}

int launch_clone(struct launch *launch, int cgroup_fd, struct ward_err *err)
{
        const char *label = label_to_offer(launch->plan);
        bool offered;
        int ends[2];
        sigset_t all, before;
        pid_t pid;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
                return err_errno(err, "make a channel to the container's init");
        /* No handler of the caller may run in the child; it unblocks before it executes. */
        (void)sigfillset(&all);
        if (sigprocmask(SIG_SETMASK, &all, &before) < 0) {
                (void)close(ends[0]);
                (void)close(ends[1]);
                return err_errno(err, "block signals for a moment");
        }
        offered = label != NULL && smack_offer(label);
        pid = clone_child(launch->plan->clone_flags, cgroup_fd, &launch->pidfd);
        if (pid == 0) {
                (void)close(ends[0]);
                (void)fd_close(launch->lock);
                run_child(launch, ends[1]);
        }
        if (offered)
                smack_withdraw();
        (void)sigprocmask(SIG_SETMASK, &before, NULL);
        (void)close(ends[1]);
        launch->channel = ends[0];
        if (pid < 0) {
                launch->channel = fd_close(launch->channel);
                return launch_report_clone(launch, pid, err);
        }
        launch->pid = pid;
        launch_trace(launch, "clone");
        return 0;
}

/* A child that is gone is no error here: its record, or its silence, is read by launch_await(). */
static int say_with(struct launch *launch, enum message message_number, const int *fds, size_t count,
                    struct ward_err *err)
{
        uint8_t byte = (uint8_t)message_number;
        struct iovec data = {.iov_base = &byte, .iov_len = 1};
        union {
                struct cmsghdr header;
                char room[CMSG_SPACE(sizeof(int) * PLAN_SLOTS_MAX)];
        } control;
        struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
        ssize_t n;

        memset(&control, 0, sizeof(control));
        if (count > 0) {
                message.msg_control = &control;
                message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
                control.header.cmsg_level = SOL_SOCKET;
                control.header.cmsg_type = SCM_RIGHTS;
                control.header.cmsg_len = CMSG_LEN(sizeof(int) * count);
                memcpy(CMSG_DATA(&control.header), fds, sizeof(int) * count);
        }
        do
                n = sendmsg(launch->channel, &message, MSG_NOSIGNAL);
        while (n < 0 && errno == EINTR);
        /* ECONNRESET: the same, with a message that it did not read any more (unix(7)). */
        if (n < 0 && errno != EPIPE && errno != ECONNRESET)
                return err_errno(err, count > 0 ? "hand descriptors to the container's init"
                                                : "tell the container's init to go on");
        return 0;
}

static void close_all(const int *fds, size_t count)
{
        for (size_t i = 0; i < count; i++)
                (void)close(fds[i]);
}

int launch_map(struct launch *launch, const struct spec_id_maps *maps, struct ward_err *err)
{
        struct arena arena _cleanup_arena_ = {0};
        _cleanup_close_
        int user_ns = -EBADF;
        struct pollfd ended = {.fd = launch->pidfd, .events = POLLIN};
        int fds[PLAN_SLOTS_MAX], r;
        size_t count = 0;
        struct idmap map;

        r = idmap_of(&arena, maps, &map) < 0
                    ? err_oom(err)
                    : idmap_write(launch->proc_fd, launch->pid, &map, &launch->setgroups_denied, err);
        /* The files of a process that is ending are root's, or gone: it has said itself what was wrong. */
        if (r == -EACCES || r == -ENOENT || r == -ESRCH)
                return poll(&ended, 1, DENIED_END_MSEC) > 0 ? launch_await(launch, PHASE_MAP, err) : r;
        for (uint32_t i = 0; r >= 0 && i < launch->plan->slot_count; i++) {
                if (launch->plan->slots[i].late != MESSAGE_MAPPED)
                        continue;
                if (user_ns < 0)
                        user_ns = proc_open_of(launch->proc_fd, launch->pid, "ns/user", O_RDONLY, err);
                r = user_ns < 0 ? user_ns : open_mapped(launch, &launch->plan->slots[i], user_ns, err);
                if (r >= 0)
                        fds[count++] = r;
        }
        if (r >= 0)
                r = say_with(launch, MESSAGE_MAPPED, fds, count, err);
        close_all(fds, count);
        launch_trace(launch, "map");
        return r;
}

/* Opens a file of a group below the hierarchy's root, through no link (V20). */
static int open_tasks(struct launch *launch, const struct slot *slot, const struct cgroup_layout *layout,
                      struct ward_err *err)
{
        struct open_how how = {
                .flags = O_WRONLY | O_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
        };
        int fd = (int)syscall(SYS_openat2, layout->hierarchies[slot->number].fd, slot->file, &how, sizeof(how));

        if (fd < 0)
                return err_errno(err, "open '%s/%s' to move the container's init into its group", slot->path,
                                 slot->file);
        return fd;
}

int launch_groups(struct launch *launch, const struct cgroup_layout *layout, struct ward_err *err)
{
        int fds[PLAN_SLOTS_MAX], r = 0;
        size_t count = 0;

        for (uint32_t i = 0; r >= 0 && i < launch->plan->slot_count; i++) {
                if (launch->plan->slots[i].late != MESSAGE_CGROUPS)
                        continue;
                r = open_tasks(launch, &launch->plan->slots[i], layout, err);
                if (r >= 0)
                        fds[count++] = r;
        }
        if (r >= 0)
                r = say_with(launch, MESSAGE_CGROUPS, fds, count, err);
        close_all(fds, count);
        launch_trace(launch, "cgroups");
        return r;
}

int launch_say(struct launch *launch, enum message message, struct ward_err *err)
{
        return say_with(launch, message, NULL, 0, err);
}

int launch_start(struct launch *launch, int agent, struct ward_err *err)
{
        return say_with(launch, MESSAGE_START, &agent, agent >= 0 ? 1 : 0, err);
}

static void trace_record(struct launch *launch, const struct record *record)
{
        if (launch->trace != NULL && record->kind == RECORD_PHASE)
                (void)fprintf(launch->trace, "%12llu ns  child   %s\n",
                              (unsigned long long)(record->time_nsec - launch->trace_start_nsec),
                              phase_name((enum phase)record->phase));
}

/* NULL: the plan is no start of a program. */
static const char *command_of(const struct plan *plan)
{
        const struct op *last = &plan->ops[plan->op_count - 1];

        return last->type == OP_EXEC ? last->exec.argv[0] : NULL;
}

/* One record: 1, or 0 at the end of file. *@ret_fd (may be NULL): the descriptor that came with it, owned by the caller. */
static int receive(int channel, struct record *ret_record, int *ret_fd, struct ward_err *err)
{
        _cleanup_close_
        int fd = -EBADF;
        struct {
                struct record record;
                char more; /* a record of another length is none */
        } buffer;
        ssize_t n;

        /* A side that closes with a message unread leaves ECONNRESET to the other, in front of the records that it sent before; the
         * error is told once, the records come behind it (unix(7); net/unix reports sk_err before the queue). */
        do
                n = fd_receive_some(channel, &buffer, sizeof(buffer), &fd);
        while (n == -ECONNRESET);
        if (n == 0)
                return 0;
        if (n != sizeof(*ret_record) || buffer.record.kind > RECORD_MOUNTS || buffer.record.phase >= PHASE_COUNT)
                return err_code(err, n < 0 ? (int)n : -EPROTO, "hear from the container's init");
        *ret_record = buffer.record;
        if (ret_fd != NULL)
                *ret_fd = TAKE_FD(fd);
        return 1;
}

/* End of file before the program was executed: say how the child died. */
static int died(struct launch *launch, enum phase phase, struct ward_err *err)
{
        siginfo_t info;
        int r = pidfd_wait(launch->pidfd, true, false, &info);

        if (r < 0)
                return err_code(err, r, "wait for the container's init");
        if (info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED)
                return err_set(err, -ESRCH,
                               "start the container: its init was killed by signal %d (%s) before phase '%s'",
                               info.si_status, strsignal(info.si_status), phase_name(phase));
        return err_set(err, -ESRCH, "start the container: its init ended before phase '%s'", phase_name(phase));
}

static bool is_exec(const struct record *record)
{
        return record->type == OP_FIND_EXEC || record->type == OP_EXEC;
}

/* Waits until something is to be received, or the child has ended without having said anything more. The end of file alone does not tell
 * that before the child has said who goes on in its place (OP_CLONE): that one holds the channel open, and waits in vain too. */
static bool ended_silently(const struct launch *launch)
{
        struct pollfd ready[] = {{.fd = launch->channel, .events = POLLIN}, {.fd = launch->pidfd, .events = POLLIN}};

        while (poll(ready, 2, -1) < 0 && errno == EINTR)
                ;
        /* What it said before its end may have come between the two looks. */
        return ready[0].revents == 0 && poll(ready, 1, 0) == 0;
}

/* @mounts: until the child has told them. */
static int await(struct launch *launch, enum phase phase, bool mounts, struct ward_err *err)
{
        for (;;) {
                _cleanup_close_
                int fd = -EBADF;
                struct record record;
                int r;

                if (phase == PHASE_CLONE && ended_silently(launch))
                        return died(launch, phase, err);
                r = receive(launch->channel, &record, &fd, err);

                if (r < 0)
                        return r;
                if (r == 0)
                        return died(launch, phase, err);
                trace_record(launch, &record);
                switch ((enum record_kind)record.kind) {
                case RECORD_FAILED:
                        launch->exec_failed = is_exec(&record);
                        r = launch_report(launch->plan, command_of(launch->plan), launch->filter, &record,
                                          launch->shared, err);
                        if (fd >= 0)
                                launch_hook_words(fd, err);
                        return r;
                case RECORD_CLONED:
                        r = launch_follow(launch, &record, TAKE_FD(fd), err);
                        if (r < 0 || phase == PHASE_CLONE)
                                return r;
                        break;
                case RECORD_PHASE:
                        if (!mounts && record.phase >= (uint32_t)phase)
                                return 0;
                        break;
                case RECORD_MOUNTS:
                        if (!mounts || fd < 0)
                                return err_code(err, -EPROTO, "hear from the container's init");
                        (void)fd_close(launch->mounts);
                        launch->mounts = TAKE_FD(fd);
                        launch->mount_of_target = record.value;
                        launch->mount_of_tree = record.tree;
                        return 0;
                }
        }
}

int launch_await(struct launch *launch, enum phase phase, struct ward_err *err)
{
        return await(launch, phase, false, err);
}

int launch_await_mounts(struct launch *launch, struct ward_err *err)
{
        return await(launch, PHASE_RUNNING, true, err);
}

/* A created child says once more that it waits, when it does not die with us any more. End of file alone could be its death. */
int launch_hand_over(struct launch *launch, struct ward_err *err)
{
        int r = launch_say(launch, MESSAGE_START, err);

        if (r >= 0)
                r = launch_await(launch, PHASE_WAITING, err);
        launch_reap_first(launch);
        return r;
}

/* After PHASE_EXEC: end of file is the success of execve(2), which closed the channel, unless the child is gone without a word.
 * *@ret_chosen: of a failure, which of the plan's candidates could not be executed; UINT32_MAX: something else failed. */
static int await_end(int channel, int pidfd, const struct plan *plan, const char *command,
                     const struct seccomp_filter *filter, uint32_t *ret_chosen, struct ward_err *err)
{
        struct record record;
        struct pollfd ended = {.fd = pidfd, .events = POLLIN};
        siginfo_t info = {0};
        int r = receive(channel, &record, NULL, err);

        if (r < 0)
                return r;
        if (r > 0 && record.kind == RECORD_FAILED) {
                *ret_chosen = record.type == OP_EXEC ? record.value : UINT32_MAX;
                return launch_report(plan, command, filter, &record, NULL, err);
        }
        if (r > 0)
                return err_code(err, -EPROTO, "hear from the container's init");
        /* A filter that forbids execve may forbid to say so, too. Then the process ends at once; its descriptors are closed a moment
         * before that can be seen. */
        if (!filter_denies(filter, SYS_execve) || poll(&ended, 1, DENIED_END_MSEC) <= 0 ||
            pidfd_wait(pidfd, true, true, &info) < 0)
                return 0;
        return launch_report_denied(command, &info, err);
}

/* The root file system by its path: the child may have made its own mount of it read-only. */
static int reopen_root(const struct launch *launch)
{
        const char *path = find_root(launch->plan, NULL);

        return path == NULL ? -EBADF : open(path, O_PATH | O_DIRECTORY | O_CLOEXEC); /* host path: the config's root */
}

/* The file tells more than execve(2) did. A program on a mount of the container is not found below the root's own path, and one named from
 * the working directory not at all: then the general words stay. @chosen is the candidate that execve(2) was given. */
static void explain_exec(const struct launch *launch, uint32_t chosen, struct ward_err *err)
{
        const char *const *candidate = launch->plan->ops[launch->plan->op_count - 1].exec.candidates;
        _cleanup_close_
        int root = reopen_root(launch);

        while (*candidate != NULL && chosen-- > 0)
                candidate++;
        if (root >= 0 && *candidate != NULL && **candidate == '/')
                program_explain(launch->proc_fd, root, *candidate, err);
}

int launch_check_executed(int proc_fd, pid_t pid, const char *command, struct ward_err *err)
{
        if (proc_has_executed(proc_fd, pid, NULL) != 0)
                return 0;
        (void)err_set(err, -EPERM, "execute '%s': the seccomp agent lets neither that be done nor the failure be told",
                      command);
        return err_hint(err, "see what the agent answers to execve, and that it keeps the listener");
}

int launch_await_exec(struct launch *launch, struct ward_err *err)
{
        uint32_t chosen = UINT32_MAX;
        int r = launch_await(launch, PHASE_EXEC, err);

        if (r < 0)
                return r;
        r = await_end(launch->channel, launch->pidfd, launch->plan, command_of(launch->plan), launch->filter, &chosen,
                      err);
        if (r >= 0 && launch->filter != NULL && (launch->filter->flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0)
                r = launch_check_executed(launch->proc_fd, launch->pid, command_of(launch->plan), err);
        launch_reap_first(launch);
        launch->exec_failed = r < 0; /* nothing but Landlock, the filter and the execution comes behind this phase */
        if (r == -ENOENT || r == -ENOEXEC)
                explain_exec(launch, chosen, err);
        launch_trace(launch, "running");
        return r;
}

/* A container's init may be of another version than the one that starts it: what they say to each other is as much a format as the state is
 * (docs/STATE.md). New messages, records, phases, ops and steps come behind these. */
_Static_assert(sizeof(struct record) == 40 && sizeof(struct shared) == 32768, "the format of what init says");
_Static_assert(MESSAGE_START == 4 && RECORD_PHASE == 0 && RECORD_FAILED == 2, "messages and records");
_Static_assert(PHASE_EXEC == 9 && PHASE_RUNNING == 10, "phases");
_Static_assert(OP_HOOKS == 14 && OP_FIND_EXEC == 44 && OP_SECCOMP == 47 && OP_EXEC == 48 && OP_RESTRICT == 56, "ops");
_Static_assert(STEP_ITSELF == 0 && STEP_HOOK_RUN == 34 && STEP_HOOK_STATUS == 35 && STEP_HOOK_TIMEOUT == 36 &&
                       STEP_AGENT_SEND == 40 && STEP_BEGIN == 41,
               "steps of these ops");

int launch_await_started(int connection, int pidfd, const char *command, struct ward_err *err)
{
        struct record record;
        int r;

        do {
                r = receive(connection, &record, NULL, err);
                if (r > 0 && record.kind == RECORD_FAILED)
                        return launch_report(NULL, command, NULL, &record, NULL, err);
        } while (r > 0 && record.phase < PHASE_EXEC);
        if (r < 0)
                return r;
        if (r == 0)
                return err_set(err, -ESRCH, "start the container: its init ended before it could execute '%s'",
                               command);
        return await_end(connection, pidfd, NULL, command, NULL, &(uint32_t){0}, err);
}

int launch_failure_status(const struct launch *launch, int code)
{
        return !launch->exec_failed ? 125 : code == -ENOENT ? 127 : 126;
}

void launch_release(struct launch *launch)
{
        launch->pid = 0;
}

void launch_done(struct launch *launch)
{
        siginfo_t info;

        if (launch->pid > 0) {
                pidfd_kill_child(launch->pidfd, launch->pid);
                (void)pidfd_wait(launch->pidfd, false, false, &info);
                if (launch->shared != NULL)
                        launch_undo(launch->root, launch->shared);
        }
        launch_reap_first(launch);
        for (uint32_t i = 0; launch->plan != NULL && i < launch->plan->slot_count; i++)
                if (!launch->borrowed[i])
                        launch->slots[i] = fd_close(launch->slots[i]);
        launch->channel = fd_close(launch->channel);
        launch->pidfd = fd_close(launch->pidfd);
        launch->proc_fd = -EBADF;
        launch->mounts = fd_close(launch->mounts);
        if (launch->shared != NULL)
                (void)munmap(launch->shared, sizeof(*launch->shared));
        launch->shared = NULL;
}

void launch_trace(struct launch *launch, const char *what)
{
        struct timespec now;
        uint64_t nsec;

        if (launch->trace == NULL)
                return;
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        nsec = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
        if (launch->trace_start_nsec == 0)
                launch->trace_start_nsec = nsec;
        (void)fprintf(launch->trace, "%12llu ns  parent  %s\n", (unsigned long long)(nsec - launch->trace_start_nsec),
                      what);
}
