/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of linux.resources about devices and networks, and those that name files of the group: blockIO, hugepageLimits, network,
 * rdma, unified. Which of them the machine can keep is found out when they are written (kern/cgroup.h).
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "model/limit-words.h"
#include "model/oci-read.h"

/* ------------------------------------------------------------------------------------------------------------- blockIO */

/* blkio-controller.rst: a weight is 10 to 1000. 0 is what engines write that mean none. */
#define WEIGHT_MIN 10
#define WEIGHT_MAX 1000

static int read_device_weight(struct json *json, void *target)
{
        const char *where = json->at;
        struct spec_i64 *number = target;
        int r = oci_read_bounded(json, number, UINT16_MAX);

        if (r < 0)
                return r;
        if (number->value != 0 && (number->value < WEIGHT_MIN || number->value > WEIGHT_MAX))
                return json_fail(json, where, "a weight is 10 to 1000, or 0 for none of its own");
        return 0;
}

static int read_weight(struct json *json, void *target)
{
        struct spec_i64 *number = target;
        int r = read_device_weight(json, target);

        number->given = r >= 0 && number->value != 0;
        return r;
}

static int read_major(struct json *json, void *target)
{
        return oci_read_bounded(json, target, OCI_MAJOR_MAX);
}

static int read_minor(struct json *json, void *target)
{
        return oci_read_bounded(json, target, OCI_MINOR_MAX);
}

struct device_read {
        struct spec_i64 major, minor, weight, leaf_weight;
        uint64_t rate;
};

static const struct json_field weight_device_fields[] = {
        JSON_FIELD("major", struct device_read, major, read_major, JSON_REQUIRED),
        JSON_FIELD("minor", struct device_read, minor, read_minor, JSON_REQUIRED),
        JSON_FIELD("weight", struct device_read, weight, read_device_weight, 0),
        JSON_FIELD("leafWeight", struct device_read, leaf_weight, read_device_weight, 0),
};

static int read_weight_device(struct json *json, void *target)
{
        const char *where = json->at;
        struct device_read device = {0};
        int r = json_object(json, weight_device_fields, ELEMENTS(weight_device_fields), JSON_SKIP_UNKNOWN, &device);

        if (r < 0)
                return r;
        if (!device.weight.given && !device.leaf_weight.given)
                return json_fail(json, where, "it needs 'weight' or 'leafWeight', or both");
        *(struct spec_weight_device *)target = (struct spec_weight_device){
                .major = (uint32_t)device.major.value,
                .minor = (uint32_t)device.minor.value,
                .weight = device.weight,
                .leaf_weight = device.leaf_weight,
        };
        return 0;
}

static int read_weight_devices(struct json *json, void *target)
{
        struct spec_block_io *io = target;

        return json_list(json, sizeof(*io->weight_devices), read_weight_device, &io->weight_devices,
                         &io->weight_device_count);
}

static int read_u64(struct json *json, void *target)
{
        return json_u64(json, UINT64_MAX, target);
}

static const struct json_field throttle_fields[] = {
        JSON_FIELD("major", struct device_read, major, read_major, JSON_REQUIRED),
        JSON_FIELD("minor", struct device_read, minor, read_minor, JSON_REQUIRED),
        JSON_FIELD("rate", struct device_read, rate, read_u64, JSON_REQUIRED),
};

static int read_throttle_device(struct json *json, void *target)
{
        struct spec_throttle_device *device = target;
        struct device_read read = {0};
        int r = oci_origin(json, &device->origin);

        if (r >= 0)
                r = json_object(json, throttle_fields, ELEMENTS(throttle_fields), JSON_SKIP_UNKNOWN, &read);
        if (r < 0)
                return r;
        device->major = (uint32_t)read.major.value;
        device->minor = (uint32_t)read.minor.value;
        device->rate = read.rate;
        return 0;
}

static int read_throttle(struct json *json, void *target)
{
        struct spec_throttle *throttle = target;

        return json_list(json, sizeof(*throttle->devices), read_throttle_device, &throttle->devices, &throttle->count);
}

