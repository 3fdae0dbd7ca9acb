/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `ward run`: the table, with docker's spelling, and the readers of values that no other command has. */
#include <string.h>

#include "base/names.h"
#include "cli/run.h"
#include "engine/limits.h"
#include "model/limit-words.h"

static const char *const formats[] = {"table", "json", NULL};

static int set_limit(struct spec_i64 *limit, const char *option, const char *value, int64_t number, struct arena *arena,
                     struct ward_err *err)
{
        const char *field = arena_concat(arena, option, " ", value);

        if (field == NULL)
                return err_oom(err);
        *limit = (struct spec_i64){.given = true, .value = number, .origin = CLI_ORIGIN(field)};
        return 0;
}

/* What `ward limit` understands by the same name, with its units, percentages and max. */
static int read_limit(void *target, const char *option, enum mistake mistake, const char *value, struct arena *arena,
                      struct ward_err *err)
{
        static const struct limit_machine unknown = {0};
        const struct limit_machine *machine = strchr(value, '%') != NULL ? limits_machine(arena) : &unknown;
        const struct limit_word *word = limit_words_find(option);
        const char *origin = arena_concat(arena, option, " ", value);
        struct spec_resources resources = {0};
        int r;

        if (machine == NULL || origin == NULL)
                return err_oom(err);
        r = limit_words_parse(arena, machine, word->word, value, origin, &resources, err);
        if (r < 0) {
                (void)err_mistake(err, mistake);
                return r;
        }
        memcpy(target, (const char *)&resources + word->offset, sizeof(struct spec_i64));
        return 0;
}

static int read_memory(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        return read_limit(target, "--memory", MISTAKE_BYTES, value, arena, err);
}

static int read_memory_reservation(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        return read_limit(target, "--memory-reservation", MISTAKE_BYTES, value, arena, err);
}

static int read_memory_swap(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        return read_limit(target, "--memory-swap", MISTAKE_BYTES, value, arena, err);
}

static int read_pids(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        return read_limit(target, "--pids-limit", MISTAKE_NUMBER, value, arena, err);
}

static int read_cpus(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        return read_limit(target, "--cpus", MISTAKE_NUMBER, value, arena, err);
}

static int read_bytes(void *target, const char *option, const char *value, struct arena *arena, struct ward_err *err)
{
        int64_t bytes;
        int r = option_read_bytes(&bytes, value, arena, err);

        return r < 0 ? r : set_limit(target, option, value, bytes, arena, err);
}

static int read_shm_size(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        struct spec_i64 *size = target;
        int r = read_bytes(target, "--shm-size", value, arena, err);

        if (r >= 0 && size->value < 1) { /* to tmpfs(5) it would mean: no limit */
                (void)err_set(err, -EINVAL, "'%s' is no size; '--ipc none' is without /dev/shm", value);
                (void)err_mistake(err, MISTAKE_BYTES);
                return err_hint(err, "write digits and a unit: 64m");
        }
        return r;
}

static int read_ranged(void *target, const char *option, const char *value, int64_t least, int64_t most,
                       struct arena *arena, struct ward_err *err)
{
        int64_t number;
        int r = option_read_i64(&number, value, arena, err);

        if (r >= 0 && (number < least || number > most)) {
                (void)err_set(err, -ERANGE, "'%s' is not from %lld to %lld", value, (long long)least, (long long)most);
                (void)err_mistake(err, MISTAKE_NUMBER);
                return err_hint(err, "choose a number between these");
        }
        return r < 0 ? r : set_limit(target, option, value, number, arena, err);
}

static int read_cpu_shares(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        return read_ranged(target, "--cpu-shares", value, 2, 262144, arena, err); /* cpu.shares of the kernel */
}

static int read_oom_score(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        return read_ranged(target, "--oom-score-adj", value, -1000, 1000, arena, err); /* proc(5) */
}

static int read_signal(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        if (signal_number(value) < 0)
                return signal_unknown(value, err);
        *(const char **)target = value;
        return 0;
}

static int read_duration(void *target, const char *option, const char *value, struct arena *arena, struct ward_err *err)
{
        int64_t usec;
        int r = cli_read_duration(value, arena, &usec, err);

        return r < 0 ? r : set_limit(target, option, value, usec, arena, err);
}

