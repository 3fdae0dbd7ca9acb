/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container whose state.json is cut short, corrupted, missing, or of an earlier boot: what else says of it.
 *
 * Its group is noted beside the state in a form that can't be cut short (store_note_group()), and has the container's mark. In it are its
 * processes, the first of which is its init.
 */
#ifndef ENGINE_RECOVER_H
#define ENGINE_RECOVER_H

#include "engine/stored.h"

/* What is known of the group of such a container. */
enum claim {
        CLAIM_MARKED, /* the group has the container's mark */
        CLAIM_NOTED,  /* it has none, and the entry names it */
        CLAIM_GUESSED, /* it has none; the config names it, or it has the name that a group has without a word in the config */
        CLAIM_FOREIGN, /* it has the mark of another one */
};

/*
 * Whether the group is the container's. What is of an earlier boot (@stale) has none in this one: only a mark, which no boot survives, would say
 * otherwise. A group that was only guessed never is: an entry has its note before there is a group, and until there is none any more.
 */
static inline bool claim_holds(enum claim claim, bool stale)
{
        return claim == CLAIM_MARKED || (claim == CLAIM_NOTED && !stale);
}

/* Finds the group: *@ret_site is about it, also when it does not exist. The caller frees it with site_done(). */
int recover_group(struct store *store, const char *id, struct stored *stored, struct site *ret_site,
                  enum claim *ret_claim, struct ward_err *err);

/*
 * Kills what there is of a container that somebody is at work to make, without his lock: he may be waiting for a hook with it. He finds that its init
 * has ended, and undoes everything. Returns whether there was one; nothing is done to one that is there already.
 */
bool recover_kill_unborn(struct store *store, const char *id);

/*
 * For who wants to know how it is, or to signal it: after stored_open() failed with @code (stored_is_unreadable()), fills in what it could not
 * read: status, init, group. A container whose group is not known stays an error, with what @err says already.
 */
int recover(struct stored *stored, struct store *store, const char *id, int code, struct ward_err *err);

#endif
