/* SPDX-License-Identifier: Apache-2.0 */
/* Limits by the words that people know; see limit-words.h. Each kind of value has a reader; the table says which one a word takes. */
#include "model/limit-words.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "model/limit-values.h"

#define PERIOD_USEC 100000 /* the kernel's own */
#define COST_MAX 160       /* bytes of a line of io.cost.qos */
#define MAJOR_MAX 4095     /* include/linux/kdev_t.h */
#define MINOR_MAX 1048575

struct reading {
        struct arena *arena;
        const struct limit_machine *machine;
        const struct limit_word *word;
        const char *name, *key, *value; /* @key: what stands for the word's star, NULL: nothing */
        struct spec_origin origin;
        struct spec_resources *resources;
        struct ward_err *err;
};

/* ---- words ---- */

static const char *bare(const char *name)
{
        return name + strspn(name, "-");
}

/* Whether @name is @word; *@ret_key and *@ret_len are what stands in place of its star. */
static bool is_word(const char *name, const char *word, const char **ret_key, size_t *ret_len)
{
        const char *star = strchr(word, '*');
        size_t front = star == NULL ? 0 : (size_t)(star - word), len = strlen(name), tail;

        *ret_key = NULL;
        if (star == NULL)
                return strcmp(name, word) == 0;
        tail = strlen(star + 1);
        if (len <= front + tail || strncmp(name, word, front) != 0 || strcmp(name + len - tail, star + 1) != 0)
                return false;
        *ret_key = name + front;
        *ret_len = len - front - tail;
        return memchr(*ret_key, '.', *ret_len) == NULL;
}

static const struct limit_word *find(const char *name, const char **ret_key, size_t *ret_len)
{
        for (size_t i = 0; i < limit_word_count; i++)
                if (is_word(bare(name), limit_words[i].word, ret_key, ret_len))
                        return &limit_words[i];
        return NULL;
}

const struct limit_word *limit_words_find(const char *name)
{
        const char *key;
        size_t len;

        return find(name, &key, &len);
}

const char *limit_words_nearest(const char *name)
{
        struct arena arena _cleanup_arena_ = {0};
        const char **words = arena_new(&arena, const char *, limit_word_count);

        if (words == NULL)
                return NULL;
        for (size_t i = 0; i < limit_word_count; i++)
                words[i] = limit_words[i].word;
        return text_nearest(bare(name), words, limit_word_count);
}

/* ---- filling in ---- */

static int refuse(const struct reading *reading, const char *why, const char *hint)
{
        (void)err_set(reading->err, -EINVAL, "limit '%s': '%s': %s", reading->name, reading->value, why);
        (void)err_mistake(reading->err, MISTAKE_FORM);
        (void)err_hint(reading->err, "%s", hint);
        return -EINVAL;
}

static struct spec_i64 number_of(const struct reading *reading, int64_t value)
{
        return (struct spec_i64){.given = true, .exact = true, .value = value, .origin = reading->origin};
}

static int put(const struct reading *reading, int64_t value)
{
        char *at = (char *)reading->resources + reading->word->offset;

        *(struct spec_i64 *)(void *)at = number_of(reading, value);
        return 0;
}

/* A copy of a list with room for one more. NULL when memory is short. */
static void *longer(struct arena *arena, const void *list, size_t count, size_t size)
{
        void *copy = arena_alloc(arena, count + 1, size);

        if (copy != NULL && count > 0)
                memcpy(copy, list, count * size);
        return copy;
}

static int add_extra(const struct reading *reading, const struct spec_extra *extra)
{
        struct spec_resources *r = reading->resources;
        struct spec_extra *list = longer(reading->arena, r->extras, r->extra_count, sizeof(*list));
        size_t at = 0;

        if (list == NULL)
                return err_oom(reading->err);
        while (at < r->extra_count &&
               !(list[at].kind == extra->kind && list[at].major == extra->major && list[at].minor == extra->minor &&
                 (extra->key == NULL || strcmp(list[at].key, extra->key) == 0)))
                at++;
        list[at] = *extra;
        list[at].origin = reading->origin;
        r->extras = list;
        r->extra_count += at == r->extra_count;
        return 0;
}

