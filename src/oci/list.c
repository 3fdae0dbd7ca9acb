/* SPDX-License-Identifier: Apache-2.0 */
/* ward-oci list: the containers of the state root. */
#include <string.h>

#include "oci/oci.h"

enum { TABLE, JSON };
static const char *const formats[] = {"table", "json", NULL};

struct list {
        unsigned format;
        bool quiet;
};

static void add_json(struct text *text, const struct engine_info *infos, size_t count)
{
        text_puts(text, "[");
        for (size_t i = 0; i < count; i++) {
                text_puts(text, i == 0 ? "" : ",");
                oci_add_state(text, &infos[i], NULL, false);
        }
        text_puts(text, "]\n");
}

static int add_table(struct text *text, const struct engine_info *infos, size_t count, struct arena *arena)
{
        int id_width = 12, bundle_width = 12;

        for (size_t i = 0; i < count; i++) {
                int id = (int)strlen(infos[i].state.id);
                int bundle = infos[i].state.bundle == NULL ? 0 : (int)strlen(infos[i].state.bundle);

                id_width = id + 3 > id_width ? id + 3 : id_width;
                bundle_width = bundle + 3 > bundle_width ? bundle + 3 : bundle_width;
        }
        text_printf(text, "%-*s%-12s%-12s%-*s%-30s%s\n", id_width, "ID", "PID", "STATUS", bundle_width, "BUNDLE",
                    "CREATED", "OWNER");
        for (size_t i = 0; i < count; i++) {
                const struct engine_info *info = &infos[i];
                const char *owner = oci_user_name(info->state.owner, arena);

                if (owner == NULL)
                        return -ENOMEM;
                text_printf(text, "%-*s%-12d%-12s%-*s", id_width, info->state.id, info->pid,
                            engine_status_names[info->status], bundle_width,
                            info->state.bundle == NULL ? "" : info->state.bundle);
                oci_add_time(text, info->state.created_usec);
                text_printf(text, "   %s\n", owner);
        }
        return 0;
}

static int list(struct oci *oci, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct list *o = options;
        _cleanup_text_ struct text text = {0};
        struct engine_info *infos;
        size_t info_count;
        int r = engine_list(&oci->store, &oci->arena, &infos, &info_count, err);

        if (r < 0)
                return r;
        for (size_t i = 0; i < info_count; i++)
                if (infos[i].damage != NULL)
                        oci_warn_damage(oci, &infos[i]);
        if (o->quiet)
                for (size_t i = 0; i < info_count; i++)
                        text_printf(&text, "%s\n", infos[i].state.id);
        else if (o->format == JSON)
                add_json(&text, infos, info_count);
        else if (add_table(&text, infos, info_count, &oci->arena) < 0)
                return err_oom(err);
        return oci_print(&text, err);
}

static const struct option_entry entries[] = {
        {.name = "format",
         .letter = 'f',
         .arg = "table|json",
         .help = "how to print it (default: table)",
         OPTION_WORD(struct list, format, formats)},
        {.name = "quiet", .letter = 'q', .help = "print only the ids", OPTION_FLAG(struct list, quiet)},
};

const struct oci_verb oci_list = {
        .name = "list",
        .command =
                {
                        .name = "ward-oci list",
                        .operands = "[OPTIONS]",
                        .summary = "List the containers below --root.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct list),
        .needs_store = true,
        .run = list,
};
