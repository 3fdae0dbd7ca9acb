/* SPDX-License-Identifier: Apache-2.0 */
/* Appending to a plan; see plan-build.h. */
#include "launch/plan-build.h"

#include <errno.h>
#include <string.h>

struct op *plan_add(struct plan *plan, enum op_type type, const struct spec_origin *origin)
{
        struct op *op;

        if (plan->op_count == plan->op_room) {
                uint32_t room = plan->op_room == 0 ? 128 : plan->op_room * 2;
                struct op *ops = arena_new(&plan->arena, struct op, room);

                if (ops == NULL)
                        return NULL;
                if (plan->op_count > 0)
                        memcpy(ops, plan->ops, plan->op_count * sizeof(*ops));
                plan->ops = ops;
                plan->op_room = room;
        }
        op = &plan->ops[plan->op_count++];
        op->type = type;
        if (origin != NULL)
                op->origin = *origin;
        return op;
}

int plan_slot(struct plan *plan, const struct slot *slot)
{
        if (plan->slot_count == PLAN_SLOTS_MAX)
                return -ENOMEM;
        plan->slots[plan->slot_count] = *slot;
        return (int)plan->slot_count++;
}

const char *plan_inside(struct plan *plan, const char *path)
{
        char *clean = arena_new(&plan->arena, char, strlen(path) + 1);
        size_t at = 0;

        if (clean == NULL)
                return NULL;
        while (*path != '\0') {
                size_t len = strcspn(path, "/");

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
        plan->ops = NULL;
        plan->op_count = plan->op_room = plan->slot_count = 0;
}
