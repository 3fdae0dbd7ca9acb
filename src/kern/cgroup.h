/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups: cgroup v1, cgroup v2, and any mixture of the two (cgroups(7)).
 *
 * Which controller lives in which hierarchy is found out, never assumed. All paths are resolved below a hierarchy's root by
 * openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV) on a directory that was proved to be cgroupfs.
 *
 * Nobody here writes cgroup.procs of a v1 hierarchy, but for what moves others (cgroup_join(), cgroup_move(), cgroup_migrate()): that takes cgroup_threadgroup_rwsem for writing, which costs an RCU grace
 * period (6-10 ms) when it is cold. A process joins v1 groups by writing "0" to `tasks` itself, and a v2 group by
 * CLONE_INTO_CGROUP (or, where that is refused, by writing "0" to cgroup.procs).
 */
#ifndef KERN_CGROUP_H
#define KERN_CGROUP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/memory-use.h"

enum cgroup_controller {
        CGROUP_CPU,
        CGROUP_CPUACCT,
        CGROUP_CPUSET,
        CGROUP_MEMORY,
        CGROUP_DEVICES,
        CGROUP_FREEZER,
        CGROUP_BLKIO, /* v2: io */
        CGROUP_PIDS,
        CGROUP_HUGETLB,
        CGROUP_NET_CLS,
        CGROUP_NET_PRIO,
        CGROUP_PERF_EVENT,
        CGROUP_RDMA,
        CGROUP_MISC,
        CGROUP_DMEM,
        CGROUP_CONTROLLER_COUNT,
};

/* Names as in /proc/cgroups: "cpu", "memory" ... */
extern const char *const cgroup_controller_names[CGROUP_CONTROLLER_COUNT];

#define CGROUP_HIERARCHY_MAX 16

struct cgroup_hierarchy {
        int version;          /* 1 or 2 */
        uint32_t controllers; /* bit n: enum cgroup_controller n; for v2 what cgroup.controllers of the root offers */
        const char *
                identity; /* wherever it is mounted: "cpu,cpuacct", "name=systemd", as /proc/self/cgroup has it; v2: "unified" */
        const char *name;     /* v1: its mount's last component ("cpu,cpuacct", "memory", "systemd"); v2: "unified" */
        const char *mount;    /* where it is mounted on the host: "/sys/fs/cgroup/memory" */
        const char *root;     /* which group of the hierarchy is mounted there: "/" */
        const char *own_path; /* the calling process's group in it, from /proc/self/cgroup, as a path below the mount:
                                 "/user.slice"; "/" when the group lies outside of what is mounted */
        int fd;               /* owned: O_PATH of the hierarchy's root, proved to be cgroupfs */
        bool denied;          /* set by who found that the caller has no group there: its controllers are none */
};

struct cgroup_layout {
        struct cgroup_hierarchy hierarchies[CGROUP_HIERARCHY_MAX];
        size_t count;
        bool mixed; /* set by who has groups that not ward alone fills: a group may have other processes in each hierarchy */
};

/* The bit of a controller by its name of @len bytes ("io" is blkio); 0 for one that ward does not know. */
uint32_t cgroup_controller_bit(const char *name, size_t len);

/* Reads /proc/self/mountinfo and /proc/self/cgroup. Strings come from @arena. No cgroup mount at all is a layout of count 0,
 * not an error. Free with cgroup_layout_done(). */
int cgroup_layout_read(struct arena *arena, struct cgroup_layout *ret_layout, struct ward_err *err);

/* The groups of the process @pid, one for each hierarchy of the layout, as paths below its mount; NULL: it is in none that is mounted. They live in
 * @arena. -ENOENT or -ESRCH: there is no such process. */
int cgroup_paths_of(const struct cgroup_layout *layout, int proc_fd, pid_t pid, struct arena *arena,
                    const char *ret_paths[CGROUP_HIERARCHY_MAX], struct ward_err *err);

/* The layout that has @hierarchy alone: for what is in another group of each. It borrows the descriptor, and is not given to
 * cgroup_layout_done(). */
static inline struct cgroup_layout cgroup_alone(const struct cgroup_hierarchy *hierarchy)
{
        return (struct cgroup_layout){.hierarchies = {*hierarchy}, .count = 1};
}

void cgroup_layout_done(struct cgroup_layout *layout);

/* The hierarchy that carries @controller and is not denied, or NULL. The v2 hierarchy (whatever it carries), or NULL. */
const struct cgroup_hierarchy *cgroup_with(const struct cgroup_layout *layout, enum cgroup_controller controller);
const struct cgroup_hierarchy *cgroup_unified(const struct cgroup_layout *layout);

