/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From rules to a filter. Names become numbers by libseccomp's tables (base/syscalls.h), per architecture; the code is made here, because
 * libseccomp 2.5 compares 64 bits where the kernel reads 32 (V16), can't filter calls newer than itself on any but the native
 * architecture (V17), lets the order of rules decide between contradicting ones, and takes a megabyte to do it.
 *
 * Invariants of every filter:
 *   - the architecture is looked at first; one that has no section kills the process;
 *   - the native architecture always has a section; x32 calls reach no section of x86-64;
 *   - of several rules that match a call, the strictest action wins, in the order that seccomp(2) gives actions of several filters;
 *   - the numbers of a section are cut into ranges of one outcome each and found by binary search;
 *   - what was loaded to be compared with one value is not loaded again for the next one.
 */
#include "kern/seccomp.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/syscalls.h"
#include "kern/bpf.h"
#include "kern/seccomp-narrow.h"

#define ARCHES_MAX 4
#define X32_BIT 0x40000000u

/* The last number before the one table that all architectures have shared since Linux 5.1: whoever writes a profile knows these. */
#define OLD_CALLS_LAST 423

/* x32 has a second set of its own calls (arch/x86/entry/syscalls/syscall_64.tbl); ARM has private ones (arch/arm/include/uapi/asm/
 * unistd.h). They say nothing about how new a profile is. */
#define X32_OWN_FIRST 512
#define X32_OWN_LAST 547
#define ARM_PRIVATE_FIRST 0xf0000u

struct rule {
        uint32_t nr;
        uint32_t action;
        uint32_t first; /* of the builder's comparisons */
        uint8_t count;  /* 0: unconditional */
        uint8_t narrow; /* bit i: argument i has at most 32 bits */
        uint8_t half;   /* bit i: argument i has 16 bits */
        uint32_t order; /* in the profile */
};

/* The calls that some architectures reach through one number, told apart by the first argument. */
enum multiplexer {
        MUX_SOCKETCALL,
        MUX_IPC,
        MUX_COUNT,
};

#define MUX_CALLS_MAX 32

struct section {
        uint32_t arch;   /* SCMP_ARCH_*, which is AUDIT_ARCH_* but for x32 */
        uint32_t base;   /* the number that counting starts at */
        uint32_t newest; /* the highest number that the profile's author knew */
        struct rule *rules;
        size_t count, room;
};

struct seccomp_builder {
        uint32_t default_action;
        uint32_t rule_count; /* as the profile counts */
        struct section sections[ARCHES_MAX];
        size_t section_count;
        struct seccomp_compare *compares;
        size_t compare_count, compare_room;
};

struct seccomp_builder *seccomp_builder_free(struct seccomp_builder *builder)
{
        if (builder == NULL)
                return NULL;
        for (size_t i = 0; i < builder->section_count; i++)
                free(builder->sections[i].rules);
        free(builder->compares);
        free(builder);
        return NULL;
}

static void free_pointer(struct seccomp_builder **builder)
{
        *builder = seccomp_builder_free(*builder);
}

/* Makes room for one element more. */
static int grow(void *array_pointer, size_t *room, size_t count, size_t size, struct ward_err *err)
{
        size_t wanted = *room == 0 ? 64 : *room * 2;
        void *larger;

        if (count < *room)
                return 0;
        larger = reallocarray(*(void **)array_pointer, wanted, size);
        if (larger == NULL)
                return err_oom(err);
        *(void **)array_pointer = larger;
        *room = wanted;
        return 0;
}

static uint32_t first_number(uint32_t arch)
{
        return arch == SCMP_ARCH_X32 ? X32_BIT : 0;
}

