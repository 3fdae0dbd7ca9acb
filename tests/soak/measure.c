/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The figures of the soak; see measure.h.
 *
 * What can be told apart from other work on the machine has to be equal: mounts are counted in a mount namespace of the run's own, groups
 * below a group of its own, memory on the account of that group, which has everything below it, removed groups included (cgroups(7)).
 * Of what the kernel counts for the whole machine alone, a leak is one per start: much more than others make in that time.
 *
 * A removed group stays in memory as long as a page is on its account: the first who reads a file pays for its cache. So what can be
 * reclaimed is reclaimed before it is counted; what is left then belongs to something that lives.
 */
#include "measure.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"

#define HIERARCHIES_MAX 16
/* For what the kernel frees by and by, since the last of it was freed: it does so in batches, each behind several rcu_barrier(), which have been seen
 * to take a minute. */
#define WAIT_SECONDS 120
#define WAITS_SECONDS 600 /* altogether */
#define SETTLE_SECONDS 15

static struct hierarchies {
        char mounts[HIERARCHIES_MAX][128];
        size_t count;
        const char *unified, *memory; /* of mounts; NULL: none */
        bool memory_v2;
} hierarchies;

static const char *const figure_names[FIGURE_COUNT] = {
        [FIGURE_MOUNTS] = "mounts",
        [FIGURE_GROUPS] = "control groups",
        [FIGURE_DYING] = "removed groups still in memory",
        [FIGURE_STATE_FILES] = "files in the state directory",
        [FIGURE_STATE_BYTES] = "bytes in the state directory",
        [FIGURE_PROCESSES] = "processes",
        [FIGURE_FDS] = "descriptors of the driver",
        [FIGURE_KERNEL_BYTES] = "kernel memory, bytes",
        [FIGURE_MEMORY_BYTES] = "memory, bytes",
        [FIGURE_MEMORY_GROUPS] = "memory groups of the machine",
        [FIGURE_KEYS] = "keys of root",
        [FIGURE_SLABS] = "net_namespace objects",
        [FIGURE_SLABS + 1] = "pid_namespace objects",
        [FIGURE_SLABS + 2] = "uts_namespace objects",
        [FIGURE_SLABS + 3] = "user_namespace objects",
        [FIGURE_SLABS + 4] = "mnt_cache objects",
};

/* ---- files ---- */

/* The number in column @column of the line of @path whose first word is @key ("": of the first line, whose first word is column 0).
 * FIGURE_NONE: there is none. */
static uint64_t read_number(const char *path, const char *key, int column)
{
        FILE *file = fopen(path, "re");
        uint64_t value = FIGURE_NONE;
        char line[1024];

        while (file != NULL && value == FIGURE_NONE && fgets(line, sizeof(line), file) != NULL) {
                char *rest = line, *word = NULL;

                for (int i = 0; i <= column; i++) {
                        do
                                word = strsep(&rest, " \t\n/");
                        while (word != NULL && *word == '\0');
                        if (word == NULL || (i == 0 && *key != '\0' && strcmp(word, key) != 0))
                                break;
                        if (i == column && number_parse(word, UINT64_MAX, &value) < 0)
                                value = FIGURE_NONE;
                }
        }
        if (file != NULL)
                (void)fclose(file);
        return value;
}

static bool write_line(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

        if (fd >= 0)
                (void)close(fd);
        return ok;
}

static uint64_t tree_files, tree_bytes;

static int add_file(const char *path, const struct stat *st, int type, struct FTW *where)
{
        (void)path;
        (void)type;
        tree_files += where->level > 0;
        /* A directory's size is the file system's own affair. */
        tree_bytes += S_ISDIR(st->st_mode) ? 0 : (uint64_t)st->st_size;
        return 0;
}

static uint64_t count_entries(const char *path)
{
        DIR *dir = opendir(path);
        uint64_t count = 0;

        while (dir != NULL && readdir(dir) != NULL)
                count++;
        if (dir != NULL)
                (void)closedir(dir);
        return count;
}

static uint64_t count_children(void)
{
        FILE *file = fopen("/proc/thread-self/children", "re");
        uint64_t count = 0;
        int pid;

        if (file == NULL)
                return FIGURE_NONE;
        while (fscanf(file, "%d", &pid) == 1)
                count++;
        (void)fclose(file);
        return count;
}

/* ---- groups ---- */

static void find_hierarchies(void)
{
        FILE *file = fopen("/proc/self/mountinfo", "re");
        char line[4096], options[1024];

        must(file != NULL, "open /proc/self/mountinfo: %s", strerror(errno));
        while (fgets(line, sizeof(line), file) != NULL && hierarchies.count < HIERARCHIES_MAX) {
                char *mount = hierarchies.mounts[hierarchies.count], type[32], *behind = strstr(line, " - ");

                if (behind == NULL || sscanf(line, "%*d %*d %*s / %127s", mount) != 1 ||
                    sscanf(behind, " - %31s %*s %1023s", type, options) != 2 || strncmp(type, "cgroup", 6) != 0)
                        continue;
                hierarchies.count++;
                if (strcmp(type, "cgroup2") == 0)
                        hierarchies.unified = mount;
                else if (strstr(options, "memory") != NULL)
                        hierarchies.memory = mount;
        }
        (void)fclose(file);
        hierarchies.memory_v2 = hierarchies.memory == NULL;
        if (hierarchies.memory == NULL)
                hierarchies.memory = hierarchies.unified;
}