/* Refuses a group path that is empty, has a NUL, newline, "." or ".." component, or is longer than PATH_MAX. */
int cgroup_path_check(const char *path, struct ward_err *err);

/*
 * Makes the group @path (and its missing parents) in one hierarchy. On v1 cpuset the cpus and mems of the parent are copied
 * into each new group, without which nothing can join it (cpuset(7)). On v2 the controllers in @controllers are
 * enabled in the parents' cgroup.subtree_control. *@ret_fd (may be NULL) is a descriptor of the group's directory, owned by the caller.
 * *@ret_made (may be NULL) counts the directories that were made, so that a failed start removes just these.
 * An existing group is no error (*@ret_made is 0).
 */
int cgroup_make(const struct cgroup_hierarchy *hierarchy, const char *path, uint32_t controllers, int *ret_fd,
                unsigned *ret_made, struct ward_err *err);

/*
 * Whether the caller's own group of @hierarchy was delegated to him: 1, its path in *@ret_path, which lives in @arena, and the controllers that
 * groups below it can have; or 0. cgroup_vacate() moves the processes of such a group into one below it, without which it can't hand
 * its controllers on (-EBUSY of cgroup_make()).
 */
int cgroup_delegated(const struct cgroup_hierarchy *hierarchy, struct arena *arena, const char **ret_path,
                     uint32_t *ret_controllers, struct ward_err *err);
int cgroup_vacate(const struct cgroup_hierarchy *hierarchy, const char *path, struct ward_err *err);

/* Whether systemd has handed the group on: the unit has Delegate=yes, and what is below is left alone (its extended attribute says so). */
bool cgroup_handed_on(const struct cgroup_hierarchy *hierarchy, const char *path);

/* The group that cgroup_vacate() has moved the processes of the group @path to. */
#define CGROUP_CALLERS "ward-callers"

/* Undoes cgroup_vacate() and what controllers were given below the group @path: its processes come back. Nothing is done, and 0 returned, while it has
 * groups below it other than that one; 1: it was. */
int cgroup_refill(const struct cgroup_hierarchy *hierarchy, const char *path, struct ward_err *err);

/* Whether @child is the one group below the group @path: 1 or 0. */
int cgroup_only_below(const struct cgroup_hierarchy *hierarchy, const char *path, const char *child,
                      struct ward_err *err);

/* Takes all controllers away from what is below the group @path, of v2, which then can have processes of its own. */
int cgroup_withdraw(const struct cgroup_hierarchy *hierarchy, const char *path, struct ward_err *err);

/* Removes the group that cgroup_vacate() made below @path, if nobody is in it. */
void cgroup_vacated(const struct cgroup_hierarchy *hierarchy, const char *path);

/* The controllers that the groups below the group @path of a v2 hierarchy can have: bit n: enum cgroup_controller n. */
int cgroup_controllers(const struct cgroup_hierarchy *hierarchy, const char *path, uint32_t *ret_controllers,
                       struct ward_err *err);

/* A file of the group @path, whole: *@ret_text is owned by the caller (free). Errors name the file; a missing file or group is -ENOENT. */
int cgroup_file_read(const struct cgroup_hierarchy *hierarchy, const char *path, const char *file, char **ret_text,
                     struct ward_err *err);

/* Writes @value to a file of the group @path by one write(2). Errors name the file; a missing file or group is -ENOENT. */
int cgroup_file_write(const struct cgroup_hierarchy *hierarchy, const char *path, const char *file, const char *value,
                      struct ward_err *err);

/* The group @path and all below it, each before those below it, in the order of their names. The paths live in @arena and begin with one slash; that of
 * the root is "/". -ENOENT: there is no such group. */
int cgroup_tree(const struct cgroup_hierarchy *hierarchy, const char *path, struct arena *arena,
                const char *const **ret_paths, size_t *ret_count, struct ward_err *err);

/* The processes in the group @path itself, ascending, in @arena; of a threaded group of v2 its threads. */
int cgroup_members(const struct cgroup_hierarchy *hierarchy, const char *path, struct arena *arena,
                   const pid_t **ret_pids, size_t *ret_count, struct ward_err *err);

/* Moves a process with all of its threads, or with @thread that thread alone, into the group @path. The error says why the kernel refuses: the
 * group has none of its own ("no internal processes"), the process is a thread of the kernel or somebody else's ... -ESRCH: it has gone. */
int cgroup_move(const struct cgroup_hierarchy *hierarchy, const char *path, pid_t pid, bool thread,
                struct ward_err *err);

