/* SPDX-License-Identifier: Apache-2.0 */
/*
 * struct ward_spec: what shall run, in which isolation, with which limits. Every input becomes one of these.
 *
 * Pure data, validated by whoever fills it in (model/oci.c from config.json, src/cli from flags) and never changed
 * afterwards. All memory, strings included, lives in spec->arena. Text from outside never holds a NUL byte. What a
 * runtime must know about where a value came from, to name it when the kernel refuses it, is in struct spec_origin.
 */
#ifndef MODEL_SPEC_H
#define MODEL_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

/* Where a value was written. For config.json: @field is the JSON path without the index ("mounts", "linux.maskedPaths"),
 * @index the element or -1, @line and @column count from 1. For a flag: @field is the flag and its value
 * ("--tmpfs /run"), @index -1, @line 0. For a default of ward: @field says so ("default"), @line 0. NULL: unknown. */
struct spec_origin {
        const char *field;
        int index;
        unsigned line;
        unsigned column;
};

/* The namespaces in the order of nsenter(1)'s safe joining: the user namespace first, the mount namespace last. */
enum spec_ns {
        SPEC_NS_USER,
        SPEC_NS_CGROUP,
        SPEC_NS_IPC,
        SPEC_NS_UTS,
        SPEC_NS_NET,
        SPEC_NS_PID,
        SPEC_NS_TIME,
        SPEC_NS_MOUNT,
        SPEC_NS_COUNT,
};

enum spec_ns_mode {
        SPEC_NS_INHERIT, /* the caller's own */
        SPEC_NS_NEW,
        SPEC_NS_JOIN, /* the one that @path names */
};

struct spec_namespace {
        enum spec_ns_mode mode;
        const char *path; /* JOIN only */
        struct spec_origin origin;
};

struct spec_id_map {
        uint32_t container_id;
        uint32_t host_id;
        uint32_t count; /* at least 1; neither side passes 4294967294 */
};

struct spec_id_maps {
        const struct spec_id_map *uid;
        const struct spec_id_map *gid;
        size_t uid_count;
        size_t gid_count;
};

/* Seconds and nanoseconds that are added to a clock of the time namespace (time_namespaces(7)). */
struct spec_time_offset {
        bool given;
        int64_t seconds;
        uint32_t nanoseconds; /* below 1,000,000,000 */
        struct spec_origin origin;
};

/* One mount. Exactly one of three kinds: a bind (@bind), a change of an existing mount (@remount), or a new file system of
 * @type. Masks are MOUNT_ATTR_* of mount_setattr(2); "clear" ones are applied where a bind inherits the attribute. */
struct spec_mount {
        const char *destination; /* absolute, as written; resolved inside the root */
        const char *type;        /* file system type; NULL for a bind without one */
        const char *
                source; /* path on the host for a bind, absolute or relative to the bundle; else device or name, or NULL */
        bool bind;
        bool given;     /* a bind whose tree the caller of the engine has: engine_options.shm_fd */
        bool recursive; /* rbind: submounts of the source come along */
        bool remount;
        bool remount_fs; /* with @remount: the file system changes too; false: "remount,bind", the mount alone */
        bool copy_up;    /* tmpcopyup: a tmpfs that starts with the content of the directory below it */
        bool copy_symlink; /* a bind: if its source is a symlink, the destination becomes one with the same text, and nothing is mounted */
        bool idmap,
                idmap_recursive;  /* idmap/ridmap: by @maps, or by the container's user namespace if there are none */
        struct spec_id_maps maps; /* uidMappings/gidMappings of the mount */
        uint64_t attr_set, attr_clear;   /* this mount */
        uint64_t rattr_set, rattr_clear; /* this mount and all below it: rro, rnosuid ... */
        unsigned long superblock_flags;  /* MS_RDONLY MS_SYNCHRONOUS MS_DIRSYNC MS_LAZYTIME MS_MANDLOCK MS_SILENT ... */
        unsigned long propagation; /* MS_SHARED, MS_PRIVATE, MS_SLAVE or MS_UNBINDABLE, with MS_REC; 0: none asked */
        unsigned long propagation_before; /* the same, in force before it: MS_SLAVE, then MS_SHARED is both. 0: none */
        bool propagation_excess;          /* there were more words that count than two, and it can't be made */
        bool optional;                    /* nobody wrote it: may be missing where there is nothing to mount */
        const char *data;                 /* the remaining words joined by commas, for the file system; NULL: none */
        struct spec_origin origin;
};

