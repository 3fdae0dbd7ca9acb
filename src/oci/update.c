/* SPDX-License-Identifier: Apache-2.0 */
/* ward-oci update: new limits for a container, from a file in the form of linux.resources or from options. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "model/oci.h"
#include "oci/oci.h"

struct update {
        const char *file;
        const char *l3_schema, *bandwidth_schema;
        struct spec_resources resources;
};

static int read_number(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        struct spec_i64 *number = target;

        number->given = true;
        return option_read_i64(&number->value, value, arena, err);
}

/* As in a config, where -1 is none of these. */
static int read_amount(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        struct spec_i64 *number = target;
        int r = read_number(target, value, arena, err);

        if (r >= 0 && number->value < 0) {
                (void)err_set(err, -EINVAL, "'%s' is below 0", value);
                (void)err_mistake(err, MISTAKE_NUMBER);
                return err_hint(err, "write digits alone");
        }
        return r;
}

static int read_bytes(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        struct spec_i64 *number = target;

        number->given = true;
        if (strcmp(value, "-1") == 0) {
                number->value = -1;
                return 0;
        }
        return option_read_bytes(&number->value, value, arena, err);
}

static int read_weight(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        struct spec_i64 *number = target;
        int r = read_number(target, value, arena, err);

        if (r >= 0 && (number->value < 10 || number->value > 1000))
                return err_set(err, -EINVAL, "'%s' is not a weight, which is 10 to 1000", value);
        return r;
}

/* A line of resctrl's schemata that begins as it has to: with "L3:", or with "MB:". */
static int read_schema(void *target, const char *value, const char *begin, const char *example, struct ward_err *err)
{
        if (strncmp(value, begin, strlen(begin)) != 0 || strchr(value, '\n') != NULL) {
                (void)err_set(err, -EINVAL, "'%s' is not one line that begins with %s", value, begin);
                return err_hint(err, "write it as in %s", example);
        }
        *(const char **)target = value;
        return 0;
}

static int read_l3(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        return read_schema(target, value, "L3:", "L3:0=7f0;1=1f", err);
}

static int read_bandwidth(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        return read_schema(target, value, "MB:", "MB:0=20;1=70", err);
}

#define LIMIT(option, value, reader, text, member)                                                               \
        {                                                                                                        \
                .name = option, .arg = value, .help = text, OPTION_CALL(struct update, resources.member, reader) \
        }

static const struct option_entry entries[] = {
        {.name = "resources",
         .letter = 'r',
         .arg = "FILE",
         .help = "linux.resources as JSON; - is standard input",
         OPTION_TEXT(struct update, file)},
        LIMIT("memory", "BYTES", read_bytes, "memory (units: b k m g t)", memory.limit),
        LIMIT("memory-reservation", "BYTES", read_bytes, "soft limit of memory", memory.reservation),
        LIMIT("memory-swap", "BYTES", read_bytes, "memory plus swap; -1: unlimited", memory.swap),
        LIMIT("cpu-period", "USEC", read_amount, "length of a period", cpu.period),
        LIMIT("cpu-quota", "USEC", read_number, "time in a period; -1: unlimited", cpu.quota),
        LIMIT("cpu-share", "N", read_amount, "relative weight", cpu.shares),
        LIMIT("cpu-burst", "USEC", read_amount, "unused time that may be saved up", cpu.burst),
        LIMIT("cpu-idle", "0|1", read_number, "1: run only when nobody else does", cpu.idle),
        LIMIT("cpu-rt-period", "USEC", read_amount, "length of a realtime period", cpu.rt_period),
        LIMIT("cpu-rt-runtime", "USEC", read_number, "realtime in a period", cpu.rt_runtime),
        {.name = "cpuset-cpus", .arg = "LIST", .help = "CPUs: 0-2,5", OPTION_TEXT(struct update, resources.cpu.cpus)},
        {.name = "cpuset-mems", .arg = "LIST", .help = "memory nodes", OPTION_TEXT(struct update, resources.cpu.mems)},
        LIMIT("pids-limit", "N", read_number, "most processes; -1: unlimited", pids),
        LIMIT("blkio-weight", "N", read_weight, "share of the disks: 10 to 1000", block_io.weight),
        {.name = "kernel-memory",
         .arg = "BYTES",
         .help = "memory of the kernel (obsolete)",
         .rare = true,
         OPTION_CALL(struct update, resources.memory.kernel, read_bytes)},
        {.name = "kernel-memory-tcp",
         .arg = "BYTES",
         .help = "memory of TCP (obsolete)",
         .rare = true,
         OPTION_CALL(struct update, resources.memory.kernel_tcp, read_bytes)},
        {.name = "l3-cache-schema",
         .arg = "SCHEMA",
         .help = "part of the L3 cache: L3:0=7f0",
         OPTION_CALL(struct update, l3_schema, read_l3)},
        {.name = "mem-bw-schema",
         .arg = "SCHEMA",
         .help = "memory bandwidth: MB:0=20",
         OPTION_CALL(struct update, bandwidth_schema, read_bandwidth)},
};

