/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes of a group: listing, signalling, freezing, killing.
 *
 * A container is in a group of the same path in several hierarchies at once. Its processes are looked for in the v2 hierarchy, then in
 * the freezer, then in whichever else has the group; the first that has any is taken.
 */
#include "kern/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/procfs.h"
#include "base/text.h"
#include "kern/cgroup-private.h"
#include "kern/clone.h"
#include "kern/proc.h"

#define SIGNAL_BATCH 64     /* processes held by a pidfd at a time */
#define FREEZE_TRY_MSEC 200 /* how long a kill waits for the freezer before it goes on without */
#define RUNNING_NAMED 8     /* processes that an error names */

struct pid_list {
        pid_t *pids;
        size_t count, room;
        const struct cgroup_hierarchy *source;
        bool below; /* there are groups which were not looked into */
};

static void pid_list_done(struct pid_list *list)
{
        free(list->pids);
        *list = (struct pid_list){0};
}

static int pid_list_add(struct pid_list *list, pid_t pid)
{
        if (list->count == list->room) {
                size_t room = list->room == 0 ? 64 : list->room * 2;
                pid_t *pids = reallocarray(list->pids, room, sizeof(*pids));

                if (pids == NULL)
                        return -ENOMEM;
                list->pids = pids;
                list->room = room;
        }
        list->pids[list->count++] = pid;
        return 0;
}

static void pid_list_sort(struct pid_list *list)
{
        size_t kept = 0;

        if (list->count == 0)
                return;
        qsort(list->pids, list->count, sizeof(*list->pids), proc_compare);
        for (size_t i = 1; i < list->count; i++)
                if (list->pids[i] != list->pids[kept])
                        list->pids[++kept] = list->pids[i];
        list->count = kept + 1;
}

/* ---- the tree of groups ---- */

/* What is done in each group of a tree; @group is a readable descriptor of its directory. Negative stops the walk, 1 leaves out what is below
 * this group. */
typedef int (*group_visitor)(int group, void *data);

