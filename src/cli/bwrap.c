/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ward sandbox --bwrap: bubblewrap's command line becomes a spec.
 *
 * Messages begin as bubblewrap's, whose callers look for them.
 */
#include "cli/bwrap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/help.h"

#define EXIT_BWRAP 1 /* of a start that failed, whatever the reason */

void bwrap_warn(const struct bwrap *bwrap, const char *message)
{
        cli_warning(bwrap->cli, MISTAKE_NONE, message, "");
}

static unsigned count_args(const struct bwrap_option *option)
{
        unsigned count = option->args != NULL;

        for (const char *c = option->args; c != NULL && (c = strchr(c, ' ')) != NULL; c++)
                count++;
        return count;
}

static const struct bwrap_option *find_option(const char *word, struct ward_err *err)
{
        const char *near, *names[128] = {NULL};

        for (size_t i = 0; i < bwrap_option_count && i < ELEMENTS(names); i++) {
                if (strncmp(word, "--", 2) == 0 && strcmp(bwrap_options[i].name, word + 2) == 0)
                        return &bwrap_options[i];
                names[i] = bwrap_options[i].name;
        }
        (void)err_set(err, -EINVAL, "Unknown option %s", word);
        near = strncmp(word, "--", 2) == 0 ? text_nearest(word + 2, names, bwrap_option_count) : NULL;
        if (near != NULL)
                (void)err_hint(err, "did you mean '--%s'?", near);
        return NULL;
}

static int read_option(struct bwrap *bwrap, const char *word, int count, char **args, struct ward_err *err)
{
        static const char *const numbers[] = {"no", "an argument", "two arguments", "three arguments"};
        const struct bwrap_option *option = find_option(word, err);
        unsigned wanted;
        int r;

        if (option == NULL)
                return -EINVAL;
        wanted = count_args(option);
        if ((unsigned)count < wanted)
                return err_set(err, -EINVAL, "%s takes %s", word, numbers[wanted]);
        r = option->take(bwrap, option, args, err);
        if (r < 0)
                return r;
        /* What was said for the next step must have been said for one that has it. */
        if (bwrap->perms >= 0 && strcmp(option->name, "perms") != 0 && strcmp(option->name, "size") != 0)
                return err_set(err, -EINVAL, "--perms must be followed by an option that creates a file");
        if (bwrap->size != 0 && strcmp(option->name, "perms") != 0 && strcmp(option->name, "size") != 0)
                return err_set(err, -EINVAL, "--size must be followed by --tmpfs");
        if (bwrap->overlay_count > 0 && strcmp(option->name, "overlay-src") != 0)
                return err_set(err, -EINVAL,
                               "--overlay-src must be followed by another --overlay-src or one of --overlay, "
                               "--tmp-overlay, or --ro-overlay");
        return (int)wanted;
}

int bwrap_parse(struct bwrap *bwrap, int *count, char ***words, struct ward_err *err)
{
        while (*count > 0 && (*words)[0][0] == '-') {
                int used = 0;
                bool last = strcmp((*words)[0], "--") == 0;

                if (!last)
                        used = read_option(bwrap, (*words)[0], *count - 1, *words + 1, err);
                if (used < 0)
                        return used;
                *words += used + 1;
                *count -= used + 1;
                bwrap->words += (size_t)used + 1;
                if (bwrap->words > BWRAP_WORDS_MAX)
                        return err_set(err, -E2BIG, "Exceeded maximum number of arguments %d", BWRAP_WORDS_MAX);
                if (last || bwrap->help || bwrap->version)
                        break;
        }
        if (bwrap->overlay_count > 0)
                return err_set(err, -EINVAL,
                               "--overlay-src must be followed by another --overlay-src or one of --overlay, "
                               "--tmp-overlay, or --ro-overlay");
        return 0;
}

