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

/* Podman's eleven without FSETID, SETFCAP and SYS_CHROOT: what a package's own scripts and a server that drops its rights need. */
static const uint64_t default_caps = CAP(CHOWN) | CAP(DAC_OVERRIDE) | CAP(FOWNER) | CAP(SETGID) | CAP(SETUID) |
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
         .origin = ORIGIN},
};

/* A fresh sysfs shows the network namespace of its mounter, and only to who owns that one (sysfs(5)): with the host's network it is the
 * host's mount, alone. */
static const struct spec_mount host_sys = {
        .destination = "/sys",
        .source = "/sys",
        .bind = true,
        .attr_set = NOTHING | MOUNT_ATTR_RDONLY,
        .origin = ORIGIN,
};

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

static const char *const read_only[] = {
        "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

static const struct spec_origin origin = ORIGIN;

static int fill_maps(const struct defaults *how, struct ward_spec *spec)
{
        struct spec_id_map *map;

        if (how->host_users)
                return 0;
        map = arena_new(&spec->arena, struct spec_id_map, 1);
        if (map == NULL)
                return -ENOMEM;
        *map = (struct spec_id_map){.container_id = 0, .host_id = how->id_base, .count = DEFAULTS_ID_COUNT};
        spec->id_maps = (struct spec_id_maps){.uid = map, .gid = map, .uid_count = 1, .gid_count = 1};
        spec->uid_maps_origin = spec->gid_maps_origin = origin;
        return 0;
}

static void fill_namespaces(const struct defaults *how, struct ward_spec *spec)
{
        static const enum spec_ns own[] = {SPEC_NS_USER, SPEC_NS_CGROUP, SPEC_NS_IPC,  SPEC_NS_UTS,
                                           SPEC_NS_NET,  SPEC_NS_PID,    SPEC_NS_MOUNT};

        for (size_t i = 0; i < ELEMENTS(own); i++)
                spec->ns[own[i]] = (struct spec_namespace){.mode = SPEC_NS_NEW, .origin = origin};
        if (how->host_users)
                spec->ns[SPEC_NS_USER].mode = SPEC_NS_INHERIT;
        if (how->host_network)
                spec->ns[SPEC_NS_NET].mode = SPEC_NS_INHERIT;
}

static int fill_mounts(const struct defaults *how, struct ward_spec *spec)
{
        struct spec_mount *mounts = arena_new(&spec->arena, struct spec_mount, ELEMENTS(default_mounts));

        if (mounts == NULL)
                return -ENOMEM;
        memcpy(mounts, default_mounts, sizeof(default_mounts));
        for (size_t i = 0; i < ELEMENTS(default_mounts) && how->host_network; i++)
                if (strcmp(mounts[i].destination, host_sys.destination) == 0)
                        mounts[i] = host_sys;
        spec->mounts = mounts;
        spec->mount_count = ELEMENTS(default_mounts);
        return 0;
}

static int fill_paths(const struct defaults *how, struct ward_spec *spec)
{
        struct spec_path *hidden = arena_new(&spec->arena, struct spec_path, ELEMENTS(masked) + how->cpus);
        struct spec_path *fixed = arena_new(&spec->arena, struct spec_path, ELEMENTS(read_only));
        size_t count = 0;

        if (hidden == NULL || fixed == NULL)
                return -ENOMEM;
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
                .caps = {.given = true, .bounding = default_caps, .effective = default_caps, .permitted = default_caps},
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

int defaults_fill(const struct defaults *how, struct ward_spec *spec, struct ward_err *err)
{
        int r;

        spec->file = "default";
        spec->oci_version = "1.2.1";
        spec->resources.pids = (struct spec_i64){.given = true, .value = PIDS_MAX, .origin = origin};
        fill_namespaces(how, spec);
        r = fill_maps(how, spec);
        if (r >= 0)
                r = fill_mounts(how, spec);
        if (r >= 0)
                r = fill_paths(how, spec);
        if (r >= 0)
                r = fill_process(spec);
        return r < 0 ? err_oom(err) : 0;
}
