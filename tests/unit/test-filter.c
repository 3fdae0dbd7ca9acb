/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/filter.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "arches.h"
#include "base/fd.h"
#include "base/syscalls.h"

#define ALLOW SECCOMP_RET_ALLOW
#define REFUSE(code) (SECCOMP_RET_ERRNO | (code))
#ifdef __x86_64__
#define NATIVE_LAST 334u /* before the numbers that all architectures share */
#define NATIVE_BLOCKED 85u
#else
#define NATIVE_LAST 294u
#define NATIVE_BLOCKED 70u
#endif
#define HIGH (1ull << 32) /* a bit that the kernel doesn't see in a 32-bit argument */

#define CAP_BIT(n) (1ull << (n))
#define CAP_SYS_ADMIN_BIT CAP_BIT(21)
/* CHOWN DAC_OVERRIDE FOWNER KILL SETGID SETUID SETPCAP NET_BIND_SERVICE */
#define DEFAULT_CAPS \
        (CAP_BIT(0) | CAP_BIT(1) | CAP_BIT(3) | CAP_BIT(5) | CAP_BIT(6) | CAP_BIT(7) | CAP_BIT(8) | CAP_BIT(10))

static struct spec_seccomp text_profile(const char *text)
{
        return (struct spec_seccomp){.text = text, .len = strlen(text), .origin = {.line = 1, .column = 1}};
}

static struct spec_seccomp default_profile(void)
{
        return (struct spec_seccomp){
                .text = filter_default_profile, .len = filter_default_profile_len, .origin = {.line = 1, .column = 1}};
}

static void compile_default(uint64_t caps, struct arena *arena, struct seccomp_filter *ret_filter)
{
        struct seccomp_context context = {.caps = caps, .kernel_major = 6, .kernel_minor = 18};
        struct spec_seccomp profile = default_profile();
        struct ward_err err = {0};

        if (filter_get(&profile, "default.json", &context, -EBADF, arena, ret_filter, NULL, &err) < 0)
                fail_msg("%s", err.message);
}

static uint32_t answer(const struct seccomp_filter *filter, const char *name, uint64_t a0, uint64_t a1, uint64_t a2)
{
        const uint64_t args[6] = {a0, a1, a2};

        return seccomp_filter_answer(filter, NATIVE_ARCH, (uint32_t)syscall_number(name), args);
}

/* Newer architectures have no call that another one does as well. */
static bool is_here(const char *name)
{
        return syscall_number(name) >= 0;
}

/* Refused with EPERM, whatever the arguments. */
static const char *const refused_calls[] = {
        "acct",
        "add_key",
        "bpf",
        "chroot",
        "clock_settime",
        "delete_module",
        "fanotify_init",
        "finit_module",
        "fsconfig",
        "fsmount",
        "fsopen",
        "fspick",
        "init_module",
        "io_uring_enter",
        "io_uring_register",
        "io_uring_setup",
        "ioperm",
        "iopl",
        "kcmp",
        "kexec_file_load",
        "kexec_load",
        "keyctl",
        "lookup_dcookie",
        "mbind",
        "migrate_pages",
        "modify_ldt",
        "mount",
        "mount_setattr",
        "move_mount",
        "move_pages",
        "open_by_handle_at",
        "open_tree",
        "open_tree_attr",
        "perf_event_open",
        "pidfd_getfd",
        "pivot_root",
        "process_madvise",
        "process_vm_readv",
        "process_vm_writev",
        "ptrace",
        "quotactl",
        "quotactl_fd",
        "reboot",
        "request_key",
        "setdomainname",
        "sethostname",
        "setns",
        "settimeofday",
        "swapoff",
        "swapon",
        "sysfs",
        "syslog",
        "umount2",
        "uselib",
        "userfaultfd",
        "ustat",
        "vhangup",
        "vmsplice",
};