static int add_throttle(const struct reading *reading, unsigned kind, uint32_t major, uint32_t minor, uint64_t rate)
{
        struct spec_throttle *throttle = &reading->resources->block_io.throttles[kind];
        struct spec_throttle_device *list = longer(reading->arena, throttle->devices, throttle->count, sizeof(*list));
        size_t at = 0;

        if (list == NULL)
                return err_oom(reading->err);
        while (at < throttle->count && !(list[at].major == major && list[at].minor == minor))
                at++;
        list[at] = (struct spec_throttle_device){major, minor, rate, reading->origin};
        throttle->devices = list;
        throttle->count += at == throttle->count;
        return 0;
}

/* ---- numbers ---- */

#define PAGE_BYTES 4096 /* the smallest that there are */

static int refuse_bytes(const struct reading *reading, const char *why)
{
        (void)refuse(reading, why, "write digits and a unit: 512M, 1.5G; or 50%, or max");
        return err_mistake(reading->err, MISTAKE_BYTES);
}

static int read_bytes(const struct reading *reading)
{
        bool swap = reading->word->offset == offsetof(struct spec_resources, memory.swap_only);
        uint64_t whole = swap ? reading->machine->swap_bytes : reading->machine->memory_bytes;
        bool docker = reading->word->dialect == LIMIT_DOCKER;
        int64_t bytes;

        if (limit_is_max(reading->value))
                return put(reading, -1);
        if (whole > 0 && limit_part(reading->value, whole, &bytes))
                return put(reading, bytes);
        if (!limit_bytes(reading->arena, reading->value, 1024, &bytes))
                return refuse_bytes(reading, "it is no number of bytes");
        /* The kernel counts whole pages, and would make a limit of nothing of it. */
        if (bytes > 0 && bytes < PAGE_BYTES)
                return refuse_bytes(reading, "it is less than a page of memory");
        /* docker's 0 is no limit. */
        return put(reading, docker && bytes == 0 ? -1 : bytes);
}

static int read_count(const struct reading *reading)
{
        int64_t count;

        if (limit_is_max(reading->value))
                return put(reading, -1);
        if (!limit_decimal(reading->value, 0, &count) || count < 0)
                return refuse(reading, "it is no number", "write a number, or max");
        return put(reading, count);
}

static int read_tasks(const struct reading *reading)
{
        bool systemd = reading->word->dialect == LIMIT_SYSTEMD;
        int64_t tasks;

        if (reading->machine->tasks > 0 && limit_part(reading->value, reading->machine->tasks, &tasks))
                return put(reading, tasks);
        if (!limit_is_max(reading->value) && limit_decimal(reading->value, 0, &tasks) && tasks == 0)
                return systemd ? refuse(reading, "systemd has no such limit", "write at least 1, or infinity")
                               : put(reading, -1);
        return read_count(reading);
}

static int read_number(const struct reading *reading)
{
        const struct limit_word *word = reading->word;
        int64_t number;

        /* systemd's word for it (v252). */
        if (word->dialect == LIMIT_SYSTEMD && word->offset == offsetof(struct spec_resources, cpu.weight) &&
            strcmp(reading->value, "idle") == 0) {
                reading->resources->cpu.idle = number_of(reading, 1);
                return 0;
        }
        if (!limit_decimal(reading->value, 0, &number) || number < word->least || number > word->most)
                return refuse(reading, "it is no such number",
                              arena_printf(reading->arena, "write a number from %lld to %lld", (long long)word->least,
                                           (long long)word->most));
        return put(reading, number);
}

static int read_switch(const struct reading *reading)
{
        int64_t value;

        if (!limit_switch(reading->value, &value))
                return refuse(reading, "it is neither yes nor no", "write 1 or 0");
        return put(reading, value);
}

