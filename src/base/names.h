/* SPDX-License-Identifier: Apache-2.0 */
/* The names that Linux gives to numbers: capabilities, resource limits, signals. Pure data. */
#ifndef BASE_NAMES_H
#define BASE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define CAP_NAME_COUNT 41
#define RLIMIT_NAME_COUNT 16

/* The name of capability n is cap_names[n]: "CAP_CHOWN" ... (capabilities(7)). */
extern const char *const cap_names[CAP_NAME_COUNT];

/* The name of resource n is rlimit_names[n]: "RLIMIT_CPU" ... (getrlimit(2)). */
extern const char *const rlimit_names[RLIMIT_NAME_COUNT];

/* The index of @word in @words; case is ignored. -1: not there. */
int name_index(const char *word, const char *const *words, size_t count);

/* A capability by name, "CAP_CHOWN" or "cap_chown". -1: there is none of that name. */
int cap_number(const char *name);

/* The name to be suggested in place of @name, which cap_number() doesn't know; NULL when none is near. */
const char *cap_nearest(const char *name);

/* A signal by number or by name, with or without SIG, in any case: 9, KILL, sigkill, RTMIN+3, RTMAX-1. -1: there is none. */
int signal_number(const char *word);

/* Whether it ends a program that has not said otherwise: signal(7) has those that do nothing, stop or continue. */
bool signal_ends(int signal);

/* Sets the error for a @word that signal_number() doesn't know. Returns -EINVAL. */
int signal_unknown(const char *word, struct ward_err *err);

#endif
