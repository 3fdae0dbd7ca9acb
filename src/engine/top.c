/* SPDX-License-Identifier: Apache-2.0 */
/* What control groups use: readings of kern/cgroup-top.h as rates and limits, with the names that people know; see top.h. */
#include "engine/top.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/json.h"
#include "engine/engine.h"
#include "kern/cgroup-top.h"

#define FILES_SPARE 64 /* descriptors that are left for everything else */
#define NSEC_PER_SEC UINT64_C(1000000000)
#define USEC_PER_SEC UINT64_C(1000000)
#define NSEC_PER_USEC 1000

/* What is known of a group by its path alone, made when it is first met. */
struct label {
        struct group_name name;
        bool utf8;
        char shown[];
};

/* A container of the store, by the path of its group. */
struct known {
        const char *path, *id;
};

struct engine_top {
        struct arena arena;
        struct store *store;
        struct cgroup_layout layout;
        struct cgroup_top_options tree_options;
        struct cgroup_top *tree;
        unsigned depth; /* of the rows */
        enum top_count count;
        bool recursive;
        struct top_row *rows;
        size_t room;
};

static uint32_t bit(enum top_value value)
{
        return UINT32_C(1) << value;
}

/* ---- what is read ---- */

/* The figures that a value is made of. */
static uint32_t figures_of(const struct engine_top_options *options)
{
        static const uint32_t made_of[TOP_VALUE_COUNT] = {
                [TOP_TASKS] = CGROUP_FIGURE(TASKS),
                [TOP_TASKS_LIMIT] = CGROUP_FIGURE(TASKS_LIMIT),
                [TOP_CPU] = CGROUP_FIGURE(CPU_NSEC),
                [TOP_CPU_LIMIT] = CGROUP_FIGURE(QUOTA_USEC) | CGROUP_FIGURE(PERIOD_USEC),
                [TOP_CPU_NSEC] = CGROUP_FIGURE(CPU_NSEC),
                [TOP_THROTTLED] = CGROUP_FIGURE(THROTTLED_NSEC),
                [TOP_THROTTLED_PERIODS] = CGROUP_FIGURE(THROTTLED),
                [TOP_MEMORY] = CGROUP_FIGURE(MEMORY),
                [TOP_MEMORY_LIMIT] = CGROUP_FIGURE(MEMORY_LIMIT),
                [TOP_OOM_KILLS] = CGROUP_FIGURE(OOM_KILLS),
                [TOP_OOM_RECENT] = CGROUP_FIGURE(OOM_KILLS),
                [TOP_READ] = CGROUP_FIGURE(READ),
                [TOP_WRITTEN] = CGROUP_FIGURE(WRITTEN),
                [TOP_CPU_PRESSURE] = CGROUP_FIGURE(CPU_STALL_USEC),
                [TOP_MEMORY_PRESSURE] = CGROUP_FIGURE(MEMORY_STALL_USEC),
                [TOP_IO_PRESSURE] = CGROUP_FIGURE(IO_STALL_USEC),
        };
        uint32_t figures = 0;

        for (size_t i = 0; i < TOP_VALUE_COUNT; i++)
                figures |= (options->values & bit(i)) != 0 ? made_of[i] : 0;
        return figures;
}

static unsigned files_max(void)
{
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return 0;
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur <= FILES_SPARE)
                return 0;
        return limit.rlim_cur > UINT_MAX ? UINT_MAX : (unsigned)limit.rlim_cur - FILES_SPARE;
}

/* Processes are counted group by group, so those of groups that are too deep to be shown are, too. */
static int open_tree(struct engine_top *top, struct ward_err *err)
{
        struct cgroup_top_options options = top->tree_options;
        struct cgroup_top *tree;
        int r;

        if (top->count != TOP_COUNT_TASKS) {
                options.figures = (options.figures & ~CGROUP_FIGURE(TASKS)) | CGROUP_FIGURE(PROCESSES);
                options.depth = top->recursive ? UINT_MAX : options.depth;
        }
        options.kernel_threads = top->count == TOP_COUNT_PROCESSES;
        r = cgroup_top_open(&top->layout, &options, &tree, err);
        if (r < 0)
                return r;
        cgroup_top_close(top->tree);
        top->tree = tree;
        return 0;
}

