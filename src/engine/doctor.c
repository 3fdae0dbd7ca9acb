/* SPDX-License-Identifier: Apache-2.0 */
/* What isolation this machine can give: the primitives that are tried alike; see doctor.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/doctor-private.h"
#include "kern/careful.h"
#include "kern/proc.h"
#include "kern/require.h"
#include "kern/seccomp.h"
#include "kern/userns.h"

const char *const doctor_states[] = {
        [DOCTOR_OK] = "ok", [DOCTOR_LIMITED] = "limited", [DOCTOR_NO] = "no", [DOCTOR_INFO] = "info"};

enum {
        NEEDED = 1,     /* by every start */
        RIGHTS = 2,     /* is tried with the rights of root, for an ordinary user those of a user namespace */
        ROOT_ALONE = 4, /* root of the machine */
};

static const struct primitive {
        const char *group, *name;
        probe_function probe;
        unsigned flags;
        const char *since;  /* the kernel that brought it, and the option that it is built with */
        const char *module; /* NULL: it is no module */
        const char *limit;  /* the sysctl that says how many there may be; NULL: none */
        const char *detail; /* when it works */
        const char *device; /* that it is reached by; NULL: none */
} primitives[] = {
        {"namespaces", "user", probe_user, NEEDED, "3.8, CONFIG_USER_NS", NULL, "user.max_user_namespaces",
         "with its capabilities"},
        {"namespaces", "mount", probe_mount, NEEDED | RIGHTS, "2.4.19", NULL, "user.max_mnt_namespaces", NULL},
        {"namespaces", "pid", probe_pid, NEEDED | RIGHTS, "2.6.24, CONFIG_PID_NS", NULL, "user.max_pid_namespaces",
         NULL},
        {"namespaces", "ipc", probe_ipc, NEEDED | RIGHTS, "2.6.19, CONFIG_IPC_NS", NULL, "user.max_ipc_namespaces",
         NULL},
        {"namespaces", "uts", probe_uts, NEEDED | RIGHTS, "2.6.19, CONFIG_UTS_NS", NULL, "user.max_uts_namespaces",
         NULL},
        {"namespaces", "net", probe_net, NEEDED | RIGHTS, "2.6.24, CONFIG_NET_NS", NULL, "user.max_net_namespaces",
         NULL},
        {"namespaces", "cgroup", probe_cgroup, NEEDED | RIGHTS, "4.6, CONFIG_CGROUPS", NULL,
         "user.max_cgroup_namespaces", NULL},
        {"namespaces", "time", probe_time, RIGHTS, "5.6, CONFIG_TIME_NS", NULL, "user.max_time_namespaces",
         "with offsets"},
        {"processes", "clone3", probe_clone3, 0, "5.3", NULL, NULL, NULL},
        {"processes", "pidfd", probe_pidfd, 0, "5.6", NULL, NULL, "open, getfd, send_signal"},
        {"processes", "close_range", probe_close_range, 0, "5.9", NULL, NULL, NULL},
        {"processes", "openat2", probe_openat2, NEEDED, "5.6", NULL, NULL, NULL},
        {"processes", "keyring", probe_keyring, 0, "2.6.10, CONFIG_KEYS", NULL, "kernel.keys.maxkeys", NULL},
        {"confinement", "no_new_privs", probe_no_new_privs, NEEDED, "3.5", NULL, NULL, NULL},
        {"confinement", "seccomp-filter", probe_seccomp_filter, NEEDED, "3.5, CONFIG_SECCOMP_FILTER", NULL, NULL, NULL},
        {"confinement", "seccomp-kill", probe_seccomp_kill, 0, "4.14", NULL, NULL, "of the process"},
        {"confinement", "seccomp-log", probe_seccomp_log, 0, "4.14", NULL, NULL, NULL},
        {"confinement", "seccomp-notify", probe_seccomp_notify, 0, "5.0", NULL, NULL, "a listener"},
        {"confinement", "seccomp-strict", probe_seccomp_strict, 0, "2.6.23", NULL, NULL, NULL},
        {"mounts", "tmpfs", probe_tmpfs, NEEDED | RIGHTS, "2.4, CONFIG_TMPFS", NULL, NULL, NULL},
        {"mounts", "proc", probe_proc, RIGHTS, "2.6.24", NULL, NULL, "a fresh one"},
        {"mounts", "sysfs", probe_sysfs, RIGHTS, "2.6", NULL, NULL, "a fresh one"},
        {"mounts", "devpts", probe_devpts, RIGHTS, "2.6.29", NULL, NULL, NULL},
        {"mounts", "mqueue", probe_mqueue, RIGHTS, "2.6.6, CONFIG_POSIX_MQUEUE", NULL, NULL, NULL},
        {"mounts", "mount-api", probe_mount_api, RIGHTS, "5.2", NULL, NULL, "fsopen, fsconfig, fsmount, move_mount"},
        {"mounts", "open_tree", probe_open_tree, RIGHTS, "5.2", NULL, NULL, NULL},
        {"mounts", "mount_setattr", probe_mount_setattr, RIGHTS, "5.12", NULL, NULL, NULL},
        {"mounts", "idmap", probe_idmap, RIGHTS, "6.3 for tmpfs", NULL, NULL,
         "id-mapped mounts of own file systems; of the machine\'s they take root"},
        {"mounts", "overlay", probe_overlay, RIGHTS, "5.11 for ordinary users, CONFIG_OVERLAY_FS", "overlay", NULL,
         NULL},
        {"mounts", "fuse", probe_fuse, RIGHTS, "4.18 for ordinary users, CONFIG_FUSE_FS", "fuse", NULL, NULL,
         "/dev/fuse"},
        {"network", "loopback", probe_loopback, NEEDED | RIGHTS, "2.6.24", NULL, NULL, NULL},
        {"network", "veth", probe_veth, RIGHTS, "2.6.24, CONFIG_VETH", "veth", NULL, NULL},
        {"network", "bridge", probe_bridge, RIGHTS, "2.6, CONFIG_BRIDGE", "bridge", NULL, NULL},
        {"network", "tun", probe_tun, RIGHTS, "2.6.27, CONFIG_TUN", "tun", NULL, NULL, "/dev/net/tun"},
        {"network", "nftables", probe_nftables, RIGHTS, "3.13, CONFIG_NF_TABLES", "nf_tables", NULL, NULL},
        {"bpf", "cgroup-device", probe_bpf_device, ROOT_ALONE, "4.15, CONFIG_CGROUP_BPF", NULL, NULL,
         "programs that refuse devices on cgroup v2"},
};

