/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moving processes that run already: a whole tree of them, while it goes on making others; see cgroup.h.
 *
 * Who is in the new group makes its children there. So what can be lost is only a child that was made before its parent was moved, and it is found
 * by its parent, as long as that lives: for this the new group is frozen from the beginning, and who comes into it can neither end nor fork any more.
 * One whose parent ended before it was reached has its process group or session to be told by (setpgid(2), setsid(2)).
 *
 * A write to cgroup.procs moves all threads of a process at once.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/cgroup-private.h"
#include "kern/clone.h"
#include "kern/proc.h"

#define ROUNDS_MAX 1000
#define QUIET_ROUNDS 2
#define FREEZE_TRY_MSEC 200 /* how long a round waits for who was caught in it to be frozen */
#define ANCESTORS_MAX 64
#define EXITING 0x4U      /* PF_EXITING of linux/sched.h */
#define TICKS_PER_SEC 100 /* of /proc: USER_HZ */

/* A process that belongs to the tree. */
struct member {
        pid_t pid;
        uint64_t start_ticks;
        struct procfs_stat stat;
        bool refused; /* it can't be moved: it is not tried again */
};

struct moving {
        const struct cgroup_migration *move;
        struct arena *arena;
        struct member *members; /* everyone who was ever found, also who has ended */
        size_t member_count, member_room;
        struct cgroup_moved *moved;
        size_t moved_count, moved_room;
        uint64_t began_ticks;
        pid_t ancestors[ANCESTORS_MAX]; /* of the first one: who may inherit the children of those who end */
        size_t ancestor_count;
};

static bool grow(struct arena *arena, void **array, size_t size, size_t count, size_t *room)
{
        void *larger;

        if (count < *room)
                return true;
        *room = *room == 0 ? 64 : *room * 2;
        larger = arena_alloc(arena, *room, size);
        if (larger != NULL && count > 0)
                memcpy(larger, *array, count * size);
        *array = larger;
        return larger != NULL;
}

/* ---- who belongs to it ---- */

static struct member *member_find(const struct moving *moving, pid_t pid)
{
        /* Newest first: a number that came again is the later one. */
        for (size_t i = moving->member_count; i > 0; i--)
                if (moving->members[i - 1].pid == pid)
                        return &moving->members[i - 1];
        return NULL;
}

static int member_add(struct moving *moving, pid_t pid, const struct procfs_stat *stat)
{
        void *array = moving->members;

        if (!grow(moving->arena, &array, sizeof(*moving->members), moving->member_count, &moving->member_room))
                return -ENOMEM;
        moving->members = array;
        moving->members[moving->member_count++] = (struct member){pid, stat->start_ticks, *stat, false};
        return 0;
}

static void ancestors_find(struct moving *moving, pid_t pid)
{
        struct procfs_stat stat;

        while (moving->ancestor_count < ANCESTORS_MAX && proc_stat(moving->move->proc, pid, &stat, NULL, NULL) >= 0 &&
               stat.parent > 0)
                moving->ancestors[moving->ancestor_count++] = pid = stat.parent;
}

static bool is_ancestor(const struct moving *moving, pid_t pid)
{
        for (size_t i = 0; i < moving->ancestor_count; i++)
                if (moving->ancestors[i] == pid)
                        return true;
        return false;
}

/* Whether it is the child of a member, or was that of one that has ended since this began. */
static bool belongs(const struct moving *moving, const struct proc_process *process)
{
        const struct member *parent = member_find(moving, process->stat.parent);

        if (parent != NULL && parent->start_ticks <= process->stat.start_ticks)
                return true;
        if (process->stat.start_ticks < moving->began_ticks || !is_ancestor(moving, process->stat.parent))
                return false;
        for (size_t i = 0; i < moving->member_count; i++) {
                const struct member *member = &moving->members[i];

                /* The session or group that a member leads, or, where its leader is not of the tree, that it is in. */
                if (process->stat.session == member->pid || process->stat.group == member->pid ||
                    (process->stat.group == member->stat.group && process->stat.session == member->stat.session))
                        return true;
        }
        return false;
}

