/* SPDX-License-Identifier: Apache-2.0 */
/* A sandbox of bubblewrap's kind, from its first process to its program's end; see engine.h. */
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/engine.h"
#include "engine/stored.h"
#include "kern/caps.h"
#include "kern/clone.h"
#include "kern/landlock.h"
#include "kern/proc.h"
#include "kern/require.h"
#include "kern/userns.h"
#include "launch/launch.h"

int engine_own_caps(uint64_t *ret_effective, struct ward_err *err)
{
        struct caps_pair own;
        int r = caps_own(&own);

        if (r < 0)
                return err_code(err, r, "find out which capabilities this process has");
        *ret_effective = own.effective;
        return 0;
}

unsigned engine_landlock_abi(void)
{
        int abi = landlock_abi(NULL);

        return abi < 0 ? 0 : (unsigned)abi;
}

/* Until the process goes on that no other one takes the place of. */
static int await_clones(struct launch *launch, struct ward_err *err)
{
        int r = 0;

        for (uint32_t i = 0; r >= 0 && i < launch->plan->op_count; i++)
                if (launch->plan->ops[i].type == OP_CLONE)
                        r = launch_await(launch, PHASE_CLONE, err);
        return r;
}

/* While it waits for its ids its namespaces can be seen by who made them: as soon as it changes its rights they can't. */
static int tell_made(const struct launch *launch, const struct engine_sandbox_options *options, struct ward_err *err)
{
        struct engine_started started = {.pid = launch->pid};

        if (options->made == NULL)
                return 0;
        for (int ns = 0; ns < SPEC_NS_COUNT; ns++)
                if (proc_namespace_inode(launch->proc_fd, launch->pid, stored_ns_files[ns], &started.namespaces[ns],
                                         NULL) < 0)
                        started.namespaces[ns] = 0;
        return options->made(options->data, &started, err);
}

/* The ids: somebody else writes them, and says so by a byte, or by closing its end. */
static int give_ids(struct launch *launch, const struct ward_spec *spec, struct ward_err *err)
{
        int fd = spec->bare.users_block_fd;
        ssize_t n;
        char byte;

        if (spec->ns[SPEC_NS_USER].mode != SPEC_NS_NEW)
                return 0;
        if (fd < 0)
                return launch_map(launch, &spec->id_maps, err);
        do
                n = read(fd, &byte, 1);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return err_errno(err, "wait until the ids of the user namespace are written");
        return launch_say(launch, MESSAGE_MAPPED, err);
}

static int start(struct launch *launch, const struct ward_spec *spec, const struct engine_sandbox_options *options,
                 struct ward_err *err)
{
        int r = launch_clone(launch, -EBADF, err);

        if (r >= 0)
                r = await_clones(launch, err);
        if (r >= 0)
                r = tell_made(launch, options, err);
        if (r >= 0)
                r = give_ids(launch, spec, err);
        if (r < 0)
                return r;
        fd_close_inherited();
        return launch_await_exec(launch, err);
}

static int refuse_waiting(int r, struct ward_err *err)
{
        (void)err_code(err, r, "wait for the program in the sandbox's first process");
        return err_hint(err, "a system call filter is in force there, too: it must let wait4(2) be made");
}

/* With the first process ends the program, which may not have been executed by then. @r: why the start failed otherwise. */
static int explain_start(int ended, int r, struct ward_err *err)
{
        struct pollfd said = {.fd = ended, .events = POLLIN};
        int status;

        if (ended < 0 || poll(&said, 1, 0) <= 0 || (said.revents & POLLIN) == 0 ||
            read(ended, &status, sizeof(status)) != sizeof(status) || status >= 0)
                return r;
        return refuse_waiting(status, err);
}

/* The first process of the sandbox says how the program ended, and may have to stay longer. */
static int wait_end(const struct launch *launch, int ended, struct engine_exit *ret_exit, struct ward_err *err)
{
        siginfo_t info;
        int status, r;
        ssize_t n = 0;

        while (ended >= 0 && (n = read(ended, &status, sizeof(status))) < 0 && errno == EINTR)
                ;
        if (n == sizeof(status) && status < 0)
                return refuse_waiting(status, err);
        if (n == sizeof(status)) {
                ret_exit->status = status;
                return 0;
        }
        r = pidfd_wait(launch->pidfd, false, false, &info);
        if (r < 0)
                return err_code(err, r, "wait for the program");
        ret_exit->status = pidfd_exit_status(&info);
        return 0;
}

static int make_pipe(const struct ward_spec *spec, int *ret_read, int *ret_write, struct ward_err *err)
{
        int ends[2];

        if (!spec->bare.stay)
                return 0;
        if (pipe2(ends, O_CLOEXEC) < 0)
                return err_errno(err, "make a pipe for the status of the program");
        *ret_read = ends[0];
        *ret_write = ends[1];
        return 0;
}

static int run(const struct ward_spec *spec, const struct engine_sandbox_options *options, struct engine_exit *ret_exit,
               struct ward_err *err)
{
        _cleanup_close_
        int proc = proc_open(err), ended = -EBADF, write_end = -EBADF;
        _cleanup_launch_ struct launch launch = LAUNCH_NONE;
        _cleanup_(plan_done) struct plan plan = {0};
        struct launch_given given = LAUNCH_GIVEN_NONE;
        int r = proc;

        given.proc = proc;
        if (r >= 0 && geteuid() != 0 && spec->ns[SPEC_NS_USER].mode == SPEC_NS_NEW)
                r = userns_check(proc, err);
        if (r >= 0)
                r = make_pipe(spec, &ended, &write_end, err);
        if (r >= 0)
                r = plan_sandbox(spec, &plan, err);
        given.ended = write_end;
        if (r >= 0)
                r = launch_open(&launch, &plan, NULL, NULL, &given, err);
        if (r >= 0)
                r = start(&launch, spec, options, err);
        write_end = fd_close(write_end);
        if (r < 0) {
                ret_exit->status = launch_failure_status(&launch, r);
                return explain_start(ended, r, err);
        }
        launch_release(&launch);
        return wait_end(&launch, ended, ret_exit, err);
}

int engine_sandbox(const struct ward_spec *spec, const struct engine_sandbox_options *options,
                   struct engine_exit *ret_exit, struct ward_err *err)
{
        *ret_exit = (struct engine_exit){.status = 125};
        if (spec->bare.die_with_parent && prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
                return err_errno(err, "end with the parent");
        return require_explain(run(spec, options, ret_exit, err), err);
}