void doctor_add(struct doctor *doctor, const struct doctor_check *check)
{
        struct doctor_check *next = &doctor->checks[doctor->count];

        if (doctor->count == DOCTOR_CHECKS_MAX)
                return;
        *next = *check;
        next->detail = check->detail == NULL ? "" : check->detail;
        next->why = check->why == NULL ? "" : check->why;
        next->how = check->how == NULL ? "" : check->how;
        doctor->count++;
}

const char *doctor_read(struct doctor *doctor, const char *path)
{
        _cleanup_free_ char *text = NULL;

        if (fd_read_file(AT_FDCWD, path, 1 << 16, &text, NULL, NULL) < 0)
                return NULL;
        return arena_strndup(doctor->arena, text, strcspn(text, "\n"));
}

/* A filter around the caller is the likelier cause of what a kernel answers that could do it. */
static void blame_filter(const struct doctor *doctor, const char *otherwise, const char *how,
                         struct doctor_check *check)
{
        check->why = otherwise;
        check->how = how;
        if (doctor->filters == 0)
                return;
        check->why = arena_concat(doctor->arena, "the seccomp filter around this program refuses it, or ", otherwise);
        check->how =
                "allow it in that filter (in a container: --security-opt seccomp=unconfined), or start outside of it";
}

static void explain(const struct doctor *doctor, const struct primitive *primitive, int code,
                    struct doctor_check *check)
{
        struct arena *arena = doctor->arena;