static void test_default_blocks(void **state)
{
        _cleanup_arena_ struct arena arena = {0};
        struct seccomp_filter filter;
        const uint64_t none[6] = {0};
        unsigned total = 0, blocked = 0;

        compile_default(DEFAULT_CAPS, &arena, &filter);
        assert_int_equal(filter.flags, SECCOMP_FILTER_FLAG_LOG);
        for (size_t i = 0; i < ELEMENTS(refused_calls); i++)
                if (is_here(refused_calls[i]) && answer(&filter, refused_calls[i], 0, 0, 0) != REFUSE(EPERM))
                        fail_msg("%s is answered 0x%x", refused_calls[i], answer(&filter, refused_calls[i], 0, 0, 0));
        for (uint32_t nr = 0; nr <= SYSCALL_NEWEST; nr++) {
                uint32_t action = seccomp_filter_answer(&filter, NATIVE_ARCH, nr, none);

                if (nr > NATIVE_LAST && nr < 424) /* no such calls, or the kernel's own */
                        continue;
                total++;
                blocked += action != ALLOW;
        }
        assert_int_equal(total, NATIVE_LAST + 1 + SYSCALL_NEWEST - 423);
        assert_true(blocked >= NATIVE_BLOCKED);
        print_message("%u of %u blocked, %u instructions\n", blocked, total, filter.count);
        for (uint32_t nr = SYSCALL_NEWEST + 1; nr < 2000; nr++)
                assert_int_equal(seccomp_filter_answer(&filter, NATIVE_ARCH, nr, none), REFUSE(ENOSYS));
        assert_int_equal(answer(&filter, "clone3", 0, 0, 0), REFUSE(ENOSYS));
        /* x32 is ENOSYS, i386 and arm have the same rules (20 is getpid, 21 mount), another architecture kills. */
#ifdef __x86_64__
        assert_int_equal(seccomp_filter_answer(&filter, SCMP_ARCH_X86_64, 0x40000000 | 39, none), REFUSE(ENOSYS));
#endif
        assert_int_equal(seccomp_filter_answer(&filter, COMPAT_ARCH, 20, none), ALLOW);
        assert_int_equal(seccomp_filter_answer(&filter, COMPAT_ARCH, 21, none), REFUSE(EPERM));
        assert_int_equal(seccomp_filter_answer(&filter, COMPAT_ARCH, 900, none), REFUSE(ENOSYS));
        assert_int_equal(seccomp_filter_answer(&filter, FOREIGN_ARCH, 0, none), SECCOMP_RET_KILL_PROCESS);
}

static void test_default_arguments(void **state)
{
        static const uint32_t personalities[] = {0, 8, 0x20000, 0x20008, 0xffffffff};
        static const unsigned namespaces[] = {CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                              CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET};
        _cleanup_arena_ struct arena arena = {0};
        struct seccomp_filter filter;

        compile_default(DEFAULT_CAPS, &arena, &filter);
        for (uint64_t high = 0; high <= HIGH; high += HIGH) {
                for (uint64_t family = 0; family < 64; family++) {
                        bool allowed = family <= AF_INET || family == AF_INET6 || family == AF_NETLINK;
                        uint32_t wanted = allowed ? ALLOW : REFUSE(family == AF_PACKET ? EPERM : EAFNOSUPPORT);

                        assert_int_equal(answer(&filter, "socket", family | high, SOCK_RAW, 0), wanted);
                }
                assert_int_equal(answer(&filter, "socket", AF_NETLINK | high, SOCK_RAW, 12 | high),
                                 REFUSE(EPROTONOSUPPORT));
                assert_int_equal(answer(&filter, "ioctl", 0, TIOCSTI | high, 0), REFUSE(EPERM));
                assert_int_equal(answer(&filter, "ioctl", 0, TIOCLINUX | high, 0), REFUSE(EPERM));
                assert_int_equal(answer(&filter, "ioctl", 0, TIOCGWINSZ | high, 0), ALLOW);
                for (size_t i = 0; i < ELEMENTS(personalities); i++)
                        assert_int_equal(answer(&filter, "personality", personalities[i] | high, 0, 0), ALLOW);
                assert_int_equal(answer(&filter, "personality", 0x40000 | high, 0, 0), REFUSE(EPERM));
                for (size_t i = 0; i < ELEMENTS(namespaces); i++) {
                        assert_int_equal(answer(&filter, "clone", namespaces[i] | high | SIGCHLD, 0, 0), REFUSE(EPERM));
                        assert_int_equal(answer(&filter, "unshare", namespaces[i] | high, 0, 0), REFUSE(EPERM));
                }
        }
        assert_int_equal(answer(&filter, "unshare", 0x80, 0, 0), REFUSE(EPERM)); /* CLONE_NEWTIME */
        assert_int_equal(answer(&filter, "unshare", CLONE_FILES | CLONE_FS, 0, 0), ALLOW);
        assert_int_equal(answer(&filter, "clone", CLONE_VM | CLONE_FILES | CLONE_THREAD, 0, 0), ALLOW);
#ifdef __x86_64__
        const uint64_t i386_socket[6] = {1};
        assert_int_equal(seccomp_filter_answer(&filter, SCMP_ARCH_X86, 102, i386_socket), REFUSE(EAFNOSUPPORT));
#endif
        /* What a capability brings. */
        compile_default(DEFAULT_CAPS | CAP_SYS_ADMIN_BIT, &arena, &filter);
        assert_int_equal(answer(&filter, "clone3", 0, 0, 0), ALLOW);
        assert_int_equal(answer(&filter, "clone", CLONE_NEWUSER, 0, 0), ALLOW);
        assert_int_equal(answer(&filter, "mount", 0, 0, 0), ALLOW);
        assert_int_equal(answer(&filter, "ptrace", 0, 0, 0), REFUSE(EPERM));
        assert_int_equal(answer(&filter, "keyctl", 0, 0, 0), REFUSE(EPERM));
}

