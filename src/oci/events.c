/* SPDX-License-Identifier: Apache-2.0 */
/* ward-oci events: what a container uses, as JSON lines in the form of runc's, and a line when the OOM killer was there. */
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "base/json.h"
#include "oci/oci.h"

struct events {
        bool stats;
        uint64_t interval_nsec;
};

#define NSEC_PER_SEC 1000000000u
#define INTERVAL_MAX_NSEC (UINT64_C(1000000) * NSEC_PER_SEC)

/* The nanoseconds of the unit that begins at *@at, which moves behind it. 0: there is none. */
static uint64_t next_unit(const char **at)
{
        static const struct {
                const char *name;
                uint64_t nsec;
        } units[] = {{"ns", 1},
                     {"us", 1000},
                     {"µs", 1000},
                     {"ms", 1000000},
                     {"s", NSEC_PER_SEC},
                     {"m", UINT64_C(60) * NSEC_PER_SEC},
                     {"h", UINT64_C(3600) * NSEC_PER_SEC}};
        size_t len = strcspn(*at, "0123456789.");

        for (size_t i = 0; i < ELEMENTS(units); i++)
                if (strlen(units[i].name) == len && memcmp(units[i].name, *at, len) == 0) {
                        *at += len;
                        return units[i].nsec;
                }
        return 0;
}

/* One number with its unit: 5s, 1.5s, .5m. *@at moves behind it. Fractions count to the ninth digit. Returns whether there is one. */
static bool next_duration(const char **at, uint64_t *ret_nsec)
{
        const char *digits = *at, *fraction;
        uint64_t count = 0, part = 0, scale = 1, unit;

        for (; **at >= '0' && **at <= '9' && count < INT32_MAX; (*at)++)
                count = count * 10 + (uint64_t)(**at - '0');
        fraction = *at + 1;
        if (**at == '.')
                for ((*at)++; **at >= '0' && **at <= '9'; (*at)++)
                        if (scale < NSEC_PER_SEC) {
                                part = part * 10 + (uint64_t)(**at - '0');
                                scale *= 10;
                        }
        if (*at == digits || (*at == fraction && digits == fraction - 1))
                return false;
        unit = next_unit(at);
        if (unit == 0 || count > INTERVAL_MAX_NSEC / unit)
                return false;
        *ret_nsec = count * unit + (uint64_t)((unsigned __int128)part * unit / scale);
        return true;
}

/* A duration as Go writes it: 5s, 500ms, 1m30s, 1.5h. */
static int read_duration(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        uint64_t total = 0, nsec;
        const char *at = value;

        do {
                if (!next_duration(&at, &nsec)) {
                        (void)err_set(err, -EINVAL, "'%s' is not a duration", value);
                        return err_hint(err, "write it as 500ms, 1.5s or 1m30s");
                }
                total += nsec;
        } while (*at != '\0' && total < INTERVAL_MAX_NSEC);
        if (total == 0 || *at != '\0')
                return err_set(err, -EINVAL, total == 0 ? "it must be longer than 0" : "it is too long");
        *(uint64_t *)target = total;
        return 0;
}

/* Whether the next member is the first of its object; also when memory ran out. */
static bool is_first(const struct text *text)
{
        return text->len == 0 || text->data[text->len - 1] == '{';
}

/* Appends a member unless the kernel could not give the figure. */
static void add_figure(struct text *text, const char *key, uint64_t value)
{
        if (value == UINT64_MAX)
                return;
        text_printf(text, "%s\"%s\":%" PRIu64, is_first(text) ? "" : ",", key, value);
}

/* Begins the member @key, whose value is an object or an array. */
static void open_member(struct text *text, const char *key, const char *bracket)
{
        text_printf(text, "%s\"%s\":%s", is_first(text) ? "" : ",", key, bracket);
}