/* Adds who has come. A child may have a smaller number than its parent, where numbers have begun anew: so it is gone through until nobody is found. */
static int members_find(struct moving *moving, struct ward_err *err)
{
        _cleanup_arena_ struct arena arena = {0};
        struct proc_process *list;
        bool found = true;
        size_t count;
        int r = proc_list(moving->move->proc, &arena, &list, &count, err);

        while (r >= 0 && found) {
                found = false;
                for (size_t i = 0; i < count && r >= 0; i++) {
                        const struct member *known = member_find(moving, list[i].pid);

                        if (list[i].pid == getpid() || list[i].stat.parent == getpid() ||
                            (known != NULL && known->start_ticks == list[i].stat.start_ticks) ||
                            !belongs(moving, &list[i]))
                                continue;
                        r = member_add(moving, list[i].pid, &list[i].stat);
                        found = true;
                }
                if (r < 0)
                        return err_oom(err);
        }
        return r;
}

/* Who is in one of the groups already, by an earlier move, is to be in all of them. */
static int members_inside(struct moving *moving, struct ward_err *err)
{
        const struct cgroup_migration *move = moving->move;

        for (size_t i = 0; i < move->layout->count; i++) {
                struct cgroup_layout alone = cgroup_alone(&move->layout->hierarchies[i]);
                _cleanup_free_ pid_t *pids = NULL;
                size_t count = 0;
                int r = move->to[i] == NULL ? 0 : cgroup_pids(&alone, move->to[i], &pids, &count, err);

                for (size_t j = 0; j < count && r >= 0; j++) {
                        struct procfs_stat stat;

                        if (pids[j] != getpid() && member_find(moving, pids[j]) == NULL &&
                            proc_stat(move->proc, pids[j], &stat, NULL, NULL) >= 0 &&
                            member_add(moving, pids[j], &stat) < 0)
                                return err_oom(err);
                }
                if (r < 0)
                        return r;
        }
        return 0;
}

/* ---- moving one ---- */

/* Whether the process is there, and not on its way out: then the kernel lets it go where it is. Of a process whose first thread has ended the others are
 * moved by its number. */
static bool is_alive(int proc, pid_t pid, struct procfs_stat *ret_stat)
{
        bool ended = true;

        return proc_stat(proc, pid, ret_stat, &ended, NULL) >= 0 && !ended &&
               ((ret_stat->flags & EXITING) == 0 || ret_stat->state == 'Z');
}

static bool is_same(const struct moving *moving, const struct member *member)
{
        struct procfs_stat stat;

        return is_alive(moving->move->proc, member->pid, &stat) && stat.start_ticks == member->start_ticks;
}

/* Why the kernel does not move it: @err says so already behind what was done, but for what is to be known of the process. */
static const char *explain(const struct moving *moving, const struct member *member,
                           const struct cgroup_hierarchy *hierarchy, int code, const struct ward_err *err)
{
        int policy = sched_getscheduler(member->pid) & ~SCHED_RESET_ON_FORK;

        if (code != -EINVAL || (policy != SCHED_FIFO && policy != SCHED_RR)) {
                const char *why = err->message, *at;

                while ((at = strstr(why, "': ")) != NULL)
                        why = at + strlen("': ");
                return arena_strdup(moving->arena, why);
        }
        return hierarchy->version == 1
                       ? "it has a realtime policy, and the new group no realtime of its own (cpu.rt_runtime_us)"
                       : "it has a realtime policy, which only the root group of this kernel has time for";
}

/* Puts it back into the first @count hierarchies. */
static void put_back(const struct moving *moving, const struct member *member, const char *const *from, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (from[i] != NULL)
                        (void)cgroup_move(&moving->move->layout->hierarchies[i], from[i], member->pid, false, NULL);
}

static int moved_add(struct moving *moving, const struct member *member, const char *const *from, const char *why)
{
        struct cgroup_moved entry = {.pid = member->pid, .start_ticks = member->start_ticks, .why = why};
        _cleanup_free_ char *name = NULL;
        char path[32];
        void *array = moving->moved;

        if (!grow(moving->arena, &array, sizeof(*moving->moved), moving->moved_count, &moving->moved_room))
                return -ENOMEM;
        moving->moved = array;
        (void)snprintf(path, sizeof(path), "%d/comm", member->pid);
        if (fd_read_file(moving->move->proc, path, 64, &name, NULL, NULL) >= 0)
                entry.name = arena_strndup(moving->arena, name, strcspn(name, "\n"));
        else
                entry.name = "";
        memcpy(entry.from, from, sizeof(entry.from));
        moving->moved[moving->moved_count++] = entry;
        return entry.name == NULL ? -ENOMEM : 0;
}

