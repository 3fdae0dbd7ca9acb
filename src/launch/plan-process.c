/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of every plan: from a process that is in its namespaces to the program.
 *
 * The order is the kernel's: groups before ids, because setgroups(2) needs a capability that changing the uid takes away; the bounding
 * set before the ids for the same reason; the filter last, because it may forbid any of the others. A filter without
 * no_new_privs needs CAP_SYS_ADMIN (seccomp(2)), which is then kept until the filter is in force and dropped right behind it; so it is with Landlock
 * (landlock_restrict_self(2)).
 */
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "kern/seccomp.h"
#include "launch/plan-build.h"
#include "model/apparmor.h"
#include "model/landlock.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define DEFAULT_UMASK 0022
#define SYS_ADMIN (UINT64_C(1) << CAP_SYS_ADMIN)

static const char *find_path(const char *const *envp)
{
        for (; *envp != NULL; envp++)
                if (strncmp(*envp, "PATH=", 5) == 0)
                        return *envp + 5;
        return DEFAULT_PATH;
}

/* What execvp(3) would try: the name itself if it has a slash, else each directory of PATH; an empty one is the current directory. */
static const char *const *candidates(struct plan *plan, const char *name, const char *const *envp)
{
        bool is_path = strchr(name, '/') != NULL || *name == '\0';
        const char *path = is_path ? "" : find_path(envp);
        const char **list;
        size_t count = 0, room = 2;

        for (const char *c = path; *c != '\0'; c++)
                room += *c == ':';
        list = arena_new(&plan->arena, const char *, room);
        if (list == NULL)
                return NULL;
        if (is_path) {
                list[0] = name;
                return list;
        }
        for (;;) {
                size_t len = strcspn(path, ":");

                list[count] = arena_printf(&plan->arena, "%.*s%s%s", (int)len, path, len == 0 ? "./" : "/", name);
                if (list[count++] == NULL)
                        return NULL;
                if (path[len] == '\0')
                        return list;
                path += len + 1;
        }
}

int plan_exec_op(struct plan *plan, enum op_type type, const struct spec_process *process, const char *const *envp)
{
        const char *program = process->program != NULL ? process->program : process->argv[0];
        struct op_exec exec = {.argv = process->argv, .envp = envp, .candidates = candidates(plan, program, envp)};
        struct op *op = plan_add(plan, type, &process->args_origin);

        if (exec.candidates == NULL || op == NULL)
                return -ENOMEM;
        op->exec = exec;
        return 0;
}

static int add_rlimit(struct plan *plan, const struct spec_rlimit *rlimit, bool room)
{
        struct op *op = plan_add(plan, OP_RLIMIT, &rlimit->origin);

        if (op == NULL)
                return -ENOMEM;
        op->rlimit = (struct op_rlimit){rlimit->resource, rlimit->soft, rlimit->hard, room};
        return 0;
}

/* @join: a process more is made when the ids are the program's, for whom both count for a moment (getrlimit(2), RLIMIT_NPROC): so that limit comes
 * behind it, when no right is left that raising it takes. */
static int add_rlimits(struct plan *plan, const struct spec_process *process, bool join)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < process->rlimit_count; i++)
                r = add_rlimit(plan, &process->rlimits[i], join && process->rlimits[i].resource == RLIMIT_NPROC);
        return r;
}

static int add_late_rlimits(struct plan *plan, const struct spec_process *process)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < process->rlimit_count; i++)
                if (process->rlimits[i].resource == RLIMIT_NPROC)
                        r = add_rlimit(plan, &process->rlimits[i], false);
        return r;
}

static int add_label(struct plan *plan, const char *file, const char *label, const struct spec_origin *origin)
{
        struct op *op = plan_add(plan, OP_LSM, origin);

        if (op == NULL || label == NULL)
                return -ENOMEM;
        op->lsm.file = file;
        op->lsm.label = label;
        op->lsm.len = (uint32_t)strlen(label);
        return 0;
}