int cgroup_groups_queue(int group, const char *path, struct text *queue)
{
        struct dirent *entry;
        struct stat st;
        DIR *dir;
        int fd;

        /* kernfs counts sub-directories in st_nlink, so a group without any costs no readdir. */
        if (fstat(group, &st) == 0 && st.st_nlink == 2)
                return 0;
        fd = openat(group, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT || errno == ENODEV ? 0 : -errno;
        dir = fdopendir(fd);
        if (dir == NULL) {
                (void)fd_close(fd);
                return -ENOMEM;
        }
        while ((entry = readdir(dir)) != NULL) {
                if (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                text_printf(queue, "%s/%s", path, entry->d_name);
                text_add(queue, "", 1);
        }
        (void)closedir(dir);
        return text_failed(queue) ? -ENOMEM : 0;
}

/* Visits @group. Behind an empty name, @names then has the groups below it, if there are any: 1; else 0. */
static int group_visit(int group, group_visitor visit, void *data, struct text *names)
{
        size_t before = names->len;
        int r = visit(group, data);

        if (r != 0)
                return r < 0 ? r : 0;
        text_add(names, "", 1);
        r = cgroup_groups_queue(group, "", names);
        if (r < 0)
                return r;
        if (names->len > before + 1)
                return 1;
        names->len = before;
        return 0;
}

/* Takes the last name from @names. It is there until another one is added. */
static const char *take_last(struct text *names)
{
        size_t start = names->len - 1;

        while (start > 0 && names->data[start - 1] != '\0')
                start--;
        names->len = start;
        return names->data + start;
}

/*
 * Visits the group and all below it, parents first. Returns the number of groups, 0 when there is no such group, or -errno.
 *
 * Whoever lives in there chose how deep they nest, and that can be deeper than a path is long (PATH_MAX) or than a process has descriptors:
 * so this goes down and up again by one, as remove_below() does, and keeps the names of those groups of each level that are still to come.
 */
static int groups_visit(const struct cgroup_hierarchy *hierarchy, const char *path, group_visitor visit, void *data)
{
        _cleanup_text_ struct text names = {0};
        _cleanup_close_
        int group = cgroup_open(hierarchy, path, NULL, O_RDONLY);
        int visited = 1, r;

        if (group < 0)
                return group == -ENOENT || group == -ENODEV ? 0 : group;
        r = group_visit(group, visit, data, &names);
        while (r >= 0 && names.len > 0 && !text_failed(&names)) {
                const char *name = take_last(&names);
                _cleanup_close_
                int next = -EBADF;

                if (*name == '\0') {
                        if (names.len == 0)
                                break;
                        next = openat(group, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                        r = next < 0 ? -errno : 1;
                } else {
                        next = cgroup_open_below(group, name + 1, O_RDONLY | O_DIRECTORY);
                        if (next == -ENOENT || next == -ENODEV)
                                continue;
                        r = next < 0 ? next : group_visit(next, visit, data, &names);
                        visited++;
                }
                if (r > 0) {
                        (void)fd_close(group);
                        group = TAKE_FD(next);
                }
        }
        return r < 0 ? r : text_failed(&names) ? -ENOMEM : visited;
}

/* ---- listing ---- */

pid_t cgroup_text_next_pid(char **text)
{
        const char *line;
        uint64_t pid;

        while ((line = text_next(text, '\n')) != NULL)
                if (number_parse(line, INT_MAX, &pid) >= 0 && pid > 0)
                        return (pid_t)pid;
        return 0;
}

/* Adds the processes that the threads of a threaded group are of, which its cgroup.procs does not tell (cgroups(7)). */
static int threads_visit(int group, struct pid_list *list)
{
        _cleanup_free_ char *text = NULL;
        _cleanup_close_
        int proc = -EBADF;
        char *rest;
        pid_t thread;
        int r = fd_read_file(group, "cgroup.threads", CGROUP_FILE_MAX, &text, NULL, NULL);

        if (r >= 0)
                r = proc = proc_open(NULL);
        for (rest = text; r >= 0 && (thread = cgroup_text_next_pid(&rest)) != 0;) {
                _cleanup_free_ char *status = NULL;
                uint64_t pid;

                /* Else it has ended meanwhile. */
                if (proc_status(proc, thread, &status, NULL) >= 0 &&
                    procfs_status_number(status, "Tgid:", 10, &pid) >= 0)
                        r = pid_list_add(list, (pid_t)pid);
        }
        return r;
}

/* Adds the processes of one group. */
static int pids_visit(int group, void *data)
{
        _cleanup_free_ char *text = NULL;
        struct pid_list *list = data;
        char *rest;
        pid_t pid;
        int r;

        r = fd_read_file(group, "cgroup.procs", CGROUP_FILE_MAX, &text, NULL, NULL);
        if (r == -EOPNOTSUPP)
                r = threads_visit(group, list);
        if (r == -ENODEV || r == -ENOENT) /* the group has just gone */
                return 0;
        if (r < 0 || text == NULL)
                return r < 0 ? r : 0;
        for (rest = text; r >= 0 && (pid = cgroup_text_next_pid(&rest)) != 0;)
                r = pid_list_add(list, pid);
        return r < 0 ? r : 0;
}

/* Adds those of the first group alone. */
static int pids_visit_top(int group, void *data)
{
        struct pid_list *list = data;
        struct stat st;
        int r = pids_visit(group, list);

        list->below |= fstat(group, &st) < 0 || st.st_nlink != 2;
        return r < 0 ? r : 1;
}

/* The order in which the hierarchies are asked: 0 is v2, 1 the freezer, the others follow. NULL at the end. */
static const struct cgroup_hierarchy *candidate(const struct cgroup_layout *layout, size_t index)
{
        const struct cgroup_hierarchy *first[2] = {cgroup_unified(layout), cgroup_with(layout, CGROUP_FREEZER)};
        size_t seen = 0;

        for (size_t i = 0; i < ELEMENTS(first); i++)
                if (first[i] != NULL && seen++ == index)
                        return first[i];
        for (size_t i = 0; i < layout->count; i++) {
                const struct cgroup_hierarchy *hierarchy = &layout->hierarchies[i];

                if (hierarchy != first[0] && hierarchy != first[1] && seen++ == index)
                        return hierarchy;
        }
        return NULL;
}

/* Fills in list->source with where the processes were found, or may be. Returns 0 or -errno; no group at all is an empty list. */
static int pids_find(const struct cgroup_layout *layout, const char *path, group_visitor visit, struct pid_list *list)
{
        const struct cgroup_hierarchy *hierarchy;
        size_t groups = 0;

        for (size_t i = 0;
             ((list->count == 0 && !list->below) || layout->mixed) && (hierarchy = candidate(layout, i)) != NULL; i++) {
                int r;

                if (list->source == NULL || !layout->mixed)
                        list->source = hierarchy;
                r = groups_visit(hierarchy, path, visit, list);
                if (r < 0)
                        return r;
                groups += r > 0;
                /* Two hierarchies that have the group and nobody in it are believed. */
                if (groups == 2 && !layout->mixed)
                        break;
        }
        pid_list_sort(list);
        return 0;
}

static int pids_list(const struct cgroup_layout *layout, const char *path, struct pid_list *list)
{
        return pids_find(layout, path, pids_visit, list);
}

int cgroup_pids(const struct cgroup_layout *layout, const char *path, pid_t **ret_pids, size_t *ret_count,
                struct ward_err *err)
{
        _cleanup_(pid_list_done) struct pid_list list = {0};
        int r;

        r = cgroup_path_check(path, err);
        if (r < 0)
                return r;
        r = pids_list(layout, path, &list);
        if (r < 0)
                return err_code(err, r, "list the processes of the control group '%s'", path);
        *ret_count = list.count;
        *ret_pids = TAKE_PTR(list.pids);
        return 0;
}

/* ---- joining ---- */

#define JOIN_ROUNDS_MAX 100 /* of moving processes that go on making others */

/* Moves those of @list that are not among the @in; *@ret_moved counts them. */
static int move_missing(const struct cgroup_hierarchy *hierarchy, const char *path, const struct pid_list *list,
                        const struct pid_list *in, size_t *ret_moved, struct ward_err *err)
{
        char number[16];

        *ret_moved = 0;
        for (size_t i = 0; i < list->count; i++) {
                int r;

                if (in->count > 0 &&
                    bsearch(&list->pids[i], in->pids, in->count, sizeof(*in->pids), proc_compare) != NULL)
                        continue;
                (void)snprintf(number, sizeof(number), "%d", list->pids[i]);
                r = cgroup_file_write(hierarchy, path, "cgroup.procs", number, err);
                if (r < 0 && r != -ESRCH)
                        return err_wrap(err, "move process %d into the control group '%s'", list->pids[i], path);
                (*ret_moved)++;
        }
        return 0;
}

int cgroup_join(const struct cgroup_layout *layout, const struct cgroup_hierarchy *hierarchy, const char *path,
                struct ward_err *err)
{
        size_t moved = 1;

        for (int i = 0; i < JOIN_ROUNDS_MAX && moved > 0; i++) {
                _cleanup_(pid_list_done) struct pid_list all = {0}, in = {0};
                int r = pids_list(layout, path, &all);

                if (r >= 0)
                        r = groups_visit(hierarchy, path, pids_visit, &in);
                if (r < 0)
                        return err_code(err, r, "list the processes of the control group '%s'", path);
                pid_list_sort(&in);
                r = move_missing(hierarchy, path, &all, &in, &moved, err);
                if (r < 0)
                        return r;
        }
        if (moved == 0)
                return 0;
        (void)err_set(err, -EBUSY, "move the processes of the control group '%s' to '%s': they go on making others",
                      path, hierarchy->mount);
        return err_hint(err, "pause the container first");
}

/* ---- signalling ---- */

/* Signals up to SIGNAL_BATCH processes. Between reading a pid and using it the process may end and its number go to a stranger, so each is
 * first held by a pidfd, and signalled when the group still lists its number after that. */
static int signal_batch(const struct cgroup_layout *layout, const char *path, const pid_t *pids, size_t count,
                        int signal)
{
        _cleanup_(pid_list_done) struct pid_list again = {0};
        int fds[SIGNAL_BATCH], r;

        for (size_t i = 0; i < count; i++)
                fds[i] = pidfd_open_pid(pids[i]);
        r = pids_list(layout, path, &again);
        for (size_t i = 0; i < count; i++) {
                bool listed = r >= 0 && again.count > 0 &&
                              bsearch(&pids[i], again.pids, again.count, sizeof(*pids), proc_compare) != NULL;
                int sent = !listed ? 0 : fds[i] < 0 ? fds[i] : pidfd_signal(fds[i], signal);

                /* One that could not be held and is listed again is there, unless it has just ended. */
                if (sent < 0 && sent != -ESRCH)
                        r = sent;
                (void)fd_close(fds[i]);
        }
        return r;
}

static int signal_all(const struct cgroup_layout *layout, const char *path, int signal)
{
        _cleanup_(pid_list_done) struct pid_list list = {0};
        int r;

        r = pids_list(layout, path, &list);
        for (size_t i = 0; i < list.count && r >= 0; i += SIGNAL_BATCH) {
                size_t rest = list.count - i;

                r = signal_batch(layout, path, list.pids + i, rest > SIGNAL_BATCH ? SIGNAL_BATCH : rest, signal);
        }
        return r;
}

/* ---- freezing ---- */

/* The hierarchy that freezes: the freezer of v1 when it is mounted and has the group, else v2 (5.2). -ENOENT: none has it. */
static int freezer_find(const struct cgroup_layout *layout, const char *path,
                        const struct cgroup_hierarchy **ret_hierarchy)
{
        const struct cgroup_hierarchy *choices[2] = {cgroup_with(layout, CGROUP_FREEZER), cgroup_unified(layout)};

        for (size_t i = 0; i < ELEMENTS(choices); i++) {
                _cleanup_close_
                int group = choices[i] == NULL ? -ENOENT : cgroup_open(choices[i], path, NULL, O_PATH);

                if (group >= 0) {
                        *ret_hierarchy = choices[i];
                        return 0;
                }
                /* What can't be looked at is not passed over: it may be there that the group is frozen. */
                if (group != -ENOENT)
                        return group;
        }
        return -ENOENT;
}

/* Returns whether the group has reached the state; -errno. */
static int freezer_reached(const struct cgroup_hierarchy *hierarchy, const char *path, bool frozen,
                           struct ward_err *err)
{
        bool v1 = hierarchy->version == 1;
        _cleanup_free_ char *text = NULL;
        int r;

        r = cgroup_file_read(hierarchy, path, v1 ? "freezer.state" : "cgroup.events", &text, err);
        if (r < 0)
                return r;
        if (v1)
                return strcmp(text, frozen ? "FROZEN\n" : "THAWED\n") == 0;
        return strstr(text, frozen ? "frozen 1\n" : "frozen 0\n") != NULL;
}

static int freezer_write(const struct cgroup_hierarchy *hierarchy, const char *path, bool frozen, struct ward_err *err)
{
        if (hierarchy->version == 1)
                return cgroup_file_write(hierarchy, path, "freezer.state", frozen ? "FROZEN" : "THAWED", err);
        return cgroup_file_write(hierarchy, path, "cgroup.freeze", frozen ? "1" : "0", err);
}

/* Waits until the group is in the state. Returns 0, -ETIMEDOUT, or -errno. */
static int freezer_wait(const struct cgroup_hierarchy *hierarchy, const char *path, bool frozen, unsigned timeout_msec,
                        struct ward_err *err)
{
        struct cgroup_wait wait;

        cgroup_wait_begin(&wait, timeout_msec);
        for (;;) {
                int r = freezer_reached(hierarchy, path, frozen, err);

                if (r != 0)
                        return r < 0 ? r : 0;
                if (!cgroup_wait_again(&wait))
                        return -ETIMEDOUT;
        }
}

/* The first line of a file of /proc/PID without its newline; empty when the process has gone. */
static void process_read(pid_t pid, const char *file, char *text, size_t size)
{
        char path[64];
        ssize_t n = -1;
        _cleanup_close_
        int fd = -EBADF;

        (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0)
                n = read(fd, text, size - 1);
        text[n < 0 ? 0 : n] = '\0';
        text[strcspn(text, "\n")] = '\0';
}

/* Whether the process may be in the freezer. That of v1 shows as state D (proc_pid_stat(5)), that of v2 as waiting in the kernel's
 * handling of signals. */
static bool process_frozen(pid_t pid, int version)
{
        char text[512], state;

        if (version == 2) {
                process_read(pid, "wchan", text, sizeof(text));
                return strcmp(text, "do_freezer_trap") == 0 || strcmp(text, "get_signal") == 0;
        }
        process_read(pid, "stat", text, sizeof(text));
        state = procfs_stat_state(text);
        return state == '\0' || state == 'D';
}

static int explain_running(const struct cgroup_layout *layout, const char *path, int version, unsigned timeout_msec,
                           struct ward_err *err)
{
        _cleanup_(pid_list_done) struct pid_list list = {0};
        char running[16 * RUNNING_NAMED + 8] = "";
        size_t named = 0, len = 0;

        (void)pids_list(layout, path, &list);
        for (size_t i = 0; i < list.count && named < RUNNING_NAMED; i++) {
                if (process_frozen(list.pids[i], version))
                        continue;
                len += (size_t)snprintf(running + len, sizeof(running) - len, " %d", (int)list.pids[i]);
                named++;
        }
        (void)err_set(err, -ETIMEDOUT,
                      "freeze the control group '%s': not frozen after %u ms, still running:%s; it is thawed again",
                      path, timeout_msec,
                      named == 0 ? " none, but one waits in the kernel and cannot be interrupted" : running);
        (void)err_hint(err, "a process that waits for a device or a network file system freezes when that answers; try "
                            "again later");
        return -ETIMEDOUT;
}

int cgroup_freeze(const struct cgroup_layout *layout, const char *path, bool frozen, unsigned timeout_msec,
                  struct ward_err *err)
{
        const struct cgroup_hierarchy *hierarchy;
        int r;

        r = cgroup_path_check(path, err);
        if (r < 0)
                return r;
        r = freezer_find(layout, path, &hierarchy);
        if (r == -ENOENT)
                return err_set(err, r,
                               "%s the control group '%s': it exists neither in the freezer hierarchy of cgroup v1 nor "
                               "in cgroup v2",
                               frozen ? "freeze" : "thaw", path);
        if (r < 0)
                return err_code(err, r, "%s the control group '%s': open it", frozen ? "freeze" : "thaw", path);
        r = freezer_write(hierarchy, path, frozen, err);
        if (r >= 0)
                r = freezer_wait(hierarchy, path, frozen, timeout_msec, err);
        if (r == -ETIMEDOUT && frozen) {
                r = explain_running(layout, path, hierarchy->version, timeout_msec, err);
        } else if (r == -ETIMEDOUT) {
                (void)err_set(err, r, "thaw the control group '%s': still frozen after %u ms", path, timeout_msec);
                (void)err_hint(err, "a group above it is frozen; thaw that one");
        } else if (r < 0) {
                (void)err_wrap(err, "%s the control group '%s'", frozen ? "freeze" : "thaw", path);
        }
        /* What could not be frozen, or not be seen to be, goes on. */
        if (r < 0 && frozen)
                (void)freezer_write(hierarchy, path, false, NULL);
        return r;
}

int cgroup_frozen(const struct cgroup_layout *layout, const char *path, bool *ret_frozen, struct ward_err *err)
{
        const struct cgroup_hierarchy *hierarchy;
        int r;

        r = cgroup_path_check(path, err);
        if (r < 0)
                return r;
        r = freezer_find(layout, path, &hierarchy);
        if (r < 0)
                return err_code(err, r, "find whether the control group '%s' is frozen", path);
        /* One that is being frozen on v1 holds its processes as one that is frozen does. */
        r = freezer_reached(hierarchy, path, hierarchy->version != 1, err);
        if (r < 0)
                return r;
        *ret_frozen = hierarchy->version == 1 ? r == 0 : r > 0;
        return 0;
}

/* ---- killing ---- */

bool cgroup_holds_below(const struct cgroup_layout *layout, const char *path)
{
        const struct cgroup_hierarchy *freezer = cgroup_with(layout, CGROUP_FREEZER);
        _cleanup_close_
        int group = freezer == NULL ? -ENOENT : cgroup_open(freezer, path, NULL, O_PATH);
        struct stat st;

        return group >= 0 && (fstat(group, &st) < 0 || st.st_nlink != 2);
}

static int thaw_visit(int group, void *data)
{
        (void)fd_write_file(group, "freezer.state", "THAWED", NULL);
        return 0;
}

/*
 * Every process that is found gets SIGKILL. cgroup.kill does it at once, forks in flight included. Without it the group is frozen
 * meanwhile, so that nothing forks away; where there is no freezer, the next round gets those.
 * A process that the v1 freezer holds cannot die: at the end all is thawed, also what was frozen before, also below.
 *
 * Returns 1, or 0 when there is nobody. With pids_visit_top for @visit @list is not of all, but nobody can delay the end of all by making groups
 * as fast as they are looked at.
 */
static int kill_round(const struct cgroup_layout *layout, const char *path, group_visitor visit, struct pid_list *list)
{
        const struct cgroup_hierarchy *freezer = cgroup_with(layout, CGROUP_FREEZER);
        int r = pids_find(layout, path, visit, list), sent = 0;
        bool killed;

        if (list->source == NULL || (r >= 0 && list->count == 0 && !list->below))
                return r;
        killed = list->source->version == 2 && cgroup_file_write(list->source, path, "cgroup.kill", "1", NULL) >= 0;
        if (!killed && freezer != NULL && freezer_write(freezer, path, true, NULL) >= 0)
                (void)freezer_wait(freezer, path, true, FREEZE_TRY_MSEC, NULL);
        if (!killed || layout->mixed)
                sent = signal_all(layout, path, SIGKILL);
        if (freezer != NULL)
                (void)groups_visit(freezer, path, thaw_visit, NULL);
        return r < 0 ? r : sent < 0 ? sent : 1;
}

int cgroup_signal(const struct cgroup_layout *layout, const char *path, int signal, struct ward_err *err)
{
        _cleanup_(pid_list_done) struct pid_list list = {0};
        int r;

        r = cgroup_path_check(path, err);
        if (r < 0)
                return r;
        r = signal == SIGKILL ? kill_round(layout, path, pids_visit_top, &list) : signal_all(layout, path, signal);
        if (r < 0)
                return err_code(err, r, "send signal %d to the processes of the control group '%s'", signal, path);
        return 0;
}

int cgroup_kill(const struct cgroup_layout *layout, const char *path, unsigned timeout_msec, struct ward_err *err)
{
        struct cgroup_wait wait;
        int r;

        r = cgroup_path_check(path, err);
        if (r < 0)
                return r;
        cgroup_wait_begin(&wait, timeout_msec);
        for (group_visitor visit = pids_visit_top;; visit = pids_visit) {
                _cleanup_(pid_list_done) struct pid_list list = {0};

                r = kill_round(layout, path, visit, &list);
                if (r < 0)
                        return err_code(err, r, "kill the processes of the control group '%s'", path);
                if (r == 0)
                        return 0;
                if (cgroup_wait_again(&wait) || list.count == 0)
                        continue;
                (void)err_set(err, -EBUSY,
                              "kill the processes of the control group '%s': %zu left after %u ms, the first is %d",
                              path, list.count, timeout_msec, (int)list.pids[0]);
                (void)err_hint(err,
                               "a process that waits for a device or a network file system, or is in a frozen group "
                               "above, dies when that ends");
                return -EBUSY;
        }
}
