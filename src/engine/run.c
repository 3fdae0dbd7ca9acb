/* SPDX-License-Identifier: Apache-2.0 */
/* create and start in one, and, in the foreground, the container's whole life. */
#include "base/fd.h"
#include "engine/birth.h"
#include "engine/hooks.h"
#include "engine/ready.h"
#include "engine/stored.h"
#include "engine/strength.h"
#include "kern/clone.h"
#include "kern/proc.h"
#include "kern/require.h"

/* What of its namespaces can be seen by now. A program that ends at once has none any more, and before it is executed an ordinary user sees none. */
static void see_namespaces(const struct birth *birth, struct engine_started *started)
{
        for (int ns = 0; ns < SPEC_NS_COUNT; ns++)
                if (started->namespaces[ns] == 0 &&
                    proc_namespace_inode(birth->launch.proc_fd, birth->state.pid, stored_ns_files[ns],
                                         &started->namespaces[ns], NULL) < 0)
                        started->namespaces[ns] = 0;
}

/* The child has to have done its part: what it could not set up is no wall. */
static int look(struct birth *birth, struct engine_started *started, struct ward_err *err)
{
        const struct engine_options *options = birth->options;
        struct strength strength;
        int r = launch_await(&birth->launch, PHASE_WAITING, err);

        if (r < 0)
                return r == -ESRCH ? birth_explain_death(birth, err) : r;
        if (options->started != NULL)
                see_namespaces(birth, started);
        if (options->judge == NULL)
                return 0;
        strength_of(birth, &strength);
        return options->judge(options->judge_data, &strength, err);
}

static void tell_started(const struct birth *birth, struct engine_started *started)
{
        started->pid = birth->state.pid;
        see_namespaces(birth, started);
        birth->options->started(birth->options->started_data, started);
}

static int wait_end(struct birth *birth, struct relay *relay, struct engine_exit *ret_exit, struct ward_err *err)
{
        const struct engine_options *options = birth->options;
        _cleanup_close_
        int helper_pidfd = -EBADF;
        siginfo_t info;
        pid_t helper = 0;
        int r = 0;

        if (options->notify_socket != NULL) {
                helper =
                        ready_pass_aside(birth->ready, birth->launch.pidfd, options->notify_socket, &helper_pidfd, err);
                r = helper < 0 ? helper : 0;
        }
        if (r >= 0)
                r = birth_wait_end(birth, relay, ret_exit, err);
        if (helper > 0 && r < 0)
                pidfd_kill_child(helper_pidfd, helper);
        /* It ends with the container, when it has passed on what that said last. */
        if (helper > 0)
                (void)pidfd_wait(helper_pidfd, false, false, &info);
        return r;
}

static int run(struct store *store, const struct ward_spec *spec, const struct engine_options *options,
               struct relay *relay, struct engine_exit *ret_exit, struct ward_err *err)
{
        _cleanup_birth_ struct birth birth;
        struct engine_started started = {0};
        int r;

        r = birth_begin(&birth, store, spec, options, false, relay, err);
        if (r >= 0 && (options->judge != NULL || options->started != NULL))
                r = look(&birth, &started, err);
        if (r >= 0)
                r = birth_finish(&birth, err);
        if (r < 0) { /* of birth, not of what follows */
                *ret_exit = (struct engine_exit){.status = launch_failure_status(&birth.launch, r)};
                relay_rest(relay);
        }
        if (r >= 0)
                r = relay_attach(relay, err);
        if (r >= 0 && spec->hooks[SPEC_HOOK_POSTSTART].count > 0) {
                birth.hooks_due = true;
                birth_share(&birth);
                r = hooks_run_poststart(&birth.entry, &birth.state, err);
        }
        if (r < 0)
                return r;
        birth_share(&birth);
        birth_release(&birth);
        if (options->detach) {
                if (options->notify_socket != NULL)
                        ready_pass(birth.ready, birth.launch.pidfd, options->notify_socket, birth.launch.pid, store);
                return 0;
        }
        if (options->started != NULL)
                tell_started(&birth, &started);
        r = wait_end(&birth, relay, ret_exit, err);
        if (r >= 0 && !options->keep)
                r = birth_remove_ended(&birth, err);
        return r;
}

int engine_run(struct store *store, const struct ward_spec *spec, const struct engine_options *options,
               struct engine_exit *ret_exit, struct ward_err *err)
{
        bool terminal = options->terminal_relay && spec->process.terminal && options->console_socket == NULL;
        bool pipes = options->output_bytes != 0 && !spec->process.terminal;
        _cleanup_relay_ struct relay relay = RELAY_NONE;
        int r;

        *ret_exit = (struct engine_exit){.status = 125};
        r = options->detach ? 0 : relay_begin(&relay, terminal, !options->no_input, pipes, err);
        if (r >= 0)
                r = run(store, spec, options, &relay, ret_exit, err);
        return require_explain(r, err);
}
