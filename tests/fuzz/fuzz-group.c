/* SPDX-License-Identifier: Apache-2.0 */
/* The path of a control group, which whoever makes groups chooses, and the text of one of its files: a name that ends, and figures that were not
 * known before. */
#include <stdbool.h>

#include "fuzz.h"
#include "kern/cgroup-figures.h"
#include "model/group-name.h"

static void check_name(const char *path)
{
        struct group_name name;

        memset(&name, 'x', sizeof(name));
        group_name_find(path, &name);
        EXPECT(name.kind < GROUP_KIND_COUNT && memchr(name.name, '\0', sizeof(name.name)) != NULL);
        EXPECT(name.name[0] != '\0');
}

static void check_figures(const struct cgroup_source *source, const char *text)
{
        uint64_t figures[CGROUP_FIGURE_COUNT];
        uint32_t gives = cgroup_source_gives(source);

        memset(figures, 0xff, sizeof(figures));
        cgroup_source_parse(source, text, figures);
        for (unsigned i = 0; i < CGROUP_FIGURE_COUNT; i++)
                EXPECT((gives & UINT32_C(1) << i) != 0 || figures[i] == CGROUP_FIGURE_NONE);
        /* What is known stays. */
        memset(figures, 0, sizeof(figures));
        cgroup_source_parse(source, text, figures);
        for (unsigned i = 0; i < CGROUP_FIGURE_COUNT; i++)
                EXPECT(figures[i] == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char *path = fuzz_part(&data, &size), *text = fuzz_text(data, size);

        check_name(path);
        for (size_t i = 0; i < CGROUP_SOURCE_COUNT; i++)
                check_figures(&cgroup_sources[i], text);
        (void)cgroup_pressure_total(text);
        free(path);
        free(text);
        return 0;
}
