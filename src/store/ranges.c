/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges of host ids; see ranges.h. */
#include "store/ranges.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/procfs.h"
#include "base/text.h"

#define FILE_MAX (1u << 20)
#define MAP_MAX 65536 /* bytes: a map has at most 340 lines (user_namespaces(7)) */
#define ID_LAST UINT64_C(4294967294)

const struct ranges_place ranges_machine = {
        .subuid = "/etc/subuid",
        .subgid = "/etc/subgid",
        .locks = "/run/ward/.ranges",
};

static bool overlap(const struct ranges_span *a, const struct ranges_span *b)
{
        return a->base < b->base + b->count && b->base < a->base + a->count;
}

/* "NAME:BASE:COUNT". false: the line is none of these. */
static bool read_line(char *line, const char **ret_name, struct ranges_span *ret_span)
{
        const char *name = text_next(&line, ':'), *base = text_next(&line, ':'), *count = line;

        if (base == NULL || count == NULL || number_parse(base, ID_LAST, &ret_span->base) < 0 ||
            number_parse(count, ID_LAST - ret_span->base + 1, &ret_span->count) < 0)
                return false;
        *ret_name = name;
        return true;
}

const char *ranges_find(char *text, struct ranges_span *ret_span)
{
        static const struct ranges_span fallback = {RANGES_DEFAULT_BASE, RANGES_DEFAULT_COUNT};
        const char *touching = NULL, *name;
        struct ranges_span span;
        char *line;

        while ((line = text_next(&text, '\n')) != NULL) {
                if (!read_line(line, &name, &span))
                        continue;
                if (strcmp(name, RANGES_USER) == 0) {
                        *ret_span = span;
                        return NULL;
                }
                if (overlap(&span, &fallback))
                        touching = name;
        }
        *ret_span = fallback;
        return touching;
}

/* What @path has for containers. A file that isn't there has no lines. */
static int read_span(const char *path, struct ranges_span *ret_span, struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        const char *touching;
        struct ranges_span span;
        int r;

        r = fd_read_file(AT_FDCWD, path, FILE_MAX, &text, NULL, err);
        if (r < 0 && r != -ENOENT)
                return r;
        touching = ranges_find(text, &span);
        if (touching == NULL) {
                *ret_span = span;
                return 0;
        }
        (void)err_set(err, -EEXIST,
                      "find ids for the container: '%s' has no line for '" RANGES_USER
                      "', and '%s' has ids of the default range",
                      path, touching);
        return err_hint(err,
                        "'./dev setup' adds one; or write '" RANGES_USER ":BASE:COUNT' with ids that nobody else has, "
                        "to /etc/subuid and /etc/subgid");
}

static bool map_overlaps(const char *map, const struct ranges_span *span)
{
        struct procfs_map line;

        while (procfs_next_map(&map, &line))
                if (overlap(&(struct ranges_span){line.outside, line.count}, span))
                        return true;
        return false;
}

/* What procfs answers for a process that ended while it was looked at; EINVAL is uid_map's own word for it. */
static bool is_gone(int code)
{
        return code == -ENOENT || code == -ESRCH || code == -EINVAL;
}

/* A process that has ended and that its parent did not ask about yet has ids and uses none. */
static bool has_ended(int proc, const char *pid)
{
        _cleanup_free_ char *stat = NULL;
        char path[280];
        int r;

        (void)snprintf(path, sizeof(path), "%s/stat", pid);
        r = fd_read_file(proc, path, 4096, &stat, NULL, NULL);
        return r < 0 ? is_gone(r) : procfs_stat_has_ended(stat);
}

/* Does a process live whose user namespace has ids of @span? Those with the caller's own map are not meant: it has every id. Returns 1, 0 or
 * -errno. */
