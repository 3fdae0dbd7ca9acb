/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks that run outside the container's program (config.md, "POSIX-platform Hooks"). */
#ifndef ENGINE_HOOKS_H
#define ENGINE_HOOKS_H

#include "base/text.h"
#include "engine/engine.h"

/* The state of the OCI runtime specification as JSON, as hooks read it on standard input. */
void hooks_state(const struct store_state *state, const char *status, pid_t pid, struct text *text);

/*
 * Runs the hooks of one kind in their order, in the caller's own namespaces.
 * Stops at the first failure: -ECANCELED with its status, -ETIMEDOUT, or the error of executing it.
 */
int hooks_run(const struct spec_hooks *hooks, enum spec_hook_kind kind, const char *file, const char *state_json,
              struct ward_err *err);

/* Loads the stored config of @entry and runs its poststop hooks; all of them, a failure does not stop the next. */
int hooks_run_spec(const struct ward_spec *spec, const struct store_state *state, enum spec_hook_kind kind,
                   const char *status, struct ward_err *err);

/* The same of a container whose config is not read yet. */
int hooks_run_stored(const struct store_entry *entry, const struct store_state *state, enum spec_hook_kind kind,
                     const char *status, struct ward_err *err);

#endif
