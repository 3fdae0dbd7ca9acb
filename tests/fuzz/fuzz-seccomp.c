/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of any kind: what the compiled filter answers is what the rules say when they are read one after the other.
 *
 * The input is a default action and records of a call, an action and up to two comparisons. The calls are ordinary ones that
 * have arguments of 16, of 32 and of 64 bits.
 */
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "base/mem.h"
#include "base/syscalls.h"
#include "kern/seccomp-narrow.h"
#include "kern/seccomp.h"

#define RULES_MAX 60

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
        const char *name;
        uint32_t nr;
} calls[] = {{"read", SYS_read},   {"write", SYS_write}, {"mmap", SYS_mmap},
             {"ioctl", SYS_ioctl}, {"clone", SYS_clone}, {"personality", SYS_personality},
             {"openat2", 437},     {"mseal", 462},       {"fchmodat", SYS_fchmodat}};

static const uint32_t actions[] = {SCMP_ACT_ALLOW, SCMP_ACT_ERRNO(1), SCMP_ACT_ERRNO(38),   SCMP_ACT_KILL_PROCESS,
                                   SCMP_ACT_LOG,   SCMP_ACT_TRAP,     SCMP_ACT_KILL_THREAD, SCMP_ACT_TRACE(5)};
static const uint64_t values[] = {
        0, 1, 8, 0x5412, 0x15412, 0x7e020000, UINT32_MAX, 1ull << 32, (1ull << 32) + 8, UINT64_MAX, 1ull << 63};

struct record {
        uint32_t call, action;
        struct seccomp_compare compares[2];
        size_t count;
};

struct input {
        const uint8_t *at, *end;
};

static unsigned take(struct input *input, unsigned limit)
{
        return input->at < input->end ? *input->at++ % limit : 0;
}

static struct record read_record(struct input *input)
{
        struct record record = {.call = take(input, ELEMENTS(calls)),
                                .action = actions[take(input, ELEMENTS(actions))]};

        record.count = take(input, 3);
        for (size_t i = 0; i < record.count; i++) {
                struct seccomp_compare *compare = &record.compares[i];

                compare->index = take(input, 3) * 2 + (uint32_t)i; /* never the same twice */
                compare->op = (int)take(input, _SCMP_CMP_MAX - 1) + 1;
                compare->a = values[take(input, ELEMENTS(values))];
                compare->b = values[take(input, ELEMENTS(values))];
                if (compare->op == SCMP_CMP_MASKED_EQ)
                        compare->b &= compare->a;
        }
        return record;
}

static bool holds(const struct seccomp_compare *compare, const char *name, const uint64_t args[6])
{
        unsigned bit = 1u << compare->index;
        uint64_t read = (seccomp_short_args(name, false) & bit) != 0 ? UINT16_MAX
                        : (seccomp_narrow_args(name) & bit) != 0     ? UINT32_MAX
                                                                     : UINT64_MAX;
        uint64_t given = args[compare->index] & read, same = compare->a & read;

        switch (compare->op) {
        case SCMP_CMP_EQ:
                return given == same;
        case SCMP_CMP_NE:
                return given != same;
        case SCMP_CMP_LT:
                return given < compare->a;
        case SCMP_CMP_LE:
                return given <= compare->a;
        case SCMP_CMP_GT:
                return given > compare->a;
        case SCMP_CMP_GE:
                return given >= compare->a;
        default:
                return (given & same) == (compare->b & read);
        }
}

static int32_t leniency(uint32_t action)
{
        return (int32_t)(action & SECCOMP_RET_ACTION_FULL);
}

/* The strictest of what matches, by reading all rules. Data of actions is not looked at: ties are a matter of order. */
static int32_t expected(const struct record *records, size_t count, uint32_t fallback, uint32_t call,
                        const uint64_t args[6])
{
        int32_t strictest = INT32_MAX;

        for (size_t i = 0; i < count; i++) {
                const struct record *record = &records[i];
                bool match = record->call == call && (record->action != fallback || record->count > 0);

                for (size_t j = 0; match && j < record->count; j++)
                        match = holds(&record->compares[j], calls[call].name, args);
                if (match && leniency(record->action) < strictest)
                        strictest = leniency(record->action);
        }
        return strictest == INT32_MAX ? leniency(fallback) : strictest;
}

static void check(const struct seccomp_filter *filter, const struct record *records, size_t count, uint32_t fallback)
{
        for (uint32_t call = 0; call < ELEMENTS(calls); call++) {
                bool known = false;

                for (size_t i = 0; i < count; i++)
                        known |= calls[records[i].call].nr >= calls[call].nr;
                if (calls[call].nr > 423 && !known) /* newer than the rules: ENOSYS */
                        continue;
                for (size_t i = 0; i < ELEMENTS(values) * ELEMENTS(values); i++) {
                        uint64_t one = values[i / ELEMENTS(values)], two = values[i % ELEMENTS(values)];
                        const uint64_t args[6] = {one, two, two, one, one + 1, two - 1};
                        uint32_t answer = seccomp_filter_answer(filter, syscall_arch_native(), calls[call].nr, args);

                        if (leniency(answer) != expected(records, count, fallback, call, args))
                                abort();
                }
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct input input = {data, data + size};
        uint32_t fallback = actions[take(&input, ELEMENTS(actions))], native = syscall_arch_native();
        struct record records[RULES_MAX];
        struct seccomp_builder *builder;
        _cleanup_arena_ struct arena arena = {0};
        struct seccomp_filter filter;
        size_t count = 0;

        if (seccomp_builder_new(fallback, &native, 1, &builder, NULL) < 0)
                return 0;
        for (; count < RULES_MAX && input.at < input.end; count++) {
                records[count] = read_record(&input);
                if (seccomp_builder_rule(builder, calls[records[count].call].name, records[count].action,
                                         records[count].compares, records[count].count, NULL) < 0)
                        abort();
        }
        if (seccomp_builder_finish(builder, &arena, &filter, NULL) >= 0)
                check(&filter, records, count, fallback);
        builder = seccomp_builder_free(builder);
        return 0;
}
