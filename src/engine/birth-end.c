/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a container that its creator waits for in the foreground; see birth.h. */
#include "engine/birth.h"
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

/* Waits for the end. A created container that failed later is gone by the same way. */
int birth_wait_end(struct birth *birth, struct relay *relay, uint64_t timeout_sec, struct engine_exit *ret_exit,
                   struct ward_err *err)
{
        siginfo_t info;
        int r;

        r = relay_run(relay, birth->launch.pidfd, timeout_sec, err);
        if (r >= 0)
                r = pidfd_wait(birth->launch.pidfd, false, false, &info);
        if (r < 0)
                return err_code(err, r, "wait for the container");
        fill_exit(birth, &info, ret_exit);
        ret_exit->timed_out = relay->timed_out;
        launch_trace(&birth->launch, "ended");
        return 0;
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
