/* SPDX-License-Identifier: Apache-2.0 */
/* The plan of a start, shown. The place is a fixed one, so that the same spec gives the same plan on every machine and for every user. */
#include "engine/engine.h"

#include <linux/filter.h>

#include "engine/agent.h"
#include "engine/profile.h"
#include "launch/plan.h"
#include "model/landlock.h"

int engine_plan(const struct ward_spec *spec, const struct engine_options *options, bool json, struct text *text,
                struct ward_err *err)
{
        bool groups = options->groups != ENGINE_GROUPS_NONE;
        const struct place_hierarchy unified = {
                .version = 2, .name = "unified", .mount = "/sys/fs/cgroup", .own = groups ? NULL : "/"};
        struct arena arena _cleanup_arena_ = {0};
        struct place place = {
                .hierarchies = &unified,
                .hierarchy_count = 1,
                .clone_into_cgroup = true,
                .root_user = !options->ordinary_user,
                .foreign_mounts = options->ordinary_user,
                .idmap_root = options->idmap_root && !options->root_given,
                .apparmor = true,
                .selinux = true,
                .smack = true,
                .landlock_abi = LANDLOCK_ABI_KNOWN,
                .terminal_socket = true,
                .output_pipes = options->output_bytes != 0,
                .make_cwd = options->make_cwd,
                .all_cpus = options->all_cpus,
                .no_pivot = options->no_pivot,
                .no_new_keyring = options->no_new_keyring,
                .preserve_fds = options->preserve_fds,
        };
        struct agent agent = AGENT_NONE;
        struct seccomp_filter filter = {0};
        struct sock_fprog program;
        struct plan plan;
        int r = 0;

        if (options->groups == ENGINE_GROUPS_SYSTEMD) {
                (void)err_set(err, -EOPNOTSUPP,
                              "plan the start: where systemd makes the control group is not known before");
                return err_hint(err, "leave the cgroup manager systemd out: the other steps are the same");
        }
        place.rootfs = options->root_given ? NULL : spec->rootfs;
        place.cgroup_path = spec->cgroups_path != NULL ? spec->cgroups_path : arena_concat(&arena, "/", options->id);
        if (place.cgroup_path == NULL)
                return err_oom(err);
        if (options->ordinary_user || !groups)
                place.cgroup_path = NULL;
        if (!spec->process_given || spec->process.argv == NULL || spec->process.argv[0] == NULL)
                return err_set(err, -EINVAL, "%s: process.args is missing: there is nothing to plan", spec->file);
        if (spec->seccomp.text != NULL)
                r = profile_filter(spec, options->seccomp_docker, -EBADF, &arena, &filter, err);
        if (r >= 0)
                r = agent_find(&agent, spec, &filter, &arena, err);
        if (r < 0)
                return r;
        place.agent = agent.path;
        program = (struct sock_fprog){.len = filter.count, .filter = filter.code};
        r = plan_start(spec, &place, filter.count > 0 ? &program : NULL, filter.flags, &plan, err);
        if (r < 0)
                return r;
        plan_print(&plan, json, text);
        plan_done(&plan);
        return text_failed(text) ? err_oom(err) : 0;
}
