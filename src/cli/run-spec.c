/* SPDX-License-Identifier: Apache-2.0 */
/* From the options of `ward run` to a spec: the defaults, and what the options change. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/libc.h"
#include "cli/run.h"
#include "engine/relay.h"
#include "engine/user.h"
#include "model/defaults.h"

#define HOSTNAME_MAX 64 /* sethostname(2) */
#define ENV_FILE_MAX (1u << 20)

/* The program and its arguments: --entrypoint comes in front, as an image's would. */
static int set_command(const struct run_job *job, struct spec_process *process, struct ward_err *err)
{
        const char *entrypoint = job->options->entrypoint;
        bool shell = job->argc == 0 && entrypoint == NULL;
        const char **argv;
        size_t count = 0;

        if (shell && !job->options->tty) {
                (void)err_set(err, -EINVAL, "there is no command to run in '%s'", job->root->path);
                (void)err_mistake(err, MISTAKE_NO_COMMAND);
                return err_hint(err, "write it behind the root: ward run ROOT COMMAND...; with -it it is a shell");
        }
        argv = arena_new(&job->cli->arena, const char *, (size_t)job->argc + 2);
        if (argv == NULL)
                return err_oom(err);
        if (shell)
                argv[count++] = "sh";
        if (entrypoint != NULL)
                argv[count++] = entrypoint;
        for (int i = 0; i < job->argc; i++)
                argv[count++] = job->argv[i];
        if (*argv[0] == '\0') {
                (void)err_set(err, -EINVAL, "the command to run in '%s' is empty", job->root->path);
                (void)err_mistake(err, MISTAKE_NO_COMMAND);
                return err_hint(err, "name a program; a variable of the shell that should do so may be empty");
        }
        process->argv = argv;
        process->args_origin = CLI_ORIGIN(entrypoint != NULL ? "--entrypoint" : NULL);
        return 0;
}

/* --group-add: behind the groups that the user has. In a namespace of one id nobody can be given another. */
static int add_groups(const struct run_job *job, struct user *user, struct ward_err *err)
{
        const struct option_list *list = &job->options->groups;
        uint32_t *groups = arena_new(&job->cli->arena, uint32_t, user->group_count + list->count + 1);
        size_t count = job->single ? 0 : user->group_count;

        if (groups == NULL)
                return err_oom(err);
        if (count > 0)
                memcpy(groups, user->groups, count * sizeof(*groups));
        for (size_t i = 0; i < list->count; i++) {
                int r = user_group(job->root->fd, list->items[i], &groups[count], err);

                if (r < 0)
                        return err_wrap(err, "option '--group-add'");
                if (!run_ids_has(job, groups[count++], true)) {
                        (void)err_set(err, -EINVAL, "option '--group-add': '%s': a container has the ids 0 to %u",
                                      list->items[i],
                                      job->groups.count > 0 ? (unsigned)job->groups.count : DEFAULTS_ID_COUNT - 1);
                        (void)err_mistake(err, MISTAKE_ID_RANGE);
                        return err_hint(err, "choose one of these");
                }
        }
        user->groups = groups;
        user->group_count = count;
        return 0;
}

/* Who runs: --user, by the root's names; with keep-id the caller; else root. */
static int find_user(struct run_job *job, struct user *ret_user, struct ward_err *err)
{
        const char *word = job->options->user, *users = job->options->ns[SPEC_NS_USER];
        int r;

        if (word == NULL && users != NULL && strcmp(users, "keep-id") == 0) {
                word = arena_printf(&job->cli->arena, "%u:%u", geteuid(), getegid());
                if (word == NULL)
                        return err_oom(err);
        }
        r = user_read(job->root->fd, word, &job->cli->arena, ret_user, err);
        if (r < 0)
                return word == NULL ? r : err_wrap(err, "option '--user'");
        if (!run_ids_has(job, ret_user->uid, false) || !run_ids_has(job, ret_user->gid, true)) {
                (void)err_set(err, -EINVAL, "option '--user': '%s': a container has the ids 0 to %u", word,
                              job->users.count > 0 ? (unsigned)job->users.count : DEFAULTS_ID_COUNT - 1);
                (void)err_mistake(err, MISTAKE_ID_RANGE);
                return err_hint(err, "choose one of these%s",
                                geteuid() == 0 ? ", or give it the machine's users with --userns=host" : "");
        }
        r = add_groups(job, ret_user, err);
        if (r < 0)
                return r;
        job->uid = ret_user->uid;
        job->gid = ret_user->gid;
        return run_ids_maps(job, &job->maps, err);
}

static void set_user(const struct run_job *job, const struct user *user, struct spec_process *process)
{
        process->uid = user->uid;
        process->gid = user->gid;
        process->groups = user->groups;
        process->group_count = user->group_count;
        if (job->options->user != NULL)
                process->user_origin = CLI_ORIGIN("--user");
}

/* With the machine's names: its own. */
static const char *own_name(char *buffer, size_t size)
{
        (void)gethostname(buffer, size);
        buffer[size - 1] = '\0';
        return buffer;
}