static void add_usage(const struct bwrap *bwrap, struct text *text)
{
        text_printf(
                text,
                "usage: %s [OPTIONS...] [--] COMMAND [ARGS...]\n"
                "\n"
                "bubblewrap's options with bubblewrap's meaning, and nothing of ward's own: no filter, no limits, no\n"
                "name. 'ward sandbox' without --bwrap is a whole sandbox by default.\n"
                "\n",
                bwrap->name);
        for (size_t i = 0; i < bwrap_option_count; i++) {
                const struct bwrap_option *option = &bwrap_options[i];
                const char *args = option->args == NULL ? "" : option->args;
                int used = (int)(strlen(option->name) + strlen(args)) + 1;

                text_printf(text, "    --%s %s%*s  %s\n", option->name, args, used > 28 ? 0 : 28 - used, "",
                            option->help);
        }
}

/* Options that say nothing together, or need each other. */
static int check(const struct bwrap *b, bool root, struct ward_err *err)
{
        const char *wrong = NULL;
        bool users = b->unshare_user || b->users_fd >= 0;

        if (b->users_block_fd >= 0 && !b->unshare_user)
                wrong = "--userns-block-fd requires --unshare-user";
        else if (b->users_block_fd >= 0 && b->info_fd < 0)
                wrong = "--userns-block-fd requires --info-fd";
        else if (b->users_fd >= 0 && b->unshare_user)
                wrong = "--userns is not compatible with --unshare-user";
        else if (b->users_fd >= 0 && b->unshare_user_try)
                wrong = "--userns is not compatible with --unshare-user-try";
        else if (b->disable_users && !b->unshare_user)
                wrong = "--disable-userns requires --unshare-user";
        else if (b->disable_users && b->users_block_fd >= 0)
                wrong = "--disable-userns is not compatible with --userns-block-fd";
        else if (root && !users && !b->unshare_user_try && b->uid > 0)
                wrong = "Specifying --uid requires --unshare-user or --userns";
        else if (root && !users && !b->unshare_user_try && b->gid > 0)
                wrong = "Specifying --gid requires --unshare-user or --userns";
        else if (b->hostname != NULL && !b->unshare_uts)
                wrong = "Specifying --hostname requires --unshare-uts";
        else if (b->as_pid_1 && !b->unshare_pid)
                wrong = "Specifying --as-pid-1 requires --unshare-pid";
        else if (b->as_pid_1 && b->locks.count > 0)
                wrong = "Specifying --as-pid-1 and --lock-file is not permitted";
        return wrong == NULL ? 0 : err_set(err, -EINVAL, "%s", wrong);
}

/* Whether the machine makes such namespaces at all. */
static bool can_try_users(void)
{
        _cleanup_free_ char *text = NULL;

        return access("/proc/self/ns/user", F_OK) == 0 &&
               (fd_read_file(AT_FDCWD, "/proc/sys/user/max_user_namespaces", 64, &text, NULL, NULL) < 0 ||
                strcmp(text, "0\n") != 0);
}

static const char *fd_path(struct bwrap *bwrap, int fd)
{
        return arena_printf(&bwrap->cli->arena, "/proc/self/fd/%d", fd);
}

