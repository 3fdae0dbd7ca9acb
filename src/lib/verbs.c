/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs: what starts, changes and ends containers. */
#include "lib/lib.h"
#include "model/oci.h"

/* sizeof of the first version of a structure whose last member then was @member. */
#define FIRST_SIZE(type, member) (offsetof(struct type, member) + sizeof(((struct type *)0)->member))

static int check_fds(unsigned preserve_fds, const char *verb, const char *id, struct ward_err *err)
{
        if (preserve_fds <= ENGINE_PRESERVE_FDS_MAX)
                return 0;
        (void)err_set(err, -EINVAL, "%s container '%s': it shall keep %u descriptors, and at most %d can be kept", verb,
                      id, preserve_fds, ENGINE_PRESERVE_FDS_MAX);
        return err_hint(err, "set preserve_fds to how many there are behind standard error: 3 to 2+N");
}

static int start_options(const struct ward_start_options *given, unsigned allowed, const char *verb, const char *id,
                         struct engine_options *ret_options, struct ward_err *err)
{
        struct ward_start_options o;
        int r;

        r = lib_take(&o, sizeof(o), FIRST_SIZE(ward_start_options, pidfd_socket), given, "ward_start_options", err);
        if (r >= 0)
                r = lib_flags(o.flags, allowed | WARD_NO_PIVOT | WARD_NO_NEW_KEYRING, verb, err);
        if (r >= 0)
                r = check_fds(o.preserve_fds, verb, id, err);
        if (r < 0)
                return r;
        if (o.bundle == NULL || o.bundle[0] != '/') {
                (void)err_set(err, -EINVAL, "%s container '%s': its bundle is not an absolute path: '%s'", verb, id,
                              o.bundle == NULL ? "" : o.bundle);
                return err_hint(err, "set bundle in struct ward_start_options to the bundle's directory");
        }
        *ret_options = (struct engine_options){
                .id = id,
                .bundle = o.bundle,
                .program = "libward",
                .pid_file = o.pid_file,
                .console_socket = o.console_socket,
                .pidfd_socket = o.pidfd_socket,
                .preserve_fds = o.preserve_fds,
                .no_pivot = (o.flags & WARD_NO_PIVOT) != 0,
                .no_new_keyring = (o.flags & WARD_NO_NEW_KEYRING) != 0,
                .detach = (o.flags & WARD_DETACH) != 0,
                .terminal_relay = (o.flags & WARD_TERMINAL) != 0,
                .keep = (o.flags & WARD_KEEP) != 0,
                .timeout_usec = o.timeout_usec,
                .cpu_usec = o.cpu_usec,
                .output_bytes = o.output_bytes,
        };
        if ((o.timeout_usec | o.cpu_usec | o.output_bytes) != 0 &&
            ((allowed & WARD_DETACH) == 0 || (o.flags & WARD_DETACH) != 0)) {
                (void)err_set(err, -EINVAL,
                              "%s container '%s': it has a cap, and nobody waits who could hold it to that", verb, id);
                return err_hint(
                        err, "leave timeout_usec, cpu_usec and output_bytes 0, or call ward_run() without WARD_DETACH");
        }
        return 0;
}

_Static_assert((int)WARD_REASON_UNKNOWN == (int)ENDING_UNKNOWN && (int)WARD_REASON_EXITED == (int)ENDING_EXITED &&
                       (int)WARD_REASON_SIGNAL == (int)ENDING_SIGNAL &&
                       (int)WARD_REASON_OUT_OF_MEMORY == (int)ENDING_OUT_OF_MEMORY &&
                       (int)WARD_REASON_TIMEOUT == (int)ENDING_TIMEOUT &&
                       (int)WARD_REASON_CPU_TIME == (int)ENDING_CPU_TIME &&
                       (int)WARD_REASON_OUTPUT == (int)ENDING_OUTPUT && WARD_UNKNOWN == ENDING_UNKNOWN_NUMBER,
               "enum ward_reason is enum ending_reason");

/* Says how it ended to a caller who wants to know. */
static void give_exit(struct ward_exit *ret_exit, int status, bool oom_killed, const struct ending *ending)
{
        const bool sent = ending->sender.by != NULL;
        const struct ward_exit ours = {
                .status = status,
                .oom_killed = oom_killed,
                .reason = (enum ward_reason)ending->reason,
                .signal = ending->signal,
                .limit = ending->limit,
                .wall_usec = ending->wall_usec,
                .cpu_usec = ending->cpu.usage_usec,
                .cpu_user_usec = ending->cpu.user_usec,
                .cpu_system_usec = ending->cpu.system_usec,
                .memory_peak_bytes = ending->memory.peak_bytes,
                .processes_peak = ending->processes.peak,
                .io_read_bytes = ending->io.read_bytes,
                .io_write_bytes = ending->io.write_bytes,
                .output_bytes = ending->output_bytes,
                .oom_kills = ending->memory.oom_kills,
                .processes_refused = ending->processes.limit_hits,
                .sender_pid = sent ? ending->sender.pid : WARD_UNKNOWN,
                .sender_uid = sent ? ending->sender.uid : WARD_UNKNOWN,
        };

        if (ret_exit != NULL)
                lib_give(ret_exit, &ours, sizeof(ours));
}