/* What programs need to start, run threads, make connections and end. */
static const char *const needed_calls[] = {
        "access",
        "arch_prctl",
        "brk",
        "capget",
        "chown",
        "clock_gettime",
        "clone",
        "close",
        "connect",
        "dup2",
        "epoll_pwait",
        "epoll_wait",
        "eventfd2",
        "execve",
        "execveat",
        "exit_group",
        "faccessat2",
        "fadvise64",
        "fchmodat2",
        "fcntl",
        "flock",
        "fork",
        "fsync",
        "futex",
        "futex_waitv",
        "getdents64",
        "getrandom",
        "getsockopt",
        "inotify_add_watch",
        "io_submit",
        "ioctl",
        "kill",
        "landlock_restrict_self",
        "lseek",
        "madvise",
        "membarrier",
        "memfd_create",
        "mkdir",
        "mknod",
        "mmap",
        "mprotect",
        "mremap",
        "mseal",
        "munmap",
        "newfstatat",
        "openat",
        "openat2",
        "pidfd_open",
        "pipe2",
        "poll",
        "prctl",
        "pread64",
        "prlimit64",
        "pselect6",
        "readlink",
        "recvmsg",
        "rename",
        "rseq",
        "rt_sigaction",
        "rt_sigprocmask",
        "rt_sigreturn",
        "sched_getaffinity",
        "sched_yield",
        "seccomp",
        "semget",
        "sendfile",
        "sendmsg",
        "set_robust_list",
        "set_tid_address",
        "setgroups",
        "setitimer",
        "setresuid",
        "setsid",
        "setsockopt",
        "shmat",
        "sigaltstack",
        "signalfd4",
        "socketpair",
        "splice",
        "statfs",
        "statx",
        "sysinfo",
        "tgkill",
        "timerfd_create",
        "umask",
        "uname",
        "unlinkat",
        "uprobe",
        "uretprobe",
        "utimensat",
        "vfork",
        "wait4",
        "waitid",
        "write",
};

static void test_default_allows(void **state)
{
        _cleanup_arena_ struct arena arena = {0};
        struct seccomp_filter filter;

        compile_default(DEFAULT_CAPS, &arena, &filter);
        for (size_t i = 0; i < ELEMENTS(needed_calls); i++)
                if (is_here(needed_calls[i]) && answer(&filter, needed_calls[i], 0, 0, 0) != ALLOW)
                        fail_msg("%s is refused", needed_calls[i]);
}

/* False where an emulator makes the system calls, and has no filters. */
static bool loads_filters(void)
{
        const uint32_t allow = ALLOW;

        return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &allow) == 0;
}