enum spec_device_type {
        SPEC_DEVICE_CHAR,
        SPEC_DEVICE_BLOCK,
        SPEC_DEVICE_FIFO,
        SPEC_DEVICE_ALL, /* in a rule only */
};

/* A node to be made in the container. */
struct spec_device {
        const char *path;
        enum spec_device_type type;
        uint32_t major, minor;
        uint32_t mode; /* permission bits, default 0666 */
        uint32_t uid, gid;
        struct spec_origin origin;
};

/* A rule of the devices controller. Rules apply in order, the last match wins. */
struct spec_device_rule {
        bool allow;
        enum spec_device_type type;
        int64_t major, minor; /* -1: any */
        bool read, write, mknod;
        struct spec_origin origin;
};

struct spec_caps {
        bool given; /* false: the container gets no capability at all */
        uint64_t bounding, effective, inheritable, permitted, ambient; /* bit n is capability n */
        const char *unknown; /* names that nobody knows, and nobody gets, joined by ", "; NULL: none */
};

struct spec_rlimit {
        int resource;        /* RLIMIT_* */
        uint64_t soft, hard; /* UINT64_MAX is RLIM_INFINITY */
        struct spec_origin origin;
};

/* How the kernel schedules a process (sched_setattr(2)). */
struct spec_scheduler {
        bool given;
        uint32_t policy;                                   /* SCHED_* */
        int32_t nice;                                      /* -20 to 19; 0 where the policy knows none */
        uint32_t priority;                                 /* 1 to 99 for SCHED_FIFO and SCHED_RR, else 0 */
        uint64_t flags;                                    /* SCHED_FLAG_* */
        uint64_t runtime_nsec, deadline_nsec, period_nsec; /* of SCHED_DEADLINE, else 0 */
        struct spec_origin origin;
};

struct spec_io_priority {
        bool given;
        uint32_t class; /* IOPRIO_CLASS_* */
        uint32_t level; /* 0, the highest, to 7 */
        struct spec_origin origin;
};

#define SPEC_CPUS_MAX 8192  /* as many as the kernel can be built for (NR_CPUS) */
#define SPEC_NODES_MAX 1024 /* the same (NODES_SHIFT) */

/* Some of the processors or memory nodes of the machine: "0-3,7". */
struct spec_set {
        const char *text;     /* as written; NULL: not given, or empty */
        const uint64_t *bits; /* bit n % 64 of element n / 64 is number n */
        uint32_t bit_count;   /* room in @bits: SPEC_CPUS_MAX or SPEC_NODES_MAX */
        struct spec_origin origin;
};

/* Which memory nodes memory comes from (set_mempolicy(2)). */
struct spec_memory_policy {
        bool given;
        uint32_t mode;  /* MPOL_* */
        uint32_t flags; /* MPOL_F_* */
        struct spec_set nodes;
        struct spec_origin origin;
};

/* What is tried when nothing is left to be confined, and must be refused: else the program is not started. */
struct spec_verify {
        const char *hidden[2]; /* files of the machine's that must not be found; NULL: none is known */
        const char *read_only; /* a directory in which no file can be made; NULL: none */
        bool network;          /* no way leads out */
        bool call;             /* a system call that the filter refuses, and the kernel would not */
        bool processes;        /* the caller's own process is out of reach */
        bool label;            /* it can't take another label of Smack */
        uint32_t caller;       /* its number outside */
};

struct spec_process {
        bool terminal;
        bool init; /* a first process of ward's own stays, forwards signals and reaps; the program is its child */
        uint16_t rows, columns; /* 0: not given */
        uint32_t uid, gid;
        uint32_t umask;         /* UINT32_MAX: not given */
        const uint32_t *groups; /* supplementary groups */
        size_t group_count;
        bool keep_groups;        /* those of the caller instead */
        const char *const *argv; /* NULL-terminated; NULL when config.json has no args */
        const char *program;     /* what is executed in place of argv[0], which it is only called; NULL: argv[0] */
        const char *const *envp; /* NULL-terminated, never NULL */
        const char *cwd;         /* absolute */
        struct spec_caps caps;
        const struct spec_rlimit *rlimits;
        size_t rlimit_count;
        bool no_new_privs;
        const char *apparmor_profile; /* NULL: none asked */
        const char *selinux_label;    /* NULL: none asked */
        const char *smack_label; /* NULL: that of the caller. What is executed in a container has the container's */
        bool oom_score_given;
        int oom_score_adj;
        struct spec_scheduler scheduler;
        struct spec_io_priority io_priority;
        struct spec_set affinity_initial, affinity_final; /* of a process that is executed in a container, before and
                                                             after it joins the container's groups */
        const struct spec_verify *verify;                 /* NULL: nothing is tried */
        struct spec_origin args_origin, cwd_origin, user_origin, caps_origin, apparmor_origin, selinux_origin,
                smack_origin, oom_score_origin, terminal_origin, init_origin;
};

