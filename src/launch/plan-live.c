/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounts of a container that runs.
 *
 * What is mounted is made where at a start it is: trees of the host by the parent, file systems in the container's user namespace, and in a copy of
 * the caller's mount namespace, so that a path among their options is one of the host. Only then the process joins the container's mount
 * namespace, to attach them. It never joins the pid namespace, so that nobody in there can see it.
 */
#include <linux/sched.h>
#include <string.h>

#include "launch/plan-build.h"

/* File systems that show the namespace of their maker (namespaces(7)). */
static const struct {
        const char *type;
        enum spec_ns ns;
} of_namespaces[] = {{"sysfs", SPEC_NS_NET}, {"mqueue", SPEC_NS_IPC}};

/* What the config masks stays masked: at a start masks come behind the mounts, here they would lie below one. */
static int check_paths(struct plan *plan, const struct ward_spec *spec, const struct spec_mount *mount,
                       const char *target, const struct spec_path *paths, size_t count, struct ward_err *err)
{
        for (size_t i = 0; i < count; i++) {
                const char *path = plan_inside(plan, paths[i].path);

                if (path == NULL)
                        return -ENOMEM;
                if (plan_is_below(path, target) || plan_is_below(target, path))
                        return plan_refuse_mount(
                                err, spec, mount,
                                "the config masks a path there, or makes one read-only, which would be "
                                "undone",
                                "mount it elsewhere, or write it into the config of a new container");
        }
        return 0;
}

static bool is_of_start(const struct spec_mount *mount)
{
        static const char *const types[] = {"proc", "cgroup", "cgroup2"};

        for (size_t i = 0; !mount->bind && mount->type != NULL && i < ELEMENTS(types); i++)
                if (strcmp(mount->type, types[i]) == 0)
                        return true;
        return false;
}

static int check(struct plan *plan, const struct ward_spec *spec, const struct spec_mount *mount, const char *target,
                 struct ward_err *err)
{
        int r = plan_check_target(spec, mount, target, err);

        if (r >= 0 && strcmp(target, "proc") == 0)
                return plan_refuse_mount(err, spec, mount, "/proc is in use", "mount it elsewhere");
        if (r >= 0 && mount->remount)
                return plan_refuse_mount(err, spec, mount, "mounts that are there can't be changed",
                                         "take the option remount out, or remove the mount and add it anew");
        if (r >= 0 && mount->copy_up)
                return plan_refuse_mount(err, spec, mount, "what it would copy is in use",
                                         "take the option tmpcopyup out");
        if (r >= 0 && mount->copy_symlink)
                return plan_refuse_mount(err, spec, mount, "no link is made in a container that runs",
                                         "take the option copy-symlink out, or make the link with exec");
        if (r >= 0 && is_of_start(mount))
                return plan_refuse_mount(err, spec, mount,
                                         "procfs and control groups can't be added to a container that runs",
                                         "write it into the config of a new container");
        if (r >= 0)
                r = check_paths(plan, spec, mount, target, spec->masked_paths, spec->masked_path_count, err);
        if (r >= 0)
                r = check_paths(plan, spec, mount, target, spec->readonly_paths, spec->readonly_path_count, err);
        return r;
}

/* What nothing may be mounted over, for the process that finds out where targets lead. */
static const char *const *list_kept(struct plan *plan, const struct ward_spec *spec)
{
        const char **list =
                arena_new(&plan->arena, const char *, spec->masked_path_count + spec->readonly_path_count + 1);
        size_t count = 0;

        for (size_t i = 0; list != NULL && i < spec->masked_path_count; i++)
                if ((list[count++] = plan_inside(plan, spec->masked_paths[i].path)) == NULL)
                        return NULL;
        for (size_t i = 0; list != NULL && i < spec->readonly_path_count; i++)
                if ((list[count++] = plan_inside(plan, spec->readonly_paths[i].path)) == NULL)
                        return NULL;
        return list;
}

/* An OP_MAKE for what is no bind. *@ret_op: the op that will attach it, but for what attaching takes. */
static int make_one(struct plan *plan, const struct ward_spec *spec, const struct spec_mount *mount, const char *target,
                    struct op *ret_op)
{
        const struct slot slot = {.kind = SLOT_MADE, .origin = mount->origin};
        int number = plan_slot(plan, &slot), r = plan_add_new(plan, spec, mount, target);
        struct op *op;

        if (number < 0 || r < 0)
                return -ENOMEM;
        op = &plan->ops[plan->op_count - 1];
        op->type = OP_MAKE;
        op->mount.slot = number;
        *ret_op = (struct op){
                .type = OP_ADD,
                .origin = mount->origin,
                .bind = {.target = target,
                         .target_kind = op->mount.target_kind,
                         .slot = number,
                         .propagation = op->mount.propagation},
        };
        return 0;
}

/* The slots of all, what can be made beforehand as ops of @plan, and what attaches them as @ret_ops. */
static int make_all(struct plan *plan, const struct ward_spec *spec, struct op *ret_ops, struct ward_err *err)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < spec->mount_count; i++) {
                const struct spec_mount *mount = &spec->mounts[i];
                const char *target = plan_inside(plan, mount->destination);

                r = target == NULL ? -ENOMEM : check(plan, spec, mount, target, err);
                if (r >= 0 && mount->bind) {
                        r = plan_add_bind(plan, spec, mount, target, err);
                        if (r < 0)
                                return r;
                        ret_ops[i] = plan->ops[--plan->op_count];
                        ret_ops[i].type = OP_ADD;
                } else if (r >= 0) {
                        r = make_one(plan, spec, mount, target, &ret_ops[i]);
                }
        }
        return r;
}