/* A path, or a container of the store: the path of its group was noted before there was one. */
static int find_group(struct engine_top *top, const char *group, const char **ret_path, struct ward_err *err)
{
        struct store_entry entry;
        unsigned parents;
        int r = -ENOENT;

        *ret_path = group;
        if (strchr(group, '/') != NULL || store_id_check(group, NULL) < 0)
                return 0;
        if (store_enter(top->store, group, false, &entry, NULL) < 0)
                return 0;
        r = store_noted_group(&entry, &top->arena, ret_path, &parents);
        store_leave(&entry);
        return r < 0 ? err_set(err, r, "container '%s' has no control group of its own", group) : 0;
}

int engine_top_open(struct store *store, const struct engine_top_options *options, struct engine_top **ret_top,
                    struct ward_err *err)
{
        _cleanup_top_ struct engine_top *top = calloc(1, sizeof(*top));
        int r;

        if (top == NULL)
                return err_oom(err);
        top->store = store;
        top->depth = options->depth;
        top->count = options->count;
        top->recursive = options->recursive;
        top->tree_options.figures = figures_of(options);
        top->tree_options.depth = options->depth;
        top->tree_options.files_max = files_max();
        top->tree_options.path = "/";
        r = cgroup_layout_read(&top->arena, &top->layout, err);
        if (r >= 0 && options->group != NULL)
                r = find_group(top, options->group, &top->tree_options.path, err);
        if (r >= 0)
                r = open_tree(top, err);
        if (r < 0)
                return r;
        *ret_top = TAKE_PTR(top);
        return 0;
}

void engine_top_close(struct engine_top *top)
{
        if (top == NULL)
                return;
        cgroup_top_close(top->tree);
        cgroup_layout_done(&top->layout);
        arena_done(&top->arena);
        free(top->rows);
        free(top);
}

void engine_top_counts(const struct engine_top *top, enum top_count *ret_count, bool *ret_recursive)
{
        *ret_count = top->count;
        *ret_recursive = top->recursive;
}

int engine_top_count(struct engine_top *top, enum top_count count, bool recursive, struct ward_err *err)
{
        top->count = count;
        top->recursive = recursive;
        return open_tree(top, err);
}

/* ---- names ---- */

static int compare_known(const void *a, const void *b)
{
        return strcmp(((const struct known *)a)->path, ((const struct known *)b)->path);
}

/* The containers of the store, in the order of their groups' paths. One that can't be read, or has no group, is none. */
static void list_known(struct engine_top *top, struct arena *arena, struct known **ret_known, size_t *ret_count)
{
        const char *const *ids;
        struct known *list;
        size_t count = 0, found = 0;

        *ret_count = 0;
        if (store_list(top->store, arena, &ids, &count, NULL) < 0)
                return;
        list = arena_new(arena, struct known, count + 1);
        for (size_t i = 0; list != NULL && i < count; i++) {
                struct store_entry entry;
                const char *path;
                unsigned parents;

                if (store_enter(top->store, ids[i], false, &entry, NULL) < 0)
                        continue;
                if (store_noted_group(&entry, arena, &path, &parents) >= 0)
                        list[found++] = (struct known){path + strspn(path, "/"), ids[i]};
                store_leave(&entry);
        }
        if (list == NULL)
                return;
        qsort(list, found, sizeof(*list), compare_known);
        *ret_known = list;
        *ret_count = found;
}

static void make_printable(char *text)
{
        for (; *text != '\0'; text++)
                if (*text < ' ' || *text > '~')
                        *text = '?';
}

static struct label *label_new(const char *path, const struct known *known, size_t count)
{
        const struct known wanted = {path + strspn(path, "/"), NULL};
        struct label *label = calloc(1, sizeof(*label) + strlen(path) + 1);
        const struct known *found;

