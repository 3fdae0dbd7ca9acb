/* SPDX-License-Identifier: Apache-2.0 */
/* Where the events of a YAML text come from. */
#ifndef PROFILE_YAML_H
#define PROFILE_YAML_H

#include "base/err.h"
#include "base/text.h"

/* Adds the events of @text to @events (base/events.h): those that the program libexec/ward/yaml answers. A test says them itself. Errors: it can't be executed, or
 * ends without an answer. */
int profile_events(const char *text, size_t len, struct text *events, struct ward_err *err);

#endif
