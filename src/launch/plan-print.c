/* SPDX-License-Identifier: Apache-2.0 */
/* The plan, shown: a line per op for a person, an object per op for a program. */
#include <linux/landlock.h>

#include "base/json.h"
#include "base/uapi.h"
#include "kern/seccomp.h"
#include "launch/describe.h"
#include "launch/plan.h"
#include "model/landlock.h"

#define PLAN_FORMAT_VERSION 1

static const char *const message_names[] = {
        [MESSAGE_MAPPED] = "mapped",           [MESSAGE_CGROUPS] = "cgroups",     [MESSAGE_HOOKS_DONE] = "hooks-done",
        [MESSAGE_NET_DEVICES] = "net-devices", [MESSAGE_SCHEDULED] = "scheduled", [MESSAGE_START] = "start",
        [MESSAGE_MOUNTS_SEEN] = "mounts-seen"};

static void print_attributes(const struct op_bind *bind, struct text *text)
{
        if ((bind->attr_set | bind->attr_clear) != 0)
                text_printf(text, ", attributes +%#llx -%#llx", (unsigned long long)bind->attr_set,
                            (unsigned long long)bind->attr_clear);
        if ((bind->rattr_set | bind->rattr_clear) != 0)
                text_printf(text, ", recursively +%#llx -%#llx", (unsigned long long)bind->rattr_set,
                            (unsigned long long)bind->rattr_clear);
        if (bind->propagation_before != 0)
                text_printf(text, ", propagation %#llx%s first", (unsigned long long)bind->propagation_before,
                            bind->recursive_before ? " recursively" : "");
        if (bind->propagation != 0)
                text_printf(text, ", propagation %#llx%s", (unsigned long long)bind->propagation,
                            bind->recursive_propagation ? " recursively" : "");
}

static void print_mount(const struct op_mount *mount, struct text *text)
{
        text_printf(text, ", attributes %#llx%s", (unsigned long long)mount->attr,
                    mount->superblock_readonly ? ", ro" : "");
        for (uint32_t i = 0; i < mount->parameter_count; i++)
                text_printf(text, ", %s%s%s", mount->parameters[i].key, mount->parameters[i].value != NULL ? "=" : "",
                            mount->parameters[i].value != NULL ? mount->parameters[i].value : "");
        if (mount->copy_up)
                text_puts(text, ", with a copy of what it covers");
        for (const char *const *name = mount->directories; name != NULL && *name != NULL; name++)
                text_printf(text, "%s %s", name == mount->directories ? ", directories" : "", *name);
}

static void print_dev(const struct op_dev *dev, struct text *text)
{
        text_puts(text, ":");
        for (uint32_t i = 0; i < dev->node_count; i++)
                text_printf(text, " %s", dev->nodes[i].name);
        for (uint32_t i = 0; i < dev->link_count; i++)
                text_printf(text, " %s@", dev->links[i].name);
}

static void print_scheduler(const struct op_scheduler *scheduler, struct text *text)
{
        text_printf(text, ": nice %d, priority %u, flags %#llx", scheduler->nice, scheduler->priority,
                    (unsigned long long)scheduler->flags);
        if (scheduler->deadline_nsec != 0)
                text_printf(text, ", %llu ns of %llu before %llu", (unsigned long long)scheduler->runtime_nsec,
                            (unsigned long long)scheduler->period_nsec, (unsigned long long)scheduler->deadline_nsec);
        text_puts(text, scheduler->by_parent ? ", by the parent" : "");
}

/* The rules as words: "ro:/usr", "tcp-connect:443". */
static void print_ruleset(const struct op_ruleset *rules, struct text *text)
{
        const struct landlock_fit fit = {.fs = rules->fs, .net = rules->net, .scope = rules->scope};

        text_puts(text, ": refuse ");
        landlock_kinds(&fit, text);
        for (uint32_t i = 0; i < rules->path_count; i++) {
                text_puts(text, i == 0 ? " but " : " ");
                landlock_rights_print(rules->paths[i].rights, text);
                text_printf(text, ":%s", rules->paths[i].path);
        }
        for (uint32_t i = 0; i < rules->port_count; i++)
                text_printf(text, "%s%s:%u", i + rules->path_count == 0 ? " but " : " ",
                            rules->ports[i].rights == LANDLOCK_ACCESS_NET_BIND_TCP ? "tcp-bind" : "tcp-connect",
                            rules->ports[i].port);
}

static void print_filter(const struct plan *plan, const struct op_seccomp *filter, struct text *text)
{
        if (filter->flags != 0)
                text_puts(text, ": ");
        seccomp_flags_print(filter->flags, text);
        if (filter->agent_slot != SLOT_NONE)
                text_printf(text, ", its listener goes to '%s'", plan->slots[filter->agent_slot].path);
}

