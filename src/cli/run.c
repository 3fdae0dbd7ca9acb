/* SPDX-License-Identifier: Apache-2.0 */
/* ward run: a program in a container, in the foreground. */
#include "cli/run.h"

#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/fd.h"
#include "model/defaults.h"
#include "store/ranges.h"

enum { TABLE, JSON };
static const char *const formats[] = {"table", "json", NULL};
static const char *const networks[] = {[RUN_NETWORK_NONE] = "none", [RUN_NETWORK_HOST] = "host", NULL};
static const char *const users[] = {[RUN_USERS_OWN] = "own", [RUN_USERS_HOST] = "host", NULL};

#define CPU_PERIOD_USEC 100000
#define CPU_QUOTA_MIN_USEC 1000 /* what the kernel takes (cgroups(7), cpu) */

static int set_limit(struct spec_i64 *limit, const char *option, const char *value, int64_t number, struct arena *arena,
                     struct ward_err *err)
{
        const char *field = arena_printf(arena, "%s %s", option, value);

        if (field == NULL)
                return err_oom(err);
        *limit = (struct spec_i64){.given = true, .value = number, .origin = CLI_ORIGIN(field)};
        return 0;
}

static int read_memory(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        int64_t bytes;
        int r = option_read_bytes(&bytes, value, arena, err);

        return r < 0 ? r : set_limit(target, "--memory", value, bytes, arena, err);
}

static int read_pids(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        int64_t pids;
        int r = option_read_i64(&pids, value, arena, err);

        return r < 0 ? r : set_limit(target, "--pids-limit", value, pids, arena, err);
}

static int read_host_size(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        int64_t bytes;
        int r = option_read_bytes(&bytes, value, arena, err);

        if (r >= 0 && bytes < 1) /* to tmpfs(5) it would mean: no limit */
                return err_set(err, -EINVAL, "'%s' is no size: the container could change nothing", value);
        return r < 0 ? r : set_limit(target, "--host-size", value, bytes, arena, err);
}

/* "1.5" → microseconds of each 100,000; to the fifth digit, as finer ones are below a microsecond. */
static int read_cpus(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        size_t whole_len = strcspn(value, ".");
        const char *whole = arena_strndup(arena, value, whole_len);
        const char *fraction = value[whole_len] == '.' ? value + whole_len + 1 : "0";
        uint64_t quota = 0, digit, factor = CPU_PERIOD_USEC;
        bool bad;

        if (whole == NULL)
                return err_oom(err);
        bad = number_parse(whole_len == 0 ? "0" : whole, 1 << 20, &quota) < 0 ||
              strspn(fraction, "0123456789") != strlen(fraction) || *fraction == '\0';
        quota *= CPU_PERIOD_USEC;
        for (; !bad && *fraction != '\0' && factor > 1; fraction++) {
                digit = (uint64_t)(*fraction - '0');
                factor /= 10;
                quota += digit * factor;
        }
        if (bad || quota < CPU_QUOTA_MIN_USEC) {
                (void)err_set(err, -EINVAL, "'%s' is not a number of processors", value);
                return err_hint(err, "write a number from 0.01 on: 0.5, 2");
        }
        return set_limit(target, "--cpus", value, (int64_t)quota, arena, err);
}

static int read_format(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        struct run *run = target;

        for (unsigned i = 0; formats[i] != NULL; i++)
                if (strcmp(formats[i], value) == 0) {
                        run->format_given = true;
                        run->format = i;
                        return 0;
                }
        return err_set(err, -EINVAL, "'%s' is not one of: table, json", value);
}

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

static int print_plan(const struct ward_spec *spec, const struct engine_options *engine, bool json,
                      struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};
        int r = engine_plan(spec, engine, json, &text, err);

        return r < 0 ? r : cli_print(&text, err);
}

static int start(const struct run_job *job, const struct ward_spec *spec, const struct engine_options *engine,
                 struct ward_err *err)
{
        struct engine_exit end = {0};
        int r = store_open(job->cli->root, &job->cli->store, err);

        if (r < 0)
                return r;
        if (!job->options->interactive && !job->options->tty)
                r = cli_close_input(err);
        if (r >= 0)
                r = engine_run(&job->cli->store, spec, engine, &end, err);
        store_close(&job->cli->store);
        if (r < 0) {
                job->cli->failure = end.status != 0 ? end.status : CLI_EXIT_FAILED;
                return r;
        }
        if (end.oom_killed)
                cli_warning(job->cli, "the container ran out of memory: the kernel ended a process of it",
                            "raise its limit with --memory");
        return end.status;
}

