/* SPDX-License-Identifier: Apache-2.0 */
/* ward sandbox: a program of this machine in a box. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/bwrap.h"
#include "cli/run.h"
#include "engine/walls.h"

#define EXIT_WEAK 123 /* a wall that was required does not stand, or was found open */

/* The options of `ward run` come first: its table is read into it. */
struct sandbox {
        struct run run;
        struct run_box box;
        bool verbose;
};

/* Of the environment what programs need to speak with a person; nothing that may be a secret. */
static const char *const passed_on[] = {"PATH",     "HOME",        "USER",       "LOGNAME",    "SHELL",    "LANG",
                                        "LANGUAGE", "TZ",          "TERM",       "COLORTERM",  "NO_COLOR", "LC_ALL",
                                        "LC_CTYPE", "LC_MESSAGES", "LC_COLLATE", "LC_NUMERIC", "LC_TIME"};
static const char *const of_display[] = {"DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR",
                                         "XDG_SESSION_TYPE"};

static int pass_on(struct cli *cli, const struct sandbox *options, struct run *run, struct ward_err *err)
{
        size_t count = 0, display = options->box.display ? ELEMENTS(of_display) : 0;
        const char **items = arena_new(&cli->arena, const char *, ELEMENTS(passed_on) + display + run->env.count);

        if (items == NULL)
                return err_oom(err);
        for (size_t i = 0; i < ELEMENTS(passed_on) + display; i++) {
                const char *name = i < ELEMENTS(passed_on) ? passed_on[i] : of_display[i - ELEMENTS(passed_on)];

                if (getenv(name) != NULL)
                        items[count++] = name;
        }
        for (size_t i = 0; i < run->env.count; i++)
                items[count++] = run->env.items[i];
        run->env = (struct option_list){items, count};
        return 0;
}

static int add_gpu(struct cli *cli, struct run *run, struct ward_err *err)
{
        static const char *const nodes[] = {"/dev/dri",       "/dev/kfd",        "/dev/nvidia0",
                                            "/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-modeset"};
        const char **items = arena_new(&cli->arena, const char *, ELEMENTS(nodes) + run->devices.count);
        size_t count = 0;

        if (items == NULL)
                return err_oom(err);
        for (size_t i = 0; i < ELEMENTS(nodes); i++)
                if (access(nodes[i], F_OK) == 0)
                        items[count++] = nodes[i];
        if (count == 0) {
                (void)err_set(err, -ENOENT, "option '--gpu': there is none: no /dev/dri, /dev/kfd or /dev/nvidia0");
                (void)err_mistake(err, MISTAKE_SOURCE_MISSING);
                return err_hint(err, "load its driver, or leave it out");
        }
        for (size_t i = 0; i < run->devices.count; i++)
                items[count++] = run->devices.items[i];
        run->devices = (struct option_list){items, count};
        return 0;
}

/* What the sandbox is where nobody says otherwise. */
static int set_defaults(struct cli *cli, const struct sandbox *options, struct run *run, struct ward_err *err)
{
        static const char *all[] = {"ALL"};
        int r = pass_on(cli, options, run, err);

        if (r >= 0 && options->box.gpu)
                r = add_gpu(cli, run, err);
        run->remove = true;
        run->interactive = true;
        run->tty = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
        run->init = true;
        run->ns[SPEC_NS_USER] = geteuid() == 0 ? NULL : "keep-id";
        run->ns[SPEC_NS_NET] = options->box.net ? "host" : "none";
        if (run->cap_drop.count == 0)
                run->cap_drop = (struct option_list){all, 1};
        if (run->strength == 0 && options->verbose)
                run->strength = 1;
        return r;
}

/* ---- where not all of it can be built ------------------------------------------------------------------------------------------ */

/* What a try may end with that asks for a wall which is not to be had here: no right, no call, no more of them. A program that can't be executed has
 * a status of its own. */
static bool may_be_a_wall(const struct cli *cli, const struct ward_err *err)
{
        return cli->failure == CLI_EXIT_FAILED && err->code != MISTAKE_WALL &&
               (err->errnum == EPERM || err->errnum == ENOSYS || err->errnum == ENOSPC || err->errnum == EACCES);
}

