/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words for what failed in the child: what was being done, on which object, why, and what to do about it.
 *
 * The child sends numbers; the plan knows the object and the place in the input. Only here do the two become a sentence.
 */
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/libc.h"
#include "base/words.h"
#include "kern/userns.h"
#include "launch/describe.h"
#include "launch/filter.h"
#include "launch/launch.h"

#define ERRNO_MAX 4095 /* of what a system call returns (MAX_ERRNO) */

static bool makes_file_system(const struct op *op)
{
        return op->type == OP_MOUNT || op->type == OP_MAKE;
}

/* Which part of the op failed; nothing for an op that is one system call. */
static void describe_step(const struct plan *plan, const struct op *op, const struct record *record, struct text *text)
{
        static const char *const words[STEP_COUNT] = {
                [STEP_CHANNEL] = "the other side is gone",
                [STEP_OPEN_TARGET] = "open the target",
                [STEP_MAKE_TARGET] = "make the missing target",
                [STEP_TARGET_SYMLINK] = "a symlink stands in the way",
                [STEP_TARGET_LOOP] = "the target's symlinks lead in a circle",
                [STEP_SOURCE] = "open the source",
                [STEP_FSOPEN] = "open the file system type",
                [STEP_CREATE] = "make the file system",
                [STEP_FSMOUNT] = "make the mount",
                [STEP_ATTACH] = "attach the mount",
                [STEP_ATTRIBUTES] = "set the mount's attributes",
                [STEP_PROPAGATION] = "set the mount's propagation",
                [STEP_COPY_UP] = "copy what the directory holds",
                [STEP_PTMX] = "open /dev/pts/ptmx",
                [STEP_PTY] = "make a pair of terminals",
                [STEP_CONSOLE_SEND] = "send the terminal to the console socket",
                [STEP_CONTROLLING_TTY] = "make it the controlling terminal",
                [STEP_STDIO] = "connect it to standard input and output",
                [STEP_PROC_OPEN] = "open the file in /proc",
                [STEP_PROC_WRITE] = "write the file in /proc",
                [STEP_TOP] = "go to the root of the mount namespace",
                [STEP_PIVOT] = "change the root",
                [STEP_DETACH_OLD] = "let go of the host's file system",
                [STEP_CHDIR] = "change the directory",
                [STEP_SETGROUPS] = "set the supplementary groups",
                [STEP_SETGID] = "set the group id",
                [STEP_SETUID] = "set the user id",
                [STEP_PROVE] = "it had no effect",
                [STEP_OUTSIDE] = "it lies outside the root",
                [STEP_MOUNTS] = "find out where it lies",
                [STEP_OTHER_MOUNT] = "something else is there",
                [STEP_RULE] = "add a rule",
                [STEP_AGENT_STATE] = "read the state for the seccomp agent",
                [STEP_AGENT_THREAD] = "make the thread that sends its listener",
        };

        switch ((enum step)record->step) {
        case STEP_TARGET_TYPE:
                text_puts(text, record->errnum == ENOTDIR ? ": the source is a directory, the target is not"
                                                          : ": the target is a directory, the source is not");
                return;
        case STEP_PARAMETER:
                /* Without an index where it was the source, or one that ward adds. */
                if (makes_file_system(op) && record->value < op->mount.parameter_count) {
                        const struct op_parameter *p = &op->mount.parameters[record->value];

                        text_printf(text, ": set the option '%s%s%s'", p->key, p->value != NULL ? "=" : "",
                                    p->value != NULL ? p->value : "");
                }
                return;
        case STEP_MOUNT_LEGACY:
                /* mount(2) does not say which. */
                if (op->type == OP_MOUNT && record->errnum == EINVAL && op->mount.data != NULL)
                        text_printf(text, ": set the options '%s'", op->mount.data);
                return;
        case STEP_NODE:
                if (op->type == OP_DEV)
                        text_printf(text, ": make the node '%s'", op->dev.nodes[record->value].name);
                return;
        case STEP_LINK:
                if (op->type == OP_DEV)
                        text_printf(text, ": make the link '%s'", op->dev.links[record->value].name);
                return;
        case STEP_RULE_PATH:
                if (op->type == OP_RULESET && record->value < op->ruleset.path_count)
                        text_printf(text, ": open '%s'", op->ruleset.paths[record->value].path);
                return;
        case STEP_AGENT_SEND:
                if (op->type == OP_SECCOMP && op->seccomp.agent_slot >= 0)
                        text_printf(text, ": send its listener to the seccomp agent at '%s'",
                                    plan->slots[op->seccomp.agent_slot].path);
                return;
        case STEP_LOCK:
                if (op->type == OP_STAY && op->stay.locks != NULL)
                        text_printf(text, ": lock '%s'", op->stay.locks[record->value]);
                return;
        case STEP_GROUP:
                if (op->type == OP_JOIN_CGROUPS)
                        text_printf(text, ": write '%s/%s'", plan->slots[op->cgroups.slots[record->value]].path,
                                    plan->slots[op->cgroups.slots[record->value]].file);
                return;
        default:
                if (record->step < STEP_COUNT && words[record->step] != NULL)
                        text_printf(text, ": %s", words[record->step]);
        }
}

