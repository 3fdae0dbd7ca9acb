/* SPDX-License-Identifier: Apache-2.0 */
/* What checkpoint and restore share: the options that are CRIU's, with runc's names. */
#ifndef OCI_CRIU_H
#define OCI_CRIU_H

#include "oci/oci.h"

/* The first member of the structures that these entries fill in. */
struct criu_options {
        const char *image_path, *work_path;
        unsigned cgroups; /* enum engine_criu_cgroups */
        unsigned lock;    /* enum engine_criu_lock */
        bool cgroups_given;
        bool tcp_established, ext_unix_sk, shell_job, file_locks, auto_dedup, lazy_pages;
};

#define CRIU_FLAG(option, text, member)                                                \
        {                                                                              \
                .name = option, .help = text, OPTION_FLAG(struct criu_options, member) \
        }

#define CRIU_RARE(option, text, member)                                                              \
        {                                                                                            \
                .name = option, .help = text, .rare = true, OPTION_FLAG(struct criu_options, member) \
        }

#define CRIU_ENTRIES                                                                                                   \
        {.name = "image-path",                                                                                         \
         .arg = "DIR",                                                                                                 \
         .help = "directory of the images (default: ./checkpoint)",                                                    \
         OPTION_TEXT(struct criu_options, image_path)},                                                                \
                {.name = "work-path",                                                                                  \
                 .arg = "DIR",                                                                                         \
                 .help = "directory of CRIU's log (default: that of the images)",                                      \
                 OPTION_TEXT(struct criu_options, work_path)},                                                         \
                CRIU_FLAG("tcp-established", "with open TCP connections", tcp_established),                            \
                CRIU_FLAG("ext-unix-sk", "with unix sockets whose other end is outside", ext_unix_sk),                 \
                CRIU_FLAG("shell-job", "with a terminal or session from outside", shell_job),                          \
                CRIU_FLAG("file-locks", "with locked files", file_locks),                                              \
                CRIU_RARE("auto-dedup", "take pages out of older images", auto_dedup),                                 \
                {.name = "manage-cgroups-mode",                                                                        \
                 .rare = true,                                                                                         \
                 .arg = "soft|full|strict|ignore",                                                                     \
                 .help = "what becomes of control groups (default: soft)",                                             \
                 .kind = OPTION_KIND_CALL,                                                                             \
                 .read = criu_read_cgroups},                                                                           \
                {.name = "network-lock",                                                                               \
                 .rare = true,                                                                                         \
                 .arg = "iptables|nftables|skip",                                                                      \
                 .help = "how packets are kept away (default: as can be)",                                             \
                 .kind = OPTION_KIND_CALL,                                                                             \
                 .read = criu_read_lock},                                                                              \
        {                                                                                                              \
                .name = "empty-ns", .rare = true, .arg = "network",                                                    \
                .help = "save no network devices (ward never does)", .kind = OPTION_KIND_CALL, .read = criu_read_empty \
        }

int criu_read_cgroups(void *target, const char *value, struct arena *arena, struct ward_err *err);
int criu_read_lock(void *target, const char *value, struct arena *arena, struct ward_err *err);
int criu_read_empty(void *target, const char *value, struct arena *arena, struct ward_err *err);

/* The engine's options; relative paths become absolute. */
int criu_translate(struct oci *oci, const struct criu_options *options, struct engine_criu_options *ret_options,
                   struct ward_err *err);

#endif
