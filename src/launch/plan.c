/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spec → plan: the order of a start.
 *
 * The order is measured, not guessed: the network namespace, the dearest single step, and the mounts are the child's and run while the
 * parent makes the v1 groups; the child joins them at one meeting point; nothing of the container runs before that. What the
 * kernel requires of the order is said where the op is added.
 */
#include "base/libc.h"
#include "launch/plan-build.h"

#include <linux/sched.h>
#include <stdio.h>
#include <string.h>

static const uint32_t clone_flag[SPEC_NS_COUNT] = {
        [SPEC_NS_USER] = CLONE_NEWUSER, [SPEC_NS_CGROUP] = CLONE_NEWCGROUP, [SPEC_NS_IPC] = CLONE_NEWIPC,
        [SPEC_NS_UTS] = CLONE_NEWUTS,   [SPEC_NS_NET] = CLONE_NEWNET,       [SPEC_NS_PID] = CLONE_NEWPID,
        [SPEC_NS_TIME] = CLONE_NEWTIME, [SPEC_NS_MOUNT] = CLONE_NEWNS,
};

/* Made by the first clone. Not the network: it runs beside the parent's work. Not the cgroup namespace: its root is the group that
 * the process is in when it is made. Not the time namespace: its offsets are set before anything runs in it. */
static const enum spec_ns cloned[] = {SPEC_NS_USER, SPEC_NS_IPC, SPEC_NS_UTS, SPEC_NS_PID, SPEC_NS_MOUNT};

static bool is_new(const struct ward_spec *spec, enum spec_ns ns)
{
        return spec->ns[ns].mode == SPEC_NS_NEW;
}

int plan_join(struct plan *plan, const struct spec_namespace *ns, enum spec_ns which)
{
        struct slot slot = {.kind = SLOT_NAMESPACE, .path = ns->path, .origin = ns->origin};
        int number = plan_slot(plan, &slot);
        struct op *op = plan_add(plan, OP_SETNS, &ns->origin);

        if (number < 0 || op == NULL)
                return -ENOMEM;
        op->ns.slot = number;
        op->ns.type = clone_flag[which];
        return 0;
}

/* Joins what is named by path. The user namespace comes last for root, which has every capability in the others' owners anyway, and
 * would lose those over foreign ones with it; an ordinary user has none before it has joined (user_namespaces(7)). */
static int add_joins(struct plan *plan, const struct spec_namespace *ns, bool user_last)
{
        int r = 0;

        for (int pass = 0; pass < 2; pass++)
                for (int i = 0; r >= 0 && i < SPEC_NS_COUNT; i++)
                        if (ns[i].mode == SPEC_NS_JOIN && ((i == SPEC_NS_USER) == user_last) == (pass == 1))
                                r = plan_join(plan, &ns[i], (enum spec_ns)i);
        return r;
}

/* The kernel takes the user namespace first, and asks for rights over each of the others both in the caller's own and in that one (setns(2)). */
static int add_joins_at_once(struct plan *plan, const struct spec_namespace *ns)
{
        struct slot slot = {.kind = SLOT_PROCESS, .path = "the container's init"};
        uint32_t flags = 0;
        struct op *op;

        for (int i = 0; i < SPEC_NS_COUNT; i++)
                if (ns[i].mode == SPEC_NS_JOIN) {
                        flags |= clone_flag[i];
                        slot.origin = ns[i].origin;
                }
        if (flags == 0)
                return 0;
        op = plan_add(plan, OP_SETNS, &slot.origin);
        if (op == NULL)
                return -ENOMEM;
        op->ns.slot = plan_slot(plan, &slot);
        op->ns.type = flags;
        return op->ns.slot < 0 ? op->ns.slot : 0;
}

/* Files that the set-up makes belong to the container's root, if it has one. */
static bool maps_root(const struct spec_id_maps *maps)
{
        bool uid = false, gid = false;

        for (size_t i = 0; i < maps->uid_count; i++)
                uid |= maps->uid[i].container_id == 0;
        for (size_t i = 0; i < maps->gid_count; i++)
                gid |= maps->gid[i].container_id == 0;
        return uid && gid;
}

