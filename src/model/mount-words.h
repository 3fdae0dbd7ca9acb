/* SPDX-License-Identifier: Apache-2.0 */
/* The option words of a mount: one table, read by oci-mounts.c and written by print.c. */
#ifndef MODEL_MOUNT_WORDS_H
#define MODEL_MOUNT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
        MOUNT_WORD_NOTHING,
        MOUNT_WORD_SET,
        MOUNT_WORD_CLEAR,
        MOUNT_WORD_SET_ATIME,
        MOUNT_WORD_CLEAR_ATIME,
        MOUNT_WORD_PROPAGATION,
        MOUNT_WORD_BIND,
        MOUNT_WORD_RBIND,
        MOUNT_WORD_REMOUNT,
        MOUNT_WORD_IDMAP,
        MOUNT_WORD_RIDMAP,
        MOUNT_WORD_COPY_UP,
        MOUNT_WORD_COPY_SYMLINK,
        MOUNT_WORD_TREE = 64, /* added to the four attribute kinds: for the mounts below too */
};

struct mount_word {
        char name[16]; /* no pointer, which a static-pie relocates at every start */
        unsigned kind;
        uint64_t attr;       /* MOUNT_ATTR_* */
        unsigned long flags; /* MS_* of the file system, or of the propagation */
};

extern const struct mount_word mount_words[];
extern const size_t mount_word_count;

struct spec_mount;

/* Applies what @name says to @mount. false: it is no such word, but one for the file system, or none at all. */
bool mount_word_apply(const char *name, struct spec_mount *mount);

/* Whether @name is about the file system itself and no mount of it: "sync". A bind can't have it for itself (mount(2), MS_REMOUNT). */
bool mount_word_of_file_system(const char *name);

#endif
