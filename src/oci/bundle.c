/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle: see bundle.h. */
#include "oci/bundle.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/path.h"
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
        struct spec_mount *mounts = arena_new(&spec->arena, struct spec_mount, spec->mount_count + 1);

        if (mounts == NULL)
                return err_oom(err);
        for (size_t i = 0; i < spec->mount_count; i++) {
                mounts[i] = spec->mounts[i];
                if (!is_relative_bind(&mounts[i]))
                        continue;
                mounts[i].source = arena_concat(&spec->arena, bundle, "/", mounts[i].source);
                if (mounts[i].source == NULL)
                        return err_oom(err);
        }
        spec->mounts = mounts;
        if (spec->rootfs != NULL && *spec->rootfs != '/') {
                spec->rootfs = arena_concat(&spec->arena, bundle, "/", spec->rootfs);
                if (spec->rootfs == NULL)
                        return err_oom(err);
        }
        return 0;
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
                .no_pivot = options->no_pivot,
                .no_new_keyring = options->no_new_keyring,
                .trace = oci->trace ? stderr : NULL,
        };
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
