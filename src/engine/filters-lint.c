/* SPDX-License-Identifier: Apache-2.0 */
/* What the author of a filter may not have meant; see filters.h. */
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/syscalls.h"
#include "engine/filters.h"

/* Numbers are the same on all architectures from here on (Linux 5.1). */
#define UNIFORM_FIRST 424

const char *const filters_weight_names[] = {
        [FILTERS_HOLE] = "hole", [FILTERS_IDLE] = "no effect", [FILTERS_REMARK] = "remark"};

/* Calls that reach past a container's walls, or that no program in one needs. */
static const struct {
        const char *name, *why;
} doors[] = {
        {"acct", "turns the machine's accounting of processes on and off"},
        {"add_key", "keys of the kernel, which no namespace holds apart"},
        {"bpf", "loads programs into the kernel"},
        {"clock_adjtime", "sets the machine's clock"},
        {"clock_settime", "sets the machine's clock"},
        {"delete_module", "kernel modules"},
        {"finit_module", "kernel modules"},
        {"init_module", "kernel modules"},
        {"io_uring_setup", "makes calls that no filter sees"},
        {"ioperm", "ports of the machine"},
        {"iopl", "ports of the machine"},
        {"kexec_file_load", "starts another kernel"},
        {"kexec_load", "starts another kernel"},
        {"keyctl", "keys of the kernel, which no namespace holds apart"},
        {"modify_ldt", "segments of memory, an old part of the kernel"},
        {"open_by_handle_at", "opens files by their number, past the mount namespace"},
        {"perf_event_open", "watches the machine"},
        {"reboot", "restarts the machine"},
        {"request_key", "keys of the kernel, which no namespace holds apart"},
        {"settimeofday", "sets the machine's clock"},
        {"swapoff", "swap of the machine"},
        {"swapon", "swap of the machine"},
        {"userfaultfd", "halts the kernel in the middle of its work, which attacks on it need"},
        {"uselib", "a remain of older days"},
        {"vmsplice", "pages of a process in a pipe, which attacks on the kernel need"},
};

/* The same with certain arguments. */
static const struct {
        const char *name;
        uint64_t args[3];
        const char *why;
} arguments[] = {
        {"ioctl", {0, TIOCSTI}, "TIOCSTI types into the terminal, also into one outside"},
        {"ioctl", {0, 0x541c}, "TIOCLINUX types into a console, also into one outside"},
        {"socket", {AF_ALG, SOCK_SEQPACKET}, "AF_ALG, the kernel's ciphers for everybody, had many holes"},
        {"socket", {AF_VSOCK, SOCK_STREAM}, "AF_VSOCK leads past the network namespace to the hypervisor"},
        {"clone", {CLONE_NEWUSER}, "CLONE_NEWUSER: root of a new user namespace reaches much more of the kernel"},
        {"clone3", {0}, "its flags lie in memory, so that no filter sees a CLONE_NEWUSER; refuse it with ENOSYS"},
        {"unshare", {CLONE_NEWUSER}, "CLONE_NEWUSER: root of a new user namespace reaches much more of the kernel"},
        {"personality", {0x0040000}, "ADDR_NO_RANDOMIZE puts memory where an attack expects it"},
};

/* Calls that do the same; the older first. */
static const char *const families[][6] = {
        {"open", "openat", "openat2"},
        {"chmod", "fchmodat", "fchmodat2"},
        {"chown", "lchown", "fchownat"},
        {"mknod", "mknodat"},
        {"mkdir", "mkdirat"},
        {"unlink", "unlinkat"},
        {"rename", "renameat", "renameat2"},
        {"link", "linkat"},
        {"symlink", "symlinkat"},
        {"execve", "execveat"},
        {"fork", "vfork", "clone"},
        {"kill", "tkill", "tgkill", "pidfd_send_signal", "rt_sigqueueinfo", "rt_tgsigqueueinfo"},
        {"ptrace", "process_vm_readv", "process_vm_writev"},
        {"mount", "move_mount", "fsmount"},
        {"init_module", "finit_module"},
        {"kexec_load", "kexec_file_load"},
        {"settimeofday", "clock_settime", "adjtimex", "clock_adjtime"},
        {"setxattr", "lsetxattr", "setxattrat"},
        {"setuid", "setreuid", "setresuid"},
        {"setgid", "setregid", "setresgid"},
        {"recvfrom", "recvmsg", "recvmmsg"},
        {"sendto", "sendmsg", "sendmmsg"},
        {"dup2", "dup3"},
        {"unshare", "setns"},
};

