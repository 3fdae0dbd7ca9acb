/* SPDX-License-Identifier: Apache-2.0 */
/* Where the helper programs are; see helper.h. */
#include "engine/helper.h"

#include <stdlib.h>

const char *helper_path(struct arena *arena, const char *name)
{
        const char *folder = secure_getenv("WARD_LIBEXEC");

        return arena_concat(arena, folder != NULL ? folder : WARD_LIBEXEC, "/", name);
}
