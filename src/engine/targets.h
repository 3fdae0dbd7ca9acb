/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directories and files that a spec's mounts cover, made in a root file system where they are missing: a start makes them as it mounts, CRIU does
 * not, and the root that a container is restored in may be a new one.
 */
#ifndef ENGINE_TARGETS_H
#define ENGINE_TARGETS_H

#include "launch/protocol.h"
#include "model/spec.h"

#include "base/err.h"

/*
 * Makes those that lie in the root file system @rootfs itself; what lies on another mount of the spec comes with that. Each is noted in @made, for
 * launch_undo(), and in the file @log, before it is made.
 */
int targets_make(const struct ward_spec *spec, const char *rootfs, struct shared *made, int log, struct ward_err *err);

#endif
