/* SPDX-License-Identifier: Apache-2.0 */
/* A container that is being made; see birth.h. docs/PHASES.md has the chart of who does what when. */
#include "engine/birth.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/hooks.h"
#include "engine/notify.h"
#include "engine/outside.h"
#include "engine/profile.h"
#include "engine/ready.h"
#include "engine/relay.h"
#include "engine/rights.h"
#include "engine/stored.h"
#include "engine/user.h"
#include "kern/clone.h"
#include "kern/proc.h"
#include "kern/userns.h"

static const char *join_argv(struct arena *arena, const char *const *argv)
{
        const char *joined = "";

        for (size_t i = 0; argv != NULL && argv[i] != NULL && joined != NULL; i++)
                joined = i == 0 ? argv[0] : arena_concat(arena, joined, " ", argv[i]);
        return joined;
}

/* By the call itself: musl would look through the symbols of the vDSO for it, which is dearer than the one call. */
static uint64_t now_usec(void)
{
        struct timespec now;

        (void)syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int fill_state(struct birth *birth, struct ward_err *err)
{
        const struct ward_spec *spec = birth->spec;
        const char **annotations = arena_new(&birth->arena, const char *, 2 * spec->annotation_count + 1);

        if (annotations == NULL)
                return err_oom(err);
        for (size_t i = 0; i < spec->annotation_count; i++) {
                annotations[2 * i] = spec->annotations[i].key;
                annotations[2 * i + 1] = spec->annotations[i].value;
        }
        birth->state = (struct store_state){
                .id = birth->options->id,
                .bundle = birth->options->bundle,
                .rootfs = birth->options->root_given ? birth->spec->rootfs : birth->site.place.rootfs,
                .oci_version = spec->oci_version,
                .created_usec = now_usec(),
                .program = birth->options->program,
                .command = join_argv(&birth->arena, spec->process.argv),
                .owner = geteuid(),
                .remover = birth->create || birth->options->detach || birth->options->keep ? 0 : getpid(),
                .seccomp_docker = birth->options->seccomp_docker,
                .resctrl = spec->rdt.given,
                .annotations = annotations,
        };
        if (spec->ns[SPEC_NS_USER].mode == SPEC_NS_NEW && spec->id_maps.uid_count > 0)
                birth->state.host_uid_base = spec->id_maps.uid[0].host_id;
        if (!spec->process.terminal) {
                const int fds[] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};

                outside_share_pipes(fds);
                birth->state.stdio = outside_stdio(&birth->arena, fds);
                if (birth->state.stdio == NULL)
                        return err_oom(err);
        }
        return birth->state.command == NULL || birth->state.rootfs == NULL ? err_oom(err) : 0;
}

/* What only a running system can tell to be impossible, said before anything is made. */
static int check(const struct ward_spec *spec, bool create, struct ward_err *err)
{
        if (!(create && !spec->process_given) && spec->process.argv == NULL) {
                (void)err_set(err, -EINVAL, "%s: process.args is missing: there is nothing to run", spec->file);
                return err_hint(err, "add \"process\": {\"args\": [\"PROGRAM\"], ...}");
        }
        if (spec->ns[SPEC_NS_USER].mode == SPEC_NS_NEW && spec->id_maps.uid_count == 0) {
                (void)err_set(err, -EINVAL, "%s: a new user namespace needs id mappings", spec->file);
                return err_hint(err, "add linux.uidMappings and linux.gidMappings");
        }
        if (spec->ns[SPEC_NS_MOUNT].mode == SPEC_NS_INHERIT && !spec->no_root) {
                (void)err_set(err, -EINVAL,
                              "%s: linux.namespaces has no mount namespace: the container would mount on the host",
                              spec->file);
                return err_hint(err, "add {\"type\": \"mount\"} to linux.namespaces");
        }
        if (spec->ns[SPEC_NS_MOUNT].mode == SPEC_NS_JOIN &&
            (spec->mount_count + spec->device_count > 0 || spec->rootfs_readonly || spec->rootfs_propagation != 0)) {
                (void)err_set(
                        err, -EINVAL,
                        "%s: nothing can be mounted or made read-only in a mount namespace that is joined: others "
                        "are in it",
                        spec->file);
                return err_hint(err, "leave the path of the mount namespace out, or mounts, linux.devices, "
                                     "root.readonly and linux.rootfsPropagation");
        }
        return 0;
}

