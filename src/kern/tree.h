/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detached mounts: file systems and trees that exist behind a descriptor alone (fsopen(2), open_tree(2)), until move_mount(2) attaches
 * them or the last descriptor goes. Nothing of them is left when the process dies.
 */
#ifndef KERN_TREE_H
#define KERN_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All return a descriptor (owned by the caller) or 0, or -errno. */

/* A new empty tmpfs of at most @bytes and @inodes. @attributes: MOUNT_ATTR_*. */
int tree_tmpfs(uint64_t bytes, uint64_t inodes, uint64_t attributes);

/* A new node of a device, @mode with its type, which is @uid's and @gid's: a mount of that file alone, on which devices work also where it is attached
 * in a user namespace's mount namespace. It takes CAP_MKNOD in the initial user namespace (mknod(2)). @label: of Smack, where
 * the caller may give one (CAP_MAC_ADMIN there); NULL: as the kernel labels it. */
int tree_node(uint32_t mode, uint64_t device, uint32_t uid, uint32_t gid, const char *label);

/* A clone of the mount at @path below @dirfd, from that directory down; "" is @dirfd itself. Symbolic links at its end are not
 * followed. @recursive: with the mounts below. */
int tree_clone(int dirfd, const char *path, bool recursive);

/* Whether the caller has the right to clone mounts of his mount namespace: CAP_SYS_ADMIN in the user namespace that it belongs to. */
bool tree_may_clone(void);

/* A clone of the tmpfs that is mounted at the directory @path of the root of the mount namespace @mount_ns, whose user namespace is @user_ns (it may be
 * the caller's). Nothing on the way may be a symbolic link: who owns the namespace puts there what he likes. -ENOENT: nothing is mounted
 * there; -EINVAL: another file system is. */
int tree_of_namespace(int user_ns, int mount_ns, const char *path);

/* Sets and clears MOUNT_ATTR_* of a mount. */
int tree_attributes(int fd, uint64_t set, uint64_t clear, bool recursive);

/* Takes a tree out of the peer groups that a clone shares with what it was cloned from: what is mounted on it stays in it. */
int tree_private(int fd);

/* Makes the file system that @fs (fsopen(2)) was configured for, and a detached mount of it. */
int tree_make(int fs, uint64_t attributes);

/* What the kernel wrote into the log of @fs about its refusal, without a line end; "" when it wrote nothing. */
void tree_log(int fs, char *buffer, size_t size);

#endif
