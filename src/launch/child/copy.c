/* SPDX-License-Identifier: Apache-2.0 */
/* tmpcopyup: a new tmpfs starts with the content of the directory that it will cover. Links are copied, never followed; devices and
 * sockets stay behind, as a copy of them would have no meaning, and opening one already does something. Whoever shares the root file system
 * renames meanwhile: what each thing is, is asked of a descriptor that only holds it (O_PATH), and by that it is opened. */
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "launch/child/child.h"
#include "launch/child/sys.h"

#define FLAG_PATH 010000000
#define FLAG_CLOEXEC 02000000
#define DEPTH_MAX 64
#define CHUNK (1u << 30)

static int copy_directory(const struct child *child, int from, int to, unsigned depth);

/* A file that is only held can be opened by its name in procfs, below the one that was proved. O_NONBLOCK: somebody may have a lease on it. */
static int open_held(const struct child *child, int held)
{
        char name[sizeof("self/fd/") + CHILD_NUMBER_MAX] = "self/fd/";

        child_number((uint64_t)held, name + sizeof("self/fd/") - 1);
        return (int)sys4(openat, child->slots[child_proc_slot(child->plan)], name, O_RDONLY | O_NONBLOCK | FLAG_CLOEXEC,
                         0);
}

static int copy_file(const struct child *child, int held, const char *name, int to, const struct statx *st)
{
        int in, out;
        long n;

        in = open_held(child, held);
        if (in < 0)
                return in;
        out = (int)sys4(openat, to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | FLAG_CLOEXEC,
                        st->stx_mode & 07777);
        if (out < 0) {
                (void)sys1(close, in);
                return out;
        }
        do
                n = sys4(sendfile, out, in, 0, CHUNK);
        while (n > 0);
        /* The owner before the mode: chown(2) clears the set-user-ID bit. */
        if (n >= 0)
                n = sys3(fchown, out, st->stx_uid, st->stx_gid);
        if (n >= 0)
                n = sys2(fchmod, out, st->stx_mode & 07777);
        (void)sys1(close, in);
        (void)sys1(close, out);
        return (int)n;
}

static int copy_link(int held, const char *name, int to, const struct statx *st)
{
        char target[4096];
        long n = sys4(readlinkat, held, "", target, sizeof(target) - 1);

        if (n < 0)
                return (int)n;
        target[n] = '\0';
        n = sys3(symlinkat, target, to, name);
        if (n < 0)
                return (int)n;
        return (int)sys5(fchownat, to, name, st->stx_uid, st->stx_gid, AT_SYMLINK_NOFOLLOW);
}

static int copy_subdirectory(const struct child *child, int held, const char *name, int to, const struct statx *st,
                             unsigned depth)
{
        int in, out, r;

        r = (int)sys3(mkdirat, to, name, 0700);
        if (r < 0)
                return r;
        in = (int)sys4(openat, held, ".", O_RDONLY | O_DIRECTORY | FLAG_CLOEXEC, 0);
        if (in < 0)
                return in;
        out = (int)sys4(openat, to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | FLAG_CLOEXEC, 0);
        r = out < 0 ? out : copy_directory(child, in, out, depth + 1);
        if (r >= 0)
                r = (int)sys3(fchown, out, st->stx_uid, st->stx_gid);
        if (r >= 0)
                r = (int)sys2(fchmod, out, st->stx_mode & 07777);
        (void)sys1(close, in);
        if (out >= 0)
                (void)sys1(close, out);
        return r;
}

static int copy_held(const struct child *child, int held, const char *name, int to, unsigned depth)
{
        struct statx st;
        int r = (int)sys5(statx, held, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st);

        if (r < 0)
                return r;
        switch (st.stx_mode & S_IFMT) {
        case S_IFREG:
                return copy_file(child, held, name, to, &st);
        case S_IFLNK:
                return copy_link(held, name, to, &st);
        case S_IFDIR:
                return copy_subdirectory(child, held, name, to, &st, depth);
        default:
                return 0;
        }
}

static int copy_entry(const struct child *child, int from, const char *name, int to, unsigned depth)
{
        int held, r;

        if (name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0')))
                return 0;
        held = (int)sys4(openat, from, name, FLAG_PATH | O_NOFOLLOW | FLAG_CLOEXEC, 0);
        if (held < 0)
                return held;
        r = copy_held(child, held, name, to, depth);
        (void)sys1(close, held);
        return r;
}

static int copy_directory(const struct child *child, int from, int to, unsigned depth)
{
        _Alignas(8) char buffer[2048];
        long n;

        if (depth > DEPTH_MAX)
                return -ELOOP;
        while ((n = sys3(getdents64, from, buffer, sizeof(buffer))) > 0) {
                for (long at = 0; at < n;) {
                        const struct child_entry *entry = (const struct child_entry *)(buffer + at);
                        int r = copy_entry(child, from, entry->name, to, depth);

                        if (r < 0)
                                return r;
                        at += entry->length;
                }
        }
        return (int)n;
}

int child_copy_tree(const struct child *child, int from, int to)
{
        int directory = (int)sys4(openat, to, ".", O_RDONLY | O_DIRECTORY | FLAG_CLOEXEC, 0), r;

        if (directory < 0)
                return directory;
        r = copy_directory(child, from, directory, 0);
        (void)sys1(close, directory);
        return r;
}
