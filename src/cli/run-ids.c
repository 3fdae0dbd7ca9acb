/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The users of `ward run`: which ids of this machine stand behind those of the container.
 *
 *      root                    65,536 ids that nobody else has (store/ranges.h); what is bound is id-mapped
 *      an ordinary user        one: the container's --user is the caller; no helper has to be asked, which takes half a start
 *      ... with --userns auto  his own as 0, and behind it those that /etc/subuid and /etc/subgid give him (newuidmap(1))
 *      root in a container     those of the container, as they are: it has none to spare
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/procfs.h"
#include "cli/run.h"

#define SYSTEM_GROUPS 100 /* behind root's, as distributions give them out: tty and disk are among them */

static bool wants_range(const struct run *o)
{
        return o->groups.count > 0 || (o->ns[SPEC_NS_USER] != NULL && strcmp(o->ns[SPEC_NS_USER], "keep-id") != 0);
}

static struct spec_id_map *add_map(struct spec_id_map *list, size_t *count, uint32_t inside, uint32_t outside,
                                   uint32_t ids)
{
        if (ids > 0)
                list[(*count)++] = (struct spec_id_map){.container_id = inside, .host_id = outside, .count = ids};
        return list;
}

/* His own id as 0, and the first range that is his. */
static int read_subordinate(struct run_job *job, struct ward_err *err)
{
        const char *option = job->options->groups.count > 0 ? "--group-add" : "--userns";
        const struct passwd *self = getpwuid(getuid());
        int r = ranges_of_user(&ranges_machine, self == NULL ? NULL : self->pw_name, getuid(), &job->users,
                               &job->groups, err);

        return r < 0 ? err_wrap(err, "option '%s': it takes more ids than your own", option) : 0;
}

/* The ids behind 0 that the caller's own user namespace has. */
static int read_own_ids(const char *path, struct ranges_span *ret_span, bool *ret_whole, struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        struct procfs_map map;
        const char *at;
        uint64_t next = 0;
        int r = fd_read_file(AT_FDCWD, path, 1 << 16, &text, NULL, err);

        if (r < 0)
                return r;
        *ret_whole = procfs_map_is_whole(text);
        at = text;
        while (procfs_next_map(&at, &map))
                if (map.inside == next)
                        next += map.count;
        if (next > DEFAULTS_ID_COUNT)
                next = DEFAULTS_ID_COUNT;
        *ret_span = (struct ranges_span){1, next > 0 ? next - 1 : 0};
        return 0;
}

/* Root of a container around this program is no root of the machine. */
static int find_caller(struct run_job *job, struct ward_err *err)
{
        struct ranges_span users, groups;
        bool whole = false, ignored;
        int r;

        job->ordinary = geteuid() != 0;
        /* What has no root of its own takes root's rights for its groups alone. */
        if (!job->ordinary && job->box != NULL && !job->box->walled)
                job->ordinary = prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0) == 0 ||
                                job->namespaces->ns[SPEC_NS_USER].mode == SPEC_NS_NEW;
        if (job->ordinary || (job->box != NULL && !job->box->walled))
                return 0;
        r = read_own_ids("/proc/self/uid_map", &users, &whole, err);
        if (r >= 0)
                r = read_own_ids("/proc/self/gid_map", &groups, &ignored, err);
        if (r < 0) /* without /proc, the start says what is missing */
                return err_hint(err, "mount it: mount -t proc proc /proc");
        job->ordinary = !whole;
        job->few_groups = !whole && groups.count < SYSTEM_GROUPS;
        if (whole && !job->options->dry_run && prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0) == 0) {
                /* A box takes no more rights than an ordinary user's, and has root's id as its only one. */
                if (job->box != NULL && job->namespaces->ns[SPEC_NS_USER].mode == SPEC_NS_NEW) {
                        job->ordinary = job->single = true;
                        return 0;
                }
                (void)err_set(err, -EPERM,
                              "start a container: the container around this program has taken "
                              "CAP_SYS_ADMIN from its root");
                (void)err_mistake(err, MISTAKE_OUTER_CONTAINER);
                return err_hint(err, "start that one with --privileged, or with --cap-add SYS_ADMIN --security-opt "
                                     "seccomp=unconfined --security-opt unmask=ALL (docker: systempaths=unconfined)");
        }
        if (job->ordinary && job->namespaces->ns[SPEC_NS_USER].mode == SPEC_NS_NEW) {
                job->single = users.count == 0 || groups.count == 0;
                if (!job->single) {
                        job->users = users;
                        job->groups = groups;
                }
        }
        return 0;
}

