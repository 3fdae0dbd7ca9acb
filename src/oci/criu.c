/* SPDX-License-Identifier: Apache-2.0 */
/* The options that are CRIU's; see criu.h. */
#include "oci/criu.h"

#include <string.h>

#include "base/path.h"

int criu_read_cgroups(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        static const struct {
                const char *word;
                enum engine_criu_cgroups mode;
        } words[] = {
                {"soft", ENGINE_CGROUPS_SOFT},
                {"full", ENGINE_CGROUPS_FULL},
                {"strict", ENGINE_CGROUPS_STRICT},
                {"ignore", ENGINE_CGROUPS_IGNORE},
        };
        struct criu_options *options = target;

        for (size_t i = 0; i < ELEMENTS(words); i++)
                if (strcmp(value, words[i].word) == 0) {
                        options->cgroups = words[i].mode;
                        options->cgroups_given = true;
                        return 0;
                }
        (void)err_set(err, -EINVAL, "'%s' is not one of: soft, full, strict, ignore", value);
        return err_mistake(err, MISTAKE_WORD);
}

/* Of all namespaces CRIU can leave this one empty alone. */
int criu_read_empty(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        if (strcmp(value, "network") == 0)
                return 0;
        (void)err_set(err, -EINVAL, "'%s' is not a namespace that can be left empty: network is", value);
        return err_mistake(err, MISTAKE_WORD);
}

int criu_translate(struct oci *oci, const struct criu_options *options, struct engine_criu_options *ret_options,
                   struct ward_err *err)
{
        struct engine_criu_options translated = {
                .cgroups = options->cgroups_given ? options->cgroups : ENGINE_CGROUPS_DEFAULT,
                .tcp_established = options->tcp_established,
                .ext_unix_sk = options->ext_unix_sk,
                .shell_job = options->shell_job,
                .file_locks = options->file_locks,
                .auto_dedup = options->auto_dedup,
                .lazy_pages = options->lazy_pages,
        };
        int r = path_absolute(options->image_path == NULL ? "checkpoint" : options->image_path, &oci->arena,
                              &translated.images, err);

        if (r >= 0 && options->work_path != NULL)
                r = path_absolute(options->work_path, &oci->arena, &translated.work, err);
        if (r >= 0)
                *ret_options = translated;
        return r;
}