/* Before anything is started: afterwards it would be too late to refuse. */
static int check_exit(const struct ward_exit *ret_exit, struct ward_err *err)
{
        struct ward_exit ours;

        /* What lies behind struct_size is to be written, so nothing is asked of it. */
        if (ret_exit == NULL || ret_exit->struct_size >= FIRST_SIZE(ward_exit, oom_killed))
                return 0;
        return lib_take(&ours, sizeof(ours), FIRST_SIZE(ward_exit, oom_killed), ret_exit, "ward_exit", err);
}

static int create_container(struct ward *ward, const char *id, const struct ward_spec *spec,
                            const struct ward_start_options *options, struct ward_err *err)
{
        struct engine_options engine;
        int r = start_options(options, 0, "create", id, &engine, err);

        return r < 0 ? r : engine_create(&ward->store, spec, &engine, err);
}

int ward_create(struct ward *ward, const char *id, const struct ward_spec *spec,
                const struct ward_start_options *options, struct ward_err *err)
{
        struct ward_err own = {0};

        return lib_end(create_container(ward, id, spec, options, &own), &own, err);
}

int ward_start(struct ward *ward, const char *id, struct ward_err *err)
{
        struct ward_err own = {0};

        return lib_end(engine_start(&ward->store, id, NULL, &own), &own, err);
}

static int run_container(struct ward *ward, const char *id, const struct ward_spec *spec,
                         const struct ward_start_options *options, struct ward_exit *ret_exit, struct ward_err *err)
{
        struct arena arena _cleanup_arena_ = {0};
        struct engine_options engine;
        struct engine_exit end = {0};
        int r;

        r = check_exit(ret_exit, err);
        if (r >= 0)
                r = start_options(options, WARD_DETACH | WARD_TERMINAL | WARD_KEEP, "run", id, &engine, err);
        if (r < 0)
                return r;
        engine.record = ret_exit != NULL ? &arena : NULL;
        engine.record_success = true;
        r = engine_run(&ward->store, spec, &engine, &end, err);
        if (r >= 0 && !engine.detach)
                give_exit(ret_exit, end.status, end.oom_killed, &end.ending);
        return r;
}

int ward_run(struct ward *ward, const char *id, const struct ward_spec *spec, const struct ward_start_options *options,
             struct ward_exit *ret_exit, struct ward_err *err)
{
        struct ward_err own = {0};

        return lib_end(run_container(ward, id, spec, options, ret_exit, &own), &own, err);
}

static int execute(struct ward *ward, const char *id, const struct ward_process *process,
                   const struct ward_exec_options *options, struct ward_exit *ret_exit, struct ward_err *err)
{
        struct engine_exec_options how = {.process = &process->process};
        const char *groups[2] = {NULL};
        struct engine_options engine = {.id = id, .program = "libward"};
        struct engine_exit end = {0};
        struct ward_exec_options o;
        int r;

        r = check_exit(ret_exit, err);
        if (r >= 0)
                r = lib_take(&o, sizeof(o), FIRST_SIZE(ward_exec_options, pidfd_socket), options, "ward_exec_options",
                             err);
        if (r >= 0)
                r = lib_flags(o.flags, WARD_DETACH | WARD_TERMINAL | WARD_IGNORE_PAUSED, "exec", err);
        if (r >= 0)
                r = check_fds(o.preserve_fds, "execute in", id, err);
        if (r < 0)
                return r;
        groups[0] = o.cgroup;
        how.cgroups = groups;
        how.ignore_paused = (o.flags & WARD_IGNORE_PAUSED) != 0;
        engine.pid_file = o.pid_file;
        engine.console_socket = o.console_socket;
        engine.pidfd_socket = o.pidfd_socket;
        engine.preserve_fds = o.preserve_fds;
        engine.detach = (o.flags & WARD_DETACH) != 0;
        engine.terminal_relay = (o.flags & WARD_TERMINAL) != 0;
        r = engine_exec(&ward->store, &how, &engine, &end, err);
        ending_init(&end.ending);
        if (r >= 0 && !engine.detach)
                give_exit(ret_exit, end.status, end.oom_killed, &end.ending);
        return r;
}

int ward_exec(struct ward *ward, const char *id, const struct ward_process *process,
              const struct ward_exec_options *options, struct ward_exit *ret_exit, struct ward_err *err)
{
        struct ward_err own = {0};

        return lib_end(execute(ward, id, process, options, ret_exit, &own), &own, err);
}

static int ask_ending(struct ward *ward, const char *id, struct ward_exit *ret_exit, char **ret_json,
                      struct ward_err *err)
{
        struct arena arena _cleanup_arena_ = {0};
        _cleanup_text_ struct text text = {0};
        struct ending ending;
        int r, status;

