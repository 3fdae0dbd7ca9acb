/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container that is being made: everything that create and run have in common.
 *
 * birth_begin() to birth_finish() bring the container up to the point where only its program's start is missing. Until birth_release()
 * whatever was made is undone by birth_done(): process, groups, state, entries in the root file system.
 */
#ifndef ENGINE_BIRTH_H
#define ENGINE_BIRTH_H

#include "engine/agent.h"
#include "engine/engine.h"
#include "engine/links.h"
#include "engine/rdt.h"
#include "engine/relay.h"
#include "engine/site.h"
#include "launch/filter.h"
#include "launch/launch.h"

struct birth {
        struct store *store; /* borrowed, as the next two */
        const struct ward_spec *spec;
        const struct engine_options *options;
        const struct relay *relay; /* borrowed; NULL: nobody waits in the foreground */
        bool create;
        struct site site;
        struct seccomp_filter filter;
        struct sock_fprog program;
        struct agent agent;
        struct plan plan;
        struct launch launch;
        struct store_entry entry;
        struct store_state state;
        struct arena arena;
        int proc;                          /* owned: the host's procfs (kern/proc.h) */
        int group_fd;                      /* owned: the v2 group */
        int listener;                      /* owned */
        int ready;                         /* owned: where the program says that it is ready; see ready.h */
        int console;                       /* owned: socket that takes the terminal */
        int made;                          /* owned: the log of what the child makes in the root file system */
        int state_creating, state_created; /* owned: the state for hooks that the child runs */
        struct links links;
        struct rdt rdt;
        bool hooks_due; /* poststop, when it fails: others have run, or may have (runtime.md, "Lifecycle") */
        bool live;      /* not yet released */
        bool shared;    /* birth_share() */
        bool pid_file;  /* it was written */
};

#define _cleanup_birth_ _cleanup_(birth_done)

/* Finds out what there is to make, and takes the id: the first of the steps that birth_begin() consists of. Initialises @birth also when it fails. */
int birth_prepare(struct birth *birth, struct store *store, const struct ward_spec *spec,
                  const struct engine_options *options, bool create, struct ward_err *err);

/* More of them, for who makes the processes in another way: word of the group, before it is made; the socket that takes the terminal; the log of what
 * is made in the root file system; the hooks prestart and createRuntime; the state and the files that name init, which is birth->launch's. */
int birth_note_group(struct birth *birth, struct ward_err *err);
int birth_open_console(struct birth *birth, int relay_console, struct ward_err *err);
int birth_open_log(struct birth *birth, struct ward_err *err);
int birth_run_hooks(struct birth *birth, struct ward_err *err);
int birth_write_state(struct birth *birth, struct ward_err *err);

/* Makes everything and leaves the child waiting for its start. @relay: takes the terminal, or what is written without one; NULL: nobody does.
 * @given_root: a detached mount for the root in place of spec->rootfs, or -EBADF. */
int birth_begin(struct birth *birth, struct store *store, const struct ward_spec *spec,
                const struct engine_options *options, bool create, const struct relay *relay, struct ward_err *err);

/* create: hands the child over to the listening socket. run: starts the program. */
int birth_finish(struct birth *birth, struct ward_err *err);

/* A wait for the child failed with -ESRCH: one that was killed without a word may have met its own memory limit, which the kernel says in its group. Says so
 * in @err, or leaves there what is; returns what stands there. */
int birth_explain_death(const struct birth *birth, struct ward_err *err);

/* Gives the lock back: others may change the container from now on, and delete it. That is due before anything is waited for that its creator does not
 * bring to an end, as hooks and its life. What birth_done() undoes is what it finds. */
void birth_share(struct birth *birth);

/* In the foreground, of one that stays: waits until it has ended, and fills in *@ret_exit; then removes it, unless somebody did already. */
int birth_wait_end(struct birth *birth, struct relay *relay, struct engine_exit *ret_exit, struct ward_err *err);
int birth_remove_ended(struct birth *birth, struct ward_err *err);

/* A namespace that is joined may be the host's own, under whatever path, and so may one that others were to make: nothing of it is changed then, it is
 * refused (V22). @fd: the namespace that was opened, which is looked at, not what a path may name later. */
int birth_check_namespace(const struct birth *birth, enum spec_ns ns, int fd, struct ward_err *err);

/* It stays: only descriptors and memory are freed by birth_done(). */
void birth_release(struct birth *birth);

void birth_done(struct birth *birth);

#endif
