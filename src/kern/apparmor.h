/* SPDX-License-Identifier: Apache-2.0 */
/* AppArmor: the policy of this kernel, and its compiler apparmor_parser(8), which alone knows how to write for it. */
#ifndef KERN_APPARMOR_H
#define KERN_APPARMOR_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"

bool apparmor_active(void);

/* Has the profiles in @text loaded, or replaced where they are; or removed. -EOPNOTSUPP: AppArmor is not active; -ENOENT: there is no apparmor_parser; -EINVAL: it
 * refused, and has said why on standard error. */
int apparmor_load(const char *text, struct ward_err *err);
int apparmor_unload(const char *text, struct ward_err *err);

/* The lines of the kernel's list, "NAME (enforce)", in @arena. -EACCES for who is not root. */
int apparmor_list(struct arena *arena, const char **ret_list, struct ward_err *err);

#endif