/* Takes what can't be built out of @run and @box, and says in @text what that is. */
static void leave_out(const struct walls *walls, struct run *run, struct run_box *box, struct text *text)
{
        static const struct {
                enum spec_ns ns;
                const char *what;
        } named[] = {{SPEC_NS_PID, "processes"},
                     {SPEC_NS_NET, "network"},
                     {SPEC_NS_IPC, "shared memory"},
                     {SPEC_NS_UTS, "host name"},
                     {SPEC_NS_CGROUP, "view of control groups"},
                     {SPEC_NS_USER, "users"}};

        for (size_t i = 0; i < ELEMENTS(named); i++) {
                const enum spec_ns ns = named[i].ns;

                if (walls->ns[ns] && (ns != SPEC_NS_PID || walls->proc))
                        continue;
                if (!(ns == SPEC_NS_NET && box->net))
                        text_printf(text, "%s%s", text->len > 0 ? ", " : "", named[i].what);
                run->ns[ns] = "host";
        }
        if (!walls->keyring)
                text_printf(text, "%skeyring", text->len > 0 ? ", " : "");
        box->no_sys = !walls->sys;
        box->no_keyring = !walls->keyring;
        /* Who has a first process already gets none. */
        if (run->ns[SPEC_NS_PID] != NULL)
                run->init = false;
}

/* The machine's own root, and with it its processes and its name: what Landlock, the filter and the other namespaces leave of it. */
static void leave_out_root(const struct walls *walls, struct run *run, struct run_box *box)
{
        box->walled = false;
        run->init = run->tty = false;
        run->interactive = true;
        run->ns[SPEC_NS_PID] = run->ns[SPEC_NS_UTS] = "host";
        for (int ns = 0; !walls->ns[SPEC_NS_USER] && ns < SPEC_NS_COUNT; ns++)
                if (ns != SPEC_NS_MOUNT && ns != SPEC_NS_TIME)
                        run->ns[ns] = "host";
}

/* What is missing is said whether it was asked for or not. */
static int run_again(struct cli *cli, struct run *run, struct run_box *box, const char *without, int count,
                     char **operands, struct ward_err *err)
{
        const struct ward_err why = *err;
        const char *said = arena_concat(&cli->arena, without, " (", why.message, ")");
        int r;

        if (without == NULL || said == NULL)
                return err_oom(err);
        /* As run_program() does; it begins from the start, and would say everything twice. */
        r = run->ns[SPEC_NS_PID] != NULL ? engine_protect_program(cli->argv, true, err) : 0;
        if (r < 0)
                return r;
        cli_warning(cli, why.code, said, why.hint);
        run->strength = 1;
        *err = (struct ward_err){0};
        return run_program(cli, run, box, "sandbox", count, operands, err);
}

/* The strongest that is left. Without mounts and without Landlock nothing is: the program would see every file of the caller's. */
static int run_weaker(struct cli *cli, const struct walls *walls, struct run *run, struct run_box *box, int count,
                      char **operands, struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};
        int r = -err->errnum;

        leave_out(walls, run, box, &text);
        if (text_failed(&text))
                return err_oom(err);
        if (walls->root) {
                r = run_again(cli, run, box,
                              arena_concat(&cli->arena, "not every wall can be built here: it has no ",
                                           text.len > 0 ? text.data : "/sys", " of its own"),
                              count, operands, err);
                if (r >= 0 || !may_be_a_wall(cli, err))
                        return r;
        }
        if (engine_landlock_abi() == 0) {
                (void)err_wrap(err, "neither a namespace nor Landlock is to be had here");
                (void)err_mistake(err, MISTAKE_WALL);
                return !walls_are_filtered()
                               ? -err->errnum
                               : err_hint(err,
                                          "'ward doctor user landlock' says what refuses them; systemd lets Landlock "
                                          "through by SystemCallFilter=landlock_create_ruleset "
                                          "landlock_add_rule landlock_restrict_self seccomp");
        }
        leave_out_root(walls, run, box);
        return run_again(cli, run, box,
                         walls->ns[SPEC_NS_USER]
                                 ? "no root of its own can be built here: Landlock and the filter are in its place"
                                 : "no namespaces are to be had here: Landlock and the filter alone are in force",
                         count, operands, err);
}

static int refuse_filtered(struct ward_err *err)
{
        (void)err_set(err, -EPERM, "a filter is around this program: each was tried by itself");
        return err_hint(err, "'ward doctor' tells of them");
}

static int start(struct cli *cli, const struct sandbox *options, int count, char **operands, struct ward_err *err)
{
        struct run run = options->run;
        struct run_box box = options->box;
        struct walls walls;
        bool known;
        int r = set_defaults(cli, options, &run, err);

        if (r < 0)
                return r;
        box.walled = true;
        r = run.workdir == NULL ? run_box_warn(cli, &box, err) : 0;
        if (r < 0)
                return r;
        /* A filter may end who tries what it refuses: there it is known before. */
        known = !run.dry_run && walls_are_filtered();
        if (known)
                walls_try(&walls);
        if (known && !walls_are_whole(&walls))
                r = refuse_filtered(err);
        else
                r = run_program(cli, &run, &box, "sandbox", count, operands, err);
        if (r < 0 && !run.dry_run && may_be_a_wall(cli, err)) {
                if (!known)
                        walls_try(&walls);
                if (!walls_are_whole(&walls))
                        r = run_weaker(cli, &walls, &run, &box, count, operands, err);
        }
        if (r < 0 && err->code == MISTAKE_WALL)
                cli->failure = EXIT_WEAK;
        if (r < 0 && err->code == MISTAKE_PROGRAM_MISSING && options->verbose && strchr(operands[0], ':') != NULL)
                (void)err_hint(err, "-v says which walls stand: --rw DIR or --ro DIR opens a directory where it is");
        return r;
}