        if (code == PROBE_KILLED) {
                check->why = "who tries is ended by a signal: a seccomp filter around this program does that";
                check->how = "allow it in that filter, or start outside of it";
        } else if (primitive->probe == probe_seccomp_strict && doctor->filters > 0) {
                check->why = "under a seccomp filter, as there is around this program, a process can't enter this mode";
                check->how = "start outside of it";
        } else if (code == -ENOSYS) {
                blame_filter(doctor,
                             arena_concat(arena, "this kernel does not have it (since Linux ", primitive->since, ")"),
                             "boot a kernel that has it", check);
        } else if ((primitive->flags & ROOT_ALONE) != 0 && (!doctor->root || !doctor->initial_users)) {
                check->why = "it takes root of the machine";
                check->how = "run it as root";
        } else if (code == -ENOSPC && primitive->limit != NULL) {
                check->why = arena_concat(arena, "the sysctl ", primitive->limit, " allows no more");
                check->how = arena_concat(arena, "sysctl -w ", primitive->limit, "=15000");
        } else if (primitive->device != NULL && (code == -EACCES || code == -ENOENT)) {
                check->why =
                        arena_concat(arena, code == -EACCES ? "it is closed to this user: " : "there is no device ",
                                     primitive->device);
                check->how = code == -EACCES ? arena_concat(arena, "as root: chmod a+rw ", primitive->device)
                                             : arena_concat(arena, "as root: modprobe ", primitive->module,
                                                            "; in a container: --device ", primitive->device);
        } else if (code == -EPERM || code == -EACCES) {
                blame_filter(
                        doctor,
                        strcmp(primitive->name, "proc") == 0
                                ? "parts of /proc are covered, as a container around this one does, and a fresh one "
                                  "would show them"
                                : "the rights of the caller do not reach that far, or a security module refuses it",
                        strcmp(primitive->name, "proc") == 0
                                ? "start the outer container with --security-opt unmask=ALL"
                                : "run it as root; 'ward doctor lsm' names the modules",
                        check);
        } else if (primitive->module != NULL) {
                check->why = arena_concat(arena, "this kernel has no such module loaded (", primitive->module,
                                          "): ", strerror(-code));
                check->how = arena_concat(arena, "modprobe ", primitive->module);
        } else {
                check->why = arena_concat(arena, "this kernel was built or booted without it (", primitive->since,
                                          "): ", strerror(-code));
                check->how = "boot a kernel that has it";
        }
}

static void try_primitive(struct doctor *doctor, const struct primitive *primitive)
{
        struct doctor_check check = {
                .group = primitive->group, .name = primitive->name, .needed = (primitive->flags & NEEDED) != 0};
        bool user = primitive->probe == probe_user;
        struct ward_err blocked;
        int r;

        /* What forbids it is known better than the kernel tells; root of the machine is not meant by it. */
        if (user && !doctor->root && userns_check(doctor->proc, &blocked) < 0) {
                check.state = DOCTOR_NO;
                check.why = arena_strdup(doctor->arena, blocked.message);
                check.how = arena_strdup(doctor->arena, blocked.hint);
        } else if ((primitive->flags & RIGHTS) != 0 && !doctor->root && doctor->no_users != NULL) {
                check.state = DOCTOR_NO;
                check.why = "it takes a user namespace, and there can be none here";
                check.how = doctor->no_users;
        } else {
                r = probe_run(primitive->probe);
                check.state = r < 0 ? DOCTOR_NO : DOCTOR_OK;
                check.detail = r < 0 ? NULL : primitive->detail;
                if (r < 0)
                        explain(doctor, primitive, r, &check);
        }
        /* Root starts containers without one (--userns host). */
        if (user && doctor->root)
                check.needed = false;
        if (user && check.state == DOCTOR_NO)
                doctor->no_users = check.how;
        doctor_add(doctor, &check);
}

