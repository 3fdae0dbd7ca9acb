/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a container that its creator waits for in the foreground; see birth.h. */
#include "engine/birth.h"

#include <time.h>

#include "engine/ending.h"
#include "engine/hooks.h"
#include "kern/clone.h"

/* What the group says about the end, while it is still there. */
static void fill_exit(struct birth *birth, const siginfo_t *info, struct engine_exit *ret_exit)
{
        struct cgroup_stats stats;

        *ret_exit = (struct engine_exit){.status = pidfd_exit_status(info)};
        /* Only a killed container asks: reading the figures takes several files. */
        if (info->si_code != CLD_EXITED && info->si_status == SIGKILL && birth->site.place.cgroup_path != NULL &&
            cgroup_stats_read(&birth->site.layout, birth->site.place.cgroup_path, &stats, NULL) >= 0)
                ret_exit->oom_killed = stats.oom_kills != UINT64_MAX && stats.oom_kills > 0;
}

/* All that is known, for who asks now, and for who may later. */
static int fill_record(struct birth *birth, const struct ending_facts *facts, struct engine_exit *ret_exit,
                       struct ward_err *err)
{
        struct arena *arena = birth->options->record != NULL ? birth->options->record : &birth->arena;
        struct ending *ending = &ret_exit->ending;
        int r;

        ret_exit->status = pidfd_exit_status(facts->info);
        ending_judge(facts, arena, ending);
        ret_exit->oom_killed = ending->memory.oom_kills != ENDING_UNKNOWN_NUMBER && ending->memory.oom_kills > 0;
        if (!birth->options->keep)
                return 0;
        r = ending_keep(&birth->entry, ending, err);
        return r == -ENOENT ? 0 : r; /* somebody deleted it already */
}

/* It takes two dozen files, which nobody asks for who is content with a success. */
static bool wants_record(const struct engine_options *options, const struct watch *watch, const siginfo_t *info)
{
        bool success = info->si_code == CLD_EXITED && info->si_status == 0 && watch->hit == ENDING_UNKNOWN;

        return options->keep || (options->record != NULL && (options->record_success || !success));
}

static uint64_t since(uint64_t usec)
{
        struct timespec now;
        uint64_t now_usec;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        now_usec = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
        return now_usec > usec ? now_usec - usec : 0; /* else the clock was set */
}

/* Waits for the end. A created container that failed later is gone by the same way. */
int birth_wait_end(struct birth *birth, struct relay *relay, struct engine_exit *ret_exit, struct ward_err *err)
{
        const struct engine_options *options = birth->options;
        _cleanup_watch_ struct watch watch = {
                .layout = &birth->site.layout,
                .group = birth->site.place.cgroup_path,
                .alone = birth->spec->ns[SPEC_NS_PID].mode == SPEC_NS_NEW,
                .pidfd = birth->launch.pidfd,
                .proc = birth->proc,
                .pid = birth->state.pid,
                .stand_in = options->default_actions,
                .timeout_usec = options->timeout_usec,
                .cpu_usec = options->cpu_usec,
                .output_bytes = options->output_bytes,
        };
        siginfo_t info;
        const struct ending_facts facts = {
                &birth->entry, &birth->site.layout, watch.group, birth->state.pid, &info, &watch, relay};
        int r;

        if (options->record != NULL)
                watch.start_usec = since(birth->state.created_usec);
        watch_begin(&watch, options->record != NULL && birth->spec->resources.memory.limit.given);
        r = relay_run(relay, birth->launch.pidfd, &watch, err);
        /* What can't be held to its caps does not go on without them. */
        if (r < 0 && (watch.timeout_usec | watch.cpu_usec | watch.output_bytes) != 0)
                (void)pidfd_signal(birth->launch.pidfd, SIGKILL);
        if (r >= 0)
                r = pidfd_wait(birth->launch.pidfd, false, false, &info);
        if (r < 0)
                return err_code(err, r, "wait for the container");
        if (watch.signal != 0 && info.si_code == CLD_KILLED && info.si_status == SIGKILL)
                info.si_status = watch.signal;
        if (wants_record(options, &watch, &info))
                r = fill_record(birth, &facts, ret_exit, err);
        else
                fill_exit(birth, &info, ret_exit);
        launch_trace(&birth->launch, "ended");
        return r;
}

int birth_remove_ended(struct birth *birth, struct ward_err *err)
{
        int r = store_lock(&birth->entry, err);

        if (r < 0)
                return r == -ENOENT ? 0 : r; /* somebody deleted it already */

        /* Whatever init left behind in a pid namespace is gone with it; without one it is still in the group. */
        if (birth->site.place.cgroup_path != NULL && birth->spec->ns[SPEC_NS_PID].mode != SPEC_NS_NEW)
                (void)cgroup_kill(&birth->site.layout, birth->site.place.cgroup_path, 10000, NULL);
        r = site_remove_groups(&birth->site, true, err);
        if (r >= 0)
                site_stop_unit(&birth->site);
        if (r >= 0)
                r = rdt_remove(birth->spec, birth->options->id, err);
        if (birth->spec->hooks[SPEC_HOOK_POSTSTOP].count > 0)
                hooks_run_poststop(birth->store, birth->spec, &birth->state);
        if (r >= 0)
                r = store_destroy(birth->store, birth->options->id, &birth->entry, err);
        launch_trace(&birth->launch, "gone");
        return r;
}
