/* SPDX-License-Identifier: Apache-2.0 */
/* The capabilities of processes and files; see caps.h. */
#include "kern/caps.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/procfs.h"
#include "kern/proc.h"

#define XATTR "security.capability"

int caps_own(struct caps_pair *ret_own)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

        if (syscall(SYS_capget, &header, data) < 0)
                return -errno;
        *ret_own = (struct caps_pair){
                .effective = (uint64_t)data[1].effective << 32 | data[0].effective,
                .permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted,
        };
        return 0;
}

int caps_read(int proc_fd, pid_t tid, struct caps_sets *ret_sets, struct ward_err *err)
{
        struct caps_sets sets = {0};
        struct {
                const char *key;
                unsigned base;
                uint64_t *value;
                bool optional; /* newer than the oldest kernels that have the others */
        } lines[] = {{"CapInh:", 16, &sets.inheritable, false}, {"CapPrm:", 16, &sets.permitted, false},
                     {"CapEff:", 16, &sets.effective, false},   {"CapBnd:", 16, &sets.bounding, false},
                     {"CapAmb:", 16, &sets.ambient, true},      {"NoNewPrivs:", 10, &sets.no_new_privs, true},
                     {"Seccomp:", 10, &sets.seccomp, true},     {"Uid:", 10, &sets.uid, false}};
        _cleanup_free_ char *text = NULL;
        int r = proc_status(proc_fd, tid, &text, err);

        if (r < 0)
                return r;
        for (size_t i = 0; i < ELEMENTS(lines); i++)
                if (procfs_status_number(text, lines[i].key, lines[i].base, lines[i].value) < 0 && !lines[i].optional)
                        return err_set(err, -EBADMSG, "read /proc/%d/status: it has no line '%s'", tid, lines[i].key);
        *ret_sets = sets;
        return 0;
}

int caps_securebits(unsigned *ret_bits, struct ward_err *err)
{
        int bits = prctl(PR_GET_SECUREBITS);

        if (bits < 0)
                return err_errno(err, "ask for the securebits");
        *ret_bits = (unsigned)bits;
        return 0;
}

int caps_read_file(const char *path, void *data, struct ward_err *err)
{
        ssize_t len = getxattr(path, XATTR, data, CAPS_XATTR_MAX);

        if (len < 0 && (errno == ENODATA || errno == EOPNOTSUPP))
                return 0;
        return len < 0 ? err_errno(err, "read the capabilities of '%s'", path) : (int)len;
}

int caps_read_program(int proc_fd, pid_t pid, void *data, struct ward_err *err)
{
        char path[64];

        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d/%d/exe", proc_fd, pid);
        return caps_read_file(path, data, err);
}
