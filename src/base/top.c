/* SPDX-License-Identifier: Apache-2.0 */
/* What `ward top` shows of a group; see top.h. It is asked for some thousand figures in each round, so no printf(3). */
#include "base/top.h"

#include <string.h>

#include "base/digits.h"
#include "base/mem.h"

const char *const top_order_words[] = {"cpu", "path", "tasks", "memory", "io", "pressure", NULL};

#define NSEC_PER_MSEC UINT64_C(1000000)
#define NSEC_PER_SEC UINT64_C(1000000000)

static uint64_t key(uint64_t value)
{
        return value == TOP_NONE ? 0 : value + 1;
}

uint64_t top_pressure(const uint64_t values[TOP_VALUE_COUNT])
{
        uint64_t most = 0;

        for (size_t i = TOP_CPU_PRESSURE; i <= TOP_IO_PRESSURE; i++)
                most = key(values[i]) > most ? key(values[i]) : most;
        return most == 0 ? TOP_NONE : most - 1;
}

uint64_t top_key(const uint64_t values[TOP_VALUE_COUNT], enum top_order order, bool cpu_time)
{
        switch (order) {
        case TOP_BY_PATH:
                break;
        case TOP_BY_TASKS:
                return key(values[TOP_TASKS]);
        case TOP_BY_CPU:
                return key(values[cpu_time ? TOP_CPU_NSEC : TOP_CPU]);
        case TOP_BY_MEMORY:
                return key(values[TOP_MEMORY]);
        case TOP_BY_IO:
                if (values[TOP_READ] == TOP_NONE || values[TOP_WRITTEN] == TOP_NONE)
                        return 0;
                return key(values[TOP_READ] + values[TOP_WRITTEN]);
        case TOP_BY_PRESSURE:
                return key(top_pressure(values));
        }
        return 0;
}

size_t top_number_text(char *text, uint64_t number)
{
        char *end;

        if (number == TOP_NONE) {
                memcpy(text, "-", 2);
                return 1;
        }
        end = digits_put(text, number, 10);
        *end = '\0';
        return (size_t)(end - text);
}

static size_t add_word(char *text, size_t len, const char *word)
{
        memcpy(text + len, word, strlen(word) + 1);
        return len + strlen(word);
}

/* @tenths as a number with one decimal. */
static size_t tenths_text(char *text, uint64_t tenths)
{
        size_t len = top_number_text(text, tenths / 10);

        text[len++] = '.';
        text[len++] = (char)('0' + tenths % 10);
        text[len] = '\0';
        return len;
}

size_t top_bytes_text(char *text, uint64_t bytes)
{
        static const char units[] = "KMGTPE";
        size_t unit = 0, len;

        if (bytes == TOP_NONE)
                return top_number_text(text, bytes);
        if (bytes < 1024)
                return add_word(text, top_number_text(text, bytes), "B");
        for (; bytes >= 1024 * 1024; bytes >>= 10)
                unit++;
        len = tenths_text(text, bytes * 10 / 1024);
        text[len++] = units[unit];
        text[len] = '\0';
        return len;
}

size_t top_percent_text(char *text, uint64_t part, uint64_t whole)
{
        uint64_t tenths;

        if (part == TOP_NONE || whole == TOP_NONE || whole == 0 || __builtin_mul_overflow(part, 1000, &tenths))
                return top_number_text(text, TOP_NONE);
        return tenths_text(text, (tenths + whole / 2) / whole);
}

size_t top_time_text(char *text, uint64_t nsec)
{
        static const struct {
                uint64_t seconds;
                const char *name, *below_name;
                uint64_t below;
        } units[] = {{86400, "d ", "h", 3600}, {3600, "h ", "min", 60}, {60, "min ", "s", 1}};
        uint64_t seconds = nsec / NSEC_PER_SEC;
        size_t len;

        if (nsec == TOP_NONE)
                return top_number_text(text, nsec);
        for (size_t i = 0; i < ELEMENTS(units); i++)
                if (seconds >= units[i].seconds) {
                        len = add_word(text, top_number_text(text, seconds / units[i].seconds), units[i].name);
                        len += top_number_text(text + len, seconds % units[i].seconds / units[i].below);
                        return add_word(text, len, units[i].below_name);
                }
        if (seconds > 0)
                return add_word(text, tenths_text(text, nsec / (NSEC_PER_SEC / 10)), "s");
        return add_word(text, top_number_text(text, nsec / NSEC_PER_MSEC), "ms");
}
