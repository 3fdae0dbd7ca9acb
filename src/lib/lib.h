/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of libward's public types, and what the files of this folder share.
 *
 * libward translates to engine/engine.h and decides nothing. Nobody but the library is built from this folder.
 */
#ifndef LIB_LIB_H
#define LIB_LIB_H

#include <stddef.h>

#include "engine/engine.h"
#include "ward/ward.h"

struct ward {
        struct store store;
};

struct ward_process {
        struct arena arena;
        struct spec_process process;
};

/*
 * Copies a caller's structure, which begins with its own struct_size, to @ret_ours of @size bytes: what the caller does not have is
 * zero. @least: up to the last member of the first version. @given NULL: all zero. Errors: -EINVAL, -E2BIG.
 */
int lib_take(void *ret_ours, size_t size, size_t least, const void *given, const char *name, struct ward_err *err);

/* The other way round: gives the caller as much of @ours as its struct_size has room for. */
void lib_give(void *ret_theirs, const void *ours, size_t size);

/*
 * Ends a call that came to @r with @own as its error: that becomes the caller's @err below zero alone. What is tried again another way has
 * left a text behind, and codes depend on there being an error to fill in (err_hint()). Returns @r.
 */
int lib_end(int r, struct ward_err *own, struct ward_err *err);

/* -EINVAL unless @flags is a subset of @allowed. */
int lib_flags(unsigned flags, unsigned allowed, const char *verb, struct ward_err *err);

#endif
