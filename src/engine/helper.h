/* SPDX-License-Identifier: Apache-2.0 */
/* The programs in libexec/ward, and what else comes with ward: where they are. */
#ifndef ENGINE_HELPER_H
#define ENGINE_HELPER_H

#include "base/mem.h"

/*
 * The folder @beside ("libexec/ward") next to the one that this program lies in: that of a build that is not installed, and of a tree that was moved
 * as a whole. It must be root's or the caller's, and closed to others for writing: what is in it is executed, or says what is. Else @installed.
 * In @arena; NULL: memory is short.
 */
const char *helper_folder(struct arena *arena, const char *beside, const char *installed);

/* The path of the helper @name, in @arena. NULL: memory is short. $WARD_LIBEXEC names another folder. */
const char *helper_path(struct arena *arena, const char *name);

#endif