/* Moves the calling process there, which has one thread. */
int cgroup_enter(const struct cgroup_hierarchy *hierarchy, const char *path, struct ward_err *err);

/* Gives the group @path to somebody who may then make groups in it and move processes between these: its directory, and the files that the
 * kernel names for that (cgroups(7), "Delegating a hierarchy"). Its limits stay with who owns them. */
int cgroup_own(const struct cgroup_hierarchy *hierarchy, const char *path, uid_t uid, gid_t gid, struct ward_err *err);

/* Lets somebody move processes into the group, and nothing else. */
int cgroup_own_tasks(const struct cgroup_hierarchy *hierarchy, const char *path, uid_t uid, gid_t gid,
                     struct ward_err *err);

#define CGROUP_MODE_KEPT UINT32_MAX

/* Who may do what with a group: modes as of chmod(2). */
struct cgroup_modes {
        uint32_t group; /* of its directory */
        uint32_t
                files; /* of its files, each of which gets no right that its owner has not: what can't be written stays so */
        uint32_t tasks; /* of those that processes are moved by, in place of @files */
};

int cgroup_set_modes(const struct cgroup_hierarchy *hierarchy, const char *path, const struct cgroup_modes *modes,
                     struct arena *arena, struct ward_err *err);

/* Whether the group @path is there: 1, 0 or -errno. */
int cgroup_there(const struct cgroup_hierarchy *hierarchy, const char *path);

/* The hierarchy that the file of a group belongs to by the first part of its name: "memory.stat". NULL: none has its controller, or it is of none, like
 * "cgroup.procs" and "tasks". */
const struct cgroup_hierarchy *cgroup_file_hierarchy(const struct cgroup_layout *layout, const char *file);

/* The name of the group's file that is nearest to @file, in @near; false: none is near. */
bool cgroup_file_nearest(const struct cgroup_hierarchy *hierarchy, const char *path, const char *file,
                         char near[NAME_MAX + 1]);

/* The names of the group's files in their order, in @arena. */
int cgroup_files(const struct cgroup_hierarchy *hierarchy, const char *path, struct arena *arena,
                 const char *const **ret_files, size_t *ret_count, struct ward_err *err);

/* Whether the group @path is there, and the caller may make groups in it: 1, 0 or -errno. */
int cgroup_has_room(const struct cgroup_hierarchy *hierarchy, const char *path, struct ward_err *err);

/* How many of the parents of the group @path are missing. */
unsigned cgroup_missing_parents(const struct cgroup_hierarchy *hierarchy, const char *path);

/*
 * A mark says whose a group is: an extended attribute of its directory (xattr(7)), which goes with it. trusted.ward can be set and seen by root
 * of the machine alone; others have user.ward, on which only they rely (@privileged: the first kind).
 */
int cgroup_mark(int group_fd, bool privileged, const char *mark);

/* Whether the group @path has just this mark: 1; 0: none, or no such group; -EEXIST: another one; or another -errno when that can't be told. */
int cgroup_has_mark(const struct cgroup_hierarchy *hierarchy, const char *path, bool privileged, const char *mark);

struct cgroup_marked {
        const char *path, *mark;
};

/* All groups of a hierarchy that have a mark; those below one that has are not looked at. They live in @arena. */
int cgroup_find_marked(const struct cgroup_hierarchy *hierarchy, bool privileged, struct arena *arena,
                       struct cgroup_marked **ret_marked, size_t *ret_count, struct ward_err *err);

/* Removes the group @path with all groups below it from one hierarchy; then @parents of its parents if they are empty. A group
 * that does not exist is no error. -EBUSY when a process is left inside after @timeout_msec. */
int cgroup_remove(const struct cgroup_hierarchy *hierarchy, const char *path, unsigned parents, unsigned timeout_msec,
                  struct ward_err *err);

/* A limit, named independently of the version. Values as the OCI runtime specification defines them (v1 units); what v2 wants
 * instead is converted as the specification and the other runtimes do (docs/CGROUPS.md has the formulas). */
