/* SPDX-License-Identifier: Apache-2.0 */
/* The program's own file, which a container must not write, and its own tables. */
#include <unistd.h>

#include "engine/engine.h"
#include "kern/self.h"

int engine_protect_program(char *const argv[], bool in_sight, struct ward_err *err)
{
        return in_sight || getpid() == 1 ? self_protect(argv, environ, err) : 0;
}

int engine_seal_tables(struct ward_err *err)
{
        return self_seal_tables(err);
}
