/* SPDX-License-Identifier: Apache-2.0 */
/* What create, run and plan share: a bundle's config.json, and the options that say how to start from it. */
#ifndef OCI_BUNDLE_H
#define OCI_BUNDLE_H

#include "oci/oci.h"

struct bundle_options {
        const char *bundle, *config;
        const char *console_socket, *pid_file, *pidfd_socket;
        bool no_pivot, no_new_keyring;
        uint64_t preserve_fds;
};

#define BUNDLE_PATH_ENTRIES(type)                                                                    \
        {.name = "bundle",                                                                           \
         .letter = 'b',                                                                              \
         .arg = "DIR",                                                                               \
         .help = "the bundle (default: the current directory)",                                      \
         OPTION_TEXT(type, bundle.bundle)},                                                          \
        {                                                                                            \
                .name = "config", .letter = 'f', .arg = "FILE", .help = "config.json of the bundle", \
                OPTION_TEXT(type, bundle.config)                                                     \
        }

#define BUNDLE_START_ENTRIES(type)                                                                                  \
        {.name = "console-socket",                                                                                  \
         .arg = "PATH",                                                                                             \
         .help = "socket that takes the terminal's master",                                                         \
         OPTION_TEXT(type, bundle.console_socket)},                                                                 \
                {.name = "pid-file",                                                                                \
                 .arg = "FILE",                                                                                     \
                 .help = "write the pid of init there",                                                             \
                 OPTION_TEXT(type, bundle.pid_file)},                                                               \
                {.name = "pidfd-socket",                                                                            \
                 .arg = "PATH",                                                                                     \
                 .help = "socket that takes a pidfd of init",                                                       \
                 OPTION_TEXT(type, bundle.pidfd_socket)},                                                           \
                {.name = "preserve-fds",                                                                            \
                 .arg = "N",                                                                                        \
                 .help = "pass descriptors 3 to 2+N on",                                                            \
                 OPTION_NUMBER(type, bundle.preserve_fds, OCI_PRESERVE_FDS_MAX)},                                   \
                {.name = "no-pivot",                                                                                \
                 .help = "chroot(2) in place of pivot_root(2)",                                                     \
                 OPTION_FLAG(type, bundle.no_pivot)},                                                               \
        {                                                                                                           \
                .name = "no-new-keyring", .help = "keep the session keyring", OPTION_FLAG(type, bundle.no_new_keyring) \
        }

#define OCI_PRESERVE_FDS_MAX 1024

/* A bundle that was read: what to run, and how as far as the options say it. */
struct bundle {
        struct ward_spec spec;
        struct engine_options engine; /* its strings are of the bundle, the arena or argv */
        char *config;                 /* owned: the text of the config */
};

#define _cleanup_bundle_ _cleanup_(bundle_done)

/* Reads and parses the config; a relative root becomes absolute. Free with bundle_done(). */
int bundle_load(struct oci *oci, const struct bundle_options *options, const char *id, struct bundle *ret_bundle,
                struct ward_err *err);
void bundle_done(struct bundle *bundle);

#endif