static int refuse_lsm(struct plan *plan, const struct spec_origin *origin, const char *name, struct ward_err *err)
{
        char where[256];

        (void)err_set(err, -EOPNOTSUPP, "%s: %s is not active in this kernel",
                      spec_origin_text(origin, plan->file, where, sizeof(where)), name);
        return err_hint(err, "boot with it (lsm=... on the kernel command line), or leave this field out");
}

int plan_smack(struct plan *plan, const struct spec_process *process, const struct place *place, bool other_users,
               struct ward_err *err)
{
        struct op *op;

        if (process->smack_label == NULL)
                return 0;
        if (!place->smack)
                return refuse_lsm(plan, &process->smack_origin, "Smack", err);
        op = plan_add(plan, OP_SMACK, &process->smack_origin);
        if (op == NULL)
                return -ENOMEM;
        op->lsm.label = process->smack_label;
        op->lsm.len = (uint32_t)strlen(process->smack_label);
        op->lsm.offered = other_users;
        return 0;
}

static int add_lsm(struct plan *plan, const struct spec_process *process, const struct place *place,
                   struct ward_err *err)
{
        int r = 0;

        if (process->apparmor_profile != NULL && !place->apparmor)
                return refuse_lsm(plan, &process->apparmor_origin, "AppArmor", err);
        if (process->selinux_label != NULL && !place->selinux)
                return refuse_lsm(plan, &process->selinux_origin, "SELinux", err);
        /* What the caller is confined by stays, too, when a profile is stacked on it. */
        if (process->apparmor_profile != NULL)
                r = add_label(plan, "attr/apparmor/exec",
                              strncmp(process->apparmor_profile, APPARMOR_STACK, strlen(APPARMOR_STACK)) == 0
                                      ? arena_concat(&plan->arena, "stack ",
                                                     process->apparmor_profile + strlen(APPARMOR_STACK))
                                      : arena_concat(&plan->arena, "exec ", process->apparmor_profile),
                              &process->apparmor_origin);
        if (r >= 0 && process->selinux_label != NULL)
                r = add_label(plan, "attr/exec", process->selinux_label, &process->selinux_origin);
        return r;
}

static int add_ids(struct plan *plan, const struct spec_process *process, const struct place *place)
{
        struct op *op = plan_add(plan, OP_IDS, &process->user_origin);

        if (op == NULL)
                return -ENOMEM;
        op->ids = (struct op_ids){
                .uid = process->uid,
                .gid = process->gid,
                .groups = process->groups,
                .group_count = process->keep_groups ? 0 : (uint32_t)process->group_count,
                .keep_caps = process->uid != 0,
                /* Where it is denied for good the caller's groups stay, which user_namespaces(7) requires; asking for some fails. */
                .setgroups = !process->keep_groups && (!place->setgroups_denied || process->group_count > 0),
        };
        return 0;
}

static int add_caps(struct plan *plan, const struct spec_caps *caps, uint64_t lost, uint64_t keep)
{
        struct op *op = plan_add(plan, OP_CAPS, NULL);

        if (op == NULL)
                return -ENOMEM;
        op->caps.effective = (caps->effective & ~lost) | keep;
        op->caps.permitted = (caps->permitted & ~lost) | keep;
        op->caps.inheritable = caps->inheritable & ~lost;
        return 0;
}

/* capabilities(7): only what is permitted and inheritable can be raised. `runc spec` asks for more, and gets it from nobody. */
static int add_ambient(struct plan *plan, const struct spec_process *process, uint64_t lost)
{
        const struct spec_caps *caps = &process->caps;

        return plan_add_number(plan, OP_AMBIENT, caps->ambient & caps->inheritable & caps->permitted & ~lost,
                               &process->caps_origin);
}

int plan_terminal(struct plan *plan, const struct spec_process *process, const struct place *place, bool bind_console,
                  struct ward_err *err)
{
        struct slot slot = {.kind = SLOT_CONSOLE, .origin = process->terminal_origin};
        char where[256];
        struct op *op;

