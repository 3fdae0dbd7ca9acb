/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs: what can be done with a container. One file per verb; `ward`, `ward-oci` and libward translate to these calls
 * and decide nothing themselves.
 *
 * No function prints or exits. Each takes the store that holds the container; ids were checked by the store.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "base/text.h"
#include "kern/cgroup.h"
#include "model/ending.h"
#include "model/seccomp.h"
#include "model/spec.h"
#include "model/strength.h"
#include "store/store.h"

/*
 * For programs: starts the program again, with @argv as main() got it, from a file that no container can write, unless it was started so
 * (kern/self.h). A program that uses libward as root is as exposed as its own file is.
 *
 * It takes as long as a start of the program, so it is done where a process of the container can look at one that still runs this file
 * (@in_sight): by exec; by create, whose init waits in a container that others can be executed in; by run where the container does not get
 * a pid namespace of its own. In a pid namespace of its own nobody but init is there before a program of the container runs. That program
 * may name "/proc/self/exe" as its interpreter and so become this one again: as pid 1 every verb takes its own file out of sight first,
 * and exec refuses to join an init that runs it.
 */
int engine_protect_program(char *const argv[], bool in_sight, struct ward_err *err);

/* Makes the program's own tables read-only, where its C library has not (kern/self.h). Before anything is read that somebody else wrote. */
int engine_seal_tables(struct ward_err *err);

/* The life of a container as the OCI runtime specification names it, and runc's "paused". */
enum engine_status {
        ENGINE_CREATING,
        ENGINE_CREATED,
        ENGINE_RUNNING,
        ENGINE_PAUSED,
        ENGINE_STOPPED,
};

extern const char *const engine_status_names[];

/* How a program that ended did so, as a shell counts: 0 to 255, 128 + signal. Of a call that failed, as a shell counts too: 127 when the
 * program is not there, 126 when it can't be executed, 125 for everything else. */
struct engine_exit {
        int status;
        bool oom_killed; /* the kernel's OOM killer ended a process of its group */
        struct ending
                ending; /* run, with options->record: all that is known; it has no reason where nothing was found out */
};

/* A container whose program runs. */
struct engine_started {
        pid_t pid;
        uint64_t namespaces[SPEC_NS_COUNT]; /* st_ino of its namespaces; 0: not to be seen */
};

/* Who makes a container's control group. */
enum engine_groups {
        ENGINE_GROUPS_FS, /* ward, in cgroupfs */
        ENGINE_GROUPS_SYSTEMD, /* systemd makes a scope, and ward the group below it; linux.cgroupsPath is SLICE:PREFIX:NAME */
        ENGINE_GROUPS_NONE, /* nobody: the container is in the caller's, and limits are errors */
};

#define ENGINE_PRESERVE_FDS_MAX 1024

/* What create, run and exec need beside the spec. Descriptors are borrowed; those that are none are -EBADF. */
struct engine_options {
        const char *id;
        const char *bundle;      /* absolute path on the host */
        const char *config_text; /* the input as it was, kept with the state; NULL: printed from the spec */
        size_t config_len;
        const char *program;        /* "ward" or "ward-oci" */
        const char *pid_file;       /* NULL: none wanted */
        const char *console_socket; /* path of a unix socket that takes the terminal's master; NULL: none */
        const char *pidfd_socket;   /* path of a unix socket that takes a pidfd of init; NULL: none */
        const char *
                notify_socket; /* create, run: the spec mounts engine/ready.h's directory; run: and this is told when the program is ready */
        enum engine_groups groups; /* create and run */
        unsigned preserve_fds;     /* descriptors 3 ... 2+N stay open in the container; up to ENGINE_PRESERVE_FDS_MAX */
        /* run: what walls stand, told when all is set up and before the program starts; an error ends the start. NULL: nobody asks. */
        int (*judge)(void *data, const struct strength *strength, struct ward_err *err);
        void *judge_data;
        /* run in the foreground: the container that goes over one of these caps is ended; 0: none */
        uint64_t timeout_usec;
        uint64_t cpu_usec;     /* processor time of all its processes: it needs a control group */
        uint64_t output_bytes; /* to standard output and error together, or to its terminal; what is over is cut off */
        struct arena *
                record; /* run in the foreground: what there is to know of the end is found out, and lives there; NULL: only how it ended */
        bool record_success; /* also where it exits with status 0 by itself */
        /* run: the program was executed. NULL: nobody asks. */
        void (*started)(void *data, const struct engine_started *started);
        void *started_data;
        bool make_cwd; /* the working directory is made where the root has none */
        bool all_cpus; /* the process may run on all processors of its group, whatever the caller is confined to */
        bool spare_lost_caps; /* capabilities that the caller hasn't are left out with a warning; else there is no start */
        bool no_pivot;        /* chroot in place of pivot_root(2), for a root on an initramfs */
        bool no_new_keyring; /* keep the caller's session keyring */
        bool keep;           /* run: leave a stopped container for delete */
        bool detach;         /* run, exec: return when it runs */
        bool default_actions; /* run in the foreground: INT, QUIT, HUP and TERM end a first process that leaves them to their default action, as they
                                       end any other program; else they are only forwarded */
        bool no_input;       /* run, exec in the foreground: nothing is carried to the process's terminal */
        bool terminal_relay; /* run, exec in the foreground: when the process has a terminal and no console_socket, carry
                                       bytes, size and signals between it and the caller's terminal */
        bool root_given;     /* @root_fd is a detached mount that is the root in place of the spec's */
        int root_fd;
        int shm_fd; /* of the spec's mount that is given (struct spec_mount), a detached mount; where there is one */
        bool idmap_root; /* a root that is not given: id-map it, so that the container's root owns root's files */
        bool ordinary_user; /* as it is without root's rights, and without a group: for a plan, and for a root that has none */
        bool seccomp_docker; /* the profile is in docker's form; its conditions are decided by the spec and this kernel */
        FILE *trace;         /* phases with nanoseconds, one line each; NULL: none */
};

