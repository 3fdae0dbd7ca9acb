/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another process in a running container.
 *
 * It joins the container's groups and namespaces, and is seen by the container only at the very end: the process in its pid namespace is
 * cloned when everything else of the host is gone from it, and it is not dumpable, so that nobody inside can look into it (V9).
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/procfs.h"
#include "engine/agent.h"
#include "engine/notify.h"
#include "engine/outside.h"
#include "engine/profile.h"
#include "engine/rdt.h"
#include "engine/relay.h"
#include "engine/rights.h"
#include "engine/stored.h"
#include "engine/subgroup.h"
#include "engine/user.h"
#include "kern/clone.h"
#include "kern/proc.h"
#include "kern/require.h"
#include "launch/launch.h"

/* How long a start may take from the state to the program, before exec refuses to join. */
#define START_WAIT_MSEC 2000
#define START_POLL_MSEC 5

#define ID_MAP_MAX (64 << 10) /* 340 lines of three numbers (user_namespaces(7)) */

struct execution {
        struct arena arena;
        struct stored stored;
        struct site *site;     /* of @stored */
        struct ward_spec spec; /* that the container was created with */
        struct spec_process process;
        const char *file; /* where it was written */
        struct spec_namespace joined[SPEC_NS_COUNT];
        bool has_root; /* the user namespace that is joined */
        struct seccomp_filter filter;
        struct sock_fprog program;
        struct agent agent;
        struct plan plan;
        struct launch launch;
        int group_fd;         /* owned: the v2 group */
        int console;          /* owned */
        const char *pid_file; /* that was written for what does not run yet; NULL: none */
};

static void execution_done(struct execution *exec)
{
        launch_done(&exec->launch);
        if (exec->pid_file != NULL)
                (void)unlink(exec->pid_file); /* host path: the caller's */
        plan_done(&exec->plan);
        exec->group_fd = fd_close(exec->group_fd);
        exec->console = fd_close(exec->console);
        agent_done(&exec->agent);
        spec_done(&exec->spec);
        stored_done(&exec->stored);
        arena_done(&exec->arena);
}

#define _cleanup_execution_ _cleanup_(execution_done)

/* What is executed is limited, and its devices are refused, as all of the container is, or it does not run (V25). */
static int refuse_absent(const struct execution *exec, struct ward_err *err)
{
        const char *absent = exec->site->absent;

        if (absent == NULL || exec->site->place.cgroup_path == NULL)
                return 0;
        (void)err_set(
                err, -ENOENT,
                "execute in container '%s': it has a control group in the hierarchy '%.*s', which is not mounted here",
                exec->stored.state.id, (int)strcspn(absent, " "), absent);
        return err_hint(err, "execute from the mount namespace that the container was started from");
}

/* An init that still runs this program's file, or runs it again as the interpreter of the container's program: through /proc/1/exe what is
 * executed could open the file, to write it when nobody runs it any more (V8). The init of create may be joined: create has protected it. */
static int runs_own_program(const struct execution *exec, int proc, struct ward_err *err)
{
        _cleanup_close_
        int init = proc_open_of(proc, exec->stored.state.pid, "exe", O_PATH, NULL);
        struct stat theirs, own;

        if (init == -EACCES && !exec->site->place.root_user)
                return 0; /* not readable, so that its own user can't look into it (ptrace(2)), nor can what is executed */
        if (init < 0)
                return err_code(err, init, "find out what the container's init runs");
        if (fstat(init, &theirs) < 0 || fstatat(proc, "self/exe", &own, 0) < 0)
                return err_errno(err, "find out what the container's init runs");
        return theirs.st_dev == own.st_dev && theirs.st_ino == own.st_ino;
}

static void pause_before_next_look(void)
{
        const struct timespec pause = {.tv_nsec = START_POLL_MSEC * 1000000L};

        (void)nanosleep(&pause, NULL);
}

/* Whether its mounts are there: who says so is its maker, or its program, which runs before the hooks that its maker waits for. Of another user's
 * init this can be seen, too. */
