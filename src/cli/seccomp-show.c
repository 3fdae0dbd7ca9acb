/* SPDX-License-Identifier: Apache-2.0 */
/* ward seccomp explain and diff: what filters answer, for a person and as JSON. */
#include <linux/seccomp.h>
#include <string.h>

#include "base/json.h"
#include "base/syscalls.h"
#include "cli/seccomp.h"

#define WIDTH 100
#define NAME_WIDTH 24
#define ANSWERS_MAX 64

int seccomp_call_number(struct cli *cli, size_t arch, const char *word, uint32_t *ret_nr, struct ward_err *err)
{
        uint32_t names = syscall_arch_at(arch);
        int number = syscall_number_on(names, word);
        const char *near;
        uint64_t given;

        if (number_parse(word, UINT32_MAX, &given) == 0) {
                *ret_nr = (uint32_t)given;
                return 0;
        }
        if (number < 0 && number != SYSCALL_UNKNOWN)
                number = syscall_direct_on(names, word);
        if (number >= 0) {
                *ret_nr = (uint32_t)number;
                return 0;
        }
        if (number != SYSCALL_UNKNOWN) {
                (void)err_set(err, -EINVAL, "seccomp: %s has no system call '%s'", syscall_arch_name(arch), word);
                (void)err_mistake(err, MISTAKE_WORD);
                return err_hint(err, "other architectures do: see '--arch'");
        }
        near = syscall_nearest(word, &cli->arena);
        (void)err_set(err, -EINVAL, "seccomp: there is no system call '%s'", word);
        (void)err_mistake(err, MISTAKE_WORD);
        return near == NULL ? err_hint(err, "write a name as in syscalls(2), or a number")
                            : err_hint(err, "did you mean '%s'?", near);
}

/* Whether the call is one of those that were asked for. */
static bool is_wanted(const struct seccomp_shown *how, const struct filters_call *call)
{
        uint32_t nr;

        for (int i = 0; i < how->name_count; i++)
                if (seccomp_call_number(how->cli, how->arch, how->names[i], &nr, NULL) >= 0 && nr == call->nr)
                        return true;
        return how->name_count == 0;
}

static bool is_constant(const struct verdict *verdict)
{
        return verdict->complete && verdict->case_count == 1;
}

