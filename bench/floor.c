/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's floor: the system calls that a default `runc spec` container needs, one after the other, with nothing around
 * them. No configuration is read, nothing is checked that the kernel does not check, no state is written. What a runtime takes
 * beyond this is its own.
 *
 *      floor [-l] [-n NAME] [-g DIR]... run      ROOTFS PROGRAM [ARG...]    start, wait, clean up
 *      floor [-l] [-n NAME] [-g DIR]... hold     ROOTFS PROGRAM [ARG...]    the same; prints the program's pid when it runs
 *      floor [-l]  -n NAME  [-g DIR]... leave    ROOTFS PROGRAM [ARG...]    start and end, the container stays
 *      floor [-l]  -n NAME  [-g DIR]... exec     PID    PROGRAM [ARG...]    a second program in a held container
 *      floor       -n NAME  [-g DIR]... gone                                kill what is left, remove its groups
 *
 * -g names the mount point of a cgroup hierarchy, once for each; in every one the group NAME is made. Without -l the parent
 * attaches by writing the pid to cgroup.procs, which takes a lock of the whole machine (an RCU grace period when it was not
 * taken for a while); with -l the child is born in the cgroup2 group (CLONE_INTO_CGROUP) and puts itself into the v1 groups
 * by writing 0 to `tasks`, which does not.
 *
 * Serial on purpose: a runtime that overlaps parent and child may be faster than this.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <linux/sched.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))
#define HIERARCHIES_MAX 32
#define NAMESPACES (CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS)

struct hierarchy {
        const char *dir;
        const char *name; /* last component of dir */
        bool v2;
        int root_fd;
        int group_fd;
};

struct floor {
        bool lock_free;
        char name[64];
        struct hierarchy hierarchies[HIERARCHIES_MAX];
        size_t hierarchy_count;
        const char *rootfs;
        char **argv;
};

static void must(bool ok, const char *what)
{
        if (ok)
                return;
        fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
        _exit(1);
}

static void write_at(int dir, const char *file, const char *data, size_t len)
{
        int fd = openat(dir, file, O_WRONLY | O_CLOEXEC);

        must(fd >= 0 && write(fd, data, len) == (ssize_t)len, file);
        close(fd);
}

/* ---- the parent: groups ---------------------------------------------------------------------------------------------------- */

/* A new cpuset group is empty and takes no process before it has processors and memory nodes. */
static void copy_cpuset(const struct hierarchy *h)
{
        static const char *const files[] = {"cpuset.cpus", "cpuset.mems"};
        char data[256];

        for (size_t i = 0; i < ELEMENTS(files); i++) {
                int fd = openat(h->root_fd, files[i], O_RDONLY | O_CLOEXEC);
                ssize_t len = read(fd, data, sizeof(data));

                must(fd >= 0 && len > 0, files[i]);
                close(fd);
                write_at(h->group_fd, files[i], data, (size_t)len);
        }
}

/* Deny all, then what every container has: mknod of anything, and the use of the default devices. */
static void limit_devices(const struct hierarchy *h)
{
        static const char *const allowed[] = {"c *:* m",   "b *:* m",   "c 1:3 rwm", "c 1:5 rwm",   "c 1:7 rwm",
                                              "c 1:8 rwm", "c 1:9 rwm", "c 5:0 rwm", "c 136:* rwm", "c 5:2 rwm"};
        int fd;

        write_at(h->group_fd, "devices.deny", "a", 1);
        fd = openat(h->group_fd, "devices.allow", O_WRONLY | O_CLOEXEC);
        must(fd >= 0, "devices.allow");
        for (size_t i = 0; i < ELEMENTS(allowed); i++)
                must(write(fd, allowed[i], strlen(allowed[i])) > 0, allowed[i]);
        close(fd);
}

