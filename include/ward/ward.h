/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libward: processes in isolation.
 *
 *      struct ward_start_options options = {.struct_size = sizeof(options), .bundle = "/srv/bundle"};
 *
 *      r = ward_open(NULL, &ward, &err);
 *      r = ward_spec_parse(text, len, "config.json", &spec, &err);
 *      r = ward_run(ward, "web-1", spec, &options, &end, &err);
 *      if (r < 0)
 *              fprintf(stderr, "%s\n%s\n", err.message, err.hint);
 *
 * Rules for all functions:
 *   - They return >= 0, or a negative errno. Below zero, and only then, @err is filled in; it may be NULL where nobody reads it.
 *   - What a ret_* parameter receives is untouched on failure. Who owns it is said with each.
 *   - Pointers that are passed in are borrowed for the time of the call, but for those that a free function takes.
 *   - The library prints nothing, never ends the process, and keeps no global state. Each handle may be used by one thread at a
 *     time; different handles, also of the same state root, by different threads and processes at once.
 *   - Structures begin with struct_size, which the caller sets to their sizeof. So they can grow: what an older caller does not have
 *     is zero, and what a newer one has beyond this library must be zero, else the call fails with -E2BIG.
 *   - Flags that a call does not know are refused with -EINVAL.
 *
 * The id of a container matches [A-Za-z0-9_+][A-Za-z0-9_+.-]* and has at most 255 bytes. Link with: pkg-config --libs libward
 */
#ifndef WARD_WARD_H
#define WARD_WARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ward/error.h"
#include "ward/public.h"
#include "ward/spec.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The library's version, "0.1.0". The text is static. */
WARD_PUBLIC const char *ward_version(void);

/* ---- the state root ---------------------------------------------------------------------------------------------------- */

/* An open state root: the directory in which the containers of one owner are known. */
struct ward;

/**
 * ward_open() - opens a state root
 * @path:     its directory, made with mode 0700 where it is missing. NULL: /run/ward for root, $XDG_RUNTIME_DIR/ward for others, and
 *            where that is not set /tmp/ward-UID, or /dev/shm/ward-UID on a read-only file system
 * @ret_ward: receives the handle, owned by the caller: ward_close()
 *
 * Returns 0; -EPERM when the directory belongs to someone else or others may enter it; -ENOTDIR; errors of mkdir(2) and open(2); -ENOMEM.
 */
WARD_PUBLIC int ward_open(const char *path, struct ward **ret_ward, struct ward_err *err);

/* Closes the handle; its containers go on. NULL is allowed. */
WARD_PUBLIC void ward_close(struct ward *ward);

/* ---- starting ---------------------------------------------------------------------------------------------------------- */

enum ward_flag {
        WARD_DETACH = 1 << 0, /* run, exec: return when the program runs, without waiting for its end */
        WARD_TERMINAL =
                1 << 1, /* run, exec: if the process has a terminal, connect it to the caller's: bytes, window size */
        WARD_KEEP = 1 << 2,     /* run: leave the ended container for ward_delete() */
        WARD_NO_PIVOT = 1 << 3, /* create, run, plan: chroot(2) in place of pivot_root(2), for a root on an initramfs */
        WARD_NO_NEW_KEYRING = 1 << 4, /* create, run, plan: keep the caller's session keyring */
        WARD_IGNORE_PAUSED = 1 << 5, /* exec: also in a paused container, where the process starts when it is resumed */
        WARD_ALL = 1 << 6,           /* kill: every process of the container; gc: stopped containers, too */
        WARD_FORCE = 1 << 7, /* delete: end what runs first; a container that is not there is no error; gc: see there */
        WARD_JSON = 1 << 8,  /* plan: a JSON object in place of a table */
        WARD_DRY_RUN = 1 << 9, /* gc: report only */
};