static int read_resources(const char *file, struct arena *arena, struct spec_resources *ret_resources,
                          struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        const char *name;
        size_t len;
        int r = oci_read_input(file, &name, &text, &len, err);

        return r < 0 ? r : oci_parse_resources(text, len, name, arena, ret_resources, err);
}

/* Says of each limit which option it came from. Returns how many there are, or -ENOMEM. */
static int name_origins(struct update *update, struct arena *arena)
{
        struct spec_cpu *cpu = &update->resources.cpu;
        int given = (cpu->cpus != NULL) + (cpu->mems != NULL);

        cpu->cpus_origin = (struct spec_origin){.field = "--cpuset-cpus", .index = -1};
        cpu->mems_origin = (struct spec_origin){.field = "--cpuset-mems", .index = -1};
        for (size_t i = 0; i < ELEMENTS(entries); i++) {
                struct spec_i64 *limit = (struct spec_i64 *)((char *)update + entries[i].offset);

                if (entries[i].kind != OPTION_KIND_CALL || entries[i].offset < offsetof(struct update, resources) ||
                    !limit->given)
                        continue;
                limit->origin.field = arena_concat(arena, "--", entries[i].name);
                limit->origin.index = -1;
                if (limit->origin.field == NULL)
                        return -ENOMEM;
                given++;
        }
        return given;
}

static int update(struct oci *oci, const void *options, int count, char **operands, struct ward_err *err)
{
        struct update o = *(const struct update *)options;
        const char *schema[3] = {NULL};
        size_t schema_count = 0;
        int r, given = name_origins(&o, &oci->arena);

        if (given < 0)
                return err_oom(err);
        if (o.l3_schema != NULL)
                schema[schema_count++] = o.l3_schema;
        if (o.bandwidth_schema != NULL)
                schema[schema_count++] = o.bandwidth_schema;
        if ((o.file != NULL) == (given > 0) && !(o.file == NULL && schema_count > 0)) {
                (void)err_set(err, -EINVAL,
                              o.file == NULL ? "update: no limit is given"
                                             : "update: --resources and another limit are both given");
                (void)err_hint(err, "give --resources FILE, or options such as --memory 256m --pids-limit 100");
                return -EINVAL;
        }
        if (o.file != NULL) {
                r = read_resources(o.file, &oci->arena, &o.resources, err);
                if (r < 0)
                        return r;
        }
        if (schema_count > 0) {
                r = engine_update_rdt(&oci->store, operands[0], schema, err);
                if (r < 0)
                        return r;
        }
        return o.file == NULL && given == 0 ? 0 : engine_update(&oci->store, operands[0], &o.resources, err);
}

const struct oci_verb oci_update = {
        .name = "update",
        .command =
                {
                        .name = "ward-oci update",
                        .operands = "[OPTIONS] ID",
                        .summary = "Change the limits of a container; what is not named stays as it is.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .operands_min = 1,
                        .operands_max = 1,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct update),
        .needs_store = true,
        .run = update,
};
