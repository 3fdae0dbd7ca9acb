/* SPDX-License-Identifier: Apache-2.0 */
/* `ward sandbox --bwrap`, and ward under the name bwrap: bubblewrap's command line. */
#ifndef CLI_BWRAP_H
#define CLI_BWRAP_H

#include "cli/cli.h"

#define BWRAP_VERSION "0.12.0" /* whose command line it is */
#define BWRAP_WORDS_MAX 9000   /* with those of --args */

/* What is read of a command line. Descriptors are -1: none. */
struct bwrap {
        struct cli *cli;
        const char *name; /* what this program is called, for --help */
        bool help, version, in_file;
        size_t words; /* how many were read */

        struct spec_step *steps;
        size_t step_count, step_room;
        const char **overlay; /* of --overlay-src, the lowest first, until they are used */
        size_t overlay_count;
        int64_t perms;      /* for the next step; -1: none */
        uint64_t size;      /* the same; 0: none */
        bool needs_root_id; /* what is mounted takes a user namespace that has a root */

        bool unshare_user, unshare_user_try, unshare_ipc, unshare_pid, unshare_net, unshare_uts, unshare_cgroup,
                unshare_cgroup_try;
        bool disable_users, assert_no_users, new_session, die_with_parent, as_pid_1, lax, caps_given;
        int users_fd, users2_fd, pids_fd, sync_fd, block_fd, users_block_fd, info_fd, status_fd, seccomp_fd;
        int64_t uid, gid; /* -1: not given */
        uint64_t caps;
        const char *hostname, *directory, *argv0, *exec_label, *file_label;
        char *environment;
        size_t environment_len;
        struct option_list locks;
        struct spec_raw_filter *filters;
        size_t filter_count;
};

struct bwrap_option {
        const char *name; /* without dashes */
        const char *args; /* what its values are called, with a space between them; NULL: it takes none */
        const char *help;
        int (*take)(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err);
        size_t offset; /* of the field in struct bwrap that it sets, where it sets one */
        int value;     /* what tells options apart that are taken alike */
};

extern const struct bwrap_option bwrap_options[];
extern const size_t bwrap_option_count;

/* Reads the options in front of the command: *@count words at @words, of which the command's are left. */
int bwrap_parse(struct bwrap *bwrap, int *count, char ***words, struct ward_err *err);

/* Reads a compiled filter, which is put in force behind those that were read before; closes @fd. */
int bwrap_add_filter(struct bwrap *bwrap, int fd, struct ward_err *err);

/* Says something that is no error, as bubblewrap does. */
void bwrap_warn(const struct bwrap *bwrap, const char *message);

/* struct cli_verb, run_other. */
int bwrap_run(struct cli *cli, int count, char **words, struct ward_err *err);

#endif
