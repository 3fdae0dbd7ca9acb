/* SPDX-License-Identifier: Apache-2.0 */
/* The options that are CRIU's; see criu.h. */
#include "oci/criu.h"

#include <string.h>

#include "base/path.h"

struct word {
        const char *word;
        unsigned value;
};

/* The words stand in the error in their order. */
static int read_word(const struct word *words, size_t count, const char *value, unsigned *ret_value,
                     struct ward_err *err)
{
        _cleanup_text_ struct text list = {0};

        for (size_t i = 0; i < count; i++) {
                if (strcmp(value, words[i].word) == 0) {
                        *ret_value = words[i].value;
                        return 0;
                }
                text_printf(&list, "%s%s", i == 0 ? "" : ", ", words[i].word);
        }
        if (text_failed(&list))
                return err_oom(err);
        (void)err_set(err, -EINVAL, "'%s' is not one of: %s", value, list.data);
        return err_mistake(err, MISTAKE_WORD);
}

int criu_read_cgroups(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        static const struct word words[] = {
                {"soft", ENGINE_CGROUPS_SOFT},
                {"full", ENGINE_CGROUPS_FULL},
                {"strict", ENGINE_CGROUPS_STRICT},
                {"ignore", ENGINE_CGROUPS_IGNORE},
        };
        struct criu_options *options = target;
        int r = read_word(words, ELEMENTS(words), value, &options->cgroups, err);

        options->cgroups_given |= r >= 0;
        return r;
}

int criu_read_lock(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        static const struct word words[] = {
                {"iptables", ENGINE_LOCK_IPTABLES},
                {"nftables", ENGINE_LOCK_NFTABLES},
                {"skip", ENGINE_LOCK_SKIP},
        };
        struct criu_options *options = target;

        return read_word(words, ELEMENTS(words), value, &options->lock, err);
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
                .lock = options->lock,
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
