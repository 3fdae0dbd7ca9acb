/* SPDX-License-Identifier: Apache-2.0 */
/* The top of config.json, and the entry points; see oci.h. The parts are in the other oci-*.c. */
#include "model/oci.h"

#include <errno.h>
#include <string.h>

#include "model/oci-read.h"

/* HOST_NAME_MAX of Linux: sethostname(2) and setdomainname(2) take no more. */
#define NAME_BYTES_MAX 64

static int read_version(struct json *json, void *target)
{
        const char *where = json->at;
        const char *version;
        int r;

        r = json_string(json, &version);
        if (r < 0)
                return r;
        if (strncmp(version, "1.", 2) != 0 || version[2] < '0' || version[2] > '9') {
                (void)json_fail(json, where, "version '%s' of the runtime specification is not known", version);
                return err_hint(json->err, "ward knows the versions 1.x");
        }
        *(const char **)target = version;
        return 0;
}

static int read_root_path(struct json *json, void *target)
{
        struct ward_spec *spec = target;
        const char *where = json->at;
        int r;

        r = oci_origin(json, &spec->rootfs_origin);
        if (r >= 0)
                r = json_string(json, &spec->rootfs);
        if (r < 0)
                return r;
        return spec->rootfs[0] == '\0' ? json_fail(json, where, "the path is empty") : 0;
}

static const struct json_field root_fields[] = {
        {"path", read_root_path, JSON_REQUIRED},
        JSON_FIELD("readonly", struct ward_spec, rootfs_readonly, oci_read_bool, 0),
};

static int read_root(struct json *json, void *target)
{
        return json_object(json, root_fields, ELEMENTS(root_fields), JSON_SKIP_UNKNOWN, target);
}

/* An empty name is none: engines write it so. */
static int read_name(struct json *json, const char **ret_name, struct spec_origin *ret_origin)
{
        const char *where = json->at;
        const char *name;
        int r;

        r = oci_origin(json, ret_origin);
        if (r >= 0)
                r = json_string(json, &name);
        if (r < 0)
                return r;
        if (strlen(name) > NAME_BYTES_MAX)
                return json_fail(json, where, "the name is longer than %d bytes", NAME_BYTES_MAX);
        *ret_name = name[0] != '\0' ? name : NULL;
        return 0;
}

static int read_hostname(struct json *json, void *target)
{
        struct ward_spec *spec = target;

        return read_name(json, &spec->hostname, &spec->hostname_origin);
}

static int read_domainname(struct json *json, void *target)
{
        struct ward_spec *spec = target;

        return read_name(json, &spec->domainname, &spec->domainname_origin);
}

static int read_process(struct json *json, void *target)
{
        struct ward_spec *spec = target;

        spec->process_given = true;
        return oci_read_process(json, &spec->process);
}

static int read_mounts(struct json *json, void *target)
{
        struct ward_spec *spec = target;

        return json_list(json, sizeof(*spec->mounts), oci_read_mount, &spec->mounts, &spec->mount_count);
}

static const struct json_field config_fields[] = {
        JSON_FIELD("ociVersion", struct ward_spec, oci_version, read_version, JSON_REQUIRED),
        {"process", read_process},
        {"root", read_root, JSON_REQUIRED},
        {"hostname", read_hostname},
        {"domainname", read_domainname},
        {"mounts", read_mounts},
        {"hooks", oci_read_hooks},
        {"annotations", oci_read_annotations},
        {"linux", oci_read_linux},
        {"freebsd", NULL, JSON_IGNORED},
        {"solaris", NULL, JSON_IGNORED},
        {"windows", NULL, JSON_IGNORED},
        {"vm", NULL, JSON_IGNORED},
        {"zos", NULL, JSON_IGNORED},
};

