/* SPDX-License-Identifier: Apache-2.0 */
/* The interpreter's loop: one function per op, one record when one fails. */
#include "launch/child/child.h"

#include <linux/prctl.h>

#include <asm/signal.h>

#include "launch/child/sys.h"

#define EXIT_FAILED_START 125 /* seen only by a parent that died before it could read the record */

typedef int (*op_function)(struct child *child, const struct op *op);

/* Ops that make the process. */
static op_function of_process(enum op_type type)
{
        switch (type) {
        case OP_SETSID:
                return child_do_setsid;
        case OP_OUTPUT:
                return child_do_output;
        case OP_PERSONALITY:
                return child_do_personality;
        case OP_AFFINITY:
                return child_do_affinity;
        case OP_MEMORY_POLICY:
                return child_do_memory_policy;
        case OP_SCHEDULER:
                return child_do_scheduler;
        case OP_IO_PRIORITY:
                return child_do_io_priority;
        case OP_RLIMIT:
                return child_do_rlimit;
        case OP_LSM:
                return child_do_lsm;
        case OP_SMACK:
                return child_do_smack;
        case OP_BOUNDING:
                return child_do_bounding;
        case OP_IDS:
                return child_do_ids;
        case OP_CAPS:
                return child_do_caps;
        case OP_AMBIENT:
                return child_do_ambient;
        case OP_NO_NEW_PRIVS:
                return child_do_no_new_privs;
        case OP_UMASK:
                return child_do_umask;
        case OP_CHDIR:
                return child_do_chdir;
        case OP_FIND_EXEC:
                return child_do_find_exec;
        case OP_CLOSE_FDS:
                return child_do_close_fds;
        case OP_INIT:
                return child_do_init;
        case OP_RULESET:
                return child_do_ruleset;
        case OP_RESTRICT:
                return child_do_restrict;
        case OP_SECCOMP:
                return child_do_seccomp;
        case OP_EXEC:
                return child_do_exec;
        case OP_NEST:
                return child_do_nest;
        case OP_NO_USERS:
                return child_do_no_users;
        case OP_BLOCK:
                return child_do_block;
        case OP_FIRST_CHDIR:
                return child_do_first_chdir;
        case OP_STAY:
                return child_do_stay;
        case OP_VERIFY:
                return child_do_verify;
        case OP_PARENT_DEATH:
                return child_do_parent_death;
        case OP_OOM_SCORE:
                return child_do_oom_score;
        case OP_HIDE:
                return child_do_hide;
        case OP_ROOT_PATH:
                return child_do_root_path;
        case OP_SHOW_ROOT:
                return child_do_show_root;
        default:
                return NULL;
        }
}

static op_function function_of(enum op_type type)
{
        switch (type) {
        case OP_SETNS:
                return child_do_setns;
        case OP_UNSHARE:
                return child_do_unshare;
        case OP_CLONE:
                return child_do_clone;
        case OP_BECOME_ROOT:
                return child_do_become_root;
        case OP_TIME_OFFSETS:
                return child_do_time_offsets;
        case OP_LOOPBACK_UP:
                return child_do_loopback_up;
        case OP_HOSTNAME:
                return child_do_hostname;
        case OP_DOMAINNAME:
                return child_do_domainname;
        case OP_SYSCTL:
                return child_do_sysctl;
        case OP_KEYRING:
                return child_do_keyring;
        case OP_WAIT:
                return child_do_wait;
        case OP_REPORT:
                return child_do_report;
        case OP_WAIT_START:
                return child_do_wait_start;
        case OP_JOIN_CGROUPS:
                return child_do_join_cgroups;
        case OP_HOOKS:
                return child_do_hooks;
        case OP_PROPAGATION:
                return child_do_propagation;
        case OP_TREES:
                return child_do_trees;
        case OP_ROOT:
                return child_do_root;
        case OP_MOUNT:
                return child_do_mount;
        case OP_BIND:
                return child_do_bind;
        case OP_REMOUNT:
                return child_do_remount;
        case OP_RECONFIGURE:
                return child_do_reconfigure;
        case OP_LINK:
                return child_do_link;
        case OP_DEV:
                return child_do_dev;
        case OP_MASK:
                return child_do_mask;
        case OP_READONLY:
                return child_do_readonly;
        case OP_DIRECTORY:
                return child_do_directory;
        case OP_ROOT_ATTR:
                return child_do_root_attr;
        case OP_PIVOT:
                return child_do_pivot;
        case OP_SCRATCH:
                return child_do_scratch;
        case OP_STEP:
                return child_do_step;
        case OP_TERMINAL:
                return child_do_terminal;
        case OP_MAKE:
                return child_do_make;
        case OP_ENTER:
                return child_do_enter;
        case OP_ADD:
                return child_do_add;
        case OP_REMOVE:
                return child_do_remove;
        default:
                return of_process(type);
        }
}