/* An architecture whose programs this machine can't run needs no section: a call that came from one would kill the process. */
static void add_section(struct seccomp_builder *builder, uint32_t arch)
{
        if (arch == SCMP_ARCH_NATIVE)
                arch = syscall_arch_native();
        for (size_t i = 0; i < builder->section_count; i++) {
                if (builder->sections[i].arch == arch)
                        return;
        }
        if (syscall_arch_known(arch) && builder->section_count < ARCHES_MAX)
                builder->sections[builder->section_count++] = (struct section){
                        .arch = arch, .base = first_number(arch), .newest = first_number(arch) + OLD_CALLS_LAST};
}

/* The architecture whose programs a kernel of @native also runs, by a second entry (int 0x80 on x86-64). */
static uint32_t compat_of(uint32_t native)
{
        switch (native) {
        case SCMP_ARCH_X86_64:
                return SCMP_ARCH_X86;
        case SCMP_ARCH_AARCH64:
                return SCMP_ARCH_ARM;
        default:
                return native;
        }
}

int seccomp_builder_new(uint32_t default_action, const uint32_t *arches, size_t arch_count,
                        struct seccomp_builder **ret_builder, struct ward_err *err)
{
        _cleanup_(free_pointer) struct seccomp_builder *builder = calloc(1, sizeof(*builder));
        uint32_t native = syscall_arch_native();

        if (builder == NULL)
                return err_oom(err);
        builder->default_action = default_action;
        add_section(builder, native);
        if (arch_count == 0)
                add_section(builder, compat_of(native));
        for (size_t i = 0; i < arch_count; i++)
                add_section(builder, arches[i]);
        *ret_builder = TAKE_PTR(builder);
        return 0;
}

/* The order of seccomp(2): the lower, the stricter. */
static int32_t leniency(uint32_t action)
{
        return (int32_t)(action & SECCOMP_RET_ACTION_FULL);
}

static int push_compare(struct seccomp_builder *builder, struct seccomp_compare compare, struct ward_err *err)
{
        int r = grow(&builder->compares, &builder->compare_room, builder->compare_count, sizeof(compare), err);

        if (r < 0)
                return r;
        builder->compares[builder->compare_count++] = compare;
        return 0;
}

static int push_rule(struct section *section, struct rule rule, struct ward_err *err)
{
        int r = grow(&section->rules, &section->room, section->count, sizeof(rule), err);

        if (r < 0)
                return r;
        section->rules[section->count++] = rule;
        return 0;
}

/* libseccomp gives a call that has a multiplexer anywhere the number -100 - CALL (socketcall) or -200 - CALL (ipc). */
static bool is_multiplexed(int number, enum multiplexer *ret_mux, uint32_t *ret_call)
{
        if (number > -100 || number <= -200 - MUX_CALLS_MAX)
                return false;
        *ret_mux = number > -200 ? MUX_SOCKETCALL : MUX_IPC;
        *ret_call = (uint32_t)(-number) % 100;
        return *ret_call != 0 && *ret_call < MUX_CALLS_MAX;
}

/*
 * A rule for a call that may have two ways in: its own number, and a multiplexer. The multiplexer's arguments lie in
 * memory, where a filter can't see them: a rule with conditions is left out there if it would grant, and
 * holds whatever the arguments are if it would refuse.
 */
static int push_multiplexed(struct seccomp_builder *builder, struct section *section, const char *name,
                            enum multiplexer mux, uint32_t call, struct rule rule, struct ward_err *err)
{
        /* ipc(2) has a version in the upper half of its first argument (ipc/syscall.c). */
        static const struct {
                const char *name;
                uint32_t mask;
        } entries[MUX_COUNT] = {{"socketcall", UINT32_MAX}, {"ipc", 0xffff}};
        int entry = syscall_number_on(section->arch, entries[mux].name);
        int direct = syscall_direct_on(section->arch, name), r;