/* Only what a mount asks for: the kernel lets nobody show a namespace who has no rights over it. */
static int join_of_mounts(struct plan *plan, const struct plan_live *live, const struct spec_mount *mounts,
                          size_t count)
{
        int r = 0;

        for (size_t n = 0; r >= 0 && n < ELEMENTS(of_namespaces); n++) {
                const struct spec_namespace *ns = &live->joined[of_namespaces[n].ns];
                bool wanted = false;

                for (size_t i = 0; i < count; i++)
                        wanted |= mounts[i].type != NULL && strcmp(mounts[i].type, of_namespaces[n].type) == 0;
                if (wanted && ns->mode == SPEC_NS_JOIN)
                        r = plan_join(plan, ns, of_namespaces[n].ns);
        }
        return r;
}

static int join_users(struct plan *plan, const struct plan_live *live)
{
        const struct spec_namespace *users = &live->joined[SPEC_NS_USER];
        int r;

        if (users->mode != SPEC_NS_JOIN)
                return 0;
        r = plan_join(plan, users, SPEC_NS_USER);
        return r < 0 ? r : plan_become_root(plan, live->spec, &users->origin);
}

static int enter(struct plan *plan, const struct plan_live *live)
{
        int r = plan_join(plan, &live->joined[SPEC_NS_MOUNT], SPEC_NS_MOUNT);

        return r < 0 || plan_add(plan, OP_ENTER, NULL) == NULL ? -ENOMEM : 0;
}

static int begin(struct plan *plan, const struct plan_live *live)
{
        const struct slot proc = {.kind = SLOT_PROC, .path = "/proc"};

        memset(plan, 0, sizeof(*plan));
        plan->file = live->file;
        return plan_slot(plan, &proc) < 0 ? -ENOMEM : plan_hide(plan);
}

/* The container's own spec, with these mounts; its new user namespace is one that is there. */
static const struct ward_spec *spec_of(struct plan *plan, const struct plan_live *live, const struct spec_mount *mounts,
                                       size_t count)
{
        struct ward_spec *spec = arena_new(&plan->arena, struct ward_spec, 1);

        if (spec == NULL)
                return NULL;
        *spec = *live->spec;
        spec->file = live->file;
        spec->mounts = mounts;
        spec->mount_count = count;
        if (spec->ns[SPEC_NS_USER].mode == SPEC_NS_NEW)
                spec->ns[SPEC_NS_USER].mode = SPEC_NS_JOIN;
        return spec;
}

static int fill_add(struct plan *plan, const struct plan_live *live, const struct spec_mount *mounts, size_t count,
                    struct ward_err *err)
{
        int r = begin(plan, live);
        const struct ward_spec *spec = spec_of(plan, live, mounts, count);
        const char *const *kept = list_kept(plan, live->spec);
        struct op *ops = arena_new(&plan->arena, struct op, count + 1);

        if (r < 0 || spec == NULL || ops == NULL || kept == NULL)
                return -ENOMEM;
        r = plan_check_label(live->spec, live->place, err);
        if (r >= 0)
                r = join_users(plan, live);
        /* What is made has the label of its maker. */
        if (r >= 0)
                r = plan_smack(plan, &live->spec->process, live->place, live->joined[SPEC_NS_USER].mode == SPEC_NS_JOIN,
                               err);
        if (r >= 0)
                r = plan_add_number(plan, OP_UNSHARE, CLONE_NEWNS, NULL);
        if (r >= 0 && live->place->foreign_mounts && plan_add(plan, OP_TREES, NULL) == NULL)
                r = -ENOMEM;
        if (r >= 0)
                r = join_of_mounts(plan, live, mounts, count);
        if (r >= 0)
                r = make_all(plan, spec, ops, err);
        if (r >= 0)
                r = enter(plan, live);
        for (size_t i = 0; r >= 0 && i < count; i++) {
                struct op *op = plan_add(plan, OP_ADD, NULL);

                if (op == NULL)
                        return -ENOMEM;
                *op = ops[i];
                op->bind.kept = kept;
        }
        if (r >= 0 && live->place->foreign_mounts)
                plan_leave_to_child(plan);
        return r < 0 ? r : plan_add_number(plan, OP_REPORT, PHASE_RUNNING, NULL);
}

int plan_live_add(const struct plan_live *live, const struct spec_mount *mounts, size_t count, struct plan *ret_plan,
                  struct ward_err *err)
{
        return plan_end(ret_plan, fill_add(ret_plan, live, mounts, count, err), err);
}

static int fill_remove(struct plan *plan, const struct plan_live *live, const char *destination, uint32_t id)
{
        int r = begin(plan, live);
        struct op *op;

        if (r >= 0)
                r = join_users(plan, live);
        if (r >= 0)
                r = enter(plan, live);
        op = r < 0 ? NULL : plan_add(plan, OP_REMOVE, NULL);
        if (op == NULL)
                return -ENOMEM;
        op->remove.target = plan_inside(plan, destination);
        op->remove.mount = id;
        return op->remove.target == NULL ? -ENOMEM : plan_add_number(plan, OP_REPORT, PHASE_RUNNING, NULL);
}

int plan_live_remove(const struct plan_live *live, const char *destination, uint32_t id, struct plan *ret_plan,
                     struct ward_err *err)
{
        return plan_end(ret_plan, fill_remove(ret_plan, live, destination, id), err);
}
