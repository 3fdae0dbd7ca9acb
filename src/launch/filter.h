/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seccomp filter of a container: from the cache, or its profile compiled and cached.
 *
 * The key is a hash of the profile's text, the context that decides docker-style conditions, libseccomp's version, ward's table
 * version and the architecture. A cached file is used only if it is a regular file of mode 0600, owned by the caller's
 * effective uid, with one link, in a 0700 directory of the same owner, its header intact and its checksum right; anything
 * else is compiled anew. A file gets its name when it is complete (linkat(2) of an unnamed one). The cache never makes a start fail.
 */
#ifndef LAUNCH_FILTER_H
#define LAUNCH_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"
#include "kern/seccomp.h"
#include "model/seccomp.h"
#include "model/spec.h"

/* ward's own profiles, in docker's form: the files of data/seccomp, byte for byte, each with a NUL behind it. */
extern const char filter_default_profile[], filter_strict_profile[], filter_systemd_profile[];
extern const size_t filter_default_profile_len, filter_strict_profile_len, filter_systemd_profile_len;

struct filter_profile {
        const char *name; /* "default" */
        const char *text; /* NULL: no filter ("unconfined") */
        const size_t *len;
        const char *title; /* for messages: "the default seccomp profile" */
};

/* By index from 0; NULL: there are no more. And by name; NULL: there is none of that name. */
const struct filter_profile *filter_profile_at(size_t index);
const struct filter_profile *filter_profile_named(const char *name);

/*
 * The filter always has SECCOMP_FILTER_FLAG_LOG, and SECCOMP_FILTER_FLAG_NEW_LISTENER if it leaves a call to a listener. *@ret_filter has no code when @profile has no text.
 * @cache_fd: the cache directory, or -EBADF for none. @context: see model/seccomp.h; NULL for the OCI form alone. Memory comes from
 * @arena. *@ret_cached (may be NULL) says whether the cache had it. Errors: -EINVAL with position, -ENOMEM.
 */
int filter_get(const struct spec_seccomp *profile, const char *file, const struct seccomp_context *context,
               int cache_fd, struct arena *arena, struct seccomp_filter *ret_filter, bool *ret_cached,
               struct ward_err *err);

/* Whether @filter (NULL: none) does not let the system call @nr of the native architecture be made, whatever its arguments. */
bool filter_denies(const struct seccomp_filter *filter, long nr);

/* Removes the cached filters that were not read for @days, or with @dry_run none. Returns how many. */
size_t filter_tidy(int cache_fd, unsigned days, bool dry_run);

#endif