static bool is_made(struct execution *exec)
{
        struct stat st;
        int proc;

        if (fstatat(exec->stored.entry.fd, STORE_MADE, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
                return true;
        proc = stored_proc(&exec->stored, NULL);
        return exec->stored.status != ENGINE_CREATED && proc >= 0 &&
               proc_has_executed(proc, exec->stored.state.pid, NULL) > 0;
}

/* It is known before it is made: its mounts are being made meanwhile, and behind its root is the host's. Who joins it then would find nothing
 * masked or read-only. */
static int await_made(struct execution *exec, struct ward_err *err)
{
        for (int msec = 0; msec < START_WAIT_MSEC; msec += START_POLL_MSEC) {
                if (is_made(exec))
                        return 0;
                pause_before_next_look();
        }
        (void)err_set(err, -EBUSY, "execute in container '%s': it is still being created", exec->stored.state.id);
        return err_hint(err, "wait until it is created; if it stays so, who creates it was killed: delete it");
}

static int refuse_own_program(struct execution *exec, struct ward_err *err)
{
        int proc = stored_proc(&exec->stored, err);
        int r = proc < 0 ? proc : 1;

        /* Its state says that it runs a moment before its program does. */
        for (int msec = 0; r > 0 && msec < START_WAIT_MSEC; msec += START_POLL_MSEC) {
                r = runs_own_program(exec, proc, err);
                if (r > 0 && exec->stored.status == ENGINE_CREATED)
                        return 0;
                if (r > 0)
                        pause_before_next_look();
        }
        if (r <= 0)
                return r;
        (void)err_set(err, -EBUSY, "execute in container '%s': its init runs no program of the container yet",
                      exec->stored.state.id);
        return err_hint(err, "wait until it runs; if it stays so, its program names /proc/self/exe as interpreter");
}

/* In a user namespace of one group, or below such a one, nobody may set groups (user_namespaces(7)); asking its own file tells. */
static int find_setgroups(struct execution *exec, struct ward_err *err)
{
        int proc = stored_proc(&exec->stored, err);
        _cleanup_close_
        int file = -EBADF;
        char first = 0;

        if (proc < 0)
                return proc;
        file = proc_open_of(proc, exec->stored.state.pid, "setgroups", O_RDONLY, err);
        if (file < 0)
                return file;
        exec->site->place.setgroups_denied = read(file, &first, 1) == 1 && first == 'd';
        return 0;
}

static int maps_root(int proc, pid_t init, const char *file, struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        struct procfs_map map;
        _cleanup_close_
        int fd = proc_open_of(proc, init, file, O_RDONLY, err);
        int r = fd < 0 ? fd : fd_read_all(fd, file, ID_MAP_MAX, &text, NULL, err);

        if (r < 0)
                return r;
        for (const char *at = text; procfs_next_map(&at, &map);)
                if (map.inside == 0)
                        return 1;
        return 0;
}

/* Of the namespace itself, and not of the config: a namespace that was joined by its path has maps of its own, and so has one that init has made. */
static int find_root(struct execution *exec, struct ward_err *err)
{
        int proc = stored_proc(&exec->stored, err), r = proc;

        if (r < 0 || exec->joined[SPEC_NS_USER].mode != SPEC_NS_JOIN)
                return r < 0 ? r : 0;
        r = maps_root(proc, exec->stored.state.pid, "uid_map", err);
        if (r > 0)
                r = maps_root(proc, exec->stored.state.pid, "gid_map", err);
        exec->has_root = r > 0;
        return r < 0 ? r : 0;
}

static int load(struct execution *exec, struct store *store, const struct engine_exec_options *how,
                const struct engine_options *options, struct ward_err *err)
{
        unsigned allowed = 1u << ENGINE_CREATED | 1u << ENGINE_RUNNING | (how->ignore_paused ? 1u << ENGINE_PAUSED : 0);
        int r;

        r = stored_open(&exec->stored, store, options->id, false, err);
        if (r >= 0 && exec->stored.status == ENGINE_PAUSED && !how->ignore_paused) {
                (void)err_set(err, -EBUSY, "execute in container '%s': cannot exec in a paused container", options->id);
                if (strcmp(options->program, "ward-oci") == 0)
                        return err_hint(err, "resume it first, or execute with --ignore-paused once it goes on");
                return err_hint(err, "thaw its group first: ward cgroup thaw '%s'", exec->stored.state.cgroup_path);
        }
        if (r >= 0)
                r = stored_require(&exec->stored, allowed, "execute in", err);
        if (r >= 0)
                r = await_made(exec, err);
        if (r >= 0)
                r = stored_spec(&exec->stored.entry, &exec->spec, err);
        if (r >= 0)
                r = stored_site(&exec->stored, &exec->site, err);
        if (r >= 0)
                r = subgroup_choose(exec->site, options->id, how->cgroups, &exec->arena, err);
        if (r >= 0)
                r = refuse_absent(exec, err);
        if (r >= 0)
                r = refuse_own_program(exec, err);
        if (r >= 0)
                r = stored_namespaces(&exec->stored, exec->site->place.root_user, exec->joined, "exec", err);
        if (r >= 0)
                r = find_setgroups(exec, err);
        return r < 0 ? r : find_root(exec, err);
}

static int get_filter(struct execution *exec, struct store *store, struct ward_err *err)
{
        _cleanup_close_
        int cache = -EBADF;
        int r;

        if (exec->spec.seccomp.text == NULL)
                return 0;
        cache = store_cache(store, true);
        r = profile_filter(&exec->spec, exec->stored.state.seccomp_docker, cache, &exec->arena, &exec->filter, err);
        exec->program = (struct sock_fprog){.len = exec->filter.count, .filter = exec->filter.code};
        if (r >= 0)
                r = profile_check(&exec->filter, err);
        if (r >= 0)
                r = agent_find(&exec->agent, &exec->spec, &exec->filter, &exec->arena, err);
        if (r >= 0)
                r = agent_prepare(&exec->agent, err);
        exec->site->place.agent = exec->agent.path;
        return r;
}

/* HOME comes from the container's own /etc/passwd where nothing sets it. */
static int complete_environment(struct execution *exec, const struct spec_process *process, struct ward_err *err)
{
        int proc = stored_proc(&exec->stored, err);
        _cleanup_close_
        int root = -EBADF;

        if (proc < 0)
                return proc;
        root = proc_open_of(proc, exec->stored.state.pid, "root", O_PATH | O_DIRECTORY, err);
        if (root < 0)
                return root;
        exec->site->place.envp = user_environment(process->envp, root, NULL, process->uid, &exec->arena);
        return exec->site->place.envp == NULL ? err_oom(err) : 0;
}

static int open_group(struct execution *exec, struct ward_err *err)
{
        const struct cgroup_hierarchy *unified = cgroup_unified(&exec->site->layout);
        const char *group = site_unified_group(exec->site);

        if (!exec->site->place.clone_into_cgroup || unified == NULL)
                return 0;
        exec->group_fd = fd_close(exec->group_fd);
        exec->group_fd = fd_open_beneath(unified->fd, group + 1, O_PATH | O_DIRECTORY);
        return exec->group_fd < 0 ? err_code(err, exec->group_fd, "open the group '%s'", group) : 0;
}

/* The group of cgroup v2 that init is in, if that is the container's own or one below it: NULL otherwise. Of @unified. */
static int find_inits_group(struct execution *exec, const struct cgroup_hierarchy *unified, const char **ret_group,
                            struct ward_err *err)
{
        const char *own = exec->site->place.cgroup_path, *paths[CGROUP_HIERARCHY_MAX], *path;
        size_t len = strlen(own);
        int proc = stored_proc(&exec->stored, err);
        int r = proc < 0 ? proc
                         : cgroup_paths_of(&exec->site->layout, proc, exec->stored.state.pid, &exec->arena, paths, err);

        if (r < 0)
                return r;
        path = paths[unified - exec->site->layout.hierarchies];
        if (path != NULL && (strncmp(path, own, len) != 0 || (path[len] != '/' && path[len] != '\0')))
                path = NULL;
        /* What was read by its number is init's if init is still there. */
        *ret_group = pidfd_ended(exec->stored.pidfd) ? NULL : path;
        return 0;
}

/*
 * A group of cgroup v2 that gives controllers to groups below it has no processes itself (cgroups(7), "no internal processes"): so it is where
 * the container's program hands on what was delegated to it, as systemd or dockerd does in there. It has moved itself into one of those groups before
 * it could, and there what is executed goes, too, as with runc and crun. A group that was asked for is that or none.
 */
static int follow_init(struct execution *exec, const struct engine_exec_options *how, struct ward_err *err)
{
        const struct cgroup_hierarchy *unified = cgroup_unified(&exec->site->layout);
        bool asked = how->cgroups != NULL && how->cgroups[0] != NULL;
        const char *group = NULL;
        int r = asked ? 0 : find_inits_group(exec, unified, &group, err);

        if (r < 0)
                return r;
        if (group == NULL) {
                (void)err_set(err, -EBUSY,
                              "execute in container '%s': its group '%s%s' gives controllers to groups below it, so no "
                              "process can be in it itself%s",
                              exec->stored.state.id, unified->mount, site_unified_group(exec->site),
                              asked ? "" : ", and its init is in none of those below");
                return err_hint(err, "name a group below it that has no groups of its own: --cgroup PATH");
        }
        site_set_unified_group(exec->site, group);
        return 0;
}

/* Whether the group that is to be joined can't be, unless init is in it, too (of controllers of threads alone): the kernel's word for it would come from
 * the child. */
static bool hands_on(const struct site *site)
{
        const struct cgroup_hierarchy *unified = cgroup_unified(&site->layout);
        _cleanup_free_ char *given = NULL;

        return unified != NULL && site->place.cgroup_path != NULL &&
               cgroup_file_read(unified, site_unified_group(site), "cgroup.subtree_control", &given, NULL) >= 0 &&
               given[strspn(given, "\n")] != '\0';
}

static int make_plan(struct execution *exec, const struct spec_process *process, struct ward_err *err)
{
        const struct plan_exec what = {
                .process = process,
                .init = &exec->spec.process,
                .file = exec->file,
                .joined = exec->joined,
                .at_once = exec->site->place.root_user,
                .has_root = exec->has_root,
                .place = &exec->site->place,
                .personality = exec->spec.personality,
                .personality_given = exec->spec.personality_given,
                .memory_policy = &exec->spec.memory_policy,
                .landlock = &exec->spec.landlock,
        };

        site_find_modules(exec->site, process, &exec->spec.landlock, false);
        plan_done(&exec->plan);
        return plan_exec(&what, exec->filter.count > 0 ? &exec->program : NULL, exec->filter.flags, &exec->plan, err);
}

static int clone_once(struct execution *exec, const struct engine_options *options, int group_fd, struct ward_err *err)
{
        struct launch_given given = LAUNCH_GIVEN_NONE;
        int r;

        given.proc = stored_proc(&exec->stored, NULL);
        given.process = exec->stored.pidfd;
        given.console = exec->console;
        given.state_process = exec->agent.state;
        r = launch_open(&exec->launch, &exec->plan, exec->filter.count > 0 ? &exec->filter : NULL, options->trace,
                        &given, err);
        if (r < 0)
                return r;
        /* The namespace files were opened by pid: they are init's if init is still there. */
        if (pidfd_ended(exec->stored.pidfd)) {
                (void)err_set(err, -ESRCH, "execute in container '%s': it has just ended", options->id);
                return err_mistake(err, MISTAKE_NOT_RUNNING);
        }
        return launch_clone(&exec->launch, group_fd, err);
}

/* The group and the plan. A process that is not born in the group but joins it would be told in there that nobody can. */
static int plan_joining(struct execution *exec, const struct engine_exec_options *how, struct ward_err *err)
{
        int r;

        r = open_group(exec, err);
        if (r >= 0)
                r = make_plan(exec, &exec->process, err);
        if (r < 0 || exec->plan.clone_into_cgroup || !hands_on(exec->site))
                return r;
        r = follow_init(exec, how, err);
        return r < 0 ? r : make_plan(exec, &exec->process, err);
}

/* The clone; into the group where the kernel lets us, else the child joins it. */
static int clone_joining(struct execution *exec, const struct engine_exec_options *how,
                         const struct engine_options *options, struct ward_err *err)
{
        int r;

        r = plan_joining(exec, how, err);
        if (r >= 0)
                r = clone_once(exec, options, exec->plan.clone_into_cgroup ? exec->group_fd : -EBADF, err);
        if (exec->plan.clone_into_cgroup && r == -EBUSY) {
                launch_done(&exec->launch);
                r = follow_init(exec, how, err);
                if (r >= 0)
                        r = plan_joining(exec, how, err);
                if (r >= 0)
                        r = clone_once(exec, options, exec->group_fd, err);
        }
        if (exec->plan.clone_into_cgroup && (r == -EOPNOTSUPP || r == -ENOSYS || r == -EACCES)) {
                launch_done(&exec->launch);
                exec->site->place.clone_into_cgroup = false;
                r = plan_joining(exec, how, err);
                if (r >= 0)
                        r = clone_once(exec, options, -EBADF, err);
        }
        return r < 0 || exec->plan.clone_into_cgroup ? r : site_attach(exec->site, exec->launch.pid, err);
}

static int bring_in(struct execution *exec, const struct engine_exec_options *how, const struct engine_options *options,
                    struct ward_err *err)
{
        int agent = -EBADF, r;

        r = clone_joining(exec, how, options, err);
        if (r >= 0)
                r = launch_groups(&exec->launch, &exec->site->layout, err);
        if (r >= 0)
                r = launch_await(&exec->launch, PHASE_CLONE, err);
        if (r >= 0)
                r = notify_pid_file(options->pid_file, exec->launch.pid, err);
        if (r > 0)
                exec->pid_file = options->pid_file;
        if (r >= 0)
                r = notify_pidfd(options->pidfd_socket, exec->launch.pidfd, err);
        if (r >= 0)
                r = rdt_join(&exec->spec, options->id, exec->launch.pid, err);
        if (r >= 0)
                r = launch_schedule(&exec->launch, err);
        if (r >= 0)
                r = agent_write(&exec->agent, &exec->stored.state, engine_status_names[exec->stored.status],
                                exec->stored.state.pid, exec->launch.pid, err);
        if (r >= 0)
                r = agent_connect(&exec->agent, &agent, err);
        if (r >= 0)
                r = launch_start(&exec->launch, agent, err);
        agent = fd_close(agent);
        return r < 0 ? r : launch_await_exec(&exec->launch, err);
}

/* In the container's config, whose lines are none of the file that describes the process. */
static struct spec_origin of_container(struct spec_origin origin)
{
        origin.line = origin.column = 0;
        return origin;
}

static int take_over_limits(struct spec_process *process, const struct spec_process *init, struct arena *arena,
                            struct ward_err *err)
{
        struct spec_rlimit *rlimits;

        if (process->rlimit_count > 0 || init->rlimit_count == 0)
                return 0;
        rlimits = arena_new(arena, struct spec_rlimit, init->rlimit_count);
        if (rlimits == NULL)
                return err_oom(err);
        for (size_t i = 0; i < init->rlimit_count; i++) {
                rlimits[i] = init->rlimits[i];
                rlimits[i].origin = of_container(rlimits[i].origin);
        }
        process->rlimits = rlimits;
        process->rlimit_count = init->rlimit_count;
        return 0;
}

static void take_over_schedule(struct spec_process *process, const struct spec_process *init)
{
        if (!process->scheduler.given) {
                process->scheduler = init->scheduler;
                process->scheduler.origin = of_container(init->scheduler.origin);
        }
        if (!process->io_priority.given) {
                process->io_priority = init->io_priority;
                process->io_priority.origin = of_container(init->io_priority.origin);
        }
        if (process->affinity_initial.text == NULL && process->affinity_final.text == NULL) {
                process->affinity_initial = init->affinity_initial;
                process->affinity_initial.origin = of_container(init->affinity_initial.origin);
                process->affinity_final = init->affinity_final;
                process->affinity_final.origin = of_container(init->affinity_final.origin);
        }
}

/* What a process in a file does not say is as in the container, which has no less by it and no more: confined by the same labels, held to the same
 * limits. */
static int take_over(struct spec_process *process, const struct spec_process *init, struct arena *arena,
                     struct ward_err *err)
{
        if (!process->caps.given) {
                process->caps = init->caps;
                process->caps_origin = of_container(init->caps_origin);
        }
        if (process->umask == UINT32_MAX)
                process->umask = init->umask;
        if (process->apparmor_profile == NULL) {
                process->apparmor_profile = init->apparmor_profile;
                process->apparmor_origin = of_container(init->apparmor_origin);
        }
        if (process->selinux_label == NULL) {
                process->selinux_label = init->selinux_label;
                process->selinux_origin = of_container(init->selinux_origin);
        }
        if (!process->oom_score_given) {
                process->oom_score_given = init->oom_score_given;
                process->oom_score_adj = init->oom_score_adj;
                process->oom_score_origin = of_container(init->oom_score_origin);
        }
        take_over_schedule(process, init);
        return take_over_limits(process, init, arena, err);
}

/* A plan without a program is that of a container without a process, and waits until it is killed. */
static int refuse_no_program(const struct execution *exec, const char *id, struct ward_err *err)
{
        if (exec->process.argv != NULL)
                return 0;
        (void)err_set(err, -EINVAL, "execute in container '%s': %s: args is missing: there is nothing to run", id,
                      exec->file);
        return err_hint(err, "add \"args\": [\"PROGRAM\"] there");
}

/* What shall run, and who carries its terminal and its signals. */
static int prepare(struct execution *exec, const struct engine_exec_options *how, const struct engine_options *options,
                   struct relay *relay, struct ward_err *err)
{
        bool terminal;
        int r = 0;

        exec->file = exec->spec.file;
        if (how->process != NULL) {
                exec->process = *how->process;
                r = take_over(&exec->process, &exec->spec.process, &exec->arena, err);
                exec->file = how->file != NULL ? how->file : "exec";
        } else {
                r = how->describe(how->context, &exec->spec, &exec->process, err);
        }
        exec->process.keep_groups = exec->spec.process.keep_groups;
        exec->process.smack_label = exec->spec.process.smack_label;
        exec->process.smack_origin = exec->spec.process.smack_origin;
        if (r >= 0)
                r = refuse_no_program(exec, options->id, err);
        if (r < 0 || options->detach)
                return r;
        terminal = options->terminal_relay && exec->process.terminal && options->console_socket == NULL;
        return relay_begin(relay, terminal, !options->no_input, false, err);
}

/* Who listens there would wait for a terminal that nobody makes. */
static int open_console(struct execution *exec, const char *socket, struct ward_err *err)
{
        if (!exec->process.terminal) {
                (void)err_set(err, -EINVAL, "use the console socket '%s': the process is to have no terminal", socket);
                return err_hint(err, "ask for one (--tty, or terminal in what --process names), or leave "
                                     "--console-socket out");
        }
        exec->console = notify_connect(socket, "console socket", err);
        return exec->console < 0 ? exec->console : 0;
}

static int execute(struct execution *exec, struct store *store, const struct engine_exec_options *how,
                   const struct engine_options *options, struct relay *relay, struct engine_exit *ret_exit,
                   struct ward_err *err)
{
        siginfo_t info;
        int r;

        r = load(exec, store, how, options, err);
        if (r >= 0)
                r = prepare(exec, how, options, relay, err);
        if (r >= 0)
                r = get_filter(exec, store, err);
        if (r >= 0 && options->console_socket != NULL) {
                r = open_console(exec, options->console_socket, err);
        } else if (r >= 0 && relay->socket[1] >= 0) {
                exec->console = fcntl(relay->socket[1], F_DUPFD_CLOEXEC, 3);
                exec->site->place.terminal_plain = relay_plain();
                r = exec->console < 0 ? err_errno(err, "duplicate the console socket") : 0;
        }
        if (r < 0)
                return r;
        exec->site->place.terminal_socket = exec->console >= 0;
        exec->site->place.trace = options->trace != NULL;
        exec->site->place.preserve_fds = options->preserve_fds;
        exec->site->place.all_cpus = options->all_cpus;
        if (!exec->process.terminal)
                outside_share_pipes((const int[]){STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO});
        rights_find(exec->site, store, options, &exec->spec, &exec->process.caps);
        r = complete_environment(exec, &exec->process, err);
        if (r >= 0)
                r = bring_in(exec, how, options, err);
        if (r < 0)
                *ret_exit = (struct engine_exit){.status = launch_failure_status(&exec->launch, r)};
        if (r >= 0)
                r = relay_attach(relay, err);
        if (r < 0)
                return r;
        launch_release(&exec->launch);
        exec->pid_file = NULL;
        if (options->detach)
                return 0;
        r = relay_run(relay, exec->launch.pidfd, NULL, err);
        if (r >= 0)
                r = pidfd_wait(exec->launch.pidfd, false, false, &info);
        if (r < 0)
                return err_code(err, r, "wait for the process in container '%s'", options->id);
        *ret_exit = (struct engine_exit){.status = pidfd_exit_status(&info)};
        return 0;
}

int engine_exec(struct store *store, const struct engine_exec_options *how, const struct engine_options *options,
                struct engine_exit *ret_exit, struct ward_err *err)
{
        _cleanup_relay_ struct relay relay = RELAY_NONE;
        _cleanup_execution_ struct execution exec = {
                .group_fd = -EBADF,
                .console = -EBADF,
                .agent = AGENT_NONE,
                .stored = {.entry = {-EBADF, -EBADF}, .pidfd = -EBADF, .proc = -EBADF},
                .launch = LAUNCH_NONE,
        };
        int r;

        *ret_exit = (struct engine_exit){.status = 125};
        r = execute(&exec, store, how, options, &relay, ret_exit, err);
        return require_explain(r, err);
}
