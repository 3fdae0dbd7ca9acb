/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan: a flat list of typed kernel operations that turns a fresh child into the container's process.
 *
 * launch/plan.c makes it from a spec without a system call; launch/parent.c opens the descriptors that it names and clones;
 * launch/child/ executes it and decides nothing. Everything that an op points to lives in the plan's arena or in the spec, and is not
 * written any more once the child exists. A descriptor is named by its slot: an index into the table of plan->slots, which the
 * parent fills before the clone, or sends later with a message.
 *
 * Paths inside the container are relative to its root, without leading slash, "." or ".." component ("dev/pts"); "" is the root itself.
 */
#ifndef LAUNCH_OPS_H
#define LAUNCH_OPS_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "launch/protocol.h"
#include "model/spec.h"

#define SLOT_NONE (-1)

enum slot_kind {
        SLOT_PROC,        /* the host's /proc, O_PATH, proved to be procfs */
        SLOT_ROOT,        /* a detached clone of the root file system's tree */
        SLOT_TREE,        /* a detached clone of the mount tree at @path on the host */
        SLOT_PROCFS_TREE, /* the same, refused unless it is procfs */
        SLOT_DEVICE,      /* the same of a device node; refused if it is not @device */
        SLOT_NODE,        /* a detached mount of a new node of @device */
        SLOT_NAMESPACE,   /* an nsfs file at @path */
        SLOT_TASKS,       /* the file @file of the cgroup hierarchy that is mounted at @path, open for writing */
        SLOT_CONSOLE,     /* a connected unix socket that takes the terminal's master */
        SLOT_OUTPUT,      /* a pipe, to which the process writes what @file, "stdout" or "stderr", says */
        SLOT_LISTENER,    /* the socket on which a created container waits for its start */
        SLOT_STATE,       /* a memory file with the state for hooks that the child runs; @file is its status */
        SLOT_AGENT,       /* always late: a connected unix socket that takes the filter's listener; @path is its own */
        SLOT_GIVEN,       /* opened by the caller: a root made by launch/host.c */
        SLOT_GIVEN_SHM,   /* the same: another container's /dev/shm */
        SLOT_PROCESS,     /* the same: the pidfd of a process whose namespaces are joined; @path is what it is called */
        SLOT_INIT,        /* ward-init, a program in memory */
        SLOT_MADE,        /* nothing of the parent's: OP_MAKE puts a file system there */
        SLOT_RULESET,     /* the same: OP_RULESET puts a ruleset of Landlock there */
        SLOT_OPEN,  /* by the child: a detached clone of the tree that the caller's descriptor @number is open on */
        SLOT_PATH,  /* by the child: the directory @path, O_PATH */
        SLOT_ENDED, /* the caller's pipe that takes the status of a program whose first process outlives it */
};

/* A descriptor that the parent opens for the child. */
struct slot {
        enum slot_kind kind;
        const char *path; /* on the host; NULL where the kind needs none */
        bool recursive;   /* TREE, ROOT: with the mounts below */
        const char *
                file; /* TASKS: "c1/tasks"; STATE: "creating" or "created", or "process" for the seccomp agent; OUTPUT */
        enum message late; /* the message that brings it; 0: the child has it from its birth */
        bool by_child;     /* TREE, ROOT, PROCFS_TREE, DEVICE: OP_TREES opens it */
        bool idmap;        /* id-map the tree */
        bool idmap_recursive;
        const char *joined;              /* the user namespace by which the tree is mapped; NULL: @maps says */
        const struct spec_id_maps *maps; /* NULL: by the container's new user namespace, so that it is late */
        bool of_step;                    /* of a step of an empty root */
        bool optional;                   /* TREE by the child: none where there is no such path */
        int number;                      /* OPEN; TASKS: the hierarchy's in the parent's layout */
        uint64_t device;                 /* DEVICE, NODE: makedev(3) number */
        uint32_t mode, uid, gid;         /* NODE: its type and permissions; whose it is on the host */
        const char *label;               /* NODE: of Smack; NULL: as the kernel labels it */
        struct spec_origin origin;
};

