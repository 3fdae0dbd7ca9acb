/* SPDX-License-Identifier: Apache-2.0 */
/* `ward run`: its options, and the steps from them to a spec. */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "cli/cli.h"

enum { RUN_NETWORK_NONE, RUN_NETWORK_HOST };
enum { RUN_USERS_OWN, RUN_USERS_HOST };

struct run {
        bool interactive, tty, remove, read_only, dry_run;
        const char *name, *workdir, *user, *hostname, *keep;
        unsigned network, users;
        bool format_given;
        unsigned format;
        struct option_list env, volumes, tmpfs, cap_add, cap_drop, security;
        struct spec_i64 memory, cpu_quota, pids, host_size;
};

/* The root as ROOT names it. */
struct run_root {
        const char *path; /* absolute, or "host" */
        int fd;           /* owned: its directory */
        bool given;       /* @fd is a detached tree that was made for this container */
};

#define RUN_ROOT_NONE               \
        {                           \
                NULL, -EBADF, false \
        }
#define _cleanup_run_root_ _cleanup_(run_root_done)

void run_root_done(struct run_root *root);

/* What the steps share. */
struct run_job {
        struct cli *cli;
        const struct run *options;
        const char *id;
        const struct run_root *root;
        uint32_t id_base; /* of the own range, if it has one */
        int argc;         /* the command */
        char **argv;
};

/* Opens or makes the root that @word names; not job->root. */
int run_root_open(const struct run_job *job, const char *word, struct run_root *ret_root, struct ward_err *err);

/* The whole spec; spec_done() frees it, also after a failure. */
int run_spec(const struct run_job *job, struct ward_spec *spec, struct ward_err *err);

/* -v and --tmpfs, behind the mounts that the spec has. */
int run_mounts(const struct run_job *job, struct ward_spec *spec, struct ward_err *err);

/* --cap-add, --cap-drop, --security-opt. */
int run_rights(const struct run_job *job, struct ward_spec *spec, struct ward_err *err);

#endif