/* Found out before anything fails half way, for who has nothing but a user namespace. */
static int check_users(const struct ward_spec *spec, int proc, struct ward_err *err)
{
        return geteuid() == 0 || spec->ns[SPEC_NS_USER].mode != SPEC_NS_NEW ? 0 : userns_check(proc, err);
}

/* crun(1), "run.oci.seccomp_fail_unknown_syscall": who wants it has no start with a filter that is not as it was written. */
static int tell_unknown(const struct birth *birth, struct ward_err *err)
{
        const char *strict = spec_annotation(birth->spec, "run.oci.seccomp_fail_unknown_syscall");
        struct ward_err what;

        (void)err_set(&what, -EINVAL, "%s: linux.seccomp: unknown system calls get the default action: %s",
                      birth->spec->file, birth->filter.unknown);
        (void)err_hint(&what, "they are newer than this version of ward, or misspelt");
        if (strict == NULL || strcmp(strict, "0") == 0) {
                store_warn(birth->store, &what);
                return 0;
        }
        if (err != NULL)
                *err = what;
        return -EINVAL;
}

static int get_filter(struct birth *birth, struct ward_err *err)
{
        _cleanup_close_
        int cache = -EBADF;
        int r;

        if (birth->spec->seccomp.text == NULL)
                return 0;
        cache = store_cache(birth->store, true);
        r = profile_filter(birth->spec, birth->options->seccomp_docker, cache, &birth->arena, &birth->filter, err);
        if (r < 0)
                return r;
        birth->program = (struct sock_fprog){.len = birth->filter.count, .filter = birth->filter.code};
        r = birth->filter.unknown == NULL ? 0 : tell_unknown(birth, err);
        if (r >= 0)
                r = profile_check(&birth->filter, err);
        if (r >= 0 && birth->spec->process.init)
                r = launch_check_init(&birth->filter, err);
        if (r >= 0)
                r = agent_find(&birth->agent, birth->spec, &birth->filter, &birth->arena, err);
        birth->site.place.agent = birth->agent.path;
        return r;
}

static const char *absolute_rootfs(struct birth *birth)
{
        const char *rootfs = birth->spec->rootfs;

        return rootfs[0] == '/' ? rootfs : arena_concat(&birth->arena, birth->options->bundle, "/", rootfs);
}

/* The socket on which a created container waits. Its name is short by way of the entry's descriptor, however long the state directory's
 * path is: unix(7) allows 107 bytes. */
static int listen_for_start(const struct store_entry *entry, struct ward_err *err)
{
        _cleanup_close_
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        struct sockaddr_un address = {.sun_family = AF_UNIX};

        (void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/start", entry->fd);
        if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 4) < 0)
                return err_errno(err, "make the socket that the container waits on for its start");
        return TAKE_FD(fd);
}

int birth_open_console(struct birth *birth, int relay_console, struct ward_err *err)
{
        if (birth->options->console_socket != NULL && !birth->spec->process.terminal) {
                (void)err_set(err, -EINVAL, "use the console socket '%s': process.terminal is false",
                              birth->options->console_socket);
                return err_hint(err, "set process.terminal to true, or leave --console-socket out");
        }
        if (birth->options->console_socket != NULL) {
                birth->console = notify_connect(birth->options->console_socket, "console socket", err);
                if (birth->console < 0)
                        return birth->console;
        } else if (relay_console >= 0) {
                birth->console = fcntl(relay_console, F_DUPFD_CLOEXEC, 3);
                if (birth->console < 0)
                        return err_errno(err, "duplicate the console socket");
                birth->site.place.terminal_plain = relay_plain();
        }
        birth->site.place.terminal_socket = birth->console >= 0;
        return 0;
}