static int read_usec(const struct reading *reading)
{
        bool quota = reading->word->offset == offsetof(struct spec_resources, cpu.quota);
        int64_t usec;

        if (limit_is_max(reading->value) && quota)
                return put(reading, -1);
        if (!limit_decimal(reading->value, 0, &usec) || usec < 0)
                return refuse(reading, "it is no number of microseconds",
                              quota ? "write a number, or max for no limit" : "write a number: 100000");
        /* docker's 0 is no limit. */
        return put(reading, quota && usec == 0 && reading->word->dialect == LIMIT_DOCKER ? -1 : usec);
}

static int read_percent(const struct reading *reading)
{
        size_t len = strcspn(reading->value, "%");
        const char *number = arena_strndup(reading->arena, reading->value, len);
        int64_t hundredths;

        if (limit_is_max(reading->value))
                return put(reading, -1);
        if (number == NULL)
                return err_oom(reading->err);
        if (strlen(reading->value) - len > 1 || !limit_decimal(number, 2, &hundredths) || hundredths < 0 ||
            hundredths > 10000)
                return refuse(reading, "it is no percentage",
                              "write one from 0 to 100 with two digits at most, or max");
        return put(reading, hundredths);
}

/* ---- quotas ---- */

/* @parts of @whole processors. */
static int put_quota(const struct reading *reading, int64_t parts, int64_t whole)
{
        struct spec_cpu *cpu = &reading->resources->cpu;
        int64_t period = cpu->period.given && cpu->period.value > 0 ? cpu->period.value : PERIOD_USEC, quota;

        if (__builtin_mul_overflow(parts, period, &quota))
                return refuse(reading, "it is more than any machine has", "write fewer processors");
        cpu->quota = number_of(reading, quota / whole);
        cpu->period = number_of(reading, period);
        return 0;
}

static int read_quota(const struct reading *reading)
{
        size_t len = strcspn(reading->value, "%");
        const char *number = arena_strndup(reading->arena, reading->value, len);
        int64_t hundredths;

        if (limit_is_max(reading->value) || *reading->value == '\0')
                return put(reading, -1);
        if (number == NULL)
                return err_oom(reading->err);
        if (strcmp(reading->value + len, "%") != 0 || !limit_decimal(number, 2, &hundredths) || hundredths < 100)
                return refuse(reading, "it is no percentage of a processor", "write at least 1%: 50%, 200%");
        return put_quota(reading, hundredths, 10000);
}

static int read_cpus(const struct reading *reading)
{
        int64_t millionths;

        if (limit_is_max(reading->value) || strcmp(reading->value, "0") == 0)
                return put(reading, -1);
        if (strchr(reading->value, '%') != NULL)
                return read_quota(reading);
        if (!limit_decimal(reading->value, 6, &millionths) || millionths < 10000)
                return refuse(reading, "it is no number of processors", "write at least 0.01: 0.5, 2, 1.25");
        return put_quota(reading, millionths, 1000000);
}

/* A quota that stands already keeps its part of the period. */
static int read_period(const struct reading *reading)
{
        struct spec_cpu *cpu = &reading->resources->cpu;
        int64_t usec, parts, old = cpu->period.given ? cpu->period.value : 0;

        if (!limit_time(reading->value, 1000000, &usec) || usec < 1000 || usec > 1000000)
                return refuse(reading, "it is no such time", "write one from 1ms to 1s: 100ms");
        if (cpu->quota.given && cpu->quota.value > 0 && old > 0) {
                if (__builtin_mul_overflow(cpu->quota.value, usec, &parts))
                        return refuse(reading, "the quota would be more than any machine has", "write a smaller quota");
                cpu->quota.value = parts / old;
        }
        return put(reading, usec);
}

static int read_cpu_max(const struct reading *reading)
{
        size_t len = strcspn(reading->value, " ");
        const char *quota = arena_strndup(reading->arena, reading->value, len);
        const char *period = reading->value + len + strspn(reading->value + len, " ");
        int64_t quota_usec = -1, period_usec;

        if (quota == NULL)
                return err_oom(reading->err);
        if (!limit_is_max(quota) && (!limit_decimal(quota, 0, &quota_usec) || quota_usec <= 0))
                return refuse(reading, "it is no quota", "write QUOTA PERIOD in microseconds: 50000 100000, or max");
        if (*period != '\0') {
                if (!limit_decimal(period, 0, &period_usec) || period_usec <= 0)
                        return refuse(reading, "it is no period", "write QUOTA PERIOD in microseconds: 50000 100000");
                reading->resources->cpu.period = number_of(reading, period_usec);
        }
        return put(reading, quota_usec);
}

