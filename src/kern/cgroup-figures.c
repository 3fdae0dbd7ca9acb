/* SPDX-License-Identifier: Apache-2.0 */
/* Figures that are read again and again; see cgroup-figures.h. */
#include "kern/cgroup-figures.h"

#include <string.h>

#define ANY CGROUP_CONTROLLER_COUNT
#define NSEC_PER_USEC 1000

#define AT(name) .figure = CGROUP_FIGURE_##name
#define PROCS(controller, version)                                                                         \
        {                                                                                                  \
                controller, version, "cgroup.procs", CGROUP_FORM_PROCS, false, false, {{AT(PROCESSES)}}, 1 \
        }
#define PRESSURE(file, name)                                                      \
        {                                                                         \
                ANY, 2, file, CGROUP_FORM_PRESSURE, false, false, {{AT(name)}}, 1 \
        }
#define NUMBER(controller, version, file, steady, name)                                       \
        {                                                                                     \
                controller, version, file, CGROUP_FORM_NUMBER, steady, false, {{AT(name)}}, 1 \
        }
#define IO(version, file, form, unheard, read, written)                             \
        {                                                                           \
                CGROUP_BLKIO, version, file, form, false, unheard,                  \
                        {{AT(READ), .key = read}, {AT(WRITTEN), .key = written}}, 2 \
        }

const struct cgroup_source cgroup_sources[CGROUP_SOURCE_COUNT] = {
        /* clang-format off */
        NUMBER(CGROUP_CPUACCT, 1, "cpuacct.usage", false, CPU_NSEC),
        {CGROUP_CPU, 1, "cpu.stat", CGROUP_FORM_KEYS, false, false,
         {{AT(THROTTLED), "nr_throttled"}, {AT(THROTTLED_NSEC), "throttled_time"}}, 2},
        /* Beside v1 the v2 hierarchy counts the time of groups that cpuacct does not have. */
        {ANY, 2, "cpu.stat", CGROUP_FORM_KEYS, false, false,
         {{AT(CPU_NSEC), "usage_usec", NSEC_PER_USEC}, {AT(THROTTLED), "nr_throttled"},
          {AT(THROTTLED_NSEC), "throttled_usec", NSEC_PER_USEC}}, 3},
        NUMBER(CGROUP_CPU, 1, "cpu.cfs_quota_us", true, QUOTA_USEC),
        NUMBER(CGROUP_CPU, 1, "cpu.cfs_period_us", true, PERIOD_USEC),
        {CGROUP_CPU, 2, "cpu.max", CGROUP_FORM_NUMBERS, true, false, {{AT(QUOTA_USEC)}, {AT(PERIOD_USEC)}}, 2},
        NUMBER(CGROUP_MEMORY, 1, "memory.usage_in_bytes", false, MEMORY),
        NUMBER(CGROUP_MEMORY, 2, "memory.current", false, MEMORY),
        NUMBER(CGROUP_MEMORY, 1, "memory.limit_in_bytes", true, MEMORY_LIMIT),
        NUMBER(CGROUP_MEMORY, 2, "memory.max", true, MEMORY_LIMIT),
        {CGROUP_MEMORY, 1, "memory.oom_control", CGROUP_FORM_KEYS, false, false, {{AT(OOM_KILLS), "oom_kill"}}, 1},
        {CGROUP_MEMORY, 2, "memory.events", CGROUP_FORM_KEYS, false, false, {{AT(OOM_KILLS), "oom_kill"}}, 1},
        /* Who has counted something says it: BFQ of its disks, and the throttle of those that it was ever told to hold back. */
        IO(1, "blkio.bfq.io_service_bytes_recursive", CGROUP_FORM_BLKIO, true, "Read", "Write"),
        IO(1, "blkio.throttle.io_service_bytes_recursive", CGROUP_FORM_BLKIO, false, "Read", "Write"),
        IO(2, "io.stat", CGROUP_FORM_IO_STAT, false, "rbytes=", "wbytes="),
        NUMBER(CGROUP_PIDS, 0, "pids.current", false, TASKS),
        NUMBER(CGROUP_PIDS, 0, "pids.max", true, TASKS_LIMIT),
        PRESSURE("cpu.pressure", CPU_STALL_USEC),
        PRESSURE("memory.pressure", MEMORY_STALL_USEC),
        PRESSURE("io.pressure", IO_STALL_USEC),
        PROCS(CGROUP_PIDS, 0),
        PROCS(ANY, 2),
        PROCS(CGROUP_CPUACCT, 1),
        PROCS(CGROUP_MEMORY, 1),
        PROCS(CGROUP_BLKIO, 1),
        /* clang-format on */
};