        r = check_exit(ret_exit, err);
        if (r >= 0)
                r = engine_ending(&ward->store, id, &arena, &ending, err);
        if (r < 0)
                return r;
        ending_print(&ending, &text);
        if (text_failed(&text))
                return err_oom(err);
        status = ending.exit_code != ENDING_UNKNOWN_NUMBER ? (int)ending.exit_code
                 : ending.signal != ENDING_UNKNOWN_NUMBER  ? 128 + (int)ending.signal
                                                           : -1;
        give_exit(ret_exit, status, ending.memory.oom_kills != ENDING_UNKNOWN_NUMBER && ending.memory.oom_kills > 0,
                  &ending);
        if (ret_json != NULL)
                *ret_json = TAKE_PTR(text.data);
        return 0;
}

int ward_ending(struct ward *ward, const char *id, struct ward_exit *ret_exit, char **ret_json, struct ward_err *err)
{
        struct ward_err own = {0};

        return lib_end(ask_ending(ward, id, ret_exit, ret_json, &own), &own, err);
}

static int send_signal(struct ward *ward, const char *id, int signal, unsigned flags, struct ward_err *err)
{
        int r = lib_flags(flags, WARD_ALL, "kill", err);

        return r < 0 ? r : engine_kill(&ward->store, id, signal, (flags & WARD_ALL) != 0, err);
}

int ward_kill(struct ward *ward, const char *id, int signal, unsigned flags, struct ward_err *err)
{
        struct ward_err own = {0};

        return lib_end(send_signal(ward, id, signal, flags, &own), &own, err);
}

static int delete_container(struct ward *ward, const char *id, unsigned flags, struct ward_err *err)
{
        int r = lib_flags(flags, WARD_FORCE, "delete", err);

        return r < 0 ? r : engine_delete(&ward->store, id, (flags & WARD_FORCE) != 0, err);
}

int ward_delete(struct ward *ward, const char *id, unsigned flags, struct ward_err *err)
{
        struct ward_err own = {0};

        return lib_end(delete_container(ward, id, flags, &own), &own, err);
}

_Static_assert((int)WARD_GC_CONTAINER == (int)ENGINE_GC_CONTAINER && (int)WARD_GC_GROUP == (int)ENGINE_GC_GROUP &&
                       (int)WARD_GC_IDS == (int)ENGINE_GC_IDS && (int)WARD_GC_FILTERS == (int)ENGINE_GC_FILTERS &&
                       (int)WARD_GC_LIMITS == (int)ENGINE_GC_LIMITS && (int)WARD_GC_REMOVED == (int)ENGINE_GC_REMOVED &&
                       (int)WARD_GC_LEFT == (int)ENGINE_GC_LEFT && (int)WARD_GC_FAILED == (int)ENGINE_GC_FAILED,
               "the enums of ward_gc() are those of engine_gc()");

struct gc_report {
        void (*report)(void *data, const struct ward_gc_item *item);
        void *data;
};

static void give_item(void *data, const struct engine_gc_item *item)
{
        const struct gc_report *to = data;
        const struct ward_gc_item ours = {
                .struct_size = sizeof(ours),
                .kind = (enum ward_gc_kind)item->kind,
                .result = (enum ward_gc_result)item->result,
                .name = item->name,
                .why = item->why,
        };

        if (to->report != NULL)
                to->report(to->data, &ours);
}

static int collect(struct ward *ward, unsigned flags, void (*report)(void *data, const struct ward_gc_item *item),
                   void *data, struct ward_err *err)
{
        struct gc_report to = {report, data};
        const struct engine_gc_options options = {
                .dry_run = (flags & WARD_DRY_RUN) != 0,
                .stopped = (flags & WARD_ALL) != 0,
                .force = (flags & WARD_FORCE) != 0,
                .report = give_item,
                .data = &to,
        };
        int r = lib_flags(flags, WARD_ALL | WARD_FORCE | WARD_DRY_RUN, "gc", err);

        return r < 0 ? r : engine_gc(&ward->store, &options, err);
}

int ward_gc(struct ward *ward, unsigned flags, void (*report)(void *data, const struct ward_gc_item *item), void *data,
            struct ward_err *err)
{
        struct ward_err own = {0};

        return lib_end(collect(ward, flags, report, data, &own), &own, err);
}

int ward_pause(struct ward *ward, const char *id, struct ward_err *err)
{
        struct ward_err own = {0};

        return lib_end(engine_pause(&ward->store, id, &own), &own, err);
}

int ward_resume(struct ward *ward, const char *id, struct ward_err *err)
{
        struct ward_err own = {0};

        return lib_end(engine_resume(&ward->store, id, &own), &own, err);
}

static int update_limits(struct ward *ward, const char *id, const char *text, size_t len, const char *name,
                         struct ward_err *err)
{
        struct arena arena _cleanup_arena_ = {0};
        struct spec_resources resources = {0};
        int r = oci_parse_resources(text, len, name, &arena, &resources, err);

        return r < 0 ? r : engine_update(&ward->store, id, &resources, err);
}

int ward_update(struct ward *ward, const char *id, const char *text, size_t len, const char *name, struct ward_err *err)
{
        struct ward_err own = {0};

        return lib_end(update_limits(ward, id, text, len, name, &own), &own, err);
}
