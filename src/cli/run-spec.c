/* SPDX-License-Identifier: Apache-2.0 */
/* From the options of `ward run` to a spec: the defaults, and what the options change. */
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/run.h"
#include "engine/relay.h"
#include "engine/user.h"
#include "model/defaults.h"

#define HOSTNAME_MAX 64 /* sethostname(2) */

static int set_command(const struct run_job *job, struct spec_process *process, struct ward_err *err)
{
        static char shell[] = "sh";
        static char *just_a_shell[] = {shell};

        if (job->argc == 0 && !job->options->tty) {
                (void)err_set(err, -EINVAL, "there is no command to run in '%s'", job->root->path);
                return err_hint(err, "write it behind the root: ward run ROOT COMMAND...; with -it it is a shell");
        }
        process->argv = job->argc == 0 ? cli_argv(job->cli, 1, just_a_shell) : cli_argv(job->cli, job->argc, job->argv);
        process->args_origin = CLI_ORIGIN(NULL);
        return process->argv == NULL ? err_oom(err) : 0;
}

static int set_user(const struct run_job *job, struct spec_process *process, struct user *ret_user,
                    struct ward_err *err)
{
        const char *word = job->options->user;
        int r = user_read(job->root->fd, word, &job->cli->arena, ret_user, err);

        if (r < 0)
                return word == NULL ? r : err_wrap(err, "option '--user'");
        if (job->options->users == RUN_USERS_OWN &&
            (ret_user->uid >= DEFAULTS_ID_COUNT || ret_user->gid >= DEFAULTS_ID_COUNT)) {
                (void)err_set(err, -EINVAL, "option '--user': '%s': a container has the ids 0 to %u", word,
                              DEFAULTS_ID_COUNT - 1);
                return err_hint(err, "choose one of these, or give it the machine's users with --userns=host");
        }
        process->uid = ret_user->uid;
        process->gid = ret_user->gid;
        process->groups = ret_user->groups;
        process->group_count = ret_user->group_count;
        if (word != NULL)
                process->user_origin = CLI_ORIGIN(arena_printf(&job->cli->arena, "--user %s", word));
        return 0;
}

static int set_environment(const struct run_job *job, const char *home, struct ward_spec *spec, struct ward_err *err)
{
        struct arena *arena = &job->cli->arena;
        const char **envp = arena_new(arena, const char *, 5);

        if (envp == NULL)
                return err_oom(err);
        envp[0] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        envp[1] = arena_printf(arena, "HOSTNAME=%s", spec->hostname);
        envp[2] = arena_printf(arena, "HOME=%s", home);
        envp[3] = job->options->tty ? "TERM=xterm" : NULL;
        if (envp[1] == NULL || envp[2] == NULL)
                return err_oom(err);
        spec->process.envp = envp;
        return cli_apply_env(job->cli, &job->options->env, &spec->process.envp, err);
}

static int set_names(const struct run_job *job, struct ward_spec *spec, struct ward_err *err)
{
        const char *given = job->options->hostname;

        if (given != NULL && strlen(given) > HOSTNAME_MAX)
                return err_set(err, -EINVAL, "option '--hostname': '%s' is longer than %d bytes", given, HOSTNAME_MAX);
        spec->hostname = given != NULL ? given : arena_strndup(&spec->arena, job->id, strnlen(job->id, HOSTNAME_MAX));
        spec->hostname_origin = given != NULL ? CLI_ORIGIN("--hostname") : CLI_ORIGIN("default");
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

static void set_resources(const struct run *options, struct spec_resources *resources)
{
        if (options->memory.given)
                resources->memory.limit = options->memory;
        if (options->cpu_quota.given) {
                resources->cpu.quota = options->cpu_quota;
                resources->cpu.period = options->cpu_quota;
                resources->cpu.period.value = 100000;
        }
        if (options->pids.given)
                resources->pids = options->pids;
}

static int set_process(const struct run_job *job, struct ward_spec *spec, struct ward_err *err)
{
        struct spec_process *process = &spec->process;
        struct user user;
        int r;

        r = set_command(job, process, err);
        if (r >= 0)
                r = set_user(job, process, &user, err);
        if (r >= 0)
                r = set_environment(job, user.home, spec, err);
        if (r < 0)
                return r;
        if (job->options->workdir != NULL) {
                process->cwd = job->options->workdir;
                process->cwd_origin = CLI_ORIGIN("--workdir");
        }
        if (*process->cwd != '/')
                return err_set(err, -EINVAL, "option '--workdir': '%s' is not an absolute path", process->cwd);
        process->terminal = job->options->tty;
        process->terminal_origin = CLI_ORIGIN("--tty");
        if (process->terminal)
                relay_size(&process->rows, &process->columns);
        set_oom_score(process);
        return 0;
}

int run_spec(const struct run_job *job, struct ward_spec *spec, struct ward_err *err)
{
        const long cpus = sysconf(_SC_NPROCESSORS_CONF);
        const struct defaults defaults = {
                .host_users = job->options->users == RUN_USERS_HOST,
                .id_base = job->id_base,
                .host_network = job->options->network == RUN_NETWORK_HOST,
                .cpus = cpus > 0 ? (unsigned)cpus : 1,
        };
        int r = defaults_fill(&defaults, spec, err);

        if (r < 0)
                return r;
        spec->rootfs = job->root->path;
        spec->rootfs_readonly = job->options->read_only;
        spec->rootfs_origin = CLI_ORIGIN(NULL);
        spec->rootfs_propagation = MS_PRIVATE | MS_REC;
        set_resources(job->options, &spec->resources);
        r = set_names(job, spec, err);
        if (r >= 0)
                r = set_process(job, spec, err);
        if (r >= 0)
                r = run_mounts(job, spec, err);
        if (r >= 0)
                r = run_rights(job, spec, err);
        return r;
}
