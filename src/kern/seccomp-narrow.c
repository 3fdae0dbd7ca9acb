/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which arguments of which system calls the kernel reads as 32 bits, although a register has 64 (V16).
 *
 * A filter that compares all 64 bits of such an argument is passed by anyone who sets a high bit. The types are those of
 * the SYSCALL_DEFINE lines of the kernel; an argument that it takes as long, size_t, loff_t or a pointer is not here. Some that are
 * declared long are, because the call keeps only the low word of them: clone's flags (kernel/fork.c, lower_32_bits()), mbind's mode, the
 * descriptor of mmap and of readv and its like (fget() takes an int), the process of ptrace.
 *
 * umode_t has 16 bits. So have the user and group ids of the oldest calls of i386 and ARM (kernel/uid16.c), whose names on 64-bit
 * architectures are those of calls with 32 bits.
 */
#include "kern/seccomp-narrow.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"

#define A0 (1u << 0)
#define A1 (1u << 1)
#define A2 (1u << 2)
#define A3 (1u << 3)
#define A4 (1u << 4)
#define A5 (1u << 5)

#define SHORT(argument) ((argument) << 8)   /* of these arguments it reads 16 bits */
#define OLD_ID(argument) ((argument) << 16) /* of these on a 32-bit architecture */

#define M1 (A1 | SHORT(A1))
#define M2 (A2 | SHORT(A2))
#define M3 (A3 | SHORT(A3))
#define I0 (A0 | OLD_ID(A0))
#define I1 (A1 | OLD_ID(A1))
#define I2 (A2 | OLD_ID(A2))