/* `psi`, where the kernel measures it. */
static void add_pressure(struct text *text, const struct cgroup_pressure pressure[2])
{
        static const char *const names[] = {"some", "full"};

        if (!pressure[0].given && !pressure[1].given)
                return;
        open_member(text, "psi", "{");
        for (size_t i = 0; i < ELEMENTS(names); i++) {
                const struct cgroup_pressure *p = &pressure[i];

                if (!p->given)
                        continue;
                open_member(text, names[i], "{");
                text_printf(text, "\"avg10\":%u.%02u,\"avg60\":%u.%02u,\"avg300\":%u.%02u,\"total\":%" PRIu64 "}",
                            p->average[0] / 100, p->average[0] % 100, p->average[1] / 100, p->average[1] % 100,
                            p->average[2] / 100, p->average[2] % 100, p->total_usec);
        }
        text_puts(text, "}");
}

static void add_block_io(struct text *text, const struct cgroup_details *details)
{
        static const char *const keys[CGROUP_IO_COUNT] = {
                [CGROUP_IO_BYTES] = "ioServiceBytesRecursive", [CGROUP_IO_SERVICED] = "ioServicedRecursive",
                [CGROUP_IO_QUEUED] = "ioQueueRecursive",       [CGROUP_IO_SERVICE_TIME] = "ioServiceTimeRecursive",
                [CGROUP_IO_WAIT_TIME] = "ioWaitTimeRecursive", [CGROUP_IO_MERGED] = "ioMergedRecursive",
                [CGROUP_IO_TIME] = "ioTimeRecursive",          [CGROUP_IO_SECTORS] = "sectorsRecursive",
        };

        open_member(text, "blkio", "{");
        for (int kind = 0; kind < CGROUP_IO_COUNT; kind++) {
                const struct cgroup_io_list *list = &details->io[kind];

                if (list->count == 0)
                        continue;
                open_member(text, keys[kind], "[");
                for (size_t i = 0; i < list->count; i++) {
                        text_printf(text, "%s{\"major\":%u,\"minor\":%u", i == 0 ? "" : ",", list->ios[i].major,
                                    list->ios[i].minor);
                        if (list->ios[i].op[0] != '\0') {
                                text_puts(text, ",\"op\":");
                                json_write_string(text, list->ios[i].op);
                        }
                        text_printf(text, ",\"value\":%" PRIu64 "}", list->ios[i].value);
                }
                text_puts(text, "]");
        }
        add_pressure(text, details->io_pressure);
        text_puts(text, "}");
}

static void add_hugetlb(struct text *text, const struct cgroup_details *details)
{
        open_member(text, "hugetlb", "{");
        for (size_t i = 0; i < details->hugetlb_count; i++) {
                open_member(text, details->hugetlb[i].size, "{");
                add_figure(text, "usage", details->hugetlb[i].usage);
                add_figure(text, "max", details->hugetlb[i].max);
                add_figure(text, "failcnt", details->hugetlb[i].fail_count);
                text_puts(text, "}");
        }
        text_puts(text, "}");
}

static void add_rdma(struct text *text, const struct cgroup_details *details)
{
        const struct cgroup_rdma_list *const lists[] = {&details->rdma_limit, &details->rdma_current};
        static const char *const keys[] = {"rdma_limit", "rdma_current"};

        if (details->rdma_limit.count + details->rdma_current.count == 0)
                return;
        open_member(text, "rdma", "{");
        for (size_t l = 0; l < ELEMENTS(lists); l++) {
                open_member(text, keys[l], "[");
                for (size_t i = 0; i < lists[l]->count; i++) {
                        text_puts(text, i == 0 ? "{\"device\":" : ",{\"device\":");
                        json_write_string(text, lists[l]->devices[i].device);
                        text_printf(text, ",\"hca_handles\":%u,\"hca_objects\":%u}", lists[l]->devices[i].handles,
                                    lists[l]->devices[i].objects);
                }
                text_puts(text, "]");
        }
        text_puts(text, "}");
}

/* What a container uses, and the memory of the lists in it. */
struct figures {
        struct arena arena;
        struct cgroup_stats stats;
        struct cgroup_details details;
};

static void figures_done(struct figures *figures)
{
        arena_done(&figures->arena);
}

/* The figure at @offset of each processor, as an array. */
static void add_cpus(struct text *text, const char *key, const struct cgroup_cpu_list *list, size_t offset)
{
        if (list->count == 0)
                return;
        open_member(text, key, "[");
        for (size_t i = 0; i < list->count; i++)
                text_printf(text, "%s%" PRIu64, i == 0 ? "" : ",",
                            *(const uint64_t *)((const char *)&list->cpus[i] + offset));
        text_puts(text, "]");
}