static void open_hierarchies(struct floor *floor)
{
        for (size_t i = 0; i < floor->hierarchy_count; i++) {
                struct hierarchy *h = &floor->hierarchies[i];
                struct statfs fs;

                h->root_fd = open(h->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
                must(h->root_fd >= 0 && fstatfs(h->root_fd, &fs) == 0, h->dir);
                h->v2 = fs.f_type == CGROUP2_SUPER_MAGIC;
                h->group_fd = openat(h->root_fd, floor->name, O_PATH | O_DIRECTORY | O_CLOEXEC);
        }
}

static void make_groups(struct floor *floor)
{
        for (size_t i = 0; i < floor->hierarchy_count; i++) {
                struct hierarchy *h = &floor->hierarchies[i];

                must(mkdirat(h->root_fd, floor->name, 0755) == 0, h->dir);
                h->group_fd = openat(h->root_fd, floor->name, O_PATH | O_DIRECTORY | O_CLOEXEC);
                must(h->group_fd >= 0, h->dir);
                if (strcmp(h->name, "cpuset") == 0 && !h->v2)
                        copy_cpuset(h);
                if (strcmp(h->name, "devices") == 0 && !h->v2)
                        limit_devices(h);
        }
}

static void attach_from_parent(const struct floor *floor, pid_t pid)
{
        char digits[16];
        int len = snprintf(digits, sizeof(digits), "%d", pid);

        for (size_t i = 0; i < floor->hierarchy_count; i++)
                write_at(floor->hierarchies[i].group_fd, "cgroup.procs", digits, (size_t)len);
}

static void attach_self(const struct floor *floor)
{
        for (size_t i = 0; i < floor->hierarchy_count; i++)
                if (!floor->hierarchies[i].v2)
                        write_at(floor->hierarchies[i].group_fd, "tasks", "0", 1);
}

static void remove_groups(const struct floor *floor)
{
        for (size_t i = 0; i < floor->hierarchy_count; i++)
                must(unlinkat(floor->hierarchies[i].root_fd, floor->name, AT_REMOVEDIR) == 0, "rmdir of a group");
}

/* ---- the child: mounts ----------------------------------------------------------------------------------------------------- */

static void remount_read_only(const char *path, unsigned long flags)
{
        must(mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | flags, NULL) == 0, path);
}

/* The working directory is the root file system from here to the pivot. */
static void mount_file_systems(void)
{
        static const unsigned long strict = MS_NOSUID | MS_NOEXEC | MS_NODEV;

        must(mount("proc", "proc", "proc", 0, NULL) == 0, "proc");
        must(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k") == 0, "dev");
        must(mkdir("dev/pts", 0755) == 0 && mkdir("dev/shm", 0755) == 0 && mkdir("dev/mqueue", 0755) == 0,
             "mkdir in dev");
        must(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5") ==
                     0,
             "dev/pts");
        must(mount("shm", "dev/shm", "tmpfs", strict, "mode=1777,size=65536k") == 0, "dev/shm");
        must(mount("mqueue", "dev/mqueue", "mqueue", strict, NULL) == 0, "dev/mqueue");
        must(mount("sysfs", "sys", "sysfs", strict | MS_RDONLY, NULL) == 0, "sys");
}

static void mount_groups(const struct floor *floor)
{
        static const unsigned long flags = MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RELATIME;
        char source[512], target[256];

        must(mount("tmpfs", "sys/fs/cgroup", "tmpfs", flags, "mode=755") == 0, "sys/fs/cgroup");
        for (size_t i = 0; i < floor->hierarchy_count; i++) {
                const struct hierarchy *h = &floor->hierarchies[i];

                snprintf(source, sizeof(source), "%s/%s", h->dir, floor->name);
                snprintf(target, sizeof(target), "sys/fs/cgroup/%s", h->name);
                must(mkdir(target, 0755) == 0, target);
                must(mount(source, target, NULL, MS_BIND | MS_REC, NULL) == 0, target);
                remount_read_only(target, flags);
        }
        remount_read_only("sys/fs/cgroup", flags);
}

static void make_devices(void)
{
        static const struct {
                const char *path;
                unsigned int major, minor;
        } nodes[] = {{"dev/null", 1, 3},   {"dev/zero", 1, 5},    {"dev/full", 1, 7},
                     {"dev/random", 1, 8}, {"dev/urandom", 1, 9}, {"dev/tty", 5, 0}};
        static const struct {
                const char *target, *path;
        } links[] = {{"/proc/self/fd", "dev/fd"},       {"/proc/self/fd/0", "dev/stdin"},
                     {"/proc/self/fd/1", "dev/stdout"}, {"/proc/self/fd/2", "dev/stderr"},
                     {"/proc/kcore", "dev/core"},       {"pts/ptmx", "dev/ptmx"}};

        umask(0);
        for (size_t i = 0; i < ELEMENTS(nodes); i++)
                must(mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)) == 0, nodes[i].path);
        for (size_t i = 0; i < ELEMENTS(links); i++)
                must(symlink(links[i].target, links[i].path) == 0, links[i].path);
        umask(022);
}

static void enter_root(void)
{
        int old_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

        must(old_root >= 0, "/");
        must(syscall(SYS_pivot_root, ".", ".") == 0, "pivot_root");
        must(fchdir(old_root) == 0, "the old root");
        must(mount(NULL, ".", NULL, MS_SLAVE | MS_REC, NULL) == 0, "the old root's propagation");
        must(umount2(".", MNT_DETACH) == 0, "the old root");
        must(chdir("/") == 0, "/");
        close(old_root);
        remount_read_only("/", 0);
}

