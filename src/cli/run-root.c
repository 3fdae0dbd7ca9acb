/* SPDX-License-Identifier: Apache-2.0 */
/* The ROOT of `ward run`: a directory, or `host`, which is made for the container (launch/host.h). */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "cli/run.h"
#include "launch/host.h"
#include "model/defaults.h"

#define MAPS_MAX 8

static int open_directory(struct cli *cli, const char *word, struct run_root *root, struct ward_err *err)
{
        int r = path_absolute(word, &cli->arena, &root->path, err);

        if (r < 0)
                return r;
        root->fd = open(root->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (root->fd < 0) {
                r = err_errno(err, "open the root '%s'", root->path);
                (void)err_mistake(err, r == -ENOENT    ? MISTAKE_ROOT_MISSING
                                       : r == -ENOTDIR ? MISTAKE_ROOT_NO_DIRECTORY
                                       : r == -EACCES  ? MISTAKE_ROOT_CLOSED
                                                       : MISTAKE_NONE);
                if (r == -EACCES)
                        return err_hint(err,
                                        "you may not enter a directory on the way there: 'namei -l %s' shows which",
                                        root->path);
                /* The name of an image: alpine, debian:12. */
                if (r == -ENOENT && *word != '.' && *word != '/')
                        return err_hint(
                                err, "ward has no images: 'podman export CONTAINER | tar -xC DIR', or docker's export, "
                                     "unpacks one; ROOT is such a directory, or 'host'");
                if (r == -ENOENT || r == -ENOTDIR)
                        return err_hint(err, "ROOT is a directory with a system in it (bin, etc, lib ...), or 'host'");
        }
        return r;
}

/* The ids of an ordinary user's container as the process that makes its root has them: the caller's own as 0, and the others behind it. */
static size_t user_ranges(const struct run_job *job, bool group, struct idmap_range *ret, size_t room)
{
        const struct spec_id_maps *joined = &job->namespaces->id_maps;
        const struct spec_id_map *maps = group ? joined->gid : joined->uid;
        const struct ranges_span *sub = group ? &job->groups : &job->users;
        const uint32_t own = group ? getegid() : geteuid();
        uint32_t next = 1;
        size_t n = 0;

        ret[n++] = (struct idmap_range){0, own, 1};
        if (sub->count > 0)
                ret[n++] = (struct idmap_range){1, (uint32_t)sub->base, (uint32_t)sub->count};
        for (size_t i = 0; i < (group ? joined->gid_count : joined->uid_count) && n < room; i++) {
                if (maps[i].host_id == own && maps[i].count == 1)
                        continue;
                ret[n++] = (struct idmap_range){next, maps[i].host_id, maps[i].count};
                next += maps[i].count;
        }
        return n;
}

static void show_progress(size_t directories)
{
        if (directories > 0)
                (void)fprintf(stderr, "\rmaking /usr writable: %zu directories ", directories);
        else
                (void)fprintf(stderr, "\r\033[K");
        (void)fflush(stderr);
}

static int make_host(const struct run_job *job, struct run_root *root, struct ward_err *err)
{
        const struct run *o = job->options;
        const struct idmap_range range = {0, job->id_base, DEFAULTS_ID_COUNT};
        struct idmap_range uids[MAPS_MAX], gids[MAPS_MAX];
        const struct idmap root_users = {.uid = &range, .gid = &range, .uid_count = 1, .gid_count = 1};
        const struct idmap users = {.uid = uids,
                                    .gid = gids,
                                    .uid_count = user_ranges(job, false, uids, MAPS_MAX),
                                    .gid_count = user_ranges(job, true, gids, MAPS_MAX)};
        const bool as_user = job->ordinary && job->own_users, stackable = o->stackable && !job->ordinary;
        /* A container that this program runs in has, as a rule, an overlay of its own for a root. */
        const bool inner = as_user && geteuid() == 0;
        struct host_options options = {
                .id_base = job->own_users ? job->id_base : 0,
                .id_count = DEFAULTS_ID_COUNT,
                .size_bytes = o->host_size.given ? (uint64_t)o->host_size.value
                                                 : host_default_size(o->memory.given ? o->memory.value : -1),
                .keep = o->keep,
                .kept = -EBADF,
                .read_only = o->read_only,
                .users = as_user     ? &users
                         : stackable ? &root_users
                                     : NULL,
                .stackable = stackable || inner,
                .writable_usr = o->writable_usr,
                .progress = isatty(STDERR_FILENO) ? show_progress : NULL,
        };

        root->path = "host";
        if (o->dry_run) {
                /* Nothing is made; the names of users are the machine's. */
                root->fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
                return root->fd < 0 ? err_errno(err, "open /") : 0;
        }
        /* Made where there is none, for its owner alone. */
        if (o->keep != NULL && mkdir(o->keep, 0700) < 0 && errno != EEXIST)
                return err_errno(err, "option '--keep': make the directory '%s'", o->keep);
        if (o->keep != NULL) {
                options.kept = root->kept = host_open_kept(o->keep, err);
                if (root->kept < 0)
                        return err_wrap(err, "make the root 'host'");
        }
        root->fd = host_root(&options, err);
        return root->fd < 0 ? err_wrap(err, "make the root 'host'") : 0;
}

/* The option that only the root `host` has a use for, or NULL. */
static const char *for_host_alone(const struct run *o)
{
        return o->keep != NULL      ? "--keep"
               : o->writable_usr    ? "--host-writable"
               : o->stackable       ? "--host-stackable"
               : o->host_size.given ? "--host-size"
                                    : NULL;
}

int run_root_open(const struct run_job *job, const char *word, struct run_root *ret_root, struct ward_err *err)
{
        const struct run *o = job->options;
        struct run_root root = RUN_ROOT_NONE;
        int r;

        root.given = strcmp(word, "host") == 0;
        if (!root.given && for_host_alone(o) != NULL) {
                (void)err_set(err, -EINVAL, "option '%s' is for the root 'host', and '%s' is a directory",
                              for_host_alone(o), word);
                (void)err_mistake(err, MISTAKE_CONFLICT);
                return err_hint(err, "leave it out: what the container changes in a directory stays there");
        }
        if (o->keep != NULL && o->host_size.given) {
                (void)err_set(err, -EINVAL, "options '--keep' and '--host-size' exclude each other");
                (void)err_mistake(err, MISTAKE_CONFLICT);
                return err_hint(err, "what is kept takes the room of its directory's file system");
        }
        /* That of root of a user namespace can be stacked without being told, whatever its ids. */
        if (o->stackable && geteuid() != 0 && !job->single) {
                (void)err_set(err, -ENOTSUP,
                              "option '--host-stackable': it takes root, or a container with your own id alone");
                return err_hint(err,
                                "leave '--userns' and '--group-add' out: with one id 'host' can be stacked anyway");
        }
        if (o->stackable && (o->keep != NULL || !job->own_users)) {
                (void)err_set(err, -EINVAL, "options '--host-stackable' and '%s' exclude each other",
                              o->keep != NULL ? "--keep" : "--userns host");
                (void)err_mistake(err, MISTAKE_CONFLICT);
                return err_hint(err, "its files are made with the container's own ids, which are another's later");
        }
        if (o->writable_usr && o->read_only) {
                (void)err_set(err, -EINVAL, "options '--host-writable' and '--read-only' exclude each other");
                (void)err_mistake(err, MISTAKE_CONFLICT);
                return err_hint(err, "leave one of them out");
        }
        r = root.given ? make_host(job, &root, err) : open_directory(job->cli, word, &root, err);
        *ret_root = root;
        return r;
}

void run_root_done(struct run_root *root)
{
        root->fd = fd_close(root->fd);
        root->kept = fd_close(root->kept);
}