enum cgroup_knob {
        CGROUP_MEMORY_LIMIT,       /* bytes, -1 unlimited */
        CGROUP_MEMORY_RESERVATION, /* bytes, -1 none: memory.soft_limit_in_bytes, memory.low */
        CGROUP_MEMORY_SWAP,        /* bytes of memory plus swap, -1 unlimited */
        CGROUP_MEMORY_SWAPPINESS,  /* 0 to 100; v1 only */
        CGROUP_MEMORY_OOM_DISABLE, /* 0 or 1; 1: v1 only */
        CGROUP_MEMORY_KERNEL,      /* bytes, -1 unlimited; v1 of old kernels only */
        CGROUP_MEMORY_KERNEL_TCP,  /* bytes, -1 unlimited; v1 only */
        CGROUP_MEMORY_HIERARCHY,   /* 0 or 1; 1 is what v2 and newer kernels do anyway */
        CGROUP_CPU_SHARES,         /* 2 to 262144 */
        CGROUP_CPU_PERIOD,         /* microseconds */
        CGROUP_CPU_QUOTA,          /* microseconds per period, -1 unlimited */
        CGROUP_CPU_BURST,          /* microseconds */
        CGROUP_CPU_IDLE,           /* 0 or 1 */
        CGROUP_CPU_RT_PERIOD,      /* microseconds; v1 only */
        CGROUP_CPU_RT_RUNTIME,     /* microseconds; v1 only */
        CGROUP_CPUSET_CPUS,        /* text: a list as in cpuset(7) */
        CGROUP_CPUSET_MEMS,        /* text */
        CGROUP_PIDS_MAX,           /* number, -1 unlimited */
        CGROUP_BLKIO_WEIGHT,       /* 10 to 1000 */
        CGROUP_BLKIO_LEAF_WEIGHT,  /* 10 to 1000; v1 of old kernels only */
        /* Of a block device. */
        CGROUP_BLKIO_WEIGHT_DEVICE,      /* 10 to 1000; 0: that of the group */
        CGROUP_BLKIO_LEAF_WEIGHT_DEVICE, /* as CGROUP_BLKIO_LEAF_WEIGHT; 0: that of the group */
        CGROUP_BLKIO_READ_BPS,           /* 64 bits without a sign; 0 unlimited */
        CGROUP_BLKIO_WRITE_BPS,
        CGROUP_BLKIO_READ_IOPS,
        CGROUP_BLKIO_WRITE_IOPS,
        CGROUP_HUGETLB_MAX,  /* key: the size of a page, "2MB"; bytes, 64 bits without a sign */
        CGROUP_NET_CLASS,    /* a number of 32 bits; v1 only */
        CGROUP_NET_PRIORITY, /* key: an interface of the caller's network namespace; a number of 32 bits; v1 only */
        CGROUP_RDMA_MAX,     /* key: a device; text: what rdma.max wants behind it */
        CGROUP_UNIFIED,      /* key: a file of the v2 group; text: what is written there, each line by itself */
        /* What the specification has no field for. */
        CGROUP_MEMORY_MIN,             /* bytes, -1 all; v2 only, as are those up to writeback */
        CGROUP_MEMORY_LOW,             /* bytes, -1 all */
        CGROUP_MEMORY_HIGH,            /* bytes, -1 unlimited */
        CGROUP_MEMORY_OOM_GROUP,       /* 0 or 1 */
        CGROUP_MEMORY_SWAP_ONLY,       /* bytes of swap, without memory, -1 unlimited; either version */
        CGROUP_MEMORY_SWAP_HIGH,       /* bytes, -1 unlimited */
        CGROUP_MEMORY_ZSWAP_MAX,       /* bytes, -1 unlimited */
        CGROUP_MEMORY_ZSWAP_WRITEBACK, /* 0 or 1 */
        CGROUP_CPU_WEIGHT,             /* 1 to 10000 */
        CGROUP_CPU_WEIGHT_NICE,        /* -20 to 19 */
        CGROUP_CPU_UCLAMP_MIN,         /* hundredths of a percent, -1 max */
        CGROUP_CPU_UCLAMP_MAX,
        CGROUP_CPUSET_PARTITION, /* text: member, root or isolated */
        CGROUP_IO_WEIGHT,        /* 1 to 10000 */
        CGROUP_IO_WEIGHT_DEVICE, /* of a block device: 1 to 10000; 0: that of the group */
        CGROUP_IO_LATENCY,       /* of a block device: microseconds, 0 none; v2 only */
        CGROUP_IO_COST_QOS, /* of a block device; text: what io.cost.qos wants behind it; v2's root only, as the next */
        CGROUP_IO_COST_MODEL,
        CGROUP_MISC_MAX, /* key: a resource of misc.capacity; number, -1 unlimited */
        CGROUP_DMEM_MIN, /* key: a region of dmem.capacity; bytes, -1 all or unlimited; as the next two */
        CGROUP_DMEM_LOW,
        CGROUP_DMEM_MAX,
        CGROUP_MAX_DEPTH,       /* levels of groups below, -1 unlimited; v2 only, as those that follow */
        CGROUP_MAX_DESCENDANTS, /* groups below, -1 unlimited */
        CGROUP_TYPE,            /* text: threaded; there is no way back */
        CGROUP_KNOB_COUNT,
};