        if (!process->terminal)
                return 0;
        if (!place->terminal_socket) {
                (void)err_set(err, -EINVAL, "%s: a terminal is asked for, but nobody is there to hold its other end",
                              spec_origin_text(&process->terminal_origin, plan->file, where, sizeof(where)));
                return err_hint(err, "give --console-socket, or ask for no terminal");
        }
        op = plan_add(plan, OP_TERMINAL, &process->terminal_origin);
        if (op == NULL)
                return -ENOMEM;
        op->terminal = (struct op_terminal){
                .console_slot = plan_slot(plan, &slot),
                .rows = process->rows,
                .columns = process->columns,
                .uid = process->uid,
                .bind_console = bind_console,
                .plain = place->terminal_plain,
        };
        return op->terminal.console_slot < 0 ? -ENOMEM : 0;
}

static int add_output(struct plan *plan, const struct spec_process *process, const struct place *place)
{
        static const char *const files[] = {"stdout", "stderr"};
        struct op *op;

        if (!place->output_pipes || process->terminal)
                return 0;
        op = plan_add(plan, OP_OUTPUT, NULL);
        if (op == NULL)
                return -ENOMEM;
        for (int i = 0; i < 2; i++) {
                struct slot slot = {.kind = SLOT_OUTPUT, .file = files[i]};

                op->output.slots[i] = plan_slot(plan, &slot);
                if (op->output.slots[i] < 0)
                        return -ENOMEM;
        }
        return 0;
}

/* Made while this process is still who can open every path of it; in force much later, because under it nothing can be mounted and not all of the
 * container's files opened. */
static int add_ruleset(struct plan *plan, const struct spec_landlock *landlock, const struct place *place,
                       struct op_restrict *ret_restrict, struct ward_err *err)
{
        struct slot slot = {.kind = SLOT_RULESET};
        struct landlock_fit fit;
        struct op *op;
        int r;

        ret_restrict->slot = SLOT_NONE;
        if (landlock == NULL || !landlock->given)
                return 0;
        slot.origin = landlock->origin;
        r = landlock_demand(landlock, place->landlock_abi, plan->file, err);
        if (r < 0)
                return r;
        landlock_fit(landlock, place->landlock_abi, &fit);
        if ((fit.fs | fit.net | fit.scope) == 0)
                return 0;
        op = plan_add(plan, OP_RULESET, &landlock->origin);
        if (op == NULL)
                return -ENOMEM;
        op->ruleset = (struct op_ruleset){
                .fs = fit.fs,
                .net = fit.net,
                .scope = fit.scope,
                .paths = landlock->paths,
                .ports = landlock->ports,
                .path_count = fit.fs == 0 ? 0 : (uint32_t)landlock->path_count,
                .port_count = fit.net == 0 ? 0 : (uint32_t)landlock->port_count,
                .slot = plan_slot(plan, &slot),
        };
        *ret_restrict = (struct op_restrict){.slot = op->ruleset.slot, .flags = fit.flags};
        return op->ruleset.slot < 0 ? -ENOMEM : 0;
}

/* Rights go, in the order that the head of this file explains. *@ret_keep: what must be dropped after the filter. */
static int add_confinement(struct plan *plan, const struct spec_process *process, const struct place *place, bool walls,
                           bool join, uint64_t *ret_keep, struct ward_err *err)
{
        uint64_t keep = walls && !process->no_new_privs ? SYS_ADMIN : 0;
        struct op *op;
        int r;

        r = add_rlimits(plan, process, join);
        if (r >= 0)
                r = add_output(plan, process, place);
        if (r >= 0)
                r = add_lsm(plan, process, place, err);
        if (r >= 0) {
                /* Before the ids change: an image's working directory may be closed to its user, as docker's users know it. */
                op = plan_add(plan, OP_CHDIR, &process->cwd_origin);
                if (op == NULL)
                        return -ENOMEM;
                op->text.string = process->cwd;
                op->text.len = (uint32_t)strlen(process->cwd);
                r = plan_add_number(plan, OP_BOUNDING, process->caps.bounding, &process->caps_origin);
        }
        if (r >= 0)
                r = add_ids(plan, process, place);
        if (r >= 0)
                r = add_caps(plan, &process->caps, place->lost_caps, keep);
        if (r >= 0 && keep == 0)
                r = add_ambient(plan, process, place->lost_caps);
        if (r >= 0 && process->no_new_privs && plan_add(plan, OP_NO_NEW_PRIVS, NULL) == NULL)
                r = -ENOMEM;
        if (r >= 0)
                r = plan_add_number(plan, OP_UMASK, process->umask == UINT32_MAX ? DEFAULT_UMASK : process->umask,
                                    NULL);
        *ret_keep = keep;
        return r;
}