/* Who joins keeps ids that the namespace need not know, and could make no file in it. */
int plan_become_root(struct plan *plan, const struct ward_spec *spec, const struct spec_origin *origin)
{
        bool known = spec->id_maps.uid_count == 0 || maps_root(&spec->id_maps);

        return known && plan_add(plan, OP_BECOME_ROOT, origin) == NULL ? -ENOMEM : 0;
}

/* What is cloned into a new user namespace can't lower its score: that takes a capability of the initial one (proc_pid_oom_score_adj(5)), which the
 * parent may have. Everybody else sets it himself before he is hidden, since the file is root's then. */
static int add_oom_score(struct plan *plan, const struct spec_process *process, const struct spec_origin *origin)
{
        const char *text;

        if (!process->oom_score_given)
                return 0;
        text = arena_printf(&plan->arena, "%d", process->oom_score_adj);
        return text == NULL ? -ENOMEM : plan_add_text(plan, OP_OOM_SCORE, text, origin);
}

int plan_hide(struct plan *plan)
{
        return plan_add(plan, OP_HIDE, NULL) == NULL ? -ENOMEM : 0;
}

/* The files by which the parent maps the ids of a new user namespace are root's as soon as the process is hidden: until then nobody else has rights
 * over it, but who is in its pid namespace already, and where there is somebody the parent is root. */
static bool hides_late(const struct ward_spec *spec)
{
        return is_new(spec, SPEC_NS_USER) && spec->ns[SPEC_NS_PID].mode != SPEC_NS_JOIN;
}

/* A line for timens_offsets: "monotonic SECONDS NANOSECONDS" (time_namespaces(7)). */
static int add_time(struct plan *plan, const struct ward_spec *spec)
{
        const struct spec_time_offset *offsets[] = {&spec->monotonic, &spec->boottime};
        static const char *const clocks[] = {"monotonic", "boottime"};
        const char *lines = "";

        if (!is_new(spec, SPEC_NS_TIME))
                return 0;
        for (int i = 0; i < 2; i++)
                if (offsets[i]->given) {
                        lines = arena_printf(&plan->arena, "%s%s %lld %u\n", lines, clocks[i],
                                             (long long)offsets[i]->seconds, offsets[i]->nanoseconds);
                        if (lines == NULL)
                                return -ENOMEM;
                }
        return plan_add_text(plan, OP_TIME_OFFSETS, lines, &spec->ns[SPEC_NS_TIME].origin);
}

static int join_groups(struct plan *plan, const struct ward_spec *spec, const struct place *place)
{
        int *slots = arena_new(&plan->arena, int, place->hierarchy_count + 1);
        const char *tasks =
                place->cgroup_path == NULL ? "" : arena_concat(&plan->arena, place->cgroup_path + 1, "/tasks");
        uint32_t count = 0;
        struct op *op;

        if (slots == NULL || tasks == NULL || plan_add_number(plan, OP_WAIT, MESSAGE_CGROUPS, NULL) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < place->hierarchy_count; i++) {
                const struct place_hierarchy *h = &place->hierarchies[i];
                struct slot slot = {.kind = SLOT_TASKS,
                                    .path = h->mount,
                                    .file = tasks,
                                    .late = MESSAGE_CGROUPS,
                                    .number = h->number,
                                    .origin = spec->cgroups_path_origin};

                if (place->cgroup_path == NULL || (h->version == 2 && place->clone_into_cgroup))
                        continue;
                if (h->group != NULL || h->version == 2)
                        slot.file = arena_concat(&plan->arena, (h->group != NULL ? h->group : place->cgroup_path) + 1,
                                                 "/", h->version == 2 ? "cgroup.procs" : "tasks");
                slots[count] = plan_slot(plan, &slot);
                if (slot.file == NULL || slots[count++] < 0)
                        return -ENOMEM;
        }
        if (count > 0) {
                op = plan_add(plan, OP_JOIN_CGROUPS, &spec->cgroups_path_origin);
                if (op == NULL)
                        return -ENOMEM;
                op->cgroups.slots = slots;
                op->cgroups.count = count;
        }
        return 0;
}