static void copy_text(const struct shared *shared, char text[static 200])
{
        size_t len = 0;

        for (; shared != NULL && len < 199 && shared->text[len] != '\0'; len++)
                text[len] = shared->text[len];
        text[len] = '\0';
        text_make_printable(text);
}

/* A target that its name does not lead to what the config says. False: this is not what failed. */
static bool describe_led(const struct op *op, const struct record *record, const struct shared *shared,
                         struct text *text)
{
        char where[200];

        if (record->step != STEP_TARGET_LED && record->step != STEP_TARGET_KEPT)
                return false;
        copy_text(shared, where);
        if (record->step == STEP_TARGET_LED)
                text_printf(text, ": a symlink leads that to '%s'", where);
        else if (op->type == OP_ADD)
                text_printf(text, ": that leads to '%s', and the config masks '/%s', or makes it read-only", where,
                            op->bind.kept[record->value]);
        return true;
}

/* docker and podman find out by these words what to exit with, 126 or 127: they are those of runc, which is a Go program. */
static const char *exec_reason(const char *command, const struct record *record)
{
        switch (record->errnum) {
        case ENOENT:
                return record->type == OP_FIND_EXEC && strchr(command, '/') == NULL
                               ? "executable file not found in $PATH"
                               : "no such file or directory";
        case EACCES:
                return "permission denied";
        case EISDIR:
                return "is a directory: permission denied"; /* what execve(2) says of one; older dockers look for that alone */
        default:
                return errno_text(record->errnum);
        }
}

static bool has_op(const struct plan *plan, enum op_type type)
{
        for (uint32_t i = 0; plan != NULL && i < plan->op_count; i++)
                if (plan->ops[i].type == type)
                        return true;
        return false;
}

static int report_exec(const struct plan *plan, const char *command, const struct seccomp_filter *filter,
                       const struct record *record, const char *where, struct ward_err *err)
{
        static const struct {
                int errnum;
                enum mistake mistake;
                const char *hint;
        } answers[] = {
                /* the file was found, or this is not what failed */
                {ENOENT, MISTAKE_LOADER,
                 "the file is there: the interpreter in its first line, or the loader that it was linked for, is "
                 "missing in the container"},
                {EACCES, MISTAKE_PROGRAM_MODE,
                 "it may not be executed by this user: check its mode (chmod +x), and noexec on its mount"},
                {EPERM, MISTAKE_NONE,
                 "a security module forbids it: with no_new_privs a label is taken only where SELinux's policy allows "
                 "nnp_transition; the audit log says more"},
                {EISDIR, MISTAKE_PROGRAM_DIRECTORY, "it is a directory: name a program"},
                {ENOEXEC, MISTAKE_PROGRAM_FORMAT,
                 "it is a script without '#!' in its first line, or a program for another architecture"},
                {ELOOP, MISTAKE_NONE, "it is reached through a link into /proc, which is refused"},
        };

        if (record->type == OP_EXEC && filter_denies(filter, SYS_execve)) {
                (void)err_set(err, -record->errnum, "%sexecute '%s': the seccomp filter forbids execve: %s", where,
                              command, errno_text(record->errnum));
                (void)err_mistake(err, MISTAKE_EXEC_FILTERED);
                return err_hint(err, "allow execve in the profile");
        }
        (void)err_set(err, -record->errnum, "%sexecute '%s': %s", where, command, exec_reason(command, record));
        if (record->errnum == EACCES && (has_op(plan, OP_SMACK) || (record->type == OP_EXEC && has_op(plan, OP_LSM)))) {
                (void)err_mistake(err, MISTAKE_PROGRAM_MODE);
                return err_hint(err, "its mode must allow it (chmod +x), and the security module must let the label or "
                                     "profile that was asked for execute it (AppArmor: ix or px; SELinux: entrypoint; "
                                     "Smack: x): the audit log says more");
        }
        if (record->type == OP_EXEC && record->errnum == EACCES && has_op(plan, OP_RESTRICT)) {
                (void)err_mistake(err, MISTAKE_PROGRAM_MODE);
                return err_hint(err,
                                "it, its loader and its interpreter must be among what Landlock's rules let it execute "
                                "(ro:PATH), and its mode must allow it (chmod +x)");
        }
        for (size_t i = 0; i < ELEMENTS(answers); i++)
                if (answers[i].errnum == record->errnum) {
                        (void)err_mistake(err, answers[i].mistake);
                        (void)err_hint(err, "%s", answers[i].hint);
                }
        if (record->errnum == ENOENT && record->type == OP_FIND_EXEC) {
                (void)err_mistake(err, MISTAKE_PROGRAM_MISSING);
                (void)err_hint(err, strchr(command, '/') != NULL ? "there is no such file in the container"
                                                                 : "it is in no directory of PATH in the container");
        }
        return -record->errnum;
}

