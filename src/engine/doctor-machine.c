/* SPDX-License-Identifier: Apache-2.0 */
/* The place itself, ids, control groups, and the programs and services that ward works with; see doctor.h. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "engine/doctor-private.h"
#include "engine/unit.h"
#include "kern/cgroup.h"
#include "kern/clone.h"
#include "kern/idmap.h"
#include "store/ranges.h"

void doctor_look_at_place(struct doctor *doctor)
{
        struct doctor_check check = {.group = "machine", .name = "kernel", .state = DOCTOR_INFO};
        const char *place = fd_has(AT_FDCWD, "/run/.containerenv")       ? "a container of podman's"
                            : fd_has(AT_FDCWD, "/.dockerenv")            ? "a container of docker's"
                            : fd_has(AT_FDCWD, "/run/systemd/container") ? "a container of systemd's"
                            : doctor->initial_users                      ? "no user namespace"
                                                                         : "a user namespace";
        struct utsname name;

        if (uname(&name) == 0)
                check.detail = arena_printf(doctor->arena, "%s %s, %s", name.sysname, name.release, name.machine);
        doctor_add(doctor, &check);
        check.name = "place";
        check.detail = arena_printf(doctor->arena, "%s, in %s, %llu seccomp filter%s around it",
                                    doctor->root     ? "rights of root"
                                    : geteuid() == 0 ? "root without CAP_SYS_ADMIN"
                                                     : "an ordinary user",
                                    place, (unsigned long long)doctor->filters, doctor->filters == 1 ? "" : "s");
        doctor_add(doctor, &check);
}

/* Tries what a start does: a process in a user namespace, that gets the caller's id and the others of his. */
static int try_maps(const struct doctor *doctor, const struct ranges_span *users, const struct ranges_span *groups,
                    struct ward_err *err)
{
        const struct idmap_range uids[] = {{0, geteuid(), 1}, {1, (uint32_t)users->base, (uint32_t)users->count}},
                                 gids[] = {{0, getegid(), 1}, {1, (uint32_t)groups->base, (uint32_t)groups->count}};
        const struct idmap map = {uids, gids, ELEMENTS(uids), ELEMENTS(gids)};
        _cleanup_close_
        int pidfd = -EBADF;
        bool denied;
        siginfo_t info;
        pid_t pid = clone_child(CLONE_NEWUSER, -EBADF, &pidfd);
        int r;

        if (pid == 0)
                for (;;)
                        (void)pause();
        if (pid < 0)
                return err_code(err, (int)pid, "make a user namespace");
        r = idmap_write(doctor->proc, pid, &map, &denied, err);
        pidfd_kill_child(pidfd, pid);
        (void)pidfd_wait(pidfd, false, false, &info);
        return r;
}

void doctor_look_at_ids(struct doctor *doctor)
{
        struct doctor_check check = {.group = "namespaces", .name = "ids"};
        struct ranges_span users, groups;
        struct ward_err err = {0};
        int r;

        if (doctor->root) {
                check.detail = doctor->initial_users ? "root maps whatever ids it wants"
                                                     : "root maps those of the user namespace that it is in";
                doctor_add(doctor, &check);
                return;
        }
        r = ranges_of_user(&ranges_machine, doctor->user, geteuid(), &users, &groups, &err);
        if (r >= 0 && doctor->no_users != NULL)
                r = err_set(&err, -EPERM, "they take a user namespace, and there can be none here");
        if (r >= 0)
                r = try_maps(doctor, &users, &groups, &err);
        if (r >= 0) {
                check.detail = arena_printf(doctor->arena, "your own and %llu more (newuidmap, newgidmap)",
                                            (unsigned long long)users.count);
        } else {
                /* One's own is enough for most programs. */
                check.state = DOCTOR_LIMITED;
                check.detail = doctor->no_users == NULL ? "your own alone" : NULL;
                check.why = arena_strdup(doctor->arena, err.message);
                check.how =
                        arena_strdup(doctor->arena, err.hint[0] != '\0'        ? err.hint
                                                    : doctor->no_users != NULL ? doctor->no_users
                                                                               : "install newuidmap (package uidmap)");
        }
        doctor_add(doctor, &check);
}

