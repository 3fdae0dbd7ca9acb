/* SPDX-License-Identifier: Apache-2.0 */
/* Creating a container that waits for its start. */
#include "engine/birth.h"
#include "kern/require.h"

int engine_create(struct store *store, const struct ward_spec *spec, const struct engine_options *options,
                  struct ward_err *err)
{
        _cleanup_birth_ struct birth birth;
        int r;

        r = birth_begin(&birth, store, spec, options, true, NULL, err);
        if (r >= 0)
                r = birth_finish(&birth, err);
        if (r >= 0)
                birth_release(&birth);
        return require_explain(r, err);
}