/* In whole seconds, never fewer than were asked for. */
static int read_stop_timeout(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        int64_t seconds;
        int r = cli_read_seconds(value, arena, &seconds, err);

        return r < 0 ? r : set_limit(target, "--stop-timeout", value, seconds, arena, err);
}

static int read_timeout(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        return read_duration(target, "--timeout", value, arena, err);
}

static int read_cpu_time(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        return read_duration(target, "--cpu-time", value, arena, err);
}

static int read_output_limit(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        struct spec_i64 *limit = target;
        int r = read_bytes(target, "--output-limit", value, arena, err);

        if (r >= 0 && limit->value < 1) {
                (void)err_set(err, -EINVAL, "'%s' is no limit of output: >/dev/null is without any", value);
                (void)err_mistake(err, MISTAKE_BYTES);
                return err_hint(err, "write digits and a unit: 64k, 1m");
        }
        return r;
}

static int read_status_fd(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        return read_ranged(target, "--status-fd", value, 0, INT32_MAX, arena, err);
}

static int read_host_size(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        int64_t bytes;
        int r = option_read_bytes(&bytes, value, arena, err);

        if (r >= 0 && bytes < 1) { /* to tmpfs(5) it would mean: no limit */
                (void)err_set(err, -EINVAL, "'%s' is no size: the container could change nothing", value);
                (void)err_mistake(err, MISTAKE_BYTES);
                return err_hint(err, "write digits and a unit: 512m");
        }
        return r < 0 ? r : set_limit(target, "--host-size", value, bytes, arena, err);
}

/* A list, of which one word is known so far. */
static int read_host_writable(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        (void)arena;
        if (strcmp(value, "usr") != 0)
                return err_set(err, -EINVAL, "'%s' is not one of: usr", value);
        *(bool *)target = true;
        return 0;
}

static int read_strength(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        bool off = value != NULL && strcmp(value, "false") == 0;

        if (value != NULL && !off && strcmp(value, "true") != 0)
                return err_set(err, -EINVAL, "it takes no value, or true or false, not '%s'", value);
        *(int *)target = off ? -1 : 1;
        return 0;
}

static int read_require(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        return strength_read(value, target, err);
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
        (void)err_set(err, -EINVAL, "'%s' is not one of: table, json", value);
        (void)err_mistake(err, MISTAKE_WORD);
        return err_hint(err, "write --format table or --format json");
}

