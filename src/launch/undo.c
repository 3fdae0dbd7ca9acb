/* SPDX-License-Identifier: Apache-2.0 */
/* Undoing what a start made in the root file system; see undo.h. */
#include "launch/undo.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

/* Something else of that name was not made by the child: it is noted before it is made. */
static bool is_made(int directory, const char *name, char kind)
{
        struct stat st;

        if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return false;
        switch (kind) {
        case 'd':
                return S_ISDIR(st.st_mode);
        case 'f':
                return S_ISREG(st.st_mode) && st.st_size == 0;
        case 'n':
                return S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode) || S_ISFIFO(st.st_mode);
        default:
                return S_ISLNK(st.st_mode);
        }
}

static void undo_entry(int root, const char *entry)
{
        char path[PATH_MAX];
        struct open_how how = {
                .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
        };
        const char *name;
        char *slash;
        int fd;

        if (strnlen(entry + 1, sizeof(path)) == sizeof(path))
                return;
        memcpy(path, entry + 1, strlen(entry + 1) + 1);
        slash = strrchr(path, '/');
        if (slash != NULL)
                *slash = '\0';
        name = slash == NULL ? path : slash + 1;
        fd = (int)syscall(SYS_openat2, root, slash == NULL ? "." : path, &how, sizeof(how));
        if (fd < 0)
                return;
        if (is_made(fd, name, entry[0]))
                (void)unlinkat(fd, name, entry[0] == 'd' ? AT_REMOVEDIR : 0);
        (void)close(fd);
}

/* Takes away what the child made in the root file system, the last first; a directory that is not empty stays. The list was made by
 * another process: a copy is read, with an end that is ours. */
void launch_undo(const char *root, const struct shared *shared)
{
        struct shared copy = *shared; /* nobody writes it any more, but what was checked must stay what is used */
        const char *entries[sizeof(copy.made) / 3];
        uint32_t count = 0;
        _cleanup_close_
        int fd = -EBADF;

        copy.made[sizeof(copy.made) - 1] = '\0';
        if (copy.used == 0 || root == NULL)
                return;
        fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC); /* host path: the config's root */
        if (fd < 0)
                return;
        for (uint32_t at = 0; at < copy.used && at < sizeof(copy.made) && count < ELEMENTS(entries);) {
                if (copy.made[at] == '\0')
                        break;
                entries[count++] = copy.made + at;
                at += (uint32_t)strlen(copy.made + at) + 1;
        }
        while (count-- > 0)
                undo_entry(fd, entries[count]);
}