        if (entry < 0)
                return 0;
        if (direct >= 0) {
                rule.nr = (uint32_t)direct;
                r = push_rule(section, rule, err);
                if (r < 0)
                        return r;
        }
        if (rule.count > 0 && leniency(rule.action) > leniency(builder->default_action))
                return 0;
        rule.nr = (uint32_t)entry;
        rule.first = (uint32_t)builder->compare_count;
        rule.count = 1;
        rule.narrow = 1;
        rule.half = 0;
        r = push_compare(builder, (struct seccomp_compare){0, SCMP_CMP_MASKED_EQ, entries[mux].mask, call}, err);
        return r < 0 ? r : push_rule(section, rule, err);
}

/* Notes of which arguments of @name the kernel reads less than the 64 bits of a register there. */
static void narrow_on(const struct section *section, const char *name, struct rule *rule)
{
        const bool is_32bit = (section->arch & __AUDIT_ARCH_64BIT) == 0 && section->arch != SCMP_ARCH_X32;

        rule->narrow = is_32bit ? UINT8_MAX : (uint8_t)seccomp_narrow_args(name);
        rule->half = (uint8_t)seccomp_short_args(name, is_32bit);
}

/* The bits of argument @index that the kernel reads. */
static uint64_t bits_read(const struct rule *rule, uint32_t index)
{
        const unsigned bit = 1u << index;

        if ((rule->half & bit) != 0)
                return UINT16_MAX;
        return (rule->narrow & bit) != 0 ? UINT32_MAX : UINT64_MAX;
}

/* Notes that the profile's author knew of call @nr. */
static void note_known(struct section *section, uint32_t nr)
{
        uint32_t plain = nr - section->base;

        if (section->arch == SCMP_ARCH_X32 && plain >= X32_OWN_FIRST && plain <= X32_OWN_LAST)
                return;
        if (plain < ARM_PRIVATE_FIRST && nr > section->newest)
                section->newest = nr;
}

/* Adds @rule, which has everything but its number, wherever the architecture has @name. *@known becomes true if some has. */
static int push_named(struct seccomp_builder *builder, struct section *section, const char *name, struct rule rule,
                      bool *known, struct ward_err *err)
{
        int number = syscall_number_on(section->arch, name);
        enum multiplexer mux;
        uint32_t call;

        if (number == SYSCALL_UNKNOWN)
                return 0;
        *known = true;
        if (rule.count > 0)
                narrow_on(section, name, &rule);
        if (number >= 0)
                note_known(section, (uint32_t)number);
        /* Other rules may still grant what one with conditions refuses by the default action; one without says nothing. */
        if (rule.action == builder->default_action && rule.count == 0)
                return 0;
        if (is_multiplexed(number, &mux, &call))
                return push_multiplexed(builder, section, name, mux, call, rule, err);
        if (number < 0)
                return 0;
        rule.nr = (uint32_t)number;
        return push_rule(section, rule, err);
}

static int check_compare(const struct seccomp_compare *compare, const char *name, struct ward_err *err)
{
        if (compare->index > 5)
                return err_set(err, -EINVAL, "filter system call '%s': it has no argument %u; they count from 0 to 5",
                               name, compare->index);
        if (compare->op <= _SCMP_CMP_MIN || compare->op >= _SCMP_CMP_MAX)
                return err_set(err, -EINVAL, "filter system call '%s': comparison %d is not known", name, compare->op);
        if (compare->op == SCMP_CMP_MASKED_EQ && (compare->b & ~compare->a) != 0) {
                (void)err_set(err, -EINVAL,
                              "filter system call '%s': argument %u masked with 0x%llx can never be 0x%llx", name,
                              compare->index, (unsigned long long)compare->a, (unsigned long long)compare->b);
                (void)err_hint(err,
                               "the first value is the mask, the second what the masked argument is compared with");
                return -EINVAL;
        }
        return 0;
}

static bool compares_one_twice(const struct seccomp_compare *compares, size_t count)
{
        unsigned seen = 0;

        for (size_t i = 0; i < count; i++) {
                if ((seen & (1u << compares[i].index)) != 0)
                        return true;
                seen |= 1u << compares[i].index;
        }
        return false;
}