static int set_namespaces(struct bwrap *b, struct ward_spec *spec, struct ward_err *err)
{
        const struct {
                enum spec_ns ns;
                bool wanted;
                const char *option;
        } all[] = {{SPEC_NS_USER, b->unshare_user, "--unshare-user"},
                   {SPEC_NS_IPC, b->unshare_ipc, "--unshare-ipc"},
                   {SPEC_NS_PID, b->unshare_pid, "--unshare-pid"},
                   {SPEC_NS_NET, b->unshare_net, "--unshare-net"},
                   {SPEC_NS_UTS, b->unshare_uts, "--unshare-uts"},
                   {SPEC_NS_CGROUP, b->unshare_cgroup, "--unshare-cgroup"},
                   {SPEC_NS_MOUNT, true, NULL}};
        const char *users = fd_path(b, b->users_fd), *pids = fd_path(b, b->pids_fd);

        if (users == NULL || pids == NULL)
                return err_oom(err);
        for (size_t i = 0; i < ELEMENTS(all); i++)
                if (all[i].wanted)
                        spec->ns[all[i].ns] =
                                (struct spec_namespace){.mode = SPEC_NS_NEW, .origin = CLI_ORIGIN(all[i].option)};
        if (b->users_fd >= 0)
                spec->ns[SPEC_NS_USER] = (struct spec_namespace){SPEC_NS_JOIN, users, CLI_ORIGIN("--userns")};
        if (b->pids_fd >= 0 && b->unshare_pid)
                spec->bare.outer_pids = (struct spec_namespace){SPEC_NS_JOIN, pids, CLI_ORIGIN("--pidns")};
        else if (b->pids_fd >= 0)
                spec->ns[SPEC_NS_PID] = (struct spec_namespace){SPEC_NS_JOIN, pids, CLI_ORIGIN("--pidns")};
        if (b->users2_fd >= 0)
                spec->bare.users2 = fd_path(b, b->users2_fd);
        return b->users2_fd >= 0 && spec->bare.users2 == NULL ? err_oom(err) : 0;
}

/* One id of each kind, the caller's. devpts takes a namespace that has a root: what the program sees is then made in that one. */
static int set_ids(struct bwrap *b, struct ward_spec *spec, struct ward_err *err)
{
        const uint32_t uid = b->uid >= 0 ? (uint32_t)b->uid : getuid(), gid = b->gid >= 0 ? (uint32_t)b->gid : getgid();
        const bool as_root = b->needs_root_id && b->users_block_fd < 0;
        struct spec_id_map *maps = arena_new(&b->cli->arena, struct spec_id_map, 2);

        spec->process.uid = uid;
        spec->process.gid = gid;
        if (spec->ns[SPEC_NS_USER].mode != SPEC_NS_NEW)
                return 0;
        if (maps == NULL)
                return err_oom(err);
        maps[0] = (struct spec_id_map){as_root ? 0 : uid, getuid(), 1};
        maps[1] = (struct spec_id_map){as_root ? 0 : gid, getgid(), 1};
        spec->id_maps = (struct spec_id_maps){&maps[0], &maps[1], 1, 1};
        if (b->users_block_fd >= 0)
                return 0;
        spec->bare.nest = maps[0].container_id != uid || maps[1].container_id != gid || b->disable_users;
        spec->bare.nest_uid = uid;
        spec->bare.nest_gid = gid;
        spec->bare.no_users = b->disable_users;
        return 0;
}

static void set_caps(const struct bwrap *b, bool root, struct ward_spec *spec)
{
        uint64_t raised = b->caps_given ? b->caps : 0;

        spec->bare.keep_caps = root && !b->caps_given && spec->ns[SPEC_NS_USER].mode == SPEC_NS_INHERIT;
        spec->process.caps = (struct spec_caps){.given = true,
                                                .bounding = b->caps,
                                                .effective = b->caps,
                                                .permitted = b->caps,
                                                .inheritable = raised,
                                                .ambient = raised};
        spec->process.caps_origin = CLI_ORIGIN("--cap-add and --cap-drop");
        spec->process.no_new_privs = true;
}

/* The first that is there: the caller's own directory, his home, the root. */
static int set_directories(struct bwrap *b, struct ward_spec *spec, struct ward_err *err)
{
        const char **list = arena_new(&b->cli->arena, const char *, 4);
        _cleanup_free_ char *own = get_current_dir_name();
        const char *home = getenv("HOME");
        size_t count = 0;

        if (list == NULL)
                return err_oom(err);
        if (b->directory != NULL) {
                list[count++] = b->directory;
        } else {
                if (own != NULL && (list[count++] = arena_strdup(&b->cli->arena, own)) == NULL)
                        return err_oom(err);
                if (home != NULL)
                        list[count++] = home;
                list[count++] = "/";
        }
        spec->bare.directories = list;
        spec->process.cwd = list[0];
        spec->process.cwd_origin = CLI_ORIGIN(b->directory != NULL ? "--chdir" : NULL);
        return 0;
}

