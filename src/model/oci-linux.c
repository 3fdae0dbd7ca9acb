/* SPDX-License-Identifier: Apache-2.0 */
/* The linux object of config.json: namespaces, id mappings, paths, sysctls, the seccomp profile's text. */
#include <errno.h>
#include <string.h>
#include <sys/personality.h>

#include "model/oci-read.h"

/* The kernel takes that many lines in uid_map (user_namespaces(7)). */
#define ID_MAP_MAX 340

/* ---------------------------------------------------------------------------------------------------------- namespaces */

struct entry {
        enum spec_ns type;
        struct spec_namespace ns;
};

static int read_ns_type(struct json *json, void *target)
{
        int index = oci_word(json, "namespace type", spec_ns_names, SPEC_NS_COUNT);

        if (index < 0)
                return index;
        *(enum spec_ns *)target = (enum spec_ns)index;
        return 0;
}

/* An empty path is none: what Go's programs have of it. */
static int read_ns_path(struct json *json, void *target)
{
        const char *where = json->at;
        const char *path;
        int r = json_string(json, &path);

        if (r < 0 || *path == '\0')
                return r;
        if (*path != '/')
                return json_fail(json, where, "'%s' is not an absolute path", path);
        *(const char **)target = path;
        return 0;
}

static const struct json_field namespace_fields[] = {
        JSON_FIELD("type", struct entry, type, read_ns_type, JSON_REQUIRED),
        JSON_FIELD("path", struct entry, ns.path, read_ns_path, 0),
};

static int read_namespace(struct json *json, void *target)
{
        struct ward_spec *spec = target;
        const char *where = json->at;
        struct entry entry = {0};
        int r;

        r = oci_origin(json, &entry.ns.origin);
        if (r >= 0)
                r = json_object(json, namespace_fields, ELEMENTS(namespace_fields), JSON_SKIP_UNKNOWN, &entry);
        if (r < 0)
                return r;
        if (spec->ns[entry.type].mode != SPEC_NS_INHERIT)
                return json_fail(json, where, "the %s namespace is given twice", spec_ns_names[entry.type]);
        entry.ns.mode = entry.ns.path != NULL ? SPEC_NS_JOIN : SPEC_NS_NEW;
        spec->ns[entry.type] = entry.ns;
        return 0;
}

static int read_namespaces(struct json *json, void *target)
{
        return json_array(json, read_namespace, target);
}

/* --------------------------------------------------------------------------------------------------------- id mappings */

static const struct json_field map_fields[] = {
        JSON_FIELD("containerID", struct spec_id_map, container_id, oci_read_id, JSON_REQUIRED),
        JSON_FIELD("hostID", struct spec_id_map, host_id, oci_read_id, JSON_REQUIRED),
        JSON_FIELD("size", struct spec_id_map, count, oci_read_u32, JSON_REQUIRED),
};

static int read_id_map(struct json *json, void *target)
{
        struct spec_id_map *map = target;
        const char *where = json->at;
        int r;

        r = json_object(json, map_fields, ELEMENTS(map_fields), JSON_SKIP_UNKNOWN, map);
        if (r < 0)
                return r;
        if (map->count == 0)
                return json_fail(json, where, "the size must be at least 1");
        if (map->count - 1 > OCI_ID_MAX - map->container_id || map->count - 1 > OCI_ID_MAX - map->host_id)
                return json_fail(json, where, "the range passes the last id, 4294967294");
        return 0;
}

static bool overlap(uint32_t a, uint32_t a_count, uint32_t b, uint32_t b_count)
{
        return a < b ? b - a < a_count : a - b < b_count;
}

static int read_id_maps(struct json *json, const struct spec_id_map **ret_maps, size_t *ret_count)
{
        const char *where = json->at;
        struct spec_id_map *maps = NULL;
        size_t count = 0;
        int r;

        r = json_list(json, sizeof(*maps), read_id_map, &maps, &count);
        if (r < 0)
                return r;
        if (count > ID_MAP_MAX)
                return json_fail(json, where, "the kernel takes at most %d ranges, these are %zu", ID_MAP_MAX, count);
        for (size_t i = 0; i < count; i++)
                for (size_t k = 0; k < i; k++)
                        if (overlap(maps[i].container_id, maps[i].count, maps[k].container_id, maps[k].count) ||
                            overlap(maps[i].host_id, maps[i].count, maps[k].host_id, maps[k].count))
                                return json_fail(json, where, "the ranges of elements %zu and %zu overlap", k, i);
        *ret_maps = maps;
        *ret_count = count;
        return 0;
}

