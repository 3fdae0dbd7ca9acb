/* SPDX-License-Identifier: Apache-2.0 */
/* Names and words for phases and ops; see describe.h. */
#include "launch/describe.h"

#include <linux/ioprio.h>
#include <linux/mount.h>
#include <sched.h>
#include <string.h>

#include "base/names.h"
#include "model/schedule-words.h"

/* Without pointers, as are other tables that a start has no use for: each would be relocated at every start. */
static const char op_names[OP_TYPE_COUNT][20] = {
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
        [OP_TREES] = "trees",
        [OP_ROOT] = "root",
        [OP_ROOT_PATH] = "root-path",
        [OP_SHOW_ROOT] = "show-root",
        [OP_MOUNT] = "mount",
        [OP_BIND] = "bind",
        [OP_REMOUNT] = "remount",
        [OP_RECONFIGURE] = "reconfigure",
        [OP_DEV] = "dev",
        [OP_LINK] = "link",
        [OP_OOM_SCORE] = "oom-score",
        [OP_HIDE] = "hide",
        [OP_MASK] = "mask",
        [OP_READONLY] = "readonly",
        [OP_DIRECTORY] = "directory",
        [OP_ROOT_ATTR] = "root-attributes",
        [OP_PIVOT] = "pivot",
        [OP_TERMINAL] = "terminal",
        [OP_MAKE] = "make",
        [OP_ENTER] = "enter",
        [OP_ADD] = "add",
        [OP_REMOVE] = "remove",
        [OP_SETSID] = "setsid",
        [OP_OUTPUT] = "output",
        [OP_STDIO_OWNER] = "stdio-owner",
        [OP_PERSONALITY] = "personality",
        [OP_AFFINITY] = "affinity",
        [OP_MEMORY_POLICY] = "memory-policy",
        [OP_SCHEDULER] = "scheduler",
        [OP_IO_PRIORITY] = "io-priority",
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
        [OP_INIT] = "init",
        [OP_RULESET] = "landlock",
        [OP_RESTRICT] = "landlock-restrict",
        [OP_SECCOMP] = "seccomp",
        [OP_EXEC] = "exec",
        [OP_SCRATCH] = "scratch",
        [OP_STEP] = "step",
        [OP_NEST] = "nest",
        [OP_NO_USERS] = "no-users",
        [OP_BLOCK] = "block",
        [OP_FIRST_CHDIR] = "first-chdir",
        [OP_STAY] = "stay",
        [OP_PARENT_DEATH] = "parent-death",
        [OP_VERIFY] = "verify",
        [OP_SMACK] = "smack",
};

const char *phase_name(enum phase phase)
{
        static const char *const names[PHASE_COUNT] = {
                [PHASE_PREPARE] = "prepare", [PHASE_CLONE] = "clone",     [PHASE_MAP] = "map",
                [PHASE_ISOLATE] = "isolate", [PHASE_CGROUPS] = "cgroups", [PHASE_HOOKS] = "hooks",
                [PHASE_PIVOT] = "pivot",     [PHASE_CONFINE] = "confine", [PHASE_WAITING] = "waiting",
                [PHASE_EXEC] = "exec",       [PHASE_RUNNING] = "running",
        };

        return phase < PHASE_COUNT ? names[phase] : "unknown";
}

const char *op_name(enum op_type type)
{
        return type < OP_TYPE_COUNT ? op_names[type] : "unknown";
}

/* Ops about one path, of the container but for that of its root. */
static void describe_path(const struct op *op, struct text *text)
{
        if (op->type == OP_DEV)
                text_printf(text, "prepare '/%s'", op->dev.directory);
        else if (op->type == OP_LINK)
                text_printf(text, "make the link '%s' in '/%s'", op->link.link.name,
                            strcmp(op->link.directory, ".") == 0 ? "" : op->link.directory);
        else if (op->type == OP_MASK)
                text_printf(text, "mask '/%s'", op->path);
        else if (op->type == OP_READONLY)
                text_printf(text, "make '/%s' read-only", op->path);
        else if (op->type == OP_ROOT_PATH)
                text_printf(text, "find the root's path '%s' for hooks", op->path);
        else
                text_printf(text, "make the directory '/%s' if it is missing", op->path);
}