/* In the process that executes the program: a clone may reset the policy (sched(7), SCHED_FLAG_RESET_ON_FORK). Where the parent has root's rights, it
 * sets both, after the groups, whose real-time budget decides; else this process does, which needs no rights but its limits. */
static int add_schedule(struct plan *plan, const struct spec_process *process, const struct place *place)
{
        const struct spec_scheduler *scheduler = &process->scheduler;
        const struct spec_io_priority *io = &process->io_priority;
        struct op *op;

        if (place->root_user && (scheduler->given || io->given) &&
            (plan_add_number(plan, OP_REPORT, PHASE_CONFINE, NULL) < 0 ||
             plan_add_number(plan, OP_WAIT, MESSAGE_SCHEDULED, NULL) < 0))
                return -ENOMEM;
        if (scheduler->given) {
                op = plan_add(plan, OP_SCHEDULER, &scheduler->origin);
                if (op == NULL)
                        return -ENOMEM;
                op->scheduler = (struct op_scheduler){
                        .policy = scheduler->policy,
                        .nice = scheduler->nice,
                        .priority = scheduler->priority,
                        .flags = scheduler->flags,
                        .runtime_nsec = scheduler->runtime_nsec,
                        .deadline_nsec = scheduler->deadline_nsec,
                        .period_nsec = scheduler->period_nsec,
                        .by_parent = place->root_user,
                };
        }
        if (io->given) {
                op = plan_add(plan, OP_IO_PRIORITY, &io->origin);
                if (op == NULL)
                        return -ENOMEM;
                op->io_priority.value = IOPRIO_PRIO_VALUE(io->class, io->level);
                op->io_priority.by_parent = place->root_user;
        }
        return 0;
}

static int add_start(struct plan *plan, const struct place *place, const struct op_hooks *hooks)
{
        struct slot listener = {.kind = SLOT_LISTENER};
        struct op *op;
        int r = 0;

        /* Before hooks the parent gives the container's lock back. */
        if (place->create || place->judged || place->trace || hooks->count > 0)
                r = plan_add_number(plan, OP_REPORT, PHASE_WAITING, NULL);
        op = plan_add(plan, OP_WAIT_START, NULL);
        if (r < 0 || op == NULL)
                return -ENOMEM;
        op->slot = place->create ? plan_slot(plan, &listener) : SLOT_NONE;
        if (place->create && op->slot < 0)
                return -ENOMEM;
        if (hooks->count > 0) {
                op = plan_add(plan, OP_HOOKS, &hooks->origin);
                if (op == NULL)
                        return -ENOMEM;
                op->hooks = *hooks;
                op->hooks.confined = true;
        }
        return 0;
}

/* Behind the start, so that there is one process to wait for it, and before the filter, which both load. */
static int add_init(struct plan *plan, const struct spec_process *process)
{
        struct slot program = {.kind = SLOT_INIT, .origin = process->init_origin};
        struct op *op = plan_add(plan, OP_INIT, &process->init_origin);

        if (op == NULL)
                return -ENOMEM;
        op->slot = plan_slot(plan, &program);
        if (op->slot < 0)
                return -ENOMEM;
        return plan_add_number(plan, OP_SETSID, process->terminal, &process->terminal_origin);
}

