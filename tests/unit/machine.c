/* SPDX-License-Identifier: Apache-2.0 */
/* A small machine; see machine.h. */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "kern/idmap.h"
#include "kern/proc.h"

static bool must_work(void)
{
        const char *value = getenv("WARD_MUST_WORK");

        return value != NULL && strcmp(value, "1") == 0;
}

void need_machine(const struct machine *machine)
{
        if (machine->unable == NULL)
                return;
        if (must_work())
                fail_msg("%s", machine->unable);
        print_message("skipped: %s\n", machine->unable);
        skip();
}

/* What is in it; a directory's path ends with a slash. */
static const struct {
        const char *path;
        mode_t mode;
} machine_files[] = {
        {"/usr/", 0755},
        {"/usr/bin/", 0755},
        {"/usr/bin/tool", 0755},
        {"/usr/share/", 0755},
        {"/usr/share/text", 0644},
        {"/usr/share/secret", 0640},
        {"/usr/share/runs", 0711},
        {"/usr/share/closed/", 0750},
        {"/usr/share/closed/text", 0644},
        {"/usr/share/listed/", 0754},
        {"/usr/share/listed/text", 0644},
        {"/etc/", 0755},
        {"/etc/passwd", 0644},
        {"/etc/shadow", 0640},
        {"/etc/turned", 0644},
        {"/etc/bound", 0644},
        {"/etc/ssl/", 0755},
        {"/etc/ssl/text", 0644},
        {"/etc/ssl/private/", 0710},
        {"/etc/ssl/private/key", 0644},
        {"/var/", 0755},
        {"/var/lib/", 0755},
        {"/var/lib/text", 0644},
        {"/var/lib/lock", 0600},
        {"/var/log/", 0700},
        {"/var/log/under", 0644},
        {"/var/proc/", 0755},
        {"/var/proc/under", 0644},
        {"/opt/", 0755},
        {"/over/", 0755},
        {"/over/text", 0644},
        {"/over/secret", 0600},
        {"/home/", 0755},
        {"/home/text", 0644},
        {"/root/", 0700},
        {"/proc/", 0755},
        {"/secret", 0644},
        {"/mine/", 0755},
        {"/keep/", 0755},
        {"/world/", 0777},
        {"/user/", 0755},
};

int write_file(const char *path, const char *text, mode_t mode)
{
        _cleanup_close_
        int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, mode);

        if (fd < 0 || fd_write_all(fd, text, strlen(text)) < 0 || fchmod(fd, mode) < 0)
                return -1;
        return 0;
}

static int listen_at(const char *path)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
        if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 1) < 0 ||
            chmod(path, 0777) < 0)
                return -1;
        return fd;
}

static int fill_machine(struct machine *machine)
{
        for (size_t i = 0; i < ELEMENTS(machine_files); i++) {
                const char *path = machine_files[i].path;
                int r;

                if (path[strlen(path) - 1] == '/')
                        r = mkdir(path, 0755) < 0 || chmod(path, machine_files[i].mode) < 0 ? -1 : 0;
                else
                        r = write_file(path, path, machine_files[i].mode);
                if (r < 0)
                        return r;
        }
        if (symlink("usr/bin", "/bin") < 0 || mknod("/opt/null", S_IFCHR | 0666, makedev(1, 3)) < 0 ||
            mknod("/usr/share/null", S_IFCHR | 0666, makedev(1, 3)) < 0 || chmod("/usr/share/null", 0666) < 0 ||
            chown("/usr/share/text", 7, 8) < 0 || chown("/usr/share/runs", 70000, 70000) < 0)
                return -1;
        machine->socket = listen_at("/usr/share/socket");
        return machine->socket < 0 ? -1 : 0;
}

static int mount_machine(void)
{
        if (mount("/over", "/var/log", NULL, MS_BIND, NULL) < 0 ||
            mount("/secret", "/etc/bound", NULL, MS_BIND, NULL) < 0)
                return -1;
        if (mount("proc", "/proc", "proc", 0, NULL) < 0 && mount("/proc", "/proc", NULL, MS_BIND, NULL) < 0)
                return -1;
        return mount("proc", "/var/proc", "proc", 0, NULL);
}

static const char *make_machine(struct machine *machine)
{
        if (geteuid() != 0)
                return "needs root";
        machine->outside = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
        if (machine->outside < 0 || unshare(CLONE_NEWNS) < 0)
                return "needs CAP_SYS_ADMIN, for a mount namespace";
        (void)snprintf(machine->path, sizeof(machine->path), "/var/tmp/ward-host.XXXXXX");
        if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mkdtemp(machine->path) == NULL ||
            chmod(machine->path, 0755) < 0)
                return "needs a directory of its own below /var/tmp";
        /* Not chroot(2): who is in one may not make user namespaces (user_namespaces(7)). */
        if (mount(machine->path, machine->path, NULL, MS_BIND, NULL) < 0 || chdir(machine->path) < 0 ||
            mkdir("outside", 0755) < 0 || syscall(SYS_pivot_root, ".", "outside") < 0)
                return "needs to change its root";
        (void)umask(0);
        if (fill_machine(machine) < 0 || mount_machine() < 0)
                return "needs to make nodes and mounts";
        return NULL;
}

static const char *try_idmap(void)
{
        const struct idmap_range range = {0, BASE, COUNT};
        const struct idmap map = {.uid = &range, .gid = &range, .uid_count = 1, .gid_count = 1};
        _cleanup_close_
        int tree = open_tree(AT_FDCWD, "/usr", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), ids = -EBADF,
            proc = proc_open(NULL);

        ids = proc < 0 ? proc : idmap_namespace(proc, &map, NULL);
        return ids < 0 || tree < 0 || idmap_tree(tree, ids, false) < 0 ? "needs a /var/tmp that can be id-mapped"
                                                                       : NULL;
}

int machine_setup(void **state)
{
        static struct machine machine;

        machine = (struct machine){.outside = -EBADF, .socket = -EBADF};
        machine.unable = make_machine(&machine);
        if (machine.unable == NULL)
                machine.unable = try_idmap();
        *state = &machine;
        return 0;
}

int machine_teardown(void **state)
{
        struct machine *machine = *state;
        char command[128];

        machine->socket = fd_close(machine->socket);
        if (machine->outside < 0)
                return 0;
        if (setns(machine->outside, CLONE_NEWNS) < 0)
                return -1;
        machine->outside = fd_close(machine->outside);
        if (machine->path[0] == '\0' || strstr(machine->path, "XXXXXX") != NULL)
                return 0;
        (void)snprintf(command, sizeof(command), "rm -rf --one-file-system %s", machine->path);
        return system(command) == 0 ? 0 : -1;
}
