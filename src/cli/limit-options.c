/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `ward limit`: docker's of `update`, ward's own, and systemd's properties behind -p. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/limit.h"
#include "engine/limits.h"
#include "model/limit-words.h"

static const char *const formats[] = {"table", "json", NULL};

/* One that is a word: its place in the table is that of its values. */
#define WORD(index) OPTION_LIST(struct limit, words[index])

static const struct option_entry entries[] = {
        {.name = "memory", .letter = 'm', .arg = "BYTES", .help = "memory: 512M, 50%, max", WORD(0)},
        {.name = "memory-high", .arg = "BYTES", .help = "from here on they are slowed down (v2)", WORD(1)},
        {.name = "memory-reservation",
         .arg = "BYTES",
         .help = "memory that is left to them when it is short",
         .rare = true,
         WORD(2)},
        {.name = "memory-low", .arg = "BYTES", .help = "the same, by its name in cgroup v2", .rare = true, WORD(3)},
        {.name = "memory-min",
         .arg = "BYTES",
         .help = "memory that is never taken from them (v2)",
         .rare = true,
         WORD(4)},
        {.name = "memory-swap", .arg = "BYTES", .help = "memory and swap together; -1: no limit of swap", WORD(5)},
        {.name = "memory-swap-max", .arg = "BYTES", .help = "swap alone", .rare = true, WORD(6)},
        {.name = "memory-swappiness",
         .arg = "N",
         .help = "how gladly they are swapped out, 0 to 100 (v1)",
         .rare = true,
         WORD(7)},
        {.name = "oom-group",
         .arg = "YES|NO",
         .help = "the OOM killer ends all of them at once (v2)",
         .rare = true,
         WORD(8)},
        {.name = "cpus", .arg = "N", .help = "so many processors' time: 0.5, 2", WORD(9)},
        {.name = "cpu-weight", .arg = "N", .help = "share of the time when it is short, 1 to 10000", WORD(10)},
        {.name = "cpu-shares", .letter = 'c', .arg = "N", .help = "the same, 2 to 262144", .rare = true, WORD(11)},
        {.name = "cpu-quota",
         .arg = "USEC",
         .help = "processor time of each period; -1: no limit",
         .rare = true,
         WORD(12)},
        {.name = "cpu-period", .arg = "USEC", .help = "the period", .rare = true, WORD(13)},
        {.name = "cpu-burst", .arg = "USEC", .help = "what of the quota may be saved up", .rare = true, WORD(14)},
        {.name = "cpu-idle", .arg = "YES|NO", .help = "they run when nobody else wants to", .rare = true, WORD(15)},
        {.name = "cpuset-cpus", .arg = "LIST", .help = "the processors: 0-3,7", WORD(16)},
        {.name = "cpuset-mems", .arg = "LIST", .help = "the memory nodes", .rare = true, WORD(17)},
        {.name = "pids", .arg = "N", .help = "processes and threads; max: no limit", WORD(18)},
        {.name = "pids-limit", .arg = "N", .help = "the same; 0 and -1: no limit", .rare = true, WORD(19)},
        {.name = "io-weight", .arg = "N", .help = "share of the disks when they are busy, 1 to 10000", WORD(20)},
        {.name = "blkio-weight", .arg = "N", .help = "the same, 10 to 1000", .rare = true, WORD(21)},
        {.name = "io-max", .arg = "DISK:KEY=N,...", .help = "rates of a disk: /dev/sda:rbps=10M,wiops=100", WORD(22)},
        {.name = "device-read-bps",
         .arg = "DISK:RATE",
         .help = "bytes per second: /dev/sda:1M",
         .rare = true,
         WORD(23)},
        {.name = "device-write-bps", .arg = "DISK:RATE", .help = "the same, written", .rare = true, WORD(24)},
        {.name = "device-read-iops", .arg = "DISK:N", .help = "requests per second", .rare = true, WORD(25)},
        {.name = "device-write-iops", .arg = "DISK:N", .help = "the same, written", .rare = true, WORD(26)},
        {.name = "device", .arg = "RULE", .help = "devices that they may open: 'c 1:3 rwm'", WORD(27)},
        {.name = "device-deny", .arg = "RULE", .help = "devices that they may not: 'c 1:3 w'", WORD(28)},
        {.name = "memory-swap-high",
         .arg = "BYTES",
         .help = "from here on swapping slows them down (v2)",
         .rare = true,
         WORD(29)},
        {.name = "memory-zswap-max", .arg = "BYTES", .help = "memory for compressed swap (v2)", .rare = true, WORD(30)},
        {.name = "memory-zswap-writeback",
         .arg = "YES|NO",
         .help = "compressed swap may go to the disk (v2)",
         .rare = true,
         WORD(31)},
        {.name = "kernel-memory",
         .arg = "BYTES",
         .help = "memory of the kernel (v1, before Linux 5.16)",
         .rare = true,
         WORD(32)},
        {.name = "cpu-weight-nice",
         .arg = "N",
         .help = "--cpu-weight as a nice value, -20 to 19",
         .rare = true,
         WORD(33)},
        {.name = "cpu-uclamp-min",
         .arg = "PERCENT",
         .help = "speed of the processor that they get at least",
         .rare = true,
         WORD(34)},
        {.name = "cpu-uclamp-max", .arg = "PERCENT", .help = "and at most", .rare = true, WORD(35)},
        {.name = "cpu-rt-period", .arg = "USEC", .help = "period of --cpu-rt-runtime (v1)", .rare = true, WORD(36)},
        {.name = "cpu-rt-runtime",
         .arg = "USEC",
         .help = "time of realtime processes in each period (v1)",
         .rare = true,
         WORD(37)},
        {.name = "cpuset-partition",
         .arg = "WORD",
         .help = "member, root or isolated: processors of their own",
         .rare = true,
         WORD(38)},
        {.name = "blkio-weight-device", .arg = "DISK:N", .help = "--blkio-weight for one disk", .rare = true, WORD(39)},
        {.name = "io-latency",
         .arg = "DISK:TIME",
         .help = "others wait when requests take longer (v2)",
         .rare = true,
         WORD(40)},
        {.name = "hugetlb", .arg = "SIZE:BYTES", .help = "huge pages: 2MB:64M", .rare = true, WORD(41)},
        {.name = "misc", .arg = "NAME:N", .help = "what misc.capacity lists: sev:10", .rare = true, WORD(42)},
        {.name = "device-cgroup-rule", .arg = "RULE", .help = "--device, as docker calls it", .rare = true, WORD(43)},
        {.name = "property",
         .letter = 'p',
         .arg = "NAME=VALUE",
         .help = "as systemd calls it: MemoryMax=512M, CPUQuota=50%",
         OPTION_LIST(struct limit, properties)},
        {.name = "nice", .arg = "N", .help = "nice value, -20 to 19", OPTION_TEXT(struct limit, nice)},
        {.name = "ioprio",
         .arg = "CLASS[:LEVEL]",
         .help = "turn on disks: idle, best-effort:7, realtime:0",
         .rare = true,
         OPTION_TEXT(struct limit, ioprio)},
        {.name = "oom-score-adj",
         .arg = "N",
         .help = "place before the OOM killer, -1000 to 1000",
         OPTION_TEXT(struct limit, oom_score_adj)},
        {.name = "ulimit",
         .arg = "NAME=SOFT[:HARD]",
         .help = "resource limit of each process: nofile=1024",
         OPTION_LIST(struct limit, ulimits)},
        {.name = "tree", .help = "a process with all its descendants", OPTION_FLAG(struct limit, tree)},
        {.name = "undo", .help = "make all as it was before the first limit", OPTION_FLAG(struct limit, undo)},
        {.name = "force", .letter = 'f', .help = "process 1, too", .rare = true, OPTION_FLAG(struct limit, force)},
        {.name = "format",
         .arg = "table|json",
         .help = "how to show it (default: table)",
         OPTION_WORD(struct limit, format, formats)},
};

