/* SPDX-License-Identifier: Apache-2.0 */
/* Why a container ended; see ending.h. */
#include "engine/ending.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/names.h"
#include "kern/oom-log.h"
#include "kern/proc.h"

#define NAME_LEN_MAX 64

static uint64_t clock_usec(clockid_t clock)
{
        struct timespec now;

        (void)clock_gettime(clock, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* ---- what the group has counted ---- */

static uint64_t usec(uint64_t nsec)
{
        return nsec == UINT64_MAX ? ENDING_UNKNOWN_NUMBER : nsec / 1000;
}

static void measure_io(const struct cgroup_layout *layout, const char *group, struct arena *arena,
                       struct ending *ending)
{
        struct cgroup_io_list list;

        if (cgroup_io_bytes_read(layout, group, arena, &list, NULL) < 0)
                return;
        ending->io.read_bytes = ending->io.write_bytes = 0;
        for (size_t i = 0; i < list.count; i++)
                if (strcmp(list.ios[i].op, "Read") == 0)
                        ending->io.read_bytes += list.ios[i].value;
                else if (strcmp(list.ios[i].op, "Write") == 0)
                        ending->io.write_bytes += list.ios[i].value;
}

static void measure(const struct cgroup_layout *layout, const char *group, struct arena *arena, struct ending *ending)
{
        struct cgroup_stats stats;

        if (group == NULL || cgroup_stats_read(layout, group, &stats, NULL) < 0)
                return;
        ending->cpu.usage_usec = usec(stats.cpu_usage_nsec);
        ending->cpu.user_usec = usec(stats.cpu_user_nsec);
        ending->cpu.system_usec = usec(stats.cpu_system_nsec);
        ending->cpu.throttled_periods = stats.cpu_throttled_periods;
        ending->cpu.throttled_usec = usec(stats.cpu_throttled_nsec);
        ending->memory.peak_bytes = stats.memory_max_usage_bytes;
        ending->memory.swap_peak_bytes = stats.memory_swap_max_usage_bytes;
        /* v1 has its largest number where there is no limit. */
        if (stats.memory_limit_bytes < INT64_MAX / 2)
                ending->memory.limit_bytes = stats.memory_limit_bytes;
        ending->memory.limit_hits = stats.memory_fail_count;
        ending->memory.oom_kills = stats.oom_kills;
        ending->memory.oom_group_kills = stats.oom_group_kills;
        ending->processes.peak = stats.pids_max_usage;
        ending->processes.limit = stats.pids_limit;
        ending->processes.limit_hits = stats.pids_fail_count;
        measure_io(layout, group, arena, ending);
}

/* Whether the kernel's log counts pids as this process does: that of the initial namespace is fixed (linux/proc_ns.h). */
static bool in_initial_pid_namespace(void)
{
        _cleanup_close_
        int proc = proc_open(NULL);
        uint64_t inode;

        return proc >= 0 && proc_namespace_inode(proc, getpid(), "pid", &inode, NULL) >= 0 && inode == 0xEFFFFFFC;
}

/* With memory.oom.group the kernel ends all processes of a group for one (cgroup-v2.rst). */
static bool ended_together(const struct ending *ending)
{
        return ending->memory.oom_group_kills != ENDING_UNKNOWN_NUMBER && ending->memory.oom_group_kills > 0;
}

/* What the kernel said when it ended a process. Returns whether that was surely not the first one. */
static bool find_oom(const char *group, pid_t pid, struct arena *arena, struct ending *ending)
{
        uint64_t age, began = clock_usec(CLOCK_MONOTONIC);
        bool counts = in_initial_pid_namespace();
        struct oom_log log;

        if (group == NULL || ending->memory.oom_kills == 0 || ending->memory.oom_kills == ENDING_UNKNOWN_NUMBER)
                return true;
        age = ending->started_usec == ENDING_UNKNOWN_NUMBER ? began : clock_usec(CLOCK_REALTIME) - ending->started_usec;
        if (oom_log_find(group, age > began ? 0 : began - age, counts ? (uint64_t)pid : 0, arena, &log) < 0)
                return false;
        ending->oom = (struct ending_oom){
                .from = "kernel log",
                .victim = log.victim,
                .pid = log.pid,
                .uid = log.uid,
                .group = log.group,
                .use = log.use,
        };
        return counts && log.pid != (uint64_t)pid && !ended_together(ending);
}

/* ---- who sent a signal ---- */

/* What a process calls itself (proc_pid_comm(5)), NULL when it is gone. */
static const char *command_of(pid_t pid, struct arena *arena)
{
        _cleanup_close_
        int proc = proc_open(NULL), fd = -EBADF;
        char name[NAME_LEN_MAX];
        ssize_t n;

        fd = proc < 0 || pid <= 0 ? -EBADF : proc_open_of(proc, pid, "comm", O_RDONLY, NULL);
        n = fd < 0 ? -1 : read(fd, name, sizeof(name));
        if (n <= 1)
                return NULL;
        for (ssize_t i = 0; i < n; i++)
                if (name[i] < ' ' || name[i] > '~')
                        name[i] = '?'; /* it goes to a terminal, and into JSON */
        return arena_strndup(arena, name, (size_t)n - 1);
}

void ending_note_sender(const struct store_entry *entry, int signal, const char *verb)
{
        struct arena arena _cleanup_arena_ = {0};
        _cleanup_text_ struct text text = {0};
        const pid_t parent = getppid();
        const struct ending_sender sender = {
                .by = arena_concat(&arena, program_invocation_short_name, " ", verb),
                .signal = (uint64_t)signal,
                .passed_on = 0,
                .pid = (uint64_t)getpid(),
                .uid = getuid(),
                .time_usec = clock_usec(CLOCK_REALTIME),
                .parent = parent > 0 ? (uint64_t)parent : ENDING_UNKNOWN_NUMBER, /* 0: of an outer pid namespace */
                .parent_command = command_of(parent, &arena),
        };

        if (!signal_ends(signal) || entry->fd < 0)
                return;
        ending_sender_print(&sender, &text);
        if (!text_failed(&text))
                (void)store_put_file(entry, STORE_SIGNAL, text.data, text.len, NULL);
}

void ending_forget_sender(const struct store_entry *entry)
{
        if (entry->fd >= 0)
                (void)unlinkat(entry->fd, STORE_SIGNAL, 0);
}

/* The last one that was noted. */
static void find_noted(const struct store_entry *entry, struct arena *arena, struct ending *ending)
{
        _cleanup_free_ char *text = NULL;
        size_t len;

        if (store_get_file(entry, STORE_SIGNAL, &text, &len, NULL) >= 0)
                (void)ending_sender_parse(text, len, arena, &ending->sender, NULL);
}

/* What the program in the foreground got and passed on, if it is that signal. */
static void find_passed_on(const struct relay *relay, struct arena *arena, struct ending *ending)
{
        const struct signalfd_siginfo *info = relay == NULL ? NULL : &relay->passed_on;
        bool process = info != NULL && info->ssi_code == SI_USER; /* a terminal is SI_KERNEL (sigaction(2)) */

        if (info == NULL || info->ssi_signo == 0 || (ending->signal != info->ssi_signo && ending->sender.by != NULL))
                return;
        ending->sender = (struct ending_sender){
                .by = program_invocation_short_name,
                .signal = info->ssi_signo,
                .passed_on = 1,
                .pid = process ? info->ssi_pid : ENDING_UNKNOWN_NUMBER,
                .uid = process ? info->ssi_uid : ENDING_UNKNOWN_NUMBER,
                .command = process ? command_of((pid_t)info->ssi_pid, arena) : NULL,
                .time_usec = ENDING_UNKNOWN_NUMBER,
                .parent = ENDING_UNKNOWN_NUMBER,
        };
}

/* ---- the verdict ---- */

static void say_status(struct ending *ending, bool exited, int status, bool core)
{
        ending->reason = exited ? ENDING_EXITED : ENDING_SIGNAL;
        if (exited) {
                ending->exit_code = (uint64_t)status;
        } else {
                ending->signal = (uint64_t)status;
                ending->core_dumped = core;
        }
}

static bool sent(const struct ending *ending, uint64_t signal)
{
        return ending->sender.by != NULL && ending->sender.signal == signal;
}

/* Its first process was killed, and a process of it was ended for want of memory: that was the same one, if nobody else has killed it. */
static void judge_memory(const char *group, pid_t pid, struct arena *arena, struct ending *ending)
{
        bool another = find_oom(group, pid, arena, ending);

        if (!another && ending->reason == ENDING_SIGNAL && ending->signal == SIGKILL && !sent(ending, SIGKILL))
                ending->reason = ENDING_OUT_OF_MEMORY;
}

/* A cap that was met has ended it only if it had not ended by itself meanwhile; what was cut off its output is missing anyhow. */
static void judge_caps(const struct watch *watch, struct ending *ending)
{
        bool killed = ending->reason == ENDING_SIGNAL && ending->signal == SIGKILL;

        if (watch->output_bytes != 0)
                ending->output_bytes = watch->written_bytes;
        if (watch->hit == ENDING_UNKNOWN || (!killed && watch->hit != ENDING_OUTPUT))
                return;
        ending->reason = watch->hit;
        ending->limit = watch->hit == ENDING_TIMEOUT    ? watch->timeout_usec
                        : watch->hit == ENDING_CPU_TIME ? watch->cpu_usec
                                                        : watch->output_bytes;
}

/* What was seen of the memory where nobody may read what the kernel said of it. */
static void take_sample(const struct watch *watch, struct ending *ending)
{
        struct memory_use use;

        if (ending->oom.from != NULL || ending->memory.oom_kills == 0 ||
            ending->memory.oom_kills == ENDING_UNKNOWN_NUMBER ||
            !watch_memory_found(watch, ending->memory.oom_kills, &use))
                return;
        ending->oom = (struct ending_oom){
                .from = "sample",
                .pid = ENDING_UNKNOWN_NUMBER,
                .uid = ENDING_UNKNOWN_NUMBER,
                .use = use,
        };
}

void ending_judge(const struct ending_facts *facts, struct arena *arena, struct ending *ret_ending)
{
        const siginfo_t *info = facts->info;
        struct ending ending;

        ending_init(&ending);
        ending.ended_usec = clock_usec(CLOCK_REALTIME);
        ending.wall_usec = clock_usec(CLOCK_MONOTONIC) - facts->watch->began_usec + facts->watch->start_usec;
        ending.started_usec = ending.ended_usec - ending.wall_usec;
        say_status(&ending, info->si_code == CLD_EXITED, info->si_status, info->si_code == CLD_DUMPED);
        measure(facts->layout, facts->group, arena, &ending);
        find_noted(facts->entry, arena, &ending);
        find_passed_on(facts->relay, arena, &ending);
        judge_caps(facts->watch, &ending);
        judge_memory(facts->group, facts->pid, arena, &ending);
        take_sample(facts->watch, &ending);
        *ret_ending = ending;
}

int ending_keep(const struct store_entry *entry, const struct ending *ending, struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};

        ending_print(ending, &text);
        text_puts(&text, "\n");
        return text_failed(&text) ? err_oom(err) : store_put_file(entry, STORE_EXIT, text.data, text.len, err);
}

/* ---- of one that nobody has waited for ---- */

/* A process whose parent has not reaped it still says how it ended, to who may look into it (proc_pid_stat(5), exit_code). */
static void ask_zombie(const struct store_state *state, struct ending *ending)
{
        _cleanup_close_
        int proc = proc_open(NULL);
        int status;

        if (proc < 0 || proc_exit_status(proc, state->pid, state->pid_start_ticks, &status) < 0)
                return;
        say_status(ending, WIFEXITED(status), WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status),
                   WCOREDUMP(status));
}

