/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRIU (criu(8)): the program that writes the processes of a container to files, and makes them anew from these.
 *
 * It is run as `criu swrk 3`: for one request of its RPC (images/rpc.proto of its sources) over a socket, over which it also asks what the caller
 * has to do meanwhile. Its command line could not hand over the master of a terminal, nor stop at the points where hooks run.
 */
#ifndef ENGINE_CRIU_H
#define ENGINE_CRIU_H

#include <sys/types.h>

#include "engine/engine.h"
#include "kern/cgroup.h"

/* Requests: enum criu_req_type. */
enum criu_request {
        CRIU_DUMP = 1,
        CRIU_RESTORE = 2,
        CRIU_PRE_DUMP = 13, /* of one round: SINGLE_PRE_DUMP */
};

#define CRIU_STDIO_FILE \
        "descriptors.json" /* beside the images, as runc has it: how the standard descriptors are called in them */

#define CRIU_FDS_MAX 8 /* for restore */

struct criu {
        const char *verb;          /* for messages: "checkpoint container 'c1'" */
        const char *images, *work; /* absolute paths of directories */
        const char *log;           /* the name of the log in @work */
        const char *root;          /* restore: the root file system; NULL: dump */
        bool no_new_privs;         /* restore: the processes have it (prctl(2)) */
        struct text options;       /* owned: its message of options, as far as it is written */
        struct arena arena;
        int fds[CRIU_FDS_MAX]; /* owned: what it gets behind its socket */
        size_t fd_count;
        int groups[CGROUP_HIERARCHY_MAX]; /* owned: the files by which it joins the container's groups */
        size_t group_count;
        /* What it says meanwhile: the name of one of its scripts, with the pid of init, or 0. @fd: what came with it, or -EBADF; borrowed.
         * An error ends the work. */
        int (*notify)(void *data, const char *script, pid_t pid, int fd, struct ward_err *err);
        void *data;
};

/* The fields of its options that both verbs have: where the images are, what @options say, and which file of options the annotations of @spec name.
 * Makes the working directory. Initialises @criu also when it fails. */
int criu_begin(struct criu *criu, const char *verb, const struct engine_criu_options *options, const char *log,
               const struct ward_spec *spec, struct ward_err *err);

/* A mount that is not to be saved with the container: at the dump @key is where it is, and @value what it is called; at the restore @key is what it is
 * called, and @value what is to be mounted there. */
void criu_add_mount(struct criu *criu, const char *key, const char *value);

/* What is known by a name alone is @fd in the restored container. It is taken. */
int criu_inherit(struct criu *criu, const char *name, int fd, struct ward_err *err);

/* Runs it. -ENOENT: it is not installed. When it fails the error ends in what its log says last, and the hint says where that is. */
int criu_run(struct criu *criu, enum criu_request request, struct ward_err *err);

void criu_done(struct criu *criu);

#define _cleanup_criu_ _cleanup_(criu_done)

/* Its options' fields that a verb writes itself: struct criu_opts. */
enum criu_field {
        CRIU_IMAGES_DIR_FD = 1,
        CRIU_PID = 2,
        CRIU_LEAVE_RUNNING = 3,
        CRIU_EXT_UNIX_SK = 4,
        CRIU_TCP_ESTABLISHED = 5,
        CRIU_EVASIVE_DEVICES = 6,
        CRIU_SHELL_JOB = 7,
        CRIU_FILE_LOCKS = 8,
        CRIU_LOG_LEVEL = 9,
        CRIU_LOG_FILE = 10,
        CRIU_PAGE_SERVER = 11,
        CRIU_NOTIFY_SCRIPTS = 12,
        CRIU_ROOT = 13,
        CRIU_PARENT_IMG = 14,
        CRIU_TRACK_MEM = 15,
        CRIU_AUTO_DEDUP = 16,
        CRIU_WORK_DIR_FD = 17,
        CRIU_LINK_REMAP = 18,
        CRIU_EXT_MNT = 23,
        CRIU_MANAGE_CGROUPS = 24,
        CRIU_CG_ROOT = 25,
        CRIU_RST_SIBLING = 26,
        CRIU_INHERIT_FD = 27,
        CRIU_MANAGE_CGROUPS_MODE = 34,
        CRIU_EXTERNAL = 37,
        CRIU_EMPTY_NS = 38,
        CRIU_JOIN_NS = 39,
        CRIU_FREEZE_CGROUP = 44,
        CRIU_TCP_SKIP_IN_FLIGHT = 46,
        CRIU_LAZY_PAGES = 48,
        CRIU_ORPHAN_PTS_MASTER = 50,
        CRIU_CONFIG_FILE = 51,
        CRIU_TCP_CLOSE = 52,
        CRIU_LSM_PROFILE = 53,
        CRIU_LSM_MOUNT_CONTEXT = 63,
        CRIU_NETWORK_LOCK = 64,
};

#endif
