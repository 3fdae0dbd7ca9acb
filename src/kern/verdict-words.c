/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdicts in words: "(u32)arg0 is 3 to 9 or 17: EPERM; otherwise allow". A filter sees halves of arguments; two tests of the halves of one argument for
 * equality are shown as one of the whole argument, and a test of the lower half alone as what it is: a comparison of 32 bits.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "kern/verdict.h"

#define CONDITIONS_MAX 256
#define DECIMAL_MAX 1023 /* larger values are flags, commands and addresses more often than they are counted */

enum part {
        PART_LOW,
        PART_HIGH,
        PART_WHOLE,
        PART_OTHER, /* the number, or a word that has no name */
};

/* A test as it is shown. */
struct condition {
        enum part part;
        unsigned index; /* of the argument; PART_OTHER: of the word */
        enum verdict_op op;
        uint64_t mask, value;
};

static struct condition as_condition(const struct verdict_test *test)
{
        struct condition condition = {
                .part = PART_OTHER, .index = test->word, .op = test->op, .mask = test->mask, .value = test->value};
        bool high_first = __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__;

        if (test->value == 0 && (test->op == VERDICT_LE || test->op == VERDICT_GT))
                condition.op = test->op == VERDICT_LE ? VERDICT_EQ : VERDICT_NE;
        if (test->word >= VERDICT_WORD_ARGS) {
                condition.part = ((test->word & 1) != 0) != high_first ? PART_HIGH : PART_LOW;
                condition.index = (test->word - VERDICT_WORD_ARGS) / 2u;
        }
        return condition;
}

/* The tests of @one, those of two halves put together. Returns how many there are. */
static size_t list_conditions(const struct verdict_case *one, struct condition *list)
{
        size_t count = 0;

        for (size_t i = 0; i < one->count && count < CONDITIONS_MAX; i++) {
                struct condition next = as_condition(&one->tests[i]), *before = NULL;

                for (size_t j = 0; j < count && next.op == VERDICT_EQ && next.part <= PART_HIGH; j++)
                        if (list[j].index == next.index && list[j].op == VERDICT_EQ && list[j].part <= PART_HIGH &&
                            list[j].part != next.part)
                                before = &list[j];
                if (before == NULL) {
                        list[count++] = next;
                        continue;
                }
                before->mask = next.part == PART_HIGH ? next.mask << 32 | before->mask : before->mask << 32 | next.mask;
                before->value =
                        next.part == PART_HIGH ? next.value << 32 | before->value : before->value << 32 | next.value;
                before->part = PART_WHOLE;
        }
        return count;
}

static uint64_t full_mask(const struct condition *condition)
{
        return condition->part == PART_WHOLE ? UINT64_MAX : UINT32_MAX;
}

static void add_number(struct text *text, uint64_t number)
{
        text_printf(text, number > DECIMAL_MAX ? "0x%" PRIx64 : "%" PRIu64, number);
}

static void add_subject(struct text *text, const struct condition *condition)
{
        bool masked = condition->mask != full_mask(condition);

        text_puts(text, masked ? "(" : "");
        if (condition->part == PART_OTHER)
                text_printf(text, condition->index == VERDICT_WORD_NR ? "nr" : "word%u", condition->index);
        else
                text_printf(text,
                            condition->part == PART_LOW    ? "(u32)arg%u"
                            : condition->part == PART_HIGH ? "(arg%u >> 32)"
                                                           : "arg%u",
                            condition->index);
        if (masked)
                text_printf(text, " & 0x%" PRIx64 ")", condition->mask);
}

static void add_condition(struct text *text, const struct condition *condition)
{
        static const char *const ops[] = {
                [VERDICT_EQ] = "==", [VERDICT_NE] = "!=", [VERDICT_GT] = ">", [VERDICT_LE] = "<="};

        add_subject(text, condition);
        text_printf(text, " %s ", ops[condition->op]);
        add_number(text, condition->value);
}

static bool is_value(const struct condition *list, size_t count)
{
        return count == 1 && list->op == VERDICT_EQ && list->mask == full_mask(list);
}

static int compare(const void *a, const void *b)
{
        uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

        return x < y ? -1 : x > y;
}

/* "is 3 to 9, 17 or 40"; a single one: "== 3". */
static void add_values(struct text *text, const struct condition *like, uint64_t *values, size_t count)
{
        qsort(values, count, sizeof(*values), compare);
        add_subject(text, like);
        text_puts(text, count == 1 ? " == " : " is ");
        for (size_t i = 0, last; i < count; i = last + 1) {
                for (last = i; last + 1 < count && values[last + 1] == values[last] + 1;)
                        last++;
                text_puts(text, i == 0 ? "" : last + 1 == count ? " or " : ", ");
                add_number(text, values[i]);
                if (last > i) {
                        text_puts(text, last == i + 1 ? last + 1 == count && i == 0 ? " or " : ", " : " to ");
                        add_number(text, values[last]);
                }
        }
}

