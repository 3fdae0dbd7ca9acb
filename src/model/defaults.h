/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The isolation that a process gets when nobody says otherwise: all of it. Pure data; docs/SECURITY.md gives the reasons.
 */
#ifndef MODEL_DEFAULTS_H
#define MODEL_DEFAULTS_H

#include "base/err.h"
#include "model/spec.h"

/* How many ids a container's own user namespace has: as many as a system's own files use, 65534 (nobody) included. */
#define DEFAULTS_ID_COUNT 65536u

struct defaults {
        bool host_users;   /* no user namespace of its own */
        uint32_t id_base;  /* else: the first host id of its range, for users and groups */
        bool host_network; /* no network namespace of its own */
        unsigned cpus;     /* of the machine: each has files in /sys to be masked */
};

/* Fills @spec, which is zeroed, with everything but a root, a command, an environment and a seccomp profile. Memory is of the spec's arena:
 * the caller frees it with spec_done(), also after a failure. Errors: -ENOMEM. */
int defaults_fill(const struct defaults *how, struct ward_spec *spec, struct ward_err *err);

#endif