int seccomp_builder_rule(struct seccomp_builder *builder, const char *name, uint32_t action,
                         const struct seccomp_compare *compares, size_t count, struct ward_err *err)
{
        struct rule rule = {.action = action,
                            .first = (uint32_t)builder->compare_count,
                            .count = (uint8_t)count,
                            .order = builder->rule_count++};
        bool known = false;
        int r = 0;

        for (size_t i = 0; i < count; i++) {
                r = check_compare(&compares[i], name, err);
                if (r < 0)
                        return r;
        }
        if (compares_one_twice(compares, count)) {
                for (size_t i = 0; r >= 0 && i < count; i++)
                        r = seccomp_builder_rule(builder, name, action, &compares[i], 1, err);
                return r;
        }
        for (size_t i = 0; r >= 0 && i < count; i++)
                r = push_compare(builder, compares[i], err);
        for (size_t i = 0; r >= 0 && i < builder->section_count; i++)
                r = push_named(builder, &builder->sections[i], name, rule, &known, err);
        if (r < 0)
                return r;
        if (!known)
                return err_set(err, -EINVAL, "filter system call '%s': there is no such system call", name);
        return 0;
}

/* Tests one word of an argument for equality with @value after @mask. */
static bpf_label word_equals(struct bpf_code *code, uint32_t offset, uint32_t mask, uint32_t value, bpf_label pass,
                             bpf_label fail)
{
        bpf_label next;

        if (mask == 0)
                return pass;
        if (mask == UINT32_MAX) {
                pass = bpf_loaded(code, offset, pass);
                fail = bpf_loaded(code, offset, fail);
        }
        next = bpf_jump(code, BPF_JEQ, value, pass, fail);
        if (mask != UINT32_MAX)
                next = bpf_and(code, mask, next);
        return bpf_load(code, offset, next);
}

/* Writes one comparison of an argument of which the kernel reads the bits @read: the lowest 16, 32 or 64. */
static bpf_label write_compare(struct bpf_code *code, const struct seccomp_compare *compare, uint64_t read,
                               bpf_label pass, bpf_label fail)
{
        bool equality = compare->op == SCMP_CMP_EQ || compare->op == SCMP_CMP_NE || compare->op == SCMP_CMP_MASKED_EQ;
        uint64_t mask = (compare->op == SCMP_CMP_MASKED_EQ ? compare->a : UINT64_MAX) & read;
        uint64_t value = compare->op == SCMP_CMP_MASKED_EQ ? compare->b : compare->a;
        uint32_t low = (uint32_t)offsetof(struct seccomp_data, args[0]) + compare->index * (uint32_t)sizeof(uint64_t);
        uint32_t high = low;
        uint16_t test;
        bpf_label next;

        if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
                high += (uint32_t)sizeof(uint32_t);
        else
                low += (uint32_t)sizeof(uint32_t);
        /* Of each pair only one is written: not equal, less and less or equal are the other side of it. */
        if (compare->op == SCMP_CMP_NE || compare->op == SCMP_CMP_LT || compare->op == SCMP_CMP_LE) {
                bpf_label swap = pass;

                pass = fail;
                fail = swap;
        }
        if (equality) {
                value &= read;
                next = word_equals(code, low, (uint32_t)mask, (uint32_t)value, pass, fail);
                return word_equals(code, high, (uint32_t)(mask >> 32), (uint32_t)(value >> 32), next, fail);
        }
        if (value > read)
                return fail;
        test = compare->op == SCMP_CMP_GE || compare->op == SCMP_CMP_LT ? BPF_JGE : BPF_JGT;
        if (read < UINT32_MAX) {
                next = bpf_jump(code, test, (uint32_t)value, pass, fail);
                return bpf_load(code, low, bpf_and(code, (uint32_t)read, next));
        }
        next = bpf_jump(code, test, (uint32_t)value, bpf_loaded(code, low, pass), bpf_loaded(code, low, fail));
        next = bpf_load(code, low, next);
        if (read == UINT32_MAX)
                return next;
        next = bpf_jump(code, BPF_JEQ, (uint32_t)(value >> 32), next, fail);
        return bpf_load(code, high, bpf_jump(code, BPF_JGT, (uint32_t)(value >> 32), pass, next));
}