static void find_out(struct stored *stored, struct arena *arena, struct ending *ending)
{
        const struct store_state *state = &stored->state;
        struct site *site;
        bool another = true;

        ending->started_usec = state->created_usec;
        ask_zombie(state, ending);
        find_noted(&stored->entry, arena, ending);
        if (state->cgroup_path != NULL && stored_site(stored, &site, NULL) >= 0) {
                measure(&site->layout, state->cgroup_path, arena, ending);
                another = find_oom(state->cgroup_path, state->pid, arena, ending);
        }
        /* Nobody survives a SIGKILL, and only who ran was sent one. */
        if (ending->reason == ENDING_UNKNOWN && sent(ending, SIGKILL))
                say_status(ending, false, SIGKILL, false);
        else if (ending->reason == ENDING_UNKNOWN && !another && ending->oom.pid == (uint64_t)state->pid)
                say_status(ending, false, SIGKILL, false);
        if (!another && ending->reason == ENDING_SIGNAL && ending->signal == SIGKILL && !sent(ending, SIGKILL))
                ending->reason = ENDING_OUT_OF_MEMORY;
}

int engine_ending(struct store *store, const char *id, struct arena *arena, struct ending *ret_ending,
                  struct ward_err *err)
{
        _cleanup_stored_ struct stored stored;
        _cleanup_free_ char *text = NULL;
        struct ending ending;
        size_t len;
        int r = stored_open(&stored, store, id, false, err);

        if (r >= 0)
                r = stored_require(&stored, 1u << ENGINE_STOPPED, "say how it ended of", err);
        if (r < 0)
                return r;
        if (store_get_file(&stored.entry, STORE_EXIT, &text, &len, NULL) >= 0)
                return ending_parse(text, len, arena, ret_ending, err);
        ending_init(&ending);
        find_out(&stored, arena, &ending);
        *ret_ending = ending;
        return 0;
}
