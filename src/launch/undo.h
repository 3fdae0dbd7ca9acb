/* SPDX-License-Identifier: Apache-2.0 */
/* Undoing what a start made in the root file system: mount targets, nodes, links. */
#ifndef LAUNCH_UNDO_H
#define LAUNCH_UNDO_H

#include "launch/protocol.h"

/* Takes away what the log names, the last first, each resolved inside the root; a directory that is not empty, and whatever is no longer what was
 * made, stays. The processes of that start must be gone. */
void launch_undo(const struct shared *shared);

#endif
