/* SPDX-License-Identifier: Apache-2.0 */
/* The filters of a process that lives, as the kernel has them. */
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/procfs.h"
#include "base/syscalls.h"
#include "kern/bpf.h"
#include "kern/proc.h"
#include "kern/seccomp.h"

/* Nobody has more: the kernel counts all instructions of a thread's filters, with 4 for each filter (MAX_INSNS_PER_PATH). */
#define FILTERS_MAX (32768 / 4)

int seccomp_status_read(int proc_fd, pid_t pid, struct seccomp_status *ret_status, struct ward_err *err)
{
        struct seccomp_status status = {.filter_count = UINT64_MAX};
        _cleanup_free_ char *text = NULL;
        uint64_t mode;
        int r = proc_status(proc_fd, pid, &text, err);

        if (r < 0)
                return r;
        if (procfs_status_number(text, "Seccomp:", 10, &mode) < 0)
                return err_set(err, -ENODATA, "find the seccomp mode of process %d: this kernel has no seccomp", pid);
        status.mode = (unsigned)mode;
        (void)procfs_status_number(text, "Seccomp_filters:", 10, &status.filter_count);
        *ret_status = status;
        return 0;
}

static int get_filter(pid_t pid, size_t index, struct arena *arena, struct seccomp_filter *ret_filter)
{
        long count = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, (void *)index, NULL);
        struct sock_filter *code;

        if (count < 0)
                return -errno;
        code = arena_new(arena, struct sock_filter, (size_t)count + 1);
        if (code == NULL)
                return -ENOMEM;
        /* It can't have become another one: filters are only ever added, and the process is stopped. */
        if (count > BPF_MAXINSNS || ptrace(PTRACE_SECCOMP_GET_FILTER, pid, (void *)index, code) != count)
                return -EIO;
        *ret_filter = (struct seccomp_filter){.code = code, .count = (uint16_t)count};
        return 0;
}

static int get_filters(pid_t pid, struct arena *arena, struct seccomp_filter **ret_filters, size_t *ret_count,
                       struct ward_err *err)
{
        struct seccomp_filter *filters = NULL, one;
        size_t count = 0, room = 0;
        int r;

        while ((r = get_filter(pid, count, arena, &one)) >= 0 && count < FILTERS_MAX) {
                if (count == room) {
                        struct seccomp_filter *larger = arena_new(arena, struct seccomp_filter, 2 * room + 8);

                        if (larger == NULL)
                                return err_oom(err);
                        for (size_t i = 0; i < count; i++)
                                larger[i] = filters[i];
                        filters = larger;
                        room = 2 * room + 8;
                }
                filters[count++] = one;
        }
        if (r == -ENOMEM)
                return err_oom(err);
        if (r == -EACCES)
                return err_set(err, r,
                               "read the filters of process %d: the kernel shows them to root of the machine "
                               "alone, and to nobody who is under a filter himself",
                               pid);
        if (r == -EIO || r == -EOPNOTSUPP)
                return err_set(err, -EOPNOTSUPP,
                               "read the filters of process %d: this kernel shows them to nobody "
                               "(CONFIG_CHECKPOINT_RESTORE)",
                               pid);
        /* ENOENT: there is no newer one. EINVAL: it is under none. */
        if (r < 0 && r != -ENOENT && r != -EINVAL)
                return err_code(err, r, "read filter %zu of process %d", count, pid);
        /* The kernel counts from the oldest on, so that they can be loaded anew in that order. */
        for (size_t i = 0; i < count / 2; i++) {
                one = filters[i];
                filters[i] = filters[count - 1 - i];
                filters[count - 1 - i] = one;
        }
        *ret_filters = filters;
        *ret_count = count;
        return 0;
}

int seccomp_live_filters(pid_t pid, struct arena *arena, struct seccomp_filter **ret_filters, size_t *ret_count,
                         struct ward_err *err)
{
        int status, signal = 0, r;

        if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0) {
                int code = -errno;

                (void)err_code(err, code, "stop process %d to read its filters", pid);
                return code == -EPERM ? err_hint(err, "who may trace it can, and nobody else may be tracing it") : code;
        }
        if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0 || waitpid(pid, &status, __WALL) < 0)
                return err_errno(err, "stop process %d to read its filters", pid);
        if (!WIFSTOPPED(status))
                return err_set(err, -ESRCH, "read the filters of process %d: it has ended", pid);
        r = get_filters(pid, arena, ret_filters, ret_count, err);
        /* A signal that came at the same time stopped it in place of us, and is still to be given to it. */
        if (status >> 16 != PTRACE_EVENT_STOP)
                signal = WSTOPSIG(status);
        (void)ptrace(PTRACE_DETACH, pid, NULL, (void *)(uintptr_t)signal);
        return r;
}

/* seccomp(2): read, write, _exit and sigreturn by their numbers; everything else ends the thread. In a 32-bit call the numbers are i386's. */
const struct seccomp_filter *seccomp_strict_filter(struct arena *arena)
{
        static const char *const calls[] = {"read", "write", "exit", "rt_sigreturn", "sigreturn"};
        struct seccomp_filter *filter = arena_new(arena, struct seccomp_filter, 1);
        struct bpf_code *code = arena_new(arena, struct bpf_code, 1);
        bpf_label kill, allow, next;

        if (filter == NULL || code == NULL)
                return NULL;
        bpf_init(code);
        allow = bpf_return(code, SECCOMP_RET_ALLOW);
        next = kill = bpf_return(code, SECCOMP_RET_KILL_THREAD);
        for (size_t a = 0; syscall_arch_at(a) != 0; a++) {
                uint32_t arch = syscall_arch_at(a);
                bool compat = (arch & __AUDIT_ARCH_64BIT) == 0;
                bpf_label call = kill;

                if (arch == SCMP_ARCH_X32)
                        continue;
                for (size_t i = 0; i < ELEMENTS(calls); i++) {
                        int number = syscall_number_on(arch, calls[i]);

                        /* The one way back from a signal that the mode knows. */
                        if (number < 0 || strcmp(calls[i], compat ? "rt_sigreturn" : "sigreturn") == 0)
                                continue;
                        call = bpf_jump(code, BPF_JEQ, (uint32_t)number, allow, call);
                }
                call = bpf_load(code, offsetof(struct seccomp_data, nr), call);
                next = bpf_jump(code, BPF_JEQ, arch, call, next);
        }
        (void)bpf_load(code, offsetof(struct seccomp_data, arch), next);
        filter->code = code->insns + BPF_MAXINSNS - code->count;
        filter->count = (uint16_t)code->count;
        return filter;
}