const char *launch_hook_hint(int status)
{
        return status == 127            ? "127 is what a hook that can't be executed ends with: check its path"
               : status == 128 + SIGSYS ? "a bad system call ended it, which a filter does not allow (SIGSYS)"
               : status > 128           ? "a signal ended it: 128 and the signal's number"
                                        : "what it wrote says more";
}

/* The end of it, which says what failed, on one line. */
void launch_hook_words(int output, struct ward_err *err)
{
        static const char label[] = ", stdout and stderr: ";
        char words[WARD_ERR_MESSAGE_MAX], *begin = words;
        size_t used = err == NULL ? 0 : strlen(err->message);
        struct stat file;
        ssize_t len = 0;
        off_t room;

        if (err == NULL || used + sizeof(label) >= sizeof(err->message) || fstat(output, &file) < 0)
                return;
        room = (off_t)(sizeof(err->message) - used - sizeof(label));
        len = pread(output, words, (size_t)room, file.st_size > room ? file.st_size - room : 0);
        while (len > 0 && words[len - 1] == '\n')
                len--;
        if (len <= 0)
                return;
        words[len] = '\0';
        /* A character that was cut in two. */
        while (file.st_size > room && ((unsigned char)*begin & 0xc0) == 0x80)
                begin++;
        for (char *blank = begin; (blank = strpbrk(blank, "\n\t")) != NULL;)
                *blank = ' ';
        text_make_printable(begin);
        memcpy(err->message + used, label, sizeof(label) - 1);
        memcpy(err->message + used + sizeof(label) - 1, begin, strlen(begin) + 1);
}

/* After the start there is no plan any more, which would know the hook's path, and only startContainer hooks run there. */
static int report_hook(const struct op *op, const struct record *record, const char *where, struct ward_err *err)
{
        const char *kind = op == NULL ? "startContainer" : op->hooks.kind;
        const char *path = op == NULL ? "it" : op->hooks.hooks[record->value].path, *quote = op == NULL ? "" : "'";

        if (record->step == STEP_HOOK_TIMEOUT) {
                (void)err_set(err, -ETIMEDOUT,
                              "%serror running %s hook #%u: %s%s%s took longer than its timeout and was killed", where,
                              kind, record->value, quote, path, quote);
                return err_hint(err, "raise the hook's timeout, or mend the hook");
        }
        if (record->step == STEP_HOOK_STATUS) {
                (void)err_set(err, -ECANCELED, "%serror running %s hook #%u: %s%s%s ended with status %d", where, kind,
                              record->value, quote, path, quote, record->errnum);
                return err_hint(err, "%s", launch_hook_hint(record->errnum));
        }
        return err_code(err, -record->errnum, "%serror running %s hook #%u: make a process for %s%s%s", where, kind,
                        record->value, quote, path, quote);
}

/* Whether a mount's option is an owner: "gid=5". */
static bool names_id(const struct op *op, uint32_t parameter)
{
        const char *key = parameter < op->mount.parameter_count ? op->mount.parameters[parameter].key : "";

        return strcmp(key, "uid") == 0 || strcmp(key, "gid") == 0;
}