static void restrict_paths(void)
{
        static const char *const read_only[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                                "/proc/sysrq-trigger"};
        static const char *const masked[] = {
                "/proc/acpi",       "/proc/asound",      "/proc/kcore",       "/proc/keys",    "/proc/latency_stats",
                "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"};

        for (size_t i = 0; i < ELEMENTS(read_only); i++) {
                if (mount(read_only[i], read_only[i], NULL, MS_BIND | MS_REC, NULL) == 0)
                        remount_read_only(read_only[i], 0);
                else
                        must(errno == ENOENT, read_only[i]);
        }
        for (size_t i = 0; i < ELEMENTS(masked); i++) {
                if (mount("/dev/null", masked[i], NULL, MS_BIND, NULL) == 0 || errno == ENOENT)
                        continue;
                must(errno == ENOTDIR && mount("tmpfs", masked[i], "tmpfs", MS_RDONLY, "nr_blocks=1,nr_inodes=1") == 0,
                     masked[i]);
        }
}

/* ---- the child: confinement ------------------------------------------------------------------------------------------------ */

static void raise_loopback(void)
{
        struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        must(fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0, "lo");
        close(fd);
}

static void confine(void)
{
        static const int kept[] = {CAP_AUDIT_WRITE, CAP_KILL, CAP_NET_BIND_SERVICE};
        const struct rlimit files = {.rlim_cur = 1024, .rlim_max = 1024};
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2] = {{0}};
        uint64_t set = 0;

        for (size_t i = 0; i < ELEMENTS(kept); i++)
                set |= 1ULL << kept[i];
        must(setrlimit(RLIMIT_NOFILE, &files) == 0, "rlimit");
        must(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0, "keyring");
        for (int cap = 0; set >> cap & 1 || prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++)
                continue;
        must(errno == EINVAL, "bounding set"); /* past the last one */
        must(syscall(SYS_setgroups, 0, NULL) == 0, "setgroups");
        must(syscall(SYS_setresgid, 0, 0, 0) == 0 && syscall(SYS_setresuid, 0, 0, 0) == 0, "ids");
        for (size_t i = 0; i < ELEMENTS(data); i++)
                data[i].effective = data[i].permitted = data[i].inheritable = (uint32_t)(set >> (32 * i));
        must(syscall(SYS_capset, &header, data) == 0, "capset");
        for (size_t i = 0; i < ELEMENTS(kept); i++)
                must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kept[i], 0, 0) == 0, "ambient set");
        must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
}

_Noreturn static void execute(char **argv)
{
        static const char *const environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                                  "TERM=xterm", NULL};

        must(syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0, "close_range");
        execve(argv[0], argv, (char *const *)environment);
        must(false, argv[0]);
        _exit(1);
}

_Noreturn static void child(const struct floor *floor, int go)
{
        char byte;

        if (floor->lock_free)
                attach_self(floor);
        else
                must(read(go, &byte, 1) == 1, "the parent");
        must(setsid() >= 0, "setsid");
        must(mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) == 0, "/");
        must(mount(floor->rootfs, floor->rootfs, NULL, MS_BIND | MS_REC, NULL) == 0, floor->rootfs);
        must(chdir(floor->rootfs) == 0, floor->rootfs);
        raise_loopback();
        mount_file_systems();
        mount_groups(floor);
        make_devices();
        must(sethostname("runc", 4) == 0, "hostname");
        enter_root();
        restrict_paths();
        confine();
        execute(floor->argv);
}

/* ---- the modes ------------------------------------------------------------------------------------------------------------- */

static int v2_group(const struct floor *floor)
{
        for (size_t i = 0; i < floor->hierarchy_count; i++)
                if (floor->hierarchies[i].v2)
                        return floor->hierarchies[i].group_fd;
        return -EBADF;
}

/* Returns 0 in the child. */
static pid_t clone_child(const struct floor *floor, uint64_t flags)
{
        struct clone_args args = {.flags = flags, .exit_signal = SIGCHLD};
        pid_t pid;

        if (floor->lock_free && v2_group(floor) >= 0) {
                args.flags |= CLONE_INTO_CGROUP;
                args.cgroup = (uint64_t)v2_group(floor);
        }
        pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
        must(pid >= 0, "clone3");
        return pid;
}

