/* SPDX-License-Identifier: Apache-2.0 */
/* What a container of config.json takes from the machine beside its groups: linux.netDevices. */
#include <ctype.h>
#include <errno.h>
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
        struct json_position where = json_position(json);
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
        struct json_position where = json_position(json);
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
        r = json_object(json, device_fields, ELEMENTS(device_fields), JSON_REFUSE_UNKNOWN, device);
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
