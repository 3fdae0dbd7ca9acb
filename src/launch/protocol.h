/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What parent and child say to each other on their SOCK_SEQPACKET channel.
 *
 * The child sends fixed-size records, the parent sends messages of one byte, some of which carry descriptors. Each side waits only by
 * receiving, so the death of the other is seen as end of file. End of file before PHASE_EXEC is a death; after it, it is the
 * success of execve(2), which closed the channel, or a death that the pidfd tells.
 */
#ifndef LAUNCH_PROTOCOL_H
#define LAUNCH_PROTOCOL_H

#include <stdint.h>

/* The phases of a start, in their order. docs/PHASES.md is the chart. */
enum phase {
        PHASE_PREPARE, /* parent: plan, descriptors, v2 group */
        PHASE_CLONE,   /* parent: clone3(2); child: first instruction */
        PHASE_MAP,     /* parent writes the id maps of a new user namespace */
        PHASE_ISOLATE, /* child: network namespace, mounts; parent meanwhile: v1 groups and limits */
        PHASE_CGROUPS, /* child joins its groups */
        PHASE_HOOKS,   /* parent runs prestart, createRuntime and createContainer hooks */
        PHASE_PIVOT,   /* child: the host's tree is gone */
        PHASE_CONFINE, /* child: ids, capabilities, limits */
        PHASE_WAITING, /* child: all set up, waits for start */
        PHASE_EXEC,    /* child: filter, execve(2) */
        PHASE_RUNNING, /* the container's program runs */
        PHASE_COUNT,
};

enum message {
        MESSAGE_MAPPED = 1, /* id maps are written; late slots come with it */
        MESSAGE_CGROUPS,    /* groups are there and limited; their tasks files come with it */
        MESSAGE_HOOKS_DONE,
        MESSAGE_START,       /* the connection to the seccomp agent comes with it, from who starts the program */
        MESSAGE_NET_DEVICES, /* they are in the network namespace */
        MESSAGE_SCHEDULED,   /* the ops that are by_parent are done */
        MESSAGE_MOUNTS_SEEN, /* what RECORD_MOUNTS told was looked at */
};

enum record_kind {
        RECORD_PHASE,  /* @phase was reached */
        RECORD_CLONED, /* @value is the pid of the process that goes on; 0: its pidfd comes with it */
        RECORD_FAILED, /* op @op failed in @step with @errnum; the child is gone */
        RECORD_MOUNTS, /* the mounts of the namespace that was joined come with it, as mountinfo (proc_pid_mountinfo(5)), open for reading. @value
                        * is the id of the mount in which a target lies, @tree that of what will be attached there; 0 where nothing is */
};

/* Where inside an op it failed; launch/report.c has the words. */
enum step {
        STEP_ITSELF, /* the op is one system call */
        STEP_CHANNEL,
        STEP_OPEN_TARGET,
        STEP_MAKE_TARGET,
        STEP_TARGET_TYPE,
        STEP_TARGET_SYMLINK,
        STEP_TARGET_LOOP,
        STEP_SOURCE,
        STEP_FSOPEN,
        STEP_PARAMETER, /* @value: index of the parameter */
        STEP_CREATE,
        STEP_FSMOUNT,
        STEP_MOUNT_LEGACY,
        STEP_ATTACH,
        STEP_ATTRIBUTES,
        STEP_PROPAGATION,
        STEP_COPY_UP,
        STEP_NODE,  /* @value: index of the node */
        STEP_LINK,  /* @value: index of the link */
        STEP_GROUP, /* @value: index of the group */
        STEP_PTMX,
        STEP_PTY,
        STEP_CONSOLE_SEND,
        STEP_CONTROLLING_TTY,
        STEP_STDIO,
        STEP_PROC_OPEN,
        STEP_PROC_WRITE,
        STEP_PIVOT,
        STEP_DETACH_OLD,
        STEP_CHDIR,
        STEP_SETGROUPS,
        STEP_SETGID,
        STEP_SETUID,
        STEP_PROVE,       /* a step whose effect was read back and is not there */
        STEP_HOOK_RUN,    /* @value: index of the hook */
        STEP_HOOK_STATUS, /* @value: index of the hook, @errnum: its status */
        STEP_HOOK_TIMEOUT,
        STEP_OUTSIDE,      /* the working directory lies outside the root */
        STEP_AGENT_STATE,  /* the container process state for the seccomp agent */
        STEP_AGENT_THREAD, /* the thread that sends the listener */
        STEP_AGENT_SEND,
        STEP_BEGIN,       /* before the first op */
        STEP_MOUNTS,      /* the list of mounts for the parent */
        STEP_OTHER_MOUNT, /* not what is looked for is mounted there */
        STEP_TOP,         /* the root of the mount namespace, where it is not the process's own */
        STEP_RULE_PATH,   /* open the path of a rule of Landlock; @value: its index */
        STEP_RULE,        /* add it; @value: its index, of ports behind those of paths */
        STEP_LINK_NONE,   /* something else than a link is where it shall be */
        STEP_LINK_OTHER,  /* another link is; its text is in struct shared, @text */
        STEP_DATA,        /* what shall be in a file */
        STEP_LOCK,        /* @value: index of the file */
        STEP_TARGET_LED,  /* a link leads a target into procfs, or to the root; where to is in struct shared, @text */
        STEP_TARGET_KEPT, /* the target is there, or holds, what the config masks or makes read-only; the same. @value: its index */
        STEP_COUNT,
};

struct record {
        uint32_t kind;
        uint32_t phase;
        uint32_t op;
        uint32_t type; /* enum op_type of that op: `start` has no plan to look it up in */
        uint32_t step;
        int32_t errnum;
        uint32_t value;
        uint32_t tree;
        uint64_t time_nsec; /* CLOCK_MONOTONIC of the child where a trace was asked for, else 0 */
};

/* What the child leaves in memory shared with the parent, and in a file beside the state: the entries that it makes in the root file system, so that a failed start,
 * even one killed half way, can be undone. Paths relative to the root, each ended by NUL, its kind in front: 'd' directory, 'f' empty
 * file, 'n' device node or pipe, 'l' link. Noted before it is made: one that is not there, or is something else, was not made. What does
 * not fit is not undone. */
struct shared {
        uint32_t used;
        char text[4096]; /* of STEP_LINK_OTHER, STEP_TARGET_LED and STEP_TARGET_KEPT */
        char made[28668];
};

#endif