/* A range of numbers with one outcome. */
struct range {
        uint32_t first;           /* up to the next range */
        uint32_t action;          /* when no rule matches */
        const struct rule *rules; /* with conditions, the strictest first */
        size_t rule_count;
};

static bpf_label write_range(const struct seccomp_builder *builder, struct bpf_code *code, const struct range *range)
{
        bpf_label next = bpf_return(code, range->action);

        for (size_t i = range->rule_count; i-- > 0;) {
                const struct rule *rule = &range->rules[i];
                bpf_label pass = bpf_return(code, rule->action);

                for (size_t j = rule->count; j-- > 0;) {
                        const struct seccomp_compare *compare = &builder->compares[rule->first + j];

                        pass = write_compare(code, compare, bits_read(rule, compare->index), pass, next);
                }
                next = pass;
        }
        return next;
}

/* Writes the search for the number in the accumulator. */
static bpf_label write_search(const struct seccomp_builder *builder, struct bpf_code *code, const struct range *ranges,
                              size_t count)
{
        size_t half = count / 2;
        bpf_label upper;

        if (count == 1)
                return write_range(builder, code, ranges);
        upper = write_search(builder, code, ranges + half, count - half);
        return bpf_jump(code, BPF_JGE, ranges[half].first, upper, write_search(builder, code, ranges, half));
}

/* By number, then the strictest first, then those with conditions, then as the profile has them. */
static int compare_rules(const void *left, const void *right)
{
        const struct rule *a = left, *b = right;

        if (a->nr != b->nr)
                return a->nr < b->nr ? -1 : 1;
        if (leniency(a->action) != leniency(b->action))
                return leniency(a->action) < leniency(b->action) ? -1 : 1;
        if ((a->count == 0) != (b->count == 0))
                return a->count != 0 ? -1 : 1;
        return a->order < b->order ? -1 : a->order > b->order;
}

/* Appends a range, or lets the one before it go on if it has the same outcome. */
static void add_range(struct range *ranges, size_t *count, struct range range)
{
        const struct range *last = *count > 0 ? &ranges[*count - 1] : NULL;

        if (last != NULL && last->rule_count == 0 && range.rule_count == 0 && last->action == range.action)
                return;
        ranges[(*count)++] = range;
}

/* The numbers from @first to @last that no rule names: those that are newer than the profile get ENOSYS, so that a C library
 * falls back to an older call, unless the default leaves the decision to others. */
static void add_gap(const struct seccomp_builder *builder, uint32_t newest, uint32_t first, uint32_t last,
                    struct range *ranges, size_t *count)
{
        bool refuses = leniency(builder->default_action) <= leniency(SECCOMP_RET_ERRNO);

        if (first > last)
                return;
        if (first <= newest || !refuses)
                add_range(ranges, count, (struct range){.first = first, .action = builder->default_action});
        if (last > newest && refuses)
                add_range(ranges, count,
                          (struct range){.first = first > newest ? first : newest + 1,
                                         .action = SECCOMP_RET_ERRNO | ENOSYS});
}

/* What the @count rules of one number come to: those that can matter, and what happens when none matches. */
static struct range make_range(const struct seccomp_builder *builder, const struct rule *rules, size_t count)
{
        struct range range = {.first = rules->nr, .action = builder->default_action, .rules = rules};

        while (range.rule_count < count && rules[range.rule_count].count > 0)
                range.rule_count++;
        if (range.rule_count < count)
                range.action = rules[range.rule_count].action;
        while (range.rule_count > 0 && rules[range.rule_count - 1].action == range.action)
                range.rule_count--;
        return range;
}