/* Groups of v1 take a process whose user their tasks file was opened by, or saved user (cgroups(7), "Creating cgroups and moving
 * processes"): where that is not root of the machine, the process joins them before it becomes another one. */
static bool joins_as_caller(const struct ward_spec *spec, const struct place *place)
{
        bool old = false;

        for (size_t i = 0; i < place->hierarchy_count; i++)
                old |= place->hierarchies[i].version == 1;
        return old && !place->root_user && spec->ns[SPEC_NS_USER].mode != SPEC_NS_INHERIT;
}

/* Of those that run before pivot_root(2). */
static bool has_create_hooks(const struct ward_spec *spec)
{
        return spec->hooks[SPEC_HOOK_PRESTART].count + spec->hooks[SPEC_HOOK_CREATE_RUNTIME].count +
                       spec->hooks[SPEC_HOOK_CREATE_CONTAINER].count >
               0;
}

/* Whether hooks can be shown the root at its path. */
static bool has_root_path(const struct ward_spec *spec, const struct place *place)
{
        return is_new(spec, SPEC_NS_MOUNT) && !spec->rootfs_empty && place->rootfs != NULL;
}

static int add_root_path(struct plan *plan, const struct ward_spec *spec, const struct place *place)
{
        struct op *op;

        if (!has_create_hooks(spec) || !has_root_path(spec, place))
                return 0;
        op = plan_add(plan, OP_ROOT_PATH, &spec->rootfs_origin);
        if (op == NULL)
                return -ENOMEM;
        op->path = place->rootfs;
        return 0;
}

/* The namespaces: by the first clone where nothing is joined, else by a second clone after joining. */
static int add_namespaces(struct plan *plan, const struct ward_spec *spec, const struct place *place)
{
        uint64_t flags = 0;
        bool joins = false;
        int r;

        for (size_t i = 0; i < ELEMENTS(cloned); i++)
                if (is_new(spec, cloned[i]))
                        flags |= clone_flag[cloned[i]];
        for (int i = 0; i < SPEC_NS_COUNT; i++)
                joins |= spec->ns[i].mode == SPEC_NS_JOIN;
        if (!joins) {
                plan->clone_flags = flags;
        } else {
                r = add_joins(plan, spec->ns, place->root_user);
                if (r >= 0)
                        r = plan_add_number(plan, OP_CLONE, flags, NULL);
                if (r < 0)
                        return r;
        }
        r = add_root_path(plan, spec, place);
        if (r < 0)
                return r;
        /* Before this process becomes the namespace's root: with its ids changed, its files in /proc belong to the host's root (proc(5)). */
        r = add_time(plan, spec);
        if (r < 0)
                return r;
        if (spec->ns[SPEC_NS_USER].mode == SPEC_NS_JOIN && joins_as_caller(spec, place))
                r = join_groups(plan, spec, place);
        if (r < 0)
                return r;
        if (spec->ns[SPEC_NS_USER].mode == SPEC_NS_JOIN &&
            plan_become_root(plan, spec, &spec->ns[SPEC_NS_USER].origin) < 0)
                return -ENOMEM;
        if (is_new(spec, SPEC_NS_USER)) {
                r = plan_add_number(plan, OP_WAIT, MESSAGE_MAPPED, NULL);
                if (r >= 0 && hides_late(spec))
                        r = plan_hide(plan);
                if (r >= 0 && joins_as_caller(spec, place))
                        r = join_groups(plan, spec, place);
                if (r >= 0 && maps_root(&spec->id_maps) &&
                    plan_add(plan, OP_BECOME_ROOT, &spec->ns[SPEC_NS_USER].origin) == NULL)
                        r = -ENOMEM;
                if (r < 0)
                        return r;
        }
        /* After the user namespace: a network namespace belongs to the user namespace that it was made in. */
        if (is_new(spec, SPEC_NS_NET)) {
                r = plan_add_number(plan, OP_UNSHARE, CLONE_NEWNET, &spec->ns[SPEC_NS_NET].origin);
                if (r < 0 || plan_add(plan, OP_LOOPBACK_UP, &spec->ns[SPEC_NS_NET].origin) == NULL)
                        return -ENOMEM;
        }
        return 0;
}

