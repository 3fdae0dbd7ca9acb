/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a group uses where that is a list: of block devices, of sizes of huge pages, of RDMA devices; and for how long its processes waited
 * (Documentation/accounting/psi.rst). What a file says beyond what is known here is passed over.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "kern/cgroup-private.h"

#define SIZES_MAX 16 /* of huge pages: an architecture has two to six */

struct details {
        const struct cgroup_layout *layout;
        const char *path;
        struct arena *arena;
        struct ward_err *err;
};

int cgroup_file_read_if_there(const struct cgroup_hierarchy *hierarchy, const char *path, const char *file,
                              char **ret_text, struct ward_err *err)
{
        int r = cgroup_file_read(hierarchy, path, file, ret_text, err);

        if (r >= 0)
                return 0;
        *ret_text = NULL;
        return r == -ENOENT || r == -EOPNOTSUPP ? 0 : r;
}

static int file_read(const struct details *d, const struct cgroup_hierarchy *hierarchy, const char *file,
                     char **ret_text)
{
        return cgroup_file_read_if_there(hierarchy, d->path, file, ret_text, d->err);
}

/* The next line of *@text, which is cut up in place, or NULL. */
static char *next_line(char **text)
{
        char *line = *text, *end;

        if (line == NULL || *line == '\0')
                return NULL;
        end = line + strcspn(line, "\n");
        *text = *end == '\0' ? end : end + 1;
        *end = '\0';
        return line;
}

/* The next word of *@line, which is cut up in place, or NULL. */
static char *next_word(char **line)
{
        char *word = *line + strspn(*line, " "), *end;

        if (*word == '\0')
                return NULL;
        end = word + strcspn(word, " ");
        *line = *end == '\0' ? end : end + 1;
        *end = '\0';
        return word;
}

/* A number with @end behind it: what follows; NULL: it is none. */
static const char *number_before(const char *text, char end, uint32_t *ret_number)
{
        const char *stop = strchr(text, end);
        char digits[16];
        uint64_t number;

        if (stop == NULL || (size_t)(stop - text) >= sizeof(digits))
                return NULL;
        memcpy(digits, text, (size_t)(stop - text));
        digits[stop - text] = '\0';
        if (number_parse(digits, UINT32_MAX, &number) < 0)
                return NULL;
        *ret_number = (uint32_t)number;
        return stop + 1;
}

/* "MAJOR:MINOR". */
static bool device_parse(const char *word, struct cgroup_io *io)
{
        const char *minor = number_before(word, ':', &io->major);
        uint64_t number;

        if (minor == NULL || number_parse(minor, UINT32_MAX, &number) < 0)
                return false;
        io->minor = (uint32_t)number;
        return true;
}

static size_t count_words(const char *text)
{
        size_t count = 1;

        for (const char *c = text; *c != '\0'; c++)
                count += *c == ' ' || *c == '\n';
        return count;
}

/* ---- block devices ---- */

/* "8:0 Read 512", "8:0 7"; the sum of all, "Total 512", is of no device. */
int cgroup_io_parse(struct arena *arena, char *text, struct cgroup_io_list *ret_list)
{
        struct cgroup_io *ios = arena_new(arena, struct cgroup_io, count_words(text));
        size_t count = 0;
        char *line;

        if (ios == NULL)
                return -ENOMEM;
        while ((line = next_line(&text)) != NULL) {
                struct cgroup_io io = {.op = ""};
                char *device = next_word(&line), *op = next_word(&line), *value = next_word(&line);

                if (value == NULL)
                        value = op;
                else
                        io.op = arena_strdup(arena, op);
                if (io.op == NULL)
                        return -ENOMEM;
                if (value != NULL && device_parse(device, &io) && number_parse(value, UINT64_MAX, &io.value) >= 0)
                        ios[count++] = io;
        }
        ret_list->ios = ios;
        ret_list->count = count;
        return 0;
}

/* The first @kinds of the figures. Returns 1, or 0 where no file has any. Whoever has counted something says it: BFQ, CFQ before Linux 5.0, and the throttle, which sees every request. */
static int io_read_v1(const struct details *d, const struct cgroup_hierarchy *hierarchy, size_t kinds,
                      struct cgroup_io_list *lists)
{
        static const struct {
                enum cgroup_io_kind kind;
                const char *files[4];
        } figures[] = {
                {CGROUP_IO_BYTES,
                 {"blkio.bfq.io_service_bytes_recursive", "blkio.io_service_bytes_recursive",
                  "blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_service_bytes"}},
                {CGROUP_IO_SERVICED,
                 {"blkio.bfq.io_serviced_recursive", "blkio.io_serviced_recursive",
                  "blkio.throttle.io_serviced_recursive", "blkio.throttle.io_serviced"}},
                {CGROUP_IO_QUEUED, {"blkio.bfq.io_queued_recursive", "blkio.io_queued_recursive"}},
                {CGROUP_IO_SERVICE_TIME, {"blkio.bfq.io_service_time_recursive", "blkio.io_service_time_recursive"}},
                {CGROUP_IO_WAIT_TIME, {"blkio.bfq.io_wait_time_recursive", "blkio.io_wait_time_recursive"}},
                {CGROUP_IO_MERGED, {"blkio.bfq.io_merged_recursive", "blkio.io_merged_recursive"}},
                {CGROUP_IO_TIME, {"blkio.bfq.time_recursive", "blkio.time_recursive"}},
                {CGROUP_IO_SECTORS, {"blkio.bfq.sectors_recursive", "blkio.sectors_recursive"}},
        };
        bool any = false;

