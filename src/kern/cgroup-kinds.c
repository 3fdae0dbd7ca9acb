/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a group uses, by kinds: memory with swap, of the kernel and of TCP, each line of memory.stat, processor time by processor. Only v1 counts most
 * of it by itself; what of it v2 has is put together in the same form.
 */
#include <string.h>

#include "base/text.h"
#include "kern/cgroup-private.h"

struct kinds {
        const struct cgroup_layout *layout;
        const char *path;
        struct arena *arena;
        struct ward_err *err;
};

static int file_read(const struct kinds *k, const struct cgroup_hierarchy *hierarchy, const char *file, char **ret_text)
{
        return cgroup_file_read_if_there(hierarchy, k->path, file, ret_text, k->err);
}

/* The number in a file of one; UINT64_MAX: there is no such file, or it says "max". */
static int number_read(const struct kinds *k, const struct cgroup_hierarchy *hierarchy, const char *file,
                       uint64_t *ret_number)
{
        _cleanup_free_ char *text = NULL;
        int r = file_read(k, hierarchy, file, &text);

        if (r >= 0)
                *ret_number = text == NULL ? UINT64_MAX : cgroup_text_number(text, "");
        return r;
}

static int memory_read_v1(const struct kinds *k, const struct cgroup_hierarchy *hierarchy,
                          struct cgroup_memory_entry *entries)
{
        static const struct {
                const char *limit, *usage, *max, *fail_count;
        } files[CGROUP_KIND_COUNT] = {
                [CGROUP_KIND_WITH_SWAP] = {"memory.memsw.limit_in_bytes", "memory.memsw.usage_in_bytes",
                                           "memory.memsw.max_usage_in_bytes", "memory.memsw.failcnt"},
                [CGROUP_KIND_KERNEL] = {"memory.kmem.limit_in_bytes", "memory.kmem.usage_in_bytes",
                                        "memory.kmem.max_usage_in_bytes", "memory.kmem.failcnt"},
                [CGROUP_KIND_TCP] = {"memory.kmem.tcp.limit_in_bytes", "memory.kmem.tcp.usage_in_bytes",
                                     "memory.kmem.tcp.max_usage_in_bytes", "memory.kmem.tcp.failcnt"},
        };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < CGROUP_KIND_COUNT; i++) {
                r = number_read(k, hierarchy, files[i].limit, &entries[i].limit);
                if (r >= 0)
                        r = number_read(k, hierarchy, files[i].usage, &entries[i].usage);
                if (r >= 0)
                        r = number_read(k, hierarchy, files[i].max, &entries[i].max);
                if (r >= 0)
                        r = number_read(k, hierarchy, files[i].fail_count, &entries[i].fail_count);
        }
        return r;
}

static uint64_t sum(uint64_t a, uint64_t b)
{
        return a == UINT64_MAX || b == UINT64_MAX ? UINT64_MAX : a + b;
}

/* v2 counts swap by itself, where v1 has both together. */
static int memory_read_v2(const struct kinds *k, const struct cgroup_hierarchy *hierarchy,
                          struct cgroup_memory_entry *both)
{
        uint64_t limit, usage, swap_limit, swap_usage;
        int r = number_read(k, hierarchy, "memory.max", &limit);

        if (r >= 0)
                r = number_read(k, hierarchy, "memory.current", &usage);
        if (r >= 0)
                r = number_read(k, hierarchy, "memory.swap.max", &swap_limit);
        if (r >= 0)
                r = number_read(k, hierarchy, "memory.swap.current", &swap_usage);
        if (r < 0)
                return r;
        both->limit = sum(limit, swap_limit);
        both->usage = sum(usage, swap_usage);
        return 0;
}