/* One --env-file: lines "KEY=VALUE" or "KEY", as docker reads them: '#' begins a comment, nothing is unquoted. */
static int read_env_file(const struct run_job *job, const char *path, const char *const **envp, struct ward_err *err)
{
        struct arena *arena = &job->cli->arena;
        _cleanup_free_ char *text = NULL;
        struct option_list list = {0};
        size_t lines = 1, size;
        int r = fd_read_file(AT_FDCWD, path, ENV_FILE_MAX, &text, &size, err);

        if (r < 0) {
                (void)err_wrap(err, "option '--env-file'");
                (void)err_mistake(err, MISTAKE_FILE_UNREADABLE);
                return err_hint(err, "name a file with lines KEY=VALUE");
        }
        for (const char *c = text; *c != '\0'; c++)
                lines += *c == '\n';
        if (strlen(text) != size) {
                (void)err_set(err, -EINVAL, "option '--env-file': '%s' has a NUL byte in line %zu", path, lines);
                (void)err_mistake(err, MISTAKE_FORM);
                return err_hint(err, "name a file with lines KEY=VALUE; of a file like /proc/PID/environ they are what "
                                     "tr '\\0' '\\n' makes");
        }
        list.items = arena_new(arena, const char *, lines);
        if (list.items == NULL)
                return err_oom(err);
        for (const char *at = text; *at != '\0';) {
                size_t blank = strspn(at, " \t"), len = strcspn(at, "\r\n");

                if (len > blank && at[blank] != '#') {
                        list.items[list.count] = arena_strndup(arena, at + blank, len - blank);
                        if (list.items[list.count++] == NULL)
                                return err_oom(err);
                }
                at += len + strspn(at + len, "\r\n");
        }
        r = cli_apply_env(job->cli, &list, envp, err);
        return r < 0 ? err_wrap(err, "option '--env-file': '%s'", path) : 0;
}

static int set_environment(const struct run_job *job, const char *home, struct ward_spec *spec, struct ward_err *err)
{
        struct arena *arena = &job->cli->arena;
        const char **envp = arena_new(arena, const char *, 5);
        char own[HOSTNAME_MAX + 1] = "";

        if (envp == NULL)
                return err_oom(err);
        envp[0] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        envp[1] =
                arena_concat(arena, "HOSTNAME=", spec->hostname != NULL ? spec->hostname : own_name(own, sizeof(own)));
        envp[2] = arena_concat(arena, "HOME=", home);
        envp[3] = job->options->tty ? "TERM=xterm" : NULL;
        if (envp[1] == NULL || envp[2] == NULL)
                return err_oom(err);
        spec->process.envp = envp;
        for (size_t i = 0; i < job->options->env_files.count; i++) {
                int r = read_env_file(job, job->options->env_files.items[i], &spec->process.envp, err);

                if (r < 0)
                        return r;
        }
        return cli_apply_env(job->cli, &job->options->env, &spec->process.envp, err);
}

static int check_name(const struct run_job *job, const char *option, const char *name, struct ward_err *err)
{
        if (name == NULL)
                return 0;
        if (strlen(name) > HOSTNAME_MAX) {
                (void)err_set(err, -EINVAL, "option '%s': '%s' is longer than %d bytes", option, name, HOSTNAME_MAX);
                (void)err_mistake(err, MISTAKE_FORM);
                return err_hint(err, "choose a shorter one");
        }
        if (job->namespaces->ns[SPEC_NS_UTS].mode == SPEC_NS_NEW)
                return 0;
        (void)err_set(err, -EINVAL, "option '%s': the name would be changed for others too", option);
        (void)err_mistake(err, MISTAKE_CONFLICT);
        return err_hint(err, "leave it out, or '--uts %s'", job->options->ns[SPEC_NS_UTS]);
}

static int set_names(const struct run_job *job, struct ward_spec *spec, struct ward_err *err)
{
        const struct run *o = job->options;
        int r = check_name(job, "--hostname", o->hostname, err);

        if (r >= 0)
                r = check_name(job, "--domainname", o->domainname, err);
        if (r < 0)
                return r;
        spec->hostname = o->hostname;
        spec->hostname_origin = CLI_ORIGIN("--hostname");
        spec->domainname = o->domainname;
        spec->domainname_origin = CLI_ORIGIN("--domainname");
        if (o->hostname != NULL || job->namespaces->ns[SPEC_NS_UTS].mode != SPEC_NS_NEW)
                return 0;
        spec->hostname = arena_strndup(&spec->arena, job->id, strnlen(job->id, HOSTNAME_MAX));
        spec->hostname_origin = CLI_ORIGIN("default");
        return spec->hostname == NULL ? err_oom(err) : 0;
}

/* A container is never spared by the kernel's OOM killer because its caller is, as sshd's children are; never more than its caller exposed. */
static void set_oom_score(struct spec_process *process)
{
        _cleanup_free_ char *own = NULL;

        if (fd_read_file(AT_FDCWD, "/proc/self/oom_score_adj", 32, &own, NULL, NULL) < 0 || *own != '-')
                return;
        process->oom_score_given = true;
        process->oom_score_adj = 0;
}