enum spec_hook_kind {
        SPEC_HOOK_PRESTART,
        SPEC_HOOK_CREATE_RUNTIME,
        SPEC_HOOK_CREATE_CONTAINER,
        SPEC_HOOK_START_CONTAINER,
        SPEC_HOOK_POSTSTART,
        SPEC_HOOK_POSTSTOP,
        SPEC_HOOK_COUNT,
};

struct spec_hook {
        const char *path;        /* absolute */
        const char *const *argv; /* NULL-terminated, never NULL: { path } when the config gives none */
        const char *const *envp; /* NULL-terminated, never NULL: clean */
        bool env_given;          /* the config says what it is, if only that it is empty */
        unsigned timeout_sec;    /* 0: none */
        struct spec_origin origin;
};

struct spec_hooks {
        const struct spec_hook *hooks;
        size_t count;
};

/* A number that may be absent. */
struct spec_i64 {
        bool given;
        bool optional; /* nobody wrote it: where the machine can't hold it to that, it may be missing */
        bool exact;    /* a person wrote it: 0 is what was meant, also where engines send 0 for nothing */
        int64_t value;
        struct spec_origin origin;
};

/* As the runtime specification has it; newer kernels would take up to 200 (cgroup v1's memory.rst). */
#define SPEC_SWAPPINESS_MAX 100

struct spec_memory {
        struct spec_i64 limit, reservation, swap;          /* bytes; -1: unlimited */
        struct spec_i64 kernel, kernel_tcp;                /* bytes; -1: unlimited; obsolete */
        struct spec_i64 swappiness;                        /* 0 to SPEC_SWAPPINESS_MAX */
        struct spec_i64 use_hierarchy, disable_oom_killer; /* 0 or 1 */
        /* What config.json has no field for, here and below: limits by their words (model/limit-words.h). */
        struct spec_i64 min, low;                              /* bytes; -1: all */
        struct spec_i64 high, swap_only, swap_high, zswap_max; /* bytes; -1: unlimited */
        struct spec_i64 oom_group, zswap_writeback;            /* 0 or 1 */
        bool check_before_update;
};

struct spec_cpu {
        struct spec_i64 shares;
        struct spec_i64 quota;                 /* microseconds per period; -1: unlimited */
        struct spec_i64 burst;                 /* microseconds */
        struct spec_i64 period;                /* microseconds */
        struct spec_i64 rt_runtime, rt_period; /* microseconds */
        struct spec_i64 idle;                  /* 0 or 1 */
        const char *cpus, *mems;               /* lists as in cpuset(7); NULL: not given */
        struct spec_origin cpus_origin, mems_origin;
        struct spec_i64 weight;                 /* 1 to 10000 */
        struct spec_i64 weight_nice;            /* -20 to 19 */
        struct spec_i64 uclamp_min, uclamp_max; /* hundredths of a percent; -1: max */
        const char *partition;                  /* member, root or isolated; NULL: not given */
        struct spec_origin partition_origin;
};

enum spec_throttle_kind {
        SPEC_READ_BPS,
        SPEC_WRITE_BPS,
        SPEC_READ_IOPS,
        SPEC_WRITE_IOPS,
        SPEC_THROTTLE_COUNT,
};

struct spec_throttle_device {
        uint32_t major, minor;
        uint64_t rate; /* bytes or requests per second; 0: none */
        struct spec_origin origin;
};

struct spec_throttle {
        const struct spec_throttle_device *devices;
        size_t count;
};

struct spec_weight_device {
        uint32_t major, minor;
        struct spec_i64 weight, leaf_weight; /* at least one of them; 10 to 1000, 0: as the group's */
};

