/* SPDX-License-Identifier: Apache-2.0 */
/* What a container of config.json takes from the machine beside its groups: linux.netDevices and linux.intelRdt. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "model/oci-read.h"

/* ------------------------------------------------------------------------------------------------------ network devices */

/* What the kernel takes as the name of a device (net/core/dev.c, dev_valid_name()). */
static bool is_name(const char *name)
{
        size_t len = strlen(name);

        if (len == 0 || len > SPEC_NET_NAME_MAX || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
                return false;
        for (size_t i = 0; i < len; i++)
                if (name[i] == '/' || name[i] == ':' || isspace((unsigned char)name[i]))
                        return false;
        return true;
}

/* A '%' is of the "%d" at the end alone, for which the first free number is taken. */
static bool is_pattern(const char *name)
{
        const char *percent = strchr(name, '%');

        return percent == NULL || strcmp(percent, "%d") == 0;
}

static int read_new_name(struct json *json, void *target)
{
        const char *where = json->at;
        const char *name;
        int r;

        r = json_string(json, &name);
        if (r < 0 || name[0] == '\0')
                return r;
        if (!is_name(name) || !is_pattern(name)) {
                (void)json_fail(json, where, "'%s' is no name for a network device", name);
                return err_hint(json->err,
                                "1 to %d bytes without '/', ':' and blanks; \"%%d\" at its end is a free number",
                                SPEC_NET_NAME_MAX);
        }
        *(const char **)target = name;
        return 0;
}

static const struct json_field device_fields[] = {
        JSON_FIELD("name", struct spec_net_device, new_name, read_new_name, 0),
};

static int read_net_device(struct json *json, void *target)
{
        const char *where = json->at;
        struct oci_list *list = target;
        struct spec_net_device *device = oci_list_add(json, list, sizeof(*device));
        int r;

        if (device == NULL)
                return -ENOMEM;
        device->name = device->new_name = json->path[json->depth - 1].key;
        r = oci_origin(json, &device->origin);
        if (r < 0)
                return r;
        if (!is_name(device->name) || strchr(device->name, '%') != NULL)
                return json_fail(json, where, "'%s' is no name of a network device", device->name);
        r = json_object(json, device_fields, ELEMENTS(device_fields), JSON_SKIP_UNKNOWN, device);
        if (r < 0)
                return r;
        for (size_t i = 0; i + 1 < list->count; i++) {
                const struct spec_net_device *other = (const struct spec_net_device *)(const void *)list->elements + i;

                if (strchr(device->new_name, '%') == NULL && strcmp(other->new_name, device->new_name) == 0)
                        return json_fail(json, where, "two devices would have the name '%s' in the container",
                                         device->new_name);
        }
        return 0;
}

int oci_read_net_devices(struct json *json, void *target)
{
        struct ward_spec *spec = target;
        struct oci_list list = {0};
        int r;

        r = json_map(json, read_net_device, &list);
        if (r < 0)
                return r;
        spec->net_devices = (const struct spec_net_device *)(const void *)list.elements;
        spec->net_device_count = list.count;
        return 0;
}

/* ------------------------------------------------------------------------------------------------------------- intelRdt */

/* A directory of resctrl: a component of a path, and none that the kernel has there. */
static int read_clos_id(struct json *json, void *target)
{
        static const char *const taken[] = {".", "..", "info", "mon_groups", "mon_data"};
        const char *where = json->at;
        const char *name;
        bool good;
        int r;

        r = json_string(json, &name);
        if (r < 0 || name[0] == '\0')
                return r;
        good = strcmp(name, "/") == 0 || (strpbrk(name, "/\n") == NULL && strlen(name) <= NAME_MAX);
        for (size_t i = 0; i < ELEMENTS(taken); i++)
                good &= strcmp(name, taken[i]) != 0;
        if (!good) {
                (void)json_fail(json, where, "'%s' is no name of a resctrl group", name);
                return err_hint(json->err, "a name without '/', or \"/\" for the group that everything is in at first");
        }
        *(const char **)target = name;
        return 0;
}

/* A line of a schemata file, "L3:0=ff;1=f", of @resource or, where that is NULL, of any. */
static int read_line(struct json *json, const char *resource, const char **ret_line)
{
        const char *where = json->at;
        size_t len = resource != NULL ? strlen(resource) : 0;
        const char *line;
        int r;

        r = json_string(json, &line);
        if (r < 0)
                return r;
        if (strchr(line, '\n') != NULL)
                return json_fail(json, where, "a schema is one line");
        if (strchr(line, ':') == NULL || (resource != NULL && strncmp(line, resource, len) != 0)) {
                (void)json_fail(json, where, "'%s' is no schema%s%s", line, resource != NULL ? " of " : "",
                                resource != NULL ? resource : "");
                return err_hint(json->err, "write RESOURCE:DOMAIN=VALUE, as in \"L3:0=ff;1=f\" or \"MB:0=20\"");
        }
        *ret_line = line;
        return 0;
}

static int read_l3(struct json *json, void *target)
{
        return read_line(json, "L3:", target);
}

static int read_mb(struct json *json, void *target)
{
        return read_line(json, "MB:", target);
}

static int read_any(struct json *json, void *target)
{
        return read_line(json, NULL, target);
}

static int read_schemata(struct json *json, void *target)
{
        const char **lines = NULL, **ended;
        size_t count;
        int r;

        r = json_list(json, sizeof(*lines), read_any, &lines, &count);
        if (r < 0)
                return r;
        ended = arena_new(json->arena, const char *, count + 1);
        if (ended == NULL)
                return err_oom(json->err);
        for (size_t i = 0; i < count; i++)
                ended[i] = lines[i];
        *(const char *const **)target = ended;
        return 0;
}

/* Of versions 1.1.0 to 1.2.1 of the specification, never defined by them. */
static int read_replaced(struct json *json, void *target)
{
        const char *where = json->at;
        bool value = false;
        int r = json_bool(json, &value);

        (void)target;
        if (r < 0 || !value)
                return r;
        (void)json_fail(json, where, "enableMonitoring has replaced this field");
        return err_hint(json->err, "what is monitored is the hardware's choice: write \"enableMonitoring\": true");
}

static const struct json_field rdt_fields[] = {
        JSON_FIELD("closID", struct spec_rdt, clos_id, read_clos_id, 0),
        JSON_FIELD("l3CacheSchema", struct spec_rdt, l3_schema, read_l3, 0),
        JSON_FIELD("memBwSchema", struct spec_rdt, mb_schema, read_mb, 0),
        JSON_FIELD("schemata", struct spec_rdt, schemata, read_schemata, 0),
        JSON_FIELD("enableMonitoring", struct spec_rdt, monitoring, oci_read_bool, 0),
        {"enableCMT", read_replaced},
        {"enableMBM", read_replaced},
};

int oci_read_rdt(struct json *json, void *target)
{
        struct spec_rdt *rdt = target;
        const char **lines;
        size_t count = 0, room = 3;
        int r;

        r = oci_origin(json, &rdt->origin);
        if (r >= 0)
                r = json_object(json, rdt_fields, ELEMENTS(rdt_fields), JSON_SKIP_UNKNOWN, rdt);
        if (r < 0)
                return r;
        for (size_t i = 0; rdt->schemata != NULL && rdt->schemata[i] != NULL; i++)
                room++;
        lines = arena_new(json->arena, const char *, room);
        if (lines == NULL)
                return err_oom(json->err);
        /* config-linux.md, "IntelRdt": in this order. */
        if (rdt->l3_schema != NULL)
                lines[count++] = rdt->l3_schema;
        if (rdt->mb_schema != NULL)
                lines[count++] = rdt->mb_schema;
        for (size_t i = 0; rdt->schemata != NULL && rdt->schemata[i] != NULL; i++)
                lines[count++] = rdt->schemata[i];
        rdt->lines = lines;
        rdt->given = true;
        return 0;
}
