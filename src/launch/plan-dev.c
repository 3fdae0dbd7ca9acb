/* SPDX-License-Identifier: Apache-2.0 */
/* /dev as the OCI runtime specification wants it (config-linux.md, "Default Devices" and "Dev symbolic links"), and linux.devices. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "launch/plan-build.h"

static const struct spec_device default_devices[] = {
        {.path = "/dev/null", .type = SPEC_DEVICE_CHAR, .major = 1, .minor = 3, .mode = 0666},
        {.path = "/dev/zero", .type = SPEC_DEVICE_CHAR, .major = 1, .minor = 5, .mode = 0666},
        {.path = "/dev/full", .type = SPEC_DEVICE_CHAR, .major = 1, .minor = 7, .mode = 0666},
        {.path = "/dev/random", .type = SPEC_DEVICE_CHAR, .major = 1, .minor = 8, .mode = 0666},
        {.path = "/dev/urandom", .type = SPEC_DEVICE_CHAR, .major = 1, .minor = 9, .mode = 0666},
        {.path = "/dev/tty", .type = SPEC_DEVICE_CHAR, .major = 5, .minor = 0, .mode = 0666},
};

static const struct op_link links[] = {
        {"ptmx", "pts/ptmx"},          {"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"},
        {"stdout", "/proc/self/fd/1"}, {"stderr", "/proc/self/fd/2"},
};

static uint32_t type_bits(enum spec_device_type type)
{
        return type == SPEC_DEVICE_CHAR ? S_IFCHR : type == SPEC_DEVICE_BLOCK ? S_IFBLK : S_IFIFO;
}

/* How a node of the container comes to be. In a user namespace mknod(2) is refused whatever the capabilities say. */
enum origin {
        MADE,    /* the child makes it */
        BOUND,   /* the host's at the same path is bound */
        BROUGHT, /* root of the machine makes it outside, with the owner and mode that are asked for, and it is bound */
};

/* Whose @id of the container is on the host; an owner that nobody asked for and that is not mapped is root. -1: not mapped. */
static int64_t host_id(const struct spec_id_map *maps, size_t count, uint32_t id)
{
        for (size_t i = 0; i < count; i++)
                if (id >= maps[i].container_id && id - maps[i].container_id < maps[i].count)
                        return (int64_t)maps[i].host_id + (id - maps[i].container_id);
        return id == 0 ? 0 : -1;
}

static int bring_node(struct plan *plan, const struct spec_device *device, const struct ward_spec *spec,
                      struct slot *slot, struct ward_err *err)
{
        const struct spec_id_maps *maps = &spec->id_maps;
        int64_t uid = host_id(maps->uid, maps->uid_count, device->uid),
                gid = host_id(maps->gid, maps->gid_count, device->gid);
        char where[256];

        if (uid < 0 || gid < 0) {
                (void)err_set(err, -EINVAL, "%s: the device's %s %u is not mapped in the container's user namespace",
                              spec_origin_text(&device->origin, plan->file, where, sizeof(where)),
                              uid < 0 ? "uid" : "gid", uid < 0 ? device->uid : device->gid);
                (void)err_mistake(err, MISTAKE_ID_RANGE);
                return err_hint(err, "widen linux.uidMappings and gidMappings, or give it another owner");
        }
        slot->kind = SLOT_NODE;
        slot->mode = type_bits(device->type) | device->mode;
        slot->uid = (uint32_t)uid;
        slot->gid = (uint32_t)gid;
        slot->label = spec->process.smack_label;
        return 0;
}

/* @name: in the directory of the op. */
static int add_node(struct plan *plan, const struct spec_device *device, const char *name, enum origin origin,
                    const struct ward_spec *spec, struct op_node *ret_node, struct ward_err *err)
{
        struct slot slot;

        *ret_node = (struct op_node){
                .name = name,
                .mode = type_bits(device->type) | device->mode,
                .device = makedev(device->major, device->minor),
                .uid = device->uid,
                .gid = device->gid,
                .slot = SLOT_NONE,
                .origin = device->origin,
        };
        if (origin == MADE || device->type == SPEC_DEVICE_FIFO)
                return 0;
        slot = (struct slot){
                .kind = SLOT_DEVICE,
                .path = device->path,
                .device = ret_node->device,
                .origin = device->origin,
        };
        if (origin == BROUGHT) {
                int r = bring_node(plan, device, spec, &slot, err);

                if (r < 0)
                        return r;
        }
        ret_node->slot = plan_slot(plan, &slot);
        return ret_node->slot < 0 ? -ENOMEM : 0;
}

/* The config's paths as plan_inside() makes them, which is how they are compared: "/dev/." is /dev. */
struct inside {
        const char **mounts; /* of spec->mounts; NULL: nothing is bound */
        const char **devices;
        bool bound_in_dev; /* something is bound on /dev, or in it */
};