/* ---- texts ---- */

static int put_text(const struct reading *reading, const char *text)
{
        static const struct {
                size_t text, origin;
        } places[] = {
                {offsetof(struct spec_resources, cpu.cpus), offsetof(struct spec_resources, cpu.cpus_origin)},
                {offsetof(struct spec_resources, cpu.mems), offsetof(struct spec_resources, cpu.mems_origin)},
                {offsetof(struct spec_resources, cpu.partition), offsetof(struct spec_resources, cpu.partition_origin)},
                {offsetof(struct spec_resources, group_type), offsetof(struct spec_resources, group_type_origin)},
        };
        char *base = (char *)reading->resources;

        for (size_t i = 0; i < ELEMENTS(places); i++)
                if (places[i].text == reading->word->offset) {
                        *(const char **)(void *)(base + places[i].text) = text;
                        *(struct spec_origin *)(void *)(base + places[i].origin) = reading->origin;
                }
        return 0;
}

static int read_set(const struct reading *reading)
{
        const char *set = limit_set(reading->arena, reading->value);

        return set == NULL ? refuse(reading, "it is no list of numbers", "write it as in '0-2,7'")
                           : put_text(reading, set);
}

static int read_choice(const struct reading *reading)
{
        static const char *const partitions[] = {"member", "root", "isolated", NULL}, *const types[] = {"threaded",
                                                                                                        NULL};
        bool type = reading->word->offset == offsetof(struct spec_resources, group_type);

        for (const char *const *choice = type ? types : partitions; *choice != NULL; choice++)
                if (strcmp(*choice, reading->value) == 0)
                        return put_text(reading, *choice);
        return type ? refuse(reading, "a group can be made threaded, and nothing else",
                             "to have it otherwise, delete the group and make it anew")
                    : refuse(reading, "there is no such kind of partition", "write member, root or isolated");
}

/* ---- disks ---- */

static int read_disk(const struct reading *reading, const char *disk, uint32_t *ret_major, uint32_t *ret_minor)
{
        int64_t major, minor;
        char type;
        int r;

        if (limit_device_number(disk, &major, &minor) && major >= 0 && minor >= 0) {
                *ret_major = (uint32_t)major;
                *ret_minor = (uint32_t)minor;
                return 0;
        }
        if (*disk != '/' || reading->machine->device == NULL)
                return refuse(reading, "it names no disk", "write its path or its number: /dev/sda, 8:0");
        r = reading->machine->device(disk, &type, ret_major, ret_minor, reading->err);
        if (r < 0)
                return err_wrap(reading->err, "limit '%s'", reading->name);
        return type == 'b' ? 0 : refuse(reading, "that is no disk", "'lsblk' lists the disks");
}

/* Cuts the disk off: what stands behind it in *@ret_rest. */
static int cut_disk(const struct reading *reading, const char *hint, uint32_t *ret_major, uint32_t *ret_minor,
                    const char **ret_rest)
{
        const char *disk;

        if (!limit_cut(reading->arena, reading->value, false, &disk, ret_rest))
                return refuse(reading, "it is not a disk with a value", hint);
        return read_disk(reading, disk, ret_major, ret_minor);
}

/* 0 is no limit. */
static bool read_rate(const struct reading *reading, const char *text, int64_t *ret_rate)
{
        if (limit_is_max(text)) {
                *ret_rate = 0;
                return true;
        }
        /* systemd counts thousands here. */
        return limit_bytes(reading->arena, text, reading->word->dialect == LIMIT_SYSTEMD ? 1000 : 1024, ret_rate);
}