/* "v1: cpu,cpuacct memory; v2: hugetlb,misc" */
static const char *describe_layout(struct doctor *doctor, const struct cgroup_layout *layout)
{
        const char *old = "", *unified = "";

        for (size_t i = 0; i < layout->count && old != NULL && unified != NULL; i++) {
                const struct cgroup_hierarchy *h = &layout->hierarchies[i];

                if (h->version == 1) {
                        old = arena_concat(doctor->arena, *old == '\0' ? "v1: " : old, *old == '\0' ? "" : " ",
                                           h->name);
                        continue;
                }
                unified = "v2: ";
                for (int c = 0; c < CGROUP_CONTROLLER_COUNT && unified != NULL; c++)
                        if ((h->controllers >> c & 1) != 0)
                                unified = arena_concat(doctor->arena, unified, unified[4] == '\0' ? "" : ",",
                                                       cgroup_controller_names[c]);
                if (unified != NULL && unified[4] == '\0')
                        unified = "v2 without controllers";
        }
        return arena_concat(doctor->arena, old,
                            old != NULL && *old != '\0' && unified != NULL && *unified != '\0' ? "; " : "", unified);
}

/* Makes the group @path in every hierarchy, or that of v2 alone, and removes it again. */
static int try_groups(const struct cgroup_layout *layout, const char *path, bool unified_alone, struct ward_err *err)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < layout->count; i++) {
                const struct cgroup_hierarchy *h = &layout->hierarchies[i];

                if (unified_alone && h->version != 2)
                        continue;
                r = cgroup_make(h, path, 0, NULL, NULL, err);
                if (r >= 0)
                        r = cgroup_remove(h, path, 0, 1000, err);
        }
        return r;
}

/* What gives an ordinary user a group of his own: systemd, if it runs, or root; none of v1, which nobody delegates. */
static const char *how_to_be_given(struct arena *arena, const struct cgroup_hierarchy *unified)
{
        if (unified == NULL)
                return "run it as root: to others groups of cgroup v1 are not given";
        if (!fd_has(AT_FDCWD, "/run/systemd/system"))
                return arena_concat(arena, "run it as root; or let root give you a group, and start in it: ",
                                    "ward cgroup create --owner USER ", unified->mount, "/NAME");
        return "systemd-run --user --scope -p Delegate=yes ward run ...; or run it as root";
}

void doctor_look_at_groups(struct doctor *doctor)
{
        struct doctor_check check = {.group = "control-groups", .name = "layout", .state = DOCTOR_INFO};
        struct cgroup_layout layout = {0};
        const struct cgroup_hierarchy *unified;
        const char *delegated = NULL, *path;
        struct ward_err err = {0};
        uint32_t controllers = 0;
        bool machine = doctor->root && doctor->initial_users;
        int r = cgroup_layout_read(doctor->arena, &layout, &err);

        check.detail = r < 0 || layout.count == 0 ? "none is mounted" : describe_layout(doctor, &layout);
        doctor_add(doctor, &check);
        check = (struct doctor_check){.group = "control-groups", .name = "groups"};
        unified = r < 0 ? NULL : cgroup_unified(&layout);
        if (r >= 0 && !machine &&
            (unified == NULL || cgroup_delegated(unified, doctor->arena, &delegated, &controllers, NULL) <= 0 ||
             unit_keeps(unified, delegated))) {
                delegated = NULL;
                if (!doctor->root)
                        r = err_set(&err, -EACCES,
                                    "control groups belong to root here, none is delegated to this user");
        }
        path = arena_printf(doctor->arena, "%s/ward-doctor-%d", delegated != NULL ? delegated : "", getpid());
        if (r >= 0 && layout.count == 0)
                r = err_set(&err, -ENOENT, "no control group hierarchy is mounted");
        /* Where it is refused a group could be made, and not removed. */
        for (size_t i = 0; r >= 0 && i < doctor->count; i++)
                if (strcmp(doctor->checks[i].name, "openat2") == 0 && doctor->checks[i].state == DOCTOR_NO)
                        r = err_set(&err, -ENOSYS, "what is below them is opened by openat2(2), which is refused here");
        if (r >= 0 && path != NULL)
                r = try_groups(&layout, path, delegated != NULL, &err);
        if (r < 0) {
                check.state = DOCTOR_NO;
                check.why = arena_concat(doctor->arena, err.message, ": there are no limits");
                check.how = layout.count == 0         ? "mount -t cgroup2 none /sys/fs/cgroup"
                            : machine || doctor->root ? "start the container around this program with --privileged"
                                                      : how_to_be_given(doctor->arena, unified);
        } else {
                check.detail =
                        delegated != NULL ? arena_concat(doctor->arena, "delegated: ", delegated) : "made and removed";
        }
        doctor_add(doctor, &check);
        cgroup_layout_done(&layout);
}