static void add_memory_entry(struct text *text, const char *key, const struct cgroup_memory_entry *entry)
{
        if (entry->limit == UINT64_MAX && entry->usage == UINT64_MAX)
                return;
        open_member(text, key, "{");
        add_figure(text, "limit", entry->limit);
        add_figure(text, "usage", entry->usage);
        add_figure(text, "max", entry->max);
        add_figure(text, "failcnt", entry->fail_count);
        text_puts(text, "}");
}

/* "swap" is memory and swap together, as with runc on either version; `raw` is memory.stat. */
static void add_memory(struct text *text, const struct figures *figures)
{
        const struct cgroup_stats *stats = &figures->stats;
        const struct cgroup_details *details = &figures->details;
        const struct cgroup_memory_entry usage = {stats->memory_limit_bytes, stats->memory_usage_bytes,
                                                  stats->memory_max_usage_bytes, stats->memory_fail_count};

        open_member(text, "memory", "{");
        add_figure(text, "cache", stats->memory_cache_bytes);
        add_memory_entry(text, "usage", &usage);
        add_memory_entry(text, "swap", &details->memory[CGROUP_KIND_WITH_SWAP]);
        add_memory_entry(text, "kernel", &details->memory[CGROUP_KIND_KERNEL]);
        add_memory_entry(text, "kernelTCP", &details->memory[CGROUP_KIND_TCP]);
        open_member(text, "raw", "{");
        for (size_t i = 0; i < details->memory_stat.count; i++)
                add_figure(text, details->memory_stat.lines[i].name, details->memory_stat.lines[i].value);
        text_puts(text, "}");
        add_pressure(text, details->memory_pressure);
        text_puts(text, "}");
}

static void add_stats(struct text *text, const char *id, const struct figures *figures)
{
        const struct cgroup_stats *stats = &figures->stats;

        text_puts(text, "{\"type\":\"stats\",\"id\":");
        json_write_string(text, id);
        text_puts(text, ",\"data\":{\"cpu\":{\"usage\":{");
        add_figure(text, "total", stats->cpu_usage_nsec);
        add_cpus(text, "percpu", &figures->details.cpus, offsetof(struct cgroup_cpu, usage_nsec));
        add_cpus(text, "percpu_kernel", &figures->details.cpus, offsetof(struct cgroup_cpu, system_nsec));
        add_cpus(text, "percpu_user", &figures->details.cpus, offsetof(struct cgroup_cpu, user_nsec));
        add_figure(text, "kernel", stats->cpu_system_nsec);
        add_figure(text, "user", stats->cpu_user_nsec);
        text_puts(text, "},\"throttling\":{");
        add_figure(text, "periods", stats->cpu_periods);
        add_figure(text, "throttledPeriods", stats->cpu_throttled_periods);
        add_figure(text, "throttledTime", stats->cpu_throttled_nsec);
        text_puts(text, "}");
        add_pressure(text, figures->details.cpu_pressure);
        text_puts(text, "}");
        add_memory(text, figures);
        text_puts(text, ",\"pids\":{");
        add_figure(text, "current", stats->pids_current);
        /* 0 says of it that there is none. */
        add_figure(text, "limit",
                   stats->pids_current != UINT64_MAX && stats->pids_limit == UINT64_MAX ? 0 : stats->pids_limit);
        text_puts(text, "}");
        add_block_io(text, &figures->details);
        add_hugetlb(text, &figures->details);
        add_rdma(text, &figures->details);
        text_puts(text, "}}\n");
}

static int print_stats(const char *id, const struct figures *figures, struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};

        add_stats(&text, id, figures);
        return oci_print(&text, err);
}

static int read_figures(struct oci *oci, const char *id, struct figures *figures, struct ward_err *err)
{
        return engine_stats(&oci->store, id, &figures->arena, &figures->stats, &figures->details, err);
}

static int print_oom(const char *id, struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};

        text_puts(&text, "{\"type\":\"oom\",\"id\":");
        json_write_string(&text, id);
        text_puts(&text, "}\n");
        return oci_print(&text, err);
}

