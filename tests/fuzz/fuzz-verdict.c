/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk over any programs, as they may be read back from any process: it ends and stays inside, and where it says that a verdict is complete, the
 * interpreter agrees with it, about the input's own arguments and about the example of each case.
 *
 * The input is four arguments, how many instructions the first of two filters has, and the instructions.
 */
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "kern/verdict.h"

#define EXAMPLES_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const struct seccomp_filter *filters, const struct verdict *verdict, uint32_t nr,
                    const uint64_t args[6])
{
        const struct verdict_case *one = verdict_case_of(verdict, nr, args);
        uint32_t strictest = SECCOMP_RET_ALLOW;

        for (size_t i = 0; i < 2; i++) {
                uint32_t answer = verdict_normal(seccomp_filter_answer(&filters[i], syscall_arch_native(), nr, args));

                if ((int32_t)(answer & SECCOMP_RET_ACTION_FULL) < (int32_t)(strictest & SECCOMP_RET_ACTION_FULL))
                        strictest = answer;
        }
        if (one == NULL || one->answers[0] != strictest)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        uint64_t args[6] = {0}, example[6];
        size_t head = 4 * sizeof(args[0]), count, first;
        _cleanup_free_ struct sock_filter *code = NULL;
        _cleanup_arena_ struct arena arena = {0};
        _cleanup_text_ struct text text = {0};
        struct seccomp_filter filters[2];
        const struct verdict_side side = {.filters = filters, .count = 2};
        struct verdict verdict;

        if (size <= head)
                return 0;
        memcpy(args, data, head);
        count = (size - head - 1) / sizeof(*code);
        count = count > BPF_MAXINSNS ? BPF_MAXINSNS : count;
        first = count > 0 ? data[head] % count : 0;
        code = malloc(count * sizeof(*code) + 1);
        if (code == NULL)
                return 0;
        memcpy(code, data + head + 1, count * sizeof(*code));
        filters[0] = (struct seccomp_filter){.code = code, .count = (uint16_t)first};
        filters[1] = (struct seccomp_filter){.code = code + first, .count = (uint16_t)(count - first)};
        if (verdict_find(&side, 1, syscall_arch_native(), (uint32_t)args[0] % 500, (uint32_t)args[0] % 500, &arena,
                         &verdict, NULL) < 0)
                return 0;
        verdict_print(&verdict, 1, &text);
        for (size_t i = 0; i < 2; i++)
                (void)seccomp_disasm(&filters[i], (args[1] & 1) != 0, &text, NULL);
        if (!verdict.complete)
                return 0;
        compare(filters, &verdict, (uint32_t)args[0] % 500, args);
        for (size_t i = 0; i < verdict.case_count && i < EXAMPLES_MAX; i++)
                if (verdict_example(&verdict, i, example))
                        compare(filters, &verdict, (uint32_t)args[0] % 500, example);
        return 0;
}