static int open_sockets(struct birth *birth, int relay_console, struct ward_err *err)
{
        int r = birth_open_console(birth, relay_console, err);

        if (r < 0)
                return r;
        if (birth->create) {
                birth->listener = listen_for_start(&birth->entry, err);
                if (birth->listener < 0)
                        return birth->listener;
        } else if (birth->options->notify_socket != NULL) {
                birth->ready = ready_listen(&birth->entry, err);
                if (birth->ready < 0)
                        return birth->ready;
        }
        r = agent_prepare(&birth->agent, err);
        if (r >= 0 && birth->create)
                r = agent_note(&birth->agent, birth->entry.fd, err);
        return r;
}

/* Memory files for the hooks that the child runs; they are filled when its pid is known. */
static int open_hook_states(struct birth *birth, struct ward_err *err)
{
        const struct spec_hooks *hooks = birth->spec->hooks;

        if (hooks[SPEC_HOOK_CREATE_CONTAINER].count > 0)
                birth->state_creating = memfd_create("state", MFD_CLOEXEC);
        if (hooks[SPEC_HOOK_START_CONTAINER].count > 0)
                birth->state_created = memfd_create("state", MFD_CLOEXEC);
        if ((hooks[SPEC_HOOK_CREATE_CONTAINER].count > 0 && birth->state_creating < 0) ||
            (hooks[SPEC_HOOK_START_CONTAINER].count > 0 && birth->state_created < 0))
                return err_errno(err, "make a memory file for the hooks' state");
        return 0;
}

/* HOME comes from the /etc/passwd that the container will have where the config sets none. */
static int complete_environment(struct birth *birth, struct ward_err *err)
{
        const struct spec_process *process = &birth->spec->process;
        _cleanup_close_
        int opened = -EBADF;
        int root = birth->options->root_fd;

        if (!birth->options->root_given)
                root = opened = openat(AT_FDCWD, birth->site.place.rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (root < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == ELOOP))
                return 0; /* opening it for the container says what is wrong with it */
        if (root < 0)
                return err_errno(err, "open the root file system '%s'", birth->site.place.rootfs);
        birth->site.place.envp = user_environment(process->envp, root, birth->spec, process->uid, &birth->arena);
        return birth->site.place.envp == NULL ? err_oom(err) : 0;
}

/* What the symlinks say that are the sources of mounts with copy-symlink, by the same rights as sources are opened with. */
static int read_links(struct birth *birth, struct ward_err *err)
{
        const struct ward_spec *spec = birth->spec;
        const char **links = NULL;

        for (size_t i = 0; i < spec->mount_count; i++) {
                const struct spec_mount *mount = &spec->mounts[i];
                char text[PATH_MAX], where[256];
                ssize_t len;

                if (!mount->copy_symlink)
                        continue;
                if (links == NULL)
                        links = arena_new(&birth->arena, const char *, spec->mount_count);
                len = readlink(mount->source, text, sizeof(text)); /* host path: a bind's source */
                if (len < 0 && errno != EINVAL)
                        return err_errno(err, "%s: read the link '%s'",
                                         spec_origin_text(&mount->origin, spec->file, where, sizeof(where)),
                                         mount->source);
                if (links == NULL || (len >= 0 && (links[i] = arena_strndup(&birth->arena, text, (size_t)len)) == NULL))
                        return err_oom(err);
        }
        birth->site.place.links = links;
        return 0;
}

static int make_plan(struct birth *birth, struct ward_err *err)
{
        int r = read_links(birth, err);

        if (r < 0)
                return r;
        plan_done(&birth->plan);
        return plan_start(birth->spec, &birth->site.place, birth->filter.count > 0 ? &birth->program : NULL,
                          birth->filter.flags, &birth->plan, err);
}

/* Whether the config changes something that belongs to the namespace; *@ret_origin says what. */
static bool changes(const struct ward_spec *spec, enum spec_ns ns, const struct spec_origin **ret_origin)
{
        char path[256];

        for (size_t i = 0; i < spec->sysctl_count; i++) {
                *ret_origin = &spec->sysctls[i].origin;
                if (spec_sysctl_path(spec->sysctls[i].key, path, sizeof(path)) &&
                    spec_sysctl_namespace(path) == (int)ns)
                        return true;
        }
        if (ns == SPEC_NS_NET && spec->net_device_count > 0) {
                *ret_origin = &spec->net_devices[0].origin;
                return true;
        }
        *ret_origin = ns == SPEC_NS_MOUNT        ? &spec->ns[SPEC_NS_MOUNT].origin
                      : spec->hostname != NULL   ? &spec->hostname_origin
                      : spec->domainname != NULL ? &spec->domainname_origin
                                                 : NULL;
        return ns == SPEC_NS_MOUNT || (ns == SPEC_NS_UTS && *ret_origin != NULL);
}