static const struct {
        char name[24]; /* no pointer: a static-pie has to relocate each of them at every start */
        unsigned args;
} narrow_calls[] = {
        {"accept", A0},
        {"accept4", A0 | A3},
        {"access", A1},
        {"add_key", A4},
        {"alarm", A0},
        {"arch_prctl", A0},
        {"bind", A0 | A2},
        {"bpf", A0 | A2},
        {"cachestat", A0 | A3},
        {"chmod", M1},
        {"chown", I1 | I2},
        {"clock_adjtime", A0},
        {"clock_getres", A0},
        {"clock_gettime", A0},
        {"clock_nanosleep", A0 | A1},
        {"clock_settime", A0},
        {"clone", A0},
        {"close", A0},
        {"close_range", A0 | A1 | A2},
        {"connect", A0 | A2},
        {"copy_file_range", A0 | A2 | A5},
        {"creat", M1},
        {"delete_module", A1},
        {"dup", A0},
        {"dup2", A0 | A1},
        {"dup3", A0 | A1 | A2},
        {"epoll_create", A0},
        {"epoll_create1", A0},
        {"epoll_ctl", A0 | A1 | A2},
        {"epoll_pwait", A0 | A2 | A3},
        {"epoll_pwait2", A0 | A2},
        {"epoll_wait", A0 | A2 | A3},
        {"eventfd", A0},
        {"eventfd2", A0 | A1},
        {"execveat", A0 | A4},
        {"exit", A0},
        {"exit_group", A0},
        {"faccessat", A0 | A2},
        {"faccessat2", A0 | A2 | A3},
        {"fadvise64", A0 | A3},
        {"fallocate", A0 | A1},
        {"fanotify_init", A0 | A1},
        {"fanotify_mark", A0 | A1 | A3},
        {"fchdir", A0},
        {"fchmod", A0 | M1},
        {"fchmodat", A0 | M2},
        {"fchmodat2", A0 | M2 | A3},
        {"fchown", A0 | I1 | I2},
        {"fchownat", A0 | A2 | A3 | A4},
        {"fcntl", A0 | A1},
        {"fcntl64", A0 | A1},
        {"fdatasync", A0},
        {"fgetxattr", A0},
        {"file_getattr", A0 | A4},
        {"file_setattr", A0 | A4},
        {"finit_module", A0 | A2},
        {"flistxattr", A0},
        {"flock", A0 | A1},
        {"fremovexattr", A0},
        {"fsconfig", A0 | A1 | A4},
        {"fsetxattr", A0 | A4},
        {"fsmount", A0 | A1 | A2},
        {"fsopen", A1},
        {"fspick", A0 | A2},
        {"fstat", A0},
        {"fstatfs", A0},
        {"fsync", A0},
        {"ftruncate", A0},
        {"futex", A1 | A2 | A5},
        {"futex_requeue", A1 | A2 | A3},
        {"futex_wait", A3 | A5},
        {"futex_waitv", A1 | A2 | A4},
        {"futex_wake", A2 | A3},
        {"futimesat", A0},
        {"get_robust_list", A0},
        {"getdents", A0 | A2},
        {"getdents64", A0 | A2},
        {"getgroups", A0},
        {"getitimer", A0},
        {"getpeername", A0},
        {"getpgid", A0},
        {"getpriority", A0 | A1},
        {"getrandom", A2},
        {"getrlimit", A0},
        {"getrusage", A0},
        {"getsid", A0},
        {"getsockname", A0},
        {"getsockopt", A0 | A1 | A2},
        {"getxattrat", A0 | A2},
        {"inotify_add_watch", A0 | A2},
        {"inotify_init1", A0},
        {"inotify_rm_watch", A0 | A1},
        {"io_setup", A0},
        {"io_uring_enter", A0 | A1 | A2 | A3},
        {"io_uring_register", A0 | A1 | A3},
        {"io_uring_setup", A0},
        {"ioctl", A0 | A1},
        {"ioperm", A2},
        {"iopl", A0},
        {"ioprio_get", A0 | A1},
        {"ioprio_set", A0 | A1 | A2},
        {"kcmp", A0 | A1 | A2},
        {"kexec_file_load", A0 | A1},
        {"keyctl", A0},
        {"kill", A0 | A1},
        {"landlock_add_rule", A0 | A1 | A3},
        {"landlock_create_ruleset", A2},
        {"landlock_restrict_self", A0 | A1},
        {"lchown", I1 | I2},
        {"linkat", A0 | A2 | A4},
        {"listen", A0 | A1},
        {"listmount", A3},
        {"listns", A3},
        {"listxattrat", A0 | A2},
        {"lseek", A0 | A2},
        {"lsetxattr", A4},
        {"lsm_get_self_attr", A0 | A3},
        {"lsm_list_modules", A2},
        {"lsm_set_self_attr", A0 | A2 | A3},
        {"madvise", A2},
        {"map_shadow_stack", A2},
        {"mbind", A2 | A5},
        {"membarrier", A0 | A1 | A2},
        {"memfd_create", A1},
        {"memfd_secret", A0},
        {"migrate_pages", A0},
        {"mkdir", M1},
        {"mkdirat", A0 | M2},
        {"mknod", M1 | A2},
        {"mknodat", A0 | M2 | A3},
        {"mlock2", A2},
        {"mlockall", A0},
        {"mmap", A4},
        {"modify_ldt", A0},
        {"mount_setattr", A0 | A2},
        {"move_mount", A0 | A2 | A4},
        {"move_pages", A0 | A5},
        {"mq_getsetattr", A0},
        {"mq_notify", A0},
        {"mq_open", A1 | M2},
        {"mq_timedreceive", A0},
        {"mq_timedsend", A0 | A3},
        {"msgctl", A0 | A1},
        {"msgget", A0 | A1},
        {"msgrcv", A0 | A4},
        {"msgsnd", A0 | A3},
        {"msync", A2},
        {"name_to_handle_at", A0 | A4},
        {"newfstatat", A0 | A3},
        {"open", A1 | M2},
        {"open_by_handle_at", A0 | A2},
        {"open_tree", A0 | A2},
        {"open_tree_attr", A0 | A2},
        {"openat", A0 | A2 | M3},
        {"openat2", A0},
        {"perf_event_open", A1 | A2 | A3},
        {"personality", A0},
        {"pidfd_getfd", A0 | A1 | A2},
        {"pidfd_open", A0 | A1},
        {"pidfd_send_signal", A0 | A1 | A3},
        {"pipe2", A1},
        {"pkey_free", A0},
        {"pkey_mprotect", A3},
        {"poll", A1 | A2},
        {"ppoll", A1},
        {"prctl", A0},
        {"pread64", A0},
        {"preadv", A0},
        {"preadv2", A0 | A5},
        {"prlimit64", A0 | A1},
        {"process_madvise", A0 | A3 | A4},
        {"process_mrelease", A0 | A1},
        {"process_vm_readv", A0},
        {"process_vm_writev", A0},
        {"pselect6", A0},
        {"ptrace", A1},
        {"pwrite64", A0},
        {"pwritev", A0},
        {"pwritev2", A0 | A5},
        {"quotactl", A0 | A2},
        {"quotactl_fd", A0 | A1 | A2},
        {"read", A0},
        {"readahead", A0},
        {"readlink", A2},
        {"readlinkat", A0 | A3},
        {"readv", A0},
        {"reboot", A0 | A1 | A2},
        {"recvfrom", A0 | A3},
        {"recvmmsg", A0 | A2 | A3},
        {"recvmsg", A0 | A2},
        {"removexattrat", A0 | A2},
        {"renameat", A0 | A2},
        {"renameat2", A0 | A2 | A4},
        {"request_key", A3},
        {"rseq", A1 | A2 | A3},
        {"rt_sigaction", A0},
        {"rt_sigprocmask", A0},
        {"rt_sigqueueinfo", A0 | A1},
        {"rt_tgsigqueueinfo", A0 | A1 | A2},
        {"sched_get_priority_max", A0},
        {"sched_get_priority_min", A0},
        {"sched_getaffinity", A0 | A1},
        {"sched_getattr", A0 | A2 | A3},
        {"sched_getparam", A0},
        {"sched_getscheduler", A0},
        {"sched_rr_get_interval", A0},
        {"sched_setaffinity", A0 | A1},
        {"sched_setattr", A0 | A2},
        {"sched_setparam", A0},
        {"sched_setscheduler", A0 | A1},
        {"seccomp", A0 | A1},
        {"select", A0},
        {"semctl", A0 | A1 | A2},
        {"semget", A0 | A1 | A2},
        {"semop", A0 | A2},
        {"semtimedop", A0 | A2},
        {"sendfile", A0 | A1},
        {"sendmmsg", A0 | A2 | A3},
        {"sendmsg", A0 | A2},
        {"sendto", A0 | A3 | A5},
        {"set_mempolicy", A0},
        {"setdomainname", A1},
        {"setfsgid", I0},
        {"setfsuid", I0},
        {"setgid", I0},
        {"setgroups", A0},
        {"sethostname", A1},
        {"setitimer", A0},
        {"setns", A0 | A1},
        {"setpgid", A0 | A1},
        {"setpriority", A0 | A1 | A2},
        {"setregid", I0 | I1},
        {"setresgid", I0 | I1 | I2},
        {"setresuid", I0 | I1 | I2},
        {"setreuid", I0 | I1},
        {"setrlimit", A0},
        {"setsockopt", A0 | A1 | A2 | A4},
        {"setuid", I0},
        {"setxattr", A4},
        {"setxattrat", A0 | A2},
        {"shmat", A0 | A2},
        {"shmctl", A0 | A1},
        {"shmget", A0 | A2},
        {"shutdown", A0 | A1},
        {"signalfd", A0},
        {"signalfd4", A0 | A3},
        {"socket", A0 | A1 | A2},
        {"socketcall", A0},
        {"socketpair", A0 | A1 | A2},
        {"splice", A0 | A2 | A5},
        {"statmount", A3},
        {"statx", A0 | A2 | A3},
        {"swapon", A1},
        {"symlinkat", A1},
        {"sync_file_range", A0 | A3},
        {"syncfs", A0},
        {"sysfs", A0},
        {"syslog", A0 | A2},
        {"tee", A0 | A1 | A3},
        {"tgkill", A0 | A1 | A2},
        {"timer_create", A0},
        {"timer_delete", A0},
        {"timer_getoverrun", A0},
        {"timer_gettime", A0},
        {"timer_settime", A0 | A1},
        {"timerfd_create", A0 | A1},
        {"timerfd_gettime", A0},
        {"timerfd_settime", A0 | A1},
        {"tkill", A0 | A1},
        {"umask", A0},
        {"umount2", A1},
        {"unlinkat", A0 | A2},
        {"userfaultfd", A0},
        {"ustat", A0},
        {"utimensat", A0 | A3},
        {"vmsplice", A0 | A3},
        {"wait4", A0 | A2},
        {"waitid", A0 | A1 | A3},
        {"write", A0},
        {"writev", A0},
};

static unsigned find(const char *name)
{
        size_t low = 0, high = ELEMENTS(narrow_calls);

        while (low < high) {
                size_t middle = (low + high) / 2;
                int order = strcmp(name, narrow_calls[middle].name);

                if (order == 0)
                        return narrow_calls[middle].args;
                if (order < 0)
                        high = middle;
                else
                        low = middle + 1;
        }
        return 0;
}

unsigned seccomp_narrow_args(const char *name)
{
        return find(name) & UINT8_MAX;
}

unsigned seccomp_short_args(const char *name, bool old_ids)
{
        unsigned args = find(name);

        return ((args >> 8) | (old_ids ? args >> 16 : 0)) & UINT8_MAX;
}

size_t seccomp_narrow_count(void)
{
        return ELEMENTS(narrow_calls);
}

const char *seccomp_narrow_name(size_t index)
{
        return narrow_calls[index].name;
}