enum op_type {
        /* Namespaces */
        OP_SETNS,        /* ns: join the namespace in a slot, or those of the process there */
        OP_UNSHARE,      /* number: CLONE_NEW* flags */
        OP_CLONE,        /* number: CLONE_NEW* flags; the next ops run in the new process, this one ends */
        OP_BECOME_ROOT,  /* take uid 0 and gid 0 of the new user namespace */
        OP_TIME_OFFSETS, /* text: lines for timens_offsets; enters the new time namespace */
        OP_LOOPBACK_UP,
        OP_HOSTNAME,   /* text */
        OP_DOMAINNAME, /* text */
        OP_SYSCTL,     /* sysctl */
        OP_KEYRING,    /* a new anonymous session keyring */
        /* Meeting points */
        OP_WAIT,         /* number: enum message; MESSAGE_MAPPED brings late slots */
        OP_REPORT,       /* number: enum phase */
        OP_WAIT_START,   /* slot: accept the connection of `start`, or SLOT_NONE: wait on the channel */
        OP_JOIN_CGROUPS, /* cgroups: write "0" to the tasks file of each v1 group */
        OP_HOOKS,        /* hooks: run in the container before its program */
        /* Mounts */
        OP_PROPAGATION, /* number: MS_* for everything that was inherited */
        OP_TREES,       /* open the slots that are the child's to open */
        OP_ROOT,        /* slot: attach the root tree; container paths can be resolved from here on */
        OP_MOUNT,       /* mount: a new file system */
        OP_BIND,        /* bind: a tree from a slot, or a host path that the child opens itself */
        OP_REMOUNT,     /* bind: change attributes of an existing mount */
        OP_RECONFIGURE, /* mount: flags and data of an existing mount and its file system */
        OP_DEV,         /* dev: nodes and links */
        OP_MASK,        /* path */
        OP_READONLY,    /* path */
        OP_ROOT_ATTR,   /* bind: attributes of the root mount */
        OP_PIVOT,       /* number: 1 for pivot_root(2), 0 for chroot(2) into the moved root */
        OP_TERMINAL,    /* terminal */
        /* The process */
        OP_SETSID,        /* number: 1 takes descriptor 0 as the session's terminal */
        OP_STDIO_OWNER,   /* in no plan: an init of an earlier version may still name it */
        OP_PERSONALITY,   /* number */
        OP_AFFINITY,      /* set: the processors that this process may run on */
        OP_MEMORY_POLICY, /* memory_policy */
        OP_SCHEDULER,     /* scheduler */
        OP_IO_PRIORITY,   /* io_priority */
        OP_RLIMIT,        /* rlimit */
        OP_LSM,           /* lsm */
        OP_BOUNDING,      /* number: capabilities that stay */
        OP_IDS,           /* ids */
        OP_CAPS,          /* caps */
        OP_AMBIENT,       /* number */
        OP_NO_NEW_PRIVS,
        OP_UMASK,     /* number */
        OP_CHDIR,     /* text: absolute, in the container */
        OP_FIND_EXEC, /* exec: choose the candidate that exists and may be executed */
        OP_CLOSE_FDS, /* number: the first descriptor that is closed; what later ops need stays */
        OP_INIT,      /* slot: this process becomes ward-init; a new one, its child, goes on */
        OP_SECCOMP,   /* seccomp */
        OP_EXEC,      /* exec */
        /* Mounts of a container that runs */
        OP_MAKE, /* mount: a new file system that is attached later, into its slot */
        OP_ENTER, /* the root of the mount namespace that was joined is the container's: its paths are resolved from here on */
        OP_ADD,       /* bind: says where it would be attached, waits, and attaches it */
        OP_REMOVE,    /* remove */
        OP_DIRECTORY, /* path: made if it is missing, where that is allowed */
        /* The process, again: numbers do not change (launch/parent.c) */
        OP_OUTPUT,   /* output: standard output and error go to pipes of the parent's */
        OP_RULESET,  /* ruleset: make what Landlock shall refuse, while its paths can still be opened */
        OP_RESTRICT, /* restrict_self: Landlock refuses it from here on */
        /* A root that begins empty, and what bubblewrap's sandboxes have */
        OP_SCRATCH,      /* a tmpfs that nothing of the container can see, for the steps that follow */
        OP_STEP,         /* step */
        OP_NEST,         /* nest: a user namespace in the one that set everything up */
        OP_NO_USERS,     /* proves that no user namespace can be made */
        OP_BLOCK,        /* number: waits until something can be read from this descriptor of the caller's */
        OP_FIRST_CHDIR,  /* paths: enters the first directory that can be entered */
        OP_STAY,         /* stay: this process stays as the first one; a new one, its child, goes on */
        OP_VERIFY,       /* verify: what is forbidden is tried */
        OP_PARENT_DEATH, /* number: the signal that this process gets when its parent ends; 0: none */
        OP_SMACK,        /* lsm: this process has the label from here on */
        OP_LINK,         /* link: one, where nothing else is */
        OP_OOM_SCORE,    /* text: this process's oom_score_adj */
        OP_HIDE,         /* this process can't be looked into from here on, until it executes something */
        OP_ROOT_PATH,    /* path: opens the root's on the host, for OP_SHOW_ROOT */
        OP_SHOW_ROOT, /* number: 1 moves the root there, so that the host's tree is in sight again, for hooks; 0: and back */
        OP_TYPE_COUNT,
};

