/* SPDX-License-Identifier: Apache-2.0 */
/* Users by the names that the container's own /etc/passwd and /etc/group give them. */
#ifndef ENGINE_USER_H
#define ENGINE_USER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "model/spec.h"

struct user {
        uint32_t uid, gid;
        const uint32_t *groups; /* supplementary ones; in the arena */
        size_t group_count;
        const char *home; /* never NULL */
};

/*
 * Reads USER[:GROUP], each a name or a number, as the system below the directory @root_fd has them: its files are read through
 * RESOLVE_IN_ROOT, and only if they are regular ones. What is all digits is a number, never a name (V12). Without GROUP the user's own
 * group and those that /etc/group lists it in. A number that is in neither file is good too. NULL is user 0.
 */
int user_read(int root_fd, const char *word, struct arena *arena, struct user *ret_user, struct ward_err *err);

/* The pure half of it: from the texts of the two files, which are cut up in place. */
int user_parse(char *passwd, char *groups, const char *word, struct arena *arena, struct user *ret_user,
               struct ward_err *err);

/* A group alone, by name or number, as user_read() reads GROUP. */
int user_group(int root_fd, const char *word, uint32_t *ret_gid, struct ward_err *err);

/*
 * @envp with each variable once, its last setting, and HOME, where it is not set or empty, as the home of user @uid, "/" if the root has no such
 * user: what runc does, and engines rely on. The strings are those of @envp. NULL when memory is short. An unreadable /etc/passwd is as
 * good as none. With @spec the root has not its mounts yet: what that mounts on /etc/passwd or /etc counts.
 */
const char *const *user_environment(const char *const *envp, int root_fd, const struct ward_spec *spec, uint32_t uid,
                                    struct arena *arena);

#endif
