/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits by their words: what is read of each, what is refused and with which words, and that docs/CGROUPS.md says of every limit what the tables
 * of kern/cgroup and of model/limit-words do.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/text.h"
#include "engine/limits.h"
#include "kern/cgroup-knobs.h"
#include "model/limit-words.h"

#define MIB (INT64_C(1) << 20)
#define GIB (INT64_C(1) << 30)

static int fake_device(const char *path, char *ret_type, uint32_t *ret_major, uint32_t *ret_minor, struct ward_err *err)
{
        if (strcmp(path, "/dev/sda") == 0 || strcmp(path, "/dev/disk/by-path/pci-0000:00:1f.2") == 0) {
                *ret_type = 'b';
                *ret_major = 8;
                *ret_minor = 0;
                return 0;
        }
        if (strcmp(path, "/dev/null") != 0)
                return err_set(err, -ENOENT, "find the device '%s'", path);
        *ret_type = 'c';
        *ret_major = 1;
        *ret_minor = 3;
        return 0;
}

static const struct limit_machine machine = {
        .memory_bytes = 4 * GIB, .swap_bytes = GIB, .tasks = 1000, .device = fake_device};

static int parse(struct arena *arena, const char *name, const char *value, struct spec_resources *resources,
                 struct ward_err *err)
{
        *err = (struct ward_err){0};
        return limit_words_parse(arena, &machine, name, value, name, resources, err);
}

/* ---- one number ---- */

#define AT(member) offsetof(struct spec_resources, member)

static void test_numbers(void **state)
{
        static const struct {
                const char *name, *value;
                size_t offset;
                int64_t want;
        } cases[] = {
                {"memory.limit", "1048576", AT(memory.limit), MIB},
                {"memory.max", "512M", AT(memory.limit), 512 * MIB},
                {"MemoryMax", "25%", AT(memory.limit), GIB},
                {"MemoryMax", "infinity", AT(memory.limit), -1},
                {"memory.limit_in_bytes", "-1", AT(memory.limit), -1},
                {"--memory", "1.5g", AT(memory.limit), GIB + 512 * MIB},
                {"--memory", "0", AT(memory.limit), -1},
                {"memory.max", "0", AT(memory.limit), 0},
                {"memory.max", "64MiB", AT(memory.limit), 64 * MIB},
                {"memory.max", "9223372036854775807", AT(memory.limit), INT64_MAX},
                {"MemorySwapMax", "50%", AT(memory.swap_only), 512 * MIB},
                {"memory-swap", "max", AT(memory.swap), -1},
                {"memory.low", "max", AT(memory.low), -1},
                {"memory.oom.group", "yes", AT(memory.oom_group), 1},
                {"MemoryZSwapWriteback", "no", AT(memory.zswap_writeback), 0},
                {"cpu.shares", "512", AT(cpu.shares), 512},
                {"CPUWeight", "10000", AT(cpu.weight), 10000},
                {"CPUWeight", "idle", AT(cpu.idle), 1},
                {"cpu.weight.nice", "-20", AT(cpu.weight_nice), -20},
                {"cpus", "0.5", AT(cpu.quota), 50000},
                {"cpus", "0.5", AT(cpu.period), 100000},
                {"cpus", "0", AT(cpu.quota), -1},
                {"CPUQuota", "250%", AT(cpu.quota), 250000},
                {"CPUQuota", "12.5%", AT(cpu.quota), 12500},
                {"CPUQuota", "", AT(cpu.quota), -1},
                {"CPUQuotaPeriodSec", "25ms", AT(cpu.period), 25000},
                {"CPUQuotaPeriodSec", "1", AT(cpu.period), 1000000},
                {"cpu.max", "max 50000", AT(cpu.quota), -1},
                {"cpu.max", "max 50000", AT(cpu.period), 50000},
                {"cpu.max", "1000", AT(cpu.quota), 1000},
                {"cpu.cfs_quota_us", "0", AT(cpu.quota), 0},
                {"cpu-quota", "0", AT(cpu.quota), -1},
                {"cpu.uclamp.min", "12.5", AT(cpu.uclamp_min), 1250},
                {"cpu.uclamp.max", "max", AT(cpu.uclamp_max), -1},
                {"TasksMax", "50%", AT(pids), 500},
                {"pids-limit", "0", AT(pids), -1},
                {"pids.max", "0", AT(pids), 0},
                {"io.weight", "default 200", AT(block_io.io_weight), 200},
                {"net_cls.classid", "0x100001", AT(class_id), 0x100001},
                {"cgroup.max.depth", "max", AT(max_depth), -1},
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                struct arena arena _cleanup_arena_ = {0};
                struct spec_resources resources = {0};
                const struct spec_i64 *number =
                        (const struct spec_i64 *)(const void *)((const char *)&resources + cases[i].offset);
                struct ward_err err;

                if (parse(&arena, cases[i].name, cases[i].value, &resources, &err) < 0)
                        fail_msg("%s=%s: %s", cases[i].name, cases[i].value, err.message);
                if (!number->given || !number->exact || number->value != cases[i].want)
                        fail_msg("%s=%s: %lld", cases[i].name, cases[i].value, (long long)number->value);
                assert_string_equal(number->origin.field, cases[i].name);
        }
}

