/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process itself: session, ids, capabilities, filter, program.
 *
 * The order is the plan's. Each step that takes a right away is proved by reading back what the kernel made of it.
 */
#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/seccomp.h>
#include <linux/stat.h>

#include <asm/ioctls.h>

#include "base/uapi.h"
#include "launch/child/child.h"
#include "launch/child/sys.h"

#define CAPS_MAX 64
#define LABEL_MAX 255 /* of Smack */

int child_do_setsid(struct child *child, const struct op *op)
{
        int r = (int)sys0(setsid);

        /* setsid(2): the process leads a group already. That it leads its session, too, is proved: a filter answers the same, and then the
         * caller's terminal would be in reach (V18). No session has the number 0. */
        if (r < 0 && r != -EPERM)
                return r;
        child->step = STEP_PROVE;
        if (r <= 0 && sys1(getsid, 0) != sys0(getpid))
                return -EPERM;
        /* ioctl_tty(2): only a session leader without a terminal can take one. */
        child->step = STEP_CONTROLLING_TTY;
        return op->number == 0 ? 0 : (int)sys3(ioctl, 0, TIOCSCTTY, 0);
}

int child_do_output(struct child *child, const struct op *op)
{
        int r = 0;

        child->step = STEP_STDIO;
        for (int i = 0; r >= 0 && i < 2; i++)
                r = (int)sys3(dup3, child->slots[op->output.slots[i]], 1 + i, 0);
        return r < 0 ? r : 0;
}

int child_do_personality(struct child *child, const struct op *op)
{
        int r = (int)sys1(personality, op->number);

        if (r < 0)
                return r;
        child->step = STEP_PROVE;
        return sys1(personality, 0xffffffff /* asks */) == (long)op->number ? 0 : -EPERM;
}

int child_do_rlimit(struct child *child, const struct op *op)
{
        struct rlimit64 limit = {.rlim_cur = op->rlimit.soft, .rlim_max = op->rlimit.hard}, now;

        if (op->rlimit.room) {
                int r = (int)sys4(prlimit64, 0, op->rlimit.resource, 0, &now);

                if (r < 0)
                        return r;
                if (now.rlim_max > limit.rlim_max)
                        limit.rlim_max = now.rlim_max;
                limit.rlim_cur = limit.rlim_max;
        }
        return (int)sys4(prlimit64, 0, op->rlimit.resource, &limit, 0);
}

int child_do_lsm(struct child *child, const struct op *op)
{
        char path[64] = "self/";
        uint32_t at = 5;

        for (const char *c = op->lsm.file; *c != '\0' && at < sizeof(path) - 1; c++)
                path[at++] = *c;
        path[at] = '\0';
        return child_proc_write(child, path, op->lsm.label, op->lsm.len);
}

/* In force at once, for whatever this process still does: what it makes has the label, too, and what the label may not open stays closed. */
int child_do_smack(struct child *child, const struct op *op)
{
        static const char path[] = "self/attr/smack/current";
        char seen[LABEL_MAX + 1];
        long n;
        int r = child_proc_write(child, path, op->lsm.label, op->lsm.len), fd;

        fd = r < 0 ? r : child_proc_open(child, path, O_RDONLY);
        if (fd < 0)
                return fd;
        child->step = STEP_PROVE;
        n = sys3(read, fd, seen, sizeof(seen));
        (void)sys1(close, fd);
        if (n < 0)
                return (int)n;
        for (uint32_t i = 0; i < op->lsm.len; i++)
                if (i >= (uint64_t)n || seen[i] != op->lsm.label[i])
                        return -EPERM;
        return (uint64_t)n == op->lsm.len ? 0 : -EPERM;
}

int child_do_bounding(struct child *child, const struct op *op)
{
        /* A filter that denies the question is no reason to keep every capability. */
        int r = (int)sys5(prctl, PR_CAPBSET_READ, 0, 0, 0, 0), dropped;

        if (r < 0)
                return r;
        for (unsigned cap = 0; cap < CAPS_MAX; cap++) {
                if ((op->number >> cap & 1) != 0)
                        continue;
                /* An ordinary user may not even drop what isn't there: the set that is read back decides. */
                dropped = (int)sys5(prctl, PR_CAPBSET_DROP, cap, 0, 0, 0);
                child->step = dropped < 0 ? STEP_ITSELF : STEP_PROVE;
                r = (int)sys5(prctl, PR_CAPBSET_READ, cap, 0, 0, 0);
                if (r == -EINVAL && cap > 0)
                        break; /* prctl(2): it lies behind the last one that this kernel knows */
                if (r != 0)
                        return r < 0 ? r : dropped < 0 ? dropped : -EPERM;
        }
        return 0;
}

static int prove_ids(const struct op_ids *ids)
{
        uint32_t real, effective, saved;

        if (sys3(getresuid, &real, &effective, &saved) < 0 || real != ids->uid || effective != ids->uid ||
            saved != ids->uid)
                return -EPERM;
        if (sys3(getresgid, &real, &effective, &saved) < 0 || real != ids->gid || effective != ids->gid ||
            saved != ids->gid)
                return -EPERM;
        if (ids->setgroups && sys2(getgroups, 0, 0) != (long)ids->group_count)
                return -EPERM;
        return 0;
}

