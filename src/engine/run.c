/* SPDX-License-Identifier: Apache-2.0 */
/* create and start in one, and, in the foreground, the container's whole life. */
#include "base/fd.h"
#include "engine/birth.h"
#include "engine/hooks.h"
#include "engine/ready.h"
#include "engine/strength.h"
#include "kern/clone.h"
#include "kern/require.h"

/* The child has to have done its part: what it could not set up is no wall. */
static int judge(struct birth *birth, struct ward_err *err)
{
        struct strength strength;
        int r = launch_await(&birth->launch, PHASE_WAITING, err);

        if (r < 0)
                return r;
        strength_of(birth, &strength);
        return birth->options->judge(birth->options->judge_data, &strength, err);
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
                r = birth_wait_end(birth, relay, options->timeout_sec, ret_exit, err);
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
        int r;

        r = birth_begin(&birth, store, spec, options, false, relay->socket[1], err);
        if (r >= 0 && options->judge != NULL)
                r = judge(&birth, err);
        if (r >= 0)
                r = birth_finish(&birth, err);
        if (r < 0) { /* of birth, not of what follows */
                *ret_exit = (struct engine_exit){.status = launch_failure_status(&birth.launch, r)};
                relay_rest(relay);
        }
        if (r >= 0)
                r = relay_attach(relay, err);
        if (r >= 0 && spec->hooks[SPEC_HOOK_POSTSTART].count > 0)
                r = hooks_run_poststart(&birth.entry, &birth.state, err);
        if (r < 0)
                return r;
        /* Others may change the container from now on: kill, exec, update. */
        store_unlock(&birth.entry);
        birth_release(&birth);
        if (options->detach) {
                if (options->notify_socket != NULL)
                        ready_pass(birth.ready, birth.launch.pidfd, options->notify_socket, birth.launch.pid, store);
                return 0;
        }
        r = wait_end(&birth, relay, ret_exit, err);
        if (r >= 0 && !options->keep)
                r = birth_remove_ended(&birth, err);
        return r;
}

int engine_run(struct store *store, const struct ward_spec *spec, const struct engine_options *options,
               struct engine_exit *ret_exit, struct ward_err *err)
{
        bool terminal = options->terminal_relay && spec->process.terminal && options->console_socket == NULL;
        _cleanup_relay_ struct relay relay = RELAY_NONE;
        int r;

        *ret_exit = (struct engine_exit){.status = 125};
        r = options->detach ? 0 : relay_begin(&relay, terminal, !options->no_input, err);
        if (r >= 0)
                r = run(store, spec, options, &relay, ret_exit, err);
        return require_explain(r, err);
}
