/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ward-oci: what its verbs share. Each verb is one file with one struct oci_verb: the table of its options, and the function
 * that turns them into one call of the engine and prints the answer. Nothing is decided here.
 */
#ifndef OCI_OCI_H
#define OCI_OCI_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/text.h"
#include "engine/engine.h"
#include "model/spec.h"
#include "store/store.h"

/* The versions of the runtime specification that a config may be written for. */
#define OCI_VERSION_MIN "1.0.0"
#define OCI_VERSION_MAX "1.3.0"

/* One call of the program. Strings are of argv or of the arena. */
struct oci {
        struct arena arena;
        char **argv;        /* as main() got it */
        struct store store; /* open while a verb with @needs_store runs */
        const char *root;   /* --root; NULL: the default */
        enum engine_groups groups;
        const char *log; /* --log; NULL: none */
        bool log_json;
        unsigned log_level; /* enum oci_log_level: what is less severe is not written */
        bool trace;
        FILE *phases;  /* --debug: where phases are written to become records; NULL: nowhere yet */
        bool executes; /* and they are exec's */
        int failure;   /* the exit status when the verb fails */
};

struct oci_verb {
        const char *name;
        struct option_command command;
        size_t options_size; /* of the structure that command.entries fill in; zeroed before */
        bool needs_store;
        bool in_sight; /* see engine_protect_program() */
        int failure;   /* the exit status when it fails; 0: 1 */
        /* Returns the exit status, or -errno with @err set. */
        int (*run)(struct oci *oci, const void *options, int count, char **operands, struct ward_err *err);
};

extern const struct oci_verb oci_checkpoint, oci_create, oci_delete, oci_events, oci_exec, oci_features, oci_kill,
        oci_list, oci_mounts, oci_pause, oci_plan, oci_ps, oci_restore, oci_resume, oci_run, oci_spec, oci_start,
        oci_state, oci_update;

/*
 * Calls @function for every container whose id has the regular expression @pattern (regex(7), extended). What fails is logged, and the others have
 * their turn; then -ECANCELED.
 */
typedef int oci_each_fn(struct oci *oci, const char *id, const void *what, struct ward_err *err);
int oci_each(struct oci *oci, const char *pattern, oci_each_fn *function, const void *what, struct ward_err *err);

enum oci_log_level {
        OCI_LOG_ERROR,
        OCI_LOG_WARNING,
        OCI_LOG_INFO,
        OCI_LOG_DEBUG,
};

/* Writes one record to the log, and none if the log does not want it. An error goes to stderr, too, for a person. */
void oci_log(const struct oci *oci, enum oci_log_level level, unsigned code, const char *message, const char *hint);

/* Where the engine shall write the phases of a start, or of exec: to standard error for --trace, into the log for --debug; NULL: nobody wants them. */
FILE *oci_trace(struct oci *oci, bool executes);

/* Warns that what is shown of a container was found through its cgroup. */
void oci_warn_damage(const struct oci *oci, const struct engine_info *info);

/* Warns of capabilities that a process was to have and can't. */
int oci_warn_caps(const struct oci *oci, const struct spec_caps *caps, struct ward_err *err);

/* Warns of a limit with which no process can be made, which may be meant otherwise. */
void oci_warn_pids(const struct oci *oci, const struct spec_i64 *pids);

/* Whom the service manager wants to be told that the service is ready (sd_notify(3)): NOTIFY_SOCKET of the environment; NULL: nobody. */
const char *oci_notify_socket(void);

/* Reads all of @file, or of standard input for "-". *@ret_name is what messages call it; *@ret_text is owned by the caller (free). */
int oci_read_input(const char *file, const char **ret_name, char **ret_text, size_t *ret_len, struct ward_err *err);

/* Writes @text to standard output. */
int oci_print(const struct text *text, struct ward_err *err);

/* Appends "2024-05-06T07:08:09.123456Z". */
void oci_add_time(struct text *text, uint64_t usec);

/* Appends what `state` and `list` say of a container; @pretty: on several lines. @ending: how it ended; NULL: it has not, or that is not said. */
void oci_add_state(struct text *text, const struct engine_info *info, const struct ending *ending, bool pretty);

/* The name of a user from /etc/passwd, "#N" for one that is not in it. Lives in @arena; NULL when memory is short. */
const char *oci_user_name(uint32_t uid, struct arena *arena);

#endif