int birth_check_namespace(const struct birth *birth, enum spec_ns ns, int fd, struct ward_err *err)
{
        const struct ward_spec *spec = birth->spec;
        const struct spec_namespace *wanted = &spec->ns[ns];
        const struct spec_origin *origin = &wanted->origin;
        char where[256];
        struct stat st;
        uint64_t own;
        int r;

        if (wanted->mode == SPEC_NS_JOIN && !changes(spec, ns, &origin))
                return 0;
        r = proc_namespace_inode(birth->proc, getpid(), stored_ns_files[ns], &own, err);
        if (r < 0)
                return r;
        if (fstat(fd, &st) < 0)
                return err_errno(err, "look at the %s namespace", spec_ns_names[ns]);
        if (st.st_ino != own)
                return 0;
        (void)spec_origin_text(origin, spec->file, where, sizeof(where));
        if (wanted->mode != SPEC_NS_JOIN) {
                (void)err_set(err, -EINVAL, "%s: the %s namespace is to be a new one, and is the host's own", where,
                              spec_ns_names[ns]);
                return err_hint(err, "restore it with the config that it had");
        }
        (void)err_set(err, -EINVAL, "%s: the %s namespace '%s' that is joined is the host's own", where,
                      spec_ns_names[ns], wanted->path);
        return err_hint(err, "leave its path out for a new one, or remove what would change it");
}

static int check_joined(const struct birth *birth, struct ward_err *err)
{
        static const bool changed[SPEC_NS_COUNT] = {
                [SPEC_NS_IPC] = true, [SPEC_NS_UTS] = true, [SPEC_NS_NET] = true, [SPEC_NS_MOUNT] = true};
        int r = 0;

        for (uint32_t i = 0; r >= 0 && i < birth->plan.slot_count; i++) {
                const struct slot *slot = &birth->plan.slots[i];

                for (int ns = 0; r >= 0 && slot->kind == SLOT_NAMESPACE && ns < SPEC_NS_COUNT; ns++)
                        if (changed[ns] && slot->path == birth->spec->ns[ns].path)
                                r = birth_check_namespace(birth, (enum spec_ns)ns, birth->launch.slots[i], err);
        }
        return r;
}

static int open_and_clone(struct birth *birth, const struct launch_given *given, int group_fd, struct ward_err *err)
{
        int r;

        r = launch_open(&birth->launch, &birth->plan, birth->filter.count > 0 ? &birth->filter : NULL,
                        birth->options->trace, given, err);
        if (r >= 0)
                r = check_joined(birth, err);
        if (r < 0)
                return r;
        return launch_clone(&birth->launch, group_fd, err);
}

/* The clone. A kernel or an outer sandbox may refuse to clone into a group: then the child joins it as it joins v1 groups. */
static int clone_init(struct birth *birth, struct ward_err *err)
{
        struct launch_given given = LAUNCH_GIVEN_NONE;
        int r;

        given.proc = birth->proc;
        given.console = birth->console;
        given.listener = birth->listener;
        given.state_creating = birth->state_creating;
        given.state_created = birth->state_created;
        given.state_process = birth->agent.state;
        given.root = birth->options->root_given ? birth->options->root_fd : -EBADF;
        given.shm = birth->options->shm_fd;
        given.output = birth->relay == NULL ? -EBADF : birth->relay->output[0][1];
        given.error = birth->relay == NULL ? -EBADF : birth->relay->output[1][1];
        given.made = birth->made;
        given.lock = birth->entry.lock;
        r = open_and_clone(birth, &given, birth->plan.clone_into_cgroup ? birth->group_fd : -EBADF, err);
        if (r >= 0 || !birth->plan.clone_into_cgroup ||
            (r != -EOPNOTSUPP && r != -ENOSYS && r != -EBUSY && r != -EACCES))
                return r;
        launch_done(&birth->launch);
        birth->site.place.clone_into_cgroup = false;
        r = make_plan(birth, err);
        if (r >= 0)
                r = open_and_clone(birth, &given, -EBADF, err);
        return r < 0 ? r : site_attach(&birth->site, birth->launch.pid, err);
}

