/* SPDX-License-Identifier: Apache-2.0 */
/* Whether this kernel has Landlock; see landlock.h. */
#include "kern/landlock.h"

#include <errno.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/uapi.h"
#include "kern/careful.h"

int landlock_abi(struct ward_err *err)
{
        int abi = careful_syscall(SYS_landlock_create_ruleset, 0, 0, LANDLOCK_CREATE_RULESET_VERSION, 0, 0);

        if (abi > 0)
                return abi;
        /* 0 is the answer of a filter alone. */
        if (abi == -ENOSYS) {
                (void)err_set(err, -EOPNOTSUPP, "Landlock: this kernel has none");
                return err_hint(err, "it takes Linux 5.13, built with CONFIG_SECURITY_LANDLOCK");
        }
        if (abi == -EOPNOTSUPP) {
                (void)err_set(err, -EOPNOTSUPP, "Landlock: this kernel was booted without it");
                return err_hint(err, "put landlock first in lsm= on the kernel's command line, and boot again");
        }
        (void)err_set(err, -EOPNOTSUPP, "Landlock: the call is refused: %s",
                      abi < 0 ? strerror(-abi) : "it had no effect");
        return err_hint(
                err,
                "a seccomp filter of an outer sandbox does that: allow landlock_create_ruleset, landlock_add_rule and "
                "landlock_restrict_self there");
}

unsigned landlock_errata(void)
{
        int errata = careful_syscall(SYS_landlock_create_ruleset, 0, 0, LANDLOCK_CREATE_RULESET_ERRATA, 0, 0);

        return errata < 0 ? 0 : (unsigned)errata;
}