static const struct json_field block_io_fields[] = {
        JSON_FIELD("weight", struct spec_block_io, weight, read_weight, 0),
        JSON_FIELD("leafWeight", struct spec_block_io, leaf_weight, read_weight, 0),
        {"weightDevice", read_weight_devices},
        JSON_FIELD("throttleReadBpsDevice", struct spec_block_io, throttles[SPEC_READ_BPS], read_throttle, 0),
        JSON_FIELD("throttleWriteBpsDevice", struct spec_block_io, throttles[SPEC_WRITE_BPS], read_throttle, 0),
        JSON_FIELD("throttleReadIOPSDevice", struct spec_block_io, throttles[SPEC_READ_IOPS], read_throttle, 0),
        JSON_FIELD("throttleWriteIOPSDevice", struct spec_block_io, throttles[SPEC_WRITE_IOPS], read_throttle, 0),
};

int oci_read_block_io(struct json *json, void *target)
{
        return json_object(json, block_io_fields, ELEMENTS(block_io_fields), JSON_SKIP_UNKNOWN, target);
}

/* ------------------------------------------------------------------------------------------------------ hugepageLimits */

/* config-linux.md, "Huge page limits": <size><unit-prefix>B, as in the names of the kernel's files. */
static int read_page_size(struct json *json, void *target)
{
        const char *where = json->at;
        const char *size, *unit;
        int r = json_string(json, &size);

        if (r < 0)
                return r;
        unit = size + strspn(size, "0123456789");
        if (size[0] == '0' || unit == size || unit - size > 6 || strchr("KMG", unit[0]) == NULL ||
            strcmp(unit + 1, "B") != 0) {
                (void)json_fail(json, where, "'%s' is not the size of a huge page", size);
                return err_hint(json->err, "write it as the kernel's files have it: 64KB, 2MB, 1GB");
        }
        *(const char **)target = size;
        return 0;
}

static const struct json_field hugepage_fields[] = {
        JSON_FIELD("pageSize", struct spec_hugepage_limit, page_size, read_page_size, JSON_REQUIRED),
        JSON_FIELD("limit", struct spec_hugepage_limit, limit, read_u64, JSON_REQUIRED),
};

static int read_hugepage_limit(struct json *json, void *target)
{
        struct spec_hugepage_limit *limit = target;
        int r = oci_origin(json, &limit->origin);

        return r < 0 ? r : json_object(json, hugepage_fields, ELEMENTS(hugepage_fields), JSON_SKIP_UNKNOWN, limit);
}

int oci_read_hugepage_limits(struct json *json, void *target)
{
        struct spec_resources *resources = target;

        return json_list(json, sizeof(*resources->hugepage_limits), read_hugepage_limit, &resources->hugepage_limits,
                         &resources->hugepage_limit_count);
}

/* ------------------------------------------------------------------------------------------------------------- network */

/* netdevice(7): at most 15 bytes, without a slash or a space. What goes into a file as a word has no space either way. */
static int read_interface(struct json *json, void *target)
{
        const char *where = json->at;
        const char *name;
        int r = json_string(json, &name);

        if (r < 0)
                return r;
        if (name[0] == '\0' || strlen(name) > 15 || name[strcspn(name, "/ \t\n\v\f\r")] != '\0')
                return json_fail(json, where, "'%s' is not the name of a network interface", name);
        *(const char **)target = name;
        return 0;
}

static const struct json_field priority_fields[] = {
        JSON_FIELD("name", struct spec_priority, interface, read_interface, JSON_REQUIRED),
        JSON_FIELD("priority", struct spec_priority, priority, oci_read_u32, JSON_REQUIRED),
};

static int read_priority(struct json *json, void *target)
{
        struct spec_priority *priority = target;
        int r = oci_origin(json, &priority->origin);

        return r < 0 ? r : json_object(json, priority_fields, ELEMENTS(priority_fields), JSON_SKIP_UNKNOWN, priority);
}

static int read_priorities(struct json *json, void *target)
{
        struct spec_resources *resources = target;

        return json_list(json, sizeof(*resources->priorities), read_priority, &resources->priorities,
                         &resources->priority_count);
}

