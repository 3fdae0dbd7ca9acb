/* SPDX-License-Identifier: Apache-2.0 */
/* linux.resources of config.json, which `update` reads alone too, and the devices. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "model/oci-read.h"

/* ------------------------------------------------------------------------------------------------------ memory and cpu */

static int read_swappiness(struct json *json, void *target)
{
        return oci_read_bounded(json, target, SPEC_SWAPPINESS_MAX);
}

static int read_truth(struct json *json, void *target)
{
        struct spec_i64 *number = target;
        bool value;
        int r = oci_origin(json, &number->origin);

        if (r >= 0)
                r = json_bool(json, &value);
        if (r < 0)
                return r;
        number->given = true;
        number->value = value;
        return 0;
}

static const struct json_field memory_fields[] = {
        JSON_FIELD("limit", struct spec_memory, limit, oci_read_i64, 0),
        JSON_FIELD("reservation", struct spec_memory, reservation, oci_read_i64, 0),
        JSON_FIELD("swap", struct spec_memory, swap, oci_read_i64, 0),
        JSON_FIELD("swappiness", struct spec_memory, swappiness, read_swappiness, 0),
        JSON_FIELD("disableOOMKiller", struct spec_memory, disable_oom_killer, read_truth, 0),
        JSON_FIELD("checkBeforeUpdate", struct spec_memory, check_before_update, oci_read_bool, 0),
        JSON_FIELD("kernel", struct spec_memory, kernel, oci_read_i64, 0),
        JSON_FIELD("kernelTCP", struct spec_memory, kernel_tcp, oci_read_i64, 0),
        JSON_FIELD("useHierarchy", struct spec_memory, use_hierarchy, read_truth, 0),
};

static int read_memory(struct json *json, void *target)
{
        struct spec_memory *memory = target;
        int r;

        r = json_object(json, memory_fields, ELEMENTS(memory_fields), JSON_SKIP_UNKNOWN, memory);
        if (r < 0)
                return r;
        if (memory->swap.given && memory->swap.value > 0 && memory->limit.given &&
            memory->limit.value > memory->swap.value) {
                (void)json_fail_at(json, (struct json_position){memory->swap.origin.line, memory->swap.origin.column},
                                   "swap (%lld) is below limit (%lld)", (long long)memory->swap.value,
                                   (long long)memory->limit.value);
                return err_hint(json->err, "swap is the sum of memory and swap space");
        }
        return 0;
}

static int read_cpu_list(struct json *json, const char **ret_list, struct spec_origin *ret_origin)
{
        const char *where = json->at;
        const char *list;
        int r;

        r = oci_origin(json, ret_origin);
        if (r >= 0)
                r = json_string(json, &list);
        if (r < 0)
                return r;
        if (list[strspn(list, "0123456789,-:/ ")] != '\0')
                return json_fail(json, where, "'%s' is not a list as in cpuset(7), like \"0-3,8\"", list);
        *ret_list = list[0] != '\0' ? list : NULL;
        return 0;
}

static int read_cpus(struct json *json, void *target)
{
        struct spec_cpu *cpu = target;

        return read_cpu_list(json, &cpu->cpus, &cpu->cpus_origin);
}

static int read_mems(struct json *json, void *target)
{
        struct spec_cpu *cpu = target;

        return read_cpu_list(json, &cpu->mems, &cpu->mems_origin);
}

static int read_idle(struct json *json, void *target)
{
        return oci_read_bounded(json, target, 1);
}

static const struct json_field cpu_fields[] = {
        JSON_FIELD("shares", struct spec_cpu, shares, oci_read_amount, 0),
        JSON_FIELD("quota", struct spec_cpu, quota, oci_read_i64, 0),
        JSON_FIELD("burst", struct spec_cpu, burst, oci_read_amount, 0),
        JSON_FIELD("period", struct spec_cpu, period, oci_read_amount, 0),
        JSON_FIELD("realtimeRuntime", struct spec_cpu, rt_runtime, oci_read_i64, 0),
        JSON_FIELD("realtimePeriod", struct spec_cpu, rt_period, oci_read_amount, 0),
        JSON_FIELD("idle", struct spec_cpu, idle, read_idle, 0),
        {"cpus", read_cpus},
        {"mems", read_mems},
};

static int read_cpu(struct json *json, void *target)
{
        return json_object(json, cpu_fields, ELEMENTS(cpu_fields), JSON_SKIP_UNKNOWN, target);
}

static const struct json_field pids_fields[] = {
        {"limit", oci_read_i64},
};

static int read_pids(struct json *json, void *target)
{
        return json_object(json, pids_fields, ELEMENTS(pids_fields), JSON_SKIP_UNKNOWN, target);
}

/* -------------------------------------------------------------------------------------------------------- device rules */

static int read_type(struct json *json, void *target)
{
        static const char *const words[] = {"c", "b", "p", "u", "a"};
        static const enum spec_device_type types[] = {SPEC_DEVICE_CHAR, SPEC_DEVICE_BLOCK, SPEC_DEVICE_FIFO,
                                                      SPEC_DEVICE_CHAR, SPEC_DEVICE_ALL};
        int index = oci_word(json, "device type", words, ELEMENTS(words));

        if (index < 0)
                return index;
        *(enum spec_device_type *)target = types[index];
        return 0;
}

