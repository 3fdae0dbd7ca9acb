/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Setting and wrapping struct ward_err.
 *
 *      fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
 *      if (fd < 0)
 *              return err_errno(err, "open '%s'", name);          "open 'x': No such file or directory"
 *      ...
 *      return err_hint(err, "make it with 'mkdir %s'", name);     adds what to do, returns the same code
 *
 * A message and a hint have no control characters, whatever the words have that are put in.
 *
 * @err may be NULL everywhere: then only the return code is wanted.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <errno.h>

#include "base/mistakes.h"
#include "ward/error.h"

/* Sets the error from a code that the caller has: @code is a negative errno; the message is taken as it is.
 * Returns @code. */
int err_set(struct ward_err *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* As err_set(), and appends ": " and errno_text(-code). */
int err_code(struct ward_err *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* As err_code() with -errno. */
#define err_errno(err, ...) err_code((err), -errno, __VA_ARGS__)

/* Sets the hint of an error that is already set. Returns -err->errnum (or -EINVAL when @err is NULL). */
int err_hint(struct ward_err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Says which mistake an error that is already set is. Returns -err->errnum (or -EINVAL when @err is NULL). */
int err_mistake(struct ward_err *err, enum mistake mistake);

/* Puts "context: " in front of the message of an error that is already set. Returns -err->errnum. */
int err_wrap(struct ward_err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Out of memory. Returns -ENOMEM. */
int err_oom(struct ward_err *err);

#endif