/**
 * struct ward_start_options - how a container is started, beside what its specification says
 * @struct_size:    sizeof(struct ward_start_options)
 * @flags:          of enum ward_flag
 * @preserve_fds:   the caller's descriptors 3 to 2 + @preserve_fds stay open in the container
 * @bundle:         absolute path of the bundle: a relative root.path lies in it, and hooks are told of it
 * @pid_file:       file that receives the pid of the container's init; NULL: none
 * @console_socket: unix socket that receives the terminal's master, where process.terminal is true; NULL: none
 * @pidfd_socket:   unix socket that receives a pidfd of init; NULL: none
 *
 * Caps, for ward_run() that waits: the container that goes over one is ended, and struct ward_exit says which it was. 0: none.
 *
 * @timeout_usec:   microseconds that it may run
 * @cpu_usec:       microseconds of processor time of all its processes together; it needs a control group
 * @output_bytes:   how much it may write to standard output and error together, or to its terminal; what is over is cut off
 */
struct ward_start_options {
        size_t struct_size;
        unsigned flags;
        unsigned preserve_fds;
        const char *bundle;
        const char *pid_file;
        const char *console_socket;
        const char *pidfd_socket;
        uint64_t timeout_usec;
        uint64_t cpu_usec;
        uint64_t output_bytes;
};

enum ward_reason {
        WARD_REASON_UNKNOWN,       /* nobody waited for it, or, in struct ward_exit of ward_exec(), nobody looked */
        WARD_REASON_EXITED,        /* by itself */
        WARD_REASON_SIGNAL,        /* a signal killed it */
        WARD_REASON_OUT_OF_MEMORY, /* the kernel did, for want of memory */
        WARD_REASON_TIMEOUT,       /* a cap of struct ward_start_options */
        WARD_REASON_CPU_TIME,
        WARD_REASON_OUTPUT,
};

/* A number that nobody could tell. */
#define WARD_UNKNOWN UINT64_MAX

/**
 * struct ward_exit - how a program ended
 * @struct_size: sizeof(struct ward_exit)
 * @status:      as a shell counts: its exit status, or 128 + the number of the signal that killed it; -1: unknown
 * @oom_killed:  the kernel ended a process of the container because it was out of memory
 *
 * What follows is filled in by ward_run() and ward_ending(); a number that could not be found out is WARD_UNKNOWN.
 *
 * @reason:           why
 * @signal:           that killed it, also for a cap
 * @limit:            of the cap that ended it: microseconds or bytes
 * @wall_usec:        how long it ran
 * @cpu_usec:         processor time of all processes; @cpu_user_usec and @cpu_system_usec are counted apart, by a coarser clock on cgroup v1
 * @memory_peak_bytes, @processes_peak: the most at a time
 * @io_read_bytes, @io_write_bytes: of block devices
 * @output_bytes:     what went out, where there was a cap
 * @oom_kills:        how many of its processes the kernel ended for want of memory
 * @processes_refused: how many new processes were refused at the limit of processes
 * @sender_pid, @sender_uid: who sent the last signal that ends programs, if it came by way of ward: the process that called ward_kill(), or the one whose
 *                    signal ward_run() passed on
 */
struct ward_exit {
        size_t struct_size;
        int status;
        bool oom_killed;
        enum ward_reason reason;
        uint64_t signal;
        uint64_t limit;
        uint64_t wall_usec;
        uint64_t cpu_usec, cpu_user_usec, cpu_system_usec;
        uint64_t memory_peak_bytes;
        uint64_t processes_peak;
        uint64_t io_read_bytes, io_write_bytes;
        uint64_t output_bytes;
        uint64_t oom_kills;
        uint64_t processes_refused;
        uint64_t sender_pid, sender_uid;
};

/**
 * ward_create() - makes a container whose program waits for ward_start()
 * @id:      its name, not taken yet
 * @spec:    what shall run; not needed any more when this returns
 * @options: WARD_NO_PIVOT and WARD_NO_NEW_KEYRING are allowed
 *
 * The container's init is a child of the calling process (its pid: ward_info_pid()), which has to reap it with waitpid(2) unless it
 * ends itself before; it is not tied to the caller's life.
 *
 * Returns 0; -EEXIST when @id is taken; -EINVAL for what cannot be run so; otherwise what the kernel refused, with the words which
 * part of the specification asked for it. A failure leaves nothing behind: no process, mount, cgroup or state.
 */
