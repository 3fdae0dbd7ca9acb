/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root `host`, over a small machine (machine.h). What the container can do is asked as its root, with every capability in its user
 * namespace.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "kern/idmap.h"
#include "kern/proc.h"
#include "launch/host.h"
#include "machine.h"

#define SIZE (4U << 20)

/* ---- the container ---- */

static int failures;

#define CHECK(condition)                                                             \
        do {                                                                         \
                if (!(condition)) {                                                  \
                        fprintf(stderr, "line %d: %s (%m)\n", __LINE__, #condition); \
                        failures++;                                                  \
                }                                                                    \
        } while (false)

static int make_root(const struct host_options *options)
{
        struct ward_err err = {0};
        int fd = host_root(options, &err);

        if (fd < 0)
                fail_msg("%s (%s)", err.message, err.hint);
        return fd;
}

static struct host_options plain_options(void)
{
        return (struct host_options){.id_base = BASE, .id_count = COUNT, .size_bytes = SIZE};
}

static int enter(int root)
{
        if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
                return -1;
        if (move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
                return -1;
        return fchdir(root) < 0 || chroot(".") < 0 ? -1 : 0;
}

/* Runs @inside as the container's root, in a user namespace with ids from @base on; its CHECKs shall hold. */
static void run_inside(int root, uint32_t base, void (*inside)(void))
{
        _cleanup_close_
        int proc = proc_open(NULL);
        const struct idmap_range range = {0, base, COUNT};
        const struct idmap map = {.uid = &range, .gid = &range, .uid_count = 1, .gid_count = 1};
        int ready[2], go[2], status;
        bool denied;
        char byte = 0;
        pid_t pid;

        assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
        assert_int_equal(pipe2(go, O_CLOEXEC), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                close(go[1]);
                if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 || write(ready[1], "", 1) != 1 ||
                    read(go[0], &byte, 1) != 1 || enter(root) < 0) {
                        perror("enter the container");
                        _exit(1);
                }
                inside();
                _exit(failures != 0);
        }
        close(ready[1]);
        close(go[0]);
        assert_int_equal(read(ready[0], &byte, 1), 1);
        assert_int_equal(idmap_write(proc, pid, &map, &denied, NULL), 0);
        assert_int_equal(write(go[1], "", 1), 1);
        close(ready[0]);
        close(go[1]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
}

static void check_inside(const struct machine *machine, void (*inside)(void))
{
        const struct host_options options = plain_options();
        _cleanup_close_
        int root = -EBADF;

        need_machine(machine);
        root = make_root(&options);
        run_inside(root, BASE, inside);
}

/* 0 when the file can be read, else -errno. */
static int reads(const char *path)
{
        _cleanup_close_
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        char byte;

        if (fd < 0 || read(fd, &byte, 1) < 0)
                return -errno;
        return 0;
}

static bool holds(const char *path, const char *text)
{
        _cleanup_free_ char *found = NULL;

        return fd_read_file(AT_FDCWD, path, 4096, &found, NULL, NULL) >= 0 && strcmp(found, text) == 0;
}

/* ---- tests ---- */

static void names_inside(void)
{
        static const char *const there[] = {"/boot", "/dev", "/home", "/media", "/mnt", "/proc",
                                            "/root", "/run", "/srv",  "/sys",   "/tmp"};
        struct stat st;

        CHECK(reads("/usr/share/text") == 0 && reads("/bin/tool") == 0 && reads("/etc/passwd") == 0);
        CHECK(stat("/usr/share/text", &st) == 0 && st.st_uid == 7 && st.st_gid == 8);
        CHECK(stat("/etc", &st) == 0 && st.st_uid == 0 && (st.st_mode & 07777) == 0755);
        CHECK(stat("/etc/ssl", &st) == 0 && st.st_uid == 0 && (st.st_mode & 07777) == 0755);
        for (size_t i = 0; i < ELEMENTS(there); i++)
                CHECK(stat(there[i], &st) == 0 && st.st_uid == 0 && S_ISDIR(st.st_mode));
        CHECK(stat("/tmp", &st) == 0 && (st.st_mode & 07777) == 01777);
        CHECK(stat("/root", &st) == 0 && (st.st_mode & 07777) == 0700);
        CHECK(reads("/home/text") == -ENOENT);
        CHECK(reads("/secret") == -ENOENT && access("/mine", F_OK) < 0 && access("/world", F_OK) < 0);
}

static void test_names(void **state)
{
        check_inside(*state, names_inside);
}

static void hidden_inside(void)
{
        struct stat st;

        /* Below /etc and /var a hidden name is none: a program makes its own, and removing that brings nothing back. */
        CHECK(reads("/etc/shadow") == -ENOENT && reads("/etc/ssl/private/key") == -ENOENT);
        CHECK(reads("/var/lib/lock") == -ENOENT);
        CHECK(write_file("/etc/shadow", "own", 0600) == 0 && holds("/etc/shadow", "own"));
        CHECK(unlink("/etc/shadow") == 0 && reads("/etc/shadow") == -ENOENT);
        CHECK(mkdir("/etc/ssl/private", 0700) == 0 && reads("/etc/ssl/private/key") == -ENOENT);
        CHECK(rename("/etc/ssl", "/etc/tls") == 0 && mkdir("/etc/ssl", 0755) == 0);
        CHECK(reads("/etc/tls/text") == 0 && reads("/etc/tls/private/key") == -ENOENT);
        CHECK(mkdir("/etc/ssl/private", 0700) == 0 && reads("/etc/ssl/private/key") == -ENOENT);
        /* Below /usr it is refused, and whatever would copy it up reads it first. */
        CHECK(reads("/usr/share/secret") == -EACCES && reads("/usr/share/runs") == -EACCES);
        CHECK(reads("/usr/share/closed/text") == -EACCES && reads("/usr/share/listed/text") == -EACCES);
        CHECK(open("/usr/share/closed", O_RDONLY | O_DIRECTORY | O_CLOEXEC) < 0 && errno == EACCES);
        CHECK(chmod("/usr/share/secret", 0666) < 0 && chown("/usr/share/secret", 1, 1) < 0);
        CHECK(link("/usr/share/secret", "/usr/share/linked") < 0 &&
              rename("/usr/share/secret", "/usr/share/moved") < 0);
        CHECK(chmod("/usr/share/closed", 0777) < 0 || reads("/usr/share/closed/text") == -EACCES);
        CHECK(open("/usr/share/secret", O_WRONLY | O_CLOEXEC) < 0 && open("/usr/share/secret", O_RDWR | O_CLOEXEC) < 0);
        CHECK(truncate("/usr/share/secret", 1) < 0);
        CHECK(rename("/usr/share", "/usr/share2") == 0 && reads("/usr/share2/secret") == -EACCES);
        CHECK(reads("/usr/share2/closed/text") == -EACCES);
        /* A mount of its own over the view is under the same check. */
        CHECK(mount("/usr", "/mnt", NULL, MS_BIND | MS_REC, NULL) == 0 && reads("/mnt/share2/secret") == -EACCES);
        /* It can be replaced: then it is the container's. */
        CHECK(unlink("/usr/share2/secret") == 0 && write_file("/usr/share2/secret", "own", 0600) == 0);
        CHECK(holds("/usr/share2/secret", "own"));
        CHECK(unlink("/usr/share2/secret") == 0 && stat("/usr/share2/secret", &st) < 0 && errno == ENOENT);
}

static void test_hidden(void **state)
{
        check_inside(*state, hidden_inside);
}

static void late_inside(void)
{
        CHECK(reads("/etc/late") == -EACCES && reads("/usr/share/late/text") == -EACCES &&
              reads("/etc/turned") == -EACCES);
        CHECK(access("/late", F_OK) < 0 && errno == ENOENT);
}

/* What becomes secret while the container runs is secret. */
static void test_late(void **state)
{
        const struct machine *machine = *state;
        const struct host_options options = plain_options();
        _cleanup_close_
        int root = -EBADF;

        need_machine(machine);
        root = make_root(&options);
        assert_int_equal(write_file("/etc/late", "late", 0640), 0);
        assert_int_equal(mkdir("/usr/share/late", 0700), 0);
        assert_int_equal(write_file("/usr/share/late/text", "late", 0644), 0);
        assert_int_equal(write_file("/late", "late", 0644), 0);
        assert_int_equal(chmod("/etc/turned", 0600), 0);
        run_inside(root, BASE, late_inside);
}

static void nodes_inside(void)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/usr/share/socket"};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        CHECK(connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 && errno == ECONNREFUSED);
        CHECK(access("/opt/null", F_OK) < 0 && errno == ENOENT);
        CHECK(open("/usr/share/null", O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES);
        CHECK(mknod("/dev/own", S_IFCHR | 0666, makedev(1, 3)) < 0 && errno == EPERM);
}

static void test_nodes(void **state)
{
        check_inside(*state, nodes_inside);
}

static void mounts_inside(void)
{
        CHECK(reads("/var/log/text") == 0 && reads("/var/log/secret") == -ENOENT && reads("/var/log/under") == -ENOENT);
        CHECK(write_file("/var/log/own", "own", 0600) == 0 && unlink("/var/log/text") == 0);
        CHECK(access("/var/proc", F_OK) == 0 && reads("/var/proc/version") == -ENOENT &&
              reads("/var/proc/under") == -ENOENT);
        CHECK(reads("/etc/bound") == -ENOENT);
}

/* A mount of the machine is a view of its own, or an empty directory; what lies under it never shows. */
static void test_mounts(void **state)
{
        check_inside(*state, mounts_inside);
        assert_int_equal(reads("/over/text"), 0);
        assert_int_equal(reads("/over/own"), -ENOENT);
}

static void change_inside(void)
{
        struct stat st;

        CHECK(write_file("/etc/passwd", "+more", 0644) == 0 && holds("/etc/passwd", "/etc/passwd+more"));
        CHECK(chown("/usr/bin/tool", 5, 6) == 0 && stat("/usr/bin/tool", &st) == 0 && st.st_uid == 5 && st.st_gid == 6);
        CHECK(write_file("/usr/bin/new", "new", 0755) == 0 && rename("/usr/bin/new", "/usr/bin/tool") == 0);
        CHECK(holds("/usr/bin/tool", "new"));
        CHECK(unlink("/var/lib/text") == 0 && rename("/var/lib", "/var/lib2") == 0 && mkdir("/var/lib", 0755) == 0);
        CHECK(mkdir("/home/me", 0700) == 0 && write_file("/home/me/text", "me", 0600) == 0);
}

static void test_changes_stay_inside(void **state)
{
        struct stat st;

        check_inside(*state, change_inside);
        assert_true(holds("/etc/passwd", "/etc/passwd"));
        assert_true(holds("/usr/bin/tool", "/usr/bin/tool"));
        assert_true(holds("/var/lib/text", "/var/lib/text"));
        assert_int_equal(stat("/usr/bin/tool", &st), 0);
        assert_int_equal(st.st_uid, 0);
        assert_int_equal(access("/home/me", F_OK), -1);
        assert_int_equal(access("/var/lib2", F_OK), -1);
}

static void fill_inside(void)
{
        static const char block[65536];
        int fd = open("/etc/large", O_WRONLY | O_CREAT | O_CLOEXEC, 0600), blocks = 0;

        while (fd_write_all(fd, block, sizeof(block)) == 0 && blocks < 1000)
                blocks++;
        CHECK(blocks > 0 && blocks * sizeof(block) <= SIZE && errno == ENOSPC);
        /* One store takes all changes: what /etc took, / has not. */
        CHECK(write_file("/tmp/more", block, 0600) == 0);
        fd = open("/tmp/more", O_WRONLY | O_CLOEXEC);
        CHECK(fd_write_all(fd, block, sizeof(block)) == -ENOSPC);
}

static void test_size(void **state)
{
        check_inside(*state, fill_inside);
}

static void readonly_inside(void)
{
        CHECK(write_file("/etc/new", "new", 0644) < 0 && errno == EROFS);
        CHECK(unlink("/var/log/text") < 0 && errno == EROFS);
        CHECK(reads("/usr/share/text") == 0 && reads("/usr/share/secret") == -EACCES);
}

static void test_readonly(void **state)
{
        struct host_options options = plain_options();
        _cleanup_close_
        int root = -EBADF;

        need_machine(*state);
        options.read_only = true;
        root = make_root(&options);
        run_inside(root, BASE, readonly_inside);
}

static void keep_inside(void)
{
        CHECK(write_file("/etc/kept", "kept", 0600) == 0 && chown("/etc/kept", 5, 6) == 0);
        CHECK(write_file("/root/kept", "kept", 0600) == 0 && unlink("/usr/share/text") == 0);
}

static void kept_inside(void)
{
        struct stat st;

        CHECK(holds("/etc/kept", "kept") && holds("/root/kept", "kept"));
        CHECK(stat("/etc/kept", &st) == 0 && st.st_uid == 5 && st.st_gid == 6);
        CHECK(stat("/root", &st) == 0 && st.st_uid == 0);
        CHECK(reads("/usr/share/text") == -ENOENT && reads("/etc/shadow") == -ENOENT);
        CHECK(write_file("/etc/kept", "+more", 0600) == 0 && holds("/etc/kept", "kept+more"));
        CHECK(write_file("/etc/second", "second", 0600) == 0 && unlink("/etc/second") == 0);
        CHECK(rename("/usr/share", "/usr/share2") == 0 && rename("/usr/share2", "/usr/share") == 0);
}

static void test_keep(void **state)
{
        struct host_options options = plain_options();
        struct ward_err err;
        _cleanup_close_
        int root = -EBADF, kept = -EBADF;

        need_machine(*state);
        options.keep = "/keep";
        options.kept = kept = host_open_kept("/keep", &err);
        assert_true(kept >= 0);
        root = make_root(&options);
        /* It is one container's at a time, also when who locked it has gone. */
        assert_int_equal(host_open_kept("/keep", &err), -EBUSY);
        assert_non_null(strstr(err.message, "in use"));
        assert_int_equal(host_root(&options, &err), -EBUSY);
        assert_non_null(strstr(err.message, "in use"));
        run_inside(root, BASE, keep_inside);
        root = fd_close(root);
        /* In another range of ids the owners are the same to the container. */
        options.id_base = BASE + 2 * COUNT;
        root = make_root(&options);
        run_inside(root, options.id_base, kept_inside);
        root = fd_close(root);
        options.id_base = BASE;
        root = make_root(&options);
        assert_int_equal(reads("/keep/host/upper/etc/kept"), 0);
}

static void test_keep_refused(void **state)
{
        struct ward_err err;

        need_machine(*state);
        assert_int_equal(host_open_kept("/world", &err), -EPERM);
        assert_non_null(strstr(err.message, "other users may write"));
        assert_int_equal(rmdir("/world/host"), -1);
        assert_int_equal(errno, ENOENT);
}

/* ---- an ordinary user ---- */

#define USER 12345

static bool write_own(const char *path, const char *text)
{
        return fd_write_file(AT_FDCWD, path, text, NULL) >= 0;
}

/* In this process: as a user without rights, the root is made and entered. */
static int enter_as_user(struct host_options *options, const char *keep)
{
        struct ward_err err = {0};
        int root;

        /* Or what the process has below /proc is root's (proc(5)). */
        if (setgroups(0, NULL) < 0 || setresgid(USER, USER, USER) < 0 || setresuid(USER, USER, USER) < 0 ||
            prctl(PR_SET_DUMPABLE, 1) < 0)
                return -1;
        options->keep = keep;
        if (keep != NULL)
                options->kept = host_open_kept(keep, &err);
        root = err.errnum != 0 ? -1 : host_root(options, &err);
        if (root < 0) {
                fprintf(stderr, "%s (%s)\n", err.message, err.hint);
                return -1;
        }
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 || !write_own("/proc/self/uid_map", "0 12345 1") ||
            !write_own("/proc/self/setgroups", "deny") || !write_own("/proc/self/gid_map", "0 12345 1"))
                return -1;
        if (move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
                return -1;
        return fchdir(root) < 0 || chroot(".") < 0 ? -1 : 0;
}

static void check_as_user(const struct machine *machine, bool writable_usr, const char *keep, void (*inside)(void))
{
        const struct idmap_range range = {0, USER, 1};
        const struct idmap users = {.uid = &range, .gid = &range, .uid_count = 1, .gid_count = 1};
        struct host_options options = {.size_bytes = SIZE, .users = &users, .writable_usr = writable_usr};
        int status;
        pid_t pid;

        need_machine(machine);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                if (enter_as_user(&options, keep) < 0) {
                        perror("enter the container as a user");
                        _exit(1);
                }
                inside();
                _exit(failures != 0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        assert_true(holds("/etc/passwd", "/etc/passwd"));
        assert_true(holds("/over/text", "/over/text"));
        assert_int_equal(access("/usr/bin/new", F_OK), -1);
}

static void user_inside(void)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/usr/share/socket"};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct stat st;

        /* The mounts at /etc/bound, /var/log and /var/proc divide /etc and /var; /usr is whole. */
        CHECK(holds("/etc/bound", "/secret") && holds("/var/log/text", "/over/text"));
        CHECK(reads("/var/log/secret") == -ENOENT && reads("/var/log/under") == -ENOENT);
        CHECK(access("/var/proc", F_OK) == 0 && reads("/var/proc/version") == -ENOENT &&
              reads("/var/proc/under") == -ENOENT);
        CHECK(reads("/etc/shadow") == -ENOENT && reads("/etc/ssl/private/key") == -ENOENT);
        CHECK(reads("/var/lib/lock") == -ENOENT && reads("/opt/null") == -ENOENT);
        CHECK(reads("/usr/share/secret") == -EACCES && reads("/usr/share/closed/text") == -EACCES);
        CHECK(reads("/secret") == -ENOENT && reads("/home/text") == -ENOENT && reads("/bin/tool") == 0);
        /* Smack refuses what it finds no label on before anybody looks for a listener. */
        CHECK(connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 &&
              (errno == ECONNREFUSED || errno == EACCES));
        /* Directories are the container's: names come and go. */
        CHECK(stat("/etc/ssl", &st) == 0 && st.st_uid == 0 && (st.st_mode & 07777) == 0755);
        CHECK(write_file("/etc/ssl/new", "new", 0600) == 0 && rename("/etc/ssl/new", "/etc/ssl/text") == 0);
        CHECK(holds("/etc/ssl/text", "new") && unlink("/var/lib/text") == 0 && reads("/var/lib/text") == -ENOENT);
        CHECK(unlink("/var/log/text") == 0 && write_file("/var/log/text", "own", 0600) == 0);
        CHECK(write_file("/etc/passwd", "+more", 0644) == 0 && holds("/etc/passwd", "/etc/passwd+more"));
        /* The machine's files are not. */
        CHECK(chmod("/usr/share/text", 0666) < 0 && chown("/usr/share/text", 0, 0) < 0);
        CHECK(open("/usr/share/text", O_WRONLY | O_CLOEXEC) < 0 && errno == EACCES);
}

static void user_usr_readonly(void)
{
        CHECK(write_file("/usr/new", "new", 0644) == 0 && unlink("/usr/new") == 0);
        CHECK(write_file("/usr/bin/new", "new", 0644) < 0 && errno == EACCES);
        CHECK(unlink("/usr/bin/tool") < 0 && errno == EACCES);
}

static void user_usr_writable(void)
{
        CHECK(write_file("/usr/bin/new", "new", 0755) == 0 && rename("/usr/bin/new", "/usr/bin/tool") == 0);
        CHECK(holds("/usr/bin/tool", "new") && unlink("/usr/share/text") == 0);
        CHECK(reads("/usr/share/secret") == -ENOENT && reads("/usr/share/closed/text") == -ENOENT);
}

static void test_user(void **state)
{
        check_as_user(*state, false, NULL, user_inside);
        check_as_user(*state, false, NULL, user_usr_readonly);
        check_as_user(*state, true, NULL, user_usr_writable);
}

static const struct timespec long_ago[2] = {{1000000000, 0}, {1000000000, 0}};

static void user_keeps(void)
{
        CHECK(utimensat(AT_FDCWD, "/etc/ssl", long_ago, 0) == 0 && holds("/var/lib/text", "/var/lib/text"));
        /* A file that is a copy, since a mount divides /etc. */
        CHECK(write_file("/etc/passwd", "+more", 0644) == 0);
}

static void user_kept(void)
{
        struct stat st;

        CHECK(holds("/etc/passwd", "/etc/passwd+more") && access("/etc/ssl/fresh", F_OK) == 0);
        CHECK(stat("/etc/ssl", &st) == 0 && st.st_mtim.tv_sec == long_ago[0].tv_sec);
        CHECK(holds("/etc/whole", "whole") && access("/etc/copy", F_OK) < 0);
        CHECK(stat("/etc/ssl/fresh", &st) == 0 && st.st_mtim.tv_sec == long_ago[0].tv_sec);
}

/* The second start finds what the container has made of its own, and what a start that was cut short has left. */
static void test_user_keeps(void **state)
{
        need_machine(*state);
        assert_int_equal(mkdir("/user/keep", 0700), 0);
        assert_int_equal(chown("/user/keep", USER, USER), 0);
        check_as_user(*state, false, "/user/keep", user_keeps);
        assert_int_equal(mkdir("/etc/ssl/fresh", 0755), 0);
        assert_int_equal(utimensat(AT_FDCWD, "/etc/ssl/fresh", long_ago, 0), 0);
        assert_int_equal(write_file("/etc/whole", "whole", 0644), 0);
        assert_int_equal(write_file("/user/keep/host/copy", "who", 0600), 0);
        check_as_user(*state, false, "/user/keep", user_kept);
}

#define DEEP 40

static void deep_path(char path[static 256], unsigned depth, const char *name)
{
        int at = snprintf(path, 256, "/opt");

        for (unsigned i = 0; i < depth; i++)
                at += snprintf(path + at, 256 - (size_t)at, "/d");
        (void)snprintf(path + at, 256 - (size_t)at, "%s", name);
}

static void user_deep(void)
{
        char path[256];

        deep_path(path, 2, "/key");
        CHECK(access("/opt/d/d/d", F_OK) == 0 && reads(path) == -ENOENT);
        deep_path(path, DEEP, "/key");
        CHECK(reads(path) == -ENOENT);
}

/* The caller's own file, which others may not read, where the walk does not come. */
static void test_user_deep(void **state)
{
        char path[256];

        need_machine(*state);
        for (unsigned i = 1; i <= DEEP; i++) {
                deep_path(path, i, "");
                assert_int_equal(mkdir(path, 0755), 0);
        }
        deep_path(path, 2, "/key");
        assert_int_equal(write_file(path, "key", 0600) | chown(path, USER, USER), 0);
        deep_path(path, DEEP, "/key");
        assert_int_equal(write_file(path, "key", 0600) | chown(path, USER, USER), 0);
        check_as_user(*state, false, NULL, user_deep);
}

static int overlay_machine(void)
{
        struct host_options options = plain_options();
        struct ward_err err = {0};
        int r;

        if (mkdir("/mine/lower", 0755) < 0 || mkdir("/mine/lower/usr", 0755) < 0 || mkdir("/mine/root", 0755) < 0 ||
            mkdir("/mine/upper", 0755) < 0 || mkdir("/mine/work", 0755) < 0 || mkdir("/mine/upper/proc", 0755) < 0)
                return 10;
        if (mount("x", "/mine/root", "overlay", 0, "lowerdir=/mine/lower,upperdir=/mine/upper,workdir=/mine/work") <
                    0 ||
            mount("/proc", "/mine/root/proc", NULL, MS_BIND, NULL) < 0 || chdir("/mine/root") < 0 ||
            syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0)
                return 11;
        r = host_root(&options, &err);
        if (r != -EINVAL || strstr(err.message, "/usr") == NULL || strstr(err.hint, "overlay") == NULL) {
                fprintf(stderr, "%d %s (%s)\n", r, err.message, err.hint);
                return 12;
        }
        return 0;
}

/* As in docker's and podman's containers: refused in words. */
static void test_overlay_machine(void **state)
{
        int status;
        pid_t pid;

        need_machine(*state);
        pid = fork();
        if (pid == 0)
                _exit(unshare(CLONE_NEWNS) < 0 ? 9 : overlay_machine());
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
}

static void test_default_size(void **state)
{
        (void)state;
        assert_int_equal(host_default_size(-1), 512U << 20);
        assert_int_equal(host_default_size(64 << 20), 32U << 20);
        assert_true(host_default_size(1) > 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_hidden),
                cmocka_unit_test(test_nodes),
                cmocka_unit_test(test_mounts),
                cmocka_unit_test(test_changes_stay_inside),
                cmocka_unit_test(test_size),
                cmocka_unit_test(test_readonly),
                cmocka_unit_test(test_keep),
                cmocka_unit_test(test_keep_refused),
                cmocka_unit_test(test_user),
                cmocka_unit_test(test_user_keeps),
                cmocka_unit_test(test_user_deep),
                cmocka_unit_test(test_overlay_machine),
                cmocka_unit_test(test_late), /* it changes the machine */
                cmocka_unit_test(test_default_size),
        };

        return cmocka_run_group_tests(tests, machine_setup, machine_teardown);
}