/* Returns when the child has executed its program; plain mode says "go" first. */
static pid_t start(struct floor *floor, bool wait_for_exec)
{
        int go[2] = {-EBADF, -EBADF}, running[2] = {-EBADF, -EBADF};
        char byte;
        pid_t pid;

        make_groups(floor);
        must(floor->lock_free || pipe2(go, O_CLOEXEC) == 0, "pipe");
        must(!wait_for_exec || pipe2(running, O_CLOEXEC) == 0, "pipe");
        pid = clone_child(floor, NAMESPACES);
        if (pid == 0)
                child(floor, go[0]);
        if (!floor->lock_free) {
                attach_from_parent(floor, pid);
                must(write(go[1], "", 1) == 1, "the child");
        }
        if (wait_for_exec) {
                close(running[1]);
                must(read(running[0], &byte, 1) == 0, "the child");
        }
        return pid;
}

static int wait_for(pid_t pid)
{
        int status;

        must(waitpid(pid, &status, 0) == pid, "wait");
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* 0 when @digits is no pid. */
static pid_t pid_of(const char *digits)
{
        pid_t pid = 0;

        for (; *digits >= '0' && *digits <= '9' && pid < 100000000; digits++)
                pid = pid * 10 + (*digits - '0');
        return *digits ? 0 : pid;
}

/* The pid comes from a group, where a runtime would read its state. The zombie is its new parent's; it is in no group. */
static void end_what_was_left(const struct floor *floor)
{
        int fd = openat(floor->hierarchies[0].group_fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
        char digits[32] = "";
        struct pollfd ended = {.events = POLLIN};

        must(fd >= 0 && read(fd, digits, sizeof(digits) - 1) > 0, "cgroup.procs");
        close(fd);
        digits[strcspn(digits, "\n")] = '\0';
        ended.fd = (int)syscall(SYS_pidfd_open, pid_of(digits), 0);
        must(ended.fd >= 0 && syscall(SYS_pidfd_send_signal, ended.fd, SIGKILL, NULL, 0) == 0, "kill");
        must(poll(&ended, 1, -1) == 1, "the end");
        remove_groups(floor);
}

static int second_program(struct floor *floor, pid_t target)
{
        int pidfd = (int)syscall(SYS_pidfd_open, target, 0);
        pid_t pid;

        must(pidfd >= 0 && setns(pidfd, NAMESPACES) == 0, "setns");
        pid = clone_child(floor, 0);
        if (pid == 0) {
                if (floor->lock_free)
                        attach_self(floor);
                must(setsid() >= 0 && chdir("/") == 0, "session");
                confine();
                execute(floor->argv);
        }
        if (!floor->lock_free)
                attach_from_parent(floor, pid);
        return wait_for(pid);
}

static void add_hierarchy(struct floor *floor, const char *dir)
{
        const char *slash = strrchr(dir, '/');

        must(slash && floor->hierarchy_count < HIERARCHIES_MAX, "-g");
        floor->hierarchies[floor->hierarchy_count++] = (struct hierarchy){.dir = dir, .name = slash + 1};
}

int main(int argc, char **argv)
{
        struct floor floor = {0};
        const char *mode;
        pid_t pid;
        int option, status;

        snprintf(floor.name, sizeof(floor.name), "ward-floor-%d", getpid());
        while ((option = getopt(argc, argv, "+ln:g:")) != -1) {
                if (option == 'l')
                        floor.lock_free = true;
                else if (option == 'n')
                        snprintf(floor.name, sizeof(floor.name), "%s", optarg);
                else if (option == 'g')
                        add_hierarchy(&floor, optarg);
                else
                        return 2;
        }
        mode = optind < argc ? argv[optind] : "";
        if (argc - optind < 3 && strcmp(mode, "gone") != 0) {
                fprintf(stderr,
                        "usage: floor [-l] [-n NAME] [-g DIR]... run|hold|leave|exec|gone ...; see bench/floor.c\n");
                return 2;
        }
        open_hierarchies(&floor);
        if (strcmp(mode, "gone") == 0) {
                end_what_was_left(&floor);
                return 0;
        }
        floor.rootfs = argv[optind + 1];
        floor.argv = argv + optind + 2;
        if (strcmp(mode, "exec") == 0)
                return second_program(&floor, pid_of(argv[optind + 1]));
        pid = start(&floor, strcmp(mode, "run") != 0);
        if (strcmp(mode, "leave") == 0)
                return 0;
        if (strcmp(mode, "hold") == 0) {
                printf("%d\n", pid);
                fflush(stdout);
        }
        status = wait_for(pid);
        remove_groups(&floor);
        return status;
}
