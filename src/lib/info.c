/* SPDX-License-Identifier: Apache-2.0 */
/* Asking: what is known of containers. */
#include <stdlib.h>
#include <string.h>

#include "lib/lib.h"

struct ward_info {
        struct arena arena; /* empty in a list, whose own arena has everything */
        struct engine_info info;
};

struct ward_list {
        struct arena arena;
        size_t count;
        struct ward_info *items;
};

_Static_assert((int)WARD_CREATING == (int)ENGINE_CREATING && (int)WARD_CREATED == (int)ENGINE_CREATED &&
                       (int)WARD_RUNNING == (int)ENGINE_RUNNING && (int)WARD_PAUSED == (int)ENGINE_PAUSED &&
                       (int)WARD_STOPPED == (int)ENGINE_STOPPED,
               "enum ward_status is enum engine_status");

const char *ward_status_name(enum ward_status status)
{
        return (unsigned)status <= WARD_STOPPED ? engine_status_names[status] : NULL;
}

void ward_info_free(struct ward_info *info)
{
        if (info == NULL)
                return;
        arena_done(&info->arena);
        free(info);
}

static int ask_state(struct ward *ward, const char *id, struct ward_info **ret_info, struct ward_err *err)
{
        struct ward_info *info = calloc(1, sizeof(*info));
        int r;

        if (info == NULL)
                return err_oom(err);
        r = engine_info(&ward->store, id, &info->arena, &info->info, err);
        if (r < 0) {
                ward_info_free(info);
                return r;
        }
        *ret_info = info;
        return 0;
}

int ward_state(struct ward *ward, const char *id, struct ward_info **ret_info, struct ward_err *err)
{
        struct ward_err own = {0};

        return lib_end(ask_state(ward, id, ret_info, &own), &own, err);
}

void ward_list_free(struct ward_list *list)
{
        if (list == NULL)
                return;
        arena_done(&list->arena);
        free(list);
}

static int list_containers(struct ward *ward, struct ward_list **ret_list, struct ward_err *err)
{
        struct ward_list *list = calloc(1, sizeof(*list));
        struct engine_info *infos = NULL;
        int r;

        if (list == NULL)
                return err_oom(err);
        r = engine_list(&ward->store, &list->arena, &infos, &list->count, err);
        if (r >= 0) {
                list->items = arena_new(&list->arena, struct ward_info, list->count + 1);
                r = list->items == NULL ? err_oom(err) : 0;
        }
        if (r < 0) {
                ward_list_free(list);
                return r;
        }
        for (size_t i = 0; i < list->count; i++)
                list->items[i].info = infos[i];
        *ret_list = list;
        return 0;
}

int ward_list(struct ward *ward, struct ward_list **ret_list, struct ward_err *err)
{
        struct ward_err own = {0};

        return lib_end(list_containers(ward, ret_list, &own), &own, err);
}

size_t ward_list_count(const struct ward_list *list)
{
        return list->count;
}

const struct ward_info *ward_list_at(const struct ward_list *list, size_t index)
{
        return &list->items[index];
}

const char *ward_info_id(const struct ward_info *info)
{
        return info->info.state.id;
}

enum ward_status ward_info_status(const struct ward_info *info)
{
        return (enum ward_status)info->info.status;
}

pid_t ward_info_pid(const struct ward_info *info)
{
        return info->info.pid;
}

const char *ward_info_bundle(const struct ward_info *info)
{
        return info->info.state.bundle;
}

const char *ward_info_rootfs(const struct ward_info *info)
{
        return info->info.state.rootfs;
}

const char *ward_info_command(const struct ward_info *info)
{
        return info->info.state.command;
}

uint64_t ward_info_created_usec(const struct ward_info *info)
{
        return info->info.state.created_usec;
}

uid_t ward_info_owner(const struct ward_info *info)
{
        return info->info.state.owner;
}

const char *ward_info_annotation(const struct ward_info *info, const char *key)
{
        const char *const *pair = info->info.state.annotations;

        for (; pair != NULL && pair[0] != NULL; pair += 2)
                if (strcmp(pair[0], key) == 0)
                        return pair[1];
        return NULL;
}

int ward_pids(struct ward *ward, const char *id, pid_t **ret_pids, size_t *ret_count, struct ward_err *err)
{
        struct ward_err own = {0};

        return lib_end(engine_pids(&ward->store, id, ret_pids, ret_count, &own), &own, err);
}
