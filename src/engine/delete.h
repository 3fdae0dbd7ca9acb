/* SPDX-License-Identifier: Apache-2.0 */
/* Removing a container whose entry is open and locked: for the verb delete, and for gc, which decides by itself whether to. */
#ifndef ENGINE_DELETE_H
#define ENGINE_DELETE_H

#include "engine/stored.h"

/* What is known of the group of a container whose state can't be read. */
enum claim {
        CLAIM_MARKED, /* the group has the container's mark */
        CLAIM_NOTED,  /* it has none, and the entry names it */
        CLAIM_GUESSED, /* it has none; the config names it, or it has the name that a group has without a word in the config */
        CLAIM_FOREIGN, /* it has the mark of another one */
};

/* Finds the group of such a container: *@ret_site is about it, also when it does not exist. The caller frees it with site_done(). */
int delete_find_group(struct store *store, const char *id, struct stored *stored, struct site *ret_site,
                      enum claim *ret_claim, struct ward_err *err);

/* Ends and removes a container whose state was read; poststop hooks run. */
int delete_known(struct store *store, const char *id, struct stored *stored, struct ward_err *err);

/* The same where the state can't be read. @site: its group, which is killed and removed; NULL: none that is its own. */
int delete_damaged(struct store *store, const char *id, struct stored *stored, struct site *site, struct ward_err *err);

/* The log of an unfinished start is there. */
bool delete_is_unfinished(const struct store_entry *entry);

/* Kills what is in the group of @site and removes it from every hierarchy. */
int delete_group(struct site *site, struct ward_err *err);

#endif
