/* SPDX-License-Identifier: Apache-2.0 */
/* Names and words for phases and ops: what a plan shows and what a failure says are the same sentence. */
#ifndef LAUNCH_DESCRIBE_H
#define LAUNCH_DESCRIBE_H

#include "base/text.h"
#include "launch/ops.h"

/* "isolate" */
const char *phase_name(enum phase phase);

/* "become-root" */
const char *op_name(enum op_type type);

/* What an op does, as the head of a sentence: "mount tmpfs on '/dev/shm'". */
void op_describe(const struct plan *plan, const struct op *op, struct text *text);

#endif
