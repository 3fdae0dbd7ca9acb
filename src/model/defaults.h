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

/* The capabilities, bit by bit. */
extern const uint64_t defaults_caps;

struct defaults {
        struct spec_namespace
                ns[SPEC_NS_COUNT]; /* new, the caller's own, or joined; defaults_isolated() has them all new */
        struct spec_id_maps
                id_maps;    /* of a user namespace that is not the caller's; borrowed, as long as the spec is */
        unsigned cpus;      /* of the machine: each has files in /sys to be masked */
        bool no_shm;        /* no /dev/shm */
        bool given_shm;     /* a tree that the caller of the engine has */
        uint64_t shm_bytes; /* how much it holds; 0: 64 MiB */
        bool foreign_net;   /* the network namespace that is joined is not of the user namespace */
        bool callers_sys;   /* the kernel refuses a new /sys: the caller's is bound */
        bool few_groups;    /* the caller's own user namespace lacks the group of terminals */
        bool privileged; /* nothing of /proc, /sys and the groups is hidden or read-only, and programs may raise their rights */
};

/* Sets every namespace of @how but that of time to a new one. */
void defaults_isolated(struct defaults *how);

/* Fills @spec, which is zeroed, with everything but a root, a command, an environment and a seccomp profile. Memory is of the spec's arena:
 * the caller frees it with spec_done(), also after a failure. Errors: -ENOMEM. */
int defaults_fill(const struct defaults *how, struct ward_spec *spec, struct ward_err *err);

#endif