        for (size_t i = 0; i < ELEMENTS(figures) && i < kinds; i++) {
                struct cgroup_io_list *list = &lists[figures[i].kind];

                for (size_t f = 0; f < ELEMENTS(figures[i].files) && figures[i].files[f] != NULL; f++) {
                        _cleanup_free_ char *text = NULL;
                        int r = file_read(d, hierarchy, figures[i].files[f], &text);

                        any |= text != NULL;
                        if (r >= 0 && text != NULL)
                                r = cgroup_io_parse(d->arena, text, list);
                        if (r < 0)
                                return r == -ENOMEM ? err_oom(d->err) : r;
                        if (list->count > 0)
                                break;
                }
        }
        return any;
}

/* io.stat: "8:0 rbytes=512 wbytes=0 rios=1 ...", by the names that v1 has for the same. */
int cgroup_io_stat_parse(struct arena *arena, char *text, struct cgroup_io_list *lists)
{
        static const struct {
                const char *key, *op;
                enum cgroup_io_kind kind;
        } keys[] = {
                {"rbytes=", "Read", CGROUP_IO_BYTES},    {"wbytes=", "Write", CGROUP_IO_BYTES},
                {"dbytes=", "Discard", CGROUP_IO_BYTES}, {"rios=", "Read", CGROUP_IO_SERVICED},
                {"wios=", "Write", CGROUP_IO_SERVICED},  {"dios=", "Discard", CGROUP_IO_SERVICED},
        };
        struct cgroup_io *ios[CGROUP_IO_COUNT] = {NULL};
        size_t counts[CGROUP_IO_COUNT] = {0};
        char *line;

        for (enum cgroup_io_kind kind = CGROUP_IO_BYTES; kind <= CGROUP_IO_SERVICED; kind++) {
                ios[kind] = arena_new(arena, struct cgroup_io, count_words(text));
                if (ios[kind] == NULL)
                        return -ENOMEM;
        }
        while ((line = next_line(&text)) != NULL) {
                char *word = next_word(&line);
                struct cgroup_io io;

                if (word == NULL || !device_parse(word, &io))
                        continue;
                while ((word = next_word(&line)) != NULL)
                        for (size_t i = 0; i < ELEMENTS(keys); i++) {
                                size_t len = strlen(keys[i].key);

                                if (strncmp(word, keys[i].key, len) != 0 ||
                                    number_parse(word + len, UINT64_MAX, &io.value) < 0)
                                        continue;
                                io.op = keys[i].op;
                                ios[keys[i].kind][counts[keys[i].kind]++] = io;
                        }
        }
        for (enum cgroup_io_kind kind = CGROUP_IO_BYTES; kind <= CGROUP_IO_SERVICED; kind++)
                lists[kind] = (struct cgroup_io_list){ios[kind], counts[kind]};
        return 0;
}

static int io_read_v2(const struct details *d, const struct cgroup_hierarchy *hierarchy, struct cgroup_io_list *lists)
{
        _cleanup_free_ char *text = NULL;
        int r = file_read(d, hierarchy, "io.stat", &text);

        if (r < 0 || text == NULL)
                return r;
        r = cgroup_io_stat_parse(d->arena, text, lists);
        return r < 0 ? err_oom(d->err) : 1;
}

/* ---- huge pages ---- */

/* The size in the name of a limit's file, copied to @size: "hugetlb.2MB.max" is of "2MB". */
static bool size_parse(const char *name, const char *suffix, char size[NAME_MAX + 1])
{
        static const char prefix[] = "hugetlb.";
        size_t len = strcspn(name + (strncmp(name, prefix, strlen(prefix)) == 0 ? strlen(prefix) : strlen(name)), ".");

        if (len == 0 || strcmp(name + strlen(prefix) + len, suffix) != 0)
                return false;
        memcpy(size, name + strlen(prefix), len);
        size[len] = '\0';
        return true;
}