static int read_access(struct json *json, void *target)
{
        struct spec_device_rule *rule = target;
        const char *where = json->at;
        const char *access;
        int r;

        r = json_string(json, &access);
        if (r < 0)
                return r;
        /* Other letters name nothing that could be allowed or denied; other runtimes pass over them. */
        if (strpbrk(access, "rwm") == NULL)
                return json_fail(json, where, "'%s' has none of the letters r, w and m", access);
        rule->read = strchr(access, 'r') != NULL;
        rule->write = strchr(access, 'w') != NULL;
        rule->mknod = strchr(access, 'm') != NULL;
        return 0;
}

static int read_rule_major(struct json *json, void *target)
{
        return json_i64(json, -1, OCI_MAJOR_MAX, target);
}

static int read_rule_minor(struct json *json, void *target)
{
        return json_i64(json, -1, OCI_MINOR_MAX, target);
}

static const struct json_field rule_fields[] = {
        JSON_FIELD("allow", struct spec_device_rule, allow, oci_read_bool, JSON_REQUIRED),
        JSON_FIELD("type", struct spec_device_rule, type, read_type, 0),
        JSON_FIELD("major", struct spec_device_rule, major, read_rule_major, 0),
        JSON_FIELD("minor", struct spec_device_rule, minor, read_rule_minor, 0),
        {"access", read_access},
};

static int read_device_rule(struct json *json, void *target)
{
        struct spec_device_rule *rule = target;
        const char *where = json->at;
        int r;

        *rule = (struct spec_device_rule){
                .type = SPEC_DEVICE_ALL, .major = -1, .minor = -1, .read = true, .write = true, .mknod = true};
        r = oci_origin(json, &rule->origin);
        if (r >= 0)
                r = json_object(json, rule_fields, ELEMENTS(rule_fields), JSON_SKIP_UNKNOWN, rule);
        if (r < 0)
                return r;
        if (rule->type == SPEC_DEVICE_FIFO)
                return json_fail(json, where, "a rule is about devices of type c, b or a");
        if (rule->type == SPEC_DEVICE_ALL && (rule->major >= 0 || rule->minor >= 0))
                return json_fail(json, where, "with numbers the rule needs the type c or b");
        return 0;
}

static int read_device_rules(struct json *json, void *target)
{
        struct spec_resources *resources = target;

        return json_list(json, sizeof(*resources->device_rules), read_device_rule, &resources->device_rules,
                         &resources->device_rule_count);
}

static const struct json_field resources_fields[] = {
        {"devices", read_device_rules},
        JSON_FIELD("memory", struct spec_resources, memory, read_memory, 0),
        JSON_FIELD("cpu", struct spec_resources, cpu, read_cpu, 0),
        JSON_FIELD("pids", struct spec_resources, pids, read_pids, 0),
        JSON_FIELD("blockIO", struct spec_resources, block_io, oci_read_block_io, 0),
        {"hugepageLimits", oci_read_hugepage_limits},
        {"network", oci_read_network},
        {"rdma", oci_read_rdma},
        {"unified", oci_read_unified},
        {"ward", oci_read_beyond}, /* limits that the specification has no field for (limit-print.c) */
};

int oci_read_resources(struct json *json, void *target)
{
        return json_object(json, resources_fields, ELEMENTS(resources_fields), JSON_SKIP_UNKNOWN, target);
}

/* ------------------------------------------------------------------------------------------------------- device nodes */

struct node {
        struct spec_device device;
        struct spec_i64 major, minor;
};

static int read_number(struct json *json, int64_t max, struct spec_i64 *number)
{
        number->given = true;
        return json_i64(json, 0, max, &number->value);
}

static int read_major(struct json *json, void *target)
{
        return read_number(json, OCI_MAJOR_MAX, target);
}

static int read_minor(struct json *json, void *target)
{
        return read_number(json, OCI_MINOR_MAX, target);
}

/* The bits of the file type may stand there as stat(2) gives them; the type is said by `type`. */
static int read_mode(struct json *json, void *target)
{
        uint64_t mode;
        int r;

        r = json_u64(json, S_IFMT | 07777, &mode);
        if (r < 0)
                return r;
        *(uint32_t *)target = (uint32_t)mode & 07777;
        return 0;
}

static const struct json_field device_fields[] = {
        JSON_FIELD("type", struct node, device.type, read_type, JSON_REQUIRED),
        JSON_FIELD("path", struct node, device.path, oci_read_absolute, JSON_REQUIRED),
        JSON_FIELD("major", struct node, major, read_major, 0),
        JSON_FIELD("minor", struct node, minor, read_minor, 0),
        JSON_FIELD("fileMode", struct node, device.mode, read_mode, 0),
        JSON_FIELD("uid", struct node, device.uid, oci_read_id, 0),
        JSON_FIELD("gid", struct node, device.gid, oci_read_id, 0),
};

static int read_device(struct json *json, void *target)
{
        const char *where = json->at;
        struct node node = {.device.mode = 0666};
        int r;

        r = oci_origin(json, &node.device.origin);
        if (r >= 0)
                r = json_object(json, device_fields, ELEMENTS(device_fields), JSON_SKIP_UNKNOWN, &node);
        if (r < 0)
                return r;
        if (node.device.type == SPEC_DEVICE_ALL)
                return json_fail(json, where, "the type of a device is c, b, u or p");
        if (node.device.type != SPEC_DEVICE_FIFO && !(node.major.given && node.minor.given))
                return json_fail(json, where, "a device of this type needs 'major' and 'minor'");
        node.device.major = (uint32_t)node.major.value;
        node.device.minor = (uint32_t)node.minor.value;
        *(struct spec_device *)target = node.device;
        return 0;
}

int oci_read_devices(struct json *json, void *target)
{
        struct ward_spec *spec = target;

        return json_list(json, sizeof(*spec->devices), read_device, &spec->devices, &spec->device_count);
}