struct lint {
        const struct verdict_side *side;
        struct arena *arena;
        struct ward_err *err;
        struct filters_arch native;
        void (*report)(void *data, enum filters_weight weight, const char *call, const char *what);
        void *data;
};

static bool lets_through(uint32_t answer)
{
        answer &= SECCOMP_RET_ACTION_FULL;
        return answer == SECCOMP_RET_ALLOW || answer == SECCOMP_RET_LOG;
}

/* Whether some arguments are let through, and whether some are not. */
static void sum_up(const struct verdict *verdict, bool *ret_some, bool *ret_some_not)
{
        /* What can't be said may be. */
        *ret_some = *ret_some_not = !verdict->complete;
        for (size_t i = 0; i < verdict->case_count; i++)
                *(lets_through(verdict->cases[i].answers[0]) ? ret_some : ret_some_not) = true;
}

static const struct filters_call *find_call(const struct filters_arch *arch, const char *name)
{
        for (size_t i = 0; i < arch->count; i++)
                if (strcmp(arch->calls[i].name, name) == 0)
                        return &arch->calls[i];
        return NULL;
}

static bool is_refused(const struct filters_call *call)
{
        bool some, some_not;

        if (call == NULL)
                return false;
        sum_up(&call->verdict, &some, &some_not);
        return !some;
}

static bool is_allowed(const struct filters_call *call)
{
        bool some, some_not;

        if (call == NULL)
                return false;
        sum_up(&call->verdict, &some, &some_not);
        return !some_not;
}

static void look_at_doors(const struct lint *lint)
{
        uint32_t steps;

        for (size_t i = 0; i < ELEMENTS(doors); i++) {
                const struct filters_call *call = find_call(&lint->native, doors[i].name);

                if (call != NULL && !is_refused(call))
                        lint->report(lint->data, FILTERS_HOLE, doors[i].name, doors[i].why);
        }
        for (size_t i = 0; i < ELEMENTS(arguments); i++) {
                const struct filters_call *call = find_call(&lint->native, arguments[i].name);
                uint64_t args[6] = {0};

                memcpy(args, arguments[i].args, sizeof(arguments[i].args));
                if (call != NULL && lets_through(filters_answer(lint->side, syscall_arch_audit(syscall_arch_native()),
                                                                call->nr, args, &steps)))
                        lint->report(lint->data, FILTERS_HOLE, arguments[i].name, arguments[i].why);
        }
}

/* In a list of what is refused the newer call is a way around; in a list of what is allowed it should be refused as if it did not exist. */
static void look_at_family(const struct lint *lint, const char *const *family, bool open)
{
        for (size_t i = 0; i < ELEMENTS(families[0]) && family[i] != NULL; i++)
                for (size_t j = 0; j < ELEMENTS(families[0]) && family[j] != NULL; j++) {
                        const struct filters_call *shut = find_call(&lint->native, family[i]),
                                                  *other = find_call(&lint->native, family[j]);
                        bool missing;
                        const char *what;

                        if (!is_refused(shut) || !is_allowed(other))
                                continue;
                        missing = shut->verdict.cases[0].answers[0] == (SECCOMP_RET_ERRNO | ENOSYS);
                        if (!open && (missing || i < j))
                                continue;
                        what = arena_printf(lint->arena,
                                            open ? "refused, and %s, which does the same, is not"
                                                 : "refused, and not as ENOSYS: programs that know it do "
                                                   "not fall back on %s",
                                            other->name);
                        lint->report(lint->data, open ? FILTERS_HOLE : FILTERS_REMARK, shut->name,
                                     what != NULL ? what : "");
                        break;
                }
}

/* What is refused natively and allowed by another entry of the same kernel. */
static int look_at_arches(const struct lint *lint)
{
        struct filters_arch other;
        int r = 0;

        for (size_t arch = 1; (r = filters_explain(lint->side, 1, arch, lint->arena, &other, lint->err)) >= 0; arch++) {
                size_t ways = 0, open = 0;
                const char *first = NULL, *what;

                for (size_t i = 0; i < other.count; i++) {
                        ways += is_refused(find_call(&lint->native, other.calls[i].name)) &&
                                !is_refused(&other.calls[i]);
                        if (ways == 1 && first == NULL)
                                first = other.calls[i].name;
                        open += !is_refused(&other.calls[i]);
                }
                if (ways > 0) {
                        what = arena_printf(lint->arena, "%zu calls are allowed there and refused otherwise: %s%s",
                                            ways, first, ways > 1 ? ", ..." : "");
                        lint->report(lint->data, FILTERS_HOLE, other.name, what != NULL ? what : "");
                }
                if (open == 0 && arch == 1)
                        lint->report(lint->data, FILTERS_REMARK, other.name, "its programs can't run");
        }
        return r == -ENOENT ? 0 : r;
}