/* ---- lists and texts ---- */

static void ok(struct arena *arena, const char *name, const char *value, struct spec_resources *resources)
{
        struct ward_err err;

        if (parse(arena, name, value, resources, &err) < 0)
                fail_msg("%s=%s: %s", name, value, err.message);
}

static void test_disks(void **state)
{
        static const char *const values[] = {"/dev/sda:1M", "/dev/sda 1M", "8:0 1048576", "8:0:1M",
                                             "/dev/disk/by-path/pci-0000:00:1f.2:1M"};
        struct arena arena _cleanup_arena_ = {0};
        struct spec_resources r = {0};
        const struct spec_throttle *throttle = r.block_io.throttles;

        for (size_t i = 0; i < ELEMENTS(values); i++) {
                ok(&arena, "device-read-bps", values[i], &r);
                assert_int_equal(throttle[SPEC_READ_BPS].count, 1);
                assert_int_equal(throttle[SPEC_READ_BPS].devices[0].major, 8);
                assert_int_equal(throttle[SPEC_READ_BPS].devices[0].rate, MIB);
        }
        /* systemd counts thousands. */
        ok(&arena, "IOReadBandwidthMax", "/dev/sda 1M", &r);
        assert_int_equal(throttle[SPEC_READ_BPS].devices[0].rate, 1000000);
        ok(&arena, "io-max", "/dev/sda:rbps=2M,wiops=7", &r);
        ok(&arena, "io.max", "8:16 wbps=max riops=9", &r);
        assert_int_equal(throttle[SPEC_READ_BPS].count, 1);
        assert_int_equal(throttle[SPEC_READ_BPS].devices[0].rate, 2 * MIB);
        assert_int_equal(throttle[SPEC_WRITE_IOPS].devices[0].rate, 7);
        assert_int_equal(throttle[SPEC_WRITE_BPS].devices[0].minor, 16);
        assert_int_equal(throttle[SPEC_WRITE_BPS].devices[0].rate, 0);
        assert_int_equal(throttle[SPEC_READ_IOPS].devices[0].rate, 9);
        ok(&arena, "blkio-weight-device", "/dev/sda:500", &r);
        assert_int_equal(r.block_io.weight_devices[0].weight.value, 500);
        ok(&arena, "io.weight", "8:0 300", &r);
        ok(&arena, "IODeviceWeight", "/dev/sda 400", &r);
        ok(&arena, "io.latency", "8:0 target=75000", &r);
        ok(&arena, "IODeviceLatencyTargetSec", "8:16 25ms", &r);
        ok(&arena, "io.cost.qos", "8:0 enable=1 ctrl=auto", &r);
        assert_int_equal(r.extra_count, 4);
        assert_int_equal(r.extras[0].value, 400);
        assert_int_equal(r.extras[1].value, 75000);
        assert_int_equal(r.extras[2].value, 25000);
        assert_string_equal(r.extras[3].text, "enable=1 ctrl=auto");
}

