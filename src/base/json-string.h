/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a JSON string, for base/json.c alone. */
#ifndef BASE_JSON_STRING_H
#define BASE_JSON_STRING_H

#include <stdbool.h>
#include <stddef.h>

/* Checks a string from the byte behind its opening quote. Returns where its closing quote is, *@ret_why NULL; or where it is malformed,
 * and why. What passes needs no second check: it is UTF-8 and holds no NUL, escapes included. */
const char *json_string_scan(const char *at, const char *end, bool *ret_escaped, const char **ret_why);

/* Writes a string that was checked without its escapes: at most @len bytes. */
void json_string_unescape(char *out, const char *at, size_t len);

#endif