static void group_path(char path[PATH_ROOM], const char *mount, const struct soak *soak, const char *rest)
{
        (void)snprintf(path, PATH_ROOM, "%s/%s%s", mount, soak->group, rest);
}

/* Groups below @path whose name begins with @prefix, with all that is below them. */
static uint64_t count_groups(const char *path, const char *prefix)
{
        uint64_t count = 0;
        struct dirent *entry;
        DIR *dir = opendir(path);

        while (dir != NULL && (entry = readdir(dir)) != NULL) {
                char below[2 * PATH_ROOM];

                if (entry->d_type != DT_DIR || entry->d_name[0] == '.' ||
                    strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
                        continue;
                if (snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) >= (int)sizeof(below))
                        continue;
                count += 1 + count_groups(below, "");
        }
        if (dir != NULL)
                (void)closedir(dir);
        return count;
}

static void reclaim(const struct soak *soak)
{
        char path[PATH_ROOM];

        if (hierarchies.memory == NULL)
                return;
        group_path(path, hierarchies.memory, soak, hierarchies.memory_v2 ? "/memory.reclaim" : "/memory.force_empty");
        /* v2 says EAGAIN when there was less: then all that could be is reclaimed. */
        (void)write_line(path, hierarchies.memory_v2 ? "1G" : "0");
}

void measure_begin(const struct soak *soak)
{
        char path[PATH_ROOM];

        find_hierarchies();
        for (size_t i = 0; i < hierarchies.count; i++) {
                group_path(path, hierarchies.mounts[i], soak, "");
                must(mkdir(path, 0755) == 0, "mkdir %s: %s", path, strerror(errno));
        }
        if (hierarchies.memory == NULL)
                return;
        if (hierarchies.memory_v2) {
                (void)snprintf(path, sizeof(path), "%s/cgroup.subtree_control", hierarchies.memory);
                (void)write_line(path, "+memory");
                group_path(path, hierarchies.memory, soak, "/cgroup.subtree_control");
                (void)write_line(path, "+memory");
        }
        group_path(path, hierarchies.memory, soak, "/driver");
        must(mkdir(path, 0755) == 0, "mkdir %s: %s", path, strerror(errno));
        group_path(path, hierarchies.memory, soak, "/driver/cgroup.procs");
        must(write_line(path, "0"), "write %s: %s", path, strerror(errno));
}

void measure_end(const struct soak *soak)
{
        char path[PATH_ROOM];

        if (hierarchies.memory != NULL) {
                (void)snprintf(path, sizeof(path), "%s/cgroup.procs", hierarchies.memory);
                must(write_line(path, "0"), "write %s: %s", path, strerror(errno));
                group_path(path, hierarchies.memory, soak, "/driver");
                must(rmdir(path) == 0, "rmdir %s: %s", path, strerror(errno));
        }
        for (size_t i = 0; i < hierarchies.count; i++) {
                group_path(path, hierarchies.mounts[i], soak, "");
                must(rmdir(path) == 0, "rmdir %s: %s", path, strerror(errno));
        }
}

/* ---- all together ---- */

static void measure_memory(const struct soak *soak, uint64_t values[FIGURE_COUNT])
{
        char path[PATH_ROOM];

        values[FIGURE_KERNEL_BYTES] = values[FIGURE_MEMORY_BYTES] = values[FIGURE_DYING] = FIGURE_NONE;
        if (hierarchies.unified != NULL) {
                group_path(path, hierarchies.unified, soak, "/cgroup.stat");
                values[FIGURE_DYING] = read_number(path, "nr_dying_descendants", 1);
        }
        /* A sanitizer keeps what was freed, and finds what was not at the end. */
        if (hierarchies.memory == NULL || soak->sanitized)
                return;
        if (hierarchies.memory_v2) {
                group_path(path, hierarchies.memory, soak, "/memory.stat");
                values[FIGURE_KERNEL_BYTES] = read_number(path, "kernel", 1);
        } else {
                group_path(path, hierarchies.memory, soak, "/memory.kmem.usage_in_bytes");
                values[FIGURE_KERNEL_BYTES] = read_number(path, "", 0);
        }
        group_path(path, hierarchies.memory, soak,
                   hierarchies.memory_v2 ? "/memory.current" : "/memory.usage_in_bytes");
        values[FIGURE_MEMORY_BYTES] = read_number(path, "", 0);
}