struct op_ns {
        int slot;
        uint32_t type; /* CLONE_NEW* */
};

struct op_sysctl {
        const char *path; /* below /proc/sys: "net/ipv4/ip_forward" */
        const char *value;
        uint32_t len;
};

struct op_parameter {
        const char *key;
        const char *value; /* NULL: a flag */
};

/* What a mount's target must be, and whether it is made when it is missing. */
enum op_target {
        TARGET_DIRECTORY,   /* made if missing */
        TARGET_LIKE_SOURCE, /* a file or a directory, as the source is; made if missing */
        TARGET_NO_SYMLINK,  /* a directory that is reached through no symlink: proc and sysfs (V6) */
};

struct op_mount {
        const char *target;
        enum op_target target_kind;
        const char *type;
        const char *source; /* NULL: the type's name */
        const struct op_parameter *parameters;
        uint32_t parameter_count;
        const char *data; /* the parameters as one string, for mount(2) */
        bool superblock_readonly;
        bool copy_up;
        bool keep_mode;                 /* the new root's mode is that of the directory that is there already */
        const char *const *directories; /* made in it before it is attached: targets of later ops; NULL at the end */
        uint64_t attr;                  /* MOUNT_ATTR_* */
        unsigned long mount_flags;      /* the same as MS_*, with superblock flags, for mount(2) */
        uint64_t propagation;
        int slot; /* OP_MAKE: where it is kept */
};

struct op_bind {
        const char *target;
        enum op_target target_kind;
        int slot;              /* the tree; SLOT_NONE: @host_path */
        const char *host_path; /* a directory of the host's cgroupfs, opened by the child before the pivot */
        uint64_t attr_set, attr_clear, rattr_set, rattr_clear;
        uint64_t propagation, propagation_before; /* the second is made first; 0: none */
        bool recursive_propagation, recursive_before;
        const char *const *kept; /* OP_ADD: nothing is mounted on these, below them or over them; NULL at the end */
};