int run_ids_begin(struct run_job *job, struct ward_err *err)
{
        const struct spec_namespace *users = &job->namespaces->ns[SPEC_NS_USER];
        int r = find_caller(job, err);

        if (r < 0)
                return r;
        job->own_users = users->mode != SPEC_NS_INHERIT;
        job->id_base = users->mode == SPEC_NS_JOIN ? job->namespaces->id_maps.uid[0].host_id : RANGES_DEFAULT_BASE;
        if (job->box != NULL && !job->box->walled) {
                job->single = users->mode == SPEC_NS_NEW;
                return 0;
        }
        if (geteuid() != 0) {
                job->single = users->mode == SPEC_NS_NEW && !wants_range(job->options);
                if (users->mode == SPEC_NS_INHERIT) {
                        (void)err_set(err, -EPERM,
                                      "option '--userns': an ordinary user's container has a user namespace "
                                      "of its own: nothing else gives it any rights");
                        (void)err_mistake(err, MISTAKE_MACHINE_USERS);
                        return err_hint(err, "leave '--userns %s' out, or run it as root",
                                        job->options->ns[SPEC_NS_USER] != NULL ? job->options->ns[SPEC_NS_USER]
                                                                               : "host");
                }
                return users->mode == SPEC_NS_NEW && !job->single ? read_subordinate(job, err) : 0;
        }
        if (job->ordinary)
                return 0;
        job->idmaps = job->own_users;
        if (users->mode != SPEC_NS_NEW || job->options->dry_run)
                return 0;
        r = ranges_take(&ranges_machine, DEFAULTS_ID_COUNT, &job->range, err);
        job->id_base = job->range.base;
        return r;
}

/* What both halves of a map, users and groups, are made of. */
struct half {
        const char *file; /* that of the caller's own user namespace */
        uint32_t own, inside;
        const struct ranges_span *sub;
};

/* The ids of a root of a container as it has them itself: a line of a map lies in one of the namespace above (user_namespaces(7)). */
static int map_as_they_are(const struct run_job *job, const struct half *half, const struct spec_id_map **ret_maps,
                           size_t *ret_count)
{
        const uint64_t wanted = half->sub->count + 1;
        _cleanup_free_ char *text = NULL;
        struct spec_id_map *maps;
        struct procfs_map map;
        const char *at;
        size_t lines = 1;
        uint64_t next = 0;
        int r = fd_read_file(AT_FDCWD, half->file, 1 << 16, &text, NULL, NULL);

        if (r < 0)
                return r;
        for (at = text; *at != '\0'; at++)
                lines += *at == '\n';
        maps = arena_new(&job->cli->arena, struct spec_id_map, lines);
        if (maps == NULL)
                return -ENOMEM;
        at = text;
        while (next < wanted && procfs_next_map(&at, &map))
                if (map.inside == next) {
                        uint64_t count = map.count < wanted - next ? map.count : wanted - next;

                        *ret_maps = add_map(maps, ret_count, (uint32_t)next, (uint32_t)next, (uint32_t)count);
                        next += count;
                }
        return 0;
}

static int make_half(const struct run_job *job, const struct half *half, const struct spec_id_map **ret_maps,
                     size_t *ret_count)
{
        struct spec_id_map *maps = arena_new(&job->cli->arena, struct spec_id_map, 2);

        if (maps == NULL)
                return -ENOMEM;
        *ret_count = 0;
        if (job->ordinary && half->own == 0 && geteuid() == 0 && !job->single && half->sub->count > 0)
                return map_as_they_are(job, half, ret_maps, ret_count);
        if (job->single) {
                *ret_maps = add_map(maps, ret_count, half->inside, half->own, 1);
        } else if (half->sub->count > 0 && half->sub->base == (uint64_t)half->own + 1) {
                *ret_maps = add_map(maps, ret_count, 0, half->own, (uint32_t)half->sub->count + 1);
        } else if (half->sub->count > 0) {
                (void)add_map(maps, ret_count, 0, half->own, 1);
                *ret_maps = add_map(maps, ret_count, 1, (uint32_t)half->sub->base, (uint32_t)half->sub->count);
        } else {
                *ret_maps = add_map(maps, ret_count, 0, job->id_base, DEFAULTS_ID_COUNT);
        }
        return 0;
}

int run_ids_maps(const struct run_job *job, struct spec_id_maps *ret_maps, struct ward_err *err)
{
        const struct half users = {"/proc/self/uid_map", geteuid(), job->uid, &job->users},
                          groups = {"/proc/self/gid_map", getegid(), job->gid, &job->groups};
        struct spec_id_maps maps = job->namespaces->id_maps;

        if (job->namespaces->ns[SPEC_NS_USER].mode == SPEC_NS_NEW &&
            (make_half(job, &users, &maps.uid, &maps.uid_count) < 0 ||
             make_half(job, &groups, &maps.gid, &maps.gid_count) < 0))
                return err_oom(err);
        *ret_maps = maps;
        return 0;
}

bool run_ids_has(const struct run_job *job, uint32_t id, bool group)
{
        const struct ranges_span *sub = group ? &job->groups : &job->users;

        if (job->namespaces->ns[SPEC_NS_USER].mode != SPEC_NS_NEW || job->single)
                return true; /* or it is refused where it is set */
        return id < (sub->count > 0 ? sub->count + 1 : DEFAULTS_ID_COUNT);
}
