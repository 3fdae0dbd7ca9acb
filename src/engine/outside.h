/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container has from outside: mounts of the machine's files, standard descriptors, namespaces that others made. CRIU saves none of it, but its
 * name; at the restore something is given for the name.
 */
#ifndef ENGINE_OUTSIDE_H
#define ENGINE_OUTSIDE_H

#include "engine/criu.h"
#include "engine/site.h"

/* The standard descriptors that a container without a terminal gets, three of this process's @fds: what the kernel counts them by, for its state. It is
 * short work, because every start does it. It lives in @arena; NULL: memory is short. */
const char *outside_stdio(struct arena *arena, const int *fds);

/* Pipes among three descriptors of this process that become a process's standard ones: it can open them anew (/dev/stdout), whoever it is. */
void outside_share_pipes(const int *fds);

/* The same as CRIU names such files, "pipe:[4711] file[1a:2f] -". A "-" is one that it has no name for. */
const char *outside_stdio_names(const char *stdio, struct arena *arena);

/* Says at a dump what of init, whose pid is @pid, is not to be saved. @stdio: their names, or NULL. */
int outside_leave(struct criu *criu, const struct ward_spec *spec, const struct site *site, const char *stdio,
                  pid_t pid, struct ward_err *err);

/* Says at a restore what takes its place: @spec's mounts and namespaces, and for @stdio, which the container had, the caller's own. */
int outside_give(struct criu *criu, const struct ward_spec *spec, const struct site *site, const char *stdio,
                 struct ward_err *err);

#endif