/* Creates the container and leaves its init waiting for engine_start(). A failure leaves nothing behind: no process, mount,
 * cgroup or state. */
int engine_create(struct store *store, const struct ward_spec *spec, const struct engine_options *options,
                  struct ward_err *err);

/* Lets a created container's program start. Returns when it was executed; and where @notify_socket is to be told that it is ready, and create had one,
 * too, when that was. */
int engine_start(struct store *store, const char *id, const char *notify_socket, struct ward_err *err);

/* create and start in one. Unless options->detach: waits for the end, forwards signals, deletes the container unless
 * options->keep, and fills in *@ret_exit. */
int engine_run(struct store *store, const struct ward_spec *spec, const struct engine_options *options,
               struct engine_exit *ret_exit, struct ward_err *err);

/*
 * A sandbox of bubblewrap's kind: the program of @spec in the namespaces and the root that its steps make, held by nothing but spec->bare. It has no
 * name, no group and no state, and no verb knows it. The caller's descriptors that are not close-on-exec are the program's, too, and are closed
 * here when it has them.
 */
struct engine_sandbox_options {
        /* Its first process is there, and has done nothing yet. An error ends it. NULL: nobody asks. */
        int (*made)(void *data, const struct engine_started *started, struct ward_err *err);
        void *data;
};

/* Returns when the program has ended, whoever else is left in its pid namespace. ret_exit->status as of engine_run(). */
int engine_sandbox(const struct ward_spec *spec, const struct engine_sandbox_options *options,
                   struct engine_exit *ret_exit, struct ward_err *err);

/* The version of Landlock's interface that is in force here; 0: there is none. */
unsigned engine_landlock_abi(void);

/* The capabilities that this process may use. */
int engine_own_caps(uint64_t *ret_effective, struct ward_err *err);

struct engine_exec_options {
        /* What shall run; labels, capabilities, limits and the like that it does not name are the container's. NULL: @describe says it. */
        const struct spec_process *process;
        const char *file; /* where @process was written, for messages; NULL: on the command line */
        /* Makes it of what the container was created with, which lives until engine_exec() returns. */
        int (*describe)(void *context, const struct ward_spec *spec, struct spec_process *ret_process,
                        struct ward_err *err);
        void *context;
        const char *const *
                cgroups; /* NULL-terminated: groups below the container's, PATH or, of cgroup v1, CONTROLLER[,...]:PATH; NULL: its own */
        bool ignore_paused;
};

/* Runs another process in a running container. @options->id names the container. */
int engine_exec(struct store *store, const struct engine_exec_options *exec, const struct engine_options *options,
                struct engine_exit *ret_exit, struct ward_err *err);

/* What the container was created with, in whatever state it is. All of it lives in @arena. */
int engine_spec(struct store *store, const char *id, struct arena *arena, struct ward_spec *ret_spec,
                struct ward_err *err);

/* Opens a namespace of a running container's init. Returns a descriptor. */
int engine_namespace(struct store *store, const char *id, enum spec_ns ns, struct ward_err *err);

/* A clone of a running container's /dev/shm, for engine_options.shm_fd of one that shares its IPC namespace. Returns a descriptor; -ENOENT when it
 * has none of its own. */