uint32_t cgroup_source_gives(const struct cgroup_source *source)
{
        uint32_t gives = 0;

        for (size_t i = 0; i < source->count; i++)
                gives |= UINT32_C(1) << source->figures[i].figure;
        return gives;
}

/* The decimal number that *@at begins with, behind which it goes. NONE: there is none, or it does not fit. */
static uint64_t number_next(const char **at)
{
        uint64_t number = 0;
        const char *c = *at;
        bool fits = true;

        for (; *c >= '0' && *c <= '9'; c++)
                if (__builtin_mul_overflow(number, 10, &number) ||
                    __builtin_add_overflow(number, (uint64_t)(*c - '0'), &number))
                        fits = false;
        fits = fits && c != *at;
        *at = c;
        return fits ? number : CGROUP_FIGURE_NONE;
}

static const char *line_next(const char *at)
{
        at = strchrnul(at, '\n');
        return *at == '\n' ? at + 1 : at;
}

static void set(const struct cgroup_source *source, size_t which, uint64_t number, uint64_t *figures)
{
        uint64_t *figure = &figures[source->figures[which].figure];
        uint64_t unit = source->figures[which].unit;

        if (*figure != CGROUP_FIGURE_NONE || number == CGROUP_FIGURE_NONE)
                return;
        if (unit > 1 && __builtin_mul_overflow(number, unit, &number))
                return;
        *figure = number;
}

static void parse_keys(const struct cgroup_source *source, const char *at, uint64_t *figures)
{
        for (; *at != '\0'; at = line_next(at))
                for (size_t i = 0; i < source->count; i++) {
                        size_t len = strlen(source->figures[i].key);

                        if (strncmp(at, source->figures[i].key, len) == 0 && at[len] == ' ') {
                                at += len + 1;
                                set(source, i, number_next(&at), figures);
                                break;
                        }
                }
}

/* Adds what the words behind a device say; a number that does not fit is left out, and so is one that would take the sum too far. */
static void parse_devices(const struct cgroup_source *source, const char *at, uint64_t *figures)
{
        uint64_t sums[CGROUP_SOURCE_FIGURES] = {0};
        bool any = false;

        for (; *at != '\0'; at = line_next(at)) {
                /* The sum of all, "Total 512", is of no device. */
                if (*at < '0' || *at > '9')
                        continue;
                any = true;
                for (at += strcspn(at, " \n"); *at == ' '; at += strcspn(at, " \n")) {
                        const char *word = ++at;

                        for (size_t i = 0; i < source->count; i++) {
                                size_t len = strlen(source->figures[i].key);
                                uint64_t number, sum;

                                if (strncmp(word, source->figures[i].key, len) != 0)
                                        continue;
                                at = word + len + (source->form == CGROUP_FORM_BLKIO && word[len] == ' ');
                                number = number_next(&at);
                                if (number != CGROUP_FIGURE_NONE && !__builtin_add_overflow(sums[i], number, &sum))
                                        sums[i] = sum;
                                break;
                        }
                }
        }
        for (size_t i = 0; (any || !source->unheard) && i < source->count; i++)
                set(source, i, sums[i], figures);
}

uint64_t cgroup_pressure_total(const char *text)
{
        static const char some[] = "some ", total[] = " total=";
        const char *end = strchrnul(text, '\n'), *found = strstr(text, total);

        if (strncmp(text, some, strlen(some)) != 0 || found == NULL || found > end)
                return CGROUP_FIGURE_NONE;
        found += strlen(total);
        return number_next(&found);
}

void cgroup_source_parse(const struct cgroup_source *source, const char *text, uint64_t figures[CGROUP_FIGURE_COUNT])
{
        switch (source->form) {
        case CGROUP_FORM_NUMBER:
        case CGROUP_FORM_NUMBERS:
                for (size_t i = 0; i < source->count; i++) {
                        uint64_t number = number_next(&text);

                        if (source->figures[i].figure == CGROUP_FIGURE_MEMORY_LIMIT && number >= CGROUP_V1_UNLIMITED)
                                number = CGROUP_FIGURE_NONE;
                        set(source, i, number, figures);
                        text += strcspn(text, " \n");
                        text += *text == ' ';
                }
                break;
        case CGROUP_FORM_KEYS:
                parse_keys(source, text, figures);
                break;
        case CGROUP_FORM_BLKIO:
        case CGROUP_FORM_IO_STAT:
                parse_devices(source, text, figures);
                break;
        case CGROUP_FORM_PRESSURE:
                set(source, 0, cgroup_pressure_total(text), figures);
                break;
        case CGROUP_FORM_PROCS:
                break;
        }
}
