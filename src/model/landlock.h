/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Landlock shall refuse, in words. Pure data; kern/landlock.h says what the kernel has, launch/child/landlock.c does it.
 *
 * Words are separated by commas; "\," is a comma of a path, "\\" a backslash. Naming one of a kind refuses all the rest of its kind:
 *
 *   ro:PATH          it and what is below can be read, listed and executed
 *   rw:PATH          and changed in every way
 *   RIGHT[+RIGHT...]:PATH   rights by the kernel's names (landlock_rights), or: read, write, make, remove
 *   system           what programs need of a system: /usr, /bin, /lib and their like, /etc, /opt and /proc as by ro, usual devices as by rw,
 *                    each where it is there
 *   fs               no file at all, but for other words
 *   tcp-bind:PORT, tcp-connect:PORT   the one port; "any" in its place: that side stays free
 *   tcp              no port at all, but for other words
 *   scope            no signal to, and no abstract socket of, what runs outside; scope:signal or scope:abstract: one of them
 *   log, log:no-start, log:no-nested  what the audit log is told of refusals: the program's own as well; not that it may not be executed; none of
 *                    domains that it makes itself
 *   abi:N            an older kernel is an error
 *   best-effort      what the kernel can't refuse is left out, where it would be an error
 */
#ifndef MODEL_LANDLOCK_H
#define MODEL_LANDLOCK_H

#include "base/err.h"
#include "base/text.h"
#include "model/spec.h"

#define LANDLOCK_ANNOTATION "ward.landlock" /* of config.json: the words */
#define LANDLOCK_ABI_KNOWN 7                /* the newest that is known here */

/* A right by the kernel's name, and since which ABI it can be refused. */
struct landlock_right {
        const char *name;
        uint64_t bits;
        unsigned abi;
};

/* Ends with a NULL name: the kernel's rights on files, in the order of their bits. */
extern const struct landlock_right landlock_rights[];

/* Reads @words; what is in *@ret_landlock lives in @arena. -EINVAL with a suggestion, -ENOMEM. */
int landlock_read(const char *words, const struct spec_origin *origin, struct arena *arena,
                  struct spec_landlock *ret_landlock, struct ward_err *err);

/* What of it a kernel of @abi (0: without Landlock) can refuse. */
struct landlock_fit {
        uint64_t fs, net, scope; /* all 0: nothing */
        uint32_t flags;
};

void landlock_fit(const struct spec_landlock *landlock, unsigned abi, struct landlock_fit *ret_fit);

/* -EOPNOTSUPP, in words, when a kernel of @abi can't do what is demanded. */
int landlock_demand(const struct spec_landlock *landlock, unsigned abi, const char *file, struct ward_err *err);

/* "files, TCP, signals": the kinds that @fit refuses. */
void landlock_kinds(const struct landlock_fit *fit, struct text *text);

/* "ro", "rw" or "read-file+read-dir" */
void landlock_rights_print(uint64_t rights, struct text *text);

#endif
