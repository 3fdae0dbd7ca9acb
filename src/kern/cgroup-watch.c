/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watching a group: its counters of events, and triggers of pressure.
 *
 * A file of v2 that counts events wakes who polls it for POLLPRI, once it was read since (kernfs_fop_poll). What happened is found out by comparing the
 * counters with those that were read before. A trigger is a line that is written to a file of pressure, and lives as long as the
 * descriptor (psi.rst, "Monitoring for pressure thresholds"). v1 tells through an eventfd, whose number and that of the file
 * are written to cgroup.event_control (cgroup-v1/memory.rst).
 *
 * All of them are in one epoll(7), so that a caller with other things to wait for has one descriptor to wait for.
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "kern/cgroup-private.h"

#define SOURCES_MAX 32
#define COUNTERS_MAX 24
#define KEY_MAX 32
#define TEXT_MAX 4096

/* Also how often what the kernel does not tell of is looked at: that a group has gone, and pids.events of v1. */
#define LOOK_MSEC 1000

/* v1 tells of an OOM before the killer has done anything that is counted: it is looked again so often, in such pauses. */
#define HURRY_ROUNDS 100
#define HURRY_MSEC 10

struct counter {
        char key[KEY_MAX];
        uint64_t value;
};

struct source {
        char file[NAME_MAX + 1];
        char what[64]; /* of a trigger; "" of counters */
        int fd;        /* of the file */
        int event;     /* v1: the eventfd; -EBADF: none */
        struct counter counters[COUNTERS_MAX];
        size_t count;
};

struct cgroup_watch {
        struct cgroup_hierarchy hierarchy; /* where the group is looked for; its descriptor is our own */
        char path[PATH_MAX];
        int epoll;
        struct source sources[SOURCES_MAX];
        size_t count;
        size_t current; /* the source that woke us, whose counters from @next on are to be told */
        size_t next;
        struct counter fresh[COUNTERS_MAX];
        size_t fresh_count;
        unsigned hurry; /* rounds left */
        bool gone;
        bool ended; /* the process of cgroup_watch_end(), which is told when nothing is left that was counted */
};

void cgroup_watch_done(struct cgroup_watch **watch)
{
        if (*watch == NULL)
                return;
        for (size_t i = 0; i < (*watch)->count; i++) {
                (void)fd_close((*watch)->sources[i].fd);
                (void)fd_close((*watch)->sources[i].event);
        }
        (void)fd_close((*watch)->epoll);
        (void)fd_close((*watch)->hierarchy.fd);
        free(*watch);
        *watch = NULL;
}

bool cgroup_watch_counter(const struct cgroup_watch *watch, size_t index, struct cgroup_event *ret_event)
{
        for (size_t i = 0; i < watch->count; i++) {
                const struct source *source = &watch->sources[i];

                if (index >= source->count) {
                        index -= source->count;
                        continue;
                }
                *ret_event = (struct cgroup_event){
                        .file = source->file,
                        .what = source->counters[index].key,
                        .before = source->counters[index].value,
                        .after = source->counters[index].value,
                };
                return true;
        }
        return false;
}

/* ---- counters ---- */

/* "oom_kill 3" on each line. memory.oom_control of v1 has what it is set to among them, which is no event. */
static int counters_read(int fd, struct counter counters[COUNTERS_MAX], size_t *ret_count)
{
        char text[TEXT_MAX], *rest = text;
        ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
        size_t count = 0;

        if (n < 0)
                return -errno;
        text[n] = '\0';
        for (char *line; count < COUNTERS_MAX && (line = text_next(&rest, '\n')) != NULL;) {
                const char *key = text_next(&line, ' ');
                uint64_t value;

                if (line == NULL || strcmp(key, "oom_kill_disable") == 0 || number_parse(line, UINT64_MAX, &value) < 0)
                        continue;
                (void)snprintf(counters[count].key, KEY_MAX, "%s", key);
                counters[count++].value = value;
        }
        *ret_count = count;
        return 0;
}

/* ---- opening ---- */

static int source_add(struct cgroup_watch *watch, const struct source *source, int polled, uint32_t events,
                      struct ward_err *err)
{
        struct epoll_event event = {.events = events, .data.u64 = watch->count};

