/* SPDX-License-Identifier: Apache-2.0 */
/* A root that begins empty, and the steps of a spec that fill it, as ops. */
#include <linux/mount.h>
#include <string.h>

#include "launch/plan-build.h"

#define USUAL (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

static const struct op_parameter pts_parameters[] = {{"newinstance", NULL}, {"ptmxmode", "0666"}, {"mode", "620"}};

static struct op_mount *new_file_system(struct plan *plan, const char *type, uint64_t attr)
{
        struct op_mount *mount = arena_new(&plan->arena, struct op_mount, 1);

        if (mount != NULL)
                *mount = (struct op_mount){.type = type, .source = type, .attr = attr};
        return mount;
}

/* "mode" as the kernel reads it, and others behind it. @label: NULL, or that of what is in it (selinux(8), "context="). */
static int set_parameters(struct plan *plan, struct op_mount *mount, const char *mode, const char *size,
                          const char *label)
{
        struct op_parameter *list = arena_new(&plan->arena, struct op_parameter, 3);
        uint32_t count = 0;

        if (list == NULL || mode == NULL)
                return -ENOMEM;
        list[count++] = (struct op_parameter){.key = "mode", .value = mode};
        if (size != NULL)
                list[count++] = (struct op_parameter){.key = "size", .value = size};
        if (label != NULL)
                list[count++] = (struct op_parameter){.key = "context", .value = label};
        mount->parameters = list;
        mount->parameter_count = count;
        return 0;
}

static struct op_mount *new_tmpfs(struct plan *plan, const struct ward_spec *spec, uint32_t mode, uint64_t size)
{
        struct op_mount *mount = new_file_system(plan, "tmpfs", USUAL);
        const char *bytes = size == 0 ? NULL : arena_printf(&plan->arena, "%llu", (unsigned long long)size);

        if (mount == NULL || (size != 0 && bytes == NULL) ||
            set_parameters(plan, mount, arena_printf(&plan->arena, "%o", mode), bytes, spec->bare.file_label) < 0)
                return NULL;
        return mount;
}

static int add_source(struct plan *plan, const struct spec_step *step, enum slot_kind kind, const char *path)
{
        const struct slot slot = {
                .kind = kind,
                .path = path,
                .recursive = true,
                .by_child = true,
                .of_step = true,
                .optional = step->optional,
                .number = step->fd,
                .origin = step->origin,
        };

        return plan_slot(plan, &slot);
}

/* Behind each other: the layers, the lowest first, and what takes the changes. Returns the first one's number. */
static int add_layers(struct plan *plan, const struct spec_step *step)
{
        int first = add_source(plan, step, SLOT_PATH, step->layers[0]), r = first;

        for (size_t i = 1; r >= 0 && step->layers[i] != NULL; i++)
                r = add_source(plan, step, SLOT_PATH, step->layers[i]);
        if (r >= 0 && step->upper != NULL)
                r = add_source(plan, step, SLOT_PATH, step->upper);
        if (r >= 0 && step->upper != NULL)
                r = add_source(plan, step, SLOT_PATH, step->work);
        return r < 0 ? r : first;
}

int plan_empty_root(struct plan *plan, const struct ward_spec *spec)
{
        const struct slot slot = {.kind = SLOT_MADE, .origin = spec->rootfs_origin};
        const struct op_mount *root = new_tmpfs(plan, spec, 0755, 0);
        int number = plan_slot(plan, &slot);
        struct op *op;

        if (root == NULL || number < 0 ||
            plan_add_number(plan, OP_PROPAGATION, MS_REC | MS_SLAVE, &spec->rootfs_origin) < 0 ||
            plan_add(plan, OP_TREES, NULL) == NULL)
                return -ENOMEM;
        for (size_t i = 0; i < spec->step_count; i++)
                if (spec->steps[i].type == SPEC_STEP_DATA || spec->steps[i].type == SPEC_STEP_OVERLAY) {
                        if (plan_add(plan, OP_SCRATCH, &spec->steps[i].origin) == NULL)
                                return -ENOMEM;
                        break;
                }
        op = plan_add(plan, OP_MAKE, &spec->rootfs_origin);
        if (op == NULL)
                return -ENOMEM;
        op->mount = *root;
        op->mount.target = "";
        op->mount.slot = number;
        op = plan_add(plan, OP_ROOT, &spec->rootfs_origin);
        if (op == NULL)
                return -ENOMEM;
        op->slot = number;
        return 0;
}

