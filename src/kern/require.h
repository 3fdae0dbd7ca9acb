/* SPDX-License-Identifier: Apache-2.0 */
/* The system calls that a start needs: which of them this kernel lacks, or a filter around us refuses. docs/REQUIREMENTS.md has the list in words. */
#ifndef KERN_REQUIRE_H
#define KERN_REQUIRE_H

#include <stddef.h>

#include "base/err.h"

/* The name of the @index-th call that is refused here, "openat2"; NULL behind the last. *@ret_since (may be NULL) is the first Linux that has
 * it. Each call is tried with arguments that the kernel itself always refuses in another way, so trying has no effect. */
const char *require_refused(size_t index, const char **ret_since);

/*
 * For an operation that failed with @code. If that is -ENOSYS or -EPERM and calls are refused here, the hint of @err names them: what failed
 * did so because of them. Returns @code.
 */
int require_explain(int code, struct ward_err *err);

/*
 * An error when a filter around us answers one of the calls as if it had been made, and makes it not: what a start believes to have been taken away
 * or covered would still be there. Without a filter it costs two system calls.
 */
int require_honest(struct ward_err *err);

#endif