/* A step of a spec (struct spec_step): @path is its destination. */
struct op_step {
        enum spec_step_type kind;
        const char *path, *source;
        int slot; /* BIND: the tree; OVERLAY: the first layer, those behind it, and where there is an @upper that and the other directory */
        int fd;
        uint32_t mode, parent_mode;
        uint64_t attr; /* MOUNT_ATTR_* of what is mounted */
        bool optional, lax;
        const struct op_mount *mount, *pts; /* the new file system; DEV: and that on "pts" */
        uint32_t layers;
        bool upper;     /* OVERLAY: changes are kept */
        bool in_memory; /* OVERLAY: changes are made, and lost */
};

struct op_nest {
        uint32_t uid, gid, outer_uid, outer_gid;
        bool last; /* no more can be made in it */
};

struct op_stay {
        int ended_slot;           /* SLOT_ENDED */
        int sync_fd;              /* -1: none */
        const char *const *locks; /* NULL-terminated; NULL: none */
        char *environment;        /* blanked in the process that stays */
        uint64_t environment_len;
        bool die_with_parent;
};

/* Which trial of OP_VERIFY had another end than it should: the value of its record. */
enum verify_trial {
        VERIFY_HIDDEN,
        VERIFY_READ_ONLY,
        VERIFY_CAPS,
        VERIFY_NETWORK,
        VERIFY_CALL,
        VERIFY_PROCESSES,
        VERIFY_DESCRIPTORS,
        VERIFY_LABEL,
        VERIFY_COUNT,
};

struct op_verify {
        const struct spec_verify *what;
        uint64_t caps; /* those that it has, and no other */
};

struct op_remove {
        const char *target;
        uint32_t mount; /* the id of what is there and shall go (statx(2), STATX_MNT_ID) */
};

struct op_node {
        const char *name; /* relative to /dev of the container */
        uint32_t mode;    /* S_IFCHR ... with permission bits */
        uint64_t device;
        uint32_t uid, gid;
        int slot; /* a device tree to bind in place of mknod(2); SLOT_NONE: mknod */
        struct spec_origin origin;
};

struct op_link {
        const char *name, *target;
};

struct op_link_at {
        const char *directory; /* "." is the root */
        struct op_link link;
};

struct op_dev {
        const char *directory; /* "dev" */
        const struct op_node *nodes;
        uint32_t node_count;
        const struct op_link *links;
        uint32_t link_count;
};

struct op_cgroups {
        const int *slots; /* SLOT_TASKS */
        uint32_t count;
};

struct op_hook {
        const char *path;
        const char *const *argv, *const *envp;
        uint32_t timeout_sec;
};

struct op_hooks {
        const char *kind;          /* "startContainer" */
        struct spec_origin origin; /* of the first; the others follow it in the same list */
        const struct op_hook *hooks;
        uint32_t count;
        int slot;      /* SLOT_STATE */
        bool confined; /* they are programs of the image, and have its own program's rights: what the ops behind this one take away is taken first */
};

struct op_terminal {
        int console_slot; /* SLOT_CONSOLE */
        uint16_t rows, columns;
        uint32_t uid;
        bool bind_console; /* put it at /dev/console */
        bool plain;        /* what is written comes out as it is: no carriage return in front of a newline */
};

struct op_output {
        int slots[2]; /* SLOT_OUTPUT: of descriptors 1 and 2 */
};

struct op_rlimit {
        int resource;
        uint64_t soft, hard;
        bool room; /* as much as can be had, and at least as the hard limit says: the limit itself comes later */
};

struct op_memory_policy {
        uint32_t mode, flags;  /* MPOL_*, MPOL_F_* */
        struct spec_set nodes; /* no @text: none */
};

/* @by_parent: the parent has set it when MESSAGE_SCHEDULED comes, and the child proves that. The initial user namespace's CAP_SYS_NICE, which the
 * kernel asks for, is what a child in a user namespace never has, and any other child no more; and a clone resets what says so. */
struct op_scheduler {
        uint32_t policy; /* SCHED_* */
        int32_t nice;
        uint32_t priority;
        uint64_t flags; /* SCHED_FLAG_* */
        uint64_t runtime_nsec, deadline_nsec, period_nsec;
        bool by_parent;
};