static int add_names(struct plan *plan, const struct ward_spec *spec)
{
        int r = 0;

        if (spec->hostname != NULL)
                r = plan_add_text(plan, OP_HOSTNAME, spec->hostname, &spec->hostname_origin);
        if (r >= 0 && spec->domainname != NULL)
                r = plan_add_text(plan, OP_DOMAINNAME, spec->domainname, &spec->domainname_origin);
        return r;
}

static int add_sysctls(struct plan *plan, const struct ward_spec *spec)
{
        for (size_t i = 0; i < spec->sysctl_count; i++) {
                struct op *op = plan_add(plan, OP_SYSCTL, &spec->sysctls[i].origin);
                char *path = arena_strdup(&plan->arena, spec->sysctls[i].key);

                if (op == NULL || path == NULL)
                        return -ENOMEM;
                /* sysctl.d(5): where a slash comes first, dots are part of the names ("net/ipv4/conf/eth0.1/..."). */
                if (strchr(path, '/') == NULL || strcspn(path, ".") < strcspn(path, "/"))
                        for (char *c = path; *c != '\0'; c++)
                                *c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
                op->sysctl.path = path;
                op->sysctl.value = spec->sysctls[i].value;
                op->sysctl.len = (uint32_t)strlen(spec->sysctls[i].value);
        }
        return 0;
}

/* The parent moves them, which has the rights over both namespaces. Before the sysctls, which may be of one of them. */
static int add_net_devices(struct plan *plan, const struct ward_spec *spec)
{
        if (spec->net_device_count == 0)
                return 0;
        if (plan_add_number(plan, OP_REPORT, PHASE_CGROUPS, &spec->net_devices[0].origin) < 0)
                return -ENOMEM;
        return plan_add_number(plan, OP_WAIT, MESSAGE_NET_DEVICES, &spec->net_devices[0].origin);
}

static int add_root(struct plan *plan, const struct ward_spec *spec, const struct place *place)
{
        struct slot slot = {
                .kind = place->rootfs == NULL ? SLOT_GIVEN : SLOT_ROOT,
                .path = place->rootfs,
                .recursive = true,
                .origin = spec->rootfs_origin,
        };
        struct op *op;
        int number, r;

        if (spec->rootfs_empty) {
                r = plan_empty_root(plan, spec);
                return r < 0 ? r : plan_steps(plan, spec);
        }
        if (place->idmap_root)
                plan_map_tree(spec, NULL, true, &slot);
        r = plan_add_number(plan, OP_PROPAGATION, MS_REC | MS_SLAVE, &spec->rootfs_propagation_origin);
        if (r >= 0 && place->foreign_mounts && plan_add(plan, OP_TREES, NULL) == NULL)
                r = -ENOMEM;
        number = plan_slot(plan, &slot);
        op = plan_add(plan, OP_ROOT, &spec->rootfs_origin);
        if (r < 0 || number < 0 || op == NULL)
                return -ENOMEM;
        op->slot = number;
        return 0;
}

/* "/" as it can be written without the name of anything. */
static bool is_root(const char *path)
{
        size_t len;

        for (; *path != '\0'; path += len) {
                path += strspn(path, "/");
                len = strcspn(path, "/");
                if (len > 2 || strspn(path, ".") < len)
                        return false;
        }
        return true;
}

/* What is mounted over a process's own root hides nothing from it. */
static int refuse_root(const struct plan *plan, const struct spec_path *path, struct ward_err *err)
{
        char where[256];

        (void)err_set(err, -EINVAL, "%s: '%s' is the root itself, which nothing can cover",
                      spec_origin_text(&path->origin, plan->file, where, sizeof(where)), path->path);
        return err_hint(err, "name what lies below it; all of it is made read-only by root.readonly, or --read-only");
}