static const struct option_foreign foreign[] = {
        {.name = "restart", .hint = "a unit of systemd does that: systemd-run -p Restart=on-failure ward run ..."},
        {.name = ""},
};

/* ---- limits of groups ---- */

static int read_words(struct cli *cli, const struct limit *o, const struct limit_machine *machine,
                      struct spec_resources *resources, struct ward_err *err)
{
        for (size_t i = 0; i < ELEMENTS(entries); i++) {
                const struct option_entry *entry = &entries[i];
                const struct option_list *list;

                if (entry->offset != offsetof(struct limit, words) + i * sizeof(*list))
                        return 0;
                list = &o->words[i];
                for (size_t j = 0; j < list->count; j++) {
                        const char *origin = arena_concat(&cli->arena, "--", entry->name, " ", list->items[j]);
                        int r = origin == NULL ? err_oom(err)
                                               : limit_words_parse(&cli->arena, machine, entry->name, list->items[j],
                                                                   origin, resources, err);

                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

static int read_properties(struct cli *cli, const struct limit *o, const struct limit_machine *machine,
                           struct spec_resources *resources, struct ward_err *err)
{
        for (size_t i = 0; i < o->properties.count; i++) {
                const char *item = o->properties.items[i];
                size_t len = strcspn(item, "=");
                const char *name = arena_strndup(&cli->arena, item, len),
                           *origin = arena_concat(&cli->arena, "-p ", item);
                int r;

                if (name == NULL || origin == NULL)
                        return err_oom(err);
                if (item[len] == '\0') {
                        (void)err_set(err, -EINVAL, "option '-p': '%s' has no value", item);
                        (void)err_mistake(err, MISTAKE_FORM);
                        return err_hint(err, "write NAME=VALUE: MemoryMax=512M");
                }
                r = limit_words_parse(&cli->arena, machine, name, item + len + 1, origin, resources, err);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* ---- settings of processes ---- */

struct settings {
        struct cli *cli;
        struct engine_limit_setting *list;
        size_t count;
};

static struct engine_limit_setting *next(struct settings *to, enum task_kind kind, const char *option,
                                         const char *value)
{
        struct engine_limit_setting *setting = &to->list[to->count];

        setting->kind = kind;
        setting->origin = arena_concat(&to->cli->arena, option, " ", value);
        to->count += setting->origin != NULL;
        return setting->origin == NULL ? NULL : setting;
}

static int refuse(const char *option, const char *value, const char *why, const char *hint, struct ward_err *err)
{
        (void)err_set(err, -EINVAL, "option '%s': '%s' %s", option, value, why);
        (void)err_mistake(err, MISTAKE_NUMBER);
        return err_hint(err, "%s", hint);
}

static int read_number(struct settings *to, enum task_kind kind, const char *option, const char *value, int64_t least,
                       int64_t most, struct ward_err *err)
{
        struct engine_limit_setting *setting;
        int64_t number;
        char range[64];

        if (value == NULL)
                return 0;
        (void)snprintf(range, sizeof(range), "it is %lld to %lld", (long long)least, (long long)most);
        if (option_read_i64(&number, value, &to->cli->arena, err) < 0 || number < least || number > most)
                return refuse(option, value, "is no such number", range, err);
        setting = next(to, kind, option, value);
        if (setting == NULL)
                return err_oom(err);
        setting->setting.value = number;
        return 0;
}

/* As ionice(1) calls the classes; levels are 0 to 7, and idle has none. */
static int read_ioprio(struct settings *to, const char *value, struct ward_err *err)
{
        static const char *const classes[] = {"none", "realtime", "best-effort", "idle"};
        static const char usage[] = "write idle, best-effort:LEVEL or realtime:LEVEL, LEVEL from 0, the first, to 7";
        struct engine_limit_setting *setting;
        size_t len, class = 0;
        uint64_t level = 4;

        if (value == NULL)
                return 0;
        len = strcspn(value, ":");
        while (class < ELEMENTS(classes) &&
               (strlen(classes[class]) != len || strncasecmp(classes[class], value, len) != 0))
                class ++;
        if (class == ELEMENTS(classes))
                return refuse("--ioprio", value, "is no class of I/O priority", usage, err);
        if (value[len] == ':' && (class == 0 || class == 3 || number_parse(value + len + 1, 7, &level) < 0))
                return refuse("--ioprio", value, "has no such level", usage, err);
        setting = next(to, TASK_IOPRIO, "--ioprio", value);
        if (setting == NULL)
                return err_oom(err);
        setting->setting.value = (int64_t)(class << 13 | (class == 0 || class == 3 ? 0 : level));
        return 0;
}

static int64_t bound(uint64_t limit)
{
        return limit > INT64_MAX ? TASK_UNLIMITED : (int64_t)limit;
}

static int read_ulimits(struct settings *to, const struct option_list *list, struct ward_err *err)
{
        for (size_t i = 0; i < list->count; i++) {
                struct engine_limit_setting *setting;
                struct spec_rlimit limit;
                int r = cli_read_ulimit(&to->cli->arena, list->items[i], &limit, err);

                if (r < 0)
                        return r;
                setting = next(to, TASK_RLIMIT, "--ulimit", list->items[i]);
                if (setting == NULL)
                        return err_oom(err);
                setting->resource = limit.resource;
                setting->setting = (struct task_setting){bound(limit.soft), bound(limit.hard)};
        }
        return 0;
}

int limit_read(struct cli *cli, const struct limit *o, struct spec_resources *ret_resources,
               struct engine_limit_setting **ret_settings, size_t *ret_count, struct ward_err *err)
{
        struct settings settings = {.cli = cli,
                                    .list = arena_new(&cli->arena, struct engine_limit_setting, o->ulimits.count + 3)};
        const struct limit_machine *machine = limits_machine(&cli->arena);
        int r = settings.list == NULL || machine == NULL ? err_oom(err) : 0;

        if (r >= 0)
                r = read_words(cli, o, machine, ret_resources, err);
        if (r >= 0)
                r = read_properties(cli, o, machine, ret_resources, err);
        if (r >= 0)
                r = read_number(&settings, TASK_NICE, "--nice", o->nice, -20, 19, err);
        if (r >= 0)
                r = read_ioprio(&settings, o->ioprio, err);
        if (r >= 0)
                r = read_number(&settings, TASK_OOM_SCORE_ADJ, "--oom-score-adj", o->oom_score_adj, -1000, 1000, err);
        if (r >= 0)
                r = read_ulimits(&settings, &o->ulimits, err);
        if (r < 0)
                return r;
        *ret_settings = settings.list;
        *ret_count = settings.count;
        return 0;
}

const struct cli_verb cli_limit = {
        .name = "limit",
        .command =
                {
                        .name = "ward limit",
                        .operands = "[OPTIONS] TARGET",
                        .summary = "Limit what runs already, and with --undo take it back. TARGET is a container's\n"
                                   "name, a pid, the path of a control group, or a unit of systemd; without a limit\n"
                                   "those that were set are shown, and how often they were reached.",
                        .notes = "Every limit can be given as -p NAME=VALUE by the names of systemd, of the files\n"
                                 "of cgroup v1 and v2, and of the OCI runtime specification.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .foreign = foreign,
                        .operands_min = 1,
                        .operands_max = 1,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct limit),
        .needs_store = true,
        .run = limit_run,
};