WARD_PUBLIC int ward_create(struct ward *ward, const char *id, const struct ward_spec *spec,
                            const struct ward_start_options *options, struct ward_err *err);

/**
 * ward_start() - lets the program of a created container begin
 *
 * Returns 0 when it was executed; -ENOENT for an unknown id; -EBUSY or -ESRCH when the container is not waiting to be started;
 * otherwise why the program can't be executed: then the container has stopped.
 */
WARD_PUBLIC int ward_start(struct ward *ward, const char *id, struct ward_err *err);

/**
 * ward_run() - creates and starts in one
 * @options:  beside the flags of ward_create(), WARD_DETACH, WARD_TERMINAL and WARD_KEEP are allowed
 * @ret_exit: how it ended; not filled in with WARD_DETACH. NULL: not wanted
 *
 * Without WARD_DETACH the call lasts until the container's init has ended. Meanwhile signals that can be forwarded are blocked in the
 * calling thread and go to init; for all of them to do so the other threads must block them too. The container is deleted then,
 * unless WARD_KEEP is set. With WARD_DETACH init is the caller's child, as with ward_create(). SIGCHLD must not be ignored: children that
 * have ended would be gone before they are asked about (wait(2), NOTES).
 *
 * Returns 0 or the errors of ward_create() and ward_start().
 */
WARD_PUBLIC int ward_run(struct ward *ward, const char *id, const struct ward_spec *spec,
                         const struct ward_start_options *options, struct ward_exit *ret_exit, struct ward_err *err);

/**
 * ward_plan() - what ward_create() would do, step by step, without doing any of it
 * @flags:    WARD_JSON, WARD_NO_PIVOT, WARD_NO_NEW_KEYRING
 * @ret_text: receives the text, owned by the caller: free(3)
 *
 * Needs no right and makes no system call: the same input gives the same text on every machine. Returns 0, -EINVAL or -ENOMEM.
 */
WARD_PUBLIC int ward_plan(const struct ward_spec *spec, const char *id, unsigned flags, char **ret_text,
                          struct ward_err *err);

/* ---- another process --------------------------------------------------------------------------------------------------- */

/**
 * ward_process_of() - the process that a container was created with, with another command
 * @argv:        NULL-terminated, at least one word; copied
 * @ret_process: without a terminal; owned by the caller: ward_process_free()
 *
 * Returns 0, -ENOENT, -EINVAL, -EBADMSG or -ENOMEM.
 */
WARD_PUBLIC int ward_process_of(struct ward *ward, const char *id, const char *const *argv,
                                struct ward_process **ret_process, struct ward_err *err);

/**
 * struct ward_exec_options - how another process is started
 * @struct_size: sizeof(struct ward_exec_options)
 * @flags:       WARD_DETACH, WARD_TERMINAL, WARD_IGNORE_PAUSED
 * @cgroup:      a group below the container's own, which exists: PATH, or CONTROLLER[,CONTROLLER...]:PATH for a hierarchy of cgroup v1 alone; NULL: the container's own
 *
 * The others as in struct ward_start_options, for the process that is started.
 */
struct ward_exec_options {
        size_t struct_size;
        unsigned flags;
        unsigned preserve_fds;
        const char *cgroup;
        const char *pid_file;
        const char *console_socket;
        const char *pidfd_socket;
};

/**
 * ward_exec() - runs another process in a container that is created or running
 * @options:  NULL: none
 * @ret_exit: as with ward_run(); NULL: not wanted
 *
 * Without WARD_DETACH the call lasts until the process has ended; signals are forwarded as with ward_run().
 *
 * Returns 0; -ENOENT; -ESRCH when the container is stopped; -EBUSY when it is paused; otherwise what the kernel refused, in words.
 */
