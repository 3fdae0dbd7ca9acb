/* SPDX-License-Identifier: Apache-2.0 */
/* `ward run`: its options, and the steps from them to a spec. */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "cli/cli.h"
#include "model/defaults.h"
#include "store/ranges.h"

enum { RUN_FORMAT_TABLE, RUN_FORMAT_JSON };

#define RUN_CPU_PERIOD_USEC 100000 /* what --cpus is a part of */

/* The options, as run-options.c reads them. Texts are as they were typed. */
#define RUN_WORDS 11

struct run {
        bool interactive, tty, remove, read_only, init, privileged, dry_run, writable_usr, stackable, allow_unknown;
        bool silent;      /* with @dry_run: the plan is made and not shown, for 'ward profile check' */
        int strength;     /* --strength: 1 shown, -1 not, 0 as the terminal has it */
        unsigned require; /* enum strength_wall, as bits */
        bool format_given;
        unsigned format;
        const char *name, *cidfile, *pidfile;
        const char *entrypoint, *workdir, *user, *hostname, *domainname, *keep;
        const char *ns[SPEC_NS_COUNT]; /* --network, --pid ...: what is said of each namespace */
        const char *stop_signal, *seccomp;
        struct option_list landlock;
        struct option_list env, env_files, groups;
        struct option_list volumes, mounts, tmpfs, devices;
        struct option_list cap_add, cap_drop, security;
        struct option_list ulimits, sysctls, time_offsets;
        struct option_list limits;           /* --limit NAME=VALUE */
        struct option_list words[RUN_WORDS]; /* docker's options that are words of model/limit-words.h: run_words */
        struct option_list profiles;         /* read by cli_parse() */
        struct spec_i64 memory, memory_swap, memory_reservation, shm_size, host_size;
        struct spec_i64 cpu_quota, cpu_shares, pids, oom_score;
        struct spec_i64 stop_timeout;      /* seconds */
        struct spec_i64 timeout, cpu_time; /* microseconds; 0: none */
        struct spec_i64 output_limit;
        struct spec_i64 status_fd;
        const char *cpuset_cpus, *cpuset_mems;
};

/* Their names. */
extern const char *const run_words[RUN_WORDS];
/* The table of them, which `ward sandbox` has a part of. */
#define RUN_ENTRY_COUNT 75
extern const struct option_entry run_entries[RUN_ENTRY_COUNT];
extern const struct option_foreign run_foreign[], sandbox_foreign[];

/* What `ward sandbox` is beside a run: a root of this machine's own system directories in place of ROOT, and what of the rest is opened. */
struct run_box {
        struct option_list rw, ro, hide;
        bool net, display, gpu, verify;
        bool walled;     /* it has a root of its own; false: the machine's, behind Landlock */
        bool no_sys;     /* a /sys of its network namespace can't be mounted: the caller's is shown */
        bool no_keyring; /* none of its own can be had: a filter around the caller refuses keyctl(2) */
};

/* The root as ROOT names it. */
struct run_root {
        const char *path; /* absolute, or "host" */
        int fd;           /* owned: its directory */
        int kept;         /* owned: what keeps its changes, locked; -EBADF: nothing */
        bool given;       /* @fd is a detached tree that was made for this container */
};

#define RUN_ROOT_NONE                       \
        {                                   \
                NULL, -EBADF, -EBADF, false \
        }
#define _cleanup_run_root_ _cleanup_(run_root_done)

void run_root_done(struct run_root *root);

/* The namespaces that the options ask for. */
struct run_namespaces {
        struct spec_namespace ns[SPEC_NS_COUNT];
        int fds[SPEC_NS_COUNT]; /* owned: of other containers, which the paths in @ns name; -EBADF: none */
        int shm;                /* owned: /dev/shm of another container whose IPC namespace is joined; -EBADF: none */
        struct spec_id_maps id_maps; /* of a user namespace that is joined */
        bool foreign_net;            /* the network namespace that is joined is not of the user namespace that is */
};

#define RUN_NAMESPACES_NONE                                                                            \
        {                                                                                              \
                .fds = {-EBADF, -EBADF, -EBADF, -EBADF, -EBADF, -EBADF, -EBADF, -EBADF}, .shm = -EBADF \
        }
#define _cleanup_run_namespaces_ _cleanup_(run_namespaces_done)

/* Reads --network, --pid and their like. The containers that they name are those of cli->store. */
/* One of the options has container:NAME. */
bool run_names_container(const struct run *options);
int run_namespaces_read(struct cli *cli, const struct run *options, struct run_namespaces *ret, struct ward_err *err);
void run_namespaces_done(struct run_namespaces *namespaces);

/* What the steps share. */
struct run_job {
        struct cli *cli;
        const struct run *options;
        const struct run_box *box; /* of `ward sandbox`; NULL: `ward run` */
        const char *id;
        const struct run_root *root;
        const struct run_namespaces *namespaces;
        bool ordinary; /* the caller is not root of the machine: an ordinary user, or root of a container around this program */
        bool few_groups; /* its user namespace has not all of a system's groups */
        bool own_users;  /* the container's user namespace is not the caller's */
        bool idmaps;     /* its ids are those from id_base on, and what is bound can be mapped to them: it takes root */
        uint32_t id_base;
        struct range range;               /* owned: root's */
        bool single;                      /* an ordinary user's: one id, the caller's, is all that it has */
        struct ranges_span users, groups; /* an ordinary user's, behind the caller's own; count 0: none */
        uint32_t uid, gid;                /* of its program, and */
        struct spec_id_maps maps;         /* of its user namespace, from run_spec() on */
        const char *memory_option;        /* what set its limit of memory, as it was typed; NULL: nothing did */
        const struct spec_verify *proved; /* of a box, from run_spec() on */
        int argc;                         /* the command */
        char **argv;
};

