/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan of a sandbox of bubblewrap's kind: what the spec says and nothing else, in bubblewrap's order.
 *
 * There is no group, no state, no word to wait for but that the ids are mapped. Rights go when all is mounted, the program's directory is entered
 * without them, and the filters come last.
 */
#include <linux/filter.h>
#include <sched.h>
#include <signal.h>
#include <string.h>

#include "launch/plan-build.h"

static uint64_t new_namespaces(const struct ward_spec *spec)
{
        static const struct {
                enum spec_ns ns;
                uint64_t flag;
        } all[] = {{SPEC_NS_USER, CLONE_NEWUSER}, {SPEC_NS_CGROUP, CLONE_NEWCGROUP}, {SPEC_NS_IPC, CLONE_NEWIPC},
                   {SPEC_NS_UTS, CLONE_NEWUTS},   {SPEC_NS_NET, CLONE_NEWNET},       {SPEC_NS_PID, CLONE_NEWPID},
                   {SPEC_NS_MOUNT, CLONE_NEWNS}};
        uint64_t flags = 0;

        for (size_t i = 0; i < ELEMENTS(all); i++)
                if (spec->ns[all[i].ns].mode == SPEC_NS_NEW)
                        flags |= all[i].flag;
        return flags;
}

/* A user namespace that is joined gives the rights to join and make the others. A pid namespace in which a new one shall lie is entered
 * first. */
static int add_namespaces(struct plan *plan, const struct ward_spec *spec)
{
        const struct spec_namespace *outer_pids = &spec->bare.outer_pids;
        uint64_t flags = new_namespaces(spec);
        bool joins = false;
        int r = 0;

        for (int ns = 0; ns < SPEC_NS_COUNT; ns++)
                if (r >= 0 && spec->ns[ns].mode == SPEC_NS_JOIN) {
                        r = plan_join(plan, &spec->ns[ns], (enum spec_ns)ns);
                        joins = true;
                }
        if (r >= 0 && outer_pids->mode == SPEC_NS_JOIN) {
                r = plan_join(plan, outer_pids, SPEC_NS_PID);
                if (r >= 0)
                        r = plan_add_number(plan, OP_CLONE, 0, &outer_pids->origin);
                joins = true;
        }
        if (r < 0)
                return r;
        if (!joins)
                plan->clone_flags = flags;
        else if (plan_add_number(plan, OP_CLONE, flags, NULL) < 0)
                return -ENOMEM;
        if (spec->ns[SPEC_NS_USER].mode == SPEC_NS_NEW && plan_add_number(plan, OP_WAIT, MESSAGE_MAPPED, NULL) < 0)
                return -ENOMEM;
        if (spec->ns[SPEC_NS_NET].mode == SPEC_NS_NEW &&
            plan_add(plan, OP_LOOPBACK_UP, &spec->ns[SPEC_NS_NET].origin) == NULL)
                return -ENOMEM;
        return spec->hostname == NULL ? 0 : plan_add_text(plan, OP_HOSTNAME, spec->hostname, &spec->hostname_origin);
}

static int add_label(struct plan *plan, const char *file, const char *label, const struct spec_origin *origin)
{
        struct op *op;

        if (label == NULL)
                return 0;
        op = plan_add(plan, OP_LSM, origin);
        if (op == NULL)
                return -ENOMEM;
        op->lsm.file = file;
        op->lsm.label = label;
        op->lsm.len = (uint32_t)strlen(label);
        return 0;
}

static int add_users(struct plan *plan, const struct ward_spec *spec)
{
        const struct spec_bare *bare = &spec->bare;
        const struct spec_namespace users = {.mode = SPEC_NS_JOIN, .path = bare->users2};
        struct op *op;

        if (bare->users2 != NULL && plan_join(plan, &users, SPEC_NS_USER) < 0)
                return -ENOMEM;
        if (bare->nest) {
                op = plan_add(plan, OP_NEST, NULL);
                if (op == NULL)
                        return -ENOMEM;
                op->nest = (struct op_nest){
                        .uid = bare->nest_uid,
                        .gid = bare->nest_gid,
                        .outer_uid = spec->id_maps.uid[0].container_id,
                        .outer_gid = spec->id_maps.gid[0].container_id,
                        .last = bare->no_users,
                };
        }
        return bare->prove_no_users && plan_add(plan, OP_NO_USERS, NULL) == NULL ? -ENOMEM : 0;
}

static int add_rights(struct plan *plan, const struct ward_spec *spec)
{
        const struct spec_caps *caps = &spec->process.caps;
        struct op *op;

        if (!spec->bare.keep_caps) {
                /* Who makes a user namespace, or joins one, has a whole bounding set in it (user_namespaces(7)). */
                if (spec->ns[SPEC_NS_USER].mode != SPEC_NS_INHERIT &&
                    plan_add_number(plan, OP_BOUNDING, caps->bounding, &spec->process.caps_origin) < 0)
                        return -ENOMEM;
                op = plan_add(plan, OP_CAPS, &spec->process.caps_origin);
                if (op == NULL)
                        return -ENOMEM;
                op->caps = (struct op_caps){caps->effective, caps->permitted, caps->inheritable};
        }
        return plan_add(plan, OP_NO_NEW_PRIVS, NULL) == NULL ? -ENOMEM : 0;
}