static int make_spec(struct bwrap *b, int count, char **words, struct ward_spec *spec, struct ward_err *err)
{
        const bool root = getuid() == 0;
        const char **argv = arena_new(&b->cli->arena, const char *, (size_t)count + 1), **envp;
        size_t variables = 0;
        mode_t mask = umask(0);
        int r;

        (void)umask(mask);
        while (environ != NULL && environ[variables] != NULL) /* clearenv(3) leaves NULL */
                variables++;
        envp = arena_new(&b->cli->arena, const char *, variables + 1);
        if (argv == NULL || envp == NULL)
                return err_oom(err);
        memcpy(argv, words, (size_t)count * sizeof(*argv));
        for (size_t i = 0; i < variables; i++)
                if ((envp[i] = arena_strdup(&b->cli->arena, environ[i])) == NULL)
                        return err_oom(err);
        spec->file = "the command line";
        spec->rootfs_empty = true;
        spec->steps = b->steps;
        spec->step_count = b->step_count;
        spec->hostname = b->hostname;
        spec->hostname_origin = CLI_ORIGIN("--hostname");
        spec->process.argv = argv;
        spec->process.envp = envp;
        spec->process.umask = mask;
        spec->process.program = argv[0];
        if (b->argv0 != NULL)
                argv[0] = b->argv0;
        spec->process.selinux_label = b->exec_label;
        spec->process.selinux_origin = CLI_ORIGIN("--exec-label");
        spec->bare = (struct spec_bare){
                .stay = !b->as_pid_1 && (b->unshare_pid || b->locks.count > 0 || b->sync_fd >= 0),
                .sync_fd = b->sync_fd,
                .locks = b->locks.items,
                .die_with_parent = b->die_with_parent,
                .new_session = b->new_session,
                .environment = b->environment,
                .environment_len = b->environment_len,
                .lax = b->lax,
                .block_fd = b->block_fd,
                .users_block_fd = b->users_block_fd,
                .filters = b->filters,
                .filter_count = b->filter_count,
                .prove_no_users = b->disable_users || b->assert_no_users,
                .file_label = b->file_label,
                .file_label_origin = CLI_ORIGIN("--file-label"),
        };
        r = set_namespaces(b, spec, err);
        if (r >= 0)
                r = set_ids(b, spec, err);
        set_caps(b, root, spec);
        return r < 0 ? r : set_directories(b, spec, err);
}

/* The namespaces that are not the caller's, as a member each. */
static void add_namespaces(const struct ward_spec *spec, const struct engine_started *started, const char *between,
                           struct text *text)
{
        static const struct {
                enum spec_ns ns;
                const char *name;
        } all[] = {{SPEC_NS_CGROUP, "cgroup"}, {SPEC_NS_IPC, "ipc"}, {SPEC_NS_MOUNT, "mnt"},
                   {SPEC_NS_NET, "net"},       {SPEC_NS_PID, "pid"}, {SPEC_NS_UTS, "uts"}};

        for (size_t i = 0; i < ELEMENTS(all); i++)
                if (spec->ns[all[i].ns].mode == SPEC_NS_NEW && started->namespaces[all[i].ns] != 0)
                        text_printf(text, ",%s\"%s-namespace\": %llu", between, all[i].name,
                                    (unsigned long long)started->namespaces[all[i].ns]);
}

struct told {
        const struct bwrap *bwrap;
        const struct ward_spec *spec;
};

static int tell(int fd, const struct text *text, struct ward_err *err)
{
        int r = text_failed(text) ? -ENOMEM : fd_write_all(fd, text->data, text->len);

        return r < 0 ? err_code(err, r, "Write to info_fd") : 0;
}

