/* SPDX-License-Identifier: Apache-2.0 */
/* struct ward_spec → config.json: what `ward run` keeps beside the state, and what a test compares. */
#ifndef MODEL_PRINT_H
#define MODEL_PRINT_H

#include "base/text.h"
#include "model/spec.h"

/* Appends the spec as a config.json that oci_parse() reads back to an equal spec. */
void spec_print(const struct ward_spec *spec, struct text *text);

#endif
