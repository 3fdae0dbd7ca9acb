/* SPDX-License-Identifier: Apache-2.0 */
/* The limits and settings of `ward run`: memory, processors, processes, resource limits, sysctls, clocks. */
#include <string.h>

#include "cli/run.h"
#include "engine/limits.h"

static int bad_value(const char *option, const char *value, const char *why, const char *hint, struct ward_err *err)
{
        (void)err_set(err, -EINVAL, "option '%s': '%s': %s", option, value, why);
        (void)err_mistake(err, MISTAKE_FORM);
        return err_hint(err, "%s", hint);
}

/* What is given replaces the default for the same resource, and of two for one the last holds. */
static int apply_ulimits(const struct run_job *job, struct ward_spec *spec, struct ward_err *err)
{
        const struct option_list *list = &job->options->ulimits;
        struct spec_process *process = &spec->process;
        struct spec_rlimit *limits =
                arena_new(&spec->arena, struct spec_rlimit, process->rlimit_count + list->count + 1);
        size_t count = process->rlimit_count;

        if (limits == NULL)
                return err_oom(err);
        memcpy(limits, process->rlimits, count * sizeof(*limits));
        for (size_t i = 0; i < list->count; i++) {
                struct spec_rlimit limit;
                size_t at = 0;
                int r = cli_read_ulimit(&spec->arena, list->items[i], &limit, err);

                if (r < 0)
                        return r;
                while (at < count && limits[at].resource != limit.resource)
                        at++;
                limits[at] = limit;
                count += at == count;
        }
        process->rlimits = limits;
        process->rlimit_count = count;
        return 0;
}

static int check_sysctl(const struct run_job *job, const struct ward_spec *spec, const char *key, struct ward_err *err)
{
        static const char *const options[SPEC_NS_COUNT] = {
                [SPEC_NS_NET] = "--network", [SPEC_NS_IPC] = "--ipc", [SPEC_NS_UTS] = "--uts"};
        char path[256];
        int ns;

        if (!spec_sysctl_path(key, path, sizeof(path))) {
                (void)err_set(err, -EINVAL, "option '--sysctl': '%s' is not the name of a setting", key);
                (void)err_mistake(err, MISTAKE_FORM);
                return err_hint(err, "write NAME=VALUE, the name as sysctl(8) has it: net.ipv4.ip_forward=1");
        }
        ns = spec_sysctl_namespace(path);
        if (ns < 0) {
                (void)err_set(err, -EPERM, "option '--sysctl': '%s' belongs to the whole machine, not to a container",
                              key);
                (void)err_mistake(err, MISTAKE_SYSCTL_MACHINE);
                return err_hint(err, "set it on the machine: sysctl -w %s=...", key);
        }
        if (strcmp(path, "kernel/hostname") == 0 || strcmp(path, "kernel/domainname") == 0)
                return bad_value("--sysctl", key, "names are not set as sysctls", "use --hostname, --domainname", err);
        if (spec->ns[ns].mode == SPEC_NS_NEW)
                return 0;
        (void)err_set(err, -EINVAL, "option '--sysctl': '%s' would be set for others too: its %s namespace is theirs",
                      key, spec_ns_names[ns]);
        (void)err_mistake(err, MISTAKE_SYSCTL_SHARED);
        return err_hint(err, "leave it out, or '%s %s'", options[ns], job->options->ns[ns]);
}

static int apply_sysctls(const struct run_job *job, struct ward_spec *spec, struct ward_err *err)
{
        const struct option_list *list = &job->options->sysctls;
        struct spec_sysctl *sysctls = arena_new(&spec->arena, struct spec_sysctl, list->count + 1);

        if (sysctls == NULL)
                return err_oom(err);
        for (size_t i = 0; i < list->count; i++) {
                const char *value = list->items[i];
                size_t len = strcspn(value, "=");
                const char *key = arena_strndup(&spec->arena, value, len);
                int r;

                if (key == NULL)
                        return err_oom(err);
                if (value[len] == '\0')
                        return bad_value("--sysctl", value, "it has no value", "write NAME=VALUE", err);
                r = check_sysctl(job, spec, key, err);
                if (r < 0)
                        return r;
                sysctls[i] = (struct spec_sysctl){
                        .key = key,
                        .value = value + len + 1,
                        .origin = CLI_ORIGIN(arena_concat(&spec->arena, "--sysctl ", value)),
                };
        }
        spec->sysctls = sysctls;
        spec->sysctl_count = list->count;
        return 0;
}

/* CLOCK=SECONDS, both clocks of time_namespaces(7); SECONDS alone moves both. */
static int apply_time_offset(struct ward_spec *spec, const char *value, struct ward_err *err)
{
        size_t len = strcspn(value, "=");
        bool both = value[len] == '\0';
        bool monotonic = both || strncmp(value, "monotonic=", strlen("monotonic=")) == 0;
        bool boottime = both || strncmp(value, "boottime=", strlen("boottime=")) == 0;
        struct spec_time_offset offset = {.given = true, .origin = CLI_ORIGIN("--time-offset")};

        if ((!monotonic && !boottime) ||
            option_read_i64(&offset.seconds, both ? value : value + len + 1, &spec->arena, err) < 0)
                return bad_value("--time-offset", value, "that is no offset of a clock",
                                 "write monotonic=SECONDS or boottime=SECONDS, or SECONDS for both", err);
        if (monotonic)
                spec->monotonic = offset;
        if (boottime)
                spec->boottime = offset;
        return 0;
}