static int set_process(const struct run_job *job, const struct user *user, struct ward_spec *spec, struct ward_err *err)
{
        struct spec_process *process = &spec->process;
        int r;

        set_user(job, user, process);
        r = set_command(job, process, err);
        if (r >= 0)
                r = set_environment(job, user->home, spec, err);
        if (r < 0)
                return r;
        if (job->box != NULL && job->options->workdir == NULL) {
                r = run_box_directory(job, &process->cwd, err);
                if (r < 0)
                        return r;
        }
        if (job->options->workdir != NULL) {
                process->cwd = job->options->workdir;
                process->cwd_origin = CLI_ORIGIN("--workdir");
        }
        if (*process->cwd != '/') {
                (void)err_set(err, -EINVAL, "option '--workdir': '%s' is not an absolute path", process->cwd);
                (void)err_mistake(err, MISTAKE_RELATIVE);
                return err_hint(err, "write it from / on: it is a path inside the container");
        }
        process->init = job->options->init;
        process->init_origin = CLI_ORIGIN("--init");
        process->terminal = job->options->tty;
        process->terminal_origin = CLI_ORIGIN("--tty");
        if (process->terminal)
                relay_size(&process->rows, &process->columns);
        set_oom_score(process);
        return 0;
}

/* How the container wants to be stopped, for `ward stop`: the key that podman uses, and one of ours. */
static int set_annotations(const struct run *o, struct ward_spec *spec, struct ward_err *err)
{
        struct spec_annotation *annotations = arena_new(&spec->arena, struct spec_annotation, 2);
        size_t count = 0;

        if (annotations == NULL)
                return err_oom(err);
        if (o->stop_signal != NULL)
                annotations[count++] = (struct spec_annotation){ENGINE_STOP_SIGNAL, o->stop_signal};
        if (o->stop_timeout.given) {
                annotations[count].key = ENGINE_STOP_TIMEOUT;
                annotations[count].value = arena_printf(&spec->arena, "%lld", (long long)o->stop_timeout.value);
                if (annotations[count++].value == NULL)
                        return err_oom(err);
        }
        spec->annotations = annotations;
        spec->annotation_count = count;
        return 0;
}

/* The default mounts as this machine and this caller can have them. What is mounted below one that is the machine's only root may leave out
 * (mount_namespaces(7), "Restrictions on mount namespaces"); and not every machine has /dev/shm and /dev/mqueue. */
static int adapt_mounts(const struct run_job *job, struct ward_spec *spec)
{
        struct spec_mount *adapted = arena_new(&spec->arena, struct spec_mount, spec->mount_count);
        size_t count = 0;

        if (adapted == NULL)
                return -ENOMEM;
        for (size_t i = 0; i < spec->mount_count; i++) {
                struct spec_mount mount = spec->mounts[i];

                mount.recursive |= mount.bind && job->ordinary;
                if (!(mount.bind && strncmp(mount.destination, "/dev/", 5) == 0 && access(mount.source, F_OK) < 0))
                        adapted[count++] = mount;
        }
        spec->mounts = adapted;
        spec->mount_count = count;
        return 0;
}

int run_spec(struct run_job *job, struct ward_spec *spec, struct ward_err *err)
{
        const struct run *o = job->options;
        const long cpus = sysconf(_SC_NPROCESSORS_CONF);
        struct defaults defaults = {
                .cpus = cpus > 0 ? (unsigned)cpus : 1,
                .no_shm = (o->ns[SPEC_NS_IPC] != NULL && strcmp(o->ns[SPEC_NS_IPC], "none") == 0) ||
                          job->namespaces->shm == -ENOENT,
                .given_shm = job->namespaces->shm >= 0,
                .shm_bytes = o->shm_size.given ? (uint64_t)o->shm_size.value : 0,
                .privileged = o->privileged,
                .few_groups = job->few_groups,
                .foreign_net = job->namespaces->foreign_net,
                .callers_sys = job->box != NULL && job->box->no_sys,
        };
        struct user user;
        int r = find_user(job, &user, err);

        if (r < 0)
                return r;
        defaults.id_maps = job->maps;
        memcpy(defaults.ns, job->namespaces->ns, sizeof(defaults.ns));
        r = defaults_fill(&defaults, spec, err);
        if (r >= 0 && adapt_mounts(job, spec) < 0)
                r = err_oom(err);
        if (r < 0)
                return r;
        spec->rootfs = job->root->path;
        spec->rootfs_readonly = o->read_only;
        spec->rootfs_origin = CLI_ORIGIN(NULL);
        spec->rootfs_propagation = MS_PRIVATE | MS_REC;
        r = set_annotations(o, spec, err);
        if (r >= 0)
                r = set_names(job, spec, err);
        if (r >= 0)
                r = set_process(job, &user, spec, err);
        if (r >= 0)
                r = run_limits(job, spec, err);
        if (r >= 0)
                r = run_mounts(job, spec, err);
        if (r >= 0)
                r = run_devices(job, spec, err);
        if (r >= 0)
                r = run_rights(job, spec, err);
        if (r >= 0 && job->box != NULL)
                r = run_box_spec(job, spec, err);
        job->proved = spec->process.verify;
        return r;
}