static int install(const struct seccomp_filter *filter)
{
        struct sock_fprog program = {.len = filter->count, .filter = filter->code};

        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return -errno;
        return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, filter->flags, &program) < 0 ? -errno : 0;
}

#ifdef __x86_64__
static long by_int80(long nr)
{
        long result;

        __asm__ volatile("int $0x80"
                         : "=a"(result)
                         : "a"(nr), "b"(0), "c"(0), "d"(0)
                         : "memory", "r8", "r9", "r10", "r11");
        return (int)result;
}
#endif

/* Runs in a child under the filter; its exit code says which of the tries went wrong. */
static int try_filter(const struct seccomp_filter *filter)
{
        pid_t pid = getpid();

        if (install(filter) < 0)
                return 1;
        if (syscall(SYS_getpid) != pid)
                return 2;
        if (syscall(SYS_keyctl, 0, 0, 0, 0, 0) != -1 || errno != EPERM)
                return 3;
        if (syscall(900) != -1 || errno != ENOSYS)
                return 4;
        if (syscall(SYS_ioctl, 0, TIOCSTI | HIGH, 0) != -1 || errno != EPERM)
                return 5;
        if (syscall(SYS_socket, 38 | HIGH, SOCK_SEQPACKET, 0) != -1 || errno != EAFNOSUPPORT)
                return 6;
        if (syscall(SYS_clone3, NULL, 0) != -1 || errno != ENOSYS)
                return 7;
#ifdef __x86_64__
        if (syscall(0x40000000 | SYS_getpid) != -1 || errno != ENOSYS)
                return 8;
        if (by_int80(20) != pid) /* getpid */
                return 9;
        if (by_int80(21) != -EPERM) /* mount */
                return 10;
        if (by_int80(102) != -EPERM) /* socketcall, of no known call */
                return 11;
#endif
        return 0;
}

static void test_kernel(void **state)
{
        _cleanup_arena_ struct arena arena = {0};
        struct seccomp_filter filter;
        int status;
        pid_t pid;

        if (!loads_filters()) {
                print_message("skipped: no filter can be loaded here: an emulator makes the system calls\n");
                skip();
        }
        compile_default(DEFAULT_CAPS, &arena, &filter);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
                _exit(try_filter(&filter));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                fail_msg("the child ended with status 0x%x", status);
}

static void test_messages(void **state)
{
        static const char text[] =
                "{\n \"defaultAction\": \"SCMP_ACT_ALLOW\",\n \"syscalls\": [\n"
                "  {\"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\", \"args\": [\n"
                "   {\"index\": 0, \"value\": 1, \"valueTwo\": 2, \"op\": \"SCMP_CMP_MASKED_EQ\"}]}]}";
        struct spec_seccomp profile = text_profile(text), empty = {0};
        _cleanup_arena_ struct arena arena = {0};
        struct seccomp_filter filter = {.count = 7};
        struct ward_err err = {0};

        assert_int_equal(filter_get(&profile, "config.json", NULL, -EBADF, &arena, &filter, NULL, &err), -EINVAL);
        assert_int_equal(filter.count, 7);
        if (strstr(err.message, "config.json:4:") == NULL)
                fail_msg("no position: %s", err.message);
        assert_int_equal(filter_get(&empty, "config.json", NULL, -EBADF, &arena, &filter, NULL, NULL), 0);
        assert_null(filter.code);
        assert_int_equal(filter.count, 0);
}

/* A cache with the filters of two profiles, the first of which allows what the second refuses. */
struct cache {
        char path[64];
        int fd;
        struct arena arena;
        char open_name[128], strict_name[128];
        struct seccomp_filter strict;
};

static const char open_text[] = "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}";
static const char strict_text[] = "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"mkdirat\"], "
                                  "\"action\": \"SCMP_ACT_ERRNO\"}]}";

