/* SPDX-License-Identifier: Apache-2.0 */
/* Saving a container's processes as files, from which engine_restore() makes them anew. */
#include <fcntl.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/protobuf.h"
#include "engine/delete.h"
#include "engine/outside.h"
#include "engine/profile.h"

#define LOG "dump.log"

struct checkpoint {
        struct criu criu;
        struct stored stored;
        struct ward_spec spec;
        struct site *site; /* of @stored */
        const char *stdio; /* the names of its standard descriptors; NULL: it has a terminal of its own */
        const struct engine_checkpoint_options *options;
        int status_fd; /* owned */
};

static void checkpoint_done(struct checkpoint *checkpoint)
{
        criu_done(&checkpoint->criu);
        spec_done(&checkpoint->spec);
        stored_done(&checkpoint->stored);
        checkpoint->status_fd = fd_close(checkpoint->status_fd);
}

#define _cleanup_checkpoint_ _cleanup_(checkpoint_done)

static int refuse(const struct checkpoint *checkpoint, const struct spec_origin *origin, const char *what,
                  struct ward_err *err)
{
        char where[256];

        (void)err_set(err, -EOPNOTSUPP, "%s: %s: CRIU can't save %s", checkpoint->criu.verb,
                      spec_origin_text(origin, checkpoint->spec.file, where, sizeof(where)), what);
        return err_hint(err, "a container without it can be saved");
}

/* A filter that leaves calls to somebody else would come back without him: whether this one does is known when it is compiled. */
static int refuse_listener(struct checkpoint *checkpoint, struct store *store, struct ward_err *err)
{
        const struct ward_spec *spec = &checkpoint->spec;
        _cleanup_close_
        int cache = -EBADF;
        struct seccomp_filter filter = {0};
        int r;

        if (spec->seccomp.text == NULL)
                return 0;
        cache = store_cache(store, false);
        r = profile_filter(spec, checkpoint->stored.state.seccomp_docker, cache, &checkpoint->criu.arena, &filter, err);
        if (r < 0 || (filter.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) == 0)
                return r;
        return refuse(checkpoint, &spec->seccomp.origin, "the listener of a filter", err);
}

/* What CRIU would pass over in silence: the restored container would lack it. */
static int refuse_lossy(struct checkpoint *checkpoint, struct store *store, struct ward_err *err)
{
        static const enum spec_ns ns_unjoined[] = {SPEC_NS_MOUNT, SPEC_NS_CGROUP, SPEC_NS_TIME};
        const struct ward_spec *spec = &checkpoint->spec;

        for (size_t i = 0; i < spec->mount_count; i++) {
                if (spec->mounts[i].idmap)
                        return refuse(checkpoint, &spec->mounts[i].origin, "a mount with an id map", err);
                if (spec->mounts[i].copy_symlink)
                        return refuse(checkpoint, &spec->mounts[i].origin, "a link in place of a mount", err);
        }
        for (size_t i = 0; i < ELEMENTS(ns_unjoined); i++)
                if (spec->ns[ns_unjoined[i]].mode == SPEC_NS_JOIN)
                        return refuse(checkpoint, &spec->ns[ns_unjoined[i]].origin,
                                      "a namespace of this kind that was joined", err);
        if (spec->process.io_priority.given)
                return refuse(checkpoint, &spec->process.io_priority.origin, "the priority of disk accesses", err);
        if (spec->memory_policy.given)
                return refuse(checkpoint, &spec->memory_policy.origin, "a memory policy", err);
        if (spec->landlock.given)
                return refuse(checkpoint, &spec->landlock.origin, "what Landlock refuses", err);
        if (spec->process.smack_label != NULL)
                return refuse(checkpoint, &spec->process.smack_origin, "a label of Smack", err);
        return refuse_listener(checkpoint, store, err);
}

