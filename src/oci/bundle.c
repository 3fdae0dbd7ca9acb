/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle: see bundle.h. */
#include "oci/bundle.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/libc.h"
#include "base/names.h"
#include "base/path.h"
#include "engine/profile.h"
#include "engine/ready.h"
#include "model/oci.h"

/* What the config is called in messages and where it is: relative to the bundle. */
static int config_path(struct oci *oci, const char *bundle, const char *config, const char **ret_path,
                       struct ward_err *err)
{
        *ret_path = *config == '/' ? config : arena_concat(&oci->arena, bundle, "/", config);
        return *ret_path == NULL ? err_oom(err) : 0;
}

static int read_config(const char *path, char **ret_text, size_t *ret_len, struct ward_err *err)
{
        int r = fd_read_file(AT_FDCWD, path, OCI_CONFIG_MAX, ret_text, ret_len, err);

        if (r == -ENOENT)
                (void)err_hint(err,
                               "name the directory of the bundle with --bundle, or make a config with: ward-oci spec");
        return r;
}

static bool is_relative_bind(const struct spec_mount *mount)
{
        return mount->bind && mount->source != NULL && *mount->source != '/';
}

/* A relative root, and the relative sources of binds, lie in the bundle (runtime-spec, config.md, "Root" and "Mounts"). */
static int join_paths(const char *bundle, struct ward_spec *spec, struct ward_err *err)
{
        struct spec_mount *mounts = NULL;

        for (size_t i = 0; i < spec->mount_count; i++) {
                if (!is_relative_bind(&spec->mounts[i]))
                        continue;
                if (mounts == NULL) {
                        mounts = arena_new(&spec->arena, struct spec_mount, spec->mount_count);
                        if (mounts == NULL)
                                return err_oom(err);
                        memcpy(mounts, spec->mounts, spec->mount_count * sizeof(*mounts));
                        spec->mounts = mounts;
                }
                mounts[i].source = arena_concat(&spec->arena, bundle, "/", mounts[i].source);
                if (mounts[i].source == NULL)
                        return err_oom(err);
        }
        if (spec->rootfs != NULL && *spec->rootfs != '/') {
                spec->rootfs = arena_concat(&spec->arena, bundle, "/", spec->rootfs);
                if (spec->rootfs == NULL)
                        return err_oom(err);
        }
        return 0;
}

/* Linux 5.16 gave up the limit of the kernel's own memory, which the limit of all memory counts as before; configs of old have it, and other runtimes
 * go on without. */
static int drop_kernel_memory(const struct oci *oci, struct spec_i64 *limit, struct ward_err *err)
{
        struct seccomp_context kernel;
        int r;

        if (!limit->given || limit->value <= 0)
                return 0;
        r = profile_context(0, &kernel, err);
        if (r < 0 || kernel.kernel_major < 5 || (kernel.kernel_major == 5 && kernel.kernel_minor < 16))
                return r;
        limit->given = false;
        oci_log(oci, OCI_LOG_WARNING, MISTAKE_NONE,
                "linux.resources.memory.kernel is ignored: Linux has no such limit since 5.16",
                "linux.resources.memory.limit counts that memory too");
        return 0;
}

/* A new user namespace without mappings has one user and one group, the caller's, as with crun: whom its process is to be. */
static int default_users(const struct oci *oci, struct ward_spec *spec, struct ward_err *err)
{
        struct spec_id_map *maps;

        if (spec->ns[SPEC_NS_USER].mode != SPEC_NS_NEW || spec->id_maps.uid_count + spec->id_maps.gid_count > 0)
                return 0;
        maps = arena_new(&spec->arena, struct spec_id_map, 2);
        if (maps == NULL)
                return err_oom(err);
        maps[0] = (struct spec_id_map){spec->process.uid, geteuid(), 1};
        maps[1] = (struct spec_id_map){spec->process.gid, getegid(), 1};
        spec->id_maps = (struct spec_id_maps){.uid = &maps[0], .gid = &maps[1], .uid_count = 1, .gid_count = 1};
        oci_log(oci, OCI_LOG_WARNING, MISTAKE_NONE, "the new user namespace has no id mappings: its user is the caller",
                "linux.uidMappings and linux.gidMappings give it users of its own");
        return 0;
}