static bool has_name(const struct seccomp_rule *rule, const char *name)
{
        for (size_t i = 0; i < rule->name_count; i++)
                if (strcmp(rule->names[i], name) == 0)
                        return true;
        return false;
}

/* A rule that compares one argument several times is as many rules of one line. */
static bool is_first_of_line(const struct seccomp_profile *profile, size_t index)
{
        return index == 0 || profile->rules[index - 1].line != profile->rules[index].line;
}

/* Calls that no profile can be taken to know unless it names them: to name one is not without effect. */
static bool names_new(const struct seccomp_rule *rule)
{
        for (size_t i = 0; i < rule->name_count; i++)
                if (syscall_number(rule->names[i]) >= UNIFORM_FIRST)
                        return true;
        return false;
}

/* What the rules before and behind @index make of it. */
static void look_at_rule(const struct lint *lint, const struct seccomp_profile *profile, size_t index)
{
        const struct seccomp_rule *rule = &profile->rules[index];
        const char *where;

        if (!is_first_of_line(profile, index))
                return;
        if (rule->arg_count == 0 && rule->action == profile->default_action) {
                if (names_new(rule))
                        return;
                where = arena_printf(lint->arena, "line %u: the default action is the same", rule->line);
                lint->report(lint->data, FILTERS_IDLE, rule->name_count == 1 ? rule->names[0] : "a rule",
                             where != NULL ? where : "");
                return;
        }
        for (size_t n = 0; n < rule->name_count; n++)
                for (size_t i = 0; i < profile->rule_count; i++) {
                        const struct seccomp_rule *other = &profile->rules[i];

                        if (i == index || other->arg_count > 0 || rule->arg_count == 0 ||
                            !has_name(other, rule->names[n]))
                                continue;
                        where = arena_printf(
                                lint->arena,
                                other->action == rule->action
                                        ? "line %u: line %u says so whatever the arguments are"
                                        : "line %u: a runtime with libseccomp loses this condition, because line %u "
                                          "has none; ward does not",
                                rule->line, other->line);
                        lint->report(lint->data, other->action == rule->action ? FILTERS_IDLE : FILTERS_REMARK,
                                     rule->names[n], where != NULL ? where : "");
                        break;
                }
}

static void look_at_profile(const struct lint *lint, const struct seccomp_profile *profile)
{
        for (size_t i = 0; i < profile->unknown_count; i++) {
                const char *name = profile->unknown[i].name, *near = syscall_nearest(name, lint->arena), *what;

                what = arena_printf(lint->arena, "line %u: there is no such system call%s%s%s",
                                    profile->unknown[i].line, near != NULL ? "; did you mean '" : "",
                                    near != NULL ? near : "", near != NULL ? "'?" : "");
                lint->report(lint->data, FILTERS_IDLE, name, what != NULL ? what : "");
        }
        for (size_t i = 0; i < profile->rule_count; i++)
                look_at_rule(lint, profile, i);
}

int filters_lint(const struct filters *filters, struct arena *arena,
                 void (*report)(void *data, enum filters_weight weight, const char *call, const char *what), void *data,
                 struct ward_err *err)
{
        struct lint lint = {.side = &filters->side, .arena = arena, .err = err, .report = report, .data = data};
        bool open, refuses;
        int r;

        if (filters->side.count == 0) {
                report(data, FILTERS_HOLE, "every call", "there is no filter");
                return 0;
        }
        r = filters_explain(&filters->side, 1, 0, arena, &lint.native, err);
        if (r < 0)
                return r;
        sum_up(&lint.native.rest, &open, &refuses);
        if (open)
                report(data, FILTERS_HOLE, "newer calls", "those that came after the profile are allowed, unseen");
        look_at_doors(&lint);
        for (size_t i = 0; i < ELEMENTS(families); i++)
                look_at_family(&lint, families[i], open);
        r = look_at_arches(&lint);
        if (r >= 0 && filters->profile != NULL)
                look_at_profile(&lint, filters->profile);
        return r;
}
