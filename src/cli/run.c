/* SPDX-License-Identifier: Apache-2.0 */
/* ward run: a program in a container, in the foreground. */
#include "cli/run.h"

#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "model/defaults.h"
#include "store/ranges.h"

/* Twelve hexadecimal digits, as short ids are everywhere. */
static const char *make_id(struct cli *cli)
{
        unsigned char bytes[6];

        if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
                return NULL;
        return arena_printf(&cli->arena, "%02x%02x%02x%02x%02x%02x", bytes[0], bytes[1], bytes[2], bytes[3], bytes[4],
                            bytes[5]);
}

static int choose_id(struct cli *cli, const struct run *o, const char **ret_id, struct ward_err *err)
{
        int r;

        if (o->name != NULL) {
                r = store_id_check(o->name, err);
                if (r < 0)
                        return err_wrap(err, "option '--name'");
        }
        /* The same input has the same plan: where nothing is made, no id is drawn. */
        *ret_id = o->name != NULL ? o->name : o->dry_run ? "ID" : make_id(cli);
        return *ret_id == NULL ? err_errno(err, "draw an id for the container") : 0;
}

static int print_plan(const struct ward_spec *spec, const struct engine_options *engine, bool json, bool silent,
                      struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};
        int r = engine_plan(spec, engine, json, &text, err);

        return r < 0 || silent ? r : cli_print(&text, err);
}

static bool shows_strength(const struct run *o)
{
        return o->strength > 0 || (o->strength == 0 && isatty(STDERR_FILENO));
}

/* --cidfile: for scripts, so that none takes the name of an earlier container for its own. */
static int write_cidfile(const struct run_job *job, struct ward_err *err)
{
        const char *path = job->options->cidfile;
        _cleanup_close_
        int fd = -EBADF;
        int r;

        if (path == NULL)
                return 0;
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
        if (fd < 0) {
                r = err_errno(err, "option '--cidfile': make the file '%s'", path);
                (void)err_mistake(err, r == -EEXIST ? MISTAKE_FILE_EXISTS : MISTAKE_FILE_UNWRITABLE);
                return r == -EEXIST   ? err_hint(err, "remove it, if that container is no longer needed")
                       : r == -ENOENT ? err_hint(err, "make its directory first")
                                      : r;
        }
        r = fd_write_all(fd, job->id, strlen(job->id));
        if (r >= 0)
                return 0;
        (void)unlink(path);
        return err_code(err, r, "option '--cidfile': write '%s'", path);
}

static int start(const struct run_job *job, const struct ward_spec *spec, const struct engine_options *engine,
                 struct ward_err *err)
{
        struct engine_exit end = {0};
        int r = write_cidfile(job, err);

        if (r < 0)
                return r;
        if (!job->options->interactive && !job->options->tty)
                r = cli_close_input(err);
        if (r >= 0)
                r = engine_run(&job->cli->store, spec, engine, &end, err);
        if (r < 0) {
                if (job->options->cidfile != NULL)
                        (void)unlink(job->options->cidfile);
                job->cli->failure = end.status != 0 ? end.status : CLI_EXIT_FAILED;
                return r;
        }
        return run_status_ended(job, &end);
}

/* What walls stand is said before the program says anything, and judged before it runs. */
static int judge(void *data, const struct strength *strength, struct ward_err *err)
{
        const struct run_job *job = data;
        const struct run *o = job->options;
        _cleanup_text_ struct text text = {0};

        if (shows_strength(o) && o->format == RUN_FORMAT_JSON) {
                strength_json(strength, &text);
        } else if (shows_strength(o)) {
                text_puts(&text, job->cli->color ? "\033[2mward: " : "ward: ");
                strength_line(strength, cli_has_utf8(), &text);
                text_puts(&text, job->cli->color ? "\033[0m\n" : "\n");
        }
        if (text_failed(&text))
                return err_oom(err);
        if (text.len > 0)
                (void)fd_write_all(STDERR_FILENO, text.data, text.len);
        return strength_require(strength, o->require, err);
}

/* What the options say together. */
static bool has_own_shm(const char *ipc)
{
        return ipc == NULL ||
               (strcmp(ipc, "host") != 0 && strcmp(ipc, "none") != 0 && strncmp(ipc, "container:", 10) != 0);
}

static int check(const struct run *o, struct ward_err *err)
{
        if (o->format_given && !o->dry_run && o->strength <= 0) {
                (void)err_set(err, -EINVAL,
                              "option '--format' is for --dry-run and --strength: what runs prints what it likes");
                (void)err_mistake(err, MISTAKE_CONFLICT);
                return err_hint(err, "leave it out, or add --dry-run");
        }
        if (o->shm_size.given && !has_own_shm(o->ns[SPEC_NS_IPC])) {
                (void)err_set(err, -EINVAL, "options '--shm-size' and '--ipc %s' exclude each other",
                              o->ns[SPEC_NS_IPC]);
                (void)err_mistake(err, MISTAKE_CONFLICT);
                return err_hint(err, "only a /dev/shm of the container's own can be given a size");
        }
        return run_status_check(o, err);
}