/* Returns 1 when it was outside and is not any more, or can't be moved; 0 when it is inside, or has ended; or -errno. */
static int move_one(struct moving *moving, struct member *member, struct ward_err *err)
{
        const struct cgroup_migration *move = moving->move;
        const char *from[CGROUP_HIERARCHY_MAX], *why = NULL;
        struct ward_err local = {0};
        bool outside = false;
        int r = cgroup_paths_of(move->layout, move->proc, member->pid, moving->arena, from, err);

        if (r == -ENOENT || r == -ESRCH)
                return 0;
        if (r < 0)
                return r;
        for (size_t i = 0; i < CGROUP_HIERARCHY_MAX; i++) {
                if (i >= move->layout->count || move->to[i] == NULL ||
                    (from[i] != NULL && strcmp(from[i], move->to[i]) == 0))
                        from[i] = NULL;
                outside |= from[i] != NULL;
        }
        if (!outside || !is_same(moving, member))
                return 0;
        for (size_t i = 0; i < move->layout->count && why == NULL; i++) {
                const struct cgroup_hierarchy *hierarchy = &move->layout->hierarchies[i];

                if (from[i] == NULL)
                        continue;
                r = cgroup_move(hierarchy, move->to[i], member->pid, false, &local);
                if ((r == -EACCES || r == -EPERM) && move->ask != NULL)
                        r = move->ask(move->data, member->pid, &local) > 0 ? 0 : r;
                /* ESRCH: it has ended, or goes just now. */
                if (r == -ESRCH)
                        return 0;
                if (r < 0) {
                        why = explain(moving, member, hierarchy, r, &local);
                        put_back(moving, member, from, i);
                }
        }
        if (why == NULL && !is_same(moving, member)) {
                put_back(moving, member, from, move->layout->count);
                return 0;
        }
        member->refused = why != NULL;
        return moved_add(moving, member, from, why) < 0 ? err_oom(err) : 1;
}

/* ---- the rounds ---- */

static const char *freezer_path(const struct cgroup_migration *move)
{
        return move->freezer == NULL ? NULL : move->to[move->freezer - move->layout->hierarchies];
}

/* Freezes or thaws the group, and waits for a while: who does not freeze in that time is in it all the same. */
static int hold(const struct cgroup_migration *move, bool frozen, struct ward_err *err)
{
        bool v1 = move->freezer->version == 1;
        const char *path = freezer_path(move), *file = v1 ? "freezer.state" : "cgroup.freeze";
        const char *word = v1 ? frozen ? "FROZEN" : "THAWED" : frozen ? "1" : "0";

        return cgroup_file_write(move->freezer, path, file, word, err);
}

static void await_frozen(const struct cgroup_migration *move)
{
        bool v1 = move->freezer->version == 1;
        struct cgroup_wait wait;

        cgroup_wait_begin(&wait, FREEZE_TRY_MSEC);
        do {
                _cleanup_free_ char *text = NULL;
                int r = cgroup_file_read(move->freezer, freezer_path(move), v1 ? "freezer.state" : "cgroup.events",
                                         &text, NULL);

                if (r < 0 || strstr(text, v1 ? "FROZEN" : "frozen 1") != NULL)
                        return;
                /* v1 goes on freezing who was caught in between only when it is asked how it is; v2 by itself. */
        } while (cgroup_wait_again(&wait));
}

/* Moves whoever is outside. Returns how many there were, or -errno. */
static int round_once(struct moving *moving, bool tree, struct ward_err *err)
{
        int moved = 0, r = 0;

        if (tree)
                r = members_find(moving, err);
        if (r >= 0)
                r = members_inside(moving, err);
        for (size_t i = 0; i < moving->member_count && r >= 0; i++) {
                if (moving->members[i].refused)
                        continue;
                r = move_one(moving, &moving->members[i], err);
                moved += r > 0;
        }
        return r < 0 ? r : moved;
}

