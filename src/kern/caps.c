/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities of this process; see caps.h. */
#include "kern/caps.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

struct caps caps_own(void)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

        if (syscall(SYS_capget, &header, data) < 0)
                return (struct caps){0};
        return (struct caps){
                .effective = (uint64_t)data[1].effective << 32 | data[0].effective,
                .permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted,
        };
}
