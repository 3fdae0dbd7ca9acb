/* SPDX-License-Identifier: Apache-2.0 */
/* The plan, shown: a line per op for a person, an object per op for a program. */
#include <string.h>

#include "base/json.h"
#include "launch/launch.h"
#include "launch/plan.h"

#define PLAN_FORMAT_VERSION 1

static const char *const op_names[OP_TYPE_COUNT] = {
        [OP_SETNS] = "setns",
        [OP_UNSHARE] = "unshare",
        [OP_CLONE] = "clone",
        [OP_BECOME_ROOT] = "become-root",
        [OP_TIME_OFFSETS] = "time-offsets",
        [OP_LOOPBACK_UP] = "loopback-up",
        [OP_HOSTNAME] = "hostname",
        [OP_DOMAINNAME] = "domainname",
        [OP_SYSCTL] = "sysctl",
        [OP_KEYRING] = "keyring",
        [OP_WAIT] = "wait",
        [OP_REPORT] = "report",
        [OP_WAIT_START] = "wait-start",
        [OP_JOIN_CGROUPS] = "join-cgroups",
        [OP_HOOKS] = "hooks",
        [OP_PROPAGATION] = "propagation",
        [OP_ROOT] = "root",
        [OP_MOUNT] = "mount",
        [OP_BIND] = "bind",
        [OP_REMOUNT] = "remount",
        [OP_DEV] = "dev",
        [OP_MASK] = "mask",
        [OP_READONLY] = "readonly",
        [OP_ROOT_ATTR] = "root-attributes",
        [OP_PIVOT] = "pivot",
        [OP_TERMINAL] = "terminal",
        [OP_SETSID] = "setsid",
        [OP_STDIO_OWNER] = "stdio-owner",
        [OP_PERSONALITY] = "personality",
        [OP_RLIMIT] = "rlimit",
        [OP_LSM] = "lsm",
        [OP_BOUNDING] = "bounding",
        [OP_IDS] = "ids",
        [OP_CAPS] = "caps",
        [OP_AMBIENT] = "ambient",
        [OP_NO_NEW_PRIVS] = "no-new-privs",
        [OP_UMASK] = "umask",
        [OP_CHDIR] = "chdir",
        [OP_FIND_EXEC] = "find-exec",
        [OP_CLOSE_FDS] = "close-fds",
        [OP_SECCOMP] = "seccomp",
        [OP_EXEC] = "exec",
};

static const char *const message_names[] = {[MESSAGE_MAPPED] = "mapped",
                                            [MESSAGE_CGROUPS] = "cgroups",
                                            [MESSAGE_HOOKS_DONE] = "hooks-done",
                                            [MESSAGE_START] = "start"};

static void print_bind(const struct plan *plan, const struct op_bind *bind, struct text *text)
{
        if (bind->slot != SLOT_NONE)
                text_printf(text, "'%s' on ",
                            plan->slots[bind->slot].path == NULL ? "given" : plan->slots[bind->slot].path);
        else if (bind->host_path != NULL)
                text_printf(text, "'%s' on ", bind->host_path);
        text_printf(text, "'/%s'", bind->target);
        if ((bind->attr_set | bind->attr_clear) != 0)
                text_printf(text, " attributes +%#llx -%#llx", (unsigned long long)bind->attr_set,
                            (unsigned long long)bind->attr_clear);
        if ((bind->rattr_set | bind->rattr_clear) != 0)
                text_printf(text, " recursively +%#llx -%#llx", (unsigned long long)bind->rattr_set,
                            (unsigned long long)bind->rattr_clear);
        if (bind->propagation != 0)
                text_printf(text, " propagation %#llx%s", (unsigned long long)bind->propagation,
                            bind->recursive_propagation ? " recursively" : "");
}

static void print_mount(const struct op_mount *mount, struct text *text)
{
        text_printf(text, "%s on '/%s' attributes %#llx", mount->type, mount->target, (unsigned long long)mount->attr);
        if (mount->superblock_readonly)
                text_puts(text, " ro");
        for (uint32_t i = 0; i < mount->parameter_count; i++)
                text_printf(text, " %s%s%s", mount->parameters[i].key, mount->parameters[i].value != NULL ? "=" : "",
                            mount->parameters[i].value != NULL ? mount->parameters[i].value : "");
        if (mount->copy_up)
                text_puts(text, " copy-up");
}