/* The sentence of a failure, and the figures that a person who checks a plan wants beside it. */
static void print_what(const struct plan *plan, const struct op *op, struct text *text)
{
        op_describe(plan, op, text);
        switch (op->type) {
        case OP_WAIT:
                text_printf(text, ": wait for '%s'", message_names[op->number]);
                break;
        case OP_REPORT:
                text_printf(text, ": report '%s'", phase_name((enum phase)op->number));
                break;
        case OP_JOIN_CGROUPS:
                for (uint32_t i = 0; i < op->cgroups.count; i++)
                        text_printf(text, " %s/%s", plan->slots[op->cgroups.slots[i]].path,
                                    plan->slots[op->cgroups.slots[i]].file);
                break;
        case OP_ROOT:
                text_printf(text, ": %s%s", plan->slots[op->slot].path == NULL ? "given" : plan->slots[op->slot].path,
                            plan->slots[op->slot].idmap ? ", id-mapped" : "");
                break;
        case OP_MOUNT:
        case OP_MAKE:
                print_mount(&op->mount, text);
                break;
        case OP_BIND:
        case OP_ADD:
                if (op->bind.slot != SLOT_NONE && plan->slots[op->bind.slot].idmap)
                        text_puts(text, ", id-mapped");
                print_attributes(&op->bind, text);
                break;
        case OP_REMOUNT:
        case OP_ROOT_ATTR:
                print_attributes(&op->bind, text);
                break;
        case OP_DEV:
                print_dev(&op->dev, text);
                break;
        case OP_LINK:
                text_printf(text, ": %s -> %s", op->link.link.name, op->link.link.target);
                break;
        case OP_CAPS:
                text_printf(text, ": effective %#llx, permitted %#llx, inheritable %#llx",
                            (unsigned long long)op->caps.effective, (unsigned long long)op->caps.permitted,
                            (unsigned long long)op->caps.inheritable);
                break;
        case OP_CLONE:
        case OP_BOUNDING:
        case OP_AMBIENT:
        case OP_PROPAGATION:
        case OP_PERSONALITY:
                text_printf(text, ": %#llx", (unsigned long long)op->number);
                break;
        case OP_MEMORY_POLICY:
                text_printf(text, ": flags %#x", op->memory_policy.flags);
                break;
        case OP_SCHEDULER:
                print_scheduler(&op->scheduler, text);
                break;
        case OP_IO_PRIORITY:
                text_puts(text, op->io_priority.by_parent ? ", by the parent" : "");
                break;
        case OP_UMASK:
                text_printf(text, ": %#llo", (unsigned long long)op->number);
                break;
        case OP_CLOSE_FDS:
                text_printf(text, ": %llu", (unsigned long long)op->number);
                break;
        case OP_RULESET:
                print_ruleset(&op->ruleset, text);
                break;
        case OP_RESTRICT:
                if (op->restrict_self.flags != 0)
                        text_printf(text, ": flags %#x", op->restrict_self.flags);
                break;
        case OP_SECCOMP:
                print_filter(plan, &op->seccomp, text);
                break;
        case OP_PIVOT:
                text_puts(text, op->number != 0 ? " by pivot_root" : " by chroot");
                break;
        default:
                break;
        }
}

static void print_table(const struct plan *plan, struct text *text)
{
        text_printf(text, "clone flags %#llx%s\n", (unsigned long long)plan->clone_flags,
                    plan->clone_into_cgroup ? ", into the v2 group" : "");
        text_printf(text, "%4s  %-16s %-60s %s\n", "", "OPERATION", "ON", "ASKED FOR BY");
        for (uint32_t i = 0; i < plan->op_count; i++) {
                _cleanup_text_ struct text details = {0};
                char where[256];

                print_what(plan, &plan->ops[i], &details);
                text_printf(text, "%4u  %-16s %-60s %s\n", i, op_name(plan->ops[i].type),
                            details.data == NULL ? "" : details.data,
                            plan->ops[i].origin.field == NULL
                                    ? "ward"
                                    : spec_origin_text(&plan->ops[i].origin, plan->file, where, sizeof(where)));
        }
}

static void print_json(const struct plan *plan, struct text *text)
{
        text_printf(text, "{\"formatVersion\":%d,\"cloneFlags\":%llu,\"cloneIntoCgroup\":%s,\"ops\":[",
                    PLAN_FORMAT_VERSION, (unsigned long long)plan->clone_flags,
                    plan->clone_into_cgroup ? "true" : "false");
        for (uint32_t i = 0; i < plan->op_count; i++) {
                const struct op *op = &plan->ops[i];
                _cleanup_text_ struct text details = {0};

                print_what(plan, op, &details);
                text_printf(text, "%s{\"op\":\"%s\",\"on\":", i > 0 ? "," : "", op_name(op->type));
                json_write_string(text, details.data == NULL ? "" : details.data);
                if (op->origin.field != NULL) {
                        text_puts(text, ",\"field\":");
                        json_write_string(text, op->origin.field);
                        if (op->origin.index >= 0)
                                text_printf(text, ",\"index\":%d", op->origin.index);
                        if (op->origin.line > 0)
                                text_printf(text, ",\"line\":%u", op->origin.line);
                }
                text_puts(text, "}");
        }
        text_puts(text, "]}\n");
}

void plan_print(const struct plan *plan, bool json, struct text *text)
{
        if (json)
                print_json(plan, text);
        else
                print_table(plan, text);
}
