/* SPDX-License-Identifier: Apache-2.0 */
/* The program's own file; see self.h. */
#include "kern/self.h"

#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "base/fd.h"
#include "base/libc.h"
#include "kern/careful.h"
#include "kern/proc.h"
#include "kern/sealed.h"
#include "kern/tree.h"

/* By an AT_EMPTY_PATH execveat(2): its name for the program, getauxval(3) AT_EXECFN, is then "/dev/fd/N". */
static bool was_started_by_descriptor(void)
{
        const char *name = (const char *)getauxval(AT_EXECFN);

        return name != NULL && strncmp(name, "/dev/fd/", strlen("/dev/fd/")) == 0;
}

/* A mount that is read-only is either ours, or one of the host's mount namespace, in which no container's process can change it. */
static int is_protected(int exe, bool *ret_protected)
{
        struct statfs fs;
        int copy;

        if (fstatfs(exe, &fs) < 0)
                return -errno;
        *ret_protected = (fs.f_flags & ST_RDONLY) != 0;
        if (*ret_protected || fs.f_type != TMPFS_MAGIC)
                return 0;
        copy = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        if (copy < 0)
                return 0;
        *ret_protected = sealed_is(copy);
        (void)close(copy);
        return 0;
}

/* An ordinary user's container has the user's own rights at most. Where faccessat2(2) is missing or refused, nobody knows: then they may. */
static bool may_be_written(int exe)
{
        struct stat st;

        return fstat(exe, &st) < 0 || geteuid() == 0 || st.st_uid == geteuid() ||
               faccessat(exe, "", W_OK, AT_EMPTY_PATH | AT_EACCESS) == 0 || (errno != EACCES && errno != EROFS);
}

static int clone_readonly(int exe)
{
        _cleanup_close_
        int tree = tree_clone(exe, "", false);
        int r = tree < 0 ? tree : tree_attributes(tree, MOUNT_ATTR_RDONLY, 0, false);

        return r < 0 ? r : TAKE_FD(tree);
}

static int copy_sealed(void)
{
        _cleanup_close_
        int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        _cleanup_close_
        int copy = sealed_new("ward");
        ssize_t n;

        if (from < 0 || copy < 0)
                return copy < 0 ? copy : -errno;
        do
                n = sendfile(copy, from, NULL, 1 << 30);
        while (n > 0);
        return n < 0 ? -errno : sealed_finish(copy);
}

int self_protect(char *const argv[], char *const envp[], struct ward_err *err)
{
        _cleanup_close_
        int proc = proc_open(err), exe = -EBADF, fd = -EBADF;
        bool protected = false;
        int r;

        /* What it leads to is executed: a /proc that somebody made up would choose the program (V6). */
        if (proc < 0)
                return proc;
        exe = open("/proc/self/exe", O_PATH | O_CLOEXEC);
        if (exe < 0)
                return err_errno(err, "open the program's own file, /proc/self/exe");
        r = is_protected(exe, &protected);
        if (r < 0)
                return err_code(err, r, "look at the program's own file, /proc/self/exe");
        if (protected || !may_be_written(exe))
                return 0;
        if (was_started_by_descriptor())
                return err_set(err, -EPERM, "keep the program's own file from the container: its copy can be written");
        /* A filter may end who mounts. */
        fd = careful_is_filtered() && !tree_may_clone() ? -EPERM : clone_readonly(exe);
        if (fd >= 0) {
                (void)syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH);
                /* A container's root that holds an earlier clone tries to open it for writing: for the moment until the kernel says EROFS the
                 * inode counts as written, and the clone has the same inode (get_write_access() in do_dentry_open()). A copy has its own. */
                if (errno != ETXTBSY)
                        return err_errno(err, "start the program again from a mount that the container can't write");
                fd = fd_close(fd);
        }
        fd = copy_sealed();
        if (fd < 0)
                return err_code(err, fd, "keep the program's own file from the container, in a copy");
        (void)syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH);
        return err_errno(err, "start the program again from a copy that the container can't write");
}

int self_seal_tables(struct ward_err *err)
{
        extern const char __ehdr_start[] __attribute__((visibility("hidden"))); /* by the linker: where the file lies */
        const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
        uintptr_t page = getauxval(AT_PAGESZ), begin, end;
        size_t count = getauxval(AT_PHNUM);

        for (size_t i = 0; i < count; i++) {
                if (headers[i].p_type != PT_GNU_RELRO)
                        continue;
                begin = (uintptr_t)__ehdr_start + headers[i].p_vaddr;
                end = (begin + headers[i].p_memsz) & ~(page - 1);
                begin &= ~(page - 1);
                if (mprotect((void *)begin, end - begin, PROT_READ) < 0)
                        return err_errno(err, "make the program's own tables read-only");
        }
        return 0;
}