        if (label == NULL)
                return NULL;
        found = count == 0 ? NULL : bsearch(&wanted, known, count, sizeof(wanted), compare_known);
        if (found != NULL) {
                label->name.kind = GROUP_WARD;
                memcpy(label->name.name, found->id, strlen(found->id) + 1);
        } else {
                group_name_find(path, &label->name);
        }
        make_printable(label->name.name);
        memcpy(label->shown, path, strlen(path) + 1);
        make_printable(label->shown);
        label->utf8 = json_is_utf8(path);
        return label;
}

/* The store is looked at when there are new groups. */
static int label_all(struct engine_top *top, const struct cgroup_group *first)
{
        _cleanup_arena_ struct arena arena = {0};
        struct known *known = NULL;
        size_t count = 0;
        bool listed = false;

        for (const struct cgroup_group *group = first; group != NULL; group = cgroup_top_next(group)) {
                if (group->label != NULL)
                        continue;
                if (!listed)
                        list_known(top, &arena, &known, &count);
                listed = true;
                ((struct cgroup_group *)(uintptr_t)group)->label = label_new(group->path, known, count);
                if (group->label == NULL)
                        return -ENOMEM;
        }
        return 0;
}

/* ---- values ---- */

static uint64_t grown(const struct cgroup_group *group, enum cgroup_figure figure)
{
        uint64_t now = group->now.figures[figure], before = group->before.figures[figure];

        if (now == CGROUP_FIGURE_NONE || before == CGROUP_FIGURE_NONE || group->before.at_nsec == 0 || now < before)
                return TOP_NONE;
        return now - before;
}

/* By how much a figure grew in each second. */
static uint64_t rate(const struct cgroup_group *group, enum cgroup_figure figure)
{
        uint64_t more = grown(group, figure), nsec = group->now.at_nsec - group->before.at_nsec;

        if (more == TOP_NONE || nsec == 0)
                return TOP_NONE;
        return (uint64_t)((unsigned __int128)more * NSEC_PER_SEC / nsec);
}

/* More than all of the time can come of the moments at which the kernel adds up. */
static uint64_t share(const struct cgroup_group *group, enum cgroup_figure figure)
{
        uint64_t usec = rate(group, figure);

        return usec != TOP_NONE && usec > USEC_PER_SEC ? USEC_PER_SEC : usec;
}

static uint64_t cpu_limit(const uint64_t *figures)
{
        uint64_t quota = figures[CGROUP_FIGURE_QUOTA_USEC], period = figures[CGROUP_FIGURE_PERIOD_USEC];

        if (quota == CGROUP_FIGURE_NONE || period == CGROUP_FIGURE_NONE || period == 0)
                return TOP_NONE;
        return (uint64_t)((unsigned __int128)quota * NSEC_PER_SEC / period);
}