/* Writes what is done with the number in the accumulator under the architecture of @section. */
static int write_section(const struct seccomp_builder *builder, struct section *section, struct bpf_code *code,
                         bpf_label *ret_label, struct ward_err *err)
{
        /* Each number makes at most one range and one gap, which may be cut in two once. */
        _cleanup_free_ struct range *ranges = calloc(2 * section->count + 2, sizeof(*ranges));
        uint32_t next = 0;
        size_t count = 0;

        if (ranges == NULL)
                return err_oom(err);
        if (section->count > 0)
                qsort(section->rules, section->count, sizeof(*section->rules), compare_rules);
        for (size_t i = 0, end; i < section->count; i = end) {
                uint32_t nr = section->rules[i].nr;

                for (end = i + 1; end < section->count && section->rules[end].nr == nr; end++)
                        ;
                if (nr > 0)
                        add_gap(builder, section->newest, next, nr - 1, ranges, &count);
                add_range(ranges, &count, make_range(builder, &section->rules[i], end - i));
                next = nr + 1;
        }
        add_gap(builder, section->newest, next, UINT32_MAX, ranges, &count);
        *ret_label = write_search(builder, code, ranges, count);
        return 0;
}

static struct section *find_section(struct seccomp_builder *builder, uint32_t arch)
{
        for (size_t i = 0; i < builder->section_count; i++) {
                if (builder->sections[i].arch == arch)
                        return &builder->sections[i];
        }
        return NULL;
}

/* x32 has the architecture of x86-64 and a bit in the number: its calls are parted off before anything else is looked at. */
static int write_x32(struct seccomp_builder *builder, struct bpf_code *code, bpf_label x86_64, bpf_label *ret_label,
                     struct ward_err *err)
{
        struct section *section = find_section(builder, SCMP_ARCH_X32);
        bpf_label x32;
        int r;

        if (section == NULL) {
                x32 = bpf_return(code, SECCOMP_RET_ERRNO | ENOSYS);
        } else {
                r = write_section(builder, section, code, &x32, err);
                if (r < 0)
                        return r;
        }
        *ret_label = bpf_jump(code, BPF_JGE, X32_BIT, x32, x86_64);
        return 0;
}

int seccomp_builder_finish(struct seccomp_builder *builder, struct arena *arena, struct seccomp_filter *ret_filter,
                           struct ward_err *err)
{
        _cleanup_free_ struct bpf_code *code = malloc(sizeof(*code));
        struct sock_filter *insns;
        bpf_label next;
        int r;

        if (code == NULL)
                return err_oom(err);
        bpf_init(code);
        next = bpf_return(code, SECCOMP_RET_KILL_PROCESS);
        /* Backwards, so that the native architecture, the first, is looked at first. */
        for (size_t i = builder->section_count; i-- > 0;) {
                struct section *section = &builder->sections[i];
                bpf_label label;

                if (section->arch == SCMP_ARCH_X32)
                        continue;
                r = write_section(builder, section, code, &label, err);
                if (r >= 0 && section->arch == SCMP_ARCH_X86_64)
                        r = write_x32(builder, code, label, &label, err);
                if (r < 0)
                        return r;
                label = bpf_load(code, offsetof(struct seccomp_data, nr), label);
                next = bpf_jump(code, BPF_JEQ, section->arch, label, next);
        }
        (void)bpf_load(code, offsetof(struct seccomp_data, arch), next);
        if (code->failed)
                return err_set(
                        err, -E2BIG,
                        "make a system call filter: it takes more than the %d instructions that the kernel allows",
                        BPF_MAXINSNS);
        insns = arena_new(arena, struct sock_filter, code->count);
        if (insns == NULL)
                return err_oom(err);
        memcpy(insns, bpf_start(code), code->count * sizeof(*insns));
        *ret_filter = (struct seccomp_filter){.code = insns, .count = (uint16_t)code->count};
        return 0;
}
