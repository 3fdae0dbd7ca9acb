/* SPDX-License-Identifier: Apache-2.0 */
/* The words for errors and signals that everybody knows: glibc's, also in a program that is built against another C library. */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

/* What an error means, "No such file or directory", and its name, "ENOENT" (errno(3)). Of a number that is none: a text that says so, and NULL. */
const char *errno_text(int error);
const char *errno_name(int error);

/* The name of a signal without SIG, or NULL: it has none, as those of real time have none of their own. */
const char *signal_name(int signal);

#endif
