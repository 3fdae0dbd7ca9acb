/* SPDX-License-Identifier: Apache-2.0 */
/* Labels of Smack (the kernel's Documentation/admin-guide/LSM/Smack.rst). Pure data. */
#ifndef MODEL_SMACK_H
#define MODEL_SMACK_H

#include "base/err.h"

#define SMACK_ANNOTATION "ward.smack" /* of config.json: the label */
#define SMACK_LABEL_MAX 255

/* -EINVAL, in words, for what no process can have as its label. The kernel would cut a label at the first character that it does not take. */
int smack_label_check(const char *label, struct ward_err *err);

#endif
