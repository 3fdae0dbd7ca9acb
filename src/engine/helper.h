/* SPDX-License-Identifier: Apache-2.0 */
/* The programs in libexec/ward: where they are. */
#ifndef ENGINE_HELPER_H
#define ENGINE_HELPER_H

#include "base/mem.h"

/* The path of the helper @name, in @arena. NULL: memory is short. $WARD_LIBEXEC is for a build that is not installed. */
const char *helper_path(struct arena *arena, const char *name);

#endif
