/* SPDX-License-Identifier: Apache-2.0 */
/* The default isolation; see defaults.h. What a peer leaves open and this does not is said where it is listed. */
#include "model/defaults.h"

#include <linux/capability.h>
#include <linux/mount.h>
#include <string.h>

#include <sys/resource.h>

#define ORIGIN                      \
        {                           \
                "default", -1, 0, 0 \
        }
#define NO_PROGRAMS (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC)
#define NOTHING (NO_PROGRAMS | MOUNT_ATTR_NODEV)
#define CAP(name) (UINT64_C(1) << CAP_##name)
#define PIDS_MAX 4096
#define TTY_GROUP 5 /* of the default mount of devpts */

/* Podman's eleven without FSETID, SETFCAP and SYS_CHROOT: what a package's own scripts and a server that drops its rights need. */
const uint64_t defaults_caps = CAP(CHOWN) | CAP(DAC_OVERRIDE) | CAP(FOWNER) | CAP(SETGID) | CAP(SETUID) |
                               CAP(NET_BIND_SERVICE) | CAP(KILL) | CAP(SETPCAP);

/* The peers' /dev may hold programs; nothing needs that. */
static const struct spec_mount default_mounts[] = {
        {.destination = "/proc", .type = "proc", .source = "proc", .attr_set = NOTHING, .origin = ORIGIN},
        {.destination = "/dev",
         .type = "tmpfs",
         .source = "tmpfs",
         .attr_set = NO_PROGRAMS | MOUNT_ATTR_STRICTATIME,
         .attr_clear = MOUNT_ATTR__ATIME,
         .data = "mode=755,size=65536k",
         .origin = ORIGIN},
        {.destination = "/dev/pts",
         .type = "devpts",
         .source = "devpts",
         .attr_set = NO_PROGRAMS,
         .data = "newinstance,ptmxmode=0666,mode=0620,gid=5",
         .origin = ORIGIN},
        {.destination = "/dev/shm",
         .type = "tmpfs",
         .source = "shm",
         .attr_set = NOTHING,
         .data = "mode=1777,size=65536k",
         .origin = ORIGIN},
        {.destination = "/dev/mqueue", .type = "mqueue", .source = "mqueue", .attr_set = NOTHING, .origin = ORIGIN},
        {.destination = "/sys",
         .type = "sysfs",
         .source = "sysfs",
         .attr_set = NOTHING | MOUNT_ATTR_RDONLY,
         .origin = ORIGIN},
        {.destination = "/sys/fs/cgroup",
         .type = "cgroup",
         .source = "cgroup",
         .attr_set = NOTHING | MOUNT_ATTR_RDONLY | MOUNT_ATTR_RELATIME,
         .attr_clear = MOUNT_ATTR__ATIME,
         .optional = true,
         .origin = ORIGIN},
};

/* What a fresh mount would show is another's, and the kernel refuses it to who does not own that namespace's user namespace (sysfs: network,
 * proc: processes, mqueue: IPC): with the caller's own namespace it is the caller's mount. */
static const struct {
        const char *destination;
        enum spec_ns ns;
        bool mountable; /* by who has not a user namespace of its own: what is fresh shows the same */
        struct spec_mount mount;
} callers_own[] = {
        {"/sys",
         SPEC_NS_NET,
         false,
         {.destination = "/sys",
          .source = "/sys",
          .bind = true,
          .attr_set = NOTHING | MOUNT_ATTR_RDONLY,
          .origin = ORIGIN}},
        {"/proc",
         SPEC_NS_PID,
         true,
         {.destination = "/proc",
          .source = "/proc",
          .bind = true,
          .recursive = true,
          .attr_set = NOTHING,
          .origin = ORIGIN}},
        {"/dev/mqueue",
         SPEC_NS_IPC,
         true,
         {.destination = "/dev/mqueue", .source = "/dev/mqueue", .bind = true, .attr_set = NOTHING, .origin = ORIGIN}},
        {"/dev/shm",
         SPEC_NS_IPC,
         false,
         {.destination = "/dev/shm", .source = "/dev/shm", .bind = true, .attr_set = NOTHING, .origin = ORIGIN}},
};

