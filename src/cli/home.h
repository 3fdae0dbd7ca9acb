/* SPDX-License-Identifier: Apache-2.0 */
/* The caller's home, which a sandbox and a profile promise to close. */
#ifndef CLI_HOME_H
#define CLI_HOME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

#define HOME_MAX 2

struct home {
        const char *name; /* as $HOME or the machine's users have it, without "//" and "."; "/home" if nobody has */
        const char *real
                [HOME_MAX]; /* the directories that it is, without symbolic links: $HOME's, and that of /etc/passwd if it is another */
        size_t count;
};

/* All of it lives in @arena. */
int home_find(struct arena *arena, struct home *ret_home, struct ward_err *err);

/* Whether @directory is a home, or holds one, whatever it is called here. */
bool home_lies_in(const struct home *home, const char *directory);

#endif