int child_do_ids(struct child *child, const struct op *op)
{
        const struct op_ids *ids = &op->ids;
        int r = 0;

        if (ids->setgroups) {
                child->step = STEP_SETGROUPS;
                r = (int)sys2(setgroups, ids->group_count, ids->groups);
        }
        if (r >= 0) {
                child->step = STEP_SETGID;
                r = (int)sys3(setresgid, ids->gid, ids->gid, ids->gid);
        }
        if (r >= 0 && ids->keep_caps)
                r = (int)sys5(prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
        if (r >= 0) {
                child->step = STEP_SETUID;
                r = (int)sys3(setresuid, ids->uid, ids->uid, ids->uid);
        }
        if (r >= 0 && ids->keep_caps)
                r = (int)sys5(prctl, PR_SET_KEEPCAPS, 0, 0, 0, 0);
        /* prctl(2): the death signal is cleared when credentials change. */
        if (r >= 0)
                r = (int)sys2(prctl, PR_SET_PDEATHSIG, 9);
        if (r < 0)
                return r;
        child->step = STEP_PROVE;
        return prove_ids(ids);
}

int child_do_caps(struct child *child, const struct op *op)
{
        const struct op_caps *caps = &op->caps;
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2] = {
                {(uint32_t)caps->effective, (uint32_t)caps->permitted, (uint32_t)caps->inheritable},
                {(uint32_t)(caps->effective >> 32), (uint32_t)(caps->permitted >> 32),
                 (uint32_t)(caps->inheritable >> 32)},
        };
        struct __user_cap_data_struct seen[2] = {{~0U, ~0U, ~0U}, {~0U, ~0U, ~0U}}; /* a filter may fake the call */
        int r;

        r = (int)sys2(capset, &header, data);
        if (r < 0)
                return r;
        child->step = STEP_PROVE;
        r = (int)sys2(capget, &header, seen);
        for (int i = 0; r >= 0 && i < 2; i++)
                if (seen[i].effective != data[i].effective || seen[i].permitted != data[i].permitted ||
                    seen[i].inheritable != data[i].inheritable)
                        r = -EPERM;
        return r;
}