static int read_throttle(const struct reading *reading)
{
        static const char hint[] = "write a disk and a rate: '/dev/sda 10M', '8:0 1048576'; max is no limit";
        uint32_t major, minor;
        const char *rest;
        int64_t rate;
        int r = cut_disk(reading, hint, &major, &minor, &rest);

        if (r < 0)
                return r;
        if (!read_rate(reading, rest, &rate))
                return refuse(reading, "it is no rate", hint);
        return add_throttle(reading, reading->word->which, major, minor, (uint64_t)rate);
}

static int read_io_max(const struct reading *reading)
{
        static const char *const keys[SPEC_THROTTLE_COUNT] = {
                [SPEC_READ_BPS] = "rbps=",
                [SPEC_WRITE_BPS] = "wbps=",
                [SPEC_READ_IOPS] = "riops=",
                [SPEC_WRITE_IOPS] = "wiops=",
        };
        static const char hint[] = "write a disk and rates: '/dev/sda:rbps=10M,wiops=100', '8:0 rbps=max'";
        uint32_t major, minor;
        const char *rest;
        int r = cut_disk(reading, hint, &major, &minor, &rest);

        while (r >= 0 && *rest != '\0') {
                size_t len = strcspn(rest, " ,");
                const char *part = arena_strndup(reading->arena, rest, len);
                unsigned kind = 0;
                int64_t rate;

                if (part == NULL)
                        return err_oom(reading->err);
                rest += len + strspn(rest + len, " ,");
                while (kind < SPEC_THROTTLE_COUNT && strncmp(part, keys[kind], strlen(keys[kind])) != 0)
                        kind++;
                if (kind == SPEC_THROTTLE_COUNT || !read_rate(reading, part + strlen(keys[kind]), &rate))
                        return refuse(reading, "it is no rate", hint);
                r = add_throttle(reading, kind, major, minor, (uint64_t)rate);
        }
        return r;
}

static int read_weight_device(const struct reading *reading)
{
        static const char hint[] =
                "write a disk and a weight from 10 to 1000, or 0 for that of the group: '/dev/sda:500'";
        struct spec_block_io *io = &reading->resources->block_io;
        struct spec_weight_device *list;
        uint32_t major, minor;
        const char *rest;
        size_t at = 0;
        int64_t weight;
        int r = cut_disk(reading, hint, &major, &minor, &rest);

        if (r < 0)
                return r;
        if (!limit_decimal(rest, 0, &weight) ||
            (weight != 0 && (weight < reading->word->least || weight > reading->word->most)))
                return refuse(reading, "it is no weight", hint);
        list = longer(reading->arena, io->weight_devices, io->weight_device_count, sizeof(*list));
        if (list == NULL)
                return err_oom(reading->err);
        while (at < io->weight_device_count && !(list[at].major == major && list[at].minor == minor))
                at++;
        list[at].major = major;
        list[at].minor = minor;
        list[at].weight = number_of(reading, weight);
        io->weight_devices = list;
        io->weight_device_count += at == io->weight_device_count;
        return 0;
}

/* ---- what is of a disk or a key ---- */

static int read_disk_extra(const struct reading *reading, enum spec_extra_kind kind)
{
        struct spec_extra extra = {.kind = kind};
        bool systemd = reading->word->dialect == LIMIT_SYSTEMD;
        const char *rest;
        int r;

        switch (kind) {
        case SPEC_IO_WEIGHT:
                r = cut_disk(reading, "write a disk and a weight: '/dev/sda 200'", &extra.major, &extra.minor, &rest);
                if (r >= 0 && strcmp(rest, "default") != 0 &&
                    (!limit_decimal(rest, 0, &extra.value) || extra.value < 1 || extra.value > 10000))
                        return refuse(reading, "it is no weight", "a weight is 1 to 10000, or default");
                break;
        case SPEC_IO_LATENCY:
                r = cut_disk(reading, "write a disk and a time: '/dev/sda 25ms'", &extra.major, &extra.minor, &rest);
                if (r >= 0 && strncmp(rest, "target=", strlen("target=")) == 0)
                        rest += strlen("target=");
                if (r >= 0 && !limit_time(rest, systemd ? 1000000 : 1, &extra.value))
                        return refuse(reading, "it is no time", "write one with its unit: 25ms; 0 is no target");
                break;
        default:
                r = cut_disk(reading, "write a disk and settings: '8:0 enable=1 ctrl=auto'", &extra.major, &extra.minor,
                             &rest);
                extra.text = rest;
                if (r >= 0 && strlen(rest) > COST_MAX)
                        return refuse(reading, "it is too long", "write fewer settings at a time");
                break;
        }
        return r < 0 ? r : add_extra(reading, &extra);
}