/* "name 5" on each line. */
int cgroup_stat_parse(struct arena *arena, char *text, struct cgroup_stat_list *ret_list)
{
        struct cgroup_stat_line *figures;
        size_t lines = 1, count = 0;
        char *line;

        for (const char *c = text; *c != '\0'; c++)
                lines += *c == '\n';
        figures = arena_new(arena, struct cgroup_stat_line, lines);
        if (figures == NULL)
                return -ENOMEM;
        while ((line = text_next(&text, '\n')) != NULL) {
                const char *name = text_next(&line, ' ');
                uint64_t value;

                if (line == NULL || number_parse(line, UINT64_MAX, &value) < 0)
                        continue;
                figures[count] = (struct cgroup_stat_line){arena_strdup(arena, name), value};
                if (figures[count++].name == NULL)
                        return -ENOMEM;
        }
        *ret_list = (struct cgroup_stat_list){figures, count};
        return 0;
}

/* @usage is "42 37 "; of @parts each line behind the first, which says what they are, is "0 25 17": processor, user, system. */
int cgroup_cpus_parse(struct arena *arena, char *usage, char *parts, struct cgroup_cpu_list *ret_list)
{
        struct cgroup_cpu *cpus;
        size_t words = 1, count = 0;
        char *word, *line;

        for (const char *c = usage; *c != '\0'; c++)
                words += *c == ' ';
        cpus = arena_new(arena, struct cgroup_cpu, words);
        if (cpus == NULL)
                return -ENOMEM;
        while ((word = text_next(&usage, ' ')) != NULL && number_parse(word, UINT64_MAX, &cpus[count].usage_nsec) >= 0)
                count++;
        while ((line = text_next(&parts, '\n')) != NULL) {
                const char *number = text_next(&line, ' '), *user = text_next(&line, ' ');
                uint64_t index, user_nsec, system_nsec;

                if (user == NULL || line == NULL || number_parse(number, UINT32_MAX, &index) < 0 || index >= count ||
                    number_parse(user, UINT64_MAX, &user_nsec) < 0 || number_parse(line, UINT64_MAX, &system_nsec) < 0)
                        continue;
                cpus[index].user_nsec = user_nsec;
                cpus[index].system_nsec = system_nsec;
        }
        *ret_list = (struct cgroup_cpu_list){cpus, count};
        return 0;
}

static int cpus_read(const struct kinds *k, const struct cgroup_hierarchy *hierarchy, struct cgroup_cpu_list *ret_list)
{
        _cleanup_free_ char *usage = NULL, *parts = NULL;
        int r = file_read(k, hierarchy, "cpuacct.usage_percpu", &usage);

        if (r >= 0)
                r = file_read(k, hierarchy, "cpuacct.usage_all", &parts);
        if (r < 0 || usage == NULL || parts == NULL)
                return r;
        r = cgroup_cpus_parse(k->arena, usage, parts, ret_list);
        return r < 0 ? err_oom(k->err) : 0;
}

static int memory_stat_read(const struct kinds *k, const struct cgroup_hierarchy *hierarchy,
                            struct cgroup_stat_list *ret_list)
{
        _cleanup_free_ char *text = NULL;
        int r = file_read(k, hierarchy, "memory.stat", &text);

        if (r < 0 || text == NULL)
                return r;
        r = cgroup_stat_parse(k->arena, text, ret_list);
        return r < 0 ? err_oom(k->err) : 0;
}

int cgroup_kinds_read(const struct cgroup_layout *layout, const char *path, struct arena *arena,
                      struct cgroup_details *details, struct ward_err *err)
{
        const struct kinds k = {layout, path, arena, err};
        const struct cgroup_hierarchy *memory = cgroup_with(layout, CGROUP_MEMORY),
                                      *cpu = cgroup_with(layout, CGROUP_CPUACCT);
        int r = 0;

        memset(details->memory, 0xff, sizeof(details->memory));
        if (memory != NULL)
                r = memory->version == 1 ? memory_read_v1(&k, memory, details->memory)
                                         : memory_read_v2(&k, memory, &details->memory[CGROUP_KIND_WITH_SWAP]);
        if (r >= 0 && memory != NULL)
                r = memory_stat_read(&k, memory, &details->memory_stat);
        if (r >= 0 && cpu != NULL && cpu->version == 1)
                r = cpus_read(&k, cpu, &details->cpus);
        return r;
}