        if (watch->count == SOURCES_MAX || epoll_ctl(watch->epoll, EPOLL_CTL_ADD, polled, &event) < 0)
                return err_code(err, watch->count == SOURCES_MAX ? -E2BIG : -errno, "watch '%s'", source->file);
        watch->sources[watch->count++] = *source;
        return 0;
}

/* One that is not there is not watched. */
static int watch_counters(struct cgroup_watch *watch, const struct cgroup_hierarchy *hierarchy, const char *file,
                          struct ward_err *err)
{
        struct source source = {.event = -EBADF};
        _cleanup_close_
        int fd = cgroup_open(hierarchy, watch->path, file, O_RDONLY);
        int r;

        if (fd == -ENOENT)
                return 0;
        if (fd < 0)
                return err_code(err, fd, "open '%s%s/%s'", hierarchy->mount, watch->path, file);
        (void)snprintf(source.file, sizeof(source.file), "%s", file);
        r = counters_read(fd, source.counters, &source.count);
        if (r < 0)
                return err_code(err, r, "read '%s%s/%s'", hierarchy->mount, watch->path, file);
        source.fd = fd;
        r = source_add(watch, &source, fd, EPOLLPRI, err);
        if (r >= 0)
                (void)TAKE_FD(fd);
        return r;
}

/* Counters of huge pages are in a file for each size, all as "hugetlb.*.events". */
static int watch_hugetlb(struct cgroup_watch *watch, const struct cgroup_hierarchy *hierarchy, struct ward_err *err)
{
        static const char tail[] = ".events";
        int fd = cgroup_open(hierarchy, watch->path, NULL, O_RDONLY), r = 0;
        struct dirent *entry;
        DIR *dir;

        if (fd < 0)
                return err_code(err, fd, "open the control group '%s'", watch->path);
        dir = fdopendir(fd);
        if (dir == NULL) {
                (void)fd_close(fd);
                return err_oom(err);
        }
        while (r >= 0 && (entry = readdir(dir)) != NULL) {
                size_t len = strlen(entry->d_name);

                if (strncmp(entry->d_name, "hugetlb.", 8) == 0 && len > strlen(tail) &&
                    strcmp(entry->d_name + len - strlen(tail), tail) == 0)
                        r = watch_counters(watch, hierarchy, entry->d_name, err);
        }
        (void)closedir(dir);
        return r;
}

/* v1: an eventfd that is written to when something happens to @file; @with is what else the kernel wants to know. */
static int watch_v1(struct cgroup_watch *watch, const struct cgroup_hierarchy *hierarchy, const char *file,
                    const char *with, struct ward_err *err)
{
        struct source source = {.fd = -EBADF};
        _cleanup_close_
        int fd = cgroup_open(hierarchy, watch->path, file, O_RDONLY), event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        char line[64];
        int r;

        if (fd < 0)
                return err_code(err, fd, "open '%s%s/%s'", hierarchy->mount, watch->path, file);
        if (event < 0)
                return err_errno(err, "make an eventfd");
        (void)snprintf(line, sizeof(line), "%d %d %s", event, fd, with);
        r = cgroup_file_write(hierarchy, watch->path, "cgroup.event_control", line, err);
        if (r < 0) {
                (void)err_wrap(err, "watch '%s'", file);
                return r == -ENOENT ? err_hint(err, "this kernel tells nothing of groups of v1 (CONFIG_MEMCG_V1)") : r;
        }
        (void)snprintf(source.file, sizeof(source.file), "%s", file);
        (void)snprintf(source.what, sizeof(source.what), "%s", with);
        if (*with == '\0')
                r = counters_read(fd, source.counters, &source.count);
        if (r < 0)
                return err_code(err, r, "read '%s%s/%s'", hierarchy->mount, watch->path, file);
        source.fd = fd;
        source.event = event;
        r = source_add(watch, &source, event, EPOLLIN, err);
        if (r >= 0) {
                (void)TAKE_FD(fd);
                (void)TAKE_FD(event);
        }
        return r;
}

/* ---- triggers ---- */