struct cgroup_limit {
        enum cgroup_knob knob;
        int64_t value;    /* numbers; those of 64 bits without a sign as they are */
        const char *text; /* texts */
        const char *key;
        uint32_t major, minor;
        bool if_there; /* a kernel without the file has nothing to be changed */
};

/* The hierarchy that has the knob; with no controller it is that of v2. NULL: none. */
const struct cgroup_hierarchy *cgroup_knob_hierarchy(const struct cgroup_layout *layout, enum cgroup_knob knob);

/* The controllers (a set of bits) that a limit needs a group with; none for a file of every v2 group. */
uint32_t cgroup_limit_controllers(const struct cgroup_limit *limit);

/* Whether every group is so that nobody has written anything into: then it needs none. */
bool cgroup_limit_anyway(const struct cgroup_limit *limit);

/* Writes the limits to the group @path, in an order that the kernel accepts (what it refuses for now is tried again after the others). On failure *@ret_failed (may be NULL) is the index of the limit that was refused, and the error says
 * which file, which value, why, and what to do (a memory limit below the current usage; a controller that no hierarchy
 * has; a knob that this version lacks).
 * Memory below what is used: v1 refuses it (-EBUSY), v2 reclaims and then kills by OOM; who does not want that (checkBeforeUpdate)
 * compares with cgroup_stats_read() first. */
int cgroup_set(const struct cgroup_layout *layout, const char *path, const struct cgroup_limit *limits, size_t count,
               size_t *ret_failed, struct ward_err *err);

/*
 * A limit as the kernel has it, in the form of its own file: "max", "536870912", "0-3". @key: the device or key of the limit, where the knob has
 * one (its knob and value are not looked at); NULL otherwise. Of a line that holds several (io.max, cpu.max) it is the part that the limit
 * is; of a device that nothing is set for, the word that says so. *@ret_text lives in @arena. -ENOENT in words when the hierarchy's version has no
 * such file, the group is missing or has not got the controller, or there is no such key.
 */
int cgroup_get(const struct cgroup_hierarchy *hierarchy, const char *path, enum cgroup_knob knob,
               const struct cgroup_limit *key, struct arena *arena, const char **ret_text, struct ward_err *err);

/* The file that cgroup_get() reads, in @arena: "memory.max". -ENOENT: this version has none. */
int cgroup_knob_file(const struct cgroup_hierarchy *hierarchy, const char *path, enum cgroup_knob knob,
                     const struct cgroup_limit *key, struct arena *arena, const char **ret_file, struct ward_err *err);

/* How a limit is before it is changed: what cgroup_restore() writes to make it so again. */
struct cgroup_saved {
        const char *file; /* of the group */
        const char *slot; /* which part of the file it is: "", "8:0", "8:0 rbps" */
        const char *text;
};

#define CGROUP_SAVED_MAX 3 /* of one limit: the files that cgroup_set() may write for it */

/* Fills in @ret_saved, whose strings live in @arena, for the files that are there. */
int cgroup_save(const struct cgroup_hierarchy *hierarchy, const char *path, const struct cgroup_limit *limit,
                struct arena *arena, struct cgroup_saved ret_saved[CGROUP_SAVED_MAX], size_t *ret_count,
                struct ward_err *err);

/* Writes back @count of them, in an order that the kernel takes. */
int cgroup_restore(const struct cgroup_hierarchy *hierarchy, const char *path, const struct cgroup_saved *saved,
                   size_t count, struct ward_err *err);

/* The hierarchy that has the file of a limit. NULL: none has, or it is denied to the caller. */
const struct cgroup_hierarchy *cgroup_limit_hierarchy(const struct cgroup_layout *layout,
                                                      const struct cgroup_limit *limit);

/* cgroup_set() for a group that is in use: all of it, or nothing. What can't be read beforehand can't be set back. */
int cgroup_change(const struct cgroup_layout *layout, const char *path, const struct cgroup_limit *limits, size_t count,
                  size_t *ret_failed, struct ward_err *err);

/* A device rule: type 'a' (all), 'b' or 'c'; -1 is any number; access a subset of "rwm". The last match wins. */
struct cgroup_device_rule {
        bool allow;
        char type;
        int64_t major, minor;
        const char *access;
};

/* Makes the group obey the rules: devices.allow and devices.deny on v1, a BPF program of type cgroup device on v2 (replacing one that
 * ward attached before). Nothing is allowed that no rule allows. Reads back what can be read back (V25). */