/* Those that would end or stop a program. A fault can't be ignored, nor can abort(3); who ignores the others misses nothing. */
#define BIT(signal) (1U << (signal))
#define IGNORABLE                                                                                                   \
        (BIT(SIGINT) | BIT(SIGQUIT) | BIT(SIGUSR1) | BIT(SIGUSR2) | BIT(SIGPIPE) | BIT(SIGALRM) | BIT(SIGTERM) |    \
         BIT(SIGCHLD) | BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU) | BIT(SIGXCPU) | BIT(SIGXFSZ) | BIT(SIGVTALRM) | \
         BIT(SIGPROF) | BIT(SIGIO) | BIT(SIGPWR) | BIT(SIGSTKFLT))

/* execve(2) takes handlers away and keeps what is ignored: under a daemon that ignores SIGPIPE no pipeline of the container would end. But SIGHUP,
 * which is what nohup(1) is for. Setting is as cheap as asking. */
static int default_signals(void)
{
        static const struct sigaction by_default;
        int r = 0;

        for (uint32_t left = IGNORABLE; r >= 0 && left != 0; left &= left - 1)
                r = (int)sys4(rt_sigaction, __builtin_ctz(left), &by_default, 0, SIGSET_BYTES);
        return r;
}

static int begin(struct child *child)
{
        static const uint64_t no_signals = 0;
        int r;

        child->op = 0;
        child->step = STEP_BEGIN;
        /* A parent that is killed takes an unfinished child with it; cleared at the start (meet.c), because a container may outlive
         * its creator. prctl(2): the signal is bound to the thread that cloned, which waits for us. */
        r = (int)sys2(prctl, PR_SET_PDEATHSIG, 9);
        if (r >= 0 && !child->plan->callers_signals)
                r = default_signals();
        /* The parent blocked every signal around the clone; handlers are reset, the program starts with none blocked. */
        if (r >= 0)
                r = (int)sys4(rt_sigprocmask, 2 /* SIG_SETMASK */, &no_signals, 0, sizeof(no_signals));
        /* Modes of what is made for the container are what the plan says; OP_UMASK sets the program's own. */
        if (r >= 0)
                r = (int)sys1(umask, 0); /* the mask before: umask(2) */
        if (r >= 0)
                child->umask = (uint32_t)r;
        return r;
}

static int execute(struct child *child, const struct op *op)
{
        op_function function = function_of(op->type);

        child->step = STEP_ITSELF;
        child->value = 0;
        return function == NULL ? -38 /* ENOSYS */ : function(child, op);
}

/* With other rights it may be looked into again, which fs.suid_dumpable says (proc(5), commit_creds() in the kernel). */
#define CHANGES_RIGHTS (1ULL << OP_SETNS | 1ULL << OP_BECOME_ROOT | 1ULL << OP_IDS | 1ULL << OP_CAPS)

_Noreturn void child_main(struct child *child)
{
        const struct plan *plan = child->plan;
        int r = begin(child);

        while (r >= 0 && child->op < plan->op_count) {
                const struct op *op = &plan->ops[child->op];

                r = execute(child, op);
                if (r >= 0 && child->hidden && op->type <= OP_CAPS && (CHANGES_RIGHTS >> op->type & 1) != 0)
                        r = child_do_hide(child, op);
                /* What failed stays the one that is told of. */
                if (r >= 0)
                        child->op++;
        }
        if (r < 0)
                (void)child_send(child, RECORD_FAILED, child->step, -r, child->value);
        sys_leave(EXIT_FAILED_START);
}