static int explain_trigger(const struct cgroup_trigger *trigger, const char *path, const char *file, int code,
                           struct ward_err *err)
{
        (void)err_code(err, code, "watch the pressure of the control group '%s' (%s: %s %" PRIu64 " %" PRIu64 ")", path,
                       file, trigger->full ? "full" : "some", trigger->stall_usec, trigger->window_usec);
        if (code == -EINVAL)
                return err_hint(err, "the time waited is at most the window, and that at most 10 s, of older kernels "
                                     "at least 500 ms; without "
                                     "CAP_SYS_RESOURCE it is a multiple of 2 s");
        if (code == -EOPNOTSUPP || code == -ENOENT)
                return err_hint(err,
                                "it takes a kernel with CONFIG_PSI, and psi=1 on its command line where that is off "
                                "by default");
        if (code == -EACCES || code == -EPERM)
                return err_hint(err, "the caller has to own '%s' of the group: run it with sudo", file);
        return code;
}

static int watch_pressure(struct cgroup_watch *watch, const struct cgroup_layout *layout,
                          const struct cgroup_trigger *trigger, struct ward_err *err)
{
        const struct cgroup_hierarchy *unified = cgroup_unified(layout);
        struct source source = {.event = -EBADF};
        _cleanup_close_
        int fd = -EBADF;
        int r;

        (void)snprintf(source.file, sizeof(source.file), "%s.pressure", trigger->resource);
        (void)snprintf(source.what, sizeof(source.what), "%s %" PRIu64 " %" PRIu64, trigger->full ? "full" : "some",
                       trigger->stall_usec, trigger->window_usec);
        fd = unified == NULL ? -ENOENT : cgroup_open(unified, watch->path, source.file, O_RDWR | O_NONBLOCK);
        if (fd == -ENOENT && (unified == NULL || cgroup_there(unified, watch->path) <= 0)) {
                (void)err_set(err, -EOPNOTSUPP,
                              "watch %s of the control group '%s': it needs cgroup v2; here it is not "
                              "in cgroup v2",
                              source.file, watch->path);
                return err_hint(err, "on cgroup v1 there is --level for memory; or make the group in cgroup v2, too");
        }
        /* The kernel wants the NUL. */
        r = fd < 0 ? fd : write(fd, source.what, strlen(source.what) + 1) < 0 ? -errno : 0;
        if (r < 0)
                return explain_trigger(trigger, watch->path, source.file, r, err);
        source.fd = fd;
        r = source_add(watch, &source, fd, EPOLLPRI, err);
        if (r >= 0)
                (void)TAKE_FD(fd);
        return r;
}

static int watch_level(struct cgroup_watch *watch, const struct cgroup_layout *layout,
                       const struct cgroup_trigger *trigger, struct ward_err *err)
{
        const struct cgroup_hierarchy *memory = cgroup_with(layout, CGROUP_MEMORY);

        if (memory == NULL || memory->version != 1) {
                (void)err_set(err, -EOPNOTSUPP,
                              "watch memory.pressure_level of the control group '%s': it needs cgroup "
                              "v1; here memory is not on cgroup v1",
                              watch->path);
                return err_hint(err, "watch memory.pressure: --pressure memory:some:150ms/1s");
        }
        return watch_v1(watch, memory, "memory.pressure_level", trigger->level, err);
}

static int watch_all(struct cgroup_watch *watch, const struct cgroup_layout *layout, struct ward_err *err)
{
        static const char *const files[] = {"cgroup.events", "memory.events", "memory.swap.events", "misc.events"};
        const struct cgroup_hierarchy *unified = cgroup_unified(layout), *memory = cgroup_with(layout, CGROUP_MEMORY),
                                      *pids = cgroup_with(layout, CGROUP_PIDS);
        int r = 0;

        for (size_t i = 0; r >= 0 && unified != NULL && i < ELEMENTS(files); i++)
                r = watch_counters(watch, unified, files[i], err);
        if (r >= 0 && watch->count > 0)
                r = watch_hugetlb(watch, unified, err);
        if (r >= 0 && pids != NULL)
                r = watch_counters(watch, pids, "pids.events", err);
        if (r >= 0 && memory != NULL && memory->version == 1) {
                _cleanup_close_
                int group = cgroup_open(memory, watch->path, NULL, O_PATH);

                if (group >= 0)
                        r = watch_v1(watch, memory, "memory.oom_control", "", err);
        }
        return r;
}

