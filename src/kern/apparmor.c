/* SPDX-License-Identifier: Apache-2.0 */
/* The policy of AppArmor; see apparmor.h. */
#include "kern/apparmor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/spawn.h"

#define LIST "/sys/kernel/security/apparmor/profiles"
#define LIST_MAX (1u << 22)

bool apparmor_active(void)
{
        _cleanup_free_ char *text = NULL;

        return fd_read_file(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", 16, &text, NULL, NULL) >= 0 &&
               text[0] == 'Y';
}

static int refuse_inactive(struct ward_err *err)
{
        (void)err_set(err, -EOPNOTSUPP, "AppArmor is not active in this kernel");
        return err_hint(
                err,
                "boot with it (lsm=...,apparmor on the kernel command line); 'ward doctor lsm' says what is active");
}

static int parse(const char *what, char *action, const char *text, struct ward_err *err)
{
        char program[] = "apparmor_parser", cache[] = "--skip-cache", *argv[] = {program, action, cache, NULL};
        _cleanup_close_
        int fd = -EBADF;
        int status, r;
        pid_t pid;

        if (!apparmor_active())
                return refuse_inactive(err);
        fd = memfd_create("profile", MFD_CLOEXEC);
        if (fd < 0)
                return err_errno(err, "%s a profile of AppArmor: memfd_create", what);
        r = fd_write_all(fd, text, strlen(text));
        if (r < 0 || lseek(fd, 0, SEEK_SET) < 0)
                return err_code(err, r < 0 ? r : -errno, "%s a profile of AppArmor: hand it over", what);
        r = spawn_program(argv, fd, STDIN_FILENO, &pid);
        if (r < 0) {
                (void)err_code(err, r, "%s a profile of AppArmor: run apparmor_parser", what);
                return err_hint(err, "install it: apt-get install apparmor");
        }
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return err_errno(err, "wait for apparmor_parser");
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
                return 0;
        (void)err_set(err, -EINVAL, "%s a profile of AppArmor: apparmor_parser refused it", what);
        return err_hint(err, "what it wrote says why; loading takes root of the machine (CAP_MAC_ADMIN)");
}

int apparmor_load(const char *text, struct ward_err *err)
{
        char action[] = "--replace";

        return parse("load", action, text, err);
}

int apparmor_unload(const char *text, struct ward_err *err)
{
        char action[] = "--remove";

        return parse("remove", action, text, err);
}

int apparmor_list(struct arena *arena, const char **ret_list, struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        char *copy;
        int r;

        if (!apparmor_active())
                return refuse_inactive(err);
        r = fd_read_file(AT_FDCWD, LIST, LIST_MAX, &text, NULL, err);
        if (r < 0) {
                (void)err_wrap(err, "list the profiles of AppArmor");
                return err_hint(err, r == -ENOENT ? "mount -t securityfs none /sys/kernel/security" : "run it as root");
        }
        copy = arena_strdup(arena, text);
        if (copy == NULL)
                return err_oom(err);
        *ret_list = copy;
        return 0;
}