struct op_io_priority {
        uint32_t value; /* IOPRIO_PRIO_VALUE() */
        bool by_parent; /* as of struct op_scheduler */
};

struct op_lsm {
        const char *file; /* below the process's directory in /proc: "attr/apparmor/exec" */
        const char *label;
        uint32_t len;
        bool offered; /* SMACK: taken behind a user namespace, so that the parent offers it before the clone */
};

struct op_ids {
        uint32_t uid, gid;
        const uint32_t *groups;
        uint32_t group_count;
        bool keep_caps;
        bool setgroups; /* false where the user namespace denies it and no group was asked for */
};

struct op_caps {
        uint64_t effective, permitted, inheritable;
};

struct op_seccomp {
        const struct sock_fprog *program;
        uint32_t flags;
        int agent_slot, state_slot; /* SLOT_AGENT, SLOT_STATE: only with SECCOMP_FILTER_FLAG_NEW_LISTENER */
        bool yields;                /* the filter lets sched_yield(2) through */
        bool by_prctl; /* prctl(2) in place of seccomp(2): what a filter that is in force may have been told to expect */
};

struct op_ruleset {
        uint64_t fs, net, scope; /* what is refused where no rule says otherwise; of rules only what is among it */
        const struct spec_landlock_path *paths;
        const struct spec_landlock_port *ports;
        uint32_t path_count, port_count;
        int slot; /* SLOT_RULESET */
};

struct op_restrict {
        int slot;       /* SLOT_RULESET */
        uint32_t flags; /* LANDLOCK_RESTRICT_SELF_* */
};

struct op_exec {
        const char *const *candidates; /* paths in the container, NULL-terminated */
        const char *const *argv, *const *envp;
        const char *const *const *environments; /* by which directory OP_FIRST_CHDIR entered; NULL: @envp */
};

struct op {
        enum op_type type;
        struct spec_origin origin;
        union {
                uint64_t number;
                int slot;
                struct {
                        const char *string;
                        uint32_t len;
                } text;
                const char *path;
                struct op_ns ns;
                struct op_sysctl sysctl;
                struct op_mount mount;
                struct op_bind bind;
                struct op_remove remove;
                struct op_dev dev;
                struct op_link_at link;
                struct op_cgroups cgroups;
                struct op_hooks hooks;
                struct op_terminal terminal;
                struct op_output output;
                struct op_rlimit rlimit;
                struct spec_set set;
                struct op_memory_policy memory_policy;
                struct op_scheduler scheduler;
                struct op_io_priority io_priority;
                struct op_lsm lsm;
                struct op_ids ids;
                struct op_caps caps;
                struct op_seccomp seccomp;
                struct op_exec exec;
                struct op_ruleset ruleset;
                struct op_restrict restrict_self;
                struct op_step step;
                struct op_nest nest;
                struct op_stay stay;
                struct op_verify verify;
                const char *const *paths; /* NULL-terminated */
        };
};

#define PLAN_SLOTS_MAX 1024
#define PLAN_LATE_MAX 253 /* unix(7): SCM_RIGHTS carries at most this many */

#define CLOSE_OURS UINT32_MAX /* OP_CLOSE_FDS: what is close-on-exec; the caller's descriptors stay */

struct plan {
        struct arena arena;
        const char *file;       /* name of the input, for messages */
        uint64_t clone_flags;   /* CLONE_NEW* of the first clone */
        bool clone_into_cgroup; /* and into the v2 group */
        bool callers_root;      /* the program stays in the caller's root, of which the caller knows every path */
        bool callers_signals;   /* the program ignores what the caller ignores */
        bool late_readonly;     /* what is on /dev is read-only when everything in it is made */
        struct op *ops;
        uint32_t op_count, op_room;
        bool has[OP_TYPE_COUNT]; /* an op of this type was added */
        struct slot *slots;      /* at most PLAN_SLOTS_MAX */
        uint32_t slot_count, slot_room, late_count;
};

#endif
