/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ranges of host ids for user namespaces: each container has one that no other process of the machine has.
 *
 * They are cut from the line of the user `ward` in /etc/subuid and /etc/subgid (subuid(5)); without one, from the default range, as long
 * as nobody else's line touches it. A range is taken while someone holds the lock of its file in /run/ward/.ranges, or while a
 * process lives whose uid_map has one of its ids: the lock covers a start until there is such a process, and the
 * processes are the truth afterwards, whatever state directory they belong to and however their ward ended.
 */
#ifndef STORE_RANGES_H
#define STORE_RANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define RANGES_USER "ward"

/* Above what systemd gives to containers of its own (systemd's UIDS-GIDS), below 2^31, where some programs begin to count negative. */
#define RANGES_DEFAULT_BASE 0x70000000u
#define RANGES_DEFAULT_COUNT 0x04000000u

struct range {
        uint32_t base;
        int locks; /* owned: the directory of the locks */
        int lock;  /* owned */
};

#define RANGE_NONE                 \
        {                          \
                0, -EBADF, -EBADF, \
        }
#define _cleanup_range_ _cleanup_(range_done)

struct ranges_span {
        uint64_t base, count;
};

/*
 * The pure half of reading a file in the form of subuid(5): the first line of RANGES_USER, or, when there is none, the default range. @text is cut
 * up in place. Returns NULL, or the name of one whose ids touch the default range, which can't be had then. What is no line of the format
 * is somebody else's mistake, and skipped as newuidmap(1) skips it.
 */
const char *ranges_find(char *text, struct ranges_span *ret_span);

/* Where the ranges come from; for tests other than the machine's own. */
struct ranges_place {
        const char *subuid, *subgid; /* files */
        const char *locks;           /* directory, made if missing */
};

extern const struct ranges_place ranges_machine;

/* Takes a free range of @count ids, valid as users and as groups, for the caller, who holds it until range_done(). Errors: -ENOSPC when all
 * are taken, -EEXIST when somebody else's ids touch the default range, -EINVAL for a damaged file, with what to do. */
int ranges_take(const struct ranges_place *place, uint32_t count, struct range *ret_range, struct ward_err *err);

void range_done(struct range *range);

/* What an ordinary user may map beside his own ids, by newuidmap(1) and newgidmap(1): the first lines of @name (NULL: not known), or of @uid
 * by number, in both files. -ENOENT, with what to do, when one has none. */
int ranges_of_user(const struct ranges_place *place, const char *name, uint32_t uid, struct ranges_span *ret_users,
                   struct ranges_span *ret_groups, struct ward_err *err);

/* Removes the lock files of those who were killed before range_done(); @dry_run: none. Reports each, by its first id. */
int ranges_tidy(const struct ranges_place *place, bool dry_run, void (*report)(void *data, const char *base),
                void *data, struct ward_err *err);

#endif
