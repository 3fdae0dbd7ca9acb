/* SPDX-License-Identifier: Apache-2.0 */
/* Every op with the calls that it makes in the plain case, and where it says it was when each of them fails. */
#include <asm/unistd.h>
#include <errno.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "child-cases.h"

static void as_stdio_pipes(struct child *child)
{
        (void)child;
        for (int fd = 0; fd < 3; fd++) {
                char name[] = {'t', 'm', 'p', '/', (char)('0' + fd), '\0'};

                mock.fd_node[fd] = mock_add(name, fd == 2 ? 'f' : 'p', NULL);
        }
}

static void as_terminal(struct child *child)
{
        (void)child;
        (void)mock_add("dev/pts", 'd', NULL);
        (void)mock_add("dev/pts/ptmx", 'c', NULL);
}

static void as_message(struct child *child)
{
        mock.messages[0].byte = MESSAGE_CGROUPS;
        mock.messages[0].fd_count = 1;
        mock.messages[0].fds[0] = 33;
        (void)child;
}

static void as_started(struct child *child)
{
        mock.messages[0].byte = mock.messages[1].byte = MESSAGE_START;
        (void)child;
}

static void as_seen(struct child *child)
{
        mock.messages[0].byte = MESSAGE_MOUNTS_SEEN;
        (void)child;
}

static void as_joined(struct child *child)
{
        child->slots[FD_TASKS] = 33;
}

static void as_new_process(struct child *child)
{
        mock.clone_answer = 0;
        (void)child;
}

static void as_few_bounding(struct child *child)
{
        mock.bounding = 7;
        mock.last_cap = 3;
        (void)child;
}

static const uint64_t cpus[SPEC_CPUS_MAX / 64] = {3}, nodes_asked[SPEC_NODES_MAX / 64] = {1};

/* What the parent did before it said MESSAGE_SCHEDULED: SCHED_BATCH, nice 5 (struct sched_attr), and the I/O priority. */
static void as_scheduled(struct child *child)
{
        const uint32_t policy = 3, nice = 5;

        memcpy(mock.scheduler + 4, &policy, sizeof(policy));
        memcpy(mock.scheduler + 16, &nice, sizeof(nice));
        mock.io_priority = 0x4006;
        (void)child;
}

static void as_own_trees(struct child *child)
{
        static const char *const paths[] = {"/bin", "/dev/null"};
        struct slot *slots = child->plan->slots;

        for (int i = 0; i < 2; i++) {
                slots[FD_TREE + i].by_child = true;
                slots[FD_TREE + i].path = paths[i];
        }
        slots[FD_TREE + 1].kind = SLOT_DEVICE;
        slots[FD_TREE + 1].device = 0x103;
}

static void as_chrooted(struct child *child)
{
        (void)child;
        mock.chrooted = true;
}

static void with_two_roots(struct child *child)
{
        child->top = 40;
        child->caller = 41;
}

static void as_content(struct child *child)
{
        (void)mock_add("tmp/f", 'f', NULL);
        (void)mock_add("tmp/l", 'l', "/etc/passwd");
        (void)mock_add("tmp/d", 'd', NULL);
        (void)mock_add("tmp/d/g", 'f', NULL);
        (void)mock_add("tmp/c", 'c', NULL);
        (void)child;
}

static const char *const directories[] = {"one", "two", NULL};
static const struct op_parameter parameters[] = {{"size", "64k"}, {"lazy", NULL}};
static const struct op_node nodes[] = {
        {.name = "zero", .mode = 0020666, .device = 0x105, .slot = SLOT_NONE},
        {.name = "net/tun", .mode = 0020600, .device = 0xac8, .uid = 5, .gid = 6, .slot = SLOT_NONE},
        {.name = "tty", .mode = 0020666, .device = 0x500, .slot = FD_FILE_TREE},
};
static const struct op_link links[] = {{"fd", "/proc/self/fd"}};
static const int tasks[] = {FD_TASKS};
static const char *const hook_argv[] = {"hook", NULL}, *const hook_envp[] = {NULL};
static const struct op_hook hooks[] = {{"/bin/hook", hook_argv, hook_envp, 3}};
static const uint32_t groups[] = {7, 8};
static const char *const candidates[] = {"/usr/bin/true", "/bin/true", NULL};
static const char *const argv[] = {"true", NULL}, *const envp[] = {NULL};

static const struct spec_landlock_path landlock_paths[] = {
        {"/tmp", 0xc, false},
        {"/etc/passwd", 0xffff, false},
        {"/etc/passwd", 0x8, false}, /* nothing is left of it */
        {"/missing", 0x8, true},
};
static const struct spec_landlock_port landlock_ports[] = {{443, 2}};

