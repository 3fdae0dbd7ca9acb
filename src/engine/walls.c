/* SPDX-License-Identifier: Apache-2.0 */
/* Which of a sandbox's walls can be built here; see walls.h. */
#include "engine/walls.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "kern/careful.h"
#include "kern/probe.h"

static const struct {
        enum spec_ns ns;
        probe_function probe;
} namespaces[] = {
        {SPEC_NS_MOUNT, probe_mount}, {SPEC_NS_PID, probe_pid}, {SPEC_NS_IPC, probe_ipc},
        {SPEC_NS_UTS, probe_uts},     {SPEC_NS_NET, probe_net}, {SPEC_NS_CGROUP, probe_cgroup},
};

/* What the root of a sandbox is made with. */
static const probe_function of_a_root[] = {probe_openat2,       probe_mount_api, probe_open_tree,
                                           probe_mount_setattr, probe_pivot,     probe_devpts};

static void try_all(int (*run)(probe_function probe), struct walls *walls)
{
        for (size_t i = 0; i < ELEMENTS(namespaces); i++)
                walls->ns[namespaces[i].ns] = run(namespaces[i].probe) >= 0;
        walls->root = walls->ns[SPEC_NS_MOUNT];
        for (size_t i = 0; walls->root && i < ELEMENTS(of_a_root); i++)
                walls->root = run(of_a_root[i]) >= 0;
        walls->proc = walls->root && walls->ns[SPEC_NS_PID] && run(probe_proc) >= 0;
        walls->sys = walls->root && run(probe_sysfs) >= 0;
}

void walls_try(struct walls *ret_walls)
{
        int r;

        memset(ret_walls, 0, sizeof(*ret_walls));
        ret_walls->ns[SPEC_NS_USER] = probe_run(probe_user) >= 0;
        /* Root can do without a user namespace. */
        if (ret_walls->ns[SPEC_NS_USER])
                try_all(probe_run_boxed, ret_walls);
        else if (probe_has_rights())
                try_all(probe_run, ret_walls);
        r = probe_run(probe_keyring);
        ret_walls->keyring = r >= 0 || r == -ENOSYS; /* a kernel without keys has none that could be found */
}

bool walls_are_filtered(void)
{
        return careful_is_filtered();
}

bool walls_are_whole(const struct walls *walls)
{
        for (int ns = 0; ns < SPEC_NS_COUNT; ns++)
                if (ns != SPEC_NS_TIME && !walls->ns[ns])
                        return false;
        return walls->root && walls->proc && walls->sys && walls->keyring;
}
