/* SPDX-License-Identifier: Apache-2.0 */
/* The interpreter over any program, as it may be read back from any process: it ends and stays inside. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "kern/seccomp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        uint64_t args[6] = {0};
        size_t head = size < sizeof(args) ? size : sizeof(args), count = (size - head) / sizeof(struct sock_filter);
        _cleanup_free_ struct sock_filter *code = malloc(count * sizeof(*code) + (count == 0));
        struct seccomp_filter filter = {.code = code, .count = (uint16_t)(count < UINT16_MAX ? count : UINT16_MAX)};

        if (code == NULL)
                return 0;
        memcpy(args, data, head);
        memcpy(code, data + head, count * sizeof(*code));
        (void)seccomp_filter_answer(&filter, (uint32_t)args[0], (uint32_t)args[1], args);
        return 0;
}
