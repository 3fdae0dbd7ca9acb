/* SPDX-License-Identifier: Apache-2.0 */
/* The caps of a container in the foreground; see watch.h. */
#include "engine/watch.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/clone.h"
#include "kern/oom-log.h"
#include "kern/proc.h"

#define LOOK_USEC 10000 /* the least that is slept between two looks at the processor time */
#define SAMPLE_USEC 50000
#define THAW_TIMEOUT_MSEC 10000

static uint64_t now_usec(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void watch_begin(struct watch *watch, bool memory)
{
        watch->began_usec = watch->look_usec = now_usec();
        watch->used_before_nsec = UINT64_MAX;
        watch->memory_fd = memory && watch->group != NULL && !oom_log_readable()
                                   ? cgroup_memory_watch(watch->layout, watch->group)
                                   : -EBADF;
        if (watch->memory_fd >= 0 && cgroup_memory_seen(watch->memory_fd, &watch->kills) < 0)
                watch_done(watch);
}

void watch_done(struct watch *watch)
{
        watch->memory_fd = fd_close(watch->memory_fd < 0 ? -EBADF : watch->memory_fd);
}

int watch_memory_fd(const struct watch *watch)
{
        return watch->memory_fd >= 0 && now_usec() >= watch->sample_usec ? watch->memory_fd : -EBADF;
}

/* A group can stand at its limit for as long as it lives: it is looked at now and then. */
void watch_memory(struct watch *watch)
{
        struct memory_use use;
        uint64_t before, after;

        watch->sample_usec = now_usec() + SAMPLE_USEC;
        if (cgroup_memory_seen(watch->memory_fd, &before) < 0 ||
            cgroup_memory_use(watch->layout, watch->group, &use) < 0 ||
            cgroup_memory_seen(watch->memory_fd, &after) < 0) {
                watch_done(watch);
                return;
        }
        if (before != watch->kills) {
                watch->before = watch->now;
                watch->sampled_before = watch->sampled;
                watch->sampled = false;
                watch->kills = before;
        }
        /* Else what has ended meanwhile may be gone from it already. */
        if (after == before) {
                watch->now = use;
                watch->sampled = true;
        }
}

bool watch_memory_found(const struct watch *watch, uint64_t kills, struct memory_use *ret_use)
{
        bool later = kills != watch->kills;

        *ret_use = later ? watch->now : watch->before;
        return later ? watch->sampled : watch->sampled_before;
}

/* A cap can be as large as no time ever is. */
static uint64_t later(uint64_t from, uint64_t usec)
{
        return usec > UINT64_MAX - from ? UINT64_MAX : from + usec;
}

int watch_wait_msec(const struct watch *watch)
{
        uint64_t now, next = UINT64_MAX, left;

        if (watch->hit != ENDING_UNKNOWN)
                return -1;
        if (watch->timeout_usec != 0)
                next = later(watch->began_usec, watch->timeout_usec);
        if (watch->cpu_usec != 0 && watch->look_usec < next)
                next = watch->look_usec;
        now = next == UINT64_MAX && watch->memory_fd < 0 ? 0 : now_usec();
        if (watch->memory_fd >= 0 && watch->sample_usec > now && watch->sample_usec < next)
                next = watch->sample_usec;
        if (next == UINT64_MAX)
                return -1;
        left = next <= now ? 0 : (next - now + 999) / 1000;
        return left > INT_MAX ? INT_MAX : (int)left;
}

/* All of it ends, whether it is frozen or not (a process of a frozen v1 group does not die), and whatever the first process leaves behind. */
static void kill_all(const struct watch *watch)
{
        bool frozen = false;

        (void)pidfd_signal(watch->pidfd, SIGKILL); /* ESRCH: it has ended meanwhile */
        if (watch->group == NULL)
                return;
        if (!watch->alone || cgroup_holds_below(watch->layout, watch->group))
                (void)cgroup_signal(watch->layout, watch->group, SIGKILL, NULL);
        if (cgroup_frozen(watch->layout, watch->group, &frozen, NULL) >= 0 && frozen)
                (void)cgroup_freeze(watch->layout, watch->group, false, THAW_TIMEOUT_MSEC, NULL);
}

static void end(struct watch *watch, enum ending_reason reason)
{
        watch->hit = reason;
        kill_all(watch);
}

/* The kernel drops what the first process of a pid namespace has no handler for (pid_namespaces(7)): what would end any other program, Ctrl-C and
 * a closed terminal before all, would end none in a container. So it is done for the kernel here. */
bool watch_signal(struct watch *watch, int signal)
{
        bool asks = signal == SIGINT || signal == SIGQUIT || signal == SIGHUP || signal == SIGTERM;

        if (!watch->stand_in || !watch->alone || !asks ||
            proc_signal_is_default(watch->proc, watch->pid, signal, NULL) <= 0)
                return false;
        watch->signal = signal;
        kill_all(watch);
        return true;
}

/* The next look is when the cap is met at the earliest: all processors at work from here on. */
static int look_at_processors(struct watch *watch, uint64_t now, struct ward_err *err)
{
        long processors = sysconf(_SC_NPROCESSORS_ONLN);
        uint64_t used_nsec, sleep;
        int r = cgroup_cpu_usage(watch->layout, watch->group, &used_nsec, err);

        if (r == -ENOENT) { /* somebody has removed the container, whose end is about to be seen */
                watch->look_usec = now + 1000000;
                return 0;
        }
        if (r < 0)
                return r;
        if (watch->used_before_nsec == UINT64_MAX)
                watch->used_before_nsec = used_nsec;
        used_nsec -= watch->used_before_nsec;
        if (used_nsec / 1000 >= watch->cpu_usec) {
                end(watch, ENDING_CPU_TIME);
                return 0;
        }
        sleep = (watch->cpu_usec - used_nsec / 1000) / (processors > 0 ? (uint64_t)processors : 1);
        watch->look_usec = later(now, sleep < LOOK_USEC ? LOOK_USEC : sleep);
        return 0;
}

int watch_look(struct watch *watch, struct ward_err *err)
{
        uint64_t now;

        if (watch->hit != ENDING_UNKNOWN || (watch->timeout_usec == 0 && watch->cpu_usec == 0))
                return 0;
        now = now_usec();
        if (watch->timeout_usec != 0 && now >= later(watch->began_usec, watch->timeout_usec)) {
                end(watch, ENDING_TIMEOUT);
                return 0;
        }
        return watch->cpu_usec != 0 && now >= watch->look_usec ? look_at_processors(watch, now, err) : 0;
}

size_t watch_output(struct watch *watch, size_t len)
{
        uint64_t left;

        if (watch->output_bytes != 0) {
                left = watch->output_bytes - watch->written_bytes;
                if (len > left) {
                        len = (size_t)left;
                        /* Also where another cap has ended it just before: what is missing was cut off here. */
                        if (watch->hit == ENDING_UNKNOWN)
                                end(watch, ENDING_OUTPUT);
                }
        }
        watch->written_bytes += len;
        return len;
}