static int made(void *data, const struct engine_started *started, struct ward_err *err)
{
        const struct told *told = data;
        _cleanup_text_ struct text info = {0}, status = {0};
        int r = 0;

        text_printf(&info, "{\n    \"child-pid\": %d", started->pid);
        add_namespaces(told->spec, started, "\n    ", &info);
        text_puts(&info, "\n}\n");
        text_printf(&status, "{ \"child-pid\": %d", started->pid);
        add_namespaces(told->spec, started, " ", &status);
        text_puts(&status, " }\n");
        if (told->bwrap->info_fd >= 0) {
                r = tell(told->bwrap->info_fd, &info, err);
                (void)close(told->bwrap->info_fd);
        }
        return r >= 0 && told->bwrap->status_fd >= 0 ? tell(told->bwrap->status_fd, &status, err) : r;
}

static int start(struct bwrap *b, int count, char **words, struct ward_err *err)
{
        struct ward_spec spec = {0};
        struct told told = {b, &spec};
        const struct engine_sandbox_options options = {.made = b->info_fd >= 0 || b->status_fd >= 0 ? made : NULL,
                                                       .data = &told};
        struct engine_exit end = {0};
        _cleanup_text_ struct text status = {0};
        int r = make_spec(b, count, words, &spec, err);

        if (r >= 0)
                r = engine_sandbox(&spec, &options, &end, err);
        if (r < 0)
                return r;
        text_printf(&status, "{ \"exit-code\": %d }\n", end.status);
        if (b->status_fd >= 0)
                (void)tell(b->status_fd, &status, NULL); /* whoever asked may be gone by now */
        return end.status;
}

/* What /proc/PID/environ shows: the strings that this program was executed with. Nothing may have changed the list before. */
static void find_environment(struct bwrap *b)
{
        char *end = b->environment = environ[0];

        for (size_t i = 0; environ[i] != NULL && environ[i] == end; i++)
                end += strlen(end) + 1;
        b->environment_len = (size_t)(end - b->environment);
}

int bwrap_run(struct cli *cli, int count, char **words, struct ward_err *err)
{
        struct bwrap b = {
                .cli = cli,
                .name = cli->speaks_as == NULL ? "ward sandbox --bwrap" : cli->argv[0],
                .perms = -1,
                .uid = -1,
                .gid = -1,
                .users_fd = -1,
                .users2_fd = -1,
                .pids_fd = -1,
                .sync_fd = -1,
                .block_fd = -1,
                .users_block_fd = -1,
                .info_fd = -1,
                .status_fd = -1,
                .seccomp_fd = -1,
        };
        const bool root = getuid() == 0;
        _cleanup_text_ struct text text = {0};
        int r;

        find_environment(&b);
        r = root ? engine_own_caps(&b.caps, err) : 0;

        cli->speaks_as = "bwrap";
        cli->failure = EXIT_BWRAP;
        if (r >= 0)
                r = bwrap_parse(&b, &count, &words, err);
        if (r < 0)
                return r;
        if (b.version) {
                text_puts(&text, "bubblewrap " BWRAP_VERSION " (ward " WARD_VERSION ")\n");
                return cli_print(&text, err);
        }
        if (b.help || count == 0) {
                add_usage(&b, &text);
                if (b.help)
                        return cli_print(&text, err);
                (void)fd_write_all(STDERR_FILENO, text.data, text.len);
                return EXIT_BWRAP;
        }
        /* Nothing else gives who is not root any rights. */
        b.unshare_user |= !root && b.users_fd < 0;
        r = check(&b, root, err);
        if (r >= 0 && b.seccomp_fd >= 0)
                r = bwrap_add_filter(&b, b.seccomp_fd, err);
        if (r < 0)
                return r;
        b.unshare_user |= b.unshare_user_try && can_try_users();
        b.unshare_cgroup |= b.unshare_cgroup_try && access("/proc/self/ns/cgroup", F_OK) == 0;
        return start(&b, count, words, err);
}