int oci_read_uid_maps(struct json *json, void *target)
{
        struct spec_id_maps *maps = target;

        return read_id_maps(json, &maps->uid, &maps->uid_count);
}

int oci_read_gid_maps(struct json *json, void *target)
{
        struct spec_id_maps *maps = target;

        return read_id_maps(json, &maps->gid, &maps->gid_count);
}

static int read_own_uid_maps(struct json *json, void *target)
{
        struct ward_spec *spec = target;
        int r;

        r = oci_origin(json, &spec->uid_maps_origin);
        return r < 0 ? r : oci_read_uid_maps(json, &spec->id_maps);
}

static int read_own_gid_maps(struct json *json, void *target)
{
        struct ward_spec *spec = target;
        int r;

        r = oci_origin(json, &spec->gid_maps_origin);
        return r < 0 ? r : oci_read_gid_maps(json, &spec->id_maps);
}

/* -------------------------------------------------------------------------------------------------------- time offsets */

static int read_seconds(struct json *json, void *target)
{
        return json_i64(json, INT64_MIN, INT64_MAX, target);
}

static int read_nanoseconds(struct json *json, void *target)
{
        uint64_t nanoseconds;
        int r;

        r = json_u64(json, 999999999, &nanoseconds);
        if (r < 0)
                return r;
        *(uint32_t *)target = (uint32_t)nanoseconds;
        return 0;
}

static const struct json_field offset_fields[] = {
        JSON_FIELD("secs", struct spec_time_offset, seconds, read_seconds, 0),
        JSON_FIELD("nanosecs", struct spec_time_offset, nanoseconds, read_nanoseconds, 0),
};

static int read_offset(struct json *json, void *target)
{
        struct spec_time_offset *offset = target;
        int r;

        r = oci_origin(json, &offset->origin);
        if (r < 0)
                return r;
        offset->given = true;
        return json_object(json, offset_fields, ELEMENTS(offset_fields), JSON_SKIP_UNKNOWN, offset);
}

static const struct json_field clock_fields[] = {
        JSON_FIELD("monotonic", struct ward_spec, monotonic, read_offset, 0),
        JSON_FIELD("boottime", struct ward_spec, boottime, read_offset, 0),
};

static int read_offsets(struct json *json, void *target)
{
        /* The keys are names of clocks: one that is not known is a value that can't be honoured (config.md, "Valid values"). */
        return json_object(json, clock_fields, ELEMENTS(clock_fields), JSON_REFUSE_UNKNOWN, target);
}

/* ---------------------------------------------------------------------------------------------------- paths and sysctls */

static int read_masked(struct json *json, void *target)
{
        struct ward_spec *spec = target;

        return json_list(json, sizeof(*spec->masked_paths), oci_read_paths_element, &spec->masked_paths,
                         &spec->masked_path_count);
}

static int read_readonly(struct json *json, void *target)
{
        struct ward_spec *spec = target;

        return json_list(json, sizeof(*spec->readonly_paths), oci_read_paths_element, &spec->readonly_paths,
                         &spec->readonly_path_count);
}

static int read_sysctl(struct json *json, void *target)
{
        struct spec_sysctl *sysctl = oci_list_add(json, target, sizeof(*sysctl));
        int r;

        if (sysctl == NULL)
                return -ENOMEM;
        sysctl->key = json->path[json->depth - 1].key;
        r = oci_origin(json, &sysctl->origin);
        return r < 0 ? r : json_string(json, &sysctl->value);
}

static int read_sysctls(struct json *json, void *target)
{
        struct ward_spec *spec = target;
        struct oci_list list = {0};
        int r;

        r = json_map(json, read_sysctl, &list);
        if (r < 0)
                return r;
        spec->sysctls = (const struct spec_sysctl *)(const void *)list.elements;
        spec->sysctl_count = list.count;
        return 0;
}

/* -------------------------------------------------------------------------------------------------------- what remains */

static int read_cgroups_path(struct json *json, void *target)
{
        struct ward_spec *spec = target;
        const char *path;
        int r;

        r = oci_origin(json, &spec->cgroups_path_origin);
        if (r >= 0)
                r = json_string(json, &path);
        if (r < 0)
                return r;
        spec->cgroups_path = path[0] != '\0' ? path : NULL;
        return 0;
}