static int add_paths(struct plan *plan, enum op_type type, const struct spec_path *paths, size_t count,
                     struct ward_err *err)
{
        for (size_t i = 0; i < count; i++) {
                struct op *op = plan_add(plan, type, &paths[i].origin);
                const char *path = plan_inside(plan, paths[i].path);

                if (op == NULL || path == NULL)
                        return -ENOMEM;
                if (*path == '\0' && is_root(paths[i].path))
                        return refuse_root(plan, &paths[i], err);
                op->path = path;
        }
        return 0;
}

/* The root's own attributes come when everything below it is in place, and behind the pivot, which a shared root makes impossible
 * (pivot_root(2)). Propagation decides where mounts made later go. */
static int enter_root(struct plan *plan, const struct ward_spec *spec, const struct place *place)
{
        struct op *op;

        if (plan_add_number(plan, OP_PIVOT, place->no_pivot ? 0 : 1, &spec->rootfs_origin) < 0)
                return -ENOMEM;
        if (!spec->rootfs_readonly && spec->rootfs_propagation == 0)
                return 0;
        op = plan_add(plan, OP_ROOT_ATTR,
                      spec->rootfs_readonly ? &spec->rootfs_origin : &spec->rootfs_propagation_origin);
        if (op == NULL)
                return -ENOMEM;
        op->bind = (struct op_bind){
                .target = "",
                .slot = SLOT_NONE,
                .attr_set = spec->rootfs_readonly ? MOUNT_ATTR_RDONLY : 0,
                .propagation = spec->rootfs_propagation & ~(unsigned long)MS_REC,
                .recursive_propagation = (spec->rootfs_propagation & MS_REC) != 0,
        };
        return 0;
}

static int add_cwd(struct plan *plan, const struct spec_process *process, const struct place *place)
{
        const char *path = place->make_cwd ? plan_inside(plan, process->cwd) : "";
        struct op *op;

        if (path == NULL || *path == '\0')
                return path == NULL ? -ENOMEM : 0;
        op = plan_add(plan, OP_DIRECTORY, &process->cwd_origin);
        if (op == NULL)
                return -ENOMEM;
        op->path = path;
        return 0;
}

/* Hooks that the child runs: in the container's namespaces, and with a path of the host before the pivot, of the container after it
 * (config.md, "createContainer" and "startContainer"). The state that they read comes in a memory file. @inherited: the environment of those
 * that say nothing of theirs; NULL: none. */
static int child_hooks(struct plan *plan, const struct spec_hooks *hooks, const char *kind, const char *status,
                       const char *const *inherited, struct op_hooks *ret_hooks)
{
        struct slot slot = {.kind = SLOT_STATE, .file = status};
        struct op_hook *list;

        *ret_hooks = (struct op_hooks){0};
        if (hooks->count == 0)
                return 0;
        list = arena_new(&plan->arena, struct op_hook, hooks->count);
        if (list == NULL)
                return -ENOMEM;
        for (size_t i = 0; i < hooks->count; i++)
                list[i] = (struct op_hook){
                        .path = hooks->hooks[i].path,
                        .argv = hooks->hooks[i].argv,
                        .envp = hooks->hooks[i].env_given || inherited == NULL ? hooks->hooks[i].envp : inherited,
                        .timeout_sec = hooks->hooks[i].timeout_sec,
                };
        *ret_hooks = (struct op_hooks){.origin = hooks->hooks[0].origin,
                                       .kind = kind,
                                       .hooks = list,
                                       .count = (uint32_t)hooks->count,
                                       .slot = plan_slot(plan, &slot)};
        return ret_hooks->slot < 0 ? ret_hooks->slot : 0;
}

/* Those that the parent runs, and those of the container. */
static int add_both_hooks(struct plan *plan, const struct spec_hooks *create)
{
        struct op_hooks hooks;
        struct op *op;
        int r = plan_add_number(plan, OP_REPORT, PHASE_HOOKS, NULL);

        if (r >= 0)
                r = plan_add_number(plan, OP_WAIT, MESSAGE_HOOKS_DONE, NULL);
        if (r >= 0)
                r = child_hooks(plan, create, "createContainer", "creating", NULL, &hooks);
        if (r < 0 || hooks.count == 0)
                return r;
        op = plan_add(plan, OP_HOOKS, &hooks.origin);
        if (op == NULL)
                return -ENOMEM;
        op->hooks = hooks;
        return 0;
}