static int in_use(const struct ranges_span *span, struct ward_err *err)
{
        _cleanup_free_ char *own = NULL;
        const struct dirent *entry;
        char own_ns[64], ns[64];
        int r, result = 0;
        ssize_t own_len;
        DIR *proc;

        r = fd_read_file(AT_FDCWD, "/proc/self/uid_map", MAP_MAX, &own, NULL, err);
        if (r < 0)
                return r;
        proc = opendir("/proc");
        if (proc == NULL)
                return err_errno(err, "list the processes");
        own_len = readlinkat(dirfd(proc), "self/ns/user", own_ns, sizeof(own_ns));
        while (result == 0 && (entry = readdir(proc)) != NULL) {
                _cleanup_free_ char *map = NULL;
                char path[280];

                if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
                        continue;
                /* Nearly all are in the caller's own namespace, and this is the cheapest way to see it. */
                (void)snprintf(path, sizeof(path), "%s/ns/user", entry->d_name);
                if (own_len > 0 && readlinkat(dirfd(proc), path, ns, sizeof(ns)) == own_len &&
                    memcmp(ns, own_ns, (size_t)own_len) == 0)
                        continue;
                (void)snprintf(path, sizeof(path), "%s/uid_map", entry->d_name);
                r = fd_read_file(dirfd(proc), path, MAP_MAX, &map, NULL, NULL);
                /* One that ended meanwhile has no ids any more; of one that can't be looked at nothing is known. */
                if (r < 0)
                        result = is_gone(r) ? 0
                                            : err_code(err, r, "find out which ids are in use: read '/proc/%s'", path);
                else if (strcmp(map, own) != 0 && map_overlaps(map, span) && !has_ended(dirfd(proc), entry->d_name))
                        result = 1;
        }
        (void)closedir(proc);
        return result;
}

static int open_locks(const char *path, struct ward_err *err)
{
        const char *slash = strrchr(path, '/');
        char parent[256];
        int fd;

        (void)snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
        if ((mkdirat(AT_FDCWD, parent, 0700) < 0 && errno != EEXIST) ||
            (mkdirat(AT_FDCWD, path, 0700) < 0 && errno != EEXIST))
                return err_errno(err, "make the directory '%s'", path);
        fd = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 ? err_errno(err, "open the directory '%s'", path) : fd;
}

/* Takes the lock of the range whose file is @name: a descriptor, -EWOULDBLOCK when someone has it, or -ESTALE when the file has gone meanwhile:
 * who gives a range back removes it. */
static int lock_range(int locks, const char *name, int more)
{
        _cleanup_close_
        int fd = openat(locks, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | more, 0600);
        struct stat st;

        if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || fstat(fd, &st) < 0)
                return -errno;
        return st.st_nlink == 0 ? -ESTALE : TAKE_FD(fd);
}

static void range_name(uint32_t base, char name[16])
{
        (void)snprintf(name, 16, "%u", base);
}

static int find_span(const struct ranges_place *place, uint32_t count, struct ranges_span *ret_span,
                     struct ward_err *err)
{
        struct ranges_span users = {0}, groups = {0}, both;
        uint64_t end;
        int r = read_span(place->subuid, &users, err);

        if (r >= 0)
                r = read_span(place->subgid, &groups, err);
        if (r < 0)
                return r;
        both.base = users.base > groups.base ? users.base : groups.base;
        end = users.base + users.count < groups.base + groups.count ? users.base + users.count
                                                                    : groups.base + groups.count;
        if (end < both.base + count) {
                (void)err_set(err, -EINVAL,
                              "find ids for the container: the lines of '" RANGES_USER
                              "' in '%s' and '%s' have no %u ids in common",
                              place->subuid, place->subgid, count);
                return err_hint(err,
                                "give both the same base, and a count of %u for each container that runs at a time",
                                count);
        }
        both.count = end - both.base;
        *ret_span = both;
        return 0;
}

