/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle: see bundle.h. */
#include "oci/bundle.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"
#include "model/oci.h"

/* What the config is called in messages and where it is: relative to the bundle. */
static int config_path(struct oci *oci, const char *bundle, const char *config, const char **ret_path,
                       struct ward_err *err)
{
        *ret_path = *config == '/' ? config : arena_printf(&oci->arena, "%s/%s", bundle, config);
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

/* A relative root lies in the bundle (runtime-spec, config.md, "Root"). */
static int root_path(const char *bundle, struct ward_spec *spec, struct ward_err *err)
{
        if (spec->rootfs == NULL || *spec->rootfs == '/')
                return 0;
        spec->rootfs = arena_printf(&spec->arena, "%s/%s", bundle, spec->rootfs);
        return spec->rootfs == NULL ? err_oom(err) : 0;
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
        r = oci_absolute_path(options->bundle == NULL ? "." : options->bundle, &oci->arena, &directory, err);
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
        r = root_path(directory, &bundle.spec, err);
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
