/* SPDX-License-Identifier: Apache-2.0 */
/* The seccomp filter of a container, which is also that of every process that joins it. */
#ifndef ENGINE_PROFILE_H
#define ENGINE_PROFILE_H

#include <stdbool.h>

#include "launch/filter.h"

/* What decides the conditions of a profile in docker's form: the bounding set @caps, and the running kernel. */
int profile_context(uint64_t caps, struct seccomp_context *ret_context, struct ward_err *err);

/* From @spec's profile, through the cache behind @cache_fd (-EBADF: none). @docker: the profile is in docker's form, whose conditions are
 * decided by the container's bounding set and the running kernel. Memory comes from @arena. */
int profile_filter(const struct ward_spec *spec, bool docker, int cache_fd, struct arena *arena,
                   struct seccomp_filter *ret_filter, struct ward_err *err);

/* Whether the running kernel can load @filter. */
int profile_check(const struct seccomp_filter *filter, struct ward_err *err);

#endif