static int connect_to(const char *path)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        _cleanup_close_
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
                return -ENOENT;
        memcpy(address.sun_path, path, strlen(path));
        return connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

static void look_at_systemd(struct doctor *doctor)
{
        struct doctor_check check = {.group = "helpers", .name = "systemd"};
        const char *runtime = getenv("XDG_RUNTIME_DIR"), *path = "/run/dbus/system_bus_socket";
        int r;

        if (!doctor->root)
                path = runtime == NULL ? "" : arena_concat(doctor->arena, runtime, "/bus");
        r = path == NULL ? -ENOMEM : connect_to(path);
        if (!fd_has(AT_FDCWD, "/run/systemd/system")) {
                check.state = DOCTOR_NO;
                check.why = "systemd does not run here: '--cgroup-manager systemd' can't be had";
        } else if (r < 0) {
                check.state = DOCTOR_NO;
                check.why = doctor->root ? arena_concat(doctor->arena, "the system bus does not answer: ", strerror(-r))
                                         : "this user has no manager that could be asked (XDG_RUNTIME_DIR)";
                check.how = doctor->root ? "systemctl start dbus"
                                         : "log in by the login manager, or loginctl enable-linger";
        } else {
                check.detail = doctor->root ? "the system bus answers" : "the user's bus answers";
        }
        doctor_add(doctor, &check);
}

/* Its own check, whose words are for its own. Status 1: something is missing. */
static int run_criu(void)
{
        int null = open("/dev/null", O_RDWR | O_CLOEXEC); /* host path: the device */

        if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
                return -errno;
        (void)execlp("criu", "criu", "check", (char *)NULL);
        return -errno;
}

static void look_at_criu(struct doctor *doctor)
{
        struct doctor_check check = {.group = "helpers", .name = "criu"};
        int r = probe_run(run_criu);

        if (r >= 0) {
                check.detail = "containers can be saved and restored";
        } else {
                check.state = DOCTOR_NO;
                check.why = r == -ENOENT   ? "the program criu is not installed"
                            : doctor->root ? "it finds something missing in this kernel"
                                           : "it takes root";
                check.how = r == -ENOENT ? "apt-get install criu" : doctor->root ? "criu check -v4" : "run it as root";
        }
        doctor_add(doctor, &check);
}

/* Programs that are found by their names in PATH. */
static void look_at_program(struct doctor *doctor, const char *name, const char *use, const char *package)
{
        struct doctor_check check = {.group = "helpers", .name = name, .detail = use};
        const char *path = getenv("PATH");
        char *places = arena_strdup(doctor->arena, path == NULL ? "/usr/sbin:/usr/bin:/sbin:/bin" : path);

        for (char *place; (place = text_next(&places, ':')) != NULL;) {
                const char *file = arena_concat(doctor->arena, place, "/", name);

                if (file != NULL && fd_has(AT_FDCWD, file)) {
                        doctor_add(doctor, &check);
                        return;
                }
        }
        check.state = DOCTOR_NO;
        check.detail = NULL;
        check.why = arena_concat(doctor->arena, "it is in no directory of PATH: without ", use);
        check.how = arena_concat(doctor->arena, "apt-get install ", package);
        doctor_add(doctor, &check);
}

void doctor_look_at_helpers(struct doctor *doctor)
{
        look_at_program(doctor, "newuidmap", "more ids for ordinary users", "uidmap");
        look_at_systemd(doctor);
        look_at_criu(doctor);
}