static int rounds(struct moving *moving, bool tree, struct ward_err *err)
{
        unsigned quiet = 0;

        for (unsigned round = 0; round < ROUNDS_MAX; round++) {
                int r = round_once(moving, tree, err);

                if (r < 0)
                        return r;
                quiet = r == 0 ? quiet + 1 : 0;
                if (quiet >= (tree ? QUIET_ROUNDS : 1))
                        return 0;
                if (r > 0 && moving->move->freezer != NULL)
                        await_frozen(moving->move);
        }
        (void)err_set(err, -EBUSY, "move the processes: they go on making others");
        return err_hint(err, "stop them meanwhile: kill -STOP");
}

/* The first one is what was asked for. */
static int check_first(const struct moving *moving, pid_t pid, struct ward_err *err)
{
        for (size_t i = 0; i < moving->moved_count; i++)
                if (moving->moved[i].pid == pid && moving->moved[i].why != NULL)
                        return err_set(err, -EPERM, "move process %d (%s): %s", pid, moving->moved[i].name,
                                       moving->moved[i].why);
        return 0;
}

static uint64_t now_ticks(void)
{
        struct timespec now = {0};

        (void)clock_gettime(CLOCK_BOOTTIME, &now);
        return (uint64_t)now.tv_sec * TICKS_PER_SEC + (uint64_t)now.tv_nsec / (1000000000 / TICKS_PER_SEC);
}

int cgroup_migrate(const struct cgroup_migration *move, pid_t pid, uint64_t start_ticks, bool tree, struct arena *arena,
                   struct cgroup_moved **ret_moved, size_t *ret_count, struct ward_err *err)
{
        struct moving moving = {.move = move, .arena = arena, .began_ticks = now_ticks()};
        struct procfs_stat stat;
        bool ended = true;
        sigset_t all, before;
        int r = proc_stat(move->proc, pid, &stat, &ended, NULL);

        if (r < 0 || ended || stat.start_ticks != start_ticks)
                return err_set(err, -ESRCH, "move process %d: it has ended", pid);
        if (member_add(&moving, pid, &stat) < 0)
                return err_oom(err);
        ancestors_find(&moving, pid);
        /* Nobody is left frozen by somebody who has no patience. */
        (void)sigfillset(&all);
        (void)sigprocmask(SIG_BLOCK, &all, &before);
        if (move->freezer != NULL)
                r = hold(move, true, err);
        if (r >= 0)
                r = rounds(&moving, tree, err);
        if (move->freezer != NULL && !move->keep_frozen) {
                int thawed = hold(move, false, r < 0 ? NULL : err);

                r = r < 0 ? r : thawed;
        }
        (void)sigprocmask(SIG_SETMASK, &before, NULL);
        if (r >= 0)
                r = check_first(&moving, pid, err);
        if (r < 0)
                return r;
        *ret_moved = moving.moved;
        *ret_count = moving.moved_count;
        return 0;
}

/* ---- and back ---- */

int cgroup_evict(const struct cgroup_hierarchy *hierarchy, const char *path, int proc, cgroup_destination where,
                 void *data, struct ward_err *err)
{
        struct cgroup_layout alone = cgroup_alone(hierarchy);
        struct cgroup_wait wait;

        cgroup_wait_begin(&wait, UINT_MAX);
        for (unsigned round = 0; round < ROUNDS_MAX; round++) {
                _cleanup_free_ pid_t *pids = NULL;
                size_t count, left = 0;
                int r = cgroup_pids(&alone, path, &pids, &count, err);

                for (size_t i = 0; i < count && r >= 0; i++) {
                        struct procfs_stat stat;

                        if (!is_alive(proc, pids[i], &stat))
                                continue;
                        left++;
                        r = cgroup_move(hierarchy, where(data, pids[i], stat.start_ticks), pids[i], false, err);
                        r = r == -ESRCH ? 0 : r;
                }
                if (r < 0)
                        return r;
                if (left == 0)
                        return 0;
                (void)cgroup_wait_again(&wait);
        }
        (void)err_set(err, -EBUSY, "empty the group '%s%s': its processes go on making others", hierarchy->mount, path);
        return err_hint(err, "stop them meanwhile: kill -STOP");
}