static bool allows(uint32_t answer)
{
        return (answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ALLOW;
}

struct costs {
        uint32_t least, most;
};

static struct costs costs_of(const struct verdict *verdict)
{
        struct costs costs = {UINT32_MAX, 0};

        for (size_t i = 0; i < verdict->cost_count; i++) {
                if (verdict->costs[i] < costs.least)
                        costs.least = verdict->costs[i];
                if (verdict->costs[i] > costs.most)
                        costs.most = verdict->costs[i];
        }
        return costs;
}

/* ----------------------------------------------------------------------------------------------------------------- text */

static void add_wrapped(struct text *text, size_t *column, const char *word)
{
        if (*column == 0 || *column + 1 + strlen(word) > WIDTH) {
                text_puts(text, *column == 0 ? "    " : "\n    ");
                *column = 4;
        } else {
                text_puts(text, " ");
                (*column)++;
        }
        text_puts(text, word);
        *column += strlen(word);
}

/* The calls that get @answer whatever their arguments are, in a paragraph. */
static void add_group(struct text *text, const struct filters_arch *arch, uint32_t answer, size_t count)
{
        size_t column = 0;

        text_puts(text, "  ");
        seccomp_answer_print(answer, text);
        text_printf(text, " (%zu)\n", count);
        for (size_t i = 0; i < arch->count; i++)
                if (is_constant(&arch->calls[i].verdict) && arch->calls[i].verdict.cases[0].answers[0] == answer)
                        add_wrapped(text, &column, arch->calls[i].name);
        text_puts(text, "\n");
}

static void add_call(struct text *text, const struct filters_call *call, size_t side_count)
{
        text_printf(text, "    %-*s ", NAME_WIDTH, call->name);
        verdict_print(&call->verdict, side_count, text);
        text_puts(text, "\n");
}

struct count {
        size_t allowed, depends, refused;
};

static struct count count_calls(const struct filters_arch *arch)
{
        struct count count = {0};

        for (size_t i = 0; i < arch->count; i++) {
                const struct verdict *verdict = &arch->calls[i].verdict;

                if (!is_constant(verdict))
                        count.depends++;
                else if (allows(verdict->cases[0].answers[0]))
                        count.allowed++;
                else
                        count.refused++;
        }
        return count;
}

static void add_counts(struct text *text, const struct filters_arch *arch)
{
        struct count count = count_calls(arch);

        text_printf(text, "%s: %zu calls, %zu allowed, %zu by their arguments, %zu not", arch->name, arch->count,
                    count.allowed, count.depends, count.refused);
}

/* Every answer that is given without a condition, in the order of their first calls. */
static void add_groups(struct text *text, const struct filters_arch *arch, bool all)
{
        uint32_t answers[ANSWERS_MAX];
        size_t counts[ANSWERS_MAX] = {0}, known = 0;

        for (size_t i = 0; i < arch->count; i++) {
                const struct verdict *verdict = &arch->calls[i].verdict;
                size_t at = 0;

                if (!is_constant(verdict))
                        continue;
                while (at < known && answers[at] != verdict->cases[0].answers[0])
                        at++;
                if (at == ANSWERS_MAX)
                        continue;
                answers[at] = verdict->cases[0].answers[0];
                known += at == known;
                counts[at]++;
        }
        for (size_t i = 0; i < known; i++)
                if (all || !allows(answers[i]))
                        add_group(text, arch, answers[i], counts[i]);
}

static void add_arch(const struct seccomp_shown *how, struct text *text, const struct filters_arch *arch)
{
        struct count count = count_calls(arch);

        add_counts(text, arch);
        text_puts(text, count.depends > 0 ? "\n  by their arguments\n" : "\n");
        for (size_t i = 0; i < arch->count; i++)
                if (!is_constant(&arch->calls[i].verdict))
                        add_call(text, &arch->calls[i], 1);
        add_groups(text, arch, how->all);
        text_printf(text, "  numbers from %u on: ", arch->newest + 1);
        verdict_print(&arch->rest, 1, text);
        text_puts(text, "\n");
}

/* "2 filters of 532 and 12 instructions". */
static void add_head(struct text *text, const struct filters *filters)
{
        text_printf(text, "%s: ", filters->title);
        if (filters->side.strict)
                text_puts(text, "the strict mode (SECCOMP_SET_MODE_STRICT), which has no filter");
        else if (filters->side.count == 0)
                text_puts(text, "no filter: every call is allowed");
        else
                text_printf(text, "%zu filter%s of ", filters->side.count, filters->side.count == 1 ? "" : "s");
        for (size_t i = 0; !filters->side.strict && i < filters->side.count; i++)
                text_printf(text, "%s%u",
                            i == 0                         ? ""
                            : i + 1 == filters->side.count ? " and "
                                                           : ", ",
                            filters->side.filters[i].count);
        text_puts(text, filters->side.strict || filters->side.count == 0 ? "\n" : " instructions\n");
        if (filters->copy != NULL)
                text_printf(text, "  %s\n", filters->copy);
}

static int add_table(const struct seccomp_shown *how, const struct filters *filters, struct text *text,
                     struct ward_err *err)
{
        struct filters_arch arch;
        struct verdict foreign;
        int r = filters_explain(&filters->side, 1, how->arch, &how->cli->arena, &arch, err);

        if (r < 0)
                return r;
        add_head(text, filters);
        if (filters->side.count == 0)
                return 0;
        if (how->name_count > 0) {
                for (size_t i = 0; i < arch.count; i++)
                        if (is_wanted(how, &arch.calls[i]))
                                add_call(text, &arch.calls[i], 1);
                return 0;
        }
        add_arch(how, text, &arch);
        if (how->arch != 0)
                return 0;
        for (size_t i = 1; (r = filters_explain(&filters->side, 1, i, &how->cli->arena, &arch, err)) >= 0; i++) {
                add_counts(text, &arch);
                text_printf(text, " (--arch %s lists them)\n", arch.name);
        }
        if (r != -ENOENT)
                return r;
        r = filters_foreign(&filters->side, &how->cli->arena, &foreign, err);
        if (r < 0)
                return r;
        text_puts(text, "other architectures: ");
        verdict_print(&foreign, 1, text);
        text_puts(text, "\n");
        return 0;
}

/* ----------------------------------------------------------------------------------------------------------------- JSON */

static void add_call_json(struct text *text, const struct filters_call *call, size_t side_count, const char *before)
{
        struct costs costs = costs_of(&call->verdict);

        text_printf(text, "%s\n    {\"name\": \"%s\", \"number\": %u, ", before, call->name, call->nr);
        verdict_print_json(&call->verdict, side_count, text);
        if (side_count == 1 && call->verdict.cost_count > 0)
                text_printf(text, ", \"instructions\": {\"least\": %u, \"most\": %u}", costs.least, costs.most);
        text_puts(text, "}");
}

static void add_arch_json(const struct seccomp_shown *how, struct text *text, const struct filters_arch *arch)
{
        const char *before = "";

        text_printf(text, "\n  {\"name\": \"%s\", \"calls\": [", arch->name);
        for (size_t i = 0; i < arch->count; i++)
                if (is_wanted(how, &arch->calls[i])) {
                        add_call_json(text, &arch->calls[i], 1, before);
                        before = ",";
                }
        text_printf(text, "],\n   \"rest\": {\"from\": %u, ", arch->newest + 1);
        verdict_print_json(&arch->rest, 1, text);
        text_puts(text, "}}");
}

static int add_json(const struct seccomp_shown *how, const struct filters *filters, struct text *text,
                    struct ward_err *err)
{
        struct filters_arch arch;
        int r = 0;

        text_printf(text, "{\"version\": %d, \"title\": ", SECCOMP_FORMAT_VERSION);
        json_write_string(text, filters->title);
        text_printf(text, ", \"strict\": %s, \"copy\": %s, \"filters\": [", filters->side.strict ? "true" : "false",
                    filters->copy != NULL ? "true" : "false");
        for (size_t i = 0; i < filters->side.count; i++)
                text_printf(text, "%s{\"instructions\": %u}", i == 0 ? "" : ", ", filters->side.filters[i].count);
        text_puts(text, "], \"architectures\": [");
        for (size_t i = how->arch; r >= 0; i++) {
                r = filters_explain(&filters->side, 1, i, &how->cli->arena, &arch, err);
                if (r < 0)
                        break;
                text_puts(text, i == how->arch ? "" : ",");
                add_arch_json(how, text, &arch);
                /* One that was asked for stands alone. */
                if (how->arch != 0 || how->name_count > 0)
                        break;
        }
        text_puts(text, "]}\n");
        return r == -ENOENT ? 0 : r;
}

int seccomp_show(const struct seccomp_shown *how, const struct filters *filters, struct text *text,
                 struct ward_err *err)
{
        uint32_t nr;
        int r = 0;

        for (int i = 0; r >= 0 && i < how->name_count; i++)
                r = seccomp_call_number(how->cli, how->arch, how->names[i], &nr, err);
        if (r < 0)
                return r;
        return how->json ? add_json(how, filters, text, err) : add_table(how, filters, text, err);
}

/* ----------------------------------------------------------------------------------------------------------- differences */

static bool differs(const struct verdict *verdict)
{
        if (!verdict->complete)
                return true;
        for (size_t i = 0; i < verdict->case_count; i++)
                if (verdict->cases[i].answers[0] != verdict->cases[i].answers[1])
                        return true;
        return false;
}

static void add_difference(const struct seccomp_shown *how, struct text *text, const struct filters_arch *arch,
                           bool *ret_differ)
{
        bool rest = differs(&arch->rest), first = true;

        for (size_t i = 0; i < arch->count; i++) {
                if (!differs(&arch->calls[i].verdict))
                        continue;
                if (!how->json) {
                        text_printf(text, first ? "%s\n" : "", arch->name);
                        add_call(text, &arch->calls[i], VERDICT_SIDES_MAX);
                } else {
                        if (first)
                                text_printf(text, "%s\n  {\"name\": \"%s\", \"calls\": [", *ret_differ ? "," : "",
                                            arch->name);
                        add_call_json(text, &arch->calls[i], VERDICT_SIDES_MAX, first ? "" : ",");
                }
                first = false;
                *ret_differ = true;
        }
        if (how->json && rest && first)
                text_printf(text, "%s\n  {\"name\": \"%s\", \"calls\": [", *ret_differ ? "," : "", arch->name);
        if (how->json && rest) {
                text_printf(text, "],\n   \"rest\": {\"from\": %u, ", arch->newest + 1);
                verdict_print_json(&arch->rest, VERDICT_SIDES_MAX, text);
                text_puts(text, "}}");
        } else if (how->json && !first) {
                text_puts(text, "]}");
        } else if (rest) {
                text_printf(text, first ? "%s\n    from %u on " : "%.0s    from %u on ", arch->name, arch->newest + 1);
                verdict_print(&arch->rest, VERDICT_SIDES_MAX, text);
                text_puts(text, "\n");
        }
        *ret_differ |= rest;
}

int seccomp_show_difference(const struct seccomp_shown *how, const struct filters *first, const struct filters *second,
                            bool *ret_differ, struct text *text, struct ward_err *err)
{
        const struct verdict_side sides[VERDICT_SIDES_MAX] = {first->side, second->side};
        struct filters_arch arch;
        int r = 0;

        *ret_differ = false;
        if (how->json)
                text_printf(text, "{\"version\": %d, \"architectures\": [", SECCOMP_FORMAT_VERSION);
        for (size_t i = how->arch; r >= 0; i++) {
                r = filters_explain(sides, VERDICT_SIDES_MAX, i, &how->cli->arena, &arch, err);
                if (r < 0)
                        break;
                add_difference(how, text, &arch, ret_differ);
                if (how->arch != 0)
                        break;
        }
        if (r < 0 && r != -ENOENT)
                return r;
        if (how->json)
                text_puts(text, "]}\n");
        else if (!*ret_differ)
                text_puts(text, "They answer alike to every call.\n");
        return 0;
}