static int read_propagation(struct json *json, void *target)
{
        static const char *const words[] = {"private", "rprivate", "shared",     "rshared",
                                            "slave",   "rslave",   "unbindable", "runbindable"};
        struct ward_spec *spec = target;
        const char *where = json->at, *word;
        long flags;
        int r;

        r = oci_origin(json, &spec->rootfs_propagation_origin);
        if (r >= 0)
                r = json_string(json, &word);
        /* Go's encoders write what is not given as "". */
        if (r < 0 || word[0] == '\0')
                return r;
        flags = oci_propagation(word);
        if (flags < 0)
                return json_fail_word(json, where, "propagation", word, words, ELEMENTS(words));
        spec->rootfs_propagation = (unsigned long)flags;
        return 0;
}

static int read_mount_label(struct json *json, void *target)
{
        struct ward_spec *spec = target;
        const char *label;
        int r;

        r = oci_origin(json, &spec->mount_label_origin);
        if (r >= 0)
                r = json_string(json, &label);
        if (r < 0)
                return r;
        spec->mount_label = label[0] != '\0' ? label : NULL;
        return 0;
}

static int read_domain(struct json *json, void *target)
{
        static const char *const words[] = {"LINUX", "LINUX32"};
        int index = oci_word(json, "personality", words, ELEMENTS(words));

        if (index < 0)
                return index;
        *(uint32_t *)target = index == 0 ? PER_LINUX : PER_LINUX32;
        return 0;
}

/* config-linux.md, "Personality": "Currently no flag values are supported." */
static int read_personality_flag(struct json *json, void *target)
{
        const char *where = json->at;
        const char *word;
        int r = json_string(json, &word);

        if (r < 0)
                return r;
        (void)json_fail(json, where, "unknown flag '%s'", word);
        return err_hint(json->err, "the specification knows no flag: leave the list empty");
}

static int read_personality_flags(struct json *json, void *target)
{
        return json_array(json, read_personality_flag, target);
}

static const struct json_field personality_fields[] = {
        JSON_FIELD("domain", struct ward_spec, personality, read_domain, JSON_REQUIRED),
        {"flags", read_personality_flags},
};

static int read_personality(struct json *json, void *target)
{
        struct ward_spec *spec = target;
        int r;

        r = oci_origin(json, &spec->personality_origin);
        if (r < 0)
                return r;
        spec->personality_given = true;
        return json_object(json, personality_fields, ELEMENTS(personality_fields), JSON_SKIP_UNKNOWN, spec);
}

/* The profile is read when no cached filter is there (model/seccomp.h); here it has to be one well-formed object. */
static int read_seccomp(struct json *json, void *target)
{
        struct ward_spec *spec = target;
        const char *where = json->at;
        const char *text;
        size_t len;
        int r;

        r = oci_origin(json, &spec->seccomp.origin);
        if (r >= 0)
                r = json_skip(json, &text, &len);
        if (r < 0)
                return r;
        if (text[0] != '{')
                return json_fail(json, where, "expected an object");
        spec->seccomp.text = arena_strndup(json->arena, text, len);
        spec->seccomp.len = len;
        return spec->seccomp.text == NULL ? err_oom(json->err) : 0;
}

static const struct json_field linux_fields[] = {
        {"namespaces", read_namespaces},
        {"uidMappings", read_own_uid_maps},
        {"gidMappings", read_own_gid_maps},
        {"timeOffsets", read_offsets},
        {"devices", oci_read_devices},
        {"cgroupsPath", read_cgroups_path},
        JSON_FIELD("resources", struct ward_spec, resources, oci_read_resources, 0),
        {"rootfsPropagation", read_propagation},
        {"maskedPaths", read_masked},
        {"readonlyPaths", read_readonly},
        {"sysctl", read_sysctls},
        {"seccomp", read_seccomp},
        {"mountLabel", read_mount_label},
        {"personality", read_personality},
        JSON_FIELD("intelRdt", struct ward_spec, rdt, oci_read_rdt, 0),
        {"netDevices", oci_read_net_devices},
        JSON_FIELD("memoryPolicy", struct ward_spec, memory_policy, oci_read_memory_policy, 0),
};

int oci_read_linux(struct json *json, void *target)
{
        return json_object(json, linux_fields, ELEMENTS(linux_fields), JSON_SKIP_UNKNOWN, target);
}