/* 1: the container runs or is paused. */
static int is_alive(struct oci *oci, const char *id, struct ward_err *err)
{
        _cleanup_arena_ struct arena arena = {0};
        struct engine_info info;
        int r = engine_info(&oci->store, id, &arena, &info, err);

        return r < 0 ? r : info.status != ENGINE_STOPPED;
}

/* What `events` follows. */
struct followed {
        const char *id;
        struct cgroup_watch *watch; /* NULL: nothing counts events, or its group has gone */
        int init;                   /* pidfd */
};

static void followed_done(struct followed *followed)
{
        cgroup_watch_done(&followed->watch);
        (void)fd_close(followed->init);
}

static uint64_t now_nsec(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

/* A line for each process that the event says to have been killed. */
static int tell(struct followed *followed, const struct cgroup_event *event, struct ward_err *err)
{
        if (strcmp(event->what, "oom_kill") == 0)
                for (uint64_t i = event->before; i < event->after; i++) {
                        int r = print_oom(followed->id, err);

                        if (r < 0)
                                return r;
                }
        return 0;
}

/* Waits until @until_nsec of CLOCK_MONOTONIC, and tells what happens. Returns 1, or 0 when the container has ended. */
static int wait_until(struct followed *followed, uint64_t until_nsec, struct ward_err *err)
{
        for (;;) {
                uint64_t now = now_nsec();
                int msec = now >= until_nsec ? 0 : (int)((until_nsec - now + 999999) / 1000000), r;
                struct pollfd init = {.fd = followed->init, .events = POLLIN};
                struct cgroup_event event;

                if (followed->watch == NULL) {
                        r = poll(&init, 1, msec);
                        if (r >= 0 || errno != EINTR)
                                return r < 0 ? err_errno(err, "wait for container '%s'", followed->id) : r == 0;
                        continue;
                }
                r = cgroup_watch_next(followed->watch, msec, &event, err);
                if (r <= 0)
                        return r < 0 ? r : 1;
                if (strcmp(event.what, "ended") == 0)
                        return 0;
                r = tell(followed, &event, err);
                if (r < 0)
                        return r;
                if (strcmp(event.what, "removed") == 0)
                        cgroup_watch_done(&followed->watch);
        }
}

static int follow(struct oci *oci, const char *id, uint64_t interval_nsec, struct ward_err *err)
{
        _cleanup_(followed_done) struct followed followed = {.id = id, .init = -EBADF};
        int r = engine_watch(&oci->store, id, &followed.watch, &followed.init, err);

        while (r > 0) {
                _cleanup_(figures_done) struct figures figures = {0};
                uint64_t until = now_nsec() + interval_nsec;

                r = read_figures(oci, id, &figures, err);
                /* It may have ended since: what it died of is still to be told. */
                if (r < 0 && is_alive(oci, id, NULL) <= 0)
                        until = 0;
                else if (r >= 0)
                        r = print_stats(id, &figures, err);
                if (r < 0 && until != 0)
                        return r;
                r = wait_until(&followed, until, err);
                if (until == 0)
                        return r < 0 ? r : 0;
        }
        return r;
}

static int events(struct oci *oci, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct events *o = options;
        _cleanup_(figures_done) struct figures figures = {0};
        int r;

        if (!o->stats)
                return follow(oci, operands[0], o->interval_nsec == 0 ? UINT64_C(5) * NSEC_PER_SEC : o->interval_nsec,
                              err);
        r = read_figures(oci, operands[0], &figures, err);
        return r < 0 ? r : print_stats(operands[0], &figures, err);
}

static const struct option_entry entries[] = {
        {.name = "stats", .help = "print the figures once", OPTION_FLAG(struct events, stats)},
        {.name = "interval",
         .arg = "TIME",
         .help = "how often to print them (default: 5s)",
         OPTION_CALL(struct events, interval_nsec, read_duration)},
};

const struct oci_verb oci_events = {
        .name = "events",
        .command =
                {
                        .name = "ward-oci events",
                        .operands = "[OPTIONS] ID",
                        .summary = "Print what a container uses until it ends, and when memory ran out.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .operands_min = 1,
                        .operands_max = 1,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct events),
        .needs_store = true,
        .run = events,
};
