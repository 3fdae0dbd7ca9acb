/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent's half of a start: descriptors for the plan, the clone, id maps, and what the child says.
 *
 * A struct launch owns a half-born child until launch_release(): launch_done() kills and reaps it, and takes away what it made in the root
 * file system. All functions are called in the order in which they stand here.
 */
#ifndef LAUNCH_LAUNCH_H
#define LAUNCH_LAUNCH_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "kern/cgroup.h"
#include "kern/seccomp.h"
#include "launch/plan.h"

struct launch {
        const struct plan *plan;             /* borrowed */
        const struct seccomp_filter *filter; /* borrowed; for words about a refused exec; NULL: none */
        int proc_fd;                         /* borrowed */
        int slots[PLAN_SLOTS_MAX];           /* owned, but for borrowed ones */
        bool borrowed[PLAN_SLOTS_MAX];
        int lock;    /* borrowed: what the child must not hold; -EBADF: nothing */
        int channel; /* owned: the parent's end */
        int pidfd;   /* owned */
        int first; /* owned: pidfd of a child that another one took the place of (OP_CLONE), until it is reaped; -EBADF: none */
        pid_t pid;
        bool setgroups_denied;
        bool exec_failed;      /* what failed was finding or executing the program: everything before it worked */
        struct shared *shared; /* mapped; NULL: the plan makes nothing in a root file system */
        const char *root; /* where on the host what it notes lies; NULL: in a root that is thrown away as a whole */
        int mounts; /* owned: the list of mounts that the child told last (RECORD_MOUNTS), open for reading; -EBADF: none */
        uint32_t mount_of_target, mount_of_tree; /* ids in it; 0: none */
        FILE *trace;                             /* borrowed; NULL: none */
        uint64_t trace_start_nsec;
};

#define _cleanup_launch_ _cleanup_(launch_done)
#define LAUNCH_NONE                                                                                      \
        {                                                                                                \
                .channel = -EBADF, .pidfd = -EBADF, .first = -EBADF, .proc_fd = -EBADF, .mounts = -EBADF \
        }

/* The program of launch/init. */
extern const char launch_init_program[];
extern const size_t launch_init_program_len;

/* Descriptors that the caller has already, for slots of these kinds; -EBADF: none. Borrowed. */
struct launch_given {
        int console, listener, state_creating, state_created, root, shm;
        int process;       /* whose namespaces are joined: a pidfd */
        int output, error; /* pipes for what the process writes */
        int state_process; /* for a filter with a listener */
        int proc;          /* the host's procfs (kern/proc.h); always given */
        int made;  /* no slot: the file for the log of what the child makes; -EBADF: it is kept in memory only */
        int ended; /* the pipe that takes the status of a program whose first process outlives it */
        int lock; /* no slot: closed in the child, which would hold it (flock(2): it belongs to the open file description) */
        const char *
                rootfs; /* no slot: where on the host what the child makes lies, for a plan that has no root of its own; NULL: none */
};

/* What is not given is no descriptor, and not standard input. */
#define LAUNCH_GIVEN_NONE                                                                                 \
        {                                                                                                 \
                .console = -EBADF, .listener = -EBADF, .state_creating = -EBADF, .state_created = -EBADF, \
                .root = -EBADF, .shm = -EBADF, .process = -EBADF, .output = -EBADF, .error = -EBADF,      \
                .state_process = -EBADF, .proc = -EBADF, .made = -EBADF, .ended = -EBADF, .lock = -EBADF  \
        }

/* Fills the slots, but for the late ones. @launch is initialised by this call, also when it fails. */
int launch_open(struct launch *launch, const struct plan *plan, const struct seccomp_filter *filter, FILE *trace,
                const struct launch_given *given, struct ward_err *err);

/* Makes the child; @cgroup_fd as clone_child(). -EOPNOTSUPP, -EBUSY, -EACCES ...: where the kernel refuses to clone into the group the
 * caller plans again without. */
int launch_clone(struct launch *launch, int cgroup_fd, struct ward_err *err);

/* Writes the id maps of a new user namespace and hands over the late slots. */
int launch_map(struct launch *launch, const struct spec_id_maps *maps, struct ward_err *err);

/* Sets the oom score of the child, where @process has one that the child can't set (OP_OOM_SCORE); @file is for words. */
#define LAUNCH_OOM_SCORE_HINT "only root may set a score that is lower than the caller's own: choose one from 0 on"
int launch_oom_score(const struct launch *launch, const struct spec_process *process, const char *file,
                     struct ward_err *err);