int child_do_ambient(struct child *child, const struct op *op)
{
        int r = (int)sys5(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        uint64_t rest = op->number;

        for (unsigned cap = 0; r >= 0 && rest != 0; cap++, rest >>= 1)
                if ((rest & 1) != 0) {
                        child->value = cap;
                        r = (int)sys5(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
                }
        return r;
}

int child_do_no_new_privs(struct child *child, const struct op *op)
{
        int r = (int)sys5(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);

        if (r < 0)
                return r;
        child->step = STEP_PROVE;
        return sys5(prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : -EPERM;
}

int child_do_oom_score(struct child *child, const struct op *op)
{
        return child_proc_write(child, "self/oom_score_adj", op->text.string, op->text.len);
}

/* Who has the same user and no fewer rights may look into a process and make it do things (ptrace(2)), and this one has what its caller has: descriptors,
 * memory, and no filter yet. Not dumpable it is left to CAP_SYS_PTRACE of the user namespace in which ward was executed; clones inherit that, and
 * execve(2) ends it (prctl(2)). */
int child_do_hide(struct child *child, const struct op *op)
{
        (void)op;
        child->hidden = true;
        return (int)sys5(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int child_do_umask(struct child *child, const struct op *op)
{
        int r = (int)sys1(umask, op->number);

        if (r < 0)
                return r;
        child->umask = (uint32_t)op->number;
        child->step = STEP_PROVE;
        return sys1(umask, op->number) == (long)op->number ? 0 : -EPERM; /* the mask before: umask(2) */
}

int child_chdir(struct child *child, const char *text)
{
        char path[PATH_MAX];
        int fd = child_open_as_program(child, text, O_DIRECTORY), r;

        if (fd < 0)
                return fd;
        r = (int)sys1(fchdir, fd);
        (void)sys1(close, fd);
        if (r < 0)
                return r;
        /* getcwd(2): "(unreachable)" in front says that the directory is not below the root: a leaked descriptor (V7). */
        child->step = STEP_OUTSIDE;
        r = (int)sys2(getcwd, path, sizeof(path));
        if (r < 0)
                return r;
        return path[0] == '/' ? 0 : -EXDEV;
}

int child_do_chdir(struct child *child, const struct op *op)
{
        return child_chdir(child, op->text.string);
}

/* Without faccessat2(2) the candidate is taken, and execve(2) says whether it may be executed. access(2) never answers EPERM by itself
 * for X_OK. */
static int may_execute(int fd)
{
        int r = (int)sys4(faccessat2, fd, "", 1 /* X_OK */, AT_EMPTY_PATH | AT_EACCESS);

        return r == -ENOSYS || r == -EPERM ? 0 : r;
}

int child_do_find_exec(struct child *child, const struct op *op)
{
        int answer = -ENOENT;

        for (uint32_t i = 0; op->exec.candidates[i] != NULL; i++) {
                int fd = child_open_as_program(child, op->exec.candidates[i], 0), r;
                uint32_t mode = 0;

                if (fd < 0) {
                        r = fd;
                } else {
                        r = child_is_directory(fd, &mode);
                        if (r >= 0 && !S_ISREG(mode))
                                r = r == 1 ? -EISDIR : -EACCES;
                        else if (r >= 0)
                                r = may_execute(fd);
                        (void)sys1(close, fd);
                }
                if (r >= 0) {
                        child->chosen = i;
                        return 0;
                }
                /* As execvp(3): a candidate that is there but may not be executed is the better answer. */
                if (r != -ENOENT && r != -ENOTDIR) {
                        answer = r;
                        child->value = i;
                }
        }
        return answer;
}

/* The first descriptor from @at on that the ops behind OP_CLOSE_FDS still need, or UINT32_MAX: sockets and memory files, nothing by
 * which a path of the host could be reached. */
static uint32_t next_kept(const struct child *child, uint32_t at)
{
        uint32_t next = child->channel >= 0 && (uint32_t)child->channel >= at ? (uint32_t)child->channel : UINT32_MAX;

        for (uint32_t i = 0; i < child->plan->slot_count; i++) {
                enum slot_kind kind = child->plan->slots[i].kind;

                if ((kind == SLOT_LISTENER || kind == SLOT_STATE || kind == SLOT_INIT || kind == SLOT_RULESET) &&
                    child->slots[i] >= 0 && (uint32_t)child->slots[i] >= at && (uint32_t)child->slots[i] < next)
                        next = (uint32_t)child->slots[i];
        }
        return next;
}

static uint32_t read_number(const char *digits)
{
        uint32_t number = 0;

        for (; *digits >= '0' && *digits <= '9'; digits++)
                number = number * 10 + (uint32_t)(*digits - '0');
        return number;
}

static void close_ours(const struct child *child, uint32_t fd)
{
        if (sys3(fcntl, fd, F_GETFD, 0) == FD_CLOEXEC && next_kept(child, fd) != fd)
                (void)sys1(close, fd);
}

/* The caller's descriptors are the program's, too: as many as they may be, procfs lists them. */
static int close_all_ours(struct child *child)
{
        uint64_t buffer[512]; /* aligned as the entries are */
        int fds = child_proc_open(child, "self/fd", O_RDONLY | O_DIRECTORY);
        long n;

        if (fds < 0)
                return fds;
        while ((n = sys3(getdents64, fds, buffer, sizeof(buffer))) > 0)
                for (long at = 0; at < n;) {
                        const struct child_entry *entry = (const struct child_entry *)((const char *)buffer + at);
                        uint32_t fd = read_number(entry->name);

                        if (entry->name[0] != '.' && fd != (uint32_t)fds)
                                close_ours(child, fd);
                        at += entry->length;
                }
        (void)sys1(close, fds);
        return (int)n;
}

int child_do_close_fds(struct child *child, const struct op *op)
{
        uint32_t at = (uint32_t)op->number, next;

        if (op->number == CLOSE_OURS)
                return close_all_ours(child);

        /* Below are the caller's, which are not marked close-on-exec, and what of ours came to lie there, which is: also as standard
         * input, if that was closed. */
        for (uint32_t fd = 0; fd < at; fd++)
                close_ours(child, fd);
        /* Closed, not marked: the interpreter of a script is looked up while what is marked is still open, and may be
         * "/proc/self/fd/N/..." (V7). */
        for (;; at = next + 1) {
                next = next_kept(child, at);
                if (next > at) {
                        int r = (int)sys3(close_range, at, next - 1, 0);

                        if (r < 0)
                                return r;
                }
                if (next == UINT32_MAX)
                        return 0;
        }
}

int child_do_seccomp(struct child *child, const struct op *op)
{
        if ((op->seccomp.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0)
                return child_listen(child, op);
        if (op->seccomp.by_prctl)
                return (int)sys5(prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, op->seccomp.program, 0, 0);
        return (int)sys3(seccomp, SECCOMP_SET_MODE_FILTER, op->seccomp.flags, op->seccomp.program);
}

int child_take_rights(struct child *child, const struct op *op)
{
        switch (op->type) {
        case OP_SECCOMP:
                return child_do_seccomp(child, op);
        case OP_CAPS:
                return child_do_caps(child, op);
        case OP_AMBIENT:
                return child_do_ambient(child, op);
        default:
                return 0;
        }
}

int child_do_exec(struct child *child, const struct op *op)
{
        const char *const *envp =
                op->exec.environments != NULL ? op->exec.environments[child->directory] : op->exec.envp;

        child->value = child->chosen;
        return (int)sys3(execve, op->exec.candidates[child->chosen], op->exec.argv, envp);
}