void oci_warn_pids(const struct oci *oci, const struct spec_i64 *pids)
{
        if (pids->given && pids->value == 0)
                oci_log(oci, OCI_LOG_WARNING, MISTAKE_NONE, "with the limit 0 of processes the container can make none",
                        "-1 is no limit (linux.resources.pids.limit)");
}

/* What can't be in force is said: a capability that nobody knows, and the kernel makes ambient only what is permitted and inheritable
 * (capabilities(7)). The latter in one line, as buildah asks for all of its capabilities so at each step. */
int oci_warn_caps(const struct oci *oci, const struct spec_caps *caps, struct ward_err *err)
{
        uint64_t lost = caps->ambient & ~(caps->inheritable & caps->permitted);
        _cleanup_text_ struct text ambient = {0};

        if (caps->unknown != NULL) {
                const char *near = strchr(caps->unknown, ' ') == NULL ? cap_nearest(caps->unknown) : NULL;
                _cleanup_text_ struct text text = {0}, hint = {0};

                text_printf(&text, "unknown capabilities are ignored: %s", caps->unknown);
                text_printf(&hint, near != NULL ? "did you mean '%s'?" : "nobody gets them", near);
                if (text_failed(&text) || text_failed(&hint))
                        return err_oom(err);
                text_make_printable(text.data);
                oci_log(oci, OCI_LOG_WARNING, MISTAKE_NONE, text.data, hint.data);
        }
        for (int said = 0; lost != 0; lost &= lost - 1) {
                const char *name = cap_names[__builtin_ctzll(lost)];

                if (said++ == 0)
                        text_printf(&ambient,
                                    "can't raise ambient capability %s: it is not both permitted and inheritable",
                                    name);
                else
                        text_printf(&ambient, "%s%s", said == 2 ? "; nor is " : ", ", name);
        }
        if (text_failed(&ambient))
                return err_oom(err);
        if (ambient.len > 0)
                oci_log(oci, OCI_LOG_WARNING, MISTAKE_NONE, ambient.data, NULL);
        return 0;
}

/* Adds @more, which is NULL-terminated, to the environment of the process. */
static int add_environment(struct ward_spec *spec, const char *const *more, struct ward_err *err)
{
        size_t count = 0, added = 0;
        const char **envp;

        while (spec->process.envp[count] != NULL)
                count++;
        while (more[added] != NULL)
                added++;
        envp = arena_new(&spec->arena, const char *, count + added + 1);
        if (envp == NULL)
                return err_oom(err);
        memcpy(envp, spec->process.envp, count * sizeof(*envp));
        memcpy(envp + count, more, added * sizeof(*envp));
        spec->process.envp = envp;
        return 0;
}

/*
 * Sockets that systemd or conmon hands to this process are the container's (sd_listen_fds(3)): its program is told of them as the process 1 that
 * it is. They come first behind the standard descriptors, and those of --preserve-fds behind them. Those of another process are not meant.
 */
static int take_sockets(struct ward_spec *spec, struct engine_options *engine, struct ward_err *err)
{
        const char *count = getenv("LISTEN_FDS"), *owner = getenv("LISTEN_PID"), *names = getenv("LISTEN_FDNAMES");
        const char *more[4] = {NULL, "LISTEN_PID=1"};
        uint64_t sockets, pid;

        if (count == NULL || (owner != NULL && (number_parse(owner, INT_MAX, &pid) < 0 || pid != (uint64_t)getpid())))
                return 0;
        if (number_parse(count, ENGINE_PRESERVE_FDS_MAX - engine->preserve_fds, &sockets) < 0) {
                (void)err_set(err, -EINVAL, "LISTEN_FDS in the environment: '%s' is no number of descriptors", count);
                return err_hint(err, "take it out of the environment, or set it as sd_listen_fds(3) says");
        }
        if (sockets == 0)
                return 0;
        more[0] = arena_concat(&spec->arena, "LISTEN_FDS=", count);
        if (names != NULL)
                more[2] = arena_concat(&spec->arena, "LISTEN_FDNAMES=", names);
        if (more[0] == NULL || (names != NULL && more[2] == NULL))
                return err_oom(err);
        engine->preserve_fds += (unsigned)sockets;
        return add_environment(spec, more, err);
}