static int add_filter(struct plan *plan, const struct sock_fprog *program, uint32_t flags, const struct place *place)
{
        struct seccomp_filter filter = {.code = program->filter, .count = program->len};
        struct slot agent = {.kind = SLOT_AGENT, .path = place->agent, .late = MESSAGE_START},
                    state = {.kind = SLOT_STATE, .file = "process"};
        struct op *op = plan_add(plan, OP_SECCOMP, NULL);

        if (op == NULL)
                return -ENOMEM;
        op->seccomp = (struct op_seccomp){
                .program = program, .flags = flags, .agent_slot = SLOT_NONE, .state_slot = SLOT_NONE};
        if ((flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) == 0)
                return 0;
        op->seccomp.agent_slot = plan_slot(plan, &agent);
        op->seccomp.state_slot = plan_slot(plan, &state);
        op->seccomp.yields = seccomp_filter_allows(&filter, SYS_sched_yield);
        return op->seccomp.agent_slot < 0 || op->seccomp.state_slot < 0 ? -ENOMEM : 0;
}

/* Before the filter, which may refuse it. Not by ward-init, whose signals to the program Landlock would refuse, too: it runs no code but ours, and
 * nobody behind the rules can trace or, with a scope, signal it. */
static int add_restriction(struct plan *plan, const struct spec_landlock *landlock, const struct op_restrict *how)
{
        struct op *op;

        if (how->slot == SLOT_NONE)
                return 0;
        op = plan_add(plan, OP_RESTRICT, &landlock->origin);
        if (op == NULL)
                return -ENOMEM;
        op->restrict_self = *how;
        return 0;
}

int plan_process(struct plan *plan, const struct spec_process *process, const struct spec_landlock *landlock,
                 const struct place *place, const struct sock_fprog *filter, uint32_t filter_flags,
                 const struct op_hooks *start_hooks, bool join, struct ward_err *err)
{
        const char *const *envp = place->envp != NULL ? place->envp : process->envp;
        struct op_restrict restrict_self;
        uint64_t keep = 0;
        bool walls;
        int r;

        r = add_ruleset(plan, landlock, place, &restrict_self, err);
        walls = filter != NULL || restrict_self.slot != SLOT_NONE;
        if (r >= 0)
                r = add_confinement(plan, process, place, walls, join, &keep, err);
        if (r < 0)
                return r;
        /* A container that was created without a process waits for its end: nobody says START to it. */
        if (process->argv == NULL) {
                r = plan_add_number(plan, OP_CLOSE_FDS, 3, NULL);
                return r < 0 ? r : add_start(plan, place, &(struct op_hooks){0});
        }
        r = plan_exec_op(plan, OP_FIND_EXEC, process, envp);
        if (r >= 0)
                r = plan_add_number(plan, OP_CLOSE_FDS, 3 + place->preserve_fds, NULL);
        /* A process that joins a pid namespace is in the container's sight from here on: with the rights and the descriptors of the
         * container's own, and with no others (V9). */
        if (r >= 0 && join)
                r = plan_add_number(plan, OP_CLONE, 0, NULL);
        if (r >= 0 && join)
                r = add_late_rlimits(plan, process);
        /* By the process that stays: a session ends with its leader's terminal, which is the program's own. */
        if (r >= 0)
                r = plan_add_number(plan, OP_SETSID, process->terminal && !process->init, &process->terminal_origin);
        if (r >= 0)
                r = add_schedule(plan, process, place);
        if (r >= 0)
                r = add_start(plan, place, start_hooks);
        if (r >= 0 && process->init)
                r = add_init(plan, process);
        /* The report goes out before the filter, which may forbid to send it. */
        if (r >= 0)
                r = plan_add_number(plan, OP_REPORT, PHASE_EXEC, NULL);
        if (r >= 0)
                r = add_restriction(plan, landlock, &restrict_self);
        if (r >= 0 && filter != NULL)
                r = add_filter(plan, filter, filter_flags, place);
        if (r >= 0 && keep != 0) {
                r = add_caps(plan, &process->caps, place->lost_caps, 0);
                if (r >= 0)
                        r = add_ambient(plan, process, place->lost_caps);
        }
        if (r >= 0 && process->verify != NULL) {
                struct op *op = plan_add(plan, OP_VERIFY, NULL);

                if (op == NULL)
                        return -ENOMEM;
                op->verify = (struct op_verify){process->verify, process->caps.permitted & ~place->lost_caps};
        }
        return r < 0 ? r : plan_exec_op(plan, OP_EXEC, process, envp);
}