static int read_extra(const struct reading *reading)
{
        struct spec_extra extra = {.kind = reading->word->which};
        bool bytes = extra.kind >= SPEC_DMEM_MIN, read;
        const char *rest;

        if (extra.kind < SPEC_MISC_MAX)
                return read_disk_extra(reading, extra.kind);
        if (!limit_cut(reading->arena, reading->value, strpbrk(reading->value, " \t") != NULL || !bytes, &extra.key,
                       &rest))
                return refuse(reading, "it is not a name with a value",
                              bytes ? "write a region of dmem.capacity and its bytes: 'drm/0000:03:00.0/vram0 1G'"
                                    : "write a resource of misc.capacity and a number: 'sev 10'");
        extra.value = -1;
        read = limit_is_max(rest) || (bytes ? limit_bytes(reading->arena, rest, 1024, &extra.value)
                                            : limit_decimal(rest, 0, &extra.value) && extra.value >= 0);
        if (!read)
                return refuse(reading, "it is no such number",
                              bytes ? "write bytes, or max" : "write a number, or max");
        return add_extra(reading, &extra);
}

/* io.weight: that of the group, or of a disk. */
static int read_weight(const struct reading *reading)
{
        struct reading group = *reading;

        if (strncmp(group.value, "default ", strlen("default ")) == 0)
                group.value += strlen("default ");
        return strpbrk(group.value, ":/") != NULL ? read_disk_extra(reading, SPEC_IO_WEIGHT) : read_number(&group);
}

static int read_hugetlb(const struct reading *reading)
{
        static const char hint[] = "write a size of pages and bytes: hugetlb.2MB.max=64M, hugetlb=2MB:64M";
        struct spec_resources *r = reading->resources;
        struct spec_hugepage_limit *list =
                longer(reading->arena, r->hugepage_limits, r->hugepage_limit_count, sizeof(*list));
        const char *size = reading->key, *rest = reading->value;
        int64_t bytes = 0;
        size_t at = 0;

        if (list == NULL)
                return err_oom(reading->err);
        if (size == NULL && !limit_cut(reading->arena, reading->value, true, &size, &rest))
                return refuse(reading, "it is not a size with a limit", hint);
        if (!limit_is_max(rest) && !limit_bytes(reading->arena, rest, 1024, &bytes))
                return refuse(reading, "it is no number of bytes", hint);
        while (at < r->hugepage_limit_count && strcmp(list[at].page_size, size) != 0)
                at++;
        /* The kernel has no word for it in either version that it takes as well as it shows it; this is its largest number of whole pages. */
        list[at] = (struct spec_hugepage_limit){size, limit_is_max(rest) ? (uint64_t)INT64_MAX : (uint64_t)bytes,
                                                reading->origin};
        r->hugepage_limits = list;
        r->hugepage_limit_count += at == r->hugepage_limit_count;
        return 0;
}

/* ---- networks, RDMA ---- */

static int read_network(const struct reading *reading)
{
        struct spec_resources *r = reading->resources;
        struct spec_priority *list = longer(reading->arena, r->priorities, r->priority_count, sizeof(*list));
        const char *interface, *rest;
        int64_t priority;
        size_t at = 0;

        if (list == NULL)
                return err_oom(reading->err);
        if (!limit_cut(reading->arena, reading->value, true, &interface, &rest) || !limit_decimal(rest, 0, &priority) ||
            priority < 0 || priority > UINT32_MAX)
                return refuse(reading, "it is not an interface with a priority", "write 'eth0 5'");
        while (at < r->priority_count && strcmp(list[at].interface, interface) != 0)
                at++;
        list[at] = (struct spec_priority){interface, (uint32_t)priority, reading->origin};
        r->priorities = list;
        r->priority_count += at == r->priority_count;
        return 0;
}

