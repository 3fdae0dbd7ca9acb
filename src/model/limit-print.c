/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits that the OCI runtime specification has no field for, as words: what is printed of them is what is read again. In config.json they are a list
 * of ward's own, linux.resources.ward.
 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "model/limit-words.h"

/* Beside these there are the limits of a disk or a key: struct spec_extra. */
static const char *const words[] = {
        "memory.min",
        "memory.low",
        "memory.high",
        "memory.swap.max",
        "memory.swap.high",
        "memory.zswap.max",
        "memory.oom.group",
        "memory.zswap.writeback",
        "cpu.weight",
        "cpu.weight.nice",
        "cpu.uclamp.min",
        "cpu.uclamp.max",
        "cpuset.cpus.partition",
        "io.weight",
        "cgroup.max.depth",
        "cgroup.max.descendants",
        "cgroup.type",
};

/* Which word a kind of extra is read by. */
static const char *const extra_words[SPEC_EXTRA_COUNT] = {
        [SPEC_IO_WEIGHT] = "io.weight",         [SPEC_IO_LATENCY] = "io.latency", [SPEC_IO_COST_QOS] = "io.cost.qos",
        [SPEC_IO_COST_MODEL] = "io.cost.model", [SPEC_MISC_MAX] = "misc.max",     [SPEC_DMEM_MIN] = "dmem.min",
        [SPEC_DMEM_LOW] = "dmem.low",           [SPEC_DMEM_MAX] = "dmem.max",
};

bool limit_words_beyond(const char *name)
{
        for (size_t i = 0; i < ELEMENTS(words); i++)
                if (strcmp(words[i], name) == 0)
                        return true;
        for (size_t i = 0; i < ELEMENTS(extra_words); i++)
                if (strcmp(extra_words[i], name) == 0)
                        return true;
        return false;
}

/* False: it is not given. */
static bool print_word(const struct spec_resources *resources, const struct limit_word *word, struct text *text)
{
        const char *at = (const char *)resources + word->offset;
        const struct spec_i64 *number = (const struct spec_i64 *)(const void *)at;

        if (word->kind == LIMIT_CHOICE) {
                const char *choice = *(const char *const *)(const void *)at;

                text_printf(text, "%s=%s", word->word, choice == NULL ? "" : choice);
                return choice != NULL;
        }
        text_printf(text, "%s=", word->word);
        if (!number->given)
                return false;
        /* A nice value can be -1; of the others that is none. */
        if (number->value == -1 && word->kind != LIMIT_NUMBER)
                text_puts(text, "max");
        else if (word->kind == LIMIT_PERCENT)
                text_printf(text, "%" PRId64 ".%02" PRId64, number->value / 100, number->value % 100);
        else
                text_printf(text, "%" PRId64, number->value);
        return true;
}

static void print_extra(const struct spec_extra *extra, struct text *text)
{
        text_printf(text, "%s=", extra_words[extra->kind]);
        if (extra->kind < SPEC_MISC_MAX)
                text_printf(text, "%" PRIu32 ":%" PRIu32 " ", extra->major, extra->minor);
        else
                text_printf(text, "%s ", extra->key);
        if (extra->text != NULL)
                text_puts(text, extra->text);
        else if (extra->kind == SPEC_IO_WEIGHT && extra->value == 0)
                text_puts(text, "default");
        else if (extra->value == -1)
                text_puts(text, "max");
        else
                text_printf(text, "%" PRId64, extra->value);
}

void limit_words_print(const struct spec_resources *resources, void (*add)(void *data, const char *word), void *data)
{
        for (size_t i = 0; i < ELEMENTS(words) + resources->extra_count; i++) {
                _cleanup_text_ struct text text = {0};

                if (i >= ELEMENTS(words))
                        print_extra(&resources->extras[i - ELEMENTS(words)], &text);
                else if (!print_word(resources, limit_words_find(words[i]), &text))
                        continue;
                add(data, text_failed(&text) ? NULL : text.data);
        }
}
