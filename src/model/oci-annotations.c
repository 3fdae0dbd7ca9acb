/* SPDX-License-Identifier: Apache-2.0 */
/* Annotations that mean something to a runtime: crun's, which engines send. All others are the engine's own and are only kept. */
#include "model/oci-read.h"

#include <errno.h>
#include <string.h>

#include "model/landlock.h"
#include "model/smack.h"

/* podman's --group-add keep-groups sends "1". */
static int keep_groups(struct json *json, const char *where, const char *value, struct ward_spec *spec)
{
        if (strcmp(value, "1") != 0 && strcmp(value, "true") != 0)
                return json_fail(json, where, "'%s' is not \"1\", which keeps the caller's supplementary groups",
                                 value);
        spec->process.keep_groups = true;
        return 0;
}

static int pidfd_receiver(struct json *json, const char *where, const char *value, struct ward_spec *spec)
{
        if (value[0] != '/')
                return json_fail(json, where, "'%s' is not an absolute path, of the socket that gets the pidfd", value);
        spec->pidfd_receiver = value;
        return 0;
}

static int mount_context_type(struct json *json, const char *where, const char *value, struct ward_spec *spec)
{
        static const char *const types[] = {"context", "fscontext", "defcontext", "rootcontext"};

        for (size_t i = 0; i < ELEMENTS(types); i++)
                if (strcmp(value, types[i]) == 0) {
                        spec->mount_label_option = types[i];
                        return 0;
                }
        return json_fail_word(json, where, "kind of label", value, types, ELEMENTS(types));
}

/* Another runtime's: each would have another filter in force, or another one decide, than linux.seccomp says. */
static int refused_filter(struct json *json, const char *where, const char *value, struct ward_spec *spec)
{
        (void)value;
        (void)spec;
        (void)json_fail(json, where, "not honoured: the container's filter is linux.seccomp alone");
        return err_hint(json->err, "take the annotation out, and write the filter as linux.seccomp");
}

/* The specification has no field for it. */
static int landlock(struct json *json, const char *where, const char *value, struct ward_spec *spec)
{
        const struct json_position at = json_position(json, where);
        const struct spec_origin origin = {
                .field = "annotations." LANDLOCK_ANNOTATION, .index = -1, .line = at.line, .column = at.column};
        struct ward_err why;
        int r = landlock_read(value, &origin, &spec->arena, &spec->landlock, &why);

        if (r == -EINVAL) {
                (void)json_fail(json, where, "%s", why.message);
                return err_hint(json->err, "%s", why.hint);
        }
        return r < 0 ? err_oom(json->err) : 0;
}

/* The same. */
static int smack(struct json *json, const char *where, const char *value, struct ward_spec *spec)
{
        const struct json_position at = json_position(json, where);
        struct ward_err why;

        if (smack_label_check(value, &why) < 0) {
                (void)json_fail(json, where, "%s", why.message);
                return err_hint(json->err, "%s", why.hint);
        }
        spec->process.smack_label = value;
        spec->process.smack_origin = (struct spec_origin){
                .field = "annotations." SMACK_ANNOTATION, .index = -1, .line = at.line, .column = at.column};
        return 0;
}

static const struct {
        const char *key;
        int (*apply)(struct json *json, const char *where, const char *value, struct ward_spec *spec);
} known[] = {
        {"run.oci.keep_original_groups", keep_groups},
        {"run.oci.mount_context_type", mount_context_type},
        {"run.oci.pidfd_receiver", pidfd_receiver},
        {"run.oci.seccomp.plugins", refused_filter},
        {"run.oci.seccomp_bpf_data", refused_filter},
        {LANDLOCK_ANNOTATION, landlock},
        {SMACK_ANNOTATION, smack},
};

struct annotations {
        struct ward_spec *spec;
        struct oci_list list;
};

static int read_annotation(struct json *json, void *target)
{
        struct annotations *annotations = target;
        struct spec_annotation *annotation = oci_list_add(json, &annotations->list, sizeof(*annotation));
        const char *where = json->at;
        int r;

        if (annotation == NULL)
                return -ENOMEM;
        annotation->key = json->path[json->depth - 1].key;
        if (annotation->key[0] == '\0')
                return json_fail(json, where, "the key of an annotation may not be empty");
        r = json_string(json, &annotation->value);
        for (size_t i = 0; r >= 0 && i < ELEMENTS(known); i++)
                if (strcmp(annotation->key, known[i].key) == 0)
                        r = known[i].apply(json, where, annotation->value, annotations->spec);
        return r;
}

int oci_read_annotations(struct json *json, void *target)
{
        struct annotations annotations = {.spec = target};
        int r;

        r = json_map(json, read_annotation, &annotations);
        if (r < 0)
                return r;
        annotations.spec->annotations = (const struct spec_annotation *)(const void *)annotations.list.elements;
        annotations.spec->annotation_count = annotations.list.count;
        return 0;
}