static bool same_answers(const struct verdict_case *a, const struct verdict_case *b)
{
        return memcmp(a->answers, b->answers, sizeof(a->answers)) == 0;
}

/* Appends the conditions of the cases from @at on that have one answer, each as an alternative. Returns the first case behind them. */
static size_t add_alternatives(struct text *text, const struct verdict *verdict, size_t at)
{
        uint64_t *values = calloc(verdict->case_count, sizeof(*values));
        struct condition list[CONDITIONS_MAX], next[CONDITIONS_MAX];
        const char *between = "";
        size_t end = at;

        if (values == NULL) {
                text->failed = true;
                return verdict->case_count;
        }
        while (end < verdict->case_count && verdict->cases[end].count > 0 &&
               same_answers(&verdict->cases[end], &verdict->cases[at])) {
                size_t count = list_conditions(&verdict->cases[end++], list), value_count = 0;

                text_puts(text, between);
                between = " or ";
                if (is_value(list, count)) {
                        values[value_count++] = list->value;
                        while (end < verdict->case_count && same_answers(&verdict->cases[end], &verdict->cases[at]) &&
                               is_value(next, list_conditions(&verdict->cases[end], next)) &&
                               next->part == list->part && next->index == list->index) {
                                values[value_count++] = next->value;
                                end++;
                        }
                        add_values(text, list, values, value_count);
                        continue;
                }
                for (size_t i = 0; i < count; i++) {
                        text_puts(text, i == 0 ? "" : " and ");
                        add_condition(text, &list[i]);
                }
        }
        free(values);
        return end;
}

static void add_answers(struct text *text, const struct verdict_case *one, size_t side_count)
{
        for (size_t side = 0; side < side_count; side++) {
                if (side > 0 && one->answers[side] == one->answers[side - 1])
                        return;
                text_puts(text, side == 0 ? "" : " → ");
                seccomp_answer_print(one->answers[side], text);
        }
}

void verdict_print(const struct verdict *verdict, size_t side_count, struct text *text)
{
        if (!verdict->complete) {
                text_puts(text,
                          "the filter computes with arguments, or has too many ways: only single calls can be tested");
                return;
        }
        for (size_t i = 0; i < verdict->case_count;) {
                size_t first = i;

                text_puts(text, i == 0 ? "" : "; ");
                if (verdict->cases[i].count == 0) {
                        text_puts(text, i == 0 ? "" : "otherwise ");
                        i++;
                } else {
                        i = add_alternatives(text, verdict, i);
                        text_puts(text, ": ");
                }
                add_answers(text, &verdict->cases[first], side_count);
        }
}

static void add_answers_json(struct text *text, const struct verdict_case *one, size_t side_count)
{
        for (size_t side = 0; side < side_count; side++) {
                _cleanup_text_ struct text word = {0};

                seccomp_answer_print(one->answers[side], &word);
                text_puts(text, side_count == 1 ? "\"answer\": " : side == 0 ? "\"answer\": [" : ", ");
                json_write_string(text, word.data != NULL ? word.data : "");
        }
        text_puts(text, side_count == 1 ? "" : "]");
}

/* Arguments that are of this case. */
static void add_example(struct text *text, const struct verdict *verdict, size_t index)
{
        uint64_t args[6];

        if (!verdict_example(verdict, index, args))
                return;
        for (size_t i = 0; i < ELEMENTS(args); i++)
                text_printf(text, "%s\"0x%" PRIx64 "\"", i == 0 ? "\"example\": [" : ", ", args[i]);
        text_puts(text, "], ");
}

void verdict_print_json(const struct verdict *verdict, size_t side_count, struct text *text)
{
        struct condition list[CONDITIONS_MAX];

        text_printf(text, "\"complete\": %s, \"cases\": [", verdict->complete ? "true" : "false");
        for (size_t i = 0; i < verdict->case_count; i++) {
                size_t count = list_conditions(&verdict->cases[i], list);

                text_puts(text, i == 0 ? "{" : ", {");
                for (size_t j = 0; j < count; j++) {
                        _cleanup_text_ struct text words = {0};

                        add_condition(&words, &list[j]);
                        text_puts(text, j == 0 ? "\"if\": [" : ", ");
                        json_write_string(text, words.data != NULL ? words.data : "");
                }
                text_puts(text, count > 0 ? "], " : "");
                add_example(text, verdict, i);
                add_answers_json(text, &verdict->cases[i], side_count);
                text_puts(text, "}");
        }
        text_puts(text, "]");
}