/* Waits until the child is confined, and does the ops of its plan that are by_parent; nothing where there are none. */
int launch_schedule(struct launch *launch, struct ward_err *err);

/* Says MESSAGE_CGROUPS: the groups are there and limited; hands over their tasks files. */
int launch_groups(struct launch *launch, const struct cgroup_layout *layout, struct ward_err *err);

/* Says @message to the child. A child that is gone is no error here: its record tells more. */
int launch_say(struct launch *launch, enum message message, struct ward_err *err);

/* Receives until the child has reached @phase. Errors: the child's own failure in words; -ESRCH when it died without one. */
int launch_await(struct launch *launch, enum phase phase, struct ward_err *err);

/* Receives until the child has told the mounts of the namespace that it joined: launch->mounts. Errors: as launch_await(). */
int launch_await_mounts(struct launch *launch, struct ward_err *err);

/* Says MESSAGE_START to a child that goes on with its program. @agent: a connection to the seccomp agent, or -EBADF. */
int launch_start(struct launch *launch, int agent, struct ward_err *err);

/* Says MESSAGE_START to a created child, and waits until it does not depend on us any more. */
int launch_hand_over(struct launch *launch, struct ward_err *err);

/* Receives until the program was executed. */
int launch_await_exec(struct launch *launch, struct ward_err *err);

/* What to do about a hook that ended with @status, which is 128+n when signal n ended it. */
const char *launch_hook_hint(int status);

/* Adds the end of what a hook wrote, which is in the memory file @output, to the message of @err. */
void launch_hook_words(int output, struct ward_err *err);

/* The exit status that a shell would give the failure @code of this start: 127 when the program is not there, 126 when it can't be executed,
 * 125 for everything else. */
int launch_failure_status(const struct launch *launch, int code);

/* The child goes on alone: it is not killed, what it made stays. launch_done() still closes the descriptors. */
void launch_release(struct launch *launch);

void launch_done(struct launch *launch);

/* Notes a phase of the parent in the trace, where there is one. */
void launch_trace(struct launch *launch, const char *what);

/* follow.c: the child cloned the process that goes on (RECORD_CLONED), which takes the place of the one before. @fd, what came with @record, is taken. */
int launch_follow(struct launch *launch, const struct record *record, int fd, struct ward_err *err);

/* Waits for the one before, when nobody waits for us. */
void launch_reap_first(struct launch *launch);

/* report.c: the words for a record of a failed op. Sets @err and returns -errno. @plan NULL: only the ops behind OP_WAIT_START, with
 * @command for what shall be executed. @filter NULL: none, or not known. @shared: what the child shares with its parent; NULL: nothing. */
int launch_report(const struct plan *plan, const char *command, const struct seccomp_filter *filter,
                  const struct record *record, const struct shared *shared, struct ward_err *err);

/* report-steps.c: the same for a failed step of an empty root, in the words that bubblewrap has. @shared: of the child that failed. */
int launch_report_step(const struct op_step *step, const struct record *record, const struct shared *shared,
                       struct ward_err *err);

/* The same for the source of one. */
int launch_report_source(const struct slot *slot, const struct record *record, struct ward_err *err);

/* The same for the clone that makes the child. */
int launch_report_clone(const struct launch *launch, int code, struct ward_err *err);

/* The same for a tree that either side could not open, @step with @code. */
int launch_report_tree(const struct plan *plan, const struct slot *slot, uint32_t step, int code, struct ward_err *err);

/* Fails in words when @filter forbids what a first process that stays (OP_INIT) does all its life. */
int launch_check_init(const struct seccomp_filter *filter, struct ward_err *err);

/* The words for a child that a filter which forbids execve(2) ended before it could say so. */
int launch_report_denied(const char *command, const siginfo_t *info, struct ward_err *err);

/* After the end of the channel of a filter with a listener: its agent may have let neither the program be executed nor the failure be told. Who has
 * been reaped since is taken to have executed. */
int launch_check_executed(int proc_fd, pid_t pid, const char *command, struct ward_err *err);

/* The same as launch_await_exec() for `start`, which has neither plan nor child: @connection is the socket on which the container was told to
 * start, @pidfd its init, @command what shall be executed, for words. */
int launch_await_started(int connection, int pidfd, const char *command, struct ward_err *err);

#endif