int ranges_take(const struct ranges_place *place, uint32_t count, struct range *ret_range, struct ward_err *err)
{
        _cleanup_close_
        int locks = -EBADF;
        struct ranges_span all = {0};
        int r = find_span(place, count, &all, err);

        if (r < 0)
                return r;
        locks = open_locks(place->locks, err);
        if (locks < 0)
                return locks;
        for (struct ranges_span one = {all.base, count}; one.base + count <= all.base + all.count; one.base += count) {
                _cleanup_close_
                int lock = -EBADF;
                char name[16];

                range_name((uint32_t)one.base, name);
                do
                        lock = lock_range(locks, name, O_CREAT);
                while (lock == -ESTALE);
                if (lock == -EWOULDBLOCK)
                        continue;
                if (lock < 0)
                        return err_code(err, lock, "lock a range of ids in '%s'", place->locks);
                r = in_use(&one, err);
                if (r == 0) {
                        *ret_range = (struct range){(uint32_t)one.base, TAKE_FD(locks), TAKE_FD(lock)};
                        return 0;
                }
                (void)unlinkat(locks, name, 0);
                if (r < 0)
                        return r;
        }
        (void)err_set(err, -ENOSPC, "find ids for the container: all %llu ids from %llu on are in use",
                      (unsigned long long)all.count, (unsigned long long)all.base);
        return err_hint(err, "end a container, or widen the lines of '" RANGES_USER "' in /etc/subuid and /etc/subgid");
}

static int read_own(const char *path, const char *name, uint32_t uid, struct ranges_span *ret, struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        char *rest, *line, number[16];
        const char *owner;
        struct ranges_span span;
        int r = fd_read_file(AT_FDCWD, path, FILE_MAX, &text, NULL, err);

        if (r < 0 && r != -ENOENT)
                return r;
        (void)snprintf(number, sizeof(number), "%u", uid);
        rest = text;
        while (rest != NULL && (line = text_next(&rest, '\n')) != NULL)
                if (read_line(line, &owner, &span) && span.count > 0 &&
                    ((name != NULL && strcmp(owner, name) == 0) || strcmp(owner, number) == 0)) {
                        *ret = span;
                        return 0;
                }
        (void)err_set(err, -ENOENT, "'%s' has no line for '%s'", path, name != NULL ? name : number);
        (void)err_mistake(err, MISTAKE_SUBORDINATE_IDS);
        return err_hint(err, "as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 %s",
                        name != NULL ? name : number);
}

int ranges_of_user(const struct ranges_place *place, const char *name, uint32_t uid, struct ranges_span *ret_users,
                   struct ranges_span *ret_groups, struct ward_err *err)
{
        struct ranges_span users, groups;
        int r = read_own(place->subuid, name, uid, &users, err);

        if (r >= 0)
                r = read_own(place->subgid, name, uid, &groups, err);
        if (r < 0)
                return r;
        *ret_users = users;
        *ret_groups = groups;
        return 0;
}

void range_done(struct range *range)
{
        char name[16];

        range_name(range->base, name);
        if (range->lock >= 0)
                (void)unlinkat(range->locks, name, 0);
        range->lock = fd_close(range->lock);
        range->locks = fd_close(range->locks);
}

int ranges_tidy(const struct ranges_place *place, bool dry_run, void (*report)(void *data, const char *base),
                void *data, struct ward_err *err)
{
        DIR *dir = opendir(place->locks);
        const struct dirent *entry;
        uint64_t base;

        if (dir == NULL && (errno == ENOENT || errno == EACCES))
                return 0; /* no start ever took ids, or none of the caller's */
        if (dir == NULL)
                return err_errno(err, "list the directory '%s'", place->locks);
        while ((entry = readdir(dir)) != NULL) {
                _cleanup_close_
                int lock = -EBADF;

                if (number_parse(entry->d_name, ID_LAST, &base) < 0)
                        continue;
                lock = lock_range(dirfd(dir), entry->d_name, 0);
                if (lock < 0 || (!dry_run && unlinkat(dirfd(dir), entry->d_name, 0) < 0))
                        continue;
                report(data, entry->d_name);
        }
        (void)closedir(dir);
        return 0;
}