/* The commonest refusals: the first line that fits an op. */
static const struct refusal {
        int type, step; /* -1: any */
        int errnum;
        char filesystem[8]; /* of a mount; "": any */
        enum mistake mistake;
        char hint[400];
} refusals[] = {
        /* clang-format off */
        {OP_IDS, -1, EINVAL, "", MISTAKE_ID_RANGE,
         "this id is not mapped in the container's user namespace: widen linux.uidMappings and gidMappings"},
        {OP_CHDIR, -1, ENOENT, "", MISTAKE_WORKDIR, "make it in the root file system, or name another working directory"},
        {OP_PROPAGATION, STEP_TOP, EPERM, "", MISTAKE_RIGHTS,
         "it takes CAP_SYS_CHROOT to be sure that this is no chroot, which would keep the machine's root in the container's namespace"},
        {OP_SETNS, -1, EINVAL, "", MISTAKE_NAMESPACE_FILE,
         "it is no namespace of the type that linux.namespaces says, or one of pids that is not below the caller's: 'lsns' shows types and processes"},
        {OP_SYSCTL, -1, ENOENT, "", MISTAKE_NONE, "this kernel has no such setting: 'sysctl -a' lists those that there are"},
        {OP_TIME_OFFSETS, -1, ERANGE, "", MISTAKE_NONE,
         "with this offset a clock would stand before its beginning, or too far in the future: time_namespaces(7)"},
        {OP_TIME_OFFSETS, STEP_PROC_OPEN, EACCES, "", MISTAKE_RIGHTS,
         "who joins a user namespace without being root of the machine can't set clocks there: join a time namespace, or leave linux.timeOffsets out"},
        {OP_OOM_SCORE, STEP_PROC_WRITE, EACCES, "", MISTAKE_RIGHTS, LAUNCH_OOM_SCORE_HINT},
        {OP_ROOT, STEP_ATTACH, EINVAL, "", MISTAKE_ROOT_NO_DIRECTORY, "root.path must name a directory"},
        {OP_DEV, STEP_NODE, EEXIST, "", MISTAKE_NONE,
         "something else is there already, in the image or by another entry of linux.devices: take one of them away"},
        {OP_LINK, STEP_LINK_NONE, 0, "", MISTAKE_NONE,
         "something else is there already: name another destination, or take it out of the image"},
        {OP_REMOUNT, STEP_ATTRIBUTES, EINVAL, "", MISTAKE_NONE, "'remount' changes what is mounted there, and nothing is: mount it first"},
        {OP_RECONFIGURE, STEP_ATTRIBUTES, EINVAL, "", MISTAKE_NONE,
         "'remount' changes what is mounted there, and nothing is, or its file system has no such option"},
        {OP_PIVOT, -1, EINVAL, "", MISTAKE_NONE, "on an initramfs pivot_root can't work: use --no-pivot"},
        {OP_PIVOT, STEP_DETACH_OLD, EBUSY, "", MISTAKE_NONE,
         "something mounts on the machine's root again and again, and each mount comes over the container's: find out what does (findmnt --poll), and end it"},
        {OP_MOUNT, -1, EPERM, "proc", MISTAKE_OUTER_CONTAINER, "parts of /proc are masked by an outer container: the kernel then refuses a fresh one"},
        {OP_MOUNT, -1, EPERM, "sysfs", MISTAKE_NONE,
         "a user namespace may mount sysfs only with a network namespace of its own: bind /sys in its place"},
        {OP_MOUNT, -1, ENODEV, "", MISTAKE_NONE, "this kernel has no such file system type: check its spelling, or load its module"},
        {OP_MOUNT, STEP_PARAMETER, EINVAL, "", MISTAKE_MOUNT_OPTION,
         "this file system has no such option, or the option takes another value: check its spelling (mount(8), tmpfs(5))"},
        {OP_MOUNT, STEP_MOUNT_LEGACY, EINVAL, "", MISTAKE_MOUNT_OPTION,
         "this file system has no such option, or the option takes another value: check its spelling (mount(8), tmpfs(5))"},
        {OP_RLIMIT, -1, EPERM, "", MISTAKE_RIGHTS, "the hard limit is above the caller's and it lacks CAP_SYS_RESOURCE: lower it"},
        {OP_PERSONALITY, -1, EINVAL, "", MISTAKE_NONE, "this kernel runs no 32-bit programs (CONFIG_COMPAT)"},
        {OP_AFFINITY, -1, EINVAL, "", MISTAKE_NONE,
         "none of them is online and in the cpuset of the process: 'nproc --all' counts them, linux.resources.cpu.cpus leaves some out"},
        {OP_MEMORY_POLICY, -1, ENOSYS, "", MISTAKE_NONE, "this kernel knows no memory nodes: it was built without CONFIG_NUMA"},
        {OP_MEMORY_POLICY, -1, EINVAL, "", MISTAKE_NONE,
         "the nodes must be in /sys/devices/system/node/online and in linux.resources.cpu.mems; MPOL_WEIGHTED_INTERLEAVE needs Linux 6.9"},
        {OP_SCHEDULER, -1, EPERM, "", MISTAKE_RIGHTS,
         "real time and a lower nice value take CAP_SYS_NICE on the machine, or the caller's RLIMIT_RTPRIO and RLIMIT_NICE; with "
         "CONFIG_RT_GROUP_SCHED real time takes linux.resources.cpu.realtimeRuntime, too; SCHED_DEADLINE takes every processor of a root "
         "domain: as a process scheduler can't be used together with AllowedCPUs, leave linux.resources.cpu.cpus out"},
        {OP_SCHEDULER, -1, EBUSY, "", MISTAKE_NONE,
         "the processors have no such budget left: lower runtime, or raise period (sched(7), \"SCHED_DEADLINE\")"},
        {OP_SCHEDULER, -1, EOPNOTSUPP, "", MISTAKE_NONE,
         "this kernel was built without CONFIG_UCLAMP_TASK: take SCHED_FLAG_UTIL_CLAMP_MIN and SCHED_FLAG_UTIL_CLAMP_MAX out"},
        {OP_IO_PRIORITY, -1, EPERM, "", MISTAKE_RIGHTS, "IOPRIO_CLASS_RT takes CAP_SYS_NICE on the machine: take IOPRIO_CLASS_BE"},
        {OP_IO_PRIORITY, -1, ENOSYS, "", MISTAKE_NONE, "this kernel knows no disks: it was built without CONFIG_BLOCK"},
        {OP_LSM, -1, ENOENT, "", MISTAKE_NONE, "no profile of this name is loaded: 'ward apparmor load' loads ward-default, apparmor_parser -r FILE one of a file; 'ward apparmor list' lists them"},
        {OP_LSM, -1, EPERM, "", MISTAKE_NONE,
         "with no_new_privs a program that is confined can be confined further alone: write stack:PROFILE"},
        {OP_LSM, -1, EINVAL, "", MISTAKE_NONE, "the policy that is loaded has no such label: USER:ROLE:TYPE:LEVEL, each as the policy knows it"},
        {OP_SMACK, -1, EPERM, "", MISTAKE_RIGHTS,
         "it takes CAP_MAC_ADMIN on the machine, which root has (where /sys/fs/smackfs/onlycap names labels, one of these), and for a container with users of its "
         "own a mounted /sys/fs/smackfs; or that the label stands in the caller's /sys/fs/smackfs/relabel-self"},
        {OP_RULESET, STEP_RULE_PATH, ENOENT, "", MISTAKE_SOURCE_MISSING,
         "a rule is of what is there in the container when it starts: make it, or take the word out"},
        {OP_RESTRICT, STEP_ITSELF, EPERM, "", MISTAKE_RIGHTS,
         "it takes no_new_privs or CAP_SYS_ADMIN: set process.noNewPrivileges"},
        {OP_RESTRICT, STEP_ITSELF, E2BIG, "", MISTAKE_NONE, "16 rulesets are in force already, and the kernel takes no more"},
        {OP_SECCOMP, STEP_AGENT_THREAD, EAGAIN, "", MISTAKE_NONE,
         "it is one task more for a moment: linux.resources.pids.limit and RLIMIT_NPROC must leave room for it, and "
         "SCHED_DEADLINE allows none"},
        {OP_SECCOMP, STEP_AGENT_SEND, EPIPE, "", MISTAKE_NONE, "the agent has closed the connection: it must stay until it has the listener"},
        {OP_SECCOMP, STEP_AGENT_SEND, EAGAIN, "", MISTAKE_NONE, "the agent doesn't read what is sent to it"},
        {OP_SECCOMP, STEP_ITSELF, EBUSY, "", MISTAKE_NONE,
         "an outer filter that is in force here has a listener already, and a process has at most one"},
        {OP_SECCOMP, STEP_ITSELF, EINVAL, "", MISTAKE_NONE, "this kernel does not know a flag of linux.seccomp.flags, or takes no filter of this size"},
        {OP_REMOVE, STEP_OTHER_MOUNT, 0, "", MISTAKE_NONE,
         "its name leads elsewhere by now, or something was mounted over it: end that, and try again"},
        {OP_REMOVE, STEP_OPEN_TARGET, 0, "", MISTAKE_NONE,
         "it is there, and its name does not lead to it any more: end that, and try again"},
        {-1, STEP_TARGET_LED, 0, "", MISTAKE_NONE,
         "only what is named with its path may be mounted there, /dev, procfs on /proc, and single files such as /proc/meminfo: take the symlink out of the root file system, or mount it elsewhere"},
        {-1, STEP_TARGET_KEPT, 0, "", MISTAKE_NONE, "what is mounted there would undo that: mount it elsewhere, or write it into the config of a new container"},
        {-1, STEP_TARGET_SYMLINK, 0, "", MISTAKE_NONE, "the image has a symlink there, and it must be mounted on ordinary directory"},
        {-1, STEP_MAKE_TARGET, EROFS, "", MISTAKE_TARGET_READ_ONLY,
         "the root file system is read-only: make the mount's target in it beforehand"},
        /* clang-format on */
};