/* Hooks find the namespaces and the mounts made, the host's tree still there, and the container's root in it. */
static int add_create_hooks(struct plan *plan, const struct ward_spec *spec, const struct place *place)
{
        bool shown = has_root_path(spec, place);
        int r;

        if (!has_create_hooks(spec))
                return 0;
        r = shown ? plan_add_number(plan, OP_SHOW_ROOT, 1, &spec->rootfs_origin) : 0;
        if (r >= 0)
                r = add_both_hooks(plan, &spec->hooks[SPEC_HOOK_CREATE_CONTAINER]);
        return r < 0 || !shown ? r : plan_add_number(plan, OP_SHOW_ROOT, 0, &spec->rootfs_origin);
}

/* Everything about the file system, for a container with a mount namespace of its own. @mounted: of its mounts so many are planned. */
static int add_filesystem(struct plan *plan, const struct ward_spec *spec, const struct place *place, size_t mounted,
                          struct ward_err *err)
{
        int r;

        r = plan_mounts(plan, spec, place, false, &mounted, err);
        if (r >= 0)
                r = plan_dev(plan, spec, place, err);
        if (r >= 0)
                r = add_paths(plan, OP_READONLY, spec->readonly_paths, spec->readonly_path_count, err);
        if (r >= 0)
                r = add_paths(plan, OP_MASK, spec->masked_paths, spec->masked_path_count, err);
        if (r >= 0)
                r = plan_terminal(plan, &spec->process, place, true, err);
        /* Before what they make nodes in is read-only, and before what they mount could be mounted on the machine (V23). */
        if (r >= 0)
                r = add_create_hooks(plan, spec, place);
        if (r >= 0)
                r = plan_readonly_dev(plan, spec);
        if (r >= 0)
                r = plan_shared_binds(plan, spec, place, err);
        if (r >= 0)
                r = add_cwd(plan, &spec->process, place);
        if (r >= 0)
                r = plan_directories(plan, spec);
        if (r >= 0)
                r = enter_root(plan, spec, place);
        return r;
}

void plan_leave_to_child(struct plan *plan)
{
        for (uint32_t i = 0; i < plan->slot_count; i++) {
                struct slot *slot = &plan->slots[i];

                slot->by_child |= !slot->idmap && (slot->kind == SLOT_ROOT || slot->kind == SLOT_TREE ||
                                                   slot->kind == SLOT_PROCFS_TREE || slot->kind == SLOT_DEVICE);
        }
}

/* Behind the groups: a policy's nodes are those of the cpuset (set_mempolicy(2)). */
static int add_memory_policy(struct plan *plan, const struct spec_memory_policy *policy,
                             const struct spec_origin *origin)
{
        struct op *op;

        if (policy == NULL || !policy->given)
                return 0;
        op = plan_add(plan, OP_MEMORY_POLICY, origin);
        if (op == NULL)
                return -ENOMEM;
        op->memory_policy = (struct op_memory_policy){policy->mode, policy->flags, policy->nodes};
        return 0;
}

static int add_affinity(struct plan *plan, const struct spec_set *cpus)
{
        struct op *op;

        if (cpus->text == NULL)
                return 0;
        op = plan_add(plan, OP_AFFINITY, &cpus->origin);
        if (op == NULL)
                return -ENOMEM;
        op->set = *cpus;
        return 0;
}

/* Whatever the caller was confined to: the kernel takes those that the group has (cpuset(7)). */
static int add_all_cpus(struct plan *plan, const struct place *place)
{
        static const struct spec_origin origin = {.field = "the processors of the group", .index = -1};
        uint64_t *bits;

        if (!place->all_cpus)
                return 0;
        bits = arena_new(&plan->arena, uint64_t, SPEC_CPUS_MAX / 64);
        if (bits == NULL)
                return -ENOMEM;
        memset(bits, 0xff, SPEC_CPUS_MAX / 8);
        return add_affinity(
                plan, &(struct spec_set){.text = "all", .bits = bits, .bit_count = SPEC_CPUS_MAX, .origin = origin});
}