/* The first hierarchy that has the group, v2 before others. */
static const struct cgroup_hierarchy *find_group(const struct cgroup_layout *layout, const char *path)
{
        const struct cgroup_hierarchy *found = NULL;

        for (size_t i = 0; i < layout->count; i++) {
                _cleanup_close_
                int group = cgroup_open(&layout->hierarchies[i], path, NULL, O_PATH);

                if (group >= 0 && (found == NULL || layout->hierarchies[i].version == 2))
                        found = &layout->hierarchies[i];
        }
        return found;
}

int cgroup_watch_open(const struct cgroup_layout *layout, const char *path, const struct cgroup_trigger *triggers,
                      size_t trigger_count, struct cgroup_watch **ret_watch, struct ward_err *err)
{
        const struct cgroup_hierarchy *home = find_group(layout, path);
        _cleanup_(cgroup_watch_done) struct cgroup_watch *watch = NULL;
        int r;

        if (home == NULL)
                return err_set(err, -ENOENT, "watch the control group '%s': there is no such group", path);
        watch = calloc(1, sizeof(*watch));
        if (watch == NULL)
                return err_oom(err);
        watch->hierarchy = *home;
        watch->hierarchy.fd = -EBADF;
        watch->epoll = epoll_create1(EPOLL_CLOEXEC);
        (void)snprintf(watch->path, sizeof(watch->path), "%s", path);
        if (watch->epoll < 0)
                return err_errno(err, "make an epoll");
        watch->hierarchy.fd = fcntl(home->fd, F_DUPFD_CLOEXEC, 3);
        if (watch->hierarchy.fd < 0)
                return err_errno(err, "keep the hierarchy's root open");
        r = watch_all(watch, layout, err);
        for (size_t i = 0; r >= 0 && i < trigger_count; i++)
                r = triggers[i].resource == NULL ? watch_level(watch, layout, &triggers[i], err)
                                                 : watch_pressure(watch, layout, &triggers[i], err);
        if (r < 0)
                return r;
        if (watch->count == 0) {
                (void)err_set(err, -EOPNOTSUPP, "watch the control group '%s': nothing in it counts events", path);
                return err_hint(err, "they are counted by cgroup v2, and by memory and pids of v1");
        }
        *ret_watch = TAKE_PTR(watch);
        return 0;
}

int cgroup_watch_end(struct cgroup_watch *watch, int pidfd, struct ward_err *err)
{
        struct epoll_event event = {.events = EPOLLIN, .data.u64 = SOURCES_MAX};

        if (epoll_ctl(watch->epoll, EPOLL_CTL_ADD, pidfd, &event) < 0)
                return err_errno(err, "watch a process of the control group '%s'", watch->path);
        return 0;
}

/* ---- waiting ---- */

static bool is_gone(const struct cgroup_watch *watch)
{
        _cleanup_close_
        int group = cgroup_open(&watch->hierarchy, watch->path, NULL, O_PATH);

        return group == -ENOENT || group == -ENODEV;
}

static int tell_gone(struct cgroup_watch *watch, struct cgroup_event *ret_event)
{
        watch->gone = true;
        *ret_event = (struct cgroup_event){.file = "", .what = "removed"};
        return 1;
}

/* The next counter of the current source that has changed. */
static bool tell_counter(struct cgroup_watch *watch, struct cgroup_event *ret_event)
{
        struct source *source = &watch->sources[watch->current];

        while (watch->next < watch->fresh_count) {
                struct counter *fresh = &watch->fresh[watch->next++];
                size_t at = 0;

                while (at < source->count && strcmp(source->counters[at].key, fresh->key) != 0)
                        at++;
                if (at == source->count && source->count < COUNTERS_MAX) {
                        source->counters[source->count] = *fresh;
                        source->counters[source->count++].value = 0;
                }
                if (at == source->count || source->counters[at].value == fresh->value)
                        continue;
                *ret_event = (struct cgroup_event){
                        .file = source->file,
                        .what = source->counters[at].key,
                        .before = source->counters[at].value,
                        .after = fresh->value,
                };
                source->counters[at].value = fresh->value;
                return true;
        }
        return false;
}

/*
 * A source whose file is gone wakes us for ever. The files of a group that is being removed go first, and the group is still to be found then: what is
 * left of the sources, or the next look around, tells when it is not.
 */