static bool applies(const struct refusal *refusal, const struct op *op, const struct record *record)
{
        /* What is made for a container that runs is refused for the same reasons. */
        return (refusal->type < 0 || refusal->type == (int)(op->type == OP_MAKE ? OP_MOUNT : op->type)) &&
               (refusal->step < 0 || refusal->step == (int)record->step) &&
               (refusal->errnum == 0 || refusal->errnum == (int)record->errnum) &&
               (refusal->filesystem[0] == '\0' || strcmp(refusal->filesystem, op->mount.type) == 0);
}

static void hint_for(const struct op *op, const struct record *record, struct ward_err *err)
{
        if (makes_file_system(op) && record->errnum == EINVAL && record->step == STEP_PARAMETER &&
            names_id(op, record->value)) {
                (void)err_mistake(err, MISTAKE_ID_RANGE);
                (void)err_hint(err, "this id is not mapped in the container's user namespace: take the option out, or "
                                    "widen the mappings");
                return;
        }
        if (op->type == OP_MOUNT && record->step == STEP_MOUNT_LEGACY && record->errnum == EINVAL &&
            op->mount.data == NULL)
                return;
        for (size_t i = 0; i < ELEMENTS(refusals); i++)
                if (applies(&refusals[i], op, record)) {
                        (void)err_mistake(err, refusals[i].mistake);
                        (void)err_hint(err, "%s", refusals[i].hint);
                        return;
                }
}