int cgroup_set_devices(const struct cgroup_layout *layout, const char *path, const struct cgroup_device_rule *rules,
                       size_t count, struct ward_err *err);

/*
 * Adds rules behind those that the group has. v1 keeps them itself; on v2 cgroup_set_devices() has written them down in an attribute of the group
 * (trusted.ward.devices), with the number of its program. A group that nobody has given rules allows everything. -EBUSY: it has a program of ward's
 * whose rules are not written down.
 */
int cgroup_add_devices(const struct cgroup_layout *layout, const char *path, const struct cgroup_device_rule *rules,
                       size_t count, struct ward_err *err);

/* The rules of the group, one a line, in @arena: devices.list of v1, or what was written down, as "allow c 1:3 rwm". "": none. */
int cgroup_get_devices(const struct cgroup_layout *layout, const char *path, struct arena *arena, const char **ret_text,
                       struct ward_err *err);

/* Whether the group obeys just these rules already, as far as that can be read: v1, and not where its default is to allow. There rules
 * are changed one by one, and who is in the group meets those that are half written. */
bool cgroup_has_devices(const struct cgroup_layout *layout, const char *path, const struct cgroup_device_rule *rules,
                        size_t count);

/* Freezes or thaws the group and all below it, and waits until it is so. -ETIMEDOUT with what is still running, and then the group
 * is thawed again. */
int cgroup_freeze(const struct cgroup_layout *layout, const char *path, bool frozen, unsigned timeout_msec,
                  struct ward_err *err);

/* *@ret_frozen: whether the group is frozen. */
int cgroup_frozen(const struct cgroup_layout *layout, const char *path, bool *ret_frozen, struct ward_err *err);

/* Whether the v1 freezer has groups below the group. Somebody else than ward has made them, and may have frozen them by themselves: then what is in
 * them does not die by SIGKILL alone, nor by thawing the group, but by cgroup_signal() or cgroup_kill(). Cheap: nothing is read. */
bool cgroup_holds_below(const struct cgroup_layout *layout, const char *path);

/* Kills every process of the group and below with SIGKILL, frozen ones too, and waits until none is left: cgroup.kill on v2 (5.14);
 * elsewhere freeze, kill each, thaw. Leaves the group thawed. -EBUSY when one is left after @timeout_msec. */
int cgroup_kill(const struct cgroup_layout *layout, const char *path, unsigned timeout_msec, struct ward_err *err);

/* Sends @signal to each process of the group and below. SIGKILL: as one round of cgroup_kill(). */
int cgroup_signal(const struct cgroup_layout *layout, const char *path, int signal, struct ward_err *err);

/* The processes of the group and below, ascending, from the hierarchy best suited. *@ret_pids is owned by the caller (free). */
int cgroup_pids(const struct cgroup_layout *layout, const char *path, pid_t **ret_pids, size_t *ret_count,
                struct ward_err *err);

/* Moves the processes of the group @path, wherever @layout has it, into the group of this path in the v1 @hierarchy, until none is
 * outside. It writes cgroup.procs: what a thread does for itself nobody can do for it. */
int cgroup_join(const struct cgroup_layout *layout, const struct cgroup_hierarchy *hierarchy, const char *path,
                struct ward_err *err);

/* The processor time of the group and below so far. Cheap: one file. -EOPNOTSUPP where nothing counts it. */
int cgroup_cpu_usage(const struct cgroup_layout *layout, const char *path, uint64_t *ret_nsec, struct ward_err *err);

/* A process that was moved, or was to be. */
struct cgroup_moved {
        pid_t pid;
        uint64_t start_ticks;
        const char *from
                [CGROUP_HIERARCHY_MAX]; /* the groups that it was in, in the layout's order; NULL: it stayed in it */
        const char *name;               /* as it calls itself */
        const char *why;                /* it could not be moved: why; NULL: it was */
};

struct cgroup_migration {
        const struct cgroup_layout *layout;
        int proc; /* borrowed: proc_open() */
        /* Where to, in the layout's order; NULL: nobody leaves his group of that hierarchy. The groups are there. */
        const char *to[CGROUP_HIERARCHY_MAX];
        const struct cgroup_hierarchy *freezer; /* one of them, whose group holds them meanwhile; NULL: none does */
        bool keep_frozen;                       /* they were frozen where they came from, and go on being so */
        /* Asked to move a process where the caller's own rights do not reach; 1: it did. NULL: nobody is. */
        int (*ask)(void *data, pid_t pid, struct ward_err *err);
        void *data;
};

