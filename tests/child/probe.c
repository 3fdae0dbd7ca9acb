/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's program in the tests of this folder: says in one write how it is confined, as the kernel shows it and as it finds by
 * trying. With an argument it stays after that until it is killed.
 *
 * Lines are "WHAT VALUE". Static, and without anything that a filter could forbid: it must be able to speak whenever it runs at all.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

static struct {
        char text[65536];
        size_t used;
} report;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
        size_t room = sizeof(report.text) - report.used;
        va_list args;
        int len;

        va_start(args, format);
        len = vsnprintf(report.text + report.used, room, format, args);
        va_end(args);
        report.used += (size_t)len < room ? (size_t)len : room - 1;
}

/* The lines of @path that begin with @prefix, each with @what in front. */
static void say_lines(const char *what, const char *path, const char *prefix)
{
        static char content[65536];
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : read(fd, content, sizeof(content) - 1);
        char *rest = content, *line;

        if (n < 0) {
                say("%s %s: errno %d\n", what, path, errno);
                return;
        }
        (void)close(fd);
        content[n] = '\0';
        while ((line = strsep(&rest, "\n")) != NULL)
                if (*line != '\0' && strncmp(line, prefix, strlen(prefix)) == 0)
                        say("%s %s\n", what, line);
}

static void say_link(const char *what, const char *path)
{
        char link[4096];
        ssize_t n = readlink(path, link, sizeof(link) - 1);

        link[n < 0 ? 0 : n] = '\0';
        say("%s %s\n", what, link);
}

static void say_namespaces(void)
{
        static const char *const names[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};
        char path[64];

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                (void)snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
                say_link("namespace", path);
        }
}

/* Standard input, output and error are the caller's; whatever else is open was not meant for us. */
static void say_descriptors(void)
{
        DIR *dir = opendir("/proc/self/fd");
        const struct dirent *entry;
        char path[300], own[16];

        (void)snprintf(own, sizeof(own), "%d", dir == NULL ? -1 : dirfd(dir));
        while (dir != NULL && (entry = readdir(dir)) != NULL) {
                if (entry->d_name[0] == '.' || (entry->d_name[0] <= '2' && entry->d_name[1] == '\0') ||
                    strcmp(entry->d_name, own) == 0)
                        continue;
                (void)snprintf(path, sizeof(path), "/proc/self/fd/%s", entry->d_name);
                say("descriptor %s ", entry->d_name);
                say_link("", path);
        }
        if (dir != NULL)
                (void)closedir(dir);
}

/* A device that is not allowed must be closed by its rule: EPERM, also where the node can be made. */
static void try_device(const char *kind, mode_t type, unsigned major, unsigned minor)
{
        static const char node[] = "/dev/probe-node";
        int fd;

        /* One that was killed here before may have left it, where /dev is the root's own. */
        (void)unlink(node);
        if (mknod(node, type | 0600, makedev(major, minor)) < 0) {
                say("device %s: mknod: errno %d\n", kind, errno);
                return;
        }
        fd = open(node, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        say("device %s: errno %d\n", kind, fd < 0 ? errno : 0);
        if (fd >= 0)
                (void)close(fd);
        (void)unlink(node);
}

static void try_masks(const char *path)
{
        char first;
        int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : read(fd, &first, 1);

        say("mask %s: %zd, errno %d\n", path, n, n < 0 ? errno : 0);
        if (fd >= 0)
                (void)close(fd);
}

static void try_writes(const char *path)
{
        int fd = open(path, O_WRONLY | O_CLOEXEC);

        say("write %s: errno %d\n", path, fd < 0 ? errno : 0);
        if (fd >= 0)
                (void)close(fd);
}

static void say_process(char **envp)
{
        struct utsname names;
        int signal = -1;

        (void)prctl(PR_GET_PDEATHSIG, &signal);
        say("process death signal %d, dumpable %d, leads its session %d\n", signal, prctl(PR_GET_DUMPABLE),
            getsid(0) == getpid());
        /* 99 is what the filter of the tests answers. */
        say("filter errno %d\n", syscall(SYS_acct, NULL) < 0 ? errno : 0);
        say("keyring %ld\n", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0));
        if (uname(&names) == 0)
                say("names %s %s\n", names.nodename, names.domainname);
        while (*envp != NULL)
                say("environment %s\n", *envp++);
}

int main(int argc, char **argv, char **envp)
{
        static const char *const status[] = {
                "Uid:", "Gid:", "Groups:", "Cap", "NoNewPrivs:", "Seccomp", "NSpid:", "SigBlk:", "SigIgn", "Umask:"};
        static const char *const limits[] = {
                "/sys/fs/cgroup/pids/pids.max",       "/sys/fs/cgroup/pids.max",
                "/sys/fs/cgroup/unified/pids.max",    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory.max",          "/sys/fs/cgroup/unified/memory.max",
                "/sys/fs/cgroup/devices/devices.list"};

        (void)argv;
        for (size_t i = 0; i < sizeof(status) / sizeof(status[0]); i++)
                say_lines("status", "/proc/self/status", status[i]);
        say_namespaces();
        say_lines("cgroup", "/proc/self/cgroup", "");
        for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
                say_lines("limit", limits[i], "");
        say_lines("rlimit", "/proc/self/limits", "");
        say_lines("oom", "/proc/self/oom_score_adj", "");
        say_lines("personality", "/proc/self/personality", "");
        say_lines("sysctl", "/proc/sys/net/ipv4/ip_forward", "");
        say_lines("loopback", "/sys/class/net/lo/flags", "");
        say_link("directory", "/proc/self/cwd");
        say_link("root", "/proc/self/root");
        say_lines("mount", "/proc/self/mountinfo", "");
        say_descriptors();
        try_masks("/proc/kcore");
        try_masks("/proc/keys");
        try_masks("/sys/firmware");
        try_writes("/proc/sys/kernel/core_pattern");
        try_writes("/proc/sysrq-trigger");
        try_device("block 1:0", S_IFBLK, 1, 0);
        try_device("char 1:1", S_IFCHR, 1, 1);
        try_device("char 1:5", S_IFCHR, 1, 5);
        say_process(envp);
        (void)!write(STDOUT_FILENO, report.text, report.used);
        while (argc > 1)
                (void)pause();
        return 0;
}