static int read_class_id(struct json *json, void *target)
{
        return oci_read_bounded(json, target, UINT32_MAX);
}

static const struct json_field network_fields[] = {
        JSON_FIELD("classID", struct spec_resources, class_id, read_class_id, 0),
        {"priorities", read_priorities},
};

int oci_read_network(struct json *json, void *target)
{
        return json_object(json, network_fields, ELEMENTS(network_fields), JSON_SKIP_UNKNOWN, target);
}

/* ---------------------------------------------------------------------------------------------------------------- rdma */

#define RDMA_NAME_MAX 63 /* IB_DEVICE_NAME_MAX with its NUL is 64 */

static int read_amount_u32(struct json *json, void *target)
{
        return oci_read_bounded(json, target, UINT32_MAX);
}

static const struct json_field rdma_fields[] = {
        JSON_FIELD("hcaHandles", struct spec_rdma, handles, read_amount_u32, 0),
        JSON_FIELD("hcaObjects", struct spec_rdma, objects, read_amount_u32, 0),
};

static int read_rdma_device(struct json *json, void *target)
{
        struct spec_rdma *rdma = oci_list_add(json, target, sizeof(*rdma));
        const char *where = json->at;
        int r;

        if (rdma == NULL)
                return -ENOMEM;
        rdma->device = json->path[json->depth - 1].key;
        r = oci_origin(json, &rdma->origin);
        if (r < 0)
                return r;
        if (rdma->device[0] == '\0' || strlen(rdma->device) > RDMA_NAME_MAX ||
            rdma->device[strcspn(rdma->device, "/ \t\n\v\f\r")] != '\0')
                return json_fail(json, where, "'%s' is not the name of an RDMA device", rdma->device);
        r = json_object(json, rdma_fields, ELEMENTS(rdma_fields), JSON_SKIP_UNKNOWN, rdma);
        if (r < 0)
                return r;
        if (!rdma->handles.given && !rdma->objects.given)
                return json_fail(json, where, "it needs 'hcaHandles' or 'hcaObjects', or both");
        return 0;
}

int oci_read_rdma(struct json *json, void *target)
{
        struct spec_resources *resources = target;
        struct oci_list list = {0};
        int r = json_map(json, read_rdma_device, &list);

        if (r < 0)
                return r;
        resources->rdma = (const struct spec_rdma *)(const void *)list.elements;
        resources->rdma_count = list.count;
        return 0;
}

/* ------------------------------------------------------------------------------------------------------------- unified */

/* What the kernel's documentation of cgroup v2 lists as limits, to be suggested. Others are written just the same. */
static const char unified_files[][24] = {
        "cgroup.max.depth",
        "cgroup.max.descendants",
        "cgroup.pressure",
        "cpu.idle",
        "cpu.max",
        "cpu.max.burst",
        "cpu.uclamp.max",
        "cpu.uclamp.min",
        "cpu.weight",
        "cpu.weight.nice",
        "cpuset.cpus",
        "cpuset.cpus.exclusive",
        "cpuset.cpus.partition",
        "cpuset.mems",
        "dmem.low",
        "dmem.max",
        "dmem.min",
        "hugetlb.1GB.max",
        "hugetlb.1GB.rsvd.max",
        "hugetlb.2MB.max",
        "hugetlb.2MB.rsvd.max",
        "io.bfq.weight",
        "io.latency",
        "io.max",
        "io.prio.class",
        "io.weight",
        "memory.high",
        "memory.low",
        "memory.max",
        "memory.min",
        "memory.oom.group",
        "memory.swap.high",
        "memory.swap.max",
        "memory.zswap.max",
        "memory.zswap.writeback",
        "misc.max",
        "pids.max",
        "rdma.max",
};

