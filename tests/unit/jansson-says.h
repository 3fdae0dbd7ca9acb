/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_JANSSON_SAYS_H
#define TESTS_UNIT_JANSSON_SAYS_H

#include <stdbool.h>
#include <stddef.h>

/* Whether jansson reads @text as one JSON value without duplicate keys. */
bool jansson_accepts(const char *text, size_t len);

#endif