static void forget(struct cgroup_watch *watch, const struct source *source)
{
        (void)epoll_ctl(watch->epoll, EPOLL_CTL_DEL, source->event >= 0 ? source->event : source->fd, NULL);
}

/* Reads the counters of a source anew: whether one has changed. */
static bool compare(struct cgroup_watch *watch, size_t index, struct cgroup_event *ret_event)
{
        watch->current = index;
        watch->next = 0;
        if (counters_read(watch->sources[index].fd, watch->fresh, &watch->fresh_count) < 0) {
                watch->fresh_count = 0;
                forget(watch, &watch->sources[index]);
        }
        return tell_counter(watch, ret_event);
}

/* A source woke us. 1 when there is an event to tell at once. */
static int look_at(struct cgroup_watch *watch, size_t index, uint32_t events, struct cgroup_event *ret_event)
{
        struct source *source = &watch->sources[index];
        uint64_t count;

        if (source->event >= 0 && read(source->event, &count, sizeof(count)) < 0 && errno != EAGAIN)
                return -errno;
        if (is_gone(watch))
                return tell_gone(watch, ret_event);
        /* What a trigger says once it has been destroyed (psi_trigger_poll); counters say it with each event. */
        if (source->what[0] != '\0' && (events & EPOLLERR) != 0) {
                forget(watch, source);
                return 0;
        }
        if (source->what[0] != '\0') {
                *ret_event = (struct cgroup_event){.file = source->file, .what = source->what};
                return 1;
        }
        if (source->event >= 0)
                watch->hurry = HURRY_ROUNDS;
        return compare(watch, index, ret_event);
}

/* What has changed in any of the files. */
static bool compare_all(struct cgroup_watch *watch, struct cgroup_event *ret_event)
{
        for (size_t i = 0; i < watch->count; i++)
                if (watch->sources[i].what[0] == '\0' && compare(watch, i, ret_event))
                        return true;
        return false;
}

/* The kernel counts a victim before it sends it the signal (__oom_kill_process): what the process died of is counted by now. */
static int look_back(struct cgroup_watch *watch, struct cgroup_event *ret_event)
{
        if (compare_all(watch, ret_event))
                return 1;
        watch->gone = true;
        *ret_event = (struct cgroup_event){.file = "", .what = "ended"};
        return 1;
}

/* Nothing woke us: the group may have gone, an eventfd have been early, or a counter of v1 have changed, of which the kernel tells nobody. */
static int look_around(struct cgroup_watch *watch, struct cgroup_event *ret_event)
{
        watch->hurry -= watch->hurry > 0;
        if (compare_all(watch, ret_event))
                return 1;
        return is_gone(watch) ? tell_gone(watch, ret_event) : 0;
}

static uint64_t now_msec(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int cgroup_watch_next(struct cgroup_watch *watch, int timeout_msec, struct cgroup_event *ret_event,
                      struct ward_err *err)
{
        uint64_t end = now_msec() + (uint64_t)(timeout_msec < 0 ? 0 : timeout_msec);

        if (watch->gone)
                return 0;
        if (tell_counter(watch, ret_event))
                return 1;
        if (watch->ended)
                return look_back(watch, ret_event);
        for (;;) {
                uint64_t now = now_msec();
                int pause = watch->hurry > 0 ? HURRY_MSEC : LOOK_MSEC;
                int rest = timeout_msec < 0 ? pause : now >= end ? 0 : (int)(end - now), r;
                struct epoll_event event;

                r = epoll_wait(watch->epoll, &event, 1, rest > pause ? pause : rest);
                if (r < 0 && errno != EINTR)
                        return err_errno(err, "wait for events of the control group '%s'", watch->path);
                if (r > 0 && event.data.u64 == SOURCES_MAX) {
                        watch->ended = true;
                        return look_back(watch, ret_event);
                }
                if (r > 0)
                        r = look_at(watch, (size_t)event.data.u64, event.events, ret_event);
                else /* or it was stopped meanwhile, and goes on (signal(7)) */
                        r = look_around(watch, ret_event);
                if (r < 0)
                        return err_code(err, r, "read events of the control group '%s'", watch->path);
                if (r > 0)
                        return 1;
                if (timeout_msec >= 0 && now_msec() >= end)
                        return 0;
        }
}
