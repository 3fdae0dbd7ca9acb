/* SPDX-License-Identifier: Apache-2.0 */
/* Undoing what a start made in the root file system: mount targets, nodes, links. */
#ifndef LAUNCH_UNDO_H
#define LAUNCH_UNDO_H

#include "launch/protocol.h"

/* Takes away what the log names, the last first, each resolved inside @root, a path of the host, and on its file system; a directory that is not empty, and
 * whatever is no longer what was made, stays. @root NULL: nothing is. It comes from who started, never from the log, which the child can write. The
 * processes of that start must be gone. */
void launch_undo(const char *root, const struct shared *shared);

#endif
