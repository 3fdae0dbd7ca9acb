/* SPDX-License-Identifier: Apache-2.0 */
/* An existing container: its state, its config, and its init, told apart from a later process of the same pid. */
#ifndef ENGINE_STORED_H
#define ENGINE_STORED_H

#include <errno.h>

#include "engine/engine.h"
#include "engine/site.h"

struct stored {
        struct arena arena;
        struct store_entry entry; /* owned */
        struct store_state state;
        enum engine_status status;
        bool waits; /* for its start: it is created, or was paused then */
        int pidfd;  /* owned: init; -EBADF when it is gone */
        int proc;   /* owned: stored_proc() */
        bool site_known;
        struct site site; /* stored_site() */
};

#define _cleanup_stored_ _cleanup_(stored_done)

/* Opens @id, with its lock when @lock is set, and finds out how it is. Initialises @stored also when it fails. -EBUSY: it is being created. */
int stored_open(struct stored *stored, struct store *store, const char *id, bool lock, struct ward_err *err);

/* The two halves of it, for who enters stored->entry in another way: nothing is known; then what is found out from the entry @id. */
void stored_init(struct stored *stored);
int stored_look(struct stored *stored, const char *id, struct ward_err *err);

/* The first part of the latter: its state, and its init by a pidfd, if that lives. What is left is stored_find_status(). */
int stored_hold(struct stored *stored, const char *id, struct ward_err *err);

void stored_done(struct stored *stored);

/* Of an entry, not locked by the caller, in which something is missing: -EBUSY in words when it is still being created. Else 0: then it was opened at that
 * moment, and is to be opened anew, or is damaged. */
int stored_refuse_unborn(struct store_entry *entry, const char *id, struct ward_err *err);

/* Whether @code of the above says that what is known of the container is to be had elsewhere, if at all (engine/recover.h). */
static inline bool stored_is_unreadable(int code)
{
        return code == -EBADMSG || code == -ESTALE || code == -EPROTONOSUPPORT;
}

/* Sends @signal to init; @all: to every process of the container, which is locked. As engine_kill(). @verb: what was asked for, for the record of
 * its end. */
int stored_kill(struct stored *stored, int signal, bool all, const char *verb, struct ward_err *err);

/* Fails in words unless the container is in one of the states of @allowed (bit n: enum engine_status n). @verb: what is wanted of it. */
int stored_require(const struct stored *stored, unsigned allowed, const char *verb, struct ward_err *err);

/* The config that it was created with. The caller frees it with spec_done(). */
int stored_spec(const struct store_entry *entry, struct ward_spec *ret_spec, struct ward_err *err);

/* Names of files below /proc/PID/ns. */
extern const char *const stored_ns_files[SPEC_NS_COUNT];

/* The host's procfs, proved once (kern/proc.h). Returns a descriptor that is @stored's, or -errno. */
int stored_proc(struct stored *stored, struct ward_err *err);

/* Opens a pidfd of a state's init, which @proc tells more of (kern/proc.h): -ESRCH when it has ended, or when the pid belongs to another process by now (V32). */
int stored_pidfd(const struct store_state *state, int proc);

/* The site of an existing container, which is @stored's: found out once. */
int stored_site(struct stored *stored, struct site **ret_site, struct ward_err *err);

/* Whoever ends processes or removes groups of a container that has ended asks this before: its group can have gone, by systemd or by hand, and another
 * container's have the same path now. Then it has none any more. */
int stored_check_group(struct stored *stored, const struct store *store, struct ward_err *err);

/* stored_open() with the lock, for who changes limits: the container is created, runs, or is paused. */
int stored_open_updatable(struct stored *stored, struct store *store, const char *id, struct ward_err *err);

/* Sets limits, also those of controllers that the container has no group with yet. Where its groups are is written down before they are made, and again
 * when that failed: whoever deletes it removes what is written down, if it is there. @before (may be NULL) is called when the groups are there, and
 * nothing is set yet. */
int stored_limit(struct stored *stored, struct site *site, const struct limits *limits,
                 int (*before)(void *data, struct ward_err *err), void *data, struct ward_err *err);

/* The namespaces of init that are not the caller's own, or with @any also those of which joining one's own changes nothing, named through
 * /proc/PID/ns: they are init's if stored->pidfd has not ended when they have been opened (V32). @ret_joined has SPEC_NS_COUNT entries, zeroed; @field is what asked for them. */
int stored_namespaces(struct stored *stored, bool any, struct spec_namespace *ret_joined, const char *field,
                      struct ward_err *err);

/* Sets the status of one whose state is known, and init, if that lives. */
int stored_find_status(struct stored *stored, struct ward_err *err);

/* The log of an unfinished start is there. */
bool stored_is_unfinished(const struct store_entry *entry);

#endif