/*
 * Moves the process @pid that began at @start_ticks, with all its threads; with @tree all its descendants, and who is in one of the groups already in
 * the other ones, until nobody is outside. Then each that is found is frozen in its new group at once, so that it neither ends nor makes others while
 * its own children are looked for; without a freezer two rounds have to find nobody. The caller itself stays. A number that has gone to another
 * process meanwhile moves nobody: who was moved by it is put back.
 * @ret_moved lives in @arena: who was outside. Each is moved in every hierarchy or in none. The first process not being moved is an error.
 * -ESRCH: it has ended. -EBUSY: they go on making others.
 */
int cgroup_migrate(const struct cgroup_migration *move, pid_t pid, uint64_t start_ticks, bool tree, struct arena *arena,
                   struct cgroup_moved **ret_moved, size_t *ret_count, struct ward_err *err);

/* Where the processes of the group @path of one hierarchy go back to. */
typedef const char *(*cgroup_destination)(void *data, pid_t pid, uint64_t start_ticks);

/* Moves all processes of the group @path of @hierarchy and of those below it each to where @where says, until it is empty. */
int cgroup_evict(const struct cgroup_hierarchy *hierarchy, const char *path, int proc, cgroup_destination where,
                 void *data, struct ward_err *err);

/* What the memory of a v2 group is used for. -EOPNOTSUPP on v1. */
int cgroup_memory_use(const struct cgroup_layout *layout, const char *path, struct memory_use *ret_use);

/* A descriptor, owned by the caller, of which poll(2) says POLLPRI when the group's memory has met a limit or a process was ended for want of it;
 * cgroup_memory_seen() says how many were, and has poll(2) wait for the next time. -EOPNOTSUPP on v1. */
int cgroup_memory_watch(const struct cgroup_layout *layout, const char *path);
int cgroup_memory_seen(int fd, uint64_t *ret_kills);

/* What the group uses, for events --stats; a figure that this layout cannot give is UINT64_MAX, and so is a limit of "max"
 * (v1 shows its largest number, 9223372036854771712). */
struct cgroup_stats {
        uint64_t cpu_usage_nsec, cpu_user_nsec, cpu_system_nsec;
        uint64_t cpu_periods, cpu_throttled_periods, cpu_throttled_nsec;
        uint64_t memory_usage_bytes, memory_max_usage_bytes, memory_limit_bytes, memory_fail_count;
        uint64_t memory_cache_bytes, memory_rss_bytes, memory_swap_bytes;
        uint64_t memory_swap_max_usage_bytes; /* v2 alone: v1 has the peak of memory and swap together */
        uint64_t oom_kills;
        uint64_t
                oom_group_kills; /* how often all of its processes were ended together (memory.oom.group); v2, from Linux 5.17 on */
        uint64_t pids_current, pids_limit;
        uint64_t pids_max_usage;  /* from Linux 6.11 on */
        uint64_t pids_fail_count; /* new processes that were refused */
};

int cgroup_stats_read(const struct cgroup_layout *layout, const char *path, struct cgroup_stats *ret_stats,
                      struct ward_err *err);

/* Figures of a block device. */
struct cgroup_io {
        uint32_t major, minor;
        const char *op; /* "Read", "Write" ...; "" where the figure is of no operation */
        uint64_t value;
};

struct cgroup_io_list {
        const struct cgroup_io *ios;
        size_t count;
};

enum cgroup_io_kind {
        CGROUP_IO_BYTES,
        CGROUP_IO_SERVICED, /* requests */
        /* The others only a scheduler of v1 counts. */
        CGROUP_IO_QUEUED,
        CGROUP_IO_SERVICE_TIME,
        CGROUP_IO_WAIT_TIME,
        CGROUP_IO_MERGED,
        CGROUP_IO_TIME,
        CGROUP_IO_SECTORS,
        CGROUP_IO_COUNT,
};

/* Of a size of huge pages; UINT64_MAX: this layout has no such figure. */
struct cgroup_hugetlb {
        const char *size; /* "2MB" */
        uint64_t usage, max, fail_count;
};

struct cgroup_rdma {
        const char *device;
        uint32_t handles, objects; /* UINT32_MAX: no limit */
};

struct cgroup_rdma_list {
        const struct cgroup_rdma *devices;
        size_t count;
};

/* How much there is of a kind of memory; UINT64_MAX: this layout has no such figure, or no limit. */
struct cgroup_memory_entry {
        uint64_t limit, usage, max, fail_count;
};

