/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict of `ward run`: for programs as lines of JSON on --status-fd, for people as a sentence on standard error, and as the exit status.
 *
 * The lines have the members by which bubblewrap's --json-status-fd is read, too: "child-pid" and "exit-code".
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "cli/run.h"
#include "engine/stored.h"

/* The status of what was ended for a cap of ward's, as timeout(1) has it. */
#define EXIT_CAPPED 124

int run_status_check(const struct run *o, struct ward_err *err)
{
        int flags, r;

        if (!o->status_fd.given)
                return 0;
        flags = fcntl((int)o->status_fd.value, F_GETFL);
        r = flags < 0 ? -errno : (flags & O_ACCMODE) == O_RDONLY || (flags & O_PATH) != 0 ? -EBADF : 0;
        if (r >= 0)
                return 0;
        (void)err_code(err, r, "option '%s': write to this descriptor", o->status_fd.origin.field);
        (void)err_mistake(err, MISTAKE_FORM);
        return err_hint(err, "open it for the call: ward run --status-fd 3 ... 3>status.json");
}

/* Nobody may be there any more who reads: that is no reason to end, nor to say so. Who waits for what can't be written is told why it does not come. */
static void say(const struct cli *cli, const struct run *o, struct text *text)
{
        const struct timespec now = {0};
        struct ward_err err = {0};
        sigset_t pipe, before;
        int r;

        text_puts(text, "}\n");
        if (text_failed(text))
                return;
        (void)sigemptyset(&pipe);
        (void)sigaddset(&pipe, SIGPIPE);
        (void)sigprocmask(SIG_BLOCK, &pipe, &before);
        r = fd_write_all((int)o->status_fd.value, text->data, text->len);
        if (r == -EPIPE)
                (void)sigtimedwait(&pipe, NULL, &now);
        (void)sigprocmask(SIG_SETMASK, &before, NULL);
        if (r >= 0 || r == -EPIPE)
                return;
        (void)err_code(&err, r, "option '%s': write what became of the container", o->status_fd.origin.field);
        cli_error(cli, &err);
}

/* @id NULL: its name was never drawn, or is of no use to anybody. */
static void begin(const char *id, const char *event, struct text *text)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        text_printf(text, "{\"version\":1,\"event\":\"%s\",\"id\":", event);
        if (id == NULL)
                text_puts(text, "null");
        else
                json_write_string(text, id);
        text_puts(text, ",\"time\":\"");
        cli_add_time(text, (uint64_t)now.tv_sec * 1000000);
        text_puts(text, "\"");
}

void run_status_started(void *data, const struct engine_started *started)
{
        const struct run_job *job = data;
        _cleanup_text_ struct text text = {0};

        begin(job->id, "started", &text);
        text_printf(&text, ",\"pid\":%d,\"child-pid\":%d", started->pid, started->pid);
        for (int ns = 0; ns < SPEC_NS_COUNT; ns++)
                if (started->namespaces[ns] != 0)
                        text_printf(&text, ",\"%s-namespace\":%llu", stored_ns_files[ns],
                                    (unsigned long long)started->namespaces[ns]);
        say(job->cli, job->options, &text);
}

void run_status_failed(const struct cli *cli, const struct run *o, const struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};

        if (!o->status_fd.given || o->dry_run || run_status_check(o, NULL) < 0)
                return;
        begin(o->name, "failed", &text);
        text_printf(&text, ",\"exit-code\":%d,\"error\":", cli->failure);
        json_write_string(&text, err->message);
        if (err->code != MISTAKE_NONE)
                text_printf(&text, ",\"code\":\"E%u\"", (unsigned)err->code);
        say(cli, o, &text);
}