/* The verb itself: struct cli_verb, run. */
int run_run(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err);

/* What both verbs do: @root is ROOT, or the word that stands for a box. */
int run_program(struct cli *cli, const struct run *options, const struct run_box *box, const char *root, int argc,
                char **argv, struct ward_err *err);

/* sandbox-spec.c: the root of a box, and what is opened in it, for run_spec(). */
int run_box_spec(const struct run_job *job, struct ward_spec *spec, struct ward_err *err);

/* The directory in which the program begins, where none was named: the caller's own if the box shows it, else its home. */
int run_box_directory(const struct run_job *job, const char **ret_directory, struct ward_err *err);

/* Says it where the current directory is not opened. */
int run_box_warn(struct cli *cli, const struct run_box *box, struct ward_err *err);

/* sandbox.c: what was proved, told when the program runs. */
void run_box_proved(const struct run_job *job);

/* run-ids.c: chooses the ids; with what the program's user is, their maps. */
int run_ids_begin(struct run_job *job, struct ward_err *err);
int run_ids_maps(const struct run_job *job, struct spec_id_maps *ret_maps, struct ward_err *err);

/* Whether the container has the id. In a namespace of one it is the one that was asked for. */
bool run_ids_has(const struct run_job *job, uint32_t id, bool group);

/* Opens or makes the root that @word names; not job->root. */
int run_root_open(const struct run_job *job, const char *word, struct run_root *ret_root, struct ward_err *err);

/* The whole spec; spec_done() frees it, also after a failure. */
int run_spec(struct run_job *job, struct ward_spec *spec, struct ward_err *err);

/* -v, --mount and --tmpfs, behind the mounts that the spec has. */
int run_mounts(const struct run_job *job, struct ward_spec *spec, struct ward_err *err);

/* Those that lie in others come behind them, whatever the order of the options; else it stays. */
void run_sort_mounts(struct spec_mount *mounts, size_t count);

/* run-bind.c, for -v and --mount: a bind that brings neither rights nor devices of the host, with the container's owners. */
struct spec_mount run_bind(const struct run_job *job, const char *option, const char *value);

/* What is done to the files that are bound, here and for good. */
struct run_bound {
        bool ro, rw;    /* it was said */
        bool give_away; /* "U": they are given to the container's user */
        char relabel;   /* "z" or "Z": see run-relabel.c; '\0': neither */
};

/* Applies one word of it; what it says of the files goes to @bound. */
int run_bind_word(const struct run_job *job, const char *word, struct run_bound *bound, struct spec_mount *mount,
                  struct ward_err *err);

/* The source, and what its owner means for the container; the last step. */
int run_bind_source(const struct run_job *job, const char *source, const struct run_bound *bound,
                    struct spec_mount *mount, struct ward_err *err);

/* run-files.c: one change of every file of a bind. */
struct run_change {
        /* Changes @name in the directory behind @dirfd, "": what is behind it, an O_PATH descriptor. Follows no link. 0 or -errno. */
        int (*file)(int dirfd, const char *name, const void *value);
        const void *value;
        const char *of_system; /* what is wrong with it for a directory of the system */
        int (*explain)(const struct spec_mount *mount, const void *value, int code, struct ward_err *err);
};

int run_change_files(const struct run_job *job, const struct spec_mount *mount, const struct run_change *change,
                     struct ward_err *err);

/* run-relabel.c: the value of --security-opt label=@part:, the last one; NULL: it was not given. The label of files at @level; NULL: no memory. And gives it to what
 * is bound. */
const char *run_label_part(const struct run *options, const char *part);
const char *run_file_label(const struct run *options, const char *level, struct arena *arena);
int run_relabel(const struct run_job *job, char how, const struct spec_mount *mount, struct ward_err *err);

/* --device: binds and rules. */
int run_devices(const struct run_job *job, struct ward_spec *spec, struct ward_err *err);

/* -m, --cpus, --ulimit, --sysctl ... */
int run_limits(struct run_job *job, struct ward_spec *spec, struct ward_err *err);

/* run-status.c: what --status-fd, standard error and the exit status say of the start and of the end. The descriptor is looked at before any other is
 * opened. run_status_started() is engine_options.started, run_status_ended() returns the exit status. */
int run_status_check(const struct run *options, struct ward_err *err);
void run_status_started(void *data, const struct engine_started *started);
void run_status_failed(const struct cli *cli, const struct run *options, const struct ward_err *err);
int run_status_ended(const struct run_job *job, const struct engine_exit *end);

/* --cap-add, --cap-drop, --privileged, --security-opt, --landlock. */
int run_rights(const struct run_job *job, struct ward_spec *spec, struct ward_err *err);

#endif