/* Ops that make the surroundings. False: it is none of them. */
static bool describe_surroundings(const struct plan *plan, const struct op *op, struct text *text)
{
        switch (op->type) {
        case OP_SETNS:
                if (plan->slots[op->ns.slot].kind == SLOT_PROCESS)
                        text_printf(text, "join the namespaces of %s: %#x", plan->slots[op->ns.slot].path,
                                    (unsigned)op->ns.type);
                else
                        text_printf(text, "join the namespace '%s'", plan->slots[op->ns.slot].path);
                break;
        case OP_UNSHARE:
                text_printf(text, "make a new %s namespace",
                            op->number == CLONE_NEWNET  ? "network"
                            : op->number == CLONE_NEWNS ? "mount"
                                                        : "cgroup");
                break;
        case OP_CLONE:
                text_puts(text, "make a process in the joined namespaces");
                break;
        case OP_BECOME_ROOT:
                text_puts(text, "become root of the user namespace");
                break;
        case OP_TIME_OFFSETS:
                text_puts(text, "set the clocks of a new time namespace");
                break;
        case OP_LOOPBACK_UP:
                text_puts(text, "bring up the loopback interface");
                break;
        case OP_HOSTNAME:
                text_printf(text, "set the hostname '%s'", op->text.string);
                break;
        case OP_DOMAINNAME:
                text_printf(text, "set the domainname '%s'", op->text.string);
                break;
        case OP_SYSCTL:
                text_printf(text, "set the sysctl '%s' to '%s'", op->sysctl.path, op->sysctl.value);
                break;
        case OP_KEYRING:
                text_puts(text, "make a session keyring");
                break;
        case OP_WAIT:
        case OP_REPORT:
        case OP_WAIT_START:
                text_puts(text, "meet the process that starts the container");
                break;
        case OP_JOIN_CGROUPS:
                text_puts(text, "join the cgroups");
                break;
        case OP_HOOKS:
                text_printf(text, "run the %s hooks", op->hooks.kind);
                break;
        case OP_PROPAGATION:
                text_puts(text, "keep the container's mounts from the host's");
                break;
        case OP_TREES:
                text_puts(text, "open the root file system and the sources of mounts");
                break;
        case OP_ROOT:
                text_puts(text, "put the root file system in place");
                break;
        case OP_SHOW_ROOT:
                text_puts(text, op->number != 0 ? "show hooks the root at its path" : "put the root back");
                break;
        case OP_MOUNT:
                text_printf(text, "mount %s on '/%s'", op->mount.type, op->mount.target);
                break;
        case OP_BIND:
                text_printf(text, "bind '%s' on '/%s'",
                            op->bind.slot == SLOT_NONE ? op->bind.host_path : plan->slots[op->bind.slot].path,
                            op->bind.target);
                break;
        case OP_REMOUNT:
                text_printf(text, "change the mount on '/%s'", op->bind.target);
                break;
        case OP_RECONFIGURE:
                text_printf(text, "remount '/%s'", op->mount.target);
                break;
        case OP_DEV:
        case OP_LINK:
        case OP_MASK:
        case OP_READONLY:
        case OP_DIRECTORY:
        case OP_ROOT_PATH:
                describe_path(op, text);
                break;
        case OP_ROOT_ATTR:
                text_puts(text, "set the attributes of the root mount");
                break;
        case OP_PIVOT:
                text_puts(text, "enter the root file system");
                break;
        case OP_TERMINAL:
                text_printf(text, "make the terminal%s", op->terminal.plain ? ", without carriage returns" : "");
                break;
        default:
                return false;
        }
        return true;
}