int launch_report_clone(const struct launch *launch, int code, struct ward_err *err)
{
        bool users = (launch->plan->clone_flags & CLONE_NEWUSER) != 0;

        /* For root nobody has looked before. */
        if (users && code == -ENOSPC && userns_check(launch->proc_fd, err) == -ENOSPC)
                return code;
        (void)err_code(err, code, "make a process in new namespaces");
        if (code == -ENOSPC || (users && (code == -EPERM || code == -EACCES)))
                (void)err_mistake(err, MISTAKE_USERNS_OFF);
        else if (code == -EPERM)
                (void)err_mistake(err, MISTAKE_RIGHTS);
        if (code == -ENOSPC)
                (void)err_hint(err, "raise the limit: sysctl user.max_user_namespaces, user.max_pid_namespaces ...");
        else if (users && code == -EPERM)
                (void)err_hint(err, "user namespaces can't be made inside a chroot, or are switched off here: see "
                                    "user_namespaces(7)");
        else if (users && code == -EACCES)
                (void)err_hint(err, "a security module refuses user namespaces to the caller: its profile of AppArmor "
                                    "lacks the rule 'userns,', or SELinux's policy the right user_namespace create");
        else if (code == -EPERM)
                (void)err_hint(err,
                               "it takes CAP_SYS_ADMIN, which everybody has in a user namespace of his own: add the "
                               "namespace 'user' to linux.namespaces, with linux.uidMappings and gidMappings");
        return code;
}