static void test_keys(void **state)
{
        struct arena arena _cleanup_arena_ = {0};
        struct spec_resources r = {0};

        ok(&arena, "AllowedCPUs", "0-3 7", &r);
        assert_string_equal(r.cpu.cpus, "0-3,7");
        ok(&arena, "cpuset.cpus.partition", "isolated", &r);
        assert_string_equal(r.cpu.partition, "isolated");
        ok(&arena, "cgroup.type", "threaded", &r);
        ok(&arena, "hugetlb.2MB.max", "64M", &r);
        ok(&arena, "hugetlb.1GB.limit_in_bytes", "max", &r);
        ok(&arena, "hugetlb", "2MB:32M", &r);
        assert_int_equal(r.hugepage_limit_count, 2);
        assert_string_equal(r.hugepage_limits[0].page_size, "2MB");
        assert_int_equal(r.hugepage_limits[0].limit, 32 * MIB);
        assert_int_equal(r.hugepage_limits[1].limit, INT64_MAX);
        ok(&arena, "rdma.max", "mlx5_0 hca_handle=2 hca_object=max", &r);
        assert_int_equal(r.rdma[0].handles.value, 2);
        assert_int_equal(r.rdma[0].objects.value, INT32_MAX);
        ok(&arena, "net_prio.ifpriomap", "eth0 5", &r);
        assert_string_equal(r.priorities[0].interface, "eth0");
        ok(&arena, "misc.max", "sev 10", &r);
        ok(&arena, "dmem.max", "drm/0000:03:00.0/vram0 1G", &r);
        assert_string_equal(r.extras[1].key, "drm/0000:03:00.0/vram0");
        assert_int_equal(r.extras[1].value, GIB);
        ok(&arena, "devices.deny", "c 1:3 w", &r);
        ok(&arena, "DeviceAllow", "/dev/null rw", &r);
        ok(&arena, "device", "b 8:*", &r);
        ok(&arena, "devices.allow", "a", &r);
        assert_int_equal(r.device_rule_count, 4);
        assert_true(!r.device_rules[0].allow && r.device_rules[0].write && !r.device_rules[0].read);
        assert_true(r.device_rules[1].allow && r.device_rules[1].major == 1 && !r.device_rules[1].mknod);
        assert_true(r.device_rules[2].type == SPEC_DEVICE_BLOCK && r.device_rules[2].minor == -1);
        assert_true(r.device_rules[3].type == SPEC_DEVICE_ALL && r.device_rules[3].mknod);
}

/* A quota that is a part of a processor goes with its period, whichever comes first. */
static void test_quota(void **state)
{
        struct arena arena _cleanup_arena_ = {0};
        struct spec_resources r = {0}, s = {0};

        ok(&arena, "CPUQuota", "20%", &r);
        ok(&arena, "CPUQuotaPeriodSec", "50ms", &r);
        ok(&arena, "CPUQuotaPeriodSec", "50ms", &s);
        ok(&arena, "CPUQuota", "20%", &s);
        assert_int_equal(r.cpu.quota.value, 10000);
        assert_int_equal(s.cpu.quota.value, 10000);
        assert_int_equal(r.cpu.period.value, 50000);
}

static void test_refused(void **state)
{
        static const struct {
                const char *name, *value, *message, *hint;
        } cases[] = {
                {"memry.max", "1", "is no limit", "did you mean 'memory.max'?"},
                {"MemoryMx", "1", "is no limit", "did you mean 'MemoryMax'?"},
                {"qqqqqq", "1", "is no limit", "CGROUPS.md"},
                {"Nice", "5", "is no limit", "--nice"},
                {"LimitNOFILE", "5", "is no limit", "--ulimit"},
                {"IOSchedulingClass", "idle", "is no limit", "--ioprio"},
                {"MemoryAccounting", "yes", "is no limit", "leave it out"},
                {"StartupCPUWeight", "5", "is no limit", "at all times"},
                {"DevicePolicy", "closed", "is no limit", "devices.deny=a"},
                {"memory.max", "12Q", "'12Q': it is no number of bytes", "512M"},
                {"memory.max", "", "no number of bytes", "512M"},
                {"memory.max", "-5", "no number of bytes", "512M"},
                {"memory.max", "101%", "no number of bytes", "512M"},
                {"memory.max", "9999999999G", "no number of bytes", "512M"},
                {"memory.swappiness", "101", "no such number", "from 0 to 100"},
                {"cpu.shares", "1", "no such number", "from 2 to 262144"},
                {"cpu.weight", "10001", "no such number", "from 1 to 10000"},
                {"cpu-weight", "idle", "no such number", "from 1 to 10000"},
                {"cpu.idle", "2", "neither yes nor no", "1 or 0"},
                {"cpus", "0.001", "no number of processors", "0.01"},
                {"CPUQuota", "50", "no percentage", "50%"},
                {"CPUQuotaPeriodSec", "2s", "no such time", "1ms to 1s"},
                {"cpu.max", "50000 x", "no period", "50000 100000"},
                {"cpu.uclamp.max", "100.5", "no percentage", "0 to 100"},
                {"cpuset.cpus", "0-3;7", "no list", "0-2,7"},
                {"cpuset.cpus", "", "no list", "0-2,7"},
                {"cpuset.cpus.partition", "exclusive", "no such kind", "isolated"},
                {"cgroup.type", "domain", "threaded, and nothing else", "make it anew"},
                {"TasksMax", "0", "systemd has no such limit", "infinity"},
                {"pids.max", "x", "no number", "max"},
                {"device-read-bps", "/dev/sda", "not a disk with a value", "10M"},
                {"device-read-bps", "/dev/null:1", "that is no disk", "lsblk"},
                {"device-read-bps", "/dev/zzz:1", "find the device", ""},
                {"io.max", "8:0 qbps=1", "no rate", "rbps"},
                {"blkio-weight-device", "8:0:5", "no weight", "10 to 1000"},
                {"io.latency", "8:0 target=x", "no time", "25ms"},
                {"hugetlb", "64M", "not a size", "2MB"},
                {"rdma.max", "mlx5_0", "not a device", "hca_handle"},
                {"misc.max", "sev", "not a name", "sev 10"},
                {"devices.deny", "d 1:3 w", "no rule", "c 1:3 rwm"},
                {"devices.deny", "c 1:3 x", "no rule", "c 1:3 rwm"},
                {"devices.deny", "c 5000:3 w", "no rule", "c 1:3 rwm"},
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                struct arena arena _cleanup_arena_ = {0};
                struct spec_resources resources = {0};
                struct ward_err err;

                if (parse(&arena, cases[i].name, cases[i].value, &resources, &err) >= 0)
                        fail_msg("%s=%s was taken", cases[i].name, cases[i].value);
                if (strstr(err.message, cases[i].message) == NULL || strstr(err.hint, cases[i].hint) == NULL)
                        fail_msg("%s=%s: %s (%s)", cases[i].name, cases[i].value, err.message, err.hint);
        }
}

