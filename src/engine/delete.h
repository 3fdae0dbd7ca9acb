/* SPDX-License-Identifier: Apache-2.0 */
/* Removing a container whose entry is open and locked: for the verb delete, and for gc, which decides by itself whether to. */
#ifndef ENGINE_DELETE_H
#define ENGINE_DELETE_H

#include "engine/stored.h"

/* Ends and removes a container whose state was read; poststop hooks run. */
int delete_known(struct store *store, const char *id, struct stored *stored, struct ward_err *err);

/* The same where the state can't be read. @site: its group, which is killed and removed; NULL: none that is its own. */
int delete_damaged(struct store *store, const char *id, struct stored *stored, struct site *site, struct ward_err *err);

/* Kills what is in the group of @site and removes it from every hierarchy. */
int delete_group(struct site *site, struct ward_err *err);

#endif
