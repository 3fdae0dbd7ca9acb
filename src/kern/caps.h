/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities of this process (capabilities(7)). */
#ifndef KERN_CAPS_H
#define KERN_CAPS_H

#include <stdint.h>

/* Those that it has, and those that it may pass on or take: bit n is capability n. None where that can't be asked (capget(2)). */
struct caps {
        uint64_t effective, permitted;
};

struct caps caps_own(void);

#endif