/* For hooks that run in the container, which see its init by the number that it has there (runtime.md, "State"). */
static int write_hook_state(const struct birth *birth, int fd, struct ward_err *err)
{
        _cleanup_text_ struct text json = {0};
        pid_t pid;
        int r;

        if (fd < 0)
                return 0;
        r = proc_pid_inside(birth->proc, birth->launch.pid, &pid, err);
        if (r < 0)
                return r;
        hooks_state(&birth->state, "created", pid, &json);
        if (text_failed(&json))
                return err_oom(err);
        r = fd_write_all(fd, json.data, json.len);
        return r < 0 ? err_code(err, r, "write the hooks' state") : 0;
}

int birth_run_hooks(struct birth *birth, struct ward_err *err)
{
        const struct spec_hooks *hooks = birth->spec->hooks;
        _cleanup_text_ struct text json = {0};
        int r = 0;

        hooks_state(&birth->state, "created", birth->launch.pid, &json);
        if (text_failed(&json))
                return err_oom(err);
        birth->hooks_due = true;
        for (int kind = SPEC_HOOK_PRESTART; r >= 0 && kind <= SPEC_HOOK_CREATE_RUNTIME; kind++)
                r = hooks_run(&hooks[kind], (enum spec_hook_kind)kind, birth->spec->file, birth->state.bundle,
                              json.data, birth->launch.pidfd, err);
        return r;
}

static int run_parent_hooks(struct birth *birth, struct ward_err *err)
{
        const struct spec_hooks *hooks = birth->spec->hooks;
        int r;

        if (hooks[SPEC_HOOK_PRESTART].count + hooks[SPEC_HOOK_CREATE_RUNTIME].count +
                    hooks[SPEC_HOOK_CREATE_CONTAINER].count ==
            0)
                return 0;
        r = launch_await(&birth->launch, PHASE_HOOKS, err);
        if (r >= 0)
                r = birth_run_hooks(birth, err);
        if (r >= 0)
                r = write_hook_state(birth, birth->state_creating, err);
        if (r >= 0)
                r = launch_say(&birth->launch, MESSAGE_HOOKS_DONE, err);
        return r;
}

static int bring_up(struct birth *birth, struct ward_err *err)
{
        int r;

        r = get_filter(birth, err);
        if (r >= 0)
                r = site_start_unit(&birth->site, err);
        if (r >= 0)
                r = birth_note_group(birth, err);
        if (r >= 0)
                r = site_make_unified(&birth->site, &birth->group_fd, err);
        if (r >= 0)
                r = open_sockets(birth, birth->relay == NULL ? -EBADF : birth->relay->socket[1], err);
        if (r >= 0)
                r = open_hook_states(birth, err);
        if (r >= 0)
                r = birth_open_log(birth, err);
        if (r >= 0)
                r = complete_environment(birth, err);
        if (r >= 0)
                r = make_plan(birth, err);
        if (r >= 0)
                r = clone_init(birth, err);
        if (r >= 0)
                site_release_unit(&birth->site);
        if (r >= 0 && birth->plan.has[OP_CLONE])
                r = launch_await(&birth->launch, PHASE_CLONE, err);
        if (r >= 0 && birth->spec->ns[SPEC_NS_USER].mode == SPEC_NS_NEW)
                r = launch_map(&birth->launch, &birth->spec->id_maps, err);
        if (r >= 0)
                r = site_make_groups(&birth->site, birth->spec, err);
        if (r >= 0)
                r = launch_oom_score(&birth->launch, &birth->spec->process, birth->spec->file, err);
        if (r >= 0)
                r = launch_groups(&birth->launch, &birth->site.layout, err);
        if (r >= 0)
                r = links_give(&birth->links, &birth->launch, birth->spec, err);
        if (r >= 0)
                r = run_parent_hooks(birth, err);
        if (r >= 0)
                r = birth_write_state(birth, err);
        if (r >= 0)
                r = write_hook_state(birth, birth->state_created, err);
        /* Behind the state, which says where to look for it if this process is killed. */
        if (r >= 0)
                r = rdt_give(&birth->rdt, birth->spec, birth->options->id, birth->launch.pid, err);
        if (r >= 0)
                r = launch_schedule(&birth->launch, err);
        if (r >= 0)
                r = agent_write(&birth->agent, &birth->state, "creating", birth->launch.pid, birth->launch.pid, err);
        launch_trace(&birth->launch, "state");
        return r;
}