/* What outlives the set-up, and how it ends. */
static int add_stay(struct plan *plan, const struct ward_spec *spec)
{
        const struct slot ended = {.kind = SLOT_ENDED};
        const struct spec_bare *bare = &spec->bare;
        struct op *op;

        if (bare->stay) {
                op = plan_add(plan, OP_STAY, NULL);
                if (op == NULL)
                        return -ENOMEM;
                op->stay = (struct op_stay){
                        .ended_slot = plan_slot(plan, &ended),
                        .sync_fd = bare->sync_fd,
                        .locks = bare->locks,
                        .environment = bare->environment,
                        .environment_len = bare->environment_len,
                        .die_with_parent = bare->die_with_parent,
                };
                if (op->stay.ended_slot < 0)
                        return -ENOMEM;
        }
        return plan_add_number(plan, OP_PARENT_DEATH, bare->die_with_parent ? SIGKILL : 0, NULL);
}

/* The environment says which directory was entered. */
static const char *const *with_directory(struct plan *plan, const char *const *envp, const char *directory)
{
        size_t count = 0, at = 0;
        const char **list;

        while (envp[count] != NULL)
                count++;
        list = arena_new(&plan->arena, const char *, count + 2);
        if (list == NULL)
                return NULL;
        memcpy(list, envp, count * sizeof(*list));
        while (at < count && strncmp(list[at], "PWD=", 4) != 0)
                at++;
        list[at] = arena_concat(&plan->arena, "PWD=", directory);
        return list[at] == NULL ? NULL : list;
}

static int add_program(struct plan *plan, const struct ward_spec *spec)
{
        const char *const *directories = spec->bare.directories;
        const char *const **environments;
        size_t count = 0;
        struct op *op;
        int r;

        while (directories[count] != NULL)
                count++;
        environments = arena_new(&plan->arena, const char *const *, count + 1);
        if (environments == NULL)
                return -ENOMEM;
        for (size_t i = 0; i < count; i++)
                if ((environments[i] = with_directory(plan, spec->process.envp, directories[i])) == NULL)
                        return -ENOMEM;
        r = plan_exec_op(plan, OP_FIND_EXEC, &spec->process, spec->process.envp);
        if (r >= 0)
                r = plan_add_number(plan, OP_CLOSE_FDS, CLOSE_OURS, NULL);
        if (r >= 0)
                r = plan_add_number(plan, OP_REPORT, PHASE_EXEC, NULL);
        for (size_t i = 0; r >= 0 && i < spec->bare.filter_count; i++) {
                struct sock_fprog *program = arena_new(&plan->arena, struct sock_fprog, 1);

                op = plan_add(plan, OP_SECCOMP, NULL);
                if (program == NULL || op == NULL)
                        return -ENOMEM;
                *program = (struct sock_fprog){.len = spec->bare.filters[i].count,
                                               .filter = (struct sock_filter *)spec->bare.filters[i].code};
                op->seccomp = (struct op_seccomp){
                        .program = program, .by_prctl = true, .agent_slot = SLOT_NONE, .state_slot = SLOT_NONE};
        }
        if (r >= 0)
                r = plan_exec_op(plan, OP_EXEC, &spec->process, spec->process.envp);
        if (r >= 0)
                plan->ops[plan->op_count - 1].exec.environments = environments;
        return r;
}

static int fill(struct plan *plan, const struct ward_spec *spec)
{
        const struct spec_bare *bare = &spec->bare;
        const struct slot proc = {.kind = SLOT_PROC, .path = "/proc"};
        struct op *op;
        int r = plan_slot(plan, &proc);

        if (r >= 0)
                r = add_namespaces(plan, spec);
        if (r >= 0)
                r = add_label(plan, "attr/fscreate", bare->file_label, &bare->file_label_origin);
        if (r >= 0)
                r = plan_empty_root(plan, spec);
        if (r >= 0)
                r = plan_steps(plan, spec);
        if (r >= 0)
                r = plan_add_number(plan, OP_PIVOT, 1, &spec->rootfs_origin);
        if (r >= 0)
                r = add_users(plan, spec);
        if (r >= 0)
                r = add_rights(plan, spec);
        if (r >= 0 && bare->block_fd >= 0)
                r = plan_add_number(plan, OP_BLOCK, (uint64_t)bare->block_fd, NULL);
        if (r >= 0)
                r = plan_add_number(plan, OP_UMASK, spec->process.umask, NULL);
        op = plan_add(plan, OP_FIRST_CHDIR, &spec->process.cwd_origin);
        if (r < 0 || op == NULL)
                return -ENOMEM;
        op->paths = bare->directories;
        if (bare->new_session)
                r = plan_add_number(plan, OP_SETSID, 0, NULL);
        if (r >= 0)
                r = add_label(plan, "attr/exec", spec->process.selinux_label, &spec->process.selinux_origin);
        if (r >= 0)
                r = add_stay(plan, spec);
        if (r >= 0 && !bare->keep_caps && spec->process.caps.ambient != 0)
                r = plan_add_number(plan, OP_AMBIENT, spec->process.caps.ambient, &spec->process.caps_origin);
        return r < 0 ? r : add_program(plan, spec);
}

int plan_sandbox(const struct ward_spec *spec, struct plan *ret_plan, struct ward_err *err)
{
        memset(ret_plan, 0, sizeof(*ret_plan));
        ret_plan->file = spec->file;
        ret_plan->callers_signals = true;
        return plan_end(ret_plan, fill(ret_plan, spec), err);
}