const char *oci_notify_socket(void)
{
        const char *path = getenv("NOTIFY_SOCKET");

        /* sd_notify(3) takes these two, and vsock addresses, which no container can be given. */
        return path != NULL && (*path == '/' || *path == '@') && path[1] != '\0' ? path : NULL;
}

int bundle_take_notify_socket(const struct oci *oci, struct bundle *bundle, struct ward_err *err)
{
        struct engine_options *engine = &bundle->engine;
        struct ward_spec *spec = &bundle->spec;
        const char *socket = oci_notify_socket(), *place = socket != NULL && *socket == '/' ? socket : "/run/notify";
        struct spec_mount *mounts;
        const char *more[2] = {NULL};

        if (socket == NULL)
                return 0;
        mounts = arena_new(&spec->arena, struct spec_mount, spec->mount_count + 1);
        more[0] = arena_concat(&spec->arena, "NOTIFY_SOCKET=", place, "/" STORE_READY);
        if (mounts == NULL || more[0] == NULL)
                return err_oom(err);
        if (spec->mount_count > 0)
                memcpy(mounts, spec->mounts, spec->mount_count * sizeof(*mounts));
        mounts[spec->mount_count] = (struct spec_mount){
                .destination = place,
                .source = arena_concat(&spec->arena, oci->store.path, "/", engine->id, "/" STORE_READY),
                .bind = true,
                .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
                .origin = {.field = "NOTIFY_SOCKET of the environment", .index = -1},
        };
        if (mounts[spec->mount_count].source == NULL)
                return err_oom(err);
        spec->mounts = mounts;
        spec->mount_count++;
        engine->notify_socket = socket;
        return add_environment(spec, more, err);
}

int bundle_load(struct oci *oci, const struct bundle_options *options, const char *id, struct bundle *ret_bundle,
                struct ward_err *err)
{
        const char *config = options->config == NULL ? "config.json" : options->config, *directory, *path;
        _cleanup_bundle_ struct bundle bundle = {0};
        size_t len;
        int r;

        r = store_id_check(id, err);
        if (r < 0)
                return r;
        r = path_absolute(options->bundle == NULL ? "." : options->bundle, &oci->arena, &directory, err);
        if (r < 0)
                return r;
        r = config_path(oci, directory, config, &path, err);
        if (r < 0)
                return r;
        r = read_config(path, &bundle.config, &len, err);
        if (r < 0)
                return r;
        r = oci_parse(bundle.config, len, config, &bundle.spec, err);
        if (r < 0)
                return r;
        r = default_users(oci, &bundle.spec, err);
        if (r >= 0)
                r = join_paths(directory, &bundle.spec, err);
        if (r < 0)
                return r;
        bundle.engine = (struct engine_options){
                .id = id,
                .bundle = directory,
                .config_text = bundle.config,
                .config_len = len,
                .program = "ward-oci",
                .pid_file = options->pid_file,
                .console_socket = options->console_socket,
                .pidfd_socket = options->pidfd_socket,
                .groups = oci->groups,
                .preserve_fds = (unsigned)options->preserve_fds,
                .make_cwd = true,
                .all_cpus = true,
                .spare_lost_caps = true,
                .no_pivot = options->no_pivot,
                .no_new_keyring = options->no_new_keyring,
                .trace = oci_trace(oci, false),
        };
        oci_warn_pids(oci, &bundle.spec.resources.pids);
        r = drop_kernel_memory(oci, &bundle.spec.resources.memory.kernel, err);
        if (r >= 0)
                r = oci_warn_caps(oci, &bundle.spec.process.caps, err);
        if (r >= 0)
                r = take_sockets(&bundle.spec, &bundle.engine, err);
        if (r < 0)
                return r;
        *ret_bundle = bundle;
        bundle = (struct bundle){0};
        return 0;
}

void bundle_done(struct bundle *bundle)
{
        spec_done(&bundle->spec);
        free(bundle->config);
        *bundle = (struct bundle){0};
}