static bool read_rdma_figure(const struct reading *reading, const char *text, const char *key, struct spec_i64 *number)
{
        const char *at = strstr(text, key), *value;
        int64_t figure = INT32_MAX;

        if (at == NULL)
                return true;
        at += strlen(key);
        value = arena_strndup(reading->arena, at, strcspn(at, " ,"));
        if (value == NULL || (!limit_is_max(value) && (!limit_decimal(value, 0, &figure) || figure < 0)))
                return false;
        *number = number_of(reading, figure);
        return true;
}

static int read_rdma(const struct reading *reading)
{
        static const char hint[] = "write 'mlx5_0 hca_handle=2 hca_object=2000'; max is no limit";
        struct spec_resources *r = reading->resources;
        struct spec_rdma *list = longer(reading->arena, r->rdma, r->rdma_count, sizeof(*list)), rdma = {0};
        const char *rest;
        size_t at = 0;

        if (list == NULL)
                return err_oom(reading->err);
        if (!limit_cut(reading->arena, reading->value, true, &rdma.device, &rest) ||
            !read_rdma_figure(reading, rest, "hca_handle=", &rdma.handles) ||
            !read_rdma_figure(reading, rest, "hca_object=", &rdma.objects) ||
            (!rdma.handles.given && !rdma.objects.given))
                return refuse(reading, "it is not a device with its limits", hint);
        rdma.origin = reading->origin;
        while (at < r->rdma_count && strcmp(list[at].device, rdma.device) != 0)
                at++;
        list[at] = rdma;
        r->rdma = list;
        r->rdma_count += at == r->rdma_count;
        return 0;
}

/* ---- devices ---- */

static bool read_access(const char *text, struct spec_device_rule *rule)
{
        rule->read = rule->write = rule->mknod = *text == '\0';
        for (; *text != '\0'; text++) {
                rule->read |= *text == 'r';
                rule->write |= *text == 'w';
                rule->mknod |= *text == 'm';
                if (strchr("rwm", *text) == NULL)
                        return false;
        }
        return true;
}

/* "a", "c 1:3 rwm", "b 8:*", as the devices controller of v1 has them. */
static bool read_numbers(const struct reading *reading, struct spec_device_rule *rule)
{
        const char *at = reading->value + 1 + strspn(reading->value + 1, " \t"), *number;
        size_t len = strcspn(at, " \t");

        if (*at == '\0')
                return rule->type == SPEC_DEVICE_ALL && read_access("", rule);
        number = arena_strndup(reading->arena, at, len);
        at += len;
        return number != NULL && limit_device_number(number, &rule->major, &rule->minor) && rule->major <= MAJOR_MAX &&
               rule->minor <= MINOR_MAX && read_access(at + strspn(at, " \t"), rule);
}

static int read_rule(const struct reading *reading)
{
        static const char hint[] = "write 'c 1:3 rwm', 'b 8:* r', 'a', or '/dev/null rw'";
        struct spec_resources *r = reading->resources;
        struct spec_device_rule *list = longer(reading->arena, r->device_rules, r->device_rule_count, sizeof(*list));
        struct spec_device_rule rule = {.allow = reading->word->which == 1, .major = -1, .minor = -1};
        const char *path = reading->value, *access = "", *type = strchr("abc", *reading->value);
        uint32_t major, minor;
        char kind;
        int code;

        if (list == NULL)
                return err_oom(reading->err);
        rule.origin = reading->origin;
        if (*reading->value == '/' && reading->machine->device != NULL) {
                if (!limit_cut(reading->arena, reading->value, false, &path, &access))
                        path = reading->value;
                code = reading->machine->device(path, &kind, &major, &minor, reading->err);
                if (code < 0)
                        return err_wrap(reading->err, "limit '%s'", reading->name);
                rule.type = kind == 'b' ? SPEC_DEVICE_BLOCK : SPEC_DEVICE_CHAR;
                rule.major = major;
                rule.minor = minor;
                if (!read_access(access, &rule))
                        return refuse(reading, "it is no access", hint);
        } else {
                rule.type = *reading->value == 'a'   ? SPEC_DEVICE_ALL
                            : *reading->value == 'b' ? SPEC_DEVICE_BLOCK
                                                     : SPEC_DEVICE_CHAR;
                if (type == NULL || *type == '\0' || !read_numbers(reading, &rule))
                        return refuse(reading, "it is no rule about devices", hint);
        }
        list[r->device_rule_count++] = rule;
        r->device_rules = list;
        return 0;
}