int engine_shm(struct store *store, const char *id, struct ward_err *err);

struct engine_info {
        struct store_state state;
        enum engine_status status;
        pid_t pid; /* 0 when it is stopped */
        const char *
                damage; /* why state.json could not be read, and what stands here was found through the cgroup; NULL: it was read */
        bool newer; /* and it is no damage: a newer ward has written it */
};

/* What is known of one container. Strings live in @arena. */
int engine_info(struct store *store, const char *id, struct arena *arena, struct engine_info *ret_info,
                struct ward_err *err);

/* How a stopped container ended. Texts live in @arena. What is not known any more is said to be unknown. -ESRCH, -EBUSY: it has not stopped. */
int engine_ending(struct store *store, const char *id, struct arena *arena, struct ending *ret_ending,
                  struct ward_err *err);

/* Of all containers, sorted by id. One whose state is unreadable is listed as ENGINE_STOPPED with what is known. */
int engine_list(struct store *store, struct arena *arena, struct engine_info **ret_infos, size_t *ret_count,
                struct ward_err *err);

/* Sends @signal to init; @all, and SIGKILL where the container has no pid namespace of its own: to every process of the container. -ESRCH in words when it is not running. */
int engine_kill(struct store *store, const char *id, int signal, bool all, struct ward_err *err);

/* Removes a stopped container: its groups and its state; runs poststop hooks. @force: kills what runs first, and a container that does
 * not exist is no error. Works also when state.json is damaged: the processes are found through the cgroup. */
int engine_delete(struct store *store, const char *id, bool force, struct ward_err *err);

/* What a crash, a power cut or a killed program left, found and removed. */
enum engine_gc_kind {
        ENGINE_GC_CONTAINER, /* an entry of the state root with all that belongs to it; named by its id */
        ENGINE_GC_GROUP,     /* a control group that is ward's and has no entry any more; its path */
        ENGINE_GC_IDS,       /* a range of ids for user namespaces; its first one */
        ENGINE_GC_FILTERS,   /* compiled seccomp filters; their number */
        ENGINE_GC_LIMITS,    /* what `ward limit` has changed of a target; its kind and name */
};

enum engine_gc_result {
        ENGINE_GC_REMOVED, /* in a dry run: would be */
        ENGINE_GC_LEFT,    /* something in it runs, or a newer ward has made it */
        ENGINE_GC_FAILED,
};

struct engine_gc_item {
        enum engine_gc_kind kind;
        enum engine_gc_result result;
        const char *name; /* lives as long as the call of the report */
        const char *why;  /* why it was removed; why it was not */
};

extern const char *const engine_gc_kind_names[], *const engine_gc_result_names[];

struct engine_gc_options {
        bool dry_run; /* report only */
        bool stopped; /* remove stopped containers, too, that a person may still want to look at */
        bool force;   /* end the processes of containers whose state is lost */
        void (*report)(void *data, const struct engine_gc_item *item);
        void *data;
};

/*
 * Removes what nobody is there for any more: starts and removals that were cut short, ended containers whose `run` was to remove them and is
 * gone, containers of an earlier boot, containers whose state is damaged, groups without an entry, limits of what has ended, ranges of ids of killed starts, and cached
 * filters that were not used for a week. What runs, what somebody is at work on and what has stopped and may be looked at stays; a process is
 * ended with @force alone. What fails is reported and does not keep the rest from its turn; an error is returned when nothing could be done.
 */
int engine_gc(struct store *store, const struct engine_gc_options *options, struct ward_err *err);

/* How a container wants to be stopped, as annotations: a signal's name or number (default TERM), and how many seconds it is given. */
#define ENGINE_STOP_SIGNAL "org.opencontainers.image.stopSignal"
#define ENGINE_STOP_TIMEOUT "ward.stop-timeout"
#define ENGINE_STOP_TIMEOUT_SEC 10

/* Asks the container to end, and kills it when it has not ended in time. @signal 0, @timeout_sec -1: as its annotations say. A container that
 * does not run is no error. */
int engine_stop(struct store *store, const char *id, int signal, int timeout_sec, struct ward_err *err);

int engine_pause(struct store *store, const char *id, struct ward_err *err);
int engine_resume(struct store *store, const char *id, struct ward_err *err);

/* Writes new limits to a container's groups; fields of @resources that are not given stay as they are. */
int engine_update(struct store *store, const char *id, const struct spec_resources *resources, struct ward_err *err);

/* Writes the lines of @schema (resctrl's, NULL-terminated) to the group that the container was created with. */
int engine_update_rdt(struct store *store, const char *id, const char *const *schema, struct ward_err *err);

