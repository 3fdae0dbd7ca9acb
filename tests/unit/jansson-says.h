/* SPDX-License-Identifier: Apache-2.0 */
/* The second opinion of the tests about JSON. */
#ifndef TESTS_UNIT_JANSSON_SAYS_H
#define TESTS_UNIT_JANSSON_SAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether jansson reads @text as one JSON value without duplicate keys. */
bool jansson_accepts(const char *text, size_t len);

/* @text as an object; NULL when it is none to jansson. */
struct jansson_object;
struct jansson_object *jansson_read(const char *text, size_t len);
void jansson_done(struct jansson_object *object);

/* A member that is a string, NULL otherwise; one that is an integer, 0 otherwise. */
const char *jansson_text(const struct jansson_object *object, const char *key);
int64_t jansson_number(const struct jansson_object *object, const char *key);

#endif