WARD_PUBLIC int ward_exec(struct ward *ward, const char *id, const struct ward_process *process,
                          const struct ward_exec_options *options, struct ward_exit *ret_exit, struct ward_err *err);

/* ---- changing ---------------------------------------------------------------------------------------------------------- */

/**
 * ward_kill() - sends @signal to the container's init, or, with WARD_ALL, to each of its processes
 *
 * Returns 0; -ENOENT; -ESRCH when it is not running; -EINVAL.
 */
WARD_PUBLIC int ward_kill(struct ward *ward, const char *id, int signal, unsigned flags, struct ward_err *err);

/**
 * ward_delete() - removes a stopped container: its cgroups and its state; its poststop hooks run
 * @flags: WARD_FORCE
 *
 * A container that was created and not started is ended. Returns 0; -ENOENT; -EBUSY when it is running and WARD_FORCE is not set;
 * -EBADMSG or -ESTALE when its state is damaged or of another boot, which only WARD_FORCE removes.
 */
WARD_PUBLIC int ward_delete(struct ward *ward, const char *id, unsigned flags, struct ward_err *err);

enum ward_gc_kind {
        WARD_GC_CONTAINER, /* with all that belongs to it; named by its id */
        WARD_GC_GROUP,     /* a control group of ward's whose container's state is lost; its path */
        WARD_GC_IDS,       /* a range of ids for user namespaces; its first one */
        WARD_GC_FILTERS,   /* compiled seccomp filters; their number */
        WARD_GC_LIMITS,    /* what `ward limit` has changed of a target that is gone; its kind and name */
};

enum ward_gc_result {
        WARD_GC_REMOVED, /* with WARD_DRY_RUN: would be */
        WARD_GC_LEFT,    /* processes are in it */
        WARD_GC_FAILED,
};

/**
 * struct ward_gc_item - something that was found; it lives as long as the call that reports it
 * @struct_size: the library's sizeof(struct ward_gc_item)
 * @name:        see enum ward_gc_kind
 * @why:         why it was removed, or why it was not
 */
struct ward_gc_item {
        size_t struct_size;
        enum ward_gc_kind kind;
        enum ward_gc_result result;
        const char *name;
        const char *why;
};

/**
 * ward_gc() - removes what crashes and killed programs left
 * @flags:  WARD_ALL, WARD_FORCE, WARD_DRY_RUN
 * @report: called for each thing that was found, in the calling thread; NULL: nobody wants to know. It must not use @ward
 * @data:   passed to @report
 *
 * Removes containers whose start or removal was cut short, whose ward_run() was to remove them and is gone, which are of an earlier boot, or
 * whose state is damaged; control groups of this state root without a container; and, of the whole machine, ranges of ids of starts that were
 * killed. A container that runs, that somebody is at work on, or that has stopped and may be looked at stays; with WARD_ALL stopped ones go.
 * Where the state is lost and processes are left they stay, unless WARD_FORCE is set: then they are killed.
 *
 * Returns 0, also when some of it failed, which the report says; errors of reading the state root or the control groups; -ENOMEM.
 */
WARD_PUBLIC int ward_gc(struct ward *ward, unsigned flags, void (*report)(void *data, const struct ward_gc_item *item),
                        void *data, struct ward_err *err);

/* Freezes all processes of a container, and thaws them. Return 0; -ENOENT; -EBUSY or -ESRCH in another state; -ETIMEDOUT. */
WARD_PUBLIC int ward_pause(struct ward *ward, const char *id, struct ward_err *err);
WARD_PUBLIC int ward_resume(struct ward *ward, const char *id, struct ward_err *err);

/**
 * ward_update() - writes new limits
 * @text, @len: the object linux.resources of a config.json, alone; what it does not name stays as it is
 * @name:       what to call it in messages
 *
 * Returns 0; -ENOENT; -EINVAL with the position in @text, or where the kernel refused the value; -ESRCH when it is stopped.
 */
WARD_PUBLIC int ward_update(struct ward *ward, const char *id, const char *text, size_t len, const char *name,
                            struct ward_err *err);