/* Gets the filter of @text; the refusal must be in it whatever the cache holds. Returns whether it came from the cache. */
static bool get(struct cache *cache, const char *text)
{
        struct spec_seccomp profile = text_profile(text);
        struct seccomp_filter filter;
        bool cached = false;

        assert_int_equal(filter_get(&profile, "p", NULL, cache->fd, &cache->arena, &filter, &cached, NULL), 0);
        assert_int_equal(filter.flags, SECCOMP_FILTER_FLAG_LOG);
        assert_int_equal(answer(&filter, "mkdirat", 0, 0, 0), text == strict_text ? REFUSE(EPERM) : ALLOW);
        return cached;
}

static void close_list(DIR **list)
{
        if (*list != NULL)
                (void)closedir(*list);
}

/* The name that appears in the cache when @text is compiled. */
static void learn_name(struct cache *cache, const char *text, const char *other, char *name, size_t size)
{
        _cleanup_(close_list) DIR *list = NULL;
        const struct dirent *entry;

        assert_false(get(cache, text));
        list = opendir(cache->path);
        assert_non_null(list);
        while ((entry = readdir(list)) != NULL)
                if (strlen(entry->d_name) == 64 && strcmp(entry->d_name, other) != 0)
                        (void)snprintf(name, size, "%s", entry->d_name);
        assert_int_equal(strlen(name), 64);
}