static const struct spec_mount given_shm = {.destination = "/dev/shm",
                                            .source = "/dev/shm",
                                            .bind = true,
                                            .given = true,
                                            .attr_set = NOTHING,
                                            .origin = ORIGIN};

/* docker's list, and what else in /proc and /sys tells of the machine, its kernel's addresses and its other containers. */
static const char *const masked[] = {
        "/proc/acpi",
        "/proc/asound",
        "/proc/config.gz",
        "/proc/interrupts",
        "/proc/kallsyms",
        "/proc/kcore",
        "/proc/keys",
        "/proc/kmsg",
        "/proc/kpagecgroup",
        "/proc/kpagecount",
        "/proc/kpageflags",
        "/proc/latency_stats",
        "/proc/modules",
        "/proc/pagetypeinfo",
        "/proc/sched_debug",
        "/proc/scsi",
        "/proc/slabinfo",
        "/proc/timer_list",
        "/proc/timer_stats",
        "/proc/vmallocinfo",
        "/sys/devices/virtual/dmi",
        "/sys/devices/virtual/powercap",
        "/sys/firmware",
        "/sys/fs/bpf",
        "/sys/fs/pstore",
        "/sys/kernel/debug",
        "/sys/kernel/security",
        "/sys/kernel/tracing",
};

static const char *const callers_links[] = {"/sys/class/net", "/sys/devices/virtual/net"};

static const char *const read_only[] = {
        "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

static const struct spec_origin origin = ORIGIN;

static bool inherits(const struct defaults *how, enum spec_ns ns)
{
        return how->ns[ns].mode == SPEC_NS_INHERIT;
}

static bool has_group(const struct defaults *how, uint32_t gid)
{
        for (size_t i = 0; i < how->id_maps.gid_count; i++)
                if (gid - how->id_maps.gid[i].container_id < how->id_maps.gid[i].count)
                        return true;
        return inherits(how, SPEC_NS_USER) && !how->few_groups;
}

/* A network namespace of another user namespace than the container's. */
static bool joins_foreign_net(const struct defaults *how)
{
        return how->foreign_net ||
               (how->ns[SPEC_NS_NET].mode == SPEC_NS_JOIN && how->ns[SPEC_NS_USER].mode == SPEC_NS_NEW);
}

/* The mount in place of the default one @mount, where the namespace that it shows is not the container's own. */
static const struct spec_mount *shown_instead(const struct defaults *how, const struct spec_mount *mount)
{
        if (how->given_shm && strcmp(mount->destination, "/dev/shm") == 0)
                return &given_shm;
        for (size_t i = 0; i < ELEMENTS(callers_own); i++) {
                enum spec_ns ns = callers_own[i].ns;
                bool callers = (inherits(how, ns) && !(callers_own[i].mountable && inherits(how, SPEC_NS_USER))) ||
                               (ns == SPEC_NS_NET && how->callers_sys);

                if (strcmp(mount->destination, callers_own[i].destination) == 0 &&
                    (callers || (ns == SPEC_NS_NET && joins_foreign_net(how))))
                        return &callers_own[i].mount;
        }
        return mount;
}

static int adapt_mount(const struct defaults *how, struct arena *arena, struct spec_mount *mount)
{
        /* devpts(5): a group that is not mapped can't own anything. */
        if (strcmp(mount->destination, "/dev/pts") == 0 && !has_group(how, TTY_GROUP))
                mount->data = "newinstance,ptmxmode=0666,mode=0620";
        if (how->privileged && strncmp(mount->destination, "/sys", 4) == 0)
                mount->attr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
        if (strcmp(mount->destination, "/dev/shm") == 0 && !mount->bind && how->shm_bytes > 0) {
                mount->data = arena_printf(arena, "mode=1777,size=%llu", (unsigned long long)how->shm_bytes);
                return mount->data == NULL ? -ENOMEM : 0;
        }
        return 0;
}

static int fill_mounts(const struct defaults *how, struct ward_spec *spec)
{
        struct spec_mount *mounts = arena_new(&spec->arena, struct spec_mount, ELEMENTS(default_mounts));
        size_t count = 0;

        if (mounts == NULL)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTS(default_mounts); i++) {
                if (how->no_shm && strcmp(default_mounts[i].destination, "/dev/shm") == 0)
                        continue;
                mounts[count] = *shown_instead(how, &default_mounts[i]);
                if (adapt_mount(how, &spec->arena, &mounts[count++]) < 0)
                        return -ENOMEM;
        }
        spec->mounts = mounts;
        spec->mount_count = count;
        return 0;
}