static int check(struct checkpoint *checkpoint, struct store *store, struct ward_err *err)
{
        const struct store_state *state = &checkpoint->stored.state;

        if (state->program != NULL && strcmp(state->program, "ward-oci") != 0) {
                (void)err_set(err, -EOPNOTSUPP, "%s: it was made by %s, and without a bundle it can't be restored",
                              checkpoint->criu.verb, state->program);
                return err_hint(err, "'ward-oci run' makes containers that can be saved");
        }
        /* CRIU would ask at the restore where they come from, and no config says it. */
        if (state->mount_count > 0) {
                (void)err_set(err, -EOPNOTSUPP, "%s: CRIU can't save the mount on '%s', which was added while it ran",
                              checkpoint->criu.verb, state->mounts[0].destination);
                return err_hint(err, "take it away first: ward-oci mounts remove %s", state->id);
        }
        return refuse_lossy(checkpoint, store, err);
}

/* CRIU wants it relative to the images, and speaks of it unclearly. */
static int check_parent(const struct checkpoint *checkpoint, struct ward_err *err)
{
        const char *parent = checkpoint->options->parent, *images = checkpoint->options->criu.images;
        _cleanup_close_
        int fd = -EBADF, below = -EBADF;

        if (parent == NULL)
                return 0;
        if (*parent == '/') {
                (void)err_set(err, -EINVAL, "%s: --parent-path: the path of the earlier images, '%s', is absolute",
                              checkpoint->criu.verb, parent);
                return err_hint(err, "write it relative to the directory of the images: ../EARLIER");
        }
        fd = open(images, O_PATH | O_DIRECTORY | O_CLOEXEC); /* host path: of the caller */
        below = fd < 0 ? -1 : openat(fd, parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (below < 0)
                return err_errno(err, "%s: --parent-path: open the earlier images '%s/%s'", checkpoint->criu.verb,
                                 images, parent);
        return 0;
}

/* The names of the standard descriptors, for the restore. */
static int write_stdio(const struct checkpoint *checkpoint, struct ward_err *err)
{
        const char *path = checkpoint->options->criu.images, *stdio = checkpoint->stdio;
        _cleanup_close_
        int images = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -EBADF; /* host path: of the caller */
        _cleanup_text_ struct text text = {0};
        int r;

        text_puts(&text, "[");
        for (size_t len; stdio != NULL && *stdio != '\0'; stdio += len + (stdio[len] == ' ')) {
                len = strcspn(stdio, " ");
                text_printf(&text, "%s\"%.*s\"", text.len == 1 ? "" : ",", (int)len, stdio);
        }
        text_puts(&text, "]\n");
        fd = images < 0 ? -1
                        : openat(images, CRIU_STDIO_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
        r = text_failed(&text) ? -ENOMEM : fd < 0 ? -errno : fd_write_all(fd, text.data, text.len);
        return r < 0 ? err_code(err, r, "%s: write '%s/" CRIU_STDIO_FILE "'", checkpoint->criu.verb, path) : 0;
}

/* With the freezer no process can make another one while CRIU collects them. */
static int add_freezer(struct checkpoint *checkpoint, struct ward_err *err)
{
        const struct cgroup_layout *layout = &checkpoint->site->layout;
        const struct cgroup_hierarchy *freezer = cgroup_with(layout, CGROUP_FREEZER);
        const char *path = checkpoint->stored.state.cgroup_path;

        if (freezer == NULL)
                freezer = cgroup_unified(layout);
        if (freezer == NULL || path == NULL)
                return 0;
        path = arena_concat(&checkpoint->criu.arena, freezer->mount, path);
        if (path == NULL)
                return err_oom(err);
        protobuf_string(&checkpoint->criu.options, CRIU_FREEZE_CGROUP, path);
        return 0;
}

static int add_options(struct checkpoint *checkpoint, struct ward_err *err)
{
        const struct engine_checkpoint_options *options = checkpoint->options;
        struct text *text = &checkpoint->criu.options;
        _cleanup_text_ struct text server = {0};

        protobuf_number(text, CRIU_PID, (uint64_t)checkpoint->stored.state.pid);
        protobuf_number(text, CRIU_LEAVE_RUNNING, options->leave_running);
        protobuf_number(text, CRIU_TCP_SKIP_IN_FLIGHT, options->tcp_skip_in_flight);
        protobuf_number(text, CRIU_LINK_REMAP, options->link_remap);
        if (options->parent != NULL) {
                protobuf_string(text, CRIU_PARENT_IMG, options->parent);
                protobuf_number(text, CRIU_TRACK_MEM, 1);
        }
        if (options->page_address != NULL) {
                protobuf_string(&server, 1, options->page_address);
                protobuf_number(&server, 2, options->page_port);
                protobuf_message(text, CRIU_PAGE_SERVER, &server);
        }
        return add_freezer(checkpoint, err);
}

/* Pages can be fetched: whoever waits for that is told. */
static int notify(void *data, const char *script, pid_t pid, int fd, struct ward_err *err)
{
        struct checkpoint *checkpoint = data;
        const char nul = 0;
        int r = 0;

        (void)pid;
        (void)fd;
        if (strcmp(script, "status-ready") != 0 || checkpoint->status_fd < 0)
                return 0;
        r = fd_write_all(checkpoint->status_fd, &nul, 1);
        checkpoint->status_fd = fd_close(checkpoint->status_fd);
        return r < 0 ? err_code(err, r, "%s: write to the status descriptor", checkpoint->criu.verb) : 0;
}

static int open_container(struct checkpoint *checkpoint, struct store *store, const char *id, struct ward_err *err)
{
        int r = stored_open(&checkpoint->stored, store, id, true, err);

        if (r >= 0)
                r = stored_require(&checkpoint->stored, 1u << ENGINE_RUNNING | 1u << ENGINE_PAUSED, "checkpoint", err);
        if (r >= 0 && checkpoint->stored.waits)
                return err_set(err, -EINVAL, "checkpoint container '%s': it has not been started", id);
        if (r >= 0)
                r = stored_site(&checkpoint->stored, &checkpoint->site, err);
        return r < 0 ? r : stored_spec(&checkpoint->stored.entry, &checkpoint->spec, err);
}

int engine_checkpoint(struct store *store, const char *id, const struct engine_checkpoint_options *options,
                      struct ward_err *err)
{
        _cleanup_checkpoint_ struct checkpoint checkpoint = {.options = options, .status_fd = options->status_fd};
        struct criu *criu = &checkpoint.criu;
        char verb[STORE_ID_MAX + 32];
        int r;

        (void)snprintf(verb, sizeof(verb), "checkpoint container '%s'", id);
        r = open_container(&checkpoint, store, id, err);
        if (r < 0)
                return r;
        if (mkdir(options->criu.images, 0700) < 0 && errno != EEXIST) /* host path: of the caller */
                return err_errno(err, "%s: make the directory of the images '%s'", verb, options->criu.images);
        r = criu_begin(criu, verb, &options->criu, LOG, &checkpoint.spec, err);
        if (r >= 0)
                r = check(&checkpoint, store, err);
        if (r >= 0)
                r = check_parent(&checkpoint, err);
        if (r >= 0)
                r = add_options(&checkpoint, err);
        if (r >= 0 && checkpoint.stored.state.stdio != NULL) {
                checkpoint.stdio = outside_stdio_names(checkpoint.stored.state.stdio, &criu->arena);
                if (checkpoint.stdio == NULL)
                        return err_oom(err);
        }
        if (r >= 0 && !options->pre_dump)
                r = write_stdio(&checkpoint, err);
        if (r >= 0)
                r = outside_leave(criu, &checkpoint.spec, checkpoint.site, checkpoint.stdio,
                                  checkpoint.stored.state.pid, err);
        if (r < 0)
                return r;
        criu->notify = notify;
        criu->data = &checkpoint;
        r = criu_run(criu, options->pre_dump ? CRIU_PRE_DUMP : CRIU_DUMP, err);
        if (r < 0 || options->pre_dump || options->leave_running)
                return r;
        return delete_known(store, id, &checkpoint.stored, err);
}