/* Files that are no settings: who writes them moves or ends processes, or changes which files there are. */
static const struct {
        char file[24], why[48];
} unified_refused[] = {
        {"cgroup.procs", "it moves processes"},
        {"cgroup.threads", "it moves threads"},
        {"cgroup.kill", "it ends processes"},
        {"cgroup.freeze", "it stops processes; 'pause' does"},
        {"cgroup.type", "it changes what the group is"},
        {"cgroup.subtree_control", "it takes the group from its own processes"},
        {"cpu.pressure", "a trigger goes with who wrote it"},
        {"io.pressure", "a trigger goes with who wrote it"},
        {"irq.pressure", "a trigger goes with who wrote it"},
        {"memory.pressure", "a trigger goes with who wrote it"},
        {"memory.reclaim", "it reclaims once"},
};

static int check_unified(struct json *json, const char *where, const char *file)
{
        const char *slash = strrchr(file, '/'), *last = slash == NULL ? file : slash + 1, *dot = strchr(file, '.');
        const char *known[ELEMENTS(unified_files)], *near;

        for (size_t i = 0; i < ELEMENTS(known); i++)
                known[i] = unified_files[i];
        near = text_nearest(last, known, ELEMENTS(known));
        for (size_t i = 0; i < ELEMENTS(unified_refused); i++)
                if (strcmp(file, unified_refused[i].file) == 0)
                        return json_fail(json, where, "'%s' is not a setting: %s", file, unified_refused[i].why);
        if (slash != NULL)
                (void)json_fail(json, where, "'%s' is a path, not a file of the container's group", file);
        else if (dot == NULL || dot == file || dot[1] == '\0' || file[strcspn(file, " \t\n\v\f\r")] != '\0')
                (void)json_fail(json, where, "'%s' is not the name of a controller's file", file);
        else
                return 0;
        return near != NULL ? err_hint(json->err, "did you mean '%s'?", near)
                            : err_hint(json->err, "a key is CONTROLLER.SETTING, like memory.high");
}

static int read_unified_file(struct json *json, void *target)
{
        struct spec_unified *unified = oci_list_add(json, target, sizeof(*unified));
        const char *where = json->at;
        int r;

        if (unified == NULL)
                return -ENOMEM;
        unified->file = json->path[json->depth - 1].key;
        r = oci_origin(json, &unified->origin);
        if (r >= 0)
                r = json_string(json, &unified->value);
        if (r >= 0)
                r = check_unified(json, where, unified->file);
        if (r >= 0 && unified->value[strspn(unified->value, " \n")] == '\0')
                r = json_fail(json, where, "the value is empty");
        return r;
}

int oci_read_unified(struct json *json, void *target)
{
        struct spec_resources *resources = target;
        struct oci_list list = {0};
        int r = json_map(json, read_unified_file, &list);

        if (r < 0)
                return r;
        resources->unified = (const struct spec_unified *)(const void *)list.elements;
        resources->unified_count = list.count;
        return 0;
}

/* --------------------------------------------------------------------------------------------------------------- ward */

#define BEYOND_MAX 200 /* each word copies the list of those of its kind */

struct beyond {
        struct spec_resources *resources;
        size_t count;
};

/* "memory.high=1048576" */
static int read_beyond_word(struct json *json, void *target)
{
        static const struct limit_machine nowhere = {.device = NULL};
        const char *where = json->at;
        struct beyond *beyond = target;
        struct ward_err why = {0};
        const char *word, *name;
        int r = json_string(json, &word);

        if (r < 0)
                return r;
        name = arena_strndup(json->arena, word, strcspn(word, "="));
        if (name == NULL)
                return err_oom(json->err);
        if (++beyond->count > BEYOND_MAX)
                return json_fail(json, where, "these are more than %d words", BEYOND_MAX);
        if (strchr(word, '=') == NULL || !limit_words_beyond(name))
                return json_fail(json, where, "'%s' is no limit that is written here, like \"memory.high=512M\"", word);
        r = limit_words_parse(json->arena, &nowhere, name, word + strlen(name) + 1, "linux.resources.ward",
                              beyond->resources, &why);
        return r == -ENOMEM ? err_oom(json->err) : r < 0 ? json_fail(json, where, "%s", why.message) : 0;
}

int oci_read_beyond(struct json *json, void *target)
{
        struct beyond beyond = {.resources = target};

        return json_array(json, read_beyond_word, &beyond);
}