static int fill_paths(const struct defaults *how, struct ward_spec *spec)
{
        struct spec_path *hidden =
                arena_new(&spec->arena, struct spec_path, ELEMENTS(masked) + ELEMENTS(callers_links) + how->cpus);
        struct spec_path *fixed = arena_new(&spec->arena, struct spec_path, ELEMENTS(read_only));
        size_t count = 0;

        if (hidden == NULL || fixed == NULL)
                return -ENOMEM;
        if (how->privileged)
                return 0;
        for (size_t i = 0; i < ELEMENTS(masked); i++)
                hidden[count++] = (struct spec_path){.path = masked[i], .origin = origin};
        for (unsigned i = 0; i < how->cpus; i++) {
                const char *path = arena_printf(&spec->arena, "/sys/devices/system/cpu/cpu%u/thermal_throttle", i);

                if (path == NULL)
                        return -ENOMEM;
                hidden[count++] = (struct spec_path){.path = path, .origin = origin};
        }
        for (size_t i = 0; i < ELEMENTS(read_only); i++)
                fixed[i] = (struct spec_path){.path = read_only[i], .origin = origin};
        /* The caller's /sys in place of that namespace's shows interfaces that the container does not have. */
        for (size_t i = 0; i < ELEMENTS(callers_links) && joins_foreign_net(how); i++)
                hidden[count++] = (struct spec_path){.path = callers_links[i], .origin = origin};
        spec->masked_paths = hidden;
        spec->masked_path_count = count;
        spec->readonly_paths = fixed;
        spec->readonly_path_count = ELEMENTS(read_only);
        return 0;
}

/* No core file: on the machine it would be written, or handed to a helper, by rules that are not the container's (core(5)). */
static int fill_process(struct ward_spec *spec)
{
        static const char *const no_variables[] = {NULL};
        struct spec_rlimit *limit = arena_new(&spec->arena, struct spec_rlimit, 1);

        if (limit == NULL)
                return -ENOMEM;
        *limit = (struct spec_rlimit){.resource = RLIMIT_CORE, .soft = 0, .hard = 0, .origin = origin};
        spec->process_given = true;
        spec->process = (struct spec_process){
                .umask = UINT32_MAX,
                .envp = no_variables,
                .cwd = "/",
                .caps = {.given = true,
                         .bounding = defaults_caps,
                         .effective = defaults_caps,
                         .permitted = defaults_caps},
                .rlimits = limit,
                .rlimit_count = 1,
                .no_new_privs = true,
                .args_origin = origin,
                .cwd_origin = origin,
                .user_origin = origin,
                .caps_origin = origin,
                .oom_score_origin = origin,
                .terminal_origin = origin,
        };
        return 0;
}

void defaults_isolated(struct defaults *how)
{
        for (int ns = 0; ns < SPEC_NS_COUNT; ns++)
                how->ns[ns] = (struct spec_namespace){.mode = ns == SPEC_NS_TIME ? SPEC_NS_INHERIT : SPEC_NS_NEW,
                                                      .origin = origin};
}

int defaults_fill(const struct defaults *how, struct ward_spec *spec, struct ward_err *err)
{
        int r;

        spec->file = "default";
        spec->oci_version = "1.3.0";
        spec->resources.pids = (struct spec_i64){.given = true, .optional = true, .value = PIDS_MAX, .origin = origin};
        memcpy(spec->ns, how->ns, sizeof(spec->ns));
        if (!inherits(how, SPEC_NS_USER))
                spec->id_maps = how->id_maps;
        spec->uid_maps_origin = spec->gid_maps_origin = origin;
        r = fill_mounts(how, spec);
        if (r >= 0)
                r = fill_paths(how, spec);
        if (r >= 0)
                r = fill_process(spec);
        if (r >= 0)
                spec->process.no_new_privs = !how->privileged;
        return r < 0 ? err_oom(err) : 0;
}