/* What the op works on, in one line. */
static void print_details(const struct plan *plan, const struct op *op, struct text *text)
{
        switch (op->type) {
        case OP_SETNS:
                text_printf(text, "%s", plan->slots[op->ns.slot].path);
                break;
        case OP_ROOT:
                text_printf(text, "%s", plan->slots[op->slot].path == NULL ? "given" : plan->slots[op->slot].path);
                break;
        case OP_TIME_OFFSETS:
        case OP_HOSTNAME:
        case OP_DOMAINNAME:
        case OP_CHDIR:
                text_printf(text, "'%.*s'", (int)strcspn(op->text.string, "\n"), op->text.string);
                break;
        case OP_SYSCTL:
                text_printf(text, "%s = '%s'", op->sysctl.path, op->sysctl.value);
                break;
        case OP_WAIT:
                text_puts(text, message_names[op->number]);
                break;
        case OP_REPORT:
                text_puts(text, phase_name((enum phase)op->number));
                break;
        case OP_JOIN_CGROUPS:
                for (uint32_t i = 0; i < op->cgroups.count; i++)
                        text_printf(text, "%s%s/%s", i > 0 ? " " : "", plan->slots[op->cgroups.slots[i]].path,
                                    plan->slots[op->cgroups.slots[i]].file);
                break;
        case OP_MOUNT:
                print_mount(&op->mount, text);
                break;
        case OP_BIND:
        case OP_REMOUNT:
        case OP_ROOT_ATTR:
                print_bind(plan, &op->bind, text);
                break;
        case OP_DEV:
                text_printf(text, "/%s:", op->dev.directory);
                for (uint32_t i = 0; i < op->dev.node_count; i++)
                        text_printf(text, " %s", op->dev.nodes[i].name);
                for (uint32_t i = 0; i < op->dev.link_count; i++)
                        text_printf(text, " %s@", op->dev.links[i].name);
                break;
        case OP_MASK:
        case OP_READONLY:
                text_printf(text, "'/%s'", op->path);
                break;
        case OP_RLIMIT:
                text_printf(text, "%d soft %llu hard %llu", op->rlimit.resource, (unsigned long long)op->rlimit.soft,
                            (unsigned long long)op->rlimit.hard);
                break;
        case OP_LSM:
                text_printf(text, "%s '%s'", op->lsm.file, op->lsm.label);
                break;
        case OP_IDS:
                text_printf(text, "uid %u gid %u, %u groups", op->ids.uid, op->ids.gid, op->ids.group_count);
                break;
        case OP_CAPS:
                text_printf(text, "effective %#llx permitted %#llx inheritable %#llx",
                            (unsigned long long)op->caps.effective, (unsigned long long)op->caps.permitted,
                            (unsigned long long)op->caps.inheritable);
                break;
        case OP_UMASK:
                text_printf(text, "%#llo", (unsigned long long)op->number);
                break;
        case OP_CLONE:
        case OP_UNSHARE:
        case OP_BOUNDING:
        case OP_AMBIENT:
        case OP_PROPAGATION:
                text_printf(text, "%#llx", (unsigned long long)op->number);
                break;
        case OP_PIVOT:
                text_puts(text, op->number != 0 ? "pivot_root" : "chroot");
                break;
        case OP_CLOSE_FDS:
        case OP_STDIO_OWNER:
        case OP_PERSONALITY:
                text_printf(text, "%llu", (unsigned long long)op->number);
                break;
        case OP_HOOKS:
                for (uint32_t i = 0; i < op->hooks.count; i++)
                        text_printf(text, "%s%s", i > 0 ? " " : "", op->hooks.hooks[i].path);
                break;
        case OP_TERMINAL:
                text_printf(text, "%ux%u", op->terminal.columns, op->terminal.rows);
                break;
        case OP_FIND_EXEC:
        case OP_EXEC:
                for (size_t i = 0; op->exec.argv[i] != NULL; i++)
                        text_printf(text, "%s%s", i > 0 ? " " : "", op->exec.argv[i]);
                break;
        case OP_BECOME_ROOT:
        case OP_LOOPBACK_UP:
        case OP_KEYRING:
        case OP_WAIT_START:
        case OP_SETSID:
        case OP_NO_NEW_PRIVS:
        case OP_SECCOMP:
        case OP_TYPE_COUNT:
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

                print_details(plan, &plan->ops[i], &details);
                text_printf(text, "%4u  %-16s %-60s %s\n", i, op_names[plan->ops[i].type],
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

                print_details(plan, op, &details);
                text_printf(text, "%s{\"op\":\"%s\",\"on\":", i > 0 ? "," : "", op_names[op->type]);
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