enum cgroup_memory_kind {
        CGROUP_KIND_WITH_SWAP,
        CGROUP_KIND_KERNEL, /* v1, like the next */
        CGROUP_KIND_TCP,
        CGROUP_KIND_COUNT,
};

struct cgroup_stat_line {
        const char *name;
        uint64_t value;
};

struct cgroup_stat_list {
        const struct cgroup_stat_line *lines;
        size_t count;
};

/* Processor time on one processor. The parts are counted in ticks of the clock, the whole is not. */
struct cgroup_cpu {
        uint64_t usage_nsec, user_nsec, system_nsec;
};

struct cgroup_cpu_list {
        const struct cgroup_cpu *cpus;
        size_t count;
};

/* For which part of the time some process, or all of them, waited (psi.rst). */
struct cgroup_pressure {
        bool given;
        uint32_t average[3]; /* hundredths of a percent, of the last 10, 60 and 300 seconds */
        uint64_t total_usec;
};

/* What a group uses where that is a list, and what it waited for: [0] is some, [1] all of its processes. */
struct cgroup_details {
        struct cgroup_io_list io[CGROUP_IO_COUNT];
        const struct cgroup_hugetlb *hugetlb;
        size_t hugetlb_count;
        struct cgroup_rdma_list rdma_limit, rdma_current;
        struct cgroup_pressure cpu_pressure[2], memory_pressure[2], io_pressure[2];
        struct cgroup_memory_entry memory[CGROUP_KIND_COUNT];
        struct cgroup_stat_list memory_stat; /* every line of the file */
        struct cgroup_cpu_list cpus;         /* v1 */
};

/* What it has read and written, by device, alone: a file or two. The list lives in @arena. -EOPNOTSUPP where nothing counts it. */
int cgroup_io_bytes_read(const struct cgroup_layout *layout, const char *path, struct arena *arena,
                         struct cgroup_io_list *ret_list, struct ward_err *err);

/* The lists live in @arena. What the machine does not have is empty. */
int cgroup_details_read(const struct cgroup_layout *layout, const char *path, struct arena *arena,
                        struct cgroup_details *ret_details, struct ward_err *err);

/* ---- watching ---- */

/* What is watched: of each group its counters of events, and what is asked for. */
struct cgroup_trigger {
        /* "memory", "cpu", "io": pressure of a v2 group (psi.rst). NULL: memory.pressure_level of a v1 group. */
        const char *resource;
        bool full; /* all processes wait, not some */
        uint64_t stall_usec,
                window_usec; /* waited for so long within such a time; the window is 500 ms to 10 s, of newer kernels any time up to that */
        const char *level; /* v1: "low", "medium" or "critical" */
};

struct cgroup_event {
        const char *file; /* "memory.events"; of a trigger "memory.pressure", "memory.pressure_level" */
        const char *
                what; /* "oom_kill"; of a trigger "some 150000 1000000", "critical"; "removed": the group has gone; "ended" */
        uint64_t before, after; /* of a counter; 0 otherwise */
};

struct cgroup_watch;

/*
 * Begins to watch the group @path: memory.events, memory.swap.events, pids.events, cgroup.events, hugetlb.*.events and misc.events on v2;
 * memory.oom_control, through an eventfd (cgroup.event_control), and pids.events on v1; whichever are there. Reading is all that it takes, but for
 * triggers: those are written. *@ret_watch is owned by the caller. -EOPNOTSUPP: a trigger needs the other version, or a kernel with CONFIG_PSI;
 * -ENOENT: there is no such group.
 */
int cgroup_watch_open(const struct cgroup_layout *layout, const char *path, const struct cgroup_trigger *triggers,
                      size_t trigger_count, struct cgroup_watch **ret_watch, struct ward_err *err);
void cgroup_watch_done(struct cgroup_watch **watch);

/* Watches the end of the process behind @pidfd, too, which is the last event: "ended", behind what was counted until then. @pidfd stays the caller's, and
 * open as long as the watch. */
int cgroup_watch_end(struct cgroup_watch *watch, int pidfd, struct ward_err *err);

/* The counter number @index, as it was read last: *@ret_event->after. false: there are no more. */
bool cgroup_watch_counter(const struct cgroup_watch *watch, size_t index, struct cgroup_event *ret_event);

/* The next event, waiting for up to @timeout_msec (-1: for ever). Returns 1; 0 when there was none in that time; -errno. The strings of *@ret_event are good
 * until the next call. After "removed" or "ended" there is nothing more. */
int cgroup_watch_next(struct cgroup_watch *watch, int timeout_msec, struct cgroup_event *ret_event,
                      struct ward_err *err);

#endif