struct spec_block_io {
        struct spec_i64 weight, leaf_weight; /* 10 to 1000 */
        const struct spec_weight_device *weight_devices;
        size_t weight_device_count;
        struct spec_throttle throttles[SPEC_THROTTLE_COUNT];
        struct spec_i64 io_weight; /* of v2: 1 to 10000 */
};

struct spec_hugepage_limit {
        const char *page_size; /* as the kernel's files have it: "2MB" */
        uint64_t limit;        /* bytes */
        struct spec_origin origin;
};

struct spec_priority {
        const char *interface;
        uint32_t priority;
        struct spec_origin origin;
};

struct spec_rdma {
        const char *device;
        struct spec_i64 handles, objects; /* at least one of them */
        struct spec_origin origin;
};

/* A file of the v2 group and the lines that are written to it. */
struct spec_unified {
        const char *file, *value;
        struct spec_origin origin;
};

/* Limits of a device or a key that config.json has no field for. */
enum spec_extra_kind {
        SPEC_IO_WEIGHT,     /* of a block device: 1 to 10000; 0: as the group's */
        SPEC_IO_LATENCY,    /* of a block device: microseconds; 0: none */
        SPEC_IO_COST_QOS,   /* of a block device: text */
        SPEC_IO_COST_MODEL, /* of a block device: text */
        SPEC_MISC_MAX,      /* -1: unlimited */
        SPEC_DMEM_MIN,      /* bytes; -1: all */
        SPEC_DMEM_LOW,
        SPEC_DMEM_MAX, /* bytes; -1: unlimited */
        SPEC_EXTRA_COUNT,
};

struct spec_extra {
        enum spec_extra_kind kind;
        const char *key;
        uint32_t major, minor;
        int64_t value;
        const char *text;
        struct spec_origin origin;
};

struct spec_resources {
        struct spec_memory memory;
        struct spec_cpu cpu;
        struct spec_i64 pids; /* -1: unlimited */
        struct spec_block_io block_io;
        const struct spec_hugepage_limit *hugepage_limits;
        size_t hugepage_limit_count;
        struct spec_i64 class_id; /* 32 bits */
        const struct spec_priority *priorities;
        size_t priority_count;
        const struct spec_rdma *rdma;
        size_t rdma_count;
        const struct spec_unified *unified;
        size_t unified_count;
        const struct spec_device_rule *device_rules;
        size_t device_rule_count;
        const struct spec_extra *extras;
        size_t extra_count;
        struct spec_i64 max_depth, max_descendants; /* of groups below; -1: unlimited */
        const char *group_type;                     /* threaded; NULL: not given */
        struct spec_origin group_type_origin;
};

/* A string and where it was written: masked and read-only paths. */
struct spec_path {
        const char *path;
        struct spec_origin origin;
};

struct spec_sysctl {
        const char *
                key; /* as written; spec_sysctl_path() makes a path of it. Its namespace is new or joined: who writes it to a
                            joined one first proves that it is not the caller's own. */
        const char *value;
        struct spec_origin origin;
};

struct spec_annotation {
        const char *key, *value;
};

/* The seccomp profile is kept as text: its hash is the key of the filter cache, and it is read (model/seccomp.h) only
 * when no cached filter is there. */
struct spec_seccomp {
        const char *text; /* NULL: no filter */
        size_t len;
        const char *file;          /* that @text is the whole of; NULL: the spec's own */
        struct spec_origin origin; /* of the first byte of @text, so that errors inside give true lines */
};

/* A second wall that needs no rights and no namespaces: what Landlock refuses to the program and all that it starts (landlock(7)). Of each kind of access
 * that is @fs, @net or @scope, everything is refused but what the rules say. model/landlock.h reads it, and fits it to a kernel. */
struct spec_landlock_path {
        const char *path; /* absolute, in the container */
        uint64_t rights;  /* LANDLOCK_ACCESS_FS_*, on it and all that is below */
        bool optional;    /* may be missing */
};

struct spec_landlock_port {
        uint16_t port;
        uint64_t rights; /* LANDLOCK_ACCESS_NET_* */
};

struct spec_landlock {
        bool given;
        bool best_effort;    /* what this kernel can't refuse is left out; false: that is an error */
        unsigned abi;        /* the least that is wanted: asked for, or needed by what was asked for by name */
        const char *abi_for; /* the word that needs it */
        uint64_t fs, net, scope;
        uint32_t flags; /* LANDLOCK_RESTRICT_SELF_* */
        const struct spec_landlock_path *paths;
        size_t path_count;
        const struct spec_landlock_port *ports;
        size_t port_count;
        const char *text; /* the words */
        struct spec_origin origin;
};