static void fill(const struct engine_top *top, const struct cgroup_group *group, struct top_row *row)
{
        const struct label *label = group->label;
        const uint64_t *now = group->now.figures;

        *row = (struct top_row){
                .id = group->id,
                .path = group->path,
                .shown = label->shown,
                .utf8 = label->utf8,
                .name = &label->name,
                .depth = group->depth,
                .values =
                        {
                                [TOP_TASKS] = now[top->count == TOP_COUNT_TASKS ? CGROUP_FIGURE_TASKS
                                                                                : CGROUP_FIGURE_PROCESSES],
                                [TOP_TASKS_LIMIT] = now[CGROUP_FIGURE_TASKS_LIMIT],
                                [TOP_CPU] = rate(group, CGROUP_FIGURE_CPU_NSEC),
                                [TOP_CPU_LIMIT] = cpu_limit(now),
                                [TOP_CPU_NSEC] = now[CGROUP_FIGURE_CPU_NSEC],
                                [TOP_THROTTLED] = rate(group, CGROUP_FIGURE_THROTTLED_NSEC),
                                [TOP_THROTTLED_PERIODS] = grown(group, CGROUP_FIGURE_THROTTLED),
                                [TOP_MEMORY] = now[CGROUP_FIGURE_MEMORY],
                                [TOP_MEMORY_LIMIT] = now[CGROUP_FIGURE_MEMORY_LIMIT],
                                [TOP_OOM_KILLS] = now[CGROUP_FIGURE_OOM_KILLS],
                                [TOP_OOM_RECENT] = grown(group, CGROUP_FIGURE_OOM_KILLS),
                                [TOP_READ] = rate(group, CGROUP_FIGURE_READ),
                                [TOP_WRITTEN] = rate(group, CGROUP_FIGURE_WRITTEN),
                                [TOP_CPU_PRESSURE] = share(group, CGROUP_FIGURE_CPU_STALL_USEC),
                                [TOP_MEMORY_PRESSURE] = share(group, CGROUP_FIGURE_MEMORY_STALL_USEC),
                                [TOP_IO_PRESSURE] = share(group, CGROUP_FIGURE_IO_STALL_USEC),
                        },
        };
}

/* Adds the processes of each group to those of the one above, children first. */
static void add_up(struct top_row *rows, size_t count)
{
        for (size_t i = count; i-- > 1;) {
                uint64_t *above = &rows[rows[i].parent].values[TOP_TASKS], own = rows[i].values[TOP_TASKS];

                if (own != TOP_NONE)
                        *above = (*above == TOP_NONE ? 0 : *above) + own;
        }
}

/* Leaves out what is too deep to be shown: it was read for the sums alone. */
static size_t cut(struct top_row *rows, size_t count, unsigned depth, size_t *numbers)
{
        size_t left = 0;

        for (size_t i = 0; i < count; i++) {
                if (rows[i].depth > depth)
                        continue;
                rows[left] = rows[i];
                numbers[i] = left;
                if (rows[left].parent != SIZE_MAX)
                        rows[left].parent = numbers[rows[left].parent];
                left++;
        }
        return left;
}

/* The rows of all groups; a group's parent is the last one before it that is less deep by one. */
static int fill_all(struct engine_top *top, const struct cgroup_group *first, size_t *ret_count)
{
        size_t count = 0, *numbers = calloc(top->room + 1, sizeof(*numbers));

        if (numbers == NULL)
                return -ENOMEM;
        for (const struct cgroup_group *group = first; group != NULL; group = cgroup_top_next(group)) {
                fill(top, group, &top->rows[count]);
                /* numbers[depth]: the last row of that depth. */
                numbers[group->depth] = count;
                top->rows[count].parent = group->depth == 0 ? SIZE_MAX : numbers[group->depth - 1];
                count++;
        }
        if (top->count != TOP_COUNT_TASKS && top->recursive)
                add_up(top->rows, count);
        *ret_count = cut(top->rows, count, top->depth, numbers);
        free(numbers);
        return 0;
}

int engine_top_round(struct engine_top *top, struct top_round *ret_round, struct ward_err *err)
{
        const struct cgroup_group *first;
        long cpus = sysconf(_SC_NPROCESSORS_ONLN);
        size_t count;
        int r = cgroup_top_round(top->tree, &first, &count, err);

        if (r < 0)
                return r;
        if (count > top->room) {
                struct top_row *rows = reallocarray(top->rows, count + count / 2, sizeof(*rows));

                if (rows == NULL)
                        return err_oom(err);
                top->rows = rows;
                top->room = count + count / 2;
        }
        if (label_all(top, first) < 0 || fill_all(top, first, &count) < 0)
                return err_oom(err);
        *ret_round = (struct top_round){
                .rows = top->rows,
                .count = count,
                .interval_nsec = first->before.at_nsec == 0 ? 0 : first->now.at_nsec - first->before.at_nsec,
                .cpus = cpus < 1 ? 1 : (unsigned)cpus,
        };
        return 0;
}