/* docker's --memory-swap is memory and swap together, and so is the specification's. */
static int apply_resources(const struct run *o, struct spec_resources *resources, struct ward_err *err)
{
        if (o->memory.given)
                resources->memory.limit = o->memory;
        if (o->memory_reservation.given)
                resources->memory.reservation = o->memory_reservation;
        if (o->memory_swap.given) {
                if (!o->memory.given) {
                        (void)err_set(err, -EINVAL, "option '--memory-swap' needs --memory: it is their sum");
                        (void)err_mistake(err, MISTAKE_CONFLICT);
                        return err_hint(err, "add --memory");
                }
                if (o->memory_swap.value >= 0 && o->memory_swap.value < o->memory.value) {
                        (void)err_set(err, -EINVAL,
                                      "option '--memory-swap': it is memory and swap together, and less than --memory");
                        (void)err_mistake(err, MISTAKE_CONFLICT);
                        return err_hint(err, "give the sum of both, or -1 for no limit of swap");
                }
                resources->memory.swap = o->memory_swap;
        }
        if (o->cpu_quota.given) {
                resources->cpu.quota = o->cpu_quota;
                resources->cpu.period = o->cpu_quota;
                resources->cpu.period.value = RUN_CPU_PERIOD_USEC;
        }
        if (o->cpu_shares.given)
                resources->cpu.shares = o->cpu_shares;
        resources->cpu.cpus = o->cpuset_cpus;
        resources->cpu.cpus_origin = CLI_ORIGIN("--cpuset-cpus");
        resources->cpu.mems = o->cpuset_mems;
        resources->cpu.mems_origin = CLI_ORIGIN("--cpuset-mems");
        if (o->pids.given)
                resources->pids = o->pids;
        return 0;
}

/* ---- limits by their words ---- */

const char *const run_words[RUN_WORDS] = {
        "blkio-weight",     "blkio-weight-device", "cpu-period",        "cpu-quota",
        "cpu-rt-period",    "cpu-rt-runtime",      "device-read-bps",   "device-read-iops",
        "device-write-bps", "device-write-iops",   "memory-swappiness",
};

/* @option: how it was typed, without its value. */
static int apply_word(const struct limit_machine *machine, struct ward_spec *spec, const char *option, const char *name,
                      const char *value, struct ward_err *err)
{
        const struct limit_word *word = limit_words_find(name);
        const char *origin = arena_concat(&spec->arena, option, value);

        if (word != NULL && word->kind == LIMIT_RULE)
                return bad_value("--limit", name, "it is a rule about devices", "use --device", err);
        return origin == NULL ? err_oom(err)
                              : limit_words_parse(&spec->arena, machine, name, value, origin, &spec->resources, err);
}

static int apply_words(const struct run *o, struct ward_spec *spec, struct ward_err *err)
{
        const struct limit_machine *machine = limits_machine(&spec->arena);
        int r = machine == NULL ? err_oom(err) : 0;

        for (size_t i = 0; i < RUN_WORDS && r >= 0; i++)
                for (size_t j = 0; j < o->words[i].count && r >= 0; j++)
                        r = apply_word(machine, spec, arena_concat(&spec->arena, "--", run_words[i], " "), run_words[i],
                                       o->words[i].items[j], err);
        for (size_t i = 0; i < o->limits.count && r >= 0; i++) {
                const char *item = o->limits.items[i];
                size_t len = strcspn(item, "=");
                const char *name = arena_strndup(&spec->arena, item, len);

                if (name == NULL)
                        return err_oom(err);
                if (item[len] == '\0')
                        return bad_value("--limit", item, "it has no value", "write NAME=VALUE: memory.high=512M", err);
                r = apply_word(machine, spec, arena_concat(&spec->arena, "--limit ", name, "="), name, item + len + 1,
                               err);
        }
        return r;
}

int run_limits(struct run_job *job, struct ward_spec *spec, struct ward_err *err)
{
        const struct run *o = job->options;
        int r = apply_resources(o, &spec->resources, err);

        if (r >= 0)
                r = apply_words(o, spec, err);
        job->memory_option = spec->resources.memory.limit.origin.field;
        if (r >= 0)
                r = apply_ulimits(job, spec, err);
        if (r >= 0)
                r = apply_sysctls(job, spec, err);
        for (size_t i = 0; r >= 0 && i < o->time_offsets.count; i++)
                r = apply_time_offset(spec, o->time_offsets.items[i], err);
        if (r >= 0 && o->oom_score.given) {
                spec->process.oom_score_given = true;
                spec->process.oom_score_adj = (int)o->oom_score.value;
                spec->process.oom_score_origin = o->oom_score.origin;
        }
        return r;
}
