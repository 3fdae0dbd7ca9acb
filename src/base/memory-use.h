/* SPDX-License-Identifier: Apache-2.0 */
/* What the memory of a control group is used for at one moment, whoever says it: its files, the kernel's log, an exit record. */
#ifndef BASE_MEMORY_USE_H
#define BASE_MEMORY_USE_H

#include <stdint.h>

/* UINT64_MAX: not known; of the limit, that there is none. */
struct memory_use {
        uint64_t usage_bytes, limit_bytes, anon_bytes, file_bytes, shmem_bytes, kernel_bytes, swap_bytes;
};

#endif