/* A quota keeps its part of a period that is changed, unless that is no number any more. */
static void test_period(void **state)
{
        struct arena arena _cleanup_arena_ = {0};
        struct spec_resources r = {0};
        struct ward_err err;

        ok(&arena, "cpu-period", "1000", &r);
        ok(&arena, "cpu-quota", "5000", &r);
        ok(&arena, "CPUQuotaPeriodSec", "2ms", &r);
        assert_int_equal(r.cpu.quota.value, 10000);
        ok(&arena, "cpu-quota", "9000000000000000000", &r);
        assert_int_equal(parse(&arena, "CPUQuotaPeriodSec", "1s", &r, &err), -EINVAL);
        assert_non_null(strstr(err.message, "more than any machine has"));
        assert_int_equal(r.cpu.quota.value, 9000000000000000000);
}

/* Every word that has a member becomes a limit of just the knobs that it is said to be. */
static void test_collected(void **state)
{
        struct arena arena _cleanup_arena_ = {0};

        for (size_t i = 0; i < limit_word_count; i++) {
                const struct limit_word *word = &limit_words[i];
                enum cgroup_knob knobs[LIMITS_KNOBS_MAX];
                size_t count = limits_knobs(word, knobs);

                if (word->kind == LIMIT_RULE)
                        assert_int_equal(count, 0);
                else if (count == 0)
                        fail_msg("%s is no limit", word->word);
                assert_ptr_equal(limit_words_find(word->word), word);
        }
        for (enum cgroup_knob knob = 0; knob < CGROUP_KNOB_COUNT; knob++) {
                assert_non_null(cgroup_knobs[knob].field);
                if (cgroup_knobs[knob].of_device && !limits_is_keyed(knob))
                        fail_msg("%s is of a device", cgroup_knobs[knob].field);
        }
}

/* ---- the table of the documentation ---- */

enum { COLUMN_LIMIT, COLUMN_OCI, COLUMN_V1, COLUMN_V2, COLUMN_SYSTEMD, COLUMN_DOCKER, COLUMN_WARD, COLUMNS };

static void add_word(struct text *text, const char *word)
{
        const char *star = strchr(word, '*');

        text_puts(text, text->len == 0 ? "" : ", ");
        if (star == NULL)
                text_puts(text, word);
        else
                text_printf(text, "%.*sSIZE%s", (int)(star - word), word, star + 1);
}

static void add_files(struct text *text, const struct knob_files *files)
{
        if (files->file[0] != '\0' && strcmp(files->file, "*") != 0)
                add_word(text, files->file);
        if (files->too[0] != '\0')
                add_word(text, files->too);
}

static void add_words(struct text *text, enum cgroup_knob knob, enum limit_dialect dialect)
{
        for (size_t i = 0; i < limit_word_count; i++) {
                enum cgroup_knob knobs[LIMITS_KNOBS_MAX];
                size_t count = limits_knobs(&limit_words[i], knobs);

                for (size_t j = 0; j < count && limit_words[i].dialect == dialect; j++)
                        if (knobs[j] == knob)
                                add_word(text, limit_words[i].word);
        }
}