int launch_report_tree(const struct plan *plan, const struct slot *slot, uint32_t step, int code, struct ward_err *err)
{
        char where[256];
        const char *what = step == STEP_PROPAGATION    ? "make private the mount of"
                           : slot->kind == SLOT_ROOT   ? "open the root file system"
                           : slot->kind == SLOT_DEVICE ? "find the device that the host has at"
                                                       : "open the source of a mount";

        (void)spec_origin_text(&slot->origin, plan->file, where, sizeof(where));
        if (slot->kind == SLOT_PROCFS_TREE && code == -EINVAL) {
                (void)err_set(err, code, "%s: bind on /proc what is not procfs: '%s'", where, slot->path);
                return err_hint(err, "only procfs may be mounted on /proc");
        }
        (void)err_code(err, code, "%s: %s '%s'", where, what, slot->path);
        if (code == -ENOENT && slot->kind != SLOT_ROOT)
                (void)err_mistake(err, MISTAKE_SOURCE_MISSING);
        if (code == -ENOENT)
                return err_hint(err, slot->kind == SLOT_ROOT ? "root.path must name an existing directory"
                                                             : "make it, or take the mount out");
        if (code == -EPERM && slot->idmap)
                return err_hint(err, "only root of the machine may map the owners of a mount: leave its uidMappings "
                                     "and gidMappings out");
        if (code == -EINVAL && !slot->recursive)
                return err_hint(err, "other file systems are mounted below it, which only root may leave out: bind it "
                                     "with them (rbind)");
        return code;
}

static uint32_t list_length(const char *const *list)
{
        uint32_t count = 0;

        while (list != NULL && list[count] != NULL)
                count++;
        return count;
}

static int report_verify(const struct op_verify *verify, const struct record *record, struct ward_err *err)
{
        static const char *const words[VERIFY_COUNT] = {
                [VERIFY_HIDDEN] = "a file of the home that was to be hidden can be found",
                [VERIFY_READ_ONLY] = "a file can be made where all is to be read-only",
                [VERIFY_CAPS] = "it has other capabilities than it was to have",
                [VERIFY_NETWORK] = "the machine's network can be reached",
                [VERIFY_CALL] = "a forbidden system call (add_key) is let through",
                [VERIFY_PROCESSES] = "a process outside can be reached",
                [VERIFY_DESCRIPTORS] = "a descriptor of the caller's is open",
                [VERIFY_LABEL] = "it can take another label of Smack",
        };
        const char *path = record->value == VERIFY_READ_ONLY ? verify->what->read_only : NULL;

        if (record->value >= VERIFY_COUNT || record->step != STEP_PROVE)
                return err_code(err, -record->errnum, "--verify: try what is forbidden");
        (void)err_set(err, -EPERM, "--verify: %s%s%s%s", words[record->value], path == NULL ? "" : " '",
                      path == NULL ? "" : path, path == NULL ? "" : "'");
        (void)err_mistake(err, MISTAKE_WALL);
        return err_hint(err, "the program was not started; 'ward doctor' shows what this machine has");
}

/* How many things the value of a record can be the index of. */
static uint32_t value_limit(const struct op *op, uint32_t step)
{
        switch (op->type) {
        case OP_DEV:
                return step == STEP_NODE ? op->dev.node_count : step == STEP_LINK ? op->dev.link_count : UINT32_MAX;
        case OP_JOIN_CGROUPS:
                return step == STEP_GROUP ? op->cgroups.count : UINT32_MAX;
        case OP_HOOKS:
                return op->hooks.count;
        case OP_STAY:
                return step == STEP_LOCK ? list_length(op->stay.locks) : UINT32_MAX;
        case OP_ADD:
                return step == STEP_TARGET_KEPT ? list_length(op->bind.kept) : UINT32_MAX;
        default:
                return UINT32_MAX;
        }
}

/* The record comes from another process: whatever it holds, it leads to no memory but the plan's, and a failure stays one. Without a plan (@plan
 * NULL) its numbers are only printed. */
static bool fits(const struct plan *plan, const struct record *record)
{
        const struct op *op;

        if (record->errnum <= 0 || record->errnum > ERRNO_MAX)
                return false;
        if (plan == NULL)
                return true;
        if (record->op >= plan->op_count)
                return false;
        op = &plan->ops[record->op];
        return record->type == (uint32_t)op->type &&
               (record->step == STEP_BEGIN || record->value < value_limit(op, record->step));
}