/* One figure of a size: of its reservations, which the limit is about where the kernel has them, or else of its pages. */
static int hugetlb_figure(const struct details *d, const struct cgroup_hierarchy *hierarchy, const char *size,
                          const char *figure, const char *key, uint64_t *ret_value)
{
        static const char *const counted[] = {".rsvd", ""};

        *ret_value = UINT64_MAX;
        for (size_t i = 0; i < ELEMENTS(counted); i++) {
                char file[NAME_MAX + 1];
                _cleanup_free_ char *text = NULL;
                int r;

                (void)snprintf(file, sizeof(file), "hugetlb.%s%s.%s", size, counted[i], figure);
                r = file_read(d, hierarchy, file, &text);
                if (r < 0)
                        return r;
                if (text == NULL)
                        continue;
                *ret_value = cgroup_text_number(text, key);
                return 0;
        }
        return 0;
}

static int hugetlb_add(const struct details *d, const struct cgroup_hierarchy *hierarchy, const char *size,
                       struct cgroup_hugetlb *ret_hugetlb)
{
        bool v1 = hierarchy->version == 1;
        struct cgroup_hugetlb hugetlb = {.size = arena_strdup(d->arena, size), .max = UINT64_MAX};
        int r;

        if (hugetlb.size == NULL)
                return err_oom(d->err);
        r = hugetlb_figure(d, hierarchy, size, v1 ? "usage_in_bytes" : "current", "", &hugetlb.usage);
        if (r >= 0 && v1)
                r = hugetlb_figure(d, hierarchy, size, "max_usage_in_bytes", "", &hugetlb.max);
        if (r >= 0)
                r = hugetlb_figure(d, hierarchy, size, v1 ? "failcnt" : "events", v1 ? "" : "max", &hugetlb.fail_count);
        if (r >= 0)
                *ret_hugetlb = hugetlb;
        return r;
}

static int hugetlb_read(const struct details *d, const struct cgroup_hierarchy *hierarchy,
                        struct cgroup_details *details)
{
        struct cgroup_hugetlb *sizes = arena_new(d->arena, struct cgroup_hugetlb, SIZES_MAX);
        int fd = cgroup_open(hierarchy, d->path, NULL, O_RDONLY | O_DIRECTORY), r = 0;
        char size[NAME_MAX + 1];
        struct dirent *entry;
        size_t count = 0;
        DIR *dir;

        /* The container may have no group there. */
        if (fd < 0)
                return 0;
        dir = fdopendir(fd);
        if (dir == NULL || sizes == NULL) {
                if (dir != NULL)
                        (void)closedir(dir);
                else
                        (void)fd_close(fd);
                return err_oom(d->err);
        }
        while (r >= 0 && count < SIZES_MAX && (entry = readdir(dir)) != NULL) {
                if (!size_parse(entry->d_name, hierarchy->version == 1 ? ".limit_in_bytes" : ".max", size))
                        continue;
                r = hugetlb_add(d, hierarchy, size, &sizes[count]);
                count += r >= 0;
        }
        (void)closedir(dir);
        details->hugetlb = sizes;
        details->hugetlb_count = count;
        return r;
}

/* ---- RDMA ---- */

/* "mlx5_0 hca_handle=2 hca_object=max" */
int cgroup_rdma_parse(struct arena *arena, char *text, struct cgroup_rdma_list *ret_list)
{
        struct cgroup_rdma *rdma;
        char *line, *word;
        size_t count = 0;

        rdma = arena_new(arena, struct cgroup_rdma, count_words(text));
        if (rdma == NULL)
                return -ENOMEM;
        while ((line = next_line(&text)) != NULL) {
                struct cgroup_rdma *device = &rdma[count];

                word = next_word(&line);
                if (word == NULL)
                        continue;
                device->device = arena_strdup(arena, word);
                if (device->device == NULL)
                        return -ENOMEM;
                while ((word = next_word(&line)) != NULL) {
                        const char *value = strchr(word, '=');
                        uint64_t number;

                        if (value == NULL)
                                continue;
                        /* "max" is what runc has as the largest number. */
                        if (number_parse(value + 1, UINT32_MAX, &number) < 0)
                                number = UINT32_MAX;
                        if (strncmp(word, "hca_handle=", strlen("hca_handle=")) == 0)
                                device->handles = (uint32_t)number;
                        else if (strncmp(word, "hca_object=", strlen("hca_object=")) == 0)
                                device->objects = (uint32_t)number;
                }
                count++;
        }
        *ret_list = (struct cgroup_rdma_list){rdma, count};
        return 0;
}

static int rdma_read(const struct details *d, const struct cgroup_hierarchy *hierarchy, const char *file,
                     struct cgroup_rdma_list *ret_list)
{
        _cleanup_free_ char *text = NULL;
        int r = file_read(d, hierarchy, file, &text);

