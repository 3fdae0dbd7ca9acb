/* SPDX-License-Identifier: Apache-2.0 */
/* The ROOT of `ward run`: a directory, or `host`, which is made for the container (launch/host.h). */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "cli/run.h"
#include "launch/host.h"
#include "model/defaults.h"

static int open_directory(struct cli *cli, const char *word, struct run_root *root, struct ward_err *err)
{
        int r = path_absolute(word, &cli->arena, &root->path, err);

        if (r < 0)
                return r;
        root->fd = open(root->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (root->fd < 0) {
                r = err_errno(err, "open the root '%s'", root->path);
                if (r == -ENOENT || r == -ENOTDIR)
                        return err_hint(err, "ROOT is a directory with a system in it (bin, etc, lib ...), or 'host'");
        }
        return r;
}

/* The directory of --keep, made where there is none, for root alone. */
static int open_keep(const char *path, struct ward_err *err)
{
        int fd;

        if (mkdir(path, 0700) < 0 && errno != EEXIST)
                return err_errno(err, "option '--keep': make the directory '%s'", path);
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 ? err_errno(err, "option '--keep': open the directory '%s'", path) : fd;
}

static int make_host(const struct run_job *job, struct run_root *root, struct ward_err *err)
{
        const struct run *o = job->options;
        _cleanup_close_
        int keep = -EBADF;
        struct host_options options = {
                .id_base = job->own_users ? job->id_base : 0,
                .id_count = DEFAULTS_ID_COUNT,
                .size_bytes = o->host_size.given ? (uint64_t)o->host_size.value
                                                 : host_default_size(o->memory.given ? o->memory.value : -1),
                .keep_fd = -EBADF,
                .read_only = o->read_only,
        };

        root->path = "host";
        if (o->dry_run) {
                /* Nothing is made; the names of users are the machine's. */
                root->fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
                return root->fd < 0 ? err_errno(err, "open /") : 0;
        }
        if (o->keep != NULL) {
                keep = open_keep(o->keep, err);
                if (keep < 0)
                        return keep;
                options.keep_fd = keep;
        }
        root->fd = host_root(&options, err);
        return root->fd < 0 ? err_wrap(err, "make the root 'host'") : 0;
}

int run_root_open(const struct run_job *job, const char *word, struct run_root *ret_root, struct ward_err *err)
{
        const struct run *o = job->options;
        struct run_root root = RUN_ROOT_NONE;
        int r;

        root.given = strcmp(word, "host") == 0;
        if (!root.given && (o->keep != NULL || o->host_size.given)) {
                (void)err_set(err, -EINVAL, "option '%s' is for the root 'host', and '%s' is a directory",
                              o->keep != NULL ? "--keep" : "--host-size", word);
                return err_hint(err, "leave it out: what the container changes in a directory stays there");
        }
        if (o->keep != NULL && o->host_size.given) {
                (void)err_set(err, -EINVAL, "options '--keep' and '--host-size' exclude each other");
                return err_hint(err, "what is kept takes the room of its directory's file system");
        }
        r = root.given ? make_host(job, &root, err) : open_directory(job->cli, word, &root, err);
        if (r >= 0)
                *ret_root = root;
        return r;
}

void run_root_done(struct run_root *root)
{
        root->fd = fd_close(root->fd);
}