/* The calls that a start makes, whether it has others for them or not. */
static void look_at_calls(struct doctor *doctor)
{
        struct doctor_check check = {.group = "processes", .name = "calls", .detail = "all that a start makes"};
        const char *name, *since, *list = NULL;

        for (size_t i = 0; (name = require_refused(i, &since)) != NULL; i++)
                list = list == NULL ? arena_printf(doctor->arena, "%s (Linux %s)", name, since)
                                    : arena_printf(doctor->arena, "%s, %s (Linux %s)", list, name, since);
        if (list != NULL) {
                check.state = DOCTOR_LIMITED;
                blame_filter(doctor, "", "boot a newer kernel", &check);
                check.why = arena_concat(doctor->arena, "refused: ", list,
                                         "; others take their place, as far as there are any");
        }
        doctor_add(doctor, &check);
}

static void look_at_actions(struct doctor *doctor)
{
        static const struct {
                const char *name;
                uint32_t action;
        } actions[] = {{"kill_process", SECCOMP_RET_KILL_PROCESS},
                       {"kill_thread", SECCOMP_RET_KILL_THREAD},
                       {"trap", SECCOMP_RET_TRAP},
                       {"errno", SECCOMP_RET_ERRNO},
                       {"user_notif", SECCOMP_RET_USER_NOTIF},
                       {"trace", SECCOMP_RET_TRACE},
                       {"log", SECCOMP_RET_LOG},
                       {"allow", SECCOMP_RET_ALLOW}};
        struct doctor_check check = {.group = "confinement", .name = "seccomp-actions", .detail = ""};
        const char *missing = "";

        for (size_t i = 0; i < ELEMENTS(actions); i++) {
                bool there =
                        careful_syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, (long)&actions[i].action, 0, 0) == 0;
                const char **list = there ? &check.detail : &missing;

                *list = arena_concat(doctor->arena, *list, *list != NULL && **list == '\0' ? "" : ", ",
                                     actions[i].name);
        }
        if (missing != NULL && *missing != '\0') {
                check.state = DOCTOR_LIMITED;
                blame_filter(doctor, arena_concat(doctor->arena, "this kernel does not have: ", missing),
                             "boot a newer kernel", &check);
        }
        doctor_add(doctor, &check);
}

int engine_doctor(const char *user, struct arena *arena, struct doctor_check **ret_checks, size_t *ret_count,
                  struct ward_err *err)
{
        struct doctor doctor = {.arena = arena, .user = user, .root = probe_has_rights()};
        struct seccomp_status status = {0};
        _cleanup_close_
        int proc = proc_open(err);
        int r;

        if (proc < 0)
                return proc;
        doctor.proc = proc;
        r = proc_initial_user_namespace(proc, &doctor.initial_users, err);
        if (r < 0)
                return r;
        if (seccomp_status_read(proc, getpid(), &status, NULL) >= 0 && status.mode != 0)
                doctor.filters = status.filter_count == UINT64_MAX ? 1 : status.filter_count;
        doctor.checks = arena_new(arena, struct doctor_check, DOCTOR_CHECKS_MAX);
        if (doctor.checks == NULL)
                return err_oom(err);
        doctor_look_at_place(&doctor);
        for (size_t i = 0; i < ELEMENTS(primitives); i++) {
                try_primitive(&doctor, &primitives[i]);
                if (i + 1 < ELEMENTS(primitives) && strcmp(primitives[i].group, primitives[i + 1].group) == 0)
                        continue;
                if (strcmp(primitives[i].group, "namespaces") == 0)
                        doctor_look_at_ids(&doctor);
                else if (strcmp(primitives[i].group, "processes") == 0)
                        look_at_calls(&doctor);
                else if (strcmp(primitives[i].group, "confinement") == 0) {
                        look_at_actions(&doctor);
                        doctor_look_at_modules(&doctor);
                }
        }
        doctor_look_at_groups(&doctor);
        doctor_look_at_helpers(&doctor);
        doctor_look_at_settings(&doctor);
        /* What memory was short for would be missing in words alone. */
        for (size_t i = 0; i < doctor.count; i++)
                if (doctor.checks[i].state == DOCTOR_NO && doctor.checks[i].why[0] == '\0')
                        return err_oom(err);
        *ret_checks = doctor.checks;
        *ret_count = doctor.count;
        return 0;
}