        if (r < 0 || text == NULL)
                return r;
        r = cgroup_rdma_parse(d->arena, text, ret_list);
        return r < 0 ? err_oom(d->err) : 0;
}

/* ---- waiting ---- */

/* "1.25" as hundredths. */
static bool hundredths_parse(const char *text, uint32_t *ret_number)
{
        uint32_t whole;
        const char *rest = number_before(text, '.', &whole);
        uint64_t part;

        if (rest == NULL || strlen(rest) != 2 || number_parse(rest, 99, &part) < 0 || whole > 100)
                return false;
        *ret_number = whole * 100 + (uint32_t)part;
        return true;
}

/* The line of @name: "some avg10=0.00 avg60=0.00 avg300=0.00 total=0". */
void cgroup_pressure_parse(char *text, const char *name, struct cgroup_pressure *ret_pressure)
{
        char *line;

        while ((line = next_line(&text)) != NULL) {
                struct cgroup_pressure pressure = {.given = true};
                char *word = next_word(&line);

                if (word == NULL || strcmp(word, name) != 0)
                        continue;
                for (size_t i = 0; (word = next_word(&line)) != NULL; i++) {
                        static const char *const keys[] = {"avg10=", "avg60=", "avg300=", "total="};
                        size_t len = i < ELEMENTS(keys) ? strlen(keys[i]) : 0;

                        if (len == 0 || strncmp(word, keys[i], len) != 0 ||
                            (i < 3 ? !hundredths_parse(word + len, &pressure.average[i])
                                   : number_parse(word + len, UINT64_MAX, &pressure.total_usec) < 0))
                                return;
                }
                *ret_pressure = pressure;
                return;
        }
}

static int pressure_read(const struct details *d, const char *file, struct cgroup_pressure pressure[2])
{
        const struct cgroup_hierarchy *unified = cgroup_unified(d->layout);
        _cleanup_free_ char *some = NULL, *full = NULL;
        int r;

        if (unified == NULL)
                return 0;
        r = file_read(d, unified, file, &some);
        if (r < 0 || some == NULL)
                return r;
        full = strdup(some);
        if (full == NULL)
                return err_oom(d->err);
        cgroup_pressure_parse(some, "some", &pressure[0]);
        cgroup_pressure_parse(full, "full", &pressure[1]);
        return 0;
}

int cgroup_io_bytes_read(const struct cgroup_layout *layout, const char *path, struct arena *arena,
                         struct cgroup_io_list *ret_list, struct ward_err *err)
{
        const struct details d = {layout, path, arena, err};
        const struct cgroup_hierarchy *io = cgroup_with(layout, CGROUP_BLKIO);
        struct cgroup_io_list lists[CGROUP_IO_COUNT] = {0};
        int r = cgroup_path_check(path, err);

        if (r < 0)
                return r;
        r = io == NULL ? 0 : io->version == 1 ? io_read_v1(&d, io, 1, lists) : io_read_v2(&d, io, lists);
        if (r == 0)
                return err_set(err, -EOPNOTSUPP, "count what '%s' reads and writes: no control group hierarchy does",
                               path);
        if (r < 0)
                return r;
        *ret_list = lists[CGROUP_IO_BYTES];
        return 0;
}

int cgroup_details_read(const struct cgroup_layout *layout, const char *path, struct arena *arena,
                        struct cgroup_details *ret_details, struct ward_err *err)
{
        const struct details d = {layout, path, arena, err};
        const struct cgroup_hierarchy *io = cgroup_with(layout, CGROUP_BLKIO),
                                      *hugetlb = cgroup_with(layout, CGROUP_HUGETLB),
                                      *rdma = cgroup_with(layout, CGROUP_RDMA);
        struct cgroup_details details = {0};
        int r;

        r = cgroup_path_check_root(path, err);
        if (r >= 0 && io != NULL)
                r = io->version == 1 ? io_read_v1(&d, io, CGROUP_IO_COUNT, details.io) : io_read_v2(&d, io, details.io);
        if (r >= 0 && hugetlb != NULL)
                r = hugetlb_read(&d, hugetlb, &details);
        if (r >= 0 && rdma != NULL)
                r = rdma_read(&d, rdma, "rdma.max", &details.rdma_limit);
        if (r >= 0 && rdma != NULL)
                r = rdma_read(&d, rdma, "rdma.current", &details.rdma_current);
        if (r >= 0)
                r = pressure_read(&d, "cpu.pressure", details.cpu_pressure);
        if (r >= 0)
                r = pressure_read(&d, "memory.pressure", details.memory_pressure);
        if (r >= 0)
                r = pressure_read(&d, "io.pressure", details.io_pressure);
        if (r >= 0)
                r = cgroup_kinds_read(layout, path, arena, &details, err);
        if (r >= 0)
                *ret_details = details;
        return r < 0 ? r : 0;
}
