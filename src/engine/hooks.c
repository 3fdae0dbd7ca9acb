/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks; see hooks.h. */
#include "engine/hooks.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "engine/stored.h"
#include "kern/clone.h"
#include "launch/launch.h"

static const char *const kind_names[SPEC_HOOK_COUNT] = {
        "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop",
};

void hooks_state(const struct store_state *state, const char *status, pid_t pid, struct text *text)
{
        text_puts(text, "{\"ociVersion\":");
        json_write_string(text, state->oci_version);
        text_puts(text, ",\"id\":");
        json_write_string(text, state->id);
        text_puts(text, ",\"status\":");
        json_write_string(text, status);
        if (pid > 0)
                text_printf(text, ",\"pid\":%d", pid);
        text_puts(text, ",\"bundle\":");
        json_write_string(text, state->bundle);
        text_puts(text, ",\"annotations\":{");
        for (size_t i = 0; state->annotations != NULL && state->annotations[i] != NULL; i += 2) {
                if (i > 0)
                        text_puts(text, ",");
                json_write_string(text, state->annotations[i]);
                text_puts(text, ":");
                json_write_string(text, state->annotations[i + 1]);
        }
        text_puts(text, "}}");
}

/* In the hook's own process. A failure ends it with 127, as a shell's does. */
static _Noreturn void become_hook(const struct spec_hook *hook, const char *bundle, int input, int output)
{
        sigset_t none;

        /* A foreground run holds back the signals that it forwards; a hook must be killable. */
        (void)sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        clone_default_signals();
        /* Those of runc and crun find their files there: these have made it their own directory by then. */
        (void)!chdir(bundle); /* host path: of the bundle, where whoever called has it */
        /* What the caller has open is none of a hook's business, and may be what a container was not to have. */
        if (dup2(input, STDIN_FILENO) == STDIN_FILENO && dup2(output, STDOUT_FILENO) == STDOUT_FILENO &&
            dup2(output, STDERR_FILENO) == STDERR_FILENO && syscall(SYS_close_range, 3, ~0U, 0) == 0)
                (void)execve(hook->path, (char *const *)hook->argv, (char *const *)hook->envp);
        _exit(127);
}

static int memory_file(const char *name, struct ward_err *err)
{
        int fd = memfd_create(name, MFD_CLOEXEC);

        return fd < 0 ? err_errno(err, "make a memory file for a hook's %s", name) : fd;
}

/* The state in a memory file: unlike a pipe it can't block, however little of it the hook reads. */
static int state_file(const char *json, struct ward_err *err)
{
        _cleanup_close_
        int fd = memory_file("state", err);
        int r;

        if (fd < 0)
                return fd;
        r = fd_write_all(fd, json, strlen(json));
        if (r < 0)
                return err_code(err, r, "write a hook's state");
        if (lseek(fd, 0, SEEK_SET) < 0)
                return err_errno(err, "rewind a hook's state");
        return TAKE_FD(fd);
}

static int run_one(const struct spec_hook *hook, const char *bundle, const char *json, const char *what, int init,
                   struct ward_err *err)
{
        _cleanup_close_
        int input = state_file(json, err), output = -EBADF, pidfd = -EBADF;
        struct pollfd ready[] = {{.events = POLLIN}, {.fd = init, .events = POLLIN}};
        siginfo_t info;
        int r, waited;
        pid_t pid;

        if (input < 0)
                return input;
        /* What it writes is not the container's output, which the caller's may be. Nobody waits for its end: a process that stays may keep it. */
        output = memory_file("output", err);
        if (output < 0)
                return output;
        pid = clone_child(0, -EBADF, &pidfd);
        if (pid < 0)
                return err_code(err, pid, "%s: make a process for '%s'", what, hook->path);
        if (pid == 0)
                become_hook(hook, bundle, input, output);
        ready[0].fd = pidfd;
        do
                r = poll(ready, ELEMENTS(ready),
                         hook->timeout_sec == 0 || hook->timeout_sec > INT_MAX / 1000 ? -1
                                                                                      : (int)hook->timeout_sec * 1000);
        while (r < 0 && errno == EINTR);
        if (ready[0].revents == 0)
                pidfd_kill_child(pidfd, pid);
        waited = pidfd_wait(pidfd, false, false, &info);
        if (r == 0) {
                (void)err_set(err, -ETIMEDOUT, "%s: '%s' took longer than its timeout of %u s and was killed", what,
                              hook->path, hook->timeout_sec);
                launch_hook_words(output, err);
                return err_hint(err, "raise the hook's timeout, or mend the hook");
        }
        if (r > 0 && ready[0].revents == 0)
                return err_set(err, -ESRCH, "%s: '%s' was killed: the container's init ended meanwhile", what,
                               hook->path);
        if (waited < 0)
                return err_code(err, waited, "%s: wait for '%s'", what, hook->path);
        if (info.si_code == CLD_EXITED && info.si_status == 0)
                return 0;
        (void)err_set(err, -ECANCELED, "%s: '%s' ended with status %d", what, hook->path, pidfd_exit_status(&info));
        launch_hook_words(output, err);
        return err_hint(err, "%s", launch_hook_hint(pidfd_exit_status(&info)));
}

int hooks_run(const struct spec_hooks *hooks, enum spec_hook_kind kind, const char *file, const char *bundle,
              const char *state_json, int init, struct ward_err *err)
{
        for (size_t i = 0; i < hooks->count; i++) {
                char where[256], what[320];
                int r;

                (void)snprintf(what, sizeof(what), "%s: error running %s hook #%d",
                               spec_origin_text(&hooks->hooks[i].origin, file, where, sizeof(where)), kind_names[kind],
                               hooks->hooks[i].origin.index);
                r = run_one(&hooks->hooks[i], bundle, state_json, what, init, err);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* The state as they read it. */
static int state_text(const struct store_state *state, enum spec_hook_kind kind, struct text *json,
                      struct ward_err *err)
{
        if (kind == SPEC_HOOK_POSTSTOP)
                hooks_state(state, "stopped", 0, json);
        else
                hooks_state(state, "running", state->pid, json);
        return text_failed(json) ? err_oom(err) : 0;
}

int hooks_run_poststart(const struct store_entry *entry, const struct store_state *state, struct ward_err *err)
{
        _cleanup_spec_ struct ward_spec spec = {0};
        _cleanup_text_ struct text json = {0};
        int r = stored_spec(entry, &spec, err);

        if (r < 0 || spec.hooks[SPEC_HOOK_POSTSTART].count == 0)
                return r < 0 ? r : 0;
        r = state_text(state, SPEC_HOOK_POSTSTART, &json, err);
        return r < 0 ? r
                     : hooks_run(&spec.hooks[SPEC_HOOK_POSTSTART], SPEC_HOOK_POSTSTART, spec.file, state->bundle,
                                 json.data, -EBADF, err);
}

void hooks_run_poststop(const struct store *store, const struct ward_spec *spec, const struct store_state *state)
{
        const struct spec_hooks *hooks = &spec->hooks[SPEC_HOOK_POSTSTOP];
        _cleanup_text_ struct text json = {0};
        struct ward_err what = {0};

        if (hooks->count > 0 && state_text(state, SPEC_HOOK_POSTSTOP, &json, &what) < 0) {
                store_warn(store, &what);
                return;
        }
        for (size_t i = 0; i < hooks->count; i++) {
                struct spec_hooks one = {.hooks = &hooks->hooks[i], .count = 1};

                if (hooks_run(&one, SPEC_HOOK_POSTSTOP, spec->file, state->bundle, json.data, -EBADF, &what) < 0)
                        store_warn(store, &what);
        }
}