void measure(const struct soak *soak, uint64_t values[FIGURE_COUNT])
{
        char path[PATH_ROOM], cache[64];

        reclaim(soak);
        values[FIGURE_MOUNTS] = count_lines("/proc/self/mountinfo");
        values[FIGURE_GROUPS] = 0;
        for (size_t i = 0; i < hierarchies.count; i++) {
                group_path(path, hierarchies.mounts[i], soak, "");
                values[FIGURE_GROUPS] += count_groups(path, "");
                values[FIGURE_GROUPS] += count_groups(hierarchies.mounts[i], soak->group);
        }
        tree_files = tree_bytes = 0;
        must(nftw(soak->state, add_file, 16, FTW_PHYS) == 0, "look through %s: %s", soak->state, strerror(errno));
        values[FIGURE_STATE_FILES] = tree_files;
        values[FIGURE_STATE_BYTES] = tree_bytes;
        values[FIGURE_PROCESSES] = count_children();
        values[FIGURE_FDS] = count_entries("/proc/self/fd");
        measure_memory(soak, values);
        values[FIGURE_MEMORY_GROUPS] = read_number("/proc/cgroups", "memory", 2);
        values[FIGURE_KEYS] = read_number("/proc/key-users", "0:", 2);
        for (int i = FIGURE_SLABS; i < FIGURE_COUNT; i++) {
                (void)snprintf(cache, sizeof(cache), "%.*s", (int)strcspn(figure_names[i], " "), figure_names[i]);
                /* What processors keep for the next one counts as in use until then: a few hundred (mm/slub.c, __kmem_cache_shrink). */
                (void)snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", cache);
                (void)write_line(path, "1");
                values[i] = read_number("/proc/slabinfo", cache, 1);
        }
}

void measure_settled(const struct soak *soak, uint64_t values[FIGURE_COUNT])
{
        uint64_t now[FIGURE_COUNT];
        double end = seconds_now() + SETTLE_SECONDS;
        unsigned calm = 0;

        measure(soak, values);
        while (calm < 10 && seconds_now() < end) {
                sleep_msec(50);
                measure(soak, now);
                calm = now[FIGURE_KERNEL_BYTES] < values[FIGURE_KERNEL_BYTES] ||
                                       now[FIGURE_DYING] < values[FIGURE_DYING]
                               ? 0
                               : calm + 1;
                if (calm == 0)
                        memcpy(values, now, sizeof(now));
        }
}

/* A network namespace that comes and goes. From Linux 6.13 on cleanup_net() leaves the last of the memory of those that it ends, 4 KiB each, to its
 * next round (defer_free_list): without another one to end, it stays. */
static void make_kernel_free(void)
{
        pid_t pid = fork();

        must(pid >= 0, "fork: %s", strerror(errno));
        if (pid == 0)
                _exit(unshare(CLONE_NEWNET) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
        (void)waitpid(pid, NULL, 0);
}

/* How much more there may be afterwards than before. */
static uint64_t allowed(enum figure figure, uint64_t starts)
{
        if (figure >= FIGURE_MEMORY_GROUPS)
                return starts / 50 + 150;
        /* Caches of processors and half empty slabs come and go; the smallest object of the kernel has 8 bytes. */
        if (figure == FIGURE_KERNEL_BYTES || figure == FIGURE_MEMORY_BYTES)
                return (512 << 10) + 2 * starts;
        return figure == FIGURE_DYING ? 4 : 0;
}

/* The sum of what is too much. */
static uint64_t excess(const uint64_t before[FIGURE_COUNT], const uint64_t after[FIGURE_COUNT], uint64_t starts)
{
        uint64_t sum = 0;

        for (int i = 0; i < FIGURE_COUNT; i++) {
                uint64_t limit = before[i] + allowed((enum figure)i, starts);

                if (before[i] != FIGURE_NONE && after[i] != FIGURE_NONE && after[i] > limit)
                        sum += after[i] - limit;
        }
        return sum;
}

bool measure_line(const char *name, uint64_t before, uint64_t after, uint64_t more)
{
        bool ok = after <= before + more;
        char limit[32] = "as before";

        if (before == FIGURE_NONE || after == FIGURE_NONE) {
                (void)printf("%-34s %14s %14s  %-14s\n", name, "-", "-", "not known here");
                return true;
        }
        if (more > 0)
                (void)snprintf(limit, sizeof(limit), "+%" PRIu64, more);
        (void)printf("%-34s %14" PRIu64 " %14" PRIu64 "  %-14s %s\n", name, before, after, limit, ok ? "ok" : "LEFT");
        return ok;
}

bool measure_compare(const struct soak *soak, const uint64_t before[FIGURE_COUNT], uint64_t after[FIGURE_COUNT],
                     uint64_t starts)
{
        double end = seconds_now() + WAIT_SECONDS, last = seconds_now() + WAITS_SECONDS;
        uint64_t least = UINT64_MAX, now;
        bool ok = true;

        do {
                make_kernel_free();
                measure_settled(soak, after);
                now = excess(before, after, starts);
                if (now < least) {
                        least = now;
                        end = seconds_now() + WAIT_SECONDS;
                }
        } while (now > 0 && seconds_now() < end && seconds_now() < last);
        (void)printf("%-34s %14s %14s  %s\n", "WHAT", "BEFORE", "AFTER", "ALLOWED");
        for (int i = 0; i < FIGURE_COUNT; i++)
                ok &= measure_line(figure_names[i], before[i], after[i], allowed((enum figure)i, starts));
        return ok;
}