static int set_up(void **state)
{
        struct cache *cache = calloc(1, sizeof(*cache));

        assert_non_null(cache);
        (void)snprintf(cache->path, sizeof(cache->path), "/tmp/ward-test-filter.XXXXXX");
        assert_non_null(mkdtemp(cache->path));
        cache->fd = open(cache->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(cache->fd >= 0);
        learn_name(cache, open_text, "", cache->open_name, sizeof(cache->open_name));
        learn_name(cache, strict_text, cache->open_name, cache->strict_name, sizeof(cache->strict_name));
        *state = cache;
        return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
        return remove(path);
}

static int tear_down(void **state)
{
        struct cache *cache = *state;

        arena_done(&cache->arena);
        (void)fd_close(cache->fd);
        (void)nftw(cache->path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
        free(cache);
        return 0;
}

static void test_cache_hit(void **state)
{
        struct cache *cache = *state;
        struct seccomp_context context = {.caps = 1}, other = {.caps = 2};
        struct spec_seccomp profile = text_profile(strict_text);
        struct seccomp_filter compiled, loaded;
        struct stat st;
        bool cached;
        mode_t mask;

        assert_true(get(cache, strict_text));
        assert_true(get(cache, open_text));
        assert_int_equal(fstatat(cache->fd, cache->strict_name, &st, AT_SYMLINK_NOFOLLOW), 0);
        assert_int_equal(st.st_mode, S_IFREG | 0600);
        /* The same filter, and the context is part of the key. A tight umask does not hinder. */
        mask = umask(0777);
        assert_int_equal(filter_get(&profile, "p", &context, cache->fd, &cache->arena, &compiled, &cached, NULL), 0);
        (void)umask(mask);
        assert_false(cached);
        assert_int_equal(filter_get(&profile, "p", &context, cache->fd, &cache->arena, &loaded, &cached, NULL), 0);
        assert_true(cached);
        assert_int_equal(loaded.count, compiled.count);
        assert_int_equal(loaded.flags, compiled.flags);
        assert_memory_equal(loaded.code, compiled.code, compiled.count * sizeof(*compiled.code));
        assert_int_equal(filter_get(&profile, "p", &other, cache->fd, &cache->arena, &loaded, &cached, NULL), 0);
        assert_false(cached);
        assert_int_equal(filter_get(&profile, "p", NULL, -EBADF, &cache->arena, &loaded, &cached, NULL), 0);
        assert_false(cached);
}

/* Profiles that are alike for most of their text, and as long: each has the filter of its own. */
/* The flags are what the kernel is asked for, and the same when they come from the cache. */
static void test_flags(void **state)
{
        static const struct {
                const char *flags, *rules;
                uint32_t wanted;
        } cases[] = {
                {"", "\"syscalls\":[]}", SECCOMP_FILTER_FLAG_LOG},
                {"\"SECCOMP_FILTER_FLAG_TSYNC\",\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\"", "\"syscalls\":[]}",
                 SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW},
                {"\"SECCOMP_FILTER_FLAG_TSYNC\",\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"",
                 "\"syscalls\":[{\"names\":[\"mkdirat\"],\"action\":\"SCMP_ACT_NOTIFY\"}]}",
                 SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
                /* No architecture of this machine has the call: nothing would be told. */
                {"\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"",
                 "\"syscalls\":[{\"names\":[\"riscv_hwprobe\"],\"action\":\"SCMP_ACT_NOTIFY\"}]}",
                 SECCOMP_FILTER_FLAG_LOG},
        };
        struct cache *cache = *state;

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                char text[512];
                struct spec_seccomp profile;
                bool cached;

                (void)snprintf(text, sizeof(text), "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[%s],%s",
                               cases[i].flags, cases[i].rules);
                profile = text_profile(text);
                for (int round = 0; round < 2; round++) {
                        struct seccomp_filter filter;

                        assert_int_equal(
                                filter_get(&profile, "p", NULL, cache->fd, &cache->arena, &filter, &cached, NULL), 0);
                        assert_int_equal(cached, round == 1);
                        assert_int_equal(filter.flags, cases[i].wanted);
                        if (loads_filters())
                                assert_int_equal(seccomp_flags_check(filter.flags, NULL), 0);
                }
        }
        /* What a kernel to come may have, this one refuses. */
        if (loads_filters())
                assert_int_equal(seccomp_flags_check(1u << 30, NULL), -EOPNOTSUPP);
}

static void test_cache_alike(void **state)
{
        static const char *const texts[] = {
                "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"mkdirat\"], \"action\": "
                "\"SCMP_ACT_ERRNO\"}]}",
                "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"mkdirat\"], \"action\": "
                "\"SCMP_ACT_ALLOW\"}]}",
                "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"unlinkat\"], \"action\": "
                "\"SCMP_ACT_ALLOW\"}]}",
        };
        struct cache *cache = *state;

        for (size_t round = 0; round < 2; round++)
                for (size_t i = 0; i < ELEMENTS(texts); i++) {
                        struct spec_seccomp profile = text_profile(texts[i]);
                        struct seccomp_filter filter;
                        bool cached;

                        assert_int_equal(
                                filter_get(&profile, "p", NULL, cache->fd, &cache->arena, &filter, &cached, NULL), 0);
                        if (round > 0)
                                assert_true(cached);
                        assert_int_equal(answer(&filter, "mkdirat", 0, 0, 0), i == 1 ? ALLOW : REFUSE(EPERM));
                        assert_int_equal(answer(&filter, "unlinkat", 0, 0, 0), ALLOW);
                }
}

static void copy_bytes(struct cache *cache, const char *from, const char *to, size_t shorter, ssize_t flip)
{
        _cleanup_free_ char *bytes = NULL;
        _cleanup_close_
        int fd = -EBADF;
        size_t len;

        assert_int_equal(fd_read_file(cache->fd, from, 1 << 20, &bytes, &len, NULL), 0);
        assert_int_equal(unlinkat(cache->fd, to, 0), 0);
        fd = openat(cache->fd, to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        if (flip >= 0)
                bytes[flip] ^= 1;
        assert_int_equal(fd_write_all(fd, bytes, len - shorter), 0);
}

/* After whatever was done to the file of the strict filter: it is compiled, and healed. */
static void expect_healed(struct cache *cache, const char *what)
{
        if (get(cache, strict_text))
                fail_msg("%s: it was believed", what);
        if (!get(cache, strict_text))
                fail_msg("%s: it was not healed", what);
}

static void test_cache_content(void **state)
{
        struct cache *cache = *state;
        struct stat st;

        assert_int_equal(fstatat(cache->fd, cache->strict_name, &st, 0), 0);
        copy_bytes(cache, cache->open_name, cache->strict_name, 0, -1);
        expect_healed(cache, "another filter's file");
        for (size_t shorter = 1; shorter <= (size_t)st.st_size; shorter++) {
                copy_bytes(cache, cache->strict_name, cache->strict_name, shorter, -1);
                expect_healed(cache, "a truncated file");
        }
        for (ssize_t at = 0; at < st.st_size; at++) {
                copy_bytes(cache, cache->strict_name, cache->strict_name, 0, at);
                expect_healed(cache, "a changed byte");
        }
        assert_int_equal(fstatat(cache->fd, cache->strict_name, &st, 0), 0);
        {
                _cleanup_close_
                int fd = openat(cache->fd, cache->strict_name, O_WRONLY | O_APPEND | O_CLOEXEC);

                assert_int_equal(fd_write_all(fd, "12345678", 8), 0);
        }
        expect_healed(cache, "a longer file");
}

static void test_cache_file(void **state)
{
        static const mode_t modes[] = {0620, 0602, 0640, 0604, 0644, 0660, 0666, 0400, 0700, 04600, 01600};
        struct cache *cache = *state;

        for (size_t i = 0; i < ELEMENTS(modes); i++) {
                assert_int_equal(fchmodat(cache->fd, cache->strict_name, modes[i], 0), 0);
                expect_healed(cache, "a file of another mode");
        }
        /* Good content behind a link, as whoever can make links in other directories would put it. */
        assert_int_equal(linkat(cache->fd, cache->strict_name, cache->fd, "second", 0), 0);
        expect_healed(cache, "a file of two names");
        assert_int_equal(unlinkat(cache->fd, cache->strict_name, 0), 0);
        assert_int_equal(symlinkat("second", cache->fd, cache->strict_name), 0);
        expect_healed(cache, "a symbolic link");
        assert_int_equal(unlinkat(cache->fd, cache->strict_name, 0), 0);
        assert_int_equal(mkfifoat(cache->fd, cache->strict_name, 0600), 0);
        expect_healed(cache, "a pipe");
        if (geteuid() == 0) {
                assert_int_equal(fchownat(cache->fd, cache->strict_name, 1000, 0, 0), 0);
                expect_healed(cache, "a foreign file");
        }
        /* What can't be replaced is not used either. */
        assert_int_equal(unlinkat(cache->fd, cache->strict_name, 0), 0);
        assert_int_equal(mkdirat(cache->fd, cache->strict_name, 0600), 0);
        assert_false(get(cache, strict_text));
        assert_false(get(cache, strict_text));
}

static void test_cache_directory(void **state)
{
        static const mode_t modes[] = {0770, 0720, 0702, 0755, 0711, 01700};
        struct cache *cache = *state;

        for (size_t i = 0; i < ELEMENTS(modes); i++) {
                assert_int_equal(fchmod(cache->fd, modes[i]), 0);
                assert_false(get(cache, strict_text));
        }
        assert_int_equal(fchmod(cache->fd, 0700), 0);
        assert_true(get(cache, strict_text));
        if (geteuid() == 0) {
                assert_int_equal(fchown(cache->fd, 1000, 0), 0);
                assert_false(get(cache, strict_text));
        }
}

static void test_cache_full(void **state)
{
        struct cache *cache = *state;
        char name[80];

        for (int i = 0; i < 300; i++) {
                _cleanup_close_
                int fd = -EBADF;

                (void)snprintf(name, sizeof(name), "%064d", i);
                fd = openat(cache->fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
                assert_true(fd >= 0);
        }
        assert_int_equal(mkdirat(cache->fd, "other", 0700), 0);
        assert_int_equal(unlinkat(cache->fd, cache->strict_name, 0), 0);
        assert_false(get(cache, strict_text));
        assert_true(get(cache, strict_text));
        assert_int_equal(faccessat(cache->fd, name, F_OK, 0), -1);
        assert_int_equal(faccessat(cache->fd, cache->open_name, F_OK, 0), -1);
        assert_int_equal(faccessat(cache->fd, "other", F_OK, 0), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_default_blocks),
                cmocka_unit_test(test_default_arguments),
                cmocka_unit_test(test_default_allows),
                cmocka_unit_test(test_kernel),
                cmocka_unit_test(test_messages),
                cmocka_unit_test_setup_teardown(test_cache_hit, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_flags, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_cache_alike, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_cache_content, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_cache_file, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_cache_directory, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_cache_full, set_up, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