/* What fills a root that begins empty, in the order in which it was asked for. Destinations are absolute, in the root. */
enum spec_step_type {
        SPEC_STEP_BIND,  /* @source, or what @fd is open on, with all that is mounted below it */
        SPEC_STEP_PROC,  /* procfs of the pid namespace; the machine's where that is the caller's */
        SPEC_STEP_DEV,   /* a /dev with the usual nodes; @source: the terminal that is its console, or NULL */
        SPEC_STEP_TMPFS, /* of @mode, and @size bytes (0: as the kernel has it) */
        SPEC_STEP_MQUEUE,
        SPEC_STEP_OVERLAY,   /* of @layers, the lowest first; changes go to @upper, or are lost, or can't be made */
        SPEC_STEP_READONLY,  /* the mount at the destination, without those below it */
        SPEC_STEP_DIRECTORY, /* of @mode, if there is none */
        SPEC_STEP_FILE,      /* of @mode, with what can be read from @fd */
        SPEC_STEP_DATA,      /* the same as a file that has no other name, bound */
        SPEC_STEP_LINK,      /* with @source as its text */
        SPEC_STEP_MODE,      /* what is there gets @mode */
};

struct spec_step {
        enum spec_step_type type;
        const char *destination;
        const char *source; /* path on the machine; relative to the caller's directory if it is not absolute */
        int fd;             /* the caller's, closed when it was used; -1: none */
        uint32_t mode;
        bool mode_given; /* BIND and others: parents that are made are closed to those to whom @mode is */
        uint64_t size;
        bool readonly;             /* BIND, DATA, OVERLAY */
        bool devices;              /* BIND: device nodes in it work */
        bool optional;             /* BIND: nothing happens where there is no source */
        const char *const *layers; /* OVERLAY: NULL-terminated */
        const char *upper, *work;  /* OVERLAY: NULL: a file system in memory, unless it is read-only */
        struct spec_origin origin;
};

/* A compiled filter of system calls, as the kernel takes it (struct sock_filter). */
struct spec_raw_filter {
        const void *code;
        uint16_t count; /* of instructions */
};

/* What bubblewrap's sandboxes have beside everything else: see engine_sandbox(). Descriptors are the caller's; -1: none. */
struct spec_bare {
        bool stay;                /* a first process stays, reaps, and holds what follows */
        int sync_fd;              /* is open as long as the sandbox is */
        const char *const *locks; /* files of the sandbox that are locked meanwhile, NULL-terminated; NULL: none */
        char *environment; /* memory of the caller's that the first process blanks: it can be read in /proc; NULL: none */
        size_t environment_len;
        bool die_with_parent; /* every process ends when its parent does */
        bool new_session;
        bool keep_caps;     /* the caller's capabilities, as they are */
        bool lax;           /* attributes of binds that can't be set are left out */
        int block_fd;       /* the program waits until something can be read there */
        int users_block_fd; /* somebody else writes the maps of the user namespace, and then something here */
        const struct spec_raw_filter *filters; /* put in force in this order */
        size_t filter_count;
        bool nest; /* a user namespace in the one that sets everything up, with these ids */
        uint32_t nest_uid, nest_gid;
        bool no_users;                    /* with @nest: and none can be made in it */
        bool prove_no_users;              /* it is an error if one can be made in the sandbox */
        struct spec_namespace outer_pids; /* JOIN: a pid namespace that is entered before a new one is made in it */
        const char *users2; /* path of a user namespace that is entered when everything is set up; NULL: none */
        const char *const *directories; /* the first that can be entered is the working directory, NULL-terminated */
        const char *file_label;         /* of what is made in the sandbox; NULL: none asked */
        struct spec_origin file_label_origin;
};

#define SPEC_NET_NAME_MAX 15 /* IFNAMSIZ - 1 */

/* A network device of the machine that the container gets. */
struct spec_net_device {
        const char *name;     /* on the machine */
        const char *new_name; /* in the container; "%d" at its end is a free number */
        struct spec_origin origin;
};