static int run(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct run *o = options;
        _cleanup_run_root_ struct run_root root = RUN_ROOT_NONE;
        _cleanup_range_ struct range range = RANGE_NONE;
        _cleanup_spec_ struct ward_spec spec = {0};
        struct run_job job = {
                .cli = cli,
                .options = o,
                .root = &root,
                .id_base = RANGES_DEFAULT_BASE,
                .argc = count - 1,
                .argv = operands + 1,
        };
        struct engine_options engine = {
                .bundle = "/",
                .program = "ward",
                .keep = !o->remove,
                .no_input = !o->interactive,
                .terminal_relay = true,
                .root_fd = -EBADF,
                .seccomp_docker = true,
        };
        int r;

        if (geteuid() != 0 && !o->dry_run) {
                (void)err_set(err, -ENOTSUP, "run a container as an ordinary user: not supported yet");
                return err_hint(err, "use sudo; 'ward run --dry-run' needs no rights");
        }
        if (o->format_given && !o->dry_run)
                return err_set(err, -EINVAL, "option '--format' is for --dry-run: what runs prints what it likes");
        r = choose_id(cli, o, &job.id, err);
        if (r >= 0 && o->users == RUN_USERS_OWN && !o->dry_run) {
                r = ranges_take(&ranges_machine, DEFAULTS_ID_COUNT, &range, err);
                job.id_base = range.base;
        }
        if (r >= 0)
                r = run_root_open(&job, operands[0], &root, err);
        if (r >= 0)
                r = run_spec(&job, &spec, err);
        if (r < 0)
                return r;
        engine.id = job.id;
        engine.root_given = root.given;
        engine.root_fd = root.given ? root.fd : -EBADF;
        engine.idmap_root = !root.given && o->users == RUN_USERS_OWN;
        return o->dry_run ? print_plan(&spec, &engine, o->format == JSON, err) : start(&job, &spec, &engine, err);
}

static const struct option_entry entries[] = {
        {.name = "interactive", .letter = 'i', .help = "pass standard input on", OPTION_FLAG(struct run, interactive)},
        {.name = "tty", .letter = 't', .help = "give it a terminal of its own", OPTION_FLAG(struct run, tty)},
        {.name = "rm", .help = "remove the container when it ends", OPTION_FLAG(struct run, remove)},
        {.name = "name", .arg = "NAME", .help = "what it is called (default: drawn)", OPTION_TEXT(struct run, name)},
        {.name = "env",
         .letter = 'e',
         .arg = "KEY[=VALUE]",
         .help = "set a variable, or pass yours on",
         OPTION_LIST(struct run, env)},
        {.name = "workdir", .letter = 'w', .arg = "DIR", .help = "start there", OPTION_TEXT(struct run, workdir)},
        {.name = "user",
         .letter = 'u',
         .arg = "USER[:GROUP]",
         .help = "run as, by the root's names or by number",
         OPTION_TEXT(struct run, user)},
        {.name = "hostname", .arg = "NAME", .help = "default: the container's name", OPTION_TEXT(struct run, hostname)},
        {.name = "volume",
         .letter = 'v',
         .arg = "SRC:DST[:ro]",
         .help = "a path of this machine; or rw, idmap, noidmap",
         OPTION_LIST(struct run, volumes)},
        {.name = "tmpfs",
         .arg = "PATH[:WORDS]",
         .help = "an empty file system in memory; size=64m ...",
         OPTION_LIST(struct run, tmpfs)},
        {.name = "read-only", .help = "the root can't be written to", OPTION_FLAG(struct run, read_only)},
        {.name = "host-size",
         .arg = "BYTES",
         .help = "what it may change of 'host' (half of -m, or 512m)",
         OPTION_CALL(struct run, host_size, read_host_size)},
        {.name = "keep", .arg = "DIR", .help = "keep what it changes of 'host' there", OPTION_TEXT(struct run, keep)},
        {.name = "memory",
         .letter = 'm',
         .arg = "BYTES",
         .help = "limit with b, k, m or g",
         OPTION_CALL(struct run, memory, read_memory)},
        {.name = "cpus", .arg = "N", .help = "processors' time: 0.5", OPTION_CALL(struct run, cpu_quota, read_cpus)},
        {.name = "pids-limit",
         .arg = "N",
         .help = "processes at a time (default: 4096)",
         OPTION_CALL(struct run, pids, read_pids)},
        {.name = "cap-add", .arg = "CAP", .help = "add a capability, or ALL", OPTION_LIST(struct run, cap_add)},
        {.name = "cap-drop", .arg = "CAP", .help = "take one away, or ALL", OPTION_LIST(struct run, cap_drop)},
        {.name = "security-opt",
         .arg = "WORD",
         .help = "seccomp=FILE, no-new-privileges=BOOL ...",
         OPTION_LIST(struct run, security)},
        {.name = "network",
         .arg = "none|host",
         .help = "default: none but loopback",
         OPTION_WORD(struct run, network, networks)},
        {.name = "userns",
         .arg = "own|host",
         .help = "own ids (default), or the machine's",
         OPTION_WORD(struct run, users, users)},
        {.name = "dry-run", .help = "show what would be done, do nothing", OPTION_FLAG(struct run, dry_run)},
        {.name = "format",
         .arg = "table|json",
         .help = "how --dry-run shows it",
         .kind = OPTION_KIND_CALL,
         .read = read_format},
};

const struct cli_verb cli_run = {
        .name = "run",
        .command =
                {
                        .name = "ward run",
                        .operands = "[OPTIONS] ROOT [COMMAND...]",
                        .summary = "Run a program in a container. ROOT is a directory with a system in it, or\n"
                                   "'host': a copy-on-write view of this machine's own system.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .operands_min = 1,
                        .operands_max = UINT_MAX,
                },
        .options_size = sizeof(struct run),
        .starts = true,
        .run = run,
};