/* A box has the machine's own root for the names of users, and is filled from nothing. */
static int open_box(struct run_root *root, struct ward_err *err)
{
        root->path = "sandbox";
        root->given = true;
        root->fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        return root->fd < 0 ? err_errno(err, "open /") : 0;
}

/* The state has its path for good, as JSON. */
static int check_root(const struct run_root *root, struct ward_err *err)
{
        if (json_is_utf8(root->path))
                return 0;
        (void)err_set(err, -EILSEQ,
                      "open the root '%s': its path is not UTF-8, in which the container's state keeps it", root->path);
        (void)err_mistake(err, MISTAKE_FORM);
        return err_hint(err, "give it another name, by 'mv', a link to its directory or 'mount --bind'");
}

static void started(void *data, const struct engine_started *what)
{
        const struct run_job *job = data;

        if (job->options->status_fd.given)
                run_status_started(data, what);
        if (job->box != NULL && job->box->verify)
                run_box_proved(job);
}

static int build_and_run(struct run_job *job, const char *root_word, struct ward_err *err)
{
        const struct run *o = job->options;
        _cleanup_run_root_ struct run_root root = RUN_ROOT_NONE;
        _cleanup_spec_ struct ward_spec spec = {0};
        struct engine_options engine = {
                .bundle = "/",
                .program = "ward",
                .pid_file = o->pidfile,
                .timeout_usec = (uint64_t)o->timeout.value,
                .cpu_usec = (uint64_t)o->cpu_time.value,
                .output_bytes = (uint64_t)o->output_limit.value,
                .record = &job->cli->arena,
                .record_success = o->status_fd.given,
                .keep = !o->remove,
                .default_actions = true,
                .no_input = !o->interactive,
                .terminal_relay = true,
                .root_fd = -EBADF,
                .seccomp_docker = true,
                .no_new_keyring = job->box != NULL && job->box->no_keyring,
        };
        int r;

        job->root = &root;
        r = run_ids_begin(job, err);
        if (r >= 0)
                r = job->box != NULL ? open_box(&root, err) : run_root_open(job, root_word, &root, err);
        if (r >= 0)
                r = check_root(&root, err);
        if (r >= 0)
                r = run_spec(job, &spec, err);
        if (r < 0)
                return r;
        if (shows_strength(o) || o->require != 0) {
                engine.judge = judge;
                engine.judge_data = job;
        }
        if (o->status_fd.given || (job->box != NULL && job->box->verify)) {
                engine.started = started;
                engine.started_data = job;
        }
        engine.id = job->id;
        engine.root_given = root.given;
        engine.root_fd = root.given ? root.fd : -EBADF;
        engine.shm_fd = job->namespaces->shm;
        engine.ordinary_user = job->ordinary;
        engine.idmap_root = !root.given && job->idmaps;
        return o->dry_run ? print_plan(&spec, &engine, o->format == RUN_FORMAT_JSON, o->silent, err)
                          : start(job, &spec, &engine, err);
}

int run_program(struct cli *cli, const struct run *o, const struct run_box *box, const char *root, int argc,
                char **argv, struct ward_err *err)
{
        _cleanup_run_namespaces_ struct run_namespaces namespaces = RUN_NAMESPACES_NONE;
        struct run_job job = {
                .cli = cli,
                .options = o,
                .box = box,
                .namespaces = &namespaces,
                .range = RANGE_NONE,
                .argc = argc,
                .argv = argv,
        };
        int r = check(o, err);

        if (r >= 0)
                r = choose_id(cli, o, &job.id, err);
        /* A plan that joins a container has to find it. */
        if (r >= 0 && (!o->dry_run || run_names_container(o)))
                r = cli_open_store(cli, err);
        if (r < 0)
                return r;
        r = run_namespaces_read(cli, o, &namespaces, err);
        if (r >= 0 && o->init && namespaces.ns[SPEC_NS_PID].mode != SPEC_NS_NEW) {
                (void)err_set(err, -EINVAL, "option '--init': the container's processes have a first one already");
                (void)err_mistake(err, MISTAKE_CONFLICT);
                r = err_hint(err, "leave it out, or '--pid %s'", o->ns[SPEC_NS_PID]);
        }
        /* In a pid namespace that others are in, they can look at a process that still runs this file. */
        if (r >= 0 && namespaces.ns[SPEC_NS_PID].mode != SPEC_NS_NEW && !o->dry_run)
                r = engine_protect_program(cli->argv, true, err);
        if (r >= 0)
                r = build_and_run(&job, root, err);
        range_done(&job.range);
        store_close(&cli->store);
        return r;
}

/* What was meant where ROOT fails: with the machine's own root it is `host`. */
static int blame_root(const char *word, struct ward_err *err)
{
        if (err->code == MISTAKE_IDMAP && word[strspn(word, "/")] == '\0')
                (void)err_hint(
                        err, "for this machine's own system write 'host': ward run host COMMAND; what is changed there "
                             "is the container's alone");
        return -err->errnum;
}

int run_run(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        int r = run_program(cli, options, NULL, operands[0], count - 1, operands + 1, err);

        if (r < 0) {
                (void)blame_root(operands[0], err);
                r = cli_blame_order(operands[1], "ROOT", err);
                run_status_failed(cli, options, err);
        }
        return r;
}