/* Why nothing more could be added. */
static int no_room(const struct plan *plan, struct ward_err *err)
{
        if (plan->slot_count < PLAN_SLOTS_MAX && plan->late_count <= PLAN_LATE_MAX)
                return err_oom(err);
        (void)err_set(err, -E2BIG,
                      "plan the start: it takes more than %d directories, devices and namespaces of the machine",
                      plan->slot_count < PLAN_SLOTS_MAX ? PLAN_LATE_MAX : PLAN_SLOTS_MAX);
        return err_hint(err, "bind one directory that holds several of them");
}

int plan_end(struct plan *plan, int r, struct ward_err *err)
{
        if (r >= 0)
                return 0;
        if (r == -ENOMEM)
                r = no_room(plan, err);
        plan_done(plan);
        return r;
}

/* What takes the groups, which the parent makes meanwhile, and nothing of the mounts. */
static int add_groups(struct plan *plan, const struct ward_spec *spec, const struct place *place)
{
        int r = joins_as_caller(spec, place) ? 0 : join_groups(plan, spec, place);

        if (r >= 0)
                r = add_all_cpus(plan, place);
        /* Its root are the groups. */
        if (r >= 0 && is_new(spec, SPEC_NS_CGROUP))
                r = plan_add_number(plan, OP_UNSHARE, CLONE_NEWCGROUP, &spec->ns[SPEC_NS_CGROUP].origin);
        if (r >= 0)
                r = add_net_devices(plan, spec);
        return r < 0 ? r : add_sysctls(plan, spec);
}

/* Behind the sysctls, which are files of the machine's; before whatever is made for the container, which the kernel gives the label of its maker. So
 * the groups are waited for earlier. */
static int add_smack(struct plan *plan, const struct ward_spec *spec, const struct place *place, struct ward_err *err)
{
        int r = add_groups(plan, spec, place);

        return r < 0 ? r : plan_smack(plan, &spec->process, place, spec->ns[SPEC_NS_USER].mode != SPEC_NS_INHERIT, err);
}

static int fill(struct plan *plan, const struct ward_spec *spec, const struct place *place,
                const struct sock_fprog *filter, uint32_t filter_flags, struct ward_err *err)
{
        bool mounts = is_new(spec, SPEC_NS_MOUNT), smack = spec->process.smack_label != NULL;
        struct slot proc = {.kind = SLOT_PROC, .path = "/proc"};
        struct op_hooks hooks;
        size_t mounted = 0;
        int r;

        r = plan_slot(plan, &proc);
        if (r >= 0 && !(place->root_user && is_new(spec, SPEC_NS_USER)))
                r = add_oom_score(plan, &spec->process, &spec->process.oom_score_origin);
        if (r >= 0 && !hides_late(spec))
                r = plan_hide(plan);
        if (r >= 0)
                r = add_namespaces(plan, spec, place);
        if (r >= 0)
                r = add_names(plan, spec);
        if (r >= 0 && smack)
                r = add_smack(plan, spec, place, err);
        if (r >= 0 && mounts)
                r = add_root(plan, spec, place);
        if (r >= 0 && mounts)
                r = plan_mounts(plan, spec, place, true, &mounted, err);
        if (r >= 0 && !smack)
                r = add_groups(plan, spec, place);
        if (r >= 0 && !mounts)
                r = add_create_hooks(plan, spec, place);
        if (r >= 0)
                r = mounts ? add_filesystem(plan, spec, place, mounted, err)
                           : plan_terminal(plan, &spec->process, place, false, err);
        if (r >= 0)
                r = child_hooks(plan, &spec->hooks[SPEC_HOOK_START_CONTAINER], "startContainer", "created",
                                place->envp != NULL ? place->envp : spec->process.envp, &hooks);
        if (r >= 0 && !place->no_new_keyring && plan_add(plan, OP_KEYRING, NULL) == NULL)
                r = -ENOMEM;
        if (r >= 0 && spec->personality_given)
                r = plan_add_number(plan, OP_PERSONALITY, spec->personality, &spec->personality_origin);
        if (r >= 0)
                r = add_memory_policy(plan, &spec->memory_policy, &spec->memory_policy.origin);
        if (r >= 0)
                r = plan_process(plan, &spec->process, &spec->landlock, place, filter, filter_flags, &hooks, false,
                                 err);
        if (r >= 0 && mounts && place->foreign_mounts)
                plan_leave_to_child(plan);
        return r;
}