int launch_report(const struct plan *plan, const char *command, const struct seccomp_filter *filter,
                  const struct record *record, const struct shared *shared, struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};
        char where[256] = "";
        const struct op *op;
        bool led;

        if (!fits(plan, record))
                return err_set(err, -EPROTO,
                               "hear from the container's init: op %u, step %u, error %d is no failure of this plan",
                               record->op, record->step, record->errnum);
        if (record->step == STEP_BEGIN)
                return err_code(err, -record->errnum, "set up the new process");
        op = plan == NULL ? NULL : &plan->ops[record->op];
        if (op != NULL && op->type == OP_STEP)
                return launch_report_step(&op->step, record, shared, err);
        if (op != NULL && op->origin.field != NULL) {
                struct spec_origin origin = op->origin;

                if (op->type == OP_HOOKS) {
                        origin.index += (int)record->value;
                        origin.line = 0; /* known of the first alone */
                }
                if (op->type == OP_DEV && record->step == STEP_NODE &&
                    op->dev.nodes[record->value].origin.field != NULL)
                        origin = op->dev.nodes[record->value].origin;
                text_printf(&text, "%s: ", spec_origin_text(&origin, plan->file, where, sizeof(where)));
        }
        if (record->type == OP_EXEC || record->type == OP_FIND_EXEC)
                return report_exec(plan, command, filter, record, text.data == NULL ? "" : text.data, err);
        if (record->type == OP_TREES && op != NULL && record->value < plan->slot_count &&
            plan->slots[record->value].of_step)
                return launch_report_source(&plan->slots[record->value], record, err);
        if (record->type == OP_TREES && op != NULL && record->value < plan->slot_count &&
            plan->slots[record->value].path != NULL)
                return launch_report_tree(plan, &plan->slots[record->value], record->step, -record->errnum, err);
        if (record->type == OP_VERIFY && op != NULL)
                return report_verify(&op->verify, record, err);
        if (record->type == OP_HOOKS)
                return report_hook(op, record, text.data == NULL ? "" : text.data, err);
        if (op == NULL && record->type == OP_SECCOMP)
                return err_code(err, -record->errnum, "put the seccomp filter in force%s",
                                record->step == STEP_AGENT_SEND ? ": send its listener to the seccomp agent" : "");
        if (op == NULL && record->type == OP_RESTRICT)
                return err_code(err, -record->errnum, "put the rules of Landlock in force%s",
                                record->step == STEP_PROVE ? ": it had no effect" : "");
        if (op == NULL)
                return err_code(err, -record->errnum, "start the container (op %u)", record->op);
        op_describe(plan, op, &text);
        led = describe_led(op, record, shared, &text);
        describe_step(plan, op, record, &text);
        if (text_failed(&text))
                return err_oom(err);
        if (led)
                (void)err_set(err, -record->errnum, "%s", text.data);
        else
                (void)err_code(err, -record->errnum, "%s", text.data);
        hint_for(op, record, err);
        return -record->errnum;
}

int launch_check_init(const struct seccomp_filter *filter, struct ward_err *err)
{
        static const struct {
                uint32_t number;
                const char *name;
        } calls[] = {{SYS_rt_sigtimedwait, "rt_sigtimedwait"},
                     {SYS_wait4, "wait4"},
                     {SYS_kill, "kill"},
                     {SYS_execveat, "execveat"},
                     {SYS_exit_group, "exit_group"}};

        if ((filter->flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0) {
                (void)err_set(err, -EOPNOTSUPP,
                              "--init: the seccomp profile leaves calls to an agent, which is told of one process");
                return err_hint(err, "leave --init out, or SCMP_ACT_NOTIFY in the profile");
        }
        for (size_t i = 0; i < ELEMENTS(calls); i++)
                if (filter_denies(filter, calls[i].number)) {
                        (void)err_set(err, -EPERM,
                                      "--init: the seccomp profile forbids %s, which a first process needs",
                                      calls[i].name);
                        return err_hint(err, "allow it in the profile, or leave --init out");
                }
        return 0;
}

int launch_report_denied(const char *command, const siginfo_t *info, struct ward_err *err)
{
        (void)err_set(err, -EPERM, "execute '%s': the seccomp filter forbids execve%s", command,
                      info->si_status == SIGSYS ? " and killed the process" : "");
        (void)err_mistake(err, MISTAKE_EXEC_FILTERED);
        return err_hint(err, "allow execve in the profile");
}
