/* SPDX-License-Identifier: Apache-2.0 */
/* The system calls that a start needs; see require.h. */
#include "kern/require.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/text.h"
#include "kern/careful.h"
#include "kern/clone.h"
#include "kern/probe.h"

#define NONE (-1L)
#define ALL (~0L)

struct call {
        char name[24], since[48]; /* no pointers, which a static-pie relocates at every start */
        long number;
        long args[5];    /* such that the kernel answers neither ENOSYS nor, to who has the right, EPERM */
        bool privileged; /* without CAP_SYS_ADMIN the kernel answers EPERM before it looks at the arguments */
        bool unproved; /* for require_honest(): the kernel itself answers 0 to this, or nothing that protects depends on it */
        bool spared; /* most starts do without */
};

/* Only what is newer than the oldest kernels around or forbidden by usual filters: without write(2) nobody comes here. */
static const struct call calls[] = {
        {"openat2", "5.6", SYS_openat2, {NONE, 0, 0, 0}},
        {"open_tree", "5.2", SYS_open_tree, {NONE, 0, ALL}},
        {"move_mount", "5.2", SYS_move_mount, {NONE, 0, NONE, 0, ALL}, true},
        {"fsopen", "5.2", SYS_fsopen, {0, ALL}, true},
        {"fsconfig", "5.2", SYS_fsconfig, {NONE, ALL}},
        {"fsmount", "5.2", SYS_fsmount, {NONE, ALL}, true},
        {"mount_setattr", "5.12", SYS_mount_setattr, {NONE, 0, ALL, 0, 0}},
        {"close_range", "5.9", SYS_close_range, {1, 0, ALL}},
        {"clone3", "5.3", SYS_clone3, {0, 0}},
        {"pidfd_open", "5.3", SYS_pidfd_open, {NONE, ALL}},
        {"pidfd_send_signal", "5.1", SYS_pidfd_send_signal, {NONE, 0, 0, ALL}},
        {"faccessat2", "5.8", SYS_faccessat2, {NONE, 0, ALL, ALL}},
        {"statx", "4.11", SYS_statx, {NONE, 0, ALL, ALL, 0}},
        {"waitid", "5.4", SYS_waitid, {P_PIDFD, NONE, 0, WEXITED, 0}},
        {"memfd_create", "3.17", SYS_memfd_create, {0, ALL}},
        {"signalfd4", "2.6.27", SYS_signalfd4, {NONE, 0, 0, ALL}},
        {"mount", "1.0", SYS_mount, {0, 0, 0, 0, 0}},
        {"umount2", "1.0", SYS_umount2, {0, ALL}},
        {"pivot_root", "2.4", SYS_pivot_root, {0, 0}, true},
        {"chroot", "1.0", SYS_chroot, {0}, .spared = true},
        {"fchdir", "1.0", SYS_fchdir, {NONE}, .spared = true},
        {"unshare", "2.6.16", SYS_unshare, {1}},
        {"setns", "3.0", SYS_setns, {NONE, 0}},
        {"mknodat", "2.6.16", SYS_mknodat, {NONE, 0, 0, 0}, .unproved = true},
        {"sethostname", "1.0", SYS_sethostname, {0, NONE}, true},
        {"setdomainname", "1.0", SYS_setdomainname, {0, NONE}, true},
        {"setgroups", "1.0", SYS_setgroups, {NONE, 0}, true},
        {"setresuid", "1.0", SYS_setresuid, {NONE, NONE, NONE}, .unproved = true},
        {"setresgid", "1.0", SYS_setresgid, {NONE, NONE, NONE}, .unproved = true},
        {"capset", "2.2", SYS_capset, {0, 0}},
        {"prctl", "2.2", SYS_prctl, {NONE, 0, 0, 0, 0}},
        {"prlimit64", "2.6.36", SYS_prlimit64, {0, ALL, 0, 0}},
        {"keyctl", "2.6.10; not needed with --no-new-keyring", SYS_keyctl, {NONE, 0, 0, 0, 0}},
        {"seccomp", "3.17", SYS_seccomp, {ALL, 0, 0}},
};