static void describe_step(const struct op_step *step, struct text *text)
{
        switch (step->kind) {
        case SPEC_STEP_BIND:
                if (step->fd >= 0)
                        text_printf(text, "bind descriptor %d on '/%s'", step->fd, step->path);
                else
                        text_printf(text, "bind '%s' on '/%s'%s", step->source, step->path,
                                    (step->attr & MOUNT_ATTR_RDONLY) != 0 ? ", read-only" : "");
                break;
        case SPEC_STEP_PROC:
        case SPEC_STEP_TMPFS:
        case SPEC_STEP_MQUEUE:
                text_printf(text, "mount %s on '/%s'", step->mount == NULL ? "the machine's proc" : step->mount->type,
                            step->path);
                break;
        case SPEC_STEP_DEV:
                text_printf(text, "make a /dev at '/%s'", step->path);
                break;
        case SPEC_STEP_OVERLAY:
                text_printf(text, "mount an overlay on '/%s'", step->path);
                break;
        case SPEC_STEP_READONLY:
                text_printf(text, "make the mount on '/%s' read-only", step->path);
                break;
        case SPEC_STEP_DIRECTORY:
                text_printf(text, "make the directory '/%s' if it is missing", step->path);
                break;
        case SPEC_STEP_FILE:
        case SPEC_STEP_DATA:
                text_printf(text, "make the file '/%s' of descriptor %d", step->path, step->fd);
                break;
        case SPEC_STEP_LINK:
                text_printf(text, "make the link '/%s' to '%s'", step->path, step->source);
                break;
        case SPEC_STEP_MODE:
                text_printf(text, "set the mode of '/%s' to %04o", step->path, step->mode);
                break;
        }
}

/* Ops of sandboxes. False: it is none of them. */
static bool describe_sandbox(const struct op *op, struct text *text)
{
        switch (op->type) {
        case OP_SCRATCH:
                text_puts(text, "make room for what is bound from memory");
                break;
        case OP_STEP:
                describe_step(&op->step, text);
                break;
        case OP_NEST:
                text_printf(text, "become user %u and group %u of a user namespace in the first one", op->nest.uid,
                            op->nest.gid);
                break;
        case OP_NO_USERS:
                text_puts(text, "prove that no user namespace can be made");
                break;
        case OP_BLOCK:
                text_printf(text, "wait for descriptor %llu", (unsigned long long)op->number);
                break;
        case OP_FIRST_CHDIR:
                text_printf(text, "enter the working directory '%s'", op->paths[0]);
                break;
        case OP_STAY:
                text_puts(text, "stay as the first process, and make the program's");
                break;
        case OP_VERIFY:
                text_puts(text, "try what is forbidden");
                break;
        case OP_PARENT_DEATH:
                text_puts(text, op->number == 0 ? "outlive the parent" : "end with the parent");
                break;
        default:
                return false;
        }
        return true;
}

/* Ops that change the mounts of a container that runs. False: it is none of them. */
static bool describe_live(const struct plan *plan, const struct op *op, struct text *text)
{
        switch (op->type) {
        case OP_MAKE:
                text_printf(text, "mount %s on '/%s'", op->mount.type, op->mount.target);
                break;
        case OP_ENTER:
                text_puts(text, "find the root of the container");
                break;
        case OP_ADD:
                if (plan->slots[op->bind.slot].kind == SLOT_MADE)
                        text_printf(text, "mount on '/%s'", op->bind.target);
                else
                        text_printf(text, "bind '%s' on '/%s'", plan->slots[op->bind.slot].path, op->bind.target);
                break;
        case OP_REMOVE:
                text_printf(text, "remove the mount on '/%s'", op->remove.target);
                break;
        default:
                return false;
        }
        return true;
}

static void add_limit(struct text *text, uint64_t limit)
{
        if (limit == UINT64_MAX)
                text_puts(text, "unlimited");
        else
                text_printf(text, "%llu", (unsigned long long)limit);
}

