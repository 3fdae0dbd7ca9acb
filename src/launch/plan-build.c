/* SPDX-License-Identifier: Apache-2.0 */
/* Appending to a plan; see plan-build.h. */
#include "launch/plan-build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for one element more. Most plans fit into the first room: every page that a start touches counts against the memory limit of a
 * small container. So nothing is touched before it is used, either. */
static int grow(void *list_pointer, uint32_t *room, uint32_t first_room, uint32_t count, size_t size)
{
        uint32_t wanted = *room == 0 ? first_room : *room * 2;
        void *larger;

        if (count < *room)
                return 0;
        larger = realloc(*(void **)list_pointer, wanted * size);
        if (larger == NULL)
                return -ENOMEM;
        *(void **)list_pointer = larger;
        *room = wanted;
        return 0;
}

struct op *plan_add(struct plan *plan, enum op_type type, const struct spec_origin *origin)
{
        struct op *op;

        if (grow(&plan->ops, &plan->op_room, 64, plan->op_count, sizeof(*op)) < 0)
                return NULL;
        op = &plan->ops[plan->op_count++];
        *op = (struct op){.type = type};
        plan->has[type] = true;
        if (origin != NULL)
                op->origin = *origin;
        return op;
}

int plan_slot(struct plan *plan, const struct slot *slot)
{
        if (plan->slot_count == PLAN_SLOTS_MAX || (slot->late != 0 && plan->late_count++ == PLAN_LATE_MAX) ||
            grow(&plan->slots, &plan->slot_room, 16, plan->slot_count, sizeof(*slot)) < 0)
                return -ENOMEM;
        plan->slots[plan->slot_count] = *slot;
        return (int)plan->slot_count++;
}

void plan_map_tree(const struct ward_spec *spec, const struct spec_id_maps *maps, bool recursive, struct slot *slot)
{
        bool new_namespace = spec->ns[SPEC_NS_USER].mode == SPEC_NS_NEW;

        slot->idmap = true;
        slot->idmap_recursive = recursive;
        slot->late = new_namespace ? MESSAGE_MAPPED : 0;
        slot->maps = maps == NULL && !new_namespace ? &spec->id_maps : maps;
        if (maps == NULL && spec->ns[SPEC_NS_USER].mode == SPEC_NS_JOIN && spec->id_maps.uid_count == 0)
                slot->joined = spec->ns[SPEC_NS_USER].path;
}

/* Whether nothing has to be left out but the first slash: every component has a slash in front, and begins with no dot. */
static bool is_clean(const char *path)
{
        if (*path != '/')
                return false;
        do
                if (*path == '/' && (path[1] == '/' || path[1] == '.' || path[1] == '\0'))
                        return false;
        while (*++path != '\0');
        return true;
}

const char *plan_inside(struct plan *plan, const char *path)
{
        char *clean;
        size_t at = 0;

        if (is_clean(path))
                return path + 1;
        clean = arena_new(&plan->arena, char, strlen(path) + 1);
        if (clean == NULL)
                return NULL;
        while (*path != '\0') {
                size_t len = 0;

                while (path[len] != '/' && path[len] != '\0')
                        len++;
                if (len == 2 && memcmp(path, "..", 2) == 0) {
                        while (at > 0 && clean[--at] != '/')
                                ;
                } else if (len > 0 && !(len == 1 && *path == '.')) {
                        if (at > 0)
                                clean[at++] = '/';
                        memcpy(clean + at, path, len);
                        at += len;
                }
                path += len + (path[len] == '/');
        }
        clean[at] = '\0';
        return clean;
}

int plan_add_number(struct plan *plan, enum op_type type, uint64_t number, const struct spec_origin *origin)
{
        struct op *op = plan_add(plan, type, origin);

        if (op == NULL)
                return -ENOMEM;
        op->number = number;
        return 0;
}

int plan_add_text(struct plan *plan, enum op_type type, const char *text, const struct spec_origin *origin)
{
        struct op *op = plan_add(plan, type, origin);

        if (op == NULL)
                return -ENOMEM;
        op->text.string = text;
        op->text.len = (uint32_t)strlen(text);
        return 0;
}

void plan_done(struct plan *plan)
{
        arena_done(&plan->arena);
        free(plan->ops);
        free(plan->slots);
        plan->ops = NULL;
        plan->slots = NULL;
        plan->op_count = plan->op_room = plan->slot_count = plan->slot_room = plan->late_count = 0;
}