static void make_cell(struct text *text, enum cgroup_knob knob, int column)
{
        static const int dialects[COLUMNS] = {
                [COLUMN_SYSTEMD] = LIMIT_SYSTEMD, [COLUMN_DOCKER] = LIMIT_DOCKER, [COLUMN_WARD] = LIMIT_WARD};

        /* Those up to `unified` are named as the specification has them. */
        if (column == COLUMN_LIMIT || (column == COLUMN_OCI && knob <= CGROUP_UNIFIED))
                text_puts(text, cgroup_knobs[knob].field);
        else if (column == COLUMN_OCI)
                text_puts(text, "-");
        else if (column == COLUMN_V1 || column == COLUMN_V2)
                add_files(text, column == COLUMN_V1 ? &cgroup_knobs[knob].v1 : &cgroup_knobs[knob].v2);
        else
                add_words(text, knob, (enum limit_dialect)dialects[column]);
        if (text->len == 0)
                text_puts(text, "-");
}

static char *trimmed(char *cell)
{
        size_t len;

        cell += strspn(cell, " ");
        for (len = strlen(cell); len > 0 && cell[len - 1] == ' ';)
                cell[--len] = '\0';
        return cell;
}

/* WARD_UPDATE_GOLDEN=1 prints the rows as they should be. */
static void print_row(enum cgroup_knob knob)
{
        for (int column = 0; column < COLUMNS; column++) {
                _cleanup_text_ struct text cell = {0};

                make_cell(&cell, knob, column);
                printf("| %s ", cell.data);
        }
        printf("| |\n");
}

static void test_documentation(void **state)
{
        _cleanup_free_ char *text = NULL;
        struct ward_err err = {0};
        enum cgroup_knob knob = 0;
        char *rest;

        for (enum cgroup_knob each = 0; getenv("WARD_UPDATE_GOLDEN") != NULL && each < CGROUP_KNOB_COUNT; each++)
                print_row(each);
        if (fd_read_file(AT_FDCWD, DOCS "/CGROUPS.md", 1 << 20, &text, NULL, &err) < 0)
                fail_msg("%s", err.message);
        rest = strstr(text, "| limit | OCI field |");
        assert_non_null(rest);
        (void)text_next(&rest, '\n');
        (void)text_next(&rest, '\n');
        for (char *line; knob < CGROUP_KNOB_COUNT && (line = text_next(&rest, '\n')) != NULL && *line == '|'; knob++) {
                (void)text_next(&line, '|');
                for (int column = 0; column < COLUMNS; column++) {
                        _cleanup_text_ struct text want = {0};
                        char *cell = line == NULL ? NULL : text_next(&line, '|');

                        assert_non_null(cell);
                        make_cell(&want, knob, column);
                        if (strcmp(trimmed(cell), want.data) != 0)
                                fail_msg("docs/CGROUPS.md, %s: '%s', and the code has '%s'", cgroup_knobs[knob].field,
                                         trimmed(cell), want.data);
                }
        }
        assert_int_equal(knob, CGROUP_KNOB_COUNT);
}

/* What a config means by no limit of memory is one of swap, too; what a person wrote is one file's. */
static void test_unlimited_memory(void **state)
{
        static const struct {
                struct spec_memory memory;
                int64_t swap;
                bool given, if_there;
        } cases[] = {
                {{.limit = {.given = true, .value = -1}}, -1, true, true},
                {{.limit = {.given = true, .value = -1}, .swap = {.given = true}}, -1, true, true},
                {{.limit = {.given = true, .value = -1}, .swap = {.given = true, .value = MIB}}, MIB, true, false},
                {{.limit = {.given = true, .value = -1}, .swap_only = {.given = true, .value = MIB}}, 0, false, false},
                {{.limit = {.given = true, .value = -1, .exact = true}}, 0, false, false},
                {{.limit = {.given = true, .value = MIB}}, 0, false, false},
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_arena_ struct arena arena = {0};
                const struct spec_resources resources = {.memory = cases[i].memory};
                const struct cgroup_limit *swap;
                struct limits limits;

                assert_int_equal(limits_collect(&limits, &arena, &resources, false, NULL), 0);
                swap = cgroup_limit_find(&(struct set){.limits = limits.limits, .count = limits.count},
                                         CGROUP_MEMORY_SWAP);
                assert_int_equal(swap != NULL, cases[i].given);
                if (swap != NULL) {
                        assert_int_equal(swap->value, cases[i].swap);
                        assert_int_equal(swap->if_there, cases[i].if_there);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_numbers),
                cmocka_unit_test(test_disks),
                cmocka_unit_test(test_keys),
                cmocka_unit_test(test_quota),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_period),
                cmocka_unit_test(test_collected),
                cmocka_unit_test(test_documentation),
                cmocka_unit_test(test_unlimited_memory),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