static int find_inside(struct plan *plan, const struct ward_spec *spec, struct inside *ret_inside)
{
        struct inside inside = {0};
        bool bound = false;

        for (size_t i = 0; !bound && i < spec->mount_count; i++)
                bound = spec->mounts[i].bind;
        inside.devices = arena_new(&plan->arena, const char *, spec->device_count + 1);
        if (bound)
                inside.mounts = arena_new(&plan->arena, const char *, spec->mount_count);
        if (inside.devices == NULL || (bound && inside.mounts == NULL))
                return -ENOMEM;
        for (size_t i = 0; i < spec->device_count; i++) {
                inside.devices[i] = plan_inside(plan, spec->devices[i].path);
                if (inside.devices[i] == NULL)
                        return -ENOMEM;
        }
        for (size_t i = 0; bound && i < spec->mount_count; i++) {
                inside.mounts[i] = plan_inside(plan, spec->mounts[i].destination);
                if (inside.mounts[i] == NULL)
                        return -ENOMEM;
                inside.bound_in_dev |= spec->mounts[i].bind && plan_is_below(inside.mounts[i], "dev");
        }
        *ret_inside = inside;
        return 0;
}

/* Another device for the same path in the config takes the default's place. */
static bool is_replaced(const struct ward_spec *spec, const struct inside *inside, const char *name)
{
        for (size_t i = 0; i < spec->device_count; i++)
                if (strcmp(inside->devices[i], name) == 0)
                        return true;
        return false;
}

/* What the config binds on a path, or above it, is the machine's, and has what it has: nothing is made in it or changed. podman lists every device of the
 * machine for --privileged, and does not look where the user has bound something. Rules about the devices stay. Of several mounts the last is seen. */
static bool is_bound(const struct ward_spec *spec, const struct inside *inside, const char *path)
{
        for (size_t i = inside->mounts == NULL ? 0 : spec->mount_count; i > 0; i--)
                if (!spec->mounts[i - 1].remount && plan_is_below(path, inside->mounts[i - 1]))
                        return spec->mounts[i - 1].bind;
        return false;
}

static int add_dev_op(struct plan *plan, const char *directory, const struct op_node *nodes, uint32_t count,
                      bool with_links, const struct spec_origin *origin)
{
        struct op *op;

        if (count == 0 && !with_links)
                return 0;
        op = plan_add(plan, OP_DEV, origin);
        if (op == NULL)
                return -ENOMEM;
        op->dev = (struct op_dev){
                .directory = directory,
                .nodes = nodes,
                .node_count = count,
                .links = links,
                .link_count = with_links ? (uint32_t)ELEMENTS(links) : 0,
        };
        return 0;
}

static int add_defaults(struct plan *plan, const struct ward_spec *spec, const struct inside *inside,
                        enum origin origin, struct op_node *nodes, uint32_t *count, struct ward_err *err)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTS(default_devices); i++) {
                const char *path = default_devices[i].path + 1;

                if (!is_replaced(spec, inside, path) && (!inside->bound_in_dev || !is_bound(spec, inside, path)))
                        r = add_node(plan, &default_devices[i], path + strlen("dev/"), origin, spec, &nodes[(*count)++],
                                     err);
        }
        return r;
}

int plan_dev(struct plan *plan, const struct ward_spec *spec, const struct place *place, struct ward_err *err)
{
        static const struct spec_origin default_origin = {.field = "default devices", .index = -1};
        const struct spec_origin *origin = spec->device_count > 0 ? &spec->devices[0].origin : &default_origin;
        enum spec_ns_mode user = spec->ns[SPEC_NS_USER].mode;
        enum origin usual = !place->root_user || user != SPEC_NS_INHERIT ? BOUND : MADE;
        /* How a namespace that is joined maps its ids is not known here. */
        enum origin listed = place->root_user && !place->foreign_mounts && user == SPEC_NS_NEW ? BROUGHT : usual;
        /* To another label of Smack the machine's may be closed. */
        enum origin by_default = spec->process.smack_label != NULL ? listed : usual;
        struct op_node *nodes, *elsewhere;
        uint32_t count = 0, elsewhere_count = 0;
        struct inside inside;
        int r;

        nodes = arena_new(&plan->arena, struct op_node, ELEMENTS(default_devices) + spec->device_count + 1);
        elsewhere = arena_new(&plan->arena, struct op_node, spec->device_count + 1);
        if (nodes == NULL || elsewhere == NULL || find_inside(plan, spec, &inside) < 0)
                return -ENOMEM;
        r = add_defaults(plan, spec, &inside, by_default, nodes, &count, err);
        for (size_t i = 0; r >= 0 && i < spec->device_count; i++) {
                const char *path = inside.devices[i];
                bool in_dev = strncmp(path, "dev/", 4) == 0;

                if (!is_bound(spec, &inside, path))
                        r = add_node(plan, &spec->devices[i], in_dev ? path + 4 : path, listed, spec,
                                     in_dev ? &nodes[count++] : &elsewhere[elsewhere_count++], err);
        }
        if (r >= 0)
                r = add_dev_op(plan, "dev", nodes, count, !inside.bound_in_dev || !is_bound(spec, &inside, "dev"),
                               origin);
        if (r >= 0)
                r = add_dev_op(plan, "", elsewhere, elsewhere_count, false, origin);
        return r;
}
