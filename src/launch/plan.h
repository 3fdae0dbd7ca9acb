/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spec → plan. Pure: no system call, the same spec and place give the same plan, so it can be tested and shown without privileges.
 */
#ifndef LAUNCH_PLAN_H
#define LAUNCH_PLAN_H

#include "base/err.h"
#include "base/text.h"
#include "launch/ops.h"
#include "model/spec.h"

/* A cgroup hierarchy as the plan needs it. */
struct place_hierarchy {
        int version;
        const char *name;  /* "memory"; its directory name below /sys/fs/cgroup in the container */
        const char *mount; /* where the host has it: "/sys/fs/cgroup/memory" */
        const char *
                own; /* the caller's group in it, which who has none of his own is shown; NULL: nothing that a container may see */
        const char *group; /* in it, another group than place.cgroup_path; NULL: that one */
        int number;        /* in the layout of who opens its files */
};

/* Where a start happens: what the spec does not say and the plan depends on. */
struct place {
        const struct place_hierarchy *hierarchies; /* those in which the container gets a group */
        size_t hierarchy_count;
        const char *cgroup_path; /* the group in each of them, "/c1"; NULL: no group is made */
        bool groups_refused; /* none is made because the caller may write to no group: what he is shown of them needs no guard */
        bool clone_into_cgroup; /* the v2 group is entered at the clone */
        const char *rootfs;     /* absolute path on the host; NULL: the caller gives a descriptor (SLOT_GIVEN) */
        bool idmap_root;        /* the root is id-mapped by the container's user namespace; needs a new one */
        bool root_user;         /* euid 0 in the initial user namespace, with CAP_MKNOD */
        bool foreign_mounts; /* the caller may clone no mount of his namespace: the child does it in its own (OP_TREES) */
        bool apparmor, selinux, smack; /* active in this kernel */
        unsigned landlock_abi;         /* in force in this kernel; 0: none */
        bool setgroups_denied;         /* the user namespace that will be in force forbids setgroups(2) */
        bool terminal_socket;          /* a console socket takes the terminal */
        bool output_pipes;             /* without a terminal: the parent has pipes for what the process writes */
        bool terminal_plain;           /* what comes out of it goes to a file or pipe, not to a terminal */
        const char *agent; /* the path of the socket that takes the listener of a filter that has one, for messages */
        const char *const
                *envp;      /* the environment with what the root's files add to it; NULL: the process's as it is */
        uint64_t lost_caps; /* capabilities that the caller can't give */
        bool create;        /* wait on a listening socket for `start`; otherwise the creator says it */
        bool judged;        /* somebody looks at it before its program starts: it says when it waits for that */
        bool trace;         /* report every phase */
        bool no_pivot;
        bool make_cwd; /* the working directory is made where the root has none */
        bool all_cpus; /* not only those that the caller may run on: all of the group's */
        bool no_new_keyring;
        unsigned preserve_fds;
        /* What the symlink says that is the source of each mount with copy-symlink, in the order of the spec's mounts; an entry NULL: it is none.
         * NULL: no mount has the option. */
        const char *const *links;
};

/* The filter that a plan carries; made before by launch/filter.h. */
struct sock_fprog;

/*
 * Makes the plan of a start. @filter NULL: none. Strings and lists may point into @spec, which must live as long as the plan.
 * *@ret_plan is owned by the caller: plan_done(). Errors: -EINVAL for what cannot be planned, -ENOMEM.
 */
int plan_start(const struct ward_spec *spec, const struct place *place, const struct sock_fprog *filter,
               uint32_t filter_flags, struct plan *ret_plan, struct ward_err *err);

/* The plan of a sandbox of bubblewrap's kind: of spec->bare, the namespaces, the steps, the hostname and the program; nothing else of @spec counts. */
int plan_sandbox(const struct ward_spec *spec, struct plan *ret_plan, struct ward_err *err);

/* The plan of running @process in a container whose namespaces are joined by the descriptors that the caller puts into slots of kind
 * SLOT_NAMESPACE, in the order of @joined (SPEC_NS_* with a path for messages). */
struct plan_exec {
        const struct spec_process *process;
        const struct spec_process *init; /* the container's own, whose oom_score_adj it gets unless it has one */
        const char *file;
        const struct spec_namespace *joined; /* SPEC_NS_COUNT entries; mode JOIN where it is to be joined */
        bool at_once;                        /* all of them in one call, by init's pidfd (struct launch_given) */
        bool has_root;                       /* the user namespace that is joined has a root */
        const struct place *place;
        uint32_t personality;
        bool personality_given;
        const struct spec_memory_policy *memory_policy; /* of the container; NULL: none */
        const struct spec_landlock *landlock;           /* the same */
};

int plan_exec(const struct plan_exec *exec, const struct sock_fprog *filter, uint32_t filter_flags,
              struct plan *ret_plan, struct ward_err *err);

/* A container that runs, whose mounts are changed. */
struct plan_live {
        const struct ward_spec *spec;        /* that it was created with */
        const char *file;                    /* where the mounts were written, for messages */
        const struct spec_namespace *joined; /* as of struct plan_exec */
        const struct place *place;
};

/* The plan of a process that mounts @mounts in the container, in their order, each when it was told MESSAGE_MOUNTS_SEEN for it. */
int plan_live_add(const struct plan_live *live, const struct spec_mount *mounts, size_t count, struct plan *ret_plan,
                  struct ward_err *err);

/* The same of one that takes away what is mounted on @destination, if it is the mount @id. */
int plan_live_remove(const struct plan_live *live, const char *destination, uint32_t id, struct plan *ret_plan,
                     struct ward_err *err);

void plan_done(struct plan *plan);

/* The plan for a person, one line per op, or for a program as a JSON object. */
void plan_print(const struct plan *plan, bool json, struct text *text);

#endif
