/* SPDX-License-Identifier: Apache-2.0 */
/* A YAML text as records. */
#ifndef HELPER_YAML_EVENTS_H
#define HELPER_YAML_EVENTS_H

#include "base/text.h"

/* Adds the events of @text to @out, struct event and its text after each other (base/events.h). */
void yaml_events(const char *text, size_t len, struct text *out);

#endif
