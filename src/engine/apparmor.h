/* SPDX-License-Identifier: Apache-2.0 */
/* AppArmor profiles of containers: made, loaded and removed. */
#ifndef ENGINE_APPARMOR_H
#define ENGINE_APPARMOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"
#include "model/spec.h"

/* The profile @name of @spec, or with @spec NULL of what every container has by default, in @arena. */
int engine_apparmor_profile(const struct ward_spec *spec, const char *name, bool complain, struct arena *arena,
                            const char **ret_text, struct ward_err *err);

/* Loads it, or replaces the one of its name; see kern/apparmor.h for errors. */
int engine_apparmor_load(const char *text, struct ward_err *err);

/* Removes the profile @name. -EBUSY: a process is confined by it, which would be confined by nothing then; -ENOENT: none of this name is loaded. */
int engine_apparmor_remove(const char *name, struct ward_err *err);

struct engine_apparmor {
        const char *name, *mode; /* "enforce", "complain" ... */
};

/* What is loaded, in the kernel's order, in @arena. */
int engine_apparmor_list(struct arena *arena, struct engine_apparmor **ret_list, size_t *ret_count,
                         struct ward_err *err);

#endif
