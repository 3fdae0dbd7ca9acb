/* SPDX-License-Identifier: Apache-2.0 */
/* Probes of what takes rights away; see probe.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/uapi.h"
#include "kern/probe.h"

static int answer(long r)
{
        return r < 0 ? -errno : 0;
}

int probe_no_new_privs(void)
{
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return -errno;
        return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : -EPERM;
}

/* The mode lets a process end by exit(2) alone. */
int probe_seccomp_strict(void)
{
        int status;
        pid_t pid = fork();

        if (pid == 0) {
                if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0) < 0)
                        _exit(errno);
                (void)syscall(SYS_exit, 0);
        }
        if (pid < 0 || waitpid(pid, &status, 0) < 0)
                return -errno;
        return WIFEXITED(status) ? -WEXITSTATUS(status) : -EPERM;
}

/* A filter that gives getppid(2) the answer @action; the descriptor of its listener, where @flags asks for one. */
static int load(uint32_t action, unsigned flags)
{
        struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, action),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        const struct sock_fprog program = {ELEMENTS(code), code};
        int r = probe_no_new_privs();

        if (r >= 0)
                r = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
        return r < 0 ? -errno : r;
}

int probe_seccomp_filter(void)
{
        int r = load(SECCOMP_RET_ERRNO | EXDEV, 0);

        if (r < 0)
                return r;
        return syscall(SYS_getppid) < 0 && errno == EXDEV ? 0 : -EPERM;
}

int probe_seccomp_log(void)
{
        return load(SECCOMP_RET_LOG, SECCOMP_FILTER_FLAG_LOG);
}

int probe_seccomp_notify(void)
{
        int r = load(SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);

        return r < 0 ? r : 0;
}

int probe_seccomp_kill(void)
{
        int status;
        pid_t pid = fork();

        if (pid == 0) {
                int r = load(SECCOMP_RET_KILL_PROCESS, 0);

                if (r >= 0)
                        (void)syscall(SYS_getppid);
                _exit(r < 0 ? -r : EPERM);
        }
        if (pid < 0 || waitpid(pid, &status, 0) < 0)
                return -errno;
        if (WIFEXITED(status))
                return -WEXITSTATUS(status);
        return WTERMSIG(status) == SIGSYS ? 0 : -EPERM;
}

int probe_landlock(void)
{
        const struct uapi_landlock_ruleset rules = {.fs = LANDLOCK_ACCESS_FS_READ_DIR};
        int r = probe_no_new_privs(), ruleset;

        if (r < 0)
                return r;
        ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);
        if (ruleset < 0 || syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
                return -errno;
        return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) < 0 && errno == EACCES
                       ? 0
                       : -EPERM; /* host path: is refused */
}

/* The program by which cgroup v2 refuses devices, loaded and never attached. */
int probe_bpf_device(void)
{
        const struct bpf_insn code[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1}, {.code = BPF_JMP | BPF_EXIT}};
        static const char license[] = "";
        union bpf_attr attr = {
                .prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
                .insn_cnt = ELEMENTS(code),
                .insns = (uintptr_t)code,
                .license = (uintptr_t)license,
        };

        return answer(syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)));
}