static int run_sandbox(struct cli *cli, const void *data, int count, char **operands, struct ward_err *err)
{
        const struct sandbox *options = data;
        int r = start(cli, options, count, operands, err);

        if (r < 0)
                run_status_failed(cli, &options->run, err);
        return r;
}

void run_box_proved(const struct run_job *job)
{
        _cleanup_text_ struct text text = {0};

        text_puts(&text, "ward: verified: no capability but those it was given, no descriptor of the caller's");
        if (job->proved->read_only != NULL)
                text_puts(&text, ", /usr read-only");
        if (job->proved->hidden[0] != NULL || job->proved->hidden[1] != NULL)
                text_puts(&text, ", the home hidden");
        if (job->proved->network)
                text_puts(&text, ", no network");
        if (job->proved->processes)
                text_puts(&text, ", no process outside");
        if (job->proved->call)
                text_puts(&text, ", the filter in force");
        if (job->proved->label)
                text_puts(&text, ", the Smack label kept");
        text_puts(&text, "\n");
        if (!text_failed(&text))
                (void)fd_write_all(STDERR_FILENO, text.data, text.len);
}

static const char *const shared_options[] = {"name",
                                             "env",
                                             "env-file",
                                             "workdir",
                                             "memory",
                                             "memory-swap",
                                             "cpus",
                                             "cpu-shares",
                                             "pids-limit",
                                             "ulimit",
                                             "cap-add",
                                             "cap-drop",
                                             "security-opt",
                                             "seccomp",
                                             "allow-unknown",
                                             "profile",
                                             "landlock",
                                             "device",
                                             "tmpfs",
                                             "shm-size",
                                             "hostname",
                                             "timeout",
                                             "cpu-time",
                                             "output-limit",
                                             "status-fd",
                                             "json-status-fd",
                                             "strength",
                                             "require",
                                             "dry-run",
                                             "format",
                                             NULL};

static const struct option_entry entries[] = {
        {.name = "rw",
         .arg = "DIR",
         .help = "open a directory or file for writing",
         OPTION_LIST(struct sandbox, box.rw)},
        {.name = "ro",
         .arg = "DIR",
         .help = "open it for reading, also inside of --rw",
         OPTION_LIST(struct sandbox, box.ro)},
        {.name = "hide", .arg = "DIR", .help = "close what would be open", OPTION_LIST(struct sandbox, box.hide)},
        {.name = "net", .help = "the machine's network", OPTION_FLAG(struct sandbox, box.net)},
        {.name = "display", .help = "Wayland, X11 and fonts", OPTION_FLAG(struct sandbox, box.display)},
        {.name = "gpu", .help = "graphics devices", OPTION_FLAG(struct sandbox, box.gpu)},
        {.name = "verify", .help = "first try from inside what is forbidden", OPTION_FLAG(struct sandbox, box.verify)},
        {.name = "verbose", .letter = 'v', .help = "say which walls stand", OPTION_FLAG(struct sandbox, verbose)},
};

const struct cli_verb cli_sandbox = {
        .name = "sandbox",
        .command =
                {
                        .name = "ward sandbox",
                        .operands = "[OPTIONS] [--] COMMAND...",
                        .summary = "Run a program of this machine in a box, as anybody: the system is read-only, the\n"
                                   "home hidden, the current directory open, everything else closed.",
                        .notes = "The home, what holds it, /tmp and the system stay closed as current directories;\n"
                                 "'--rw .' opens it. Status 123: a wall of --require or --verify is missing.\n"
                                 "ward sandbox --bwrap ...: bubblewrap's command line, with its meaning.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .more = run_entries,
                        .more_count = RUN_ENTRY_COUNT,
                        .more_names = shared_options,
                        .foreign = sandbox_foreign,
                        .operands_min = 1,
                        .operands_max = UINT_MAX,
                },
        .options_size = sizeof(struct sandbox),
        .starts = true,
        .other = "--bwrap",
        .run_other = bwrap_run,
        .run = run_sandbox,
};