const struct op_case op_cases[] = {
        {"setns",
         {.type = OP_SETNS, .ns = {FD_TREE, CLONE_NEWNET}},
         NULL,
         {
                 {"setns 12 0x40000000", STEP_ITSELF},
         }},
        {"unshare",
         {.type = OP_UNSHARE, .number = CLONE_NEWCGROUP},
         NULL,
         {
                 {"unshare 0x2000000", STEP_ITSELF},
         }},
        {"clone",
         {.type = OP_CLONE, .number = CLONE_NEWPID},
         as_new_process,
         {
                 {"clone3", STEP_ITSELF},
                 {"prctl 1 9 0", STEP_ITSELF},
         }},
        {"become root",
         {.type = OP_BECOME_ROOT},
         NULL,
         {
                 {"setresgid 0 0 0", STEP_SETGID},
                 {"setresuid 0 0 0", STEP_SETUID},
                 {"prctl 1 9 0", STEP_SETUID},
         }},
        {"time offsets",
         {.type = OP_TIME_OFFSETS, .text = {"boottime 1 0", 12}},
         NULL,
         {
                 {"unshare 0x80", STEP_ITSELF},
                 {"openat2 10 'self/timens_offsets' w beneath no-magic no-xdev", STEP_PROC_OPEN},
                 {"write 20 'boottime 1 0'", STEP_PROC_WRITE},
                 {"close 20", IGNORED},
                 {"openat 10 'self/ns/time_for_children' 0", STEP_PROC_OPEN},
                 {"setns 21 0x80", STEP_ITSELF},
                 {"close 21", IGNORED},
         }},
        {"loopback",
         {.type = OP_LOOPBACK_UP},
         NULL,
         {
                 {"socket 2 0x80002", STEP_ITSELF},
                 {"ioctl 20 0x8914", STEP_ITSELF},
                 {"close 20", IGNORED},
         }},
        {"hostname",
         {.type = OP_HOSTNAME, .text = {"box", 3}},
         NULL,
         {
                 {"sethostname 'box' 3", STEP_ITSELF},
         }},
        {"domainname",
         {.type = OP_DOMAINNAME, .text = {"lan", 3}},
         NULL,
         {
                 {"setdomainname 'lan' 3", STEP_ITSELF},
         }},
        {"sysctl",
         {.type = OP_SYSCTL, .sysctl = {"net/ipv4/ip_forward", "1", 1}},
         NULL,
         {
                 {"openat2 10 'sys/net/ipv4/ip_forward' w beneath no-magic no-xdev", STEP_PROC_OPEN},
                 {"write 20 '1'", STEP_PROC_WRITE},
                 {"close 20", IGNORED},
         }},
        {"keyring",
         {.type = OP_KEYRING},
         NULL,
         {
                 {"keyctl 1 0", STEP_ITSELF},
         }},
        {"wait",
         {.type = OP_WAIT, .number = MESSAGE_CGROUPS},
         as_message,
         {
                 {"recvmsg 9", STEP_CHANNEL},
         }},
        {"wait for the start on the channel",
         {.type = OP_WAIT_START, .slot = SLOT_NONE},
         as_started,
         {
                 {"recvmsg 9", STEP_CHANNEL},
                 {"prctl 1 0 0", STEP_ITSELF},
         }},
        {"wait for the start on a socket",
         {.type = OP_WAIT_START, .slot = FD_LISTENER},
         as_started,
         {
                 {"recvmsg 9", STEP_CHANNEL},
                 {"prctl 1 0 0", STEP_ITSELF},
                 {"sendto 9", STEP_CHANNEL},
                 {"close 9", IGNORED},
                 {"accept4 14", STEP_ITSELF},
                 {"recvmsg 20", IGNORED},
                 {"close 14", IGNORED},
         }},
        {"join cgroups",
         {.type = OP_JOIN_CGROUPS, .cgroups = {tasks, 1}},
         as_joined,
         {
                 {"write 33 '0'", STEP_GROUP},
                 {"close 33", IGNORED},
         }},
        {"hooks",
         {.type = OP_HOOKS, .hooks = {.kind = "startContainer", .hooks = hooks, .count = 1, .slot = FD_STATE}},
         NULL,
         {
                 {"clone3", STEP_HOOK_RUN},
                 {"ppoll", IGNORED},
                 {"waitid 3", STEP_HOOK_RUN},
                 {"close 20", IGNORED},
         }},
        {"propagation",
         {.type = OP_PROPAGATION, .number = 0x84000},
         NULL,
         {
                 {"openat cwd '.' path dir 0", IGNORED},
                 {"openat cwd '/' path dir 0", STEP_TOP},
                 {"statx 21 ''", STEP_TOP},
                 {"getpid", IGNORED},
                 {"pidfd_open 1 0", IGNORED},
                 {"setns 22 0x20000", STEP_TOP},
                 {"close 22", IGNORED},
                 {"statx cwd '/'", STEP_TOP},
                 {"close 21", IGNORED},
                 {"fchdir 20", IGNORED},
                 {"close 20", IGNORED},
                 {"mount '' '/' '' 0x84000 ''", STEP_ITSELF},
         }},
        {"propagation in a chroot",
         {.type = OP_PROPAGATION, .number = 0x84000},
         as_chrooted,
         {
                 {"openat cwd '.' path dir 0", IGNORED},
                 {"openat cwd '/' path dir 0", STEP_TOP},
                 {"statx 21 ''", STEP_TOP},
                 {"getpid", IGNORED},
                 {"pidfd_open 1 0", IGNORED},
                 {"setns 22 0x20000", STEP_TOP},
                 {"close 22", IGNORED},
                 {"statx cwd '/'", STEP_TOP},
                 {"openat cwd '/' path dir 0", STEP_TOP},
                 {"fchdir 21", STEP_TOP},
                 {"chroot '.'", STEP_TOP},
                 {"fchdir 20", IGNORED},
                 {"close 20", IGNORED},
                 {"fchdir 23", STEP_TOP},
                 {"chroot '.'", STEP_TOP},
                 {"mount '' '/' '' 0x84000 ''", STEP_ITSELF},
                 {"fchdir 21", STEP_TOP},
                 {"chroot '.'", STEP_TOP},
         }},
        {"root",
         {.type = OP_ROOT, .slot = FD_ROOT},
         NULL,
         {
                 {"mount_setattr 11 '' 0x9000 +0 -0 p0x80000", STEP_PROPAGATION},
                 {"move_mount 11 '' cwd '/' 0x4", STEP_ATTACH},
         }},
        {"root in a chroot",
         {.type = OP_ROOT, .slot = FD_ROOT},
         with_two_roots,
         {
                 {"mount_setattr 11 '' 0x9000 +0 -0 p0x80000", STEP_PROPAGATION},
                 {"fchdir 40", STEP_TOP},
                 {"chroot '.'", STEP_TOP},
                 {"move_mount 11 '' cwd '/' 0x4", STEP_ATTACH},
                 {"fchdir 41", STEP_TOP},
                 {"chroot '.'", STEP_TOP},
         }},
        {"mount",
         {.type = OP_MOUNT,
          .mount = {.target = "tmp",
                    .type = "tmpfs",
                    .source = "source",
                    .parameters = parameters,
                    .parameter_count = 2,
                    .superblock_readonly = true,
                    .attr = MOUNT_ATTR_NOSUID,
                    .propagation = 0x40000}},
         NULL,
         {
                 {"openat2 11 'tmp' path dir in-root no-magic", STEP_OPEN_TARGET},
                 {"fsopen 'tmpfs' 0x1", STEP_FSOPEN},
                 {"fsconfig 21 1 'source' 'source'", STEP_PARAMETER},
                 {"fsconfig 21 1 'size' '64k'", STEP_PARAMETER},
                 {"fsconfig 21 0 'lazy' ''", STEP_PARAMETER},
                 {"fsconfig 21 0 'ro' ''", STEP_PARAMETER},
                 {"fsconfig 21 6 '' ''", STEP_CREATE},
                 {"fsmount 21 0x1 0x2", STEP_FSMOUNT},
                 {"close 21", IGNORED},
                 {"move_mount 22 '' 20 '' 0x44", STEP_ATTACH},
                 {"mount_setattr 22 '' 0x1000 +0 -0 p0x40000", STEP_PROPAGATION},
                 {"close 22", IGNORED},
                 {"close 20", IGNORED},
         }},
        {"mount with targets of others",
         {.type = OP_MOUNT, .mount = {.target = "tmp", .type = "tmpfs", .directories = directories}},
         NULL,
         {
                 {"openat2 11 'tmp' path dir in-root no-magic", STEP_OPEN_TARGET},
                 {"fsopen 'tmpfs' 0x1", STEP_FSOPEN},
                 {"fsconfig 21 6 '' ''", STEP_CREATE},
                 {"fsmount 21 0x1 0", STEP_FSMOUNT},
                 {"close 21", IGNORED},
                 {"mkdirat 22 'one' 0755", STEP_MAKE_TARGET},
                 {"mkdirat 22 'two' 0755", STEP_MAKE_TARGET},
                 {"move_mount 22 '' 20 '' 0x44", STEP_ATTACH},
                 {"close 22", IGNORED},
                 {"close 20", IGNORED},
         }},
        {"mount with a copy",
         {.type = OP_MOUNT, .mount = {.target = "tmp", .type = "tmpfs", .copy_up = true}},
         as_content,
         {
                 {"openat2 11 'tmp' path dir in-root no-magic", STEP_OPEN_TARGET},
                 {"fsopen 'tmpfs' 0x1", STEP_FSOPEN},
                 {"fsconfig 21 6 '' ''", STEP_CREATE},
                 {"fsmount 21 0x1 0", STEP_FSMOUNT},
                 {"close 21", IGNORED},
                 {"openat2 11 'tmp' dir in-root no-magic", STEP_COPY_UP},
                 {"openat 22 '.' dir 0", STEP_COPY_UP},
                 {"getdents64 23", STEP_COPY_UP},
                 {"statx 23 'f'", STEP_COPY_UP},
                 {"openat 23 'f' nofollow 0", STEP_COPY_UP},
                 {"openat 24 'f' creat excl nofollow w 0644", STEP_COPY_UP},
                 {"sendfile 26 25", STEP_COPY_UP},
                 {"fchown 26 0 0", STEP_COPY_UP},
                 {"fchmod 26 0644", STEP_COPY_UP},
                 {"close 25", IGNORED},
                 {"close 26", IGNORED},
                 {"statx 23 'l'", STEP_COPY_UP},
                 {"readlinkat 23 'l'", STEP_COPY_UP},
                 {"symlinkat '/etc/passwd' 24 'l'", STEP_COPY_UP},
                 {"fchownat 24 'l' 0 0 0x100", STEP_COPY_UP},
                 {"statx 23 'd'", STEP_COPY_UP},
                 {"mkdirat 24 'd' 0700", STEP_COPY_UP},
                 {"openat 23 'd' dir nofollow 0", STEP_COPY_UP},
                 {"openat 24 'd' dir nofollow 0", STEP_COPY_UP},
                 {"getdents64 27", STEP_COPY_UP},
                 {"statx 27 'g'", STEP_COPY_UP},
                 {"openat 27 'g' nofollow 0", STEP_COPY_UP},
                 {"openat 28 'g' creat excl nofollow w 0644", STEP_COPY_UP},
                 {"sendfile 30 29", STEP_COPY_UP},
                 {"fchown 30 0 0", STEP_COPY_UP},
                 {"fchmod 30 0644", STEP_COPY_UP},
                 {"close 29", IGNORED},
                 {"close 30", IGNORED},
                 {"getdents64 27", STEP_COPY_UP},
                 {"fchown 28 0 0", STEP_COPY_UP},
                 {"fchmod 28 0755", STEP_COPY_UP},
                 {"close 27", IGNORED},
                 {"close 28", IGNORED},
                 {"statx 23 'c'", STEP_COPY_UP},
                 {"getdents64 23", STEP_COPY_UP},
                 {"close 24", IGNORED},
                 {"close 23", IGNORED},
                 {"move_mount 22 '' 20 '' 0x44", STEP_ATTACH},
                 {"close 22", IGNORED},
                 {"close 20", IGNORED},
         }},
        {"mount on procfs' place, made",
         {.type = OP_MOUNT, .mount = {.target = "run/proc", .type = "proc", .target_kind = TARGET_NO_SYMLINK}},
         NULL,
         {
                 {"openat2 11 'run/proc' path dir in-root no-magic no-links", STEP_OPEN_TARGET},
                 {"openat2 11 'run' path dir in-root no-magic no-links", IGNORED},
                 {"openat2 11 'run' path dir in-root no-magic no-links", STEP_OPEN_TARGET},
                 {"statx 11 ''", STEP_MAKE_TARGET},
                 {"statx 11 ''", STEP_MAKE_TARGET},
                 {"mkdirat 11 'run' 0755", STEP_MAKE_TARGET},
                 {"openat2 11 'run' path nofollow beneath no-links", STEP_MAKE_TARGET},
                 {"statx 20 ''", STEP_MAKE_TARGET},
                 {"mkdirat 20 'proc' 0755", STEP_MAKE_TARGET},
                 {"openat2 20 'proc' path nofollow beneath no-links", STEP_MAKE_TARGET},
                 {"close 20", IGNORED},
                 {"fsopen 'proc' 0x1", STEP_FSOPEN},
                 {"fsconfig 22 6 '' ''", STEP_CREATE},
                 {"fsmount 22 0x1 0", STEP_FSMOUNT},
                 {"close 22", IGNORED},
                 {"move_mount 23 '' 21 '' 0x44", STEP_ATTACH},
                 {"close 23", IGNORED},
                 {"close 21", IGNORED},
         }},
        {"bind a directory",
         {.type = OP_BIND,
          .bind = {.target = "tmp",
                   .slot = FD_TREE,
                   .attr_set = MOUNT_ATTR_RDONLY,
                   .rattr_set = MOUNT_ATTR_NOSUID,
                   .propagation = 0x40000,
                   .recursive_propagation = true}},
         NULL,
         {
                 {"statx 12 ''", STEP_SOURCE},
                 {"openat2 11 'tmp' path dir in-root no-magic", STEP_OPEN_TARGET},
                 {"mount_setattr 12 '' 0x9000 +0x2 -0 p0x40000", STEP_ATTRIBUTES},
                 {"mount_setattr 12 '' 0x1000 +0x1 -0 p0", STEP_ATTRIBUTES},
                 {"move_mount 12 '' 20 '' 0x44", STEP_ATTACH},
                 {"close 20", IGNORED},
                 {"close 12", IGNORED},
         }},
        {"bind a file on a missing target",
         {.type = OP_BIND, .bind = {.target = "run/file", .slot = FD_FILE_TREE}},
         NULL,
         {
                 {"statx 13 ''", STEP_SOURCE},
                 {"openat2 11 'run/file' path in-root no-magic", STEP_OPEN_TARGET},
                 {"openat2 11 'run' path dir in-root no-magic", IGNORED},
                 {"openat2 11 'run' path dir in-root no-magic", STEP_OPEN_TARGET},
                 {"statx 11 ''", STEP_MAKE_TARGET},
                 {"statx 11 ''", STEP_MAKE_TARGET},
                 {"mkdirat 11 'run' 0755", STEP_MAKE_TARGET},
                 {"openat2 11 'run' path nofollow beneath no-links", STEP_MAKE_TARGET},
                 {"statx 20 ''", STEP_MAKE_TARGET},
                 {"openat 20 'file' creat excl nofollow w 0644", STEP_MAKE_TARGET},
                 {"close 21", IGNORED},
                 {"openat2 20 'file' path nofollow beneath no-links", STEP_MAKE_TARGET},
                 {"close 20", IGNORED},
                 {"move_mount 13 '' 22 '' 0x44", STEP_ATTACH},
                 {"close 22", IGNORED},
                 {"close 13", IGNORED},
         }},
        {"bind by a path of the host",
         {.type = OP_BIND, .bind = {.target = "sys", .slot = SLOT_NONE, .host_path = "sys"}},
         NULL,
         {
                 {"open_tree cwd 'sys' 0x80101", STEP_SOURCE},
                 {"openat2 11 'sys' path dir in-root no-magic", STEP_OPEN_TARGET},
                 {"move_mount 20 '' 21 '' 0x44", STEP_ATTACH},
                 {"close 21", IGNORED},
         }},
        {"remount",
         {.type = OP_REMOUNT, .bind = {.target = "proc", .attr_set = MOUNT_ATTR_RDONLY}},
         NULL,
         {
                 {"openat2 11 'proc' path in-root no-magic", STEP_OPEN_TARGET},
                 {"mount_setattr 20 '' 0x1000 +0x1 -0 p0", STEP_ATTRIBUTES},
                 {"close 20", IGNORED},
         }},
        {"reconfigure",
         {.type = OP_RECONFIGURE, .mount = {.target = "tmp", .mount_flags = 1, .data = "size=1m"}},
         NULL,
         {
                 {"openat2 11 'tmp' path in-root no-magic no-links", STEP_OPEN_TARGET},
                 {"mount '' '/proc/self/fd/20' '' 0x21 'size=1m'", STEP_ATTRIBUTES},
                 {"close 20", IGNORED},
         }},
        {"dev",
         {.type = OP_DEV, .dev = {"dev", nodes, 3, links, 1}},
         NULL,
         {
                 {"openat2 11 'dev' path dir in-root no-magic no-links", STEP_OPEN_TARGET},
                 {"statx 11 ''", STEP_OPEN_TARGET},
                 {"statx 20 ''", STEP_OPEN_TARGET},
                 {"statx 20 'zero'", STEP_NODE},
                 {"mknodat 20 'zero' 020666 0x105", STEP_NODE},
                 {"openat2 11 'dev/net' path dir in-root no-magic no-links", STEP_OPEN_TARGET},
                 {"openat2 11 'dev' path dir in-root no-magic no-links", IGNORED},
                 {"statx 21 ''", STEP_MAKE_TARGET},
                 {"mkdirat 21 'net' 0755", STEP_MAKE_TARGET},
                 {"openat2 21 'net' path nofollow beneath no-links", STEP_MAKE_TARGET},
                 {"close 21", IGNORED},
                 {"statx 22 ''", STEP_NODE},
                 {"statx 22 'tun'", STEP_NODE},
                 {"mknodat 22 'tun' 020600 0xac8", STEP_NODE},
                 {"fchownat 22 'tun' 5 6 0x100", STEP_NODE},
                 {"close 22", IGNORED},
                 {"openat2 20 'tty' path nofollow beneath no-links", STEP_NODE},
                 {"mknodat 20 'tty' 0100666 0", STEP_NODE},
                 {"openat2 20 'tty' path nofollow beneath no-links", STEP_NODE},
                 {"move_mount 13 '' 23 '' 0x44", STEP_ATTACH},
                 {"close 23", IGNORED},
                 {"statx 20 'fd'", IGNORED},
                 {"symlinkat '/proc/self/fd' 20 'fd'", STEP_LINK},
                 {"close 20", IGNORED},
         }},
        {"mask a directory",
         {.type = OP_MASK, .path = "sys"},
         NULL,
         {
                 {"openat2 11 'sys' path in-root no-magic", STEP_OPEN_TARGET},
                 {"statx 20 ''", STEP_OPEN_TARGET},
                 {"fsopen 'tmpfs' 0x1", STEP_FSOPEN},
                 {"fsconfig 21 0 'ro' ''", STEP_PARAMETER},
                 {"fsconfig 21 6 '' ''", STEP_CREATE},
                 {"fsmount 21 0x1 0xf", STEP_FSMOUNT},
                 {"close 21", IGNORED},
                 {"move_mount 22 '' 20 '' 0x44", STEP_ATTACH},
                 {"close 20", IGNORED},
         }},
        {"mask a file",
         {.type = OP_MASK, .path = "etc/passwd"},
         NULL,
         {
                 {"openat2 11 'etc/passwd' path in-root no-magic", STEP_OPEN_TARGET},
                 {"statx 20 ''", STEP_OPEN_TARGET},
                 {"openat cwd '/dev/null' path nofollow 0", STEP_SOURCE},
                 {"statx 21 ''", STEP_SOURCE},
                 {"open_tree 21 '' 0x81001", STEP_SOURCE},
                 {"move_mount 22 '' 20 '' 0x44", STEP_ATTACH},
                 {"close 22", IGNORED},
                 {"close 20", IGNORED},
         }},
        {"mask nothing",
         {.type = OP_MASK, .path = "proc/absent"},
         NULL,
         {
                 {"openat2 11 'proc/absent' path in-root no-magic", STEP_OPEN_TARGET},
         }},
        {"read-only path",
         {.type = OP_READONLY, .path = "sys"},
         NULL,
         {
                 {"openat2 11 'sys' path in-root no-magic", STEP_OPEN_TARGET},
                 {"open_tree 20 '' 0x89001", STEP_SOURCE},
                 {"mount_setattr 21 '' 0x9000 +0x1 -0 p0", STEP_ATTRIBUTES},
                 {"move_mount 21 '' 20 '' 0x44", STEP_ATTACH},
                 {"close 21", IGNORED},
                 {"close 20", IGNORED},
         }},
        {"directory",
         {.type = OP_DIRECTORY, .path = "tmp"},
         NULL,
         {
                 {"openat2 11 'tmp' path dir in-root no-magic", STEP_OPEN_TARGET},
                 {"close 20", IGNORED},
         }},
        {"root attributes",
         {.type = OP_ROOT_ATTR, .bind = {.slot = SLOT_NONE, .attr_set = MOUNT_ATTR_RDONLY}},
         NULL,
         {
                 {"mount_setattr 11 '' 0x1000 +0x1 -0 p0", STEP_ATTRIBUTES},
         }},
        {"pivot",
         {.type = OP_PIVOT, .number = 1},
         NULL,
         {
                 {"fchdir 11", STEP_CHDIR},
                 {"pivot_root '.' '.'", STEP_PIVOT},
                 {"umount2 '.' 2", STEP_DETACH_OLD},
                 {"chdir '/'", STEP_CHDIR},
         }},
        {"pivot in a chroot",
         {.type = OP_PIVOT, .number = 1},
         with_two_roots,
         {
                 {"fchdir 40", STEP_TOP},
                 {"chroot '.'", STEP_TOP},
                 {"fchdir 11", STEP_CHDIR},
                 {"pivot_root '.' '.'", STEP_PIVOT},
                 {"umount2 '.' 2", STEP_DETACH_OLD},
                 {"close 40", IGNORED},
                 {"close 41", IGNORED},
                 {"chdir '/'", STEP_CHDIR},
         }},
        {"chroot",
         {.type = OP_PIVOT, .number = 0},
         NULL,
         {
                 {"umount2 '/proc' 2", STEP_DETACH_OLD},
                 {"umount2 '/proc' 2", STEP_DETACH_OLD},
                 {"mount 'none' '/proc' 'tmpfs' 0x1 ''", STEP_DETACH_OLD},
                 {"umount2 '/sys' 2", STEP_DETACH_OLD},
                 {"umount2 '/sys' 2", STEP_DETACH_OLD},
                 {"mount 'none' '/sys' 'tmpfs' 0x1 ''", STEP_DETACH_OLD},
                 {"fchdir 11", STEP_CHDIR},
                 {"chroot '.'", STEP_PIVOT},
                 {"chdir '/'", STEP_CHDIR},
         }},
        {"make",
         {.type = OP_MAKE, .mount = {.type = "tmpfs", .attr = MOUNT_ATTR_NOSUID, .slot = FD_STATE}},
         NULL,
         {
                 {"fsopen 'tmpfs' 0x1", STEP_FSOPEN},
                 {"fsconfig 20 6 '' ''", STEP_CREATE},
                 {"fsmount 20 0x1 0x2", STEP_FSMOUNT},
                 {"close 20", IGNORED},
         }},
        {"enter",
         {.type = OP_ENTER},
         NULL,
         {
                 {"openat cwd '/' path dir 0", STEP_ITSELF},
         }},
        {"add",
         {.type = OP_ADD, .bind = {.target = "tmp", .slot = FD_TREE, .rattr_set = MOUNT_ATTR_RDONLY}},
         as_seen,
         {
                 {"statx 12 ''", STEP_SOURCE},
                 {"openat2 11 'tmp' path dir in-root no-magic", STEP_OPEN_TARGET},
                 {"statx 20 ''", STEP_MOUNTS},
                 {"statx 12 ''", STEP_MOUNTS},
                 {"openat2 10 'self/mountinfo' beneath no-magic no-xdev", STEP_MOUNTS},
                 {"sendmsg 9", STEP_CHANNEL},
                 {"close 21", IGNORED},
                 {"recvmsg 9", STEP_CHANNEL},
                 {"mount_setattr 12 '' 0x9000 +0x1 -0 p0", STEP_ATTRIBUTES},
                 {"move_mount 12 '' 20 '' 0x44", STEP_ATTACH},
                 {"close 20", IGNORED},
         }},
        {"remove",
         {.type = OP_REMOVE, .remove = {.target = "tmp", .mount = 1}},
         as_seen,
         {
                 {"openat2 10 'self/mountinfo' beneath no-magic no-xdev", STEP_MOUNTS},
                 {"sendmsg 9", STEP_CHANNEL},
                 {"close 20", IGNORED},
                 {"recvmsg 9", STEP_CHANNEL},
                 {"openat2 11 'tmp' path in-root no-magic", STEP_OPEN_TARGET},
                 {"statx 21 ''", STEP_OPEN_TARGET},
                 {"fchdir 10", STEP_ITSELF},
                 {"umount2 'self/fd/21' 2", STEP_ITSELF},
                 {"close 21", IGNORED},
         }},
        {"terminal",
         {.type = OP_TERMINAL,
          .terminal = {.console_slot = FD_CONSOLE,
                       .rows = 24,
                       .columns = 80,
                       .uid = 5,
                       .bind_console = true,
                       .plain = true}},
         as_terminal,
         {
                 {"openat2 11 'dev/pts/ptmx' rw in-root no-magic no-links", STEP_PTMX},
                 {"fstatfs 20", STEP_PTY},
                 {"ioctl 20 0x40045431", STEP_PTY},
                 {"ioctl 20 0x5441", STEP_PTY},
                 {"ioctl 21 0x5414", STEP_PTY},
                 {"ioctl 21 0x5401", STEP_PTY},
                 {"ioctl 21 0x5402", STEP_PTY},
                 {"fchown 21 5 -1", STEP_PTY},
                 {"open_tree 21 '' 0x81001", STEP_SOURCE},
                 {"openat2 11 'dev/console' path in-root no-magic no-links", STEP_OPEN_TARGET},
                 {"openat2 11 'dev' path dir in-root no-magic no-links", IGNORED},
                 {"statx 11 ''", STEP_MAKE_TARGET},
                 {"statx 23 ''", STEP_MAKE_TARGET},
                 {"openat 23 'console' creat excl nofollow w 0644", STEP_MAKE_TARGET},
                 {"close 24", IGNORED},
                 {"openat2 23 'console' path nofollow beneath no-links", STEP_MAKE_TARGET},
                 {"close 23", IGNORED},
                 {"move_mount 22 '' 25 '' 0x44", STEP_ATTACH},
                 {"close 25", IGNORED},
                 {"close 22", IGNORED},
                 {"sendmsg 15", STEP_CONSOLE_SEND},
                 {"close 20", IGNORED},
                 {"dup3 21 0", STEP_STDIO},
                 {"dup3 21 1", STEP_STDIO},
                 {"dup3 21 2", STEP_STDIO},
                 {"close 21", IGNORED},
         }},
        {"setsid",
         {.type = OP_SETSID},
         NULL,
         {
                 {"setsid", STEP_ITSELF},
         }},
        {"setsid with a terminal",
         {.type = OP_SETSID, .number = 1},
         NULL,
         {
                 {"setsid", STEP_ITSELF},
                 {"ioctl 0 0x540e", STEP_CONTROLLING_TTY},
         }},
        {"standard output and error to pipes",
         {.type = OP_OUTPUT, .output = {{FD_LISTENER, FD_CONSOLE}}},
         NULL,
         {
                 {"dup3 14 1", STEP_STDIO},
                 {"dup3 15 2", STEP_STDIO},
         }},
        {"owner of standard input and output",
         {.type = OP_STDIO_OWNER, .number = 5},
         as_stdio_pipes,
         {
                 {"statx 0 ''", IGNORED},
                 {"fchown 0 5 -1", IGNORED},
                 {"statx 1 ''", IGNORED},
                 {"fchown 1 5 -1", IGNORED},
                 {"statx 2 ''", IGNORED},
         }},
        {"personality",
         {.type = OP_PERSONALITY, .number = 8},
         NULL,
         {
                 {"personality 0x8", STEP_ITSELF},
                 {"personality 0xffffffff", STEP_PROVE},
         }},
        {"affinity",
         {.type = OP_AFFINITY, .set = {"0-1", cpus, SPEC_CPUS_MAX, {0}}},
         NULL,
         {
                 {"sched_setaffinity 0 1024", STEP_ITSELF},
                 {"sched_getaffinity 0 1024", STEP_PROVE},
         }},
        {"memory policy",
         {.type = OP_MEMORY_POLICY, .memory_policy = {2, 0x8000, {"0", nodes_asked, SPEC_NODES_MAX, {0}}}},
         NULL,
         {
                 {"set_mempolicy 0x8002 1025", STEP_ITSELF},
                 {"get_mempolicy", STEP_PROVE},
         }},
        {"memory policy without nodes",
         {.type = OP_MEMORY_POLICY, .memory_policy = {.mode = 4}},
         NULL,
         {
                 {"set_mempolicy 0x4 0", STEP_ITSELF},
                 {"get_mempolicy", STEP_PROVE},
         }},
        {"scheduler",
         {.type = OP_SCHEDULER, .scheduler = {.policy = 1, .priority = 7, .flags = 1}},
         NULL,
         {
                 {"sched_setattr 0", STEP_ITSELF},
                 {"sched_getattr 0", STEP_PROVE},
         }},
        {"scheduler of a budget",
         {.type = OP_SCHEDULER,
          .scheduler = {.policy = 6, .runtime_nsec = 2000, .deadline_nsec = 9000, .period_nsec = 9000}},
         NULL,
         {
                 {"sched_setattr 0", STEP_ITSELF},
                 {"sched_getattr 0", STEP_PROVE},
         }},
        {"scheduler, set by the parent",
         {.type = OP_SCHEDULER, .scheduler = {.policy = 3, .nice = 5, .by_parent = true}},
         as_scheduled,
         {
                 {"sched_getattr 0", STEP_PROVE},
         }},
        {"I/O priority",
         {.type = OP_IO_PRIORITY, .io_priority = {0x4006, false}},
         NULL,
         {
                 {"ioprio_set 1 0 0x4006", STEP_ITSELF},
                 {"ioprio_get 1 0", STEP_PROVE},
         }},
        {"I/O priority, set by the parent",
         {.type = OP_IO_PRIORITY, .io_priority = {0x4006, true}},
         as_scheduled,
         {
                 {"ioprio_get 1 0", STEP_PROVE},
         }},
        {"rlimit",
         {.type = OP_RLIMIT, .rlimit = {7, 1, 2}},
         NULL,
         {
                 {"prlimit64 0 7", STEP_ITSELF},
         }},
        {"lsm",
         {.type = OP_LSM, .lsm = {"attr/apparmor/exec", "exec web", 8}},
         NULL,
         {
                 {"openat2 10 'self/attr/apparmor/exec' w beneath no-magic no-xdev", STEP_PROC_OPEN},
                 {"write 20 'exec web'", STEP_PROC_WRITE},
                 {"close 20", IGNORED},
         }},
        {"bounding",
         {.type = OP_BOUNDING, .number = 5},
         as_few_bounding,
         {
                 {"prctl 23 0 0", STEP_ITSELF},
                 {"prctl 24 1 0", STEP_ITSELF},
                 {"prctl 23 1 0", STEP_PROVE},
                 {"prctl 24 3 0", IGNORED},
                 {"prctl 23 3 0", STEP_PROVE},
                 {"prctl 24 4 0", IGNORED},
                 {"prctl 23 4 0", STEP_ITSELF},
         }},
        {"ids",
         {.type = OP_IDS,
          .ids = {.uid = 5, .gid = 6, .groups = groups, .group_count = 2, .keep_caps = true, .setgroups = true}},
         NULL,
         {
                 {"setgroups 2", STEP_SETGROUPS},
                 {"setresgid 6 6 6", STEP_SETGID},
                 {"prctl 8 1 0", STEP_SETGID},
                 {"setresuid 5 5 5", STEP_SETUID},
                 {"prctl 8 0 0", STEP_SETUID},
                 {"prctl 1 9 0", STEP_SETUID},
                 {"getresuid", STEP_PROVE},
                 {"getresgid", STEP_PROVE},
                 {"getgroups", STEP_PROVE},
         }},
        {"ids without setgroups",
         {.type = OP_IDS, .ids = {.uid = 5, .gid = 6}},
         NULL,
         {
                 {"setresgid 6 6 6", STEP_SETGID},
                 {"setresuid 5 5 5", STEP_SETUID},
                 {"prctl 1 9 0", STEP_SETUID},
                 {"getresuid", STEP_PROVE},
                 {"getresgid", STEP_PROVE},
         }},
        {"caps",
         {.type = OP_CAPS, .caps = {1, 3, 0x100000001}},
         NULL,
         {
                 {"capset", STEP_ITSELF},
                 {"capget", STEP_PROVE},
         }},
        {"ambient",
         {.type = OP_AMBIENT, .number = 9},
         NULL,
         {
                 {"prctl 47 4 0", STEP_ITSELF},
                 {"prctl 47 2 0", STEP_ITSELF},
                 {"prctl 47 2 3", STEP_ITSELF},
         }},
        {"no_new_privs",
         {.type = OP_NO_NEW_PRIVS},
         NULL,
         {
                 {"prctl 38 1 0", STEP_ITSELF},
                 {"prctl 39 0 0", STEP_PROVE},
         }},
        {"umask",
         {.type = OP_UMASK, .number = 027},
         NULL,
         {
                 {"umask 027", STEP_ITSELF},
         }},
        {"chdir",
         {.type = OP_CHDIR, .text = {"/tmp", 4}},
         NULL,
         {
                 {"openat2 cwd '/tmp' path dir no-magic", STEP_ITSELF},
                 {"fchdir 20", STEP_ITSELF},
                 {"close 20", IGNORED},
                 {"getcwd", STEP_OUTSIDE},
         }},
        {"find exec",
         {.type = OP_FIND_EXEC, .exec = {candidates, argv, envp}},
         NULL,
         {
                 {"openat2 cwd '/usr/bin/true' path no-magic", IGNORED},
                 {"openat2 cwd '/bin/true' path no-magic", STEP_ITSELF},
                 {"statx 20 ''", STEP_ITSELF},
                 {"faccessat2 20 '' 1 0x1200", STEP_ITSELF},
                 {"close 20", IGNORED},
         }},
        {"close fds",
         {.type = OP_CLOSE_FDS, .number = 5},
         NULL,
         {
                 {"fcntl 0 1", IGNORED},
                 {"fcntl 1 1", IGNORED},
                 {"fcntl 2 1", IGNORED},
                 {"fcntl 3 1", IGNORED},
                 {"fcntl 4 1", IGNORED},
                 {"close_range 5 0x8 0", STEP_ITSELF},
                 {"close_range 10 0xd 0", STEP_ITSELF},
                 {"close_range 15 0xf 0", STEP_ITSELF},
                 {"close_range 17 0xfffffffe 0", STEP_ITSELF},
         }},
        {"trees",
         {.type = OP_TREES},
         as_own_trees,
         {
                 {"open_tree cwd '/bin' 0x80001", STEP_SOURCE},
                 {"open_tree cwd '/dev/null' 0x80001", STEP_SOURCE},
                 {"statx 21 ''", STEP_SOURCE},
                 {"mount_setattr 21 '' 0x1000 +0 -0 p0x40000", STEP_PROPAGATION},
         }},
        {"init",
         {.type = OP_INIT, .slot = FD_STATE},
         as_new_process,
         {
                 {"pipe2", STEP_ITSELF},
                 {"rt_sigprocmask 2", STEP_ITSELF},
                 {"clone3", STEP_ITSELF},
                 {"close 21", IGNORED},
                 {"read 20", STEP_CHANNEL},
                 {"close 20", IGNORED},
                 {"close 16", IGNORED},
                 {"rt_sigprocmask 2", STEP_ITSELF},
         }},
        {"rules of Landlock",
         {.type = OP_RULESET, .ruleset = {0xfff, 3, 1, landlock_paths, landlock_ports, 4, 1, FD_TASKS}},
         NULL,
         {
                 {"landlock_create_ruleset 0xfff 0x3 0x1", STEP_ITSELF},
                 {"landlock_add_rule 20 0", STEP_PROVE},
                 {"openat2 cwd '/tmp' path no-magic", STEP_RULE_PATH},
                 {"statx 21 ''", STEP_RULE},
                 {"landlock_add_rule 20 1 21 0xc", STEP_RULE},
                 {"close 21", IGNORED},
                 /* Of a file only what files know, of the rest what the ruleset refuses. */
                 {"openat2 cwd '/etc/passwd' path no-magic", STEP_RULE_PATH},
                 {"statx 22 ''", STEP_RULE},
                 {"landlock_add_rule 20 1 22 0x7", STEP_RULE},
                 {"close 22", IGNORED},
                 {"openat2 cwd '/etc/passwd' path no-magic", STEP_RULE_PATH},
                 {"statx 23 ''", STEP_RULE},
                 {"close 23", IGNORED},
                 {"openat2 cwd '/missing' path no-magic", STEP_RULE_PATH},
                 {"landlock_add_rule 20 2 443 0x2", STEP_RULE},
         }},
        {"Landlock",
         {.type = OP_RESTRICT, .restrict_self = {FD_TASKS, 2}},
         as_joined,
         {
                 {"landlock_restrict_self 33 0x2", STEP_ITSELF},
                 {"close 33", IGNORED},
                 {"landlock_restrict_self 33 0", STEP_PROVE},
         }},
        {"seccomp",
         {.type = OP_SECCOMP, .seccomp = {NULL, 2}},
         NULL,
         {
                 {"seccomp 1 0x2", STEP_ITSELF},
         }},
        {"seccomp with a listener",
         {.type = OP_SECCOMP, .seccomp = {NULL, 0xa, FD_CONSOLE, FD_STATE, false}},
         NULL,
         {
                 {"lseek 16 0 2", STEP_AGENT_STATE},
                 {"mmap 0 7 0x1 0x2 16", STEP_AGENT_STATE},
                 {"clone 0x250f00", STEP_AGENT_THREAD},
                 {"seccomp 1 0xa", STEP_ITSELF},
                 {"ioctl 20 0x40082102", STEP_PROVE},
                 {"sendmsg 15", STEP_AGENT_SEND},
                 {"close 15", IGNORED},
                 {"close 16", IGNORED},
                 {"close 20", IGNORED},
         }},
};
const size_t op_case_count = sizeof(op_cases) / sizeof(op_cases[0]);