/* Caches and memory bandwidth (resctrl). */
struct spec_rdt {
        bool given;
        const char *clos_id; /* the group: a name, or "/"; NULL: one of the container's own, named as it is */
        const char *l3_schema, *mb_schema; /* NULL: not given */
        const char *const *schemata;       /* NULL-terminated; NULL: not given */
        const char *const *lines;          /* all of these in the order in which they are written, NULL-terminated */
        bool monitoring;
        struct spec_origin origin;
};

struct ward_spec {
        struct arena arena;
        const char *file; /* name of the input, for messages: "config.json" */

        const char *oci_version;
        const char *rootfs; /* as written */
        bool rootfs_readonly;
        struct spec_origin rootfs_origin;
        bool no_root;      /* the program stays in the caller's mount namespace and root: nothing is mounted */
        bool rootfs_empty; /* the root is a new tmpfs, which the steps fill; @rootfs does not count */
        const struct spec_step *steps; /* before @mounts */
        size_t step_count;
        struct spec_bare bare;             /* for engine_sandbox() alone */
        const char *hostname, *domainname; /* NULL: not given */
        struct spec_origin hostname_origin, domainname_origin;

        bool process_given;
        struct spec_process process;

        const struct spec_mount *mounts;
        size_t mount_count;
        struct spec_hooks hooks[SPEC_HOOK_COUNT];
        const struct spec_annotation *annotations;
        size_t annotation_count;
        const char *pidfd_receiver; /* a socket of the host; NULL: not given */

        struct spec_namespace ns[SPEC_NS_COUNT];
        struct spec_id_maps id_maps;
        struct spec_origin uid_maps_origin, gid_maps_origin;
        struct spec_time_offset monotonic, boottime;

        const struct spec_device *devices;
        size_t device_count;
        const char *cgroups_path; /* NULL: not given */
        struct spec_origin cgroups_path_origin;
        struct spec_resources resources;
        unsigned long rootfs_propagation; /* as spec_mount.propagation; 0: not given */
        struct spec_origin rootfs_propagation_origin;
        const struct spec_path *masked_paths, *readonly_paths;
        size_t masked_path_count, readonly_path_count;
        const struct spec_sysctl *sysctls;
        size_t sysctl_count;
        struct spec_seccomp seccomp;
        const char *mount_label;        /* NULL: none asked */
        const char *mount_label_option; /* mount(8), "context" and its relatives; NULL: context */
        struct spec_origin mount_label_origin;
        bool personality_given;
        uint32_t personality; /* PER_LINUX or PER_LINUX32 (personality(2)) */
        struct spec_origin personality_origin;
        struct spec_memory_policy memory_policy;
        const struct spec_net_device *net_devices;
        size_t net_device_count;
        struct spec_rdt rdt;
        struct spec_landlock landlock;
};

/* As the OCI runtime specification writes them: "throttleReadBpsDevice" ... */
extern const char *const spec_throttle_names[SPEC_THROTTLE_COUNT];

/* Names as the OCI runtime specification writes them: "network", "mount" ... */
extern const char *const spec_ns_names[SPEC_NS_COUNT];

/* The value of the annotation @key; NULL: there is none. */
const char *spec_annotation(const struct ward_spec *spec, const char *key);

/* "mounts[3] (config.json line 41)", "--tmpfs /run": the words for a place, written into @buffer. Returns @buffer. */
const char *spec_origin_text(const struct spec_origin *origin, const char *file, char *buffer, size_t size);

/* Whether a limit of processes says something in a config of this version: 0 is a limit from 1.3.0 on; before it is what engines write for none at
 * all, podman 4 and docker's API among them. */
bool spec_pids_counts(const struct spec_i64 *pids, const char *oci_version);

/* The key of a sysctl as a path below /proc/sys ("net/ipv4/ip_forward"), written into @buffer. false: it is none, is longer than
 * @size, or has a component that is empty, "." or "..". */
bool spec_sysctl_path(const char *key, char *buffer, size_t size);

/* The namespace (enum spec_ns) that owns the setting at @path, which spec_sysctl_path() gave; -1: it is the whole machine's. */
int spec_sysctl_namespace(const char *path);

/* Frees the arena and with it everything in the spec. */
void spec_done(struct ward_spec *spec);

/* Room for one more of *@steps, an array of *@count with room for *@room, which grows in @arena. NULL: memory is short. */
struct spec_step *spec_add_step(struct arena *arena, struct spec_step **steps, size_t *count, size_t *room);

#define _cleanup_spec_ _cleanup_(spec_done)

#endif