static int (*const readers[])(const struct reading *reading) = {
        [LIMIT_BYTES] = read_bytes,
        [LIMIT_COUNT] = read_count,
        [LIMIT_TASKS] = read_tasks,
        [LIMIT_NUMBER] = read_number,
        [LIMIT_WEIGHT] = read_weight,
        [LIMIT_SWITCH] = read_switch,
        [LIMIT_USEC] = read_usec,
        [LIMIT_PERIOD] = read_period,
        [LIMIT_CPUS] = read_cpus,
        [LIMIT_QUOTA] = read_quota,
        [LIMIT_CPU_MAX] = read_cpu_max,
        [LIMIT_PERCENT] = read_percent,
        [LIMIT_SET] = read_set,
        [LIMIT_CHOICE] = read_choice,
        [LIMIT_THROTTLE] = read_throttle,
        [LIMIT_IO_MAX] = read_io_max,
        [LIMIT_WEIGHT_DEVICE] = read_weight_device,
        [LIMIT_EXTRA] = read_extra,
        [LIMIT_HUGETLB] = read_hugetlb,
        [LIMIT_NETWORK] = read_network,
        [LIMIT_RDMA] = read_rdma,
        [LIMIT_RULE] = read_rule,
};

/* What people know beside limits, and what takes its place. "*" stands for any letters. */
static const struct {
        const char *word, *hint;
} aside[] = {
        {"Nice", "it is a process's and not a group's: 'ward limit --nice N' sets it"},
        {"OOMScoreAdjust", "it is a process's and not a group's: 'ward limit --oom-score-adj N' sets it"},
        {"IOScheduling*", "it is a process's and not a group's: 'ward limit --ioprio CLASS:LEVEL' sets it"},
        {"Limit*", "it is a process's and not a group's: 'ward limit --ulimit NAME=SOFT:HARD' sets it"},
        {"*Accounting", "leave it out: what a group uses is counted where it has a limit"},
        {"Startup*", "leave 'Startup' out: a limit of ward's holds at all times"},
        {"DevicePolicy", "write it as rules: 'devices.deny=a *:* rwm', and then those that allow"},
        {"OOMPolicy", "memory.oom.group=1 is its 'kill'"},
};

static const char *aside_of(const char *name)
{
        const char *key;
        size_t len;

        for (size_t i = 0; i < ELEMENTS(aside); i++)
                if (is_word(name, aside[i].word, &key, &len))
                        return aside[i].hint;
        return NULL;
}

int limit_words_parse(struct arena *arena, const struct limit_machine *machine, const char *name, const char *value,
                      const char *origin, struct spec_resources *resources, struct ward_err *err)
{
        struct reading reading = {
                .arena = arena,
                .machine = machine,
                .name = name,
                .value = value,
                .origin = {.field = origin, .index = -1},
                .resources = resources,
                .err = err,
        };
        const char *near, *key;
        size_t len = 0;

        reading.word = find(name, &key, &len);
        if (reading.word == NULL) {
                (void)err_set(err, -EINVAL, "'%s' is no limit", name);
                (void)err_mistake(err, MISTAKE_WORD);
                if (aside_of(name) != NULL)
                        return err_hint(err, "%s", aside_of(name));
                near = limit_words_nearest(name);
                return near != NULL ? err_hint(err, "did you mean '%s'?", near)
                                    : err_hint(err, "docs/CGROUPS.md lists them: MemoryMax, cpu.max, pids-limit ...");
        }
        if (key != NULL) {
                reading.key = arena_strndup(arena, key, len);
                if (reading.key == NULL)
                        return err_oom(err);
        }
        return readers[reading.word->kind](&reading);
}