const struct option_entry run_entries[] = {
        {.name = "interactive", .letter = 'i', .help = "pass standard input on", OPTION_FLAG(struct run, interactive)},
        {.name = "tty", .letter = 't', .help = "give it a terminal of its own", OPTION_FLAG(struct run, tty)},
        {.name = "rm", .help = "remove the container when it ends", OPTION_FLAG(struct run, remove)},
        {.name = "name", .arg = "NAME", .help = "what it is called (default: drawn)", OPTION_TEXT(struct run, name)},
        {.name = "env",
         .letter = 'e',
         .arg = "KEY[=VALUE]",
         .help = "set a variable, or pass yours on",
         OPTION_LIST(struct run, env)},
        {.name = "env-file",
         .arg = "FILE",
         .help = "set variables from the lines of a file",
         .rare = true,
         OPTION_LIST(struct run, env_files)},
        {.name = "workdir", .letter = 'w', .arg = "DIR", .help = "start there", OPTION_TEXT(struct run, workdir)},
        {.name = "user",
         .letter = 'u',
         .arg = "USER[:GROUP]",
         .help = "run as, by the root's names or numbers",
         OPTION_TEXT(struct run, user)},
        {.name = "group-add",
         .arg = "GROUP",
         .help = "one more group for it",
         .rare = true,
         OPTION_LIST(struct run, groups)},
        {.name = "entrypoint",
         .arg = "PROGRAM",
         .help = "the program that COMMAND is the arguments of",
         .rare = true,
         OPTION_TEXT(struct run, entrypoint)},
        {.name = "hostname",
         .arg = "NAME",
         .help = "default: the container's name",
         .rare = true,
         OPTION_TEXT(struct run, hostname)},
        {.name = "domainname",
         .arg = "NAME",
         .help = "the NIS domain name",
         .rare = true,
         OPTION_TEXT(struct run, domainname)},
        {.name = "init",
         .help = "a first process that forwards signals and reaps what is left",
         .rare = true,
         OPTION_FLAG(struct run, init)},
        {.name = "volume",
         .letter = 'v',
         .arg = "SRC:DST[:ro]",
         .help = "a path of this machine",
         OPTION_LIST(struct run, volumes)},
        {.name = "mount",
         .arg = "WORDS",
         .help = "the same in words: type=bind,src=,dst=,ro; or type=tmpfs,dst=",
         .rare = true,
         OPTION_LIST(struct run, mounts)},
        {.name = "tmpfs",
         .arg = "PATH[:size=64m]",
         .help = "an empty file system in memory",
         OPTION_LIST(struct run, tmpfs)},
        {.name = "shm-size",
         .arg = "BYTES",
         .help = "how much /dev/shm holds (default: 64m)",
         .rare = true,
         OPTION_CALL(struct run, shm_size, read_shm_size)},
        {.name = "read-only", .help = "the root can't be written to", OPTION_FLAG(struct run, read_only)},
        {.name = "device",
         .arg = "PATH[:PATH][:rwm]",
         .help = "a device of this machine, or a directory of them",
         .rare = true,
         OPTION_LIST(struct run, devices)},
        {.name = "host-size",
         .arg = "BYTES",
         .help = "what it may change of 'host' (half of -m, or 512m)",
         .rare = true,
         OPTION_CALL(struct run, host_size, read_host_size)},
        {.name = "host-stackable",
         .help = "for root: 'host' so that another 'host' can run in it",
         .rare = true,
         OPTION_FLAG(struct run, stackable)},
        {.name = "host-writable",
         .arg = "usr",
         .help = "for an ordinary user: /usr of 'host' below its top, too",
         .rare = true,
         OPTION_CALL(struct run, writable_usr, read_host_writable)},
        {.name = "keep",
         .arg = "DIR",
         .help = "keep what it changes of 'host' there",
         .rare = true,
         OPTION_TEXT(struct run, keep)},
        {.name = "memory",
         .letter = 'm',
         .arg = "BYTES",
         .help = "limit, with b, k, m or g",
         OPTION_CALL(struct run, memory, read_memory)},
        {.name = "memory-reservation",
         .arg = "BYTES",
         .help = "what it keeps when memory is short",
         .rare = true,
         OPTION_CALL(struct run, memory_reservation, read_memory_reservation)},
        {.name = "memory-swap",
         .arg = "BYTES",
         .help = "limit of memory and swap together; -1: none",
         .rare = true,
         OPTION_CALL(struct run, memory_swap, read_memory_swap)},
        {.name = "cpus",
         .arg = "N",
         .help = "processors' time: 0.5, 50%",
         OPTION_CALL(struct run, cpu_quota, read_cpus)},
        {.name = "cpu-shares",
         .letter = 'c',
         .arg = "N",
         .help = "its share when processors are busy (others: 1024)",
         .rare = true,
         OPTION_CALL(struct run, cpu_shares, read_cpu_shares)},
        {.name = "cpuset-cpus",
         .arg = "LIST",
         .help = "the processors that it may use: 0-3,8",
         .rare = true,
         OPTION_TEXT(struct run, cpuset_cpus)},
        {.name = "cpuset-mems",
         .arg = "LIST",
         .help = "the memory nodes that it may use",
         .rare = true,
         OPTION_TEXT(struct run, cpuset_mems)},
        {.name = "limit",
         .arg = "NAME=VALUE",
         .help = "any limit: memory.high=64M, IOWeight=50",
         .rare = true,
         OPTION_LIST(struct run, limits)},
        {.name = "blkio-weight",
         .arg = "N",
         .help = "its share of the disks, 10 to 1000",
         .rare = true,
         OPTION_LIST(struct run, words[0])},
        {.name = "blkio-weight-device",
         .arg = "DISK:N",
         .help = "the same for one disk",
         .rare = true,
         OPTION_LIST(struct run, words[1])},
        {.name = "cpu-period",
         .arg = "USEC",
         .help = "period of --cpu-quota",
         .rare = true,
         OPTION_LIST(struct run, words[2])},
        {.name = "cpu-quota",
         .arg = "USEC",
         .help = "processor time of each period; -1: none",
         .rare = true,
         OPTION_LIST(struct run, words[3])},
        {.name = "cpu-rt-period",
         .arg = "USEC",
         .help = "period of --cpu-rt-runtime (v1)",
         .rare = true,
         OPTION_LIST(struct run, words[4])},
        {.name = "cpu-rt-runtime",
         .arg = "USEC",
         .help = "time of realtime processes in each period (v1)",
         .rare = true,
         OPTION_LIST(struct run, words[5])},
        {.name = "device-read-bps",
         .arg = "DISK:RATE",
         .help = "bytes per second: /dev/sda:1m",
         .rare = true,
         OPTION_LIST(struct run, words[6])},
        {.name = "device-read-iops",
         .arg = "DISK:N",
         .help = "requests per second",
         .rare = true,
         OPTION_LIST(struct run, words[7])},
        {.name = "device-write-bps",
         .arg = "DISK:RATE",
         .help = "bytes per second, written",
         .rare = true,
         OPTION_LIST(struct run, words[8])},
        {.name = "device-write-iops",
         .arg = "DISK:N",
         .help = "requests per second, written",
         .rare = true,
         OPTION_LIST(struct run, words[9])},
        {.name = "memory-swappiness",
         .arg = "N",
         .help = "how gladly it is swapped out, 0 to 100 (v1)",
         .rare = true,
         OPTION_LIST(struct run, words[10])},
        {.name = "pids-limit",
         .arg = "N",
         .help = "processes at a time (default: 4096)",
         OPTION_CALL(struct run, pids, read_pids)},
        {.name = "ulimit",
         .arg = "NAME=SOFT[:HARD]",
         .help = "a resource limit: nofile=1024:2048, core=-1",
         .rare = true,
         OPTION_LIST(struct run, ulimits)},
        {.name = "sysctl",
         .arg = "NAME=VALUE",
         .help = "a setting of its own namespaces",
         .rare = true,
         OPTION_LIST(struct run, sysctls)},
        {.name = "oom-score-adj",
         .arg = "N",
         .help = "-1000 to 1000: whom the kernel ends first",
         .rare = true,
         OPTION_CALL(struct run, oom_score, read_oom_score)},
        {.name = "cap-add", .arg = "CAP", .help = "add a capability, or ALL", OPTION_LIST(struct run, cap_add)},
        {.name = "cap-drop", .arg = "CAP", .help = "take one away, or ALL", OPTION_LIST(struct run, cap_drop)},
        {.name = "security-opt",
         .arg = "WORD",
         .help = "seccomp=FILE, no-new-privileges=BOOL, apparmor=, label=, smack=, mask=PATH, unmask=PATH",
         .rare = true,
         OPTION_LIST(struct run, security)},
        {.name = "seccomp",
         .arg = "PROFILE",
         .help = "default, strict, systemd, unconfined, or a file: see 'ward seccomp explain'",
         .rare = true,
         OPTION_TEXT(struct run, seccomp)},
        {.name = "allow-unknown",
         .help = "leave names that are not known out of the seccomp profile",
         .rare = true,
         OPTION_FLAG(struct run, allow_unknown)},
        {.name = "landlock",
         .arg = "WORD[,WORD...]",
         .help = "nothing but: system, ro:PATH, rw:PATH, tcp-connect:PORT, tcp-bind:PORT; tcp, scope: none of it",
         .rare = true,
         OPTION_LIST(struct run, landlock)},
        {.name = "profile",
         .arg = "NAME|FILE",
         .help = "options from a file: see 'ward profile'",
         OPTION_LIST(struct run, profiles)},
        {.name = "privileged",
         .help = "all capabilities, no filter, nothing masked, every device allowed",
         .rare = true,
         OPTION_FLAG(struct run, privileged)},
        {.name = "network",
         .arg = "WORD",
         .help = "none, host, container:NAME, ns:PATH",
         OPTION_TEXT(struct run, ns[SPEC_NS_NET])},
        {.name = "net",
         .arg = "WORD",
         .help = "the same as --network",
         .rare = true,
         OPTION_TEXT(struct run, ns[SPEC_NS_NET])},
        {.name = "pid",
         .arg = "WORD",
         .help = "private, host, container:NAME, ns:PATH",
         .rare = true,
         OPTION_TEXT(struct run, ns[SPEC_NS_PID])},
        {.name = "ipc",
         .arg = "WORD",
         .help = "private, none (no /dev/shm), host, container:NAME, ns:PATH",
         .rare = true,
         OPTION_TEXT(struct run, ns[SPEC_NS_IPC])},
        {.name = "uts",
         .arg = "WORD",
         .help = "private, host, container:NAME, ns:PATH",
         .rare = true,
         OPTION_TEXT(struct run, ns[SPEC_NS_UTS])},
        {.name = "cgroupns",
         .arg = "WORD",
         .help = "private or host",
         .rare = true,
         OPTION_TEXT(struct run, ns[SPEC_NS_CGROUP])},
        {.name = "userns",
         .arg = "WORD",
         .help = "own ids (default), auto, keep-id, host: the machine's, container:NAME",
         .rare = true,
         OPTION_TEXT(struct run, ns[SPEC_NS_USER])},
        {.name = "time-offset",
         .arg = "[CLOCK=]SECONDS",
         .help = "another monotonic or boottime clock",
         .rare = true,
         OPTION_LIST(struct run, time_offsets)},
        {.name = "stop-signal",
         .arg = "SIGNAL",
         .help = "what 'ward stop' sends (default: TERM)",
         .rare = true,
         OPTION_CALL(struct run, stop_signal, read_signal)},
        {.name = "stop-timeout",
         .arg = "SECONDS",
         .help = "how long it waits before it kills (default: 10)",
         .rare = true,
         OPTION_CALL(struct run, stop_timeout, read_stop_timeout)},
        {.name = "timeout",
         .arg = "SECONDS",
         .help = "end it when it has run that long (with a unit: 500ms, 5m)",
         .rare = true,
         OPTION_CALL(struct run, timeout, read_timeout)},
        {.name = "cpu-time",
         .arg = "SECONDS",
         .help = "end it when its processes have used that much processor time",
         .rare = true,
         OPTION_CALL(struct run, cpu_time, read_cpu_time)},
        {.name = "output-limit",
         .arg = "BYTES",
         .help = "cut its output off there, and end it",
         .rare = true,
         OPTION_CALL(struct run, output_limit, read_output_limit)},
        {.name = "status-fd",
         .arg = "N",
         .help = "write JSON lines to this descriptor: started, and how it ended",
         .rare = true,
         OPTION_CALL(struct run, status_fd, read_status_fd)},
        {.name = "json-status-fd",
         .arg = "N",
         .help = "the same as --status-fd (bubblewrap)",
         .rare = true,
         OPTION_CALL(struct run, status_fd, read_status_fd)},
        {.name = "cidfile",
         .arg = "FILE",
         .help = "write its name there; the file must not exist",
         .rare = true,
         OPTION_TEXT(struct run, cidfile)},
        {.name = "pidfile",
         .arg = "FILE",
         .help = "write the pid of its first process there",
         .rare = true,
         OPTION_TEXT(struct run, pidfile)},
        {.name = "strength",
         .help = "say which walls stand, and what is missing and why (default: on a terminal)",
         .rare = true,
         OPTION_CALL(struct run, strength, read_strength)},
        {.name = "require",
         .arg = "WALL[,WALL...]",
         .help = "start only if they are whole: namespaces ids caps seccomp cgroup ..., all",
         .rare = true,
         OPTION_CALL(struct run, require, read_require)},
        {.name = "dry-run", .help = "show what would be done, do nothing", OPTION_FLAG(struct run, dry_run)},
        {.name = "format",
         .arg = "table|json",
         .help = "how --dry-run and --strength show it",
         .rare = true,
         .kind = OPTION_KIND_CALL,
         .read = read_format},
};

_Static_assert(ELEMENTS(run_entries) == RUN_ENTRY_COUNT, "what run.h says of the table");

const struct cli_verb cli_run = {
        .name = "run",
        .command =
                {
                        .name = "ward run",
                        .operands = "[OPTIONS] ROOT [COMMAND...]",
                        .summary = "Run a program in a container. ROOT is a directory with a system in it, or\n"
                                   "'host': a copy-on-write view of this machine's own system.",
                        .entries = run_entries,
                        .count = ELEMENTS(run_entries),
                        .foreign = run_foreign,
                        .separator = 1,
                        .operands_min = 1,
                        .operands_max = UINT_MAX,
                },
        .options_size = sizeof(struct run),
        .starts = true,
        .run = run_run,
};