int plan_start(const struct ward_spec *spec, const struct place *place, const struct sock_fprog *filter,
               uint32_t filter_flags, struct plan *ret_plan, struct ward_err *err)
{
        struct plan *plan = ret_plan;

        memset(plan, 0, sizeof(*plan));
        plan->file = spec->file;
        plan->clone_into_cgroup = place->clone_into_cgroup;
        plan->callers_root = spec->no_root;
        if (err != NULL)
                err->errnum = 0;
        return plan_end(plan, fill(plan, spec, place, filter, filter_flags, err), err);
}

int plan_exec(const struct plan_exec *exec, const struct sock_fprog *filter, uint32_t filter_flags,
              struct plan *ret_plan, struct ward_err *err)
{
        static const struct op_hooks none = {0};
        static const struct spec_origin container = {.field = "linux.memoryPolicy of the container", .index = -1},
                                        inherited = {.field = "process.oomScoreAdj of the container", .index = -1};
        struct ward_spec groups = {.file = exec->file};
        struct slot proc = {.kind = SLOT_PROC, .path = "/proc"};
        const struct spec_process *process = exec->process;
        struct place place = *exec->place;
        struct plan *plan = ret_plan;
        int r;

        memset(plan, 0, sizeof(*plan));
        /* config.md, "execCPUAffinity": `initial` is in force before the process is in the container's group, so that it can't be born in it. */
        place.clone_into_cgroup = place.clone_into_cgroup && process->affinity_initial.text == NULL;
        plan->file = exec->file;
        plan->clone_into_cgroup = place.clone_into_cgroup;
        r = plan_slot(plan, &proc);
        if (r >= 0)
                r = process->oom_score_given ? add_oom_score(plan, process, &process->oom_score_origin)
                                             : add_oom_score(plan, exec->init, &inherited);
        if (r >= 0)
                r = plan_hide(plan);
        if (r >= 0)
                r = add_affinity(plan, &process->affinity_initial);
        if (r >= 0)
                r = join_groups(plan, &groups, &place);
        if (r >= 0)
                r = process->affinity_initial.text == NULL && process->affinity_final.text == NULL
                            ? add_all_cpus(plan, &place)
                            : add_affinity(plan, &process->affinity_final);
        if (r >= 0)
                r = exec->at_once ? add_joins_at_once(plan, exec->joined)
                                  : add_joins(plan, exec->joined, place.root_user);
        /* Keys and terminals have the owner and the label of their maker. */
        if (r >= 0 && exec->joined[SPEC_NS_USER].mode == SPEC_NS_JOIN && exec->has_root &&
            plan_add(plan, OP_BECOME_ROOT, &exec->joined[SPEC_NS_USER].origin) == NULL)
                r = -ENOMEM;
        if (r >= 0)
                r = plan_smack(plan, process, &place, exec->joined[SPEC_NS_USER].mode == SPEC_NS_JOIN, err);
        if (r >= 0 && plan_add(plan, OP_KEYRING, NULL) == NULL)
                r = -ENOMEM;
        if (r >= 0 && exec->personality_given)
                r = plan_add_number(plan, OP_PERSONALITY, exec->personality, NULL);
        if (r >= 0)
                r = add_memory_policy(plan, exec->memory_policy, &container);
        if (r >= 0)
                r = plan_terminal(plan, process, &place, false, err);
        if (r >= 0)
                r = plan_process(plan, process, exec->landlock, &place, filter, filter_flags, &none, true, err);
        return plan_end(plan, r, err);
}
