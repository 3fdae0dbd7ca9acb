/* SPDX-License-Identifier: Apache-2.0 */
/* What create, run and plan share: a bundle's config.json, and the options that say how to start from it. */
#ifndef OCI_BUNDLE_H
#define OCI_BUNDLE_H

#include "oci/oci.h"

/* The first member of the structures that these entries fill in. */
struct bundle_options {
        const char *bundle, *config;
        const char *console_socket, *pid_file, *pidfd_socket;
        bool no_pivot, no_new_keyring;
        uint64_t preserve_fds;
};

#define BUNDLE_TEXT(option, key, value, text, member)                                                                 \
        {                                                                                                             \
                .name = option, .letter = key, .arg = value, .help = text, OPTION_TEXT(struct bundle_options, member) \
        }

#define BUNDLE_FLAG(option, text, member)                                                \
        {                                                                                \
                .name = option, .help = text, OPTION_FLAG(struct bundle_options, member) \
        }

#define BUNDLE_COUNT(option, value, text, member, most)                                                        \
        {                                                                                                      \
                .name = option, .arg = value, .help = text, OPTION_NUMBER(struct bundle_options, member, most) \
        }

#define BUNDLE_PATH_ENTRIES                                                                       \
        BUNDLE_TEXT("bundle", 'b', "DIR", "the bundle (default: the current directory)", bundle), \
                BUNDLE_TEXT("config", 'f', "FILE", "its config (default: config.json)", config)

#define BUNDLE_START_ENTRIES                                                                                 \
        BUNDLE_TEXT("console-socket", 0, "PATH", "socket that takes the terminal's master", console_socket), \
                BUNDLE_TEXT("pid-file", 0, "FILE", "write the pid of init there", pid_file),                 \
                BUNDLE_TEXT("pidfd-socket", 0, "PATH", "socket that takes a pidfd of init", pidfd_socket),   \
                BUNDLE_COUNT("preserve-fds", "N", "pass descriptors 3 to 2+N on", preserve_fds,              \
                             ENGINE_PRESERVE_FDS_MAX),                                                       \
                BUNDLE_FLAG("no-pivot", "chroot(2) in place of pivot_root(2)", no_pivot),                    \
                BUNDLE_FLAG("no-new-keyring", "keep the caller's session keyring", no_new_keyring)

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
/* For who starts a service: the program finds a socket where NOTIFY_SOCKET says, in a directory as with crun, and its own NOTIFY_SOCKET names it. */
int bundle_take_notify_socket(const struct oci *oci, struct bundle *bundle, struct ward_err *err);

void bundle_done(struct bundle *bundle);

#endif
