/* SPDX-License-Identifier: Apache-2.0 */
/* What has to agree across the parts of a config.json, as far as it can be told without asking the system. */
#include <errno.h>
#include <linux/sched.h>
#include <string.h>

#include "model/oci-read.h"

static bool inherits(const struct ward_spec *spec, enum spec_ns ns)
{
        return spec->ns[ns].mode == SPEC_NS_INHERIT;
}

static int fail_namespace(struct json *json, const struct spec_origin *origin, const char *what, enum spec_ns ns)
{
        (void)oci_fail_at(json, origin, "%s would be the host's: the container has no %s namespace of its own", what,
                          spec_ns_names[ns]);
        return err_hint(json->err, "add {\"type\": \"%s\"} to linux.namespaces, or remove this", spec_ns_names[ns]);
}

/* A setting of the whole machine changed from a container's config was a break-out more than once. */
static int check_sysctls(struct json *json, const struct ward_spec *spec)
{
        for (size_t i = 0; i < spec->sysctl_count; i++) {
                const struct spec_sysctl *sysctl = &spec->sysctls[i];
                char path[256];
                int ns;

                if (!spec_sysctl_path(sysctl->key, path, sizeof(path)))
                        return oci_fail_at(json, &sysctl->origin, "this is not the name of a setting");
                ns = spec_sysctl_namespace(path);
                if (ns < 0) {
                        (void)oci_fail_at(json, &sysctl->origin,
                                          "this setting belongs to the whole machine, not to a namespace");
                        return err_hint(json->err, "set it on the host with 'sysctl -w', or remove it here");
                }
                if (strcmp(path, "kernel/hostname") == 0) {
                        (void)oci_fail_at(json, &sysctl->origin, "the host name is not set as a sysctl");
                        return err_hint(json->err, "use the field 'hostname'");
                }
                if (inherits(spec, (enum spec_ns)ns))
                        return fail_namespace(json, &sysctl->origin, "this setting", (enum spec_ns)ns);
        }
        return 0;
}

static int check_user_namespace(struct json *json, const struct ward_spec *spec)
{
        const struct spec_namespace *user = &spec->ns[SPEC_NS_USER];
        const struct spec_id_maps *maps = &spec->id_maps;

        if (user->mode == SPEC_NS_INHERIT && maps->uid_count + maps->gid_count > 0) {
                (void)oci_fail_at(json, maps->uid_count > 0 ? &spec->uid_maps_origin : &spec->gid_maps_origin,
                                  "id mappings are given and no user namespace");
                return err_hint(json->err, "add {\"type\": \"user\"} to linux.namespaces, or remove the mappings");
        }
        /* Without any, who starts it decides. */
        if (user->mode == SPEC_NS_NEW && (maps->uid_count == 0) != (maps->gid_count == 0)) {
                (void)oci_fail_at(json, &user->origin, "a new user namespace needs id mappings");
                return err_hint(json->err, "add linux.uidMappings and linux.gidMappings");
        }
        for (size_t i = 0; i < spec->mount_count; i++) {
                const struct spec_mount *mount = &spec->mounts[i];

                if (mount->idmap && mount->maps.uid_count == 0 && user->mode == SPEC_NS_INHERIT) {
                        (void)oci_fail_at(json, &mount->origin,
                                          "an id-mapped mount without mappings takes those of the "
                                          "container's user namespace, and there is none");
                        return err_hint(json->err, "give the mount uidMappings and gidMappings");
                }
        }
        return 0;
}

/* Mounts over paths of a mount namespace that others share would stay when the container is gone. */
static int check_paths(struct json *json, const struct ward_spec *spec)
{
        const struct spec_path *path = spec->masked_path_count > 0     ? &spec->masked_paths[0]
                                       : spec->readonly_path_count > 0 ? &spec->readonly_paths[0]
                                                                       : NULL;

        if (path == NULL || spec->ns[SPEC_NS_MOUNT].mode == SPEC_NS_NEW)
                return 0;
        (void)oci_fail_at(json, &path->origin,
                          "'%s' would be hidden or read-only for others too: the container has no new "
                          "mount namespace",
                          path->path);
        return err_hint(json->err, "add {\"type\": \"mount\"} to linux.namespaces, or remove the path");
}

/* sched(7): a process of SCHED_DEADLINE can make no other one, as a hook is, unless what it makes is another policy's. */
static int check_hooks(struct json *json, const struct ward_spec *spec)
{
        const struct spec_scheduler *scheduler = &spec->process.scheduler;

        if (!scheduler->given || scheduler->policy != SCHED_DEADLINE ||
            (scheduler->flags & SCHED_FLAG_RESET_ON_FORK) != 0 || spec->hooks[SPEC_HOOK_START_CONTAINER].count == 0)
                return 0;
        (void)oci_fail_at(json, &scheduler->origin, "a process of SCHED_DEADLINE can't start the startContainer hooks");
        return err_hint(json->err, "add SCHED_FLAG_RESET_ON_FORK to its flags");
}

int oci_check(struct json *json, const struct ward_spec *spec)
{
        const struct spec_time_offset *offset = spec->monotonic.given ? &spec->monotonic : &spec->boottime;
        int r;

        if (spec->hostname != NULL && inherits(spec, SPEC_NS_UTS))
                return fail_namespace(json, &spec->hostname_origin, "this host name", SPEC_NS_UTS);
        if (spec->domainname != NULL && inherits(spec, SPEC_NS_UTS))
                return fail_namespace(json, &spec->domainname_origin, "this domain name", SPEC_NS_UTS);
        if (spec->net_device_count > 0 && inherits(spec, SPEC_NS_NET))
                return fail_namespace(json, &spec->net_devices[0].origin, "this network device", SPEC_NS_NET);
        if (offset->given && spec->ns[SPEC_NS_TIME].mode != SPEC_NS_NEW) {
                /* time_namespaces(7): offsets can be set only before the first process enters. */
                (void)oci_fail_at(json, &offset->origin, "clock offsets need a new time namespace");
                return err_hint(json->err, "add {\"type\": \"time\"} to linux.namespaces, or remove the offsets");
        }
        r = check_user_namespace(json, spec);
        if (r >= 0)
                r = check_hooks(json, spec);
        if (r >= 0)
                r = check_paths(json, spec);
        if (r >= 0)
                r = check_sysctls(json, spec);
        return r;
}