/* Whom a thing is closed to, its new parents are closed to as well. */
static uint32_t parent_mode(const struct spec_step *step)
{
        uint32_t mode = 0755;

        if (step->mode_given && (step->mode & 0070) == 0)
                mode &= ~0050U;
        if (step->mode_given && (step->mode & 0007) == 0)
                mode &= ~0005U;
        return mode;
}

/* What the kinds differ in. */
static int complete(struct plan *plan, const struct ward_spec *spec, const struct spec_step *step, struct op_step *op)
{
        bool own_pids = spec->ns[SPEC_NS_PID].mode != SPEC_NS_INHERIT;
        struct op_mount *pts;

        switch (step->type) {
        case SPEC_STEP_BIND:
                op->slot = add_source(plan, step, step->fd >= 0 ? SLOT_OPEN : SLOT_TREE, step->source);
                if (op->slot < 0)
                        return op->slot;
                /* fall through */
        case SPEC_STEP_DATA:
                op->attr = MOUNT_ATTR_NOSUID | (step->devices ? 0 : MOUNT_ATTR_NODEV) |
                           (step->readonly ? MOUNT_ATTR_RDONLY : 0);
                op->lax = spec->bare.lax;
                return 0;
        case SPEC_STEP_PROC:
                op->source = "/proc";
                op->attr = USUAL;
                op->mount = own_pids ? new_file_system(plan, "proc", USUAL | MOUNT_ATTR_NOEXEC) : NULL;
                return own_pids && op->mount == NULL ? -ENOMEM : 0;
        case SPEC_STEP_DEV:
                op->mount = new_tmpfs(plan, spec, 0755, 0);
                op->pts = pts = new_file_system(plan, "devpts", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
                if (op->mount == NULL || pts == NULL)
                        return -ENOMEM;
                pts->parameters = pts_parameters;
                pts->parameter_count = ELEMENTS(pts_parameters);
                return 0;
        case SPEC_STEP_TMPFS:
                op->mount = new_tmpfs(plan, spec, step->mode, step->size);
                return op->mount == NULL ? -ENOMEM : 0;
        case SPEC_STEP_MQUEUE:
                op->mount = new_file_system(plan, "mqueue", 0);
                return op->mount == NULL ? -ENOMEM : 0;
        case SPEC_STEP_OVERLAY:
                op->in_memory = step->upper == NULL && !step->readonly;
                op->upper = step->upper != NULL;
                op->slot = add_layers(plan, step);
                while (op->slot >= 0 && step->layers[op->layers] != NULL)
                        op->layers++;
                return op->slot < 0 ? op->slot : 0;
        default:
                return 0;
        }
}

int plan_steps(struct plan *plan, const struct ward_spec *spec)
{
        for (size_t i = 0; i < spec->step_count; i++) {
                const struct spec_step *step = &spec->steps[i];
                struct op *op = plan_add(plan, OP_STEP, &step->origin);
                struct op_step made = {
                        .kind = step->type,
                        .path = plan_inside(plan, step->destination),
                        .source = step->source,
                        .fd = step->fd,
                        .mode = step->mode,
                        .parent_mode = parent_mode(step),
                        .optional = step->optional,
                };
                int r = made.path == NULL ? -ENOMEM : complete(plan, spec, step, &made);

                if (r < 0 || op == NULL)
                        return -ENOMEM;
                op->step = made;
        }
        return 0;
}