/* What the option was that set the cap, as it was typed. */
static const char *option_of(const struct run_job *job, const struct ending *ending, const char *none)
{
        const struct run *o = job->options;
        const char *option = NULL;

        switch ((enum ending_reason)ending->reason) {
        case ENDING_TIMEOUT:
                option = o->timeout.origin.field;
                break;
        case ENDING_CPU_TIME:
                option = o->cpu_time.origin.field;
                break;
        case ENDING_OUTPUT:
                option = o->output_limit.origin.field;
                break;
        case ENDING_OUT_OF_MEMORY:
                option = job->memory_option;
                break;
        default:
                break;
        }
        return option == NULL ? none : option;
}

static void warn(const struct run_job *job, enum mistake mistake, const struct ending *ending, const char *hint)
{
        const char *option = option_of(job, ending, NULL);
        _cleanup_text_ struct text text = {0};
        const char *message;

        text_puts(&text, mistake == MISTAKE_TIMEOUT         ? "the container ran out of time: it was "
                         : mistake == MISTAKE_OUT_OF_MEMORY ? "the container ran "
                                                            : "the container was ");
        ending_sentence(ending, &text);
        if (option != NULL)
                text_printf(&text, " (%s)", option);
        message = text_failed(&text) ? NULL : cli_printable(&job->cli->arena, text.data);
        if (message != NULL)
                cli_warning(job->cli, mistake, message, hint);
}

/* Of a program that failed by itself: the limits that it met, as they may be why. */
static void warn_besides(const struct run_job *job, const struct ending *ending)
{
        uint64_t kills = ending->memory.oom_kills, refused = ending->processes.limit_hits;
        const char *message;

        if (kills != ENDING_UNKNOWN_NUMBER && kills > 0) {
                message = arena_printf(&job->cli->arena,
                                       "a process of the container ran out of memory: the kernel ended %llu%s%s",
                                       (unsigned long long)kills, ending->oom.victim == NULL ? "" : ", the last was ",
                                       ending->oom.victim == NULL ? "" : ending->oom.victim);
                message = message == NULL ? NULL : cli_printable(&job->cli->arena, message);
                if (message != NULL)
                        cli_warning(job->cli, MISTAKE_OUT_OF_MEMORY, message, "raise its limit with --memory");
        }
        if (refused == ENDING_UNKNOWN_NUMBER || refused == 0 || ending->processes.limit == ENDING_UNKNOWN_NUMBER)
                return;
        message = arena_printf(&job->cli->arena,
                               "the container ran out of processes: a new one was refused at its limit of %llu",
                               (unsigned long long)ending->processes.limit);
        if (message != NULL)
                cli_warning(job->cli, MISTAKE_PROCESSES, message, "raise its limit with --pids-limit");
}

int run_status_ended(const struct run_job *job, const struct engine_exit *end)
{
        const struct ending *ending = &end->ending;
        _cleanup_text_ struct text text = {0};
        int status = end->status;

        switch ((enum ending_reason)ending->reason) {
        case ENDING_TIMEOUT:
                status = EXIT_CAPPED;
                warn(job, MISTAKE_TIMEOUT, ending, "raise its limit with --timeout");
                break;
        case ENDING_CPU_TIME:
                status = EXIT_CAPPED;
                warn(job, MISTAKE_CPU_TIME, ending, "raise its limit with --cpu-time");
                break;
        case ENDING_OUTPUT:
                status = EXIT_CAPPED;
                warn(job, MISTAKE_OUTPUT, ending, "raise its limit with --output-limit");
                break;
        case ENDING_OUT_OF_MEMORY:
                warn(job, MISTAKE_OUT_OF_MEMORY, ending, "raise its limit with --memory");
                break;
        default:
                if (status != 0)
                        warn_besides(job, ending);
                break;
        }
        if (job->options->status_fd.given) {
                begin(job->id, "ended", &text);
                text_printf(&text, ",\"exit-code\":%d,\"option\":", status);
                if (option_of(job, ending, NULL) == NULL)
                        text_puts(&text, "null");
                else
                        json_write_string(&text, option_of(job, ending, ""));
                text_puts(&text, ",\"ending\":");
                ending_print(ending, &text);
                say(job->cli, job->options, &text);
        }
        return status;
}