static const struct op mount_op = {.type = OP_MOUNT, .mount = {.target = "tmp", .type = "tmpfs"}},
                       root_op = {.type = OP_ROOT, .slot = FD_ROOT},
                       propagation_op = {.type = OP_PROPAGATION, .number = 0x84000},
                       mask_op = {.type = OP_MASK, .path = "sys"},
                       clone_op = {.type = OP_CLONE, .number = CLONE_NEWPID}, session_op = {.type = OP_SETSID},
                       keyring_op = {.type = OP_KEYRING},
                       find_op = {.type = OP_FIND_EXEC,
                                  .exec = {.candidates = (const char *const[]){"/bin/true", NULL}}};

const struct fallback_case fallback_cases[] = {
        {"no pidfd_open", __NR_pidfd_open, ENOSYS, "openat cwd '/proc/self/ns/mnt' 0", 0, &propagation_op},
        {"no move_mount for the root", __NR_move_mount, ENOSYS, "mount '/proc/self/fd/11' '/' '' 0x2000 ''", 0,
         &root_op},
        {"move_mount fails for the root", __NR_move_mount, EINVAL, NULL, STEP_ATTACH, &root_op},
        {"no fsopen for a mask", __NR_fsopen, EPERM, "mount 'none' '/proc/self/fd/20' 'tmpfs' 0xf ''", 0, &mask_op},
        {"fsopen fails for a mask", __NR_fsopen, ENOMEM, NULL, STEP_FSOPEN, &mask_op},
        {"no clone3", __NR_clone3, ENOSYS, "clone 0x20008000", 0, &clone_op},
        {"clone3 filtered", __NR_clone3, EPERM, "clone 0x20008000", 0, &clone_op},
        {"clone3 fails", __NR_clone3, EAGAIN, NULL, STEP_ITSELF, &clone_op},
        {"a keyring that is refused once", __NR_keyctl, ENOSYS, NULL, STEP_ITSELF, &keyring_op},
        {"leads its session", __NR_setsid, EPERM, "getsid 0", 0, &session_op},
        {"no faccessat2", __NR_faccessat2, ENOSYS, "close 20", 0, &find_op},
        {"faccessat2 filtered", __NR_faccessat2, EPERM, "close 20", 0, &find_op},
        {"faccessat2 fails", __NR_faccessat2, EACCES, NULL, STEP_ITSELF, &find_op},
        {"no move_mount", __NR_move_mount, ENOSYS, "mount '/proc/self/fd/22' '/proc/self/fd/20' '' 0x2000 ''", 0,
         &mount_op},
        {"move_mount filtered", __NR_move_mount, EPERM, "mount '/proc/self/fd/22' '/proc/self/fd/20' '' 0x2000 ''", 0,
         &mount_op},
        {"move_mount fails", __NR_move_mount, EINVAL, NULL, STEP_ATTACH, &mount_op},
        {"no fsopen", __NR_fsopen, ENOSYS, "mount 'none' '/proc/self/fd/20' 'tmpfs' 0 ''", 0, &mount_op},
        {"fsopen fails", __NR_fsopen, ENODEV, NULL, STEP_FSOPEN, &mount_op},
        {"fsconfig filtered", __NR_fsconfig, EPERM, "mount 'none' '/proc/self/fd/20' 'tmpfs' 0 ''", 0, &mount_op},
        {"fsconfig fails", __NR_fsconfig, EINVAL, NULL, STEP_CREATE, &mount_op},
        {"no fsmount", __NR_fsmount, ENOSYS, "mount 'none' '/proc/self/fd/20' 'tmpfs' 0 ''", 0, &mount_op},
};
const size_t fallback_case_count = sizeof(fallback_cases) / sizeof(fallback_cases[0]);
