/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Id maps and subuid(5). A map that was read and written anew reads the same, and as scanf reads it; of /etc/subuid the first line of ward is
 * found, or the name of somebody whose ids touch the default range.
 */
#include "base/mem.h"
#include "base/procfs.h"
#include "fuzz.h"
#include "kern/idmap.h"
#include "store/ranges.h"

#define RANGES_MAX 512

static void read_map(const char *text)
{
        struct idmap_range ranges[RANGES_MAX];
        _cleanup_text_ struct text written = {0};
        const char *at = text, *again;
        struct procfs_map map;
        size_t count = 0;

        while (count < RANGES_MAX) {
                unsigned long long inside, outside, number;
                const char *line = at;

                if (!procfs_next_map(&at, &map))
                        break;
                ranges[count++] = (struct idmap_range){map.inside, map.outside, map.count};
                EXPECT(sscanf(line, "%llu %llu %llu", &inside, &outside, &number) == 3);
                EXPECT(inside == map.inside && outside == map.outside && number == map.count);
        }
        EXPECT(procfs_map_is_whole(text) == (count == 1 && *at == '\0' && ranges[0].inside == 0 &&
                                             ranges[0].outside == 0 && ranges[0].count == UINT32_MAX));
        if (count == 0)
                return;
        idmap_text(ranges, count, &written);
        again = written.data;
        for (size_t i = 0; i < count; i++)
                EXPECT(procfs_next_map(&again, &map) && map.inside == ranges[i].inside &&
                       map.outside == ranges[i].outside && map.count == ranges[i].count);
        EXPECT(*again == '\0');
}

/* A line of subuid(5) as scanf reads it. */
static bool scan_line(const char *line, char **ret_name, unsigned long long *ret_base, unsigned long long *ret_count)
{
        int end = 0;
        const char *colon = strchr(line, ':');

        /* Signs and blanks would be taken by scanf. */
        if (colon == NULL || strspn(colon, ":0123456789") != strlen(colon))
                return false;
        if (sscanf(colon, ":%llu:%llu%n", ret_base, ret_count, &end) != 2 || colon[end] != '\0')
                return false;
        *ret_name = strndup(line, (size_t)(colon - line));
        return *ret_base <= UINT32_MAX - 1 && *ret_count <= UINT32_MAX && *ret_base + *ret_count <= UINT32_MAX;
}

static void read_subuid(const char *text)
{
        _cleanup_free_ char *copy = strdup(text), *lines = strdup(text);
        char *rest = lines, *line;
        struct ranges_span span = {1, 1};
        const char *touching;
        bool found = false, touched = false;

        EXPECT(copy != NULL && lines != NULL);
        touching = ranges_find(copy, &span);
        EXPECT(span.base + span.count <= UINT32_MAX && (touching == NULL || strcmp(touching, RANGES_USER) != 0));
        while (!found && (line = strsep(&rest, "\n")) != NULL) {
                unsigned long long base, count;
                _cleanup_free_ char *name = NULL;

                if (!scan_line(line, &name, &base, &count))
                        continue;
                found = strcmp(name, RANGES_USER) == 0;
                if (found)
                        EXPECT(touching == NULL && span.base == base && span.count == count);
                else
                        touched |= base < RANGES_DEFAULT_BASE + (uint64_t)RANGES_DEFAULT_COUNT &&
                                   base + count > RANGES_DEFAULT_BASE && count > 0;
        }
        if (!found && touching == NULL && span.base == RANGES_DEFAULT_BASE && span.count == RANGES_DEFAULT_COUNT)
                EXPECT(!touched);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *text = fuzz_text(data, size);

        read_map(text);
        read_subuid(text);
        return 0;
}