static bool is_refused(const struct call *call, bool privileged)
{
        const long *a = call->args;
        int r = careful_syscall(call->number, a[0], a[1], a[2], a[3], a[4]);

        return r == -ENOSYS || (r == -EPERM && (privileged || !call->privileged));
}

const char *require_refused(size_t index, const char **ret_since)
{
        bool privileged = probe_has_rights();

        for (size_t i = 0; i < ELEMENTS(calls); i++) {
                if (calls[i].spared || !is_refused(&calls[i], privileged) || index-- > 0)
                        continue;
                if (ret_since != NULL)
                        *ret_since = calls[i].since;
                return calls[i].name;
        }
        return NULL;
}

static const unsigned explained[] = {MISTAKE_EXEC_FILTERED, MISTAKE_SUBORDINATE_IDS, MISTAKE_MACHINE_USERS,
                                     MISTAKE_WALL, MISTAKE_NO_GROUP};

int require_explain(int code, struct ward_err *err)
{
        _cleanup_text_ struct text text = {0}, other = {0};
        const char *name, *since;

        if (err == NULL || (code != -ENOSYS && code != -EPERM))
                return code;
        /* Of these it is known what refused them. */
        for (size_t i = 0; i < ELEMENTS(explained); i++)
                if (err->code == explained[i])
                        return code;
        for (size_t i = 0; (name = require_refused(i, &since)) != NULL; i++)
                text_printf(&text, "%s%s (Linux %s)", i == 0 ? "" : ", ", name, since);
        if (text.len == 0 || text_failed(&text))
                return code;
        /* Where another cause is likely both are said: either may be the one. */
        if (err->hint[0] != '\0')
                text_printf(&other, "%s; or ", err->hint);
        (void)err_hint(err, "%sthis kernel, or the filter of a sandbox around ward, refuses what ward needs: %s",
                       other.len > 0 && !text_failed(&other) ? other.data : "", text.data);
        return code;
}

/* The number of the first call that is answered without an error, from 1 on; 0: none is. @careful: some of them may be the end of who makes them. */
static int find_pretended(bool careful)
{
        for (size_t i = 0; i < ELEMENTS(calls); i++) {
                const long *a = calls[i].args;
                long r;

                if (calls[i].unproved)
                        continue;
                r = careful ? careful_syscall(calls[i].number, a[0], a[1], a[2], a[3], a[4])
                            : syscall(calls[i].number, a[0], a[1], a[2], a[3], a[4]);
                if (r >= 0)
                        return (int)i + 1;
        }
        return 0;
}

static int fail_pretended(const char *name, struct ward_err *err)
{
        (void)err_set(err, -EPERM,
                      "start anything under the filter of a sandbox around ward: it answers %s as if it were done, and "
                      "does not",
                      name);
        return err_hint(err, "run ward outside of that sandbox, or have its filter refuse the call or let it through");
}

int require_honest(struct ward_err *err)
{
        const pid_t self = getpid();
        int status = 0, r;
        pid_t pid;
        _cleanup_close_
        int pidfd = -EBADF;

        /* Who is asked whether there is a filter may be pretended himself. */
        if (!careful_is_filtered() && prctl(NONE, 0, 0, 0, 0) < 0)
                return 0;
        /* One process makes all of them, unless that is its end. Where none can be made a start, which makes one the same way, says so. */
        pid = clone_child(0, -EBADF, &pidfd);
        if (pid < 0)
                return 0;
        if (pid == 0 && getpid() != self)
                _exit(find_pretended(false));
        if (pid == 0)
                return fail_pretended("clone3", err);
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return err_errno(err, "wait for the process that tries what the filter around ward answers");
        r = WIFEXITED(status) ? WEXITSTATUS(status) : find_pretended(true);
        return r == 0 ? 0 : fail_pretended(calls[r - 1].name, err);
}