int birth_prepare(struct birth *birth, struct store *store, const struct ward_spec *spec,
                  const struct engine_options *options, bool create, struct ward_err *err)
{
        struct place *place = &birth->site.place;
        int r;

        memset(birth, 0, sizeof(*birth));
        birth->store = store;
        birth->spec = spec;
        birth->options = options;
        birth->create = create;
        birth->live = true;
        birth->proc = birth->entry.fd = birth->entry.lock = birth->made = birth->group_fd = birth->listener =
                birth->ready = birth->console = birth->state_creating = birth->state_created = birth->agent.state =
                        -EBADF;
        birth->rdt.root = birth->links.own = birth->links.container = -EBADF;
        birth->launch = (struct launch)LAUNCH_NONE;
        r = check(spec, create, err);
        if (r >= 0)
                r = birth->proc = proc_open(err);
        if (r >= 0)
                r = check_users(spec, birth->proc, err);
        if (r >= 0)
                r = rdt_open(&birth->rdt, spec, err);
        if (r >= 0)
                r = site_read(&birth->site, birth->proc, spec, options, NULL, err);
        if (r < 0)
                return r;
        rights_find(&birth->site, store, options, spec, &spec->process.caps);
        place->create = create;
        place->trace = options->trace != NULL;
        place->judged = options->judge != NULL || options->started != NULL;
        place->make_cwd = options->make_cwd;
        place->all_cpus = options->all_cpus;
        place->no_pivot = options->no_pivot;
        place->no_new_keyring = options->no_new_keyring;
        place->preserve_fds = options->preserve_fds;
        place->idmap_root = options->idmap_root && !options->root_given;
        place->rootfs = options->root_given ? NULL : absolute_rootfs(birth);
        r = fill_state(birth, err);
        if (r >= 0)
                r = store_create(store, options->id, &birth->entry, err);
        return r < 0 || options->notify_socket == NULL ? r : ready_prepare(&birth->entry, err);
}

/* The relay's pipes are the process's standard output and error. */
static int take_output(struct birth *birth, struct ward_err *err)
{
        const int fds[] = {STDIN_FILENO, birth->relay->output[0][1], birth->relay->output[1][1]};

        outside_share_pipes(fds);
        birth->site.place.output_pipes = true;
        birth->state.stdio = outside_stdio(&birth->arena, fds);
        return birth->state.stdio == NULL ? err_oom(err) : 0;
}

int birth_begin(struct birth *birth, struct store *store, const struct ward_spec *spec,
                const struct engine_options *options, bool create, const struct relay *relay, struct ward_err *err)
{
        int r = birth_prepare(birth, store, spec, options, create, err);

        birth->relay = relay;
        if (r >= 0 && relay != NULL && relay->output[0][1] >= 0)
                r = take_output(birth, err);
        if (r >= 0)
                r = bring_up(birth, err);
        return r;
}

int birth_explain_death(const struct birth *birth, struct ward_err *err)
{
        const struct spec_i64 *limit = &birth->spec->resources.memory.limit;
        struct cgroup_stats stats;
        char where[256];

        if (birth->site.place.cgroup_path == NULL || !limit->given ||
            cgroup_stats_read(&birth->site.layout, birth->site.place.cgroup_path, &stats, NULL) < 0 ||
            stats.oom_kills == UINT64_MAX || stats.oom_kills == 0)
                return -ESRCH;
        (void)err_set(err, -ENOMEM,
                      "%s: start the container: the kernel killed it for want of memory: %lld bytes are too few",
                      spec_origin_text(&limit->origin, birth->spec->file, where, sizeof(where)),
                      (long long)limit->value);
        (void)err_mistake(err, MISTAKE_MEMORY_TOO_LOW);
        return err_hint(err, "raise the limit: the start alone needs about 256 KiB, the program more");
}

