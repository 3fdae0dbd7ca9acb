/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The caps of a container in the foreground, which the kernel does not hold by itself: how long it may run, how much processor time all of its
 * processes may use, and how much it may write. What goes over one is ended, and it is known which it was.
 */
#ifndef ENGINE_WATCH_H
#define ENGINE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "kern/cgroup.h"
#include "model/ending.h"

struct watch {
        const struct cgroup_layout *layout;
        const char *group; /* borrowed, as the layout; NULL: it has none */
        bool alone;        /* it ends with its first process: it has a pid namespace of its own */
        int pidfd;         /* borrowed: of its first process */
        int proc;          /* borrowed: the host's procfs */
        pid_t pid;         /* of its first process */
        bool stand_in;     /* see engine_options.default_actions */
        uint64_t timeout_usec, cpu_usec, output_bytes; /* the caps; 0: none */

        uint64_t
                start_usec; /* what the start took before: the figures of the group have it, so the record's time has, too */
        uint64_t began_usec;       /* CLOCK_MONOTONIC */
        uint64_t used_before_nsec; /* processor time of the start; UINT64_MAX: not looked at yet */
        uint64_t look_usec;        /* when the processor time is looked at again */
        uint64_t written_bytes;    /* that were let through */
        /* What the memory was used for at its limit, where the kernel's log is not to be read. */
        int memory_fd;                 /* owned: cgroup_memory_watch(); -EBADF: nobody needs it */
        uint64_t sample_usec;          /* not before that */
        uint64_t kills;                /* processes that were ended for want of memory so far */
        struct memory_use now, before; /* since the last of them, and before it */
        bool sampled, sampled_before;
        enum ending_reason hit; /* the cap that ended it; ENDING_UNKNOWN: none has */
        int signal;             /* whose default action ended it; 0: none has */
};

#define _cleanup_watch_ _cleanup_(watch_done)

/* From now on: the upper members are set. @memory: somebody wants to know what it is used for when it runs out. */
void watch_begin(struct watch *watch, bool memory);
void watch_done(struct watch *watch);

/* What is to be polled for POLLPRI, for watch_memory(); -EBADF: nothing now. */
int watch_memory_fd(const struct watch *watch);
void watch_memory(struct watch *watch);

/* The use of the memory just before a process was last ended for want of it, as far as that was seen. @kills: how many were. */
bool watch_memory_found(const struct watch *watch, uint64_t kills, struct memory_use *ret_use);

/* Milliseconds until watch_look() has something to look at; -1: never. */
int watch_wait_msec(const struct watch *watch);

/* Looks at what the caps are about, and ends the container that is over one. */
int watch_look(struct watch *watch, struct ward_err *err);

/* A signal came for it. Whether it was ended for that; else the signal is to be forwarded. */
bool watch_signal(struct watch *watch, int signal);

/* @len bytes were written: how many of them may go out. The first that may not ends the container. */
size_t watch_output(struct watch *watch, size_t len);

#endif