/* ---- asking ------------------------------------------------------------------------------------------------------------ */

/**
 * ward_ending() - how a stopped container ended
 * @ret_exit: receives the numbers; NULL: not wanted
 * @ret_json: receives everything as one JSON object, owned by the caller: free(3). NULL: not wanted
 *
 * Of one that somebody waited for (ward_run() with WARD_KEEP) all is known. Of another one what its control group has counted and who sent a signal is;
 * the rest is unknown. Returns 0; -ENOENT; -EBUSY when it has not stopped; -EBADMSG when the record is damaged; -ENOMEM.
 */
WARD_PUBLIC int ward_ending(struct ward *ward, const char *id, struct ward_exit *ret_exit, char **ret_json,
                            struct ward_err *err);

enum ward_status {
        WARD_CREATING, /* its creator is at work, or died at it */
        WARD_CREATED,  /* waits for ward_start() */
        WARD_RUNNING,
        WARD_PAUSED,
        WARD_STOPPED,
};

/* The name of a status as the OCI runtime specification writes it: "running". The text is static; NULL for no status. */
WARD_PUBLIC const char *ward_status_name(enum ward_status status);

/* What is known of a container at one moment. */
struct ward_info;

/**
 * ward_state() - what is known of a container
 * @ret_info: owned by the caller: ward_info_free()
 *
 * Returns 0; -ENOENT, with the id that may have been meant; -EBADMSG or -ESTALE when its state is damaged or of another boot; -ENOMEM.
 */
WARD_PUBLIC int ward_state(struct ward *ward, const char *id, struct ward_info **ret_info, struct ward_err *err);

/* Frees what ward_state() gave; NULL is allowed. */
WARD_PUBLIC void ward_info_free(struct ward_info *info);

/* Its parts. Texts live as long as @info. Of a container in a list whose state is damaged only the id is known, and the others are
 * NULL and 0. */
WARD_PUBLIC const char *ward_info_id(const struct ward_info *info);
WARD_PUBLIC enum ward_status ward_info_status(const struct ward_info *info);
WARD_PUBLIC pid_t ward_info_pid(const struct ward_info *info); /* init, as the caller sees it; 0 when it is stopped */
WARD_PUBLIC const char *ward_info_bundle(const struct ward_info *info);
WARD_PUBLIC const char *ward_info_rootfs(const struct ward_info *info);
WARD_PUBLIC const char *ward_info_command(const struct ward_info *info);   /* its arguments, joined by blanks */
WARD_PUBLIC uint64_t ward_info_created_usec(const struct ward_info *info); /* microseconds since 1970 */
WARD_PUBLIC uid_t ward_info_owner(const struct ward_info *info);           /* who created it */
WARD_PUBLIC const char *ward_info_annotation(const struct ward_info *info, const char *key); /* NULL: not there */

/* All containers of a state root, sorted by id. */
struct ward_list;

/**
 * ward_list() - what is known of all containers
 * @ret_list: owned by the caller: ward_list_free()
 *
 * Returns 0, errors of reading the state root, or -ENOMEM.
 */
WARD_PUBLIC int ward_list(struct ward *ward, struct ward_list **ret_list, struct ward_err *err);

/* How many there are, and the one at @index, which is less than that; it lives as long as the list. */
WARD_PUBLIC size_t ward_list_count(const struct ward_list *list);
WARD_PUBLIC const struct ward_info *ward_list_at(const struct ward_list *list, size_t index);

/* Frees the list and what is in it; NULL is allowed. */
WARD_PUBLIC void ward_list_free(struct ward_list *list);

/**
 * ward_pids() - the processes of a container, by their pids as the caller sees them, ascending
 * @ret_pids: owned by the caller: free(3)
 *
 * Returns 0; -ENOENT; -ENODATA when it has no cgroup; -ENOMEM.
 */
WARD_PUBLIC int ward_pids(struct ward *ward, const char *id, pid_t **ret_pids, size_t *ret_count, struct ward_err *err);

#ifdef __cplusplus
}
#endif

#endif