/* What becomes of the container's control groups, as CRIU counts it (enum criu_cg_mode). */
enum engine_criu_cgroups {
        ENGINE_CGROUPS_IGNORE = 0,
        ENGINE_CGROUPS_SOFT = 3,
        ENGINE_CGROUPS_FULL = 4,
        ENGINE_CGROUPS_STRICT = 5,
        ENGINE_CGROUPS_DEFAULT = 6,
};

/* How packets are kept from a container that is being saved, as CRIU counts it (enum criu_network_lock_method). */
enum engine_criu_lock {
        ENGINE_LOCK_CHOOSE =
                0, /* by iptables(8), which CRIU runs, or by nft(8)'s library, which it has, where that is not installed */
        ENGINE_LOCK_IPTABLES = 1,
        ENGINE_LOCK_NFTABLES = 2,
        ENGINE_LOCK_SKIP = 3, /* not at all; from CRIU 3.18 on */
};

/* What CRIU (criu(8)) is told at a checkpoint and at a restore. */
struct engine_criu_options {
        const char *images; /* absolute path of the directory of the images */
        const char *work;   /* of the log; NULL: @images */
        enum engine_criu_cgroups cgroups;
        enum engine_criu_lock lock;
        bool tcp_established, ext_unix_sk, shell_job, file_locks, auto_dedup, lazy_pages;
};

struct engine_checkpoint_options {
        struct engine_criu_options criu;
        const char *parent; /* the images of an earlier pre-dump, relative to criu.images; NULL: none */
        const char *
                page_address; /* whom the pages of memory go to, or with criu.lazy_pages who may fetch them; NULL: files */
        uint16_t page_port;
        int status_fd; /* with criu.lazy_pages: gets a NUL when pages can be fetched; -EBADF: none. Taken. */
        bool leave_running, tcp_skip_in_flight, link_remap;
        bool pre_dump; /* the memory alone, of a container that goes on */
};

/* Saves a running container's processes as files. Unless they are left running, or it is a pre-dump, it is deleted then as by engine_delete(). */
int engine_checkpoint(struct store *store, const char *id, const struct engine_checkpoint_options *options,
                      struct ward_err *err);

struct engine_restore_options {
        struct engine_criu_options criu;
        const char *lsm_profile, *lsm_mount_context; /* in place of the saved ones; NULL: these */
        bool tcp_close;                              /* connections that were saved are closed ones */
};

/* As engine_run(), but the processes are made of what engine_checkpoint() saved. */
int engine_restore(struct store *store, const struct ward_spec *spec, const struct engine_options *options,
                   const struct engine_restore_options *restore, struct engine_exit *ret_exit, struct ward_err *err);

/*
 * Mounts @mounts in a container that runs, in their order; @file is where they were written, for messages. All of them or, when it fails, none.
 * Bind sources are paths of the host, relative ones in the bundle. Refused: what would undo a mask or a read-only path of the config, /proc and what is
 * in it but for a few files, procfs and control groups, "remount", and what leads into a shared bind (-EINVAL).
 */
int engine_add_mounts(struct store *store, const char *id, const char *file, const struct spec_mount *mounts,
                      size_t count, struct ward_err *err);

/* Takes away what engine_add_mounts() has mounted on the destinations of @mounts, the last first. -ENOENT, and nothing is done, when one of them was not
 * added; what the container has unmounted itself is forgotten; -ESTALE when a destination leads to something else by now. */
int engine_remove_mounts(struct store *store, const char *id, const char *file, const struct spec_mount *mounts,
                         size_t count, struct ward_err *err);

/* The pids of a container's processes. *@ret_pids is owned by the caller (free). */
int engine_pids(struct store *store, const char *id, pid_t **ret_pids, size_t *ret_count, struct ward_err *err);

/* What a container uses; the lists of *@ret_details live in @arena. */
int engine_stats(struct store *store, const char *id, struct arena *arena, struct cgroup_stats *ret_stats,
                 struct cgroup_details *ret_details, struct ward_err *err);

/* What to wait for while a container runs: events of its group, with its end among them (cgroup_watch_end()), and its init. Returns 1: *@ret_watch, NULL where
 * nothing of the group counts events, and *@ret_pidfd are the caller's; 0: it has ended. */
int engine_watch(struct store *store, const char *id, struct cgroup_watch **ret_watch, int *ret_pidfd,
                 struct ward_err *err);

/* The plan of a start without doing anything; needs no privileges. @json: an object; otherwise a table for a person. */
int engine_plan(const struct ward_spec *spec, const struct engine_options *options, bool json, struct text *text,
                struct ward_err *err);

#endif
