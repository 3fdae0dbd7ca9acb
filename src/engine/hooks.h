/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks that run outside the container's program (config.md, "POSIX-platform Hooks"). */
#ifndef ENGINE_HOOKS_H
#define ENGINE_HOOKS_H

#include "base/text.h"
#include "engine/engine.h"

/* The state of the OCI runtime specification as JSON, as hooks read it on standard input. */
void hooks_state(const struct store_state *state, const char *status, pid_t pid, struct text *text);

/*
 * Runs the hooks of one kind in their order, in the caller's own namespaces and in the directory @bundle; where that has gone meanwhile, in the
 * caller's. @init: a pidfd of the container's first process: a hook that still runs when that has ended is killed, and nobody who wants the container
 * to end waits for it; -EBADF: the hooks do not need it.
 * Stops at the first failure: -ECANCELED with its status, -ETIMEDOUT, -ESRCH for init's end, or the error of executing it.
 */
int hooks_run(const struct spec_hooks *hooks, enum spec_hook_kind kind, const char *file, const char *bundle,
              const char *state_json, int init, struct ward_err *err);

/* Runs the poststart hooks of the stored config of @entry. The first that fails ends the start: the caller stops the container (runtime.md,
 * "Lifecycle"). */
int hooks_run_poststart(const struct store_entry *entry, const struct store_state *state, struct ward_err *err);

/* Runs the poststop hooks of @spec, all of them: what fails is a warning. */
void hooks_run_poststop(const struct store *store, const struct ward_spec *spec, const struct store_state *state);

#endif
