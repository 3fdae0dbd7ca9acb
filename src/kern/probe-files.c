/* SPDX-License-Identifier: Apache-2.0 */
/* Probes of mounts and file systems, in a mount namespace of their own; see probe.h. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/libc.h"
#include "kern/idmap.h"
#include "kern/probe.h"

#define PLACE "/proc" /* something is mounted on it in a copy of the machine's mounts; every machine has it */

static int answer(long r)
{
        return r < 0 ? -errno : 0;
}

/* Mounts of its own, which no others see. */
static int in_own_mounts(int more)
{
        int r = probe_take_rights();

        if (r >= 0)
                r = answer(unshare(CLONE_NEWNS | more));
        return r < 0 ? r : answer(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL)); /* host path: in a copy of it */
}

static int mount_type(const char *type, int more)
{
        int r = in_own_mounts(more);

        return r < 0 ? r
                     : answer(mount("none", PLACE, type, MS_NOSUID | MS_NODEV | MS_NOEXEC,
                                    NULL)); /* host path: the same */
}

/* A detached tmpfs. */
static int new_tmpfs(void)
{
        int fs = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC), fd = -1;

        if (fs < 0)
                return -errno;
        if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) >= 0)
                fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
        return fd < 0 ? -errno : fd;
}

int probe_mount_api(void)
{
        int r = in_own_mounts(0), fd = r < 0 ? r : new_tmpfs();

        return fd < 0 ? fd
                      : answer(syscall(SYS_move_mount, fd, "", AT_FDCWD, PLACE,
                                       MOVE_MOUNT_F_EMPTY_PATH)); /* host path: the same */
}

int probe_open_tree(void)
{
        int r = in_own_mounts(0);

        return r < 0 ? r
                     : answer(syscall(SYS_open_tree, AT_FDCWD, "/",
                                      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE)); /* host path: the same */
}

int probe_mount_setattr(void)
{
        struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
        int r = in_own_mounts(0), fd = r < 0 ? r : new_tmpfs();

        return fd < 0 ? fd : answer(syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)));
}

/* pivot_root(2), "NOTES": the new root may be where the old one goes. */
int probe_pivot(void)
{
        int r = mount_type("tmpfs", 0);

        if (r >= 0)
                r = answer(chdir(PLACE));                             /* host path: the tmpfs on it */
        return r < 0 ? r : answer(syscall(SYS_pivot_root, ".", ".")); /* host path: the same */
}

int probe_tmpfs(void)
{
        return mount_type("tmpfs", 0);
}

/* A new procfs is of the pid namespace of who mounts it, and may not show what is covered in the one that is there (mount_namespaces(7)). */
int probe_proc(void)
{
        int r = in_own_mounts(CLONE_NEWPID), status;
        pid_t pid;

        if (r < 0)
                return r;
        pid = fork();
        if (pid == 0)
                _exit(mount("proc", PLACE, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0
                              ? errno
                              : 0); /* host path: the same */
        if (pid < 0 || waitpid(pid, &status, 0) < 0)
                return -errno;
        return WIFEXITED(status) ? -WEXITSTATUS(status) : -EPERM;
}

int probe_sysfs(void)
{
        return mount_type("sysfs", CLONE_NEWNET);
}

int probe_devpts(void)
{
        int r = in_own_mounts(0);

        return r < 0 ? r
                     : answer(mount("none", PLACE, "devpts", MS_NOSUID | MS_NOEXEC,
                                    "newinstance")); /* host path: the same */
}

int probe_mqueue(void)
{
        return mount_type("mqueue", CLONE_NEWIPC);
}

int probe_overlay(void)
{
        static const char *const directories[] = {PLACE "/lower", PLACE "/upper", PLACE "/work", PLACE "/merged"};
        int r = mount_type("tmpfs", 0);

        for (size_t i = 0; r >= 0 && i < ELEMENTS(directories); i++)
                r = answer(mkdir(directories[i], 0700)); /* host path: in the tmpfs on it */
        return r < 0 ? r
                     : answer(mount("none", PLACE "/merged", "overlay", 0,
                                    "lowerdir=" PLACE "/lower,upperdir=" PLACE "/upper,workdir=" PLACE
                                    "/work")); /* host path: the same */
}

int probe_idmap(void)
{
        const struct idmap_range range = {1, 0, 1}; /* an id that one has also in a user namespace with a single one */
        const struct idmap map = {&range, &range, 1, 1};
        _cleanup_close_
        int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC); /* host path: its own */
        int r = in_own_mounts(0), tree, users;

        if (r < 0 || proc < 0)
                return r < 0 ? r : -errno;
        tree = new_tmpfs();
        if (tree < 0)
                return tree;
        users = idmap_namespace(proc, &map, NULL);
        return users < 0 ? users : idmap_tree(tree, users, false);
}

int probe_fuse(void)
{
        int r = in_own_mounts(0), fd;
        char data[128];

        if (r < 0)
                return r;
        fd = open("/dev/fuse", O_RDWR | O_CLOEXEC); /* host path: the device */
        if (fd < 0)
                return -errno;
        (void)snprintf(data, sizeof(data), "fd=%d,rootmode=40000,user_id=%u,group_id=%u", fd, geteuid(), getegid());
        return answer(mount("probe", PLACE, "fuse", MS_NOSUID | MS_NODEV, data)); /* host path: in a copy of it */
}