void birth_share(struct birth *birth)
{
        store_unlock(&birth->entry);
        birth->shared = true;
}

/* The container's own hooks are programs of its image, which may wait for ever: who wants to kill or delete it shall not wait for them. Before all of
 * it is there nobody else may have it (mounts add would find the host's root behind the container's), so that is waited for. */
static int share_with_hooks(struct birth *birth, struct ward_err *err)
{
        int r = 0;

        if (birth->spec->hooks[SPEC_HOOK_START_CONTAINER].count == 0)
                return 0;
        birth->hooks_due = true;
        if (!birth->site.place.judged) /* then it was waited for already */
                r = launch_await(&birth->launch, PHASE_WAITING, err);
        birth_share(birth);
        return r;
}

int birth_finish(struct birth *birth, struct ward_err *err)
{
        int agent = -EBADF, r;

        if (birth->create) {
                r = launch_await(&birth->launch, PHASE_WAITING, err);
                if (r >= 0)
                        r = launch_hand_over(&birth->launch, err);
        } else {
                r = agent_connect(&birth->agent, &agent, err);
                if (r >= 0)
                        r = share_with_hooks(birth, err);
                if (r >= 0)
                        r = launch_start(&birth->launch, agent, err);
                agent = fd_close(agent);
                if (r >= 0)
                        r = launch_await_exec(&birth->launch, err);
        }
        return r == -ESRCH ? birth_explain_death(birth, err) : r;
}

void birth_release(struct birth *birth)
{
        /* What was made belongs to the container now. */
        if (unlinkat(birth->entry.fd, STORE_MADE, 0) == 0)
                (void)unlinkat(birth->entry.fd, STORE_ROOT, 0);
        launch_release(&birth->launch);
        birth->live = false;
}

/* Whether somebody has deleted it meanwhile, with all that was to be undone: another one may have its name, its group and its root by now. Else the
 * lock is ours again. */
static bool was_deleted(struct birth *birth)
{
        siginfo_t info;

        if (!birth->shared || store_lock(&birth->entry, NULL) != -ENOENT)
                return false;
        pidfd_kill_child(birth->launch.pidfd, birth->launch.pid);
        (void)pidfd_wait(birth->launch.pidfd, false, false, &info);
        launch_release(&birth->launch);
        return true;
}

void birth_done(struct birth *birth)
{
        bool undo = birth->live && !was_deleted(birth);

        launch_done(&birth->launch);
        if (birth->live && birth->pid_file)
                (void)unlink(birth->options->pid_file); /* host path: the caller's */
        if (undo)
                links_take_back(&birth->links, birth->spec);
        links_done(&birth->links);
        if (undo)
                rdt_take_back(&birth->rdt, birth->spec, birth->options->id);
        rdt_done(&birth->rdt);
        if (undo && birth->hooks_due)
                hooks_run_poststop(birth->store, birth->spec, &birth->state);
        birth->group_fd = fd_close(birth->group_fd);
        site_release_unit(&birth->site);
        if (undo)
                (void)site_remove_groups(&birth->site, false, NULL);
        if (undo && birth->site.delegated != NULL)
                site_stop_unit(&birth->site);
        if (undo && birth->entry.fd >= 0)
                (void)store_destroy(birth->store, birth->options->id, &birth->entry, NULL);
        else
                store_leave(&birth->entry);
        birth->made = fd_close(birth->made);
        birth->listener = fd_close(birth->listener);
        birth->ready = fd_close(birth->ready);
        birth->console = fd_close(birth->console);
        birth->state_creating = fd_close(birth->state_creating);
        birth->state_created = fd_close(birth->state_created);
        agent_done(&birth->agent);
        plan_done(&birth->plan);
        site_done(&birth->site);
        birth->proc = fd_close(birth->proc);
        arena_done(&birth->arena);
}