/* Ops that say which processors, memory and disk turns the process gets. False: it is none of them. */
static bool describe_schedule(const struct op *op, struct text *text)
{
        switch (op->type) {
        case OP_AFFINITY:
                text_printf(text, "run on the processors %s", op->set.text);
                break;
        case OP_MEMORY_POLICY:
                text_printf(text, "set the memory policy %s%s%s",
                            schedule_word_name(&memory_modes, op->memory_policy.mode),
                            op->memory_policy.nodes.text != NULL ? " for the nodes " : "",
                            op->memory_policy.nodes.text != NULL ? op->memory_policy.nodes.text : "");
                break;
        case OP_SCHEDULER:
                text_printf(text, "be scheduled by %s", schedule_word_name(&schedule_policies, op->scheduler.policy));
                break;
        case OP_IO_PRIORITY:
                text_printf(text, "set the I/O priority %s %u",
                            schedule_word_name(&schedule_classes, IOPRIO_PRIO_CLASS(op->io_priority.value)),
                            (unsigned)IOPRIO_PRIO_DATA(op->io_priority.value));
                break;
        default:
                return false;
        }
        return true;
}

/* Ops that make the process. */
/* AppArmor is told what to do with the profile, in front of its name. */
static void describe_label(const struct op_lsm *lsm, struct text *text)
{
        static const char set[] = "exec ", stack[] = "stack ";

        if (strncmp(lsm->label, set, strlen(set)) == 0)
                text_printf(text, "ask for AppArmor's profile '%s'", lsm->label + strlen(set));
        else if (strncmp(lsm->label, stack, strlen(stack)) == 0)
                text_printf(text, "ask for AppArmor's profile '%s' beside the caller's", lsm->label + strlen(stack));
        else
                text_printf(text, "ask for SELinux's label '%s'", lsm->label);
}

static void describe_process(const struct op *op, struct text *text)
{
        switch (op->type) {
        case OP_OOM_SCORE:
                text_printf(text, "set oom_score_adj to %s", op->text.string);
                break;
        case OP_HIDE:
                text_puts(text, "keep others from looking into the process");
                break;
        case OP_RLIMIT:
                if (op->rlimit.room) {
                        text_printf(text, "leave room under %s for the process to come",
                                    rlimit_names[op->rlimit.resource]);
                        break;
                }
                text_printf(text, "set %s to ", rlimit_names[op->rlimit.resource]);
                add_limit(text, op->rlimit.soft);
                text_puts(text, " (hard limit: ");
                add_limit(text, op->rlimit.hard);
                text_puts(text, ")");
                break;
        case OP_LSM:
                describe_label(&op->lsm, text);
                break;
        case OP_SMACK:
                text_printf(text, "take the Smack label '%s'", op->lsm.label);
                break;
        case OP_BOUNDING:
                text_puts(text, "drop capabilities from the bounding set");
                break;
        case OP_IDS:
                text_printf(text, "become user %u and group %u", op->ids.uid, op->ids.gid);
                break;
        case OP_CAPS:
                text_puts(text, "set the capabilities");
                break;
        case OP_AMBIENT:
                text_puts(text, "set the ambient capabilities");
                break;
        case OP_NO_NEW_PRIVS:
                text_puts(text, "set no_new_privs");
                break;
        case OP_CHDIR:
                text_printf(text, "enter the working directory '%s'", op->text.string);
                break;
        case OP_FIND_EXEC:
        case OP_EXEC:
                text_printf(text, "execute '%s'", op->exec.argv[0]);
                break;
        case OP_RULESET:
                text_puts(text, "make the rules of Landlock");
                break;
        case OP_RESTRICT:
                text_puts(text, "put the rules of Landlock in force");
                break;
        case OP_SECCOMP:
                text_puts(text, "put the seccomp filter in force");
                break;
        case OP_SETSID:
                text_puts(text, "leave the caller's session (setsid)");
                break;
        case OP_CLOSE_FDS:
                text_puts(text, "close the caller's descriptors");
                break;
        case OP_INIT:
                text_puts(text, "stay as the first process, and make the program's");
                break;
        case OP_OUTPUT:
                text_puts(text, "count what it writes");
                break;
        case OP_STDIO_OWNER:
        case OP_PERSONALITY:
        case OP_UMASK:
        default:
                text_puts(text, "prepare the process");
                break;
        }
}

void op_describe(const struct plan *plan, const struct op *op, struct text *text)
{
        if (!describe_surroundings(plan, op, text) && !describe_schedule(op, text) && !describe_live(plan, op, text) &&
            !describe_sandbox(op, text))
                describe_process(op, text);
}