static int read_config(struct json *json, void *target)
{
        struct ward_spec *spec = target;
        int r;

        spec->process.umask = UINT32_MAX;
        spec->process.envp = oci_no_strings;
        spec->process.cwd = "/"; /* where no process is given, which only its start needs (config.md, "Process") */
        r = json_object(json, config_fields, ELEMENTS(config_fields), JSON_SKIP_UNKNOWN, spec);
        if (r < 0)
                return r;
        spec->resources.pids.given = spec_pids_counts(&spec->resources.pids, spec->oci_version);
        return oci_check(json, spec);
}

/* Reads a whole text by @read. */
static int parse(const char *text, size_t len, const char *file, struct arena *arena, json_reader read, void *target,
                 struct ward_err *err)
{
        struct json json;
        int r;

        if (len > OCI_CONFIG_MAX)
                return err_set(err, -EFBIG, "%s: %zu bytes are too many: the limit is %u", file, len, OCI_CONFIG_MAX);
        r = json_init(&json, text, len, file, arena, err);
        if (r >= 0)
                r = read(&json, target);
        return r < 0 ? r : json_end(&json);
}

int oci_parse(const char *text, size_t len, const char *file, struct ward_spec *ret_spec, struct ward_err *err)
{
        _cleanup_spec_ struct ward_spec spec = {0};
        int r;

        spec.file = arena_strdup(&spec.arena, file);
        if (spec.file == NULL)
                return err_oom(err);
        r = parse(text, len, file, &spec.arena, read_config, &spec, err);
        if (r < 0)
                return r;
        *ret_spec = spec;
        spec.arena = (struct arena){0};
        return 0;
}

int oci_parse_process(const char *text, size_t len, const char *file, struct arena *arena,
                      struct spec_process *ret_process, struct ward_err *err)
{
        struct spec_process process = {0};
        int r;

        r = parse(text, len, file, arena, oci_read_process, &process, err);
        if (r < 0)
                return r;
        *ret_process = process;
        return 0;
}

/* Go's readers take null for what says nothing, also in place of the whole. */
static int read_resources_or_null(struct json *json, void *target)
{
        return json_is_null(json) ? 0 : oci_read_resources(json, target);
}

int oci_parse_resources(const char *text, size_t len, const char *file, struct arena *arena,
                        struct spec_resources *ret_resources, struct ward_err *err)
{
        struct spec_resources resources = {0};
        int r;

        r = parse(text, len, file, arena, read_resources_or_null, &resources, err);
        if (r < 0)
                return r;
        *ret_resources = resources;
        return 0;
}

struct mount_list {
        json_reader read;
        struct spec_mount *mounts;
        size_t count;
};

static int read_mount_list(struct json *json, void *target)
{
        struct mount_list *list = target;

        return json_list(json, sizeof(*list->mounts), list->read, &list->mounts, &list->count);
}

static int parse_mounts(const char *text, size_t len, const char *file, json_reader read, struct arena *arena,
                        const struct spec_mount **ret_mounts, size_t *ret_count, struct ward_err *err)
{
        struct mount_list list = {.read = read};
        int r = parse(text, len, file, arena, read_mount_list, &list, err);

        if (r < 0)
                return r;
        /* The list has no name in the file. */
        for (size_t i = 0; i < list.count; i++)
                list.mounts[i].origin.field = "mounts";
        *ret_mounts = list.mounts;
        *ret_count = list.count;
        return 0;
}

int oci_parse_mounts(const char *text, size_t len, const char *file, struct arena *arena,
                     const struct spec_mount **ret_mounts, size_t *ret_count, struct ward_err *err)
{
        return parse_mounts(text, len, file, oci_read_mount, arena, ret_mounts, ret_count, err);
}

int oci_parse_destinations(const char *text, size_t len, const char *file, struct arena *arena,
                           const struct spec_mount **ret_mounts, size_t *ret_count, struct ward_err *err)
{
        return parse_mounts(text, len, file, oci_read_mount_destination, arena, ret_mounts, ret_count, err);
}
